//! The threads that run plugins, and the queues in front of them.
//!
//! Each slot has a bounded queue of its own and occupies at most its share of the workers, so a
//! plugin that is slow makes nobody wait but those who ask it.

use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::{self, JoinHandle},
};

use parking_lot::{Condvar, Mutex};

/// A question on its way to a worker: run with `true`, or with `false` when the workers stop first.
pub(crate) type Task = Box<dyn FnOnce(bool) + Send>;

/// The queue of a slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct QueueId(usize);

/// Worker threads.
#[derive(Debug)]
pub(crate) struct Workers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    share: usize,
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    queues: Vec<Queue>,
    /// Queues from which a worker may take a task, each at most once.
    ready: VecDeque<QueueId>,
    idle: usize,
    stop: bool,
}

#[derive(Default)]
struct Queue {
    tasks: VecDeque<Task>,
    running: usize,
    ready: bool,
}

impl Workers {
    /// Starts `count` threads, of which one queue occupies at most `share`.
    pub(crate) fn start(count: usize, share: usize) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            share,
            state: Mutex::new(State::default()),
            work: Condvar::new(),
        });
        let mut workers = Self {
            shared,
            threads: Vec::with_capacity(count),
        };
        for number in 0..count {
            let shared = Arc::clone(&workers.shared);
            let thread = thread::Builder::new()
                .name(format!("cordboard-plugin-{number}"))
                .spawn(move || shared.run())?;
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// Adds a queue.
    pub(crate) fn add_queue(&self) -> QueueId {
        let mut state = self.shared.state.lock();
        state.queues.push(Queue::default());
        QueueId(state.queues.len() - 1)
    }

    /// Gives a task to a queue.
    ///
    /// # Errors
    ///
    /// Gives the task back when `max` tasks wait already.
    pub(crate) fn push(&self, id: QueueId, max: usize, task: Task) -> Result<(), Task> {
        let mut state = self.shared.state.lock();
        let Some(queue) = state.queues.get_mut(id.0) else {
            return Err(task);
        };
        if queue.tasks.len() >= max.max(1) {
            return Err(task);
        }
        queue.tasks.push_back(task);
        state.offer(id, self.shared.share);
        let wake = state.idle > 0;
        drop(state);
        if wake {
            self.shared.work.notify_one();
        }
        Ok(())
    }

    /// How many tasks of a queue wait and run.
    pub(crate) fn load(&self, id: QueueId) -> (usize, usize) {
        let state = self.shared.state.lock();
        state
            .queues
            .get(id.0)
            .map_or((0, 0), |queue| (queue.tasks.len(), queue.running))
    }
}

impl Drop for Workers {
    /// Waits for the tasks that run; those that wait are told that nobody will run them.
    fn drop(&mut self) {
        let waiting: Vec<Task> = {
            let mut state = self.shared.state.lock();
            state.stop = true;
            state
                .queues
                .iter_mut()
                .flat_map(|queue| queue.tasks.drain(..))
                .collect()
        };
        self.shared.work.notify_all();
        for task in waiting {
            run(task, false);
        }
        for thread in self.threads.drain(..) {
            // A task may have held the last handle of the host: its worker ends once it returns.
            if thread.thread().id() == thread::current().id() {
                continue;
            }
            // A worker does not panic, see `run`.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn run(&self) {
        let mut state = self.state.lock();
        while !state.stop {
            let Some((id, task)) = state.take(self.share) else {
                state.idle += 1;
                self.work.wait(&mut state);
                state.idle -= 1;
                continue;
            };
            drop(state);
            run(task, true);
            state = self.state.lock();
            if let Some(queue) = state.queues.get_mut(id.0) {
                queue.running -= 1;
            }
            state.offer(id, self.share);
        }
    }
}

/// Runs a task. One that panics must not take its worker along.
fn run(task: Task, asked: bool) {
    if catch_unwind(AssertUnwindSafe(|| task(asked))).is_err() {
        tracing::error!("a task of a plugin worker panicked: its question has no answer");
    }
}

impl State {
    /// Takes the next task; the queues take turns.
    fn take(&mut self, share: usize) -> Option<(QueueId, Task)> {
        while let Some(id) = self.ready.pop_front() {
            let Some(queue) = self.queues.get_mut(id.0) else {
                continue;
            };
            queue.ready = false;
            let Some(task) = queue.tasks.pop_front() else {
                continue;
            };
            queue.running += 1;
            self.offer(id, share);
            return Some((id, task));
        }
        None
    }

