//! From the incoming call to the connected caller.

use crate::call::ended::LOOK_DOUBLINGS_MAX;
use crate::call::operations::{Finished, Purpose};
use crate::call::{Call, State};
use crate::command::Operation;
use crate::event::{CallOutcome, Event};
use crate::ids::{ConnectionId, Millis};
use crate::input::{CallContext, Ignored, Outcome, Reply, Response, ResultCodes};
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};
use serde::{Deserialize, Serialize};

/// The answer is under way.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Incoming {
    /// Kept only until the answer is accepted.
    pub(crate) context: CallContext,
    /// How often it was sent again because nothing was heard of it.
    #[serde(default)]
    again: u32,
}

/// The answer was accepted, the media is not there yet.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Answering;

impl Incoming {
    pub(crate) fn new(context: &CallContext) -> Self {
        Self {
            context: context.clone(),
            again: 0,
        }
    }
}

/// How long it is waited for `CallConnected` when nobody knows whether an answer was taken. Only this event tells over which
/// connection the caller waits, and an outage that takes the answer's response may hold it back as well.
const UNHEARD_ANSWER: Millis = Millis::from_secs(300);

/// The first wait before such an answer is sent again; it doubles each time. A service that remembers the request names the connection then; one that does
/// not refuses it, and nothing is lost.
const ANSWER_AGAIN: Millis = Millis::from_secs(10);
/// How often that wait doubles at most: whoever is there waits in silence.
const ANSWER_AGAIN_DOUBLINGS_MAX: u32 = 2;
/// The answer is the first operation of a call.
const ANSWER_SEQUENCE: u32 = 1;

impl Call {
    pub(crate) fn answer(&mut self, tenant: &mut Tenant, context: CallContext) {
        let deadline = tenant.now.after(tenant.timeouts().answer).0;
        self.operate(
            tenant,
            Purpose::Answer,
            Operation::Answer { context, deadline },
        );
    }

    /// The answer's response names the connection, or, when it is late or lost, any event of the call.
    pub(crate) fn answer_accepted(&mut self, tenant: &mut Tenant, connection: ConnectionId) {
        if self.connection.is_none() {
            self.connection = Some(connection);
        }
        if let State::Incoming(_) = self.state {
            self.state = State::Answering(Answering);
            let at = tenant.now.after(tenant.timeouts().connect);
            tenant
                .timers
                .set(Timer::Call(self.id, CallTimer::Connect), at);
            self.heard_of(tenant);
        }
    }

    /// An outcome after the operation's deadline. An answer that was accepted counts all the same:
    /// the caller is there.
    pub(crate) fn answered_late(&mut self, tenant: &mut Tenant, outcome: Outcome) -> Reply {
        if let State::Incoming(_) = self.state
            && let Outcome::Accepted(Response::Connection { connection, .. }) = outcome
        {
            self.answer_accepted(tenant, connection);
            return Reply::Done;
        }
        Reply::Ignored(Ignored::ClosedOperation)
    }

    /// The answer was not accepted. ACS refuses it when the caller is gone, or another application has the call; when it has a
    /// fault of its own nobody knows whether the answer took effect, and its event may still come.
    pub(crate) fn not_answered(&mut self, tenant: &mut Tenant, finished: &Finished) {
        let State::Incoming(_) = self.state else {
            return;
        };
        match finished {
            Finished::Done | Finished::Digits(_) | Finished::Cancelled => {}
            Finished::Unknown => self.wait_for_a_sign(tenant),
            Finished::Refused { .. } if finished.is_fault_of_the_service() => {
                self.wait_for_a_sign(tenant);
            }
            Finished::Refused { .. } | Finished::Failed(_) => {
                self.finish(tenant, CallOutcome::NotAnswered);
            }
        }
    }

    /// Nobody knows whether the answer was taken. An event may tell, and so may the response to the same request once more.
    fn wait_for_a_sign(&mut self, tenant: &mut Tenant) {
        let connect = Timer::Call(self.id, CallTimer::Connect);
        if !tenant.timers.is_set(connect) {
            self.set_timer(tenant, CallTimer::Connect, UNHEARD_ANSWER);
        }
        if let State::Incoming(incoming) = &mut self.state {
            let wait = ANSWER_AGAIN.0 << incoming.again.min(ANSWER_AGAIN_DOUBLINGS_MAX);
            incoming.again = incoming.again.saturating_add(1);
            self.set_timer(tenant, CallTimer::Retry, Millis(wait));
        }
    }

