//! Where everybody is at the moment, for a live display and for knowing when a simulation is over.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Counts of callers by how far they have come, and of open calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    /// Callers placed in all.
    pub placed: usize,
    /// Have not dialled yet.
    pub waiting_to_dial: usize,
    /// Ring.
    pub ringing: usize,
    /// Hear a greeting or a menu.
    pub in_menu: usize,
    /// Wait for an agent.
    pub in_queue: usize,
    /// Are in a conversation, or just after one.
    pub talking: usize,
    /// Are gone.
    pub ended: usize,
    /// Calls that the application has not been told the end of.
    pub calls_open: usize,
    /// Incoming calls that the application is being told of, or is about to be, and has not answered to yet.
    pub deliveries_open: usize,
}

impl Progress {
    /// Whether every caller is gone and the application knows it. An answer that is still on its way decides whether a
    /// call was acknowledged.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.ended == self.placed && self.calls_open == 0 && self.deliveries_open == 0
    }
}
