//! Decision records: what the core decided, joined with what the plugin was asked and answered.

use super::advisor::Evidence;
use cordboard_core::config::Symbols;
use cordboard_core::decision::Decision;
use cordboard_core::ids::{CallId, Millis, QuestionId, Timestamp};
use cordboard_core::question::{Ask, Verdict};
use cordboard_core::{Command, Event};
use cordboard_journal::{
    Journal, ReadError, Record, RecordError, RecordId, Records, Seq, decode_payload, encode_payload,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The newest questions whose facts are kept for the decisions that follow from them: a ranking may
/// lead to several.
pub const QUESTIONS_KEPT_MAX: usize = 2_048;

/// What an offer tells an agent that may stand in a record as well: nothing about the person.
const OFFER_CONTEXT_KEPT: [&str; 2] = ["waited-ms", "menu-digits"];

/// One entry of the stream of decision records.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordBody {
    /// Something was decided.
    Decision(Box<DecisionRecord>),
    /// Something happened to a call, or the engine was started again. What an offer says about the caller is left out.
    Event(Event),
    /// The names of all numbers; written at each start and with each configuration.
    Names {
        /// The names.
        symbols: Symbols,
    },
}

/// A decision with everything that explains it and repeats it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// The decision as it took effect.
    pub decision: Decision,
    /// Digest of the configuration in force.
    pub config: String,
    /// What the plugin was asked and answered, where one was asked.
    pub consultation: Option<Consultation>,
}

/// A question to a plugin with its answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Consultation {
    /// The question with all facts: asked again with the same plugin and configuration, it gives
    /// the same answer bit for bit.
    pub ask: Ask,
    /// The answer, if it came in time.
    pub verdict: Option<Verdict>,
    /// How the answer came about; unknown when the record was made again after a crash.
    pub evidence: Option<Evidence>,
}

/// The subject of the records that hold names.
pub const SUBJECT_OF_NAMES: &str = "names";

/// The subject of the records that tell of restarts.
pub const SUBJECT_OF_RESTARTS: &str = "restarts";

/// Records that are read at once.
const PAGE: usize = 256;

/// Returns the next records that `read` finds, at most `limit`, and the damaged one that comes after
/// them, if there is one among them.
pub(crate) fn next_page(
    after: Option<RecordId>,
    limit: usize,
    read: impl Fn(Option<RecordId>, usize) -> Result<Vec<Record>, ReadError>,
) -> Result<(Vec<Record>, Option<RecordId>), ReadError> {
    match read(after, limit) {
        Ok(page) => return Ok((page, None)),
        Err(ReadError::DamagedRecord { .. }) => {}
        Err(error) => return Err(error),
    }
    // A page with a damaged record is refused as a whole: those before it come one by one.
    let mut page: Vec<Record> = Vec::new();
    loop {
        let last = page.last().map(|record| record.id).or(after);
        match read(last, 1) {
            Ok(one) if one.is_empty() => return Ok((page, None)),
            Ok(one) => page.extend(one),
            Err(ReadError::DamagedRecord { id, .. }) => return Ok((page, Some(id))),
            Err(error) => return Err(error),
        }
    }
}

/// Returns the newest names: numbers are never reused, so they cover all records.
pub(crate) fn newest_names(records: &dyn Records) -> Result<Symbols, ReadError> {
    let mut symbols = Symbols::default();
    let mut last = None;
    loop {
        let (page, damaged) = next_page(last, PAGE, |after, limit| {
            records.about(SUBJECT_OF_NAMES, after, limit)
        })?;
        let Some(newest) = damaged.or(page.last().map(|record| record.id)) else {
            return Ok(symbols);
        };
        last = Some(newest);
        for record in &page {
            if let Ok(RecordBody::Names { symbols: found }) = decode_payload(&record.payload) {
                symbols = found;
            }
        }
    }
}

/// The subject under which the records of a call are found.
#[must_use]
pub fn subject_of_call(call: CallId) -> String {
    format!("call/{call}")
}

/// Joins questions, answers and decisions.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    open: BTreeMap<QuestionId, Consultation>,
    lost: LostRecords,
}

impl Joiner {
    /// Notes the questions of an entry, before its records are written.
    pub(super) fn note_questions(&mut self, commands: &[Command]) {
        for command in commands {
            if let Command::Ask(ask) = command {
                self.asked(ask);
            }
        }
    }

