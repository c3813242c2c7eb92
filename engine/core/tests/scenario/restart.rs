//! The process starts again on its journal.

use crate::harness::World;
use crate::harness::acs::present;
use crate::harness::config::{Setup, number_exit, party};
use cordboard_core::ids::{CollectionId, Millis};
use cordboard_core::input::{AgentAction, CallAction, QueueAction, Response};
use cordboard_core::question::RecordingAction;
use expect_test::expect;

/// Time passes, and no `Tick` comes, because the process is down.
fn down(world: &mut World, seconds: u64) {
    world.now.0 += seconds * 1_000;
}

#[test]
fn nothing_is_done_where_nothing_goes_on() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.restart(2);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 0 calls away since 0s ago
    "#]]);
}

#[test]
fn an_answer_without_outcome_is_sent_again_under_the_same_id() {
    let mut world = World::new(Setup::small());
    world.calls("line", "caller");
    down(&mut world, 3);
    world.restart(2);
    world.check(expect![[r#"
        > caller calls line
          = call 1
          emit call-received 1 at line from 4:***00
          operate 1.1 answer within 20s
        > restarted, epoch 2
          emit engine-restarted 0 calls away since 3s ago
          operate 1.1 answer within 17s
    "#]]);
}

/// What is sent again has the time of a new request, however long the process was down.
#[test]
fn a_voicemail_that_was_about_to_record_does_so_after_a_long_absence() {
    let mut world = super::exiting::voicemail();
    world.quietly(|world| world.completed("1.4"));
    down(&mut world, 120);
    world.restart(2);
    world.tick();
    world.accepted("1.5");
    world.recording_state(1, true);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 120s ago
          operate 1.5 start-recording
          operate 1.6 get-call
          operate 1.7 get-participants
        > tick
          = ignored nothing-due
        > 1.5 accepted
        > 1 recording rec-1 active
          emit calls-taken-over 1 live 0 ended
          emit recording-changed 1 active
    "#]]);
}

#[test]
fn an_answer_with_outcome_is_not_sent_again() {
    let mut world = World::new(Setup::small());
    world.calls("line", "caller");
    world.accepted("1.1");
    world.restart(2);
    world.check(expect![[r#"
        > caller calls line
          = call 1
          emit call-received 1 at line from 4:***00
          operate 1.1 answer within 20s
        > 1.1 accepted
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          operate 1.2 get-call
          operate 1.3 get-participants
    "#]]);
}

#[test]
fn a_menu_without_outcome_is_unknown_and_played_again() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.calls("main", "caller");
        world.accepted("1.1");
        world.connected(1);
    });
    world.restart(2);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          emit operation-failed 1 menu: unknown
          operate 1.3 cancel-media
          operate 1.4 recognize menu from caller digits<=1 silence<=5s
          operate 1.5 get-call
          operate 1.6 get-participants
    "#]]);
}

/// The news of the digit comes when the menu plays again.
#[test]
fn a_digit_that_was_typed_during_the_absence_counts() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.calls_and_settles("main", "caller");
    world.quietly(|world| world.restart(2));
    world.types("1.2", "2");
    world.check(expect![[r#"
        > 1.2 digits 2
          emit calls-taken-over 1 live 0 ended
          operate 1.7 cancel-media
          emit call-queued 1 in support at 1
          operate 1.8 play music to caller looped
    "#]]);
}

#[test]
fn an_absence_uses_up_no_try_of_a_menu() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.calls_and_settles("main", "caller");
    for epoch in 2..6 {
        world.quietly(|world| world.restart(epoch));
    }
    let menus = world.tenant.queue_of_call(cordboard_core::ids::CallId(1));
    assert_eq!(menus, None, "the caller is still asked");
}

#[test]
fn a_menu_with_outcome_is_waited_for() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.calls_and_settles("main", "caller");
    world.restart(2);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          emit operation-failed 1 menu: unknown
          operate 1.3 cancel-media
          operate 1.4 recognize menu from caller digits<=1 silence<=5s
          operate 1.5 get-call
          operate 1.6 get-participants
    "#]]);
}

#[test]
fn music_without_outcome_is_stopped_and_started_again() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.calls("line", "caller");
        world.accepted("1.1");
        world.connected(1);
    });
    world.restart(2);
    world.after(1);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          emit operation-failed 1 music: unknown
          operate 1.3 cancel-media
          operate 1.4 get-call
          operate 1.5 get-participants
        > at 1s
          operate 1.6 play music to caller looped
    "#]]);
}

