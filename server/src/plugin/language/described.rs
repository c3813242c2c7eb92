//! Projects that describe themselves in `manifest.json`, and whose compiler reads the contract as WIT: in languages that bring a
//! runtime along.

use anyhow::{Context as _, bail};
use cordboard_plugin_host::Point;
use serde_json::Value;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The contract, as compilers read it.
const WIT: &str = include_str!("../../../../plugin-sdk/contract/wit/v0.1/plugin.wit");

/// The world of a project.
pub(super) const WORLD: &str = "project";

/// What belongs to no version control, from the folder of a project.
const WORK: &str = ".cordboard";

/// A project, as its manifest describes it.
pub(super) struct Described {
    pub(super) folder: PathBuf,
    /// The plugin's name.
    pub(super) name: String,
    /// Its decision points.
    pub(super) points: Vec<Point>,
}

impl Described {
    /// Reads the manifest of a project, whose language has these decision points.
    ///
    /// # Errors
    /// There is none, or it lacks the name or the decision points.
    pub(super) fn read(folder: &Path, known: &[Point]) -> anyhow::Result<Self> {
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
        for name in reads.into_iter().flat_map(serde_json::Map::keys) {
            let Some(point) = known.iter().find(|point| point.name() == name) else {
                let all: Vec<&str> = known.iter().map(|point| point.name()).collect();
                bail!(
                    "`{shown}` has the decision point `{name}` in `reads`: there are {}",
                    all.join(", ")
                );
            };
            points.push(*point);
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

    /// Where a file of the build lies.
    pub(super) fn work(&self, file: &str) -> PathBuf {
        self.folder.join(WORK).join(file)
    }

    /// Leaves a file for the compiler.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&self, file: &str, text: &str) -> anyhow::Result<()> {
        let file = self.work(file);
        let unwritable = || format!("cannot write `{}`", file.display());
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).with_context(unwritable)?;
        }
        fs::write(&file, text).with_context(unwritable)
    }

    /// Runs the compiler, which is to leave a file, and returns that file. `source` is what it compiles.
    ///
    /// # Errors
    /// The sources do not compile.
    pub(super) fn compile(
        &self,
        source: &str,
        left: &str,
        compiler: impl FnOnce() -> anyhow::Result<Output>,
    ) -> anyhow::Result<Vec<u8>> {
        let component = self.work(left);
        // What an earlier run has left is not what this one makes.
        if component.exists() {
            fs::remove_file(&component)
                .with_context(|| format!("cannot remove `{}`", component.display()))?;
        }
        let output = compiler()?;
        if !output.status.success() || !component.is_file() {
            bail!("`{source}` does not compile:\n{}", said(&output));
        }
        fs::read(&component).with_context(|| format!("cannot read `{}`", component.display()))
    }

    /// The contract, with a world that has the plugin's decision points.
    pub(super) fn wit(&self) -> String {
        let mut text = format!("{WIT}\nworld {WORLD} {{\n  include base;\n");
        for point in &self.points {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "  export {};", point.name());
        }
        text + "}\n"
    }
}

/// A name that is safe as the name of a file.
fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.bytes().all(fits)
}

/// Runs a program in a folder. `needed` says, where it is missing, what to install.
///
/// # Errors
/// It cannot be run.
pub(super) fn run(
    folder: &Path,
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    needed: &str,
) -> anyhow::Result<Output> {
    let program = program.as_ref();
    Command::new(program)
        .current_dir(folder)
        .args(arguments)
        // An environment that is active elsewhere is none of the project's.
        .env_remove("VIRTUAL_ENV")
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run `{}`: {needed}", program.display()))
}

/// What a program said, for a message.
pub(super) fn said(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    format!("{}\n{}", out.trim(), error.trim())
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_has_the_decision_points_of_the_manifest() {
        let project = Described {
            folder: PathBuf::new(),
            name: "a".to_owned(),
            points: vec![Point::EndpointSelect, Point::SkillMatch],
        };
        assert!(project.wit().ends_with(
            "world project {\n  include base;\n  export endpoint-select;\n  export skill-match;\n}\n"
        ));
    }
}
