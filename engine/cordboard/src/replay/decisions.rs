//! Asking recorded questions anew.

use super::difference::{Answered, Difference, DifferenceClass, classify};
use super::timing::Timing;
use crate::driver::{
    Consultation, DecisionRecord, Evidence, QUESTIONS_KEPT_MAX, RecordBody, newest_names, next_page,
};
use crate::explain::words;
use cordboard_core::config::Symbols;
use cordboard_core::ids::{PluginId, QuestionId};
use cordboard_core::question::{PluginFailure, PluginResult};
use cordboard_journal::{
    BlobReader, Digest as BlobDigest, Limits, OpenError, ReadError, Record, RecordId, Records,
    decode_payload, open_records,
};
use cordboard_plugin_host::{
    ConfiguredSpec, Digest, HostConfig, HostError, LoadError, MEMORY_BYTES_MAX, Names, Plugin,
    PluginHost, PluginLimits, PluginSpec,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Records that are read at once.
const PAGE: usize = 256;

/// Examples that are kept of each class.
pub const EXAMPLES_PER_CLASS: usize = 5;

/// Plugins with their configurations that are kept loaded.
const LOADED_MAX: usize = 16;

/// How long a decision may take here. What the slot allows is compared with what it took, so that a
/// slow machine makes no difference between answers.
const DEADLINE: Duration = Duration::from_secs(10);

/// A decision is slower if it takes so many times as long as with the recorded plugin …
const SLOWER_TIMES: u32 = 2;
/// … and so much longer, …
const SLOWER_BY: Duration = Duration::from_micros(100);
/// … every time that it is tried.
const TIMED_AGAIN: u32 = 3;

/// What recorded decisions are replayed with.
#[derive(Clone, Copy, Debug)]
pub enum ReplayWith<'a> {
    /// What decided then: it must give the same answers, bit for bit.
    Recorded,
    /// Another plugin, or the same one with another configuration.
    Plugin {
        /// The component.
        component: &'a [u8],
        /// Its configuration, with names; without it, each decision's own one.
        config: Option<&'a Value>,
        /// The slot whose decisions are replayed; without it, the decisions that a plugin of the
        /// same name made.
        slot: Option<&'a str>,
    },
}

/// Why decisions cannot be replayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecisionReplayError {
    /// The records cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The records cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A record is not what this release writes.
    #[error("record {record} cannot be understood: {detail}; use the release that wrote it")]
    Record {
        /// The record.
        record: String,
        /// The cause.
        detail: String,
    },
    /// Plugins cannot be run.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The plugin cannot be loaded.
    #[error("the plugin cannot be loaded: {0}")]
    Load(#[from] LoadError),
    /// No slot of that name.
    #[error("the records know no plugin slot `{0}`; give the name that the configuration uses")]
    UnknownSlot(String),
}

/// Why a recorded decision was not replayed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Unreplayed {
    /// The native rule decided, no plugin was asked.
    Native,
    /// It is another plugin's decision.
    OtherPlugin,
    /// The plugin was not reached, or was cut off: that depends on the load of then, not on the facts.
    NotAnswered,
    /// Who answered is not known: the process died before its record was written.
    UnknownPlugin,
    /// The component or the configuration that answered is not kept beside the journal, or cannot be
    /// loaded any more.
    NotKept,
}

impl Unreplayed {
    /// All reasons.
    pub const ALL: [Self; 5] = [
        Self::Native,
        Self::OtherPlugin,
        Self::NotAnswered,
        Self::UnknownPlugin,
        Self::NotKept,
    ];

    /// Returns the name, as in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::OtherPlugin => "other-plugin",
            Self::NotAnswered => "not-answered",
            Self::UnknownPlugin => "unknown-plugin",
            Self::NotKept => "not-kept",
        }
    }
}

/// What a replay has given so far.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DecisionReplaySummary {
    /// Recorded decisions that were read.
    pub decisions: u64,
    /// How many came to what.
    pub classes: BTreeMap<DifferenceClass, u64>,
    /// How many were not replayed, and why.
    pub unreplayed: BTreeMap<Unreplayed, u64>,
    /// Decisions that the very plugin and configuration were asked that had made them.
    pub must_be_same: u64,
    /// How many of those differ: none, or the plugin is not pure.
    pub broken: u64,
    /// The first [`EXAMPLES_PER_CLASS`] differences of each class.
    pub examples: Vec<Difference>,
    /// How long the recorded plugins take here and now, where they were run for comparison.
    pub time_before: Timing,
    /// How long the plugin takes that was asked.
    pub time_after: Timing,
    /// Why recorded plugins could not be loaded, or records not read.
    pub problems: BTreeSet<String>,
}

