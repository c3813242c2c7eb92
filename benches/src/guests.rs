//! Builds the guests of the benches, the way `cargo xtask build` builds plugins.

use std::{env, fs, path::PathBuf, process::Command};

use anyhow::{Context as _, Result, ensure};
use wit_component::ComponentEncoder;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "plugin";

/// The plugin `skill-match` as a component.
///
/// # Errors
///
/// The compiler is missing or fails; the message has its output.
pub fn skill_match() -> Result<Vec<u8>> {
    let module = module("skill-match")?;
    ComponentEncoder::default()
        .validate(true)
        .module(&module)?
        .encode()
}

/// The same rule behind JSON, as a core module.
///
/// # Errors
///
/// Like [`skill_match()`].
pub fn json() -> Result<Vec<u8>> {
    module("json-guest")
}

fn module(package: &str) -> Result<Vec<u8>> {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    // A folder of its own: the flags differ from those of the rest.
    let target = workspace.join("target/bench-guests");
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(&workspace)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTFLAGS", "-Clink-arg=-zstack-size=65536")
        .args(["build", "--quiet", "--profile", PROFILE, "--target", TARGET])
        .args(["--package", package, "--target-dir"])
        .arg(&target)
        .output()
        .context("cannot run cargo")?;
    ensure!(
        output.status.success(),
        "cannot build `{package}`: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let file = format!("{}.wasm", package.replace('-', "_"));
    let path = target.join(TARGET).join(PROFILE).join(file);
    fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))
}
