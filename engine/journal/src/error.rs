//! What can go wrong, in the operator's words.

use crate::entry::{RecordId, Seq};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

/// Why a journal could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process, or another handle of this one, has it open.
    #[error(
        "the journal `{}` is in use by another process: stop that one, or give this one a folder of its own",
        .folder.display()
    )]
    InUse {
        /// The journal's folder.
        folder: PathBuf,
    },
    /// There is no journal to read.
    #[error("there is no journal in `{}`: name the folder that `serve` writes to", .folder.display())]
    NotThere {
        /// The journal's folder.
        folder: PathBuf,
    },
    /// The operating system refused something.
    #[error("could not {doing} `{}`: {source}{}", .path.display(), advice(.source))]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The disk takes nothing: it is full, broken or not this user's to write.
    #[error(
        "the file `{file}` of the journal cannot be written: {detail}; nothing in it was changed: make room or mend the disk, \
         then start the program again"
    )]
    NotWritable {
        /// The file's name.
        file: String,
        /// The cause.
        detail: String,
    },
    /// Bytes that were written long ago have changed. The attempt to open cuts nothing off.
    #[error(
        "the file `{file}` of the journal is damaged: {detail}; {}",
        cure(file)
    )]
    Damaged {
        /// The file's name.
        file: String,
        /// What was found.
        detail: String,
    },
    /// The log is gone and the other files are there: somebody has taken it away, or not restored it.
    #[error(
        "`log.redb` is missing from the journal `{}`, though its other files are there: put it back, or move the folder away to \
         start with an empty journal, which knows no call in progress",
        .folder.display()
    )]
    LogMissing {
        /// The journal's folder.
        folder: PathBuf,
    },
    /// The decision records know of entries that the log has lost although they were durable.
    #[error(
        "the log of the journal ends at entry {log_ends} but entry {known} was durable: the disk has lost writes; \
         restore the journal's folder from a backup, or move it away to start with an empty journal, \
         which knows no call in progress"
    )]
    EntriesLost {
        /// The last entry of the log.
        log_ends: Seq,
        /// The newest entry that a decision record names.
        known: Seq,
    },
    /// A file of another journal lies in the folder.
    #[error("the file `{file}` belongs to another journal: move it out of the folder")]
    Foreign {
        /// The file's name.
        file: String,
    },
    /// There is no way to begin the replay that was asked for.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// A newer release has written it.
    #[error(
        "the file `{file}` has format {found}, this release reads up to {known}: use the release that wrote it or a newer one"
    )]
    NewerFormat {
        /// The file's name.
        file: String,
        /// The format found.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// The operating system gave no randomness for the nonce.
    #[error("the operating system gave no random bytes for the journal's nonce: {0}")]
    NoRandomness(String),
    /// A writer thread could not be started.
    #[error("could not start a writer thread: {0}")]
    Thread(#[source] std::io::Error),
}

/// What to do about the errors of an operating system that people meet.
fn advice(error: &std::io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "; let this program's user write there, or name another folder as `journal.directory`"
        }
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
            "; there is a file where a folder should be: name another folder as `journal.directory`"
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "; make room on the disk",
        _ => "",
    }
}

/// Which stream a [`Failure`] is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// The recovery log. When it fails, nothing may be acknowledged any more.
    Log,
    /// The decision records. When they fail, calls go on without a record.
    Records,
}

/// A write or sync failed. It is final: the stream takes nothing more until the program is started
/// again, because a second sync that succeeds proves nothing about the first.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "the journal's {} could not be written after entry {durable}: {detail}; \
     make room or replace the disk, then start the program again",
    match .stream { Stream::Log => "log", Stream::Records => "decision records" }
)]
pub struct Failure {
    /// The stream.
    pub stream: Stream,
    /// The last entry that is certainly durable. Later ones may or may not be there after a restart.
    pub durable: Seq,
    /// The cause.
    pub detail: Arc<str>,
}

