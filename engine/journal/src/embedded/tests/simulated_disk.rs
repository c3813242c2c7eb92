//! A disk that keeps what was synced and may lose, reorder or tear what was not.

use parking_lot::Mutex;
use redb::StorageBackend;
use std::io;
use std::sync::Arc;

/// One file on a simulated disk. Clones are the same file.
#[derive(Clone, Debug, Default)]
pub(crate) struct SimulatedFile(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// What the program sees.
    current: Vec<u8>,
    /// What certainly survives.
    synced: Vec<u8>,
    /// What was done since.
    unsynced: Vec<Change>,
    syncs: u64,
    power_is_off: bool,
    /// The power fails instead of this sync.
    power_off_at_sync: Option<u64>,
    /// Writes, changes of length and syncs.
    operations: u64,
    fail_operation: Option<u64>,
    fail_sync: Option<u64>,
    capacity: Option<u64>,
    /// Keeps the changes of the last sync, for tests that replay it in part.
    last_sync: Vec<Change>,
    before_last_sync: Vec<u8>,
}

/// What the program did to the file.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl SimulatedFile {
    pub(crate) fn with(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(State {
            current: bytes.clone(),
            synced: bytes,
            ..State::default()
        })))
    }

    /// Lets every operation fail from here on, and returns what was synced and what was not.
    pub(crate) fn cut_power(&self) -> (Vec<u8>, Vec<Change>) {
        let mut state = self.0.lock();
        state.power_is_off = true;
        (state.synced.clone(), state.unsynced.clone())
    }

    /// Lets the sync after `more` others fail, once; what was to be synced is not.
    pub(crate) fn fail_sync_after(&self, more: u64) {
        let mut state = self.0.lock();
        state.fail_sync = Some(state.syncs + more);
    }

    /// Lets the power fail instead of the sync after `more` others.
    pub(crate) fn cut_power_at_sync(&self, more: u64) {
        let mut state = self.0.lock();
        state.power_off_at_sync = Some(state.syncs + more);
    }

    /// Lets the write, change of length or sync after `more` others fail, and all that follow.
    pub(crate) fn break_after(&self, more: u64) {
        let mut state = self.0.lock();
        state.fail_operation = Some(state.operations + more);
    }

    /// Lets writes beyond `bytes` fail as on a full disk.
    pub(crate) fn limit_capacity(&self, bytes: u64) {
        self.0.lock().capacity = Some(bytes);
    }

    pub(crate) fn length(&self) -> u64 {
        u64::try_from(self.0.lock().current.len()).unwrap()
    }

    /// Returns the file before the last sync, and what that sync made durable.
    pub(crate) fn last_sync(&self) -> (Vec<u8>, Vec<Change>) {
        let state = self.0.lock();
        (state.before_last_sync.clone(), state.last_sync.clone())
    }
}

/// Does to `bytes` the first `until` bytes of all writes; a change of length counts as one.
pub(crate) fn apply_prefix(bytes: &mut Vec<u8>, changes: &[Change], until: usize) {
    let mut rest = until;
    for change in changes {
        let size = size(change);
        match change {
            Change::Length(length) if rest > 0 => bytes.resize(*length, 0),
            Change::Length(_) => {}
            Change::Write(offset, data) => write(bytes, *offset, &data[..size.min(rest)]),
        }
        rest = rest.saturating_sub(size);
    }
}

/// Does the changes that `keep` chooses to `bytes`, in order. It returns how many of the bytes of a
/// write reach the disk.
pub(crate) fn apply_chosen(
    bytes: &mut Vec<u8>,
    changes: &[Change],
    mut keep: impl FnMut(usize) -> usize,
) {
    for change in changes {
        let kept = keep(size(change));
        match change {
            // A file system grows a file before it stores what lies beyond the old end.
            Change::Length(length) => bytes.resize(*length, 0),
            Change::Write(offset, data) => write(bytes, *offset, &data[..kept]),
        }
    }
}

/// Bytes of a change.
pub(crate) fn size(change: &Change) -> usize {
    match change {
        Change::Write(_, data) => data.len(),
        Change::Length(_) => 1,
    }
}

impl StorageBackend for SimulatedFile {
    fn len(&self) -> io::Result<u64> {
        self.0.lock().alive()?;
        Ok(self.length())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut state = self.0.lock();
        let offset = usize::try_from(offset).unwrap();
        let bytes = state
            .alive()?
            .current
            .get(offset..offset + out.len())
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.0.lock();
        let state = state.change()?;
        if state.capacity.is_some_and(|capacity| len > capacity) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let len = usize::try_from(len).unwrap();
        state.current.resize(len, 0);
        state.unsynced.push(Change::Length(len));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.0.lock();
        let state = state.change()?;
        state.syncs += 1;
        let power_fails = state
            .power_off_at_sync
            .is_some_and(|after| state.syncs > after);
        if power_fails {
            state.power_is_off = true;
            return Err(io::Error::other("the power is off"));
        }
        if state.fail_sync.is_some_and(|after| state.syncs > after) {
            state.fail_sync = None;
            return Err(io::Error::other("sync failed (injected)"));
        }
        state.before_last_sync = std::mem::replace(&mut state.synced, state.current.clone());
        state.last_sync = std::mem::take(&mut state.unsynced);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.0.lock();
        let state = state.change()?;
        let offset = usize::try_from(offset).unwrap();
        write(&mut state.current, offset, data);
        state.unsynced.push(Change::Write(offset, data.to_vec()));
        Ok(())
    }
}

impl State {
    /// Counts an operation that changes something.
    fn change(&mut self) -> io::Result<&mut Self> {
        self.operations += 1;
        let broken = self
            .fail_operation
            .is_some_and(|after| self.operations > after);
        if broken {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.alive()
    }

    fn alive(&mut self) -> io::Result<&mut Self> {
        if self.power_is_off {
            Err(io::Error::other("the power is off"))
        } else {
            Ok(self)
        }
    }
}

fn write(bytes: &mut Vec<u8>, offset: usize, data: &[u8]) {
    if data.is_empty() {
        return;
    }
    if bytes.len() < offset + data.len() {
        bytes.resize(offset + data.len(), 0);
    }
    bytes[offset..offset + data.len()].copy_from_slice(data);
}
