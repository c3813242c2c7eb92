//! What every party of a simulation experienced, and when.
//!
//! The ledger holds facts, not judgements: [`crate::figures`] draws those from it. Instants are milliseconds of the simulator's
//! clock since the Unix epoch; a [`Moment`] has, besides, the real time, which passes while a warped clock stands still.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::script::{Fate, Phase, RawId, Role};

/// Everything that happened, up to [`Ledger::at`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ledger {
    /// The seed that all randomness comes from.
    pub seed: u64,
    /// When this copy was taken. What has no end yet lasts until here.
    pub at: Moment,
    /// The callers in the order in which they were placed.
    pub callers: Vec<CallerRecord>,
    /// The endpoints of agents and others, by raw id.
    pub endpoints: Vec<EndpointRecord>,
    /// The answered calls in the order of their answers.
    pub calls: Vec<CallRecord>,
    /// How often each operation was answered with each status; operations by their name in the REST interface.
    pub requests: BTreeMap<String, BTreeMap<u16, u64>>,
    /// Callback events that the application did not take, after all attempts.
    pub events_undelivered: u64,
}

/// An instant in both times.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Moment {
    /// Milliseconds since the Unix epoch by the simulator's clock.
    pub at_ms: u64,
    /// Microseconds since the start of the simulator by a real, monotonic clock.
    pub real_us: u64,
}

/// One caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallerRecord {
    /// The name in the script.
    pub name: String,
    /// Their own number.
    pub from: RawId,
    /// Whom they dialled.
    pub dials: RawId,
    /// How the script allows the call to end.
    pub allowed_fates: BTreeSet<Fate>,
    /// When they dialled; absent as long as they have not.
    pub dialled: Option<Moment>,
    /// Deliveries of the IncomingCall event, retries included.
    pub deliveries: Vec<Delivery>,
    /// Requests to answer this call.
    pub answers: Vec<AnswerRequest>,
    /// The call connection, once answered.
    pub call: Option<String>,
    /// When the call was answered.
    pub answered_ms: Option<u64>,
    /// What they heard, from the answer to the end, without a gap.
    pub heard: Vec<Heard>,
    /// What they pressed.
    pub pressed: Vec<Pressed>,
    /// How the last person that they talked to left the call, if that was before them.
    pub parted: Option<Left>,
    /// How it ended.
    pub end: Option<CallerEnd>,
}

/// One POST of an IncomingCall event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delivery {
    /// When it was sent.
    pub posted: Moment,
    /// When the answer was there, or the attempt was given up.
    pub finished: Option<Moment>,
    /// The status of the answer; absent if there was none.
    pub status: Option<u16>,
}

impl Delivery {
    /// Whether the application acknowledged: 200 to 204.
    #[must_use]
    pub fn is_acknowledged(&self) -> bool {
        matches!(self.status, Some(200..=204))
    }
}

/// One request to answer a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerRequest {
    /// The repeatability request id; two requests with one id are one.
    pub request_id: String,
    /// When it was received.
    pub received: Moment,
    /// The status it was answered with.
    pub status: u16,
}

/// How a call ended for its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallerEnd {
    /// When.
    pub at_ms: u64,
    /// By whom.
    pub by: EndedBy,
    /// How far the call had come.
    pub phase: Phase,
}

/// Who ended a call, or a party's part in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The party itself.
    Party,
    /// The application: it hung up, ended the call or removed the party.
    Service,
    /// The application refused the call.
    Rejection,
    /// Nobody answered for the whole ring time.
    RingTime,
    /// Everybody else had left.
    Others,
}

/// What a party heard for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Heard {
    /// From when.
    pub from_ms: u64,
    /// Until when; absent while it lasts.
    pub to_ms: Option<u64>,
    /// What.
    pub what: Sound,
}

/// What a party can hear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "sound", rename_all = "snake_case")]
pub enum Sound {
    /// Nothing at all.
    Silence,
    /// A prompt or music.
    Prompt {
        /// Its address.
        uri: String,
        /// Whether it is played in a loop.
        repeats: bool,
    },
    /// The service waits for keys: it is the party's turn.
    Turn,
    /// Another party of the call.
    Voice {
        /// Who.
        of: RawId,
        /// What kind of party.
        kind: VoiceKind,
    },
    /// Their own voice: they leave a message.
    OwnMessage,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VoiceKind {
    /// The caller.
    Caller,
    /// An agent in person.
    Agent,
    /// A voicemail that picked up an agent's call.
    Voicemail,
    /// Somebody outside.
    Outside,
}

/// Keys that a party pressed at one request for digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pressed {
    /// When the first key was pressed.
    pub from_ms: u64,
    /// When the last key was pressed.
    pub to_ms: u64,
    /// How many keys.
    pub count: usize,
    /// Which keys; absent for a card number.
    pub keys: Option<String>,
}

