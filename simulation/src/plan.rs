//! What a batch consists of, drawn from its seed before anything happens.

use crate::faults::{Faults, Spell};
use cordboard_core::Config;
use cordboard_core::config::{AgentProfile, Exit, MenuAction, ResourceAccount};
use cordboard_core::question::EndpointKind;
use cordboard_simulator::Behaviour;
use cordboard_simulator::script::{
    AgentScript, CallerScript, Card, Choose, EndpointScript, Fate, MenuAnswer, Phase,
    PlannedHangUp, RawId, RingBehaviour, Role,
};
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Calls of one batch; the last one of a run may have fewer.
pub const CALLS_PER_BATCH: u32 = 500;

/// A card number of the kind that payment networks reserve for tests.
const TEST_CARD: &str = "4111111111111111";
/// Callers come this far apart on average, in milliseconds.
const SPACING_MS: u64 = 2_600;
/// Callers without a reason to give up wait this long: longer than any queue lets them.
const PATIENCE_MS: u64 = 1_800_000;
/// Inputs that a call leads to, roughly: crashes are spread over so many.
const STEPS_PER_CALL: u64 = 24;
/// Crashes of one batch at most.
const CRASHES_MAX: u64 = 5;

/// A batch: everything that is decided before it is played.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// Of everything that is decided while it is played.
    pub seed: u64,
    /// Who calls.
    pub callers: Vec<CallerScript>,
    /// Who is rung, and what they do then.
    pub people: Vec<AgentScript>,
    /// What the service does where its documents are silent.
    pub behaviour: Behaviour,
    /// What goes wrong all the time.
    pub faults: Faults,
    /// When more goes wrong.
    pub spells: Vec<Spell>,
    /// After which steps of the engine its process dies.
    pub crashes: Vec<u64>,
}

impl Plan {
    /// Draws batch `number` of a run. Without `faults` nothing goes wrong but people.
    #[must_use]
    pub fn draw(config: &Config, seed: u64, number: u64, calls: u32, faults: bool) -> Self {
        let mut random = Rng::with_seed(mix(seed, number));
        let seed = random.u64(..);
        let callers = callers(config, calls, &mut random);
        let people = people(config);
        let behaviour = Behaviour {
            callback_retry_ms: Vec::new(),
            repeatability: random.bool(),
            events_in_order: !faults || random.bool(),
            cancelled_add_fails: random.bool(),
            context_bytes: 64,
            ..Behaviour::default()
        };
        let last_ms = callers.iter().map(|caller| caller.dial_after_ms).max();
        let (mut drawn, mut crashes, mut spells) = (Faults::NONE, Vec::new(), Vec::new());
        if faults {
            drawn = Faults::draw(&mut random);
            for _ in 0..random.u64(..=CRASHES_MAX) {
                crashes.push(random.u64(1..=u64::from(calls.max(1)) * STEPS_PER_CALL));
            }
            crashes.sort_unstable();
            spells = Spell::draw(last_ms.unwrap_or_default(), &mut random);
        }
        Self {
            seed,
            callers,
            people,
            behaviour,
            faults: drawn,
            spells,
            crashes,
        }
    }
}

