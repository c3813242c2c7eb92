//! The configuration text, version 1, as it is written. The JSON Schema is made from these types,
//! so their comments are what an editor shows to the person who writes a configuration.

mod agent;
mod connection;
mod queue;
mod tuning;

pub(crate) use agent::{Agent, Endpoint, EndpointKindName};
pub(crate) use connection::{
    Acs, Api, Drain, DrainNewCalls, Journal, Listen, Role, SecretRef, Teams,
};
pub(crate) use queue::{
    Channels, ConsentAnswer, Exit, Exits, Format, Hours, Menu, MenuStep, Queue, Recording,
    Requirement,
};
pub(crate) use tuning::{CanaryStep, Candidate, Limits, Plugin, PluginHost, Timeouts};

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The version that a text has to name.
pub(crate) const VERSION: u32 = 1;

/// The configuration of one Cordboard tenant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigText {
    /// Where editors find this schema.
    #[serde(default, rename = "$schema")]
    #[expect(dead_code, reason = "read by editors only")]
    pub(crate) schema: Option<String>,
    /// Version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    #[expect(dead_code, reason = "the schema checks it")]
    pub(crate) version: u32,
    /// Allows secrets in plain text and callbacks over plain HTTP, and binds the engine to the loopback address. For a
    /// developer's machine only.
    #[serde(default)]
    pub(crate) dev: bool,
    /// Name of the tenant, as records and events show it.
    pub(crate) tenant: String,
    /// The connection to Azure Communication Services. Leave it out where your own program handles the media of calls and
    /// Cordboard only decides.
    #[serde(default)]
    pub(crate) acs: Option<Acs>,
    /// The Teams tenant that the agents belong to.
    #[serde(default)]
    pub(crate) teams: Teams,
    /// Where `cordboard serve` listens.
    #[serde(default)]
    pub(crate) listen: Listen,
    /// Who may use the HTTP API besides the agents.
    #[serde(default)]
    pub(crate) api: Api,
    /// Where the journal is kept.
    #[serde(default)]
    pub(crate) journal: Journal,
    /// What happens when `cordboard serve` is asked to stop.
    #[serde(default)]
    pub(crate) drain: Drain,
    /// Who can be called, by a name of your choice.
    #[serde(default)]
    pub(crate) resource_accounts: BTreeMap<String, ResourceAccount>,
    /// Menus that greet callers, by name.
    #[serde(default)]
    pub(crate) menus: BTreeMap<String, Menu>,
    /// Queues, by name.
    pub(crate) queues: BTreeMap<String, Queue>,
    /// Routing groups: names of agents who serve queues together.
    pub(crate) groups: BTreeMap<String, Vec<String>>,
    /// Agents, by the name that the API uses.
    pub(crate) agents: BTreeMap<String, Agent>,
    /// Audio files that callers hear.
    #[serde(default)]
    pub(crate) prompts: Prompts,
    /// Digit collections that an agent can start during a call, such as a payment, by name.
    #[serde(default)]
    pub(crate) collections: BTreeMap<String, Collection>,
    /// Reasons that agents can give for not being ready.
    #[serde(default)]
    pub(crate) not_ready_reasons: Vec<String>,
    /// Codes with which agents can say how a contact ended.
    #[serde(default)]
    pub(crate) dispositions: Vec<String>,
    /// Plugin slots, by the name that queues use.
    #[serde(default)]
    pub(crate) plugins: BTreeMap<String, Plugin>,
    /// How plugins are run.
    #[serde(default)]
    pub(crate) plugin_host: PluginHost,
    /// Deadlines of remote operations and other waits.
    #[serde(default)]
    pub(crate) timeouts: Timeouts,
    /// Named limits.
    #[serde(default)]
    pub(crate) limits: Limits,
    /// An agent goes offline when its desktop has shown no sign of life for this long. Without it agents stay as they are.
    #[serde(default)]
    #[schemars(range(min = 10, max = 86_400))]
    pub(crate) agent_lease_seconds: Option<u64>,
    /// Live transcription and media streaming that calls are answered with.
    #[serde(default)]
    pub(crate) media: Media,
}

/// A resource account: the Teams identity or number that callers reach.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourceAccount {
    /// Raw id (`28:orgid:…`) or phone number (`+…`), as incoming calls name it.
    pub(crate) identity: String,
    /// The menu that greets callers. Without one they go straight to `default_queue`.
    #[serde(default)]
    pub(crate) menu: Option<String>,
    /// The queue of callers who choose nothing.
    pub(crate) default_queue: String,
    /// The plugin that may send a caller to another queue than the menu or `default_queue` does.
    #[serde(default)]
    pub(crate) classify: Option<String>,
}

/// Audio files. Each is WAV, mono, 16 bit, 16 kHz: the only form that Call Automation plays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prompts {
    /// Folder of the files, relative to the configuration.
    #[serde(default = "prompts_directory")]
    pub(crate) directory: String,
    /// Paths below that folder, by the name that menus and queues use.
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    /// The prompt that asks whoever answers an agent's phone number to press 1.
    #[serde(default)]
    pub(crate) confirm: Option<String>,
}

/// A digit collection.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Collection {
    /// What the caller hears first.
    pub(crate) prompt: String,
    /// Most digits that are taken.
    #[schemars(range(min = 1, max = 50))]
    pub(crate) digits_max: u32,
    /// Longest silence before the first digit.
    #[serde(default = "silence_seconds")]
    #[schemars(range(min = 1, max = 300))]
    pub(crate) silence_seconds: u64,
    /// The digits are a secret, such as a card number: recording, transcription and streaming pause, and nothing but the
    /// count of digits is ever written.
    #[serde(default)]
    pub(crate) sensitive: bool,
}

/// Live transcription and media streaming.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Media {
    /// Live transcription.
    #[serde(default)]
    pub(crate) transcription: Option<Transcription>,
    /// Media streaming.
    #[serde(default)]
    pub(crate) streaming: Option<Streaming>,
    /// Endpoint of the speech service. Transcription needs it.
    #[serde(default)]
    pub(crate) cognitive_services_endpoint: Option<String>,
}

/// Live transcription.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transcription {
    /// WebSocket (`wss://…`) that receives the text.
    pub(crate) transport_url: String,
    /// Language with region, `en-US`.
    pub(crate) locale: String,
}

/// Media streaming.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Streaming {
    /// WebSocket (`wss://…`) that receives the audio.
    pub(crate) transport_url: String,
}

fn prompts_directory() -> String {
    "prompts".to_owned()
}

fn silence_seconds() -> u64 {
    5
}
