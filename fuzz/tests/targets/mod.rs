//! Fuzz targets: one function for each group of readers of outside bytes, and for the core behind them.
//!
//! A target takes any bytes and panics when it finds a mistake. Where bytes alone would not get far, it reads them as steps: what
//! they mean stands at the top of its file.

mod config;
mod http;
mod inputs;
mod journal;
mod journal_files;
mod plugin;
mod property;
mod service;
mod simulator;
mod webhooks;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    /// Its name, and that of the folder with its corpus.
    pub(crate) name: &'static str,
    /// Panics when the bytes show a mistake.
    pub(crate) run: fn(&[u8]),
}

/// All targets.
pub(crate) const TARGETS: [Target; 10] = [
    Target {
        name: "webhooks",
        run: webhooks::run,
    },
    Target {
        name: "service",
        run: service::run,
    },
    Target {
        name: "journal",
        run: journal::run,
    },
    Target {
        name: "journal-files",
        run: journal_files::run,
    },
    Target {
        name: "config",
        run: config::run,
    },
    Target {
        name: "plugin",
        run: plugin::run,
    },
    Target {
        name: "core",
        run: property::run,
    },
    Target {
        name: "inputs",
        run: inputs::run,
    },
    Target {
        name: "simulator",
        run: simulator::run,
    },
    Target {
        name: "http",
        run: http::run,
    },
];

/// Returns the text of bytes, or nothing if they are none.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// Returns the longest run of digits.
fn digits_in_a_row(text: &str) -> usize {
    let runs = text.split(|character: char| !character.is_ascii_digit());
    runs.map(str::len).max().unwrap_or_default()
}
