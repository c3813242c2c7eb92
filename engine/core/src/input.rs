//! Everything that reaches the core.

use crate::config::Config;
use crate::event::PluginChange;
use crate::ids::{
    AgentId, CallId, CodeId, CollectionId, CommandId, ConnectionId, Epoch, EventId, InvitationId,
    OfferId, PluginId, QuestionId, QueueId, RecordingId, Timestamp,
};
use crate::participant::{Participant, ParticipantState};
use crate::question::{Consent, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// One entry of the journal. Nothing else changes the core.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Input {
    /// A configuration is in force from here on.
    Config(Arc<Config>),
    /// The process started on a journal that had entries; commands of before may be half done.
    Restarted {
        /// The number of the start.
        epoch: Epoch,
    },
    /// The time that [`poll_timeout`](crate::Tenant::poll_timeout) named has come.
    Tick,
    /// Event Grid: somebody calls.
    IncomingCall(IncomingCall),
    /// A callback about one of our calls.
    CallEvent(CallEvent),
    /// What became of a request.
    Outcome {
        /// The command that it carried out.
        command: CommandId,
        /// The outcome.
        outcome: Outcome,
    },
    /// A plugin's answer.
    Verdict(Verdict),
    /// An agent, or a supervisor for an agent, does something about the agent's state.
    Agent {
        /// The agent.
        agent: AgentId,
        /// The action.
        action: AgentAction,
    },
    /// An agent or supervisor does something about a call.
    Call {
        /// The call.
        call: CallId,
        /// Who.
        by: Actor,
        /// The action.
        action: CallAction,
    },
    /// A supervisor does something about a queue.
    Queue {
        /// The queue.
        queue: QueueId,
        /// The action.
        action: QueueAction,
    },
    /// A contact whose media the embedder controls: decision-only use.
    Contact(NewContact),
    /// What becomes of new calls from here on, until the next start.
    NewCalls(NewCalls),
    /// Somebody calls while more calls come than can be answered in time: the caller hears busy.
    TurnAway(IncomingCall),
    /// The input before hit a mistake in the core, which panicked: the driver has put the state of before back.
    Skipped(Skipped),
    /// Something became of a plugin itself, apart from any call. It changes no call: it is here so that it is told as an event, and
    /// again when the journal is replayed.
    PluginChanged(PluginNews),
}

impl Input {
    /// What is to be told to the core when it panics at this input; `None` if nothing can be made up for any more.
    #[must_use]
    pub fn skipped(&self) -> Option<Skipped> {
        Some(match self {
            Self::CallEvent(event) => Skipped::Call(event.call),
            Self::Outcome { command, .. } => Skipped::Call(command.call),
            Self::Call { call, .. } => Skipped::Call(*call),
            Self::Agent {
                action: AgentAction::Accept(offer) | AgentAction::Decline(offer),
                ..
            } => Skipped::Call(offer.call),
            Self::Verdict(verdict) => Skipped::Verdict(verdict.question),
            Self::Tick => Skipped::Tick,
            Self::Config(_)
            | Self::Restarted { .. }
            | Self::IncomingCall(_)
            | Self::TurnAway(_)
            | Self::Agent { .. }
            | Self::Queue { .. }
            | Self::Contact(_)
            | Self::NewCalls(_)
            | Self::PluginChanged(_) => Skipped::Other,
            Self::Skipped(_) => return None,
        })
    }
}

/// What became of a plugin.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PluginNews {
    /// The slot.
    pub plugin: PluginId,
    /// What.
    pub change: PluginChange,
    /// In words, at most [`PLUGIN_DETAIL_MAX`] bytes.
    pub detail: String,
}

/// Longest [`PluginNews::detail`], in bytes.
pub const PLUGIN_DETAIL_MAX: usize = 1_024;

/// What an input was about that hit a mistake in the core.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Skipped {
    /// An event, an outcome or an action of a call.
    Call(CallId),
    /// A plugin's answer.
    Verdict(QuestionId),
    /// A deadline. It stays due; from here on a [`Input::Tick`] handles one of them alone, and the one that hits the mistake
    /// again is put off.
    Tick,
    /// Anything else.
    Other,
    /// Anything: the mistake was met when somebody was looked for who could serve this call, which the input need not be about.
    /// The call is not matched any more, and the input comes again.
    Match(CallId),
    /// A restart: the mistake was met when this call was taken over. It is only looked at, and the restart comes again.
    Restart(CallId),
}

/// What becomes of new calls, and of contacts whose media the embedder controls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum NewCalls {
    /// They are taken. Every start begins so.
    #[default]
    Take,
    /// Callers hear busy.
    Reject,
    /// They are left alone: their event is not acknowledged, so that it is delivered again, to
    /// another process or to this one once it was started anew.
    Leave,
}

