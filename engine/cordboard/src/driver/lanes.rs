//! Operations of one call in the same lane leave one after the other: a cancel must not overtake
//! the play that it cancels.

use cordboard_clock::Hold;
use cordboard_core::Operation;
use cordboard_core::command::Lane;
use cordboard_core::ids::{CallId, CommandId};
use std::collections::{BTreeMap, VecDeque};

/// What waits for the operation before it, by call and lane.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    /// A lane that is there is busy; its queue holds what waits.
    busy: BTreeMap<(CallId, Lane), VecDeque<Waiting>>,
    /// The lanes of the operations that are under way.
    under_way: BTreeMap<CommandId, Lane>,
}

/// An operation that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) command: CommandId,
    pub(super) operation: Operation,
    pub(super) hold: Hold,
}

impl Lanes {
    /// Takes an operation; returns it if it may leave at once.
    pub(super) fn enter(&mut self, waiting: Waiting) -> Option<Waiting> {
        let lane = waiting.operation.lane();
        let key = (waiting.command.call, lane);
        if let Some(queue) = self.busy.get_mut(&key) {
            queue.push_back(waiting);
            return None;
        }
        self.busy.insert(key, VecDeque::new());
        self.under_way.insert(waiting.command, lane);
        Some(waiting)
    }

    /// Notes that an operation has its outcome; returns the one that may leave next.
    pub(super) fn finished(&mut self, command: CommandId) -> Option<Waiting> {
        let lane = self.under_way.remove(&command)?;
        let key = (command.call, lane);
        let next = self.busy.get_mut(&key).and_then(VecDeque::pop_front);
        match next {
            Some(next) => {
                self.under_way.insert(next.command, lane);
                Some(next)
            }
            None => {
                self.busy.remove(&key);
                None
            }
        }
    }

    /// Forgets everything; the holds are released.
    pub(super) fn clear(&mut self) {
        self.busy.clear();
        self.under_way.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_clock::Clock;
    use cordboard_core::ids::ConnectionId;

    fn waiting(clock: &Clock, call: u64, sequence: u32, media: bool) -> Waiting {
        let connection = ConnectionId("c".to_owned());
        Waiting {
            command: CommandId {
                call: CallId(call),
                sequence,
            },
            operation: if media {
                Operation::CancelMedia { connection }
            } else {
                Operation::HangUp { connection }
            },
            hold: clock.hold(),
        }
    }

    #[test]
    fn a_lane_takes_one_at_a_time_and_lanes_do_not_wait_for_each_other() {
        let clock = Clock::real().unwrap();
        let mut lanes = Lanes::default();
        assert!(lanes.enter(waiting(&clock, 1, 1, true)).is_some());
        assert!(lanes.enter(waiting(&clock, 1, 2, true)).is_none());
        assert!(lanes.enter(waiting(&clock, 1, 3, false)).is_some());
        assert!(lanes.enter(waiting(&clock, 2, 1, true)).is_some());
        let first = CommandId {
            call: CallId(1),
            sequence: 1,
        };
        let next = lanes.finished(first).unwrap();
        assert_eq!(next.command.sequence, 2);
        assert!(lanes.finished(first).is_none());
        assert!(lanes.finished(next.command).is_none());
        assert!(lanes.enter(waiting(&clock, 1, 4, true)).is_some());
    }
}
