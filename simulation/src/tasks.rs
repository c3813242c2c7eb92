//! An executor for one thread: what was woken first runs first.

use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// Futures that are under way.
#[derive(Default)]
pub(crate) struct Tasks {
    under_way: BTreeMap<u64, Pin<Box<dyn Future<Output = ()>>>>,
    spawned: u64,
    woken: Arc<Mutex<VecDeque<u64>>>,
}

impl Tasks {
    pub(crate) fn spawn(&mut self, task: impl Future<Output = ()> + 'static) {
        self.spawned += 1;
        self.under_way.insert(self.spawned, Box::pin(task));
        self.woken.lock().push_back(self.spawned);
    }

    /// Polls everything that was woken; false if nothing was.
    pub(crate) fn run(&mut self) -> bool {
        let mut any = false;
        loop {
            let Some(number) = self.woken.lock().pop_front() else {
                return any;
            };
            let Some(mut task) = self.under_way.remove(&number) else {
                continue;
            };
            any = true;
            let waker = Waker::from(Arc::new(Wakes {
                number,
                woken: Arc::clone(&self.woken),
            }));
            if task.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Pending {
                self.under_way.insert(number, task);
            }
        }
    }

    /// Drops everything, as a process does that dies.
    pub(crate) fn clear(&mut self) {
        self.under_way.clear();
        self.woken.lock().clear();
    }
}

struct Wakes {
    number: u64,
    woken: Arc<Mutex<VecDeque<u64>>>,
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.woken.lock().push_back(self.number);
    }
}
