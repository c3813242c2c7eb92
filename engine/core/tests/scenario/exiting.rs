//! The ways out of a queue: message, other queue, number, voicemail.

use crate::harness::World;
use crate::harness::config::{Setup, exits, number_exit};
use crate::harness::world::codes;
use cordboard_core::config::Exit;
use cordboard_core::input::{CallEventKind, QueueAction};
use expect_test::expect;

/// A caller whose queue was left by its `closed` exit, which is `exit`. The music was `1.2`, `1.3` has ended it.
fn left_by(exit: impl FnOnce(&Setup) -> Exit) -> World {
    let setup = Setup::small().queue("sales", |setup, queue| queue.exits.closed = exit(setup));
    let mut world = World::staffed(setup, &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        world.queue("sales", QueueAction::Close);
        world.settle();
    });
    world
}

/// As [`message`], but nothing is known of the operations `1.3` and `1.4`.
fn left_by_unanswered() -> World {
    let setup = Setup::small().queue("sales", |setup, queue| {
        queue.exits.closed = Exit::Message(setup.prompt("closed"));
    });
    let mut world = World::staffed(setup, &["ann"]);
    world.queued("caller");
    world.quietly(|world| world.queue("sales", QueueAction::Close));
    world
}

pub(super) fn message() -> World {
    left_by(|setup| Exit::Message(setup.prompt("closed")))
}

pub(super) fn number() -> World {
    left_by(|_| number_exit("night-shift", None))
}

pub(super) fn voicemail() -> World {
    left_by(Setup::voicemail)
}

