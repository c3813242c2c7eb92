//! Recovery: the state of before, read back from the journal.

use super::fold::{CORE_VERSION, State};
use super::log::fold_log;
use super::records::Joiner;
use crate::error::ReplayError;
use crate::events::{EventCursor, Events, NumberedEvent};
use cordboard_clock::Clock;
use cordboard_core::{Command, Input};
use cordboard_journal::{Entry, Journal, Replay, ReplayFrom, Seq, decode_payload};

/// What a recovery gives.
#[derive(Debug)]
pub(crate) struct Rebuilt {
    pub(crate) state: State,
    /// The entry that the newest snapshot was taken after; 0 for none.
    pub(crate) snapshot_at: Seq,
}

/// Folds the journal from the newest snapshot on. Commands are dropped, but events become history
/// that subscribers can resume from, and decision records that a crash has lost are written again.
pub(crate) fn rebuild(
    journal: &mut dyn Journal,
    events: &Events,
    clock: &Clock,
) -> Result<Rebuilt, ReplayError> {
    let hold = clock.hold();
    let recorded = journal.records().last()?.map(|id| id.seq);
    let replay = open(journal)?;
    if let Some(snapshot) = &replay.snapshot {
        events.begin_after(EventCursor {
            sequence: snapshot.seq.0,
            index: u32::MAX,
        });
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
            if recorded.is_none_or(|recorded| entry.seq >= recorded) {
                let digest = state.tenant.config().map(|config| config.digest.clone());
                let commands = folded.commands.clone();
                lost.push((entry.clone(), commands, digest.unwrap_or_default()));
            } else {
                note(&mut joiner, entry, &folded.commands);
            }
            let mut index = 0;
            for command in &folded.commands {
                let Command::Emit(event) = command else {
                    continue;
                };
                index += 1;
                let cursor = EventCursor {
                    sequence: entry.seq.0,
                    index,
                };
                // After a panic, or in a running engine, it is known already.
                if cursor > events.newest() {
                    let event = NumberedEvent::new(cursor, entry.now, event.clone(), &state.tenant);
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
