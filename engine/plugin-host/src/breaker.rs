//! Stops asking a plugin that only fails.

use crate::limits::BreakerConfig;

/// Counts failures in a row. Time is the questions' own, so it works in virtual time as well.
#[derive(Debug)]
pub(crate) struct Breaker {
    config: BreakerConfig,
    failures: u32,
    state: State,
}

/// What a breaker lets through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Everything.
    Closed,
    /// Nothing until this moment.
    Open { until: u64 },
    /// Nothing until the probe that is under way comes back, or until it is lost at this moment.
    Probing { lost_at: u64 },
}

impl Breaker {
    pub(crate) fn new(config: BreakerConfig) -> Self {
        Self {
            config,
            failures: 0,
            state: State::Closed,
        }
    }

    /// Tells whether a question may be asked at `now`. Whoever is let through owes an answer to
    /// [`Self::succeeded`], [`Self::failed`] or [`Self::unanswered`].
    pub(crate) fn admit(&mut self, now: u64) -> bool {
        match self.state {
            State::Closed => true,
            State::Open { until: moment } | State::Probing { lost_at: moment } => {
                let admitted = now >= moment;
                if admitted {
                    self.state = State::Probing {
                        lost_at: now.saturating_add(self.config.open_ms),
                    };
                }
                admitted
            }
        }
    }

    /// The plugin answered as the contract says.
    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
        self.state = State::Closed;
    }

    /// The plugin failed at a question that was asked at `now`.
    pub(crate) fn failed(&mut self, now: u64) {
        self.failures = self.failures.saturating_add(1);
        let probing = matches!(self.state, State::Probing { .. });
        if probing || self.failures >= self.config.failures.max(1) {
            self.state = State::Open {
                until: now.saturating_add(self.config.open_ms),
            };
        }
    }

    /// The question never reached the plugin: nothing is learnt, and a probe is still owed.
    pub(crate) fn unanswered(&mut self, now: u64) {
        if matches!(self.state, State::Probing { .. }) {
            self.state = State::Open { until: now };
        }
    }

    /// Tells whether it is open or probing.
    pub(crate) fn is_open(&self) -> bool {
        self.state != State::Closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker {
        Breaker::new(BreakerConfig {
            failures: 3,
            open_ms: 1_000,
        })
    }

    fn fail(breaker: &mut Breaker, now: u64) {
        assert!(breaker.admit(now));
        breaker.failed(now);
    }

    #[test]
    fn it_opens_at_the_third_failure_in_a_row() {
        let mut breaker = breaker();
        fail(&mut breaker, 0);
        fail(&mut breaker, 1);
        assert!(breaker.admit(2));
        breaker.succeeded();
        fail(&mut breaker, 3);
        fail(&mut breaker, 4);
        assert!(!breaker.is_open());
        fail(&mut breaker, 5);
        assert!(breaker.is_open());
        assert!(!breaker.admit(1_004));
    }

    #[test]
    fn after_its_time_one_probe_decides() {
        let mut breaker = breaker();
        for now in 0..3 {
            fail(&mut breaker, now);
        }
        assert!(breaker.admit(1_002), "the probe");
        assert!(!breaker.admit(1_002), "only one");
        breaker.failed(1_002);
        assert!(!breaker.admit(2_001));
        assert!(breaker.admit(2_002));
        breaker.succeeded();
        assert!(breaker.admit(2_003) && breaker.admit(2_003));
    }

    #[test]
    fn one_failed_probe_is_enough_to_open_it_again() {
        let mut breaker = breaker();
        for now in 0..3 {
            fail(&mut breaker, now);
        }
        fail(&mut breaker, 1_002);
        assert!(!breaker.admit(1_500));
    }

    #[test]
    fn a_lost_probe_does_not_close_the_slot_for_ever() {
        let mut breaker = breaker();
        for now in 0..3 {
            fail(&mut breaker, now);
        }
        assert!(breaker.admit(1_002));
        assert!(!breaker.admit(2_001));
        assert!(breaker.admit(2_002), "the first probe is given up");
        breaker.unanswered(2_002);
        assert!(
            breaker.admit(2_002),
            "a probe that was not asked is asked again"
        );
    }
}
