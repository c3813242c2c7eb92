//! Recovery: the state of before, read back from the journal.

use super::fold::{CORE_VERSION, State};
use super::records::Joiner;
use crate::error::ReplayError;
use crate::events::{EventCursor, Events, NumberedEvent};
use cordboard_clock::Clock;
use cordboard_core::{Command, Input};
use cordboard_journal::{Entry, Journal, ReplayFrom, decode_payload};
use std::sync::Arc;

/// Folds the journal from the newest snapshot on. Commands are dropped, but events become history
/// that subscribers can resume from, and decision records that a crash has lost are written again.
pub(crate) fn rebuild(
    journal: &mut dyn Journal,
    events: &Events,
    clock: &Clock,
) -> Result<State, ReplayError> {
    let hold = clock.hold();
    let replay = journal.replay(ReplayFrom::NewestSnapshot)?;
    for (seq, error) in &replay.unreadable {
        tracing::error!(%seq, error, "a snapshot cannot be read; an older one is used");
    }
    let mut state = match &replay.snapshot {
        Some(snapshot) => State::of_snapshot(snapshot)?,
        None => State::default(),
    };
    let recorded = journal.records().last()?.map(|id| id.seq);
    let mut joiner = Joiner::default();
    let mut foreign = 0_u64;
    for entry in replay {
        let entry = entry?;
        foreign += u64::from(entry.core != CORE_VERSION);
        let answered = note_verdict(&entry, &mut joiner);
        let commands = state.fold_entry(&entry)?.commands;
        joiner.note_questions(&commands);
        if recorded.is_none_or(|recorded| entry.seq >= recorded) {
            let config = state.tenant.config().map(Arc::clone);
            let digest = config.as_ref().map_or("", |config| &config.digest);
            joiner.write(journal, entry.seq, entry.now, &commands, digest);
        }
        joiner.settled(answered, &commands);
        let mut index = 0;
        for command in commands {
            if let Command::Emit(event) = command {
                index += 1;
                let cursor = EventCursor {
                    sequence: entry.seq.0,
                    index,
                };
                let event = NumberedEvent::new(cursor, entry.now, event, &state.tenant);
                events.publish(event, &hold);
            }
        }
    }
    if foreign > 0 {
        tracing::warn!(
            entries = foreign,
            "entries of another version were folded; what was sent then may differ, live calls are reconciled"
        );
    }
    Ok(state)
}

fn note_verdict(entry: &Entry, joiner: &mut Joiner) -> Option<cordboard_core::ids::QuestionId> {
    // An entry that cannot be read is reported by the fold.
    let Ok(Input::Verdict(verdict)) = decode_payload::<Input>(&entry.payload) else {
        return None;
    };
    joiner.answered(&verdict, None);
    Some(verdict.question)
}
