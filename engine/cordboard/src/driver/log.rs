//! Folding a log, one way for recovery, replay and explanation.

use super::fold::{Folded, State};
use crate::error::ReplayError;
use cordboard_core::Input;
use cordboard_journal::{Entry, Replay, Seq, decode_payload};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A state with the place in the log that it belongs to.
#[derive(Debug)]
pub(crate) struct FoldedLog {
    pub(crate) state: State,
    /// The entry that the snapshot was taken after; 0 for none.
    pub(crate) from: Seq,
    /// The last entry.
    pub(crate) last: Seq,
    /// How many entries were folded or skipped.
    pub(crate) entries: u64,
}

/// Folds a log from its snapshot, or its start, to its end, and shows each entry to `see`, with the
/// state after it.
///
/// An entry that makes the core panic is skipped, as the live driver has skipped it; the entry after it tells that it
/// has. If the process ended before it could, the panic is met again. The state is useless after a panic, so everything
/// begins anew: `open` is called again, and `see` sees entries that it has seen before.
pub(crate) fn fold_log<E: From<ReplayError>>(
    open: impl FnMut() -> Result<Replay, E>,
    see: impl FnMut(&Entry, &State, &Folded),
) -> Result<FoldedLog, E> {
    fold_log_by(open, see, State::fold_entry)
}

/// How one entry is folded: a parameter for the tests alone.
type FoldEntry = fn(&mut State, &Entry) -> Result<Folded, ReplayError>;

fn fold_log_by<E: From<ReplayError>>(
    mut open: impl FnMut() -> Result<Replay, E>,
    mut see: impl FnMut(&Entry, &State, &Folded),
    fold: FoldEntry,
) -> Result<FoldedLog, E> {
    let mut skipped = BTreeSet::new();
    'anew: loop {
        let replay = open()?;
        let (state, from) = match &replay.snapshot {
            Some(snapshot) => (State::of_snapshot(snapshot)?, snapshot.seq),
            None => (State::default(), Seq(0)),
        };
        let mut log = FoldedLog {
            state,
            from,
            last: from,
            entries: 0,
        };
        let mut entries = replay.peekable();
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(ReplayError::Read)?;
            log.last = entry.seq;
            log.entries += 1;
            let told = matches!(entries.peek(), Some(Ok(next)) if tells_of_a_skip(&next.payload));
            if told || skipped.contains(&entry.seq) {
                continue;
            }
            let state = &mut log.state;
            let Ok(folded) = catch_unwind(AssertUnwindSafe(|| fold(state, &entry))) else {
                tracing::error!(seq = %entry.seq, "an entry makes the core panic; it is skipped");
                skipped.insert(entry.seq);
                continue 'anew;
            };
            see(&entry, &log.state, &folded?);
        }
        return Ok(log);
    }
}

/// More bytes than an input has that tells of a skipped one: whatever is longer is not read twice.
const SKIPPED_BYTES_MAX: usize = 64;

fn tells_of_a_skip(payload: &[u8]) -> bool {
    payload.len() <= SKIPPED_BYTES_MAX && matches!(decode_payload(payload), Ok(Input::Skipped(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::CORE_VERSION;
    use cordboard_core::ids::{CallId, Timestamp};
    use cordboard_core::input::Skipped;
    use cordboard_journal::{Journal, MemoryDisk, Options, ReplayFrom, encode_payload};

    fn panicking(state: &mut State, entry: &Entry) -> Result<Folded, ReplayError> {
        assert_ne!(entry.seq, Seq(2), "a mistake in the core");
        state.fold_entry(entry)
    }

    #[test]
    fn an_entry_that_panics_the_core_is_skipped_and_the_rest_folded() {
        let disk = MemoryDisk::with_random_nonce().unwrap();
        let (mut journal, _) = disk.open(Options::new(CORE_VERSION)).unwrap();
        for now in 1..=3 {
            let payload = encode_payload(&Input::Tick).unwrap();
            journal.append(Timestamp(now), &payload).unwrap();
        }
        let open = || journal.replay(ReplayFrom::Start).map_err(ReplayError::Read);
        let mut seen = Vec::new();
        let log = fold_log_by(open, |entry, _, _| seen.push(entry.seq.0), panicking).unwrap();
        assert_eq!((log.last, log.entries), (Seq(3), 3));
        // Entry 1 is seen twice: before the panic, and when everything begins anew.
        assert_eq!(seen, [1, 1, 3]);
    }

    #[test]
    fn an_entry_of_which_the_next_one_tells_that_it_was_skipped_is_not_folded() {
        let disk = MemoryDisk::with_random_nonce().unwrap();
        let (mut journal, _) = disk.open(Options::new(CORE_VERSION)).unwrap();
        for input in [
            Input::Tick,
            Input::Tick,
            Input::Skipped(Skipped::Call(CallId(u64::MAX))),
        ] {
            let payload = encode_payload(&input).unwrap();
            assert!(payload.len() <= SKIPPED_BYTES_MAX);
            journal.append(Timestamp(1), &payload).unwrap();
        }
        let open = || journal.replay(ReplayFrom::Start).map_err(ReplayError::Read);
        let mut seen = Vec::new();
        let log = fold_log_by(open, |entry, _, _| seen.push(entry.seq.0), panicking).unwrap();
        assert_eq!((log.last, log.entries), (Seq(3), 3));
        assert_eq!(seen, [1, 3]);
    }
}
