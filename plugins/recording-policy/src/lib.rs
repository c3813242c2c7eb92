//! Records by queue and consent, and pauses while a caller pays.
//!
//! `README.md` has the rule and an example, `schema.json` the configuration.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod config;
mod rule;

use cordboard_plugin::{
    Memo, Plugin, Problems, QueueId, RecordingFacts, RecordingPolicy, RecordingVerdict,
};

pub use crate::config::Config;
use crate::rule::Rule;

/// The plugin: a rule for each queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsentRules {
    default: Rule,
    /// By queue, ascending.
    queues: Vec<(QueueId, Rule)>,
}

cordboard_plugin::reasons! {
    /// Why a recording starts, stops, pauses, resumes, or does not.
    pub enum Reason {
        /// The queue is marked so.
        RequiredByLaw = 1 => "the law requires a recording on this queue",
        /// The rule is `unless-refused`.
        NotRefused = 2 => "the queue records unless the caller refuses",
        /// The rule is `with-consent`.
        Agreed = 3 => "the caller agreed",
        /// The rule is `on-request`.
        OnRequest = 4 => "the queue records only when somebody asks",
        /// The rule is `with-consent`.
        NotAgreed = 5 => "the caller has not agreed",
        /// Under any rule.
        Refused = 6 => "the caller refused",
        /// The rule is `never`.
        NeverRecorded = 7 => "the queue never records",
        /// A payment menu is about to begin.
        Payment = 8 => "card data is about to be typed or said",
        /// The payment menu is over.
        PaymentOver = 9 => "the payment is over",
        /// The payment menu is over.
        WaitsForAgent = 10 => "the payment is over, and an agent has to resume",
        /// Somebody who may.
        AskedFor = 11 => "an agent or a supervisor asked for it",
        /// Somebody who may not.
        MayNot = 12 => "agents may not ask for this on this queue",
        /// Nothing would change.
        AlreadySo = 13 => "it is so already",
    }
}

cordboard_plugin::export! {
    plugin: ConsentRules,
    points: [RecordingPolicy],
    reasons: Reason,
    config_schema: "../schema.json",
}

impl Plugin for ConsentRules {
    type Config = Config;

    fn configure(config: Config) -> Result<Self, Problems> {
        let (default, queues) = config.compile()?;
        Ok(Self { default, queues })
    }
}

impl RecordingPolicy for ConsentRules {
    fn decide(&self, facts: &RecordingFacts<'_>, _memo: &mut Memo<'_>) -> Option<RecordingVerdict> {
        let rule = self.rule(facts.contact().queue());
        let (action, reason) = rule.decide(facts);
        Some(RecordingVerdict {
            action,
            format: rule.format,
            channels: rule.channels,
            retention_days: rule.keep_days,
            // What must not be recorded must not be written down or sent elsewhere either.
            with_transcription: true,
            with_streaming: true,
            reason: reason.into(),
        })
    }
}

impl ConsentRules {
    fn rule(&self, queue: QueueId) -> &Rule {
        let found = self.queues.binary_search_by_key(&queue, |entry| entry.0);
        found
            .ok()
            .and_then(|at| self.queues.get(at))
            .map_or(&self.default, |entry| &entry.1)
    }
}

#[cfg(test)]
mod tests;
