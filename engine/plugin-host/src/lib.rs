//! Runs Cordboard plugins: sandboxed WebAssembly components with limits and typed outcomes.
//!
//! A [`PluginHost`] has slots. [`load`](PluginHost::load) puts a plugin with its configuration into
//! one; [`submit`](PluginHost::submit) asks it a question in core types and hands the answer back
//! from a worker thread. A question always has an answer: advice, or one of the outcomes of
//! [`PluginFailure`](cordboard_core::question::PluginFailure), which the core meets with the
//! decision point's fallback.
//!
//! # How a plugin is loaded
//!
//! 1. Its bytes are inspected: size, component or not, imports, contract version, manifest.
//! 2. The configuration is checked against the manifest's schema, names become numbers.
//! 3. It is compiled and started, `configure` runs, and the memory of that instance is written into
//!    a new component: the *snapshot*, from which every instance that decides starts. So a fresh
//!    instance costs the same with 64 KiB of configuration as without.
//! 4. The snapshot is compiled, kept in the cache, and swapped in.
//!
//! # What a plugin cannot do
//!
//! It has no clock, randomness, file or network: its only import writes bounded lines to the log.
//! It runs within a deadline and a limit of memory, on threads of which no slot occupies all, and
//! every word of its verdict is checked before it becomes an answer. After a failure its instance is
//! dropped; after several in a row it is not asked for a while.
//!
//! The contract is `cordboard-contract`; only the module of each version here knows both its layout
//! and the types of the core.
#![deny(unsafe_code)]
#![warn(missing_docs)]

mod answer;
mod breaker;
mod cache;
mod component;
mod configuration;
mod digest;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod guest;
mod host;
mod inspection;
mod instance;
mod limits;
mod manifest;
mod names;
mod plugin;
mod runtime;
mod schema;
mod signature;
mod snapshot;
mod status;
mod v0_1;
mod workers;

pub use answer::{Answer, PackedAnswer};
pub use cordboard_contract::{manifest::Manifest, v0_1::Point};
pub use digest::Digest;
pub use error::{ConfigProblem, HostError, LoadError};
pub use host::{Job, PluginHost, SlotId};
pub use inspection::{Inspection, inspect, names_in};
pub use instance::Failure;
pub use limits::{BreakerConfig, HostConfig, MEMORY_BYTES_MAX, PluginLimits};
pub use names::{Names, nearest};
pub use plugin::{ConfiguredSpec, Metered, Plugin, PluginInfo, PluginSpec};
pub use signature::SigningKey;
pub use status::{OutcomeCounts, SlotStatus};
