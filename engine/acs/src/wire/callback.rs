//! What the service tells about a call: CloudEvents 1.0 posted, as a JSON array, to the call's callback address.
//!
//! SPEC(CloudEvents 1.0; Call Automation 2026-03-12, event schemas). An event's ids are in `data`; `source` and
//! `subject` have changed form before and are not to be parsed.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::identifier::CommunicationIdentifier;
use super::media::{ChoiceResult, DtmfResult, RecognitionType, SpeechResult};
use super::participant::CallParticipant;
use super::recording::{RecordingKind, RecordingState};
use super::streaming::{MediaStreamingUpdate, TranscriptionUpdate};

/// What every event type begins with.
pub const EVENT_TYPE_PREFIX: &str = "Microsoft.Communication.";

/// One event of a call.
///
/// Success or failure is told by [`CallbackDetail`], never by the result's code: input that ends with the time between
/// two tones completes with code 400.
#[derive(Clone, Debug, PartialEq)]
pub struct CallbackEvent {
    /// Names the event; a second one with this id is a duplicate.
    pub id: String,
    /// Who sent it; informative.
    pub source: String,
    /// What it is about; informative.
    pub subject: Option<String>,
    /// When it was made, RFC 3339 with seven decimals; a hint, not an order.
    pub time: Option<String>,
    /// The call connection.
    pub call_connection_id: Option<String>,
    /// The call on the server side.
    pub server_call_id: Option<String>,
    /// Joins the records of this call across services.
    pub correlation_id: Option<String>,
    /// The context of the operation that this event belongs to; never there for ParticipantsUpdated and
    /// RecordingStateChanged.
    pub operation_context: Option<String>,
    /// Codes.
    pub result: Option<ResultInformation>,
    /// What happened.
    pub detail: CallbackDetail,
}

impl Serialize for CallbackEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Envelope {
            id: self.id.clone(),
            source: self.source.clone(),
            event_type: self.detail.event_type(),
            data: Some(Data::from_event(self)),
            time: self.time.clone(),
            specversion: Some("1.0".to_owned()),
            datacontenttype: Some("application/json".to_owned()),
            subject: self.subject.clone(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CallbackEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let envelope = Envelope::deserialize(deserializer)?;
        let mut data = envelope.data.unwrap_or_default();
        let detail = data
            .take_detail(&envelope.event_type)
            .map_err(D::Error::missing_field)?;
        Ok(Self {
            id: envelope.id,
            source: envelope.source,
            subject: envelope.subject,
            time: envelope.time,
            call_connection_id: data.call_connection_id,
            server_call_id: data.server_call_id,
            correlation_id: data.correlation_id,
            operation_context: data.operation_context,
            result: data.result_information,
            detail,
        })
    }
}

