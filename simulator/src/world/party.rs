//! People who are rung: their endpoints, how they react, and what they do in a call.

use std::sync::Arc;

use fastrand::Rng;

use super::{CallId, Timer, World, call::Party};
use crate::{
    ledger::{EndedBy, EndpointRecord, Left, RingRecord, Sound, VoiceKind, close_heard},
    random,
    script::{AgentScript, Choose, EndpointScript, RawId, RingBehaviour},
};

/// How long somebody who was rung stays in a call that the caller has left.
const DESERTED_MS: u64 = 4_000;
/// A voicemail hangs up after this time.
pub(super) const VOICEMAIL_MS: u64 = 60_000;
/// How long it takes to say goodbye after something interrupted the end of a conversation.
pub(super) const GOODBYE_MS: u64 = 1_000;

/// One place where a person can be rung.
pub(super) struct Endpoint {
    pub(super) script: EndpointScript,
    pub(super) record: EndpointRecord,
    /// What was chosen for each ring.
    behaviours: Vec<RingBehaviour>,
    rng: Rng,
}

/// A person is in one conversation at a time; who is [`Role::Outside`] may be a whole switchboard.
#[derive(Default)]
pub(super) struct Person {
    pub(super) engaged_in: Option<CallId>,
}

impl Endpoint {
    /// Begins to ring: chooses what will happen, and gives the ring's number in the record.
    pub(super) fn begin_ring(&mut self, record: RingRecord) -> (usize, RingBehaviour) {
        let number = self.record.rings.len();
        let choices = &self.script.rings;
        let index = match self.script.choose {
            Choose::InTurn => number % choices.len().max(1),
            Choose::AtRandom => self.rng.usize(..choices.len().max(1)),
        };
        let behaviour = choices
            .get(index)
            .cloned()
            .unwrap_or(RingBehaviour::NoAnswer);
        self.record.rings.push(record);
        self.behaviours.push(behaviour.clone());
        (number, behaviour)
    }

    /// What was chosen for a ring.
    pub(super) fn behaviour(&self, ring: usize) -> Option<&RingBehaviour> {
        self.behaviours.get(ring)
    }

    pub(super) fn ring_mut(&mut self, ring: usize) -> Option<&mut RingRecord> {
        self.record.rings.get_mut(ring)
    }
}

impl World {
    pub(super) fn add_person(&mut self, script: AgentScript) {
        for endpoint in script.endpoints {
            let record = EndpointRecord {
                identifier: endpoint.identifier.clone(),
                person: script.person.clone(),
                role: script.role,
                rings: Vec::new(),
            };
            let rng = random::stream(self.seed, "ring", endpoint.identifier.as_str());
            let identifier = endpoint.identifier.clone();
            self.endpoints.insert(
                identifier,
                Endpoint {
                    script: endpoint,
                    record,
                    behaviours: Vec::new(),
                    rng,
                },
            );
        }
        self.people.insert(script.person, Person::default());
    }

    /// Somebody who was rung hears something else than before.
    pub(super) fn party_hears(&mut self, call_id: &CallId, party: &RawId, sound: &Sound) {
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        let Some(leg) = call.leg_mut(party) else {
            return;
        };
        let Party::Invited { ring } = leg.is else {
            return;
        };
        leg.generation += 1;
        let (generation, talk_over) = (leg.generation, leg.talk_over);
        let with_caller = matches!(
            sound,
            Sound::Voice {
                kind: VoiceKind::Caller,
                ..
            }
        );
        let first_word = with_caller && !leg.talked;
        leg.talked |= with_caller;
        if with_caller && talk_over {
            let leave = Timer::PartyLeaves(Arc::clone(call_id), party.clone(), generation);
            self.set_timer(GOODBYE_MS, leave);
        }
        let behaviour = self
            .endpoints
            .get(party)
            .and_then(|endpoint| endpoint.behaviour(ring));
        if let (
            true,
            Some(RingBehaviour::Answer {
                talk_ms: Some(ms), ..
            }),
        ) = (first_word, behaviour)
        {
            let ms = *ms;
            self.set_timer(ms, Timer::PartyTalkOver(Arc::clone(call_id), party.clone()));
        }
    }

    pub(super) fn party_talk_over(&mut self, call_id: &CallId, party: &RawId) {
        let Some(leg) = self
            .calls
            .get_mut(call_id)
            .and_then(|call| call.leg_mut(party))
        else {
            return;
        };
        leg.talk_over = true;
        let Party::Invited { ring } = leg.is else {
            return;
        };
        let heard = self
            .endpoints
            .get(party)
            .and_then(|endpoint| endpoint.record.rings.get(ring));
        let last = heard.and_then(|ring| ring.heard.last());
        if last.is_some_and(|heard| {
            matches!(
                heard.what,
                Sound::Voice {
                    kind: VoiceKind::Caller,
                    ..
                }
            )
        }) {
            self.take_out(call_id, party, EndedBy::Party);
        }
    }

    pub(super) fn party_leaves(&mut self, call_id: &CallId, party: &RawId, generation: u64) {
        let leg = self.calls.get(call_id).and_then(|call| call.leg(party));
        if leg.is_some_and(|leg| leg.generation == generation) {
            self.take_out(call_id, party, EndedBy::Party);
        }
    }

    /// Whoever is in a call without its caller does not stay, whatever they hear.
    pub(super) fn shorten_stays(&mut self, call_id: &CallId) {
        let Some(call) = self.calls.get(call_id) else {
            return;
        };
        let stays: Vec<(RawId, usize)> = call
            .legs
            .iter()
            .filter_map(|leg| match leg.is {
                Party::Caller => None,
                Party::Invited { ring } => Some((leg.id.clone(), ring)),
            })
            .collect();
        if stays.len() == call.legs.len() {
            for (party, ring) in stays {
                let timer = Timer::StayOver(Arc::clone(call_id), party, ring);
                self.set_timer(DESERTED_MS, timer);
            }
        }
    }

    pub(super) fn stay_over(&mut self, call_id: &CallId, party: &RawId, ring: usize) {
        let leg = self.calls.get(call_id).and_then(|call| call.leg(party));
        if leg.is_some_and(|leg| leg.is == Party::Invited { ring }) {
            self.take_out(call_id, party, EndedBy::Party);
        }
    }

    /// Somebody who was rung is out of the call, by whomever.
    pub(super) fn party_ended(&mut self, party: &RawId, ring: usize, by: EndedBy) {
        let now_ms = self.now.at_ms;
        let Some(endpoint) = self.endpoints.get_mut(party) else {
            return;
        };
        let person = endpoint.record.person.clone();
        let Some(record) = endpoint.ring_mut(ring) else {
            return;
        };
        record.left = Some(Left { at_ms: now_ms, by });
        close_heard(&mut record.heard, now_ms);
        // A voicemail never had the person's attention.
        if let (false, Some(person)) = (record.voicemail, self.people.get_mut(&person)) {
            person.engaged_in = None;
        }
    }
}
