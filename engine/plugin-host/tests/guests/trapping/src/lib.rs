//! Panics.
#![forbid(unsafe_code)]

use cordboard_plugin::{
    AgentColumn, Answer, Memo, Plugin, Problems, Ranking, SkillMatch, SkillMatchFacts,
};
use serde::de::IgnoredAny;

/// The plugin.
#[derive(Debug)]
pub struct Trapping;

cordboard_plugin::export! {
    plugin: Trapping,
    points: [SkillMatch],
    config_schema: "../../schema.json",
}

impl Plugin for Trapping {
    type Config = IgnoredAny;

    fn configure(_config: IgnoredAny) -> Result<Self, Problems> {
        Ok(Self)
    }
}

impl SkillMatch for Trapping {
    const READS: &'static [AgentColumn] = &[];

    #[expect(clippy::panic, reason = "this is what it is for")]
    fn rank(
        &self,
        _facts: &SkillMatchFacts<'_, Self>,
        _ranking: &mut Ranking,
        _memo: &mut Memo<'_>,
    ) -> Answer {
        panic!("on purpose")
    }
}
