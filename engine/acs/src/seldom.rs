//! Warnings about what comes in great numbers: said, but not as often as it comes.

use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// The shortest time between two warnings of the same kind.
const WARNING_EVERY: Duration = Duration::from_secs(1);

/// Lets a warning pass once a second.
#[derive(Debug)]
pub struct Seldom(Mutex<State>);

#[derive(Debug)]
struct State {
    last: Option<Instant>,
    left_out: u64,
}

impl Default for Seldom {
    fn default() -> Self {
        Self::new()
    }
}

impl Seldom {
    /// Makes one that lets the next warning pass.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(State {
            last: None,
            left_out: 0,
        }))
    }

    /// Returns how many were left out before this one, or `None` if this one is to be left out.
    pub fn pass(&self) -> Option<u64> {
        self.pass_at(Instant::now())
    }

    fn pass_at(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock();
        if state
            .last
            .is_some_and(|last| now.saturating_duration_since(last) < WARNING_EVERY)
        {
            state.left_out = state.left_out.saturating_add(1);
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_second_passes_and_tells_how_many_did_not() {
        let seldom = Seldom::new();
        let start = Instant::now();
        let after = |ms| seldom.pass_at(start + Duration::from_millis(ms));
        assert_eq!(
            [after(0), after(1), after(999), after(1_000), after(2_500)],
            [Some(0), None, None, Some(2), Some(0)]
        );
    }
}
