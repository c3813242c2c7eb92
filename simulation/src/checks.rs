//! What must hold, one check after the other, by name. The numbers are those of the invariants of routing below.
//!
//! | name | invariants | what it says |
//! |---|---|---|
//! | `fate-allowed` | I12 | every caller whose IncomingCall event was acknowledged ends as the script allows, or the ledger says why not |
//! | `answered-once` | I11 | no caller is answered by two different requests |
//! | `offered-once` | I1 | no agent is rung for two calls at a time |
//! | `rung-while-talking` | I1 | no agent in a conversation is rung for another call |
//! | `card-unrecorded` | | no card number is typed into a running recording |
//! | `silence` | | a caller hears something again within 10 s, and if something went wrong in this very call within a minute of it |
//! | `end-noticed` | I3 | the end of a call is noticed within seconds, and by the audit if the news of it went astray |
//! | `over-is-over` | I3 | nobody is left in a call that is over for the engine |
//! | `hung-up` | I3 | a call that is hung up ends |
//! | `leg-left` | I9 | nobody stays in a call after its caller |
//! | `let-go` | I9 | an agent of whom the service has let go is offered calls again within two minutes |
//! | `agent-hears-music` | | no agent hears the music for callers |
//! | `music-under-talk` | | no caller in a conversation hears music, unless they are on hold |
//! | `agent-fits-calls` | I1, I9 | an agent who is reserved or busy has exactly one call; one who is not has none |
//! | `queue-adds-up` | I10 | a queue is as long as there are calls that wait in it |
//! | `offer-once` | I1, I2, I4 | an agent has one live offer at most, a call too; each ends once |
//! | `offer-fits` | I5 | an offer goes to an agent with the skills that are required by then, of a group that serves the queue by then |
//! | `declined-once` | I7 | who has declined a caller is not offered them again before they are ready anew |
//! | `reserved-when-ready` | I6 | only who is ready is reserved |
//! | `work-conserved` | I14 | no caller waits while an agent is free for them, but for as long as a plugin is asked |
//! | `wait-bounded` | I21 | nobody waits longer than their queue's longest time, but for an offer that was under way and after a restart |
//! | `call-in-order` | I3 | each call begins once, before all that is told of it, and ends |
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
//!   expiry and hang-up meet, I5 only agents who meet the requirements, I6 only agents who are ready, I7 no second offer after a
//!   decline, I8 an agent who missed an offer is not simply ready, I9 capacity is given back once, I10 lengths are those of the
//!   state, I11 repeated and reordered events change nothing, I12 a plugin that fails costs no contact, I14 nobody waits while an
//!   agent is free, I21 deadlines hold, I25 the same inputs give the same decisions, I29 snapshot and journal give the live state,
//!   I30 what an earlier life of the process offered is not accepted twice.
//! - In the core's own properties, against a reference model: I5, I7 and I14 once more, I15 first come first served, I17 the
//!   longest idle is chosen, I26 the index agrees with a search of everything.
//! - In its scenarios: I20 no contact blocks another, I21 to the millisecond.
//! - Not, because there is no such thing yet: presence from outside, I16 and I19 ageing and relaxing of requirements, I18
//!   round robin, I22 places kept, I23 order across queues, I24 bursts of idle agents, I31 to I34 statistics. I13 tenants
//!   cannot meet: each has a state of its own. I27 explanations are tested with the demo. I28 the clock only goes forward here.

mod experience;
mod stream;
mod waiting;

use crate::excuses::{About, Acts, Astray};
use cordboard::driver::Hash;
use cordboard::events::EventCursor;
use cordboard_core::event::{AgentStatus, Event};
use cordboard_core::ids::{AgentId, CallId, CommandId, OfferId, QueueId};
use cordboard_core::{Config, Input, Operation, Tenant};
use cordboard_simulator::ledger::Span;
use std::collections::{BTreeMap, BTreeSet};
use stream::Told;

