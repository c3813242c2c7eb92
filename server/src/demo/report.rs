//! What a demo prints.

use crate::demo::decisions::Decisions;
use cordboard_simulator::Progress;
use cordboard_simulator::figures::Figures;
use cordboard_simulator::ledger::Ledger;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

/// The figures of a demo: from the ledger alone, except the decisions.
pub(crate) struct Report {
    figures: Figures,
    decisions: Decisions,
}

impl Report {
    pub(crate) fn new(ledger: &Ledger, decisions: Decisions) -> Self {
        Self {
            figures: ledger.figures(),
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
            let _ = writeln!(text, "{name:<24}{count:>8}  {note}");
        }
        if let Some(latency) = &figures.webhook_to_answer_ms {
            let _ = writeln!(
                text,
                "{:<24}{:>8.1}  ms at the median, {:.1} ms at the 99th percentile",
                "webhook to answer", latency.p50, latency.p99
            );
        }
        for (plugin, outcomes) in &self.decisions {
            let outcomes: Vec<String> = outcomes
                .iter()
                .map(|(outcome, count)| format!("{count} {outcome}"))
                .collect();
            let _ = writeln!(text, "decisions by {plugin}: {}", outcomes.join(", "));
        }
        let _ = write!(text, "took {:.1} s", took.as_secs_f64());
        text
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
