//! Parties that are being added: how long it is waited for them, and that it is looked for them before they are given up.

use crate::call::Call;
use crate::call::operations::Finished;
use crate::command::Operation;
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};

impl Call {
    /// An addition that was withdrawn has left at last: from now on it rings no longer than its own time.
    pub(super) fn watch_answered_addition(
        &mut self,
        tenant: &mut Tenant,
        sequence: u32,
        sent: Option<Operation>,
    ) {
        let timer = Timer::Call(self.id, CallTimer::Operation(sequence));
        let Some(open) = self.operations.get_mut(&sequence) else {
            return;
        };
        let Some(sent) = sent.filter(|_| open.cancelled && open.purpose.adds().is_some()) else {
            return;
        };
        open.looked = None;
        let at = tenant.now.after(self.deadline_of(tenant, &sent));
        if !tenant.timers.is_set(timer) {
            tenant.timers.set(timer, at);
        }
    }

    /// Nothing was heard of an addition until its deadline: the event that told of the answer may be lost. Before it is
    /// given up, and before its agent is offered another contact, it is asked once who is there.
    pub(super) fn look_for_addition(&mut self, tenant: &mut Tenant, sequence: u32) -> bool {
        let Some(open) = self.operations.get(&sequence) else {
            return false;
        };
        let known = open.purpose.adds().is_none_or(|who| self.is_present(who));
        if known || open.looked.is_some() {
            return false;
        }
        let Some(question) = self.ask_for_parties(tenant) else {
            return false;
        };
        if let Some(open) = self.operations.get_mut(&sequence) {
            open.looked = Some(question);
        }
        let timeouts = tenant.timeouts();
        let at = tenant.now.after(timeouts.request).after(timeouts.event);
        let timer = Timer::Call(self.id, CallTimer::Operation(sequence));
        tenant.timers.set(timer, at);
        true
    }

    /// It was asked who is there; additions of those who are have ended by now. A look that failed in passing has found
    /// nothing out, and is made again some times.
    pub(super) fn give_up_additions(
        &mut self,
        tenant: &mut Tenant,
        question: u32,
        finished: &Finished,
    ) {
        let tries_max = tenant.limits().tries_max;
        let again = tenant.now.after(tenant.timeouts().event);
        for (sequence, open) in &mut self.operations {
            if open.looked == Some(question) && finished.may_pass() && open.vain_looks < tries_max {
                open.vain_looks = open.vain_looks.saturating_add(1);
                open.looked = None;
                let timer = Timer::Call(self.id, CallTimer::Operation(*sequence));
                tenant.timers.set(timer, again);
            }
        }
        let found = self.operations.iter();
        let found = found.filter(|(_, open)| open.looked == Some(question));
        let given_up: Vec<u32> = found.map(|(sequence, _)| *sequence).collect();
        for sequence in given_up {
            self.give_up(tenant, sequence, *finished == Finished::Done);
        }
    }

    /// A list that was asked for shows parties whose invitation is open: they have answered, and the
    /// event that told of it was lost or is late. An invitation that left after the question, and a
    /// party that is just being taken out, prove nothing.
    pub(crate) fn additions_found(&mut self, tenant: &mut Tenant, question: u32) {
        let found: Vec<u32> = self
            .operations
            .range(..question)
            .filter(|(_, open)| {
                let present = |who| self.is_present(who) && !self.is_being_removed(who);
                open.purpose.adds().is_some_and(present)
            })
            .map(|(sequence, _)| *sequence)
            .collect();
        for sequence in found {
            self.end_operation(tenant, sequence, Finished::Done);
        }
    }
}
