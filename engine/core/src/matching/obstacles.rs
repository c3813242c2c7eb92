//! Why nobody is rung for a contact that waits: what keeps each agent of its queue's groups from it.

use crate::call::Call;
use crate::config::{Config, Queue};
use crate::event::AgentStatus;
use crate::ids::{AgentId, CallId, Millis, QueueId, SkillId, Timestamp};
use crate::matching::candidates::{is_member, level};
use crate::question::Requirement;
use crate::tenant::Tenant;
use std::collections::BTreeSet;

/// Most agents that are told of one by one; the others are counted.
pub const AGENTS_TOLD_MAX: usize = 100;

/// What a contact that waits in a queue waits for. A contact that is being offered does not wait.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wait {
    /// The queue.
    pub queue: QueueId,
    /// When the contact began to wait there.
    pub since: Timestamp,
    /// Its place in the native order, from 1.
    pub position: u32,
    /// A plugin is being asked about the contacts that share agents with this one.
    pub is_asked_about: bool,
    /// The plugin ranked nobody for it: it is asked about again when something changes.
    pub nobody_ranked: bool,
    /// Agents of the queue's groups, in the order of their numbers; [`AGENTS_TOLD_MAX`] at most.
    pub agents: Vec<AgentObstacles>,
    /// How many more the groups have.
    pub more_agents: usize,
}

/// What keeps an agent from a contact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentObstacles {
    /// The agent.
    pub agent: AgentId,
    /// Everything that is in the way, what lasts first. Empty: the agent is free for the contact, and
    /// only a question or an earlier contact is between them.
    pub obstacles: Vec<Obstacle>,
}

/// One thing that keeps an agent from a contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Obstacle {
    /// The agent's level is below what the queue or the contact requires now.
    LacksSkill {
        /// The skill.
        skill: SkillId,
        /// The agent's level; 0 without the skill.
        level: u8,
        /// The least level that is required.
        minimum: u8,
    },
    /// The agent has declined this contact, or let it ring out.
    Suppressed,
    /// The last offer to the agent failed at the service; it is tried again before long.
    OfferFailed,
    /// The agent's group joins in later.
    GroupDelay {
        /// When.
        joins_at: Timestamp,
    },
    /// The agent is not free: what they do instead.
    NotAvailable(AgentStatus),
    /// The service may still ring the agent for another call, or have them in one.
    Withheld,
}

impl Tenant {
    /// Tells what a contact waits for. `None` for a call that does not wait in a queue, or is being offered.
    ///
    /// A group delay counts up to `now`, the time of the question.
    #[must_use]
    pub fn wait_of_call(&self, now: Timestamp, id: CallId) -> Option<Wait> {
        let call = self.calls.get(&id)?;
        let queue = call.waits_in()?;
        let settings = self.queue_settings(call, queue)?;
        let config = self.config.as_ref()?;
        let since = call.queued_since?;
        let members: BTreeSet<AgentId> = settings
            .groups
            .iter()
            .filter_map(|service| config.groups.get(&service.group))
            .flatten()
            .copied()
            .collect();
        let requirements = call.requirements_in_force(&settings, now);
        let agents = members
            .iter()
            .take(AGENTS_TOLD_MAX)
            .map(|agent| AgentObstacles {
                agent: *agent,
                obstacles: self.obstacles(now, config, call, &settings, &requirements, *agent),
            })
            .collect();
        let pool = self.matching.pool(queue);
        Some(Wait {
            queue,
            since,
            position: self.waiting.position(queue, call.waiting()?.place),
            is_asked_about: self.matching.in_flight.contains_key(&pool),
            nobody_ranked: call.left_out,
            agents,
            more_agents: members.len().saturating_sub(AGENTS_TOLD_MAX),
        })
    }

    fn obstacles(
        &self,
        now: Timestamp,
        config: &Config,
        call: &Call,
        settings: &Queue,
        requirements: &[Requirement],
        id: AgentId,
    ) -> Vec<Obstacle> {
        let mut obstacles: Vec<Obstacle> = requirements
            .iter()
            .filter(|requirement| requirement.required)
            .filter_map(|requirement| {
                let level = level(config, id, requirement.skill);
                let minimum = requirement.minimum.max(1);
                (level < minimum).then_some(Obstacle::LacksSkill {
                    skill: requirement.skill,
                    level,
                    minimum,
                })
            })
            .collect();
        if call.suppressed.contains(&id) {
            obstacles.push(Obstacle::Suppressed);
        } else if call.is_spared(id) {
            obstacles.push(Obstacle::OfferFailed);
        }
        if let Some(since) = call.queued_since
            && let Some(delay) = shortest_delay(config, settings, id)
            && since.after(delay) > now
        {
            obstacles.push(Obstacle::GroupDelay {
                joins_at: since.after(delay),
            });
        }
        let agent = self.agents.get(&id);
        let status = agent.map_or(AgentStatus::Offline, |agent| agent.status());
        if status != AgentStatus::Ready {
            obstacles.push(Obstacle::NotAvailable(status));
        } else if agent.is_some_and(|agent| !agent.is_ready()) {
            obstacles.push(Obstacle::Withheld);
        }
        obstacles
    }
}

/// After how long the first group that has the agent joins in.
fn shortest_delay(config: &Config, settings: &Queue, agent: AgentId) -> Option<Millis> {
    settings
        .groups
        .iter()
        .filter(|service| is_member(config, service.group, agent))
        .map(|service| service.delay)
        .min()
}
