//! The decision point `recording-policy`.

use cordboard_contract::v0_1::{
    LEGALLY_REQUIRED, Point, RETENTION_DAYS_MAX, consent, facts, moment, recording_action,
    recording_channels, recording_flags, recording_format, recording_state, verdict,
};

use crate::contact::{Contact, Moment};
use crate::frame::{Expected, Frame};
use crate::ids::ReasonCode;
use crate::memo::Memo;
use crate::plugin::Plugin;
use crate::verdict::unreadable;

/// Starts, stops, pauses and resumes recording.
pub trait RecordingPolicy: Plugin {
    /// Decides what to do about the recording, at each [`RecordingMoment`]. `None` leaves it to the
    /// queue's rule.
    ///
    /// The engine keeps the law: on a queue whose recording is legally required, no verdict leaves
    /// it out or stops it.
    fn decide(&self, facts: &RecordingFacts<'_>, memo: &mut Memo<'_>) -> Option<RecordingVerdict>;
}

/// What a `recording-policy` decision is about.
#[derive(Debug)]
pub struct RecordingFacts<'a> {
    frame: Frame<'a>,
    why: RecordingMoment,
    consent: Consent,
    state: RecordingState,
}

impl<'a> RecordingFacts<'a> {
    /// `None` for a code that this version does not know.
    fn new(frame: Frame<'a>) -> Option<Self> {
        Some(Self {
            why: RecordingMoment::from_code(frame.header[facts::MOMENT])?,
            consent: Consent::from_code(frame.header[facts::CONSENT])?,
            state: RecordingState::from_code(frame.header[facts::RECORDING_STATE])?,
            frame,
        })
    }

    /// The contact.
    #[must_use]
    pub const fn contact(&self) -> Contact<'a> {
        Contact::new(self.frame)
    }

    /// Time and seed.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment::new(&self.frame)
    }

    /// Why the question is asked.
    #[must_use]
    pub const fn why(&self) -> RecordingMoment {
        self.why
    }

    /// What the caller said to being recorded.
    #[must_use]
    pub const fn consent(&self) -> Consent {
        self.consent
    }

    /// What the recording does at the moment.
    #[must_use]
    pub const fn state(&self) -> RecordingState {
        self.state
    }

    /// Whether the law requires a recording on this queue.
    #[must_use]
    pub fn is_legally_required(&self) -> bool {
        self.frame.header[facts::RECORDING_FLAGS] & LEGALLY_REQUIRED != 0
    }
}

/// Why a `recording-policy` question is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordingMoment {
    /// Caller and agent are connected.
    Connected,
    /// A payment menu is about to begin.
    PaymentStarted,
    /// The payment menu is over.
    PaymentEnded,
    /// The caller gave or refused consent.
    ConsentChanged,
    /// An agent or a supervisor asked to start.
    AskedStart,
    /// An agent or a supervisor asked to stop.
    AskedStop,
    /// An agent or a supervisor asked to pause.
    AskedPause,
    /// An agent or a supervisor asked to resume.
    AskedResume,
}

impl RecordingMoment {
    const fn from_code(code: u32) -> Option<Self> {
        match code {
            moment::CONNECTED => Some(Self::Connected),
            moment::PAYMENT_STARTED => Some(Self::PaymentStarted),
            moment::PAYMENT_ENDED => Some(Self::PaymentEnded),
            moment::CONSENT_CHANGED => Some(Self::ConsentChanged),
            moment::ASKED_START => Some(Self::AskedStart),
            moment::ASKED_STOP => Some(Self::AskedStop),
            moment::ASKED_PAUSE => Some(Self::AskedPause),
            moment::ASKED_RESUME => Some(Self::AskedResume),
            _ => None,
        }
    }
}

/// What the caller said to being recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Consent {
    /// Was not asked or did not say.
    Unknown,
    /// Agreed.
    Given,
    /// Refused.
    Refused,
}

