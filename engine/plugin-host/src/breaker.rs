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

/// How a question got through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pass {
    /// Like all others, while the breaker was closed.
    Ordinary,
    /// Alone, to find out whether the plugin is well again.
    Probe,
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
    pub(crate) fn admit(&mut self, now: u64) -> Option<Pass> {
        match self.state {
            State::Closed => Some(Pass::Ordinary),
            State::Open { until: moment } | State::Probing { lost_at: moment } => {
                if now < moment {
                    return None;
                }
                self.state = State::Probing {
                    lost_at: now.saturating_add(self.config.open_ms),
                };
                Some(Pass::Probe)
            }
        }
    }

    /// Tells whether a question that got through may be asked still, when it has waited.
    pub(crate) fn still_admits(&self, pass: Pass) -> bool {
        match pass {
            Pass::Ordinary => !self.is_open(),
            Pass::Probe => true,
        }
    }

    /// The plugin answered as the contract says. What was asked before the breaker opened does not
    /// close it.
    pub(crate) fn succeeded(&mut self, pass: Pass) {
        self.failures = 0;
        match pass {
            Pass::Ordinary => {}
            Pass::Probe => self.state = State::Closed,
        }
    }

    /// The plugin failed at a question that was asked at `now`.
    pub(crate) fn failed(&mut self, pass: Pass, now: u64) {
        self.failures = self.failures.saturating_add(1);
        let opens = match pass {
            Pass::Ordinary => !self.is_open() && self.failures >= self.config.failures.max(1),
            Pass::Probe => true,
        };
        if opens {
            self.state = State::Open {
                until: now.saturating_add(self.config.open_ms),
            };
        }
    }

    /// The question never reached the plugin: nothing is learnt, and a probe is still owed.
    pub(crate) fn unanswered(&mut self, pass: Pass, now: u64) {
        if pass == Pass::Probe && matches!(self.state, State::Probing { .. }) {
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
        let pass = breaker.admit(now).unwrap();
        breaker.failed(pass, now);
    }

    #[test]
    fn it_opens_at_the_third_failure_in_a_row() {
        let mut breaker = breaker();
        fail(&mut breaker, 0);
        fail(&mut breaker, 1);
        let pass = breaker.admit(2).unwrap();
        breaker.succeeded(pass);
        fail(&mut breaker, 3);
        fail(&mut breaker, 4);
        assert!(!breaker.is_open());
        fail(&mut breaker, 5);
        assert!(breaker.is_open());
        assert!(breaker.admit(1_004).is_none());
    }

    #[test]
    fn after_its_time_one_probe_decides() {
        let mut breaker = breaker();
        for now in 0..3 {
            fail(&mut breaker, now);
        }
        assert_eq!(breaker.admit(1_002), Some(Pass::Probe));
        assert_eq!(breaker.admit(1_002), None, "only one");
        breaker.failed(Pass::Probe, 1_002);
        assert_eq!(breaker.admit(2_001), None);
        assert_eq!(breaker.admit(2_002), Some(Pass::Probe));
        breaker.succeeded(Pass::Probe);
        assert_eq!(
            [(); 2].map(|()| breaker.admit(2_003)),
            [Some(Pass::Ordinary); 2]
        );
    }

    #[test]
    fn one_failed_probe_is_enough_to_open_it_again() {
        let mut breaker = breaker();
        for now in 0..3 {
            fail(&mut breaker, now);
        }
        fail(&mut breaker, 1_002);
        assert_eq!(breaker.admit(1_500), None);
    }

    #[test]
    fn a_lost_probe_does_not_close_the_slot_for_ever() {
        let mut breaker = breaker();
        for now in 0..3 {
            fail(&mut breaker, now);
        }
        assert_eq!(breaker.admit(1_002), Some(Pass::Probe));
        assert_eq!(breaker.admit(2_001), None);
        let second = breaker.admit(2_002);
        assert_eq!(second, Some(Pass::Probe), "the first is given up");
        breaker.unanswered(Pass::Probe, 2_002);
        assert_eq!(
            breaker.admit(2_002),
            Some(Pass::Probe),
            "a probe that was not asked is asked again"
        );
    }

    #[test]
    fn only_the_probe_tells_what_becomes_of_an_open_breaker() {
        let mut breaker = breaker();
        let late = breaker.admit(0).unwrap();
        for now in 0..3 {
            fail(&mut breaker, now);
        }
        assert!(!breaker.still_admits(late), "it has waited too long");
        breaker.succeeded(late);
        assert!(breaker.is_open());

        let probe = breaker.admit(1_002).unwrap();
        assert!(breaker.still_admits(probe));
        breaker.failed(late, 0);
        breaker.succeeded(probe);
        assert!(!breaker.is_open());
    }
}
