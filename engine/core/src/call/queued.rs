//! Waiting in a queue: place, music and messages, and the reasons to leave.

use crate::call::operations::{Finished, Purpose};
use crate::call::{Call, State};
use crate::command::Operation;
use crate::config::{Exit, Exits, Queue};
use crate::event::{CallOutcome, Event, ExitReason};
use crate::ids::{Millis, PromptId, QueueId, Timestamp};
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};
use crate::waiting::Place;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Waits, and is not offered to anybody.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Queued {
    pub(crate) waiting: Waiting,
}

/// What goes on while a contact waits; an offer does not interrupt it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) queue: QueueId,
    pub(crate) place: Place,
    music: Music,
}

/// What the caller hears.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum Music {
    /// Nothing: it failed this many times in a row.
    Silent { failures: u32 },
    /// Music in a loop.
    Playing { sequence: u32, failures: u32 },
    /// A message; music follows.
    Message { sequence: u32 },
}

impl Call {
    /// Puts the contact into a queue, or takes the queue's exit at once. The place is that of the
    /// first queue.
    pub(crate) fn enter_queue(&mut self, tenant: &mut Tenant, queue: QueueId) {
        let now = tenant.now;
        let Some(settings) = tenant.queue_settings(self, queue) else {
            return self.end(tenant, CallOutcome::Failed);
        };
        let since = *self.queued_since.get_or_insert(now);
        if tenant.closed_queues.contains(&queue) || !settings.hours.is_open(now) {
            let exit = settings.exits.closed.clone();
            return self.take_exit(tenant, queue, exit, ExitReason::Closed);
        }
        let length_max = usize::try_from(tenant.limits().queue_length_max).unwrap_or(usize::MAX);
        if tenant.waiting.length(queue) >= length_max {
            let exit = settings.exits.max_wait.clone();
            return self.take_exit(tenant, queue, exit, ExitReason::QueueFull);
        }
        if !tenant.is_staffed(&settings, &self.requirements) {
            let exit = settings.exits.no_agents.clone();
            return self.take_exit(tenant, queue, exit, ExitReason::NoAgents);
        }
        let priority = settings.priority.saturating_add(self.priority);
        let place = Place::new(priority, since, self.id);
        tenant.waiting.join(queue, place);
        let music = Music::Silent { failures: 0 };
        self.left_out = false;
        self.state = State::Queued(Queued {
            waiting: Waiting {
                queue,
                place,
                music,
            },
        });
        let position = tenant.waiting.position(queue, place);
        tenant.emit(Event::CallQueued {
            call: self.id,
            queue,
            position,
        });
        self.set_timer(tenant, CallTimer::MaxWait, settings.max_wait);
        if let Some(message) = settings.message.filter(|_| !self.is_external()) {
            self.set_timer(tenant, CallTimer::Message, message.every);
        }
        self.set_widen_timer(tenant, &settings);
        self.play_music(tenant);
        tenant.pool_changed(queue);
    }

    /// Leaves the queue: its timers, its place and its music operations are done with.
    pub(crate) fn leave_queue(&mut self, tenant: &mut Tenant) {
        let Some(waiting) = self.waiting() else {
            return;
        };
        let (queue, place) = (waiting.queue, waiting.place);
        tenant.waiting.leave(queue, place);
        self.forget_failed_offers(tenant);
        for timer in [
            CallTimer::MaxWait,
            CallTimer::Message,
            CallTimer::Retry,
            CallTimer::Widen,
            CallTimer::NoAgents,
        ] {
            tenant.timers.clear(Timer::Call(self.id, timer));
        }
        self.close_operations(tenant, |purpose| {
            *purpose == Purpose::Music || *purpose == Purpose::Message
        });
    }

    /// Back from an offer that came to nothing. The music played on.
    pub(crate) fn wait_again(&mut self, tenant: &mut Tenant, waiting: Waiting) {
        let queue = waiting.queue;
        self.state = State::Queued(Queued { waiting });
        // Those who could serve the caller may have gone during the offer.
        tenant.staffing_changed |= tenant
            .queue_settings(self, queue)
            .is_some_and(|settings| !tenant.is_staffed(&settings, &self.requirements));
        if self.offers_that_count() >= tenant.limits().offers_max {
            if let Some(settings) = tenant.queue_settings(self, queue) {
                let exit = settings.exits.max_wait.clone();
                self.take_exit(tenant, queue, exit, ExitReason::OffersMax);
            }
            return;
        }
        tenant.pool_changed(queue);
    }

