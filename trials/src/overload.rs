//! Five times as many calls as can be served: each is answered, or rejected as busy; nobody is left ringing; afterwards all is
//! as before.

use crate::process::mebibytes;
use crate::stage::{Plan, Stage, caller};
use anyhow::bail;
use clap::Args;
use cordboard_simulator::Behaviour;
use cordboard_simulator::ledger::CallerRecord;
use cordboard_simulator::script::Fate;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Finds out how many calls a second this machine serves, and offers five times as many.
#[derive(Clone, Debug, Args)]
pub struct Overload {
    /// From the webhook to the request to answer, 99 of 100 calls may take so long, ms: what counts as served.
    #[arg(long, default_value_t = 1_000)]
    pub answer_within_ms: u64,
    /// How long each rate is offered while the capacity is looked for, seconds.
    #[arg(long, default_value_t = 10)]
    pub step_seconds: u64,
    /// How long there are too many calls, seconds.
    #[arg(long, default_value_t = 60)]
    pub seconds: u64,
    /// Calls a second that this machine is known to serve; without it, that is found out.
    #[arg(long)]
    pub capacity: Option<u64>,
    /// Agents.
    #[arg(long, default_value_t = 400)]
    pub agents: usize,
    /// The folder of built plugins, to have them asked.
    #[arg(long)]
    pub plugins: Option<PathBuf>,
}

/// So many times the capacity is offered.
const TIMES: u64 = 5;
/// The first rate that is tried, calls a second.
const FIRST_RATE: u64 = 10;
/// By how much the rate rises from step to step, percent.
const STEP_PERCENT: u64 = 40;
/// Afterwards this share of the capacity is offered, percent.
const AFTERWARDS_PERCENT: u64 = 50;
/// People talk so long.
const TALK_MS: u64 = 2_000;
/// How often it is looked how far the trial is.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Rate after which no further one is tried.
const RATE_MAX: u64 = 10_000;
/// For a trial that does not get on.
const PATIENCE: Duration = Duration::from_secs(300);
/// A status that makes Event Grid wait for half a minute, longer than a caller rings.
const UNAVAILABLE: u16 = 503;

/// What became of the callers of a while.
#[derive(Clone, Debug, Default)]
pub struct Phase {
    /// What it was for.
    pub name: String,
    /// Calls offered a second.
    pub rate: u64,
    /// Callers.
    pub callers: u64,
    /// Who talked to an agent.
    pub talked: u64,
    /// Who was answered, found the queue full or waited its longest time, and heard its message.
    pub dismissed: u64,
    /// Who heard busy.
    pub rejected: u64,
    /// Who rang until the network gave up.
    pub rang_out: u64,
    /// Whom anything else happened to, by what it was.
    pub others: BTreeMap<Fate, u64>,
    /// From webhook to answer at the median and the 99th percentile, ms.
    pub answer_ms: (u64, u64),
    /// Deliveries of incoming calls that were answered with 503.
    pub unavailable: u64,
    /// Memory of the engine's process at the end, bytes.
    pub memory: u64,
    /// Calls that the engine says to have rejected, since its start.
    pub shed: u64,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<12} {:>5}/s  {:>6} callers  {:>6} talked  {:>6} dismissed  {:>6} busy  {:>3} rang out  {:?} others  answer {:>5} ms p50 {:>6} ms p99  {:>6.1} MiB",
            self.name,
            self.rate,
            self.callers,
            self.talked,
            self.dismissed,
            self.rejected,
            self.rang_out,
            self.others,
            self.answer_ms.0,
            self.answer_ms.1,
            mebibytes(self.memory),
        )
    }
}

