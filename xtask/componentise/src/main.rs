//! Turns the core modules of compiled plugins into WebAssembly components.
//!
//! `componentise INPUT OUTPUT [INPUT OUTPUT ...]` reads each core module `INPUT`, which carries its WIT world in a custom section,
//! and writes the component to `OUTPUT`. An output that would not change is left alone, so that a running engine sees no new file.
//!
//! It is a program apart from `xtask` because its libraries are those of wasmtime: built along with the workspace they are compiled
//! once, and `cargo xtask` itself starts within seconds.

#![forbid(unsafe_code)]

use std::{env, ffi::OsString, fs, path::Path};

use anyhow::{Context as _, Result, bail};
use wit_component::ComponentEncoder;

const USAGE: &str = "say `componentise INPUT OUTPUT [INPUT OUTPUT ...]`";

fn main() -> Result<()> {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let (pairs, []) = arguments.as_chunks::<2>() else {
        bail!("an input without an output: {USAGE}");
    };
    if pairs.is_empty() {
        bail!("nothing to do: {USAGE}");
    }
    for [input, output] in pairs {
        componentise(Path::new(input), Path::new(output))
            .with_context(|| format!("cannot make a component of `{}`", input.display()))?;
    }
    Ok(())
}

fn componentise(input: &Path, output: &Path) -> Result<()> {
    let module = fs::read(input)?;
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&module)?
        .encode()?;
    if fs::read(output).is_ok_and(|current| current == component) {
        return Ok(());
    }
    if let Some(folder) = output.parent() {
        fs::create_dir_all(folder)?;
    }
    // Renamed into place: whoever watches the folder never reads half a component.
    let unfinished = output.with_extension("unfinished");
    fs::write(&unfinished, &component)?;
    fs::rename(&unfinished, output)
        .with_context(|| format!("cannot write `{}`", output.display()))?;
    Ok(())
}
