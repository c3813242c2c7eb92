//! Leaving a queue without an agent: a message, another queue, a number, a voicemail.

use crate::call::connected::{Bridged, PARTY_RING};
use crate::call::operations::{Finished, Purpose};
use crate::call::{Call, State};
use crate::command::Operation;
use crate::config::Exit;
use crate::event::{CallOutcome, Event, ExitReason, ExitWay};
use crate::ids::{Millis, PromptId, QueueId};
use crate::participant::Participant;
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};
use serde::{Deserialize, Serialize};

/// Leaves by a queue's exit.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum Exiting {
    /// Has left one queue and is about to enter the next, within one input.
    Moving,
    /// A message plays; then the call ends.
    Message,
    /// A party is being added.
    Number {
        who: Participant,
        /// The queue that the caller has left: its music plays on.
        queue: QueueId,
        otherwise: Option<Box<Exit>>,
        /// How often the party was rung.
        #[serde(default)]
        tries: u32,
        /// How often of these nobody knows what became of it.
        #[serde(default)]
        unheard: u32,
        /// How often in a row the music failed.
        #[serde(default)]
        music_failures: u32,
    },
    /// The greeting of the voicemail plays.
    Greeting { length_max: Millis },
    /// The caller leaves a message.
    Voicemail { length_max: Millis },
}

/// The sound with which a call leaves a queue: a message, or the greeting of the voicemail.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct ExitSound {
    prompt: PromptId,
    /// How often it was played.
    tries: u32,
    /// How often of these nobody knows what was heard, or other media were in its way.
    #[serde(default)]
    unheard: u32,
}

/// How often a number is rung that nothing is heard of, before the caller is sent away.
const NUMBER_UNHEARD_MAX: u32 = 3;
/// How often a number is rung, or a sound played, while the service is too busy for it, before the caller is sent away. The
/// waits between double up to half a minute: with the default deadlines that takes longer than eight minutes.
const BUSY_TRIES_MAX: u32 = 20;

impl Exiting {
    pub(crate) fn expects(&self, who: &Participant) -> bool {
        match self {
            Self::Number { who: expected, .. } => expected.is_same_party(who),
            Self::Moving | Self::Message | Self::Greeting { .. } | Self::Voicemail { .. } => false,
        }
    }
}

impl Call {
    /// Takes a way out of `queue`, whether the contact waits in it or was about to.
    pub(crate) fn take_exit(
        &mut self,
        tenant: &mut Tenant,
        queue: QueueId,
        exit: Exit,
        reason: ExitReason,
    ) {
        self.exit = Some(reason);
        self.tell_exit(tenant, queue, &exit, reason);
        let waited = self.waiting().is_some();
        self.leave_queue(tenant);
        if waited {
            // The music of this queue would go on under whatever comes next.
            self.cancel_media(tenant, Purpose::StopMedia);
        }
        match exit {
            Exit::Queue(next) => {
                self.queue_moves = self.queue_moves.saturating_add(1);
                if self.queue_moves > tenant.limits().queue_moves_max {
                    return self.end(tenant, CallOutcome::ExitFailed);
                }
                self.state = State::Exiting(Exiting::Moving);
                self.enter_queue(tenant, next);
            }
            Exit::Message(prompt) => self.exit_with_sound(tenant, Exiting::Message, prompt),
            Exit::Voicemail {
                greeting,
                length_max,
            } => self.exit_with_sound(tenant, Exiting::Greeting { length_max }, greeting),
            Exit::Number { who, otherwise } => {
                self.exit_to_number(tenant, queue, who, otherwise);
            }
        }
    }

    fn tell_exit(&self, tenant: &mut Tenant, queue: QueueId, exit: &Exit, reason: ExitReason) {
        let (way, to) = match exit {
            Exit::Queue(next) => (ExitWay::Queue, Some(*next)),
            Exit::Message(_) | Exit::Number { .. } | Exit::Voicemail { .. }
                if self.is_external() =>
            {
                (ExitWay::End, None)
            }
            Exit::Message(_) => (ExitWay::Message, None),
            Exit::Number { .. } => (ExitWay::Number, None),
            Exit::Voicemail { .. } => (ExitWay::Voicemail, None),
        };
        tenant.emit(Event::QueueExited {
            call: self.id,
            queue,
            reason,
            way,
            to,
        });
    }

