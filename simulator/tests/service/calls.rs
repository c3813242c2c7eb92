//! Answering, refusing, looking at and ending calls.

use cordboard_simulator::{
    ledger::EndedBy,
    script::{Fate, Phase, PlannedHangUp, RingBehaviour},
};
use serde_json::{Value, json};

use crate::stage::*;

const ANSWER: &str = "/calling/callConnections:answer";
const REJECT: &str = "/calling/callConnections:reject";

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_answered_and_the_events_come_in_order() {
    let mut stage = Stage::start().await;
    let incoming = stage.incoming(caller()).await;
    assert_eq!(
        incoming["to"],
        json!({"kind": "unknown", "rawId": RESOURCE_ACCOUNT})
    );
    assert_eq!(incoming["from"]["rawId"], CALLER);
    assert!(incoming["incomingCallContext"].as_str().unwrap().len() > 2_000);
    let (status, call) = stage.post(ANSWER, stage.answer_body(&incoming)).await;
    assert_eq!(status, 200);
    assert_eq!(call["callConnectionState"], "connecting");
    assert_eq!(call["serverCallId"], incoming["serverCallId"]);
    assert_eq!(call["correlationId"], incoming["correlationId"]);
    let data = stage.result("CallConnected", 200, 0).await;
    assert_eq!(data["callConnectionId"], call["callConnectionId"]);
    assert_eq!(data["operationContext"], "answering");
    let data = stage.event("ParticipantsUpdated").await;
    assert_eq!(data["sequenceNumber"], 1);
    assert_eq!(data.get("operationContext"), None);
    let row = &data["participants"][0];
    assert_eq!(row["identifier"]["kind"], "phoneNumber");
    assert_eq!(
        (&row["isMuted"], &row["isOnHold"]),
        (&json!(false), &json!(false))
    );
    let path = format!(
        "/calling/callConnections/{}",
        call["callConnectionId"].as_str().unwrap()
    );
    let (status, call) = stage.get(&path).await;
    assert_eq!(
        (status, &call["callConnectionState"]),
        (200, &json!("connected"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callback_envelope_is_that_of_the_service() {
    let mut stage = Stage::start().await;
    let incoming = stage.incoming(caller()).await;
    let (_, call) = stage.post(ANSWER, stage.answer_body(&incoming)).await;
    let message = stage.next().await;
    let event = &message.body[0];
    let source = format!(
        "calling/callConnections/{}",
        call["callConnectionId"].as_str().unwrap()
    );
    assert_eq!(
        (&event["source"], &event["subject"]),
        (&json!(source), &json!(source))
    );
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["datacontenttype"], "application/json");
    let time = event["time"].as_str().unwrap();
    assert_eq!(
        time.len(),
        "2026-03-20T10:20:30.1234567+00:00".len(),
        "{time}"
    );
    assert!(time.ends_with("0000+00:00"), "{time}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_sign_is_refused_with_an_error_body() {
    let stage = Stage::start().await;
    for path in [ANSWER, "/calling/recordings", "/calling/callConnections/x"] {
        let (status, body) = stage
            .request_with("POST", path, json!({}), None, "AAAA")
            .await;
        assert_eq!(
            (status, &body["error"]["code"]),
            (401, &json!("7509")),
            "{path}"
        );
    }
    let unsigned = reqwest::get(format!(
        "{}/calling/callConnections/x?api-version=1",
        stage.simulator.endpoint()
    ));
    assert_eq!(unsigned.await.unwrap().status(), 401);
    assert!(
        stage.simulator.ledger().requests.is_empty(),
        "unsigned requests reach nobody"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_an_old_date_is_refused() {
    let stage = Stage::start_with(|config| config.behaviour.date_leeway_ms = 0).await;
    // The client's date has whole seconds; the simulation begins at one.
    assert_eq!(stage.get("/calling/callConnections/x").await.0, 404);
    let mut stage = stage;
    stage.sleep(500).await;
    let (status, body) = stage.get("/calling/callConnections/x").await;
    assert_eq!(status, 401, "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_make_no_sense_have_their_errors() {
    let mut stage = Stage::start_with(|config| config.allow_http_callbacks = false).await;
    let incoming = stage.incoming(caller()).await;
    let code = |(status, body): (u16, Value)| {
        (
            status,
            body["error"]["code"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    };
    let http = stage.post(ANSWER, stage.answer_body(&incoming)).await;
    assert!(
        http.1["error"]["message"]
            .as_str()
            .unwrap()
            .contains("CallbackUri")
    );
    assert_eq!(code(http), (400, "8523".to_owned()));
    assert_eq!(
        code(
            stage
                .post(ANSWER, json!({"callbackUri": "https://x"}))
                .await
        ),
        (400, "BadRequest".to_owned())
    );
    let unknown = json!({"incomingCallContext": "x", "callbackUri": "https://x/"});
    assert_eq!(
        code(stage.post(ANSWER, unknown).await),
        (404, "8522".to_owned())
    );
    assert_eq!(
        code(
            stage
                .post(REJECT, json!({"incomingCallContext": "x"}))
                .await
        ),
        (404, "8522".to_owned())
    );
    assert_eq!(
        code(stage.get("/calling/callConnections/x").await),
        (404, "8522".to_owned())
    );
    assert_eq!(
        code(stage.delete("/calling/callConnections/x").await),
        (404, "8522".to_owned())
    );
    assert_eq!(
        code(
            stage
                .post("/calling/callConnections/x:hold", json!({}))
                .await
        ),
        (405, "8520".to_owned())
    );
    assert_eq!(
        code(stage.get("/elsewhere").await),
        (404, "NotFound".to_owned())
    );
    let large = json!({"incomingCallContext": "x".repeat(5 << 20), "callbackUri": "https://x/"});
    assert_eq!(
        code(stage.post(ANSWER, large).await),
        (413, "RequestEntityTooLarge".to_owned())
    );
    // What nobody knows does no harm.
    let mut body = stage.answer_body(&incoming);
    body["callbackUri"] = json!("https://127.0.0.1:9/never");
    body["fromTheFuture"] = json!({"a": 1});
    assert_eq!(stage.post(ANSWER, body).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_call_ends_without_an_event() {
    let mut stage = Stage::start().await;
    let incoming = stage.incoming(caller()).await;
    let body =
        json!({"incomingCallContext": incoming["incomingCallContext"], "callRejectReason": "busy"});
    assert_eq!(stage.post(REJECT, body.clone()).await, (204, Value::Null));
    assert_eq!(stage.post(REJECT, body).await.0, 404);
    stage.quiet(60_000).await;
    assert_eq!(stage.caller().fate(u64::MAX), Fate::Rejected);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers_and_the_call_rings_out_after_thirty_seconds() {
    let mut stage = Stage::start().await;
    let incoming = stage.incoming(caller()).await;
    stage.quiet(31_000).await;
    assert_eq!(
        stage.post(ANSWER, stage.answer_body(&incoming)).await.0,
        404
    );
    let caller = stage.caller();
    let dialled = caller.dialled.unwrap().at_ms;
    assert_eq!(caller.end.unwrap().at_ms - dialled, 30_000);
    assert_eq!(caller.fate(u64::MAX), Fate::RangOut);
    assert!(caller.is_acknowledged());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_id_gives_the_first_answer_again() {
    let mut stage = Stage::start().await;
    let incoming = stage.incoming(caller()).await;
    let body = stage.answer_body(&incoming);
    let first = stage
        .request_with("POST", ANSWER, body.clone(), Some("id-1"), KEY)
        .await;
    assert_eq!(first.0, 200);
    assert_eq!(
        stage
            .request_with("POST", ANSWER, body.clone(), Some("id-1"), KEY)
            .await,
        first
    );
    assert_eq!(stage.caller().answers.len(), 1);
    assert_eq!(stage.simulator.ledger().figures().answered_twice, 0);
    // Another id is another answer: accepted by default, so that the mistake is seen.
    let second = stage
        .request_with("POST", ANSWER, body, Some("id-2"), KEY)
        .await;
    assert_eq!(second.1["callConnectionId"], first.1["callConnectionId"]);
    assert_eq!(stage.simulator.ledger().figures().answered_twice, 1);
    assert_eq!(stage.call().answers_accepted.len(), 2);
    stage.event("CallConnected").await;
    stage.event("ParticipantsUpdated").await;
    stage.quiet(1_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repeatability_and_second_answers_can_be_switched_off() {
    let change = |config: &mut cordboard_simulator::SimulatorConfig| {
        config.behaviour.repeatability = false;
        config.behaviour.second_answer_accepted = false;
    };
    let mut stage = Stage::start_with(change).await;
    let incoming = stage.incoming(caller()).await;
    let body = stage.answer_body(&incoming);
    assert_eq!(
        stage
            .request_with("POST", ANSWER, body.clone(), Some("id-1"), KEY)
            .await
            .0,
        200
    );
    let again = stage
        .request_with("POST", ANSWER, body, Some("id-1"), KEY)
        .await;
    assert_eq!((again.0, &again.1["error"]["code"]), (400, &json!("8585")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_ends_the_call() {
    let mut stage = Stage::start().await;
    let mut script = caller();
    script.hang_up = Some(PlannedHangUp {
        phase: Phase::Greeting,
        after_ms: 5_000,
    });
    let call = stage.answered(script).await;
    stage.result("CallDisconnected", 200, 0).await;
    assert_eq!(stage.get(&call).await.0, 404);
    let caller = stage.caller();
    assert_eq!(
        caller.end.unwrap().at_ms - caller.answered_ms.unwrap(),
        5_000
    );
    assert_eq!(caller.fate(u64::MAX), Fate::AbandonedGreeting);
    assert_eq!(
        stage.simulator.ledger().figures().lost,
        1,
        "the script allows nothing but talking"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_while_ringing_cannot_be_answered() {
    let mut stage = Stage::start().await;
    let mut script = caller();
    script.hang_up = Some(PlannedHangUp {
        phase: Phase::Ringing,
        after_ms: 2_000,
    });
    let incoming = stage.incoming(script).await;
    stage.sleep(3_000).await;
    let (status, body) = stage.post(ANSWER, stage.answer_body(&incoming)).await;
    assert_eq!((status, &body["error"]["code"]), (404, &json!("8522")));
    assert_eq!(stage.caller().fate(u64::MAX), Fate::AbandonedRinging);
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging_up_ends_a_call_with_one_party() {
    let mut stage = Stage::start().await;
    let call = stage.answered(caller()).await;
    assert_eq!(stage.delete(&call).await, (204, Value::Null));
    stage.result("CallDisconnected", 200, 7_000).await;
    assert_eq!(stage.delete(&call).await.0, 404);
    let end = stage.caller().end.unwrap();
    assert_eq!(end.by, EndedBy::Service);
    assert_eq!(stage.caller().fate(u64::MAX), Fate::Dropped);
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging_up_leaves_two_parties_alone_with_each_other_and_terminating_does_not() {
    for (terminate, fate) in [(false, Fate::Talked), (true, Fate::CutOff)] {
        let mut stage = Stage::start().await;
        stage.define("anna", TEAMS, vec![RingBehaviour::answer(1_000)]);
        let call = stage.answered(caller()).await;
        stage
            .post(
                &format!("{call}/participants:add"),
                json!({"participantToAdd": id(TEAMS)}),
            )
            .await;
        stage.event("AddParticipantSucceeded").await;
        stage.event("ParticipantsUpdated").await;
        if terminate {
            assert_eq!(
                stage.post(&format!("{call}:terminate"), Value::Null).await,
                (204, Value::Null)
            );
        } else {
            assert_eq!(stage.delete(&call).await.0, 204);
        }
        stage.result("CallDisconnected", 200, 7_000).await;
        assert_eq!(stage.get(&call).await.0, 404);
        stage.quiet(120_000).await;
        assert_eq!(stage.caller().fate(u64::MAX), fate);
        let ring = stage.endpoint(TEAMS).rings.remove(0);
        assert_eq!(ring.left.unwrap().at_ms, stage.caller().end.unwrap().at_ms);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_too_many_has_no_effect() {
    let mut stage = Stage::start_with(|config| config.behaviour.throttled_percent = 100).await;
    let incoming = stage.incoming(caller()).await;
    let (status, _) = stage.post(ANSWER, stage.answer_body(&incoming)).await;
    assert_eq!(status, 429);
    assert_eq!(stage.simulator.progress().ringing, 1);
}
