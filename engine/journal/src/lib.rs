//! The journal of Cordboard: every input that reached the engine, in order, and beside it the
//! records of what was decided and why.
//!
//! The journal keeps two streams. The **recovery log** holds the inputs; the core's state is a fold
//! over it, so a restart folds it again. Snapshots of the state shorten that and let the log be cut.
//! The **decision records** explain; they have retention and size limits of their own and can be
//! read while others are written, by this process and, from files, by others. Beside the streams lie **blobs**,
//! configuration texts and plugins by their SHA-256.
//!
//! # How the driver uses it
//!
//! 1. [`append`](Journal::append) the input. It costs a copy and no wait, and gives the input's number.
//! 2. Fold it at once. A refused append means that the input was not taken: do not fold it.
//! 3. Hold every visible consequence (requests to ACS, acknowledged webhooks, events, API answers)
//!    under that number. Questions to plugins are pure and go out at once.
//! 4. [`record`](Journal::record) the decisions of the input under the same number.
//! 5. When [`Event::Durable`] names the number or a later one, let the consequences go.
//! 6. Now and then hand in a [`snapshot`](Journal::snapshot).
//!
//! While one group of entries is on its way to the disk, the next one gathers, so a slow disk makes
//! groups larger instead of calls slower.
//!
//! When [`Event::Failed`] tells that the log has failed, nothing that is held may be let go any
//! more: whether those inputs survive is unknown until the next start. A write or sync that failed
//! is never tried again.
//!
//! On start: open, [`replay`](Journal::replay) from the newest snapshot and drop all commands, then
//! append the restart with the [epoch](Identity::epoch). The clock starts at
//! [`OpenReport::last_now`] or later. If [`Entry::core`] differs from the running core's version,
//! its commands may not be those that were sent; the driver goes by the snapshot and reconciles.
//! Records that a replay leads to may be recorded again: they keep their numbers, and only
//! those that a crash has lost are written.
//!
//! ```
//! use cordboard_core::ids::Timestamp;
//! use cordboard_journal::{
//!     CoreVersion, Event, Journal, MemoryDisk, Options, ReplayFrom, encode_payload, decode_payload,
//! };
//! use std::sync::{Arc, mpsc};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (events, durable) = mpsc::channel();
//! let disk = MemoryDisk::with_random_nonce()?; // or `open(folder, options)` for files
//! let (mut journal, report) = disk.open(Options {
//!     listener: Arc::new(move |event| drop(events.send(event))),
//!     ..Options::new(CoreVersion(1))
//! })?;
//! assert!(report.created);
//!
//! let seq = journal.append(Timestamp(1_000), &encode_payload("an input")?)?;
//! // Fold it here, and hold what it leads to until:
//! assert_eq!(durable.recv()?, Event::Durable(seq));
//!
//! for entry in journal.replay(ReplayFrom::NewestSnapshot)? {
//!     let input: String = decode_payload(&entry?.payload)?;
//!     assert_eq!(input, "an input");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//!
//! - What was announced as durable is there after a crash or power failure, on a disk that keeps
//!   what it has confirmed. What was not announced may be there or not, always as a prefix.
//! - Numbers are contiguous from 1. A gap, a changed byte or a frame in the wrong place is found
//!   by a checksum and refused, never skipped.
//!   One thing looks like a group that was being written when the process ended, and counts as such: a
//!   group that was the last one before a kill, if the few bytes that note its commit change afterwards.
//! - One process at a time. A second one is refused with [`OpenError::InUse`].
//! - Entries, records and snapshots of every release can be read by all later ones.
//!
//! The store under the files is `redb`; `docs/adr/0002-embedded-journal.md` says why.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod embedded;
mod entry;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
#[cfg(test)]
mod golden;
mod journal;
mod limits;
mod local;
mod log_writer;
mod memory;
mod progress;
mod record_writer;
mod replay;
mod retention;
mod store;

pub use embedded::{ReadOnly, is_in_store, open, open_records, open_replay};
pub use entry::{
    CoreVersion, ENCODING_VERSION, Entry, PAYLOAD_VERSION, Record, RecordId, Seq, Snapshot,
    decode_payload, encode_payload,
};
pub use error::{
    AppendError, BlobError, Failure, FrameError, OpenError, PayloadError, ReadError, RecordError,
    SnapshotError, Stream,
};
pub use journal::{
    BlobReader, Blobs, Digest, Event, Identity, Journal, Listener, Nonce, OpenReport, Options,
    Records, Replaced, RetainLog, Tail,
};
pub use limits::Limits;
pub use local::LocalJournal;
pub use memory::MemoryDisk;
pub use progress::Watch;
pub use replay::{Replay, ReplayFrom};
