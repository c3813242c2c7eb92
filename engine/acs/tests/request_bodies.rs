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

/// The values of the recorded requests.
const STORY: Story = Story {
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

#[tokio::test]
async fn every_call_sends_the_request_that_the_official_library_sends() {
    for request in recorded("python") {
        compare(&STORY, &request).await;
    }
}

#[test]
fn the_types_keep_all_of_every_request_of_official_libraries() {
    for library in ["python", "javascript"] {
        recorded(library).iter().for_each(assert_round_trip);
    }
}

/// One request as it is on record.
struct Recorded {
    name: String,
    method: String,
    target: String,
    body: Value,
    /// Whether the Repeatability headers were there.
    repeatable: bool,
}

impl Recorded {
    fn read(record: &Value) -> Self {
        let text = |name: &str| record[name].as_str().unwrap().to_owned();
        Self {
            name: text("op"),
            method: text("method"),
            target: format!("{}?{}", text("path"), text("query")),
            body: record["body"].clone(),
            repeatable: record["repeatable"].as_bool().unwrap(),
        }
    }
}

/// What an official library sends for every call that this crate offers, with the values of [`STORY`] put in.
fn recorded(library: &str) -> Vec<Recorded> {
    let all: Value = serde_json::from_str(include_str!("fixtures/requests.json")).unwrap();
    let recorded: Vec<Recorded> = all[library]
        .as_array()
        .unwrap()
        .iter()
        .map(Recorded::read)
        .collect();
    let names: BTreeSet<&str> = recorded
        .iter()
        .map(|request| request.name.as_str())
        .collect();
    assert_eq!((names.len(), recorded.len()), (36, 36), "{library}");
    recorded
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
    assert_eq!(repeatable, expected.repeatable, "{name}");
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
    assert_eq!(route.is_repeatable(), recorded.repeatable, "{name}");
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
