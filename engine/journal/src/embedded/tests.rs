//! The files on a disk that fails: power, syncs, space, bits.

mod failing_disk;
mod simulated_disk;

use super::*;
use crate::*;
use cordboard_core::ids::{Millis, Timestamp};
use parking_lot::Mutex;
use proptest::prelude::*;
use simulated_disk::{Change, SimulatedFile, apply_chosen, apply_prefix, size};
use std::time::Duration;

const NONCE: Nonce = Nonce([9; 32]);
const PATIENCE: Duration = Duration::from_secs(60);

/// The three files of a journal.
#[derive(Clone, Debug, Default)]
struct Disk {
    log: SimulatedFile,
    records: SimulatedFile,
    blobs: SimulatedFile,
}

impl Disk {
    fn open(&self, options: Options) -> Result<(LocalJournal, OpenReport), OpenError> {
        let log = open_file(log::FILE, &self.log, EmbeddedLog::prepare)?;
        let records = open_file(records::FILE, &self.records, records::prepare)?;
        let blobs = open_file(blobs::FILE, &self.blobs, blobs::prepare)?;
        Stores {
            replaced: Vec::new(),
            nonce: NONCE,
            created: false,
            log,
            records,
            blobs,
            lock: None,
        }
        .start(options)
    }
}

fn open_file(
    file: StoreFile,
    backend: &SimulatedFile,
    prepare: impl Fn(&redb::WriteTransaction) -> Result<(), redb::Error>,
) -> Result<Closing<Database>, OpenError> {
    // The modes for several processes need locks, which a simulated file does not have.
    let file = StoreFile {
        shared: false,
        ..file
    };
    let new = backend.length() == 0;
    let db = file.open_on(backend.clone(), Path::new("simulated"), 1 << 20)?;
    if new {
        file::initialise(&db, &NONCE, &prepare).unwrap();
    }
    Ok(db)
}

fn options() -> Options {
    Options::new(CoreVersion(1))
}

fn payload(seq: Seq) -> Vec<u8> {
    let mut x = seq.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let length = 20 + usize::try_from(seq.0 * 37 % 600).unwrap();
    let mut bytes = Vec::new();
    while bytes.len() < length {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        bytes.push(x.to_le_bytes()[3]);
    }
    bytes
}

/// Appends `count` entries as one group or more, and waits until they are durable.
fn append(journal: &mut LocalJournal, count: u64) -> Result<Seq, Failure> {
    for _ in 0..count {
        let seq = journal.last().next();
        match journal.append(Timestamp(seq.0), &payload(seq)) {
            Ok(given) => assert_eq!(given, seq),
            Err(AppendError::Failed(failure)) => return Err(failure),
            Err(error) => panic!("{error}"),
        }
    }
    assert!(
        journal.watch().wait(journal.last(), PATIENCE)?,
        "not durable in time"
    );
    Ok(journal.last())
}

/// Reads all entries after `from`, each checked, and returns the last one's number.
fn check(replay: Replay) -> Seq {
    let mut last = replay.snapshot.as_ref().map_or(Seq(0), |snapshot| {
        assert_eq!(*snapshot.bytes, *state(snapshot.seq));
        snapshot.seq
    });
    for entry in replay {
        let entry = entry.unwrap();
        assert_eq!(entry.seq, last.next());
        assert_eq!(entry.payload, payload(entry.seq));
        last = entry.seq;
    }
    last
}

fn state(seq: Seq) -> Vec<u8> {
    payload(Seq(seq.0 * 3)).repeat(5)
}

fn snapshot(seq: Seq) -> Snapshot {
    Snapshot {
        seq,
        now: Timestamp(seq.0),
        core: CoreVersion(1),
        state_hash: [1; 32],
        bytes: state(seq).into(),
    }
}

fn group(first: u64, count: u64) -> store::LogGroup {
    let entries = (first..first + count).map(Seq).map(|seq| {
        let frame = entry::encode_entry(seq, Timestamp(seq.0), CoreVersion(1), &payload(seq));
        (seq, frame)
    });
    store::LogGroup {
        entries: entries.collect(),
        ..Default::default()
    }
}

