//! The `cordboard` program: serves a configuration, checks it, explains calls, and plays simulated
//! ones. Everything that an embedder would miss is in the `cordboard` crate.
#![forbid(unsafe_code)]
#![expect(clippy::print_stderr, reason = "this is a command line")]

mod check;
mod checkout;
mod demo;
mod explain;
mod log;
mod output;
mod plugin;
mod replay;
mod schemas;
mod serve;
mod simulator;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Call policy and routing for contact centres on Azure Communication Services.
#[derive(Debug, Parser)]
#[command(
    name = "cordboard",
    version,
    after_help = "CORDBOARD_LOG says what is logged on standard error: `warn`, `info`, `debug`, `cordboard=debug,warn`."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plays simulated calls through the engine and tells what became of them.
    Demo(demo::Arguments),
    /// Runs the engine with a configuration.
    Serve(serve::Arguments),
    /// Runs the stand-in for Azure Communication Services.
    Simulator(simulator::Arguments),
    /// Checks a configuration and names every mistake.
    Check(check::Arguments),
    /// Tells the story of a call: what happened, who decided what, and why.
    Explain(explain::Arguments),
    /// Makes, builds, tests, checks, measures and packs plugins.
    Plugin(plugin::Arguments),
    /// Folds a journal anew and prints the hashes of state and commands.
    Replay(replay::Arguments),
    /// Writes the JSON Schemas into a folder.
    Schemas(schemas::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A service tells of every call; what is run by hand tells of trouble alone.
    let usual = match arguments.command {
        Command::Serve(_) => "warn,cordboard=info",
        Command::Simulator(_) => "warn,cordboard_simulator=info",
        _ => "warn",
    };
    log::begin(usual);
    #[cfg(feature = "crash-points")]
    if let Err(error) = cordboard_crash_points::check() {
        eprintln!("error: {error}");
        return ExitCode::FAILURE;
    }
    let result = match arguments.command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Simulator(arguments) => simulator::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Plugin(arguments) => plugin::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Schemas(arguments) => schemas::run(&arguments),
    };
    result.unwrap_or_else(|error| {
        output::tell(format_args!("error: {error:#}"));
        ExitCode::FAILURE
    })
}
