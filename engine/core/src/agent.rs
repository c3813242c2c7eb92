//! Agents: what they are doing and since when.

use crate::command::Command;
use crate::event::{AgentStatus, Event};
use crate::ids::{AgentId, CallId, CodeId, Timestamp};
use crate::input::{AgentAction, Refusal, Reply};
use crate::tenant::Tenant;
use crate::timers::Timer;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An agent's live side; the profile is in the configuration.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Agent {
    pub(crate) state: AgentState,
    /// What the agent asked for while reserved, busy or in wrap-up.
    pub(crate) next: Option<Next>,
    /// They go offline next because their desktop was not heard of in time, not because they said so.
    #[serde(default)]
    lapsed: bool,
    /// Contacts handled since the journal began.
    pub(crate) handled: u32,
    /// Index of the endpoint that answered the last contact.
    pub(crate) answered_at: Option<u32>,
    /// Calls for which the service may still ring the agent, or have them in, although their part is over.
    #[serde(default)]
    pub(crate) withheld_by: BTreeSet<CallId>,
}

/// What an agent is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum AgentState {
    Offline,
    Ready {
        since: Timestamp,
    },
    /// Holds the place behind an offer.
    Reserved {
        call: CallId,
        idle_since: Timestamp,
    },
    Busy {
        call: CallId,
    },
    WrapUp {
        call: CallId,
    },
    NotReady {
        reason: NotReady,
    },
}

/// Why an agent is not ready.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum NotReady {
    /// A reason of the configuration.
    Reason(CodeId),
    /// An offer rang out.
    Rona,
}

/// What follows when the present contact is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Next {
    NotReady(CodeId),
    Offline,
}

impl Agent {
    pub(crate) fn new() -> Self {
        Self {
            state: AgentState::Offline,
            next: None,
            lapsed: false,
            handled: 0,
            answered_at: None,
            withheld_by: BTreeSet::new(),
        }
    }

    /// Logged in, whatever the agent is doing.
    pub(crate) fn is_staffed(&self) -> bool {
        match self.state {
            AgentState::Offline => false,
            AgentState::Ready { .. }
            | AgentState::Reserved { .. }
            | AgentState::Busy { .. }
            | AgentState::WrapUp { .. }
            | AgentState::NotReady { .. } => true,
        }
    }

    /// Free for a contact.
    pub(crate) fn is_ready(&self) -> bool {
        let AgentState::Ready { .. } = self.state else {
            return false;
        };
        self.withheld_by.is_empty()
    }

    pub(crate) fn status(&self) -> AgentStatus {
        match self.state {
            AgentState::Offline => AgentStatus::Offline,
            AgentState::Ready { .. } => AgentStatus::Ready,
            AgentState::Reserved { .. } => AgentStatus::Reserved,
            AgentState::Busy { .. } => AgentStatus::Busy,
            AgentState::WrapUp { .. } => AgentStatus::WrapUp,
            AgentState::NotReady {
                reason: NotReady::Reason(code),
            } => AgentStatus::NotReady(code),
            AgentState::NotReady {
                reason: NotReady::Rona,
            } => AgentStatus::NotReadyRona,
        }
    }
}

/// Agents who are free for a contact, longest idle first.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ReadyAgents(BTreeSet<(Timestamp, AgentId)>);

impl ReadyAgents {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Timestamp, AgentId)> + '_ {
        self.0.iter().copied()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn insert(&mut self, since: Timestamp, agent: AgentId) {
        self.0.insert((since, agent));
    }

    pub(crate) fn remove(&mut self, since: Timestamp, agent: AgentId) {
        self.0.remove(&(since, agent));
    }
}

