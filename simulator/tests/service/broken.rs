//! Applications that serve their callers badly: each figure that a healthy simulation has at zero is there to see them.
//!
//! Calls that nobody takes note of are in `delivery`, answers that are given twice in `calls`, voicemails in `participants`.

use cordboard_simulator::{
    figures::Figures,
    script::{AgentScript, CallerScript, EndpointScript, Fate, RawId, RingBehaviour, Role},
};
use serde_json::{Value, json};

use crate::stage::*;

/// A caller who gives up after a minute, although their script does not allow it.
fn impatient() -> CallerScript {
    CallerScript {
        patience_ms: 60_000,
        ..caller()
    }
}

async fn post(stage: &Stage, path: &str, body: Value) {
    let (status, answer) = stage.post(path, body).await;
    assert!((200..300).contains(&status), "{path}: {status} {answer}");
}

async fn play(stage: &mut Stage, call: &str, ms: u64, repeats: bool) {
    let body = json!({"playSources": [stage.prompt(ms)], "playOptions": {"loop": repeats}});
    post(stage, &format!("{call}:play"), body).await;
    stage.event("PlayStarted").await;
}

async fn stop_music(stage: &mut Stage, call: &str) {
    post(
        stage,
        &format!("{call}:cancelAllMediaOperations"),
        Value::Null,
    )
    .await;
    stage.event("PlayCanceled").await;
}

async fn ring(stage: &Stage, call: &str, target: &str) {
    let body = json!({"participantToAdd": id(target), "invitationTimeoutInSeconds": 20});
    post(stage, &format!("{call}/participants:add"), body).await;
}

/// A caller and an agent who have talked for five seconds.
async fn in_conversation(stage: &mut Stage, script: CallerScript) -> String {
    stage.define("anna", TEAMS, vec![RingBehaviour::answer(1_000)]);
    let call = stage.answered(script).await;
    ring(stage, &call, TEAMS).await;
    stage.event("AddParticipantSucceeded").await;
    stage.event("ParticipantsUpdated").await;
    stage.sleep(5_000).await;
    call
}

