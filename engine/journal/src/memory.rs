//! A journal in memory: for decision-only use, where nothing needs to survive the process, and for
//! tests, which hold back its syncs, let them fail and cut its power.

use crate::entry::{RecordId, Seq};
use crate::error::{BlobError, OpenError};
use crate::journal::{BlobReader, Blobs, Digest, Identity, Nonce, OpenReport, Options, Tail};
use crate::limits::Limits;
use crate::local::{LocalJournal, Parts};
use crate::log_writer::LogWriter;
use crate::store::{
    Bounds, LOG_PAGE, LogGroup, LogStore, Page, PendingRecord, RecordSource, RecordStore,
    Retention, StoreError,
};
use cordboard_core::ids::Epoch;
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

/// A disk in memory, with one journal on it. Clones are the same disk: a test keeps one, drops the
/// journal or cuts its power, and opens it again to see what is left.
///
/// There are no threads. An entry is durable, and the listener told, before `append` returns,
/// unless syncs are held back.
#[derive(Clone)]
pub struct MemoryDisk(Arc<Mutex<Disk>>);

impl MemoryDisk {
    /// Makes an empty disk. The nonce is that of the journal to be: a constant serves where no
    /// outsider can profit from guessing ids, as in tests; elsewhere take random bytes.
    #[must_use]
    pub fn new(nonce: Nonce) -> Self {
        Self(Arc::new(Mutex::new(Disk {
            nonce,
            epoch: Epoch(0),
            is_open: false,
            in_use: false,
            held: false,
            failing: None,
            writer: Weak::new(),
            entries: BTreeMap::new(),
            manifests: BTreeMap::new(),
            parts: BTreeMap::new(),
            records: BTreeMap::new(),
            record_bytes: 0,
            blobs: BTreeMap::new(),
        })))
    }

    /// Makes an empty disk whose journal has a random nonce.
    ///
    /// # Errors
    ///
    /// [`OpenError::NoRandomness`].
    pub fn with_random_nonce() -> Result<Self, OpenError> {
        Ok(Self::new(crate::embedded::random_nonce()?))
    }

    /// Opens the journal.
    ///
    /// # Errors
    ///
    /// [`OpenError::InUse`] while another handle has it open, and whatever a damaged disk leads to.
    pub fn open(&self, options: Options) -> Result<(LocalJournal, OpenReport), OpenError> {
        let limits = options.limits.clone();
        let (identity, created, tail) = {
            let mut disk = self.0.lock();
            if disk.in_use {
                return Err(OpenError::InUse {
                    folder: PathBuf::from("memory"),
                });
            }
            disk.in_use = true;
            disk.held = false;
            disk.failing = None;
            let tail = if disk.is_open {
                Tail::Recovered
            } else {
                Tail::Closed
            };
            disk.is_open = true;
            disk.epoch = Epoch(disk.epoch.0.saturating_add(1));
            let identity = Identity {
                nonce: disk.nonce.clone(),
                epoch: disk.epoch,
            };
            (identity, disk.epoch == Epoch(1), tail)
        };
        let in_use = InUse(self.clone());
        let store = Arc::new(Store {
            disk: self.clone(),
            limits,
        });
        let (journal, report) = LocalJournal::start(
            Parts {
                identity,
                created,
                tail,
                replaced: Vec::new(),
                log: Arc::clone(&store) as _,
                records: Arc::clone(&store) as _,
                blobs: store,
                has_threads: false,
                on_close: Box::new(move || {
                    in_use.0.0.lock().is_open = false;
                    Ok(())
                }),
            },
            options,
        )?;
        self.0.lock().writer = Arc::downgrade(journal.log_writer());
        Ok((journal, report))
    }

    /// Holds syncs back: entries stay undurable until [`release_syncs`](Self::release_syncs).
    pub fn hold_syncs(&self) {
        self.0.lock().held = true;
    }

    /// Ends [`hold_syncs`](Self::hold_syncs) and makes everything that waits durable, as one group.
    pub fn release_syncs(&self) {
        let writer = {
            let mut disk = self.0.lock();
            disk.held = false;
            disk.writer.upgrade()
        };
        if let Some(writer) = writer {
            writer.pump();
        }
    }

    /// Lets syncs of the log fail after `groups` more, as if the disk were broken or full.
    pub fn fail_log_after(&self, groups: u32) {
        self.0.lock().failing = Some((Failing::Log, groups));
    }

    /// Lets syncs of the decision records fail after `groups` more.
    pub fn fail_records_after(&self, groups: u32) {
        self.0.lock().failing = Some((Failing::Records, groups));
    }

