//! Setting calls up and looking at them: answer, reject, redirect, call properties.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::identifier::{
    CommunicationIdentifier, CommunicationUserIdentifier, PhoneNumberIdentifier,
};
use super::open_enum::open_enum;
use super::streaming::{
    MediaStreamingOptions, MediaStreamingSubscription, TranscriptionOptions,
    TranscriptionSubscription,
};
use crate::secret::Secret;

/// Body of `POST /calling/callConnections:answer`; answered by 200 with [`CallConnectionProperties`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnswerCallRequest {
    /// The context of the IncomingCall event, unchanged.
    pub incoming_call_context: Secret,
    /// Where the events of this call go; https with the real service.
    pub callback_uri: String,
    /// Comes back in CallConnected or AnswerFailed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_context: Option<String>,
    /// Needed for speech recognition and text to speech.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_intelligence_options: Option<CallIntelligenceOptions>,
    /// The identity that answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<CommunicationUserIdentifier>,
    /// Audio to a socket; can be declared at answering time only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_streaming_options: Option<MediaStreamingOptions>,
    /// Transcript to a socket; can be declared at answering time only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcription_options: Option<TranscriptionOptions>,
}

/// The AI resource that a call uses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallIntelligenceOptions {
    /// Address of the Azure AI services resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cognitive_services_endpoint: Option<String>,
}

/// Body of `POST /calling/callConnections:reject`; answered by 204 and followed by no event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RejectCallRequest {
    /// The context of the IncomingCall event, unchanged.
    pub incoming_call_context: Secret,
    /// What the caller's network is told; `none` if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_reject_reason: Option<CallRejectReason>,
}

open_enum! {
    /// Why a call is rejected.
    pub enum CallRejectReason {
        /// No reason is given.
        None = "none",
        /// Busy.
        Busy = "busy",
        /// Not allowed.
        Forbidden = "forbidden",
    }
}

/// Body of `POST /calling/callConnections:redirect`; answered by 204 and followed by no event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RedirectCallRequest {
    /// The context of the IncomingCall event, unchanged.
    pub incoming_call_context: Secret,
    /// Who gets the call.
    pub target: CommunicationIdentifier,
}

/// A call connection: the answer to answer and to `GET /calling/callConnections/{id}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallConnectionProperties {
    /// Names the connection in every further request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_connection_id: Option<String>,
    /// Names the call on the server side; opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_call_id: Option<String>,
    /// Who was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<CommunicationIdentifier>>,
    /// The state; treat one you do not know as alive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_connection_state: Option<CallConnectionState>,
    /// Where events go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_uri: Option<String>,
    /// The caller id used towards the PSTN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_caller_id_number: Option<PhoneNumberIdentifier>,
    /// The display name of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_display_name: Option<String>,
    /// Who called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<CommunicationIdentifier>,
    /// Joins the records of this call across services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The identity that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<CommunicationUserIdentifier>,
    /// The audio stream, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_streaming_subscription: Option<MediaStreamingSubscription>,
    /// The transcription, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcription_subscription: Option<TranscriptionSubscription>,
    /// The number for which the call was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_for: Option<PhoneNumberIdentifier>,
}

open_enum! {
    /// The state of a call connection.
    pub enum CallConnectionState {
        /// Not known to the service.
        Unknown = "unknown",
        /// Being set up.
        Connecting = "connecting",
        /// Media flows.
        Connected = "connected",
        /// A transfer is under way.
        Transferring = "transferring",
        /// The transfer was accepted.
        TransferAccepted = "transferAccepted",
        /// Ending.
        Disconnecting = "disconnecting",
        /// Over.
        Disconnected = "disconnected",
    }
}

/// Headers handed along with a call, and found in the IncomingCall event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomCallingContext {
    /// For parties inside the platform; at most 1,000, key up to 64 and value up to 1,024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voip_headers: Option<BTreeMap<String, String>>,
    /// For the SIP side: `User-To-User` and up to five `X-MS-Custom-*`, value up to 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sip_headers: Option<BTreeMap<String, String>>,
}
