//! What a hostile plugin costs its neighbour: the time from question to answer of a sound plugin, alone and beside a plugin that
//! is asked as often and fails each time. Short spans with and without it take turns, so that a slow moment of the machine
//! is slow for both.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench: it prints a table, and what fails ends it"
)]

use std::{
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use cordboard_benches::{guests, questions};
use cordboard_core::question::Ask;
use cordboard_plugin_host::{HostConfig, Job, PluginHost, PluginLimits, PluginSpec, SlotId};
use serde_json::{Value, json};

const SOUND: SlotId = SlotId(1);
const HOSTILE: SlotId = SlotId(2);
/// How long a span lasts, and how many of each kind there are.
const SPAN: Duration = Duration::from_millis(400);
const SPANS: u32 = 25;
/// Each plugin is asked so often.
const EVERY: Duration = Duration::from_millis(1);
/// Plugins of the plugin host's tests that fail in ways of their own.
const WAYS: [&str; 4] = ["looping", "greedy", "trapping", "lying"];

fn main() {
    let sound = guests::skill_match().unwrap();
    println!(
        "{:<12} {:>12} {:>12} {:>9} {:>12} {:>12} {:>9}  the hostile plugin's answers",
        "beside", "p50 alone", "p50 beside", "", "p99 alone", "p99 beside", ""
    );
    for way in WAYS {
        let hostile = guests::hostile(way).unwrap();
        let host = Arc::new(PluginHost::new(HostConfig::default()).unwrap());
        load(&host, SOUND, &sound, &questions::small_configuration());
        load(&host, HOSTILE, &hostile, &json!({}));
        let start = Instant::now();
        let (mut alone, mut beside) = (Vec::new(), Vec::new());
        for _ in 0..SPANS {
            span(&host, start, false, &mut alone);
            span(&host, start, true, &mut beside);
        }
        let (p50s, p99s) = (
            [&mut alone, &mut beside].map(|times| percentile(times, 50)),
            { [&mut alone, &mut beside].map(|times| percentile(times, 99)) },
        );
        println!(
            "{way:<12} {} {} {:?}",
            pair(p50s),
            pair(p99s),
            host.status(HOSTILE).outcomes
        );
    }
}

fn load(host: &PluginHost, slot: SlotId, component: &[u8], config: &Value) {
    let spec = PluginSpec {
        component,
        sha256: None,
        config,
        names: &questions::names(),
        limits: PluginLimits::default(),
    };
    host.load(slot, &spec).unwrap();
}

/// Asks the sound plugin, and beside it the hostile one, for the length of a span; notes how long the sound one's answers took.
fn span(host: &PluginHost, start: Instant, hostile: bool, times: &mut Vec<Duration>) {
    let (sender, answers) = mpsc::channel();
    let end = Instant::now() + SPAN;
    while Instant::now() < end {
        let ask = Ask {
            // Breakers go by the time of the questions.
            now: u64::try_from(start.elapsed().as_millis()).unwrap(),
            ..questions::skill_match(64)
        };
        if hostile {
            host.submit(Job {
                slot: HOSTILE,
                ask: ask.clone(),
                reply: Box::new(|_| ()),
            });
        }
        let asked = Instant::now();
        let sender = sender.clone();
        host.submit(Job {
            slot: SOUND,
            ask,
            reply: Box::new(move |answer| {
                answer.verdict.result.unwrap();
                sender.send(asked.elapsed()).unwrap();
            }),
        });
        times.push(answers.recv().unwrap());
        thread::sleep(EVERY.saturating_sub(asked.elapsed()));
    }
}

fn pair([alone, beside]: [Duration; 2]) -> String {
    let micros = |time: Duration| format!("{:.1} µs", time.as_secs_f64() * 1e6);
    let change = (beside.as_secs_f64() / alone.as_secs_f64() - 1.0) * 100.0;
    format!(
        "{:>12} {:>12} {change:>+8.1}%",
        micros(alone),
        micros(beside)
    )
}

/// The value that so many of a hundred do not exceed.
fn percentile(times: &mut [Duration], of_hundred: usize) -> Duration {
    times.sort_unstable();
    let at = (times.len() * of_hundred).div_ceil(100).max(1) - 1;
    times.get(at).copied().unwrap()
}
