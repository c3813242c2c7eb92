use std::{
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, mpsc},
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use crate::{Clock, Hold};

/// Long enough for the clock's thread to have jumped, had it been free to; only used to show that it did not.
const GRACE: Duration = Duration::from_millis(30);

fn warped() -> (Clock, Hold) {
    Clock::warped(1_000).expect("clock starts")
}

fn ring_into(
    clock: &Clock,
    at: u64,
    name: &'static str,
    sender: &mpsc::Sender<(&'static str, u64, Hold)>,
) -> crate::AlarmId {
    let (sender, of_alarm) = (sender.clone(), clock.clone());
    clock.alarm(at, move |hold| {
        sender
            .send((name, of_alarm.now(), hold))
            .expect("test listens")
    })
}

#[test]
fn stands_still_until_the_first_hold_is_released() {
    let (clock, start) = warped();
    let sleep = clock.sleep_until(5_000);
    thread::sleep(GRACE);
    assert_eq!(clock.now(), 1_000);
    drop(start);
    let hold = sleep.wait();
    assert_eq!(clock.now(), 5_000);
    drop(hold);
}

#[test]
fn jumps_to_the_earliest_deadline_and_stands_while_its_work_is_held() {
    let (clock, start) = warped();
    let (sender, receiver) = mpsc::channel();
    ring_into(&clock, 9_000, "late", &sender);
    ring_into(&clock, 2_000, "early", &sender);
    drop(start);
    let (name, at, hold) = receiver.recv().expect("rings");
    assert_eq!((name, at), ("early", 2_000));
    let handed_on = hold.clone();
    drop(hold);
    thread::sleep(GRACE);
    assert_eq!(clock.now(), 2_000, "a clone is a hold of its own");
    assert!(receiver.try_recv().is_err());
    drop(handed_on);
    let (name, at, _hold) = receiver.recv().expect("rings");
    assert_eq!((name, at), ("late", 9_000));
}

#[test]
fn equal_deadlines_fire_in_the_order_of_setting_one_after_the_other() {
    let (clock, start) = warped();
    let (sender, receiver) = mpsc::channel();
    for name in ["a", "b", "c", "d"] {
        ring_into(&clock, 7_000, name, &sender);
    }
    drop(start);
    let mut order = Vec::new();
    for _ in 0..4 {
        let (name, at, hold) = receiver.recv().expect("rings");
        assert!(
            receiver.try_recv().is_err(),
            "the next waits for this one's work"
        );
        order.push((name, at));
        drop(hold);
    }
    assert_eq!(
        order,
        [("a", 7_000), ("b", 7_000), ("c", 7_000), ("d", 7_000)]
    );
}

#[test]
fn a_sleeper_goes_on_under_a_hold_taken_before_anybody_else_could_run() {
    let (clock, start) = warped();
    let first = clock.sleep_until(2_000);
    let second = clock.sleep_until(3_000);
    drop(start);
    // The second sleeper waits on a thread of its own; it must not get through before the first one's hold is dropped.
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (of_second, at_second) = (Arc::clone(&seen), clock.clone());
    let waiter = thread::spawn(move || {
        let _hold = second.wait();
        of_second
            .lock()
            .expect("not poisoned")
            .push(at_second.now());
    });
    thread::sleep(GRACE);
    let hold = first.wait();
    seen.lock().expect("not poisoned").push(clock.now());
    drop(hold);
    waiter.join().expect("waiter ends");
    assert_eq!(*seen.lock().expect("not poisoned"), [2_000, 3_000]);
}

#[test]
fn a_sleep_dropped_between_firing_and_polling_releases_its_hold() {
    let (clock, start) = warped();
    let mut fired = clock.sleep_until(2_000);
    let next = clock.sleep_until(4_000);
    {
        let pinned = pin!(&mut fired);
        assert!(
            pinned
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
    }
    drop(start);
    while clock.now() < 2_000 {
        thread::yield_now();
    }
    drop(fired);
    drop(next.wait());
    assert_eq!(clock.now(), 4_000);
}

#[test]
fn a_dropped_sleep_and_a_cancelled_alarm_do_not_move_time() {
    let (clock, start) = warped();
    let (sender, receiver) = mpsc::channel();
    drop(clock.sleep_until(2_000));
    let cancelled = ring_into(&clock, 3_000, "cancelled", &sender);
    assert!(clock.cancel(cancelled));
    assert!(!clock.cancel(cancelled));
    let rung = ring_into(&clock, 5_000, "rung", &sender);
    drop(start);
    let (name, at, hold) = receiver.recv().expect("rings");
    assert_eq!((name, at), ("rung", 5_000));
    assert!(!clock.cancel(rung), "it has rung");
    drop(hold);
}

#[test]
fn a_passed_deadline_is_ready_at_once_and_does_not_turn_time_back() {
    let (clock, _start) = warped();
    let mut sleep = pin!(clock.sleep_until(10));
    let Poll::Ready(hold) = sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("ready at once, even under another's hold");
    };
    assert_eq!(clock.now(), 1_000);
    drop(hold);
}

#[test]
fn a_passed_alarm_rings_when_nobody_holds() {
    let (clock, start) = warped();
    let (sender, receiver) = mpsc::channel();
    ring_into(&clock, 10, "passed", &sender);
    drop(start);
    let (name, at, _hold) = receiver.recv().expect("rings");
    assert_eq!((name, at), ("passed", 1_000));
}

#[test]
fn an_alarm_that_panics_does_not_stop_the_clock() {
    let (clock, start) = warped();
    let _alarm = clock.alarm(2_000, |_hold| panic!("on purpose"));
    let sleep = clock.sleep_until(3_000);
    drop(start);
    drop(sleep.wait());
    assert_eq!(clock.now(), 3_000);
}

#[test]
fn names_the_lines_that_keep_time_still() {
    let (clock, start) = warped();
    let line = line!() + 1;
    let hold = clock.hold();
    let lines: Vec<u32> = clock.holders().iter().map(|place| place.line()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1], line);
    assert!(
        clock
            .holders()
            .iter()
            .all(|place| place.file().ends_with("tests.rs"))
    );
    drop((start, hold));
    assert!(clock.holders().is_empty());
}

