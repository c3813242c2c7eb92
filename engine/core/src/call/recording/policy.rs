//! What is to be recorded: by the queue's policy or rule, or by hand, and around a payment.
//!
//! A policy's advice is checked before it acts: a legally required recording is made and goes on, a
//! caller who refused is not recorded, and a payment is never recorded.

use crate::call::recording::{Next, Stage};
use crate::call::{Call, State};
use crate::command::Command;
use crate::config::RecordingRule;
use crate::decision::{Choice, DecidedBy, Decision};
use crate::ids::{PluginId, QuestionId, QueueId};
use crate::input::{Refusal, Reply};
use crate::question::{
    Consent, DecisionPoint, Facts, PluginFailure, RecordingAction, RecordingAdvice, RecordingFacts,
    RecordingMoment,
};
use crate::questions::About;
use crate::tenant::Tenant;

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
            None => self.decide_natively(tenant, moment),
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
        if self.is_collecting_secret() || self.recording.state != Stage::Off {
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
        if self.is_collecting_secret() {
            return Reply::Refused(Refusal::NotNow);
        }
        self.recording.tries = 0;
        self.resume_recording(tenant);
        Reply::Done
    }

    /// Caller and agent talk, and the caller agrees or the law does not ask.
    pub(crate) fn may_be_recorded(&self, tenant: &Tenant) -> bool {
        self.recording_rule(tenant)
            .is_some_and(|(_, rule)| rule.legally_required || self.consent != Consent::Refused)
    }

    /// The agent leaves before the policy has spoken: what is still asked is decided by the rule. A
    /// pause is not needed any more.
    pub(crate) fn close_recording_questions(&mut self, tenant: &mut Tenant) {
        for moment in tenant.take_recording_questions(self.id) {
            match moment {
                RecordingMoment::Connected
                | RecordingMoment::PaymentEnded
                | RecordingMoment::ConsentChanged => self.decide_natively(tenant, moment),
                RecordingMoment::PaymentStarted => {}
            }
        }
    }

    fn decide_natively(&mut self, tenant: &mut Tenant, moment: RecordingMoment) {
        let Some((queue, rule)) = self.recording_rule(tenant) else {
            return;
        };
        self.use_format_of(&rule);
        let action = self.native_action(&rule, moment);
        let by = DecidedBy::Native;
        self.act_on_recording(tenant, queue, &rule, moment, None, by, action);
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
            RecordingMoment::ConsentChanged => match self.recording.state {
                Stage::Starting { .. } if self.recording.next == Next::Stop => {
                    RecordingAction::Start
                }
                Stage::Off | Stage::Stopping { .. } => RecordingAction::Start,
                Stage::Starting { .. }
                | Stage::Active { .. }
                | Stage::Pausing { .. }
                | Stage::Paused { .. }
                | Stage::Resuming { .. } => RecordingAction::None,
            },
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
            RecordingAction::Start => match self.recording.state {
                Stage::Off if !self.is_collecting_secret() => self.start_recording(tenant),
                Stage::Off | Stage::Stopping { .. } => self.recording.next = Next::Start,
                Stage::Starting { .. } if self.recording.next == Next::Stop => {
                    self.recording.next = Next::Nothing;
                }
                Stage::Starting { .. }
                | Stage::Active { .. }
                | Stage::Pausing { .. }
                | Stage::Paused { .. }
                | Stage::Resuming { .. } => {}
            },
            RecordingAction::Stop => self.stop_recording(tenant),
            RecordingAction::Pause => self.pause_recording(tenant),
            RecordingAction::Resume if self.is_collecting_secret() => self.resume_when_collected(),
            RecordingAction::Resume => self.resume_recording(tenant),
        }
        self.collect_when_quiet(tenant);
    }

    fn recording_rule(&self, tenant: &Tenant) -> Option<(QueueId, RecordingRule)> {
        let State::Connected(connected) = &self.state else {
            return None;
        };
        if self.is_external() {
            return None;
        }
        let settings = tenant.queue_settings(self, connected.queue)?;
        Some((connected.queue, settings.recording.clone()))
    }
}
