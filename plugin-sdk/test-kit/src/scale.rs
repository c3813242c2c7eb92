//! Questions of other sizes, for benches.

use cordboard_core::ids::{AgentId, CallId, Millis, Symbol};
use cordboard_core::question::{Ask, Facts};

/// First number of the agents of a question that was made larger: beyond those of all names.
const AGENTS_FROM: u32 = 1_000_000;

/// Rows of a question's facts; 0 for decision points that have none.
#[must_use]
pub fn rows(ask: &Ask) -> usize {
    match &ask.facts {
        Facts::SkillMatch(facts) => facts.candidates.len(),
        Facts::ContactSelect(facts) => facts.contacts.len(),
        Facts::EndpointSelect(facts) => facts.endpoints.len(),
        Facts::RecordingPolicy(_) => 0,
        Facts::Classify(facts) => facts.queues.len(),
    }
}

/// The same question with so many candidates or contacts, those that it has one after the other,
/// over and over. `None` where their number is not for a queue to decide, or there are none.
#[must_use]
pub fn with_rows(ask: &Ask, rows: usize) -> Option<Ask> {
    let mut ask = ask.clone();
    match &mut ask.facts {
        Facts::SkillMatch(facts) => {
            let width = facts.requirements.len();
            let levels = facts.levels.iter().copied().cycle();
            facts.levels = levels.take(rows * width).collect();
            let candidates = facts.candidates.iter().cloned().cycle();
            facts.candidates = candidates.take(rows).collect();
            for (number, candidate) in (0..).zip(&mut facts.candidates) {
                candidate.agent = AgentId(Symbol(AGENTS_FROM + number));
                candidate.idle = Millis(candidate.idle.0 + u64::from(number));
            }
            (facts.candidates.len() == rows).then_some(ask)
        }
        Facts::ContactSelect(facts) => {
            let contacts = facts.contacts.iter().cloned().cycle();
            facts.contacts = contacts.take(rows).collect();
            for (number, contact) in (1..).zip(&mut facts.contacts) {
                contact.call = CallId(number);
                contact.waited = Millis(contact.waited.0 + number);
            }
            (facts.contacts.len() == rows).then_some(ask)
        }
        Facts::EndpointSelect(_) | Facts::RecordingPolicy(_) | Facts::Classify(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use cordboard_core::question::DecisionPoint;
    use serde_json::json;

    use super::*;
    use crate::{Interner, ask};

    #[test]
    fn candidates_are_repeated_with_their_levels_and_are_all_different() {
        let facts = json!({
            "contact": { "queue": "q" },
            "requirements": [{ "skill": "s" }],
            "candidates": [{ "agent": "a", "levels": { "s": 1 } }, { "agent": "b", "levels": { "s": 2 } }],
        });
        let ask = ask(DecisionPoint::SkillMatch, &facts, &mut Interner::default()).unwrap();
        let scaled = with_rows(&ask, 5).unwrap();
        assert_eq!(rows(&scaled), 5);
        let Facts::SkillMatch(facts) = scaled.facts else {
            panic!("other facts")
        };
        assert_eq!(facts.levels, [1, 2, 1, 2, 1]);
        let mut agents: Vec<u32> = facts.candidates.iter().map(|row| row.agent.0.0).collect();
        agents.dedup();
        assert_eq!(agents.len(), 5);
    }
}
