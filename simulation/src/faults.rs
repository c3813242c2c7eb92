//! How often things go wrong: all the time at a low rate, and in spells at high ones.

use fastrand::Rng;
use serde::{Deserialize, Serialize};

/// Spells of one batch at most.
const SPELLS_MAX: usize = 4;
/// A spell lasts at least this long, in milliseconds.
const SPELL_MIN_MS: u64 = 2_000;
/// The longest spells of four sizes, in milliseconds: a stumble, a restart of the service, an outage.
const SPELL_MAX_MS: [u64; 4] = [6_000, 30_000, 90_000, 300_000];
/// So many kinds of fault come together in a spell at most.
const SPELL_KINDS_MAX: usize = 3;
/// How often a fault takes place in its spell, of a thousand times.
const SPELL_RATE: std::ops::RangeInclusive<u32> = 100..=1_000;

/// What a spell may consist of, and the faults that make it up.
const KINDS: [(&str, &[&str]); 11] = [
    ("the service refuses", &["broken"]),
    ("the service throttles", &["throttled"]),
    ("requests hang", &["hanging"]),
    ("answers are lost", &["answer_lost", "broken_after"]),
    ("the service is unreachable", &["unreachable"]),
    ("callbacks are lost", &["callback_lost"]),
    ("callbacks are held back", &["callback_held"]),
    (
        "incoming calls are lost",
        &["incoming_lost", "incoming_unheard"],
    ),
    ("incoming calls come late", &["incoming_late"]),
    (
        "plugins fail",
        &["plugin_failed", "verdict_late", "verdict_lost"],
    ),
    ("the disk is slow", &["slow_disk"]),
];

/// How often each thing goes wrong, of a thousand times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// A callback never arrives.
    pub callback_lost: u32,
    /// A callback arrives twice.
    pub callback_doubled: u32,
    /// A callback arrives up to 20 s late, behind others.
    pub callback_late: u32,
    /// A callback is held back until the spell is over, or up to a minute outside of one.
    pub callback_held: u32,
    /// An IncomingCall event does not arrive; Event Grid hears no answer and tries again.
    pub incoming_lost: u32,
    /// An IncomingCall event arrives up to 15 s late.
    pub incoming_late: u32,
    /// An IncomingCall event arrives twice, the second time up to 40 s later, when the caller may be gone.
    pub incoming_doubled: u32,
    /// An IncomingCall event arrives, but Event Grid does not hear that it did and tries again.
    pub incoming_unheard: u32,
    /// A request is answered 429 with `Retry-After`.
    pub throttled: u32,
    /// A request is answered 500 or 503 and has no effect.
    pub broken: u32,
    /// A request is answered 500, 502 or 504 and has its effect.
    pub broken_after: u32,
    /// A request is never answered and has no effect.
    pub hanging: u32,
    /// A request has its effect, and its answer is lost.
    pub answer_lost: u32,
    /// No connection can be made.
    pub unreachable: u32,
    /// An agent who has declined is reported as added.
    pub wrong_outcome: u32,
    /// A plugin fails.
    pub plugin_failed: u32,
    /// A plugin answers later than the engine waits.
    pub verdict_late: u32,
    /// A plugin never answers.
    pub verdict_lost: u32,
    /// A plugin's advice makes no sense.
    pub verdict_odd: u32,
    /// After an input the disk takes up to 300 ms to make it and what follows durable.
    pub slow_disk: u32,
}

impl Faults {
    /// Nothing goes wrong.
    pub const NONE: Self = Self {
        callback_lost: 0,
        callback_doubled: 0,
        callback_late: 0,
        callback_held: 0,
        incoming_lost: 0,
        incoming_late: 0,
        incoming_doubled: 0,
        incoming_unheard: 0,
        throttled: 0,
        broken: 0,
        broken_after: 0,
        hanging: 0,
        answer_lost: 0,
        unreachable: 0,
        wrong_outcome: 0,
        plugin_failed: 0,
        verdict_late: 0,
        verdict_lost: 0,
        verdict_odd: 0,
        slow_disk: 0,
    };

    /// Every rate, with its name.
    pub(crate) fn rates(&mut self) -> [(&'static str, &mut u32); 20] {
        [
            ("callback_lost", &mut self.callback_lost),
            ("callback_doubled", &mut self.callback_doubled),
            ("callback_late", &mut self.callback_late),
            ("callback_held", &mut self.callback_held),
            ("incoming_lost", &mut self.incoming_lost),
            ("incoming_late", &mut self.incoming_late),
            ("incoming_doubled", &mut self.incoming_doubled),
            ("incoming_unheard", &mut self.incoming_unheard),
            ("throttled", &mut self.throttled),
            ("broken", &mut self.broken),
            ("broken_after", &mut self.broken_after),
            ("hanging", &mut self.hanging),
            ("answer_lost", &mut self.answer_lost),
            ("unreachable", &mut self.unreachable),
            ("wrong_outcome", &mut self.wrong_outcome),
            ("plugin_failed", &mut self.plugin_failed),
            ("verdict_late", &mut self.verdict_late),
            ("verdict_lost", &mut self.verdict_lost),
            ("verdict_odd", &mut self.verdict_odd),
            ("slow_disk", &mut self.slow_disk),
        ]
    }

    /// Whatever goes wrong here or there, as often as where it goes wrong more often.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        let mut other = other.clone();
        for ((_, rate), (_, other)) in self.rates().into_iter().zip(other.rates()) {
            *rate = (*rate).max(*other);
        }
        self
    }

