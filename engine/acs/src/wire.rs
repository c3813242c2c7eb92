//! What travels between the engine and Communication Services Call Automation, version 2026-03-12.
//!
//! All types read and write: a simulated service uses them from the other side. Reading is tolerant, as the service and
//! its SDKs differ among versions: unknown members are ignored, optional ones may be absent or null, enumerations are
//! open and compared without case.

pub mod call;
pub mod callback;
pub mod error;
pub mod event_grid;
pub mod identifier;
mod identity;
pub mod media;
mod open_enum;
pub mod participant;
pub mod recording;
pub mod route;
pub mod streaming;
