//! Turning what arrived into inputs of the core.

use std::collections::BTreeMap;

use cordboard_core::ids::{ConnectionId, EventId, InvitationId, RecordingId, Timestamp};
use cordboard_core::input::{
    CallContext, CallEvent, CallEventKind, Digits, IncomingCall, ResultCodes,
};
use cordboard_core::participant::{Participant, ParticipantState};

use crate::callback::ReceivedEvent;
use crate::callback_path::CallbackPath;
use crate::wire::callback::{CallbackDetail, ResultInformation};
use crate::wire::event_grid::IncomingCallData;
use crate::wire::identifier::CommunicationIdentifier;
use crate::wire::media::{DtmfResult, Tone};
use crate::wire::participant::CallParticipant;
use crate::wire::recording::RecordingState;

/// An incoming call for the core. `rang_at` is the event's own time, or when it arrived if it names none.
#[must_use]
pub fn incoming_call(event_id: &str, rang_at: Timestamp, data: IncomingCallData) -> IncomingCall {
    // The two kinds of headers are one to the core. Where both have a name, the telephone network's counts: it is the
    // one that cannot be set by another application.
    let mut headers = BTreeMap::new();
    let context = data.custom_context.unwrap_or_default();
    headers.extend(context.voip_headers.unwrap_or_default());
    headers.extend(context.sip_headers.unwrap_or_default());
    IncomingCall {
        event: EventId(event_id.to_owned()),
        to: participant(&data.to),
        from: participant(&data.from),
        caller_name: data.caller_display_name.unwrap_or_default(),
        context: CallContext(data.incoming_call_context.expose().to_owned()),
        correlation_id: data.correlation_id.unwrap_or_default(),
        rang_at,
        headers,
    }
}

/// A callback for the core: the event of a call that its path named. Of digits that were withheld it has the count.
#[must_use]
pub fn call_event(path: &CallbackPath, received: &ReceivedEvent) -> CallEvent {
    let event = &received.event;
    let codes = result_codes(event.result.as_ref());
    let kind = match &event.detail {
        CallbackDetail::CallConnected => CallEventKind::CallConnected,
        CallbackDetail::CallDisconnected => CallEventKind::CallDisconnected(codes),
        CallbackDetail::AnswerFailed => CallEventKind::AnswerFailed(codes),
        CallbackDetail::ParticipantsUpdated {
            sequence_number,
            participants,
        } => CallEventKind::ParticipantsUpdated {
            sequence: sequence_number
                .and_then(|number| u64::try_from(number).ok())
                .unwrap_or_default(),
            participants: participant_states(participants),
        },
        CallbackDetail::AddParticipantSucceeded { participant } => {
            CallEventKind::ParticipantAdded(named(participant.as_ref()))
        }
        CallbackDetail::AddParticipantFailed { participant } => {
            CallEventKind::AddParticipantFailed(named(participant.as_ref()), codes)
        }
        CallbackDetail::CancelAddParticipantSucceeded { invitation_id } => {
            CallEventKind::InvitationCancelled(InvitationId(
                invitation_id.clone().unwrap_or_default(),
            ))
        }
        CallbackDetail::CancelAddParticipantFailed { invitation_id } => {
            CallEventKind::CancelInvitationFailed(
                InvitationId(invitation_id.clone().unwrap_or_default()),
                codes,
            )
        }
        CallbackDetail::RemoveParticipantSucceeded { participant } => {
            CallEventKind::ParticipantRemoved(named(participant.as_ref()))
        }
        CallbackDetail::RemoveParticipantFailed { participant } => {
            CallEventKind::RemoveParticipantFailed(named(participant.as_ref()), codes)
        }
        CallbackDetail::PlayStarted => CallEventKind::PlayStarted,
        CallbackDetail::PlayCompleted => CallEventKind::PlayCompleted,
        CallbackDetail::PlayFailed { .. } => CallEventKind::PlayFailed(codes),
        CallbackDetail::PlayCanceled => CallEventKind::PlayCanceled,
        // Input that ends with the time between two tones carries code 400 and is input all the same.
        CallbackDetail::RecognizeCompleted { dtmf, .. } => {
            CallEventKind::DigitsRecognized(digits(dtmf.as_ref(), received))
        }
        CallbackDetail::RecognizeFailed { .. } => CallEventKind::RecognizeFailed(codes),
        CallbackDetail::RecognizeCanceled => CallEventKind::RecognizeCanceled,
        CallbackDetail::RecordingStateChanged {
            recording_id: Some(recording),
            state: Some(state),
            ..
        } => CallEventKind::RecordingStateChanged {
            recording: RecordingId(recording.clone()),
            active: *state == RecordingState::Active,
        },
        CallbackDetail::StartRecordingFailed { .. } => CallEventKind::StartRecordingFailed(codes),
        CallbackDetail::TranscriptionStarted { .. } => {
            CallEventKind::TranscriptionChanged { active: true }
        }
        CallbackDetail::TranscriptionStopped { .. } => {
            CallEventKind::TranscriptionChanged { active: false }
        }
        CallbackDetail::TranscriptionFailed { .. } => CallEventKind::TranscriptionFailed(codes),
        CallbackDetail::MediaStreamingStarted { .. } => {
            CallEventKind::StreamingChanged { active: true }
        }
        CallbackDetail::MediaStreamingStopped { .. } => {
            CallEventKind::StreamingChanged { active: false }
        }
        CallbackDetail::MediaStreamingFailed { .. } => CallEventKind::StreamingFailed(codes),
        // A recording's event that names no recording or state says nothing that could be acted on.
        CallbackDetail::RecordingStateChanged { .. } | CallbackDetail::Unknown { .. } => {
            CallEventKind::Other(event.detail.name().to_owned())
        }
    };
    CallEvent {
        call: path.call,
        event: EventId(event.id.clone()),
        connection: ConnectionId(event.call_connection_id.clone().unwrap_or_default()),
        operation: received.context.map(|context| context.command.sequence),
        kind,
    }
}

