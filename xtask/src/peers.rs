//! The benchmark of a decision against what else one would use, in a workspace of its own.

use std::{ffi::OsString, process::ExitCode};

use anyhow::{Context as _, Result};

use crate::workspace::Workspace;

/// Builds and runs the program in `benches/peers`; its exit code becomes this program's. Paths count from where it is called.
pub(crate) fn run(workspace: &Workspace, arguments: &[OsString]) -> Result<ExitCode> {
    let folder = workspace.root.join("benches/peers");
    let status = workspace
        .command("cargo")
        .args(["run", "--release", "--quiet", "--locked", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(workspace.target.join("peers"))
        .arg("--")
        .args(arguments)
        .status()
        .context("cannot run `cargo`")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
