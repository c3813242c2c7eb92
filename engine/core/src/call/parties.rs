//! Who is in a call, as the service's lists tell, and what follows.

use crate::call::{Call, State};
use crate::event::{CallOutcome, Event};
use crate::input::{Ignored, Reply};
use crate::participant::{Participant, ParticipantState};
use crate::tenant::Tenant;
use crate::timers::{CallTimer, Timer};

impl Call {
    /// A participant list. Lists may arrive late: the newest tells who is there, the others that
    /// somebody was.
    pub(super) fn participants_updated(
        &mut self,
        tenant: &mut Tenant,
        sequence: u64,
        participants: Vec<ParticipantState>,
    ) -> Reply {
        let news = self.note_listing(&participants);
        if sequence <= self.list_sequence && self.list_sequence > 0 {
            if !news {
                return Reply::Ignored(Ignored::OlderList);
            }
        } else {
            self.list_sequence = sequence;
            if self.list_was_asked && self.lacks_somebody(&participants) {
                // It may be of before that answer: another answer tells whether anybody has left. Whoever it shows may be there.
                for row in participants {
                    if !self.is_present(&row.participant) {
                        self.participants.push(row);
                    }
                }
                self.look_for_who_joined_now(tenant);
            } else {
                self.list_was_asked = false;
                self.participants = participants;
            }
        }
        self.look_at_list(tenant);
        self.expect_answers(tenant);
        Reply::Done
    }

    /// The answer to the question who is in the call, which operation `question` asked. It does not
    /// count when a newer list came since list number `asked`.
    pub(crate) fn parties_told(
        &mut self,
        tenant: &mut Tenant,
        question: u32,
        asked: u64,
        participants: Vec<ParticipantState>,
    ) {
        if self.list_sequence != asked {
            return self.not_told_who_joined(tenant);
        }
        self.note_listing(&participants);
        self.list_was_asked = true;
        self.participants = participants;
        self.look_at_list(tenant);
        self.additions_found(tenant, question);
        // A list that does not show the caller may show everybody under another identity.
        if self.is_present(&self.from) {
            self.unwanted_told(tenant);
            self.remove_strangers(tenant);
        }
        self.caller_alone(tenant, question);
    }

    /// Acts on who is in the call and who is not any more.
    fn look_at_list(&mut self, tenant: &mut Tenant) {
        if self.is_present(&self.from) {
            // `CallConnected` is late or lost; in any other state this changes nothing.
            self.call_connected(tenant);
        } else if self.was_listed(&self.from) {
            return self.caller_left(tenant);
        }
        self.parties_changed(tenant);
    }

    /// Somebody who is in the call as far as is known is not in this list.
    fn lacks_somebody(&self, list: &[ParticipantState]) -> bool {
        let is_listed = |who: &Participant| {
            let mut listed = list.iter().map(|row| &row.participant);
            listed.any(|other| other.is_same_party(who))
        };
        self.participants
            .iter()
            .any(|row| !is_listed(&row.participant))
    }

    /// Notes who was in the call at some time; `true` when anybody is new.
    fn note_listing(&mut self, participants: &[ParticipantState]) -> bool {
        let before = self.listed.len();
        for row in participants {
            if !self.was_listed(&row.participant) {
                self.listed.push(row.participant.clone());
            }
        }
        self.listed.len() > before
    }

    pub(crate) fn forget_listing(&mut self, who: &Participant) {
        self.listed.retain(|listed| !listed.is_same_party(who));
    }

    pub(crate) fn was_listed(&self, who: &Participant) -> bool {
        self.listed.iter().any(|listed| listed.is_same_party(who))
    }

    /// While a caller waits or leaves a queue, nobody else may be in the call: an agent may have answered while the
    /// process was down, and the offer is over.
    fn remove_strangers(&mut self, tenant: &mut Tenant) {
        match self.state {
            State::Queued(_) | State::Offering(_) | State::Exiting(_) => {}
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Connected(_)
            | State::Bridged(_)
            | State::Ending(_)
            | State::WrapUp(_)
            | State::Ended(_) => return,
        }
        let strangers: Vec<Participant> = self
            .participants
            .iter()
            .map(|row| &row.participant)
            .filter(|who| !who.is_same_party(&self.from) && !self.is_expected(who))
            .filter(|who| !self.is_being_removed(who))
            .cloned()
            .collect();
        for stranger in strangers {
            let agent = tenant.agent_behind(&stranger);
            self.remove_leg(tenant, stranger, agent);
        }
    }

    pub(crate) fn is_present(&self, who: &Participant) -> bool {
        self.participants
            .iter()
            .any(|row| row.participant.is_same_party(who))
    }

