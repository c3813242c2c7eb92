//! The Cordboard engine as a library.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod config;
