//! Caller and agent talk: what either can do, and how it ends.

use crate::agent::AgentState;
use crate::call::exiting::Exiting;
use crate::call::operations::{Finished, Purpose};
use crate::call::queued::Waiting;
use crate::call::{Call, State};
use crate::command::Operation;
use crate::event::{CallOutcome, Event, PartyChange};
use crate::ids::{AgentId, Millis, QueueId};
use crate::input::{Actor, Refusal, Reply};
use crate::participant::Participant;
use crate::question::{EndpointKind, RecordingMoment};
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};
use serde::{Deserialize, Serialize};

/// Caller and agent talk.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Connected {
    pub(crate) agent: AgentId,
    pub(crate) queue: QueueId,
    /// The agent's leg; none when the media is the embedder's.
    pub(super) leg: Option<Participant>,
    /// Further parties that were added.
    parties: Vec<Participant>,
    /// The last operation when somebody joined: a list that was asked for before says nothing about them.
    #[serde(default)]
    pub(super) joined: u32,
    pub(crate) on_hold: bool,
    /// How often in a row the music on hold failed.
    #[serde(default)]
    hold_failures: u32,
}

/// The caller talks to parties other than an agent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Bridged {
    pub(super) parties: Vec<Participant>,
    /// The last operation when they began to talk.
    #[serde(default)]
    pub(super) joined: u32,
}

impl Connected {
    pub(crate) fn expects(&self, who: &Participant) -> bool {
        self.leg
            .iter()
            .chain(&self.parties)
            .any(|party| party.is_same_party(who))
    }
}

impl Bridged {
    pub(crate) fn with(parties: Vec<Participant>, joined: u32) -> Self {
        Self { parties, joined }
    }

    pub(crate) fn expects(&self, who: &Participant) -> bool {
        self.parties.iter().any(|party| party.is_same_party(who))
    }
}

impl Call {
    pub(crate) fn connected_to(
        &mut self,
        tenant: &mut Tenant,
        agent: AgentId,
        waiting: &Waiting,
        answered: Option<(EndpointKind, Participant)>,
    ) {
        let endpoint = answered.as_ref().map(|(kind, _)| *kind);
        let leg = answered.map(|(_, participant)| participant);
        self.state = State::Connected(Connected {
            agent,
            queue: waiting.queue,
            leg,
            parties: Vec::new(),
            joined: self.last_sequence,
            on_hold: false,
            hold_failures: 0,
        });
        self.handled_by = Some(agent);
        self.media_stops = 0;
        tenant.set_agent_state(agent, AgentState::Busy { call: self.id });
        if let Some(agent) = tenant.agents.get_mut(&agent) {
            agent.handled = agent.handled.saturating_add(1);
        }
        tenant.emit(Event::CallConnected {
            call: self.id,
            agent,
            endpoint,
        });
        if !self.is_external() {
            self.decide_recording(tenant, RecordingMoment::Connected);
            self.joined(tenant);
        }
    }

    /// A new participant list: who is gone has left. An agent or the last other party who is gone
    /// ends the call.
    pub(crate) fn parties_changed(&mut self, tenant: &mut Tenant) {
        let present: Vec<Participant> = self
            .participants
            .iter()
            .map(|row| row.participant.clone())
            .collect();
        let listed = self.listed.clone();
        let is_in = |list: &[Participant], who: &Participant| {
            list.iter().any(|party| party.is_same_party(who))
        };
        let is_present = |who: &Participant| is_in(&present, who);
        let has_left = |who: &Participant| is_in(&listed, who) && !is_present(who);
        match &mut self.state {
            State::Connected(connected) => {
                let left = connected
                    .parties
                    .extract_if(.., |party| has_left(party))
                    .collect::<Vec<Participant>>();
                let agent_left = connected.leg.as_ref().is_some_and(has_left);
                let others = connected.parties.iter().any(is_present);
                for party in left {
                    self.tell_party(tenant, &party, PartyChange::Removed);
                }
                if agent_left && others {
                    self.bridge(tenant);
                } else if agent_left {
                    self.end(tenant, CallOutcome::Handled);
                }
            }
            State::Bridged(bridged) => {
                let parties = &bridged.parties;
                if !parties.iter().any(is_present) && parties.iter().any(has_left) {
                    let outcome = self.outcome_when_caller_leaves();
                    self.end(tenant, outcome);
                }
            }
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Offering(_)
            | State::Exiting(_)
            | State::Ending(_)
            | State::WrapUp(_)
            | State::Ended(_) => {}
        }
    }

