//! Facts as people write them to facts as the core has them.

use std::collections::{BTreeMap, BTreeSet};

use cordboard_core::ids::{
    AgentId, CallId, Millis, PluginId, QuestionId, QueueId, ResourceAccountId, SkillId, Symbol,
};
use cordboard_core::question::{
    AgentRow, Ask, CallerKind, ClassifyFacts, Consent, ContactFacts, ContactSelectFacts,
    DecisionPoint, EndpointKind, EndpointRow, EndpointSelectFacts, Facts, QueueRow, Reach,
    RecordingFactState, RecordingFacts, RecordingMoment, Requirement, SkillMatchFacts,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::names::Interner;

/// Why facts cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum FactsError {
    /// They do not have the members of their decision point.
    #[error("the facts are not those of `{point}`: {detail}")]
    Form {
        /// The decision point.
        point: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// Verdicts name rows by their agent, contact or queue.
    #[error("`{0}` stands in two rows: give each row a name of its own")]
    Twice(String),
    /// A level belongs to a requirement.
    #[error(
        "agent `{agent}` has a level of `{skill}`, which is not among the requirements: add it there, with `\"required\": false` if it is a wish"
    )]
    NotRequired {
        /// The agent.
        agent: String,
        /// The skill.
        skill: String,
    },
}

/// Turns facts into a question.
///
/// # Errors
/// They are not those of the decision point.
pub fn ask(point: DecisionPoint, facts: &Value, names: &mut Interner) -> Result<Ask, FactsError> {
    let wrong = |detail: String| FactsError::Form {
        point: point.name(),
        detail,
    };
    let Value::Object(members) = facts else {
        return Err(wrong("they are not an object".to_owned()));
    };
    let mut rest = members.clone();
    // What every decision has stands beside the facts of its own.
    let mut surroundings = Map::new();
    for name in ["now", "seed", "memo"] {
        surroundings.extend(rest.remove_entry(name));
    }
    let read = Reading { point, names };
    let Surroundings { now, seed, memo } = read.form(surroundings)?;
    let facts = read.facts(rest)?;
    Ok(Ask {
        question: QuestionId(1),
        call: CallId(1),
        plugin: PluginId(Symbol(0)),
        now,
        seed,
        memo: memo.iter().flat_map(|word| word.to_le_bytes()).collect(),
        facts,
    })
}

