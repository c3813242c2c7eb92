//! The future of one deadline.

use std::{
    fmt,
    future::Future,
    mem,
    panic::Location,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::Thread,
};

use parking_lot::Mutex;

use crate::{
    Clock, Hold,
    timers::{Action, Key},
};

/// Waits for one deadline of a [`Clock`]; see [`Clock::sleep_until`]. Dropping it unsets the deadline.
#[must_use = "a deadline that nobody waits for is unset at once"]
pub struct Sleep {
    clock: Clock,
    slot: Arc<Slot>,
    /// None when the deadline had passed before it was set.
    key: Option<Key>,
}

impl Sleep {
    pub(crate) fn new(clock: Clock, at_ms: u64, place: &'static Location<'static>) -> Sleep {
        if at_ms <= clock.now() {
            let hold = Hold(clock.timers.take_hold(place));
            return Sleep {
                clock,
                slot: Arc::new(Slot(Mutex::new(Stage::Fired(hold)))),
                key: None,
            };
        }
        let slot = Arc::new(Slot(Mutex::new(Stage::Waiting(None))));
        let key = Some(
            clock
                .timers
                .set(at_ms, place, Action::Wake(Arc::clone(&slot))),
        );
        Sleep { clock, slot, key }
    }

    /// Waits by parking the calling thread; for threads without a runtime.
    pub fn wait(self) -> Hold {
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut sleep = pin!(self);
        loop {
            match sleep.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(hold) => return hold,
                Poll::Pending => std::thread::park(),
            }
        }
    }
}

impl Future for Sleep {
    type Output = Hold;

    /// Pending for ever once it has been ready: like every future, it must not be polled again.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Hold> {
        let mut stage = self.slot.0.lock();
        match mem::replace(&mut *stage, Stage::Over) {
            Stage::Fired(hold) => Poll::Ready(hold),
            Stage::Waiting(_) => {
                *stage = Stage::Waiting(Some(context.waker().clone()));
                Poll::Pending
            }
            Stage::Over => Poll::Pending,
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.clock.timers.unset(key);
        }
        // Fired but never polled: the hold that was taken for the sleeper is released here, outside the slot's lock.
        let stage = mem::replace(&mut *self.slot.0.lock(), Stage::Over);
        drop(stage);
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("until", &self.key.map(|key| key.0))
            .finish_non_exhaustive()
    }
}

/// Where the clock's thread leaves the hold for the sleeper.
pub(crate) struct Slot(Mutex<Stage>);

impl Slot {
    pub(crate) fn fire(&self, hold: Hold) {
        let mut stage = self.0.lock();
        if matches!(*stage, Stage::Over) {
            // The sleeper was dropped in this very moment. Unlock first: dropping the hold locks the clock.
            drop(stage);
            drop(hold);
            return;
        }
        let before = mem::replace(&mut *stage, Stage::Fired(hold));
        drop(stage);
        if let Stage::Waiting(Some(waker)) = before {
            waker.wake();
        }
    }
}

enum Stage {
    Waiting(Option<Waker>),
    Fired(Hold),
    Over,
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
