//! How a call ends: hanging up, the last event, wrap-up, and the memory of ended calls.

use crate::agent::AgentState;
use crate::call::operations::{Finished, NOT_FOUND, Purpose};
use crate::call::{Call, State};
use crate::command::{Command, Operation};
use crate::event::{CallOutcome, Event, OfferOutcome};
use crate::ids::{AgentId, CallId, CommandId, ConnectionId, Millis};
use crate::input::{CallEvent, CallEventKind, Ignored, Outcome, Reply, Response};
use crate::restart::TakenOver;
use crate::seeded_bugs::{Bug, is_made};
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Calls whose looks have failed look again at so many different moments.
const LOOK_TURNS: u64 = 64;
/// How often the wait before a look is doubled at most: with the default deadlines it is five minutes at most.
pub(super) const LOOK_DOUBLINGS_MAX: u32 = 4;
/// How often the wait before a call is hung up again is doubled at most: with the default deadline it is under a minute.
const HANG_UP_DOUBLINGS_MAX: u32 = 2;
/// How often a call that had been given up, and lives, is hung up at most: with the default deadline for half an hour.
const ENDED_HANG_UPS_MAX: u32 = 40;
/// How often a call is hung up at most: with the default deadline that takes longer than a day, and so than any call.
const HANG_UPS_MAX: u32 = 2_400;

/// After a restart so many calls look at once, and the next ones after [`LOOKS_EVERY`]: requests for thousands of calls at the
/// same moment would be refused, and new callers with them, for whom there would be no room.
const LOOKS_AT_ONCE: usize = 100;
/// The wait between two such groups.
const LOOKS_EVERY: Millis = Millis(500);

/// Hung up; `CallDisconnected` is owed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Ending {
    pub(crate) outcome: CallOutcome,
    tries: u32,
}

/// The media is gone; the agent finishes the contact.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct WrapUp {
    pub(crate) agent: AgentId,
}

/// Nothing is left to do.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Ended;

/// The last ended calls, oldest forgotten first.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct EndedCalls {
    order: VecDeque<CallId>,
    calls: BTreeMap<CallId, EndedCall>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct EndedCall {
    handled_by: Option<AgentId>,
    last_sequence: u32,
    /// The service never named a connection.
    #[serde(default)]
    never_connected: bool,
    /// It turned out to live: it is being hung up.
    #[serde(default)]
    hanging_up: Option<HangingUp>,
}

/// A connection of a call that had been given up.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct HangingUp {
    connection: ConnectionId,
    tries: u32,
}

impl EndedCalls {
    pub(crate) fn note(&mut self, call: &Call, limit: u32) {
        let ended = EndedCall {
            handled_by: call.handled_by,
            last_sequence: call.last_sequence,
            never_connected: call.connection.is_none(),
            hanging_up: None,
        };
        self.calls.insert(call.id, ended);
        self.order.push_back(call.id);
        while self.order.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
            if let Some(oldest) = self.order.pop_front() {
                self.calls.remove(&oldest);
            }
        }
    }

    pub(crate) fn contains(&self, call: CallId) -> bool {
        self.calls.contains_key(&call)
    }

    pub(crate) fn handled_by(&self, call: CallId) -> Option<AgentId> {
        self.calls.get(&call).and_then(|ended| ended.handled_by)
    }

    /// Tells, once, whether this is the first that is heard of a call's connection.
    pub(crate) fn is_connected_first(&mut self, call: CallId) -> bool {
        self.calls
            .get_mut(&call)
            .is_some_and(|ended| std::mem::take(&mut ended.never_connected))
    }

    /// The connection of a call that lives on although it was given up; none when it is gone.
    fn set_hanging_up(&mut self, call: CallId, connection: Option<ConnectionId>) {
        if let Some(ended) = self.calls.get_mut(&call) {
            let hanging_up = connection.map(|connection| HangingUp {
                connection,
                tries: 0,
            });
            ended.hanging_up = hanging_up;
        }
    }

    fn is_hanging_up(&self, call: CallId) -> bool {
        self.calls
            .get(&call)
            .is_some_and(|ended| ended.hanging_up.is_some())
    }

    /// Numbers one more try to hang up: the connection, the command's number, and how many tries there were.
    fn next_hang_up(&mut self, call: CallId) -> Option<(ConnectionId, u32, u32)> {
        let ended = self.calls.get_mut(&call)?;
        let hanging_up = ended.hanging_up.as_mut()?;
        hanging_up.tries = hanging_up.tries.saturating_add(1);
        ended.last_sequence = ended.last_sequence.saturating_add(1);
        let connection = hanging_up.connection.clone();
        Some((connection, ended.last_sequence, hanging_up.tries))
    }
}

