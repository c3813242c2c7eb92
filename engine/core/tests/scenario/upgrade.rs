//! A version of the core takes over what an earlier one has left.
//!
//! `tests/golden/v1` holds states of calls as that version wrote them into snapshots. They are never written again: a state that
//! cannot be read any more, or in which a caller is forgotten, is a mistake of the version that reads it. When the state gets a
//! new form, the states of the new version join in a folder of their own.

use crate::harness::World;
use crate::harness::config::{Setup, party};
use crate::scenario::{collecting, exiting};
use cordboard_core::Tenant;
use cordboard_core::ids::Millis;
use cordboard_core::input::{CallAction, QueueAction};
use expect_test::{Expect, expect};
use std::path::Path;

/// The state that `world` had in version 1 replaces the one that it has now; then the new version starts on it, and whoever may
/// still be there is looked for, is served, and hangs up.
#[track_caller]
#[expect(
    clippy::disallowed_methods,
    reason = "what an earlier version has left is in files"
)]
fn takes_over(name: &str, mut world: World, expected: Expect) {
    let file = format!("tests/golden/v1/{name}.state");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if !path.exists() && std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, rmp_serde::to_vec_named(&world.tenant).unwrap()).unwrap();
    }
    let state = std::fs::read(&path).unwrap();
    world.tenant = rmp_serde::from_slice::<Tenant>(&state).unwrap();
    world.take();
    world.restart(2);
    world.settle();
    world.after(10);
    world.settle();
    world.disconnected(1);
    world.after(60);
    world.check(expected);
    assert_eq!(world.tenant.live_calls(), 0, "{name}");
}

fn talking(setup: Setup) -> World {
    let mut world = World::with_ready(setup, &["ann"]);
    world.talking("caller", "ann");
    world
}

#[test]
fn a_call_that_is_not_answered_yet() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.calls("line", "caller");
    takes_over(
        "incoming",
        world,
        expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 0 calls away since 0s ago
          operate 1.1 answer within 20s
        > 1.1 accepted
        > 1 connected
          emit call-answered 1
          emit call-queued 1 in sales at 1
          operate 1.2 play music to caller looped
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-1 to ann in sales for 20s caller=+14255550100 waited-ms=0
          operate 1.3 add-participant ann ring 20s
        > 1 list: caller
        > 1.2 accepted
        > 1.2 play started
        > 1.3 accepted
        > 1 disconnected
          emit offer-ended 1-1 to ann: cancelled
          emit agent ann ready
          emit call-ended 1 abandoned
    "#]],
    );
}

#[test]
fn a_call_that_is_being_answered() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.calls("line", "caller");
    world.accepted("1.1");
    takes_over(
        "answering",
        world,
        expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          operate 1.2 get-call
          operate 1.3 get-participants
        > 1.1 accepted
          = ignored closed-operation
        > 1 connected
          emit calls-taken-over 1 live 0 ended
          emit call-answered 1
          emit call-queued 1 in sales at 1
          operate 1.4 play music to caller looped
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-1 to ann in sales for 20s caller=+14255550100 waited-ms=0
          operate 1.5 add-participant ann ring 20s
        > 1 list: caller
        > 1.2 accepted
        > 1.3 accepted
        > 1.4 accepted
        > 1.4 play started
        > 1.5 accepted
        > 1 disconnected
          emit offer-ended 1-1 to ann: cancelled
          emit agent ann ready
          emit call-ended 1 abandoned
    "#]],
    );
}

#[test]
fn a_call_in_its_menu() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.calls_and_settles("main", "caller");
    takes_over(
        "menu",
        world,
        expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          emit operation-failed 1 menu: unknown
          operate 1.3 cancel-media
          operate 1.4 recognize menu from caller digits<=1 silence<=5s
          operate 1.5 get-call
          operate 1.6 get-participants
        > 1.3 accepted
        > 1.4 accepted
        > 1.5 accepted
        > 1.6 accepted
          emit calls-taken-over 1 live 0 ended
        > 1 disconnected
          emit call-ended 1 abandoned
    "#]],
    );
}

#[test]
fn a_call_in_a_queue() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.queued("caller");
    takes_over(
        "queued",
        world,
        expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          operate 1.3 get-call
          operate 1.4 get-participants
        > 1.3 accepted
        > 1.4 accepted
          emit calls-taken-over 1 live 0 ended
        > 1 disconnected
          emit call-ended 1 abandoned
    "#]],
    );
}

#[test]
fn a_call_for_which_an_agent_is_rung() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    takes_over(
        "offering",
        world,
        expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          operate 1.4 get-call
          operate 1.5 get-participants
        > 1.4 accepted
        > 1.5 accepted
          emit calls-taken-over 1 live 0 ended
        > 1 disconnected
          emit offer-ended 1-1 to ann: cancelled
          emit agent ann ready
          emit call-ended 1 abandoned
    "#]],
    );
}

