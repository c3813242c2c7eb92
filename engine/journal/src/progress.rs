//! How far the journal is durable, and who is told.

use crate::entry::Seq;
use crate::error::{Failure, Stream};
use crate::journal::{Event, Listener};
use parking_lot::{Condvar, Mutex};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Tells from any thread how far the journal is durable.
#[derive(Clone, Debug)]
pub struct Watch(pub(crate) Arc<Progress>);

impl Watch {
    /// Returns the last durable entry.
    #[must_use]
    pub fn durable(&self) -> Seq {
        self.0.durable()
    }

    /// Returns the failure of a stream, if it has failed.
    #[must_use]
    pub fn failure(&self, stream: Stream) -> Option<Failure> {
        self.0.failure(stream)
    }

    /// Waits until the entry is durable. Returns whether it is: false means that the time is over.
    ///
    /// # Errors
    ///
    /// The [`Failure`] of the log if the entry is not durable and the log has failed.
    pub fn wait(&self, seq: Seq, timeout: Duration) -> Result<bool, Failure> {
        let until = Instant::now().checked_add(timeout);
        let mut failures = self.0.failures.lock();
        loop {
            if self.durable() >= seq {
                return Ok(true);
            }
            if let Some(failure) = &failures.log {
                return Err(failure.clone());
            }
            match until {
                Some(until) => {
                    if self.0.changed.wait_until(&mut failures, until).timed_out() {
                        return Ok(self.durable() >= seq);
                    }
                }
                None => self.0.changed.wait(&mut failures),
            }
        }
    }
}

/// Shared by the writers, which advance it, and the watchers.
pub(crate) struct Progress {
    durable: AtomicU64,
    failures: Mutex<Failures>,
    changed: Condvar,
    listener: Listener,
}

#[derive(Default)]
struct Failures {
    log: Option<Failure>,
    records: Option<Failure>,
}

impl Progress {
    pub(crate) fn new(durable: Seq, listener: Listener) -> Self {
        Self {
            durable: AtomicU64::new(durable.0),
            failures: Mutex::default(),
            changed: Condvar::new(),
            listener,
        }
    }

    pub(crate) fn durable(&self) -> Seq {
        Seq(self.durable.load(Ordering::Acquire))
    }

    pub(crate) fn failure(&self, stream: Stream) -> Option<Failure> {
        let failures = self.failures.lock();
        match stream {
            Stream::Log => failures.log.clone(),
            Stream::Records => failures.records.clone(),
        }
    }

    /// Announces entries up to `seq`.
    pub(crate) fn advance(&self, seq: Seq) {
        {
            // Under the lock, so that a watcher between its check and its wait does not miss it.
            let _failures = self.failures.lock();
            self.durable.store(seq.0, Ordering::Release);
        }
        self.changed.notify_all();
        (self.listener)(Event::Durable(seq));
    }

    pub(crate) fn snapshot_durable(&self, seq: Seq) {
        (self.listener)(Event::SnapshotDurable(seq));
    }

    /// Marks a stream as failed, for good. Only the first failure of a stream counts.
    pub(crate) fn fail(&self, stream: Stream, detail: &str) {
        let failure = Failure {
            stream,
            durable: self.durable(),
            detail: detail.into(),
        };
        {
            let mut failures = self.failures.lock();
            let place = match stream {
                Stream::Log => &mut failures.log,
                Stream::Records => &mut failures.records,
            };
            if place.is_some() {
                return;
            }
            *place = Some(failure.clone());
        }
        self.changed.notify_all();
        (self.listener)(Event::Failed(failure));
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress")
            .field("durable", &self.durable())
            .finish_non_exhaustive()
    }
}
