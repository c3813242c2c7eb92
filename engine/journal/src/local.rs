//! The journal of one process: queues and writers before whatever store.

use crate::entry::{Record, RecordId, Seq, Snapshot, decode_entry, decode_manifest, decode_record};
use crate::error::{
    AppendError, Failure, OpenError, ReadError, RecordError, SnapshotError, Stream,
};
use crate::journal::{Blobs, Identity, Journal, OpenReport, Options, Records, Replaced, Tail};
use crate::limits::Limits;
use crate::log_writer::{Found, LogWriter};
use crate::progress::{Progress, Watch};
use crate::record_writer::RecordWriter;
use crate::replay::{Replay, ReplayFrom};
use crate::store::{LogStore, Page, RecordSource, RecordStore, StoreError};
use cordboard_core::ids::Timestamp;
use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;

/// A journal that this process keeps itself: in files, see [`open`](crate::open), or in memory, see
/// [`MemoryDisk`](crate::MemoryDisk).
pub struct LocalJournal {
    identity: Identity,
    last: Seq,
    log: Arc<dyn LogStore>,
    blobs: Arc<dyn Blobs>,
    reader: Arc<RecordReader>,
    progress: Arc<Progress>,
    log_writer: Arc<LogWriter>,
    record_writer: Arc<RecordWriter>,
    threads: Option<Threads>,
    on_close: Option<OnClose>,
}

/// Called once everything is written.
pub(crate) type OnClose = Box<dyn FnOnce() -> Result<(), StoreError> + Send>;

/// What a kind of store brings.
pub(crate) struct Parts {
    pub(crate) identity: Identity,
    pub(crate) created: bool,
    pub(crate) tail: Tail,
    pub(crate) replaced: Vec<Replaced>,
    pub(crate) log: Arc<dyn LogStore>,
    pub(crate) records: Arc<dyn RecordStore>,
    pub(crate) blobs: Arc<dyn Blobs>,
    /// Whether writing needs threads, because it waits for a disk.
    pub(crate) has_threads: bool,
    pub(crate) on_close: OnClose,
}

impl LocalJournal {
    pub(crate) fn start(parts: Parts, options: Options) -> Result<(Self, OpenReport), OpenError> {
        let report = report(&parts)?;
        let stored = parts.records.last();
        let stored = stored.map_err(|error| damaged("records.redb", &error))?;
        if let Some(known) = stored.map(|id| id.seq).filter(|&seq| seq > report.last) {
            return Err(OpenError::EntriesLost {
                log_ends: report.last,
                known,
            });
        }
        let Options {
            core,
            limits,
            retain_log,
            listener,
        } = options;
        let progress = Arc::new(Progress::new(report.last, listener));
        let source: Arc<dyn RecordSource> = Arc::clone(&parts.records) as _;
        let reader = Arc::new(RecordReader::new(source, &limits));
        let record_writer = Arc::new(RecordWriter::new(
            parts.records,
            Arc::clone(&progress),
            limits.clone(),
            core,
            parts.has_threads,
            stored,
        ));
        let log_writer = Arc::new(LogWriter::new(
            Arc::clone(&parts.log),
            Arc::clone(&progress),
            Arc::clone(&record_writer),
            limits,
            core,
            retain_log,
            Found {
                first: report.first,
                snapshots: report.snapshots.clone(),
            },
        ));
        let threads = if parts.has_threads {
            Some(Threads::start(&log_writer, &record_writer).map_err(OpenError::Thread)?)
        } else {
            None
        };
        let journal = Self {
            identity: parts.identity,
            last: report.last,
            log: parts.log,
            blobs: parts.blobs,
            reader,
            progress,
            log_writer,
            record_writer,
            threads,
            on_close: Some(parts.on_close),
        };
        Ok((journal, report))
    }

    /// Lets whoever controls a store in memory have writing tried again, or the power fail.
    pub(crate) fn log_writer(&self) -> &Arc<LogWriter> {
        &self.log_writer
    }

    /// Without threads the owner writes.
    fn write_if_alone(&self) {
        if self.threads.is_none() {
            self.log_writer.pump();
        }
    }

    fn finish(&mut self) -> Result<(), Failure> {
        let Some(on_close) = self.on_close.take() else {
            return Ok(());
        };
        self.log_writer.close();
        self.write_if_alone();
        let threads = self.threads.take();
        let (log, records) = match threads {
            Some(threads) => (Some(threads.log), Some(threads.records)),
            None => (None, None),
        };
        // A writer thread does not panic; if it did, the failure below tells of it.
        let log_ended = log.map(JoinHandle::join);
        self.record_writer.close();
        let records_ended = records.map(JoinHandle::join);
        if let Some(Err(_)) = log_ended {
            self.log_writer.fail("the writer thread broke off");
        }
        if let Some(Err(_)) = records_ended {
            self.record_writer.fail("the writer thread broke off");
        }
        let log_failure = self.progress.failure(Stream::Log);
        // A log that failed, or in which something is left, was not closed in order.
        if log_failure.is_none()
            && self.progress.durable() == self.last
            && let Err(error) = on_close()
        {
            self.log_writer.fail(&error.0);
        }
        for stream in [Stream::Log, Stream::Records] {
            if let Some(failure) = self.progress.failure(stream) {
                return Err(failure);
            }
        }
        Ok(())
    }
}

impl Journal for LocalJournal {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn last(&self) -> Seq {
        self.last
    }

    fn append(&mut self, now: Timestamp, payload: &[u8]) -> Result<Seq, AppendError> {
        self.last = self.log_writer.append(self.last, now, payload)?;
        self.write_if_alone();
        Ok(self.last)
    }