impl Tenant {
    pub(crate) fn handle_agent(&mut self, id: AgentId, action: AgentAction) -> Reply {
        let Some(config) = self.config.clone() else {
            return Reply::Refused(Refusal::NotConfigured);
        };
        if !config.agents.contains_key(&id) {
            return Reply::Refused(Refusal::UnknownAgent);
        }
        let Some(agent) = self.agents.get(&id) else {
            return Reply::Refused(Refusal::UnknownAgent);
        };
        let state = agent.state;
        self.show_life(id);
        match action {
            AgentAction::Ready => {
                match state {
                    AgentState::Ready { .. } => {}
                    AgentState::Offline | AgentState::NotReady { .. } => {
                        self.ready_for_all(id);
                        self.set_agent_state(id, AgentState::Ready { since: self.now });
                    }
                    AgentState::WrapUp { .. } => {
                        self.set_next(id, None);
                        self.finish_wrap_up(id);
                    }
                    AgentState::Reserved { .. } | AgentState::Busy { .. } => {
                        self.set_next(id, None);
                    }
                }
                self.renew_lease(id);
                Reply::Done
            }
            AgentAction::NotReady(code) => {
                if !config.not_ready_reasons.contains(&code) {
                    return Reply::Refused(Refusal::UnknownCode);
                }
                match state {
                    AgentState::Reserved { .. } | AgentState::Busy { .. } => {
                        self.set_next(id, Some(Next::NotReady(code)));
                    }
                    AgentState::WrapUp { .. } => {
                        self.set_next(id, Some(Next::NotReady(code)));
                        self.finish_wrap_up(id);
                    }
                    AgentState::Offline
                    | AgentState::Ready { .. }
                    | AgentState::NotReady { .. } => {
                        let reason = NotReady::Reason(code);
                        self.set_agent_state(id, AgentState::NotReady { reason });
                    }
                }
                self.renew_lease(id);
                Reply::Done
            }
            AgentAction::Offline => {
                self.take_offline(id);
                Reply::Done
            }
            AgentAction::Heartbeat => {
                if state == AgentState::Offline {
                    return Reply::Refused(Refusal::NotNow);
                }
                Reply::Done
            }
            AgentAction::WrapUpDone => match state {
                AgentState::WrapUp { .. } => {
                    self.finish_wrap_up(id);
                    Reply::Done
                }
                AgentState::Offline
                | AgentState::Ready { .. }
                | AgentState::Reserved { .. }
                | AgentState::Busy { .. }
                | AgentState::NotReady { .. } => Reply::Refused(Refusal::NotNow),
            },
            AgentAction::Accept(offer) => self
                .with_call(offer.call, |call, tenant| {
                    call.handle_accept(tenant, id, offer)
                })
                .unwrap_or(Reply::Refused(Refusal::ClosedOffer)),
            AgentAction::Decline(offer) => self
                .with_call(offer.call, |call, tenant| {
                    call.handle_decline(tenant, id, offer)
                })
                .unwrap_or(Reply::Refused(Refusal::ClosedOffer)),
            AgentAction::Disposition { call, code } => {
                if !config.dispositions.contains(&code) {
                    return Reply::Refused(Refusal::UnknownCode);
                }
                self.set_disposition(id, call, code)
            }
        }
    }

    /// Who makes themselves ready anew is offered the contacts again that they have declined or missed: somebody who waits for
    /// nobody else would wait in vain.
    fn ready_for_all(&mut self, id: AgentId) {
        for call in self.calls.values_mut() {
            call.suppressed.remove(&id);
        }
    }

    /// The agent is gone: at once when free, after the present contact otherwise. An offer is
    /// taken back.
    pub(crate) fn take_offline(&mut self, id: AgentId) {
        let Some(agent) = self.agents.get(&id) else {
            return;
        };
        match agent.state {
            AgentState::Offline => {}
            AgentState::Ready { .. } | AgentState::NotReady { .. } => {
                self.set_agent_state(id, AgentState::Offline);
            }
            AgentState::Reserved { call, .. } => {
                self.set_next(id, Some(Next::Offline));
                self.with_call(call, |call, tenant| call.revoke_offer(tenant));
            }
            AgentState::Busy { .. } => self.set_next(id, Some(Next::Offline)),
            AgentState::WrapUp { .. } => {
                self.set_next(id, Some(Next::Offline));
                self.finish_wrap_up(id);
            }
        }
        self.timers.clear(Timer::Lease(id));
    }

