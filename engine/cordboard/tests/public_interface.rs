//! The engine as embedders use it: nothing here is not public.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use cordboard::driver::{CORE_VERSION, InboxLimits};
use cordboard::events::{EventCursor, Item, to_json};
use cordboard::{
    ActionError, Contact, Engine, MemoryDisk, ReplayFrom, RetainLog, SubmitError, explain, replay,
};
use cordboard_clock::Clock;
use cordboard_core::Event;
use cordboard_core::event::{AgentStatus, CallOutcome, OfferOutcome};
use cordboard_core::ids::CallId;
use cordboard_core::input::Refusal;
use cordboard_core::question::PluginFailure;
use cordboard_journal::{OpenError, Options};
use std::sync::Arc;
use support::{
    Accepting, DECISIONS, MEDIA, Reversing, compiled, decisions_with_plugin, eventually, next,
};

fn disk() -> MemoryDisk {
    MemoryDisk::with_random_nonce().unwrap()
}

fn engine_on(disk: &MemoryDisk) -> Engine {
    Engine::builder(compiled(DECISIONS))
        .journal_in_memory(disk.clone())
        .build()
        .unwrap()
}

#[test]
fn a_contact_is_offered_taken_and_finished() {
    let engine = engine_on(&disk());
    let mut events = engine.events().subscribe(Some(EventCursor::START));
    engine.agent("anna").unwrap().ready().wait().unwrap();
    let mut contact = Contact::new("chat-1", "chat");
    contact
        .context
        .insert("topic".to_owned(), "shoes".to_owned());
    let call = engine.submit_contact(contact).unwrap().wait().unwrap();

    let (offer, context) = next(&mut events, |event| match event {
        Event::OfferIssued { offer, context, .. } => Some((*offer, context.clone())),
        _ => None,
    });
    assert_eq!(offer.call, call);
    assert_eq!(context.get("topic").map(String::as_str), Some("shoes"));
    let anna = engine.agent("anna").unwrap();
    anna.accept(offer).wait().unwrap();
    next(&mut events, |event| {
        matches!(event, Event::CallConnected { .. }).then_some(())
    });

    let overview = engine.overview().wait().unwrap();
    assert_eq!(overview.live_calls, 1);
    let status = overview
        .agents
        .iter()
        .find(|row| row.agent == anna.id())
        .unwrap()
        .status;
    assert_eq!(status, AgentStatus::Busy);

    anna.call(call).end().wait().unwrap();
    let outcome = next(&mut events, |event| match event {
        Event::CallEnded { outcome, .. } => Some(*outcome),
        _ => None,
    });
    assert_eq!(outcome, CallOutcome::Handled);
    anna.disposition(call, "solved").unwrap().wait().unwrap();
    anna.wrap_up_done().wait().unwrap();
    engine.shutdown().unwrap();
}

#[test]
fn what_cannot_be_done_is_said_in_words() {
    let engine = engine_on(&disk());
    let anna = engine.agent("anna").unwrap();
    let error = engine.agent("zoe").unwrap_err();
    assert_eq!(error.to_string(), "unknown agent `zoe`");
    // A name of another kind is not an agent.
    assert!(engine.agent("chat").is_err());
    assert!(anna.not_ready("holiday").is_err());
    assert!(engine.system().queue("desk").is_err());
    let missing = engine.system().call(CallId(77)).end().wait();
    assert_eq!(missing, Err(ActionError::Refused(Refusal::UnknownCall)));
    let first = engine
        .submit_contact(Contact::new("same", "chat"))
        .unwrap()
        .wait();
    assert!(first.is_ok(), "{first:?}");
    let again = engine
        .submit_contact(Contact::new("same", "chat"))
        .unwrap()
        .wait();
    assert_eq!(again, first, "whoever lost the answer learns the number");
    engine.shutdown().unwrap();
    let after = anna.ready().wait();
    assert_eq!(after, Err(ActionError::Submit(SubmitError::Stopped)));
}

#[test]
fn nothing_is_visible_before_it_is_durable() {
    let disk = disk();
    let engine = engine_on(&disk);
    engine.agent("anna").unwrap().ready().wait().unwrap();
    let mut events = engine.events().subscribe(None);
    disk.hold_syncs();
    let waiting = std::thread::spawn({
        let engine = engine.clone();
        move || {
            engine
                .submit_contact(Contact::new("chat-1", "chat"))
                .unwrap()
                .wait()
        }
    });
    // The journal has the entry as soon as the shard has folded it.
    let watch = engine.journal();
    let durable = watch.durable();
    let look = engine.overview();
    assert!(events.try_next().is_none());
    assert!(!waiting.is_finished());
    disk.release_syncs();
    waiting.join().unwrap().unwrap();
    assert!(look.wait().unwrap().live_calls <= 1);
    assert!(watch.durable() > durable);
    next(&mut events, |event| {
        matches!(event, Event::OfferIssued { .. }).then_some(())
    });
    engine.shutdown().unwrap();
}

