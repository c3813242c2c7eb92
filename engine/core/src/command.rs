//! Everything that leaves the core.

use crate::decision::Decision;
use crate::event::Event;
use crate::ids::{
    CollectionId, CommandId, ConnectionId, InvitationId, Millis, PromptId, RecordingId,
};
use crate::input::CallContext;
use crate::participant::Participant;
use crate::question::{Ask, RecordingChannels, RecordingFormat};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the driver has to do.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Command {
    /// Carry out an operation on a call. Waits until the input that caused it is durable; its
    /// outcome comes back as [`Input::Outcome`](crate::Input::Outcome).
    Operate {
        /// Comes back with the outcome, and with events as `operationContext`.
        id: CommandId,
        /// The operation.
        operation: Operation,
    },
    /// Ask a plugin. Pure, so it waits for nothing.
    Ask(Ask),
    /// Tell the embedder. Waits until the input is durable.
    Emit(Event),
    /// Write a decision record. Waits for nothing; it is in no way visible outside before.
    Record(Decision),
}

/// An operation of ACS Call Automation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Operation {
    /// `POST /calling/callConnections:answer`.
    Answer {
        /// The capability.
        context: CallContext,
        /// When it stops making sense to try.
        deadline: u64,
    },
    /// `POST /calling/callConnections:reject`.
    Reject {
        /// The capability.
        context: CallContext,
        /// What the caller is told.
        reason: RejectReason,
    },
    /// `POST …:play` with a file.
    Play {
        /// Our connection.
        connection: ConnectionId,
        /// What is played.
        prompt: PromptId,
        /// To whom; `None` is everybody.
        to: Option<Participant>,
        /// Again and again.
        looped: bool,
    },
    /// `POST …:recognize` for digits.
    Recognize {
        /// Our connection.
        connection: ConnectionId,
        /// What is played first.
        prompt: PromptId,
        /// Whose digits.
        target: Participant,
        /// Most digits.
        digits_max: u32,
        /// `#` ends the input.
        stop_on_pound: bool,
        /// Longest silence before the first digit.
        silence: Millis,
        /// The digits are a secret: only their count comes back to the core.
        sensitive: bool,
        /// For sensitive digits: which collection they belong to.
        collection: Option<CollectionId>,
    },
    /// `POST …:cancelAllMediaOperations`.
    CancelMedia {
        /// Our connection.
        connection: ConnectionId,
    },
    /// `POST …/participants:add`. Never with a caller id: Teams Phone extensibility refuses it.
    AddParticipant {
        /// Our connection.
        connection: ConnectionId,
        /// Who.
        participant: Participant,
        /// How long it rings, 1 s to 180 s.
        ring: Millis,
        /// Custom context for the party's client (VoIP headers).
        headers: BTreeMap<String, String>,
    },
    /// `POST …/participants:cancelAddParticipant`.
    CancelAdd {
        /// Our connection.
        connection: ConnectionId,
        /// The invitation.
        invitation: InvitationId,
    },
    /// `POST …/participants:remove`.
    RemoveParticipant {
        /// Our connection.
        connection: ConnectionId,
        /// Who.
        participant: Participant,
    },
    /// `GET …/{id}`.
    GetCall {
        /// Our connection.
        connection: ConnectionId,
    },
    /// `GET …/participants`.
    GetParticipants {
        /// Our connection.
        connection: ConnectionId,
    },
    /// `DELETE …/{id}`: we leave.
    HangUp {
        /// Our connection.
        connection: ConnectionId,
    },
    /// `POST …:terminate`: the call ends for all.
    Terminate {
        /// Our connection.
        connection: ConnectionId,
    },
    /// `POST /calling/recordings` by connection.
    StartRecording {
        /// Our connection.
        connection: ConnectionId,
        /// File format.
        format: RecordingFormat,
        /// Channels.
        channels: RecordingChannels,
    },
    /// `DELETE /calling/recordings/{id}`.
    StopRecording {
        /// The recording.
        recording: RecordingId,
    },
    /// `POST /calling/recordings/{id}:pause`.
    PauseRecording {
        /// The recording.
        recording: RecordingId,
    },
    /// `POST /calling/recordings/{id}:resume`.
    ResumeRecording {
        /// The recording.
        recording: RecordingId,
    },
    /// `GET /calling/recordings/{id}`.
    GetRecording {
        /// The recording.
        recording: RecordingId,
    },
    /// `POST …:startTranscription`.
    StartTranscription {
        /// Our connection.
        connection: ConnectionId,
    },
    /// `POST …:stopTranscription`.
    StopTranscription {
        /// Our connection.
        connection: ConnectionId,
    },
    /// `POST …:startMediaStreaming`.
    StartStreaming {
        /// Our connection.
        connection: ConnectionId,
    },
    /// `POST …:stopMediaStreaming`.
    StopStreaming {
        /// Our connection.
        connection: ConnectionId,
    },
}

/// Longest pause between two digits, after which the input counts as ended: requests ask for it, and
/// deadlines count on it. The default of the service's SDKs, in whole seconds.
pub const INTER_TONE: Millis = Millis::from_secs(2);

