//! The driver: a thread that runs the core, with the journal, the plugins and the outside around it.
//!
//! A **shard** is one thread. It owns the tenant and the journal; nothing in it is locked. For each
//! message it stamps the time, appends the input to the journal, folds it at once and takes the
//! commands out. Questions to plugins leave at once, because asking is pure. Everything that is
//! visible outside (operations, events, answers to callers, acknowledged webhooks) waits until the
//! journal says that the input is durable, and leaves in order.
//!
//! Nothing here needs an async runtime.

mod advisor;
mod fold;
mod inbox;
mod lanes;
mod log;
mod operator;
mod outbox;
mod rebuild;
mod records;
mod shard;
mod stepped;

pub use advisor::{Advisor, Answer, Evidence};
pub(crate) use fold::State;
pub use fold::{CORE_VERSION, Hash};
pub use inbox::{InboxLimits, Shed};
pub(crate) use log::fold_log;
pub use operator::{Completion, NoOperator, Operator, Request};
pub use rebuild::HISTORY_ENTRIES;
pub(crate) use rebuild::{During, Rebuilt, rebuild};
pub use records::{
    Consultation, DecisionRecord, QUESTIONS_KEPT_MAX, RecordBody, SUBJECT_OF_NAMES,
    SUBJECT_OF_RESTARTS, subject_of_call,
};
pub(crate) use records::{newest_names, next_page};
pub use stepped::SteppedEngine;

use crate::error::{BuildError, SubmitError};
use crate::events::Events;
use crate::pending::{Pending, Promise};
use cordboard_clock::{Clock, Hold};
use cordboard_core::ids::{Epoch, Timestamp};
use cordboard_core::input::Reply;
use cordboard_core::{Config, Input, Tenant};
use cordboard_journal::{Event as JournalEvent, Journal, Listener, Seq, Watch};
use crossbeam_channel::{Receiver, unbounded};
use inbox::{Inbox, Message};
use parking_lot::Mutex;
use shard::Shard;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

/// The parts of a shard.
pub(crate) struct Parts {
    pub(crate) clock: Clock,
    pub(crate) journal: Box<dyn Journal>,
    /// What the journal announces.
    pub(crate) announced: Announced,
    pub(crate) state: State,
    /// The moment of the journal's last entry.
    pub(crate) last_now: Timestamp,
    pub(crate) operator: Arc<dyn Operator>,
    pub(crate) advisor: Arc<dyn Advisor>,
    pub(crate) events: Events,
    pub(crate) inbox_limits: InboxLimits,
    pub(crate) snapshot_every: u64,
    /// The entry that the newest snapshot was taken after; 0 for none.
    pub(crate) snapshot_at: Seq,
}

/// What the journal announces, on its way to the shard.
pub(crate) struct Announced(Receiver<JournalEvent>);

impl Announced {
    /// Makes the listener that a journal is opened with, and its other end.
    pub(crate) fn channel() -> (Listener, Self) {
        let (sender, receiver) = unbounded();
        let listener: Listener = Arc::new(move |event| drop(sender.send(event)));
        (listener, Self(receiver))
    }
}

/// What subscribers are told when the shard's thread has panicked.
const BROKEN: &str = "a mistake in the engine has ended it: start it again, and report the mistake";

/// How a shard ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stopped {
    /// The last entry of the journal.
    pub last: u64,
    /// The hash of the state after it.
    pub state_hash: Hash,
    /// The hash over all commands up to it.
    pub commands_hash: Hash,
}

