//! Open questions to plugins: whom they are about, and what happens when a verdict comes or not.

use crate::command::Command;
use crate::decision::DecidedBy;
use crate::event::Event;
use crate::ids::{AgentId, CallId, PluginId, QuestionId, QueueId};
use crate::input::{Ignored, Reply};
use crate::question::{
    Advice, Ask, DecisionPoint, Facts, MEMO_MAX, PluginFailure, PluginResult, RecordingMoment,
    Verdict,
};
use crate::seeded_bugs::{Bug, is_made};
use crate::tenant::Tenant;
use crate::timers::Timer;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The open questions.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Questions {
    last: u64,
    open: BTreeMap<QuestionId, Question>,
}

/// A question that waits for its verdict.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) plugin: PluginId,
    pub(crate) queue: QueueId,
    pub(crate) about: About,
}

/// What a question is about.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum About {
    /// Which of these agents gets the call.
    AgentFor {
        call: CallId,
        candidates: Vec<AgentId>,
        asked_again: bool,
    },
    /// Which of these calls the agent gets.
    ContactFor { agent: AgentId, calls: Vec<CallId> },
    /// Which endpoints of the agent ring.
    Endpoints { call: CallId, generation: u32 },
    /// What is recorded.
    Recording {
        call: CallId,
        moment: RecordingMoment,
    },
    /// Which of these queues the caller gets.
    Queue { call: CallId, queues: Vec<QueueId> },
}

impl About {
    /// The one call that it is about.
    fn call(&self) -> Option<CallId> {
        match self {
            Self::AgentFor { call, .. }
            | Self::Endpoints { call, .. }
            | Self::Recording { call, .. }
            | Self::Queue { call, .. } => Some(*call),
            Self::ContactFor { .. } => None,
        }
    }
}

impl Tenant {
    /// Asks a plugin; `call` is the call that records show the question under.
    pub(crate) fn ask(
        &mut self,
        plugin: PluginId,
        queue: QueueId,
        call: CallId,
        facts: Facts,
        about: About,
    ) -> QuestionId {
        self.questions.last = self.questions.last.saturating_add(1);
        let id = QuestionId(self.questions.last);
        let memo = self
            .memos
            .get(&(plugin, queue))
            .cloned()
            .unwrap_or_default();
        self.questions.open.insert(
            id,
            Question {
                plugin,
                queue,
                about,
            },
        );
        self.timers
            .set(Timer::Question(id), self.now.after(self.timeouts().verdict));
        let seed = seed_of(id);
        let now = self.now.0;
        self.commands.push_back(Command::Ask(Ask {
            question: id,
            call,
            plugin,
            now,
            seed,
            memo,
            facts,
        }));
        id
    }

    /// The call that a question is about, while it is open. Matching asks about several.
    pub(crate) fn call_of_question(&self, id: QuestionId) -> Option<CallId> {
        let question = self.questions.open.get(&id)?;
        question.about.call()
    }

    /// Counts the questions that wait for a verdict.
    #[must_use]
    pub fn open_questions(&self) -> usize {
        self.questions.open.len()
    }

    pub(crate) fn handle_verdict(&mut self, verdict: Verdict) -> Reply {
        let Some(question) = self.close_question(verdict.question) else {
            return Reply::Ignored(Ignored::ClosedQuestion);
        };
        if let Some(memo) = verdict.memo.filter(|memo| memo.len() <= MEMO_MAX) {
            self.memos.insert((question.plugin, question.queue), memo);
        }
        self.act_on_verdict(verdict.question, question, verdict.result);
        Reply::Done
    }

    pub(crate) fn question_timed_out(&mut self, id: QuestionId) {
        if let Some(question) = self.close_question(id) {
            self.act_on_verdict(id, question, Err(PluginFailure::Deadline));
        }
    }

    /// Takes a question back; its verdict will be ignored.
    pub(crate) fn close_question(&mut self, id: QuestionId) -> Option<Question> {
        self.timers.clear(Timer::Question(id));
        if is_made(Bug::LateVerdicts) {
            return self.questions.open.get(&id).cloned();
        }
        self.questions.open.remove(&id)
    }

    /// Takes back all questions that match agents and contacts.
    pub(crate) fn forget_match_questions(&mut self) {
        let ids: Vec<QuestionId> = self
            .questions
            .open
            .iter()
            .filter(|(_, question)| match question.about {
                About::AgentFor { .. } | About::ContactFor { .. } => true,
                About::Endpoints { .. } | About::Recording { .. } | About::Queue { .. } => false,
            })
            .map(|(id, _)| *id)
            .collect();
        for id in ids {
            self.close_question(id);
            self.matching.question_closed(id);
        }
    }

