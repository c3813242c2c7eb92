//! Bringing participants into a call and out of it.

use serde::{Deserialize, Serialize};

use super::call::CustomCallingContext;
use super::identifier::{CommunicationIdentifier, PhoneNumberIdentifier};

/// Body of `POST /calling/callConnections/{id}/participants:add`; answered by 202 with [`AddParticipantResponse`], ended
/// by AddParticipantSucceeded or AddParticipantFailed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddParticipantRequest {
    /// The caller id shown; needed for phone numbers, except with direct routing and Teams Phone extensibility.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_caller_id_number: Option<PhoneNumberIdentifier>,
    /// The display name shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_display_name: Option<String>,
    /// Who is invited.
    pub participant_to_add: CommunicationIdentifier,
    /// Seconds that the invitation rings, 0 to 180.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation_timeout_in_seconds: Option<u32>,
    /// Comes back in the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_context: Option<String>,
    /// Where the events of this operation go instead of the call's callback address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_callback_uri: Option<String>,
    /// Headers handed along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_calling_context: Option<CustomCallingContext>,
}

/// Answer to [`AddParticipantRequest`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddParticipantResponse {
    /// Who is invited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<CallParticipant>,
    /// The context of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_context: Option<String>,
    /// Cancels the invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation_id: Option<String>,
}

/// Body of `POST /calling/callConnections/{id}/participants:cancelAddParticipant`; answered by 202 with
/// [`CancelAddParticipantResponse`], ended by CancelAddParticipantSucceeded or CancelAddParticipantFailed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelAddParticipantRequest {
    /// From [`AddParticipantResponse`].
    pub invitation_id: String,
    /// Comes back in the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_context: Option<String>,
    /// Where the events of this operation go instead of the call's callback address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_callback_uri: Option<String>,
}

/// Answer to [`CancelAddParticipantRequest`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelAddParticipantResponse {
    /// The invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation_id: Option<String>,
    /// The context of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_context: Option<String>,
}

/// Body of `POST /calling/callConnections/{id}/participants:remove`; answered by 202 with
/// [`RemoveParticipantResponse`], ended by RemoveParticipantSucceeded or RemoveParticipantFailed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveParticipantRequest {
    /// Who is removed.
    pub participant_to_remove: CommunicationIdentifier,
    /// Comes back in the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_context: Option<String>,
    /// Where the events of this operation go instead of the call's callback address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_callback_uri: Option<String>,
}

/// Answer to [`RemoveParticipantRequest`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveParticipantResponse {
    /// The context of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_context: Option<String>,
}

/// One participant of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallParticipant {
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<CommunicationIdentifier>,
    /// Muted by the application or by the participant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_muted: Option<bool>,
    /// On hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_on_hold: Option<bool>,
}

/// One page of `GET /calling/callConnections/{id}/participants`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantsPage {
    /// The participants of this page; recording and transcription bots are not among them.
    pub value: Vec<CallParticipant>,
    /// Absolute address of the next page, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_link: Option<String>,
}
