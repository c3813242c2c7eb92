//! Scenarios: one rule per test, in a file named after the one that has the rule.

mod answering;
mod exiting;
mod matching;
mod menu;
mod offering;
mod queued;