    fn snapshot(&mut self, snapshot: Snapshot) -> Result<(), SnapshotError> {
        self.log_writer.snapshot(self.last, snapshot)?;
        self.write_if_alone();
        Ok(())
    }

    fn replay(&self, from: ReplayFrom) -> Result<Replay, ReadError> {
        Replay::begin(Arc::clone(&self.log), from)
    }

    fn record(
        &mut self,
        seq: Seq,
        now: Timestamp,
        subjects: &[&str],
        payload: &[u8],
    ) -> Result<RecordId, RecordError> {
        self.record_writer
            .record(self.last, seq, now, subjects, payload)
    }

    fn records(&self) -> Arc<dyn Records> {
        Arc::clone(&self.reader) as _
    }

    fn blobs(&self) -> Arc<dyn Blobs> {
        Arc::clone(&self.blobs)
    }

    fn watch(&self) -> Watch {
        Watch(Arc::clone(&self.progress))
    }

    fn close(mut self: Box<Self>) -> Result<(), Failure> {
        self.finish()
    }
}

impl fmt::Debug for LocalJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalJournal")
            .field("identity", &self.identity)
            .field("last", &self.last)
            .field("durable", &self.progress.durable())
            .finish_non_exhaustive()
    }
}

impl Drop for LocalJournal {
    fn drop(&mut self) {
        // The owner did not ask for the error; the listener was told.
        let _ = self.finish();
    }
}

/// Reads decision records page by page.
#[derive(Debug)]
pub(crate) struct RecordReader {
    source: Arc<dyn RecordSource>,
    page: Page,
}

impl RecordReader {
    pub(crate) fn new(source: Arc<dyn RecordSource>, limits: &Limits) -> Self {
        Self {
            source,
            page: Page {
                count: limits.page_records_max,
                bytes: limits.page_bytes_max,
            },
        }
    }

    fn page(&self, limit: usize) -> Page {
        Page {
            count: self.page.count.min(limit),
            ..self.page
        }
    }
}

impl Records for RecordReader {
    fn last(&self) -> Result<Option<RecordId>, ReadError> {
        Ok(self.source.last()?)
    }

    fn after(&self, after: Option<RecordId>, limit: usize) -> Result<Vec<Record>, ReadError> {
        decode_all(self.source.after(after, self.page(limit))?)
    }

    fn about(
        &self,
        subject: &str,
        after: Option<RecordId>,
        limit: usize,
    ) -> Result<Vec<Record>, ReadError> {
        decode_all(self.source.about(subject, after, self.page(limit))?)
    }
}

#[derive(Debug)]
struct Threads {
    log: JoinHandle<()>,
    records: JoinHandle<()>,
}

impl Threads {
    fn start(log: &Arc<LogWriter>, records: &Arc<RecordWriter>) -> std::io::Result<Self> {
        let (log, records) = (Arc::clone(log), Arc::clone(records));
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new().name(name.to_owned()).spawn(run)
        };
        // The records thread first: if the other cannot be started, closing it ends this one.
        let for_records = Arc::clone(&records);
        let records_thread = spawn("journal-records", Box::new(move || for_records.run()))?;
        match spawn("journal-log", Box::new(move || log.run())) {
            Ok(log) => Ok(Self {
                log,
                records: records_thread,
            }),
            Err(error) => {
                records.close();
                Err(error)
            }
        }
    }
}

fn report(parts: &Parts) -> Result<OpenReport, OpenError> {
    let damaged = |detail: &dyn fmt::Display| damaged("log.redb", detail);
    let bounds = parts.log.bounds().map_err(|error| damaged(&error))?;
    let manifests = parts.log.manifests().map_err(|error| damaged(&error))?;
    let snapshots: Vec<Seq> = manifests.iter().map(|(seq, _)| *seq).collect();
    let covered = snapshots.last().copied().unwrap_or_default();
    let last = bounds.map_or(covered, |bounds| bounds.last.max(covered));
    let first = bounds.map_or(last.next(), |bounds| bounds.first);
    let mut last_now = Timestamp(0);
    if let Some((seq, frame)) = manifests.last() {
        // An unreadable snapshot is told by the replay, which can do without the newest one.
        if let Ok(manifest) = decode_manifest(*seq, frame) {
            last_now = manifest.now;
        }
    }
    if let Some(bounds) = bounds {
        let before = Seq(bounds.last.0.saturating_sub(1));
        let entries = parts.log.entries(before).map_err(|error| damaged(&error))?;
        for (seq, frame) in entries {
            let entry = decode_entry(seq, &frame)
                .map_err(|error| damaged(&format_args!("entry {seq}: {error}")))?;
            last_now = last_now.max(entry.now);
        }
    }
    Ok(OpenReport {
        created: parts.created,
        tail: parts.tail,
        first,
        last,
        last_now,
        snapshots,
        // A first start that was killed half way through has nothing to miss.
        replaced: match last {
            Seq(0) => Vec::new(),
            Seq(_) => parts.replaced.clone(),
        },
    })
}

fn decode_all(frames: Vec<(RecordId, Vec<u8>)>) -> Result<Vec<Record>, ReadError> {
    frames
        .into_iter()
        .map(|(id, frame)| {
            decode_record(id, &frame).map_err(|detail| ReadError::DamagedRecord { id, detail })
        })
        .collect()
}

fn damaged(file: &str, detail: &dyn fmt::Display) -> OpenError {
    OpenError::Damaged {
        file: file.into(),
        detail: detail.to_string(),
    }
}

#[cfg(test)]
mod tests;
