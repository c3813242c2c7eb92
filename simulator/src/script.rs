//! What the virtual people do: scripts for callers and for agents, and the fates that a caller may have.
//!
//! Scripts are JSON; an unknown member is an error. Times are milliseconds of the simulator's clock.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ScriptError;

/// Most digits that one menu answer or card may have.
pub const DIGITS_MAX: usize = 64;
/// Longest name of a caller or person.
pub const NAME_LENGTH_MAX: usize = 128;

/// One caller: whom they dial, what they press, when they lose patience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallerScript {
    /// Names the caller in the ledger; unique.
    pub name: String,
    /// Whom they dial, as a raw id: a resource account (`28:orgid:{object id}`, a call in the manner of Teams Phone extensibility)
    /// or a number (`4:+14255550100`).
    pub dials: RawId,
    /// Their own number as a raw id, or `4:anonymous`.
    pub from: RawId,
    /// The display name that comes with the call.
    #[serde(default)]
    pub display_name: String,
    /// Headers that come with the call, such as what a Teams auto attendant passes on.
    #[serde(default)]
    pub headers: Headers,
    /// How long after the script was placed they dial.
    #[serde(default)]
    pub dial_after_ms: u64,
    /// They hang up this long after dialling unless they talk, or have talked, to somebody.
    #[serde(default = "default_patience_ms")]
    pub patience_ms: u64,
    /// What they press, one entry per menu in turn; nothing once the list is used up. See [`MenuAnswer::prompt`].
    #[serde(default)]
    pub menu: Vec<MenuAnswer>,
    /// They hang up at a given point, unless they are in conversation by then.
    #[serde(default)]
    pub hang_up: Option<PlannedHangUp>,
    /// How long they talk, from the first word with an agent until they hang up.
    #[serde(default = "default_talk_ms")]
    pub talk_ms: u64,
    /// How long they stay on a silent line once the conversation is over.
    #[serde(default = "default_linger_ms")]
    pub linger_ms: u64,
    /// How long they speak when they are left alone with a running recording: a voicemail box.
    #[serde(default = "default_message_ms")]
    pub message_ms: u64,
    /// The card number that they type when they are asked for digits during a conversation.
    #[serde(default)]
    pub card: Option<Card>,
    /// How this call may end. Any other fate counts as `lost`.
    pub allowed_fates: BTreeSet<Fate>,
}

impl CallerScript {
    /// A patient caller who dials `dials` from `from` and may only end by having talked to an agent.
    #[must_use]
    pub fn new(name: &str, dials: &str, from: &str) -> CallerScript {
        CallerScript {
            name: name.to_owned(),
            dials: RawId::new(dials),
            from: RawId::new(from),
            display_name: String::new(),
            headers: Headers::default(),
            dial_after_ms: 0,
            patience_ms: default_patience_ms(),
            menu: Vec::new(),
            hang_up: None,
            talk_ms: default_talk_ms(),
            linger_ms: default_linger_ms(),
            message_ms: default_message_ms(),
            card: None,
            allowed_fates: BTreeSet::from([Fate::Talked]),
        }
    }

    pub(crate) fn check(&self) -> Result<(), ScriptError> {
        check_name(&self.name)?;
        for answer in &self.menu {
            check_digits(&self.name, &answer.digits)?;
        }
        if let Some(card) = &self.card {
            check_digits(&self.name, &card.digits)?;
        }
        if self.allowed_fates.is_empty() {
            return Err(ScriptError::NoFate {
                name: self.name.clone(),
            });
        }
        if !self.from.as_str().starts_with("4:") {
            return Err(ScriptError::NotANumber {
                name: self.name.clone(),
            });
        }
        Ok(())
    }
}

/// Context that a call brings along.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Headers {
    /// SIP headers, such as `X-MS-Custom-{name}`.
    #[serde(default)]
    pub sip: BTreeMap<String, String>,
    /// Headers of calls that come from Teams.
    #[serde(default)]
    pub voip: BTreeMap<String, String>,
}

