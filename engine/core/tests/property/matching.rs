//! The native rule against a brute-force oracle: many agents and contacts, matched in one step.

use super::check;
use crate::harness::config::{Setup, exits};
use crate::harness::world::START;
use cordboard_core::config::{AgentProfile, Exit, Queue};
use cordboard_core::decision::Choice;
use cordboard_core::ids::{
    AgentId, CallId, CodeId, EventId, GroupId, Millis, QueueId, SkillId, Symbol, Timestamp,
};
use cordboard_core::input::{AgentAction, NewContact};
use cordboard_core::question::Requirement;
use cordboard_core::{Command, Input, Reply, Tenant};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Before this time no group has joined in, so nobody is matched.
const DELAY: u64 = 60_000;
const SKILLS: usize = 3;
const GROUPS: usize = 4;
const QUEUES: usize = 3;

/// Agents, queues and contacts; moments are milliseconds from the start.
#[derive(Clone, Debug)]
struct Floor {
    agents: Vec<Person>,
    queues: Vec<Line>,
    contacts: Vec<Caller>,
    /// When everything is matched at once.
    matched_at: u64,
}

#[derive(Clone, Debug)]
struct Person {
    /// Level of each skill, 0 for none.
    levels: [u8; SKILLS],
    groups: [bool; GROUPS],
    ready_at: u64,
}

#[derive(Clone, Debug)]
struct Line {
    priority: i32,
    /// Order and delay beyond [`DELAY`] of each group that serves it.
    services: [Option<(u32, u64)>; GROUPS],
    /// Lowest level of each skill and when it expires, if ever.
    requirements: [Option<(u8, Option<u64>)>; SKILLS],
}

#[derive(Clone, Debug)]
struct Caller {
    queue: usize,
    priority: i32,
    arrives_at: u64,
}

fn floor() -> impl Strategy<Value = Floor> {
    // Few different moments and levels, so that there are ties.
    let moment = || (0..12_u64).prop_map(|five| five * 5_000);
    let level = || prop_oneof![2 => Just(0_u8), 1 => Just(40), 1 => Just(50), 1 => Just(60)];
    let person = (
        [level(), level(), level()],
        prop::array::uniform4(any::<bool>()),
        moment(),
    )
        .prop_map(|(levels, groups, ready_at)| Person {
            levels,
            groups,
            ready_at,
        });
    let service = prop::option::of((0..3_u32, (0..4_u64).prop_map(|ten| ten * 10_000)));
    let expiry = prop::option::weighted(0.6, (1..10_u64).prop_map(|ten| ten * 10_000));
    let requirement = prop::option::weighted(0.3, (prop_oneof![Just(1), Just(50)], expiry));
    let line = (
        -1..2_i32,
        prop::array::uniform4(service),
        prop::array::uniform3(requirement),
    )
        .prop_map(|(priority, services, requirements)| Line {
            priority,
            services,
            requirements,
        });
    let caller =
        (0..QUEUES, -1..2_i32, moment()).prop_map(|(queue, priority, arrives_at)| Caller {
            queue,
            priority,
            arrives_at,
        });
    (
        prop::collection::vec(person, 0..12),
        prop::collection::vec(line, QUEUES),
        prop::collection::vec(caller, 0..16),
        (0..50_u64).prop_map(|one| DELAY + one * 1_000),
    )
        .prop_map(|(agents, queues, contacts, matched_at)| Floor {
            agents,
            queues,
            contacts,
            matched_at,
        })
}

#[test]
fn the_native_rule_matches_like_brute_force() {
    check(500, &floor(), |floor| {
        assert_eq!(matched(&floor), expected(&floor));
    });
}

/// Whom the core matched, with the number of candidates.
fn matched(floor: &Floor) -> BTreeMap<CallId, (AgentId, u32)> {
    let mut tenant = Tenant::new();
    tenant.handle(START, Input::Config(Arc::new(config(floor))));
    let on_break = Symbol(900);
    let absent = Input::Agent {
        agent: absent(),
        action: AgentAction::NotReady(CodeId(on_break)),
    };
    assert_eq!(tenant.handle(START, absent), Reply::Done);
    for (at, input) in arrivals(floor) {
        let reply = tenant.handle(at, input);
        assert!(
            matches!(reply, Reply::Done | Reply::NewCall(_)),
            "{reply:?}"
        );
    }
    let mut matched = BTreeMap::new();
    while let Some(command) = tenant.poll_command() {
        assert!(!matches!(command, Command::Record(_)), "too early");
    }
    tenant.handle(after(floor.matched_at), Input::Tick);
    while let Some(command) = tenant.poll_command() {
        if let Command::Record(decision) = command {
            let Choice::Agent(agent) = decision.choice else {
                panic!("{decision:?}");
            };
            let twice = matched.insert(decision.call, (agent, decision.considered));
            assert_eq!(twice, None, "{}", decision.call);
        }
    }
    matched
}

