//! Keys: what a party presses when it is asked, and what a recognition makes of it.

use std::sync::Arc;

use cordboard_acs::wire::{callback::ResultInformation, media::Tone};

use super::{
    CallId, CallerId, Timer, World,
    call::Party,
    media::{OpId, OpKind, Stage},
};
use crate::{
    ledger::Pressed,
    script::{Phase, RawId, RingBehaviour},
};

/// What a party will press at one recognition.
/// No `Debug`: the keys may be a card number.
#[derive(Clone)]
pub(super) struct KeyPlan {
    keys: Vec<char>,
    delay_ms: u64,
    between_ms: u64,
    /// Counts the delay from the beginning of the prompt.
    barge_in: bool,
    /// Keys that nobody is to see.
    secret: bool,
}

/// From key to key of somebody who confirms.
const BETWEEN_MS: u64 = 300;

impl World {
    /// Asks the target of a recognition what it will press.
    pub(super) fn plan_keys(&mut self, call_id: &CallId, id: OpId) {
        let Some(call) = self.calls.get(call_id) else {
            return;
        };
        let Some(op) = call.ops.get(&id) else { return };
        let OpKind::Recognize(recognize) = &op.kind else {
            return;
        };
        let Some(leg) = call.leg(&recognize.target) else {
            return;
        };
        let (target, caller, is) = (leg.id.clone(), call.caller, leg.is);
        let prompts: Vec<String> = op
            .sources
            .iter()
            .map(|source| source.name().to_owned())
            .collect();
        let plan = match is {
            Party::Caller => self.caller_plan(caller, &prompts),
            Party::Invited { ring } => self.party_plan(&target, ring),
        };
        if is == Party::Caller {
            self.enter_phase(caller, Phase::Menu);
        }
        if let Some(OpKind::Recognize(recognize)) = self.op(call_id, id).map(|op| &mut op.kind) {
            recognize.plan = plan;
        }
    }

    /// A recognition of this party is over.
    pub(super) fn asking_over(&mut self, call_id: &CallId, target: &RawId) {
        let Some(call) = self.calls.get(call_id) else {
            return;
        };
        if call.from == *target {
            let caller = call.caller;
            self.enter_phase(caller, Phase::Queue);
        }
    }

    pub(super) fn keys_from_prompt_start(&mut self, call_id: &CallId, id: OpId) {
        self.schedule_first_key(call_id, id, true);
    }

    pub(super) fn keys_after_prompt(&mut self, call_id: &CallId, id: OpId) {
        self.schedule_first_key(call_id, id, false);
    }

    /// A party presses its next key.
    pub(super) fn press(&mut self, call_id: &CallId, id: OpId, index: usize) {
        let Some(op) = self.op(call_id, id) else {
            return;
        };
        let playing = matches!(op.stage, Stage::Playing { .. });
        let OpKind::Recognize(recognize) = &mut op.kind else {
            return;
        };
        let Some(plan) = recognize.plan.clone() else {
            return;
        };
        let Some(key) = plan.keys.get(index).copied() else {
            return;
        };
        let target = recognize.target.clone();
        if index + 1 < plan.keys.len() {
            self.set_timer(
                plan.between_ms,
                Timer::Key(Arc::clone(call_id), id, index + 1),
            );
        }
        self.note_key(call_id, &target, key, &plan, index);
        let Some(tone) = Tone::from_key(key) else {
            return;
        };
        let Some(op) = self.op(call_id, id) else {
            return;
        };
        let OpKind::Recognize(recognize) = &mut op.kind else {
            return;
        };
        if playing {
            // SPEC(Call Automation, recognize): keys are not kept while a prompt plays that may not be interrupted.
            if !recognize.interrupt_prompt {
                return;
            }
            self.prompts_over(call_id, id);
        }
        self.receive_tone(call_id, id, tone);
    }

    fn receive_tone(&mut self, call_id: &CallId, id: OpId, tone: Tone) {
        let Some(op) = self.op(call_id, id) else {
            return;
        };
        let OpKind::Recognize(recognize) = &mut op.kind else {
            return;
        };
        if !recognize.choices.is_empty() {
            let choice = recognize
                .choices
                .iter()
                .find(|choice| choice.tone.as_ref() == Some(&tone));
            match choice.map(|choice| choice.label.clone()) {
                Some(label) => self.complete_choice(call_id, id, label),
                None => {
                    let result = ResultInformation::new(
                        500,
                        8_534,
                        "Action failed, the tone is none of the choices.",
                    );
                    self.fail(call_id, id, result, None);
                }
            }
            return;
        }
        if recognize.stop_tones.contains(&tone) {
            let result =
                ResultInformation::new(200, 8_514, "Action completed, stop tone detected.");
            self.complete_tones(call_id, id, result);
            return;
        }
        recognize.tones.push(tone);
        if recognize
            .tones_max
            .is_some_and(|most| recognize.tones.len() >= most)
        {
            let result =
                ResultInformation::new(200, 8_531, "Action completed, max digits received.");
            self.complete_tones(call_id, id, result);
            return;
        }
        op.generation += 1;
        let (generation, gap_ms) = (op.generation, recognize.inter_tone_ms);
        self.set_timer(gap_ms, Timer::ToneGap(Arc::clone(call_id), id, generation));
    }

