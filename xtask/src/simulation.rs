//! Simulated calls under faults, in one process.

use std::{ffi::OsString, process::ExitCode};

use anyhow::{Context as _, Result};

use crate::{
    progress::Outcome,
    workspace::{Workspace, succeed},
};

/// What CI plays: always the same calls.
const CI_ARGUMENTS: [&str; 6] = ["--calls", "20000", "--seed", "1", "--threads", "2"];

/// Runs `cordboard-sim`; its exit code becomes this program's.
pub(crate) fn run(workspace: &Workspace, arguments: &[OsString]) -> Result<ExitCode> {
    let status = workspace
        .command(workspace.built("cordboard-sim"))
        .args(arguments)
        .status()
        .context("cannot run `cordboard-sim`")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Plays a fixed seed.
pub(crate) fn ci(workspace: &Workspace) -> Result<Outcome> {
    succeed(
        workspace
            .command(workspace.built("cordboard-sim"))
            .args(CI_ARGUMENTS),
    )?;
    Ok(Outcome::Done)
}
