//! Deliveries of Event Grid and callbacks, as documents show them: each is accepted or ignored with a reason.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails panics"
)]

use std::collections::BTreeMap;

use cordboard_acs::callback::ReceivedEvent;
use cordboard_acs::callback_path::CallbackPath;
use cordboard_acs::edge_key::EdgeKey;
use cordboard_acs::event_grid::{Delivery, GridEventKind, IgnoredBecause};
use cordboard_acs::inbound::{call_event, incoming_call};
use cordboard_core::ids::{CallId, Timestamp};
use cordboard_core::input::CallEventKind;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

/// What became of every event: its type without the usual prefix, and the verdict.
type Verdicts = BTreeMap<String, &'static str>;

const ACCEPTED: &str = "accepted";

/// What the engine acts on.
const ACCEPTED_TYPES: [&str; 27] = [
    "AddParticipantFailed",
    "AddParticipantSucceeded",
    "AnswerFailed",
    "CallConnected",
    "CallDisconnected",
    "CancelAddParticipantFailed",
    "CancelAddParticipantSucceeded",
    "IncomingCall",
    "MediaStreamingFailed",
    "MediaStreamingStarted",
    "MediaStreamingStopped",
    "ParticipantsUpdated",
    "PlayCanceled",
    "PlayCompleted",
    "PlayFailed",
    "PlayStarted",
    "RecognizeCanceled",
    "RecognizeCompleted",
    "RecognizeFailed",
    "RecordingFileStatusUpdated",
    "RecordingStateChanged",
    "RemoveParticipantFailed",
    "RemoveParticipantSucceeded",
    "StartRecordingFailed",
    "TranscriptionFailed",
    "TranscriptionStarted",
    "TranscriptionStopped",
];

const TOLD_BY_CALLBACKS: [&str; 3] = ["CallEnded", "CallParticipantAdded", "CallStarted"];

/// Operations that the engine does not start, and what older services and other products send.
const UNKNOWN_TYPES: [&str; 16] = [
    "CallTransferAccepted",
    "CallTransferFailed",
    "ConnectFailed",
    "ContinuousDtmfRecognitionStopped",
    "ContinuousDtmfRecognitionToneFailed",
    "ContinuousDtmfRecognitionToneReceived",
    "CreateCallFailed",
    "HoldFailed",
    "MoveParticipantFailed",
    "MoveParticipantSucceeded",
    "RouterJobQueued",
    "SendDtmfTonesCompleted",
    "SendDtmfTonesFailed",
    "TeamsRecordingStateChanged",
    "TranscriptionResumed",
    "TranscriptionUpdated",
];

#[test]
fn every_event_is_accepted_or_ignored_with_its_reason() {
    let samples: Value = serde_json::from_str(include_str!("fixtures/events.json")).unwrap();
    let expected = [
        (ACCEPTED, ACCEPTED_TYPES.as_slice()),
        ("told by callbacks", &TOLD_BY_CALLBACKS),
        ("unknown type", &UNKNOWN_TYPES),
    ];
    let expected: Verdicts = expected
        .into_iter()
        .flat_map(|(verdict, types)| types.iter().map(move |name| ((*name).to_owned(), verdict)))
        .collect();
    assert_eq!(judge(&samples), expected);
}

/// Feeds every delivery of a set of samples, each in the form in which it arrives.
fn judge(samples: &Value) -> Verdicts {
    let mut verdicts = Verdicts::new();
    for (name, sample) in samples["eventGrid"].as_object().unwrap() {
        judge_delivery(name, sample, &mut verdicts);
    }
    for body in samples["callbacks"].as_array().unwrap() {
        judge_callback(body, &mut verdicts);
    }
    verdicts
}

fn judge_delivery(name: &str, sample: &Value, verdicts: &mut Verdicts) {
    let method = if sample["request"] == "OPTIONS" {
        Method::OPTIONS
    } else {
        Method::POST
    };
    let headers = HeaderMap::from_iter(sample["headers"].as_object().into_iter().flatten().map(
        |(name, value)| {
            let value = HeaderValue::from_str(value.as_str().unwrap()).unwrap();
            (
                HeaderName::from_bytes(name.to_lowercase().as_bytes()).unwrap(),
                value,
            )
        },
    ));
    let body = sample.get("body").map(Value::to_string).unwrap_or_default();
    let delivery = Delivery::parse(&method, &headers, body.as_bytes())
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    match delivery {
        Delivery::Handshake { origin } => {
            let expected = sample["expectedResponse"]["headers"].as_object().unwrap();
            for (header, value) in Delivery::HANDSHAKE_HEADERS {
                let expected = expected
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case(header));
                assert_eq!(
                    expected.unwrap().1,
                    value.unwrap_or(origin),
                    "{name}: {header}"
                );
            }
        }
        Delivery::Validation(response) => assert_eq!(
            json!(response),
            sample["expectedResponse"]["body"],
            "{name}"
        ),
        Delivery::Events(events) => {
            assert!(!events.is_empty(), "{name}");
            for event in events {
                let event = event.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(event.at_ms.is_some(), "{name} has no time");
                match event.kind {
                    GridEventKind::IncomingCall(data) => {
                        let call = incoming_call(&event.id, Timestamp(event.at_ms.unwrap()), *data);
                        assert!(!call.context.0.is_empty(), "{name}");
                        assert!(
                            call.to.raw_id().contains(':') && call.from.raw_id().contains(':'),
                            "{name}"
                        );
                        note(verdicts, "IncomingCall", ACCEPTED);
                    }
                    GridEventKind::RecordingFile { data, .. } => {
                        let files = data
                            .recording_storage_info
                            .map(|info| info.recording_chunks.len());
                        assert!(files.is_some_and(|files| files > 0), "{name}");
                        note(verdicts, "RecordingFileStatusUpdated", ACCEPTED);
                    }
                    GridEventKind::Ignored { event_type, reason } => {
                        let reason = match reason {
                            IgnoredBecause::ToldByCallbacks => "told by callbacks",
                            IgnoredBecause::UnknownType => "unknown type",
                        };
                        note(verdicts, &event_type, reason);
                    }
                }
            }
        }
    }
}

fn judge_callback(body: &Value, verdicts: &mut Verdicts) {
    let key = EdgeKey::from_nonce(&[7; 32]).unwrap();
    let path = CallbackPath {
        tenant: "contoso".to_owned(),
        call: CallId(1),
    };
    let sent = body.as_array().unwrap();
    let events = ReceivedEvent::parse(body.to_string().as_bytes(), &path, &key).unwrap();
    assert_eq!(events.len(), sent.len());
    for (event, sent) in events.into_iter().zip(sent) {
        let event = event.unwrap_or_else(|error| panic!("{sent}: {error}"));
        let event = call_event(&path, &event);
        assert!(!event.connection.0.is_empty(), "{sent}");
        let verdict = if matches!(event.kind, CallEventKind::Other(_)) {
            "unknown type"
        } else {
            ACCEPTED
        };
        note(verdicts, sent["type"].as_str().unwrap(), verdict);
    }
}

/// Events of one type have one verdict.
fn note(verdicts: &mut Verdicts, event_type: &str, verdict: &'static str) {
    let name = event_type.trim_start_matches("Microsoft.Communication.");
    let earlier = verdicts.insert(name.to_owned(), verdict);
    assert!(
        earlier.is_none_or(|earlier| earlier == verdict),
        "{name}: {earlier:?} and {verdict}"
    );
}
