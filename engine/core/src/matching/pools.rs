//! Pools: sets of queues that share agents. What happens in one does not concern another.

use crate::config::Queue;
use crate::ids::{AgentId, CallId, QuestionId, QueueId};
use crate::matching::candidates::is_member;
use crate::tenant::Tenant;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Pools and what is going on in them.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Matching {
    /// The pool of each queue, named by its lowest queue.
    pub(super) pool_of: BTreeMap<QueueId, QueueId>,
    /// Pools in which something changed since they were last matched.
    pub(super) changed: BTreeSet<QueueId>,
    /// The question in flight of each pool.
    pub(super) in_flight: BTreeMap<QueueId, QuestionId>,
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

    pub(super) fn pool(&self, queue: QueueId) -> QueueId {
        self.pool_of.get(&queue).copied().unwrap_or(queue)
    }

    pub(super) fn queues(&self, pool: QueueId) -> BTreeSet<QueueId> {
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
}

pub(super) fn join_pools(pool_of: &mut BTreeMap<QueueId, QueueId>, one: QueueId, other: QueueId) {
    let one = pool_of.get(&one).copied().unwrap_or(one);
    let other = pool_of.get(&other).copied().unwrap_or(other);
    let (keep, drop) = (one.min(other), one.max(other));
    for pool in pool_of.values_mut() {
        if *pool == drop {
            *pool = keep;
        }
    }
}
