//! The events of one call on their way to the application: one at a time, again if they were not taken, in order unless the
//! simulator is told otherwise.

use std::{collections::VecDeque, sync::Arc};

use cordboard_acs::wire::callback::{CallbackDetail, CallbackEvent, ResultInformation};

use super::{CallId, Effect, Post, PostId, Timer, World, events};
use crate::random;

#[derive(Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Outgoing>,
    /// The first one is being delivered.
    busy: bool,
    /// When the last of all events that there were is due.
    last_due_ms: u64,
}

struct Outgoing {
    url: String,
    body: Vec<u8>,
    due_ms: u64,
    attempts: usize,
    /// Is delivered once more after it was taken.
    repeated: bool,
}

impl Outbox {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Puts an event behind all that are due before it, and behind the one that is being delivered.
    fn add(&mut self, event: Outgoing) {
        self.last_due_ms = self.last_due_ms.max(event.due_ms);
        let before = |other: &Outgoing| other.due_ms <= event.due_ms;
        let place = self.waiting.iter().rposition(before);
        let place = place.map_or(0, |place| place + 1);
        self.waiting
            .insert(place.max(usize::from(self.busy)), event);
    }
}

impl World {
    /// Sends an event of a call to its callback address or to that of one operation.
    pub(super) fn tell(
        &mut self,
        call_id: &CallId,
        url: Option<String>,
        operation_context: Option<String>,
        result: ResultInformation,
        detail: CallbackDetail,
    ) {
        let now_ms = self.now.at_ms;
        let (least, most) = (
            self.behaviour.event_delay_min_ms,
            self.behaviour.event_delay_max_ms,
        );
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        let subject = match &detail {
            CallbackDetail::RecordingStateChanged { recording_id, .. } => {
                let recording = recording_id.as_deref().unwrap_or_default();
                format!(
                    "calling/recordings/{}/recordingId/{recording}",
                    call.server_call_id
                )
            }
            _ => format!("calling/callConnections/{call_id}"),
        };
        let event = CallbackEvent {
            id: random::guid(&mut call.rng),
            source: subject.clone(),
            subject: Some(subject),
            time: Some(events::callback_time(now_ms)),
            call_connection_id: Some(call_id.to_string()),
            server_call_id: Some(call.server_call_id.clone()),
            correlation_id: Some(call.correlation_id.clone()),
            operation_context,
            result: Some(result),
            detail,
        };
        let repeated = call.rng.u8(..100) < self.behaviour.repeated_events_percent;
        let delay_ms = call.rng.u64(least..=most.max(least));
        let mut due_ms = now_ms.saturating_add(delay_ms);
        if self.behaviour.events_in_order || event.detail == CallbackDetail::CallDisconnected {
            due_ms = due_ms.max(call.outbox.last_due_ms);
        }
        let url = url.unwrap_or_else(|| call.callback_uri.clone());
        // SPEC(Call Automation, callbacks): an array of CloudEvents, as a rule of one.
        let body = serde_json::to_vec(&[event]).unwrap_or_default();
        call.outbox.add(Outgoing {
            url,
            body,
            due_ms,
            attempts: 0,
            repeated,
        });
        self.set_timer_at(due_ms, Timer::Outbox(Arc::clone(call_id)));
    }

    /// Sends the first event if it is due and nothing is under way.
    pub(super) fn flush_outbox(&mut self, call_id: &CallId) {
        let now_ms = self.now.at_ms;
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        let Some(first) = call.outbox.waiting.front_mut() else {
            return;
        };
        if call.outbox.busy || first.due_ms > now_ms {
            return;
        }
        call.outbox.busy = true;
        first.attempts += 1;
        self.effects.push_back(Effect::Post(Post {
            what: PostId::Callback(Arc::clone(call_id)),
            url: first.url.clone(),
            content_type: "application/json; charset=utf-8",
            headers: Vec::new(),
            body: first.body.clone(),
        }));
    }

    pub(super) fn callback_posted(&mut self, call_id: &CallId, status: Option<u16>) {
        let now_ms = self.now.at_ms;
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        call.outbox.busy = false;
        let Some(first) = call.outbox.waiting.front_mut() else {
            return;
        };
        let taken = matches!(status, Some(200..=299));
        let wait_ms = self
            .behaviour
            .callback_retry_ms
            .get(first.attempts.saturating_sub(1));
        match (taken, wait_ms) {
            (false, Some(wait_ms)) => {
                first.due_ms = now_ms.saturating_add(*wait_ms);
                let due_ms = first.due_ms;
                call.outbox.last_due_ms = call.outbox.last_due_ms.max(due_ms);
                self.set_timer_at(due_ms, Timer::Outbox(Arc::clone(call_id)));
            }
            (true, _) if std::mem::take(&mut first.repeated) => self.flush_outbox(call_id),
            (taken, _) => {
                call.outbox.waiting.pop_front();
                self.events_undelivered += u64::from(!taken);
                self.flush_outbox(call_id);
            }
        }
    }
}
