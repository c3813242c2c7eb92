//! Offering a contact to an agent: which endpoints ring, who answers first and is a person.

use crate::agent::{AgentState, NotReady};
use crate::call::operations::{Finished, Purpose};
use crate::call::queued::Waiting;
use crate::call::{Call, State};
use crate::command::{Command, Operation};
use crate::config::{AgentProfile, Queue};
use crate::decision::{Choice, DecidedBy, Decision};
use crate::event::{Event, OfferOutcome};
use crate::ids::{AgentId, Millis, OfferId, PluginId, QuestionId, Timestamp};
use crate::input::{Digits, Refusal, Reply, ResultCodes};
use crate::participant::Participant;
use crate::question::{
    DecisionPoint, EndpointKind, EndpointRow, EndpointSelectFacts, Facts, PluginFailure, Reach,
    Ring,
};
use crate::questions::About;
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// An agent is offered the contact.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Offering {
    pub(crate) waiting: Waiting,
    pub(crate) agent: AgentId,
    generation: u32,
    idle_since: Timestamp,
    /// The agent was told of it.
    issued: bool,
    step: Step,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
enum Step {
    /// A plugin chooses the endpoints.
    Selecting { question: QuestionId },
    /// Endpoints ring.
    Ringing {
        legs: Vec<Leg>,
        stage: u32,
        accepted_on_desktop: bool,
    },
    /// The embedder's desktop shows the offer; nothing rings through us.
    Shown,
}

/// An endpoint of an offer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Leg {
    endpoint: u32,
    kind: EndpointKind,
    participant: Participant,
    stage: u32,
    ring: Millis,
    state: LegState,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum LegState {
    /// Its stage has not come.
    Waiting,
    /// The invitation is under way.
    Ringing { sequence: u32 },
    /// Answered; a press of 1 is waited for.
    Confirming,
    /// Nobody answered.
    RangOut,
    /// Somebody refused.
    Declined,
    /// It could not ring.
    Failed,
}

impl Offering {
    pub(crate) fn idle_since(&self) -> Timestamp {
        self.idle_since
    }

    /// The open question about endpoints.
    pub(crate) fn question(&self) -> Option<QuestionId> {
        match &self.step {
            Step::Selecting { question } => Some(*question),
            Step::Ringing { .. } | Step::Shown => None,
        }
    }
}

impl LegState {
    fn is_over(self) -> bool {
        match self {
            Self::Waiting | Self::Ringing { .. } | Self::Confirming => false,
            Self::RangOut | Self::Declined | Self::Failed => true,
        }
    }
}

impl Call {
    /// Offers the contact to an agent who is reserved for it.
    pub(crate) fn offer_to(&mut self, tenant: &mut Tenant, agent: AgentId) {
        let State::Queued(queued) = &self.state else {
            return;
        };
        let waiting = queued.waiting.clone();
        let queue = waiting.queue;
        let Some(AgentState::Reserved { idle_since, .. }) =
            tenant.agents.get(&agent).map(|agent| agent.state)
        else {
            return;
        };
        self.offers = self.offers.saturating_add(1);
        let generation = self.offers;
        let offering = Offering {
            waiting,
            agent,
            generation,
            idle_since,
            issued: false,
            step: Step::Shown,
        };
        self.state = State::Offering(offering);
        let settings = tenant.queue_settings(self, queue);
        let profile = tenant
            .config
            .as_ref()
            .and_then(|config| config.agents.get(&agent).cloned());
        let (Some(settings), Some(profile)) = (settings, profile) else {
            return self.end_offer(tenant, OfferOutcome::Failed);
        };
        if self.is_external() {
            self.issue_offer(tenant, settings.ring);
            self.set_timer(tenant, CallTimer::OfferExpires, settings.ring);
            return;
        }
        match settings.endpoint_select {
            Some(plugin) => {
                let facts = self.endpoint_facts(tenant, agent, &profile);
                let about = About::Endpoints {
                    call: self.id,
                    generation,
                };
                let question = tenant.ask(plugin, queue, self.id, facts, about);
                self.set_step(Step::Selecting { question });
            }
            None => {
                let rings = native_rings(&profile, &settings);
                self.start_ringing(tenant, None, DecidedBy::Native, &profile, &settings, rings);
            }
        }
    }

