//! Plugins that cannot be loaded, and versions on trial: calls flow, one event tells, nothing else stops.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use cordboard::driver::{DecisionRecord, Evidence, RecordBody};
use cordboard::events::{EventCursor, Item, Subscription};
use cordboard::{Contact, Engine};
use cordboard_core::Event;
use cordboard_core::decision::DecidedBy;
use cordboard_core::event::PluginChange;
use cordboard_journal::{Limits, decode_payload, open_records};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use support::{compiled, next};

fn plugins() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::env::var_os("CORDBOARD_PLUGINS").map_or_else(|| root.join("target/plugins"), PathBuf::from)
}

fn ranking(german: i64) -> Value {
    json!({ "default": { "level": "higher", "skills": { "chat": 3, "german": german }, "idle_minute": 0 } })
}

/// An engine with two queues, each with a slot of its own, in a folder.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let desk = Self { folder };
        for name in ["tried.wasm", "other.wasm"] {
            desk.copy("skill-match.wasm", name);
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn copy(&self, plugin: &str, name: &str) {
        std::fs::copy(plugins().join(plugin), self.path(name)).unwrap();
    }

    fn break_file(&self, name: &str) {
        std::fs::write(self.path(name), "this is no component").unwrap();
    }

    /// `more` is set in the slot `tried`.
    fn config(&self, more: &Value) -> String {
        let exits = json!({ "max_wait": { "end": true }, "no_agents": { "end": true }, "closed": { "end": true } });
        let queue = |slot: &str| {
            json!({
                "requirements": [{ "skill": "chat" }, { "skill": "german", "required": false }],
                "groups": [{ "group": "desk" }], "skill_match": slot, "max_wait_seconds": 600, "exits": exits
            })
        };
        let slot = |file: &str| {
            json!({
                "file": self.path(file), "config": ranking(2),
                "limits": { "time_ms": 1_000, "load_seconds": 600 }
            })
        };
        let mut tried = slot("tried.wasm");
        tried
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({
            "version": 1, "tenant": "rollout",
            "queues": { "tried": queue("tried"), "other": queue("other") },
            "groups": { "desk": ["anna", "ben"] },
            "agents": {
                "anna": { "skills": { "chat": 80, "german": 1 } },
                "ben": { "skills": { "chat": 40, "german": 50 } }
            },
            "plugins": { "tried": tried, "other": slot("other.wasm") }
        })
        .to_string()
    }

    fn start(&self, more: &Value) -> Engine {
        let engine = Engine::builder(compiled(&self.config(more)))
            .journal_in(self.path("journal"))
            .build()
            .unwrap();
        for agent in ["anna", "ben"] {
            engine.agent(agent).unwrap().ready().wait().unwrap();
        }
        engine
    }

    /// Ends the engine and returns who decided in a queue, with what is known of it.
    fn decided(&self, engine: &Engine, queue: &str) -> Vec<(DecidedBy, Option<Evidence>)> {
        let queue = engine.config().symbols.find(queue).unwrap();
        engine.shutdown().unwrap();
        let records = open_records(&self.path("journal"), &Limits::default());
        let records = records.unwrap().records;
        let page = records.after(None, 10_000).unwrap();
        let bodies = page.iter().map(|record| decode_payload(&record.payload));
        let decisions = bodies.filter_map(|body| match body.unwrap() {
            RecordBody::Decision(decision) => Some(*decision),
            _ => None,
        });
        decisions
            .filter(|record: &DecisionRecord| record.decision.queue.0 == queue)
            .map(|record| {
                let evidence = record.consultation.and_then(|asked| asked.evidence);
                (record.decision.by, evidence)
            })
            .collect()
    }
}

