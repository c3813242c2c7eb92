//! The service in memory: it carries every operation out at once and reports callbacks to the engine's own routes, without a
//! socket between. Callers hang up as soon as they have talked.
//!
//! What a call goes through is drawn from its number: each eighth has a menu, each eighth pays by card, each sixteenth agent
//! declines.

use crate::centre;
use axum::Router;
use axum::body::Body;
use axum::http::{Request as HttpRequest, StatusCode};
use cordboard::core::Operation;
use cordboard::core::ids::{CallId, CommandId, ConnectionId, InvitationId, RecordingId};
use cordboard::core::input::{Outcome, Response};
use cordboard::core::participant::{Participant, ParticipantState};
use cordboard::driver::{Completion, Operator, Request};
use cordboard_acs::operation_context::Privacy;
use cordboard_acs::{CallbackPath, EdgeKey, OperationContext};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tower_service::Service;

/// Each so manieth caller calls the line with the menu.
const MENU_EVERY: u64 = 8;
/// Each so manieth caller pays by card.
pub(crate) const CARD_EVERY: u64 = 8;
/// Each so manieth ring is declined.
const DECLINED_EVERY: u64 = 16;
/// How a declined ring is reported: code and sub-code.
const DECLINED: (u32, u32) = (603, 0);
/// How the end of a call is reported when the caller hangs up: code and sub-code.
const HUNG_UP: (u32, u32) = (200, 5_300);

/// The service. Clones are the same one.
#[derive(Clone)]
pub(crate) struct InMemoryService(Arc<Shared>);

struct Shared {
    runtime: Handle,
    /// Known once the engine is built.
    engine: OnceLock<(Router, EdgeKey)>,
    calls: Mutex<BTreeMap<CallId, Connection>>,
    events: AtomicU64,
    rings: AtomicU64,
    /// How many webhooks were answered with anything but 200.
    refused: AtomicU64,
    /// How many calls the engine rejected.
    rejected: AtomicU64,
    /// Told of each call whose end was acknowledged.
    over: mpsc::UnboundedSender<CallId>,
}

/// One call connection.
#[derive(Default)]
struct Connection {
    caller: String,
    agent: Option<Participant>,
    /// Numbers the lists of participants.
    lists: u64,
    /// What is being played.
    plays: Option<CommandId>,
    /// Events on their way, in order.
    waiting: VecDeque<Value>,
    /// A delivery is under way.
    busy: bool,
    over: bool,
}

impl InMemoryService {
    /// A service that reports on this runtime, and the calls that have come to their end.
    pub(crate) fn new(runtime: Handle) -> (Self, mpsc::UnboundedReceiver<CallId>) {
        let (over, ended) = mpsc::unbounded_channel();
        let shared = Shared {
            runtime,
            engine: OnceLock::new(),
            calls: Mutex::default(),
            events: AtomicU64::new(0),
            rings: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            over,
        };
        (Self(Arc::new(shared)), ended)
    }

    /// Says where the engine takes webhooks, and what its callback addresses are made with.
    pub(crate) fn connect(&self, router: Router, key: EdgeKey) {
        self.0.engine.get_or_init(|| (router, key));
    }

    /// Lets a caller dial, and returns once the engine has acknowledged.
    pub(crate) async fn dial(&self, number: u64) {
        let line = if number.is_multiple_of(MENU_EVERY) {
            centre::MENU_LINE
        } else {
            centre::LINE
        };
        let caller = format!("4:+1425{number:08}");
        let event = json!([{
            "id": format!("incoming-{number}"), "subject": "", "dataVersion": "1.0",
            "eventType": "Microsoft.Communication.IncomingCall",
            "data": {
                "to": { "kind": "unknown", "rawId": line }, "from": { "rawId": caller },
                "serverCallId": format!("server-{number}"), "correlationId": format!("correlation-{number}"),
                "incomingCallContext": caller
            }
        }]);
        let target = format!("/eventgrid?code={}", centre::EVENT_GRID_SECRET);
        self.post(&target, &event).await;
    }

    /// The caller of a call hangs up.
    pub(crate) fn hang_up(&self, call: CallId) {
        self.report(call, |connection| {
            connection.over = true;
            vec![ended(HUNG_UP)]
        });
    }

    /// How many webhooks the engine did not take.
    pub(crate) fn refused(&self) -> u64 {
        self.0.refused.load(Ordering::Relaxed)
    }

    /// How many calls the engine rejected, so that their callers heard busy.
    pub(crate) fn rejected(&self) -> u64 {
        self.0.rejected.load(Ordering::Relaxed)
    }

