//! The core: what an input costs until its commands are drained. A whole call, step by step; and the matching step with
//! many agents ready or many contacts waiting.
//!
//! The scripts are those of the core's own tests, recorded once and folded again.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench: its harness makes functions of its own, and what fails ends it"
)]

#[allow(
    dead_code,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests of the core use what this bench does not"
)]
#[path = "../../engine/core/tests/harness/mod.rs"]
mod harness;

use cordboard_core::config::{AgentProfile, Endpoint};
use cordboard_core::event::AgentStatus;
use cordboard_core::ids::{AgentId, GroupId, Millis, Timestamp};
use cordboard_core::participant::Participant;
use cordboard_core::question::EndpointKind;
use cordboard_core::{Input, Tenant};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use harness::World;
use harness::config::Setup;
use std::collections::BTreeMap;
use std::hint::black_box;

const AGENTS: usize = 64;
const WAITING: usize = 1_000;

criterion_group!(benches, core);
criterion_main!(benches);

fn core(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("core, input to commands");
    for (name, scenario) in [
        ("a call from ringing to its end, per input", whole_call()),
        ("a contact comes, 64 agents ready", contact_comes()),
        ("an agent gets ready, 1,000 contacts wait", agent_comes()),
    ] {
        group.throughput(Throughput::Elements(scenario.steps.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || (scenario.before.clone(), scenario.steps.clone()),
                |(mut tenant, steps)| {
                    for (now, input) in steps {
                        black_box(tenant.handle(now, input));
                        while let Some(command) = tenant.poll_command() {
                            black_box(command);
                        }
                    }
                    tenant
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

/// What is measured: these inputs, to a tenant in this state.
struct Scenario {
    before: Tenant,
    steps: Vec<(Timestamp, Input)>,
}

impl Scenario {
    /// Records what `script` feeds.
    fn record(mut world: World, script: impl FnOnce(&mut World)) -> Self {
        let before = world.tenant.clone();
        let from = world.inputs.len();
        world.quietly(script);
        Self {
            before,
            steps: world.inputs.split_off(from),
        }
    }
}

/// A call to a queue with a message and a recording, music, the offer, a conversation, the end.
fn whole_call() -> Scenario {
    let setup = Setup::small().message_every("sales", 30).recorded("sales");
    Scenario::record(World::staffed(setup, &["ann"]), |world| {
        let call = world.calls("line", "caller").unwrap();
        world.settle();
        world.after(40);
        world.settle();
        world.ready("ann");
        world.settle();
        world.picks_up("ann");
        world.settle();
        world.disconnected(call.0);
        assert_eq!(world.tenant.live_calls(), 0);
    })
}

fn contact_comes() -> Scenario {
    let mut world = crowd();
    world.quietly(|world| {
        for number in 0..AGENTS {
            world.after(1);
            world.ready(&agent(number));
        }
    });
    Scenario::record(world, |world| {
        let call = world.contact("overflow", 0).expect("a contact");
        assert!(world.tenant.agent_of_call(call).is_some(), "no offer");
    })
}

fn agent_comes() -> Scenario {
    let mut world = crowd();
    world.quietly(|world| {
        world.takes_break(&agent(0));
        for number in 0..WAITING {
            world.after_ms(10);
            let priority = i32::try_from(number % 3).unwrap();
            world.contact("overflow", priority).expect("a contact");
        }
    });
    Scenario::record(world, |world| {
        world.ready(&agent(0));
        let id = AgentId(world.setup.symbol(&agent(0)));
        let status = world.tenant.agent_status(id);
        assert_eq!(status, Some(AgentStatus::Reserved), "no offer");
    })
}

/// The queue `overflow` with many agents and patience.
fn crowd() -> World {
    let setup = Setup::small()
        .with(|setup| {
            let mut members = Vec::new();
            for number in 0..AGENTS {
                let name = agent(number);
                let id = AgentId(setup.config.symbols.intern(&name));
                let endpoint = Endpoint {
                    kind: EndpointKind::TeamsClient,
                    participant: Participant::from_raw_id(format!("8:orgid:{name}")),
                };
                let profile = AgentProfile {
                    display_name: name,
                    skills: BTreeMap::new(),
                    endpoints: vec![endpoint],
                };
                setup.config.agents.insert(id, profile);
                members.push(id);
            }
            let group = GroupId(setup.symbol("backup"));
            setup.config.groups.insert(group, members);
        })
        .queue("overflow", |_, queue| {
            queue.max_wait = Millis::from_secs(3_600)
        });
    World::new(setup)
}

fn agent(number: usize) -> String {
    format!("agent-{number}")
}