/// What a caller does at one menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MenuAnswer {
    /// Keeps this entry for a menu whose prompt's address contains this text. Without it, the entry is used up in turn.
    #[serde(default)]
    pub prompt: Option<String>,
    /// The keys `0` to `9`, `A` to `D`, `*` and `#`; empty for silence.
    #[serde(default)]
    pub digits: String,
    /// From the end of the prompt (its beginning with `barge_in`) to the first key.
    #[serde(default = "default_delay_ms")]
    pub delay_ms: u64,
    /// From one key to the next.
    #[serde(default = "default_between_ms")]
    pub between_ms: u64,
    /// Presses into the prompt.
    #[serde(default)]
    pub barge_in: bool,
}

impl MenuAnswer {
    /// Presses `digits` shortly after the prompt.
    #[must_use]
    pub fn keys(digits: &str) -> MenuAnswer {
        MenuAnswer {
            prompt: None,
            digits: digits.to_owned(),
            delay_ms: default_delay_ms(),
            between_ms: default_between_ms(),
            barge_in: false,
        }
    }
}

/// A card number. Its digits are in no `Debug` text and in no ledger.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The digits, with `#` at the end if the service is to be told so.
    pub digits: String,
    /// From the end of the prompt to the first digit.
    #[serde(default = "default_delay_ms")]
    pub delay_ms: u64,
    /// From one digit to the next.
    #[serde(default = "default_between_ms")]
    pub between_ms: u64,
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Card({} digits)", self.digits.len())
    }
}

/// "Hangs up so long after having reached this point for the first time."
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedHangUp {
    /// The point.
    pub phase: Phase,
    /// How long after.
    #[serde(default)]
    pub after_ms: u64,
}

/// How far a call has come, seen from outside.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Dialled, not answered.
    Ringing,
    /// Answered, before any menu.
    Greeting,
    /// Asked for digits.
    Menu,
    /// After the menu, or listening to something that is played in a loop.
    Queue,
    /// Like `Queue`, while at least one party is being rung for this call.
    Offering,
    /// In conversation, or after one.
    Talking,
}

/// How a call ended for its caller.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Talked to an agent until one of the two hung up.
    Talked,
    /// Was talking to an agent or to somebody outside when the service ended it: it ended the call, took the other one out, or
    /// let the caller hear something else until they gave up.
    CutOff,
    /// Talked to somebody outside, at a queue's exit number, until one of the two hung up.
    Diverted,
    /// Left a message in a voicemail box of the service.
    LeftMessage,
    /// The service hung up right after a message: a queue's exit.
    Dismissed,
    /// The service hung up out of the blue.
    Dropped,
    /// Was left talking to the voicemail of an agent's telephone.
    Voicemail,
    /// The service refused the call.
    Rejected,
    /// Rang until the network gave up.
    RangOut,
    /// Hung up before the answer.
    AbandonedRinging,
    /// Hung up after the answer, before any menu.
    AbandonedGreeting,
    /// Hung up while being asked for digits.
    AbandonedMenu,
    /// Hung up while waiting, with nobody being rung.
    AbandonedQueue,
    /// Hung up while somebody was being rung.
    AbandonedOffering,
    /// The ledger was closed while the call went on.
    StillInCall,
}

impl Fate {
    /// The fate of hanging up in `phase` without having talked to anybody.
    #[must_use]
    pub fn abandoned(phase: Phase) -> Fate {
        match phase {
            Phase::Ringing => Fate::AbandonedRinging,
            Phase::Greeting => Fate::AbandonedGreeting,
            Phase::Menu => Fate::AbandonedMenu,
            // A caller who has talked to nobody cannot have reached the end of a conversation.
            Phase::Queue | Phase::Talking => Fate::AbandonedQueue,
            Phase::Offering => Fate::AbandonedOffering,
        }
    }

    /// Whether the caller gave up before talking to anybody.
    #[must_use]
    pub fn is_abandoned(self) -> bool {
        matches!(
            self,
            Fate::AbandonedRinging
                | Fate::AbandonedGreeting
                | Fate::AbandonedMenu
                | Fate::AbandonedQueue
                | Fate::AbandonedOffering
        )
    }
}

/// One person with all the places where they can be rung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentScript {
    /// Names the person in the ledger; unique.
    pub person: String,
    /// Whether this is one of our agents or somebody outside.
    #[serde(default)]
    pub role: Role,
    /// Where they can be rung; each identifier belongs to one person.
    pub endpoints: Vec<EndpointScript>,
}

