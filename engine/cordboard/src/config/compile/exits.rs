//! Queues that lead to each other without end.

use super::Checker;
use crate::config::problem::Path;
use crate::config::v1::{ConfigText, Exit, Exits};
use std::collections::BTreeSet;

/// The kinds of exit with their key.
type ExitOf = (&'static str, fn(&Exits) -> &Exit);
const KINDS: [ExitOf; 3] = [
    ("max_wait", |exits| &exits.max_wait),
    ("no_agents", |exits| &exits.no_agents),
    ("closed", |exits| &exits.closed),
];

impl Checker<'_> {
    /// Refuses rings of queues by the same kind of exit: a caller would go round for ever. The number before an `otherwise` counts as
    /// busy, as it may be whenever a caller comes.
    pub(super) fn exit_cycles(&mut self, text: &ConfigText) {
        for (kind, exit_of) in KINDS {
            let mut reported: BTreeSet<&str> = BTreeSet::new();
            for start in text.queues.keys() {
                let ring = ring(text, start, exit_of);
                if ring.is_empty() || ring.iter().any(|queue| reported.contains(queue)) {
                    continue;
                }
                reported.extend(&ring);
                let path = Path::root().key("queues").key(start).key("exits").key(kind);
                self.refuse(
                    &path,
                    format!(
                        "leads back to where it began: {} -> {start}; let one of them end in a message or \
                         voicemail",
                        ring.join(" -> ")
                    ),
                );
            }
        }
    }
}

fn last_queue(exit: &Exit) -> Option<&str> {
    let exit = exit.otherwise.as_deref().unwrap_or(exit);
    exit.queue.as_deref()
}

/// Returns the ring that `start` is part of, empty when there is none.
fn ring<'a>(text: &'a ConfigText, start: &'a str, exit_of: fn(&Exits) -> &Exit) -> Vec<&'a str> {
    let mut ring = Vec::new();
    let mut at = start;
    loop {
        if ring.contains(&at) {
            // It runs into a ring further on, which is reported there.
            return Vec::new();
        }
        ring.push(at);
        let next = text
            .queues
            .get(at)
            .and_then(|queue| last_queue(exit_of(&queue.exits)));
        match next {
            Some(next) if next == start => return ring,
            Some(next) => at = next,
            None => return Vec::new(),
        }
    }
}
