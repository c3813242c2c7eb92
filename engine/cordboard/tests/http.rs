//! The engine over HTTP: the API, the webhooks, and everything that should not get through.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;
#[path = "support/http.rs"]
mod wire;

use cordboard::driver::InboxLimits;
use cordboard::events::Item;
use cordboard::{Engine, EngineBuilder, MemoryDisk};
use cordboard_acs::{CallbackPath, EdgeKey};
use cordboard_core::Event;
use cordboard_core::ids::CallId;
use cordboard_core::input::NewCalls;
use cordboard_journal::Nonce;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use support::{Accepting, DECISIONS, MEDIA, compiled, eventually, next};
use tokio::runtime::Runtime;
use wire::{Events, get, post, send};

const NONCE: [u8; 32] = [7; 32];

/// An engine behind a server of its own.
struct Served {
    engine: Engine,
    address: SocketAddr,
    disk: MemoryDisk,
    _runtime: Runtime,
}

fn serve(text: &str, change: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Served {
    serve_on(MemoryDisk::new(Nonce(NONCE)), text, change)
}

fn serve_on(
    disk: MemoryDisk,
    text: &str,
    change: impl FnOnce(EngineBuilder) -> EngineBuilder,
) -> Served {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let builder = Engine::builder(compiled(text))
        .journal_in_memory(disk.clone())
        .runtime(runtime.handle().clone());
    let engine = change(builder).build().unwrap();
    let router = engine.router();
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move { axum::serve(listener, router).await });
    Served {
        engine,
        address,
        disk,
        _runtime: runtime,
    }
}

fn act(served: &Served, target: &str, token: &str, body: Value) -> (u16, Value) {
    let answer = post(served.address, target, token, &body);
    (answer.status, answer.json())
}

const ANNA: &str = "dev-token-of-anna";
const BEN: &str = "dev-token-of-ben";
const SOFIA: &str = "dev-token-of-sofia";
const WALL: &str = "dev-token-of-the-wall";

#[test]
fn a_contact_from_offer_to_wrap_up_over_http() {
    let served = serve(DECISIONS, |builder| builder);
    let mut of_anna = Events::open(served.address, "/v1/events", ANNA);
    let mut of_all = Events::open(served.address, "/v1/events", WALL);
    let done = json!({ "result": "done" });
    let anna = "/v1/agents/anna/actions";
    assert_eq!(
        act(&served, anna, ANNA, json!({ "action": "ready" })),
        (200, done.clone())
    );
    let contact = json!({ "id": "c1", "queue": "chat", "context": { "topic": "shoes" } });
    let (status, body) = act(&served, "/v1/contacts", SOFIA, contact.clone());
    assert_eq!(status, 201);
    let call = body["call"].as_u64().unwrap();
    let again = act(&served, "/v1/contacts", SOFIA, contact);
    assert_eq!(
        again,
        (status, body),
        "whoever lost the answer gets it again"
    );

    let offer = loop {
        let event = of_anna.next();
        if event["event"] == "offer-issued" {
            break event;
        }
    };
    assert_eq!(offer["agent"], "anna");
    assert_eq!(offer["context"]["topic"], "shoes");
    let accept = json!({ "action": "accept", "offer": offer["offer"] });
    assert_eq!(
        act(&served, anna, ANNA, accept.clone()),
        (200, done.clone())
    );
    let (status, body) = act(&served, anna, ANNA, accept);
    assert_eq!(status, 409, "{body}");
    let calls = format!("/v1/calls/{call}/actions");
    assert_eq!(act(&served, &calls, BEN, json!({ "action": "end" })).0, 409);
    assert_eq!(
        act(&served, &calls, ANNA, json!({ "action": "end" })),
        (200, done.clone())
    );
    let disposition = json!({ "action": "disposition", "call": call, "code": "solved" });
    assert_eq!(act(&served, anna, ANNA, disposition), (200, done.clone()));
    assert_eq!(
        act(&served, anna, ANNA, json!({ "action": "wrap-up-done" })),
        (200, done)
    );

    let mut seen = Vec::new();
    while seen.last().is_none_or(|name| name != "disposition-set") {
        let event = of_all.next();
        if event["event"] == "offer-issued" {
            assert_eq!(event["context"], json!({}), "observers see who calls");
        }
        seen.push(event["event"].as_str().unwrap().to_owned());
    }
    for name in [
        "config-applied",
        "call-queued",
        "offer-issued",
        "offer-ended",
        "call-connected",
        "call-ended",
    ] {
        let expected = name != "config-applied";
        assert_eq!(
            seen.iter().any(|seen| seen == name),
            expected,
            "{name} in {seen:?}"
        );
    }
}