#[test]
fn when_the_journal_fails_nothing_is_acknowledged_any_more() {
    let disk = disk();
    let operator = Accepting::default();
    let engine = Engine::builder(compiled(DECISIONS))
        .journal_in_memory(disk.clone())
        .operator(Arc::new(operator.clone()))
        .build()
        .unwrap();
    let anna = engine.agent("anna").unwrap();
    anna.ready().wait().unwrap();
    let mut events = engine.events().subscribe(None);
    disk.fail_log_after(0);
    let first = anna.not_ready("break").unwrap().wait();
    assert!(
        matches!(
            first,
            Err(ActionError::Submit(SubmitError::JournalFailed(_)))
        ),
        "{first:?}"
    );
    let later = anna.ready().wait();
    assert!(
        matches!(
            later,
            Err(ActionError::Submit(SubmitError::JournalFailed(_)))
        ),
        "{later:?}"
    );
    let delivery = events.wait().unwrap();
    assert!(
        matches!(delivery.item, Item::Stopped { .. }),
        "{delivery:?}"
    );
    assert!(engine.shutdown().is_err());
    assert!(operator.seen().is_empty());
}

#[test]
fn a_restart_brings_back_state_and_events() {
    let disk = disk();
    let engine = engine_on(&disk);
    let mut events = engine.events().subscribe(Some(EventCursor::START));
    engine.agent("anna").unwrap().ready().wait().unwrap();
    let call = engine
        .submit_contact(Contact::new("chat-1", "chat"))
        .unwrap()
        .wait()
        .unwrap();
    let mut cursor = EventCursor::START;
    let mut before = Vec::new();
    while let Some(delivery) = events.try_next() {
        if let Item::Event(event) = delivery.item {
            cursor = if before.is_empty() {
                event.cursor
            } else {
                cursor
            };
            before.push(event);
        }
    }
    // Without a last snapshot or a word: as a crash leaves it.
    disk.cut_power(usize::MAX);
    drop(events);
    engine.shutdown().unwrap_err();
    drop(engine);

    let engine = engine_on(&disk);
    let mut resumed = engine.events().subscribe(Some(cursor));
    for expected in before.iter().skip(1) {
        let Some(Item::Event(event)) = resumed.try_next().map(|delivery| delivery.item) else {
            panic!("{expected:?} is missing");
        };
        assert_eq!(event, *expected);
    }
    // The offer of before is open still.
    let offer = before.iter().find_map(|event| match &event.event {
        Event::OfferIssued { offer, .. } => Some(*offer),
        _ => None,
    });
    let anna = engine.agent("anna").unwrap();
    anna.accept(offer.unwrap()).wait().unwrap();
    let connected = next(&mut resumed, |event| match event {
        Event::CallConnected { call, .. } => Some(*call),
        _ => None,
    });
    assert_eq!(connected, call);
    engine.shutdown().unwrap();
}

#[test]
fn an_engine_that_cannot_write_its_opening_does_not_start() {
    let disk = disk();
    let error = Engine::builder(compiled(DECISIONS))
        .journal_with(move |options| {
            let (journal, report) = disk.open(options)?;
            disk.fail_log_after(0);
            Ok((Box::new(journal) as _, report))
        })
        .build()
        .unwrap_err()
        .to_string();
    assert!(error.contains("the engine did not start"), "{error}");
}

#[test]
fn a_log_that_is_full_ends_the_engine_instead_of_hanging_it() {
    let disk = disk();
    let engine = Engine::builder(compiled(DECISIONS))
        .journal_with(move |mut options| {
            options.limits.log_entries_max = 2;
            let (journal, report) = disk.open(options)?;
            Ok((Box::new(journal) as _, report))
        })
        .build()
        .unwrap();
    let anna = engine.agent("anna").unwrap();
    anna.ready().wait().unwrap();
    let error = anna.offline().wait().unwrap_err().to_string();
    assert!(error.contains("the log holds 2 entries"), "{error}");
    assert!(engine.shutdown().is_err());
}

