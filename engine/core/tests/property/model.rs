//! The reference model: what must be true of calls, offers and agents, told from inputs, commands
//! and the tenant's answers alone.

use cordboard_core::config::Queue;
use cordboard_core::decision::{Choice, DecidedBy, Decision};
use cordboard_core::event::{AgentStatus, CallOutcome, OfferOutcome};
use cordboard_core::ids::{AgentId, CallId, Millis, OfferId, QuestionId, QueueId, Timestamp};
use cordboard_core::input::{Actor, AgentAction, CallAction};
use cordboard_core::question::{DecisionPoint, Requirement};
use cordboard_core::{Command, Config, Event, Input, Operation, Reply, Tenant};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the model knows.
#[derive(Default)]
pub(super) struct Model {
    pub(super) config: Option<Arc<Config>>,
    pub(super) calls: BTreeMap<CallId, KnownCall>,
    agents: BTreeMap<AgentId, KnownAgent>,
    /// Every queue as the last configuration had it that had it.
    queues: BTreeMap<QueueId, Arc<Queue>>,
    /// Open questions about who gets whom, and when each fails.
    matching: BTreeMap<QuestionId, Timestamp>,
    /// Live offers.
    offers: BTreeMap<OfferId, AgentId>,
    /// How often each kind of thing happened, to see that the steps reach it.
    pub(super) seen: BTreeMap<&'static str, u32>,
}

/// A call as the model knows it.
pub(super) struct KnownCall {
    config: Arc<Config>,
    external: bool,
    priority: i32,
    requirements: Vec<Requirement>,
    since: Option<Timestamp>,
    /// Agents who are not to be offered it again.
    suppressed: BTreeSet<AgentId>,
    /// Whom the service could not ring, and until when they are offered something else.
    spared: BTreeSet<AgentId>,
    spared_until: Option<Timestamp>,
    /// How often that time was over.
    spared_times: u32,
    /// A plugin found nobody fit for it at some time.
    left_out: bool,
    pub(super) ended: Option<CallOutcome>,
    pub(super) talks_to: Option<AgentId>,
    /// A secret is being asked for.
    secret: bool,
}

impl KnownCall {
    fn spares_nobody(&mut self) {
        self.spared.clear();
        self.spared_until = None;
    }
}

struct KnownAgent {
    status: AgentStatus,
    /// Ready since then; kept while an offer lasts.
    idle_since: Timestamp,
    /// Reserved under an earlier configuration.
    reserved_before: bool,
}

impl Model {
    /// Looks at one input and what came of it.
    pub(super) fn look(
        &mut self,
        now: Timestamp,
        input: &Input,
        reply: &Reply,
        commands: &[Command],
        tenant: &Tenant,
    ) {
        self.before(now, input, reply);
        let mut declined = BTreeSet::new();
        for command in commands {
            match command {
                Command::Emit(event) => self.event(now, event, &mut declined),
                Command::Operate { id, operation } => {
                    let late_connection = matches!(operation, Operation::Terminate { .. })
                        || matches!(operation, Operation::Reject { .. });
                    let ended = self
                        .calls
                        .get(&id.call)
                        .is_some_and(|call| call.ended.is_some());
                    assert!(
                        !ended || late_connection,
                        "{id} after the end: {operation:?}"
                    );
                    self.secrets_are_not_taken_down(id.call, operation);
                    self.count(operation.name());
                }
                Command::Ask(ask) => {
                    let about_matching = matches!(
                        ask.point(),
                        DecisionPoint::SkillMatch | DecisionPoint::ContactSelect
                    );
                    if about_matching {
                        let fails_at = now.after(Millis::from_secs(1));
                        self.matching.insert(ask.question, fails_at);
                    }
                    self.count(ask.point().name());
                }
                Command::Record(decision) => self.decided(decision),
            }
        }
        self.agents_fit_calls(tenant);
        self.queues_add_up(tenant);
        self.nobody_waits_in_vain(now, tenant);
        self.native_choices_are_best(now, commands, tenant);
    }

