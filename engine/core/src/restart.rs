//! The process was started again: what is begun anew, and when it is known what became of the calls of before.

use crate::call::{Call, State};
use crate::event::Event;
use crate::ids::{CallId, Epoch, Timestamp};
use crate::input::{NewCalls, Reply, Skipped};
use crate::seeded_bugs::panic_over;
use crate::tenant::Tenant;
use serde::{Deserialize, Serialize};

/// A restart, and how far the calls of before are taken over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Restart {
    pub(crate) at: Timestamp,
    /// Calls of which nobody knows yet whether they live.
    unseen: u32,
    live: u32,
    ended: u32,
}

/// What has become of a call of before the restart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TakenOver {
    Lives,
    Ended,
}

impl Tenant {
    /// Open questions and operations of before the restart: questions are asked anew under new
    /// ids, operations that may be half done are sent again where that is harmless and otherwise
    /// count as unknown. `away_since` is the moment of the last input before.
    pub(crate) fn handle_restart(&mut self, epoch: Epoch, away_since: Timestamp) -> Reply {
        self.epoch = epoch;
        self.new_calls = NewCalls::Take;
        self.lose_sight(away_since);
        let mut calls: Vec<CallId> = self.calls.keys().copied().collect();
        // Where somebody rings or talks most may have been missed; whoever only waits comes last.
        calls.sort_by_key(|call| self.calls.get(call).is_some_and(Call::is_queued));
        self.forget_match_questions();
        for (turn, call) in calls.into_iter().enumerate() {
            self.at_work = Some(Skipped::Restart(call));
            self.with_call(call, |call, tenant| {
                if std::mem::take(&mut call.not_restarted) {
                    call.audit(tenant);
                } else {
                    panic_over(call.id);
                    call.restarted(tenant, turn);
                }
            });
        }
        self.at_work = None;
        self.renew_leases();
        self.all_pools_changed();
        Reply::Done
    }

    fn lose_sight(&mut self, away_since: Timestamp) {
        let mut unseen: u32 = 0;
        for call in self.calls.values_mut().filter(|call| call.may_have_ended()) {
            call.unseen_since.get_or_insert(away_since);
            unseen = unseen.saturating_add(1);
        }
        self.restart = Some(Restart {
            at: self.now,
            unseen,
            live: 0,
            ended: 0,
        });
        self.emit(Event::EngineRestarted {
            away_since,
            calls: unseen,
        });
    }

    /// It is known what became of one more call.
    pub(crate) fn call_taken_over(&mut self, taken_over: TakenOver) {
        let Some(restart) = &mut self.restart else {
            return;
        };
        restart.unseen = restart.unseen.saturating_sub(1);
        match taken_over {
            TakenOver::Lives => restart.live = restart.live.saturating_add(1),
            TakenOver::Ended => restart.ended = restart.ended.saturating_add(1),
        }
        if restart.unseen == 0 {
            let (live, ended) = (restart.live, restart.ended);
            self.emit(Event::CallsTakenOver { live, ended });
        }
    }
}

impl Call {
    /// The service has a connection of it, which may have gone unnoticed.
    fn may_have_ended(&self) -> bool {
        match self.state {
            State::Incoming(_) | State::WrapUp(_) | State::Ended(_) => false,
            State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Offering(_)
            | State::Connected(_)
            | State::Bridged(_)
            | State::Exiting(_)
            | State::Ending(_) => self.connection.is_some(),
        }
    }

    /// It lives, or did until just now.
    pub(crate) fn seen(&mut self, tenant: &mut Tenant) {
        if self.unseen_since.take().is_some() {
            tenant.call_taken_over(TakenOver::Lives);
        }
    }

    /// It was asked who is in it, and acted upon the answer.
    pub(crate) fn looked_after_restart(&mut self, tenant: &mut Tenant) {
        let hung_up = matches!(self.state, State::Ending(_));
        if hung_up && self.unseen_since.is_some() && !self.is_present(&self.from) {
            // For the caller it was over long before it is for the service.
            self.ended_away = self.unseen_since.take();
            return tenant.call_taken_over(TakenOver::Ended);
        }
        self.seen(tenant);
    }
}