/// An IncomingCall event (ACS Event Grid `Microsoft.Communication.IncomingCall`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IncomingCall {
    /// Event Grid's id of the event; a retry has the same.
    pub event: EventId,
    /// Who is called: a resource account or number.
    pub to: Participant,
    /// Who calls.
    pub from: Participant,
    /// The caller's display name; often empty.
    #[serde(default)]
    pub caller_name: String,
    /// The capability to answer this call.
    pub context: CallContext,
    /// ACS correlation id, the same in every event of the call.
    #[serde(default)]
    pub correlation_id: String,
    /// When Event Grid says that it rang.
    pub rang_at: Timestamp,
    /// Custom context headers (SIP and VoIP), keys as on the wire.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// ACS `incomingCallContext`: who has it may answer the call. It leaves the state once used and is
/// in no event, record or log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallContext(pub String);

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallContext(…)")
    }
}

/// A callback about one of our calls, found by its per-call callback path.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CallEvent {
    /// The call.
    pub call: CallId,
    /// CloudEvents id; a repeated delivery has the same.
    pub event: EventId,
    /// Our connection, as the event names it.
    pub connection: ConnectionId,
    /// The command that the event answers, where `operationContext` named it.
    #[serde(default)]
    pub operation: Option<u32>,
    /// What happened.
    pub kind: CallEventKind,
}

/// What a callback says, without the `Microsoft.Communication.` in front of ACS's names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum CallEventKind {
    /// `CallConnected`: our answer took effect.
    CallConnected,
    /// `CallDisconnected`: the last event of a connection.
    CallDisconnected(ResultCodes),
    /// `AnswerFailed`.
    AnswerFailed(ResultCodes),
    /// `ParticipantsUpdated`: the whole list. Lists are ordered by `sequence`.
    ParticipantsUpdated {
        /// Grows with every list.
        sequence: u64,
        /// Everybody in the call but us.
        participants: Vec<ParticipantState>,
    },
    /// `AddParticipantSucceeded`.
    ParticipantAdded(Participant),
    /// `AddParticipantFailed`.
    AddParticipantFailed(Participant, ResultCodes),
    /// `CancelAddParticipantSucceeded`.
    InvitationCancelled(InvitationId),
    /// `CancelAddParticipantFailed`.
    CancelInvitationFailed(InvitationId, ResultCodes),
    /// `RemoveParticipantSucceeded`.
    ParticipantRemoved(Participant),
    /// `RemoveParticipantFailed`.
    RemoveParticipantFailed(Participant, ResultCodes),
    /// `PlayStarted`.
    PlayStarted,
    /// `PlayCompleted`.
    PlayCompleted,
    /// `PlayFailed`.
    PlayFailed(ResultCodes),
    /// `PlayCanceled`.
    PlayCanceled,
    /// `RecognizeCompleted` with tones.
    DigitsRecognized(Digits),
    /// `RecognizeFailed`.
    RecognizeFailed(ResultCodes),
    /// `RecognizeCanceled`.
    RecognizeCanceled,
    /// `RecordingStateChanged`.
    RecordingStateChanged {
        /// The recording.
        recording: RecordingId,
        /// Whether it records.
        active: bool,
    },
    /// `StartRecordingFailed`.
    StartRecordingFailed(ResultCodes),
    /// `TranscriptionStarted`, `TranscriptionStopped`: whether it runs.
    TranscriptionChanged {
        /// Whether it runs.
        active: bool,
    },
    /// `TranscriptionFailed`.
    TranscriptionFailed(ResultCodes),
    /// `MediaStreamingStarted`, `MediaStreamingStopped`: whether it runs.
    StreamingChanged {
        /// Whether it runs.
        active: bool,
    },
    /// `MediaStreamingFailed`.
    StreamingFailed(ResultCodes),
    /// A type that this version does not know; kept so that the journal is complete.
    Other(String),
}

/// Digits that a caller typed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Digits {
    /// A menu choice: `0`-`9`, `A`-`D`, `*`, `#`.
    Plain(String),
    /// A card number or the like: only how many there were.
    Sensitive {
        /// How many.
        count: u32,
    },
}

/// ACS `resultInformation`: match on the sub-code first, never on the message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ResultCodes {
    /// HTTP-like code.
    pub code: u32,
    /// Call Automation sub-code.
    pub sub_code: u32,
}

/// What became of a request to ACS.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// ACS took it.
    Accepted(Response),
    /// ACS refused it: it had no effect.
    Refused {
        /// HTTP status.
        status: u16,
        /// Sub-code of the error body, where it is a number.
        #[serde(default)]
        sub_code: Option<u32>,
    },
    /// Nobody knows: it may have had its effect.
    Unknown,
}

/// What an accepted request brought back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Response {
    /// Nothing.
    Empty,
    /// Of answer and get call.
    Connection {
        /// Our connection.
        connection: ConnectionId,
        /// Whether ACS calls it disconnected or disconnecting.
        gone: bool,
    },
    /// Of add participant.
    Invitation(InvitationId),
    /// Of start recording and get recording state.
    Recording {
        /// The recording, where the answer names it.
        recording: Option<RecordingId>,
        /// Whether it records.
        active: bool,
    },
    /// Of get participants.
    Participants(Vec<ParticipantState>),
    /// Of add participant, where the answer to an earlier sending of the same request was lost: that one may have begun
    /// an invitation of its own.
    AnotherInvitation(InvitationId),
}

