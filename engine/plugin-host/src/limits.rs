//! What a host and a plugin may use.

use std::{path::PathBuf, time::Duration};

/// How a [`PluginHost`](crate::PluginHost) is set up.
#[derive(Clone, Debug)]
pub struct HostConfig {
    /// Worker threads that run plugins, 2 to 256. Default: one per processor, at least 2.
    pub workers: usize,
    /// Most workers that one slot occupies at a time, 1 to `workers - 1`, so that no plugin can take
    /// them all. Default: half of them.
    pub workers_per_slot: usize,
    /// Largest component file, in bytes. Default 32 MiB (a Python plugin has about 18, a JavaScript plugin 2).
    pub component_bytes_max: u64,
    /// Instances that the process has room for at the same time, at least four for each worker. At
    /// most half of them are kept warm; further plugins that ask for warm instances get fresh ones.
    /// Each reserves address space, not memory. Default 256.
    pub instances_max: u32,
    /// Length of one tick of the clock that deadlines are measured with. Default 1 ms.
    pub tick: Duration,
    /// Where compiled plugins are kept, a directory of this program alone: it is created with mode
    /// 0700 and refused if others have access. `None` compiles at every start. Default `None`.
    pub cache: Option<PathBuf>,
}

impl Default for HostConfig {
    fn default() -> Self {
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            workers: workers.max(2),
            workers_per_slot: (workers / 2).max(1),
            component_bytes_max: 32 * 1_024 * 1_024,
            instances_max: 256,
            tick: Duration::from_millis(1),
            cache: None,
        }
    }
}

impl HostConfig {
    /// Returns the same with every number inside its range.
    #[must_use]
    pub(crate) fn clamped(mut self) -> Self {
        self.workers = self.workers.clamp(2, 256);
        self.workers_per_slot = self.workers_per_slot.clamp(1, self.workers - 1);
        // Half of them may be warm, each worker runs one, and plugins are loaded meanwhile.
        let workers = u32::try_from(self.workers).unwrap_or(u32::MAX);
        self.instances_max = self.instances_max.clamp(workers.max(4) * 4, 16_384);
        self.tick = self
            .tick
            .clamp(Duration::from_micros(100), Duration::from_secs(1));
        self
    }
}

/// When a breaker opens and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BreakerConfig {
    /// Failures in a row (trap, deadline, memory, bad output) that open it, at least 1. Default 5.
    pub failures: u32,
    /// How long it stays open, in ms of the questions' own time. Then one question goes through: if
    /// it succeeds the breaker closes, else it opens again. Default 10 s.
    pub open_ms: u64,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self {
            failures: 5,
            open_ms: 10_000,
        }
    }
}

/// What one plugin may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PluginLimits {
    /// Time of one decision, measured from the moment that the guest is entered. Never under two
    /// ticks. Default 10 ms.
    pub deadline: Duration,
    /// Time of `configure`, once per load. Default 1 s.
    pub configure_deadline: Duration,
    /// Memory of one instance, in bytes, tables and stack included in neither. At most
    /// [`MEMORY_BYTES_MAX`]. Default 16 MiB.
    pub memory_bytes: usize,
    /// Most words of a verdict. Default 65,536.
    pub output_words: usize,
    /// Lines that a plugin may log per second of the questions' own time, on top of the contract's
    /// limits per call. Default 64.
    pub log_lines_per_second: u32,
    /// Most questions that wait in the slot for a worker; what comes on top is `Overload`. At least
    /// 1, default 256.
    pub queue_max: usize,
    /// When the slot stops asking.
    pub breaker: BreakerConfig,
    /// Gives every decision a fresh instance, whatever the plugin asks for. Default `false`.
    pub always_fresh: bool,
}

/// Most memory that any instance may have: 64 MiB.
pub const MEMORY_BYTES_MAX: usize = 64 * 1_024 * 1_024;

impl Default for PluginLimits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_millis(10),
            configure_deadline: Duration::from_secs(1),
            memory_bytes: 16 * 1_024 * 1_024,
            output_words: 65_536,
            log_lines_per_second: 64,
            queue_max: 256,
            breaker: BreakerConfig::default(),
            always_fresh: false,
        }
    }
}
