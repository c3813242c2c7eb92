//! The clock that the driver, the edge and the simulator share: real, or warped when all are idle.
//!
//! A [`Clock`] is cheap to clone and comes in three kinds with one interface.
//!
//! - **Real**: [`Clock::now`] is the wall time at its start plus the time measured since by a monotonic clock, so it never goes
//!   back. A [`Hold`] costs nothing and means nothing.
//! - **Warped**: time stands still while anybody is at work, and jumps to the earliest deadline when nobody is. An hour of calls
//!   passes in the seconds that the work takes.
//! - **Stepped**: time moves when a [`Stepper`] says so, and deadlines fire on its thread: for a simulation in one thread, in which
//!   everything has one order. A [`Hold`] means nothing to it, either.
//!
//! # The discipline
//!
//! A warped clock knows that somebody is at work by one thing alone: a [`Hold`] is alive. So:
//!
//! 1. **Whoever does something keeps a `Hold`.** An HTTP handler takes one first thing; a thread that takes a message out of a
//!    channel has one, because the message brought it along.
//! 2. **Whoever passes work on keeps a `Hold` until the receiver has its own.** Put a `Hold` into the message or the task, or, for
//!    an HTTP request, keep yours until the response has been read: the handler at the other end took its own meanwhile.
//! 3. **Nobody sleeps, or waits for someone who sleeps, with a `Hold` in hand.** Time would stand still for ever. Drop it first;
//!    the deadline that fires hands over a fresh one, taken before anybody else could run.
//!
//! Time-outs of real sockets are not a matter for this clock: while a request is under way time stands still. Guard those with the
//! runtime's own real time.
//!
//! Deadlines that are equal fire in the order in which they were set, and a warped clock fires the next one only when the work of
//! the one before is done. [`Clock::holders`] names the lines that keep time still, for the day when rule 3 was broken.
//!
//! ```
//! use cordboard_clock::Clock;
//! use std::sync::mpsc;
//!
//! # fn main() -> std::io::Result<()> {
//! // Time stays where it is until the hold that comes with the clock is released.
//! let (clock, start) = Clock::warped(1_000)?;
//! let (sender, receiver) = mpsc::channel();
//!
//! // An alarm passes its hold on with the message: time stands still until the receiver is done with it.
//! let _alarm = clock.alarm(3_601_000, move |hold| {
//!     sender.send(hold).ok();
//! });
//! assert_eq!(clock.now(), 1_000);
//!
//! drop(start);
//! let hold = receiver.recv();
//! assert_eq!(clock.now(), 3_601_000);
//! drop(hold);
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod sleep;
mod timers;

use std::{fmt, io, panic::Location, sync::Arc};

pub use sleep::Sleep;
use timers::{Action, Key, Timers};

/// A source of time with deadlines. Clones share one time.
///
/// A real or warped clock runs one thread, which ends when the last clone (and the last pending [`Sleep`]) is gone; alarms that are still
/// pending then never ring.
#[derive(Clone)]
pub struct Clock {
    timers: Arc<Timers>,
    /// None for a stepped clock.
    _thread: Option<Arc<ThreadGuard>>,
}

impl Clock {
    /// A clock that follows the machine's time, taken once here and then advanced by a monotonic clock.
    ///
    /// # Errors
    /// The operating system refuses a thread.
    pub fn real() -> io::Result<Clock> {
        Clock::with(Timers::real())
    }

    /// A clock at `start_ms` (milliseconds since the Unix epoch) that jumps from deadline to deadline, and the hold that keeps it
    /// where it is: nothing happens before it is dropped.
    ///
    /// # Errors
    /// The operating system refuses a thread.
    #[track_caller]
    pub fn warped(start_ms: u64) -> io::Result<(Clock, Hold)> {
        let clock = Clock::with(Timers::warped(start_ms))?;
        let hold = clock.hold();
        Ok((clock, hold))
    }

    /// A clock at `start_ms` (milliseconds since the Unix epoch) that moves as the stepper is told. It has no thread.
    #[must_use]
    pub fn stepped(start_ms: u64) -> (Clock, Stepper) {
        let clock = Clock {
            timers: Arc::new(Timers::stepped(start_ms)),
            _thread: None,
        };
        let stepper = Stepper(clock.clone());
        (clock, stepper)
    }