    /// Acts on a choice of endpoints, or on the lack of one.
    pub(crate) fn endpoints_selected(
        &mut self,
        tenant: &mut Tenant,
        question: QuestionId,
        plugin: PluginId,
        generation: u32,
        result: Result<Vec<Ring>, PluginFailure>,
    ) {
        let State::Offering(offering) = &self.state else {
            return;
        };
        if offering.generation != generation || offering.step != (Step::Selecting { question }) {
            return;
        }
        let (agent, queue) = (offering.agent, offering.waiting.queue);
        let settings = tenant.queue_settings(self, queue);
        let profile = tenant
            .config
            .as_ref()
            .and_then(|config| config.agents.get(&agent).cloned());
        let (Some(settings), Some(profile)) = (settings, profile) else {
            return self.end_offer(tenant, OfferOutcome::Failed);
        };
        let (rings, by) = match result {
            Ok(rings) => (rings, DecidedBy::Plugin(plugin)),
            Err(failure) => {
                tenant.tell_plugin_failure(self.id, plugin, DecisionPoint::EndpointSelect, failure);
                (
                    native_rings(&profile, &settings),
                    DecidedBy::Fallback(plugin, failure),
                )
            }
        };
        self.start_ringing(tenant, Some(question), by, &profile, &settings, rings);
    }

    /// An invitation has ended.
    pub(crate) fn ring_finished(
        &mut self,
        tenant: &mut Tenant,
        generation: u32,
        endpoint: u32,
        participant: Participant,
        finished: &Finished,
    ) {
        let open = self
            .leg(generation, endpoint)
            .is_some_and(|leg| matches!(leg.state, LegState::Ringing { .. }));
        if !open {
            // Cancelled or overtaken, and answered all the same.
            if *finished == Finished::Done && !self.is_expected(&participant) {
                self.remove_leg(tenant, participant);
            }
            return;
        }
        match finished {
            Finished::Done => self.leg_answered(tenant, generation, endpoint),
            Finished::Failed(codes) => {
                self.leg_over(tenant, generation, endpoint, reading_of(*codes));
            }
            Finished::Cancelled | Finished::Digits(_) => {
                self.leg_over(tenant, generation, endpoint, LegState::RangOut);
            }
            Finished::Refused { .. } | Finished::Unknown => {
                self.leg_over(tenant, generation, endpoint, LegState::Failed);
            }
        }
    }

    /// The person behind an answered phone number pressed 1, or did not.
    pub(crate) fn confirm_finished(
        &mut self,
        tenant: &mut Tenant,
        generation: u32,
        endpoint: u32,
        finished: &Finished,
    ) {
        let Some(leg) = self.leg(generation, endpoint) else {
            return;
        };
        if leg.state != LegState::Confirming {
            return;
        }
        let participant = leg.participant.clone();
        if *finished == Finished::Digits(Digits::Plain("1".to_owned())) {
            self.connect_agent(tenant, generation, endpoint);
        } else {
            // A voicemail, or somebody who does not want the call.
            self.remove_leg(tenant, participant);
            self.leg_over(tenant, generation, endpoint, LegState::RangOut);
        }
    }

    /// Takes the offer back; the agent keeps the place in the idle order.
    pub(crate) fn revoke_offer(&mut self, tenant: &mut Tenant) {
        if let State::Offering(_) = self.state {
            self.end_offer(tenant, OfferOutcome::Revoked);
        }
    }

    pub(crate) fn offer_expired(&mut self, tenant: &mut Tenant) {
        if let State::Offering(_) = self.state {
            self.end_offer(tenant, OfferOutcome::Expired);
        }
    }

    pub(crate) fn handle_accept(
        &mut self,
        tenant: &mut Tenant,
        agent: AgentId,
        offer: OfferId,
    ) -> Reply {
        let State::Offering(offering) = &mut self.state else {
            return Reply::Refused(Refusal::ClosedOffer);
        };
        if offering.agent != agent || offering.generation != offer.generation {
            return Reply::Refused(Refusal::ClosedOffer);
        }
        let generation = offering.generation;
        match &mut offering.step {
            Step::Shown => {
                self.connect_external(tenant);
            }
            Step::Selecting { .. } => return Reply::Refused(Refusal::NotNow),
            Step::Ringing {
                legs,
                accepted_on_desktop,
                ..
            } => {
                *accepted_on_desktop = true;
                let answered = legs.iter().find(|leg| leg.state == LegState::Confirming);
                if let Some(endpoint) = answered.map(|leg| leg.endpoint) {
                    self.connect_agent(tenant, generation, endpoint);
                }
            }
        }
        Reply::Done
    }

