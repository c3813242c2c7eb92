//! Questions to plugins and their verdicts, in core types. The plugin host turns them into the
//! packed rows of a contract version and back.

use crate::ids::{
    AgentId, CallId, Millis, PluginId, QuestionId, QueueId, ResourceAccountId, SkillId, Symbol,
};
use serde::{Deserialize, Serialize};

/// A place where a plugin may decide.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecisionPoint {
    /// Ranks agents for a contact.
    SkillMatch,
    /// Ranks waiting contacts for a free agent.
    ContactSelect,
    /// Chooses which endpoints of an agent ring, in which order, for how long.
    EndpointSelect,
    /// Starts, stops, pauses and resumes recording.
    RecordingPolicy,
    /// Chooses the queue of a new call, its priority and what its agent must have.
    Classify,
}

impl DecisionPoint {
    /// All decision points, in a fixed order.
    pub const ALL: [Self; 5] = [
        Self::SkillMatch,
        Self::ContactSelect,
        Self::EndpointSelect,
        Self::RecordingPolicy,
        Self::Classify,
    ];

    /// Returns the name used in configuration, records and the plugin contract.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SkillMatch => "skill-match",
            Self::ContactSelect => "contact-select",
            Self::EndpointSelect => "endpoint-select",
            Self::RecordingPolicy => "recording-policy",
            Self::Classify => "classify",
        }
    }
}

/// A question to a plugin. Asking is pure: it does not wait for the journal.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Ask {
    /// Comes back with the verdict.
    pub question: QuestionId,
    /// The call that the question is about; for `contact-select` the call at the head of the pool.
    pub call: CallId,
    /// The plugin slot to ask.
    pub plugin: PluginId,
    /// The moment of the decision, the plugin's only clock (ms since the Unix epoch).
    pub now: u64,
    /// The plugin's only randomness; derived from the question id, so a replay gives it again.
    pub seed: u64,
    /// What the plugin left at its last decision for this queue, at most [`MEMO_MAX`] bytes.
    #[serde(default)]
    pub memo: Vec<u8>,
    /// The facts.
    pub facts: Facts,
}

impl Ask {
    /// The decision point that the facts belong to.
    #[must_use]
    pub fn point(&self) -> DecisionPoint {
        match self.facts {
            Facts::SkillMatch(_) => DecisionPoint::SkillMatch,
            Facts::ContactSelect(_) => DecisionPoint::ContactSelect,
            Facts::EndpointSelect(_) => DecisionPoint::EndpointSelect,
            Facts::RecordingPolicy(_) => DecisionPoint::RecordingPolicy,
            Facts::Classify(_) => DecisionPoint::Classify,
        }
    }
}

/// Largest memo of a plugin for one queue, in bytes.
pub const MEMO_MAX: usize = 4_096;

/// The facts of a question, one variant per decision point.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Facts {
    /// For [`DecisionPoint::SkillMatch`].
    SkillMatch(SkillMatchFacts),
    /// For [`DecisionPoint::ContactSelect`].
    ContactSelect(ContactSelectFacts),
    /// For [`DecisionPoint::EndpointSelect`].
    EndpointSelect(EndpointSelectFacts),
    /// For [`DecisionPoint::RecordingPolicy`].
    RecordingPolicy(RecordingFacts),
    /// For [`DecisionPoint::Classify`].
    Classify(ClassifyFacts),
}

/// What is known of a waiting contact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ContactFacts {
    /// The call of the contact.
    pub call: CallId,
    /// The queue that it waits in.
    pub queue: QueueId,
    /// How long it has waited, from the place that it keeps across queues.
    pub waited: Millis,
    /// Its priority, larger is more urgent, -1000 to 1000.
    pub priority: i32,
    /// How many offers it has had.
    pub attempt: u32,
    /// Labels of the contact as pairs of key and value.
    #[serde(default)]
    pub labels: Vec<(Symbol, Symbol)>,
}

/// A skill that a contact requires.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Requirement {
    /// The skill.
    pub skill: SkillId,
    /// The lowest level that will do, 1 to 100.
    pub minimum: u8,
    /// `true`: agents without it are no candidates. `false`: only a wish, told to the plugin.
    pub required: bool,
    /// How long after queueing the requirement holds; `None` is for ever.
    #[serde(default)]
    pub expires_after: Option<Millis>,
}

