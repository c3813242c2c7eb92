//! The rule as an expression of ZEN.

use super::Peer;
use crate::decision::{Decision, Ranking};
use anyhow::{Context as _, Result, anyhow};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use zen_engine::DecisionEngine;
use zen_engine::model::DecisionContent;

/// The rule: it scores, and the host sorts.
const SCORES: &str = "map(candidates, \
    (#.levels[0] >= 30 ? 5 * #.levels[0] : 0) \
    + (#.levels[1] >= 40 ? 2 * #.levels[1] : 0) \
    + (#.levels[2] >= 50 ? #.levels[2] : 0) \
    + floor(min([#.idle_ms, 3600000]) / 60000) \
    - 1000 * min([#.group_order, 100]))";

/// A compiled decision.
pub struct Zen {
    decision: zen_engine::Decision,
    runtime: Runtime,
}

impl Zen {
    /// Compiles the rule.
    ///
    /// # Errors
    /// The engine refuses it.
    pub fn new() -> Result<Self> {
        let content: DecisionContent = serde_json::from_value(json!({
            "nodes": [
                { "id": "in", "name": "in", "type": "inputNode" },
                { "id": "rule", "name": "rule", "type": "expressionNode", "content": {
                    "expressions": [{ "id": "scores", "key": "scores", "value": SCORES }]
                } },
                { "id": "out", "name": "out", "type": "outputNode" }
            ],
            "edges": [
                { "id": "1", "sourceId": "in", "targetId": "rule" },
                { "id": "2", "sourceId": "rule", "targetId": "out" }
            ]
        }))?;
        let mut decision = DecisionEngine::default()
            .create_decision(content.into())
            .map_err(|error| anyhow!("{error:?}"))?;
        decision.compile();
        Ok(Self {
            decision,
            runtime: Builder::new_current_thread().build()?,
        })
    }
}

impl Peer for Zen {
    fn name(&self) -> &str {
        "zen-engine"
    }

    fn note(&self) -> &str {
        "an expression node scores, the host sorts"
    }

    fn decide(&mut self, decision: &Decision) -> Result<Ranking> {
        let evaluated = self
            .runtime
            .block_on(self.decision.evaluate((&decision.question).into()))
            .map_err(|error| anyhow!("{error:?}"))?;
        let result: Value = evaluated.result.into();
        let scores = result["scores"].as_array().context("there are no scores")?;
        let scores = scores
            .iter()
            .map(|score| score.as_f64().unwrap_or_default() as i32);
        Ok(decision.rank(scores))
    }
}
