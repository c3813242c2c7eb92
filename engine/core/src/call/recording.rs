//! Recording, once it is decided: starting, pausing, resuming and stopping, tried again or observed
//! until it is known what the service does.

mod policy;

use crate::call::companions::Companion;
use crate::call::operations::{Finished, Purpose};
use crate::call::{Call, State};
use crate::command::Operation;
use crate::event::{CallOutcome, Event, RecordingStatus};
use crate::ids::RecordingId;
use crate::input::{Ignored, Reply};
use crate::question::{RecordingChannels, RecordingFactState, RecordingFormat};
use crate::tenant::Tenant;
use serde::{Deserialize, Serialize};

/// The recording of a call and its companions.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Recording {
    state: Stage,
    /// What follows when the present change is done.
    next: Next,
    /// It may record although its start was not confirmed in time.
    start_unknown: bool,
    /// Tries of the present change.
    tries: u32,
    format: RecordingFormat,
    channels: RecordingChannels,
    pub(crate) transcription: Companion,
    pub(crate) streaming: Companion,
}

/// What the recording does.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
enum Stage {
    #[default]
    Off,
    Starting {
        recording: Option<RecordingId>,
    },
    Active {
        recording: RecordingId,
    },
    Pausing {
        recording: RecordingId,
    },
    Paused {
        recording: RecordingId,
    },
    Resuming {
        recording: RecordingId,
    },
    Stopping {
        recording: RecordingId,
    },
}

/// What follows a change that is under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
enum Next {
    #[default]
    Nothing,
    /// It starts, when it has stopped or the payment is over.
    Start,
    Pause,
    Resume,
    Stop,
}

impl Recording {
    /// Nothing of what is said or typed is taken down.
    pub(crate) fn is_quiet(&self) -> bool {
        let recording = match self.state {
            Stage::Off | Stage::Paused { .. } => true,
            Stage::Starting { .. }
            | Stage::Active { .. }
            | Stage::Pausing { .. }
            | Stage::Resuming { .. }
            | Stage::Stopping { .. } => false,
        };
        recording && !self.transcription.running && !self.streaming.running
    }

    /// It may record, and nothing can be done about it: what is said or typed may be taken down.
    pub(crate) fn cannot_be_quiet(&self) -> bool {
        self.start_unknown || self.transcription.stuck || self.streaming.stuck
    }

    /// It records, or is about to.
    pub(crate) fn is_on(&self) -> bool {
        match self.state {
            Stage::Starting { .. } | Stage::Active { .. } | Stage::Resuming { .. } => true,
            Stage::Off | Stage::Pausing { .. } | Stage::Paused { .. } | Stage::Stopping { .. } => {
                false
            }
        }
    }

    fn fact(&self) -> RecordingFactState {
        match self.state {
            Stage::Off | Stage::Stopping { .. } => RecordingFactState::Off,
            Stage::Starting { .. } | Stage::Active { .. } | Stage::Resuming { .. } => {
                RecordingFactState::Active
            }
            Stage::Pausing { .. } | Stage::Paused { .. } => RecordingFactState::Paused,
        }
    }
}

impl Call {
    pub(crate) fn start_recording(&mut self, tenant: &mut Tenant) {
        let Some(connection) = self.connection.clone() else {
            return;
        };
        let Recording {
            format, channels, ..
        } = self.recording;
        self.recording.state = Stage::Starting { recording: None };
        self.recording.next = Next::Nothing;
        self.recording.start_unknown = false;
        let operation = Operation::StartRecording {
            connection,
            format,
            channels,
        };
        self.operate(tenant, Purpose::StartRecording, operation);
    }

    /// Pauses, or does so as soon as it records.
    pub(crate) fn pause_recording(&mut self, tenant: &mut Tenant) {
        match &self.recording.state {
            Stage::Active { recording } => {
                let recording = recording.clone();
                self.recording.state = Stage::Pausing {
                    recording: recording.clone(),
                };
                let operation = Operation::PauseRecording { recording };
                self.operate(tenant, Purpose::PauseRecording, operation);
            }
            Stage::Starting { .. } | Stage::Resuming { .. } => self.recording.next = Next::Pause,
            Stage::Off | Stage::Pausing { .. } | Stage::Paused { .. } | Stage::Stopping { .. } => {
                self.recording.next = Next::Nothing;
            }
        }
    }

