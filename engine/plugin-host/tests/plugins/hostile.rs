//! What a plugin may try, and what comes of it.

use std::{sync::mpsc, time::Duration};

use cordboard_core::question::PluginFailure;
use cordboard_plugin_host::{BreakerConfig, Job, SlotId};
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
