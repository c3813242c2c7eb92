//! Collecting digits from the caller while an agent talks: a payment menu, for instance. Before a
//! secret is asked for, recording, transcription and streaming are quiet, for certain, and they stay so until nothing asks for it
//! any more, whoever has left the call meanwhile.

use crate::call::operations::{Finished, Purpose};
use crate::call::{Call, State};
use crate::command::Operation;
use crate::config::Collection;
use crate::event::Event;
use crate::ids::{CollectionId, Timestamp};
use crate::input::{Digits, Refusal, Reply};
use crate::question::RecordingMoment;
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};
use serde::{Deserialize, Serialize};

/// A collection in progress.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Collecting {
    collection: CollectionId,
    /// The prompt plays or digits come; before that, everything is being paused.
    asked: bool,
    /// It recorded before, so it is to record again.
    resume: bool,
    /// What it asks for is a secret, whatever a later configuration says.
    #[serde(default)]
    sensitive: bool,
    /// No digits are asked for after this moment, whatever became of the request.
    #[serde(default)]
    until: Timestamp,
    /// How often it was to be stopped.
    #[serde(default)]
    stops: u32,
}

impl Call {
    pub(crate) fn collect(&mut self, tenant: &mut Tenant, collection: CollectionId) -> Reply {
        let Some(settings) = collection_settings(tenant, collection) else {
            return Reply::Refused(Refusal::UnknownCode);
        };
        let State::Connected(connected) = &self.state else {
            return Reply::Refused(Refusal::NotNow);
        };
        if self.connection.is_none() || connected.on_hold || self.collecting.is_some() {
            return Reply::Refused(Refusal::NotNow);
        }
        let resume = settings.sensitive && self.recording.is_on();
        self.collecting = Some(Collecting {
            collection,
            asked: false,
            resume,
            sensitive: settings.sensitive,
            until: tenant.now,
            stops: 0,
        });
        if settings.sensitive {
            self.stop_companions(tenant);
            if resume {
                self.decide_recording(tenant, RecordingMoment::PaymentStarted);
            }
        }
        self.collect_when_quiet(tenant);
        Reply::Done
    }

    /// Asks for the digits as soon as nothing is taken down any more.
    pub(crate) fn collect_when_quiet(&mut self, tenant: &mut Tenant) {
        let Some(collecting) = self.collecting.filter(|collecting| !collecting.asked) else {
            return;
        };
        let Some(settings) = collection_settings(tenant, collecting.collection) else {
            return self.collection_impossible(tenant);
        };
        if collecting.sensitive {
            let recording = self.recording();
            if recording.cannot_be_quiet() {
                return self.collection_impossible(tenant);
            }
            if !recording.is_quiet() {
                return;
            }
        }
        let Some(connection) = self.connection.clone() else {
            return self.collection_impossible(tenant);
        };
        let operation = Operation::Recognize {
            connection,
            prompt: settings.prompt,
            target: self.from.clone(),
            digits_max: settings.digits_max,
            stop_on_pound: true,
            silence: settings.silence,
            sensitive: collecting.sensitive,
            collection: Some(collecting.collection),
        };
        self.collecting = Some(Collecting {
            asked: true,
            until: tenant.now.after(self.deadline_of(tenant, &operation)),
            ..collecting
        });
        self.operate(tenant, Purpose::Collect(collecting.collection), operation);
    }

    pub(crate) fn collected(
        &mut self,
        tenant: &mut Tenant,
        collection: CollectionId,
        finished: &Finished,
    ) {
        let count = match finished {
            Finished::Digits(Digits::Sensitive { count }) => *count,
            Finished::Digits(Digits::Plain(digits)) => {
                u32::try_from(digits.chars().count()).unwrap_or(u32::MAX)
            }
            Finished::Done
            | Finished::Failed(_)
            | Finished::Cancelled
            | Finished::Refused { .. }
            | Finished::Unknown => 0,
        };
        if finished.may_pass() {
            // Digits may be asked for all the same, even where the service reports a fault of its own: nothing may be taken
            // down until that is over.
            return self.stop_collecting(tenant, collection);
        }
        self.end_collection(tenant, count);
    }

