//! One call: what all its states share, and which file has the rule for each input.

pub(crate) mod answering;
pub(crate) mod classifying;
pub(crate) mod collecting;
pub(crate) mod companions;
pub(crate) mod connected;
pub(crate) mod ended;
pub(crate) mod exiting;
pub(crate) mod menu;
pub(crate) mod offering;
pub(crate) mod operations;
pub(crate) mod parties;
mod phase;
pub(crate) mod queued;
pub(crate) mod recording;
pub(crate) mod removal;
pub(crate) mod withdrawal;

pub use crate::call::phase::{LiveCall, Phase};

use crate::agent::AgentState;
use crate::call::answering::{Answering, Incoming};
use crate::call::classifying::Classifying;
use crate::call::collecting::Collecting;
use crate::call::connected::{Bridged, Connected};
use crate::call::ended::{Ended, Ending, WrapUp};
use crate::call::exiting::{ExitSound, Exiting};
use crate::call::menu::MenuTurn;
use crate::call::offering::{FailedOffers, Offering};
use crate::call::operations::OpenOperation;
use crate::call::queued::{Queued, Waiting};
use crate::call::recording::Recording;
use crate::call::removal::Unwanted;
use crate::config::{Config, Queue};
use crate::event::{CallOutcome, Event, ExitReason};
use crate::ids::{
    AgentId, CallId, CommandId, ConnectionId, Millis, QueueId, ResourceAccountId, Timestamp,
};
use crate::input::{
    Actor, CallAction, CallEvent, CallEventKind, Ignored, IncomingCall, NewContact, Outcome,
    Refusal, Reply,
};
use crate::participant::{Participant, ParticipantState};
use crate::question::{Consent, ContactFacts, Requirement};
use crate::seeded_bugs::{Bug, is_made};
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A call with its contact.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) id: CallId,
    /// Digest of the configuration that it began with.
    pub(crate) config: String,
    /// Who was called; none for a contact whose media the embedder controls.
    account: Option<ResourceAccountId>,
    pub(crate) from: Participant,
    caller_name: String,
    headers: BTreeMap<String, String>,
    correlation_id: String,
    consent: Consent,
    menu_digits: String,
    /// Added to the priority of its queue.
    priority: i32,
    /// What its agent must have beside what its queue requires.
    #[serde(default)]
    pub(crate) requirements: Vec<Requirement>,
    /// When it first queued: its place, kept across queues.
    pub(crate) queued_since: Option<Timestamp>,
    /// Offers so far.
    offers: u32,
    queue_moves: u32,
    /// Agents who declined this contact, did not answer or gave it back: they are offered it again when they make themselves
    /// ready anew.
    pub(crate) suppressed: BTreeSet<AgentId>,
    #[serde(default)]
    failed_offers: FailedOffers,
    /// A plugin found none of the candidates fit; until one more is ready it is not asked again.
    pub(crate) left_out: bool,
    pub(crate) connection: Option<ConnectionId>,
    last_sequence: u32,
    operations: BTreeMap<u32, OpenOperation>,
    participants: Vec<ParticipantState>,
    list_sequence: u64,
    /// The list is the answer to a question: a list of an event may be of before it, whatever its number.
    #[serde(default)]
    list_was_asked: bool,
    /// How often it was asked who joined last.
    #[serde(default)]
    looks: u32,
    /// Who was in a participant list since being called or added: a list without them means that
    /// they left, one from before they joined does not.
    #[serde(default)]
    listed: Vec<Participant>,
    recording: Recording,
    /// Digits are asked for, or may be although the conversation is over.
    #[serde(default)]
    collecting: Option<Collecting>,
    /// How often ending the music was tried again.
    media_stops: u32,
    /// How often in a row nothing was learnt from asking whether the call lives.
    #[serde(default)]
    vain_audits: u32,
    /// It has not looked yet after a restart: what is heard of it now tells nothing of before.
    #[serde(default)]
    owes_look: bool,
    /// Nothing has told since a restart whether it lives: when the engine was last there.
    #[serde(default)]
    pub(crate) unseen_since: Option<Timestamp>,
    /// It ended while the engine was away, from this moment on.
    #[serde(default)]
    pub(crate) ended_away: Option<Timestamp>,
    /// How many inputs of it hit a mistake in the core and were skipped.
    #[serde(default)]
    pub(crate) inputs_skipped: u32,
    /// A mistake was met in matching it: nobody is looked for any more who could serve it.
    #[serde(default)]
    pub(crate) unmatched: bool,
    /// A mistake was met in taking it over: the restart that follows leaves it out.
    #[serde(default)]
    pub(crate) not_restarted: bool,
    /// Why it left a queue last.
    #[serde(default)]
    exit: Option<ExitReason>,
    /// The sound with which the call leaves a queue, and how often it was played.
    #[serde(default)]
    exit_sound: Option<ExitSound>,
    /// Agents whom the service may still ring for this call, or have in it, although their part is over.
    #[serde(default)]
    withheld: BTreeSet<AgentId>,
    /// Legs that are not wanted and may be there.
    #[serde(default)]
    unwanted: Vec<Unwanted>,
    /// The agent who talked to the caller last.
    handled_by: Option<AgentId>,
    pub(crate) state: State,
}

