//! Operations that are under way: how each is sent, watched and ended, and which rule hears of it.
//!
//! An operation ends by its event, by the outcome of its request, or by its deadline. Whatever
//! comes later finds nothing open and is ignored.

mod additions;
mod after_restart;
mod callbacks;
mod purpose;

pub(crate) use crate::call::operations::purpose::{Finished, NOT_FOUND, Purpose, is_transient};

use crate::call::{Call, State};
use crate::command::{Command, INTER_TONE, Operation};
use crate::event::Event;
use crate::ids::{AgentId, CommandId, InvitationId, Millis};
use crate::input::{Ignored, Outcome, Reply, Response};
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};
use serde::{Deserialize, Serialize};

/// An operation that has not ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct OpenOperation {
    pub(crate) purpose: Purpose,
    /// Whether the request has an outcome.
    pub(super) answered: bool,
    /// The request may have been sent more than once, and have had its effect each time.
    #[serde(default)]
    pub(super) in_doubt: bool,
    /// Whether it plays, as far as the service has told.
    #[serde(default)]
    pub(super) started: bool,
    /// Of an added participant, once known, or the one that is cancelled.
    pub(super) invitation: Option<InvitationId>,
    /// The participant is not wanted any more.
    pub(super) cancelled: bool,
    /// Who is not offered another contact before this has ended.
    #[serde(default)]
    pub(super) withholds: Option<AgentId>,
    /// To be sent again after a restart, where that is harmless.
    #[serde(default)]
    again: Option<Operation>,
    /// It was sent again, after a restart or because nothing was heard of it.
    #[serde(default)]
    resent: bool,
    /// Which operation asks whether the added participant is there, before the addition is given up.
    #[serde(default)]
    looked: Option<u32>,
    /// How many of these looks have failed in passing.
    #[serde(default)]
    vain_looks: u32,
}

impl Call {
    /// Sends an operation and watches it. Returns its sequence.
    pub(crate) fn operate(
        &mut self,
        tenant: &mut Tenant,
        purpose: Purpose,
        operation: Operation,
    ) -> u32 {
        self.last_sequence = self.last_sequence.saturating_add(1);
        let sequence = self.last_sequence;
        self.send(tenant, sequence, purpose, operation, false);
        sequence
    }

    /// Sends an operation anew that has ended, under the number that it had: a service that remembers it answers as it did.
    pub(crate) fn operate_again(
        &mut self,
        tenant: &mut Tenant,
        sequence: u32,
        purpose: Purpose,
        operation: Operation,
    ) {
        self.send(tenant, sequence, purpose, operation, true);
    }

    fn send(
        &mut self,
        tenant: &mut Tenant,
        sequence: u32,
        purpose: Purpose,
        operation: Operation,
        resent: bool,
    ) {
        let deadline = tenant.now.after(self.deadline_of(tenant, &operation));
        tenant.timers.set(
            Timer::Call(self.id, CallTimer::Operation(sequence)),
            deadline,
        );
        if let Some(who) = purpose.adds() {
            // Of the time before, nothing counts: it is missed only when it was listed again.
            self.forget_listing(who);
        }
        let again = is_harmless_twice(&operation).then(|| operation.clone());
        let open = OpenOperation {
            purpose,
            answered: false,
            in_doubt: false,
            started: false,
            invitation: None,
            cancelled: false,
            withholds: None,
            again,
            resent,
            looked: None,
            vain_looks: 0,
        };
        self.operations.insert(sequence, open);
        let id = CommandId {
            call: self.id,
            sequence,
        };
        tenant
            .commands
            .push_back(Command::Operate { id, operation });
    }