impl Tenant {
    /// An event of a call that is over or was never ours. A connection that comes to life after we
    /// gave the call up would leave a caller in silence: it is ended.
    pub(crate) fn event_without_call(&mut self, event: &CallEvent) -> Reply {
        if !self.ended.contains(event.call) {
            return Reply::Ignored(Ignored::UnknownCall);
        }
        if let CallEventKind::CallDisconnected(_) = event.kind {
            self.ended.is_connected_first(event.call);
            self.ended_call_is_gone(event.call);
            return Reply::Ignored(Ignored::EndedCall);
        }
        let named = !event.connection.0.is_empty();
        let comes_to_life = event.kind == CallEventKind::CallConnected
            || named && self.ended.is_connected_first(event.call);
        if !comes_to_life {
            return Reply::Ignored(Ignored::EndedCall);
        }
        self.terminate_ended(event.call, event.connection.clone());
        Reply::Done
    }

    /// An outcome for a call that is over. An answer that was accepted after we gave it up is ended
    /// like a connection that comes to life.
    pub(crate) fn outcome_without_call(&mut self, call: CallId, outcome: Outcome) -> Reply {
        match outcome {
            Outcome::Accepted(Response::Connection {
                connection,
                gone: false,
            }) if self.ended.is_connected_first(call) => {
                self.terminate_ended(call, connection);
                Reply::Done
            }
            Outcome::Refused {
                status: NOT_FOUND, ..
            } if self.ended.is_hanging_up(call) => {
                self.ended_call_is_gone(call);
                Reply::Done
            }
            Outcome::Accepted(_) | Outcome::Refused { .. } | Outcome::Unknown => {
                Reply::Ignored(Ignored::ClosedOperation)
            }
        }
    }

    fn terminate_ended(&mut self, call: CallId, connection: ConnectionId) {
        self.ended.set_hanging_up(call, Some(connection));
        self.terminate_ended_again(call);
    }

    /// Whatever becomes of one request, the next follows until `CallDisconnected` comes, some times: nobody else hangs up a
    /// call that had been given up.
    pub(crate) fn terminate_ended_again(&mut self, call: CallId) {
        let Some((connection, sequence, tries)) = self.ended.next_hang_up(call) else {
            return;
        };
        if tries > ENDED_HANG_UPS_MAX {
            return self.ended_call_is_gone(call);
        }
        let id = CommandId { call, sequence };
        let operation = Operation::Terminate { connection };
        self.commands.push_back(Command::Operate { id, operation });
        let doublings = tries.saturating_sub(1).min(HANG_UP_DOUBLINGS_MAX);
        let after = Millis(self.timeouts().hang_up.0 << doublings);
        let timer = Timer::Call(call, CallTimer::HangUp);
        self.timers.set(timer, self.now.after(after));
    }

    fn ended_call_is_gone(&mut self, call: CallId) {
        self.ended.set_hanging_up(call, None);
        self.timers.clear(Timer::Call(call, CallTimer::HangUp));
    }
}

impl Call {
    /// Ends the call for everybody. It is over when ACS says so.
    pub(crate) fn end(&mut self, tenant: &mut Tenant, outcome: CallOutcome) {
        if self.connection.is_none() {
            return self.finish(tenant, outcome);
        }
        self.withhold_agent(tenant);
        self.release(tenant);
        self.state = State::Ending(Ending { outcome, tries: 0 });
        self.hang_up_again(tenant);
    }

    /// The call is over: the contact has its outcome, and the agent wraps up or is free.
    pub(crate) fn finish(&mut self, tenant: &mut Tenant, outcome: CallOutcome) {
        self.release(tenant);
        tenant.timers.clear_call(self.id);
        self.operations.clear();
        self.unwanted.clear();
        self.collecting = None;
        let by_exit = match outcome {
            CallOutcome::Exited | CallOutcome::ExitFailed => true,
            CallOutcome::Handled
            | CallOutcome::Abandoned
            | CallOutcome::NotAnswered
            | CallOutcome::Ended
            | CallOutcome::Failed => false,
        };
        tenant.emit(Event::CallEnded {
            call: self.id,
            outcome,
            agent: self.handled_by,
            exit: self.exit.filter(|_| by_exit),
            away_since: self.ended_away,
        });
        if self.unseen_since.take().is_some() {
            tenant.call_taken_over(TakenOver::Ended);
        }
        let wraps_up = self.handled_by.filter(|agent| {
            let state = tenant.agents.get(agent).map(|agent| agent.state);
            state == Some(AgentState::WrapUp { call: self.id })
        });
        self.state = match wraps_up {
            Some(agent) => State::WrapUp(WrapUp { agent }),
            None => State::Ended(Ended),
        };
    }