    pub(crate) fn handle_decline(
        &mut self,
        tenant: &mut Tenant,
        agent: AgentId,
        offer: OfferId,
    ) -> Reply {
        let State::Offering(offering) = &self.state else {
            return Reply::Refused(Refusal::ClosedOffer);
        };
        if offering.agent != agent || offering.generation != offer.generation {
            return Reply::Refused(Refusal::ClosedOffer);
        }
        if !offering.issued {
            return Reply::Refused(Refusal::NotNow);
        }
        self.end_offer(tenant, OfferOutcome::Declined);
        Reply::Done
    }

    /// Ends the offer without an assignment: what rings is cancelled, the agent is free or, when
    /// the offer rang out, not ready. The contact waits again, unless the caller is gone.
    pub(crate) fn end_offer(&mut self, tenant: &mut Tenant, outcome: OfferOutcome) {
        let State::Offering(offering) = &self.state else {
            return;
        };
        let Offering {
            waiting,
            agent,
            idle_since,
            step,
            ..
        } = offering.clone();
        self.tell_offer_ended(tenant, outcome);
        match step {
            Step::Selecting { question } => {
                tenant.close_question(question);
            }
            Step::Ringing { legs, .. } => self.cancel_legs(tenant, &legs, None),
            Step::Shown => {}
        }
        self.close_operations(tenant, |purpose| matches!(purpose, Purpose::Confirm { .. }));
        tenant
            .timers
            .clear(Timer::Call(self.id, CallTimer::OfferExpires));
        let fate = match outcome {
            OfferOutcome::Expired => None,
            OfferOutcome::Declined => Some(None),
            OfferOutcome::Failed
            | OfferOutcome::Revoked
            | OfferOutcome::Cancelled
            | OfferOutcome::Accepted => Some(Some(idle_since)),
        };
        match outcome {
            OfferOutcome::Expired | OfferOutcome::Declined | OfferOutcome::Failed => {
                self.suppressed.insert(agent);
            }
            OfferOutcome::Revoked | OfferOutcome::Cancelled | OfferOutcome::Accepted => {}
        }
        self.wait_again(tenant, waiting);
        match fate {
            Some(idle_since) => tenant.free_agent(agent, idle_since),
            None => {
                let has_plans = tenant.agents.get(&agent).is_some_and(|a| a.next.is_some());
                if has_plans {
                    tenant.free_agent(agent, None);
                } else {
                    let reason = NotReady::Rona;
                    tenant.set_agent_state(agent, AgentState::NotReady { reason });
                }
            }
        }
    }

    /// After a restart the choice of endpoints is asked for anew.
    pub(crate) fn select_endpoints_again(&mut self, tenant: &mut Tenant) {
        let State::Offering(offering) = &self.state else {
            return;
        };
        let Step::Selecting { question } = offering.step else {
            return;
        };
        tenant.close_question(question);
        self.end_offer(tenant, OfferOutcome::Revoked);
    }

    /// An offer that expired while the process was down is taken back: it is not the agent's fault.
    pub(crate) fn revoke_expired_offer(&mut self, tenant: &mut Tenant) {
        let State::Offering(offering) = &self.state else {
            return;
        };
        let is_due = |timer| {
            tenant
                .timers
                .is_due(Timer::Call(self.id, timer), tenant.now)
        };
        let expired = match &offering.step {
            Step::Selecting { .. } => false,
            Step::Shown => is_due(CallTimer::OfferExpires),
            Step::Ringing { legs, .. } => legs.iter().any(|leg| match leg.state {
                LegState::Ringing { sequence } => is_due(CallTimer::Operation(sequence)),
                LegState::Waiting
                | LegState::Confirming
                | LegState::RangOut
                | LegState::Declined
                | LegState::Failed => false,
            }),
        };
        if expired {
            self.end_offer(tenant, OfferOutcome::Revoked);
        }
    }

    /// Somebody behind a phone number is being asked to press 1.
    pub(crate) fn is_confirming(&self) -> bool {
        let State::Offering(offering) = &self.state else {
            return false;
        };
        let Step::Ringing { legs, .. } = &offering.step else {
            return false;
        };
        legs.iter().any(|leg| leg.state == LegState::Confirming)
    }

