//! The edge to Azure Communication Services Call Automation: wire types, client, inbound events.
//!
//! - [`wire`]: what travels, in types that read and write, so that a simulated service uses them as well.
//! - [`client`]: one typed function an operation, signed ([`hmac`]), sent again where that is safe and only there.
//! - [`operation`]: the core's operations as requests, their outcomes as the core's outcomes.
//! - [`event_grid`], [`callback`]: what arrives, read without losing the good for the bad; [`webhook_auth`] and
//!   [`callback_path`]: whether it may arrive; [`inbound`]: what it is to the core.
//! - [`edge_key`]: the one secret behind request ids, callback paths and operation contexts.
//!
//! There is no HTTP server in this crate: it judges and reads requests that somebody else received.
//!
//! Secrets (keys, call contexts, digits that a caller enters) are in no `Debug` text, error or log of this crate, and
//! phone numbers keep their last two digits there.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod callback;
pub mod callback_path;
pub mod client;
pub mod edge_key;
pub mod endpoint;
pub mod event_grid;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod hmac;
pub mod inbound;
mod mac;
pub mod masking;
pub mod operation;
pub mod operation_context;
mod secret;
mod seldom;
pub mod webhook_auth;
pub mod wire;

pub use callback_path::CallbackPath;
pub use client::{Client, ClientLimits, Dispatch, Outcome};
pub use edge_key::EdgeKey;
pub use endpoint::Endpoint;
pub use operation::{OperationSettings, Operator};
pub use operation_context::OperationContext;
pub use secret::Secret;
pub use seldom::Seldom;
pub use webhook_auth::WebhookAuth;