    /// Cuts the power. Of the entries that are not durable, the first `kept` are there at the next
    /// opening, as a sync that was under way may leave them. The open journal fails; drop it and
    /// open again.
    pub fn cut_power(&self, kept: usize) {
        let writer = {
            let mut disk = self.0.lock();
            disk.held = false;
            disk.failing = None;
            disk.writer.upgrade()
        };
        if let Some(writer) = writer {
            // A write to memory that nobody lets fail does not fail.
            let _ = writer.cut_power(kept);
        }
    }

    /// Flips one bit in the middle of an entry, as a bad disk does. Does nothing to an entry that
    /// is not there.
    pub fn damage_entry(&self, seq: Seq) {
        if let Some(frame) = self.0.lock().entries.get_mut(&seq) {
            flip(frame);
        }
    }

    /// Flips one bit in a snapshot. Does nothing to one that is not there.
    pub fn damage_snapshot(&self, seq: Seq) {
        let mut disk = self.0.lock();
        let part = disk.parts.range_mut((seq, 0)..=(seq, u32::MAX)).next();
        if let Some((_, frame)) = part {
            flip(frame);
        } else if let Some(frame) = disk.manifests.get_mut(&seq) {
            flip(frame);
        }
    }

    /// Loses an entry, as a bad disk does.
    pub fn lose_entry(&self, seq: Seq) {
        self.0.lock().entries.remove(&seq);
    }

