//! The process was away for a while: who waited through it, and what ended meanwhile.

use crate::harness::World;
use crate::harness::acs::present;
use crate::harness::config::{Setup, party};
use cordboard_core::ids::Millis;
use cordboard_core::input::{AgentAction, Response};
use expect_test::expect;

/// Time passes, and no `Tick` comes, because the process is away; then it is started again.
fn away(world: &mut World, seconds: u64, epoch: u64) {
    world.now.0 += seconds * 1_000;
    world.restart(epoch);
    world.tick();
}

#[test]
fn who_waited_through_an_outage_is_kept_for_agents_who_have_become_free() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.talking("caller", "ann");
    world.queued("caller-2");
    // Longer than the queue lets anybody wait.
    away(&mut world, 540, 2);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 2 calls away since 540s ago
          operate 1.5 get-call
          operate 1.6 get-participants
          operate 2.3 get-call
          operate 2.4 get-participants
        > tick
    "#]]);
    world.after(15);
    world.take();
    // The conversation has ended meanwhile.
    world.refused("1.5", 404);
    world.check(expect![[r#"
        > 1.5 refused 404
          emit agent ann ready
          emit call-ended 1 handled by ann away since 555s ago
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=555000
          operate 2.5 add-participant ann ring 20s
    "#]]);
}

#[test]
fn after_the_grace_the_time_is_up() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        away(world, 540, 2);
        world.settle();
        world.after_ms(59_999);
    });
    world.after_ms(1);
    world.check(expect![[r#"
        > at 600s
          emit queue-exited 1 from sales: max-wait by message
          operate 1.5 cancel-media
          operate 1.6 play sorry to caller
    "#]]);
    world.quietly(|world| world.settle());
    world.disconnected(1);
    world.check(expect![[r#"
        > 1 disconnected
          emit call-ended 1 exited at max-wait
    "#]]);
}

#[test]
fn a_wait_that_is_up_after_the_grace_is_not_longer_for_the_restart() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        away(world, 200, 2);
        world.settle();
        world.after_ms(99_999);
    });
    world.after_ms(1);
    world.check(expect![[r#"
        > at 300s
          emit queue-exited 1 from sales: max-wait by message
          operate 1.5 cancel-media
          operate 1.6 play sorry to caller
    "#]]);
}

#[test]
fn where_nobody_was_logged_in_the_way_out_is_taken_after_the_grace() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        world.agent("ann", AgentAction::Offline);
        away(world, 100, 2);
        world.settle();
        world.after_ms(59_999);
    });
    world.after_ms(1);
    world.check(expect![[r#"
        > at 160s
          emit queue-exited 1 from sales: no-agents by voicemail
          operate 1.5 cancel-media
          operate 1.6 play greeting to caller
    "#]]);
}

#[test]
fn who_comes_after_the_restart_waits_as_long_as_ever() {
    let setup = Setup::small().queue("sales", |_, queue| queue.max_wait = Millis::from_secs(10));
    let mut world = World::staffed(setup, &["ann"]);
    world.quietly(|world| {
        away(world, 540, 2);
        world.after(1);
    });
    world.queued("caller");
    world.after(10);
    world.check(expect![[r#"
        > at 551s
          emit queue-exited 1 from sales: max-wait by message
          operate 1.3 cancel-media
          operate 1.4 play sorry to caller
    "#]]);
}

#[test]
fn without_a_grace_the_first_tick_sends_callers_away() {
    let setup = Setup::small().with(|setup| setup.config.timeouts.restart_grace = Millis(0));
    let mut world = World::staffed(setup, &["ann"]);
    world.queued("caller");
    away(&mut world, 540, 2);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 540s ago
          operate 1.3 get-call
          operate 1.4 get-participants
        > tick
          emit queue-exited 1 from sales: max-wait by message
          operate 1.5 cancel-media
          operate 1.6 play sorry to caller
    "#]]);
}

#[test]
fn a_call_that_ended_meanwhile_is_marked_and_one_that_ends_later_is_not() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.talking("caller", "ann");
    world.queued("caller-2");
    world.quietly(|world| away(world, 60, 2));
    world.refused("1.5", 404);
    world.check(expect![[r#"
        > 1.5 refused 404
          emit agent ann ready
          emit call-ended 1 handled by ann away since 60s ago
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=60000
          operate 2.5 add-participant ann ring 20s
    "#]]);
    let caller = present(party("caller-2"));
    world.answered("2.4", Response::Participants(vec![caller]));
    world.disconnected(2);
    world.check(expect![[r#"
        > 2.4 accepted
          emit calls-taken-over 1 live 1 ended
        > 2 disconnected
          emit offer-ended 2-1 to ann: cancelled
          emit agent ann ready
          emit call-ended 2 abandoned
    "#]]);
}

#[test]
fn a_caller_who_left_meanwhile_is_marked_although_the_connection_lived() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        away(world, 60, 2);
        world.accepted("1.3");
        world.answered("1.4", Response::Participants(vec![]));
    });
    world.disconnected(1);
    world.check(expect![[r#"
        > 1 disconnected
          emit call-ended 1 abandoned away since 60s ago
    "#]]);
}

#[test]
fn of_two_outages_the_first_counts() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        away(world, 60, 2);
        world.after(5);
        away(world, 60, 3);
    });
    world.refused("1.5", 404);
    world.check(expect![[r#"
        > 1.5 refused 404
          emit call-ended 1 abandoned away since 125s ago
          emit calls-taken-over 0 live 1 ended
    "#]]);
}
