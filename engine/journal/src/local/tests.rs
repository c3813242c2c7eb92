//! What every journal promises, tried on the one in memory.

use crate::*;
use cordboard_core::ids::{Epoch, Millis, Timestamp};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<Event>>>);

impl Heard {
    fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock())
    }
}

fn disk() -> MemoryDisk {
    MemoryDisk::new(Nonce([7; 32]))
}

fn options(heard: &Heard) -> Options {
    let heard = heard.clone();
    Options {
        listener: Arc::new(move |event| heard.0.lock().push(event)),
        ..Options::new(CoreVersion(3))
    }
}

fn limited(change: impl FnOnce(&mut Limits)) -> Options {
    let mut options = Options::new(CoreVersion(3));
    change(&mut options.limits);
    options
}

fn append(journal: &mut LocalJournal, count: u64) {
    for _ in 0..count {
        let next = journal.last().next().0;
        journal
            .append(Timestamp(1_000 + next), format!("input {next}").as_bytes())
            .unwrap();
    }
}

fn snapshot(seq: u64, bytes: &[u8]) -> Snapshot {
    Snapshot {
        seq: Seq(seq),
        now: Timestamp(1_000 + seq),
        core: CoreVersion(3),
        state_hash: [u8::try_from(seq).unwrap(); 32],
        bytes: bytes.into(),
    }
}

fn replayed(journal: &dyn Journal, from: ReplayFrom) -> (Option<Seq>, Vec<u64>) {
    let mut replay = journal.replay(from).unwrap();
    let snapshot = replay.snapshot.as_ref().map(|snapshot| snapshot.seq);
    let entries = replay.by_ref().map(|entry| {
        let entry = entry.unwrap();
        assert_eq!(entry.payload, format!("input {}", entry.seq).as_bytes());
        assert_eq!(entry.now, Timestamp(1_000 + entry.seq.0));
        assert_eq!(entry.core, CoreVersion(3));
        entry.seq.0
    });
    let entries = entries.collect();
    assert!(replay.next().is_none());
    (snapshot, entries)
}

#[test]
fn numbers_are_contiguous_from_one_and_announced() {
    let (disk, heard) = (disk(), Heard::default());
    let (mut journal, report) = disk.open(options(&heard)).unwrap();
    assert!(report.created);
    assert_eq!(
        (report.first, report.last, report.tail),
        (Seq(1), Seq(0), Tail::Closed)
    );
    append(&mut journal, 3);
    assert_eq!(heard.take(), [1, 2, 3].map(|seq| Event::Durable(Seq(seq))));
    assert_eq!(replayed(&journal, ReplayFrom::Start), (None, vec![1, 2, 3]));
}

#[test]
fn the_nonce_stays_and_the_epoch_counts_openings() {
    let disk = disk();
    for epoch in 1..4 {
        let (journal, report) = disk.open(limited(|_| {})).unwrap();
        assert_eq!(journal.identity().epoch, Epoch(epoch));
        assert_eq!(journal.identity().nonce, Nonce([7; 32]));
        assert_eq!(report.created, epoch == 1);
    }
}

#[test]
fn a_second_handle_is_refused_until_the_first_is_gone() {
    let disk = disk();
    let (journal, _) = disk.open(limited(|_| {})).unwrap();
    assert!(matches!(
        disk.open(limited(|_| {})),
        Err(OpenError::InUse { .. })
    ));
    drop(journal);
    assert!(disk.open(limited(|_| {})).is_ok());
}

#[test]
fn what_waits_for_the_disk_goes_out_as_one_group() {
    let (disk, heard) = (disk(), Heard::default());
    let (mut journal, _) = disk.open(options(&heard)).unwrap();
    disk.hold_syncs();
    append(&mut journal, 5);
    assert_eq!(journal.last(), Seq(5));
    assert_eq!(journal.watch().durable(), Seq(0));
    assert_eq!(journal.watch().wait(Seq(1), Duration::ZERO), Ok(false));
    assert!(heard.take().is_empty());
    disk.release_syncs();
    assert_eq!(heard.take(), [Event::Durable(Seq(5))]);
    assert_eq!(journal.watch().wait(Seq(5), Duration::ZERO), Ok(true));
}