/// Where a call is in its life. Each state holds what is valid there and nothing else.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum State {
    /// The answer is under way.
    Incoming(Incoming),
    /// The answer was accepted, the media is not there yet.
    Answering(Answering),
    /// Greeting and menu.
    Menu(MenuTurn),
    /// A plugin is asked which queue the caller gets.
    Classifying(Classifying),
    /// Waits for an agent.
    Queued(Queued),
    /// An agent is offered the contact.
    Offering(Offering),
    /// Caller and agent talk.
    Connected(Connected),
    /// The caller talks to parties other than an agent; we stay in the call.
    Bridged(Bridged),
    /// Leaves by a queue's exit.
    Exiting(Exiting),
    /// Hung up; `CallDisconnected` is owed.
    Ending(Ending),
    /// The media is gone; the agent finishes the contact.
    WrapUp(WrapUp),
    /// Nothing is left to do.
    Ended(Ended),
}

impl Call {
    pub(crate) fn incoming(
        id: CallId,
        account: ResourceAccountId,
        config: &Config,
        incoming: &IncomingCall,
    ) -> Self {
        let mut call = Self::new(
            id,
            config,
            State::Incoming(Incoming::new(&incoming.context)),
        );
        call.account = Some(account);
        call.from = incoming.from.clone();
        call.caller_name.clone_from(&incoming.caller_name);
        call.headers.clone_from(&incoming.headers);
        call.correlation_id.clone_from(&incoming.correlation_id);
        call
    }

    pub(crate) fn external(id: CallId, config: &Config, contact: &NewContact) -> Self {
        let mut call = Self::new(id, config, State::Answering(Answering));
        call.headers.clone_from(&contact.headers);
        call.priority = contact.priority;
        call
    }

    fn new(id: CallId, config: &Config, state: State) -> Self {
        Self {
            id,
            config: config.digest.clone(),
            account: None,
            from: Participant::from_raw_id(""),
            caller_name: String::new(),
            headers: BTreeMap::new(),
            correlation_id: String::new(),
            consent: Consent::default(),
            menu_digits: String::new(),
            priority: 0,
            requirements: Vec::new(),
            queued_since: None,
            offers: 0,
            queue_moves: 0,
            suppressed: BTreeSet::new(),
            failed_offers: FailedOffers::default(),
            left_out: false,
            connection: None,
            last_sequence: 0,
            operations: BTreeMap::new(),
            participants: Vec::new(),
            list_sequence: 0,
            list_was_asked: false,
            looks: 0,
            listed: Vec::new(),
            recording: Recording::default(),
            collecting: None,
            media_stops: 0,
            vain_audits: 0,
            owes_look: false,
            unseen_since: None,
            ended_away: None,
            inputs_skipped: 0,
            unmatched: false,
            not_restarted: false,
            exit: None,
            exit_sound: None,
            withheld: BTreeSet::new(),
            unwanted: Vec::new(),
            handled_by: None,
            state,
        }
    }

