//! The same seed gives the same run, byte for byte, and a run without faults loses nobody.

use cordboard_simulation::{Centre, Plan, play};
use std::process::Command;

const CALLS: u32 = 120;

#[test]
fn the_same_plan_gives_the_same_ledger_and_commands() {
    let centre = Centre::new().unwrap();
    for seed in 0..3 {
        let plan = Plan::draw(centre.config(), seed, 0, CALLS, true);
        let (first, again) = (play(&centre, &plan).unwrap(), play(&centre, &plan).unwrap());
        assert_eq!(first.hash, again.hash, "seed {seed}");
        assert_eq!(first.steps, again.steps, "seed {seed}");
        let other = Plan::draw(centre.config(), seed, 1, CALLS, true);
        assert_ne!(
            first.hash,
            play(&centre, &other).unwrap().hash,
            "seed {seed}"
        );
    }
}

/// What a process says of a run of three batches: all its lines but those about how long it took.
fn told(seed: &str, threads: &str) -> anyhow::Result<String> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_cordboard-sim"));
    let arguments = ["--calls", "1100", "--seed", seed, "--threads", threads];
    let output = program.args(arguments).output()?;
    let text = String::from_utf8(output.stdout)?;
    assert!(output.status.success(), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with("calls/s"));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn the_same_seed_gives_the_same_run_in_another_process_and_on_other_threads() {
    let run = told("1", "1").unwrap();
    assert!(run.contains("\nhash "), "{run}");
    assert_eq!(run, told("1", "2").unwrap());
    assert_ne!(run, told("2", "1").unwrap());
}

#[test]
fn without_faults_nobody_is_lost() {
    let centre = Centre::new().unwrap();
    for seed in 0..3 {
        let plan = Plan::draw(centre.config(), seed, 0, CALLS, false);
        let played = play(&centre, &plan).unwrap();
        assert_eq!(played.violations, [], "seed {seed}");
        let figures = played.ledger.figures();
        assert!(
            figures.connected > u64::from(CALLS) / 2,
            "seed {seed}: {figures:?}"
        );
    }
}
