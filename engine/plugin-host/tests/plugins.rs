//! Good, broken and hostile plugins in a host.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test: whatever is not as expected fails it"
)]

mod guest;

use std::{sync::mpsc, time::Duration};

use cordboard_core::{
    ids::{AgentId, CallId, Millis, PluginId, QuestionId, QueueId, Symbol},
    question::{
        Advice, AgentRow, Ask, ContactFacts, Facts, PluginFailure, Ranked, SkillMatchFacts,
    },
};
use cordboard_plugin_host::{
    Answer, BreakerConfig, HostConfig, Job, LoadError, Names, OutcomeCounts, PluginHost,
    PluginInfo, PluginLimits, PluginSpec, SlotId,
};
use guest::{Guest, KEEP};
use serde_json::{Value, json};

const SLOT: SlotId = SlotId(1);

struct Bench {
    host: PluginHost,
    limits: PluginLimits,
    config: Value,
}

impl Bench {
    fn new() -> Self {
        Self {
            host: PluginHost::new(HostConfig {
                workers: 2,
                workers_per_slot: 1,
                ..HostConfig::default()
            })
            .unwrap(),
            // Tests run on busy machines: only a guest that never ends may run into its deadline.
            limits: PluginLimits {
                deadline: Duration::from_secs(20),
                configure_deadline: Duration::from_secs(20),
                ..PluginLimits::default()
            },
            config: json!({}),
        }
    }

    fn limits(mut self, change: impl FnOnce(&mut PluginLimits)) -> Self {
        change(&mut self.limits);
        self
    }

    fn load_bytes(&self, component: &[u8]) -> Result<PluginInfo, LoadError> {
        let mut names = Names::default();
        names.queues.insert("sales".into(), Symbol(21));
        self.host.load(
            SLOT,
            &PluginSpec {
                component,
                sha256: None,
                config: &self.config,
                names: &names,
                limits: self.limits,
            },
        )
    }

    fn load(&self, guest: &Guest) -> Result<PluginInfo, LoadError> {
        self.load_bytes(&guest.build())
    }

    fn with(self, guest: &Guest) -> Self {
        self.load(guest).unwrap();
        self
    }

    fn decide(&self) -> Answer {
        self.host.decide(SLOT, &ask(0))
    }

    fn submit(&self, ask: Ask) -> mpsc::Receiver<Answer> {
        let (sender, answer) = mpsc::channel();
        self.host.submit(Job {
            slot: SLOT,
            ask,
            reply: Box::new(move |answer| sender.send(answer).unwrap()),
        });
        answer
    }

    fn asked(&self, now: u64) -> Answer {
        self.submit(ask(now)).recv().unwrap()
    }

    fn outcomes(&self) -> OutcomeCounts {
        self.host.status(SLOT).outcomes
    }
}

fn ask(now: u64) -> Ask {
    let candidate = |number| AgentRow {
        agent: AgentId(Symbol(number)),
        idle: Millis(1_000),
        group_order: 0,
        contacts_handled: 0,
    };
    Ask {
        question: QuestionId(77),
        call: CallId(1),
        plugin: PluginId(Symbol(1)),
        now,
        seed: 1,
        memo: vec![],
        facts: Facts::SkillMatch(SkillMatchFacts {
            contact: ContactFacts {
                call: CallId(1),
                queue: QueueId(Symbol(21)),
                waited: Millis(0),
                priority: 0,
                attempt: 0,
                labels: vec![],
            },
            requirements: vec![],
            candidates: vec![candidate(100), candidate(101)],
            levels: vec![],
        }),
    }
}

fn score(answer: &Answer) -> i32 {
    match &answer.verdict.result {
        Ok(Advice::SkillMatch(ranking)) => ranking[0].score,
        other => panic!("{other:?}: {:?}", answer.detail),
    }
}

fn failure(answer: &Answer) -> (PluginFailure, &str) {
    let kind = *answer.verdict.result.as_ref().unwrap_err();
    (kind, answer.detail.as_deref().unwrap_or_default())
}

fn refused(guest: &Guest) -> String {
    Bench::new().load(guest).unwrap_err().to_string()
}