/// The oracle: contacts by priority, then age, then number; each takes of those who are left the
/// one in the earliest group, then idle longest, then of lowest number.
fn expected(floor: &Floor) -> BTreeMap<CallId, (AgentId, u32)> {
    let mut contacts: Vec<(i32, u64, CallId, &Caller)> = in_order(floor)
        .into_iter()
        .zip(1_u64..)
        .map(|(caller, number)| {
            let priority = floor.queues[caller.queue].priority + caller.priority;
            (-priority, caller.arrives_at, CallId(number), caller)
        })
        .collect();
    contacts.sort_by_key(|(priority, since, call, _)| (*priority, *since, *call));
    let mut taken = BTreeSet::new();
    let mut matched = BTreeMap::new();
    for (_, _, call, caller) in contacts {
        let waited = floor.matched_at - caller.arrives_at;
        let line = &floor.queues[caller.queue];
        let candidates: Vec<(u32, u64, AgentId)> = floor
            .agents
            .iter()
            .enumerate()
            .filter(|(index, _)| !taken.contains(&agent(*index)))
            .filter_map(|(index, person)| {
                let skilled =
                    line.requirements
                        .iter()
                        .zip(person.levels)
                        .all(|(requirement, level)| match requirement {
                            Some((minimum, expiry)) => {
                                expiry.is_some_and(|expiry| waited >= expiry) || level >= *minimum
                            }
                            None => true,
                        });
                let order = line
                    .services
                    .iter()
                    .zip(person.groups)
                    .filter(|(_, member)| *member)
                    .filter_map(|(service, _)| *service)
                    .filter(|(_, delay)| waited >= DELAY + delay)
                    .map(|(order, _)| order)
                    .min();
                skilled
                    .then_some(order)
                    .flatten()
                    .map(|order| (order, person.ready_at, agent(index)))
            })
            .collect();
        if let Some((_, _, best)) = candidates.iter().min() {
            taken.insert(*best);
            matched.insert(call, (*best, u32::try_from(candidates.len()).unwrap()));
        }
    }
    matched
}

/// Everything that happens before the match, in order; agents first where moments are equal.
fn arrivals(floor: &Floor) -> Vec<(Timestamp, Input)> {
    let mut inputs: Vec<(u64, Input)> = Vec::new();
    for (index, person) in floor.agents.iter().enumerate() {
        let input = Input::Agent {
            agent: agent(index),
            action: AgentAction::Ready,
        };
        inputs.push((person.ready_at, input));
    }
    for (number, caller) in in_order(floor).into_iter().enumerate() {
        let input = Input::Contact(NewContact {
            event: EventId(format!("contact-{number}")),
            queue: QueueId(queue(caller.queue)),
            priority: caller.priority,
            headers: BTreeMap::new(),
        });
        inputs.push((caller.arrives_at, input));
    }
    inputs.sort_by_key(|(at, _)| *at);
    inputs
        .into_iter()
        .map(|(at, input)| (after(at), input))
        .collect()
}

/// Contacts in the order in which they arrive and are numbered.
fn in_order(floor: &Floor) -> Vec<&Caller> {
    let mut contacts: Vec<&Caller> = floor.contacts.iter().collect();
    contacts.sort_by_key(|caller| caller.arrives_at);
    contacts
}

fn config(floor: &Floor) -> cordboard_core::Config {
    let setup = Setup::small();
    let sorry = Exit::Message(setup.prompt("sorry"));
    let mut template = setup.queue_of(&[], exits(sorry.clone(), sorry.clone(), sorry));
    template.max_wait = Millis::from_secs(3_600);
    let mut config = setup.config;
    config.queues.clear();
    config.groups.clear();
    config.agents.clear();
    config.not_ready_reasons = vec![CodeId(Symbol(900))];
    for (index, person) in floor.agents.iter().enumerate() {
        config.agents.insert(agent(index), profile(person.levels));
    }
    config.agents.insert(absent(), profile([100; SKILLS]));
    for (index, line) in floor.queues.iter().enumerate() {
        let queue_settings = queue_settings(line, template.clone());
        config
            .queues
            .insert(QueueId(queue(index)), Arc::new(queue_settings));
    }
    for index in 0..GROUPS {
        let members = floor
            .agents
            .iter()
            .enumerate()
            .filter(|(_, person)| person.groups[index])
            .map(|(number, _)| agent(number))
            .collect();
        config.groups.insert(GroupId(group(index)), members);
    }
    // Somebody who could serve everybody is logged in, so that all wait.
    config.groups.insert(GroupId(group(GROUPS)), vec![absent()]);
    config
}

fn queue_settings(line: &Line, mut settings: Queue) -> Queue {
    settings.priority = line.priority;
    let service = |group, order, delay| cordboard_core::config::Service {
        group: GroupId(group),
        order,
        delay: Millis(DELAY + delay),
    };
    for (index, found) in line.services.iter().enumerate() {
        if let Some((order, delay)) = found {
            settings.groups.push(service(group(index), *order, *delay));
        }
    }
    settings.groups.push(service(group(GROUPS), 9, 0));
    for (index, requirement) in line.requirements.iter().enumerate() {
        if let Some((minimum, expiry)) = requirement {
            settings.requirements.push(Requirement {
                skill: skill(index),
                minimum: *minimum,
                required: true,
                expires_after: expiry.map(Millis),
            });
        }
    }
    settings
}

fn profile(levels: [u8; SKILLS]) -> AgentProfile {
    AgentProfile {
        display_name: String::new(),
        skills: levels
            .iter()
            .enumerate()
            .filter(|(_, level)| **level > 0)
            .map(|(index, level)| (skill(index), *level))
            .collect(),
        endpoints: Vec::new(),
    }
}

fn after(millis: u64) -> Timestamp {
    START.after(Millis(millis))
}

fn symbol(base: u32, index: usize) -> Symbol {
    Symbol(base + u32::try_from(index).unwrap())
}

fn agent(index: usize) -> AgentId {
    AgentId(symbol(100, index))
}

/// Logged in, on a break, and skilled in everything.
fn absent() -> AgentId {
    AgentId(Symbol(199))
}

fn skill(index: usize) -> SkillId {
    SkillId(symbol(200, index))
}

fn group(index: usize) -> Symbol {
    symbol(300, index)
}

fn queue(index: usize) -> Symbol {
    symbol(400, index)
}
