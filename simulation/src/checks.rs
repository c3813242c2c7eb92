//! What must hold, one check after the other, by name. The numbers are those of the invariants of routing below.
//!
//! | name | invariants | what it says |
//! |---|---|---|
//! | `fate-allowed` | I12 | every caller whose IncomingCall event was acknowledged ends as the script allows, or the ledger says why not |
//! | `answered-once` | I11 | no caller is answered by two different requests |
//! | `offered-once` | I1 | no agent is rung for two calls at a time |
//! | `rung-while-talking` | I1 | no agent in a conversation is rung for another call |
//! | `card-unrecorded` | | no card number is typed into a running recording |
//! | `agent-fits-calls` | I1, I9 | an agent who is reserved or busy has exactly one call; one who is not has none |
//! | `queue-adds-up` | I10 | a queue is as long as there are calls that wait in it |
//! | `offer-once` | I1, I2, I4 | an agent has one live offer at most, a call too; each ends once |
//! | `call-ends-once` | I3 | a call is announced as ended once, and nothing happens to it afterwards |
//! | `rona-not-ready` | I8 | an agent whose offer expired is not simply ready again |
//! | `taken-once` | I11 | the same event delivered again changes nothing |
//! | `command-once` | I30 | a command is started once in one life of the process; its number never names another one |
//! | `durable-first` | | what was acknowledged, and everything durable, is there after a crash |
//! | `recovery` | I25, I29 | what is read back after a crash is what there was, hash for hash |
//! | `event-once` | I25 | an event's number names the same event for ever |
//! | `callback-path` | | the service calls back on paths that the engine has made |
//! | `no-panic` | | no input makes the core panic |
//! | `quiet-end` | I3, I9, I12 | when nothing goes wrong any more, every call ends, every agent is free and no timer or question is left |
//!
//! Of what a routing engine has to keep, in the order in which it is usually listed:
//!
//! - Here: I1 capacity of an agent, I2 one accepted offer of a contact, I3 one end of each contact, I4 one winner when accept,
//!   expiry and hang-up meet, I8 an agent who missed an offer is not simply ready, I9 capacity is given back once, I10 lengths
//!   are those of the state, I11 repeated and reordered events change nothing, I12 a plugin that fails costs no contact, I25
//!   the same inputs give the same decisions, I29 snapshot and journal give the live state, I30 what an earlier life of the
//!   process offered is not accepted twice.
//! - In the core's own properties, against a reference model: I5 only agents who meet the requirements, I7 no second offer
//!   after a decline, I14 nobody waits while an agent is free, I15 first come first served, I17 the longest idle is chosen,
//!   I26 the index agrees with a search of everything.
//! - In its scenarios: I20 no contact blocks another, I21 deadlines hold to the millisecond.
//! - Not, because there is no such thing yet: I6 presence from outside, I16 and I19 ageing and relaxing of requirements, I18
//!   round robin, I22 places kept, I23 order across queues, I24 bursts of idle agents, I31 to I34 statistics. I13 tenants
//!   cannot meet: each has a state of its own. I27 explanations are tested with the demo. I28 the clock only goes forward here.

use crate::excuses::{About, Acts, Astray, Case};
use cordboard::driver::Hash;
use cordboard::events::EventCursor;
use cordboard_core::event::{AgentStatus, Event, OfferOutcome};
use cordboard_core::ids::{AgentId, CallId, CommandId, OfferId, QueueId};
use cordboard_core::{Config, Input, Operation, Tenant};
use cordboard_simulator::ledger::{Ledger, RingRecord, Sound, VoiceKind};
use cordboard_simulator::script::Role;
use std::collections::{BTreeMap, BTreeSet};

/// The names of the checks.
pub const NAMES: [&str; 18] = [
    "fate-allowed",
    "answered-once",
    "offered-once",
    "rung-while-talking",
    "card-unrecorded",
    "agent-fits-calls",
    "queue-adds-up",
    "offer-once",
    "call-ends-once",
    "rona-not-ready",
    "taken-once",
    "command-once",
    "durable-first",
    "recovery",
    "event-once",
    "callback-path",
    "no-panic",
    "quiet-end",
];

/// Something that must never be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The check that fired.
    pub check: &'static str,
    /// When, milliseconds since the batch began.
    pub at_ms: u64,
    /// What was seen.
    pub detail: String,
}

