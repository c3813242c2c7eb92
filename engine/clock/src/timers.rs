//! The deadlines of one clock, its holds, and the loop of its thread.

use std::{
    collections::BTreeMap,
    mem,
    panic::{AssertUnwindSafe, Location, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::{Hold, sleep::Slot};

/// A deadline's place in the order: time, then order of setting.
pub(crate) type Key = (u64, u64);

/// What happens when a deadline has come.
pub(crate) enum Action {
    Wake(Arc<Slot>),
    Alarm(Box<dyn FnOnce(Hold) + Send>),
}

/// One clock: shared by its clones, its thread, its sleepers and its holds.
pub(crate) struct Timers {
    time: Time,
    state: Mutex<State>,
    changed: Condvar,
}

impl Timers {
    pub(crate) fn real() -> Timers {
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timers::new(Time::Real {
            wall_ms: as_ms(wall),
            start: Instant::now(),
        })
    }

    pub(crate) fn warped(start_ms: u64) -> Timers {
        Timers::new(Time::Warped {
            now_ms: AtomicU64::new(start_ms),
        })
    }

    pub(crate) fn stepped(start_ms: u64) -> Timers {
        Timers::new(Time::Stepped {
            now_ms: AtomicU64::new(start_ms),
        })
    }

    pub(crate) fn now(&self) -> u64 {
        match &self.time {
            Time::Real { wall_ms, start } => wall_ms.saturating_add(as_ms(start.elapsed())),
            Time::Warped { now_ms } | Time::Stepped { now_ms } => now_ms.load(Ordering::Acquire),
        }
    }

    pub(crate) fn is_virtual(&self) -> bool {
        match &self.time {
            Time::Real { .. } => false,
            Time::Warped { .. } | Time::Stepped { .. } => true,
        }
    }

    pub(crate) fn take_hold(self: &Arc<Self>, place: &'static Location<'static>) -> Option<Held> {
        matches!(self.time, Time::Warped { .. })
            .then(|| self.hold_locked(&mut self.state.lock(), place))
    }

    /// When the next deadline of a stepped clock is.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        let state = self.state.lock();
        state.pending.keys().next().map(|(at_ms, _)| *at_ms)
    }

    /// Moves a stepped clock forward and fires what has come, on the calling thread.
    pub(crate) fn step_to(&self, at_ms: u64) {
        let Time::Stepped { now_ms } = &self.time else {
            return;
        };
        loop {
            let due = {
                let mut state = self.state.lock();
                let entry = state.pending.first_entry();
                entry
                    .filter(|entry| entry.key().0 <= at_ms)
                    .map(|entry| (entry.key().0, entry.remove()))
            };
            let Some((due_ms, pending)) = due else {
                now_ms.fetch_max(at_ms, Ordering::AcqRel);
                return;
            };
            now_ms.fetch_max(due_ms, Ordering::AcqRel);
            pending.fire(Hold(None));
        }
    }

    pub(crate) fn holders(&self) -> Vec<&'static Location<'static>> {
        self.state.lock().holds.values().copied().collect()
    }

    pub(crate) fn set(&self, at_ms: u64, place: &'static Location<'static>, action: Action) -> Key {
        let mut state = self.state.lock();
        state.set_so_far += 1;
        let key = (at_ms, state.set_so_far);
        state.pending.insert(key, Pending { place, action });
        self.changed.notify_one();
        key
    }

    pub(crate) fn unset(&self, key: Key) -> bool {
        // What the action owns is dropped after the lock: it may own a hold, whose drop locks again.
        let removed = self.state.lock().pending.remove(&key);
        removed.is_some()
    }

    pub(crate) fn stop(&self) {
        self.state.lock().stopped = true;
        self.changed.notify_one();
    }

    /// The clock's thread: waits for the next deadline, fires it, until stopped.
    pub(crate) fn run(self: Arc<Self>) {
        let mut state = self.state.lock();
        while !state.stopped {
            match self.next_due(&mut state) {
                Ok((pending, hold)) => MutexGuard::unlocked(&mut state, || pending.fire(hold)),
                Err(Wait::Until(instant)) => {
                    self.changed.wait_until(&mut state, instant);
                }
                Err(Wait::Change) => self.changed.wait(&mut state),
            }
        }
        // Alarms that never ring may own holds of this very clock: dropping them here breaks the cycle, and must not be locked.
        let left = mem::take(&mut state.pending);
        drop(state);
        drop(left);
    }

    /// Takes the earliest deadline out if it has come, with a hold taken on its behalf under the same lock.
    fn next_due(self: &Arc<Self>, state: &mut State) -> Result<(Pending, Hold), Wait> {
        let Some(entry) = state.pending.first_entry() else {
            return Err(Wait::Change);
        };
        let at_ms = entry.key().0;
        match &self.time {
            Time::Real { wall_ms, start } => {
                let due = Duration::from_millis(at_ms.saturating_sub(*wall_ms));
                if start.elapsed() < due {
                    // A deadline beyond what the machine can count is never due.
                    return Err(start.checked_add(due).map_or(Wait::Change, Wait::Until));
                }
                Ok((entry.remove(), Hold(None)))
            }
            Time::Warped { now_ms } => {
                if !state.holds.is_empty() {
                    return Err(Wait::Change);
                }
                let pending = entry.remove();
                now_ms.fetch_max(at_ms, Ordering::AcqRel);
                let hold = Hold(Some(self.hold_locked(state, pending.place)));
                Ok((pending, hold))
            }
            // Its deadlines are fired by whoever steps it; it has no thread.
            Time::Stepped { .. } => Err(Wait::Change),
        }
    }

    fn hold_locked(self: &Arc<Self>, state: &mut State, place: &'static Location<'static>) -> Held {
        state.held_so_far += 1;
        state.holds.insert(state.held_so_far, place);
        Held {
            timers: Arc::clone(self),
            number: state.held_so_far,
            place,
        }
    }

    fn new(time: Time) -> Timers {
        Timers {
            time,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }
}

/// A hold of a warped clock.
pub(crate) struct Held {
    timers: Arc<Timers>,
    number: u64,
    place: &'static Location<'static>,
}

impl Held {
    pub(crate) fn place(&self) -> &'static Location<'static> {
        self.place
    }
}

impl Clone for Held {
    fn clone(&self) -> Held {
        self.timers
            .hold_locked(&mut self.timers.state.lock(), self.place)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.timers.state.lock();
        state.holds.remove(&self.number);
        if state.holds.is_empty() {
            self.timers.changed.notify_one();
        }
    }
}

enum Time {
    Real { wall_ms: u64, start: Instant },
    Warped { now_ms: AtomicU64 },
    Stepped { now_ms: AtomicU64 },
}

#[derive(Default)]
struct State {
    pending: BTreeMap<Key, Pending>,
    set_so_far: u64,
    /// Where each living hold was taken; always empty for a real clock.
    holds: BTreeMap<u64, &'static Location<'static>>,
    held_so_far: u64,
    stopped: bool,
}

struct Pending {
    place: &'static Location<'static>,
    action: Action,
}

impl Pending {
    fn fire(self, hold: Hold) {
        match self.action {
            Action::Wake(slot) => slot.fire(hold),
            // The hook has reported the panic; the other deadlines of the process must still come.
            Action::Alarm(ring) => drop(catch_unwind(AssertUnwindSafe(|| ring(hold)))),
        }
    }
}

/// What the thread waits for when nothing is due.
enum Wait {
    Until(Instant),
    Change,
}

fn as_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