#[test]
fn who_waits_is_told_why_nobody_is_rung() {
    let picky = DECISIONS.replacen(
        r#"{ "skill": "chat" }"#,
        r#"{ "skill": "chat", "minimum": 50 }"#,
        1,
    );
    let served = serve(&picky, |builder| builder);
    let anna = "/v1/agents/anna/actions";
    let on_break = json!({ "action": "not-ready", "reason": "break" });
    assert_eq!(act(&served, anna, ANNA, on_break).0, 200);
    let ben = "/v1/agents/ben/actions";
    assert_eq!(act(&served, ben, BEN, json!({ "action": "ready" })).0, 200);
    let contact = json!({ "id": "c1", "queue": "chat" });
    let (_, body) = act(&served, "/v1/contacts", SOFIA, contact);
    let listed = get(served.address, "/v1/calls", WALL).json();
    let row = &listed["calls"][0];
    assert_eq!(
        (&row["call"], &row["phase"], &row["queue"], &row["agent"]),
        (
            &body["call"],
            &json!("queued"),
            &json!("chat"),
            &json!(null)
        )
    );
    assert_eq!(listed["next"], json!(null));
    let after = format!("/v1/calls?after={}", body["call"]);
    let rest = get(served.address, &after, WALL).json();
    assert_eq!(rest["calls"], json!([]));
    for (target, token, status) in [
        ("/v1/calls", ANNA, 403),
        ("/v1/calls?after=x", WALL, 400),
        ("/v1/calls?before=1", WALL, 400),
    ] {
        assert_eq!(
            get(served.address, target, token).status,
            status,
            "{target}"
        );
    }
    let target = format!("/v1/calls/{}/wait", body["call"]);
    let answer = get(served.address, &target, WALL);
    assert_eq!(answer.status, 200);
    let mut wait = answer.json();
    assert!(wait["since"].take().as_u64() > Some(0));
    let expected = json!({
        "queue": "chat", "since": null, "position": 1, "asked-about": false, "nobody-ranked": false,
        "agents": [
            { "agent": "anna", "obstacles": [
                { "obstacle": "not-available", "state": { "status": "not-ready", "reason": "break" } }
            ] },
            { "agent": "ben", "obstacles": [
                { "obstacle": "lacks-skill", "skill": "chat", "level": 40, "minimum": 50 }
            ] }
        ],
        "more-agents": 0
    });
    assert_eq!(wait, expected);
    assert_eq!(get(served.address, &target, ANNA).status, 403);
    assert_eq!(
        act(&served, anna, ANNA, json!({ "action": "ready" })).0,
        200
    );
    let offered = get(served.address, &target, WALL);
    assert_eq!(offered.status, 404);
    assert!(
        offered.json()["error"]
            .to_string()
            .contains("does not wait")
    );
    assert_eq!(get(served.address, "/v1/calls/one/wait", WALL).status, 400);
}

