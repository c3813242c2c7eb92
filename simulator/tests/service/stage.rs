//! A simulator, and a test that plays the application.
//!
//! The test holds the clock while it acts and lets it go while it waits for the next message, so time passes only in between.

use std::{
    collections::{BTreeMap, VecDeque},
    io::Cursor,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
};
use cordboard_acs::{
    Secret,
    hmac::{AccessKey, http_date},
};
use cordboard_clock::{Clock, Hold};
use cordboard_simulator::{
    Running, Simulator, SimulatorConfig, Subscription,
    figures::Figures,
    ledger::{CallRecord, CallerRecord, EndpointRecord},
    script::{AgentScript, CallerScript, Choose, EndpointScript, RawId, RingBehaviour, Role},
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

pub(crate) const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
pub(crate) const RESOURCE_ACCOUNT: &str = "28:orgid:cccccccc-1111-2222-3333-dddddddddddd";
pub(crate) const CALLER: &str = "4:+14255550123";
pub(crate) const TEAMS: &str = "8:orgid:aaaaaaaa-0000-0000-0000-000000000001";
pub(crate) const DESK: &str = "8:acs:res_tenant_aaaaaaaa-0000-0000-0000-000000000001";
pub(crate) const PHONE: &str = "4:+14255550199";
/// When every simulation begins.
pub(crate) const START_MS: u64 = 1_774_000_000_000;
/// A test that waits for longer than this, in real time, waits for nothing.
const PATIENCE: Duration = Duration::from_secs(120);
const BODY_MAX: usize = 1 << 20;

/// What the application received.
pub(crate) struct Inbound {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
    pub(crate) hold: Hold,
}

struct Application {
    clock: Clock,
    sender: mpsc::UnboundedSender<Inbound>,
    /// Statuses of the next answers; 200 when empty.
    statuses: Mutex<VecDeque<u16>>,
    fetched: Mutex<BTreeMap<String, usize>>,
}

pub(crate) struct Stage {
    pub(crate) clock: Clock,
    pub(crate) simulator: Running,
    pub(crate) address: SocketAddr,
    application: Arc<Application>,
    inbox: mpsc::UnboundedReceiver<Inbound>,
    http: reqwest::Client,
    hold: Option<Hold>,
}

impl Stage {
    pub(crate) async fn start() -> Stage {
        Stage::start_with(|_| ()).await
    }

    /// With a subscriber and without any party.
    pub(crate) async fn start_with(change: impl FnOnce(&mut SimulatorConfig)) -> Stage {
        let stage = Stage::start_unsubscribed(change).await;
        stage
            .simulator
            .subscribe(Subscription::new(&stage.url("/events")))
            .await
            .expect("handshake");
        stage
    }

    pub(crate) async fn start_unsubscribed(change: impl FnOnce(&mut SimulatorConfig)) -> Stage {
        let (clock, hold) = Clock::warped(START_MS).expect("clock starts");
        let mut config = SimulatorConfig::new(Secret::new(KEY), 7, clock.clone());
        config.allow_http_callbacks = true;
        config.behaviour.event_delay_min_ms = 10;
        config.behaviour.event_delay_max_ms = 10;
        change(&mut config);
        let simulator = Simulator::builder(config)
            .bind(([127, 0, 0, 1], 0).into())
            .await
            .expect("simulator starts");
        let (sender, inbox) = mpsc::unbounded_channel();
        let application = Arc::new(Application {
            clock: clock.clone(),
            sender,
            statuses: Mutex::default(),
            fetched: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("application listens");
        let address = listener.local_addr().expect("it has an address");
        let router = Router::new()
            .fallback(receive)
            .with_state(Arc::clone(&application));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Stage {
            clock,
            simulator,
            address,
            application,
            inbox,
            http: reqwest::Client::new(),
            hold: Some(hold),
        }
    }

    /// An address of the application.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A prompt of that many milliseconds.
    pub(crate) fn prompt(&self, ms: u64) -> Value {
        json!({"kind": "file", "file": {"uri": self.url(&format!("/prompts/{ms}.wav"))}})
    }

    /// How often a file was fetched.
    pub(crate) fn fetched(&self, name: &str) -> usize {
        self.application
            .fetched
            .lock()
            .unwrap()
            .get(name)
            .copied()
            .unwrap_or(0)
    }

    /// Lets the application answer the next requests with these statuses.
    pub(crate) fn answer_with(&self, statuses: &[u16]) {
        self.application.statuses.lock().unwrap().extend(statuses);
    }

    /// The next message to the application. The test goes on at its time.
    pub(crate) async fn next(&mut self) -> Inbound {
        self.hold = None;
        let message = tokio::time::timeout(PATIENCE, self.inbox.recv()).await;
        let Ok(Some(message)) = message else {
            panic!("no message; held by {:?}", self.clock.holders())
        };
        self.hold = Some(message.hold.clone());
        message
    }

    /// The next message must be a callback event of this type; its data.
    pub(crate) async fn event(&mut self, name: &str) -> Value {
        let message = self.next().await;
        let event = &message.body[0];
        assert_eq!(
            event["type"],
            format!("Microsoft.Communication.{name}"),
            "{}",
            message.body
        );
        assert_eq!(message.body.as_array().map(Vec::len), Some(1));
        event["data"].clone()
    }

    /// As [`Stage::event`]; its code and sub-code must be these.
    pub(crate) async fn result(&mut self, name: &str, code: i64, sub_code: i64) -> Value {
        let data = self.event(name).await;
        let result = &data["resultInformation"];
        assert_eq!(
            (result["code"].as_i64(), result["subCode"].as_i64()),
            (Some(code), Some(sub_code)),
            "{name}: {result}"
        );
        data
    }

    /// Lets time pass.
    pub(crate) async fn sleep(&mut self, ms: u64) {
        let sleep = self.clock.sleep_for(ms);
        self.hold = None;
        self.hold = Some(
            tokio::time::timeout(PATIENCE, sleep)
                .await
                .expect("time passes"),
        );
    }

    /// Lets time pass, in which nothing may arrive.
    pub(crate) async fn quiet(&mut self, ms: u64) {
        self.sleep(ms).await;
        if let Ok(message) = self.inbox.try_recv() {
            panic!("unexpected {} {}", message.path, message.body);
        }
    }

    /// Milliseconds since the start.
    pub(crate) fn now(&self) -> u64 {
        self.clock.now() - START_MS
    }

    /// A signed request.
    pub(crate) async fn request(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.request_with(method, path, body, None, KEY).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.request("POST", path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.request("GET", path, Value::Null).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        self.request("DELETE", path, Value::Null).await
    }

    pub(crate) async fn request_with(
        &self,
        method: &str,
        path: &str,
        body: Value,
        request_id: Option<&str>,
        key: &str,
    ) -> (u16, Value) {
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let target = format!("{path}?api-version=2026-03-12");
        let host = self.simulator.address().to_string();
        let key = AccessKey::from_base64(key).expect("a key");
        let signature = key.sign(method, &target, &host, &http_date(self.clock.now()), &body);
        let mut request = self
            .http
            .request(
                method.parse().expect("a method"),
                format!("http://{host}{target}"),
            )
            .header("x-ms-date", signature.date)
            .header("x-ms-content-sha256", signature.content_hash)
            .header("authorization", signature.authorization)
            .header("content-type", "application/json");
        if let Some(id) = request_id {
            request = request.header("repeatability-request-id", id);
        }
        let response = request
            .body(body)
            .send()
            .await
            .expect("the simulator answers");
        let status = response.status().as_u16();
        let bytes = response.bytes().await.expect("a body");
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).expect("JSON")
        };
        (status, body)
    }

    /// Places a caller and takes the IncomingCall event; its data.
    pub(crate) async fn incoming(&mut self, script: CallerScript) -> Value {
        self.simulator.place_call(script).expect("placed");
        let message = self.next().await;
        assert_eq!(message.path, "/events");
        message.body[0]["data"].clone()
    }

    /// The body of a request to answer.
    pub(crate) fn answer_body(&self, incoming: &Value) -> Value {
        json!({
            "incomingCallContext": incoming["incomingCallContext"],
            "callbackUri": self.url("/callbacks"),
            "operationContext": "answering",
        })
    }

    /// Places a caller and answers; the path of the call.
    pub(crate) async fn answered(&mut self, script: CallerScript) -> String {
        let incoming = self.incoming(script).await;
        let body = self.answer_body(&incoming);
        self.answered_by(body).await
    }

    pub(crate) async fn answered_by(&mut self, body: Value) -> String {
        let (status, call) = self.post("/calling/callConnections:answer", body).await;
        assert_eq!(status, 200, "{call}");
        self.result("CallConnected", 200, 0).await;
        let data = self.event("ParticipantsUpdated").await;
        assert_eq!(data["participants"].as_array().map(Vec::len), Some(1));
        format!(
            "/calling/callConnections/{}",
            call["callConnectionId"].as_str().expect("an id")
        )
    }

    /// Takes all messages and does nothing until every caller is gone; the figures then.
    pub(crate) async fn figures_in_the_end(&mut self) -> Figures {
        self.hold = None;
        let finished = tokio::time::timeout(PATIENCE, self.simulator.finished());
        tokio::pin!(finished);
        loop {
            tokio::select! {
                ended = &mut finished => break ended.expect("the callers go"),
                message = self.inbox.recv() => drop(message),
            }
        }
        self.simulator.ledger().figures()
    }

    pub(crate) fn define(&self, person: &str, identifier: &str, rings: Vec<RingBehaviour>) {
        self.simulator
            .define_agent(agent(person, identifier, rings))
            .expect("defined");
    }

    pub(crate) fn caller(&self) -> CallerRecord {
        self.simulator.ledger().callers.remove(0)
    }

    pub(crate) fn call(&self) -> CallRecord {
        self.simulator.ledger().calls.remove(0)
    }

    pub(crate) fn endpoint(&self, identifier: &str) -> EndpointRecord {
        let mut endpoints = self.simulator.ledger().endpoints.into_iter();
        endpoints
            .find(|endpoint| endpoint.identifier == RawId::new(identifier))
            .expect("an endpoint")
    }
}

/// A caller of a resource account who talks for a minute.
pub(crate) fn caller() -> CallerScript {
    CallerScript::new("caller", RESOURCE_ACCOUNT, CALLER)
}

pub(crate) fn agent(person: &str, identifier: &str, rings: Vec<RingBehaviour>) -> AgentScript {
    let endpoint = EndpointScript {
        identifier: RawId::new(identifier),
        rings,
        choose: Choose::InTurn,
    };
    AgentScript {
        person: person.to_owned(),
        role: Role::Agent,
        endpoints: vec![endpoint],
    }
}

/// An identifier in a request, as the Python SDK writes it: without kind.
pub(crate) fn id(raw_id: &str) -> Value {
    match raw_id.strip_prefix("4:") {
        Some(number) => json!({"rawId": raw_id, "phoneNumber": {"value": number}}),
        None => json!({"rawId": raw_id}),
    }
}

/// A silent WAV file of that many milliseconds.
pub(crate) fn wav(ms: u64, channels: u16) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut file, spec).expect("a WAV");
    for _ in 0..ms * 16 * u64::from(channels) {
        writer.write_sample(0_i16).expect("a sample");
    }
    writer.finalize().expect("a WAV");
    file.into_inner()
}

