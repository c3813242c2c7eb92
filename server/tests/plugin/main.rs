//! `cordboard plugin …` as an author runs it: the program, real compilers, real components.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test: whatever is not as expected fails it"
)]

mod findings;
mod javascript;
mod projects;
mod python;
mod quickstart;
mod shipping;
mod vectors;
mod workbench;