    pub(crate) fn hold(&mut self, tenant: &mut Tenant) -> Reply {
        let State::Connected(connected) = &self.state else {
            return Reply::Refused(Refusal::NotNow);
        };
        if connected.on_hold || self.collecting.is_some() {
            return Reply::Refused(Refusal::UnderWay);
        }
        if tenant.queue_settings(self, connected.queue).is_none() {
            return Reply::Refused(Refusal::UnknownQueue);
        }
        if self.is_external() || self.connection.is_none() {
            return Reply::Refused(Refusal::NotNow);
        }
        self.set_hold(tenant, true);
        self.play_hold_music(tenant);
        Reply::Done
    }

    pub(crate) fn play_hold_music(&mut self, tenant: &mut Tenant) {
        let State::Connected(connected) = &self.state else {
            return;
        };
        if !connected.on_hold || self.is_open(|purpose| *purpose == Purpose::Hold) {
            return;
        }
        let settings = tenant.queue_settings(self, connected.queue);
        let operation = settings.and_then(|settings| self.play_to_caller(settings.music, true));
        if let Some(operation) = operation {
            self.operate(tenant, Purpose::Hold, operation);
        }
    }

    /// The music on hold ended, which the caller would hear as a lost call: it is played again.
    pub(crate) fn hold_music_finished(&mut self, tenant: &mut Tenant, finished: &Finished) {
        let State::Connected(connected) = &mut self.state else {
            return;
        };
        if !connected.on_hold {
            return;
        }
        connected.hold_failures = finished.sound_failures(connected.hold_failures);
        let failures = connected.hold_failures;
        if *finished == Finished::Unknown || finished.is_blocked() {
            self.cancel_media(tenant, Purpose::StopMedia);
        }
        if failures == 0 {
            self.play_hold_music(tenant);
        } else {
            self.retry_later(tenant, failures);
        }
    }

    pub(crate) fn unhold(&mut self, tenant: &mut Tenant) -> Reply {
        let State::Connected(connected) = &self.state else {
            return Reply::Refused(Refusal::NotNow);
        };
        if !connected.on_hold {
            return Reply::Refused(Refusal::NotNow);
        }
        self.close_operations(tenant, |purpose| *purpose == Purpose::Hold);
        tenant.timers.clear(Timer::Call(self.id, CallTimer::Retry));
        self.media_stops = 0;
        self.cancel_media(tenant, Purpose::StopMedia);
        self.set_hold(tenant, false);
        Reply::Done
    }

    pub(crate) fn add_party(&mut self, tenant: &mut Tenant, who: Participant) -> Reply {
        let State::Connected(connected) = &self.state else {
            return Reply::Refused(Refusal::NotNow);
        };
        let Some(connection) = self.connection.clone() else {
            return Reply::Refused(Refusal::NotNow);
        };
        // One number cannot be in a call twice (ACS: Teams Phone extensibility).
        if connected.expects(&who) || who.is_same_party(&self.from) {
            return Reply::Refused(Refusal::WrongParticipant);
        }
        if self.is_adding(|purpose| matches!(purpose, Purpose::AddParty(_))) {
            return Reply::Refused(Refusal::UnderWay);
        }
        let legs = connected.parties.len().saturating_add(2);
        if legs >= usize::try_from(tenant.limits().legs_max).unwrap_or(usize::MAX) {
            return Reply::Refused(Refusal::LimitReached);
        }
        let operation = Operation::AddParticipant {
            connection,
            participant: who.clone(),
            ring: PARTY_RING,
            headers: self.headers.clone(),
        };
        self.operate(tenant, Purpose::AddParty(who), operation);
        Reply::Done
    }

