//! Inputs that hit a mistake in the core: each is skipped by the driver, and what it was about is quarantined, so that no call
//! hangs because of it and everything else goes on.
//!
//! Some work is not about the call that an input names: everybody who waits is matched, and every call is taken over after
//! a restart. Whoever is met there is noted, so that after a mistake only that call is left out, and the input comes again.
//!
//! What is known of a call of which an input was skipped may be wrong: the service is asked whether it lives and who is in it. If
//! inputs of it are skipped again while the caller waits, the caller leaves by the queue's exit `max_wait`, which every
//! queue declares.

use crate::call::Call;
use crate::config::Exits;
use crate::event::{Event, ExitReason};
use crate::ids::{CallId, Millis};
use crate::input::{Reply, Skipped};
use crate::tenant::Tenant;
use crate::timers::Timer;

/// When a deadline is tried again whose rule hit a mistake.
const DEADLINE_PUT_OFF: Millis = Millis::from_secs(60);

impl Tenant {
    pub(crate) fn handle_skipped(&mut self, skipped: Skipped) -> Reply {
        let call = match skipped {
            Skipped::Call(call) => Some(call),
            Skipped::Verdict(question) => self.call_of_question(question),
            Skipped::Tick => self.skip_deadline(),
            Skipped::Match(call) | Skipped::Restart(call) => Some(call),
            Skipped::Other => None,
        };
        self.emit(Event::InputSkipped { call });
        if let Some(call) = call {
            self.with_call(call, |call, tenant| match skipped {
                Skipped::Match(_) => call.set_aside(tenant),
                Skipped::Restart(_) => call.not_restarted = true,
                Skipped::Call(_) | Skipped::Verdict(_) | Skipped::Tick | Skipped::Other => {
                    call.quarantine(tenant);
                }
            });
        }
        Reply::Done
    }

    /// After a panic: on whose account it was met, where the input need not have been about that. The input may come
    /// again once this was taken in.
    #[must_use]
    pub fn at_work(&self) -> Option<Skipped> {
        self.at_work
    }

    /// One of several deadlines hit a mistake, and none had its effect. From here on they are handled one by one, until it
    /// is known which it is. That one is put off.
    fn skip_deadline(&mut self) -> Option<CallId> {
        if !self.one_deadline_a_tick {
            self.one_deadline_a_tick = true;
            return None;
        }
        let timer = self.timers.pop_due(self.now)?;
        self.timers.set(timer, self.now.after(DEADLINE_PUT_OFF));
        match timer {
            Timer::Call(call, _) => Some(call),
            Timer::Question(question) => self.call_of_question(question),
            Timer::WrapUp(_) | Timer::Lease(_) => None,
        }
    }
}

impl Call {
    fn quarantine(&mut self, tenant: &mut Tenant) {
        self.inputs_skipped = self.inputs_skipped.saturating_add(1);
        if self.inputs_skipped > 1 && self.waiting().is_some() {
            let max_wait = |exits: &Exits| exits.max_wait.clone();
            return self.leave_by(tenant, ExitReason::InputsSkipped, max_wait);
        }
        self.audit(tenant);
    }

    /// Nobody is looked for any more who could serve it.
    fn set_aside(&mut self, tenant: &mut Tenant) {
        self.unmatched = true;
        if self.waiting().is_some() {
            let max_wait = |exits: &Exits| exits.max_wait.clone();
            return self.leave_by(tenant, ExitReason::InputsSkipped, max_wait);
        }
        self.audit(tenant);
    }
}
