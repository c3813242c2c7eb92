//! Where the tests make their projects.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of a test's own, empty at its beginning and removed at its end. What compilers leave is
/// shared by all tests and kept, so that the SDK is compiled once.
pub(crate) struct Workbench {
    folder: PathBuf,
}

impl Workbench {
    pub(crate) fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("cordboard-plugin-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Runs the program in a folder below this one.
    pub(crate) fn cordboard(&self, folder: &str, arguments: &[&str]) -> Output {
        self.run(env!("CARGO_BIN_EXE_cordboard"), folder, arguments)
    }

    pub(crate) fn run(&self, program: &str, folder: &str, arguments: &[&str]) -> Output {
        let cordboard = Path::new(env!("CARGO_BIN_EXE_cordboard"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = cordboard.parent().map(Path::to_path_buf).into_iter();
        let folders = folders.chain(std::env::split_paths(&path));
        Command::new(program)
            .current_dir(self.path(folder))
            .args(arguments)
            .env("PATH", std::env::join_paths(folders).unwrap())
            .env("CARGO_TARGET_DIR", shared("cargo"))
            .env_remove("RUSTFLAGS")
            .output()
            .unwrap_or_else(|error| panic!("cannot run {program}: {error}"))
    }
}

impl Drop for Workbench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A folder that all tests share, below the `target` of this build.
fn shared(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("plugin-projects")
        .join(name)
}

/// A plugin of this repository: its component, and the folder of its sources.
pub(crate) fn plugin(name: &str) -> (PathBuf, PathBuf) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let built = std::env::var_os("CORDBOARD_PLUGINS")
        .map_or_else(|| root.join("target/plugins"), PathBuf::from);
    let component = built.join(name).with_extension("wasm");
    assert!(component.is_file(), "say `cargo xtask plugins` first");
    (component, root.join("plugins").join(name))
}

/// What a program said, when it succeeded.
#[track_caller]
pub(crate) fn told(output: &Output) -> String {
    let (out, error) = texts(output);
    assert!(output.status.success(), "{out}\n{error}");
    out
}

/// What a program said on standard error, when it failed.
#[track_caller]
pub(crate) fn complaint(output: &Output) -> String {
    let (out, error) = texts(output);
    assert!(!output.status.success(), "{out}\n{error}");
    error
}

/// What a program said, on standard output and on standard error.
pub(crate) fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}
