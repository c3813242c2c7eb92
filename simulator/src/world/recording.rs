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

use super::{CallId, World, call::success, events, invitation::Reply};
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

/// What leaves a call besides recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CaptureKind {
    Transcription,
    Streaming,
}

impl CaptureKind {
    fn started(self) -> CallbackDetail {
        let details = StreamStatusDetails::SubscriptionStarted;
        match self {
            CaptureKind::Transcription => CallbackDetail::TranscriptionStarted {
                update: Some(transcription(TranscriptionStatus::Started, details)),
            },
            CaptureKind::Streaming => CallbackDetail::MediaStreamingStarted {
                update: Some(streaming(MediaStreamingStatus::Started, details)),
            },
        }
    }

    fn stopped(self) -> CallbackDetail {
        let details = StreamStatusDetails::SubscriptionStopped;
        match self {
            CaptureKind::Transcription => CallbackDetail::TranscriptionStopped {
                update: Some(transcription(TranscriptionStatus::Stopped, details)),
            },
            CaptureKind::Streaming => CallbackDetail::MediaStreamingStopped {
                update: Some(streaming(MediaStreamingStatus::Stopped, details)),
            },
        }
    }

    fn failed(self) -> CallbackDetail {
        let details = StreamStatusDetails::StreamUrlMissing;
        match self {
            CaptureKind::Transcription => CallbackDetail::TranscriptionFailed {
                update: Some(transcription(TranscriptionStatus::Failed, details)),
            },
            CaptureKind::Streaming => CallbackDetail::MediaStreamingFailed {
                update: Some(streaming(MediaStreamingStatus::Failed, details)),
            },
        }
    }
}

/// The state of transcription or media streaming.
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

    /// Starts or stops transcription or media streaming, and tells how it went.
    pub(super) fn set_capture(
        &mut self,
        call_id: &CallId,
        kind: CaptureKind,
        run: bool,
        reply: Reply,
    ) {
        let now_ms = self.now.at_ms;
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        let (capture, spans) = match kind {
            CaptureKind::Transcription => (&mut call.transcription, &mut call.record.transcribed),
            CaptureKind::Streaming => (&mut call.streaming, &mut call.record.streamed),
        };
        let (result, detail) = if !capture.is_configured {
            // SPEC(Call Automation, result codes): 405/8522, not set up when the call was answered.
            (
                ResultInformation::new(405, 8_522, "Not set up when the call was answered."),
                kind.failed(),
            )
        } else if run {
            open_span(spans, now_ms);
            (success("Started."), kind.started())
        } else {
            close_span(spans, now_ms);
            (success("Stopped."), kind.stopped())
        };
        capture.is_running = capture.is_configured && run;
        let Reply {
            operation_context,
            callback_uri,
        } = reply;
        self.tell(call_id, callback_uri, operation_context, result, detail);
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

fn transcription(status: TranscriptionStatus, details: StreamStatusDetails) -> TranscriptionUpdate {
    TranscriptionUpdate {
        transcription_status: Some(status),
        transcription_status_details: Some(details),
    }
}

fn streaming(status: MediaStreamingStatus, details: StreamStatusDetails) -> MediaStreamingUpdate {
    MediaStreamingUpdate {
        content_type: Some("Audio".to_owned()),
        media_streaming_status: Some(status),
        media_streaming_status_details: Some(details),
    }
}
