//! The Call Automation REST client: one typed function an operation.
//!
//! Every function takes a [`Dispatch`] (request id, deadline, clock) and gives an [`Outcome`], never an error: what is
//! not accepted is refused, unknown or not sent, and the caller has to act on each. Requests are signed anew at each
//! attempt. A request is sent again where that is safe and only there:
//!
//! | went wrong | looks, idempotent and repeatable operations | all others, such as play |
//! |---|---|---|
//! | no connection | again | again |
//! | 429, 503 | again, after `Retry-After` | refused |
//! | 500 | again, else refused; unknown if repeatable | refused |
//! | 408, 502, 504, time-out, connection lost | again, else unknown | unknown |
//! | any other status | refused; unknown after a lost attempt that may have caused it | refused |
//!
//! Answering, rejecting and ending calls go before everything else.

mod calls;
mod carrier;
mod dispatch;
mod gate;
mod limits;
mod media;
mod outcome;
mod participants;
mod recordings;
mod transport;

use std::fmt;
use std::sync::Arc;

use cordboard_clock::{Clock, Hold};
use serde::Serialize;
use uuid::Uuid;

use self::carrier::HttpCarrier;
#[cfg(feature = "fuzzing")]
pub(crate) use self::carrier::retry_after_ms;
pub use self::carrier::{Attempt, Carrier, ClientSetupError, Parcel};
pub use self::dispatch::Dispatch;
pub use self::limits::ClientLimits;
pub use self::outcome::{Doubt, NotSent, Outcome, Refusal};
#[cfg(feature = "fuzzing")]
pub(crate) use self::participants::target_of;
use self::transport::Transport;
use crate::endpoint::Endpoint;
use crate::wire::route::Route;

/// A client of one Communication Services resource. Clones share connections and limits.
#[derive(Clone)]
pub struct Client(Arc<Transport>);

impl Client {
    /// Sets a client up. It connects when it is used, inside a tokio runtime with I/O and time.
    ///
    /// The process-wide cryptography of rustls is set to ring, unless the program has set another one before.
    ///
    /// # Errors
    /// The machine offers no trusted certificates, or another part of the TLS set-up fails.
    pub fn new(
        endpoint: Endpoint,
        clock: Clock,
        limits: ClientLimits,
    ) -> Result<Self, ClientSetupError> {
        let carrier = HttpCarrier::new(endpoint.clone(), clock.clone(), &limits)?;
        Ok(Self::carried_by(Arc::new(carrier), endpoint, clock, limits))
    }

    /// Sets a client up whose requests travel in another way than over HTTP, as in a simulation. When it sends again and
    /// for how long it waits is the same.
    #[must_use]
    pub fn carried_by(
        carrier: Arc<dyn Carrier>,
        endpoint: Endpoint,
        clock: Clock,
        limits: ClientLimits,
    ) -> Self {
        Self(Arc::new(Transport::new(endpoint, clock, limits, carrier)))
    }

    /// What a request needs to be sent: `hold` keeps a warped clock still while it is under way, `request_id` is the
    /// same whenever the same command is sent, and after `deadline_ms` (milliseconds since the Unix epoch) no attempt
    /// is started.
    #[must_use]
    pub fn dispatch(&self, hold: Hold, request_id: Uuid, deadline_ms: u64) -> Dispatch {
        Dispatch::new(self.0.clock(), hold, request_id, deadline_ms)
    }

    /// The clock that deadlines are measured by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.0.clock()
    }

    /// Tells whether more than so many requests wait for their turn. Looks are not counted: they go last.
    #[must_use]
    pub fn has_more_waiting_than(&self, count: usize) -> bool {
        self.0.gate().has_more_waiting_than(count)
    }

    /// Sends a request without a body.
    async fn bare(&self, route: Route<'_>, dispatch: &mut Dispatch) -> Outcome<Vec<u8>> {
        self.0.send(&route, Vec::new(), dispatch).await
    }

    /// Sends a request with a body.
    async fn with_body(
        &self,
        route: Route<'_>,
        body: &impl Serialize,
        dispatch: &mut Dispatch,
    ) -> Outcome<Vec<u8>> {
        match serde_json::to_vec(body) {
            Ok(body) => self.0.send(&route, body, dispatch).await,
            Err(_) => Outcome::NotSent(NotSent::Invalid("its body is no JSON")),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("limits", self.0.limits())
            .finish_non_exhaustive()
    }
}