impl AgentScript {
    pub(crate) fn check(&self) -> Result<(), ScriptError> {
        check_name(&self.person)?;
        if self.endpoints.is_empty() {
            return Err(ScriptError::NoEndpoint {
                name: self.person.clone(),
            });
        }
        for endpoint in &self.endpoints {
            if endpoint.rings.is_empty() {
                return Err(ScriptError::NoBehaviour {
                    name: self.person.clone(),
                });
            }
            for ring in &endpoint.rings {
                if let RingBehaviour::Answer {
                    press: Some(press), ..
                } = ring
                {
                    check_digits(&self.person, &press.digits)?;
                }
            }
        }
        Ok(())
    }
}

/// The JSON Schema of what `POST /simulator/callers` and `POST /simulator/agents` take: definitions `CallerScript` and `AgentScript`.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    let any_of = [
        generator.subschema_for::<CallerScript>(),
        generator.subschema_for::<Vec<CallerScript>>(),
        generator.subschema_for::<AgentScript>(),
        generator.subschema_for::<Vec<AgentScript>>(),
    ];
    serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scripts of a simulator's callers and agents",
        "anyOf": any_of,
        "$defs": generator.take_definitions(true),
    })
}

/// Whether a party works for the contact centre.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// An agent.
    #[default]
    Agent,
    /// Somebody else, such as the number that a queue's exit leads to: takes any number of calls at a time.
    Outside,
}

/// One place where a person can be rung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointScript {
    /// The raw id: `8:orgid:{object id}` for the Teams client, `8:acs:{resource}_{tenant}_{object id}` for the Calling SDK client,
    /// `4:+…` for a telephone.
    pub identifier: RawId,
    /// What happens when it is rung; at least one entry.
    pub rings: Vec<RingBehaviour>,
    /// How the entry is chosen.
    #[serde(default)]
    pub choose: Choose,
}

/// How an endpoint chooses among its behaviours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Choose {
    /// One after the other, then from the first again.
    #[default]
    InTurn,
    /// At random, from the endpoint's own stream: the n-th ring of an endpoint has the same behaviour whatever else happens.
    AtRandom,
}

/// What happens when an endpoint is rung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "does", rename_all = "snake_case", deny_unknown_fields)]
pub enum RingBehaviour {
    /// The person answers. While they are in another conversation, or have answered elsewhere, it rings on.
    Answer {
        /// From the first ring to the answer.
        after_ms: u64,
        /// What they press when asked to confirm. Without it they press nothing.
        #[serde(default)]
        press: Option<Press>,
        /// They hang up this long after the first word with the caller. Without it the caller ends the conversation.
        #[serde(default)]
        talk_ms: Option<u64>,
    },
    /// The person declines.
    Decline {
        /// From the first ring to the refusal.
        after_ms: u64,
    },
    /// Rings until the invitation times out or is cancelled.
    NoAnswer,
    /// A voicemail answers. It presses nothing and hangs up by itself after a minute.
    Voicemail {
        /// From the first ring to the answer.
        after_ms: u64,
    },
}

impl RingBehaviour {
    /// Answers after `after_ms`, pressing 1 if asked to.
    #[must_use]
    pub fn answer(after_ms: u64) -> RingBehaviour {
        let press = Press {
            digits: "1".to_owned(),
            delay_ms: default_delay_ms(),
        };
        RingBehaviour::Answer {
            after_ms,
            press: Some(press),
            talk_ms: None,
        }
    }
}

/// What somebody who has been rung presses when asked to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Press {
    /// The keys.
    pub digits: String,
    /// From the end of the prompt to the first key.
    #[serde(default = "default_delay_ms")]
    pub delay_ms: u64,
}

/// A raw id of the service. `Debug` masks telephone numbers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RawId(String);

impl RawId {
    /// Takes a raw id as it is.
    #[must_use]
    pub fn new(raw_id: &str) -> RawId {
        RawId(raw_id.to_owned())
    }

    /// The text; it may hold a telephone number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is a telephone number.
    #[must_use]
    pub fn is_phone(&self) -> bool {
        self.0.starts_with("4:")
    }

    /// Whether this is a Teams resource account or bot.
    #[must_use]
    pub fn is_application(&self) -> bool {
        self.0.starts_with("28:")
    }
}

impl fmt::Debug for RawId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_phone() {
            return write!(f, "RawId({})", self.0);
        }
        let from = self.0.char_indices().rev().nth(1).map_or(0, |(at, _)| at);
        write!(f, "RawId(4:***{})", self.0.get(from..).unwrap_or_default())
    }
}

