//! Engine and simulator in one thread, under virtual time, with seeded faults, judged by checkers.
//!
//! The engine is the real one: its journal (in memory), outbox, lanes, recovery and opening inputs, and the client of Call
//! Automation with its retries, as far as the bytes of each request. The service is the simulator's [`World`], which gets
//! those bytes and whose events the engine's own parsers read. Between the two a network loses, doubles and delays; plugins
//! fail, agents do as they like, and the process crashes between any two inputs. Most of that happens now and then; in
//! [spells](Spell) it comes together.
//!
//! Everything comes from one seed: the same seed gives the same run, byte for byte. Calls are played in [batches](Plan) with a
//! world, a journal and a seed of their own, so that memory does not grow with their number and a batch that fails is played again
//! alone. What must hold is in [`checks`].
//!
//! [`World`]: cordboard_simulator::world::World
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod centre;
pub mod checks;
mod desks;
mod excuses;
mod faults;
mod network;
mod panics;
mod plan;
mod plugins;
mod shrink;
mod stage;
mod tasks;

pub use centre::Centre;
pub use checks::{NAMES, Violation};
pub use faults::{Faults, Spell};
pub use plan::{CALLS_PER_BATCH, Plan};
pub use shrink::shrink;
pub use stage::{Played, play, trace};
