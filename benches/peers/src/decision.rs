//! The decision that everybody makes: who of so many agents gets a contact.

use anyhow::{Result, ensure};
use cordboard_benches::{json, questions};
use cordboard_core::question::Ask;
use cordboard_plugin_host::Plugin;
use serde_json::Value;
use skill_match::SkillLevels;

/// Index, score and reason of the agents that are ranked, the best first.
pub type Ranking = Vec<(u32, i32, u32)>;

/// The configuration of the rule, with numbers for names, as `configure` gets it.
pub const CONFIGURATION: &str = r#"{"default":{"skills":{"3":5,"9":2}}}"#;

/// How many agents are ranked: the default of the rule.
const BEST: usize = 4;
/// The reasons of the rule: every wish is met, or not.
const MEETS_ALL: u32 = 1;
const MISSES_WISH: u32 = 2;

/// The same facts in each form that a peer takes.
#[derive(Debug)]
pub struct Decision {
    /// In the engine's types.
    pub ask: Ask,
    /// As packed rows.
    pub packed: Vec<u32>,
    /// As JSON.
    pub question: Value,
    /// What must come out.
    pub expected: Ranking,
}

impl Decision {
    /// The decision between so many agents; `plugin` packs the facts.
    pub fn between(candidates: u32, plugin: &Plugin, native: &SkillLevels) -> Self {
        let ask = questions::skill_match(candidates);
        let packed = plugin.decide(&ask).facts;
        let verdict = cordboard_plugin::skill_match::decide(native, &packed);
        Self {
            question: json::question(&packed),
            expected: json_rule::ranking(&verdict),
            ask,
            packed,
        }
    }

    /// Ranks what an engine without sorting has scored: the best agents, the first of equals first.
    pub fn rank(&self, scores: impl IntoIterator<Item = i32>) -> Ranking {
        let mut ranked: Vec<(u32, i32)> = (0..).zip(scores).collect();
        ranked.sort_by_key(|&(index, score)| (std::cmp::Reverse(score), index));
        ranked.truncate(BEST);
        let reason = |index: u32| {
            let levels = &self.question["candidates"][index as usize]["levels"];
            let meets = (levels[0].as_u64() >= Some(30))
                && (levels[1].as_u64() >= Some(40))
                && (levels[2].as_u64() >= Some(50));
            if meets { MEETS_ALL } else { MISSES_WISH }
        };
        ranked
            .into_iter()
            .map(|(index, score)| (index, score, reason(index)))
            .collect()
    }

    /// Compares what a peer says with what must come out.
    ///
    /// # Errors
    /// It is something else.
    pub fn check(&self, peer: &str, ranking: &Ranking) -> Result<()> {
        ensure!(
            *ranking == self.expected,
            "`{peer}` ranks {ranking:?} where the native rule ranks {:?}",
            self.expected
        );
        Ok(())
    }
}
