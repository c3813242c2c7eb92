//! Participants of a call.

use reqwest::Url;

use super::{Client, Dispatch, Doubt, Outcome};
use crate::endpoint::request_target;
use crate::wire::participant::{
    AddParticipantRequest, AddParticipantResponse, CallParticipant, CancelAddParticipantRequest,
    CancelAddParticipantResponse, ParticipantsPage, RemoveParticipantRequest,
    RemoveParticipantResponse,
};
use crate::wire::route::Route;

impl Client {
    /// Invites a participant. Repeatable. Accepted means that it rings; ends with AddParticipantSucceeded or
    /// AddParticipantFailed.
    pub async fn add_participant(
        &self,
        call_connection_id: &str,
        request: &AddParticipantRequest,
        dispatch: &mut Dispatch,
    ) -> Outcome<AddParticipantResponse> {
        self.with_body(
            Route::AddParticipant(call_connection_id.into()),
            request,
            dispatch,
        )
        .await
        .read()
    }

    /// Withdraws an invitation. Repeatable. Ends with CancelAddParticipantSucceeded or CancelAddParticipantFailed.
    pub async fn cancel_add_participant(
        &self,
        call_connection_id: &str,
        request: &CancelAddParticipantRequest,
        dispatch: &mut Dispatch,
    ) -> Outcome<CancelAddParticipantResponse> {
        self.with_body(
            Route::CancelAddParticipant(call_connection_id.into()),
            request,
            dispatch,
        )
        .await
        .read()
    }

    /// Removes a participant. Repeatable. Ends with RemoveParticipantSucceeded or RemoveParticipantFailed.
    pub async fn remove_participant(
        &self,
        call_connection_id: &str,
        request: &RemoveParticipantRequest,
        dispatch: &mut Dispatch,
    ) -> Outcome<RemoveParticipantResponse> {
        self.with_body(
            Route::RemoveParticipant(call_connection_id.into()),
            request,
            dispatch,
        )
        .await
        .read()
    }

    /// Everyone in a call, over all pages. Recording and transcription bots are not listed.
    pub async fn list_participants(
        &self,
        call_connection_id: &str,
        dispatch: &mut Dispatch,
    ) -> Outcome<Vec<CallParticipant>> {
        let route = Route::ListParticipants(call_connection_id.into());
        let mut outcome = self
            .0
            .send(&route, Vec::new(), dispatch)
            .await
            .read::<ParticipantsPage>();
        let mut participants = Vec::new();
        for _ in 0..self.0.limits().pages_max {
            let page = match outcome {
                Outcome::Accepted(page) => page,
                other => return other.map(|_| Vec::new()),
            };
            participants.extend(page.value);
            let Some(next) = page.next_link else {
                return Outcome::Accepted(participants);
            };
            let Some(target) = target_of(&next) else {
                return Outcome::Unknown(Doubt::UnreadableAnswer);
            };
            outcome = self
                .0
                .send_to(&route, &target, Vec::new(), dispatch)
                .await
                .read();
        }
        Outcome::Unknown(Doubt::UnreadableAnswer)
    }

    /// One participant of a call, by raw id. 404 means that the participant is not in the call.
    pub async fn get_participant(
        &self,
        call_connection_id: &str,
        raw_id: &str,
        dispatch: &mut Dispatch,
    ) -> Outcome<CallParticipant> {
        let route = Route::GetParticipant {
            call_connection_id: call_connection_id.into(),
            raw_id: raw_id.into(),
        };
        self.bare(route, dispatch).await.read()
    }
}

/// Path and query of the next page. Its host is not followed: a signed request goes to the resource and nowhere else.
pub(crate) fn target_of(next_link: &str) -> Option<String> {
    Url::parse(next_link).ok().as_ref().map(request_target)
}
