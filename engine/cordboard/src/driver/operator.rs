//! Who carries out the core's operations.

use super::inbox::{Inbox, Message};
use cordboard_clock::{Clock, Hold};
use cordboard_core::Operation;
use cordboard_core::ids::{CommandId, Timestamp};
use cordboard_core::input::Outcome;
use std::fmt;

/// Carries out operations of Call Automation.
///
/// The driver calls [`start`](Self::start) on its own thread once the input behind the operation is
/// durable, operations of one lane of a call one after the other. It must return at once.
pub trait Operator: Send + Sync + fmt::Debug {
    /// Begins an operation. `completion` takes its outcome, from any thread; dropped without one it
    /// reports [`Outcome::Unknown`].
    fn start(&self, request: Request, completion: Completion);
}

/// An operation to carry out.
#[derive(Debug)]
pub struct Request {
    /// Names the operation for ever: the request id that leaves is derived from it.
    pub command: CommandId,
    /// The operation.
    pub operation: Operation,
    /// After this moment, on the engine's clock, no attempt is to begin.
    pub deadline: Timestamp,
    /// Keeps a warped clock still while the operation is under way.
    pub hold: Hold,
}

/// The way back for an outcome. It keeps no hold: while an operator waits for a moment of the clock,
/// time has to go on.
pub struct Completion {
    command: CommandId,
    clock: Clock,
    /// Taken when the outcome is in.
    inbox: Option<Inbox>,
}

impl Completion {
    pub(super) fn new(command: CommandId, clock: Clock, inbox: Inbox) -> Self {
        Self {
            command,
            clock,
            inbox: Some(inbox),
        }
    }

    /// Reports the outcome, and passes on the hold of the [`Request`] or the one got since.
    pub fn finish(mut self, outcome: Outcome, hold: Hold) {
        self.report(outcome, hold);
    }

    fn report(&mut self, outcome: Outcome, hold: Hold) {
        if let Some(inbox) = self.inbox.take() {
            inbox.push(Message::Outcome {
                command: self.command,
                outcome,
                hold,
            });
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        if self.inbox.is_some() {
            let hold = self.clock.hold();
            self.report(Outcome::Unknown, hold);
        }
    }
}

impl fmt::Debug for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Completion").field(&self.command).finish()
    }
}

/// Refuses every operation: for decision-only use, where the core asks for none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoOperator;

/// HTTP status 501: the operation is not implemented here.
const NOT_IMPLEMENTED: u16 = 501;

impl Operator for NoOperator {
    fn start(&self, request: Request, completion: Completion) {
        let outcome = Outcome::Refused {
            status: NOT_IMPLEMENTED,
            sub_code: None,
        };
        completion.finish(outcome, request.hold);
    }
}
