//! Recording, transcription and media streaming: states and events, no media.

use std::sync::Arc;

use cordboard_acs::wire::{
    callback::{CallbackDetail, ResultInformation},
    recording::{RecordingKind, RecordingState},
    streaming::{
        MediaStreamingStatus, MediaStreamingUpdate, StreamStatusDetails, TranscriptionStatus,
        TranscriptionUpdate,
    },
};

use super::{CallId, World, call::success, events};
use crate::{
    ledger::{RecordingRecord, Span, close_span, open_span},
    random,
};

/// One recording of a call.
pub(super) struct Recording {
    pub(super) is_active: bool,
    is_stopped: bool,
    started_ms: u64,
    callback_uri: Option<String>,
}

/// Transcription or media streaming.
#[derive(Default)]
pub(super) struct Capture {
    /// Its WebSocket was named when the call was answered; it cannot be later.
    pub(super) is_configured: bool,
    pub(super) is_running: bool,
}

impl Capture {
    pub(super) fn configured(is_configured: bool) -> Capture {
        Capture {
            is_configured,
            is_running: false,
        }
    }
}

impl World {
    /// Starts a recording and gives its id. The event follows at `callback_uri`, if there is one.
    pub(super) fn start_recording(
        &mut self,
        call_id: &CallId,
        callback_uri: Option<String>,
        paused: bool,
    ) -> Option<String> {
        let now_ms = self.now.at_ms;
        let call = self.calls.get_mut(call_id)?;
        let id = random::token(&mut call.rng, 48);
        let recording = Recording {
            is_active: !paused,
            is_stopped: false,
            started_ms: now_ms,
            callback_uri,
        };
        call.recordings.insert(id.clone(), recording);
        let active = if paused {
            Vec::new()
        } else {
            vec![Span::from(now_ms)]
        };
        call.record.recordings.push(RecordingRecord {
            id: id.clone(),
            started_ms: now_ms,
            stopped_ms: None,
            active,
        });
        self.recordings.insert(id.clone(), Arc::clone(call_id));
        self.tell_recording(call_id, &id);
        self.touch(call_id);
        Some(id)
    }

    /// Whether a recording of this call is not stopped yet.
    pub(super) fn is_recording(&self, call_id: &CallId) -> bool {
        self.calls.get(call_id).is_some_and(|call| {
            call.recordings
                .values()
                .any(|recording| !recording.is_stopped)
        })
    }

    /// Tells `callback_uri` that a recording did not start.
    pub(super) fn refuse_recording(&mut self, call_id: &CallId, callback_uri: Option<String>) {
        let Some(callback_uri) = callback_uri else {
            return;
        };
        // SPEC(Call Automation, result codes): 8553 is a duplicate recording; the main code is not documented.
        let result = ResultInformation::new(409, 8_553, "The call is being recorded already.");
        let detail = CallbackDetail::StartRecordingFailed { recording_id: None };
        self.tell(call_id, Some(callback_uri), None, result, detail);
    }

    /// The state of a recording that is not stopped.
    pub(super) fn recording_state(&self, id: &str) -> Option<RecordingState> {
        let call = self.calls.get(self.recordings.get(id)?)?;
        let recording = call
            .recordings
            .get(id)
            .filter(|recording| !recording.is_stopped)?;
        Some(state_of(recording))
    }

    /// Pauses or resumes a recording. Doing it twice is doing it once. False: there is no such recording.
    pub(super) fn set_recording_active(&mut self, id: &str, active: bool) -> bool {
        let now_ms = self.now.at_ms;
        let Some(call_id) = self.recordings.get(id).cloned() else {
            return false;
        };
        let Some(call) = self.calls.get_mut(&call_id) else {
            return false;
        };
        let Some(recording) = call
            .recordings
            .get_mut(id)
            .filter(|recording| !recording.is_stopped)
        else {
            return false;
        };
        if recording.is_active != active {
            recording.is_active = active;
            if let Some(record) = call
                .record
                .recordings
                .iter_mut()
                .find(|record| record.id == id)
            {
                if active {
                    open_span(&mut record.active, now_ms);
                } else {
                    close_span(&mut record.active, now_ms);
                }
            }
            self.tell_recording(&call_id, id);
            self.touch(&call_id);
        }
        true
    }

    /// Stops a recording. False: there is no such recording.
    pub(super) fn stop_recording(&mut self, id: &str) -> bool {
        let now_ms = self.now.at_ms;
        let Some(call_id) = self.recordings.get(id).cloned() else {
            return false;
        };
        let Some(call) = self.calls.get_mut(&call_id) else {
            return false;
        };
        let Some(recording) = call
            .recordings
            .get_mut(id)
            .filter(|recording| !recording.is_stopped)
        else {
            return false;
        };
        recording.is_active = false;
        recording.is_stopped = true;
        if let Some(record) = call
            .record
            .recordings
            .iter_mut()
            .find(|record| record.id == id)
        {
            close_span(&mut record.active, now_ms);
            record.stopped_ms = Some(now_ms);
        }
        self.tell_recording(&call_id, id);
        self.touch(&call_id);
        true
    }

    /// The call is over for the application.
    pub(super) fn stop_recordings(&mut self, call_id: &CallId) {
        let Some(call) = self.calls.get(call_id) else {
            return;
        };
        let ids: Vec<String> = call.recordings.keys().cloned().collect();
        for id in ids {
            self.stop_recording(&id);
        }
    }

