//! Which waiting contact a free agent gets: the most urgent one, then the one that waits longest.

use cordboard_plugin::{Answer, ContactColumn, ContactSelect, ContactSelectFacts, Memo, Ranking};

use crate::{Policy, Reason};

/// Waiting counts up to a day; more would run into the next priority.
const WAITED_SECONDS_MAX: u32 = 86_400;

impl ContactSelect for Policy {
    /// What the engine packs into the rows; fewer columns are quicker.
    const READS: &'static [ContactColumn] = &[
        ContactColumn::Queue,
        ContactColumn::WaitedMs,
        ContactColumn::Priority,
    ];

    fn rank(
        &self,
        facts: &ContactSelectFacts<'_, Self>,
        ranking: &mut Ranking,
        _memo: &mut Memo<'_>,
    ) -> Answer {
        let mut contacts = facts.contacts();
        if contacts.any(|contact| self.not_for.contains(&contact.queue())) {
            return Answer::Abstain;
        }
        for contact in facts.contacts() {
            let waited = (contact.waited_ms() / 1_000).min(WAITED_SECONDS_MAX);
            let score = contact.priority() * 100_000 + waited.cast_signed();
            ranking.rank(contact.index(), score, Reason::Urgent);
        }
        Answer::Decided
    }
}

#[cfg(test)]
mod tests {
    use cordboard_plugin::testing::{ContactSelectFacts, Names, WaitingContact, configure};

    use crate::Policy;

    fn facts(names: &Names) -> ContactSelectFacts {
        let contacts =
            [(0, 9_000), (5, 1_000), (0, 30_000)].map(|(priority, waited_ms)| WaitingContact {
                queue: names.queue("support"),
                priority,
                waited_ms,
                ..Default::default()
            });
        ContactSelectFacts {
            contacts: contacts.to_vec(),
            ..Default::default()
        }
    }

    #[test]
    fn the_most_urgent_comes_first_then_who_waits_longest() {
        let names = Names::new(["support"]);
        let policy: Policy = configure("{}", &names).unwrap();
        assert_eq!(facts(&names).rank(&policy).order(), [1, 2, 0]);
    }

    #[test]
    fn a_queue_in_not_for_is_left_to_the_engine() {
        let names = Names::new(["support"]);
        let policy: Policy = configure(r#"{ "not_for": ["support"] }"#, &names).unwrap();
        assert!(facts(&names).rank(&policy).is_abstaining);
    }
}
