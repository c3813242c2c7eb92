//! The journal as the engine sees it, whatever keeps it.

use crate::entry::{CoreVersion, Record, RecordId, Seq, Snapshot};
use crate::error::{AppendError, BlobError, Failure, ReadError, RecordError, SnapshotError};
use crate::limits::Limits;
use crate::progress::Watch;
use crate::replay::{Replay, ReplayFrom};
use cordboard_core::ids::{Epoch, Timestamp};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// A recovery log, its snapshots, and the decision records beside it.
///
/// The driver thread owns it: there is one writer and no lock that a caller could wait on. Nothing
/// here blocks on the disk but [`replay`](Self::replay) and [`close`](Self::close). A journal may
/// be a local file or a replicated log; nothing may assume which.
///
/// Dropping a journal writes out what was appended, like [`close`](Self::close), and loses the
/// error.
pub trait Journal: Send + fmt::Debug {
    /// Returns what tells this journal from others and this start from others.
    fn identity(&self) -> &Identity;

    /// Returns the last entry that was appended, whether durable or not; 0 for none.
    fn last(&self) -> Seq;

    /// Takes an input and returns its number. The caller folds it at once and holds back whatever
    /// is visible outside until [`Event::Durable`] names this number or a later one.
    ///
    /// # Errors
    ///
    /// [`AppendError`]; the input was not taken and must not be folded.
    fn append(&mut self, now: Timestamp, payload: &[u8]) -> Result<Seq, AppendError>;

    /// Takes the state after the entry that it names. It is written in the background, piece by
    /// piece beside the appends; [`Event::SnapshotDurable`] tells the end, and then the log before
    /// it may be cut as [`RetainLog`] says.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`]; nothing was changed.
    fn snapshot(&mut self, snapshot: Snapshot) -> Result<(), SnapshotError>;

    /// Reads the log back, beginning with the newest readable snapshot or with the first entry.
    /// It reads what is durable at the time of each read. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`ReadError`] if there is no way to begin; later errors come from the iterator.
    fn replay(&self, from: ReplayFrom) -> Result<Replay, ReadError>;

    /// Takes a decision record about the entry `seq`, which must not lie before that of the last
    /// record. It becomes durable after its entry. A record that an earlier run has written
    /// already, because a replay leads to it again, is recognised by its number and not written
    /// twice.
    ///
    /// # Errors
    ///
    /// [`RecordError`]; the record is lost, calls are not affected.
    fn record(
        &mut self,
        seq: Seq,
        now: Timestamp,
        subjects: &[&str],
        payload: &[u8],
    ) -> Result<RecordId, RecordError>;

    /// Returns a handle that reads decision records while others are written.
    fn records(&self) -> Arc<dyn Records>;

    /// Returns a handle to the blobs: configuration texts and plugins by digest.
    fn blobs(&self) -> Arc<dyn Blobs>;

    /// Returns a handle that tells how far the journal is durable.
    fn watch(&self) -> Watch;

    /// Writes out everything that was appended and closes.
    ///
    /// # Errors
    ///
    /// The [`Failure`] of the log or of the records, if one has failed.
    fn close(self: Box<Self>) -> Result<(), Failure>;
}

/// Reads decision records. A reader sees each record once it is durable, and never one twice; what
/// retention removes meanwhile it does not see.
pub trait Records: Send + Sync + fmt::Debug {
    /// Returns the newest record's number.
    ///
    /// # Errors
    ///
    /// [`ReadError::Store`].
    fn last(&self) -> Result<Option<RecordId>, ReadError>;

    /// Returns the records after the one named, or from the oldest, at most `limit` and
    /// [`Limits::page_records_max`] of them. Fewer does not mean the end; none does.
    ///
    /// # Errors
    ///
    /// [`ReadError`] for the first record that cannot be read.
    fn after(&self, after: Option<RecordId>, limit: usize) -> Result<Vec<Record>, ReadError>;

    /// Like [`after`](Self::after), but only records with this subject.
    ///
    /// # Errors
    ///
    /// [`ReadError`] for the first record that cannot be read.
    fn about(
        &self,
        subject: &str,
        after: Option<RecordId>,
        limit: usize,
    ) -> Result<Vec<Record>, ReadError>;
}

/// Reads blobs: configuration texts and plugins by their SHA-256.
pub trait BlobReader: Send + Sync + fmt::Debug {
    /// Returns the bytes, checked against the digest.
    ///
    /// # Errors
    ///
    /// [`BlobError::Damaged`] or [`BlobError::Store`].
    fn read(&self, digest: &Digest) -> Result<Option<Vec<u8>>, BlobError>;

