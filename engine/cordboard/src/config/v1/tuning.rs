//! Plugins, deadlines and limits.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// A plugin slot.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plugin {
    /// The component (`.wasm`), relative to the configuration.
    pub(crate) file: String,
    /// SHA-256 of the file in hexadecimal. With it no other file is loaded.
    #[serde(default)]
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub(crate) sha256: Option<String>,
    /// minisign's public key, the line that begins with `RW`. With it no file is loaded that this key has not signed: the
    /// signature is beside the file, with `.minisig` behind its name.
    #[serde(default)]
    pub(crate) public_key: Option<String>,
    /// The plugin's own configuration, checked against the schema that the plugin carries.
    #[serde(default = "no_config")]
    pub(crate) config: Value,
    /// What the plugin may use.
    #[serde(default)]
    pub(crate) limits: PluginLimits,
    /// Another version on trial: asked beside this one, or for a share of the calls.
    #[serde(default)]
    pub(crate) candidate: Option<Candidate>,
}

/// A version on trial. It has the limits and the `public_key` of its slot.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Candidate {
    /// The component (`.wasm`), relative to the configuration. The same file with another `config` will do.
    pub(crate) file: String,
    /// SHA-256 of the file in hexadecimal. With it no other file is loaded.
    #[serde(default)]
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub(crate) sha256: Option<String>,
    /// Its own configuration. Left out, it is that of the slot.
    #[serde(default)]
    pub(crate) config: Option<Value>,
    /// Calls of a hundred about which it is asked as well, after the answer is given and without effect: what it would have said is
    /// compared and counted.
    #[serde(default)]
    #[schemars(range(max = 100))]
    pub(crate) shadow_percent: u32,
    /// The share of the calls that it decides for, step by step. Without steps it decides for none.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub(crate) canary: Vec<CanaryStep>,
    /// When it is taken back.
    #[serde(default)]
    pub(crate) slo: CandidateSlo,
}

/// A share of the calls, for a while.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CanaryStep {
    /// Calls of a hundred. More than at the step before.
    #[schemars(range(min = 1, max = 100))]
    pub(crate) percent: u32,
    /// How long, before the next step. Left out, there is no next step.
    #[serde(default)]
    #[schemars(range(min = 1, max = 2_592_000))]
    pub(crate) seconds: Option<u64>,
}

/// What a candidate must hold to in its last 1,000 decisions. Missed, or with its breaker open, it is taken back and all calls go to
/// the version of before.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CandidateSlo {
    /// Decisions of a hundred that may fail. Default 1.
    #[schemars(range(max = 100))]
    pub(crate) failures_percent: u32,
    /// Time within which 99 of 100 decisions are made. Left out, there is none but that of `limits.time_ms`.
    #[schemars(range(min = 1, max = 1_000))]
    pub(crate) p99_ms: Option<u64>,
    /// Decisions before it is judged. Default 50.
    #[schemars(range(min = 1, max = 1_000))]
    pub(crate) decisions_min: u32,
}

impl Default for CandidateSlo {
    fn default() -> Self {
        Self {
            failures_percent: 1,
            p99_ms: None,
            decisions_min: 50,
        }
    }
}

/// What a plugin may use. A limit that is left out has the plugin host's default.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PluginLimits {
    /// Time of one decision.
    #[schemars(range(min = 1, max = 1_000))]
    pub(crate) time_ms: Option<u64>,
    /// Memory of one instance.
    #[schemars(range(min = 1, max = 64))]
    pub(crate) memory_mib: Option<u32>,
    /// Lines that the plugin may log per second.
    #[schemars(range(max = 10_000))]
    pub(crate) log_lines_per_second: Option<u32>,
    /// Questions that may wait for a worker.
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) queue_max: Option<u32>,
    /// Failures in a row after which the plugin is not asked for a while.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) failures_max: Option<u32>,
    /// How long it is not asked then.
    #[schemars(range(min = 1, max = 3_600))]
    pub(crate) pause_seconds: Option<u64>,
    /// Gives every decision a fresh instance, whatever the plugin asks for.
    pub(crate) always_fresh: bool,
    /// Time to load it, compiling included. Default 60.
    #[schemars(range(min = 1, max = 600))]
    pub(crate) load_seconds: Option<u64>,
    /// One in so many decisions on used instances is made again on a fresh one, after the answer is given. Where they differ, each
    /// decision has a fresh instance from there on. 0 for never. Default 1,000.
    #[schemars(range(max = 1_000_000))]
    pub(crate) recheck_every: Option<u64>,
}

