//! Plugin slots, deadlines and limits. Their ranges are in the schema.

use super::Checker;
use crate::config::output::{
    self, CandidateSlo, CandidateSlot, DrainSettings, JournalSettings, PluginHostSettings,
    PluginLimits, PluginSlot,
};
use crate::config::problem::Path;
use crate::config::v1::{CanaryStep, Candidate, ConfigText, Drain, DrainNewCalls, Journal};
use cordboard_core::config::{Limits, Timeouts};
use cordboard_core::ids::{Millis, PluginId};
use cordboard_core::input::NewCalls;
use cordboard_plugin_host::SigningKey;
use serde_json::Value;
use std::collections::BTreeMap;

/// After this time Event Grid delivers an event again that was not acknowledged, with its default
/// schedule ("Event Grid message delivery and retry").
const REDELIVERY_SECONDS: u64 = 10;

impl Checker<'_> {
    /// A file that is missing is a warning only: a plugin that cannot be loaded stops nothing.
    pub(super) fn plugins(&mut self, text: &ConfigText) -> BTreeMap<PluginId, PluginSlot> {
        let mut plugins = BTreeMap::new();
        for (name, plugin) in &text.plugins {
            let path = Path::root().key("plugins").key(name);
            if !plugin.config.is_object() {
                self.refuse(
                    &path.key("config"),
                    "is not an object; a plugin's configuration has members",
                );
            }
            let file = self.source.full_path(&plugin.file);
            if let Err(error) = self.source.check(&plugin.file) {
                self.warn(
                    &path.key("file"),
                    format!(
                        "cannot read `{}`: {error}; its decisions fall back until it can be loaded",
                        plugin.file
                    ),
                );
            }
            let public_key = plugin.public_key.as_deref().and_then(|text| {
                let key = SigningKey::parse(text);
                if key.is_none() {
                    self.refuse(
                        &path.key("public_key"),
                        "is no public key of minisign; give the line of the key file that begins with `RW`",
                    );
                }
                key
            });
            let candidate = plugin
                .candidate
                .as_ref()
                .map(|candidate| self.candidate(candidate, &plugin.config, &path));
            let slot = PluginSlot {
                name: name.clone(),
                file,
                sha256: plugin.sha256.clone(),
                public_key,
                config: plugin.config.clone(),
                candidate,
                limits: PluginLimits {
                    time_ms: plugin.limits.time_ms,
                    memory_mib: plugin.limits.memory_mib,
                    log_lines_per_second: plugin.limits.log_lines_per_second,
                    queue_max: plugin.limits.queue_max,
                    failures_max: plugin.limits.failures_max,
                    pause_seconds: plugin.limits.pause_seconds,
                    always_fresh: plugin.limits.always_fresh,
                    load_seconds: plugin.limits.load_seconds,
                    recheck_every: plugin.limits.recheck_every,
                },
            };
            plugins.insert(PluginId(self.symbols.intern(name)), slot);
        }
        plugins
    }

    fn candidate(&mut self, text: &Candidate, of_slot: &Value, slot: &Path) -> CandidateSlot {
        let path = slot.key("candidate");
        if let Err(error) = self.source.check(&text.file) {
            self.warn(
                &path.key("file"),
                format!(
                    "cannot read `{}`: {error}; no call is given to it until it can be loaded",
                    text.file
                ),
            );
        }
        if text
            .config
            .as_ref()
            .is_some_and(|config| !config.is_object())
        {
            self.refuse(
                &path.key("config"),
                "is not an object; a plugin's configuration has members",
            );
        }
        if text.canary.is_empty() && text.shadow_percent == 0 {
            self.refuse(
                &path,
                "is asked nothing; give it a `shadow_percent`, or steps of `canary`",
            );
        }
        let rises = |pair: &[CanaryStep]| match pair {
            [before, after] => before.percent < after.percent && before.seconds.is_some(),
            _ => true,
        };
        if !text.canary.windows(2).all(rises) {
            self.refuse(
                &path.key("canary"),
                "has steps that do not follow each other; let `percent` rise, and give each but the last its `seconds`",
            );
        }
        let step = |step: &CanaryStep| output::CanaryStep {
            percent: step.percent,
            seconds: step.seconds,
        };
        CandidateSlot {
            file: self.source.full_path(&text.file),
            sha256: text.sha256.clone(),
            config: text.config.as_ref().unwrap_or(of_slot).clone(),
            shadow_percent: text.shadow_percent,
            canary: text.canary.iter().map(step).collect(),
            slo: CandidateSlo {
                failures_percent: text.slo.failures_percent,
                p99_ms: text.slo.p99_ms,
                decisions_min: text.slo.decisions_min,
            },
        }
    }

    pub(super) fn plugin_host(&mut self, text: &ConfigText) -> PluginHostSettings {
        let host = &text.plugin_host;
        if let (Some(workers), Some(each)) = (host.workers, host.workers_per_plugin)
            && each >= workers
        {
            self.refuse(
                &Path::root().key("plugin_host").key("workers_per_plugin"),
                format!("`{each}` lets one plugin take all `{workers}` workers; use less"),
            );
        }
        PluginHostSettings {
            workers: host.workers,
            workers_per_plugin: host.workers_per_plugin,
            cache: host
                .cache
                .as_ref()
                .map(|cache| self.source.full_path(cache)),
        }
    }

    pub(super) fn journal(&mut self, text: &ConfigText) -> JournalSettings {
        let Journal {
            directory,
            snapshot_every,
            keep_entries,
        } = &text.journal;
        let place = Path::root().key("journal").key("directory");
        if directory.trim().is_empty() {
            self.refuse(&place, "is empty; name a folder, such as `journal`");
        } else if self.source.check(directory).is_ok() {
            self.refuse(
                &place,
                format!("`{directory}` is a file; name a folder of its own for the journal"),
            );
        }
        JournalSettings {
            directory: self.source.full_path(directory),
            snapshot_every: *snapshot_every,
            keep_entries: *keep_entries,
        }
    }

    pub(super) fn drain(&mut self, text: &ConfigText) -> DrainSettings {
        let Drain { seconds, new_calls } = text.drain;
        let new_calls = match new_calls {
            DrainNewCalls::Leave => NewCalls::Leave,
            DrainNewCalls::Reject => NewCalls::Reject,
        };
        if new_calls == NewCalls::Leave
            && seconds >= REDELIVERY_SECONDS
            && !text.resource_accounts.is_empty()
        {
            self.warn(
                &Path::root().key("drain").key("seconds"),
                format!(
                    "for `{seconds}` seconds new callers ring in vain, unless another instance takes them when \
                     Event Grid asks again after {REDELIVERY_SECONDS}; with one instance, write `\"new_calls\": \"reject\"` or fewer seconds"
                ),
            );
        }
        DrainSettings {
            time: Millis::from_secs(seconds),
            new_calls,
        }
    }

    pub(super) fn timeouts(&mut self, text: &ConfigText) -> Timeouts {
        let default = Timeouts::default();
        let or = |value: Option<u64>, default: Millis| value.map_or(default, Millis);
        let text = &text.timeouts;
        Timeouts {
            answer: or(text.answer_ms, default.answer),
            connect: or(text.connect_ms, default.connect),
            request: or(text.request_ms, default.request),
            event: or(text.event_ms, default.event),
            verdict: or(text.verdict_ms, default.verdict),
            hang_up: or(text.hang_up_ms, default.hang_up),
            music_retry: or(text.music_retry_ms, default.music_retry),
            confirm: or(text.confirm_ms, default.confirm),
            incoming_call_age: or(text.incoming_call_age_ms, default.incoming_call_age),
            no_agents: or(text.no_agents_ms, default.no_agents),
            silent_call: or(text.silent_call_ms, default.silent_call),
            restart_grace: or(text.restart_grace_ms, default.restart_grace),
        }
    }

    pub(super) fn limits(&mut self, text: &ConfigText) -> Limits {
        let default = Limits::default();
        let text = &text.limits;
        Limits {
            calls_max: text.calls_max.unwrap_or(default.calls_max),
            queue_length_max: text.queue_length_max.unwrap_or(default.queue_length_max),
            candidates_max: text.candidates_max.unwrap_or(default.candidates_max),
            offers_max: text.offers_max.unwrap_or(default.offers_max),
            queue_moves_max: text.queue_moves_max.unwrap_or(default.queue_moves_max),
            event_ids_max: text.event_ids_max.unwrap_or(default.event_ids_max),
            ended_calls_max: text.ended_calls_max.unwrap_or(default.ended_calls_max),
            legs_max: text.legs_max.unwrap_or(default.legs_max),
            tries_max: text.tries_max.unwrap_or(default.tries_max),
        }
    }
}
