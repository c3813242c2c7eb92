//! Files that calls do not depend on are replaced when they are damaged or missing; the log never is.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

use cordboard_core::ids::Timestamp;
use cordboard_journal::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

const ENTRIES: u64 = 200;
const PATIENCE: Duration = Duration::from_secs(120);

fn options() -> Options {
    Options::new(CoreVersion(1))
}

/// Makes a journal with entries, a record of each, and a blob.
fn journal_in(folder: &Path) {
    let (mut journal, _) = open(folder, options()).unwrap();
    for number in 1..=ENTRIES {
        let now = Timestamp(number);
        let seq = journal.append(now, b"an input").unwrap();
        journal.record(seq, now, &["call-1"], &[7; 200]).unwrap();
    }
    assert_eq!(journal.watch().wait(Seq(ENTRIES), PATIENCE), Ok(true));
    journal.blobs().put(b"a configuration").unwrap();
    Box::new(journal).close().unwrap();
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |file: std::io::Result<std::fs::DirEntry>| {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        (name, std::fs::read(file.path()).unwrap())
    };
    std::fs::read_dir(folder).unwrap().map(read).collect()
}

/// The journal opens with all its entries, and takes more of everything.
fn opens(folder: &Path) -> Vec<Replaced> {
    let (mut journal, report) = open(folder, options()).unwrap();
    assert!(!report.created);
    assert_eq!(report.last, Seq(ENTRIES));
    let entries = journal.replay(ReplayFrom::Start).unwrap();
    assert_eq!(entries.map(Result::unwrap).count() as u64, ENTRIES);
    let now = Timestamp(ENTRIES + 1);
    let seq = journal.append(now, b"an input").unwrap();
    let id = journal.record(seq, now, &["call-1"], b"a record").unwrap();
    let digest = journal.blobs().put(b"another configuration").unwrap();
    assert!(journal.blobs().read(&digest).unwrap().is_some());
    let (records, replaced) = (journal.records(), report.replaced);
    Box::new(journal).close().unwrap();
    assert_eq!(records.last(), Ok(Some(id)));
    replaced
}

#[test]
fn damaged_records_and_blobs_are_put_aside_and_the_calls_go_on() {
    for file in ["records.redb", "blobs.redb"] {
        fn zeroed(bytes: &[u8]) -> Vec<u8> {
            let mut bytes = bytes.to_vec();
            let (from, to) = (bytes.len() * 2 / 5, bytes.len() * 9 / 10);
            bytes[from..to].fill(0);
            bytes
        }
        type Make = fn(&[u8]) -> Vec<u8>;
        let damages: [(&str, Make); 4] = [
            ("cut in half", |bytes| bytes[..bytes.len() / 2].to_vec()),
            ("empty", |_| Vec::new()),
            ("not a store", |bytes| vec![b'x'; bytes.len()]),
            ("half of it zeroed", zeroed),
        ];
        for (damage, make) in damages {
            let folder = tempfile::tempdir().unwrap();
            journal_in(folder.path());
            let path = folder.path().join(file);
            let damaged = make(&std::fs::read(&path).unwrap());
            std::fs::write(&path, &damaged).unwrap();

            let replaced = opens(folder.path());
            if replaced.is_empty() {
                // Pages that hold nothing: the file is as good as whole.
                assert_eq!(damage, "half of it zeroed", "{file}");
                continue;
            }
            let aside = folder.path().join(format!("{file}.damaged"));
            assert_eq!(replaced.len(), 1, "{file} {damage}");
            assert_eq!(replaced[0].file, file, "{damage}");
            assert_eq!(replaced[0].kept_as.as_ref(), Some(&aside), "{damage}");
            // The store may have closed it in order, so the bytes need not be the same.
            assert!(aside.exists(), "{file} {damage}");
        }
    }
}

#[test]
fn a_second_damaged_file_does_not_overwrite_the_first() {
    let folder = tempfile::tempdir().unwrap();
    journal_in(folder.path());
    let path = folder.path().join("records.redb");
    std::fs::write(&path, "first").unwrap();
    drop(open(folder.path(), options()).unwrap());
    std::fs::write(&path, "second").unwrap();
    drop(open(folder.path(), options()).unwrap());
    let found = files(folder.path());
    assert_eq!(found["records.redb.damaged"], b"first");
    assert_eq!(found["records.redb.damaged-2"], b"second");
}

#[test]
fn missing_records_and_blobs_are_made_anew_and_told() {
    let folder = tempfile::tempdir().unwrap();
    journal_in(folder.path());
    std::fs::remove_file(folder.path().join("records.redb")).unwrap();
    std::fs::remove_file(folder.path().join("blobs.redb")).unwrap();
    let replaced = opens(folder.path());
    let told: Vec<_> = replaced
        .iter()
        .map(|replaced| (replaced.file.as_str(), replaced.kept_as.is_none()))
        .collect();
    assert_eq!(told, [("records.redb", true), ("blobs.redb", true)]);
}

#[test]
fn a_first_start_that_was_interrupted_has_nothing_to_tell() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path(), options()).unwrap());
    std::fs::remove_file(folder.path().join("records.redb")).unwrap();
    let (_journal, report) = open(folder.path(), options()).unwrap();
    assert_eq!(report.replaced, []);
}

#[test]
fn a_missing_log_is_refused_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    journal_in(folder.path());
    std::fs::remove_file(folder.path().join("log.redb")).unwrap();
    let before = files(folder.path());
    for _ in 0..2 {
        let error = open(folder.path(), options()).unwrap_err();
        assert!(matches!(error, OpenError::LogMissing { .. }), "{error}");
        assert!(error.to_string().contains("put it back"), "{error}");
        assert_eq!(files(folder.path()), before);
    }
}