/// Why an input was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AppendError {
    /// Too much waits for the disk. Try again when [`Event::Durable`](crate::Event::Durable) comes.
    #[error("the journal's queue is full: {waiting} entries wait for the disk")]
    Full {
        /// How many entries wait.
        waiting: usize,
    },
    /// The log has reached `log_entries_max` because no snapshot allowed a cut.
    #[error(
        "the log holds {entries} entries, its limit: it is kept whole, or no snapshot could be taken"
    )]
    LogFull {
        /// How many entries the log holds.
        entries: u64,
    },
    /// Larger than `entry_bytes_max`.
    #[error("an entry of {bytes} bytes is over the limit of {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The log has failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why a snapshot was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The one before is still being written; skip this one.
    #[error("the snapshot at entry {writing} is still being written")]
    Busy {
        /// The entry that it is of.
        writing: Seq,
    },
    /// It is of an entry that does not exist yet or that an earlier snapshot already covers.
    #[error(
        "a snapshot at entry {seq} does not fit: it must lie after {newest} and not after {last}"
    )]
    Misplaced {
        /// The entry named.
        seq: Seq,
        /// The newest snapshot there is.
        newest: Seq,
        /// The last entry.
        last: Seq,
    },
    /// Larger than `snapshot_bytes_max`.
    #[error("a snapshot of {bytes} bytes is over the limit of {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The log has failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why a decision record was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RecordError {
    /// Too much waits for the disk; the record is lost and the caller should count it.
    #[error("the queue of decision records is full: {waiting} wait for the disk")]
    Full {
        /// How many wait.
        waiting: usize,
    },
    /// Payload, number of subjects or length of a subject over the limit.
    #[error("a decision record with {what} of {size} is over the limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// Records come in the order of their entries.
    #[error(
        "a decision record of entry {seq} comes after one of entry {last}, or before its entry"
    )]
    OutOfOrder {
        /// The entry named.
        seq: Seq,
        /// The entry of the record before.
        last: Seq,
    },
    /// The records have failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// The file without which no call is known.
const LOG_FILE: &str = "log.redb";

/// What to do about a damaged file: without the log no call is known, without another file every call goes on.
fn cure(file: &str) -> &'static str {
    if file == LOG_FILE {
        "restore the journal's folder from a backup, or move it away to start with an empty journal, which knows no call in progress"
    } else {
        "the next start of the engine puts it aside and goes on with its calls; what it held is lost, unless you restore this file \
         from a backup"
    }
}

/// Why something could not be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// An entry is not what was written.
    #[error(
        "entry {seq} of the journal is damaged: {detail}; restore the journal's folder from a backup, \
         or move it away to start with an empty journal, which knows no call in progress"
    )]
    DamagedEntry {
        /// The entry.
        seq: Seq,
        /// What was found.
        detail: FrameError,
    },
    /// Entries are missing in the middle.
    #[error(
        "the journal lacks entry {expected}: the next one is {found}; restore the journal's folder from a backup, \
         or move it away to start with an empty journal, which knows no call in progress"
    )]
    Gap {
        /// The entry that should come.
        expected: Seq,
        /// The entry that comes.
        found: Seq,
    },
    /// The log was cut and no snapshot of the time after is readable.
    #[error(
        "the journal begins at entry {first} and has no readable snapshot before it; restore its folder from a backup, \
         or move it away to start with an empty journal, which knows no call in progress"
    )]
    NoSnapshot {
        /// The first entry that is left.
        first: Seq,
    },
    /// Replay from the start was asked for, but the start is gone.
    #[error("the journal begins at entry {first}: what came before was cut off behind a snapshot")]
    StartWasCut {
        /// The first entry that is left.
        first: Seq,
    },
    /// A decision record is not what was written.
    #[error("decision record {id} is damaged: {detail}")]
    DamagedRecord {
        /// The record.
        id: RecordId,
        /// What was found.
        detail: FrameError,
    },
    /// The store could not read.
    #[error("the journal could not be read: {0}; if it stays so, restore its folder from a backup")]
    Store(Arc<str>),
}

/// Why bytes are not a frame of the journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameError {
    /// Shorter than it says, or longer.
    #[error("its length is wrong")]
    Length,
    /// Not a frame, or one of another kind.
    #[error("it does not begin as it must")]
    Magic,
    /// Written by a newer release.
    #[error("it has encoding version {0}, which only a newer release reads")]
    Newer(u16),
    /// The checksum does not match.
    #[error("its checksum is wrong")]
    Checksum,
    /// It says another number than the place where it lies.
    #[error("it lies in the place of another one")]
    Misplaced,
}

/// Why a payload could not be encoded or decoded.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// The value cannot be written.
    #[error("the value cannot be encoded: {0}")]
    Encode(Arc<str>),
    /// The bytes are not the value asked for.
    #[error("the payload cannot be decoded: {0}")]
    Decode(Arc<str>),
    /// The payload is empty.
    #[error("the payload is empty")]
    Empty,
    /// Written by a newer release.
    #[error("the payload has encoding version {found}, this release reads up to {known}")]
    Newer {
        /// The version found.
        found: u8,
        /// The newest version known here.
        known: u8,
    },
}

/// Why a blob could not be kept or read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    /// Larger than `blob_bytes_max`.
    #[error("a blob of {bytes} bytes is over the limit of {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// All blobs together would pass `blobs_bytes_max`.
    #[error(
        "the blobs hold {bytes} bytes and the limit is {limit}: drop those that no call and no record needs"
    )]
    Full {
        /// What they hold.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// What was read has another digest than the one it lies under.
    #[error("the blob `{0}` is damaged: load the configuration or plugin again")]
    Damaged(crate::Digest),
    /// The store could not read or write.
    #[error("the blobs could not be read or written: {0}")]
    Store(Arc<str>),
}
