//! The configured plugins, run by the plugin host.

mod asking;
mod loading;
mod news;
mod trial;

pub use trial::CandidateStatus;

use crate::config::{Compiled, PluginSlot, Problem};
use crate::driver::{Advisor, Answer, Driver};
use asking::{Asking, Running};
use cordboard_clock::Hold;
use cordboard_core::Config;
use cordboard_core::config::{Queue, Symbols};
use cordboard_core::event::PluginChange;
use cordboard_core::ids::{PluginId, Symbol};
use cordboard_core::input::PluginNews;
use cordboard_core::question::{Ask, DecisionPoint};
use cordboard_journal::Blobs;
use cordboard_plugin_host::{
    BreakerConfig, ConfigProblem, HostConfig, HostError, LoadError, Names, OutcomeCounts,
    PluginHost, PluginInfo, PluginLimits, SlotId,
};
use loading::{Loader, Version, candidate_slot};
use news::{News, news};
use parking_lot::RwLock;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use trial::Trial;

/// Answers the core's questions with the plugins of the configuration.
#[derive(Debug, Default)]
pub(crate) struct Plugins {
    /// Started with the first configuration that has plugins.
    host: OnceLock<Arc<PluginHost>>,
    loader: Loader,
    news: News,
    running: RwLock<BTreeMap<PluginId, Arc<Running>>>,
}

/// How a plugin slot is doing.
#[derive(Clone, PartialEq, Debug)]
pub struct PluginStatus {
    /// The slot's name.
    pub slot: String,
    /// Name and version of the plugin in it; none when none could be loaded.
    pub plugin: Option<(String, String)>,
    /// SHA-256 of the plugin, in hexadecimal.
    pub sha256: Option<String>,
    /// Why the plugin that the configuration names is not the one in the slot.
    pub problem: Option<String>,
    /// Whether it is not being asked, because it has failed too often.
    pub breaker_open: bool,
    /// How its questions ended since the start.
    pub outcomes: OutcomeCounts,
    /// The version on trial for its place.
    pub candidate: Option<CandidateStatus>,
}

impl Plugins {
    /// Starts the plugin host, with empty slots, once a configuration needs it. How it runs plugins
    /// stays as that configuration says.
    pub(crate) fn prepare(&self, config: &Compiled) -> Result<(), HostError> {
        if config.plugins.is_empty() || self.host.get().is_some() {
            return Ok(());
        }
        let settings = &config.plugin_host;
        let default = HostConfig::default();
        let count = |value: Option<u32>, default| value.map_or(default, |value| value as usize);
        let host = PluginHost::new(HostConfig {
            workers: count(settings.workers, default.workers),
            workers_per_slot: count(settings.workers_per_plugin, default.workers_per_slot),
            cache: settings.cache.clone(),
            ..default
        })?;
        // One that was first meanwhile stays.
        drop(self.host.set(Arc::new(host)));
        Ok(())
    }

    /// Gives news of plugins to the driver from here on.
    pub(crate) fn attach(&self, driver: &Driver) {
        self.news.attach(driver.clone());
    }

    /// Loads all plugins of a configuration, several at a time, and returns what the core is to be
    /// told once it has the configuration. One that cannot be loaded stops nothing: the version of
    /// before goes on deciding, or its decisions fall back.
    ///
    /// Blocks no longer than the slowest may take; questions are answered meanwhile.
    #[must_use]
    pub(crate) fn load(&self, config: &Compiled, blobs: &Arc<dyn Blobs>) -> Vec<PluginNews> {
        let Some(host) = self.host.get() else {
            return Vec::new();
        };
        let names = Arc::new(names(&config.config));
        let loaded: Vec<(PluginId, Loaded)> = std::thread::scope(|scope| {
            let load = |(id, slot): (&PluginId, &'_ PluginSlot)| {
                let (id, slot, names) = (*id, slot.clone(), &names);
                let load = move || self.load_slot(host, id, &slot, names, blobs.as_ref());
                (id, scope.spawn(load))
            };
            let loads: Vec<_> = config.plugins.iter().map(load).collect();
            let ended = loads.into_iter();
            ended
                .filter_map(|(id, load)| Some((id, load.join().ok()?)))
                .collect()
        });
        let mut told = Vec::new();
        let mut running = BTreeMap::new();
        let mut now = self.running.write();
        for (id, loaded) in loaded {
            told.extend(loaded.news);
            let before = now.get(&id).map(AsRef::as_ref);
            running.insert(id, Arc::new(loaded.running.after(before)));
        }
        *now = running;
        told
    }

