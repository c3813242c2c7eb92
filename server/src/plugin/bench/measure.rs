//! Measures decisions.

use anyhow::{Context as _, bail};
use cordboard::core::question::Ask;
use cordboard_plugin_host::{Digest, HostConfig, Plugin, PluginHost, PluginLimits, PluginSpec};
use cordboard_plugin_test::{Questions, Vectors, rows, with_rows};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Numbers of candidates or contacts that are measured.
const ROWS: [usize; 4] = [1, 16, 64, 256];
/// Rounds, in each of which every plugin takes its turn: what disturbs the machine for a while
/// disturbs all of them.
const ROUNDS: usize = 20;
/// Decisions of a plugin in a round.
const DECISIONS_PER_ROUND: usize = 50;
/// Decisions before the first that counts.
const DECISIONS_BEFORE: usize = 10;
/// Time that the decisions of one series may take together; then it has no more turns.
const SERIES_MAX: Duration = Duration::from_secs(2);
/// Time of a decision, far more than the engine's: a slow plugin is measured, not stopped.
const DEADLINE: Duration = Duration::from_secs(10);
/// Time of `configure`.
const CONFIGURE_DEADLINE: Duration = Duration::from_secs(60);

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) plugin: Component,
    pub(super) baseline: Option<Component>,
    pub(super) cases: Vec<Case>,
}

/// A component that was measured.
#[derive(Debug, Serialize)]
pub(super) struct Component {
    pub(super) file: String,
    pub(super) bytes: usize,
    pub(super) sha256: String,
}

/// One decision point with one number of rows.
#[derive(Debug, Serialize)]
pub(super) struct Case {
    pub(super) point: &'static str,
    pub(super) rows: usize,
    pub(super) plugin: Figures,
    pub(super) baseline: Option<Figures>,
    pub(super) ratio: Option<Ratio>,
}

#[derive(Debug, Serialize)]
pub(super) struct Figures {
    /// Each decision on an instance of its own.
    pub(super) fresh: Times,
    /// Decisions on an instance that is kept, where the plugin allows it.
    pub(super) warm: Option<Times>,
    /// Of one decision, as wasmtime's fuel counts them: the same on every machine.
    pub(super) instructions: u64,
    /// The most that an instance had.
    pub(super) memory_bytes: usize,
}

/// How long decisions took, in nanoseconds, facts packed and verdict checked.
#[derive(Debug, Serialize)]
pub(super) struct Times {
    pub(super) p50_ns: u64,
    pub(super) p99_ns: u64,
    pub(super) decisions: usize,
}

/// The plugin's figures divided by the baseline's.
#[derive(Debug, Serialize)]
pub(super) struct Ratio {
    pub(super) fresh_p50: f64,
    pub(super) fresh_p99: f64,
    pub(super) warm_p50: Option<f64>,
    pub(super) warm_p99: Option<f64>,
    pub(super) instructions: f64,
    pub(super) memory: f64,
}

/// A plugin that takes part.
struct Contender {
    component: Component,
    fresh: Arc<Plugin>,
    warm: Option<Arc<Plugin>>,
    metered: Arc<Plugin>,
}

/// What is measured.
pub(super) struct Bench {
    plugin: Contender,
    baseline: Option<Contender>,
    questions: Vec<(&'static str, Ask)>,
}

impl Bench {
    pub(super) fn new(
        file: &Path,
        baseline: Option<&Path>,
        vectors: &Vectors,
    ) -> anyhow::Result<Self> {
        let config = HostConfig {
            workers: 2,
            ..HostConfig::default()
        };
        let hosts = Hosts {
            production: PluginHost::new(config.clone())?,
            metering: PluginHost::metering(config)?,
        };
        let bytes = read(file)?;
        let numbered = Questions::read(&bytes, vectors)?;
        let plugin = hosts.load(file, &bytes, vectors, &numbered)?;
        let baseline = match baseline {
            Some(file) => Some(hosts.load(file, &read(file)?, vectors, &numbered)?),
            None => None,
        };
        let mut seen = BTreeSet::new();
        let mut questions = Vec::new();
        for (vector, ask) in vectors.vectors.iter().zip(&numbered.asks) {
            let contenders = [Some(&plugin), baseline.as_ref()];
            let all_answer = contenders
                .into_iter()
                .flatten()
                .all(|of| of.fresh.info().answers(vector.point));
            if !all_answer || vector.config.is_some() || !seen.insert(vector.point) {
                continue;
            }
            let scaled: Vec<_> = ROWS
                .iter()
                .filter_map(|rows| with_rows(ask, *rows))
                .collect();
            let sizes = if scaled.is_empty() {
                vec![ask.clone()]
            } else {
                scaled
            };
            questions.extend(sizes.into_iter().map(|ask| (vector.point.name(), ask)));
        }
        if questions.is_empty() {
            bail!(
                "none of the golden vectors is for a decision point of the plugin: add one for each that is to be measured"
            );
        }
        Ok(Self {
            plugin,
            baseline,
            questions,
        })
    }