/// Opens a log of which a group after entry 40 was synced only in part, and checks that the
/// group is there as a whole or not at all.
fn opens_before_or_after(bytes: Vec<u8>, what: &dyn std::fmt::Debug) -> Seq {
    let disk = Disk {
        log: SimulatedFile::with(bytes),
        ..Disk::default()
    };
    let (mut journal, report) = disk
        .open(options())
        .unwrap_or_else(|e| panic!("{what:?}: {e}"));
    assert_eq!(report.tail, Tail::Recovered, "{what:?}");
    assert!(
        [40, 43].contains(&report.last.0),
        "{what:?}: {}",
        report.last
    );
    assert_eq!(
        check(journal.replay(ReplayFrom::Start).unwrap()),
        report.last,
        "{what:?}"
    );
    append(&mut journal, 1).unwrap();
    drop(journal);
    report.last
}

/// A log with entries 1 to 40, and what the sync of entries 41 to 43 did to it.
fn torn() -> (Vec<u8>, Vec<Change>) {
    let disk = Disk::default();
    let log = open_file(log::FILE, &disk.log, EmbeddedLog::prepare).unwrap();
    let log = EmbeddedLog::start(log).unwrap().log;
    log.commit(group(1, 40)).unwrap();
    log.commit(group(41, 3)).unwrap();
    let torn = disk.log.last_sync();
    disk.log.cut_power();
    torn
}

use crate::store::LogStore as _;

#[test]
fn a_group_torn_at_any_byte_is_there_or_not() {
    let (before, changes) = torn();
    let total: usize = changes.iter().map(size).sum();
    let frames: Vec<u8> = group(41, 3)
        .entries
        .into_iter()
        .flat_map(|(_, frame)| frame)
        .collect();
    // Every byte of the last frame, wherever it lies in what was written, and samples elsewhere.
    let last_frame = &frames[frames.len() - payload(Seq(43)).len() - 36..];
    let mut at = 0;
    let mut cuts: Vec<usize> = (0..total).step_by(199).chain([total]).collect();
    for change in &changes {
        if let Change::Write(_, data) = change {
            let found = data
                .windows(last_frame.len())
                .position(|window| window == last_frame);
            if let Some(found) = found {
                cuts.extend(at + found..=at + found + last_frame.len());
            }
        }
        at += size(change);
    }
    assert!(
        cuts.len() > last_frame.len(),
        "the last frame was not found"
    );
    let mut seen = [0, 0];
    for cut in cuts {
        let mut bytes = before.clone();
        apply_prefix(&mut bytes, &changes, cut);
        let last = opens_before_or_after(bytes, &cut);
        seen[usize::from(last == Seq(43))] += 1;
    }
    assert!(seen[0] > 0 && seen[1] > 0, "{seen:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    /// Disks write in any order: each write of the sync arrives whole, in part or not at all.
    #[test]
    fn a_group_whose_writes_arrive_in_any_order_is_there_or_not(
        kept in proptest::collection::vec(prop_oneof![Just(0), Just(usize::MAX), any::<usize>()], 32)
    ) {
        let (before, changes) = torn();
        prop_assert!(changes.len() <= kept.len());
        let mut bytes = before;
        let mut kept = kept.into_iter();
        apply_chosen(&mut bytes, &changes, |size| match kept.next() {
            Some(usize::MAX) => size,
            Some(kept) => kept % (size + 1),
            None => 0,
        });
        opens_before_or_after(bytes, &"in any order");
    }
}

#[test]
fn a_failed_sync_ends_the_log_and_loses_nothing_announced() {
    for more in 0..6 {
        let disk = Disk::default();
        let told = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&told);
        let (mut journal, _) = disk
            .open(Options {
                listener: Arc::new(move |event| listener.lock().push(event)),
                ..options()
            })
            .unwrap();
        disk.log.fail_sync_after(more);
        let failure = (0..10).find_map(|_| append(&mut journal, 3).err()).unwrap();
        assert_eq!(failure.stream, Stream::Log);
        assert!(failure.detail.contains("sync failed"), "{failure}");
        assert_eq!(journal.watch().durable(), failure.durable);
        assert!(matches!(
            journal.append(Timestamp(0), b"x"),
            Err(AppendError::Failed(_))
        ));
        assert_eq!(Box::new(journal).close(), Err(failure.clone()));
        let told = std::mem::take(&mut *told.lock());
        let failures = told
            .iter()
            .filter(|event| matches!(event, Event::Failed(_)))
            .count();
        assert_eq!(failures, 1, "{told:?}");
        assert_eq!(told.last(), Some(&Event::Failed(failure.clone())));
        let (synced, _) = disk.log.cut_power();
        let disk = Disk {
            log: SimulatedFile::with(synced),
            ..disk
        };
        let (journal, report) = disk.open(options()).unwrap();
        assert_eq!(
            check(journal.replay(ReplayFrom::Start).unwrap()),
            report.last
        );
        assert!(report.last >= failure.durable, "{report:?} {failure}");
    }
}

