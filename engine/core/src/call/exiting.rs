//! Leaving a queue without an agent: a message, another queue, a number, a voicemail.

use crate::call::connected::{Bridged, PARTY_RING};
use crate::call::operations::{Finished, Purpose};
use crate::call::{Call, State};
use crate::command::Operation;
use crate::config::Exit;
use crate::event::CallOutcome;
use crate::ids::{Millis, QueueId};
use crate::participant::Participant;
use crate::tenant::Tenant;
use crate::timers::CallTimer;
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
    },
    /// The greeting of the voicemail plays.
    Greeting { length_max: Millis },
    /// The caller leaves a message.
    Voicemail { length_max: Millis },
}

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
    pub(crate) fn take_exit(&mut self, tenant: &mut Tenant, queue: QueueId, exit: Exit) {
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
            Exit::Message(prompt) => match self.play_to_caller(prompt, false) {
                Some(operation) => {
                    self.state = State::Exiting(Exiting::Message);
                    self.operate(tenant, Purpose::ExitMessage, operation);
                }
                None => self.finish(tenant, CallOutcome::Exited),
            },
            Exit::Voicemail {
                greeting,
                length_max,
            } => match self.play_to_caller(greeting, false) {
                Some(operation) => {
                    self.state = State::Exiting(Exiting::Greeting { length_max });
                    self.operate(tenant, Purpose::VoicemailGreeting, operation);
                }
                None => self.finish(tenant, CallOutcome::Exited),
            },
            Exit::Number { who, otherwise } => {
                self.exit_to_number(tenant, queue, who, otherwise);
            }
        }
    }

    /// The message has played, or could not be: either way the caller has waited enough.
    pub(crate) fn exit_message_finished(&mut self, tenant: &mut Tenant, finished: &Finished) {
        let State::Exiting(Exiting::Message) = &self.state else {
            return;
        };
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
        }) = &self.state
            && expected.is_same_party(&who)
        {
            Some((*queue, otherwise.clone()))
        } else {
            None
        };
        let Some((queue, otherwise)) = expected else {
            if *finished == Finished::Done && !self.is_expected(&who) {
                self.remove_leg(tenant, who);
            }
            return;
        };
        self.close_operations(tenant, |purpose| *purpose == Purpose::ExitMusic);
        // An add that was given up may have worked after all, and the next one of the same number is then refused.
        if *finished == Finished::Done || self.is_present(&who) {
            self.state = State::Bridged(Bridged::with(vec![who]));
            self.media_stops = 0;
            self.cancel_media(tenant, Purpose::StopMedia);
            return self.parties_changed(tenant);
        }
        match otherwise {
            Some(exit) => {
                self.cancel_media(tenant, Purpose::StopMedia);
                self.take_exit(tenant, queue, *exit);
            }
            None => self.end(tenant, CallOutcome::ExitFailed),
        }
    }

    pub(crate) fn voicemail_greeted(&mut self, tenant: &mut Tenant, finished: &Finished) {
        let State::Exiting(Exiting::Greeting { length_max }) = self.state else {
            return;
        };
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

    /// The caller hears music until the party answers.
    fn exit_to_number(
        &mut self,
        tenant: &mut Tenant,
        queue: QueueId,
        who: Participant,
        otherwise: Option<Box<Exit>>,
    ) {
        let Some(connection) = self.connection.clone() else {
            return self.finish(tenant, CallOutcome::Exited);
        };
        self.state = State::Exiting(Exiting::Number {
            who: who.clone(),
            queue,
            otherwise,
        });
        let music = tenant
            .queue_settings(self, queue)
            .map(|settings| settings.music);
        if let Some(operation) = music.and_then(|music| self.play_to_caller(music, true)) {
            self.operate(tenant, Purpose::ExitMusic, operation);
        }
        let operation = Operation::AddParticipant {
            connection,
            participant: who.clone(),
            ring: PARTY_RING,
            headers: std::collections::BTreeMap::new(),
        };
        self.operate(tenant, Purpose::ExitNumber(who), operation);
    }
}
