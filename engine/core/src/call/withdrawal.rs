//! An agent whose part in a call is over is not rung for another one before the service has let go of them.
//!
//! An offer ends here at once, but the withdrawal of an invitation travels, may be lost, and is confirmed by an event; so
//! does a leg that is taken out, and so does the end of a call. Until then, or until the operation's deadline, after which
//! nothing rings any more, the agent is ready and is offered nothing.

use crate::agent::AgentState;
use crate::call::operations::{Finished, OpenOperation, Purpose};
use crate::call::{Call, State};
use crate::command::Operation;
use crate::ids::{AgentId, CallId, InvitationId};
use crate::input::Outcome;
use crate::participant::Participant;
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};
use std::collections::BTreeSet;

impl Call {
    /// An open `participants:add` is not wanted any more: it is cancelled, or will be as soon as its
    /// invitation is known. Who answers all the same is taken out again.
    pub(crate) fn cancel_add(
        &mut self,
        tenant: &mut Tenant,
        sequence: u32,
        agent: Option<AgentId>,
    ) {
        let Some(open) = self.operations.get_mut(&sequence) else {
            return;
        };
        if open.cancelled {
            return;
        }
        open.cancelled = true;
        open.withholds = agent;
        let invitation = open.invitation.clone();
        if let Some(agent) = agent {
            self.withhold(tenant, agent);
        }
        if let Some(invitation) = invitation {
            self.cancel_invitation(tenant, invitation);
        }
    }

    /// A ring is over although its request has no outcome: where the answer was lost, the request is on its way a second
    /// time and rings again. The agent is withheld until there is an outcome, and what it rings is cancelled.
    pub(super) fn may_ring_again(&mut self, tenant: &mut Tenant, sequence: u32) -> bool {
        let Some(open) = self.operations.get_mut(&sequence) else {
            return false;
        };
        let Purpose::Ring { participant, .. } = &open.purpose else {
            return false;
        };
        if open.answered {
            return false;
        }
        let agent = tenant.agent_behind(participant);
        open.cancelled = true;
        open.withholds = agent;
        if let Some(agent) = agent {
            self.withhold(tenant, agent);
        }
        true
    }

    pub(crate) fn cancel_invitation(&mut self, tenant: &mut Tenant, invitation: InvitationId) {
        if let Some(connection) = self.connection.clone() {
            let sequence = self.operate(
                tenant,
                Purpose::CancelAdd,
                Operation::CancelAdd {
                    connection,
                    invitation: invitation.clone(),
                },
            );
            if let Some(open) = self.operations.get_mut(&sequence) {
                open.invitation = Some(invitation);
            }
        }
    }

    /// The service has taken a cancellation, or had none to take: what becomes of the invitation is told by an event that
    /// is on its way. When nobody knows whether it was taken it is sent again, as long as the invitation may ring.
    pub(crate) fn cancellation_ended(
        &mut self,
        tenant: &mut Tenant,
        invitation: InvitationId,
        outcome: &Outcome,
    ) {
        let withdrawn = |open: &OpenOperation| {
            open.cancelled
                && open.purpose.adds().is_some()
                && open.invitation.as_ref() == Some(&invitation)
        };
        let found = self.operations.iter().find(|(_, open)| withdrawn(open));
        let Some(sequence) = found.map(|(sequence, _)| *sequence) else {
            return;
        };
        match outcome {
            Outcome::Accepted(_) | Outcome::Refused { .. } => {
                let at = tenant.now.after(tenant.timeouts().event);
                let timer = Timer::Call(self.id, CallTimer::Operation(sequence));
                if !tenant.timers.is_due(timer, at) {
                    tenant.timers.set(timer, at);
                }
            }
            Outcome::Unknown => self.cancel_invitation(tenant, invitation),
        }
    }

    /// Takes a leg out that is not wanted; `agent` is who it belongs to.
    pub(crate) fn remove_leg(
        &mut self,
        tenant: &mut Tenant,
        participant: Participant,
        agent: Option<AgentId>,
    ) {
        self.try_to_remove_leg(tenant, participant, agent, 1);
    }

    /// A removal that failed would leave somebody in the call who is not wanted, and let go of an agent who talks: it is
    /// tried again.
    pub(super) fn leg_removed(
        &mut self,
        tenant: &mut Tenant,
        participant: Participant,
        tries: u32,
        finished: &Finished,
    ) {
        if finished.may_pass() && tries < tenant.limits().tries_max {
            let agent = tenant.agent_behind(&participant);
            self.try_to_remove_leg(tenant, participant, agent, tries.saturating_add(1));
        }
    }

    fn try_to_remove_leg(
        &mut self,
        tenant: &mut Tenant,
        participant: Participant,
        agent: Option<AgentId>,
        tries: u32,
    ) {
        let Some(connection) = self.connection.clone() else {
            return;
        };
        let purpose = Purpose::RemoveLeg {
            participant: participant.clone(),
            tries,
        };
        let sequence = self.operate(
            tenant,
            purpose,
            Operation::RemoveParticipant {
                connection,
                participant,
            },
        );
        if let Some(open) = self.operations.get_mut(&sequence) {
            open.withholds = agent;
        }
        if let Some(agent) = agent {
            self.withhold(tenant, agent);
        }
    }

    /// The call is about to be hung up: the agent who is rung for it, or in it, is so until it is over.
    pub(crate) fn withhold_agent(&mut self, tenant: &mut Tenant) {
        if let Some(agent) = self.agent().filter(|_| !self.is_external()) {
            self.withhold(tenant, agent);
        }
    }

    /// After each input: lets go of the agents whom the service has let go of.
    pub(crate) fn let_go(&mut self, tenant: &mut Tenant) {
        if self.withheld.is_empty() {
            return;
        }
        let still: BTreeSet<AgentId> = match self.state {
            // Nothing is watched any more, but the end itself.
            State::Ending(_) => return,
            State::WrapUp(_) | State::Ended(_) => BTreeSet::new(),
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Queued(_)
            | State::Offering(_)
            | State::Connected(_)
            | State::Bridged(_)
            | State::Exiting(_) => self
                .operations
                .values()
                .filter_map(|open| open.withholds)
                .collect(),
        };
        for agent in self.withheld.difference(&still) {
            tenant.let_go_of_agent(*agent, self.id);
        }
        self.withheld = still;
    }

    fn withhold(&mut self, tenant: &mut Tenant, agent: AgentId) {
        self.withheld.insert(agent);
        tenant.withhold_agent(agent, self.id);
    }
}

impl Tenant {
    /// Whose endpoint a party is.
    pub(crate) fn agent_behind(&self, who: &Participant) -> Option<AgentId> {
        let config = self.config.as_ref()?;
        let found = config.agents.iter().find(|(_, profile)| {
            profile
                .endpoints
                .iter()
                .any(|endpoint| endpoint.participant.is_same_party(who))
        });
        found.map(|(agent, _)| *agent)
    }

    fn withhold_agent(&mut self, id: AgentId, call: CallId) {
        let Some(agent) = self.agents.get_mut(&id) else {
            return;
        };
        agent.withheld_by.insert(call);
        if let AgentState::Ready { since } = agent.state {
            self.ready.remove(since, id);
        }
    }

    fn let_go_of_agent(&mut self, id: AgentId, call: CallId) {
        let Some(agent) = self.agents.get_mut(&id) else {
            return;
        };
        agent.withheld_by.remove(&call);
        if agent.is_ready()
            && let AgentState::Ready { since } = agent.state
        {
            self.ready.insert(since, id);
            self.pools_of_agent_changed(id);
        }
    }
}
