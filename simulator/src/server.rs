//! The HTTP server: the REST interface behind its signature, and the control interface behind its token.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
    routing::{get, post},
};
use cordboard_acs::Secret;

use crate::{
    authorization::{SignedParts, Verifier},
    control,
    driver::Driver,
    world::{ApiReply, ApiRequest},
};

/// Largest request body, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What the handlers share.
pub(crate) struct Shared {
    pub(crate) driver: Arc<Driver>,
    pub(crate) verifier: Verifier,
    pub(crate) control_token: Secret,
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
    let target = head
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let parts = SignedParts {
        method: head.method.as_str(),
        target,
        host: text(&head.headers, "host"),
        date: if head.headers.contains_key("x-ms-date") {
            text(&head.headers, "x-ms-date")
        } else {
            text(&head.headers, "date")
        },
        content_hash: text(&head.headers, "x-ms-content-sha256"),
        authorization: text(&head.headers, "authorization"),
        body: &body,
    };
    if let Err(refused) = shared
        .verifier
        .verify(&parts, &[shared.driver.clock.now(), wall_ms()])
    {
        tracing::debug!(path = head.uri.path(), %refused, "unauthorised request");
        return respond(ApiReply::error(
            401,
            "7509",
            &format!("HMAC validation error: {refused}."),
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
    let reply = shared
        .driver
        .step(&hold, |world, now| world.serve(now, &api_request));
    tracing::debug!(method = %head.method, path = head.uri.path(), status = reply.status, "served");
    respond(reply)
}

/// Reads a body up to the limit.
pub(crate) async fn read(body: Body) -> Result<Bytes, ApiReply> {
    to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
        ApiReply::error(
            413,
            "RequestEntityTooLarge",
            &format!("The request body has more than {BODY_BYTES_MAX} bytes."),
        )
    })
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
    if reply.is_repeated {
        response
            .headers_mut()
            .insert("repeatability-result", HeaderValue::from_static("accepted"));
    }
    response
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn wall_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
