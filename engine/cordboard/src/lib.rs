//! The Cordboard engine as a library: the crate that embedders add.
//!
//! The public interface, as the program `cordboard` and embedders use it (text until the parts are in):
//!
//! ```text
//! // Configuration (here)
//! config::compile(&text, None, &config::Machine::new(folder)) -> Result<config::Compiled, Vec<config::Problem>>
//! schemas() -> Vec<(&'static str, String)>             // file name and content, for `cordboard schemas FOLDER`
//!
//! // Engine
//! Engine::builder(compiled: Compiled) -> EngineBuilder
//!     .clock(Clock)                                    // default: real
//!     .journal_in(folder) | .journal_in_memory(MemoryDisk)   // default: the configuration's folder
//!     .retain_log(RetainLog::All)                      // so that a replay from the start is possible
//!     .runtime(tokio::runtime::Handle)                 // feature `azure`; default: the current one
//!     .operator(Arc<dyn Operator>)                     // instead of Azure Communication Services
//!     .on_digits(sink)                                 // where sensitive digits go
//!     .build() -> Result<Engine, BuildErrors>          // every problem at once; never blocks on the network
//! engine.router() -> axum::Router                      // feature `azure`: webhooks, prompts, API
//! engine.agent("anna") -> Result<AgentHandle, _>       // .ready() .not_ready("break") .accept(offer) … each a `Pending`
//! engine.supervisor("sofia") -> SupervisorHandle       // .agent("anna") .call(id) .queue("sales").close() …
//! engine.submit_contact(Contact) -> Pending            // decision-only use
//! engine.events().subscribe(after: Option<EventCursor>) -> Subscription   // blocking `next`, or a future
//! engine.shutdown() -> Result<Shutdown { last, state_hash, commands_hash }, _>
//! Pending: `.wait()` blocks, `.await` does not need tokio; ready when the action is durable
//!
//! // Another process, on the journal's folder
//! replay(folder, ReplayFrom::Start | NewestSnapshot) -> Result<Replayed { last, entries, state_hash, commands_hash }, _>
//! explain(folder, CallId) -> Result<Explanation, _>    // `Display` is the story for people
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

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

#[cfg(feature = "azure")]
pub use cordboard_acs::callback::SensitiveDigits;
pub use cordboard_core as core;
pub use cordboard_journal::{MemoryDisk, ReplayFrom, RetainLog};
pub use cordboard_plugin_host::OutcomeCounts;
#[cfg(feature = "azure")]
pub use edge::DigitsSink;
pub use engine::{
    Action, AgentHandle, AgentOverview, CallHandle, Contact, Engine, EngineBuilder, NewCall,
    Overview, QueueHandle, QueueOverview, SupervisorHandle,
};
pub use error::{ActionError, BuildError, BuildErrors, ReplayError, SubmitError};
pub use explain::{ExplainError, Explanation, ExplanationLine, RECORDS_TOLD_MAX, explain};
pub use pending::Pending;
pub use plugins::PluginStatus;
pub use replay::{Replayed, replay};
pub use schemas::{OPENAPI_V1, schemas};
