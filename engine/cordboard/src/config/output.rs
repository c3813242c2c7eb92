//! What a configuration text becomes.

use super::problem::{Path, Problem};
use super::secret::Secret;
use super::source::Kept;
use super::text;
use super::tokens::Tokens;
use cordboard_core::Config;
use cordboard_core::config::Symbols;
use cordboard_core::ids::{Millis, PluginId};
use cordboard_core::input::NewCalls;
use cordboard_plugin_host::SigningKey;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// A checked configuration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Compiled {
    /// What the core gets, and what goes into the journal. It holds no secret.
    pub config: Arc<Config>,
    /// The connection to Azure Communication Services; none for decision-only use.
    pub acs: Option<AcsSettings>,
    /// Who may use the HTTP API.
    pub tokens: Tokens,
    /// The plugin slots.
    pub plugins: BTreeMap<PluginId, PluginSlot>,
    /// How plugins are run.
    pub plugin_host: PluginHostSettings,
    /// The audio files by the path that [`cordboard_core::config::Prompt::path`] names. The path begins with a
    /// digest of the bytes, so a path means the same sound for ever.
    pub prompts: BTreeMap<String, Arc<[u8]>>,
    /// Where the journal is kept.
    pub journal: JournalSettings,
    /// What happens when the program is asked to stop.
    pub drain: DrainSettings,
    /// Where a server listens.
    pub listen: SocketAddr,
    /// Whether plain secrets and plain HTTP are allowed.
    pub dev: bool,
    /// Doubts that do not keep the configuration from being used.
    pub warnings: Vec<Problem>,
    /// It may hold secrets where `dev` is set.
    pub(super) text: Secret,
    /// What was read meanwhile.
    pub(super) kept: Arc<Kept>,
}

impl Compiled {
    /// Returns the text that it was compiled from.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.expose()
    }

    /// Returns a problem at a place of the text. Where the text has a list, a key is an index.
    pub(crate) fn problem(&self, keys: &[&str], message: String) -> Problem {
        let value = serde_json::from_str::<Value>(self.text()).unwrap_or_default();
        let mut at = Some(&value);
        let path = keys.iter().fold(Path::root(), |path, key| {
            let index = key
                .parse::<usize>()
                .ok()
                .filter(|_| at.is_some_and(Value::is_array));
            at = at.and_then(|value| match index {
                Some(index) => value.get(index),
                None => value.get(*key),
            });
            match index {
                Some(index) => path.index(index),
                None => path.key(key),
            }
        });
        Problem {
            path: path.to_string(),
            position: text::locate(self.text(), &path),
            message,
        }
    }

    /// Returns the same with the numbers that names have in `previous`.
    ///
    /// # Errors
    ///
    /// As [`compile`](super::compile()); in practice none, because the text was fine before.
    pub fn keeping(self, previous: &Symbols) -> Result<Self, Vec<Problem>> {
        let keeps = previous
            .names()
            .all(|(symbol, name)| self.config.symbols.name(symbol) == name);
        if keeps {
            Ok(self)
        } else {
            self.renumbered(previous)
        }
    }

    /// Compiles the same text with the same files and variables again.
    fn renumbered(&self, previous: &Symbols) -> Result<Self, Vec<Problem>> {
        let mut compiled = super::compile(self.text.expose(), Some(previous), self.kept.as_ref())?;
        // What the embedder may have changed since.
        compiled.journal = self.journal.clone();
        Ok(compiled)
    }
}

/// The connection to Azure Communication Services.
#[derive(Clone, Debug)]
pub struct AcsSettings {
    /// `endpoint=https://…;accesskey=…`.
    pub connection_string: Secret,
    /// Where the service reaches the engine, without a slash at its end.
    pub callback_base_url: String,
    /// The immutable resource id, where it is known.
    pub resource_id: Option<String>,
    /// Secrets of Event Grid, one or two.
    pub event_grid_secrets: Vec<Secret>,
    /// Whether plain HTTP is allowed.
    pub allow_http: bool,
}

/// Where the journal is kept.
#[derive(Clone, Debug)]
pub struct JournalSettings {
    /// Its folder.
    pub directory: PathBuf,
    /// A snapshot is taken after this many entries.
    pub snapshot_every: u64,
    /// At least this many entries stay behind the newest snapshot.
    pub keep_entries: u64,
}

/// A plugin slot.
#[derive(Clone, Debug)]
pub struct PluginSlot {
    /// The slot's name.
    pub name: String,
    /// The component.
    pub file: PathBuf,
    /// The digest that the file must have, in hexadecimal.
    pub sha256: Option<String>,
    /// Who must have signed the file.
    pub public_key: Option<SigningKey>,
    /// The plugin's own configuration.
    pub config: Value,
    /// What the plugin may use.
    pub limits: PluginLimits,
    /// Another version on trial.
    pub candidate: Option<CandidateSlot>,
}

/// A version on trial, in the place of a slot's own for some calls, or asked beside it.
#[derive(Clone, PartialEq, Debug)]
pub struct CandidateSlot {
    /// The component.
    pub file: PathBuf,
    /// The digest that the file must have, in hexadecimal.
    pub sha256: Option<String>,
    /// Its own configuration.
    pub config: Value,
    /// Calls of a hundred about which it is asked without effect.
    pub shadow_percent: u32,
    /// The shares of the calls that it decides for, one after the other.
    pub canary: Vec<CanaryStep>,
    /// When it is taken back.
    pub slo: CandidateSlo,
}

/// A share of the calls, for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CanaryStep {
    /// Calls of a hundred, 1 to 100.
    pub percent: u32,
    /// How long, in seconds; `None` for good.
    pub seconds: Option<u64>,
}

/// What a candidate must hold to in its last decisions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CandidateSlo {
    /// Decisions of a hundred that may fail.
    pub failures_percent: u32,
    /// Time within which 99 of 100 decisions are made, ms.
    pub p99_ms: Option<u64>,
    /// Decisions before it is judged.
    pub decisions_min: u32,
}

/// What a plugin may use; what is not set has the plugin host's default.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PluginLimits {
    /// Time of one decision, ms.
    pub time_ms: Option<u64>,
    /// Memory of one instance, MiB.
    pub memory_mib: Option<u32>,
    /// Lines that it may log per second.
    pub log_lines_per_second: Option<u32>,
    /// Questions that may wait for a worker.
    pub queue_max: Option<u32>,
    /// Failures in a row that open its breaker.
    pub failures_max: Option<u32>,
    /// How long an open breaker stays open, in seconds.
    pub pause_seconds: Option<u64>,
    /// Gives every decision a fresh instance, whatever the plugin asks for.
    pub always_fresh: bool,
    /// Time to load it, in seconds.
    pub load_seconds: Option<u64>,
    /// One in so many decisions on used instances is made again on a fresh one; 0 for none.
    pub recheck_every: Option<u64>,
}

/// How plugins are run; what is not set has the plugin host's default.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PluginHostSettings {
    /// Worker threads.
    pub workers: Option<u32>,
    /// Workers that one plugin occupies at most.
    pub workers_per_plugin: Option<u32>,
    /// Where compiled plugins are kept.
    pub cache: Option<PathBuf>,
}

/// What happens when the program is asked to stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DrainSettings {
    /// How long calls may go on before it ends.
    pub time: Millis,
    /// What becomes of new calls meanwhile.
    pub new_calls: NewCalls,
}
