//! The HTTP interface of an engine: webhooks, prompts and the API, as requests that follow each other.
//!
//! Requests are parted by a line `---`. Each has a line with method and target, lines with headers, and behind an empty line its body.
//! `%s`, `%a` and `%o` in a header stand for the tokens of a supervisor, an agent and an observer; `%1` in a target stands for the
//! callback address of call 1.

use axum::Router;
use axum::body::{Body, HttpBody};
use cordboard::config::{Compiled, Memory, compile};
use cordboard::driver::{Advisor, Answer, Completion, Evidence, Operator, Request};
use cordboard::{Engine, MemoryDisk};
use cordboard_acs::{CallbackPath, EdgeKey};
use cordboard_clock::{Clock, Hold};
use cordboard_core::ids::CallId;
use cordboard_core::input::Outcome;
use cordboard_core::{Ask, PluginFailure, Verdict};
use cordboard_journal::Nonce;
use http::Method;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, LazyLock};
use tower_service::Service as _;

use crate::harness::acs::Acs;
use crate::harness::world::START;

const CONFIG: &str = r#"{
  "version": 1, "tenant": "contoso", "dev": true,
  "acs": {
    "connection_string": { "value": "endpoint=http://127.0.0.1:9;accesskey=c2VjcmV0" },
    "callback_base_url": "http://127.0.0.1:9", "allow_http": true,
    "event_grid_secrets": [{ "value": "the-event-grid-secret" }]
  },
  "resource_accounts": { "line": { "identity": "28:orgid:line", "default_queue": "sales" } },
  "queues": { "sales": {
    "groups": [{ "group": "team" }], "music": "music", "max_wait_seconds": 600, "wrap_up_seconds": 30,
    "exits": { "max_wait": { "message": "music" }, "no_agents": { "message": "music" }, "closed": { "message": "music" } }
  } },
  "groups": { "team": ["anna", "ben"] },
  "agents": {
    "anna": { "endpoints": [{ "kind": "teams-client", "raw_id": "8:orgid:anna" }], "token": { "value": "dev-token-of-anna" } },
    "ben": { "endpoints": [{ "kind": "pstn", "number": "+14255550101" }], "token": { "value": "dev-token-of-ben" } }
  },
  "api": { "tokens": [
    { "name": "sofia", "role": "supervisor", "token": { "value": "dev-token-of-sofia" } },
    { "name": "wall", "role": "observer", "token": { "value": "dev-token-of-the-wall" } }
  ] },
  "prompts": { "files": { "music": "music.wav" }, "confirm": "music" },
  "not_ready_reasons": ["break"], "dispositions": ["solved"]
}"#;

const NONCE: [u8; 32] = [7; 32];

/// The most requests to one engine.
const REQUESTS_MAX: usize = 12;

static COMPILED: LazyLock<Compiled> = LazyLock::new(|| {
    let source = Memory::default().with_file("prompts/music.wav", super::config::MUSIC.as_slice());
    compile(CONFIG, None, &source).unwrap()
});
static CALLBACK: LazyLock<String> = LazyLock::new(|| {
    let path = CallbackPath {
        tenant: "contoso".to_owned(),
        call: CallId(1),
    };
    let key = EdgeKey::from_nonce(&NONCE).unwrap();
    format!("/callbacks/{}", path.encode(&key))
});
static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap()
});

pub(crate) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let requests: Vec<http::Request<Body>> = text
        .split("\n---\n")
        .filter_map(request)
        .take(REQUESTS_MAX)
        .collect();
    if requests.is_empty() {
        return;
    }
    // Time stands still: nobody lets go of it.
    let (clock, _hold) = Clock::warped(START.0).unwrap();
    let engine = Engine::builder(COMPILED.clone())
        .clock(clock)
        .journal_in_memory(MemoryDisk::new(Nonce(NONCE)))
        .operator(Arc::new(Obliging))
        .advisor(Arc::new(Abstaining))
        .runtime(RUNTIME.handle().clone())
        .build()
        .unwrap();
    let router = engine.router();
    RUNTIME.block_on(async {
        for request in requests {
            send(router.clone(), text, request).await;
        }
    });
    assert!(engine.is_running(), "a request has ended the engine");
    engine.shutdown().unwrap();
}

fn request(text: &str) -> Option<http::Request<Body>> {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let (method, target) = lines.next()?.split_once(' ')?;
    let target = target.replace("%1", &CALLBACK);
    let mut request = http::Request::builder()
        .method(Method::from_bytes(method.as_bytes()).ok()?)
        .uri(target);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let value = value
            .replace("%s", "dev-token-of-sofia")
            .replace("%a", "dev-token-of-anna")
            .replace("%o", "dev-token-of-the-wall");
        request = request.header(name, value);
    }
    request.body(Body::from(body.to_owned())).ok()
}

async fn send(mut router: Router, asked: &str, request: http::Request<Body>) {
    let answer = router.call(request).await.unwrap();
    let status = answer.status().as_u16();
    assert!(status < 500 || status == 503, "{status}");
    let kind = answer.headers().get("content-type").cloned();
    let is = |name: &str| {
        kind.as_ref()
            .is_some_and(|kind| kind.as_bytes().starts_with(name.as_bytes()))
    };
    // A stream of events has no end.
    if is("text/event-stream") {
        return;
    }
    let mut body = pin!(answer.into_body());
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::as_mut(&mut body).poll_frame(cx)).await {
        bytes.extend_from_slice(frame.unwrap().data_ref().map_or(&[][..], |data| data));
    }
    if is("application/json") {
        serde_json::from_slice::<serde_json::Value>(&bytes).expect("the answer is JSON");
    }
    let shown = String::from_utf8_lossy(&bytes);
    // What a request brings may come back.
    let told = |secret: &str| shown.contains(secret) && !asked.contains(secret);
    assert!(
        !told("the-event-grid-secret") && !told("dev-token-of"),
        "{shown}"
    );
}

/// Takes every operation.
#[derive(Debug)]
struct Obliging;

impl Operator for Obliging {
    fn start(&self, request: Request, completion: Completion) {
        let response = Acs::response(request.command, &request.operation);
        completion.finish(Outcome::Accepted(response), request.hold);
    }
}

/// Leaves every question to the native rule.
#[derive(Debug)]
struct Abstaining;

impl Advisor for Abstaining {
    fn ask(&self, ask: Ask, hold: Hold, answer: Answer) {
        let verdict = Verdict {
            question: ask.question,
            result: Err(PluginFailure::Abstain),
            memo: None,
        };
        answer.give(verdict, Evidence::default(), hold);
    }
}
