//! Who is in a call: list, add, withdraw, remove.

use cordboard_acs::wire::{
    callback::{CallbackDetail, ResultInformation},
    participant::{
        AddParticipantRequest, AddParticipantResponse, CancelAddParticipantRequest,
        CancelAddParticipantResponse, ParticipantsPage, RemoveParticipantRequest,
        RemoveParticipantResponse,
    },
};

use super::{ApiReply, Served, media::raw_id};
use crate::{
    ledger::EndedBy,
    script::RawId,
    world::{
        World,
        call::{identifier, participant, success},
        invitation::Reply,
    },
};

/// SPEC(OpenAPI 2026-03-12): range of `invitationTimeoutInSeconds`.
const INVITATION_S_MAX: u32 = 180;
/// SPEC(service limits): participants of a call.
const PARTICIPANTS_MAX: usize = 350;

impl World {
    pub(super) fn serve_list_participants(&mut self, id: &str) -> Served {
        let id = self.live_call(id)?;
        let call = self.live(&id).ok_or_else(ApiReply::not_found)?;
        Ok(ApiReply::json(
            200,
            &ParticipantsPage {
                value: call.participants(),
                next_link: None,
            },
        ))
    }

    pub(super) fn serve_get_participant(&mut self, id: &str, wanted: &str) -> Served {
        let id = self.live_call(id)?;
        let call = self.live(&id).ok_or_else(ApiReply::not_found)?;
        match call.leg(&RawId::new(wanted)) {
            Some(leg) => Ok(ApiReply::json(200, &participant(&leg.id))),
            None => Err(ApiReply::error(
                404,
                "8558",
                "The participant is not in the call.",
            )),
        }
    }

    pub(super) fn serve_add_participant(
        &mut self,
        id: &str,
        body: AddParticipantRequest,
    ) -> Served {
        let call_id = self.live_call(id)?;
        self.check_callback(body.operation_callback_uri.as_deref())?;
        let call = self.live(&call_id).ok_or_else(ApiReply::not_found)?;
        if call.is_teams_phone()
            && (body.source_caller_id_number.is_some() || body.source_display_name.is_some())
        {
            // SPEC(Teams Phone extensibility, troubleshooting): the caller id is that of the resource account.
            return Err(ApiReply::invalid(
                "Invalid request, SourceCallerIdNumber and SourceDisplayName are not supported for Teams Phone calls.",
            ));
        }
        if call.legs.len() + call.invitations.len() >= PARTICIPANTS_MAX {
            return Err(ApiReply::error(
                400,
                "8530",
                "The call has as many participants as it can have.",
            ));
        }
        let invitation_ms = match body.invitation_timeout_in_seconds {
            Some(seconds) if seconds > INVITATION_S_MAX => {
                return Err(ApiReply::invalid(
                    "InvitationTimeoutInSeconds must be between 0 and 180.",
                ));
            }
            Some(seconds) if seconds > 0 => u64::from(seconds) * 1_000,
            Some(_) | None => self.behaviour.invitation_ms,
        };
        let target = raw_id(&body.participant_to_add);
        if self.is_invited(&call_id, &target) {
            return Err(ApiReply::invalid(
                "The participant is in the call or is being added already.",
            ));
        }
        let reply = Reply {
            operation_context: body.operation_context.clone(),
            callback_uri: body.operation_callback_uri,
        };
        let invitation_id = self.invite(&call_id, &target, invitation_ms, reply);
        let answer = AddParticipantResponse {
            participant: Some(participant(&target)),
            operation_context: body.operation_context,
            invitation_id,
        };
        Ok(ApiReply::json(202, &answer))
    }

    pub(super) fn serve_cancel_add(
        &mut self,
        id: &str,
        body: CancelAddParticipantRequest,
    ) -> Served {
        let call_id = self.live_call(id)?;
        self.check_callback(body.operation_callback_uri.as_deref())?;
        let reply = Reply {
            operation_context: body.operation_context.clone(),
            callback_uri: body.operation_callback_uri,
        };
        self.cancel_invitation(&call_id, &body.invitation_id, reply);
        let answer = CancelAddParticipantResponse {
            invitation_id: Some(body.invitation_id),
            operation_context: body.operation_context,
        };
        Ok(ApiReply::json(202, &answer))
    }

    pub(super) fn serve_remove_participant(
        &mut self,
        id: &str,
        body: RemoveParticipantRequest,
    ) -> Served {
        let call_id = self.live_call(id)?;
        self.check_callback(body.operation_callback_uri.as_deref())?;
        let target = raw_id(&body.participant_to_remove);
        let (context, url) = (body.operation_context.clone(), body.operation_callback_uri);
        let who = Some(identifier(&target));
        if self
            .live(&call_id)
            .is_some_and(|call| call.leg(&target).is_some())
        {
            let detail = CallbackDetail::RemoveParticipantSucceeded { participant: who };
            self.tell(
                &call_id,
                url,
                context,
                success("Participant removed."),
                detail,
            );
            self.take_out(&call_id, &target, EndedBy::Service);
        } else {
            let result = ResultInformation::new(400, 8_558, "The participant is not in the call.");
            self.tell(
                &call_id,
                url,
                context,
                result,
                CallbackDetail::RemoveParticipantFailed { participant: who },
            );
        }
        Ok(ApiReply::json(
            202,
            &RemoveParticipantResponse {
                operation_context: body.operation_context,
            },
        ))
    }
}
