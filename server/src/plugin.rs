//! `cordboard plugin …`: what a plugin author needs, from an empty folder to a component.

mod build;
mod language;
mod new;
mod template;
mod test;

use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Makes, builds and tests plugins.
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
    /// Plays golden vectors to a plugin, in the engine's own plugin host.
    Test(test::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        Command::New(arguments) => new::run(arguments),
        Command::Build(arguments) => build::run(arguments),
        Command::Test(arguments) => test::run(arguments),
    }
}
