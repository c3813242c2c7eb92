//! What an operation is for, how it can end, and what follows from either.

use crate::ids::CollectionId;
use crate::input::{Digits, Outcome, ResultCodes};
use crate::participant::Participant;
use serde::{Deserialize, Serialize};

/// So many failures count, at most, before a sound in whose way another one is: with the default wait it is played again
/// within four seconds.
const BLOCKED_FAILURES_MAX: u32 = 2;

/// What an operation is for: decides which rule hears of its end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum Purpose {
    Answer,
    Menu,
    Music,
    Message,
    /// Ends whatever plays.
    StopMedia,
    ExitMessage,
    ExitMusic,
    ExitNumber(Participant),
    VoicemailGreeting,
    Ring {
        generation: u32,
        endpoint: u32,
        participant: Participant,
    },
    CancelAdd,
    Confirm {
        generation: u32,
        endpoint: u32,
    },
    /// Takes out a leg that is not wanted.
    RemoveLeg(Participant),
    Hold,
    AddParty(Participant),
    RemoveParty(Participant),
    Collect(CollectionId),
    /// Ends a collection of which nothing was heard.
    StopCollecting(CollectionId),
    StartRecording,
    PauseRecording,
    ResumeRecording,
    StopRecording,
    ObserveRecording,
    Transcription {
        on: bool,
    },
    Streaming {
        on: bool,
    },
    HangUp,
    Audit,
    /// Asks who is in the call. Counts unless a list newer than `list` comes meanwhile.
    Parties {
        list: u64,
    },
}

/// How an operation ended.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Finished {
    Done,
    Digits(Digits),
    Failed(ResultCodes),
    Cancelled,
    Refused { status: u16, sub_code: Option<u32> },
    Unknown,
}

impl Finished {
    /// What the operation was about does not exist any more.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                status: NOT_FOUND,
                ..
            }
        )
    }

    /// The service itself says that it does not know the call (ACS: 8522 not found, 8543 no such call).
    pub(crate) fn is_call_not_found(&self) -> bool {
        let Self::Refused {
            sub_code: Some(sub_code),
            ..
        } = self
        else {
            return false;
        };
        self.is_not_found() && CALL_NOT_FOUND.contains(sub_code)
    }

    /// The call is being recorded, by an earlier request of which nobody heard (ACS: 8553 and 8559 a duplicate, 8571 a conflict).
    pub(crate) fn is_recorded_already(&self) -> bool {
        let sub_code = match self {
            Self::Failed(codes) => Some(codes.sub_code),
            Self::Refused { sub_code, .. } => *sub_code,
            Self::Done | Self::Digits(_) | Self::Cancelled | Self::Unknown => None,
        };
        sub_code.is_some_and(|sub_code| RECORDED_ALREADY.contains(&sub_code))
    }

    /// Something else is under way that would have to end first (ACS: 412/8583 for a play on a leg where one plays).
    pub(crate) fn is_blocked(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                status: PRECONDITION_FAILED,
                ..
            }
        )
    }

    /// How often in a row a sound has failed that goes on until it is stopped, when it had failed `before` times. What the
    /// service ended simply goes on. What was in the way is being stopped by a service that answers again: a long time of
    /// trouble before must not leave the caller without the sound as long again.
    pub(crate) fn sound_failures(&self, before: u32) -> u32 {
        let before = if self.is_blocked() {
            before.min(BLOCKED_FAILURES_MAX)
        } else {
            before
        };
        match self {
            Self::Done | Self::Cancelled => 0,
            Self::Digits(_) | Self::Failed(_) | Self::Refused { .. } | Self::Unknown => {
                before.saturating_add(1)
            }
        }
    }

    /// The service had a fault: what was asked for may have been done, unless it was not taken on at all.
    pub(crate) fn is_fault_of_the_service(&self) -> bool {
        matches!(self, Self::Refused { status, .. } if *status >= SERVICE_ERRORS && *status != UNAVAILABLE)
    }

    /// Trying again may help: nobody knows what became of it, or the service could not just now.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Refused { status, .. } => is_transient(*status),
            Self::Done | Self::Digits(_) | Self::Failed(_) | Self::Cancelled => false,
        }
    }
}

