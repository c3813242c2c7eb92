//! Playing, recognising, cancelling.

use cordboard_simulator::{
    ledger::Sound,
    script::{CallerScript, Card, MenuAnswer, RingBehaviour},
};
use serde_json::{Value, json};

use crate::stage::*;

fn recognize(prompt: Value, dtmf: Value) -> Value {
    json!({
        "recognizeInputType": "dtmf",
        "playPrompt": prompt,
        "recognizeOptions": {"interruptPrompt": true, "targetParticipant": id(CALLER), "dtmfOptions": dtmf},
        "operationContext": "menu",
    })
}

fn pressing(answers: Vec<MenuAnswer>) -> CallerScript {
    CallerScript {
        menu: answers,
        ..caller()
    }
}

/// What the caller heard, with its length; prompts by the end of their address.
fn heard(stage: &Stage) -> Vec<(String, u64)> {
    let heard = stage.caller().heard.into_iter();
    let now = stage.clock.now();
    heard
        .map(|heard| {
            let name = match heard.what {
                Sound::Prompt { uri, .. } => uri.rsplit('/').next().unwrap_or_default().to_owned(),
                Sound::Silence => "silence".to_owned(),
                Sound::Turn => "turn".to_owned(),
                Sound::Voice { of, .. } => of.as_str().to_owned(),
                Sound::OwnMessage => "message".to_owned(),
            };
            (name, heard.to_ms.unwrap_or(now) - heard.from_ms)
        })
        .collect()
}