#[test]
fn a_full_queue_refuses_and_takes_again() {
    let disk = disk();
    let (mut journal, _) = disk
        .open(limited(|limits| limits.unsynced_entries_max = 2))
        .unwrap();
    disk.hold_syncs();
    append(&mut journal, 2);
    assert_eq!(
        journal.append(Timestamp(0), b"x"),
        Err(AppendError::Full { waiting: 2 })
    );
    assert_eq!(journal.last(), Seq(2));
    disk.release_syncs();
    append(&mut journal, 1);
    assert_eq!(replayed(&journal, ReplayFrom::Start), (None, vec![1, 2, 3]));
}

#[test]
fn bytes_that_wait_are_limited_but_one_entry_always_passes() {
    let disk = disk();
    let (mut journal, _) = disk
        .open(limited(|limits| limits.unsynced_bytes_max = 50))
        .unwrap();
    disk.hold_syncs();
    journal.append(Timestamp(0), &[0; 100]).unwrap();
    assert_eq!(
        journal.append(Timestamp(0), b"x"),
        Err(AppendError::Full { waiting: 1 })
    );
}

#[test]
fn an_entry_over_the_limit_is_refused() {
    let (mut journal, _) = disk()
        .open(limited(|limits| limits.entry_bytes_max = 4))
        .unwrap();
    assert_eq!(
        journal.append(Timestamp(0), b"12345"),
        Err(AppendError::TooLarge { bytes: 5, limit: 4 })
    );
    assert_eq!(journal.append(Timestamp(0), b"1234"), Ok(Seq(1)));
}

#[test]
fn a_full_log_needs_a_snapshot() {
    let (mut journal, _) = disk()
        .open(limited(|limits| {
            limits.log_entries_max = 3;
            limits.snapshots_kept = 1;
        }))
        .unwrap();
    append(&mut journal, 3);
    assert_eq!(
        journal.append(Timestamp(0), b"x"),
        Err(AppendError::LogFull { entries: 3 })
    );
    journal.snapshot(snapshot(3, b"state")).unwrap();
    append(&mut journal, 1);
    assert_eq!(
        replayed(&journal, ReplayFrom::NewestSnapshot),
        (Some(Seq(3)), vec![4])
    );
}

#[test]
fn a_failed_sync_ends_the_log_for_good_and_is_told_once() {
    let (disk, heard) = (disk(), Heard::default());
    let (mut journal, _) = disk.open(options(&heard)).unwrap();
    append(&mut journal, 2);
    disk.fail_log_after(0);
    let seq = journal.append(Timestamp(0), b"lost").unwrap();
    assert_eq!(seq, Seq(3));
    let failure = Failure {
        stream: Stream::Log,
        durable: Seq(2),
        detail: "input/output error (injected)".into(),
    };
    assert_eq!(
        heard.take(),
        [
            Event::Durable(Seq(1)),
            Event::Durable(Seq(2)),
            Event::Failed(failure.clone())
        ]
    );
    // The disk works again, but that proves nothing about the write that failed.
    disk.fail_log_after(100);
    let refused = AppendError::Failed(failure.clone());
    assert_eq!(journal.append(Timestamp(0), b"x"), Err(refused));
    assert_eq!(
        journal.snapshot(snapshot(2, b"")),
        Err(SnapshotError::Failed(failure.clone()))
    );
    assert_eq!(
        journal.watch().wait(Seq(3), Duration::from_secs(60)),
        Err(failure.clone())
    );
    assert!(heard.take().is_empty());
    assert_eq!(Box::new(journal).close(), Err(failure));
    let (journal, report) = disk.open(limited(|_| {})).unwrap();
    assert_eq!((report.tail, report.last), (Tail::Recovered, Seq(2)));
    drop(journal);
}

