//! An hour of calls on a warped clock, over real HTTP, with a small contact centre at the other end.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod centre;

use std::{collections::BTreeSet, time::Duration};

use centre::Centre;
use cordboard_clock::Clock;
use cordboard_simulator::{
    Secret, Simulator, SimulatorConfig, Subscription,
    figures::{Figures, Warnings},
    ledger::Ledger,
    script::{
        AgentScript, CallerScript, Choose, EndpointScript, Fate, MenuAnswer, Phase, PlannedHangUp,
        RawId, RingBehaviour, Role,
    },
};

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const START_MS: u64 = 1_774_000_000_000;
const CALLS: u64 = 120;
const AGENTS: [&str; 5] = ["anna", "bert", "cleo", "dora", "emil"];
/// A simulation that takes longer, in real time, stands still.
const PATIENCE: Duration = Duration::from_secs(240);

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_of_calls_passes_and_everybody_is_served() {
    let ledger = simulate(7).await;
    let figures = ledger.figures();
    let lost = |ledger: &Ledger| -> Vec<_> {
        let callers = ledger.callers.iter();
        let lost =
            callers.filter(|caller| !caller.allowed_fates.contains(&caller.fate(ledger.at.at_ms)));
        lost.map(|caller| {
            (
                caller.name.clone(),
                caller.fate(ledger.at.at_ms),
                caller.clone(),
            )
        })
        .collect()
    };
    assert_eq!(figures.lost, 0, "{:#?}", lost(&ledger));
    assert_eq!(figures.calls, CALLS);
    assert_eq!(
        (
            figures.unreached,
            figures.answered_twice,
            figures.offered_twice
        ),
        (0, 0, 0),
        "{figures:?}"
    );
    assert_eq!(
        (figures.connected_to_voicemail, figures.silence_over_3s),
        (0, 0),
        "{figures:?}"
    );
    assert_eq!(figures.connected + figures.abandoned, CALLS, "{figures:?}");
    assert!(
        figures.connected > CALLS / 2 && figures.abandoned > 5 && figures.rona > 5,
        "{figures:?}"
    );
    assert_eq!(figures.recorded, figures.connected);
    assert!(
        figures
            .webhook_to_answer_ms
            .is_some_and(|ms| ms.p50 > 0.0 && ms.p50 <= ms.p99)
    );
    assert_eq!(ledger.warnings(), Warnings::default());
    let minutes = (ledger.at.at_ms - START_MS) / 60_000;
    assert!((60..90).contains(&minutes), "{minutes} minutes have passed");
    for caller in &ledger.callers {
        let gaps = caller
            .heard
            .windows(2)
            .filter(|pair| pair[0].to_ms != Some(pair[1].from_ms))
            .count();
        assert_eq!(
            gaps, 0,
            "a caller hears something all the time: {caller:#?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_gives_the_same_hour_again() {
    let same = |figures: Figures| Figures {
        webhook_to_answer_ms: None,
        ..figures
    };
    let fates = |ledger: &Ledger| -> Vec<Fate> {
        ledger
            .callers
            .iter()
            .map(|caller| caller.fate(u64::MAX))
            .collect()
    };
    let (one, again) = (simulate(11).await, simulate(11).await);
    assert_eq!(fates(&one), fates(&again));
    assert_eq!(same(one.figures()), same(again.figures()));
}

async fn simulate(seed: u64) -> Ledger {
    let (clock, start) = Clock::warped(START_MS).expect("clock starts");
    let mut config = SimulatorConfig::new(Secret::new(KEY), seed, clock.clone());
    config.allow_http_callbacks = true;
    let simulator = Simulator::builder(config)
        .agents(AGENTS.iter().map(|name| agent(name)))
        .bind(([127, 0, 0, 1], 0).into())
        .await
        .expect("simulator starts");
    let agents = AGENTS.iter().map(|name| identifier(name)).collect();
    let centre = Centre::start(&simulator.endpoint(), KEY, &clock, agents).await;
    simulator
        .subscribe(Subscription::new(&centre.url("/events")))
        .await
        .expect("handshake");
    for number in 0..CALLS {
        simulator.place_call(caller(number)).expect("placed");
    }
    drop(start);
    let finished = tokio::time::timeout(PATIENCE, simulator.finished()).await;
    assert!(
        finished.is_ok(),
        "{:?} held by {:?}",
        simulator.progress(),
        clock.holders()
    );
    let ledger = simulator.ledger();
    simulator.shutdown().await;
    ledger
}

fn identifier(person: &str) -> String {
    format!("8:orgid:{person}")
}

fn agent(person: &str) -> AgentScript {
    let rings = vec![
        RingBehaviour::answer(2_000),
        RingBehaviour::Answer {
            after_ms: 4_000,
            press: None,
            talk_ms: Some(40_000),
        },
        RingBehaviour::answer(6_000),
        RingBehaviour::Decline { after_ms: 3_000 },
        RingBehaviour::NoAnswer,
    ];
    let endpoint = EndpointScript {
        identifier: RawId::new(&identifier(person)),
        rings,
        choose: Choose::AtRandom,
    };
    AgentScript {
        person: person.to_owned(),
        role: Role::Agent,
        endpoints: vec![endpoint],
    }
}

/// One caller every half a minute; every fourth gives up somewhere.
fn caller(number: u64) -> CallerScript {
    let mut script = CallerScript::new(
        &format!("caller-{number}"),
        "28:orgid:sales",
        &format!("4:+1425555{number:04}"),
    );
    script.dial_after_ms = number * 30_000;
    script.talk_ms = 50_000 + number % 7 * 5_000;
    script.menu = vec![MenuAnswer::keys("1")];
    let phases = [
        Phase::Ringing,
        Phase::Greeting,
        Phase::Menu,
        Phase::Queue,
        Phase::Offering,
    ];
    if number % 4 == 3 {
        let phase = phases[usize::try_from(number / 4).unwrap() % phases.len()];
        let after_ms = if phase == Phase::Ringing { 0 } else { 500 };
        script.hang_up = Some(PlannedHangUp { phase, after_ms });
        // Whoever is rung as soon as the queue is entered makes an offer of it.
        script.allowed_fates = BTreeSet::from([Fate::abandoned(phase)]);
        if phase == Phase::Queue {
            script.allowed_fates.insert(Fate::AbandonedOffering);
        }
        if phase == Phase::Offering {
            script.allowed_fates.insert(Fate::AbandonedQueue);
        }
        if phase == Phase::Greeting {
            script.allowed_fates.insert(Fate::AbandonedMenu);
        }
    }
    script
}
