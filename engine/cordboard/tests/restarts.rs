//! What an orderly restart keeps, and what is said of what it does not keep.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use cordboard::driver::{CORE_VERSION, HISTORY_ENTRIES};
use cordboard::events::{EventCursor, Item};
use cordboard::{Contact, Engine, MemoryDisk, ReplayError, ReplayFrom, RetainLog, explain, replay};
use cordboard_core::Event;
use cordboard_core::ids::CallId;
use cordboard_journal::Options;
use std::path::Path;
use support::{DECISIONS, compiled, eventually, next};

fn keeping(entries: u64) -> String {
    DECISIONS.replacen(
        "\"dev\": true",
        &format!("\"dev\": true, \"journal\": {{ \"keep_entries\": {entries} }}"),
        1,
    )
}

fn engine_in(folder: &Path, text: &str) -> Engine {
    let builder = Engine::builder(compiled(text));
    builder.journal_in(folder).build().unwrap()
}

/// One contact, from the queue to the end.
fn one_call(engine: &Engine) -> CallId {
    let mut events = engine.events().subscribe(None);
    let anna = engine.agent("anna").unwrap();
    anna.ready().wait().unwrap();
    let contact = Contact::new("chat-1", "chat");
    let call = engine.submit_contact(contact).unwrap().wait().unwrap();
    let offer = next(&mut events, |event| match event {
        Event::OfferIssued { offer, .. } => Some(*offer),
        _ => None,
    });
    anna.accept(offer).wait().unwrap();
    let sofia = engine.supervisor("sofia");
    sofia.call(call).end().wait().unwrap();
    call
}

#[test]
fn a_replay_after_restarts_begins_with_what_is_kept() {
    for (keep, begins_at_start) in [(200_000, true), (0, false)] {
        let folder = tempfile::tempdir().unwrap();
        let text = keeping(keep);
        let engine = engine_in(folder.path(), &text);
        one_call(&engine);
        engine.shutdown().unwrap();
        let mut stopped = None;
        for _ in 0..2 {
            let engine = engine_in(folder.path(), &text);
            engine.agent("ben").unwrap().ready().wait().unwrap();
            stopped = Some(engine.shutdown().unwrap());
        }
        let stopped = stopped.unwrap();
        let whole = replay(folder.path(), ReplayFrom::Oldest).unwrap();
        assert_eq!(whole.from == 0, begins_at_start, "{whole:?}");
        assert!(whole.entries > 0, "{whole:?}");
        assert_eq!(whole.last, stopped.last);
        assert_eq!(whole.state_hash, stopped.state_hash);
        assert_eq!(whole.commands_hash, stopped.commands_hash);
        let start = replay(folder.path(), ReplayFrom::Start);
        match start {
            Ok(start) => assert_eq!(start, whole),
            Err(error) => {
                assert!(matches!(error, ReplayError::StartWasCut { .. }), "{error}");
                assert!(!begins_at_start, "{error}");
            }
        }
    }
}

#[test]
fn a_story_is_whole_after_restarts_or_says_what_is_cut() {
    for keep in [200_000, 0] {
        let folder = tempfile::tempdir().unwrap();
        let text = keeping(keep);
        let engine = engine_in(folder.path(), &text);
        let call = one_call(&engine);
        engine.shutdown().unwrap();
        for _ in 0..2 {
            engine_in(folder.path(), &text).shutdown().unwrap();
        }
        let story = explain(folder.path(), call).unwrap().to_string();
        let is_told = story.contains("supervisor `sofia` asks to end the call");
        assert_eq!(is_told, keep > 0, "{story}");
        assert_eq!(
            story.contains("`journal.keep_entries`"),
            keep == 0,
            "{story}"
        );
    }
}

#[test]
fn a_story_names_the_restart_that_a_call_lived_through() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine_in(folder.path(), DECISIONS);
    // Somebody is logged in, or contacts would leave at once.
    engine.agent("anna").unwrap().ready().wait().unwrap();
    let contact = Contact::new("chat-1", "chat");
    let waiting = engine.submit_contact(contact).unwrap().wait().unwrap();
    engine.shutdown().unwrap();
    let engine = engine_in(folder.path(), DECISIONS);
    let running = || explain(folder.path(), waiting).unwrap().to_string();
    eventually(|| {
        running().contains(
            "the engine was started again and took the call over; it had last written at ",
        )
    });
    let later = engine.submit_contact(Contact::new("chat-2", "chat"));
    let later = later.unwrap().wait().unwrap();
    let end = engine.system().call(waiting).end();
    end.wait().unwrap();
    engine.shutdown().unwrap();
    engine_in(folder.path(), DECISIONS).shutdown().unwrap();
    let restarts = |call| {
        let story = explain(folder.path(), call).unwrap().to_string();
        story.matches("the engine was started again").count()
    };
    assert_eq!((restarts(waiting), restarts(later)), (1, 1));
}

