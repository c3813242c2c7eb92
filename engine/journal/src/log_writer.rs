//! Group commit of the recovery log: whatever waits goes out with one sync.

use crate::entry::{
    CoreVersion, Manifest, Seq, Snapshot, encode_entry, encode_manifest, encode_part,
};
use crate::error::{AppendError, Failure, SnapshotError, Stream};
use crate::journal::RetainLog;
use crate::limits::Limits;
use crate::progress::Progress;
use crate::record_writer::RecordWriter;
use crate::retention::{self, Kept};
use crate::store::{LogGroup, LogStore, StoreError};
use cordboard_core::ids::Timestamp;
#[cfg(feature = "crash-points")]
use cordboard_crash_points::Point;
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Takes entries and snapshots from the journal's owner and brings them to the store, on a thread
/// that calls [`run`](Self::run) or on whoever calls [`pump`](Self::pump).
#[derive(Debug)]
pub(crate) struct LogWriter {
    store: Arc<dyn LogStore>,
    progress: Arc<Progress>,
    records: Arc<RecordWriter>,
    limits: Limits,
    core: CoreVersion,
    retain: RetainLog,
    queue: Mutex<Queue>,
    work: Condvar,
    writing: Mutex<Writing>,
    /// The first entry that is kept.
    first: AtomicU64,
}

impl LogWriter {
    pub(crate) fn new(
        store: Arc<dyn LogStore>,
        progress: Arc<Progress>,
        records: Arc<RecordWriter>,
        limits: Limits,
        core: CoreVersion,
        retain: RetainLog,
        found: Found,
    ) -> Self {
        let writer = Self {
            store,
            progress,
            records,
            limits,
            core,
            retain,
            queue: Mutex::new(Queue {
                newest_snapshot: found.snapshots.last().copied().unwrap_or_default(),
                ..Queue::default()
            }),
            work: Condvar::new(),
            writing: Mutex::new(Writing {
                snapshots: found.snapshots,
                ..Writing::default()
            }),
            first: AtomicU64::new(found.first.0),
        };
        // A cut that the process before began and did not finish goes on.
        {
            let mut writing = writer.writing.lock();
            writing.cut_to = writer.kept(&writing.snapshots).cut_to;
        }
        writer
    }

    /// Queues the entry after `last`.
    pub(crate) fn append(
        &self,
        last: Seq,
        now: Timestamp,
        payload: &[u8],
    ) -> Result<Seq, AppendError> {
        if payload.len() > self.limits.entry_bytes_max {
            return Err(AppendError::TooLarge {
                bytes: payload.len(),
                limit: self.limits.entry_bytes_max,
            });
        }
        let entries = last
            .0
            .saturating_add(1)
            .saturating_sub(self.first.load(Ordering::Acquire));
        if entries >= self.limits.log_entries_max {
            return Err(AppendError::LogFull { entries });
        }
        let seq = last.next();
        let frame = encode_entry(seq, now, self.core, payload);
        {
            let mut queue = self.queue.lock();
            if queue.dead {
                return Err(AppendError::Failed(self.failure()));
            }
            let bytes = queue.waiting_bytes.saturating_add(frame.len());
            // An entry of any allowed size goes through when nothing else waits.
            if queue.waiting >= self.limits.unsynced_entries_max
                || (queue.waiting > 0 && bytes > self.limits.unsynced_bytes_max)
            {
                return Err(AppendError::Full {
                    waiting: queue.waiting,
                });
            }
            queue.waiting += 1;
            queue.waiting_bytes = bytes;
            queue.entries.push_back((seq, frame));
        }
        self.work.notify_one();
        Ok(seq)
    }

    /// Queues a snapshot; `last` is the last entry appended.
    pub(crate) fn snapshot(&self, last: Seq, snapshot: Snapshot) -> Result<(), SnapshotError> {
        if snapshot.bytes.len() > self.limits.snapshot_bytes_max {
            return Err(SnapshotError::TooLarge {
                bytes: snapshot.bytes.len(),
                limit: self.limits.snapshot_bytes_max,
            });
        }
        {
            let mut queue = self.queue.lock();
            if queue.dead {
                return Err(SnapshotError::Failed(self.failure()));
            }
            if let Some(writing) = queue.snapshot_in_writing {
                return Err(SnapshotError::Busy { writing });
            }
            if snapshot.seq <= queue.newest_snapshot || snapshot.seq > last {
                return Err(SnapshotError::Misplaced {
                    seq: snapshot.seq,
                    newest: queue.newest_snapshot,
                    last,
                });
            }
            queue.snapshot_in_writing = Some(snapshot.seq);
            queue.snapshot = Some(snapshot);
        }
        self.work.notify_one();
        Ok(())
    }

