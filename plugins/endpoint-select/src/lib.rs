//! Rings an agent's Teams client, Calling SDK client and phone in stages.
//!
//! `README.md` has the rule and an example, `schema.json` the configuration.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod config;
mod rule;

use cordboard_plugin::{
    Answer, Endpoint, EndpointColumn, EndpointKind, EndpointSelect, EndpointSelectFacts, Memo,
    Plugin, Problems, QueueId, Rings,
};

pub use crate::config::Config;
use crate::rule::{Rule, Skip};

/// The plugin: a rule for each queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RingStages {
    default: Rule,
    /// By queue, ascending.
    queues: Vec<(QueueId, Rule)>,
}

cordboard_plugin::export! {
    plugin: RingStages,
    points: [EndpointSelect],
    config_schema: "../schema.json",
}

impl Plugin for RingStages {
    type Config = Config;

    fn configure(config: Config) -> Result<Self, Problems> {
        let (default, queues) = config.compile()?;
        Ok(Self { default, queues })
    }
}

impl EndpointSelect for RingStages {
    const READS: &'static [EndpointColumn] = &[EndpointColumn::Reach, EndpointColumn::AnsweredLast];

    fn select(
        &self,
        facts: &EndpointSelectFacts<'_, Self>,
        rings: &mut Rings,
        _memo: &mut Memo<'_>,
    ) -> Answer {
        let rule = self.rule(facts.contact().queue());
        ring(rule, rule.skip, facts, rings);
        if rings.is_empty() && rule.rings_anyway {
            ring(rule, Skip::NOTHING, facts, rings);
        }
        if rings.is_empty() {
            Answer::Abstain
        } else {
            Answer::Decided
        }
    }
}

impl RingStages {
    fn rule(&self, queue: QueueId) -> &Rule {
        let found = self.queues.binary_search_by_key(&queue, |entry| entry.0);
        found
            .ok()
            .and_then(|at| self.queues.get(at))
            .map_or(&self.default, |entry| &entry.1)
    }
}

fn ring(rule: &Rule, skip: Skip, facts: &EndpointSelectFacts<'_, RingStages>, rings: &mut Rings) {
    let kind_of = |endpoint: &Endpoint<'_, RingStages>| -> Option<EndpointKind> {
        endpoint.kind().filter(|_| skip.lets_ring(endpoint.reach()))
    };
    if rule.last_answered_first {
        for endpoint in facts.endpoints().filter(Endpoint::answered_last) {
            if let Some(time_ms) = kind_of(&endpoint).and_then(|kind| rule.ring_ms(kind)) {
                rings.ring(endpoint.index(), time_ms);
            }
        }
        rings.next_stage();
    }
    for stage in &rule.stages {
        for endpoint in facts.endpoints() {
            if let Some(time_ms) = kind_of(&endpoint).and_then(|kind| stage.ring_ms(kind)) {
                // Whoever rang first already is not rung again.
                rings.ring(endpoint.index(), time_ms);
            }
        }
        rings.next_stage();
    }
}

#[cfg(test)]
mod tests;