    /// Carries an operation out: what it brings, and what is reported about it.
    fn carry_out(&self, command: CommandId, operation: &Operation) -> Outcome {
        let call = command.call;
        let recording = || RecordingId(format!("recording-{call}"));
        let response = match operation {
            Operation::Answer { context, .. } => {
                let caller = context.0.clone();
                self.0.calls.lock().entry(call).or_default().caller = caller;
                self.report(call, |connection| {
                    vec![event("CallConnected", json!({})), connection.list()]
                });
                connected(call)
            }
            Operation::Reject { .. } => {
                self.0.rejected.fetch_add(1, Ordering::Relaxed);
                self.0.over.send(call).ok();
                Response::Empty
            }
            Operation::Play { looped, .. } => {
                let looped = *looped;
                self.report_of(command, Privacy::Plain, move |connection| {
                    let mut events = vec![event("PlayStarted", json!({}))];
                    if looped {
                        connection.plays = Some(command);
                    } else {
                        events.push(event("PlayCompleted", json!({})));
                    }
                    events
                });
                Response::Empty
            }
            Operation::Recognize {
                sensitive,
                collection,
                ..
            } => {
                let (privacy, count) = match sensitive {
                    true => (
                        Privacy::Sensitive {
                            collection: *collection,
                        },
                        16,
                    ),
                    false => (Privacy::Plain, 1),
                };
                let tones = vec!["one"; count];
                self.report_of(command, privacy, move |_| {
                    let data =
                        json!({ "recognitionType": "dtmf", "dtmfResult": { "tones": tones } });
                    vec![event("RecognizeCompleted", data)]
                });
                Response::Empty
            }
            Operation::CancelMedia { .. } => {
                let plays = {
                    let mut calls = self.0.calls.lock();
                    calls.get_mut(&call).and_then(|call| call.plays.take())
                };
                if let Some(play) = plays {
                    self.report_of(play, Privacy::Plain, |_| {
                        vec![event("PlayCanceled", json!({}))]
                    });
                }
                Response::Empty
            }
            Operation::AddParticipant { participant, .. } => {
                let ring = self.0.rings.fetch_add(1, Ordering::Relaxed) + 1;
                let who = json!({ "participant": { "rawId": participant.raw_id() } });
                let agent = participant.clone();
                self.report_of(command, Privacy::Plain, move |connection| {
                    if ring.is_multiple_of(DECLINED_EVERY) {
                        return vec![with_codes(event("AddParticipantFailed", who), DECLINED)];
                    }
                    connection.agent = Some(agent);
                    vec![event("AddParticipantSucceeded", who), connection.list()]
                });
                Response::Invitation(InvitationId(format!("invitation-{command}")))
            }
            Operation::CancelAdd { invitation, .. } => {
                let data = json!({ "invitationId": invitation.0 });
                self.report_of(command, Privacy::Plain, move |_| {
                    vec![event("CancelAddParticipantSucceeded", data)]
                });
                Response::Empty
            }
            Operation::RemoveParticipant { participant, .. } => {
                let who = json!({ "participant": { "rawId": participant.raw_id() } });
                self.report_of(command, Privacy::Plain, move |connection| {
                    connection.agent = None;
                    vec![event("RemoveParticipantSucceeded", who), connection.list()]
                });
                Response::Empty
            }
            Operation::GetCall { .. } if self.0.calls.lock().contains_key(&call) => connected(call),
            Operation::GetCall { .. } => return gone(),
            Operation::GetParticipants { .. } => {
                let calls = self.0.calls.lock();
                let Some(connection) = calls.get(&call) else {
                    return gone();
                };
                Response::Participants(connection.participants())
            }
            Operation::HangUp { .. } | Operation::Terminate { .. } => {
                self.report(call, |connection| {
                    connection.over = true;
                    vec![ended((200, 0))]
                });
                Response::Empty
            }
            Operation::StartRecording { .. } => {
                self.report(call, |_| vec![records(&recording(), true)]);
                Response::Recording {
                    recording: Some(recording()),
                    active: true,
                }
            }
            Operation::StopRecording { .. } | Operation::PauseRecording { .. } => {
                self.report(call, |_| vec![records(&recording(), false)]);
                Response::Empty
            }
            Operation::ResumeRecording { .. } => {
                self.report(call, |_| vec![records(&recording(), true)]);
                Response::Empty
            }
            Operation::GetRecording { .. } => Response::Recording {
                recording: Some(recording()),
                active: true,
            },
            Operation::StartTranscription { .. }
            | Operation::StopTranscription { .. }
            | Operation::StartStreaming { .. }
            | Operation::StopStreaming { .. } => Response::Empty,
        };
        Outcome::Accepted(response)
    }

