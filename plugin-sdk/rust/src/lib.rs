//! The Rust SDK for Cordboard plugins.
//!
//! A plugin is a type that implements [`Plugin`] and the trait of each decision point that it takes
//! part in: [`SkillMatch`], [`ContactSelect`], [`EndpointSelect`], [`RecordingPolicy`],
//! [`Classify`]. The macro [`export!`] makes a WebAssembly module of it, with its manifest and its WIT world inside, ready
//! to be turned into a component.
//!
//! Facts come as views over the packed list that the host has written; nothing is copied or parsed.
//! Everything here also runs natively, so a plugin is tested with plain `cargo test`: the module
//! `testing` (feature `testing`) builds facts and reads verdicts.
//!
//! `docs/plugins/rust.md` shows the way from nothing to a plugin; `plugins/` has three of them.
#![warn(missing_docs)]

#[cfg(any(test, all(target_arch = "wasm32", feature = "arena")))]
mod arena;
pub mod classify;
mod columns;
mod contact;
pub mod contact_select;
pub mod endpoint_select;
mod export;
mod frame;
#[cfg(target_arch = "wasm32")]
mod guest;
mod ids;
mod json;
mod log;
mod manifest;
mod memo;
mod plugin;
mod ranking;
mod reasons;
pub mod recording_policy;
pub mod skill_match;
#[cfg(feature = "testing")]
pub mod testing;
mod verdict;
mod worlds;

pub use classify::{CallerKind, Classification, Classify, ClassifyFacts, OwnRequirement, Queue};
pub use columns::{AgentColumn, ContactColumn, EndpointColumn, QueueColumn};
pub use contact::{Contact, Moment, Requirement};
pub use contact_select::{ContactSelect, ContactSelectFacts, FreeAgent, WaitingContact};
pub use endpoint_select::{
    Endpoint, EndpointKind, EndpointSelect, EndpointSelectFacts, Reach, Rings,
};
pub use ids::{AgentId, LabelId, LineId, QueueId, ReasonCode, SkillId};
pub use log::Level;
pub use memo::{Memo, MemoTooLong};
pub use plugin::{Plugin, Problem, Problems, configure};
pub use ranking::Ranking;
pub use reasons::Reasons;
pub use recording_policy::{
    Consent, RecordingAction, RecordingChannels, RecordingFacts, RecordingFormat, RecordingMoment,
    RecordingPolicy, RecordingState, RecordingVerdict,
};
pub use skill_match::{Candidate, SkillMatch, SkillMatchFacts};
pub use verdict::Answer;

/// What the macros need; no part of the interface.
#[doc(hidden)]
pub mod __private {
    use crate::{
        AgentColumn, Classify, ContactColumn, ContactSelect, EndpointColumn, EndpointSelect,
        QueueColumn, RecordingPolicy, SkillMatch,
    };
    use cordboard_contract::v0_1::Point;

    #[cfg(target_arch = "wasm32")]
    pub use crate::guest::{Configured, reallocate};
    pub use crate::log::write as write_log;
    pub use crate::manifest::Manifest;
    pub use crate::worlds::{
        BASE_WORLD, CLASSIFY_WORLD, CONTACT_SELECT_WORLD, ENDPOINT_SELECT_WORLD,
        RECORDING_POLICY_WORLD, SKILL_MATCH_WORLD,
    };

    /// A plugin that [`export!`](crate::export) has been called for.
    pub trait Described {
        /// Its manifest.
        const MANIFEST: Manifest;
    }

    /// The columns of a plugin for `skill-match`.
    pub const fn skill_match_reads<P: SkillMatch>() -> (Point, u32) {
        (Point::SkillMatch, AgentColumn::mask(P::READS))
    }

    /// The columns of a plugin for `contact-select`.
    pub const fn contact_select_reads<P: ContactSelect>() -> (Point, u32) {
        (Point::ContactSelect, ContactColumn::mask(P::READS))
    }

    /// The columns of a plugin for `endpoint-select`.
    pub const fn endpoint_select_reads<P: EndpointSelect>() -> (Point, u32) {
        (Point::EndpointSelect, EndpointColumn::mask(P::READS))
    }

    /// The columns of a plugin for `classify`.
    pub const fn classify_reads<P: Classify>() -> (Point, u32) {
        (Point::Classify, QueueColumn::mask(P::READS))
    }

    /// `recording-policy` has no rows.
    pub const fn recording_policy_reads<P: RecordingPolicy>() -> (Point, u32) {
        (Point::RecordingPolicy, 0)
    }
}