    /// Lets the workers know that a queue has a task that may run.
    fn offer(&mut self, id: QueueId, share: usize) {
        if let Some(queue) = self.queues.get_mut(id.0)
            && !queue.ready
            && !queue.tasks.is_empty()
            && queue.running < share
        {
            queue.ready = true;
            self.ready.push_back(id);
        }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("queues", &self.queues.len())
            .field("ready", &self.ready.len())
            .field("stop", &self.stop)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver, Sender};

    use super::*;

    /// A task that says that it began and waits until it may end.
    fn held(began: &Sender<u32>, name: u32) -> (Task, Sender<()>) {
        let (release, held) = mpsc::channel::<()>();
        let began = began.clone();
        let task = Box::new(move |_: bool| {
            began.send(name).unwrap();
            let _ = held.recv();
        });
        (task, release)
    }

    fn tells(into: &Sender<u32>, name: u32) -> Task {
        let into = into.clone();
        Box::new(move |asked| into.send(if asked { name } else { name + 1_000 }).unwrap())
    }

    fn channel() -> (Sender<u32>, Receiver<u32>) {
        mpsc::channel()
    }

    #[test]
    fn a_queue_takes_no_more_than_its_share() {
        let (sender, began) = channel();
        let workers = Workers::start(2, 1).unwrap();
        let (slow, quick) = (workers.add_queue(), workers.add_queue());
        let (task, release) = held(&sender, 1);
        assert!(workers.push(slow, 8, task).is_ok());
        assert!(workers.push(slow, 8, tells(&sender, 2)).is_ok());
        assert_eq!(began.recv().unwrap(), 1);
        assert!(workers.push(quick, 8, tells(&sender, 3)).is_ok());
        assert_eq!(began.recv().unwrap(), 3, "the other queue has a worker");
        assert_eq!(workers.load(slow), (1, 1));
        release.send(()).unwrap();
        assert_eq!(began.recv().unwrap(), 2);
    }

    #[test]
    fn a_full_queue_gives_the_task_back() {
        let (sender, began) = channel();
        let workers = Workers::start(2, 1).unwrap();
        let queue = workers.add_queue();
        let (task, release) = held(&sender, 1);
        assert!(workers.push(queue, 1, task).is_ok());
        assert_eq!(began.recv().unwrap(), 1);
        assert!(workers.push(queue, 1, tells(&sender, 2)).is_ok());
        assert!(workers.push(queue, 1, tells(&sender, 3)).is_err());
        release.send(()).unwrap();
        assert_eq!(began.recv().unwrap(), 2);
    }

    #[test]
    fn tasks_that_wait_when_the_workers_stop_are_told() {
        let (sender, began) = channel();
        let workers = Workers::start(2, 1).unwrap();
        let queue = workers.add_queue();
        let (task, release) = held(&sender, 1);
        assert!(workers.push(queue, 8, task).is_ok());
        assert_eq!(began.recv().unwrap(), 1);
        assert!(workers.push(queue, 8, tells(&sender, 2)).is_ok());
        let stop = thread::spawn(move || drop(workers));
        assert_eq!(began.recv().unwrap(), 1_002);
        release.send(()).unwrap();
        stop.join().unwrap();
    }

    #[test]
    fn a_task_that_panics_leaves_its_worker() {
        let (sender, began) = channel();
        let workers = Workers::start(2, 1).unwrap();
        let queue = workers.add_queue();
        for _ in 0..3 {
            assert!(
                workers
                    .push(queue, 8, Box::new(|_| panic!("on purpose")))
                    .is_ok()
            );
        }
        assert!(workers.push(queue, 8, tells(&sender, 1)).is_ok());
        assert_eq!(began.recv().unwrap(), 1);
    }
}
