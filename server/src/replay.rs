//! `cordboard replay JOURNAL`: the log into the same state, or decisions into the same answers.

mod decisions;

use crate::output;
use clap::{Args, ValueEnum};
use cordboard::{ReplayError, ReplayFrom};
use std::path::PathBuf;
use std::process::ExitCode;

/// Folds a journal anew, or asks its recorded decisions anew.
///
/// The same journal gives the same hashes in every process. With `--decisions` each recorded question is
/// put to the plugin that answered it, which must give the same answer bit for bit; with `--plugin` to another
/// one, and what it would have decided otherwise is told.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder of the journal, or a copy of it. While an engine is using it, only decisions can be replayed.
    journal: PathBuf,
    /// Where to begin. `from` in the output is the entry whose snapshot it began with, 0 for the very start.
    #[arg(long, value_enum, default_value_t = From::Oldest)]
    from: From,
    #[command(flatten)]
    decisions: decisions::Arguments,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum From {
    /// As far back as the log is kept (`journal.keep_entries`).
    Oldest,
    /// The first entry that there ever was.
    Start,
    /// The newest snapshot.
    Snapshot,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if arguments.decisions.are_wanted() {
        return decisions::run(&arguments.journal, &arguments.decisions);
    }
    let from = match arguments.from {
        From::Oldest => ReplayFrom::Oldest,
        From::Start => ReplayFrom::Start,
        From::Snapshot => ReplayFrom::NewestSnapshot,
    };
    let replayed = cordboard::replay(&arguments.journal, from).map_err(|error| {
        let cure = match error {
            ReplayError::StartWasCut { .. } => "; leave out `--from` to begin with what is kept",
            _ => "",
        };
        anyhow::anyhow!(
            "cannot replay `{}`: {error}{cure}",
            arguments.journal.display()
        )
    })?;
    let line = serde_json::json!({
        "from": replayed.from,
        "entries": replayed.entries,
        "last": replayed.last,
        "state_hash": hex(&replayed.state_hash),
        "commands_hash": hex(&replayed.commands_hash),
    });
    output::say(line)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
