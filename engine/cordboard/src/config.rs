//! Configuration: from JSON text to the core's compiled form, with every mistake found at once.
//!
//! [`compile()`] reads a text, checks it against the [schema], then checks everything that a schema
//! cannot say: references, ways out of queues, prompts, numbers, time zones, secrets. What it
//! returns is complete: nothing is read later but plugin files.
//!
//! Names are interned. Numbers are only ever added, so that live calls, journals and plugins can
//! keep them: give the symbols of the configuration in force to [`compile()`].

mod compile;
mod output;
mod problem;
mod schema;
mod secret;
mod source;
mod structure;
mod text;
mod tokens;
mod v1;

pub(crate) use compile::examine;
#[cfg(feature = "azure")]
pub(crate) use compile::plain_http;
pub use compile::{AUDIO_RATE, CONFIG_NAME_CHARS_MAX, PROMPT_BYTES_MAX, SECRET_CHARS_MIN, compile};
pub use output::{
    AcsSettings, CanaryStep, CandidateSlo, CandidateSlot, Compiled, DrainSettings, JournalSettings,
    PluginHostSettings, PluginLimits, PluginSlot,
};
pub use problem::{Position, Problem};
pub use schema::config_v1 as schema;
pub use secret::Secret;
pub use source::{Machine, Memory, Source};
pub use text::TEXT_BYTES_MAX;
pub use tokens::{Holder, TokenDigest, Tokens};