    /// The caller is gone although the connection lives: others may still be in the call.
    fn caller_left(&mut self, tenant: &mut Tenant) {
        match self.state {
            State::Ending(_) | State::WrapUp(_) | State::Ended(_) => {}
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Offering(_)
            | State::Connected(_)
            | State::Bridged(_)
            | State::Exiting(_) => {
                let outcome = self.outcome_when_caller_leaves();
                self.end(tenant, outcome);
            }
        }
    }

    /// Somebody has joined. A list comes with whoever joins: if it does not, it is asked for, once as a rule and
    /// `tries_max` times at most; after that, the audit of silent calls asks.
    pub(crate) fn joined(&mut self, tenant: &mut Tenant) {
        self.looks = 0;
        self.look_later(tenant);
    }

    /// A list shows whom it was waited for, or somebody who is being invited: the event that they answered comes with it.
    /// If it does not, the service is asked, whose answer tells more than a list that may be of before.
    fn expect_answers(&mut self, tenant: &mut Tenant) {
        let timer = Timer::Call(self.id, CallTimer::Joined);
        if !self.has_unheard_answer() {
            if self.has_seen_who_joined() {
                tenant.timers.clear(timer);
            }
        } else if !tenant.timers.is_set(timer) {
            self.joined(tenant);
        }
    }

    /// Somebody is in the call whose invitation is open.
    fn has_unheard_answer(&self) -> bool {
        self.operations.values().any(|open| {
            !open.cancelled && open.purpose.adds().is_some_and(|who| self.is_present(who))
        })
    }

    fn look_later(&self, tenant: &mut Tenant) {
        let known = self.has_seen_who_joined() && !self.has_unheard_answer();
        if known || self.looks >= tenant.limits().tries_max {
            tenant.timers.clear(Timer::Call(self.id, CallTimer::Joined));
            return;
        }
        let after = tenant.timeouts().event;
        self.set_timer(tenant, CallTimer::Joined, after);
    }

    /// Asks for a list if none has shown who joined.
    pub(crate) fn look_for_who_joined(&mut self, tenant: &mut Tenant) {
        if !self.has_seen_who_joined() || self.has_unheard_answer() {
            self.looks = self.looks.saturating_add(1);
            self.ask_for_parties(tenant);
        }
    }

    /// Asks who is in the call, ahead of the look for who joined last, if there is one.
    pub(crate) fn look_for_who_joined_now(&mut self, tenant: &mut Tenant) {
        tenant.timers.clear(Timer::Call(self.id, CallTimer::Joined));
        self.ask_for_parties(tenant);
    }

    /// It was asked who is in the call, and there was no answer that counts: it is asked again.
    pub(crate) fn not_told_who_joined(&self, tenant: &mut Tenant) {
        self.look_later(tenant);
    }

    fn has_seen_who_joined(&self) -> bool {
        match &self.state {
            State::Connected(connected) => connected
                .leg
                .as_ref()
                .is_none_or(|leg| self.was_listed(leg)),
            State::Bridged(bridged) => bridged.parties.iter().any(|who| self.was_listed(who)),
            State::Incoming(_)
            | State::Answering(_)
            | State::Menu(_)
            | State::Classifying(_)
            | State::Queued(_)
            | State::Offering(_)
            | State::Exiting(_)
            | State::Ending(_)
            | State::WrapUp(_)
            | State::Ended(_) => true,
        }
    }

    /// A list that was asked for after somebody had joined, as the service said, shows nobody but the caller: whoever it
    /// was is not there, and the caller hears nothing. While anybody else is listed nothing follows, because the service
    /// may list a party under another identity than the one that was called.
    fn caller_alone(&mut self, tenant: &mut Tenant, question: u32) {
        let alone = self.is_present(&self.from)
            && self
                .participants
                .iter()
                .all(|row| row.participant.is_same_party(&self.from));
        if !alone {
            return;
        }
        match &self.state {
            State::Connected(connected) if connected.joined < question => {
                self.agent_never_came(tenant);
            }
            State::Bridged(bridged) if bridged.joined < question => {
                let outcome = if self.handled_by.is_some() {
                    CallOutcome::Handled
                } else {
                    CallOutcome::ExitFailed
                };
                self.end(tenant, outcome);
            }
            State::Connected(_)
            | State::Bridged(_)
            | State::Incoming(_)
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

    /// The agent was said to have answered and is not in the call: the caller waits again at the old place, and the agent
    /// is free.
    fn agent_never_came(&mut self, tenant: &mut Tenant) {
        let State::Connected(connected) = &self.state else {
            return;
        };
        let (agent, queue) = (connected.agent, connected.queue);
        tenant.emit(Event::OperationFailed {
            call: self.id,
            operation: "ring".to_owned(),
            how: "reported as answered, but nobody is in the call".to_owned(),
        });
        if let Some(agent) = tenant.agents.get_mut(&agent) {
            agent.handled = agent.handled.saturating_sub(1);
        }
        self.handled_by = None;
        self.part_from_agent(tenant);
        tenant.free_agent(agent, None);
        self.enter_queue(tenant, queue);
    }
}
