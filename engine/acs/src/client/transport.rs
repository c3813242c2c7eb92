//! Sending one request, again where that is safe, and telling what became of it.

use std::sync::Arc;
use std::time::Duration;

use cordboard_clock::Clock;
use reqwest::Url;
use uuid::Uuid;

use super::carrier::{Attempt, Carrier, Parcel};
use super::dispatch::Dispatch;
use super::gate::{Gate, Priority};
use super::limits::ClientLimits;
use super::outcome::{Doubt, NotSent, Outcome, Refusal};
use crate::Seldom;
use crate::endpoint::Endpoint;
use crate::wire::route::{API_VERSION, Route};

/// Statuses that say "not just now": the request had no effect and may be sent again later.
const STATUSES_LATER: [u16; 3] = [429, 500, 503];
/// Statuses of something in between that gave up: the request may have had its effect.
const STATUSES_IN_DOUBT: [u16; 3] = [408, 502, 504];
/// The service broke off, nobody knows where.
const STATUS_BROKE_OFF: u16 = 500;

/// Statuses that an operator should see: a wrong key or clock, a missing right, throttling, a service that is down.
const STATUSES_OF_CONCERN: [u16; 5] = [401, 403, 429, 500, 503];

/// What an operation allows when an attempt went wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Resend {
    /// Never: sent twice it has its effect twice.
    Never,
    /// Under the same request id. The service may have forgotten it: a refusal after a lost attempt proves nothing.
    SameId,
    /// Always: doing it twice is doing it once, and 404 says that it is done.
    Idempotent,
    /// Always: it changes nothing.
    Look,
}

impl Resend {
    fn of(route: &Route<'_>) -> Self {
        match route {
            Route::Answer
            | Route::Reject
            | Route::Redirect
            | Route::AddParticipant(_)
            | Route::CancelAddParticipant(_)
            | Route::RemoveParticipant(_)
            | Route::StartRecording => Self::SameId,
            Route::GetCall(_)
            | Route::ListParticipants(_)
            | Route::GetParticipant { .. }
            | Route::GetRecording(_) => Self::Look,
            Route::HangUp(_)
            | Route::Terminate(_)
            | Route::StopRecording(_)
            | Route::PauseRecording(_)
            | Route::ResumeRecording(_)
            // Nothing new plays meanwhile: a call's media operations are sent one after the other.
            | Route::CancelAllMedia(_) => Self::Idempotent,
            Route::Play(_)
            | Route::Recognize(_)
            | Route::StartTranscription(_)
            | Route::StopTranscription(_)
            | Route::StartMediaStreaming(_)
            | Route::StopMediaStreaming(_) => Self::Never,
        }
    }
}

/// Sends requests to one resource.
pub(crate) struct Transport {
    carrier: Arc<dyn Carrier>,
    endpoint: Endpoint,
    clock: Clock,
    limits: ClientLimits,
    gate: Arc<Gate>,
}