    pub(crate) fn waited_too_long(&mut self, tenant: &mut Tenant) {
        if let Some(until) = self.grace_after_restart(tenant) {
            let timer = Timer::Call(self.id, CallTimer::MaxWait);
            return tenant.timers.set(timer, until);
        }
        self.leave_by(tenant, ExitReason::MaxWait, |exits| exits.max_wait.clone());
    }

    pub(crate) fn queue_closed(&mut self, tenant: &mut Tenant) {
        self.leave_by(tenant, ExitReason::Closed, |exits| exits.closed.clone());
    }

    /// The time is up that a contact waits when nobody who could serve it is logged in.
    pub(crate) fn still_no_agents(&mut self, tenant: &mut Tenant) {
        let Some(queue) = self.waits_in() else { return };
        let Some(settings) = tenant.queue_settings(self, queue) else {
            return;
        };
        if !tenant.is_staffed(&settings, &self.requirements) {
            if let Some(until) = self.grace_after_restart(tenant) {
                let timer = Timer::Call(self.id, CallTimer::NoAgents);
                return tenant.timers.set(timer, until);
            }
            self.leave_by(tenant, ExitReason::NoAgents, |exits| {
                exits.no_agents.clone()
            });
        }
    }

    /// Until when a caller who waited through a restart is kept, although the time is up: it went on while nobody could be
    /// offered anything, and who is free now is known only after the looks.
    fn grace_after_restart(&self, tenant: &Tenant) -> Option<Timestamp> {
        let restarted = tenant.restart?.at;
        let waited_through = self.queued_since.is_some_and(|since| since <= restarted);
        let until = restarted.after(tenant.timeouts().restart_grace);
        (waited_through && tenant.now < until).then_some(until)
    }

    /// A routing group joins in, a requirement has expired, or the configuration has changed.
    pub(crate) fn widen(&mut self, tenant: &mut Tenant) {
        let Some(waiting) = self.waiting() else {
            return;
        };
        let queue = waiting.queue;
        self.left_out = false;
        tenant.pool_changed(queue);
        if let Some(settings) = tenant.queue_settings(self, queue) {
            self.set_widen_timer(tenant, &settings);
        }
    }

    pub(crate) fn play_music(&mut self, tenant: &mut Tenant) {
        let Some((settings, waiting)) = self.waiting_settings(tenant) else {
            return;
        };
        let failures = match waiting.music {
            Music::Silent { failures } => failures,
            Music::Playing { .. } => return,
            Music::Message { .. } => 0,
        };
        let Some(operation) = self.play_to_caller(settings.music, true) else {
            return;
        };
        let sequence = self.operate(tenant, Purpose::Music, operation);
        self.set_music(Music::Playing { sequence, failures });
    }

    /// Ends the music for the queue's message. On one party's leg nothing can be interrupted (ACS refuses it with
    /// 412/8583), so all media is cancelled first; while a phone number is being asked to press 1, the message waits.
    pub(crate) fn play_message(&mut self, tenant: &mut Tenant) {
        let Some((settings, _)) = self.waiting_settings(tenant) else {
            return;
        };
        let Some(message) = settings.message else {
            return;
        };
        if self.is_confirming() {
            let wait = tenant.timeouts().confirm;
            return self.set_timer(tenant, CallTimer::Message, wait);
        }
        self.set_timer(tenant, CallTimer::Message, message.every);
        let Some(operation) = self.play_to_caller(message.prompt, false) else {
            return;
        };
        self.cancel_media(tenant, Purpose::StopMedia);
        tenant.timers.clear(Timer::Call(self.id, CallTimer::Retry));
        let sequence = self.operate(tenant, Purpose::Message, operation);
        self.set_music(Music::Message { sequence });
    }