/// What happened, with what only this type of event carries.
#[derive(Clone, Debug, PartialEq)]
pub enum CallbackDetail {
    /// The call is established.
    CallConnected,
    /// The call is over for the application; the last event of a connection.
    CallDisconnected,
    /// Answering failed after the request was accepted.
    AnswerFailed,
    /// The list of participants changed.
    ParticipantsUpdated {
        /// Orders the lists; a lower number than one seen before is old news.
        sequence_number: Option<i64>,
        /// Everyone in the call.
        participants: Vec<CallParticipant>,
    },
    /// The invited participant joined.
    AddParticipantSucceeded {
        /// Who.
        participant: Option<CommunicationIdentifier>,
    },
    /// The invited participant did not join.
    AddParticipantFailed {
        /// Who.
        participant: Option<CommunicationIdentifier>,
    },
    /// The invitation was withdrawn.
    CancelAddParticipantSucceeded {
        /// Which.
        invitation_id: Option<String>,
    },
    /// The invitation could not be withdrawn.
    CancelAddParticipantFailed {
        /// Which.
        invitation_id: Option<String>,
    },
    /// The participant was removed.
    RemoveParticipantSucceeded {
        /// Who.
        participant: Option<CommunicationIdentifier>,
    },
    /// The participant could not be removed.
    RemoveParticipantFailed {
        /// Who.
        participant: Option<CommunicationIdentifier>,
    },
    /// Playing began.
    PlayStarted,
    /// Playing came to its end.
    PlayCompleted,
    /// Playing failed.
    PlayFailed {
        /// Which of the sources, from 0.
        failed_play_source_index: Option<i64>,
    },
    /// Playing was cancelled.
    PlayCanceled,
    /// Input was recognised.
    RecognizeCompleted {
        /// How.
        recognition_type: Option<RecognitionType>,
        /// As tones.
        dtmf: Option<DtmfResult>,
        /// As a choice.
        choice: Option<ChoiceResult>,
        /// As speech.
        speech: Option<SpeechResult>,
    },
    /// No input was recognised.
    RecognizeFailed {
        /// Which of the prompts failed, from 0, if one did.
        failed_play_source_index: Option<i64>,
    },
    /// Recognition was cancelled.
    RecognizeCanceled,
    /// A recording began or stopped writing.
    RecordingStateChanged {
        /// Which.
        recording_id: Option<String>,
        /// Writing or not.
        state: Option<RecordingState>,
        /// When it began, RFC 3339.
        start_date_time: Option<String>,
        /// Who records.
        recording_kind: Option<RecordingKind>,
    },
    /// A recording did not start.
    StartRecordingFailed {
        /// Which.
        recording_id: Option<String>,
    },
    /// Transcription runs.
    TranscriptionStarted {
        /// Its state.
        update: Option<TranscriptionUpdate>,
    },
    /// Transcription ended.
    TranscriptionStopped {
        /// Its state.
        update: Option<TranscriptionUpdate>,
    },
    /// Transcription failed.
    TranscriptionFailed {
        /// Its state.
        update: Option<TranscriptionUpdate>,
    },
    /// The audio stream runs.
    MediaStreamingStarted {
        /// Its state.
        update: Option<MediaStreamingUpdate>,
    },
    /// The audio stream ended.
    MediaStreamingStopped {
        /// Its state.
        update: Option<MediaStreamingUpdate>,
    },
    /// The audio stream failed.
    MediaStreamingFailed {
        /// Its state.
        update: Option<MediaStreamingUpdate>,
    },
    /// A type that this version does not know; what it carries besides ids and codes is dropped.
    Unknown {
        /// The type as received.
        event_type: String,
    },
}

impl CallbackDetail {
    /// The full event type, such as `Microsoft.Communication.CallConnected`.
    #[must_use]
    pub fn event_type(&self) -> String {
        match self {
            Self::Unknown { event_type } => event_type.clone(),
            known => format!("{EVENT_TYPE_PREFIX}{}", known.name()),
        }
    }

    /// The event type without its prefix; for an unknown type the text as received.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::CallConnected => "CallConnected",
            Self::CallDisconnected => "CallDisconnected",
            Self::AnswerFailed => "AnswerFailed",
            Self::ParticipantsUpdated { .. } => "ParticipantsUpdated",
            Self::AddParticipantSucceeded { .. } => "AddParticipantSucceeded",
            Self::AddParticipantFailed { .. } => "AddParticipantFailed",
            Self::CancelAddParticipantSucceeded { .. } => "CancelAddParticipantSucceeded",
            Self::CancelAddParticipantFailed { .. } => "CancelAddParticipantFailed",
            Self::RemoveParticipantSucceeded { .. } => "RemoveParticipantSucceeded",
            Self::RemoveParticipantFailed { .. } => "RemoveParticipantFailed",
            Self::PlayStarted => "PlayStarted",
            Self::PlayCompleted => "PlayCompleted",
            Self::PlayFailed { .. } => "PlayFailed",
            Self::PlayCanceled => "PlayCanceled",
            Self::RecognizeCompleted { .. } => "RecognizeCompleted",
            Self::RecognizeFailed { .. } => "RecognizeFailed",
            Self::RecognizeCanceled => "RecognizeCanceled",
            Self::RecordingStateChanged { .. } => "RecordingStateChanged",
            Self::StartRecordingFailed { .. } => "StartRecordingFailed",
            Self::TranscriptionStarted { .. } => "TranscriptionStarted",
            Self::TranscriptionStopped { .. } => "TranscriptionStopped",
            Self::TranscriptionFailed { .. } => "TranscriptionFailed",
            Self::MediaStreamingStarted { .. } => "MediaStreamingStarted",
            Self::MediaStreamingStopped { .. } => "MediaStreamingStopped",
            Self::MediaStreamingFailed { .. } => "MediaStreamingFailed",
            Self::Unknown { event_type } => event_type,
        }
    }
}