/// One endpoint of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EndpointRecord {
    /// The raw id.
    pub identifier: RawId,
    /// Whose it is.
    pub person: String,
    /// Agent or somebody outside.
    pub role: Role,
    /// Each time it was rung.
    pub rings: Vec<RingRecord>,
}

/// One invitation of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RingRecord {
    /// The call connection.
    pub call: String,
    /// The invitation.
    pub invitation: String,
    /// Other calls for which the same person was still being rung, on any endpoint, when this began. Instants alone do not tell:
    /// a warped clock stands still while requests are under way.
    pub still_rung_for: BTreeSet<String>,
    /// From when it rang.
    pub from_ms: u64,
    /// Until when; absent while it rings.
    pub to_ms: Option<u64>,
    /// How long it was to ring at most.
    pub invitation_ms: u64,
    /// How the ringing ended; absent while it rings.
    pub outcome: Option<RingOutcome>,
    /// Whether a machine answered.
    pub voicemail: bool,
    /// What was heard after the answer.
    pub heard: Vec<Heard>,
    /// What was pressed after the answer.
    pub pressed: Vec<Pressed>,
    /// When keys were accepted as a confirmation by a request for digits.
    pub confirmed_ms: Option<u64>,
    /// When and by whom the party's part in the call was ended.
    pub left: Option<Left>,
}

/// How ringing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RingOutcome {
    /// Answered, by a person or a machine.
    Answered,
    /// The person declined.
    Declined,
    /// It rang for the whole invitation time.
    RangOut,
    /// The application withdrew the invitation.
    Cancelled,
    /// The call ended first.
    CallEnded,
}

/// The end of a party's part in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Left {
    /// When.
    pub at_ms: u64,
    /// By whom.
    pub by: EndedBy,
}

/// One answered call, as the service keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallRecord {
    /// The call connection.
    pub id: String,
    /// The caller's name.
    pub caller: String,
    /// When it was answered.
    pub answered_ms: u64,
    /// Request ids of the accepted answers, each once.
    pub answers_accepted: BTreeSet<String>,
    /// Everyone who was in the call.
    pub participants: Vec<ParticipantRecord>,
    /// The recordings in the order of their start.
    pub recordings: Vec<RecordingRecord>,
    /// When transcription ran.
    pub transcribed: Vec<Span>,
    /// When media streaming ran.
    pub streamed: Vec<Span>,
    /// When the application was told that the call is over.
    pub disconnected: Option<Disconnected>,
}

/// One party's time in a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ParticipantRecord {
    /// Who.
    pub identifier: RawId,
    /// From when.
    pub joined_ms: u64,
    /// The end of it.
    pub left: Option<Left>,
}

/// One recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordingRecord {
    /// Its id.
    pub id: String,
    /// When it was started.
    pub started_ms: u64,
    /// When it was stopped, by request or by the end of the call.
    pub stopped_ms: Option<u64>,
    /// When it was active; the gaps are pauses.
    pub active: Vec<Span>,
}

/// An interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// From when.
    pub from_ms: u64,
    /// Until when; absent while it lasts.
    pub to_ms: Option<u64>,
}

/// The end of the application's part in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Disconnected {
    /// When.
    pub at_ms: u64,
    /// The code of the result.
    pub code: i64,
    /// The sub-code of the result.
    pub sub_code: i64,
}

impl Span {
    /// An interval that begins now.
    #[must_use]
    pub fn from(from_ms: u64) -> Span {
        Span {
            from_ms,
            to_ms: None,
        }
    }
}

/// Opens an interval at the end of `spans` unless one is open.
pub(crate) fn open_span(spans: &mut Vec<Span>, at_ms: u64) {
    if spans.last().is_none_or(|span| span.to_ms.is_some()) {
        spans.push(Span::from(at_ms));
    }
}

/// Closes the interval at the end of `spans` if it is open.
pub(crate) fn close_span(spans: &mut [Span], at_ms: u64) {
    if let Some(span) = spans.last_mut() {
        span.to_ms.get_or_insert(at_ms);
    }
}

/// Ends what is being heard.
pub(crate) fn close_heard(heard: &mut Vec<Heard>, at_ms: u64) {
    let Some(last) = heard.last_mut() else { return };
    if last.to_ms.is_none() {
        if last.from_ms == at_ms {
            heard.pop();
        } else {
            last.to_ms = Some(at_ms);
        }
    }
}

/// Begins to hear something. False if it is heard already. What lasted for no time at all leaves no trace.
pub(crate) fn hear(heard: &mut Vec<Heard>, at_ms: u64, what: Sound) -> bool {
    if heard
        .last()
        .is_some_and(|last| last.to_ms.is_none() && last.what == what)
    {
        return false;
    }
    close_heard(heard, at_ms);
    match heard.last_mut() {
        Some(last) if last.to_ms == Some(at_ms) && last.what == what => last.to_ms = None,
        _ => heard.push(Heard {
            from_ms: at_ms,
            to_ms: None,
            what,
        }),
    }
    true
}
