//! Recording, and what runs beside it: transcription and media streaming.
//!
//! A policy's advice is checked before it acts: a legally required recording is made and goes on, a
//! caller who refused is not recorded, and a payment is never recorded.

use crate::call::operations::{Finished, Purpose};
use crate::call::{Call, State};
use crate::command::{Command, Operation};
use crate::config::RecordingRule;
use crate::decision::{Choice, DecidedBy, Decision};
use crate::event::{Event, RecordingStatus};
use crate::ids::{PluginId, QuestionId, QueueId, RecordingId};
use crate::input::{Ignored, Refusal, Reply};
use crate::question::{
    Consent, DecisionPoint, Facts, PluginFailure, RecordingAction, RecordingAdvice,
    RecordingChannels, RecordingFactState, RecordingFacts, RecordingFormat, RecordingMoment,
};
use crate::questions::About;
use crate::tenant::Tenant;
use serde::{Deserialize, Serialize};

/// The recording of a call and its companions.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Recording {
    state: Stage,
    /// A pause is wanted as soon as it records.
    pause_wanted: bool,
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

/// Transcription or media streaming.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Companion {
    pub(crate) running: bool,
    /// Stopped for a payment; it starts again afterwards.
    pub(crate) stopped: bool,
    /// A stop failed: a payment must not begin.
    pub(crate) stuck: bool,
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
    /// Decides about recording by the queue's policy, or by its rule where there is none.
    pub(crate) fn decide_recording(&mut self, tenant: &mut Tenant, moment: RecordingMoment) {
        let Some((queue, rule)) = self.recording_rule(tenant) else {
            return;
        };
        match rule.policy {
            Some(plugin) => {
                let facts = Facts::RecordingPolicy(RecordingFacts {
                    contact: self.facts(tenant, queue),
                    moment,
                    consent: self.consent,
                    legally_required: rule.legally_required,
                    state: self.recording.fact(),
                });
                let about = About::Recording {
                    call: self.id,
                    moment,
                };
                tenant.ask(plugin, queue, self.id, facts, about);
            }
            None => {
                self.use_format_of(&rule);
                let action = self.native_action(&rule, moment);
                self.act_on_recording(
                    tenant,
                    queue,
                    &rule,
                    moment,
                    None,
                    DecidedBy::Native,
                    action,
                );
            }
        }
    }

    pub(crate) fn recording_decided(
        &mut self,
        tenant: &mut Tenant,
        question: QuestionId,
        plugin: PluginId,
        moment: RecordingMoment,
        result: Result<RecordingAdvice, PluginFailure>,
    ) {
        let Some((queue, rule)) = self.recording_rule(tenant) else {
            return;
        };
        match result {
            Ok(advice) => {
                self.recording.format = advice.format;
                self.recording.channels = advice.channels;
                let by = DecidedBy::Plugin(plugin);
                let question = Some(question);
                self.act_on_recording(tenant, queue, &rule, moment, question, by, advice.action);
            }
            Err(failure) => {
                tenant.tell_plugin_failure(
                    self.id,
                    plugin,
                    DecisionPoint::RecordingPolicy,
                    failure,
                );
                self.use_format_of(&rule);
                let action = self.native_action(&rule, moment);
                let by = DecidedBy::Fallback(plugin, failure);
                let question = Some(question);
                self.act_on_recording(tenant, queue, &rule, moment, question, by, action);
            }
        }
    }

    /// The agent notes what the caller said to being recorded.
    pub(crate) fn set_consent(&mut self, tenant: &mut Tenant, consent: Consent) -> Reply {
        let State::Connected(_) = self.state else {
            return Reply::Refused(Refusal::NotNow);
        };
        if self.consent != consent {
            self.consent = consent;
            self.decide_recording(tenant, RecordingMoment::ConsentChanged);
        }
        Reply::Done
    }

    pub(crate) fn start_recording_by_hand(&mut self, tenant: &mut Tenant) -> Reply {
        let Some((_, rule)) = self.recording_rule(tenant) else {
            return Reply::Refused(Refusal::NotNow);
        };
        if self.consent == Consent::Refused && !rule.legally_required {
            return Reply::Refused(Refusal::ConsentRefused);
        }
        if self.is_collecting_secret(tenant) || self.recording.state != Stage::Off {
            return Reply::Refused(Refusal::NotNow);
        }
        self.recording.tries = 0;
        self.start_recording(tenant);
        Reply::Done
    }

    pub(crate) fn stop_recording_by_hand(&mut self, tenant: &mut Tenant) -> Reply {
        let Some((_, rule)) = self.recording_rule(tenant) else {
            return Reply::Refused(Refusal::NotNow);
        };
        if rule.legally_required {
            return Reply::Refused(Refusal::RecordingRequired);
        }
        match self.recording.state {
            Stage::Active { .. } | Stage::Paused { .. } => {
                self.stop_recording(tenant);
                Reply::Done
            }
            Stage::Off
            | Stage::Starting { .. }
            | Stage::Pausing { .. }
            | Stage::Resuming { .. }
            | Stage::Stopping { .. } => Reply::Refused(Refusal::NotNow),
        }
    }

    pub(crate) fn pause_recording_by_hand(&mut self, tenant: &mut Tenant) -> Reply {
        let Some((_, rule)) = self.recording_rule(tenant) else {
            return Reply::Refused(Refusal::NotNow);
        };
        if rule.legally_required {
            return Reply::Refused(Refusal::RecordingRequired);
        }
        let Stage::Active { .. } = self.recording.state else {
            return Reply::Refused(Refusal::NotNow);
        };
        self.recording.tries = 0;
        self.pause_recording(tenant);
        Reply::Done
    }

    pub(crate) fn resume_recording_by_hand(&mut self, tenant: &mut Tenant) -> Reply {
        let Some((_, rule)) = self.recording_rule(tenant) else {
            return Reply::Refused(Refusal::NotNow);
        };
        if self.consent == Consent::Refused && !rule.legally_required {
            return Reply::Refused(Refusal::ConsentRefused);
        }
        let Stage::Paused { .. } = self.recording.state else {
            return Reply::Refused(Refusal::NotNow);
        };
        if self.is_collecting_secret(tenant) {
            return Reply::Refused(Refusal::NotNow);
        }
        self.recording.tries = 0;
        self.resume_recording(tenant);
        Reply::Done
    }

    pub(crate) fn start_recording(&mut self, tenant: &mut Tenant) {
        let Some(connection) = self.connection.clone() else {
            return;
        };
        let Recording {
            format, channels, ..
        } = self.recording;
        self.recording.state = Stage::Starting { recording: None };
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
            Stage::Starting { .. } | Stage::Resuming { .. } => self.recording.pause_wanted = true,
            Stage::Off | Stage::Pausing { .. } | Stage::Paused { .. } | Stage::Stopping { .. } => {}
        }
    }

    pub(crate) fn resume_recording(&mut self, tenant: &mut Tenant) {
        let Stage::Paused { recording } = &self.recording.state else {
            return;
        };
        let recording = recording.clone();
        self.recording.state = Stage::Resuming {
            recording: recording.clone(),
        };
        let operation = Operation::ResumeRecording { recording };
        self.operate(tenant, Purpose::ResumeRecording, operation);
    }

    pub(crate) fn stop_recording(&mut self, tenant: &mut Tenant) {
        let recording = match &self.recording.state {
            Stage::Active { recording }
            | Stage::Pausing { recording }
            | Stage::Paused { recording }
            | Stage::Resuming { recording } => recording.clone(),
            Stage::Starting {
                recording: Some(recording),
            } => recording.clone(),
            Stage::Starting { recording: None } | Stage::Off | Stage::Stopping { .. } => return,
        };
        self.recording.state = Stage::Stopping {
            recording: recording.clone(),
        };
        self.operate(
            tenant,
            Purpose::StopRecording,
            Operation::StopRecording { recording },
        );
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
                self.recording.state = Stage::Active { recording: id };
                self.tell_recording(tenant, RecordingStatus::Active);
                self.pause_if_wanted(tenant);
                self.voicemail_records(tenant);
            }
            (Stage::Resuming { recording }, true) if *recording == id => {
                self.recording_resumed(tenant);
            }
            (Stage::Pausing { recording }, false) if *recording == id => {
                self.recording_paused(tenant);
            }
            (Stage::Stopping { recording }, false) if *recording == id => {
                self.recording_stopped(tenant);
            }
            // It ended by itself: at its longest length, or with the call.
            (Stage::Active { recording }, false) if *recording == id => {
                self.recording_stopped(tenant);
            }
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
            (Stage::Stopping { .. }, Purpose::StopRecording) => {
                // 404 means that there is nothing to stop.
                let gone = matches!(finished, Finished::Refused { status: 404, .. });
                if !gone && self.may_try_again(tenant) {
                    if let Stage::Stopping { recording } = &self.recording.state {
                        let recording = recording.clone();
                        let operation = Operation::StopRecording { recording };
                        self.operate(tenant, Purpose::StopRecording, operation);
                    }
                } else {
                    self.recording_stopped(tenant);
                }
            }
            // Whether it had its effect can be observed.
            (
                Stage::Pausing { recording } | Stage::Resuming { recording },
                Purpose::PauseRecording | Purpose::ResumeRecording,
            ) => {
                let recording = recording.clone();
                let operation = Operation::GetRecording { recording };
                self.operate(tenant, Purpose::ObserveRecording, operation);
            }
            (Stage::Pausing { .. } | Stage::Resuming { .. }, Purpose::ObserveRecording)
                if !done =>
            {
                self.recording_change_failed(tenant);
            }
            _ => {}
        }
    }

    /// Transcription or streaming was told to start or stop.
    pub(crate) fn side_finished(
        &mut self,
        tenant: &mut Tenant,
        finished: &Finished,
        which: fn(&mut Recording) -> &mut Companion,
        on: bool,
    ) {
        let companion = which(&mut self.recording);
        if *finished == Finished::Done {
            companion.running = on;
            companion.stopped = !on;
        } else if !on {
            companion.stuck = true;
        }
        self.collect_when_quiet(tenant);
    }

    pub(crate) fn transcription_changed(&mut self, active: bool) -> Reply {
        let companion = &mut self.recording.transcription;
        companion.running = active && !companion.stopped;
        Reply::Done
    }

    pub(crate) fn streaming_changed(&mut self, active: bool) -> Reply {
        let companion = &mut self.recording.streaming;
        companion.running = active && !companion.stopped;
        Reply::Done
    }

    /// The call was answered with these running.
    pub(crate) fn companions_run(&mut self, tenant: &Tenant) {
        if let Some(config) = self.config(tenant) {
            self.recording.transcription.running = config.media.transcription.is_some();
            self.recording.streaming.running = config.media.streaming.is_some();
        }
    }

    /// Before a payment: nothing may be taken down.
    pub(crate) fn stop_companions(&mut self, tenant: &mut Tenant) {
        let Some(connection) = self.connection.clone() else {
            return;
        };
        self.recording.transcription.stuck = false;
        self.recording.streaming.stuck = false;
        if self.recording.transcription.running {
            let operation = Operation::StopTranscription {
                connection: connection.clone(),
            };
            self.operate(tenant, Purpose::Transcription { on: false }, operation);
        }
        if self.recording.streaming.running {
            let operation = Operation::StopStreaming { connection };
            self.operate(tenant, Purpose::Streaming { on: false }, operation);
        }
    }

    /// After a payment: what was stopped starts again.
    pub(crate) fn start_companions(&mut self, tenant: &mut Tenant) {
        let Some(connection) = self.connection.clone() else {
            return;
        };
        if self.recording.transcription.stopped {
            let operation = Operation::StartTranscription {
                connection: connection.clone(),
            };
            self.operate(tenant, Purpose::Transcription { on: true }, operation);
        }
        if self.recording.streaming.stopped {
            let operation = Operation::StartStreaming { connection };
            self.operate(tenant, Purpose::Streaming { on: true }, operation);
        }
    }

    pub(crate) fn recording(&self) -> &Recording {
        &self.recording
    }

    fn use_format_of(&mut self, rule: &RecordingRule) {
        self.recording.format = rule.format;
        self.recording.channels = rule.channels;
    }

    /// What the recording rule says by itself.
    fn native_action(&self, rule: &RecordingRule, moment: RecordingMoment) -> RecordingAction {
        let wanted = rule.legally_required || (rule.by_default && self.consent != Consent::Refused);
        match moment {
            RecordingMoment::Connected if wanted => RecordingAction::Start,
            RecordingMoment::Connected => RecordingAction::None,
            RecordingMoment::PaymentStarted => RecordingAction::Pause,
            RecordingMoment::PaymentEnded => RecordingAction::Resume,
            RecordingMoment::ConsentChanged if !wanted => RecordingAction::Stop,
            RecordingMoment::ConsentChanged if self.recording.state == Stage::Off => {
                RecordingAction::Start
            }
            RecordingMoment::ConsentChanged => RecordingAction::None,
        }
    }

    /// The law and the caller's word stand above any policy.
    fn lawful_action(
        &self,
        rule: &RecordingRule,
        moment: RecordingMoment,
        wish: RecordingAction,
    ) -> RecordingAction {
        let refused = self.consent == Consent::Refused && !rule.legally_required;
        match (moment, wish) {
            (RecordingMoment::PaymentStarted, RecordingAction::Stop) if !rule.legally_required => {
                RecordingAction::Stop
            }
            (RecordingMoment::PaymentStarted, _) => RecordingAction::Pause,
            (RecordingMoment::Connected, _) if rule.legally_required => RecordingAction::Start,
            (_, RecordingAction::Stop | RecordingAction::Pause | RecordingAction::None)
                if rule.legally_required =>
            {
                if moment == RecordingMoment::PaymentEnded {
                    RecordingAction::Resume
                } else {
                    RecordingAction::None
                }
            }
            (RecordingMoment::ConsentChanged, RecordingAction::Pause) if refused => wish,
            (RecordingMoment::ConsentChanged, _) if refused => RecordingAction::Stop,
            (_, RecordingAction::Start | RecordingAction::Resume) if refused => {
                RecordingAction::None
            }
            (_, wish) => wish,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one decision")]
    fn act_on_recording(
        &mut self,
        tenant: &mut Tenant,
        queue: QueueId,
        rule: &RecordingRule,
        moment: RecordingMoment,
        question: Option<QuestionId>,
        by: DecidedBy,
        wish: RecordingAction,
    ) {
        let action = self.lawful_action(rule, moment, wish);
        tenant.commands.push_back(Command::Record(Decision {
            call: self.id,
            question,
            point: DecisionPoint::RecordingPolicy,
            queue,
            by,
            choice: Choice::Recording(action),
            considered: 1,
            passed_over: Vec::new(),
        }));
        self.recording.tries = 0;
        match action {
            RecordingAction::None => {}
            RecordingAction::Start => {
                if self.recording.state == Stage::Off && !self.is_collecting_secret(tenant) {
                    self.start_recording(tenant);
                }
            }
            RecordingAction::Stop => self.stop_recording(tenant),
            RecordingAction::Pause => self.pause_recording(tenant),
            RecordingAction::Resume => self.resume_recording(tenant),
        }
        self.collect_when_quiet(tenant);
    }

    fn recording_start_failed(&mut self, tenant: &mut Tenant, finished: &Finished) {
        let may_help = match finished {
            Finished::Failed(_) => true,
            Finished::Refused { status, .. } => *status == 429 || *status >= 500,
            Finished::Done | Finished::Digits(_) | Finished::Cancelled | Finished::Unknown => false,
        };
        if may_help && self.may_try_again(tenant) {
            return self.start_recording(tenant);
        }
        self.recording.state = Stage::Off;
        self.recording.pause_wanted = false;
        self.tell_recording(tenant, RecordingStatus::Failed);
        self.end_voicemail(tenant);
        self.collect_when_quiet(tenant);
    }

    fn recording_observed(&mut self, tenant: &mut Tenant, active: bool) {
        match (self.recording.state.clone(), active) {
            (Stage::Pausing { .. }, false) => self.recording_paused(tenant),
            (Stage::Resuming { .. }, true) => self.recording_resumed(tenant),
            (Stage::Pausing { recording }, true) => {
                if self.may_try_again(tenant) {
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
            (
                Stage::Off
                | Stage::Starting { .. }
                | Stage::Active { .. }
                | Stage::Paused { .. }
                | Stage::Stopping { .. },
                _,
            ) => {}
        }
    }

    /// It could not be paused or resumed: it counts as what it was before.
    fn recording_change_failed(&mut self, tenant: &mut Tenant) {
        match &self.recording.state {
            Stage::Pausing { recording } => {
                self.recording.state = Stage::Active {
                    recording: recording.clone(),
                };
                self.tell_recording(tenant, RecordingStatus::Failed);
                self.collection_impossible(tenant);
            }
            Stage::Resuming { recording } => {
                self.recording.state = Stage::Paused {
                    recording: recording.clone(),
                };
                self.tell_recording(tenant, RecordingStatus::Failed);
            }
            Stage::Off
            | Stage::Starting { .. }
            | Stage::Active { .. }
            | Stage::Paused { .. }
            | Stage::Stopping { .. } => {}
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
        self.collect_when_quiet(tenant);
    }

    fn recording_resumed(&mut self, tenant: &mut Tenant) {
        let Stage::Resuming { recording } = &self.recording.state else {
            return;
        };
        self.recording.state = Stage::Active {
            recording: recording.clone(),
        };
        self.tell_recording(tenant, RecordingStatus::Active);
        self.pause_if_wanted(tenant);
    }

    fn recording_stopped(&mut self, tenant: &mut Tenant) {
        self.recording.state = Stage::Off;
        self.recording.pause_wanted = false;
        self.tell_recording(tenant, RecordingStatus::Stopped);
        self.end_voicemail(tenant);
        self.collect_when_quiet(tenant);
    }

    fn pause_if_wanted(&mut self, tenant: &mut Tenant) {
        if std::mem::take(&mut self.recording.pause_wanted) {
            self.pause_recording(tenant);
        }
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

    fn recording_rule(&self, tenant: &Tenant) -> Option<(QueueId, RecordingRule)> {
        let State::Connected(connected) = &self.state else {
            return None;
        };
        let settings = tenant.queue_settings(self, connected.queue)?;
        Some((connected.queue, settings.recording.clone()))
    }
}