/// How plugins are run. What is left out has a default that suits the machine.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PluginHost {
    /// Worker threads. Default: one per processor, at least 2.
    #[schemars(range(min = 2, max = 256))]
    pub(crate) workers: Option<u32>,
    /// Workers that one plugin occupies at most. Default: half of them.
    #[schemars(range(min = 1, max = 255))]
    pub(crate) workers_per_plugin: Option<u32>,
    /// Folder of its own for compiled plugins, relative to the configuration, so that a start need not compile them again.
    pub(crate) cache: Option<String>,
}

fn no_config() -> Value {
    Value::Object(serde_json::Map::new())
}

/// Deadlines. After each, the operation counts as failed and the call goes on without it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Timeouts {
    /// From the incoming call to the outcome of our answer. Callers ring for 30 s at most. Default 20,000.
    #[schemars(range(min = 1_000, max = 30_000))]
    pub(crate) answer_ms: Option<u64>,
    /// From an accepted answer to the connection. Default 15,000.
    #[schemars(range(min = 1_000, max = 60_000))]
    pub(crate) connect_ms: Option<u64>,
    /// For the outcome of any other request. Default 10,000.
    #[schemars(range(min = 1_000, max = 60_000))]
    pub(crate) request_ms: Option<u64>,
    /// From an accepted request to its event, on top of what the operation itself takes. Default 10,000.
    #[schemars(range(min = 1_000, max = 60_000))]
    pub(crate) event_ms: Option<u64>,
    /// For a plugin's verdict. Default 1,000.
    #[schemars(range(min = 10, max = 10_000))]
    pub(crate) verdict_ms: Option<u64>,
    /// From our hang-up to the end of the call. Default 10,000.
    #[schemars(range(min = 1_000, max = 60_000))]
    pub(crate) hang_up_ms: Option<u64>,
    /// Before music is tried again after it failed. Default 1,000.
    #[schemars(range(min = 100, max = 2_000))]
    pub(crate) music_retry_ms: Option<u64>,
    /// For the person behind a phone number to press 1. Default 10,000.
    #[schemars(range(min = 1_000, max = 60_000))]
    pub(crate) confirm_ms: Option<u64>,
    /// Age at which an incoming call counts as gone. Default 28,000.
    #[schemars(range(min = 1_000, max = 120_000))]
    pub(crate) incoming_call_age_ms: Option<u64>,
    /// After this time a caller whom nobody who is logged in could serve leaves the queue. Default 30,000.
    #[schemars(range(max = 3_600_000))]
    pub(crate) no_agents_ms: Option<u64>,
    /// A live call without a sign of life for this long is asked about. Default 1,800,000.
    #[schemars(range(min = 60_000, max = 86_400_000))]
    pub(crate) silent_call_ms: Option<u64>,
    /// For so long after a restart nobody who waited through it leaves their queue by `max_wait` or `no_agents`, so that agents
    /// who have become free meanwhile get them first. Default 60,000.
    #[schemars(range(max = 600_000))]
    pub(crate) restart_grace_ms: Option<u64>,
}

/// Named limits.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// Calls that live at the same time; one more is rejected as busy. Default 10,000.
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) calls_max: Option<u32>,
    /// Callers in one queue; one more takes the queue's `max_wait` exit. Default 1,000.
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) queue_length_max: Option<u32>,
    /// Candidates of one question to a plugin. Default 64.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) candidates_max: Option<u32>,
    /// Offers of one contact before the queue's `max_wait` exit is taken. Default 20.
    #[schemars(range(min = 1, max = 1_000))]
    pub(crate) offers_max: Option<u32>,
    /// Moves of one contact from queue to queue. Default 5.
    #[schemars(range(min = 1, max = 100))]
    pub(crate) queue_moves_max: Option<u32>,
    /// Ids of inbound events that are remembered to recognise repeated deliveries. Default 50,000.
    #[schemars(range(min = 1_000, max = 1_000_000))]
    pub(crate) event_ids_max: Option<u32>,
    /// Ended calls that are remembered. Default 1,000.
    #[schemars(range(min = 10, max = 100_000))]
    pub(crate) ended_calls_max: Option<u32>,
    /// Parties of one call. Default 10.
    #[schemars(range(min = 3, max = 100))]
    pub(crate) legs_max: Option<u32>,
    /// Tries of one media, removal or hang-up operation right after the other; further ones wait longer each time. Default 3.
    #[schemars(range(min = 1, max = 10))]
    pub(crate) tries_max: Option<u32>,
}