async fn receive(State(application): State<Arc<Application>>, request: Request) -> Response {
    let hold = application.clock.hold();
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    if let Some(name) = path.strip_prefix("/prompts/") {
        *application
            .fetched
            .lock()
            .unwrap()
            .entry(name.to_owned())
            .or_default() += 1;
        return serve_prompt(name);
    }
    let body = to_bytes(body, BODY_MAX).await.expect("a body");
    let body: Value = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&body).expect("JSON")
    };
    let status = application
        .statuses
        .lock()
        .unwrap()
        .pop_front()
        .unwrap_or(200);
    let mut answer = Response::builder().status(status);
    if head.method == "OPTIONS" {
        answer = answer.header("webhook-allowed-origin", "eventgrid.azure.net");
    }
    let code = body[0]["data"]["validationCode"]
        .as_str()
        .map(str::to_owned);
    if code.is_none() {
        let headers = head.headers.iter();
        let headers = headers
            .map(|(name, value)| {
                (
                    name.to_string(),
                    value.to_str().unwrap_or_default().to_owned(),
                )
            })
            .collect();
        application
            .sender
            .send(Inbound {
                method: head.method.to_string(),
                path,
                headers,
                body,
                hold,
            })
            .ok();
    }
    let body = code.map_or_else(Body::empty, |code| {
        Body::from(json!({"validationResponse": code}).to_string())
    });
    answer.body(body).expect("an answer")
}

fn serve_prompt(name: &str) -> Response {
    let file = match name {
        "stereo.wav" => wav(1_000, 2),
        name => match name.strip_suffix(".wav").and_then(|ms| ms.parse().ok()) {
            Some(ms) => wav(ms, 1),
            None => {
                return Response::builder()
                    .status(404)
                    .body(Body::empty())
                    .expect("an answer");
            }
        },
    };
    Response::new(Body::from(file))
}