/// Facts for `skill-match`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SkillMatchFacts {
    /// The contact to find an agent for.
    pub contact: ContactFacts,
    /// The requirements in force.
    pub requirements: Vec<Requirement>,
    /// The candidates in native order, already filtered by the required requirements.
    pub candidates: Vec<AgentRow>,
    /// Skill levels, row by row: one per candidate and requirement, 0 where the agent lacks it.
    pub levels: Vec<u8>,
}

/// One candidate of a `skill-match` question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AgentRow {
    /// The agent.
    pub agent: AgentId,
    /// How long the agent has been idle.
    pub idle: Millis,
    /// The order of the routing group through which the agent serves the queue, 0 first.
    pub group_order: u32,
    /// Contacts that the agent has handled since this tenant's journal began.
    pub contacts_handled: u32,
}

/// Facts for `contact-select`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ContactSelectFacts {
    /// The free agent.
    pub agent: AgentRow,
    /// Contacts that this agent may serve, in native order.
    pub contacts: Vec<ContactFacts>,
}

/// Facts for `endpoint-select`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EndpointSelectFacts {
    /// The contact that is offered.
    pub contact: ContactFacts,
    /// The agent that it is offered to.
    pub agent: AgentId,
    /// The endpoints of the agent in the order of the configuration.
    pub endpoints: Vec<EndpointRow>,
}

/// One endpoint of an `endpoint-select` question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EndpointRow {
    /// What rings.
    pub kind: EndpointKind,
    /// Whether the endpoint can be expected to ring.
    pub reach: Reach,
    /// Whether the agent answered the previous contact here.
    pub answered_last: bool,
}

/// What kind of device rings. The first number is its code in plugin rows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointKind {
    /// 0: the Teams client (persona Teams).
    TeamsClient,
    /// 1: a Calling SDK client (persona CCaaS).
    CallingSdk,
    /// 2: a phone number. An answer there is not yet a person and is confirmed.
    Pstn,
}

/// Whether an endpoint can be expected to ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// 0: nothing is known.
    Unknown,
    /// 1: registered and free.
    Available,
    /// 2: busy.
    Busy,
    /// 3: not registered.
    Offline,
}

/// Facts for `recording-policy`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecordingFacts {
    /// The contact.
    pub contact: ContactFacts,
    /// Why the question is asked.
    pub moment: RecordingMoment,
    /// What the caller said to being recorded.
    pub consent: Consent,
    /// Whether the law requires a recording on this queue.
    pub legally_required: bool,
    /// What the recording does at the moment.
    pub state: RecordingFactState,
}

/// Why a `recording-policy` question is asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordingMoment {
    /// 0: caller and agent are connected.
    Connected,
    /// 1: a payment menu is about to begin.
    PaymentStarted,
    /// 2: the payment menu is over.
    PaymentEnded,
    /// 3: the caller gave or refused consent.
    ConsentChanged,
}

/// What the caller said to being recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// 0: was not asked or did not say.
    #[default]
    Unknown,
    /// 1: agreed.
    Given,
    /// 2: refused.
    Refused,
}

/// What a recording does, as told to the policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordingFactState {
    /// 0: nothing is recorded.
    Off,
    /// 1: it records.
    Active,
    /// 2: it is paused.
    Paused,
}

/// Facts for `classify`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClassifyFacts {
    /// The contact; its queue is the one that the menu or the line chose.
    pub contact: ContactFacts,
    /// The line that was called.
    pub line: ResourceAccountId,
    /// The menu's digit that chose the queue; none where the caller chose nothing.
    #[serde(default)]
    pub digit: Option<char>,
    /// What the caller said to being recorded.
    pub consent: Consent,
    /// From where the caller calls.
    pub caller: CallerKind,
    /// The queues to choose from: the one that the menu or the line chose, then the others in the
    /// order of their numbers, at most [`QUEUE_ROWS_MAX`].
    pub queues: Vec<QueueRow>,
}

/// Most queues of one `classify` question.
pub const QUEUE_ROWS_MAX: usize = 1_024;

/// One queue of a `classify` question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QueueRow {
    /// The queue.
    pub queue: QueueId,
    /// Callers who wait in it, offers included.
    pub waiting: u32,
    /// It takes callers at this moment, by its hours and its supervisors.
    pub open: bool,
    /// Somebody who serves it is logged in, free or not.
    pub staffed: bool,
}

