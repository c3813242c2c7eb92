//! Which operation an event ends: the one that it names, or, where the service names none, the first
//! that fits.

use crate::call::operations::{Finished, Purpose};
use crate::call::{Call, State};
use crate::ids::InvitationId;
use crate::input::{Digits, Ignored, Reply, ResultCodes};
use crate::participant::Participant;
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};

impl Call {
    pub(crate) fn participant_added(
        &mut self,
        tenant: &mut Tenant,
        sequence: Option<u32>,
        who: Participant,
    ) -> Reply {
        let found = self.find(sequence, |purpose| {
            purpose
                .adds()
                .is_some_and(|added| added.is_same_party(&who))
        });
        match found {
            Some(sequence) => self.end_operation(tenant, sequence, Finished::Done),
            None if self.is_expected(&who) => {
                let invites = |purpose: &Purpose| {
                    let added = purpose.adds();
                    added.is_some_and(|added| added.is_same_party(&who))
                };
                if !self.is_adding(invites) {
                    return Reply::Ignored(Ignored::ClosedOperation);
                }
                // An earlier invitation that was given up: it is asked whether they are there.
                self.look_for_who_joined_now(tenant);
                Reply::Done
            }
            None if matches!(self.state, State::Ending(_)) => Reply::Ignored(Ignored::NotNow),
            None => {
                // Answered after we gave up on it.
                let agent = tenant.agent_behind(&who);
                self.remove_leg(tenant, who, agent);
                Reply::Done
            }
        }
    }

    pub(crate) fn participant_not_added(
        &mut self,
        tenant: &mut Tenant,
        sequence: Option<u32>,
        who: &Participant,
        codes: ResultCodes,
    ) -> Reply {
        let found = self.find(sequence, |purpose| {
            purpose.adds().is_some_and(|added| added.is_same_party(who))
        });
        if let Some(sequence) = found
            && let Some(open) = self.operations.get(&sequence)
        {
            let (purpose, withdrawn) = (open.purpose.clone(), open.cancelled);
            // Where the answer was lost, the request was or is on its way a second time and rings again.
            if self.withdraw_uncertain(tenant, sequence) {
                if !withdrawn {
                    self.finished(tenant, sequence, purpose, Finished::Failed(codes));
                }
                return Reply::Done;
            }
        }
        self.end_found(tenant, found, Finished::Failed(codes))
    }

    pub(crate) fn invitation_cancelled(
        &mut self,
        tenant: &mut Tenant,
        invitation: &InvitationId,
    ) -> Reply {
        let found = self
            .operations
            .iter()
            .find(|(_, open)| {
                open.purpose.adds().is_some() && open.invitation.as_ref() == Some(invitation)
            })
            .map(|(sequence, _)| *sequence);
        self.end_found(tenant, found, Finished::Cancelled)
    }

    pub(crate) fn participant_removed(
        &mut self,
        tenant: &mut Tenant,
        sequence: Option<u32>,
        who: &Participant,
    ) -> Reply {
        let found = self.find(sequence, |purpose| {
            purpose
                .removes()
                .is_some_and(|removed| removed.is_same_party(who))
        });
        self.end_found(tenant, found, Finished::Done)
    }

    pub(crate) fn participant_not_removed(
        &mut self,
        tenant: &mut Tenant,
        sequence: Option<u32>,
        who: &Participant,
        codes: ResultCodes,
    ) -> Reply {
        let found = self.find(sequence, |purpose| {
            purpose
                .removes()
                .is_some_and(|removed| removed.is_same_party(who))
        });
        self.end_found(tenant, found, Finished::Failed(codes))
    }

    pub(crate) fn play_started(&mut self, tenant: &mut Tenant, sequence: Option<u32>) -> Reply {
        let sounds = |purpose: &Purpose| purpose.is_play() || purpose.is_recognize();
        let Some(sequence) = self.find(sequence, sounds) else {
            return Reply::Ignored(Ignored::ClosedOperation);
        };
        let endless = self.operations.get_mut(&sequence).is_some_and(|open| {
            open.started = true;
            open.purpose.is_endless()
        });
        if endless {
            tenant
                .timers
                .clear(Timer::Call(self.id, CallTimer::Operation(sequence)));
        }
        Reply::Done
    }

    pub(crate) fn play_completed(&mut self, tenant: &mut Tenant, sequence: Option<u32>) -> Reply {
        let found = self.find(sequence, Purpose::is_play);
        self.end_found(tenant, found, Finished::Done)
    }

    pub(crate) fn play_failed(
        &mut self,
        tenant: &mut Tenant,
        sequence: Option<u32>,
        codes: ResultCodes,
    ) -> Reply {
        let found = self.find(sequence, Purpose::is_play);
        self.end_found(tenant, found, Finished::Failed(codes))
    }

    pub(crate) fn play_cancelled(&mut self, tenant: &mut Tenant, sequence: Option<u32>) -> Reply {
        let found = self.find(sequence, Purpose::is_play);
        self.end_found(tenant, found, Finished::Cancelled)
    }

    pub(crate) fn digits_recognized(
        &mut self,
        tenant: &mut Tenant,
        sequence: Option<u32>,
        digits: Digits,
    ) -> Reply {
        if self.menu_answered_late(tenant, sequence, &digits) {
            return Reply::Done;
        }
        let found = self.find(sequence, Purpose::is_recognize);
        self.end_found(tenant, found, Finished::Digits(digits))
    }

    pub(crate) fn recognize_failed(
        &mut self,
        tenant: &mut Tenant,
        sequence: Option<u32>,
        codes: ResultCodes,
    ) -> Reply {
        let found = self.find(sequence, Purpose::is_recognize);
        self.end_found(tenant, found, Finished::Failed(codes))
    }

    pub(crate) fn recognize_cancelled(
        &mut self,
        tenant: &mut Tenant,
        sequence: Option<u32>,
    ) -> Reply {
        let found = self.find(sequence, Purpose::is_recognize);
        self.end_found(tenant, found, Finished::Cancelled)
    }

    pub(crate) fn recording_not_started(
        &mut self,
        tenant: &mut Tenant,
        sequence: Option<u32>,
        codes: ResultCodes,
    ) -> Reply {
        let found = self.find(sequence, |purpose| *purpose == Purpose::StartRecording);
        self.end_found(tenant, found, Finished::Failed(codes))
    }

    fn end_found(&mut self, tenant: &mut Tenant, found: Option<u32>, finished: Finished) -> Reply {
        match found {
            Some(sequence) => self.end_operation(tenant, sequence, finished),
            None => Reply::Ignored(Ignored::ClosedOperation),
        }
    }

    /// Finds the open operation of an event: by the sequence that the event names, or, where ACS
    /// named none, the first that fits.
    fn find(&self, sequence: Option<u32>, fits: impl Fn(&Purpose) -> bool) -> Option<u32> {
        match sequence {
            Some(sequence) => self
                .operations
                .get(&sequence)
                .filter(|open| fits(&open.purpose))
                .map(|_| sequence),
            None => self
                .operations
                .iter()
                .find(|(_, open)| fits(&open.purpose))
                .map(|(sequence, _)| *sequence),
        }
    }
}
