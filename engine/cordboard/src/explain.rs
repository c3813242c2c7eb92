//! The story of a call: what happened, who decided what, and why.
//!
//! Decisions and events come from the decision records, which can be read while an engine writes
//! them. What was sent to the service and what came back stands in the recovery log, which only one
//! process can have open: while an engine runs, the story is told without it.

pub(crate) mod words;

use crate::driver::{
    RecordBody, SUBJECT_OF_RESTARTS, fold_log, newest_names, next_page, subject_of_call,
};
use crate::error::ReplayError;
use cordboard_core::config::Symbols;
use cordboard_core::ids::{CallId, Timestamp};
use cordboard_core::input::Reply;
use cordboard_core::{Command, Event, Input};
use cordboard_journal::{
    Limits, OpenError, ReadError, RecordId, Records, ReplayFrom, Seq, decode_payload, open_records,
    open_replay,
};
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

/// Most records of a call that are told.
pub const RECORDS_TOLD_MAX: usize = 100_000;

/// Records that are read at once.
const PAGE: usize = 1_000;

/// The story of a call. `Display` is the text for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// The call.
    pub call: CallId,
    /// What happened, in order.
    pub lines: Vec<ExplanationLine>,
    /// Why something is missing from the story, if it is.
    pub gaps: Vec<String>,
}

/// One line of a story.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExplanationLine {
    /// The journal entry.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// What, in words. A decision has further lines for its reasons.
    pub text: String,
}

/// Why a call cannot be explained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// The journal cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The journal cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A record is not what this release writes.
    #[error("record {record} cannot be understood: {detail}; use the release that wrote it")]
    Record {
        /// The record.
        record: String,
        /// The cause.
        detail: String,
    },
    /// Nothing is known of the call.
    #[error(
        "nothing is known of call `{0}`: look its number up in the events, or in another journal"
    )]
    UnknownCall(CallId),
}

/// Tells the story of a call from the journal in `folder`, which an engine may have open.
///
/// # Errors
///
/// [`ExplainError`].
pub fn explain(folder: &Path, call: CallId) -> Result<Explanation, ExplainError> {
    let records = open_records(folder, &Limits::default())?.records;
    let symbols = newest_names(records.as_ref())?;
    let mut lines = Vec::new();
    let mut gaps = Vec::new();
    let mut last = None;
    let mut life = Life::default();
    let subject = subject_of_call(call);
    'pages: loop {
        let (page, damaged) = next_page(last, PAGE, |after, limit| {
            records.about(&subject, after, limit)
        })?;
        if let Some(id) = damaged {
            gaps.push(format!("record {id} is damaged and is left out"));
        }
        let Some(newest) = damaged.or(page.last().map(|record| record.id)) else {
            break;
        };
        last = Some(newest);
        for record in &page {
            if lines.len() >= RECORDS_TOLD_MAX {
                gaps.push(format!(
                    "only the first {RECORDS_TOLD_MAX} records are told"
                ));
                break 'pages;
            }
            let body: RecordBody =
                decode_payload(&record.payload).map_err(|error| ExplainError::Record {
                    record: record.id.to_string(),
                    detail: error.to_string(),
                })?;
            let text = match &body {
                RecordBody::Decision(record) => words::decision(record, &symbols),
                RecordBody::Event(event) => words::event(event, &symbols),
                RecordBody::Names { .. } => continue,
            };
            let over = matches!(&body, RecordBody::Event(Event::CallEnded { .. }));
            life.note(record.id.seq, over);
            lines.push(ExplanationLine {
                sequence: record.id.seq.0,
                at: record.now,
                text,
            });
        }
    }
    let restarts = restarts(records.as_ref(), &life, &symbols)?;
    let told = restarts.iter().map(|line| line.sequence).collect();
    // What came of a restart is told after it.
    lines.splice(0..0, restarts);
    let first = life.began.map(|first| first.0);
    match log_lines(folder, call, &life, &told, &symbols) {
        Ok(log) => {
            // Whoever asks something of a call that there is not does not make it one.
            if first.is_none() && !log.is_known {
                return Err(ExplainError::UnknownCall(call));
            }
            if first.is_some_and(|first| first <= log.from) {
                gaps.push(format!(
                    "actions, requests and callbacks up to entry {} are left out: the log is kept from there on \
                     (`journal.keep_entries` keeps more)",
                    log.from
                ));
            }
            lines.extend(log.lines);
        }
        Err(_) if first.is_none() => return Err(ExplainError::UnknownCall(call)),
        Err(ReplayError::Open(OpenError::InUse { .. })) => {
            gaps.push(
                "actions, requests and callbacks are left out, because the engine that is running has the log to itself; \
                 stop it, or ask again when it has stopped, for those"
                    .to_owned(),
            );
            if life.over.is_none() {
                gaps.push(format!(
                    "the call is not over; while it waits, `GET /v1/calls/{call}/wait` of that engine tells why nobody is rung"
                ));
            }
        }
        Err(error) => gaps.push(format!(
            "actions, requests and callbacks are left out, because the log cannot be read: {error}"
        )),
    }
    lines.sort_by_key(|line| line.sequence);
    Ok(Explanation { call, lines, gaps })
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "call {}", self.call)?;
        let began = self.lines.first().map_or(Timestamp(0), |line| line.at);
        if let Some(moment) = words::moment(began) {
            writeln!(f, "began {moment}")?;
        }
        for line in &self.lines {
            let since = line.at.since(began);
            let mut rows = line.text.lines();
            let first = rows.next().unwrap_or_default();
            writeln!(
                f,
                "{:>9.3} s  [{}] {first}",
                seconds(since.0),
                line.sequence
            )?;
            for row in rows {
                writeln!(f, "             {row}")?;
            }
        }
        for gap in &self.gaps {
            writeln!(f, "note: {gap}")?;
        }
        Ok(())
    }
}

