//! Ranks agents by weighted skill levels, idle time and routing group.
//!
//! `README.md` has the rule and an example, `schema.json` the configuration.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod config;
mod rule;

use cordboard_plugin::{
    AgentColumn, Answer, Memo, Plugin, Problems, QueueId, Ranking, SkillMatch, SkillMatchFacts,
};

pub use crate::config::Config;
use crate::rule::{Asked, Rule};

/// The plugin: a rule for each queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SkillLevels {
    default: Rule,
    /// By queue, ascending.
    queues: Vec<(QueueId, Rule)>,
}

cordboard_plugin::reasons! {
    /// Why an agent stands where it stands.
    pub enum Reason {
        /// Every requirement and every wish is met.
        MeetsAll = 1 => "has every skill that was asked for at the level asked for",
        /// A wish is not met.
        MissesWish = 2 => "lacks a skill that was wished for, or has it at a lower level",
        /// Enough others score higher.
        Outranked = 3 => "others scored higher",
    }
}

cordboard_plugin::export! {
    plugin: SkillLevels,
    points: [SkillMatch],
    reasons: Reason,
    config_schema: "../schema.json",
    // It keeps no state, so an instance can serve many calls.
    warm_calls: 100_000,
}

impl Plugin for SkillLevels {
    type Config = Config;

    fn configure(config: Config) -> Result<Self, Problems> {
        let (default, queues) = config.compile()?;
        Ok(Self { default, queues })
    }
}

impl SkillMatch for SkillLevels {
    const READS: &'static [AgentColumn] = &[
        AgentColumn::IdleMs,
        AgentColumn::GroupOrder,
        AgentColumn::Levels,
    ];

    fn rank(
        &self,
        facts: &SkillMatchFacts<'_, Self>,
        ranking: &mut Ranking,
        _memo: &mut Memo<'_>,
    ) -> Answer {
        let rule = self.rule(facts.contact().queue());
        let asked: Vec<Asked> = facts.requirements().map(|one| rule.asked(one)).collect();
        ranking.keep_best(rule.best, rule.reason_of_others());
        for candidate in facts.candidates() {
            let mut score = rule.points(candidate.idle_ms(), candidate.group_order());
            let mut open = 0;
            for (asked, &level) in asked.iter().zip(candidate.levels()) {
                let (points, is_low) = asked.points(level);
                score = score.wrapping_add(points);
                open |= is_low;
            }
            let reason = if open == 0 {
                Reason::MeetsAll
            } else {
                Reason::MissesWish
            };
            ranking.rank(candidate.index(), score, reason);
        }
        Answer::Decided
    }
}

impl SkillLevels {
    fn rule(&self, queue: QueueId) -> &Rule {
        let found = self.queues.binary_search_by_key(&queue, |entry| entry.0);
        found
            .ok()
            .and_then(|at| self.queues.get(at))
            .map_or(&self.default, |entry| &entry.1)
    }
}

#[cfg(test)]
mod tests;
