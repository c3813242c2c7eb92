//! Any course of calls, by the steps of the core's property tests and against their reference model.
//!
//! The first byte chooses the configuration; five bytes make a step.

#[expect(dead_code, reason = "the property tests of the core need more of it")]
#[path = "../../../engine/core/tests/property/driver.rs"]
mod driver;
#[path = "../../../engine/core/tests/property/model.rs"]
mod model;
#[path = "../../../engine/core/tests/property/setups.rs"]
mod setups;
#[expect(dead_code, reason = "the property tests of the core need more of it")]
#[path = "../../../engine/core/tests/property/steps.rs"]
mod steps;

use crate::harness::config::Setup;
use cordboard_core::Tenant;
use setups::{busy, lives, with_plugins};
use steps::{Arrival, Step};

/// The most steps of one course.
const STEPS_MAX: usize = 120;

/// Returns the small configuration, with or without plugins.
pub(crate) fn setup(with: bool) -> Setup {
    if with { with_plugins() } else { busy() }
}

pub(crate) fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else {
        return;
    };
    let (steps, _) = rest.as_chunks::<5>();
    let steps: Vec<Step> = steps.iter().take(STEPS_MAX).map(step).collect();
    let mut driver = lives(&setup(first % 2 == 1), &steps);
    let saved = rmp_serde::to_vec_named(&driver.tenant).unwrap();
    let read: Tenant = rmp_serde::from_slice(&saved).unwrap();
    assert_eq!(read, driver.tenant);
    driver.wind_up();
    driver.model.all_is_over(&driver.tenant);
}

/// Weighted as in the property tests.
fn step(bytes: &[u8; 5]) -> Step {
    let [kind, a, b, c, d] = *bytes;
    match kind % 128 {
        0..8 => Step::Calls {
            account: a % 2,
            caller: b % 4,
        },
        8..11 => Step::Contact {
            queue: a % 3,
            priority: (b % 5).cast_signed() - 2,
        },
        11..41 => Step::Settles { count: a % 15 + 1 },
        41..53 => Step::Arrives {
            pick: a,
            how: match b % 15 {
                0 => Arrival::Twice,
                1 => Arrival::Never,
                2 => Arrival::Instead(c),
                _ => Arrival::InTime,
            },
        },
        53..77 => Step::Reacts { pick: a, how: b },
        77..85 => Step::Answers { pick: a, how: b },
        85..95 => Step::Agent {
            agent: a % 4,
            action: b,
        },
        95..109 => Step::Acts {
            who: a % 6,
            call: b,
            action: c,
        },
        109 => Step::Queue {
            queue: a % 3,
            close: b % 2 == 0,
        },
        110..116 => Step::Waits {
            millis: u32::from_le_bytes([a, b, c, d]) % 40_000,
        },
        116..119 => Step::HangsUp { call: a },
        119..122 => Step::Lists {
            call: a,
            parties: b,
        },
        122..125 => Step::Foreign {
            call: a,
            operation: b,
            kind: c,
        },
        125 => Step::Reload { variant: a },
        _ => Step::Restart {
            millis: u32::from_le_bytes([a, b, c, d]) % 90_000,
        },
    }
}