#[test]
fn a_power_failure_leaves_what_was_durable_and_a_prefix_of_the_rest() {
    for kept in 0..=4 {
        let disk = disk();
        let (mut journal, _) = disk.open(limited(|_| {})).unwrap();
        append(&mut journal, 2);
        disk.hold_syncs();
        append(&mut journal, 3);
        disk.cut_power(kept);
        assert!(journal.append(Timestamp(0), b"x").is_err());
        drop(journal);
        let (mut journal, report) = disk.open(limited(|_| {})).unwrap();
        let last = 2 + kept.min(3) as u64;
        assert_eq!((report.tail, report.last), (Tail::Recovered, Seq(last)));
        append(&mut journal, 1);
        assert_eq!(
            replayed(&journal, ReplayFrom::Start),
            (None, (1..=last + 1).collect())
        );
    }
}

#[test]
fn the_clock_of_the_last_entry_is_reported() {
    let disk = disk();
    let (mut journal, _) = disk
        .open(limited(|limits| limits.snapshots_kept = 1))
        .unwrap();
    append(&mut journal, 4);
    drop(journal);
    let (mut journal, report) = disk
        .open(limited(|limits| limits.snapshots_kept = 1))
        .unwrap();
    assert_eq!(report.last_now, Timestamp(1_004));
    journal.snapshot(snapshot(4, b"state")).unwrap();
    drop(journal);
    // Every entry was cut; the snapshot knows.
    let (_, report) = disk.open(limited(|_| {})).unwrap();
    assert_eq!((report.first, report.last), (Seq(5), Seq(4)));
    assert_eq!(report.last_now, Timestamp(1_004));
}

#[test]
fn a_snapshot_goes_out_in_slices_and_only_then_exists() {
    let (disk, heard) = (disk(), Heard::default());
    let mut with_slices = options(&heard);
    with_slices.limits.snapshot_slice_bytes = 3;
    let (mut journal, _) = disk.open(with_slices).unwrap();
    append(&mut journal, 2);
    heard.take();
    journal.snapshot(snapshot(2, b"0123456789")).unwrap();
    assert_eq!(heard.take(), [Event::SnapshotDurable(Seq(2))]);
    let replay = journal.replay(ReplayFrom::NewestSnapshot).unwrap();
    let read = replay.snapshot.unwrap();
    assert_eq!(read, snapshot(2, b"0123456789"));
}

#[test]
fn a_snapshot_that_was_never_finished_does_not_exist() {
    let disk = disk();
    let with_slices = || limited(|limits| limits.snapshot_slice_bytes = 3);
    let (mut journal, _) = disk.open(with_slices()).unwrap();
    append(&mut journal, 2);
    disk.fail_log_after(2);
    journal.snapshot(snapshot(2, b"0123456789")).unwrap();
    drop(journal);
    let (mut journal, report) = disk.open(with_slices()).unwrap();
    assert!(report.snapshots.is_empty());
    assert_eq!(
        replayed(&journal, ReplayFrom::NewestSnapshot),
        (None, vec![1, 2])
    );
    // A shorter one in the same place does not meet the leftovers.
    journal.snapshot(snapshot(2, b"01")).unwrap();
    drop(journal);
    let (journal, _) = disk.open(with_slices()).unwrap();
    let replay = journal.replay(ReplayFrom::NewestSnapshot).unwrap();
    assert_eq!(replay.snapshot.unwrap(), snapshot(2, b"01"));
}

#[test]
fn a_snapshot_waits_for_its_entry() {
    let (disk, heard) = (disk(), Heard::default());
    let (mut journal, _) = disk.open(options(&heard)).unwrap();
    disk.hold_syncs();
    append(&mut journal, 2);
    journal.snapshot(snapshot(2, b"state")).unwrap();
    assert_eq!(
        journal.snapshot(snapshot(2, b"state")),
        Err(SnapshotError::Busy { writing: Seq(2) })
    );
    disk.cut_power(1);
    drop(journal);
    let (journal, report) = disk.open(options(&heard)).unwrap();
    assert_eq!((report.last, report.snapshots), (Seq(1), vec![]));
    drop(journal);
}

