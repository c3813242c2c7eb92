//! A loaded plugin: a component, its configuration and the limits that it runs under.

use std::{
    fmt, mem,
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use cordboard_contract::{
    manifest::Manifest,
    v0_1::{self as contract, Point},
};
use cordboard_core::question::{Ask, DecisionPoint, PluginFailure, Verdict};
use parking_lot::Mutex;
use serde_json::Value;
use wasmtime::component::{Component, InstancePre};

use crate::{
    answer::{Answer, PackedAnswer},
    cache::{Cache, CacheKey},
    component::{self, Inspected},
    configuration,
    digest::Digest,
    error::LoadError,
    guest::{GRACE_TICKS, Guest, GuestLog, linker},
    instance::{Asked, Exports, Failure, Live},
    limits::{MEMORY_BYTES_MAX, PluginLimits},
    manifest,
    names::Names,
    runtime::Runtime,
    schema,
    snapshot::Instrumented,
    v0_1::{self, Answered, Reasons},
};

mod recheck;

/// Warm instances that a plugin keeps at most.
const WARM_KEPT_MAX: usize = 32;

/// Words of a bad verdict that go into the answer.
const BAD_WORDS_KEPT: usize = 256;

/// What to load.
#[derive(Clone, Debug)]
pub struct PluginSpec<'a> {
    /// The bytes of the component.
    pub component: &'a [u8],
    /// The digest that it must have, if one is asked for.
    pub sha256: Option<Digest>,
    /// The plugin's configuration.
    pub config: &'a Value,
    /// The names that the configuration may use.
    pub names: &'a Names,
    /// What it may use.
    pub limits: PluginLimits,
}

/// A plugin as it was loaded before, as decision records name it.
#[derive(Clone, Copy, Debug)]
pub struct ConfiguredSpec<'a> {
    /// The bytes of the component.
    pub component: &'a [u8],
    /// Its configuration as [`Plugin::configuration`] gave it, with numbers for names.
    pub configuration: &'a str,
    /// What it may use.
    pub limits: PluginLimits,
}

/// Where the text for `configure` comes from.
pub(crate) enum Settings<'a> {
    /// It has names, and is checked against the plugin's schema.
    Named { config: &'a Value, names: &'a Names },
    /// It has been checked before.
    Numbered(&'a str),
}

/// What is known of a loaded plugin.
#[derive(Clone, Debug)]
pub struct PluginInfo {
    /// What the plugin says about itself.
    pub manifest: Manifest,
    /// Digest of the component.
    pub plugin: Digest,
    /// Digest of the configuration as `configure` got it, with numbers for names.
    pub configuration: Digest,
    /// The decision points that it has.
    pub points: Vec<Point>,
    /// How many decisions one instance makes; 1 is a fresh instance each time.
    pub calls_per_instance: u32,
}

impl PluginInfo {
    /// Tells whether it can be asked at a decision point.
    #[must_use]
    pub fn answers(&self, point: DecisionPoint) -> bool {
        self.points.contains(&v0_1::point_of(point))
    }
}

/// What a decision took.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Metered {
    /// Instructions of the plugin, as wasmtime's fuel counts them: the same on every machine.
    pub instructions: u64,
    /// Memory of the instance after the decision, in bytes. It never shrinks, so this is the most
    /// that it had.
    pub memory_bytes: usize,
}

fn unmetered(error: wasmtime::Error) -> Failure {
    Failure::new(PluginFailure::Trap, error.root_cause().to_string())
}

/// A plugin that is ready to decide. It never changes: a new version or configuration is a new one.
pub struct Plugin {
    runtime: Arc<Runtime>,
    info: PluginInfo,
    limits: PluginLimits,
    pre: InstancePre<Guest>,
    exports: Exports,
    columns: [u32; Point::ALL.len()],
    reasons: Reasons,
    results_stay: bool,
    /// The configuration, with numbers for names.
    configuration: String,
    /// Whether every instance has to be configured: there is no snapshot.
    configured_by_call: bool,
    log: Arc<GuestLog>,
    /// Ticks until the first warning, see [`crate::guest`].
    ticks: u64,
    warm: Mutex<Vec<Live>>,
    /// Whether it has lost the right to decide more than once on an instance.
    reuse_ended: AtomicBool,
}

impl Plugin {
    /// What is known of it.
    #[must_use]
    pub fn info(&self) -> &PluginInfo {
        &self.info
    }

    /// Returns the configuration as `configure` gets it, with numbers for names: the text that
    /// [`PluginInfo::configuration`] is the digest of.
    #[must_use]
    pub fn configuration(&self) -> &str {
        &self.configuration
    }

    /// Decides on the caller's thread, without queue and breaker: for replays and benches.
    #[must_use]
    pub fn decide(&self, ask: &Ask) -> Answer {
        self.answer(ask).0
    }