/// A running shard. Clones talk to the same one.
#[derive(Clone, Debug)]
pub(crate) struct Driver {
    inbox: Inbox,
    clock: Clock,
    watch: Watch,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Driver {
    /// Starts the shard's thread, which first folds `opening`: the restart and the configuration. It
    /// runs once they are durable.
    pub(crate) fn start(parts: Parts, opening: Vec<Input>) -> Result<Self, BuildError> {
        let (inbox, outlet) = Inbox::new(parts.inbox_limits);
        let clock = parts.clock.clone();
        let watch = parts.journal.watch();
        let hold = clock.hold();
        let (events, clock_of_thread) = (parts.events.clone(), clock.clone());
        let shard = Shard::new(parts, inbox.clone(), outlet);
        let (promises, taken): (Vec<_>, Vec<_>) = opening.iter().map(|_| Promise::new()).unzip();
        let opening = opening.into_iter().zip(promises).collect();
        let thread = std::thread::Builder::new()
            .name("cordboard-shard".to_owned())
            .spawn(move || {
                let ran = catch_unwind(AssertUnwindSafe(|| shard.run(opening, hold)));
                if ran.is_err() {
                    // What waited for it was told when the shard was dropped.
                    tracing::error!("a mistake in the engine has ended it; start it again");
                    events.stop(BROKEN, &clock_of_thread.hold());
                }
            })?;
        let driver = Self {
            inbox,
            clock,
            watch,
            thread: Arc::new(Mutex::new(Some(thread))),
        };
        for taken in taken {
            if let Err(error) = taken.wait() {
                drop(driver.stop());
                return Err(BuildError::Opening(error));
            }
        }
        Ok(driver)
    }

    /// Tells whether the thread is there and has not given up: one that has refuses whatever comes.
    pub(crate) fn is_running(&self) -> bool {
        let thread = self.thread.lock();
        !self.inbox.has_given_up() && thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Takes an input. The answer is there once it is durable.
    pub(crate) fn submit(&self, input: Input, hold: Hold) -> Pending<Reply> {
        let (promise, pending) = Promise::new();
        self.inbox.submit(input, hold, promise);
        pending
    }

    /// Looks at the state between two inputs. The result is there once what it shows is durable.
    pub(crate) fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Tenant, Seq) -> T + Send + 'static,
    ) -> Pending<T> {
        let (promise, pending) = Promise::new();
        self.inbox.push(Message::Look {
            look: Box::new(move |tenant, seq| {
                let result = look(tenant, seq);
                Box::new(move || promise.keep(Ok(result)))
            }),
            hold: self.clock.hold(),
        });
        pending
    }

    /// Takes a last snapshot, writes everything out and ends the thread.
    pub(crate) fn stop(&self) -> Result<Stopped, SubmitError> {
        let (promise, pending) = Promise::new();
        self.inbox.push(Message::Stop(promise));
        let thread = self.thread.lock().take();
        let is_own = |thread: &JoinHandle<()>| thread.thread().id() == std::thread::current().id();
        if thread.as_ref().is_some_and(is_own) {
            // The last handle was dropped by the shard itself: it cannot wait for its own end.
            return Err(SubmitError::Stopped);
        }
        let stopped = pending.wait();
        if let Some(thread) = thread {
            // A panic was reported by the thread itself, and broke the promise above.
            drop(thread.join());
        }
        stopped
    }

    /// Tells whether so many inputs wait that no new call is to be taken.
    #[cfg(feature = "azure")]
    pub(crate) fn is_crowded(&self) -> bool {
        self.inbox.is_crowded()
    }

    /// Counts a call that was rejected as busy without the core.
    #[cfg(feature = "azure")]
    pub(crate) fn count_rejected(&self) {
        self.inbox.count_rejected();
    }

    /// Counts a new call that was left to the next delivery.
    #[cfg(feature = "azure")]
    pub(crate) fn count_left(&self) {
        self.inbox.count_left();
    }

    pub(crate) fn shed(&self) -> Shed {
        self.inbox.shed()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }
}

/// The opening inputs of a start: the restart, unless the journal is new, and the configuration,
/// unless it is in force already. The digest does not tell: it is that of the text, and an audio file
/// may have changed.
pub(crate) fn opening(
    state: &State,
    is_new: bool,
    epoch: Epoch,
    config: &Arc<Config>,
) -> Vec<Input> {
    let mut opening = Vec::new();
    if !is_new {
        opening.push(Input::Restarted { epoch });
    }
    if state.tenant.config() != Some(config) {
        opening.push(Input::Config(Arc::clone(config)));
    }
    opening
}