/// How an operation ended. Match on `sub_code` first, on `code` second, on `message` never.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultInformation {
    /// In the manner of HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// The finer code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_code: Option<i64>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What SIP said, where the carrier or session border controller tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sip_details: Option<DiagnosticInfo>,
    /// What Q.850 said, where the carrier or session border controller tells.
    #[serde(
        default,
        rename = "q850Details",
        skip_serializing_if = "Option::is_none"
    )]
    pub q850_details: Option<DiagnosticInfo>,
}

impl ResultInformation {
    /// A result of code, sub-code and message.
    #[must_use]
    pub fn new(code: i64, sub_code: i64, message: &str) -> Self {
        Self {
            code: Some(code),
            sub_code: Some(sub_code),
            message: Some(message.to_owned()),
            ..Default::default()
        }
    }
}

/// A code of the telephone network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiagnosticInfo {
    /// The code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    id: String,
    #[serde(default)]
    source: String,
    #[serde(rename = "type")]
    event_type: String,
    data: Option<Data>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    specversion: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    datacontenttype: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
}

/// Every member that the data of any known event may have.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    call_connection_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    server_call_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    correlation_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operation_context: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    result_information: Option<ResultInformation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sequence_number: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    participants: Option<Vec<CallParticipant>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    participant: Option<CommunicationIdentifier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invitation_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed_play_source_index: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recognition_type: Option<RecognitionType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dtmf_result: Option<DtmfResult>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    choice_result: Option<ChoiceResult>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    speech_result: Option<SpeechResult>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recording_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<RecordingState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start_date_time: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recording_kind: Option<RecordingKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transcription_update: Option<TranscriptionUpdate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    media_streaming_update: Option<MediaStreamingUpdate>,
}

impl Data {
    fn from_event(event: &CallbackEvent) -> Self {
        let mut data = Self {
            call_connection_id: event.call_connection_id.clone(),
            server_call_id: event.server_call_id.clone(),
            correlation_id: event.correlation_id.clone(),
            operation_context: event.operation_context.clone(),
            result_information: event.result.clone(),
            ..Self::default()
        };
        data.put_detail(&event.detail);
        data
    }

    fn put_detail(&mut self, detail: &CallbackDetail) {
        match detail {
            CallbackDetail::CallConnected
            | CallbackDetail::CallDisconnected
            | CallbackDetail::AnswerFailed
            | CallbackDetail::PlayStarted
            | CallbackDetail::PlayCompleted
            | CallbackDetail::PlayCanceled
            | CallbackDetail::RecognizeCanceled
            | CallbackDetail::Unknown { .. } => {}
            CallbackDetail::ParticipantsUpdated {
                sequence_number,
                participants,
            } => {
                self.sequence_number = *sequence_number;
                self.participants = Some(participants.clone());
            }
            CallbackDetail::AddParticipantSucceeded { participant }
            | CallbackDetail::AddParticipantFailed { participant }
            | CallbackDetail::RemoveParticipantSucceeded { participant }
            | CallbackDetail::RemoveParticipantFailed { participant } => {
                self.participant.clone_from(participant)
            }
            CallbackDetail::CancelAddParticipantSucceeded { invitation_id }
            | CallbackDetail::CancelAddParticipantFailed { invitation_id } => {
                self.invitation_id.clone_from(invitation_id);
            }
            CallbackDetail::PlayFailed {
                failed_play_source_index,
            }
            | CallbackDetail::RecognizeFailed {
                failed_play_source_index,
            } => {
                self.failed_play_source_index = *failed_play_source_index;
            }
            CallbackDetail::RecognizeCompleted {
                recognition_type,
                dtmf,
                choice,
                speech,
            } => {
                self.recognition_type.clone_from(recognition_type);
                self.dtmf_result.clone_from(dtmf);
                self.choice_result.clone_from(choice);
                self.speech_result.clone_from(speech);
            }
            CallbackDetail::RecordingStateChanged {
                recording_id,
                state,
                start_date_time,
                recording_kind,
            } => {
                self.recording_id.clone_from(recording_id);
                self.state.clone_from(state);
                self.start_date_time.clone_from(start_date_time);
                self.recording_kind.clone_from(recording_kind);
            }
            CallbackDetail::StartRecordingFailed { recording_id } => {
                self.recording_id.clone_from(recording_id)
            }
            CallbackDetail::TranscriptionStarted { update }
            | CallbackDetail::TranscriptionStopped { update }
            | CallbackDetail::TranscriptionFailed { update } => {
                self.transcription_update.clone_from(update)
            }
            CallbackDetail::MediaStreamingStarted { update }
            | CallbackDetail::MediaStreamingStopped { update }
            | CallbackDetail::MediaStreamingFailed { update } => {
                self.media_streaming_update.clone_from(update)
            }
        }
    }

