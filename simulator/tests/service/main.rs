//! The simulator as a service: requests and events over real HTTP, on a warped clock.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod broken;
mod calls;
mod control;
mod delivery;
mod media;
mod participants;
mod recordings;
mod stage;
