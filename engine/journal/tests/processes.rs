//! The journal's files between processes: one that writes, others that read, are refused, or are
//! killed. A child process is this test program again, told by an environment variable what to do.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

use cordboard_core::ids::{Epoch, Timestamp};
use cordboard_journal::*;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(120);
const ROLE: &str = "CORDBOARD_JOURNAL_TEST_ROLE";
const FOLDER: &str = "CORDBOARD_JOURNAL_TEST_FOLDER";

/// A child that does not outlive the test.
struct Role(Child);

impl Role {
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    fn succeeds(&mut self) -> bool {
        self.0.wait().unwrap().success()
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Starts `test` of this program again in another role.
fn child(test: &str, role: &str, folder: &Path) -> (Role, BufReader<ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(ROLE, role)
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    (Role(child), stdout)
}

/// The role and folder of a child; `None` in the test itself.
fn role() -> Option<(String, std::path::PathBuf)> {
    Some((std::env::var(ROLE).ok()?, std::env::var_os(FOLDER)?.into()))
}

/// What a child says begins like this, to tell it from what the test harness prints.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n>{line}").unwrap();
    out.flush().unwrap();
}

/// Reads what a child says until it says one that `wanted` accepts, or ends.
fn hear(out: &mut impl BufRead, mut wanted: impl FnMut(&str) -> bool) -> Vec<String> {
    let mut heard = Vec::new();
    for line in out.lines() {
        // A killed child may leave half a line; it has a `>` all the same.
        let Ok(line) = line else { break };
        if let Some(said) = line.strip_prefix('>') {
            heard.push(said.to_owned());
            if wanted(said) {
                break;
            }
        }
    }
    heard
}

fn options() -> Options {
    Options::new(CoreVersion(1))
}

fn payload(seq: Seq) -> Vec<u8> {
    format!("input {seq} ").repeat(20).into_bytes()
}

fn append(journal: &mut impl Journal, count: u64) {
    for _ in 0..count {
        let seq = journal.last().next();
        journal.append(Timestamp(seq.0), &payload(seq)).unwrap();
    }
    assert_eq!(journal.watch().wait(journal.last(), PATIENCE), Ok(true));
}

fn check(replay: Replay) -> Result<Seq, ReadError> {
    let mut last = replay
        .snapshot
        .as_ref()
        .map_or(Seq(0), |snapshot| snapshot.seq);
    for entry in replay {
        let entry = entry?;
        assert_eq!(entry.seq, last.next());
        assert_eq!(entry.payload, payload(entry.seq));
        last = entry.seq;
    }
    Ok(last)
}

#[test]
fn a_second_process_is_refused() {
    if let Some((_, folder)) = role() {
        for result in [
            open(&folder, options()).map(drop),
            open_replay(&folder, ReplayFrom::Start).map(drop),
        ] {
            match result {
                Ok(()) => say("opened"),
                Err(error @ OpenError::InUse { .. }) => say(&format!("refused: {error}")),
                Err(error) => say(&format!("failed: {error}")),
            }
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let try_it = || {
        let (mut child, mut out) = child("a_second_process_is_refused", "second", folder.path());
        let heard = hear(&mut out, |_| false);
        assert!(child.succeeds());
        heard
    };
    let (mut journal, _) = open(folder.path(), options()).unwrap();
    append(&mut journal, 3);
    let heard = try_it();
    assert_eq!(heard.len(), 2);
    for said in heard {
        assert!(said.starts_with("refused: the journal"), "{said}");
        assert!(
            said.contains("in use by another process: stop that one"),
            "{said}"
        );
    }
    assert!(matches!(
        open(folder.path(), options()),
        Err(OpenError::InUse { .. })
    ));
    append(&mut journal, 3);
    Box::new(journal).close().unwrap();
    assert_eq!(try_it(), ["opened", "opened"]);
}

#[test]
fn what_a_killed_process_announced_is_there() {
    if let Some((_, folder)) = role() {
        let told = |event| {
            if let Event::Durable(seq) = event {
                say(&seq.to_string());
            }
        };
        let (mut journal, _) = open(
            &folder,
            Options {
                listener: Arc::new(told),
                ..options()
            },
        )
        .unwrap();
        loop {
            let seq = journal.last().next();
            match journal.append(Timestamp(seq.0), &payload(seq)) {
                Ok(seq) => drop(journal.record(seq, Timestamp(seq.0), &["s"], &payload(seq))),
                Err(AppendError::Full { .. }) => std::thread::yield_now(),
                Err(error) => panic!("{error}"),
            }
            if seq.0.is_multiple_of(1_000) {
                let state = Snapshot {
                    seq,
                    now: Timestamp(seq.0),
                    core: CoreVersion(1),
                    state_hash: [0; 32],
                    bytes: payload(seq).repeat(1_000).into(),
                };
                drop(journal.snapshot(state));
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let mut announced = Seq(0);
    for round in 1..=5 {
        let (mut child, mut out) = child(
            "what_a_killed_process_announced_is_there",
            "writer",
            folder.path(),
        );
        let enough = announced.0 + 3_000;
        let mut heard = hear(&mut out, |said| said.parse::<u64>().unwrap() >= enough);
        child.kill();
        heard.extend(hear(&mut out, |_| false));
        // The last line may be cut short, which only makes its number smaller.
        announced = heard
            .iter()
            .map(|said| Seq(said.parse().unwrap_or(0)))
            .max()
            .unwrap();
        assert!(announced.0 >= enough, "round {round}: {announced}");
        let (journal, report) = open(folder.path(), options()).unwrap();
        assert_eq!(report.tail, Tail::Recovered);
        assert_eq!(journal.identity().epoch, Epoch(2 * round));
        assert!(
            report.last >= announced,
            "round {round}: {report:?} {announced}"
        );
        let replay = journal.replay(ReplayFrom::NewestSnapshot).unwrap();
        assert!(replay.unreadable.is_empty());
        assert_eq!(check(replay), Ok(report.last));
        assert!(
            journal
                .records()
                .last()
                .unwrap()
                .is_none_or(|id| id.seq <= report.last)
        );
        announced = report.last;
        Box::new(journal).close().unwrap();
    }
}

#[test]
fn another_process_reads_records_while_they_are_written() {
    if let Some((_, folder)) = role() {
        let reader = open_records(&folder, &Limits::default()).unwrap();
        let mut after = None;
        let mut count = 0;
        // Until it has seen the record with which the writer ends.
        loop {
            for record in reader.records.after(after, usize::MAX).unwrap() {
                assert_eq!(record.payload, payload(record.id.seq));
                assert!(after.is_none_or(|after| record.id > after));
                after = Some(record.id);
                count += 1;
                if count == 1 {
                    say("reading");
                }
                if record.subjects == ["the end"] {
                    let about = reader.records.about("the end", None, 9).unwrap();
                    let (digest, _) = reader.blobs.list().unwrap()[0];
                    let blob = reader.blobs.read(&digest).unwrap().unwrap();
                    say(&format!(
                        "{count} {} {}",
                        about.len(),
                        String::from_utf8(blob).unwrap()
                    ));
                    return;
                }
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(folder.path(), options()).unwrap();
    journal.blobs().put(b"{\"queues\":[]}").unwrap();
    let (mut child, mut out) = child(
        "another_process_reads_records_while_they_are_written",
        "reader",
        folder.path(),
    );
    let write = |journal: &mut LocalJournal, subject| {
        append(journal, 1);
        let seq = journal.last();
        journal
            .record(seq, Timestamp(seq.0), &[subject], &payload(seq))
            .unwrap();
    };
    write(&mut journal, "s");
    assert_eq!(hear(&mut out, |_| true), ["reading"]);
    // The reader is at it from here on; a reader of this process sees the same.
    for _ in 0..500 {
        write(&mut journal, "s");
    }
    write(&mut journal, "the end");
    assert_eq!(hear(&mut out, |_| false), ["502 1 {\"queues\":[]}"]);
    assert!(child.succeeds());
    let mine = journal.records().after(None, usize::MAX).unwrap();
    assert_eq!(mine.len(), 502);
    Box::new(journal).close().unwrap();
    // And with nobody writing.
    let reader = open_records(folder.path(), &Limits::default()).unwrap();
    assert_eq!(
        reader.records.about("s", None, usize::MAX).unwrap().len(),
        501
    );
}

#[test]
fn records_of_a_killed_process_are_read_without_it() {
    if let Some((_, folder)) = role() {
        let (mut journal, _) = open(&folder, options()).unwrap();
        append(&mut journal, 1);
        journal
            .record(Seq(1), Timestamp(1), &["s"], &payload(Seq(1)))
            .unwrap();
        while journal.records().last().unwrap().is_none() {
            std::thread::yield_now();
        }
        say("written");
        let mut forever = String::new();
        drop(std::io::stdin().read_line(&mut forever));
        std::process::abort();
    }
    let folder = tempfile::tempdir().unwrap();
    let test = "records_of_a_killed_process_are_read_without_it";
    let (mut child, mut out) = child(test, "writer", folder.path());
    assert_eq!(hear(&mut out, |_| true), ["written"]);
    child.kill();
    let reader = open_records(folder.path(), &Limits::default()).unwrap();
    assert_eq!(reader.records.about("s", None, 9).unwrap().len(), 1);
}

#[test]
fn a_replay_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, report) = open(folder.path(), options()).unwrap();
    assert!(report.created);
    let nonce = journal.identity().nonce.clone();
    append(&mut journal, 20);
    Box::new(journal).close().unwrap();
    for _ in 0..2 {
        let replay = open_replay(folder.path(), ReplayFrom::Start).unwrap();
        assert_eq!(check(replay), Ok(Seq(20)));
    }
    let (journal, report) = open(folder.path(), options()).unwrap();
    assert_eq!(
        (report.created, report.tail, report.last),
        (false, Tail::Closed, Seq(20))
    );
    assert_eq!(journal.identity().epoch, Epoch(2));
    assert_eq!(journal.identity().nonce, nonce);
    assert_ne!(nonce, Nonce([0; 32]));
}

#[test]
fn a_folder_without_a_journal_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let errors = [
        open_replay(folder.path(), ReplayFrom::Start).unwrap_err(),
        open_records(folder.path(), &Limits::default()).unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, OpenError::NotThere { .. }), "{error}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn files_of_two_journals_are_not_mixed() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&one, &two] {
        let (journal, _) = open(folder.path(), options()).unwrap();
        Box::new(journal).close().unwrap();
    }
    let file = "records.redb";
    std::fs::copy(one.path().join(file), two.path().join(file)).unwrap();
    let error = open(two.path(), options()).unwrap_err();
    assert!(
        matches!(&error, OpenError::Foreign { file } if file == "records.redb"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("deep/journal");
    let (journal, _) = open(&folder, options()).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(files.len(), 4);
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    drop(journal);
}

#[test]
fn a_creation_that_was_interrupted_is_done_again() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("log.redb.new"), b"half").unwrap();
    let (mut journal, report) = open(folder.path(), options()).unwrap();
    assert!(report.created);
    append(&mut journal, 1);
}

#[test]
fn bytes_that_changed_in_a_closed_log_are_found_or_do_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(folder.path(), options()).unwrap();
    append(&mut journal, 300);
    Box::new(journal).close().unwrap();
    let path = folder.path().join("log.redb");
    let whole = std::fs::read(&path).unwrap();
    let mut refused = 0;
    // A prime step reaches all parts of pages.
    for at in (0..whole.len()).step_by(1_009) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(&path, bytes).unwrap();
        match open(folder.path(), options()) {
            Ok((journal, report)) => {
                // The bit was in a page that holds nothing.
                assert_eq!(report.last, Seq(300), "byte {at}");
                let replay = journal.replay(ReplayFrom::Start).unwrap();
                assert_eq!(check(replay), Ok(Seq(300)), "byte {at}");
            }
            Err(error @ OpenError::Damaged { .. }) => {
                let text = error.to_string();
                assert!(
                    text.contains("log.redb") && text.contains("backup"),
                    "{text}"
                );
                refused += 1;
            }
            Err(error) => panic!("byte {at}: {error}"),
        }
    }
    assert!(refused > 50, "{refused}");
    for length in [0, 1, 100, 4_096, whole.len() / 2] {
        std::fs::write(&path, &whole[..length]).unwrap();
        let error = open(folder.path(), options()).unwrap_err();
        assert!(
            matches!(error, OpenError::Damaged { .. }),
            "{length} bytes: {error}"
        );
    }
}
