//! What the client does when the service refuses, hangs, loses answers or is not there: over real HTTP, on a warped
//! clock, so that waits take no time and can be told exactly.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails panics"
)]

mod local_service;

use std::sync::Arc;

use cordboard_acs::client::{Client, ClientLimits, Doubt, NotSent, Outcome, Refusal};
use cordboard_acs::wire::call::{AnswerCallRequest, CallConnectionProperties};
use cordboard_acs::wire::media::{PlayRequest, PlaySource};
use cordboard_acs::wire::recording::StartRecordingRequest;
use cordboard_clock::Clock;
use local_service::{LocalService, REQUEST_ID, Reply, START_MS, answer, clock, dispatch, limits};
use tokio::sync::Notify;

const CONNECTED: &str = r#"{"callConnectionId":"cc-1"}"#;
const GONE: &str = r#"{"error":{"code":"8522","message":"call not found"}}"#;

fn answer_request() -> AnswerCallRequest {
    AnswerCallRequest {
        incoming_call_context: "context".into(),
        callback_uri: "https://engine.example/cb".to_owned(),
        ..Default::default()
    }
}

fn play_request() -> PlayRequest {
    PlayRequest {
        play_sources: vec![PlaySource::file("https://engine.example/a.wav")],
        ..Default::default()
    }
}

struct Run<T> {
    outcome: Outcome<T>,
    service: LocalService,
    passed_ms: u64,
}

/// Starts a service with a script, does one thing with a client, and tells how much virtual time it took.
async fn run<T>(
    script: Vec<Reply>,
    limits: ClientLimits,
    act: impl AsyncFnOnce(&Client, &mut cordboard_acs::Dispatch) -> Outcome<T>,
) -> Run<T> {
    let service = LocalService::start(script).await;
    let (clock, hold) = clock();
    let client = service.client(&clock, limits);
    let mut dispatch = dispatch(&client, hold);
    let outcome = act(&client, &mut dispatch).await;
    let _hold = dispatch.into_hold();
    Run {
        outcome,
        service,
        passed_ms: clock.now() - START_MS,
    }
}

async fn answer_call(script: Vec<Reply>) -> Run<CallConnectionProperties> {
    run(script, limits(), async |client, dispatch| {
        client.answer(&answer_request(), dispatch).await
    })
    .await
}

async fn play(script: Vec<Reply>) -> Run<()> {
    run(script, limits(), async |client, dispatch| {
        client.play("cc-1", &play_request(), dispatch).await
    })
    .await
}

async fn hang_up(script: Vec<Reply>) -> Run<()> {
    run(script, limits(), async |client, dispatch| {
        client.hang_up("cc-1", dispatch).await
    })
    .await
}

async fn look(script: Vec<Reply>) -> Run<CallConnectionProperties> {
    run(script, limits(), async |client, dispatch| {
        client.get_call("cc-1", dispatch).await
    })
    .await
}

fn refused(status: u16) -> Refusal {
    Refusal {
        status,
        ..Refusal::default()
    }
}

#[tokio::test]
async fn a_throttled_answer_is_sent_again_when_the_service_says() {
    let throttled = Reply::Answer(429, &[("retry-after", "3")], String::new());
    let run = answer_call(vec![throttled, answer(200, CONNECTED)]).await;
    assert_eq!(
        run.outcome
            .accepted()
            .and_then(|call| call.call_connection_id)
            .as_deref(),
        Some("cc-1")
    );
    assert_eq!(run.passed_ms, 3_000);
    let requests = run.service.requests();
    assert_eq!(requests.len(), 2);
    for name in [
        "repeatability-request-id",
        "repeatability-first-sent",
        "x-ms-client-request-id",
    ] {
        assert_eq!(requests[0].header(name), requests[1].header(name), "{name}");
    }
    assert_eq!(
        requests[0].header("repeatability-request-id"),
        Some(REQUEST_ID.to_string().as_str())
    );
    assert_eq!(
        requests[0].header("repeatability-first-sent"),
        Some("Tue, 05 May 2026 10:20:30 GMT")
    );
    assert_eq!(
        requests[0].header("x-ms-date"),
        Some("Tue, 05 May 2026 10:20:30 GMT")
    );
    assert_eq!(
        requests[1].header("x-ms-date"),
        Some("Tue, 05 May 2026 10:20:33 GMT")
    );
    assert_ne!(
        requests[0].header("authorization"),
        requests[1].header("authorization")
    );
}