#[test]
fn a_decision_comes_back_with_all_that_a_record_needs() {
    let bench = Bench::new();
    let info = bench.load(&Guest::default()).unwrap();
    let answer = bench.asked(0);
    let first = Ranked {
        index: 0,
        score: 10,
        reason: 0,
    };
    assert_eq!(answer.verdict.question, QuestionId(77));
    assert_eq!(answer.verdict.result, Ok(Advice::SkillMatch(vec![first])));
    assert_eq!(answer.verdict.memo, None);
    assert_eq!(answer.plugin, Some(info.plugin));
    assert_eq!(answer.configuration, Some(info.configuration));
    assert_eq!(answer.words, [1, KEEP, 1, 0, 0, 10, 0]);

    // The record is enough to decide again.
    let plugin = bench.host.plugin(SLOT).unwrap();
    let again = plugin.decide_packed(&answer.facts);
    assert_eq!(again.verdict, answer.words);
    assert_eq!(again.result.unwrap().0, answer.verdict.result.ok());
}

#[test]
fn a_fresh_instance_forgets_and_a_warm_one_may_remember() {
    let fresh = Bench::new().with(&guest::counting());
    assert_eq!([1, 1, 1], [(); 3].map(|()| score(&fresh.decide())));

    let warm = Guest {
        manifest: json!({ "warm_calls": 2 }),
        ..guest::counting()
    };
    let bench = Bench::new().with(&warm);
    assert_eq!([1, 2, 1, 2], [(); 4].map(|()| score(&bench.decide())));

    let bench = Bench::new()
        .limits(|limits| limits.always_fresh = true)
        .with(&warm);
    assert_eq!([1, 1], [(); 2].map(|()| score(&bench.decide())));
}

#[test]
fn each_instance_starts_configured() {
    for manifest in [json!({}), json!({ "warm_calls": 2 })] {
        let mut bench = Bench::new();
        bench.config = json!({ "key": "value" });
        bench
            .load(&Guest {
                manifest,
                ..guest::measuring_configuration()
            })
            .unwrap();
        for _ in 0..4 {
            assert_eq!(score(&bench.decide()), 15, "the length of the JSON text");
        }
    }
}

#[test]
fn a_plugin_that_cannot_be_snapshotted_has_to_be_warm() {
    let error = refused(&guest::changing_a_table());
    assert!(
        error.contains("table.set") && error.contains("warm_calls"),
        "{error}"
    );

    let bench = Bench::new().with(&Guest {
        manifest: json!({ "warm_calls": 3 }),
        ..guest::changing_a_table()
    });
    for _ in 0..5 {
        assert_eq!(score(&bench.decide()), 2, "each instance is configured");
    }
}

#[test]
fn names_in_the_configuration_become_numbers() {
    let manifest = json!({ "config_schema": {
        "properties": { "queue": { "type": "string", "x-cordboard-name": "queue" } },
        "additionalProperties": false
    } });
    let guest = Guest {
        manifest,
        ..guest::measuring_configuration()
    };
    let mut bench = Bench::new();
    bench.config = json!({ "queue": "sales" });
    bench.load(&guest).unwrap();
    assert_eq!(
        score(&bench.decide()),
        r#"{"queue":21}"#.len().cast_signed() as i32
    );

    bench.config = json!({ "queue": "slaes" });
    let error = bench.load(&guest).unwrap_err().to_string();
    assert_eq!(
        error,
        "the configuration of plugin `guest` is refused: at `/queue`: there is no queue `slaes`"
    );
    assert_eq!(score(&bench.decide()), 12, "the last good one decides");
    assert_eq!(bench.host.status(SLOT).problem, Some(error));
}

#[test]
fn what_configure_refuses_is_told_with_its_place() {
    // `err` of one problem: path at 512, message at 520.
    let error = refused(&Guest {
        configure: "(i32.store8 (i32.const 32) (i32.const 1))
            (i32.store (i32.const 36) (i32.const 64)) (i32.store (i32.const 40) (i32.const 1))
            (i32.store (i32.const 64) (i32.const 512)) (i32.store (i32.const 68) (i32.const 5))
            (i32.store (i32.const 72) (i32.const 520)) (i32.store (i32.const 76) (i32.const 9))
            (i32.const 32)"
            .into(),
        core: r#"(data (i32.const 512) "/ring") (data (i32.const 520) "too short")"#.into(),
        ..Guest::default()
    });
    assert!(error.ends_with("at `/ring`: too short"), "{error}");
}

