//! Ringing an agent's endpoints: phones that may be voicemails, several endpoints, and the choice of them.

use super::offering::{ann_rings, chosen, offered_to, one_by_one, unchanged};
use crate::harness::World;
use crate::harness::config::Setup;
use cordboard_core::input::AgentAction;
use cordboard_core::{Advice, PluginFailure};
use expect_test::expect;

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
          emit offer-ended 1-1 to cid: failed
          emit agent cid ready
    "#]]);
}

/// Whoever answered is not to blame.
#[test]
fn a_question_to_press_1_that_is_refused_in_passing_is_asked_again_some_times() {
    let mut world = offered_to("cid", unchanged);
    world.quietly(|world| world.answers("1.3"));
    world.refused("1.4", 503);
    world.refused("1.5", 429);
    world.refused("1.6", 503);
    world.check(expect![[r#"
        > 1.4 refused 503
          emit operation-failed 1 confirm: refused 503
          operate 1.5 recognize press-1 from cid digits<=1 silence<=10s
        > 1.5 refused 429
          emit operation-failed 1 confirm: refused 429
          operate 1.6 recognize press-1 from cid digits<=1 silence<=10s
        > 1.6 refused 503
          emit operation-failed 1 confirm: refused 503
          operate 1.7 remove-participant cid
          emit offer-ended 1-1 to cid: failed
          emit agent cid ready
    "#]]);
}

#[test]
fn a_question_to_press_1_that_was_open_when_the_process_stopped_is_asked_again() {
    let mut world = offered_to("cid", unchanged);
    world.quietly(|world| world.answers("1.3"));
    world.restart(2);
    world.types("1.6", "1");
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          operate 1.5 cancel-media
          operate 1.6 recognize press-1 from cid digits<=1 silence<=10s
          operate 1.7 get-call
          operate 1.8 get-participants
        > 1.6 digits 1
          emit calls-taken-over 1 live 0 ended
          emit offer-ended 1-1 to cid: accepted
          operate 1.9 cancel-media
          emit agent cid busy
          emit call-connected 1 to cid at pstn
          record 1 recording-policy at overflow by native: none of 1
    "#]]);
}

/// Only the one who was to press 1 has gone.
#[test]
fn a_question_to_press_1_for_whom_nobody_is_there_ends_the_offer_and_not_the_call() {
    let mut world = offered_to("cid", unchanged);
    world.quietly(|world| world.answers("1.3"));
    world.refused("1.4", 404);
    world.check(expect![[r#"
        > 1.4 refused 404
          emit operation-failed 1 confirm: refused 404
          operate 1.5 remove-participant cid
          emit offer-ended 1-1 to cid: failed
          emit agent cid ready
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
        > at 10s
          operate 1.4 get-participants
        > at 20s
        > at 30s
        > at 40s
          emit offer-ended 1-1 to ann: accepted
          operate 1.5 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
    "#]]);
}
