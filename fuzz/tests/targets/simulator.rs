//! What clients send to the simulator: scripts of callers and people, requests to the service, audio files.
//!
//! Each line is a step, by its first letter: `c` callers and `a` people in JSON, `r` a request (method, path, body; see
//! [`Stage::request`]), `t` time passes, `p` what is under way ends with a status. A first byte of 0 makes the rest an audio file.

use cordboard_simulator::fuzzing::{Stage, prompt_ms};
use serde_json::Value;

/// The most steps.
const STEPS_MAX: usize = 150;

/// How often time passes at the end.
const TICKS_MAX: usize = 100;

pub(crate) fn run(bytes: &[u8]) {
    if let Some((0, file)) = bytes.split_first() {
        if let Ok(ms) = prompt_ms(file) {
            assert!(ms > 0);
        }
        return;
    }
    let mut stage = Stage::new(7);
    for line in super::text(bytes).lines().take(STEPS_MAX) {
        step(&mut stage, line);
        stage.take_effects();
    }
    for _ in 0..TICKS_MAX {
        stage.complete(Some(200));
        stage.take_effects();
        if !stage.tick() {
            break;
        }
        stage.take_effects();
    }
    let ledger = stage.ledger();
    serde_json::to_string(&ledger).unwrap();
    serde_json::to_string(&ledger.figures()).unwrap();
}

fn step(stage: &mut Stage, line: &str) {
    let mut rest = line.chars();
    let kind = rest.next();
    let rest = rest.as_str();
    let refused = match kind {
        Some('c') => stage.callers(rest).err(),
        Some('a') => stage.agents(rest).err(),
        Some('r') => {
            let (status, body) = stage.request(rest);
            assert!((200..500).contains(&status), "{status}");
            assert!(body.is_empty() || serde_json::from_slice::<Value>(&body).is_ok());
            None
        }
        Some('t') => {
            stage.tick();
            None
        }
        Some('p') => {
            stage.complete(rest.parse().ok());
            None
        }
        _ => None,
    };
    assert!(refused.is_none_or(|text| !text.is_empty()));
}
