//! Setting calls up, looking at them, ending them.

use super::{Client, Dispatch, Outcome};
use crate::wire::call::{
    AnswerCallRequest, CallConnectionProperties, RedirectCallRequest, RejectCallRequest,
};
use crate::wire::route::Route;

impl Client {
    /// Answers an incoming call. Repeatable. Ends with CallConnected or AnswerFailed.
    pub async fn answer(
        &self,
        request: &AnswerCallRequest,
        dispatch: &mut Dispatch,
    ) -> Outcome<CallConnectionProperties> {
        self.with_body(Route::Answer, request, dispatch)
            .await
            .read()
    }

    /// Rejects an incoming call. Repeatable. No event follows.
    pub async fn reject(
        &self,
        request: &RejectCallRequest,
        dispatch: &mut Dispatch,
    ) -> Outcome<()> {
        self.with_body(Route::Reject, request, dispatch)
            .await
            .unread()
    }

    /// Passes an incoming call on without answering it. Repeatable. No event follows.
    pub async fn redirect(
        &self,
        request: &RedirectCallRequest,
        dispatch: &mut Dispatch,
    ) -> Outcome<()> {
        self.with_body(Route::Redirect, request, dispatch)
            .await
            .unread()
    }

    /// Looks at a call. 404 means that it is over.
    pub async fn get_call(
        &self,
        call_connection_id: &str,
        dispatch: &mut Dispatch,
    ) -> Outcome<CallConnectionProperties> {
        self.bare(Route::GetCall(call_connection_id.into()), dispatch)
            .await
            .read()
    }

    /// Leaves a call. The rest of the call may go on. Idempotent: 404 means that it is done. Ends with CallDisconnected.
    pub async fn hang_up(&self, call_connection_id: &str, dispatch: &mut Dispatch) -> Outcome<()> {
        self.bare(Route::HangUp(call_connection_id.into()), dispatch)
            .await
            .unread()
    }

    /// Ends a call for everyone. Repeatable and idempotent: 404 means that it is done. Ends with CallDisconnected.
    pub async fn terminate(
        &self,
        call_connection_id: &str,
        dispatch: &mut Dispatch,
    ) -> Outcome<()> {
        self.bare(Route::Terminate(call_connection_id.into()), dispatch)
            .await
            .unread()
    }
}
