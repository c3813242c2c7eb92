//! Requests with a body that is too long.

use super::webhooks::refuse;
use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use std::future::poll_fn;
use std::pin::Pin;

/// What is read away of a body that is too long, in bytes, before its sender gets no answer.
const DISCARDED_BYTES_MAX: u64 = 16 * 1_024 * 1_024;

/// Adds a limit to all routes: what is longer is answered with 413.
pub(super) fn limit_bodies<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    bytes_max: usize,
) -> Router<S> {
    router
        .layer(DefaultBodyLimit::max(bytes_max))
        .layer(from_fn_with_state(bytes_max, refuse_large))
}

async fn refuse_large(State(bytes_max): State<usize>, request: Request, next: Next) -> Response {
    match declared_length(request.headers()) {
        Some(length) if length > bytes_max as u64 => {
            discard(request.into_body()).await;
            let text = format!("the body is longer than {bytes_max} bytes");
            refuse(StatusCode::PAYLOAD_TOO_LARGE, &text)
        }
        // A body without a length is measured while it is read.
        Some(_) | None => next.run(request).await,
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

/// Reads a body away. A connection that is closed with bytes unread is reset, and then its sender may never see the
/// answer.
async fn discard(mut body: Body) {
    let mut left = DISCARDED_BYTES_MAX;
    while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let length = frame.data_ref().map_or(0, |data| data.len() as u64);
        let Some(rest) = left.checked_sub(length) else {
            return;
        };
        left = rest;
    }
}
