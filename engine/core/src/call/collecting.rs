//! Collecting digits from the caller while an agent talks: a payment menu, for instance. Before a
//! secret is asked for, recording, transcription and streaming are quiet, for certain.

use crate::call::operations::{Finished, Purpose};
use crate::call::{Call, State};
use crate::command::Operation;
use crate::config::Collection;
use crate::event::Event;
use crate::ids::CollectionId;
use crate::input::{Digits, Refusal, Reply};
use crate::question::RecordingMoment;
use crate::tenant::Tenant;
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
}

impl Call {
    pub(crate) fn collect(&mut self, tenant: &mut Tenant, collection: CollectionId) -> Reply {
        let Some(settings) = collection_settings(tenant, collection) else {
            return Reply::Refused(Refusal::UnknownCode);
        };
        let State::Connected(connected) = &mut self.state else {
            return Reply::Refused(Refusal::NotNow);
        };
        if self.connection.is_none() || connected.on_hold || connected.collecting.is_some() {
            return Reply::Refused(Refusal::NotNow);
        }
        let resume = settings.sensitive && self.recording.is_on();
        connected.collecting = Some(Collecting {
            collection,
            asked: false,
            resume,
            sensitive: settings.sensitive,
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
        let State::Connected(connected) = &self.state else {
            return;
        };
        let Some(collecting) = connected.collecting else {
            return;
        };
        if collecting.asked {
            return;
        }
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
        self.set_collecting(Some(Collecting {
            asked: true,
            ..collecting
        }));
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
            self.media_stops = 0;
            return self.cancel_media(tenant, Purpose::StopCollecting(collection));
        }
        self.end_collection(tenant, collection, count);
    }

    /// A collection of which nothing was heard has been stopped, as far as it can be.
    pub(crate) fn collecting_stopped(
        &mut self,
        tenant: &mut Tenant,
        collection: CollectionId,
        finished: &Finished,
    ) {
        if finished.may_pass() && self.media_stops < tenant.limits().tries_max {
            self.media_stops = self.media_stops.saturating_add(1);
            return self.cancel_media(tenant, Purpose::StopCollecting(collection));
        }
        self.end_collection(tenant, collection, 0);
    }

    /// The recording is to resume, but not before the secret is told.
    pub(crate) fn resume_when_collected(&mut self) {
        if let State::Connected(connected) = &mut self.state
            && let Some(collecting) = &mut connected.collecting
        {
            collecting.resume = true;
        }
    }

    /// What has to be quiet would not be: the caller is not asked.
    pub(crate) fn collection_impossible(&mut self, tenant: &mut Tenant) {
        let State::Connected(connected) = &self.state else {
            return;
        };
        let Some(collecting) = connected.collecting.filter(|collecting| !collecting.asked) else {
            return;
        };
        self.end_collection(tenant, collecting.collection, 0);
    }

    /// A secret is being asked for, or about to be.
    pub(crate) fn is_collecting_secret(&self) -> bool {
        let State::Connected(connected) = &self.state else {
            return false;
        };
        connected
            .collecting
            .is_some_and(|collecting| collecting.sensitive)
    }

    fn end_collection(&mut self, tenant: &mut Tenant, collection: CollectionId, count: u32) {
        let State::Connected(connected) = &self.state else {
            return;
        };
        let Some(collecting) = connected.collecting else {
            return;
        };
        self.set_collecting(None);
        let complete = count > 0;
        tenant.emit(Event::DigitsCollected {
            call: self.id,
            collection,
            count,
            complete,
        });
        if collecting.resume {
            self.decide_recording(tenant, RecordingMoment::PaymentEnded);
        }
        self.start_held_recording(tenant);
        self.start_companions(tenant);
    }

    /// The conversation that the collection belonged to is over, but not the call.
    pub(crate) fn resume_after(&mut self, tenant: &mut Tenant, collecting: Option<Collecting>) {
        if collecting.is_some_and(|collecting| collecting.resume) {
            self.resume_recording(tenant);
        }
        self.start_companions(tenant);
    }

    fn set_collecting(&mut self, collecting: Option<Collecting>) {
        if let State::Connected(connected) = &mut self.state {
            connected.collecting = collecting;
        }
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