    fn may_write(&self, what: Failing) -> Result<(), StoreError> {
        let mut disk = self.0.lock();
        match &mut disk.failing {
            Some((failing, 0)) if *failing == what => {
                Err(StoreError::new("input/output error (injected)"))
            }
            Some((failing, groups)) if *failing == what => {
                *groups -= 1;
                Ok(())
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl fmt::Debug for MemoryDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let disk = self.0.lock();
        f.debug_struct("MemoryDisk")
            .field("epoch", &disk.epoch)
            .field("entries", &disk.entries.len())
            .field("records", &disk.records.len())
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Failing {
    Log,
    Records,
}

struct Disk {
    nonce: Nonce,
    epoch: Epoch,
    /// Whether the last opening was not followed by an orderly close.
    is_open: bool,
    /// Whether a handle has it open.
    in_use: bool,
    held: bool,
    failing: Option<(Failing, u32)>,
    writer: Weak<LogWriter>,
    entries: BTreeMap<Seq, Vec<u8>>,
    manifests: BTreeMap<Seq, Vec<u8>>,
    parts: BTreeMap<(Seq, u32), Vec<u8>>,
    records: BTreeMap<RecordId, PendingRecord>,
    record_bytes: u64,
    blobs: BTreeMap<Digest, Vec<u8>>,
}

/// Says on drop that nobody has the disk open.
struct InUse(MemoryDisk);

impl Drop for InUse {
    fn drop(&mut self) {
        self.0.0.lock().in_use = false;
    }
}

#[derive(Debug)]
struct Store {
    disk: MemoryDisk,
    limits: Limits,
}

impl LogStore for Store {
    fn commit(&self, group: LogGroup) -> Result<(), StoreError> {
        self.disk.may_write(Failing::Log)?;
        let mut disk = self.disk.0.lock();
        disk.entries.extend(group.entries);
        if let Some(through) = group.cut_through {
            disk.entries = disk.entries.split_off(&through.next());
        }
        for (seq, part, frame) in group.parts {
            disk.parts.insert((seq, part), frame);
        }
        disk.manifests.extend(group.manifest);
        for seq in group.drop_snapshots {
            disk.manifests.remove(&seq);
            disk.parts.retain(|(of, _), _| *of != seq);
        }
        Ok(())
    }

    fn accepts(&self) -> bool {
        !self.disk.0.lock().held
    }

    fn bounds(&self) -> Result<Option<Bounds>, StoreError> {
        let disk = self.disk.0.lock();
        let (first, last) = (
            disk.entries.first_key_value(),
            disk.entries.last_key_value(),
        );
        Ok(first.zip(last).map(|((first, _), (last, _))| Bounds {
            first: *first,
            last: *last,
        }))
    }

    fn entries(&self, after: Seq) -> Result<Vec<(Seq, Vec<u8>)>, StoreError> {
        let disk = self.disk.0.lock();
        let rows = disk.entries.range(after.next()..);
        Ok(rows
            .take(LOG_PAGE.count)
            .map(|(seq, frame)| (*seq, frame.clone()))
            .collect())
    }

    fn manifests(&self) -> Result<Vec<(Seq, Vec<u8>)>, StoreError> {
        let disk = self.disk.0.lock();
        Ok(disk
            .manifests
            .iter()
            .map(|(seq, frame)| (*seq, frame.clone()))
            .collect())
    }

    fn part(&self, seq: Seq, part: u32) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.disk.0.lock().parts.get(&(seq, part)).cloned())
    }
}

impl RecordSource for Store {
    fn last(&self) -> Result<Option<RecordId>, StoreError> {
        Ok(self
            .disk
            .0
            .lock()
            .records
            .last_key_value()
            .map(|(id, _)| *id))
    }

    fn after(
        &self,
        after: Option<RecordId>,
        page: Page,
    ) -> Result<Vec<(RecordId, Vec<u8>)>, StoreError> {
        Ok(self.read(after, page, |_| true))
    }

    fn about(
        &self,
        subject: &str,
        after: Option<RecordId>,
        page: Page,
    ) -> Result<Vec<(RecordId, Vec<u8>)>, StoreError> {
        Ok(self.read(after, page, |record| {
            record.subjects.iter().any(|of| of == subject)
        }))
    }
}

impl Store {
    fn read(
        &self,
        after: Option<RecordId>,
        page: Page,
        wanted: impl Fn(&PendingRecord) -> bool,
    ) -> Vec<(RecordId, Vec<u8>)> {
        let disk = self.disk.0.lock();
        let mut taken = VecDeque::new();
        let mut bytes = 0;
        for (id, record) in &disk.records {
            if page.is_full(taken.len(), bytes) {
                break;
            }
            if after.is_none_or(|after| *id > after) && wanted(record) {
                bytes += record.frame.len();
                taken.push_back((*id, record.frame.clone()));
            }
        }
        taken.into()
    }
}

impl RecordStore for Store {
    fn commit(
        &self,
        records: Vec<PendingRecord>,
        retention: Retention,
    ) -> Result<bool, StoreError> {
        self.disk.may_write(Failing::Records)?;
        let mut disk = self.disk.0.lock();
        for record in records {
            disk.record_bytes = disk.record_bytes.saturating_add(length(&record.frame));
            disk.records.insert(record.id, record);
        }
        for _ in 0..retention.remove_max {
            let Some((id, oldest)) = disk.records.first_key_value() else {
                return Ok(false);
            };
            let old = crate::entry::decode_record(*id, &oldest.frame)
                .is_ok_and(|record| record.now < retention.not_before);
            if !old && disk.record_bytes <= retention.bytes_max {
                return Ok(false);
            }
            let size = length(&oldest.frame);
            disk.records.pop_first();
            disk.record_bytes = disk.record_bytes.saturating_sub(size);
        }
        Ok(true)
    }
}

impl BlobReader for Store {
    fn read(&self, digest: &Digest) -> Result<Option<Vec<u8>>, BlobError> {
        Ok(self.disk.0.lock().blobs.get(digest).cloned())
    }

    fn list(&self) -> Result<Vec<(Digest, u64)>, BlobError> {
        let disk = self.disk.0.lock();
        Ok(disk
            .blobs
            .iter()
            .map(|(digest, blob)| (*digest, length(blob)))
            .collect())
    }
}

impl Blobs for Store {
    fn put(&self, bytes: &[u8]) -> Result<Digest, BlobError> {
        if bytes.len() > self.limits.blob_bytes_max {
            return Err(BlobError::TooLarge {
                bytes: bytes.len(),
                limit: self.limits.blob_bytes_max,
            });
        }
        let digest = Digest::of(bytes);
        let mut disk = self.disk.0.lock();
        if !disk.blobs.contains_key(&digest) {
            let kept: u64 = disk.blobs.values().map(|blob| length(blob)).sum();
            if kept.saturating_add(length(bytes)) > self.limits.blobs_bytes_max {
                return Err(BlobError::Full {
                    bytes: kept,
                    limit: self.limits.blobs_bytes_max,
                });
            }
            disk.blobs.insert(digest, bytes.to_vec());
        }
        Ok(digest)
    }

    fn remove(&self, digest: &Digest) -> Result<(), BlobError> {
        self.disk.0.lock().blobs.remove(digest);
        Ok(())
    }
}

fn flip(frame: &mut [u8]) {
    let middle = frame.len() / 2;
    if let Some(byte) = frame.get_mut(middle) {
        *byte ^= 1;
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
