//! Live calls as others see them.

use crate::call::{Call, State};
use crate::ids::{AgentId, CallId, QueueId, Timestamp};
use crate::participant::Participant;
use crate::tenant::Tenant;
use std::ops::Bound;

/// Where a call is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// It rings, and the answer is under way.
    Incoming,
    /// It was answered, and its media is not there yet.
    Answering,
    /// The caller hears a greeting or a menu.
    Menu,
    /// A plugin is asked which queue the caller gets.
    Classifying,
    /// The caller waits in a queue.
    Queued,
    /// An agent is offered the contact.
    Offering,
    /// Caller and agent talk.
    Connected,
    /// The caller talks to parties other than an agent.
    Bridged,
    /// The caller leaves by a queue's exit.
    Exiting,
    /// It was hung up, and the service has not said that it is over.
    Ending,
    /// It is over, and the agent finishes it.
    WrapUp,
}

impl Phase {
    /// The name that is shown: in lower case, with hyphens.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Answering => "answering",
            Self::Menu => "menu",
            Self::Classifying => "classifying",
            Self::Queued => "queued",
            Self::Offering => "offering",
            Self::Connected => "connected",
            Self::Bridged => "bridged",
            Self::Exiting => "exiting",
            Self::Ending => "ending",
            Self::WrapUp => "wrap-up",
        }
    }
}

/// A call that lives, wrap-up included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LiveCall {
    /// The call.
    pub call: CallId,
    /// Where it is.
    pub phase: Phase,
    /// Who calls.
    pub caller: Participant,
    /// The queue in which the caller waits, or from which the agent took them.
    pub queue: Option<QueueId>,
    /// The agent who is offered the contact, talks or wraps up.
    pub agent: Option<AgentId>,
    /// When the caller came into a queue first.
    pub queued_since: Option<Timestamp>,
}

impl Tenant {
    /// Lists calls that live, oldest first: at most `limit` of those that came after `after`.
    #[must_use]
    pub fn live_calls_after(&self, after: Option<CallId>, limit: usize) -> Vec<LiveCall> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.calls
            .range((from, Bound::Unbounded))
            .filter_map(|(_, call)| call.live())
            .take(limit)
            .collect()
    }

    /// Counts the calls that are over but for what their agent has to finish.
    #[must_use]
    pub fn wrap_ups(&self) -> usize {
        let wraps_up = |call: &&Call| call.phase() == Some(Phase::WrapUp);
        self.calls.values().filter(wraps_up).count()
    }
}

impl Call {
    fn live(&self) -> Option<LiveCall> {
        Some(LiveCall {
            call: self.id,
            phase: self.phase()?,
            caller: self.from.clone(),
            queue: self.queue(),
            agent: self.agent(),
            queued_since: self.queued_since,
        })
    }

    fn phase(&self) -> Option<Phase> {
        Some(match self.state {
            State::Incoming(_) => Phase::Incoming,
            State::Answering(_) => Phase::Answering,
            State::Menu(_) => Phase::Menu,
            State::Classifying(_) => Phase::Classifying,
            State::Queued(_) => Phase::Queued,
            State::Offering(_) => Phase::Offering,
            State::Connected(_) => Phase::Connected,
            State::Bridged(_) => Phase::Bridged,
            State::Exiting(_) => Phase::Exiting,
            State::Ending(_) => Phase::Ending,
            State::WrapUp(_) => Phase::WrapUp,
            State::Ended(_) => return None,
        })
    }
}
