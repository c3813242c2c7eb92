//! Reading the log back.

use crate::entry::{Entry, Seq, Snapshot, decode_entry, decode_manifest, decode_part};
use crate::error::{FrameError, ReadError};
use crate::store::{LogStore, StoreError};
use std::collections::VecDeque;
use std::sync::Arc;

/// Where a replay begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ReplayFrom {
    /// With the newest snapshot that can be read; without one, with the first entry.
    #[default]
    NewestSnapshot,
    /// With the newest snapshot that can be read and lies before this entry; without one, as
    /// [`Oldest`](Self::Oldest).
    Before(Seq),
    /// As far back as the log goes: with entry 1, or with the snapshot that it was cut behind.
    Oldest,
    /// With entry 1, if it is still kept.
    Start,
}

/// A replay: the state to begin with, and an iterator of the entries after it. The iterator ends
/// after the last durable entry, or after the first error.
#[derive(Debug)]
pub struct Replay {
    /// The state to begin with; `None` means the empty state.
    pub snapshot: Option<Snapshot>,
    /// Newer snapshots that could not be read, and why. The replay begins with an older one and
    /// loses nothing, but the disk is not to be trusted.
    pub unreadable: Vec<(Seq, String)>,
    store: Arc<dyn LogStore>,
    page: VecDeque<(Seq, Vec<u8>)>,
    at: Seq,
    until: Seq,
    over: bool,
}

impl Replay {
    /// Ends after this entry.
    #[must_use]
    pub fn until(mut self, last: Seq) -> Self {
        self.until = last;
        self
    }

    pub(crate) fn begin(store: Arc<dyn LogStore>, from: ReplayFrom) -> Result<Self, ReadError> {
        let first = store.bounds()?.map(|bounds| bounds.first);
        let mut replay = Self {
            snapshot: None,
            unreadable: Vec::new(),
            store,
            page: VecDeque::new(),
            at: Seq(0),
            until: Seq(u64::MAX),
            over: false,
        };
        match from {
            ReplayFrom::NewestSnapshot => {
                replay.find_snapshot(Seq(u64::MAX))?;
                if replay.snapshot.is_none() {
                    match first {
                        Some(first) if first > Seq(1) => {
                            return Err(ReadError::NoSnapshot { first });
                        }
                        // A cut may have taken every entry; then only the snapshot knows the rest.
                        None if let Some((seq, _)) = replay.unreadable.first() => {
                            return Err(ReadError::NoSnapshot { first: seq.next() });
                        }
                        Some(_) | None => {}
                    }
                }
            }
            ReplayFrom::Before(entry) => {
                replay.find_snapshot(Seq(entry.0.saturating_sub(1)))?;
                if replay.snapshot.is_none() {
                    return Self::begin(replay.store, ReplayFrom::Oldest);
                }
            }
            ReplayFrom::Oldest => {
                if first != Some(Seq(1)) {
                    return replay.begin_oldest();
                }
            }
            ReplayFrom::Start => {
                let first = match first {
                    Some(first) => first,
                    None => replay
                        .store
                        .manifests()?
                        .last()
                        .map_or(Seq(1), |(seq, _)| seq.next()),
                };
                if first > Seq(1) {
                    return Err(ReadError::StartWasCut { first });
                }
            }
        }
        Ok(replay)
    }

    /// Begins with the oldest snapshot that can be read, of those that the log goes on from.
    fn begin_oldest(mut self) -> Result<Self, ReadError> {
        let first = self.store.bounds()?.map(|bounds| bounds.first);
        let mut oldest = None;
        for (seq, manifest) in self.store.manifests()? {
            // In the middle of a cut the entries behind the snapshot are partly gone.
            if first.is_some_and(|first| seq.next() < first) {
                continue;
            }
            match read_snapshot(self.store.as_ref(), seq, &manifest)? {
                Ok(snapshot) => {
                    oldest = Some(snapshot);
                    break;
                }
                Err(error) => self.unreadable.push((seq, error.to_string())),
            }
        }
        match (&oldest, first) {
            (Some(snapshot), _) => self.at = snapshot.seq,
            (None, Some(first)) => return Err(ReadError::NoSnapshot { first }),
            (None, None) if let Some((seq, _)) = self.unreadable.first() => {
                return Err(ReadError::NoSnapshot { first: seq.next() });
            }
            (None, None) => {}
        }
        self.snapshot = oldest;
        Ok(self)
    }

    /// Finds the newest readable snapshot up to an entry.
    fn find_snapshot(&mut self, up_to: Seq) -> Result<(), ReadError> {
        let manifests = self.store.manifests()?.into_iter().rev();
        for (seq, manifest) in manifests.filter(|(seq, _)| *seq <= up_to) {
            match read_snapshot(self.store.as_ref(), seq, &manifest)? {
                Ok(snapshot) => {
                    self.at = seq;
                    self.snapshot = Some(snapshot);
                    break;
                }
                Err(error) => self.unreadable.push((seq, error.to_string())),
            }
        }
        Ok(())
    }

    fn read_next(&mut self) -> Result<Option<Entry>, ReadError> {
        if self.at >= self.until {
            return Ok(None);
        }
        if self.page.is_empty() {
            self.page = self.store.entries(self.at)?.into();
        }
        let Some((seq, frame)) = self.page.pop_front() else {
            return Ok(None);
        };
        let expected = self.at.next();
        if seq != expected {
            return Err(ReadError::Gap {
                expected,
                found: seq,
            });
        }
        let entry =
            decode_entry(seq, &frame).map_err(|detail| ReadError::DamagedEntry { seq, detail })?;
        self.at = seq;
        Ok(Some(entry))
    }
}

impl Iterator for Replay {
    type Item = Result<Entry, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let item = self.read_next().transpose();
        self.over = !matches!(item, Some(Ok(_)));
        item
    }
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.0)
    }
}

/// The outer result is the store's, the inner one says whether the snapshot is whole.
fn read_snapshot(
    store: &dyn LogStore,
    seq: Seq,
    manifest: &[u8],
) -> Result<Result<Snapshot, FrameError>, StoreError> {
    let manifest = match decode_manifest(seq, manifest) {
        Ok(manifest) => manifest,
        Err(error) => return Ok(Err(error)),
    };
    let mut bytes = Vec::new();
    for part in 0..manifest.parts {
        let Some(frame) = store.part(seq, part)? else {
            return Ok(Err(FrameError::Length));
        };
        match decode_part(seq, part, &frame) {
            Ok(share) => bytes.extend_from_slice(share),
            Err(error) => return Ok(Err(error)),
        }
    }
    if u64::try_from(bytes.len()) != Ok(manifest.bytes) {
        return Ok(Err(FrameError::Length));
    }
    Ok(Ok(Snapshot {
        seq,
        now: manifest.now,
        core: manifest.core,
        state_hash: manifest.state_hash,
        bytes: bytes.into(),
    }))
}
