//! Answers with more words than any verdict may have.
#![forbid(unsafe_code)]

use cordboard_plugin::{
    AgentColumn, Answer, Memo, Plugin, Problems, Ranking, ReasonCode, SkillMatch, SkillMatchFacts,
};
use serde::de::IgnoredAny;

/// The plugin.
#[derive(Debug)]
pub struct Huge;

cordboard_plugin::export! {
    plugin: Huge,
    points: [SkillMatch],
    config_schema: "../../schema.json",
}

impl Plugin for Huge {
    type Config = IgnoredAny;

    fn configure(_config: IgnoredAny) -> Result<Self, Problems> {
        Ok(Self)
    }
}

impl SkillMatch for Huge {
    const READS: &'static [AgentColumn] = &[];

    fn rank(
        &self,
        _facts: &SkillMatchFacts<'_, Self>,
        ranking: &mut Ranking,
        _memo: &mut Memo<'_>,
    ) -> Answer {
        for index in 0..100_000 {
            ranking.reject(index, ReasonCode::NONE);
        }
        Answer::Decided
    }
}