    pub(super) fn count(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    fn before(&mut self, now: Timestamp, input: &Input, reply: &Reply) {
        match input {
            Input::Config(config) => {
                self.matching.clear();
                for agent in config.agents.keys() {
                    self.agents.entry(*agent).or_insert(KnownAgent {
                        status: AgentStatus::Offline,
                        idle_since: now,
                        reserved_before: false,
                    });
                }
                for agent in self.agents.values_mut() {
                    agent.reserved_before = agent.status == AgentStatus::Reserved;
                }
                let queues = config.queues.iter();
                self.queues
                    .extend(queues.map(|(id, queue)| (*id, Arc::clone(queue))));
                self.config = Some(Arc::clone(config));
            }
            Input::Restarted { .. } => self.matching.clear(),
            Input::Tick => {
                self.matching.retain(|_, fails_at| *fails_at > now);
                for call in self.calls.values_mut() {
                    if call.spared_until.is_some_and(|until| until <= now) {
                        call.spares_nobody();
                        call.spared_times += 1;
                    }
                }
            }
            Input::Agent {
                agent,
                action: AgentAction::Ready,
            } if *reply == Reply::Done => {
                let status = self.agents[agent].status;
                if matches!(
                    status,
                    AgentStatus::Offline | AgentStatus::NotReady(_) | AgentStatus::NotReadyRona
                ) {
                    for call in self.calls.values_mut() {
                        call.suppressed.remove(agent);
                    }
                }
            }
            Input::Verdict(verdict) => {
                self.matching.remove(&verdict.question);
            }
            Input::Call {
                call,
                by: _,
                action: CallAction::Requeue(_),
            } if *reply == Reply::Done => {
                let call = self.calls.get_mut(call).unwrap();
                let agent = call.talks_to.take().unwrap();
                call.suppressed.insert(agent);
            }
            Input::Call {
                by: Actor::Agent(_),
                ..
            }
            | Input::Call { .. }
            | Input::IncomingCall(_)
            | Input::CallEvent(_)
            | Input::Outcome { .. }
            | Input::Agent { .. }
            | Input::Queue { .. }
            | Input::Contact(_)
            | Input::TurnAway(_)
            | Input::NewCalls(_)
            | Input::PluginChanged(_)
            | Input::Skipped(_) => {}
        }
        if let Reply::NewCall(call) = reply {
            let (external, priority) = match input {
                Input::Contact(contact) => (true, contact.priority),
                _ => (false, 0),
            };
            let known = KnownCall {
                config: self.config.clone().unwrap(),
                external,
                priority,
                requirements: Vec::new(),
                since: None,
                suppressed: BTreeSet::new(),
                spared: BTreeSet::new(),
                spared_until: None,
                spared_times: 0,
                left_out: false,
                ended: None,
                talks_to: None,
                secret: false,
            };
            assert!(self.calls.insert(*call, known).is_none(), "{call} twice");
        }
    }

    fn event(&mut self, now: Timestamp, event: &Event, declined: &mut BTreeSet<AgentId>) {
        match event {
            Event::ConfigApplied { .. } => self.count("config-applied"),
            Event::CallRejected { .. } => self.count("call-rejected"),
            Event::QueueChanged { .. } => self.count("queue-changed"),
            Event::DispositionSet { .. } => self.count("disposition-set"),
            Event::CallReceived { call, .. } => {
                self.count("call-received");
                self.live(*call);
            }
            Event::CallAnswered { call } => {
                self.count("call-answered");
                self.live(*call);
            }
            Event::CallQueued { call, .. } => {
                self.count("call-queued");
                self.live(*call).since.get_or_insert(now);
            }
            Event::QueueExited { call, .. } => {
                self.count("queue-exited");
                self.live(*call).spares_nobody();
            }
            Event::OfferIssued {
                offer,
                agent,
                queue,
                ..
            } => {
                self.count("offer-issued");
                self.offered(now, *offer, *agent, *queue);
            }
            Event::OfferEnded {
                offer,
                agent,
                outcome,
            } => {
                self.count("offer-ended");
                assert_eq!(self.offers.remove(offer), Some(*agent), "{offer}");
                match outcome {
                    OfferOutcome::Declined => {
                        declined.insert(*agent);
                        self.live(offer.call).suppressed.insert(*agent);
                    }
                    OfferOutcome::Expired => {
                        self.live(offer.call).suppressed.insert(*agent);
                    }
                    OfferOutcome::Failed => {
                        let call = self.live(offer.call);
                        call.spared.insert(*agent);
                        let wait = Millis(5_000 << call.spared_times.min(5));
                        call.spared_until.get_or_insert(now.after(wait));
                    }
                    OfferOutcome::Accepted => {
                        let call = self.live(offer.call);
                        call.spares_nobody();
                        assert_eq!(call.talks_to, None, "{offer} is the second accepted");
                        call.talks_to = Some(*agent);
                    }
                    OfferOutcome::Revoked | OfferOutcome::Cancelled => {}
                }
            }
            Event::CallConnected { call, agent, .. } => {
                self.count("call-connected");
                assert_eq!(self.live(*call).talks_to, Some(*agent), "never accepted");
            }
            Event::AgentChanged { agent, state } => {
                let after_decline = declined.contains(agent);
                let known = self.agents.get_mut(agent).unwrap();
                match (known.status, state) {
                    (AgentStatus::Reserved, AgentStatus::Ready) if !after_decline => {}
                    (_, AgentStatus::Ready) => known.idle_since = now,
                    (before, AgentStatus::Reserved) => {
                        assert_eq!(before, AgentStatus::Ready, "{agent:?} was not free");
                    }
                    (before, AgentStatus::Busy) => {
                        assert_eq!(before, AgentStatus::Reserved, "{agent:?} had no offer");
                    }
                    (before, AgentStatus::WrapUp) => {
                        assert_eq!(before, AgentStatus::Busy, "{agent:?} did not talk");
                    }
                    (before, AgentStatus::NotReadyRona) => {
                        assert_eq!(before, AgentStatus::Reserved, "{agent:?} had no offer");
                    }
                    (_, AgentStatus::Offline | AgentStatus::NotReady(_)) => {}
                }
                known.status = *state;
                known.reserved_before &= *state == AgentStatus::Reserved;
            }
            Event::CallEnded { call, outcome, .. } => {
                self.count(match outcome {
                    CallOutcome::Handled => "handled",
                    CallOutcome::Abandoned => "abandoned",
                    CallOutcome::Exited => "exited",
                    CallOutcome::ExitFailed => "exit-failed",
                    CallOutcome::NotAnswered => "not-answered",
                    CallOutcome::Ended => "ended",
                    CallOutcome::Failed => "broken",
                });
                let known = self.live(*call);
                known.ended = Some(*outcome);
                let open = self.offers.keys().any(|offer| offer.call == *call);
                assert!(!open, "{call} ended with an open offer");
            }
            Event::HoldChanged { call, .. } => {
                self.count("hold-changed");
                self.live(*call);
            }
            Event::RecordingChanged { call, .. } => {
                self.count("recording-changed");
                self.live(*call);
            }
            Event::DigitsCollected { call, .. } => {
                self.count("digits-collected");
                self.live(*call).secret = false;
            }
            Event::PartyChanged { call, .. } => {
                self.count("party-changed");
                self.live(*call);
            }
            Event::OperationFailed { call, how, .. } => {
                self.count("operation-failed");
                let call = self.live(*call);
                if how.ends_with("nobody is in the call") {
                    let agent = call.talks_to.take().unwrap();
                    call.suppressed.insert(agent);
                }
            }
            Event::PluginFailed { .. } => self.count("plugin-failed"),
            Event::PluginChanged { .. } => self.count("plugin-changed"),
            Event::EngineRestarted { .. } => self.count("engine-restarted"),
            Event::CallsTakenOver { .. } => self.count("calls-taken-over"),
            Event::InputSkipped { .. } => self.count("input-skipped"),
        }
    }

    /// From the question for a secret to its end, nothing begins to be taken down.
    fn secrets_are_not_taken_down(&mut self, call: CallId, operation: &Operation) {
        let Some(known) = self.calls.get_mut(&call) else {
            return;
        };
        match operation {
            Operation::Recognize { sensitive, .. } => known.secret = *sensitive,
            Operation::CancelMedia { .. } => known.secret = false,
            Operation::StartRecording { .. }
            | Operation::ResumeRecording { .. }
            | Operation::StartTranscription { .. }
            | Operation::StartStreaming { .. } => {
                assert!(
                    !known.secret,
                    "{} during a secret of {call}",
                    operation.name()
                );
            }
            _ => {}
        }
    }

    /// A call that has not ended.
    fn live(&mut self, call: CallId) -> &mut KnownCall {
        let known = self.calls.get_mut(&call).unwrap();
        assert!(known.ended.is_none(), "{call} has ended");
        known
    }

    fn offered(&mut self, now: Timestamp, offer: OfferId, agent: AgentId, queue: QueueId) {
        for (other, to) in &self.offers {
            assert_ne!(*to, agent, "{other} and {offer} at once");
            assert_ne!(other.call, offer.call, "{other} and {offer} at once");
        }
        let talks = self.calls.values().any(|call| {
            call.ended.is_none()
                && call.talks_to == Some(agent)
                && self.agents[&agent].status == AgentStatus::Busy
        });
        assert!(!talks, "{agent:?} talks and is offered {offer}");
        let known = &self.calls[&offer.call];
        assert!(known.ended.is_none(), "{offer} of a call that has ended");
        // Who was reserved before a reload is offered the contact all the same.
        assert!(
            self.agents[&agent].reserved_before || self.may_serve(now, agent, offer.call, queue),
            "{offer} must not go to {agent:?}"
        );
        self.offers.insert(offer, agent);
    }

    fn decided(&mut self, decision: &Decision) {
        let known = self.calls.get_mut(&decision.call).unwrap();
        match &decision.choice {
            Choice::Nobody => {
                known.left_out = true;
                self.count("nobody");
            }
            Choice::Queue {
                priority,
                requirements,
                ..
            } => {
                known.priority = *priority;
                known.requirements.clone_from(requirements);
            }
            Choice::Agent(_) | Choice::Rings(_) | Choice::Recording(_) => {}
        }
        match decision.by {
            DecidedBy::Stale(_) => self.count("stale"),
            DecidedBy::Fallback(..) => self.count("fallback"),
            DecidedBy::Plugin(_) | DecidedBy::Native => {}
        }
    }

    /// Who is reserved, busy or in wrap-up is so because of one live call, and the other way round.
    fn agents_fit_calls(&self, tenant: &Tenant) {
        let mut of_agent: BTreeMap<AgentId, Vec<CallId>> = BTreeMap::new();
        for call in self.calls.keys() {
            if let Some(agent) = tenant.agent_of_call(*call) {
                of_agent.entry(agent).or_default().push(*call);
            }
        }
        for (id, agent) in &self.agents {
            let told = tenant.agent_status(*id).unwrap_or(AgentStatus::Offline);
            assert_eq!(told, agent.status, "{id:?}");
            let calls = of_agent.get(id).map_or(0, Vec::len);
            match agent.status {
                AgentStatus::Reserved | AgentStatus::Busy => {
                    assert_eq!(calls, 1, "{id:?} is {told:?} with {calls} calls");
                }
                AgentStatus::WrapUp => assert!(calls <= 1, "{id:?} wraps up {calls} calls"),
                AgentStatus::Offline
                | AgentStatus::Ready
                | AgentStatus::NotReady(_)
                | AgentStatus::NotReadyRona => {
                    assert_eq!(calls, 0, "{id:?} is {told:?} with {calls} calls");
                }
            }
        }
        for agent in self.offers.values() {
            assert_eq!(self.agents[agent].status, AgentStatus::Reserved);
        }
    }

    /// A queue is as long as there are calls in it.
    fn queues_add_up(&self, tenant: &Tenant) {
        let mut lengths: BTreeMap<QueueId, usize> = BTreeMap::new();
        for (id, call) in &self.calls {
            if let Some(queue) = tenant.queue_of_call(*id) {
                assert!(call.ended.is_none(), "{id} waits and has ended");
                *lengths.entry(queue).or_default() += 1;
            }
        }
        for queue in self.config.iter().flat_map(|config| config.queues.keys()) {
            let length = lengths.get(queue).copied().unwrap_or(0);
            assert_eq!(tenant.queue_length(*queue), length, "{queue:?}");
        }
    }

    /// Work is conserved: nobody waits while an agent who could serve them is free, unless a
    /// question is in flight or a plugin said so.
    fn nobody_waits_in_vain(&self, now: Timestamp, tenant: &Tenant) {
        let due = tenant.poll_timeout().is_some_and(|at| at <= now);
        if due || !self.matching.is_empty() {
            return;
        }
        for call in self.waiting(tenant) {
            if self.calls[&call].left_out {
                continue;
            }
            let queue = tenant.queue_of_call(call).unwrap();
            for agent in self.ready().filter(|agent| !tenant.is_withheld(*agent)) {
                assert!(
                    !self.may_serve(now, agent, call, queue),
                    "{call} waits while {agent:?} is free"
                );
            }
        }
    }

    /// Whom the native rule chose is the best of all who are left, and served the first of all who
    /// wait.
    fn native_choices_are_best(&self, now: Timestamp, commands: &[Command], tenant: &Tenant) {
        for command in commands {
            let Command::Record(decision) = command else {
                continue;
            };
            let (DecidedBy::Native, Choice::Agent(agent)) = (&decision.by, &decision.choice) else {
                continue;
            };
            let chosen = self.rank(now, *agent, decision.call, decision.queue);
            for other in self.ready().filter(|other| !tenant.is_withheld(*other)) {
                if self.may_serve(now, other, decision.call, decision.queue) {
                    let rank = self.rank(now, other, decision.call, decision.queue);
                    assert!(chosen < rank, "{other:?} is better than {agent:?}");
                }
            }
            for call in self.waiting(tenant) {
                let queue = tenant.queue_of_call(call).unwrap();
                if self.may_serve(now, *agent, call, queue) && !self.calls[&call].left_out {
                    let place = self.place(decision.call, decision.queue);
                    assert!(place < self.place(call, queue), "{call} was first");
                }
            }
        }
    }

    /// Calls that wait and are offered to nobody.
    fn waiting(&self, tenant: &Tenant) -> Vec<CallId> {
        self.calls
            .keys()
            .copied()
            .filter(|call| {
                tenant.queue_of_call(*call).is_some() && tenant.agent_of_call(*call).is_none()
            })
            .collect()
    }

    fn ready(&self) -> impl Iterator<Item = AgentId> {
        self.agents
            .iter()
            .filter(|(_, agent)| agent.status == AgentStatus::Ready)
            .map(|(id, _)| *id)
    }

    /// The rule by the book: not refused before, skilled by what still holds, in a group that has
    /// joined in.
    fn may_serve(&self, now: Timestamp, agent: AgentId, call: CallId, queue: QueueId) -> bool {
        let config = self.config.as_ref().unwrap();
        let known = &self.calls[&call];
        let Some(settings) = self.settings(call, queue) else {
            return false;
        };
        let waited = known.since.map_or(Millis(0), |since| now.since(since));
        let skilled = settings
            .requirements
            .iter()
            .chain(&known.requirements)
            .filter(|r| r.required && r.expires_after.is_none_or(|after| waited < after))
            .all(|r| {
                let skills = config.agents.get(&agent).map(|profile| &profile.skills);
                let level = skills.and_then(|skills| skills.get(&r.skill)).copied();
                level.is_some_and(|level| level >= r.minimum)
            });
        skilled
            && !known.suppressed.contains(&agent)
            && !known.spared.contains(&agent)
            && self.group_order(waited, agent, settings).is_some()
    }

    /// Smaller is better.
    fn rank(
        &self,
        now: Timestamp,
        agent: AgentId,
        call: CallId,
        queue: QueueId,
    ) -> (Option<u32>, Timestamp, AgentId) {
        let waited = self.calls[&call]
            .since
            .map_or(Millis(0), |since| now.since(since));
        let order = self.group_order(waited, agent, self.settings(call, queue).unwrap());
        (order, self.agents[&agent].idle_since, agent)
    }

    /// Smaller is earlier.
    fn place(&self, call: CallId, queue: QueueId) -> (i32, Option<Timestamp>, CallId) {
        let known = &self.calls[&call];
        let priority = self.settings(call, queue).unwrap().priority + known.priority;
        (-priority, known.since, call)
    }

    fn group_order(&self, waited: Millis, agent: AgentId, settings: &Queue) -> Option<u32> {
        let groups = &self.config.as_ref()?.groups;
        settings
            .groups
            .iter()
            .filter(|service| service.delay <= waited)
            .filter(|service| {
                groups
                    .get(&service.group)
                    .is_some_and(|g| g.contains(&agent))
            })
            .map(|service| service.order)
            .min()
    }

    fn settings(&self, call: CallId, queue: QueueId) -> Option<&Queue> {
        let live = self.config.as_ref()?.queues.get(&queue);
        let pinned = self.calls[&call].config.queues.get(&queue);
        live.or(pinned).or(self.queues.get(&queue)).map(Arc::as_ref)
    }

    /// At the end of everything.
    pub(super) fn all_is_over(&self, tenant: &Tenant) {
        for (id, call) in &self.calls {
            assert!(call.ended.is_some(), "{id} never ended");
            assert!(
                !call.external || call.ended != Some(CallOutcome::NotAnswered),
                "{id} has no answer"
            );
        }
        assert_eq!(tenant.live_calls(), 0);
        assert_eq!(tenant.poll_timeout(), None, "a timer outlived its call");
        for (id, agent) in &self.agents {
            let free = matches!(
                agent.status,
                AgentStatus::Offline
                    | AgentStatus::Ready
                    | AgentStatus::NotReady(_)
                    | AgentStatus::NotReadyRona
            );
            assert!(free, "{id:?} is left {:?}", agent.status);
        }
    }
}
