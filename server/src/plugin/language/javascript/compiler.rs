//! Makes components of JavaScript with `componentize-qjs`: the QuickJS engine, with the plugin in it.

use anyhow::{Context as _, bail};
use serde_json::Value;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The version of the compiler that new projects have. What another one makes may not load.
pub(super) const VERSION: &str = "0.4.5";

/// The oldest Node.js that runs compiler and tests.
const NODE_MIN: u32 = 18;

/// The contract, as the compiler reads it.
const WIT: &str = include_str!("../../../../../plugin-sdk/contract/wit/v0.1/plugin.wit");

/// The program of the compiler, from the folder of a project.
const COMPILER: &str = "node_modules/componentize-qjs/cli.mjs";

/// What belongs to no version control, from the folder of a project.
const WORK: &str = ".cordboard";

/// The world of a project.
const WORLD: &str = "project";

/// A project, ready to be compiled.
pub(super) struct Project {
    folder: PathBuf,
    /// The plugin's name.
    pub(super) name: String,
    /// Its decision points, each with the function of `plugin.js`.
    points: Vec<(&'static str, &'static str)>,
}

impl Project {
    /// Reads the manifest of a project. `functions` are all that there are, by decision point.
    ///
    /// # Errors
    /// There is none, or it lacks the name or the decision points.
    pub(super) fn read(
        folder: &Path,
        functions: &[(&'static str, &'static str)],
    ) -> anyhow::Result<Self> {
        let file = folder.join("manifest.json");
        let shown = file.display();
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read `{shown}`"))?;
        let manifest: Value =
            serde_json::from_str(&text).with_context(|| format!("`{shown}` is not JSON"))?;
        let name = manifest.get("name").and_then(Value::as_str);
        let Some(name) = name.filter(|name| is_name(name)) else {
            bail!("`{shown}` has no `name` of lower-case letters, digits and hyphens");
        };
        let reads = manifest.get("reads").and_then(Value::as_object);
        let mut points = Vec::new();
        for point in reads.into_iter().flat_map(serde_json::Map::keys) {
            let Some(known) = functions.iter().find(|(known, _)| known == point) else {
                let all: Vec<&str> = functions.iter().map(|(point, _)| *point).collect();
                bail!(
                    "`{shown}` has the decision point `{point}` in `reads`: there are {}",
                    all.join(", ")
                );
            };
            points.push(*known);
        }
        if points.is_empty() {
            bail!("`{shown}` names no decision point in `reads`");
        }
        Ok(Self {
            folder: folder.to_owned(),
            name: name.to_owned(),
            points,
        })
    }

    /// Makes the component, without its manifest. Installs the compiler first, where the project does
    /// not have it yet.
    ///
    /// # Errors
    /// Node.js or npm is missing, the registry cannot be reached, or the plugin does not compile.
    pub(super) fn compile(&self) -> anyhow::Result<Vec<u8>> {
        check_node(&self.folder)?;
        if !self.folder.join(COMPILER).is_file() {
            self.install()?;
        }
        let work = self.folder.join(WORK);
        let component = work.join("component.wasm");
        let write = |name: &str, text: String| {
            let file = work.join(name);
            fs::write(&file, text).with_context(|| format!("cannot write `{}`", file.display()))
        };
        fs::create_dir_all(&work).with_context(|| format!("cannot make `{}`", work.display()))?;
        write("entry.js", self.entry())?;
        write("plugin.wit", self.wit())?;
        // What an earlier run has left is not what this one makes.
        if component.exists() {
            fs::remove_file(&component)
                .with_context(|| format!("cannot remove `{}`", component.display()))?;
        }
        let output = run(
            &self.folder,
            "node",
            [
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
            ],
        )?;
        if !output.status.success() || !component.is_file() {
            bail!("`plugin.js` does not compile:\n{}", said(&output));
        }
        fs::read(&component).with_context(|| format!("cannot read `{}`", component.display()))
    }

    fn install(&self) -> anyhow::Result<()> {
        let locked = self.folder.join("package-lock.json").is_file();
        let command = if locked { "ci" } else { "install" };
        // On Windows it is a script, which is not found without its ending.
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        let quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
        let arguments = [command].into_iter().chain(quiet);
        let output = run(&self.folder, npm, arguments)?;
        if !output.status.success() {
            bail!(
                "`npm {command}` cannot install the compiler:\n{}",
                said(&output)
            );
        }
        if !self.folder.join(COMPILER).is_file() {
            bail!(
                "`npm {command}` has not installed `componentize-qjs`: add `\"componentize-qjs\": \"{VERSION}\"` to `devDependencies` in \
                 `package.json`"
            );
        }
        Ok(())
    }

    /// The module that joins plugin and contract.
    fn entry(&self) -> String {
        let exports: Vec<&str> = self.points.iter().map(|(_, function)| *function).collect();
        let points: Vec<String> = self
            .points
            .iter()
            .map(|(point, _)| format!("\"{point}\""))
            .collect();
        format!(
            "// Written by `cordboard plugin build`.\n\
             import log from \"cordboard:plugin/log@0.1.0\";\n\
             import {{ component }} from \"../vendor/cordboard-plugin/component.js\";\n\
             import * as plugin from \"../plugin.js\";\n\
             export const {{ meta, {} }} = component(plugin, [{}], log.write);\n",
            exports.join(", "),
            points.join(", ")
        )
    }

    /// The contract, with a world that has the plugin's decision points.
    fn wit(&self) -> String {
        let mut text = format!("{WIT}\nworld {WORLD} {{\n  include base;\n");
        for (point, _) in &self.points {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "  export {point};");
        }
        text + "}\n"
    }
}

/// A name that is safe as the name of a file.
fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.bytes().all(fits)
}

fn check_node(folder: &Path) -> anyhow::Result<()> {
    let output = run(folder, "node", ["--version"])?;
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

fn run(
    folder: &Path,
    program: &str,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> anyhow::Result<Output> {
    Command::new(program)
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .with_context(|| {
            format!(
                "cannot run `{program}`: a plugin in JavaScript needs Node.js {NODE_MIN} or later and npm on the PATH (Debian has them in \
                 the packages nodejs and npm)"
            )
        })
}

/// What a program said, for a message.
fn said(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    format!("{}\n{}", out.trim(), error.trim())
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(points: &[(&'static str, &'static str)]) -> Project {
        Project {
            folder: PathBuf::new(),
            name: "a".to_owned(),
            points: points.to_vec(),
        }
    }

    #[test]
    fn the_world_and_the_exports_have_the_decision_points_of_the_manifest() {
        let project = project(&[
            ("endpoint-select", "endpointSelect"),
            ("skill-match", "skillMatch"),
        ]);
        assert!(project.wit().ends_with(
            "world project {\n  include base;\n  export endpoint-select;\n  export skill-match;\n}\n"
        ));
        assert!(project.entry().ends_with(
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
