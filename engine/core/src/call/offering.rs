//! Offering a contact to an agent: from the reservation to the first confirmed answer, or to the end
//! of the offer.

mod ringing;

use crate::agent::{AgentState, NotReady};
use crate::call::offering::ringing::{Leg, LegState, native_rings};
use crate::call::operations::Purpose;
use crate::call::queued::Waiting;
use crate::call::{Call, State};
use crate::config::AgentProfile;
use crate::decision::DecidedBy;
use crate::event::{Event, OfferOutcome};
use crate::ids::{AgentId, Millis, OfferId, PluginId, QuestionId, Timestamp};
use crate::input::{Refusal, Reply};
use crate::participant::Participant;
use crate::question::{
    DecisionPoint, EndpointRow, EndpointSelectFacts, Facts, PluginFailure, Reach, Ring,
};
use crate::questions::About;
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An agent is offered the contact.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Offering {
    pub(crate) waiting: Waiting,
    pub(crate) agent: AgentId,
    generation: u32,
    idle_since: Timestamp,
    /// The agent was told of it.
    issued: bool,
    /// How often whoever answered a phone could not be asked to press 1.
    #[serde(default)]
    confirm_tries: u32,
    step: Step,
}

/// Offers that came to nothing because the service could not ring the agent. That is nobody's fault and passes: the agent is
/// offered the contact again after a while.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct FailedOffers {
    /// Who is offered something else until [`CallTimer::OfferAgain`].
    agents: BTreeSet<AgentId>,
    /// How many there were in all. They do not count towards the most offers that a contact may have.
    count: u32,
    /// How often the wait was over.
    waits: u32,
}

/// The first wait before an agent whom the service could not ring is offered the same contact again; it doubles each time.
const OFFER_AGAIN: Millis = Millis::from_secs(5);
/// How often that wait doubles at most.
const OFFER_AGAIN_DOUBLINGS_MAX: u32 = 5;

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
enum Step {
    /// A plugin chooses the endpoints.
    Selecting { question: QuestionId },
    /// Endpoints ring.
    Ringing {
        legs: Vec<Leg>,
        stage: u32,
        accepted_on_desktop: bool,
    },
    /// The embedder's desktop shows the offer; nothing rings through us.
    Shown,
}

impl Offering {
    pub(crate) fn idle_since(&self) -> Timestamp {
        self.idle_since
    }

    /// The open question about endpoints.
    pub(crate) fn question(&self) -> Option<QuestionId> {
        match &self.step {
            Step::Selecting { question } => Some(*question),
            Step::Ringing { .. } | Step::Shown => None,
        }
    }
}

impl Call {
    /// Offers the contact to an agent who is reserved for it.
    pub(crate) fn offer_to(&mut self, tenant: &mut Tenant, agent: AgentId) {
        let State::Queued(queued) = &self.state else {
            return;
        };
        let waiting = queued.waiting.clone();
        let queue = waiting.queue;
        let Some(AgentState::Reserved { idle_since, .. }) =
            tenant.agents.get(&agent).map(|agent| agent.state)
        else {
            return;
        };
        self.offers = self.offers.saturating_add(1);
        let generation = self.offers;
        let offering = Offering {
            waiting,
            agent,
            generation,
            idle_since,
            issued: false,
            confirm_tries: 0,
            step: Step::Shown,
        };
        self.state = State::Offering(offering);
        let settings = tenant.queue_settings(self, queue);
        let profile = tenant
            .config
            .as_ref()
            .and_then(|config| config.agents.get(&agent).cloned());
        let (Some(settings), Some(profile)) = (settings, profile) else {
            return self.end_offer(tenant, OfferOutcome::Failed);
        };
        if self.is_external() {
            self.issue_offer(tenant, settings.ring);
            self.set_timer(tenant, CallTimer::OfferExpires, settings.ring);
            return;
        }
        match settings.endpoint_select {
            Some(plugin) => {
                let facts = self.endpoint_facts(tenant, agent, &profile);
                let about = About::Endpoints {
                    call: self.id,
                    generation,
                };
                let question = tenant.ask(plugin, queue, self.id, facts, about);
                self.set_step(Step::Selecting { question });
            }
            None => {
                let rings = native_rings(&profile, &settings);
                self.start_ringing(tenant, None, DecidedBy::Native, &profile, &settings, rings);
            }
        }
    }

