//! Makes components of JavaScript with `componentize-qjs`: the QuickJS engine, with the plugin in it.

use super::function;
use crate::plugin::language::described::{Described, WORLD, run, said};
use anyhow::bail;
use std::path::Path;

/// The version of the compiler that new projects have. What another one makes may not load.
pub(super) const VERSION: &str = "0.4.5";

/// The oldest Node.js that runs compiler and tests.
const NODE_MIN: u32 = 18;

/// What to do where a program is missing.
const NEEDED: &str = "a plugin in JavaScript needs Node.js 18 or later and npm on the PATH (Debian has them in the packages nodejs and npm)";

/// The program of the compiler, from the folder of a project.
const COMPILER: &str = "node_modules/componentize-qjs/cli.mjs";

/// Makes the component of a project, without its manifest. Installs the compiler first, where the
/// project does not have it yet.
///
/// # Errors
/// Node.js or npm is missing, the registry cannot be reached, or the plugin does not compile.
pub(super) fn compile(project: &Described) -> anyhow::Result<Vec<u8>> {
    let folder = &project.folder;
    check_node(folder)?;
    if !folder.join(COMPILER).is_file() {
        install(folder)?;
    }
    project.write("entry.js", &entry(project))?;
    project.write("plugin.wit", &project.wit())?;
    let arguments = [
        COMPILER,
        "--wit",
        ".cordboard/plugin.wit",
        "--js",
        ".cordboard/entry.js",
        "--module-root",
        ".",
        "--world",
        WORLD,
        "--stub-wasi",
        "--sync",
        "--output",
        ".cordboard/component.wasm",
    ];
    project.compile("plugin.js", "component.wasm", || {
        run(folder, "node", arguments, NEEDED)
    })
}

fn check_node(folder: &Path) -> anyhow::Result<()> {
    let output = run(folder, "node", ["--version"], NEEDED)?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if major(&version).is_none_or(|major| major < NODE_MIN) {
        bail!("Node.js {NODE_MIN} or later is needed, and `node` on the PATH is `{version}`");
    }
    Ok(())
}

/// The first number of a version, as in `v20.20.2`.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn install(folder: &Path) -> anyhow::Result<()> {
    let locked = folder.join("package-lock.json").is_file();
    let command = if locked { "ci" } else { "install" };
    // On Windows it is a script, which is not found without its ending.
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let arguments = [command, "--no-audit", "--no-fund", "--loglevel=error"];
    let output = run(folder, npm, arguments, NEEDED)?;
    if !output.status.success() {
        bail!(
            "`npm {command}` cannot install the compiler:\n{}",
            said(&output)
        );
    }
    if !folder.join(COMPILER).is_file() {
        bail!(
            "`npm {command}` has not installed `componentize-qjs`: add `\"componentize-qjs\": \"{VERSION}\"` to `devDependencies` in \
             `package.json`"
        );
    }
    Ok(())
}

/// The module that joins plugin and contract.
fn entry(project: &Described) -> String {
    let functions: Vec<&str> = project
        .points
        .iter()
        .map(|point| function(*point))
        .collect();
    let points: Vec<String> = project
        .points
        .iter()
        .map(|point| format!("\"{}\"", point.name()))
        .collect();
    format!(
        "// Written by `cordboard plugin build`.\n\
         import log from \"cordboard:plugin/log@0.1.0\";\n\
         import {{ component }} from \"../vendor/cordboard-plugin/component.js\";\n\
         import * as plugin from \"../plugin.js\";\n\
         export const {{ meta, {} }} = component(plugin, [{}], log.write);\n",
        functions.join(", "),
        points.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_plugin_host::Point;
    use std::path::PathBuf;

    #[test]
    fn the_exports_have_the_decision_points_of_the_manifest() {
        let project = Described {
            folder: PathBuf::new(),
            name: "a".to_owned(),
            points: vec![Point::EndpointSelect, Point::SkillMatch],
        };
        assert!(entry(&project).ends_with(
            "export const { meta, endpointSelect, skillMatch } = component(plugin, [\"endpoint-select\", \"skill-match\"], log.write);\n"
        ));
    }

    #[test]
    fn versions_of_node_are_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("v9"), Some(9));
        assert_eq!(major("20.1"), None);
        assert_eq!(major(""), None);
    }
}