    /// Resumes, or does so as soon as it is paused; takes back a pause that has not begun.
    pub(crate) fn resume_recording(&mut self, tenant: &mut Tenant) {
        match &self.recording.state {
            Stage::Paused { recording } => {
                let recording = recording.clone();
                self.recording.state = Stage::Resuming {
                    recording: recording.clone(),
                };
                let operation = Operation::ResumeRecording { recording };
                self.operate(tenant, Purpose::ResumeRecording, operation);
            }
            Stage::Pausing { .. } => self.recording.next = Next::Resume,
            Stage::Starting { .. } | Stage::Resuming { .. } => {
                if self.recording.next == Next::Pause {
                    self.recording.next = Next::Nothing;
                }
            }
            Stage::Off | Stage::Active { .. } | Stage::Stopping { .. } => {}
        }
    }

    /// Stops, or does so as soon as the recording has an id.
    pub(crate) fn stop_recording(&mut self, tenant: &mut Tenant) {
        let recording = match &self.recording.state {
            Stage::Active { recording }
            | Stage::Pausing { recording }
            | Stage::Paused { recording }
            | Stage::Resuming { recording }
            | Stage::Starting {
                recording: Some(recording),
            } => recording.clone(),
            Stage::Starting { recording: None } => {
                self.recording.next = Next::Stop;
                return;
            }
            Stage::Off | Stage::Stopping { .. } => {
                self.recording.next = Next::Nothing;
                return;
            }
        };
        self.close_operations(tenant, |purpose| *purpose == Purpose::StartRecording);
        self.recording.next = Next::Nothing;
        self.recording.tries = 0;
        self.recording.state = Stage::Stopping {
            recording: recording.clone(),
        };
        self.operate(
            tenant,
            Purpose::StopRecording,
            Operation::StopRecording { recording },
        );
    }

    /// A start that had to wait for the end of a payment.
    pub(crate) fn start_held_recording(&mut self, tenant: &mut Tenant) {
        if self.recording.state == Stage::Off && self.recording.next == Next::Start {
            self.start_recording(tenant);
        }
    }

    /// The response of a recording operation; a start names the recording here or in its event.
    pub(crate) fn recording_accepted(
        &mut self,
        tenant: &mut Tenant,
        purpose: &Purpose,
        id: Option<RecordingId>,
        active: bool,
    ) {
        if *purpose == Purpose::StartRecording {
            if let Stage::Starting { recording } = &mut self.recording.state
                && recording.is_none()
            {
                recording.clone_from(&id);
            }
            if let (Some(id), true) = (id, active) {
                self.recording_state_changed(tenant, id, true);
            } else if self.recording.next == Next::Stop {
                self.stop_recording(tenant);
            }
        } else if *purpose == Purpose::ObserveRecording {
            self.recording_observed(tenant, active);
        }
    }

    pub(crate) fn recording_state_changed(
        &mut self,
        tenant: &mut Tenant,
        id: RecordingId,
        active: bool,
    ) -> Reply {
        match (&self.recording.state, active) {
            (Stage::Starting { .. }, true) => {
                self.recording_started(tenant);
                self.recording_active(tenant, id);
            }
            (Stage::Off, true) if self.recording.start_unknown => {
                self.recording_started_late(tenant, id);
            }
            // It ended by itself, at its longest length or with the call; or this tells late of a
            // pause that is over. While the call goes on, it is asked.
            (Stage::Active { recording }, false) if *recording == id => {
                if self.goes_on() {
                    self.observe_recording(tenant, id);
                } else {
                    self.recording_stopped(tenant);
                }
            }
            // A pause, a resumption or a stop is done when its request says so: an event names no
            // request, and may tell late of an earlier change.
            _ => return Reply::Ignored(Ignored::NotNow),
        }
        Reply::Done
    }