    /// Tells whether a party is meant to be in the call or to join it.
    pub(crate) fn is_expected(&self, who: &Participant) -> bool {
        match &self.state {
            State::Connected(connected) => connected.expects(who),
            State::Bridged(bridged) => bridged.expects(who),
            State::Offering(offering) => match &offering.step {
                Step::Ringing { legs, .. } => legs
                    .iter()
                    .any(|leg| !leg.state.is_over() && leg.participant.is_same_party(who)),
                Step::Selecting { .. } | Step::Shown => false,
            },
            State::Exiting(exiting) => exiting.expects(who),
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Queued(_)
            | State::Ending(_)
            | State::WrapUp(_)
            | State::Ended(_) => false,
        }
    }

    fn start_ringing(
        &mut self,
        tenant: &mut Tenant,
        question: Option<QuestionId>,
        by: DecidedBy,
        profile: &AgentProfile,
        settings: &Queue,
        rings: Vec<Ring>,
    ) {
        let State::Offering(offering) = &self.state else {
            return;
        };
        let queue = offering.waiting.queue;
        let legs = legs_of(&rings, profile, settings);
        tenant.commands.push_back(Command::Record(Decision {
            call: self.id,
            question,
            point: DecisionPoint::EndpointSelect,
            queue,
            by,
            choice: Choice::Rings(rings),
            considered: u32::try_from(profile.endpoints.len()).unwrap_or(u32::MAX),
            passed_over: Vec::new(),
        }));
        let mut longest: BTreeMap<u32, Millis> = BTreeMap::new();
        for leg in &legs {
            let ring = longest.entry(leg.stage).or_default();
            *ring = (*ring).max(leg.ring);
        }
        let total = longest
            .values()
            .fold(0_u64, |sum, ring| sum.saturating_add(ring.0));
        self.issue_offer(tenant, Millis(total));
        let Some(first) = longest.keys().next().copied() else {
            return self.end_offer(tenant, OfferOutcome::Failed);
        };
        self.set_step(Step::Ringing {
            legs,
            stage: first,
            accepted_on_desktop: false,
        });
        self.ring_stage(tenant, first);
    }

    fn ring_stage(&mut self, tenant: &mut Tenant, stage: u32) {
        let Some(connection) = self.connection.clone() else {
            return self.end_offer(tenant, OfferOutcome::Failed);
        };
        let State::Offering(offering) = &mut self.state else {
            return;
        };
        let generation = offering.generation;
        let Step::Ringing {
            legs,
            stage: current,
            ..
        } = &mut offering.step
        else {
            return;
        };
        *current = stage;
        let due: Vec<Leg> = legs
            .iter()
            .filter(|leg| leg.stage == stage)
            .cloned()
            .collect();
        for leg in due {
            let purpose = Purpose::Ring {
                generation,
                endpoint: leg.endpoint,
                participant: leg.participant.clone(),
            };
            let headers = match leg.kind {
                EndpointKind::TeamsClient | EndpointKind::CallingSdk => self.headers.clone(),
                EndpointKind::Pstn => BTreeMap::new(),
            };
            let operation = Operation::AddParticipant {
                connection: connection.clone(),
                participant: leg.participant,
                ring: leg.ring,
                headers,
            };
            let sequence = self.operate(tenant, purpose, operation);
            self.set_leg(leg.endpoint, LegState::Ringing { sequence });
        }
    }

    /// A leg answered. Behind a phone number there may be a voicemail: a person presses 1.
    fn leg_answered(&mut self, tenant: &mut Tenant, generation: u32, endpoint: u32) {
        let State::Offering(offering) = &self.state else {
            return;
        };
        let Step::Ringing {
            accepted_on_desktop,
            ..
        } = offering.step
        else {
            return;
        };
        let Some(leg) = self.leg(generation, endpoint).cloned() else {
            return;
        };
        let confirmed = match leg.kind {
            EndpointKind::TeamsClient | EndpointKind::CallingSdk => true,
            EndpointKind::Pstn => accepted_on_desktop,
        };
        if confirmed {
            return self.connect_agent(tenant, generation, endpoint);
        }
        let (Some(connection), Some(config)) = (self.connection.clone(), self.config(tenant))
        else {
            return self.leg_over(tenant, generation, endpoint, LegState::Failed);
        };
        self.set_leg(endpoint, LegState::Confirming);
        let operation = Operation::Recognize {
            connection,
            prompt: config.confirm_prompt,
            target: leg.participant,
            digits_max: 1,
            stop_on_pound: false,
            silence: config.timeouts.confirm,
            sensitive: false,
            collection: None,
        };
        self.operate(
            tenant,
            Purpose::Confirm {
                generation,
                endpoint,
            },
            operation,
        );
    }

