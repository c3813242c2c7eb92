//! Who calls in a demo, and how the agents behave when they are rung: a mix of ordinary life, drawn
//! from the seed. People and lines are those of the configuration.

use cordboard::core::Config;
use cordboard::core::config::{AgentProfile, Exit, MenuAction, ResourceAccount};
use cordboard::core::question::EndpointKind;
use cordboard_simulator::script::{
    AgentScript, CallerScript, Card, Choose, EndpointScript, Fate, MenuAnswer, Phase,
    PlannedHangUp, RawId, RingBehaviour, Role,
};
use std::collections::BTreeSet;

/// A card number of the kind that payment networks reserve for tests.
pub(crate) const TEST_CARD: &str = "4111111111111111";

/// Callers come this far apart on average, in milliseconds.
const SPACING_MS: u64 = 9_000;
/// Callers without a reason to give up wait this long: longer than any queue lets them.
const PATIENCE_MS: u64 = 1_800_000;

/// The people of a demo.
pub(crate) struct Scripts {
    pub(crate) callers: Vec<CallerScript>,
    pub(crate) agents: Vec<AgentScript>,
}

/// Draws the people of a demo from a seed.
pub(crate) fn draw(config: &Config, calls: u32, seed: u64) -> Scripts {
    let mut random = fastrand::Rng::with_seed(seed);
    let lines: Vec<&ResourceAccount> = config.resource_accounts.values().collect();
    let mut callers = Vec::new();
    let mut dials_at = 0;
    for number in 0..calls {
        // Every caller has a stream of chances of their own: one more caller changes nobody else.
        let mut chance = fastrand::Rng::with_seed(random.u64(..));
        if let Some(line) = lines.get(chance.usize(..lines.len().max(1))) {
            callers.push(caller(number, dials_at, line, &mut chance));
        }
        dials_at += chance.u64(0..=2 * SPACING_MS);
    }
    let mut agents: Vec<AgentScript> = config
        .agents
        .iter()
        .map(|(id, profile)| agent(config.symbols.name(id.0), profile))
        .collect();
    agents.extend(outside(config));
    Scripts { callers, agents }
}

fn caller(
    number: u32,
    dials_at: u64,
    line: &ResourceAccount,
    chance: &mut fastrand::Rng,
) -> CallerScript {
    let name = format!("caller-{number:04}");
    let from = format!("4:+1425557{number:04}");
    let mut script = CallerScript::new(&name, line.identity.raw_id(), &from);
    script.dial_after_ms = dials_at;
    script.patience_ms = PATIENCE_MS;
    script.talk_ms = chance.u64(20_000..90_000);
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
        0..6 => script.menu = Vec::new(),
        // Presses a key that means nothing, then a good one.
        6..10 => script.menu = vec![MenuAnswer::keys("7"), MenuAnswer::keys(&choice)],
        // Does not want to be recorded.
        10..16 => script.menu = vec![MenuAnswer::keys("9"), MenuAnswer::keys(&choice)],
        // Pays by card.
        16..26 => {
            script.talk_ms = script.talk_ms.max(60_000);
            script.card = Some(Card {
                digits: TEST_CARD.to_owned(),
                delay_ms: 1_500,
                between_ms: 250,
            });
        }
        // Has little patience.
        26..34 => {
            script.patience_ms = chance.u64(8_000..40_000);
            script.allowed_fates.extend(gave_up());
        }
        // Hangs up at some point, whatever happens.
        34..46 => {
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
            let after_ms = if phase == Phase::Ringing {
                0
            } else {
                chance.u64(0..3_000)
            };
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

fn agent(name: &str, profile: &AgentProfile) -> AgentScript {
    let endpoints = profile
        .endpoints
        .iter()
        .map(|endpoint| EndpointScript {
            identifier: RawId::new(endpoint.participant.raw_id()),
            rings: rings(endpoint.kind),
            choose: Choose::AtRandom,
        })
        .collect();
    AgentScript {
        person: name.to_owned(),
        role: Role::Agent,
        endpoints,
    }
}

/// Most rings are answered; some are declined, some ring out, and a phone may have a voicemail.
fn rings(kind: EndpointKind) -> Vec<RingBehaviour> {
    let mut rings: Vec<RingBehaviour> = [1_500, 2_000, 2_500, 3_000, 4_000, 5_000, 6_000, 8_000]
        .map(RingBehaviour::answer)
        .to_vec();
    rings.push(RingBehaviour::NoAnswer);
    match kind {
        EndpointKind::TeamsClient | EndpointKind::CallingSdk => {
            rings.push(RingBehaviour::Decline { after_ms: 3_000 });
        }
        EndpointKind::Pstn => rings.push(RingBehaviour::Voicemail { after_ms: 7_000 }),
    }
    rings
}

fn otherwise(exit: &Exit) -> Option<&Exit> {
    match exit {
        Exit::Number { otherwise, .. } => otherwise.as_deref(),
        Exit::Message(_) | Exit::Queue(_) | Exit::Voicemail { .. } => None,
    }
}

/// The numbers that exits lead to.
fn outside(config: &Config) -> Vec<AgentScript> {
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
        .flat_map(|exit| std::iter::successors(Some(exit), |exit| otherwise(exit)))
        .filter_map(|exit| match exit {
            Exit::Number { who, .. } => Some(who.raw_id()),
            Exit::Message(_) | Exit::Queue(_) | Exit::Voicemail { .. } => None,
        })
        .collect();
    (1..)
        .zip(numbers)
        .map(|(number, raw_id)| AgentScript {
            person: format!("outside-{number}"),
            role: Role::Outside,
            endpoints: vec![EndpointScript {
                identifier: RawId::new(raw_id),
                rings: vec![RingBehaviour::answer(4_000)],
                choose: Choose::InTurn,
            }],
        })
        .collect()
}
