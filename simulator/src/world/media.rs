//! Playing and recognising: what may overlap, what waits, what is refused, and the events that tell.

use std::{collections::BTreeMap, sync::Arc};

use cordboard_acs::wire::{
    callback::{CallbackDetail, ResultInformation},
    media::{Choice, ChoiceResult, DtmfResult, RecognitionType, Tone},
};

use super::{
    CallId, Effect, PromptError, Timer, World,
    call::{Call, success},
    invitation::Reply,
    keys::KeyPlan,
    prompts::Known,
};
use crate::script::RawId;

/// Most operations that wait for the main leg. The documents name no number.
pub(super) const QUEUE_MAX: usize = 32;

/// Numbers an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OpId(pub(super) u64);

/// A media operation of a call.
pub(super) struct Op {
    pub(super) kind: OpKind,
    /// Whom a play reaches; `None` for everybody.
    pub(super) to: Option<Vec<RawId>>,
    pub(super) sources: Vec<Source>,
    pub(super) repeats: bool,
    pub(super) stage: Stage,
    /// Voids timers that were set for an earlier stage.
    pub(super) generation: u64,
    pub(super) reply: Reply,
}

pub(super) enum OpKind {
    Play,
    Recognize(Recognize),
}

/// A request for keys.
pub(super) struct Recognize {
    pub(super) target: RawId,
    pub(super) interrupt_prompt: bool,
    pub(super) initial_silence_ms: u64,
    pub(super) inter_tone_ms: u64,
    pub(super) tones_max: Option<usize>,
    pub(super) stop_tones: Vec<Tone>,
    pub(super) choices: Vec<Choice>,
    pub(super) tones: Vec<Tone>,
    /// What the target will press.
    pub(super) plan: Option<KeyPlan>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Waits for the main leg.
    Queued,
    /// Waits for its files.
    Preparing,
    Playing {
        source: usize,
    },
    /// Waits for keys.
    Collecting,
}

/// Something to play.
pub(super) enum Source {
    File {
        key: String,
        uri: String,
        duration_ms: Option<u64>,
    },
    /// Text to speech, at an assumed speed.
    Speech { duration_ms: u64 },
}

impl Source {
    pub(super) fn name(&self) -> &str {
        match self {
            Source::File { uri, .. } => uri,
            Source::Speech { .. } => "text",
        }
    }

    fn duration_ms(&self) -> Option<u64> {
        match self {
            Source::File { duration_ms, .. } => *duration_ms,
            Source::Speech { duration_ms } => Some(*duration_ms),
        }
    }
}

impl Op {
    /// Whether this is to be heard by a party.
    pub(super) fn reaches(&self, party: &RawId) -> bool {
        match (&self.kind, &self.to) {
            (OpKind::Recognize(recognize), _) => recognize.target == *party,
            (OpKind::Play, Some(to)) => to.contains(party),
            (OpKind::Play, None) => true,
        }
    }
}

/// Why an operation cannot begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// 412/8583: another operation is at work on that leg.
    Busy,
    /// 400/8558: the party is not in the call.
    NotPresent,
}

