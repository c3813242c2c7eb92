//! `cordboard replay JOURNAL`.

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use cordboard::ReplayFrom;
use std::path::PathBuf;
use std::process::ExitCode;

/// Folds a journal anew. The same journal gives the same hashes in every process.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder of the journal.
    journal: PathBuf,
    /// Where to begin.
    #[arg(long, value_enum, default_value_t = From::Start)]
    from: From,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum From {
    /// The first entry.
    Start,
    /// The newest snapshot.
    Snapshot,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let from = match arguments.from {
        From::Start => ReplayFrom::Start,
        From::Snapshot => ReplayFrom::NewestSnapshot,
    };
    let replayed = cordboard::replay(&arguments.journal, from)
        .with_context(|| format!("cannot replay `{}`", arguments.journal.display()))?;
    let line = serde_json::json!({
        "entries": replayed.entries,
        "last": replayed.last,
        "state_hash": hex(&replayed.state_hash),
        "commands_hash": hex(&replayed.commands_hash),
    });
    println!("{line}");
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
