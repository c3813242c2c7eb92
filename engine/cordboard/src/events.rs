//! Events for embedders and desktops: numbered, kept for a while, resumable.
//!
//! An event's number is the journal's sequence of the input that caused it, and its place among the
//! events of that input. Replaying the journal gives the same events the same numbers, so a
//! subscriber can resume after a restart of the engine as well.

mod json;

#[cfg(feature = "azure")]
pub(crate) use json::status as status_json;
pub use json::to_json;

use cordboard_clock::{Clock, Hold};
use cordboard_core::ids::{AgentId, CallId, Timestamp};
use cordboard_core::{Event, Tenant};
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// Events that are kept for subscribers to resume, unless the builder says otherwise.
pub const EVENTS_KEPT_MAX: usize = 65_536;

/// The number of an event. As text it is `sequence.index`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct EventCursor {
    /// The journal entry that caused it.
    pub sequence: u64,
    /// Counts the events of that entry, from 1.
    pub index: u32,
}

impl EventCursor {
    /// Before the first event.
    pub const START: Self = Self {
        sequence: 0,
        index: 0,
    };
}

impl fmt::Display for EventCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.sequence, self.index)
    }
}

impl FromStr for EventCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (sequence, index) = text.split_once('.').ok_or(InvalidCursor)?;
        Ok(Self {
            sequence: sequence.parse().map_err(|_| InvalidCursor)?,
            index: index.parse().map_err(|_| InvalidCursor)?,
        })
    }
}

/// The text is no event number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an event number has the form `12.1`: give back one that an event had")]
pub struct InvalidCursor;

/// An event with its number.
#[derive(Clone, PartialEq, Debug)]
pub struct NumberedEvent {
    /// Its number.
    pub cursor: EventCursor,
    /// When it happened.
    pub at: Timestamp,
    /// The event.
    pub event: Event,
    /// The agent who may see it, besides supervisors and the embedder: it is about that agent, or
    /// about a call that the agent has part in.
    pub agent: Option<AgentId>,
}

impl NumberedEvent {
    pub(crate) fn new(cursor: EventCursor, at: Timestamp, event: Event, tenant: &Tenant) -> Self {
        Self {
            cursor,
            at,
            agent: agent_of(&event).or_else(|| tenant.agent_of_call(call_of(&event)?)),
            event,
        }
    }
}

/// What a subscriber gets.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// What it is.
    pub item: Item,
    /// Keeps a warped clock still while the subscriber acts on it; means nothing to a real clock.
    pub hold: Hold,
}

/// What a subscriber gets.
#[derive(Clone, PartialEq, Debug)]
pub enum Item {
    /// The next event.
    Event(Arc<NumberedEvent>),
    /// The subscriber was away or slow for too long: everything after `after` up to `through` is
    /// gone. Look at the state to catch up.
    Missed {
        /// The last event that the subscriber had.
        after: EventCursor,
        /// The last event that is gone.
        through: EventCursor,
    },
    /// The engine takes no more inputs and acknowledges nothing: the journal has failed, or the
    /// engine was shut down. The last item.
    Stopped {
        /// Why.
        reason: String,
    },
}

/// All events of an engine. Clones share them.
#[derive(Clone)]
pub struct Events(Arc<Shared>);

impl Events {
    pub(crate) fn new(clock: Clock, kept_max: usize) -> Self {
        Self(Arc::new(Shared {
            clock,
            kept_max: kept_max.max(1),
            state: Mutex::default(),
            changed: Condvar::new(),
        }))
    }

    /// Subscribes to what comes after the event `after`, or to what comes from here on. Take
    /// [`EventCursor::START`] for everything that is kept.
    #[must_use]
    pub fn subscribe(&self, after: Option<EventCursor>) -> Subscription {
        let mut state = self.0.state.lock();
        let after = after.unwrap_or_else(|| state.newest());
        state.subscribed_so_far += 1;
        let number = state.subscribed_so_far;
        let hold = (state.newest() > after).then(|| self.0.clock.hold());
        state
            .subscribers
            .insert(number, Subscriber { hold, waker: None });
        Subscription {
            events: self.clone(),
            number,
            after,
            over: false,
        }
    }

