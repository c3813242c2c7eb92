//! Where things are, and how programs are run there.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

/// The folders of this workspace.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo leaves what it builds.
    pub(crate) target: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self> {
        // Asked when it runs: a compiled `xtask` may be found in a target folder that several clones share.
        let manifest =
            env::var_os("CARGO_MANIFEST_DIR").context("start this program as `cargo xtask`")?;
        let root = Path::new(&manifest)
            .parent()
            .context("`xtask` is not in a workspace")?
            .to_path_buf();
        let target = match env::var_os("CARGO_TARGET_DIR")
            .or_else(|| env::var_os("CARGO_BUILD_TARGET_DIR"))
        {
            Some(folder) => env::current_dir()?.join(folder),
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// A command that runs in the root of the workspace.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        // What `cargo run` told about `xtask` is not true of the programs that it starts. Build scripts look at some of these
        // variables and would run again whenever a build with and one without them follow each other.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            let of_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"]
                .iter()
                .any(|prefix| text.starts_with(prefix));
            if of_package {
                command.env_remove(&name);
            }
        }
        command
    }

    /// The cargo that started this program.
    pub(crate) fn cargo(&self) -> Command {
        self.with_cargo(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    /// A command that may run cargo in its turn.
    pub(crate) fn with_cargo(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.command(program);
        command.env("CARGO_TARGET_DIR", &self.target);
        command.env(PLUGINS_VARIABLE, self.plugins());
        command
    }

    /// A program that the workspace built.
    pub(crate) fn built(&self, name: &str) -> PathBuf {
        self.target
            .join("release")
            .join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// Where compiled plugins are left.
    pub(crate) fn plugins(&self) -> PathBuf {
        self.target.join("plugins")
    }
}

/// Tells tests and the demo where compiled plugins are.
pub(crate) const PLUGINS_VARIABLE: &str = "CORDBOARD_PLUGINS";

/// Whether this is CI, where a missing tool is a failure.
pub(crate) fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
}

/// Runs a command and fails unless it succeeds.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot run {}", Shown(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", Shown(command));
    }
    Ok(())
}

/// Whether a program can be started with these arguments and succeeds. Says nothing.
pub(crate) fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Folders below `folder`, by name; none if `folder` does not exist.
pub(crate) fn folders_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read `{}`", folder.display()));
        }
    };
    let mut folders = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

struct Shown<'a>(&'a Command);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let program = Path::new(self.0.get_program());
        write!(
            f,
            "`{}",
            program.file_stem().unwrap_or(program.as_os_str()).display()
        )?;
        for argument in self
            .0
            .get_args()
            .take(ARGUMENTS_SHOWN_MAX)
            .map(OsString::from)
        {
            write!(f, " {}", argument.display())?;
        }
        if self.0.get_args().len() > ARGUMENTS_SHOWN_MAX {
            write!(f, " ...")?;
        }
        write!(f, "`")
    }
}

/// Arguments of a command that a message repeats.
const ARGUMENTS_SHOWN_MAX: usize = 8;
