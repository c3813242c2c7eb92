//! Takes memory until it gets none.
#![forbid(unsafe_code)]

use cordboard_plugin::{
    AgentColumn, Answer, Memo, Plugin, Problems, Ranking, SkillMatch, SkillMatchFacts,
};
use serde::de::IgnoredAny;

/// The plugin.
#[derive(Debug)]
pub struct Greedy;

cordboard_plugin::export! {
    plugin: Greedy,
    points: [SkillMatch],
    config_schema: "../../schema.json",
}

impl Plugin for Greedy {
    type Config = IgnoredAny;

    fn configure(_config: IgnoredAny) -> Result<Self, Problems> {
        Ok(Self)
    }
}

impl SkillMatch for Greedy {
    const READS: &'static [AgentColumn] = &[];

    fn rank(
        &self,
        _facts: &SkillMatchFacts<'_, Self>,
        _ranking: &mut Ranking,
        _memo: &mut Memo<'_>,
    ) -> Answer {
        let mut taken: Vec<Vec<u8>> = Vec::new();
        loop {
            taken.push(std::hint::black_box(Vec::with_capacity(1 << 20)));
        }
    }
}
