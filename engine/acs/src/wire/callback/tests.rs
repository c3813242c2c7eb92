//! Events survive the round trip, whatever the sender leaves out.

use super::*;
use crate::wire::media::Tone;

fn event(detail: CallbackDetail) -> CallbackEvent {
    CallbackEvent {
        id: "e-1".to_owned(),
        source: "calling/callConnections/cc-1".to_owned(),
        subject: None,
        time: Some("2026-05-05T10:20:30.1234567+00:00".to_owned()),
        call_connection_id: Some("cc-1".to_owned()),
        server_call_id: Some("sc-1".to_owned()),
        correlation_id: None,
        operation_context: Some("op-1".to_owned()),
        result: Some(ResultInformation::new(200, 0, "done")),
        detail,
    }
}

fn every_detail() -> Vec<CallbackDetail> {
    let participant = Some(CommunicationIdentifier::phone("+14255550123"));
    let invitation_id = Some("inv-1".to_owned());
    let recording_id = Some("rec-1".to_owned());
    let transcription = Some(TranscriptionUpdate::default());
    let streaming = Some(MediaStreamingUpdate::default());
    vec![
        CallbackDetail::CallConnected,
        CallbackDetail::CallDisconnected,
        CallbackDetail::AnswerFailed,
        CallbackDetail::ParticipantsUpdated {
            sequence_number: Some(3),
            participants: vec![CallParticipant {
                identifier: participant.clone(),
                ..Default::default()
            }],
        },
        CallbackDetail::AddParticipantSucceeded {
            participant: participant.clone(),
        },
        CallbackDetail::AddParticipantFailed {
            participant: participant.clone(),
        },
        CallbackDetail::CancelAddParticipantSucceeded {
            invitation_id: invitation_id.clone(),
        },
        CallbackDetail::CancelAddParticipantFailed { invitation_id },
        CallbackDetail::RemoveParticipantSucceeded {
            participant: participant.clone(),
        },
        CallbackDetail::RemoveParticipantFailed { participant },
        CallbackDetail::PlayStarted,
        CallbackDetail::PlayCompleted,
        CallbackDetail::PlayFailed {
            failed_play_source_index: Some(1),
        },
        CallbackDetail::PlayCanceled,
        CallbackDetail::RecognizeCompleted {
            recognition_type: Some(RecognitionType::Dtmf),
            dtmf: Some(DtmfResult {
                tones: vec![Tone::One, Tone::Pound],
            }),
            choice: Some(ChoiceResult {
                label: Some("yes".to_owned()),
                ..Default::default()
            }),
            speech: Some(SpeechResult {
                speech: Some("yes".to_owned()),
                confidence: Some(0.5),
            }),
        },
        CallbackDetail::RecognizeFailed {
            failed_play_source_index: None,
        },
        CallbackDetail::RecognizeCanceled,
        CallbackDetail::RecordingStateChanged {
            recording_id: recording_id.clone(),
            state: Some(RecordingState::Active),
            start_date_time: Some("2026-05-05T10:20:30Z".to_owned()),
            recording_kind: Some(RecordingKind::AzureCommunicationServices),
        },
        CallbackDetail::StartRecordingFailed { recording_id },
        CallbackDetail::TranscriptionStarted {
            update: transcription.clone(),
        },
        CallbackDetail::TranscriptionStopped {
            update: transcription.clone(),
        },
        CallbackDetail::TranscriptionFailed {
            update: transcription,
        },
        CallbackDetail::MediaStreamingStarted {
            update: streaming.clone(),
        },
        CallbackDetail::MediaStreamingStopped {
            update: streaming.clone(),
        },
        CallbackDetail::MediaStreamingFailed { update: streaming },
        CallbackDetail::Unknown {
            event_type: "Microsoft.Communication.SomethingNew".to_owned(),
        },
        CallbackDetail::Unknown {
            event_type: "Contoso.Other".to_owned(),
        },
    ]
}

#[test]
fn every_event_survives_a_round_trip() {
    for detail in every_detail() {
        let event = event(detail);
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(
            serde_json::from_str::<CallbackEvent>(&json).unwrap(),
            event,
            "{json}"
        );
    }
}

#[test]
fn the_envelope_is_a_cloud_event() {
    let json = serde_json::to_value(event(CallbackDetail::PlayStarted)).unwrap();
    assert_eq!(json["type"], "Microsoft.Communication.PlayStarted");
    assert_eq!(json["specversion"], "1.0");
    assert_eq!(json["data"]["resultInformation"]["subCode"], 0);
    assert!(json.get("subject").is_none());
}

#[test]
fn an_event_type_in_another_case_is_known() {
    let json =
        r#"{"id":"1","type":"microsoft.communication.PLAYSTARTED","data":{"type":"playStarted"}}"#;
    let event: CallbackEvent = serde_json::from_str(json).unwrap();
    assert_eq!(event.detail, CallbackDetail::PlayStarted);
}

#[test]
fn an_absent_participant_list_is_an_error_and_not_an_empty_call() {
    let json = r#"{"id":"1","type":"Microsoft.Communication.ParticipantsUpdated","data":{"sequenceNumber":1}}"#;
    let error = serde_json::from_str::<CallbackEvent>(json).unwrap_err();
    assert!(error.to_string().contains("participants"), "{error}");
}

#[test]
fn an_event_without_id_or_type_is_an_error() {
    for json in [
        r#"{"type":"Microsoft.Communication.PlayStarted"}"#,
        r#"{"id":"1"}"#,
    ] {
        serde_json::from_str::<CallbackEvent>(json).unwrap_err();
    }
}