    /// Acts on a choice of endpoints, or on the lack of one.
    pub(crate) fn endpoints_selected(
        &mut self,
        tenant: &mut Tenant,
        question: QuestionId,
        plugin: PluginId,
        generation: u32,
        result: Result<Vec<Ring>, PluginFailure>,
    ) {
        let State::Offering(offering) = &self.state else {
            return;
        };
        if offering.generation != generation || offering.step != (Step::Selecting { question }) {
            return;
        }
        let (agent, queue) = (offering.agent, offering.waiting.queue);
        let settings = tenant.queue_settings(self, queue);
        let profile = tenant
            .config
            .as_ref()
            .and_then(|config| config.agents.get(&agent).cloned());
        let (Some(settings), Some(profile)) = (settings, profile) else {
            return self.end_offer(tenant, OfferOutcome::Failed);
        };
        let (rings, by) = match result {
            Ok(rings) => (rings, DecidedBy::Plugin(plugin)),
            Err(failure) => {
                tenant.tell_plugin_failure(self.id, plugin, DecisionPoint::EndpointSelect, failure);
                (
                    native_rings(&profile, &settings),
                    DecidedBy::Fallback(plugin, failure),
                )
            }
        };
        self.start_ringing(tenant, Some(question), by, &profile, &settings, rings);
    }

    /// Takes the offer back; the agent keeps the place in the idle order.
    pub(crate) fn revoke_offer(&mut self, tenant: &mut Tenant) {
        if let State::Offering(_) = self.state {
            self.end_offer(tenant, OfferOutcome::Revoked);
        }
    }

    pub(crate) fn offer_expired(&mut self, tenant: &mut Tenant) {
        if let State::Offering(_) = self.state {
            self.end_offer(tenant, OfferOutcome::Expired);
        }
    }

    pub(crate) fn handle_accept(
        &mut self,
        tenant: &mut Tenant,
        agent: AgentId,
        offer: OfferId,
    ) -> Reply {
        let State::Offering(offering) = &mut self.state else {
            return Reply::Refused(Refusal::ClosedOffer);
        };
        if offering.agent != agent || offering.generation != offer.generation {
            return Reply::Refused(Refusal::ClosedOffer);
        }
        let generation = offering.generation;
        match &mut offering.step {
            Step::Shown => {
                self.connect_external(tenant);
            }
            Step::Selecting { .. } => return Reply::Refused(Refusal::NotNow),
            Step::Ringing {
                legs,
                accepted_on_desktop,
                ..
            } => {
                *accepted_on_desktop = true;
                let answered = legs.iter().find(|leg| leg.state == LegState::Confirming);
                if let Some(endpoint) = answered.map(|leg| leg.endpoint) {
                    self.connect_agent(tenant, generation, endpoint);
                }
            }
        }
        Reply::Done
    }

    pub(crate) fn handle_decline(
        &mut self,
        tenant: &mut Tenant,
        agent: AgentId,
        offer: OfferId,
    ) -> Reply {
        let State::Offering(offering) = &self.state else {
            return Reply::Refused(Refusal::ClosedOffer);
        };
        if offering.agent != agent || offering.generation != offer.generation {
            return Reply::Refused(Refusal::ClosedOffer);
        }
        if !offering.issued {
            return Reply::Refused(Refusal::NotNow);
        }
        self.end_offer(tenant, OfferOutcome::Declined);
        Reply::Done
    }

    /// Ends the offer without an assignment: what rings is cancelled, the agent is free or, when
    /// the offer rang out, not ready. The contact waits again, unless the caller is gone.
    pub(crate) fn end_offer(&mut self, tenant: &mut Tenant, outcome: OfferOutcome) {
        let State::Offering(offering) = &self.state else {
            return;
        };
        let Offering {
            waiting,
            agent,
            idle_since,
            step,
            ..
        } = offering.clone();
        self.tell_offer_ended(tenant, outcome);
        match step {
            Step::Selecting { question } => {
                tenant.close_question(question);
            }
            Step::Ringing { legs, .. } => self.cancel_legs(tenant, agent, &legs, None),
            Step::Shown => {}
        }
        self.close_operations(tenant, |purpose| matches!(purpose, Purpose::Confirm { .. }));
        tenant
            .timers
            .clear(Timer::Call(self.id, CallTimer::OfferExpires));
        let fate = match outcome {
            OfferOutcome::Expired => None,
            OfferOutcome::Declined => Some(None),
            OfferOutcome::Failed
            | OfferOutcome::Revoked
            | OfferOutcome::Cancelled
            | OfferOutcome::Accepted => Some(Some(idle_since)),
        };
        match outcome {
            OfferOutcome::Expired | OfferOutcome::Declined => {
                self.suppressed.insert(agent);
            }
            OfferOutcome::Failed => self.spare(tenant, agent),
            OfferOutcome::Revoked | OfferOutcome::Cancelled | OfferOutcome::Accepted => {}
        }
        self.wait_again(tenant, waiting);
        match fate {
            Some(idle_since) => tenant.free_agent(agent, idle_since),
            None => {
                let has_plans = tenant.agents.get(&agent).is_some_and(|a| a.next.is_some());
                if has_plans {
                    tenant.free_agent(agent, None);
                } else {
                    let reason = NotReady::Rona;
                    tenant.set_agent_state(agent, AgentState::NotReady { reason });
                }
            }
        }
    }

