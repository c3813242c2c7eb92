//! Builds the guests of the benches, the way `cargo xtask build` builds plugins.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use cordboard_plugin_build::{
    component,
    rust::{self, Sources},
};

/// The plugin `skill-match` as a component.
///
/// # Errors
///
/// The compiler is missing or fails; what it says goes to standard error.
pub fn skill_match() -> Result<Vec<u8>> {
    component::of_module(&module("skill-match")?)
}

/// The same rule behind JSON, as a core module.
///
/// # Errors
///
/// Like [`skill_match()`].
pub fn json() -> Result<Vec<u8>> {
    module("json-guest")
}

/// A plugin that behaves badly, as the tests of the plugin host have it: `looping`, `greedy`, `trapping` or `lying`.
///
/// # Errors
///
/// Like [`skill_match()`].
pub fn hostile(name: &str) -> Result<Vec<u8>> {
    component::of_module(&module(&format!("hostile-{name}"))?)
}

fn module(package: &str) -> Result<Vec<u8>> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let modules = rust::compile(&Sources {
        folder: &workspace,
        packages: &[package.to_owned()],
        // A folder of its own: the flags differ from those of the rest.
        target: Some(&workspace.join("target/bench-guests")),
        renamed: &[],
    })?;
    let module = modules.last().context("cargo has built no module")?;
    fs::read(&module.file).with_context(|| format!("cannot read `{}`", module.file.display()))
}
