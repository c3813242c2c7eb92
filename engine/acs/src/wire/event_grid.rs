//! What Event Grid delivers, in both of its schemas: incoming calls, recording files, the subscription handshake.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::call::CustomCallingContext;
use super::identifier::CommunicationIdentifier;
use super::open_enum::open_enum;
use crate::masking::mask_phone;
use crate::secret::Secret;

/// Event type of an incoming call.
pub const INCOMING_CALL: &str = "Microsoft.Communication.IncomingCall";
/// Event type of a finished recording file.
pub const RECORDING_FILE_STATUS_UPDATED: &str =
    "Microsoft.Communication.RecordingFileStatusUpdated";
/// Event type of the handshake in the Event Grid schema.
pub const SUBSCRIPTION_VALIDATION: &str = "Microsoft.EventGrid.SubscriptionValidationEvent";

/// An event in the Event Grid schema; delivered as a JSON array.
///
/// `subject` may hold phone numbers and `data` a call context: this type has no `Debug`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_debug_implementations,
    reason = "subject and data hold personal values and secrets"
)]
pub struct EventGridEvent {
    /// Names the event; a second one with this id is a duplicate.
    pub id: String,
    /// The Azure resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// What the event is about, such as `/caller/{rawId}/recipient/{rawId}`.
    #[serde(default)]
    pub subject: String,
    /// The data, by `event_type`.
    #[serde(default)]
    pub data: Value,
    /// The event type.
    pub event_type: String,
    /// When it was made, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_time: Option<String>,
    /// Version of the data's schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_version: Option<String>,
    /// Version of the envelope's schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_version: Option<String>,
}

/// An event in the CloudEvents schema; delivered as one object, or as an array where batching is switched on.
///
/// `subject` may hold phone numbers and `data` a call context: this type has no `Debug`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_debug_implementations,
    reason = "subject and data hold personal values and secrets"
)]
pub struct CloudEvent {
    /// Names the event; a second one with this id is a duplicate.
    pub id: String,
    /// The Azure resource.
    #[serde(default)]
    pub source: String,
    /// What the event is about, such as `/caller/{rawId}/recipient/{rawId}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The data, by `event_type`.
    #[serde(default)]
    pub data: Value,
    /// The event type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The version of CloudEvents, `1.0`.
    pub specversion: String,
    /// When it was made, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

/// Data of [`INCOMING_CALL`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IncomingCallData {
    /// Who is called; a Teams resource account arrives with kind `unknown` and a raw id `28:orgid:…`.
    pub to: CommunicationIdentifier,
    /// Who calls; raw id `4:anonymous` for hidden numbers.
    pub from: CommunicationIdentifier,
    /// The call on the server side; opaque.
    #[serde(default)]
    pub server_call_id: String,
    /// The caller's display name; often empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_display_name: Option<String>,
    /// SIP and VoIP headers; the SIP side spells `userToUser`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_context: Option<CustomCallingContext>,
    /// Lets its holder answer or reject the call; several kilobytes; goes back unchanged.
    pub incoming_call_context: Secret,
    /// On whose behalf the callee is called, for forwarded calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of_callee: Option<CommunicationIdentifier>,
    /// The same value as in the call's callbacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
}

impl std::fmt::Debug for IncomingCallData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IncomingCallData")
            .field("to", &self.to)
            .field("from", &self.from)
            .field(
                "caller_display_name",
                &self.caller_display_name.as_deref().map(mask_phone),
            )
            .field("correlation_id", &self.correlation_id)
            .finish_non_exhaustive()
    }
}

/// Data of [`RECORDING_FILE_STATUS_UPDATED`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordingFileStatusUpdatedData {
    /// The files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_storage_info: Option<RecordingStorageInfo>,
    /// When the recording began, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_start_time: Option<String>,
    /// Its length in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_duration_ms: Option<i64>,
    /// What was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_content_type: Option<super::recording::RecordingContentType>,
    /// One channel or one each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_channel_type: Option<super::recording::RecordingChannelType>,
    /// The file format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_format_type: Option<super::recording::RecordingFormatType>,
    /// Why the recording ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_end_reason: Option<String>,
}

/// The files of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordingStorageInfo {
    /// One entry a file; a file lasts at most four hours.
    #[serde(default)]
    pub recording_chunks: Vec<RecordingChunk>,
}

/// One file of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordingChunk {
    /// Names the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_id: Option<String>,
    /// Its place, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<i64>,
    /// Why the file ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_reason: Option<String>,
    /// Where its content is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_location: Option<String>,
    /// Where its description is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_location: Option<String>,
    /// Where it can be deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_location: Option<String>,
}

/// Data of [`SUBSCRIPTION_VALIDATION`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionValidationData {
    /// Goes back in the answer.
    pub validation_code: String,
    /// The other way to validate: someone gets this address within five minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_url: Option<String>,
}

/// The answer to [`SUBSCRIPTION_VALIDATION`]; its status is 200 and no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionValidationResponse {
    /// The code of the event.
    pub validation_response: String,
}

open_enum! {
    /// The header `aeg-event-type`: what a delivery is for.
    pub enum DeliveryKind {
        /// Events.
        Notification = "Notification",
        /// The handshake.
        SubscriptionValidation = "SubscriptionValidation",
        /// The subscription was deleted.
        SubscriptionDeletion = "SubscriptionDeletion",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &str = r#"{"to":{"kind":"unknown","rawId":"28:orgid:a"},"from":{"rawId":"4:+14255550123"},
        "serverCallId":"s","callerDisplayName":"+14255550123","incomingCallContext":"eyJ0","extra":{"x":1}}"#;

    #[test]
    fn an_incoming_call_is_read_and_its_debug_text_keeps_its_secrets() {
        let call: IncomingCallData = serde_json::from_str(CALL).unwrap();
        assert_eq!(call.incoming_call_context.expose(), "eyJ0");
        let text = format!("{call:?}");
        assert!(!text.contains("eyJ0") && !text.contains("555"), "{text}");
    }

    #[test]
    fn event_grid_spells_recording_types_in_capitals() {
        let json = r#"{"recordingStorageInfo":{"recordingChunks":[{"index":0,"contentLocation":"https://x/y"}]},
            "recordingDurationMs":8400,"recordingContentType":"Audio","recordingChannelType":"Mixed","recordingFormatType":"Wav"}"#;
        let data: RecordingFileStatusUpdatedData = serde_json::from_str(json).unwrap();
        assert_eq!(
            data.recording_format_type,
            Some(super::super::recording::RecordingFormatType::Wav)
        );
        assert_eq!(
            data.recording_storage_info
                .map(|info| info.recording_chunks.len()),
            Some(1)
        );
    }
}
