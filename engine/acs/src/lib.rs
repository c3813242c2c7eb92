//! The edge to Azure Communication Services Call Automation: wire types, client, inbound events.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod callback;
pub mod callback_path;
pub mod client;
pub mod edge_key;
pub mod endpoint;
pub mod event_grid;
pub mod hmac;
pub mod inbound;
mod mac;
pub mod masking;
pub mod operation;
pub mod operation_context;
mod secret;
pub mod webhook_auth;
pub mod wire;

pub use callback_path::CallbackPath;
pub use client::{Client, ClientLimits, Dispatch, Outcome};
pub use edge_key::EdgeKey;
pub use endpoint::Endpoint;
pub use operation::{OperationSettings, Operator};
pub use operation_context::OperationContext;
pub use secret::Secret;
pub use webhook_auth::WebhookAuth;
