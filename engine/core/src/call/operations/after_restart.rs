//! What becomes of operations that were open when the process stopped.

use crate::call::Call;
use crate::call::operations::{Finished, OpenOperation, Purpose};
use crate::command::{Command, Operation};
use crate::ids::{CommandId, Millis, Timestamp};
use crate::input::Outcome;
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};

impl Call {
    /// After a restart: operations without outcome, up to number `last`, are sent again where that is harmless; of the
    /// others nobody knows. Nor of a sound that ends by itself: its event may be lost, and the caller would wait in silence
    /// for its deadline.
    pub(crate) fn resend_operations(&mut self, tenant: &mut Tenant, last: u32) {
        let least = tenant.now.after(tenant.timeouts().request);
        let at = least.after(tenant.timeouts().event);
        let is_sound = |open: &OpenOperation| {
            let goes_on = open.purpose.is_endless() && open.started;
            open.purpose.is_played_again() && !goes_on
        };
        let sounds: Vec<u32> = self
            .operations
            .range(..=last)
            .filter(|(_, open)| is_sound(open))
            .map(|(sequence, _)| *sequence)
            .collect();
        // What is not wanted any more is not begun anew: a ring would be. It may have left all the same.
        let withdrawn: Vec<u32> = self
            .operations
            .range(..=last)
            .filter(|(_, open)| !open.answered && open.cancelled)
            .map(|(sequence, _)| *sequence)
            .collect();
        for sequence in withdrawn {
            self.handle_outcome(tenant, sequence, Outcome::Unknown);
        }
        let unanswered: Vec<(u32, Option<Operation>)> = self
            .operations
            .range_mut(..=last)
            .filter(|(_, open)| !open.answered && !open.cancelled && !is_sound(open))
            .map(|(sequence, open)| {
                open.resent = true;
                (*sequence, open.again.clone())
            })
            .collect();
        for (sequence, again) in unanswered {
            match again {
                Some(operation) => {
                    let operation = in_time(operation, least);
                    let id = CommandId {
                        call: self.id,
                        sequence,
                    };
                    tenant
                        .commands
                        .push_back(Command::Operate { id, operation });
                    // It has the time of a new request, however long the process was down.
                    let timer = Timer::Call(self.id, CallTimer::Operation(sequence));
                    if tenant.timers.is_due(timer, at) {
                        tenant.timers.set(timer, at);
                    }
                }
                None if self.is_confirm(sequence) => {
                    self.end_operation(tenant, sequence, Finished::Cancelled);
                }
                None => self.operation_timed_out(tenant, sequence),
            }
        }
        // After them: what is sent again may end all media.
        for sequence in sounds {
            self.end_operation(tenant, sequence, Finished::Unknown);
        }
    }

    /// It asks whoever answered a phone to press 1.
    fn is_confirm(&self, sequence: u32) -> bool {
        let open = self.operations.get(&sequence);
        open.is_some_and(|open| matches!(open.purpose, Purpose::Confirm { .. }))
    }

    /// After a restart: parties that were rung may have answered meanwhile. There is time to ask, when it is this call's
    /// turn, before they count as lost, and before an agent whose offer is over is offered another contact. Offers that are not over have a rule of their
    /// own.
    pub(crate) fn wait_for_parties(&mut self, tenant: &mut Tenant, look_after: Millis) {
        let timeouts = tenant.timeouts();
        let looked = tenant.now.after(look_after);
        let at = looked.after(timeouts.request).after(timeouts.event);
        for (sequence, open) in &mut self.operations {
            // Looks of before the restart are made anew.
            open.looked = None;
            let rings = matches!(open.purpose, Purpose::ExitNumber(_) | Purpose::AddParty(_));
            let timer = Timer::Call(self.id, CallTimer::Operation(*sequence));
            if (rings || open.withholds.is_some()) && tenant.timers.is_due(timer, tenant.now) {
                tenant.timers.set(timer, at);
            }
        }
    }
}

/// An answer that is sent again after a restart gets the time of a request, however long the process was down: it may have
/// been taken, and then its response alone tells over which connection the caller waits in silence. Whoever rang out is
/// refused by the service.
fn in_time(mut operation: Operation, least: Timestamp) -> Operation {
    if let Operation::Answer { deadline, .. } = &mut operation {
        *deadline = (*deadline).max(least.0);
    }
    operation
}
