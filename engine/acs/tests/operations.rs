//! The core's operations as requests, and what the core learns of their outcomes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails panics"
)]

mod local_service;

use std::collections::BTreeMap;

use cordboard_acs::callback_path::CallbackPath;
use cordboard_acs::edge_key::EdgeKey;
use cordboard_acs::operation::{OperationSettings, Operator, STATUS_NO_PROMPT, STATUS_NOT_SENT};
use cordboard_acs::operation_context::{OperationContext, Privacy};
use cordboard_core::command::{Operation, RejectReason};
use cordboard_core::config::{MediaOptions, StreamingOptions, TranscriptionOptions};
use cordboard_core::ids::{
    CallId, CollectionId, CommandId, ConnectionId, InvitationId, Millis, PromptId, RecordingId,
    Symbol,
};
use cordboard_core::input::{CallContext, Outcome, Response};
use cordboard_core::participant::{Participant, ParticipantState};
use cordboard_core::question::{RecordingChannels, RecordingFormat};
use local_service::{LocalService, Reply, Request, START_MS, answer, clock, limits};
use serde_json::{Value, json};

const COMMAND: CommandId = CommandId {
    call: CallId(42),
    sequence: 7,
};
const MUSIC: PromptId = PromptId(Symbol(3));

fn key() -> EdgeKey {
    EdgeKey::from_nonce(&[7; 32]).unwrap()
}

fn context(privacy: Privacy) -> String {
    OperationContext {
        command: COMMAND,
        privacy,
    }
    .encode(&key(), "contoso")
}

fn plain() -> String {
    context(Privacy::Plain)
}

fn callback() -> String {
    let path = CallbackPath {
        tenant: "contoso".to_owned(),
        call: CallId(42),
    };
    format!("https://engine.example/callbacks/{}", path.encode(&key()))
}

fn connection() -> ConnectionId {
    ConnectionId("cc-1".to_owned())
}

fn recording() -> RecordingId {
    RecordingId("rec-1".to_owned())
}

fn caller() -> Participant {
    Participant::phone("+14255550123")
}

/// Carries an operation out against a service that answers with `script`.
async fn carry_out(
    operation: Operation,
    media: &MediaOptions,
    script: Vec<Reply>,
) -> (Outcome, Vec<Request>) {
    let service = LocalService::start(script).await;
    let (clock, hold) = clock();
    let operator = Operator::new(service.client(&clock, limits()), key());
    let prompt_uri =
        |prompt| (prompt == MUSIC).then(|| "https://engine.example/prompts/music.wav".to_owned());
    let settings = OperationSettings {
        tenant: "contoso",
        callback_base: "https://engine.example/callbacks/",
        prompt_uri: &prompt_uri,
        media,
    };
    let (outcome, _hold) = operator
        .carry_out(COMMAND, &operation, &settings, START_MS + 60_000, hold)
        .await;
    (outcome, service.requests())
}

/// The one request that an operation makes, as method, path and body.
async fn request(operation: Operation) -> (String, String, Value) {
    let (_, requests) = carry_out(operation, &MediaOptions::default(), vec![]).await;
    let [request] = requests.as_slice() else {
        panic!("{} requests", requests.len())
    };
    let path = request
        .target
        .strip_suffix("?api-version=2026-03-12")
        .unwrap();
    (request.method.clone(), path.to_owned(), request.json())
}

async fn outcome(operation: Operation, reply: Reply) -> Outcome {
    carry_out(operation, &MediaOptions::default(), vec![reply])
        .await
        .0
}

fn answering() -> Operation {
    Operation::Answer {
        context: CallContext("eyJ0".to_owned()),
        deadline: START_MS + 20_000,
    }
}

fn recognize(sensitive: bool, stop_on_pound: bool) -> Operation {
    Operation::Recognize {
        connection: connection(),
        prompt: MUSIC,
        target: caller(),
        digits_max: 16,
        stop_on_pound,
        silence: Millis(4_500),
        sensitive,
        collection: sensitive.then_some(CollectionId(Symbol(9))),
    }
}

fn start_recording(format: RecordingFormat, channels: RecordingChannels) -> Operation {
    Operation::StartRecording {
        connection: connection(),
        format,
        channels,
    }
}