#[test]
fn a_snapshot_does_not_exist_before_its_entry() {
    let disk = disk();
    let (mut journal, _) = disk
        .open(limited(|limits| limits.group_entries_max = 1))
        .unwrap();
    disk.hold_syncs();
    append(&mut journal, 3);
    journal.snapshot(snapshot(3, b"state")).unwrap();
    disk.fail_log_after(2);
    disk.release_syncs();
    drop(journal);
    let (_, report) = disk.open(limited(|_| {})).unwrap();
    assert_eq!((report.last, report.snapshots), (Seq(2), vec![]));
}

#[test]
fn a_snapshot_must_be_newer_and_of_an_entry_that_exists() {
    let (mut journal, _) = disk().open(limited(|_| {})).unwrap();
    append(&mut journal, 5);
    journal.snapshot(snapshot(3, b"state")).unwrap();
    for seq in [2, 3, 6] {
        assert_eq!(
            journal.snapshot(snapshot(seq, b"state")),
            Err(SnapshotError::Misplaced {
                seq: Seq(seq),
                newest: Seq(3),
                last: Seq(5)
            })
        );
    }
    assert_eq!(journal.snapshot(snapshot(4, b"state")), Ok(()));
}

#[test]
fn the_log_is_cut_at_the_oldest_kept_snapshot() {
    let disk = disk();
    let steps = || limited(|limits| limits.cut_entries_max = 2);
    let (mut journal, _) = disk.open(steps()).unwrap();
    append(&mut journal, 9);
    journal.snapshot(snapshot(7, b"first")).unwrap();
    // One is not enough: if it could not be read, the log would be needed from the start.
    assert_eq!(replayed(&journal, ReplayFrom::Start).1.len(), 9);
    journal.snapshot(snapshot(8, b"second")).unwrap();
    assert!(matches!(
        journal.replay(ReplayFrom::Start),
        Err(ReadError::StartWasCut { first: Seq(8) })
    ));
    assert_eq!(
        replayed(&journal, ReplayFrom::NewestSnapshot),
        (Some(Seq(8)), vec![9])
    );
    journal.snapshot(snapshot(9, b"third")).unwrap();
    drop(journal);
    let (journal, report) = disk.open(steps()).unwrap();
    assert_eq!(report.snapshots, [Seq(8), Seq(9)]);
    assert_eq!((report.first, report.last), (Seq(9), Seq(9)));
    drop(journal);
}

#[test]
fn the_whole_log_stays_when_asked_for() {
    let (mut journal, _) = disk()
        .open(Options {
            retain_log: RetainLog::All,
            ..limited(|limits| limits.snapshots_kept = 1)
        })
        .unwrap();
    append(&mut journal, 4);
    journal.snapshot(snapshot(3, b"state")).unwrap();
    assert_eq!(
        replayed(&journal, ReplayFrom::Start),
        (None, vec![1, 2, 3, 4])
    );
    assert_eq!(
        replayed(&journal, ReplayFrom::NewestSnapshot),
        (Some(Seq(3)), vec![4])
    );
}

#[test]
fn a_replay_begins_as_far_back_as_asked_and_as_the_log_goes() {
    let disk = disk();
    let keeping = || Options {
        retain_log: RetainLog::Entries(4),
        ..limited(|_| {})
    };
    let (mut journal, _) = disk.open(keeping()).unwrap();
    append(&mut journal, 12);
    for seq in [2, 4, 6, 8, 10] {
        journal.snapshot(snapshot(seq, b"state")).unwrap();
    }
    drop(journal);
    let (journal, report) = disk.open(keeping()).unwrap();
    assert_eq!(
        report.snapshots,
        [6, 8, 10].map(Seq),
        "four entries behind the newest stay"
    );
    let from = |from| replayed(&journal, from);
    let oldest = (Some(Seq(6)), (7..=12).collect());
    assert_eq!(from(ReplayFrom::Oldest), oldest);
    assert_eq!(from(ReplayFrom::Before(Seq(3))), oldest);
    assert_eq!(from(ReplayFrom::Before(Seq(8))), oldest);
    let later = (Some(Seq(8)), (9..=12).collect());
    assert_eq!(from(ReplayFrom::Before(Seq(9))), later);
    disk.damage_snapshot(Seq(6));
    assert_eq!(
        journal.replay(ReplayFrom::Oldest).unwrap().unreadable.len(),
        1
    );
    assert_eq!(from(ReplayFrom::Oldest), later);
}

