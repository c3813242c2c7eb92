//! Whoever makes the decision.

pub mod cordboard;
pub mod extism;
pub mod native;
pub mod regorus;
pub mod webhook;
pub mod zen;

use crate::decision::{Decision, Ranking};
use anyhow::Result;

/// Somebody who makes the decision.
pub trait Peer {
    /// What it is called in the table.
    fn name(&self) -> &str;

    /// What its figure contains, in a few words.
    fn note(&self) -> &str;

    /// Decides. What happens here is measured: from the facts as the peer takes them to its answer, read.
    ///
    /// # Errors
    /// The peer fails.
    fn decide(&mut self, decision: &Decision) -> Result<Ranking>;

    /// Whether it follows the rule, so that its ranking is compared.
    fn follows_rule(&self) -> bool {
        true
    }
}