/// Tells whether the service could not just now, rather than would not.
pub(crate) fn is_transient(status: u16) -> bool {
    status == TOO_MANY || status >= SERVICE_ERRORS
}

/// Sub-codes of a request about a call that does not exist.
const CALL_NOT_FOUND: [u32; 2] = [8522, 8543];
/// Sub-codes of a start of recording where something records.
const RECORDED_ALREADY: [u32; 3] = [8553, 8559, 8571];
/// HTTP status of a request that something else is in the way of.
const PRECONDITION_FAILED: u16 = 412;
/// HTTP status of a request about something that does not exist any more.
pub(crate) const NOT_FOUND: u16 = 404;
/// HTTP status of a request that came when there were too many.
const TOO_MANY: u16 = 429;
/// HTTP status of a service that takes nothing on.
const UNAVAILABLE: u16 = 503;
/// HTTP statuses from here on are about the service.
const SERVICE_ERRORS: u16 = 500;

impl Purpose {
    /// It only looks at what is; when that fails it is made again.
    pub(crate) fn is_look(&self) -> bool {
        matches!(self, Self::Audit | Self::Parties { .. })
    }

    /// It asks for the call itself, or ends it: not found is the end of it.
    pub(super) fn asks_for_the_call(&self) -> bool {
        matches!(self, Self::Audit | Self::HangUp | Self::Parties { .. })
    }

    pub(super) fn is_removed_leg(&self) -> bool {
        matches!(self, Self::RemoveLeg(_))
    }

    /// The response ends it; no event is waited for.
    pub(super) fn ends_when_accepted(&self) -> bool {
        match self {
            Self::Answer
            | Self::StopMedia
            | Self::CancelAdd
            | Self::StopCollecting(_)
            | Self::PauseRecording
            | Self::ResumeRecording
            | Self::StopRecording
            | Self::ObserveRecording
            | Self::Transcription { .. }
            | Self::Streaming { .. }
            | Self::HangUp
            | Self::Audit
            | Self::Parties { .. } => true,
            Self::Menu
            | Self::Music
            | Self::Message
            | Self::ExitMessage
            | Self::ExitMusic
            | Self::ExitNumber(_)
            | Self::VoicemailGreeting
            | Self::Ring { .. }
            | Self::Confirm { .. }
            | Self::RemoveLeg(_)
            | Self::Hold
            | Self::AddParty(_)
            | Self::RemoveParty(_)
            | Self::Collect(_)
            | Self::StartRecording => false,
        }
    }

    /// A refusal with 404 means that the call is gone, not just what the operation was about.
    pub(super) fn is_about_the_call(&self) -> bool {
        match self {
            Self::Menu
            | Self::Music
            | Self::Message
            | Self::ExitMessage
            | Self::ExitMusic
            | Self::VoicemailGreeting
            | Self::Hold
            | Self::Collect(_)
            | Self::Audit
            | Self::Parties { .. }
            | Self::HangUp => true,
            Self::Answer
            | Self::StopMedia
            | Self::StopCollecting(_)
            | Self::ExitNumber(_)
            | Self::Ring { .. }
            // Whoever was to press 1 has gone.
            | Self::Confirm { .. }
            | Self::CancelAdd
            | Self::RemoveLeg(_)
            | Self::AddParty(_)
            | Self::RemoveParty(_)
            | Self::StartRecording
            | Self::PauseRecording
            | Self::ResumeRecording
            | Self::StopRecording
            | Self::ObserveRecording
            | Self::Transcription { .. }
            | Self::Streaming { .. } => false,
        }
    }