#[test]
fn hostile_decisions_have_typed_outcomes_and_hurt_nobody() {
    let cases = [
        (guest::trapping(), PluginFailure::Trap, "unreachable"),
        (guest::eating_memory(), PluginFailure::Memory, "more memory"),
        (
            guest::answering(&[1, KEEP, 1, 0, 2, 0, 0]),
            PluginFailure::BadOutput,
            "row 2 does not exist",
        ),
        (
            guest::answering(&[1, KEEP, 2, 0, 1, 0, 0, 1, 0, 0]),
            PluginFailure::BadOutput,
            "row 1 is named twice",
        ),
        (
            guest::answering(&[1, KEEP, 1, 0, 0, 0, 9]),
            PluginFailure::BadOutput,
            "reason 9",
        ),
        (
            guest::answering(&[7, KEEP, 0, 0]),
            PluginFailure::BadOutput,
            "outcome 7",
        ),
        (
            guest::answering(&[0, KEEP, 0, 0]),
            PluginFailure::Abstain,
            "",
        ),
        // 60 KiB that are there, and more than there is.
        (
            guest::claiming(15_000),
            PluginFailure::BadOutput,
            "at most 1000 are allowed",
        ),
        (
            guest::claiming(100_000_000),
            PluginFailure::BadOutput,
            "out of bounds",
        ),
        (
            guest::claiming(-1),
            PluginFailure::BadOutput,
            "out of bounds",
        ),
    ];
    for (guest, kind, detail) in cases {
        for manifest in [json!({}), json!({ "warm_calls": 100 })] {
            let guest = Guest {
                manifest,
                decide: guest.decide.clone(),
                verdict: guest.verdict.clone(),
                ..Guest::default()
            };
            let bench = Bench::new()
                .limits(|limits| limits.output_words = 1_000)
                .with(&guest);
            for _ in 0..3 {
                let answer = bench.asked(0);
                let (found, told) = failure(&answer);
                assert_eq!(found, kind, "{told}");
                assert!(told.contains(detail), "{told}");
            }
            bench.load(&Guest::default()).unwrap();
            assert_eq!(score(&bench.asked(0)), 10, "the slot is as good as new");
        }
    }
}

#[test]
fn a_looping_plugin_is_stopped_and_leaves_workers_to_others() {
    let bench = Bench::new()
        .limits(|limits| limits.deadline = Duration::from_millis(5))
        .with(&guest::looping());
    let other = SlotId(2);
    bench
        .host
        .put(other, bench.host.compile(&spec(&Guest::default().build())))
        .unwrap();
    let slow: Vec<_> = (0..4).map(|_| bench.submit(ask(0))).collect();
    let (sender, answer) = mpsc::channel();
    bench.host.submit(Job {
        slot: other,
        ask: ask(0),
        reply: Box::new(move |answer| sender.send(answer).unwrap()),
    });
    assert_eq!(score(&answer.recv().unwrap()), 10);
    for answer in slow {
        assert_eq!(failure(&answer.recv().unwrap()).0, PluginFailure::Deadline);
    }
}

fn spec(component: &[u8]) -> PluginSpec<'_> {
    static NOTHING: Value = Value::Null;
    static NAMES: std::sync::LazyLock<Names> = std::sync::LazyLock::new(Names::default);
    PluginSpec {
        component,
        sha256: None,
        config: &NOTHING,
        names: &NAMES,
        limits: PluginLimits {
            deadline: Duration::from_secs(20),
            configure_deadline: Duration::from_secs(20),
            ..PluginLimits::default()
        },
    }
}

#[test]
fn a_full_queue_is_told_at_once() {
    let bench = Bench::new()
        .limits(|limits| {
            limits.deadline = Duration::from_millis(200);
            limits.queue_max = 2;
            limits.breaker.failures = 100;
        })
        .with(&guest::looping());
    let answers: Vec<_> = (0..8).map(|_| bench.submit(ask(0))).collect();
    let kinds: Vec<_> = answers
        .iter()
        .map(|answer| failure(&answer.recv().unwrap()).0)
        .collect();
    // One may run and two wait when the rest comes.
    let overload = kinds
        .iter()
        .filter(|kind| **kind == PluginFailure::Overload)
        .count();
    assert!((5..=6).contains(&overload), "{kinds:?}");
    assert_eq!(bench.outcomes().deadline as usize, 8 - overload);
}

