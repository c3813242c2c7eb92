//! Makes components of Python with `componentize-py`: the CPython interpreter, with the plugin in it.

use super::exports;
use crate::plugin::language::described::{Described, WORLD, run, said};
use anyhow::bail;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The version of the compiler that new projects have. What another one makes may not load.
pub(super) const VERSION: &str = "0.25.1";

/// What to do where a program is missing.
const NEEDED: &str = "a plugin in Python needs Python 3.10 or later, with its module venv, on the PATH (Debian has them in the packages \
                      python3 and python3-venv)";

/// Exits with 1 where the interpreter is older than the compiler takes.
const CHECK: &str = "import sys; sys.exit(sys.version_info < (3, 10))";

/// The environment with the compiler, from the work folder of a project.
const ENVIRONMENT: &str = "venv";

/// Makes the component of a project, without its manifest. Installs the compiler first, where the
/// project does not have it yet, into an environment of its own.
///
/// # Errors
/// Python is missing or too old, the registry cannot be reached, or the plugin does not compile.
pub(super) fn compile(project: &Described) -> anyhow::Result<Vec<u8>> {
    let compiler = program(project, "componentize-py");
    if !compiler.is_file() {
        install(project, &compiler)?;
    }
    project.write("app/cordboard_entry.py", &entry(project))?;
    project.write("plugin.wit", &project.wit())?;
    let arguments = [
        "--quiet",
        "--wit-path",
        ".cordboard/plugin.wit",
        "--world",
        WORLD,
        "componentize",
        "--stub-wasi",
        "--python-path",
        ".",
        "--python-path",
        ".cordboard/app",
        "--output",
        ".cordboard/component.wasm",
        "cordboard_entry",
    ];
    project.compile("plugin.py", "component.wasm", || {
        run(
            &project.folder,
            std::path::absolute(&compiler)?,
            arguments,
            NEEDED,
        )
    })
}

/// A program of the project's environment.
fn program(project: &Described, name: &str) -> PathBuf {
    let environment = project.work(ENVIRONMENT);
    if cfg!(windows) {
        environment.join("Scripts").join(name).with_extension("exe")
    } else {
        environment.join("bin").join(name)
    }
}

fn install(project: &Described, compiler: &Path) -> anyhow::Result<()> {
    let folder = &project.folder;
    let system = if cfg!(windows) { "python" } else { "python3" };
    if !run(folder, system, ["-c", CHECK], NEEDED)?.status.success() {
        bail!("`{system}` on the PATH is too old: {NEEDED}");
    }
    let environment = std::path::absolute(project.work(ENVIRONMENT))?;
    let arguments = ["-m", "venv", "--clear"].map(std::ffi::OsStr::new);
    let arguments = arguments.into_iter().chain([environment.as_os_str()]);
    let made = run(folder, system, arguments, NEEDED)?;
    if !made.status.success() {
        bail!(
            "cannot make an environment for the compiler: {NEEDED}\n{}",
            said(&made)
        );
    }
    let python = std::path::absolute(program(project, "python"))?;
    let arguments = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
        "requirements.txt",
    ];
    let installed = run(folder, python, arguments, NEEDED)?;
    if !installed.status.success() {
        bail!("pip cannot install the compiler:\n{}", said(&installed));
    }
    if !compiler.is_file() {
        bail!("add `componentize-py=={VERSION}` to `requirements.txt`: pip has not installed it");
    }
    Ok(())
}

/// The module that joins plugin and contract.
fn entry(project: &Described) -> String {
    let mut text = String::from(ENTRY);
    for part in exports(&project.points) {
        let (class, method) = part.contract;
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "\n\n_{0} = decision(plugin, \"{1}\")\n\n\nclass {class}:\n    def {method}(self, facts):\n        return _{0}(facts, _policy)\n",
            part.function,
            part.point.name()
        );
    }
    text
}

const ENTRY: &str = r#""""Written by `cordboard plugin build`."""

import plugin
from componentize_py_types import Err
from cordboard_plugin import log
from cordboard_plugin.component import Refused, configured, decision, no_clock_no_randomness
from wit_world.exports.meta import Problem
from wit_world.imports import log as host_log

log.send_to(lambda level, text: host_log.write(host_log.Level[level.upper()], text))
no_clock_no_randomness()
_policy = None


class Meta:
    def configure(self, config):
        global _policy
        try:
            _policy = configured(plugin, config)
        except Refused as refused:
            raise Err([Problem(path, message) for path, message in refused.problems])
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_plugin_host::Point;

    #[test]
    fn the_exports_have_the_decision_points_of_the_manifest() {
        let project = Described {
            folder: PathBuf::new(),
            name: "a".to_owned(),
            points: vec![Point::EndpointSelect],
        };
        assert!(entry(&project).ends_with(
            "\n\n_endpoint_select = decision(plugin, \"endpoint-select\")\n\n\nclass EndpointSelect:\n    def select(self, facts):\n        \
             return _endpoint_select(facts, _policy)\n"
        ));
        assert!(!entry(&project).contains("skill"));
    }
}