/// A party for the core: by the raw id, which answers and events always have, else by what the identifier names.
#[must_use]
pub fn participant(identifier: &CommunicationIdentifier) -> Participant {
    match &identifier.raw_id {
        Some(raw_id) if !raw_id.is_empty() => Participant::from_raw_id(raw_id.as_str()),
        _ => Participant::from_raw_id(identifier.resolve().raw_id()),
    }
}

/// A participant list for the core. A row that names nobody is left out.
#[must_use]
pub fn participant_states(participants: &[CallParticipant]) -> Vec<ParticipantState> {
    let row = |row: &CallParticipant| {
        Some(ParticipantState {
            participant: participant(row.identifier.as_ref()?),
            on_hold: row.is_on_hold.unwrap_or_default(),
            muted: row.is_muted.unwrap_or_default(),
        })
    };
    participants.iter().filter_map(row).collect()
}

/// The participant of an event; one without a name is found by the operation that the event belongs to.
fn named(identifier: Option<&CommunicationIdentifier>) -> Participant {
    identifier.map_or_else(|| Participant::from_raw_id(""), participant)
}

fn digits(dtmf: Option<&DtmfResult>, received: &ReceivedEvent) -> Digits {
    if let Some(withheld) = &received.digits {
        return Digits::Sensitive {
            count: u32::try_from(withheld.count()).unwrap_or(u32::MAX),
        };
    }
    let tones = dtmf
        .map(|result| result.tones.as_slice())
        .unwrap_or_default();
    Digits::Plain(tones.iter().filter_map(Tone::key).collect())
}

fn result_codes(result: Option<&ResultInformation>) -> ResultCodes {
    let number = |code: Option<i64>| {
        code.and_then(|code| u32::try_from(code).ok())
            .unwrap_or_default()
    };
    result.map_or_else(ResultCodes::default, |result| ResultCodes {
        code: number(result.code),
        sub_code: number(result.sub_code),
    })
}

