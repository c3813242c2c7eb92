//! The HTTP server: the REST interface behind its signature, and the control interface behind its token.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::Response,
    routing::{get, post},
};
use cordboard_acs::{
    Secret,
    hmac::{AccessKey, DATE_HEADER, is_fresh},
};

use crate::{
    control,
    driver::Driver,
    world::{ApiReply, ApiRequest},
};

/// Largest request body, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// After so many seconds a request that was one too many is to come again.
const RETRY_AFTER_S: &str = "1";

/// How far a request body is read that is too large, in bytes, before its client gets no answer.
const DISCARDED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What the handlers share.
pub(crate) struct Shared {
    pub(crate) driver: Arc<Driver>,
    pub(crate) key: AccessKey,
    /// How far the date of a request may be off.
    pub(crate) date_leeway: Duration,
    pub(crate) control_token: Secret,
}

impl Shared {
    /// Checks the signature of a request, and that it is recent: by the simulator's clock or by the machine's, as a client may follow
    /// either.
    fn verify(&self, head: &Parts, body: &[u8]) -> Result<(), String> {
        let target = head
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        self.key
            .verify(head.method.as_str(), target, header, body)
            .map_err(|error| error.to_string())?;
        let date = header(DATE_HEADER)
            .or_else(|| header("date"))
            .unwrap_or_default();
        let is_recent = |now_ms| is_fresh(date, now_ms, self.date_leeway);
        if is_recent(self.driver.clock.now()) || is_recent(wall_ms()) {
            return Ok(());
        }
        Err("the date of the request is too far from the present".to_owned())
    }
}

/// Everything that the simulator serves.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/simulator/ledger", get(control::ledger))
        .route("/simulator/figures", get(control::figures))
        .route("/simulator/progress", get(control::progress))
        .route("/simulator/callers", post(control::place_callers))
        .route("/simulator/agents", post(control::define_agents))
        .route("/simulator/subscription", post(control::subscribe))
        .fallback(call_automation)
        .with_state(shared)
}

/// A request to the service. One handler for all: the signature covers the target as it was sent.
async fn call_automation(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let hold = shared.driver.clock.hold();
    let (head, body) = request.into_parts();
    let body = match read(body).await {
        Ok(body) => body,
        Err(refusal) => return respond(refusal),
    };
    if let Err(why) = shared.verify(&head, &body) {
        tracing::debug!(why, "unauthorised request");
        return respond(ApiReply::error(
            401,
            "7509",
            &format!("HMAC validation error: {why}."),
        ));
    }
    let has_version = head.uri.query().is_some_and(|query| {
        query
            .split('&')
            .any(|pair| pair.starts_with("api-version="))
    });
    if !has_version {
        return respond(ApiReply::error(
            400,
            "MissingApiVersionParameter",
            "The query parameter api-version is missing.",
        ));
    }
    let request_id = head
        .headers
        .get("repeatability-request-id")
        .and_then(|value| value.to_str().ok());
    let api_request = ApiRequest {
        method: head.method.as_str(),
        path: head.uri.path(),
        request_id,
        body: &body,
    };
    respond(
        shared
            .driver
            .step(&hold, |world, now| world.serve(now, &api_request)),
    )
}

/// Reads a body up to the limit. What is longer is read away all the same, up to [`DISCARDED_BYTES_MAX`]: a connection that
/// is closed with bytes unread is reset, and its client may never see the answer.
pub(crate) async fn read(mut body: Body) -> Result<Bytes, ApiReply> {
    let mut bytes = Vec::new();
    let mut length = 0_usize;
    while length <= DISCARDED_BYTES_MAX {
        match poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            Some(Ok(frame)) => {
                let data = frame.into_data().unwrap_or_default();
                length = length.saturating_add(data.len());
                if length <= BODY_BYTES_MAX {
                    bytes.extend_from_slice(&data);
                }
            }
            Some(Err(_)) => {
                let text = "The request body ends before its end.";
                return Err(ApiReply::error(400, "BadRequest", text));
            }
            None => break,
        }
    }
    if length > BODY_BYTES_MAX {
        return Err(ApiReply::error(
            413,
            "RequestEntityTooLarge",
            &format!("The request body has more than {BODY_BYTES_MAX} bytes."),
        ));
    }
    Ok(bytes.into())
}

/// An answer on its way out.
pub(crate) fn respond(reply: ApiReply) -> Response {
    let mut response = Response::new(Body::from(reply.body.clone()));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !reply.body.is_empty() {
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
    }
    if reply.status == 429 {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
    }
    if reply.is_repeated {
        response
            .headers_mut()
            .insert("repeatability-result", HeaderValue::from_static("accepted"));
    }
    response
}

fn wall_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
