//! What the writers need from whatever keeps the bytes. A store knows nothing of threads, queues
//! or announcements; the writers know nothing of files.

use crate::entry::{RecordId, Seq};
use cordboard_core::ids::Timestamp;
use std::fmt;
use std::sync::Arc;

/// Why a store could not read or write. Only shown, never told apart: any failed write is final.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct StoreError(pub(crate) Arc<str>);

impl StoreError {
    pub(crate) fn new(cause: impl fmt::Display) -> Self {
        Self(cause.to_string().into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What goes to the log with one sync: all of it or nothing.
#[derive(Debug, Default)]
pub(crate) struct LogGroup {
    /// Frames of entries, in order.
    pub(crate) entries: Vec<(Seq, Vec<u8>)>,
    /// Frames of parts of the snapshot at the entry named.
    pub(crate) parts: Vec<(Seq, u32, Vec<u8>)>,
    /// The frame of a manifest, with which its snapshot begins to exist.
    pub(crate) manifest: Option<(Seq, Vec<u8>)>,
    /// Snapshots to drop, with their parts.
    pub(crate) drop_snapshots: Vec<Seq>,
    /// Entries up to and including this one go.
    pub(crate) cut_through: Option<Seq>,
}

/// The first and last entry that a log holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bounds {
    pub(crate) first: Seq,
    pub(crate) last: Seq,
}

/// Keeps log entries and snapshots.
pub(crate) trait LogStore: Send + Sync + fmt::Debug {
    /// Writes and syncs a group.
    fn commit(&self, group: LogGroup) -> Result<(), StoreError>;

    /// Whether a commit may be tried; tests hold it back.
    fn accepts(&self) -> bool {
        true
    }

    fn bounds(&self) -> Result<Option<Bounds>, StoreError>;

    /// Returns frames of entries after `after`, at least one if there is one, until a page is full.
    fn entries(&self, after: Seq) -> Result<Vec<(Seq, Vec<u8>)>, StoreError>;

    /// Returns the frames of all manifests, oldest first.
    fn manifests(&self) -> Result<Vec<(Seq, Vec<u8>)>, StoreError>;

    fn part(&self, seq: Seq, part: u32) -> Result<Option<Vec<u8>>, StoreError>;
}

/// A decision record on its way to the store.
#[derive(Clone, Debug)]
pub(crate) struct PendingRecord {
    pub(crate) id: RecordId,
    pub(crate) subjects: Vec<String>,
    pub(crate) frame: Vec<u8>,
}

/// Which records may stay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retention {
    /// Bytes of frames that stay.
    pub(crate) bytes_max: u64,
    /// Records of before this moment go.
    pub(crate) not_before: Timestamp,
    /// Most records that one commit removes.
    pub(crate) remove_max: usize,
}

/// Reads decision records.
pub(crate) trait RecordSource: Send + Sync + fmt::Debug {
    fn last(&self) -> Result<Option<RecordId>, StoreError>;

    /// Returns frames of records after `after`, oldest first, until the page is full.
    fn after(
        &self,
        after: Option<RecordId>,
        page: Page,
    ) -> Result<Vec<(RecordId, Vec<u8>)>, StoreError>;

    /// Like `after`, but only those with this subject.
    fn about(
        &self,
        subject: &str,
        after: Option<RecordId>,
        page: Page,
    ) -> Result<Vec<(RecordId, Vec<u8>)>, StoreError>;
}

/// Keeps decision records.
pub(crate) trait RecordStore: RecordSource {
    /// Writes and syncs records and removes expired ones. Returns whether more are expired.
    fn commit(&self, records: Vec<PendingRecord>, retention: Retention)
    -> Result<bool, StoreError>;
}

/// Where a read stops.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) count: usize,
    pub(crate) bytes: usize,
}

impl Page {
    /// Whether `taken` frames with together `bytes` fill it.
    pub(crate) fn is_full(self, taken: usize, bytes: usize) -> bool {
        taken >= self.count || bytes >= self.bytes
    }
}

/// Bytes of entries that one read of the log returns.
pub(crate) const LOG_PAGE: Page = Page {
    count: 4_096,
    bytes: 4 << 20,
};