impl DecisionReplaySummary {
    /// Tells how many decisions were replayed.
    #[must_use]
    pub fn replayed(&self) -> u64 {
        self.classes.values().sum()
    }

    /// Tells how many came to something.
    #[must_use]
    pub fn count(&self, class: DifferenceClass) -> u64 {
        self.classes.get(&class).copied().unwrap_or(0)
    }
}

/// Replays the decisions of a journal, which an engine may be writing meanwhile.
#[derive(Debug)]
pub struct DecisionReplay {
    records: Arc<dyn Records>,
    blobs: Arc<dyn BlobReader>,
    host: PluginHost,
    symbols: Symbols,
    wanted: Option<Wanted>,
    loaded: BTreeMap<Key, Option<Arc<Plugin>>>,
    /// The newest questions that were replayed: a ranking may lead to several decisions.
    seen: BTreeSet<QuestionId>,
    last: Option<RecordId>,
    summary: DecisionReplaySummary,
}

/// The plugin that is asked instead of the recorded ones.
#[derive(Debug)]
struct Wanted {
    component: Vec<u8>,
    sha256: String,
    name: String,
    /// The plugin, where it has one configuration for all decisions.
    configured: Option<Arc<Plugin>>,
    slot: Option<PluginId>,
}

/// A component and a configuration, by their digests.
type Key = (String, String);

/// A decision asked anew, with what decided then and what decides now.
struct Asked {
    before: Option<Arc<Plugin>>,
    after: Arc<Plugin>,
}

impl DecisionReplay {
    /// Opens the records in `folder`: the folder of a journal, or a copy of it.
    ///
    /// # Errors
    ///
    /// [`DecisionReplayError`].
    pub fn open(folder: &Path, with: ReplayWith<'_>) -> Result<Self, DecisionReplayError> {
        let read_only = open_records(folder, &Limits::default())?;
        let symbols = newest_names(read_only.records.as_ref())?;
        let host = PluginHost::new(HostConfig::default())?;
        let wanted = match with {
            ReplayWith::Recorded => None,
            ReplayWith::Plugin {
                component,
                config,
                slot,
            } => Some(Wanted::load(&host, &symbols, component, config, slot)?),
        };
        Ok(Self {
            records: read_only.records,
            blobs: read_only.blobs,
            host,
            symbols,
            wanted,
            loaded: BTreeMap::new(),
            seen: BTreeSet::new(),
            last: None,
            summary: DecisionReplaySummary::default(),
        })
    }

    /// Returns what has come of it so far.
    #[must_use]
    pub fn summary(&self) -> &DecisionReplaySummary {
        &self.summary
    }

    /// Replays every decision that was recorded since the last time; `tell` gets each difference.
    /// Gives how many decisions were read.
    ///
    /// # Errors
    ///
    /// [`DecisionReplayError`].
    pub fn go_on(&mut self, mut tell: impl FnMut(&Difference)) -> Result<u64, DecisionReplayError> {
        let before = self.summary.decisions;
        loop {
            let (page, damaged) = next_page(self.last, PAGE, |after, limit| {
                self.records.after(after, limit)
            })?;
            let Some(newest) = damaged.or(page.last().map(|record| record.id)) else {
                return Ok(self.summary.decisions - before);
            };
            self.last = Some(newest);
            for record in &page {
                self.take(record, &mut tell)?;
            }
            if let Some(record) = damaged {
                let problem = format!("record {record}: it is damaged and left out");
                self.summary.problems.insert(problem);
            }
        }
    }

    fn take(
        &mut self,
        record: &Record,
        tell: &mut dyn FnMut(&Difference),
    ) -> Result<(), DecisionReplayError> {
        let body: RecordBody =
            decode_payload(&record.payload).map_err(|error| DecisionReplayError::Record {
                record: record.id.to_string(),
                detail: error.to_string(),
            })?;
        let decision = match body {
            RecordBody::Decision(decision) => decision,
            RecordBody::Names { symbols } => {
                self.symbols = symbols;
                return Ok(());
            }
            RecordBody::Event(_) => return Ok(()),
        };
        if let Some(consultation) = &decision.consultation {
            if !self.seen.insert(consultation.ask.question) {
                return Ok(());
            }
            if self.seen.len() > QUESTIONS_KEPT_MAX {
                self.seen.pop_first();
            }
        }
        self.summary.decisions += 1;
        let difference = match self.replay(record.id, &decision) {
            Ok(difference) => difference,
            Err(reason) => {
                *self.summary.unreplayed.entry(reason).or_default() += 1;
                return Ok(());
            }
        };
        let (class, must_be_same) = (difference.class, difference.must_be_same);
        let of_class = self.summary.classes.entry(class).or_default();
        *of_class += 1;
        let is_example = *of_class <= EXAMPLES_PER_CLASS as u64;
        self.summary.must_be_same += u64::from(must_be_same);
        if class != DifferenceClass::Same {
            self.summary.broken += u64::from(must_be_same);
            tell(&difference);
            if is_example {
                self.summary.examples.push(difference);
            }
        }
        Ok(())
    }