#[test]
fn an_unreadable_snapshot_is_told_and_the_one_before_serves() {
    let disk = disk();
    let (mut journal, _) = disk.open(limited(|_| {})).unwrap();
    append(&mut journal, 5);
    journal.snapshot(snapshot(2, b"first")).unwrap();
    journal.snapshot(snapshot(4, b"second")).unwrap();
    disk.damage_snapshot(Seq(4));
    let replay = journal.replay(ReplayFrom::NewestSnapshot).unwrap();
    assert_eq!(
        replay.unreadable,
        [(Seq(4), "its checksum is wrong".to_owned())]
    );
    assert_eq!(
        replayed(&journal, ReplayFrom::NewestSnapshot),
        (Some(Seq(2)), vec![3, 4, 5])
    );
    disk.damage_snapshot(Seq(2));
    assert_eq!(
        journal.replay(ReplayFrom::NewestSnapshot).unwrap_err(),
        ReadError::NoSnapshot { first: Seq(3) }
    );
}

#[test]
fn damage_in_the_middle_is_refused_and_nothing_after_it_is_read() {
    let disk = disk();
    let (mut journal, _) = disk.open(limited(|_| {})).unwrap();
    append(&mut journal, 5);
    disk.damage_entry(Seq(3));
    let read: Vec<_> = journal.replay(ReplayFrom::Start).unwrap().collect();
    assert_eq!(read.len(), 3);
    let error = read[2].clone().unwrap_err();
    assert_eq!(
        error,
        ReadError::DamagedEntry {
            seq: Seq(3),
            detail: FrameError::Checksum
        }
    );
    assert!(error.to_string().contains("restore"), "{error}");
    disk.lose_entry(Seq(3));
    let read: Vec<_> = journal.replay(ReplayFrom::Start).unwrap().collect();
    assert_eq!(read.len(), 3);
    assert_eq!(
        read[2],
        Err(ReadError::Gap {
            expected: Seq(3),
            found: Seq(4)
        })
    );
}

#[test]
fn a_damaged_last_entry_is_refused_at_opening() {
    let disk = disk();
    let (mut journal, _) = disk.open(limited(|_| {})).unwrap();
    append(&mut journal, 2);
    drop(journal);
    disk.damage_entry(Seq(2));
    assert!(matches!(
        disk.open(limited(|_| {})),
        Err(OpenError::Damaged { .. })
    ));
}

#[test]
fn entries_that_the_records_know_and_the_log_lost_are_missed() {
    let disk = disk();
    let (mut journal, _) = disk.open(limited(|_| {})).unwrap();
    append(&mut journal, 3);
    journal.record(Seq(3), Timestamp(0), &[], b"why").unwrap();
    drop(journal);
    disk.lose_entry(Seq(3));
    assert!(matches!(
        disk.open(limited(|_| {})),
        Err(OpenError::EntriesLost {
            log_ends: Seq(2),
            known: Seq(3)
        })
    ));
}

fn ids(records: &[Record]) -> Vec<(u64, u32)> {
    records
        .iter()
        .map(|record| (record.id.seq.0, record.id.number))
        .collect()
}

#[test]
fn records_are_read_by_number_and_by_subject() {
    let (mut journal, _) = disk().open(limited(|_| {})).unwrap();
    append(&mut journal, 3);
    for (seq, subjects) in [(1, &["a"][..]), (1, &["a", "b"]), (3, &["b"])] {
        journal
            .record(Seq(seq), Timestamp(seq), subjects, b"why")
            .unwrap();
    }
    let records = journal.records();
    assert_eq!(
        ids(&records.after(None, 9).unwrap()),
        [(1, 0), (1, 1), (3, 0)]
    );
    assert_eq!(ids(&records.after(None, 2).unwrap()), [(1, 0), (1, 1)]);
    let id = RecordId {
        seq: Seq(1),
        number: 1,
    };
    assert_eq!(ids(&records.after(Some(id), 9).unwrap()), [(3, 0)]);
    assert_eq!(ids(&records.about("a", None, 9).unwrap()), [(1, 0), (1, 1)]);
    assert_eq!(ids(&records.about("b", Some(id), 9).unwrap()), [(3, 0)]);
    assert_eq!(ids(&records.about("c", None, 9).unwrap()), []);
    let read = &records.about("b", None, 1).unwrap()[0];
    assert_eq!(
        (read.subjects.as_slice(), read.payload.as_slice()),
        (&["a".to_owned(), "b".to_owned()][..], &b"why"[..])
    );
    assert_eq!((read.now, read.core), (Timestamp(1), CoreVersion(3)));
}

