//! The tests of the JavaScript SDK.

use anyhow::{Result, bail};

use crate::{
    progress::Outcome,
    workspace::{Workspace, is_ci, succeed, works},
};

/// The SDK.
const SDK: &str = "plugin-sdk/javascript";

/// The oldest Node.js that the SDK takes.
const MINIMUM: u32 = 18;
const CHECK: &str = "process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)";

/// Runs the tests with `node --test`. Without Node.js they are skipped, and fail in CI.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    if !works(workspace.command("node").args(["-e", CHECK])) {
        let missing = format!("there is no Node.js {MINIMUM} or later on the PATH");
        if is_ci() {
            bail!("{missing}");
        }
        return Ok(Outcome::Skipped(missing));
    }
    let mut node = workspace.command("node");
    node.args(["--test", "--test-reporter=dot"]);
    succeed(node.current_dir(workspace.root.join(SDK)))?;
    Ok(Outcome::Done)
}
