//! The tests in Rust, and how many there were.

use std::{
    ffi::OsString,
    io::{self, BufRead as _, BufReader, Write as _},
    process::Stdio,
};

use anyhow::{Context as _, Result, bail};

use crate::{progress::Outcome, workspace::Workspace};

/// Runs `cargo test` for the whole workspace. Each test program ends with a line of its own; the last line here is the sum.
pub(crate) fn run(workspace: &Workspace, arguments: &[OsString]) -> Result<Outcome> {
    let mut cargo = workspace.cargo();
    cargo
        .args(["test", "--release", "--workspace"])
        .args(arguments)
        .stdout(Stdio::piped());
    let mut running = cargo.spawn().context("cannot run `cargo test`")?;
    let output = running
        .stdout
        .take()
        .context("`cargo test` has no output")?;

    let mut counts = Counts::default();
    let mut stdout = io::stdout().lock();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        counts.add(&String::from_utf8_lossy(&line));
        stdout.write_all(&line)?;
        stdout.write_all(b"\n")?;
    }
    let status = running.wait()?;
    let Counts {
        passed,
        failed,
        ignored,
    } = counts;
    writeln!(
        stdout,
        "\n{passed} passed, {failed} failed, {ignored} skipped"
    )?;
    if !status.success() {
        bail!("`cargo test` ended with {status}");
    }
    Ok(Outcome::Done)
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u32,
    failed: u32,
    ignored: u32,
}

impl Counts {
    /// Adds what a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; ...` says; other lines say nothing.
    fn add(&mut self, line: &str) {
        let Some((_, figures)) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for figure in figures.split("; ") {
            let Some((count, what)) = figure.split_once(' ') else {
                continue;
            };
            let count = count.parse::<u32>().unwrap_or_default();
            match what {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn the_figures_of_all_test_programs_are_added_up() {
        let mut counts = Counts::default();
        for line in [
            "running 3 tests",
            "test a_name ... ok",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s",
            "test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s",
        ] {
            counts.add(line);
        }
        assert_eq!(
            counts,
            Counts {
                passed: 13,
                failed: 2,
                ignored: 1
            }
        );
    }
}
