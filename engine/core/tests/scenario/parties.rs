//! Who is in a call, when the service's own news are wrong or lost.

use super::offering::ann_rings;
use crate::harness::World;
use crate::harness::acs::present;
use crate::harness::config::{Setup, number_exit, party};
use cordboard_core::input::{QueueAction, Response};
use expect_test::expect;

fn listing(names: &[&str]) -> Response {
    Response::Participants(names.iter().map(|name| present(party(name))).collect())
}

/// Ann is said to have answered, and no list shows her. The call has operations up to `1.4`.
fn said_to_have_answered() -> World {
    let mut world = ann_rings();
    world.quietly(|world| {
        world.ready("bob");
        world.answers("1.3");
        world.settle();
    });
    world
}

#[test]
fn an_agent_who_is_said_to_have_answered_and_is_not_there_gives_the_caller_back() {
    let mut world = said_to_have_answered();
    world.after(10);
    world.check(expect![[r#"
        > at 10s
          operate 1.5 get-participants
    "#]]);
    world.answered("1.5", listing(&["caller"]));
    world.check(expect![[r#"
        > 1.5 accepted
          emit operation-failed 1 ring: reported as answered, but nobody is in the call
          operate 1.6 remove-participant ann
          emit agent ann ready
          emit call-queued 1 in sales at 1
          operate 1.7 play music to caller looped
          record 1 skill-match at sales by native: bob of 1
          emit agent bob reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-2 to bob in sales for 20s caller=+14255550100 waited-ms=10000
          operate 1.8 add-participant bob ring 20s
    "#]]);
}

#[test]
fn an_agent_whom_a_list_shows_is_not_looked_for() {
    let mut world = said_to_have_answered();
    world.list(1, 9, &["caller", "ann"]);
    world.after(60);
    world.check(expect![[r#"
        > 1 list: caller ann
    "#]]);
}

/// The event that tells of the answer was lost, and the list may be of before.
#[test]
fn an_agent_whom_a_list_shows_while_it_rings_is_looked_for() {
    let mut world = ann_rings();
    world.list(1, 9, &["caller", "ann"]);
    world.after(10);
    world.answered("1.4", listing(&["caller", "ann"]));
    world.check(expect![[r#"
        > 1 list: caller ann
        > at 10s
          operate 1.4 get-participants
        > 1.4 accepted
          emit offer-ended 1-1 to ann: accepted
          operate 1.5 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
    "#]]);
    world.after(60);
    world.check(expect![[r#"
        > at 30s
          emit operation-failed 1 stop-media: unknown
          operate 1.6 cancel-media
        > at 50s
          emit operation-failed 1 stop-media: unknown
          operate 1.7 cancel-media
        > at 70s
          emit operation-failed 1 stop-media: unknown
          operate 1.8 cancel-media
    "#]]);
}

#[test]
fn an_agent_whose_answer_follows_the_list_is_not_looked_for() {
    let mut world = ann_rings();
    world.quietly(|world| {
        world.list(1, 9, &["caller", "ann"]);
        world.answers("1.3");
        world.settle();
    });
    world.after(60);
    world.check(expect![]);
}

/// The service may list an agent under another identity than the one that was called.
#[test]
fn a_caller_who_is_not_alone_stays_with_whoever_it_is() {
    let mut world = said_to_have_answered();
    world.after(10);
    world.answered("1.5", listing(&["caller", "eve"]));
    world.after(60);
    world.check(expect![[r#"
        > at 10s
          operate 1.5 get-participants
        > 1.5 accepted
    "#]]);
}

#[test]
fn a_look_that_fails_is_repeated() {
    let mut world = said_to_have_answered();
    world.quietly(|world| world.after(10));
    world.unknown("1.5");
    world.after(10);
    world.answered("1.6", listing(&["caller", "ann"]));
    world.after(60);
    world.check(expect![[r#"
        > 1.5 unknown
        > at 20s
          operate 1.6 get-participants
        > 1.6 accepted
    "#]]);
}

/// The audit that follows a failed look, and the look itself: one of them asks who is in the call.
#[test]
fn a_look_that_is_under_way_is_not_doubled_by_an_audit() {
    let mut world = said_to_have_answered();
    world.quietly(|world| world.after(10));
    world.refused("1.5", 429);
    world.after(12);
    world.check(expect![[r#"
        > 1.5 refused 429
        > at 20s
          operate 1.6 get-participants
        > at 20156ms
          operate 1.7 get-call
    "#]]);
    world.refused("1.7", 429);
    world.refused("1.6", 429);
    world.after(12);
    world.check(expect![[r#"
        > 1.7 refused 429
        > 1.6 refused 429
        > at 32s
          operate 1.8 get-participants
        > at 32156ms
          operate 1.9 get-call
    "#]]);
}

#[test]
fn a_look_that_a_restart_interrupts_is_made_anew_and_not_sent_again() {
    let mut world = said_to_have_answered();
    world.quietly(|world| world.after(10));
    world.restart(2);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          operate 1.6 get-call
          operate 1.7 get-participants
    "#]]);
}

/// The question left before the agent answered.
#[test]
fn a_list_that_was_asked_for_before_says_nothing() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        world.restart(2);
        world.answers("1.3");
    });
    world.answered("1.5", listing(&["caller"]));
    world.check(expect![[r#"
        > 1.5 accepted
    "#]]);
}

#[test]
fn a_live_call_that_is_silent_is_asked_about_and_who_is_in_it() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.talking("caller", "ann");
    world.after(1_800);
    world.check(expect![[r#"
        > at 1800s
          operate 1.5 get-call
          operate 1.6 get-participants
    "#]]);
    // The agent has left meanwhile, and nobody told.
    world.answered("1.6", listing(&["caller"]));
    world.check(expect![[r#"
        > 1.6 accepted
          emit agent ann ready
          operate 1.7 terminate
    "#]]);
}

#[test]
fn a_number_that_is_said_to_have_answered_and_is_not_there_ends_the_call() {
    let setup = Setup::small().queue("sales", |_, queue| {
        queue.exits.closed = number_exit("night-shift", None);
    });
    let mut world = World::staffed(setup, &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        world.queue("sales", QueueAction::Close);
        world.settle();
        world.answers("1.5");
        world.settle();
    });
    world.after(10);
    world.answered("1.7", listing(&["caller"]));
    world.check(expect![[r#"
        > at 10s
          operate 1.7 get-participants
        > 1.7 accepted
          operate 1.8 terminate
    "#]]);
}

/// Ann talks, as the answer to a question shows; a list of before she joined comes late.
#[test]
fn a_late_list_of_before_an_answer_ends_no_conversation() {
    let mut world = said_to_have_answered();
    world.after(10);
    world.answered("1.5", listing(&["caller", "ann"]));
    world.take();
    world.list(1, 9, &["caller"]);
    world.check(expect![[r#"
        > 1 list: caller
          operate 1.6 get-participants
    "#]]);
    world.answered("1.6", listing(&["caller", "ann"]));
    world.check(expect![[r#"
        > 1.6 accepted
    "#]]);
    world.list(1, 10, &["caller", "ann"]);
    world.list(1, 11, &["caller"]);
    world.check(expect![[r#"
        > 1 list: caller ann
        > 1 list: caller
          emit agent ann ready
          operate 1.7 terminate
    "#]]);
}

/// A stranger was there as an answer told, and is gone when Ann joins.
#[test]
fn an_agent_who_joins_while_it_is_asked_who_has_left_talks_to_the_caller() {
    let mut world = ann_rings();
    world.quietly(|world| world.restart(2));
    world.answered("1.5", listing(&["caller", "boss"]));
    world.take();
    world.answers("1.3");
    world.list(1, 20, &["caller", "ann"]);
    world.check(expect![[r#"
        > 1.3 added ann
          emit offer-ended 1-1 to ann: accepted
          operate 1.7 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
        > 1 list: caller ann
          operate 1.8 get-participants
    "#]]);
}

#[test]
fn who_has_left_after_an_answer_is_asked_for_once_more() {
    let mut world = said_to_have_answered();
    world.after(10);
    world.answered("1.5", listing(&["caller", "ann"]));
    world.list(1, 9, &["caller"]);
    world.take();
    world.answered("1.6", listing(&["caller"]));
    world.check(expect![[r#"
        > 1.6 accepted
          emit agent ann ready
          operate 1.7 terminate
    "#]]);
}

/// The service may list everybody under another identity than the one that was called.
#[test]
fn nobody_is_taken_out_because_of_a_list_without_the_caller() {
    let mut world = World::with_ready(Setup::small(), &[]);
    world.quietly(|world| {
        world.ready("ann");
        world.takes_break("ann");
        world.calls("line", "caller");
        world.accepted("1.1");
        world.connected(1);
        world.restart(2);
    });
    world.answered("1.5", listing(&["boss"]));
    world.check(expect![[r#"
        > 1.5 accepted
          emit calls-taken-over 1 live 0 ended
    "#]]);
}
