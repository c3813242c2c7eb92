//! What another plugin, or another configuration, does to a recorded decision.

use cordboard_core::ids::CallId;
use cordboard_core::question::{Advice, PluginFailure, PluginResult, Ranked};
use std::fmt;

/// What became of a recorded decision that was asked anew.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DifferenceClass {
    /// The same answer, bit for bit.
    Same,
    /// The same answer, which took clearly longer than the recorded plugin takes here and now.
    Slower,
    /// The same agent, contact, rings, recording or queue, with another reason, score, memo or order behind
    /// it.
    SameTarget,
    /// Another agent, contact, rings, recording or queue.
    OtherTarget,
    /// There was no answer, and now there is one.
    Answered,
    /// It fails, or takes longer than the slot allows.
    Failed,
}

impl DifferenceClass {
    /// All classes, what matters least first.
    pub const ALL: [Self; 6] = [
        Self::Same,
        Self::Slower,
        Self::SameTarget,
        Self::OtherTarget,
        Self::Answered,
        Self::Failed,
    ];

    /// Returns the name, as in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Slower => "slower",
            Self::SameTarget => "same-target",
            Self::OtherTarget => "other-target",
            Self::Answered => "answered",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for DifferenceClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A recorded decision that another plugin or configuration makes in another way, or that the same
/// ones do not give again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The record's number, as `entry.number`.
    pub record: String,
    /// The call.
    pub call: CallId,
    /// The decision point.
    pub point: &'static str,
    /// What became of it.
    pub class: DifferenceClass,
    /// Whether the same plugin with the same configuration was asked: then it must not differ.
    pub must_be_same: bool,
    /// The recorded answer, in words.
    pub before: String,
    /// The new answer, in words.
    pub after: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "record {}, call {}, {}: {} -> {}",
            self.record, self.call, self.point, self.before, self.after
        )
    }
}

/// A plugin's answer, as far as it is a decision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) result: &'a PluginResult,
    pub(crate) memo: Option<&'a [u8]>,
}

/// Compares answers. What takes too long, or longer, is not known here.
pub(crate) fn classify(before: Option<Answered<'_>>, after: Answered<'_>) -> DifferenceClass {
    let is_failure =
        |result: &PluginResult| matches!(result, Err(kind) if *kind != PluginFailure::Abstain);
    let Some(before) = before else {
        return if is_failure(after.result) {
            DifferenceClass::Failed
        } else {
            DifferenceClass::Answered
        };
    };
    if before.result == after.result && before.memo == after.memo {
        DifferenceClass::Same
    } else if is_failure(after.result) {
        DifferenceClass::Failed
    } else if is_failure(before.result) {
        DifferenceClass::Answered
    } else if target(before.result) == target(after.result) {
        DifferenceClass::SameTarget
    } else {
        DifferenceClass::OtherTarget
    }
}

/// What an answer comes to, without reasons and scores; none for the native rule.
fn target(result: &PluginResult) -> Option<Advice> {
    let first = |rows: &[Ranked]| {
        let row = rows.first().map(|row| Ranked {
            index: row.index,
            score: 0,
            reason: 0,
        });
        row.into_iter().collect()
    };
    let advice = result.as_ref().ok()?;
    Some(match advice {
        Advice::Classify(advice) => {
            let mut advice = advice.clone();
            advice.reason = 0;
            Advice::Classify(advice)
        }
        Advice::SkillMatch(rows) => Advice::SkillMatch(first(rows)),
        Advice::ContactSelect(rows) => Advice::ContactSelect(first(rows)),
        Advice::EndpointSelect(rings) => Advice::EndpointSelect(rings.clone()),
        Advice::RecordingPolicy(advice) => {
            let mut advice = *advice;
            advice.reason = 0;
            Advice::RecordingPolicy(advice)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(rows: &[(u32, i32, u32)]) -> PluginResult {
        let rows = rows.iter().map(|&(index, score, reason)| Ranked {
            index,
            score,
            reason,
        });
        Ok(Advice::SkillMatch(rows.collect()))
    }

    fn class(before: &PluginResult, after: &PluginResult) -> DifferenceClass {
        let answered = |result| Answered { result, memo: None };
        classify(Some(answered(before)), answered(after))
    }

    #[test]
    fn a_ranking_is_the_same_as_long_as_the_first_is_and_differs_by_reasons() {
        let before = ranking(&[(1, 50, 2), (0, 40, 2)]);
        assert_eq!(class(&before, &before), DifferenceClass::Same);
        for after in [
            ranking(&[(1, 51, 2), (0, 40, 2)]),
            ranking(&[(1, 50, 3), (0, 40, 2)]),
            ranking(&[(1, 50, 2)]),
        ] {
            assert_eq!(class(&before, &after), DifferenceClass::SameTarget);
        }
        let other = ranking(&[(0, 60, 2), (1, 50, 2)]);
        assert_eq!(class(&before, &other), DifferenceClass::OtherTarget);
        let native = Err(PluginFailure::Abstain);
        assert_eq!(class(&before, &native), DifferenceClass::OtherTarget);
        assert_eq!(class(&native, &native), DifferenceClass::Same);
    }

    #[test]
    fn failures_are_told_apart_from_answers() {
        let trap = Err(PluginFailure::Trap);
        let answer = ranking(&[(0, 1, 0)]);
        assert_eq!(class(&answer, &trap), DifferenceClass::Failed);
        assert_eq!(class(&trap, &answer), DifferenceClass::Answered);
        assert_eq!(class(&trap, &trap), DifferenceClass::Same);
        let other = Err(PluginFailure::BadOutput);
        assert_eq!(class(&trap, &other), DifferenceClass::Failed);
    }

    #[test]
    fn another_memo_is_another_answer_to_the_same_end() {
        let result = ranking(&[(0, 1, 0)]);
        let with = |memo| Answered {
            result: &result,
            memo,
        };
        let class = classify(Some(with(Some(b"1"))), with(Some(b"2")));
        assert_eq!(class, DifferenceClass::SameTarget);
    }
}