    /// The agent is offered something else for a while.
    fn spare(&mut self, tenant: &mut Tenant, agent: AgentId) {
        self.failed_offers.agents.insert(agent);
        self.failed_offers.count = self.failed_offers.count.saturating_add(1);
        if !tenant
            .timers
            .is_set(Timer::Call(self.id, CallTimer::OfferAgain))
        {
            let doublings = self.failed_offers.waits.min(OFFER_AGAIN_DOUBLINGS_MAX);
            self.set_timer(
                tenant,
                CallTimer::OfferAgain,
                Millis(OFFER_AGAIN.0 << doublings),
            );
        }
    }

    /// Those whom the service could not ring may be offered the contact again.
    pub(crate) fn offer_again(&mut self, tenant: &mut Tenant) {
        self.failed_offers.agents.clear();
        self.failed_offers.waits = self.failed_offers.waits.saturating_add(1);
        if let Some(queue) = self.waiting().map(|waiting| waiting.queue) {
            self.left_out = false;
            tenant.pool_changed(queue);
        }
    }

    /// In another queue everybody may be offered the contact at once.
    pub(crate) fn forget_failed_offers(&mut self, tenant: &mut Tenant) {
        self.failed_offers.agents.clear();
        tenant
            .timers
            .clear(Timer::Call(self.id, CallTimer::OfferAgain));
    }

    /// The agent is not offered this contact for now.
    pub(crate) fn is_spared(&self, agent: AgentId) -> bool {
        self.suppressed.contains(&agent) || self.failed_offers.agents.contains(&agent)
    }

    /// Offers that the contact has had, but those that the service made fail.
    pub(crate) fn offers_that_count(&self) -> u32 {
        self.offers.saturating_sub(self.failed_offers.count)
    }

    /// After a restart the choice of endpoints is asked for anew.
    pub(crate) fn select_endpoints_again(&mut self, tenant: &mut Tenant) {
        let State::Offering(offering) = &self.state else {
            return;
        };
        let Step::Selecting { question } = offering.step else {
            return;
        };
        tenant.close_question(question);
        self.end_offer(tenant, OfferOutcome::Revoked);
    }

    /// An offer that expired while the process was down is taken back: it is not the agent's fault.
    pub(crate) fn revoke_expired_offer(&mut self, tenant: &mut Tenant) {
        let State::Offering(offering) = &self.state else {
            return;
        };
        let is_due = |timer| {
            tenant
                .timers
                .is_due(Timer::Call(self.id, timer), tenant.now)
        };
        let expired = match &offering.step {
            Step::Selecting { .. } => false,
            Step::Shown => is_due(CallTimer::OfferExpires),
            Step::Ringing { legs, .. } => legs.iter().any(|leg| match leg.state {
                LegState::Ringing { sequence } => is_due(CallTimer::Operation(sequence)),
                LegState::Waiting
                | LegState::Confirming
                | LegState::RangOut
                | LegState::Declined
                | LegState::Failed => false,
            }),
        };
        if expired {
            self.end_offer(tenant, OfferOutcome::Revoked);
        }
    }

    /// Tells whether a party is meant to be in the call or to join it.
    pub(crate) fn is_expected(&self, who: &Participant) -> bool {
        match &self.state {
            State::Connected(connected) => connected.expects(who),
            State::Bridged(bridged) => bridged.expects(who),
            State::Offering(offering) => match &offering.step {
                Step::Ringing { legs, .. } => legs
                    .iter()
                    .any(|leg| !leg.state.is_over() && leg.participant.is_same_party(who)),
                Step::Selecting { .. } | Step::Shown => false,
            },
            State::Exiting(exiting) => exiting.expects(who),
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Ending(_)
            | State::WrapUp(_)
            | State::Ended(_) => false,
        }
    }

