//! Slots for plugins, and the way to ask them.

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use arc_swap::ArcSwapOption;
use cordboard_contract::manifest::Manifest;
use cordboard_core::{
    ids::PluginId,
    question::{Ask, PluginFailure, PluginResult},
};
use parking_lot::{Mutex, RwLock};

use crate::{
    answer::Answer,
    breaker::{Breaker, Pass},
    cache::Cache,
    component,
    digest::Digest,
    error::{HostError, LoadError},
    limits::{HostConfig, PluginLimits},
    manifest,
    plugin::{ConfiguredSpec, Plugin, PluginInfo, PluginSpec, Settings},
    runtime::Runtime,
    status::{Counters, SlotStatus},
    workers::{QueueId, Workers},
};

/// A place for a plugin. The number is the caller's; several tenants can share a host by putting
/// the tenant into the upper half.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SlotId(pub u64);

impl From<PluginId> for SlotId {
    fn from(plugin: PluginId) -> Self {
        Self(u64::from(plugin.0.0))
    }
}

/// A question for a slot.
pub struct Job {
    /// The slot.
    pub slot: SlotId,
    /// The question. Its `now` is the time of the breaker and of the log's limit.
    pub ask: Ask,
    /// Takes the answer, exactly once, on a worker's thread or, when nobody can be asked, on the
    /// thread that submits. It should hand the answer on and return.
    pub reply: Box<dyn FnOnce(Answer) + Send>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job")
            .field("slot", &self.slot)
            .field("question", &self.ask.question)
            .finish_non_exhaustive()
    }
}

/// Runs plugins. Can be shared between threads; dropping it waits for the decisions under way.
#[derive(Debug)]
pub struct PluginHost {
    // First, so that it is dropped first: no worker outlives what it uses.
    workers: Workers,
    runtime: Arc<Runtime>,
    cache: Option<Cache>,
    component_bytes_max: u64,
    slots: RwLock<BTreeMap<SlotId, Arc<Slot>>>,
}

impl PluginHost {
    /// Starts a host. Numbers outside their range are moved into it.
    ///
    /// # Errors
    ///
    /// The machine refuses threads, or the cache's directory is not ours alone.
    pub fn new(config: HostConfig) -> Result<Self, HostError> {
        let config = config.clamped();
        let runtime = Runtime::new(&config);
        Self::with(config, runtime)
    }

    /// Starts a host whose plugins count their instructions, for [`Plugin::meter`]. They are slower
    /// by that: it is for benches, and serves no calls.
    ///
    /// # Errors
    ///
    /// Like [`new`](Self::new).
    pub fn metering(config: HostConfig) -> Result<Self, HostError> {
        let config = config.clamped();
        let runtime = Runtime::metering(&config);
        Self::with(config, runtime)
    }

    fn with(config: HostConfig, runtime: wasmtime::Result<Runtime>) -> Result<Self, HostError> {
        let cache = config
            .cache
            .as_deref()
            .map(Cache::open)
            .transpose()
            .map_err(HostError::Cache)?;
        Ok(Self {
            workers: Workers::start(config.workers, config.workers_per_slot)
                .map_err(HostError::Threads)?,
            runtime: Arc::new(
                runtime.map_err(|error| HostError::Engine(error.root_cause().to_string()))?,
            ),
            cache,
            component_bytes_max: config.component_bytes_max,
            slots: RwLock::new(BTreeMap::new()),
        })
    }