#[test]
fn a_full_disk_ends_the_log_and_loses_nothing_announced() {
    let disk = Disk::default();
    let (mut journal, _) = disk.open(options()).unwrap();
    append(&mut journal, 10).unwrap();
    disk.log.limit_capacity(disk.log.length() + 100_000);
    let failure = (0..1_000)
        .find_map(|_| append(&mut journal, 20).err())
        .unwrap();
    assert!(failure.durable >= Seq(10));
    drop(journal);
    let (synced, _) = disk.log.cut_power();
    let disk = Disk {
        log: SimulatedFile::with(synced),
        ..disk
    };
    let (mut journal, report) = disk.open(options()).unwrap();
    assert!(report.last >= failure.durable);
    assert_eq!(
        check(journal.replay(ReplayFrom::Start).unwrap()),
        report.last
    );
    append(&mut journal, 20).unwrap();
}

#[test]
fn records_that_cannot_be_written_do_not_stop_the_log() {
    let disk = Disk::default();
    let (mut journal, _) = disk.open(options()).unwrap();
    disk.records.fail_sync_after(0);
    append(&mut journal, 1).unwrap();
    journal
        .record(Seq(1), Timestamp(1), &["s"], b"why")
        .unwrap();
    append(&mut journal, 5).unwrap();
    let watch = journal.watch();
    let failure = Box::new(journal).close().unwrap_err();
    assert_eq!(failure.stream, Stream::Records);
    assert_eq!(
        (watch.durable(), watch.failure(Stream::Log)),
        (Seq(6), None)
    );
}

#[test]
fn parts_of_a_snapshot_that_was_never_finished_go() {
    let disk = Disk::default();
    let open = || {
        let log = open_file(log::FILE, &disk.log, EmbeddedLog::prepare).unwrap();
        EmbeddedLog::start(log).unwrap().log
    };
    let part = |seq| (Seq(seq), 0, b"part".to_vec());
    let log = open();
    log.commit(store::LogGroup {
        parts: vec![part(1), part(2)],
        manifest: Some((Seq(1), b"manifest".to_vec())),
        ..Default::default()
    })
    .unwrap();
    drop(log);
    let log = open();
    assert_eq!(log.part(Seq(1), 0).unwrap(), Some(b"part".to_vec()));
    assert_eq!(log.part(Seq(2), 0).unwrap(), None);
    log.commit(store::LogGroup {
        manifest: Some((Seq(2), b"manifest".to_vec())),
        drop_snapshots: vec![Seq(1)],
        ..Default::default()
    })
    .unwrap();
    assert_eq!(log.part(Seq(1), 0).unwrap(), None);
    assert_eq!(log.manifests().unwrap(), [(Seq(2), b"manifest".to_vec())]);
}

