//! Matching contacts and agents: filter, native order, questions, reservation.
//!
//! Select and reserve happen in one step. One question is in flight per pool; a pool is a set of
//! queues that share agents. A winner that has gone stale means the next in the ranking, then one
//! new question, then the native rule.

use crate::agent::{Agent, AgentState};
use crate::call::Call;
use crate::command::Command;
use crate::config::{Config, Queue};
use crate::decision::{Choice, DecidedBy, Decision, PassedOver, PassedOverReason};
use crate::ids::{
    AgentId, CallId, GroupId, Millis, PluginId, QuestionId, QueueId, SkillId, Timestamp,
};
use crate::question::{
    AgentRow, ContactSelectFacts, DecisionPoint, Facts, PluginFailure, Ranked, Requirement,
    SkillMatchFacts,
};
use crate::questions::About;
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Pools and what is going on in them.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Matching {
    /// The pool of each queue, named by its lowest queue.
    pool_of: BTreeMap<QueueId, QueueId>,
    /// Pools in which something changed since they were last matched.
    changed: BTreeSet<QueueId>,
    /// The question in flight of each pool.
    in_flight: BTreeMap<QueueId, QuestionId>,
}

impl Matching {
    pub(crate) fn question_closed(&mut self, question: QuestionId) {
        let pool = self
            .in_flight
            .iter()
            .find(|(_, open)| **open == question)
            .map(|(pool, _)| *pool);
        if let Some(pool) = pool {
            self.in_flight.remove(&pool);
            self.changed.insert(pool);
        }
    }

    fn pool(&self, queue: QueueId) -> QueueId {
        self.pool_of.get(&queue).copied().unwrap_or(queue)
    }

    fn queues(&self, pool: QueueId) -> BTreeSet<QueueId> {
        let mut queues: BTreeSet<QueueId> = self
            .pool_of
            .iter()
            .filter(|(_, other)| **other == pool)
            .map(|(queue, _)| *queue)
            .collect();
        queues.insert(pool);
        queues
    }
}

/// A ready agent who may serve a contact, in native order: group, then longest idle, then number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    group_order: u32,
    idle_since: Timestamp,
    agent: AgentId,
}

impl Tenant {
    /// Something changed that may let a contact of this queue find an agent.
    pub(crate) fn pool_changed(&mut self, queue: QueueId) {
        let pool = self.matching.pool(queue);
        self.matching.changed.insert(pool);
    }

    pub(crate) fn all_pools_changed(&mut self) {
        let queues: Vec<QueueId> = self.waiting.queues().collect();
        for queue in queues {
            self.pool_changed(queue);
        }
    }

    /// An agent is ready: those whom a plugin left without an agent may ask again. Contacts may
    /// wait in a queue that the configuration has no more.
    pub(crate) fn pools_of_agent_changed(&mut self, agent: AgentId) {
        let Some(config) = self.config.clone() else {
            return;
        };
        let queues: Vec<QueueId> = self.waiting.queues().collect();
        for queue in queues {
            let serves = config.queues.get(&queue).is_none_or(|settings| {
                settings
                    .groups
                    .iter()
                    .any(|service| is_member(&config, service.group, agent))
            });
            if serves {
                self.pool_changed(queue);
                for call in self.waiting.of_queue(queue) {
                    if let Some(call) = self.calls.get_mut(&call) {
                        call.left_out = false;
                    }
                }
            }
        }
    }