    fn replay(&mut self, id: RecordId, record: &DecisionRecord) -> Result<Difference, Unreplayed> {
        let asked = record.consultation.as_ref().ok_or(Unreplayed::Native)?;
        let Asked { before, after } = self.plugins(asked)?;
        let recorded = asked.verdict.as_ref().and_then(|verdict| {
            is_by_facts(&verdict.result).then_some(Answered {
                result: &verdict.result,
                memo: verdict.memo.as_deref(),
            })
        });
        let evidence = asked.evidence.as_ref();
        let must_be_same = evidence.is_some_and(|evidence| made_by(evidence, &after));
        if must_be_same && recorded.is_none() {
            return Err(Unreplayed::NotAnswered);
        }
        let answer = after.decide(&asked.ask);
        let (result, memo) = (&answer.verdict.result, answer.verdict.memo.as_deref());
        let mut class = classify(recorded, Answered { result, memo });
        let mut told = words::advice(result, &asked.ask.facts, &self.symbols);
        if let Some(detail) = &answer.detail {
            told = format!("{told} ({detail})");
        }
        if !must_be_same && class != DifferenceClass::Failed {
            let allowed = evidence
                .map(|evidence| Duration::from_millis(evidence.time_ms))
                .filter(|allowed| !allowed.is_zero());
            let least = || least_time(&after, asked);
            if let Some(allowed) = allowed
                && answer.elapsed > allowed
                && least() > allowed
            {
                class = DifferenceClass::Failed;
                told = format!("{told}, after {:?}: the slot allows {allowed:?}", least());
            }
        }
        self.summary.time_after.note(answer.elapsed);
        if let Some(before) = before {
            let took = before.decide(&asked.ask).elapsed;
            self.summary.time_before.note(took);
            let is_slower = |before: Duration, after: Duration| {
                after > before.saturating_mul(SLOWER_TIMES) && after > before + SLOWER_BY
            };
            if class == DifferenceClass::Same
                && is_slower(took, answer.elapsed)
                && is_slower(least_time(&before, asked), least_time(&after, asked))
            {
                class = DifferenceClass::Slower;
                told = format!("{told}, {:?} instead of {took:?}", answer.elapsed);
            }
        }
        let was = match &asked.verdict {
            Some(verdict) => words::advice(&verdict.result, &asked.ask.facts, &self.symbols),
            None => "no answer in time".to_owned(),
        };
        Ok(Difference {
            record: id.to_string(),
            call: record.decision.call,
            point: record.decision.point.name(),
            class,
            must_be_same,
            before: was,
            after: told,
        })
    }

    /// Returns the plugins of a decision: the recorded one where it is of use, and the one to ask.
    fn plugins(&mut self, asked: &Consultation) -> Result<Asked, Unreplayed> {
        let evidence = asked.evidence.as_ref();
        let Some(wanted) = &self.wanted else {
            if !asked
                .verdict
                .as_ref()
                .is_some_and(|verdict| is_by_facts(&verdict.result))
            {
                return Err(Unreplayed::NotAnswered);
            }
            let evidence = evidence.ok_or(Unreplayed::UnknownPlugin)?;
            let after = self.recorded(evidence).ok_or(Unreplayed::NotKept)?;
            return Ok(Asked {
                before: None,
                after,
            });
        };
        let is_wanted = match wanted.slot {
            Some(slot) => asked.ask.plugin == slot,
            None => evidence.is_some_and(|evidence| {
                evidence.plugin.rsplit_once(' ').map(|(name, _)| name) == Some(&wanted.name)
            }),
        };
        if !is_wanted {
            let is_known = evidence.is_some_and(|evidence| !evidence.plugin.is_empty());
            return Err(if is_known || wanted.slot.is_some() {
                Unreplayed::OtherPlugin
            } else {
                Unreplayed::UnknownPlugin
            });
        }
        let after = match &wanted.configured {
            Some(plugin) => Arc::clone(plugin),
            None => {
                let evidence = evidence.ok_or(Unreplayed::UnknownPlugin)?;
                let key = (wanted.sha256.clone(), evidence.config_sha256.clone());
                let component = Some(wanted.component.clone());
                self.loaded(key, component, evidence)
                    .ok_or(Unreplayed::NotKept)?
            }
        };
        let before = evidence
            .filter(|evidence| !made_by(evidence, &after))
            .and_then(|evidence| self.recorded(evidence));
        Ok(Asked { before, after })
    }

