//! `kill -9` loses nobody: `cordboard serve` dies at each crash point, and at random moments, while
//! people call; it is started again on the same journal; the simulator's ledger judges.
//!
//! Two processes over HTTP, in real time. Event Grid delivers twice at most and for a minute,
//! callbacks are never delivered again, and the service honours repeated request ids or does not.
//!
//! `CORDBOARD_CRASH_SEED` plays the random moments of an earlier run again; `CORDBOARD_CRASH_ONLY`
//! plays the scenarios alone whose name contains it, and keeps their folder.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test: whatever is not as expected fails it"
)]

mod http;
mod stage;

use cordboard_crash_points::Point;
use serde_json::Value;
use stage::{Stage, caller};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const CALLERS: u32 = 24;
/// The last of them has dialled after this time.
const DIALLED_WITHIN_MS: u64 = 12_000;
/// Scenarios at the same time: most of each is waiting.
const AT_ONCE: usize = 8;
const RANDOM_KILLS: u32 = 10;

/// Ends the process once.
#[derive(Clone, Copy, Debug)]
enum Crash {
    /// At the passing of a point with this number.
    At(Point, u64),
    /// So long after people were let in, or after the start before.
    After(Duration),
}

/// How often the process dies, and how.
#[derive(Clone, Debug)]
struct Scenario {
    crashes: Vec<Crash>,
    repeatability: bool,
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, crash) in self.crashes.iter().enumerate() {
            let then = if number > 0 { "+" } else { "" };
            match crash {
                Crash::At(point, count) => write!(f, "{then}{}-{count}", point.name())?,
                Crash::After(time) => write!(f, "{then}kill-{}ms", time.as_millis())?,
            }
        }
        let honours = if self.repeatability { "" } else { "-forgetful" };
        f.write_str(honours)
    }
}

/// The passings at which the process dies: early, in the middle, late.
fn counts(point: Point) -> [u64; 3] {
    match point {
        Point::BeforeAppend | Point::AfterAppend => [25, 200, 450],
        Point::BeforeDurable | Point::AfterDurable => [20, 120, 250],
        Point::BeforeSend | Point::AfterSend => [1, 30, 120],
        Point::BeforeResponse | Point::AfterResponse => [3, 40, 110],
        Point::BeforeAcknowledge | Point::AfterAcknowledge => [1, 40, 200],
        Point::BeforeSnapshot | Point::AfterSnapshot => [1, 2, 4],
        Point::BeforeTruncate | Point::AfterTruncate => [1, 2, 3],
    }
}

fn scenarios(seed: u64) -> Vec<Scenario> {
    let mut all = Vec::new();
    let mut add = |crashes: Vec<Crash>| {
        let repeatability = all.len() % 2 == 0;
        all.push(Scenario {
            crashes,
            repeatability,
        });
    };
    for point in Point::ALL {
        for count in counts(point) {
            add(vec![Crash::At(point, count)]);
        }
    }
    let mut chance = fastrand::Rng::with_seed(seed);
    for _ in 0..RANDOM_KILLS {
        let after = Duration::from_millis(chance.u64(300..DIALLED_WITHIN_MS));
        add(vec![Crash::After(after)]);
    }
    // Once more while it is recovering.
    for again in [
        Point::BeforeDurable,
        Point::AfterDurable,
        Point::AfterSend,
        Point::AfterResponse,
        Point::BeforeSnapshot,
    ] {
        add(vec![
            Crash::After(Duration::from_millis(6_000)),
            Crash::At(again, 1),
        ]);
    }
    all
}

/// What came of a scenario: a line to print, and what is wrong.
struct Outcome {
    line: String,
    acknowledges_after: Vec<Duration>,
    faults: Vec<String>,
}

