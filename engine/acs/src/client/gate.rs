//! How many requests are under way at once, and who goes first.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::limits::ClientLimits;
use crate::wire::route::Route;

/// Who goes first when requests wait. Within a priority the order is that of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Priority {
    /// A caller is ringing, or a call has to end.
    Urgent,
    /// Somebody in a call waits for it.
    Live,
    /// A look at what is.
    Look,
}

impl Priority {
    pub(crate) fn of(route: &Route<'_>) -> Self {
        match route {
            Route::Answer
            | Route::Reject
            | Route::Redirect
            | Route::HangUp(_)
            | Route::Terminate(_) => Self::Urgent,
            Route::GetCall(_)
            | Route::ListParticipants(_)
            | Route::GetParticipant { .. }
            | Route::GetRecording(_) => Self::Look,
            Route::Play(_)
            | Route::Recognize(_)
            | Route::CancelAllMedia(_)
            | Route::StartTranscription(_)
            | Route::StopTranscription(_)
            | Route::StartMediaStreaming(_)
            | Route::StopMediaStreaming(_)
            | Route::AddParticipant(_)
            | Route::CancelAddParticipant(_)
            | Route::RemoveParticipant(_)
            | Route::StartRecording
            | Route::StopRecording(_)
            | Route::PauseRecording(_)
            | Route::ResumeRecording(_) => Self::Live,
        }
    }
}

/// Hands out leave to send.
pub(crate) struct Gate {
    in_flight_max: usize,
    in_flight_ordinary_max: usize,
    waiting_max: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    in_flight: usize,
    arrivals: u64,
    waiting: BTreeMap<(Priority, u64), oneshot::Sender<Permit>>,
}

/// Too many requests wait, and none of them is less urgent.
#[derive(Debug)]
pub(crate) struct Full;

/// Leave to send one request; dropping it lets the next one go.
pub(crate) struct Permit(Arc<Gate>);

impl Gate {
    pub(crate) fn new(limits: &ClientLimits) -> Self {
        let in_flight_max = limits.in_flight_max.max(1);
        Self {
            in_flight_max,
            in_flight_ordinary_max: in_flight_max
                .saturating_sub(limits.in_flight_urgent_reserve)
                .max(1),
            waiting_max: limits.waiting_max,
            state: Mutex::default(),
        }
    }

    /// Waits for leave to send. When too many wait, the least urgent one gives way to a more urgent one.
    pub(crate) async fn enter(self: &Arc<Self>, priority: Priority) -> Result<Permit, Full> {
        let receiver = {
            let mut state = self.state.lock();
            // INVARIANT: where there is room, nobody of this priority waits; whoever leaves lets them in.
            if self.has_room(&state, priority) {
                state.in_flight += 1;
                return Ok(Permit(Arc::clone(self)));
            }
            self.make_place(&mut state, priority)?;
            let (sender, receiver) = oneshot::channel();
            state.arrivals += 1;
            let place = (priority, state.arrivals);
            state.waiting.insert(place, sender);
            receiver
        };
        receiver.await.map_err(|_| Full)
    }

    /// Tells whether more than so many requests wait, looks not counted: those go last, and nobody in a call waits for one.
    pub(crate) fn has_more_waiting_than(&self, count: usize) -> bool {
        let state = self.state.lock();
        let mut of_calls = state.waiting.range(..(Priority::Look, 0));
        of_calls.nth(count).is_some()
    }

    fn has_room(&self, state: &State, priority: Priority) -> bool {
        let max = if priority == Priority::Urgent {
            self.in_flight_max
        } else {
            self.in_flight_ordinary_max
        };
        state.in_flight < max
    }

    fn make_place(&self, state: &mut State, priority: Priority) -> Result<(), Full> {
        if state.waiting.len() < self.waiting_max {
            return Ok(());
        }
        state.waiting.retain(|_, waiter| !waiter.is_closed());
        if state.waiting.len() < self.waiting_max {
            return Ok(());
        }
        match state.waiting.last_entry() {
            Some(last) if priority < last.key().0 => {
                last.remove();
                Ok(())
            }
            _ => Err(Full),
        }
    }

