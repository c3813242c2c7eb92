//! The WebAssembly engine and the clock of its deadlines.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle, Thread},
    time::Duration,
};

use wasmtime::{
    Config, Enabled, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig, Store,
};

use crate::{
    guest::{Guest, GuestLog},
    limits::{HostConfig, MEMORY_BYTES_MAX},
};

/// Memory of an instance that stays with its slot after a decision, in bytes. What lies beyond is
/// given back to the operating system, which costs more than clearing it.
const KEEP_RESIDENT_BYTES: usize = 512 * 1_024;

/// Stack of a guest. Ours use a few KiB; JavaScript engines want some hundred.
const GUEST_STACK_BYTES: usize = 512 * 1_024;

/// Core instances in one component. The encoder of Rust makes one to three, that of JavaScript 13 and that of Python 39: one for
/// each part of the language's runtime, and one for each interface that is taken away from it.
const CORE_INSTANCES_MAX: u32 = 64;
/// Memories in one component. JavaScript has three, two of them empty. Each is address space, not memory.
const MEMORIES_MAX: u32 = 4;
/// Tables in one component.
const TABLES_MAX: u32 = 8;
/// Entries in one table.
pub(crate) const TABLE_ELEMENTS_MAX: usize = 20_000;

/// Warm instances are at most this part of all: one half.
const WARM_SHARE: u32 = 2;

/// Deadlines are never shorter: the current tick may end at once.
const TICKS_MIN: u64 = 2;

/// Ticks without a running guest after which the clock sleeps.
const IDLE_TICKS: u32 = 64;

/// A WebAssembly engine with the thread that advances its deadlines.
#[derive(Debug)]
pub(crate) struct Runtime {
    engine: Engine,
    tick: Duration,
    clock: Clock,
    warm: Arc<WarmPlaces>,
    /// Whether guests count their instructions.
    meters: bool,
}

impl Runtime {
    /// Builds an engine, with the pooling allocator where the machine has the address space for it.
    pub(crate) fn new(config: &HostConfig) -> wasmtime::Result<Self> {
        let engine = match Engine::new(&engine_config(Some(config.instances_max))) {
            Ok(engine) => engine,
            Err(error) => {
                tracing::warn!(
                    %error,
                    "no address space for pooled plugin instances: fresh instances take ten times as long"
                );
                Engine::new(&engine_config(None))?
            }
        };
        Self::with(engine, config, false)
    }

    /// Builds an engine whose guests count their instructions, which makes them slower: for benches.
    pub(crate) fn metering(config: &HostConfig) -> wasmtime::Result<Self> {
        let mut metering = engine_config(None);
        metering.consume_fuel(true);
        Self::with(Engine::new(&metering)?, config, true)
    }

    fn with(engine: Engine, config: &HostConfig, meters: bool) -> wasmtime::Result<Self> {
        let clock = Clock::start(engine.weak(), config.tick)?;
        Ok(Self {
            engine,
            tick: config.tick,
            clock,
            warm: Arc::new(WarmPlaces {
                free: AtomicU32::new(config.instances_max / WARM_SHARE),
            }),
            meters,
        })
    }

    /// Makes a store for one instance, which may have so much memory.
    ///
    /// # Errors
    ///
    /// Instructions cannot be counted, although the engine was built for it.
    pub(crate) fn store(
        &self,
        memory_bytes: usize,
        log: &Arc<GuestLog>,
    ) -> wasmtime::Result<Store<Guest>> {
        let mut store = Guest::store(&self.engine, memory_bytes, log);
        if self.meters {
            // Deadlines stop a guest, never this.
            store.set_fuel(u64::MAX)?;
        }
        Ok(store)
    }

    /// Takes a place for a warm instance, if one is free.
    pub(crate) fn warm_place(&self) -> Option<WarmPlace> {
        let taken = self
            .warm
            .free
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| {
                free.checked_sub(1)
            });
        taken.is_ok().then(|| WarmPlace(Arc::clone(&self.warm)))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Turns a length of time into ticks, rounded up, for use right before a guest is entered.
    pub(crate) fn ticks(&self, time: Duration) -> u64 {
        let ticks = time.as_nanos().div_ceil(self.tick.as_nanos().max(1));
        // One more, because the current tick is already running.
        u64::try_from(ticks)
            .unwrap_or(u64::MAX / 2)
            .saturating_add(1)
            .max(TICKS_MIN)
    }

