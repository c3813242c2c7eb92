//! The steps of a task: which of how many, and how long each took.

use std::{
    fmt,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Result;

/// How a step ended that did not fail.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The step did its work.
    Done,
    /// The step could not do its work here, for this reason; said again at the end, so that nobody takes it for done.
    Skipped(String),
}

/// Steps that run one after the other.
#[derive(Default)]
pub(crate) struct Plan<'a> {
    steps: Vec<Step<'a>>,
}

struct Step<'a> {
    title: &'static str,
    work: Box<dyn FnOnce() -> Result<Outcome> + 'a>,
}

impl<'a> Plan<'a> {
    /// Adds a step at the end.
    pub(crate) fn step(
        &mut self,
        title: &'static str,
        work: impl FnOnce() -> Result<Outcome> + 'a,
    ) {
        self.steps.push(Step {
            title,
            work: Box::new(work),
        });
    }

    /// Runs the steps up to the first that fails.
    pub(crate) fn run(self) -> Result<ExitCode> {
        self.run_until(true)
    }

    /// Runs all steps, whatever fails, so that one run tells of everything that is wrong.
    pub(crate) fn run_all(self) -> Result<ExitCode> {
        self.run_until(false)
    }

    fn run_until(self, first_failure: bool) -> Result<ExitCode> {
        let count = self.steps.len();
        let start = Instant::now();
        let mut summary = Vec::new();
        let mut failures = 0;
        for (number, step) in (1..).zip(self.steps) {
            let step_start = Instant::now();
            eprintln!("\n=== [{number}/{count}] {}", step.title);
            let result = (step.work)();
            let elapsed = Elapsed(step_start.elapsed());
            match result {
                Ok(Outcome::Done) => {
                    eprintln!("--- {}: done in {elapsed}", step.title);
                    summary.push(format!("{}: {elapsed}", step.title));
                }
                Ok(Outcome::Skipped(reason)) => {
                    eprintln!("--- {}: skipped: {reason}", step.title);
                    summary.push(format!("{} was skipped: {reason}", step.title));
                }
                Err(error) => {
                    eprintln!("--- {}: failed after {elapsed}: {error:#}", step.title);
                    summary.push(format!("{} failed", step.title));
                    failures += 1;
                    if first_failure {
                        break;
                    }
                }
            }
        }
        let total = Elapsed(start.elapsed());
        let end = if failures == 0 {
            "all done"
        } else {
            "not all done"
        };
        eprintln!("\n=== {end} in {total}");
        for line in summary {
            eprintln!("    {line}");
        }
        Ok(if failures == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

struct Elapsed(Duration);

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            0..60 => write!(f, "{:.1} s", self.0.as_secs_f64()),
            seconds => write!(f, "{} min {:02} s", seconds / 60, seconds % 60),
        }
    }
}
