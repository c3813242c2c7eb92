//! The pure core of Cordboard.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod ids;
pub mod participant;
pub mod question;
