//! Memory and disk stay flat, however many calls there were: the whole engine but its sockets, with its journal on disk,
//! takes complete calls as fast as it can, from the webhook of the incoming call to the end of wrap-up.

use crate::centre::{self, Centre};
use crate::process::{bytes_in, mebibytes, resident_bytes};
use crate::service::{CARD_EVERY, InMemoryService};
use crate::watched::{self, Seen};
use anyhow::{Context as _, bail};
use clap::Args;
use cordboard::Engine;
use cordboard::core::Event;
use cordboard::core::event::AgentStatus;
use cordboard::core::ids::{AgentId, CallId};
use cordboard::events::Item;
use serde_json::json;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// Runs complete calls through the engine and fails if memory, disk or state grow with their number.
#[derive(Clone, Debug, Args)]
pub struct Endurance {
    /// How many calls.
    #[arg(long, default_value_t = 1_000_000)]
    pub calls: u64,
    /// Calls at the same time.
    #[arg(long, default_value_t = 1_000)]
    pub at_once: u64,
    /// Agents; fewer than calls at the same time, so that some wait.
    #[arg(long, default_value_t = 800)]
    pub agents: usize,
    /// Decision records that stay, in MiB. (The engine's own default, 4 GiB, would not be reached.)
    #[arg(long, default_value_t = 256)]
    pub records_mib: u64,
    /// `journal.keep_entries`.
    #[arg(long, default_value_t = 200_000)]
    pub keep_entries: u64,
    /// `journal.snapshot_every`.
    #[arg(long, default_value_t = 20_000)]
    pub snapshot_every: u64,
    /// `limits.event_ids_max`.
    #[arg(long, default_value_t = 50_000)]
    pub event_ids_max: u64,
    /// The folder of built plugins, to have them asked; without it the engine decides by itself.
    #[arg(long)]
    pub plugins: Option<PathBuf>,
    /// Where the journal goes; without it, into a temporary folder that is removed.
    #[arg(long)]
    pub folder: Option<PathBuf>,
}

/// By how much the last quarter of the calls may need more than the second one: a share of a hundred, ...
const TOLERANCE_PERCENT: u64 = 10;
/// ... and so many bytes, for what an allocator and a file system do by themselves.
const TOLERANCE_BYTES: u64 = 16 << 20;
/// How often it is measured within a trial.
const SAMPLES: u64 = 20;
/// Events kept for those who resume. It is the engine's own default.
const EVENTS_KEPT: usize = cordboard::events::EVENTS_KEPT_MAX;
/// For a trial that does not get on.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was measured after so many calls.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Calls that are over.
    pub calls: u64,
    /// Memory of the process, bytes; 0 where the system does not tell.
    pub memory: u64,
    /// Files of the journal, bytes.
    pub disk: u64,
    /// The newest snapshot, bytes.
    pub state: u64,
    /// Calls that live.
    pub live: u64,
    /// Calls so far whose caller heard busy.
    pub busy: u64,
    /// Calls per second since the sample before.
    pub per_second: u64,
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>9} calls  {:>7.1} MiB memory  {:>7.1} MiB disk  {:>7.2} MiB state  {:>5} live  {:>5} busy  {:>5} calls/s",
            self.calls,
            mebibytes(self.memory),
            mebibytes(self.disk),
            mebibytes(self.state),
            self.live,
            self.busy,
            self.per_second,
        )
    }
}

impl Default for Endurance {
    fn default() -> Self {
        Self {
            calls: 1_000_000,
            at_once: 1_000,
            agents: 800,
            records_mib: 256,
            keep_entries: 200_000,
            snapshot_every: 20_000,
            event_ids_max: 50_000,
            plugins: None,
            folder: None,
        }
    }
}

impl Endurance {
    /// Runs the trial and shows each sample as it is taken.
    ///
    /// # Errors
    /// Something grows, a webhook was not taken, or the trial does not get on.
    pub fn run(&self, mut show: impl FnMut(&Sample)) -> anyhow::Result<Vec<Sample>> {
        let temporary = tempfile::tempdir()?;
        let folder = self.folder.as_deref().unwrap_or(temporary.path());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let samples = runtime.block_on(self.play(folder, &mut show))?;
        judge(&samples)?;
        Ok(samples)
    }