/// Who acts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Actor {
    /// An agent.
    Agent(AgentId),
    /// A supervisor, by name.
    Supervisor(String),
    /// The embedding program.
    System,
}

/// What an agent can do about its own state; a supervisor can force the same.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum AgentAction {
    /// Is ready for contacts.
    Ready,
    /// Is not ready, with a reason of the configuration.
    NotReady(CodeId),
    /// Logs out.
    Offline,
    /// The desktop is alive.
    Heartbeat,
    /// Takes an offer. For a contact with media this confirms the leg that answered.
    Accept(OfferId),
    /// Refuses an offer; the same contact is not offered to this agent again.
    Decline(OfferId),
    /// Has finished wrap-up.
    WrapUpDone,
    /// Says how a contact ended.
    Disposition {
        /// The contact's call.
        call: CallId,
        /// A disposition of the configuration.
        code: CodeId,
    },
}

/// What an agent or supervisor can do about a call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum CallAction {
    /// Puts the caller on hold with music.
    Hold,
    /// Takes the caller back.
    Unhold,
    /// Starts recording.
    StartRecording,
    /// Stops recording.
    StopRecording,
    /// Pauses recording.
    PauseRecording,
    /// Resumes recording.
    ResumeRecording,
    /// Notes what the caller said to being recorded.
    SetConsent(Consent),
    /// Starts a digit collection.
    Collect(CollectionId),
    /// Adds a party.
    AddParticipant(Participant),
    /// Removes a party.
    RemoveParticipant(Participant),
    /// The agent leaves; with nobody left but the caller, the call ends.
    Leave,
    /// Ends the call for all.
    End,
    /// Puts the caller back into a queue with the old place.
    Requeue(QueueId),
}

/// What a supervisor can do about a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum QueueAction {
    /// Closes it: those who wait take the `closed` exit.
    Close,
    /// Opens it again, within its hours.
    Open,
}

/// A contact whose media the embedder controls.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewContact {
    /// The embedder's id of the request; the same again is a duplicate.
    pub event: EventId,
    /// The queue.
    pub queue: QueueId,
    /// Added to the queue's priority.
    #[serde(default)]
    pub priority: i32,
    /// What agents are told.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// What became of an input. The driver answers API requests with it once the input is durable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// It changed something, or was noted.
    Done,
    /// It made a new call.
    NewCall(CallId),
    /// It is a contact that came before and made this call; nothing changed.
    SameCall(CallId),
    /// It is late, repeated or about nothing that lives; nothing changed.
    Ignored(Ignored),
    /// An action that cannot be done in this state; nothing changed.
    Refused(Refusal),
}

/// Why an input was ignored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ignored {
    /// The same event was seen before.
    Duplicate,
    /// The call is not known: it ended long ago, or belongs to somebody else.
    UnknownCall,
    /// The call has ended.
    EndedCall,
    /// The operation is not open any more.
    ClosedOperation,
    /// The question is not open any more.
    ClosedQuestion,
    /// The IncomingCall is older than callers ring.
    StaleIncomingCall,
    /// Nobody configured the called account.
    UnknownAccount,
    /// The event means nothing in this state.
    NotNow,
    /// An older participant list than the one at hand.
    OlderList,
    /// The event type is not known.
    UnknownType,
    /// There is no configuration yet.
    NotConfigured,
    /// Nothing was due.
    NothingDue,
}

/// Why an action was refused, in the user's words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no configuration yet.
    #[error("no configuration is in force yet")]
    NotConfigured,
    /// No agent of that name.
    #[error("the agent is not in the configuration")]
    UnknownAgent,
    /// No call of that number.
    #[error("the call is not known or has ended")]
    UnknownCall,
    /// No queue of that name.
    #[error("the queue is not in the configuration")]
    UnknownQueue,
    /// No such reason, disposition or collection.
    #[error("the code is not in the configuration")]
    UnknownCode,
    /// The offer is over.
    #[error("the offer is not open any more")]
    ClosedOffer,
    /// Not the agent of this call.
    #[error("the agent has no part in this call")]
    NotYourCall,
    /// The call or agent is in a state in which this cannot be done.
    #[error("this cannot be done in the present state")]
    NotNow,
    /// The same is being done.
    #[error("the same is already under way")]
    UnderWay,
    /// The law requires the recording.
    #[error("recording is legally required on this queue")]
    RecordingRequired,
    /// The caller refused to be recorded.
    #[error("the caller refused to be recorded")]
    ConsentRefused,
    /// A named limit.
    #[error("a limit of the configuration is reached")]
    LimitReached,
    /// The process is about to end.
    #[error("no new calls are taken: the engine is about to be stopped")]
    Draining,
    /// The party is in the call already, or is not in it.
    #[error("the party is in the call already, or not in it")]
    WrongParticipant,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_context_is_not_shown() {
        let context = CallContext("secret".to_owned());
        assert_eq!(format!("{context:?}"), "CallContext(…)");
    }
}