    /// Tells whether the event announces a call that is known: one call may raise two events under
    /// different ids, of its PSTN leg and of a redirected identity. What rings after this call has
    /// been hung up is another one.
    pub(crate) fn is_same_call(&self, incoming: &IncomingCall) -> bool {
        let same_context = match &self.state {
            State::Incoming(state) => state.context == incoming.context,
            State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Offering(_)
            | State::Connected(_)
            | State::Bridged(_)
            | State::Exiting(_) => false,
            State::Ending(_) | State::WrapUp(_) | State::Ended(_) => return false,
        };
        let same_correlation =
            !incoming.correlation_id.is_empty() && self.correlation_id == incoming.correlation_id;
        same_context || same_correlation
    }

    pub(crate) fn is_over(&self) -> bool {
        let State::Ended(_) = self.state else {
            return false;
        };
        true
    }

    /// A contact whose media the embedder controls.
    pub(crate) fn is_external(&self) -> bool {
        self.account.is_none()
    }

    /// The queue in which the contact waits and is not offered to anybody.
    pub(crate) fn waits_in(&self) -> Option<QueueId> {
        let State::Queued(queued) = &self.state else {
            return None;
        };
        Some(queued.waiting.queue)
    }

    /// The queue in which the contact waits, or from which its agent took it.
    pub(crate) fn queue(&self) -> Option<QueueId> {
        match &self.state {
            State::Queued(queued) => Some(queued.waiting.queue),
            State::Offering(offering) => Some(offering.waiting.queue),
            State::Connected(connected) => Some(connected.queue),
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Bridged(_)
            | State::Exiting(_)
            | State::Ending(_)
            | State::WrapUp(_)
            | State::Ended(_) => None,
        }
    }

    pub(crate) fn waited(&self, now: Timestamp) -> Millis {
        self.queued_since
            .map_or(Millis(0), |since| now.since(since))
    }

    /// Waits in a queue, and rings nobody.
    pub(crate) fn is_queued(&self) -> bool {
        matches!(self.state, State::Queued(_))
    }

    /// The agent who has part in the call.
    pub(crate) fn agent(&self) -> Option<AgentId> {
        match &self.state {
            State::Offering(offering) => Some(offering.agent),
            State::Connected(connected) => Some(connected.agent),
            State::WrapUp(wrap_up) => Some(wrap_up.agent),
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Bridged(_)
            | State::Exiting(_)
            | State::Ending(_)
            | State::Ended(_) => None,
        }
    }

    /// The requirements of the queue and of the contact that have not expired for it.
    pub(crate) fn requirements_in_force(&self, queue: &Queue, now: Timestamp) -> Vec<Requirement> {
        let waited = self.waited(now);
        queue
            .requirements
            .iter()
            .chain(&self.requirements)
            .filter(|requirement| requirement.expires_after.is_none_or(|after| waited < after))
            .cloned()
            .collect()
    }

    pub(crate) fn facts(&self, tenant: &Tenant, queue: QueueId) -> ContactFacts {
        let of_queue = tenant
            .queue_settings(self, queue)
            .map_or(0, |settings| settings.priority);
        ContactFacts {
            call: self.id,
            queue,
            waited: self.waited(tenant.now),
            priority: of_queue.saturating_add(self.priority),
            attempt: self.offers,
            labels: Vec::new(),
        }
    }

    pub(crate) fn handle_timer(&mut self, tenant: &mut Tenant, timer: CallTimer) {
        assert!(
            timer != CallTimer::Message || !is_made(Bug::Panics),
            "seeded"
        );
        match timer {
            CallTimer::Operation(sequence) => self.operation_timed_out(tenant, sequence),
            CallTimer::Connect => self.not_connected(tenant),
            CallTimer::MaxWait => self.waited_too_long(tenant),
            CallTimer::Message => self.play_message(tenant),
            CallTimer::Retry => {
                self.play_music(tenant);
                self.play_exit_sound(tenant);
                self.play_exit_music(tenant);
                self.ring_number_again(tenant);
                self.answer_again(tenant);
                self.play_hold_music(tenant);
                self.stop_media_again(tenant);
            }
            CallTimer::Widen => self.widen(tenant),
            CallTimer::NoAgents => self.still_no_agents(tenant),
            CallTimer::OfferExpires => self.offer_expired(tenant),
            CallTimer::OfferAgain => self.offer_again(tenant),
            CallTimer::VoicemailFull => self.end_voicemail(tenant, CallOutcome::Exited),
            CallTimer::HangUp => self.hang_up_again(tenant),
            CallTimer::Joined => self.look_for_who_joined(tenant),
            CallTimer::Unwanted => self.look_for_unwanted(tenant),
            CallTimer::Collected => self.collected_by_now(tenant),
            CallTimer::Silent => self.audit(tenant),
        }
    }

