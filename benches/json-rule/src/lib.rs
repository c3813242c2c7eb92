//! The rule of `skill-match` with JSON in and out, as bytes-in, bytes-out hosts and webhooks have it.

use cordboard_contract::v0_1::{Point, VERSION, facts, verdict};
use serde::Deserialize;
use skill_match::SkillLevels;

#[derive(Deserialize)]
struct Question {
    queue: u32,
    waited_ms: u32,
    priority: i32,
    attempt: u32,
    requirements: Vec<Requirement>,
    candidates: Vec<Candidate>,
}

#[derive(Deserialize)]
struct Requirement {
    skill: u32,
    minimum: u32,
    required: bool,
}

#[derive(Deserialize)]
struct Candidate {
    agent: u32,
    idle_ms: u32,
    group_order: u32,
    levels: Vec<u32>,
}

/// Ranks the candidates of a question: index, score and reason of each that is ranked.
///
/// # Errors
/// `question` is not the JSON of `cordboard_benches::json::question`.
pub fn rank(plugin: &SkillLevels, question: &[u8]) -> serde_json::Result<Vec<u8>> {
    let question: Question = serde_json::from_slice(question)?;
    let words = cordboard_plugin::skill_match::decide(plugin, &pack(&question));
    serde_json::to_vec(&ranking(&words))
}

/// Reads the rows of a verdict: index, score, reason.
#[must_use]
pub fn ranking(words: &[u32]) -> Vec<(u32, i32, u32)> {
    let rows = words.get(verdict::ROWS).copied().unwrap_or_default() as usize;
    words
        .get(verdict::HEADER_WORDS..)
        .unwrap_or_default()
        .as_chunks()
        .0
        .iter()
        .take(rows)
        .map(|&[index, score, reason]| (index, score.cast_signed(), reason))
        .collect()
}

/// The columns that the plugin reads: agent, idle time, group order, levels.
const COLUMNS: u32 = 0b1_0111;

fn pack(question: &Question) -> Vec<u32> {
    let mut words = vec![0; facts::HEADER_WORDS];
    let requirements_at = words.len();
    for requirement in &question.requirements {
        words.extend([
            requirement.skill,
            requirement.minimum,
            u32::from(requirement.required),
        ]);
    }
    let rows_at = words.len();
    for candidate in &question.candidates {
        words.extend([candidate.agent, candidate.idle_ms, candidate.group_order]);
        words.extend_from_slice(&candidate.levels);
    }
    let end = words.len();
    let rows = question.candidates.len();
    let row_words = 3 + question.requirements.len();
    for (at, value) in [
        (facts::VERSION, VERSION),
        (facts::POINT, Point::SkillMatch.code()),
        (facts::MEMO_AT, end as u32),
        (facts::ROWS_AT, rows_at as u32),
        (facts::ROWS, rows as u32),
        (facts::ROW_WORDS, row_words as u32),
        (facts::COLUMNS, COLUMNS),
        (facts::LABELS_AT, requirements_at as u32),
        (facts::REQUIREMENTS_AT, requirements_at as u32),
        (facts::REQUIREMENTS, question.requirements.len() as u32),
        (facts::QUEUE, question.queue),
        (facts::WAITED_MS, question.waited_ms),
        (facts::PRIORITY, question.priority.cast_unsigned()),
        (facts::ATTEMPT, question.attempt),
    ] {
        if let Some(word) = words.get_mut(at) {
            *word = value;
        }
    }
    words
}
