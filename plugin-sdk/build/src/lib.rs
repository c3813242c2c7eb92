//! Makes WebAssembly components of plugin sources: what `cordboard plugin build` and
//! `cargo xtask plugins` have in common, so that a plugin is the same whoever builds it.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod component;
pub mod rust;
