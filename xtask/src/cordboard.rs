//! The programs of the workspace.

use std::{ffi::OsString, process::ExitCode};

use anyhow::{Context as _, Result};

use crate::{
    progress::Outcome,
    workspace::{self, Workspace, succeed},
};

/// Builds all libraries and programs of the workspace.
pub(crate) fn build(workspace: &Workspace) -> Result<Outcome> {
    succeed(
        workspace
            .cargo()
            .args(["build", "--release", "--workspace"]),
    )?;
    Ok(Outcome::Done)
}

/// Runs `cordboard demo`; its exit code becomes this program's.
pub(crate) fn demo(workspace: &Workspace, arguments: &[OsString]) -> Result<ExitCode> {
    let status = workspace
        .command(workspace.built("cordboard"))
        .env(workspace::PLUGINS_VARIABLE, workspace.plugins())
        .arg("demo")
        .args(arguments)
        .status()
        .context("cannot run `cordboard demo`")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