    pub(crate) fn recording_finished(
        &mut self,
        tenant: &mut Tenant,
        purpose: &Purpose,
        finished: &Finished,
    ) {
        let done = *finished == Finished::Done;
        match (&self.recording.state, purpose) {
            (
                Stage::Starting {
                    recording: Some(recording),
                },
                Purpose::StartRecording,
            ) if *finished == Finished::Unknown => {
                let recording = recording.clone();
                self.observe_recording(tenant, recording);
            }
            (Stage::Starting { .. }, Purpose::StartRecording) => {
                self.recording_start_failed(tenant, finished);
            }
            (Stage::Pausing { .. }, Purpose::PauseRecording) if done => {
                self.recording_paused(tenant);
            }
            (Stage::Resuming { .. }, Purpose::ResumeRecording) if done => {
                self.recording_resumed(tenant);
            }
            (Stage::Stopping { .. }, Purpose::StopRecording) if done => {
                self.recording_stopped(tenant);
            }
            (Stage::Stopping { recording }, Purpose::StopRecording) => {
                let recording = recording.clone();
                if finished.is_not_found() {
                    self.recording_stopped(tenant);
                } else if self.may_try_again(tenant) {
                    let operation = Operation::StopRecording { recording };
                    self.operate(tenant, Purpose::StopRecording, operation);
                } else {
                    self.observe_recording(tenant, recording);
                }
            }
            // Whether it had its effect can be observed.
            (
                Stage::Pausing { recording } | Stage::Resuming { recording },
                Purpose::PauseRecording | Purpose::ResumeRecording,
            ) => {
                let recording = recording.clone();
                self.observe_recording(tenant, recording);
            }
            (Stage::Starting { .. }, Purpose::ObserveRecording) if !done => {
                self.recording_start_failed(tenant, finished);
            }
            (
                Stage::Active { .. }
                | Stage::Pausing { .. }
                | Stage::Resuming { .. }
                | Stage::Stopping { .. },
                Purpose::ObserveRecording,
            ) if finished.is_not_found() => self.recording_stopped(tenant),
            (
                Stage::Pausing { .. } | Stage::Resuming { .. } | Stage::Stopping { .. },
                Purpose::ObserveRecording,
            ) if !done => self.recording_change_failed(tenant),
            _ => {}
        }
    }

    pub(crate) fn recording(&self) -> &Recording {
        &self.recording
    }

    pub(crate) fn recording_mut(&mut self) -> &mut Recording {
        &mut self.recording
    }

    /// It records. What was wanted meanwhile is done now.
    fn recording_active(&mut self, tenant: &mut Tenant, recording: RecordingId) {
        self.recording.state = Stage::Active { recording };
        self.tell_recording(tenant, RecordingStatus::Active);
        match std::mem::take(&mut self.recording.next) {
            Next::Pause => self.pause_recording(tenant),
            Next::Stop => self.stop_recording(tenant),
            Next::Nothing | Next::Start | Next::Resume => {}
        }
        self.voicemail_records(tenant);
    }

    /// A recording that counted as failed records after all. It goes on where it is wanted. No
    /// secret is being told: none is asked for while the fate of a start is unknown.
    fn recording_started_late(&mut self, tenant: &mut Tenant, recording: RecordingId) {
        self.recording.start_unknown = false;
        self.recording.next = if self.may_be_recorded(tenant) {
            Next::Nothing
        } else {
            Next::Stop
        };
        self.recording_active(tenant, recording);
    }

    /// More may be said that is to be recorded, or told that is not.
    fn goes_on(&self) -> bool {
        match self.state {
            State::Queued(_) | State::Offering(_) | State::Connected(_) | State::Bridged(_) => true,
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Exiting(_)
            | State::Ending(_)
            | State::WrapUp(_)
            | State::Ended(_) => false,
        }
    }

    fn recording_start_failed(&mut self, tenant: &mut Tenant, finished: &Finished) {
        // Of an unknown fate, a second one would record twice.
        let may_help = match finished {
            _ if finished.is_recorded_already() => false,
            Finished::Failed(_) => true,
            Finished::Refused { .. } => finished.may_pass(),
            Finished::Done | Finished::Digits(_) | Finished::Cancelled | Finished::Unknown => false,
        };
        if may_help && self.recording.next != Next::Stop && self.may_try_again(tenant) {
            let next = self.recording.next;
            self.start_recording(tenant);
            self.recording.next = next;
            return;
        }
        let records = finished.is_recorded_already();
        self.recording.state = Stage::Off;
        self.recording.next = Next::Nothing;
        self.recording.start_unknown = *finished == Finished::Unknown || records;
        self.tell_recording(tenant, RecordingStatus::Failed);
        if records {
            // It cannot be stopped, for nobody knows its name; the caller leaves their message.
            self.voicemail_records(tenant);
        } else {
            self.end_voicemail(tenant, CallOutcome::ExitFailed);
        }
        self.collect_when_quiet(tenant);
    }

