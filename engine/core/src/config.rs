//! The compiled configuration of a tenant: what the JSON text says, with names interned and
//! every reference checked. It reaches the core as an input; a call keeps the one it began with
//! for its flow, menus and time-outs, while agents, skills, groups and hours are live.

use crate::hours::Hours;
use crate::ids::{
    AgentId, CodeId, CollectionId, GroupId, Millis, PluginId, PromptId, QueueId, ResourceAccountId,
    SkillId, Symbol,
};
use crate::participant::Participant;
use crate::question::{EndpointKind, RecordingChannels, RecordingFormat, Requirement};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A configuration, compiled.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Config {
    /// SHA-256 of the text it was compiled from, in hexadecimal.
    pub digest: String,
    /// The tenant's name.
    pub tenant: String,
    /// All names that ever had a number in this tenant.
    pub symbols: Symbols,
    /// Who can be called, and the flow that answers.
    pub resource_accounts: BTreeMap<ResourceAccountId, ResourceAccount>,
    /// The queues.
    pub queues: BTreeMap<QueueId, Arc<Queue>>,
    /// The routing groups with their members.
    pub groups: BTreeMap<GroupId, Vec<AgentId>>,
    /// The agents.
    pub agents: BTreeMap<AgentId, AgentProfile>,
    /// The prompts with their length.
    pub prompts: BTreeMap<PromptId, Prompt>,
    /// Digit collections that an agent can start.
    pub collections: BTreeMap<CollectionId, Collection>,
    /// Not-ready reasons that agents may give.
    pub not_ready_reasons: Vec<CodeId>,
    /// Dispositions that agents may give.
    pub dispositions: Vec<CodeId>,
    /// The prompt that asks the person behind an answered phone number to press 1.
    pub confirm_prompt: PromptId,
    /// Deadlines of remote operations and other waits.
    pub timeouts: Timeouts,
    /// Named limits.
    pub limits: Limits,
    /// After this time without a sign of life of its desktop an agent goes offline.
    #[serde(default)]
    pub agent_lease: Option<Millis>,
    /// Transcription and media streaming that calls are answered with.
    #[serde(default)]
    pub media: MediaOptions,
}

impl Config {
    /// Finds the account that a call is for; none when it is not for us.
    #[must_use]
    pub fn account_of(&self, to: &Participant) -> Option<ResourceAccountId> {
        self.resource_accounts
            .iter()
            .find(|(_, account)| account.identity.is_same_party(to))
            .map(|(id, _)| *id)
    }
}

/// Names and their numbers. Numbers are only ever added.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Symbols(Vec<String>);

impl Symbols {
    /// Returns the number of a name, giving it one when it has none.
    pub fn intern(&mut self, name: &str) -> Symbol {
        if let Some(symbol) = self.find(name) {
            return symbol;
        }
        let number = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.push(name.to_owned());
        Symbol(number)
    }

    /// Returns the number of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Symbol> {
        let index = self.0.iter().position(|known| known == name)?;
        u32::try_from(index).ok().map(Symbol)
    }

    /// Returns the name of a number, `?` for a number of another tenant.
    #[must_use]
    pub fn name(&self, symbol: Symbol) -> &str {
        let index = usize::try_from(symbol.0).unwrap_or(usize::MAX);
        self.0.get(index).map_or("?", String::as_str)
    }

    /// Tells whether a name has this number.
    #[must_use]
    pub fn has(&self, symbol: Symbol) -> bool {
        usize::try_from(symbol.0).is_ok_and(|index| index < self.0.len())
    }

    /// Returns all names in the order of their numbers.
    pub fn names(&self) -> impl Iterator<Item = (Symbol, &str)> {
        (0u32..).map(Symbol).zip(self.0.iter().map(String::as_str))
    }
}

