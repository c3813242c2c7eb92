//! A local stand-in for ACS Call Automation, with scripted callers and agents and a ledger.
//!
//! [`Simulator`] serves the REST interface and delivers events over real HTTP. People are [`script`]s, what they experienced is in the
//! [`ledger`], what it amounts to are [`figures`]. How the service behaves where its documents are silent is [`Behaviour`].
//!
//! Time is that of a [`cordboard_clock::Clock`]. On a warped one, the simulator holds time still while it serves a request or delivers
//! an event; the application in the same process does its part by the clock's discipline: it takes a hold in each handler, and keeps one
//! while it waits for the answer to a request of its own.
//!
//! ```
//! use cordboard_clock::Clock;
//! use cordboard_simulator::{Secret, Simulator, SimulatorConfig, script::{CallerScript, Fate}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (clock, start) = Clock::warped(1_774_000_000_000)?;
//! let config = SimulatorConfig::new(Secret::new("c2VjcmV0"), 7, clock);
//! let simulator = Simulator::builder(config).bind(([127, 0, 0, 1], 0).into()).await?;
//!
//! // Nobody is subscribed: the call rings for thirty seconds and reaches nobody.
//! let mut caller = CallerScript::new("caller", "28:orgid:sales", "4:+14255550123");
//! caller.allowed_fates = [Fate::RangOut].into();
//! simulator.place_call(caller)?;
//! drop(start);
//! simulator.finished().await;
//!
//! let figures = simulator.ledger().figures();
//! assert_eq!((figures.calls, figures.unreached), (1, 1));
//! simulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod config;
mod control;
mod driver;
mod error;
pub mod figures;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod ledger;
mod progress;
mod prompt;
mod random;
mod running;
pub mod script;
mod server;
mod subscribe;
pub mod world;

pub use cordboard_acs::Secret;

pub use config::{Behaviour, EventSchema, SimulatorConfig, Subscription};
pub use control::FiguresAnswer;
pub use error::{ScriptError, StartError, SubscribeError};
pub use progress::Progress;
pub use running::{Running, Simulator, SimulatorBuilder};
