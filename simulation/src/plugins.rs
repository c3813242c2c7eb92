//! Plugins that advise anything, and fail in every way.

use cordboard::driver::{Advisor, Answer};
use cordboard_clock::Hold;
use cordboard_core::ids::{Millis, SkillId};
use cordboard_core::question::{
    Advice, Ask, Classification, ClassifyFacts, Facts, OWN_REQUIREMENTS_MAX, PRIORITY_MAX,
    PluginFailure, Ranked, RecordingAction, RecordingAdvice, RecordingChannels, RecordingFormat,
    Requirement, Ring, Verdict,
};
use fastrand::Rng;
use parking_lot::Mutex;

/// Every way to fail.
const FAILURES: [PluginFailure; 7] = [
    PluginFailure::Trap,
    PluginFailure::Deadline,
    PluginFailure::Memory,
    PluginFailure::BadOutput,
    PluginFailure::Overload,
    PluginFailure::NotLoaded,
    PluginFailure::Abstain,
];
/// An index that no question has.
const NOWHERE: u32 = 4_000_000;

/// Takes the engine's questions; the stage has them answered.
#[derive(Debug, Default)]
pub(crate) struct Questions(Mutex<Vec<(Ask, Answer)>>);

impl Questions {
    pub(crate) fn take(&self) -> Vec<(Ask, Answer)> {
        std::mem::take(&mut *self.0.lock())
    }
}

impl Advisor for Questions {
    fn ask(&self, ask: Ask, _: Hold, answer: Answer) {
        self.0.lock().push((ask, answer));
    }
}

pub(crate) fn fails(ask: &Ask, random: &mut Rng) -> Verdict {
    let failure = random.choice(FAILURES).unwrap_or(PluginFailure::Trap);
    Verdict {
        question: ask.question,
        result: Err(failure),
        memo: None,
    }
}

/// Advises something. What is odd names what is not there, or names it twice.
pub(crate) fn advises(ask: &Ask, odd: bool, random: &mut Rng) -> Verdict {
    let advice = match &ask.facts {
        Facts::SkillMatch(facts) => {
            Advice::SkillMatch(ranking(facts.candidates.len(), odd, random))
        }
        Facts::ContactSelect(facts) => {
            Advice::ContactSelect(ranking(facts.contacts.len(), odd, random))
        }
        Facts::EndpointSelect(facts) => {
            let mut rings: Vec<Ring> = Vec::new();
            for index in order(facts.endpoints.len(), random) {
                rings.push(Ring {
                    endpoint: index,
                    stage: random.u32(..2),
                    ring: Millis(random.u64(4_000..18_000)),
                });
            }
            if odd {
                rings.push(Ring {
                    endpoint: NOWHERE,
                    stage: 7,
                    ring: Millis(0),
                });
            }
            Advice::EndpointSelect(rings)
        }
        Facts::RecordingPolicy(_) => Advice::RecordingPolicy(recording(random)),
        Facts::Classify(facts) => Advice::Classify(classification(facts, odd, random)),
    };
    let memo = random.bool().then(|| vec![random.u8(..); 8]);
    Verdict {
        question: ask.question,
        result: Ok(advice),
        memo,
    }
}

/// All rows in some order; now and then a few are left out.
fn ranking(rows: usize, odd: bool, random: &mut Rng) -> Vec<Ranked> {
    let mut order = order(rows, random);
    if odd {
        order.insert(0, NOWHERE);
        order.extend(order.clone());
    } else if random.u8(..20) == 0 {
        order.truncate(rows.div_ceil(2));
    }
    order
        .into_iter()
        .map(|index| Ranked {
            index,
            score: random.i32(-50..50),
            reason: 0,
        })
        .collect()
}

/// Any queue, and now and then a requirement that ends before long. What is odd breaks one limit.
fn classification(facts: &ClassifyFacts, odd: bool, random: &mut Rng) -> Classification {
    let rows = u32::try_from(facts.queues.len()).unwrap_or_default().max(1);
    let requirement = Requirement {
        skill: SkillId(facts.contact.queue.0),
        minimum: 30,
        required: true,
        expires_after: Some(Millis(5_000)),
    };
    let mut advice = Classification {
        queue: random.u32(..rows),
        priority: random.i32(-PRIORITY_MAX..=PRIORITY_MAX),
        requirements: Vec::new(),
        reason: 0,
    };
    if random.u8(..4) == 0 {
        advice.requirements.push(requirement.clone());
    }
    if odd {
        match random.u8(..4) {
            0 => advice.queue = NOWHERE,
            1 => advice.priority = i32::MIN,
            2 => advice.requirements = vec![requirement; OWN_REQUIREMENTS_MAX + 1],
            _ => {
                advice.requirements = vec![Requirement {
                    minimum: 0,
                    ..requirement
                }]
            }
        }
    }
    advice
}

fn order(rows: usize, random: &mut Rng) -> Vec<u32> {
    let mut order: Vec<u32> = (0..u32::try_from(rows).unwrap_or_default()).collect();
    random.shuffle(&mut order);
    order
}

fn recording(random: &mut Rng) -> RecordingAdvice {
    let actions = [
        RecordingAction::None,
        RecordingAction::Start,
        RecordingAction::Stop,
        RecordingAction::Pause,
        RecordingAction::Resume,
    ];
    RecordingAdvice {
        action: random.choice(actions).unwrap_or(RecordingAction::None),
        format: RecordingFormat::Wav,
        channels: RecordingChannels::Mixed,
        retention_days: 0,
        with_transcription: random.bool(),
        with_streaming: random.bool(),
        reason: 0,
    }
}