impl World {
    /// Begins an operation, or lets it wait.
    ///
    /// SPEC(Call Automation, mid-call media actions): playing to all, and recognising in a call with one party, wait for each other on
    /// the main leg unless they interrupt; on the leg of one party a second operation is refused.
    pub(super) fn begin_operation(
        &mut self,
        call_id: &CallId,
        op: Op,
        interrupt: bool,
    ) -> Result<(), Refusal> {
        let id = OpId(self.next_number());
        let Some(call) = self.calls.get_mut(call_id) else {
            return Err(Refusal::NotPresent);
        };
        let targets: Vec<RawId> = match (&op.kind, &op.to) {
            (OpKind::Recognize(recognize), _) => vec![recognize.target.clone()],
            (OpKind::Play, Some(to)) => to.clone(),
            (OpKind::Play, None) => Vec::new(),
        };
        if targets.iter().any(|target| call.leg(target).is_none()) {
            return Err(Refusal::NotPresent);
        }
        let on_main = op.to.is_none() && (matches!(op.kind, OpKind::Play) || call.legs.len() == 1);
        if targets
            .iter()
            .any(|target| call.on_leg.contains_key(target))
        {
            return Err(Refusal::Busy);
        }
        if !on_main {
            if targets.iter().any(|target| is_asked_on_main(call, target)) {
                return Err(Refusal::Busy);
            }
            for target in targets {
                call.on_leg.insert(target, id);
            }
            call.ops.insert(id, op);
            self.start(call_id, id);
            return Ok(());
        }
        if interrupt {
            self.cancel_main(call_id);
        }
        let Some(call) = self.calls.get_mut(call_id) else {
            return Err(Refusal::NotPresent);
        };
        if call.queue.len() >= QUEUE_MAX {
            return Err(Refusal::Busy);
        }
        call.ops.insert(id, op);
        call.queue.push_back(id);
        if call.queue.len() == 1 {
            self.start(call_id, id);
        }
        Ok(())
    }

    /// Cancels everything, with an event for each operation.
    pub(super) fn cancel_all(&mut self, call_id: &CallId) {
        self.cancel_main(call_id);
        let Some(call) = self.calls.get(call_id) else {
            return;
        };
        let left: Vec<OpId> = call.ops.keys().copied().collect();
        for op in left {
            self.cancel(call_id, op);
        }
    }

    /// A party is gone: what was at work on its leg fails.
    pub(super) fn fail_operations_of(&mut self, call_id: &CallId, party: &RawId) {
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        let own = call.on_leg.remove(party);
        let asked = call
            .queue
            .iter()
            .copied()
            .filter(|id| is_asked(call, *id, party))
            .collect::<Vec<_>>();
        for id in own.into_iter().chain(asked) {
            // A play to several parties goes on for the others.
            let Some(call) = self.calls.get_mut(call_id) else {
                return;
            };
            let Some(op) = call.ops.get_mut(&id) else {
                continue;
            };
            if let Some(to) = &mut op.to {
                to.retain(|other| other != party);
                if !to.is_empty() {
                    continue;
                }
            }
            let result = ResultInformation::new(400, 8_558, "The participant is not in the call.");
            self.fail(call_id, id, result, None);
        }
    }

    /// Begins to work on an operation whose turn it is.
    fn start(&mut self, call_id: &CallId, id: OpId) {
        let Some(op) = self.op(call_id, id) else {
            return;
        };
        op.stage = Stage::Preparing;
        self.plan_keys(call_id, id);
        self.prepare(call_id, id);
    }

    /// Gathers the files of an operation, and goes on if all are there.
    pub(super) fn prepare(&mut self, call_id: &CallId, id: OpId) {
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        let Some(op) = call
            .ops
            .get_mut(&id)
            .filter(|op| op.stage == Stage::Preparing)
        else {
            return;
        };
        let mut complete = true;
        // One look for each file, however often it is played.
        let mut looked: BTreeMap<String, Option<u64>> = BTreeMap::new();
        for source in &mut op.sources {
            let Source::File {
                key,
                uri,
                duration_ms,
            } = source
            else {
                continue;
            };
            if duration_ms.is_none() {
                *duration_ms = *looked.entry(key.clone()).or_insert_with(|| {
                    match self.prompts.look_up(key, call_id, id) {
                        Known::Ready { duration_ms } => Some(duration_ms),
                        Known::Fetching => None,
                        Known::Missing => {
                            self.effects.push_back(Effect::Fetch {
                                key: key.clone(),
                                uri: uri.clone(),
                            });
                            None
                        }
                    }
                });
            }
            complete &= duration_ms.is_some();
        }
        if !complete {
            return;
        }
        let sends_started = match &op.kind {
            OpKind::Play => true,
            OpKind::Recognize(_) => {
                self.behaviour.recognize_sends_play_started && !op.sources.is_empty()
            }
        };
        if sends_started {
            let (url, context) = (
                op.reply.callback_uri.clone(),
                op.reply.operation_context.clone(),
            );
            self.tell(
                call_id,
                url,
                context,
                success("Action started."),
                CallbackDetail::PlayStarted,
            );
        }
        self.play_source(call_id, id, 0);
        self.keys_from_prompt_start(call_id, id);
    }