    fn handle_event(&mut self, tenant: &mut Tenant, event: CallEvent) -> Reply {
        if let State::WrapUp(_) = self.state {
            return Reply::Ignored(Ignored::EndedCall);
        }
        self.heard_of(tenant);
        self.seen(tenant);
        if self.connection.is_none() && !event.connection.0.is_empty() {
            // Whatever became of the answer's response: there is a call.
            self.answer_accepted(tenant, event.connection);
        }
        let sequence = event.operation;
        match event.kind {
            CallEventKind::CallConnected => self.call_connected(tenant),
            CallEventKind::CallDisconnected(_) => self.call_disconnected(tenant),
            CallEventKind::AnswerFailed(codes) => self.answer_failed(tenant, codes),
            CallEventKind::ParticipantsUpdated {
                sequence,
                participants,
            } => self.participants_updated(tenant, sequence, participants),
            CallEventKind::ParticipantAdded(who) => self.participant_added(tenant, sequence, who),
            CallEventKind::AddParticipantFailed(who, codes) => {
                self.participant_not_added(tenant, sequence, &who, codes)
            }
            CallEventKind::InvitationCancelled(invitation) => {
                self.invitation_cancelled(tenant, &invitation)
            }
            CallEventKind::CancelInvitationFailed(..) => Reply::Ignored(Ignored::ClosedOperation),
            CallEventKind::ParticipantRemoved(who) => {
                self.participant_removed(tenant, sequence, &who)
            }
            CallEventKind::RemoveParticipantFailed(who, codes) => {
                self.participant_not_removed(tenant, sequence, &who, codes)
            }
            CallEventKind::PlayStarted => self.play_started(tenant, sequence),
            CallEventKind::PlayCompleted => self.play_completed(tenant, sequence),
            CallEventKind::PlayFailed(codes) => self.play_failed(tenant, sequence, codes),
            CallEventKind::PlayCanceled => self.play_cancelled(tenant, sequence),
            CallEventKind::DigitsRecognized(digits) => {
                self.digits_recognized(tenant, sequence, digits)
            }
            CallEventKind::RecognizeFailed(codes) => self.recognize_failed(tenant, sequence, codes),
            CallEventKind::RecognizeCanceled => self.recognize_cancelled(tenant, sequence),
            CallEventKind::RecordingStateChanged { recording, active } => {
                self.recording_state_changed(tenant, recording, active)
            }
            CallEventKind::StartRecordingFailed(codes) => {
                self.recording_not_started(tenant, sequence, codes)
            }
            CallEventKind::TranscriptionChanged { active } => self.transcription_changed(active),
            CallEventKind::TranscriptionFailed(_) => self.transcription_changed(false),
            CallEventKind::StreamingChanged { active } => self.streaming_changed(active),
            CallEventKind::StreamingFailed(_) => self.streaming_changed(false),
            CallEventKind::Other(_) => Reply::Ignored(Ignored::UnknownType),
        }
    }

    fn handle_action(&mut self, tenant: &mut Tenant, by: &Actor, action: CallAction) -> Reply {
        if let Actor::Agent(agent) = by
            && self.agent() != Some(*agent)
        {
            return Reply::Refused(Refusal::NotYourCall);
        }
        match action {
            CallAction::Hold => self.hold(tenant),
            CallAction::Unhold => self.unhold(tenant),
            CallAction::StartRecording => self.start_recording_by_hand(tenant),
            CallAction::StopRecording => self.stop_recording_by_hand(tenant),
            CallAction::PauseRecording => self.pause_recording_by_hand(tenant),
            CallAction::ResumeRecording => self.resume_recording_by_hand(tenant),
            CallAction::SetConsent(consent) => self.set_consent(tenant, consent),
            CallAction::Collect(collection) => self.collect(tenant, collection),
            CallAction::AddParticipant(who) => self.add_party(tenant, who),
            CallAction::RemoveParticipant(who) => self.remove_party(tenant, &who),
            CallAction::Leave => self.leave(tenant),
            CallAction::End => self.end_by_hand(tenant, by),
            CallAction::Requeue(queue) => self.requeue(tenant, queue),
        }
    }

