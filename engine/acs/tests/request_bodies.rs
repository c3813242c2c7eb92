//! What the client sends: for every call the request that the official client library sends for the same call, member
//! by member, and for every request that official libraries send a type that keeps all of it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails panics"
)]

mod local_service;
mod requests;

use std::collections::BTreeSet;
use std::path::PathBuf;

use cordboard_acs::wire::call::{AnswerCallRequest, RedirectCallRequest, RejectCallRequest};
use cordboard_acs::wire::media::{PlayRequest, RecognizeRequest};
use cordboard_acs::wire::participant::{
    AddParticipantRequest, CancelAddParticipantRequest, RemoveParticipantRequest,
};
use cordboard_acs::wire::recording::StartRecordingRequest;
use cordboard_acs::wire::route::Route;
use cordboard_acs::wire::streaming::{
    StartMediaStreamingRequest, StartTranscriptionRequest, StopMediaStreamingRequest,
    StopTranscriptionRequest,
};
use local_service::{LocalService, clock, dispatch, limits};
use requests::Story;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A story of its own, for the fixtures of this crate.
const OURS: Story = Story {
    context: "eyJhbGciOiJub25lIn0.eyJjIjoxfQ.",
    callback: "https://engine.example/callbacks/contoso/1/t",
    operation_callback: "https://engine.example/callbacks/contoso/1/o",
    operation: "1.1.4.p.c",
    speech_service: "https://speech.example/",
    media_socket: "wss://media.example/audio",
    transcript_socket: "wss://media.example/text",
    application: "8:acs:11111111_22222222",
    agent: "8:acs:11111111_33333333",
    teams_user: "8:gcch:44444444-0000-4000-8000-000000000000",
    caller: "+4930901820",
    caller_id: "+4989550100",
    display_name: "Główna infolinia",
    header: ("queue", "sales"),
    sip_headers: [
        ("User-To-User", "00;encoding=hex"),
        ("X-MS-Custom-Queue", "sales"),
    ],
    prompt: "https://engine.example/prompts/welcome.wav",
    prompt_cache: "welcome-1",
    text: "Guten Tag",
    voice: "de-DE-KatjaNeural",
    ssml: "<speak version=\"1.0\"/>",
    locale: "de-DE",
    speech_model: "model-7",
    choices: [("yes", &["ja", "gerne"]), ("no", &["nein"])],
    connection: "00112233-4455-6677-8899-aabbccddeeff",
    server_call: "c2VydmVyLWNhbGw=",
    recording: "recording-1",
    invitation: "invitation-9",
    container: "https://store.example/recordings",
};

/// The story that the captured requests of official libraries tell.
const CAPTURED: Story = Story {
    context: "ctx.jwt.token",
    callback: "http://127.0.0.1:9999/cb",
    operation_callback: "http://127.0.0.1:9999/op-cb",
    operation: "oc",
    speech_service: "https://cog.example",
    media_socket: "ws://127.0.0.1:9998/ms",
    transcript_socket: "ws://127.0.0.1:9998/tr",
    application: "8:acs:res_app",
    agent: "8:acs:res_agent1",
    teams_user: "8:orgid:45ab2481-1c1c-4005-be24-0ffb879b1130",
    caller: "+14255550100",
    caller_id: "+18005550199",
    display_name: "Contoso",
    header: ("k", "v"),
    sip_headers: [("User-To-User", "abc"), ("X-MS-Custom-h", "v")],
    prompt: "http://127.0.0.1:9999/a.wav",
    prompt_cache: "pc",
    text: "Hello",
    voice: "en-US-NancyNeural",
    ssml: "<speak/>",
    locale: "en-US",
    speech_model: "m1",
    choices: [("Confirm", &["yes", "confirm"]), ("Cancel", &["no"])],
    connection: "cc-0001",
    server_call: "srv-1",
    recording: "rec-1",
    invitation: "inv-1",
    container: "https://x.blob.core.windows.net/c",
};

