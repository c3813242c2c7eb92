//! An answer that comes later: awaited by a future or by a thread, without any runtime.

use crate::error::SubmitError;
use parking_lot::{Condvar, Mutex};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// The answer to an action, ready once the action is durable: `.await` it in any async runtime, or
/// [`wait`](Self::wait) for it in a thread. Dropping it does not take the action back.
#[must_use = "an action can be refused: look at the answer"]
pub struct Pending<T>(Arc<Slot<T>>);

impl<T> Pending<T> {
    /// Waits by blocking the calling thread.
    ///
    /// # Errors
    ///
    /// [`SubmitError`]; whether the action took effect is said there.
    pub fn wait(self) -> Result<T, SubmitError> {
        let mut stage = self.0.stage.lock();
        loop {
            match std::mem::replace(&mut *stage, Stage::Taken) {
                Stage::Ready(answer) => return answer,
                Stage::Waiting(waker) => {
                    *stage = Stage::Waiting(waker);
                    self.0.ready.wait(&mut stage);
                }
                Stage::Taken => return Err(SubmitError::Stopped),
            }
        }
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T, SubmitError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.0.stage.lock();
        match std::mem::replace(&mut *stage, Stage::Taken) {
            Stage::Ready(answer) => Poll::Ready(answer),
            Stage::Waiting(_) => {
                *stage = Stage::Waiting(Some(context.waker().clone()));
                Poll::Pending
            }
            Stage::Taken => Poll::Ready(Err(SubmitError::Stopped)),
        }
    }
}

impl<T> fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pending")
    }
}

/// The duty to answer. Dropped without an answer it says [`SubmitError::Stopped`].
pub(crate) struct Promise<T>(Option<Arc<Slot<T>>>);

impl<T> Promise<T> {
    pub(crate) fn new() -> (Self, Pending<T>) {
        let slot = Arc::new(Slot {
            stage: Mutex::new(Stage::Waiting(None)),
            ready: Condvar::new(),
        });
        (Self(Some(Arc::clone(&slot))), Pending(slot))
    }

    pub(crate) fn keep(mut self, answer: Result<T, SubmitError>) {
        self.fill(answer);
    }

    fn fill(&mut self, answer: Result<T, SubmitError>) {
        let Some(slot) = self.0.take() else { return };
        let before = std::mem::replace(&mut *slot.stage.lock(), Stage::Ready(answer));
        slot.ready.notify_all();
        if let Stage::Waiting(Some(waker)) = before {
            waker.wake();
        }
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        self.fill(Err(SubmitError::Stopped));
    }
}

struct Slot<T> {
    stage: Mutex<Stage<T>>,
    ready: Condvar,
}

enum Stage<T> {
    Waiting(Option<Waker>),
    Ready(Result<T, SubmitError>),
    Taken,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_gets_the_answer() {
        let (promise, pending) = Promise::new();
        let waiting = std::thread::spawn(move || pending.wait());
        promise.keep(Ok(7));
        assert_eq!(waiting.join().unwrap(), Ok(7));
    }

    #[test]
    fn a_future_is_woken_when_the_answer_comes() {
        let (promise, mut pending) = Promise::new();
        let mut context = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut pending).poll(&mut context).is_pending());
        promise.keep(Ok("done"));
        assert_eq!(
            Pin::new(&mut pending).poll(&mut context),
            Poll::Ready(Ok("done"))
        );
    }

    #[test]
    fn a_promise_that_is_dropped_says_that_the_engine_has_stopped() {
        let (promise, pending) = Promise::<()>::new();
        drop(promise);
        assert_eq!(pending.wait(), Err(SubmitError::Stopped));
    }
}
