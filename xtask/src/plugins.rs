//! Compiles plugins to WebAssembly components.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{
    progress::Outcome,
    workspace::{Workspace, folders_in, succeed},
};

/// Where the sources of plugins are, and in which folder below `target/plugins` their components go.
const SOURCES: [(&str, &str); 2] = [
    ("plugins", ""),
    ("engine/plugin-host/tests/guests", "hostile"),
];

struct Plugin {
    package: String,
    component: PathBuf,
}

/// Builds the program that makes components alone, without the engine: whoever writes a plugin need not wait for wasmtime.
pub(crate) fn build_componentise(workspace: &Workspace) -> Result<Outcome> {
    let mut cargo = workspace.cargo();
    succeed(cargo.args(["build", "--release", "--package", "xtask-componentise"]))?;
    Ok(Outcome::Done)
}

/// Leaves a component in `target/plugins` for each folder in `plugins/` that is a crate, under the folder's name, and the guests
/// that tests misbehave with in `target/plugins/hostile`.
pub(crate) fn build(workspace: &Workspace) -> Result<Outcome> {
    let plugins = find(workspace)?;
    if plugins.is_empty() {
        return Ok(Outcome::Skipped("there are none yet".into()));
    }
    // It is told which cargo to use and where that leaves what it builds.
    let mut componentise = workspace.with_cargo(workspace.built("componentise"));
    componentise.arg(&workspace.root);
    for plugin in &plugins {
        componentise.arg(&plugin.package).arg(&plugin.component);
    }
    succeed(&mut componentise)?;
    remove_strangers(workspace, &plugins)?;
    Ok(Outcome::Done)
}

fn find(workspace: &Workspace) -> Result<Vec<Plugin>> {
    let mut plugins = Vec::new();
    for (sources, components) in SOURCES {
        for folder in folders_in(&workspace.root.join(sources))? {
            let manifest = folder.join("Cargo.toml");
            let (true, Some(name)) = (manifest.is_file(), folder.file_name()) else {
                continue;
            };
            let mut file = OsString::from(name);
            file.push(".wasm");
            plugins.push(Plugin {
                package: package_name(&manifest)?,
                component: workspace.plugins().join(components).join(file),
            });
        }
    }
    Ok(plugins)
}

/// Reads the package's name. Our manifests put it on a line of its own, so a TOML library is not worth its compile time here.
fn package_name(manifest: &Path) -> Result<String> {
    let text = fs::read_to_string(manifest)
        .with_context(|| format!("cannot read `{}`", manifest.display()))?;
    text.lines()
        .skip_while(|line| line.trim() != "[package]")
        .find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .map(str::to_owned)
        .with_context(|| {
            format!(
                "no line `name = \"...\"` below `[package]` in `{}`",
                manifest.display()
            )
        })
}

/// Removes components whose source is gone.
fn remove_strangers(workspace: &Workspace, plugins: &[Plugin]) -> Result<()> {
    let ours: BTreeSet<&Path> = plugins
        .iter()
        .map(|plugin| plugin.component.as_path())
        .collect();
    for (_, components) in SOURCES {
        let folder = workspace.plugins().join(components);
        let Ok(entries) = folder.read_dir() else {
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "wasm")
                && !ours.contains(path.as_path())
            {
                fs::remove_file(&path)
                    .with_context(|| format!("cannot remove `{}`", path.display()))?;
            }
        }
    }
    Ok(())
}