    /// Returns all digests and sizes.
    ///
    /// # Errors
    ///
    /// [`BlobError::Store`].
    fn list(&self) -> Result<Vec<(Digest, u64)>, BlobError>;
}

/// Keeps blobs. A blob is durable when `put` returns, so an entry that names it may be appended
/// afterwards. `put` blocks on the disk: whoever loads a configuration or a plugin calls it, not
/// the driver thread.
pub trait Blobs: BlobReader {
    /// Keeps the bytes and returns their digest; does nothing if they are there already.
    ///
    /// # Errors
    ///
    /// [`BlobError`]; nothing was kept.
    fn put(&self, bytes: &[u8]) -> Result<Digest, BlobError>;

    /// Drops a blob. The caller knows that no live call and no record that is to be replayed
    /// names it.
    ///
    /// # Errors
    ///
    /// [`BlobError::Store`].
    fn remove(&self, digest: &Digest) -> Result<(), BlobError>;
}

/// The SHA-256 of a blob.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Returns the digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }
}

/// Lower-case hexadecimal.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// 256 random bits, made with the journal and never changed. Request ids and callback paths are
/// hashed with it, so that nobody outside can guess them: it is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce(pub [u8; 32]);

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(…)")
    }
}

/// What tells this journal from others, and this start from others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// Of the journal.
    pub nonce: Nonce,
    /// Which start on this journal this is, from 1.
    pub epoch: Epoch,
}

/// What opening found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenReport {
    /// Whether there was no journal before.
    pub created: bool,
    /// Whether the process before did not close it.
    pub tail: Tail,
    /// The first entry that is kept; one after `last` if there is none.
    pub first: Seq,
    /// The last entry; 0 if there was never one.
    pub last: Seq,
    /// The moment of the last entry, below which the clock must not start.
    pub last_now: Timestamp,
    /// The entries that snapshots are of, oldest first.
    pub snapshots: Vec<Seq>,
    /// Files of the journal that calls do not depend on and that could not be used: new ones are in their place.
    pub replaced: Vec<Replaced>,
}

/// A file of decision records or blobs that was damaged or missing. Explanations of before are not in the new one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replaced {
    /// The file's name.
    pub file: String,
    /// What was wrong with it.
    pub detail: String,
    /// Where it lies now, for whoever wants to rescue what is in it; `None` where it was missing.
    pub kept_as: Option<PathBuf>,
}

/// How the log ended when it was opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tail {
    /// It was closed in order.
    Closed,
    /// It was not closed: the process was killed or the power failed. A group that was half written
    /// has been undone as a whole; none of it had been announced as durable.
    Recovered,
}

/// How much of the log stays once there are snapshots.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RetainLog {
    /// What a recovery needs: everything from the oldest of the kept snapshots on.
    #[default]
    SinceSnapshot,
    /// At least so many entries behind the newest snapshot, and one snapshot that they can be folded
    /// from. A few snapshots stay beside those of [`Limits::snapshots_kept`], so that what is kept
    /// grows to one and a half times this at most before the oldest goes.
    Entries(u64),
    /// Everything: a replay from the very start stays possible.
    All,
}

/// What happens in the journal. A listener is called on the journal's own threads, or within
/// `append` when the journal is in memory: it may only note or signal, and must not call back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// Entries up to this one are durable.
    Durable(Seq),
    /// The snapshot at this entry is durable.
    SnapshotDurable(Seq),
    /// A stream has failed; told once per stream. After that of the log no entry becomes durable.
    Failed(Failure),
}

/// Who is told of [`Event`]s.
pub type Listener = Arc<dyn Fn(Event) + Send + Sync>;

/// How a journal is opened.
#[derive(Clone)]
pub struct Options {
    /// The version of the core that will append.
    pub core: CoreVersion,
    /// The limits.
    pub limits: Limits,
    /// How much of the log stays.
    pub retain_log: RetainLog,
    /// Who is told of events.
    pub listener: Listener,
}

impl Options {
    /// Default limits and retention, and nobody is told: see [`Journal::watch`] instead.
    #[must_use]
    pub fn new(core: CoreVersion) -> Self {
        Self {
            core,
            limits: Limits::default(),
            retain_log: RetainLog::default(),
            listener: Arc::new(|_| {}),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("core", &self.core)
            .field("limits", &self.limits)
            .field("retain_log", &self.retain_log)
            .finish_non_exhaustive()
    }
}
