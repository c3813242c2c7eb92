//! Replaying a journal: the proof that what is kept gives the same state and the same commands.

use crate::driver::{Hash, fold_log};
use crate::error::ReplayError;
use cordboard_journal::{OpenError, ReadError, ReplayFrom, open_replay};
use std::path::Path;

/// What a replay gave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replayed {
    /// The entry that the snapshot was taken after with which it began; 0 for a replay from the start.
    pub from: u64,
    /// The last entry.
    pub last: u64,
    /// How many entries were folded.
    pub entries: u64,
    /// The hash of the state after the last entry.
    pub state_hash: Hash,
    /// The hash over all commands that ever came out, up to the last entry.
    pub commands_hash: Hash,
}

/// Folds the journal in `folder`, which no engine may have open, and changes nothing in it.
///
/// # Errors
///
/// [`ReplayError`]; [`ReplayFrom::Start`] needs a journal whose log was never cut.
pub fn replay(folder: &Path, from: ReplayFrom) -> Result<Replayed, ReplayError> {
    let open = || {
        open_replay(folder, from).map_err(|error| match error {
            OpenError::InUse { .. } => ReplayError::InUse,
            OpenError::Unreadable(ReadError::StartWasCut { first }) => {
                ReplayError::StartWasCut { first: first.0 }
            }
            error => error.into(),
        })
    };
    let log = fold_log::<ReplayError>(open, |_, _, _| {})?;
    let state_hash = log.state.hash().map_err(|error| ReplayError::Payload {
        seq: log.last.0,
        detail: error.to_string(),
    })?;
    Ok(Replayed {
        from: log.from.0,
        last: log.last.0,
        entries: log.entries,
        state_hash,
        commands_hash: log.state.commands_hash,
    })
}
