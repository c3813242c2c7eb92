//! Why a plugin could not be loaded.

use std::{fmt, io, path::PathBuf};

use thiserror::Error;

use crate::digest::Digest;

/// Why a host cannot start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HostError {
    /// The directory of compiled plugins cannot be used.
    #[error("cannot keep compiled plugins: {0}")]
    Cache(#[source] io::Error),
    /// The machine gives no threads.
    #[error("cannot start the plugin workers: {0}")]
    Threads(#[source] io::Error),
    /// WebAssembly does not run on this machine.
    #[error("cannot run plugins on this machine: {0}")]
    Engine(String),
}

/// Why a plugin could not be loaded. The slot keeps what it had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read plugin `{path}`: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The component is larger than [`HostConfig::component_bytes_max`](crate::HostConfig).
    #[error(
        "the plugin has {bytes} bytes, at most {max} are allowed: strip it, or raise the limit"
    )]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// The component is not the one that was asked for.
    #[error("the plugin's SHA-256 is {found}, the configuration expects {expected}")]
    Digest {
        /// What was asked for.
        expected: Digest,
        /// What it is.
        found: Digest,
    },
    /// The component is not signed as it must be.
    #[error("the plugin is not signed by the configured key: {0}")]
    Signature(String),
    /// Loading took too long. What is under way ends by itself and is thrown away.
    #[error("the plugin could not be loaded within {seconds} s")]
    TooSlow {
        /// The time that it had.
        seconds: u64,
    },
    /// A load that took too long is still under way.
    #[error("an earlier load into this slot is still under way")]
    Busy,
    /// The machine gives no thread to load it on.
    #[error("cannot start a thread to load the plugin: {0}")]
    Thread(#[source] io::Error),
    /// The file is something else than WebAssembly.
    #[error(
        "not a WebAssembly component: the file does not begin with the WebAssembly magic number"
    )]
    NotWebAssembly,
    /// The file is a core module.
    #[error(
        "not a component but a core module: turn it into one, for instance with `wasm-tools component new`"
    )]
    CoreModule,
    /// The component is broken.
    #[error("not a valid component: {0}")]
    Malformed(String),
    /// The component breaks a rule of WebAssembly, uses features that are off, or has more or larger
    /// parts than one plugin may have.
    #[error("the component cannot be compiled: {0}")]
    Uncompilable(String),
    /// The component needs more than one plugin may have.
    #[error("the component is too big to run: {0}")]
    Resources(String),
    /// The component wants something that no plugin gets.
    #[error("forbidden import `{name}`: a plugin may import nothing but `{allowed}`")]
    ForbiddenImport {
        /// What it wants.
        name: String,
        /// All that it may have.
        allowed: &'static str,
    },
    /// The component is written for another contract.
    #[error("`{name}` is of another contract version: this host speaks {supported}")]
    ContractVersion {
        /// The import, the export or the member of the manifest that says so.
        name: String,
        /// What this host speaks.
        supported: &'static str,
    },
    /// An export is missing.
    #[error("the component does not export `{name}`")]
    MissingExport {
        /// What is missing.
        name: String,
    },
    /// An export has another type than the contract says.
    #[error("export `{name}` has another type than contract {version} says: {detail}")]
    WrongType {
        /// The export.
        name: String,
        /// The contract.
        version: &'static str,
        /// How the types differ.
        detail: String,
    },
    /// The component has no decision point.
    #[error("the component exports no decision point: it has to export one of {0}")]
    NoDecisionPoint(String),
    /// The manifest is missing or wrong.
    #[error("the manifest in section `cordboard:manifest` {0}")]
    Manifest(String),
    /// The configuration does not fit the plugin. All problems at once.
    #[error("the configuration of plugin `{plugin}` is refused: {}", Listed(.problems))]
    Config {
        /// The plugin's name.
        plugin: String,
        /// What is wrong, by place.
        problems: Vec<ConfigProblem>,
    },
    /// The plugin failed while it was started or configured.
    #[error("the plugin failed {during}: {detail}")]
    Failed {
        /// When: `at its start`, `in configure`.
        during: &'static str,
        /// What happened.
        detail: String,
    },
    /// The configured plugin cannot be snapshotted.
    #[error(
        "the configured plugin cannot be kept as a snapshot ({0}): \
         let it ask for warm instances with `warm_calls` in its manifest"
    )]
    Snapshot(String),
}

