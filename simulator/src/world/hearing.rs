//! What everybody in a call hears. Whatever happens in a call, in the end it changes this, and people react to what they hear.

use super::{
    CallId, World,
    call::{Call, Leg, Party},
    media::{OpKind, Stage},
};
use crate::{
    ledger::{RingRecord, Sound, VoiceKind, hear},
    script::{Phase, RawId, Role},
};

impl World {
    /// Notes what everybody in a call hears, and lets those react who hear something else than before.
    pub(super) fn listen(&mut self, call_id: &CallId) {
        let now_ms = self.now.at_ms;
        self.follow_phase(call_id);
        let Some(call) = self.calls.get(call_id) else {
            return;
        };
        let sounds: Vec<(RawId, Party, Sound)> = call
            .legs
            .iter()
            .map(|leg| (leg.id.clone(), leg.is, self.sound(call, leg)))
            .collect();
        let caller_id = call.caller;
        for (party, is, sound) in sounds {
            let record = match is {
                Party::Caller => self
                    .caller(caller_id)
                    .map(|caller| &mut caller.record.heard),
                Party::Invited { ring } => self
                    .ring_record(&party, ring)
                    .map(|record| &mut record.heard),
            };
            if record.is_some_and(|heard| hear(heard, now_ms, sound.clone())) {
                match is {
                    Party::Caller => self.caller_hears(caller_id, &sound),
                    Party::Invited { .. } => self.party_hears(call_id, &party, &sound),
                }
            }
        }
    }

    pub(super) fn ring_record(&mut self, party: &RawId, ring: usize) -> Option<&mut RingRecord> {
        self.endpoints
            .get_mut(party)
            .and_then(|endpoint| endpoint.ring_mut(ring))
    }

    /// Whether somebody is being rung is not to be heard, but scripts refer to it.
    fn follow_phase(&mut self, call_id: &CallId) {
        let Some(call) = self.calls.get(call_id) else {
            return;
        };
        let (caller_id, ringing) = (call.caller, call.is_ringing_anybody());
        let Some(caller) = self.callers.get(caller_id.0) else {
            return;
        };
        match (caller.phase, ringing) {
            (Phase::Greeting | Phase::Queue, true) => self.enter_phase(caller_id, Phase::Offering),
            (Phase::Offering, false) => self.enter_phase(caller_id, Phase::Queue),
            _ => {}
        }
    }

    fn sound(&self, call: &Call, leg: &Leg) -> Sound {
        if let Some(sound) = self.played_to(call, &leg.id) {
            return sound;
        }
        // Whoever listens to a prompt of their own, or is asked for keys, does not talk.
        let others = call
            .legs
            .iter()
            .filter(|other| other.id != leg.id && !is_occupied(call, &other.id));
        let voices = others.map(|other| (self.voice_kind(other), &other.id));
        match voices.min_by_key(|(kind, _)| preference(*kind)) {
            Some((kind, of)) => Sound::Voice {
                of: of.clone(),
                kind,
            },
            None if self.leaves_message(call, leg) => Sound::OwnMessage,
            None => Sound::Silence,
        }
    }

    fn played_to(&self, call: &Call, party: &RawId) -> Option<Sound> {
        let own = call.on_leg.get(party);
        let ops = own
            .into_iter()
            .chain(call.queue.front())
            .filter_map(|id| call.ops.get(id));
        for op in ops.filter(|op| op.reaches(party)) {
            match op.stage {
                Stage::Queued | Stage::Preparing => {}
                Stage::Playing { source } => {
                    let uri = op
                        .sources
                        .get(source)
                        .map(|source| source.name().to_owned())
                        .unwrap_or_default();
                    return Some(Sound::Prompt {
                        uri,
                        repeats: op.repeats,
                    });
                }
                Stage::Collecting => return Some(Sound::Turn),
            }
        }
        None
    }

    pub(super) fn voice_kind(&self, leg: &Leg) -> VoiceKind {
        let Party::Invited { ring } = leg.is else {
            return VoiceKind::Caller;
        };
        let Some(endpoint) = self.endpoints.get(&leg.id) else {
            return VoiceKind::Outside;
        };
        let voicemail = endpoint
            .record
            .rings
            .get(ring)
            .is_some_and(|ring| ring.voicemail);
        match (endpoint.record.role, voicemail) {
            (Role::Agent, true) => VoiceKind::Voicemail,
            (Role::Agent, false) => VoiceKind::Agent,
            (Role::Outside, _) => VoiceKind::Outside,
        }
    }

    /// A caller speaks into a voicemail box of the service: alone with a running recording, after something that was said once.
    fn leaves_message(&self, call: &Call, leg: &Leg) -> bool {
        let Some(caller) = self.callers.get(call.caller.0) else {
            return false;
        };
        let mut prompts = caller.record.heard.iter().rev().map(|heard| &heard.what);
        let said_once = prompts.find_map(|what| match what {
            Sound::Prompt { repeats, .. } => Some(!repeats),
            _ => None,
        });
        leg.is == Party::Caller
            && call.legs.len() == 1
            && !call.is_ringing_anybody()
            && !caller.talked
            && caller.phase == Phase::Queue
            && call
                .recordings
                .values()
                .any(|recording| recording.is_active)
            && said_once == Some(true)
    }
}

/// Whether something is played to this party alone, or keys are asked of it.
fn is_occupied(call: &Call, party: &RawId) -> bool {
    let at_work = |stage: Stage| matches!(stage, Stage::Playing { .. } | Stage::Collecting);
    let own = call.on_leg.get(party).and_then(|id| call.ops.get(id));
    let main = call.queue.front().and_then(|id| call.ops.get(id));
    let asked = main.filter(
        |op| matches!(&op.kind, OpKind::Recognize(recognize) if recognize.target == *party),
    );
    own.into_iter().chain(asked).any(|op| at_work(op.stage))
}

/// Whom one listens to if several talk; the smallest first.
fn preference(kind: VoiceKind) -> u8 {
    match kind {
        VoiceKind::Agent => 0,
        VoiceKind::Outside => 1,
        VoiceKind::Caller => 2,
        VoiceKind::Voicemail => 3,
    }
}
