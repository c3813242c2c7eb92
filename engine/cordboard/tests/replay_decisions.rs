//! Recorded decisions, asked anew: the same plugin says the same, another configuration changes just
//! what it must.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use cordboard::driver::{DecisionRecord, RecordBody};
use cordboard::events::EventCursor;
use cordboard::{
    Contact, DecisionReplay, Difference, DifferenceClass, EXAMPLES_PER_CLASS, Engine, ReplayWith,
};
use cordboard_core::Event;
use cordboard_core::ids::SkillId;
use cordboard_core::question::{Advice, Facts, SkillMatchFacts};
use cordboard_journal::{Limits, decode_payload, open_records};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use support::{compiled, next};

/// Contacts of the test. Their decisions differ by who is busy at the moment.
const CONTACTS: usize = 150;
/// Calls that go on at the same time.
const TALKING: usize = 5;
/// Agents that the plugin ranks, unless its configuration says otherwise.
const BEST: usize = 4;

fn skill_match() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::env::var_os("CORDBOARD_PLUGINS")
        .map_or_else(|| root.join("target/plugins"), PathBuf::from)
        .join("skill-match.wasm")
}

fn plugin_config(german: i64) -> Value {
    json!({ "default": { "level": "higher", "skills": { "chat": 3, "german": german }, "idle_minute": 0 } })
}

fn config() -> String {
    let exits = json!({ "max_wait": { "end": true }, "no_agents": { "end": true }, "closed": { "end": true } });
    let queue = |requirements: Value| {
        json!({
            "requirements": requirements, "groups": [{ "group": "desk" }], "skill_match": "rank",
            "max_wait_seconds": 600, "exits": exits
        })
    };
    let agents: BTreeMap<String, Value> = (0..12)
        .map(|number| {
            let (chat, german) = (40 + number * 37 % 50, number * 29 % 60);
            let skills = json!({ "chat": chat, "german": german.max(1) });
            (format!("agent-{number:02}"), json!({ "skills": skills }))
        })
        .collect();
    let desk: Vec<&String> = agents.keys().collect();
    json!({
        "version": 1, "tenant": "replay",
        "queues": {
            "wishes": queue(json!([{ "skill": "chat" }, { "skill": "german", "minimum": 20, "required": false }])),
            "plain": queue(json!([{ "skill": "chat" }]))
        },
        "groups": { "desk": desk }, "agents": agents,
        "plugins": { "rank": { "file": skill_match(), "config": plugin_config(2), "limits": { "time_ms": 1_000 } } }
    })
    .to_string()
}

/// Lets contacts come and go.
fn record(engine: &Engine, contacts: std::ops::Range<usize>) {
    let mut events = engine.events().subscribe(Some(EventCursor::START));
    let config = engine.config();
    for agent in config.agents.keys() {
        let name = config.symbols.name(agent.0);
        engine.agent(name).unwrap().ready().wait().unwrap();
    }
    let mut talking = VecDeque::new();
    for contact in contacts {
        let queue = if contact % 3 == 0 { "plain" } else { "wishes" };
        let contact = Contact::new(format!("contact-{contact}"), queue);
        let call = engine.submit_contact(contact).unwrap().wait().unwrap();
        let (offer, agent) = next(&mut events, |event| match event {
            Event::OfferIssued { offer, agent, .. } if offer.call == call => Some((*offer, *agent)),
            _ => None,
        });
        let agent = engine.agent(config.symbols.name(agent.0)).unwrap();
        agent.accept(offer).wait().unwrap();
        talking.push_back((agent, call));
        if talking.len() == TALKING {
            let (agent, call) = talking.pop_front().unwrap();
            agent.call(call).end().wait().unwrap();
            agent.wrap_up_done().wait().ok();
        }
    }
    for (agent, call) in talking {
        agent.call(call).end().wait().unwrap();
        agent.wrap_up_done().wait().ok();
    }
}

fn decisions(folder: &Path) -> Vec<(String, DecisionRecord)> {
    let records = open_records(folder, &Limits::default()).unwrap().records;
    let mut found = Vec::new();
    let mut last = None;
    loop {
        let page = records.after(last, 100).unwrap();
        let Some(newest) = page.last() else {
            return found;
        };
        last = Some(newest.id);
        for record in &page {
            let body: RecordBody = decode_payload(&record.payload).unwrap();
            if let RecordBody::Decision(decision) = body {
                found.push((record.id.to_string(), *decision));
            }
        }
    }
}

/// Ranks as the plugin's README says: index, score, reason.
fn rank(facts: &SkillMatchFacts, weights: &BTreeMap<SkillId, i64>) -> Vec<(u32, i64, u32)> {
    let columns = facts.requirements.len();
    let mut rows: Vec<(u32, i64, u32)> = (0..)
        .zip(facts.levels.chunks(columns))
        .map(|(index, levels)| {
            let mut row = (index, 0, 1);
            for (requirement, &level) in facts.requirements.iter().zip(levels) {
                if level < requirement.minimum {
                    row.2 = 2;
                } else {
                    row.1 += weights[&requirement.skill] * i64::from(level);
                }
            }
            row
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.1));
    rows.truncate(BEST);
    rows
}

