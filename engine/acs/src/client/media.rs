//! Playing, recognising and streaming.

use super::{Client, Dispatch, Outcome};
use crate::wire::media::{PlayRequest, RecognizeRequest};
use crate::wire::route::Route;
use crate::wire::streaming::{
    StartMediaStreamingRequest, StartTranscriptionRequest, StopMediaStreamingRequest,
    StopTranscriptionRequest,
};

impl Client {
    /// Plays to one participant or to all. Sent once: after an unknown outcome, cancel all media and play again.
    pub async fn play(
        &self,
        call_connection_id: &str,
        request: &PlayRequest,
        dispatch: &mut Dispatch,
    ) -> Outcome<()> {
        self.with_body(Route::Play(call_connection_id.into()), request, dispatch)
            .await
            .unread()
    }

    /// Collects input of one participant. Sent once: after an unknown outcome, cancel all media and do it again.
    pub async fn recognize(
        &self,
        call_connection_id: &str,
        request: &RecognizeRequest,
        dispatch: &mut Dispatch,
    ) -> Outcome<()> {
        self.with_body(
            Route::Recognize(call_connection_id.into()),
            request,
            dispatch,
        )
        .await
        .unread()
    }

    /// Breaks off everything that plays or listens. Idempotent, as long as the caller starts nothing new on this call
    /// before the outcome is there.
    pub async fn cancel_all_media(
        &self,
        call_connection_id: &str,
        dispatch: &mut Dispatch,
    ) -> Outcome<()> {
        self.bare(Route::CancelAllMedia(call_connection_id.into()), dispatch)
            .await
            .unread()
    }

    /// Starts the transcription that was declared at answering time. Sent once.
    pub async fn start_transcription(
        &self,
        call_connection_id: &str,
        request: &StartTranscriptionRequest,
        dispatch: &mut Dispatch,
    ) -> Outcome<()> {
        let route = Route::StartTranscription(call_connection_id.into());
        self.with_body(route, request, dispatch).await.unread()
    }

    /// Stops the transcription. Sent once.
    pub async fn stop_transcription(
        &self,
        call_connection_id: &str,
        request: &StopTranscriptionRequest,
        dispatch: &mut Dispatch,
    ) -> Outcome<()> {
        let route = Route::StopTranscription(call_connection_id.into());
        self.with_body(route, request, dispatch).await.unread()
    }

    /// Starts the audio stream that was declared at answering time. Sent once.
    pub async fn start_media_streaming(
        &self,
        call_connection_id: &str,
        request: &StartMediaStreamingRequest,
        dispatch: &mut Dispatch,
    ) -> Outcome<()> {
        let route = Route::StartMediaStreaming(call_connection_id.into());
        self.with_body(route, request, dispatch).await.unread()
    }

    /// Stops the audio stream. Sent once.
    pub async fn stop_media_streaming(
        &self,
        call_connection_id: &str,
        request: &StopMediaStreamingRequest,
        dispatch: &mut Dispatch,
    ) -> Outcome<()> {
        let route = Route::StopMediaStreaming(call_connection_id.into());
        self.with_body(route, request, dispatch).await.unread()
    }
}
