//! Ringing people: answers, refusals, withdrawals, and what happens to those who join.

use cordboard_simulator::{
    ledger::{EndedBy, RingOutcome, VoiceKind},
    script::{AgentScript, CallerScript, Fate, RingBehaviour, Role},
};
use serde_json::{Value, json};

use crate::stage::*;

fn add(target: &str, seconds: u64) -> Value {
    json!({"participantToAdd": id(target), "invitationTimeoutInSeconds": seconds, "operationContext": "adding"})
}

/// Invites somebody; the id of the invitation.
async fn invite(stage: &Stage, call: &str, target: &str, seconds: u64) -> String {
    let (status, body) = stage
        .post(&format!("{call}/participants:add"), add(target, seconds))
        .await;
    assert_eq!(status, 202, "{body}");
    assert_eq!(body["participant"]["identifier"]["rawId"], target);
    assert_eq!(body["operationContext"], "adding");
    body["invitationId"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_answers_talks_and_the_caller_ends_it() {
    let mut stage = Stage::start().await;
    stage.define("anna", TEAMS, vec![RingBehaviour::answer(4_000)]);
    let call = stage.answered(caller()).await;
    let at = stage.now();
    invite(&stage, &call, TEAMS, 20).await;
    let data = stage.result("AddParticipantSucceeded", 200, 0).await;
    assert_eq!(
        (stage.now() - at, &data["operationContext"]),
        (4_010, &json!("adding"))
    );
    assert_eq!(data["participant"]["kind"], "microsoftTeamsUser");
    let data = stage.event("ParticipantsUpdated").await;
    assert_eq!(
        (
            &data["sequenceNumber"],
            data["participants"].as_array().map(Vec::len)
        ),
        (&json!(2), Some(2))
    );
    let (_, list) = stage.get(&format!("{call}/participants")).await;
    assert_eq!(list["value"].as_array().map(Vec::len), Some(2));
    let one = format!("{call}/participants/{}", "4%3A%2B14255550123");
    assert_eq!(
        stage.get(&one).await.1["identifier"]["phoneNumber"]["value"],
        "+14255550123"
    );
    assert_eq!(
        stage
            .get(&format!("{call}/participants/8%3Aorgid%3Anobody"))
            .await
            .0,
        404
    );
    // The caller talks for a minute and hangs up; the agent stays on the line for a moment.
    let data = stage.event("ParticipantsUpdated").await;
    assert_eq!(data["participants"].as_array().map(Vec::len), Some(1));
    stage.result("CallDisconnected", 200, 0).await;
    let ring = stage.endpoint(TEAMS).rings.remove(0);
    assert_eq!(
        (ring.outcome, ring.to_ms),
        (Some(RingOutcome::Answered), Some(ring.from_ms + 4_000))
    );
    assert_eq!(
        ring.left.unwrap().at_ms - stage.caller().end.unwrap().at_ms,
        4_000
    );
    let figures = stage.simulator.ledger().figures();
    assert_eq!(
        (figures.connected, figures.lost, figures.silence_over_3s),
        (1, 0, 1),
        "nothing was played while it rang"
    );
    assert_eq!(stage.caller().heard_for(VoiceKind::Agent, u64::MAX), 60_000);
    tokio::time::timeout(
        std::time::Duration::from_secs(20),
        stage.simulator.finished(),
    )
    .await
    .expect("nothing is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_may_end_it_and_the_caller_lingers() {
    let mut stage = Stage::start().await;
    let answer = RingBehaviour::Answer {
        after_ms: 500,
        press: None,
        talk_ms: Some(10_000),
    };
    stage.define("anna", TEAMS, vec![answer]);
    let call = stage.answered(caller()).await;
    invite(&stage, &call, TEAMS, 20).await;
    stage.event("AddParticipantSucceeded").await;
    stage.event("ParticipantsUpdated").await;
    stage.event("ParticipantsUpdated").await;
    stage.result("CallDisconnected", 200, 0).await;
    let ring = stage.endpoint(TEAMS).rings.remove(0);
    assert_eq!(ring.left.unwrap().by, EndedBy::Party);
    assert_eq!(stage.caller().heard_for(VoiceKind::Agent, u64::MAX), 10_000);
    assert_eq!(
        stage.caller().end.unwrap().at_ms - ring.left.unwrap().at_ms,
        1_500
    );
    assert_eq!(stage.caller().fate(u64::MAX), Fate::Talked);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_declines_rings_out_or_is_not_there_fails_with_its_code() {
    let mut stage = Stage::start().await;
    stage.define(
        "anna",
        TEAMS,
        vec![
            RingBehaviour::Decline { after_ms: 2_000 },
            RingBehaviour::NoAnswer,
        ],
    );
    stage.define("bert", PHONE, vec![RingBehaviour::answer(30_000)]);
    let call = stage.answered(caller()).await;
    invite(&stage, &call, TEAMS, 20).await;
    stage.result("AddParticipantFailed", 603, 8_538).await;
    let at = stage.now();
    invite(&stage, &call, TEAMS, 15).await;
    let data = stage.result("AddParticipantFailed", 408, 10_057).await;
    assert_eq!(
        (stage.now() - at, &data["operationContext"]),
        (15_010, &json!("adding"))
    );
    assert_eq!(data["participant"]["rawId"], TEAMS);
    invite(&stage, &call, PHONE, 30).await;
    stage.result("AddParticipantFailed", 480, 560_480).await;
    invite(&stage, &call, "4:+14255550000", 30).await;
    stage.result("AddParticipantFailed", 404, 4_500).await;
    invite(&stage, &call, "8:orgid:nobody", 30).await;
    stage.result("AddParticipantFailed", 480, 10_078).await;
    let outcomes: Vec<_> = stage
        .endpoint(TEAMS)
        .rings
        .iter()
        .map(|ring| ring.outcome)
        .collect();
    assert_eq!(
        outcomes,
        [Some(RingOutcome::Declined), Some(RingOutcome::RangOut)]
    );
    assert_eq!(stage.simulator.ledger().figures().rona, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_can_be_withdrawn_until_it_is_answered() {
    let mut stage = Stage::start().await;
    stage.define("anna", TEAMS, vec![RingBehaviour::answer(5_000)]);
    let call = stage.answered(caller()).await;
    let invitation = invite(&stage, &call, TEAMS, 20).await;
    stage.sleep(3_000).await;
    let cancel = json!({"invitationId": invitation, "operationContext": "cancelling"});
    let (status, body) = stage
        .post(
            &format!("{call}/participants:cancelAddParticipant"),
            cancel.clone(),
        )
        .await;
    assert_eq!((status, &body["invitationId"]), (202, &json!(invitation)));
    let data = stage.result("CancelAddParticipantSucceeded", 200, 0).await;
    assert_eq!(
        (&data["invitationId"], &data["operationContext"]),
        (&json!(invitation), &json!("cancelling"))
    );
    stage.quiet(30_000).await;
    stage
        .post(&format!("{call}/participants:cancelAddParticipant"), cancel)
        .await;
    stage.result("CancelAddParticipantFailed", 404, 8_522).await;
    let ring = stage.endpoint(TEAMS).rings.remove(0);
    assert_eq!(
        (ring.outcome, ring.to_ms),
        (Some(RingOutcome::Cancelled), Some(ring.from_ms + 3_000))
    );
    assert_eq!(stage.simulator.ledger().figures().rona, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_invitation_may_fail_as_well() {
    let mut stage = Stage::start_with(|config| config.behaviour.cancelled_add_fails = true).await;
    stage.define("anna", TEAMS, vec![RingBehaviour::NoAnswer]);
    let call = stage.answered(caller()).await;
    let invitation = invite(&stage, &call, TEAMS, 20).await;
    stage
        .post(
            &format!("{call}/participants:cancelAddParticipant"),
            json!({"invitationId": invitation}),
        )
        .await;
    stage.result("AddParticipantFailed", 487, 8_542).await;
    stage.event("CancelAddParticipantSucceeded").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn adding_to_a_teams_phone_call_with_a_caller_id_is_refused() {
    let mut stage = Stage::start().await;
    stage.define("bert", PHONE, vec![RingBehaviour::answer(100)]);
    let call = stage.answered(caller()).await;
    let mut body = add(PHONE, 20);
    body["sourceCallerIdNumber"] = json!({"value": "+18005550199"});
    let (status, answer) = stage
        .post(&format!("{call}/participants:add"), body.clone())
        .await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!("8523")));
    // A call to a number of the resource itself is another matter.
    let mut stage = Stage::start().await;
    stage.define("bert", PHONE, vec![RingBehaviour::answer(100)]);
    let call = stage
        .answered(CallerScript::new("caller", "4:+14255550100", CALLER))
        .await;
    assert_eq!(
        stage
            .post(&format!("{call}/participants:add"), body)
            .await
            .0,
        202
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_in_a_call_twice() {
    let mut stage = Stage::start().await;
    stage.define("bert", PHONE, vec![RingBehaviour::answer(1_000)]);
    let call = stage.answered(caller()).await;
    invite(&stage, &call, PHONE, 20).await;
    assert_eq!(
        stage
            .post(&format!("{call}/participants:add"), add(PHONE, 20))
            .await
            .0,
        400,
        "while ringing"
    );
    stage.event("AddParticipantSucceeded").await;
    assert_eq!(
        stage
            .post(&format!("{call}/participants:add"), add(PHONE, 20))
            .await
            .0,
        400,
        "after the answer"
    );
    assert_eq!(
        stage
            .post(&format!("{call}/participants:add"), add(CALLER, 20))
            .await
            .0,
        400
    );
    assert_eq!(
        stage
            .post(&format!("{call}/participants:add"), add(TEAMS, 181))
            .await
            .0,
        400
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_answers_on_one_endpoint_only() {
    let mut stage = Stage::start().await;
    let mut anna = agent("anna", TEAMS, vec![RingBehaviour::answer(3_000)]);
    anna.endpoints
        .extend(agent("anna", DESK, vec![RingBehaviour::answer(2_000)]).endpoints);
    stage.simulator.define_agent(anna).unwrap();
    let call = stage.answered(caller()).await;
    invite(&stage, &call, TEAMS, 20).await;
    invite(&stage, &call, DESK, 20).await;
    let data = stage.event("AddParticipantSucceeded").await;
    assert_eq!(data["participant"]["kind"], "teamsExtensionUser");
    stage.event("ParticipantsUpdated").await;
    stage.quiet(10_000).await;
    // The other endpoint rings on.
    stage.result("AddParticipantFailed", 408, 10_057).await;
    assert_eq!(stage.simulator.ledger().figures().offered_twice, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_party_is_out_and_removing_a_stranger_fails() {
    let mut stage = Stage::start().await;
    stage.define("anna", TEAMS, vec![RingBehaviour::answer(100)]);
    let call = stage.answered(caller()).await;
    invite(&stage, &call, TEAMS, 20).await;
    stage.event("AddParticipantSucceeded").await;
    stage.event("ParticipantsUpdated").await;
    let remove = json!({"participantToRemove": id(TEAMS), "operationContext": "removing"});
    let (status, body) = stage
        .post(&format!("{call}/participants:remove"), remove.clone())
        .await;
    assert_eq!(
        (status, &body["operationContext"]),
        (202, &json!("removing"))
    );
    let data = stage.result("RemoveParticipantSucceeded", 200, 0).await;
    assert_eq!(
        (&data["participant"]["rawId"], &data["operationContext"]),
        (&json!(TEAMS), &json!("removing"))
    );
    stage.event("ParticipantsUpdated").await;
    assert_eq!(
        stage.endpoint(TEAMS).rings[0].left.unwrap().by,
        EndedBy::Service
    );
    stage
        .post(&format!("{call}/participants:remove"), remove)
        .await;
    stage.result("RemoveParticipantFailed", 400, 8_558).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_confirms_by_a_key_and_a_voicemail_does_not() {
    let mut stage = Stage::start().await;
    stage.define(
        "bert",
        PHONE,
        vec![
            RingBehaviour::Voicemail { after_ms: 1_000 },
            RingBehaviour::answer(1_000),
        ],
    );
    let call = stage.answered(caller()).await;
    let music = json!({"playSources": [stage.prompt(5_000)], "playTo": [id(CALLER)], "playOptions": {"loop": true}});
    stage.post(&format!("{call}:play"), music).await;
    stage.event("PlayStarted").await;
    let confirm = json!({
        "recognizeInputType": "dtmf",
        "playPrompt": stage.prompt(1_000),
        "recognizeOptions": {"targetParticipant": id(PHONE), "initialSilenceTimeoutInSeconds": 5,
            "dtmfOptions": {"maxTonesToCollect": 1}},
    });
    for confirms in [false, true] {
        invite(&stage, &call, PHONE, 20).await;
        stage.event("AddParticipantSucceeded").await;
        stage.event("ParticipantsUpdated").await;
        stage
            .post(&format!("{call}:recognize"), confirm.clone())
            .await;
        stage.event("PlayStarted").await;
        if confirms {
            let data = stage.result("RecognizeCompleted", 200, 8_531).await;
            assert_eq!(data["dtmfResult"]["tones"], json!(["one"]));
            break;
        }
        stage.result("RecognizeFailed", 400, 8_510).await;
        stage
            .post(
                &format!("{call}/participants:remove"),
                json!({"participantToRemove": id(PHONE)}),
            )
            .await;
        stage.event("RemoveParticipantSucceeded").await;
        stage.event("ParticipantsUpdated").await;
    }
    let rings = stage.endpoint(PHONE).rings;
    assert_eq!((rings[0].voicemail, rings[0].confirmed_ms), (true, None));
    assert!(!rings[1].voicemail && rings[1].confirmed_ms.is_some());
    let before = stage.caller();
    assert_eq!(
        before.heard_for(VoiceKind::Voicemail, u64::MAX),
        0,
        "the caller has heard music all along"
    );
    stage
        .post(&format!("{call}:cancelAllMediaOperations"), Value::Null)
        .await;
    stage.event("PlayCanceled").await;
    assert_eq!(stage.simulator.ledger().figures().connected, 1);
    assert_eq!(stage.simulator.ledger().figures().connected_to_voicemail, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_left_with_a_voicemail_is_noticed() {
    let mut stage = Stage::start().await;
    stage.define(
        "bert",
        PHONE,
        vec![RingBehaviour::Voicemail { after_ms: 1_000 }],
    );
    let call = stage.answered(caller()).await;
    invite(&stage, &call, PHONE, 20).await;
    stage.event("AddParticipantSucceeded").await;
    stage.event("ParticipantsUpdated").await;
    stage.event("ParticipantsUpdated").await;
    let figures = stage.simulator.ledger().figures();
    assert_eq!(
        (
            figures.connected_to_voicemail,
            figures.connected,
            figures.lost
        ),
        (1, 0, 1)
    );
    assert_eq!(stage.caller().fate(u64::MAX), Fate::Voicemail);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exit_number_is_no_agent() {
    let mut stage = Stage::start().await;
    let hotline = AgentScript {
        role: Role::Outside,
        ..agent("hotline", PHONE, vec![RingBehaviour::answer(1_000)])
    };
    stage.simulator.define_agent(hotline).unwrap();
    let call = stage.answered(caller()).await;
    invite(&stage, &call, PHONE, 20).await;
    stage.event("AddParticipantSucceeded").await;
    stage.event("ParticipantsUpdated").await;
    stage.event("ParticipantsUpdated").await;
    assert_eq!(stage.caller().fate(u64::MAX), Fate::Diverted);
    assert_eq!(stage.simulator.ledger().figures().connected, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_call_ends_its_invitations_and_media_silently() {
    let mut stage = Stage::start().await;
    stage.define("anna", TEAMS, vec![RingBehaviour::answer(5_000)]);
    let call = stage.answered(caller()).await;
    invite(&stage, &call, TEAMS, 20).await;
    stage
        .post(
            &format!("{call}:play"),
            json!({"playSources": [stage.prompt(20_000)]}),
        )
        .await;
    stage.event("PlayStarted").await;
    stage.delete(&call).await;
    stage.result("CallDisconnected", 200, 7_000).await;
    stage.quiet(60_000).await;
    assert_eq!(
        stage.endpoint(TEAMS).rings[0].outcome,
        Some(RingOutcome::CallEnded)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_may_end_with_the_last_but_one_party() {
    let mut stage = Stage::start_with(|config| config.behaviour.ends_with_one_party = true).await;
    stage.define("anna", TEAMS, vec![RingBehaviour::answer(100)]);
    let call = stage.answered(caller()).await;
    invite(&stage, &call, TEAMS, 20).await;
    stage.event("AddParticipantSucceeded").await;
    stage.event("ParticipantsUpdated").await;
    stage.result("CallDisconnected", 200, 5_010).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_at_work_on_the_leg_of_who_leaves_fails() {
    let mut stage = Stage::start().await;
    let answer = RingBehaviour::Answer {
        after_ms: 100,
        press: None,
        talk_ms: None,
    };
    stage.define("bert", PHONE, vec![answer]);
    let call = stage.answered(caller()).await;
    invite(&stage, &call, PHONE, 20).await;
    stage.event("AddParticipantSucceeded").await;
    stage.event("ParticipantsUpdated").await;
    stage
        .post(
            &format!("{call}:play"),
            json!({"playSources": [stage.prompt(20_000)], "playTo": [id(PHONE)]}),
        )
        .await;
    stage.event("PlayStarted").await;
    stage
        .post(
            &format!("{call}/participants:remove"),
            json!({"participantToRemove": id(PHONE)}),
        )
        .await;
    stage.event("RemoveParticipantSucceeded").await;
    stage.result("PlayFailed", 400, 8_558).await;
    stage.event("ParticipantsUpdated").await;
}