/// What the checks know.
#[derive(Default)]
pub(crate) struct Checks {
    pub(crate) found: Vec<Violation>,
    pub(crate) now_ms: u64,
    /// What each command was, and in which life of the process it started last.
    commands: BTreeMap<CommandId, (usize, Operation)>,
    taken: BTreeSet<String>,
    events: BTreeMap<EventCursor, Event>,
    offers: BTreeMap<OfferId, AgentId>,
    offers_ended: BTreeSet<OfferId>,
    ended: BTreeSet<CallId>,
    expired: BTreeSet<AgentId>,
    acts: Acts,
    /// How often each reason excused a fate that no script allows.
    pub(crate) excused: BTreeMap<&'static str, u64>,
    astray: BTreeMap<About, Vec<Astray>>,
    /// When the engine was not there.
    pub(crate) outages: Vec<(u64, Option<u64>)>,
}

impl Checks {
    pub(crate) fn fail(&mut self, check: &'static str, detail: String) {
        self.found.push(Violation {
            check,
            at_ms: self.now_ms,
            detail,
        });
    }

    /// A command may start again after a crash, by the rules for operations that may be half done: as what it was, and
    /// once. Until when an answer is tried is not a part of what is asked of the service.
    pub(crate) fn command_starts(&mut self, command: CommandId, operation: &Operation) {
        let mut operation = operation.clone();
        if let Operation::Answer { deadline, .. } = &mut operation {
            *deadline = 0;
        }
        let life = self.outages.len();
        if let Some((before, known)) = self.commands.get(&command) {
            if *before == life {
                self.fail(
                    "command-once",
                    format!("{command} starts twice: {operation:?}"),
                );
            } else if *known != operation {
                let detail = format!("{command} was {known:?} and is {operation:?}");
                self.fail("command-once", detail);
            }
        }
        self.commands.insert(command, (life, operation));
    }

    /// An event from outside was taken as new.
    pub(crate) fn taken(&mut self, event: String) {
        if self.taken.contains(&event) {
            self.fail("taken-once", format!("event {event} was taken before"));
        }
        self.taken.insert(event);
    }

    pub(crate) fn recovered(
        &mut self,
        durable: u64,
        last: u64,
        before: Option<(u64, Hash)>,
        now: (u64, Hash),
    ) {
        if now.0 < durable {
            let seq = now.0;
            self.fail(
                "durable-first",
                format!("entry {durable} was durable, the journal ends at {seq}"),
            );
        }
        if now.0 > last {
            self.fail(
                "recovery",
                format!("entry {} appears, {last} was the last", now.0),
            );
        }
        if let Some((seq, hash)) = before
            && seq == now.0
            && hash != now.1
        {
            self.fail(
                "recovery",
                format!("the state after entry {seq} is another one"),
            );
        }
    }

    /// Looks at an event that a subscriber got.
    pub(crate) fn event(&mut self, cursor: EventCursor, event: &Event) {
        if let Some(known) = self.events.get(&cursor) {
            if known != event {
                self.fail("event-once", format!("{cursor} was another event"));
            }
            return;
        }
        self.events.insert(cursor, event.clone());
        self.acts.told(event);
        match event {
            Event::OfferIssued { offer, agent, .. } => {
                let clash = self
                    .offers
                    .iter()
                    .find(|(other, of)| *of == agent || other.call == offer.call)
                    .map(|(other, _)| *other);
                if let Some(other) = clash {
                    self.fail("offer-once", format!("{offer:?} while {other:?} lives"));
                }
                if self.offers_ended.contains(offer) {
                    self.fail("offer-once", format!("{offer:?} is issued again"));
                }
                self.offers.insert(*offer, *agent);
            }
            Event::OfferEnded {
                offer,
                agent,
                outcome,
            } => {
                if self.offers.remove(offer) != Some(*agent) || !self.offers_ended.insert(*offer) {
                    self.fail("offer-once", format!("{offer:?} ends, but is not live"));
                }
                if *outcome == OfferOutcome::Expired {
                    self.expired.insert(*agent);
                }
            }
            Event::AgentChanged { agent, state } => {
                let expired = self.expired.remove(agent);
                if expired && *state == AgentStatus::Ready {
                    self.fail(
                        "rona-not-ready",
                        format!("{agent:?} missed an offer and is ready"),
                    );
                }
            }
            Event::CallEnded { call, .. } if !self.ended.insert(*call) => {
                self.fail("call-ends-once", format!("call {call} ends again"));
            }
            Event::CallAnswered { call }
            | Event::CallQueued { call, .. }
            | Event::CallConnected { call, .. }
            | Event::HoldChanged { call, .. }
                if self.ended.contains(call) =>
            {
                self.fail(
                    "call-ends-once",
                    format!("call {call} goes on after its end: {event:?}"),
                );
            }
            _ => {}
        }
    }