    fn load_slot(
        &self,
        host: &Arc<PluginHost>,
        id: PluginId,
        slot: &PluginSlot,
        names: &Arc<Names>,
        blobs: &dyn Blobs,
    ) -> Loaded {
        let mut told = Vec::new();
        let version = Version::of_slot(id, slot);
        match self.loader.load(host, &version, names, blobs) {
            Ok(info) => tracing::info!(
                slot = slot.name,
                plugin = info.manifest.name,
                version = info.manifest.version,
                sha256 = %info.plugin,
                "plugin loaded"
            ),
            Err(error) => {
                let before = host.plugin(SlotId::from(id));
                let instead = before.map_or_else(
                    || "its decisions fall back".to_owned(),
                    |plugin| {
                        let manifest = &plugin.info().manifest;
                        format!("{} {} goes on deciding", manifest.name, manifest.version)
                    },
                );
                let detail = format!("{error}; {instead}");
                told.push(news(id, &slot.name, PluginChange::Refused, detail));
            }
        }
        let trial = self.load_candidate(host, id, slot, names, blobs);
        let trial = trial.map_err(|error| {
            let detail = format!("{error}; all calls stay with the version of before");
            told.push(news(id, &slot.name, PluginChange::CandidateRefused, detail));
        });
        Loaded {
            running: Running::new(slot.limits.recheck_every, trial.ok().flatten()),
            news: told,
        }
    }

    fn load_candidate(
        &self,
        host: &Arc<PluginHost>,
        id: PluginId,
        slot: &PluginSlot,
        names: &Arc<Names>,
        blobs: &dyn Blobs,
    ) -> Result<Option<Arc<Trial>>, LoadError> {
        let place = candidate_slot(id);
        let Some(candidate) = &slot.candidate else {
            if host.plugin(place).is_some() {
                host.unload(place);
            }
            return Ok(None);
        };
        let version = Version::of_candidate(id, slot, candidate);
        let info = self.loader.load(host, &version, names, blobs)?;
        let before = self.running.read().get(&id).cloned();
        let before = before.and_then(|running| running.trial.clone());
        let same = before.filter(|trial| trial.is_of(&info, candidate));
        let trial = same.unwrap_or_else(|| {
            Arc::new(Trial::new(
                id,
                &slot.name,
                &info,
                candidate,
                self.news.clone(),
            ))
        });
        // What was taken back stays so until there is another candidate, or other terms.
        if trial.is_stopped() {
            host.unload(place);
        }
        Ok(Some(trial))
    }

    /// Tries every plugin of a configuration whose file is there, and tells which cannot be loaded,
    /// or are asked what they do not answer. Where `config` is not all of a configuration, names that it
    /// does not have may be in the rest.
    pub(crate) fn faulty(&self, config: &Compiled, is_whole: bool) -> Vec<Problem> {
        let Some(host) = self.host.get() else {
            return Vec::new();
        };
        let names = names(&config.config);
        let mut faulty = Vec::new();
        let mut loaded = BTreeMap::new();
        for (id, slot) in &config.plugins {
            let candidate = slot
                .candidate
                .as_ref()
                .map(|candidate| Version::of_candidate(*id, slot, candidate));
            for version in [Some(Version::of_slot(*id, slot)), candidate]
                .into_iter()
                .flatten()
            {
                let keys: &[&str] = match version.slot() {
                    own if own == SlotId::from(*id) => &["plugins", &slot.name],
                    _ => &["plugins", &slot.name, "candidate"],
                };
                let compiled = version
                    .read(host)
                    .and_then(|component| host.compile(&version.spec(&component, &names)));
                match compiled {
                    Ok(plugin) => {
                        loaded.entry(*id).or_insert(plugin);
                    }
                    // Told of the file already.
                    Err(LoadError::Read { .. }) => {}
                    Err(LoadError::Config { problems, .. }) => {
                        let told = problems.iter().filter(|found| is_whole || !found.is_name);
                        faulty.extend(told.map(|found| in_config(config, keys, found)));
                    }
                    Err(error) => faulty.push(config.problem(keys, error.to_string())),
                }
            }
        }
        for (queue, rule) in &config.config.queues {
            let queue = config.config.symbols.name(queue.0);
            for (keys, slot, point) in asked(rule) {
                let path: Vec<&str> = ["queues", queue].iter().chain(keys).copied().collect();
                let plugin = slot.and_then(|slot| loaded.get(&slot));
                let told = plugin.and_then(|plugin| does_not_answer(plugin.info(), point));
                faulty.extend(told.map(|message| config.problem(&path, message)));
            }
        }
        for (line, account) in &config.config.resource_accounts {
            let path = [
                "resource_accounts",
                config.config.symbols.name(line.0),
                "classify",
            ];
            let plugin = account.classify.and_then(|slot| loaded.get(&slot));
            let told =
                plugin.and_then(|plugin| does_not_answer(plugin.info(), DecisionPoint::Classify));
            faulty.extend(told.map(|message| config.problem(&path, message)));
        }
        faulty
    }

    /// Tells how the slots of a configuration are doing.
    pub(crate) fn status(&self, config: &Compiled) -> Vec<PluginStatus> {
        let Some(host) = self.host.get() else {
            return Vec::new();
        };
        let of_slot = |(id, slot): (&PluginId, &PluginSlot)| {
            let status = host.status(SlotId::from(*id));
            PluginStatus {
                slot: slot.name.clone(),
                plugin: status
                    .plugin
                    .as_ref()
                    .map(|info| (info.manifest.name.clone(), info.manifest.version.clone())),
                sha256: status.plugin.as_ref().map(|info| info.plugin.to_string()),
                problem: status.problem,
                breaker_open: status.breaker_open,
                outcomes: status.outcomes,
                candidate: self.candidate_status(host, *id, slot),
            }
        };
        config.plugins.iter().map(of_slot).collect()
    }

