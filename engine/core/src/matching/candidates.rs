//! Who may serve a contact, in native order.

use crate::agent::Agent;
use crate::call::Call;
use crate::config::{Config, Queue};
use crate::ids::{AgentId, CallId, GroupId, Millis, QueueId, SkillId, Timestamp};
use crate::input::Skipped;
use crate::question::{AgentRow, Requirement};
use crate::tenant::Tenant;

/// A ready agent who may serve a contact, in native order: group, then longest idle, then number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    pub(super) group_order: u32,
    pub(super) idle_since: Timestamp,
    pub(super) agent: AgentId,
}

impl Tenant {
    /// Tells whether anybody is logged in who could serve contacts of the queue with requirements of
    /// their `own`, free or not, at once or later: when a group joins in or a requirement has expired.
    pub(crate) fn is_staffed(&self, settings: &Queue, own: &[Requirement]) -> bool {
        let Some(config) = self.config.as_ref() else {
            return false;
        };
        let lasting: Vec<Requirement> = settings
            .requirements
            .iter()
            .chain(own)
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

    pub(super) fn candidates_now(&self, call: CallId) -> Option<(QueueId, Vec<Candidate>)> {
        let call = self.calls.get(&call)?;
        let queue = call.waits_in()?;
        let settings = self.queue_settings(call, queue)?;
        Some((queue, self.candidates(call, &settings)))
    }

    /// Tells whether the agent is ready and the contact waits for somebody like this agent.
    pub(super) fn may_serve(&self, agent: AgentId, id: CallId) -> bool {
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
            && !call.unmatched
            && !call.is_spared(agent)
            && has_skills(
                config,
                agent,
                &call.requirements_in_force(&settings, self.now),
            )
            && group_order(config, &settings, agent, call.waited(self.now)).is_some()
    }

    pub(super) fn candidates(&self, call: &Call, settings: &Queue) -> Vec<Candidate> {
        let Some(config) = self.config.as_ref() else {
            return Vec::new();
        };
        let requirements = call.requirements_in_force(settings, self.now);
        let waited = call.waited(self.now);
        let mut candidates: Vec<Candidate> = self
            .ready
            .iter()
            .filter(|(_, agent)| !call.is_spared(*agent))
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
    pub(super) fn rivals(
        &mut self,
        contacts: &[CallId],
        index: usize,
        agent: AgentId,
    ) -> Vec<CallId> {
        let most = usize::try_from(self.limits().candidates_max).unwrap_or(usize::MAX);
        let mut rivals = Vec::new();
        for id in contacts.iter().skip(index) {
            self.at_work = Some(Skipped::Match(*id));
            if rivals.len() < most && self.may_serve(agent, *id) {
                rivals.push(*id);
            }
        }
        rivals
    }

    pub(super) fn agent_row(&self, candidate: Candidate) -> AgentRow {
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
}

pub(super) fn is_member(config: &Config, group: GroupId, agent: AgentId) -> bool {
    config
        .groups
        .get(&group)
        .is_some_and(|members| members.contains(&agent))
}

/// The order of the first group that serves the queue, has joined in and has the agent.
pub(super) fn group_order(
    config: &Config,
    settings: &Queue,
    agent: AgentId,
    waited: Millis,
) -> Option<u32> {
    settings
        .groups
        .iter()
        .filter(|service| service.delay <= waited && is_member(config, service.group, agent))
        .map(|service| service.order)
        .min()
}

pub(super) fn has_skills(config: &Config, agent: AgentId, requirements: &[Requirement]) -> bool {
    requirements
        .iter()
        .filter(|requirement| requirement.required)
        .all(|requirement| level(config, agent, requirement.skill) >= requirement.minimum.max(1))
}

pub(super) fn level(config: &Config, agent: AgentId, skill: SkillId) -> u8 {
    config
        .agents
        .get(&agent)
        .and_then(|profile| profile.skills.get(&skill).copied())
        .unwrap_or(0)
}