/// What the log tells of a call.
#[derive(Debug, Default)]
struct LogLines {
    lines: Vec<ExplanationLine>,
    /// Something else was about it than what was refused or ignored.
    is_known: bool,
    /// The log begins after this entry.
    from: u64,
}

/// The entries between which a call lived, as its records tell.
#[derive(Debug, Default)]
struct Life {
    began: Option<Seq>,
    over: Option<Seq>,
}

impl Life {
    fn note(&mut self, at: Seq, over: bool) {
        self.began.get_or_insert(at);
        if over {
            self.over.get_or_insert(at);
        }
    }

    fn holds(&self, at: Seq) -> bool {
        self.began.is_some_and(|began| began < at) && self.over.is_none_or(|over| at <= over)
    }
}

/// What was done and sent and what came back, from the log.
fn log_lines(
    folder: &Path,
    call: CallId,
    life: &Life,
    restarts_told: &BTreeSet<u64>,
    symbols: &Symbols,
) -> Result<LogLines, ReplayError> {
    let from = life.began.map_or(ReplayFrom::Oldest, ReplayFrom::Before);
    let mut found = LogLines::default();
    let log = fold_log::<ReplayError>(
        || Ok(open_replay(folder, from)?),
        |entry, _, folded| {
            // Entries come again when one makes the core panic.
            found.lines.retain(|line| line.sequence < entry.seq.0);
            let mut say = |text: String| {
                found.lines.push(ExplanationLine {
                    sequence: entry.seq.0,
                    at: entry.now,
                    text,
                });
            };
            let input = decode_payload::<Input>(&entry.payload);
            // Of older restarts, and of those whose records are gone, only the log tells.
            if matches!(&input, Ok(Input::Restarted { .. }))
                && life.holds(entry.seq)
                && !restarts_told.contains(&entry.seq.0)
            {
                say("the engine was started again and took the call over".to_owned());
            }
            if let Ok(input) = input
                && let Some(text) = words::input(&input, call, &folded.reply, symbols)
            {
                say(text);
                found.is_known |= match folded.reply {
                    Reply::Done | Reply::NewCall(_) | Reply::SameCall(_) => true,
                    Reply::Ignored(_) | Reply::Refused(_) => false,
                };
            }
            for command in &folded.commands {
                if let Command::Operate { id, operation } = command
                    && id.call == call
                {
                    say(words::operation(*id, operation));
                    found.is_known = true;
                }
            }
        },
    )?;
    found.from = log.from.0;
    Ok(found)
}

/// The restarts that a call lived through.
fn restarts(
    records: &dyn Records,
    life: &Life,
    symbols: &Symbols,
) -> Result<Vec<ExplanationLine>, ReadError> {
    let mut lines = Vec::new();
    let Some(began) = life.began else {
        return Ok(lines);
    };
    let mut last = Some(RecordId {
        seq: began,
        number: u32::MAX,
    });
    loop {
        let (page, damaged) = next_page(last, PAGE, |after, limit| {
            records.about(SUBJECT_OF_RESTARTS, after, limit)
        })?;
        let Some(newest) = damaged.or(page.last().map(|record| record.id)) else {
            return Ok(lines);
        };
        last = Some(newest);
        for record in &page {
            if !life.holds(record.id.seq) {
                continue;
            }
            if let Ok(RecordBody::Event(event)) = decode_payload(&record.payload) {
                lines.push(ExplanationLine {
                    sequence: record.id.seq.0,
                    at: record.now,
                    text: words::event(&event, symbols),
                });
            }
        }
        if life.over.is_some_and(|over| over < newest.seq) {
            return Ok(lines);
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a call does not last for two thousand centuries"
)]
fn seconds(millis: u64) -> f64 {
    millis as f64 / 1_000.0
}
