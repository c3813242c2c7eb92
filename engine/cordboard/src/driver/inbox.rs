//! The way into a shard: bounded, with a reserve for inputs that start and end calls.

use super::advisor::Evidence;
use crate::error::SubmitError;
use crate::pending::Promise;
use cordboard_clock::Hold;
use cordboard_core::ids::CommandId;
use cordboard_core::input::{CallEventKind, Outcome, Reply};
use cordboard_core::question::Verdict;
use cordboard_core::{Input, Tenant};
use cordboard_journal::Seq;
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// What the shard's thread takes from its channel.
pub(crate) enum Message {
    /// An input from outside.
    Submit {
        input: Box<Input>,
        hold: Hold,
        promise: Promise<Reply>,
    },
    /// What became of an operation.
    Outcome {
        command: CommandId,
        outcome: Outcome,
        hold: Hold,
    },
    /// What a plugin answered.
    Verdict {
        verdict: Verdict,
        evidence: Evidence,
        hold: Hold,
    },
    /// The moment that the core waited for has come.
    Tick(Hold),
    /// Looks at the state; the result leaves once what it shows is durable.
    Look { look: Look, hold: Hold },
    /// Ends the shard.
    Stop(Promise<super::Stopped>),
}

/// Looks at the state after an entry, and gives what hands the result out.
pub(crate) type Look = Box<dyn FnOnce(&Tenant, Seq) -> Box<dyn FnOnce() + Send> + Send>;

/// Whether an input may use the reserve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Urgency {
    /// It waits outside when it is crowded.
    Ordinary,
    /// It starts or ends a call.
    Urgent,
}

impl Urgency {
    /// Tells whether an input may use the reserve: it starts or ends a call, or frees an agent.
    pub(crate) fn of(input: &Input) -> Self {
        match input {
            Input::IncomingCall(_)
            | Input::TurnAway(_)
            | Input::Contact(_)
            | Input::Config(_)
            | Input::Restarted { .. }
            | Input::NewCalls(_)
            | Input::Skipped(_)
            | Input::Tick
            | Input::Outcome { .. }
            | Input::Verdict(_) => Self::Urgent,
            Input::CallEvent(event) => match event.kind {
                CallEventKind::CallConnected
                | CallEventKind::CallDisconnected(_)
                | CallEventKind::AnswerFailed(_) => Self::Urgent,
                _ => Self::Ordinary,
            },
            Input::Agent { .. }
            | Input::Call { .. }
            | Input::Queue { .. }
            | Input::PluginChanged(_) => Self::Ordinary,
        }
    }
}

/// The sending side. Clones share the bounds.
#[derive(Clone)]
pub(crate) struct Inbox {
    sender: Sender<Message>,
    /// Inputs from outside that the shard has not taken yet.
    waiting: Arc<AtomicUsize>,
    limits: InboxLimits,
    shed: Arc<ShedCounts>,
    /// Set once the shard refuses everything for good.
    given_up: Arc<AtomicBool>,
}

/// What was not taken since the engine was started, because there was too much of it or the engine was about to be stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shed {
    /// Calls that were rejected as busy: too many came at once, or too many live.
    pub calls: u64,
    /// Inputs (callbacks, actions, contacts) that were refused because too many waited.
    pub inputs: u64,
    /// Deliveries of new calls that were left to the next one, because the engine was about to be stopped.
    pub left: u64,
}

#[derive(Debug, Default)]
struct ShedCounts {
    calls: AtomicU64,
    inputs: AtomicU64,
    left: AtomicU64,
}

/// How many inputs from outside may wait. What the engine itself sends (outcomes, verdicts, ticks)
/// is bounded by what is under way and always has room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InboxLimits {
    /// Inputs of any kind. From here on new calls are rejected as busy. Default 8,192.
    pub waiting_max: usize,
    /// Further ones that start or end calls. Default 8,192.
    pub reserve: usize,
}

impl Default for InboxLimits {
    fn default() -> Self {
        Self {
            waiting_max: 8_192,
            reserve: 8_192,
        }
    }
}

impl Inbox {
    pub(crate) fn new(limits: InboxLimits) -> (Self, Outlet) {
        let (sender, receiver) = unbounded();
        let waiting = Arc::new(AtomicUsize::new(0));
        let inbox = Self {
            sender,
            waiting: Arc::clone(&waiting),
            limits,
            shed: Arc::default(),
            given_up: Arc::default(),
        };
        (inbox, Outlet { receiver, waiting })
    }