/// The names of the checks.
pub const NAMES: [&str; 32] = [
    "fate-allowed",
    "answered-once",
    "offered-once",
    "rung-while-talking",
    "card-unrecorded",
    "silence",
    "end-noticed",
    "over-is-over",
    "hung-up",
    "leg-left",
    "let-go",
    "agent-hears-music",
    "music-under-talk",
    "agent-fits-calls",
    "queue-adds-up",
    "offer-once",
    "offer-fits",
    "declined-once",
    "reserved-when-ready",
    "work-conserved",
    "wait-bounded",
    "call-in-order",
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
    /// Since the batch began.
    pub(crate) now_ms: u64,
    /// The same by the clock.
    pub(crate) clock_ms: u64,
    /// What each command was, and in which life of the process it started last.
    commands: BTreeMap<CommandId, (usize, Operation)>,
    taken: BTreeSet<String>,
    events: BTreeMap<EventCursor, Event>,
    offers: BTreeMap<OfferId, AgentId>,
    offers_ended: BTreeSet<OfferId>,
    ended: BTreeSet<CallId>,
    expired: BTreeSet<AgentId>,
    /// Who does not want which contact.
    declined: BTreeSet<(CallId, AgentId)>,
    /// Who could not be rung for which contact, or talked to the caller and may have put them back: such a contact need not be
    /// offered to them again.
    not_again: BTreeSet<(CallId, AgentId)>,
    /// Callers who wait, agents who could serve them, and since when that is so.
    in_vain: BTreeMap<(CallId, AgentId), u64>,
    statuses: BTreeMap<AgentId, AgentStatus>,
    told: BTreeMap<CallId, Told>,
    /// The calls that were offered to each agent.
    offered: BTreeMap<AgentId, BTreeSet<CallId>>,
    /// The calls by connection, once all is over.
    calls: BTreeMap<String, CallId>,
    /// When each call was first hung up.
    hang_ups: BTreeMap<CallId, u64>,
    withheld: Withheld,
    acts: Acts,
    /// How often each reason excused a fate that no script allows.
    pub(crate) excused: BTreeMap<&'static str, u64>,
    astray: BTreeMap<About, Vec<Astray>>,
    /// When the engine was not there.
    pub(crate) outages: Vec<(u64, Option<u64>)>,
}

/// When agents were withheld from offers.
#[derive(Default)]
struct Withheld {
    since: BTreeMap<AgentId, u64>,
    over: Vec<(AgentId, Span)>,
}

impl Withheld {
    fn note(&mut self, now_ms: u64, agent: AgentId, withheld: bool) {
        if withheld {
            self.since.entry(agent).or_insert(now_ms);
        } else if let Some(from_ms) = self.since.remove(&agent) {
            let to_ms = Some(now_ms);
            self.over.push((agent, Span { from_ms, to_ms }));
        }
    }

    fn spans(&self) -> impl Iterator<Item = (AgentId, Span)> {
        let lasting = self.since.iter().map(|(agent, from_ms)| {
            let span = Span {
                from_ms: *from_ms,
                to_ms: None,
            };
            (*agent, span)
        });
        self.over.iter().copied().chain(lasting)
    }
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
        if let Operation::Terminate { .. } | Operation::HangUp { .. } = &operation {
            self.hang_ups.entry(command.call).or_insert(self.clock_ms);
        }
        let life = self.outages.len();
        // Of which nothing was heard, it is sent again as the same request.
        let may_repeat = matches!(operation, Operation::Answer { .. });
        if let Some((before, known)) = self.commands.get(&command) {
            if *before == life && !may_repeat {
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
        self.in_vain.clear();
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

    /// Looks at the core between two inputs.
    pub(crate) fn state(&mut self, config: &Config, tenant: &Tenant) {
        self.work(config, tenant);
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
            let withheld = tenant.is_withheld(*agent);
            self.withheld.note(self.clock_ms, *agent, withheld);
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
        for (call, told) in std::mem::take(&mut self.told) {
            if told.ended_ms.is_none() {
                self.fail("call-in-order", format!("call {call} has no end"));
            }
            self.told.insert(call, told);
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
}

#[cfg(test)]
#[path = "checks_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "checks/experience_tests.rs"]
mod experience_tests;