    fn leg_over(&mut self, tenant: &mut Tenant, generation: u32, endpoint: u32, end: LegState) {
        if self.leg(generation, endpoint).is_none() {
            return;
        }
        self.set_leg(endpoint, end);
        if end == LegState::Declined {
            return self.end_offer(tenant, OfferOutcome::Declined);
        }
        let State::Offering(offering) = &self.state else {
            return;
        };
        let Step::Ringing { legs, stage, .. } = &offering.step else {
            return;
        };
        if legs
            .iter()
            .any(|leg| leg.stage == *stage && !leg.state.is_over())
        {
            return;
        }
        let next = legs
            .iter()
            .map(|leg| leg.stage)
            .filter(|other| other > stage)
            .min();
        let rang_out = legs.iter().any(|leg| leg.state == LegState::RangOut);
        match next {
            Some(next) => self.ring_stage(tenant, next),
            None if rang_out => self.end_offer(tenant, OfferOutcome::Expired),
            None => self.end_offer(tenant, OfferOutcome::Failed),
        }
    }

    /// The first confirmed answer wins; everything else is cancelled.
    fn connect_agent(&mut self, tenant: &mut Tenant, generation: u32, endpoint: u32) {
        let Some(winner) = self.leg(generation, endpoint).cloned() else {
            return;
        };
        let State::Offering(offering) = &self.state else {
            return;
        };
        let Offering {
            waiting,
            agent,
            step,
            ..
        } = offering.clone();
        self.tell_offer_ended(tenant, OfferOutcome::Accepted);
        self.close_operations(tenant, |purpose| matches!(purpose, Purpose::Confirm { .. }));
        self.leave_queue(tenant);
        self.cancel_media(tenant, Purpose::StopMedia);
        self.connected_to(
            tenant,
            agent,
            &waiting,
            Some((winner.kind, winner.participant)),
        );
        if let Step::Ringing { legs, .. } = step {
            self.cancel_legs(tenant, &legs, Some(endpoint));
        }
        if let Some(agent) = tenant.agents.get_mut(&agent) {
            agent.answered_at = Some(endpoint);
        }
        // The list without the agent may have come before the event that the leg was added.
        self.parties_changed(tenant);
    }

    fn connect_external(&mut self, tenant: &mut Tenant) {
        let State::Offering(offering) = &self.state else {
            return;
        };
        let Offering { waiting, agent, .. } = offering.clone();
        self.tell_offer_ended(tenant, OfferOutcome::Accepted);
        tenant
            .timers
            .clear(Timer::Call(self.id, CallTimer::OfferExpires));
        self.leave_queue(tenant);
        self.connected_to(tenant, agent, &waiting, None);
    }

    fn cancel_legs(&mut self, tenant: &mut Tenant, legs: &[Leg], except: Option<u32>) {
        for leg in legs.iter().filter(|leg| Some(leg.endpoint) != except) {
            match leg.state {
                LegState::Ringing { sequence } => self.cancel_add(tenant, sequence),
                LegState::Confirming => self.remove_leg(tenant, leg.participant.clone()),
                LegState::Waiting | LegState::RangOut | LegState::Declined | LegState::Failed => {}
            }
        }
    }

    fn issue_offer(&mut self, tenant: &mut Tenant, expires_after: Millis) {
        let waited = self.waited(tenant.now);
        let State::Offering(offering) = &mut self.state else {
            return;
        };
        offering.issued = true;
        let mut context = self.headers.clone();
        if let Some(number) = self.from.phone_number() {
            context.insert("caller".to_owned(), number.to_owned());
        }
        if !self.caller_name.is_empty() {
            context.insert("caller-name".to_owned(), self.caller_name.clone());
        }
        if !self.menu_digits.is_empty() {
            context.insert("menu-digits".to_owned(), self.menu_digits.clone());
        }
        context.insert("waited-ms".to_owned(), waited.0.to_string());
        tenant.emit(Event::OfferIssued {
            offer: OfferId {
                call: self.id,
                generation: offering.generation,
            },
            agent: offering.agent,
            queue: offering.waiting.queue,
            context,
            expires_at: tenant.now.after(expires_after).0,
        });
    }