#[test]
fn records_go_by_size_and_by_age_with_their_subjects() {
    let disk = Disk::default();
    let with = || {
        let mut options = options();
        options.limits.records_bytes_max = 1_000;
        options.limits.records_age_max = Millis(10);
        options.limits.expired_records_max = 2;
        options
    };
    // Closing waits for the records.
    let write = |records: &[(u64, usize)]| {
        let (mut journal, _) = disk.open(with()).unwrap();
        for (now, bytes) in records {
            let seq = append(&mut journal, 1).unwrap();
            let payload = vec![0; *bytes];
            journal
                .record(seq, Timestamp(*now), &["s"], &payload)
                .unwrap();
        }
        Box::new(journal).close().unwrap();
        let (journal, _) = disk.open(with()).unwrap();
        let records = journal.records();
        let numbers = |read: Vec<Record>| read.iter().map(|r| r.id.seq.0).collect::<Vec<_>>();
        let all = numbers(records.after(None, 9).unwrap());
        assert_eq!(numbers(records.about("s", None, 9).unwrap()), all);
        let file = open_subjects(&disk, journal);
        assert_eq!(file, all);
        all
    };
    assert_eq!(write(&[(100, 250); 6]), [4, 5, 6]);
    assert_eq!(write(&[(110, 0)]), [4, 5, 6, 7]);
    assert_eq!(write(&[(111, 0)]), [7, 8]);
    assert_eq!(write(&[(200, 2_000)]), [] as [u64; 0]);
}

/// Reads the index of subjects itself, behind the back of the journal.
fn open_subjects(disk: &Disk, journal: LocalJournal) -> Vec<u64> {
    drop(journal);
    let db = open_file(records::FILE, &disk.records, records::prepare).unwrap();
    records::indexed(&db)
        .unwrap()
        .into_iter()
        .map(|id| id.seq.0)
        .collect()
}

#[test]
fn records_are_read_in_pages() {
    let disk = Disk::default();
    let with = || {
        let mut options = options();
        options.limits.page_records_max = 7;
        options.limits.page_bytes_max = 2_000;
        options
    };
    let (mut journal, _) = disk.open(with()).unwrap();
    for _ in 0..40 {
        let seq = append(&mut journal, 1).unwrap();
        for number in 0..seq.0 % 4 {
            let subject = format!("call {}", seq.0 % 2);
            let id = journal.record(seq, Timestamp(1), &[&subject, "all"], &payload(seq));
            let number = u32::try_from(number).unwrap();
            assert_eq!(id, Ok(RecordId { seq, number }));
        }
    }
    Box::new(journal).close().unwrap();
    let (journal, _) = disk.open(with()).unwrap();
    let records = journal.records();
    let read_all = |subject: Option<&str>| {
        let mut all = Vec::new();
        loop {
            let after = all.last().map(|record: &Record| record.id);
            let page = match subject {
                Some(subject) => records.about(subject, after, usize::MAX).unwrap(),
                None => records.after(after, usize::MAX).unwrap(),
            };
            if page.is_empty() {
                return all;
            }
            assert!(page.len() <= 7);
            let bytes: usize = page.iter().map(|record| record.payload.len()).sum();
            assert!(bytes < 2_000 + 700, "{bytes}");
            all.extend(page);
        }
    };
    let all = read_all(None);
    assert_eq!(all.len(), (1..=40).map(|seq| seq % 4).sum::<usize>());
    assert!(all.is_sorted_by(|a, b| a.id < b.id));
    assert_eq!(read_all(Some("all")), all);
    let odd: Vec<_> = all
        .iter()
        .filter(|record| record.id.seq.0 % 2 == 1)
        .cloned()
        .collect();
    assert_eq!(read_all(Some("call 1")), odd);
    assert_eq!(records.last().unwrap(), all.last().map(|record| record.id));
}