    pub(crate) fn handle_outcome(
        &mut self,
        tenant: &mut Tenant,
        sequence: u32,
        outcome: Outcome,
    ) -> Reply {
        let Some(open) = self.operations.get_mut(&sequence) else {
            return self.answered_late(tenant, outcome);
        };
        if open.answered {
            return Reply::Ignored(Ignored::ClosedOperation);
        }
        open.answered = true;
        open.in_doubt = outcome == Outcome::Unknown;
        let sent = open.again.take();
        let purpose = open.purpose.clone();
        let started = open.started;
        let cancels = open
            .invitation
            .clone()
            .filter(|_| purpose == Purpose::CancelAdd);
        let outcome = if open.resent {
            purpose.read_again(outcome)
        } else {
            outcome
        };
        if let Some(invitation) = cancels {
            self.cancellation_ended(tenant, invitation, &outcome);
        }
        match outcome {
            Outcome::Accepted(response) => {
                self.heard_of(tenant);
                self.accepted(tenant, sequence, &purpose, response);
                if purpose.ends_when_accepted() {
                    self.end_operation(tenant, sequence, Finished::Done);
                } else {
                    self.watch_answered_addition(tenant, sequence, sent);
                }
            }
            Outcome::Refused { status, sub_code } => {
                self.end_operation(tenant, sequence, Finished::Refused { status, sub_code });
            }
            Outcome::Unknown => {
                // What has an event may still get it; its deadline decides. Where the caller waits for a sound, or is
                // heard by somebody who ought to be out, there is no time for that.
                let urgent = purpose.is_played_again() && !started || purpose.is_removed_leg();
                if purpose.ends_when_accepted() || urgent {
                    self.end_operation(tenant, sequence, Finished::Unknown);
                } else {
                    self.watch_answered_addition(tenant, sequence, sent);
                }
            }
        }
        Reply::Done
    }

    pub(crate) fn operation_timed_out(&mut self, tenant: &mut Tenant, sequence: u32) {
        self.give_up(tenant, sequence, false);
    }

    /// `told`: a list that was asked for tells who is in the call.
    fn give_up(&mut self, tenant: &mut Tenant, sequence: u32, told: bool) {
        if self.look_for_addition(tenant, sequence) {
            return;
        }
        let Some(open) = self.operations.get(&sequence) else {
            return;
        };
        let joined = open.purpose.adds().is_some_and(|who| self.is_present(who));
        let played = open.started && open.purpose.is_exit_sound();
        if joined || played {
            // The event that told of the answer was lost; the list did not lie. Or the sound began, and by now it has
            // played: the event that told of its end was lost.
            self.end_operation(tenant, sequence, Finished::Done);
            return;
        }
        if open.purpose.is_endless() && open.answered {
            return self.begin_again(tenant, sequence);
        }
        let (purpose, withdrawn) = (open.purpose.clone(), open.cancelled);
        if !open.answered && self.withdraw_uncertain(tenant, sequence) {
            if !withdrawn {
                self.finished(tenant, sequence, purpose, Finished::Unknown);
            }
            return;
        }
        let invitation = self.operations.get(&sequence);
        match invitation.and_then(|open| open.invitation.clone()) {
            Some(invitation) if purpose == Purpose::CancelAdd => {
                self.cancellation_ended(tenant, invitation, &Outcome::Unknown);
            }
            Some(invitation) if !withdrawn => self.cancel_invitation(tenant, invitation),
            Some(_) | None => {}
        }
        self.end_operation(tenant, sequence, Finished::Unknown);
        if let Purpose::Ring { participant, .. } = purpose
            && !told
        {
            self.doubt_leg(tenant, participant);
        }
    }

    /// The service accepted music, and nothing was heard of its start: most likely it plays. To be sure it is stopped and
    /// played again at once, unless that would stop the question to press 1 as well.
    fn begin_again(&mut self, tenant: &mut Tenant, sequence: u32) {
        if self.is_confirming() {
            let timer = CallTimer::Operation(sequence);
            let wait = tenant.timeouts().confirm;
            return self.set_timer(tenant, timer, wait);
        }
        self.cancel_media(tenant, Purpose::StopMedia);
        self.end_operation(tenant, sequence, Finished::Cancelled);
    }

    pub(crate) fn cancel_media(&mut self, tenant: &mut Tenant, purpose: Purpose) {
        if let Some(connection) = self.connection.clone() {
            self.operate(tenant, purpose, Operation::CancelMedia { connection });
        }
    }

