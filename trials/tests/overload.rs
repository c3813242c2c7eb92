//! More calls than can be served: with limits so small that there are too many on any machine, each caller is answered or hears
//! busy, what is rejected is counted and told, and afterwards everybody is served again.

use cordboard::core::Event;
use cordboard::events::{EventCursor, Item};
use cordboard::{AdmissionLimits, ClientLimits, Engine};
use cordboard_clock::Clock;
use cordboard_simulator::script::{
    AgentScript, CallerScript, Choose, EndpointScript, Fate, RawId, RingBehaviour, Role,
};
use cordboard_simulator::{Secret, Simulator, SimulatorConfig, Subscription};
use cordboard_trials::centre::{self, Centre};
use serde_json::json;
use std::time::Duration;

/// Monday, 23 November 2026.
const START_MS: u64 = 1_795_424_400_000;
const AGENTS: usize = 20;
/// They dial at the same moment.
const CROWD: u64 = 120;
/// They dial one by one, once the crowd is served.
const AFTERWARDS: u64 = 20;
const AFTERWARDS_AT_MS: u64 = 600_000;
const AFTERWARDS_EVERY_MS: u64 = 2_000;
/// Longer than this takes on any machine, in real time.
const PATIENCE: Duration = Duration::from_secs(120);

fn caller(number: u64, dial_after_ms: u64) -> CallerScript {
    let name = format!("caller-{number}");
    let mut caller = CallerScript::new(&name, centre::LINE, &format!("4:+1425{number:07}"));
    caller.dial_after_ms = dial_after_ms;
    caller.patience_ms = 3_600_000;
    caller.talk_ms = 5_000;
    caller
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_in_a_crowd_is_answered_or_hears_busy_and_later_callers_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, start) = Clock::warped(START_MS).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut config = SimulatorConfig::new(Secret::new(centre::ACCESS_KEY), 7, clock.clone());
    config.allow_http_callbacks = true;
    let simulator = Simulator::builder(config)
        .bind(([127, 0, 0, 1], 0).into())
        .await
        .unwrap();
    let centre = Centre {
        agents: AGENTS,
        wrap_up_seconds: 0,
        service: &simulator.endpoint(),
        engine: &url,
        journal: json!({ "directory": folder.path().join("journal") }),
        limits: json!({}),
        plugins: None,
    };
    let config = centre.write(folder.path()).unwrap();
    let engine = Engine::builder(centre::compiled(folder.path(), &config).unwrap())
        .clock(clock.clone())
        .admission_limits(AdmissionLimits {
            unanswered_max: 3,
            requests_waiting_max: 8,
        })
        .client_limits(ClientLimits {
            in_flight_max: 2,
            in_flight_urgent_reserve: 1,
            ..ClientLimits::default()
        })
        .build()
        .unwrap();
    tokio::spawn(axum::serve(listener, engine.router()).into_future());
    let subscription = format!("{url}/eventgrid?code={}", centre::EVENT_GRID_SECRET);
    simulator
        .subscribe(Subscription::new(&subscription))
        .await
        .unwrap();
    for number in 0..AGENTS {
        simulator
            .define_agent(AgentScript {
                person: centre::name(number),
                role: Role::Agent,
                endpoints: vec![EndpointScript {
                    identifier: RawId::new(&centre::endpoint(number)),
                    rings: vec![RingBehaviour::answer(1_000)],
                    choose: Choose::InTurn,
                }],
            })
            .unwrap();
        engine
            .agent(&centre::name(number))
            .unwrap()
            .ready()
            .await
            .unwrap();
    }
    for number in 0..CROWD {
        let mut caller = caller(number, 0);
        caller.allowed_fates.insert(Fate::Rejected);
        simulator.place_call(caller).unwrap();
    }
    for number in 0..AFTERWARDS {
        let dials_at = AFTERWARDS_AT_MS + number * AFTERWARDS_EVERY_MS;
        simulator
            .place_call(caller(CROWD + number, dials_at))
            .unwrap();
    }
    drop(start);
    tokio::time::timeout(PATIENCE, simulator.finished())
        .await
        .unwrap();

    let hold = clock.hold();
    let ledger = simulator.ledger();
    let fates = ledger.fates();
    let rejected = fates.get(&Fate::Rejected).copied().unwrap_or_default();
    let talked = fates.get(&Fate::Talked).copied().unwrap_or_default();
    assert_eq!(rejected + talked, CROWD + AFTERWARDS, "{fates:?}");
    assert!(rejected > 0, "the limits were not reached: {fates:?}");
    assert!(
        talked > AFTERWARDS,
        "nobody of the crowd was served: {fates:?}"
    );
    let figures = ledger.figures();
    assert_eq!(
        (
            figures.lost,
            figures.unreached,
            figures.answered_twice,
            figures.offered_twice
        ),
        (0, 0, 0, 0),
        "{figures:?}"
    );
    let statuses = ledger.callers.iter().flat_map(|caller| &caller.deliveries);
    for delivery in statuses {
        assert_eq!(delivery.status, Some(200));
    }
    assert_eq!(engine.shed().calls, rejected);
    assert_eq!(engine.shed().inputs, 0);
    let mut events = engine.events().subscribe(Some(EventCursor::START));
    let mut told = 0;
    while let Some(delivery) = events.try_next() {
        match delivery.item {
            Item::Event(event) => {
                told += u64::from(matches!(event.event, Event::CallRejected { .. }));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(told, rejected);
    drop(hold);
    simulator.shutdown().await;
    tokio::task::spawn_blocking(move || engine.shutdown())
        .await
        .unwrap()
        .unwrap();
}
