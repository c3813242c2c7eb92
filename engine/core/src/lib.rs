//! The pure core of Cordboard: calls, agents, queues, matching, policy.
//!
//! Everything that reaches the engine is an [`Input`]; [`Tenant`] is a fold over them. It reads no
//! clock, makes no random choice and does no I/O: the same inputs give the same commands, byte for
//! byte. A driver runs it:
//!
//! ```
//! use cordboard_core::{Command, Input, Tenant, ids::Timestamp};
//!
//! let mut tenant = Tenant::new();
//! let now = Timestamp(1_700_000_000_000);
//! // 1. Every input gets a sequence number in the journal, and is folded at once.
//! let reply = tenant.handle(now, Input::Tick);
//! // 2. Its commands are drained. A question is asked at once, for asking is pure; everything that
//! //    is visible outside waits until the journal says that the input is durable.
//! while let Some(command) = tenant.poll_command() {
//!     match command {
//!         Command::Ask(_ask) => { /* to the plugin host; Input::Verdict comes back */ }
//!         Command::Operate { .. } => { /* to ACS when durable; Input::Outcome comes back */ }
//!         Command::Emit(_event) => { /* to the embedder when durable */ }
//!         Command::Record(_decision) => { /* to the decision records */ }
//!     }
//! }
//! // 3. The driver owes a Tick at this moment.
//! let _next_tick = tenant.poll_timeout();
//! # let _ = reply;
//! ```
//!
//! Where a rule lives: `call/answering.rs` (incoming to connected), `call/menu.rs`, `call/queued.rs`
//! (music, messages, reasons to leave), `matching.rs` (who gets whom), `call/offering.rs` (what rings,
//! who answers first), `call/connected.rs`, `call/collecting.rs`, `call/recording.rs`, `call/companions.rs`,
//! `call/exiting.rs`, `call/removal.rs` (who is not wanted any more), `call/withdrawal.rs` (who is not rung yet),
//! `call/ended.rs`, and `agent.rs`. `call/operations.rs` watches what is under way
//! at ACS, `questions.rs` what is asked of plugins.
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![warn(clippy::wildcard_enum_match_arm)]

pub mod command;
pub mod config;
pub mod decision;
pub mod event;
pub mod hours;
pub mod ids;
pub mod input;
pub mod participant;
pub mod question;

mod agent;
mod call;
pub mod matching;
mod quarantine;
mod questions;
mod restart;
#[cfg(feature = "seeded-bugs")]
pub mod seeded_bugs;
#[cfg(not(feature = "seeded-bugs"))]
mod seeded_bugs;
mod seen;
mod tenant;
mod timers;
mod waiting;

pub use call::{LiveCall, Phase};
pub use command::{Command, Operation};
pub use config::Config;
pub use decision::Decision;
pub use event::Event;
pub use input::{Input, Outcome, Reply};
pub use question::{Advice, Ask, PluginFailure, Verdict};
pub use tenant::Tenant;