    /// Writes whatever comes until the journal is closed or fails.
    pub(crate) fn run(&self) {
        loop {
            self.pump();
            let mut queue = self.queue.lock();
            if queue.dead || (queue.closing && queue.is_empty()) {
                return;
            }
            if queue.is_empty() {
                self.work.wait(&mut queue);
            }
        }
    }

    /// Writes everything that waits, group by group.
    pub(crate) fn pump(&self) {
        let mut writing = self.writing.lock();
        while self.store.accepts() {
            let Some((group, taken)) = self.next_group(&mut writing) else {
                return;
            };
            #[cfg(feature = "crash-points")]
            let points = CrashPoints::of(&group);
            #[cfg(feature = "crash-points")]
            points.pass_before();
            let committed = catch_unwind(AssertUnwindSafe(|| self.store.commit(group)))
                .unwrap_or_else(|_| Err(StoreError::new("the store broke off with a panic")));
            match committed {
                Ok(()) => {
                    #[cfg(feature = "crash-points")]
                    points.pass_after();
                    self.announce(&mut writing, taken);
                }
                Err(error) => {
                    self.fail(&error.0);
                    return;
                }
            }
        }
    }

    /// Makes `run` return once everything is written.
    pub(crate) fn close(&self) {
        self.queue.lock().closing = true;
        self.work.notify_one();
    }

    /// Ends the log for good. What waits is dropped.
    pub(crate) fn fail(&self, detail: &str) {
        {
            let mut queue = self.queue.lock();
            *queue = Queue {
                dead: true,
                ..Queue::default()
            };
        }
        self.progress.fail(Stream::Log, detail);
    }

    /// Writes the first `keep` waiting entries without announcing them, and ends the log: what a
    /// power failure in the middle of a sync may leave.
    pub(crate) fn cut_power(&self, keep: usize) -> Result<(), StoreError> {
        let entries: Vec<_> = {
            let mut queue = self.queue.lock();
            let keep = keep.min(queue.entries.len());
            queue.entries.drain(..keep).collect()
        };
        let written = self.store.commit(LogGroup {
            entries,
            ..LogGroup::default()
        });
        self.fail("the power failed");
        written
    }

    fn failure(&self) -> Failure {
        // INVARIANT: `dead` is only set on the way to marking the progress as failed.
        self.progress
            .failure(Stream::Log)
            .unwrap_or_else(|| Failure {
                stream: Stream::Log,
                durable: self.progress.durable(),
                detail: "it is failing".into(),
            })
    }

    fn next_group(&self, writing: &mut Writing) -> Option<(LogGroup, Taken)> {
        let mut group = LogGroup::default();
        {
            let mut queue = self.queue.lock();
            if let Some(snapshot) = queue.snapshot.take() {
                writing.snapshot = Some(SnapshotInWriting {
                    snapshot,
                    parts: 0,
                    bytes: 0,
                });
            }
            let count = queue
                .entries
                .len()
                .min(self.limits.group_entries_max.max(1));
            group.entries.extend(queue.entries.drain(..count));
        }
        let mut taken = Taken {
            entries: group.entries.len(),
            bytes: group.entries.iter().map(|(_, frame)| frame.len()).sum(),
            last: group.entries.last().map(|(seq, _)| *seq),
            snapshot: None,
            first: None,
        };
        let covered = taken.last.unwrap_or_else(|| self.progress.durable());
        self.add_snapshot(writing, covered, &mut group, &mut taken);
        self.add_cut(writing, &mut group, &mut taken);
        let idle = taken.entries == 0
            && group.parts.is_empty()
            && group.manifest.is_none()
            && group.cut_through.is_none();
        (!idle).then_some((group, taken))
    }

    /// Adds the next part of the snapshot in writing; with the last one, and once its entry is
    /// covered, its manifest.
    fn add_snapshot(
        &self,
        writing: &mut Writing,
        covered: Seq,
        group: &mut LogGroup,
        taken: &mut Taken,
    ) {
        let Some(current) = &mut writing.snapshot else {
            return;
        };
        let Snapshot {
            seq,
            now,
            core,
            state_hash,
            bytes,
        } = &current.snapshot;
        let rest = bytes.get(current.bytes..).unwrap_or_default();
        if !rest.is_empty() {
            let size = rest.len().min(self.limits.snapshot_slice_bytes.max(1));
            let share = rest.get(..size).unwrap_or(rest);
            let frame = encode_part(*seq, *core, current.parts, share);
            group.parts.push((*seq, current.parts, frame));
            current.parts += 1;
            current.bytes += size;
        }
        if current.bytes < bytes.len() || *seq > covered {
            return;
        }
        let manifest = encode_manifest(&Manifest {
            seq: *seq,
            now: *now,
            core: *core,
            state_hash: *state_hash,
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            parts: current.parts,
        });
        let mut snapshots = writing.snapshots.clone();
        snapshots.push(*seq);
        let kept = self.kept(&snapshots);
        snapshots.retain(|seq| !kept.snapshots.contains(seq));
        group.drop_snapshots = snapshots;
        group.manifest = Some((*seq, manifest));
        taken.snapshot = Some((*seq, kept));
    }