#[test]
fn a_record_waits_for_its_entry() {
    let disk = disk();
    let (mut journal, _) = disk.open(limited(|_| {})).unwrap();
    append(&mut journal, 1);
    disk.hold_syncs();
    append(&mut journal, 2);
    journal.record(Seq(1), Timestamp(0), &[], b"why").unwrap();
    journal.record(Seq(2), Timestamp(0), &[], b"why").unwrap();
    journal.record(Seq(3), Timestamp(0), &[], b"why").unwrap();
    let records = journal.records();
    assert_eq!(ids(&records.after(None, 9).unwrap()), [(1, 0)]);
    disk.cut_power(1);
    drop(journal);
    // Entry 2 has survived, but its record was lost with the power.
    let (mut journal, report) = disk.open(limited(|_| {})).unwrap();
    assert_eq!(report.last, Seq(2));
    assert_eq!(ids(&journal.records().after(None, 9).unwrap()), [(1, 0)]);
    // The replay leads to both; only the lost one is written.
    for seq in 1..=2 {
        let id = journal
            .record(Seq(seq), Timestamp(0), &[], b"again")
            .unwrap();
        assert_eq!(
            id,
            RecordId {
                seq: Seq(seq),
                number: 0
            }
        );
    }
    let read = journal.records().after(None, 9).unwrap();
    assert_eq!(ids(&read), [(1, 0), (2, 0)]);
    assert_eq!(
        (read[0].payload.as_slice(), read[1].payload.as_slice()),
        (&b"why"[..], &b"again"[..])
    );
}

#[test]
fn records_out_of_order_are_refused() {
    let (mut journal, _) = disk().open(limited(|_| {})).unwrap();
    append(&mut journal, 3);
    journal.record(Seq(2), Timestamp(0), &[], b"").unwrap();
    for seq in [0, 1, 4] {
        assert_eq!(
            journal.record(Seq(seq), Timestamp(0), &[], b""),
            Err(RecordError::OutOfOrder {
                seq: Seq(seq),
                last: Seq(2)
            })
        );
    }
}

#[test]
fn records_over_a_limit_are_refused() {
    let (mut journal, _) = disk()
        .open(limited(|limits| {
            limits.record_bytes_max = 3;
            limits.record_subjects_max = 1;
            limits.subject_bytes_max = 2;
        }))
        .unwrap();
    append(&mut journal, 1);
    let mut refused = |subjects: &[&str], payload: &[u8]| {
        matches!(
            journal.record(Seq(1), Timestamp(0), subjects, payload),
            Err(RecordError::TooLarge { .. })
        )
    };
    assert!(refused(&[], b"1234"));
    assert!(refused(&["a", "b"], b""));
    assert!(refused(&["abc"], b""));
    assert!(!refused(&["ab"], b"123"));
}

#[test]
fn a_full_queue_of_records_loses_the_newest_and_says_so() {
    let disk = disk();
    let (mut journal, _) = disk
        .open(limited(|limits| limits.unsynced_records_max = 1))
        .unwrap();
    disk.hold_syncs();
    append(&mut journal, 1);
    journal.record(Seq(1), Timestamp(0), &[], b"kept").unwrap();
    assert_eq!(
        journal.record(Seq(1), Timestamp(0), &[], b"lost"),
        Err(RecordError::Full { waiting: 1 })
    );
    disk.release_syncs();
    // The lost one keeps its number, so that a replay gives the others the same.
    assert_eq!(
        journal.record(Seq(1), Timestamp(0), &[], b"kept"),
        Ok(RecordId {
            seq: Seq(1),
            number: 2
        })
    );
    assert_eq!(
        ids(&journal.records().after(None, 9).unwrap()),
        [(1, 0), (1, 2)]
    );
}

