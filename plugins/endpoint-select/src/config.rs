//! The configuration: what `schema.json` says, checked and compiled to rules.

use std::collections::BTreeMap;

use cordboard_plugin::{EndpointKind, Problems, QueueId};
use serde::Deserialize;

use crate::rule::{Rule, Skip, Stage};

/// The configuration as it is written.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The rule of every queue that has none of its own.
    #[serde(default)]
    default: RuleConfig,
    /// Rules of single queues.
    #[serde(default)]
    queues: BTreeMap<QueueId, RuleConfig>,
}

/// A rule as it is written.
#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields)]
struct RuleConfig {
    stages: Option<Vec<Vec<RingConfig>>>,
    skip: Option<Vec<SkipConfig>>,
    none_left: Option<NoneLeft>,
    last_answered_first: Option<bool>,
}

/// A kind of endpoint that rings.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct RingConfig {
    kind: KindConfig,
    seconds: u32,
}

#[derive(Deserialize, Debug, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum KindConfig {
    TeamsClient,
    CallingSdk,
    Pstn,
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum SkipConfig {
    Busy,
    Offline,
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum NoneLeft {
    Native,
    RingAnyway,
}

const SECONDS_MAX: u32 = 120;

/// The rule where nothing is written.
fn native() -> Rule {
    let clients = Stage {
        teams_client_ms: Some(15_000),
        calling_sdk_ms: Some(15_000),
        pstn_ms: None,
    };
    let phones = Stage {
        pstn_ms: Some(20_000),
        ..Stage::default()
    };
    Rule {
        stages: vec![clients, phones],
        skip: Skip {
            busy: true,
            offline: true,
        },
        rings_anyway: true,
        last_answered_first: false,
    }
}

impl Config {
    /// Checks the rules and completes them.
    pub(crate) fn compile(&self) -> Result<(Rule, Vec<(QueueId, Rule)>), Problems> {
        let mut problems = Problems::new();
        let default = self.default.compile(&native(), "/default", &mut problems);
        let queues = self.queues.iter().map(|(&queue, rule)| {
            let path = format!("/queues/{}", queue.0);
            (queue, rule.compile(&default, &path, &mut problems))
        });
        let queues = queues.collect();
        problems.or((default, queues))
    }
}

impl RuleConfig {
    fn compile(&self, default: &Rule, path: &str, problems: &mut Problems) -> Rule {
        let stages = match &self.stages {
            None => default.stages.clone(),
            Some(stages) => compile_stages(stages, path, problems),
        };
        let skip = self.skip.as_ref().map_or(default.skip, |skip| Skip {
            busy: skip.contains(&SkipConfig::Busy),
            offline: skip.contains(&SkipConfig::Offline),
        });
        Rule {
            stages,
            skip,
            rings_anyway: self
                .none_left
                .map_or(default.rings_anyway, |what| what == NoneLeft::RingAnyway),
            last_answered_first: self
                .last_answered_first
                .unwrap_or(default.last_answered_first),
        }
    }
}

fn compile_stages(stages: &[Vec<RingConfig>], path: &str, problems: &mut Problems) -> Vec<Stage> {
    let mut ringing = Stage::default();
    let mut compiled = Vec::with_capacity(stages.len());
    if stages.is_empty() {
        problems.add(
            format!("{path}/stages"),
            "nothing rings: give at least one stage",
        );
    }
    for (at, rings) in stages.iter().enumerate() {
        let mut stage = Stage::default();
        if rings.is_empty() {
            problems.add(
                format!("{path}/stages/{at}"),
                "nothing rings in this stage: name a kind, or remove it",
            );
        }
        for (ring_at, ring) in rings.iter().enumerate() {
            let path = format!("{path}/stages/{at}/{ring_at}");
            if !(1..=SECONDS_MAX).contains(&ring.seconds) {
                let seconds = ring.seconds;
                problems.add(
                    format!("{path}/seconds"),
                    format!("`{seconds}` is out of range: give 1 to {SECONDS_MAX}"),
                );
            }
            let kind = EndpointKind::from(ring.kind);
            // An endpoint rings once for an offer.
            if ringing.ring_ms(kind).is_some() {
                problems.add(
                    format!("{path}/kind"),
                    "this kind rings already: name each kind once over all stages",
                );
            }
            let time_ms = ring.seconds.saturating_mul(1_000);
            stage.set(kind, time_ms);
            ringing.set(kind, time_ms);
        }
        compiled.push(stage);
    }
    compiled
}

impl From<KindConfig> for EndpointKind {
    fn from(kind: KindConfig) -> Self {
        match kind {
            KindConfig::TeamsClient => Self::TeamsClient,
            KindConfig::CallingSdk => Self::CallingSdk,
            KindConfig::Pstn => Self::Pstn,
        }
    }
}
