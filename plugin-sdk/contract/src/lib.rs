//! The plugin contract of Cordboard: WIT, and the layout of packed rows.
//!
//! Plugins and the host both build on this crate and on nothing else of each other. A released
//! version is a frozen folder `wit/vX.Y` and a frozen module here ([`v0_1`]); a new version stands
//! beside it.
//!
//! A decision takes one `list<u32>` of facts and returns one `list<u32>`, so that a call costs two
//! copies of integers and no more. `wit/v0.1/packed-rows.md` is the layout; [`v0_1`] names its
//! numbers. `docs/adr/0003-packed-rows.md` has the measurements behind it.
#![cfg_attr(not(feature = "manifest"), no_std)]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(feature = "manifest")]
pub mod manifest;
pub mod v0_1;

/// Name of the custom section that holds the manifest, JSON text in UTF-8.
///
/// It may stand in the component or in a core module inside it, exactly once.
pub const MANIFEST_SECTION: &str = "cordboard:manifest";

/// Largest manifest, in bytes.
pub const MANIFEST_BYTES_MAX: usize = 256 * 1_024;

/// Key of a JSON Schema annotation that marks a string (or, under `propertyNames`, the keys of an
/// object) as the name of a `skill`, a `queue` or a `label`. The host refuses unknown names and
/// replaces known ones by their numbers before `configure`; keys become decimal strings.
pub const NAME_ANNOTATION: &str = "x-cordboard-name";
