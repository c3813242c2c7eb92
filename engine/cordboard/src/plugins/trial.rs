//! A version on trial: which calls it decides for, what it is compared with, when it is taken back.

use super::news::{News, news};
use crate::config::CandidateSlot;
use crate::replay::{Answered, DifferenceClass, classify};
use cordboard_core::event::PluginChange;
use cordboard_core::ids::{CallId, PluginId};
use cordboard_core::question::{PluginFailure, PluginResult, Verdict};
use cordboard_plugin_host::{Digest, PluginInfo};
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Decisions that a candidate is judged by: the last ones.
const RECENT_MAX: usize = 1_000;
/// Comparisons after which the first event tells of them; then after ten times as many.
const COMPARED_FIRST: [u64; 2] = [10, 100];
/// Comparisons from one event to the next, later on.
const COMPARED_EVERY: u64 = 1_000;

/// Who is to answer a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// The slot's own version.
    Own,
    /// The slot's own version; the candidate is asked as well, without effect.
    Shadowed,
    /// The candidate.
    Candidate,
}

/// A version on trial.
#[derive(Debug)]
pub(super) struct Trial {
    plugin: PluginId,
    slot: String,
    candidate: (Digest, Digest),
    settings: CandidateSlot,
    news: News,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The steps that have begun: when, and the first call that each is for.
    begun: Vec<(u64, CallId)>,
    /// Why it was taken back.
    stopped: Option<String>,
    recent: VecDeque<Outcome>,
    compared: BTreeMap<DifferenceClass, u64>,
    unasked: u64,
}

#[derive(Clone, Copy, Debug)]
struct Outcome {
    failed: bool,
    slow: bool,
}

/// How a version on trial is doing.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CandidateStatus {
    /// Name and version of the candidate; none when it could not be loaded.
    pub plugin: Option<(String, String)>,
    /// SHA-256 of the candidate, in hexadecimal.
    pub sha256: Option<String>,
    /// Why it could not be loaded.
    pub problem: Option<String>,
    /// New calls of a hundred that it decides for.
    pub percent: u32,
    /// Why it was taken back.
    pub stopped: Option<String>,
    /// What it would have said, by the names of [`DifferenceClass`].
    pub compared: BTreeMap<&'static str, u64>,
    /// Comparisons that were left out, because it was behind.
    pub unasked: u64,
}

impl Trial {
    pub(super) fn new(
        plugin: PluginId,
        slot: &str,
        info: &PluginInfo,
        settings: &CandidateSlot,
        news: News,
    ) -> Self {
        Self {
            plugin,
            slot: slot.to_owned(),
            candidate: (info.plugin, info.configuration),
            settings: settings.clone(),
            news,
            state: Mutex::default(),
        }
    }

    /// Tells whether this is the trial of that version, under those terms.
    pub(super) fn is_of(&self, info: &PluginInfo, settings: &CandidateSlot) -> bool {
        self.candidate == (info.plugin, info.configuration) && self.settings == *settings
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state.lock().stopped.is_some()
    }

    /// Chooses who answers a question about `call`. `newest` is the newest call that the slot was
    /// asked about before. A call stays with the version that it began with, unless that is taken
    /// back: which it is depends on its number and on when the steps began, on nothing else.
    pub(super) fn way(&self, call: CallId, now: u64, newest: Option<CallId>) -> Way {
        let mut state = self.state.lock();
        if state.stopped.is_some() {
            return Way::Own;
        }
        let begun = state.begun.len();
        if let Some(step) = self.settings.canary.get(begun) {
            let over = |(at, _): &(u64, CallId)| {
                let before = begun
                    .checked_sub(1)
                    .and_then(|at| self.settings.canary.get(at));
                let seconds = before.and_then(|before| before.seconds);
                seconds.is_some_and(|seconds| now >= at.saturating_add(seconds * 1_000))
            };
            if state.begun.last().is_none_or(over) {
                // Calls that were asked about before stay where they are.
                let from = newest.map_or(call, |newest| CallId(newest.0.saturating_add(1)));
                state.begun.push((now, from));
                self.tell(
                    PluginChange::CandidateStep,
                    format!("{} of 100 new calls", step.percent),
                );
            }
        }
        let percent = state.percent(&self.settings, call);
        let [canary, shadow] = places(call, self.candidate.0);
        if canary < percent {
            Way::Candidate
        } else if shadow < self.settings.shadow_percent {
            Way::Shadowed
        } else {
            Way::Own
        }
    }