    pub(super) fn is_play(&self) -> bool {
        match self {
            Self::Music
            | Self::Message
            | Self::ExitMessage
            | Self::ExitMusic
            | Self::VoicemailGreeting
            | Self::Hold => true,
            Self::Answer
            | Self::Menu
            | Self::StopMedia
            | Self::ExitNumber(_)
            | Self::Ring { .. }
            | Self::CancelAdd
            | Self::Confirm { .. }
            | Self::RemoveLeg(_)
            | Self::AddParty(_)
            | Self::RemoveParty(_)
            | Self::Collect(_)
            | Self::StopCollecting(_)
            | Self::StartRecording
            | Self::PauseRecording
            | Self::ResumeRecording
            | Self::StopRecording
            | Self::ObserveRecording
            | Self::Transcription { .. }
            | Self::Streaming { .. }
            | Self::HangUp
            | Self::Audit
            | Self::Parties { .. } => false,
        }
    }

    pub(super) fn is_recognize(&self) -> bool {
        *self == Self::Menu || matches!(self, Self::Confirm { .. } | Self::Collect(_))
    }

    pub(super) fn is_exit_sound(&self) -> bool {
        *self == Self::ExitMessage || *self == Self::VoicemailGreeting
    }

    pub(super) fn is_endless(&self) -> bool {
        *self == Self::Music || *self == Self::ExitMusic || *self == Self::Hold
    }

    /// Media that a caller hears nothing without: when nobody knows whether it plays, it is stopped and played again.
    pub(super) fn is_played_again(&self) -> bool {
        match self {
            Self::Menu
            | Self::Music
            | Self::Message
            | Self::ExitMessage
            | Self::ExitMusic
            | Self::VoicemailGreeting
            | Self::Hold => true,
            Self::Answer
            | Self::StopMedia
            | Self::ExitNumber(_)
            | Self::Ring { .. }
            | Self::CancelAdd
            | Self::Confirm { .. }
            | Self::RemoveLeg(_)
            | Self::AddParty(_)
            | Self::RemoveParty(_)
            | Self::Collect(_)
            | Self::StopCollecting(_)
            | Self::StartRecording
            | Self::PauseRecording
            | Self::ResumeRecording
            | Self::StopRecording
            | Self::ObserveRecording
            | Self::Transcription { .. }
            | Self::Streaming { .. }
            | Self::HangUp
            | Self::Audit
            | Self::Parties { .. } => false,
        }
    }

    /// Reads the outcome of a request that was sent a second time: a refusal may mean that it was
    /// taken the first time, so that only its event or its deadline tells.
    pub(super) fn read_again(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Refused { status, .. } if *self == Self::Answer || status != NOT_FOUND => {
                Outcome::Unknown
            }
            Outcome::Refused { .. } | Outcome::Accepted(_) | Outcome::Unknown => outcome,
        }
    }

    /// The party that is being added.
    pub(crate) fn adds(&self) -> Option<&Participant> {
        if let Self::Ring { participant, .. }
        | Self::ExitNumber(participant)
        | Self::AddParty(participant) = self
        {
            return Some(participant);
        }
        None
    }

    pub(crate) fn removes(&self) -> Option<&Participant> {
        if let Self::RemoveLeg(participant) | Self::RemoveParty(participant) = self {
            return Some(participant);
        }
        None
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Menu => "menu",
            Self::Music => "music",
            Self::Message => "message",
            Self::StopMedia => "stop-media",
            Self::ExitMessage => "exit-message",
            Self::ExitMusic => "exit-music",
            Self::ExitNumber(_) => "exit-number",
            Self::VoicemailGreeting => "voicemail-greeting",
            Self::Ring { .. } => "ring",
            Self::CancelAdd => "cancel-add",
            Self::Confirm { .. } => "confirm",
            Self::RemoveLeg(_) => "remove-leg",
            Self::Hold => "hold",
            Self::AddParty(_) => "add-party",
            Self::RemoveParty(_) => "remove-party",
            Self::Collect(_) => "collect",
            Self::StopCollecting(_) => "stop-collecting",
            Self::StartRecording => "start-recording",
            Self::PauseRecording => "pause-recording",
            Self::ResumeRecording => "resume-recording",
            Self::StopRecording => "stop-recording",
            Self::ObserveRecording => "observe-recording",
            Self::Transcription { .. } => "transcription",
            Self::Streaming { .. } => "streaming",
            Self::HangUp => "hang-up",
            Self::Audit | Self::Parties { .. } => "audit",
        }
    }
}
