//! Plugins: a warm decision against the same rule native and behind JSON, a fresh instance with a
//! large configuration, the way from question to verdict through a worker, and two threads.
//!
//! Peers stand in one run, so that a slow machine is slow for all of them. Ratios count, not times.

#![expect(
    clippy::unwrap_used,
    reason = "a bench: its harness makes functions of its own, and what fails ends it"
)]

use std::{
    hint::black_box,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use cordboard_benches::{guests, json, questions};
use cordboard_core::question::Ask;
use cordboard_journal::encode_payload;
use cordboard_plugin_host::{
    HostConfig, Job, Plugin, PluginHost, PluginLimits, PluginSpec, SlotId,
};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::Value;
use skill_match::SkillLevels;

const CANDIDATES: u32 = 64;

criterion_group!(benches, plugins);
criterion_main!(benches);

fn plugins(criterion: &mut Criterion) {
    let component = guests::skill_match().unwrap();
    let host = Arc::new(
        PluginHost::new(HostConfig {
            workers: 2,
            workers_per_slot: 1,
            ..HostConfig::default()
        })
        .unwrap(),
    );
    let load = |config: &Value, always_fresh| {
        host.compile(&PluginSpec {
            component: &component,
            sha256: None,
            config,
            names: &questions::names(),
            // A bench is no place for a deadline that a busy machine may miss.
            limits: PluginLimits {
                deadline: Duration::from_secs(10),
                always_fresh,
                ..PluginLimits::default()
            },
        })
        .unwrap()
    };
    let (small, large) = (
        questions::small_configuration(),
        questions::large_configuration(),
    );
    let ask = questions::skill_match(CANDIDATES);
    let warm = load(&large, false);
    let fresh_small = load(&small, true);
    let fresh_large = load(&large, true);
    let packed = warm.decide(&ask).facts;
    one_decision(
        criterion,
        &packed,
        &interned(&large),
        &[
            ("warm", &warm),
            ("fresh", &fresh_small),
            ("fresh, 64 KiB configuration", &fresh_large),
        ],
    );
    question_to_verdict(
        criterion,
        &host,
        &ask,
        &[("warm", &warm), ("fresh", &fresh_large)],
    );
    let native: SkillLevels = cordboard_plugin::configure(&interned(&large)).unwrap();
    threads(criterion, "native", || {
        decide_natively(&native, black_box(&packed))
    });
    threads(criterion, "warm", || warm.decide(black_box(&ask)));
    threads(criterion, "fresh", || fresh_large.decide(black_box(&ask)));
}

/// The same packed facts in, the same ranking out.
fn one_decision(
    criterion: &mut Criterion,
    packed: &[u32],
    config: &str,
    plugins: &[(&str, &Arc<Plugin>)],
) {
    let native: SkillLevels = cordboard_plugin::configure(config).unwrap();
    let mut behind_json = json::JsonGuest::start(&guests::json().unwrap(), config).unwrap();
    let question = json::question(packed);
    let expected = decide_natively(&native, packed);
    let ranking = behind_json.rank(&question).unwrap();
    assert_eq!(ranking.len() as u32, expected.get(2).copied().unwrap_or(0));
    let flat: Vec<u32> = ranking
        .iter()
        .flat_map(|&(index, score, reason)| [index, score.cast_unsigned(), reason])
        .collect();
    assert_eq!(expected.get(4..), Some(flat.as_slice()));

    let mut group = criterion.benchmark_group("decision, 64 candidates");
    group.bench_function("native", |bencher| {
        bencher.iter(|| decide_natively(&native, black_box(packed)));
    });
    for (name, plugin) in plugins {
        if *name != "fresh" {
            assert_eq!(plugin.decide_packed(packed).verdict, expected, "{name}");
        }
        group.bench_function(*name, |bencher| {
            bencher.iter(|| plugin.decide_packed(black_box(packed)).result.unwrap());
        });
    }
    group.bench_function("JSON through a core module", |bencher| {
        bencher.iter(|| behind_json.rank(black_box(&question)).unwrap());
    });
    group.finish();
}

#[inline(never)]
fn decide_natively(plugin: &SkillLevels, packed: &[u32]) -> Vec<u32> {
    cordboard_plugin::skill_match::decide(plugin, packed)
}

/// From a question in core types to the answer and its record, on this thread and through a worker.
fn question_to_verdict(
    criterion: &mut Criterion,
    host: &Arc<PluginHost>,
    ask: &Ask,
    plugins: &[(&str, &Arc<Plugin>)],
) {
    let mut group = criterion.benchmark_group("question to verdict and record");
    for (name, plugin) in plugins {
        let slot = SlotId(1);
        host.put(slot, Ok(Arc::clone(plugin))).unwrap();
        group.bench_function(format!("{name}, same thread"), |bencher| {
            bencher.iter(|| record(&host.decide(slot, black_box(ask))));
        });
        group.bench_function(format!("{name}, through a worker"), |bencher| {
            let (sender, answers) = mpsc::channel();
            bencher.iter(|| {
                let sender = sender.clone();
                host.submit(Job {
                    slot,
                    ask: ask.clone(),
                    reply: Box::new(move |answer| sender.send(answer).unwrap()),
                });
                record(&answers.recv().unwrap())
            });
        });
        group.bench_function(
            format!("{name}, through a worker, 64 at a time"),
            |bencher| {
                let (sender, answers) = mpsc::channel();
                bencher.iter_custom(|times| {
                    let started = Instant::now();
                    for _ in 0..times.div_ceil(64) {
                        for _ in 0..64 {
                            let sender = sender.clone();
                            host.submit(Job {
                                slot,
                                ask: ask.clone(),
                                reply: Box::new(move |answer| sender.send(answer).unwrap()),
                            });
                        }
                        for _ in 0..64 {
                            black_box(record(&answers.recv().unwrap()));
                        }
                    }
                    per_time(started.elapsed(), times, times.div_ceil(64) * 64)
                });
            },
        );
    }
    group.finish();
}

fn record(answer: &cordboard_plugin_host::Answer) -> Vec<u8> {
    encode_payload(&(&answer.verdict, &answer.facts, &answer.words)).unwrap()
}

/// The same number of decisions on one thread and shared by two. The native rule shows what two threads of this machine are
/// worth: many a second core is half of one.
fn threads<T>(criterion: &mut Criterion, name: &str, decide: impl Fn() -> T + Sync) {
    let mut group = criterion.benchmark_group("threads");
    for count in [1, 2] {
        group.bench_function(format!("{name}, {count}"), |bencher| {
            bencher.iter_custom(|times| {
                let each = times.div_ceil(count);
                let started = Instant::now();
                thread::scope(|scope| {
                    for _ in 0..count {
                        scope.spawn(|| {
                            for _ in 0..each {
                                black_box(decide());
                            }
                        });
                    }
                });
                per_time(started.elapsed(), times, each * count)
            });
        });
    }
    group.finish();
}

/// What `times` would have taken, where `done` were done.
fn per_time(elapsed: Duration, times: u64, done: u64) -> Duration {
    elapsed.mul_f64(times as f64 / done.max(1) as f64)
}

/// The configuration as `configure` gets it, with numbers for names.
fn interned(config: &Value) -> String {
    let text = config.to_string();
    let text = text.replace("\"queue1", "\"1").replace("\"skill", "\"");
    // The member `skills` is no name.
    text.replace("\"s\":", "\"skills\":")
}