/// A resource account and what answers its calls.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ResourceAccount {
    /// Its raw id (`28:orgid:…`) or number (`4:+…`), as an IncomingCall's `to` has it.
    pub identity: Participant,
    /// The greeting with its menu. Without one, callers go straight to `default_queue`.
    #[serde(default)]
    pub menu: Option<Menu>,
    /// The queue of callers who choose nothing.
    pub default_queue: QueueId,
    /// The plugin that may send a caller to another queue than the menu or `default_queue` does.
    #[serde(default)]
    pub classify: Option<PluginId>,
}

/// A one-level DTMF menu: the native rule of the `dialog` decision point.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Menu {
    /// Greeting and choices.
    pub prompt: PromptId,
    /// What each digit does.
    pub options: BTreeMap<char, MenuAction>,
    /// How often the prompt plays before the default queue is taken, 1 to 10.
    pub tries: u32,
    /// How long silence after the prompt may last, 1 s to 300 s.
    pub silence: Millis,
}

/// What a menu digit does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum MenuAction {
    /// Puts the caller into a queue.
    Queue(QueueId),
    /// Notes that the caller agrees to being recorded, and plays the menu again.
    GiveConsent,
    /// Notes that the caller refuses to be recorded, and plays the menu again.
    RefuseConsent,
    /// Plays the menu again.
    Repeat,
}

/// A queue.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Queue {
    /// When it is open.
    pub hours: Hours,
    /// Priority of its contacts, larger first.
    pub priority: i32,
    /// What agents must have.
    pub requirements: Vec<Requirement>,
    /// The groups that serve it.
    pub groups: Vec<Service>,
    /// Music for those who wait, played in a loop.
    pub music: PromptId,
    /// A message between the music.
    #[serde(default)]
    pub message: Option<PeriodicMessage>,
    /// How long a caller waits at most before `exits.max_wait` is taken.
    pub max_wait: Millis,
    /// The ways out.
    pub exits: Exits,
    /// How long an agent is rung when no plugin says otherwise, below the voicemail's pick-up time.
    pub ring: Millis,
    /// Native order of an agent's endpoints: at once, or one after the other.
    pub ring_together: bool,
    /// How long an agent has for wrap-up; zero for none.
    pub wrap_up: Millis,
    /// The plugin that ranks agents.
    #[serde(default)]
    pub skill_match: Option<PluginId>,
    /// The plugin that ranks contacts.
    #[serde(default)]
    pub contact_select: Option<PluginId>,
    /// The plugin that chooses endpoints.
    #[serde(default)]
    pub endpoint_select: Option<PluginId>,
    /// Recording.
    pub recording: RecordingRule,
}

/// A routing group that serves a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Service {
    /// The group.
    pub group: GroupId,
    /// 0 is asked first.
    pub order: u32,
    /// The group joins in once a contact has waited this long.
    pub delay: Millis,
}

/// A message that interrupts the music.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PeriodicMessage {
    /// What is said.
    pub prompt: PromptId,
    /// Time from one to the next.
    pub every: Millis,
}

/// The ways out of a queue.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Exits {
    /// The caller has waited for the queue's longest time.
    pub max_wait: Exit,
    /// No agent who could serve the caller is logged in.
    pub no_agents: Exit,
    /// The queue is closed, by hours or by a supervisor.
    pub closed: Exit,
}

/// A way out of a queue.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(from = "StoredExit")]
pub enum Exit {
    /// A message, then the call ends.
    Message(PromptId),
    /// Another queue; the place is kept.
    Queue(QueueId),
    /// A phone number or other party is added; we stay in the call.
    Number {
        /// Who is added.
        who: Participant,
        /// What happens when they are busy or do not answer. Without it the caller is hung up on.
        #[serde(default)]
        otherwise: Option<Box<Exit>>,
    },
    /// A greeting, then what the caller says is recorded.
    Voicemail {
        /// The greeting.
        greeting: PromptId,
        /// The longest message.
        length_max: Millis,
    },
}

