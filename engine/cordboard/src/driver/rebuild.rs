//! Recovery: the state of before, read back from the journal.

use super::fold::{CORE_VERSION, Folded, State};
use super::log::fold_log;
use super::records::Joiner;
use crate::error::ReplayError;
use crate::events::{EVENTS_KEPT_MAX, EventCursor, Events, NumberedEvent};
use cordboard_clock::Clock;
use cordboard_core::{Command, Input};
use cordboard_journal::{Entry, Journal, Replay, ReplayFrom, Seq, Snapshot, decode_payload};
use std::collections::VecDeque;

/// What a recovery gives.
#[derive(Debug)]
pub(crate) struct Rebuilt {
    pub(crate) state: State,
    /// The entry that the newest snapshot was taken after; 0 for none.
    pub(crate) snapshot_at: Seq,
}

/// When the journal is read back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum During {
    /// The engine starts on a journal.
    Start,
    /// The engine runs, and an input has made the core panic.
    Run,
}

/// Folds the journal from the newest snapshot on. Commands are dropped, but events become history
/// that subscribers can resume from. At a start, decision records that a crash has lost are written
/// again; in a running engine every record is written or on its way, and none is made twice.
pub(crate) fn rebuild(
    journal: &mut dyn Journal,
    events: &Events,
    clock: &Clock,
    during: During,
) -> Result<Rebuilt, ReplayError> {
    let hold = clock.hold();
    let recorded = match during {
        During::Start => journal.records().last()?.map(|id| id.seq),
        During::Run => None,
    };
    let replay = open(journal)?;
    if let Some(snapshot) = &replay.snapshot {
        // After a panic in a running engine they are there.
        let history = if events.newest() == EventCursor::START {
            history(journal, snapshot)
        } else {
            History::default()
        };
        events.begin_after(history.gone.unwrap_or(end_of(snapshot.seq)));
        for event in history.events {
            events.publish(event, &hold);
        }
    }
    let mut first = Some(replay);
    let mut joiner = Joiner::default();
    let mut foreign = 0_u64;
    let mut lost: Vec<(Entry, Vec<Command>, String)> = Vec::new();
    let log = fold_log(
        || match first.take() {
            Some(replay) => Ok(replay),
            None => open(journal),
        },
        |entry, state, folded| {
            foreign += u64::from(entry.core != CORE_VERSION);
            if during == During::Run {
                // The records of these entries have been handed to the journal.
            } else if recorded.is_none_or(|recorded| entry.seq >= recorded) {
                let digest = state.tenant.config().map(|config| config.digest.clone());
                let commands = folded.commands.clone();
                lost.push((entry.clone(), commands, digest.unwrap_or_default()));
            } else {
                note(&mut joiner, entry, &folded.commands);
            }
            for event in events_of(entry, state, folded) {
                // After a panic, or in a running engine, it is known already.
                if event.cursor > events.newest() {
                    events.publish(event, &hold);
                }
            }
        },
    )?;
    let mut last = Seq(0);
    for (entry, commands, digest) in lost {
        // Entries come again after a panic.
        if entry.seq <= last {
            continue;
        }
        last = entry.seq;
        note(&mut joiner, &entry, &commands);
        joiner.write(journal, entry.seq, entry.now, &commands, &digest);
    }
    if foreign > 0 {
        tracing::warn!(
            entries = foreign,
            "entries of another version were folded; what was sent then may differ, live calls are reconciled"
        );
    }
    Ok(Rebuilt {
        state: log.state,
        snapshot_at: log.from,
    })
}

/// Events of at least so many entries before the newest snapshot can be resumed from after a restart,
/// if the log still has them.
pub const HISTORY_ENTRIES: u64 = 5_000;

/// Events of before a snapshot.
#[derive(Debug, Default)]
struct History {
    /// The newest event that cannot be given any more; `None` if that is every event.
    gone: Option<EventCursor>,
    events: VecDeque<NumberedEvent>,
}

