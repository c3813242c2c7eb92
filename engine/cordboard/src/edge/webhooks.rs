//! What Azure sends: Event Grid deliveries, callbacks of calls, and its fetching of prompts.
//!
//! A delivery is acknowledged when all of it is durable. What cannot be read is named in the answer
//! and does not hold up the rest.

use crate::edge::Edge;
use crate::error::{SubmitError, ignored_because};
use crate::pending::Pending;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cordboard_acs::Seldom;
use cordboard_acs::callback::ReceivedEvent;
use cordboard_acs::callback_path::CallbackPath;
use cordboard_acs::event_grid::{Delivery, GridEvent, GridEventKind};
use cordboard_acs::inbound::{call_event, incoming_call};
use cordboard_acs::operation_context::Privacy;
use cordboard_clock::Hold;
use cordboard_core::Input;
use cordboard_core::ids::Timestamp;
use cordboard_core::input::{Ignored, IncomingCall, Refusal, Reply};
use serde::Serialize;

/// What became of a delivery, event by event.
#[derive(Debug, Default, Serialize)]
struct Acknowledgement {
    /// Events that were taken.
    taken: usize,
    /// Events that changed nothing, with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignored: Vec<String>,
    /// Events that could not be read, with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<String>,
}

/// `POST` and `OPTIONS /eventgrid`.
pub(crate) async fn event_grid(
    State(edge): State<Edge>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let hold = edge.driver.clock().hold();
    let settings = edge.settings.load_full();
    if settings
        .webhook_auth
        .check(query.as_deref(), &headers)
        .is_err()
    {
        let text = "the secret of the Event Grid subscription is missing or wrong";
        static WRONG_SECRET: Seldom = Seldom::new();
        if let Some(left_out) = WRONG_SECRET.pass() {
            tracing::warn!(
                left_out,
                "a delivery was refused: {text}; add `?code=` and one of `acs.event_grid_secrets` to its address"
            );
        }
        return refuse(StatusCode::UNAUTHORIZED, text);
    }
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return refuse(rejection.status(), &rejection.body_text()),
    };
    match Delivery::parse(&method, &headers, &body) {
        Ok(Delivery::Handshake { origin }) => answer_handshake(origin),
        Ok(Delivery::Validation(response)) => Json(response).into_response(),
        Ok(Delivery::Events(events)) => {
            let attempt = Attempt::of(&headers);
            take_grid_events(&edge, events, attempt, hold).await
        }
        Err(error) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
            refuse(status, &error.to_string())
        }
    }
}

/// `POST /callbacks/{*path}`.
pub(crate) async fn callback(
    State(edge): State<Edge>,
    Path(path): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let hold = edge.driver.clock().hold();
    let settings = edge.settings.load_full();
    let verified = CallbackPath::parse(&path)
        .filter(|claim| claim.tenant() == settings.config.tenant)
        .and_then(|claim| claim.verify(&edge.key).ok());
    let Some(path) = verified else {
        let text = "the callback address is not one of this engine";
        static WRONG_ADDRESS: Seldom = Seldom::new();
        if let Some(left_out) = WRONG_ADDRESS.pass() {
            tracing::warn!(
                left_out,
                "a callback was refused: {text}; calls answered by an engine with another journal have other addresses"
            );
        }
        return refuse(StatusCode::NOT_FOUND, text);
    };
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return refuse(rejection.status(), &rejection.body_text()),
    };
    let events = match ReceivedEvent::parse(&body, &path, &edge.key) {
        Ok(events) => events,
        Err(error) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
            return refuse(status, &error.to_string());
        }
    };
    let mut acknowledgement = Acknowledgement::default();
    let mut submitted = Vec::new();
    for event in events {
        match event {
            Ok(received) => {
                let input = Input::CallEvent(call_event(&path, &received));
                let name = format!("`{}` of call {}", received.event.detail.name(), path.call);
                submitted.push((submit(&edge, input, hold.clone()), name, received));
            }
            Err(error) => acknowledgement.unreadable.push(error.to_string()),
        }
    }
    // A sender that goes away ends this handler, but must not take digits with it: the same event
    // again is a duplicate and brings them nowhere.
    let finishing = tokio::spawn(async move {
        let mut lost = None;
        for (outcome, name, received) in submitted {
            match outcome.await {
                Ok(reply) => {
                    if reply == Reply::Done {
                        hand_out_digits(&edge, &path, received);
                    }
                    acknowledgement.note(&name, &reply);
                }
                Err(error @ SubmitError::Skipped) => acknowledgement.skipped(&name, &error),
                Err(error) => lost = Some(error),
            }
        }
        match lost {
            Some(error) => not_durable(&error),
            None => acknowledgement.into_response(),
        }
    });
    finishing.await.unwrap_or_else(|_| {
        let text = "the digits could not be handed out";
        refuse(StatusCode::INTERNAL_SERVER_ERROR, text)
    })
}