    pub(crate) fn remove_party(&mut self, tenant: &mut Tenant, who: &Participant) -> Reply {
        let State::Connected(connected) = &self.state else {
            return Reply::Refused(Refusal::NotNow);
        };
        let Some(connection) = self.connection.clone() else {
            return Reply::Refused(Refusal::NotNow);
        };
        let Some(party) = connected
            .parties
            .iter()
            .find(|party| party.is_same_party(who))
            .cloned()
        else {
            return Reply::Refused(Refusal::WrongParticipant);
        };
        let operation = Operation::RemoveParticipant {
            connection,
            participant: party.clone(),
        };
        self.operate(tenant, Purpose::RemoveParty(party), operation);
        Reply::Done
    }

    pub(crate) fn party_finished(
        &mut self,
        tenant: &mut Tenant,
        who: Participant,
        finished: &Finished,
    ) {
        if *finished != Finished::Done {
            return self.tell_party(tenant, &who, PartyChange::AddFailed);
        }
        let State::Connected(connected) = &mut self.state else {
            return self.remove_leg(tenant, who, None);
        };
        connected.parties.push(who.clone());
        connected.joined = self.last_sequence;
        self.tell_party(tenant, &who, PartyChange::Added);
        // The list without the party may have come before the event that it was added.
        self.parties_changed(tenant);
    }

    pub(crate) fn party_removed(
        &mut self,
        tenant: &mut Tenant,
        who: &Participant,
        finished: &Finished,
    ) {
        if *finished != Finished::Done {
            return;
        }
        let State::Connected(connected) = &mut self.state else {
            return;
        };
        let before = connected.parties.len();
        connected.parties.retain(|party| !party.is_same_party(who));
        // A list without the party may have come before.
        if connected.parties.len() < before {
            self.tell_party(tenant, who, PartyChange::Removed);
        }
    }

    /// The agent leaves. With others in the call the caller talks on, else the call ends.
    pub(crate) fn leave(&mut self, tenant: &mut Tenant) -> Reply {
        let State::Connected(connected) = &self.state else {
            return Reply::Refused(Refusal::NotNow);
        };
        if connected.parties.is_empty() {
            self.end(tenant, CallOutcome::Handled);
            return Reply::Done;
        }
        let agent = connected.agent;
        if let Some(leg) = connected.leg.clone() {
            self.remove_leg(tenant, leg, Some(agent));
        }
        self.bridge(tenant);
        Reply::Done
    }

    /// Ends the call. An agent can end the conversation, but not a call that is only offered.
    pub(crate) fn end_by_hand(&mut self, tenant: &mut Tenant, by: &Actor) -> Reply {
        match self.state {
            State::Connected(_) => self.end(tenant, CallOutcome::Handled),
            State::Bridged(_) => {
                let outcome = self.outcome_when_caller_leaves();
                self.end(tenant, outcome);
            }
            State::Offering(_) if matches!(by, Actor::Agent(_)) => {
                return Reply::Refused(Refusal::NotNow);
            }
            State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Offering(_)
            | State::Exiting(_) => {
                self.end(tenant, CallOutcome::Ended);
            }
            State::Incoming(_)
            | State::Answering(_)
            | State::Ending(_)
            | State::WrapUp(_)
            | State::Ended(_) => return Reply::Refused(Refusal::NotNow),
        }
        Reply::Done
    }

