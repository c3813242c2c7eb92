//! Tests of the core: scenarios (a script of inputs, the exact commands after each) and properties
//! (random inputs against a small reference model).
//!
//! `UPDATE_EXPECT=1 cargo test -p cordboard-core --test core` writes the commands of this build
//! into the scenarios; read the difference before you commit it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod harness;
mod property;
mod scenario;