    /// The message has played, or could not be: either way the caller has waited enough.
    pub(crate) fn exit_message_finished(&mut self, tenant: &mut Tenant, finished: &Finished) {
        let State::Exiting(Exiting::Message) = &self.state else {
            return;
        };
        if self.repeat_exit_sound(tenant, finished) {
            return;
        }
        let has_played = *finished == Finished::Done;
        self.end(
            tenant,
            if has_played {
                CallOutcome::Exited
            } else {
                CallOutcome::ExitFailed
            },
        );
    }

    pub(crate) fn exit_number_finished(
        &mut self,
        tenant: &mut Tenant,
        who: Participant,
        finished: &Finished,
    ) {
        let expected = if let State::Exiting(Exiting::Number {
            who: expected,
            queue,
            otherwise,
            tries,
            unheard,
            ..
        }) = &mut self.state
            && expected.is_same_party(&who)
        {
            if *finished == Finished::Unknown {
                *unheard = unheard.saturating_add(1);
            }
            let may_ring = *tries < BUSY_TRIES_MAX && *unheard < NUMBER_UNHEARD_MAX;
            Some((*queue, otherwise.clone(), *tries, may_ring))
        } else {
            None
        };
        let Some((queue, otherwise, tries, may_ring)) = expected else {
            if *finished == Finished::Done && !self.is_expected(&who) {
                self.remove_leg(tenant, who, None);
            }
            return;
        };
        // An add that was given up may have worked after all, and the next one of the same number is then refused.
        let is_there = *finished == Finished::Done || self.is_present(&who);
        // There is no other way out, and a caller who has waited is not sent away because a request failed in passing.
        if !is_there && otherwise.is_none() && finished.may_pass() && may_ring {
            if *finished == Finished::Unknown {
                return self.ring_number_again(tenant);
            }
            // The service is busy: at once it would refuse again.
            return self.retry_later(tenant, tries);
        }
        self.close_operations(tenant, |purpose| *purpose == Purpose::ExitMusic);
        tenant.timers.clear(Timer::Call(self.id, CallTimer::Retry));
        if is_there {
            self.state = State::Bridged(Bridged::with(vec![who], self.last_sequence));
            self.joined(tenant);
            self.media_stops = 0;
            self.cancel_media(tenant, Purpose::StopMedia);
            return self.parties_changed(tenant);
        }
        match otherwise {
            Some(exit) => {
                self.cancel_media(tenant, Purpose::StopMedia);
                self.take_exit(tenant, queue, *exit, ExitReason::NumberFailed);
            }
            None => self.end(tenant, CallOutcome::ExitFailed),
        }
    }

    pub(crate) fn voicemail_greeted(&mut self, tenant: &mut Tenant, finished: &Finished) {
        let State::Exiting(Exiting::Greeting { length_max }) = self.state else {
            return;
        };
        if self.repeat_exit_sound(tenant, finished) {
            return;
        }
        if *finished != Finished::Done {
            return self.end(tenant, CallOutcome::ExitFailed);
        }
        self.state = State::Exiting(Exiting::Voicemail { length_max });
        self.start_recording(tenant);
    }

    /// The voicemail records: it has so much time.
    pub(crate) fn voicemail_records(&mut self, tenant: &mut Tenant) {
        if let State::Exiting(Exiting::Voicemail { length_max }) = self.state {
            self.set_timer(tenant, CallTimer::VoicemailFull, length_max);
        }
    }

    /// The message has its full length, or nothing more of it is recorded.
    pub(crate) fn end_voicemail(&mut self, tenant: &mut Tenant, outcome: CallOutcome) {
        if let State::Exiting(Exiting::Voicemail { .. }) = self.state {
            self.end(tenant, outcome);
        }
    }

    fn exit_with_sound(&mut self, tenant: &mut Tenant, exiting: Exiting, prompt: PromptId) {
        self.state = State::Exiting(exiting);
        self.exit_sound = Some(ExitSound {
            prompt,
            tries: 0,
            unheard: 0,
        });
        self.play_exit_sound(tenant);
    }

    /// After a restart: that nobody knows what became of a request says nothing of the sound.
    pub(crate) fn exit_sound_begins_anew(&mut self) {
        if let Some(sound) = &mut self.exit_sound {
            sound.tries = 0;
            sound.unheard = 0;
        }
    }