    /// Learns how a decision of the candidate ended; tells whether it is taken back now.
    pub(super) fn learn(
        &self,
        result: &PluginResult,
        elapsed: Duration,
        is_breaker_open: bool,
    ) -> bool {
        let slo = &self.settings.slo;
        let slow = |p99: u64| elapsed > Duration::from_millis(p99);
        let outcome = Outcome {
            failed: is_failure(result),
            slow: slo.p99_ms.is_some_and(slow),
        };
        let mut state = self.state.lock();
        if state.stopped.is_some() {
            return false;
        }
        state.recent.push_back(outcome);
        if state.recent.len() > RECENT_MAX {
            state.recent.pop_front();
        }
        let all = state.recent.len();
        let count =
            |is: fn(&Outcome) -> bool| state.recent.iter().filter(|outcome| is(outcome)).count();
        let (failed, slow) = (
            count(|outcome| outcome.failed),
            count(|outcome| outcome.slow),
        );
        let may_fail = slo.failures_percent as usize;
        let reason = if is_breaker_open {
            "it has failed too often in a row".to_owned()
        } else if all < slo.decisions_min as usize {
            return false;
        } else if failed * 100 > may_fail * all {
            format!("{failed} of its last {all} decisions failed, {may_fail} of 100 may")
        } else if slow * 100 > all {
            let limit = slo.p99_ms.unwrap_or_default();
            format!("{slow} of its last {all} decisions took longer than {limit} ms, 1 of 100 may")
        } else {
            return false;
        };
        self.tell(
            PluginChange::CandidateStopped,
            format!("{reason}; all calls go to the version of before"),
        );
        state.stopped = Some(reason);
        true
    }

    /// Compares what the candidate would have said with what was said.
    pub(super) fn compare(&self, said: &Verdict, would_say: &Verdict) {
        fn answered(verdict: &Verdict) -> Answered<'_> {
            Answered {
                result: &verdict.result,
                memo: verdict.memo.as_deref(),
            }
        }
        let class = classify(Some(answered(said)), answered(would_say));
        let mut state = self.state.lock();
        *state.compared.entry(class).or_default() += 1;
        let all: u64 = state.compared.values().sum();
        if COMPARED_FIRST.contains(&all) || all.is_multiple_of(COMPARED_EVERY) {
            let counts: Vec<String> = state
                .compared
                .iter()
                .map(|(class, count)| format!("{class} {count}"))
                .collect();
            let unasked = state.unasked;
            self.tell(
                PluginChange::Compared,
                format!("of {all}: {}; left out {unasked}", counts.join(", ")),
            );
        }
    }

    /// Counts a comparison that was left out.
    pub(super) fn left_out(&self) {
        self.state.lock().unasked += 1;
    }

    /// Tells how it is doing; what is loaded is for the host to say.
    pub(super) fn status(&self) -> CandidateStatus {
        let state = self.state.lock();
        let step = state.begun.len().checked_sub(1);
        let step = step.and_then(|step| self.settings.canary.get(step));
        CandidateStatus {
            plugin: None,
            sha256: None,
            problem: None,
            percent: step
                .filter(|_| state.stopped.is_none())
                .map_or(0, |step| step.percent),
            stopped: state.stopped.clone(),
            compared: state
                .compared
                .iter()
                .map(|(class, count)| (class.name(), *count))
                .collect(),
            unasked: state.unasked,
        }
    }

    fn tell(&self, change: PluginChange, detail: String) {
        self.news
            .tell(news(self.plugin, &self.slot, change, detail));
    }
}

impl State {
    /// The share of the step that was in force when a call came.
    fn percent(&self, settings: &CandidateSlot, call: CallId) -> u32 {
        let of_call = self.begun.iter().zip(&settings.canary);
        of_call
            .take_while(|((_, from), _)| *from <= call)
            .last()
            .map_or(0, |(_, step)| step.percent)
    }
}

/// Tells whether an answer counts as a failure of the candidate.
pub(super) fn is_failure(result: &PluginResult) -> bool {
    matches!(result, Err(kind) if *kind != PluginFailure::Abstain)
}

