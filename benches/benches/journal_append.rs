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
/// Appends in one go, below the limit of what may wait for the disk.
const BURST: u64 = 4_096;
const PATIENCE: Duration = Duration::from_secs(60);

criterion_group!(benches, append, durable);
criterion_main!(benches);

/// The call itself: the driver does not wait for the disk, so neither does the stop-watch.
fn append(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("journal append");
    group.throughput(Throughput::Elements(BURST));
    // Only a small part of the time that passes is measured.
    group.sample_size(10);
    group.warm_up_time(Duration::from_millis(50));
    group.measurement_time(Duration::from_millis(100));
    group.bench_function("files", |bencher| {
        bencher.iter_custom(|bursts| {
            let folder = folder();
            let (mut journal, _) = open(folder.path(), options()).unwrap();
            (0..bursts).map(|_| time_burst(&mut journal)).sum()
        });
    });
    group.bench_function("memory", |bencher| {
        bencher.iter_custom(|bursts| {
            let fresh = || MemoryDisk::new(Nonce([0; 32])).open(options()).unwrap();
            (0..bursts).map(|_| time_burst(&mut fresh().0)).sum()
        });
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

/// Times appends only, and lets the disk catch up afterwards.
fn time_burst(journal: &mut LocalJournal) -> Duration {
    let begin = Instant::now();
    for _ in 0..BURST {
        journal.append(Timestamp(0), &PAYLOAD).unwrap();
    }
    let spent = begin.elapsed();
    assert!(journal.watch().wait(journal.last(), PATIENCE).unwrap());
    spent
}

fn options() -> Options {
    Options::new(CoreVersion(0))
}

/// On the disk of the build: the system's temporary folder may be in memory.
fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}
