//! Who waits where: an index over calls in a queue, offers included, in native order.

use crate::ids::{CallId, QueueId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The place of a contact. The native order of contacts: higher priority, then earlier, then
/// lower call number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Negated, so that higher priority sorts first.
    lateness: i32,
    since: Timestamp,
    pub(crate) call: CallId,
}

impl Place {
    pub(crate) fn new(priority: i32, since: Timestamp, call: CallId) -> Self {
        Self {
            lateness: priority.saturating_neg(),
            since,
            call,
        }
    }
}

/// The index.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct WaitingContacts(BTreeMap<QueueId, BTreeSet<Place>>);

impl WaitingContacts {
    pub(crate) fn join(&mut self, queue: QueueId, place: Place) {
        self.0.entry(queue).or_default().insert(place);
    }

    pub(crate) fn leave(&mut self, queue: QueueId, place: Place) {
        if let Some(places) = self.0.get_mut(&queue) {
            places.remove(&place);
            if places.is_empty() {
                self.0.remove(&queue);
            }
        }
    }

    pub(crate) fn length(&self, queue: QueueId) -> usize {
        self.0.get(&queue).map_or(0, BTreeSet::len)
    }

    /// 1 for the next in line; one more than the length when the place is not in the queue.
    pub(crate) fn position(&self, queue: QueueId, place: Place) -> u32 {
        let before = self
            .0
            .get(&queue)
            .map_or(0, |places| places.range(..place).count());
        u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
    }

    pub(crate) fn of_queue(&self, queue: QueueId) -> Vec<CallId> {
        self.0
            .get(&queue)
            .map(|places| places.iter().map(|place| place.call).collect())
            .unwrap_or_default()
    }

    /// Contacts of several queues in native order.
    pub(crate) fn of_queues(&self, queues: &BTreeSet<QueueId>) -> Vec<CallId> {
        let mut places: Vec<Place> = queues
            .iter()
            .filter_map(|queue| self.0.get(queue))
            .flatten()
            .copied()
            .collect();
        places.sort_unstable();
        places.into_iter().map(|place| place.call).collect()
    }

    /// The queues in which anybody waits.
    pub(crate) fn queues(&self) -> impl Iterator<Item = QueueId> + '_ {
        self.0.keys().copied()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = CallId> + '_ {
        self.0.values().flatten().map(|place| place.call)
    }
}
