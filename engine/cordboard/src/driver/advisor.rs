//! Who answers the core's questions to plugins.

use super::inbox::{Inbox, Message};
use cordboard_clock::{Clock, Hold};
use cordboard_core::ids::QuestionId;
use cordboard_core::question::{Ask, PluginFailure, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Answers questions: the plugin host, or a test's script.
///
/// The driver calls [`ask`](Self::ask) on its own thread; it must return at once. Asking is pure, so
/// it does not wait for the journal.
pub trait Advisor: Send + Sync + fmt::Debug {
    /// Asks. `answer` takes the verdict, from any thread; dropped without one it reports
    /// [`PluginFailure::NotLoaded`].
    fn ask(&self, ask: Ask, hold: Hold, answer: Answer);
}

/// What is known of how a verdict came about, for the decision record.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// The plugin's name and version.
    #[serde(default)]
    pub plugin: String,
    /// Whether it is the version on trial of its slot.
    #[serde(default)]
    pub candidate: bool,
    /// SHA-256 of the plugin, in hexadecimal.
    #[serde(default)]
    pub plugin_sha256: String,
    /// SHA-256 of its configuration as it was given to it, in hexadecimal.
    #[serde(default)]
    pub config_sha256: String,
    /// How long the guest ran, in nanoseconds of real time.
    #[serde(default)]
    pub ran_ns: u64,
    /// The time that the slot allowed, in ms; 0 where it is not known.
    #[serde(default)]
    pub time_ms: u64,
    /// The memory that the slot allowed, in bytes; 0 where it is not known.
    #[serde(default)]
    pub memory_bytes: u64,
    /// What went wrong, in words, where something did.
    #[serde(default)]
    pub detail: String,
    /// Texts of the reason codes that the verdict uses.
    #[serde(default)]
    pub reasons: BTreeMap<u32, String>,
}

/// The way back for a verdict.
pub struct Answer {
    question: QuestionId,
    clock: Clock,
    /// Taken when the verdict is in.
    inbox: Option<Inbox>,
}

impl Answer {
    pub(super) fn new(question: QuestionId, clock: Clock, inbox: Inbox) -> Self {
        Self {
            question,
            clock,
            inbox: Some(inbox),
        }
    }

    /// Gives the verdict.
    pub fn give(mut self, verdict: Verdict, evidence: Evidence, hold: Hold) {
        self.send(verdict, evidence, hold);
    }

    fn send(&mut self, verdict: Verdict, evidence: Evidence, hold: Hold) {
        if let Some(inbox) = self.inbox.take() {
            inbox.push(Message::Verdict {
                verdict,
                evidence,
                hold,
            });
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if self.inbox.is_some() {
            let verdict = failed(self.question, PluginFailure::NotLoaded);
            let hold = self.clock.hold();
            self.send(verdict, Evidence::default(), hold);
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Answer").field(&self.question).finish()
    }
}

fn failed(question: QuestionId, failure: PluginFailure) -> Verdict {
    Verdict {
        question,
        result: Err(failure),
        memo: None,
    }
}