#[tokio::test]
async fn every_operation_is_a_request() {
    let phone = json!({"rawId": "4:+14255550123", "phoneNumber": {"value": "+14255550123"}});
    let source =
        json!([{"kind": "file", "file": {"uri": "https://engine.example/prompts/music.wav"}}]);
    let add = Operation::AddParticipant {
        connection: connection(),
        participant: Participant::from_raw_id("8:acs:r_t_u"),
        ring: Millis(20_500),
        headers: BTreeMap::from([("queue".to_owned(), "sales".to_owned())]),
    };
    let extension_user = json!({"rawId": "8:acs:r_t_u", "teamsExtensionUser":
        {"userId": "u", "tenantId": "t", "resourceId": "r", "cloud": "public"}});
    let cases = [
        (
            answering(),
            "POST",
            "/calling/callConnections:answer",
            json!({"incomingCallContext": "eyJ0", "callbackUri": callback(), "operationContext": plain()}),
        ),
        (
            Operation::Reject {
                context: CallContext("eyJ0".to_owned()),
                reason: RejectReason::Busy,
            },
            "POST",
            "/calling/callConnections:reject",
            json!({"incomingCallContext": "eyJ0", "callRejectReason": "busy"}),
        ),
        (
            Operation::Play {
                connection: connection(),
                prompt: MUSIC,
                to: None,
                looped: true,
            },
            "POST",
            "/calling/callConnections/cc-1:play",
            json!({"playSources": source, "playTo": [], "interruptCallMediaOperation": false,
                "playOptions": {"loop": true}, "operationContext": plain()}),
        ),
        (
            Operation::Play {
                connection: connection(),
                prompt: MUSIC,
                to: Some(caller()),
                looped: false,
            },
            "POST",
            "/calling/callConnections/cc-1:play",
            json!({"playSources": source, "playTo": [phone], "interruptCallMediaOperation": false,
                "playOptions": {"loop": false}, "operationContext": plain()}),
        ),
        (
            recognize(false, true),
            "POST",
            "/calling/callConnections/cc-1:recognize",
            json!({"recognizeInputType": "dtmf", "playPrompt": source[0], "interruptCallMediaOperation": false,
                "recognizeOptions": {"interruptPrompt": true, "initialSilenceTimeoutInSeconds": 5,
                    "targetParticipant": phone, "dtmfOptions": {"interToneTimeoutInSeconds": 2,
                    "maxTonesToCollect": 16, "stopTones": ["pound"]}}, "operationContext": plain()}),
        ),
        (
            recognize(true, false),
            "POST",
            "/calling/callConnections/cc-1:recognize",
            json!({"recognizeInputType": "dtmf", "playPrompt": source[0], "interruptCallMediaOperation": false,
                "recognizeOptions": {"interruptPrompt": true, "initialSilenceTimeoutInSeconds": 5,
                    "targetParticipant": phone,
                    "dtmfOptions": {"interToneTimeoutInSeconds": 2, "maxTonesToCollect": 16}},
                "operationContext": context(Privacy::Sensitive { collection: Some(CollectionId(Symbol(9))) })}),
        ),
        (
            Operation::CancelMedia {
                connection: connection(),
            },
            "POST",
            "/calling/callConnections/cc-1:cancelAllMediaOperations",
            json!(""),
        ),
        (
            add,
            "POST",
            "/calling/callConnections/cc-1/participants:add",
            json!({"participantToAdd": extension_user, "invitationTimeoutInSeconds": 21,
                "operationContext": plain(), "customCallingContext": {"voipHeaders": {"queue": "sales"}}}),
        ),
        (
            Operation::CancelAdd {
                connection: connection(),
                invitation: InvitationId("inv-1".to_owned()),
            },
            "POST",
            "/calling/callConnections/cc-1/participants:cancelAddParticipant",
            json!({"invitationId": "inv-1", "operationContext": plain()}),
        ),
        (
            Operation::RemoveParticipant {
                connection: connection(),
                participant: caller(),
            },
            "POST",
            "/calling/callConnections/cc-1/participants:remove",
            json!({"participantToRemove": phone, "operationContext": plain()}),
        ),
        (
            Operation::GetCall {
                connection: connection(),
            },
            "GET",
            "/calling/callConnections/cc-1",
            json!(""),
        ),
        (
            Operation::GetParticipants {
                connection: connection(),
            },
            "GET",
            "/calling/callConnections/cc-1/participants",
            json!(""),
        ),
        (
            Operation::HangUp {
                connection: connection(),
            },
            "DELETE",
            "/calling/callConnections/cc-1",
            json!(""),
        ),
        (
            Operation::Terminate {
                connection: connection(),
            },
            "POST",
            "/calling/callConnections/cc-1:terminate",
            json!(""),
        ),
        (
            start_recording(RecordingFormat::Wav, RecordingChannels::Unmixed),
            "POST",
            "/calling/recordings",
            json!({"callConnectionId": "cc-1", "recordingStateCallbackUri": callback(),
                "recordingContentType": "audio", "recordingChannelType": "unmixed", "recordingFormatType": "wav",
                "channelAffinity": []}),
        ),
        (
            start_recording(RecordingFormat::Mp4, RecordingChannels::Mixed),
            "POST",
            "/calling/recordings",
            json!({"callConnectionId": "cc-1", "recordingStateCallbackUri": callback(),
                "recordingContentType": "audioVideo", "recordingChannelType": "mixed", "recordingFormatType": "mp4",
                "channelAffinity": []}),
        ),
        (
            Operation::StopRecording {
                recording: recording(),
            },
            "DELETE",
            "/calling/recordings/rec-1",
            json!(""),
        ),
        (
            Operation::PauseRecording {
                recording: recording(),
            },
            "POST",
            "/calling/recordings/rec-1:pause",
            json!(""),
        ),
        (
            Operation::ResumeRecording {
                recording: recording(),
            },
            "POST",
            "/calling/recordings/rec-1:resume",
            json!(""),
        ),
        (
            Operation::GetRecording {
                recording: recording(),
            },
            "GET",
            "/calling/recordings/rec-1",
            json!(""),
        ),
        (
            Operation::StartTranscription {
                connection: connection(),
            },
            "POST",
            "/calling/callConnections/cc-1:startTranscription",
            json!({"operationContext": plain()}),
        ),
        (
            Operation::StopTranscription {
                connection: connection(),
            },
            "POST",
            "/calling/callConnections/cc-1:stopTranscription",
            json!({"operationContext": plain()}),
        ),
        (
            Operation::StartStreaming {
                connection: connection(),
            },
            "POST",
            "/calling/callConnections/cc-1:startMediaStreaming",
            json!({"operationContext": plain()}),
        ),
        (
            Operation::StopStreaming {
                connection: connection(),
            },
            "POST",
            "/calling/callConnections/cc-1:stopMediaStreaming",
            json!({"operationContext": plain()}),
        ),
    ];
    for (operation, method, path, body) in cases {
        let name = format!("{operation:?}");
        assert_eq!(
            request(operation).await,
            (method.to_owned(), path.to_owned(), body),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_call_is_answered_with_the_streams_of_the_configuration() {
    let media = MediaOptions {
        transcription: Some(TranscriptionOptions {
            transport_url: "wss://media.example/text".to_owned(),
            locale: "de-DE".to_owned(),
        }),
        streaming: Some(StreamingOptions {
            transport_url: "wss://media.example/audio".to_owned(),
        }),
        cognitive_services_endpoint: Some("https://speech.example".to_owned()),
    };
    let (_, requests) = carry_out(answering(), &media, vec![]).await;
    let body = requests[0].json();
    assert_eq!(
        body["callIntelligenceOptions"],
        json!({"cognitiveServicesEndpoint": "https://speech.example"})
    );
    assert_eq!(
        body["mediaStreamingOptions"],
        json!({"transportType": "websocket", "audioChannelType": "mixed", "transportUrl": "wss://media.example/audio",
            "contentType": "audio", "startMediaStreaming": true})
    );
    assert_eq!(
        body["transcriptionOptions"],
        json!({"transportType": "websocket", "locale": "de-DE", "transportUrl": "wss://media.example/text",
            "startTranscription": true})
    );
}

#[tokio::test]
async fn the_request_id_is_that_of_the_command() {
    let (_, requests) = carry_out(answering(), &MediaOptions::default(), vec![]).await;
    let expected = key().request_id("contoso", COMMAND).to_string();
    assert_eq!(
        requests[0].header("repeatability-request-id"),
        Some(expected.as_str())
    );
}

/// A service that forgets repeated ids begins an invitation for each sending.
#[tokio::test]
async fn an_addition_that_was_sent_before_may_have_begun_another_invitation() {
    for first in [Reply::Drop, answer(502, ""), answer(429, "")] {
        let throttled = matches!(first, Reply::Answer(429, ..));
        let add = Operation::AddParticipant {
            connection: connection(),
            participant: caller(),
            ring: Millis(20_000),
            headers: BTreeMap::new(),
        };
        let script = vec![first, answer(202, r#"{"invitationId":"inv-2"}"#)];
        let (outcome, requests) = carry_out(add, &MediaOptions::default(), script).await;
        assert_eq!(requests.len(), 2);
        let invitation = InvitationId("inv-2".to_owned());
        let expected = if throttled {
            Response::Invitation(invitation)
        } else {
            Response::AnotherInvitation(invitation)
        };
        assert_eq!(outcome, Outcome::Accepted(expected));
    }
}

#[tokio::test]
async fn accepted_requests_bring_what_the_core_needs() {
    let accepted = |response| Outcome::Accepted(response);
    let connected = Response::Connection {
        connection: connection(),
        gone: false,
    };
    assert_eq!(
        outcome(answering(), answer(200, r#"{"callConnectionId":"cc-1"}"#)).await,
        accepted(connected)
    );

    let look = || Operation::GetCall {
        connection: connection(),
    };
    for (state, gone) in [
        ("connected", false),
        ("Disconnecting", true),
        ("disconnected", true),
        ("new", false),
    ] {
        let body = format!(r#"{{"callConnectionState":"{state}"}}"#);
        let expected = Response::Connection {
            connection: connection(),
            gone,
        };
        assert_eq!(
            outcome(look(), answer(200, &body)).await,
            accepted(expected),
            "{state}"
        );
    }

    let add = Operation::AddParticipant {
        connection: connection(),
        participant: caller(),
        ring: Millis(0),
        headers: BTreeMap::new(),
    };
    let invited = accepted(Response::Invitation(InvitationId("inv-1".to_owned())));
    assert_eq!(
        outcome(add, answer(202, r#"{"invitationId":"inv-1"}"#)).await,
        invited
    );

    let list = Operation::GetParticipants {
        connection: connection(),
    };
    let body = r#"{"value":[{"identifier":{"rawId":"4:+14255550123"},"isMuted":true}]}"#;
    let row = ParticipantState {
        participant: caller(),
        on_hold: false,
        muted: true,
    };
    assert_eq!(
        outcome(list, answer(200, body)).await,
        accepted(Response::Participants(vec![row]))
    );

    let start = start_recording(RecordingFormat::Wav, RecordingChannels::Mixed);
    let body = r#"{"recordingId":"rec-1","recordingState":"active"}"#;
    let active = Response::Recording {
        recording: Some(recording()),
        active: true,
    };
    assert_eq!(
        outcome(start.clone(), answer(200, body)).await,
        accepted(active)
    );
    let not_yet = Response::Recording {
        recording: None,
        active: false,
    };
    assert_eq!(outcome(start, answer(202, "")).await, accepted(not_yet));

    let hang_up = Operation::HangUp {
        connection: connection(),
    };
    assert_eq!(
        outcome(hang_up, answer(204, "")).await,
        accepted(Response::Empty)
    );
}

#[tokio::test]
async fn refusals_doubts_and_what_was_never_sent_are_told_apart() {
    let gone = r#"{"error":{"code":"8522","message":"not found"}}"#;
    let refused = |status, sub_code| Outcome::Refused { status, sub_code };
    assert_eq!(
        outcome(answering(), answer(404, gone)).await,
        refused(404, Some(8522))
    );
    assert_eq!(
        outcome(
            answering(),
            answer(400, r#"{"error":{"code":"BadRequest"}}"#)
        )
        .await,
        refused(400, None)
    );

    let play = |prompt| Operation::Play {
        connection: connection(),
        prompt,
        to: None,
        looped: false,
    };
    assert_eq!(outcome(play(MUSIC), Reply::Drop).await, Outcome::Unknown);
    assert_eq!(
        outcome(answering(), answer(200, "{}")).await,
        Outcome::Unknown
    );

    let (unsent, requests) =
        carry_out(play(PromptId(Symbol(4))), &MediaOptions::default(), vec![]).await;
    assert_eq!(
        (unsent, requests.len()),
        (refused(STATUS_NO_PROMPT, None), 0)
    );
    let late = Operation::Answer {
        context: CallContext("eyJ0".to_owned()),
        deadline: START_MS,
    };
    let (unsent, requests) = carry_out(late, &MediaOptions::default(), vec![]).await;
    assert_eq!(
        (unsent, requests.len()),
        (refused(STATUS_NOT_SENT, None), 0)
    );
}