    /// The first confirmed answer wins; everything else is cancelled.
    fn connect_agent(&mut self, tenant: &mut Tenant, generation: u32, endpoint: u32) {
        let Some(winner) = self.leg(generation, endpoint).cloned() else {
            return;
        };
        let State::Offering(offering) = &self.state else {
            return;
        };
        let Offering {
            waiting,
            agent,
            step,
            ..
        } = offering.clone();
        self.tell_offer_ended(tenant, OfferOutcome::Accepted);
        self.close_operations(tenant, |purpose| matches!(purpose, Purpose::Confirm { .. }));
        self.leave_queue(tenant);
        self.cancel_media(tenant, Purpose::StopMedia);
        self.connected_to(
            tenant,
            agent,
            &waiting,
            Some((winner.kind, winner.participant)),
        );
        if let Step::Ringing { legs, .. } = step {
            self.cancel_legs(tenant, agent, &legs, Some(endpoint));
        }
        if let Some(agent) = tenant.agents.get_mut(&agent) {
            agent.answered_at = Some(endpoint);
        }
        // The list without the agent may have come before the event that the leg was added.
        self.parties_changed(tenant);
    }

    fn connect_external(&mut self, tenant: &mut Tenant) {
        let State::Offering(offering) = &self.state else {
            return;
        };
        let Offering { waiting, agent, .. } = offering.clone();
        self.tell_offer_ended(tenant, OfferOutcome::Accepted);
        tenant
            .timers
            .clear(Timer::Call(self.id, CallTimer::OfferExpires));
        self.leave_queue(tenant);
        self.connected_to(tenant, agent, &waiting, None);
    }

    fn issue_offer(&mut self, tenant: &mut Tenant, expires_after: Millis) {
        let waited = self.waited(tenant.now);
        let State::Offering(offering) = &mut self.state else {
            return;
        };
        offering.issued = true;
        let mut context = self.headers.clone();
        if let Some(number) = self.from.phone_number() {
            context.insert("caller".to_owned(), number.to_owned());
        }
        if !self.caller_name.is_empty() {
            context.insert("caller-name".to_owned(), self.caller_name.clone());
        }
        if !self.menu_digits.is_empty() {
            context.insert("menu-digits".to_owned(), self.menu_digits.clone());
        }
        context.insert("waited-ms".to_owned(), waited.0.to_string());
        tenant.emit(Event::OfferIssued {
            offer: OfferId {
                call: self.id,
                generation: offering.generation,
            },
            agent: offering.agent,
            queue: offering.waiting.queue,
            context,
            expires_at: tenant.now.after(expires_after).0,
        });
    }

    /// Tells how an offer ended of which the agent was told.
    pub(crate) fn tell_offer_ended(&self, tenant: &mut Tenant, outcome: OfferOutcome) {
        let State::Offering(offering) = &self.state else {
            return;
        };
        if offering.issued {
            tenant.emit(Event::OfferEnded {
                offer: OfferId {
                    call: self.id,
                    generation: offering.generation,
                },
                agent: offering.agent,
                outcome,
            });
        }
    }

    fn endpoint_facts(&self, tenant: &Tenant, agent: AgentId, profile: &AgentProfile) -> Facts {
        let answered_at = tenant
            .agents
            .get(&agent)
            .and_then(|agent| agent.answered_at);
        let queue = self.waiting().map(|waiting| waiting.queue);
        let endpoints = (0_u32..)
            .zip(&profile.endpoints)
            .map(|(index, endpoint)| EndpointRow {
                kind: endpoint.kind,
                reach: Reach::Unknown,
                answered_last: answered_at == Some(index),
            })
            .collect();
        let queue = queue.unwrap_or(crate::ids::QueueId(crate::ids::Symbol(0)));
        let contact = self.facts(tenant, queue);
        Facts::EndpointSelect(EndpointSelectFacts {
            contact,
            agent,
            endpoints,
        })
    }

    fn set_step(&mut self, step: Step) {
        if let State::Offering(offering) = &mut self.state {
            offering.step = step;
        }
    }
}
