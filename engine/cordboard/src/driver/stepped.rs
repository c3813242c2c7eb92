//! A shard without a thread, for simulations.

use super::inbox::Inbox;
use super::shard::Shard;
use super::{Hash, Parts};
use crate::error::BuildError;
use crate::events::Events;
use crate::pending::{Pending, Promise};
use cordboard_clock::Clock;
use cordboard_core::input::Reply;
use cordboard_core::{Input, Tenant};
use std::fmt;

/// An engine that does one thing at a time, on the thread of whoever steps it.
///
/// It is the driver of an [`Engine`](crate::Engine), with the same journal, outbox and recovery, but without its thread: with
/// a stepped clock and a journal in memory the same inputs in the same order give the same run. Dropping it is a crash: what was
/// not durable is lost with the power of its disk, and nothing is written any more.
pub struct SteppedEngine {
    shard: Shard,
    inbox: Inbox,
    clock: Clock,
    events: Events,
    recovered: (u64, Hash),
}

impl SteppedEngine {
    pub(crate) fn start(parts: Parts, opening: Vec<Input>) -> Result<Self, BuildError> {
        let (inbox, outlet) = Inbox::new(parts.inbox_limits);
        let (clock, events) = (parts.clock.clone(), parts.events.clone());
        let mut shard = Shard::new(parts, inbox.clone(), outlet);
        let recovered = (
            shard.reached().0.0,
            shard.state().hash().unwrap_or_default(),
        );
        let hold = clock.hold();
        let (promises, taken): (Vec<_>, Vec<_>) = opening.iter().map(|_| Promise::new()).unzip();
        shard.open(opening.into_iter().zip(promises).collect(), &hold);
        while shard.step() {}
        for taken in taken {
            taken.wait().map_err(BuildError::Opening)?;
        }
        Ok(Self {
            shard,
            inbox,
            clock,
            events,
            recovered,
        })
    }

    /// Hands an input in. It is taken by a later [`step`](Self::step); the answer is there once it is durable.
    pub fn submit(&self, input: Input) -> Pending<Reply> {
        let (promise, pending) = Promise::new();
        self.inbox.submit(input, self.clock.hold(), promise);
        pending
    }

    /// Does the next thing that waits, what the journal announces first; false if nothing does.
    pub fn step(&mut self) -> bool {
        self.shard.step()
    }

    /// Returns the state of the core as it is, durable or not.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.shard.state().tenant
    }

    /// Returns all events of the engine, to subscribe to.
    #[must_use]
    pub fn events(&self) -> Events {
        self.events.clone()
    }

    /// Returns the journal's last entry, and the last one that is durable.
    #[must_use]
    pub fn reached(&self) -> (u64, u64) {
        let (last, durable) = self.shard.reached();
        (last.0, durable.0)
    }

    /// Returns the last entry that the journal had at the start, and the hash of the state that was read back from it.
    #[must_use]
    pub fn recovered(&self) -> (u64, Hash) {
        self.recovered
    }

    /// Returns the hash of the state, and that over all commands since the journal began.
    #[must_use]
    pub fn hashes(&self) -> (Hash, Hash) {
        let state = self.shard.state();
        (state.hash().unwrap_or_default(), state.commands_hash)
    }
}

impl fmt::Debug for SteppedEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SteppedEngine")
            .field("reached", &self.reached())
            .finish_non_exhaustive()
    }
}
