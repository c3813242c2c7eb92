//! Decision records in a file of their own, which other processes may read while this one writes.

use super::file::{Closing, META, StoreFile, guarded};
use crate::entry::{Record, RecordId, Seq, decode_record};
use crate::store::{Page, PendingRecord, RecordSource, RecordStore, Retention, StoreError};
use redb::{Database, ReadableDatabase, ReadableTable, Table, TableDefinition, WriteTransaction};
use std::fmt;

/// The file. It is large, so its pages are checked after a crash only; each record has a checksum.
pub(crate) const FILE: StoreFile = StoreFile {
    name: "records.redb",
    shared: true,
    verified: false,
};

/// The records in their file, opened for writing or only for reading.
pub(crate) struct EmbeddedRecords<D> {
    db: Closing<D>,
}

impl<D> EmbeddedRecords<D> {
    pub(crate) fn new(db: Closing<D>) -> Self {
        Self { db }
    }
}

/// Fills a new file.
pub(crate) fn prepare(write: &WriteTransaction) -> Result<(), redb::Error> {
    write.open_table(RECORDS)?;
    write.open_table(SUBJECTS)?;
    Ok(())
}

/// Reads what is read first.
pub(crate) fn probe(db: &Database) -> Result<(), redb::Error> {
    let read = db.begin_read()?;
    read.open_table(RECORDS)?.last()?;
    read.open_table(SUBJECTS)?.last()?;
    Ok(())
}

impl<D: ReadableDatabase + Send + Sync> RecordSource for EmbeddedRecords<D> {
    fn last(&self) -> Result<Option<RecordId>, StoreError> {
        guarded(|| {
            let read = self.db.begin_read()?;
            let records = read.open_table(RECORDS)?;
            let last = records.last()?;
            Ok(last.map(|(key, _)| id(key.value())))
        })
    }

    fn after(
        &self,
        after: Option<RecordId>,
        page: Page,
    ) -> Result<Vec<(RecordId, Vec<u8>)>, StoreError> {
        guarded(|| {
            let read = self.db.begin_read()?;
            let records = read.open_table(RECORDS)?;
            let mut taken = Vec::new();
            let mut bytes = 0;
            for row in records.range(key(next(after))..)? {
                if page.is_full(taken.len(), bytes) {
                    break;
                }
                let (key, frame) = row?;
                let frame = frame.value().to_vec();
                bytes += frame.len();
                taken.push((id(key.value()), frame));
            }
            Ok(taken)
        })
    }

    fn about(
        &self,
        subject: &str,
        after: Option<RecordId>,
        page: Page,
    ) -> Result<Vec<(RecordId, Vec<u8>)>, StoreError> {
        guarded(|| {
            let read = self.db.begin_read()?;
            let records = read.open_table(RECORDS)?;
            let subjects = read.open_table(SUBJECTS)?;
            let mut taken = Vec::new();
            let mut bytes = 0;
            let (seq, number) = key(next(after));
            for row in subjects.range((subject, seq, number)..=(subject, u64::MAX, u32::MAX))? {
                if page.is_full(taken.len(), bytes) {
                    break;
                }
                let (row, _) = row?;
                let (_, seq, number) = row.value();
                // A damaged record that expired has left its subjects behind.
                let Some(frame) = records.get((seq, number))? else {
                    continue;
                };
                let frame = frame.value().to_vec();
                bytes += frame.len();
                taken.push((id((seq, number)), frame));
            }
            Ok(taken)
        })
    }
}

impl RecordStore for EmbeddedRecords<Database> {
    fn commit(
        &self,
        records: Vec<PendingRecord>,
        retention: Retention,
    ) -> Result<bool, StoreError> {
        guarded(|| {
            let mut write = self.db.begin_write()?;
            // Opening after a crash would otherwise walk the whole file, which is large.
            write.set_quick_repair(true);
            let more = {
                let mut table = write.open_table(RECORDS)?;
                let mut subjects = write.open_table(SUBJECTS)?;
                let mut meta = write.open_table(META)?;
                let mut bytes = meta
                    .get(BYTES)?
                    .and_then(|bytes| bytes.value().try_into().ok())
                    .map_or(0, u64::from_le_bytes);
                for record in records {
                    let (seq, number) = key(record.id);
                    bytes = bytes.saturating_add(length(&record.frame));
                    table.insert((seq, number), record.frame.as_slice())?;
                    for subject in &record.subjects {
                        subjects.insert((subject.as_str(), seq, number), ())?;
                    }
                }
                let more = expire(&mut table, &mut subjects, &mut bytes, retention)?;
                meta.insert(BYTES, bytes.to_le_bytes().as_slice())?;
                more
            };
            write.commit()?;
            Ok(more)
        })
    }
}

impl<D> fmt::Debug for EmbeddedRecords<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmbeddedRecords")
    }
}

/// Removes the oldest records that may not stay. Returns whether there are more of them.
fn expire(
    table: &mut Table<'_, (u64, u32), &'static [u8]>,
    subjects: &mut Table<'_, (&'static str, u64, u32), ()>,
    bytes: &mut u64,
    retention: Retention,
) -> Result<bool, redb::Error> {
    let mut removed = 0;
    loop {
        let (oldest, size, record) = match table.first()? {
            None => return Ok(false),
            Some((key, frame)) => {
                let frame = frame.value();
                let oldest = key.value();
                (oldest, length(frame), decode_record(id(oldest), frame))
            }
        };
        // One that cannot be read has no moment; it goes when the size says so.
        let old = record
            .as_ref()
            .is_ok_and(|record: &Record| record.now < retention.not_before);
        if !old && *bytes <= retention.bytes_max {
            return Ok(false);
        }
        if removed == retention.remove_max {
            return Ok(true);
        }
        table.remove(oldest)?;
        for subject in record.map(|record| record.subjects).unwrap_or_default() {
            subjects.remove((subject.as_str(), oldest.0, oldest.1))?;
        }
        *bytes = bytes.saturating_sub(size);
        removed += 1;
    }
}

fn key(id: RecordId) -> (u64, u32) {
    (id.seq.0, id.number)
}

fn id((seq, number): (u64, u32)) -> RecordId {
    RecordId {
        seq: Seq(seq),
        number,
    }
}

/// The smallest number after `after`.
fn next(after: Option<RecordId>) -> RecordId {
    match after {
        None => RecordId::default(),
        Some(RecordId {
            seq,
            number: u32::MAX,
        }) => RecordId {
            seq: seq.next(),
            number: 0,
        },
        Some(RecordId { seq, number }) => RecordId {
            seq,
            number: number + 1,
        },
    }
}

fn length(frame: &[u8]) -> u64 {
    u64::try_from(frame.len()).unwrap_or(u64::MAX)
}

const RECORDS: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("records");
const SUBJECTS: TableDefinition<'_, (&str, u64, u32), ()> = TableDefinition::new("subjects");

/// Bytes of all frames together.
const BYTES: &str = "bytes";

/// Reads the numbers in the index of subjects.
#[cfg(test)]
pub(crate) fn indexed(db: &Database) -> Result<Vec<RecordId>, redb::Error> {
    let read = db.begin_read()?;
    let mut all = Vec::new();
    for row in read.open_table(SUBJECTS)?.iter()? {
        let (row, _) = row?;
        let (_, seq, number) = row.value();
        all.push(id((seq, number)));
    }
    Ok(all)
}
