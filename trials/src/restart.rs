//! A restart with thousands of live calls and a day's journal, while the service limits the rate of requests: how long it takes
//! until a new call is acknowledged, and until every call of before has been asked about.

use crate::endurance::Endurance;
use crate::process::{bytes_in, mebibytes};
use crate::stage::{Plan, Stage, caller};
use anyhow::bail;
use clap::Args;
use cordboard_simulator::Behaviour;
use cordboard_simulator::ledger::{CallerRecord, Ledger};
use serde_json::json;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Kills an engine with many live calls and starts it again on its journal.
#[derive(Clone, Debug, Args)]
pub struct Restart {
    /// Calls that live when the engine is killed.
    #[arg(long, default_value_t = 10_000)]
    pub live: u64,
    /// Calls that are over by then: a day's.
    #[arg(long, default_value_t = 100_000)]
    pub day: u64,
    /// Callers who dial in a second, while the live calls build up.
    #[arg(long, default_value_t = 60)]
    pub per_second: u64,
    /// Of a hundred requests, so many are answered with 429 and `Retry-After: 1`.
    #[arg(long, default_value_t = 20)]
    pub throttled_percent: u8,
    /// Agents; so many of the live calls are conversations, the others wait.
    #[arg(long, default_value_t = 100)]
    pub agents: usize,
    /// Where the journal goes; without it, into a temporary folder that is removed.
    #[arg(long)]
    pub folder: Option<PathBuf>,
}

/// How long people who talk do so: longer than the trial.
const TALK_MS: u64 = 3_600_000;
/// How often it is looked how far the trial is.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often somebody tries to call after the kill, milliseconds.
const PROBE_EVERY_MS: u64 = 100;
/// What the names of those who call after the kill begin with.
const PROBE: &str = "probe-";
/// For how long after the kill somebody tries to call, milliseconds.
const PROBED_FOR_MS: u64 = 20_000;
/// For a trial that does not get on.
const PATIENCE: Duration = Duration::from_secs(600);

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Restarted {
    /// Calls that lived when the engine was killed.
    pub live: u64,
    /// The journal's last entry then.
    pub entries: u64,
    /// The journal's files then, bytes.
    pub disk: u64,
    /// From the start of the process to the first acknowledgement of a new call, ms.
    pub first_acknowledged_ms: u64,
    /// From the start of the process until the service had answered about every call whether it lives and who is in it, ms.
    pub reconciled_ms: u64,
    /// Requests that the service refused with 429 meanwhile.
    pub throttled: u64,
    /// Calls that live in the engine afterwards.
    pub live_after: u64,
    /// Memory of the engine's process afterwards, bytes.
    pub memory: u64,
}

impl fmt::Display for Restarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "live calls at the kill     {:>8}", self.live)?;
        writeln!(
            f,
            "journal                    {:>8} entries so far, {:.0} MiB on disk",
            self.entries,
            mebibytes(self.disk)
        )?;
        writeln!(
            f,
            "first acknowledgement      {:>8} ms",
            self.first_acknowledged_ms
        )?;
        writeln!(
            f,
            "every call asked about     {:>8} ms, {} requests answered with 429",
            self.reconciled_ms, self.throttled
        )?;
        write!(
            f,
            "live calls afterwards      {:>8}, {:.0} MiB of memory",
            self.live_after,
            mebibytes(self.memory)
        )
    }
}

impl Restart {
    /// Runs the trial; `tell` is told what goes on.
    ///
    /// # Errors
    /// A call is lost, no new one is acknowledged, or the trial does not get on.
    pub fn run(&self, mut tell: impl FnMut(&str)) -> anyhow::Result<Restarted> {
        let temporary = tempfile::tempdir()?;
        let folder = self.folder.as_deref().unwrap_or(temporary.path());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        runtime.block_on(self.play(folder, &mut tell))
    }

