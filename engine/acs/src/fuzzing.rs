//! Readers within this crate that fuzz targets call as they are.

use cordboard_core::input::{Outcome as CoreOutcome, Response};

use crate::client::{Outcome, Refusal, retry_after_ms, target_of};
use crate::endpoint::Endpoint;
use crate::inbound::participant_states;
use crate::operation::{of_connection, of_recording};
use crate::wire::participant::{
    AddParticipantResponse, CancelAddParticipantResponse, ParticipantsPage,
    RemoveParticipantResponse,
};

/// Reads the body of a refusal.
#[must_use]
pub fn refusal(status: u16, body: &[u8]) -> Refusal {
    Refusal::read(status, body)
}

/// Reads an accepted answer as each kind of answer that there is, and returns what the core would learn of each.
#[must_use]
pub fn accepted(body: &[u8]) -> Vec<CoreOutcome> {
    let answer = || Outcome::Accepted(body.to_vec());
    let mut learned = vec![
        of_connection(answer().read(), None),
        of_recording(answer().read()),
    ];
    if let Outcome::Accepted(page) = answer().read::<ParticipantsPage>() {
        let rows = participant_states(&page.value);
        learned.push(CoreOutcome::Accepted(Response::Participants(rows)));
    }
    answer().read::<AddParticipantResponse>().accepted();
    answer().read::<CancelAddParticipantResponse>().accepted();
    answer().read::<RemoveParticipantResponse>().accepted();
    learned
}

/// Returns where the request for the next page of a list goes: scheme, host and port, and the target.
#[must_use]
pub fn next_page(endpoint: &Endpoint, next_link: &str) -> Option<(String, String)> {
    let target = target_of(next_link)?;
    let url = endpoint.url(&target)?;
    Some((url.origin().ascii_serialization(), target))
}

/// Reads the header `Retry-After`.
#[must_use]
pub fn retry_after(text: &str, now_ms: u64) -> Option<u64> {
    retry_after_ms(text, now_ms)
}
