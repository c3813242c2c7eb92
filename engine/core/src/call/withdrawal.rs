//! An agent whose part in a call is over is not rung for another one before the service has let go of them.
//!
//! An offer ends here at once, but the withdrawal of an invitation travels, may be lost, and is confirmed by an event; so is
//! the removal of a leg, and the end of a call. Until then the agent may be ready and is offered nothing: for an invitation
//! at most as long as it can ring, for a leg until the service says or shows that it is gone.

use crate::agent::AgentState;
use crate::call::operations::{Finished, OpenOperation, Purpose, is_transient};
use crate::call::{Call, State};
use crate::command::Operation;
use crate::event::PartyChange;
use crate::ids::{AgentId, CallId, InvitationId};
use crate::input::Outcome;
use crate::participant::Participant;
use crate::seeded_bugs::{Bug, is_made};
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

    /// An invitation is over, or given up, although nobody knows what became of its request: it may wait behind others and
    /// ring only then, or ring a second time because its first answer was lost. Whom it rings is withheld until there is an
    /// outcome, or as long as a second ring may last, and what rings then is cancelled.
    pub(super) fn withdraw_uncertain(&mut self, tenant: &mut Tenant, sequence: u32) -> bool {
        let Some(open) = self.operations.get_mut(&sequence) else {
            return false;
        };
        // The end of a second ring is told by an event of its own.
        let uncertain = !open.answered || std::mem::take(&mut open.in_doubt);
        let Some(who) = open.purpose.adds().filter(|_| uncertain) else {
            return false;
        };
        let agent = tenant.agent_behind(who);
        open.cancelled = true;
        open.withholds = open.withholds.or(agent);
        let invitation = open.invitation.clone();
        if let Some(agent) = open.withholds {
            self.withhold(tenant, agent);
        }
        // Which of two invitations is over is not told. Where it is this one, there is nothing to cancel.
        if let Some(invitation) = invitation {
            self.cancel_invitation(tenant, invitation);
        }
        true
    }

    /// A withdrawn invitation has ended. Who answered all the same is taken out again.
    pub(super) fn withdrawn_ended(
        &mut self,
        tenant: &mut Tenant,
        purpose: Purpose,
        finished: &Finished,
    ) {
        self.tell_failure(tenant, &purpose, finished);
        if let (Finished::Done, Some(who)) = (finished, purpose.adds()) {
            if self.is_expected(who) {
                return self.look_for_who_joined_now(tenant);
            }
            let agent = tenant.agent_behind(who);
            return self.remove_leg(tenant, who.clone(), agent);
        }
        if let Purpose::AddParty(who) = purpose {
            self.tell_party(tenant, &who, PartyChange::AddFailed);
        }
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
            // The service was busy, and the invitation may ring until its own end.
            Outcome::Refused { status, .. } if is_transient(*status) => {}
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

    /// The call is about to be hung up: the agent who is rung for it, or in it, is so until it is over.
    pub(crate) fn withhold_agent(&mut self, tenant: &mut Tenant) {
        if let Some(agent) = self.agent().filter(|_| !self.is_external()) {
            self.withhold(tenant, agent);
        }
    }

    /// After each input: lets go of the agents whom the service has let go of.
    pub(crate) fn let_go(&mut self, tenant: &mut Tenant) {
        if self.withheld.is_empty() || is_made(Bug::NeverLetsGo) {
            return;
        }
        let still: BTreeSet<AgentId> = match self.state {
            // Nothing is watched any more, but the end itself.
            State::Ending(_) => return,
            State::WrapUp(_) | State::Ended(_) => BTreeSet::new(),
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Offering(_)
            | State::Connected(_)
            | State::Bridged(_)
            | State::Exiting(_) => self
                .operations
                .values()
                .filter_map(|open| open.withholds)
                .chain(self.unwanted.iter().filter_map(|leg| leg.agent))
                .collect(),
        };
        for agent in self.withheld.difference(&still) {
            tenant.let_go_of_agent(*agent, self.id);
        }
        self.withheld = still;
    }

    pub(super) fn withhold(&mut self, tenant: &mut Tenant, agent: AgentId) {
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