/// What became of the only caller, who was lost.
async fn lost(stage: &mut Stage) -> (Fate, Figures) {
    let figures = stage.figures_in_the_end().await;
    let fate = stage.caller().fate(u64::MAX);
    assert_eq!((figures.calls, figures.lost), (1, 1), "{fate:?}");
    (fate, figures)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_whom_nobody_answers_is_lost() {
    let mut stage = Stage::start().await;
    stage.incoming(caller()).await;
    let (fate, figures) = lost(&mut stage).await;
    assert_eq!((fate, figures.answered), (Fate::RangOut, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_is_refused_is_lost() {
    let mut stage = Stage::start().await;
    let incoming = stage.incoming(caller()).await;
    let body = json!({"incomingCallContext": incoming["incomingCallContext"]});
    post(&stage, "/calling/callConnections:reject", body).await;
    assert_eq!(lost(&mut stage).await.0, Fate::Rejected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_is_hung_up_on_in_the_middle_of_music_is_lost() {
    let mut stage = Stage::start().await;
    let call = stage.answered(caller()).await;
    play(&mut stage, &call, 10_000, true).await;
    stage.delete(&call).await;
    assert_eq!(lost(&mut stage).await.0, Fate::Dropped);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_is_forgotten_in_the_queue_is_lost() {
    let mut stage = Stage::start().await;
    let call = stage.answered(impatient()).await;
    play(&mut stage, &call, 10_000, true).await;
    let (fate, figures) = lost(&mut stage).await;
    assert_eq!((fate, figures.abandoned), (Fate::AbandonedQueue, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_whose_agent_is_taken_away_is_lost() {
    let mut stage = Stage::start().await;
    let call = in_conversation(&mut stage, caller()).await;
    let body = json!({"participantToRemove": id(TEAMS)});
    post(&stage, &format!("{call}/participants:remove"), body).await;
    let (fate, figures) = lost(&mut stage).await;
    assert_eq!((fate, figures.connected), (Fate::CutOff, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_whose_conversation_is_ended_is_lost() {
    let mut stage = Stage::start().await;
    let call = in_conversation(&mut stage, caller()).await;
    post(&stage, &format!("{call}:terminate"), Value::Null).await;
    assert_eq!(lost(&mut stage).await.0, Fate::CutOff);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_whose_conversation_is_drowned_in_music_is_lost() {
    let mut stage = Stage::start().await;
    let call = in_conversation(&mut stage, impatient()).await;
    play(&mut stage, &call, 10_000, true).await;
    assert_eq!(lost(&mut stage).await.0, Fate::CutOff);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_whose_agent_hears_something_else_is_lost() {
    let mut stage = Stage::start().await;
    let call = in_conversation(&mut stage, caller()).await;
    let body = json!({"playSources": [stage.prompt(20_000)], "playTo": [id(TEAMS)]});
    post(&stage, &format!("{call}:play"), body).await;
    assert_eq!(lost(&mut stage).await.0, Fate::CutOff);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_rung_for_two_calls_at_once_is_offered_twice() {
    // On one endpoint or on two, one after the other or both at once.
    for (second, between_ms, expected) in [(TEAMS, 1_000, 1), (PHONE, 1_000, 1), (PHONE, 21_000, 0)]
    {
        let mut stage = Stage::start().await;
        let endpoint = |identifier: &str| EndpointScript {
            identifier: RawId::new(identifier),
            rings: vec![RingBehaviour::NoAnswer],
            choose: Default::default(),
        };
        let anna = AgentScript {
            person: "anna".to_owned(),
            role: Role::Agent,
            endpoints: vec![endpoint(TEAMS), endpoint(PHONE)],
        };
        stage.simulator.define_agent(anna).unwrap();
        let mut calls = Vec::new();
        for name in ["first", "second"] {
            let script = CallerScript {
                name: name.to_owned(),
                ..caller()
            };
            calls.push(stage.answered(script).await);
        }
        ring(&stage, &calls[0], TEAMS).await;
        if between_ms > 20_000 {
            stage.event("AddParticipantFailed").await;
        } else {
            stage.sleep(between_ms).await;
        }
        ring(&stage, &calls[1], second).await;
        stage.sleep(5_000).await;
        let figures = stage.simulator.ledger().figures();
        assert_eq!(figures.offered_twice, expected, "{second} {between_ms}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_rung_anew_before_the_first_ring_is_withdrawn_is_a_warning() {
    for (withdrawn_first, expected) in [(true, 0), (false, 1)] {
        let mut stage = Stage::start().await;
        stage.define("anna", TEAMS, vec![RingBehaviour::NoAnswer]);
        let mut calls = Vec::new();
        for name in ["first", "second"] {
            let script = CallerScript {
                name: name.to_owned(),
                ..caller()
            };
            calls.push(stage.answered(script).await);
        }
        let (status, added) = stage
            .post(
                &format!("{}/participants:add", calls[0]),
                json!({"participantToAdd": id(TEAMS)}),
            )
            .await;
        assert_eq!(status, 202);
        stage.sleep(1_000).await;
        // Both at the same instant: only the order tells.
        let withdraw = format!("{}/participants:cancelAddParticipant", calls[0]);
        let body = json!({"invitationId": added["invitationId"]});
        if withdrawn_first {
            post(&stage, &withdraw, body).await;
            ring(&stage, &calls[1], TEAMS).await;
        } else {
            ring(&stage, &calls[1], TEAMS).await;
            post(&stage, &withdraw, body).await;
        }
        let ledger = stage.simulator.ledger();
        assert_eq!(ledger.warnings().rung_before_withdrawn, expected);
        assert_eq!(ledger.figures().offered_twice, 0);
    }
}

/// Waits that a caller bears, and waits that are silence.
const WAITS: [(u64, u64); 2] = [(2_900, 0), (3_100, 1)];

fn silences(stage: &Stage) -> u64 {
    stage.simulator.ledger().figures().silence_over_3s
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_between_the_answer_and_the_greeting_counts() {
    for (wait_ms, expected) in WAITS {
        let mut stage = Stage::start().await;
        let call = stage.answered(caller()).await;
        stage.sleep(wait_ms).await;
        play(&mut stage, &call, 1_000, false).await;
        assert_eq!(silences(&stage), expected, "{wait_ms}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_between_music_and_message_and_after_the_message_counts() {
    for (wait_ms, expected) in WAITS {
        let mut stage = Stage::start().await;
        let call = stage.answered(caller()).await;
        play(&mut stage, &call, 10_000, true).await;
        stage.sleep(12_000).await;
        stop_music(&mut stage, &call).await;
        stage.sleep(wait_ms).await;
        play(&mut stage, &call, 1_000, false).await;
        assert_eq!(silences(&stage), expected, "{wait_ms}");
        stage.event("PlayCompleted").await;
        stage.sleep(wait_ms).await;
        play(&mut stage, &call, 10_000, true).await;
        assert_eq!(silences(&stage), 2 * expected, "{wait_ms}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_after_the_menu_counts() {
    for (wait_ms, expected) in WAITS {
        let mut stage = Stage::start().await;
        let call = stage.answered(caller()).await;
        let body = json!({"recognizeInputType": "dtmf", "playPrompt": stage.prompt(1_000),
            "recognizeOptions": {"targetParticipant": id(CALLER), "initialSilenceTimeoutInSeconds": 5,
                "dtmfOptions": {"maxTonesToCollect": 1}}});
        post(&stage, &format!("{call}:recognize"), body).await;
        stage.event("PlayStarted").await;
        stage.event("RecognizeFailed").await;
        stage.sleep(wait_ms).await;
        play(&mut stage, &call, 10_000, true).await;
        assert_eq!(silences(&stage), expected, "{wait_ms}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_while_whoever_answered_is_asked_to_confirm_counts() {
    for (wait_ms, expected) in WAITS {
        let mut stage = Stage::start().await;
        stage.define("bert", PHONE, vec![RingBehaviour::answer(1_000)]);
        let call = stage.answered(caller()).await;
        play(&mut stage, &call, 2_000, false).await;
        ring(&stage, &call, PHONE).await;
        stage.event("AddParticipantSucceeded").await;
        stage.event("ParticipantsUpdated").await;
        // The music is over 980 ms from now; the key comes 800 ms after the question.
        let body = json!({"recognizeInputType": "dtmf", "playPrompt": stage.prompt(wait_ms + 180),
            "recognizeOptions": {"targetParticipant": id(PHONE), "dtmfOptions": {"maxTonesToCollect": 1}}});
        post(&stage, &format!("{call}:recognize"), body).await;
        stage.event("PlayStarted").await;
        stage.event("PlayCompleted").await;
        stage.event("RecognizeCompleted").await;
        assert_eq!(silences(&stage), expected, "{wait_ms}");
        assert_eq!(stage.simulator.ledger().figures().connected, 1);
    }
}
