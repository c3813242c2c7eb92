//! Recording a call.

use super::{Client, Dispatch, Outcome};
use crate::wire::recording::{RecordingStateResponse, StartRecordingRequest};
use crate::wire::route::Route;

impl Client {
    /// Starts a recording. Repeatable. By call connection the start goes on after the answer and ends with
    /// RecordingStateChanged or StartRecordingFailed.
    pub async fn start_recording(
        &self,
        request: &StartRecordingRequest,
        dispatch: &mut Dispatch,
    ) -> Outcome<RecordingStateResponse> {
        self.with_body(Route::StartRecording, request, dispatch)
            .await
            .read()
    }

    /// Looks at a recording.
    pub async fn get_recording(
        &self,
        recording_id: &str,
        dispatch: &mut Dispatch,
    ) -> Outcome<RecordingStateResponse> {
        self.bare(Route::GetRecording(recording_id.into()), dispatch)
            .await
            .read()
    }

    /// Ends a recording; its files follow. Idempotent: 404 means that it is done.
    pub async fn stop_recording(&self, recording_id: &str, dispatch: &mut Dispatch) -> Outcome<()> {
        self.bare(Route::StopRecording(recording_id.into()), dispatch)
            .await
            .unread()
    }

    /// Pauses a recording. Idempotent by effect.
    pub async fn pause_recording(
        &self,
        recording_id: &str,
        dispatch: &mut Dispatch,
    ) -> Outcome<()> {
        self.bare(Route::PauseRecording(recording_id.into()), dispatch)
            .await
            .unread()
    }

    /// Goes on with a paused recording. Idempotent by effect.
    pub async fn resume_recording(
        &self,
        recording_id: &str,
        dispatch: &mut Dispatch,
    ) -> Outcome<()> {
        self.bare(Route::ResumeRecording(recording_id.into()), dispatch)
            .await
            .unread()
    }
}
