//! The rule as Rust, in this program.

use super::Peer;
use crate::decision::{Decision, Ranking};
use anyhow::Result;
use skill_match::SkillLevels;

/// The rule, configured.
#[derive(Debug)]
pub struct Native(pub SkillLevels);

impl Peer for Native {
    fn name(&self) -> &str {
        "native"
    }

    fn note(&self) -> &str {
        "the rule as Rust in this program"
    }

    fn decide(&mut self, decision: &Decision) -> Result<Ranking> {
        Ok(json_rule::ranking(&decide(&self.0, &decision.packed)))
    }
}

#[inline(never)]
fn decide(plugin: &SkillLevels, packed: &[u32]) -> Vec<u32> {
    cordboard_plugin::skill_match::decide(plugin, packed)
}
