//! How long decisions took, in bounded memory.

use std::time::Duration;

/// Steps within each doubling: a quantile is at most an eighth too high.
const STEPS: usize = 8;
/// From one nanosecond to two minutes.
const DOUBLINGS: usize = 37;

/// A distribution of durations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timing {
    counts: Vec<u64>,
    total: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            counts: vec![0; STEPS * DOUBLINGS],
            total: 0,
        }
    }
}

impl Timing {
    pub(super) fn note(&mut self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX).max(1);
        let last = self.counts.len() - 1;
        if let Some(count) = self.counts.get_mut(place(nanos).min(last)) {
            *count += 1;
            self.total += 1;
        }
    }

    /// Tells how many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.total
    }

    /// Returns the duration that this share of all, in percent, does not exceed; at most an eighth
    /// too high. `None` if there are none.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<Duration> {
        let wanted = self.total.saturating_mul(percent.min(100)).div_ceil(100);
        let mut seen = 0;
        for (place, count) in self.counts.iter().enumerate() {
            seen += count;
            if *count > 0 && seen >= wanted {
                return Some(Duration::from_nanos(ceiling(place)));
            }
        }
        None
    }
}

fn place(nanos: u64) -> usize {
    let doubling = nanos.ilog2() as usize;
    let within = match doubling.checked_sub(3) {
        Some(shift) => (nanos >> shift) as usize % STEPS,
        None => ((nanos << (3 - doubling)) as usize) % STEPS,
    };
    doubling * STEPS + within
}

/// The longest duration of a place, in nanoseconds.
fn ceiling(place: usize) -> u64 {
    let (doubling, within) = (place / STEPS, (place % STEPS) as u64);
    let above = (STEPS as u64 + within + 1) << doubling;
    above.div_ceil(STEPS as u64).saturating_sub(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_at_most_an_eighth_too_high() {
        for nanos in [1, 7, 8, 9, 1_000, 1_023, 1_024, 123_456_789] {
            let mut timing = Timing::default();
            timing.note(Duration::from_nanos(nanos));
            let told = timing.percentile(50).unwrap().as_nanos();
            let nanos = u128::from(nanos);
            assert!(
                told >= nanos && told <= nanos + nanos / 8,
                "{nanos}: {told}"
            );
        }
    }

    #[test]
    fn percentiles_are_counted_from_below() {
        let mut timing = Timing::default();
        assert_eq!(timing.percentile(99), None);
        for micros in 1..=100 {
            timing.note(Duration::from_micros(micros));
        }
        let micros = |percent| timing.percentile(percent).unwrap().as_micros();
        assert!((50..=56).contains(&micros(50)));
        assert!((99..=111).contains(&micros(99)));
    }
}