/// From where a caller calls. The first number is its code in plugin rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallerKind {
    /// 0: none of the others.
    Other,
    /// 1: a phone number.
    PhoneNumber,
    /// 2: a phone that withholds its number.
    WithheldNumber,
    /// 3: a person in Teams.
    TeamsUser,
}

/// What a plugin answered: advice, or the reason why there is none.
pub type PluginResult = Result<Advice, PluginFailure>;

/// A plugin's answer to a question, already checked against the contract's limits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// The question.
    pub question: QuestionId,
    /// The answer.
    pub result: PluginResult,
    /// What the plugin wants to find at its next decision for this queue.
    #[serde(default)]
    pub memo: Option<Vec<u8>>,
}

/// Advice of a plugin, one variant per decision point. The core checks it against the state at
/// hand before it acts on it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Advice {
    /// Candidates, best first; those left out are not to be offered.
    SkillMatch(Vec<Ranked>),
    /// Contacts, best first.
    ContactSelect(Vec<Ranked>),
    /// Rings of endpoints.
    EndpointSelect(Vec<Ring>),
    /// What to do about recording.
    RecordingPolicy(RecordingAdvice),
    /// The queue of a new call.
    Classify(Classification),
}

/// A row of a ranking.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ranked {
    /// Index into the rows of the question.
    pub index: u32,
    /// The plugin's score, for the decision record.
    pub score: i32,
    /// Reason code of the plugin's own catalogue, 0 for none.
    pub reason: u32,
}

/// One endpoint that shall ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ring {
    /// Index into the endpoints of the question.
    pub endpoint: u32,
    /// Endpoints of the same stage ring at once; stage 0 rings first.
    pub stage: u32,
    /// How long it rings.
    pub ring: Millis,
}

/// What a recording policy wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecordingAdvice {
    /// What to do.
    pub action: RecordingAction,
    /// File format when recording starts.
    pub format: RecordingFormat,
    /// Channels when recording starts.
    pub channels: RecordingChannels,
    /// How long the file is to be kept, in days; 0 leaves it to the tenant.
    pub retention_days: u32,
    /// A pause also stops transcription, a resume starts it again.
    pub with_transcription: bool,
    /// A pause also stops media streaming, a resume starts it again.
    pub with_streaming: bool,
    /// Reason code of the plugin's own catalogue, 0 for none.
    pub reason: u32,
}

/// An action on a recording. The first number is its code in plugin rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordingAction {
    /// 0: leave it as it is.
    None,
    /// 1: start.
    Start,
    /// 2: stop for good.
    Stop,
    /// 3: pause.
    Pause,
    /// 4: resume.
    Resume,
}

/// File format of a recording. The first number is its code in plugin rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordingFormat {
    /// 0: WAV, the only one that Teams Phone extensibility documents.
    #[default]
    Wav,
    /// 1: MP3, mixed audio only.
    Mp3,
    /// 2: MP4, for audio with video.
    Mp4,
}

/// Channels of a recording. The first number is its code in plugin rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordingChannels {
    /// 0: one channel with all parties.
    #[default]
    Mixed,
    /// 1: a channel for each party, WAV only.
    Unmixed,
}

/// The queue of a new call, and what holds for its contact from then on, wherever it waits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Classification {
    /// Index into the queues of the question.
    pub queue: u32,
    /// Added to the priority of the queue, -[`PRIORITY_MAX`] to [`PRIORITY_MAX`].
    pub priority: i32,
    /// What the contact's agent must have beside what the queue requires, at most
    /// [`OWN_REQUIREMENTS_MAX`].
    pub requirements: Vec<Requirement>,
    /// Reason code of the plugin's own catalogue, 0 for none.
    pub reason: u32,
}

/// Largest number that a plugin may add to, or take from, the priority of a queue.
pub const PRIORITY_MAX: i32 = 1_000;

/// Most requirements that a plugin may give a contact.
pub const OWN_REQUIREMENTS_MAX: usize = 8;

/// Highest level of a skill.
pub const LEVEL_MAX: u8 = 100;

/// Why a plugin gave no advice. Each decision point meets each of them with its fallback.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PluginFailure {
    /// The guest trapped.
    Trap,
    /// The time was up, or no answer came at all.
    Deadline,
    /// The guest wanted more memory than it may have.
    Memory,
    /// The answer broke the contract.
    BadOutput,
    /// The queue of the workers was full, or the breaker is open.
    Overload,
    /// No plugin is loaded in the slot.
    NotLoaded,
    /// The plugin left the decision to the native rule.
    Abstain,
}
