//! The edge to Azure Communication Services Call Automation: wire types, client, inbound events.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod masking;
mod secret;
pub mod wire;

pub use secret::Secret;
