//! The JSON Schemas in `schemas/`, which `cordboard schemas FOLDER` writes.

use std::{collections::BTreeMap, ffi::OsString, fs, io, path::Path};

use anyhow::{Context as _, Result, bail};

use crate::{
    progress::Outcome,
    workspace::{Workspace, succeed},
};

/// Writes `schemas/` anew or, to check, says which files differ from those that the code describes.
pub(crate) fn run(workspace: &Workspace, check: bool) -> Result<Outcome> {
    let kept = workspace.root.join("schemas");
    let made = workspace.target.join("schemas");
    if made.is_dir() {
        fs::remove_dir_all(&made)?;
    }
    fs::create_dir_all(&made)?;
    succeed(
        workspace
            .command(workspace.built("cordboard"))
            .arg("schemas")
            .arg(&made),
    )?;

    let (is, should_be) = (read(&kept)?, read(&made)?);
    if check {
        let differing = differing(&is, &should_be);
        if !differing.is_empty() {
            bail!(
                "not up to date: {}: run `cargo xtask schemas` and commit",
                differing.join(", ")
            );
        }
        return Ok(Outcome::Done);
    }
    for name in is.keys().filter(|name| !should_be.contains_key(*name)) {
        fs::remove_file(kept.join(name))?;
    }
    for (name, text) in &should_be {
        fs::create_dir_all(&kept)?;
        fs::write(kept.join(name), text)?;
    }
    Ok(Outcome::Done)
}

/// The schemas in a folder, by file name; none if there is no such folder.
fn read(folder: &Path) -> Result<BTreeMap<OsString, Vec<u8>>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read `{}`", folder.display()));
        }
    };
    let mut files = BTreeMap::new();
    for entry in entries {
        let path = entry?.path();
        if let (true, Some(name)) = (
            path.extension()
                .is_some_and(|extension| extension == "json"),
            path.file_name(),
        ) {
            files.insert(name.to_os_string(), fs::read(&path)?);
        }
    }
    Ok(files)
}

fn differing(
    is: &BTreeMap<OsString, Vec<u8>>,
    should_be: &BTreeMap<OsString, Vec<u8>>,
) -> Vec<String> {
    let missing = should_be
        .keys()
        .filter(|name| !is.contains_key(*name))
        .map(|name| format!("`{}` is missing", name.display()));
    let others = is
        .iter()
        .filter_map(|(name, text)| match should_be.get(name) {
            None => Some(format!("`{}` is of no use", name.display())),
            Some(new) if new != text => Some(format!("`{}` differs", name.display())),
            Some(_) => None,
        });
    missing.chain(others).collect()
}
