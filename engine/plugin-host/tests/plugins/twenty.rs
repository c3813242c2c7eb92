//! Twenty ways of being hostile, each contained: refused at load, or met by a typed outcome, while a neighbour goes on
//! deciding.

use std::{sync::mpsc, thread, time::Duration};

use cordboard_core::question::PluginFailure;
use cordboard_plugin_host::{Job, SlotId};
use serde_json::json;

use crate::{
    bench::{Bench, ask, failure, score, spec},
    guest::{self, Guest, KEEP},
};

/// What becomes of a hostile plugin.
enum Fate {
    /// It is not loaded, and this is a part of why.
    Refused(&'static str),
    /// Each decision ends so.
    Fails(PluginFailure),
    /// It decides, always with this score: what it tries has no effect.
    Decides(i32),
}

use Fate::{Decides, Fails, Refused};

/// The bits of the one NaN that guests see, whatever they compute it from (WebAssembly, "NaN canonicalization").
const CANONICAL_NAN: i32 = 0x7fc0_0000;

const NEIGHBOUR: SlotId = SlotId(2);

fn twenty() -> [(&'static str, Guest, Fate); 20] {
    let words = |verdict: &[u32]| guest::answering(verdict);
    [
        ("loop", guest::looping(), Fails(PluginFailure::Deadline)),
        (
            "slow start",
            Guest {
                core: "(func $start (loop $again (br $again))) (start $start)".into(),
                ..Guest::default()
            },
            Refused("the plugin's time was up"),
        ),
        (
            "trap at start",
            guest::trapping_at_start(),
            Refused("failed at its start"),
        ),
        (
            "stack overflow",
            guest::recursing(),
            Fails(PluginFailure::Trap),
        ),
        (
            "memory growth",
            guest::eating_memory(),
            Fails(PluginFailure::Memory),
        ),
        (
            "many tables",
            Guest {
                manifest: json!({ "warm_calls": 2 }),
                core: "(table 1 funcref)".repeat(10),
                ..Guest::default()
            },
            Refused("cannot be compiled: defined tables count of 10"),
        ),
        (
            "giant output",
            guest::claiming(15_000),
            Fails(PluginFailure::BadOutput),
        ),
        (
            "deep output",
            Guest {
                // A hundred million problems, each a pair of texts.
                configure: "(i32.store8 (i32.const 1024) (i32.const 1))
                            (i32.store (i32.const 1028) (i32.const 256))
                            (i32.store (i32.const 1032) (i32.const 100000000))
                            (i32.const 1024)"
                    .into(),
                ..Guest::default()
            },
            Refused("out of bounds of memory"),
        ),
        (
            "invalid UTF-8",
            guest::logging("(call $write (i32.const 2) (i32.const 600) (i32.const 2))"),
            Fails(PluginFailure::BadOutput),
        ),
        (
            "NaN games",
            Guest {
                // The sign and the payload of a NaN would differ between machines.
                decide: "(i32.store (i32.const 276) (i32.reinterpret_f32 (f32.neg (f32.add
                           (f32.div (f32.const 0) (f32.const 0)) (f32.reinterpret_i32 (i32.const 0x7fa12345))))))
                         (if (f32.ne (f32.load (i32.const 276)) (f32.load (i32.const 276)))
                           (then (i32.store (i32.const 276) (i32.reinterpret_f32
                             (f32.mul (f32.load (i32.const 276)) (f32.const 1))))))
                         (call $verdict (i32.const 7))"
                    .into(),
                ..Guest::default()
            },
            Decides(CANONICAL_NAN),
        ),
        (
            "lying indices",
            words(&[1, KEEP, 1, 0, 2, 0, 0]),
            Fails(PluginFailure::BadOutput),
        ),
        (
            "duplicates",
            words(&[1, KEEP, 2, 0, 1, 0, 0, 1, 0, 0]),
            Fails(PluginFailure::BadOutput),
        ),
        (
            "wrong lengths",
            words(&[1, KEEP, 5, 0, 0, 0, 0]),
            Fails(PluginFailure::BadOutput),
        ),
        (
            "host-call storm",
            guest::flooding(u32::MAX),
            Fails(PluginFailure::Deadline),
        ),
        ("log flood", guest::flooding(10_000), Decides(10)),
        (
            "forbidden import",
            guest::importing_a_clock(),
            Refused("forbidden import"),
        ),
        (
            "huge component",
            Guest {
                core: format!("(data (i32.const 0) \"{}\")", "x".repeat(HUGE_BYTES)),
                ..Guest::default()
            },
            Refused("at most"),
        ),
        ("compile bomb", bomb(), Decides(10)),
        ("impure state", guest::counting(), Decides(1)),
        (
            "memo abuse",
            words(&[vec![1, 1_025, 1, 0, 0, 10, 0], vec![7; 1_025]].concat()),
            Fails(PluginFailure::BadOutput),
        ),
    ]
}

/// More than the limit for components of the bench below.
const HUGE_BYTES: usize = 3 << 20;

/// Many instructions for a compiler, in few bytes of source.
fn bomb() -> Guest {
    let step = "(local.set 0 (i32.add (i32.mul (local.get 0) (local.get 1)) (i32.xor (local.get 0) (i32.const 77))))";
    let function = format!(
        "(func (export \"f\") (param i32 i32) (result i32) {} (local.get 0))",
        step.repeat(20_000)
    );
    Guest {
        core: function,
        ..Guest::default()
    }
}

#[test]
fn each_is_contained_and_a_neighbour_goes_on_deciding() {
    for (name, guest, fate) in twenty() {
        let bench = Bench::with_components_of(2 << 20).limits(|limits| {
            limits.output_words = 2_000;
            limits.breaker.failures = 1_000;
            if matches!(fate, Fails(PluginFailure::Deadline)) {
                limits.deadline = Duration::from_millis(5);
            }
            if name == "slow start" {
                limits.configure_deadline = Duration::from_millis(5);
            }
        });
        let good = Guest::default().build();
        let good = bench.host.compile(&spec(&good));
        bench.host.put(NEIGHBOUR, good).unwrap();
        let component = guest.build();
        thread::scope(|scope| {
            let hostile = scope.spawn(|| {
                match (bench.load_bytes(&component), &fate) {
                    (Err(error), Refused(why)) => {
                        assert!(error.to_string().contains(why), "{name}: {error}");
                        return;
                    }
                    (Err(error), Fails(_) | Decides(_)) => panic!("{name} is refused: {error}"),
                    (Ok(_), Refused(why)) => panic!("{name} is loaded, not refused: {why}"),
                    (Ok(_), Fails(_) | Decides(_)) => {}
                }
                for _ in 0..5 {
                    let answer = bench.asked(0);
                    match fate {
                        Fails(kind) => assert_eq!(failure(&answer).0, kind, "{name}"),
                        Decides(expected) => assert_eq!(score(&answer), expected, "{name}"),
                        Refused(_) => {}
                    }
                }
            });
            let mut asked = 0;
            while asked < 20 || !hostile.is_finished() {
                let (sender, answer) = mpsc::channel();
                bench.host.submit(Job {
                    slot: NEIGHBOUR,
                    ask: ask(asked),
                    reply: Box::new(move |answer| sender.send(answer).unwrap()),
                });
                assert_eq!(score(&answer.recv().unwrap()), 10, "beside {name}");
                asked += 1;
            }
        });
        bench.load(&Guest::default()).unwrap();
        assert_eq!(score(&bench.asked(0)), 10, "after {name}");
    }
}
