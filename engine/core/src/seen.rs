//! Memory of inbound events, so that a repeated delivery changes nothing.

use crate::ids::{CallId, EventId};
use crate::seeded_bugs::{Bug, is_made};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The last event ids, oldest forgotten first.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SeenEvents {
    order: VecDeque<EventId>,
    ids: BTreeSet<EventId>,
    /// The calls that contacts made: whoever lost the answer asks again and is told.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    calls: BTreeMap<EventId, CallId>,
}

impl SeenEvents {
    /// Tells whether an id was noted and is not forgotten.
    pub(crate) fn knows(&self, id: &EventId) -> bool {
        self.ids.contains(id) && !is_made(Bug::RepeatedEvents)
    }

    /// Notes an id; `false` when it was known. Events without an id are always new.
    pub(crate) fn note(&mut self, id: &EventId, limit: u32) -> bool {
        if id.0.is_empty() || is_made(Bug::RepeatedEvents) {
            return true;
        }
        if !self.ids.insert(id.clone()) {
            return false;
        }
        self.order.push_back(id.clone());
        while self.order.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
            if let Some(oldest) = self.order.pop_front() {
                self.ids.remove(&oldest);
                self.calls.remove(&oldest);
            }
        }
        true
    }

    /// Remembers the call that a noted event made, for as long as the event.
    pub(crate) fn note_call(&mut self, id: &EventId, call: CallId) {
        if self.ids.contains(id) {
            self.calls.insert(id.clone(), call);
        }
    }

    /// Returns the call that an event made.
    pub(crate) fn call_of(&self, id: &EventId) -> Option<CallId> {
        self.calls.get(id).copied()
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

    #[test]
    fn calls_are_remembered_as_long_as_their_events() {
        let mut seen = SeenEvents::default();
        let id = |text: &str| EventId(text.to_owned());
        seen.note(&id("a"), 2);
        seen.note_call(&id("a"), CallId(7));
        seen.note_call(&id(""), CallId(8));
        assert_eq!(seen.call_of(&id("a")), Some(CallId(7)));
        assert_eq!(seen.call_of(&id("")), None);
        seen.note(&id("b"), 2);
        seen.note(&id("c"), 2);
        assert_eq!(seen.call_of(&id("a")), None);
        assert_eq!(seen.calls.len(), 0);
    }
}