impl Consent {
    pub(crate) const fn from_code(code: u32) -> Option<Self> {
        match code {
            consent::UNKNOWN => Some(Self::Unknown),
            consent::GIVEN => Some(Self::Given),
            consent::REFUSED => Some(Self::Refused),
            _ => None,
        }
    }
}

/// What a recording does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordingState {
    /// Nothing is recorded.
    Off,
    /// It records.
    Active,
    /// It is paused.
    Paused,
}

impl RecordingState {
    const fn from_code(code: u32) -> Option<Self> {
        match code {
            recording_state::OFF => Some(Self::Off),
            recording_state::ACTIVE => Some(Self::Active),
            recording_state::PAUSED => Some(Self::Paused),
            _ => None,
        }
    }
}

/// What a recording policy wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordingVerdict {
    /// What to do.
    pub action: RecordingAction,
    /// File format when recording starts.
    pub format: RecordingFormat,
    /// Channels when recording starts.
    pub channels: RecordingChannels,
    /// How long the file is to be kept, in days, at most 36,500; 0 leaves it to the tenant.
    pub retention_days: u32,
    /// Pause and resume also act on transcription.
    pub with_transcription: bool,
    /// Pause and resume also act on media streaming.
    pub with_streaming: bool,
    /// Why.
    pub reason: ReasonCode,
}

/// An action on a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum RecordingAction {
    /// Leave it as it is.
    None = recording_action::NONE,
    /// Start.
    Start = recording_action::START,
    /// Stop for good.
    Stop = recording_action::STOP,
    /// Pause.
    Pause = recording_action::PAUSE,
    /// Resume.
    Resume = recording_action::RESUME,
}

/// File format of a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum RecordingFormat {
    /// WAV.
    Wav = recording_format::WAV,
    /// MP3, mixed audio only.
    Mp3 = recording_format::MP3,
    /// MP4, for audio with video.
    Mp4 = recording_format::MP4,
}

/// Channels of a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum RecordingChannels {
    /// One channel with all parties.
    Mixed = recording_channels::MIXED,
    /// A channel for each party, WAV only.
    Unmixed = recording_channels::UNMIXED,
}

/// Makes the decision over packed lists, as the component does.
pub fn decide<P: RecordingPolicy>(plugin: &P, facts: &[u32]) -> Vec<u32> {
    let expected = Expected {
        point: Point::RecordingPolicy,
        columns: 0,
        words: 0,
        levels: false,
    };
    let frame = match Frame::read(facts, expected) {
        Ok(frame) => frame,
        Err(why) => return unreadable(why),
    };
    let Some(facts) = RecordingFacts::new(frame) else {
        return unreadable("the facts have a code that this version does not know");
    };
    let mut memo = Memo::new(frame.memo);
    let decided = plugin.decide(&facts, &mut memo);
    let tail = memo.tail();
    let mut words =
        Vec::with_capacity(verdict::HEADER_WORDS + verdict::RECORDING_WORDS + tail.len());
    match decided {
        None => words.extend_from_slice(&[verdict::ABSTAIN, memo.header_word(), 0, 0]),
        Some(decided) => {
            words.extend_from_slice(&[verdict::DECIDED, memo.header_word(), 1, 0]);
            words.extend_from_slice(&decided.words());
        }
    }
    words.extend_from_slice(tail);
    words
}

impl RecordingVerdict {
    fn words(&self) -> [u32; verdict::RECORDING_WORDS] {
        let flag = |is_set: bool, flag: u32| if is_set { flag } else { 0 };
        [
            self.action as u32,
            self.format as u32,
            self.channels as u32,
            self.retention_days.min(RETENTION_DAYS_MAX),
            flag(self.with_transcription, recording_flags::TRANSCRIPTION)
                | flag(self.with_streaming, recording_flags::STREAMING),
            u32::from(self.reason.0),
        ]
    }
}
