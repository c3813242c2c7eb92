//! The pure core of Cordboard.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod command;
pub mod config;
pub mod decision;
pub mod event;
pub mod hours;
pub mod ids;
pub mod input;
pub mod participant;
pub mod question;
mod tenant;

pub use command::{Command, Operation};
pub use config::Config;
pub use decision::Decision;
pub use event::Event;
pub use input::{Input, Outcome, Reply};
pub use question::{Advice, Ask, PluginFailure, Verdict};
pub use tenant::Tenant;