impl LoadError {
    /// What of the plugin is wrong, in one word.
    #[must_use]
    pub fn part(&self) -> &'static str {
        match self {
            Self::Read { .. }
            | Self::TooLarge { .. }
            | Self::Digest { .. }
            | Self::Signature(_)
            | Self::NotWebAssembly
            | Self::CoreModule
            | Self::Malformed(_)
            | Self::Uncompilable(_)
            | Self::Resources(_) => "component",
            Self::ForbiddenImport { .. } => "imports",
            Self::ContractVersion { .. }
            | Self::MissingExport { .. }
            | Self::WrongType { .. }
            | Self::NoDecisionPoint(_) => "contract",
            Self::Manifest(_) => "manifest",
            Self::Config { .. } => "configuration",
            Self::Failed { .. }
            | Self::Snapshot(_)
            | Self::TooSlow { .. }
            | Self::Busy
            | Self::Thread(_) => "start",
        }
    }

    /// What its author can do about it.
    #[must_use]
    pub fn cure(&self) -> &'static str {
        match self {
            Self::Read { .. } => "name a file that can be read",
            Self::TooLarge { .. } => {
                "strip debug information and build with optimisation, as `cordboard plugin build` does"
            }
            Self::Digest { .. } => {
                "load the file that the digest was taken of, or put the new digest into the configuration"
            }
            Self::Signature(_) => {
                "put the signature that `minisign -S` makes beside the file, or correct `public_key`"
            }
            Self::TooSlow { .. } => {
                "keep compiled plugins in `plugin_host.cache`, link less into it, or raise `limits.load_seconds`"
            }
            Self::Busy => "wait for it to end, and load again",
            Self::Thread(_) => "raise the number of threads that the process may have",
            Self::NotWebAssembly => {
                "name the component that `cordboard plugin build` leaves in the project"
            }
            Self::CoreModule => "make a component of the module, as `cordboard plugin build` does",
            Self::Malformed(_) => {
                "build it anew; if it is refused again, the tool that made it is newer or older than this host"
            }
            Self::Uncompilable(_) => {
                "build without threads, shared memory, 64-bit memory and relaxed SIMD, which are off"
            }
            Self::Resources(_) => {
                "link less into it: one plugin, and no more of the language's runtime than it needs"
            }
            Self::ForbiddenImport { .. } => {
                "leave out what needs it (clock, randomness, files, network, environment): time and seed are facts, state is the memo"
            }
            Self::ContractVersion { .. } => "build it with the SDK that came with this program",
            Self::MissingExport { .. } => {
                "implement it: the SDK exports it for each decision point that the plugin names"
            }
            Self::WrongType { .. } => {
                "build it with the SDK that came with this program, or against its `plugin.wit` word by word"
            }
            Self::NoDecisionPoint(_) => {
                "name at least one decision point, in Rust in `points` of `export!`"
            }
            Self::Manifest(_) => {
                "correct the manifest: in Rust that is `export!` and the package, else `manifest.json`"
            }
            Self::Config { .. } => {
                "correct the configuration, or the schema where the configuration is meant to be right"
            }
            Self::Failed { .. } => {
                "run the project's own tests with the same configuration: they say where it fails"
            }
            Self::Snapshot(_) => {
                "ask for warm instances in the manifest with `warm_calls`, or keep nothing of the host in `configure`"
            }
        }
    }
}

/// One thing that is wrong with a plugin's configuration.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ConfigProblem {
    /// Where: a JSON Pointer into the plugin's configuration, empty for all of it.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// It is a name that the engine's configuration does not have.
    pub is_name: bool,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "at `{}`: {}", self.path, self.message)
        }
    }
}

struct Listed<'a>(&'a [ConfigProblem]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}
