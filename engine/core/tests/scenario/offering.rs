//! What rings, who answers first and is a person.

use crate::harness::World;
use crate::harness::config::Setup;
use crate::harness::world::codes;
use cordboard_core::input::{AgentAction, CallAction, CallEventKind};
use cordboard_core::{Advice, PluginFailure};
use expect_test::expect;

/// One agent serves overflow; a caller is offered to them. The music plays as `1.2`.
fn offered_to(agent: &str, change: impl FnOnce(Setup) -> Setup) -> World {
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

fn one_by_one(setup: Setup) -> Setup {
    setup.queue("overflow", |_, queue| queue.ring_together = false)
}

/// The plugin chooses what rings; it is asked as `q1`.
fn chosen(setup: Setup) -> Setup {
    setup.plugins("overflow", &["ring"])
}

fn unchanged(setup: Setup) -> Setup {
    setup
}

fn ann_rings() -> World {
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
          operate 1.4 cancel-add inv-1.3
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
    world.answers("1.3");
    world.check(expect![[r#"
        > 1.3 added ann
          operate 1.5 remove-participant ann
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

// ---- a phone ----

#[test]
fn a_phone_that_answers_is_asked_to_press_1() {
    let mut world = offered_to("cid", unchanged);
    world.answers("1.3");
    world.check(expect![[r#"
        > 1.3 added cid
          operate 1.4 recognize press-1 from cid digits<=1 silence<=10s
    "#]]);
    world.types("1.4", "1");
    world.check(expect![[r#"
        > 1.4 digits 1
          emit offer-ended 1-1 to cid: accepted
          operate 1.5 cancel-media
          emit agent cid busy
          emit call-connected 1 to cid at pstn
          record 1 recording-policy at overflow by native: none of 1
    "#]]);
}

#[test]
fn a_voicemail_that_answers_is_taken_out_and_counts_as_rung_out() {
    let mut world = offered_to("cid", unchanged);
    world.quietly(|world| world.answers("1.3"));
    world.types_nothing("1.4");
    world.settle();
    world.check(expect![[r#"
        > 1.4 recognize failed 8510
          operate 1.5 remove-participant cid
          emit offer-ended 1-1 to cid: expired
          emit agent cid not-ready(rona)
        > 1.4 accepted
          = ignored closed-operation
        > 1.5 accepted
        > 1.5 removed cid
        > 1 list: caller
    "#]]);
}

#[test]
fn a_person_who_presses_something_else_is_taken_out() {
    let mut world = offered_to("cid", unchanged);
    world.quietly(|world| world.answers("1.3"));
    world.types("1.4", "2");
    world.check(expect![[r#"
        > 1.4 digits 2
          operate 1.5 remove-participant cid
          emit offer-ended 1-1 to cid: expired
          emit agent cid not-ready(rona)
    "#]]);
}

#[test]
fn a_question_to_press_1_that_nothing_is_heard_of_fails() {
    let mut world = offered_to("cid", unchanged);
    world.quietly(|world| {
        world.answers("1.3");
        world.settle();
    });
    // The prompt's 2 s, 10 s of silence, 2 s for a digit, 10 s for the request, 10 s for the event.
    world.after(33);
    world.check(expect![]);
    world.after(1);
    world.check(expect![[r#"
        > at 34s
          emit operation-failed 1 confirm: unknown
          operate 1.5 remove-participant cid
          emit offer-ended 1-1 to cid: expired
          emit agent cid not-ready(rona)
    "#]]);
}

#[test]
fn the_message_waits_while_a_phone_number_is_asked_to_press_1() {
    let mut world = offered_to("cid", |setup| setup.message_every("overflow", 15));
    world.quietly(|world| {
        world.after(10);
        world.answers("1.3");
        world.settle();
    });
    // The message is due: it would cancel the question.
    world.after(7);
    world.check(expect![[r#"
        > at 15s
    "#]]);
    world.types("1.4", "2");
    world.settle();
    world.after(7);
    world.check(expect![[r#"
        > 1.4 digits 2
          operate 1.5 remove-participant cid
          emit offer-ended 1-1 to cid: expired
          emit agent cid not-ready(rona)
        > 1.5 accepted
        > 1.5 removed cid
        > 1 list: caller
    "#]]);
    world.after(1);
    world.check(expect![[r#"
        > at 25s
          operate 1.6 cancel-media
          operate 1.7 play patience to caller
    "#]]);
}

#[test]
fn an_agent_who_accepted_on_the_desktop_need_not_press_1() {
    let mut world = offered_to("cid", unchanged);
    world.accepts("cid", 1, 1);
    world.answers("1.3");
    world.check(expect![[r#"
        > cid: accept 1-1
        > 1.3 added cid
          emit offer-ended 1-1 to cid: accepted
          operate 1.4 cancel-media
          emit agent cid busy
          emit call-connected 1 to cid at pstn
          record 1 recording-policy at overflow by native: none of 1
    "#]]);
}

#[test]
fn accepting_on_the_desktop_confirms_the_phone_that_has_answered() {
    let mut world = offered_to("cid", unchanged);
    world.quietly(|world| world.answers("1.3"));
    world.accepts("cid", 1, 1);
    // Too late to matter.
    world.types_nothing("1.4");
    world.check(expect![[r#"
        > cid: accept 1-1
          emit offer-ended 1-1 to cid: accepted
          operate 1.5 cancel-media
          emit agent cid busy
          emit call-connected 1 to cid at pstn
          record 1 recording-policy at overflow by native: none of 1
        > 1.4 recognize failed 8510
          = ignored closed-operation
    "#]]);
}

#[test]
fn a_caller_who_hangs_up_while_a_phone_is_confirmed_cancels_the_offer() {
    let mut world = offered_to("cid", unchanged);
    world.quietly(|world| world.answers("1.3"));
    world.disconnected(1);
    world.check(expect![[r#"
        > 1 disconnected
          emit offer-ended 1-1 to cid: cancelled
          emit agent cid ready
          emit call-ended 1 abandoned
    "#]]);
}

#[test]
fn a_phone_that_is_being_confirmed_when_the_offer_is_refused_is_taken_out() {
    let mut world = offered_to("cid", unchanged);
    world.quietly(|world| world.answers("1.3"));
    world.refuses("cid", 1, 1);
    world.types("1.4", "1");
    world.check(expect![[r#"
        > cid: decline 1-1
          emit offer-ended 1-1 to cid: declined
          operate 1.5 remove-participant cid
          emit agent cid ready
        > 1.4 digits 1
          = ignored closed-operation
    "#]]);
}

#[test]
fn music_that_nothing_is_heard_of_does_not_stop_the_question_to_press_1() {
    let mut world = World::with_ready(Setup::small(), &["cid"]);
    world.reload(|setup| {
        setup.digest("two").with(|setup| {
            let overflow = setup.queue_id("overflow");
            for account in setup.config.resource_accounts.values_mut() {
                account.default_queue = overflow;
            }
        })
    });
    world.quietly(|world| {
        world.calls("line", "caller");
        world.accepted("1.1");
        world.connected(1);
        world.after(15);
        world.answers("1.3");
        world.accepted("1.4");
    });
    world.take();
    // Nothing was heard of the music for 20 s.
    world.after(6);
    world.check(expect![[r#"
        > at 20s
          emit operation-failed 1 music: unknown
        > at 21s
          operate 1.5 play music to caller looped
    "#]]);
    world.types("1.4", "1");
    world.check(expect![[r#"
        > 1.4 digits 1
          emit offer-ended 1-1 to cid: accepted
          operate 1.6 cancel-media
          emit agent cid busy
          emit call-connected 1 to cid at pstn
          record 1 recording-policy at overflow by native: none of 1
    "#]]);
}

// ---- several endpoints ----

#[test]
fn endpoints_ring_together_and_the_first_answer_wins() {
    let mut world = offered_to("dee", unchanged);
    world.answers("1.4");
    world.settle();
    world.check(expect![[r#"
        > 1.4 added dee-sdk
          emit offer-ended 1-1 to dee: accepted
          operate 1.6 cancel-media
          emit agent dee busy
          emit call-connected 1 to dee at calling-sdk
          record 1 recording-policy at overflow by native: none of 1
          operate 1.7 cancel-add inv-1.3
          operate 1.8 cancel-add inv-1.5
        > 1.6 accepted
        > 1.7 accepted
        > 1 cancelled inv-1.3
        > 1.8 accepted
        > 1 cancelled inv-1.5
    "#]]);
}

#[test]
fn of_two_answers_at_once_the_first_wins_and_the_second_is_taken_out() {
    let mut world = offered_to("dee", unchanged);
    world.answers("1.3");
    world.answers("1.4");
    world.check(expect![[r#"
        > 1.3 added dee-teams
          emit offer-ended 1-1 to dee: accepted
          operate 1.6 cancel-media
          emit agent dee busy
          emit call-connected 1 to dee at teams-client
          record 1 recording-policy at overflow by native: none of 1
          operate 1.7 cancel-add inv-1.4
          operate 1.8 cancel-add inv-1.5
        > 1.4 added dee-sdk
          operate 1.9 remove-participant dee-sdk
    "#]]);
}

#[test]
fn a_phone_that_waits_for_its_1_loses_against_a_client() {
    let mut world = offered_to("dee", unchanged);
    world.answers("1.5");
    world.answers("1.3");
    world.types("1.6", "1");
    world.check(expect![[r#"
        > 1.5 added dee-phone
          operate 1.6 recognize press-1 from dee-phone digits<=1 silence<=10s
        > 1.3 added dee-teams
          emit offer-ended 1-1 to dee: accepted
          operate 1.7 cancel-media
          emit agent dee busy
          emit call-connected 1 to dee at teams-client
          record 1 recording-policy at overflow by native: none of 1
          operate 1.8 cancel-add inv-1.4
          operate 1.9 remove-participant dee-phone
        > 1.6 digits 1
          = ignored closed-operation
    "#]]);
}

#[test]
fn endpoints_ring_on_until_the_last_is_over() {
    let mut world = offered_to("dee", unchanged);
    world.not_added("1.3", 404, 8522);
    world.rings_out("1.4");
    world.check(expect![[r#"
        > 1.3 not added dee-teams 404/8522
        > 1.4 not added dee-sdk 480/10037
    "#]]);
    world.not_added("1.5", 404, 8522);
    world.check(expect![[r#"
        > 1.5 not added dee-phone 404/8522
          emit offer-ended 1-1 to dee: expired
          emit agent dee not-ready(rona)
    "#]]);
}

#[test]
fn endpoints_of_which_none_rings_fail() {
    let mut world = offered_to("dee", unchanged);
    world.not_added("1.3", 404, 8522);
    world.not_added("1.4", 404, 8522);
    world.not_added("1.5", 404, 8522);
    world.check(expect![[r#"
        > 1.3 not added dee-teams 404/8522
        > 1.4 not added dee-sdk 404/8522
        > 1.5 not added dee-phone 404/8522
          emit offer-ended 1-1 to dee: failed
          emit agent dee ready
    "#]]);
}

#[test]
fn a_refusal_at_one_endpoint_is_a_refusal_at_all() {
    let mut world = offered_to("dee", unchanged);
    world.declines("1.4");
    world.check(expect![[r#"
        > 1.4 not added dee-sdk 603/560603
          emit offer-ended 1-1 to dee: declined
          operate 1.6 cancel-add inv-1.3
          operate 1.7 cancel-add inv-1.5
          emit agent dee ready
    "#]]);
}

#[test]
fn endpoints_ring_one_after_the_other() {
    let mut world = offered_to("dee", one_by_one);
    world.check(expect![]);
    world.rings_out("1.3");
    world.check(expect![[r#"
        > 1.3 not added dee-teams 480/10037
          operate 1.4 add-participant dee-sdk ring 20s
    "#]]);
    world.not_added("1.4", 404, 8522);
    world.answers("1.5");
    world.types("1.6", "1");
    world.check(expect![[r#"
        > 1.4 not added dee-sdk 404/8522
          operate 1.5 add-participant dee-phone ring 20s
        > 1.5 added dee-phone
          operate 1.6 recognize press-1 from dee-phone digits<=1 silence<=10s
        > 1.6 digits 1
          emit offer-ended 1-1 to dee: accepted
          operate 1.7 cancel-media
          emit agent dee busy
          emit call-connected 1 to dee at pstn
          record 1 recording-policy at overflow by native: none of 1
    "#]]);
}

#[test]
fn the_last_of_endpoints_one_after_the_other_ends_the_offer() {
    let mut world = offered_to("dee", one_by_one);
    world.rings_out("1.3");
    world.rings_out("1.4");
    world.check(expect![[r#"
        > 1.3 not added dee-teams 480/10037
          operate 1.4 add-participant dee-sdk ring 20s
        > 1.4 not added dee-sdk 480/10037
          operate 1.5 add-participant dee-phone ring 20s
    "#]]);
    world.rings_out("1.5");
    world.check(expect![[r#"
        > 1.5 not added dee-phone 480/10037
          emit offer-ended 1-1 to dee: expired
          emit agent dee not-ready(rona)
    "#]]);
}

#[test]
fn an_agent_who_accepts_before_the_phone_rings_need_not_press_1() {
    let mut world = offered_to("dee", one_by_one);
    world.quietly(|world| {
        world.accepts("dee", 1, 1);
        world.rings_out("1.3");
        world.rings_out("1.4");
    });
    world.answers("1.5");
    world.check(expect![[r#"
        > 1.5 added dee-phone
          emit offer-ended 1-1 to dee: accepted
          operate 1.6 cancel-media
          emit agent dee busy
          emit call-connected 1 to dee at pstn
          record 1 recording-policy at overflow by native: none of 1
    "#]]);
}

#[test]
fn a_phone_that_is_not_confirmed_lets_the_next_stage_ring() {
    let mut world = offered_to("dee", chosen);
    world.quietly(|world| {
        world.chooses(1, &[(2, 0, 20), (0, 1, 20)]);
        world.answers("1.3");
    });
    world.types_nothing("1.4");
    world.check(expect![[r#"
        > 1.4 recognize failed 8510
          operate 1.5 remove-participant dee-phone
          operate 1.6 add-participant dee-teams ring 20s
    "#]]);
}

// ---- a plugin chooses ----

#[test]
fn a_plugin_chooses_endpoints_their_order_and_time() {
    let mut world = offered_to("dee", chosen);
    world.chooses(1, &[(2, 4, 25), (1, 2, 12)]);
    world.check(expect![[r#"
        > q1 chooses [(2, 4, 25), (1, 2, 12)]
          record 1 endpoint-select q1 at overflow by brain: 2@4/25s 1@2/12s of 3
          emit offer-issued 1-1 to dee in overflow for 37s caller=+14255550100 waited-ms=0
          operate 1.3 add-participant dee-sdk ring 12s
    "#]]);
    world.rings_out("1.3");
    world.check(expect![[r#"
        > 1.3 not added dee-sdk 480/10037
          operate 1.4 add-participant dee-phone ring 25s
    "#]]);
}

#[test]
fn a_plugin_is_told_where_the_agent_answered_last() {
    let mut world = offered_to("dee", chosen);
    world.quietly(|world| {
        world.chooses(1, &[(1, 0, 20)]);
        world.settle();
        world.picks_up("dee-sdk");
        world.disconnected(1);
        world.calls("line", "caller-2");
        world.accepted("2.1");
    });
    world.connected(2);
    world.check(expect![[r#"
        > 2 connected
          emit call-answered 2
          emit call-queued 2 in overflow at 1
          operate 2.2 play music to caller-2 looped
          record 2 skill-match at overflow by native: dee of 1
          emit agent dee reserved
          ask q2 endpoint-select brain 2(in overflow for 0s attempt 1) dee | teams-client calling-sdk(last) pstn
    "#]]);
}

#[test]
fn a_teams_client_rings_no_longer_than_its_voicemail_waits() {
    let mut world = offered_to("dee", chosen);
    world.chooses(1, &[(0, 0, 90), (1, 0, 500), (2, 0, 0)]);
    world.check(expect![[r#"
        > q1 chooses [(0, 0, 90), (1, 0, 500), (2, 0, 0)]
          record 1 endpoint-select q1 at overflow by brain: 0@0/90s 1@0/500s 2@0/0s of 3
          emit offer-issued 1-1 to dee in overflow for 180s caller=+14255550100 waited-ms=0
          operate 1.3 add-participant dee-teams ring 20s
          operate 1.4 add-participant dee-sdk ring 180s
          operate 1.5 add-participant dee-phone ring 1s
    "#]]);
}

#[test]
fn a_choice_of_nothing_that_exists_fails_the_offer() {
    let mut world = offered_to("dee", chosen);
    world.chooses(1, &[(9, 0, 20)]);
    world.check(expect![[r#"
        > q1 chooses [(9, 0, 20)]
          record 1 endpoint-select q1 at overflow by brain: 9@0/20s of 3
          emit offer-issued 1-1 to dee in overflow for 0s caller=+14255550100 waited-ms=0
          emit offer-ended 1-1 to dee: failed
          emit agent dee ready
    "#]]);
}

#[test]
fn an_endpoint_that_is_chosen_twice_rings_once() {
    let mut world = offered_to("dee", chosen);
    world.chooses(1, &[(0, 0, 20), (0, 1, 20), (1, 2, 20)]);
    world.rings_out("1.3");
    world.check(expect![[r#"
        > q1 chooses [(0, 0, 20), (0, 1, 20), (1, 2, 20)]
          record 1 endpoint-select q1 at overflow by brain: 0@0/20s 0@1/20s 1@2/20s of 3
          emit offer-issued 1-1 to dee in overflow for 40s caller=+14255550100 waited-ms=0
          operate 1.3 add-participant dee-teams ring 20s
        > 1.3 not added dee-teams 480/10037
          operate 1.4 add-participant dee-sdk ring 20s
    "#]]);
    world.rings_out("1.4");
    world.check(expect![[r#"
        > 1.4 not added dee-sdk 480/10037
          emit offer-ended 1-1 to dee: expired
          emit agent dee not-ready(rona)
    "#]]);
}

#[test]
fn without_advice_all_endpoints_ring() {
    for failure in [
        PluginFailure::Trap,
        PluginFailure::Deadline,
        PluginFailure::Memory,
        PluginFailure::BadOutput,
        PluginFailure::Overload,
        PluginFailure::NotLoaded,
        PluginFailure::Abstain,
    ] {
        let mut world = offered_to("cid", chosen);
        world.quietly(|world| {
            world.plugin_fails(1, failure);
            world.settle();
            world.answers("1.3");
        });
    }
    let mut world = offered_to("dee", chosen);
    world.plugin_fails(1, PluginFailure::Memory);
    world.check(expect![[r#"
        > q1 fails: memory
          emit plugin-failed 1 brain endpoint-select: memory
          record 1 endpoint-select q1 at overflow by fallback(brain memory): 0@0/20s 1@0/20s 2@0/20s of 3
          emit offer-issued 1-1 to dee in overflow for 20s caller=+14255550100 waited-ms=0
          operate 1.3 add-participant dee-teams ring 20s
          operate 1.4 add-participant dee-sdk ring 20s
          operate 1.5 add-participant dee-phone ring 20s
    "#]]);
}

#[test]
fn advice_on_something_else_rings_all_endpoints() {
    let mut world = offered_to("cid", chosen);
    world.verdict("wrong kind".to_owned(), 1, Ok(Advice::SkillMatch(vec![])));
    world.check(expect![[r#"
        > wrong kind
          emit plugin-failed 1 brain endpoint-select: bad-output
          record 1 endpoint-select q1 at overflow by fallback(brain bad-output): 0@0/20s of 1
          emit offer-issued 1-1 to cid in overflow for 20s caller=+14255550100 waited-ms=0
          operate 1.3 add-participant cid ring 20s
    "#]]);
}

#[test]
fn a_choice_that_does_not_come_in_time_rings_all_endpoints() {
    let mut world = offered_to("cid", chosen);
    world.after(1);
    world.chooses(1, &[(0, 0, 20)]);
    world.check(expect![[r#"
        > at 1s
          emit plugin-failed 1 brain endpoint-select: deadline
          record 1 endpoint-select q1 at overflow by fallback(brain deadline): 0@0/20s of 1
          emit offer-issued 1-1 to cid in overflow for 20s caller=+14255550100 waited-ms=1000
          operate 1.3 add-participant cid ring 20s
        > q1 chooses [(0, 0, 20)]
          = ignored closed-question
    "#]]);
}

#[test]
fn an_offer_can_be_neither_taken_nor_refused_before_the_agent_knows_of_it() {
    let mut world = offered_to("cid", chosen);
    world.accepts("cid", 1, 1);
    world.refuses("cid", 1, 1);
    world.check(expect![[r#"
        > cid: accept 1-1
          = refused not-now
        > cid: decline 1-1
          = refused not-now
    "#]]);
}

#[test]
fn an_agent_who_logs_out_before_the_offer_is_issued_hears_nothing_of_it() {
    let mut world = offered_to("cid", chosen);
    world.goes_offline("cid");
    world.chooses(1, &[(0, 0, 20)]);
    world.check(expect![[r#"
        > cid: offline
          emit agent cid offline
        > q1 chooses [(0, 0, 20)]
          = ignored closed-question
    "#]]);
}

#[test]
fn a_caller_who_hangs_up_while_endpoints_are_chosen_cancels_the_offer() {
    let mut world = offered_to("cid", chosen);
    world.disconnected(1);
    world.chooses(1, &[(0, 0, 20)]);
    world.check(expect![[r#"
        > 1 disconnected
          emit agent cid ready
          emit call-ended 1 abandoned
        > q1 chooses [(0, 0, 20)]
          = ignored closed-question
    "#]]);
    assert_eq!(world.tenant.poll_timeout(), None);
}

#[test]
fn a_heartbeat_changes_nothing_about_an_offer() {
    let mut world = ann_rings();
    world.agent("ann", AgentAction::Heartbeat);
    world.agent("ann", AgentAction::WrapUpDone);
    world.ready("ann");
    world.check(expect![[r#"
        > ann: heartbeat
        > ann: wrap-up done
          = refused not-now
        > ann: ready
    "#]]);
}

#[test]
fn an_agent_who_is_listed_has_answered_although_no_event_says_so() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    world.list(1, 9, &["caller", "ann"]);
    world.after(40);
    world.check(expect![[r#"
        > 1 list: caller ann
        > at 20s
        > at 40s
          emit offer-ended 1-1 to ann: accepted
          operate 1.4 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
    "#]]);
}
