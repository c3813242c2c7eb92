//! The question that is asked, and the configurations of the plugin that answers it.

use cordboard_core::{
    ids::{AgentId, CallId, Millis, PluginId, QuestionId, QueueId, SkillId, Symbol},
    question::{AgentRow, Ask, ContactFacts, Facts, Requirement, SkillMatchFacts},
};
use cordboard_plugin_host::Names;
use serde_json::{Map, Value, json};

/// Queues that configurations name, and their first number.
const QUEUES: u32 = 400;
const FIRST_QUEUE: u32 = 1_000;
/// Skills that configurations name; their numbers begin at 1.
const SKILLS: u32 = 64;

/// A contact with three requirements, all of which are wishes, and `candidates` agents.
///
/// Levels come from a fixed generator: each run asks the same.
#[must_use]
pub fn skill_match(candidates: u32) -> Ask {
    let mut random = 0x9E37_79B9_u32;
    let mut next = move |below: u32| {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        random % below
    };
    let requirement = |skill, minimum| Requirement {
        skill: SkillId(Symbol(skill)),
        minimum,
        required: false,
        expires_after: None,
    };
    let mut rows = Vec::new();
    let mut levels = Vec::new();
    for number in 0..candidates {
        rows.push(AgentRow {
            agent: AgentId(Symbol(5_000 + number)),
            idle: Millis(u64::from(next(600_000))),
            group_order: next(2),
            contacts_handled: next(40),
        });
        levels.extend([0; 3].map(|_| u8::try_from(next(100)).unwrap_or_default()));
    }
    Ask {
        question: QuestionId(1),
        call: CallId(1),
        plugin: PluginId(Symbol(1)),
        now: 1_700_000_000_000,
        seed: 7,
        memo: Vec::new(),
        facts: Facts::SkillMatch(SkillMatchFacts {
            contact: ContactFacts {
                call: CallId(1),
                queue: QueueId(Symbol(FIRST_QUEUE + QUEUES / 2)),
                waited: Millis(12_000),
                priority: 0,
                attempt: 1,
                labels: vec![],
            },
            requirements: vec![requirement(3, 30), requirement(9, 40), requirement(17, 50)],
            candidates: rows,
            levels,
        }),
    }
}

/// The names that the configurations use.
#[must_use]
pub fn names() -> Names {
    let numbered = |prefix: &str, first: u32, count: u32| {
        (first..first + count)
            .map(|number| (format!("{prefix}{number}"), Symbol(number)))
            .collect()
    };
    Names {
        skills: numbered("skill", 1, SKILLS),
        queues: numbered("queue", FIRST_QUEUE, QUEUES),
        ..Names::default()
    }
}

/// A configuration with nothing but one rule.
#[must_use]
pub fn small_configuration() -> Value {
    json!({ "default": { "skills": { "skill3": 5, "skill9": 2 } } })
}

/// A configuration whose JSON has 64 KiB when names are numbers: a rule for each of many queues.
#[must_use]
pub fn large_configuration() -> Value {
    let skills: Map<String, Value> = (1..=SKILLS)
        .step_by(4)
        .map(|skill| (format!("skill{skill}"), json!(skill % 10)))
        .collect();
    let rule = json!({ "level": "higher", "skills": skills, "idle_minute": 2 });
    let queues: Map<String, Value> = (FIRST_QUEUE..FIRST_QUEUE + QUEUES)
        .map(|queue| (format!("queue{queue}"), rule.clone()))
        .collect();
    json!({ "default": rule, "queues": queues })
}