    /// Decides on packed facts, those of a decision record for instance. Columns that the plugin
    /// does not read make it fail or decide differently.
    #[must_use]
    pub fn decide_packed(&self, facts: &[u32]) -> PackedAnswer {
        let mut words = Vec::new();
        let (result, _) = self.run(facts, |read| words.extend_from_slice(read));
        PackedAnswer {
            verdict: words,
            result: result.map(|answered| (answered.advice, answered.memo)),
        }
    }

    /// Makes a decision on a fresh instance and counts what it takes.
    ///
    /// # Errors
    ///
    /// The plugin fails, or its host does not count: see [`PluginHost::metering`](crate::PluginHost::metering).
    pub fn meter(&self, ask: &Ask) -> Result<Metered, Failure> {
        let uncounted = || {
            Failure::new(
                PluginFailure::NotLoaded,
                "this host does not count instructions",
            )
        };
        let _running = self.runtime.running();
        let point = v0_1::point_of(ask.point());
        let columns = self.columns.get(point.code() as usize - 1).copied();
        let facts = v0_1::pack(ask, columns.unwrap_or(0));
        let mut live = self.instance(ask.now)?;
        let before = live.instructions_left().ok_or_else(uncounted)?;
        live.decide(&self.exports, &self.asked(point, &facts), |words| {
            v0_1::read_verdict(point, &facts, words, &self.reasons)
        })?;
        let after = live.instructions_left().ok_or_else(uncounted)?;
        Ok(Metered {
            instructions: before.saturating_sub(after),
            memory_bytes: live.memory_bytes(),
        })
    }

    /// Decides. The second value is an instance that is not needed any more: dropping it takes half
    /// as long as the decision, so the caller answers first.
    pub(crate) fn answer(&self, ask: &Ask) -> (Answer, Option<Live>) {
        let started = Instant::now();
        let point = v0_1::point_of(ask.point());
        let columns = self.columns.get(point.code() as usize - 1).copied();
        let facts = v0_1::pack(ask, columns.unwrap_or(0));
        let mut words = Vec::new();
        let (result, spent) = self.run(&facts, |read| words.extend_from_slice(read));
        let (result, memo, detail) = match result {
            Ok(Answered { advice, memo }) => (advice.ok_or(PluginFailure::Abstain), memo, None),
            Err(Failure { kind, detail }) => {
                words.truncate(BAD_WORDS_KEPT);
                (Err(kind), None, Some(detail))
            }
        };
        let answer = Answer {
            verdict: Verdict {
                question: ask.question,
                result,
                memo,
            },
            detail,
            plugin: Some(self.info.plugin),
            configuration: Some(self.info.configuration),
            elapsed: started.elapsed(),
            facts,
            words,
        };
        (answer, spent)
    }

    fn run(
        &self,
        facts: &[u32],
        record: impl FnOnce(&[u32]),
    ) -> (Result<Answered, Failure>, Option<Live>) {
        let Some(point) = v0_1::point_of_facts(facts) else {
            let failure = Failure::new(
                PluginFailure::NotLoaded,
                "the facts are for no decision point of contract 0.1",
            );
            return (Err(failure), None);
        };
        let _running = self.runtime.running();
        let now = v0_1::now_of_facts(facts);
        let mut live = match self.instance(now) {
            Ok(live) => live,
            Err(failure) => return (Err(failure), None),
        };
        let asked = self.asked(point, facts);
        let result = live.decide(&self.exports, &asked, |words| {
            record(words);
            v0_1::read_verdict(point, facts, words, &self.reasons)
        });
        let used_up = live.calls >= self.info.calls_per_instance || !self.reuses();
        if result.is_err() || used_up {
            return (result, Some(live));
        }
        (result, self.keep(live))
    }

    fn asked<'a>(&self, point: Point, facts: &'a [u32]) -> Asked<'a> {
        Asked {
            point,
            facts,
            now: v0_1::now_of_facts(facts),
            ticks: self.ticks,
            words_max: self.limits.output_words,
            in_place: self.results_stay,
        }
    }

    /// Keeps an instance for another decision, or gives it back where there is no room.
    fn keep(&self, mut live: Live) -> Option<Live> {
        if live.warm_place.is_none() {
            live.warm_place = self.runtime.warm_place();
        }
        let mut warm = self.warm.lock();
        if live.warm_place.is_none() || warm.len() >= WARM_KEPT_MAX {
            return Some(live);
        }
        warm.push(live);
        None
    }

    fn start(&self) -> Result<Live, Failure> {
        let store = self.runtime.store(self.limits.memory_bytes, &self.log);
        let store = store.map_err(unmetered)?;
        Live::start(store, &self.pre, self.ticks)
    }

    fn instance(&self, now: u64) -> Result<Live, Failure> {
        if self.reuses()
            && let Some(live) = self.warm.lock().pop()
        {
            return Ok(live);
        }
        self.fresh(now)
    }

    fn fresh(&self, now: u64) -> Result<Live, Failure> {
        let mut live = self.start()?;
        if self.configured_by_call {
            let ticks = self.runtime.ticks(self.limits.configure_deadline);
            let configured = live.configure(&self.exports, &self.configuration, now, ticks)?;
            if configured.is_err() {
                return Err(Failure::new(
                    PluginFailure::BadOutput,
                    "the plugin refuses a configuration that it has accepted before",
                ));
            }
        }
        Ok(live)
    }
}

