//! Plays simulated calls under seeded faults and checks what must hold: `cargo xtask sim`.

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use clap::Parser;
use cordboard_simulation::{CALLS_PER_BATCH, Centre, Plan, Played, play, shrink, trace};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Plays simulated calls through the engine in one process, with everything that may go wrong, and checks what must hold.
#[derive(Debug, Clone, Parser)]
#[command(name = "cargo xtask sim")]
struct Arguments {
    /// How many calls.
    #[arg(long, default_value_t = 20_000)]
    calls: u64,
    /// Decides everything; the same seed gives the same run.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Plays this batch of the run alone.
    #[arg(long)]
    batch: Option<u64>,
    /// Batches that are played at a time.
    #[arg(long, default_value_t = 2)]
    threads: u64,
    /// Lets nothing go wrong but people.
    #[arg(long)]
    no_faults: bool,
    /// Makes the plan of the first batch that fails small for this check, instead of for the first that fires.
    #[arg(long)]
    check: Option<String>,
    /// Says what fails without making it small.
    #[arg(long)]
    no_shrink: bool,
    /// Tells everything that happens in the batch.
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
    excused: BTreeMap<&'static str, u64>,
    hashes: BTreeMap<u64, [u8; 32]>,
    failed: BTreeMap<u64, Played>,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let centre = Arc::new(Centre::new()?);
    if let Some(file) = &arguments.script {
        let plan: Plan = serde_json::from_str(&std::fs::read_to_string(file)?)?;
        let played = trace(&centre, &plan)?;
        for line in &played.trace {
            println!("{line}");
        }
        tell(&played);
        return Ok(code(played.violations.is_empty()));
    }
    if let Some(batch) = arguments.batch.filter(|_| arguments.trace) {
        let played = trace(&centre, &plan(&arguments, &centre, batch))?;
        for line in &played.trace {
            println!("{line}");
        }
        tell(&played);
        return Ok(code(played.violations.is_empty()));
    }
    let began = Instant::now();
    let sum = run(&arguments, &centre)?;
    let seconds = began.elapsed().as_secs_f64();
    println!("calls       {:>12}", sum.calls);
    println!("connected   {:>12}", sum.connected);
    println!("inputs      {:>12}", sum.steps);
    println!("crashes     {:>12}", sum.crashes);
    for (name, count) in &sum.faults {
        println!("{name:<17}{count:>7}");
    }
    println!("excused");
    for (reason, count) in &sum.excused {
        println!("  {reason:<58}{count:>7}");
    }
    println!(
        "calls/s     {:>12.0}  on {} threads, in {seconds:.1} s",
        sum.calls as f64 / seconds,
        arguments.threads
    );
    println!("hash        {}", run_hash(&sum.hashes));
    println!(
        "violations  {:>12}",
        sum.failed
            .values()
            .map(|played| played.violations.len())
            .sum::<usize>()
    );
    for (batch, played) in &sum.failed {
        println!(
            "\nbatch {batch} of seed {} fails; play it again with\n  {}",
            arguments.seed,
            again(&arguments, *batch)
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
        println!("\nmaking batch {batch} smaller, as long as `{check}` fires ...");
        let plan = plan(&arguments, &centre, *batch);
        let (plan, played) = shrink(&centre, &plan, check)?;
        for line in &played.trace {
            println!("{line}");
        }
        tell(&played);
        println!(
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
        println!(
            "  {:>9} ms  {}: {}",
            violation.at_ms, violation.check, violation.detail
        );
    }
    if played.violations.len() > 10 {
        println!("  and {} more", played.violations.len() - 10);
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

fn run(arguments: &Arguments, centre: &Arc<Centre>) -> anyhow::Result<Sum> {
    let batches = arguments.calls.div_ceil(u64::from(CALLS_PER_BATCH));
    let (first, end) = match arguments.batch {
        Some(batch) => (batch, batch + 1),
        None => (0, batches),
    };
    let next = AtomicU64::new(first);
    let sum = Mutex::new(Sum::default());
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
                        sum.lock().add(batch, played);
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
