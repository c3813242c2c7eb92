//! The journal in a folder of this machine.
//!
//! | file | what | who reads it |
//! |---|---|---|
//! | `journal.lock` | locked while a process has the journal | nobody |
//! | `log.redb` | entries and snapshots | only the process that writes it |
//! | `records.redb` | decision records | any process, while it is written |
//! | `blobs.redb` | configuration texts and plugins | any process, while it is written |

mod blobs;
mod file;
mod log;
mod records;

use crate::error::OpenError;
use crate::journal::{BlobReader, Identity, Nonce, OpenReport, Options, Records, Replaced};
use crate::limits::Limits;
use crate::local::{LocalJournal, Parts, RecordReader};
use crate::replay::{Replay, ReplayFrom};
use crate::store::RecordSource;
use blobs::EmbeddedBlobs;
pub use file::is_in_store;
pub(crate) use file::random_nonce;
use file::{Closing, StoreFile};
use log::EmbeddedLog;
use records::EmbeddedRecords;
use redb::Database;
use std::fs::{DirBuilder, File, TryLockError};
use std::path::Path;
use std::sync::Arc;

/// Opens the journal in `folder`, and creates folder and journal before if need be, readable by
/// their owner only. It stays locked against every other process and handle until the journal and
/// all handles from it are dropped.
///
/// Files of decision records and blobs that are missing or damaged do not keep it closed: [`OpenReport::replaced`].
///
/// The log is checked page by page (about half a second for a million entries); a log that was not
/// closed is brought back to its last whole group.
///
/// # Errors
///
/// [`OpenError`]; it says what to do. The entries of a damaged journal are left as they are.
pub fn open(folder: &Path, options: Options) -> Result<(LocalJournal, OpenReport), OpenError> {
    create_folder(folder)?;
    let lock = lock(folder)?;
    let cache = options.limits.cache_bytes;
    let is_there = |file: StoreFile| folder.join(file.name).exists();
    let created = !is_there(log::FILE);
    // A new log would forget every call without a word.
    if created && (is_there(records::FILE) || is_there(blobs::FILE)) {
        return Err(OpenError::LogMissing {
            folder: folder.to_owned(),
        });
    }
    let log = log::FILE.open(folder, cache, None, EmbeddedLog::prepare)?;
    let nonce = log::FILE.nonce(&*log)?;
    let (records, new_records) =
        records::FILE.open_or_replace(folder, cache, &nonce, records::prepare, records::probe)?;
    let (blobs, new_blobs) =
        blobs::FILE.open_or_replace(folder, cache, &nonce, blobs::prepare, blobs::probe)?;
    let replaced = [new_records, new_blobs].into_iter().flatten();
    let stores = Stores {
        nonce,
        created,
        replaced: replaced.collect(),
        log,
        records,
        blobs,
        lock: Some(lock),
    };
    stores.start(options)
}

/// The three stores, open and recognised.
struct Stores {
    nonce: Nonce,
    created: bool,
    replaced: Vec<Replaced>,
    log: Closing<Database>,
    records: Closing<Database>,
    blobs: Closing<Database>,
    lock: Option<FolderLock>,
}

impl Stores {
    fn start(self, options: Options) -> Result<(LocalJournal, OpenReport), OpenError> {
        let Limits {
            blob_bytes_max,
            blobs_bytes_max,
            ..
        } = options.limits;
        let started = EmbeddedLog::start(self.log)?;
        let log = Arc::new(started.log);
        let close_log = Arc::clone(&log);
        let lock = self.lock;
        let parts = Parts {
            identity: Identity {
                nonce: self.nonce,
                epoch: started.epoch,
            },
            created: self.created,
            replaced: self.replaced,
            tail: started.tail,
            log,
            records: Arc::new(EmbeddedRecords::new(self.records)),
            blobs: Arc::new(EmbeddedBlobs::new(
                self.blobs,
                blob_bytes_max,
                blobs_bytes_max,
            )),
            has_threads: true,
            on_close: Box::new(move || {
                let finished = close_log.finish();
                drop(close_log);
                // Last, so that nobody can open it before everything is written.
                drop(lock);
                finished
            }),
        };
        LocalJournal::start(parts, options)
    }
}

/// Replays the log in `folder` without adding to it: what a comparison of two replays needs. The
/// journal must not be in use.
///
/// # Errors
///
/// [`OpenError`]; [`OpenError::Unreadable`] if there is no way to begin.
pub fn open_replay(folder: &Path, from: ReplayFrom) -> Result<Replay, OpenError> {
    require(folder, log::FILE.name)?;
    let lock = lock(folder)?;
    let db = log::FILE.open(
        folder,
        Limits::default().cache_bytes,
        None,
        EmbeddedLog::prepare,
    )?;
    Ok(Replay::begin(
        Arc::new(EmbeddedLog::inspect(db, lock)),
        from,
    )?)
}

/// What a process that does not own the journal may read.
#[derive(Clone, Debug)]
pub struct ReadOnly {
    /// The decision records.
    pub records: Arc<dyn Records>,
    /// The configuration texts and plugins that records name.
    pub blobs: Arc<dyn BlobReader>,
}

/// Opens the decision records and blobs in `folder` for reading, beside the process that writes
/// them or after it.
///
/// # Errors
///
/// [`OpenError`].
pub fn open_records(folder: &Path, limits: &Limits) -> Result<ReadOnly, OpenError> {
    require(folder, records::FILE.name)?;
    require(folder, blobs::FILE.name)?;
    let cache = limits.cache_bytes;
    let open = || {
        Ok((
            records::FILE.open_read_only(folder, cache)?,
            blobs::FILE.open_read_only(folder, cache)?,
        ))
    };
    let (records_db, blobs_db) = match open() {
        Ok(both) => both,
        // A reader cannot repair what a killed process left. Nobody has it open, so this one may.
        Err(OpenError::Damaged { .. }) => {
            let _lock = lock(folder)?;
            drop(records::FILE.open(folder, cache, None, records::prepare)?);
            drop(blobs::FILE.open(folder, cache, None, blobs::prepare)?);
            open()?
        }
        Err(error) => return Err(error),
    };
    let records: Arc<dyn RecordSource> = Arc::new(EmbeddedRecords::new(records_db));
    Ok(ReadOnly {
        records: Arc::new(RecordReader::new(records, limits)),
        blobs: Arc::new(EmbeddedBlobs::new(
            blobs_db,
            limits.blob_bytes_max,
            limits.blobs_bytes_max,
        )),
    })
}

fn create_folder(folder: &Path) -> Result<(), OpenError> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|source| file::io("create", folder, source))?;
    match folder.parent() {
        Some(parent) if parent != Path::new("") => file::sync_folder(parent),
        Some(_) | None => file::sync_folder(Path::new(".")),
    }
}

/// A folder locked against other processes and other handles of this one.
#[derive(Debug)]
struct FolderLock(File);

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Closing the file is not enough: a child that this process is just starting shares it for a
        // moment. If unlocking fails, the end of the process unlocks.
        drop(self.0.unlock());
    }
}

/// Locks the folder.
fn lock(folder: &Path) -> Result<FolderLock, OpenError> {
    let path = folder.join("journal.lock");
    let file = file::open_options()
        .create(true)
        .open(&path)
        .map_err(|source| file::io("open", &path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
            folder: folder.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(file::io("lock", &path, source)),
    }
}

fn require(folder: &Path, name: &str) -> Result<(), OpenError> {
    if folder.join(name).exists() {
        Ok(())
    } else {
        Err(OpenError::NotThere {
            folder: folder.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
