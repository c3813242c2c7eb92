//! Ringing an agent's endpoints: stage by stage, and who answers is a person before the caller is
//! connected.

use crate::call::offering::Step;
use crate::call::operations::{Finished, Purpose};
use crate::call::{Call, State};
use crate::command::{Command, Operation};
use crate::config::{AgentProfile, Queue};
use crate::decision::{Choice, DecidedBy, Decision};
use crate::event::OfferOutcome;
use crate::ids::{AgentId, Millis, QuestionId};
use crate::input::{Digits, ResultCodes};
use crate::participant::Participant;
use crate::question::{DecisionPoint, EndpointKind, Ring};
use crate::tenant::Tenant;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// An endpoint of an offer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Leg {
    pub(super) endpoint: u32,
    pub(super) kind: EndpointKind,
    pub(super) participant: Participant,
    pub(super) stage: u32,
    pub(super) ring: Millis,
    pub(super) state: LegState,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum LegState {
    /// Its stage has not come.
    Waiting,
    /// The invitation is under way.
    Ringing { sequence: u32 },
    /// Answered; a press of 1 is waited for.
    Confirming,
    /// Nobody answered.
    RangOut,
    /// Somebody refused.
    Declined,
    /// It could not ring.
    Failed,
}

impl LegState {
    pub(super) fn is_over(self) -> bool {
        match self {
            Self::Waiting | Self::Ringing { .. } | Self::Confirming => false,
            Self::RangOut | Self::Declined | Self::Failed => true,
        }
    }
}

impl Call {
    /// An invitation has ended.
    pub(crate) fn ring_finished(
        &mut self,
        tenant: &mut Tenant,
        generation: u32,
        endpoint: u32,
        participant: Participant,
        finished: &Finished,
    ) {
        let open = self
            .leg(generation, endpoint)
            .is_some_and(|leg| matches!(leg.state, LegState::Ringing { .. }));
        if !open {
            // Cancelled or overtaken, and answered all the same.
            if *finished == Finished::Done && !self.is_expected(&participant) {
                let agent = tenant.agent_behind(&participant);
                self.remove_leg(tenant, participant, agent);
            }
            return;
        }
        match finished {
            Finished::Done => self.leg_answered(tenant, generation, endpoint),
            Finished::Failed(codes) => {
                self.leg_over(tenant, generation, endpoint, reading_of(*codes));
            }
            Finished::Cancelled | Finished::Digits(_) => {
                self.leg_over(tenant, generation, endpoint, LegState::RangOut);
            }
            Finished::Refused { .. } | Finished::Unknown => {
                self.leg_over(tenant, generation, endpoint, LegState::Failed);
            }
        }
    }

    /// The person behind an answered phone number pressed 1, or did not.
    pub(crate) fn confirm_finished(
        &mut self,
        tenant: &mut Tenant,
        generation: u32,
        endpoint: u32,
        finished: &Finished,
    ) {
        let Some(leg) = self.leg(generation, endpoint) else {
            return;
        };
        if leg.state != LegState::Confirming {
            return;
        }
        let participant = leg.participant.clone();
        if *finished == Finished::Digits(Digits::Plain("1".to_owned())) {
            return self.connect_agent(tenant, generation, endpoint);
        }
        let unasked = match finished {
            // A voicemail, or somebody who does not want the call.
            Finished::Done | Finished::Digits(_) | Finished::Failed(_) => false,
            // The service, or a restart, is to blame: whoever answered is asked again.
            Finished::Cancelled | Finished::Refused { .. } | Finished::Unknown => true,
        };
        if unasked && self.may_ask_again(tenant, finished) {
            if *finished == Finished::Cancelled {
                // It may still be asked, and would be in the way.
                self.cancel_media(tenant, Purpose::StopMedia);
            }
            return self.ask_to_press_one(tenant, generation, endpoint, participant);
        }
        let agent = self.agent();
        self.remove_leg(tenant, participant, agent);
        let end = if unasked {
            LegState::Failed
        } else {
            LegState::RangOut
        };
        self.leg_over(tenant, generation, endpoint, end);
    }

    /// Counts one more try of the question to press 1.
    fn may_ask_again(&mut self, tenant: &Tenant, finished: &Finished) -> bool {
        let tries_max = tenant.limits().tries_max;
        let State::Offering(offering) = &mut self.state else {
            return false;
        };
        offering.confirm_tries = offering.confirm_tries.saturating_add(1);
        // Where nothing was heard for so long, a voicemail may be talking to the caller.
        let may_help = *finished != Finished::Unknown
            && (finished.may_pass() || *finished == Finished::Cancelled);
        may_help && offering.confirm_tries < tries_max
    }

