//! A contact centre in small: menu, music, one agent after the other, recording.
//!
//! It handles one message at a time, under the hold that came with it.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::Arc,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
};
use cordboard_acs::{
    Client, ClientLimits, Dispatch, Endpoint, Outcome, Secret,
    endpoint::PlainHttp,
    hmac::AccessKey,
    wire::{
        call::AnswerCallRequest,
        callback::{CallbackDetail, CallbackEvent},
        event_grid::{EventGridEvent, IncomingCallData},
        identifier::Identity,
        media::{
            DtmfOptions, PlayOptions, PlayRequest, PlaySource, RecognizeInputType,
            RecognizeOptions, RecognizeRequest,
        },
        participant::AddParticipantRequest,
        recording::StartRecordingRequest,
    },
};
use cordboard_clock::{Clock, Hold};
use tokio::{net::TcpListener, sync::mpsc};
use uuid::Uuid;

const RING_S: u32 = 10;
const REQUEST_MS: u64 = 10_000;
const BODY_MAX: usize = 1 << 20;

pub(crate) struct Centre {
    address: SocketAddr,
}

impl Centre {
    pub(crate) async fn start(
        simulator: &str,
        key: &str,
        clock: &Clock,
        agents: VecDeque<String>,
    ) -> Centre {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("the centre listens");
        let address = listener.local_addr().expect("it has an address");
        let (sender, mut inbox) = mpsc::unbounded_channel();
        let edge = Arc::new(Edge {
            clock: clock.clone(),
            sender,
        });
        let router = Router::new().fallback(receive).with_state(edge);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let key = AccessKey::from_base64(key).expect("a key");
        let endpoint = Endpoint::new(simulator, key, PlainHttp::LoopbackOnly).expect("an endpoint");
        let client =
            Client::new(endpoint, clock.clone(), ClientLimits::default()).expect("a client");
        let mut desk = Desk {
            client,
            base: format!("http://{address}"),
            free: agents,
            waiting: VecDeque::new(),
            calls: BTreeMap::new(),
        };
        tokio::spawn(async move {
            while let Some((message, hold)) = inbox.recv().await {
                desk.handle(message, &hold).await;
            }
        });
        Centre { address }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

enum Message {
    Incoming(Box<IncomingCallData>),
    Event(Box<CallbackEvent>),
}

struct Edge {
    clock: Clock,
    sender: mpsc::UnboundedSender<(Message, Hold)>,
}

async fn receive(State(edge): State<Arc<Edge>>, request: Request) -> Response {
    let hold = edge.clock.hold();
    let path = request.uri().path().to_owned();
    if let Some(name) = path.strip_prefix("/prompts/") {
        return Response::new(Body::from(wav(name)));
    }
    let body = to_bytes(request.into_body(), BODY_MAX)
        .await
        .expect("a body");
    let mut answer = Body::empty();
    if path == "/events" {
        let events: Vec<EventGridEvent> = serde_json::from_slice(&body).expect("Event Grid");
        for event in events {
            if let Some(code) = event.data.get("validationCode") {
                answer = Body::from(serde_json::json!({"validationResponse": code}).to_string());
                continue;
            }
            let data = serde_json::from_value(event.data).expect("an incoming call");
            edge.sender
                .send((Message::Incoming(Box::new(data)), hold.clone()))
                .ok();
        }
    } else {
        let events: Vec<CallbackEvent> = serde_json::from_slice(&body).expect("CloudEvents");
        for event in events {
            edge.sender
                .send((Message::Event(Box::new(event)), hold.clone()))
                .ok();
        }
    }
    Response::new(answer)
}

#[derive(Default)]
struct Call {
    caller: String,
    agent: Option<String>,
    talking: bool,
}

struct Desk {
    client: Client,
    base: String,
    free: VecDeque<String>,
    waiting: VecDeque<String>,
    calls: BTreeMap<String, Call>,
}

impl Desk {
    async fn handle(&mut self, message: Message, hold: &Hold) {
        match message {
            Message::Incoming(data) => self.answer(&data, hold).await,
            Message::Event(event) => {
                let id = event.call_connection_id.clone().expect("a call");
                self.on_event(&id, &event, hold).await;
            }
        }
    }

    async fn answer(&mut self, data: &IncomingCallData, hold: &Hold) {
        let request = AnswerCallRequest {
            incoming_call_context: Secret::new(data.incoming_call_context.expose()),
            callback_uri: format!("{}/callbacks", self.base),
            ..AnswerCallRequest::default()
        };
        // The caller may be gone again.
        if let Outcome::Accepted(call) =
            self.client.answer(&request, &mut self.dispatch(hold)).await
        {
            let caller = data.from.resolve().raw_id();
            self.calls.insert(
                call.call_connection_id.expect("an id"),
                Call {
                    caller,
                    ..Call::default()
                },
            );
        }
    }

    async fn on_event(&mut self, id: &str, event: &CallbackEvent, hold: &Hold) {
        match &event.detail {
            CallbackDetail::CallConnected => self.ask(id, hold).await,
            CallbackDetail::RecognizeCompleted { .. } | CallbackDetail::RecognizeFailed { .. } => {
                self.play_music(id, hold).await;
                self.waiting.push_back(id.to_owned());
            }
            CallbackDetail::AddParticipantSucceeded { .. } => {
                self.calls
                    .entry(id.to_owned())
                    .and_modify(|call| call.talking = true);
                self.client
                    .cancel_all_media(id, &mut self.dispatch(hold))
                    .await;
                let recording = StartRecordingRequest {
                    call_connection_id: Some(id.to_owned()),
                    ..StartRecordingRequest::default()
                };
                self.client
                    .start_recording(&recording, &mut self.dispatch(hold))
                    .await;
            }
            CallbackDetail::AddParticipantFailed { .. } => {
                let agent = self.calls.get_mut(id).and_then(|call| call.agent.take());
                self.free.extend(agent);
                self.waiting.push_front(id.to_owned());
            }
            CallbackDetail::ParticipantsUpdated { participants, .. }
                if participants.len() < 2
                    && self.calls.get(id).is_some_and(|call| call.talking) =>
            {
                self.client.hang_up(id, &mut self.dispatch(hold)).await;
            }
            CallbackDetail::CallDisconnected => {
                let call = self.calls.remove(id).unwrap_or_default();
                self.waiting.retain(|waiting| waiting != id);
                self.free.extend(call.agent);
            }
            _ => {}
        }
        self.offer(hold).await;
    }

    async fn ask(&self, id: &str, hold: &Hold) {
        let request = RecognizeRequest {
            recognize_input_type: RecognizeInputType::Dtmf,
            play_prompt: Some(self.prompt("2000")),
            play_prompts: None,
            interrupt_call_media_operation: None,
            recognize_options: RecognizeOptions {
                target_participant: Identity::from_raw_id(&self.calls[id].caller).to_request(),
                dtmf_options: Some(DtmfOptions {
                    max_tones_to_collect: Some(1),
                    ..DtmfOptions::default()
                }),
                ..RecognizeOptions::default()
            },
            operation_context: None,
            operation_callback_uri: None,
        };
        self.client
            .recognize(id, &request, &mut self.dispatch(hold))
            .await;
    }

    async fn play_music(&self, id: &str, hold: &Hold) {
        let request = PlayRequest {
            play_sources: vec![self.prompt("30000")],
            play_options: Some(PlayOptions { repeat: true }),
            ..PlayRequest::default()
        };
        self.client
            .play(id, &request, &mut self.dispatch(hold))
            .await;
    }

    async fn offer(&mut self, hold: &Hold) {
        while !self.free.is_empty() && !self.waiting.is_empty() {
            let (Some(agent), Some(id)) = (self.free.pop_front(), self.waiting.pop_front()) else {
                return;
            };
            let request = AddParticipantRequest {
                participant_to_add: Identity::from_raw_id(&agent).to_request(),
                invitation_timeout_in_seconds: Some(RING_S),
                ..AddParticipantRequest::default()
            };
            match self
                .client
                .add_participant(&id, &request, &mut self.dispatch(hold))
                .await
            {
                Outcome::Accepted(_) => {
                    self.calls.get_mut(&id).expect("a call").agent = Some(agent)
                }
                // The caller has just hung up; CallDisconnected is on its way.
                _ => self.free.push_front(agent),
            }
        }
    }

    fn prompt(&self, name: &str) -> PlaySource {
        PlaySource::file(&format!("{}/prompts/{name}", self.base))
    }

    fn dispatch(&self, hold: &Hold) -> Dispatch {
        let deadline_ms = self.client.clock().now() + REQUEST_MS;
        self.client
            .dispatch(hold.clone(), Uuid::new_v4(), deadline_ms)
    }
}

/// A silent WAV file of that many milliseconds.
fn wav(ms: &str) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut file, spec).expect("a WAV");
    for _ in 0..ms.parse::<u64>().expect("a number") * 16 {
        writer.write_sample(0_i16).expect("a sample");
    }
    writer.finalize().expect("a WAV");
    file.into_inner()
}
