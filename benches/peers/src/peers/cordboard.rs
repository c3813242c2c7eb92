//! A component in the plugin host.

use super::Peer;
use crate::decision::{Decision, Ranking};
use anyhow::{Result, anyhow};
use cordboard_benches::questions;
use cordboard_core::question::Advice;
use cordboard_plugin_host::{Plugin, PluginHost, PluginLimits, PluginSpec};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// A loaded plugin.
pub struct Component {
    name: String,
    note: &'static str,
    plugin: Arc<Plugin>,
    follows_rule: bool,
    packs: bool,
}

impl Component {
    /// Loads a component.
    ///
    /// # Errors
    /// The host refuses it.
    pub fn load(
        host: &PluginHost,
        name: &str,
        note: &'static str,
        component: &[u8],
        config: &Value,
        always_fresh: bool,
    ) -> Result<Self> {
        let plugin = host.compile(&PluginSpec {
            component,
            sha256: None,
            config,
            names: &questions::names(),
            // A bench is no place for a deadline that a busy machine may miss.
            limits: PluginLimits {
                deadline: Duration::from_secs(10),
                always_fresh,
                ..PluginLimits::default()
            },
        })?;
        Ok(Self {
            name: name.to_owned(),
            note,
            plugin,
            follows_rule: true,
            packs: false,
        })
    }

    /// Its configuration has other weights: what it says is not compared.
    #[must_use]
    pub fn with_other_weights(mut self) -> Self {
        self.follows_rule = false;
        self
    }

    /// A plugin of somebody else: what it says is not compared, and the facts are packed for it anew, since the columns that it
    /// reads are its own.
    #[must_use]
    pub fn of_somebody_else(mut self) -> Self {
        self.follows_rule = false;
        self.packs = true;
        self
    }

    /// The plugin.
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }
}

impl Peer for Component {
    fn name(&self) -> &str {
        &self.name
    }

    fn note(&self) -> &str {
        self.note
    }

    fn decide(&mut self, decision: &Decision) -> Result<Ranking> {
        if self.packs {
            let answer = self.plugin.decide(&decision.ask);
            answer
                .verdict
                .result
                .map_err(|failure| anyhow!("{failure:?}"))?;
            return Ok(Ranking::new());
        }
        let answer = self.plugin.decide_packed(&decision.packed);
        let (advice, _) = answer.result.map_err(|failure| anyhow!("{failure:?}"))?;
        let Some(Advice::SkillMatch(_)) = advice else {
            return Err(anyhow!("the plugin advises {advice:?}"));
        };
        Ok(json_rule::ranking(&answer.verdict))
    }

    fn follows_rule(&self) -> bool {
        self.follows_rule
    }
}
