//! `cordboard explain CALL`.

use crate::output;
use anyhow::Context as _;
use clap::Args;
use cordboard::core::ids::CallId;
use std::path::PathBuf;
use std::process::ExitCode;

/// Tells the story of a call.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The number of the call, as events and logs show it.
    call: u64,
    /// The folder of the journal. While an engine is using it, the story is told without actions, requests and callbacks,
    /// which stand in a log that the engine has to itself.
    #[arg(long)]
    journal: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let explanation = cordboard::explain(&arguments.journal, CallId(arguments.call))
        .with_context(|| format!("cannot explain call {}", arguments.call))?;
    output::say(explanation.to_string().trim_end())?;
    Ok(ExitCode::SUCCESS)
}
