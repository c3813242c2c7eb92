//! Compiles the plugins of this workspace to WebAssembly components.
//!
//! `componentise ROOT PACKAGE OUTPUT [PACKAGE OUTPUT ...]` compiles each `PACKAGE` of the workspace in `ROOT` and writes its
//! component to `OUTPUT`.
//!
//! It is a program apart from `xtask` because its libraries are those of wasmtime: built along with the workspace they are compiled
//! once, and `cargo xtask` itself starts within seconds.

#![forbid(unsafe_code)]

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use cordboard_plugin_build::{
    component,
    rust::{self, Sources},
};

const USAGE: &str = "say `componentise ROOT PACKAGE OUTPUT [PACKAGE OUTPUT ...]`";

fn main() -> Result<()> {
    let mut arguments = env::args_os().skip(1);
    let root = PathBuf::from(arguments.next().context(USAGE)?);
    let rest: Vec<OsString> = arguments.collect();
    let (pairs, []) = rest.as_chunks::<2>() else {
        bail!("a package without an output: {USAGE}");
    };
    if pairs.is_empty() {
        bail!("nothing to do: {USAGE}");
    }
    let packages: Vec<String> = pairs
        .iter()
        .map(|[package, _]| package.to_string_lossy().into_owned())
        .collect();
    let modules = rust::compile(&Sources {
        folder: &root,
        packages: &packages,
        target: None,
        renamed: &[(root.clone(), "/cordboard".to_owned())],
    })?;
    for (package, [_, output]) in packages.iter().zip(pairs) {
        let name = format!("{}.wasm", package.replace('-', "_"));
        let module = modules
            .iter()
            .find(|module| module.file.file_name().is_some_and(|file| *file == *name))
            .with_context(|| {
                format!("`{package}` makes no module: it needs `crate-type = [\"cdylib\"]`")
            })?;
        componentise(&module.file, Path::new(output))
            .with_context(|| format!("cannot make a component of `{package}`"))?;
    }
    Ok(())
}

fn componentise(module: &Path, output: &Path) -> Result<()> {
    let module = fs::read(module)?;
    component::write(output, &component::of_module(&module)?)
}
