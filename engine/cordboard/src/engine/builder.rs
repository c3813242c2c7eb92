//! Putting an engine together.

use super::{Engine, Inner, Readers, Recovered};
use crate::config::{Compiled, JournalSettings};
use crate::driver::{
    self, Advisor, Announced, Driver, InboxLimits, NoOperator, Operator, Parts, Rebuilt,
    SteppedEngine,
};
use crate::error::{BuildError, BuildErrors};
use crate::events::{EVENTS_KEPT_MAX, Events};
use crate::plugins::Plugins;
use arc_swap::ArcSwap;
use cordboard_clock::Clock;
use cordboard_core::{Config, Input};
use cordboard_journal::{Blobs, Journal, MemoryDisk, OpenError, OpenReport, Options, RetainLog};
use parking_lot::Mutex;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Opens a journal of the embedder's choice.
type Opener = Box<dyn FnOnce(Options) -> Result<(Box<dyn Journal>, OpenReport), OpenError> + Send>;

/// Puts an engine together. Only the configuration is required.
pub struct EngineBuilder {
    config: Compiled,
    clock: Option<Clock>,
    journal: Option<Opener>,
    retain_log: Option<RetainLog>,
    operator: Option<Arc<dyn Operator>>,
    advisor: Option<Arc<dyn Advisor>>,
    inbox_limits: InboxLimits,
    events_kept_max: usize,
    #[cfg(feature = "azure")]
    azure: crate::edge::AzureParts,
}

impl EngineBuilder {
    pub(super) fn new(config: Compiled) -> Self {
        Self {
            config,
            clock: None,
            journal: None,
            retain_log: None,
            operator: None,
            advisor: None,
            inbox_limits: InboxLimits::default(),
            events_kept_max: EVENTS_KEPT_MAX,
            #[cfg(feature = "azure")]
            azure: crate::edge::AzureParts::default(),
        }
    }