    /// Looks at the core between two inputs.
    pub(crate) fn state(&mut self, config: &Config, tenant: &Tenant) {
        let mut of_agent: BTreeMap<AgentId, usize> = BTreeMap::new();
        let mut in_queue: BTreeMap<QueueId, usize> = BTreeMap::new();
        for call in tenant.calls() {
            if let Some(agent) = tenant.agent_of_call(call) {
                *of_agent.entry(agent).or_default() += 1;
            }
            if let Some(queue) = tenant.queue_of_call(call) {
                *in_queue.entry(queue).or_default() += 1;
            }
        }
        for agent in config.agents.keys() {
            let calls = of_agent.get(agent).copied().unwrap_or_default();
            let status = tenant.agent_status(*agent).unwrap_or(AgentStatus::Offline);
            let fits = match status {
                AgentStatus::Reserved | AgentStatus::Busy => calls == 1,
                AgentStatus::WrapUp => calls <= 1,
                AgentStatus::Offline
                | AgentStatus::Ready
                | AgentStatus::NotReady(_)
                | AgentStatus::NotReadyRona => calls == 0,
            };
            if !fits {
                let name = config.symbols.name(agent.0);
                self.fail(
                    "agent-fits-calls",
                    format!("{name} is {status:?} with {calls} calls"),
                );
            }
        }
        for queue in config.queues.keys() {
            let waiting = in_queue.get(queue).copied().unwrap_or_default();
            let length = tenant.queue_length(*queue);
            if length != waiting {
                let name = config.symbols.name(queue.0);
                self.fail(
                    "queue-adds-up",
                    format!("{name} has length {length}, {waiting} wait"),
                );
            }
        }
    }

    /// Looks at what is left when everything ought to be over.
    pub(crate) fn quiet(&mut self, config: &Config, tenant: &Tenant) {
        for call in tenant.calls() {
            let agent = tenant
                .agent_of_call(call)
                .map(|agent| config.symbols.name(agent.0));
            self.fail(
                "quiet-end",
                format!("call {call} never ends; agent {agent:?}"),
            );
        }
        for agent in config.agents.keys() {
            let status = tenant.agent_status(*agent).unwrap_or(AgentStatus::Offline);
            if status != AgentStatus::Offline {
                let name = config.symbols.name(agent.0);
                self.fail("quiet-end", format!("{name} logs out and is {status:?}"));
            }
        }
        if let Some(at) = tenant.poll_timeout()
            && tenant.live_calls() == 0
        {
            self.fail("quiet-end", format!("a timer is left at {}", at.0));
        }
        if tenant.open_questions() > 0 {
            let count = tenant.open_questions();
            self.fail(
                "quiet-end",
                format!("{count} questions to plugins never end"),
            );
        }
        if !self.offers.is_empty() {
            let offers = std::mem::take(&mut self.offers);
            self.fail("quiet-end", format!("offers never ended: {offers:?}"));
        }
    }

    pub(crate) fn astray(&mut self, about: About, astray: Astray) {
        self.astray.entry(about).or_default().push(astray);
    }

    pub(crate) fn acts(&mut self, at_ms: u64, input: &Input) {
        self.acts.note(at_ms, input);
    }