    pub(crate) async fn play(
        &self,
        folder: &Path,
        show: &mut impl FnMut(&Sample),
    ) -> anyhow::Result<Vec<Sample>> {
        let journal = folder.join("journal");
        let (service, mut over) = InMemoryService::new(Handle::current());
        let seen = Arc::new(Seen::default());
        let engine = self.engine(folder, &journal, &service, &seen)?;
        let key = seen.key().context("the journal is not open")?.clone();
        service.connect(engine.router(), key);
        // One that never reads: it must not make anything grow.
        let _idle = engine.events().subscribe(None);
        let desks = tokio::spawn(desks(engine.clone(), service.clone()));
        for number in 0..self.agents {
            engine.agent(&centre::name(number))?.ready().await?;
        }

        let mut samples: Vec<Sample> = Vec::new();
        let mut since = Instant::now();
        let (mut dialled, mut ended) = (0, 0);
        let every = self.calls.div_ceil(SAMPLES).max(1);
        while ended < self.calls {
            while dialled < self.calls && dialled - ended < self.at_once {
                dialled += 1;
                let service = service.clone();
                tokio::spawn(async move { service.dial(dialled).await });
            }
            let Ok(call) = tokio::time::timeout(PATIENCE, over.recv()).await else {
                bail!(
                    "no call has ended for {PATIENCE:?}: {} are under way",
                    dialled - ended
                );
            };
            call.context("the service is gone")?;
            ended += 1;
            if ended % every == 0 || ended == self.calls {
                let took_ms = u64::try_from(since.elapsed().as_millis())?.max(1);
                let calls = ended - samples.last().map_or(0, |sample| sample.calls);
                let per_second = calls * 1_000 / took_ms;
                let sample = Sample {
                    calls: ended,
                    memory: resident_bytes().unwrap_or_default(),
                    disk: bytes_in(&journal),
                    state: u64::try_from(seen.snapshot_bytes())?,
                    live: u64::try_from(engine.overview().await?.live_calls)?,
                    busy: service.rejected(),
                    per_second,
                };
                show(&sample);
                samples.push(sample);
                since = Instant::now();
            }
        }
        desks.abort();
        if service.refused() > 0 {
            bail!("{} webhooks were not taken", service.refused());
        }
        // All of the first calls come in one moment, which no centre has room for. Later ones come as others end.
        if service.rejected() > self.at_once {
            bail!(
                "{} callers heard busy, though never more than {} calls were under way",
                service.rejected(),
                self.at_once
            );
        }
        tokio::task::spawn_blocking(move || engine.shutdown()).await??;
        Ok(samples)
    }

    fn engine(
        &self,
        folder: &Path,
        journal: &Path,
        service: &InMemoryService,
        seen: &Arc<Seen>,
    ) -> anyhow::Result<Engine> {
        let centre = Centre {
            agents: self.agents,
            wrap_up_seconds: 1,
            service: "http://127.0.0.1:9",
            engine: "http://127.0.0.1:9",
            journal: json!({
                "directory": journal, "keep_entries": self.keep_entries,
                "snapshot_every": self.snapshot_every
            }),
            limits: json!({ "event_ids_max": self.event_ids_max }),
            plugins: self.plugins.as_deref(),
        };
        let config = centre.write(folder)?;
        let records = self.records_mib << 20;
        let (journal, seen) = (journal.to_path_buf(), Arc::clone(seen));
        let engine = Engine::builder(centre::compiled(folder, &config)?)
            .operator(Arc::new(service.clone()))
            .events_kept(EVENTS_KEPT)
            .journal_with(move |mut options| {
                options.limits.records_bytes_max = records;
                watched::open(&journal, options, seen)
            })
            .build()?;
        Ok(engine)
    }
}

/// The agents at their desktops: one of eight asks for a card number; callers hang up once that is done. Two of three finish
/// wrap-up by hand.
async fn desks(engine: Engine, service: InMemoryService) -> anyhow::Result<()> {
    let mut events = engine.events().subscribe(None);
    while let Some(delivery) = events.next().await {
        let Item::Event(numbered) = delivery.item else {
            bail!("the desktops cannot follow: {:?}", delivery.item);
        };
        match numbered.event {
            Event::CallConnected { call, agent, .. } if call.0.is_multiple_of(CARD_EVERY) => {
                drop(
                    engine
                        .agent(&name_of(&engine, agent))?
                        .call(call)
                        .collect(centre::PAYMENT)?,
                );
            }
            Event::CallConnected { call, .. } | Event::DigitsCollected { call, .. } => {
                service.hang_up(call);
            }
            Event::CallEnded {
                call: CallId(call),
                agent: Some(agent),
                ..
            } if !call.is_multiple_of(3) => {
                drop(engine.agent(&name_of(&engine, agent))?.wrap_up_done());
            }
            Event::AgentChanged {
                agent,
                state: AgentStatus::NotReadyRona,
            } => drop(engine.agent(&name_of(&engine, agent))?.ready()),
            _ => {}
        }
    }
    Ok(())
}

fn name_of(engine: &Engine, agent: AgentId) -> String {
    engine.config().symbols.name(agent.0).to_owned()
}

/// Holds the last quarter against the second: the first one fills what is bounded.
fn judge(samples: &[Sample]) -> anyhow::Result<()> {
    let quarter = samples.len() / 4;
    let most = |what: fn(&Sample) -> u64, from: usize| {
        let of_quarter = samples.iter().skip(from).take(quarter);
        of_quarter.map(what).max().unwrap_or_default()
    };
    let last = samples.len() - quarter;
    for (name, what) in [
        ("memory", (|sample| sample.memory) as fn(&Sample) -> u64),
        ("the journal", |sample| sample.disk),
        ("the state", |sample| sample.state),
    ] {
        let (before, after) = (most(what, quarter), most(what, last));
        let allowed = before + before * TOLERANCE_PERCENT / 100 + TOLERANCE_BYTES;
        if after > allowed {
            bail!(
                "{name} grows with the calls: {:.1} MiB in the second quarter, {:.1} MiB in the last",
                mebibytes(before),
                mebibytes(after)
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(memory: impl Fn(u64) -> u64) -> Vec<Sample> {
        (1..=20)
            .map(|number| Sample {
                calls: number * 100,
                memory: memory(number) << 20,
                disk: 100 << 20,
                state: 1 << 20,
                live: 3,
                busy: 0,
                per_second: 900,
            })
            .collect()
    }

    #[test]
    fn what_is_filled_first_is_no_growth_and_what_goes_on_growing_is() {
        judge(&samples(|number| 200.min(100 * number))).unwrap();
        let error = judge(&samples(|number| 100 + 5 * number)).unwrap_err();
        assert!(error.to_string().contains("memory grows"), "{error}");
    }
}