fn replayed(folder: &Path, with: ReplayWith<'_>) -> (DecisionReplay, Vec<Difference>) {
    let mut replay = DecisionReplay::open(folder, with).unwrap();
    let mut differences = Vec::new();
    replay
        .go_on(|difference| differences.push(difference.clone()))
        .unwrap();
    (replay, differences)
}

#[test]
fn the_same_plugin_says_the_same_and_a_changed_weight_changes_what_it_must() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::builder(compiled(&config()))
        .journal_in(folder.path())
        .build()
        .unwrap();
    let weights = |german: i64| {
        let symbols = &engine.config().symbols;
        let skill = |name| SkillId(symbols.find(name).unwrap());
        BTreeMap::from([(skill("chat"), 3), (skill("german"), german)])
    };
    let (old, new) = (weights(2), weights(4));
    record(&engine, 0..CONTACTS);
    engine.shutdown().unwrap();

    let (replay, differences) = replayed(folder.path(), ReplayWith::Recorded);
    assert_eq!(differences, []);
    let summary = replay.summary();
    assert_eq!(summary.count(DifferenceClass::Same), CONTACTS as u64);
    assert_eq!(summary.must_be_same, CONTACTS as u64);

    // What the rule says, without the plugin.
    let mut expected = BTreeMap::new();
    for (id, decision) in decisions(folder.path()) {
        let asked = decision.consultation.unwrap();
        let Facts::SkillMatch(facts) = &asked.ask.facts else {
            panic!("{id} is no question of skill-match");
        };
        let Ok(Advice::SkillMatch(rows)) = asked.verdict.unwrap().result else {
            panic!("{id} has no ranking");
        };
        let before: Vec<_> = rows
            .iter()
            .map(|row| (row.index, i64::from(row.score), row.reason))
            .collect();
        assert_eq!(before, rank(facts, &old), "{id}");
        let after = rank(facts, &new);
        if before[0].0 != after[0].0 {
            expected.insert(id, DifferenceClass::OtherTarget);
        } else if before != after {
            expected.insert(id, DifferenceClass::SameTarget);
        }
    }
    let component = std::fs::read(skill_match()).unwrap();
    let changed = plugin_config(4);
    let with = ReplayWith::Plugin {
        component: &component,
        config: Some(&changed),
        slot: None,
    };
    let (replay, differences) = replayed(folder.path(), with);
    let found: BTreeMap<_, _> = differences
        .iter()
        .filter(|found| found.class != DifferenceClass::Slower)
        .map(|found| (found.record.clone(), found.class))
        .collect();
    assert_eq!(found, expected);
    let of = |class| expected.values().filter(|&&found| found == class).count();
    for class in [DifferenceClass::OtherTarget, DifferenceClass::SameTarget] {
        assert!(of(class) > EXAMPLES_PER_CLASS, "{class}: {expected:?}");
        assert_eq!(replay.summary().count(class), of(class) as u64);
        let examples = replay.summary().examples.iter();
        let examples = examples.filter(|found| found.class == class);
        assert_eq!(examples.count(), EXAMPLES_PER_CLASS);
    }
    assert!(expected.len() < CONTACTS, "some stay as they are");
    assert_eq!(replay.summary().must_be_same, 0);
}

#[test]
fn a_replay_goes_on_while_the_engine_writes() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::builder(compiled(&config()))
        .journal_in(folder.path())
        .build()
        .unwrap();
    record(&engine, 0..5);
    let mut replay = DecisionReplay::open(folder.path(), ReplayWith::Recorded).unwrap();
    replay.go_on(|found| panic!("{found}")).unwrap();
    record(&engine, 5..10);
    support::eventually(|| {
        replay.go_on(|found| panic!("{found}")).unwrap();
        replay.summary().replayed() == 10
    });
    engine.shutdown().unwrap();
}

#[test]
fn without_a_configuration_each_decision_comes_with_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::builder(compiled(&config()))
        .journal_in(folder.path())
        .build()
        .unwrap();
    record(&engine, 0..5);
    let changed = config().replace("\"german\":2", "\"german\":9");
    engine.reload(compiled(&changed)).unwrap();
    record(&engine, 5..10);
    engine.shutdown().unwrap();
    let component = std::fs::read(skill_match()).unwrap();
    let with = ReplayWith::Plugin {
        component: &component,
        config: None,
        slot: Some("rank"),
    };
    let (replay, differences) = replayed(folder.path(), with);
    assert_eq!(differences, []);
    assert_eq!(replay.summary().must_be_same, 10);

    let with = ReplayWith::Plugin {
        component: &component,
        config: None,
        slot: Some("nobody"),
    };
    let error = DecisionReplay::open(folder.path(), with).unwrap_err();
    assert!(error.to_string().contains("no plugin slot `nobody`"));
}