/// Calls of operations that this crate does not offer.
const NOT_OFFERED: [&str; 18] = [
    "create_call.user",
    "create_call.pstn",
    "create_call.group",
    "connect_call.server",
    "connect_call.room",
    "connect_call.group",
    "move_participants",
    "transfer.user",
    "transfer.pstn",
    "mute_participant",
    "hold",
    "hold.minimal",
    "unhold",
    "start_continuous_dtmf",
    "stop_continuous_dtmf",
    "send_dtmf",
    "update_transcription",
    // The second page of a list: the client follows a link that the captured service made.
    "list_participants(paged)/page2",
];

#[tokio::test]
async fn every_call_sends_the_request_of_its_fixture() {
    let fixtures = include_str!("fixtures/requests.json");
    let fixtures: Vec<Recorded> = serde_json::from_str::<Vec<Value>>(fixtures)
        .unwrap()
        .into_iter()
        .map(Recorded::read)
        .collect();
    assert_eq!(
        fixtures
            .iter()
            .map(|fixture| fixture.name.clone())
            .collect::<BTreeSet<_>>()
            .len(),
        36
    );
    for fixture in fixtures {
        compare(&OURS, &fixture).await;
        assert_round_trip(&fixture);
    }
}

#[tokio::test]
async fn every_call_sends_the_request_that_the_official_library_sends() {
    let Some(captured) = captured("sdk-requests-python.jsonl") else {
        return;
    };
    let mut compared = 0;
    for request in captured {
        if !NOT_OFFERED.contains(&request.name.as_str()) {
            compare(&CAPTURED, &request).await;
            compared += 1;
        }
    }
    assert_eq!(compared, 36);
}

#[test]
fn the_types_keep_all_of_every_request_of_official_libraries() {
    for file in ["sdk-requests-python.jsonl", "sdk-requests-js.jsonl"] {
        let Some(captured) = captured(file) else {
            return;
        };
        let kept = captured
            .iter()
            .filter(|request| !NOT_OFFERED.contains(&request.name.as_str()));
        assert_eq!(kept.map(assert_round_trip).count(), 36, "{file}");
    }
}

/// One request as it is on record.
struct Recorded {
    name: String,
    method: String,
    target: String,
    body: Value,
    /// Whether the Repeatability headers were there; `None` if the record does not say.
    repeatable: Option<bool>,
}

impl Recorded {
    fn read(record: Value) -> Self {
        let text = |name: &str| record[name].as_str().unwrap().to_owned();
        let headers = record.get("headers").and_then(Value::as_array);
        let repeatable = headers.map(|headers| {
            headers.iter().any(|header| {
                header[0]
                    .as_str()
                    .is_some_and(|name| name.eq_ignore_ascii_case("repeatability-request-id"))
            })
        });
        let name = if text("path").ends_with("/page2") {
            format!("{}/page2", text("op"))
        } else {
            text("op")
        };
        Self {
            name,
            method: text("method"),
            target: format!("{}?{}", text("path"), text("query")),
            body: record["body"].clone(),
            repeatable,
        }
    }
}

/// The records of a file beside the repository, which is not part of it; `None` where there is none.
fn captured(file: &str) -> Option<Vec<Recorded>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference");
    let lines = std::fs::read_to_string(root.join(file)).ok()?;
    Some(
        lines
            .lines()
            .map(|line| Recorded::read(serde_json::from_str(line).unwrap()))
            .collect(),
    )
}