    /// Somebody behind a phone number is being asked to press 1.
    pub(crate) fn is_confirming(&self) -> bool {
        let State::Offering(offering) = &self.state else {
            return false;
        };
        let Step::Ringing { legs, .. } = &offering.step else {
            return false;
        };
        legs.iter().any(|leg| leg.state == LegState::Confirming)
    }

    pub(super) fn start_ringing(
        &mut self,
        tenant: &mut Tenant,
        question: Option<QuestionId>,
        by: DecidedBy,
        profile: &AgentProfile,
        settings: &Queue,
        rings: Vec<Ring>,
    ) {
        let State::Offering(offering) = &self.state else {
            return;
        };
        let queue = offering.waiting.queue;
        let legs = legs_of(&rings, profile, settings);
        tenant.commands.push_back(Command::Record(Decision {
            call: self.id,
            question,
            point: DecisionPoint::EndpointSelect,
            queue,
            by,
            choice: Choice::Rings(rings),
            considered: u32::try_from(profile.endpoints.len()).unwrap_or(u32::MAX),
            passed_over: Vec::new(),
        }));
        let mut longest: BTreeMap<u32, Millis> = BTreeMap::new();
        for leg in &legs {
            let ring = longest.entry(leg.stage).or_default();
            *ring = (*ring).max(leg.ring);
        }
        let total = longest
            .values()
            .fold(0_u64, |sum, ring| sum.saturating_add(ring.0));
        self.issue_offer(tenant, Millis(total));
        let Some(first) = longest.keys().next().copied() else {
            return self.end_offer(tenant, OfferOutcome::Failed);
        };
        self.set_step(Step::Ringing {
            legs,
            stage: first,
            accepted_on_desktop: false,
        });
        self.ring_stage(tenant, first);
    }

    fn ring_stage(&mut self, tenant: &mut Tenant, stage: u32) {
        let Some(connection) = self.connection.clone() else {
            return self.end_offer(tenant, OfferOutcome::Failed);
        };
        let State::Offering(offering) = &mut self.state else {
            return;
        };
        let generation = offering.generation;
        let Step::Ringing {
            legs,
            stage: current,
            ..
        } = &mut offering.step
        else {
            return;
        };
        *current = stage;
        let due: Vec<Leg> = legs
            .iter()
            .filter(|leg| leg.stage == stage)
            .cloned()
            .collect();
        for leg in due {
            let purpose = Purpose::Ring {
                generation,
                endpoint: leg.endpoint,
                participant: leg.participant.clone(),
            };
            let headers = match leg.kind {
                EndpointKind::TeamsClient | EndpointKind::CallingSdk => self.headers.clone(),
                EndpointKind::Pstn => BTreeMap::new(),
            };
            let operation = Operation::AddParticipant {
                connection: connection.clone(),
                participant: leg.participant,
                ring: leg.ring,
                headers,
            };
            let sequence = self.operate(tenant, purpose, operation);
            self.set_leg(leg.endpoint, LegState::Ringing { sequence });
        }
    }

    /// A leg answered. Behind a phone number there may be a voicemail: a person presses 1.
    fn leg_answered(&mut self, tenant: &mut Tenant, generation: u32, endpoint: u32) {
        let State::Offering(offering) = &self.state else {
            return;
        };
        let Step::Ringing {
            accepted_on_desktop,
            ..
        } = offering.step
        else {
            return;
        };
        let Some(leg) = self.leg(generation, endpoint).cloned() else {
            return;
        };
        let confirmed = match leg.kind {
            EndpointKind::TeamsClient | EndpointKind::CallingSdk => true,
            EndpointKind::Pstn => accepted_on_desktop,
        };
        if confirmed {
            return self.connect_agent(tenant, generation, endpoint);
        }
        self.set_leg(endpoint, LegState::Confirming);
        self.ask_to_press_one(tenant, generation, endpoint, leg.participant);
    }

    fn ask_to_press_one(
        &mut self,
        tenant: &mut Tenant,
        generation: u32,
        endpoint: u32,
        target: Participant,
    ) {
        let (Some(connection), Some(config)) = (self.connection.clone(), self.config(tenant))
        else {
            return self.leg_over(tenant, generation, endpoint, LegState::Failed);
        };
        let operation = Operation::Recognize {
            connection,
            prompt: config.confirm_prompt,
            target,
            digits_max: 1,
            stop_on_pound: false,
            silence: config.timeouts.confirm,
            sensitive: false,
            collection: None,
        };
        self.operate(
            tenant,
            Purpose::Confirm {
                generation,
                endpoint,
            },
            operation,
        );
    }