impl Transport {
    pub(crate) fn new(
        endpoint: Endpoint,
        clock: Clock,
        limits: ClientLimits,
        carrier: Arc<dyn Carrier>,
    ) -> Self {
        let gate = Arc::new(Gate::new(&limits));
        Self {
            carrier,
            endpoint,
            clock,
            limits,
            gate,
        }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(crate) fn limits(&self) -> &ClientLimits {
        &self.limits
    }

    /// Sends a request of this route with a body, which is empty where the operation has none.
    pub(crate) async fn send(
        &self,
        route: &Route<'_>,
        body: Vec<u8>,
        dispatch: &mut Dispatch,
    ) -> Outcome<Vec<u8>> {
        self.send_to(
            route,
            &format!("{}?api-version={API_VERSION}", route.path()),
            body,
            dispatch,
        )
        .await
    }

    /// Sends a request of this route to a target (path and query) of its own, such as a further page.
    pub(crate) async fn send_to(
        &self,
        route: &Route<'_>,
        target: &str,
        body: Vec<u8>,
        dispatch: &mut Dispatch,
    ) -> Outcome<Vec<u8>> {
        let Some(url) = self.endpoint.url(target) else {
            return Outcome::NotSent(NotSent::Invalid("an id in its path is no path segment"));
        };
        let outcome = self.attempts(route, &url, &body, dispatch).await;
        match &outcome {
            Outcome::Accepted(_) => tracing::debug!(operation = route.name(), "accepted"),
            Outcome::Refused(refusal) if STATUSES_OF_CONCERN.contains(&refusal.status) => {
                static BUSY: Seldom = Seldom::new();
                static OTHER: Seldom = Seldom::new();
                // Thousands of these may come at once, and are not to hide a wrong key.
                let seldom = if refusal.status == 429 { &BUSY } else { &OTHER };
                if let Some(left_out) = seldom.pass() {
                    tracing::warn!(left_out, operation = route.name(), %refusal, "refused");
                }
            }
            Outcome::Refused(refusal) => {
                tracing::debug!(operation = route.name(), %refusal, "refused");
            }
            Outcome::Unknown(doubt) => {
                static UNKNOWN: Seldom = Seldom::new();
                if let Some(left_out) = UNKNOWN.pass() {
                    tracing::warn!(left_out, operation = route.name(), %doubt, "outcome unknown");
                }
            }
            Outcome::NotSent(reason) => {
                static NOT_SENT: Seldom = Seldom::new();
                if let Some(left_out) = NOT_SENT.pass() {
                    tracing::warn!(left_out, operation = route.name(), %reason, "not sent");
                }
            }
        }
        outcome
    }

    async fn attempts(
        &self,
        route: &Route<'_>,
        url: &Url,
        body: &[u8],
        dispatch: &mut Dispatch,
    ) -> Outcome<Vec<u8>> {
        let resend = Resend::of(route);
        let mut doubt = None;
        let mut attempt = 1;
        loop {
            let not_sent = |reason| doubt.map_or(Outcome::NotSent(reason), Outcome::Unknown);
            let Ok(permit) = self.gate.enter(Priority::of(route)).await else {
                return not_sent(NotSent::QueueFull);
            };
            let now = dispatch.now();
            if now >= dispatch.deadline_ms {
                return not_sent(NotSent::DeadlinePassed);
            }
            let left = Duration::from_millis(dispatch.deadline_ms - now);
            let result = self.attempt(route, url, body, dispatch, left).await;
            // Others go while this one waits: nobody may wait for the clock with a permit in hand.
            drop(permit);

            let (outcome, again, retry_after_ms) = judge(result, resend, &mut doubt);
            // Who is told when to come again comes again, until the deadline. So does what cannot be made up for: while an
            // answer is given up the caller rings on.
            let patient = retry_after_ms.is_some() || Priority::of(route) == Priority::Urgent;
            if !again || (attempt >= self.limits.attempts_max && !patient) {
                return outcome;
            }
            let now = dispatch.now();
            let wait = match retry_after_ms {
                Some(wait) => wait.max(self.limits.backoff_first_ms),
                None => self.backoff(attempt, dispatch.request_id),
            };
            let at = now.saturating_add(wait);
            if at >= dispatch.deadline_ms {
                return outcome;
            }
            tracing::debug!(
                operation = route.name(),
                attempt,
                wait_ms = wait,
                "sending again later"
            );
            dispatch.pause_until(at).await;
            if doubt.is_some() {
                dispatch.doubt();
            }
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        route: &Route<'_>,
        url: &Url,
        body: &[u8],
        dispatch: &Dispatch,
        left: Duration,
    ) -> Attempt {
        self.carrier
            .carry(Parcel {
                method: route.method(),
                url,
                body,
                request_id: dispatch.request_id,
                first_sent_ms: route.is_repeatable().then_some(dispatch.first_sent_ms),
                time: left.min(Duration::from_millis(self.limits.attempt_ms)),
            })
            .await
    }

    /// How long to wait after this attempt: doubled each time, up to a quarter longer so that many calls that failed
    /// together do not come back together. The same command always waits the same.
    fn backoff(&self, attempt: u32, request_id: Uuid) -> u64 {
        let doubled = self
            .limits
            .backoff_first_ms
            .saturating_mul(1_u64 << (attempt - 1).min(32));
        let wait = doubled.min(self.limits.backoff_max_ms);
        let spread = wait / 4 + 1;
        let (id, _) = request_id.as_u64_pair();
        wait + id.rotate_left(attempt) % spread
    }
}

/// The outcome if this attempt was the last, whether another one may follow, and after what time the service wants it.
fn judge(
    result: Attempt,
    resend: Resend,
    doubt: &mut Option<Doubt>,
) -> (Outcome<Vec<u8>>, bool, Option<u64>) {
    let may_resend = resend != Resend::Never;
    match result {
        Attempt::Answered { status, body, .. } if is_success(status) => {
            (Outcome::Accepted(body), false, None)
        }
        Attempt::Answered {
            status,
            retry_after_ms,
            ..
        } if leaves_doubt(status, resend) => {
            let told = *doubt.insert(Doubt::Status { status });
            (Outcome::Unknown(told), may_resend, retry_after_ms)
        }
        Attempt::Answered {
            status,
            retry_after_ms,
            body,
        } => {
            let later = STATUSES_LATER.contains(&status);
            let tells = resend == Resend::Look || (resend == Resend::Idempotent && status == 404);
            let outcome = match doubt {
                Some(lost) if later && resend != Resend::Look => Outcome::Unknown(*lost),
                Some(_) if !tells => Outcome::Unknown(Doubt::RefusedAfterLoss { status }),
                _ => Outcome::Refused(Refusal::read(status, &body)),
            };
            (outcome, later && may_resend, retry_after_ms)
        }
        // Nothing was sent: whatever the operation is, it may be sent again.
        Attempt::NotConnected => (
            doubt.map_or(Outcome::NotSent(NotSent::Unreachable), Outcome::Unknown),
            true,
            None,
        ),
        Attempt::TooLong => (Outcome::Unknown(Doubt::UnreadableAnswer), false, None),
        Attempt::InDoubt(lost) => {
            *doubt = Some(lost);
            (Outcome::Unknown(lost), may_resend, None)
        }
    }
}

/// Whether a request that was answered with this status may have had its effect.
///
/// After a 500 that may be true of any request. It matters where the next attempt would be refused because of the first:
/// a call that was answered, and then seems to be none, would be left to itself. A play that seems to have failed is
/// begun anew at once instead, so that the caller hears something.
fn leaves_doubt(status: u16, resend: Resend) -> bool {
    STATUSES_IN_DOUBT.contains(&status) || (status == STATUS_BROKE_OFF && resend == Resend::SameId)
}

pub(super) fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_never_sent_again_is_what_would_happen_twice() {
        let call = || "c".into();
        assert!(Resend::of(&Route::Play(call())) == Resend::Never);
        assert!(Resend::of(&Route::Recognize(call())) == Resend::Never);
        assert!(Resend::of(&Route::Answer) == Resend::SameId);
        assert!(Resend::of(&Route::HangUp(call())) == Resend::Idempotent);
    }
}
