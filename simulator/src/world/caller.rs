//! The life of a caller: dialling, the IncomingCall event, impatience, hanging up.

use std::{collections::BTreeSet, sync::Arc};

use super::{CallId, CallerId, Effect, Post, PostId, Timer, World, events, party::GOODBYE_MS};
use crate::{
    ledger::{CallerEnd, CallerRecord, Delivery, EndedBy, Sound, VoiceKind, close_heard},
    progress::Progress,
    random,
    script::{CallerScript, Phase},
};

/// How long a caller stays with a voicemail that they were connected to.
const VOICEMAIL_PATIENCE_MS: u64 = 20_000;

pub(super) struct Caller {
    pub(super) script: CallerScript,
    pub(super) record: CallerRecord,
    pub(super) stage: Stage,
    pub(super) phase: Phase,
    pub(super) server_call_id: String,
    pub(super) correlation_id: String,
    /// Which menu answers are used up.
    pub(super) answers_used: BTreeSet<usize>,
    /// Has begun to talk to somebody.
    pub(super) talked: bool,
    talk_over: bool,
    planned: bool,
    /// Voids timers that were set before they heard something new.
    generation: u64,
    /// The IncomingCall event is delivered once more after it was taken.
    repeated: bool,
    /// The IncomingCall event is about to be delivered for the first time.
    delivery_due: bool,
    /// The IncomingCall event, made when they dialled.
    event: Option<events::IncomingCall>,
    context: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    Waiting,
    Ringing,
    InCall(CallId),
    Gone,
}

impl Caller {
    pub(super) fn enter(&mut self, call: &CallId, now_ms: u64) {
        self.stage = Stage::InCall(Arc::clone(call));
        self.record.call = Some(call.to_string());
        self.record.answered_ms = Some(now_ms);
    }

    pub(super) fn count(&self, progress: &mut Progress) {
        progress.placed += 1;
        let mut deliveries = self.record.deliveries.iter();
        if self.delivery_due || deliveries.any(|delivery| delivery.finished.is_none()) {
            progress.deliveries_open += 1;
        }
        let row = match (&self.stage, self.phase) {
            (Stage::Waiting, _) => &mut progress.waiting_to_dial,
            (Stage::Gone, _) => &mut progress.ended,
            (Stage::Ringing, _) => &mut progress.ringing,
            (Stage::InCall(_), Phase::Ringing | Phase::Greeting | Phase::Menu) => {
                &mut progress.in_menu
            }
            (Stage::InCall(_), Phase::Queue | Phase::Offering) => &mut progress.in_queue,
            (Stage::InCall(_), Phase::Talking) => &mut progress.talking,
        };
        *row += 1;
    }
}

impl World {
    pub(super) fn add_caller(&mut self, script: CallerScript) {
        let mut rng = random::stream(self.seed, "call", &script.name);
        let id = CallerId(self.callers.len());
        let record = CallerRecord {
            name: script.name.clone(),
            from: script.from.clone(),
            dials: script.dials.clone(),
            allowed_fates: script.allowed_fates.clone(),
            dialled: None,
            deliveries: Vec::new(),
            answers: Vec::new(),
            call: None,
            answered_ms: None,
            heard: Vec::new(),
            pressed: Vec::new(),
            parted: None,
            end: None,
        };
        let server_call_id = random::token(&mut rng, 96);
        let correlation_id = random::guid(&mut rng);
        // Looks like the real one: a token whose header says that nobody signed it.
        let context = format!(
            "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.",
            random::token(&mut rng, self.behaviour.context_bytes)
        );
        self.set_timer(script.dial_after_ms, Timer::Dial(id));
        self.callers.push(Caller {
            script,
            record,
            stage: Stage::Waiting,
            phase: Phase::Ringing,
            server_call_id,
            correlation_id,
            answers_used: BTreeSet::new(),
            talked: false,
            talk_over: false,
            planned: false,
            generation: 0,
            repeated: false,
            delivery_due: false,
            event: None,
            context,
        });
    }