impl Overload {
    /// Runs the trial and shows each phase when it is over.
    ///
    /// # Errors
    /// Somebody was left ringing, an incoming call was answered with 503, what was rejected was not counted, or calls are not
    /// served afterwards as before.
    pub fn run(&self, show: impl FnMut(&Phase)) -> anyhow::Result<Vec<Phase>> {
        let folder = tempfile::tempdir()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let plan = Plan {
                agents: self.agents,
                behaviour: Behaviour::default(),
                limits: json!({}),
                plugins: self.plugins.clone(),
            };
            let mut stage = Stage::set(folder.path(), &plan).await?;
            stage.start().await?;
            stage.open().await?;
            self.play(&stage, show).await
        })
    }

    async fn play(
        &self,
        stage: &Stage,
        mut show: impl FnMut(&Phase),
    ) -> anyhow::Result<Vec<Phase>> {
        let mut phases = Vec::new();
        let mut capacity = self.capacity.unwrap_or_default();
        let mut rate = FIRST_RATE;
        while self.capacity.is_none() && rate < RATE_MAX {
            let phase = offer(stage, "capacity?", rate, self.step_seconds, phases.len()).await?;
            show(&phase);
            let served =
                phase.talked == phase.callers && phase.answer_ms.1 <= self.answer_within_ms;
            phases.push(phase);
            if !served {
                break;
            }
            capacity = rate;
            rate += (rate * STEP_PERCENT / 100).max(1);
        }
        if capacity == 0 {
            bail!("this machine does not serve {FIRST_RATE} calls a second");
        }
        let rate = capacity * TIMES;
        let over = offer(stage, "overload", rate, self.seconds, phases.len()).await?;
        show(&over);
        phases.push(over.clone());
        let rate = (capacity * AFTERWARDS_PERCENT / 100).max(1);
        let after = offer(stage, "afterwards", rate, self.step_seconds, phases.len()).await?;
        show(&after);
        phases.push(after.clone());

        let rejected: u64 = phases.iter().map(|phase| phase.rejected).sum();
        if let Some(phase) = phases
            .iter()
            .find(|phase| phase.rang_out > 0 || !phase.others.is_empty())
        {
            bail!("callers were left ringing, or lost: {phase}");
        }
        if phases.iter().any(|phase| phase.unavailable > 0) {
            bail!("incoming calls were answered with 503");
        }
        if after.shed != rejected {
            bail!(
                "{rejected} callers heard busy, but the engine has counted {}",
                after.shed
            );
        }
        if after.talked < after.callers || after.answer_ms.1 > self.answer_within_ms {
            bail!("calls are not served as before: {after}");
        }
        Ok(phases)
    }
}

/// Lets callers come at a rate for a while, and waits until all are gone.
async fn offer(
    stage: &Stage,
    name: &str,
    rate: u64,
    seconds: u64,
    number: usize,
) -> anyhow::Result<Phase> {
    let callers = rate * seconds;
    let first = stage.simulator.progress().placed;
    for index in 0..callers {
        let caller = caller(
            &format!("{number}-{index}"),
            u64::try_from(first)? + index,
            index * 1_000 / rate.max(1),
            TALK_MS,
        );
        stage.simulator.place_call(caller)?;
    }
    let began = Instant::now();
    let limit = Duration::from_secs(seconds) + PATIENCE;
    while !stage.simulator.progress().is_finished() {
        tokio::time::sleep(LOOK_EVERY).await;
        if began.elapsed() > limit {
            bail!(
                "callers are not gone after {limit:?}: {:?}",
                stage.simulator.progress()
            );
        }
    }
    let ledger = stage.simulator.ledger();
    let end_ms = ledger.at.at_ms;
    let mut phase = Phase {
        name: name.to_owned(),
        rate,
        callers,
        memory: stage.memory(),
        shed: stage.overview().await?["shed"]["calls"]
            .as_u64()
            .unwrap_or_default(),
        ..Phase::default()
    };
    let mut answers = Vec::new();
    for caller in ledger.callers.iter().skip(first) {
        match caller.fate(end_ms) {
            Fate::Talked => phase.talked += 1,
            Fate::Dismissed => phase.dismissed += 1,
            Fate::Rejected => phase.rejected += 1,
            Fate::RangOut => phase.rang_out += 1,
            other => *phase.others.entry(other).or_default() += 1,
        }
        let unavailable = caller.deliveries.iter();
        let unavailable = unavailable.filter(|delivery| delivery.status == Some(UNAVAILABLE));
        phase.unavailable += u64::try_from(unavailable.count())?;
        answers.extend(webhook_to_answer_ms(caller));
    }
    answers.sort_unstable();
    phase.answer_ms = (percentile(&answers, 50), percentile(&answers, 99));
    Ok(phase)
}

fn webhook_to_answer_ms(caller: &CallerRecord) -> Option<u64> {
    let posted = caller.deliveries.first()?.posted;
    let answered = caller.answers.first()?.received;
    Some(answered.real_us.saturating_sub(posted.real_us) / 1_000)
}

/// By nearest rank; 0 of nothing.
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}
