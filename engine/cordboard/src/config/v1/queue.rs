//! Queues and menus.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A one-level menu: a prompt, and what each digit does.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Menu {
    /// Greeting and choices.
    pub(crate) prompt: String,
    /// What each digit (`0` to `9`, `*`, `A` to `D`) does. `#` ends an input and cannot be a choice.
    pub(crate) options: BTreeMap<String, MenuStep>,
    /// How often the prompt plays before the account's default queue is taken.
    #[serde(default = "tries")]
    #[schemars(range(min = 1, max = 10))]
    pub(crate) tries: u32,
    /// How long the caller may stay silent after the prompt.
    #[serde(default = "silence_seconds")]
    #[schemars(range(min = 1, max = 300))]
    pub(crate) silence_seconds: u64,
}

/// What a menu digit does. Exactly one of the members.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub(crate) struct MenuStep {
    /// Puts the caller into this queue.
    #[serde(default)]
    pub(crate) queue: Option<String>,
    /// Notes what the caller says to being recorded, and plays the menu again.
    #[serde(default)]
    pub(crate) consent: Option<ConsentAnswer>,
    /// `true`: plays the menu again.
    #[serde(default)]
    #[schemars(extend("const" = true))]
    pub(crate) repeat: Option<bool>,
}

/// What a caller says to being recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ConsentAnswer {
    /// Agrees.
    Given,
    /// Refuses.
    Refused,
}

/// A queue.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Queue {
    /// When it is open. Without them it is always open.
    #[serde(default)]
    pub(crate) hours: Option<Hours>,
    /// Priority of its contacts, larger first.
    #[serde(default)]
    #[schemars(range(min = -1_000, max = 1_000))]
    pub(crate) priority: i32,
    /// What agents must or should have.
    #[serde(default)]
    pub(crate) requirements: Vec<Requirement>,
    /// The routing groups that serve it.
    #[schemars(length(min = 1, max = 64))]
    pub(crate) groups: Vec<Service>,
    /// Music for those who wait, played in a loop. Needed where the engine handles the media.
    #[serde(default)]
    pub(crate) music: Option<String>,
    /// A message between the music.
    #[serde(default)]
    pub(crate) message: Option<Message>,
    /// How long a caller waits at most before `exits.max_wait` is taken.
    #[schemars(range(min = 1, max = 86_400))]
    pub(crate) max_wait_seconds: u64,
    /// The ways out: every queue has all three.
    pub(crate) exits: Exits,
    /// How long an agent is rung when no plugin says otherwise. Below `teams.voicemail_pickup_seconds`.
    #[serde(default = "ring_seconds")]
    #[schemars(range(min = 1, max = 120))]
    pub(crate) ring_seconds: u64,
    /// Whether an agent's endpoints ring at once when no plugin says otherwise, or one after the other.
    #[serde(default)]
    pub(crate) ring_together: bool,
    /// How long an agent has for wrap-up; 0 for none.
    #[serde(default)]
    #[schemars(range(max = 86_400))]
    pub(crate) wrap_up_seconds: u64,
    /// Plugin slot that ranks agents for a contact.
    #[serde(default)]
    pub(crate) skill_match: Option<String>,
    /// Plugin slot that ranks waiting contacts for a free agent.
    #[serde(default)]
    pub(crate) contact_select: Option<String>,
    /// Plugin slot that chooses which endpoints of an agent ring.
    #[serde(default)]
    pub(crate) endpoint_select: Option<String>,
    /// Recording of conversations. Without it nothing is recorded.
    #[serde(default)]
    pub(crate) recording: Recording,
}

/// Opening hours in a time zone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hours {
    /// IANA name of the time zone, `Europe/Warsaw`.
    pub(crate) time_zone: String,
    /// Open spans (`"09:00-17:00"`) of each day of the week.
    #[serde(default)]
    pub(crate) monday: Vec<String>,
    /// See `monday`.
    #[serde(default)]
    pub(crate) tuesday: Vec<String>,
    /// See `monday`.
    #[serde(default)]
    pub(crate) wednesday: Vec<String>,
    /// See `monday`.
    #[serde(default)]
    pub(crate) thursday: Vec<String>,
    /// See `monday`.
    #[serde(default)]
    pub(crate) friday: Vec<String>,
    /// See `monday`.
    #[serde(default)]
    pub(crate) saturday: Vec<String>,
    /// See `monday`.
    #[serde(default)]
    pub(crate) sunday: Vec<String>,
    /// Days (`"2026-12-25"`) on which it is closed.
    #[serde(default)]
    pub(crate) holidays: Vec<String>,
}