/// Makes the events of before a snapshot again, so that whoever was connected before an orderly stop
/// can resume. If that does not lead to the very state of the snapshot, because another version wrote
/// the log, they are not the events that were told then: there are none.
fn history(journal: &dyn Journal, snapshot: &Snapshot) -> History {
    let entry = Seq(snapshot.seq.0.saturating_sub(HISTORY_ENTRIES).max(1));
    let mut events: VecDeque<NumberedEvent> = VecDeque::new();
    let mut gone = EventCursor::START;
    let folded = fold_log::<ReplayError>(
        || {
            Ok(journal
                .replay(ReplayFrom::Before(entry))?
                .until(snapshot.seq))
        },
        |entry, state, folded| {
            for event in events_of(entry, state, folded) {
                // Entries come again after a panic.
                if events.back().is_none_or(|last| last.cursor < event.cursor) {
                    events.push_back(event);
                }
            }
            while events.len() > EVENTS_KEPT_MAX {
                gone = events.pop_front().map_or(gone, |event| event.cursor);
            }
        },
    );
    match folded {
        Ok(log)
            if log
                .state
                .hash()
                .is_ok_and(|hash| hash == snapshot.state_hash) =>
        {
            History {
                gone: Some(gone.max(end_of(log.from))),
                events,
            }
        }
        Ok(_) => History::default(),
        Err(error) => {
            tracing::warn!(%error, "the log before the snapshot cannot be read: its events are gone");
            History::default()
        }
    }
}

/// After all events of an entry.
fn end_of(entry: Seq) -> EventCursor {
    if entry == Seq(0) {
        return EventCursor::START;
    }
    EventCursor {
        sequence: entry.0,
        index: u32::MAX,
    }
}

fn events_of(entry: &Entry, state: &State, folded: &Folded) -> Vec<NumberedEvent> {
    let emitted = folded.commands.iter().filter_map(|command| match command {
        Command::Emit(event) => Some(event),
        Command::Operate { .. } | Command::Ask(_) | Command::Record(_) => None,
    });
    let numbered = (1..).zip(emitted).map(|(index, event)| {
        let cursor = EventCursor {
            sequence: entry.seq.0,
            index,
        };
        NumberedEvent::new(cursor, entry.now, event.clone(), &state.tenant)
    });
    numbered.collect()
}

fn open(journal: &dyn Journal) -> Result<Replay, ReplayError> {
    let replay = journal.replay(ReplayFrom::NewestSnapshot)?;
    for (seq, error) in &replay.unreadable {
        tracing::error!(%seq, error, "a snapshot cannot be read; an older one is used");
    }
    Ok(replay)
}

/// Tells the joiner of questions and verdicts.
fn note(joiner: &mut Joiner, entry: &Entry, commands: &[Command]) {
    // An entry that cannot be read was reported by the fold.
    if let Ok(Input::Verdict(verdict)) = decode_payload::<Input>(&entry.payload) {
        joiner.answered(&verdict, None);
    }
    joiner.note_questions(commands);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Memory, compile};
    use cordboard_core::ids::{AgentId, EventId, QueueId};
    use cordboard_core::input::{AgentAction, NewContact};
    use cordboard_journal::{MemoryDisk, Options, Record, encode_payload};
    use std::collections::BTreeMap;

    const CONFIG: &str = r#"{
      "version": 1, "tenant": "decisions",
      "queues": { "chat": {
        "groups": [{ "group": "desk" }], "max_wait_seconds": 600,
        "exits": { "max_wait": { "end": true }, "no_agents": { "end": true }, "closed": { "end": true } }
      } },
      "groups": { "desk": ["anna"] }, "agents": { "anna": {} }
    }"#;

    /// The records of a journal that had none, after it was read back with a decision in its log.
    fn records_after(during: During) -> Vec<Record> {
        let config = compile(CONFIG, None, &Memory::default()).unwrap().config;
        let named = |name| config.symbols.find(name).unwrap();
        let (anna, chat) = (AgentId(named("anna")), QueueId(named("chat")));
        let disk = MemoryDisk::with_random_nonce().unwrap();
        let (mut journal, _) = disk.open(Options::new(CORE_VERSION)).unwrap();
        for input in [
            Input::Config(config),
            Input::Agent {
                agent: anna,
                action: AgentAction::Ready,
            },
            Input::Contact(NewContact {
                event: EventId("c1".to_owned()),
                queue: chat,
                priority: 0,
                headers: BTreeMap::new(),
            }),
        ] {
            let payload = encode_payload(&input).unwrap();
            journal
                .append(cordboard_core::ids::Timestamp(1), &payload)
                .unwrap();
        }
        Box::new(journal).close().unwrap();
        let (mut journal, _) = disk.open(Options::new(CORE_VERSION)).unwrap();
        let (clock, _start) = Clock::warped(0).unwrap();
        let events = Events::new(clock.clone(), 10);
        let rebuilt = rebuild(&mut journal, &events, &clock, during).unwrap();
        assert_eq!(rebuilt.state.tenant.live_calls(), 1);
        let records = journal.records();
        Box::new(journal).close().unwrap();
        records.after(None, 100).unwrap()
    }

    #[test]
    fn a_start_writes_records_that_a_crash_has_lost_and_a_running_engine_writes_none_twice() {
        assert!(!records_after(During::Start).is_empty());
        assert_eq!(records_after(During::Run), []);
    }
}
