//! Plays simulated calls under seeded faults and checks what must hold: `cargo xtask sim`.

#![forbid(unsafe_code)]
#![expect(clippy::print_stderr, reason = "a program for the terminal")]

use anyhow::{Context as _, bail};
use clap::Parser;
use cordboard_simulation::{CALLS_PER_BATCH, Centre, NAMES, Plan, Played, play, shrink, trace};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Writes a line. A reader that has seen enough, such as `head`, ends the program.
macro_rules! say {
    ($($words:tt)*) => {
        if writeln!(std::io::stdout(), $($words)*).is_err() {
            std::process::exit(1);
        }
    };
}

/// Most calls of one run.
const CALLS_MAX: u64 = 1_000_000_000;
/// Most batches at a time.
const THREADS_MAX: u64 = 256;
/// How often a run tells how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// Plays simulated calls through the engine in one process, with everything that may go wrong, and checks what must hold.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "cargo xtask sim",
    after_help = "The exit status is 1 when a check has fired. What has failed is then told with its batch and the command that plays the \
                  batch again; a smaller plan that fails in the same way is told step by step, and printed as a script. \
                  `excused` counts fates that no script allows and that a fault explains, by reason."
)]
struct Arguments {
    /// How many calls.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=CALLS_MAX))]
    calls: u64,
    /// Decides everything; the same seed gives the same run.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Plays this batch of the run alone.
    #[arg(long)]
    batch: Option<u64>,
    /// Batches that are played at a time.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=THREADS_MAX))]
    threads: u64,
    /// Lets nothing go wrong but people.
    #[arg(long)]
    no_faults: bool,
    /// Makes the plan of the first batch that fails small for this check, instead of for the first that fires.
    #[arg(long, value_parser = NAMES)]
    check: Option<String>,
    /// Says what fails without making it small.
    #[arg(long)]
    no_shrink: bool,
    /// Tells everything that happens in the batch that `--batch` names.
    #[arg(long, requires = "batch")]
    trace: bool,
    /// Plays this file instead: a script as a failed run has printed it.
    #[arg(long, conflicts_with_all = ["calls", "seed", "batch"])]
    script: Option<std::path::PathBuf>,
}

#[derive(Default)]
struct Sum {
    calls: u64,
    connected: u64,
    steps: u64,
    crashes: u64,
    faults: BTreeMap<&'static str, u64>,
    spells: BTreeMap<&'static str, u64>,
    excused: BTreeMap<&'static str, u64>,
    hashes: BTreeMap<u64, [u8; 32]>,
    failed: BTreeMap<u64, Played>,
}

fn main() -> ExitCode {
    run(&Arguments::parse()).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let batches = arguments.calls.div_ceil(u64::from(CALLS_PER_BATCH));
    if let Some(batch) = arguments.batch.filter(|batch| *batch >= batches) {
        bail!(
            "there is no batch {batch} in {} calls: it is at most {}; give `--calls` and `--seed` of the run that failed",
            arguments.calls,
            batches - 1
        );
    }
    let centre = Arc::new(Centre::new()?);
    if let Some(file) = &arguments.script {
        let shown = file.display();
        let text =
            std::fs::read_to_string(file).with_context(|| format!("cannot read `{shown}`"))?;
        let plan: Plan = serde_json::from_str(&text)
            .with_context(|| format!("`{shown}` is no script as a failed run prints it"))?;
        let played = trace(&centre, &plan)?;
        for line in &played.trace {
            say!("{line}");
        }
        tell(&played);
        return Ok(code(played.violations.is_empty()));
    }
    if let Some(batch) = arguments.batch.filter(|_| arguments.trace) {
        let played = trace(&centre, &plan(arguments, &centre, batch))?;
        for line in &played.trace {
            say!("{line}");
        }
        tell(&played);
        return Ok(code(played.violations.is_empty()));
    }
    let began = Instant::now();
    let sum = play_all(arguments, &centre)?;
    let seconds = began.elapsed().as_secs_f64();
    say!("calls       {:>12}", sum.calls);
    say!("connected   {:>12}", sum.connected);
    say!("inputs      {:>12}", sum.steps);
    say!("crashes     {:>12}", sum.crashes);
    for (name, count) in &sum.faults {
        say!("{name:<17}{count:>7}");
    }
    say!("spells in which");
    for (kind, count) in &sum.spells {
        say!("  {kind:<58}{count:>7}");
    }
    say!("excused");
    for (reason, count) in &sum.excused {
        say!("  {reason:<58}{count:>7}");
    }
    say!(
        "calls/s     {:>12.0}  on {} threads, in {seconds:.1} s",
        sum.calls as f64 / seconds,
        arguments.threads
    );
    say!("hash        {}", run_hash(&sum.hashes));
    say!(
        "violations  {:>12}",
        sum.failed
            .values()
            .map(|played| played.violations.len())
            .sum::<usize>()
    );
    for (batch, played) in &sum.failed {
        say!(
            "\nbatch {batch} of seed {} fails; play it again with\n  {}",
            arguments.seed,
            again(arguments, *batch)
        );
        tell(played);
    }
    if let Some((batch, played)) = sum
        .failed
        .first_key_value()
        .filter(|_| !arguments.no_shrink)
        && let Some(violation) = played.violations.first()
    {
        let check = arguments.check.as_deref().unwrap_or(violation.check);
        say!("\nmaking batch {batch} smaller, as long as `{check}` fires ...");
        let plan = plan(arguments, &centre, *batch);
        let (plan, played) = shrink(&centre, &plan, check)?;
        for line in &played.trace {
            say!("{line}");
        }
        tell(&played);
        say!(
            "the script, for `cargo xtask sim --script FILE`:\n{}",
            serde_json::to_string(&plan)?
        );
    }
    Ok(code(sum.failed.is_empty()))
}

