//! Inviting parties into a call: ringing, answers, refusals, withdrawals.

use std::{collections::BTreeSet, sync::Arc};

use cordboard_acs::wire::{
    callback::{CallbackDetail, DiagnosticInfo, ResultInformation},
    identifier::CommunicationIdentifier,
};

use super::{
    CallId, Timer, World,
    call::{Leg, Party, identifier, success},
    party::VOICEMAIL_MS,
};
use crate::{
    ledger::{ParticipantRecord, RingOutcome, RingRecord},
    random,
    script::{RawId, RingBehaviour, Role},
};

pub(super) struct Invitation {
    target: RawId,
    operation_context: Option<String>,
    callback_uri: Option<String>,
    /// The number of the ring in the endpoint's record; None if nobody can be reached there.
    ring: Option<usize>,
}

/// How an operation wants to be told about.
pub(super) struct Reply {
    pub(super) operation_context: Option<String>,
    pub(super) callback_uri: Option<String>,
}

impl World {
    /// Begins to ring somebody; the id of the invitation.
    pub(super) fn invite(
        &mut self,
        call_id: &CallId,
        target: &RawId,
        invitation_ms: u64,
        reply: Reply,
    ) -> Option<String> {
        let now_ms = self.now.at_ms;
        let id = random::guid(&mut self.ids);
        self.calls.get(call_id)?;
        let mut ring = None;
        let still_rung_for = self.rung_for(target, call_id);
        match self.endpoints.get_mut(target) {
            Some(endpoint) => {
                let (number, behaviour) = endpoint.begin_ring(RingRecord {
                    call: call_id.to_string(),
                    invitation: id.clone(),
                    still_rung_for,
                    from_ms: now_ms,
                    to_ms: None,
                    invitation_ms,
                    outcome: None,
                    voicemail: false,
                    heard: Vec::new(),
                    pressed: Vec::new(),
                    confirmed_ms: None,
                    left: None,
                });
                ring = Some(number);
                let reaction_ms = match behaviour {
                    RingBehaviour::Answer { after_ms, .. }
                    | RingBehaviour::Decline { after_ms }
                    | RingBehaviour::Voicemail { after_ms } => Some(after_ms),
                    RingBehaviour::NoAnswer => None,
                };
                if let Some(ms) = reaction_ms.filter(|ms| *ms < invitation_ms) {
                    self.set_timer(ms, Timer::Reaction(Arc::clone(call_id), id.clone()));
                }
                self.set_timer(
                    invitation_ms,
                    Timer::InvitationOver(Arc::clone(call_id), id.clone()),
                );
            }
            None => self.set_timer(0, Timer::InvitationOver(Arc::clone(call_id), id.clone())),
        }
        let Reply {
            operation_context,
            callback_uri,
        } = reply;
        let invitation = Invitation {
            target: target.clone(),
            operation_context,
            callback_uri,
            ring,
        };
        self.calls
            .get_mut(call_id)?
            .invitations
            .insert(id.clone(), invitation);
        self.touch(call_id);
        Some(id)
    }

    /// The calls, besides this one, for which the person behind an endpoint is being rung.
    fn rung_for(&self, target: &RawId, call_id: &CallId) -> BTreeSet<String> {
        let Some(endpoint) = self.endpoints.get(target) else {
            return BTreeSet::new();
        };
        let person = &endpoint.record.person;
        let endpoints = self.endpoints.values().map(|endpoint| &endpoint.record);
        endpoints
            .filter(|endpoint| endpoint.person == *person)
            .flat_map(|endpoint| &endpoint.rings)
            .filter(|ring| ring.to_ms.is_none() && *ring.call != **call_id)
            .map(|ring| ring.call.clone())
            .collect()
    }

    /// Whether somebody is in a call or is being rung for it.
    pub(super) fn is_invited(&self, call_id: &CallId, target: &RawId) -> bool {
        self.calls.get(call_id).is_some_and(|call| {
            call.leg(target).is_some()
                || call
                    .invitations
                    .values()
                    .any(|invitation| invitation.target == *target)
        })
    }

    /// Somebody who rings does what their script says.
    pub(super) fn react(&mut self, call_id: &CallId, invitation_id: &str) {
        let Some(invitation) = self
            .calls
            .get(call_id)
            .and_then(|call| call.invitations.get(invitation_id))
        else {
            return;
        };
        let (target, ring) = (invitation.target.clone(), invitation.ring);
        let Some(endpoint) = self.endpoints.get(&target) else {
            return;
        };
        let behaviour = ring.and_then(|ring| endpoint.behaviour(ring)).cloned();
        let person = endpoint.record.person.clone();
        let role = endpoint.record.role;
        match behaviour {
            Some(RingBehaviour::Answer { .. }) if role == Role::Outside => {
                self.join(call_id, invitation_id, false);
            }
            Some(RingBehaviour::Answer { .. }) => {
                let Some(person) = self.people.get_mut(&person) else {
                    return;
                };
                // Whoever talks already, or has answered elsewhere, lets it ring.
                if person.engaged_in.is_none() {
                    person.engaged_in = Some(Arc::clone(call_id));
                    self.join(call_id, invitation_id, false);
                }
            }
            Some(RingBehaviour::Voicemail { .. }) => self.join(call_id, invitation_id, true),
            Some(RingBehaviour::Decline { .. }) => {
                let mut result = ResultInformation::new(603, 8538, "The callee declined.");
                if target.is_phone() {
                    result.sip_details = Some(DiagnosticInfo {
                        code: Some(603),
                        message: Some("Decline".to_owned()),
                    });
                }
                self.end_invitation(call_id, invitation_id, RingOutcome::Declined, Some(result));
            }
            Some(RingBehaviour::NoAnswer) | None => {}
        }
    }