    /// Stops watching operations; whatever comes of them is ignored.
    pub(crate) fn close_operations(
        &mut self,
        tenant: &mut Tenant,
        which: impl Fn(&Purpose) -> bool,
    ) {
        let sequences: Vec<u32> = self
            .operations
            .iter()
            .filter(|(_, open)| which(&open.purpose))
            .map(|(sequence, _)| *sequence)
            .collect();
        for sequence in sequences {
            self.close(tenant, sequence);
        }
    }

    /// An addition is under way, and is still wanted.
    pub(crate) fn is_adding(&self, which: impl Fn(&Purpose) -> bool) -> bool {
        self.operations
            .values()
            .any(|open| !open.cancelled && which(&open.purpose))
    }

    pub(crate) fn is_open(&self, which: impl Fn(&Purpose) -> bool) -> bool {
        self.operations.values().any(|open| which(&open.purpose))
    }

    /// Ends the operation that starts recording, when its event comes.
    pub(crate) fn recording_started(&mut self, tenant: &mut Tenant) {
        self.close_operations(tenant, |purpose| *purpose == Purpose::StartRecording);
    }

    /// What an accepted request brought, before it ends.
    fn accepted(
        &mut self,
        tenant: &mut Tenant,
        sequence: u32,
        purpose: &Purpose,
        response: Response,
    ) {
        match response {
            Response::Empty => {}
            Response::Participants(participants) => {
                if let Purpose::Parties { list } = purpose {
                    self.parties_told(tenant, sequence, *list, participants);
                    self.looked_after_restart(tenant);
                }
            }
            Response::Connection { connection, gone } => {
                if *purpose == Purpose::Answer {
                    self.answer_accepted(tenant, connection);
                } else if gone {
                    self.vanished(tenant);
                }
            }
            Response::Invitation(invitation) => self.invited(tenant, sequence, invitation, false),
            Response::AnotherInvitation(invitation) => {
                self.invited(tenant, sequence, invitation, true);
            }
            Response::Recording { recording, active } => {
                self.recording_accepted(tenant, purpose, recording, active);
            }
        }
    }

    /// `another`: an earlier sending of the request may have begun an invitation as well.
    fn invited(
        &mut self,
        tenant: &mut Tenant,
        sequence: u32,
        invitation: InvitationId,
        another: bool,
    ) {
        let Some(open) = self.operations.get_mut(&sequence) else {
            return;
        };
        open.in_doubt = another;
        open.invitation = Some(invitation.clone());
        if open.cancelled {
            self.cancel_invitation(tenant, invitation);
        }
    }

