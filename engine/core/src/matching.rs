//! Matching contacts and agents: filter, native order, questions, reservation.
//!
//! Select and reserve happen in one step. One question is in flight per pool; a pool is a set of
//! queues that share agents. A winner that has gone stale means the next in the ranking, then one
//! new question, then the native rule.

mod candidates;
mod obstacles;
mod pools;

pub use crate::matching::obstacles::{AGENTS_TOLD_MAX, AgentObstacles, Obstacle, Wait};
pub(crate) use crate::matching::pools::Matching;

use crate::agent::AgentState;
use crate::call::Call;
use crate::command::Command;
use crate::config::Queue;
use crate::decision::{Choice, DecidedBy, Decision, PassedOver, PassedOverReason};
use crate::ids::{AgentId, CallId, PluginId, QuestionId, QueueId};
use crate::input::Skipped;
use crate::matching::candidates::{Candidate, level};
use crate::question::{
    AgentRow, ContactSelectFacts, DecisionPoint, Facts, PluginFailure, Ranked, SkillMatchFacts,
};
use crate::questions::About;
use crate::seeded_bugs::{Bug, is_made, panic_over};
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Tenant {
    /// Matches all pools in which something changed until nobody can be matched or a question is
    /// in flight.
    pub(crate) fn match_pools(&mut self) {
        while let Some(pool) = self.matching.changed.pop_first() {
            if self.matching.in_flight.contains_key(&pool) {
                continue;
            }
            let queues = self.matching.queues(pool);
            while self.match_one(pool, &queues) {}
        }
    }

    /// Finds the first contact with a candidate and reserves, or asks. `true` when it reserved.
    fn match_one(&mut self, pool: QueueId, queues: &BTreeSet<QueueId>) -> bool {
        if self.ready.is_empty() {
            return false;
        }
        let contacts = self.waiting.of_queues(queues);
        for (index, id) in contacts.iter().enumerate() {
            let Some(call) = self.calls.get(id) else {
                continue;
            };
            let Some(queue) = call.waits_in() else {
                continue;
            };
            if call.left_out || call.unmatched {
                continue;
            }
            self.at_work = Some(Skipped::Match(*id));
            panic_over(*id);
            let Some(settings) = self.queue_settings(call, queue) else {
                continue;
            };
            let candidates = self.candidates(call, &settings);
            let Some(first) = candidates.first().copied() else {
                continue;
            };
            if let Some(plugin) = settings.contact_select {
                let rivals = self.rivals(&contacts, index, first.agent);
                self.at_work = Some(Skipped::Match(*id));
                if rivals.len() > 1 {
                    self.ask_contact_select(pool, plugin, queue, *id, first, &rivals);
                    return false;
                }
            }
            if let Some(plugin) = settings.skill_match {
                self.ask_skill_match(pool, plugin, queue, *id, &candidates, false);
                return false;
            }
            self.reserve_native(*id, queue, &candidates, None, DecidedBy::Native);
            return true;
        }
        false
    }

    /// Acts on a ranking of agents, or on the lack of one.
    pub(crate) fn agent_for_call(
        &mut self,
        question: QuestionId,
        plugin: PluginId,
        call: CallId,
        asked: &[AgentId],
        asked_again: bool,
        result: Result<Vec<Ranked>, PluginFailure>,
    ) {
        let Some((queue, candidates)) = self.candidates_now(call) else {
            return;
        };
        let available: BTreeSet<AgentId> = candidates.iter().map(|c| c.agent).collect();
        match result {
            Ok(ranking) => {
                let ranked: Vec<AgentId> = ranking
                    .iter()
                    .filter_map(|row| asked.get(usize::try_from(row.index).ok()?).copied())
                    .collect();
                let winner = ranked
                    .iter()
                    .copied()
                    .find(|agent| available.contains(agent));
                let by = DecidedBy::Plugin(plugin);
                if let Some(agent) = winner {
                    let passed_over = passed_over(asked, &ranked, &available, agent);
                    self.record_match(
                        call,
                        Some(question),
                        queue,
                        by,
                        Choice::Agent(agent),
                        asked,
                        passed_over,
                    );
                    self.reserve(call, agent);
                } else if ranked.is_empty() {
                    self.record_match(
                        call,
                        Some(question),
                        queue,
                        by,
                        Choice::Nobody,
                        asked,
                        Vec::new(),
                    );
                    if let Some(call) = self.calls.get_mut(&call) {
                        call.left_out = true;
                    }
                } else if candidates.is_empty() {
                    // All went meanwhile: the contact waits for the next ready agent.
                } else if asked_again {
                    self.reserve_native(
                        call,
                        queue,
                        &candidates,
                        Some(question),
                        DecidedBy::Stale(plugin),
                    );
                } else {
                    let pool = self.matching.pool(queue);
                    self.ask_skill_match(pool, plugin, queue, call, &candidates, true);
                }
            }
            Err(failure) => {
                self.tell_plugin_failure(call, plugin, DecisionPoint::SkillMatch, failure);
                let by = DecidedBy::Fallback(plugin, failure);
                self.reserve_native(call, queue, &candidates, Some(question), by);
            }
        }
    }

    /// Acts on a ranking of contacts, or on the lack of one.
    pub(crate) fn contact_for_agent(
        &mut self,
        question: QuestionId,
        plugin: PluginId,
        agent: AgentId,
        asked: &[CallId],
        result: Result<Vec<Ranked>, PluginFailure>,
    ) {
        let (order, by): (Vec<CallId>, DecidedBy) = match result {
            Ok(ranking) => {
                let ranked = ranking
                    .iter()
                    .filter_map(|row| asked.get(usize::try_from(row.index).ok()?).copied())
                    .collect();
                (ranked, DecidedBy::Plugin(plugin))
            }
            Err(failure) => {
                if let Some(head) = asked.first() {
                    self.tell_plugin_failure(*head, plugin, DecisionPoint::ContactSelect, failure);
                }
                (asked.to_vec(), DecidedBy::Fallback(plugin, failure))
            }
        };
        // What the plugin left out still waits: after its ranking comes the native order, because
        // an agent must not stay idle while somebody eligible waits.
        let winner = order
            .iter()
            .chain(asked)
            .copied()
            .find(|call| self.may_serve(agent, *call));
        let Some(call) = winner else { return };
        let by = if order.contains(&call) {
            by
        } else {
            DecidedBy::Stale(plugin)
        };
        let Some(queue) = self.calls.get(&call).and_then(Call::waits_in) else {
            return;
        };
        self.commands.push_back(Command::Record(Decision {
            call,
            question: Some(question),
            point: DecisionPoint::ContactSelect,
            queue,
            by,
            choice: Choice::Agent(agent),
            considered: length(asked),
            passed_over: Vec::new(),
        }));
        self.reserve(call, agent);
    }

    /// Starts the timer of contacts whom nobody who is logged in could serve, and stops it for the
    /// others. Done at the end of an input, when every call is in its place again.
    pub(crate) fn check_staffing(&mut self) {
        if !std::mem::take(&mut self.staffing_changed) {
            return;
        }
        let waiting: Vec<CallId> = self.waiting.all().collect();
        let at = self.now.after(self.timeouts().no_agents);
        for id in waiting {
            let timer = Timer::Call(id, CallTimer::NoAgents);
            let Some(call) = self.calls.get(&id) else {
                continue;
            };
            let Some(queue) = call.waits_in().filter(|_| !call.unmatched) else {
                continue;
            };
            self.at_work = Some(Skipped::Match(id));
            let staffed = self
                .queue_settings(call, queue)
                .is_none_or(|settings| self.is_staffed(&settings, &call.requirements));
            if staffed {
                self.timers.clear(timer);
            } else if !self.timers.is_set(timer) {
                self.timers.set(timer, at);
            }
        }
    }

    /// The settings of a queue that a call waits in: the live ones, or those the call began with
    /// when the queue is gone, or the last ones when it came and went since.
    pub(crate) fn queue_settings(&self, call: &Call, queue: QueueId) -> Option<Arc<Queue>> {
        let live = self
            .config
            .as_ref()
            .and_then(|config| config.queues.get(&queue));
        let pinned = self
            .pinned
            .get(&call.config)
            .and_then(|config| config.queues.get(&queue));
        live.or(pinned).or(self.removed_queues.get(&queue)).cloned()
    }

    fn ask_skill_match(
        &mut self,
        pool: QueueId,
        plugin: PluginId,
        queue: QueueId,
        id: CallId,
        candidates: &[Candidate],
        asked_again: bool,
    ) {
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        let Some(settings) = self.queue_settings(call, queue) else {
            return;
        };
        let Some(config) = self.config.clone() else {
            return;
        };
        let requirements = call.requirements_in_force(&settings, self.now);
        let rows: Vec<AgentRow> = candidates.iter().map(|c| self.agent_row(*c)).collect();
        let levels = candidates
            .iter()
            .flat_map(|c| {
                requirements
                    .iter()
                    .map(|r| level(&config, c.agent, r.skill))
            })
            .collect();
        let facts = Facts::SkillMatch(SkillMatchFacts {
            contact: call.facts(self, queue),
            requirements,
            candidates: rows,
            levels,
        });
        let candidates = candidates.iter().map(|c| c.agent).collect();
        let about = About::AgentFor {
            call: id,
            candidates,
            asked_again,
        };
        let question = self.ask(plugin, queue, id, facts, about);
        self.matching.in_flight.insert(pool, question);
    }

    fn ask_contact_select(
        &mut self,
        pool: QueueId,
        plugin: PluginId,
        queue: QueueId,
        head: CallId,
        candidate: Candidate,
        rivals: &[CallId],
    ) {
        let contacts = rivals
            .iter()
            .filter_map(|id| {
                let call = self.calls.get(id)?;
                Some(call.facts(self, call.waits_in()?))
            })
            .collect();
        let facts = Facts::ContactSelect(ContactSelectFacts {
            agent: self.agent_row(candidate),
            contacts,
        });
        let about = About::ContactFor {
            agent: candidate.agent,
            calls: rivals.to_vec(),
        };
        let question = self.ask(plugin, queue, head, facts, about);
        self.matching.in_flight.insert(pool, question);
    }

    fn reserve_native(
        &mut self,
        call: CallId,
        queue: QueueId,
        candidates: &[Candidate],
        question: Option<QuestionId>,
        by: DecidedBy,
    ) {
        let Some(first) = candidates.first() else {
            return;
        };
        let agents: Vec<AgentId> = candidates.iter().map(|c| c.agent).collect();
        let available = agents.iter().copied().collect();
        let passed_over = passed_over(&agents, &agents, &available, first.agent);
        self.record_match(
            call,
            question,
            queue,
            by,
            Choice::Agent(first.agent),
            &agents,
            passed_over,
        );
        self.reserve(call, first.agent);
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one record")]
    fn record_match(
        &mut self,
        call: CallId,
        question: Option<QuestionId>,
        queue: QueueId,
        by: DecidedBy,
        choice: Choice,
        asked: &[AgentId],
        passed_over: Vec<PassedOver>,
    ) {
        self.commands.push_back(Command::Record(Decision {
            call,
            question,
            point: DecisionPoint::SkillMatch,
            queue,
            by,
            choice,
            considered: length(asked),
            passed_over,
        }));
    }

    /// Takes the agent and offers the contact, in one step.
    fn reserve(&mut self, call: CallId, agent: AgentId) {
        let Some(AgentState::Ready { since }) = self.agents.get(&agent).map(|agent| agent.state)
        else {
            return;
        };
        self.set_agent_state(
            agent,
            AgentState::Reserved {
                call,
                idle_since: since,
            },
        );
        self.with_call(call, |call, tenant| call.offer_to(tenant, agent));
        if is_made(Bug::NoReservation) {
            self.set_agent_state(agent, AgentState::Ready { since });
        }
    }
}

fn passed_over(
    asked: &[AgentId],
    ranked: &[AgentId],
    available: &BTreeSet<AgentId>,
    winner: AgentId,
) -> Vec<PassedOver> {
    asked
        .iter()
        .filter(|agent| **agent != winner)
        .map(|agent| {
            let reason = if !available.contains(agent) {
                PassedOverReason::NotAvailable
            } else if ranked.contains(agent) {
                PassedOverReason::RankedLower
            } else {
                PassedOverReason::LeftOut
            };
            PassedOver {
                agent: *agent,
                reason,
            }
        })
        .collect()
}

fn length<T>(rows: &[T]) -> u32 {
    u32::try_from(rows.len()).unwrap_or(u32::MAX)
}
