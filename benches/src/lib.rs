//! What the benches share: the plugins that they measure and the questions that they ask.
//!
//! `README.md` has the figures and how they came about.

pub mod guests;
pub mod json;
pub mod questions;