    /// Milliseconds since the Unix epoch. Never less than an earlier answer.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.timers.now()
    }

    /// Whether this clock jumps or is stepped: its time is not that of the machine. Only tests and reports should need to know.
    #[must_use]
    pub fn is_virtual(&self) -> bool {
        self.timers.is_virtual()
    }

    /// Says "I am at work" until the result is dropped. It may move to other threads and tasks. Free for a real clock.
    #[must_use = "time goes on as soon as the hold is dropped"]
    #[track_caller]
    pub fn hold(&self) -> Hold {
        Hold(self.timers.take_hold(Location::caller()))
    }

    /// A future that is ready when `at_ms` has come, with the hold under which the sleeper goes on. Ready at once when `at_ms` has
    /// passed. It needs no runtime; a plain thread can [`Sleep::wait`] for it.
    ///
    /// The deadline is set by this call, not by the first poll. Dropping the future unsets it.
    #[track_caller]
    pub fn sleep_until(&self, at_ms: u64) -> Sleep {
        Sleep::new(self.clone(), at_ms, Location::caller())
    }

    /// [`Clock::sleep_until`] the present plus `ms` milliseconds.
    #[track_caller]
    pub fn sleep_for(&self, ms: u64) -> Sleep {
        Sleep::new(
            self.clone(),
            self.now().saturating_add(ms),
            Location::caller(),
        )
    }

    /// Calls `ring` on the clock's thread when `at_ms` has come; when it has passed already, as soon as nobody holds. `ring` must not
    /// block: it passes the hold on, as a rule into a channel. A panic in it is caught (and reported by the panic hook).
    #[track_caller]
    pub fn alarm(&self, at_ms: u64, ring: impl FnOnce(Hold) + Send + 'static) -> AlarmId {
        AlarmId(
            self.timers
                .set(at_ms, Location::caller(), Action::Alarm(Box::new(ring))),
        )
    }

    /// Unsets an alarm. True: it will never ring. False: it has rung, is ringing, or was cancelled before.
    pub fn cancel(&self, alarm: AlarmId) -> bool {
        self.timers.unset(alarm.0)
    }

    /// The places in the code whose holds keep a warped clock still at the moment; empty for a real clock. For diagnosis: a list
    /// that stays the same for seconds means that a holder waits for someone who sleeps.
    #[must_use]
    pub fn holders(&self) -> Vec<&'static Location<'static>> {
        self.timers.holders()
    }

    fn with(timers: Timers) -> io::Result<Clock> {
        let timers = Arc::new(timers);
        let of_thread = Arc::clone(&timers);
        std::thread::Builder::new()
            .name("clock".to_owned())
            .spawn(move || of_thread.run())?;
        let guard = Arc::new(ThreadGuard(Arc::clone(&timers)));
        Ok(Clock {
            timers,
            _thread: Some(guard),
        })
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock")
            .field("now", &self.now())
            .field("virtual", &self.is_virtual())
            .finish_non_exhaustive()
    }
}

/// Moves a stepped clock. There is one for each.
#[derive(Debug)]
pub struct Stepper(Clock);

impl Stepper {
    /// When the next deadline is, in milliseconds since the Unix epoch; it may have passed already.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        self.0.timers.next_deadline()
    }

    /// Moves time to `at_ms` and fires every deadline until then, in order, each at its own moment. Time never goes back: a moment
    /// that has passed fires what is due and leaves the time as it is.
    pub fn step_to(&mut self, at_ms: u64) {
        self.0.timers.step_to(at_ms);
    }
}

/// "Somebody is at work": while one is alive, a warped clock stands still. A clone is a hold of its own.
#[derive(Clone)]
#[must_use = "time goes on as soon as the hold is dropped"]
pub struct Hold(Option<timers::Held>);

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hold")
            .field(&self.0.as_ref().map(timers::Held::place))
            .finish()
    }
}

/// Names one alarm, for [`Clock::cancel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AlarmId(Key);

/// Ends the clock's thread when the last clone of the clock is gone.
struct ThreadGuard(Arc<Timers>);

impl Drop for ThreadGuard {
    fn drop(&mut self) {
        self.0.stop();
    }
}

#[cfg(test)]
mod tests;
