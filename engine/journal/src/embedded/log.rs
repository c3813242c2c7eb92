//! The recovery log and the snapshots in a file of their own. Only the process that writes it may
//! read it; one sync per group.

use super::FolderLock;
use super::file::{Closing, META, StoreFile, guarded, meta};
use crate::entry::Seq;
use crate::error::OpenError;
use crate::journal::Tail;
use crate::store::{Bounds, LOG_PAGE, LogGroup, LogStore, StoreError};
use cordboard_core::ids::Epoch;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use std::collections::BTreeSet;
use std::fmt;

/// The file. It is small, since snapshots cut it, so every page is checked at each opening.
pub(crate) const FILE: StoreFile = StoreFile {
    name: "log.redb",
    shared: false,
    verified: true,
};

/// The log in its file.
pub(crate) struct EmbeddedLog {
    db: Closing<Database>,
    /// Held as long as a log is inspected; a started one is locked by the journal.
    _lock: Option<FolderLock>,
}

/// What [`EmbeddedLog::start`] found.
pub(crate) struct Started {
    pub(crate) log: EmbeddedLog,
    pub(crate) epoch: Epoch,
    pub(crate) tail: Tail,
}

impl EmbeddedLog {
    /// Fills a new file.
    pub(crate) fn prepare(write: &WriteTransaction) -> Result<(), redb::Error> {
        write.open_table(ENTRIES)?;
        write.open_table(MANIFESTS)?;
        write.open_table(PARTS)?;
        Ok(())
    }

    /// Begins a new epoch, and drops what is left of a snapshot that was never finished.
    pub(crate) fn start(db: Closing<Database>) -> Result<Started, OpenError> {
        let damaged = |error: StoreError| FILE.damaged(&error);
        let epoch = match meta(&*db, EPOCH).map_err(damaged)? {
            None => 0,
            Some(bytes) => bytes
                .try_into()
                .map(u64::from_le_bytes)
                .map_err(|_| FILE.damaged(&"its epoch has the wrong length"))?,
        };
        let epoch = Epoch(epoch.saturating_add(1));
        let open = meta(&*db, OPEN).map_err(damaged)?;
        let log = Self { db, _lock: None };
        let mut not_writable = None;
        let begun = guarded(|| {
            let begun = begin_epoch(&log.db, epoch);
            if let Err(error) = &begun {
                not_writable = FILE.not_writable(error);
            }
            begun
        });
        if let Err(error) = begun {
            return Err(not_writable.unwrap_or_else(|| damaged(error)));
        }
        Ok(Started {
            log,
            epoch,
            tail: match open.as_deref() {
                Some([1]) => Tail::Recovered,
                Some(_) | None => Tail::Closed,
            },
        })
    }

    /// Takes a log as it is, only to read it.
    pub(crate) fn inspect(db: Closing<Database>, lock: FolderLock) -> Self {
        Self {
            db,
            _lock: Some(lock),
        }
    }

    /// Notes that it was closed in order.
    pub(crate) fn finish(&self) -> Result<(), StoreError> {
        guarded(|| {
            let write = self.db.begin_write()?;
            write.open_table(META)?.insert(OPEN, [0].as_slice())?;
            write.commit()?;
            Ok(())
        })
    }
}

fn begin_epoch(db: &Database, epoch: Epoch) -> Result<(), redb::Error> {
    let write = db.begin_write()?;
    {
        let mut meta = write.open_table(META)?;
        meta.insert(EPOCH, epoch.0.to_le_bytes().as_slice())?;
        meta.insert(OPEN, [1].as_slice())?;
        drop_unfinished(&write)?;
    }
    write.commit()?;
    Ok(())
}

impl LogStore for EmbeddedLog {
    fn commit(&self, group: LogGroup) -> Result<(), StoreError> {
        guarded(|| {
            let write = self.db.begin_write()?;
            write_group(&write, &group)?;
            write.commit()?;
            Ok(())
        })
    }

    fn bounds(&self) -> Result<Option<Bounds>, StoreError> {
        guarded(|| {
            let read = self.db.begin_read()?;
            let entries = read.open_table(ENTRIES)?;
            let (first, last) = (entries.first()?, entries.last()?);
            Ok(first.zip(last).map(|(first, last)| Bounds {
                first: Seq(first.0.value()),
                last: Seq(last.0.value()),
            }))
        })
    }

    fn entries(&self, after: Seq) -> Result<Vec<(Seq, Vec<u8>)>, StoreError> {
        guarded(|| {
            let read = self.db.begin_read()?;
            let entries = read.open_table(ENTRIES)?;
            let mut page = Vec::new();
            let mut bytes = 0;
            for row in entries.range(after.next().0..)? {
                let (seq, frame) = row?;
                let frame = frame.value().to_vec();
                bytes += frame.len();
                page.push((Seq(seq.value()), frame));
                if LOG_PAGE.is_full(page.len(), bytes) {
                    break;
                }
            }
            Ok(page)
        })
    }

    fn manifests(&self) -> Result<Vec<(Seq, Vec<u8>)>, StoreError> {
        guarded(|| {
            let read = self.db.begin_read()?;
            let manifests = read.open_table(MANIFESTS)?;
            let mut all = Vec::new();
            for row in manifests.iter()? {
                let (seq, frame) = row?;
                all.push((Seq(seq.value()), frame.value().to_vec()));
            }
            Ok(all)
        })
    }

    fn part(&self, seq: Seq, part: u32) -> Result<Option<Vec<u8>>, StoreError> {
        guarded(|| {
            let read = self.db.begin_read()?;
            let parts = read.open_table(PARTS)?;
            let frame = parts.get((seq.0, part))?;
            Ok(frame.map(|frame| frame.value().to_vec()))
        })
    }
}

impl fmt::Debug for EmbeddedLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmbeddedLog")
    }
}

fn write_group(write: &WriteTransaction, group: &LogGroup) -> Result<(), redb::Error> {
    {
        let mut entries = write.open_table(ENTRIES)?;
        for (seq, frame) in &group.entries {
            entries.insert(seq.0, frame.as_slice())?;
        }
        if let Some(through) = group.cut_through {
            entries.retain_in(..=through.0, |_, _| false)?;
        }
    }
    if group.parts.is_empty() && group.manifest.is_none() {
        return Ok(());
    }
    let mut parts = write.open_table(PARTS)?;
    for (seq, part, frame) in &group.parts {
        parts.insert((seq.0, *part), frame.as_slice())?;
    }
    let mut manifests = write.open_table(MANIFESTS)?;
    if let Some((seq, frame)) = &group.manifest {
        manifests.insert(seq.0, frame.as_slice())?;
    }
    for seq in &group.drop_snapshots {
        manifests.remove(seq.0)?;
        parts.retain_in((seq.0, 0)..=(seq.0, u32::MAX), |_, _| false)?;
    }
    Ok(())
}

/// Parts are written before their manifest; without one they belong to nothing.
fn drop_unfinished(write: &WriteTransaction) -> Result<(), redb::Error> {
    let mut finished = BTreeSet::new();
    for row in write.open_table(MANIFESTS)?.iter()? {
        finished.insert(row?.0.value());
    }
    let mut parts = write.open_table(PARTS)?;
    parts.retain(|(seq, _), _| finished.contains(&seq))?;
    Ok(())
}

const ENTRIES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("entries");
const MANIFESTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("snapshots");
const PARTS: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("snapshot_parts");

/// How often the journal was opened.
const EPOCH: &str = "epoch";
/// 1 while a process has it open.
const OPEN: &str = "open";
