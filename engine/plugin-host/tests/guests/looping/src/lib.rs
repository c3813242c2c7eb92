//! Never returns.
#![forbid(unsafe_code)]

use cordboard_plugin::{
    AgentColumn, Answer, Memo, Plugin, Problems, Ranking, SkillMatch, SkillMatchFacts,
};
use serde::de::IgnoredAny;

/// The plugin.
#[derive(Debug)]
pub struct Looping;

cordboard_plugin::export! {
    plugin: Looping,
    points: [SkillMatch],
    config_schema: "../../schema.json",
}

impl Plugin for Looping {
    type Config = IgnoredAny;

    fn configure(_config: IgnoredAny) -> Result<Self, Problems> {
        Ok(Self)
    }
}

impl SkillMatch for Looping {
    const READS: &'static [AgentColumn] = &[];

    fn rank(
        &self,
        _facts: &SkillMatchFacts<'_, Self>,
        _ranking: &mut Ranking,
        _memo: &mut Memo<'_>,
    ) -> Answer {
        loop {
            std::hint::spin_loop();
        }
    }
}