#[test]
fn runs_that_are_killed_come_to_a_snapshot_all_the_same() {
    let disk = disk();
    let text = DECISIONS.replacen(
        "\"dev\": true",
        "\"dev\": true, \"journal\": { \"snapshot_every\": 100 }",
        1,
    );
    for _ in 0..3 {
        let engine = Engine::builder(compiled(&text))
            .journal_in_memory(disk.clone())
            .build()
            .unwrap();
        let anna = engine.agent("anna").unwrap();
        for _ in 0..40 {
            anna.ready().wait().unwrap();
        }
        disk.cut_power(usize::MAX);
        engine.shutdown().unwrap_err();
    }
    let (_, report) = disk.open(Options::new(CORE_VERSION)).unwrap();
    assert_eq!(report.snapshots.len(), 1, "{report:?}");
}

#[test]
fn a_journal_is_that_of_one_tenant() {
    let disk = disk();
    let engine = engine_on(&disk);
    let text = DECISIONS.replacen("\"decisions\"", "\"fabrikam\"", 1);
    let said = engine.reload(compiled(&text)).unwrap_err().to_string();
    assert!(said.contains("belongs to tenant `decisions`"), "{said}");
    assert_eq!(engine.config().tenant, "decisions");
    engine.shutdown().unwrap();
    drop(engine);
    let builder = Engine::builder(compiled(&text)).journal_in_memory(disk);
    let said = builder.build().unwrap_err().to_string();
    assert!(said.contains("names `fabrikam`"), "{said}");
}

#[test]
fn a_configuration_that_is_not_taken_leaves_the_one_before_in_force() {
    let limits = InboxLimits {
        waiting_max: 0,
        reserve: 0,
    };
    let engine = Engine::builder(compiled(DECISIONS))
        .journal_in_memory(disk())
        .inbox_limits(limits)
        .build()
        .unwrap();
    let before = engine.config();
    let text = DECISIONS.replace("\"ben\"", "\"berta\"");
    let error = engine.reload(compiled(&text)).unwrap_err().to_string();
    assert!(error.contains("overloaded"), "{error}");
    assert_eq!(engine.config(), before);
    assert!(engine.agent("ben").is_ok());
    engine.shutdown().unwrap();
}

#[test]
fn a_reload_can_bring_the_first_plugin() {
    let engine = engine_on(&disk());
    assert!(engine.plugins().is_empty());
    engine.reload(compiled(&decisions_with_plugin())).unwrap();
    let status = engine.plugins();
    let problem = status.first().and_then(|slot| slot.problem.clone());
    assert!(problem.unwrap().contains("rank.wasm"), "{status:?}");
    engine.shutdown().unwrap();
}

#[test]
fn another_process_folds_to_the_same_state_and_commands() {
    let folder = tempfile::tempdir().unwrap();
    let text = DECISIONS.replacen(
        "\"dev\": true",
        "\"dev\": true, \"journal\": { \"snapshot_every\": 100 }",
        1,
    );
    let engine = Engine::builder(compiled(&text))
        .journal_in(folder.path())
        .retain_log(RetainLog::All)
        .build()
        .unwrap();
    let mut events = engine.events().subscribe(None);
    let anna = engine.agent("anna").unwrap();
    anna.ready().wait().unwrap();
    for round in 0..60 {
        let contact = Contact::new(format!("chat-{round}"), "chat");
        let call = engine.submit_contact(contact).unwrap().wait().unwrap();
        let offer = next(&mut events, |event| match event {
            Event::OfferIssued { offer, .. } => Some(*offer),
            _ => None,
        });
        assert_eq!(offer.call, call);
        anna.accept(offer).wait().unwrap();
        anna.call(call).end().wait().unwrap();
        anna.wrap_up_done().wait().unwrap();
    }
    let stopped = engine.shutdown().unwrap();
    let whole = replay(folder.path(), ReplayFrom::Start).unwrap();
    let part = replay(folder.path(), ReplayFrom::NewestSnapshot).unwrap();
    assert_eq!(whole.last, stopped.last);
    assert_eq!(whole.entries, stopped.last);
    assert!(part.from > 0 && part.entries < whole.entries);
    for replayed in [&whole, &part] {
        assert_eq!(replayed.state_hash, stopped.state_hash);
        assert_eq!(replayed.commands_hash, stopped.commands_hash);
    }
    assert_ne!(whole.commands_hash, [0; 32]);
    // The next run goes on where this one ended.
    let engine = Engine::builder(compiled(&text))
        .journal_in(folder.path())
        .retain_log(RetainLog::All)
        .build()
        .unwrap();
    engine.agent("ben").unwrap().ready().wait().unwrap();
    let stopped = engine.shutdown().unwrap();
    let whole = replay(folder.path(), ReplayFrom::Start).unwrap();
    assert_eq!(whole.state_hash, stopped.state_hash);
    assert_eq!(whole.commands_hash, stopped.commands_hash);
}

