//! The REST interface: a request in, a status and a body out.
//!
//! SPEC(Call Automation 2026-03-12): methods, paths, bodies and status codes. Where the documents name no code for an error, the one
//! that comes closest is used.

mod calls;
mod media;
mod participants;
mod recordings;

use std::collections::{BTreeMap, VecDeque};

use cordboard_acs::wire::{error::ErrorResponse, route::Route};
use serde::{Serialize, de::DeserializeOwned};

use super::{CallId, World, recording::CaptureKind};
use crate::ledger::Moment;

/// Request ids that are remembered; the oldest is forgotten first.
const REPEATED_MAX: usize = 10_000;
/// Most operations counted in the ledger under a name of their own.
const UNKNOWN_OPERATION: &str = "unknown";

/// A request whose signature has been verified.
#[derive(Debug)]
pub struct ApiRequest<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// Percent-encoded, without the query.
    pub path: &'a str,
    /// The header `Repeatability-Request-ID`.
    pub request_id: Option<&'a str>,
    /// JSON, or empty.
    pub body: &'a [u8],
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiReply {
    /// The HTTP status.
    pub status: u16,
    /// JSON; empty for an answer without a body.
    pub body: Vec<u8>,
    /// This is what an earlier request with the same id was answered.
    pub is_repeated: bool,
}

impl ApiReply {
    /// An answer without a body.
    pub(super) fn empty(status: u16) -> ApiReply {
        ApiReply {
            status,
            body: Vec::new(),
            is_repeated: false,
        }
    }

    /// An answer with a JSON body.
    pub(crate) fn json(status: u16, body: &impl Serialize) -> ApiReply {
        ApiReply {
            status,
            body: serde_json::to_vec(body).unwrap_or_default(),
            is_repeated: false,
        }
    }

    /// An error body in the service's form.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> ApiReply {
        ApiReply::json(status, &ErrorResponse::new(code, message))
    }

    fn not_found() -> ApiReply {
        ApiReply::error(404, "8522", "Call not found.")
    }

    fn invalid(message: &str) -> ApiReply {
        ApiReply::error(400, "8523", message)
    }
}

/// What was answered to requests that may come again.
#[derive(Default)]
pub(super) struct Repeated {
    answers: BTreeMap<String, (String, ApiReply)>,
    order: VecDeque<String>,
}

impl Repeated {
    fn find(&self, request_id: &str, operation: &str) -> Option<ApiReply> {
        let (first, reply) = self.answers.get(request_id)?;
        (first == operation).then(|| ApiReply {
            is_repeated: true,
            ..reply.clone()
        })
    }

    fn keep(&mut self, request_id: &str, operation: String, reply: ApiReply) {
        if self
            .answers
            .insert(request_id.to_owned(), (operation, reply))
            .is_none()
        {
            self.order.push_back(request_id.to_owned());
        }
        if self.order.len() > REPEATED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.answers.remove(&oldest);
        }
    }
}

impl World {
    /// Serves a request.
    pub fn serve(&mut self, now: Moment, request: &ApiRequest<'_>) -> ApiReply {
        self.now = now;
        let route = Route::parse(request.method, request.path);
        let name = route.as_ref().map_or(UNKNOWN_OPERATION, Route::name);
        let reply = match &route {
            Some(_) if self.throttles() => ApiReply::error(429, "8501", "Too many requests."),
            Some(route) => self.serve_once(route, request),
            None if request.path.starts_with("/calling/") => {
                ApiReply::error(405, "8520", "The simulator does not have this operation.")
            }
            None => ApiReply::error(404, "NotFound", "There is nothing here."),
        };
        *self
            .requests
            .entry(name.to_owned())
            .or_default()
            .entry(reply.status)
            .or_default() += 1;
        // The path may hold a telephone number; the name of the operation does not.
        tracing::debug!(operation = name, status = reply.status, "served");
        self.settle();
        reply
    }

    fn throttles(&mut self) -> bool {
        let percent = self.behaviour.throttled_percent;
        percent > 0 && self.throttling.u8(..100) < percent
    }

