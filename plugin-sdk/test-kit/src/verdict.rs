//! Verdicts of plugins to JSON, with the names of the facts.

use cordboard_contract::v0_1::verdict as word;
use cordboard_core::question::{
    Advice, Ask, Classification, Facts, PluginFailure, Ranked, Requirement, Ring,
};
use cordboard_plugin_host::Answer;
use serde_json::{Map, Value, json};

use crate::names::Interner;

/// Writes what a plugin answered.
#[must_use]
pub fn written(ask: &Ask, answer: &Answer, names: &Interner) -> Value {
    let mut members = match &answer.verdict.result {
        Ok(advice) => decided(ask, advice, &answer.words, names),
        Err(PluginFailure::Abstain) => members([("abstain", json!(true))]),
        Err(failure) => members([("failure", json!(failure))]),
    };
    if let Some(memo) = &answer.verdict.memo {
        let words = memo.chunks(4).map(|bytes| {
            let bytes = bytes.iter().rev();
            bytes.fold(0, |word, byte| word << 8 | u32::from(*byte))
        });
        members.insert("memo".to_owned(), words.collect());
    }
    Value::Object(members)
}

fn decided(ask: &Ask, advice: &Advice, words: &[u32], names: &Interner) -> Map<String, Value> {
    match advice {
        Advice::SkillMatch(rows) => {
            let mut verdict = members([("ranked", ranked(ask, rows, names))]);
            let rejected = rejected(words);
            if !rejected.is_empty() {
                let rejected = rejected.iter().map(|[index, reason]| {
                    let mut row = row_of(ask, *index, names);
                    put_reason(&mut row, *reason);
                    Value::Object(row)
                });
                verdict.insert("rejected".to_owned(), rejected.collect());
            }
            verdict
        }
        Advice::ContactSelect(rows) => members([("ranked", ranked(ask, rows, names))]),
        Advice::EndpointSelect(rings) => {
            let rings = rings.iter().map(
                |Ring {
                     endpoint,
                     stage,
                     ring,
                 }| {
                    json!({ "endpoint": endpoint, "stage": stage, "ring_ms": ring.0 })
                },
            );
            members([("rings", rings.collect())])
        }
        Advice::Classify(advice) => classified(ask, advice, names),
        Advice::RecordingPolicy(advice) => {
            let mut verdict = members([
                ("action", json!(advice.action)),
                ("format", json!(advice.format)),
                ("channels", json!(advice.channels)),
                ("retention_days", json!(advice.retention_days)),
                ("with_transcription", json!(advice.with_transcription)),
                ("with_streaming", json!(advice.with_streaming)),
            ]);
            put_reason(&mut verdict, advice.reason);
            verdict
        }
    }
}

fn classified(ask: &Ask, advice: &Classification, names: &Interner) -> Map<String, Value> {
    let mut verdict = row_of(ask, advice.queue, names);
    verdict.insert("priority".to_owned(), json!(advice.priority));
    if !advice.requirements.is_empty() {
        let requirements = advice.requirements.iter().map(
            |Requirement {
                 skill,
                 minimum,
                 required,
                 expires_after,
             }| {
                let skill = names
                    .name(skill.0)
                    .map_or(json!(skill.0.0), |name| json!(name));
                let mut row = members([
                    ("skill", skill),
                    ("minimum", json!(minimum)),
                    ("required", json!(required)),
                ]);
                if let Some(after) = expires_after {
                    row.insert("expires_ms".to_owned(), json!(after.0));
                }
                Value::Object(row)
            },
        );
        verdict.insert("requirements".to_owned(), requirements.collect());
    }
    put_reason(&mut verdict, advice.reason);
    verdict
}

fn members<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    let members = members.into_iter();
    members
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn ranked(ask: &Ask, rows: &[Ranked], names: &Interner) -> Value {
    let rows = rows.iter().map(
        |Ranked {
             index,
             score,
             reason,
         }| {
            let mut row = row_of(ask, *index, names);
            row.insert("score".to_owned(), json!(score));
            put_reason(&mut row, *reason);
            Value::Object(row)
        },
    );
    rows.collect()
}

/// How people call a row of the facts.
fn row_of(ask: &Ask, index: u32, names: &Interner) -> Map<String, Value> {
    let place = index as usize;
    let named = match &ask.facts {
        Facts::SkillMatch(facts) => facts
            .candidates
            .get(place)
            .and_then(|row| names.name(row.agent.0))
            .map(|agent| ("agent", json!(agent))),
        Facts::ContactSelect(facts) => {
            let contact = facts.contacts.get(place);
            contact.map(|contact| ("contact", json!(contact.call.0)))
        }
        Facts::Classify(facts) => facts
            .queues
            .get(place)
            .and_then(|row| names.name(row.queue.0))
            .map(|queue| ("queue", json!(queue))),
        // Their rows have no names and their verdicts no rankings.
        Facts::EndpointSelect(_) | Facts::RecordingPolicy(_) => None,
    };
    members([named.unwrap_or(("row", json!(index)))])
}

/// No reason is not written.
fn put_reason(row: &mut Map<String, Value>, reason: u32) {
    if reason != 0 {
        row.insert("reason".to_owned(), json!(reason));
    }
}

/// The rejected rows of a verdict that the host has accepted, which the core does not need.
fn rejected(words: &[u32]) -> Vec<[u32; word::REJECTED_WORDS]> {
    let count = |at: usize| words.get(at).copied().unwrap_or(0) as usize;
    let begin = word::HEADER_WORDS + count(word::ROWS) * word::RANKED_WORDS;
    let end = begin + count(word::REJECTED) * word::REJECTED_WORDS;
    let (rows, _) = words.get(begin..end).unwrap_or_default().as_chunks();
    rows.to_vec()
}