    /// Each batch has faults of its own: many kinds at once hide what one alone would show.
    pub(crate) fn draw(random: &mut Rng) -> Self {
        let mut faults = Self::NONE;
        for (_, rate) in faults.rates() {
            if random.u8(..3) == 0 {
                *rate = random.u32(1..=30);
            }
        }
        faults
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self::NONE
    }
}

/// A time in which faults come together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spell {
    /// When it begins, in milliseconds since the batch began.
    pub from_ms: u64,
    /// When it is over, likewise.
    pub to_ms: u64,
    /// What goes wrong meanwhile, besides what goes wrong anyway.
    pub faults: Faults,
    /// When the process of the engine dies, likewise; absent if it lives.
    #[serde(default)]
    pub crash_ms: Option<u64>,
}

impl Spell {
    /// The spells of a batch whose last caller dials at `last_ms`.
    pub(crate) fn draw(last_ms: u64, random: &mut Rng) -> Vec<Self> {
        let count = random.usize(..=SPELLS_MAX);
        (0..count)
            .map(|_| Self::draw_one(last_ms, random))
            .collect()
    }

    fn draw_one(last_ms: u64, random: &mut Rng) -> Self {
        let from_ms = random.u64(..=last_ms);
        let longest = random.choice(SPELL_MAX_MS).unwrap_or(SPELL_MIN_MS);
        let to_ms = from_ms + random.u64(SPELL_MIN_MS..=longest);
        let mut faults = Faults::NONE;
        let kinds = random.usize(1..=SPELL_KINDS_MAX);
        for (_, members) in random.choose_multiple(KINDS, kinds) {
            // In every fourth, nothing gets through.
            let often = if random.u8(..4) == 0 {
                *SPELL_RATE.end()
            } else {
                random.u32(SPELL_RATE)
            };
            for (name, rate) in faults.rates() {
                if members.contains(&name) {
                    *rate = often;
                }
            }
        }
        let crash_ms = (random.u8(..3) == 0).then(|| random.u64(from_ms..to_ms));
        Self {
            from_ms,
            to_ms,
            faults,
            crash_ms,
        }
    }

    /// Whether it lasts at this moment, in milliseconds since the batch began.
    pub(crate) fn lasts_at(&self, at_ms: u64) -> bool {
        (self.from_ms..self.to_ms).contains(&at_ms)
    }

    /// What goes wrong in it, in words.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &'static str> {
        let mut faults = self.faults.clone();
        let names: Vec<&str> = faults
            .rates()
            .into_iter()
            .filter(|(_, rate)| **rate > 0)
            .map(|(name, _)| name)
            .collect();
        KINDS
            .into_iter()
            .filter(move |(_, members)| members.iter().any(|member| names.contains(member)))
            .map(|(kind, _)| kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spell_begins_while_callers_dial_lasts_and_consists_of_something_that_is_frequent() {
        const LAST_MS: u64 = 1_300_000;
        let mut random = Rng::with_seed(1);
        let mut kinds = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let spells = Spell::draw(LAST_MS, &mut random);
            assert!(spells.len() <= SPELLS_MAX);
            for mut spell in spells {
                assert!(spell.from_ms <= LAST_MS);
                let length_ms = spell.to_ms - spell.from_ms;
                assert!((SPELL_MIN_MS..=300_000).contains(&length_ms), "{spell:?}");
                assert!((1..=SPELL_KINDS_MAX).contains(&spell.kinds().count()));
                kinds.extend(spell.kinds());
                assert!(spell.crash_ms.is_none_or(|at_ms| spell.lasts_at(at_ms)));
                for (name, rate) in spell.faults.rates() {
                    assert!(*rate == 0 || SPELL_RATE.contains(rate), "{name} {rate}");
                }
            }
        }
        assert_eq!(kinds.len(), KINDS.len(), "{kinds:?}");
    }

    #[test]
    fn in_a_spell_each_fault_is_as_frequent_as_where_it_is_more_frequent() {
        let here = Faults {
            broken: 30,
            hanging: 20,
            ..Faults::NONE
        };
        let there = Faults {
            broken: 900,
            throttled: 500,
            ..Faults::NONE
        };
        let both = Faults {
            broken: 900,
            hanging: 20,
            throttled: 500,
            ..Faults::NONE
        };
        assert_eq!(here.and(&there), both);
    }

    #[test]
    fn every_kind_names_faults_that_there_are() {
        let mut faults = Faults::NONE;
        let names: Vec<&str> = faults.rates().iter().map(|(name, _)| *name).collect();
        for (kind, members) in KINDS {
            let known = members.iter().all(|member| names.contains(member));
            assert!(known, "{kind}: {members:?}");
        }
    }
}