/// A skill that agents must or should have.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Requirement {
    /// The skill.
    pub(crate) skill: String,
    /// The lowest level that will do.
    #[serde(default = "minimum")]
    #[schemars(range(min = 1, max = 100))]
    pub(crate) minimum: u8,
    /// `true`: agents without it get no contact of this queue. `false`: only a wish, told to the plugin.
    #[serde(default = "required")]
    pub(crate) required: bool,
    /// The requirement is dropped once a contact has waited this long.
    #[serde(default)]
    #[schemars(range(min = 1, max = 86_400))]
    pub(crate) expires_after_seconds: Option<u64>,
}

/// A routing group that serves a queue.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    /// The group.
    pub(crate) group: String,
    /// Groups with 0 are asked first.
    #[serde(default)]
    #[schemars(range(max = 1_000))]
    pub(crate) order: u32,
    /// The group joins in once a contact has waited this long.
    #[serde(default)]
    #[schemars(range(max = 86_400))]
    pub(crate) delay_seconds: u64,
}

/// A message between the music.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Message {
    /// What is said.
    pub(crate) prompt: String,
    /// Time from one to the next.
    #[schemars(range(min = 5, max = 3_600))]
    pub(crate) every_seconds: u64,
}

/// The ways out of a queue.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exits {
    /// The caller has waited for `max_wait_seconds`.
    pub(crate) max_wait: Exit,
    /// No agent who could serve the caller is logged in.
    pub(crate) no_agents: Exit,
    /// The queue is closed, by its hours or by a supervisor.
    pub(crate) closed: Exit,
}

/// A way out of a queue. Exactly one of the members, and `otherwise` with `number`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 2))]
pub(crate) struct Exit {
    /// Plays this prompt and ends the call.
    #[serde(default)]
    pub(crate) message: Option<String>,
    /// Moves the caller to this queue, with the place kept.
    #[serde(default)]
    pub(crate) queue: Option<String>,
    /// Connects the caller to this phone number (E.164).
    #[serde(default)]
    pub(crate) number: Option<String>,
    /// Where the caller goes when the number is busy or does not answer: message, queue or voicemail. Without it the call ends.
    #[serde(default)]
    pub(crate) otherwise: Option<Box<Exit>>,
    /// Plays a greeting and records what the caller says.
    #[serde(default)]
    pub(crate) voicemail: Option<Voicemail>,
    /// `true`: the contact just ends. Only without `acs`, where your own program handles the media.
    #[serde(default)]
    #[schemars(extend("const" = true))]
    pub(crate) end: Option<bool>,
}

/// A voicemail box.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Voicemail {
    /// What the caller hears first.
    pub(crate) greeting: String,
    /// The longest message.
    #[serde(default = "voicemail_seconds")]
    #[schemars(range(min = 1, max = 600))]
    pub(crate) length_seconds: u64,
}

/// Recording of a queue's conversations.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Recording {
    /// Plugin slot that decides.
    pub(crate) policy: Option<String>,
    /// Whether to record when no plugin decides, or when it fails.
    pub(crate) by_default: bool,
    /// The law requires a recording: no policy can leave it out. A pause during a payment stays possible.
    pub(crate) legally_required: bool,
    /// File format when no plugin says otherwise.
    pub(crate) format: Format,
    /// Channels when no plugin says otherwise.
    pub(crate) channels: Channels,
}

/// File format of a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    /// The only one that Teams Phone extensibility documents.
    #[default]
    Wav,
    /// Mixed audio only.
    Mp3,
    /// For audio with video.
    Mp4,
}

/// Channels of a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Channels {
    /// One channel with all parties.
    #[default]
    Mixed,
    /// A channel for each party, WAV only.
    Unmixed,
}

fn tries() -> u32 {
    3
}

fn silence_seconds() -> u64 {
    5
}

/// Two seconds below the default pick-up of a Teams voicemail.
fn ring_seconds() -> u64 {
    18
}

fn minimum() -> u8 {
    1
}

fn required() -> bool {
    true
}

fn voicemail_seconds() -> u64 {
    120
}
