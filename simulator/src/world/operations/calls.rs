//! Answering, refusing, looking at and ending calls.

use cordboard_acs::wire::call::{AnswerCallRequest, CallConnectionState, RejectCallRequest};

use super::{ApiReply, Served};
use crate::{
    ledger::{AnswerRequest, EndedBy},
    world::{CallerId, World, caller::Stage},
};

impl World {
    pub(super) fn serve_answer(
        &mut self,
        body: &AnswerCallRequest,
        request_id: Option<&str>,
    ) -> Served {
        self.check_callback(Some(&body.callback_uri))?;
        let context = body.incoming_call_context.expose();
        let caller_id = self
            .contexts
            .get(context)
            .copied()
            .ok_or_else(ApiReply::not_found)?;
        let received = self.now;
        let nth = self
            .caller(caller_id)
            .map_or(0, |caller| caller.record.answers.len());
        // Requests without an id are different requests.
        let request_id = request_id.map_or_else(|| format!("without id {nth}"), str::to_owned);
        let reply = self.answer(caller_id, body, &request_id);
        if let Some(caller) = self.caller(caller_id) {
            caller.record.answers.push(AnswerRequest {
                request_id,
                received,
                status: reply.status,
            });
        }
        Ok(reply)
    }

    fn answer(
        &mut self,
        caller_id: CallerId,
        body: &AnswerCallRequest,
        request_id: &str,
    ) -> ApiReply {
        let stage = self.caller(caller_id).map(|caller| caller.stage.clone());
        let call_id = match stage {
            Some(Stage::Ringing) => self.connect(caller_id, body, request_id),
            Some(Stage::InCall(call_id)) if self.behaviour.second_answer_accepted => {
                let call = self.live(&call_id);
                call.map(|call| {
                    call.record.answers_accepted.insert(request_id.to_owned());
                    call_id
                })
            }
            Some(Stage::InCall(_)) => {
                return ApiReply::error(400, "8585", "The call is answered already.");
            }
            Some(Stage::Waiting | Stage::Gone) | None => None,
        };
        match call_id.and_then(|id| self.calls.get(&id)) {
            Some(call) => ApiReply::json(200, &call.properties(CallConnectionState::Connecting)),
            None => ApiReply::not_found(),
        }
    }

    pub(super) fn serve_reject(&mut self, body: &RejectCallRequest) -> Served {
        let context = body.incoming_call_context.expose();
        let caller_id = self
            .contexts
            .get(context)
            .copied()
            .ok_or_else(ApiReply::not_found)?;
        if self
            .caller(caller_id)
            .is_none_or(|caller| caller.stage != Stage::Ringing)
        {
            return Err(ApiReply::error(
                400,
                "8585",
                "The call is answered already.",
            ));
        }
        self.reject(caller_id);
        Ok(ApiReply::empty(204))
    }

    pub(super) fn serve_get_call(&mut self, id: &str) -> Served {
        let id = self.live_call(id)?;
        let call = self.live(&id).ok_or_else(ApiReply::not_found)?;
        Ok(ApiReply::json(
            200,
            &call.properties(CallConnectionState::Connected),
        ))
    }

    pub(super) fn serve_hang_up(&mut self, id: &str) -> Served {
        let id = self.live_call(id)?;
        self.leave_application(&id);
        Ok(ApiReply::empty(204))
    }

    pub(super) fn serve_terminate(&mut self, id: &str) -> Served {
        let id = self.live_call(id)?;
        self.disconnect(
            &id,
            EndedBy::Service,
            200,
            7_000,
            "The call was ended by the application.",
        );
        Ok(ApiReply::empty(204))
    }
}