    fn add_cut(&self, writing: &Writing, group: &mut LogGroup, taken: &mut Taken) {
        let first = self.first.load(Ordering::Acquire);
        let Some(cut_to) = writing.cut_to.filter(|cut_to| cut_to.0 >= first) else {
            return;
        };
        let step = self.limits.cut_entries_max.max(1);
        let through = Seq(cut_to.0.min(first.saturating_add(step - 1)));
        group.cut_through = Some(through);
        taken.first = Some(through.next());
    }

    fn announce(&self, writing: &mut Writing, taken: Taken) {
        if let Some(first) = taken.first {
            self.first.store(first.0, Ordering::Release);
        }
        let snapshot = taken.snapshot.map(|(seq, kept)| {
            writing.snapshot = None;
            writing.snapshots = kept.snapshots;
            writing.cut_to = kept.cut_to;
            seq
        });
        {
            let mut queue = self.queue.lock();
            queue.waiting = queue.waiting.saturating_sub(taken.entries);
            queue.waiting_bytes = queue.waiting_bytes.saturating_sub(taken.bytes);
            if let Some(seq) = snapshot {
                queue.snapshot_in_writing = None;
                queue.newest_snapshot = seq;
            }
        }
        if let Some(last) = taken.last {
            self.progress.advance(last);
            self.records.wake();
        }
        if let Some(seq) = snapshot {
            self.progress.snapshot_durable(seq);
        }
    }

    /// What stays of the snapshots and of the log.
    fn kept(&self, snapshots: &[Seq]) -> Kept {
        let first = Seq(self.first.load(Ordering::Acquire));
        retention::kept(snapshots, first, self.retain, self.limits.snapshots_kept)
    }
}

/// What the store held when it was opened.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The first entry that is kept; one after the last if there is none.
    pub(crate) first: Seq,
    /// Entries of snapshots, oldest first.
    pub(crate) snapshots: Vec<Seq>,
}

/// What waits, filled by the journal's owner.
#[derive(Debug, Default)]
struct Queue {
    entries: VecDeque<(Seq, Vec<u8>)>,
    snapshot: Option<Snapshot>,
    /// Entries that are not durable, those in the group on its way included.
    waiting: usize,
    waiting_bytes: usize,
    /// Set from the moment a snapshot is queued until it is durable.
    snapshot_in_writing: Option<Seq>,
    newest_snapshot: Seq,
    closing: bool,
    dead: bool,
}

impl Queue {
    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.snapshot.is_none()
    }
}

/// What the writer is in the middle of.
#[derive(Debug, Default)]
struct Writing {
    snapshot: Option<SnapshotInWriting>,
    snapshots: Vec<Seq>,
    cut_to: Option<Seq>,
}

#[derive(Debug)]
struct SnapshotInWriting {
    snapshot: Snapshot,
    parts: u32,
    bytes: usize,
}

/// What a group contains, to be accounted for once it is durable.
#[derive(Debug)]
struct Taken {
    entries: usize,
    bytes: usize,
    last: Option<Seq>,
    snapshot: Option<(Seq, Kept)>,
    first: Option<Seq>,
}

/// Which points a group passes on its way to the disk.
#[cfg(feature = "crash-points")]
#[derive(Clone, Copy, Debug)]
struct CrashPoints {
    entries: bool,
    snapshot: bool,
    cut: bool,
}

#[cfg(feature = "crash-points")]
impl CrashPoints {
    fn of(group: &LogGroup) -> Self {
        Self {
            entries: !group.entries.is_empty(),
            snapshot: group.manifest.is_some(),
            cut: group.cut_through.is_some(),
        }
    }

    fn pass_before(self) {
        self.pass(
            Point::BeforeDurable,
            Point::BeforeSnapshot,
            Point::BeforeTruncate,
        );
    }

    fn pass_after(self) {
        self.pass(
            Point::AfterDurable,
            Point::AfterSnapshot,
            Point::AfterTruncate,
        );
    }

    fn pass(self, of_entries: Point, of_snapshot: Point, of_cut: Point) {
        for (is_passed, point) in [
            (self.entries, of_entries),
            (self.snapshot, of_snapshot),
            (self.cut, of_cut),
        ] {
            if is_passed {
                cordboard_crash_points::pass(point);
            }
        }
    }
}