    pub(super) fn start_transcription(
        &mut self,
        call_id: &CallId,
        url: Option<String>,
        context: Option<String>,
    ) {
        let now_ms = self.now.at_ms;
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        if !call.transcription.is_configured {
            let detail = CallbackDetail::TranscriptionFailed {
                update: transcription(
                    TranscriptionStatus::Failed,
                    StreamStatusDetails::StreamUrlMissing,
                ),
            };
            self.tell(call_id, url, context, not_configured(), detail);
            return;
        }
        call.transcription.is_running = true;
        open_span(&mut call.record.transcribed, now_ms);
        let detail = CallbackDetail::TranscriptionStarted {
            update: transcription(
                TranscriptionStatus::Started,
                StreamStatusDetails::SubscriptionStarted,
            ),
        };
        self.tell(
            call_id,
            url,
            context,
            success("Transcription started."),
            detail,
        );
    }

    pub(super) fn stop_transcription(
        &mut self,
        call_id: &CallId,
        url: Option<String>,
        context: Option<String>,
    ) {
        let now_ms = self.now.at_ms;
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        if !call.transcription.is_configured {
            let detail = CallbackDetail::TranscriptionFailed {
                update: transcription(
                    TranscriptionStatus::Failed,
                    StreamStatusDetails::StreamUrlMissing,
                ),
            };
            self.tell(call_id, url, context, not_configured(), detail);
            return;
        }
        call.transcription.is_running = false;
        close_span(&mut call.record.transcribed, now_ms);
        let detail = CallbackDetail::TranscriptionStopped {
            update: transcription(
                TranscriptionStatus::Stopped,
                StreamStatusDetails::SubscriptionStopped,
            ),
        };
        self.tell(
            call_id,
            url,
            context,
            success("Transcription stopped."),
            detail,
        );
    }

    pub(super) fn start_streaming(
        &mut self,
        call_id: &CallId,
        url: Option<String>,
        context: Option<String>,
    ) {
        let now_ms = self.now.at_ms;
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        if !call.streaming.is_configured {
            let detail = CallbackDetail::MediaStreamingFailed {
                update: streaming(
                    MediaStreamingStatus::Failed,
                    StreamStatusDetails::StreamUrlMissing,
                ),
            };
            self.tell(call_id, url, context, not_configured(), detail);
            return;
        }
        call.streaming.is_running = true;
        open_span(&mut call.record.streamed, now_ms);
        let detail = CallbackDetail::MediaStreamingStarted {
            update: streaming(
                MediaStreamingStatus::Started,
                StreamStatusDetails::SubscriptionStarted,
            ),
        };
        self.tell(
            call_id,
            url,
            context,
            success("Media streaming started."),
            detail,
        );
    }

    pub(super) fn stop_streaming(
        &mut self,
        call_id: &CallId,
        url: Option<String>,
        context: Option<String>,
    ) {
        let now_ms = self.now.at_ms;
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        if !call.streaming.is_configured {
            let detail = CallbackDetail::MediaStreamingFailed {
                update: streaming(
                    MediaStreamingStatus::Failed,
                    StreamStatusDetails::StreamUrlMissing,
                ),
            };
            self.tell(call_id, url, context, not_configured(), detail);
            return;
        }
        call.streaming.is_running = false;
        close_span(&mut call.record.streamed, now_ms);
        let detail = CallbackDetail::MediaStreamingStopped {
            update: streaming(
                MediaStreamingStatus::Stopped,
                StreamStatusDetails::SubscriptionStopped,
            ),
        };
        self.tell(
            call_id,
            url,
            context,
            success("Media streaming stopped."),
            detail,
        );
    }

    fn tell_recording(&mut self, call_id: &CallId, id: &str) {
        let Some(recording) = self
            .calls
            .get(call_id)
            .and_then(|call| call.recordings.get(id))
        else {
            return;
        };
        let Some(callback_uri) = recording.callback_uri.clone() else {
            return;
        };
        let detail = CallbackDetail::RecordingStateChanged {
            recording_id: Some(id.to_owned()),
            state: Some(state_of(recording)),
            start_date_time: Some(events::callback_time(recording.started_ms)),
            recording_kind: Some(RecordingKind::AzureCommunicationServices),
        };
        self.tell(
            call_id,
            Some(callback_uri),
            None,
            success("Recording state changed."),
            detail,
        );
    }
}

fn state_of(recording: &Recording) -> RecordingState {
    if recording.is_active {
        RecordingState::Active
    } else {
        RecordingState::Inactive
    }
}

/// SPEC(Call Automation, result codes): 405/8522, not set up when the call was answered.
fn not_configured() -> ResultInformation {
    ResultInformation::new(405, 8_522, "Not set up when the call was answered.")
}

#[expect(clippy::unnecessary_wraps, reason = "the wire type has it optional")]
fn transcription(
    status: TranscriptionStatus,
    details: StreamStatusDetails,
) -> Option<TranscriptionUpdate> {
    Some(TranscriptionUpdate {
        transcription_status: Some(status),
        transcription_status_details: Some(details),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the wire type has it optional")]
fn streaming(
    status: MediaStreamingStatus,
    details: StreamStatusDetails,
) -> Option<MediaStreamingUpdate> {
    Some(MediaStreamingUpdate {
        content_type: Some("Audio".to_owned()),
        media_streaming_status: Some(status),
        media_streaming_status_details: Some(details),
    })
}