#[test]
fn a_stream_resumes_after_the_event_that_the_client_has() {
    let served = serve(DECISIONS, |builder| builder);
    served.engine.agent("anna").unwrap().ready().wait().unwrap();
    served
        .engine
        .agent("anna")
        .unwrap()
        .offline()
        .wait()
        .unwrap();
    let mut all = Events::open(served.address, "/v1/events?after=0.0", SOFIA);
    assert_eq!(all.next()["event"], "config-applied");
    let first = all.next();
    assert_eq!(first["state"]["status"], "ready");
    let target = format!("/v1/events?after={}", first["id"].as_str().unwrap());
    let mut resumed = Events::open(served.address, &target, SOFIA);
    assert_eq!(resumed.next()["state"]["status"], "offline");
    // Another agent's events are not for ben.
    served.engine.agent("ben").unwrap().ready().wait().unwrap();
    let mut of_ben = Events::open(served.address, "/v1/events?after=0.0", BEN);
    assert_eq!(of_ben.next()["agent"], "ben");
    let answer = get(served.address, "/v1/events?after=x", SOFIA);
    assert_eq!(answer.status, 400);
    assert!(
        answer.json()["error"]
            .as_str()
            .unwrap()
            .contains("has the form")
    );
}

#[test]
fn tokens_decide_who_may_do_what() {
    let served = serve(DECISIONS, |builder| builder);
    let ready = json!({ "action": "ready" });
    let agents = "/v1/agents/anna/actions";
    for (token, expected) in [
        (ANNA, 200),
        (SOFIA, 200),
        (BEN, 403),
        (WALL, 403),
        ("dev-token-of-nobody", 401),
        ("", 401),
    ] {
        let (status, body) = act(&served, agents, token, ready.clone());
        assert_eq!(status, expected, "{token}: {body}");
    }
    // Agents do not learn who else there is.
    let (status, _) = act(&served, "/v1/agents/zoe/actions", BEN, ready.clone());
    assert_eq!(status, 403);
    let none = send(served.address, "POST", agents, &[], b"{}");
    assert_eq!(
        (none.status, none.header("www-authenticate")),
        (401, Some("Bearer"))
    );
    for (target, agent, observer) in [
        ("/v1/overview", 403, 200),
        ("/v1/plugins", 403, 200),
        ("/v1/me", 200, 200),
    ] {
        assert_eq!(get(served.address, target, ANNA).status, agent, "{target}");
        assert_eq!(
            get(served.address, target, WALL).status,
            observer,
            "{target}"
        );
    }
    assert_eq!(
        act(
            &served,
            "/v1/queues/chat/actions",
            ANNA,
            json!({ "action": "close" })
        )
        .0,
        403
    );
    assert_eq!(
        act(
            &served,
            "/v1/queues/chat/actions",
            SOFIA,
            json!({ "action": "close" })
        )
        .0,
        200
    );
    assert_eq!(
        act(
            &served,
            "/v1/contacts",
            ANNA,
            json!({ "id": "x", "queue": "chat" })
        )
        .0,
        403
    );
    let me = get(served.address, "/v1/me", ANNA).json();
    assert_eq!(
        me,
        json!({ "role": "agent", "name": "anna", "display-name": "anna" })
    );
    let overview = get(served.address, "/v1/overview", SOFIA).json();
    assert_eq!(
        overview["agents"][0],
        json!({ "agent": "anna", "state": { "status": "ready" } })
    );
    // What everybody may see.
    for target in ["/healthz", "/v1/openapi.json"] {
        assert_eq!(
            send(served.address, "GET", target, &[], b"").status,
            200,
            "{target}"
        );
    }
}

