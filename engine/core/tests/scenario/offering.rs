//! What rings, who answers first and is a person.

use crate::harness::World;
use crate::harness::config::Setup;
use crate::harness::world::codes;
use cordboard_core::input::{CallAction, CallEventKind};
use expect_test::expect;

/// One agent serves overflow; a caller is offered to them. The music plays as `1.2`.
pub(super) fn offered_to(agent: &str, change: impl FnOnce(Setup) -> Setup) -> World {
    let setup = Setup::small().with(|setup| {
        let overflow = setup.queue_id("overflow");
        for account in setup.config.resource_accounts.values_mut() {
            account.default_queue = overflow;
        }
    });
    let mut world = World::with_ready(change(setup), &[agent]);
    world.queued("caller");
    world
}

pub(super) fn one_by_one(setup: Setup) -> Setup {
    setup.queue("overflow", |_, queue| queue.ring_together = false)
}

/// The plugin chooses what rings; it is asked as `q1`.
pub(super) fn chosen(setup: Setup) -> Setup {
    setup.plugins("overflow", &["ring"])
}

pub(super) fn unchanged(setup: Setup) -> Setup {
    setup
}

pub(super) fn ann_rings() -> World {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    world
}

// ---- one endpoint ----

#[test]
fn an_offer_tells_the_agent_about_the_caller() {
    let mut world = World::with_ready(Setup::small(), &["ann", "bob"]);
    let mut incoming = world.incoming("main", "caller", "a");
    incoming.caller_name = "Grace".to_owned();
    incoming
        .headers
        .insert("tier".to_owned(), "gold".to_owned());
    world.quietly(|world| {
        world.rings_in(incoming);
        world.settle();
    });
    world.after(3);
    world.types("1.2", "1");
    world.check(expect![[r#"
        > 1.2 digits 1
          emit call-queued 1 in sales at 1
          operate 1.3 play music to caller looped
          record 1 skill-match at sales by native: ann of 2 -bob(ranked-lower)
          emit agent ann reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-1 to ann in sales for 20s caller=+14255550100 caller-name=Grace menu-digits=1 tier=gold waited-ms=0
          operate 1.4 add-participant ann ring 20s tier=gold
    "#]]);
}

#[test]
fn a_declined_offer_goes_to_the_next_agent_and_the_first_stays_ready() {
    let mut world = World::with_ready(Setup::small(), &["ann", "bob"]);
    world.queued("caller");
    world.declines("1.3");
    world.check(expect![[r#"
        > 1.3 not added ann 603/560603
          emit offer-ended 1-1 to ann: declined
          emit agent ann ready
          record 1 skill-match at sales by native: bob of 1
          emit agent bob reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-2 to bob in sales for 20s caller=+14255550100 waited-ms=0
          operate 1.4 add-participant bob ring 20s
    "#]]);
}

#[test]
fn an_agent_declines_on_the_desktop() {
    let mut world = World::with_ready(Setup::small(), &["ann", "bob"]);
    world.queued("caller");
    world.refuses("ann", 1, 1);
    world.check(expect![[r#"
        > ann: decline 1-1
          emit offer-ended 1-1 to ann: declined
          operate 1.4 cancel-add inv-1.3
          emit agent ann ready
          record 1 skill-match at sales by native: bob of 1
          emit agent bob reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-2 to bob in sales for 20s caller=+14255550100 waited-ms=0
          operate 1.5 add-participant bob ring 20s
    "#]]);
    world.invitation_cancelled("1.3");
    world.check(expect![[r#"
        > 1 cancelled inv-1.3
    "#]]);
}

#[test]
fn an_offer_that_rings_out_makes_the_agent_not_ready_and_goes_to_the_next() {
    let mut world = World::with_ready(Setup::small(), &["ann", "bob"]);
    world.queued("caller");
    world.after(20);
    world.rings_out("1.3");
    world.check(expect![[r#"
        > at 30s
        > 1.3 not added ann 480/10037
          emit offer-ended 1-1 to ann: expired
          emit agent ann not-ready(rona)
          record 1 skill-match at sales by native: bob of 1
          emit agent bob reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-2 to bob in sales for 20s caller=+14255550100 waited-ms=20000
          operate 1.4 add-participant bob ring 20s
    "#]]);
}

#[test]
fn an_agent_whose_offer_rang_out_keeps_what_was_planned() {
    let mut world = ann_rings();
    world.takes_break("ann");
    world.rings_out("1.3");
    world.check(expect![[r#"
        > ann: not ready, break
        > 1.3 not added ann 480/10037
          emit offer-ended 1-1 to ann: expired
          emit agent ann not-ready(break)
    "#]]);
}

#[test]
fn every_way_of_not_answering_rings_out() {
    for (code, sub_code) in [(480, 10_037), (487, 10_003), (408, 0), (480, 0)] {
        let mut world = ann_rings();
        world.quietly(|world| world.not_added("1.3", code, sub_code));
        assert_eq!(
            world.status_of("ann"),
            "not-ready(rona)",
            "{code}/{sub_code}"
        );
    }
}

#[test]
fn every_way_of_refusing_declines() {
    for (code, sub_code) in [(603, 0), (400, 8538), (500, 560_603)] {
        let mut world = ann_rings();
        world.quietly(|world| world.not_added("1.3", code, sub_code));
        assert_eq!(world.status_of("ann"), "ready", "{code}/{sub_code}");
        let ann = world.agent_id("ann");
        assert_ne!(
            world.tenant.agent_of_call(cordboard_core::ids::CallId(1)),
            Some(ann)
        );
    }
}

#[test]
fn an_endpoint_that_cannot_ring_fails_and_the_agent_keeps_the_place() {
    for (code, sub_code) in [(480, 10_057), (404, 8522), (500, 0), (403, 510_403)] {
        let mut world = ann_rings();
        world.quietly(|world| world.not_added("1.3", code, sub_code));
        assert_eq!(world.status_of("ann"), "ready", "{code}/{sub_code}");
    }
    let mut world = ann_rings();
    world.after(5);
    world.quietly(|world| world.ready("bob"));
    world.not_added("1.3", 404, 8522);
    // Ann is still idle longest, and gets the next caller.
    world.contact("sales", 0);
    world.check(expect![[r#"
        > 1.3 not added ann 404/8522
          emit offer-ended 1-1 to ann: failed
          emit agent ann ready
          record 1 skill-match at sales by native: bob of 1
          emit agent bob reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-2 to bob in sales for 20s caller=+14255550100 waited-ms=5000
          operate 1.4 add-participant bob ring 20s
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 2
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          emit offer-issued 2-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn an_invitation_that_is_refused_fails() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.calls("line", "caller");
        world.accepted("1.1");
        world.connected(1);
    });
    world.refused("1.3", 400);
    world.check(expect![[r#"
        > 1.3 refused 400
          emit operation-failed 1 ring: refused 400
          emit offer-ended 1-1 to ann: failed
          emit agent ann ready
    "#]]);
}

/// It is nobody's fault when the service cannot ring an agent: they are offered the same contact again before long.
#[test]
fn an_agent_who_could_not_be_rung_is_offered_the_contact_again() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.calls("line", "caller");
        world.accepted("1.1");
        world.connected(1);
        world.started("1.2");
        world.refused("1.3", 503);
    });
    world.after(5);
    world.refused("1.4", 503);
    world.after(9);
    world.take();
    world.after(1);
    world.check(expect![[r#"
        > at 15s
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-3 to ann in sales for 20s caller=+14255550100 waited-ms=15000
          operate 1.5 add-participant ann ring 20s
    "#]]);
}

/// Somebody who waits for nobody else would wait in vain.
#[test]
fn an_agent_who_declined_is_offered_the_contact_again_when_ready_anew() {
    let mut world = ann_rings();
    world.quietly(|world| {
        world.declines("1.3");
        world.after(60);
        world.takes_break("ann");
    });
    world.ready("ann");
    world.check(expect![[r#"
        > ann: ready
          emit agent ann ready
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-2 to ann in sales for 20s caller=+14255550100 waited-ms=60000
          operate 1.4 add-participant ann ring 20s
    "#]]);
}

#[test]
fn an_invitation_that_nothing_is_heard_of_fails_and_is_cancelled() {
    let mut world = ann_rings();
    // 20 s of ringing, 10 s for the request, 10 s for the event.
    world.after(39);
    world.check(expect![[r#"
        > at 20s
    "#]]);
    world.after(1);
    world.check(expect![[r#"
        > at 40s
          operate 1.4 get-participants
    "#]]);
    world.finds("1.4", &["caller"]);
    world.check(expect![[r#"
        > 1.4 accepted
          operate 1.5 cancel-add inv-1.3
          emit operation-failed 1 ring: unknown
          emit offer-ended 1-1 to ann: failed
          emit agent ann ready
    "#]]);
}

#[test]
fn an_agent_who_has_answered_unheard_of_is_found_when_the_time_is_up() {
    let mut world = ann_rings();
    world.after(40);
    world.take();
    world.finds("1.4", &["caller", "ann"]);
    world.check(expect![[r#"
        > 1.4 accepted
          emit offer-ended 1-1 to ann: accepted
          operate 1.5 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
    "#]]);
}

/// Whether anybody is there cannot be found out.
#[test]
fn an_invitation_that_nothing_is_heard_of_fails_when_the_question_does() {
    let mut world = ann_rings();
    world.after(40);
    world.take();
    for look in ["1.4", "1.5", "1.6", "1.7"] {
        world.unknown(look);
        world.after(10);
    }
    world.check(expect![[r#"
        > 1.4 unknown
        > at 50s
          operate 1.5 get-participants
        > 1.5 unknown
        > at 50156ms
          operate 1.6 get-call
          operate 1.7 get-participants
        > at 60s
          operate 1.8 get-participants
        > 1.6 unknown
        > 1.7 unknown
        > at 70156ms
          operate 1.9 get-call
        > at 80s
          operate 1.10 cancel-add inv-1.3
          emit operation-failed 1 ring: unknown
          emit offer-ended 1-1 to ann: failed
          emit agent ann ready
    "#]]);
}

#[test]
fn an_invitation_of_unknown_fate_is_waited_for() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.calls("line", "caller");
        world.accepted("1.1");
        world.connected(1);
    });
    world.unknown("1.3");
    world.answers("1.3");
    world.check(expect![[r#"
        > 1.3 unknown
        > 1.3 added ann
          emit offer-ended 1-1 to ann: accepted
          operate 1.4 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
    "#]]);
}

#[test]
fn an_answer_may_come_before_the_response_of_the_invitation() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.calls("line", "caller");
        world.accepted("1.1");
        world.connected(1);
    });
    world.answers("1.3");
    world.accepted("1.3");
    world.check(expect![[r#"
        > 1.3 added ann
          emit offer-ended 1-1 to ann: accepted
          operate 1.4 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
        > 1.3 accepted
          = ignored closed-operation
    "#]]);
}

#[test]
fn an_answer_after_the_time_was_up_is_taken_out_again() {
    let mut world = ann_rings();
    world.quietly(|world| world.after(40));
    world.finds("1.4", &["caller"]);
    world.take();
    world.answers("1.3");
    world.check(expect![[r#"
        > 1.3 added ann
          operate 1.6 remove-participant ann
    "#]]);
}

#[test]
fn a_repeated_answer_under_another_id_changes_nothing() {
    let mut world = ann_rings();
    world.answers("1.3");
    world.answers("1.3");
    world.rings_out("1.3");
    world.check(expect![[r#"
        > 1.3 added ann
          emit offer-ended 1-1 to ann: accepted
          operate 1.4 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
        > 1.3 added ann
          = ignored closed-operation
        > 1.3 not added ann 480/10037
          = ignored closed-operation
    "#]]);
}

#[test]
fn an_answer_that_nobody_asked_for_is_taken_out() {
    let mut world = ann_rings();
    world.event(
        1,
        CallEventKind::ParticipantAdded(crate::harness::config::party("eve")),
    );
    world.check(expect![[r#"
        > 1 added eve
          operate 1.4 remove-participant eve
    "#]]);
}

#[test]
fn a_caller_who_hangs_up_while_an_agent_is_rung_cancels_the_offer() {
    let mut world = ann_rings();
    world.disconnected(1);
    world.check(expect![[r#"
        > 1 disconnected
          emit offer-ended 1-1 to ann: cancelled
          emit agent ann ready
          emit call-ended 1 abandoned
    "#]]);
    assert_eq!(world.tenant.poll_timeout(), None);
}

#[test]
fn an_agent_who_was_rung_for_nothing_keeps_the_place() {
    let mut world = ann_rings();
    world.quietly(|world| {
        world.after(1);
        world.ready("bob");
        world.disconnected(1);
    });
    world.contact("sales", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 1
          record 2 skill-match at sales by native: ann of 2 -bob(ranked-lower)
          emit agent ann reserved
          emit offer-issued 2-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn an_agent_who_logs_out_takes_the_offer_back() {
    let mut world = World::with_ready(Setup::small(), &["ann", "bob"]);
    world.queued("caller");
    world.goes_offline("ann");
    world.check(expect![[r#"
        > ann: offline
          emit offer-ended 1-1 to ann: revoked
          operate 1.4 cancel-add inv-1.3
          emit agent ann offline
          record 1 skill-match at sales by native: bob of 1
          emit agent bob reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-2 to bob in sales for 20s caller=+14255550100 waited-ms=0
          operate 1.5 add-participant bob ring 20s
    "#]]);
}

#[test]
fn an_agent_who_wants_a_break_is_rung_all_the_same() {
    let mut world = ann_rings();
    world.takes_break("ann");
    world.declines("1.3");
    world.check(expect![[r#"
        > ann: not ready, break
        > 1.3 not added ann 603/560603
          emit offer-ended 1-1 to ann: declined
          emit agent ann not-ready(break)
    "#]]);
}

#[test]
fn a_cancelled_invitation_that_answers_all_the_same_is_taken_out() {
    let mut world = ann_rings();
    world.refuses("ann", 1, 1);
    world.answers("1.3");
    world.settle();
    world.check(expect![[r#"
        > ann: decline 1-1
          emit offer-ended 1-1 to ann: declined
          operate 1.4 cancel-add inv-1.3
          emit agent ann ready
        > 1.3 added ann
          operate 1.5 remove-participant ann
        > 1.4 accepted
        > 1 cancelled inv-1.3
          = ignored closed-operation
        > 1.5 accepted
        > 1.5 removed ann
        > 1 list: caller
    "#]]);
}

#[test]
fn an_invitation_is_cancelled_as_soon_as_its_id_is_known() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.calls("line", "caller");
        world.accepted("1.1");
        world.connected(1);
    });
    world.refuses("ann", 1, 1);
    world.check(expect![[r#"
        > ann: decline 1-1
          emit offer-ended 1-1 to ann: declined
          emit agent ann ready
    "#]]);
    world.accepted("1.3");
    world.check(expect![[r#"
        > 1.3 accepted
          operate 1.4 cancel-add inv-1.3
    "#]]);
}

#[test]
fn a_cancel_that_fails_changes_nothing() {
    let mut world = ann_rings();
    world.refuses("ann", 1, 1);
    world.refused("1.4", 404);
    world.event(
        1,
        CallEventKind::CancelInvitationFailed(
            cordboard_core::ids::InvitationId("inv-1.3".to_owned()),
            codes(404, 0),
        ),
    );
    world.check(expect![[r#"
        > ann: decline 1-1
          emit offer-ended 1-1 to ann: declined
          operate 1.4 cancel-add inv-1.3
          emit agent ann ready
        > 1.4 refused 404
          emit operation-failed 1 cancel-add: refused 404
        > 1 not cancelled inv-1.3
          = ignored closed-operation
    "#]]);
}

#[test]
fn an_offer_is_taken_or_refused_by_the_agent_who_has_it() {
    let mut world = World::with_ready(Setup::small(), &["ann", "bob"]);
    world.queued("caller");
    world.accepts("bob", 1, 1);
    world.refuses("bob", 1, 1);
    world.accepts("ann", 1, 2);
    world.refuses("ann", 1, 2);
    world.accepts("ann", 7, 1);
    world.refuses("ann", 7, 1);
    world.check(expect![[r#"
        > bob: accept 1-1
          = refused closed-offer
        > bob: decline 1-1
          = refused closed-offer
        > ann: accept 1-2
          = refused closed-offer
        > ann: decline 1-2
          = refused closed-offer
        > ann: accept 7-1
          = refused closed-offer
        > ann: decline 7-1
          = refused closed-offer
    "#]]);
}

#[test]
fn an_offer_that_is_over_can_be_neither_taken_nor_refused() {
    let mut world = ann_rings();
    world.quietly(|world| world.declines("1.3"));
    world.accepts("ann", 1, 1);
    world.refuses("ann", 1, 1);
    world.check(expect![[r#"
        > ann: accept 1-1
          = refused closed-offer
        > ann: decline 1-1
          = refused closed-offer
    "#]]);
}

#[test]
fn accepting_on_the_desktop_waits_for_the_leg() {
    let mut world = ann_rings();
    world.accepts("ann", 1, 1);
    world.check(expect![[r#"
        > ann: accept 1-1
    "#]]);
    world.answers("1.3");
    world.check(expect![[r#"
        > 1.3 added ann
          emit offer-ended 1-1 to ann: accepted
          operate 1.4 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
    "#]]);
}

#[test]
fn an_agent_cannot_end_a_call_that_is_only_offered() {
    let mut world = ann_rings();
    world.acts("ann", 1, CallAction::End);
    world.check(expect![[r#"
        > ann on 1: end
          = refused not-now
    "#]]);
    world.acts("boss", 1, CallAction::End);
    world.check(expect![[r#"
        > boss on 1: end
          emit offer-ended 1-1 to ann: cancelled
          emit agent ann ready
          operate 1.4 terminate
    "#]]);
}
