//! An agent whose part in a call is over is not rung for another one before the service has let go of them.

use super::offering::ann_rings;
use crate::harness::World;
use crate::harness::acs::{invitation, present};
use crate::harness::config::{Setup, party};
use crate::harness::world::command_id;
use cordboard_core::ids::Millis;
use cordboard_core::input::{CallAction, CallEventKind, Response};
use expect_test::expect;

/// Ann, the only agent, rings for the first caller (`1.3`) while a second one waits.
fn another_waits() -> World {
    let mut world = ann_rings();
    world.queued("caller-2");
    world
}

#[test]
fn an_agent_who_declines_is_rung_again_when_the_withdrawal_is_confirmed() {
    let mut world = another_waits();
    world.refuses("ann", 1, 1);
    world.accepted("1.4");
    world.check(expect![[r#"
        > ann: decline 1-1
          emit offer-ended 1-1 to ann: declined
          operate 1.4 cancel-add inv-1.3
          emit agent ann ready
        > 1.4 accepted
    "#]]);
    world.invitation_cancelled("1.3");
    world.check(expect![[r#"
        > 1 cancelled inv-1.3
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=0
          operate 2.3 add-participant ann ring 20s
    "#]]);
}

#[test]
fn a_withdrawal_that_is_not_confirmed_counts_after_the_time_for_an_event() {
    let mut world = another_waits();
    world.refuses("ann", 1, 1);
    world.accepted("1.4");
    world.quietly(|world| world.after(9));
    world.check(expect![[r#"
        > ann: decline 1-1
          emit offer-ended 1-1 to ann: declined
          operate 1.4 cancel-add inv-1.3
          emit agent ann ready
        > 1.4 accepted
    "#]]);
    world.after(1);
    world.check(expect![[r#"
        > at 10s
          operate 1.5 get-participants
    "#]]);
    world.finds("1.5", &["caller"]);
    world.check(expect![[r#"
        > 1.5 accepted
          emit operation-failed 1 ring: unknown
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=10000
          operate 2.3 add-participant ann ring 20s
    "#]]);
}

/// Ann had answered when she declined at her desk; the events that would tell of the answer are lost.
#[test]
fn an_agent_of_whose_invitation_nothing_is_heard_is_looked_for_before_they_are_let_go_of() {
    let mut world = another_waits();
    world.refuses("ann", 1, 1);
    world.refused("1.4", 400);
    world.after(10);
    world.take();
    world.finds("1.5", &["caller", "ann"]);
    world.check(expect![[r#"
        > 1.5 accepted
          operate 1.6 remove-participant ann
    "#]]);
    world.settle();
    world.check(expect![[r#"
        > 1.4 accepted
          = ignored closed-operation
        > 1 cancelled inv-1.3
          = ignored closed-operation
        > 1.5 accepted
          = ignored closed-operation
        > 1.6 accepted
        > 1.6 removed ann
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=10000
          operate 2.3 add-participant ann ring 20s
        > 1 list: caller
          operate 1.7 get-participants
        > 2.3 accepted
        > 1.7 accepted
    "#]]);
}

/// Ann may have rung from just before the request was given up, for 20 s.
#[test]
fn a_ring_whose_invitation_is_not_known_keeps_the_agent_until_it_is_over() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.calls("line", "caller");
        world.accepted("1.1");
        world.connected(1);
        world.unknown("1.3");
        world.queued("caller-2");
    });
    world.refuses("ann", 1, 1);
    world.check(expect![[r#"
        > ann: decline 1-1
          emit offer-ended 1-1 to ann: declined
          emit agent ann ready
    "#]]);
    world.quietly(|world| world.after(39));
    assert_eq!(world.status_of("ann"), "ready");
    world.after(1);
    world.check(expect![[r#"
        > at 40s
          operate 1.4 get-participants
    "#]]);
    world.finds("1.4", &["caller"]);
    world.check(expect![[r#"
        > 1.4 accepted
          emit operation-failed 1 ring: unknown
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=40000
          operate 2.3 add-participant ann ring 20s
    "#]]);
}

fn two_wait_and_a_request_is_under_way() -> World {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.queued("caller");
        world.queued("caller-2");
        world.ready("ann");
    });
    world
}

/// The answer to the request is lost, so it is on its way again when Ann declines on her phone.
#[test]
fn an_agent_who_declines_before_the_request_has_an_outcome_may_be_rung_by_it_again() {
    let mut world = two_wait_and_a_request_is_under_way();
    world.declines("1.3");
    world.check(expect![[r#"
        > 1.3 not added ann 603/560603
          emit offer-ended 1-1 to ann: declined
          emit agent ann ready
    "#]]);
    world.accepted("1.3");
    world.check(expect![[r#"
        > 1.3 accepted
          operate 1.4 cancel-add inv-1.3
    "#]]);
    world.invitation_cancelled("1.3");
    world.check(expect![[r#"
        > 1 cancelled inv-1.3
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=0
          operate 2.3 add-participant ann ring 20s
    "#]]);
}

/// The request was sent again because its answer was lost, and that rang a second time before nobody knew what became of it.
#[test]
fn an_agent_who_declines_when_nobody_knows_of_the_request_may_be_rung_by_it_again() {
    let mut world = two_wait_and_a_request_is_under_way();
    world.unknown("1.3");
    world.declines("1.3");
    world.check(expect![[r#"
        > 1.3 unknown
        > 1.3 not added ann 603/560603
          emit offer-ended 1-1 to ann: declined
          emit agent ann ready
    "#]]);
    world.rings_out("1.3");
    world.check(expect![[r#"
        > 1.3 not added ann 480/10037
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=0
          operate 2.3 add-participant ann ring 20s
    "#]]);
}

/// The same, and the second ring has begun: it is known by its invitation.
#[test]
fn an_agent_who_declines_the_first_of_two_invitations_is_not_rung_on_by_the_second() {
    let mut world = two_wait_and_a_request_is_under_way();
    let id = command_id("1.3");
    world.answered("1.3", Response::AnotherInvitation(invitation(id)));
    world.declines("1.3");
    world.check(expect![[r#"
        > 1.3 accepted
        > 1.3 not added ann 603/560603
          operate 1.4 cancel-add inv-1.3
          emit offer-ended 1-1 to ann: declined
          emit agent ann ready
    "#]]);
    world.accepted("1.4");
    world.rings_out("1.3");
    world.check(expect![[r#"
        > 1.4 accepted
        > 1.3 not added ann 480/10037
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=0
          operate 2.3 add-participant ann ring 20s
    "#]]);
}

#[test]
fn an_agent_who_answers_the_first_of_two_invitations_talks() {
    let mut world = two_wait_and_a_request_is_under_way();
    let id = command_id("1.3");
    world.answered("1.3", Response::AnotherInvitation(invitation(id)));
    world.answers("1.3");
    world.check(expect![[r#"
        > 1.3 accepted
        > 1.3 added ann
          emit offer-ended 1-1 to ann: accepted
          operate 1.4 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
    "#]]);
}

#[test]
fn an_agent_who_declines_before_a_request_that_is_refused_is_let_go_of() {
    let mut world = two_wait_and_a_request_is_under_way();
    world.declines("1.3");
    world.take();
    world.refused("1.3", 400);
    world.check(expect![[r#"
        > 1.3 refused 400
          emit operation-failed 1 ring: refused 400
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=0
          operate 2.3 add-participant ann ring 20s
    "#]]);
}

#[test]
fn an_agent_who_rings_when_the_call_is_ended_is_free_when_it_is_over() {
    let mut world = another_waits();
    world.acts("boss", 1, CallAction::End);
    world.accepted("1.4");
    world.check(expect![[r#"
        > boss on 1: end
          emit offer-ended 1-1 to ann: cancelled
          emit agent ann ready
          operate 1.4 terminate
        > 1.4 accepted
    "#]]);
    world.disconnected(1);
    world.check(expect![[r#"
        > 1 disconnected
          emit call-ended 1 ended
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=0
          operate 2.3 add-participant ann ring 20s
    "#]]);
}

#[test]
fn an_agent_who_gives_a_caller_back_is_free_when_out_of_the_call() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.talking("caller", "ann");
    world.queued("caller-2");
    let sales = world.queue_id("sales");
    world.acts("ann", 1, CallAction::Requeue(sales));
    world.check(expect![[r#"
        > ann on 1: requeue in sales
          operate 1.5 remove-participant ann
          emit agent ann ready
          emit call-queued 1 in sales at 1
          operate 1.6 play music to caller looped
    "#]]);
    world.settle();
    world.check(expect![[r#"
        > 1.5 accepted
        > 1.5 removed ann
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=0
          operate 2.3 add-participant ann ring 20s
        > 1 list: caller
        > 1.6 accepted
        > 1.6 play started
        > 2.3 accepted
    "#]]);
}

#[test]
fn an_agent_who_answers_after_all_is_free_when_taken_out() {
    let mut world = another_waits();
    world.refuses("ann", 1, 1);
    world.answers("1.3");
    world.check(expect![[r#"
        > ann: decline 1-1
          emit offer-ended 1-1 to ann: declined
          operate 1.4 cancel-add inv-1.3
          emit agent ann ready
        > 1.3 added ann
          operate 1.5 remove-participant ann
    "#]]);
    world.settle();
    world.check(expect![[r#"
        > 1.4 accepted
        > 1 cancelled inv-1.3
          = ignored closed-operation
        > 1.5 accepted
        > 1.5 removed ann
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=0
          operate 2.3 add-participant ann ring 20s
        > 1 list: caller
        > 2.3 accepted
    "#]]);
}

#[test]
fn a_withdrawal_of_unknown_fate_is_sent_again() {
    let mut world = another_waits();
    world.refuses("ann", 1, 1);
    world.unknown("1.4");
    world.check(expect![[r#"
        > ann: decline 1-1
          emit offer-ended 1-1 to ann: declined
          operate 1.4 cancel-add inv-1.3
          emit agent ann ready
        > 1.4 unknown
          operate 1.5 cancel-add inv-1.3
          emit operation-failed 1 cancel-add: unknown
    "#]]);
    world.settle();
    world.check(expect![[r#"
        > 1.4 accepted
          = ignored closed-operation
        > 1 cancelled inv-1.3
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=0
          operate 2.3 add-participant ann ring 20s
        > 1.5 accepted
        > 1 cancelled inv-1.3
          = ignored closed-operation
        > 2.3 accepted
    "#]]);
}

/// Ann gave the caller back; whether she is out of the call nobody knows: she may still talk.
fn nobody_knows_whether_ann_is_out() -> World {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.talking("caller", "ann");
    world.queued("caller-2");
    let sales = world.queue_id("sales");
    world.quietly(|world| world.acts("ann", 1, CallAction::Requeue(sales)));
    world.unknown("1.5");
    world
}

#[test]
fn a_removal_of_unknown_fate_is_sent_again() {
    let mut world = nobody_knows_whether_ann_is_out();
    world.check(expect![[r#"
        > 1.5 unknown
          emit operation-failed 1 remove-leg: unknown
          operate 1.7 remove-participant ann
    "#]]);
    world.settle();
    world.check(expect![[r#"
        > 1.5 accepted
          = ignored closed-operation
        > 1.5 removed ann
          = ignored closed-operation
        > 1 list: caller
        > 1.6 accepted
        > 1.6 play started
        > 1.7 accepted
        > 1.7 removed ann
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=0
          operate 2.3 add-participant ann ring 20s
        > 1 list: caller
        > 2.3 accepted
    "#]]);
}

#[test]
fn a_removal_that_is_refused_because_the_leg_is_out_already_lets_go_of_the_agent() {
    let mut world = nobody_knows_whether_ann_is_out();
    world.refused("1.7", 400);
    world.after(10);
    world.finds("1.8", &["caller"]);
    world.check(expect![[r#"
        > 1.5 unknown
          emit operation-failed 1 remove-leg: unknown
          operate 1.7 remove-participant ann
        > 1.7 refused 400
          emit operation-failed 1 remove-leg: refused 400
        > at 10s
          operate 1.8 get-participants
        > 1.8 accepted
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=10000
          operate 2.3 add-participant ann ring 20s
    "#]]);
}

#[test]
fn an_agent_who_cannot_be_taken_out_is_offered_nothing_until_they_are_seen_to_be_gone() {
    let mut world = nobody_knows_whether_ann_is_out();
    world.quietly(|world| world.started("1.6"));
    world.unknown("1.7");
    world.unknown("1.8");
    world.after(10);
    world.finds("1.9", &["caller", "ann"]);
    world.refused("1.10", 503);
    // The look fails, and is made again.
    world.after(20);
    world.refused("1.11", 503);
    world.after(20);
    world.finds("1.13", &["caller"]);
    world.check(expect![[r#"
        > 1.5 unknown
          emit operation-failed 1 remove-leg: unknown
          operate 1.7 remove-participant ann
        > 1.7 unknown
          emit operation-failed 1 remove-leg: unknown
          operate 1.8 remove-participant ann
        > 1.8 unknown
          emit operation-failed 1 remove-leg: unknown
        > at 10s
          operate 1.9 get-participants
        > 1.9 accepted
          operate 1.10 remove-participant ann
        > 1.10 refused 503
          emit operation-failed 1 remove-leg: refused 503
        > at 20s
        > at 30s
          operate 1.11 get-participants
        > 1.11 refused 503
        > at 40156ms
          operate 1.12 get-call
          operate 1.13 get-participants
        > at 50s
          operate 1.14 get-participants
        > 1.13 accepted
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=50000
          operate 2.3 add-participant ann ring 20s
    "#]]);
}

#[test]
fn a_removal_without_its_event_is_sent_again_after_the_time_for_one() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.talking("caller", "ann");
    let sales = world.queue_id("sales");
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::Requeue(sales));
        world.accepted("1.5");
        world.accepted("1.6");
        world.started("1.6");
    });
    world.after(20);
    world.check(expect![[r#"
        > at 20s
          emit operation-failed 1 remove-leg: unknown
          operate 1.7 remove-participant ann
    "#]]);
}

#[test]
fn an_agent_who_is_found_in_a_call_that_waits_is_free_when_taken_out() {
    let mut world = another_waits();
    world.quietly(|world| {
        world.refuses("ann", 1, 1);
        world.restart(2);
    });
    let ann_too = ["caller", "ann"].map(|name| present(party(name)));
    world.answered("1.6", Response::Participants(ann_too.to_vec()));
    world.check(expect![[r#"
        > 1.6 accepted
          operate 1.7 remove-participant ann
    "#]]);
    world.settle();
    world.check(expect![[r#"
        > 1.4 accepted
        > 1 cancelled inv-1.3
          = ignored closed-operation
        > 1.5 accepted
        > 1.6 accepted
          = ignored closed-operation
        > 2.3 accepted
        > 2.4 accepted
          emit calls-taken-over 2 live 0 ended
        > 1.7 accepted
        > 1.7 removed ann
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=0
          operate 2.5 add-participant ann ring 20s
        > 1 list: caller
          operate 1.8 get-participants
        > 2.5 accepted
        > 1.8 accepted
    "#]]);
}

/// The offer, and the time of the operation that rings, passed while the process was down: Ann may have answered.
#[test]
fn an_agent_whose_offer_expired_meanwhile_is_not_rung_before_the_service_has_told_of_them() {
    let mut world = another_waits();
    world.now.0 += 60_000;
    world.restart(2);
    world.tick();
    let ann_too = ["caller", "ann"].map(|name| present(party(name)));
    world.answered("1.6", Response::Participants(ann_too.to_vec()));
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 2 calls away since 60s ago
          emit offer-ended 1-1 to ann: revoked
          operate 1.4 cancel-add inv-1.3
          emit agent ann ready
          operate 1.5 get-call
          operate 1.6 get-participants
          operate 2.3 get-call
          operate 2.4 get-participants
        > tick
        > 1.6 accepted
          operate 1.7 remove-participant ann
    "#]]);
    world.quietly(|world| world.accepted("1.7"));
    world.event_of("1.7", CallEventKind::ParticipantRemoved(party("ann")));
    world.check(expect![[r#"
        > 1.7 removed ann
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-2 to ann in sales for 20s caller=+14255550100 waited-ms=60000
          operate 1.8 add-participant ann ring 20s
    "#]]);
}

#[test]
fn an_agent_who_is_found_in_a_call_that_leaves_its_queue_is_taken_out() {
    let setup = Setup::small().with(|setup| setup.config.timeouts.restart_grace = Millis(0));
    let mut world = World::with_ready(setup, &["ann"]);
    world.queued("caller");
    world.now.0 += 3_600_000;
    world.restart(2);
    world.tick();
    let ann_too = ["caller", "ann"].map(|name| present(party(name)));
    world.answered("1.6", Response::Participants(ann_too.to_vec()));
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 3600s ago
          emit offer-ended 1-1 to ann: revoked
          operate 1.4 cancel-add inv-1.3
          emit agent ann ready
          operate 1.5 get-call
          operate 1.6 get-participants
        > tick
          emit queue-exited 1 from sales: max-wait by message
          operate 1.7 cancel-media
          operate 1.8 play sorry to caller
        > 1.6 accepted
          operate 1.9 remove-participant ann
          emit calls-taken-over 1 live 0 ended
    "#]]);
}

/// The request that rings Ann for the first caller has no outcome; a second one waits.
fn ring_on_its_way() -> World {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.quietly(|world| {
        for call in 1..=2 {
            world.calls("line", if call == 1 { "caller" } else { "caller-2" });
            world.accepted(&format!("{call}.1"));
            world.connected(call);
            world.accepted(&format!("{call}.2"));
            world.started(&format!("{call}.2"));
        }
    });
    world
}

/// The request waits behind others, and rings when the offer has been over for long.
#[test]
fn an_agent_is_withheld_while_the_request_that_rings_them_is_on_its_way() {
    let mut world = ring_on_its_way();
    world.after(40);
    world.finds("1.4", &["caller"]);
    world.check(expect![[r#"
        > at 20s
        > at 40s
          operate 1.4 get-participants
        > 1.4 accepted
          emit operation-failed 1 ring: unknown
          emit offer-ended 1-1 to ann: failed
          emit agent ann ready
    "#]]);
    world.after(60);
    world.accepted("1.3");
    world.check(expect![[r#"
        > at 45s
        > at 60s
        > 1.3 accepted
          operate 1.5 cancel-add inv-1.3
    "#]]);
    world.accepted("1.5");
    world.invitation_cancelled("1.3");
    world.check(expect![[r#"
        > 1.5 accepted
        > 1 cancelled inv-1.3
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-2 to ann in sales for 20s caller=+14255550100 waited-ms=100000
          operate 1.6 add-participant ann ring 20s
    "#]]);
}

#[test]
fn an_agent_whose_ring_was_on_its_way_when_the_process_stopped_is_withheld_as_long_as_it_may_ring()
{
    let mut world = ring_on_its_way();
    world.refuses("ann", 1, 1);
    world.restart(2);
    world.take();
    world.answered(
        "1.5",
        Response::Participants(vec![present(party("caller"))]),
    );
    world.after(39);
    world.check(expect![[r#"
        > 1.5 accepted
        > at 20s
        > at 30156ms
          operate 1.6 get-call
          operate 1.7 get-participants
        > at 30312ms
          operate 2.5 get-call
          operate 2.6 get-participants
    "#]]);
    world.after(1);
    world.finds("1.8", &["caller"]);
    world.check(expect![[r#"
        > at 40s
          operate 1.8 get-participants
        > 1.8 accepted
          emit operation-failed 1 ring: unknown
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=40000
          operate 2.7 add-participant ann ring 20s
    "#]]);
}

/// The service is busy: the invitation may ring until its own end.
#[test]
fn a_withdrawal_that_is_refused_in_passing_keeps_the_agent_until_the_ring_is_over() {
    let mut world = another_waits();
    world.refuses("ann", 1, 1);
    world.refused("1.4", 503);
    world.after(39);
    world.check(expect![[r#"
        > ann: decline 1-1
          emit offer-ended 1-1 to ann: declined
          operate 1.4 cancel-add inv-1.3
          emit agent ann ready
        > 1.4 refused 503
          emit operation-failed 1 cancel-add: refused 503
        > at 20s
    "#]]);
    world.after(1);
    world.finds("1.5", &["caller"]);
    world.check(expect![[r#"
        > at 40s
          operate 1.5 get-participants
        > 1.5 accepted
          emit operation-failed 1 ring: unknown
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 2 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 2-1 to ann in sales for 20s caller=+14255550101 waited-ms=40000
          operate 2.3 add-participant ann ring 20s
    "#]]);
}

/// Boss was invited by Ann, who has put the caller back; Bob talks to the caller now.
#[test]
fn a_party_of_the_conversation_before_does_not_join_the_next() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.talking("caller", "ann");
    let sales = world.queue_id("sales");
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::AddParticipant(party("boss")));
        world.acts("ann", 1, CallAction::Requeue(sales));
        world.ready("bob");
        world.settle();
        world.picks_up("bob");
    });
    world.answers("1.5");
    world.check(expect![[r#"
        > 1.5 added boss
          operate 1.11 remove-participant boss
    "#]]);
}

#[test]
fn an_agent_who_is_withheld_is_so_after_a_reload_without_them() {
    let mut world = another_waits();
    world.refuses("ann", 1, 1);
    world.goes_offline("ann");
    world.reload(|setup| {
        let ann = setup.agent_id("ann");
        setup.with(|setup| {
            setup.config.agents.remove(&ann);
        })
    });
    world.reload(|setup| setup);
    world.ready("ann");
    world.check(expect![[r#"
        > ann: decline 1-1
          emit offer-ended 1-1 to ann: declined
          operate 1.4 cancel-add inv-1.3
          emit agent ann ready
        > ann: offline
          emit agent ann offline
        > config one
          emit config-applied one
        > config one
          emit config-applied one
        > ann: ready
          = refused unknown-agent
    "#]]);
}

/// Nothing is heard of the ring, and for a minute the service does not tell who is in the call.
#[test]
fn an_agent_of_whom_nobody_can_tell_whether_they_answered_is_offered_nothing() {
    let mut world = ring_on_its_way();
    world.accepted("1.3");
    world.take();
    for _ in 0..8 {
        world.after(10);
        for operation in 4..40 {
            world.unknown(&format!("1.{operation}"));
        }
    }
    let told = world.take();
    assert!(
        told.contains("emit offer-ended 1-1 to ann: failed"),
        "{told}"
    );
    assert!(!told.contains("offer-issued"), "{told}");
    for _ in 0..2 {
        world.after(40);
        world.settle();
    }
    let told = world.take();
    assert!(told.contains("emit offer-issued 1-2 to ann"), "{told}");
}
