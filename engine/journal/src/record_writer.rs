//! Decision records on their way to the store, behind the log: a record is written once its entry
//! is durable, so that no record tells of an input that a power failure has undone.

use crate::entry::{CoreVersion, RecordId, Seq, encode_record};
use crate::error::{Failure, RecordError, Stream};
use crate::limits::Limits;
use crate::progress::Progress;
use crate::store::{PendingRecord, RecordStore, Retention, StoreError};
use cordboard_core::ids::Timestamp;
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Takes records from the journal's owner and brings them to the store, on a thread that calls
/// [`run`](Self::run) or, without one, on the thread that made their entries durable.
#[derive(Debug)]
pub(crate) struct RecordWriter {
    store: Arc<dyn RecordStore>,
    progress: Arc<Progress>,
    limits: Limits,
    core: CoreVersion,
    has_thread: bool,
    queue: Mutex<Queue>,
    work: Condvar,
    writing: Mutex<Writing>,
    /// The newest record that an earlier run has written.
    stored: Option<RecordId>,
}

impl RecordWriter {
    pub(crate) fn new(
        store: Arc<dyn RecordStore>,
        progress: Arc<Progress>,
        limits: Limits,
        core: CoreVersion,
        has_thread: bool,
        stored: Option<RecordId>,
    ) -> Self {
        Self {
            store,
            progress,
            limits,
            core,
            has_thread,
            queue: Mutex::default(),
            work: Condvar::new(),
            writing: Mutex::default(),
            stored,
        }
    }

    /// Queues a record of the entry `seq`; `last` is the last entry appended.
    pub(crate) fn record(
        &self,
        last: Seq,
        seq: Seq,
        now: Timestamp,
        subjects: &[&str],
        payload: &[u8],
    ) -> Result<RecordId, RecordError> {
        self.check_size(subjects, payload)?;
        let mut queue = self.queue.lock();
        let before = queue.issued.unwrap_or_default();
        if seq > last || seq < before.seq || seq == Seq(0) {
            return Err(RecordError::OutOfOrder {
                seq,
                last: before.seq,
            });
        }
        let number = if queue.issued.is_some() && before.seq == seq {
            before.number.saturating_add(1)
        } else {
            0
        };
        let id = RecordId { seq, number };
        // Numbers go on when a record is lost or already there, so that a replay gives the same ones.
        queue.issued = Some(id);
        if self.stored.is_some_and(|stored| id <= stored) {
            return Ok(id);
        }
        if queue.dead {
            return Err(RecordError::Failed(self.failure()));
        }
        let frame = encode_record(id, now, self.core, subjects, payload);
        let bytes = queue.waiting_bytes.saturating_add(frame.len());
        if queue.waiting >= self.limits.unsynced_records_max
            || (queue.waiting > 0 && bytes > self.limits.unsynced_record_bytes_max)
        {
            return Err(RecordError::Full {
                waiting: queue.waiting,
            });
        }
        queue.waiting += 1;
        queue.waiting_bytes = bytes;
        queue.newest = queue.newest.max(now);
        queue.records.push_back(PendingRecord {
            id,
            subjects: subjects.iter().map(|&subject| subject.to_owned()).collect(),
            frame,
        });
        let ready = seq <= self.progress.durable();
        drop(queue);
        if ready {
            self.wake();
        }
        Ok(id)
    }

    /// Says that more entries are durable.
    pub(crate) fn wake(&self) {
        if self.has_thread {
            // Under the lock, so that the thread between its check and its wait does not miss it.
            let _queue = self.queue.lock();
            self.work.notify_one();
        } else {
            self.pump();
        }
    }

    /// Writes whatever comes until the journal is closed or the records fail.
    pub(crate) fn run(&self) {
        loop {
            self.pump();
            let mut queue = self.queue.lock();
            let ready = queue.has_ready(self.progress.durable());
            if queue.dead || (queue.closing && !ready) {
                return;
            }
            if !ready {
                self.work.wait(&mut queue);
            }
        }
    }

    /// Writes every record whose entry is durable.
    pub(crate) fn pump(&self) {
        let mut writing = self.writing.lock();
        loop {
            let durable = self.progress.durable();
            let (records, newest) = {
                let mut queue = self.queue.lock();
                let ready = queue
                    .records
                    .iter()
                    .take(self.limits.group_records_max.max(1))
                    .take_while(|record| record.id.seq <= durable)
                    .count();
                let records: Vec<_> = queue.records.drain(..ready).collect();
                (records, queue.newest)
            };
            if records.is_empty() && !writing.more_expired {
                return;
            }
            let count = records.len();
            let bytes = records.iter().map(|record| record.frame.len()).sum();
            let retention = Retention {
                bytes_max: self.limits.records_bytes_max,
                not_before: Timestamp(newest.0.saturating_sub(self.limits.records_age_max.0)),
                remove_max: self.limits.expired_records_max.max(1),
            };
            let committed =
                catch_unwind(AssertUnwindSafe(|| self.store.commit(records, retention)))
                    .unwrap_or_else(|_| Err(StoreError::new("the store broke off with a panic")));
            match committed {
                Ok(more_expired) => {
                    writing.more_expired = more_expired;
                    let mut queue = self.queue.lock();
                    queue.waiting = queue.waiting.saturating_sub(count);
                    queue.waiting_bytes = queue.waiting_bytes.saturating_sub(bytes);
                }
                Err(error) => {
                    writing.more_expired = false;
                    self.fail(&error.0);
                    return;
                }
            }
        }
    }

    /// Makes `run` return once everything that can be written is written.
    pub(crate) fn close(&self) {
        self.queue.lock().closing = true;
        self.work.notify_one();
    }

    /// Ends the records for good. What waits is dropped; calls go on.
    pub(crate) fn fail(&self, detail: &str) {
        {
            let mut queue = self.queue.lock();
            queue.dead = true;
            queue.records.clear();
            queue.waiting = 0;
            queue.waiting_bytes = 0;
        }
        self.progress.fail(Stream::Records, detail);
    }

    fn failure(&self) -> Failure {
        // INVARIANT: `dead` is only set on the way to marking the progress as failed.
        self.progress
            .failure(Stream::Records)
            .unwrap_or_else(|| Failure {
                stream: Stream::Records,
                durable: self.progress.durable(),
                detail: "they are failing".into(),
            })
    }

    fn check_size(&self, subjects: &[&str], payload: &[u8]) -> Result<(), RecordError> {
        let longest = subjects.iter().map(|subject| subject.len()).max();
        let limit = usize::from(u8::MAX);
        for (what, size, limit) in [
            ("a payload", payload.len(), self.limits.record_bytes_max),
            (
                "a count of subjects",
                subjects.len(),
                self.limits.record_subjects_max.min(limit),
            ),
            (
                "a subject",
                longest.unwrap_or(0),
                self.limits.subject_bytes_max.min(limit),
            ),
        ] {
            if size > limit {
                return Err(RecordError::TooLarge { what, size, limit });
            }
        }
        Ok(())
    }
}

/// What waits, filled by the journal's owner.
#[derive(Debug, Default)]
struct Queue {
    records: VecDeque<PendingRecord>,
    /// Records that are not durable, those in the group on its way included.
    waiting: usize,
    waiting_bytes: usize,
    issued: Option<RecordId>,
    newest: Timestamp,
    closing: bool,
    dead: bool,
}

impl Queue {
    fn has_ready(&self, durable: Seq) -> bool {
        self.records
            .front()
            .is_some_and(|record| record.id.seq <= durable)
    }
}

#[derive(Debug, Default)]
struct Writing {
    more_expired: bool,
}
