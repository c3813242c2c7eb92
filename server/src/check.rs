//! `cordboard check FILE`.

use crate::output;
use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use cordboard::config::{self, Compiled, Problem};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Checks a configuration and names every mistake.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The configuration.
    file: PathBuf,
    /// Lets it fail for warnings too, such as a misspelt skill that no agent has.
    #[arg(long)]
    strict: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let file = &arguments.file;
    let text = read(file)?;
    let checked = cordboard::check(&text, &machine(file))?;
    tell(file, &checked.mistakes, &checked.warnings);
    let warnings = match checked.warnings.len() {
        0 => String::new(),
        count => format!(", {}", counted(count, "warning")),
    };
    let Some(compiled) = checked.compiled else {
        let mistakes = counted(checked.mistakes.len(), "mistake");
        bail!("`{}` has {mistakes}{warnings}", file.display());
    };
    if arguments.strict && !checked.warnings.is_empty() {
        bail!(
            "`{}` has no mistakes{warnings}, and `--strict` lets none pass",
            file.display()
        );
    }
    let config = &compiled.config;
    output::say(format_args!(
        "{}: {}, {}, {}, {}; no mistakes{warnings}",
        file.display(),
        counted(config.queues.len(), "queue"),
        counted(config.agents.len(), "agent"),
        counted(config.resource_accounts.len(), "resource account"),
        counted(compiled.plugins.len(), "plugin"),
    ))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn read(file: &Path) -> anyhow::Result<String> {
    let shown = file.display();
    let bytes =
        std::fs::read(file).with_context(|| format!("cannot read the configuration `{shown}`"))?;
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        bail!("the configuration `{shown}` is in UTF-16; save it in UTF-8");
    }
    String::from_utf8(bytes).map_err(|error| {
        let sound = error
            .as_bytes()
            .iter()
            .take(error.utf8_error().valid_up_to());
        let line = sound.filter(|byte| **byte == b'\n').count() + 1;
        anyhow!("the configuration `{shown}` is not in UTF-8 (line {line}); save it in UTF-8")
    })
}

/// Compiles a configuration; prints its problems and returns nothing when there are any. Paths in it are relative to
/// the file.
pub(crate) fn compile(file: &Path, text: &str) -> Option<Compiled> {
    compile_telling(file, text, |_| {})
}

/// Like [`compile`], for a text that was made from the file's: its lines are not those of the file and are not named.
pub(crate) fn compile_made_from(file: &Path, text: &str) -> Option<Compiled> {
    compile_telling(file, text, |problem| problem.position = None)
}

fn compile_telling(file: &Path, text: &str, edit: impl Fn(&mut Problem)) -> Option<Compiled> {
    match config::compile(text, None, &machine(file)) {
        Ok(mut compiled) => {
            compiled.warnings.iter_mut().for_each(edit);
            tell(file, &[], &compiled.warnings);
            Some(compiled)
        }
        Err(mut problems) => {
            problems.iter_mut().for_each(edit);
            tell(file, &problems, &[]);
            let mistakes = counted(problems.len(), "mistake");
            output::tell(format_args!("error: `{}` has {mistakes}", file.display()));
            None
        }
    }
}

fn machine(file: &Path) -> config::Machine {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    config::Machine::new(folder.unwrap_or(Path::new(".")))
}

fn tell(file: &Path, mistakes: &[Problem], warnings: &[Problem]) {
    for mistake in mistakes {
        output::tell(format_args!("{}: {mistake}", file.display()));
    }
    for warning in warnings {
        output::tell(format_args!("{}: warning: {warning}", file.display()));
    }
}

fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