/// The seed of one batch.
fn mix(seed: u64, number: u64) -> u64 {
    // SplitMix64: neighbours have nothing in common.
    let mut z = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn callers(config: &Config, calls: u32, random: &mut Rng) -> Vec<CallerScript> {
    let lines: Vec<&ResourceAccount> = config.resource_accounts.values().collect();
    let mut callers = Vec::new();
    let mut dials_at = 2_000;
    for number in 0..calls {
        let mut chance = Rng::with_seed(random.u64(..));
        if let Some(line) = lines.get(chance.usize(..lines.len().max(1))) {
            callers.push(caller(number, dials_at, line, &mut chance));
        }
        dials_at += random.u64(0..=2 * SPACING_MS);
    }
    callers
}

fn caller(number: u32, dials_at: u64, line: &ResourceAccount, chance: &mut Rng) -> CallerScript {
    let name = format!("caller-{number:04}");
    let from = format!("4:+1425557{number:04}");
    let mut script = CallerScript::new(&name, line.identity.raw_id(), &from);
    script.dial_after_ms = dials_at;
    script.patience_ms = PATIENCE_MS;
    script.talk_ms = chance.u64(2_000..25_000);
    script.allowed_fates = served();
    let queue_digits: Vec<char> = line
        .menu
        .iter()
        .flat_map(|menu| &menu.options)
        .filter(|(_, action)| matches!(action, MenuAction::Queue(_)))
        .map(|(digit, _)| *digit)
        .collect();
    let choice: String = queue_digits
        .get(chance.usize(..queue_digits.len().max(1)))
        .map(char::to_string)
        .unwrap_or_default();
    script.menu = vec![MenuAnswer::keys(&choice)];
    match chance.u32(..100) {
        // Says nothing to the menu.
        0..8 => script.menu = Vec::new(),
        // Presses a key that means nothing, then a good one.
        8..14 => script.menu = vec![MenuAnswer::keys("7"), MenuAnswer::keys(&choice)],
        // Does not want to be recorded.
        14..20 => script.menu = vec![MenuAnswer::keys("9"), MenuAnswer::keys(&choice)],
        // Pays by card.
        20..28 => {
            script.talk_ms = script.talk_ms.max(40_000);
            script.card = Some(Card {
                digits: TEST_CARD.to_owned(),
                delay_ms: 1_500,
                between_ms: 250,
            });
        }
        // Has little patience.
        28..40 => {
            script.patience_ms = chance.u64(500..60_000);
            script.allowed_fates.extend(gave_up());
        }
        // Hangs up at some point, whatever happens.
        40..58 => {
            let phases = [
                Phase::Ringing,
                Phase::Greeting,
                Phase::Menu,
                Phase::Queue,
                Phase::Offering,
                Phase::Talking,
            ];
            let phase = phases
                .get(chance.usize(..phases.len()))
                .copied()
                .unwrap_or(Phase::Queue);
            let after_ms = chance.u64(0..6_000);
            script.hang_up = Some(PlannedHangUp { phase, after_ms });
            script.allowed_fates.extend(gave_up());
        }
        _ => {}
    }
    script
}

/// How a call may end for a caller who waits as long as it takes: an agent, or a queue's exit.
fn served() -> BTreeSet<Fate> {
    BTreeSet::from([
        Fate::Talked,
        Fate::Dismissed,
        Fate::LeftMessage,
        Fate::Diverted,
    ])
}

fn gave_up() -> [Fate; 5] {
    [
        Fate::AbandonedRinging,
        Fate::AbandonedGreeting,
        Fate::AbandonedMenu,
        Fate::AbandonedQueue,
        Fate::AbandonedOffering,
    ]
}

fn people(config: &Config) -> Vec<AgentScript> {
    let mut people: Vec<AgentScript> = config
        .agents
        .iter()
        .map(|(id, profile)| agent(config.symbols.name(id.0), profile))
        .collect();
    let numbers: BTreeSet<&str> = config
        .queues
        .values()
        .flat_map(|queue| {
            [
                &queue.exits.max_wait,
                &queue.exits.no_agents,
                &queue.exits.closed,
            ]
        })
        .filter_map(exit_number)
        .collect();
    people.extend((1..).zip(numbers).map(|(number, raw_id)| AgentScript {
        person: format!("outside-{number}"),
        role: Role::Outside,
        endpoints: vec![EndpointScript {
            identifier: RawId::new(raw_id),
            rings: vec![RingBehaviour::answer(4_000)],
            choose: Choose::InTurn,
        }],
    }));
    people
}

fn exit_number(exit: &Exit) -> Option<&str> {
    match exit {
        Exit::Number { who, .. } => Some(who.raw_id()),
        Exit::Message(_) | Exit::Queue(_) | Exit::Voicemail { .. } => None,
    }
}

fn agent(name: &str, profile: &AgentProfile) -> AgentScript {
    let endpoints = profile.endpoints.iter().map(|endpoint| EndpointScript {
        identifier: RawId::new(endpoint.participant.raw_id()),
        rings: rings(endpoint.kind),
        choose: Choose::AtRandom,
    });
    AgentScript {
        person: name.to_owned(),
        role: Role::Agent,
        endpoints: endpoints.collect(),
    }
}

/// Most rings are answered; some are declined, some ring out, and a phone may have a voicemail.
fn rings(kind: EndpointKind) -> Vec<RingBehaviour> {
    let mut rings: Vec<RingBehaviour> = [400, 1_000, 1_500, 2_000, 2_500, 3_000, 4_000, 6_000]
        .map(RingBehaviour::answer)
        .to_vec();
    rings.push(RingBehaviour::Answer {
        after_ms: 1_200,
        press: None,
        talk_ms: Some(3_000),
    });
    rings.push(RingBehaviour::NoAnswer);
    match kind {
        EndpointKind::TeamsClient | EndpointKind::CallingSdk => {
            rings.push(RingBehaviour::Decline { after_ms: 2_000 });
        }
        EndpointKind::Pstn => rings.push(RingBehaviour::Voicemail { after_ms: 7_000 }),
    }
    rings
}
