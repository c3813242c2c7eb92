//! A rule: how candidates for one queue are scored.

use cordboard_plugin::{ReasonCode, Requirement, SkillId};

use crate::Reason;
use crate::config::Level;

/// How candidates for one queue are scored. All numbers are within the limits of the configuration,
/// so no sum leaves the range of `i32`: 32 skills give at most 3,200,000 points, a day of idle time
/// 1,440,000, and 100 group steps cost 1,000,000.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Rule {
    pub(crate) level: Level,
    /// By skill, ascending.
    pub(crate) weights: Vec<(SkillId, i32)>,
    pub(crate) other_weight: i32,
    pub(crate) idle: IdlePoints,
    pub(crate) points_per_group_step: i32,
    /// How many candidates are ranked.
    pub(crate) best: u32,
    /// Whether the others get a reason.
    pub(crate) explains_others: bool,
}

/// Steps of group order that count at most.
const GROUP_STEPS_MAX: u32 = 100;

const LEVEL_MAX: u32 = 100;

impl Rule {
    /// What a requirement gives. Worked out once per decision, so that a candidate costs one
    /// comparison and one multiplication per requirement.
    pub(crate) fn asked(&self, requirement: Requirement) -> Asked {
        let weight = self.weight(requirement.skill);
        let minimum = requirement.minimum.min(LEVEL_MAX);
        let full = weight * LEVEL_MAX.cast_signed();
        let (base, slope) = match self.level {
            Level::Higher => (0, weight),
            Level::Closest => (full + weight * minimum.cast_signed(), -weight),
            Level::Enough => (full, 0),
        };
        Asked {
            minimum,
            base,
            slope,
        }
    }

    /// What idle time and routing group give.
    pub(crate) fn points(&self, idle_ms: u32, group_order: u32) -> i32 {
        let steps = group_order.min(GROUP_STEPS_MAX);
        self.idle.points(idle_ms) - steps.cast_signed() * self.points_per_group_step
    }

    /// The reason code of those who score too low to be ranked.
    pub(crate) fn reason_of_others(&self) -> ReasonCode {
        if self.explains_others {
            Reason::Outranked.into()
        } else {
            ReasonCode::NONE
        }
    }

    fn weight(&self, skill: SkillId) -> i32 {
        let found = self.weights.binary_search_by_key(&skill, |entry| entry.0);
        found
            .ok()
            .and_then(|at| self.weights.get(at))
            .map_or(self.other_weight, |entry| entry.1)
    }
}

/// What a requirement gives: `base + slope × level` where it is met, else nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Asked {
    minimum: u32,
    base: i32,
    slope: i32,
}

impl Asked {
    /// The points of a level, and 1 if it is too low, else 0.
    ///
    /// Whether it is too low is worked with as a number: levels come in no order that a processor
    /// could guess, and a wrong guess costs more than all the arithmetic here.
    pub(crate) fn points(self, level: u32) -> (i32, u32) {
        let is_low = u32::from(level < self.minimum);
        // Levels are at most 100. Wrapping costs nothing, and a wrong level is no reason to trap.
        let points = self.slope.wrapping_mul(level.cast_signed());
        let points = self.base.wrapping_add(points);
        // All bits where the level will do, none where it is too low.
        let mask = is_low.wrapping_sub(1).cast_signed();
        (points & mask, is_low)
    }
}

/// What idle time gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct IdlePoints {
    ms_max: u32,
    per_minute: u32,
    /// Points per ms in units of 2⁻⁴³, rounded up. Up to a day and 1,000 points per minute, the
    /// product stays below 2⁶⁴, and its error below the 60,000th of a point that makes a
    /// difference: whole points come out as if they were divided exactly.
    per_ms: u64,
}

impl IdlePoints {
    pub(crate) const fn new(minutes_max: u32, per_minute: u32) -> Self {
        Self {
            ms_max: minutes_max * MINUTE_MS,
            per_minute,
            per_ms: ((per_minute as u64) << FRACTION_BITS).div_ceil(MINUTE_MS as u64),
        }
    }

    pub(crate) const fn minutes_max(self) -> u32 {
        self.ms_max / MINUTE_MS
    }

    pub(crate) const fn per_minute(self) -> u32 {
        self.per_minute
    }

    fn points(self, idle_ms: u32) -> i32 {
        let idle_ms = u64::from(idle_ms.min(self.ms_max));
        // Lossless: at most 1,440,000.
        ((idle_ms * self.per_ms) >> FRACTION_BITS) as i32
    }
}

const MINUTE_MS: u32 = 60_000;

const FRACTION_BITS: u32 = 43;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_points_are_those_of_an_exact_division() {
        for per_minute in [0, 1, 7, 59, 60, 61, 999, 1_000] {
            let idle = IdlePoints::new(1_440, per_minute);
            for ms in (0..86_400_000)
                .step_by(7_919)
                .chain([59_999, 60_000, 86_399_999, 86_400_000])
            {
                let exact = u64::from(ms) * u64::from(per_minute) / 60_000;
                assert_eq!(
                    u64::try_from(idle.points(ms)),
                    Ok(exact),
                    "{per_minute} {ms}"
                );
            }
        }
        assert_eq!(IdlePoints::new(1_440, 1_000).points(u32::MAX), 1_440_000);
    }
}
