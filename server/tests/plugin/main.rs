//! `cordboard plugin …` as an author runs it: the program, real compilers, real components.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test: whatever is not as expected fails it"
)]

mod projects;
mod vectors;
mod workbench;