/// Whoever rings does so for half a minute: an outage of some seconds is to cost nobody the call.
#[tokio::test]
async fn a_call_is_answered_until_its_deadline_while_the_service_is_down() {
    let run = answer_call(vec![answer(503, GONE); 200]).await;
    assert!(
        matches!(&run.outcome, Outcome::Refused(refusal) if refusal.status == 503),
        "{:?}",
        run.outcome
    );
    // Every four seconds, or up to a quarter later, for ten minutes.
    assert!(
        (595_000..=600_000).contains(&run.passed_ms),
        "{}",
        run.passed_ms
    );
}

#[tokio::test]
async fn a_service_that_stays_down_is_given_up_after_the_last_attempt() {
    let run = look(vec![answer(503, GONE); 9]).await;
    let refusal = Refusal {
        status: 503,
        code: "8522".to_owned(),
        message: "call not found".to_owned(),
    };
    assert_eq!(run.outcome, Outcome::Refused(refusal));
    assert_eq!(run.service.requests().len(), 4);
    // 250, 500 and 1,000 ms, each up to a quarter longer.
    assert!(
        (1_750..=2_200).contains(&run.passed_ms),
        "{}",
        run.passed_ms
    );
}

#[tokio::test]
async fn a_play_that_is_refused_is_not_sent_again() {
    for status in [400, 404, 409, 412, 429, 500, 503] {
        let throttled = Reply::Answer(status, &[("retry-after", "1")], String::new());
        let run = play(vec![throttled]).await;
        assert_eq!(run.outcome, Outcome::Refused(refused(status)));
        assert_eq!(
            (run.service.requests().len(), run.passed_ms),
            (1, 0),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_play_whose_answer_is_lost_is_in_doubt_and_not_sent_again() {
    let run = play(vec![Reply::Drop]).await;
    assert_eq!(run.outcome, Outcome::Unknown(Doubt::ConnectionLost));
    assert_eq!(run.service.requests().len(), 1);
}

#[tokio::test]
async fn a_play_that_hangs_is_in_doubt_and_not_sent_again() {
    let quick = ClientLimits {
        attempt_ms: 300,
        connect_ms: 200,
        ..limits()
    };
    let run = run(vec![Reply::Hang], quick, async |client, dispatch| {
        client.play("cc-1", &play_request(), dispatch).await
    })
    .await;
    assert_eq!(run.outcome, Outcome::Unknown(Doubt::TimedOut));
    assert_eq!(run.service.requests().len(), 1);
}

#[tokio::test]
async fn a_gateway_that_gave_up_leaves_a_play_in_doubt() {
    for status in [408, 502, 504] {
        let run = play(vec![answer(status, "")]).await;
        assert_eq!(run.outcome, Outcome::Unknown(Doubt::Status { status }));
        assert_eq!(run.service.requests().len(), 1);
    }
}

#[tokio::test]
async fn an_answer_whose_response_is_lost_is_sent_again_under_the_same_id() {
    let quick = ClientLimits {
        attempt_ms: 300,
        connect_ms: 200,
        ..limits()
    };
    let script = vec![
        Reply::Drop,
        Reply::Hang,
        answer(502, ""),
        answer(200, CONNECTED),
    ];
    let run = run(script, quick, async |client, dispatch| {
        client.answer(&answer_request(), dispatch).await
    })
    .await;
    assert!(
        matches!(run.outcome, Outcome::Accepted(_)),
        "{:?}",
        run.outcome
    );
    let requests = run.service.requests();
    assert_eq!(requests.len(), 4);
    let id = REQUEST_ID.to_string();
    assert!(
        requests
            .iter()
            .all(|request| request.header("repeatability-request-id") == Some(&id))
    );
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_proves_nothing() {
    // The first attempt may have answered the call: that may be why the second one is refused.
    let run = answer_call(vec![Reply::Drop, answer(404, GONE)]).await;
    assert_eq!(
        run.outcome,
        Outcome::Unknown(Doubt::RefusedAfterLoss { status: 404 })
    );
    let mut script = vec![answer(503, ""); 200];
    script.insert(0, Reply::Drop);
    let run = answer_call(script).await;
    assert_eq!(run.outcome, Outcome::Unknown(Doubt::ConnectionLost));
}

#[tokio::test]
async fn a_service_that_breaks_off_may_have_answered() {
    // Taken for a refusal, the call that was answered all the same would be left in silence.
    let broken = || answer(500, "");
    let run = answer_call(vec![broken(), answer(404, GONE)]).await;
    assert_eq!(
        run.outcome,
        Outcome::Unknown(Doubt::RefusedAfterLoss { status: 404 })
    );
    let run = answer_call(vec![broken(); 200]).await;
    assert_eq!(run.outcome, Outcome::Unknown(Doubt::Status { status: 500 }));
    let run = answer_call(vec![broken(), answer(200, CONNECTED)]).await;
    assert!(
        matches!(run.outcome, Outcome::Accepted(_)),
        "{:?}",
        run.outcome
    );
    let run = hang_up(vec![broken(), answer(404, GONE)]).await;
    assert!(
        matches!(&run.outcome, Outcome::Refused(refusal) if refusal.status == 404),
        "{:?}",
        run.outcome
    );
}

#[tokio::test]
async fn a_hang_up_that_finds_no_call_after_a_lost_answer_is_done() {
    let run = hang_up(vec![Reply::Drop, answer(404, GONE)]).await;
    assert!(
        matches!(&run.outcome, Outcome::Refused(refusal) if refusal.status == 404),
        "{:?}",
        run.outcome
    );
    let run = hang_up(vec![Reply::Drop, answer(403, "")]).await;
    assert_eq!(
        run.outcome,
        Outcome::Unknown(Doubt::RefusedAfterLoss { status: 403 })
    );
}

#[tokio::test]
async fn a_look_is_repeated_and_believed() {
    let look = async |client: &Client, dispatch: &mut cordboard_acs::Dispatch| {
        client.get_call("cc-1", dispatch).await
    };
    let found = run(
        vec![Reply::Drop, answer(500, ""), answer(200, CONNECTED)],
        limits(),
        look,
    )
    .await;
    assert!(
        matches!(found.outcome, Outcome::Accepted(_)),
        "{:?}",
        found.outcome
    );
    let lost = run(vec![Reply::Drop, answer(400, "")], limits(), look).await;
    assert_eq!(lost.outcome, Outcome::Refused(refused(400)));
}

#[tokio::test]
async fn an_accepted_request_with_an_answer_that_cannot_be_read_is_in_doubt() {
    for body in ["nonsense", "3", r#"{"callConnectionId":5}"#] {
        let run = answer_call(vec![answer(200, body)]).await;
        assert_eq!(
            run.outcome,
            Outcome::Unknown(Doubt::UnreadableAnswer),
            "{body}"
        );
        assert_eq!(run.service.requests().len(), 1);
    }
    let small = ClientLimits {
        answer_bytes_max: 10,
        ..limits()
    };
    let run = run(
        vec![answer(200, CONNECTED)],
        small,
        async |client, dispatch| client.get_call("cc-1", dispatch).await,
    )
    .await;
    assert_eq!(run.outcome, Outcome::Unknown(Doubt::UnreadableAnswer));
    assert_eq!(run.service.requests().len(), 1);
}

#[tokio::test]
async fn the_answer_of_an_operation_that_has_none_may_be_anything() {
    for body in ["", "{}", "null", "accepted", "<html>", "[1"] {
        let run = play(vec![answer(202, body)]).await;
        assert_eq!(run.outcome, Outcome::Accepted(()), "{body}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_in_doubt_and_a_refusal_that_does_is_a_refusal() {
    let run = play(vec![Reply::BreakOff(202)]).await;
    assert_eq!(run.outcome, Outcome::Unknown(Doubt::ConnectionLost));
    let run = play(vec![Reply::BreakOff(404)]).await;
    assert_eq!(run.outcome, Outcome::Refused(refused(404)));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Reply::Answer(307, &[("location", "http://127.0.0.1:1/")], String::new());
    let run = play(vec![elsewhere]).await;
    assert_eq!(run.outcome, Outcome::Refused(refused(307)));
    assert_eq!(run.service.requests().len(), 1);
}

#[tokio::test]
async fn whatever_was_not_sent_is_sent_when_the_service_is_there() {
    let (service, socket) = LocalService::refusing(vec![answer(202, "")]);
    let (clock, hold) = clock();
    let client = service.client(&clock, limits());
    // Listens before the second attempt, which comes after 250 ms at the earliest.
    let listening = tokio::spawn({
        let (clock, service) = (clock.clone(), service.clone());
        let sleep = clock.sleep_until(START_MS + 100);
        async move {
            let _hold = sleep.await;
            service.listen(socket.listen(16).unwrap());
        }
    });
    let mut dispatch = dispatch(&client, hold);
    let outcome = client.play("cc-1", &play_request(), &mut dispatch).await;
    assert_eq!(outcome, Outcome::Accepted(()));
    assert_eq!(service.requests().len(), 1);
    listening.await.unwrap();
}

#[tokio::test]
async fn what_could_never_be_sent_had_no_effect() {
    let (service, _socket) = LocalService::refusing(vec![]);
    let (clock, hold) = clock();
    let client = service.client(&clock, limits());
    let mut dispatch = dispatch(&client, hold);
    let outcome = client.play("cc-1", &play_request(), &mut dispatch).await;
    assert_eq!(outcome, Outcome::NotSent(NotSent::Unreachable));
    assert!(clock.now() >= START_MS + 1_750);
}

#[tokio::test]
async fn nobody_waits_beyond_the_deadline() {
    let service = LocalService::start(vec![Reply::Answer(
        429,
        &[("retry-after", "60")],
        String::new(),
    )])
    .await;
    let (clock, hold) = clock();
    let client = service.client(&clock, limits());
    let mut dispatch = client.dispatch(hold, REQUEST_ID, START_MS + 10_000);
    let outcome = client.answer(&answer_request(), &mut dispatch).await;
    assert_eq!(outcome, Outcome::Refused(refused(429)));
    assert_eq!(clock.now(), START_MS);

    let mut late = client.dispatch(dispatch.into_hold(), REQUEST_ID, START_MS);
    let outcome = client.answer(&answer_request(), &mut late).await;
    assert_eq!(outcome, Outcome::NotSent(NotSent::DeadlinePassed));
    assert_eq!(service.requests().len(), 1);
}

#[tokio::test]
async fn ending_a_call_goes_before_playing_when_requests_wait() {
    let told = Arc::new(Notify::new());
    let service = LocalService::start(vec![Reply::Wait(Arc::clone(&told))]).await;
    let (clock, hold) = clock();
    let one = ClientLimits {
        in_flight_max: 1,
        in_flight_urgent_reserve: 0,
        ..limits()
    };
    let client = service.client(&clock, one);
    let act = |urgent: bool| {
        let (client, hold) = (client.clone(), hold.clone());
        tokio::spawn(async move {
            let mut dispatch = dispatch(&client, hold);
            if urgent {
                client.hang_up("cc-1", &mut dispatch).await
            } else {
                client.play("cc-1", &play_request(), &mut dispatch).await
            }
        })
    };
    let first = act(false);
    service.arrived(1).await;
    let second = act(false);
    let urgent = act(true);
    // Both have to stand in line before the first one is done.
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    told.notify_one();
    for task in [first, second, urgent] {
        assert_eq!(task.await.unwrap(), Outcome::Accepted(()));
    }
    let methods: Vec<String> = service
        .requests()
        .into_iter()
        .map(|request| request.method)
        .collect();
    assert_eq!(methods, ["POST", "DELETE", "POST"]);
}

#[tokio::test]
async fn a_throttled_answer_is_sent_again_until_its_deadline() {
    let throttled = || Reply::Answer(429, &[("retry-after", "1")], String::new());
    let mut replies: Vec<Reply> = (0..8).map(|_| throttled()).collect();
    replies.push(answer(200, CONNECTED));
    let run = answer_call(replies).await;
    assert!(run.outcome.accepted().is_some());
    assert_eq!(run.passed_ms, 8_000);
}

#[tokio::test]
async fn others_go_while_one_waits_before_sending_again() {
    let throttled = Reply::Answer(429, &[("retry-after", "5")], String::new());
    let service = LocalService::start(vec![throttled]).await;
    let (clock, hold) = clock();
    let one = ClientLimits {
        in_flight_max: 1,
        in_flight_urgent_reserve: 0,
        ..limits()
    };
    let client = service.client(&clock, one);
    let waiting = tokio::spawn({
        let (client, hold) = (client.clone(), hold.clone());
        async move {
            let mut dispatch = dispatch(&client, hold);
            let outcome = client
                .start_recording(&StartRecordingRequest::default(), &mut dispatch)
                .await;
            (outcome, dispatch.into_hold())
        }
    });
    service.arrived(1).await;
    let mut second = dispatch(&client, hold);
    assert_eq!(
        client.hang_up("cc-1", &mut second).await,
        Outcome::Accepted(())
    );
    assert_eq!(clock.now(), START_MS);
    drop(second);
    let (outcome, _hold) = waiting.await.unwrap();
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    assert_eq!(clock.now(), START_MS + 5_000);
}

#[tokio::test]
async fn all_pages_of_participants_are_read_from_the_resource_itself() {
    let first = r#"{"value":[{"identifier":{"rawId":"4:+14255550123"}}],
        "nextLink":"https://elsewhere.example/calling/callConnections/cc-1/participants/page2?api-version=x&skip=1"}"#;
    let second = r#"{"value":[{"identifier":{"rawId":"8:acs:a_b"}}]}"#;
    let run = run(
        vec![answer(200, first), answer(200, second)],
        limits(),
        async |client, dispatch| client.list_participants("cc-1", dispatch).await,
    )
    .await;
    assert_eq!(
        run.outcome
            .accepted()
            .map(|participants| participants.len()),
        Some(2)
    );
    let requests = run.service.requests();
    assert_eq!(
        requests[0].target,
        "/calling/callConnections/cc-1/participants?api-version=2026-03-12"
    );
    assert_eq!(
        requests[1].target,
        "/calling/callConnections/cc-1/participants/page2?api-version=x&skip=1"
    );
}

#[tokio::test]
async fn pages_that_never_end_are_given_up() {
    let page = r#"{"value":[],"nextLink":"https://x.example/again"}"#;
    let three = ClientLimits {
        pages_max: 3,
        ..limits()
    };
    let run = run(
        (0..9).map(|_| answer(200, page)).collect(),
        three,
        async |client, dispatch| client.list_participants("cc-1", dispatch).await,
    )
    .await;
    assert_eq!(run.outcome, Outcome::Unknown(Doubt::UnreadableAnswer));
    assert!(run.service.requests().len() <= 4);
}

/// On a real clock the date of the signature is wall time, and the wait is real: this one is short.
#[tokio::test]
async fn a_real_clock_works_as_well() {
    let service = LocalService::start(vec![answer(503, ""), answer(200, CONNECTED)]).await;
    let clock = Clock::real().unwrap();
    let client = service.client(
        &clock,
        ClientLimits {
            backoff_first_ms: 1,
            ..limits()
        },
    );
    let mut dispatch = client.dispatch(clock.hold(), REQUEST_ID, clock.now() + 60_000);
    let outcome = client.get_call("cc-1", &mut dispatch).await;
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    assert_eq!(service.requests().len(), 2);
}
