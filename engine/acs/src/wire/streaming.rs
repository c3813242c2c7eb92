//! Audio and transcript streams: their declaration at answering time, start and stop.

use serde::{Deserialize, Serialize};

use super::open_enum::open_enum;

open_enum! {
    /// How a stream travels.
    pub enum StreamingTransportType {
        /// Over a WebSocket that the service opens.
        Websocket = "websocket",
    }
}

open_enum! {
    /// Whether participants share an audio channel.
    pub enum MediaStreamingAudioChannelType {
        /// All in one.
        Mixed = "mixed",
        /// One each.
        Unmixed = "unmixed",
    }
}

open_enum! {
    /// What is streamed.
    pub enum MediaStreamingContentType {
        /// Sound.
        Audio = "audio",
    }
}

open_enum! {
    /// The sample format of streamed audio: PCM, 16 bit, mono.
    pub enum AudioFormat {
        /// 16,000 samples per second; the default of the service.
        Pcm16KMono = "pcm16KMono",
        /// 24,000 samples per second.
        Pcm24KMono = "pcm24KMono",
    }
}

/// Declares an audio stream at answering time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaStreamingOptions {
    /// The transport.
    pub transport_type: StreamingTransportType,
    /// Mixed or one channel each.
    pub audio_channel_type: MediaStreamingAudioChannelType,
    /// Where the service connects to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport_url: Option<String>,
    /// What is streamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<MediaStreamingContentType>,
    /// True starts at once; false if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_media_streaming: Option<bool>,
    /// True lets the application send audio back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_bidirectional: Option<bool>,
    /// The sample format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_format: Option<AudioFormat>,
    /// True also streams tones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_dtmf_tones: Option<bool>,
}

/// Declares a transcription at answering time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TranscriptionOptions {
    /// The transport.
    pub transport_type: StreamingTransportType,
    /// Language with region, such as `en-US`.
    pub locale: String,
    /// Where the service connects to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport_url: Option<String>,
    /// A custom speech model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speech_model_endpoint_id: Option<String>,
    /// True starts at once; false if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_transcription: Option<bool>,
    /// True also sends results that may still change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_intermediate_results: Option<bool>,
}

/// Body of `POST /calling/callConnections/{id}:startTranscription`; answered by 202.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartTranscriptionRequest {
    /// Language with region; the one given at answering time if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// A custom speech model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speech_model_endpoint_id: Option<String>,
    /// Comes back in the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_context: Option<String>,
    /// Where the events of this operation go instead of the call's callback address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_callback_uri: Option<String>,
}

/// Body of `POST /calling/callConnections/{id}:stopTranscription`; answered by 202.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopTranscriptionRequest {
    /// Comes back in the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_context: Option<String>,
    /// Where the events of this operation go instead of the call's callback address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_callback_uri: Option<String>,
}

/// Body of `POST /calling/callConnections/{id}:startMediaStreaming`; answered by 202.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartMediaStreamingRequest {
    /// Where the events of this operation go instead of the call's callback address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_callback_uri: Option<String>,
    /// Comes back in the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_context: Option<String>,
}

/// Body of `POST /calling/callConnections/{id}:stopMediaStreaming`; answered by 202.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopMediaStreamingRequest {
    /// Where the events of this operation go instead of the call's callback address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_callback_uri: Option<String>,
    /// Comes back in the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_context: Option<String>,
}

open_enum! {
    /// The state of a stream that was declared at answering time.
    pub enum SubscriptionState {
        /// Not declared.
        Disabled = "disabled",
        /// Declared, not running.
        Inactive = "inactive",
        /// Running.
        Active = "active",
    }
}

open_enum! {
    /// Which transcription results are sent.
    pub enum TranscriptionResultType {
        /// Settled text.
        Final = "final",
        /// Text that may still change.
        Intermediate = "intermediate",
    }
}

/// The audio stream of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaStreamingSubscription {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<SubscriptionState>,
    /// What it carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscribed_content_types: Option<Vec<MediaStreamingContentType>>,
}

/// The transcription of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TranscriptionSubscription {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<SubscriptionState>,
    /// What it carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscribed_result_types: Option<Vec<TranscriptionResultType>>,
    /// Its language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
}

open_enum! {
    /// What happened to an audio stream.
    pub enum MediaStreamingStatus {
        /// It runs.
        Started = "mediaStreamingStarted",
        /// It failed.
        Failed = "mediaStreamingFailed",
        /// It ended.
        Stopped = "mediaStreamingStopped",
        /// The service does not say.
        UnspecifiedError = "unspecifiedError",
    }
}

open_enum! {
    /// What happened to a transcription.
    pub enum TranscriptionStatus {
        /// It runs.
        Started = "transcriptionStarted",
        /// It failed.
        Failed = "transcriptionFailed",
        /// It runs again.
        Resumed = "transcriptionResumed",
        /// Its settings changed.
        Updated = "transcriptionUpdated",
        /// It ended.
        Stopped = "transcriptionStopped",
        /// The service does not say.
        UnspecifiedError = "unspecifiedError",
    }
}

open_enum! {
    /// Why the state of a stream changed.
    pub enum StreamStatusDetails {
        /// Asked for.
        SubscriptionStarted = "subscriptionStarted",
        /// The socket is back.
        StreamConnectionReestablished = "streamConnectionReestablished",
        /// The socket could not be opened again.
        StreamConnectionUnsuccessful = "streamConnectionUnsuccessful",
        /// No address was declared.
        StreamUrlMissing = "streamUrlMissing",
        /// The service goes down.
        ServiceShutdown = "serviceShutdown",
        /// The socket broke.
        StreamConnectionInterrupted = "streamConnectionInterrupted",
        /// The speech service cannot be reached.
        SpeechServicesConnectionError = "speechServicesConnectionError",
        /// Asked for.
        SubscriptionStopped = "subscriptionStopped",
        /// The service does not say.
        UnspecifiedError = "unspecifiedError",
        /// The peer refused the token.
        AuthenticationFailure = "authenticationFailure",
        /// The peer refused the request.
        BadRequest = "badRequest",
        /// Throttled.
        TooManyRequests = "tooManyRequests",
        /// Not allowed.
        Forbidden = "forbidden",
        /// The service gave up.
        ServiceTimeout = "serviceTimeout",
        /// The first connection failed.
        InitialWebSocketConnectionFailed = "initialWebSocketConnectionFailed",
        /// The language changed.
        TranscriptionLocaleUpdated = "transcriptionLocaleUpdated",
    }
}

/// The state of an audio stream, in an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaStreamingUpdate {
    /// What is streamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// What happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_streaming_status: Option<MediaStreamingStatus>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_streaming_status_details: Option<StreamStatusDetails>,
}

/// The state of a transcription, in an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TranscriptionUpdate {
    /// What happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcription_status: Option<TranscriptionStatus>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcription_status_details: Option<StreamStatusDetails>,
}