    pub(crate) fn call_disconnected(&mut self, tenant: &mut Tenant) -> Reply {
        match self.state {
            State::WrapUp(_) | State::Ended(_) => Reply::Ignored(Ignored::EndedCall),
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Offering(_)
            | State::Connected(_)
            | State::Bridged(_)
            | State::Exiting(_)
            | State::Ending(_) => {
                self.vanished(tenant);
                Reply::Done
            }
        }
    }

    /// ACS does not know the call any more.
    pub(crate) fn vanished(&mut self, tenant: &mut Tenant) {
        match self.state {
            State::WrapUp(_) | State::Ended(_) => {}
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Offering(_)
            | State::Connected(_)
            | State::Bridged(_)
            | State::Exiting(_)
            | State::Ending(_) => {
                // Whoever asks for the first time since a restart does not learn when it ended.
                self.ended_away = self.ended_away.or(self.unseen_since);
                let outcome = self.outcome_when_caller_leaves();
                self.finish(tenant, outcome);
            }
        }
    }

    /// Hangs up, and does so again, each time after a longer wait, until `CallDisconnected` comes or the service does not know
    /// the call any more: a call that counted as over before would leave the caller in silence, and its agent would be offered
    /// another one.
    pub(crate) fn hang_up_again(&mut self, tenant: &mut Tenant) {
        let State::Ending(ending) = &mut self.state else {
            return;
        };
        let outcome = ending.outcome;
        ending.tries = ending.tries.saturating_add(1);
        let tries = ending.tries;
        let enough = tries > HANG_UPS_MAX || tries > 3 && is_made(Bug::HangsUpThrice);
        let Some(connection) = self.connection.clone().filter(|_| !enough) else {
            return self.finish(tenant, outcome);
        };
        self.close_operations(tenant, |purpose| *purpose == Purpose::HangUp);
        self.operate(tenant, Purpose::HangUp, Operation::Terminate { connection });
        let doublings = tries
            .saturating_sub(tenant.limits().tries_max)
            .min(HANG_UP_DOUBLINGS_MAX);
        let after = tenant.timeouts().hang_up.0 << doublings;
        self.set_timer(tenant, CallTimer::HangUp, Millis(after));
    }

    pub(crate) fn wrap_up_done(&mut self, tenant: &mut Tenant, agent: AgentId) {
        let State::WrapUp(wrap_up) = &self.state else {
            return;
        };
        if wrap_up.agent == agent {
            tenant.timers.clear_call(self.id);
            self.state = State::Ended(Ended);
        }
    }

    /// Nothing was heard of the call for long, or while the process was down: perhaps `CallDisconnected` was lost, or the
    /// news of who joined and left. Two requests for each time-out of `silent_call` that a call says nothing; one if it is
    /// being asked already who is in it.
    pub(crate) fn audit(&mut self, tenant: &mut Tenant) {
        if let Some(connection) = self.connection.clone() {
            self.operate(tenant, Purpose::Audit, Operation::GetCall { connection });
            if !self.is_open(|purpose| matches!(purpose, Purpose::Parties { .. })) {
                self.look_for_who_joined_now(tenant);
            }
        }
        self.set_next_audit(tenant);
    }

    /// It is known who is in the call, or the service will not tell: the look that was owed after a restart has been made.
    pub(crate) fn look_is_paid(&mut self, tenant: &mut Tenant) {
        if std::mem::take(&mut self.owes_look) {
            self.set_next_audit(tenant);
        }
    }

