//! Legs that are not wanted in a call: each is taken out, again and again, until the service says or shows that it is gone.
//!
//! Whoever stays hears the caller, and an agent who stays talks while another call is offered to them: so nobody is let go of
//! because a request was refused or its event told of a failure.

use crate::call::Call;
use crate::call::operations::{Finished, Purpose};
use crate::command::Operation;
use crate::ids::{AgentId, Millis};
use crate::participant::Participant;
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};
use serde::{Deserialize, Serialize};

/// A leg that is not wanted.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Unwanted {
    participant: Participant,
    /// Whose endpoint it is: offered nothing until the leg is gone.
    pub(super) agent: Option<AgentId>,
    /// How often it was to be taken out.
    tries: u32,
}

/// How often the wait before the next look is doubled at most: with the default deadlines it is under a minute.
const REMOVAL_DOUBLINGS_MAX: u32 = 2;

impl Call {
    /// Takes a leg out that is not wanted; `agent` is who it belongs to.
    pub(crate) fn remove_leg(
        &mut self,
        tenant: &mut Tenant,
        participant: Participant,
        agent: Option<AgentId>,
    ) {
        if self.connection.is_none() {
            return;
        }
        if let Some(agent) = agent {
            self.withhold(tenant, agent);
        }
        let known = self
            .unwanted
            .iter_mut()
            .find(|leg| leg.participant.is_same_party(&participant));
        match known {
            Some(leg) => leg.agent = leg.agent.or(agent),
            None => self.unwanted.push(Unwanted {
                participant: participant.clone(),
                agent,
                tries: 0,
            }),
        }
        self.take_out(tenant, &participant);
    }

    /// Nobody could tell whether an agent answered, whose ring is over: as long as that is so, they may hear the caller.
    pub(super) fn doubt_leg(&mut self, tenant: &mut Tenant, participant: Participant) {
        let agent = tenant.agent_behind(&participant);
        if self.is_being_removed(&participant) {
            return;
        }
        if let Some(agent) = agent {
            self.withhold(tenant, agent);
        }
        self.unwanted.push(Unwanted {
            participant,
            agent,
            tries: 0,
        });
        self.look_for_unwanted_later(tenant);
    }

    fn take_out(&mut self, tenant: &mut Tenant, participant: &Participant) {
        let Some(connection) = self.connection.clone() else {
            return;
        };
        if self.is_open(|purpose| removes_leg(purpose, participant)) {
            return;
        }
        let leg = self
            .unwanted
            .iter_mut()
            .find(|leg| leg.participant.is_same_party(participant));
        let Some(leg) = leg else { return };
        leg.tries = leg.tries.saturating_add(1);
        let participant = leg.participant.clone();
        let purpose = Purpose::RemoveLeg(participant.clone());
        self.operate(
            tenant,
            purpose,
            Operation::RemoveParticipant {
                connection,
                participant,
            },
        );
    }

    /// A removal has ended. What failed in passing is tried again at once, some times; after that, and where it failed for good,
    /// it is looked whether the leg is there.
    pub(super) fn leg_removed(
        &mut self,
        tenant: &mut Tenant,
        participant: &Participant,
        finished: &Finished,
    ) {
        let found = self
            .unwanted
            .iter()
            .position(|leg| leg.participant.is_same_party(participant));
        let Some(found) = found else { return };
        let gone = match finished {
            Finished::Done | Finished::Digits(_) | Finished::Cancelled => true,
            Finished::Failed(_) | Finished::Unknown => false,
            Finished::Refused { .. } => finished.is_not_found(),
        };
        if gone {
            self.unwanted.remove(found);
            return;
        }
        let tries = self.unwanted.get(found).map_or(0, |leg| leg.tries);
        if finished.may_pass() && tries < tenant.limits().tries_max {
            return self.take_out(tenant, participant);
        }
        self.look_for_unwanted_later(tenant);
    }

    fn look_for_unwanted_later(&self, tenant: &mut Tenant) {
        let timer = Timer::Call(self.id, CallTimer::Unwanted);
        let tries = self.unwanted.iter().map(|leg| leg.tries).min();
        let Some(tries) = tries else {
            return tenant.timers.clear(timer);
        };
        let vain = tries.saturating_sub(tenant.limits().tries_max);
        let wait = tenant.timeouts().event.0 << vain.min(REMOVAL_DOUBLINGS_MAX);
        self.set_timer(tenant, CallTimer::Unwanted, Millis(wait));
    }

    /// Asks who is there while anybody is not wanted; if that fails, it is asked again.
    pub(crate) fn look_for_unwanted(&mut self, tenant: &mut Tenant) {
        if !self.unwanted.is_empty() {
            self.look_for_who_joined_now(tenant);
            self.look_for_unwanted_later(tenant);
        }
    }

    /// It was asked who is in the call: whoever is not wanted is gone, or is taken out once more.
    pub(super) fn unwanted_told(&mut self, tenant: &mut Tenant) {
        let waiting: Vec<Participant> = self
            .unwanted
            .iter()
            .map(|leg| leg.participant.clone())
            .filter(|who| !self.is_open(|purpose| removes_leg(purpose, who)))
            .collect();
        for who in waiting {
            if self.is_present(&who) && !self.is_expected(&who) {
                self.take_out(tenant, &who);
            } else {
                self.unwanted
                    .retain(|leg| !leg.participant.is_same_party(&who));
            }
        }
        if self.unwanted.is_empty() {
            tenant
                .timers
                .clear(Timer::Call(self.id, CallTimer::Unwanted));
        }
    }

    /// Somebody is on the way out.
    pub(crate) fn is_being_removed(&self, who: &Participant) -> bool {
        let unwanted = self
            .unwanted
            .iter()
            .any(|leg| leg.participant.is_same_party(who));
        let by_hand = |purpose: &Purpose| {
            let removed = purpose.removes();
            removed.is_some_and(|removed| removed.is_same_party(who))
        };
        unwanted || self.is_open(by_hand)
    }
}

fn removes_leg(purpose: &Purpose, who: &Participant) -> bool {
    matches!(purpose, Purpose::RemoveLeg(participant) if participant.is_same_party(who))
}
