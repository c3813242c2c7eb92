//! A local stand-in for ACS Call Automation, with scripted callers and agents and a ledger.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod config;
mod control;
mod driver;
mod error;
pub mod figures;
pub mod ledger;
mod progress;
mod prompt;
mod random;
mod running;
pub mod script;
mod server;
mod subscribe;
mod world;

pub use cordboard_acs::Secret;

pub use config::{Behaviour, EventSchema, SimulatorConfig, Subscription};
pub use control::FiguresAnswer;
pub use error::{ScriptError, StartError, SubscribeError};
pub use progress::Progress;
pub use running::{Running, Simulator, SimulatorBuilder};
