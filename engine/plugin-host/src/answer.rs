//! What comes back from a plugin.

use std::time::Duration;

use cordboard_core::question::{Advice, PluginFailure, Verdict};

use crate::{digest::Digest, instance::Failure};

/// The answer to a question, with all that a decision record needs.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// What goes into the core.
    pub verdict: Verdict,
    /// What happened, when the verdict is a failure other than abstaining.
    pub detail: Option<String>,
    /// The plugin that was asked; `None` when none was.
    pub plugin: Option<Digest>,
    /// The configuration that it was asked with.
    pub configuration: Option<Digest>,
    /// How long the decision took, real time, without waiting for a worker.
    pub elapsed: Duration,
    /// The packed facts; empty when no plugin was asked.
    pub facts: Vec<u32>,
    /// The packed verdict; cut when it is bad, empty when there is none.
    pub words: Vec<u32>,
}

impl Answer {
    /// The answer of no plugin.
    pub(crate) fn unasked(
        question: cordboard_core::ids::QuestionId,
        kind: PluginFailure,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            verdict: Verdict {
                question,
                result: Err(kind),
                memo: None,
            },
            detail: Some(detail.into()),
            plugin: None,
            configuration: None,
            elapsed: Duration::ZERO,
            facts: Vec::new(),
            words: Vec::new(),
        }
    }
}

/// The answer to packed facts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackedAnswer {
    /// The packed verdict, empty when there is none.
    pub verdict: Vec<u32>,
    /// The advice, `None` for the native rule, and the new memo, `None` for the old one.
    pub result: Result<(Option<Advice>, Option<Vec<u8>>), Failure>,
}