    /// The conversation is over that the collection belonged to, but not the call. What is asked for is stopped first; then
    /// the recording resumes, if it is to.
    pub(crate) fn abandon_collection(&mut self, tenant: &mut Tenant, may_resume: bool) {
        let Some(collecting) = &mut self.collecting else {
            return;
        };
        collecting.resume &= may_resume;
        let (collection, asked) = (collecting.collection, collecting.asked);
        let asks = Purpose::Collect(collection);
        if !asked {
            self.end_collection(tenant, 0);
        } else if self.is_open(|purpose| *purpose == asks) {
            self.close_operations(tenant, |purpose| *purpose == asks);
            self.stop_collecting(tenant, collection);
        }
    }

    fn stop_collecting(&mut self, tenant: &mut Tenant, collection: CollectionId) {
        if let Some(collecting) = &mut self.collecting {
            collecting.stops = collecting.stops.saturating_add(1);
            self.cancel_media(tenant, Purpose::StopCollecting(collection));
        }
    }

    /// A collection of which nothing was heard has been stopped. If it cannot be, it is over when its time is.
    pub(crate) fn collecting_stopped(
        &mut self,
        tenant: &mut Tenant,
        collection: CollectionId,
        finished: &Finished,
    ) {
        let Some(collecting) = self.collecting else {
            return;
        };
        if !finished.may_pass() {
            return self.end_collection(tenant, 0);
        }
        // A question to press 1 would be stopped as well.
        if collecting.stops <= tenant.limits().tries_max && !self.is_confirming() {
            return self.stop_collecting(tenant, collection);
        }
        if collecting.until <= tenant.now {
            return self.end_collection(tenant, 0);
        }
        let timer = Timer::Call(self.id, CallTimer::Collected);
        tenant.timers.set(timer, collecting.until);
    }

    /// The time is up that digits may be asked for.
    pub(crate) fn collected_by_now(&mut self, tenant: &mut Tenant) {
        self.end_collection(tenant, 0);
    }

    /// The recording is to resume, but not before the secret is told.
    pub(crate) fn resume_when_collected(&mut self) {
        if let Some(collecting) = &mut self.collecting {
            collecting.resume = true;
        }
    }

    /// What has to be quiet would not be: the caller is not asked.
    pub(crate) fn collection_impossible(&mut self, tenant: &mut Tenant) {
        if self.collecting.is_some_and(|collecting| !collecting.asked) {
            self.end_collection(tenant, 0);
        }
    }

    /// A secret is being asked for, or about to be.
    pub(crate) fn is_collecting_secret(&self) -> bool {
        self.collecting
            .is_some_and(|collecting| collecting.sensitive)
    }

    fn end_collection(&mut self, tenant: &mut Tenant, count: u32) {
        let Some(collecting) = self.collecting.take() else {
            return;
        };
        let collection = collecting.collection;
        let ends = |purpose: &Purpose| *purpose == Purpose::StopCollecting(collection);
        self.close_operations(tenant, ends);
        tenant
            .timers
            .clear(Timer::Call(self.id, CallTimer::Collected));
        let complete = count > 0;
        tenant.emit(Event::DigitsCollected {
            call: self.id,
            collection,
            count,
            complete,
        });
        if collecting.resume {
            match self.state {
                State::Connected(_) => {
                    self.decide_recording(tenant, RecordingMoment::PaymentEnded);
                }
                State::Bridged(_)
                | State::Incoming(_)
                | State::Answering(_)
                | State::Menu(_)
                | State::Classifying(_)
                | State::Queued(_)
                | State::Offering(_)
                | State::Exiting(_)
                | State::Ending(_)
                | State::WrapUp(_)
                | State::Ended(_) => self.resume_recording(tenant),
            }
        }
        self.start_held_recording(tenant);
        self.start_companions(tenant);
    }
}

fn collection_settings(tenant: &Tenant, collection: CollectionId) -> Option<Collection> {
    tenant
        .config
        .as_ref()?
        .collections
        .get(&collection)
        .cloned()
}
