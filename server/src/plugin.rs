//! `cordboard plugin …`: what a plugin author needs, from an empty folder to a component.

mod bench;
mod build;
mod check;
mod describe;
mod key;
mod language;
mod new;
mod pack;
mod sign;
mod template;
mod test;
mod verify;

use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Makes, builds, tests, checks, measures, signs and packs plugins.
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
    /// Measures what a plugin's decisions cost.
    Bench(bench::Arguments),
    /// Checks a component and tells every finding with its cure.
    Check(check::Arguments),
    /// Tells what a component says about itself, without running it.
    Describe(describe::Arguments),
    /// Plays golden vectors to a plugin, in the engine's own plugin host.
    Test(test::Arguments),
    /// Makes the keys for signatures.
    Key(key::Arguments),
    /// Signs a component.
    Sign(sign::Arguments),
    /// Checks the signature of a component.
    Verify(verify::Arguments),
    /// Packs a component for a registry: an OCI image layout on disk.
    Pack(pack::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        Command::New(arguments) => new::run(arguments),
        Command::Build(arguments) => build::run(arguments),
        Command::Bench(arguments) => bench::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Describe(arguments) => describe::run(arguments),
        Command::Test(arguments) => test::run(arguments),
        Command::Key(arguments) => key::run(arguments),
        Command::Sign(arguments) => sign::run(arguments),
        Command::Verify(arguments) => verify::run(arguments),
        Command::Pack(arguments) => pack::run(arguments),
    }
}