#[test]
fn the_breaker_opens_after_failures_in_a_row_and_probes_later() {
    let bench = Bench::new()
        .limits(|limits| {
            limits.breaker = BreakerConfig {
                failures: 3,
                open_ms: 1_000,
            };
        })
        .with(&guest::trapping());
    for now in 0..3 {
        assert_eq!(failure(&bench.asked(now)).0, PluginFailure::Trap);
    }
    assert!(bench.host.status(SLOT).breaker_open);
    for now in [3, 500, 1_001] {
        assert_eq!(failure(&bench.asked(now)).0, PluginFailure::Overload);
    }
    assert_eq!(
        failure(&bench.asked(1_002)).0,
        PluginFailure::Trap,
        "the probe"
    );
    assert_eq!(failure(&bench.asked(1_003)).0, PluginFailure::Overload);
    let counted = bench.outcomes();
    assert_eq!((counted.trap, counted.overload), (4, 4));

    bench.load(&Guest::default()).unwrap();
    assert_eq!(
        score(&bench.asked(1_004)),
        10,
        "a new plugin begins with a closed breaker"
    );
}

#[test]
fn a_plugin_is_replaced_while_decisions_run() {
    let bench = Bench::new().with(&guest::answering(&[1, KEEP, 1, 0, 0, 1, 0]));
    let second = bench
        .host
        .compile(&spec(&guest::answering(&[1, KEEP, 1, 0, 0, 2, 0]).build()))
        .unwrap();
    let before: Vec<_> = (0..100).map(|_| bench.submit(ask(0))).collect();
    bench.host.put(SLOT, Ok(second)).unwrap();
    let after: Vec<_> = (0..100).map(|_| bench.submit(ask(0))).collect();
    for answer in before {
        assert!([1, 2].contains(&score(&answer.recv().unwrap())));
    }
    for answer in after {
        assert_eq!(score(&answer.recv().unwrap()), 2);
    }
}

#[test]
fn without_a_plugin_the_answer_says_why() {
    let bench = Bench::new();
    assert_eq!(
        failure(&bench.asked(0)),
        (PluginFailure::NotLoaded, "no plugin is loaded")
    );
    bench.load(&guest::trapping_at_start()).unwrap_err();
    let answer = bench.asked(0);
    let (kind, detail) = failure(&answer);
    assert_eq!(kind, PluginFailure::NotLoaded);
    assert!(detail.contains("failed at its start"), "{detail}");
    bench.load(&Guest::default()).unwrap();
    bench.host.unload(SLOT);
    assert_eq!(
        failure(&bench.asked(0)),
        (PluginFailure::NotLoaded, "no plugin is loaded")
    );
    assert_eq!(bench.outcomes().not_loaded, 3);
}

#[test]
fn a_decision_point_that_the_plugin_lacks_is_not_loaded() {
    let bench = Bench::new().with(&Guest {
        point: "recording-policy",
        ..Guest::default()
    });
    let answer = bench.asked(0);
    let (kind, detail) = failure(&answer);
    assert_eq!(kind, PluginFailure::NotLoaded);
    assert!(
        detail.contains("no decision point `skill-match`"),
        "{detail}"
    );
}

#[test]
fn a_verdict_that_the_guest_frees_is_copied_before() {
    for manifest in [json!({}), json!({ "warm_calls": 9 })] {
        let bench = Bench::new().with(&Guest {
            manifest,
            ..guest::freeing_its_verdict()
        });
        assert_eq!(score(&bench.decide()), 10);
    }
}

#[test]
fn a_flood_of_log_lines_changes_nothing() {
    let bench = Bench::new().with(&guest::flooding(10_000));
    assert_eq!(score(&bench.decide()), 10);
}

#[test]
fn a_memo_goes_in_and_comes_back() {
    let bench = Bench::new().with(&guest::answering(&[0, 1, 0, 0, 0x0403_0201]));
    let answer = bench.decide();
    assert_eq!(failure(&answer).0, PluginFailure::Abstain);
    assert_eq!(answer.verdict.memo, Some(vec![1, 2, 3, 4]));

    let mut again = ask(0);
    again.memo = vec![1, 2, 3, 4];
    let answer = bench.host.decide(SLOT, &again);
    assert_eq!(answer.facts.last(), Some(&0x0403_0201));
}

#[test]
fn what_is_no_plugin_is_refused_with_the_reason() {
    let bench = Bench::new();
    let told = |bytes: &[u8]| bench.load_bytes(bytes).unwrap_err().to_string();
    assert!(told(b"#!/bin/sh").contains("not a WebAssembly component"));
    assert!(told(b"").contains("not a WebAssembly component"));
    let module = wat::parse_str("(module)").unwrap();
    assert!(told(&module).contains("not a component but a core module"));
    let mut broken = Guest::default().build();
    broken.truncate(broken.len() - 10);
    assert!(told(&broken).contains("not a valid component"));
    let empty = wat::parse_str("(component)").unwrap();
    assert!(told(&empty).contains("does not export `cordboard:plugin/meta@0.1.0`"));
}