    /// A look told nothing: it is made again before long, or a call whose end was missed would keep its
    /// agent until the next audit. After a restart there may be thousands of calls: they take turns, and
    /// wait longer each time.
    pub(crate) fn looked_in_vain(&mut self, tenant: &mut Tenant, finished: &Finished) {
        if finished.may_pass() {
            let doublings = self.vain_audits.saturating_sub(1).min(LOOK_DOUBLINGS_MAX);
            let wait = tenant.timeouts().event.0 << doublings;
            let turn = self.id.0 % LOOK_TURNS * wait / LOOK_TURNS;
            let at = tenant.now.after(Millis(wait.saturating_add(turn)));
            let timer = Timer::Call(self.id, CallTimer::Silent);
            // Whatever else looks in vain meanwhile does not put the audit off.
            if !tenant.timers.is_due(timer, at) {
                tenant.timers.set(timer, at);
            }
        }
    }

    /// After a restart. `turn` counts the calls that were there: they look by turns.
    pub(crate) fn restarted(&mut self, tenant: &mut Tenant, turn: usize) {
        let last = self.last_sequence;
        self.exit_sound_begins_anew();
        self.menu_begins_anew();
        // Looks are made anew.
        self.close_operations(tenant, Purpose::is_look);
        // First: the rings of an offer that is over are not sent again.
        self.revoke_expired_offer(tenant);
        self.resend_operations(tenant, last);
        let look_after = look_after(turn);
        self.wait_for_parties(tenant, look_after);
        for moment in tenant.take_recording_questions(self.id) {
            self.decide_recording(tenant, moment);
        }
        self.ask_for_queue_again(tenant);
        self.select_endpoints_again(tenant);
        self.reconcile(tenant, look_after);
    }

    /// Events of the time when the process was down are lost: asks whether the call lives and who is
    /// in it.
    fn reconcile(&mut self, tenant: &mut Tenant, look_after: Millis) {
        let connects = Timer::Call(self.id, CallTimer::Connect);
        if matches!(self.state, State::Answering(_)) && tenant.timers.is_set(connects) {
            // `CallConnected` may have come while nobody listened.
            let after = tenant.timeouts().connect;
            self.set_timer(tenant, CallTimer::Connect, after);
        }
        match self.state {
            State::Incoming(_) | State::WrapUp(_) | State::Ended(_) => return,
            State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Offering(_)
            | State::Connected(_)
            | State::Bridged(_)
            | State::Exiting(_)
            | State::Ending(_) => {}
        }
        self.owes_look = self.connection.is_some();
        if look_after.0 == 0 || self.connection.is_none() {
            return self.audit(tenant);
        }
        self.set_timer(tenant, CallTimer::Silent, look_after);
    }

    /// Asks who is in the call; returns the question's sequence.
    pub(crate) fn ask_for_parties(&mut self, tenant: &mut Tenant) -> Option<u32> {
        let connection = self.connection.clone()?;
        let purpose = Purpose::Parties {
            list: self.list_sequence,
        };
        Some(self.operate(tenant, purpose, Operation::GetParticipants { connection }))
    }

    /// Leaves the present state: queue, offer, agent. Nothing of it goes on.
    fn release(&mut self, tenant: &mut Tenant) {
        match &self.state {
            State::Classifying(classifying) => drop(tenant.close_question(classifying.question)),
            State::Queued(_) => self.leave_queue(tenant),
            State::Offering(offering) => {
                let (agent, idle_since) = (offering.agent, offering.idle_since());
                let question = offering.question();
                self.tell_offer_ended(tenant, OfferOutcome::Cancelled);
                if let Some(question) = question {
                    tenant.close_question(question);
                }
                tenant
                    .timers
                    .clear(Timer::Call(self.id, CallTimer::OfferExpires));
                self.leave_queue(tenant);
                tenant.free_agent(agent, Some(idle_since));
            }
            State::Connected(connected) => {
                let (agent, queue) = (connected.agent, connected.queue);
                tenant.take_recording_questions(self.id);
                self.agent_wraps_up(tenant, agent, queue);
            }
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Bridged(_)
            | State::Exiting(_)
            | State::Ending(_)
            | State::WrapUp(_)
            | State::Ended(_) => {}
        }
        self.close_operations(tenant, |_| true);
        tenant.timers.clear_call(self.id);
        self.heard_of(tenant);
    }
}

/// How long after a restart a call's turn to look comes, when `turn` calls look before it.
fn look_after(turn: usize) -> Millis {
    let groups_before = u64::try_from(turn / LOOKS_AT_ONCE).unwrap_or(u64::MAX);
    Millis(LOOKS_EVERY.0.saturating_mul(groups_before))
}
