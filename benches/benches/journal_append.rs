//! Journal append: what the driver pays for an append, and how long until a group is durable, against
//! a plain file that gets the same bytes and the same sync. The file is the floor that the disk sets.
//!
//! Peers stand in one run, so that a slow disk is slow for all of them. Ratios count, not times.

#![expect(
    clippy::unwrap_used,
    reason = "a bench: its harness makes functions of its own, and what fails ends it"
)]

use cordboard_core::ids::Timestamp;
use cordboard_journal::{CoreVersion, Journal, LocalJournal, MemoryDisk, Nonce, Options, open};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// About the size of a callback as an input.
const PAYLOAD: [u8; 300] = [7; 300];
const GROUPS: [u64; 3] = [1, 16, 128];
const PATIENCE: Duration = Duration::from_secs(60);

criterion_group!(benches, append, durable);
criterion_main!(benches);

/// The call itself: the driver does not wait for the disk.
fn append(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("journal append");
    group.throughput(Throughput::Elements(1));
    let folder = folder();
    let (mut files, _) = open(folder.path(), options()).unwrap();
    group.bench_function("files", |bencher| {
        bencher.iter_custom(|count| time_appends(&mut files, count));
    });
    let (mut memory, _) = MemoryDisk::new(Nonce([0; 32])).open(options()).unwrap();
    group.bench_function("memory", |bencher| {
        bencher.iter_custom(|count| time_appends(&mut memory, count));
    });
    group.finish();
}

/// From the first append of a group until its last one is durable.
fn durable(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("journal durable");
    for size in GROUPS {
        group.throughput(Throughput::Elements(size));
        let folder = folder();
        let mut file = File::create(folder.path().join("plain")).unwrap();
        let bytes = PAYLOAD.repeat(usize::try_from(size).unwrap());
        group.bench_function(BenchmarkId::new("plain file", size), |bencher| {
            bencher.iter(|| {
                file.write_all(&bytes).unwrap();
                file.sync_data().unwrap();
            });
        });
        let (mut journal, _) = open(folder.path(), options()).unwrap();
        let watch = journal.watch();
        group.bench_function(BenchmarkId::new("journal", size), |bencher| {
            bencher.iter(|| {
                for _ in 0..size {
                    journal.append(Timestamp(0), &PAYLOAD).unwrap();
                }
                assert!(watch.wait(journal.last(), PATIENCE).unwrap());
            });
        });
    }
    group.finish();
}

/// Times appends only, and lets the disk catch up in between.
fn time_appends(journal: &mut LocalJournal, count: u64) -> Duration {
    let watch = journal.watch();
    let mut spent = Duration::ZERO;
    let mut rest = count;
    while rest > 0 {
        let some = rest.min(4_096);
        let begin = Instant::now();
        for _ in 0..some {
            journal.append(Timestamp(0), &PAYLOAD).unwrap();
        }
        spent += begin.elapsed();
        assert!(watch.wait(journal.last(), PATIENCE).unwrap());
        rest -= some;
    }
    spent
}

fn options() -> Options {
    Options::new(CoreVersion(0))
}

/// On the disk of the build: the system's temporary folder may be in memory.
fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}