#[test]
fn bad_requests_are_answered_with_what_is_wrong() {
    let served = serve(DECISIONS, |builder| builder);
    let agents = "/v1/agents/anna/actions";
    let authorization = [("authorization", "Bearer dev-token-of-anna")];
    for (target, body, status, said) in [
        (agents, "not json", 400, "the body does not fit"),
        (
            agents,
            r#"{"action":"ready","x":1}"#,
            400,
            "unknown field `x`",
        ),
        (
            agents,
            r#"{"action":"sleep"}"#,
            400,
            "unknown variant `sleep`",
        ),
        (
            agents,
            r#"{"action":"not-ready","reason":"holiday"}"#,
            404,
            "`holiday`",
        ),
        (
            agents,
            r#"{"action":"accept","offer":"x"}"#,
            400,
            "`x` is no offer",
        ),
        (agents, r#"{"action":"accept","offer":"1-1"}"#, 409, "offer"),
        (
            "/v1/calls/x/actions",
            r#"{"action":"end"}"#,
            400,
            "`x` is no call",
        ),
        (
            "/v1/calls/9/actions",
            r#"{"action":"end"}"#,
            409,
            "not known",
        ),
        ("/v1/nothing", "{}", 404, ""),
    ] {
        let answer = send(
            served.address,
            "POST",
            target,
            &authorization,
            body.as_bytes(),
        );
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, status, "{target} {body}: {text}");
        assert!(text.contains(said), "{target} {body}: {text}");
    }
    let (status, body) = act(
        &served,
        "/v1/agents/zoe/actions",
        SOFIA,
        json!({ "action": "ready" }),
    );
    assert_eq!(status, 404);
    assert!(body.to_string().contains("unknown agent `zoe`"), "{body}");
    let large = vec![b' '; 65 * 1_024];
    assert_eq!(
        send(served.address, "POST", agents, &authorization, &large).status,
        413
    );
    let wrong_method = send(served.address, "GET", agents, &authorization, b"");
    assert_eq!(wrong_method.status, 405);
    assert!(wrong_method.json()["error"].is_string());
}

#[test]
fn a_failed_journal_is_told_by_every_door() {
    let served = serve(MEDIA, |builder| {
        builder.operator(Arc::new(Accepting::default()))
    });
    served.disk.fail_log_after(0);
    let answer = send(
        served.address,
        "POST",
        EVENT_GRID,
        &[],
        incoming_call("e1").as_bytes(),
    );
    assert_eq!(answer.status, 500);
    assert!(
        answer.json()["error"]
            .as_str()
            .unwrap()
            .contains("could not be written")
    );
    let health = send(served.address, "GET", "/healthz", &[], b"");
    assert_eq!(
        (health.status, health.json()),
        (503, json!({ "status": "journal-failed" }))
    );
}

const EVENT_GRID: &str = "/eventgrid?code=the-event-grid-secret";

fn incoming_call(id: &str) -> String {
    incoming_call_to(id, "28:orgid:line")
}

fn incoming_call_to(id: &str, account: &str) -> String {
    json!([{
        "id": id, "topic": "/subscriptions/x", "subject": "/caller/4:+14255550123/recipient/28:orgid:line",
        "eventType": "Microsoft.Communication.IncomingCall", "dataVersion": "1.0", "metadataVersion": "1",
        "eventTime": "2126-11-24T10:00:00.0000000Z",
        "data": {
            "to": { "kind": "unknown", "rawId": account, "unknown": { "id": account } },
            "from": { "kind": "phoneNumber", "rawId": "4:+14255550123", "phoneNumber": { "value": "+14255550123" } },
            "serverCallId": "c2VydmVy", "callerDisplayName": "", "incomingCallContext": "the-secret-call-context",
            "correlationId": format!("correlation-{id}")
        }
    }])
    .to_string()
}

fn callback_target(call: u64) -> String {
    let key = EdgeKey::from_nonce(&NONCE).unwrap();
    let path = CallbackPath {
        tenant: "contoso".to_owned(),
        call: CallId(call),
    };
    format!("/callbacks/{}", path.encode(&key))
}

