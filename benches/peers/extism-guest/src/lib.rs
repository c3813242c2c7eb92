//! The rule of `skill-match` as an Extism plugin, with packed rows as bytes and with JSON.

use extism_pdk::{Error, FnResult, config, plugin_fn};
use skill_match::SkillLevels;
use std::sync::OnceLock;

static PLUGIN: OnceLock<SkillLevels> = OnceLock::new();

/// The configuration is read once for an instance.
fn plugin() -> FnResult<&'static SkillLevels> {
    if let Some(plugin) = PLUGIN.get() {
        return Ok(plugin);
    }
    let text = config::get("configuration")?.unwrap_or_default();
    let plugin = cordboard_plugin::configure(&text).map_err(|_| Error::msg("configuration"))?;
    Ok(PLUGIN.get_or_init(|| plugin))
}

/// JSON in, JSON out.
#[plugin_fn]
pub fn rank_json(question: Vec<u8>) -> FnResult<Vec<u8>> {
    Ok(json_rule::rank(plugin()?, &question)?)
}

/// Packed words in, packed words out, little endian.
#[plugin_fn]
pub fn rank_bytes(facts: Vec<u8>) -> FnResult<Vec<u8>> {
    let (words, _) = facts.as_chunks::<4>();
    let words: Vec<u32> = words.iter().copied().map(u32::from_le_bytes).collect();
    let verdict = cordboard_plugin::skill_match::decide(plugin()?, &words);
    Ok(verdict.into_iter().flat_map(u32::to_le_bytes).collect())
}