    /// Tells the rule that an operation has ended.
    fn finished(
        &mut self,
        tenant: &mut Tenant,
        sequence: u32,
        purpose: Purpose,
        finished: Finished,
    ) {
        if finished.is_not_found() && purpose.is_about_the_call() {
            if finished.is_call_not_found() || purpose.asks_for_the_call() {
                return self.vanished(tenant);
            }
            // It may be somebody else than the service who says so.
            self.audit(tenant);
        }
        self.tell_failure(tenant, &purpose, &finished);
        match purpose {
            Purpose::Answer => self.not_answered(tenant, &finished),
            Purpose::Menu => self.menu_finished(tenant, sequence, finished),
            Purpose::Music => self.music_finished(tenant, sequence, &finished),
            Purpose::Message => self.message_finished(tenant, sequence, &finished),
            Purpose::ExitMessage => self.exit_message_finished(tenant, &finished),
            Purpose::VoicemailGreeting => self.voicemail_greeted(tenant, &finished),
            Purpose::ExitNumber(who) => self.exit_number_finished(tenant, who, &finished),
            Purpose::Ring {
                generation,
                endpoint,
                participant,
            } => {
                self.ring_finished(tenant, generation, endpoint, participant, &finished);
            }
            Purpose::Confirm {
                generation,
                endpoint,
            } => {
                self.confirm_finished(tenant, generation, endpoint, &finished);
            }
            Purpose::AddParty(who) => self.party_finished(tenant, who, &finished),
            Purpose::RemoveParty(who) => self.party_removed(tenant, &who, &finished),
            Purpose::Collect(collection) => self.collected(tenant, collection, &finished),
            Purpose::StartRecording
            | Purpose::PauseRecording
            | Purpose::ResumeRecording
            | Purpose::StopRecording
            | Purpose::ObserveRecording => self.recording_finished(tenant, &purpose, &finished),
            Purpose::Transcription { on } => {
                self.companion_finished(tenant, &finished, |r| &mut r.transcription, on)
            }
            Purpose::Streaming { on } => {
                self.companion_finished(tenant, &finished, |r| &mut r.streaming, on)
            }
            Purpose::StopMedia => self.media_stopped(tenant, &finished),
            Purpose::StopCollecting(collection) => {
                self.collecting_stopped(tenant, collection, &finished);
            }
            Purpose::Parties { .. } => {
                self.caller_looked_for(tenant, &finished);
                if finished != Finished::Done {
                    self.not_told_who_joined(tenant);
                }
                self.looked_in_vain(tenant, &finished);
                self.give_up_additions(tenant, sequence, &finished);
                if !finished.may_pass() {
                    self.look_is_paid(tenant);
                }
            }
            Purpose::Audit => {
                self.vain_audits = self
                    .vain_audits
                    .saturating_add(u32::from(finished.may_pass()));
                self.looked_in_vain(tenant, &finished);
            }
            // After a hang-up, what counts is `CallDisconnected` or its timer.
            Purpose::HangUp | Purpose::CancelAdd => {}
            Purpose::ExitMusic => self.exit_music_finished(tenant, &finished),
            Purpose::Hold => self.hold_music_finished(tenant, &finished),
            Purpose::RemoveLeg(participant) => self.leg_removed(tenant, &participant, &finished),
        }
    }

    /// A cancel that failed would leave music in a conversation: it is tried again, some times at once and then each time after
    /// a longer wait.
    fn media_stopped(&mut self, tenant: &mut Tenant, finished: &Finished) {
        let talks = matches!(self.state, State::Connected(_) | State::Bridged(_));
        if !finished.may_pass() || !talks {
            self.media_stops = 0;
            return;
        }
        self.media_stops = self.media_stops.saturating_add(1);
        let waits = self.media_stops.saturating_sub(tenant.limits().tries_max);
        if waits == 0 {
            self.cancel_media(tenant, Purpose::StopMedia);
        } else {
            self.retry_later(tenant, waits);
        }
    }

    /// Media that could not be stopped is stopped, unless the caller is to hear some.
    pub(crate) fn stop_media_again(&mut self, tenant: &mut Tenant) {
        let talks = match &self.state {
            State::Connected(connected) => !connected.on_hold,
            State::Bridged(_) => true,
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Offering(_)
            | State::Exiting(_)
            | State::Ending(_)
            | State::WrapUp(_)
            | State::Ended(_) => false,
        };
        if !talks || self.media_stops == 0 || self.is_open(|purpose| *purpose == Purpose::StopMedia)
        {
            return;
        }
        if self.collecting.is_some() {
            return self.retry_later(tenant, self.media_stops);
        }
        self.cancel_media(tenant, Purpose::StopMedia);
    }

    fn end_operation(&mut self, tenant: &mut Tenant, sequence: u32, finished: Finished) -> Reply {
        let Some(open) = self.close(tenant, sequence) else {
            return Reply::Ignored(Ignored::ClosedOperation);
        };
        if open.cancelled && open.purpose.adds().is_some() {
            self.withdrawn_ended(tenant, open.purpose, &finished);
        } else {
            self.finished(tenant, sequence, open.purpose, finished);
        }
        Reply::Done
    }

    fn close(&mut self, tenant: &mut Tenant, sequence: u32) -> Option<OpenOperation> {
        tenant
            .timers
            .clear(Timer::Call(self.id, CallTimer::Operation(sequence)));
        self.operations.remove(&sequence)
    }