fn callback(id: &str, kind: &str) -> String {
    json!([{
        "id": id, "source": "calling/callConnections/connection", "type": kind, "specversion": "1.0",
        "time": "2026-11-24T10:00:00.0000000+00:00", "datacontenttype": "application/json",
        "data": { "callConnectionId": "connection", "serverCallId": "c2VydmVy", "correlationId": "correlation-e1",
                  "resultInformation": { "code": 200, "subCode": 0, "message": "" } }
    }])
    .to_string()
}

#[test]
fn an_incoming_call_is_answered_once_and_callbacks_find_it() {
    let operator = Accepting::default();
    let served = serve(MEDIA, |builder| {
        builder.operator(Arc::new(operator.clone()))
    });
    let mut events = served.engine.events().subscribe(None);
    let taken = send(
        served.address,
        "POST",
        EVENT_GRID,
        &[],
        incoming_call("e1").as_bytes(),
    );
    assert_eq!((taken.status, taken.json()), (200, json!({ "taken": 1 })));
    let again = send(
        served.address,
        "POST",
        EVENT_GRID,
        &[],
        incoming_call("e1").as_bytes(),
    );
    assert_eq!(again.status, 200);
    assert_eq!(
        again.json()["ignored"],
        json!(["event `e1`: it was seen before"])
    );
    eventually(|| operator.seen() == ["answer"]);

    let target = callback_target(1);
    let connected = callback("c1", "Microsoft.Communication.CallConnected");
    let answer = send(served.address, "POST", &target, &[], connected.as_bytes());
    assert_eq!((answer.status, answer.json()), (200, json!({ "taken": 1 })));
    next(&mut events, |event| {
        matches!(event, Event::CallAnswered { .. }).then_some(())
    });
    // Unknown types and calls that nobody knows are ignored with the reason, never refused.
    let unknown = callback("c2", "Microsoft.Communication.SomethingNew");
    let answer = send(served.address, "POST", &target, &[], unknown.as_bytes());
    assert_eq!(answer.status, 200);
    assert!(
        answer.json()["ignored"][0]
            .as_str()
            .unwrap()
            .contains("not known"),
        "{:?}",
        answer.json()
    );
    let stray = callback("c3", "Microsoft.Communication.CallConnected");
    let answer = send(
        served.address,
        "POST",
        &callback_target(99),
        &[],
        stray.as_bytes(),
    );
    assert_eq!(answer.status, 200);
    assert!(
        answer.json()["ignored"][0]
            .as_str()
            .unwrap()
            .contains("the call is not known")
    );
    // Nobody is logged in: the music plays, then the call is led out.
    eventually(|| operator.seen().contains(&"play"));
}

#[test]
fn webhooks_that_are_not_azures_are_refused() {
    let served = serve(MEDIA, |builder| {
        builder.operator(Arc::new(Accepting::default()))
    });
    let call = incoming_call("e1");
    for target in ["/eventgrid", "/eventgrid?code=wrong-event-grid-secret"] {
        let answer = send(served.address, "POST", target, &[], call.as_bytes());
        assert_eq!(answer.status, 401, "{target}");
        assert!(answer.json()["error"].as_str().unwrap().contains("secret"));
    }
    for (body, status) in [(&b"not json"[..], 400), (b"{}", 400), (b"[]", 200)] {
        let answer = send(served.address, "POST", EVENT_GRID, &[], body);
        assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(body));
    }
    // Longer than what a socket takes at once: its sender gets an answer all the same.
    let large = vec![b' '; 8 * 1_024 * 1_024];
    assert_eq!(
        send(served.address, "POST", EVENT_GRID, &[], &large).status,
        413
    );
    let forged = callback_target(1).replace("/1/", "/2/");
    let body = callback("c1", "Microsoft.Communication.CallConnected");
    assert_eq!(
        send(served.address, "POST", &forged, &[], body.as_bytes()).status,
        404
    );
    let target = callback_target(1);
    assert_eq!(
        send(served.address, "POST", &target, &[], b"not json").status,
        400
    );
    assert_eq!(
        send(served.address, "POST", &target, &[], &large).status,
        413
    );
    assert_eq!(served.engine.overview().wait().unwrap().live_calls, 0);
}