    pub(super) fn dial(&mut self, id: CallerId) {
        let (now, ring_ms) = (self.now, self.behaviour.ring_ms);
        let Some(caller) = self.callers.get_mut(id.0) else {
            return;
        };
        caller.stage = Stage::Ringing;
        caller.record.dialled = Some(now);
        let patience_ms = caller.script.patience_ms;
        let mut rng = random::stream(self.seed, "incoming call", &caller.script.name);
        caller.repeated = rng.u8(..100) < self.behaviour.repeated_events_percent;
        caller.event = Some(events::IncomingCall {
            id: random::guid(&mut rng),
            at_ms: now.at_ms,
            script: caller.script.clone(),
            server_call_id: caller.server_call_id.clone(),
            correlation_id: caller.correlation_id.clone(),
            context: caller.context.clone(),
        });
        let delay_ms = rng.u64(
            self.behaviour.event_delay_min_ms
                ..=self
                    .behaviour
                    .event_delay_max_ms
                    .max(self.behaviour.event_delay_min_ms),
        );
        self.contexts.insert(caller.context.clone(), id);
        caller.delivery_due = self.subscription.is_some();
        self.set_timer(delay_ms, Timer::Deliver(id));
        self.set_timer(ring_ms, Timer::RingTime(id));
        self.set_timer(patience_ms, Timer::Patience(id));
        self.enter_phase(id, Phase::Ringing);
    }

    /// Sends the IncomingCall event, for the first time or again.
    pub(super) fn deliver_incoming_call(&mut self, id: CallerId) {
        let now = self.now;
        let Some(caller) = self.callers.get_mut(id.0) else {
            return;
        };
        caller.delivery_due = false;
        let (Some(subscription), Some(event)) = (&self.subscription, &caller.event) else {
            return;
        };
        let attempt = caller.record.deliveries.len();
        let (content_type, body) = event.render(subscription.schema);
        let mut headers = subscription.headers.clone();
        headers.extend(events::delivery_headers("Notification", attempt));
        caller.record.deliveries.push(Delivery {
            posted: now,
            finished: None,
            status: None,
        });
        let what = PostId::IncomingCall(id, attempt);
        self.effects.push_back(Effect::Post(Post {
            what,
            url: subscription.url.clone(),
            content_type,
            headers,
            body,
        }));
    }

    pub(super) fn incoming_call_posted(
        &mut self,
        id: CallerId,
        attempt: usize,
        status: Option<u16>,
    ) {
        let now = self.now;
        let Some(caller) = self.callers.get_mut(id.0) else {
            return;
        };
        let Some(delivery) = caller.record.deliveries.get_mut(attempt) else {
            return;
        };
        delivery.finished = Some(now);
        delivery.status = status;
        if delivery.is_acknowledged() && std::mem::take(&mut caller.repeated) {
            self.set_timer(0, Timer::Deliver(id));
            return;
        }
        let (Some(subscription), Some(event)) = (&self.subscription, &caller.event) else {
            return;
        };
        let Some(wait_ms) = retry_wait_ms(attempt, status) else {
            return;
        };
        let attempts = u32::try_from(attempt + 1).unwrap_or(u32::MAX);
        let age_ms = now
            .at_ms
            .saturating_add(wait_ms)
            .saturating_sub(event.at_ms);
        if attempts < subscription.attempts_max && age_ms <= subscription.time_to_live_ms {
            self.set_timer(wait_ms, Timer::Deliver(id));
        }
    }

    pub(super) fn ring_time_over(&mut self, id: CallerId) {
        if self
            .caller(id)
            .is_some_and(|caller| caller.stage == Stage::Ringing)
        {
            self.caller_ended(id, EndedBy::RingTime);
        }
    }

    pub(super) fn reject(&mut self, id: CallerId) {
        self.caller_ended(id, EndedBy::Rejection);
    }

    pub(super) fn patience_over(&mut self, id: CallerId) {
        if self.caller(id).is_some_and(|caller| !caller.talked) {
            self.hang_up(id);
        }
    }

    pub(super) fn planned_hang_up(&mut self, id: CallerId) {
        let Some(caller) = self.caller(id) else {
            return;
        };
        let Some(plan) = caller.script.hang_up else {
            return;
        };
        // Whoever was to give up and is in conversation meanwhile stays.
        if caller.phase != Phase::Talking || plan.phase == Phase::Talking {
            self.hang_up(id);
        }
    }

    pub(super) fn caller_talk_over(&mut self, id: CallerId) {
        let Some(caller) = self.caller(id) else {
            return;
        };
        caller.talk_over = true;
        if caller
            .record
            .heard
            .last()
            .is_some_and(|heard| heard.to_ms.is_none() && is_company(&heard.what))
        {
            self.hang_up(id);
        }
    }

    pub(super) fn caller_leaves(&mut self, id: CallerId, generation: u64) {
        if self
            .caller(id)
            .is_some_and(|caller| caller.generation == generation)
        {
            self.hang_up(id);
        }
    }