#[test]
fn a_conversation() {
    let world = talking(Setup::small());
    takes_over(
        "connected",
        world,
        expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          operate 1.5 get-call
          operate 1.6 get-participants
        > 1.5 accepted
        > 1.6 accepted
          emit calls-taken-over 1 live 0 ended
        > 1 disconnected
          emit agent ann ready
          emit call-ended 1 handled by ann
    "#]],
    );
}

#[test]
fn a_conversation_on_hold_with_a_third_party_being_rung() {
    let mut world = talking(Setup::small().recorded("sales"));
    world.acts("ann", 1, CallAction::Hold);
    world.acts("ann", 1, CallAction::AddParticipant(party("bob")));
    takes_over(
        "held",
        world,
        expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          operate 1.7 add-participant bob ring 60s
          emit operation-failed 1 hold: unknown
          operate 1.8 cancel-media
          operate 1.9 get-call
          operate 1.10 get-participants
        > 1.6 accepted
          = ignored closed-operation
        > 1.6 play started
          = ignored closed-operation
          emit calls-taken-over 1 live 0 ended
        > 1.7 accepted
        > 1.8 accepted
        > 1.9 accepted
        > 1.10 accepted
        > at 1s
          operate 1.11 play music to caller looped
        > 1.11 accepted
        > 1.11 play started
        > 1 disconnected
          emit agent ann ready
          emit call-ended 1 handled by ann
    "#]],
    );
}

#[test]
fn a_payment_within_a_recorded_conversation() {
    let mut world = collecting::recorded();
    collecting::pays(&mut world);
    world.settle();
    takes_over(
        "paying",
        world,
        expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          operate 1.8 get-call
          operate 1.9 get-participants
        > 1.8 accepted
        > 1.9 accepted
          emit calls-taken-over 1 live 0 ended
        > 1 disconnected
          emit agent ann ready
          emit call-ended 1 handled by ann
    "#]],
    );
}

#[test]
fn a_caller_with_a_number_outside() {
    let mut world = exiting::number();
    world.answers("1.5");
    world.settle();
    takes_over(
        "bridged",
        world,
        expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          operate 1.7 get-call
          operate 1.8 get-participants
        > 1.7 accepted
        > 1.8 accepted
          emit calls-taken-over 1 live 0 ended
        > 1 disconnected
          emit call-ended 1 exited at closed
    "#]],
    );
}

#[test]
fn a_caller_who_hears_the_message_of_an_exit() {
    let world = exiting::message();
    takes_over(
        "message",
        world,
        expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          emit operation-failed 1 exit-message: unknown
          operate 1.5 cancel-media
          operate 1.6 play closed to caller
          operate 1.7 get-call
          operate 1.8 get-participants
        > 1.5 accepted
        > 1.6 accepted
        > 1.6 play started
          emit calls-taken-over 1 live 0 ended
        > 1.7 accepted
        > 1.8 accepted
        > 1 disconnected
          emit call-ended 1 exited at closed
    "#]],
    );
}

#[test]
fn a_caller_who_leaves_a_message() {
    let mut world = exiting::voicemail();
    world.completed("1.4");
    world.settle();
    takes_over(
        "voicemail",
        world,
        expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          operate 1.6 get-call
          operate 1.7 get-participants
        > 1.6 accepted
        > 1.7 accepted
          emit calls-taken-over 1 live 0 ended
        > 1 disconnected
          emit call-ended 1 exited at closed
    "#]],
    );
}

#[test]
fn a_call_that_is_being_ended() {
    let mut world = talking(Setup::small());
    world.acts("ann", 1, CallAction::End);
    takes_over(
        "ending",
        world,
        expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          operate 1.5 terminate
          operate 1.6 get-call
          operate 1.7 get-participants
        > 1.5 accepted
        > 1 disconnected
          emit calls-taken-over 1 live 0 ended
          emit call-ended 1 handled by ann
        > 1.6 accepted
          = ignored closed-operation
        > 1.7 accepted
          = ignored closed-operation
        > 1 disconnected
          = ignored ended-call
    "#]],
    );
}

#[test]
fn an_agent_who_wraps_up() {
    let setup = Setup::small().queue("sales", |_, queue| queue.wrap_up = Millis::from_secs(30));
    let mut world = talking(setup);
    world.disconnected(1);
    takes_over(
        "wrap-up",
        world,
        expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 0 calls away since 0s ago
        > 1 disconnected
          = ignored ended-call
        > at 30s
          emit agent ann ready
    "#]],
    );
}

#[test]
fn a_queue_that_is_closed() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queue("sales", QueueAction::Close);
    world.calls("line", "caller");
    takes_over(
        "closed",
        world,
        expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 0 calls away since 0s ago
          operate 1.1 answer within 20s
        > 1.1 accepted
        > 1 connected
          emit call-answered 1
          emit queue-exited 1 from sales: closed by message
          operate 1.2 play closed to caller
        > 1 list: caller
        > 1.2 accepted
        > 1.2 play started
        > 1 disconnected
          emit call-ended 1 exited at closed
    "#]],
    );
}