#[test]
fn records_that_fail_do_not_stop_the_log() {
    let (disk, heard) = (disk(), Heard::default());
    let (mut journal, _) = disk.open(options(&heard)).unwrap();
    append(&mut journal, 1);
    disk.fail_records_after(0);
    journal.record(Seq(1), Timestamp(0), &[], b"").unwrap();
    append(&mut journal, 1);
    let failure = journal.watch().failure(Stream::Records).unwrap();
    assert_eq!(journal.watch().failure(Stream::Log), None);
    assert_eq!(
        journal.record(Seq(2), Timestamp(0), &[], b""),
        Err(RecordError::Failed(failure.clone()))
    );
    assert_eq!(
        heard.take(),
        [
            Event::Durable(Seq(1)),
            Event::Failed(failure.clone()),
            Event::Durable(Seq(2))
        ]
    );
    assert_eq!(Box::new(journal).close(), Err(failure));
}

#[test]
fn records_go_by_size_and_by_age() {
    let (mut journal, _) = disk()
        .open(limited(|limits| {
            limits.records_bytes_max = 1_000;
            limits.records_age_max = Millis(10);
            limits.expired_records_max = 2;
        }))
        .unwrap();
    append(&mut journal, 9);
    for seq in 1..=6 {
        journal
            .record(Seq(seq), Timestamp(100), &["s"], &[0; 250])
            .unwrap();
    }
    let records = journal.records();
    assert_eq!(
        ids(&records.after(None, 9).unwrap()),
        [(4, 0), (5, 0), (6, 0)]
    );
    journal.record(Seq(7), Timestamp(110), &["s"], b"").unwrap();
    assert_eq!(
        ids(&records.about("s", None, 9).unwrap()),
        [(4, 0), (5, 0), (6, 0), (7, 0)]
    );
    journal.record(Seq(8), Timestamp(111), &["s"], b"").unwrap();
    assert_eq!(ids(&records.about("s", None, 9).unwrap()), [(7, 0), (8, 0)]);
}

#[test]
fn blobs_are_kept_by_digest_within_limits() {
    let (journal, _) = disk()
        .open(limited(|limits| {
            limits.blob_bytes_max = 10;
            limits.blobs_bytes_max = 12;
        }))
        .unwrap();
    let blobs = journal.blobs();
    let digest = blobs.put(b"0123456789").unwrap();
    assert_eq!(
        digest.to_string(),
        "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882"
    );
    assert_eq!(blobs.put(b"0123456789"), Ok(digest));
    assert_eq!(blobs.read(&digest), Ok(Some(b"0123456789".to_vec())));
    assert_eq!(blobs.read(&Digest::of(b"x")), Ok(None));
    assert_eq!(blobs.list(), Ok(vec![(digest, 10)]));
    assert_eq!(
        blobs.put(&[0; 11]),
        Err(BlobError::TooLarge {
            bytes: 11,
            limit: 10
        })
    );
    assert_eq!(
        blobs.put(b"abc"),
        Err(BlobError::Full {
            bytes: 10,
            limit: 12
        })
    );
    blobs.remove(&digest).unwrap();
    assert!(blobs.put(b"abc").is_ok());
}

#[test]
fn no_payload_and_no_secret_is_shown() {
    let (mut journal, _) = disk().open(limited(|_| {})).unwrap();
    journal.append(Timestamp(0), b"+14255550123").unwrap();
    journal
        .record(Seq(1), Timestamp(0), &["+14255550123"], b"+14255550123")
        .unwrap();
    let entry = journal
        .replay(ReplayFrom::Start)
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let record = journal.records().after(None, 1).unwrap();
    let shown = format!(
        "{journal:?} {entry:?} {record:?} {:?}",
        snapshot(1, b"+14255550123")
    );
    assert!(
        !shown.contains("4255550123") && !shown.contains("52, 50"),
        "{shown}"
    );
    assert!(shown.contains("Nonce(…)"), "{shown}");
}