    /// A file of an operation is not to be had.
    pub(super) fn fail_source(
        &mut self,
        call_id: &CallId,
        id: OpId,
        failed_key: &str,
        error: &PromptError,
    ) {
        let Some(op) = self
            .op(call_id, id)
            .filter(|op| op.stage == Stage::Preparing)
        else {
            return;
        };
        let failed =
            |source: &Source| matches!(source, Source::File { key, .. } if key == failed_key);
        let index = op
            .sources
            .iter()
            .position(failed)
            .and_then(|index| i64::try_from(index).ok());
        let (code, sub_code, message) = match (&op.kind, error) {
            (OpKind::Recognize(_), PromptError::Download(why) | PromptError::Format(why)) => {
                (500, 8_511, why)
            }
            (OpKind::Play, PromptError::Format(why)) => (400, 8_535, why),
            (OpKind::Play, PromptError::Download(why)) => (400, 8_536, why),
        };
        let result = ResultInformation::new(code, sub_code, message);
        self.fail(call_id, id, result, index);
    }

    fn play_source(&mut self, call_id: &CallId, id: OpId, index: usize) {
        let Some(op) = self.op(call_id, id) else {
            return;
        };
        let Some(duration_ms) = op.sources.get(index).and_then(Source::duration_ms) else {
            self.prompts_over(call_id, id);
            return;
        };
        op.stage = Stage::Playing { source: index };
        op.generation += 1;
        let timer = Timer::PromptOver(Arc::clone(call_id), id, op.generation);
        self.set_timer(duration_ms, timer);
        self.touch(call_id);
    }

    pub(super) fn prompt_over(&mut self, call_id: &CallId, id: OpId, generation: u64) {
        let Some(op) = self
            .op(call_id, id)
            .filter(|op| op.generation == generation)
        else {
            return;
        };
        let Stage::Playing { source } = op.stage else {
            return;
        };
        let is_last = source + 1 >= op.sources.len();
        let next = if is_last && op.repeats { 0 } else { source + 1 };
        self.play_source(call_id, id, next);
    }

    /// Everything has been played, or was interrupted by a key.
    pub(super) fn prompts_over(&mut self, call_id: &CallId, id: OpId) {
        let Some(op) = self.op(call_id, id) else {
            return;
        };
        match &op.kind {
            OpKind::Play => {
                self.finish(
                    call_id,
                    id,
                    success("Action completed successfully."),
                    CallbackDetail::PlayCompleted,
                );
            }
            OpKind::Recognize(recognize) => {
                let silence_ms = recognize.initial_silence_ms;
                op.stage = Stage::Collecting;
                op.generation += 1;
                let timer = Timer::InitialSilence(Arc::clone(call_id), id, op.generation);
                self.set_timer(silence_ms, timer);
                self.touch(call_id);
                self.keys_after_prompt(call_id, id);
            }
        }
    }

    pub(super) fn initial_silence(&mut self, call_id: &CallId, id: OpId, generation: u64) {
        let silent = self
            .op(call_id, id)
            .is_some_and(|op| op.generation == generation);
        if silent {
            let result = ResultInformation::new(
                400,
                8_510,
                "Action failed, initial silence timeout reached.",
            );
            self.fail(call_id, id, result, None);
        }
    }

    pub(super) fn tone_gap(&mut self, call_id: &CallId, id: OpId, generation: u64) {
        if self
            .op(call_id, id)
            .is_some_and(|op| op.generation == generation)
        {
            // A completion, although its code says otherwise.
            let result = ResultInformation::new(
                400,
                8_532,
                "Action failed, inter-digit silence timeout reached.",
            );
            self.complete_tones(call_id, id, result);
        }
    }