    fn leg_over(&mut self, tenant: &mut Tenant, generation: u32, endpoint: u32, end: LegState) {
        if self.leg(generation, endpoint).is_none() {
            return;
        }
        self.set_leg(endpoint, end);
        if end == LegState::Declined {
            return self.end_offer(tenant, OfferOutcome::Declined);
        }
        let State::Offering(offering) = &self.state else {
            return;
        };
        let Step::Ringing { legs, stage, .. } = &offering.step else {
            return;
        };
        if legs
            .iter()
            .any(|leg| leg.stage == *stage && !leg.state.is_over())
        {
            return;
        }
        let next = legs
            .iter()
            .map(|leg| leg.stage)
            .filter(|other| other > stage)
            .min();
        let rang_out = legs.iter().any(|leg| leg.state == LegState::RangOut);
        match next {
            Some(next) => self.ring_stage(tenant, next),
            None if rang_out => self.end_offer(tenant, OfferOutcome::Expired),
            None => self.end_offer(tenant, OfferOutcome::Failed),
        }
    }

    pub(super) fn cancel_legs(
        &mut self,
        tenant: &mut Tenant,
        agent: AgentId,
        legs: &[Leg],
        except: Option<u32>,
    ) {
        for leg in legs.iter().filter(|leg| Some(leg.endpoint) != except) {
            match leg.state {
                LegState::Ringing { sequence } => self.cancel_add(tenant, sequence, Some(agent)),
                LegState::Confirming => {
                    self.remove_leg(tenant, leg.participant.clone(), Some(agent));
                }
                LegState::Waiting | LegState::RangOut | LegState::Declined | LegState::Failed => {}
            }
        }
    }

    pub(super) fn leg(&self, generation: u32, endpoint: u32) -> Option<&Leg> {
        let State::Offering(offering) = &self.state else {
            return None;
        };
        let Step::Ringing { legs, .. } = &offering.step else {
            return None;
        };
        legs.iter()
            .find(|leg| offering.generation == generation && leg.endpoint == endpoint)
    }

    fn set_leg(&mut self, endpoint: u32, state: LegState) {
        let State::Offering(offering) = &mut self.state else {
            return;
        };
        let Step::Ringing { legs, .. } = &mut offering.step else {
            return;
        };
        if let Some(leg) = legs.iter_mut().find(|leg| leg.endpoint == endpoint) {
            leg.state = state;
        }
    }
}

/// The native rule: all endpoints in the order of the configuration, at once or one by one.
pub(super) fn native_rings(profile: &AgentProfile, settings: &Queue) -> Vec<Ring> {
    (0_u32..)
        .zip(&profile.endpoints)
        .map(|(endpoint, _)| Ring {
            endpoint,
            stage: if settings.ring_together { 0 } else { endpoint },
            ring: settings.ring,
        })
        .collect()
}

/// The legs of rings, one for each endpoint: the first ring of an endpoint counts.
pub(super) fn legs_of(rings: &[Ring], profile: &AgentProfile, settings: &Queue) -> Vec<Leg> {
    let mut known = BTreeSet::new();
    rings
        .iter()
        .filter(|ring| known.insert(ring.endpoint))
        .filter_map(|ring| leg_of(ring, profile, settings))
        .collect()
}

/// A leg of a ring that names an endpoint of the agent. A Teams client rings no longer than the
/// queue says, because its voicemail would answer.
pub(super) fn leg_of(ring: &Ring, profile: &AgentProfile, settings: &Queue) -> Option<Leg> {
    let endpoint = profile
        .endpoints
        .get(usize::try_from(ring.endpoint).ok()?)?;
    let longest = match endpoint.kind {
        EndpointKind::TeamsClient => settings.ring,
        EndpointKind::CallingSdk | EndpointKind::Pstn => RING_MAX,
    };
    Some(Leg {
        endpoint: ring.endpoint,
        kind: endpoint.kind,
        participant: endpoint.participant.clone(),
        stage: ring.stage,
        ring: ring.ring.clamp(RING_MIN, longest.max(RING_MIN)),
        state: LegState::Waiting,
    })
}

/// Reads why an invitation failed (ACS: Call Automation error codes; sub-code first).
pub(super) fn reading_of(codes: ResultCodes) -> LegState {
    match (codes.code, codes.sub_code) {
        // 8538 callee declined, 560603 by SIP; 603 declined.
        (_, 8538 | 560_603) | (603, _) => LegState::Declined,
        // 10057: the agent is signed in with a token of the wrong kind; nothing rang.
        (_, 10057) => LegState::Failed,
        // 480 no answer, 487 request ended, 408 time-out.
        (480 | 487 | 408, _) => LegState::RangOut,
        _ => LegState::Failed,
    }
}

/// Shortest ring that ACS takes.
pub(super) const RING_MIN: Millis = Millis::from_secs(1);
/// Longest ring that ACS takes (`invitationTimeoutInSeconds`).
pub(super) const RING_MAX: Millis = Millis::from_secs(180);