    fn observe_recording(&mut self, tenant: &mut Tenant, recording: RecordingId) {
        let operation = Operation::GetRecording { recording };
        self.operate(tenant, Purpose::ObserveRecording, operation);
    }

    fn recording_observed(&mut self, tenant: &mut Tenant, active: bool) {
        match (self.recording.state.clone(), active) {
            (
                Stage::Starting {
                    recording: Some(recording),
                },
                true,
            ) => self.recording_active(tenant, recording),
            (Stage::Starting { .. }, _) => {
                self.recording_start_failed(tenant, &Finished::Unknown);
            }
            (Stage::Active { .. } | Stage::Stopping { .. }, false) => {
                self.recording_stopped(tenant);
            }
            (Stage::Stopping { .. }, true) => self.recording_change_failed(tenant),
            (Stage::Pausing { .. }, false) => self.recording_paused(tenant),
            (Stage::Resuming { .. }, true) => self.recording_resumed(tenant),
            (Stage::Pausing { recording }, true) => {
                if self.recording.next == Next::Resume {
                    self.recording.next = Next::Nothing;
                    self.recording.state = Stage::Active { recording };
                } else if self.may_try_again(tenant) {
                    self.recording.state = Stage::Active { recording };
                    self.pause_recording(tenant);
                } else {
                    self.recording_change_failed(tenant);
                }
            }
            (Stage::Resuming { recording }, false) => {
                if self.may_try_again(tenant) {
                    self.recording.state = Stage::Paused { recording };
                    self.resume_recording(tenant);
                } else {
                    self.recording_change_failed(tenant);
                }
            }
            (Stage::Active { .. }, true) | (Stage::Off | Stage::Paused { .. }, _) => {}
        }
    }

    /// It could not be paused, resumed or stopped: it counts as what it was before.
    fn recording_change_failed(&mut self, tenant: &mut Tenant) {
        match &self.recording.state {
            Stage::Pausing { recording } | Stage::Stopping { recording } => {
                self.recording.state = Stage::Active {
                    recording: recording.clone(),
                };
                self.recording.next = Next::Nothing;
                self.tell_recording(tenant, RecordingStatus::Failed);
                self.collection_impossible(tenant);
            }
            Stage::Resuming { recording } => {
                self.recording.state = Stage::Paused {
                    recording: recording.clone(),
                };
                self.recording.next = Next::Nothing;
                self.tell_recording(tenant, RecordingStatus::Failed);
                self.collect_when_quiet(tenant);
            }
            Stage::Off | Stage::Starting { .. } | Stage::Active { .. } | Stage::Paused { .. } => {}
        }
    }

    fn recording_paused(&mut self, tenant: &mut Tenant) {
        let Stage::Pausing { recording } = &self.recording.state else {
            return;
        };
        self.recording.state = Stage::Paused {
            recording: recording.clone(),
        };
        self.tell_recording(tenant, RecordingStatus::Paused);
        if std::mem::take(&mut self.recording.next) == Next::Resume {
            self.resume_recording(tenant);
        }
        self.collect_when_quiet(tenant);
    }

    fn recording_resumed(&mut self, tenant: &mut Tenant) {
        let Stage::Resuming { recording } = &self.recording.state else {
            return;
        };
        let recording = recording.clone();
        self.recording_active(tenant, recording);
    }

    fn recording_stopped(&mut self, tenant: &mut Tenant) {
        self.recording.state = Stage::Off;
        self.tell_recording(tenant, RecordingStatus::Stopped);
        self.end_voicemail(tenant, CallOutcome::Exited);
        if !self.is_collecting_secret() {
            self.start_held_recording(tenant);
        }
        self.collect_when_quiet(tenant);
    }

    fn may_try_again(&mut self, tenant: &Tenant) -> bool {
        self.recording.tries = self.recording.tries.saturating_add(1);
        self.recording.tries < tenant.limits().tries_max
    }

    fn tell_recording(&self, tenant: &mut Tenant, state: RecordingStatus) {
        tenant.emit(Event::RecordingChanged {
            call: self.id,
            state,
        });
    }
}
