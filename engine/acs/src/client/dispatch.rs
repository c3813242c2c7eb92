//! What a request needs to be sent, beside its content.

use cordboard_clock::{Clock, Hold};
use uuid::Uuid;

/// Under which id, until when and on whose time a request is sent.
///
/// It keeps a [`Hold`] while the client works, so that a warped clock stands still while a request is under way; while
/// the client waits before sending again there is none. [`Dispatch::into_hold`] gives it back for whatever comes next.
#[derive(Debug)]
pub struct Dispatch {
    /// The same for every attempt at one command, also after a restart.
    pub request_id: Uuid,
    /// When the command was first sent, milliseconds since the Unix epoch.
    pub first_sent_ms: u64,
    /// After this moment no attempt is started, milliseconds since the Unix epoch.
    pub deadline_ms: u64,
    /// The fate of an attempt that was not the last is unknown.
    in_doubt: bool,
    clock: Clock,
    hold: Option<Hold>,
}

impl Dispatch {
    /// A request that is first sent at present.
    pub(crate) fn new(clock: &Clock, hold: Hold, request_id: Uuid, deadline_ms: u64) -> Self {
        Self {
            request_id,
            first_sent_ms: clock.now(),
            deadline_ms,
            in_doubt: false,
            clock: clock.clone(),
            hold: Some(hold),
        }
    }

    /// The hold under which the caller goes on.
    pub fn into_hold(self) -> Hold {
        let Self { clock, hold, .. } = self;
        hold.unwrap_or_else(|| clock.hold())
    }

    /// The present, milliseconds since the Unix epoch.
    pub(crate) fn now(&self) -> u64 {
        self.clock.now()
    }

    /// Another attempt follows one whose fate is unknown.
    pub(crate) fn doubt(&mut self) {
        self.in_doubt = true;
    }

    /// Tells whether an attempt before the last may have had its effect.
    pub(crate) fn may_have_had_effect_before(&self) -> bool {
        self.in_doubt
    }

    /// Waits without a hold, and goes on with the one that the clock hands over.
    pub(crate) async fn pause_until(&mut self, at_ms: u64) {
        let sleep = self.clock.sleep_until(at_ms);
        self.hold = None;
        self.hold = Some(sleep.await);
    }
}