    /// Takes a clock, a warped one for tests. Default: the machine's time.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Keeps the journal in this folder instead of the one that the configuration names.
    #[must_use]
    pub fn journal_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.config.journal.directory = folder.into();
        self
    }

    /// Keeps the journal in memory: for tests, and for those who can lose all calls at once.
    #[must_use]
    pub fn journal_in_memory(self, disk: MemoryDisk) -> Self {
        self.journal_with(move |options| {
            let (journal, report) = disk.open(options)?;
            Ok((Box::new(journal) as _, report))
        })
    }

    /// Keeps the journal wherever `open` opens it. It is called once, with the options that the
    /// engine needs, by [`build`](Self::build).
    #[must_use]
    pub fn journal_with(
        mut self,
        open: impl FnOnce(Options) -> Result<(Box<dyn Journal>, OpenReport), OpenError> + Send + 'static,
    ) -> Self {
        self.journal = Some(Box::new(open));
        self
    }

    /// Says how much of the log stays once there are snapshots. Default: as the configuration says in
    /// `journal.keep_entries`.
    #[must_use]
    pub fn retain_log(mut self, retain: RetainLog) -> Self {
        self.retain_log = Some(retain);
        self
    }

    /// Has operations carried out by something else than Azure Communication Services.
    #[must_use]
    pub fn operator(mut self, operator: Arc<dyn Operator>) -> Self {
        self.operator = Some(operator);
        self
    }

    /// Has questions answered by something else than the configured plugins.
    #[must_use]
    pub fn advisor(mut self, advisor: Arc<dyn Advisor>) -> Self {
        self.advisor = Some(advisor);
        self
    }

    /// Bounds the inputs that wait.
    #[must_use]
    pub fn inbox_limits(mut self, limits: InboxLimits) -> Self {
        self.inbox_limits = limits;
        self
    }

    /// Keeps this many events for subscribers to resume, at least 1. Default [`EVENTS_KEPT_MAX`].
    #[must_use]
    pub fn events_kept(mut self, count: usize) -> Self {
        self.events_kept_max = count;
        self
    }

    /// Bounds the new calls that are on their way before further ones are rejected as busy.
    #[cfg(feature = "azure")]
    #[must_use]
    pub fn admission_limits(mut self, limits: crate::AdmissionLimits) -> Self {
        self.azure.admission = limits;
        self
    }

    /// Bounds the requests to the service.
    #[cfg(feature = "azure")]
    #[must_use]
    pub fn client_limits(mut self, limits: crate::ClientLimits) -> Self {
        self.azure.client = limits;
        self
    }

    /// Sends requests on this runtime. Default: the one that [`build`](Self::build) is called in.
    #[cfg(feature = "azure")]
    #[must_use]
    pub fn runtime(mut self, runtime: tokio::runtime::Handle) -> Self {
        self.azure.runtime = Some(runtime);
        self
    }

    /// Hands secret digits, a card number for instance, to `sink` and to nobody else.
    #[cfg(feature = "azure")]
    #[must_use]
    pub fn digits(mut self, sink: Arc<dyn crate::DigitsSink>) -> Self {
        self.azure.digits = Some(sink);
        self
    }

    /// Opens the journal, recovers what it holds and starts the engine. Blocks on the disk, never on
    /// the network.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once.
    pub fn build(self) -> Result<Engine, BuildErrors> {
        let prepared = self.prepare()?;
        let driver = Driver::start(prepared.parts, prepared.opening)?;
        if let Some(plugins) = &prepared.plugins {
            plugins.attach(&driver);
        }
        #[cfg(feature = "azure")]
        let edge = prepared.azure.map(|azure| azure.connect(driver.clone()));
        Ok(Engine(Arc::new(Inner {
            driver,
            events: prepared.events,
            recovered: prepared.recovered,
            current: ArcSwap::from_pointee(prepared.config),
            readers: Mutex::new(Some(prepared.readers)),
            new_calls: Mutex::default(),
            reloading: Mutex::default(),
            plugins: prepared.plugins,
            #[cfg(feature = "azure")]
            edge,
        })))
    }

    /// Like [`build`](Self::build), but the engine has no thread: it does one thing at a time, when its caller says so. For
    /// simulations, with a journal in memory and a stepped clock; inputs are handed in as such, there is no HTTP edge.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    pub fn build_stepped(self) -> Result<SteppedEngine, BuildErrors> {
        let prepared = self.prepare()?;
        SteppedEngine::start(prepared.parts, prepared.opening).map_err(BuildErrors::from)
    }

    fn prepare(self) -> Result<Prepared, BuildErrors> {
        let mut errors = Vec::new();
        let clock = match self.clock {
            Some(clock) => clock,
            None => Clock::real().map_err(BuildError::Start)?,
        };
        let (listener, announced) = Announced::channel();
        let options = Options {
            retain_log: self
                .retain_log
                .unwrap_or(RetainLog::Entries(self.config.journal.keep_entries)),
            listener,
            ..Options::new(driver::CORE_VERSION)
        };
        let open = self
            .journal
            .unwrap_or_else(|| in_folder(&self.config.journal));
        let opened = open(options)
            .map_err(|error| errors.push(error.into()))
            .ok();
        #[cfg(feature = "azure")]
        let azure =
            crate::edge::AzureSetup::new(&self.config, self.azure, &clock, self.operator.is_some())
                .map_err(|found| errors.extend(found))
                .ok();
        #[cfg(not(feature = "azure"))]
        if self.config.acs.is_some() && self.operator.is_none() {
            errors.push(BuildError::Missing(
                "the configuration has `acs`: give an operator, or build the crate with its feature `azure`",
            ));
        }
        let (advisor, plugins): (Arc<dyn Advisor>, _) = match self.advisor {
            Some(advisor) => (advisor, None),
            None => {
                let plugins = Arc::<Plugins>::default();
                let prepared = plugins.prepare(&self.config);
                errors.extend(prepared.map_err(BuildError::from).err());
                (Arc::clone(&plugins) as _, Some(plugins))
            }
        };
        let Some((mut journal, report)) = opened else {
            return Err(BuildErrors(errors));
        };
        for replaced in &report.replaced {
            tracing::warn!(
                file = replaced.file,
                detail = replaced.detail,
                kept_as = ?replaced.kept_as,
                "a file of the journal could not be used and there is a new one in its place: calls go on; what `explain` \
                 would have told of before is not in it"
            );
        }
        let events = Events::new(clock.clone(), self.events_kept_max);
        let rebuilt = driver::rebuild(journal.as_mut(), &events, &clock, driver::During::Start);
        let Rebuilt { state, snapshot_at } = match rebuilt {
            Ok(rebuilt) => rebuilt,
            Err(error) => {
                errors.push(error.into());
                return Err(BuildErrors(errors));
            }
        };
        let recovered = Recovered {
            last_entry: report.last.0,
            last_at: report.last_now,
            through: events.newest(),
        };
        let kept = match state.tenant.config() {
            Some(before) => {
                errors.extend(check_tenant(before, &self.config).err());
                self.config.keeping(&before.symbols)
            }
            None => Ok(self.config),
        };
        let config = match kept {
            Ok(config) => config,
            Err(problems) => {
                errors.extend(problems.into_iter().map(BuildError::Configuration));
                return Err(BuildErrors(errors));
            }
        };
        if !errors.is_empty() {
            return Err(BuildErrors(errors));
        }
        let blobs = journal.blobs();
        keep_text(blobs.as_ref(), &config);
        keep_sounds(blobs.as_ref(), &config);
        let identity = journal.identity().clone();
        let is_new = report.last.0 == 0;
        let mut opening = driver::opening(&state, is_new, identity.epoch, &config.config);
        let records = journal.records();
        if let Some(plugins) = &plugins {
            let news = plugins.load(&config, &blobs);
            opening.extend(news.into_iter().map(Input::PluginChanged));
        }
        #[cfg(feature = "azure")]
        let azure = match azure.flatten() {
            Some(azure) => {
                Some(azure.with_journal(&config, &identity.nonce, &state.tenant, blobs.as_ref())?)
            }
            None => None,
        };
        #[cfg(feature = "azure")]
        let operator = self.operator.or_else(|| azure.as_ref()?.operator());
        #[cfg(not(feature = "azure"))]
        let operator = self.operator;
        let parts = Parts {
            clock,
            journal,
            announced,
            state,
            last_now: report.last_now,
            operator: operator.unwrap_or_else(|| Arc::new(NoOperator)),
            advisor,
            events: events.clone(),
            inbox_limits: self.inbox_limits,
            snapshot_every: config.journal.snapshot_every,
            snapshot_at,
        };
        Ok(Prepared {
            parts,
            opening,
            events,
            recovered,
            config,
            readers: Readers { records, blobs },
            plugins,
            #[cfg(feature = "azure")]
            azure,
        })
    }
}