#[test]
fn what_is_a_wrong_plugin_is_refused_with_the_reason() {
    let cases = [
        (
            guest::importing_a_clock(),
            "forbidden import `wasi:clocks/wall-clock@0.2.0`",
        ),
        (
            Guest {
                version: "0.9.0",
                ..Guest::default()
            },
            "`cordboard:plugin/skill-match@0.9.0` is of another contract version: \
             this host speaks cordboard:plugin@0.1.0",
        ),
        (
            Guest {
                component: r#"(import "cordboard:plugin/log@0.9.0" (instance))"#.into(),
                ..Guest::default()
            },
            "`cordboard:plugin/log@0.9.0` is of another contract version",
        ),
        (
            Guest {
                point: "wrong-point",
                ..Guest::default()
            },
            "`cordboard:plugin/wrong-point@0.1.0` is of another contract version",
        ),
        (
            guest::trapping_at_start(),
            "failed at its start: wasm trap: wasm `unreachable`",
        ),
        (
            Guest {
                configure: "(unreachable)".into(),
                ..Guest::default()
            },
            "failed in `configure`: wasm trap: wasm `unreachable`",
        ),
        (
            Guest {
                memory: r#"(memory (export "memory") 1000)"#,
                ..Guest::default()
            },
            "too big to run",
        ),
        (
            Guest {
                manifest: json!({ "reads": { "skill-match": ["salary"] } }),
                ..Guest::default()
            },
            "reads column `salary`",
        ),
        (
            Guest {
                manifest: json!({ "config_schema": { "type": "strnig" } }),
                ..Guest::default()
            },
            "wrong `config_schema`",
        ),
    ];
    for (guest, expected) in cases {
        let error = refused(&guest);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_looping_configure_is_stopped() {
    let bench = Bench::new().limits(|limits| limits.configure_deadline = Duration::from_millis(5));
    let error = bench
        .load(&Guest {
            configure: "(loop $again (br $again)) (unreachable)".into(),
            ..Guest::default()
        })
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the plugin failed in `configure`: the plugin's time was up"
    );
}

#[test]
fn a_digest_can_be_asked_for() {
    let bench = Bench::new();
    let bytes = Guest::default().build();
    let info = bench.load_bytes(&bytes).unwrap();
    let mut spec = spec(&bytes);
    spec.sha256 = Some(info.plugin);
    assert!(bench.host.load(SLOT, &spec).is_ok());
    spec.sha256 = Some(info.configuration);
    assert!(matches!(
        bench.host.load(SLOT, &spec),
        Err(LoadError::Digest { .. })
    ));
}

#[test]
fn a_file_that_is_too_large_is_not_even_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plugin.wasm");
    std::fs::write(&path, [0; 2_000]).unwrap();
    let host = PluginHost::new(HostConfig {
        component_bytes_max: 1_000,
        ..HostConfig::default()
    })
    .unwrap();
    let error = host.read(&path).unwrap_err();
    assert!(
        error.to_string().contains("2000 bytes, at most 1000"),
        "{error}"
    );
    let missing = host.read(&folder.path().join("missing.wasm")).unwrap_err();
    assert!(missing.to_string().contains("missing.wasm"), "{missing}");
}

#[test]
fn a_configured_plugin_is_found_in_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let host = || {
        PluginHost::new(HostConfig {
            cache: Some(cache.clone()),
            ..HostConfig::default()
        })
        .unwrap()
    };
    let files = || std::fs::read_dir(&cache).unwrap().count();
    let bytes = guest::measuring_configuration().build();
    let first = json!({ "key": 1 });
    let mut wanted = spec(&bytes);
    wanted.config = &first;
    host().compile(&wanted).unwrap();
    assert_eq!(files(), 2, "the key and one artefact");

    let host = host();
    let plugin = host.compile(&wanted).unwrap();
    assert_eq!(files(), 2);
    assert_eq!(score(&plugin.decide(&ask(0))), 9);
    let other = json!({ "key": 10 });
    wanted.config = &other;
    let plugin = host.compile(&wanted).unwrap();
    assert_eq!(files(), 3, "another configuration is another snapshot");
    assert_eq!(score(&plugin.decide(&ask(0))), 10);
}