    /// Changes an agent's state, keeps the index of ready agents and tells the embedder.
    pub(crate) fn set_agent_state(&mut self, id: AgentId, state: AgentState) {
        let Some(agent) = self.agents.get_mut(&id) else {
            return;
        };
        let was_staffed = agent.is_staffed();
        if let AgentState::Ready { since } = agent.state {
            self.ready.remove(since, id);
        }
        agent.state = state;
        self.staffing_changed |= agent.is_staffed() != was_staffed;
        let status = agent.status();
        match state {
            AgentState::Ready { since } => {
                agent.next = None;
                if agent.is_ready() {
                    self.ready.insert(since, id);
                    self.pools_of_agent_changed(id);
                }
            }
            AgentState::Offline | AgentState::NotReady { .. } => agent.next = None,
            AgentState::Reserved { .. } | AgentState::Busy { .. } | AgentState::WrapUp { .. } => {}
        }
        self.commands.push_back(Command::Emit(Event::AgentChanged {
            agent: id,
            state: status,
        }));
    }

    /// The agent has nothing to do any more: takes what was asked for meanwhile, or is ready.
    /// `idle_since` keeps the place of an agent whose offer came to nothing by no fault of theirs.
    pub(crate) fn free_agent(&mut self, id: AgentId, idle_since: Option<Timestamp>) {
        let Some(agent) = self.agents.get(&id) else {
            return;
        };
        let state = match agent.next {
            Some(Next::Offline) => AgentState::Offline,
            Some(Next::NotReady(code)) => AgentState::NotReady {
                reason: NotReady::Reason(code),
            },
            None => AgentState::Ready {
                since: idle_since.unwrap_or(self.now),
            },
        };
        let configured = self
            .config
            .as_ref()
            .is_some_and(|config| config.agents.contains_key(&id));
        self.set_agent_state(
            id,
            if configured {
                state
            } else {
                AgentState::Offline
            },
        );
    }

    /// Ends an agent's wrap-up and the call that it belongs to.
    pub(crate) fn finish_wrap_up(&mut self, id: AgentId) {
        let Some(agent) = self.agents.get(&id) else {
            return;
        };
        let AgentState::WrapUp { call } = agent.state else {
            return;
        };
        self.timers.clear(Timer::WrapUp(id));
        self.free_agent(id, None);
        self.with_call(call, |call, tenant| call.wrap_up_done(tenant, id));
    }

    /// A sign of life of the agent's desktop: it is back in time for what the agent does next.
    pub(crate) fn show_life(&mut self, id: AgentId) {
        if let Some(agent) = self.agents.get_mut(&id)
            && std::mem::take(&mut agent.lapsed)
            && agent.next == Some(Next::Offline)
        {
            agent.next = None;
        }
        self.renew_lease(id);
    }

    /// No sign of life came in time.
    pub(crate) fn lease_lapsed(&mut self, id: AgentId) {
        self.take_offline(id);
        if let Some(agent) = self.agents.get_mut(&id) {
            agent.lapsed = agent.next == Some(Next::Offline);
        }
    }

    /// The lease begins anew.
    fn renew_lease(&mut self, id: AgentId) {
        let lease = self.config.as_ref().and_then(|config| config.agent_lease);
        let staffed = self.agents.get(&id).is_some_and(Agent::is_staffed);
        let configured = self.config.as_ref();
        let configured = configured.is_some_and(|config| config.agents.contains_key(&id));
        match lease.filter(|_| staffed && configured) {
            Some(lease) => self.timers.set(Timer::Lease(id), self.now.after(lease)),
            None => self.timers.clear(Timer::Lease(id)),
        }
    }

    /// Leases begin anew: desktops could not show that they are alive, or the lease has changed.
    pub(crate) fn renew_leases(&mut self) {
        let agents: Vec<AgentId> = self.agents.keys().copied().collect();
        for agent in agents {
            self.renew_lease(agent);
        }
    }

    fn set_next(&mut self, id: AgentId, next: Option<Next>) {
        if let Some(agent) = self.agents.get_mut(&id) {
            agent.next = next;
            agent.lapsed = false;
        }
    }
}
