//! Getting events to the application: handshake, retries, order.

use cordboard_simulator::{EventSchema, SubscribeError, Subscription, script::CallerScript};
use serde_json::{Value, json};

use crate::stage::*;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_before_a_handshake() {
    let mut stage = Stage::start_unsubscribed(|_| ()).await;
    stage.simulator.place_call(caller()).unwrap();
    stage.quiet(60_000).await;
    let figures = stage.simulator.ledger().figures();
    assert_eq!((figures.calls, figures.unreached, figures.lost), (1, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_needs_status_200_and_the_code() {
    let stage = Stage::start_unsubscribed(|_| ()).await;
    let subscription = Subscription::new(&stage.url("/events"));
    stage.answer_with(&[202]);
    let error = stage
        .simulator
        .subscribe(subscription.clone())
        .await
        .unwrap_err();
    assert!(
        matches!(error, SubscribeError::Status { status: 202 }),
        "{error}"
    );
    let nowhere = Subscription::new("http://127.0.0.1:9/events?secret=hush");
    let error = stage.simulator.subscribe(nowhere).await.unwrap_err();
    assert!(matches!(error, SubscribeError::Unreachable(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("hush"));
    stage.simulator.subscribe(subscription).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_carry_the_headers_of_event_grid_and_the_secret() {
    let mut stage = Stage::start_unsubscribed(|_| ()).await;
    let mut subscription = Subscription::new(&stage.url("/events"));
    subscription.headers = vec![("x-secret".to_owned(), "hush".to_owned())];
    stage.simulator.subscribe(subscription).await.unwrap();
    stage.simulator.place_call(caller()).unwrap();
    let message = stage.next().await;
    let header = |name: &str| message.headers.get(name).map(String::as_str);
    assert_eq!(header("aeg-event-type"), Some("Notification"));
    assert_eq!(header("aeg-delivery-count"), Some("0"));
    assert_eq!(header("x-secret"), Some("hush"));
    assert_eq!(
        header("content-type"),
        Some("application/json; charset=utf-8")
    );
    assert_eq!(message.body.as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn cloud_events_are_one_object_after_a_handshake_by_options() {
    let mut stage = Stage::start_unsubscribed(|_| ()).await;
    let subscription = Subscription {
        schema: EventSchema::CloudEvents,
        ..Subscription::new(&stage.url("/events"))
    };
    stage.simulator.subscribe(subscription).await.unwrap();
    let handshake = stage.next().await;
    assert_eq!(handshake.method, "OPTIONS");
    assert_eq!(
        handshake
            .headers
            .get("webhook-request-origin")
            .map(String::as_str),
        Some("eventgrid.azure.net")
    );
    drop(handshake);
    stage.simulator.place_call(caller()).unwrap();
    let message = stage.next().await;
    assert_eq!(message.body["type"], "Microsoft.Communication.IncomingCall");
    assert_eq!(
        message.headers.get("content-type").map(String::as_str),
        Some("application/cloudevents+json; charset=utf-8")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incoming_call_that_was_not_taken_is_delivered_again_after_ten_seconds() {
    let mut stage = Stage::start().await;
    stage.answer_with(&[500]);
    stage.simulator.place_call(caller()).unwrap();
    let first = stage.next().await.body[0]["id"].clone();
    let at = stage.now();
    let second = stage.next().await;
    assert_eq!(stage.now() - at, 10_000);
    assert_eq!(first, second.body[0]["id"]);
    assert_eq!(
        second.headers.get("aeg-delivery-count").map(String::as_str),
        Some("1")
    );
    drop(second);
    stage.quiet(120_000).await;
    let statuses: Vec<_> = stage
        .caller()
        .deliveries
        .iter()
        .map(|delivery| delivery.status)
        .collect();
    assert_eq!(statuses, [Some(500), Some(200)]);
    assert_eq!(stage.simulator.ledger().figures().unreached, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_end_with_the_attempts_and_with_the_age() {
    for (attempts_max, time_to_live_ms, expected) in
        [(2, 3_600_000, 2), (30, 45_000, 3), (30, 5_000, 1)]
    {
        let mut stage = Stage::start_unsubscribed(|_| ()).await;
        let subscription = Subscription {
            attempts_max,
            time_to_live_ms,
            ..Subscription::new(&stage.url("/events"))
        };
        stage.simulator.subscribe(subscription).await.unwrap();
        stage.answer_with(&[500; 10]);
        stage.simulator.place_call(caller()).unwrap();
        for _ in 0..expected {
            stage.next().await;
        }
        stage.quiet(3_600_000).await;
        assert_eq!(stage.caller().deliveries.len(), expected);
        assert_eq!(stage.simulator.ledger().figures().unreached, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_keep_their_order_whatever_their_delays_and_failures() {
    let mut stage = Stage::start_with(|config| {
        config.behaviour.event_delay_min_ms = 0;
        config.behaviour.event_delay_max_ms = 900;
        config.behaviour.callback_retry_ms = vec![2_000, 2_000];
    })
    .await;
    let incoming = stage.incoming(caller()).await;
    stage.answer_with(&[503, 500]);
    let (_, call) = stage
        .post(
            "/calling/callConnections:answer",
            stage.answer_body(&incoming),
        )
        .await;
    let call = format!(
        "/calling/callConnections/{}",
        call["callConnectionId"].as_str().unwrap()
    );
    let play = json!({"playSources": [stage.prompt(100)], "playOptions": {"loop": false}});
    assert_eq!(stage.post(&format!("{call}:play"), play).await.0, 202);
    let first = stage.event("CallConnected").await;
    let at = stage.now();
    assert_eq!(stage.event("CallConnected").await, first);
    assert_eq!(stage.event("CallConnected").await, first);
    assert_eq!(stage.now() - at, 4_000);
    stage.event("ParticipantsUpdated").await;
    stage.event("PlayStarted").await;
    stage.event("PlayCompleted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_may_come_in_any_order_but_the_end_of_the_call_is_the_last() {
    let mut stage = Stage::start_with(|config| {
        config.behaviour.event_delay_min_ms = 0;
        config.behaviour.event_delay_max_ms = 900;
        config.behaviour.events_in_order = false;
    })
    .await;
    let mut overtaken = 0;
    for number in 0..10 {
        let script = CallerScript {
            name: format!("caller-{number}"),
            ..caller()
        };
        let incoming = stage.incoming(script).await;
        let (_, call) = stage
            .post(
                "/calling/callConnections:answer",
                stage.answer_body(&incoming),
            )
            .await;
        let id = call["callConnectionId"].as_str().unwrap();
        let recording =
            json!({"callConnectionId": id, "recordingStateCallbackUri": stage.url("/r")});
        stage.post("/calling/recordings", recording).await;
        stage
            .delete(&format!("/calling/callConnections/{id}"))
            .await;
        let mut types = Vec::new();
        while types.len() < 5 {
            let message = stage.next().await;
            let name = message.body[0]["type"].as_str().unwrap();
            types.push(name.rsplit('.').next().unwrap().to_owned());
        }
        assert_eq!(types[4], "CallDisconnected", "{types:?}");
        overtaken += usize::from(types[0] != "CallConnected");
    }
    assert!((1..10).contains(&overtaken), "{overtaken} of 10");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_never_taken_is_given_up_and_counted() {
    let mut stage =
        Stage::start_with(|config| config.behaviour.callback_retry_ms = vec![1_000]).await;
    let incoming = stage.incoming(caller()).await;
    stage.answer_with(&[500, 500]);
    stage
        .post(
            "/calling/callConnections:answer",
            stage.answer_body(&incoming),
        )
        .await;
    stage.event("CallConnected").await;
    stage.event("CallConnected").await;
    stage.event("ParticipantsUpdated").await;
    assert_eq!(stage.simulator.ledger().warnings().events_undelivered, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_may_have_a_callback_address_of_its_own() {
    let mut stage = Stage::start().await;
    let call = stage.answered(caller()).await;
    let play = json!({
        "playSources": [stage.prompt(100)],
        "operationContext": "mine",
        "operationCallbackUri": stage.url("/elsewhere"),
    });
    assert_eq!(
        stage.post(&format!("{call}:play"), play).await,
        (202, Value::Null)
    );
    for name in ["PlayStarted", "PlayCompleted"] {
        let message = stage.next().await;
        assert_eq!(message.path, "/elsewhere");
        assert_eq!(
            message.body[0]["type"],
            format!("Microsoft.Communication.{name}")
        );
        assert_eq!(message.body[0]["data"]["operationContext"], "mine");
    }
    stage.delete(&call).await;
    assert_eq!(stage.next().await.path, "/callbacks");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_may_come_twice() {
    let mut stage =
        Stage::start_with(|config| config.behaviour.repeated_events_percent = 100).await;
    let incoming = stage.incoming(caller()).await;
    let again = stage.next().await;
    assert_eq!(again.body[0]["data"], incoming);
    drop(again);
    stage
        .post(
            "/calling/callConnections:answer",
            stage.answer_body(&incoming),
        )
        .await;
    for name in [
        "CallConnected",
        "CallConnected",
        "ParticipantsUpdated",
        "ParticipantsUpdated",
    ] {
        stage.event(name).await;
    }
    stage.quiet(10_000).await;
}