#[test]
fn both_handshakes_of_event_grid_are_answered() {
    let served = serve(MEDIA, |builder| {
        builder.operator(Arc::new(Accepting::default()))
    });
    let origin = [("webhook-request-origin", "eventgrid.azure.net")];
    let answer = send(served.address, "OPTIONS", EVENT_GRID, &origin, b"");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("webhook-allowed-origin"),
        Some("eventgrid.azure.net")
    );
    let body = json!([{
        "id": "1", "topic": "x", "subject": "", "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": "2026-11-24T10:00:00Z", "metadataVersion": "1", "dataVersion": "2",
        "data": { "validationCode": "the-code", "validationUrl": "https://x" }
    }]);
    let answer = send(
        served.address,
        "POST",
        EVENT_GRID,
        &[],
        body.to_string().as_bytes(),
    );
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({ "validationResponse": "the-code" }))
    );
}

#[test]
fn prompts_are_served_by_digest_and_nothing_else_is() {
    let served = serve(MEDIA, |builder| {
        builder.operator(Arc::new(Accepting::default()))
    });
    let path = compiled(MEDIA).prompts.keys().next().unwrap().clone();
    let answer = send(served.address, "GET", &format!("/prompts/{path}"), &[], b"");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("audio/wav"));
    assert!(answer.body.starts_with(b"RIFF"));
    for wrong in ["/prompts/music.wav", "/prompts/../Cargo.toml", "/prompts/x"] {
        assert_eq!(
            send(served.address, "GET", wrong, &[], b"").status,
            404,
            "{wrong}"
        );
    }
}

#[test]
fn operations_of_a_lane_wait_for_each_other() {
    let operator = Accepting::default();
    let served = serve(MEDIA, |builder| {
        builder.operator(Arc::new(operator.clone()))
    });
    operator.hold("play");
    send(
        served.address,
        "POST",
        EVENT_GRID,
        &[],
        incoming_call("e1").as_bytes(),
    );
    let connected = callback("c1", "Microsoft.Communication.CallConnected");
    send(
        served.address,
        "POST",
        &callback_target(1),
        &[],
        connected.as_bytes(),
    );
    eventually(|| operator.seen().contains(&"play"));
    // The end of the call is in another lane and overtakes the play that is under way.
    served.engine.system().call(CallId(1)).end().wait().unwrap();
    eventually(|| {
        operator
            .seen()
            .last()
            .is_some_and(|name| *name == "terminate" || *name == "hang-up")
    });
    operator.release();
}

#[test]
fn a_call_that_there_is_no_room_for_is_rejected_as_busy() {
    let service = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("endpoint=http://{};", service.local_addr().unwrap());
    let (sender, requests) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let (mut stream, _) = service.accept().unwrap();
        let mut request = Vec::new();
        let mut piece = [0; 4_096];
        while !String::from_utf8_lossy(&request).contains("busy") {
            let read = stream.read(&mut piece).unwrap();
            request.extend_from_slice(&piece[..read]);
        }
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .unwrap();
        sender.send(String::from_utf8(request).unwrap()).unwrap();
    });
    let text = MEDIA.replace("endpoint=http://127.0.0.1:9;", &endpoint);
    let limits = InboxLimits {
        waiting_max: 0,
        reserve: 0,
    };
    let served = serve(&text, |builder| builder.inbox_limits(limits));
    let call = incoming_call("e1");
    let answer = send(served.address, "POST", EVENT_GRID, &[], call.as_bytes());
    assert_eq!(answer.status, 200);
    let said = answer.json()["ignored"][0].as_str().unwrap().to_owned();
    assert!(said.contains("overloaded"), "{said}");
    let request = requests.recv().unwrap();
    assert!(
        request.starts_with("POST /calling/callConnections:reject?"),
        "{request}"
    );
    assert!(request.contains("the-secret-call-context"), "{request}");
}