#[test]
fn the_thread_ends_with_the_last_clock_and_drops_what_is_pending() {
    struct Flag(mpsc::Sender<()>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.send(()).ok();
        }
    }
    let (sender, receiver) = mpsc::channel();
    let (clock, start) = warped();
    let (flag, hold) = (Flag(sender), clock.hold());
    let _alarm = clock.alarm(2_000, move |_| drop((flag, hold)));
    drop(clock);
    receiver
        .recv_timeout(Duration::from_secs(20))
        .expect("the alarm is dropped unrung although its own hold is alive in it");
    drop(start);
}

#[test]
fn a_real_clock_fires_in_order_and_never_early_and_holds_nobody() {
    let clock = Clock::real().expect("clock starts");
    let hold = clock.hold();
    let begun = clock.now();
    let (sender, receiver) = mpsc::channel();
    ring_into(&clock, begun + 40, "second", &sender);
    ring_into(&clock, begun + 20, "first", &sender);
    ring_into(&clock, u64::MAX, "never", &sender);
    let (first, at_first, _) = receiver.recv().expect("rings");
    let (second, at_second, _) = receiver.recv().expect("rings");
    assert_eq!((first, second), ("first", "second"));
    assert!(at_first >= begun + 20 && at_second >= begun + 40);
    let slept_until = clock.now() + 5;
    drop(clock.sleep_for(5).wait());
    assert!(clock.now() >= slept_until);
    assert!(clock.holders().is_empty());
    drop(hold);
}

#[test]
fn an_hour_of_many_sleepers_keeps_the_order_of_deadlines() {
    let (clock, start) = warped();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let threads: Vec<_> = (0..8_u64)
        .map(|n| {
            let (clock, seen, mut hold) = (clock.clone(), Arc::clone(&seen), start.clone());
            thread::spawn(move || {
                for round in 1..=50 {
                    let sleep = clock.sleep_until(1_000 + round * 72_000 + n);
                    drop(hold);
                    hold = sleep.wait();
                    seen.lock().expect("not poisoned").push(clock.now());
                }
            })
        })
        .collect();
    drop(start);
    for thread in threads {
        thread.join().expect("sleeper ends");
    }
    let seen = seen.lock().expect("not poisoned");
    let expected: Vec<u64> = (1..=50)
        .flat_map(|round| (0..8).map(move |n| 1_000 + round * 72_000 + n))
        .collect();
    assert_eq!(*seen, expected);
}

#[test]
fn a_stepped_clock_fires_in_order_on_the_thread_that_steps_it() {
    let (clock, mut stepper) = Clock::stepped(1_000);
    let fired = Arc::new(Mutex::new(Vec::new()));
    for (name, at_ms) in [("late", 3_000), ("first", 2_000), ("second", 2_000)] {
        let (fired, of_alarm) = (Arc::clone(&fired), clock.clone());
        let thread = thread::current().id();
        clock.alarm(at_ms, move |_| {
            assert_eq!(thread::current().id(), thread);
            fired.lock().expect("no panic").push((name, of_alarm.now()));
        });
    }
    assert_eq!(stepper.next_deadline(), Some(2_000));
    stepper.step_to(2_500);
    assert_eq!(
        *fired.lock().expect("no panic"),
        [("first", 2_000), ("second", 2_000)]
    );
    assert_eq!(clock.now(), 2_500);
    stepper.step_to(2_000);
    assert_eq!((clock.now(), stepper.next_deadline()), (2_500, Some(3_000)));
}