    /// Tells how an offer ended of which the agent was told.
    pub(crate) fn tell_offer_ended(&self, tenant: &mut Tenant, outcome: OfferOutcome) {
        let State::Offering(offering) = &self.state else {
            return;
        };
        if offering.issued {
            tenant.emit(Event::OfferEnded {
                offer: OfferId {
                    call: self.id,
                    generation: offering.generation,
                },
                agent: offering.agent,
                outcome,
            });
        }
    }

    fn endpoint_facts(&self, tenant: &Tenant, agent: AgentId, profile: &AgentProfile) -> Facts {
        let answered_at = tenant
            .agents
            .get(&agent)
            .and_then(|agent| agent.answered_at);
        let queue = self.waiting().map(|waiting| waiting.queue);
        let endpoints = (0_u32..)
            .zip(&profile.endpoints)
            .map(|(index, endpoint)| EndpointRow {
                kind: endpoint.kind,
                reach: Reach::Unknown,
                answered_last: answered_at == Some(index),
            })
            .collect();
        let queue = queue.unwrap_or(crate::ids::QueueId(crate::ids::Symbol(0)));
        let contact = self.facts(tenant, queue);
        Facts::EndpointSelect(EndpointSelectFacts {
            contact,
            agent,
            endpoints,
        })
    }

    fn leg(&self, generation: u32, endpoint: u32) -> Option<&Leg> {
        let State::Offering(offering) = &self.state else {
            return None;
        };
        let Step::Ringing { legs, .. } = &offering.step else {
            return None;
        };
        legs.iter()
            .find(|leg| offering.generation == generation && leg.endpoint == endpoint)
    }

    fn set_leg(&mut self, endpoint: u32, state: LegState) {
        let State::Offering(offering) = &mut self.state else {
            return;
        };
        let Step::Ringing { legs, .. } = &mut offering.step else {
            return;
        };
        if let Some(leg) = legs.iter_mut().find(|leg| leg.endpoint == endpoint) {
            leg.state = state;
        }
    }

    fn set_step(&mut self, step: Step) {
        if let State::Offering(offering) = &mut self.state {
            offering.step = step;
        }
    }
}

/// The native rule: all endpoints in the order of the configuration, at once or one by one.
fn native_rings(profile: &AgentProfile, settings: &Queue) -> Vec<Ring> {
    (0_u32..)
        .zip(&profile.endpoints)
        .map(|(endpoint, _)| Ring {
            endpoint,
            stage: if settings.ring_together { 0 } else { endpoint },
            ring: settings.ring,
        })
        .collect()
}

/// The legs of rings, one for each endpoint: the first ring of an endpoint counts.
fn legs_of(rings: &[Ring], profile: &AgentProfile, settings: &Queue) -> Vec<Leg> {
    let mut known = BTreeSet::new();
    rings
        .iter()
        .filter(|ring| known.insert(ring.endpoint))
        .filter_map(|ring| leg_of(ring, profile, settings))
        .collect()
}

/// A leg of a ring that names an endpoint of the agent. A Teams client rings no longer than the
/// queue says, because its voicemail would answer.
fn leg_of(ring: &Ring, profile: &AgentProfile, settings: &Queue) -> Option<Leg> {
    let endpoint = profile
        .endpoints
        .get(usize::try_from(ring.endpoint).ok()?)?;
    let longest = match endpoint.kind {
        EndpointKind::TeamsClient => settings.ring,
        EndpointKind::CallingSdk | EndpointKind::Pstn => RING_MAX,
    };
    Some(Leg {
        endpoint: ring.endpoint,
        kind: endpoint.kind,
        participant: endpoint.participant.clone(),
        stage: ring.stage,
        ring: ring.ring.clamp(RING_MIN, longest.max(RING_MIN)),
        state: LegState::Waiting,
    })
}

/// Reads why an invitation failed (ACS: Call Automation error codes; sub-code first).
fn reading_of(codes: ResultCodes) -> LegState {
    match (codes.code, codes.sub_code) {
        // 8538 callee declined, 560603 by SIP; 603 declined.
        (_, 8538 | 560_603) | (603, _) => LegState::Declined,
        // 10057: the agent is signed in with a token of the wrong kind; nothing rang.
        (_, 10057) => LegState::Failed,
        // 480 no answer, 487 request ended, 408 time-out.
        (480 | 487 | 408, _) => LegState::RangOut,
        _ => LegState::Failed,
    }
}

/// Shortest ring that ACS takes.
const RING_MIN: Millis = Millis::from_secs(1);
/// Longest ring that ACS takes (`invitationTimeoutInSeconds`).
const RING_MAX: Millis = Millis::from_secs(180);