/// An exit as journals hold it. In those of before an exit's number was the party alone.
#[derive(Deserialize)]
enum StoredExit {
    Message(PromptId),
    Queue(QueueId),
    Number(StoredNumber),
    Voicemail {
        greeting: PromptId,
        length_max: Millis,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum StoredNumber {
    Alone(Participant),
    WithAnother {
        who: Participant,
        #[serde(default)]
        otherwise: Option<Box<Exit>>,
    },
}

impl From<StoredExit> for Exit {
    fn from(stored: StoredExit) -> Self {
        match stored {
            StoredExit::Message(prompt) => Self::Message(prompt),
            StoredExit::Queue(queue) => Self::Queue(queue),
            StoredExit::Number(StoredNumber::Alone(who)) => Self::Number {
                who,
                otherwise: None,
            },
            StoredExit::Number(StoredNumber::WithAnother { who, otherwise }) => {
                Self::Number { who, otherwise }
            }
            StoredExit::Voicemail {
                greeting,
                length_max,
            } => Self::Voicemail {
                greeting,
                length_max,
            },
        }
    }
}

/// Recording of a queue's conversations.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RecordingRule {
    /// The plugin that decides.
    #[serde(default)]
    pub policy: Option<PluginId>,
    /// What happens without a plugin or when it fails: record or not.
    pub by_default: bool,
    /// The law requires it: no policy can leave it out or stop it (a pause for payment is allowed).
    pub legally_required: bool,
    /// File format by default.
    pub format: RecordingFormat,
    /// Channels by default.
    pub channels: RecordingChannels,
}

/// An agent as configured.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AgentProfile {
    /// Name for people.
    pub display_name: String,
    /// Skills and their level, 1 to 100.
    pub skills: BTreeMap<SkillId, u8>,
    /// Where the agent can be rung, in order of preference; at least one.
    pub endpoints: Vec<Endpoint>,
}

/// A place where an agent can be rung.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Endpoint {
    /// What rings.
    pub kind: EndpointKind,
    /// Whom to add to the call.
    pub participant: Participant,
}

/// An audio file that the engine serves.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Prompt {
    /// Path below the prompt root, as the service fetches it.
    pub path: String,
    /// How long it plays.
    pub length: Millis,
}

/// A digit collection that an agent can start on a live call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Collection {
    /// What the caller hears first.
    pub prompt: PromptId,
    /// Most digits, 1 to 50.
    pub digits_max: u32,
    /// Longest silence before the first digit.
    pub silence: Millis,
    /// `true` for card numbers: recording, transcription and streaming pause, and nothing but the
    /// count of digits is ever written.
    pub sensitive: bool,
}

/// What calls are answered with besides audio.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct MediaOptions {
    /// Live transcription, running from the start.
    #[serde(default)]
    pub transcription: Option<TranscriptionOptions>,
    /// Media streaming, running from the start.
    #[serde(default)]
    pub streaming: Option<StreamingOptions>,
    /// Endpoint of the speech service, needed by transcription.
    #[serde(default)]
    pub cognitive_services_endpoint: Option<String>,
}

/// Live transcription.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TranscriptionOptions {
    /// WebSocket that receives it.
    pub transport_url: String,
    /// Language with region, `en-US`.
    pub locale: String,
}

/// Media streaming.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StreamingOptions {
    /// WebSocket that receives the audio.
    pub transport_url: String,
}

