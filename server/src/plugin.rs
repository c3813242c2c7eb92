//! `cordboard plugin …`: what a plugin author needs, from an empty folder to a component.

mod build;
mod language;
mod new;
mod template;

use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Makes and builds plugins.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a project that builds and passes its own tests.
    New(new::Arguments),
    /// Makes the component of a project.
    Build(build::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        Command::New(arguments) => new::run(arguments),
        Command::Build(arguments) => build::run(arguments),
    }
}
