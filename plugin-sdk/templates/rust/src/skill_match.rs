//! Which agent gets a contact: whoever has the highest levels of what is asked for.

use cordboard_plugin::{AgentColumn, Answer, Memo, Ranking, SkillMatch, SkillMatchFacts};

use crate::{Policy, Reason};

impl SkillMatch for Policy {
    /// What the engine packs into the rows; fewer columns are quicker.
    const READS: &'static [AgentColumn] = &[AgentColumn::Levels];

    fn rank(
        &self,
        facts: &SkillMatchFacts<'_, Self>,
        ranking: &mut Ranking,
        _memo: &mut Memo<'_>,
    ) -> Answer {
        if self.not_for.contains(&facts.contact().queue()) {
            return Answer::Abstain;
        }
        // Candidates come in native order, longest idle first: equal scores keep it.
        for candidate in facts.candidates() {
            let levels = candidate.levels().iter().sum::<u32>();
            let score = i32::try_from(levels).unwrap_or(i32::MAX);
            ranking.rank(candidate.index(), score, Reason::Skilled);
        }
        Answer::Decided
    }
}

#[cfg(test)]
mod tests {
    use cordboard_plugin::testing::{Candidate, Contact, Names, SkillMatchFacts, configure};
    use cordboard_plugin::{Requirement, SkillId};

    use crate::Policy;

    fn facts() -> SkillMatchFacts {
        let candidates = [30, 90, 60].map(|level| Candidate {
            levels: vec![level],
            ..Default::default()
        });
        SkillMatchFacts {
            requirements: vec![Requirement {
                skill: SkillId(1),
                minimum: 10,
                required: true,
            }],
            candidates: candidates.to_vec(),
            ..Default::default()
        }
    }

    #[test]
    fn the_highest_level_comes_first() {
        let policy: Policy = configure("{}", &Names::default()).unwrap();
        assert_eq!(facts().rank(&policy).order(), [1, 2, 0]);
    }

    #[test]
    fn a_queue_in_not_for_is_left_to_the_engine() {
        let names = Names::new(["support"]);
        let policy: Policy = configure(r#"{ "not_for": ["support"] }"#, &names).unwrap();
        let contact = Contact {
            queue: names.queue("support"),
            ..Default::default()
        };
        let facts = SkillMatchFacts { contact, ..facts() };
        assert!(facts.rank(&policy).is_abstaining);
    }
}
