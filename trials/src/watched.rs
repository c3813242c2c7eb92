//! The embedded journal, with a look at the size of its snapshots.

use cordboard::core::ids::Timestamp;
use cordboard_acs::EdgeKey;
use cordboard_journal::{
    AppendError, Blobs, Failure, Identity, Journal, OpenError, OpenReport, Options, ReadError,
    RecordError, RecordId, Records, Replay, ReplayFrom, Seq, Snapshot, SnapshotError, Watch,
};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// What a trial wants to know of a journal.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    snapshot_bytes: AtomicUsize,
    key: OnceLock<EdgeKey>,
}

impl Seen {
    /// The size of the newest snapshot: that of the state.
    pub(crate) fn snapshot_bytes(&self) -> usize {
        self.snapshot_bytes.load(Ordering::Relaxed)
    }

    /// What callback addresses are made with; none before the journal is open.
    pub(crate) fn key(&self) -> Option<&EdgeKey> {
        self.key.get()
    }
}

#[derive(Debug)]
struct Watched {
    journal: Box<dyn Journal>,
    seen: Arc<Seen>,
}

/// Opens the journal in a folder.
pub(crate) fn open(
    folder: &Path,
    options: Options,
    seen: Arc<Seen>,
) -> Result<(Box<dyn Journal>, OpenReport), OpenError> {
    let (journal, report) = cordboard_journal::open(folder, options)?;
    // A nonce of the journal is always long enough.
    if let Ok(key) = EdgeKey::from_nonce(&journal.identity().nonce.0) {
        seen.key.get_or_init(|| key);
    }
    let journal = Box::new(journal);
    Ok((Box::new(Watched { journal, seen }), report))
}

impl Journal for Watched {
    fn identity(&self) -> &Identity {
        self.journal.identity()
    }

    fn last(&self) -> Seq {
        self.journal.last()
    }

    fn append(&mut self, now: Timestamp, payload: &[u8]) -> Result<Seq, AppendError> {
        self.journal.append(now, payload)
    }

    fn snapshot(&mut self, snapshot: Snapshot) -> Result<(), SnapshotError> {
        let bytes = snapshot.bytes.len();
        self.seen.snapshot_bytes.store(bytes, Ordering::Relaxed);
        self.journal.snapshot(snapshot)
    }

    fn replay(&self, from: ReplayFrom) -> Result<Replay, ReadError> {
        self.journal.replay(from)
    }

    fn record(
        &mut self,
        seq: Seq,
        now: Timestamp,
        subjects: &[&str],
        payload: &[u8],
    ) -> Result<RecordId, RecordError> {
        self.journal.record(seq, now, subjects, payload)
    }

    fn records(&self) -> Arc<dyn Records> {
        self.journal.records()
    }

    fn blobs(&self) -> Arc<dyn Blobs> {
        self.journal.blobs()
    }

    fn watch(&self) -> Watch {
        self.journal.watch()
    }

    fn close(self: Box<Self>) -> Result<(), Failure> {
        self.journal.close()
    }
}