    pub(crate) fn outcome_when_caller_leaves(&self) -> CallOutcome {
        if self.handled_by.is_some() {
            return CallOutcome::Handled;
        }
        match &self.state {
            State::Exiting(_) | State::Bridged(_) => CallOutcome::Exited,
            State::Ending(ending) => ending.outcome,
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Offering(_) => CallOutcome::Abandoned,
            State::Connected(_) | State::WrapUp(_) | State::Ended(_) => CallOutcome::Handled,
        }
    }

    /// A sign of life: the next audit is a long silence away.
    pub(crate) fn heard_of(&mut self, tenant: &mut Tenant) {
        self.vain_audits = 0;
        if !self.owes_look {
            self.set_next_audit(tenant);
        }
    }

    pub(crate) fn set_next_audit(&self, tenant: &mut Tenant) {
        if !self.is_external() {
            let at = tenant.now.after(tenant.timeouts().silent_call);
            tenant
                .timers
                .set(Timer::Call(self.id, CallTimer::Silent), at);
        }
    }

    pub(crate) fn config(&self, tenant: &Tenant) -> Option<Arc<Config>> {
        tenant.config_of(&self.config)
    }

    pub(crate) fn waiting(&self) -> Option<&Waiting> {
        match &self.state {
            State::Queued(queued) => Some(&queued.waiting),
            State::Offering(offering) => Some(&offering.waiting),
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Connected(_)
            | State::Bridged(_)
            | State::Exiting(_)
            | State::Ending(_)
            | State::WrapUp(_)
            | State::Ended(_) => None,
        }
    }

    pub(crate) fn waiting_mut(&mut self) -> Option<&mut Waiting> {
        match &mut self.state {
            State::Queued(queued) => Some(&mut queued.waiting),
            State::Offering(offering) => Some(&mut offering.waiting),
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Connected(_)
            | State::Bridged(_)
            | State::Exiting(_)
            | State::Ending(_)
            | State::WrapUp(_)
            | State::Ended(_) => None,
        }
    }
}

impl Tenant {
    pub(crate) fn handle_call_event(&mut self, event: CallEvent) -> Reply {
        if !self.seen.note(&event.event, self.limits().event_ids_max) {
            return Reply::Ignored(Ignored::Duplicate);
        }
        if !self.calls.contains_key(&event.call) {
            return self.event_without_call(&event);
        }
        self.with_call(event.call, |call, tenant| call.handle_event(tenant, event))
            .unwrap_or(Reply::Ignored(Ignored::UnknownCall))
    }

    pub(crate) fn handle_outcome(&mut self, command: CommandId, outcome: Outcome) -> Reply {
        if !self.calls.contains_key(&command.call) {
            return self.outcome_without_call(command.call, outcome);
        }
        self.with_call(command.call, |call, tenant| {
            call.handle_outcome(tenant, command.sequence, outcome)
        })
        .unwrap_or(Reply::Ignored(Ignored::ClosedOperation))
    }

    pub(crate) fn handle_call_action(
        &mut self,
        id: CallId,
        by: Actor,
        action: CallAction,
    ) -> Reply {
        if let Actor::Agent(agent) = by {
            self.show_life(agent);
        }
        self.with_call(id, |call, tenant| call.handle_action(tenant, &by, action))
            .unwrap_or(Reply::Refused(Refusal::UnknownCall))
    }

    pub(crate) fn set_disposition(
        &mut self,
        agent: AgentId,
        call: CallId,
        code: crate::ids::CodeId,
    ) -> Reply {
        let wraps_up = self
            .agents
            .get(&agent)
            .is_some_and(|agent| agent.state == AgentState::WrapUp { call });
        let handled = match self.calls.get(&call) {
            _ if wraps_up => true,
            Some(live) => live.agent() == Some(agent) || live.handled_by == Some(agent),
            None => self.ended.handled_by(call) == Some(agent),
        };
        if !handled {
            return Reply::Refused(Refusal::NotYourCall);
        }
        self.emit(Event::DispositionSet { call, agent, code });
        Reply::Done
    }
}
