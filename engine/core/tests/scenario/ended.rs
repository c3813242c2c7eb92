//! How a call ends, and what is remembered of it.

use crate::harness::World;
use crate::harness::acs::present;
use crate::harness::config::{Setup, party};
use cordboard_core::config::Exit;
use cordboard_core::ids::{CallId, Millis};
use cordboard_core::input::{AgentAction, CallAction, CallEventKind, Response, Skipped};
use expect_test::expect;

fn wrap_up(setup: Setup) -> Setup {
    setup.queue("sales", |_, queue| queue.wrap_up = Millis::from_secs(30))
}

fn talking(setup: Setup) -> World {
    let mut world = World::with_ready(setup, &["ann"]);
    world.talking("caller", "ann");
    world
}

#[test]
fn a_hang_up_is_repeated_until_the_call_is_over() {
    let mut world = talking(Setup::small());
    world.acts("ann", 1, CallAction::End);
    world.accepted("1.5");
    world.after(60);
    world.refused("1.9", 404);
    world.check(expect![[r#"
        > ann on 1: end
          emit agent ann ready
          operate 1.5 terminate
        > 1.5 accepted
        > at 10s
          operate 1.6 terminate
        > at 20s
          operate 1.7 terminate
        > at 30s
          operate 1.8 terminate
        > at 50s
          emit operation-failed 1 hang-up: unknown
          operate 1.9 terminate
        > 1.9 refused 404
          emit call-ended 1 handled by ann
    "#]]);
    assert_eq!(world.tenant.live_calls(), 0);
    assert_eq!(world.tenant.poll_timeout(), None);
}

#[test]
fn a_hang_up_of_a_call_that_is_gone_ends_it() {
    let mut world = talking(Setup::small());
    world.acts("ann", 1, CallAction::End);
    world.refused("1.5", 404);
    world.disconnected(1);
    world.check(expect![[r#"
        > ann on 1: end
          emit agent ann ready
          operate 1.5 terminate
        > 1.5 refused 404
          emit call-ended 1 handled by ann
        > 1 disconnected
          = ignored ended-call
    "#]]);
}

#[test]
fn a_hang_up_that_is_refused_or_unknown_is_repeated() {
    let mut world = talking(Setup::small());
    world.acts("ann", 1, CallAction::End);
    world.refused("1.5", 500);
    world.after(10);
    world.unknown("1.6");
    world.after(10);
    world.disconnected(1);
    world.check(expect![[r#"
        > ann on 1: end
          emit agent ann ready
          operate 1.5 terminate
        > 1.5 refused 500
          emit operation-failed 1 hang-up: refused 500
        > at 10s
          operate 1.6 terminate
        > 1.6 unknown
          emit operation-failed 1 hang-up: unknown
        > at 20s
          operate 1.7 terminate
        > 1 disconnected
          emit call-ended 1 handled by ann
    "#]]);
}

#[test]
fn what_comes_after_the_hang_up_changes_nothing() {
    let mut world = talking(Setup::small());
    world.quietly(|world| world.acts("ann", 1, CallAction::End));
    world.connected(1);
    world.list(1, 9, &["caller"]);
    world.event(1, CallEventKind::ParticipantAdded(party("eve")));
    world.play_cancelled("1.2");
    world.acts("ann", 1, CallAction::End);
    world.acts("ann", 1, CallAction::Hold);
    world.check(expect![[r#"
        > 1 connected
          = ignored not-now
        > 1 list: caller
        > 1 added eve
          = ignored not-now
        > 1.2 play cancelled
          = ignored closed-operation
        > ann on 1: end
          = refused not-your-call
        > ann on 1: hold
          = refused not-your-call
    "#]]);
}

#[test]
fn what_comes_after_the_end_changes_nothing() {
    let mut world = talking(Setup::small());
    world.quietly(|world| world.disconnected(1));
    world.disconnected(1);
    world.list(1, 9, &["caller"]);
    world.event(1, CallEventKind::ParticipantAdded(party("eve")));
    world.accepted("1.4");
    world.acts("ann", 1, CallAction::End);
    world.check(expect![[r#"
        > 1 disconnected
          = ignored ended-call
        > 1 list: caller
          = ignored ended-call
        > 1 added eve
          = ignored ended-call
        > 1.4 accepted
          = ignored closed-operation
        > ann on 1: end
          = refused unknown-call
    "#]]);
}

#[test]
fn wrap_up_ends_by_itself() {
    let mut world = talking(wrap_up(Setup::small()));
    world.disconnected(1);
    world.after(29);
    world.check(expect![[r#"
        > 1 disconnected
          emit agent ann wrap-up
          emit call-ended 1 handled by ann
    "#]]);
    assert_eq!(world.tenant.live_calls(), 1);
    world.after(1);
    world.check(expect![[r#"
        > at 30s
          emit agent ann ready
    "#]]);
    assert_eq!(world.tenant.live_calls(), 0);
    assert_eq!(world.tenant.poll_timeout(), None);
}

#[test]
fn wrap_up_ends_by_hand() {
    for action in [AgentAction::WrapUpDone, AgentAction::Ready] {
        let mut world = talking(wrap_up(Setup::small()));
        world.quietly(|world| {
            world.disconnected(1);
            world.agent("ann", action);
        });
        assert_eq!(world.status_of("ann"), "ready");
        assert_eq!(world.tenant.live_calls(), 0);
        assert_eq!(world.tenant.poll_timeout(), None);
    }
}

#[test]
fn wrap_up_begins_with_the_hang_up() {
    let mut world = talking(wrap_up(Setup::small()));
    world.acts("ann", 1, CallAction::End);
    world.agent("ann", AgentAction::WrapUpDone);
    world.check(expect![[r#"
        > ann on 1: end
          emit agent ann wrap-up
          operate 1.5 terminate
        > ann: wrap-up done
          emit agent ann ready
    "#]]);
    world.settle();
    world.check(expect![[r#"
        > 1.5 accepted
        > 1 disconnected
          emit call-ended 1 handled by ann
    "#]]);
    assert_eq!(world.tenant.live_calls(), 0);
}

#[test]
fn what_comes_during_wrap_up_changes_nothing() {
    let mut world = talking(wrap_up(Setup::small()));
    world.quietly(|world| world.disconnected(1));
    let before = world.tenant.poll_timeout();
    world.disconnected(1);
    world.connected(1);
    world.event(1, CallEventKind::ParticipantAdded(party("eve")));
    world.list(1, 9, &[]);
    world.acts("ann", 1, CallAction::End);
    world.check(expect![[r#"
        > 1 disconnected
          = ignored ended-call
        > 1 connected
          = ignored ended-call
        > 1 added eve
          = ignored ended-call
        > 1 list:
          = ignored ended-call
        > ann on 1: end
          = refused not-now
    "#]]);
    assert_eq!(world.tenant.poll_timeout(), before);
}

#[test]
fn an_agent_tells_how_the_contact_ended() {
    let mut world = talking(wrap_up(Setup::small()));
    let sold = world.code("sold");
    let unknown = world.code("break");
    let call = CallId(1);
    let tells = |code| AgentAction::Disposition { call, code };
    world.agent("ann", tells(sold));
    world.agent("bob", tells(sold));
    world.agent("ann", tells(unknown));
    world.quietly(|world| world.disconnected(1));
    world.agent("ann", tells(sold));
    world.quietly(|world| world.after(30));
    world.agent("ann", tells(sold));
    world.agent("bob", tells(sold));
    world.check(expect![[r#"
        > ann: disposition sold of 1
          emit disposition-set 1 by ann: sold
        > bob: disposition sold of 1
          = refused not-your-call
        > ann: disposition break of 1
          = refused unknown-code
        > ann: disposition sold of 1
          emit disposition-set 1 by ann: sold
        > ann: disposition sold of 1
          emit disposition-set 1 by ann: sold
        > bob: disposition sold of 1
          = refused not-your-call
    "#]]);
}

#[test]
fn an_agent_who_put_a_caller_back_tells_how_it_ended_until_wrap_up_is_done() {
    let mut world = talking(wrap_up(Setup::small()));
    let sales = world.queue_id("sales");
    let sold = world.code("sold");
    let call = CallId(1);
    let tells = AgentAction::Disposition { call, code: sold };
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::Requeue(sales));
        world.settle();
        world.ready("bob");
        world.settle();
        world.picks_up("bob");
    });
    world.agent("ann", tells.clone());
    world.agent("bob", tells.clone());
    world.agent("ann", AgentAction::WrapUpDone);
    world.agent("ann", tells);
    world.check(expect![[r#"
        > ann: disposition sold of 1
          emit disposition-set 1 by ann: sold
        > bob: disposition sold of 1
          emit disposition-set 1 by bob: sold
        > ann: wrap-up done
          emit agent ann ready
        > ann: disposition sold of 1
          = refused not-your-call
    "#]]);
}

#[test]
fn ended_calls_are_forgotten_in_time() {
    let setup = Setup::small().with(|setup| setup.config.limits.ended_calls_max = 1);
    let mut world = talking(setup);
    let sold = world.code("sold");
    let tells = |call| AgentAction::Disposition {
        call: CallId(call),
        code: sold,
    };
    world.quietly(|world| world.disconnected(1));
    world.agent("ann", tells(1));
    world.talking("caller-2", "ann");
    world.quietly(|world| world.disconnected(2));
    world.agent("ann", tells(1));
    world.agent("ann", tells(2));
    world.disconnected(1);
    world.disconnected(2);
    world.check(expect![[r#"
        > ann: disposition sold of 1
          emit disposition-set 1 by ann: sold
        > ann: disposition sold of 1
          = refused not-your-call
        > ann: disposition sold of 2
          emit disposition-set 2 by ann: sold
        > 1 disconnected
          = ignored unknown-call
        > 2 disconnected
          = ignored ended-call
    "#]]);
}

#[test]
fn events_are_forgotten_in_time() {
    let setup = Setup::small().with(|setup| setup.config.limits.event_ids_max = 1);
    let mut world = World::new(setup);
    let first = world.incoming("line", "caller", "a");
    let mut second = world.incoming("line", "caller-2", "b");
    second.rang_at = world.now;
    world.rings_in(first.clone());
    world.quietly(|world| world.refused("1.1", 404));
    world.rings_in(first.clone());
    world.rings_in(second);
    world.rings_in(first);
    world.check(expect![[r#"
        > caller calls line
          = call 1
          emit call-received 1 at line from 4:***00
          operate 1.1 answer within 20s
        > caller calls line
          = ignored duplicate
        > caller-2 calls line
          = call 2
          emit call-received 2 at line from 4:***01
          operate 2.1 answer within 20s
        > caller calls line
          = call 3
          emit call-received 3 at line from 4:***00
          operate 3.1 answer within 20s
    "#]]);
}

#[test]
fn a_call_that_is_silent_for_long_is_asked_about() {
    let mut world = talking(Setup::small());
    let both = ["caller", "ann"].map(|name| present(party(name))).to_vec();
    world.after(1_799);
    world.check(expect![]);
    world.after(1);
    world.accepted("1.5");
    world.answered("1.6", Response::Participants(both));
    world.check(expect![[r#"
        > at 1800s
          operate 1.5 get-call
          operate 1.6 get-participants
        > 1.5 accepted
        > 1.6 accepted
    "#]]);
    // Half an hour later again.
    world.after(1_800);
    world.refused("1.7", 404);
    world.check(expect![[r#"
        > at 3600s
          operate 1.7 get-call
          operate 1.8 get-participants
        > 1.7 refused 404
          emit agent ann ready
          emit call-ended 1 handled by ann
    "#]]);
}

#[test]
fn a_call_that_the_service_calls_gone_is_over() {
    let mut world = talking(Setup::small());
    world.quietly(|world| world.after(1_800));
    world.answered(
        "1.5",
        Response::Connection {
            connection: cordboard_core::ids::ConnectionId("conn-1".to_owned()),
            gone: true,
        },
    );
    world.check(expect![[r#"
        > 1.5 accepted
          emit agent ann ready
          emit call-ended 1 handled by ann
    "#]]);
}

#[test]
fn a_question_about_a_silent_call_that_stays_open_changes_nothing_and_is_asked_again() {
    let mut world = talking(Setup::small());
    world.quietly(|world| world.after(1_800));
    world.unknown("1.5");
    world.unknown("1.6");
    world.after(15);
    world.check(expect![[r#"
        > 1.5 unknown
        > 1.6 unknown
        > at 1810156ms
          operate 1.7 get-call
          operate 1.8 get-participants
    "#]]);
    assert_eq!(world.status_of("ann"), "busy");
}

#[test]
fn any_event_is_a_sign_of_life() {
    let mut world = talking(Setup::small());
    world.after(1_000);
    world.event(1, CallEventKind::Other("ContinuousDtmf".to_owned()));
    world.after(1_799);
    world.check(expect![[r#"
        > 1 other ContinuousDtmf
          = ignored unknown-type
    "#]]);
    world.after(1);
    world.check(expect![[r#"
        > at 2800s
          operate 1.5 get-call
          operate 1.6 get-participants
    "#]]);
}

/// What had no effect may have been the news of its end.
#[test]
fn a_call_of_which_an_input_was_skipped_is_looked_at() {
    let mut world = talking(Setup::small());
    world.skipped(Skipped::Call(CallId(1)));
    world.refused("1.5", 404);
    world.check(expect![[r#"
        > skipped Call(CallId(1))
          emit input-skipped 1
          operate 1.5 get-call
          operate 1.6 get-participants
        > 1.5 refused 404
          emit agent ann ready
          emit call-ended 1 handled by ann
    "#]]);
}

#[test]
fn a_caller_whose_inputs_are_skipped_again_leaves_by_the_exit_of_the_longest_wait() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.queued("caller");
    world.skipped(Skipped::Call(CallId(1)));
    world.skipped(Skipped::Call(CallId(1)));
    world.check(expect![[r#"
        > skipped Call(CallId(1))
          emit input-skipped 1
          operate 1.3 get-call
          operate 1.4 get-participants
        > skipped Call(CallId(1))
          emit input-skipped 1
          emit queue-exited 1 from sales: inputs-skipped by message
          operate 1.5 cancel-media
          operate 1.6 play sorry to caller
    "#]]);
}

/// Whoever cannot be matched would keep everybody of the pool from it.
#[test]
fn a_caller_in_whose_matching_a_mistake_was_met_leaves_and_the_others_are_served() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.queued("caller");
    world.queued("caller-2");
    world.skipped(Skipped::Match(CallId(1)));
    world.ready("ann");
    world.check(expect![[r#"
        > skipped Match(CallId(1))
          emit input-skipped 1
          emit queue-exited 1 from sales: inputs-skipped by message
          operate 1.3 cancel-media
          operate 1.4 play sorry to caller
        > ann: ready
          emit agent ann ready
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=0
          operate 2.3 add-participant ann ring 20s
    "#]]);
}

/// Two who wait cannot be matched: each is set aside by an input of its own, and the one that met them comes again after each.
#[test]
fn nobody_is_matched_by_the_input_that_sets_a_call_aside() {
    let mut world = World::staffed(Setup::small(), &["ann", "bob"]);
    world.queued("caller");
    world.queued("caller-2");
    world.queued("caller-3");
    // The driver took the state of before `ann: ready` back.
    world.skipped(Skipped::Match(CallId(1)));
    world.skipped(Skipped::Match(CallId(2)));
    world.quietly(|world| world.settle());
    world.ready("ann");
    world.check(expect![[r#"
        > skipped Match(CallId(1))
          emit input-skipped 1
          emit queue-exited 1 from sales: inputs-skipped by message
          operate 1.3 cancel-media
          operate 1.4 play sorry to caller
        > skipped Match(CallId(2))
          emit input-skipped 2
          emit queue-exited 2 from sales: inputs-skipped by message
          operate 2.3 cancel-media
          operate 2.4 play sorry to caller-2
        > ann: ready
          emit agent ann ready
          record 3 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 3 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 3-1 to ann in sales for 20s caller=+14255550102 waited-ms=0
          operate 3.3 add-participant ann ring 20s
    "#]]);
}

/// It joins a queue again, and waits there for its exit alone.
#[test]
fn a_contact_in_whose_matching_a_mistake_was_met_is_offered_to_nobody() {
    let setup = Setup::small().queue("sales", |setup, queue| {
        queue.exits.max_wait = Exit::Queue(setup.queue_id("overflow"));
    });
    let mut world = World::staffed(setup, &["cid"]);
    world.queued("caller");
    world.skipped(Skipped::Match(CallId(1)));
    world.ready("cid");
    world.check(expect![[r#"
        > skipped Match(CallId(1))
          emit input-skipped 1
          emit queue-exited 1 from sales: inputs-skipped by queue overflow
          operate 1.3 cancel-media
          emit call-queued 1 in overflow at 1
          operate 1.4 play music to caller looped
        > cid: ready
          emit agent cid ready
    "#]]);
}

#[test]
fn a_call_in_whose_restart_a_mistake_was_met_is_looked_at_and_the_next_restart_takes_it_over() {
    let mut world = World::with_ready(Setup::small(), &["ann", "bob"]);
    world.talking("caller", "ann");
    world.talking("caller-2", "bob");
    world.skipped(Skipped::Restart(CallId(1)));
    world.restart(2);
    world.check(expect![[r#"
        > skipped Restart(CallId(1))
          emit input-skipped 1
        > restarted, epoch 2
          emit engine-restarted 2 calls away since 0s ago
          operate 1.5 get-call
          operate 1.6 get-participants
          operate 2.5 get-call
          operate 2.6 get-participants
    "#]]);
    world.restart(3);
    world.check(expect![[r#"
        > restarted, epoch 3
          emit engine-restarted 2 calls away since 0s ago
          operate 1.7 get-call
          operate 1.8 get-participants
          operate 2.7 get-call
          operate 2.8 get-participants
    "#]]);
}

/// Two deadlines are due, and the rule of the first one hits a mistake.
#[test]
fn a_deadline_that_hits_a_mistake_is_put_off_and_the_others_are_met() {
    let mut world = World::staffed(Setup::small().message_every("sales", 100), &["ann"]);
    world.queued("caller");
    world.queued("caller-2");
    world.quietly(|world| world.after(30));
    // The driver took the state of before the tick back.
    world.now.0 += 70_000;
    world.skipped(Skipped::Tick);
    world.check(expect![[r#"
        > skipped Tick
          emit input-skipped
    "#]]);
    // The next tick takes one deadline, hits the mistake and is taken back.
    world.skipped(Skipped::Tick);
    world.tick();
    world.check(expect![[r#"
        > skipped Tick
          emit input-skipped 1
          operate 1.3 get-call
          operate 1.4 get-participants
        > tick
          operate 2.3 cancel-media
          operate 2.4 play patience to caller-2
    "#]]);
    world.after(59);
    world.take();
    world.after(1);
    world.check(expect![[r#"
        > at 160s
          operate 1.7 cancel-media
          operate 1.8 play patience to caller
    "#]]);
}
