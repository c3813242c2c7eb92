//! The programs of the workspace.

use std::{
    ffi::OsString,
    process::{Command, ExitCode},
};

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
    let mut demo = workspace.command(workspace.built("cordboard"));
    demo.arg("demo").args(arguments);
    run(workspace, &mut demo)
}

/// Runs `cordboard-trials`; its exit code becomes this program's.
pub(crate) fn trial(workspace: &Workspace, arguments: &[OsString]) -> Result<ExitCode> {
    let mut trial = workspace.command(workspace.built("cordboard-trials"));
    trial.args(arguments);
    run(workspace, &mut trial)
}

fn run(workspace: &Workspace, command: &mut Command) -> Result<ExitCode> {
    command.env(workspace::PLUGINS_VARIABLE, workspace.plugins());
    let status = command.status().context("cannot run the program")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
