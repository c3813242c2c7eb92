//! What embedders and desktops are told.

use crate::decision::DecidedBy;
use crate::ids::{
    AgentId, CallId, CodeId, CollectionId, OfferId, PluginId, QueueId, ResourceAccountId, Timestamp,
};
use crate::question::{DecisionPoint, EndpointKind, PluginFailure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that happened. Events carry no secret; numbers of callers are masked, except in
/// [`Event::OfferIssued`], which goes to the agent who is to talk to the caller.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(
    tag = "event",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Event {
    /// A configuration is in force.
    ConfigApplied {
        /// Its digest.
        digest: String,
    },
    /// Somebody calls; the answer is under way.
    CallReceived {
        /// The call.
        call: CallId,
        /// Who is called.
        account: ResourceAccountId,
        /// Who calls, masked.
        from: String,
    },
    /// A call was rejected.
    CallRejected {
        /// Who calls, masked.
        from: String,
        /// Why.
        reason: String,
    },
    /// We are connected to the caller.
    CallAnswered {
        /// The call.
        call: CallId,
    },
    /// The caller waits.
    CallQueued {
        /// The call.
        call: CallId,
        /// The queue.
        queue: QueueId,
        /// Place in the queue, 1 is the next.
        position: u32,
    },
    /// The contact leaves a queue without an agent, or is not let into it.
    QueueExited {
        /// The call.
        call: CallId,
        /// The queue.
        queue: QueueId,
        /// Which exit, and why.
        reason: ExitReason,
        /// What the exit does.
        way: ExitWay,
        /// The next queue, where that is the way.
        to: Option<QueueId>,
    },
    /// An agent is offered a call.
    OfferIssued {
        /// The offer.
        offer: OfferId,
        /// The agent.
        agent: AgentId,
        /// The queue.
        queue: QueueId,
        /// What the agent should know: `caller`, `caller-name`, `waited-ms`, `menu-digits`, and
        /// the custom context headers of the call.
        context: BTreeMap<String, String>,
        /// When it expires (ms since the Unix epoch).
        expires_at: u64,
    },
    /// An offer is over.
    OfferEnded {
        /// The offer.
        offer: OfferId,
        /// The agent.
        agent: AgentId,
        /// How.
        outcome: OfferOutcome,
    },
    /// Caller and agent talk.
    CallConnected {
        /// The call.
        call: CallId,
        /// The agent.
        agent: AgentId,
        /// Where the agent answered; none for a contact without our media.
        endpoint: Option<EndpointKind>,
    },
    /// The caller was put on hold or taken back.
    HoldChanged {
        /// The call.
        call: CallId,
        /// Whether the caller is on hold.
        on_hold: bool,
    },
    /// The recording of a call changed.
    RecordingChanged {
        /// The call.
        call: CallId,
        /// What it does.
        state: RecordingStatus,
    },
    /// Digits were collected; their value went to the embedder's sink and nowhere else.
    DigitsCollected {
        /// The call.
        call: CallId,
        /// The collection.
        collection: CollectionId,
        /// How many.
        count: u32,
        /// Whether the collection ended as it should.
        complete: bool,
    },
    /// A party joined or left.
    PartyChanged {
        /// The call.
        call: CallId,
        /// Who, masked.
        party: String,
        /// What became of it: `added`, `add-failed`, `removed`.
        change: PartyChange,
    },
    /// The agent says how the contact ended.
    DispositionSet {
        /// The call.
        call: CallId,
        /// The agent.
        agent: AgentId,
        /// The disposition.
        code: CodeId,
    },
    /// The call is over.
    CallEnded {
        /// The call.
        call: CallId,
        /// How.
        outcome: CallOutcome,
        /// The agent who talked last.
        agent: Option<AgentId>,
        /// Why it left its last queue, if that is how it ended: see [`Event::QueueExited`].
        #[serde(default)]
        exit: Option<ExitReason>,
        /// It ended while the engine was away, which was from this moment on; the event tells when that was noticed.
        #[serde(default)]
        away_since: Option<Timestamp>,
    },
    /// The engine was started again. What happened since it was last there it now finds out.
    EngineRestarted {
        /// The moment of the last input before.
        away_since: Timestamp,
        /// How many calls the service is asked about.
        calls: u32,
    },
    /// What has become of every call that the service was asked about after a restart is known.
    CallsTakenOver {
        /// They live.
        live: u32,
        /// They had ended, or ended before they were asked about.
        ended: u32,
    },
    /// An input hit a mistake in the core and had no effect. What it was about is looked at anew: see
    /// [`Skipped`](crate::input::Skipped).
    InputSkipped {
        /// The call that it was about, if it was about one.
        call: Option<CallId>,
    },
    /// The state of an agent changed.
    AgentChanged {
        /// The agent.
        agent: AgentId,
        /// The state.
        state: AgentStatus,
    },
    /// A queue was closed or opened by a supervisor.
    QueueChanged {
        /// The queue.
        queue: QueueId,
        /// Whether it is closed.
        closed: bool,
    },
    /// A plugin gave no advice and its decision point took the fallback.
    PluginFailed {
        /// The call.
        call: CallId,
        /// The plugin.
        plugin: PluginId,
        /// The decision point.
        point: DecisionPoint,
        /// Why.
        failure: PluginFailure,
        /// What decided instead.
        decided_by: DecidedBy,
    },
    /// An operation failed in a way that an operator should know.
    OperationFailed {
        /// The call.
        call: CallId,
        /// Which.
        operation: String,
        /// How: `refused`, `failed`, `unknown`, with codes.
        how: String,
    },
    /// Something became of a plugin itself, apart from any call.
    PluginChanged {
        /// The slot.
        plugin: PluginId,
        /// What.
        change: PluginChange,
        /// In words: why, and what decides from here on.
        detail: String,
    },
}

/// What became of a plugin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PluginChange {
    /// It could not be loaded: the version of before decides, or the native rule where there is none.
    Refused,
    /// The candidate for its place could not be loaded: no call is given to it.
    CandidateRefused,
    /// The candidate decides for another share of the calls from here on.
    CandidateStep,
    /// The candidate was taken back: no call is given to it any more.
    CandidateStopped,
    /// What the candidate would have said, compared with what was said.
    Compared,
    /// A decision on a used instance differed from the same one on a fresh instance: each decision
    /// has a fresh instance from here on.
    ReuseEnded,
}

