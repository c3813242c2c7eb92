//! Recordings: start, look, pause, resume, stop.

use cordboard_acs::wire::recording::{
    RecordingContentType, RecordingFormatType, RecordingKind, RecordingState,
    RecordingStateResponse, StartRecordingRequest,
};

use super::{ApiReply, Served};
use crate::world::{CallId, World};

/// SPEC(OpenAPI 2026-03-12): range of `channelAffinity.channel`.
const CHANNEL_MAX: u32 = 4;

impl World {
    /// SPEC(Call Automation, start recording): by connection id asynchronously with 202 and events, by locator with 200.
    pub(super) fn serve_start_recording(&mut self, body: StartRecordingRequest) -> Served {
        self.check_callback(body.recording_state_callback_uri.as_deref())?;
        let channels = body.channel_affinity.iter().flatten();
        if channels
            .filter_map(|affinity| affinity.channel)
            .any(|channel| channel > CHANNEL_MAX)
        {
            return Err(ApiReply::invalid("Channel must be between 0 and 4."));
        }
        let server_call_id = body
            .call_locator
            .as_ref()
            .map(|locator| locator.server_call_id.clone().unwrap_or_default());
        let (call_id, status) = match (&body.call_connection_id, server_call_id) {
            (Some(id), None) => (self.live_call(id)?, 202),
            (None, Some(id)) => (self.call_of_server(&id)?, 200),
            (Some(_), Some(_)) | (None, None) => {
                return Err(ApiReply::invalid(
                    "Exactly one of CallLocator and CallConnectionId must be given.",
                ));
            }
        };
        let call = self.live(&call_id).ok_or_else(ApiReply::not_found)?;
        if call.is_teams_phone() {
            check_teams_phone(&body)?;
        }
        if self.is_recording(&call_id) {
            if status == 200 {
                return Err(ApiReply::error(
                    409,
                    "8553",
                    "The call is being recorded already.",
                ));
            }
            self.refuse_recording(&call_id, body.recording_state_callback_uri);
            return Ok(ApiReply::json(status, &RecordingStateResponse::default()));
        }
        let paused = body.pause_on_start.unwrap_or_default();
        let id = self.start_recording(&call_id, body.recording_state_callback_uri, paused);
        let state = id.as_deref().and_then(|id| self.recording_state(id));
        Ok(ApiReply::json(status, &response(id, state)))
    }

    pub(super) fn serve_get_recording(&mut self, id: &str) -> Served {
        let state = self.recording_state(id).ok_or_else(no_recording)?;
        Ok(ApiReply::json(
            200,
            &response(Some(id.to_owned()), Some(state)),
        ))
    }

    pub(super) fn serve_set_recording_active(&mut self, id: &str, active: bool) -> Served {
        if self.set_recording_active(id, active) {
            Ok(ApiReply::empty(202))
        } else {
            Err(no_recording())
        }
    }

    pub(super) fn serve_stop_recording(&mut self, id: &str) -> Served {
        if self.stop_recording(id) {
            Ok(ApiReply::empty(204))
        } else {
            Err(no_recording())
        }
    }

    fn call_of_server(&self, server_call_id: &str) -> Result<CallId, ApiReply> {
        let mut calls = self.calls.values().filter(|call| call.app_in);
        let call = calls.find(|call| call.server_call_id == server_call_id);
        call.map(|call| CallId::clone(&call.id))
            .ok_or_else(ApiReply::not_found)
    }
}

/// SPEC(Teams Phone extensibility, recording): by connection id, audio, WAV.
fn check_teams_phone(body: &StartRecordingRequest) -> Result<(), ApiReply> {
    if body.call_locator.is_some() {
        return Err(ApiReply::invalid(
            "A Teams Phone call is recorded by CallConnectionId.",
        ));
    }
    if body
        .recording_content_type
        .as_ref()
        .is_some_and(|content| *content != RecordingContentType::Audio)
    {
        return Err(ApiReply::invalid(
            "A Teams Phone call is recorded as audio.",
        ));
    }
    if body
        .recording_format_type
        .as_ref()
        .is_some_and(|format| *format != RecordingFormatType::Wav)
    {
        return Err(ApiReply::invalid("A Teams Phone call is recorded as wav."));
    }
    Ok(())
}

fn response(
    recording_id: Option<String>,
    recording_state: Option<RecordingState>,
) -> RecordingStateResponse {
    RecordingStateResponse {
        recording_id,
        recording_state,
        recording_kind: Some(RecordingKind::AzureCommunicationServices),
    }
}

fn no_recording() -> ApiReply {
    ApiReply::error(404, "8522", "Recording not found.")
}