#[test]
fn a_message_plays_then_the_call_ends() {
    let mut world = message();
    world.completed("1.4");
    world.settle();
    world.check(expect![[r#"
        > 1.4 play completed
          operate 1.5 terminate
        > 1.5 accepted
        > 1 disconnected
          emit call-ended 1 exited at closed
    "#]]);
}

#[test]
fn a_message_that_fails_ends_the_call_too() {
    let mut world = message();
    world.play_failed("1.4");
    world.settle();
    world.check(expect![[r#"
        > 1.4 play failed
          emit operation-failed 1 exit-message: failed 400/8536
          operate 1.5 terminate
        > 1.5 accepted
        > 1 disconnected
          emit call-ended 1 exit-failed at closed
    "#]]);
}

#[test]
fn a_message_that_nothing_is_heard_of_ends_the_call_too() {
    let mut world = message();
    world.after(23);
    world.check(expect![[r#"
        > at 23s
          operate 1.5 terminate
    "#]]);
}

#[test]
fn a_message_that_nothing_is_known_of_is_stopped_and_played_again_some_times() {
    let mut world = left_by_unanswered();
    world.unknown("1.4");
    world.refused("1.6", 503);
    world.after(2);
    world.unknown("1.7");
    world.check(expect![[r#"
        > 1.4 unknown
          emit operation-failed 1 exit-message: unknown
          operate 1.5 cancel-media
          operate 1.6 play closed to caller
        > 1.6 refused 503
          emit operation-failed 1 exit-message: refused 503
        > at 2s
          operate 1.7 play closed to caller
        > 1.7 unknown
          emit operation-failed 1 exit-message: unknown
          operate 1.8 cancel-media
          operate 1.9 play closed to caller
    "#]]);
}

/// What went wrong in the time in which the service was too busy says nothing of the message.
#[test]
fn a_message_has_all_its_tries_again_after_busy_ones() {
    let mut world = left_by_unanswered();
    world.unknown("1.4");
    world.unknown("1.6");
    world.refused("1.8", 503);
    world.after(4);
    world.take();
    world.refused("1.9", 412);
    world.check(expect![[r#"
        > 1.9 refused 412
          emit operation-failed 1 exit-message: refused 412
          operate 1.10 cancel-media
          operate 1.11 play closed to caller
    "#]]);
}

/// A busy service does not use up the tries of what nobody knows of.
#[test]
fn a_message_that_music_is_in_the_way_of_after_busy_tries_is_played_after_it() {
    let mut world = left_by_unanswered();
    for (play, wait) in [("1.4", 1), ("1.5", 2), ("1.6", 4)] {
        world.refused(play, 503);
        world.after(wait);
    }
    world.take();
    world.refused("1.7", 412);
    world.check(expect![[r#"
        > 1.7 refused 412
          emit operation-failed 1 exit-message: refused 412
          operate 1.8 cancel-media
          operate 1.9 play closed to caller
    "#]]);
}

/// The music plays on, because the request that was to end it was lost.
#[test]
fn a_message_that_music_is_in_the_way_of_is_played_after_it() {
    let mut world = left_by_unanswered();
    world.unknown("1.3");
    world.refused("1.4", 412);
    world.check(expect![[r#"
        > 1.3 unknown
          emit operation-failed 1 stop-media: unknown
        > 1.4 refused 412
          emit operation-failed 1 exit-message: refused 412
          operate 1.5 cancel-media
          operate 1.6 play closed to caller
    "#]]);
    world.settle();
    world.completed("1.6");
    world.check(expect![[r#"
        > 1.3 accepted
          = ignored closed-operation
        > 1.4 accepted
          = ignored closed-operation
        > 1.4 play started
          = ignored closed-operation
        > 1.5 accepted
        > 1.6 accepted
        > 1.6 play started
        > 1.6 play completed
          operate 1.7 terminate
    "#]]);
}

#[test]
fn a_message_is_played_again_after_a_restart() {
    let mut world = message();
    world.restart(2);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          emit operation-failed 1 exit-message: unknown
          operate 1.5 cancel-media
          operate 1.6 play closed to caller
          operate 1.7 get-call
          operate 1.8 get-participants
    "#]]);
}

#[test]
fn a_caller_who_does_not_hear_the_message_out_has_left_by_it() {
    let mut world = message();
    world.disconnected(1);
    world.check(expect![[r#"
        > 1 disconnected
          emit call-ended 1 exited at closed
    "#]]);
}

#[test]
fn late_events_of_the_music_do_not_end_the_message() {
    let mut world = message();
    world.play_cancelled("1.2");
    world.completed("1.2");
    world.check(expect![[r#"
        > 1.2 play cancelled
          = ignored closed-operation
        > 1.2 play completed
          = ignored closed-operation
    "#]]);
}

#[test]
fn an_agent_who_is_ready_does_not_get_a_caller_who_leaves() {
    let mut world = message();
    world.ready("ann");
    world.check(expect![[r#"
        > ann: ready
          emit agent ann ready
    "#]]);
}

#[test]
fn another_queue_takes_the_caller_and_the_old_music_stops() {
    let setup = Setup::small().queue("sales", |setup, queue| {
        queue.exits.closed = Exit::Queue(setup.queue_id("overflow"));
    });
    let mut world = World::staffed(setup, &["ann", "cid"]);
    world.queued("caller");
    world.after(10);
    world.queue("sales", QueueAction::Close);
    world.play_cancelled("1.2");
    world.ready("cid");
    world.check(expect![[r#"
        > queue sales: close
          emit queue sales closed
          emit queue-exited 1 from sales: closed by queue overflow
          operate 1.3 cancel-media
          emit call-queued 1 in overflow at 1
          operate 1.4 play music to caller looped
        > 1.2 play cancelled
          = ignored closed-operation
        > cid: ready
          emit agent cid ready
          record 1 skill-match at overflow by native: cid of 1
          emit agent cid reserved
          record 1 endpoint-select at overflow by native: 0@0/20s of 1
          emit offer-issued 1-1 to cid in overflow for 20s caller=+14255550100 waited-ms=10000
          operate 1.5 add-participant cid ring 20s
    "#]]);
}

#[test]
fn moves_from_queue_to_queue_come_to_an_end() {
    let mut world = World::staffed(ring_of_queues(), &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        world.queue("support", QueueAction::Close);
        world.queue("overflow", QueueAction::Close);
    });
    world.queue("sales", QueueAction::Close);
    world.check(expect![[r#"
        > queue sales: close
          emit queue sales closed
          emit queue-exited 1 from sales: closed by queue support
          operate 1.3 cancel-media
          emit queue-exited 1 from support: closed by queue overflow
          emit queue-exited 1 from overflow: closed by queue sales
          emit queue-exited 1 from sales: closed by queue support
          emit queue-exited 1 from support: closed by queue overflow
          emit queue-exited 1 from overflow: closed by queue sales
          operate 1.4 terminate
    "#]]);
}

#[test]
fn a_contact_that_is_sent_round_in_circles_ends_at_once() {
    let mut world = World::staffed(ring_of_queues(), &["ann"]);
    world.quietly(|world| {
        world.queue("sales", QueueAction::Close);
        world.queue("support", QueueAction::Close);
        world.queue("overflow", QueueAction::Close);
    });
    world.contact("sales", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit queue-exited 1 from sales: closed by queue support
          emit queue-exited 1 from support: closed by queue overflow
          emit queue-exited 1 from overflow: closed by queue sales
          emit queue-exited 1 from sales: closed by queue support
          emit queue-exited 1 from support: closed by queue overflow
          emit queue-exited 1 from overflow: closed by queue sales
          emit call-ended 1 exit-failed at closed
    "#]]);
    assert_eq!(world.tenant.live_calls(), 0);
}

/// Each queue, when closed, sends its callers to the next.
fn ring_of_queues() -> Setup {
    ["sales", "support", "overflow", "sales"]
        .windows(2)
        .fold(Setup::small(), |setup, pair| {
            setup.queue(pair[0], |setup, queue| {
                queue.requirements.clear();
                queue.exits.closed = Exit::Queue(setup.queue_id(pair[1]));
            })
        })
}

#[test]
fn a_number_is_rung_with_music_and_talks_to_the_caller() {
    let mut world = number();
    world.check(expect![]);
    world.answers("1.5");
    world.settle();
    world.list(1, 9, &["caller", "night-shift"]);
    world.check(expect![[r#"
        > 1.5 added night-shift
          operate 1.6 cancel-media
        > 1.6 accepted
        > 1 list: caller night-shift
    "#]]);
    // It hangs up.
    world.list(1, 10, &["caller"]);
    world.settle();
    world.check(expect![[r#"
        > 1 list: caller
          operate 1.7 terminate
        > 1.7 accepted
        > 1 disconnected
          emit call-ended 1 exited at closed
    "#]]);
}

/// The request to ring it is under way.
fn number_to_be_rung() -> World {
    let setup = Setup::small().queue("sales", |_, queue| {
        queue.exits.closed = number_exit("night-shift", None)
    });
    let mut world = World::staffed(setup, &["ann"]);
    world.queued("caller");
    world.queue("sales", QueueAction::Close);
    world
}

#[test]
fn the_way_to_a_number() {
    number_to_be_rung().check(expect![[r#"
        > queue sales: close
          emit queue sales closed
          emit queue-exited 1 from sales: closed by number
          operate 1.3 cancel-media
          operate 1.4 play music to caller looped
          operate 1.5 add-participant night-shift ring 60s
    "#]]);
}

#[test]
fn a_number_that_does_not_answer_ends_the_call() {
    let mut world = number();
    world.rings_out("1.5");
    world.settle();
    world.check(expect![[r#"
        > 1.5 not added night-shift 480/10037
          emit operation-failed 1 exit-number: failed 480/10037
          operate 1.6 terminate
        > 1.6 accepted
        > 1 disconnected
          emit call-ended 1 exit-failed at closed
    "#]]);
}

#[test]
fn a_number_that_the_service_cannot_ring_just_now_is_rung_again() {
    let mut world = number_to_be_rung();
    world.take();
    world.refused("1.5", 503);
    world.after(1);
    world.answers("1.6");
    world.check(expect![[r#"
        > 1.5 refused 503
          emit operation-failed 1 exit-number: refused 503
        > at 1s
          operate 1.6 add-participant night-shift ring 60s
        > 1.6 added night-shift
          operate 1.7 cancel-media
    "#]]);
}

#[test]
fn a_number_of_which_nothing_is_known_after_busy_tries_is_rung_again() {
    let mut world = number_to_be_rung();
    world.accepted("1.3");
    world.started("1.4");
    for (ring, wait) in [("1.5", 1), ("1.6", 2), ("1.7", 4)] {
        world.refused(ring, 503);
        world.after(wait);
    }
    world.take();
    world.unknown("1.8");
    world.after(80);
    world.finds("1.9", &["caller"]);
    world.check(expect![[r#"
        > 1.8 unknown
        > at 87s
          operate 1.9 get-participants
        > 1.9 accepted
          emit operation-failed 1 exit-number: unknown
          operate 1.10 add-participant night-shift ring 60s
    "#]]);
}

#[test]
fn a_number_that_the_service_will_not_ring_ends_the_call() {
    let mut world = number_to_be_rung();
    world.take();
    world.refused("1.5", 403);
    world.check(expect![[r#"
        > 1.5 refused 403
          emit operation-failed 1 exit-number: refused 403
          operate 1.6 terminate
    "#]]);
}

#[test]
fn a_caller_whom_the_number_cannot_take_goes_another_way() {
    let mut world =
        left_by(|setup| number_exit("night-shift", Some(Exit::Message(setup.prompt("closed")))));
    world.rings_out("1.5");
    world.settle();
    world.check(expect![[r#"
        > 1.5 not added night-shift 480/10037
          emit operation-failed 1 exit-number: failed 480/10037
          operate 1.6 cancel-media
          emit queue-exited 1 from sales: number-failed by message
          operate 1.7 play closed to caller
        > 1.6 accepted
        > 1.7 accepted
        > 1.7 play started
    "#]]);
    world.completed("1.7");
    world.settle();
    world.check(expect![[r#"
        > 1.7 play completed
          operate 1.8 terminate
        > 1.8 accepted
        > 1 disconnected
          emit call-ended 1 exited at number-failed
    "#]]);
}

#[test]
fn a_caller_whom_the_number_cannot_take_goes_to_another_queue() {
    let mut world =
        left_by(|setup| number_exit("night-shift", Some(Exit::Queue(setup.queue_id("overflow")))));
    world.rings_out("1.5");
    world.check(expect![[r#"
        > 1.5 not added night-shift 480/10037
          emit operation-failed 1 exit-number: failed 480/10037
          operate 1.6 cancel-media
          emit queue-exited 1 from sales: number-failed by queue overflow
          emit queue-exited 1 from overflow: no-agents by message
          operate 1.7 play sorry to caller
    "#]]);
}

#[test]
fn a_number_that_answers_after_the_next_was_tried_is_taken_out() {
    let mut world = left_by(|_| number_exit("night-shift", Some(number_exit("boss", None))));
    world.after(80);
    world.check(expect![[r#"
        > at 80s
          operate 1.6 get-participants
    "#]]);
    world.finds("1.6", &["caller"]);
    world.check(expect![[r#"
        > 1.6 accepted
          operate 1.7 cancel-add inv-1.5
          emit operation-failed 1 exit-number: unknown
          operate 1.8 cancel-media
          emit queue-exited 1 from sales: number-failed by number
          operate 1.9 play music to caller looped
          operate 1.10 add-participant boss ring 60s
    "#]]);
    world.answers("1.5");
    world.check(expect![[r#"
        > 1.5 added night-shift
          operate 1.11 remove-participant night-shift
    "#]]);
    world.answers("1.10");
    world.check(expect![[r#"
        > 1.10 added boss
          operate 1.12 cancel-media
    "#]]);
}

#[test]
fn a_number_that_has_answered_unheard_of_talks_to_the_caller() {
    let mut world = number();
    world.after(80);
    world.take();
    world.finds("1.6", &["caller", "night-shift"]);
    world.check(expect![[r#"
        > 1.6 accepted
          operate 1.7 cancel-media
    "#]]);
}

#[test]
fn a_number_that_nothing_is_heard_of_is_rung_again_before_the_call_is_ended() {
    let mut world = number();
    // 60 s of ringing, 10 s for the request, 10 s for the event.
    world.after(79);
    world.check(expect![]);
    world.after(1);
    world.check(expect![[r#"
        > at 80s
          operate 1.6 get-participants
    "#]]);
    world.finds("1.6", &["caller"]);
    world.accepted("1.7");
    world.check(expect![[r#"
        > 1.6 accepted
          operate 1.7 cancel-add inv-1.5
          emit operation-failed 1 exit-number: unknown
          operate 1.8 add-participant night-shift ring 60s
        > 1.7 accepted
    "#]]);
    world.after(80);
    world.finds("1.9", &["caller"]);
    world.check(expect![[r#"
        > at 160s
          operate 1.9 get-participants
        > 1.9 accepted
          emit operation-failed 1 exit-number: unknown
          operate 1.10 add-participant night-shift ring 60s
    "#]]);
    world.after(80);
    world.finds("1.11", &["caller"]);
    world.check(expect![[r#"
        > at 180s
        > at 240s
          operate 1.11 get-participants
        > 1.11 accepted
          emit operation-failed 1 exit-number: unknown
          operate 1.12 terminate
    "#]]);
}

/// The request of the first ring hung for longer than the number may ring, and had its effect all the same.
#[test]
fn a_number_that_answers_the_first_of_two_rings_has_the_caller() {
    let mut world = number_to_be_rung();
    world.quietly(|world| world.started("1.4"));
    world.after(80);
    world.finds("1.6", &["caller"]);
    world.take();
    world.answers("1.5");
    world.check(expect![[r#"
        > 1.5 added night-shift
          operate 1.8 get-participants
    "#]]);
    world.finds("1.8", &["caller", "night-shift"]);
    world.check(expect![[r#"
        > 1.8 accepted
          operate 1.9 cancel-media
    "#]]);
}

#[test]
fn music_that_ends_while_the_number_rings_is_played_again() {
    let mut world = number();
    world.play_failed("1.4");
    world.after(1);
    world.play_cancelled("1.6");
    world.answers("1.5");
    world.check(expect![[r#"
        > 1.4 play failed
          emit operation-failed 1 exit-music: failed 400/8536
        > at 1s
          operate 1.6 play music to caller looped
        > 1.6 play cancelled
          operate 1.7 play music to caller looped
        > 1.5 added night-shift
          operate 1.8 cancel-media
    "#]]);
    // What was to be tried again is not any more.
    world.after(5);
    world.check(expect![]);
}

#[test]
fn a_caller_who_hangs_up_while_the_number_rings_has_left_by_it() {
    let mut world = number();
    world.disconnected(1);
    world.check(expect![[r#"
        > 1 disconnected
          emit call-ended 1 exited at closed
    "#]]);
}

#[test]
fn a_caller_who_talked_to_the_number_has_left_by_it() {
    let mut world = number();
    world.answers("1.5");
    world.check(expect![[r#"
        > 1.5 added night-shift
          operate 1.6 cancel-media
    "#]]);
    world.disconnected(1);
    world.check(expect![[r#"
        > 1 disconnected
          emit call-ended 1 exited at closed
    "#]]);
}

#[test]
fn a_number_that_was_listed_before_it_was_added_is_missed_when_it_leaves() {
    let mut world = number();
    world.list(1, 9, &["caller", "night-shift"]);
    world.answers("1.5");
    world.list(1, 10, &["caller"]);
    world.check(expect![[r#"
        > 1 list: caller night-shift
        > 1.5 added night-shift
          operate 1.6 cancel-media
        > 1 list: caller
          operate 1.7 terminate
    "#]]);
}

#[test]
fn a_voicemail_greets_records_and_ends_when_it_is_full() {
    let mut world = voicemail();
    world.completed("1.4");
    world.accepted("1.5");
    world.recording_state(1, true);
    world.after(59);
    world.check(expect![[r#"
        > 1.4 play completed
          operate 1.5 start-recording
        > 1.5 accepted
        > 1 recording rec-1 active
          emit recording-changed 1 active
    "#]]);
    world.after(1);
    world.settle();
    world.check(expect![[r#"
        > at 60s
          operate 1.6 terminate
        > 1.5 accepted
          = ignored closed-operation
        > 1 recording rec-1 active
          = ignored not-now
        > 1.6 accepted
        > 1 disconnected
          emit call-ended 1 exited at closed
    "#]]);
}

#[test]
fn a_caller_ends_the_voicemail_by_hanging_up() {
    let mut world = voicemail();
    world.quietly(|world| {
        world.completed("1.4");
        world.settle();
    });
    world.disconnected(1);
    world.check(expect![[r#"
        > 1 disconnected
          emit call-ended 1 exited at closed
    "#]]);
}

#[test]
fn a_voicemail_whose_recording_ends_by_itself_ends() {
    let mut world = voicemail();
    world.quietly(|world| {
        world.completed("1.4");
        world.settle();
    });
    world.recording_state(1, false);
    world.check(expect![[r#"
        > 1 recording rec-1 inactive
          emit recording-changed 1 stopped
          operate 1.6 terminate
    "#]]);
}

#[test]
fn a_voicemail_whose_greeting_fails_ends() {
    let mut world = voicemail();
    world.play_failed("1.4");
    world.check(expect![[r#"
        > 1.4 play failed
          emit operation-failed 1 voicemail-greeting: failed 400/8536
          operate 1.5 terminate
    "#]]);
}

#[test]
fn a_voicemail_that_cannot_record_ends_after_some_tries() {
    let mut world = voicemail();
    world.completed("1.4");
    world.refused("1.5", 500);
    world.event_of("1.6", CallEventKind::StartRecordingFailed(codes(500, 8500)));
    world.refused("1.7", 500);
    world.check(expect![[r#"
        > 1.4 play completed
          operate 1.5 start-recording
        > 1.5 refused 500
          emit operation-failed 1 start-recording: refused 500
          operate 1.6 start-recording
        > 1.6 recording not started
          emit operation-failed 1 start-recording: failed 500/8500
          operate 1.7 start-recording
        > 1.7 refused 500
          emit operation-failed 1 start-recording: refused 500
          emit recording-changed 1 failed
          operate 1.8 terminate
    "#]]);
}

/// The answer to the first start was lost.
#[test]
fn a_voicemail_that_records_already_goes_on() {
    let mut world = voicemail();
    world.completed("1.4");
    world.refused("1.5", 500);
    world.event_of("1.6", CallEventKind::StartRecordingFailed(codes(409, 8553)));
    world.check(expect![[r#"
        > 1.4 play completed
          operate 1.5 start-recording
        > 1.5 refused 500
          emit operation-failed 1 start-recording: refused 500
          operate 1.6 start-recording
        > 1.6 recording not started
          emit operation-failed 1 start-recording: failed 409/8553
          emit recording-changed 1 failed
    "#]]);
    world.after(60);
    world.check(expect![[r#"
        > at 60s
          operate 1.7 terminate
    "#]]);
}

#[test]
fn a_voicemail_that_may_not_record_ends_at_once() {
    let mut world = voicemail();
    world.completed("1.4");
    world.refused("1.5", 403);
    world.check(expect![[r#"
        > 1.4 play completed
          operate 1.5 start-recording
        > 1.5 refused 403
          emit operation-failed 1 start-recording: refused 403
          emit recording-changed 1 failed
          operate 1.6 terminate
    "#]]);
}

#[test]
fn without_our_media_an_exit_is_the_embedders() {
    for exit in [
        |setup: &Setup| Exit::Message(setup.prompt("sorry")),
        |setup: &Setup| setup.voicemail(),
        |_: &Setup| number_exit("boss", None),
    ] {
        let setup = Setup::small().queue("sales", |setup, queue| {
            queue.exits = exits(exit(setup), exit(setup), exit(setup));
        });
        let mut world = World::new(setup);
        world.quietly(|world| world.contact("sales", 0));
        assert_eq!(world.tenant.live_calls(), 0);
        world.contact("sales", 0);
        world.check(expect![[r#"
            > contact for sales
              = call 2
              emit queue-exited 2 from sales: no-agents by end
              emit call-ended 2 exited at no-agents
        "#]]);
    }
}