    async fn play(&self, folder: &Path, tell: &mut impl FnMut(&str)) -> anyhow::Result<Restarted> {
        tell(&format!("{} calls of before", self.day));
        let before = Endurance {
            calls: self.day,
            ..Endurance::default()
        };
        before.play(folder, &mut |_| {}).await?;

        tell(&format!("{} calls come and stay", self.live));
        let plan = Plan {
            agents: self.agents,
            behaviour: Behaviour {
                throttled_percent: self.throttled_percent,
                ..Behaviour::default()
            },
            limits: json!({ "calls_max": 2 * self.live + 1_000, "queue_length_max": 2 * self.live + 1_000 }),
            plugins: None,
        };
        let mut stage = Stage::set(folder, &plan).await?;
        stage.start().await?;
        stage.open().await?;
        for number in 0..self.live {
            let dials_at = number * 1_000 / self.per_second.max(1);
            stage.simulator.place_call(caller(
                &format!("caller-{number}"),
                number,
                dials_at,
                TALK_MS,
            ))?;
        }
        let began = Instant::now();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let progress = stage.simulator.progress();
            let there = progress.in_queue + progress.talking;
            if progress.waiting_to_dial == 0 && progress.ringing + progress.in_menu == 0 {
                break;
            }
            if began.elapsed() > PATIENCE {
                bail!("{there} calls live after {PATIENCE:?}: {progress:?}");
            }
        }
        let overview = stage.overview().await?;
        let through = overview["through"].as_str().unwrap_or_default();
        let (entry, _) = through.split_once('.').unwrap_or_default();
        let mut restarted = Restarted {
            live: overview["live-calls"].as_u64().unwrap_or_default(),
            entries: entry.parse()?,
            disk: bytes_in(&folder.join("journal")),
            ..Restarted::default()
        };

        tell("kill -9, and a start");
        stage.kill()?;
        let before = stage.simulator.ledger();
        let killed = Instant::now();
        for number in 0..PROBED_FOR_MS / PROBE_EVERY_MS {
            let name = format!("{PROBE}{number}");
            let dials_at = number * PROBE_EVERY_MS;
            stage
                .simulator
                .place_call(caller(&name, self.live + number, dials_at, TALK_MS))?;
        }
        stage.start().await?;
        self.wait_until_reconciled(&stage, &before, killed, &mut restarted)
            .await?;
        let overview = stage.overview().await?;
        restarted.live_after = overview["live-calls"].as_u64().unwrap_or_default();
        restarted.memory = stage.memory();
        let ledger = stage.simulator.ledger();
        let of_before = ledger.callers.iter().filter(|caller| !is_probe(caller));
        let lost = of_before.filter(|caller| caller.end.is_some()).count();
        if lost > 0 {
            bail!("{lost} of {} calls are lost", restarted.live);
        }
        Ok(restarted)
    }

    async fn wait_until_reconciled(
        &self,
        stage: &Stage,
        before: &Ledger,
        killed: Instant,
        restarted: &mut Restarted,
    ) -> anyhow::Result<()> {
        let looks = |ledger: &Ledger, name: &str| {
            let statuses = ledger.requests.get(name);
            statuses
                .and_then(|statuses| statuses.get(&200))
                .copied()
                .unwrap_or_default()
        };
        let throttled = |ledger: &Ledger| -> u64 {
            let statuses = ledger.requests.values();
            statuses.filter_map(|statuses| statuses.get(&429)).sum()
        };
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let ledger = stage.simulator.ledger();
            if restarted.first_acknowledged_ms == 0 {
                let probes = ledger.callers.iter().filter(|caller| is_probe(caller));
                let first = probes
                    .flat_map(|caller| &caller.deliveries)
                    .filter(|delivery| delivery.is_acknowledged())
                    .filter_map(|delivery| delivery.finished)
                    .min();
                if let Some(first) = first {
                    restarted.first_acknowledged_ms = (first.real_us - before.at.real_us) / 1_000;
                }
            }
            let done = ["get call", "list participants"]
                .iter()
                .all(|name| looks(&ledger, name) >= looks(before, name) + restarted.live);
            if done && restarted.first_acknowledged_ms > 0 {
                restarted.reconciled_ms = u64::try_from(killed.elapsed().as_millis())?;
                restarted.throttled = throttled(&ledger) - throttled(before);
                return Ok(());
            }
            if killed.elapsed() > PATIENCE {
                bail!(
                    "not every call was asked about after {PATIENCE:?}: {:?}",
                    ledger.requests
                );
            }
        }
    }
}

fn is_probe(caller: &CallerRecord) -> bool {
    caller.name.starts_with(PROBE)
}
