//! The configured plugins, run by the plugin host.

use crate::config::{Compiled, PluginSlot, Problem};
use crate::driver::{Advisor, Answer, Evidence};
use cordboard_clock::Hold;
use cordboard_core::Config;
use cordboard_core::config::{Queue, Symbols};
use cordboard_core::ids::{PluginId, Symbol};
use cordboard_core::question::{Ask, DecisionPoint};
use cordboard_journal::Blobs;
use cordboard_plugin_host::{
    BreakerConfig, ConfigProblem, Digest, HostConfig, HostError, Job, LoadError, Names,
    OutcomeCounts, PluginHost, PluginInfo, PluginLimits, PluginSpec, SlotId,
};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Answers the core's questions with the plugins of the configuration.
#[derive(Debug, Default)]
pub(crate) struct Plugins {
    /// Started with the first configuration that has plugins.
    host: OnceLock<PluginHost>,
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
        drop(self.host.set(host));
        Ok(())
    }

    /// Loads all plugins of a configuration, several at a time. One that cannot be loaded stops
    /// nothing: its slot says why, and its decisions fall back.
    pub(crate) fn load(&self, config: &Compiled, blobs: &Arc<dyn Blobs>) {
        let Some(host) = self.host.get() else {
            return;
        };
        let names = names(&config.config);
        std::thread::scope(|scope| {
            for (id, slot) in &config.plugins {
                let (names, blobs) = (&names, Arc::clone(blobs));
                scope.spawn(move || load_one(host, *id, slot, names, blobs.as_ref()));
            }
        });
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
            let Ok(component) = host.read(&slot.file) else {
                continue;
            };
            match host.compile(&spec(slot, &component, &names)) {
                Ok(plugin) => drop(loaded.insert(*id, plugin)),
                Err(LoadError::Config { problems, .. }) => {
                    let told = problems.iter().filter(|found| is_whole || !found.is_name);
                    faulty.extend(told.map(|found| in_config(config, slot, found)));
                }
                Err(error) => {
                    faulty.push(config.problem(&["plugins", &slot.name], error.to_string()));
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
            }
        };
        config.plugins.iter().map(of_slot).collect()
    }
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
fn in_config(config: &Compiled, slot: &PluginSlot, found: &ConfigProblem) -> Problem {
    let steps: Vec<String> = found
        .path
        .split('/')
        .skip(1)
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .collect();
    let keys: Vec<&str> = ["plugins", &slot.name, "config"]
        .into_iter()
        .chain(steps.iter().map(String::as_str))
        .collect();
    config.problem(&keys, found.message.clone())
}

fn spec<'a>(slot: &'a PluginSlot, component: &'a [u8], names: &'a Names) -> PluginSpec<'a> {
    PluginSpec {
        component,
        // The configuration has checked that it is one.
        sha256: slot.sha256.as_deref().and_then(Digest::parse),
        config: &slot.config,
        names,
        limits: limits(slot),
    }
}

fn load_one(host: &PluginHost, id: PluginId, slot: &PluginSlot, names: &Names, blobs: &dyn Blobs) {
    let loaded = host.read(&slot.file).and_then(|component| {
        let plugin = host.compile(&spec(slot, &component, names))?;
        // What the records name: without it no decision can be replayed.
        for bytes in [component.as_slice(), plugin.configuration().as_bytes()] {
            if let Err(error) = blobs.put(bytes) {
                tracing::warn!(slot = slot.name, %error, "the plugin is not kept beside the journal");
            }
        }
        Ok(plugin)
    });
    match host.put(SlotId::from(id), loaded) {
        Ok(info) => tracing::info!(
            slot = slot.name,
            plugin = info.manifest.name,
            version = info.manifest.version,
            sha256 = %info.plugin,
            "plugin loaded"
        ),
        Err(error) => tracing::error!(
            slot = slot.name,
            %error,
            "the plugin cannot be loaded; its decisions fall back"
        ),
    }
}

impl Advisor for Plugins {
    fn ask(&self, ask: Ask, hold: Hold, answer: Answer) {
        // Dropping the answer says that no plugin is loaded.
        let Some(host) = self.host.get() else {
            return;
        };
        let slot = SlotId::from(ask.plugin);
        let named = host.plugin(slot);
        let reply = move |answered: cordboard_plugin_host::Answer| {
            let info = named.as_ref().map(|plugin| plugin.info());
            let info = info.filter(|info| Some(info.plugin) == answered.plugin);
            let limits = named.as_ref().filter(|_| info.is_some());
            let limits = limits.map(|plugin| plugin.limits());
            let evidence = Evidence {
                plugin: info
                    .map(|info| format!("{} {}", info.manifest.name, info.manifest.version))
                    .unwrap_or_default(),
                plugin_sha256: hexadecimal(answered.plugin),
                config_sha256: hexadecimal(answered.configuration),
                ran_ns: u64::try_from(answered.elapsed.as_nanos()).unwrap_or(u64::MAX),
                time_ms: limits.map_or(0, |limits| millis(limits.deadline)),
                memory_bytes: limits.map_or(0, |limits| limits.memory_bytes as u64),
                detail: answered.detail.unwrap_or_default(),
                reasons: info
                    .map(|info| reasons(&info.manifest.reasons, &answered.verdict))
                    .unwrap_or_default(),
            };
            answer.give(answered.verdict, evidence, hold);
        };
        host.submit(Job {
            slot,
            ask,
            reply: Box::new(reply),
        });
    }
}

/// The texts of the reason codes that a verdict uses.
fn reasons(
    texts: &BTreeMap<u32, String>,
    verdict: &cordboard_core::Verdict,
) -> BTreeMap<u32, String> {
    use cordboard_core::Advice;
    let codes: Vec<u32> = match &verdict.result {
        Ok(Advice::SkillMatch(rows) | Advice::ContactSelect(rows)) => {
            rows.iter().map(|row| row.reason).collect()
        }
        Ok(Advice::RecordingPolicy(advice)) => vec![advice.reason],
        Ok(Advice::Classify(advice)) => vec![advice.reason],
        Ok(Advice::EndpointSelect(_)) | Err(_) => Vec::new(),
    };
    codes
        .into_iter()
        .filter_map(|code| Some((code, texts.get(&code)?.clone())))
        .collect()
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

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn hexadecimal(digest: Option<Digest>) -> String {
    digest.map(|digest| digest.to_string()).unwrap_or_default()
}
