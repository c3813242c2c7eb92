//! What a plugin may try, and what comes of it.

use std::{sync::mpsc, time::Duration};

use cordboard_core::question::PluginFailure;
use cordboard_plugin_host::{BreakerConfig, HostConfig, Job, PluginHost, SlotId};
use serde_json::json;

use crate::{
    bench::{Bench, SLOT, ask, failure, score, spec},
    guest::{self, Guest, KEEP},
};

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
fn a_flood_of_log_lines_changes_nothing() {
    let bench = Bench::new().with(&guest::flooding(10_000));
    assert_eq!(score(&bench.decide()), 10);
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
fn what_breaks_the_component_model_is_bad_output_or_a_trap() {
    let answer = |store: &str, result: u32| Guest {
        decide: format!("{store} (i32.store (i32.const 20) (i32.const 7)) (i32.const {result})"),
        ..Guest::default()
    };
    let cases = [
        // The verdict and the pair of words that tells where it is: off their alignment, outside.
        (
            answer("(i32.store (i32.const 16) (i32.const 257))", 16),
            PluginFailure::BadOutput,
        ),
        (
            answer("(i32.store (i32.const 16) (i32.const 65532))", 16),
            PluginFailure::BadOutput,
        ),
        (answer("", 17), PluginFailure::BadOutput),
        (answer("", 65_532), PluginFailure::BadOutput),
        (
            guest::allocating("(return (i32.const -16))"),
            PluginFailure::BadOutput,
        ),
        (
            guest::allocating("(return (i32.const 4098))"),
            PluginFailure::BadOutput,
        ),
        (guest::allocating("(unreachable)"), PluginFailure::Trap),
        (guest::recursing(), PluginFailure::Trap),
        (guest::eating_tables(), PluginFailure::Memory),
        // The text of a line: no UTF-8, outside, of a level that does not exist.
        (
            guest::logging("(call $write (i32.const 2) (i32.const 600) (i32.const 2))"),
            PluginFailure::BadOutput,
        ),
        (
            guest::logging("(call $write (i32.const 2) (i32.const 65530) (i32.const 100))"),
            PluginFailure::BadOutput,
        ),
        (
            guest::logging("(call $write (i32.const 9) (i32.const 512) (i32.const 6))"),
            PluginFailure::BadOutput,
        ),
    ];
    for (number, (guest, kind)) in cases.into_iter().enumerate() {
        let bench = Bench::new().with(&guest);
        for _ in 0..2 {
            let answer = bench.asked(0);
            let (found, told) = failure(&answer);
            assert_eq!(found, kind, "case {number}: {told}");
        }
        bench.load(&Guest::default()).unwrap();
        assert_eq!(score(&bench.asked(0)), 10, "case {number}");
    }
}

#[test]
fn whatever_never_ends_is_stopped() {
    for guest in [
        guest::allocating("(loop $again (br $again))"),
        guest::flooding(u32::MAX),
        Guest {
            core: "(func $filling (loop $again
                     (memory.fill (i32.const 8192) (i32.const 0) (i32.const 32768)) (br $again)))"
                .into(),
            decide: "(call $filling) (unreachable)".into(),
            ..Guest::default()
        },
    ] {
        let bench = Bench::new()
            .limits(|limits| limits.deadline = Duration::from_millis(5))
            .with(&guest);
        assert_eq!(failure(&bench.asked(0)).0, PluginFailure::Deadline);
    }
}

#[test]
fn a_start_that_never_ends_is_stopped() {
    let bench = Bench::new().limits(|limits| limits.configure_deadline = Duration::from_millis(5));
    let error = bench
        .load(&Guest {
            core: "(func $start (loop $again (br $again))) (start $start)".into(),
            ..Guest::default()
        })
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the plugin failed at its start: the plugin's time was up"
    );
}

#[test]
fn a_refusal_of_memory_is_no_excuse_for_what_comes_later() {
    let bench = Bench::new().with(&guest::trapping_after_a_refusal());
    assert_eq!(score(&bench.decide()), 10);
    assert_eq!(failure(&bench.decide()).0, PluginFailure::Trap);
}

#[test]
fn what_a_replaced_plugin_did_is_not_held_against_the_next() {
    let bench = Bench::new().limits(|limits| {
        limits.deadline = Duration::from_millis(200);
        limits.breaker.failures = 1;
    });
    let good = Guest::default().build();
    let mut spec = spec(&good);
    spec.limits.breaker.failures = 1;
    let good = bench.host.compile(&spec).unwrap();
    // A worker is counted as running shortly before it takes up the plugin of the slot, so the good
    // one may come in between and answer: then once more.
    let hung = (0..100).any(|_| {
        bench.load(&guest::looping()).unwrap();
        let looping = bench.submit(ask(0));
        while bench.host.status(SLOT).waiting > 0 {
            std::thread::yield_now();
        }
        bench.host.put(SLOT, Ok(good.clone())).unwrap();
        let answer = looping.recv().unwrap();
        answer.verdict.result == Err(PluginFailure::Deadline)
    });
    assert!(hung);
    assert!(!bench.host.status(SLOT).breaker_open);
    assert_eq!(score(&bench.asked(0)), 10);
}

#[test]
fn questions_that_wait_when_the_breaker_opens_are_not_asked() {
    let bench = Bench::new()
        .limits(|limits| {
            limits.deadline = Duration::from_millis(50);
            limits.breaker.failures = 2;
        })
        .with(&guest::looping());
    let answers: Vec<_> = (0..10).map(|_| bench.submit(ask(0))).collect();
    for answer in answers {
        answer.recv().unwrap();
    }
    let counted = bench.outcomes();
    assert_eq!((counted.deadline, counted.overload), (2, 8));
}

#[test]
fn warm_instances_leave_room_for_other_plugins() {
    let host = PluginHost::new(HostConfig {
        instances_max: 16,
        ..HostConfig::default()
    })
    .unwrap();
    let slots = (0..24).map(SlotId);
    for slot in slots.clone() {
        let guest = Guest {
            manifest: json!({ "warm_calls": 100 }),
            ..Guest::default()
        };
        host.load(slot, &spec(&guest.build())).unwrap();
        assert_eq!(score(&host.decide(slot, &ask(0))), 10, "{slot:?}");
    }
    for slot in slots {
        assert_eq!(score(&host.decide(slot, &ask(0))), 10, "{slot:?}");
    }
}
