//! Blobs in a file of their own, which other processes may read while this one writes.

use super::file::{Closing, META, StoreFile, guarded};
use crate::error::BlobError;
use crate::journal::{BlobReader, Blobs, Digest};
use crate::store::StoreError;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use std::fmt;

/// The file. Each blob is checked against its digest when it is read.
pub(crate) const FILE: StoreFile = StoreFile {
    name: "blobs.redb",
    shared: true,
    verified: false,
};

/// The blobs in their file, opened for writing or only for reading.
pub(crate) struct EmbeddedBlobs<D> {
    db: Closing<D>,
    blob_bytes_max: usize,
    blobs_bytes_max: u64,
}

impl<D> EmbeddedBlobs<D> {
    pub(crate) fn new(db: Closing<D>, blob_bytes_max: usize, blobs_bytes_max: u64) -> Self {
        Self {
            db,
            blob_bytes_max,
            blobs_bytes_max,
        }
    }
}

/// Fills a new file.
pub(crate) fn prepare(write: &WriteTransaction) -> Result<(), redb::Error> {
    write.open_table(BLOBS)?;
    Ok(())
}

/// Reads what is read first.
pub(crate) fn probe(db: &Database) -> Result<(), redb::Error> {
    db.begin_read()?.open_table(BLOBS)?.last()?;
    Ok(())
}

impl<D: ReadableDatabase + Send + Sync> BlobReader for EmbeddedBlobs<D> {
    fn read(&self, digest: &Digest) -> Result<Option<Vec<u8>>, BlobError> {
        let bytes = guarded(|| {
            let read = self.db.begin_read()?;
            let blob = read.open_table(BLOBS)?.get(&digest.0)?;
            Ok(blob.map(|blob| blob.value().to_vec()))
        })?;
        match bytes {
            Some(bytes) if Digest::of(&bytes) != *digest => Err(BlobError::Damaged(*digest)),
            bytes => Ok(bytes),
        }
    }

    fn list(&self) -> Result<Vec<(Digest, u64)>, BlobError> {
        Ok(guarded(|| {
            let read = self.db.begin_read()?;
            let blobs = read.open_table(BLOBS)?;
            let mut all = Vec::new();
            for row in blobs.iter()? {
                let (digest, blob) = row?;
                all.push((Digest(*digest.value()), length(blob.value())));
            }
            Ok(all)
        })?)
    }
}

impl Blobs for EmbeddedBlobs<Database> {
    fn put(&self, bytes: &[u8]) -> Result<Digest, BlobError> {
        if bytes.len() > self.blob_bytes_max {
            return Err(BlobError::TooLarge {
                bytes: bytes.len(),
                limit: self.blob_bytes_max,
            });
        }
        let digest = Digest::of(bytes);
        let full = guarded(|| {
            let mut write = self.db.begin_write()?;
            write.set_quick_repair(true);
            let full = keep(&write, &digest, bytes, self.blobs_bytes_max)?;
            write.commit()?;
            Ok(full)
        })?;
        match full {
            Some(bytes) => Err(BlobError::Full {
                bytes,
                limit: self.blobs_bytes_max,
            }),
            None => Ok(digest),
        }
    }

    fn remove(&self, digest: &Digest) -> Result<(), BlobError> {
        Ok(guarded(|| {
            let mut write = self.db.begin_write()?;
            write.set_quick_repair(true);
            {
                let mut meta = write.open_table(META)?;
                let mut blobs = write.open_table(BLOBS)?;
                let size = blobs
                    .remove(&digest.0)?
                    .map_or(0, |blob| length(blob.value()));
                let rest = kept(&meta)?.saturating_sub(size);
                meta.insert(BYTES, rest.to_le_bytes().as_slice())?;
            }
            write.commit()?;
            Ok(())
        })?)
    }
}

impl<D> fmt::Debug for EmbeddedBlobs<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmbeddedBlobs")
    }
}

impl From<StoreError> for BlobError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.0)
    }
}

/// Returns the bytes kept if there is no room.
fn keep(
    write: &WriteTransaction,
    digest: &Digest,
    bytes: &[u8],
    limit: u64,
) -> Result<Option<u64>, redb::Error> {
    let mut blobs = write.open_table(BLOBS)?;
    if blobs.get(&digest.0)?.is_some() {
        return Ok(None);
    }
    let mut meta = write.open_table(META)?;
    let before = kept(&meta)?;
    let after = before.saturating_add(length(bytes));
    if after > limit {
        return Ok(Some(before));
    }
    blobs.insert(&digest.0, bytes)?;
    meta.insert(BYTES, after.to_le_bytes().as_slice())?;
    Ok(None)
}

fn kept(meta: &impl ReadableTable<&'static str, &'static [u8]>) -> Result<u64, redb::Error> {
    let bytes = meta.get(BYTES)?;
    Ok(bytes
        .and_then(|bytes| bytes.value().try_into().ok())
        .map_or(0, u64::from_le_bytes))
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

const BLOBS: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("blobs");

/// Bytes of all blobs together.
const BYTES: &str = "bytes";
