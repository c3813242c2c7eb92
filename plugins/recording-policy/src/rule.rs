//! A rule: when and how the calls of one queue are recorded.

use cordboard_plugin::{
    Consent, RecordingAction, RecordingChannels, RecordingFacts, RecordingFormat, RecordingMoment,
    RecordingState,
};
use serde::Deserialize;

use crate::Reason;

/// When and how the calls of one queue are recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Rule {
    pub(crate) record: Record,
    pub(crate) agents_may: AgentsMay,
    pub(crate) payment: Payment,
    pub(crate) resumes_after_payment: bool,
    pub(crate) format: RecordingFormat,
    pub(crate) channels: RecordingChannels,
    pub(crate) keep_days: u32,
}

/// When calls are recorded.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Record {
    UnlessRefused,
    WithConsent,
    OnRequest,
    Never,
}

/// What a payment menu does to a recording.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Payment {
    Pause,
    Stop,
}

/// What agents and supervisors may ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct AgentsMay {
    pub(crate) start: bool,
    pub(crate) stop: bool,
    pub(crate) pause: bool,
    pub(crate) resume: bool,
}

impl Rule {
    pub(crate) fn decide(&self, facts: &RecordingFacts<'_>) -> (RecordingAction, Reason) {
        match facts.why() {
            RecordingMoment::Connected => self.begin(facts),
            RecordingMoment::ConsentChanged => match facts.state() {
                RecordingState::Off => self.begin(facts),
                RecordingState::Active | RecordingState::Paused => match self.permission(facts) {
                    Ok(reason) => (RecordingAction::None, reason),
                    Err(reason) => (RecordingAction::Stop, reason),
                },
            },
            RecordingMoment::PaymentStarted => self.begin_payment(facts),
            RecordingMoment::PaymentEnded => self.end_payment(facts),
            RecordingMoment::AskedStart => self.start_for_agent(facts),
            RecordingMoment::AskedStop if facts.is_legally_required() => {
                (RecordingAction::None, Reason::RequiredByLaw)
            }
            RecordingMoment::AskedStop => asked(RecordingAction::Stop, self.agents_may.stop, facts),
            RecordingMoment::AskedPause => {
                asked(RecordingAction::Pause, self.agents_may.pause, facts)
            }
            RecordingMoment::AskedResume => match self.permission(facts) {
                Ok(_) => asked(RecordingAction::Resume, self.agents_may.resume, facts),
                Err(reason) => (RecordingAction::None, reason),
            },
        }
    }

    /// Starts without being asked, if the rule says so.
    fn begin(&self, facts: &RecordingFacts<'_>) -> (RecordingAction, Reason) {
        match self.permission(facts) {
            Ok(_) if facts.state() != RecordingState::Off => {
                (RecordingAction::None, Reason::AlreadySo)
            }
            Ok(Reason::OnRequest) => (RecordingAction::None, Reason::OnRequest),
            Ok(reason) => (RecordingAction::Start, reason),
            Err(reason) => (RecordingAction::None, reason),
        }
    }

    /// Nothing that the caller types or says may be kept. It is paused even where nothing is
    /// recorded: transcription and streaming run without a recording too.
    fn begin_payment(&self, facts: &RecordingFacts<'_>) -> (RecordingAction, Reason) {
        let stops = self.payment == Payment::Stop
            && facts.state() != RecordingState::Off
            && !facts.is_legally_required();
        let action = if stops {
            RecordingAction::Stop
        } else {
            RecordingAction::Pause
        };
        (action, Reason::Payment)
    }

    fn end_payment(&self, facts: &RecordingFacts<'_>) -> (RecordingAction, Reason) {
        let permission = self.permission(facts);
        match (facts.state(), permission) {
            (RecordingState::Paused, Err(reason)) => (RecordingAction::Stop, reason),
            (RecordingState::Active, Err(reason)) => (RecordingAction::Stop, reason),
            _ if self.resumes_after_payment || facts.is_legally_required() => {
                (RecordingAction::Resume, Reason::PaymentOver)
            }
            _ => (RecordingAction::None, Reason::WaitsForAgent),
        }
    }

    fn start_for_agent(&self, facts: &RecordingFacts<'_>) -> (RecordingAction, Reason) {
        match self.permission(facts) {
            Err(reason) => (RecordingAction::None, reason),
            Ok(Reason::RequiredByLaw) if facts.state() == RecordingState::Off => {
                (RecordingAction::Start, Reason::RequiredByLaw)
            }
            Ok(_) => asked(RecordingAction::Start, self.agents_may.start, facts),
        }
    }

    /// Why there may be a recording, or why not.
    fn permission(&self, facts: &RecordingFacts<'_>) -> Result<Reason, Reason> {
        if facts.is_legally_required() {
            return Ok(Reason::RequiredByLaw);
        }
        match (self.record, facts.consent()) {
            (Record::Never, _) => Err(Reason::NeverRecorded),
            (_, Consent::Refused) => Err(Reason::Refused),
            (Record::UnlessRefused, Consent::Unknown | Consent::Given) => Ok(Reason::NotRefused),
            (Record::WithConsent, Consent::Given) => Ok(Reason::Agreed),
            (Record::WithConsent, Consent::Unknown) => Err(Reason::NotAgreed),
            (Record::OnRequest, Consent::Unknown | Consent::Given) => Ok(Reason::OnRequest),
        }
    }
}

/// Does what was asked for, if it is allowed and makes a difference.
fn asked(
    action: RecordingAction,
    is_allowed: bool,
    facts: &RecordingFacts<'_>,
) -> (RecordingAction, Reason) {
    let makes_sense = match action {
        RecordingAction::None => false,
        RecordingAction::Start => facts.state() == RecordingState::Off,
        RecordingAction::Stop => facts.state() != RecordingState::Off,
        RecordingAction::Pause => facts.state() == RecordingState::Active,
        RecordingAction::Resume => facts.state() == RecordingState::Paused,
    };
    if !is_allowed {
        (RecordingAction::None, Reason::MayNot)
    } else if makes_sense {
        (action, Reason::AskedFor)
    } else {
        (RecordingAction::None, Reason::AlreadySo)
    }
}
