//! What a configuration refers to: files and environment variables.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

/// Where the files and variables come from that a configuration names. Called at load only.
pub trait Source {
    /// Reads a whole file; relative paths are relative to the configuration.
    ///
    /// # Errors
    /// The file cannot be read.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// Tells whether a file could be read.
    ///
    /// # Errors
    /// The file cannot be read.
    fn check(&self, path: &str) -> io::Result<()> {
        self.read(path).map(drop)
    }

    /// Returns the value of an environment variable.
    fn variable(&self, name: &str) -> Option<String>;

    /// Returns the full path of a file or folder that the configuration names.
    fn full_path(&self, path: &str) -> PathBuf;
}

/// The machine: files relative to the folder of the configuration, and the process's environment.
#[derive(Clone, Debug)]
pub struct Machine {
    folder: PathBuf,
}

impl Machine {
    /// Takes the folder that the configuration's relative paths begin in.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }
}

impl Source for Machine {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        std::fs::read(self.folder.join(path))
    }

    fn check(&self, path: &str) -> io::Result<()> {
        let file = std::fs::File::open(self.folder.join(path))?;
        if file.metadata()?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(())
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn full_path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }
}

/// Files and variables in memory, for tests and for embedders who bring their own.
#[derive(Clone, Default)]
pub struct Memory {
    files: BTreeMap<String, Vec<u8>>,
    variables: BTreeMap<String, String>,
}

impl Memory {
    /// Adds a file.
    #[must_use]
    pub fn with_file(mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), bytes.into());
        self
    }

    /// Adds a variable.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }
}

impl Source for Memory {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.files
            .get(path)
            .cloned()
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file"))
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn full_path(&self, path: &str) -> PathBuf {
        PathBuf::from(path)
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory")
            .field("files", &self.files.keys())
            .field("variables", &self.variables.keys())
            .finish()
    }
}

/// Passes on what another source gives and keeps it, so that the same text can be compiled again
/// to the same result.
pub(crate) struct Captured<'a> {
    source: &'a dyn Source,
    kept: RefCell<Kept>,
}

/// What a compilation has read.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    memory: Memory,
    paths: BTreeMap<String, PathBuf>,
    readable: BTreeSet<String>,
}

impl<'a> Captured<'a> {
    pub(crate) fn new(source: &'a dyn Source) -> Self {
        Self {
            source,
            kept: RefCell::default(),
        }
    }

    pub(crate) fn into_kept(self) -> Kept {
        self.kept.into_inner()
    }
}

impl Source for Captured<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let bytes = self.source.read(path)?;
        let mut kept = self.kept.borrow_mut();
        kept.memory.files.insert(path.to_owned(), bytes.clone());
        Ok(bytes)
    }

    fn check(&self, path: &str) -> io::Result<()> {
        self.source.check(path)?;
        let mut kept = self.kept.borrow_mut();
        kept.readable.insert(path.to_owned());
        Ok(())
    }

    fn variable(&self, name: &str) -> Option<String> {
        let value = self.source.variable(name)?;
        let mut kept = self.kept.borrow_mut();
        kept.memory.variables.insert(name.to_owned(), value.clone());
        Some(value)
    }

    fn full_path(&self, path: &str) -> PathBuf {
        let full = self.source.full_path(path);
        let mut kept = self.kept.borrow_mut();
        kept.paths.insert(path.to_owned(), full.clone());
        full
    }
}

impl Source for Kept {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.memory.read(path)
    }

    fn check(&self, path: &str) -> io::Result<()> {
        if self.readable.contains(path) {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::NotFound, "no such file"))
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.memory.variable(name)
    }

    fn full_path(&self, path: &str) -> PathBuf {
        self.paths
            .get(path)
            .cloned()
            .unwrap_or_else(|| PathBuf::from(path))
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept")
            .field("memory", &self.memory)
            .finish_non_exhaustive()
    }
}