    /// Music ended: interrupted by a message, or broken.
    pub(crate) fn music_finished(&mut self, tenant: &mut Tenant, ended: u32, finished: &Finished) {
        let Some(waiting) = self.waiting() else {
            return;
        };
        let Music::Playing { sequence, failures } = waiting.music else {
            return;
        };
        if sequence != ended {
            return;
        }
        let failures = finished.sound_failures(failures);
        self.stop_unknown_media(tenant, finished);
        self.set_music(Music::Silent { failures });
        if failures == 0 {
            self.play_music(tenant);
        } else {
            self.retry_later(tenant, failures);
        }
    }

    pub(crate) fn message_finished(
        &mut self,
        tenant: &mut Tenant,
        ended: u32,
        finished: &Finished,
    ) {
        let Some(waiting) = self.waiting() else {
            return;
        };
        let Music::Message { sequence } = waiting.music else {
            return;
        };
        if sequence != ended {
            return;
        }
        self.stop_unknown_media(tenant, finished);
        self.play_music(tenant);
    }

    /// What nobody heard of may still play. It is stopped, unless that would stop the question to
    /// press 1 as well.
    fn stop_unknown_media(&mut self, tenant: &mut Tenant, finished: &Finished) {
        if *finished == Finished::Unknown && !self.is_confirming() {
            self.cancel_media(tenant, Purpose::StopMedia);
        }
    }

    /// A playback of a file to the caller; none for a contact without our media.
    pub(crate) fn play_to_caller(&self, prompt: PromptId, looped: bool) -> Option<Operation> {
        let connection = self.connection.clone().filter(|_| !self.is_external())?;
        Some(Operation::Play {
            connection,
            prompt,
            to: Some(self.from.clone()),
            looped,
        })
    }

    pub(crate) fn set_timer(&self, tenant: &mut Tenant, timer: CallTimer, after: Millis) {
        let at = tenant.now.after(after);
        tenant.timers.set(Timer::Call(self.id, timer), at);
    }

    /// A sound that fails is tried again, each time after a longer wait, as long as the caller waits for it. So is the ring of
    /// an exit's number.
    pub(super) fn retry_later(&self, tenant: &mut Tenant, failures: u32) {
        let first = tenant.timeouts().music_retry.0;
        let wait =
            first.saturating_mul(1_u64 << failures.saturating_sub(1).min(MUSIC_DOUBLINGS_MAX));
        self.set_timer(tenant, CallTimer::Retry, Millis(wait));
    }

    pub(crate) fn leave_by(
        &mut self,
        tenant: &mut Tenant,
        reason: ExitReason,
        exit: impl Fn(&Exits) -> Exit,
    ) {
        let waited_in = self.waiting().map(|waiting| waiting.queue);
        let moves = self.queue_moves;
        self.revoke_offer(tenant);
        let Some(queue) = self.waits_in() else { return };
        if waited_in != Some(queue) || moves != self.queue_moves {
            // That was the last offer that a contact may have: the caller has left by it.
            return;
        }
        let Some(settings) = tenant.queue_settings(self, queue) else {
            return;
        };
        self.take_exit(tenant, queue, exit(&settings.exits), reason);
    }

    fn waiting_settings(&self, tenant: &Tenant) -> Option<(Arc<Queue>, Waiting)> {
        let waiting = self.waiting()?;
        Some((tenant.queue_settings(self, waiting.queue)?, waiting.clone()))
    }

    fn set_music(&mut self, music: Music) {
        if let Some(waiting) = self.waiting_mut() {
            waiting.music = music;
        }
    }

    /// The next moment at which more agents may serve the contact.
    fn set_widen_timer(&self, tenant: &mut Tenant, settings: &Queue) {
        let waited = self.waited(tenant.now);
        let joins = settings.groups.iter().map(|service| service.delay);
        let expiries = settings
            .requirements
            .iter()
            .chain(&self.requirements)
            .filter_map(|r| r.expires_after);
        if let Some(next) = joins.chain(expiries).filter(|at| *at > waited).min() {
            self.set_timer(
                tenant,
                CallTimer::Widen,
                Millis(next.0.saturating_sub(waited.0)),
            );
        }
    }
}

/// The wait before music is tried again doubles this often at most.
const MUSIC_DOUBLINGS_MAX: u32 = 5;
