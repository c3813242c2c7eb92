//! Which queue a new call gets: the one that was chosen, unless it is closed or has nobody.

use cordboard_plugin::{Classification, Classify, ClassifyFacts, Memo, QueueColumn};

use crate::{Policy, Reason};

impl Classify for Policy {
    /// What the engine packs into the rows; fewer columns are quicker.
    const READS: &'static [QueueColumn] = &[QueueColumn::Open, QueueColumn::Staffed];

    fn classify(
        &self,
        facts: &ClassifyFacts<'_, Self>,
        _memo: &mut Memo<'_>,
    ) -> Option<Classification> {
        if self.not_for.contains(&facts.contact().queue()) {
            return None;
        }
        // The first row is the queue that the menu or the line chose.
        let attended = facts
            .queues()
            .find(|queue| queue.is_open() && queue.is_staffed())?;
        let chosen = Classification::to(attended.index());
        Some(match attended.index() {
            0 => chosen,
            _ => chosen.because(Reason::Unattended),
        })
    }
}

#[cfg(test)]
mod tests {
    use cordboard_plugin::QueueId;
    use cordboard_plugin::testing::{ClassifyFacts, Names, Queue, configure};

    use crate::Policy;

    fn facts(attended: [bool; 2]) -> ClassifyFacts {
        let queues = (0..).map(QueueId).zip(attended);
        ClassifyFacts {
            queues: queues
                .map(|(queue, is_staffed)| Queue {
                    queue,
                    waiting: 0,
                    is_open: true,
                    is_staffed,
                })
                .collect(),
            ..Default::default()
        }
    }

    #[test]
    fn the_chosen_queue_is_left_when_nobody_is_there() {
        let policy: Policy = configure("{}", &Names::default()).unwrap();
        let queue = |attended| facts(attended).classify(&policy).queue;
        assert_eq!(queue([true, true]), Some(0));
        assert_eq!(queue([false, true]), Some(1));
        assert_eq!(queue([false, false]), None);
    }

    #[test]
    fn a_queue_in_not_for_is_left_to_the_engine() {
        let names = Names::new(["support"]);
        let policy: Policy = configure(r#"{ "not_for": ["support"] }"#, &names).unwrap();
        let mut facts = facts([false, true]);
        facts.contact.queue = names.queue("support");
        assert_eq!(facts.classify(&policy).queue, None);
    }
}