    /// Reports events of an operation, with the context that it came with.
    fn report_of(
        &self,
        command: CommandId,
        privacy: Privacy,
        events: impl FnOnce(&mut Connection) -> Vec<Value>,
    ) {
        let Some((_, key)) = self.0.engine.get() else {
            return;
        };
        let context = OperationContext { command, privacy }.encode(key, centre::TENANT);
        self.report(command.call, |connection| {
            let mut events = events(connection);
            for event in &mut events {
                event["data"]["operationContext"] = json!(context);
            }
            events
        });
    }

    /// Reports events of a call that lives, behind those that are on their way.
    fn report(&self, call: CallId, events: impl FnOnce(&mut Connection) -> Vec<Value>) {
        let begins = {
            let mut calls = self.0.calls.lock();
            let Some(connection) = calls.get_mut(&call).filter(|call| !call.over) else {
                return;
            };
            for mut event in events(connection) {
                let number = self.0.events.fetch_add(1, Ordering::Relaxed);
                event["id"] = json!(format!("event-{number}"));
                event["data"]["callConnectionId"] = json!(connection_id(call).0);
                connection.waiting.push_back(event);
            }
            !std::mem::replace(&mut connection.busy, true)
        };
        if begins {
            let service = self.clone();
            self.0
                .runtime
                .spawn(async move { service.deliver(call).await });
        }
    }

    /// Delivers the events of a call, all that there are at once, until there are none.
    async fn deliver(&self, call: CallId) {
        let Some((_, key)) = self.0.engine.get() else {
            return;
        };
        let path = CallbackPath {
            tenant: centre::TENANT.to_owned(),
            call,
        };
        let target = format!("/callbacks/{}", path.encode(key));
        loop {
            let events = {
                let mut calls = self.0.calls.lock();
                let Some(connection) = calls.get_mut(&call) else {
                    return;
                };
                if connection.waiting.is_empty() {
                    connection.busy = false;
                    if connection.over {
                        calls.remove(&call);
                        self.0.over.send(call).ok();
                    }
                    return;
                }
                Value::Array(connection.waiting.drain(..).collect())
            };
            self.post(&target, &events).await;
        }
    }

    async fn post(&self, target: &str, body: &Value) {
        let Some((router, _)) = self.0.engine.get() else {
            return;
        };
        let request = HttpRequest::post(target)
            .header("content-type", "application/json")
            .header("aeg-event-type", "Notification")
            .body(Body::from(body.to_string()));
        let Ok(request) = request else { return };
        let mut router = router.clone();
        // A router is always ready.
        let ready =
            poll_fn(|context| Service::<HttpRequest<Body>>::poll_ready(&mut router, context));
        ready.await.ok();
        let status = router.call(request).await.map(|answer| answer.status());
        if status != Ok(StatusCode::OK) {
            self.0.refused.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(?status, "a webhook was not taken");
        }
    }
}

impl Operator for InMemoryService {
    fn start(&self, request: Request, completion: Completion) {
        let outcome = self.carry_out(request.command, &request.operation);
        completion.finish(outcome, request.hold);
    }
}

impl fmt::Debug for InMemoryService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemoryService").finish_non_exhaustive()
    }
}

impl Connection {
    fn participants(&self) -> Vec<ParticipantState> {
        let caller = Participant::from_raw_id(self.caller.as_str());
        std::iter::once(caller)
            .chain(self.agent.clone())
            .map(|participant| ParticipantState {
                participant,
                on_hold: false,
                muted: false,
            })
            .collect()
    }

    fn list(&mut self) -> Value {
        self.lists += 1;
        let participants: Vec<Value> = self
            .participants()
            .iter()
            .map(|state| json!({ "identifier": { "rawId": state.participant.raw_id() } }))
            .collect();
        let data = json!({ "sequenceNumber": self.lists, "participants": participants });
        event("ParticipantsUpdated", data)
    }
}

fn connection_id(call: CallId) -> ConnectionId {
    ConnectionId(format!("connection-{call}"))
}

fn connected(call: CallId) -> Response {
    Response::Connection {
        connection: connection_id(call),
        gone: false,
    }
}

fn gone() -> Outcome {
    Outcome::Refused {
        status: 404,
        sub_code: Some(8_522),
    }
}

fn event(name: &str, data: Value) -> Value {
    json!({
        "type": format!("Microsoft.Communication.{name}"), "source": "trials", "specversion": "1.0", "data": data
    })
}

fn with_codes(mut event: Value, (code, sub_code): (u32, u32)) -> Value {
    event["data"]["resultInformation"] = json!({ "code": code, "subCode": sub_code });
    event
}

fn ended(codes: (u32, u32)) -> Value {
    with_codes(event("CallDisconnected", json!({})), codes)
}

fn records(recording: &RecordingId, active: bool) -> Value {
    let state = if active { "active" } else { "inactive" };
    let data = json!({ "recordingId": recording.0, "state": state });
    event("RecordingStateChanged", data)
}
