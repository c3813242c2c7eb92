//! Newtypes for every id, moment and length of time in the core.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A moment: milliseconds since the Unix epoch, as the driver's monotonic clock tells it.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Returns the moment `by` later; stays at the largest value instead of wrapping.
    #[must_use]
    pub fn after(self, by: Millis) -> Self {
        Self(self.0.saturating_add(by.0))
    }

    /// Returns how long `earlier` lies in the past, zero when it does not.
    #[must_use]
    pub fn since(self, earlier: Self) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }
}

/// A length of time in milliseconds.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// Returns a length of whole seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    /// Returns the length in whole seconds, rounded up: the unit of Call Automation's time-outs.
    #[must_use]
    pub fn as_secs_ceil(self) -> u64 {
        self.0.div_ceil(1_000)
    }

    /// Returns the length as `u32`, the largest value when it does not fit: the unit of plugin rows.
    #[must_use]
    pub fn as_u32(self) -> u32 {
        u32::try_from(self.0).unwrap_or(u32::MAX)
    }
}

/// An interned name. Numbers are given once per tenant and are never reused, so that plugins,
/// journals and live calls can keep them across configuration changes.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Symbol(pub u32);

macro_rules! symbol_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Symbol);
    )*};
}

symbol_ids! {
    /// A queue of the configuration.
    QueueId,
    /// A routing group: agents that serve queues.
    GroupId,
    /// A human agent, one person with all endpoints.
    AgentId,
    /// A skill that agents have at a level and contacts require.
    SkillId,
    /// A prompt: an audio file that the engine serves.
    PromptId,
    /// A digit collection that an agent can start on a live call, a payment menu for instance.
    CollectionId,
    /// A resource account: the Teams identity that callers reach.
    ResourceAccountId,
    /// A plugin slot of the configuration.
    PluginId,
    /// A not-ready reason, a disposition or any other code of the configuration.
    CodeId,
}

/// One call of one caller, numbered by the tenant in order of arrival.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct CallId(pub u64);

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A command about a call. With the tenant it is unique for ever; the request id that leaves is
/// a hash of it with the journal's nonce.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct CommandId {
    /// The call that the command is about.
    pub call: CallId,
    /// Counts the commands of that call, from 1.
    pub sequence: u32,
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.call.0, self.sequence)
    }
}

/// A question to a plugin. Numbers are never reused; a verdict of an earlier epoch finds no
/// question and is ignored.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct QuestionId(pub u64);

/// An offer of a contact to an agent.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct OfferId {
    /// The offered call.
    pub call: CallId,
    /// Counts the offers of that call, from 1.
    pub generation: u32,
}

impl fmt::Display for OfferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.call.0, self.generation)
    }
}

/// Counts the starts of the process on this journal, from 1.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Epoch(pub u64);

macro_rules! opaque_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);
    )*};
}

opaque_ids! {
    /// ACS `callConnectionId`: our application's connection to a call. Opaque, of any length.
    ConnectionId,
    /// ACS `invitationId`: a pending add-participant, needed to cancel it.
    InvitationId,
    /// ACS `recordingId`.
    RecordingId,
    /// The id of an inbound event (Event Grid `id` or CloudEvents `id`), for recognising duplicates.
    EventId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_stay_in_range() {
        assert_eq!(Timestamp(5).after(Millis(7)), Timestamp(12));
        assert_eq!(Timestamp(u64::MAX).after(Millis(7)), Timestamp(u64::MAX));
        assert_eq!(Timestamp(12).since(Timestamp(5)), Millis(7));
        assert_eq!(Timestamp(5).since(Timestamp(12)), Millis(0));
    }

    #[test]
    fn lengths_convert() {
        assert_eq!(Millis::from_secs(3), Millis(3_000));
        assert_eq!(Millis::from_secs(u64::MAX), Millis(u64::MAX));
        assert_eq!(Millis(0).as_secs_ceil(), 0);
        assert_eq!(Millis(1).as_secs_ceil(), 1);
        assert_eq!(Millis(3_000).as_secs_ceil(), 3);
        assert_eq!(Millis(7).as_u32(), 7);
        assert_eq!(Millis(u64::MAX).as_u32(), u32::MAX);
    }

    #[test]
    fn ids_read_as_their_numbers() {
        let call = CallId(7);
        assert_eq!(call.to_string(), "7");
        assert_eq!(CommandId { call, sequence: 2 }.to_string(), "7.2");
        let offer = OfferId {
            call,
            generation: 3,
        };
        assert_eq!(offer.to_string(), "7-3");
    }
}
