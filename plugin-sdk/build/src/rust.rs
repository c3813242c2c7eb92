//! Compiles Rust plugins to core modules.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// The target that plugins are compiled for: no system interface at all, so a plugin cannot even
/// ask for one.
const TARGET: &str = "wasm32-unknown-unknown";

/// Stack of a plugin, in bytes. A fresh instance gets its own copy of what it touches of it, so
/// little is quick.
const STACK_BYTES: u32 = 64 * 1_024;

/// The profile that makes small and fast guests. It is told to cargo here rather than in each
/// manifest, so that a project of its own gets it too.
const PROFILE: &str = "plugin";
const PROFILE_SETTINGS: [(&str, &str); 8] = [
    ("inherits", "\"release\""),
    ("opt-level", "3"),
    ("debug", "false"),
    ("strip", "true"),
    ("lto", "\"fat\""),
    ("codegen-units", "1"),
    ("panic", "\"abort\""),
    ("overflow-checks", "false"),
];

/// What to compile.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    /// The folder that cargo runs in.
    pub folder: &'a Path,
    /// The packages to compile; none is the package of the folder.
    pub packages: &'a [String],
    /// Where cargo leaves what it builds; `None` is where it always does.
    pub target: Option<&'a Path>,
    /// Folders whose paths are written into the module as something else, so that the same sources
    /// make the same module on every machine. That of cargo's registry always is.
    pub renamed: &'a [(PathBuf, String)],
}

/// A compiled package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// The folder of its `Cargo.toml`.
    pub package: PathBuf,
    /// The core module, which carries world and manifest in custom sections.
    pub file: PathBuf,
}

/// Compiles packages to core modules. What cargo says goes to standard error.
///
/// # Errors
/// Cargo is not there, or the sources do not compile.
pub fn compile(sources: &Sources<'_>) -> Result<Vec<Module>> {
    let mut cargo = cargo(sources.folder);
    // For this one call: flags that hold for all builds would compile everything else anew. With
    // `--target` they reach neither build scripts nor macros.
    cargo
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", flags(sources.renamed));
    cargo.args(["build", "--lib", "--profile", PROFILE, "--target", TARGET]);
    cargo.arg("--message-format=json-render-diagnostics");
    for (name, value) in PROFILE_SETTINGS {
        cargo.args(["--config", &format!("profile.{PROFILE}.{name}={value}")]);
    }
    if let Some(target) = sources.target {
        cargo.arg("--target-dir").arg(target);
    }
    for package in sources.packages {
        cargo.args(["--package", package]);
    }
    modules(&told(&mut cargo, "compile the plugin")?)
}

/// The packages that a project is made of and that lie on this machine, under names that do not
/// depend on where: for [`Sources::renamed`].
///
/// # Errors
/// Cargo is not there, or the project's manifest has a mistake.
pub fn local_packages(folder: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut cargo = cargo(folder);
    cargo.args(["metadata", "--format-version", "1"]);
    cargo.args(["--filter-platform", TARGET]);
    let metadata: Value = serde_json::from_str(&told(&mut cargo, "read the project")?)
        .context("cargo's description of the project is not JSON")?;
    let packages = metadata
        .get("packages")
        .and_then(Value::as_array)
        .context("cargo's description of the project names no packages")?;
    let local = packages.iter().filter_map(|package| {
        if !package.get("source")?.is_null() {
            return None;
        }
        let name = package.get("name")?.as_str()?;
        Some((folder_of(package)?, format!("/{name}")))
    });
    Ok(local.collect())
}

/// The cargo that started this program, or that on the `PATH`.
fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(folder).stdin(Stdio::null());
    cargo
}

fn told(cargo: &mut Command, what: &str) -> Result<String> {
    let output = cargo.stderr(Stdio::inherit()).output().with_context(|| {
        format!("cannot {what}: cannot run cargo, which comes with Rust (https://rustup.rs)")
    })?;
    if !output.status.success() {
        bail!("cannot {what}: cargo ended with {}", output.status);
    }
    String::from_utf8(output.stdout).context("cargo's answer is not UTF-8")
}

fn flags(renamed: &[(PathBuf, String)]) -> OsString {
    let mut flags = OsString::from(format!("-Clink-arg=-zstack-size={STACK_BYTES}"));
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(env::home_dir()?.join(".cargo")));
    let home = home.map(|home| (home, "/cargo".to_owned()));
    for (folder, name) in renamed.iter().chain(&home) {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(folder);
        flags.push("=");
        flags.push(name);
    }
    flags
}

/// Finds the modules in what cargo tells, line by line.
fn modules(told: &str) -> Result<Vec<Module>> {
    let mut modules = Vec::new();
    for line in told.lines().filter(|line| line.starts_with('{')) {
        let message: Value =
            serde_json::from_str(line).context("a message of cargo is not JSON")?;
        let files = message.get("filenames").and_then(Value::as_array);
        for file in files.into_iter().flatten().filter_map(Value::as_str) {
            let file = PathBuf::from(file);
            if file
                .extension()
                .is_some_and(|extension| extension == "wasm")
                && let Some(package) = folder_of(&message)
            {
                modules.push(Module { package, file });
            }
        }
    }
    Ok(modules)
}

fn folder_of(package: &Value) -> Option<PathBuf> {
    let manifest = Path::new(package.get("manifest_path")?.as_str()?);
    manifest.parent().map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_the_wasm_file_among_what_cargo_has_built() {
        let told = concat!(
            "warning: not a message\n",
            r#"{"reason":"compiler-artifact","manifest_path":"/a/Cargo.toml","filenames":["/t/liba.rlib"]}"#,
            "\n",
            r#"{"reason":"compiler-artifact","manifest_path":"/b/Cargo.toml","filenames":["/t/b_c.wasm","/t/libb_c.rlib"]}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
            "\n",
        );
        let module = Module {
            package: "/b".into(),
            file: "/t/b_c.wasm".into(),
        };
        assert_eq!(modules(told).unwrap(), [module]);
    }
}
