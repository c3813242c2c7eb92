//! Replaying what a journal holds: its log, into the same state and the same commands, and its
//! decisions, with the plugins that made them or with others.

mod decisions;
mod difference;
mod log;
mod timing;

pub use decisions::{
    DecisionReplay, DecisionReplayError, DecisionReplaySummary, EXAMPLES_PER_CLASS, ReplayWith,
    Unreplayed,
};
pub(crate) use difference::{Answered, classify};
pub use difference::{Difference, DifferenceClass};
pub use log::{Replayed, replay};
pub use timing::Timing;