    /// Nobody has answered for the whole time, or nobody can.
    pub(super) fn invitation_over(&mut self, call_id: &CallId, invitation_id: &str) {
        let Some(invitation) = self
            .calls
            .get(call_id)
            .and_then(|call| call.invitations.get(invitation_id))
        else {
            return;
        };
        let result = match (invitation.ring, invitation.target.is_phone()) {
            (Some(_), true) => ResultInformation::new(480, 560_480, "No answer."),
            // SPEC(Teams Phone extensibility, troubleshooting): nobody answered, or the client is signed in differently.
            (Some(_), false) => {
                ResultInformation::new(408, 10_057, "The callee did not answer in time.")
            }
            (None, true) => ResultInformation::new(404, 4_500, "The number does not exist."),
            (None, false) => ResultInformation::new(480, 10_078, "The callee is not registered."),
        };
        self.end_invitation(call_id, invitation_id, RingOutcome::RangOut, Some(result));
    }

    /// Withdraws an invitation; both outcomes are told by an event.
    pub(super) fn cancel_invitation(
        &mut self,
        call_id: &CallId,
        invitation_id: &str,
        reply: Reply,
    ) {
        let rings = self
            .calls
            .get(call_id)
            .is_some_and(|call| call.invitations.contains_key(invitation_id));
        let Reply {
            operation_context,
            callback_uri,
        } = reply;
        let id = Some(invitation_id.to_owned());
        if !rings {
            let result = ResultInformation::new(404, 8_522, "The invitation is over.");
            let detail = CallbackDetail::CancelAddParticipantFailed { invitation_id: id };
            self.tell(call_id, callback_uri, operation_context, result, detail);
            return;
        }
        let failed = ResultInformation::new(487, 8_542, "The invitation was cancelled.");
        let failed = self.behaviour.cancelled_add_fails.then_some(failed);
        self.end_invitation(call_id, invitation_id, RingOutcome::Cancelled, failed);
        let detail = CallbackDetail::CancelAddParticipantSucceeded { invitation_id: id };
        self.tell(
            call_id,
            callback_uri,
            operation_context,
            success("Invitation cancelled."),
            detail,
        );
    }

    /// The call is over for the application, and so is everything it has begun.
    pub(super) fn end_invitations(&mut self, call_id: &CallId) {
        let Some(call) = self.calls.get(call_id) else {
            return;
        };
        let ids: Vec<String> = call.invitations.keys().cloned().collect();
        for id in ids {
            self.end_invitation(call_id, &id, RingOutcome::CallEnded, None);
        }
    }

    fn join(&mut self, call_id: &CallId, invitation_id: &str, voicemail: bool) {
        let now_ms = self.now.at_ms;
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        let Some(invitation) = call.invitations.remove(invitation_id) else {
            return;
        };
        let Some(ring) = invitation.ring else { return };
        let target = invitation.target;
        call.legs.push(Leg {
            id: target.clone(),
            is: Party::Invited { ring },
            generation: 0,
            talked: false,
            talk_over: false,
        });
        call.record.participants.push(ParticipantRecord {
            identifier: target.clone(),
            joined_ms: now_ms,
            left: None,
        });
        if let Some(record) = self
            .endpoints
            .get_mut(&target)
            .and_then(|endpoint| endpoint.ring_mut(ring))
        {
            record.to_ms = Some(now_ms);
            record.outcome = Some(RingOutcome::Answered);
            record.voicemail = voicemail;
        }
        if voicemail {
            self.set_timer(
                VOICEMAIL_MS,
                Timer::StayOver(Arc::clone(call_id), target.clone(), ring),
            );
        }
        let detail = CallbackDetail::AddParticipantSucceeded {
            participant: Some(identifier(&target)),
        };
        self.tell(
            call_id,
            invitation.callback_uri,
            invitation.operation_context,
            success("Participant added."),
            detail,
        );
        self.shorten_stays(call_id);
        self.tell_participants(call_id);
        self.touch(call_id);
    }

    fn end_invitation(
        &mut self,
        call_id: &CallId,
        invitation_id: &str,
        outcome: RingOutcome,
        failed: Option<ResultInformation>,
    ) {
        let now_ms = self.now.at_ms;
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        let Some(invitation) = call.invitations.remove(invitation_id) else {
            return;
        };
        if let (Some(ring), Some(endpoint)) =
            (invitation.ring, self.endpoints.get_mut(&invitation.target))
            && let Some(record) = endpoint.ring_mut(ring)
        {
            record.to_ms = Some(now_ms);
            record.outcome = Some(outcome);
        }
        if let Some(result) = failed {
            let participant: Option<CommunicationIdentifier> = Some(identifier(&invitation.target));
            let detail = CallbackDetail::AddParticipantFailed { participant };
            self.tell(
                call_id,
                invitation.callback_uri,
                invitation.operation_context,
                result,
                detail,
            );
        }
        self.touch(call_id);
    }
}
