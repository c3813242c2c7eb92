//! Memory of inbound events, so that a repeated delivery changes nothing.

use crate::ids::EventId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};

/// The last event ids, oldest forgotten first.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SeenEvents {
    order: VecDeque<EventId>,
    ids: BTreeSet<EventId>,
}

impl SeenEvents {
    /// Tells whether an id was noted and is not forgotten.
    pub(crate) fn knows(&self, id: &EventId) -> bool {
        self.ids.contains(id)
    }

    /// Notes an id; `false` when it was known. Events without an id are always new.
    pub(crate) fn note(&mut self, id: &EventId, limit: u32) -> bool {
        if id.0.is_empty() {
            return true;
        }
        if !self.ids.insert(id.clone()) {
            return false;
        }
        self.order.push_back(id.clone());
        while self.order.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
            if let Some(oldest) = self.order.pop_front() {
                self.ids.remove(&oldest);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_ids_are_known_until_forgotten() {
        let mut seen = SeenEvents::default();
        let id = |text: &str| EventId(text.to_owned());
        assert!(seen.note(&id("a"), 2));
        assert!(!seen.note(&id("a"), 2));
        assert!(seen.note(&id("b"), 2));
        assert!(seen.note(&id("c"), 2));
        assert!(seen.note(&id("a"), 2), "the oldest is forgotten");
        assert!(!seen.note(&id("c"), 2));
        assert!(seen.note(&id(""), 2));
        assert!(seen.note(&id(""), 2));
    }
}
