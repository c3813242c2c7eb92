//! The Cordboard engine as a library: the crate that embedders add.
//!
//! | what | where |
//! |---|---|
//! | check a configuration | [`config::compile()`], [`check()`] |
//! | start, embed, reload and end an engine | [`Engine`], [`EngineBuilder`] |
//! | act as an agent, a supervisor or the program itself | [`AgentHandle`], [`SupervisorHandle`], [`CallHandle`] |
//! | follow what happens, and resume | [`events`] |
//! | carry operations out or answer questions yourself | [`driver::Operator`], [`driver::Advisor`] |
//! | repeat or explain what a journal tells | [`replay()`], [`DecisionReplay`], [`explain()`] |
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod check;
pub mod config;
pub mod driver;
#[cfg(feature = "azure")]
mod edge;
mod engine;
mod error;
pub mod events;
mod explain;
mod pending;
mod plugins;
mod replay;
mod schemas;

pub use check::{Checked, check};
#[cfg(feature = "azure")]
pub use cordboard_acs::ClientLimits;
#[cfg(feature = "azure")]
pub use cordboard_acs::callback::SensitiveDigits;
pub use cordboard_core as core;
pub use cordboard_journal::{MemoryDisk, ReplayFrom, RetainLog, is_in_store};
pub use cordboard_plugin_host::{HostError, OutcomeCounts};
#[cfg(feature = "azure")]
pub use edge::{AdmissionLimits, DigitsSink};
pub use engine::{
    Action, AgentHandle, AgentOverview, CallHandle, Contact, Engine, EngineBuilder, NewCall,
    Overview, QueueHandle, QueueOverview, Recovered, SupervisorHandle,
};
pub use error::{ActionError, BuildError, BuildErrors, ReplayError, SubmitError};
pub use explain::{ExplainError, Explanation, ExplanationLine, RECORDS_TOLD_MAX, explain};
pub use pending::Pending;
pub use plugins::{CandidateStatus, PluginStatus};
pub use replay::{
    DecisionReplay, DecisionReplayError, DecisionReplaySummary, Difference, DifferenceClass,
    EXAMPLES_PER_CLASS, ReplayWith, Replayed, Timing, Unreplayed, replay,
};
pub use schemas::{OPENAPI_V1, schemas};