    /// Returns the number of the newest event.
    #[must_use]
    pub fn newest(&self) -> EventCursor {
        self.0.state.lock().newest()
    }

    /// Says that events up to `cursor` cannot be given any more: a recovery begins with the snapshot
    /// and makes only those after it again. What is kept already stays.
    pub(crate) fn begin_after(&self, cursor: EventCursor) {
        let mut state = self.0.state.lock();
        if state.kept.is_empty() {
            state.gone = state.gone.max(cursor);
        }
    }

    /// Adds events; each subscriber gets a share of the hold until it has taken them.
    pub(crate) fn publish(&self, event: NumberedEvent, hold: &Hold) {
        let mut state = self.0.state.lock();
        if state.kept.len() >= self.0.kept_max
            && let Some(oldest) = state.kept.pop_front()
        {
            state.gone = oldest.cursor;
        }
        state.kept.push_back(Arc::new(event));
        self.0.tell(state, hold);
    }

    /// Tells everybody that there will be no more.
    pub(crate) fn stop(&self, reason: &str, hold: &Hold) {
        let mut state = self.0.state.lock();
        if state.stopped.is_none() {
            state.stopped = Some(reason.to_owned());
            self.0.tell(state, hold);
        }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("newest", &self.newest())
            .finish_non_exhaustive()
    }
}

/// A reader of events with its own place. It is bounded without a buffer of its own: a reader that
/// falls behind what is kept is told what it has missed.
pub struct Subscription {
    events: Events,
    number: u64,
    after: EventCursor,
    over: bool,
}

impl Subscription {
    /// Returns the next item if there is one.
    pub fn try_next(&mut self) -> Option<Delivery> {
        let events = self.events.clone();
        let mut state = events.0.state.lock();
        self.take(&mut state)
    }

    /// Waits for the next item by blocking the thread; `None` after the last one.
    pub fn wait(&mut self) -> Option<Delivery> {
        let events = self.events.clone();
        let mut state = events.0.state.lock();
        loop {
            if let Some(delivery) = self.take(&mut state) {
                return Some(delivery);
            }
            if self.over {
                return None;
            }
            events.0.changed.wait(&mut state);
        }
    }

    /// Like [`wait`](Self::wait), at most for a while of real time; `None` also when it is over.
    pub fn wait_for(&mut self, time: Duration) -> Option<Delivery> {
        let until = Instant::now().checked_add(time)?;
        let events = self.events.clone();
        let mut state = events.0.state.lock();
        loop {
            if let Some(delivery) = self.take(&mut state) {
                return Some(delivery);
            }
            if self.over || events.0.changed.wait_until(&mut state, until).timed_out() {
                return self.take(&mut state);
            }
        }
    }

    /// Waits for the next item in any async runtime; `None` after the last one.
    pub async fn next(&mut self) -> Option<Delivery> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// The same as a poll, for streams.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Delivery>> {
        let events = self.events.clone();
        let mut state = events.0.state.lock();
        if let Some(delivery) = self.take(&mut state) {
            return Poll::Ready(Some(delivery));
        }
        if self.over {
            return Poll::Ready(None);
        }
        let subscriber = state.subscribers.get_mut(&self.number);
        let before = subscriber.and_then(|this| this.waker.replace(context.waker().clone()));
        drop(state);
        drop(before);
        Poll::Pending
    }

    fn take(&mut self, state: &mut State) -> Option<Delivery> {
        if self.over {
            return None;
        }
        let item = if self.after < state.gone {
            let missed = Item::Missed {
                after: self.after,
                through: state.gone,
            };
            self.after = state.gone;
            Some(missed)
        } else {
            let place = state.kept.partition_point(|kept| kept.cursor <= self.after);
            state.kept.get(place).map(|event| {
                self.after = event.cursor;
                Item::Event(Arc::clone(event))
            })
        };
        let item = item.or_else(|| {
            self.over = state.stopped.is_some();
            state.stopped.clone().map(|reason| Item::Stopped { reason })
        });
        let more = self.after < state.newest() || state.stopped.is_some() && !self.over;
        let subscriber = state.subscribers.get_mut(&self.number)?;
        let Some(item) = item else {
            subscriber.hold = None;
            return None;
        };
        let kept = if more {
            subscriber.hold.clone()
        } else {
            subscriber.hold.take()
        };
        let hold = kept.unwrap_or_else(|| self.events.0.clock.hold());
        Some(Delivery { item, hold })
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let removed = self.events.0.state.lock().subscribers.remove(&self.number);
        // Its hold is released after the lock.
        drop(removed);
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}