    /// The caller hears something else than before.
    pub(super) fn caller_hears(&mut self, id: CallerId, sound: &Sound) {
        let Some(caller) = self.callers.get_mut(id.0) else {
            return;
        };
        caller.generation += 1;
        let generation = caller.generation;
        let first_word = is_company(sound) && !caller.talked;
        caller.talked |= first_word;
        let talk_ms = caller.script.talk_ms;
        let leaves_in_ms = match sound {
            Sound::Voice {
                kind: VoiceKind::Voicemail,
                ..
            } => Some(VOICEMAIL_PATIENCE_MS),
            Sound::Voice { .. } => caller.talk_over.then_some(GOODBYE_MS),
            Sound::OwnMessage => Some(caller.script.message_ms),
            Sound::Silence => caller.talked.then_some(caller.script.linger_ms),
            Sound::Prompt { .. } | Sound::Turn => {
                caller.talked.then_some(caller.script.patience_ms)
            }
        };
        let waits_for_music =
            matches!(sound, Sound::Prompt { repeats: true, .. }) && caller.phase == Phase::Greeting;
        if first_word {
            self.set_timer(talk_ms, Timer::TalkOver(id));
            self.enter_phase(id, Phase::Talking);
        } else if waits_for_music {
            self.enter_phase(id, Phase::Queue);
        }
        if let Some(ms) = leaves_in_ms {
            self.set_timer(ms, Timer::CallerLeaves(id, generation));
        }
    }

    /// The call of this caller has come to another point.
    pub(super) fn enter_phase(&mut self, id: CallerId, phase: Phase) {
        let Some(caller) = self.callers.get_mut(id.0) else {
            return;
        };
        if caller.phase == Phase::Talking {
            return;
        }
        caller.phase = phase;
        let Some(plan) = caller.script.hang_up else {
            return;
        };
        if plan.phase == phase && !caller.planned {
            caller.planned = true;
            self.set_timer(plan.after_ms, Timer::PlannedHangUp(id));
        }
    }

    /// The caller is gone, by whomever.
    pub(super) fn caller_ended(&mut self, id: CallerId, by: EndedBy) {
        let now_ms = self.now.at_ms;
        let Some(caller) = self.callers.get_mut(id.0) else {
            return;
        };
        if caller.stage == Stage::Gone {
            return;
        }
        caller.stage = Stage::Gone;
        caller.generation += 1;
        caller.record.end = Some(CallerEnd {
            at_ms: now_ms,
            by,
            phase: caller.phase,
        });
        close_heard(&mut caller.record.heard, now_ms);
        self.contexts.remove(&caller.context);
    }

    fn hang_up(&mut self, id: CallerId) {
        let Some(caller) = self.caller(id) else {
            return;
        };
        match caller.stage.clone() {
            Stage::Waiting | Stage::Gone => {}
            Stage::Ringing => self.caller_ended(id, EndedBy::Party),
            Stage::InCall(call) => {
                let from = caller.script.from.clone();
                self.take_out(&call, &from, EndedBy::Party);
            }
        }
    }
}

/// A person to talk to.
fn is_company(sound: &Sound) -> bool {
    matches!(
        sound,
        Sound::Voice {
            kind: VoiceKind::Agent | VoiceKind::Outside,
            ..
        }
    )
}

/// When Event Grid delivers again after attempt number `attempt` (from 0) ended with `status`. None: never, or it was taken.
///
/// SPEC(Event Grid, delivery and retry): 200 to 204 are success; 400, 401 and 413 are final.
fn retry_wait_ms(attempt: usize, status: Option<u16>) -> Option<u64> {
    const SECOND_MS: u64 = 1_000;
    const SCHEDULE_S: [u64; 9] = [10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600];
    let scheduled_s = SCHEDULE_S.get(attempt).copied().unwrap_or(43_200);
    let least_s = match status {
        Some(200..=204 | 400 | 401 | 413) => return None,
        Some(403 | 404) => 300,
        Some(408) => 120,
        Some(503) => 30,
        _ => 10,
    };
    Some(scheduled_s.max(least_s) * SECOND_MS)
}

#[cfg(test)]
mod tests {
    use super::retry_wait_ms;

    #[test]
    fn event_grid_retries_by_its_schedule() {
        assert_eq!(retry_wait_ms(0, None), Some(10_000));
        assert_eq!(retry_wait_ms(1, Some(500)), Some(30_000));
        assert_eq!(retry_wait_ms(2, Some(500)), Some(60_000));
        assert_eq!(retry_wait_ms(9, Some(500)), Some(43_200_000));
        assert_eq!(retry_wait_ms(0, Some(503)), Some(30_000));
        assert_eq!(retry_wait_ms(0, Some(404)), Some(300_000));
        assert_eq!(retry_wait_ms(0, Some(408)), Some(120_000));
        for taken_or_final in [200, 202, 204, 400, 401, 413] {
            assert_eq!(retry_wait_ms(0, Some(taken_or_final)), None);
        }
    }
}
