//! Checks that run nothing: formatting, lints, documentation, dependencies.

use anyhow::{Result, bail};

use crate::{
    CRASH_POINTS, SEEDED_BUGS,
    progress::Outcome,
    workspace::{Workspace, is_ci, succeed, works},
};

pub(crate) fn formatting(workspace: &Workspace) -> Result<Outcome> {
    succeed(workspace.cargo().args(["fmt", "--all", "--check"]))?;
    Ok(Outcome::Done)
}

pub(crate) fn clippy(workspace: &Workspace) -> Result<Outcome> {
    let arguments = [
        "clippy",
        "--keep-going",
        "--release",
        "--workspace",
        "--all-targets",
        "--features",
        CRASH_POINTS,
        "--features",
        SEEDED_BUGS,
        "--",
        "-D",
        "warnings",
    ];
    succeed(workspace.cargo().args(arguments))?;
    Ok(Outcome::Done)
}

/// Of libraries alone: the program has the name of the library `cordboard`, and the two would overwrite each other.
pub(crate) fn documentation(workspace: &Workspace) -> Result<Outcome> {
    let mut cargo = workspace.cargo();
    cargo.env("RUSTDOCFLAGS", "-D warnings");
    succeed(cargo.args([
        "doc",
        "--keep-going",
        "--release",
        "--workspace",
        "--lib",
        "--no-deps",
    ]))?;
    Ok(Outcome::Done)
}

/// Licences, sources and banned crates. Not advisories: these need a database from the network, and an advisory of today must not
/// fail a build of yesterday; run `cargo deny check advisories` for them.
pub(crate) fn dependencies(workspace: &Workspace) -> Result<Outcome> {
    if !works(workspace.cargo().args(["deny", "--version"])) {
        let reason = "cargo-deny is not installed: `cargo install --locked cargo-deny`";
        if is_ci() {
            bail!(reason);
        }
        return Ok(Outcome::Skipped(reason.into()));
    }
    succeed(workspace.cargo().args([
        "deny",
        "--workspace",
        "check",
        "bans",
        "licenses",
        "sources",
    ]))?;
    Ok(Outcome::Done)
}
