//! Whether there is room for a new call. A call that cannot be answered in time is rejected as busy at once: its caller would
//! ring in vain, and take the time of those who are in a call already.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What may be under way before new calls are rejected as busy. The first is about a second's work where the service
/// answers a request within 50 ms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AdmissionLimits {
    /// New calls that are not answered yet, from the event to the outcome of the answer. Default 512.
    pub unanswered_max: usize,
    /// Requests to the service that wait for their turn; those that only look at a call are not counted. Default 128:
    /// with eight times as many, calls were answered whose next requests came too late (`benches/README.md`, "Overload").
    pub requests_waiting_max: usize,
}

impl Default for AdmissionLimits {
    fn default() -> Self {
        Self {
            unanswered_max: 512,
            requests_waiting_max: 128,
        }
    }
}

/// Counts the new calls that are not answered yet. Clones share the count.
#[derive(Clone, Debug)]
pub(super) struct Unanswered {
    count: Arc<AtomicUsize>,
    max: usize,
}

impl Unanswered {
    pub(super) fn new(max: usize) -> Self {
        Self {
            count: Arc::default(),
            max,
        }
    }

    /// Counts one more until the result is dropped, if there is room.
    pub(super) fn try_enter(&self) -> Option<UnderWay> {
        let entered = self
            .count
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
                (count < self.max).then_some(count + 1)
            });
        entered.ok().map(|_| UnderWay(Arc::clone(&self.count)))
    }

    /// Counts one more until the result is dropped, room or not: it was admitted before.
    pub(super) fn enter(&self) -> UnderWay {
        self.count.fetch_add(1, Ordering::AcqRel);
        UnderWay(Arc::clone(&self.count))
    }
}

/// A new call on its way to its answer.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_again_when_one_has_gone() {
        let unanswered = Unanswered::new(2);
        let first = unanswered.try_enter();
        let _answering = unanswered.enter();
        assert!(first.is_some());
        assert!(unanswered.try_enter().is_none());
        drop(first);
        assert!(unanswered.try_enter().is_some());
    }
}
