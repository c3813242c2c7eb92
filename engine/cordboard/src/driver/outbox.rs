//! What is visible outside, held back until its input is durable.

use super::lanes::Waiting;
use crate::error::SubmitError;
use crate::events::NumberedEvent;
use crate::pending::Promise;
use cordboard_clock::Hold;
use cordboard_core::input::Reply;
use cordboard_journal::Seq;
use std::collections::VecDeque;

/// Effects in the order of their inputs.
#[derive(Default)]
pub(super) struct Outbox {
    held: VecDeque<Held>,
}

/// What one input leads to.
pub(super) struct Held {
    pub(super) seq: Seq,
    pub(super) effects: Vec<Effect>,
    /// Keeps a warped clock still until the effects are out.
    pub(super) hold: Hold,
}

/// Something that is visible outside.
pub(super) enum Effect {
    Operate(Waiting),
    Emit(Box<NumberedEvent>),
    Reply(Promise<Reply>, Reply),
    /// The result of a look at the state.
    Show(Box<dyn FnOnce() + Send>),
}

impl Outbox {
    pub(super) fn hold(&mut self, held: Held) {
        if !held.effects.is_empty() {
            self.held.push_back(held);
        }
    }

    /// Takes the next effects whose input is durable.
    pub(super) fn release(&mut self, durable: Seq) -> Option<Held> {
        let is_due = self.held.front().is_some_and(|held| held.seq <= durable);
        if is_due { self.held.pop_front() } else { None }
    }

    /// Gives everything up: whether the inputs survive is unknown.
    pub(super) fn fail(&mut self, error: &SubmitError) {
        for held in self.held.drain(..) {
            for effect in held.effects {
                if let Effect::Reply(promise, _) = effect {
                    promise.keep(Err(error.clone()));
                }
            }
        }
    }
}