fn named(rows: &[(&str, u64)]) -> Vec<(String, u64)> {
    rows.iter()
        .map(|(name, ms)| ((*name).to_owned(), *ms))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_play_lasts_as_long_as_its_files_and_each_is_fetched_once() {
    let mut stage = Stage::start().await;
    let call = stage.answered(caller()).await;
    let play = json!({"playSources": [stage.prompt(1_500), stage.prompt(250), stage.prompt(250)], "playTo": []});
    assert_eq!(
        stage.post(&format!("{call}:play"), play.clone()).await,
        (202, Value::Null)
    );
    stage.result("PlayStarted", 200, 0).await;
    let at = stage.now();
    stage.result("PlayCompleted", 200, 0).await;
    assert_eq!(stage.now() - at, 2_000);
    stage.post(&format!("{call}:play"), play).await;
    stage.event("PlayStarted").await;
    stage.event("PlayCompleted").await;
    assert_eq!(
        (stage.fetched("1500.wav"), stage.fetched("250.wav")),
        (1, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_id_stands_for_the_file() {
    let mut stage = Stage::start().await;
    let call = stage.answered(caller()).await;
    let mut one = stage.prompt(300);
    one["playSourceCacheId"] = json!("greeting");
    let mut other = stage.prompt(400);
    other["playSourceCacheId"] = json!("greeting");
    stage
        .post(
            &format!("{call}:play"),
            json!({"playSources": [one, other]}),
        )
        .await;
    stage.event("PlayStarted").await;
    let at = stage.now();
    stage.event("PlayCompleted").await;
    assert_eq!(stage.now() - at, 600);
    assert_eq!((stage.fetched("300.wav"), stage.fetched("400.wav")), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_played_fails_with_its_place() {
    let mut stage = Stage::start().await;
    let call = stage.answered(caller()).await;
    let prompts = stage.url("/prompts");
    let file = |name: &str| json!({"kind": "file", "file": {"uri": format!("{prompts}/{name}")}});
    for (name, sub_code) in [("stereo.wav", 8_535), ("missing", 8_536)] {
        let play = json!({"playSources": [stage.prompt(100), file(name)]});
        assert_eq!(stage.post(&format!("{call}:play"), play).await.0, 202);
        let data = stage.result("PlayFailed", 400, sub_code).await;
        assert_eq!(data["failedPlaySourceIndex"], 1);
    }
    let nowhere = json!({"kind": "file", "file": {"uri": "http://127.0.0.1:9/x.wav"}});
    stage
        .post(&format!("{call}:play"), json!({"playSources": [nowhere]}))
        .await;
    stage.result("PlayFailed", 400, 8_536).await;
    stage
        .post(
            &format!("{call}:recognize"),
            recognize(file("missing"), json!({"maxTonesToCollect": 1})),
        )
        .await;
    stage.result("RecognizeFailed", 500, 8_511).await;
    // A failed download is tried again.
    assert_eq!(stage.fetched("missing"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_ends_when_all_media_are_cancelled_and_each_operation_says_so() {
    let mut stage = Stage::start().await;
    let call = stage.answered(caller()).await;
    let music = json!({"playSources": [stage.prompt(1_000)], "playOptions": {"loop": true}, "operationContext": "music"});
    stage.post(&format!("{call}:play"), music).await;
    stage.event("PlayStarted").await;
    let waiting = recognize(stage.prompt(500), json!({"maxTonesToCollect": 1}));
    assert_eq!(
        stage.post(&format!("{call}:recognize"), waiting).await.0,
        202
    );
    stage.quiet(10_000).await;
    assert_eq!(
        stage
            .post(&format!("{call}:cancelAllMediaOperations"), Value::Null)
            .await,
        (202, Value::Null)
    );
    assert_eq!(
        stage.result("PlayCanceled", 400, 8_508).await["operationContext"],
        "music"
    );
    assert_eq!(
        stage.result("RecognizeCanceled", 400, 8_508).await["operationContext"],
        "menu"
    );
    stage.quiet(5_000).await;
    let heard = heard(&stage);
    assert_eq!(
        heard[1],
        ("1000.wav".to_owned(), 10_010),
        "ten seconds, and ten milliseconds for the event of the start"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_of_the_main_leg_wait_and_interrupting_ones_do_not() {
    let mut stage = Stage::start().await;
    let call = stage.answered(caller()).await;
    let play = |ms: u64, context: &str, interrupt: bool| json!({"playSources": [stage.prompt(ms)], "operationContext": context, "interruptCallMediaOperation": interrupt});
    let bodies = [
        play(1_000, "a", false),
        play(2_000, "b", false),
        play(3_000, "c", false),
        play(400, "d", true),
    ];
    stage.post(&format!("{call}:play"), bodies[0].clone()).await;
    stage.post(&format!("{call}:play"), bodies[1].clone()).await;
    assert_eq!(stage.event("PlayStarted").await["operationContext"], "a");
    assert_eq!(stage.event("PlayCompleted").await["operationContext"], "a");
    assert_eq!(stage.event("PlayStarted").await["operationContext"], "b");
    stage.post(&format!("{call}:play"), bodies[2].clone()).await;
    stage.post(&format!("{call}:play"), bodies[3].clone()).await;
    assert_eq!(stage.event("PlayCanceled").await["operationContext"], "b");
    assert_eq!(stage.event("PlayCanceled").await["operationContext"], "c");
    assert_eq!(stage.event("PlayStarted").await["operationContext"], "d");
    assert_eq!(stage.event("PlayCompleted").await["operationContext"], "d");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_operation_on_one_partys_leg_is_refused() {
    let mut stage = Stage::start().await;
    stage.define("anna", TEAMS, vec![RingBehaviour::answer(1_000)]);
    let call = stage.answered(caller()).await;
    let play = json!({"playSources": [stage.prompt(1_000)], "playTo": [id(CALLER)]});
    assert_eq!(
        stage.post(&format!("{call}:play"), play.clone()).await.0,
        202
    );
    for (operation, body) in [
        ("play", play.clone()),
        (
            "recognize",
            recognize(stage.prompt(500), json!({"maxTonesToCollect": 1})),
        ),
    ] {
        let (status, body) = stage.post(&format!("{call}:{operation}"), body).await;
        assert_eq!(
            (status, &body["error"]["code"]),
            (412, &json!("8583")),
            "{operation}"
        );
    }
    // The main leg is another leg.
    let all = json!({"playSources": [stage.prompt(1_000)]});
    assert_eq!(stage.post(&format!("{call}:play"), all).await.0, 202);
    for name in [
        "PlayStarted",
        "PlayStarted",
        "PlayCompleted",
        "PlayCompleted",
    ] {
        stage.event(name).await;
    }
    // In a call with two parties, a recognition is on the leg of its target.
    stage
        .post(
            &format!("{call}/participants:add"),
            json!({"participantToAdd": id(TEAMS)}),
        )
        .await;
    stage.event("AddParticipantSucceeded").await;
    stage.event("ParticipantsUpdated").await;
    stage
        .post(
            &format!("{call}:recognize"),
            recognize(stage.prompt(500), json!({"maxTonesToCollect": 1})),
        )
        .await;
    assert_eq!(stage.post(&format!("{call}:play"), play).await.0, 412);
    let absent = json!({"playSources": [stage.prompt(1_000)], "playTo": [id(PHONE)]});
    let (status, body) = stage.post(&format!("{call}:play"), absent).await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!("8558")));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_end_a_recognition_by_number_by_stop_tone_and_by_silence() {
    let cases = [
        (
            "12",
            json!({"maxTonesToCollect": 2}),
            (200, 8_531),
            json!(["one", "two"]),
        ),
        (
            "12#",
            json!({"maxTonesToCollect": 9, "stopTones": ["pound"]}),
            (200, 8_514),
            json!(["one", "two"]),
        ),
        (
            "7*",
            json!({"maxTonesToCollect": 9, "interToneTimeoutInSeconds": 3}),
            (400, 8_532),
            json!(["seven", "asterisk"]),
        ),
    ];
    for (keys, dtmf, (code, sub_code), tones) in cases {
        let mut stage = Stage::start().await;
        let call = stage.answered(pressing(vec![MenuAnswer::keys(keys)])).await;
        assert_eq!(
            stage
                .post(
                    &format!("{call}:recognize"),
                    recognize(stage.prompt(1_000), dtmf)
                )
                .await,
            (202, Value::Null)
        );
        assert_eq!(stage.event("PlayStarted").await["operationContext"], "menu");
        let data = stage.result("RecognizeCompleted", code, sub_code).await;
        assert_eq!(
            (&data["recognitionType"], &data["dtmfResult"]["tones"]),
            (&json!("dtmf"), &tones),
            "{keys}"
        );
        assert_eq!(stage.caller().pressed[0].keys.as_deref(), Some(keys));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_fails_after_the_initial_time_and_is_the_callers_turn() {
    let mut stage = Stage::start().await;
    let call = stage.answered(pressing(vec![MenuAnswer::keys("")])).await;
    let mut body = recognize(stage.prompt(1_000), json!({"maxTonesToCollect": 1}));
    body["recognizeOptions"]["initialSilenceTimeoutInSeconds"] = json!(4);
    stage.post(&format!("{call}:recognize"), body).await;
    stage.event("PlayStarted").await;
    stage.result("RecognizeFailed", 400, 8_510).await;
    // 10 ms until the events were out, 10 ms for the event of the failure itself.
    assert_eq!(
        heard(&stage),
        named(&[
            ("silence", 10),
            ("1000.wav", 1_000),
            ("turn", 4_000),
            ("silence", 10)
        ])
    );
    assert_eq!(stage.simulator.ledger().figures().silence_over_3s, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_into_the_prompt_interrupts_it_only_where_it_may() {
    for (interrupt, expected) in [(true, ("1000.wav", 200)), (false, ("1000.wav", 1_000))] {
        let mut stage = Stage::start().await;
        let answer = MenuAnswer {
            barge_in: true,
            delay_ms: 200,
            ..MenuAnswer::keys("5")
        };
        let call = stage.answered(pressing(vec![answer])).await;
        let mut body = recognize(stage.prompt(1_000), json!({"maxTonesToCollect": 1}));
        body["recognizeOptions"]["interruptPrompt"] = json!(interrupt);
        stage.post(&format!("{call}:recognize"), body).await;
        stage.event("PlayStarted").await;
        if interrupt {
            stage.result("RecognizeCompleted", 200, 8_531).await;
        } else {
            // Keys during such a prompt are lost.
            stage.result("RecognizeFailed", 400, 8_510).await;
        }
        assert_eq!(heard(&stage)[1], (expected.0.to_owned(), expected.1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_used_up_in_turn_and_those_for_a_prompt_wait_for_it() {
    let mut stage = Stage::start().await;
    let for_prompt = MenuAnswer {
        prompt: Some("200.wav".to_owned()),
        ..MenuAnswer::keys("9")
    };
    let call = stage
        .answered(pressing(vec![
            for_prompt,
            MenuAnswer::keys("1"),
            MenuAnswer::keys("2"),
        ]))
        .await;
    for (ms, expected) in [
        (100, Some("one")),
        (200, Some("nine")),
        (100, Some("two")),
        (100, None),
    ] {
        stage
            .post(
                &format!("{call}:recognize"),
                recognize(stage.prompt(ms), json!({"maxTonesToCollect": 1})),
            )
            .await;
        stage.event("PlayStarted").await;
        match expected {
            Some(tone) => {
                assert_eq!(
                    stage.event("RecognizeCompleted").await["dtmfResult"]["tones"],
                    json!([tone])
                );
            }
            None => drop(stage.event("RecognizeFailed").await),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_stand_for_a_choice() {
    let mut stage = Stage::start().await;
    let call = stage
        .answered(pressing(vec![MenuAnswer::keys("2"), MenuAnswer::keys("3")]))
        .await;
    let body = json!({
        "recognizeInputType": "choices",
        "playPrompts": [stage.prompt(100)],
        "recognizeOptions": {"targetParticipant": id(CALLER), "choices": [
            {"label": "Yes", "phrases": ["yes"], "tone": "one"}, {"label": "No", "phrases": ["no"], "tone": "two"}]},
    });
    stage.post(&format!("{call}:recognize"), body.clone()).await;
    stage.event("PlayStarted").await;
    let data = stage.result("RecognizeCompleted", 200, 8_533).await;
    assert_eq!(
        (&data["recognitionType"], &data["choiceResult"]["label"]),
        (&json!("choices"), &json!("No"))
    );
    stage.post(&format!("{call}:recognize"), body).await;
    stage.event("PlayStarted").await;
    stage.result("RecognizeFailed", 500, 8_534).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_out_of_range_are_refused() {
    let mut stage = Stage::start().await;
    let call = stage.answered(caller()).await;
    let mut silence = recognize(stage.prompt(1), json!({}));
    silence["recognizeOptions"]["initialSilenceTimeoutInSeconds"] = json!(301);
    for body in [
        silence,
        recognize(stage.prompt(1), json!({"interToneTimeoutInSeconds": 0})),
        recognize(stage.prompt(1), json!({"maxTonesToCollect": 0})),
    ] {
        assert_eq!(stage.post(&format!("{call}:recognize"), body).await.0, 400);
    }
    let text = json!({"playSources": [{"kind": "text", "text": {"text": "Hello"}}]});
    let (status, body) = stage.post(&format!("{call}:play"), text).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (400, &json!("8567")),
        "no speech service was named"
    );
    assert_eq!(
        stage
            .post(&format!("{call}:play"), json!({"playSources": []}))
            .await
            .0,
        400
    );
    stage.quiet(10_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_typed_during_a_conversation_and_its_digits_are_nowhere() {
    let mut stage = Stage::start().await;
    stage.define("anna", TEAMS, vec![RingBehaviour::answer(1_000)]);
    let card = Card {
        digits: "4111111111111111#".to_owned(),
        delay_ms: 500,
        between_ms: 200,
    };
    let call = stage
        .answered(CallerScript {
            card: Some(card),
            ..caller()
        })
        .await;
    stage
        .post(
            &format!("{call}/participants:add"),
            json!({"participantToAdd": id(TEAMS)}),
        )
        .await;
    stage.event("AddParticipantSucceeded").await;
    stage.event("ParticipantsUpdated").await;
    stage.sleep(5_000).await;
    let body = recognize(
        stage.prompt(300),
        json!({"maxTonesToCollect": 16, "stopTones": ["pound"]}),
    );
    stage.post(&format!("{call}:recognize"), body).await;
    stage.event("PlayStarted").await;
    let data = stage.result("RecognizeCompleted", 200, 8_531).await;
    assert_eq!(
        data["dtmfResult"]["tones"].as_array().map(Vec::len),
        Some(16)
    );
    let caller = stage.caller();
    assert_eq!(
        (caller.pressed[0].count, &caller.pressed[0].keys),
        (16, &None)
    );
    let ledger = serde_json::to_string(&stage.simulator.ledger()).unwrap();
    assert!(!ledger.contains("41111"));
    // The conversation goes on, and ends by the caller when their minute is over.
    stage.event("ParticipantsUpdated").await;
    let caller = stage.caller();
    let first_word = caller
        .heard
        .iter()
        .find(|heard| matches!(heard.what, Sound::Voice { .. }))
        .unwrap();
    assert_eq!(caller.end.unwrap().at_ms - first_word.from_ms, 60_000);
}