    /// Takes back one permit and gives out as many as there is room for.
    fn leave(self: &Arc<Self>) {
        let mut let_go = Vec::new();
        {
            let mut state = self.state.lock();
            state.in_flight = state.in_flight.saturating_sub(1);
            while let Some(first) = state.waiting.first_key_value() {
                if !self.has_room(&state, first.0.0) {
                    break;
                }
                let Some((_, waiter)) = state.waiting.pop_first() else {
                    break;
                };
                state.in_flight += 1;
                let_go.push(waiter);
            }
        }
        for waiter in let_go {
            // Who has given up meanwhile sends the permit back; dropping it, outside the lock, comes here again.
            drop(waiter.send(Permit(Arc::clone(self))));
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit")
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn gate(
        in_flight_max: usize,
        in_flight_urgent_reserve: usize,
        waiting_max: usize,
    ) -> Arc<Gate> {
        let limits = ClientLimits {
            in_flight_max,
            in_flight_urgent_reserve,
            waiting_max,
            ..Default::default()
        };
        Arc::new(Gate::new(&limits))
    }

    fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    fn enter_now(gate: &Arc<Gate>, priority: Priority) -> Permit {
        match poll(pin!(gate.enter(priority))) {
            Poll::Ready(Ok(permit)) => permit,
            other => panic!("no leave: {other:?}"),
        }
    }

    #[test]
    fn an_urgent_request_overtakes_those_that_wait() {
        let gate = gate(1, 0, 10);
        let permit = enter_now(&gate, Priority::Live);
        let mut look = pin!(gate.enter(Priority::Look));
        let mut live = pin!(gate.enter(Priority::Live));
        let mut urgent = pin!(gate.enter(Priority::Urgent));
        assert!(poll(look.as_mut()).is_pending());
        assert!(poll(live.as_mut()).is_pending());
        assert!(poll(urgent.as_mut()).is_pending());
        drop(permit);
        assert!(poll(look.as_mut()).is_pending());
        assert!(poll(live.as_mut()).is_pending());
        let Poll::Ready(Ok(permit)) = poll(urgent.as_mut()) else {
            panic!("urgent waits")
        };
        drop(permit);
        assert!(poll(look.as_mut()).is_pending());
        let Poll::Ready(Ok(permit)) = poll(live.as_mut()) else {
            panic!("live waits")
        };
        drop(permit);
        assert!(poll(look.as_mut()).is_ready());
    }

    #[test]
    fn a_reserve_is_kept_for_urgent_requests() {
        let gate = gate(2, 1, 10);
        let _first = enter_now(&gate, Priority::Live);
        let mut second = pin!(gate.enter(Priority::Live));
        assert!(poll(second.as_mut()).is_pending());
        let urgent = enter_now(&gate, Priority::Urgent);
        drop(urgent);
        assert!(poll(second.as_mut()).is_pending());
    }

    #[test]
    fn when_too_many_wait_the_least_urgent_gives_way() {
        let gate = gate(1, 0, 1);
        let permit = enter_now(&gate, Priority::Live);
        let mut look = pin!(gate.enter(Priority::Look));
        assert!(poll(look.as_mut()).is_pending());
        assert!(matches!(
            poll(pin!(gate.enter(Priority::Look))),
            Poll::Ready(Err(Full))
        ));
        let mut urgent = pin!(gate.enter(Priority::Urgent));
        assert!(poll(urgent.as_mut()).is_pending());
        assert!(matches!(poll(look.as_mut()), Poll::Ready(Err(Full))));
        drop(permit);
        assert!(poll(urgent.as_mut()).is_ready());
    }

    #[test]
    fn looks_that_wait_are_not_counted() {
        let gate = gate(1, 0, 10);
        let _permit = enter_now(&gate, Priority::Live);
        let mut look = pin!(gate.enter(Priority::Look));
        assert!(poll(look.as_mut()).is_pending());
        assert!(!gate.has_more_waiting_than(0));
        let mut live = pin!(gate.enter(Priority::Live));
        assert!(poll(live.as_mut()).is_pending());
        assert!(gate.has_more_waiting_than(0));
        assert!(!gate.has_more_waiting_than(1));
    }

    #[test]
    fn those_who_give_up_waiting_do_not_keep_a_place() {
        let gate = gate(1, 0, 1);
        let permit = enter_now(&gate, Priority::Live);
        {
            let mut gone = pin!(gate.enter(Priority::Live));
            assert!(poll(gone.as_mut()).is_pending());
        }
        let mut next = pin!(gate.enter(Priority::Live));
        assert!(poll(next.as_mut()).is_pending());
        drop(permit);
        let Poll::Ready(Ok(_permit)) = poll(next.as_mut()) else {
            panic!("no leave")
        };
        assert_eq!(gate.state.lock().in_flight, 1);
    }

    #[test]
    fn a_permit_given_to_one_who_has_gone_comes_back() {
        let gate = gate(1, 0, 10);
        let permit = enter_now(&gate, Priority::Live);
        {
            let mut gone = pin!(gate.enter(Priority::Live));
            assert!(poll(gone.as_mut()).is_pending());
            drop(permit);
        }
        drop(enter_now(&gate, Priority::Look));
        assert_eq!(gate.state.lock().in_flight, 0);
    }

    #[test]
    fn every_operation_has_a_priority_and_those_that_start_and_end_calls_come_first() {
        assert_eq!(Priority::of(&Route::Answer), Priority::Urgent);
        assert_eq!(Priority::of(&Route::HangUp("c".into())), Priority::Urgent);
        assert!(
            Priority::of(&Route::Play("c".into())) > Priority::of(&Route::Terminate("c".into()))
        );
        assert!(Priority::of(&Route::GetCall("c".into())) > Priority::of(&Route::Play("c".into())));
    }
}
