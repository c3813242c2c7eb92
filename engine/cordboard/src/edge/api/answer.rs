//! Answers of the API.

use crate::error::{ActionError, SubmitError, ignored_because};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cordboard_core::ids::CallId;
use cordboard_core::input::Ignored;
use serde::de::DeserializeOwned;
use serde_json::json;

/// Seconds after which an overloaded engine may be asked again.
const RETRY_AFTER_SECONDS: &str = "1";

/// Why a request was not done. The body of the answer is `{"error": "…"}`.
#[derive(Debug)]
pub(super) enum ApiError {
    /// No token, or an unknown one.
    Unauthorised,
    /// The holder of the token may not do this.
    Forbidden(&'static str),
    /// The request is not what the description says.
    BadRequest(String),
    /// The body could not be read.
    Body(BytesRejection),
    /// Too many event streams.
    TooManyStreams,
    /// The call does not live, or does not wait in a queue.
    DoesNotWait(CallId),
    /// The action did not take effect.
    Action(ActionError),
}

impl From<ActionError> for ApiError {
    fn from(error: ActionError) -> Self {
        Self::Action(error)
    }
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> Self {
        Self::Action(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, text) = match &self {
            Self::Unauthorised => (
                StatusCode::UNAUTHORIZED,
                "send a token of the configuration: `Authorization: Bearer …`".to_owned(),
            ),
            Self::Forbidden(why) => (StatusCode::FORBIDDEN, (*why).to_owned()),
            Self::BadRequest(why) => (StatusCode::BAD_REQUEST, why.clone()),
            Self::Body(rejection) => (rejection.status(), rejection.body_text()),
            Self::TooManyStreams => (
                StatusCode::SERVICE_UNAVAILABLE,
                "too many event streams are open".to_owned(),
            ),
            Self::DoesNotWait(call) => (
                StatusCode::NOT_FOUND,
                format!(
                    "call {call} does not wait in a queue now; `cordboard explain` tells what became of it"
                ),
            ),
            Self::Action(error) => (status_of(error), error.to_string()),
        };
        let mut response = (status, Json(json!({ "error": text }))).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let after = HeaderValue::from_static(RETRY_AFTER_SECONDS);
            headers.insert(header::RETRY_AFTER, after);
        }
        response
    }
}

/// The answer to an action that is durable.
pub(super) fn done(result: Result<(), ActionError>) -> Result<Response, ApiError> {
    match result {
        Ok(()) => Ok(Json(json!({ "result": "done" })).into_response()),
        Err(ActionError::Ignored(reason)) => Ok(ignored(reason)),
        Err(error) => Err(error.into()),
    }
}

/// The answer to something that changed nothing because it was late or repeated.
pub(super) fn ignored(reason: Ignored) -> Response {
    Json(json!({ "result": "ignored", "reason": ignored_because(reason) })).into_response()
}

/// Reads a body of JSON.
pub(super) fn read<T: DeserializeOwned>(
    body: Result<Bytes, BytesRejection>,
) -> Result<T, ApiError> {
    let body = body.map_err(ApiError::Body)?;
    serde_json::from_slice(&body)
        .map_err(|error| ApiError::BadRequest(format!("the body does not fit: {error}")))
}

fn status_of(error: &ActionError) -> StatusCode {
    match error {
        ActionError::Refused(_) => StatusCode::CONFLICT,
        ActionError::Ignored(_) => StatusCode::OK,
        ActionError::UnknownName { .. } => StatusCode::NOT_FOUND,
        ActionError::Submit(SubmitError::Overloaded { .. }) => StatusCode::SERVICE_UNAVAILABLE,
        ActionError::Submit(SubmitError::TooLarge(_)) => StatusCode::PAYLOAD_TOO_LARGE,
        ActionError::Submit(
            SubmitError::JournalFailed(_) | SubmitError::Skipped | SubmitError::Stopped,
        ) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
