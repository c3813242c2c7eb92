//! One tenant: the unit of fold and snapshot. This file only holds the state and sends each input
//! to the file that has the rule.

use crate::agent::{Agent, AgentState, ReadyAgents};
use crate::call::Call;
use crate::call::ended::EndedCalls;
use crate::command::{Command, Operation, RejectReason};
use crate::config::{Config, Limits, Queue, Timeouts};
use crate::event::Event;
use crate::ids::{AgentId, CallId, CommandId, Epoch, PluginId, QueueId, Timestamp};
use crate::input::{
    Ignored, IncomingCall, Input, NewCalls, NewContact, QueueAction, Refusal, Reply, Skipped,
};
use crate::matching::Matching;
use crate::question::Requirement;
use crate::questions::Questions;
use crate::restart::Restart;
use crate::seeded_bugs::panic_at;
use crate::seen::SeenEvents;
use crate::timers::{CallTimer, Timer, Timers};
use crate::waiting::WaitingContacts;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Whether whoever hands a call in can answer it in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Room {
    Enough,
    None,
}

/// The state of a tenant. Equal snapshots and equal inputs give equal commands.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Tenant {
    pub(crate) now: Timestamp,
    pub(crate) epoch: Epoch,
    /// The configuration in force; live calls may be pinned to an earlier one.
    pub(crate) config: Option<Arc<Config>>,
    /// Configurations that live calls are pinned to, by digest.
    pub(crate) pinned: BTreeMap<String, Arc<Config>>,
    /// Queues that no configuration at hand has any more, with contacts that came later than the
    /// one that their call began with.
    #[serde(default)]
    pub(crate) removed_queues: BTreeMap<QueueId, Arc<Queue>>,
    pub(crate) calls: BTreeMap<CallId, Call>,
    pub(crate) ended: EndedCalls,
    pub(crate) last_call: u64,
    pub(crate) agents: BTreeMap<AgentId, Agent>,
    pub(crate) ready: ReadyAgents,
    pub(crate) closed_queues: BTreeSet<QueueId>,
    pub(crate) waiting: WaitingContacts,
    pub(crate) matching: Matching,
    pub(crate) questions: Questions,
    pub(crate) memos: BTreeMap<(PluginId, QueueId), Vec<u8>>,
    pub(crate) seen: SeenEvents,
    pub(crate) timers: Timers,
    #[serde(default)]
    pub(crate) new_calls: NewCalls,
    /// The last restart.
    #[serde(default)]
    pub(crate) restart: Option<Restart>,
    /// A deadline hit a mistake: see [`Skipped::Tick`](crate::input::Skipped::Tick).
    #[serde(default)]
    pub(crate) one_deadline_a_tick: bool,
    /// What is being worked on that the input need not be about; for after a panic.
    #[serde(skip)]
    pub(crate) at_work: Option<Skipped>,
    /// Who is logged in has changed within this input.
    #[serde(skip)]
    pub(crate) staffing_changed: bool,
    /// Not yet drained; always empty between inputs, so it is in no snapshot.
    #[serde(skip)]
    pub(crate) commands: VecDeque<Command>,
}