impl Plugin {
    /// Loads a plugin: checks, configures and compiles it.
    pub(crate) fn load(
        runtime: Arc<Runtime>,
        cache: Option<&Cache>,
        bytes_max: u64,
        bytes: &[u8],
        expected: Option<Digest>,
        settings: &Settings<'_>,
        limits: PluginLimits,
    ) -> Result<Self, LoadError> {
        let Inspected {
            manifest,
            points,
            results_stay,
        } = component::inspect(bytes, bytes_max)?;
        let plugin = Digest::of(bytes);
        if let Some(expected) = expected
            && expected != plugin
        {
            return Err(LoadError::Digest {
                expected,
                found: plugin,
            });
        }
        let manifest = manifest::parse(&manifest)?;
        let masks = manifest::columns(&manifest, &points)?;
        let schema = schema::compile_schema(&manifest.config_schema).map_err(|error| {
            LoadError::Manifest(format!("has a wrong `config_schema`: {error}"))
        })?;
        let config = match *settings {
            Settings::Named { config, names } => {
                configuration::intern(&schema, &manifest.config_schema, config, names).map_err(
                    |problems| LoadError::Config {
                        plugin: manifest.name.clone(),
                        problems,
                    },
                )?
            }
            Settings::Numbered(text) => text.to_owned(),
        };

        let mut limits = limits;
        limits.memory_bytes = limits.memory_bytes.min(MEMORY_BYTES_MAX);
        let calls_per_instance = match manifest.warm_calls {
            Some(calls) if !limits.always_fresh => calls,
            Some(_) | None => 1,
        };
        let info = PluginInfo {
            plugin,
            configuration: Digest::of(config.as_bytes()),
            points,
            calls_per_instance,
            manifest,
        };
        let loading = Loading {
            runtime: &runtime,
            cache,
            log: Arc::new(GuestLog::new(
                &info.manifest.name,
                limits.log_lines_per_second,
            )),
            bytes,
            config: &config,
            info: &info,
            limits: &limits,
        };
        let Configured { component, by_call } = loading.configured()?;
        let (pre, exports) = loading.prepare(&component)?;
        loading.try_out(&pre, &exports)?;

        let mut columns = [0; Point::ALL.len()];
        for (point, mask) in masks {
            if let Some(slot) = columns.get_mut(point.code() as usize - 1) {
                *slot = mask;
            }
        }
        let Loading { log, .. } = loading;
        Ok(Self {
            ticks: runtime
                .ticks(limits.deadline)
                .saturating_sub(GRACE_TICKS)
                .max(GRACE_TICKS),
            reasons: Reasons::new(info.manifest.reasons.keys().copied()),
            configuration: config,
            configured_by_call: by_call,
            runtime,
            info,
            limits,
            pre,
            exports,
            columns,
            results_stay,
            log,
            warm: Mutex::new(Vec::new()),
            reuse_ended: AtomicBool::new(false),
        })
    }

    /// Returns the limits that it runs under.
    #[must_use]
    pub fn limits(&self) -> &PluginLimits {
        &self.limits
    }
}

/// A component whose instances are configured.
struct Configured {
    component: Component,
    /// Whether `configure` must be called in each instance, because there is no snapshot.
    by_call: bool,
}

/// A plugin on its way.
struct Loading<'a> {
    runtime: &'a Runtime,
    cache: Option<&'a Cache>,
    log: Arc<GuestLog>,
    bytes: &'a [u8],
    config: &'a str,
    info: &'a PluginInfo,
    limits: &'a PluginLimits,
}