/// Makes the call and compares what arrives with what is on record.
async fn compare(story: &Story, expected: &Recorded) {
    let name = &expected.name;
    let service = LocalService::start(vec![]).await;
    let (clock, hold) = clock();
    let client = service.client(&clock, limits());
    let mut dispatch = dispatch(&client, hold);
    let outcome = story.tell(name, &client, &mut dispatch).await;
    assert!(outcome.is_some(), "the client has no call `{name}`");
    let requests = service.requests();
    let [request] = requests.as_slice() else {
        panic!("{name}: {} requests, {outcome:?}", requests.len())
    };

    assert_eq!(request.method, expected.method, "{name}");
    assert_eq!(request.target, expected.target, "{name}");
    let mut body = expected.body.clone();
    spell_clouds_as_specified(&mut body);
    assert_eq!(request.json(), body, "{name}");

    let repeatable = request.header("repeatability-request-id").is_some();
    assert_eq!(
        request.header("repeatability-first-sent").is_some(),
        repeatable,
        "{name}"
    );
    assert!(
        expected
            .repeatable
            .is_none_or(|expected| expected == repeatable),
        "{name}"
    );
    assert!(request.header("x-ms-client-request-id").is_some(), "{name}");
    assert_eq!(request.header("accept"), Some("application/json"), "{name}");
    let content_type = (!request.body.is_empty()).then_some("application/json");
    assert_eq!(request.header("content-type"), content_type, "{name}");
    if request.method == "POST" {
        assert_eq!(
            request.header("content-length"),
            Some(request.body.len().to_string().as_str()),
            "{name}"
        );
    }
}

/// The one difference to the official Python library: it writes the cloud in capitals, this crate as it is specified.
fn spell_clouds_as_specified(body: &mut Value) {
    match body {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(cloud) if name == "cloud" => *cloud = cloud.to_lowercase(),
                    _ => spell_clouds_as_specified(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(spell_clouds_as_specified),
        _ => {}
    }
}

/// Reads the body into the type of its operation and writes it again: nothing may be lost but the case of enumerations.
fn assert_round_trip(recorded: &Recorded) {
    let (name, body) = (&recorded.name, &recorded.body);
    let path = recorded.target.split('?').next().unwrap();
    let route = Route::parse(&recorded.method, path)
        .unwrap_or_else(|| panic!("{name}: no route for {path}"));
    assert_eq!(route.path(), path, "{name}");
    assert!(
        recorded
            .repeatable
            .is_none_or(|repeatable| repeatable == route.is_repeatable()),
        "{name}"
    );
    let written = match route {
        Route::Answer => rewrite::<AnswerCallRequest>(body),
        Route::Reject => rewrite::<RejectCallRequest>(body),
        Route::Redirect => rewrite::<RedirectCallRequest>(body),
        Route::Play(_) => rewrite::<PlayRequest>(body),
        Route::Recognize(_) => rewrite::<RecognizeRequest>(body),
        Route::StartTranscription(_) => rewrite::<StartTranscriptionRequest>(body),
        Route::StopTranscription(_) => rewrite::<StopTranscriptionRequest>(body),
        Route::StartMediaStreaming(_) => rewrite::<StartMediaStreamingRequest>(body),
        Route::StopMediaStreaming(_) => rewrite::<StopMediaStreamingRequest>(body),
        Route::AddParticipant(_) => rewrite::<AddParticipantRequest>(body),
        Route::CancelAddParticipant(_) => rewrite::<CancelAddParticipantRequest>(body),
        Route::RemoveParticipant(_) => rewrite::<RemoveParticipantRequest>(body),
        Route::StartRecording => rewrite::<StartRecordingRequest>(body),
        _ => {
            assert_eq!(body, "", "{name} has a body");
            return;
        }
    };
    assert!(
        is_same(&written, body),
        "{name}\nsent:    {body}\nwritten: {written}"
    );
}

fn rewrite<T: DeserializeOwned + Serialize>(body: &Value) -> Value {
    serde_json::to_value(serde_json::from_value::<T>(body.clone()).unwrap()).unwrap()
}

fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.eq_ignore_ascii_case(other),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, one)| other.get(name).is_some_and(|other| is_same(one, other)))
        }
        _ => one == other,
    }
}