fn check_name(name: &str) -> Result<(), ScriptError> {
    if name.is_empty() || name.len() > NAME_LENGTH_MAX {
        return Err(ScriptError::Name { length: name.len() });
    }
    Ok(())
}

fn check_digits(name: &str, digits: &str) -> Result<(), ScriptError> {
    let known = |key: char| matches!(key, '0'..='9' | 'A'..='D' | '*' | '#');
    if digits.len() > DIGITS_MAX || !digits.chars().all(known) {
        return Err(ScriptError::Digits {
            name: name.to_owned(),
        });
    }
    Ok(())
}

fn default_patience_ms() -> u64 {
    1_200_000
}

fn default_talk_ms() -> u64 {
    60_000
}

fn default_linger_ms() -> u64 {
    1_500
}

fn default_message_ms() -> u64 {
    8_000
}

fn default_delay_ms() -> u64 {
    800
}

fn default_between_ms() -> u64 {
    300
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_with_an_unknown_member_is_refused() {
        let json = r#"{"name":"a","dials":"28:orgid:x","from":"4:+1","allowed_fates":["talked"],"patiense_ms":3}"#;
        let error = serde_json::from_str::<CallerScript>(json)
            .unwrap_err()
            .to_string();
        assert!(error.contains("patiense_ms"), "{error}");
        let json = r#"{"person":"p","endpoints":[{"identifier":"8:orgid:p","rings":[{"does":"answer","after_ms":1,"pres":1}]}]}"#;
        assert!(serde_json::from_str::<AgentScript>(json).is_err());
    }

    #[test]
    fn a_minimal_script_has_the_documented_defaults() {
        let json = r#"{"name":"a","dials":"28:orgid:x","from":"4:+1","allowed_fates":["talked"]}"#;
        let script: CallerScript = serde_json::from_str(json).unwrap();
        assert_eq!(script, CallerScript::new("a", "28:orgid:x", "4:+1"));
        assert_eq!(script.check(), Ok(()));
    }

    #[test]
    fn what_cannot_be_played_is_refused_by_name() {
        let good = CallerScript::new("a", "28:orgid:x", "4:+1");
        let digits = CallerScript {
            menu: vec![MenuAnswer::keys("12x")],
            ..good.clone()
        };
        assert_eq!(
            digits.check(),
            Err(ScriptError::Digits {
                name: "a".to_owned()
            })
        );
        let fates = CallerScript {
            allowed_fates: BTreeSet::new(),
            ..good.clone()
        };
        assert_eq!(
            fates.check(),
            Err(ScriptError::NoFate {
                name: "a".to_owned()
            })
        );
        let from = CallerScript {
            from: RawId::new("8:orgid:x"),
            ..good.clone()
        };
        assert_eq!(
            from.check(),
            Err(ScriptError::NotANumber {
                name: "a".to_owned()
            })
        );
        assert_eq!(
            CallerScript {
                name: String::new(),
                ..good
            }
            .check(),
            Err(ScriptError::Name { length: 0 })
        );
        let agent = AgentScript {
            person: "p".to_owned(),
            role: Role::Agent,
            endpoints: Vec::new(),
        };
        assert_eq!(
            agent.check(),
            Err(ScriptError::NoEndpoint {
                name: "p".to_owned()
            })
        );
        let silent = EndpointScript {
            identifier: RawId::new("8:orgid:p"),
            rings: Vec::new(),
            choose: Choose::InTurn,
        };
        let agent = AgentScript {
            endpoints: vec![silent],
            ..agent
        };
        assert_eq!(
            agent.check(),
            Err(ScriptError::NoBehaviour {
                name: "p".to_owned()
            })
        );
    }

    #[test]
    fn debug_texts_hide_numbers_and_cards() {
        let card = Card {
            digits: "4111111111111111#".to_owned(),
            delay_ms: 0,
            between_ms: 0,
        };
        let script = CallerScript {
            card: Some(card),
            ..CallerScript::new("a", "28:orgid:x", "4:+14255550123")
        };
        let text = format!("{script:?}");
        assert!(!text.contains("4111") && !text.contains("555"), "{text}");
        assert!(text.contains("23"), "{text}");
    }
}
