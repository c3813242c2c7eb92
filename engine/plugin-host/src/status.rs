//! How a slot is doing.

use std::sync::atomic::{AtomicU64, Ordering};

use cordboard_core::question::PluginFailure;

use crate::plugin::PluginInfo;

/// How a slot is doing.
#[derive(Clone, Debug, Default)]
pub struct SlotStatus {
    /// The plugin that decides; `None` when none is loaded.
    pub plugin: Option<PluginInfo>,
    /// Why the last load failed. With a plugin, that is an older one which goes on deciding.
    pub problem: Option<String>,
    /// Whether the breaker keeps questions from the plugin.
    pub breaker_open: bool,
    /// Questions that wait for a worker.
    pub waiting: usize,
    /// Questions that a worker is at.
    pub running: usize,
    /// How questions ended since the host started.
    pub outcomes: OutcomeCounts,
}

/// How questions ended, by outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OutcomeCounts {
    /// The plugin gave advice.
    pub ok: u64,
    /// It left the decision to the native rule.
    pub abstain: u64,
    /// It trapped.
    pub trap: u64,
    /// Its time was up.
    pub deadline: u64,
    /// It wanted too much memory.
    pub memory: u64,
    /// Its answer broke the contract.
    pub bad_output: u64,
    /// It was not asked: its queue was full, or the breaker is open.
    pub overload: u64,
    /// There was no plugin.
    pub not_loaded: u64,
}

/// Counts outcomes.
#[derive(Debug, Default)]
pub(crate) struct Counters([AtomicU64; 8]);

impl Counters {
    pub(crate) fn count(&self, outcome: Result<(), PluginFailure>) {
        let place = match outcome {
            Ok(()) => 0,
            Err(PluginFailure::Abstain) => 1,
            Err(PluginFailure::Trap) => 2,
            Err(PluginFailure::Deadline) => 3,
            Err(PluginFailure::Memory) => 4,
            Err(PluginFailure::BadOutput) => 5,
            Err(PluginFailure::Overload) => 6,
            Err(PluginFailure::NotLoaded) => 7,
        };
        if let Some(counter) = self.0.get(place) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn counts(&self) -> OutcomeCounts {
        let [
            ok,
            abstain,
            trap,
            deadline,
            memory,
            bad_output,
            overload,
            not_loaded,
        ] = self
            .0
            .each_ref()
            .map(|counter| counter.load(Ordering::Relaxed));
        OutcomeCounts {
            ok,
            abstain,
            trap,
            deadline,
            memory,
            bad_output,
            overload,
            not_loaded,
        }
    }
}