#[cfg(test)]
mod tests {
    use cordboard_core::ids::{CallId, CommandId};

    use super::*;
    use crate::edge_key::EdgeKey;
    use crate::operation_context::{OperationContext, Privacy};

    fn path() -> CallbackPath {
        CallbackPath {
            tenant: "contoso".to_owned(),
            call: CallId(42),
        }
    }

    fn convert(event_type: &str, data: &str, privacy: Privacy) -> CallEvent {
        let key = EdgeKey::from_nonce(&[7; 32]).unwrap();
        let context = OperationContext {
            command: CommandId {
                call: CallId(42),
                sequence: 7,
            },
            privacy,
        };
        let text = context.encode(&key, "contoso");
        let body = format!(
            r#"[{{"id":"e1","type":"Microsoft.Communication.{event_type}","data":{{"callConnectionId":"cc-1",
            "operationContext":"{text}","resultInformation":{{"code":487,"subCode":10003}}{data}}}}}]"#
        );
        let received = ReceivedEvent::parse(body.as_bytes(), &path(), &key)
            .unwrap()
            .remove(0)
            .unwrap();
        call_event(&path(), &received)
    }

    fn kind(event_type: &str, data: &str) -> CallEventKind {
        convert(event_type, data, Privacy::Plain).kind
    }

    #[test]
    fn every_event_of_this_path_has_its_meaning() {
        let codes = ResultCodes {
            code: 487,
            sub_code: 10_003,
        };
        let party = Participant::phone("+14255550123");
        let who = r#","participant":{"rawId":"4:+14255550123"}"#;
        let invitation = r#","invitationId":"inv-1""#;
        let list = r#","sequenceNumber":3,"participants":[{"identifier":{"rawId":"4:+14255550123"},"isOnHold":true},{}]"#;
        let cases = [
            ("CallConnected", "", CallEventKind::CallConnected),
            (
                "CallDisconnected",
                "",
                CallEventKind::CallDisconnected(codes),
            ),
            ("AnswerFailed", "", CallEventKind::AnswerFailed(codes)),
            (
                "ParticipantsUpdated",
                list,
                CallEventKind::ParticipantsUpdated {
                    sequence: 3,
                    participants: vec![ParticipantState {
                        participant: party.clone(),
                        on_hold: true,
                        muted: false,
                    }],
                },
            ),
            (
                "AddParticipantSucceeded",
                who,
                CallEventKind::ParticipantAdded(party.clone()),
            ),
            (
                "AddParticipantFailed",
                who,
                CallEventKind::AddParticipantFailed(party.clone(), codes),
            ),
            (
                "CancelAddParticipantSucceeded",
                invitation,
                CallEventKind::InvitationCancelled(InvitationId("inv-1".to_owned())),
            ),
            (
                "CancelAddParticipantFailed",
                invitation,
                CallEventKind::CancelInvitationFailed(InvitationId("inv-1".to_owned()), codes),
            ),
            (
                "RemoveParticipantSucceeded",
                who,
                CallEventKind::ParticipantRemoved(party.clone()),
            ),
            (
                "RemoveParticipantFailed",
                who,
                CallEventKind::RemoveParticipantFailed(party, codes),
            ),
            ("PlayStarted", "", CallEventKind::PlayStarted),
            ("PlayCompleted", "", CallEventKind::PlayCompleted),
            (
                "PlayFailed",
                r#","failedPlaySourceIndex":0"#,
                CallEventKind::PlayFailed(codes),
            ),
            ("PlayCanceled", "", CallEventKind::PlayCanceled),
            (
                "RecognizeCompleted",
                r#","dtmfResult":{"tones":["one","pound","Asterisk","d"]}"#,
                CallEventKind::DigitsRecognized(Digits::Plain("1#*D".to_owned())),
            ),
            ("RecognizeFailed", "", CallEventKind::RecognizeFailed(codes)),
            ("RecognizeCanceled", "", CallEventKind::RecognizeCanceled),
            (
                "RecordingStateChanged",
                r#","recordingId":"rec-1","state":"Active""#,
                CallEventKind::RecordingStateChanged {
                    recording: RecordingId("rec-1".to_owned()),
                    active: true,
                },
            ),
            (
                "RecordingStateChanged",
                r#","recordingId":"rec-1","state":"inactive""#,
                CallEventKind::RecordingStateChanged {
                    recording: RecordingId("rec-1".to_owned()),
                    active: false,
                },
            ),
            (
                "RecordingStateChanged",
                "",
                CallEventKind::Other("RecordingStateChanged".to_owned()),
            ),
            (
                "StartRecordingFailed",
                "",
                CallEventKind::StartRecordingFailed(codes),
            ),
            (
                "TranscriptionStarted",
                "",
                CallEventKind::TranscriptionChanged { active: true },
            ),
            (
                "TranscriptionStopped",
                "",
                CallEventKind::TranscriptionChanged { active: false },
            ),
            (
                "TranscriptionFailed",
                "",
                CallEventKind::TranscriptionFailed(codes),
            ),
            (
                "MediaStreamingStarted",
                "",
                CallEventKind::StreamingChanged { active: true },
            ),
            (
                "MediaStreamingStopped",
                "",
                CallEventKind::StreamingChanged { active: false },
            ),
            (
                "MediaStreamingFailed",
                "",
                CallEventKind::StreamingFailed(codes),
            ),
            (
                "HoldFailed",
                "",
                CallEventKind::Other("Microsoft.Communication.HoldFailed".to_owned()),
            ),
        ];
        for (event_type, data, expected) in cases {
            assert_eq!(kind(event_type, data), expected, "{event_type}");
        }
    }

    #[test]
    fn an_event_is_joined_with_its_call_and_command() {
        let event = convert("PlayCompleted", "", Privacy::Plain);
        assert_eq!(event.call, CallId(42));
        assert_eq!(event.operation, Some(7));
        assert_eq!(event.connection, ConnectionId("cc-1".to_owned()));
        assert_eq!(event.event, EventId("e1".to_owned()));
    }

    #[test]
    fn of_sensitive_digits_the_core_learns_the_count() {
        let tones = r#","dtmfResult":{"tones":["four","one","one"]}"#;
        let event = convert(
            "RecognizeCompleted",
            tones,
            Privacy::Sensitive { collection: None },
        );
        assert_eq!(
            event.kind,
            CallEventKind::DigitsRecognized(Digits::Sensitive { count: 3 })
        );
    }

    #[test]
    fn an_incoming_call_keeps_its_context_headers_and_parties() {
        let data: IncomingCallData = serde_json::from_str(
            r#"{"to":{"kind":"unknown","rawId":"28:orgid:a"},"from":{"phoneNumber":{"value":"+14255550123"}},
            "incomingCallContext":"eyJ0","callerDisplayName":"Ann","correlationId":"c-1",
            "customContext":{"sipHeaders":{"userToUser":"u;encoding=hex","x":"sip"},"voipHeaders":{"k":"v","x":"voip"}}}"#,
        )
        .unwrap();
        let call = incoming_call("e1", Timestamp(5), data);
        assert_eq!(call.to.raw_id(), "28:orgid:a");
        assert_eq!(call.from.raw_id(), "4:+14255550123");
        assert_eq!(call.context.0, "eyJ0");
        assert_eq!(
            (call.caller_name.as_str(), call.correlation_id.as_str()),
            ("Ann", "c-1")
        );
        let headers: Vec<(&str, &str)> = call
            .headers
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(
            headers,
            [("k", "v"), ("userToUser", "u;encoding=hex"), ("x", "sip")]
        );
    }
}