    fn asked(&mut self, ask: &Ask) {
        while self.open.len() >= QUESTIONS_KEPT_MAX {
            self.open.pop_first();
        }
        self.open.insert(
            ask.question,
            Consultation {
                ask: ask.clone(),
                verdict: None,
                evidence: None,
            },
        );
    }

    pub(super) fn answered(&mut self, verdict: &Verdict, evidence: Option<Evidence>) {
        if let Some(consultation) = self.open.get_mut(&verdict.question) {
            consultation.verdict = Some(verdict.clone());
            consultation.evidence = evidence;
        }
    }

    /// Writes the names down for those who read the records without the log.
    pub(super) fn write_names(
        journal: &mut dyn Journal,
        seq: Seq,
        now: Timestamp,
        symbols: &Symbols,
    ) {
        let body = RecordBody::Names {
            symbols: symbols.clone(),
        };
        let recorded = encode_payload(&body)
            .map_err(|error| error.to_string())
            .and_then(|payload| {
                journal
                    .record(seq, now, &[SUBJECT_OF_NAMES], &payload)
                    .map_err(|error| error.to_string())
            });
        if let Err(error) = recorded {
            tracing::warn!(error, "the names are not written to the records");
        }
    }

    /// Writes the records of an entry. When that fails calls go on.
    pub(super) fn write(
        &mut self,
        journal: &mut dyn Journal,
        seq: Seq,
        now: Timestamp,
        commands: &[Command],
        config: &str,
    ) {
        for command in commands {
            let Some((subject, body)) = self.record(command, config) else {
                continue;
            };
            let payload = match encode_payload(&body) {
                Ok(payload) => payload,
                Err(error) => {
                    tracing::error!(%error, "a decision record cannot be written");
                    continue;
                }
            };
            let recorded = journal.record(seq, now, &[&subject], &payload);
            if let Err(error) = recorded {
                self.lost.tell(now, &error);
            }
        }
    }

    /// Returns the record that a command leads to, with what it is about.
    fn record(&self, command: &Command, config: &str) -> Option<(String, RecordBody)> {
        match command {
            Command::Record(decision) => {
                let consultation = decision
                    .question
                    .and_then(|question| self.open.get(&question))
                    .cloned();
                let record = DecisionRecord {
                    decision: decision.clone(),
                    config: config.to_owned(),
                    consultation,
                };
                let subject = subject_of_call(decision.call);
                Some((subject, RecordBody::Decision(Box::new(record))))
            }
            Command::Emit(event) => {
                let subject = match crate::events::call_of(event) {
                    Some(call) => subject_of_call(call),
                    None if matches!(event, Event::EngineRestarted { .. }) => {
                        SUBJECT_OF_RESTARTS.to_owned()
                    }
                    None => return None,
                };
                Some((subject, RecordBody::Event(impersonal(event))))
            }
            Command::Operate { .. } | Command::Ask(_) => None,
        }
    }
}

fn impersonal(event: &Event) -> Event {
    let mut event = event.clone();
    if let Event::OfferIssued { context, .. } = &mut event {
        context.retain(|key, _| OFFER_CONTEXT_KEPT.contains(&key.as_str()));
    }
    event
}

/// The shortest time between two warnings of lost records.
const LOST_TOLD_EVERY: Millis = Millis(1_000);

/// Warns of lost records: a store that cannot keep up loses one after the other.
#[derive(Debug, Default)]
struct LostRecords {
    told: Option<Timestamp>,
    left_out: u64,
}

impl LostRecords {
    fn tell(&mut self, now: Timestamp, error: &RecordError) {
        if let Some(left_out) = self.pass(now) {
            tracing::warn!(%error, left_out, "a decision record is lost");
        }
    }

    /// Returns how many warnings were left out before this one; `None` if it is to be left out.
    fn pass(&mut self, now: Timestamp) -> Option<u64> {
        if self
            .told
            .is_some_and(|told| now < told.after(LOST_TOLD_EVERY))
        {
            self.left_out = self.left_out.saturating_add(1);
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_warning_a_second_tells_how_many_records_were_lost_besides() {
        let mut lost = LostRecords::default();
        let told = [0, 1, 999, 1_000, 2_500].map(|now| lost.pass(Timestamp(now)));
        assert_eq!(told, [Some(0), None, None, Some(2), Some(0)]);
    }
}