/// Deadlines. After each, the operation counts as failed and the call goes on without it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Timeouts {
    /// From IncomingCall to the answer's outcome; callers ring for 30 s at most.
    pub answer: Millis,
    /// From an accepted answer to CallConnected.
    pub connect: Millis,
    /// For the outcome of any other request.
    pub request: Millis,
    /// From an accepted request to its event, on top of what the operation itself takes.
    pub event: Millis,
    /// For a plugin's verdict.
    pub verdict: Millis,
    /// From hang-up to CallDisconnected.
    pub hang_up: Millis,
    /// Waits before music is tried again after it failed.
    pub music_retry: Millis,
    /// For the person behind a phone number to press 1.
    pub confirm: Millis,
    /// An IncomingCall older than this is stale: nobody rings any more.
    pub incoming_call_age: Millis,
    /// A queued caller whom nobody who is logged in could serve leaves after this time.
    pub no_agents: Millis,
    /// A live call without a sign of life for this long is asked about.
    pub silent_call: Millis,
    /// For so long after a restart nobody who waited through it leaves their queue by the exits `max_wait` and `no_agents`:
    /// agents who have become free meanwhile are known to be only after the looks.
    #[serde(default = "Timeouts::default_restart_grace")]
    pub restart_grace: Millis,
}

impl Timeouts {
    /// Longer than it takes to ask about ten thousand calls.
    fn default_restart_grace() -> Millis {
        Millis::from_secs(60)
    }
}

impl Default for Timeouts {
    /// Defaults that keep a caller below Event Grid's first retry and the ring time of 30 s.
    fn default() -> Self {
        Self {
            answer: Millis::from_secs(20),
            connect: Millis::from_secs(15),
            request: Millis::from_secs(10),
            event: Millis::from_secs(10),
            verdict: Millis::from_secs(1),
            hang_up: Millis::from_secs(10),
            music_retry: Millis::from_secs(1),
            confirm: Millis::from_secs(10),
            incoming_call_age: Millis::from_secs(28),
            no_agents: Millis::from_secs(30),
            silent_call: Millis::from_secs(1_800),
            restart_grace: Self::default_restart_grace(),
        }
    }
}

/// Named limits of a tenant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Calls that live at the same time; one more is rejected as busy.
    pub calls_max: u32,
    /// Callers in one queue; one more takes the queue's `max_wait` exit.
    pub queue_length_max: u32,
    /// Candidates of one question to a plugin.
    pub candidates_max: u32,
    /// Offers of one contact before its queue's `max_wait` exit is taken.
    pub offers_max: u32,
    /// Moves of one contact from queue to queue by exits; one more ends the call.
    pub queue_moves_max: u32,
    /// Inbound event ids remembered for recognising duplicates.
    pub event_ids_max: u32,
    /// Ended calls remembered.
    pub ended_calls_max: u32,
    /// Parties of one call.
    pub legs_max: u32,
    /// Tries of one media, removal or hang-up operation one right after the other; further ones wait longer each time.
    pub tries_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls_max: 10_000,
            queue_length_max: 1_000,
            candidates_max: 64,
            offers_max: 20,
            queue_moves_max: 5,
            event_ids_max: 50_000,
            ended_calls_max: 1_000,
            legs_max: 10,
            tries_max: 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_numbers() {
        let mut symbols = Symbols::default();
        assert_eq!(symbols.intern("sales"), Symbol(0));
        assert_eq!(symbols.intern("support"), Symbol(1));
        assert_eq!(symbols.intern("sales"), Symbol(0));
        assert_eq!(symbols.find("support"), Symbol(1).into());
        assert_eq!(symbols.find("claims"), None);
        assert_eq!(symbols.name(Symbol(1)), "support");
        assert_eq!(symbols.name(Symbol(2)), "?");
        assert!(symbols.has(Symbol(1)) && !symbols.has(Symbol(2)));
        let names: Vec<(Symbol, &str)> = symbols.names().collect();
        assert_eq!(names, [(Symbol(0), "sales"), (Symbol(1), "support")]);
    }

    /// A caller rings for 30 s at most; Event Grid sends an IncomingCall again after 10 s.
    #[test]
    fn by_default_a_caller_is_answered_or_given_up_while_the_phone_rings() {
        let timeouts = Timeouts::default();
        assert!(timeouts.answer < Millis::from_secs(30));
        assert!(timeouts.incoming_call_age < Millis::from_secs(30));
        assert!(timeouts.incoming_call_age > Millis::from_secs(10));
    }
}
