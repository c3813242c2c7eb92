//! `cordboard check FILE`.

use anyhow::{Context as _, bail};
use clap::Args;
use cordboard::config::{self, Compiled};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Checks a configuration and names every mistake.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The configuration.
    file: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let text = read(&arguments.file)?;
    let Some(compiled) = compile(&arguments.file, &text) else {
        return Ok(ExitCode::FAILURE);
    };
    let faulty = cordboard::check_plugins(&compiled)?;
    for problem in &faulty {
        eprintln!("{}: {problem}", arguments.file.display());
    }
    if !faulty.is_empty() {
        let count = faulty.len();
        let noun = if count == 1 { "mistake" } else { "mistakes" };
        bail!("the plugins have {count} {noun}; their decisions would fall back");
    }
    let config = &compiled.config;
    println!(
        "{}: {} queues, {} agents, {} resource accounts, {} plugins; nothing is wrong",
        arguments.file.display(),
        config.queues.len(),
        config.agents.len(),
        config.resource_accounts.len(),
        compiled.plugins.len(),
    );
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the configuration `{}`", file.display()))
}

/// Compiles a configuration; prints its problems and returns nothing when there are any. Paths in it are relative to
/// the file.
pub(crate) fn compile(file: &Path, text: &str) -> Option<Compiled> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let machine = config::Machine::new(folder.unwrap_or(Path::new(".")));
    match config::compile(text, None, &machine) {
        Ok(compiled) => {
            for warning in &compiled.warnings {
                eprintln!("{}: warning: {warning}", file.display());
            }
            Some(compiled)
        }
        Err(problems) => {
            for problem in &problems {
                eprintln!("{}: {problem}", file.display());
            }
            let count = problems.len();
            let noun = if count == 1 { "mistake" } else { "mistakes" };
            eprintln!(
                "error: `{}` has {count} {noun}; nothing was changed",
                file.display()
            );
            None
        }
    }
}