/// Lets contacts come one after the other; each is talked to.
fn serve(engine: &Engine, queue: &str, contacts: std::ops::Range<usize>) {
    let mut events = engine.events().subscribe(None);
    for contact in contacts {
        let contact = Contact::new(format!("{queue}-{contact}"), queue);
        let call = engine.submit_contact(contact).unwrap().wait().unwrap();
        let (offer, agent) = next(&mut events, |event| match event {
            Event::OfferIssued { offer, agent, .. } if offer.call == call => Some((*offer, *agent)),
            _ => None,
        });
        let config = engine.config();
        let agent = engine.agent(config.symbols.name(agent.0)).unwrap();
        agent.accept(offer).wait().unwrap();
        agent.call(call).end().wait().unwrap();
        agent.wrap_up_done().wait().ok();
    }
}

/// All that was told of plugins so far.
fn told(engine: &Engine) -> Vec<(String, PluginChange, String)> {
    // What is told from another thread comes before the answer to this.
    engine.overview().wait().unwrap();
    let mut events: Subscription = engine.events().subscribe(Some(EventCursor::START));
    let mut found = Vec::new();
    while let Some(delivery) = events.wait_for(std::time::Duration::ZERO) {
        if let Item::Event(event) = delivery.item
            && let Event::PluginChanged {
                plugin,
                change,
                detail,
            } = &event.event
        {
            let slot = engine.config().symbols.name(plugin.0).to_owned();
            found.push((slot, *change, detail.clone()));
        }
    }
    found
}

fn is_by_plugin(by: &DecidedBy) -> bool {
    matches!(by, DecidedBy::Plugin(_))
}

fn is_candidate(evidence: &Option<Evidence>) -> bool {
    evidence.as_ref().unwrap().candidate
}

#[test]
fn one_that_cannot_be_loaded_at_the_start_leaves_its_calls_to_the_native_rule() {
    let desk = Desk::new();
    desk.break_file("tried.wasm");
    let engine = desk.start(&json!({}));
    serve(&engine, "tried", 0..3);
    serve(&engine, "other", 0..3);
    let told = told(&engine);
    let [(slot, PluginChange::Refused, detail)] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(slot, "tried");
    assert!(
        detail.contains("not a WebAssembly component")
            && detail.ends_with("; its decisions fall back"),
        "{detail}"
    );
    let tried = desk.decided(&engine, "tried");
    assert_eq!(tried.len(), 3);
    assert!(
        tried
            .iter()
            .all(|(by, _)| matches!(by, DecidedBy::Fallback(..)))
    );
}

#[test]
fn one_that_cannot_be_loaded_at_a_reload_leaves_its_calls_to_the_version_of_before() {
    let desk = Desk::new();
    let engine = desk.start(&json!({}));
    serve(&engine, "tried", 0..2);
    desk.break_file("tried.wasm");
    engine.reload(compiled(&desk.config(&json!({})))).unwrap();
    serve(&engine, "tried", 2..5);
    serve(&engine, "other", 0..3);
    // Without a signature the same bytes as before will not do.
    desk.copy("skill-match.wasm", "tried.wasm");
    let key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    let signed = desk.config(&json!({ "public_key": key }));
    engine.reload(compiled(&signed)).unwrap();
    serve(&engine, "tried", 5..7);

    let told = told(&engine);
    let details: Vec<&str> = told
        .iter()
        .map(|(slot, change, detail)| {
            assert_eq!((slot.as_str(), *change), ("tried", PluginChange::Refused));
            detail.as_str()
        })
        .collect();
    let [broken, unsigned] = details.as_slice() else {
        panic!("{told:?}");
    };
    assert!(broken.ends_with(" goes on deciding"), "{broken}");
    assert!(
        unsigned.contains("not signed by the configured key"),
        "{unsigned}"
    );
    let tried = desk.decided(&engine, "tried");
    assert_eq!(tried.len(), 7);
    assert!(tried.iter().all(|(by, _)| is_by_plugin(by)), "{tried:?}");
}

