//! Ranks candidates that do not exist.
#![forbid(unsafe_code)]

use cordboard_plugin::{
    AgentColumn, Answer, Memo, Plugin, Problems, Ranking, ReasonCode, SkillMatch, SkillMatchFacts,
};
use serde::de::IgnoredAny;

/// The plugin.
#[derive(Debug)]
pub struct Lying;

cordboard_plugin::export! {
    plugin: Lying,
    points: [SkillMatch],
    config_schema: "../../schema.json",
}

impl Plugin for Lying {
    type Config = IgnoredAny;

    fn configure(_config: IgnoredAny) -> Result<Self, Problems> {
        Ok(Self)
    }
}

impl SkillMatch for Lying {
    const READS: &'static [AgentColumn] = &[];

    fn rank(
        &self,
        facts: &SkillMatchFacts<'_, Self>,
        ranking: &mut Ranking,
        _memo: &mut Memo<'_>,
    ) -> Answer {
        let candidates = facts.candidates().len() as u32;
        ranking.rank(candidates, 1, ReasonCode::NONE);
        Answer::Decided
    }
}