fn code(good: bool) -> ExitCode {
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn tell(played: &Played) {
    for violation in played.violations.iter().take(10) {
        say!(
            "  {:>9} ms  {}: {}",
            violation.at_ms,
            violation.check,
            violation.detail
        );
    }
    if played.violations.len() > 10 {
        say!("  and {} more", played.violations.len() - 10);
    }
}

fn again(arguments: &Arguments, batch: u64) -> String {
    let faults = if arguments.no_faults {
        " --no-faults"
    } else {
        ""
    };
    let calls = arguments.calls;
    let seed = arguments.seed;
    format!("cargo xtask sim --calls {calls} --seed {seed} --batch {batch}{faults}")
}

/// One hash over the hashes of all batches.
fn run_hash(hashes: &BTreeMap<u64, [u8; 32]>) -> String {
    use sha2::{Digest as _, Sha256};
    let mut all = Sha256::new();
    for hash in hashes.values() {
        all.update(hash);
    }
    all.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn plan(arguments: &Arguments, centre: &Centre, batch: u64) -> Plan {
    let per_batch = u64::from(CALLS_PER_BATCH);
    let calls = arguments
        .calls
        .saturating_sub(batch * per_batch)
        .min(per_batch);
    let calls = u32::try_from(calls).unwrap_or(CALLS_PER_BATCH);
    Plan::draw(
        centre.config(),
        arguments.seed,
        batch,
        calls,
        !arguments.no_faults,
    )
}

fn play_all(arguments: &Arguments, centre: &Arc<Centre>) -> anyhow::Result<Sum> {
    let batches = arguments.calls.div_ceil(u64::from(CALLS_PER_BATCH));
    let (first, end) = match arguments.batch {
        Some(batch) => (batch, batch + 1),
        None => (0, batches),
    };
    let next = AtomicU64::new(first);
    let sum = Mutex::new(Sum::default());
    let told = Mutex::new(Instant::now());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..arguments.threads.max(1))
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let batch = next.fetch_add(1, Ordering::Relaxed);
                        if batch >= end {
                            return anyhow::Ok(());
                        }
                        let played = play(centre, &plan(arguments, centre, batch))?;
                        let mut sum = sum.lock();
                        sum.add(batch, played);
                        let mut told = told.lock();
                        if told.elapsed() >= PROGRESS_EVERY {
                            *told = Instant::now();
                            let (calls, failed) = (sum.calls, sum.failed.len());
                            eprintln!(
                                "{calls} of {} calls, {failed} batches failed",
                                arguments.calls
                            );
                        }
                    }
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|_| Err(anyhow::anyhow!("a thread of the simulation panicked")))
        })
    })?;
    Ok(sum.into_inner())
}

impl Sum {
    fn add(&mut self, batch: u64, mut played: Played) {
        let figures = played.ledger.figures();
        self.calls += figures.calls;
        self.connected += figures.connected;
        self.steps += played.steps;
        self.crashes += played.crashes;
        for (name, count) in &played.faults {
            *self.faults.entry(name).or_default() += count;
        }
        for (kind, count) in &played.spells {
            *self.spells.entry(kind).or_default() += count;
        }
        for (reason, count) in &played.excused {
            *self.excused.entry(reason).or_default() += count;
        }
        self.hashes.insert(batch, played.hash);
        if !played.violations.is_empty() {
            played.ledger = Default::default();
            self.failed.insert(batch, played);
        }
    }
}
