//! Whatever happens: agents and calls fit, every call ends once, and the same inputs give the same
//! commands.

use super::driver::Driver;
use super::setups::{busy, lives, with_plugins};
use super::steps::steps;
use super::{check, from_environment};
use cordboard_core::{Command, Tenant};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The steps must reach every kind of event, operation and question: a property that never sees a
/// thing says nothing about it.
#[test]
fn invariants_hold_and_every_call_ends_once() {
    let seen = RefCell::new(BTreeMap::<&str, u32>::new());
    for setup in [busy(), with_plugins()] {
        check(300, &steps(120), |steps| {
            let mut driver = lives(&setup, &steps);
            driver.wind_up();
            driver.model.all_is_over(&driver.tenant);
            for (what, times) in &driver.model.seen {
                *seen.borrow_mut().entry(what).or_default() += times;
            }
        });
    }
    let seen = seen.into_inner();
    // Fewer cases reach less.
    let cases = from_environment("CORDBOARD_CASES").is_none_or(|cases| cases >= 300);
    for what in EVERYTHING.iter().filter(|_| cases) {
        assert!(seen.contains_key(what), "never `{what}` in {seen:?}");
    }
}

/// An audit that finds a call gone ends it, and would hide one that nothing moves on.
#[test]
fn nobody_is_kept_waiting_for_ever() {
    for setup in [busy(), with_plugins()] {
        check(60, &steps(120), |steps| {
            lives(&setup, &steps).let_wait();
        });
    }
}

#[test]
fn the_same_inputs_give_the_same_commands() {
    check(40, &steps(120), |steps| {
        let driver = lives(&with_plugins(), &steps);
        let mut again = Tenant::new();
        for (now, input, commands) in &driver.journal {
            again.handle(*now, input.clone());
            assert_eq!(bytes(&drained(&mut again)), bytes(commands), "{input:?}");
        }
        assert_eq!(again, driver.tenant);
        assert_eq!(bytes(&again), bytes(&driver.tenant));
    });
}

#[test]
fn a_snapshot_is_as_good_as_the_inputs_before_it() {
    let strategy = (steps(120), any::<prop::sample::Index>());
    check(40, &strategy, |(steps, cut)| {
        let driver = lives(&with_plugins(), &steps);
        let cut = cut.index(driver.journal.len());
        let (before, after) = driver.journal.split_at(cut);
        let mut first = Tenant::new();
        for (now, input, _) in before {
            first.handle(*now, input.clone());
            drained(&mut first);
        }
        let mut second: Tenant = rmp_serde::from_slice(&bytes(&first)).unwrap();
        assert_eq!(second, first);
        for (now, input, commands) in after {
            second.handle(*now, input.clone());
            assert_eq!(drained(&mut second), *commands, "{input:?}");
        }
        assert_eq!(second, driver.tenant);
    });
}

#[test]
fn inputs_survive_the_journal() {
    check(15, &steps(120), |steps| {
        for (_, input, commands) in &lives(&with_plugins(), &steps).journal {
            let read: cordboard_core::Input = rmp_serde::from_slice(&bytes(input)).unwrap();
            assert_eq!(read, *input);
            let named = rmp_serde::to_vec_named(commands).unwrap();
            let read: Vec<Command> = rmp_serde::from_slice(&named).unwrap();
            assert_eq!(read, *commands);
        }
    });
}

/// Memory depends on what lives and on named limits, not on how much has happened.
#[test]
fn memory_is_bounded() {
    check(4, &steps(60), |steps| {
        let mut driver = Driver::new(with_plugins());
        let mut sizes = Vec::new();
        for _ in 0..40 {
            driver.run(&steps);
            driver.wind_up();
            sizes.push(bytes(&driver.tenant).len());
        }
        // Numbers grow by a byte here and there.
        let (early, late) = (sizes[9], sizes[39]);
        assert!(late < early + 2_000, "{sizes:?}");
    });
}

const EVERYTHING: [&str; 47] = [
    "abandoned",
    "add-participant",
    "answer",
    "call-answered",
    "call-connected",
    "call-queued",
    "call-received",
    "call-rejected",
    "cancel-add",
    "cancel-media",
    "classify",
    "config-applied",
    "contact-select",
    "digits-collected",
    "disposition-set",
    "ended",
    "endpoint-select",
    "exited",
    "fallback",
    "get-call",
    "get-participants",
    "get-recording",
    "handled",
    "hold-changed",
    "nobody",
    "not-answered",
    "offer-ended",
    "offer-issued",
    "operation-failed",
    "party-changed",
    "pause-recording",
    "play",
    "plugin-failed",
    "queue-changed",
    "recognize",
    "recording-changed",
    "recording-policy",
    "reject",
    "remove-participant",
    "resume-recording",
    "skill-match",
    "stale",
    "start-recording",
    "start-streaming",
    "stop-recording",
    "stop-transcription",
    "terminate",
];

fn drained(tenant: &mut Tenant) -> Vec<Command> {
    std::iter::from_fn(|| tenant.poll_command()).collect()
}

fn bytes(value: &impl serde::Serialize) -> Vec<u8> {
    rmp_serde::to_vec(value).unwrap()
}