/// Time, seed and memo.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Surroundings {
    /// ms since the Unix epoch.
    now: u64,
    seed: u64,
    /// Words.
    memo: Vec<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenContact {
    /// The number of its call; a verdict of `contact-select` names it by this.
    #[serde(default = "one")]
    contact: u64,
    queue: String,
    #[serde(default)]
    waited_ms: u64,
    #[serde(default)]
    priority: i32,
    #[serde(default)]
    attempt: u32,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRequirement {
    skill: String,
    #[serde(default = "lowest")]
    minimum: u8,
    #[serde(default = "yes")]
    required: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAgent {
    agent: String,
    #[serde(default)]
    idle_ms: u64,
    #[serde(default)]
    group_order: u32,
    #[serde(default)]
    contacts_handled: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCandidate {
    agent: String,
    #[serde(default)]
    idle_ms: u64,
    #[serde(default)]
    group_order: u32,
    #[serde(default)]
    contacts_handled: u32,
    /// By skill; a requirement that is not named is not met.
    #[serde(default)]
    levels: BTreeMap<String, u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEndpoint {
    kind: EndpointKind,
    #[serde(default = "unknown_reach")]
    reach: Reach,
    #[serde(default)]
    answered_last: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSkillMatch {
    contact: WrittenContact,
    #[serde(default)]
    requirements: Vec<WrittenRequirement>,
    candidates: Vec<WrittenCandidate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenContactSelect {
    agent: WrittenAgent,
    contacts: Vec<WrittenContact>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEndpointSelect {
    contact: WrittenContact,
    agent: String,
    endpoints: Vec<WrittenEndpoint>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRecordingPolicy {
    contact: WrittenContact,
    moment: RecordingMoment,
    #[serde(default)]
    consent: Consent,
    #[serde(default)]
    legally_required: bool,
    #[serde(default = "off")]
    state: RecordingFactState,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenQueue {
    queue: String,
    #[serde(default)]
    waiting: u32,
    #[serde(default = "yes")]
    open: bool,
    #[serde(default = "yes")]
    staffed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenClassify {
    contact: WrittenContact,
    #[serde(default = "line")]
    line: String,
    #[serde(default)]
    digit: Option<char>,
    #[serde(default)]
    consent: Consent,
    #[serde(default = "phone")]
    caller: CallerKind,
    queues: Vec<WrittenQueue>,
}

fn line() -> String {
    "line".to_owned()
}

fn phone() -> CallerKind {
    CallerKind::PhoneNumber
}

fn one() -> u64 {
    1
}

fn lowest() -> u8 {
    1
}

fn yes() -> bool {
    true
}

fn unknown_reach() -> Reach {
    Reach::Unknown
}

fn off() -> RecordingFactState {
    RecordingFactState::Off
}

struct Reading<'a> {
    point: DecisionPoint,
    names: &'a mut Interner,
}

impl Reading<'_> {
    fn form<T: DeserializeOwned>(&self, members: Map<String, Value>) -> Result<T, FactsError> {
        serde_json::from_value(Value::Object(members)).map_err(|error| FactsError::Form {
            point: self.point.name(),
            detail: error.to_string(),
        })
    }

    fn facts(mut self, members: Map<String, Value>) -> Result<Facts, FactsError> {
        Ok(match self.point {
            DecisionPoint::SkillMatch => Facts::SkillMatch(self.skill_match(members)?),
            DecisionPoint::ContactSelect => Facts::ContactSelect(self.contact_select(members)?),
            DecisionPoint::EndpointSelect => Facts::EndpointSelect(self.endpoint_select(members)?),
            DecisionPoint::RecordingPolicy => {
                Facts::RecordingPolicy(self.recording_policy(members)?)
            }
            DecisionPoint::Classify => Facts::Classify(self.classify(members)?),
        })
    }

    fn skill_match(&mut self, members: Map<String, Value>) -> Result<SkillMatchFacts, FactsError> {
        let written: WrittenSkillMatch = self.form(members)?;
        let contact = self.contact(written.contact);
        let skills: Vec<String> = written
            .requirements
            .iter()
            .map(|of| of.skill.clone())
            .collect();
        let requirements = written
            .requirements
            .into_iter()
            .map(|requirement| Requirement {
                skill: SkillId(self.names.number(&requirement.skill)),
                minimum: requirement.minimum,
                required: requirement.required,
                expires_after: None,
            });
        let requirements = requirements.collect();
        let mut candidates = Vec::new();
        let mut levels = Vec::new();
        let mut seen = BTreeSet::new();
        for candidate in written.candidates {
            if let Some(skill) = candidate
                .levels
                .keys()
                .find(|skill| !skills.contains(skill))
            {
                return Err(FactsError::NotRequired {
                    agent: candidate.agent.clone(),
                    skill: skill.clone(),
                });
            }
            if !seen.insert(candidate.agent.clone()) {
                return Err(FactsError::Twice(candidate.agent));
            }
            let level = |skill: &String| candidate.levels.get(skill).copied().unwrap_or(0);
            levels.extend(skills.iter().map(level));
            candidates.push(AgentRow {
                agent: AgentId(self.names.number(&candidate.agent)),
                idle: Millis(candidate.idle_ms),
                group_order: candidate.group_order,
                contacts_handled: candidate.contacts_handled,
            });
        }
        Ok(SkillMatchFacts {
            contact,
            requirements,
            candidates,
            levels,
        })
    }

    fn contact_select(
        &mut self,
        members: Map<String, Value>,
    ) -> Result<ContactSelectFacts, FactsError> {
        let written: WrittenContactSelect = self.form(members)?;
        let mut seen = BTreeSet::new();
        if let Some(twice) = written.contacts.iter().find(|of| !seen.insert(of.contact)) {
            return Err(FactsError::Twice(format!("contact {}", twice.contact)));
        }
        let agent = AgentRow {
            agent: AgentId(self.names.number(&written.agent.agent)),
            idle: Millis(written.agent.idle_ms),
            group_order: written.agent.group_order,
            contacts_handled: written.agent.contacts_handled,
        };
        let contacts = written
            .contacts
            .into_iter()
            .map(|contact| self.contact(contact));
        Ok(ContactSelectFacts {
            agent,
            contacts: contacts.collect(),
        })
    }

    fn endpoint_select(
        &mut self,
        members: Map<String, Value>,
    ) -> Result<EndpointSelectFacts, FactsError> {
        let written: WrittenEndpointSelect = self.form(members)?;
        let endpoints = written.endpoints.into_iter().map(|endpoint| EndpointRow {
            kind: endpoint.kind,
            reach: endpoint.reach,
            answered_last: endpoint.answered_last,
        });
        Ok(EndpointSelectFacts {
            contact: self.contact(written.contact),
            agent: AgentId(self.names.number(&written.agent)),
            endpoints: endpoints.collect(),
        })
    }

    fn recording_policy(
        &mut self,
        members: Map<String, Value>,
    ) -> Result<RecordingFacts, FactsError> {
        let written: WrittenRecordingPolicy = self.form(members)?;
        Ok(RecordingFacts {
            contact: self.contact(written.contact),
            moment: written.moment,
            consent: written.consent,
            legally_required: written.legally_required,
            state: written.state,
        })
    }

    fn classify(&mut self, members: Map<String, Value>) -> Result<ClassifyFacts, FactsError> {
        let written: WrittenClassify = self.form(members)?;
        let mut seen = BTreeSet::new();
        if let Some(twice) = written.queues.iter().find(|of| !seen.insert(&of.queue)) {
            return Err(FactsError::Twice(twice.queue.clone()));
        }
        let contact = self.contact(written.contact);
        let queues = written.queues.iter().map(|row| QueueRow {
            queue: QueueId(self.names.number(&row.queue)),
            waiting: row.waiting,
            open: row.open,
            staffed: row.staffed,
        });
        let queues = queues.collect();
        Ok(ClassifyFacts {
            contact,
            line: ResourceAccountId(self.names.number(&written.line)),
            digit: written.digit,
            consent: written.consent,
            caller: written.caller,
            queues,
        })
    }

    fn contact(&mut self, written: WrittenContact) -> ContactFacts {
        let queue = QueueId(self.names.number(&written.queue));
        let labels = written.labels.iter().map(|(key, value)| {
            let key = self.names.number(key);
            (key, self.names.number(value))
        });
        ContactFacts {
            call: CallId(written.contact),
            queue,
            waited: Millis(written.waited_ms),
            priority: written.priority,
            attempt: written.attempt,
            labels: labels.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(point: DecisionPoint, facts: &Value) -> Result<Ask, FactsError> {
        ask(point, facts, &mut Interner::default())
    }

    #[test]
    fn levels_stand_in_the_order_of_the_requirements_and_0_where_none_is_written() {
        let facts = json!({
            "now": 5, "seed": 6, "memo": [1, 256],
            "contact": { "queue": "support", "waited_ms": 7, "labels": { "tier": "gold" } },
            "requirements": [{ "skill": "german", "minimum": 30 }, { "skill": "sales", "required": false }],
            "candidates": [{ "agent": "anna", "levels": { "sales": 50 } }, { "agent": "ben", "idle_ms": 9 }],
        });
        let ask = read(DecisionPoint::SkillMatch, &facts).unwrap();
        assert_eq!((ask.now, ask.seed), (5, 6));
        assert_eq!(ask.memo, [1, 0, 0, 0, 0, 1, 0, 0]);
        let Facts::SkillMatch(facts) = ask.facts else {
            panic!("other facts")
        };
        assert_eq!(facts.levels, [0, 50, 0, 0]);
        assert_eq!(facts.contact.queue, QueueId(Symbol(1)));
        assert_eq!(facts.contact.labels, [(Symbol(2), Symbol(3))]);
        let agents: Vec<u32> = facts.candidates.iter().map(|row| row.agent.0.0).collect();
        assert_eq!(agents, [6, 7]);
        assert!(facts.requirements[0].required && !facts.requirements[1].required);
    }

    #[test]
    fn queues_are_open_and_staffed_unless_written_otherwise() {
        let facts = json!({
            "contact": { "queue": "sales" }, "digit": "2",
            "queues": [{ "queue": "sales", "open": false }, { "queue": "support", "waiting": 3 }],
        });
        let asked = read(DecisionPoint::Classify, &facts).unwrap();
        let Facts::Classify(read_facts) = asked.facts else {
            panic!("other facts")
        };
        assert_eq!(read_facts.contact.queue, read_facts.queues[0].queue);
        assert_eq!(
            (read_facts.digit, read_facts.queues[1].waiting),
            (Some('2'), 3)
        );
        let states = read_facts.queues.iter().map(|row| (row.open, row.staffed));
        assert_eq!(states.collect::<Vec<_>>(), [(false, true), (true, true)]);
        let mut twice = facts;
        twice["queues"][1]["queue"] = json!("sales");
        let error = read(DecisionPoint::Classify, &twice).unwrap_err();
        assert!(error.to_string().starts_with("`sales` stands in two rows"));
    }

    #[test]
    fn what_is_written_wrong_is_told_with_its_member() {
        let contact = json!({ "queue": "support" });
        let cases = [
            (
                json!([]),
                "the facts are not those of `skill-match`: they are not an object",
            ),
            (json!({ "contact": contact }), "missing field `candidates`"),
            (
                json!({ "nwo": 1, "contact": contact, "candidates": [] }),
                "unknown field `nwo`",
            ),
            (
                json!({ "contact": contact, "candidates": [{ "agent": "a" }, { "agent": "a" }] }),
                "`a` stands in two rows: give each row a name of its own",
            ),
            (
                json!({ "contact": contact, "candidates": [{ "agent": "a", "levels": { "x": 1 } }] }),
                "agent `a` has a level of `x`, which is not among the requirements",
            ),
        ];
        for (facts, expected) in cases {
            let error = read(DecisionPoint::SkillMatch, &facts)
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