/// Operations of one call in the same lane are sent one after the other, in the order of their
/// commands: a cancel must not overtake the play that it cancels. Lanes do not wait for each other: a
/// request whose response is lost holds up its lane for as long as a response is waited for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Lane {
    /// Answer, reject. Whatever comes after an answer names the connection that it made.
    Answer,
    /// Hang up, terminate.
    HangUp,
    /// Get call, get participants: they change nothing, and what they tell is read as of when it was asked for.
    Look,
    /// Play, recognize, cancel media.
    Media,
    /// Add, cancel add, remove.
    Participants,
    /// Recording, transcription, streaming.
    Recording,
}

impl Operation {
    /// Tells in which lane the operation is sent.
    #[must_use]
    pub fn lane(&self) -> Lane {
        match self {
            Self::Answer { .. } | Self::Reject { .. } => Lane::Answer,
            Self::HangUp { .. } | Self::Terminate { .. } => Lane::HangUp,
            Self::GetCall { .. } | Self::GetParticipants { .. } => Lane::Look,
            Self::Play { .. } | Self::Recognize { .. } | Self::CancelMedia { .. } => Lane::Media,
            Self::AddParticipant { .. }
            | Self::CancelAdd { .. }
            | Self::RemoveParticipant { .. } => Lane::Participants,
            Self::StartRecording { .. }
            | Self::StopRecording { .. }
            | Self::PauseRecording { .. }
            | Self::ResumeRecording { .. }
            | Self::GetRecording { .. }
            | Self::StartTranscription { .. }
            | Self::StopTranscription { .. }
            | Self::StartStreaming { .. }
            | Self::StopStreaming { .. } => Lane::Recording,
        }
    }

    /// Returns the operation's name for events, records and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Answer { .. } => "answer",
            Self::Reject { .. } => "reject",
            Self::Play { .. } => "play",
            Self::Recognize { .. } => "recognize",
            Self::CancelMedia { .. } => "cancel-media",
            Self::AddParticipant { .. } => "add-participant",
            Self::CancelAdd { .. } => "cancel-add",
            Self::RemoveParticipant { .. } => "remove-participant",
            Self::GetCall { .. } => "get-call",
            Self::GetParticipants { .. } => "get-participants",
            Self::HangUp { .. } => "hang-up",
            Self::Terminate { .. } => "terminate",
            Self::StartRecording { .. } => "start-recording",
            Self::StopRecording { .. } => "stop-recording",
            Self::PauseRecording { .. } => "pause-recording",
            Self::ResumeRecording { .. } => "resume-recording",
            Self::GetRecording { .. } => "get-recording",
            Self::StartTranscription { .. } => "start-transcription",
            Self::StopTranscription { .. } => "stop-transcription",
            Self::StartStreaming { .. } => "start-streaming",
            Self::StopStreaming { .. } => "stop-streaming",
        }
    }
}

/// ACS `callRejectReason`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RejectReason {
    /// `none`.
    None,
    /// `busy`.
    Busy,
    /// `forbidden`.
    Forbidden,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What must not be overtaken: a play by its cancel, an invitation by its cancel, a pause by its
    /// resume. What must not wait: a hang-up for a prompt, for the response to an answer or to a look.
    #[test]
    fn operations_of_a_kind_share_a_lane() {
        let connection = || ConnectionId("c".to_owned());
        let recording = || RecordingId("r".to_owned());
        let context = || CallContext("x".to_owned());
        let participant = || Participant::from_raw_id("8:orgid:ann");
        let lanes = [
            (
                Lane::Answer,
                vec![
                    Operation::Answer {
                        context: context(),
                        deadline: 0,
                    },
                    Operation::Reject {
                        context: context(),
                        reason: RejectReason::None,
                    },
                ],
                "answer reject",
            ),
            (
                Lane::Look,
                vec![
                    Operation::GetCall {
                        connection: connection(),
                    },
                    Operation::GetParticipants {
                        connection: connection(),
                    },
                ],
                "get-call get-participants",
            ),
            (
                Lane::HangUp,
                vec![
                    Operation::HangUp {
                        connection: connection(),
                    },
                    Operation::Terminate {
                        connection: connection(),
                    },
                ],
                "hang-up terminate",
            ),
            (
                Lane::Media,
                vec![Operation::CancelMedia {
                    connection: connection(),
                }],
                "cancel-media",
            ),
            (
                Lane::Participants,
                vec![
                    Operation::CancelAdd {
                        connection: connection(),
                        invitation: InvitationId("i".to_owned()),
                    },
                    Operation::RemoveParticipant {
                        connection: connection(),
                        participant: participant(),
                    },
                ],
                "cancel-add remove-participant",
            ),
            (
                Lane::Recording,
                vec![
                    Operation::StopRecording {
                        recording: recording(),
                    },
                    Operation::PauseRecording {
                        recording: recording(),
                    },
                    Operation::ResumeRecording {
                        recording: recording(),
                    },
                    Operation::GetRecording {
                        recording: recording(),
                    },
                    Operation::StartTranscription {
                        connection: connection(),
                    },
                    Operation::StopTranscription {
                        connection: connection(),
                    },
                    Operation::StartStreaming {
                        connection: connection(),
                    },
                    Operation::StopStreaming {
                        connection: connection(),
                    },
                ],
                "stop-recording pause-recording resume-recording get-recording \
                 start-transcription stop-transcription start-streaming stop-streaming",
            ),
        ];
        for (lane, operations, names) in lanes {
            for operation in &operations {
                assert_eq!(operation.lane(), lane, "{}", operation.name());
            }
            let found: Vec<&str> = operations.iter().map(Operation::name).collect();
            assert_eq!(found.join(" "), names);
        }
    }
}