#[test]
fn a_candidate_that_cannot_be_loaded_leaves_all_calls_to_the_version_of_before() {
    let desk = Desk::new();
    desk.break_file("new.wasm");
    let candidate = json!({ "file": desk.path("new.wasm"), "canary": [{ "percent": 100 }] });
    let engine = desk.start(&json!({ "candidate": candidate }));
    serve(&engine, "tried", 0..3);
    serve(&engine, "other", 0..3);
    let told = told(&engine);
    assert!(
        matches!(told.as_slice(), [(slot, PluginChange::CandidateRefused, _)] if slot == "tried"),
        "{told:?}"
    );
    let status = engine.plugins();
    let status = status.iter().find(|slot| slot.slot == "tried").unwrap();
    assert!(status.candidate.as_ref().unwrap().problem.is_some());
    let tried = desk.decided(&engine, "tried");
    assert_eq!(tried.len(), 3);
    assert!(
        tried
            .iter()
            .all(|(by, evidence)| is_by_plugin(by) && !is_candidate(evidence))
    );
}

#[test]
fn a_candidate_that_fails_costs_no_decision_and_is_taken_back() {
    let desk = Desk::new();
    desk.copy("hostile/trapping.wasm", "new.wasm");
    let candidate = json!({
        "file": desk.path("new.wasm"), "canary": [{ "percent": 100 }]
    });
    let engine = desk.start(&json!({ "candidate": candidate }));
    // The breaker opens after five failures in a row.
    serve(&engine, "tried", 0..8);
    let told = told(&engine);
    let changes: Vec<PluginChange> = told.iter().map(|(_, change, _)| *change).collect();
    assert_eq!(
        changes,
        [PluginChange::CandidateStep, PluginChange::CandidateStopped],
        "{told:?}"
    );
    // The same candidate stays away, also after a reload.
    let same = compiled(&desk.config(&json!({ "candidate": candidate })));
    engine.reload(same).unwrap();
    serve(&engine, "tried", 8..10);
    let tried = desk.decided(&engine, "tried");
    assert_eq!(tried.len(), 10);
    for (number, (by, evidence)) in tried.iter().enumerate() {
        assert!(is_by_plugin(by) && !is_candidate(evidence), "{number}");
        let detail = &evidence.as_ref().unwrap().detail;
        assert_eq!(
            detail.contains("the candidate"),
            number < 5,
            "{number}: {detail}"
        );
    }
}

#[test]
fn a_candidate_decides_for_its_share_and_is_compared_in_the_rest() {
    let desk = Desk::new();
    let candidate = |shadow: u32, canary: Value| {
        json!({ "candidate": {
            "file": desk.path("tried.wasm"), "config": ranking(4),
            "shadow_percent": shadow, "canary": canary
        } })
    };
    let engine = desk.start(&candidate(100, json!([])));
    serve(&engine, "tried", 0..10);
    support::eventually(|| {
        let status = engine.plugins();
        let status = status.iter().find(|slot| slot.slot == "tried").unwrap();
        let trial = status.candidate.as_ref().unwrap();
        trial.compared.values().sum::<u64>() == 10 && trial.unasked == 0
    });
    let told = told(&engine);
    assert!(
        matches!(told.as_slice(), [(_, PluginChange::Compared, detail)] if detail.starts_with("of 10: ")),
        "{told:?}"
    );

    let half = compiled(&desk.config(&candidate(0, json!([{ "percent": 50 }]))));
    engine.reload(half).unwrap();
    serve(&engine, "tried", 10..50);
    let tried = desk.decided(&engine, "tried");
    assert_eq!(tried.len(), 50);
    assert!(tried.iter().all(|(by, _)| is_by_plugin(by)));
    let by_candidate = |range: &[(DecidedBy, Option<Evidence>)]| {
        range
            .iter()
            .filter(|(_, evidence)| is_candidate(evidence))
            .count()
    };
    assert_eq!(by_candidate(&tried[..10]), 0, "a shadow has no effect");
    let canary = by_candidate(&tried[10..]);
    assert!((8..=32).contains(&canary), "{canary} of 40");
}
