//! The configuration: what `schema.json` says, checked and compiled to rules.

use std::collections::BTreeMap;

use cordboard_plugin::{Problems, QueueId, SkillId};
use serde::Deserialize;

use crate::rule::{IdlePoints, Rule};

/// The configuration as it is written.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The rule of every queue that has none of its own.
    #[serde(default)]
    default: RuleConfig,
    /// Rules of single queues.
    #[serde(default)]
    queues: BTreeMap<QueueId, RuleConfig>,
}

/// A rule as it is written.
#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields)]
struct RuleConfig {
    level: Option<Level>,
    #[serde(default)]
    skills: BTreeMap<SkillId, i32>,
    other_skills: Option<i32>,
    idle_minute: Option<i32>,
    idle_minutes_max: Option<i32>,
    group_step: Option<i32>,
    best: Option<i32>,
    explain_others: Option<bool>,
}

/// What a level gives, before it is multiplied by the skill's weight.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Level {
    /// The level itself.
    Higher,
    /// 100 less what the level exceeds the requirement by.
    Closest,
    /// 100, whatever the level.
    Enough,
}

const WEIGHT_MAX: i32 = 1_000;
const IDLE_MINUTES_MAX: i32 = 1_440;
const GROUP_STEP_MAX: i32 = 10_000;
const BEST_MAX: i32 = 64;

/// The rule where nothing is written.
fn native() -> Rule {
    Rule {
        level: Level::Higher,
        weights: Vec::new(),
        other_weight: 1,
        idle: IdlePoints::new(60, 1),
        points_per_group_step: 1_000,
        best: 4,
        explains_others: false,
    }
}

impl Config {
    /// Checks the numbers, on which the score's range depends, and completes the rules.
    pub(crate) fn compile(&self) -> Result<(Rule, Vec<(QueueId, Rule)>), Problems> {
        let mut problems = Problems::new();
        let default = self.default.compile(&native(), "/default", &mut problems);
        let queues = self.queues.iter().map(|(&queue, rule)| {
            let path = format!("/queues/{}", queue.0);
            (queue, rule.compile(&default, &path, &mut problems))
        });
        let queues = queues.collect();
        problems.or((default, queues))
    }
}

impl RuleConfig {
    fn compile(&self, default: &Rule, path: &str, problems: &mut Problems) -> Rule {
        let mut check = |member: &str, value: i32, range: std::ops::RangeInclusive<i32>| {
            if !range.contains(&value) {
                let (from, to) = range.into_inner();
                problems.add(
                    format!("{path}/{member}"),
                    format!("`{value}` is out of range: give {from} to {to}"),
                );
            }
        };
        for (skill, weight) in &self.skills {
            check(&format!("skills/{}", skill.0), *weight, 0..=WEIGHT_MAX);
        }
        let mut number = |member, value: Option<i32>, default, range| {
            // An inherited mistake is reported where it was made.
            let Some(value) = value else { return default };
            check(member, value, range);
            value
        };
        let other_weight = number(
            "other_skills",
            self.other_skills,
            default.other_weight,
            0..=WEIGHT_MAX,
        );
        let idle_minute = number(
            "idle_minute",
            self.idle_minute,
            default.idle.per_minute().cast_signed(),
            0..=WEIGHT_MAX,
        );
        let idle_minutes_max = number(
            "idle_minutes_max",
            self.idle_minutes_max,
            default.idle.minutes_max().cast_signed(),
            0..=IDLE_MINUTES_MAX,
        );
        Rule {
            level: self.level.unwrap_or(default.level),
            weights: merge(&default.weights, &self.skills),
            other_weight,
            // What is out of range has been reported, and must not overflow here.
            idle: IdlePoints::new(
                idle_minutes_max.clamp(0, IDLE_MINUTES_MAX).cast_unsigned(),
                idle_minute.clamp(0, WEIGHT_MAX).cast_unsigned(),
            ),
            points_per_group_step: number(
                "group_step",
                self.group_step,
                default.points_per_group_step,
                0..=GROUP_STEP_MAX,
            ),
            explains_others: self.explain_others.unwrap_or(default.explains_others),
            best: number("best", self.best, default.best.cast_signed(), 1..=BEST_MAX)
                .cast_unsigned(),
        }
    }
}

/// The weights of `default` with those of `own` over them, by skill.
fn merge(default: &[(SkillId, i32)], own: &BTreeMap<SkillId, i32>) -> Vec<(SkillId, i32)> {
    let mut weights: BTreeMap<SkillId, i32> = default.iter().copied().collect();
    weights.extend(own);
    weights.into_iter().collect()
}
