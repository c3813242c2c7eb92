//! Contract 0.1: questions in core types to packed facts, packed verdicts back to core types.
//!
//! The layout is `wit/v0.1/packed-rows.md` of the contract crate. Nothing that a guest says is
//! believed: [`read_verdict`] checks every word before it becomes an answer.

mod facts;
mod verdict;

use cordboard_contract::v0_1::{self, Point};
use cordboard_core::question::DecisionPoint;

pub(crate) use facts::pack;
pub(crate) use verdict::{Answered, read_verdict};

/// The contract's decision point for the core's.
pub(crate) fn point_of(point: DecisionPoint) -> Point {
    match point {
        DecisionPoint::SkillMatch => Point::SkillMatch,
        DecisionPoint::ContactSelect => Point::ContactSelect,
        DecisionPoint::EndpointSelect => Point::EndpointSelect,
        DecisionPoint::RecordingPolicy => Point::RecordingPolicy,
        DecisionPoint::Classify => Point::Classify,
    }
}

/// The decision point that packed facts are for.
pub(crate) fn point_of_facts(facts: &[u32]) -> Option<Point> {
    let code = *facts.get(v0_1::facts::POINT)?;
    Point::ALL.into_iter().find(|point| point.code() == code)
}

/// The moment in packed facts, ms since the Unix epoch.
pub(crate) fn now_of_facts(facts: &[u32]) -> u64 {
    let word = |at: usize| facts.get(at).copied().map_or(0, u64::from);
    word(v0_1::facts::NOW_HIGH) << 32 | word(v0_1::facts::NOW_LOW)
}

/// The reason codes that a plugin has declared.
#[derive(Clone, Debug)]
pub(crate) struct Reasons([u64; 16]);

impl Reasons {
    pub(crate) fn new(codes: impl Iterator<Item = u32>) -> Self {
        let mut declared = Self([0; 16]);
        // 0 is "none" and needs no declaration.
        for code in codes.chain([0]) {
            if let Some(bits) = declared.0.get_mut(code as usize / 64) {
                *bits |= 1 << (code % 64);
            }
        }
        declared
    }

    pub(crate) fn has(&self, code: u32) -> bool {
        self.0
            .get(code as usize / 64)
            .is_some_and(|bits| bits >> (code % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_what_was_declared_and_none() {
        let reasons = Reasons::new([1, 64, 1_023].into_iter());
        for code in [0, 1, 64, 1_023] {
            assert!(reasons.has(code), "{code}");
        }
        for code in [2, 63, 65, 1_022, 1_024, u32::MAX] {
            assert!(!reasons.has(code), "{code}");
        }
    }
}
