//! The trials as a program.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a command line"
)]

use clap::{Parser, Subcommand};
use cordboard_trials::endurance::Endurance;
use cordboard_trials::overload::Overload;
use cordboard_trials::restart::Restart;
use std::process::ExitCode;
use std::time::Instant;
use tracing_subscriber::EnvFilter;

/// Trials of Cordboard's limits.
#[derive(Debug, Parser)]
#[command(name = "cordboard-trials", version)]
struct Arguments {
    #[command(subcommand)]
    trial: Trial,
}

#[derive(Debug, Subcommand)]
enum Trial {
    /// Memory and disk stay flat, however many calls there were.
    Endurance(Endurance),
    /// A restart with thousands of live calls and a day's journal.
    Restart(Restart),
    /// Five times as many calls as can be served.
    Overload(Overload),
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let filter =
        EnvFilter::try_from_env("CORDBOARD_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let began = Instant::now();
    match arguments.trial {
        Trial::Endurance(trial) => {
            trial.run(|sample| println!("{sample}"))?;
        }
        Trial::Restart(trial) => println!("{}", trial.run(|what| println!("{what}"))?),
        Trial::Overload(trial) => {
            trial.run(|phase| println!("{phase}"))?;
        }
    }
    println!("took {:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}