/// Everything that an engine consists of, before it runs.
struct Prepared {
    parts: Parts,
    opening: Vec<Input>,
    events: Events,
    recovered: Recovered,
    config: Compiled,
    readers: Readers,
    plugins: Option<Arc<Plugins>>,
    #[cfg(feature = "azure")]
    azure: Option<crate::edge::AzureReady>,
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineBuilder")
            .field("tenant", &self.config.config.tenant)
            .finish_non_exhaustive()
    }
}

fn in_folder(settings: &JournalSettings) -> Opener {
    let folder = settings.directory.clone();
    Box::new(move |options| {
        let (journal, report) = cordboard_journal::open(&folder, options)?;
        Ok((Box::new(journal) as _, report))
    })
}

/// Refuses the configuration of another tenant than the one that the calls at hand belong to.
pub(super) fn check_tenant(before: &Config, config: &Compiled) -> Result<(), BuildError> {
    let after = &config.config.tenant;
    if before.tenant == *after {
        return Ok(());
    }
    Err(BuildError::OtherTenant {
        before: before.tenant.clone(),
        after: after.clone(),
    })
}

/// Keeps the prompts beside the journal, for calls that began with them and live on after a start with another configuration.
pub(super) fn keep_sounds(blobs: &dyn Blobs, config: &Compiled) {
    for (path, sound) in &config.prompts {
        if let Err(error) = blobs.put(sound) {
            tracing::warn!(%error, path, "a prompt is not kept beside the journal");
        }
    }
}

/// Keeps the text beside the journal, for whoever wants to understand an old record. A text with
/// secrets in it is not kept.
pub(super) fn keep_text(blobs: &dyn Blobs, config: &Compiled) {
    if config.dev {
        return;
    }
    if let Err(error) = blobs.put(config.text().as_bytes()) {
        tracing::warn!(%error, "the text of the configuration is not kept");
    }
}
