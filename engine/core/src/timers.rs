//! All deadlines of a tenant in one table. A timer has one moment; setting it again moves it.

use crate::ids::{AgentId, CallId, QuestionId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a deadline is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Timer {
    /// A deadline of a call.
    Call(CallId, CallTimer),
    /// An agent's wrap-up is over.
    WrapUp(AgentId),
    /// No sign of life of an agent's desktop.
    Lease(AgentId),
    /// No verdict came.
    Question(QuestionId),
}

/// What a call's deadline is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum CallTimer {
    /// An operation has no outcome.
    Operation(u32),
    /// `CallConnected` did not come.
    Connect,
    /// The caller has waited long enough.
    MaxWait,
    /// The next message between the music.
    Message,
    /// A sound, the ring of an exit's number, or an answer of which nothing was heard is tried again.
    Retry,
    /// A routing group joins in, or a requirement expires.
    Widen,
    /// Nobody who could serve the caller is logged in.
    NoAgents,
    /// An offer without our media expires.
    OfferExpires,
    /// Agents whom the service could not ring for this contact are offered it again.
    OfferAgain,
    /// The voicemail is long enough.
    VoicemailFull,
    /// `CallDisconnected` did not come.
    HangUp,
    /// No list has shown who joined last.
    Joined,
    /// A leg could not be taken out: it is looked whether it is there.
    Unwanted,
    /// Digits that could not be stopped are asked for no longer.
    Collected,
    /// Nothing was heard of the call for long.
    Silent,
}

/// The table.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Timers {
    by_time: BTreeSet<(Timestamp, Timer)>,
    at: BTreeMap<Timer, Timestamp>,
}

impl Timers {
    pub(crate) fn set(&mut self, timer: Timer, at: Timestamp) {
        self.clear(timer);
        self.at.insert(timer, at);
        self.by_time.insert((at, timer));
    }

    pub(crate) fn clear(&mut self, timer: Timer) {
        if let Some(at) = self.at.remove(&timer) {
            self.by_time.remove(&(at, timer));
        }
    }

    pub(crate) fn clear_call(&mut self, call: CallId) {
        let from = Timer::Call(call, CallTimer::Operation(0));
        let until = Timer::Call(call, CallTimer::Silent);
        let timers: Vec<Timer> = self
            .at
            .range(from..=until)
            .map(|(timer, _)| *timer)
            .collect();
        for timer in timers {
            self.clear(timer);
        }
    }

    pub(crate) fn is_set(&self, timer: Timer) -> bool {
        self.at.contains_key(&timer)
    }

    /// Tells whether the moment of a timer has come.
    pub(crate) fn is_due(&self, timer: Timer, now: Timestamp) -> bool {
        self.at.get(&timer).is_some_and(|at| *at <= now)
    }

    /// Takes the earliest timer that is due.
    pub(crate) fn pop_due(&mut self, now: Timestamp) -> Option<Timer> {
        let (at, timer) = *self.by_time.first()?;
        if at > now {
            return None;
        }
        self.clear(timer);
        Some(timer)
    }

    pub(crate) fn len(&self) -> usize {
        self.at.len()
    }

    pub(crate) fn earliest(&self) -> Option<Timestamp> {
        self.by_time.first().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_again_moves_and_clearing_a_call_leaves_the_others() {
        let mut timers = Timers::default();
        let first = Timer::Call(CallId(1), CallTimer::MaxWait);
        let second = Timer::Call(CallId(2), CallTimer::MaxWait);
        timers.set(first, Timestamp(10));
        timers.set(first, Timestamp(30));
        timers.set(second, Timestamp(20));
        assert_eq!(timers.earliest(), Some(Timestamp(20)));
        assert_eq!(timers.pop_due(Timestamp(19)), None);
        timers.clear_call(CallId(2));
        assert_eq!(timers.pop_due(Timestamp(29)), None);
        assert_eq!(timers.pop_due(Timestamp(30)), Some(first));
        assert_eq!(timers.earliest(), None);
    }

    #[test]
    fn equal_moments_come_in_a_fixed_order() {
        let mut timers = Timers::default();
        let later = Timer::Call(CallId(2), CallTimer::Message);
        let sooner = Timer::Call(CallId(1), CallTimer::Message);
        timers.set(later, Timestamp(5));
        timers.set(sooner, Timestamp(5));
        assert_eq!(timers.pop_due(Timestamp(5)), Some(sooner));
        assert_eq!(timers.pop_due(Timestamp(5)), Some(later));
    }
}