    /// Takes back the questions about a call's recording and tells why they were asked.
    pub(crate) fn take_recording_questions(&mut self, of: CallId) -> Vec<RecordingMoment> {
        let open: Vec<(QuestionId, RecordingMoment)> = self
            .questions
            .open
            .iter()
            .filter_map(|(id, question)| match question.about {
                About::Recording { call, moment } if call == of => Some((*id, moment)),
                About::Recording { .. }
                | About::AgentFor { .. }
                | About::ContactFor { .. }
                | About::Endpoints { .. }
                | About::Queue { .. } => None,
            })
            .collect();
        for (id, _) in &open {
            self.close_question(*id);
        }
        open.into_iter().map(|(_, moment)| moment).collect()
    }

    /// Tells the embedder that a plugin gave no advice. An abstention is not a failure.
    pub(crate) fn tell_plugin_failure(
        &mut self,
        call: CallId,
        plugin: PluginId,
        point: DecisionPoint,
        failure: PluginFailure,
    ) {
        match failure {
            PluginFailure::Abstain => {}
            PluginFailure::Trap
            | PluginFailure::Deadline
            | PluginFailure::Memory
            | PluginFailure::BadOutput
            | PluginFailure::Overload
            | PluginFailure::NotLoaded => {
                let decided_by = DecidedBy::Fallback(plugin, failure);
                self.emit(Event::PluginFailed {
                    call,
                    plugin,
                    point,
                    failure,
                    decided_by,
                });
            }
        }
    }

    fn act_on_verdict(&mut self, id: QuestionId, question: Question, result: PluginResult) {
        let Question {
            plugin,
            queue: _,
            about,
        } = question;
        match about {
            About::AgentFor {
                call,
                candidates,
                asked_again,
            } => {
                self.matching.question_closed(id);
                let result = match result {
                    Ok(Advice::SkillMatch(ranking)) => Ok(ranking),
                    Ok(other) => Err(wrong_advice(&other)),
                    Err(failure) => Err(failure),
                };
                self.agent_for_call(id, plugin, call, &candidates, asked_again, result);
            }
            About::ContactFor { agent, calls } => {
                self.matching.question_closed(id);
                let result = match result {
                    Ok(Advice::ContactSelect(ranking)) => Ok(ranking),
                    Ok(other) => Err(wrong_advice(&other)),
                    Err(failure) => Err(failure),
                };
                self.contact_for_agent(id, plugin, agent, &calls, result);
            }
            About::Endpoints { call, generation } => {
                let result = match result {
                    Ok(Advice::EndpointSelect(rings)) => Ok(rings),
                    Ok(other) => Err(wrong_advice(&other)),
                    Err(failure) => Err(failure),
                };
                self.with_call(call, |call, tenant| {
                    call.endpoints_selected(tenant, id, plugin, generation, result);
                });
            }
            About::Recording { call, moment } => {
                let result = match result {
                    Ok(Advice::RecordingPolicy(advice)) => Ok(advice),
                    Ok(other) => Err(wrong_advice(&other)),
                    Err(failure) => Err(failure),
                };
                self.with_call(call, |call, tenant| {
                    call.recording_decided(tenant, id, plugin, moment, result);
                });
            }
            About::Queue { call, queues } => {
                let result = match result {
                    Ok(Advice::Classify(advice)) => Ok(advice),
                    Ok(other) => Err(wrong_advice(&other)),
                    Err(failure) => Err(failure),
                };
                self.with_call(call, |call, tenant| {
                    call.classified(tenant, id, plugin, &queues, result);
                });
            }
        }
    }
}

/// Advice for another decision point than the one asked is an answer that breaks the contract.
fn wrong_advice(_advice: &Advice) -> PluginFailure {
    PluginFailure::BadOutput
}

/// Spreads question numbers over 64 bits (the finaliser of SplitMix64, Steele, Lea and Flood 2014), so
/// that a plugin's "randomness" is the same in every replay.
fn seed_of(question: QuestionId) -> u64 {
    let mut z = question.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of SplitMix64 from these states, as its authors publish them.
    #[test]
    fn seeds_are_those_of_splitmix64() {
        assert_eq!(seed_of(QuestionId(0)), 0xE220_A839_7B1D_CDAF);
        assert_eq!(seed_of(QuestionId(1_234_567)), 6_457_827_717_110_365_317);
    }
}
