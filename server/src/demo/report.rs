//! What a demo prints.

use crate::demo::decisions::Decisions;
use cordboard_simulator::Progress;
use cordboard_simulator::figures::Figures;
use cordboard_simulator::ledger::Ledger;
use cordboard_simulator::script::Fate;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// The figures of a demo: from the ledger alone, except the decisions.
pub(crate) struct Report {
    figures: Figures,
    fates: BTreeMap<Fate, u64>,
    lost: Vec<(String, Fate)>,
    decisions: Decisions,
}

/// So many lost callers are named.
const LOST_NAMED_MAX: usize = 20;

impl Report {
    pub(crate) fn new(ledger: &Ledger, decisions: Decisions) -> Self {
        Self {
            figures: ledger.figures(),
            fates: ledger.fates(),
            lost: ledger
                .lost()
                .map(|(name, fate)| (name.to_owned(), fate))
                .collect(),
            decisions,
        }
    }

    /// Nobody was lost, and nothing happened that must not.
    pub(crate) fn is_healthy(&self) -> bool {
        let Figures {
            lost,
            unreached,
            answered_twice,
            offered_twice,
            connected_to_voicemail,
            silence_over_3s,
            ..
        } = &self.figures;
        [
            lost,
            unreached,
            answered_twice,
            offered_twice,
            connected_to_voicemail,
            silence_over_3s,
        ]
        .iter()
        .all(|count| **count == 0)
    }

    pub(crate) fn json(&self) -> anyhow::Result<String> {
        let mut object = serde_json::to_value(&self.figures)?;
        if let Value::Object(members) = &mut object {
            members.insert("decisions".to_owned(), json!(self.decisions));
            members.insert("fates".to_owned(), json!(self.fates));
        }
        Ok(object.to_string())
    }

    pub(crate) fn table(&self, took: Duration) -> String {
        let figures = &self.figures;
        let mut text = String::new();
        let rows = [
            ("calls", figures.calls, ""),
            ("answered", figures.answered, ""),
            (
                "connected",
                figures.connected,
                "talked to an agent in person",
            ),
            (
                "abandoned",
                figures.abandoned,
                "hung up before they talked to anybody",
            ),
            ("rona", figures.rona, "rings that nobody answered"),
            ("recorded", figures.recorded, ""),
            ("lost", figures.lost, "must be 0"),
            ("unreached", figures.unreached, "must be 0"),
            ("answered twice", figures.answered_twice, "must be 0"),
            ("offered twice", figures.offered_twice, "must be 0"),
            (
                "connected to voicemail",
                figures.connected_to_voicemail,
                "must be 0",
            ),
            ("silence over 3 s", figures.silence_over_3s, "must be 0"),
        ];
        for (name, count, note) in rows {
            let row = format!("{name:<24}{count:>8}  {note}");
            let _ = writeln!(text, "{}", row.trim_end());
        }
        if let Some(latency) = &figures.webhook_to_answer_ms {
            let _ = writeln!(
                text,
                "{:<24}{:>8.1}  ms at the median, {:.1} ms at the 99th percentile",
                "webhook to answer", latency.p50, latency.p99
            );
        }
        let fates = self.fates.iter().map(|(fate, count)| (words(*fate), count));
        let _ = writeln!(text, "callers: {}", listed(fates));
        for (name, fate) in self.lost.iter().take(LOST_NAMED_MAX) {
            let _ = writeln!(text, "lost: {name}, {}", words(*fate));
        }
        if let Some(more) = self
            .lost
            .len()
            .checked_sub(LOST_NAMED_MAX)
            .filter(|it| *it > 0)
        {
            let _ = writeln!(text, "lost: {more} more");
        }
        for (plugin, outcomes) in self.decisions.iter().filter(|(_, it)| !it.is_empty()) {
            let _ = writeln!(text, "decisions by {plugin}: {}", listed(outcomes.iter()));
        }
        let _ = write!(text, "took {:.1} s", took.as_secs_f64());
        text
    }
}

/// Returns `3 these, 4 those`.
fn listed<T: std::fmt::Display>(
    counts: impl Iterator<Item = (T, impl std::fmt::Display)>,
) -> String {
    let counts: Vec<String> = counts
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    counts.join(", ")
}

fn words(fate: Fate) -> &'static str {
    match fate {
        Fate::Talked => "talked to an agent",
        Fate::CutOff => "cut off while talking",
        Fate::Diverted => "talked at an exit's number",
        Fate::LeftMessage => "left a message",
        Fate::Dismissed => "ended by an exit's message",
        Fate::Dropped => "hung up on",
        Fate::Voicemail => "left with an agent's voicemail",
        Fate::Rejected => "rejected",
        Fate::RangOut => "never answered",
        Fate::AbandonedRinging => "gave up before the answer",
        Fate::AbandonedGreeting => "gave up at the greeting",
        Fate::AbandonedMenu => "gave up in the menu",
        Fate::AbandonedQueue => "gave up in a queue",
        Fate::AbandonedOffering => "gave up while an agent was rung",
        Fate::StillInCall => "still in the call",
    }
}

pub(crate) fn progress_line(progress: &Progress) -> String {
    format!(
        "{} callers: {:>4} to come, {:>4} ringing, {:>4} in menus, {:>4} waiting, {:>4} talking, {:>4} gone",
        progress.placed,
        progress.waiting_to_dial,
        progress.ringing,
        progress.in_menu,
        progress.in_queue,
        progress.talking,
        progress.ended,
    )
}