    /// Works out which queues share agents. Called when the configuration changes.
    pub(crate) fn rebuild_pools(&mut self) {
        let Some(config) = self.config.clone() else {
            return;
        };
        // Calls may wait in queues of the configuration that they began with.
        let removed = self
            .pinned
            .values()
            .flat_map(|pinned| &pinned.queues)
            .chain(&self.removed_queues)
            .filter(|(queue, _)| !config.queues.contains_key(queue));
        let queues: Vec<(&QueueId, &Arc<Queue>)> = config.queues.iter().chain(removed).collect();
        let mut pool_of: BTreeMap<QueueId, QueueId> =
            queues.iter().map(|(queue, _)| (**queue, **queue)).collect();
        let mut queue_of_agent: BTreeMap<AgentId, QueueId> = BTreeMap::new();
        for (queue, settings) in queues {
            for service in &settings.groups {
                for agent in config.groups.get(&service.group).into_iter().flatten() {
                    match queue_of_agent.get(agent) {
                        Some(other) => join_pools(&mut pool_of, *other, *queue),
                        None => {
                            queue_of_agent.insert(*agent, *queue);
                        }
                    }
                }
            }
        }
        // Questions in flight belong to pools that may be gone; their contacts are matched anew.
        self.forget_match_questions();
        self.matching = Matching {
            pool_of,
            ..Matching::default()
        };
        // Who may serve a contact, and when more may, has changed.
        let waiting: Vec<CallId> = self.waiting.all().collect();
        for call in waiting {
            self.with_call(call, |call, tenant| call.widen(tenant));
        }
        self.staffing_changed = true;
    }

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
            if call.left_out {
                continue;
            }
            let Some(settings) = self.queue_settings(call, queue) else {
                continue;
            };
            let candidates = self.candidates(call, &settings);
            let Some(first) = candidates.first().copied() else {
                continue;
            };
            if let Some(plugin) = settings.contact_select {
                let rivals = self.rivals(&contacts, index, first.agent);
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
            let Some(queue) = call.waits_in() else {
                continue;
            };
            let staffed = self
                .queue_settings(call, queue)
                .is_none_or(|settings| self.is_staffed(&settings));
            if staffed {
                self.timers.clear(timer);
            } else if !self.timers.is_set(timer) {
                self.timers.set(timer, at);
            }
        }
    }

    /// Tells whether anybody is logged in who could serve contacts of the queue, free or not, at
    /// once or later: when a group joins in or a requirement has expired.
    pub(crate) fn is_staffed(&self, settings: &Queue) -> bool {
        let Some(config) = self.config.as_ref() else {
            return false;
        };
        let lasting: Vec<Requirement> = settings
            .requirements
            .iter()
            .filter(|requirement| requirement.expires_after.is_none())
            .cloned()
            .collect();
        settings.groups.iter().any(|service| {
            config
                .groups
                .get(&service.group)
                .into_iter()
                .flatten()
                .any(|id| {
                    let logged_in = self.agents.get(id).is_some_and(Agent::is_staffed);
                    logged_in && has_skills(config, *id, &lasting)
                })
        })
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

    fn candidates_now(&self, call: CallId) -> Option<(QueueId, Vec<Candidate>)> {
        let call = self.calls.get(&call)?;
        let queue = call.waits_in()?;
        let settings = self.queue_settings(call, queue)?;
        Some((queue, self.candidates(call, &settings)))
    }

    /// Tells whether the agent is ready and the contact waits for somebody like this agent.
    fn may_serve(&self, agent: AgentId, id: CallId) -> bool {
        let Some(config) = self.config.as_ref() else {
            return false;
        };
        let Some(call) = self.calls.get(&id) else {
            return false;
        };
        let Some(settings) = call
            .waits_in()
            .and_then(|queue| self.queue_settings(call, queue))
        else {
            return false;
        };
        let ready = self.agents.get(&agent).is_some_and(Agent::is_ready);
        ready
            && !call.suppressed.contains(&agent)
            && has_skills(
                config,
                agent,
                &call.requirements_in_force(&settings, self.now),
            )
            && group_order(config, &settings, agent, call.waited(self.now)).is_some()
    }

    fn candidates(&self, call: &Call, settings: &Queue) -> Vec<Candidate> {
        let Some(config) = self.config.as_ref() else {
            return Vec::new();
        };
        let requirements = call.requirements_in_force(settings, self.now);
        let waited = call.waited(self.now);
        let mut candidates: Vec<Candidate> = self
            .ready
            .iter()
            .filter(|(_, agent)| !call.suppressed.contains(agent))
            .filter(|(_, agent)| has_skills(config, *agent, &requirements))
            .filter_map(|(idle_since, agent)| {
                let group_order = group_order(config, settings, agent, waited)?;
                Some(Candidate {
                    group_order,
                    idle_since,
                    agent,
                })
            })
            .collect();
        candidates.sort_unstable();
        candidates.truncate(usize::try_from(config.limits.candidates_max).unwrap_or(usize::MAX));
        candidates
    }

    /// Contacts from `index` on that the agent may serve as well.
    fn rivals(&self, contacts: &[CallId], index: usize, agent: AgentId) -> Vec<CallId> {
        let most = usize::try_from(self.limits().candidates_max).unwrap_or(usize::MAX);
        contacts
            .iter()
            .skip(index)
            .filter(|id| self.may_serve(agent, **id))
            .take(most)
            .copied()
            .collect()
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

    fn agent_row(&self, candidate: Candidate) -> AgentRow {
        AgentRow {
            agent: candidate.agent,
            idle: self.now.since(candidate.idle_since),
            group_order: candidate.group_order,
            contacts_handled: self
                .agents
                .get(&candidate.agent)
                .map_or(0, |agent| agent.handled),
        }
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
    }
}

fn join_pools(pool_of: &mut BTreeMap<QueueId, QueueId>, one: QueueId, other: QueueId) {
    let one = pool_of.get(&one).copied().unwrap_or(one);
    let other = pool_of.get(&other).copied().unwrap_or(other);
    let (keep, drop) = (one.min(other), one.max(other));
    for pool in pool_of.values_mut() {
        if *pool == drop {
            *pool = keep;
        }
    }
}

fn is_member(config: &Config, group: GroupId, agent: AgentId) -> bool {
    config
        .groups
        .get(&group)
        .is_some_and(|members| members.contains(&agent))
}

/// The order of the first group that serves the queue, has joined in and has the agent.
fn group_order(config: &Config, settings: &Queue, agent: AgentId, waited: Millis) -> Option<u32> {
    settings
        .groups
        .iter()
        .filter(|service| service.delay <= waited && is_member(config, service.group, agent))
        .map(|service| service.order)
        .min()
}

fn has_skills(config: &Config, agent: AgentId, requirements: &[Requirement]) -> bool {
    requirements
        .iter()
        .filter(|requirement| requirement.required)
        .all(|requirement| level(config, agent, requirement.skill) >= requirement.minimum.max(1))
}

fn level(config: &Config, agent: AgentId, skill: SkillId) -> u8 {
    config
        .agents
        .get(&agent)
        .and_then(|profile| profile.skills.get(&skill).copied())
        .unwrap_or(0)
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