/// `GET /prompts/{*path}`.
pub(crate) async fn prompt(State(edge): State<Edge>, Path(path): Path<String>) -> Response {
    let _hold = edge.driver.clock().hold();
    let settings = edge.settings.load_full();
    match settings.prompts.get(&path) {
        Some(bytes) => {
            let headers = [
                (header::CONTENT_TYPE, "audio/wav"),
                // A path means the same sound for ever.
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, Bytes::from_owner(SharedBytes(bytes.clone()))).into_response()
        }
        None => refuse(StatusCode::NOT_FOUND, "there is no such prompt"),
    }
}

async fn take_grid_events(
    edge: &Edge,
    events: Vec<Result<GridEvent, cordboard_acs::event_grid::UnreadableEvent>>,
    attempt: Attempt,
    hold: Hold,
) -> Response {
    let mut acknowledgement = Acknowledgement::default();
    let mut submitted = Vec::new();
    for event in events {
        match event {
            Ok(GridEvent { id, at_ms, kind }) => match kind {
                GridEventKind::IncomingCall(data) => {
                    let rang_at = Timestamp(at_ms.unwrap_or_else(|| edge.driver.clock().now()));
                    let call = incoming_call(&id, rang_at, *data);
                    let under_way = edge.admit();
                    let input = if under_way.is_some() {
                        Input::IncomingCall(call.clone())
                    } else {
                        warn_of_crowd();
                        Input::TurnAway(call.clone())
                    };
                    submitted.push((submit(edge, input, hold.clone()), call, under_way));
                }
                GridEventKind::RecordingFile { .. } => acknowledgement
                    .ignored
                    .push(format!("event `{id}`: recording files are not fetched")),
                GridEventKind::Ignored { event_type, reason } => acknowledgement
                    .ignored
                    .push(format!("event `{id}` of type `{event_type}`: {reason}")),
            },
            Err(error) => acknowledgement.unreadable.push(error.to_string()),
        }
    }
    for (outcome, call, under_way) in submitted {
        let outcome = outcome.await;
        // By now its answer is under way, which is counted in its place.
        drop(under_way);
        match outcome {
            // Whoever is there in ten seconds takes it.
            Ok(Reply::Refused(refusal @ Refusal::Draining)) => {
                edge.driver.count_left();
                tell_of_call_left(&call);
                return refuse(StatusCode::INTERNAL_SERVER_ERROR, &refusal.to_string());
            }
            Ok(reply) => {
                if reply == Reply::Ignored(Ignored::UnknownAccount) {
                    warn_of_unknown_account(&call);
                }
                acknowledgement.note(&format!("event `{}`", call.event.0), &reply);
            }
            Err(error @ SubmitError::Overloaded { .. }) => {
                let Some(ignored) = turn_away(edge, call, attempt, &hold) else {
                    return not_durable(&error);
                };
                acknowledgement.ignored.push(ignored);
            }
            Err(error @ SubmitError::Skipped) => {
                acknowledgement.skipped(&format!("event `{}`", call.event.0), &error);
                // The caller hears busy, which is better than nothing.
                reject(edge, call, &hold);
            }
            Err(error) => return not_durable(&error),
        }
    }
    acknowledgement.into_response()
}

fn warn_of_crowd() {
    static CROWD: Seldom = Seldom::new();
    if let Some(left_out) = CROWD.pass() {
        tracing::warn!(
            left_out,
            "more calls come than can be answered in time: callers hear busy"
        );
    }
}

/// The caller rings on until somebody takes the next delivery.
fn tell_of_call_left(call: &IncomingCall) {
    static LEFT: Seldom = Seldom::new();
    if let Some(left_out) = LEFT.pass() {
        tracing::warn!(
            left_out,
            from = %call.from.masked(),
            "a new call is left, because the engine is about to be stopped: Event Grid delivers it again in ten seconds"
        );
    }
}

/// The caller hears it ring, and nobody else hears of it.
fn warn_of_unknown_account(call: &IncomingCall) {
    static UNKNOWN_ACCOUNT: Seldom = Seldom::new();
    if let Some(left_out) = UNKNOWN_ACCOUNT.pass() {
        tracing::info!(
            left_out,
            to = %call.to.masked(),
            "a call was left to others: the configuration has no `resource_accounts` with this `identity`"
        );
    }
}

/// Which attempt at a delivery this is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Attempt {
    First,
    /// What it brings may be inside already: waiting, or not acknowledged in time.
    Repeated,
}

impl Attempt {
    /// SPEC(Event Grid, webhook delivery: `aeg-delivery-count` counts from 0).
    fn of(headers: &HeaderMap) -> Self {
        match headers.get("aeg-delivery-count").map(HeaderValue::as_bytes) {
            None | Some(b"0") => Self::First,
            Some(_) => Self::Repeated,
        }
    }
}

