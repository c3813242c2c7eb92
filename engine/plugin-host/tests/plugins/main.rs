//! Good, broken and hostile plugins in a host.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test: whatever is not as expected fails it"
)]

mod bench;
mod decisions;
mod guest;
mod hostile;
mod loading;
mod twenty;