#[test]
fn the_service_is_asked_whether_a_call_lives_and_who_is_in_it() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.talking("caller", "ann");
    world.restart(2);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          operate 1.5 get-call
          operate 1.6 get-participants
    "#]]);
    world.accepted("1.5");
    // The agent has left meanwhile.
    let caller = present(party("caller"));
    world.answered("1.6", Response::Participants(vec![caller]));
    world.check(expect![[r#"
        > 1.5 accepted
        > 1.6 accepted
          emit agent ann ready
          operate 1.7 terminate
          emit calls-taken-over 1 live 0 ended
    "#]]);
}

#[test]
fn a_call_that_ended_meanwhile_is_over() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.talking("caller", "ann");
    world.quietly(|world| world.restart(2));
    world.refused("1.5", 404);
    world.refused("1.6", 404);
    world.check(expect![[r#"
        > 1.5 refused 404
          emit agent ann ready
          emit call-ended 1 handled by ann away since 0s ago
          emit calls-taken-over 0 live 1 ended
        > 1.6 refused 404
          = ignored closed-operation
    "#]]);
}

#[test]
fn a_caller_who_left_meanwhile_is_missed() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.queued("caller");
    world.quietly(|world| world.restart(2));
    world.accepted("1.3");
    world.answered("1.4", Response::Participants(vec![]));
    world.check(expect![[r#"
        > 1.3 accepted
        > 1.4 accepted
          operate 1.5 terminate
          emit calls-taken-over 0 live 1 ended
    "#]]);
}

#[test]
fn an_invitation_without_outcome_is_sent_again() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.calls("line", "caller");
        world.accepted("1.1");
        world.connected(1);
        world.accepted("1.2");
        world.started("1.2");
    });
    down(&mut world, 5);
    world.restart(2);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 5s ago
          operate 1.3 add-participant ann ring 20s
          operate 1.4 get-call
          operate 1.5 get-participants
    "#]]);
    world.answers("1.3");
    world.check(expect![[r#"
        > 1.3 added ann
          emit calls-taken-over 1 live 0 ended
          emit offer-ended 1-1 to ann: accepted
          operate 1.6 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
    "#]]);
}

#[test]
fn an_offer_that_expired_meanwhile_is_taken_back() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    down(&mut world, 40);
    world.restart(2);
    world.tick();
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 40s ago
          emit offer-ended 1-1 to ann: revoked
          operate 1.4 cancel-add inv-1.3
          emit agent ann ready
          operate 1.5 get-call
          operate 1.6 get-participants
        > tick
    "#]]);
    world.quietly(|world| world.accepted("1.4"));
    world.invitation_cancelled("1.3");
    world.check(expect![[r#"
        > 1 cancelled inv-1.3
          emit calls-taken-over 1 live 0 ended
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-2 to ann in sales for 20s caller=+14255550100 waited-ms=40000
          operate 1.7 add-participant ann ring 20s
    "#]]);
}

#[test]
fn an_offer_without_our_media_that_expired_meanwhile_is_taken_back() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.contact("sales", 0);
    down(&mut world, 20);
    world.restart(2);
    world.tick();
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
        > restarted, epoch 2
          emit engine-restarted 0 calls away since 20s ago
          emit offer-ended 1-1 to ann: revoked
          emit agent ann ready
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          emit offer-issued 1-2 to ann in sales for 20s ticket=7 waited-ms=20000
        > tick
    "#]]);
}

#[test]
fn an_offer_that_has_not_expired_goes_on() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.contact("sales", 0);
    down(&mut world, 19);
    world.restart(2);
    world.tick();
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
        > restarted, epoch 2
          emit engine-restarted 0 calls away since 19s ago
        > tick
          = ignored nothing-due
    "#]]);
}

#[test]
fn a_question_about_agents_is_asked_anew() {
    let mut world = World::with_ready(Setup::small().plugins("sales", &["rank"]), &["ann"]);
    world.contact("sales", 0);
    down(&mut world, 5);
    world.restart(2);
    world.ranks(1, &[0]);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
        > restarted, epoch 2
          emit engine-restarted 0 calls away since 5s ago
          ask q2 skill-match brain 1(in sales for 5s attempt 0) | ann(idle 5s group 0 handled 0)
        > q1 ranks [0]
          = ignored closed-question
    "#]]);
    world.ranks(2, &[0]);
    world.check(expect![[r#"
        > q2 ranks [0]
          record 1 skill-match q2 at sales by brain: ann of 1
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=5000
    "#]]);
}

#[test]
fn a_question_about_contacts_is_asked_anew() {
    let mut world = World::staffed(Setup::small().plugins("sales", &["pick"]), &["ann"]);
    world.quietly(|world| {
        world.contact("sales", 0);
        world.contact("sales", 0);
    });
    world.ready("ann");
    world.restart(2);
    world.picks(1, &[1]);
    world.picks(2, &[1]);
    world.check(expect![[r#"
        > ann: ready
          emit agent ann ready
          ask q1 contact-select brain ann | 1(in sales for 0s attempt 0) 2(in sales for 0s attempt 0)
        > restarted, epoch 2
          emit engine-restarted 0 calls away since 0s ago
          ask q2 contact-select brain ann | 1(in sales for 0s attempt 0) 2(in sales for 0s attempt 0)
        > q1 picks [1]
          = ignored closed-question
        > q2 picks [1]
          record 2 contact-select q2 at sales by brain: ann of 2
          emit agent ann reserved
          emit offer-issued 2-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn a_question_about_endpoints_is_asked_anew() {
    let mut world = World::with_ready(Setup::small().plugins("sales", &["ring"]), &["ann"]);
    world.queued("caller");
    world.restart(2);
    world.chooses(1, &[(0, 0, 20)]);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          emit agent ann ready
          operate 1.3 get-call
          operate 1.4 get-participants
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          ask q2 endpoint-select brain 1(in sales for 0s attempt 2) ann | teams-client
        > q1 chooses [(0, 0, 20)]
          = ignored closed-question
    "#]]);
    world.chooses(2, &[(0, 0, 20)]);
    world.check(expect![[r#"
        > q2 chooses [(0, 0, 20)]
          record 1 endpoint-select q2 at sales by brain: 0@0/20s of 1
          emit offer-issued 1-2 to ann in sales for 20s caller=+14255550100 waited-ms=0
          operate 1.5 add-participant ann ring 20s
    "#]]);
}

#[test]
fn a_question_about_recording_is_asked_anew() {
    let mut world = World::with_ready(Setup::small().plugins("sales", &["record"]), &["ann"]);
    world.talking("caller", "ann");
    world.restart(2);
    world.advises(1, RecordingAction::Start);
    world.advises(2, RecordingAction::Start);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          ask q2 recording-policy brain 1(in sales for 0s attempt 1) connected consent-unknown now-off
          operate 1.5 get-call
          operate 1.6 get-participants
        > q1 advises start
          = ignored closed-question
        > q2 advises start
          record 1 recording-policy q2 at sales by brain: start of 1
          operate 1.7 start-recording mp3 mixed
    "#]]);
}

#[test]
fn a_question_about_a_payment_is_asked_anew_as_what_it_was() {
    let mut world = World::with_ready(Setup::small().plugins("sales", &["record"]), &["ann"]);
    world.talking("caller", "ann");
    let pay = CollectionId(world.setup.symbol("pay"));
    world.quietly(|world| {
        world.advises(1, RecordingAction::Start);
        world.settle();
        world.acts("ann", 1, CallAction::Collect(pay));
    });
    world.restart(2);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          ask q3 recording-policy brain 1(in sales for 0s attempt 1) payment-started consent-unknown now-active
          operate 1.6 get-call
          operate 1.7 get-participants
    "#]]);
}

#[test]
fn digits_that_were_being_collected_are_not_asked_for_again() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.talking("caller", "ann");
    let pay = CollectionId(world.setup.symbol("pay"));
    world.quietly(|world| world.acts("ann", 1, CallAction::Collect(pay)));
    world.restart(2);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          emit operation-failed 1 collect: unknown
          operate 1.6 cancel-media
          operate 1.7 get-call
          operate 1.8 get-participants
    "#]]);
}

#[test]
fn a_pause_without_outcome_is_sent_again() {
    let mut world = World::with_ready(Setup::small().recorded("sales"), &["ann"]);
    world.talking("caller", "ann");
    world.quietly(|world| {
        world.settle();
        world.acts("ann", 1, CallAction::PauseRecording);
    });
    world.restart(2);
    world.accepted("1.6");
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          operate 1.6 pause-recording rec-1
          operate 1.7 get-call
          operate 1.8 get-participants
        > 1.6 accepted
          emit recording-changed 1 paused
    "#]]);
}

#[test]
fn a_hang_up_without_outcome_is_sent_again() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.talking("caller", "ann");
    world.quietly(|world| world.acts("ann", 1, CallAction::End));
    world.restart(2);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          operate 1.5 terminate
          operate 1.6 get-call
          operate 1.7 get-participants
    "#]]);
}

#[test]
fn wrap_up_goes_on() {
    let setup = Setup::small().queue("sales", |_, queue| queue.wrap_up = Millis::from_secs(30));
    let mut world = World::with_ready(setup, &["ann"]);
    world.talking("caller", "ann");
    world.quietly(|world| world.disconnected(1));
    down(&mut world, 10);
    world.restart(2);
    world.after(20);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 0 calls away since 10s ago
        > at 30s
          emit agent ann ready
    "#]]);
    assert_eq!(world.tenant.live_calls(), 0);
}

#[test]
fn wrap_up_that_was_over_meanwhile_ends_with_the_first_tick() {
    let setup = Setup::small().queue("sales", |_, queue| queue.wrap_up = Millis::from_secs(30));
    let mut world = World::with_ready(setup, &["ann"]);
    world.talking("caller", "ann");
    world.quietly(|world| world.disconnected(1));
    down(&mut world, 100);
    world.restart(2);
    world.tick();
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 0 calls away since 100s ago
        > tick
          emit agent ann ready
    "#]]);
}

#[test]
fn leases_begin_anew() {
    let setup = Setup::small().with(|setup| {
        setup.config.agent_lease = Some(Millis::from_secs(60));
    });
    let mut world = World::with_ready(setup, &["ann"]);
    down(&mut world, 3_600);
    world.restart(2);
    world.tick();
    world.agent("ann", AgentAction::Heartbeat);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 0 calls away since 3600s ago
        > tick
          = ignored nothing-due
        > ann: heartbeat
    "#]]);
}

#[test]
fn an_answer_that_is_refused_the_second_time_may_have_been_taken_the_first_time() {
    let mut world = World::new(Setup::small());
    world.quietly(|world| {
        world.calls("line", "caller");
        world.restart(2);
    });
    world.refused("1.1", 404);
    world.connected(1);
    world.check(expect![[r#"
        > 1.1 refused 404
          emit operation-failed 1 answer: unknown
        > 1 connected
          emit call-answered 1
          emit queue-exited 1 from sales: no-agents by voicemail
          operate 1.2 play greeting to caller
    "#]]);
    // Without an event it was not.
    let mut world = World::new(Setup::small());
    world.quietly(|world| {
        world.calls("line", "caller");
        world.restart(2);
        world.refused("1.1", 404);
    });
    world.after(300);
    world.check(expect![[r#"
        > at 10s
          operate 1.1 answer within 10s
        > at 30s
          emit operation-failed 1 answer: unknown
        > at 50s
          operate 1.1 answer within 10s
        > at 70s
          emit operation-failed 1 answer: unknown
        > at 110s
          operate 1.1 answer within 10s
        > at 130s
          emit operation-failed 1 answer: unknown
        > at 170s
          operate 1.1 answer within 10s
        > at 190s
          emit operation-failed 1 answer: unknown
        > at 230s
          operate 1.1 answer within 10s
        > at 250s
          emit operation-failed 1 answer: unknown
        > at 290s
          operate 1.1 answer within 10s
        > at 300s
          emit call-ended 1 not-answered
    "#]]);
}

#[test]
fn an_invitation_that_is_refused_the_second_time_may_ring() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.calls("line", "caller");
        world.accepted("1.1");
        world.connected(1);
        world.restart(2);
    });
    world.refused("1.3", 409);
    world.answers("1.3");
    world.check(expect![[r#"
        > 1.3 refused 409
        > 1.3 added ann
          emit calls-taken-over 1 live 0 ended
          emit offer-ended 1-1 to ann: accepted
          operate 1.7 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
    "#]]);
}

#[test]
fn a_caller_who_was_connected_meanwhile_is_greeted() {
    let mut world = World::new(Setup::small());
    world.quietly(|world| {
        world.calls("main", "caller");
        world.accepted("1.1");
    });
    down(&mut world, 60);
    world.restart(2);
    world.tick();
    world.accepted("1.2");
    world.answered(
        "1.3",
        Response::Participants(vec![present(party("caller"))]),
    );
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 60s ago
          operate 1.2 get-call
          operate 1.3 get-participants
        > tick
          = ignored nothing-due
        > 1.2 accepted
        > 1.3 accepted
          emit call-answered 1
          operate 1.4 recognize menu from caller digits<=1 silence<=5s
          emit calls-taken-over 1 live 0 ended
    "#]]);
}

#[test]
fn a_list_that_was_overtaken_by_a_newer_one_does_not_count() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    world.quietly(|world| world.restart(2));
    world.answers("1.3");
    world.list(1, 9, &["caller", "ann"]);
    world.answered(
        "1.5",
        Response::Participants(vec![present(party("caller"))]),
    );
    world.check(expect![[r#"
        > 1.3 added ann
          emit calls-taken-over 1 live 0 ended
          emit offer-ended 1-1 to ann: accepted
          operate 1.6 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
        > 1 list: caller ann
        > 1.5 accepted
    "#]]);
}

#[test]
fn a_number_that_answered_meanwhile_talks_to_the_caller() {
    let setup = Setup::small().queue("sales", |_, queue| {
        queue.exits.closed = number_exit("night-shift", None)
    });
    let mut world = World::staffed(setup, &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        world.queue("sales", QueueAction::Close);
        world.settle();
    });
    down(&mut world, 100);
    world.restart(2);
    world.tick();
    let both = ["caller", "night-shift"].map(|name| present(party(name)));
    world.answered("1.7", Response::Participants(both.to_vec()));
    world.after(20);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 100s ago
          operate 1.6 get-call
          operate 1.7 get-participants
        > tick
          = ignored nothing-due
        > 1.7 accepted
          operate 1.8 cancel-media
          emit calls-taken-over 1 live 0 ended
        > at 120s
          emit operation-failed 1 stop-media: unknown
          operate 1.9 cancel-media
    "#]]);
}

#[test]
fn an_agent_who_answered_an_offer_that_expired_meanwhile_is_taken_out() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    world.quietly(|world| world.takes_break("ann"));
    down(&mut world, 60);
    world.restart(2);
    world.tick();
    let both = ["caller", "ann"].map(|name| present(party(name)));
    world.answered("1.6", Response::Participants(both.to_vec()));
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 60s ago
          emit offer-ended 1-1 to ann: revoked
          operate 1.4 cancel-add inv-1.3
          emit agent ann not-ready(break)
          operate 1.5 get-call
          operate 1.6 get-participants
        > tick
        > 1.6 accepted
          operate 1.7 remove-participant ann
          emit calls-taken-over 1 live 0 ended
    "#]]);
}

#[test]
fn an_agent_who_answered_meanwhile_talks_to_the_caller_as_soon_as_the_list_tells() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    down(&mut world, 5);
    world.restart(2);
    let both = ["caller", "ann"].map(|name| present(party(name)));
    world.answered("1.5", Response::Participants(both.to_vec()));
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 5s ago
          operate 1.4 get-call
          operate 1.5 get-participants
        > 1.5 accepted
          emit offer-ended 1-1 to ann: accepted
          operate 1.6 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
          emit calls-taken-over 1 live 0 ended
    "#]]);
}

#[test]
fn an_invitation_that_left_after_the_question_is_not_answered_by_the_list() {
    let mut world = World::with_ready(Setup::small(), &["ann", "bob"]);
    world.queued("caller");
    down(&mut world, 40);
    world.quietly(|world| world.goes_offline("ann"));
    world.restart(2);
    // The list tells of an invitation of before.
    let both = ["caller", "bob"].map(|name| present(party(name)));
    world.answered("1.6", Response::Participants(both.to_vec()));
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          operate 1.4 cancel-add inv-1.3
          operate 1.5 add-participant bob ring 20s
          operate 1.6 get-call
          operate 1.7 get-participants
        > 1.6 accepted
    "#]]);
}

#[test]
fn a_call_about_which_nothing_was_learnt_is_asked_about_again_and_more_rarely() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.talking("caller", "ann");
    world.restart(2);
    world.refused("1.5", 429);
    world.refused("1.6", 503);
    world.after(15);
    world.unknown("1.7");
    world.unknown("1.8");
    world.after(15);
    world.after(10);
    world.refused("1.9", 404);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          operate 1.5 get-call
          operate 1.6 get-participants
        > 1.5 refused 429
        > 1.6 refused 503
        > at 10156ms
          operate 1.7 get-call
          operate 1.8 get-participants
        > 1.7 unknown
        > 1.8 unknown
        > at 35312ms
          operate 1.9 get-call
          operate 1.10 get-participants
        > 1.9 refused 404
          emit agent ann ready
          emit call-ended 1 handled by ann away since 40s ago
          emit calls-taken-over 0 live 1 ended
    "#]]);
}

#[test]
fn thousands_of_calls_are_asked_about_by_turns_and_those_that_only_wait_come_last() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.takes_break("ann");
    for _ in 0..250 {
        world.queued("caller");
    }
    world.calls("main", "caller");
    world.accepted("251.1");
    world.connected(251);
    world.take();
    let looks = |world: &mut World| -> Vec<u64> {
        let told = world.take();
        let commands = told.lines().filter_map(|line| {
            let command = line.trim().strip_prefix("operate ")?;
            command.strip_suffix(" get-call")
        });
        let calls = commands.filter_map(|command| command.split_once('.'));
        calls.map(|(call, _)| call.parse().unwrap()).collect()
    };
    world.restart(2);
    let in_menu_then_waiting: Vec<u64> = [251].into_iter().chain(1..=99).collect();
    assert_eq!(looks(&mut world), in_menu_then_waiting);
    // What is heard of a call that has not looked yet says nothing of what was missed.
    world.list(250, 9, &["caller"]);
    world.after_ms(499);
    assert_eq!(looks(&mut world), [0; 0]);
    world.after_ms(1);
    assert_eq!(looks(&mut world), (100..=199).collect::<Vec<_>>());
    world.after_ms(500);
    assert_eq!(looks(&mut world), (200..=250).collect::<Vec<_>>());
}