/// What to do about a call that there is no room for; `None` to have it delivered again. One of ours
/// is rejected as busy: a delivery that is tried again in ten seconds helps no caller. But not when it
/// may be among those that wait inside, because then it will be answered.
fn turn_away(edge: &Edge, call: IncomingCall, attempt: Attempt, hold: &Hold) -> Option<String> {
    let config = &edge.settings.load().config;
    let event = &call.event.0;
    if config.account_of(&call.to).is_none() {
        let reason = ignored_because(Ignored::UnknownAccount);
        return Some(format!("event `{event}`: {reason}"));
    }
    if edge.operator.is_none() || attempt == Attempt::Repeated {
        return None;
    }
    let said = format!("event `{event}`: the engine is overloaded, the call is rejected");
    reject(edge, call, hold);
    edge.driver.count_rejected();
    warn_of_crowd();
    Some(said)
}

fn reject(edge: &Edge, call: IncomingCall, hold: &Hold) {
    if let Some(operator) = &edge.operator {
        let request = edge.settings.load().config.timeouts.request;
        let deadline = Timestamp(edge.driver.clock().now()).after(request);
        operator.reject(&call.event, call.context, deadline, hold.clone());
    }
}

/// The caller keeps a hold of its own until it has answered.
fn submit(edge: &Edge, input: Input, hold: Hold) -> Pending<Reply> {
    edge.driver.submit(input, hold)
}

/// Secret digits go to whoever collects them, once the core has taken the event, or nowhere.
fn hand_out_digits(edge: &Edge, path: &CallbackPath, received: ReceivedEvent) {
    let (Some(digits), Some(context)) = (received.digits, received.context) else {
        return;
    };
    let Privacy::Sensitive {
        collection: Some(collection),
    } = context.privacy
    else {
        return;
    };
    if let Some(sink) = &edge.digits {
        sink.digits_collected(path.call, collection, &digits);
    }
}

fn answer_handshake(origin: &'static str) -> Response {
    let mut response = StatusCode::OK.into_response();
    for (name, value) in Delivery::HANDSHAKE_HEADERS {
        let value = HeaderValue::from_static(value.unwrap_or(origin));
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
    response
}

/// Not acknowledged, so the sender tries again. Never 503: Event Grid would wait half a minute, longer than a caller
/// rings.
fn not_durable(error: &SubmitError) -> Response {
    tracing::error!(%error, "webhook was not taken");
    refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())
}

/// What is there does not take this method.
pub(crate) async fn wrong_method() -> Response {
    let text = "this address does not take this method";
    refuse(StatusCode::METHOD_NOT_ALLOWED, text)
}

/// An error answer: `{"error": "…"}`.
pub(crate) fn refuse(status: StatusCode, text: &str) -> Response {
    (status, Json(serde_json::json!({ "error": text }))).into_response()
}

impl Acknowledgement {
    /// Delivered again, it would only be skipped again.
    fn skipped(&mut self, name: &str, error: &SubmitError) {
        self.ignored.push(format!("{name}: {error}"));
    }

    fn note(&mut self, name: &str, reply: &Reply) {
        match reply {
            Reply::Done | Reply::NewCall(_) | Reply::SameCall(_) => self.taken += 1,
            Reply::Ignored(reason) => self
                .ignored
                .push(format!("{name}: {}", ignored_because(*reason))),
            Reply::Refused(refusal) => self.ignored.push(format!("{name}: {refusal}")),
        }
    }
}

impl IntoResponse for Acknowledgement {
    /// 200, unless nothing at all could be read: then 400, so that nobody sends it again.
    fn into_response(self) -> Response {
        static UNREADABLE: Seldom = Seldom::new();
        if let Some(error) = self.unreadable.first()
            && let Some(left_out) = UNREADABLE.pass()
        {
            tracing::warn!(left_out, error, "an event cannot be read");
        }
        let nothing = self.taken == 0 && self.ignored.is_empty() && !self.unreadable.is_empty();
        let status = if nothing {
            StatusCode::BAD_REQUEST
        } else {
            StatusCode::OK
        };
        #[cfg(feature = "crash-points")]
        pass_crash_points();
        (status, Json(self)).into_response()
    }
}

#[cfg(feature = "crash-points")]
fn pass_crash_points() {
    use cordboard_crash_points::{Point, pass};

    /// Within this time the server has written the answer.
    const LEAVES_WITHIN: std::time::Duration = std::time::Duration::from_millis(5);
    pass(Point::BeforeAcknowledge);
    tokio::spawn(async {
        tokio::time::sleep(LEAVES_WITHIN).await;
        pass(Point::AfterAcknowledge);
    });
}

/// Lets a response share a prompt's bytes.
struct SharedBytes(std::sync::Arc<[u8]>);

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