    /// Moves out what an event of this type carries; the error names a member without which it means nothing.
    fn take_detail(&mut self, event_type: &str) -> Result<CallbackDetail, &'static str> {
        let name = strip_prefix_ignore_case(event_type, EVENT_TYPE_PREFIX).unwrap_or_default();
        let mut participant = || self.participant.take();
        let mut invitation_id = || self.invitation_id.take();
        Ok(match name.to_ascii_lowercase().as_str() {
            "callconnected" => CallbackDetail::CallConnected,
            "calldisconnected" => CallbackDetail::CallDisconnected,
            "answerfailed" => CallbackDetail::AnswerFailed,
            // An absent list is not an empty call: without it the event would throw everyone out.
            "participantsupdated" => CallbackDetail::ParticipantsUpdated {
                sequence_number: self.sequence_number,
                participants: self.participants.take().ok_or("participants")?,
            },
            "addparticipantsucceeded" => CallbackDetail::AddParticipantSucceeded {
                participant: participant(),
            },
            "addparticipantfailed" => CallbackDetail::AddParticipantFailed {
                participant: participant(),
            },
            "canceladdparticipantsucceeded" => CallbackDetail::CancelAddParticipantSucceeded {
                invitation_id: invitation_id(),
            },
            "canceladdparticipantfailed" => CallbackDetail::CancelAddParticipantFailed {
                invitation_id: invitation_id(),
            },
            "removeparticipantsucceeded" => CallbackDetail::RemoveParticipantSucceeded {
                participant: participant(),
            },
            "removeparticipantfailed" => CallbackDetail::RemoveParticipantFailed {
                participant: participant(),
            },
            "playstarted" => CallbackDetail::PlayStarted,
            "playcompleted" => CallbackDetail::PlayCompleted,
            "playfailed" => CallbackDetail::PlayFailed {
                failed_play_source_index: self.failed_play_source_index,
            },
            "playcanceled" => CallbackDetail::PlayCanceled,
            "recognizecompleted" => CallbackDetail::RecognizeCompleted {
                recognition_type: self.recognition_type.take(),
                dtmf: self.dtmf_result.take(),
                choice: self.choice_result.take(),
                speech: self.speech_result.take(),
            },
            "recognizefailed" => CallbackDetail::RecognizeFailed {
                failed_play_source_index: self.failed_play_source_index,
            },
            "recognizecanceled" => CallbackDetail::RecognizeCanceled,
            "recordingstatechanged" => CallbackDetail::RecordingStateChanged {
                recording_id: self.recording_id.take(),
                state: self.state.take(),
                start_date_time: self.start_date_time.take(),
                recording_kind: self.recording_kind.take(),
            },
            "startrecordingfailed" => CallbackDetail::StartRecordingFailed {
                recording_id: self.recording_id.take(),
            },
            "transcriptionstarted" => CallbackDetail::TranscriptionStarted {
                update: self.transcription_update.take(),
            },
            "transcriptionstopped" => CallbackDetail::TranscriptionStopped {
                update: self.transcription_update.take(),
            },
            "transcriptionfailed" => CallbackDetail::TranscriptionFailed {
                update: self.transcription_update.take(),
            },
            "mediastreamingstarted" => CallbackDetail::MediaStreamingStarted {
                update: self.media_streaming_update.take(),
            },
            "mediastreamingstopped" => CallbackDetail::MediaStreamingStopped {
                update: self.media_streaming_update.take(),
            },
            "mediastreamingfailed" => CallbackDetail::MediaStreamingFailed {
                update: self.media_streaming_update.take(),
            },
            _ => CallbackDetail::Unknown {
                event_type: event_type.to_owned(),
            },
        })
    }
}

fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
}

#[cfg(test)]
mod tests;
