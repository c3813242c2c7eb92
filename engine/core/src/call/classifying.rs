//! Which queue a new call gets: a plugin may send the caller elsewhere than the menu or the line does, and say how urgent the
//! contact is and what its agent must have.
//!
//! It is asked once, when menu or line have chosen. The caller hears nothing meanwhile, for as long as a verdict may take and no
//! longer; without a usable one they go where menu or line send them.

use crate::call::{Call, State};
use crate::command::Command;
use crate::decision::{Choice, DecidedBy, Decision};
use crate::ids::{PluginId, QuestionId, QueueId, ResourceAccountId};
use crate::participant::ParticipantKind;
use crate::question::{
    CallerKind, Classification, ClassifyFacts, DecisionPoint, Facts, LEVEL_MAX,
    OWN_REQUIREMENTS_MAX, PRIORITY_MAX, PluginFailure, QUEUE_ROWS_MAX, QueueRow, Requirement,
};
use crate::questions::About;
use crate::tenant::Tenant;
use serde::{Deserialize, Serialize};

/// A plugin is asked which queue the caller gets.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Classifying {
    pub(super) question: QuestionId,
    /// What the menu or the line chose.
    queue: QueueId,
    /// The menu's digit that chose it.
    digit: Option<char>,
}

impl Call {
    /// The menu or the line has chosen a queue; a plugin may know a better one.
    pub(crate) fn choose_queue(
        &mut self,
        tenant: &mut Tenant,
        queue: QueueId,
        digit: Option<char>,
    ) {
        let plugin = self
            .account_settings(tenant)
            .and_then(|account| account.classify);
        // A queue that is not there is no choice: that the call fails is told by entering it.
        let exists = tenant.queue_settings(self, queue).is_some();
        match (plugin, self.account) {
            (Some(plugin), Some(line)) if exists => {
                self.ask_for_queue(tenant, plugin, line, queue, digit);
            }
            (Some(_) | None, _) => self.enter_queue(tenant, queue),
        }
    }

    /// After a restart the question is asked anew.
    pub(crate) fn ask_for_queue_again(&mut self, tenant: &mut Tenant) {
        let State::Classifying(classifying) = &self.state else {
            return;
        };
        let (queue, digit) = (classifying.queue, classifying.digit);
        tenant.close_question(classifying.question);
        self.choose_queue(tenant, queue, digit);
    }

    /// Acts on a choice of a queue, or on the lack of one.
    pub(crate) fn classified(
        &mut self,
        tenant: &mut Tenant,
        question: QuestionId,
        plugin: PluginId,
        asked: &[QueueId],
        result: Result<Classification, PluginFailure>,
    ) {
        let State::Classifying(classifying) = &self.state else {
            return;
        };
        if classifying.question != question {
            return;
        }
        let native = classifying.queue;
        let checked = result.and_then(|advice| checked(tenant, asked, advice));
        let (queue, by) = match checked {
            Ok((queue, advice)) if tenant.queue_settings(self, queue).is_some() => {
                self.priority = self.priority.saturating_add(advice.priority);
                self.requirements = advice.requirements;
                (queue, DecidedBy::Plugin(plugin))
            }
            // The configuration has it no more.
            Ok(_) => (native, DecidedBy::Stale(plugin)),
            Err(failure) => {
                tenant.tell_plugin_failure(self.id, plugin, DecisionPoint::Classify, failure);
                (native, DecidedBy::Fallback(plugin, failure))
            }
        };
        tenant.commands.push_back(Command::Record(Decision {
            call: self.id,
            question: Some(question),
            point: DecisionPoint::Classify,
            queue: native,
            by,
            choice: Choice::Queue {
                queue,
                priority: self.priority,
                requirements: self.requirements.clone(),
            },
            considered: u32::try_from(asked.len()).unwrap_or(u32::MAX),
            passed_over: Vec::new(),
        }));
        self.enter_queue(tenant, queue);
    }

    fn ask_for_queue(
        &mut self,
        tenant: &mut Tenant,
        plugin: PluginId,
        line: ResourceAccountId,
        queue: QueueId,
        digit: Option<char>,
    ) {
        let rows = self.queue_rows(tenant, queue);
        let queues = rows.iter().map(|row| row.queue).collect();
        let facts = Facts::Classify(ClassifyFacts {
            contact: self.facts(tenant, queue),
            line,
            digit,
            consent: self.consent,
            caller: self.caller_kind(),
            queues: rows,
        });
        let about = About::Queue {
            call: self.id,
            queues,
        };
        let question = tenant.ask(plugin, queue, self.id, facts, about);
        self.state = State::Classifying(Classifying {
            question,
            queue,
            digit,
        });
    }

    fn queue_rows(&self, tenant: &Tenant, first: QueueId) -> Vec<QueueRow> {
        let config = tenant.config.clone();
        let others = config
            .iter()
            .flat_map(|config| config.queues.keys().copied())
            .filter(|queue| *queue != first);
        std::iter::once(first)
            .chain(others)
            .take(QUEUE_ROWS_MAX)
            .filter_map(|queue| {
                let settings = tenant.queue_settings(self, queue)?;
                let closed = tenant.closed_queues.contains(&queue);
                Some(QueueRow {
                    queue,
                    waiting: u32::try_from(tenant.waiting.length(queue)).unwrap_or(u32::MAX),
                    open: !closed && settings.hours.is_open(tenant.now),
                    staffed: tenant.is_staffed(&settings, &[]),
                })
            })
            .collect()
    }

    fn caller_kind(&self) -> CallerKind {
        match self.from.kind() {
            ParticipantKind::PhoneNumber if self.from.phone_number().is_some() => {
                CallerKind::PhoneNumber
            }
            ParticipantKind::PhoneNumber => CallerKind::WithheldNumber,
            ParticipantKind::TeamsUser => CallerKind::TeamsUser,
            ParticipantKind::AcsUser
            | ParticipantKind::TeamsExtensionUser
            | ParticipantKind::TeamsApp
            | ParticipantKind::Unknown => CallerKind::Other,
        }
    }
}

/// Advice that keeps the limits, with the queue that it names.
fn checked(
    tenant: &Tenant,
    asked: &[QueueId],
    advice: Classification,
) -> Result<(QueueId, Classification), PluginFailure> {
    let index = usize::try_from(advice.queue).unwrap_or(usize::MAX);
    let queue = asked.get(index).ok_or(PluginFailure::BadOutput)?;
    let is_possible = |requirement: &Requirement| {
        (1..=LEVEL_MAX).contains(&requirement.minimum)
            && tenant
                .config
                .as_ref()
                .is_some_and(|config| config.symbols.has(requirement.skill.0))
    };
    let keeps_limits = (-PRIORITY_MAX..=PRIORITY_MAX).contains(&advice.priority)
        && advice.requirements.len() <= OWN_REQUIREMENTS_MAX
        && advice.requirements.iter().all(is_possible);
    if keeps_limits {
        Ok((*queue, advice))
    } else {
        Err(PluginFailure::BadOutput)
    }
}