    /// Ends a recognition with the keys it has.
    pub(super) fn complete_tones(&mut self, call_id: &CallId, id: OpId, result: ResultInformation) {
        self.confirm(call_id, id);
        let Some(op) = self.op(call_id, id) else {
            return;
        };
        let OpKind::Recognize(recognize) = &op.kind else {
            return;
        };
        let detail = CallbackDetail::RecognizeCompleted {
            recognition_type: Some(RecognitionType::Dtmf),
            dtmf: Some(DtmfResult {
                tones: recognize.tones.clone(),
            }),
            choice: None,
            speech: None,
        };
        self.finish(call_id, id, result, detail);
    }

    /// Ends a recognition with the choice that a key stands for.
    pub(super) fn complete_choice(&mut self, call_id: &CallId, id: OpId, label: String) {
        let detail = CallbackDetail::RecognizeCompleted {
            recognition_type: Some(RecognitionType::Choices),
            dtmf: None,
            choice: Some(ChoiceResult {
                label: Some(label),
                recognized_phrase: None,
                confidence: None,
            }),
            speech: None,
        };
        let result = ResultInformation::new(200, 8_533, "Action completed, DTMF option matched.");
        self.finish(call_id, id, result, detail);
    }

    pub(super) fn fail(
        &mut self,
        call_id: &CallId,
        id: OpId,
        result: ResultInformation,
        failed_source: Option<i64>,
    ) {
        let Some(op) = self.op(call_id, id) else {
            return;
        };
        let detail = match op.kind {
            OpKind::Play => CallbackDetail::PlayFailed {
                failed_play_source_index: failed_source,
            },
            OpKind::Recognize(_) => CallbackDetail::RecognizeFailed {
                failed_play_source_index: failed_source,
            },
        };
        self.finish(call_id, id, result, detail);
    }

    fn cancel(&mut self, call_id: &CallId, id: OpId) {
        let Some(op) = self.op(call_id, id) else {
            return;
        };
        let detail = match op.kind {
            OpKind::Play => CallbackDetail::PlayCanceled,
            OpKind::Recognize(_) => CallbackDetail::RecognizeCanceled,
        };
        self.finish(
            call_id,
            id,
            ResultInformation::new(400, 8_508, "Action failed, the operation was cancelled."),
            detail,
        );
    }

    fn cancel_main(&mut self, call_id: &CallId) {
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        // Taken out first, so that none of them gets its turn.
        let waiting = std::mem::take(&mut call.queue);
        for id in waiting {
            self.cancel(call_id, id);
        }
    }

    /// Takes an operation out, tells how it ended, and lets the next one have its turn.
    fn finish(
        &mut self,
        call_id: &CallId,
        id: OpId,
        result: ResultInformation,
        detail: CallbackDetail,
    ) {
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        let Some(op) = call.ops.remove(&id) else {
            return;
        };
        let was_first = call.queue.front() == Some(&id);
        call.queue.retain(|other| *other != id);
        call.on_leg.retain(|_, other| *other != id);
        let next = call.queue.front().copied().filter(|_| was_first);
        let Reply {
            operation_context,
            callback_uri,
        } = op.reply;
        self.tell(call_id, callback_uri, operation_context, result, detail);
        self.touch(call_id);
        if let OpKind::Recognize(recognize) = &op.kind {
            self.asking_over(call_id, &recognize.target);
        }
        if let Some(next) = next {
            self.start(call_id, next);
        }
    }

    pub(super) fn op(&mut self, call_id: &CallId, id: OpId) -> Option<&mut Op> {
        self.calls
            .get_mut(call_id)
            .and_then(|call| call.ops.get_mut(&id))
    }

    fn next_number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }
}

fn is_asked(call: &Call, id: OpId, party: &RawId) -> bool {
    let op = call.ops.get(&id);
    op.is_some_and(
        |op| matches!(&op.kind, OpKind::Recognize(recognize) if recognize.target == *party),
    )
}

fn is_asked_on_main(call: &Call, party: &RawId) -> bool {
    call.queue
        .front()
        .is_some_and(|id| is_asked(call, *id, party))
}