    /// Reads a component file, within the host's limit.
    ///
    /// # Errors
    ///
    /// [`LoadError::Read`] and [`LoadError::TooLarge`].
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, LoadError> {
        let unreadable = |source| LoadError::Read {
            path: path.to_owned(),
            source,
        };
        let file = fs::File::open(path).map_err(unreadable)?;
        let mut bytes = Vec::new();
        file.take(self.component_bytes_max.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        let size = bytes.len() as u64;
        if size > self.component_bytes_max {
            return Err(LoadError::TooLarge {
                bytes: fs::metadata(path).map_or(size, |file| file.len()),
                max: self.component_bytes_max,
            });
        }
        Ok(bytes)
    }

    /// Returns what a component says about itself, read without running it.
    ///
    /// # Errors
    ///
    /// It is no component, asks for what it may not have, is of another contract, or says nothing.
    pub fn manifest(&self, component: &[u8]) -> Result<Manifest, LoadError> {
        let inspected = component::inspect(component, self.component_bytes_max)?;
        manifest::parse(&inspected.manifest)
    }

    /// Loads a plugin without putting it anywhere: to check it, or to replay decisions with it.
    ///
    /// It takes milliseconds to seconds, for compiling: not for a thread that serves calls.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the component, its manifest or its configuration.
    pub fn compile(&self, spec: &PluginSpec<'_>) -> Result<Arc<Plugin>, LoadError> {
        let settings = Settings::Named {
            config: spec.config,
            names: spec.names,
        };
        self.compile_with(spec.component, spec.sha256, &settings, spec.limits)
    }

    /// Loads a plugin with a configuration that was checked before: the one that a decision record
    /// names.
    ///
    /// # Errors
    ///
    /// Like [`compile`](Self::compile).
    pub fn compile_configured(&self, spec: &ConfiguredSpec<'_>) -> Result<Arc<Plugin>, LoadError> {
        let settings = Settings::Numbered(spec.configuration);
        self.compile_with(spec.component, None, &settings, spec.limits)
    }

    fn compile_with(
        &self,
        bytes: &[u8],
        sha256: Option<Digest>,
        settings: &Settings<'_>,
        limits: PluginLimits,
    ) -> Result<Arc<Plugin>, LoadError> {
        let load = || {
            Plugin::load(
                Arc::clone(&self.runtime),
                self.cache.as_ref(),
                self.component_bytes_max,
                bytes,
                sha256,
                settings,
                limits,
            )
        };
        // Readers of foreign bytes and foreign schemas have mistakes: none may stop the engine.
        catch_unwind(AssertUnwindSafe(load))
            .unwrap_or_else(|_| {
                Err(LoadError::Malformed(
                    "reading it panicked, see the log: please report this plugin".into(),
                ))
            })
            .map(Arc::new)
    }

    /// Loads a plugin into a slot, replacing the one that is there. Decisions under way end with the
    /// old one.
    ///
    /// # Errors
    ///
    /// Like [`compile`](Self::compile). The slot keeps what it had, and [`status`](Self::status)
    /// tells the error.
    pub fn load(&self, slot: SlotId, spec: &PluginSpec<'_>) -> Result<PluginInfo, LoadError> {
        let loaded = self.compile(spec);
        self.put(slot, loaded)
    }

    /// Puts a plugin, or the reason why there is none, into a slot. The reason leaves the plugin that
    /// is there.
    ///
    /// # Errors
    ///
    /// The reason that was given.
    pub fn put(
        &self,
        slot: SlotId,
        loaded: Result<Arc<Plugin>, LoadError>,
    ) -> Result<PluginInfo, LoadError> {
        let slot = self.slot(slot);
        match loaded {
            Ok(plugin) => {
                let info = plugin.info().clone();
                *slot.problem.lock() = None;
                slot.seat.store(Some(Arc::new(Seat {
                    breaker: Mutex::new(Breaker::new(plugin.limits().breaker)),
                    plugin,
                })));
                Ok(info)
            }
            Err(error) => {
                *slot.problem.lock() = Some(error.to_string());
                Err(error)
            }
        }
    }

    /// Empties a slot. Decisions under way end with the plugin that was there.
    pub fn unload(&self, slot: SlotId) {
        let slot = self.slot(slot);
        slot.seat.store(None);
        *slot.problem.lock() = None;
    }

    /// Returns the plugin of a slot.
    #[must_use]
    pub fn plugin(&self, slot: SlotId) -> Option<Arc<Plugin>> {
        let seat = self.slots.read().get(&slot)?.seat.load_full()?;
        Some(Arc::clone(&seat.plugin))
    }

    /// Tells how a slot is doing.
    #[must_use]
    pub fn status(&self, slot: SlotId) -> SlotStatus {
        let Some(slot) = self.slots.read().get(&slot).cloned() else {
            return SlotStatus::default();
        };
        let (waiting, running) = self.workers.load(slot.queue);
        let seat = slot.seat.load_full();
        SlotStatus {
            plugin: seat.as_ref().map(|seat| seat.plugin.info().clone()),
            problem: slot.problem.lock().clone(),
            breaker_open: seat.is_some_and(|seat| seat.breaker.lock().is_open()),
            waiting,
            running,
            outcomes: slot.counters.counts(),
        }
    }

    /// Tells whether the breaker keeps questions from the plugin of a slot.
    #[must_use]
    pub fn is_breaker_open(&self, slot: SlotId) -> bool {
        let slot = self.slots.read().get(&slot).cloned();
        let seat = slot.and_then(|slot| slot.seat.load_full());
        seat.is_some_and(|seat| seat.breaker.lock().is_open())
    }

    /// Asks a question. Never waits: the answer comes through the job's `reply`.
    pub fn submit(&self, job: Job) {
        let Job { slot, ask, reply } = job;
        let slot = self.slot(slot);
        let Some(seat) = slot.seat.load_full() else {
            return slot.refuse(&ask, PluginFailure::NotLoaded, reply);
        };
        let Some(pass) = seat.breaker.lock().admit(ask.now) else {
            return slot.refuse(&ask, PluginFailure::Overload, reply);
        };
        let queue_max = seat.plugin.limits().queue_max;
        let queue = slot.queue;
        let task = Box::new(move |asked: bool| {
            if asked {
                slot.decide(&seat, pass, &ask, reply);
            } else {
                seat.breaker.lock().unanswered(pass, ask.now);
                slot.refuse(&ask, PluginFailure::Overload, reply);
            }
        });
        if let Err(task) = self.workers.push(queue, queue_max, task) {
            task(false);
        }
    }

    /// Asks a question on this thread, without queue and breaker.
    #[must_use]
    pub fn decide(&self, slot: SlotId, ask: &Ask) -> Answer {
        match self.plugin(slot) {
            Some(plugin) => plugin.decide(ask),
            None => Answer::unasked(ask.question, PluginFailure::NotLoaded, NO_PLUGIN),
        }
    }

    fn slot(&self, id: SlotId) -> Arc<Slot> {
        if let Some(slot) = self.slots.read().get(&id) {
            return Arc::clone(slot);
        }
        let mut slots = self.slots.write();
        let slot = slots.entry(id).or_insert_with(|| {
            Arc::new(Slot {
                seat: ArcSwapOption::empty(),
                problem: Mutex::new(None),
                counters: Counters::default(),
                queue: self.workers.add_queue(),
            })
        });
        Arc::clone(slot)
    }
}

const NO_PLUGIN: &str = "no plugin is loaded";

#[derive(Debug)]
struct Slot {
    seat: ArcSwapOption<Seat>,
    problem: Mutex<Option<String>>,
    counters: Counters,
    queue: QueueId,
}

/// A plugin in its slot. The breaker goes with it: what a plugin did is not held against the next.
#[derive(Debug)]
struct Seat {
    plugin: Arc<Plugin>,
    breaker: Mutex<Breaker>,
}

impl Slot {
    /// Runs on a worker. `asked` had let the question through.
    fn decide(
        &self,
        asked: &Arc<Seat>,
        pass: Pass,
        ask: &Ask,
        reply: Box<dyn FnOnce(Answer) + Send>,
    ) {
        // Not the plugin of the moment of asking: whoever replaces a plugin wants it to be gone.
        let Some(seat) = self.seat.load_full() else {
            return self.refuse(ask, PluginFailure::NotLoaded, reply);
        };
        let pass = if Arc::ptr_eq(&seat, asked) {
            seat.breaker.lock().still_admits(pass).then_some(pass)
        } else {
            seat.breaker.lock().admit(ask.now)
        };
        let Some(pass) = pass else {
            return self.refuse(ask, PluginFailure::Overload, reply);
        };
        let (answer, spent) = seat.plugin.answer(ask);
        self.counters.count(
            answer
                .verdict
                .result
                .as_ref()
                .map(|_| ())
                .map_err(|kind| *kind),
        );
        seat.learn(pass, ask.now, &answer.verdict.result);
        reply(answer);
        drop(spent);
    }

