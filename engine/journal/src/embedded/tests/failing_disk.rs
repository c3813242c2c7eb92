//! The same work again and again, with the disk failing one operation later each time.

use super::*;

/// Where the store notes which commit is the last.
const HEADER_BYTES: usize = 512;

/// Small steps, so that entries, snapshots and cuts share syncs in many ways.
fn small_steps() -> Options {
    let mut options = options();
    options.limits.snapshot_slice_bytes = 700;
    options.limits.cut_entries_max = 8;
    options
}

/// Entries in groups, records of them, and snapshots that let the log be cut.
fn work(journal: &mut LocalJournal) -> Result<(), Failure> {
    for round in 1..=12_u64 {
        let seq = append(journal, round % 4 + 1)?;
        // Records may be refused once their store has failed: calls go on without.
        drop(journal.record(seq, Timestamp(seq.0), &["s"], &payload(seq)));
        if round % 3 == 0 {
            match journal.snapshot(snapshot(seq)) {
                Ok(()) | Err(SnapshotError::Busy { .. }) => {}
                Err(SnapshotError::Failed(failure)) => return Err(failure),
                Err(error) => panic!("{error}"),
            }
        }
    }
    Ok(())
}

/// What was there when the disk failed.
struct Wreck {
    announced: Seq,
    appended: Seq,
    log: (Vec<u8>, Vec<Change>),
    records: (Vec<u8>, Vec<Change>),
}

impl Wreck {
    fn of(disk: &Disk, journal: LocalJournal) -> Self {
        // The records first, as they may not know more than the log.
        let records = disk.records.cut_power();
        let log = disk.log.cut_power();
        let (announced, appended) = (journal.watch().durable(), journal.last());
        drop(journal);
        Self {
            announced,
            appended,
            log,
            records,
        }
    }

    /// Opens what is left when `keep` chooses how much of each write that was not synced arrived.
    fn survives(&self, keep: impl FnMut(usize) -> usize + Copy, what: &dyn std::fmt::Debug) {
        let left = |(synced, changes): &(Vec<u8>, Vec<Change>)| {
            let mut bytes = synced.clone();
            apply_chosen(&mut bytes, changes, keep);
            SimulatedFile::with(bytes)
        };
        let disk = Disk {
            log: left(&self.log),
            records: left(&self.records),
            ..Disk::default()
        };
        let (mut journal, report) = disk
            .open(small_steps())
            .unwrap_or_else(|error| panic!("{what:?}: {error}"));
        assert!(
            report.last >= self.announced && report.last <= self.appended,
            "{what:?}: {} is not between {} and {}",
            report.last,
            self.announced,
            self.appended
        );
        let replay = journal.replay(ReplayFrom::NewestSnapshot).unwrap();
        assert!(replay.unreadable.is_empty(), "{what:?}");
        assert_eq!(check(replay), report.last, "{what:?}");
        for record in journal.records().about("s", None, usize::MAX).unwrap() {
            assert!(record.id.seq <= report.last, "{what:?}");
            assert_eq!(record.payload, payload(record.id.seq), "{what:?}");
        }
        append(&mut journal, 1).unwrap();
    }

    fn survives_everything(&self, what: u64) {
        self.survives(|_| 0, &(what, "nothing arrived"));
        self.survives(|size| size, &(what, "everything arrived"));
        self.survives(|size| size / 2, &(what, "halves arrived"));
        for seed in 1..=6_u64 {
            let chance = std::cell::Cell::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ what);
            let keep = |size: usize| {
                let mut x = chance.get() | 1;
                x ^= x << 13;
                x ^= x >> 7;
                x ^= x << 17;
                chance.set(x);
                if x & 64 == 0 { 0 } else { size }
            };
            self.survives(keep, &(what, "some arrived", seed));
        }
    }
}

#[test]
fn power_that_fails_at_any_sync_takes_nothing_that_was_announced() {
    for at in 0.. {
        let disk = Disk::default();
        let (mut journal, _) = disk.open(small_steps()).unwrap();
        disk.log.cut_power_at_sync(at);
        let is_done = work(&mut journal).is_ok();
        Wreck::of(&disk, journal).survives_everything(at);
        if is_done {
            assert!(at > 12, "{at} syncs for all of it");
            return;
        }
    }
}

#[test]
fn a_disk_that_breaks_at_any_operation_takes_nothing_that_was_announced() {
    for at in 0.. {
        let disk = Disk::default();
        let (mut journal, _) = disk.open(small_steps()).unwrap();
        disk.log.break_after(at);
        let is_done = match work(&mut journal) {
            Ok(()) => true,
            Err(failure) => {
                assert_eq!(failure.stream, Stream::Log);
                assert!(failure.to_string().contains("make room"), "{failure}");
                false
            }
        };
        Wreck::of(&disk, journal).survives_everything(at);
        if is_done {
            assert!(at > 30, "{at} operations for all of it");
            return;
        }
    }
}

#[test]
fn a_start_on_a_broken_disk_is_refused_and_changes_nothing() {
    let disk = Disk::default();
    let (mut journal, _) = disk.open(small_steps()).unwrap();
    work(&mut journal).unwrap();
    let wreck = Wreck::of(&disk, journal);
    for at in 0.. {
        let disk = Disk {
            log: SimulatedFile::with(wreck.log.0.clone()),
            records: SimulatedFile::with(wreck.records.0.clone()),
            ..Disk::default()
        };
        disk.log.break_after(at);
        match disk.open(small_steps()) {
            Ok((journal, report)) => {
                assert!(report.last >= wreck.announced);
                drop(journal);
                assert!(at > 0, "the start wrote nothing");
                return;
            }
            Err(error) => {
                // Nothing is damaged, and nobody is to be sent for a backup.
                let said = error.to_string();
                assert!(
                    matches!(error, OpenError::NotWritable { .. }),
                    "{at}: {said}"
                );
                assert!(said.contains("make room"), "{at}: {said}");
                let after = Wreck {
                    log: disk.log.cut_power(),
                    records: wreck.records.clone(),
                    ..wreck
                };
                after.survives_everything(at);
            }
        }
    }
}

#[test]
fn bytes_that_changed_in_a_log_that_was_not_closed_are_found_or_do_not_matter() {
    let disk = Disk::default();
    let (mut journal, _) = disk.open(small_steps()).unwrap();
    work(&mut journal).unwrap();
    let wreck = Wreck::of(&disk, journal);
    let whole = &wreck.log.0;
    let mut refused = 0;
    // A prime step reaches all parts of pages.
    for at in (0..HEADER_BYTES).chain((HEADER_BYTES..whole.len()).step_by(397)) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        let disk = Disk {
            log: SimulatedFile::with(bytes),
            records: SimulatedFile::with(wreck.records.0.clone()),
            ..Disk::default()
        };
        // A damaged page of the last commit, or of the note of it, looks like one that was being written
        // when the process ended: that group counts as never written. It held one entry.
        let least = Seq(wreck.announced.0 - 1);
        match disk.open(small_steps()) {
            Ok((journal, report)) => {
                assert!(report.last >= least, "byte {at}: {}", report.last);
                let replay = journal.replay(ReplayFrom::NewestSnapshot).unwrap();
                assert_eq!(check(replay), report.last, "byte {at}");
            }
            Err(error) => {
                let said = error.to_string();
                assert!(
                    said.contains("backup") || said.contains("release"),
                    "{said}"
                );
                refused += 1;
            }
        }
    }
    assert!(refused > 20, "{refused}");
}
