//! Where an agent is rung: apps that are not known to be off, all at once, then telephones.

use cordboard_plugin::{
    Answer, EndpointColumn, EndpointKind, EndpointSelect, EndpointSelectFacts, Memo, Reach, Rings,
};

use crate::Policy;

/// How long each stage rings, in ms.
const RING_MS: u32 = 15_000;

impl EndpointSelect for Policy {
    /// What the engine packs into the rows; fewer columns are quicker.
    const READS: &'static [EndpointColumn] = &[EndpointColumn::Reach];

    fn select(
        &self,
        facts: &EndpointSelectFacts<'_, Self>,
        rings: &mut Rings,
        _memo: &mut Memo<'_>,
    ) -> Answer {
        if self.not_for.contains(&facts.contact().queue()) {
            return Answer::Abstain;
        }
        for phones in [false, true] {
            for endpoint in facts.endpoints() {
                let is_phone = endpoint.kind() == Some(EndpointKind::Pstn);
                if is_phone == phones && endpoint.reach() != Reach::Offline {
                    rings.ring(endpoint.index(), RING_MS);
                }
            }
            rings.next_stage();
        }
        // Deciding without a ring is abstaining: the engine's own rule rings somebody.
        Answer::Decided
    }
}

#[cfg(test)]
mod tests {
    use cordboard_plugin::testing::{Contact, Endpoint, EndpointSelectFacts, Names, configure};
    use cordboard_plugin::{EndpointKind, Reach};

    use crate::Policy;

    fn facts() -> EndpointSelectFacts {
        let endpoints = [
            (EndpointKind::Pstn, Reach::Unknown),
            (EndpointKind::TeamsClient, Reach::Available),
            (EndpointKind::CallingSdk, Reach::Offline),
        ];
        EndpointSelectFacts {
            endpoints: endpoints
                .map(|(kind, reach)| Endpoint {
                    kind,
                    reach,
                    answered_last: false,
                })
                .to_vec(),
            ..Default::default()
        }
    }

    #[test]
    fn telephones_ring_after_apps_and_what_is_off_does_not_ring() {
        let policy: Policy = configure("{}", &Names::default()).unwrap();
        assert_eq!(facts().select(&policy).stages(), [[1], [0]]);
    }

    #[test]
    fn a_queue_in_not_for_is_left_to_the_engine() {
        let names = Names::new(["support"]);
        let policy: Policy = configure(r#"{ "not_for": ["support"] }"#, &names).unwrap();
        let contact = Contact {
            queue: names.queue("support"),
            ..Default::default()
        };
        let facts = EndpointSelectFacts { contact, ..facts() };
        assert!(facts.select(&policy).is_abstaining);
    }
}