#[test]
fn a_second_engine_on_the_same_journal_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let build = || {
        Engine::builder(compiled(DECISIONS))
            .journal_in(folder.path())
            .build()
    };
    let engine = build().unwrap();
    let error = build().unwrap_err().to_string();
    assert!(error.contains("is in use by another process"), "{error}");
    engine.shutdown().unwrap();
}

#[test]
fn a_plugins_verdict_decides_and_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::builder(compiled(&decisions_with_plugin()))
        .journal_in(folder.path())
        .advisor(Arc::new(Reversing::default()))
        .build()
        .unwrap();
    let mut events = engine.events().subscribe(None);
    engine.agent("anna").unwrap().ready().wait().unwrap();
    engine.agent("ben").unwrap().ready().wait().unwrap();
    let call = engine
        .submit_contact(Contact::new("chat-1", "chat"))
        .unwrap()
        .wait()
        .unwrap();
    let agent = next(&mut events, |event| match event {
        Event::OfferIssued { agent, .. } => Some(*agent),
        _ => None,
    });
    // The native order has anna first.
    assert_eq!(engine.config().symbols.name(agent.0), "ben");

    // While the engine runs, records tell the decision.
    eventually(|| explain(folder.path(), call).is_ok());
    let running = explain(folder.path(), call).unwrap();
    assert!(!running.gaps.is_empty());
    let sofia = engine.supervisor("sofia");
    sofia.call(call).requeue("chat").unwrap().wait().ok();
    engine.shutdown().unwrap();
    let story = explain(folder.path(), call).unwrap().to_string();
    for part in [
        "waits in queue `chat`",
        "skill-match in queue `chat` by plugin `rank`: agent `ben`",
        "asked reversing 1.0.0 (ran 7 µs)",
        "1. agent `ben`, score 1 (the last shall be first)",
        "not agent `anna`: ranked lower",
        "to agent `ben`",
        "supervisor `sofia` asks to put the caller into queue `chat`",
    ] {
        assert!(story.contains(part), "{part} is not in:\n{story}");
    }
    let unknown = explain(folder.path(), CallId(99)).unwrap_err().to_string();
    assert!(
        unknown.contains("nothing is known of call `99`"),
        "{unknown}"
    );
}

#[test]
fn a_plugin_that_fails_or_is_missing_leaves_the_decision_to_the_native_rule() {
    let failing = Reversing {
        failure: Some(PluginFailure::Trap),
    };
    for (advisor, expected) in [
        (Some(failing), PluginFailure::Trap),
        (None, PluginFailure::NotLoaded),
    ] {
        let mut builder =
            Engine::builder(compiled(&decisions_with_plugin())).journal_in_memory(disk());
        if let Some(advisor) = advisor {
            builder = builder.advisor(Arc::new(advisor));
        }
        let engine = builder.build().unwrap();
        let mut events = engine.events().subscribe(None);
        engine.agent("anna").unwrap().ready().wait().unwrap();
        engine
            .submit_contact(Contact::new("chat-1", "chat"))
            .unwrap()
            .wait()
            .unwrap();
        let mut failure = None;
        let agent = next(&mut events, |event| match event {
            Event::PluginFailed { failure: found, .. } => {
                failure = Some(*found);
                None
            }
            Event::OfferIssued { agent, .. } => Some(*agent),
            _ => None,
        });
        assert_eq!(engine.config().symbols.name(agent.0), "anna");
        assert_eq!(failure, Some(expected));
        if expected == PluginFailure::NotLoaded {
            let status = engine.plugins();
            assert!(
                status[0].problem.as_ref().unwrap().contains("rank.wasm"),
                "{status:?}"
            );
            assert!(status[0].outcomes.not_loaded >= 1);
        }
        engine.shutdown().unwrap();
    }
}