#[test]
fn blobs_survive_within_limits_and_are_checked() {
    let disk = Disk::default();
    let with = || {
        let mut options = options();
        options.limits.blob_bytes_max = 100;
        options.limits.blobs_bytes_max = 120;
        options
    };
    let (journal, _) = disk.open(with()).unwrap();
    let blobs = journal.blobs();
    let digest = blobs.put(&[7; 100]).unwrap();
    assert_eq!(blobs.put(&[7; 100]), Ok(digest));
    assert_eq!(
        blobs.put(&[7; 101]),
        Err(BlobError::TooLarge {
            bytes: 101,
            limit: 100
        })
    );
    assert_eq!(
        blobs.put(&[8; 21]),
        Err(BlobError::Full {
            bytes: 100,
            limit: 120
        })
    );
    let other = blobs.put(&[8; 20]).unwrap();
    blobs.remove(&other).unwrap();
    blobs.remove(&other).unwrap();
    assert_eq!(blobs.list(), Ok(vec![(digest, 100)]));
    let third = blobs.put(&[9; 20]).unwrap();
    // Nobody closes it in order: a blob is durable when `put` returns.
    let (bytes, _) = disk.blobs.cut_power();
    drop((blobs, journal));
    let disk = Disk {
        blobs: SimulatedFile::with(bytes.clone()),
        ..disk
    };
    let (journal, _) = disk.open(with()).unwrap();
    let blobs = journal.blobs();
    assert_eq!(blobs.read(&digest), Ok(Some(vec![7; 100])));
    assert_eq!(blobs.read(&third), Ok(Some(vec![9; 20])));
    assert_eq!(blobs.read(&other), Ok(None));
    drop((blobs, journal));
    // A clean file is not checked page by page; the digest finds what has changed.
    let mut bytes = disk.blobs.cut_power().0;
    let at = bytes
        .windows(100)
        .position(|window| window == [7; 100])
        .unwrap();
    bytes[at + 50] ^= 1;
    let disk = Disk {
        blobs: SimulatedFile::with(bytes),
        ..disk
    };
    let (journal, _) = disk.open(with()).unwrap();
    assert_eq!(
        journal.blobs().read(&digest),
        Err(BlobError::Damaged(digest))
    );
    assert_eq!(journal.blobs().read(&third), Ok(Some(vec![9; 20])));
}

#[test]
fn a_damaged_record_is_refused_and_the_others_are_read() {
    let disk = Disk::default();
    let (mut journal, _) = disk.open(options()).unwrap();
    for _ in 0..3 {
        let seq = append(&mut journal, 1).unwrap();
        journal
            .record(
                seq,
                Timestamp(1),
                &["s"],
                &[u8::try_from(seq.0).unwrap(); 90],
            )
            .unwrap();
    }
    Box::new(journal).close().unwrap();
    let mut bytes = disk.records.cut_power().0;
    let at = bytes
        .windows(90)
        .position(|window| window == [2; 90])
        .unwrap();
    bytes[at + 50] ^= 1;
    let disk = Disk {
        records: SimulatedFile::with(bytes),
        ..disk
    };
    let (journal, _) = disk.open(options()).unwrap();
    let id = |seq| RecordId {
        seq: Seq(seq),
        number: 0,
    };
    let records = journal.records();
    assert_eq!(
        records.after(None, 9),
        Err(ReadError::DamagedRecord {
            id: id(2),
            detail: FrameError::Checksum
        })
    );
    assert_eq!(records.after(Some(id(2)), 9).unwrap().len(), 1);
    assert_eq!(records.after(None, 1).unwrap().len(), 1);
}

/// What happens to a journal.
#[derive(Clone, Debug)]
enum Step {
    Append(u64),
    /// Without waiting for the disk.
    AppendAhead(u64),
    Snapshot,
    Record,
    Close,
    /// What was not synced arrives as the numbers say.
    CutPower(Vec<usize>),
}

