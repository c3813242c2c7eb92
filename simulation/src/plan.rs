//! What a batch consists of, drawn from its seed before anything happens.

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

/// How often each thing goes wrong, of a thousand times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// A callback never arrives.
    pub callback_lost: u32,
    /// A callback arrives twice.
    pub callback_doubled: u32,
    /// A callback arrives up to 20 s late, behind others.
    pub callback_late: u32,
    /// An IncomingCall event does not arrive; Event Grid hears no answer and tries again.
    pub incoming_lost: u32,
    /// An IncomingCall event arrives up to 15 s late.
    pub incoming_late: u32,
    /// An IncomingCall event arrives twice, the second time up to 40 s later, when the caller may be gone.
    pub incoming_doubled: u32,
    /// An IncomingCall event arrives, but Event Grid does not hear that it did and tries again.
    pub incoming_unheard: u32,
    /// A request is answered 429 with `Retry-After`.
    pub throttled: u32,
    /// A request is answered 500 or 503 and has no effect.
    pub broken: u32,
    /// A request is answered 500, 502 or 504 and has its effect.
    pub broken_after: u32,
    /// A request is never answered and has no effect.
    pub hanging: u32,
    /// A request has its effect, and its answer is lost.
    pub answer_lost: u32,
    /// No connection can be made.
    pub unreachable: u32,
    /// An agent who has declined is reported as added.
    pub wrong_outcome: u32,
    /// A plugin fails.
    pub plugin_failed: u32,
    /// A plugin answers later than the engine waits.
    pub verdict_late: u32,
    /// A plugin never answers.
    pub verdict_lost: u32,
    /// A plugin's advice makes no sense.
    pub verdict_odd: u32,
    /// After an input the disk takes up to 300 ms to make it and what follows durable.
    pub slow_disk: u32,
}

impl Faults {
    /// Nothing goes wrong.
    pub const NONE: Self = Self {
        callback_lost: 0,
        callback_doubled: 0,
        callback_late: 0,
        incoming_lost: 0,
        incoming_late: 0,
        incoming_doubled: 0,
        incoming_unheard: 0,
        throttled: 0,
        broken: 0,
        broken_after: 0,
        hanging: 0,
        answer_lost: 0,
        unreachable: 0,
        wrong_outcome: 0,
        plugin_failed: 0,
        verdict_late: 0,
        verdict_lost: 0,
        verdict_odd: 0,
        slow_disk: 0,
    };

    /// Every rate, with its name.
    pub(crate) fn rates(&mut self) -> [(&'static str, &mut u32); 19] {
        [
            ("callback_lost", &mut self.callback_lost),
            ("callback_doubled", &mut self.callback_doubled),
            ("callback_late", &mut self.callback_late),
            ("incoming_lost", &mut self.incoming_lost),
            ("incoming_late", &mut self.incoming_late),
            ("incoming_doubled", &mut self.incoming_doubled),
            ("incoming_unheard", &mut self.incoming_unheard),
            ("throttled", &mut self.throttled),
            ("broken", &mut self.broken),
            ("broken_after", &mut self.broken_after),
            ("hanging", &mut self.hanging),
            ("answer_lost", &mut self.answer_lost),
            ("unreachable", &mut self.unreachable),
            ("wrong_outcome", &mut self.wrong_outcome),
            ("plugin_failed", &mut self.plugin_failed),
            ("verdict_late", &mut self.verdict_late),
            ("verdict_lost", &mut self.verdict_lost),
            ("verdict_odd", &mut self.verdict_odd),
            ("slow_disk", &mut self.slow_disk),
        ]
    }

    /// Each batch has faults of its own: many kinds at once hide what one alone would show.
    fn draw(random: &mut Rng) -> Self {
        let mut faults = Self::NONE;
        for (_, rate) in faults.rates() {
            if random.u8(..3) == 0 {
                *rate = random.u32(1..=30);
            }
        }
        faults
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self::NONE
    }
}

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
    /// What goes wrong.
    pub faults: Faults,
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
        let (mut drawn, mut crashes) = (Faults::NONE, Vec::new());
        if faults {
            drawn = Faults::draw(&mut random);
            for _ in 0..random.u64(..=CRASHES_MAX) {
                crashes.push(random.u64(1..=u64::from(calls.max(1)) * STEPS_PER_CALL));
            }
            crashes.sort_unstable();
        }
        Self {
            seed,
            callers,
            people,
            behaviour,
            faults: drawn,
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
