//! Trials of Cordboard's limits: what a million calls leave behind, how long a start takes that finds thousands of calls, and
//! what becomes of callers when there are more than can be served.
//!
//! `cargo xtask trial NAME` runs one with its full size; the tests of this crate run each with a small one.
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![expect(
    clippy::indexing_slicing,
    reason = "only JSON is indexed: a member that is not there reads as null, and is made where it is written"
)]

pub mod centre;
pub mod endurance;
pub mod overload;
mod process;
pub mod restart;
mod service;
mod stage;
mod watched;