    /// Keeps the clock running for as long as the guard lives.
    pub(crate) fn running(&self) -> Running<'_> {
        self.clock.shared.running.fetch_add(1, Ordering::SeqCst);
        if self.clock.shared.asleep.load(Ordering::SeqCst) {
            self.clock.thread.unpark();
        }
        Running(&self.clock.shared)
    }
}

/// How many instances may still become warm ones, over all plugins: what waits for its next call
/// keeps its part of the pool, and instances of other plugins must find room as well.
#[derive(Debug)]
struct WarmPlaces {
    free: AtomicU32,
}

/// The place of a warm instance, for as long as it lives.
#[derive(Debug)]
pub(crate) struct WarmPlace(Arc<WarmPlaces>);

impl Drop for WarmPlace {
    fn drop(&mut self) {
        self.0.free.fetch_add(1, Ordering::Relaxed);
    }
}

/// A guest is running.
#[derive(Debug)]
pub(crate) struct Running<'a>(&'a ClockState);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The same code must give the same result on every machine, and nothing may be on that no plugin
/// needs: what is off here cannot have a flaw.
fn engine_config(instances_max: Option<u32>) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .epoch_interruption(true)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .wasm_wide_arithmetic(false)
        .max_wasm_stack(GUEST_STACK_BYTES)
        .memory_init_cow(true);
    if let Some(instances) = instances_max {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(instances)
            .total_core_instances(instances.saturating_mul(CORE_INSTANCES_MAX))
            .total_memories(instances.saturating_mul(MEMORIES_MAX))
            .total_tables(instances.saturating_mul(TABLES_MAX))
            .max_core_instances_per_component(CORE_INSTANCES_MAX)
            .max_memories_per_component(MEMORIES_MAX)
            .max_memories_per_module(MEMORIES_MAX)
            .max_tables_per_component(TABLES_MAX)
            .table_elements(TABLE_ELEMENTS_MAX)
            .max_memory_size(MEMORY_BYTES_MAX)
            .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
            .table_keep_resident(TABLE_ELEMENTS_MAX * size_of::<usize>())
            // Clears only the pages that a guest has written; Linux 6.7 and later.
            .pagemap_scan(Enabled::Auto);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    config
}

/// The thread that counts the epochs of an engine. It sleeps while no guest runs.
#[derive(Debug)]
struct Clock {
    shared: Arc<ClockState>,
    thread: Thread,
    join: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct ClockState {
    running: AtomicUsize,
    asleep: AtomicBool,
    stop: AtomicBool,
}

impl Clock {
    fn start(engine: EngineWeak, tick: Duration) -> wasmtime::Result<Self> {
        let shared = Arc::new(ClockState::default());
        let state = Arc::clone(&shared);
        let join = thread::Builder::new()
            .name("cordboard-ticks".into())
            .spawn(move || state.run(&engine, tick))?;
        Ok(Self {
            shared,
            thread: join.thread().clone(),
            join: Some(join),
        })
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.thread.unpark();
        if let Some(join) = self.join.take() {
            // It ends within a tick; its result is of no interest.
            let _ = join.join();
        }
    }
}

impl ClockState {
    fn run(&self, engine: &EngineWeak, tick: Duration) {
        let mut idle = 0;
        while !self.stop.load(Ordering::SeqCst) {
            if idle < IDLE_TICKS {
                thread::sleep(tick);
            } else {
                self.sleep_until_a_guest_runs();
                idle = 0;
            }
            let Some(engine) = engine.upgrade() else {
                return;
            };
            engine.increment_epoch();
            let running = self.running.load(Ordering::SeqCst) > 0;
            idle = if running { 0 } else { idle.saturating_add(1) };
        }
    }

    fn sleep_until_a_guest_runs(&self) {
        // INVARIANT: `asleep` is set before `running` is read, and `running` is raised before
        // `asleep` is read, so a guest that begins now is seen here or wakes this thread.
        self.asleep.store(true, Ordering::SeqCst);
        while self.running.load(Ordering::SeqCst) == 0 && !self.stop.load(Ordering::SeqCst) {
            thread::park();
        }
        self.asleep.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_never_under_two_ticks_and_never_too_early() {
        let runtime = Runtime::new(&HostConfig::default().clamped()).unwrap();
        assert_eq!(runtime.ticks(Duration::ZERO), 2);
        assert_eq!(runtime.ticks(Duration::from_millis(10)), 11);
        assert_eq!(runtime.ticks(Duration::from_micros(1_500)), 3);
    }
}