#[test]
fn virtual_time_brings_time_outs_at_once_and_in_order() {
    let (clock, start) = Clock::warped(1_795_510_800_000).unwrap();
    let engine = Engine::builder(compiled(DECISIONS))
        .clock(clock.clone())
        .journal_in_memory(disk())
        .build()
        .unwrap();
    let mut events = engine.events().subscribe(None);
    engine.agent("anna").unwrap().ready().wait().unwrap();
    engine
        .submit_contact(Contact::new("chat-1", "chat"))
        .unwrap()
        .wait()
        .unwrap();
    let began = clock.now();
    drop(start);
    // Nobody takes the offer: it rings out, the agent is not ready, and nobody is left.
    let outcome = next(&mut events, |event| match event {
        Event::OfferEnded { outcome, .. } => Some(*outcome),
        _ => None,
    });
    assert_eq!(outcome, OfferOutcome::Expired);
    let outcome = next(&mut events, |event| match event {
        Event::CallEnded { outcome, .. } => Some(*outcome),
        _ => None,
    });
    assert_eq!(outcome, CallOutcome::Exited);
    // The agent is still logged in, so the caller leaves only after the longest wait.
    assert_eq!(clock.now() - began, 600_000);
    engine.shutdown().unwrap();
}

#[test]
fn events_have_names_as_json() {
    let engine = engine_on(&disk());
    let mut events = engine.events().subscribe(None);
    engine
        .agent("anna")
        .unwrap()
        .not_ready("break")
        .unwrap()
        .wait()
        .ok();
    engine.agent("anna").unwrap().ready().wait().unwrap();
    let config = engine.config();
    let event = loop {
        let delivery = events.wait().unwrap();
        let Item::Event(event) = delivery.item else {
            panic!("{delivery:?}")
        };
        if matches!(event.event, Event::AgentChanged { .. }) {
            break event;
        }
    };
    let json = to_json(&event, &config.symbols);
    assert_eq!(json["event"], "agent-changed");
    assert_eq!(json["agent"], "anna");
    engine.shutdown().unwrap();
}

#[test]
fn a_new_configuration_keeps_the_numbers_of_names() {
    let disk = disk();
    let engine = engine_on(&disk);
    let before = engine.config();
    engine.shutdown().unwrap();
    drop(engine);
    let text = DECISIONS.replace("anna", "aaron");
    let engine = Engine::builder(compiled(&text))
        .journal_in_memory(disk)
        .build()
        .unwrap();
    let after = engine.config();
    for (symbol, name) in before.symbols.names() {
        assert_eq!(after.symbols.name(symbol), name);
    }
    engine.agent("aaron").unwrap().ready().wait().unwrap();
    assert!(engine.agent("anna").is_err());
    engine.shutdown().unwrap();
}

#[cfg(feature = "azure")]
#[test]
fn an_engine_with_acs_needs_a_runtime_and_says_everything_at_once() {
    let folder = std::path::PathBuf::from("gone");
    let error = Engine::builder(compiled(MEDIA))
        .journal_with(|_| Err(OpenError::NotThere { folder }))
        .build()
        .unwrap_err();
    let said = error.to_string();
    assert!(said.contains("no tokio runtime"), "{said}");
    assert!(said.contains("there is no journal in `gone`"), "{said}");
    assert_eq!(error.0.len(), 2);
}

#[test]
fn a_configuration_is_replaced_as_a_whole_while_contacts_wait() {
    let disk = disk();
    let engine = engine_on(&disk);
    // With nobody logged in the contact would leave at once.
    let anna = engine.agent("anna").unwrap();
    anna.not_ready("break").unwrap().wait().unwrap();
    let call = engine
        .submit_contact(Contact::new("chat-1", "chat"))
        .unwrap()
        .wait()
        .unwrap();
    let before = engine.config();
    let text = DECISIONS.replace("\"ben\"", "\"berta\"");
    engine.reload(compiled(&text)).unwrap();
    let after = engine.config();
    assert_ne!(before.digest, after.digest);
    assert!(engine.agent("ben").is_err());
    for (symbol, name) in before.symbols.names() {
        assert_eq!(after.symbols.name(symbol), name);
    }
    let mut events = engine.events().subscribe(None);
    engine.agent("berta").unwrap().ready().wait().unwrap();
    let offered = next(&mut events, |event| match event {
        Event::OfferIssued { offer, .. } => Some(offer.call),
        _ => None,
    });
    assert_eq!(offered, call);
    engine.shutdown().unwrap();
    assert!(engine.records().is_none());
    let error = engine.reload(compiled(DECISIONS)).unwrap_err().to_string();
    assert!(error.contains("the engine has stopped"), "{error}");
}
