//! The plugins of this repository, as compiled by `cargo xtask build`, in a host.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test: whatever is not as expected fails it"
)]

use std::{collections::BTreeMap, env, fs, path::PathBuf, sync::Arc, time::Duration};

use cordboard_core::{
    ids::{AgentId, CallId, Millis, PluginId, QuestionId, QueueId, SkillId, Symbol},
    question::{
        Advice, AgentRow, Ask, Consent, ContactFacts, EndpointKind, EndpointRow,
        EndpointSelectFacts, Facts, PluginFailure, Reach, RecordingAction, RecordingFactState,
        RecordingFacts, RecordingMoment, Requirement, SkillMatchFacts,
    },
};
use cordboard_plugin_host::{HostConfig, Names, Plugin, PluginHost, PluginLimits, PluginSpec};
use serde_json::{Value, json};

const QUEUES: [&str; 3] = ["sales", "billing", "support"];
const SKILLS: [&str; 4] = ["german", "english", "sales", "spanish"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn component(name: &str) -> Vec<u8> {
    let folder = env::var_os("CORDBOARD_PLUGINS")
        .map_or_else(|| root().join("target/plugins"), PathBuf::from);
    let path = folder.join(name).with_extension("wasm");
    fs::read(&path).unwrap_or_else(|error| {
        panic!("{}: {error}: say `cargo xtask build` first", path.display())
    })
}

fn names() -> Names {
    let numbered = |names: &[&str], first: u32| -> BTreeMap<String, Symbol> {
        let numbers = (first..).map(Symbol);
        names
            .iter()
            .map(|&name| name.to_owned())
            .zip(numbers)
            .collect()
    };
    Names {
        skills: numbered(&SKILLS, 1),
        queues: numbered(&QUEUES, 20),
        ..Names::default()
    }
}

fn load(name: &str, config: &Value, deadline: Duration) -> Arc<Plugin> {
    let host = PluginHost::new(HostConfig::default()).unwrap();
    host.compile(&PluginSpec {
        component: &component(name),
        sha256: None,
        config,
        names: &names(),
        limits: PluginLimits {
            deadline,
            configure_deadline: Duration::from_secs(20),
            ..PluginLimits::default()
        },
    })
    .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// With the configuration that the plugin has as an example.
fn load_example(name: &str) -> Arc<Plugin> {
    let path = root().join("plugins").join(name).join("example.json");
    let config = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    load(name, &config, Duration::from_secs(20))
}

fn contact(queue: u32) -> ContactFacts {
    ContactFacts {
        call: CallId(1),
        queue: QueueId(Symbol(queue)),
        waited: Millis(4_000),
        priority: 0,
        attempt: 0,
        labels: vec![],
    }
}

fn ask(facts: Facts) -> Ask {
    Ask {
        question: QuestionId(1),
        call: CallId(1),
        plugin: PluginId(Symbol(1)),
        now: 1_700_000_000_000,
        seed: 1,
        memo: vec![],
        facts,
    }
}

fn skill_match_ask() -> Ask {
    let candidate = |agent| AgentRow {
        agent: AgentId(Symbol(agent)),
        idle: Millis(60_000),
        group_order: 0,
        contacts_handled: 0,
    };
    ask(Facts::SkillMatch(SkillMatchFacts {
        contact: contact(20),
        requirements: vec![Requirement {
            skill: SkillId(Symbol(3)),
            minimum: 10,
            required: true,
            expires_after: None,
        }],
        candidates: vec![candidate(100), candidate(101), candidate(102)],
        levels: vec![20, 90, 50],
    }))
}

#[test]
fn skill_match_prefers_the_higher_level() {
    let plugin = load_example("skill-match");
    for _ in 0..3 {
        let answer = plugin.decide(&skill_match_ask());
        let Ok(Advice::SkillMatch(ranking)) = answer.verdict.result else {
            panic!("{:?}: {:?}", answer.verdict.result, answer.detail);
        };
        let order: Vec<u32> = ranking.iter().map(|row| row.index).collect();
        assert_eq!(order, [1, 2, 0]);
    }
}

#[test]
fn endpoint_select_rings_in_stages() {
    let plugin = load_example("endpoint-select");
    let endpoint = |kind| EndpointRow {
        kind,
        reach: Reach::Available,
        answered_last: false,
    };
    let answer = plugin.decide(&ask(Facts::EndpointSelect(EndpointSelectFacts {
        contact: contact(22),
        agent: AgentId(Symbol(100)),
        endpoints: vec![
            endpoint(EndpointKind::Pstn),
            endpoint(EndpointKind::TeamsClient),
        ],
    })));
    let Ok(Advice::EndpointSelect(rings)) = answer.verdict.result else {
        panic!("{:?}: {:?}", answer.verdict.result, answer.detail);
    };
    let order: Vec<_> = rings
        .iter()
        .map(|ring| (ring.endpoint, ring.stage))
        .collect();
    assert_eq!(order, [(1, 0), (0, 1)]);
}

#[test]
fn recording_policy_pauses_for_a_payment() {
    let plugin = load_example("recording-policy");
    let answer = plugin.decide(&ask(Facts::RecordingPolicy(RecordingFacts {
        contact: contact(22),
        moment: RecordingMoment::PaymentStarted,
        consent: Consent::Given,
        legally_required: false,
        state: RecordingFactState::Active,
    })));
    let Ok(Advice::RecordingPolicy(advice)) = answer.verdict.result else {
        panic!("{:?}: {:?}", answer.verdict.result, answer.detail);
    };
    assert_eq!(advice.action, RecordingAction::Pause);
    assert!(advice.with_transcription && advice.with_streaming);
}

/// Names are numbers in golden vectors: they hold what the component receives.
fn numbers() -> Names {
    let numbers: BTreeMap<String, Symbol> = (0..1_000)
        .map(|number| (number.to_string(), Symbol(number)))
        .collect();
    Names {
        skills: numbers.clone(),
        queues: numbers.clone(),
        labels: numbers,
    }
}

#[derive(serde::Deserialize)]
struct Golden {
    config: Value,
    vectors: Vec<Vector>,
}

#[derive(serde::Deserialize)]
struct Vector {
    name: String,
    facts: Vec<u32>,
    verdict: Vec<u32>,
}

/// The plugins' own tests play them natively.
#[test]
fn components_answer_the_golden_vectors_as_native_plugins_do() {
    let host = PluginHost::new(HostConfig::default()).unwrap();
    let mut played = 0;
    for folder in fs::read_dir(root().join("plugins")).unwrap() {
        let folder = folder.unwrap().path();
        let Ok(text) = fs::read(folder.join("golden.json")) else {
            continue;
        };
        let name = folder.file_name().unwrap().to_str().unwrap();
        let golden: Golden = serde_json::from_slice(&text).unwrap();
        for always_fresh in [true, false] {
            let plugin = host
                .compile(&PluginSpec {
                    component: &component(name),
                    sha256: None,
                    config: &golden.config,
                    names: &numbers(),
                    limits: PluginLimits {
                        deadline: Duration::from_secs(20),
                        configure_deadline: Duration::from_secs(20),
                        always_fresh,
                        ..PluginLimits::default()
                    },
                })
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            for vector in &golden.vectors {
                let answer = plugin.decide_packed(&vector.facts);
                assert_eq!(answer.verdict, vector.verdict, "{name}: {}", vector.name);
                assert!(answer.result.is_ok(), "{name}: {}", vector.name);
                played += 1;
            }
        }
    }
    assert!(played > 0, "there are no golden vectors");
}

#[test]
fn each_hostile_plugin_has_its_outcome() {
    for (name, kind) in [
        ("trapping", PluginFailure::Trap),
        ("greedy", PluginFailure::Memory),
        ("lying", PluginFailure::BadOutput),
        ("huge", PluginFailure::BadOutput),
        ("looping", PluginFailure::Deadline),
    ] {
        // Only the one that never ends may run into its deadline, however busy the machine is.
        let deadline = match kind {
            PluginFailure::Deadline => Duration::from_millis(5),
            _ => Duration::from_secs(20),
        };
        let plugin = load(&format!("hostile/{name}"), &json!({}), deadline);
        for _ in 0..3 {
            let answer = plugin.decide(&skill_match_ask());
            assert_eq!(
                answer.verdict.result,
                Err(kind),
                "{name}: {:?}",
                answer.detail
            );
        }
    }
}
