//! What embedders branch on when something goes wrong.

use crate::config::Problem;
use cordboard_core::input::{Ignored, Refusal};
use cordboard_journal::{Failure, OpenError, ReadError};
use cordboard_plugin_host::HostError;
use std::fmt;

/// Why an input was not taken, or why nobody can say whether it was.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SubmitError {
    /// Too many inputs wait. Nothing happened; try again later.
    #[error("the engine is overloaded: {waiting} inputs wait; try again later")]
    Overloaded {
        /// How many wait.
        waiting: usize,
    },
    /// The input is larger than an entry of the journal may be. Nothing happened.
    #[error("the input is too large: {0}")]
    TooLarge(String),
    /// The journal has failed: whether the input survives is unknown until the next start.
    #[error("{0}")]
    JournalFailed(#[from] Failure),
    /// The input has hit a mistake in the engine: it was skipped, and everything else goes on.
    #[error("the input has hit a mistake in the engine and was skipped; please report it")]
    Skipped,
    /// The engine has stopped.
    #[error("the engine has stopped")]
    Stopped,
}

/// Why an action did not take effect.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ActionError {
    /// It cannot be done. Nothing changed.
    #[error("{0}")]
    Refused(Refusal),
    /// It was late, repeated or about nothing that lives. Nothing changed.
    #[error("it changed nothing: {}", ignored_because(*.0))]
    Ignored(Ignored),
    /// A name is not in the configuration.
    #[error("unknown {kind} `{name}`")]
    UnknownName {
        /// `agent`, `queue` or `code`.
        kind: &'static str,
        /// The name given.
        name: String,
    },
    /// It was not taken.
    #[error(transparent)]
    Submit(#[from] SubmitError),
}

/// Everything that kept an engine from being built.
#[derive(Debug)]
pub struct BuildErrors(pub Vec<BuildError>);

impl fmt::Display for BuildErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for error in &self.0 {
            write!(f, "{separator}{error}")?;
            separator = "\n";
        }
        Ok(())
    }
}

impl std::error::Error for BuildErrors {}

impl<E: Into<BuildError>> From<E> for BuildErrors {
    fn from(error: E) -> Self {
        Self(vec![error.into()])
    }
}

/// One reason why an engine could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The configuration is wrong.
    #[error("configuration: {0}")]
    Configuration(Problem),
    /// The journal could not be opened.
    #[error(transparent)]
    Journal(#[from] OpenError),
    /// The journal could not be read back.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The operating system refused a thread, or a clock.
    #[error("could not start: {0}")]
    Start(#[from] std::io::Error),
    /// The plugin host could not be set up.
    #[error("the plugin host could not be set up: {0}")]
    Plugins(#[from] HostError),
    /// The connection to Azure Communication Services could not be set up.
    #[error("acs: {0}")]
    Acs(String),
    /// Callback addresses, request ids and records of the journal's calls name their tenant.
    #[error(
        "the journal belongs to tenant `{before}`, but the configuration names `{after}`: \
         keep the name, or give the new tenant a journal of its own"
    )]
    OtherTenant {
        /// The tenant of the journal.
        before: String,
        /// The tenant of the configuration.
        after: String,
    },
    /// The restart or the configuration was not taken.
    #[error("the engine did not start: {0}")]
    Opening(SubmitError),
    /// A new configuration was not taken.
    #[error("the new configuration was not taken: {0}")]
    Reload(SubmitError),
    /// A part that the configuration needs was not given.
    #[error("{0}")]
    Missing(&'static str),
}

/// Why a journal could not be replayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// An engine has the journal, and its log can be read by nobody else meanwhile.
    #[error("an engine is using the journal: stop it first")]
    InUse,
    /// The start is gone.
    #[error(
        "the journal begins at entry {first}: what came before was cut off (`journal.keep_entries` says how much is kept)"
    )]
    StartWasCut {
        /// The first entry that is left.
        first: u64,
    },
    /// It could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An entry or snapshot is not what this release writes.
    #[error(
        "entry {seq} of the journal cannot be understood: {detail}; use the release that wrote it"
    )]
    Payload {
        /// The entry.
        seq: u64,
        /// The cause.
        detail: String,
    },
}

/// Says why an input was ignored.
pub(crate) fn ignored_because(reason: Ignored) -> &'static str {
    match reason {
        Ignored::Duplicate => "it was seen before",
        Ignored::UnknownCall => "the call is not known",
        Ignored::EndedCall => "the call has ended",
        Ignored::ClosedOperation => "the operation has ended",
        Ignored::ClosedQuestion => "the question is closed",
        Ignored::StaleIncomingCall => "nobody rings any more",
        Ignored::UnknownAccount => "the called account is not in the configuration",
        Ignored::NotNow => "it means nothing at this point of the call",
        Ignored::OlderList => "a newer participant list is known",
        Ignored::UnknownType => "the event type is not known",
        Ignored::NotConfigured => "no configuration is in force",
        Ignored::NothingDue => "nothing was due",
    }
}
