//! One tenant: the unit of fold and snapshot.

use crate::command::Command;
use crate::ids::Timestamp;
use crate::input::{Ignored, Input, Reply};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The state of a tenant. Equal snapshots and equal inputs give equal commands.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Tenant {
    /// Not yet drained; always empty between inputs, so it is in no snapshot.
    #[serde(skip)]
    commands: VecDeque<Command>,
}

impl Tenant {
    /// Makes a tenant that knows nothing; its first input is the configuration.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next input. Drain [`poll_command`](Self::poll_command) afterwards.
    pub fn handle(&mut self, _now: Timestamp, _input: Input) -> Reply {
        Reply::Ignored(Ignored::NotConfigured)
    }

    /// Returns the next command until there is none.
    pub fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// Returns when the driver owes the next [`Input::Tick`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }
}
