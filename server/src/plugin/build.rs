//! `cordboard plugin build [FOLDER]`.

use super::check::read_json;
use super::language;
use crate::output;
use anyhow::{Context as _, bail};
use clap::Args;
use cordboard_plugin_build::component;
use cordboard_plugin_host::{Digest, Manifest};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Makes the component of a project.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The project: the folder of its `Cargo.toml`, `package.json` or `plugin.py`.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

/// The manifest of a project whose language cannot put it into the component.
const MANIFEST_FILE: &str = "manifest.json";
/// The JSON Schema of the configuration, which is the manifest's `config_schema` unless it has one.
const SCHEMA_FILE: &str = "schema.json";

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let built = project(&arguments.folder)?;
    output::say(format_args!(
        "{}: {} bytes, sha256 {}",
        built.file.display(),
        built.bytes,
        built.digest
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// A component that was left in its project.
pub(super) struct BuiltFile {
    pub(super) file: PathBuf,
    pub(super) bytes: usize,
    pub(super) digest: Digest,
}

/// Builds a project and leaves the component in its folder, named like it.
///
/// # Errors
/// The folder is no project, its sources do not compile, or its manifest has a mistake.
pub(super) fn project(folder: &Path) -> anyhow::Result<BuiltFile> {
    let language = language::of_project(folder)?;
    let built = (language.build)(folder)?;
    let mut bytes = built.component;
    if let Some(manifest) = manifest_file(folder)? {
        component::add_manifest(&mut bytes, &manifest);
    }
    let file = folder.join(format!("{}.wasm", built.name));
    // Not `./NAME.wasm`, for people.
    let file = file
        .strip_prefix(".")
        .map_or(file.clone(), Path::to_path_buf);
    component::write(&file, &bytes)?;
    Ok(BuiltFile {
        file,
        bytes: bytes.len(),
        digest: Digest::of(&bytes),
    })
}

/// The manifest that stands in the project, complete, or nothing where it is part of the sources.
fn manifest_file(folder: &Path) -> anyhow::Result<Option<String>> {
    let file = folder.join(MANIFEST_FILE);
    if !file.is_file() {
        return Ok(None);
    }
    let mut manifest = read_json(&file)?;
    let shown = file.display();
    let Some(members) = manifest.as_object_mut() else {
        bail!("`{shown}` is not a JSON object");
    };
    if !members.contains_key("config_schema") {
        let schema = folder.join(SCHEMA_FILE);
        if !schema.is_file() {
            bail!("`{shown}` has no `config_schema`, and there is no `{SCHEMA_FILE}` beside it");
        }
        members.insert("config_schema".to_owned(), read_json(&schema)?);
    }
    let text = manifest.to_string();
    serde_json::from_value::<Manifest>(manifest)
        .with_context(|| format!("`{shown}` is not a manifest"))?;
    Ok(Some(text))
}
