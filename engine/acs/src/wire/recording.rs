//! Recording a call.

use serde::{Deserialize, Serialize};

use super::identifier::CommunicationIdentifier;
use super::open_enum::open_enum;

/// Body of `POST /calling/recordings`.
///
/// Exactly one of `call_locator` and `call_connection_id` is given. With the connection id the start is asynchronous:
/// 202, and RecordingStateChanged or StartRecordingFailed to `recording_state_callback_uri`; with a locator it is 200.
/// Teams Phone extensibility knows the connection id only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartRecordingRequest {
    /// The call by server call id or group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_locator: Option<CallLocator>,
    /// The call by connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_connection_id: Option<String>,
    /// Where the recording's events go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_state_callback_uri: Option<String>,
    /// Sound, or sound and picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_content_type: Option<RecordingContentType>,
    /// One channel or one each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_channel_type: Option<RecordingChannelType>,
    /// The file format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_format_type: Option<RecordingFormatType>,
    /// Who comes in which channel, by order; at most five.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_channel_participant_ordering: Option<Vec<CommunicationIdentifier>>,
    /// Who comes in which channel, by number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_affinity: Option<Vec<ChannelAffinity>>,
    /// True starts paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_on_start: Option<bool>,
    /// Where the files go; the platform's own store if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_storage: Option<ExternalStorage>,
}

open_enum! {
    /// Which member of a [`CallLocator`] is filled.
    pub enum CallLocatorKind {
        /// A group call.
        GroupCall = "groupCallLocator",
        /// A call by server call id.
        ServerCall = "serverCallLocator",
        /// A room; not possible for recordings.
        Room = "roomCallLocator",
    }
}

/// A call by something else than its connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallLocator {
    /// The id of a group call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_call_id: Option<String>,
    /// The server call id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_call_id: Option<String>,
    /// The id of a room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_id: Option<String>,
    /// Which of them is filled; infer it if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<CallLocatorKind>,
}

impl CallLocator {
    /// A call by its server call id.
    #[must_use]
    pub fn server_call(server_call_id: &str) -> Self {
        Self {
            group_call_id: None,
            server_call_id: Some(server_call_id.to_owned()),
            room_id: None,
            kind: Some(CallLocatorKind::ServerCall),
        }
    }
}

/// One participant's channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelAffinity {
    /// The channel, 0 to 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<u32>,
    /// The participant.
    pub participant: CommunicationIdentifier,
}

open_enum! {
    /// What is recorded.
    pub enum RecordingContentType {
        /// Sound.
        Audio = "audio",
        /// Sound and picture.
        AudioVideo = "audioVideo",
    }
}

open_enum! {
    /// Whether participants share a channel.
    pub enum RecordingChannelType {
        /// All in one.
        Mixed = "mixed",
        /// One each, at most five.
        Unmixed = "unmixed",
    }
}

open_enum! {
    /// The file format of a recording.
    pub enum RecordingFormatType {
        /// WAV, 16 kHz.
        Wav = "wav",
        /// MP3, 16 kHz; mixed sound only.
        Mp3 = "mp3",
        /// MP4; mixed sound and picture only.
        Mp4 = "mp4",
    }
}

open_enum! {
    /// Whether a recording is writing. A paused one is inactive.
    pub enum RecordingState {
        /// Writing.
        Active = "active",
        /// Not writing.
        Inactive = "inactive",
    }
}

open_enum! {
    /// Who records.
    pub enum RecordingKind {
        /// Communication Services.
        AzureCommunicationServices = "azureCommunicationServices",
        /// Teams.
        Teams = "teams",
        /// Teams, for compliance.
        TeamsCompliance = "teamsCompliance",
    }
}

open_enum! {
    /// Where recordings are stored.
    pub enum RecordingStorageKind {
        /// With the platform, for 24 hours.
        AzureCommunicationServices = "azureCommunicationServices",
        /// In a blob container of the customer.
        AzureBlobStorage = "azureBlobStorage",
    }
}

/// Where the files of a recording go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalStorage {
    /// The kind of store.
    pub recording_storage_kind: RecordingStorageKind,
    /// The container, for blob storage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_destination_container_url: Option<String>,
}

/// Answer to a start and to `GET /calling/recordings/{id}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordingStateResponse {
    /// Names the recording in every further request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_id: Option<String>,
    /// Whether it is writing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_state: Option<RecordingState>,
    /// Who records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_kind: Option<RecordingKind>,
}