/// The places of a call among a hundred, for the canary and for the shadow. Each candidate mixes the
/// calls anew, so that not always the same ones are the first.
fn places(call: CallId, candidate: Digest) -> [u32; 2] {
    let salt = candidate
        .0
        .iter()
        .fold(0_u64, |salt, byte| salt.rotate_left(8) ^ u64::from(*byte));
    // splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
    let mixed = |number: u64| {
        let mut mixed = number
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .wrapping_add(salt);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    let place = |number| u32::try_from(mixed(number) % 100).unwrap_or_default();
    [place(call.0), place(!call.0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CanaryStep, CandidateSlo};
    use cordboard_core::ids::{QuestionId, Symbol};
    use cordboard_core::question::{Advice, Ranked};
    use cordboard_plugin_host::Point;
    use serde_json::json;

    fn trial(canary: &[(u32, Option<u64>)], shadow_percent: u32) -> Trial {
        let manifest = json!({
            "contract": "0.1", "name": "rank", "version": "2.0.0", "reads": {}, "config_schema": {}
        });
        let info = PluginInfo {
            manifest: serde_json::from_value(manifest).unwrap(),
            plugin: Digest::of(b"component"),
            configuration: Digest::of(b"configuration"),
            points: vec![Point::SkillMatch],
            calls_per_instance: 1,
        };
        let settings = CandidateSlot {
            file: "new.wasm".into(),
            sha256: None,
            config: json!({}),
            shadow_percent,
            canary: canary
                .iter()
                .map(|&(percent, seconds)| CanaryStep { percent, seconds })
                .collect(),
            slo: CandidateSlo {
                failures_percent: 10,
                p99_ms: Some(5),
                decisions_min: 20,
            },
        };
        Trial::new(
            PluginId(Symbol(1)),
            "rank",
            &info,
            &settings,
            News::default(),
        )
    }

    fn share(ways: &[Way], way: Way) -> usize {
        ways.iter().filter(|found| **found == way).count()
    }

    #[test]
    fn the_share_is_what_the_step_says_and_a_call_stays_where_it_is() {
        let trial = trial(&[(10, Some(60)), (50, None)], 20);
        let calls = |calls: std::ops::Range<u64>, now: u64| -> Vec<Way> {
            calls
                .map(|call| {
                    let newest = call.checked_sub(1).map(CallId);
                    trial.way(CallId(call), now, newest)
                })
                .collect()
        };
        let first = calls(0..2_000, 1_000);
        let (canary, shadow) = (share(&first, Way::Candidate), share(&first, Way::Shadowed));
        assert!((140..=260).contains(&canary), "{canary} of 2,000");
        assert!((280..=440).contains(&shadow), "{shadow} of 2,000");

        // The second step is for calls that come from then on.
        let second = calls(2_000..4_000, 61_000);
        let canary = share(&second, Way::Candidate);
        assert!((900..=1_100).contains(&canary), "{canary} of 2,000");
        let again: Vec<Way> = (0..2_000)
            .map(|call| trial.way(CallId(call), 62_000, Some(CallId(3_999))))
            .collect();
        assert_eq!(first, again);
    }

    #[test]
    fn calls_of_before_the_trial_stay_with_the_version_of_before() {
        let trial = trial(&[(100, None)], 0);
        assert_eq!(trial.way(CallId(7), 0, Some(CallId(9))), Way::Own);
        assert_eq!(trial.way(CallId(9), 0, Some(CallId(9))), Way::Own);
        assert_eq!(trial.way(CallId(10), 0, Some(CallId(9))), Way::Candidate);
    }

    fn ranked(index: u32, score: i32) -> PluginResult {
        Ok(Advice::SkillMatch(vec![Ranked {
            index,
            score,
            reason: 0,
        }]))
    }

    #[test]
    fn failures_slowness_and_an_open_breaker_take_it_back() {
        let quick = Duration::from_millis(1);
        let failing = trial(&[(100, None)], 0);
        for number in 0..19 {
            let result = if number < 3 {
                Err(PluginFailure::Trap)
            } else {
                Err(PluginFailure::Abstain)
            };
            assert!(
                !failing.learn(&result, quick, false),
                "{number} are too few"
            );
        }
        assert!(failing.learn(&ranked(0, 1), quick, false), "3 of 20 failed");
        assert!(
            !failing.learn(&ranked(0, 1), quick, false),
            "it is told once"
        );
        assert_eq!(failing.way(CallId(1), 0, None), Way::Own);
        assert_eq!(failing.status().percent, 0);

        let slow = trial(&[(100, None)], 0);
        for _ in 0..19 {
            assert!(!slow.learn(&ranked(0, 1), quick, false));
        }
        assert!(slow.learn(&ranked(0, 1), Duration::from_millis(6), false));

        let broken = trial(&[(100, None)], 0);
        assert!(broken.learn(&Err(PluginFailure::Trap), quick, true));

        let well = trial(&[(100, None)], 0);
        for number in 0..3_000 {
            let result = if number % 20 == 19 {
                Err(PluginFailure::Trap)
            } else {
                ranked(0, 1)
            };
            assert!(!well.learn(&result, quick, false), "{number}");
        }
    }

    #[test]
    fn differences_are_counted_by_class() {
        let trial = trial(&[], 100);
        let verdict = |result| Verdict {
            question: QuestionId(1),
            result,
            memo: None,
        };
        let said = verdict(ranked(0, 1));
        for would_say in [
            ranked(0, 1),
            ranked(0, 2),
            ranked(1, 1),
            Err(PluginFailure::Trap),
        ] {
            trial.compare(&said, &verdict(would_say));
        }
        trial.left_out();
        let status = trial.status();
        let expected = [
            ("same", 1),
            ("same-target", 1),
            ("other-target", 1),
            ("failed", 1),
        ];
        assert_eq!(status.compared, BTreeMap::from(expected));
        assert_eq!(status.unasked, 1);
    }
}