impl Loading<'_> {
    /// Configures the plugin and compiles what comes of it, or finds that in the cache.
    fn configured(&self) -> Result<Configured, LoadError> {
        let engine = self.runtime.engine();
        let snapshot_key = CacheKey::new(engine, self.info.plugin, Some(self.info.configuration));
        if let Some(component) = self.cached(&snapshot_key) {
            return Ok(Configured {
                component,
                by_call: false,
            });
        }
        let refused = match Instrumented::new(self.bytes) {
            Ok(instrumented) => {
                let component = self.compile(&instrumented.component)?;
                let live = self.configure(&component)?;
                let (store, instance) = live.into_parts();
                match instrumented.snapshot(store, instance) {
                    Ok(snapshot) => {
                        let component = self.compile(&snapshot)?;
                        self.keep(&snapshot_key, &component);
                        return Ok(Configured {
                            component,
                            by_call: false,
                        });
                    }
                    Err(refused) => refused,
                }
            }
            Err(refused) => refused,
        };

        // Parsing the configuration for each decision is out of the question; for each of many it
        // is not.
        if self.info.calls_per_instance == 1 {
            return Err(LoadError::Snapshot(refused));
        }
        let key = CacheKey::new(engine, self.info.plugin, None);
        let component = match self.cached(&key) {
            Some(component) => component,
            None => {
                let component = self.compile(self.bytes)?;
                self.keep(&key, &component);
                component
            }
        };
        self.configure(&component)?;
        Ok(Configured {
            component,
            by_call: true,
        })
    }

    fn cached(&self, key: &CacheKey) -> Option<Component> {
        self.cache?.load(self.runtime.engine(), key)
    }

    fn keep(&self, key: &CacheKey, component: &Component) {
        if let Some(cache) = self.cache {
            cache.store(key, component);
        }
    }

    fn compile(&self, bytes: &[u8]) -> Result<Component, LoadError> {
        Component::new(self.runtime.engine(), bytes)
            .map_err(|error| LoadError::Uncompilable(error.root_cause().to_string()))
    }

    /// Links a component and finds its functions.
    fn prepare(&self, component: &Component) -> Result<(InstancePre<Guest>, Exports), LoadError> {
        let wrong_import = |error: wasmtime::Error| LoadError::WrongType {
            name: contract::IMPORT_LOG.into(),
            version: contract::VERSION_NAME,
            detail: error.root_cause().to_string(),
        };
        let pre = linker(self.runtime.engine())
            .and_then(|linker| linker.instantiate_pre(component))
            .map_err(wrong_import)?;
        let exports = Exports::find(component, &self.info.points)
            .map_err(|name| LoadError::MissingExport { name })?;
        Ok((pre, exports))
    }

    /// Starts an instance and checks its types.
    fn try_out(&self, pre: &InstancePre<Guest>, exports: &Exports) -> Result<Live, LoadError> {
        let failed = |failure: Failure| match failure.kind {
            PluginFailure::Memory | PluginFailure::Overload | PluginFailure::BadOutput => {
                LoadError::Resources(failure.detail)
            }
            PluginFailure::Trap
            | PluginFailure::Deadline
            | PluginFailure::NotLoaded
            | PluginFailure::Abstain => LoadError::Failed {
                during: "at its start",
                detail: failure.detail,
            },
        };
        let _running = self.runtime.running();
        let store = self.runtime.store(self.limits.memory_bytes, &self.log);
        let store = store.map_err(|error| failed(unmetered(error)))?;
        let ticks = self.runtime.ticks(self.limits.configure_deadline);
        let mut live = Live::start(store, pre, ticks).map_err(failed)?;
        live.check_types(exports, &self.info.points)
            .map_err(|(point, detail)| LoadError::WrongType {
                name: format!("{}#{}", point.interface(), point.function()),
                version: contract::VERSION_NAME,
                detail,
            })?;
        Ok(live)
    }

    /// Starts an instance and configures it.
    fn configure(&self, component: &Component) -> Result<Live, LoadError> {
        let (pre, exports) = self.prepare(component)?;
        let mut live = self.try_out(&pre, &exports)?;
        live.check_configure(&exports)
            .map_err(|detail| LoadError::WrongType {
                name: format!("{}#configure", contract::EXPORT_META),
                version: contract::VERSION_NAME,
                detail,
            })?;
        let _running = self.runtime.running();
        let ticks = self.runtime.ticks(self.limits.configure_deadline);
        match live.configure(&exports, self.config, 0, ticks) {
            Ok(Ok(())) => Ok(live),
            Ok(Err(problems)) => Err(LoadError::Config {
                plugin: self.info.manifest.name.clone(),
                problems,
            }),
            Err(failure) if failure.kind == PluginFailure::BadOutput => Err(LoadError::Failed {
                during: "in `configure`",
                detail: format!("what it returned cannot be read: {}", failure.detail),
            }),
            Err(Failure { detail, .. }) => Err(LoadError::Failed {
                during: "in `configure`",
                detail,
            }),
        }
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("info", &self.info)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        // Warm instances hold slots of the pool, so it is worth telling when they go.
        let warm = mem::take(self.warm.get_mut()).len();
        tracing::debug!(plugin = %self.info.manifest.name, warm, "a plugin is gone");
    }
}
