//! Agents, queues and calls at one moment.

use super::Engine;
use crate::events::EventCursor;
use crate::pending::Pending;
use cordboard_core::LiveCall;
use cordboard_core::event::AgentStatus;
use cordboard_core::ids::{AgentId, CallId, QueueId, Timestamp};
use cordboard_core::matching::Wait;

/// Agents, queues and calls at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Overview {
    /// The newest event that this shows the effect of: subscribe after it to stay up to date.
    pub through: EventCursor,
    /// All agents of the configuration.
    pub agents: Vec<AgentOverview>,
    /// All queues of the configuration.
    pub queues: Vec<QueueOverview>,
    /// Calls that live, wrap-up included.
    pub live_calls: usize,
    /// Those of them that are over but for what their agent has to finish.
    pub wrap_ups: usize,
}

/// An agent at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentOverview {
    /// The agent.
    pub agent: AgentId,
    /// What the agent is doing.
    pub status: AgentStatus,
}

/// A queue at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueueOverview {
    /// The queue.
    pub queue: QueueId,
    /// How many wait in it, those who are being offered included.
    pub waiting: usize,
}

pub(super) fn live_calls(
    engine: &Engine,
    after: Option<CallId>,
    limit: usize,
) -> Pending<Vec<LiveCall>> {
    engine
        .driver()
        .look(move |tenant, _| tenant.live_calls_after(after, limit))
}

pub(super) fn wait_of_call(engine: &Engine, call: CallId) -> Pending<Option<Wait>> {
    let now = Timestamp(engine.clock().now());
    engine
        .driver()
        .look(move |tenant, _| tenant.wait_of_call(now, call))
}

pub(super) fn look(engine: &Engine) -> Pending<Overview> {
    engine.driver().look(|tenant, seq| {
        let config = tenant.config();
        let agents = config
            .into_iter()
            .flat_map(|config| config.agents.keys())
            .map(|agent| AgentOverview {
                agent: *agent,
                status: tenant.agent_status(*agent).unwrap_or(AgentStatus::Offline),
            })
            .collect();
        let queues = config
            .into_iter()
            .flat_map(|config| config.queues.keys())
            .map(|queue| QueueOverview {
                queue: *queue,
                waiting: tenant.queue_length(*queue),
            })
            .collect();
        Overview {
            through: EventCursor {
                sequence: seq.0,
                index: u32::MAX,
            },
            agents,
            queues,
            live_calls: tenant.live_calls(),
            wrap_ups: tenant.wrap_ups(),
        }
    })
}