    /// Looks at what everybody experienced.
    pub(crate) fn ledger(
        &mut self,
        ledger: &Ledger,
        callers: &BTreeMap<CallId, String>,
        connections: &BTreeMap<CallId, String>,
    ) {
        let mut calls: BTreeMap<&str, Vec<CallId>> = BTreeMap::new();
        for (call, name) in callers.iter().chain(connections) {
            calls.entry(name).or_default().push(*call);
        }
        let end_ms = ledger.at.at_ms;
        let dialled = ledger
            .callers
            .iter()
            .filter(|caller| caller.dialled.is_some() && caller.is_acknowledged());
        for caller in dialled {
            let fate = caller.fate(end_ms);
            if caller.allowed_fates.contains(&fate) {
                continue;
            }
            let names = [Some(caller.from.as_str()), caller.call.as_deref()];
            let of_caller: Vec<CallId> = names
                .into_iter()
                .flatten()
                .filter_map(|name| calls.get(name))
                .flatten()
                .copied()
                .collect();
            let mut astray = self.of_call(caller.call.as_deref());
            for call in &of_caller {
                astray.extend(
                    self.astray
                        .get(&About::Answer(*call))
                        .into_iter()
                        .flatten()
                        .cloned(),
                );
            }
            let case = Case {
                caller,
                calls: &of_caller,
                astray: &astray,
                acts: &self.acts,
                outages: &self.outages,
                end_ms,
            };
            if let Some(reason) = case.excuse(fate) {
                *self.excused.entry(reason).or_default() += 1;
                continue;
            }
            let heard: Vec<_> = caller.heard.iter().rev().take(4).rev().collect();
            let (name, call) = (&caller.name, &caller.call);
            let astray = listed(&astray);
            let detail = format!(
                "{name} is {fate:?}: {:?} {call:?}; heard last {heard:?}; astray: {astray}",
                caller.end
            );
            self.fail("fate-allowed", detail);
        }
        let answered_twice = ledger.figures().answered_twice;
        if answered_twice > 0 {
            self.fail("answered-once", format!("{answered_twice} times"));
        }
        for (caller, at_ms) in ledger.captured_cards() {
            self.fail("card-unrecorded", format!("{caller} types at {at_ms}"));
        }
        self.rings(ledger);
    }

    fn of_call(&self, call: Option<&str>) -> Vec<Astray> {
        let about = call.map(|call| About::Call(call.to_owned()));
        let found = about.and_then(|about| self.astray.get(&about));
        found.cloned().unwrap_or_default()
    }

    fn was_out(&self, from_ms: u64, to_ms: u64) -> bool {
        self.outages.iter().any(|(out_ms, back_ms)| {
            *out_ms < to_ms && back_ms.is_none_or(|back_ms| back_ms > from_ms)
        })
    }

    /// Nobody is rung for two calls, or while in conversation.
    fn rings(&mut self, ledger: &Ledger) {
        let end_ms = ledger.at.at_ms;
        let mut people: BTreeMap<&str, Vec<&RingRecord>> = BTreeMap::new();
        for endpoint in ledger
            .endpoints
            .iter()
            .filter(|endpoint| endpoint.role == Role::Agent)
        {
            people
                .entry(&endpoint.person)
                .or_default()
                .extend(&endpoint.rings);
        }
        let mut found = Vec::new();
        for (person, mut rings) in people {
            rings.sort_by_key(|ring| ring.from_ms);
            for (index, one) in rings.iter().enumerate() {
                let one_end_ms = one.to_ms.unwrap_or(end_ms);
                for other in rings.iter().skip(index + 1) {
                    if other.call == one.call {
                        continue;
                    }
                    let both_ms = one_end_ms.saturating_sub(other.from_ms);
                    if both_ms > 0 {
                        found.push(("offered-once", person, *one, *other, both_ms));
                    }
                    let talked_ms: u64 = one
                        .heard
                        .iter()
                        .filter(|heard| is_caller(&heard.what))
                        .map(|heard| {
                            let to_ms = heard.to_ms.unwrap_or(end_ms);
                            let other_end_ms = other.to_ms.unwrap_or(end_ms);
                            to_ms
                                .min(other_end_ms)
                                .saturating_sub(heard.from_ms.max(other.from_ms))
                        })
                        .sum();
                    if talked_ms > 0 {
                        found.push(("rung-while-talking", person, *one, *other, talked_ms));
                    }
                }
            }
        }
        for (check, person, one, other, ms) in found {
            let astray = listed(&self.of_call(Some(&one.call)));
            let out = self.was_out(one.from_ms, other.from_ms);
            let detail = format!(
                "{person} for {ms} ms: {} at {} ({:?}, left {:?}), {} at {}; out {out}; astray: {astray}",
                one.call, one.from_ms, one.outcome, one.left, other.call, other.from_ms
            );
            self.fail(check, detail);
        }
    }
}

fn listed(astray: &[Astray]) -> String {
    let astray: Vec<String> = astray.iter().map(Astray::to_string).collect();
    astray.join(", ")
}

fn is_caller(sound: &Sound) -> bool {
    matches!(
        sound,
        Sound::Voice {
            kind: VoiceKind::Caller,
            ..
        }
    )
}

#[cfg(test)]
#[path = "checks_tests.rs"]
mod tests;
