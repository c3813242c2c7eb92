//! The tests in Python: Microsoft's SDK drives the simulator, and the SDK for plugins is tested.

use std::{fs, path::Path, path::PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::{
    progress::Outcome,
    workspace::{PLUGINS_VARIABLE, Workspace, is_ci, succeed, works},
};

/// The tests, with the packages that they need in `requirements.txt`.
const TESTS: &str = "simulator/tests/python";

/// The SDK for plugins, which needs no packages.
const SDK: &str = "plugin-sdk/python";

/// Tells the tests where the program is.
const PROGRAM_VARIABLE: &str = "CORDBOARD_PROGRAM";

/// Runs the tests with pytest, in an environment of their own below `target`. What is missing skips them, and fails in CI.
pub(crate) fn run(workspace: &Workspace) -> Result<Outcome> {
    let requirements = workspace.root.join(TESTS).join("requirements.txt");
    if !requirements.is_file() {
        return Ok(Outcome::Skipped("there are none yet".into()));
    }
    let python = match prepare(workspace, &requirements) {
        Ok(python) => python,
        Err(error) if is_ci() => return Err(error),
        Err(error) => return Ok(Outcome::Skipped(format!("{error:#}"))),
    };
    let mut pytest = workspace.command(&python);
    pytest
        .env(PROGRAM_VARIABLE, workspace.built("cordboard"))
        .env(PLUGINS_VARIABLE, workspace.plugins());
    // Cached bytecode and results would be written between the sources.
    pytest.env("PYTHONDONTWRITEBYTECODE", "1");
    succeed(pytest.args(["-m", "pytest", "-p", "no:cacheprovider", "-q", TESTS]))?;

    let mut sdk = workspace.command(python);
    sdk.env("PYTHONDONTWRITEBYTECODE", "1");
    sdk.current_dir(workspace.root.join(SDK));
    succeed(sdk.args(["-m", "unittest", "-q"]))?;
    Ok(Outcome::Done)
}

/// Makes the environment, unless it has just what `requirements.txt` names, and returns its interpreter.
fn prepare(workspace: &Workspace, requirements: &Path) -> Result<PathBuf> {
    let Some(system) = ["python3", "python"]
        .into_iter()
        .find(|name| works(workspace.command(name).args(["-c", CHECK])))
    else {
        bail!("there is no Python {MINIMUM} or later on the PATH");
    };
    let environment = workspace.target.join("python");
    let python = environment.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    let installed = environment.join("installed.txt");

    let wanted = fs::read(requirements)?;
    if works(workspace.command(&python).arg("--version"))
        && fs::read(&installed).is_ok_and(|is| is == wanted)
    {
        return Ok(python);
    }
    succeed(
        workspace
            .command(system)
            .args(["-m", "venv", "--clear"])
            .arg(&environment),
    )
    .context("cannot make a Python environment (Debian has it in the package python3-venv)")?;
    let mut pip = workspace.command(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
    ])
    .arg(requirements);
    succeed(&mut pip).context("cannot install the Python packages of the tests")?;
    fs::write(&installed, &wanted)?;
    Ok(python)
}

/// The oldest Python that the SDK under test runs on.
const MINIMUM: &str = "3.9";
const CHECK: &str = "import sys; sys.exit(sys.version_info < (3, 9))";