    fn serve_once(&mut self, route: &Route<'_>, request: &ApiRequest<'_>) -> ApiReply {
        let repeatable = self.behaviour.repeatability && route.is_repeatable();
        let Some(request_id) = request.request_id.filter(|_| repeatable) else {
            return self.dispatch(route, request);
        };
        let operation = route.path();
        if let Some(reply) = self.repeated.find(request_id, &operation) {
            return reply;
        }
        let reply = self.dispatch(route, request);
        self.repeated.keep(request_id, operation, reply.clone());
        reply
    }

    fn dispatch(&mut self, route: &Route<'_>, request: &ApiRequest<'_>) -> ApiReply {
        let result = match route {
            Route::Answer => {
                parse(request).and_then(|body| self.serve_answer(&body, request.request_id))
            }
            Route::Reject => parse(request).and_then(|body| self.serve_reject(&body)),
            Route::Redirect => Err(ApiReply::error(
                405,
                "8520",
                "The simulator does not redirect calls.",
            )),
            Route::GetCall(id) => self.serve_get_call(id),
            Route::HangUp(id) => self.serve_hang_up(id),
            Route::Terminate(id) => self.serve_terminate(id),
            Route::Play(id) => parse(request).and_then(|body| self.serve_play(id, body)),
            Route::Recognize(id) => parse(request).and_then(|body| self.serve_recognize(id, body)),
            Route::CancelAllMedia(id) => self.serve_cancel_all_media(id),
            Route::StartTranscription(id) => {
                self.capture(request, id, CaptureKind::Transcription, true)
            }
            Route::StopTranscription(id) => {
                self.capture(request, id, CaptureKind::Transcription, false)
            }
            Route::StartMediaStreaming(id) => {
                self.capture(request, id, CaptureKind::Streaming, true)
            }
            Route::StopMediaStreaming(id) => {
                self.capture(request, id, CaptureKind::Streaming, false)
            }
            Route::ListParticipants(id) => self.serve_list_participants(id),
            Route::GetParticipant {
                call_connection_id,
                raw_id,
            } => self.serve_get_participant(call_connection_id, raw_id),
            Route::AddParticipant(id) => {
                parse(request).and_then(|body| self.serve_add_participant(id, body))
            }
            Route::CancelAddParticipant(id) => {
                parse(request).and_then(|body| self.serve_cancel_add(id, body))
            }
            Route::RemoveParticipant(id) => {
                parse(request).and_then(|body| self.serve_remove_participant(id, body))
            }
            Route::StartRecording => {
                parse(request).and_then(|body| self.serve_start_recording(body))
            }
            Route::GetRecording(id) => self.serve_get_recording(id),
            Route::StopRecording(id) => self.serve_stop_recording(id),
            Route::PauseRecording(id) => self.serve_set_recording_active(id, false),
            Route::ResumeRecording(id) => self.serve_set_recording_active(id, true),
        };
        result.unwrap_or_else(|refusal| refusal)
    }

    fn capture(
        &mut self,
        request: &ApiRequest<'_>,
        id: &str,
        kind: CaptureKind,
        run: bool,
    ) -> Served {
        parse(request).and_then(|body| self.serve_set_capture(id, kind, run, body))
    }

    /// The id of a call that the application is in.
    fn live_call(&self, id: &str) -> Result<CallId, ApiReply> {
        let call = self.calls.get(id).filter(|call| call.app_in);
        call.map(|call| CallId::clone(&call.id))
            .ok_or_else(ApiReply::not_found)
    }

    /// SPEC(Call Automation, error reports): an address that is not https is refused with 400.
    fn check_callback(&self, uri: Option<&str>) -> Result<(), ApiReply> {
        match uri {
            Some(uri) if uri.starts_with("https://") => Ok(()),
            Some(uri) if self.allow_http_callbacks && uri.starts_with("http://") => Ok(()),
            Some(_) => Err(ApiReply::invalid("The field CallbackUri is invalid.")),
            None => Ok(()),
        }
    }
}

/// Success or refusal; both are answers.
type Served = Result<ApiReply, ApiReply>;

fn parse<T: DeserializeOwned>(request: &ApiRequest<'_>) -> Result<T, ApiReply> {
    // SDKs send an empty body where every member is optional.
    let body = if request.body.is_empty() {
        b"{}"
    } else {
        request.body
    };
    serde_json::from_slice(body).map_err(|error| {
        ApiReply::error(
            400,
            "BadRequest",
            &format!("The request body is invalid: {error}"),
        )
    })
}