fn play(scenario: &Scenario, folder: PathBuf, cache: &Path) -> Outcome {
    let began = Instant::now();
    let mut stage = Stage::set(folder, cache, scenario.repeatability);
    let mut faults = Vec::new();
    let mut acknowledges_after = Vec::new();
    let mut crashes = scenario.crashes.iter().peekable();
    let armed = |crash: Option<&&Crash>| match crash {
        Some(Crash::At(point, count)) => Some(format!("{}:{count}", point.name())),
        Some(Crash::After(_)) | None => None,
    };
    assert!(stage.start(armed(crashes.peek()).as_deref()));
    let callers: Vec<Value> = (0..CALLERS)
        .map(|number| {
            let after_ms = u64::from(number) * DIALLED_WITHIN_MS / u64::from(CALLERS);
            caller(number, after_ms)
        })
        .collect();
    stage.let_people_come(&callers);
    while let Some(crash) = crashes.next() {
        match crash {
            Crash::After(time) => {
                std::thread::sleep(*time);
                stage.kill();
            }
            Crash::At(..) => match stage.wait_for_its_end() {
                Some(status) if !status.success() && status.code().is_none() => {}
                other => faults.push(format!("it did not die at {crash:?}: {other:?}")),
            },
        }
        let started = Instant::now();
        if stage.start(armed(crashes.peek()).as_deref()) && crashes.peek().is_none() {
            stage.wait_for_an_acknowledgement(&format!("{}", started.elapsed().as_nanos()));
            acknowledges_after.push(started.elapsed());
        }
    }
    if !stage.wait_for_the_last_caller() {
        faults.push("callers are left, or calls".to_owned());
    }
    let ledger = stage.ledger();
    let figures = ledger.figures();
    for (what, count) in [
        ("lost", figures.lost),
        ("answered twice", figures.answered_twice),
        ("offered twice", figures.offered_twice),
    ] {
        if count > 0 {
            faults.push(format!("{what}: {count}"));
        }
    }
    for caller in &ledger.callers {
        let fate = caller.fate(ledger.at.at_ms);
        if caller.is_acknowledged() && !caller.allowed_fates.contains(&fate) {
            faults.push(format!("{} {fate:?}", caller.name));
        }
    }
    match stage.stop() {
        Some(status) if status.success() => {}
        other => faults.push(format!("asked to stop it ended with {other:?}")),
    }
    let line = format!(
        "{scenario}: {} connected, {} abandoned, {} unreached, silence over 3 s {}, acknowledges after {acknowledges_after:?}, \
         took {:.0?} {}",
        figures.connected,
        figures.abandoned,
        figures.unreached,
        figures.silence_over_3s,
        began.elapsed(),
        faults.join(", "),
    );
    Outcome {
        line,
        acknowledges_after,
        faults,
    }
}

#[test]
fn whenever_it_is_killed_nobody_is_lost() {
    let seed = std::env::var("CORDBOARD_CRASH_SEED").map_or_else(
        |_| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            u64::from(now.subsec_nanos())
        },
        |seed| seed.parse().unwrap(),
    );
    println!("seed {seed}: CORDBOARD_CRASH_SEED={seed} plays the same moments");
    let only = std::env::var("CORDBOARD_CRASH_ONLY").ok();
    let wanted = |scenario: &Scenario| {
        only.as_ref()
            .is_none_or(|only| scenario.to_string().contains(only))
    };
    let mut waiting: Vec<Scenario> = scenarios(seed).into_iter().filter(wanted).collect();
    assert!(!waiting.is_empty(), "no scenario has such a name");
    waiting.reverse();
    let folder = std::env::temp_dir().join(format!("cordboard-test-crash-{}", std::process::id()));
    let cache = folder.join("compiled");
    stage::prepare(&folder.join("prepared"), &cache);
    let waiting = Mutex::new(waiting);
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap().pop();
                    let Some(scenario) = next else { return };
                    let folder = folder.join(scenario.to_string());
                    let outcome = play(&scenario, folder, &cache);
                    println!("{}", outcome.line);
                    outcomes.lock().unwrap().push(outcome);
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    let longest = outcomes
        .iter()
        .flat_map(|outcome| &outcome.acknowledges_after)
        .max();
    println!("longest time from a start to the first acknowledgement: {longest:?}");
    let wrong: Vec<&str> = outcomes
        .iter()
        .filter(|outcome| !outcome.faults.is_empty())
        .map(|outcome| outcome.line.as_str())
        .collect();
    if !wrong.is_empty() {
        panic!(
            "seed {seed}, see {}:\n{}",
            folder.display(),
            wrong.join("\n")
        );
    }
    if only.is_none() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
