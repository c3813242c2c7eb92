//! The rule of `skill-match` behind JSON, for comparison: bytes in, bytes out, a core module.

#![expect(
    unsafe_code,
    clippy::unwrap_used,
    reason = "a guest for a bench: it passes pointers, and what is wrong with its input may trap"
)]

use std::sync::OnceLock;

use cordboard_contract::v0_1::{Point, VERSION, facts, verdict};
use serde::Deserialize;
use skill_match::SkillLevels;

static PLUGIN: OnceLock<SkillLevels> = OnceLock::new();

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

/// Gives memory for what the host passes.
#[unsafe(no_mangle)]
pub extern "C" fn json_allocate(bytes: usize) -> *mut u8 {
    Box::leak(vec![0_u8; bytes].into_boxed_slice()).as_mut_ptr()
}

/// Reads the configuration.
///
/// # Safety
///
/// The memory is what [`json_allocate`] gave.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn json_configure(at: *mut u8, bytes: usize) {
    // SAFETY: as the caller promises.
    let text = unsafe { Vec::from_raw_parts(at, bytes, bytes) };
    let plugin = cordboard_plugin::configure(std::str::from_utf8(&text).unwrap()).unwrap();
    PLUGIN.set(plugin).unwrap();
}

/// Ranks; returns the address of the answer in the high half and its length in the low one.
///
/// # Safety
///
/// The memory is what [`json_allocate`] gave.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn json_rank(at: *mut u8, bytes: usize) -> u64 {
    static mut LAST: Vec<u8> = Vec::new();
    // SAFETY: as the caller promises.
    let text = unsafe { Vec::from_raw_parts(at, bytes, bytes) };
    let question: Question = serde_json::from_slice(&text).unwrap();
    let words = cordboard_plugin::skill_match::decide(PLUGIN.get().unwrap(), &pack(&question));
    let rows = words.get(verdict::ROWS).copied().unwrap_or_default() as usize;
    let ranking: Vec<(u32, i32, u32)> = words
        .get(verdict::HEADER_WORDS..)
        .unwrap_or_default()
        .as_chunks()
        .0
        .iter()
        .take(rows)
        .map(|&[index, score, reason]| (index, score.cast_signed(), reason))
        .collect();
    let answer = serde_json::to_vec(&ranking).unwrap();
    let packed = (answer.as_ptr().addr() as u64) << 32 | answer.len() as u64;
    // SAFETY: the module has one thread, and nothing else refers to it.
    unsafe { LAST = answer };
    packed
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