    /// Loads the plugin that made a decision.
    fn recorded(&mut self, evidence: &Evidence) -> Option<Arc<Plugin>> {
        let key = (
            evidence.plugin_sha256.clone(),
            evidence.config_sha256.clone(),
        );
        self.loaded(key, None, evidence)
    }

    fn loaded(
        &mut self,
        key: Key,
        component: Option<Vec<u8>>,
        evidence: &Evidence,
    ) -> Option<Arc<Plugin>> {
        if let Some(plugin) = self.loaded.get(&key) {
            return plugin.clone();
        }
        let plugin = self
            .load(&key, component, evidence)
            .map_err(|problem| {
                self.summary
                    .problems
                    .insert(format!("{}: {problem}", evidence.plugin))
            })
            .ok();
        if self.loaded.len() >= LOADED_MAX {
            self.loaded.clear();
        }
        self.loaded.insert(key, plugin.clone());
        plugin
    }

    fn load(
        &self,
        (plugin, config): &Key,
        component: Option<Vec<u8>>,
        evidence: &Evidence,
    ) -> Result<Arc<Plugin>, String> {
        let component = match component {
            Some(component) => component,
            None => self.blob(plugin, "component")?,
        };
        let config = String::from_utf8(self.blob(config, "configuration")?)
            .map_err(|error| error.to_string())?;
        let memory = usize::try_from(evidence.memory_bytes).unwrap_or(0);
        let spec = ConfiguredSpec {
            component: &component,
            configuration: &config,
            limits: limits(if memory == 0 {
                MEMORY_BYTES_MAX
            } else {
                memory
            }),
        };
        self.host
            .compile_configured(&spec)
            .map_err(|error| error.to_string())
    }

    fn blob(&self, sha256: &str, what: &str) -> Result<Vec<u8>, String> {
        let missing = || format!("its {what} (SHA-256 `{sha256}`) is not kept beside the journal");
        let Digest(digest) = Digest::parse(sha256).ok_or_else(missing)?;
        self.blobs
            .read(&BlobDigest(digest))
            .map_err(|error| error.to_string())?
            .ok_or_else(missing)
    }
}

impl Wanted {
    fn load(
        host: &PluginHost,
        symbols: &Symbols,
        component: &[u8],
        config: Option<&Value>,
        slot: Option<&str>,
    ) -> Result<Self, DecisionReplayError> {
        // What a name is used for is the configuration's affair, which is not at hand.
        let all: BTreeMap<_, _> = symbols
            .names()
            .map(|(symbol, name)| (name.to_owned(), symbol))
            .collect();
        let names = Names {
            skills: all.clone(),
            queues: all.clone(),
            labels: all,
        };
        let slot = match slot {
            Some(name) => Some(
                symbols
                    .find(name)
                    .map(PluginId)
                    .ok_or_else(|| DecisionReplayError::UnknownSlot(name.to_owned()))?,
            ),
            None => None,
        };
        let configured = match config {
            Some(config) => Some(host.compile(&PluginSpec {
                component,
                sha256: None,
                config,
                names: &names,
                limits: limits(MEMORY_BYTES_MAX),
            })?),
            None => None,
        };
        let name = match &configured {
            Some(plugin) => plugin.info().manifest.name.clone(),
            None => host.manifest(component)?.name,
        };
        Ok(Self {
            component: component.to_vec(),
            sha256: Digest::of(component).to_string(),
            name,
            configured,
            slot,
        })
    }
}

fn limits(memory_bytes: usize) -> PluginLimits {
    PluginLimits {
        deadline: DEADLINE,
        memory_bytes,
        ..PluginLimits::default()
    }
}

/// Whether facts and plugin alone decide on this answer.
fn is_by_facts(result: &PluginResult) -> bool {
    match result {
        Ok(_)
        | Err(
            PluginFailure::Trap
            | PluginFailure::Memory
            | PluginFailure::BadOutput
            | PluginFailure::Abstain,
        ) => true,
        Err(PluginFailure::Deadline | PluginFailure::Overload | PluginFailure::NotLoaded) => false,
    }
}

fn made_by(evidence: &Evidence, plugin: &Plugin) -> bool {
    let info = plugin.info();
    evidence.plugin_sha256 == info.plugin.to_string()
        && evidence.config_sha256 == info.configuration.to_string()
}

fn least_time(plugin: &Plugin, asked: &Consultation) -> Duration {
    (0..TIMED_AGAIN)
        .map(|_| plugin.decide(&asked.ask).elapsed)
        .min()
        .unwrap_or_default()
}