    pub(super) fn run(self) -> anyhow::Result<Report> {
        let mut cases = Vec::new();
        for (point, ask) in &self.questions {
            let mut figures = figures([Some(&self.plugin), self.baseline.as_ref()], ask)
                .with_context(|| format!("`{point}` with {} rows", rows(ask)))?
                .into_iter();
            let (Some(plugin), baseline) = (figures.next(), figures.next()) else {
                bail!("nothing was measured");
            };
            cases.push(Case {
                point,
                rows: rows(ask),
                ratio: baseline.as_ref().map(|baseline| ratio(&plugin, baseline)),
                plugin,
                baseline,
            });
        }
        Ok(Report {
            plugin: self.plugin.component,
            baseline: self.baseline.map(|baseline| baseline.component),
            cases,
        })
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read the plugin `{}`", file.display()))
}

struct Hosts {
    production: PluginHost,
    metering: PluginHost,
}

impl Hosts {
    fn load(
        &self,
        file: &Path,
        bytes: &[u8],
        vectors: &Vectors,
        numbered: &Questions,
    ) -> anyhow::Result<Contender> {
        let compile = |host: &PluginHost, always_fresh: bool| {
            host.compile(&PluginSpec {
                component: bytes,
                sha256: None,
                config: &vectors.config,
                names: &numbered.numbers,
                limits: PluginLimits {
                    deadline: DEADLINE,
                    configure_deadline: CONFIGURE_DEADLINE,
                    always_fresh,
                    ..PluginLimits::default()
                },
            })
            .with_context(|| format!("cannot load `{}`", file.display()))
        };
        let fresh = match compile(&self.production, true) {
            Ok(fresh) => fresh,
            // It cannot be snapshotted, and runs warm alone.
            Err(_) => compile(&self.production, false)?,
        };
        let is_warm = fresh.info().manifest.warm_calls.is_some();
        Ok(Contender {
            component: Component {
                file: file.display().to_string(),
                bytes: bytes.len(),
                sha256: Digest::of(bytes).to_string(),
            },
            warm: is_warm
                .then(|| compile(&self.production, false))
                .transpose()?,
            metered: compile(&self.metering, false)?,
            fresh,
        })
    }
}

/// The decisions of one plugin in one way.
struct Series<'a> {
    plugin: &'a Plugin,
    nanos: Vec<u64>,
    spent: Duration,
}

impl<'a> Series<'a> {
    fn new(plugin: &'a Plugin) -> Self {
        Self {
            plugin,
            nanos: Vec::new(),
            spent: Duration::ZERO,
        }
    }

    fn decide(&mut self, ask: &Ask) -> anyhow::Result<Duration> {
        let began = Instant::now();
        let answer = self.plugin.decide(ask);
        let took = began.elapsed();
        if let Some(detail) = answer.detail {
            bail!("the plugin fails: {detail}");
        }
        Ok(took)
    }

    fn turn(&mut self, ask: &Ask) -> anyhow::Result<()> {
        for _ in 0..DECISIONS_PER_ROUND {
            if self.spent > SERIES_MAX {
                return Ok(());
            }
            let took = self.decide(ask)?;
            self.spent += took;
            self.nanos
                .push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        }
        Ok(())
    }

    fn times(mut self) -> Times {
        self.nanos.sort_unstable();
        let last = self.nanos.len().saturating_sub(1);
        let at = |percent: usize| self.nanos.get(last * percent / 100).copied().unwrap_or(0);
        Times {
            p50_ns: at(50),
            p99_ns: at(99),
            decisions: self.nanos.len(),
        }
    }
}

/// Measures a question with each contender, by turns.
fn figures(contenders: [Option<&Contender>; 2], ask: &Ask) -> anyhow::Result<Vec<Figures>> {
    let mut all: Vec<(&Contender, Series<'_>, Option<Series<'_>>)> = contenders
        .into_iter()
        .flatten()
        .map(|of| {
            (
                of,
                Series::new(&of.fresh),
                of.warm.as_deref().map(Series::new),
            )
        })
        .collect();
    for (_, fresh, warm) in &mut all {
        for series in [Some(fresh), warm.as_mut()].into_iter().flatten() {
            for _ in 0..DECISIONS_BEFORE {
                series.decide(ask)?;
            }
        }
    }
    for _ in 0..ROUNDS {
        for (_, fresh, warm) in &mut all {
            for series in [Some(fresh), warm.as_mut()].into_iter().flatten() {
                series.turn(ask)?;
            }
        }
    }
    let figures = all.into_iter().map(|(contender, fresh, warm)| {
        let metered = contender.metered.meter(ask);
        let metered =
            metered.map_err(|failure| anyhow::anyhow!("the plugin fails: {}", failure.detail))?;
        Ok(Figures {
            fresh: fresh.times(),
            warm: warm.map(Series::times),
            instructions: metered.instructions,
            memory_bytes: metered.memory_bytes,
        })
    });
    figures.collect()
}

fn ratio(plugin: &Figures, baseline: &Figures) -> Ratio {
    let of = |one: u64, other: u64| one as f64 / other.max(1) as f64;
    let warm = plugin.warm.as_ref().zip(baseline.warm.as_ref());
    Ratio {
        fresh_p50: of(plugin.fresh.p50_ns, baseline.fresh.p50_ns),
        fresh_p99: of(plugin.fresh.p99_ns, baseline.fresh.p99_ns),
        warm_p50: warm.map(|(one, other)| of(one.p50_ns, other.p50_ns)),
        warm_p99: warm.map(|(one, other)| of(one.p99_ns, other.p99_ns)),
        instructions: of(plugin.instructions, baseline.instructions),
        memory: of(plugin.memory_bytes as u64, baseline.memory_bytes as u64),
    }
}