    /// Notes that somebody who was rung has answered in person.
    pub(super) fn confirm(&mut self, call_id: &CallId, id: OpId) {
        let now_ms = self.now.at_ms;
        let Some(call) = self.calls.get(call_id) else {
            return;
        };
        let Some(OpKind::Recognize(recognize)) = call.ops.get(&id).map(|op| &op.kind) else {
            return;
        };
        let Some(leg) = call.leg(&recognize.target) else {
            return;
        };
        if let Party::Invited { ring } = leg.is {
            let target = leg.id.clone();
            if let Some(record) = self.ring_record(&target, ring) {
                record.confirmed_ms.get_or_insert(now_ms);
            }
        }
    }

    fn schedule_first_key(&mut self, call_id: &CallId, id: OpId, from_prompt_start: bool) {
        let Some(op) = self.op(call_id, id) else {
            return;
        };
        let has_prompt = !op.sources.is_empty();
        let OpKind::Recognize(recognize) = &op.kind else {
            return;
        };
        let Some(plan) = &recognize.plan else { return };
        // Without a prompt, its beginning is its end.
        let (barge_in, delay_ms) = (plan.barge_in && has_prompt, plan.delay_ms);
        if barge_in == from_prompt_start {
            self.set_timer(delay_ms, Timer::Key(Arc::clone(call_id), id, 0));
        }
    }

    fn caller_plan(&mut self, id: CallerId, prompts: &[String]) -> Option<KeyPlan> {
        let caller = self.callers.get_mut(id.0)?;
        if caller.talked {
            let card = caller.script.card.as_ref()?;
            return Some(KeyPlan::new(
                &card.digits,
                card.delay_ms,
                card.between_ms,
                false,
                true,
            ));
        }
        let named = |name: &str| prompts.iter().any(|prompt| prompt.contains(name));
        let mut open = caller
            .script
            .menu
            .iter()
            .enumerate()
            .filter(|(index, _)| !caller.answers_used.contains(index));
        let by_name = open
            .clone()
            .find(|(_, answer)| answer.prompt.as_deref().is_some_and(named));
        let (index, answer) =
            by_name.or_else(|| open.find(|(_, answer)| answer.prompt.is_none()))?;
        let plan = KeyPlan::new(
            &answer.digits,
            answer.delay_ms,
            answer.between_ms,
            answer.barge_in,
            false,
        );
        caller.answers_used.insert(index);
        Some(plan)
    }

    fn party_plan(&self, target: &RawId, ring: usize) -> Option<KeyPlan> {
        let behaviour = self.endpoints.get(target)?.behaviour(ring)?;
        let RingBehaviour::Answer {
            press: Some(press), ..
        } = behaviour
        else {
            return None;
        };
        Some(KeyPlan::new(
            &press.digits,
            press.delay_ms,
            BETWEEN_MS,
            false,
            false,
        ))
    }

    fn note_key(
        &mut self,
        call_id: &CallId,
        target: &RawId,
        key: char,
        plan: &KeyPlan,
        index: usize,
    ) {
        let now_ms = self.now.at_ms;
        let Some(call) = self.calls.get(call_id) else {
            return;
        };
        let Some(leg) = call.leg(target) else { return };
        let (caller, is) = (call.caller, leg.is);
        let pressed = match is {
            Party::Caller => self.caller(caller).map(|caller| &mut caller.record.pressed),
            Party::Invited { ring } => self
                .ring_record(target, ring)
                .map(|record| &mut record.pressed),
        };
        let Some(pressed) = pressed else { return };
        if index == 0 {
            let keys = (!plan.secret).then(String::new);
            pressed.push(Pressed {
                from_ms: now_ms,
                to_ms: now_ms,
                count: 0,
                keys,
            });
        }
        if let Some(last) = pressed.last_mut() {
            last.to_ms = now_ms;
            last.count += 1;
            if let Some(keys) = &mut last.keys {
                keys.push(key);
            }
        }
    }
}

impl KeyPlan {
    fn new(keys: &str, delay_ms: u64, between_ms: u64, barge_in: bool, secret: bool) -> KeyPlan {
        KeyPlan {
            keys: keys.chars().collect(),
            delay_ms,
            between_ms,
            barge_in,
            secret,
        }
    }
}