#[test]
fn what_was_refused_is_told_as_refused_and_makes_no_call() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine_in(folder.path(), DECISIONS);
    let call = one_call(&engine);
    let anna = engine.agent("anna").unwrap();
    anna.call(call).hold().wait().unwrap_err();
    let other = CallId(call.0 + 1);
    engine
        .supervisor("sofia")
        .call(other)
        .end()
        .wait()
        .unwrap_err();
    let in_use = replay(folder.path(), ReplayFrom::Oldest)
        .unwrap_err()
        .to_string();
    assert!(in_use.contains("stop it first"), "{in_use}");
    engine.shutdown().unwrap();
    let story = explain(folder.path(), call).unwrap().to_string();
    let line = "agent `anna` asks to put the caller on hold; refused: this cannot be done";
    assert!(story.contains(line), "{story}");
    let unknown = explain(folder.path(), other).unwrap_err().to_string();
    assert!(unknown.contains("nothing is known of call"), "{unknown}");
}

#[test]
fn who_resumes_across_an_orderly_restart_misses_nothing() {
    let disk = MemoryDisk::with_random_nonce().unwrap();
    let build = || {
        let builder = Engine::builder(compiled(DECISIONS));
        builder.journal_in_memory(disk.clone()).build().unwrap()
    };
    let engine = build();
    let mut events = engine.events().subscribe(Some(EventCursor::START));
    one_call(&engine);
    engine.shutdown().unwrap();
    let mut before = Vec::new();
    while let Some(Item::Event(event)) = events.try_next().map(|delivery| delivery.item) {
        before.push(event);
    }
    for _ in 0..2 {
        let engine = build();
        let mut resumed = engine.events().subscribe(Some(EventCursor::START));
        for expected in &before {
            let item = resumed.try_next().map(|delivery| delivery.item);
            assert_eq!(item, Some(Item::Event(expected.clone())));
        }
        engine.shutdown().unwrap();
    }
}

#[test]
fn who_resumes_from_before_what_is_kept_is_told_what_is_gone() {
    let disk = MemoryDisk::with_random_nonce().unwrap();
    let build = || {
        let builder = Engine::builder(compiled(DECISIONS)).retain_log(RetainLog::SinceSnapshot);
        builder.journal_in_memory(disk.clone()).build().unwrap()
    };
    let engine = build();
    engine.agent("anna").unwrap().ready().wait().unwrap();
    let first = engine.shutdown().unwrap();
    let engine = build();
    engine.agent("ben").unwrap().ready().wait().unwrap();
    engine.shutdown().unwrap();
    let engine = build();
    let mut resumed = engine.events().subscribe(Some("1.1".parse().unwrap()));
    let item = resumed.try_next().map(|delivery| delivery.item);
    let Some(Item::Missed { after, through }) = item else {
        panic!("{item:?}");
    };
    assert_eq!(after.to_string(), "1.1");
    assert_eq!(through.sequence, first.last);
    // Who begins here has missed nothing.
    let mut fresh = engine.events().subscribe(None);
    engine.agent("anna").unwrap().offline().wait().unwrap();
    let item = fresh.try_next().unwrap().item;
    assert!(matches!(item, Item::Event(_)), "{item:?}");
    engine.shutdown().unwrap();
}

#[test]
fn a_long_history_is_made_again_from_a_snapshot_near_by() {
    let disk = MemoryDisk::with_random_nonce().unwrap();
    let text = keeping(2 * HISTORY_ENTRIES).replacen(
        "\"keep_entries\"",
        "\"snapshot_every\": 500, \"keep_entries\"",
        1,
    );
    let build = || {
        let builder = Engine::builder(compiled(&text));
        builder.journal_in_memory(disk.clone()).build().unwrap()
    };
    let engine = build();
    let anna = engine.agent("anna").unwrap();
    for _ in 0..HISTORY_ENTRIES * 2 {
        anna.ready().wait().unwrap();
        anna.offline().wait().unwrap();
    }
    let stopped = engine.shutdown().unwrap();
    let options = Options {
        retain_log: RetainLog::All,
        ..Options::new(CORE_VERSION)
    };
    let (_, report) = disk.open(options).unwrap();
    assert!(report.first.0 > 1, "{report:?}");
    let engine = build();
    let mut resumed = engine.events().subscribe(Some(EventCursor::START));
    let item = resumed.try_next().map(|delivery| delivery.item);
    let Some(Item::Missed { through, .. }) = item else {
        panic!("{item:?}");
    };
    let told = stopped.last - through.sequence;
    assert!(told >= HISTORY_ENTRIES, "{told}");
    assert!(told <= 2 * HISTORY_ENTRIES, "{told}");
    engine.shutdown().unwrap();
}
