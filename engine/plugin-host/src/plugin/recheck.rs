//! Whether a plugin decides by the facts alone, or by what an instance remembers of earlier decisions.

use std::sync::atomic::Ordering;

use cordboard_core::question::PluginFailure;

use super::Plugin;
use crate::{answer::Answer, v0_1};

impl Plugin {
    /// Tells whether an instance may make more than one decision.
    #[must_use]
    pub fn reuses(&self) -> bool {
        self.info.calls_per_instance > 1 && !self.reuse_ended.load(Ordering::Relaxed)
    }

    /// Makes a decision once more on a fresh instance. Where its words differ from those of the used
    /// instance, the plugin does not decide by the facts alone: each of its decisions has a fresh
    /// instance from here on. Tells whether that has come about now.
    ///
    /// It takes as long as the decision, and a start: not for whoever waits for the answer.
    #[must_use]
    pub fn recheck(&self, answer: &Answer) -> bool {
        let asks = matches!(answer.verdict.result, Ok(_) | Err(PluginFailure::Abstain));
        let Some(point) = v0_1::point_of_facts(&answer.facts) else {
            return false;
        };
        if !asks || !self.reuses() || answer.plugin != Some(self.info.plugin) {
            return false;
        }
        let _running = self.runtime.running();
        let Ok(mut live) = self.fresh(v0_1::now_of_facts(&answer.facts)) else {
            return false;
        };
        let mut words = Vec::new();
        let asked = self.asked(point, &answer.facts);
        let decided = live.decide(&self.exports, &asked, |read| {
            words.extend_from_slice(read);
            v0_1::read_verdict(point, &answer.facts, read, &self.reasons)
        });
        let differs = match decided {
            Ok(_) => words != answer.words,
            // That it was slow this time says nothing about what it decides.
            Err(failure) => failure.kind != PluginFailure::Deadline,
        };
        let has_ended = differs && !self.reuse_ended.swap(true, Ordering::Relaxed);
        if has_ended {
            self.warm.lock().clear();
        }
        has_ended
    }
}