#[test]
fn a_call_that_may_wait_inside_or_is_not_ours_is_never_rejected() {
    let service = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("endpoint=http://{};", service.local_addr().unwrap());
    let text = MEDIA.replace("endpoint=http://127.0.0.1:9;", &endpoint);
    let limits = InboxLimits {
        waiting_max: 0,
        reserve: 0,
    };
    let served = serve(&text, |builder| builder.inbox_limits(limits));
    let repeated = [("aeg-delivery-count", "1")];
    let call = incoming_call("e1");
    let answer = send(
        served.address,
        "POST",
        EVENT_GRID,
        &repeated,
        call.as_bytes(),
    );
    assert_eq!(answer.status, 500);
    let others = incoming_call_to("e2", "28:orgid:of-another-application");
    let answer = send(served.address, "POST", EVENT_GRID, &[], others.as_bytes());
    assert_eq!(answer.status, 200);
    let said = answer.json()["ignored"][0].as_str().unwrap().to_owned();
    assert!(said.contains("not in the configuration"), "{said}");
    served.engine.shutdown().unwrap();
    service.set_nonblocking(true).unwrap();
    assert!(service.accept().is_err(), "something was rejected");
}

/// 2126-11-24T10:00:00Z, when the calls of these tests ring.
const RINGS_AT_MS: u64 = 4_951_188_000_000;

#[test]
fn a_journal_ahead_of_the_clock_does_not_make_calls_stale() {
    let disk = MemoryDisk::new(Nonce(NONCE));
    let engine_at = |ms| {
        let (clock, start) = cordboard_clock::Clock::warped(ms).unwrap();
        let operator = Accepting::default();
        let disk = disk.clone();
        let served = serve(MEDIA, |builder| {
            builder
                .clock(clock)
                .journal_in_memory(disk)
                .operator(Arc::new(operator.clone()))
        });
        (served, operator, start)
    };
    let (served, _, _start) = engine_at(RINGS_AT_MS + 600_000);
    served.engine.shutdown().unwrap();
    // Somebody has put the machine's clock right meanwhile.
    let (served, operator, _start) = engine_at(RINGS_AT_MS);
    let call = incoming_call("e1");
    let answer = send(served.address, "POST", EVENT_GRID, &[], call.as_bytes());
    assert_eq!(answer.json(), json!({ "taken": 1 }));
    eventually(|| operator.seen() == ["answer"]);
}

#[test]
fn an_engine_that_a_mistake_has_ended_says_so_at_every_door() {
    let operator = Accepting::default();
    let served = serve(MEDIA, |builder| {
        builder.operator(Arc::new(operator.clone()))
    });
    let mut events = served.engine.events().subscribe(None);
    // The operator panics on the shard's thread.
    operator.poison();
    let call = incoming_call("e1");
    send(served.address, "POST", EVENT_GRID, &[], call.as_bytes());
    loop {
        let delivery = events.wait().unwrap();
        if let Item::Stopped { reason } = delivery.item {
            assert!(reason.contains("a mistake in the engine"), "{reason}");
            break;
        }
    }
    eventually(|| {
        let health = send(served.address, "GET", "/healthz", &[], b"");
        (health.status, health.json()) == (503, json!({ "status": "stopped" }))
    });
    let call = incoming_call("e2");
    let answer = send(served.address, "POST", EVENT_GRID, &[], call.as_bytes());
    assert_eq!(answer.status, 500);
    assert!(served.engine.shutdown().is_err());
}