fn step() -> impl Strategy<Value = Step> {
    let kept = prop_oneof![Just(0), Just(usize::MAX), any::<usize>()];
    prop_oneof![
        4 => (1..40u64).prop_map(Step::Append),
        3 => (1..200u64).prop_map(Step::AppendAhead),
        3 => Just(Step::Snapshot),
        3 => Just(Step::Record),
        1 => Just(Step::Close),
        2 => proptest::collection::vec(kept, 64).prop_map(Step::CutPower),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// The model of a journal is two numbers: up to `announced` everything must be there, after
    /// `appended` nothing may be. What is there is a contiguous run that ends in between, begins at
    /// the start or after a readable snapshot, and is what was appended.
    #[test]
    fn whatever_happens_nothing_announced_is_lost(
        steps in proptest::collection::vec(step(), 1..30),
        retain in prop_oneof![
            Just(RetainLog::All),
            Just(RetainLog::SinceSnapshot),
            (1..300u64).prop_map(RetainLog::Entries),
        ],
    ) {
        let with = || {
            let mut options = options();
            options.limits.snapshot_slice_bytes = 500;
            options.limits.cut_entries_max = 16;
            options.limits.group_entries_max = 64;
            options.retain_log = retain;
            options
        };
        let mut disk = Disk::default();
        let (mut journal, _) = disk.open(with()).unwrap();
        let mut epoch = journal.identity().epoch;
        let mut snapshots = Vec::new();
        for step in steps {
            let crashed = match step {
                Step::Append(count) => {
                    append(&mut journal, count).unwrap();
                    false
                }
                Step::AppendAhead(count) => {
                    for _ in 0..count {
                        let seq = journal.last().next();
                        journal.append(Timestamp(seq.0), &payload(seq)).unwrap();
                    }
                    false
                }
                Step::Snapshot => {
                    let seq = journal.last();
                    match journal.snapshot(snapshot(seq)) {
                        Ok(()) => snapshots.push(seq),
                        Err(SnapshotError::Busy { .. } | SnapshotError::Misplaced { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                    false
                }
                Step::Record => {
                    let seq = journal.last();
                    if seq > Seq(0) {
                        journal.record(seq, Timestamp(seq.0), &["s"], &payload(seq)).unwrap();
                    }
                    false
                }
                Step::Close => {
                    let last = journal.last();
                    Box::new(journal).close().unwrap();
                    let (again, report) = disk.open(with()).unwrap();
                    journal = again;
                    prop_assert_eq!((report.tail, report.last), (Tail::Closed, last));
                    true
                }
                Step::CutPower(kept) => {
                    // The records first, as they may not know more than the log.
                    let (records, _) = disk.records.cut_power();
                    let (mut log, changes) = disk.log.cut_power();
                    let announced = journal.watch().durable();
                    let appended = journal.last();
                    drop(journal);
                    let mut kept = kept.into_iter();
                    apply_chosen(&mut log, &changes, |size| match kept.next() {
                        Some(usize::MAX) => size,
                        Some(kept) => kept % (size + 1),
                        None => 0,
                    });
                    disk = Disk {
                        log: SimulatedFile::with(log),
                        records: SimulatedFile::with(records),
                        ..disk
                    };
                    let (again, report) = disk.open(with()).unwrap();
                    journal = again;
                    prop_assert_eq!(report.tail, Tail::Recovered);
                    prop_assert!(report.last >= announced && report.last <= appended,
                        "{:?} is not between {} and {}", report, announced, appended);
                    snapshots.retain(|seq| *seq <= report.last);
                    true
                }
            };
            if crashed {
                prop_assert_eq!(journal.identity().epoch.0, epoch.0 + 1);
                epoch = journal.identity().epoch;
                let last = journal.last();
                let replay = journal.replay(ReplayFrom::NewestSnapshot).unwrap();
                prop_assert!(replay.unreadable.is_empty());
                prop_assert!(replay.snapshot.as_ref().is_none_or(|s| snapshots.contains(&s.seq)));
                prop_assert_eq!(check(replay), last);
                if retain == RetainLog::All {
                    prop_assert_eq!(check(journal.replay(ReplayFrom::Start).unwrap()), last);
                }
                for from in [ReplayFrom::Oldest, ReplayFrom::Before(last)] {
                    prop_assert_eq!(check(journal.replay(from).unwrap()), last);
                }
                for record in journal.records().about("s", None, usize::MAX).unwrap() {
                    prop_assert_eq!(record.payload, payload(record.id.seq));
                    prop_assert!(record.id.seq <= last);
                }
            }
        }
        let last = journal.last();
        append(&mut journal, 1).unwrap();
        prop_assert_eq!(check(journal.replay(ReplayFrom::NewestSnapshot).unwrap()), last.next());
        Box::new(journal).close().unwrap();
    }
}
