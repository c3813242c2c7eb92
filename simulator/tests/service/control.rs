//! The control interface.

use serde_json::{Value, json};

use crate::stage::*;

async fn control(stage: &Stage, method: &str, path: &str, token: &str, body: &str) -> (u16, Value) {
    let client = reqwest::Client::new();
    let request = client.request(
        method.parse().unwrap(),
        format!("{}/simulator/{path}", stage.simulator.endpoint()),
    );
    let response = request
        .bearer_auth(token)
        .body(body.to_owned())
        .send()
        .await
        .unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_needs_the_token() {
    let stage = Stage::start().await;
    for (method, path) in [
        ("GET", "ledger"),
        ("GET", "figures"),
        ("GET", "progress"),
        ("POST", "callers"),
        ("POST", "agents"),
        ("POST", "subscription"),
    ] {
        let (status, body) = control(&stage, method, path, "wrong", "[]").await;
        assert_eq!(
            (status, &body["error"]["code"]),
            (401, &json!("Unauthorized")),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulation_can_be_driven_over_http() {
    let mut stage = Stage::start_unsubscribed(|_| ()).await;
    let token = stage.simulator.control_token().expose().to_owned();
    let subscription = json!({"url": stage.url("/events")}).to_string();
    assert_eq!(
        control(&stage, "POST", "subscription", &token, &subscription)
            .await
            .0,
        200
    );
    let agents = json!([{"person": "anna", "endpoints": [
        {"identifier": TEAMS, "rings": [{"does": "answer", "after_ms": 1_000, "talk_ms": 5_000}]}]}]);
    assert_eq!(
        control(&stage, "POST", "agents", &token, &agents.to_string())
            .await
            .0,
        201
    );
    let caller = json!({"name": "caller", "dials": RESOURCE_ACCOUNT, "from": CALLER, "allowed_fates": ["talked"]});
    assert_eq!(
        control(&stage, "POST", "callers", &token, &caller.to_string())
            .await
            .0,
        201
    );
    let incoming = stage.next().await.body[0]["data"].clone();
    let call = stage.answered_by(stage.answer_body(&incoming)).await;
    stage
        .post(
            &format!("{call}/participants:add"),
            json!({"participantToAdd": id(TEAMS)}),
        )
        .await;
    for name in [
        "AddParticipantSucceeded",
        "ParticipantsUpdated",
        "ParticipantsUpdated",
        "CallDisconnected",
    ] {
        stage.event(name).await;
    }
    let (_, ledger) = control(&stage, "GET", "ledger", &token, "").await;
    assert_eq!(ledger["callers"][0]["end"]["by"], "party");
    assert_eq!(ledger["requests"]["answer"]["200"], 1);
    assert_eq!(
        serde_json::from_value::<cordboard_simulator::ledger::Ledger>(ledger)
            .unwrap()
            .callers,
        stage.simulator.ledger().callers
    );
    let (_, figures) = control(&stage, "GET", "figures", &token, "").await;
    assert_eq!(
        (
            &figures["in_progress"],
            &figures["figures"]["connected"],
            &figures["warnings"]["cards_captured"]
        ),
        (&json!(0), &json!(1), &json!(0))
    );
    let (_, progress) = control(&stage, "GET", "progress", &token, "").await;
    assert_eq!(
        (&progress["placed"], &progress["ended"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_played_is_refused_with_its_reason() {
    let stage = Stage::start().await;
    let token = stage.simulator.control_token().expose().to_owned();
    let good = json!({"name": "caller", "dials": RESOURCE_ACCOUNT, "from": CALLER, "allowed_fates": ["talked"], "dial_after_ms": 1});
    let mut misspelt = good.clone();
    misspelt["patiense_ms"] = json!(1);
    let anna = |person: &str| json!({"person": person, "endpoints": [{"identifier": TEAMS, "rings": [{"does": "no_answer"}]}]});
    let cases = [
        ("callers", "{".to_owned(), "BadRequest"),
        ("callers", misspelt.to_string(), "BadRequest"),
        ("callers", json!([good, good]).to_string(), "BadScript"),
        (
            "agents",
            json!([anna("anna"), anna("bert")]).to_string(),
            "BadScript",
        ),
        (
            "agents",
            json!({"person": "anna", "endpoints": []}).to_string(),
            "BadScript",
        ),
        (
            "subscription",
            json!({"url": "http://127.0.0.1:9/"}).to_string(),
            "HandshakeFailed",
        ),
    ];
    for (path, body, code) in cases {
        let (status, answer) = control(&stage, "POST", path, &token, &body).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (400, &json!(code)),
            "{path} {body}"
        );
        if body.contains("patiense_ms") {
            let message = answer["error"]["message"].as_str().unwrap();
            assert!(message.contains("patiense_ms"), "{message}");
        }
    }
    let ledger = stage.simulator.ledger();
    assert!(
        ledger.callers.is_empty(),
        "of a list with a mistake, nobody is placed"
    );
}
