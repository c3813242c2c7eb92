//! What is recorded: every conversation whose caller has not refused, but no payment.

use cordboard_plugin::{
    Consent, Memo, RecordingAction, RecordingChannels, RecordingFacts, RecordingFormat,
    RecordingMoment, RecordingPolicy, RecordingState, RecordingVerdict,
};

use crate::{Policy, Reason};

/// How long recordings are kept, in days.
const RETENTION_DAYS: u32 = 90;

impl RecordingPolicy for Policy {
    fn decide(&self, facts: &RecordingFacts<'_>, _memo: &mut Memo<'_>) -> Option<RecordingVerdict> {
        if self.not_for.contains(&facts.contact().queue()) {
            return None;
        }
        let refused = facts.consent() == Consent::Refused;
        let (action, reason) = match (facts.why(), facts.state()) {
            (_, RecordingState::Active | RecordingState::Paused) if refused => {
                (RecordingAction::Stop, Reason::Refused)
            }
            (_, RecordingState::Off) if refused => (RecordingAction::None, Reason::Refused),
            (RecordingMoment::PaymentStarted, RecordingState::Active) => {
                (RecordingAction::Pause, Reason::Payment)
            }
            (RecordingMoment::PaymentEnded, RecordingState::Paused) => {
                (RecordingAction::Resume, Reason::Recorded)
            }
            (RecordingMoment::Connected, RecordingState::Off) => {
                (RecordingAction::Start, Reason::Recorded)
            }
            _ => return None,
        };
        Some(RecordingVerdict {
            action,
            format: RecordingFormat::Wav,
            channels: RecordingChannels::Mixed,
            retention_days: RETENTION_DAYS,
            with_transcription: true,
            with_streaming: true,
            reason: reason.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use cordboard_plugin::testing::{Names, RecordingFacts, configure};
    use cordboard_plugin::{Consent, RecordingAction, RecordingMoment, RecordingState};

    use crate::Policy;

    fn action(facts: &RecordingFacts) -> Option<RecordingAction> {
        let policy: Policy = configure("{}", &Names::default()).unwrap();
        let verdict = facts.decide(&policy).verdict?;
        Some(verdict.action)
    }

    #[test]
    fn a_conversation_is_recorded_unless_the_caller_refuses() {
        let connected = RecordingFacts::default();
        assert_eq!(action(&connected), Some(RecordingAction::Start));
        let refused = RecordingFacts {
            consent: Consent::Refused,
            state: RecordingState::Active,
            why: RecordingMoment::ConsentChanged,
            ..connected
        };
        assert_eq!(action(&refused), Some(RecordingAction::Stop));
    }

    #[test]
    fn a_payment_is_not_recorded() {
        let payment = RecordingFacts {
            why: RecordingMoment::PaymentStarted,
            state: RecordingState::Active,
            ..Default::default()
        };
        assert_eq!(action(&payment), Some(RecordingAction::Pause));
    }
}