/// How an offer ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OfferOutcome {
    /// The agent took it.
    Accepted,
    /// The agent refused it.
    Declined,
    /// Nobody answered (RONA).
    Expired,
    /// Taken back by the engine or a supervisor.
    Revoked,
    /// The caller is gone.
    Cancelled,
    /// The media could not be set up.
    Failed,
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallOutcome {
    /// An agent talked to the caller.
    Handled,
    /// The caller hung up before an agent answered.
    Abandoned,
    /// The caller left by a queue's exit: message, number or voicemail.
    Exited,
    /// The way out of a queue was none: the number did not answer, the message could not be played.
    ExitFailed,
    /// It could not be answered.
    NotAnswered,
    /// It was ended by an agent, a supervisor or the engine before an agent talked to the caller.
    Ended,
    /// It broke.
    Failed,
}

/// Which exit of a queue a contact takes, and why.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExitReason {
    /// `max_wait`: the time is up.
    MaxWait,
    /// `max_wait`: as many wait as may.
    QueueFull,
    /// `max_wait`: the contact was offered as often as it may be.
    OffersMax,
    /// `no_agents`: nobody who could serve the contact is logged in.
    NoAgents,
    /// `closed`: by its hours or by a supervisor.
    Closed,
    /// `otherwise`: the number of another exit did not answer.
    NumberFailed,
    /// `max_wait`: inputs of this call hit mistakes in the core.
    InputsSkipped,
}

/// What an exit of a queue does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExitWay {
    /// A message, then the call ends.
    Message,
    /// Another queue.
    Queue,
    /// A number is rung.
    Number,
    /// The caller may leave a message.
    Voicemail,
    /// The contact ends: the embedder controls its media.
    End,
}

/// What a recording does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordingStatus {
    /// It records.
    Active,
    /// It is paused.
    Paused,
    /// It has stopped.
    Stopped,
    /// It could not be started or changed.
    Failed,
}

/// What became of a party.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartyChange {
    /// It joined.
    Added,
    /// It could not be added.
    AddFailed,
    /// It was removed or left.
    Removed,
}

/// The state of an agent as told outside.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(tag = "status", content = "reason", rename_all = "kebab-case")]
pub enum AgentStatus {
    /// Logged out.
    Offline,
    /// Ready for a contact.
    Ready,
    /// Being offered a contact.
    Reserved,
    /// Talking.
    Busy,
    /// Finishing a contact.
    WrapUp,
    /// Not ready: a reason of the configuration.
    NotReady(CodeId),
    /// Not ready because an offer rang out (RONA).
    NotReadyRona,
}
