//! Tests of compiled plugins, in the host that the engine has: facts in JSON with names where the
//! contract has numbers, and the verdicts that are expected.
//!
//! A file of golden vectors stands beside the plugin, `vectors.json`; `docs/plugins/vectors.md` has
//! its form. `cordboard plugin test` plays it, and so does a test of one's own:
//!
//! ```no_run
//! # use std::path::Path;
//! cordboard_plugin_test::check(Path::new("my-router.wasm"), Path::new("vectors.json"));
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod check;
mod difference;
mod facts;
mod kit;
mod layout;
mod names;
mod scale;
mod vectors;
mod verdict;

pub use check::check;
pub use difference::Difference;
pub use facts::{FactsError, ask};
pub use kit::{Kit, KitError, Outcome, Played, Questions};
pub use names::Interner;
pub use scale::{rows, with_rows};
pub use vectors::{Vector, Vectors, VectorsError};
pub use verdict::written;
