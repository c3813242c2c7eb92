//! The fold itself: the same for the live driver, for recovery and for a replay elsewhere.

use crate::error::ReplayError;
use cordboard_core::ids::Timestamp;
use cordboard_core::input::Reply;
use cordboard_core::{Command, Input, Tenant};
use cordboard_journal::{
    CoreVersion, Entry, PayloadError, Seq, Snapshot, decode_payload, encode_payload,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The version of the core's behaviour. Whoever changes what commands come of which inputs counts
/// it up: see [`CoreVersion`].
pub const CORE_VERSION: CoreVersion = CoreVersion(1);

/// A SHA-256.
pub type Hash = [u8; 32];

/// The state of a shard: what a snapshot holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) tenant: Tenant,
    /// Chained over all commands that ever came out, in their order.
    pub(crate) commands_hash: Hash,
}

impl State {
    /// Folds one input and takes the commands out.
    pub(crate) fn fold(&mut self, now: Timestamp, input: Input) -> Folded {
        let reply = self.tenant.handle(now, input);
        let mut commands = Vec::new();
        while let Some(command) = self.tenant.poll_command() {
            self.chain(&command);
            commands.push(command);
        }
        Folded { reply, commands }
    }

    /// Folds an entry of the journal.
    pub(crate) fn fold_entry(&mut self, entry: &Entry) -> Result<Folded, ReplayError> {
        let input = decode_payload(&entry.payload).map_err(|error| at(entry.seq, &error))?;
        Ok(self.fold(entry.now, input))
    }

    /// Reads a snapshot.
    pub(crate) fn of_snapshot(snapshot: &Snapshot) -> Result<Self, ReplayError> {
        decode_payload(&snapshot.bytes).map_err(|error| at(snapshot.seq, &error))
    }

    /// Makes a snapshot after the entry `seq`.
    pub(crate) fn snapshot(&self, seq: Seq, now: Timestamp) -> Result<Snapshot, PayloadError> {
        Ok(Snapshot {
            seq,
            now,
            core: CORE_VERSION,
            state_hash: self.hash()?,
            bytes: encode_payload(self)?.into(),
        })
    }

    /// Hashes the tenant's state.
    pub(crate) fn hash(&self) -> Result<Hash, PayloadError> {
        Ok(Sha256::digest(encode_payload(&self.tenant)?).into())
    }

    fn chain(&mut self, command: &Command) {
        // A command that cannot be encoded counts as an empty one: the count of links stays right.
        let encoded = encode_payload(command).unwrap_or_default();
        let mut hasher = Sha256::new();
        hasher.update(self.commands_hash);
        hasher.update(encoded);
        self.commands_hash = hasher.finalize().into();
    }
}

/// What came of an input.
#[derive(Debug)]
pub(crate) struct Folded {
    pub(crate) reply: Reply,
    pub(crate) commands: Vec<Command>,
}

fn at(seq: Seq, error: &PayloadError) -> ReplayError {
    ReplayError::Payload {
        seq: seq.0,
        detail: error.to_string(),
    }
}
