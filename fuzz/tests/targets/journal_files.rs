//! The files of a journal, damaged in any way: it is refused with a reason, or what it gives is what was written.
//!
//! Each six bytes are a change: the file (three of them) with what is done, a place, and a value.

use cordboard::config::{Memory, compile};
use cordboard::{Contact, Engine, ReplayFrom, explain, replay};
use cordboard_core::ids::CallId;
use cordboard_journal::{CoreVersion, Entry, Journal as _, Options, RetainLog, open, open_records};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use tempfile::TempDir;

const CONFIG: &str = r#"{
  "version": 1, "tenant": "contoso", "dev": true,
  "queues": { "chat": {
    "groups": [{ "group": "desk" }], "max_wait_seconds": 600,
    "exits": { "max_wait": { "end": true }, "no_agents": { "end": true }, "closed": { "end": true } }
  } },
  "groups": { "desk": ["anna"] }, "agents": { "anna": {} }
}"#;

const FILES: [&str; 3] = ["log.redb", "records.redb", "blobs.redb"];

/// The most changes.
const CHANGES_MAX: usize = 16;

/// What redb reads and writes at once.
const PAGE: usize = 4_096;

/// A journal that was closed in order.
struct Template {
    files: BTreeMap<&'static str, Vec<u8>>,
    entries: Vec<Entry>,
}

static TEMPLATE: LazyLock<Template> = LazyLock::new(|| {
    let folder = folder();
    let config = compile(CONFIG, None, &Memory::default()).unwrap();
    let build = || {
        Engine::builder(config.clone())
            .journal_in(folder.path())
            .retain_log(RetainLog::All)
            .build()
            .unwrap()
    };
    for round in 0..2 {
        let engine = build();
        for number in 0..4 {
            let contact = Contact {
                id: format!("contact-{round}-{number}"),
                queue: "chat".to_owned(),
                priority: 0,
                context: BTreeMap::new(),
            };
            engine.submit_contact(contact).unwrap().wait().unwrap();
        }
        engine.agent("anna").unwrap().ready().wait().unwrap();
        engine.shutdown().unwrap();
    }
    let (journal, _) = open(folder.path(), options()).unwrap();
    let entries = journal.replay(ReplayFrom::Start).unwrap();
    let entries = entries.collect::<Result<_, _>>().unwrap();
    Box::new(journal).close().unwrap();
    let files = FILES.map(|name| (name, fs::read(folder.path().join(name)).unwrap()));
    Template {
        files: files.into(),
        entries,
    }
});

/// Nothing is cut off, so that it can be compared.
fn options() -> Options {
    Options {
        retain_log: RetainLog::All,
        ..Options::new(CoreVersion(1))
    }
}

pub(crate) fn run(bytes: &[u8]) {
    let (changes, _) = bytes.as_chunks::<6>();
    let mut files = TEMPLATE.files.clone();
    for change in changes.iter().take(CHANGES_MAX) {
        apply(&mut files, change);
    }
    let folder = folder();
    for (name, bytes) in &files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    // As other programs look at it, before anything is mended.
    if let Err(error) = explain(folder.path(), CallId(1)) {
        assert!(!error.to_string().is_empty());
    }
    if let Err(error) = replay(folder.path(), ReplayFrom::NewestSnapshot) {
        assert!(!error.to_string().is_empty());
    }
    if let Ok(read_only) = open_records(folder.path(), &cordboard_journal::Limits::default()) {
        for (digest, _) in read_only.blobs.list().unwrap_or_default() {
            let Ok(Some(blob)) = read_only.blobs.read(&digest) else {
                continue;
            };
            assert_eq!(cordboard_journal::Digest::of(&blob), digest);
        }
    }
    match open(folder.path(), options()) {
        Ok((journal, report)) => {
            assert!(report.first.0 <= report.last.0.saturating_add(1));
            if let Ok(entries) = journal.replay(ReplayFrom::Start) {
                for (entry, was) in entries.map_while(Result::ok).zip(&TEMPLATE.entries) {
                    assert_eq!(entry, *was, "an entry is not what was written");
                }
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn apply(files: &mut BTreeMap<&'static str, Vec<u8>>, change: &[u8; 6]) {
    let [what, a, b, c, value, more] = *change;
    let name = FILES[usize::from(what) % FILES.len()];
    let file = files.get_mut(name).unwrap();
    if file.is_empty() {
        return;
    }
    let place = usize::try_from(u32::from_le_bytes([a, b, c, 0])).unwrap() % file.len();
    let page = place / PAGE * PAGE;
    let page_end = (page + PAGE).min(file.len());
    match what / 3 % 7 {
        // The head of the file, where its structure stands.
        0 => file[place % PAGE] = value,
        1 => file[place] ^= value | 1,
        2 => file[page..page_end].fill(value),
        3 => file.truncate(place),
        4 => file.extend(std::iter::repeat_n(value, usize::from(more) * 16)),
        // Another page stands in the place of this one, as after a lost write.
        5 => {
            let from = usize::from(value) * PAGE % file.len();
            let end = (from + (page_end - page)).min(file.len());
            file.copy_within(from..end, page);
        }
        _ => file[page + usize::from(value) % (page_end - page)] = more,
    }
}

/// A folder of its own, in memory where there is such a place.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let within = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    tempfile::tempdir_in(within).unwrap()
}
