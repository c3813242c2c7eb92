//! The rule as an Extism plugin.

use super::Peer;
use crate::decision::{CONFIGURATION, Decision, Ranking};
use anyhow::{Context as _, Result};
use cordboard_plugin_build::rust::{self, Sources};
use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, Wasm};
use std::path::Path;

/// How the plugin is spoken to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// Packed words as bytes.
    Bytes,
    /// JSON.
    Json,
    /// JSON, and an instance of its own for each decision.
    FreshJson,
}

/// A running plugin.
pub struct Extism {
    way: Way,
    compiled: CompiledPlugin,
    plugin: Plugin,
}

/// Compiles the guest.
///
/// # Errors
/// The compiler is missing or fails; what it says goes to standard error.
pub fn guest() -> Result<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let modules = rust::compile(&Sources {
        folder,
        packages: &["extism-guest".to_owned()],
        target: Some(&folder.join("../../target/peers-guests")),
        renamed: &[],
    })?;
    let module = modules.last().context("cargo has built no module")?;
    std::fs::read(&module.file).with_context(|| format!("cannot read `{}`", module.file.display()))
}

impl Extism {
    /// Starts the guest.
    ///
    /// # Errors
    /// Extism refuses it.
    pub fn start(way: Way, guest: &[u8]) -> Result<Self> {
        let manifest =
            Manifest::new([Wasm::data(guest)]).with_config_key("configuration", CONFIGURATION);
        let compiled = PluginBuilder::new(manifest).with_wasi(false).compile()?;
        let plugin = Plugin::new_from_compiled(&compiled)?;
        Ok(Self {
            way,
            compiled,
            plugin,
        })
    }
}

impl Peer for Extism {
    fn name(&self) -> &str {
        match self.way {
            Way::Bytes => "Extism, bytes",
            Way::Json => "Extism, JSON",
            Way::FreshJson => "Extism, JSON, fresh",
        }
    }

    fn note(&self) -> &str {
        match self.way {
            Way::Bytes => "packed words through its memory",
            Way::Json => "as its documentation shows it",
            Way::FreshJson => "an instance of its own for each decision",
        }
    }

    fn decide(&mut self, decision: &Decision) -> Result<Ranking> {
        match self.way {
            Way::Bytes => {
                let facts: Vec<u8> = decision
                    .packed
                    .iter()
                    .flat_map(|word| word.to_le_bytes())
                    .collect();
                let verdict: &[u8] = self.plugin.call("rank_bytes", facts)?;
                let (words, _) = verdict.as_chunks::<4>();
                let words: Vec<u32> = words.iter().copied().map(u32::from_le_bytes).collect();
                Ok(json_rule::ranking(&words))
            }
            Way::Json => ask(&mut self.plugin, decision),
            Way::FreshJson => ask(&mut Plugin::new_from_compiled(&self.compiled)?, decision),
        }
    }
}

fn ask(plugin: &mut Plugin, decision: &Decision) -> Result<Ranking> {
    let question = serde_json::to_vec(&decision.question)?;
    let ranking: &[u8] = plugin.call("rank_json", question)?;
    Ok(serde_json::from_slice(ranking)?)
}