    /// Takes an input from outside if there is room.
    pub(crate) fn submit(&self, input: Input, hold: Hold, promise: Promise<Reply>) {
        let room = match Urgency::of(&input) {
            Urgency::Ordinary => self.limits.waiting_max,
            Urgency::Urgent => self.limits.waiting_max.saturating_add(self.limits.reserve),
        };
        let admitted = self
            .waiting
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |waiting| {
                (waiting < room).then_some(waiting + 1)
            });
        match admitted {
            Ok(_) => {
                let message = Message::Submit {
                    input: Box::new(input),
                    hold,
                    promise,
                };
                if self.sender.send(message).is_err() {
                    // The shard has ended: whoever comes later is to hear that, and not of a crowd.
                    self.waiting.fetch_sub(1, Ordering::AcqRel);
                }
            }
            Err(waiting) => {
                self.shed.inputs.fetch_add(1, Ordering::Relaxed);
                promise.keep(Err(SubmitError::Overloaded { waiting }));
            }
        }
    }

    /// Tells whether the reserve is in use: what starts no call has no room.
    pub(crate) fn is_crowded(&self) -> bool {
        self.waiting.load(Ordering::Acquire) >= self.limits.waiting_max
    }

    /// Notes that the shard refuses everything from here on.
    pub(crate) fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
    }

    pub(crate) fn has_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }

    /// Counts a call that was rejected as busy.
    pub(crate) fn count_rejected(&self) {
        self.shed.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a new call that was left to the next delivery.
    #[cfg(feature = "azure")]
    pub(crate) fn count_left(&self) {
        self.shed.left.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn shed(&self) -> Shed {
        Shed {
            calls: self.shed.calls.load(Ordering::Relaxed),
            inputs: self.shed.inputs.load(Ordering::Relaxed),
            left: self.shed.left.load(Ordering::Relaxed),
        }
    }

    /// Takes a message of the engine itself. To a shard that has ended it says nothing; promises in
    /// it break, which tells whoever waits.
    pub(crate) fn push(&self, message: Message) {
        drop(self.sender.send(message));
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("waiting", &self.waiting)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// The receiving side.
pub(crate) struct Outlet {
    pub(crate) receiver: Receiver<Message>,
    waiting: Arc<AtomicUsize>,
}

impl Outlet {
    /// Notes that an input from outside has been taken.
    pub(crate) fn taken(&self) {
        self.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_clock::Clock;
    use cordboard_core::ids::{EventId, QueueId, Symbol};
    use cordboard_core::input::{NewContact, QueueAction};

    fn close_queue() -> Input {
        Input::Queue {
            queue: QueueId(Symbol(1)),
            action: QueueAction::Close,
        }
    }

    fn contact() -> Input {
        Input::Contact(NewContact {
            event: EventId("e".to_owned()),
            queue: QueueId(Symbol(1)),
            priority: 0,
            headers: Default::default(),
        })
    }

    #[test]
    fn inputs_that_start_calls_have_room_when_others_have_none() {
        let limits = InboxLimits {
            waiting_max: 1,
            reserve: 1,
        };
        let clock = Clock::real().unwrap();
        let (inbox, outlet) = Inbox::new(limits);
        let submit = |input| {
            let (promise, pending) = Promise::new();
            inbox.submit(input, clock.hold(), promise);
            pending
        };
        let _first = submit(close_queue());
        assert!(inbox.is_crowded());
        let refused = submit(close_queue()).wait();
        assert_eq!(refused, Err(SubmitError::Overloaded { waiting: 1 }));
        assert_eq!(inbox.shed().inputs, 1);
        let _urgent = submit(contact());
        assert_eq!(
            submit(contact()).wait(),
            Err(SubmitError::Overloaded { waiting: 2 })
        );
        outlet.taken();
        outlet.taken();
        let _again = submit(close_queue());
        assert_eq!(outlet.receiver.len(), 3);
    }

    #[test]
    fn a_shard_that_has_ended_is_never_called_overloaded() {
        let limits = InboxLimits {
            waiting_max: 1,
            reserve: 0,
        };
        let clock = Clock::real().unwrap();
        let (inbox, outlet) = Inbox::new(limits);
        drop(outlet);
        for _ in 0..3 {
            let (promise, pending) = Promise::new();
            inbox.submit(contact(), clock.hold(), promise);
            assert_eq!(pending.wait(), Err(SubmitError::Stopped));
        }
    }
}