impl Tenant {
    /// Makes a tenant that knows nothing; its first input is the configuration.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next input. Drain [`poll_command`](Self::poll_command) afterwards.
    ///
    /// Time never runs backwards here: a `now` below the last one counts as the last one.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Reply {
        panic_at(&input);
        let before = self.now;
        self.now = self.now.max(now);
        let comes_again = matches!(
            input,
            Input::Skipped(Skipped::Match(_) | Skipped::Restart(_))
        );
        let reply = match input {
            Input::Config(config) => self.apply_config(config),
            Input::Restarted { epoch } => self.handle_restart(epoch, before),
            Input::Tick => self.handle_tick(),
            Input::IncomingCall(incoming) => self.handle_incoming_call(incoming, Room::Enough),
            Input::TurnAway(incoming) => self.handle_incoming_call(incoming, Room::None),
            Input::CallEvent(event) => self.handle_call_event(event),
            Input::Outcome { command, outcome } => self.handle_outcome(command, outcome),
            Input::Verdict(verdict) => self.handle_verdict(verdict),
            Input::Agent { agent, action } => self.handle_agent(agent, action),
            Input::Call { call, by, action } => self.handle_call_action(call, by, action),
            Input::Queue { queue, action } => self.handle_queue(queue, action),
            Input::Contact(contact) => self.handle_contact(contact),
            Input::Skipped(skipped) => self.handle_skipped(skipped),
            Input::NewCalls(new_calls) => {
                self.new_calls = new_calls;
                Reply::Done
            }
            Input::PluginChanged(news) => {
                self.emit(Event::PluginChanged {
                    plugin: news.plugin,
                    change: news.change,
                    detail: news.detail,
                });
                Reply::Done
            }
        };
        // The input that comes again matches. Here the mistake might be met in the next call, and what was set aside would be lost.
        if !comes_again {
            self.check_staffing();
            self.match_pools();
        }
        self.at_work = None;
        reply
    }

    /// Returns the next command until there is none.
    pub fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// Returns when the driver owes the next [`Input::Tick`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.timers.earliest()
    }

    /// Returns the configuration in force.
    #[must_use]
    pub fn config(&self) -> Option<&Arc<Config>> {
        self.config.as_ref()
    }

    /// Returns the configuration in force and those that live calls began with.
    pub fn configs(&self) -> impl Iterator<Item = &Arc<Config>> {
        self.config.iter().chain(self.pinned.values())
    }

    /// Tells what becomes of new calls.
    #[must_use]
    pub fn new_calls(&self) -> NewCalls {
        self.new_calls
    }

    /// Counts the calls that live, wrap-up included.
    #[must_use]
    pub fn live_calls(&self) -> usize {
        self.calls.len()
    }

    /// Lists the calls that live, wrap-up included.
    pub fn calls(&self) -> impl Iterator<Item = CallId> + '_ {
        self.calls.keys().copied()
    }

    /// Counts the contacts that wait in a queue, offers included.
    #[must_use]
    pub fn queue_length(&self, queue: QueueId) -> usize {
        self.waiting.length(queue)
    }

    /// Tells in which queue a contact waits, offers included.
    #[must_use]
    pub fn queue_of_call(&self, call: CallId) -> Option<QueueId> {
        let waiting = self.calls.get(&call)?.waiting()?;
        Some(waiting.queue)
    }

    /// Tells what the agent of a contact must have beside what its queue requires.
    #[must_use]
    pub fn requirements_of_call(&self, call: CallId) -> &[Requirement] {
        let call = self.calls.get(&call);
        call.map_or(&[], |call| call.requirements.as_slice())
    }

    /// Tells what an agent is doing.
    #[must_use]
    pub fn agent_status(&self, agent: AgentId) -> Option<crate::event::AgentStatus> {
        self.agents.get(&agent).map(Agent::status)
    }

    /// Tells whether the service may still ring an agent for a call, or have them in one, although their part in it is over:
    /// until it has let go of them they are offered nothing.
    #[must_use]
    pub fn is_withheld(&self, agent: AgentId) -> bool {
        self.agents
            .get(&agent)
            .is_some_and(|agent| !agent.withheld_by.is_empty())
    }

    /// Tells which agent has part in a call: the one it is offered to, or who talks or wraps up.
    #[must_use]
    pub fn agent_of_call(&self, call: CallId) -> Option<AgentId> {
        self.calls.get(&call).and_then(Call::agent)
    }

    pub(crate) fn limits(&self) -> Limits {
        self.config
            .as_ref()
            .map(|config| config.limits)
            .unwrap_or_default()
    }

    pub(crate) fn timeouts(&self) -> Timeouts {
        self.config
            .as_ref()
            .map(|config| config.timeouts)
            .unwrap_or_default()
    }

    pub(crate) fn emit(&mut self, event: Event) {
        self.commands.push_back(Command::Emit(event));
    }

    /// Lends a call to `work` together with the rest of the tenant, and puts it back unless it has
    /// ended. `None` when there is no such call, or it is lent already.
    pub(crate) fn with_call<T>(
        &mut self,
        id: CallId,
        work: impl FnOnce(&mut Call, &mut Self) -> T,
    ) -> Option<T> {
        let mut call = self.calls.remove(&id)?;
        let result = work(&mut call, self);
        call.let_go(self);
        if call.is_over() {
            self.forget_call(&call);
        } else {
            self.calls.insert(id, call);
        }
        Some(result)
    }

    /// The configuration that a call began with.
    pub(crate) fn config_of(&self, digest: &str) -> Option<Arc<Config>> {
        self.pinned.get(digest).or(self.config.as_ref()).cloned()
    }

    fn forget_call(&mut self, call: &Call) {
        self.timers.clear_call(call.id);
        self.ended.note(call, self.limits().ended_calls_max);
        let digest = &call.config;
        let is_current = self
            .config
            .as_ref()
            .is_some_and(|config| config.digest == *digest);
        if !is_current && !self.calls.values().any(|other| other.config == *digest) {
            self.pinned.remove(digest);
        }
    }

    fn apply_config(&mut self, config: Arc<Config>) -> Reply {
        let digest = config.digest.clone();
        self.pinned.insert(digest.clone(), Arc::clone(&config));
        let in_use: BTreeSet<&str> = self
            .calls
            .values()
            .map(|call| call.config.as_str())
            .collect();
        self.pinned
            .retain(|known, _| *known == digest || in_use.contains(known.as_str()));
        self.keep_removed_queues(&config);
        self.memos
            .retain(|(_, queue), _| config.queues.contains_key(queue));
        for agent in config.agents.keys() {
            self.agents.entry(*agent).or_insert_with(Agent::new);
        }
        self.config = Some(Arc::clone(&config));
        let removed: Vec<AgentId> = self
            .agents
            .keys()
            .filter(|agent| !config.agents.contains_key(agent))
            .copied()
            .collect();
        for agent in removed {
            self.take_offline(agent);
            let idle = self
                .agents
                .get(&agent)
                .is_some_and(|a| a.state == AgentState::Offline && a.withheld_by.is_empty());
            if idle {
                self.agents.remove(&agent);
            }
        }
        self.closed_queues
            .retain(|queue| config.queues.contains_key(queue));
        self.renew_leases();
        self.emit(Event::ConfigApplied { digest });
        self.rebuild_pools();
        Reply::Done
    }

    /// Keeps the settings of queues that `config` removes as long as contacts are in them.
    fn keep_removed_queues(&mut self, config: &Config) {
        let in_use: BTreeSet<QueueId> = self.calls.values().filter_map(Call::queue).collect();
        if let Some(old) = &self.config {
            for (queue, settings) in &old.queues {
                self.removed_queues.insert(*queue, Arc::clone(settings));
            }
        }
        self.removed_queues
            .retain(|queue, _| in_use.contains(queue) && !config.queues.contains_key(queue));
    }

    fn handle_tick(&mut self) -> Reply {
        let mut reply = Reply::Ignored(Ignored::NothingDue);
        // At most as many as there are: timers set meanwhile cannot keep one tick busy for ever.
        let most = if self.one_deadline_a_tick {
            1
        } else {
            self.timers.len()
        };
        for _ in 0..most {
            let Some(timer) = self.timers.pop_due(self.now) else {
                break;
            };
            reply = Reply::Done;
            match timer {
                Timer::Call(call, timer) => {
                    let live =
                        self.with_call(call, |call, tenant| call.handle_timer(tenant, timer));
                    if live.is_none() && timer == CallTimer::HangUp {
                        self.terminate_ended_again(call);
                    }
                }
                Timer::WrapUp(agent) => self.finish_wrap_up(agent),
                Timer::Lease(agent) => self.lease_lapsed(agent),
                Timer::Question(question) => self.question_timed_out(question),
            }
        }
        self.one_deadline_a_tick &= self.timers.earliest().is_some_and(|at| at <= self.now);
        reply
    }

    fn handle_incoming_call(&mut self, incoming: IncomingCall, room: Room) -> Reply {
        let Some(config) = self.config.clone() else {
            return Reply::Ignored(Ignored::NotConfigured);
        };
        let is_live = self.calls.values().any(|call| call.is_same_call(&incoming));
        if self.new_calls == NewCalls::Leave
            && !is_live
            && !self.seen.knows(&incoming.event)
            && config.account_of(&incoming.to).is_some()
        {
            // Not noted as seen: when it comes again it is new.
            return Reply::Refused(Refusal::Draining);
        }
        if !self.seen.note(&incoming.event, config.limits.event_ids_max) || is_live {
            return Reply::Ignored(Ignored::Duplicate);
        }
        if self.now.since(incoming.rang_at) > config.timeouts.incoming_call_age {
            return Reply::Ignored(Ignored::StaleIncomingCall);
        }
        let Some(account) = config.account_of(&incoming.to) else {
            return Reply::Ignored(Ignored::UnknownAccount);
        };
        let id = self.new_call_id();
        let is_full =
            self.calls.len() >= usize::try_from(config.limits.calls_max).unwrap_or(usize::MAX);
        let refused = match self.new_calls {
            NewCalls::Reject => Some("the engine is about to be stopped"),
            NewCalls::Take | NewCalls::Leave if is_full => Some("limit `calls-max` is reached"),
            NewCalls::Take | NewCalls::Leave => match room {
                Room::Enough => None,
                Room::None => Some("more calls come than can be answered in time"),
            },
        };
        if let Some(reason) = refused {
            let operation = Operation::Reject {
                context: incoming.context,
                reason: RejectReason::Busy,
            };
            let id = CommandId {
                call: id,
                sequence: 1,
            };
            self.commands.push_back(Command::Operate { id, operation });
            self.emit(Event::CallRejected {
                from: incoming.from.masked(),
                reason: reason.to_owned(),
            });
            return Reply::Done;
        }
        let mut call = Call::incoming(id, account, &config, &incoming);
        self.emit(Event::CallReceived {
            call: id,
            account,
            from: incoming.from.masked(),
        });
        call.answer(self, incoming.context);
        self.calls.insert(id, call);
        Reply::NewCall(id)
    }

    fn handle_contact(&mut self, contact: NewContact) -> Reply {
        let Some(config) = self.config.clone() else {
            return Reply::Refused(Refusal::NotConfigured);
        };
        if self.seen.knows(&contact.event) {
            return match self.seen.call_of(&contact.event) {
                Some(call) => Reply::SameCall(call),
                None => Reply::Ignored(Ignored::Duplicate),
            };
        }
        if !config.queues.contains_key(&contact.queue) {
            return Reply::Refused(Refusal::UnknownQueue);
        }
        match self.new_calls {
            NewCalls::Take => {}
            NewCalls::Reject | NewCalls::Leave => return Reply::Refused(Refusal::Draining),
        }
        if self.calls.len() >= usize::try_from(config.limits.calls_max).unwrap_or(usize::MAX) {
            return Reply::Refused(Refusal::LimitReached);
        }
        self.seen.note(&contact.event, config.limits.event_ids_max);
        let id = self.new_call_id();
        self.seen.note_call(&contact.event, id);
        let mut call = Call::external(id, &config, &contact);
        call.enter_queue(self, contact.queue);
        if call.is_over() {
            self.forget_call(&call);
        } else {
            self.calls.insert(id, call);
        }
        Reply::NewCall(id)
    }

    fn handle_queue(&mut self, queue: QueueId, action: QueueAction) -> Reply {
        let Some(config) = self.config.clone() else {
            return Reply::Refused(Refusal::NotConfigured);
        };
        if !config.queues.contains_key(&queue) {
            return Reply::Refused(Refusal::UnknownQueue);
        }
        let closed = match action {
            QueueAction::Close => true,
            QueueAction::Open => false,
        };
        let changed = if closed {
            self.closed_queues.insert(queue)
        } else {
            self.closed_queues.remove(&queue)
        };
        if changed {
            self.emit(Event::QueueChanged { queue, closed });
        }
        if closed {
            for call in self.waiting.of_queue(queue) {
                self.with_call(call, |call, tenant| call.queue_closed(tenant));
            }
        }
        Reply::Done
    }

    fn new_call_id(&mut self) -> CallId {
        self.last_call = self.last_call.saturating_add(1);
        CallId(self.last_call)
    }
}