/// Returns the call that an event is about.
#[must_use]
pub fn call_of(event: &Event) -> Option<CallId> {
    match event {
        Event::CallReceived { call, .. }
        | Event::CallAnswered { call }
        | Event::CallQueued { call, .. }
        | Event::QueueExited { call, .. }
        | Event::CallConnected { call, .. }
        | Event::HoldChanged { call, .. }
        | Event::RecordingChanged { call, .. }
        | Event::DigitsCollected { call, .. }
        | Event::PartyChanged { call, .. }
        | Event::DispositionSet { call, .. }
        | Event::CallEnded { call, .. }
        | Event::PluginFailed { call, .. }
        | Event::OperationFailed { call, .. } => Some(*call),
        Event::OfferIssued { offer, .. } | Event::OfferEnded { offer, .. } => Some(offer.call),
        Event::InputSkipped { call } => *call,
        Event::ConfigApplied { .. }
        | Event::CallRejected { .. }
        | Event::EngineRestarted { .. }
        | Event::CallsTakenOver { .. }
        | Event::AgentChanged { .. }
        | Event::PluginChanged { .. }
        | Event::QueueChanged { .. } => None,
    }
}

/// Returns the agent whom an event names.
fn agent_of(event: &Event) -> Option<AgentId> {
    match event {
        Event::OfferIssued { agent, .. }
        | Event::OfferEnded { agent, .. }
        | Event::CallConnected { agent, .. }
        | Event::DispositionSet { agent, .. }
        | Event::AgentChanged { agent, .. } => Some(*agent),
        Event::CallEnded { agent, .. } => *agent,
        Event::ConfigApplied { .. }
        | Event::CallReceived { .. }
        | Event::CallRejected { .. }
        | Event::CallAnswered { .. }
        | Event::CallQueued { .. }
        | Event::QueueExited { .. }
        | Event::EngineRestarted { .. }
        | Event::CallsTakenOver { .. }
        | Event::InputSkipped { .. }
        | Event::HoldChanged { .. }
        | Event::RecordingChanged { .. }
        | Event::DigitsCollected { .. }
        | Event::PartyChanged { .. }
        | Event::QueueChanged { .. }
        | Event::PluginFailed { .. }
        | Event::PluginChanged { .. }
        | Event::OperationFailed { .. } => None,
    }
}

struct Shared {
    clock: Clock,
    kept_max: usize,
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    /// Tells the subscribers that there is something new. Wakers are called once the lock is free:
    /// what they do, and what is dropped with them, is their runtime's affair.
    fn tell(&self, mut state: MutexGuard<'_, State>, hold: &Hold) {
        let mut wakers = Vec::new();
        for subscriber in state.subscribers.values_mut() {
            subscriber.hold.get_or_insert_with(|| hold.clone());
            wakers.extend(subscriber.waker.take());
        }
        drop(state);
        self.changed.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }
}

#[derive(Default)]
struct State {
    kept: VecDeque<Arc<NumberedEvent>>,
    /// The newest event that is not kept any more.
    gone: EventCursor,
    subscribers: BTreeMap<u64, Subscriber>,
    subscribed_so_far: u64,
    stopped: Option<String>,
}

impl State {
    fn newest(&self) -> EventCursor {
        self.kept.back().map_or(self.gone, |event| event.cursor)
    }
}

