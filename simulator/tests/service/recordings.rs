//! Recording, transcription, media streaming.

use cordboard_simulator::script::{CallerScript, Fate};
use serde_json::{Value, json};

use crate::stage::*;

fn body(stage: &Stage, call: &str) -> Value {
    let id = call.rsplit('/').next().unwrap();
    json!({"callConnectionId": id, "recordingStateCallbackUri": stage.url("/recordings"),
        "recordingContentType": "audio", "recordingChannelType": "mixed", "recordingFormatType": "wav"})
}

/// The next message must be a state of a recording.
async fn state(stage: &mut Stage, expected: &str) -> Value {
    let message = stage.next().await;
    assert_eq!(message.path, "/recordings");
    let event = &message.body[0];
    assert_eq!(
        event["type"],
        "Microsoft.Communication.RecordingStateChanged"
    );
    let data = event["data"].clone();
    assert_eq!(data["state"], expected);
    assert_eq!(data["recordingKind"], "azureCommunicationServices");
    assert!(
        event["subject"]
            .as_str()
            .unwrap()
            .contains(data["recordingId"].as_str().unwrap())
    );
    data
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_starts_pauses_resumes_and_stops_with_events() {
    let mut stage = Stage::start().await;
    let call = stage.answered(caller()).await;
    let (status, answer) = stage.post("/calling/recordings", body(&stage, &call)).await;
    assert_eq!((status, &answer["recordingState"]), (202, &json!("active")));
    let path = format!(
        "/calling/recordings/{}",
        answer["recordingId"].as_str().unwrap()
    );
    let data = state(&mut stage, "active").await;
    assert_eq!(
        (&data["recordingId"], data.get("operationContext")),
        (&answer["recordingId"], None)
    );
    stage.sleep(5_000).await;
    assert_eq!(
        stage.post(&format!("{path}:pause"), Value::Null).await,
        (202, Value::Null)
    );
    state(&mut stage, "inactive").await;
    assert_eq!(stage.get(&path).await.1["recordingState"], "inactive");
    assert_eq!(
        stage.post(&format!("{path}:pause"), Value::Null).await.0,
        202,
        "twice is once"
    );
    stage.sleep(3_000).await;
    assert_eq!(
        stage.post(&format!("{path}:resume"), Value::Null).await.0,
        202
    );
    state(&mut stage, "active").await;
    stage.sleep(2_000).await;
    assert_eq!(stage.delete(&path).await, (204, Value::Null));
    state(&mut stage, "inactive").await;
    for (status, _) in [
        stage.get(&path).await,
        stage.delete(&path).await,
        stage.post(&format!("{path}:pause"), Value::Null).await,
    ] {
        assert_eq!(status, 404);
    }
    // Each event took 10 ms, in which the recording was in the state that it tells of.
    let record = stage.call();
    let lengths: Vec<u64> = record.recordings[0]
        .active
        .iter()
        .map(|span| span.length_ms(0))
        .collect();
    assert_eq!(lengths, [5_010, 2_010]);
    assert_eq!(stage.simulator.ledger().figures().recorded, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_recording_of_a_call_does_not_start() {
    let mut stage = Stage::start().await;
    let call = stage
        .answered(CallerScript::new("caller", "4:+14255550100", CALLER))
        .await;
    let (_, properties) = stage.get(&call).await;
    let locator = json!({"callLocator": {"serverCallId": properties["serverCallId"], "kind": "serverCallLocator"}});
    assert_eq!(
        stage.post("/calling/recordings", locator.clone()).await.0,
        200
    );
    assert_eq!(stage.post("/calling/recordings", locator).await.0, 409);
    assert_eq!(
        stage
            .post("/calling/recordings", body(&stage, &call))
            .await
            .0,
        202
    );
    let message = stage.next().await;
    assert_eq!(
        message.body[0]["type"],
        "Microsoft.Communication.StartRecordingFailed"
    );
    assert_eq!(
        message.body[0]["data"]["resultInformation"]["subCode"],
        8_553
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_teams_phone_call_is_recorded_by_its_connection_as_wav() {
    let mut stage = Stage::start().await;
    let call = stage.answered(caller()).await;
    let (_, properties) = stage.get(&call).await;
    let locator = json!({"callLocator": {"serverCallId": properties["serverCallId"]}});
    let mut video = body(&stage, &call);
    video["recordingContentType"] = json!("audioVideo");
    let mut mp3 = body(&stage, &call);
    mp3["recordingFormatType"] = json!("mp3");
    let mut both = body(&stage, &call);
    both["callLocator"] = locator["callLocator"].clone();
    let mut channel = body(&stage, &call);
    channel["channelAffinity"] = json!([{"channel": 5, "participant": id(CALLER)}]);
    for wrong in [locator, video, mp3, both, channel, json!({})] {
        assert_eq!(
            stage.post("/calling/recordings", wrong.clone()).await.0,
            400,
            "{wrong}"
        );
    }
    assert_eq!(
        stage
            .post("/calling/recordings", json!({"callConnectionId": "x"}))
            .await
            .0,
        404
    );
    let mut paused = body(&stage, &call);
    paused["pauseOnStart"] = json!(true);
    assert_eq!(
        stage.post("/calling/recordings", paused).await.1["recordingState"],
        "inactive"
    );
    state(&mut stage, "inactive").await;
    assert_eq!(stage.simulator.ledger().figures().recorded, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_call_ends_its_recording_before_the_last_event() {
    let mut stage = Stage::start().await;
    let call = stage.answered(caller()).await;
    stage.post("/calling/recordings", body(&stage, &call)).await;
    state(&mut stage, "active").await;
    stage.delete(&call).await;
    state(&mut stage, "inactive").await;
    stage.event("CallDisconnected").await;
    assert!(stage.call().recordings[0].stopped_ms.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_alone_with_a_recording_after_a_greeting_leaves_a_message() {
    let mut stage = Stage::start().await;
    let call = stage.answered(caller()).await;
    let music = json!({"playSources": [stage.prompt(2_000)], "playOptions": {"loop": true}});
    stage.post(&format!("{call}:play"), music).await;
    stage.event("PlayStarted").await;
    stage.sleep(4_000).await;
    let greeting =
        json!({"playSources": [stage.prompt(1_000)], "interruptCallMediaOperation": true});
    stage.post(&format!("{call}:play"), greeting).await;
    stage.event("PlayCanceled").await;
    stage.event("PlayStarted").await;
    stage.event("PlayCompleted").await;
    stage.post("/calling/recordings", body(&stage, &call)).await;
    state(&mut stage, "active").await;
    state(&mut stage, "inactive").await;
    stage.event("CallDisconnected").await;
    assert_eq!(stage.caller().fate(u64::MAX), Fate::LeftMessage);
}

#[tokio::test(flavor = "multi_thread")]
async fn transcription_and_streaming_run_only_if_set_up_at_the_answer() {
    let mut stage = Stage::start().await;
    let call = stage.answered(caller()).await;
    for (what, event) in [
        ("Transcription", "TranscriptionFailed"),
        ("MediaStreaming", "MediaStreamingFailed"),
    ] {
        for verb in ["start", "stop"] {
            let (status, _) = stage
                .post(
                    &format!("{call}:{verb}{what}"),
                    json!({"operationContext": "c"}),
                )
                .await;
            assert_eq!(status, 202);
            assert_eq!(
                stage.result(event, 405, 8_522).await["operationContext"],
                "c"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn transcription_and_streaming_start_and_stop_with_events() {
    let mut stage = Stage::start().await;
    let incoming = stage.incoming(caller()).await;
    let mut answer = stage.answer_body(&incoming);
    answer["mediaStreamingOptions"] = json!({"transportType": "websocket", "audioChannelType": "mixed",
        "transportUrl": "ws://x/", "startMediaStreaming": true});
    answer["transcriptionOptions"] = json!({"transportType": "websocket", "locale": "en-US", "transportUrl": "ws://x/",
        "startTranscription": false});
    let (_, call) = stage.post("/calling/callConnections:answer", answer).await;
    assert_eq!(call["mediaStreamingSubscription"]["state"], "active");
    assert_eq!(call["transcriptionSubscription"]["state"], "inactive");
    let call = format!(
        "/calling/callConnections/{}",
        call["callConnectionId"].as_str().unwrap()
    );
    stage.event("CallConnected").await;
    stage.event("ParticipantsUpdated").await;
    let data = stage.result("MediaStreamingStarted", 200, 0).await;
    assert_eq!(
        data["mediaStreamingUpdate"]["mediaStreamingStatus"],
        "mediaStreamingStarted"
    );
    stage
        .post(
            &format!("{call}:startTranscription"),
            json!({"locale": "en-US"}),
        )
        .await;
    let data = stage.result("TranscriptionStarted", 200, 0).await;
    assert_eq!(
        data["transcriptionUpdate"]["transcriptionStatus"],
        "transcriptionStarted"
    );
    stage.sleep(1_000).await;
    stage
        .post(&format!("{call}:stopTranscription"), json!({}))
        .await;
    stage.event("TranscriptionStopped").await;
    stage
        .post(&format!("{call}:stopMediaStreaming"), json!({}))
        .await;
    stage.event("MediaStreamingStopped").await;
    let record = stage.call();
    assert_eq!(record.transcribed[0].length_ms(0), 1_010);
    assert!(record.streamed[0].to_ms.is_some());
}