    pub(crate) fn play_exit_sound(&mut self, tenant: &mut Tenant) {
        let State::Exiting(exiting) = &self.state else {
            return;
        };
        let purpose = match exiting {
            Exiting::Message => Purpose::ExitMessage,
            Exiting::Greeting { .. } => Purpose::VoicemailGreeting,
            Exiting::Moving | Exiting::Number { .. } | Exiting::Voicemail { .. } => return,
        };
        let prompt = self.exit_sound.as_mut().map(|sound| {
            sound.tries = sound.tries.saturating_add(1);
            sound.prompt
        });
        match prompt.and_then(|prompt| self.play_to_caller(prompt, false)) {
            Some(operation) => {
                self.operate(tenant, purpose, operation);
            }
            None => self.finish(tenant, CallOutcome::Exited),
        }
    }

    /// A caller who has waited is not sent away in silence because of a request that failed in passing: the sound is
    /// played again, some times. What nobody heard of may still play and is stopped first, as is the music whose end was
    /// lost and in whose way the sound is.
    fn repeat_exit_sound(&mut self, tenant: &mut Tenant, finished: &Finished) -> bool {
        let at_once = *finished == Finished::Unknown || finished.is_blocked();
        let tries_max = tenant.limits().tries_max;
        let may = self.exit_sound.as_mut().is_some_and(|sound| {
            if at_once {
                sound.unheard = sound.unheard.saturating_add(1);
                sound.unheard < tries_max
            } else {
                // What went wrong before was of the same time of trouble, and says nothing of the sound.
                sound.unheard = 0;
                finished.may_pass() && sound.tries < BUSY_TRIES_MAX
            }
        });
        if !may {
            return false;
        }
        if at_once {
            self.cancel_media(tenant, Purpose::StopMedia);
            self.play_exit_sound(tenant);
        } else {
            // The service is busy: at once it would refuse again.
            let failures = self.exit_sound.map_or(1, |sound| sound.tries);
            self.retry_later(tenant, failures);
        }
        true
    }

    /// The caller hears music until the party answers.
    fn exit_to_number(
        &mut self,
        tenant: &mut Tenant,
        queue: QueueId,
        who: Participant,
        otherwise: Option<Box<Exit>>,
    ) {
        self.state = State::Exiting(Exiting::Number {
            who,
            queue,
            otherwise,
            tries: 0,
            unheard: 0,
            music_failures: 0,
        });
        self.play_exit_music(tenant);
        self.ring_number(tenant, 1);
    }

    pub(crate) fn play_exit_music(&mut self, tenant: &mut Tenant) {
        let State::Exiting(Exiting::Number { queue, .. }) = self.state else {
            return;
        };
        if self.is_open(|purpose| *purpose == Purpose::ExitMusic) {
            return;
        }
        let settings = tenant.queue_settings(self, queue);
        let operation = settings.and_then(|settings| self.play_to_caller(settings.music, true));
        if let Some(operation) = operation {
            self.operate(tenant, Purpose::ExitMusic, operation);
        }
    }

    /// The music ended before anybody answered: the caller would take the silence for a lost call.
    pub(crate) fn exit_music_finished(&mut self, tenant: &mut Tenant, finished: &Finished) {
        let State::Exiting(Exiting::Number { music_failures, .. }) = &mut self.state else {
            return;
        };
        *music_failures = finished.sound_failures(*music_failures);
        let failures = *music_failures;
        if *finished == Finished::Unknown || finished.is_blocked() {
            self.cancel_media(tenant, Purpose::StopMedia);
        }
        if failures == 0 {
            self.play_exit_music(tenant);
        } else {
            self.retry_later(tenant, failures);
        }
    }

    /// The number was not rung, and nothing rings it now.
    pub(crate) fn ring_number_again(&mut self, tenant: &mut Tenant) {
        if let State::Exiting(Exiting::Number { tries, .. }) = self.state
            && !self.is_adding(|purpose| matches!(purpose, Purpose::ExitNumber(_)))
        {
            self.ring_number(tenant, tries.saturating_add(1));
        }
    }

    fn ring_number(&mut self, tenant: &mut Tenant, try_number: u32) {
        let State::Exiting(Exiting::Number { who, tries, .. }) = &mut self.state else {
            return;
        };
        *tries = try_number;
        let who = who.clone();
        let Some(connection) = self.connection.clone() else {
            return self.finish(tenant, CallOutcome::Exited);
        };
        let operation = Operation::AddParticipant {
            connection,
            participant: who.clone(),
            ring: PARTY_RING,
            headers: std::collections::BTreeMap::new(),
        };
        self.operate(tenant, Purpose::ExitNumber(who), operation);
    }
}