/// Calls are pinned to the configuration that they began with, and a deployment takes them over.
#[test]
fn a_prompt_that_a_start_takes_away_is_served_for_calls_that_began_with_it() {
    let operator = Accepting::default();
    let before = serve(MEDIA, |builder| {
        builder.operator(Arc::new(operator.clone()))
    });
    let call = incoming_call("e1");
    send(before.address, "POST", EVENT_GRID, &[], call.as_bytes());
    eventually(|| operator.seen() == ["answer"]);
    let music = compiled(MEDIA).config.prompts.values().find_map(|prompt| {
        let path = &prompt.path;
        path.ends_with("music.wav").then(|| path.clone())
    });
    let target = format!("/prompts/{}", music.unwrap());
    let sound = get(before.address, &target, "").body;
    let disk = before.disk.clone();
    before.engine.shutdown().unwrap();

    let text = MEDIA
        .replace("\"music\": \"music\"", "\"music\": \"jazz\"")
        .replace("\"music\": \"music.wav\"", "\"jazz\": \"bye.wav\"");
    let after = serve_on(disk, &text, |builder| {
        builder.operator(Arc::new(operator.clone()))
    });
    let answer = get(after.address, &target, "");
    assert_eq!((answer.status, answer.body), (200, sound));
    let other = target.replace("music.wav", "other.wav");
    assert_eq!(get(after.address, &other, "").status, 404);
}

#[test]
fn an_event_number_of_another_journal_is_refused() {
    let served = serve(DECISIONS, |builder| builder);
    let answer = get(served.address, "/v1/events?after=5000.1", SOFIA);
    assert_eq!(answer.status, 400);
    let said = answer.json()["error"].as_str().unwrap().to_owned();
    assert!(said.contains("another"), "{said}");
}

#[test]
fn a_stream_ends_when_its_token_is_taken_away() {
    let served = serve(DECISIONS, |builder| builder);
    let mut of_wall = Events::open(served.address, "/v1/events", WALL);
    let mut of_sofia = Events::open(served.address, "/v1/events", SOFIA);
    let text = DECISIONS.replace(WALL, "another-token-of-the-wall");
    served.engine.reload(compiled(&text)).unwrap();
    served.engine.agent("anna").unwrap().ready().wait().unwrap();
    assert_eq!(of_sofia.next()["event"], "config-applied");
    assert!(of_wall.rest().is_empty());
}

#[test]
fn an_engine_that_drains_says_so_and_leaves_new_calls_to_others() {
    let operator = Accepting::default();
    let served = serve(MEDIA, |builder| {
        builder.operator(Arc::new(operator.clone()))
    });
    let ready = || {
        let answer = send(served.address, "GET", "/readyz", &[], b"");
        (answer.status, answer.json()["status"].clone())
    };
    assert_eq!(ready(), (200, json!("ready")));
    served.engine.set_new_calls(NewCalls::Leave).wait().unwrap();
    assert_eq!(ready(), (503, json!("draining")));
    let health = send(served.address, "GET", "/healthz", &[], b"");
    assert_eq!(health.status, 200);
    let call = incoming_call("e1");
    let left = send(served.address, "POST", EVENT_GRID, &[], call.as_bytes());
    // Delivered again after ten seconds; 503 would be half a minute.
    assert_eq!(left.status, 500);
    assert!(
        left.json()["error"]
            .as_str()
            .unwrap()
            .contains("about to be stopped")
    );
    assert_eq!(operator.seen(), [] as [&str; 0]);

    served
        .engine
        .set_new_calls(NewCalls::Reject)
        .wait()
        .unwrap();
    let rejected = send(served.address, "POST", EVENT_GRID, &[], call.as_bytes());
    assert_eq!(rejected.status, 200);
    eventually(|| operator.seen() == ["reject"]);

    served.engine.set_new_calls(NewCalls::Take).wait().unwrap();
    assert_eq!(ready(), (200, json!("ready")));
    served.disk.fail_log_after(0);
    let call = incoming_call("e2");
    send(served.address, "POST", EVENT_GRID, &[], call.as_bytes());
    assert_eq!(ready(), (503, json!("journal-failed")));
}
