//! One store file: how it is created, opened, locked and recognised.

use crate::error::OpenError;
use crate::journal::{Nonce, Replaced};
use crate::store::StoreError;
use redb::backends::FileBackend;
use redb::{
    Builder, ConcurrencyMode, Database, DatabaseError, ReadOnlyDatabase, ReadableDatabase,
    StorageBackend, StorageError, TableDefinition, WriteTransaction,
};
use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The newest format of the three files that this release reads, and the one that it writes.
pub(crate) const FORMAT: u32 = 1;

/// What a file says about itself: `format`, `nonce` and what its store adds.
pub(crate) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

/// One of the journal's files.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoreFile {
    pub(crate) name: &'static str,
    /// Whether other processes may read it while this one writes. Costs a second sync per commit.
    pub(crate) shared: bool,
    /// Whether every page is checked at each opening, not only after a crash.
    pub(crate) verified: bool,
}

impl StoreFile {
    /// Opens the file for writing and creates it before if need be. `prepare` fills a new one.
    pub(crate) fn open(
        self,
        folder: &Path,
        cache_bytes: usize,
        nonce: Option<&Nonce>,
        prepare: impl Fn(&WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<Closing<Database>, OpenError> {
        let path = folder.join(self.name);
        if !path
            .try_exists()
            .map_err(|source| io("look for", &path, source))?
        {
            self.create(folder, &path, cache_bytes, nonce, prepare)?;
        }
        let file = open_options()
            .open(&path)
            .map_err(|source| io("open", &path, source))?;
        // The store would take an empty file for a new one and fill it.
        let length = file
            .metadata()
            .map_err(|source| io("open", &path, source))?
            .len();
        if length == 0 {
            return Err(self.damaged(&"it is empty"));
        }
        let db = self.open_on(backend(file, &path)?, folder, cache_bytes)?;
        self.check(&*db, nonce)?;
        Ok(db)
    }

    /// Opens a file that calls do not depend on. One that is damaged is put aside: explanations are no reason to
    /// keep callers waiting. `probe` tells whether what is looked at first can be read.
    pub(crate) fn open_or_replace(
        self,
        folder: &Path,
        cache_bytes: usize,
        nonce: &Nonce,
        prepare: impl Fn(&WriteTransaction) -> Result<(), redb::Error>,
        probe: impl Fn(&Database) -> Result<(), redb::Error>,
    ) -> Result<(Closing<Database>, Option<Replaced>), OpenError> {
        let path = folder.join(self.name);
        let is_there = path
            .try_exists()
            .map_err(|source| io("look for", &path, source))?;
        let open = || self.open(folder, cache_bytes, Some(nonce), &prepare);
        let opened = open().and_then(|db| match guarded(|| probe(&db)) {
            Ok(()) => Ok(db),
            Err(error) => Err(self.damaged(&error)),
        });
        let replaced = |detail, kept_as| Replaced {
            file: self.name.to_owned(),
            detail,
            kept_as,
        };
        match opened {
            Ok(db) if is_there => Ok((db, None)),
            Ok(db) => Ok((db, Some(replaced("it was missing".to_owned(), None)))),
            Err(OpenError::Damaged { detail, .. }) => {
                let aside = unused(&folder.join(format!("{}.damaged", self.name)));
                std::fs::rename(&path, &aside).map_err(|source| io("rename", &path, source))?;
                Ok((open()?, Some(replaced(detail, Some(aside)))))
            }
            Err(error) => Err(error),
        }
    }

    /// Opens the file for reading, beside a process that writes it or alone.
    pub(crate) fn open_read_only(
        self,
        folder: &Path,
        cache_bytes: usize,
    ) -> Result<Closing<ReadOnlyDatabase>, OpenError> {
        let path = folder.join(self.name);
        let db = guarded_open(|| self.builder(cache_bytes).open_read_only(&path))
            .map(Closing::new)
            .map_err(|error| self.open_error(error, folder))?;
        self.check(&*db, None)?;
        Ok(db)
    }

    /// Opens a store in whatever stands for the file.
    pub(crate) fn open_on(
        self,
        backend: impl StorageBackend,
        folder: &Path,
        cache_bytes: usize,
    ) -> Result<Closing<Database>, OpenError> {
        guarded_open(|| self.builder(cache_bytes).create_with_backend(backend))
            .map(Closing::new)
            .map_err(|error| self.open_error(error, folder))
    }

    /// Creates the file under another name and renames it when it is whole, so that a crash in
    /// between leaves no half file under the real name.
    fn create(
        self,
        folder: &Path,
        path: &Path,
        cache_bytes: usize,
        nonce: Option<&Nonce>,
        prepare: impl Fn(&WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), OpenError> {
        let nonce = match nonce {
            Some(nonce) => nonce.clone(),
            None => random_nonce()?,
        };
        let new = folder.join(format!("{}.new", self.name));
        match std::fs::remove_file(&new) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(source) => return Err(io("remove", &new, source)),
        }
        let file = open_options()
            .create_new(true)
            .open(&new)
            .map_err(|source| io("create", &new, source))?;
        let whole = file
            .try_clone()
            .map_err(|source| io("open", &new, source))?;
        {
            let db = self.open_on(backend(file, &new)?, folder, cache_bytes)?;
            initialise(&db, &nonce, &prepare)
                .map_err(|error| io("create", &new, std::io::Error::other(error.to_string())))?;
        }
        whole
            .sync_all()
            .map_err(|source| io("sync", &new, source))?;
        std::fs::rename(&new, path).map_err(|source| io("rename", &new, source))?;
        sync_folder(folder)
    }

    fn builder(self, cache_bytes: usize) -> Builder {
        let mut builder = Builder::new();
        builder.set_cache_size(cache_bytes);
        builder.set_check_integrity_on_open(self.verified);
        if self.shared {
            builder.set_concurrency_mode(ConcurrencyMode::SingleWriter);
        }
        builder
    }

    fn check(self, db: &impl ReadableDatabase, nonce: Option<&Nonce>) -> Result<(), OpenError> {
        let format = meta(db, "format").map_err(|error| self.damaged(&error))?;
        let format = format
            .and_then(|bytes| bytes.try_into().ok())
            .map(u32::from_le_bytes);
        match format {
            Some(FORMAT) => {}
            Some(found) => {
                return Err(OpenError::NewerFormat {
                    file: self.name.into(),
                    found,
                    known: FORMAT,
                });
            }
            None => return Err(self.damaged(&"it does not tell its format")),
        }
        let Some(nonce) = nonce else {
            return Ok(());
        };
        if self.nonce(db)? == *nonce {
            Ok(())
        } else {
            Err(OpenError::Foreign {
                file: self.name.into(),
            })
        }
    }

    /// Reads the nonce of the journal that the file belongs to.
    pub(crate) fn nonce(self, db: &impl ReadableDatabase) -> Result<Nonce, OpenError> {
        meta(db, "nonce")
            .map_err(|error| self.damaged(&error))?
            .and_then(|bytes| bytes.try_into().ok())
            .map(Nonce)
            .ok_or_else(|| self.damaged(&"it does not tell its nonce"))
    }

    pub(crate) fn damaged(self, detail: &dyn std::fmt::Display) -> OpenError {
        OpenError::Damaged {
            file: self.name.into(),
            detail: detail.to_string(),
        }
    }

    /// Tells a disk that takes nothing from a file that is damaged.
    pub(crate) fn not_writable(self, error: &redb::Error) -> Option<OpenError> {
        let is_of_disk = match error {
            redb::Error::Io(source) => matches!(
                source.kind(),
                ErrorKind::StorageFull
                    | ErrorKind::QuotaExceeded
                    | ErrorKind::FileTooLarge
                    | ErrorKind::ReadOnlyFilesystem
                    | ErrorKind::PermissionDenied
            ),
            // The error that counts came before, and was of the disk.
            redb::Error::PreviousIo => true,
            _ => false,
        };
        is_of_disk.then(|| OpenError::NotWritable {
            file: self.name.into(),
            detail: error.to_string(),
        })
    }

    fn open_error(self, error: DatabaseError, folder: &Path) -> OpenError {
        let error = match error {
            DatabaseError::Storage(error) => {
                let error = redb::Error::from(error);
                if let Some(not_writable) = self.not_writable(&error) {
                    return not_writable;
                }
                match error {
                    redb::Error::Io(source) => DatabaseError::Storage(StorageError::Io(source)),
                    error => return self.damaged(&error),
                }
            }
            error => error,
        };
        match error {
            DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
                OpenError::InUse {
                    folder: folder.to_owned(),
                }
            }
            DatabaseError::Storage(StorageError::Io(source))
                if source.kind() != ErrorKind::InvalidData
                    && source.kind() != ErrorKind::UnexpectedEof =>
            {
                io("open", &folder.join(self.name), source)
            }
            error => self.damaged(&error),
        }
    }
}

/// Returns the path, or the first of `path-2`, `path-3` and so on that nothing lies at.
fn unused(path: &Path) -> PathBuf {
    let numbered = |number: u32| match number {
        1 => path.to_owned(),
        number => PathBuf::from(format!("{}-{number}", path.display())),
    };
    (1..)
        .map(numbered)
        .find(|path| !path.exists())
        .unwrap_or_else(|| path.to_owned())
}

/// Writes what every store file says about itself, and what its own store adds.
pub(crate) fn initialise(
    db: &Database,
    nonce: &Nonce,
    prepare: &impl Fn(&WriteTransaction) -> Result<(), redb::Error>,
) -> Result<(), redb::Error> {
    let write = db.begin_write()?;
    {
        let mut meta = write.open_table(META)?;
        meta.insert("format", FORMAT.to_le_bytes().as_slice())?;
        meta.insert("nonce", nonce.0.as_slice())?;
    }
    prepare(&write)?;
    write.commit()?;
    Ok(())
}

/// Reads what a file says about itself.
pub(crate) fn meta(db: &impl ReadableDatabase, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    guarded(|| {
        let read = db.begin_read()?;
        let table = read.open_table(META)?;
        let value = table.get(key)?;
        Ok(value.map(|value| value.value().to_vec()))
    })
}

/// Calls the store. On bytes that changed behind its back it may panic instead of returning an
/// error; for us both mean the same.
pub(crate) fn guarded<T>(call: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, StoreError> {
    met(call)
        .unwrap_or_else(|_| Err(redb::Error::Corrupted(BROKE_OFF.to_owned())))
        .map_err(StoreError::new)
}

/// What is told of a panic in the store.
const BROKE_OFF: &str = "the store broke off with a panic";

thread_local! {
    static IN_STORE: Cell<bool> = const { Cell::new(false) };
}

/// Tells whether the journal is calling its store on this thread. A panic of the store is met, and told as damage of a
/// file: a program's panic hook can leave it out.
#[must_use]
pub fn is_in_store() -> bool {
    IN_STORE.get()
}

/// Calls the store, and meets its panics.
fn met<T>(call: impl FnOnce() -> T) -> std::thread::Result<T> {
    let outer = IN_STORE.replace(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    IN_STORE.set(outer);
    result
}

/// An open store. Closing it may panic as well, and it is closed wherever an error leaves it behind.
pub(crate) struct Closing<D>(Option<D>);

impl<D> Closing<D> {
    fn new(db: D) -> Self {
        Self(Some(db))
    }
}

impl<D> Deref for Closing<D> {
    type Target = D;

    #[expect(clippy::expect_used, reason = "only `drop` takes the store out")]
    fn deref(&self) -> &D {
        self.0.as_ref().expect("the store is open")
    }
}

impl<D> Drop for Closing<D> {
    fn drop(&mut self) {
        let db = self.0.take();
        // What was committed is durable without it; what is damaged was told by whoever read it.
        drop(met(|| drop(db)));
    }
}

/// Makes a nonce from the operating system's randomness.
pub(crate) fn random_nonce() -> Result<Nonce, OpenError> {
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce).map_err(|error| OpenError::NoRandomness(error.to_string()))?;
    Ok(Nonce(nonce))
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), OpenError> {
    // Windows cannot sync a folder and does not need it.
    if cfg!(windows) {
        return Ok(());
    }
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| io("sync", folder, source))
}

pub(crate) fn io(doing: &'static str, path: &Path, source: std::io::Error) -> OpenError {
    OpenError::Io {
        doing,
        path: PathBuf::from(path),
        source,
    }
}

fn guarded_open<T>(open: impl FnOnce() -> Result<T, DatabaseError>) -> Result<T, DatabaseError> {
    met(open).unwrap_or_else(|_| {
        Err(DatabaseError::Storage(StorageError::Corrupted(
            BROKE_OFF.to_owned(),
        )))
    })
}

fn backend(file: File, path: &Path) -> Result<FileBackend, OpenError> {
    FileBackend::new(file).map_err(|error| io("open", path, std::io::Error::other(error)))
}

/// Options to write a file that only its owner may read: it names callers and holds the nonce.
pub(crate) fn open_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store that finds damage when it is closed.
    struct Damaged;

    impl Drop for Damaged {
        fn drop(&mut self) {
            panic!("a page is not what it was");
        }
    }

    #[test]
    fn a_store_that_panics_when_it_is_closed_is_closed_all_the_same() {
        drop(Closing::new(Damaged));
    }
}