    /// Puts the caller back into a queue, at the place of before.
    pub(crate) fn requeue(&mut self, tenant: &mut Tenant, queue: QueueId) -> Reply {
        let State::Connected(connected) = &self.state else {
            return Reply::Refused(Refusal::NotNow);
        };
        if tenant.queue_settings(self, queue).is_none() {
            return Reply::Refused(Refusal::UnknownQueue);
        }
        let (agent, old) = (connected.agent, connected.queue);
        self.part_from_agent(tenant);
        self.agent_wraps_up(tenant, agent, old);
        self.enter_queue(tenant, queue);
        Reply::Done
    }

    /// Everybody but the caller is taken out, who is about to enter a queue. The agent is not offered the caller again.
    pub(crate) fn part_from_agent(&mut self, tenant: &mut Tenant) {
        let State::Connected(connected) = &self.state else {
            return;
        };
        let Connected {
            agent,
            leg,
            parties,
            ..
        } = connected.clone();
        if let Some(leg) = leg {
            self.remove_leg(tenant, leg, Some(agent));
        }
        for party in parties {
            self.remove_leg(tenant, party, None);
        }
        tenant.take_recording_questions(self.id);
        self.stop_recording(tenant);
        self.stop_talking(tenant);
        self.suppressed.insert(agent);
        self.state = State::Exiting(Exiting::Moving);
        self.abandon_collection(tenant, false);
    }

    /// Operations that only make sense while caller and agent talk.
    pub(crate) fn stop_talking(&mut self, tenant: &mut Tenant) {
        if self.is_open(|purpose| *purpose == Purpose::Hold) {
            self.close_operations(tenant, |purpose| *purpose == Purpose::Hold);
            self.cancel_media(tenant, Purpose::StopMedia);
        }
        tenant.timers.clear(Timer::Call(self.id, CallTimer::Retry));
        if std::mem::take(&mut self.media_stops) > 0 {
            // That had waited to be tried again.
            self.cancel_media(tenant, Purpose::StopMedia);
        }
        let adding: Vec<u32> = self
            .operations
            .iter()
            .filter(|(_, open)| matches!(open.purpose, Purpose::AddParty(_)))
            .map(|(sequence, _)| *sequence)
            .collect();
        for sequence in adding {
            self.cancel_add(tenant, sequence, None);
        }
    }

    /// The agent's part is over; wrap-up begins where the queue has one.
    pub(crate) fn agent_wraps_up(&mut self, tenant: &mut Tenant, agent: AgentId, queue: QueueId) {
        let length = tenant
            .queue_settings(self, queue)
            .map_or(Millis(0), |s| s.wrap_up);
        if length == Millis(0) {
            return tenant.free_agent(agent, None);
        }
        tenant.set_agent_state(agent, AgentState::WrapUp { call: self.id });
        let at = tenant.now.after(length);
        tenant.timers.set(Timer::WrapUp(agent), at);
    }

    fn bridge(&mut self, tenant: &mut Tenant) {
        self.close_recording_questions(tenant);
        let may_record = self.may_be_recorded(tenant);
        let State::Connected(connected) = &self.state else {
            return;
        };
        let Connected {
            agent,
            queue,
            parties,
            ..
        } = connected.clone();
        self.stop_talking(tenant);
        self.state = State::Bridged(Bridged::with(parties, self.last_sequence));
        self.joined(tenant);
        self.abandon_collection(tenant, may_record);
        self.agent_wraps_up(tenant, agent, queue);
    }

    pub(super) fn tell_party(&self, tenant: &mut Tenant, who: &Participant, change: PartyChange) {
        tenant.emit(Event::PartyChanged {
            call: self.id,
            party: who.masked(),
            change,
        });
    }

    fn set_hold(&mut self, tenant: &mut Tenant, on_hold: bool) {
        if let State::Connected(connected) = &mut self.state {
            connected.on_hold = on_hold;
            tenant.emit(Event::HoldChanged {
                call: self.id,
                on_hold,
            });
        }
    }
}

/// How long an added party rings.
pub(crate) const PARTY_RING: Millis = Millis::from_secs(60);