    fn candidate_status(
        &self,
        host: &PluginHost,
        id: PluginId,
        slot: &PluginSlot,
    ) -> Option<CandidateStatus> {
        slot.candidate.as_ref()?;
        let running = self.running.read().get(&id).cloned();
        let trial = running.as_ref().and_then(|running| running.trial.as_ref());
        let status = host.status(candidate_slot(id));
        let info = status.plugin.filter(|_| trial.is_some());
        Some(CandidateStatus {
            plugin: info
                .as_ref()
                .map(|info| (info.manifest.name.clone(), info.manifest.version.clone())),
            sha256: info.map(|info| info.plugin.to_string()),
            problem: status.problem,
            ..trial.map(|trial| trial.status()).unwrap_or_default()
        })
    }
}

/// A slot that was loaded, or not.
struct Loaded {
    running: Running,
    news: Vec<PluginNews>,
}

/// What to say to whoever asks a plugin something that it does not decide.
fn does_not_answer(info: &PluginInfo, point: DecisionPoint) -> Option<String> {
    (!info.answers(point)).then(|| {
        format!(
            "plugin `{}` does not answer {}; name one that does",
            info.manifest.name,
            point.name()
        )
    })
}

/// Where a queue names the plugin of a decision point.
type Asked = (&'static [&'static str], Option<PluginId>, DecisionPoint);

/// The plugins that a queue asks.
fn asked(queue: &Queue) -> [Asked; 4] {
    [
        (
            &["skill_match"],
            queue.skill_match,
            DecisionPoint::SkillMatch,
        ),
        (
            &["contact_select"],
            queue.contact_select,
            DecisionPoint::ContactSelect,
        ),
        (
            &["endpoint_select"],
            queue.endpoint_select,
            DecisionPoint::EndpointSelect,
        ),
        (
            &["recording", "policy"],
            queue.recording.policy,
            DecisionPoint::RecordingPolicy,
        ),
    ]
}

/// A problem at its place inside of the plugin's configuration.
fn in_config(config: &Compiled, plugin: &[&str], found: &ConfigProblem) -> Problem {
    let steps: Vec<String> = found
        .path
        .split('/')
        .skip(1)
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .collect();
    let keys: Vec<&str> = plugin
        .iter()
        .copied()
        .chain(["config"])
        .chain(steps.iter().map(String::as_str))
        .collect();
    config.problem(&keys, found.message.clone())
}

impl Advisor for Plugins {
    fn ask(&self, ask: Ask, hold: Hold, answer: Answer) {
        // Dropping the answer says that no plugin is loaded.
        let Some(host) = self.host.get() else {
            return;
        };
        let running = self.running.read().get(&ask.plugin).cloned();
        Asking {
            host: Arc::downgrade(host),
            running: running.unwrap_or_default(),
            news: self.news.clone(),
        }
        .ask(host, ask, hold, answer);
    }
}

/// The names that a plugin's configuration may use. Labels have no names of their own yet: no
/// contact carries any.
fn names(config: &Config) -> Names {
    let symbols = &config.symbols;
    let skills = config
        .agents
        .values()
        .flat_map(|agent| agent.skills.keys())
        .chain(
            config
                .queues
                .values()
                .flat_map(|queue| &queue.requirements)
                .map(|requirement| &requirement.skill),
        )
        .map(|skill| skill.0);
    Names {
        skills: by_name(symbols, skills),
        queues: by_name(symbols, config.queues.keys().map(|queue| queue.0)),
        labels: BTreeMap::new(),
    }
}

fn by_name(symbols: &Symbols, numbers: impl Iterator<Item = Symbol>) -> BTreeMap<String, Symbol> {
    numbers
        .map(|symbol| (symbols.name(symbol).to_owned(), symbol))
        .collect()
}

fn limits(slot: &PluginSlot) -> PluginLimits {
    let default = PluginLimits::default();
    let set = &slot.limits;
    PluginLimits {
        deadline: set.time_ms.map_or(default.deadline, Duration::from_millis),
        memory_bytes: set
            .memory_mib
            .map_or(default.memory_bytes, |mib| (mib as usize) * 1_024 * 1_024),
        log_lines_per_second: set
            .log_lines_per_second
            .unwrap_or(default.log_lines_per_second),
        queue_max: set
            .queue_max
            .map_or(default.queue_max, |count| count as usize),
        breaker: BreakerConfig {
            failures: set.failures_max.unwrap_or(default.breaker.failures),
            open_ms: set
                .pause_seconds
                .map_or(default.breaker.open_ms, |seconds| {
                    seconds.saturating_mul(1_000)
                }),
        },
        always_fresh: set.always_fresh,
        ..default
    }
}