    /// Answers without asking.
    fn refuse(&self, ask: &Ask, kind: PluginFailure, reply: Box<dyn FnOnce(Answer) + Send>) {
        let detail = match kind {
            PluginFailure::NotLoaded => self
                .problem
                .lock()
                .clone()
                .unwrap_or_else(|| NO_PLUGIN.to_owned()),
            _ => "the plugin's queue is full, or it has failed too often".to_owned(),
        };
        self.counters.count(Err(kind));
        reply(Answer::unasked(ask.question, kind, detail));
    }
}

impl Seat {
    /// Tells the breaker about an outcome.
    fn learn(&self, pass: Pass, now: u64, result: &PluginResult) {
        let mut breaker = self.breaker.lock();
        match result {
            Ok(_) | Err(PluginFailure::Abstain) => breaker.succeeded(pass),
            Err(
                kind @ (PluginFailure::Trap
                | PluginFailure::Deadline
                | PluginFailure::Memory
                | PluginFailure::BadOutput),
            ) => {
                let was_open = breaker.is_open();
                breaker.failed(pass, now);
                if breaker.is_open() && !was_open {
                    tracing::warn!(
                        plugin = self.plugin.info().manifest.name,
                        outcome = ?kind,
                        "a plugin has failed too often and is not asked for a while"
                    );
                }
            }
            Err(PluginFailure::Overload | PluginFailure::NotLoaded) => {
                breaker.unanswered(pass, now);
            }
        }
    }
}