struct Subscriber {
    /// While there is something that the subscriber has not taken.
    hold: Option<Hold>,
    waker: Option<Waker>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(sequence: u64, index: u32) -> NumberedEvent {
        NumberedEvent {
            cursor: EventCursor { sequence, index },
            at: Timestamp(sequence),
            event: Event::CallAnswered {
                call: CallId(sequence),
            },
            agent: None,
        }
    }

    fn events(kept_max: usize) -> (Events, Hold) {
        let clock = Clock::real().unwrap();
        let hold = clock.hold();
        (Events::new(clock, kept_max), hold)
    }

    fn cursors(subscription: &mut Subscription) -> Vec<String> {
        std::iter::from_fn(|| subscription.try_next())
            .map(|delivery| match delivery.item {
                Item::Event(event) => event.cursor.to_string(),
                Item::Missed { after, through } => format!("missed {after} to {through}"),
                Item::Stopped { reason } => reason,
            })
            .collect()
    }

    #[test]
    fn a_subscriber_resumes_after_the_event_it_has() {
        let (events, hold) = events(10);
        for (sequence, index) in [(1, 1), (1, 2), (4, 1)] {
            events.publish(event(sequence, index), &hold);
        }
        let after = "1.1".parse().unwrap();
        let mut resumed = events.subscribe(Some(after));
        assert_eq!(cursors(&mut resumed), ["1.2", "4.1"]);
        let mut live = events.subscribe(None);
        assert!(cursors(&mut live).is_empty());
        events.publish(event(5, 1), &hold);
        assert_eq!(cursors(&mut live), ["5.1"]);
    }

    #[test]
    fn a_laggard_is_told_what_it_missed() {
        let (events, hold) = events(2);
        let mut slow = events.subscribe(None);
        for sequence in 1..=5 {
            events.publish(event(sequence, 1), &hold);
        }
        assert_eq!(cursors(&mut slow), ["missed 0.0 to 3.1", "4.1", "5.1"]);
    }

    #[test]
    fn after_the_stop_nothing_comes() {
        let (events, hold) = events(2);
        let mut subscription = events.subscribe(None);
        events.publish(event(1, 1), &hold);
        events.stop("the disk is full", &hold);
        assert_eq!(cursors(&mut subscription), ["1.1", "the disk is full"]);
        assert!(subscription.wait().is_none());
    }

    #[test]
    fn a_waker_may_come_back_to_the_events() {
        struct Looking(Events, Mutex<Option<EventCursor>>);
        impl std::task::Wake for Looking {
            fn wake(self: Arc<Self>) {
                *self.1.lock() = Some(self.0.newest());
            }
        }
        let (events, hold) = events(10);
        let mut subscription = events.subscribe(None);
        let looking = Arc::new(Looking(events.clone(), Mutex::default()));
        let waker = Waker::from(Arc::clone(&looking));
        let mut context = Context::from_waker(&waker);
        assert!(subscription.poll_next(&mut context).is_pending());
        events.publish(event(1, 1), &hold);
        assert_eq!(*looking.1.lock(), Some(event(1, 1).cursor));
    }

    #[test]
    fn virtual_time_waits_for_subscribers() {
        let (clock, start) = Clock::warped(0).unwrap();
        let events = Events::new(clock.clone(), 10);
        let mut subscription = events.subscribe(None);
        events.publish(event(1, 1), &start);
        events.publish(event(2, 1), &start);
        drop(start);
        assert_eq!(clock.holders().len(), 1);
        let first = subscription.try_next();
        let second = subscription.try_next();
        drop(first);
        assert_eq!(clock.holders().len(), 1);
        drop(second);
        assert!(clock.holders().is_empty());
    }

    #[test]
    fn only_event_numbers_are_read_as_such() {
        assert_eq!(
            "7.2".parse(),
            Ok(EventCursor {
                sequence: 7,
                index: 2
            })
        );
        for wrong in ["", "7", "7.", "a.b", "7.2.1", "-1.0"] {
            assert_eq!(wrong.parse::<EventCursor>(), Err(InvalidCursor), "{wrong}");
        }
    }
}