    /// Sends an answer of which nothing was heard once more, as the same request.
    pub(crate) fn answer_again(&mut self, tenant: &mut Tenant) {
        let State::Incoming(incoming) = &self.state else {
            return;
        };
        let context = incoming.context.clone();
        if !self.is_open(|purpose| *purpose == Purpose::Answer) {
            let deadline = tenant.now.after(tenant.timeouts().request).0;
            let operation = Operation::Answer { context, deadline };
            self.operate_again(tenant, ANSWER_SEQUENCE, Purpose::Answer, operation);
        }
    }

    pub(crate) fn answer_failed(&mut self, tenant: &mut Tenant, _codes: ResultCodes) -> Reply {
        match self.state {
            State::Incoming(_) | State::Answering(_) => {
                self.finish(tenant, CallOutcome::NotAnswered);
                Reply::Done
            }
            State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Offering(_)
            | State::Connected(_)
            | State::Bridged(_)
            | State::Exiting(_)
            | State::Ending(_)
            | State::WrapUp(_)
            | State::Ended(_) => Reply::Ignored(Ignored::NotNow),
        }
    }

    /// `CallConnected`, which may come before the answer's response, or a list that has the caller.
    /// Without a name of the connection nothing can be done yet.
    pub(crate) fn call_connected(&mut self, tenant: &mut Tenant) -> Reply {
        match self.state {
            State::Incoming(_) | State::Answering(_) if self.connection.is_none() => {
                Reply::Ignored(Ignored::NotNow)
            }
            State::Incoming(_) | State::Answering(_) => {
                tenant
                    .timers
                    .clear(Timer::Call(self.id, CallTimer::Connect));
                self.close_operations(tenant, |purpose| *purpose == Purpose::Answer);
                tenant.emit(Event::CallAnswered { call: self.id });
                self.companions_run(tenant);
                self.greet(tenant);
                Reply::Done
            }
            State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Offering(_)
            | State::Connected(_)
            | State::Bridged(_)
            | State::Exiting(_)
            | State::Ending(_)
            | State::WrapUp(_)
            | State::Ended(_) => Reply::Ignored(Ignored::NotNow),
        }
    }

    /// `CallConnected` did not come in time. It may be lost: the caller is looked for.
    pub(crate) fn not_connected(&mut self, tenant: &mut Tenant) {
        match self.state {
            State::Incoming(_) => self.finish(tenant, CallOutcome::NotAnswered),
            State::Answering(_) => {
                self.ask_for_parties(tenant);
            }
            State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Offering(_)
            | State::Connected(_)
            | State::Bridged(_)
            | State::Exiting(_)
            | State::Ending(_)
            | State::WrapUp(_)
            | State::Ended(_) => {}
        }
    }

    /// It was asked who is in the call. A caller who has not been found when `CallConnected` is
    /// overdue is not there. A look that failed in passing has found nothing out, and is made again, some times, each time after
    /// a longer wait; after that, the caller is served: of a call that is gone, what is played to it tells.
    pub(crate) fn caller_looked_for(&mut self, tenant: &mut Tenant, finished: &Finished) {
        let overdue = !tenant
            .timers
            .is_set(Timer::Call(self.id, CallTimer::Connect));
        match self.state {
            State::Answering(_) if overdue && finished.may_pass() => {
                if self.looks >= tenant.limits().tries_max {
                    self.call_connected(tenant);
                    return;
                }
                let wait = tenant.timeouts().event.0 << self.looks.min(LOOK_DOUBLINGS_MAX);
                self.looks = self.looks.saturating_add(1);
                self.set_timer(tenant, CallTimer::Connect, Millis(wait));
            }
            State::Answering(_) if overdue => self.end(tenant, CallOutcome::NotAnswered),
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Offering(_)
            | State::Connected(_)
            | State::Bridged(_)
            | State::Exiting(_)
            | State::Ending(_)
            | State::WrapUp(_)
            | State::Ended(_) => {}
        }
    }
}
