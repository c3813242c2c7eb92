//! The WebAssembly target of the Rust toolchain.

use std::{env, path::PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::{
    progress::Outcome,
    workspace::{Workspace, succeed, works},
};

/// The target that plugins are compiled for: no system interface at all, so a plugin cannot even ask for one.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Adds the target to the toolchain unless it is there. Nothing else does: rustup may have been told not to install by itself.
pub(crate) fn ensure_wasm_target(workspace: &Workspace) -> Result<Outcome> {
    if wasm_target_is_installed(workspace)? {
        return Ok(Outcome::Done);
    }
    if !works(workspace.command("rustup").arg("--version")) {
        bail!(
            "the Rust target `{WASM_TARGET}` is missing and there is no `rustup` on the PATH to add it: install rustup, or the \
             standard library for {WASM_TARGET} by the package manager that Rust came with, and run this again"
        );
    }
    succeed(workspace.command("rustup").args(["target", "add", WASM_TARGET])).with_context(|| {
        format!("cannot add the Rust target `{WASM_TARGET}`: run `rustup target add {WASM_TARGET}` where there is a network")
    })?;
    if !wasm_target_is_installed(workspace)? {
        bail!(
            "`rustup` added `{WASM_TARGET}`, but not to the `rustc` in use: put rustup's programs before others on the PATH, or \
             unset RUSTC"
        );
    }
    Ok(Outcome::Done)
}

fn wasm_target_is_installed(workspace: &Workspace) -> Result<bool> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = workspace
        .command(rustc)
        .args(["--print", "target-libdir", "--target", WASM_TARGET])
        .output()
        .context("cannot run `rustc`")?;
    if !output.status.success() {
        bail!(
            "`rustc` does not know `{WASM_TARGET}`: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    // The folder alone is not enough: rustup leaves an empty one behind when it removes a target.
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let Ok(entries) = folder.read_dir() else {
        return Ok(false);
    };
    Ok(entries
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("libcore-")))
}
