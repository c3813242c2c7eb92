//! Any inputs at all, in any order: whatever a reader lets through, the core takes without a panic, keeps a state that can be
//! saved, and comes to rest.
//!
//! The first byte chooses the configuration. Each line is an input in JSON, after the milliseconds that have passed since the one
//! before and a space.

use crate::harness::world::START;
use cordboard_core::ids::Millis;
use cordboard_core::{Command, Input, Tenant};
use cordboard_journal::{decode_payload, encode_payload};
use std::sync::Arc;

/// The most inputs.
const INPUTS_MAX: usize = 200;

/// The most that time may leap between two inputs.
const LEAP_MAX: u64 = 86_400_000;

/// Ticks that may fall due at one moment for each input so far; more would be a timer that never rests.
const TICKS_PER_INPUT_MAX: usize = 100;

pub(crate) fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else {
        return;
    };
    let config = super::property::setup(first % 2 == 1).config;
    let mut tenant = Tenant::new();
    let mut now = START;
    tenant.handle(now, Input::Config(Arc::new(config)));
    drain(&mut tenant);
    for (number, line) in super::text(rest).lines().take(INPUTS_MAX).enumerate() {
        let Some((pause, json)) = line.split_once(' ') else {
            continue;
        };
        now = now.after(Millis(pause.parse().unwrap_or(0_u64).min(LEAP_MAX)));
        let Ok(input) = serde_json::from_str::<Input>(json) else {
            continue;
        };
        // A configuration reaches the core through the compiler alone.
        if matches!(input, Input::Config(_)) {
            continue;
        }
        let kept = encode_payload(&input).unwrap();
        assert_eq!(decode_payload::<Input>(&kept).unwrap(), input);
        tenant.handle(now, input);
        drain(&mut tenant);
        let mut ticks = (number + 1) * TICKS_PER_INPUT_MAX;
        while tenant.poll_timeout().is_some_and(|at| at <= now) {
            tenant.handle(now, Input::Tick);
            drain(&mut tenant);
            ticks = ticks.checked_sub(1).expect("the core never comes to rest");
        }
    }
    let saved = encode_payload(&tenant).unwrap();
    assert_eq!(decode_payload::<Tenant>(&saved).unwrap(), tenant);
}

/// Takes the commands, each of which can be kept.
fn drain(tenant: &mut Tenant) {
    while let Some(command) = tenant.poll_command() {
        let kept = encode_payload(&command).unwrap();
        assert_eq!(decode_payload::<Command>(&kept).unwrap(), command);
    }
}