    /// How long an operation may take in all.
    pub(super) fn deadline_of(&self, tenant: &Tenant, operation: &Operation) -> Millis {
        let timeouts = tenant.timeouts();
        let prompt_length = |prompt| {
            self.config(tenant)
                .and_then(|config| config.prompts.get(&prompt).map(|p| p.length.0))
                .unwrap_or(0)
        };
        let own = match operation {
            Operation::Answer { .. } => return timeouts.answer,
            Operation::Play {
                prompt,
                looped: false,
                ..
            } => prompt_length(*prompt),
            Operation::Recognize {
                prompt,
                silence,
                digits_max,
                ..
            } => prompt_length(*prompt)
                .saturating_add(silence.0)
                .saturating_add(u64::from(*digits_max).saturating_mul(INTER_TONE.0)),
            Operation::AddParticipant { ring, .. } => ring.0,
            Operation::Play { looped: true, .. }
            | Operation::Reject { .. }
            | Operation::CancelMedia { .. }
            | Operation::CancelAdd { .. }
            | Operation::RemoveParticipant { .. }
            | Operation::GetCall { .. }
            | Operation::GetParticipants { .. }
            | Operation::HangUp { .. }
            | Operation::Terminate { .. }
            | Operation::StartRecording { .. }
            | Operation::StopRecording { .. }
            | Operation::PauseRecording { .. }
            | Operation::ResumeRecording { .. }
            | Operation::GetRecording { .. }
            | Operation::StartTranscription { .. }
            | Operation::StopTranscription { .. }
            | Operation::StartStreaming { .. }
            | Operation::StopStreaming { .. } => 0,
        };
        Millis(
            own.saturating_add(timeouts.request.0)
                .saturating_add(timeouts.event.0),
        )
    }

    pub(super) fn tell_failure(&self, tenant: &mut Tenant, purpose: &Purpose, finished: &Finished) {
        let how = match finished {
            Finished::Done | Finished::Digits(_) | Finished::Cancelled => return,
            Finished::Failed(codes) => format!("failed {}/{}", codes.code, codes.sub_code),
            Finished::Refused { status, sub_code } => match sub_code {
                Some(sub_code) => format!("refused {status}/{sub_code}"),
                None => format!("refused {status}"),
            },
            Finished::Unknown => "unknown".to_owned(),
        };
        // Silence at a menu and a ring that nobody answers are ordinary life.
        let ordinary = matches!(
            purpose,
            Purpose::Menu | Purpose::Confirm { .. } | Purpose::Ring { .. } | Purpose::Collect(_)
        ) && matches!(finished, Finished::Failed(_));
        // After a restart with many calls the service refuses thousands of looks, which are made again.
        let made_again = purpose.is_look() && finished.may_pass();
        if !ordinary && !made_again {
            let operation = purpose.name().to_owned();
            tenant.emit(Event::OperationFailed {
                call: self.id,
                operation,
                how,
            });
        }
    }
}

/// Operations whose repetition has no further effect: those with a repeatability header, and those
/// that are idempotent by effect.
fn is_harmless_twice(operation: &Operation) -> bool {
    match operation {
        Operation::Answer { .. }
        | Operation::Reject { .. }
        | Operation::AddParticipant { .. }
        | Operation::CancelAdd { .. }
        | Operation::RemoveParticipant { .. }
        | Operation::CancelMedia { .. }
        | Operation::GetCall { .. }
        | Operation::GetParticipants { .. }
        | Operation::HangUp { .. }
        | Operation::Terminate { .. }
        | Operation::StartRecording { .. }
        | Operation::StopRecording { .. }
        | Operation::PauseRecording { .. }
        | Operation::ResumeRecording { .. }
        | Operation::GetRecording { .. }
        | Operation::StartTranscription { .. }
        | Operation::StopTranscription { .. }
        | Operation::StartStreaming { .. }
        | Operation::StopStreaming { .. } => true,
        Operation::Play { .. } | Operation::Recognize { .. } => false,
    }
}
