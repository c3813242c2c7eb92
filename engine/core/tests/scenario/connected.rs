//! Caller and agent talk.

use crate::harness::World;
use crate::harness::config::{Setup, party};
use crate::harness::world::codes;
use cordboard_core::ids::Millis;
use cordboard_core::input::{CallAction, CallEventKind, QueueAction};
use expect_test::expect;

/// A caller talks to ann. `1.2` was the music, `1.3` the invitation, `1.4` ended the music.
fn talking(setup: Setup) -> World {
    let mut world = World::with_ready(setup, &["ann"]);
    world.talking("caller", "ann");
    world
}

/// And `boss` was added, as `1.5`.
fn with_boss() -> World {
    let mut world = talking(Setup::small());
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::AddParticipant(party("boss")));
        world.settle();
        world.picks_up("boss");
    });
    world
}

#[test]
fn a_caller_who_hangs_up_ends_the_conversation() {
    let mut world = talking(Setup::small());
    world.disconnected(1);
    world.check(expect![[r#"
        > 1 disconnected
          emit agent ann ready
          emit call-ended 1 handled by ann
    "#]]);
}

#[test]
fn a_caller_who_leaves_the_list_ends_the_conversation() {
    let mut world = talking(Setup::small());
    world.list(1, 9, &["ann"]);
    world.settle();
    world.check(expect![[r#"
        > 1 list: ann
          emit agent ann ready
          operate 1.5 terminate
        > 1.5 accepted
        > 1 disconnected
          emit call-ended 1 handled by ann
    "#]]);
}

#[test]
fn an_agent_who_leaves_the_list_ends_the_conversation() {
    let mut world = talking(Setup::small());
    world.list(1, 9, &["caller"]);
    world.settle();
    world.check(expect![[r#"
        > 1 list: caller
          emit agent ann ready
          operate 1.5 terminate
        > 1.5 accepted
        > 1 disconnected
          emit call-ended 1 handled by ann
    "#]]);
}

#[test]
fn an_agent_who_was_listed_before_being_added_is_missed_when_leaving() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    world.list(1, 8, &["caller", "ann"]);
    world.answers("1.3");
    world.list(1, 9, &["caller"]);
    world.check(expect![[r#"
        > 1 list: caller ann
        > 1.3 added ann
          emit offer-ended 1-1 to ann: accepted
          operate 1.4 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
        > 1 list: caller
          emit agent ann ready
          operate 1.5 terminate
    "#]]);
}

#[test]
fn an_agent_who_is_not_listed_yet_is_not_missed() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    world.answers("1.3");
    world.list(1, 9, &["caller"]);
    world.check(expect![[r#"
        > 1.3 added ann
          emit offer-ended 1-1 to ann: accepted
          operate 1.4 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
        > 1 list: caller
    "#]]);
}

#[test]
fn a_list_that_comes_late_changes_nothing() {
    let mut world = talking(Setup::small());
    world.list(1, 9, &["caller", "ann"]);
    world.list(1, 8, &["caller"]);
    world.list(1, 9, &["caller"]);
    world.check(expect![[r#"
        > 1 list: caller ann
        > 1 list: caller
          = ignored older-list
        > 1 list: caller
          = ignored older-list
    "#]]);
}

#[test]
fn either_side_can_end_the_conversation() {
    for who in ["ann", "boss", "system"] {
        let mut world = talking(Setup::small());
        world.quietly(|world| {
            world.acts(who, 1, CallAction::End);
            world.settle();
        });
        assert_eq!(world.tenant.live_calls(), 0, "{who}");
    }
    let mut world = talking(Setup::small());
    world.acts("ann", 1, CallAction::End);
    world.settle();
    world.check(expect![[r#"
        > ann on 1: end
          emit agent ann ready
          operate 1.5 terminate
        > 1.5 accepted
        > 1 disconnected
          emit call-ended 1 handled by ann
    "#]]);
}

#[test]
fn only_the_agent_of_a_call_acts_on_it() {
    let mut world = talking(Setup::small());
    world.acts("bob", 1, CallAction::End);
    world.acts("ann", 7, CallAction::End);
    world.check(expect![[r#"
        > bob on 1: end
          = refused not-your-call
        > ann on 7: end
          = refused unknown-call
    "#]]);
}

// ---- hold ----

#[test]
fn a_caller_on_hold_hears_music_until_taken_back() {
    let mut world = talking(Setup::small());
    world.acts("ann", 1, CallAction::Hold);
    world.settle();
    world.acts("ann", 1, CallAction::Hold);
    world.check(expect![[r#"
        > ann on 1: hold
          emit hold-changed 1 on
          operate 1.5 play music to caller looped
        > 1.5 accepted
        > 1.5 play started
        > ann on 1: hold
          = refused under-way
    "#]]);
    world.after(100);
    world.acts("ann", 1, CallAction::Unhold);
    world.play_cancelled("1.5");
    world.acts("ann", 1, CallAction::Unhold);
    world.check(expect![[r#"
        > ann on 1: unhold
          operate 1.6 cancel-media
          emit hold-changed 1 off
        > 1.5 play cancelled
          = ignored closed-operation
        > ann on 1: unhold
          = refused not-now
    "#]]);
}

#[test]
fn hold_music_that_fails_is_played_again() {
    let mut world = talking(Setup::small());
    world.acts("ann", 1, CallAction::Hold);
    world.play_failed("1.5");
    world.after(1);
    world.check(expect![[r#"
        > ann on 1: hold
          emit hold-changed 1 on
          operate 1.5 play music to caller looped
        > 1.5 play failed
          emit operation-failed 1 hold: failed 400/8536
        > at 1s
          operate 1.6 play music to caller looped
    "#]]);
    world.unknown("1.6");
    world.check(expect![[r#"
        > 1.6 unknown
          emit operation-failed 1 hold: unknown
          operate 1.7 cancel-media
    "#]]);
    world.acts("ann", 1, CallAction::Unhold);
    world.after(5);
    world.check(expect![[r#"
        > ann on 1: unhold
          operate 1.8 cancel-media
          emit hold-changed 1 off
    "#]]);
}

/// Other music is in the way once the service answers again: the caller must not hear the agent until the end of a wait that
/// had grown while the service was away.
#[test]
fn hold_music_follows_soon_what_was_in_its_way() {
    let mut world = talking(Setup::small());
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::Hold);
        for (refused, wait) in [("1.5", 1), ("1.6", 2), ("1.7", 4), ("1.8", 8)] {
            world.refused(refused, 503);
            world.after(wait);
        }
    });
    world.refused("1.9", 412);
    world.after(4);
    world.check(expect![[r#"
        > 1.9 refused 412
          emit operation-failed 1 hold: refused 412
          operate 1.10 cancel-media
        > at 19s
          operate 1.11 play music to caller looped
    "#]]);
}

/// The service is busy for long: the agent could not be heard over the music.
#[test]
fn music_that_does_not_stop_for_long_is_stopped_in_the_end() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        world.answers("1.3");
        world.list(1, 9, &["caller", "ann"]);
    });
    for stop in ["1.4", "1.5", "1.6", "1.7"] {
        world.refused(stop, 503);
    }
    world.check(expect![[r#"
        > 1.4 refused 503
          emit operation-failed 1 stop-media: refused 503
          operate 1.5 cancel-media
        > 1.5 refused 503
          emit operation-failed 1 stop-media: refused 503
          operate 1.6 cancel-media
        > 1.6 refused 503
          emit operation-failed 1 stop-media: refused 503
          operate 1.7 cancel-media
        > 1.7 refused 503
          emit operation-failed 1 stop-media: refused 503
    "#]]);
    world.after(1);
    world.refused("1.8", 503);
    world.after(2);
    world.accepted("1.9");
    world.after(60);
    world.check(expect![[r#"
        > at 1s
          operate 1.8 cancel-media
        > 1.8 refused 503
          emit operation-failed 1 stop-media: refused 503
        > at 3s
          operate 1.9 cancel-media
        > 1.9 accepted
    "#]]);
}

/// That would be tried again while ann talks; the two who stay behind are not to hear it either.
#[test]
fn music_that_does_not_stop_is_stopped_for_those_who_stay() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        world.answers("1.3");
        world.list(1, 9, &["caller", "ann"]);
    });
    for stop in ["1.4", "1.5", "1.6", "1.7"] {
        world.refused(stop, 503);
    }
    world.take();
    let sales = world.queue_id("sales");
    world.acts("ann", 1, CallAction::Requeue(sales));
    world.check(expect![[r#"
        > ann on 1: requeue in sales
          operate 1.8 remove-participant ann
          operate 1.9 cancel-media
          emit agent ann ready
          emit call-queued 1 in sales at 1
          operate 1.10 play music to caller looped
    "#]]);
}

#[test]
fn music_that_does_not_stop_is_stopped_again() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        world.answers("1.3");
        world.list(1, 9, &["caller", "ann"]);
    });
    world.refused("1.4", 503);
    world.unknown("1.5");
    world.after(20);
    world.refused("1.7", 429);
    world.check(expect![[r#"
        > 1.4 refused 503
          emit operation-failed 1 stop-media: refused 503
          operate 1.5 cancel-media
        > 1.5 unknown
          emit operation-failed 1 stop-media: unknown
          operate 1.6 cancel-media
        > at 20s
          emit operation-failed 1 stop-media: unknown
          operate 1.7 cancel-media
        > 1.7 refused 429
          emit operation-failed 1 stop-media: refused 429
    "#]]);
}

#[test]
fn a_stop_of_music_that_is_refused_for_good_is_not_repeated() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    world.quietly(|world| world.answers("1.3"));
    world.refused("1.4", 400);
    world.check(expect![[r#"
        > 1.4 refused 400
          emit operation-failed 1 stop-media: refused 400
    "#]]);
}

#[test]
fn music_that_does_not_stop_matters_no_more_when_the_call_ends() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        world.answers("1.3");
        world.acts("ann", 1, CallAction::End);
    });
    world.refused("1.4", 503);
    world.check(expect![[r#"
        > 1.4 refused 503
          = ignored closed-operation
    "#]]);
}

// ---- parties ----

#[test]
fn a_party_is_added_and_removed() {
    let mut world = talking(Setup::small());
    world.acts("ann", 1, CallAction::AddParticipant(party("boss")));
    world.settle();
    world.answers("1.5");
    world.acts("ann", 1, CallAction::RemoveParticipant(party("boss")));
    world.settle();
    world.acts("ann", 1, CallAction::RemoveParticipant(party("boss")));
    world.check(expect![[r#"
        > ann on 1: add boss
          operate 1.5 add-participant boss ring 60s
        > 1.5 accepted
        > 1.5 added boss
          emit party-changed 1 4:***80 added
        > ann on 1: remove boss
          operate 1.6 remove-participant boss
        > 1.6 accepted
        > 1.6 removed boss
          emit party-changed 1 4:***80 removed
        > 1 list: caller ann
        > ann on 1: remove boss
          = refused wrong-participant
    "#]]);
}

#[test]
fn a_party_that_does_not_answer_is_not_added() {
    let mut world = talking(Setup::small());
    world.acts("ann", 1, CallAction::AddParticipant(party("boss")));
    world.rings_out("1.5");
    world.acts("ann", 1, CallAction::RemoveParticipant(party("boss")));
    world.check(expect![[r#"
        > ann on 1: add boss
          operate 1.5 add-participant boss ring 60s
        > 1.5 not added boss 480/10037
          emit operation-failed 1 add-party: failed 480/10037
          emit party-changed 1 4:***80 add-failed
        > ann on 1: remove boss
          = refused wrong-participant
    "#]]);
}

#[test]
fn a_party_that_nothing_is_heard_of_is_cancelled() {
    let mut world = talking(Setup::small());
    world.acts("ann", 1, CallAction::AddParticipant(party("boss")));
    world.accepted("1.5");
    world.after(80);
    world.check(expect![[r#"
        > ann on 1: add boss
          operate 1.5 add-participant boss ring 60s
        > 1.5 accepted
        > at 80s
          operate 1.6 get-participants
    "#]]);
    world.finds("1.6", &["caller", "ann"]);
    world.check(expect![[r#"
        > 1.6 accepted
          operate 1.7 cancel-add inv-1.5
          emit operation-failed 1 add-party: unknown
          emit party-changed 1 4:***80 add-failed
    "#]]);
    // And taken out when it answers after all.
    world.answers("1.5");
    world.check(expect![[r#"
        > 1.5 added boss
          operate 1.8 remove-participant boss
    "#]]);
}

#[test]
fn nobody_is_added_twice_and_one_at_a_time() {
    let mut world = talking(Setup::small());
    for who in ["ann", "caller"] {
        world.acts("ann", 1, CallAction::AddParticipant(party(who)));
    }
    world.acts("ann", 1, CallAction::AddParticipant(party("boss")));
    world.acts("ann", 1, CallAction::AddParticipant(party("eve")));
    world.quietly(|world| world.answers("1.5"));
    world.acts("ann", 1, CallAction::AddParticipant(party("boss")));
    world.check(expect![[r#"
        > ann on 1: add ann
          = refused wrong-participant
        > ann on 1: add caller
          = refused wrong-participant
        > ann on 1: add boss
          operate 1.5 add-participant boss ring 60s
        > ann on 1: add eve
          = refused under-way
        > ann on 1: add boss
          = refused wrong-participant
    "#]]);
}

#[test]
fn a_call_has_no_more_parties_than_the_limit() {
    let setup = Setup::small().with(|setup| setup.config.limits.legs_max = 3);
    let mut world = talking(setup);
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::AddParticipant(party("boss")));
        world.answers("1.5");
    });
    world.acts("ann", 1, CallAction::AddParticipant(party("eve")));
    world.check(expect![[r#"
        > ann on 1: add eve
          = refused limit-reached
    "#]]);
}

#[test]
fn a_party_that_hangs_up_has_left_and_can_be_added_again() {
    let mut world = with_boss();
    world.list(1, 9, &["caller", "ann"]);
    world.acts("ann", 1, CallAction::RemoveParticipant(party("boss")));
    world.acts("ann", 1, CallAction::AddParticipant(party("boss")));
    world.check(expect![[r#"
        > 1 list: caller ann
          emit party-changed 1 4:***80 removed
        > ann on 1: remove boss
          = refused wrong-participant
        > ann on 1: add boss
          operate 1.6 add-participant boss ring 60s
    "#]]);
}

#[test]
fn a_party_that_is_not_listed_yet_has_not_left() {
    let mut world = talking(Setup::small());
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::AddParticipant(party("boss")));
        world.answers("1.5");
    });
    world.list(1, 9, &["caller", "ann"]);
    world.acts("ann", 1, CallAction::RemoveParticipant(party("boss")));
    world.check(expect![[r#"
        > 1 list: caller ann
        > ann on 1: remove boss
          operate 1.6 remove-participant boss
    "#]]);
}

#[test]
fn a_party_that_is_removed_leaves_once_whatever_tells_it_first() {
    let mut world = with_boss();
    world.acts("ann", 1, CallAction::RemoveParticipant(party("boss")));
    world.list(1, 9, &["caller", "ann"]);
    world.event_of("1.6", CallEventKind::ParticipantRemoved(party("boss")));
    world.check(expect![[r#"
        > ann on 1: remove boss
          operate 1.6 remove-participant boss
        > 1 list: caller ann
          emit party-changed 1 4:***80 removed
        > 1.6 removed boss
    "#]]);
}

#[test]
fn a_removal_that_fails_leaves_the_party() {
    let mut world = with_boss();
    world.acts("ann", 1, CallAction::RemoveParticipant(party("boss")));
    world.event_of(
        "1.6",
        CallEventKind::RemoveParticipantFailed(party("boss"), codes(400, 0)),
    );
    world.acts("ann", 1, CallAction::RemoveParticipant(party("boss")));
    world.check(expect![[r#"
        > ann on 1: remove boss
          operate 1.6 remove-participant boss
        > 1.6 not removed boss
          emit operation-failed 1 remove-party: failed 400/0
        > ann on 1: remove boss
          operate 1.7 remove-participant boss
    "#]]);
}

#[test]
fn an_agent_leaves_and_the_others_talk_on() {
    let mut world = with_boss();
    world.acts("ann", 1, CallAction::Leave);
    world.settle();
    world.check(expect![[r#"
        > ann on 1: leave
          operate 1.6 remove-participant ann
          emit agent ann ready
        > 1.6 accepted
        > 1.6 removed ann
        > 1 list: caller boss
    "#]]);
    assert_eq!(world.tenant.live_calls(), 1);
    world.disconnected(1);
    world.check(expect![[r#"
        > 1 disconnected
          emit call-ended 1 handled by ann
    "#]]);
}

#[test]
fn an_agent_who_hangs_up_leaves_the_others_to_talk() {
    let mut world = with_boss();
    world.list(1, 9, &["caller", "boss"]);
    world.check(expect![[r#"
        > 1 list: caller boss
          emit agent ann ready
    "#]]);
    world.list(1, 10, &["caller"]);
    world.check(expect![[r#"
        > 1 list: caller
          operate 1.6 terminate
    "#]]);
}

#[test]
fn a_list_from_before_the_party_joined_does_not_end_the_call() {
    let mut world = talking(Setup::small());
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::AddParticipant(party("boss")));
        world.answers("1.5");
        world.acts("ann", 1, CallAction::Leave);
    });
    world.list(1, 9, &["caller"]);
    world.check(expect![[r#"
        > 1 list: caller
    "#]]);
    world.list(1, 10, &["caller", "boss"]);
    world.list(1, 11, &["caller"]);
    world.check(expect![[r#"
        > 1 list: caller boss
        > 1 list: caller
          operate 1.7 terminate
    "#]]);
}

#[test]
fn with_nobody_else_leaving_ends_the_call() {
    let mut world = talking(Setup::small());
    world.acts("ann", 1, CallAction::Leave);
    world.check(expect![[r#"
        > ann on 1: leave
          emit agent ann ready
          operate 1.5 terminate
    "#]]);
}

#[test]
fn an_agent_who_leaves_a_caller_on_hold_stops_the_music() {
    let mut world = with_boss();
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::Hold);
        world.settle();
    });
    world.acts("ann", 1, CallAction::Leave);
    world.check(expect![[r#"
        > ann on 1: leave
          operate 1.7 remove-participant ann
          operate 1.8 cancel-media
          emit agent ann ready
    "#]]);
}

#[test]
fn a_party_that_rings_when_the_agent_leaves_is_cancelled() {
    let mut world = with_boss();
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::AddParticipant(party("eve")));
        world.settle();
    });
    world.acts("ann", 1, CallAction::Leave);
    // It answers all the same.
    world.answers("1.6");
    world.check(expect![[r#"
        > ann on 1: leave
          operate 1.7 remove-participant ann
          operate 1.8 cancel-add inv-1.6
          emit agent ann ready
        > 1.6 added eve
          operate 1.9 remove-participant eve
    "#]]);
}

#[test]
fn a_bridged_call_can_be_ended_but_not_held() {
    let mut world = with_boss();
    world.quietly(|world| world.acts("ann", 1, CallAction::Leave));
    for action in [
        CallAction::Hold,
        CallAction::Unhold,
        CallAction::Leave,
        CallAction::AddParticipant(party("eve")),
        CallAction::RemoveParticipant(party("boss")),
    ] {
        world.acts("boss", 1, action);
    }
    world.check(expect![[r#"
        > boss on 1: hold
          = refused not-now
        > boss on 1: unhold
          = refused not-now
        > boss on 1: leave
          = refused not-now
        > boss on 1: add eve
          = refused not-now
        > boss on 1: remove boss
          = refused not-now
    "#]]);
    world.acts("boss", 1, CallAction::End);
    world.check(expect![[r#"
        > boss on 1: end
          operate 1.7 terminate
    "#]]);
}

#[test]
fn nothing_can_be_done_to_a_caller_who_waits_but_to_end_the_call() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.queued("caller");
    let sales = world.queue_id("sales");
    for action in [
        CallAction::Hold,
        CallAction::Unhold,
        CallAction::StartRecording,
        CallAction::StopRecording,
        CallAction::PauseRecording,
        CallAction::ResumeRecording,
        CallAction::SetConsent(cordboard_core::question::Consent::Given),
        CallAction::AddParticipant(party("eve")),
        CallAction::RemoveParticipant(party("eve")),
        CallAction::Leave,
        CallAction::Requeue(sales),
    ] {
        world.acts("boss", 1, action);
    }
    world.check(expect![[r#"
        > boss on 1: hold
          = refused not-now
        > boss on 1: unhold
          = refused not-now
        > boss on 1: start-recording
          = refused not-now
        > boss on 1: stop-recording
          = refused not-now
        > boss on 1: pause-recording
          = refused not-now
        > boss on 1: resume-recording
          = refused not-now
        > boss on 1: consent given
          = refused not-now
        > boss on 1: add eve
          = refused not-now
        > boss on 1: remove eve
          = refused not-now
        > boss on 1: leave
          = refused not-now
        > boss on 1: requeue in sales
          = refused not-now
    "#]]);
    world.acts("boss", 1, CallAction::End);
    world.acts("boss", 1, CallAction::End);
    world.check(expect![[r#"
        > boss on 1: end
          operate 1.3 terminate
        > boss on 1: end
          = refused not-now
    "#]]);
}

#[test]
fn a_call_that_is_being_answered_cannot_be_ended_by_hand() {
    let mut world = World::new(Setup::small());
    world.calls("line", "caller");
    world.acts("boss", 1, CallAction::End);
    world.accepted("1.1");
    world.acts("boss", 1, CallAction::End);
    world.check(expect![[r#"
        > caller calls line
          = call 1
          emit call-received 1 at line from 4:***00
          operate 1.1 answer within 20s
        > boss on 1: end
          = refused not-now
        > 1.1 accepted
        > boss on 1: end
          = refused not-now
    "#]]);
}

// ---- requeue ----

#[test]
fn a_caller_who_is_put_back_keeps_the_place_and_goes_to_somebody_else() {
    let mut world = talking(Setup::small());
    world.after(60);
    world.quietly(|world| {
        world.takes_break("bob");
        world.contact("sales", 0);
    });
    let sales = world.queue_id("sales");
    world.acts("ann", 1, CallAction::Requeue(sales));
    world.check(expect![[r#"
        > ann on 1: requeue in sales
          operate 1.5 remove-participant ann
          emit agent ann ready
          emit call-queued 1 in sales at 1
          operate 1.6 play music to caller looped
    "#]]);
    world.ready("bob");
    world.check(expect![[r#"
        > bob: ready
          emit agent bob ready
          record 1 skill-match at sales by native: bob of 1
          emit agent bob reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-2 to bob in sales for 20s caller=+14255550100 waited-ms=60000
          operate 1.7 add-participant bob ring 20s
    "#]]);
}

#[test]
fn a_caller_who_hangs_up_after_being_put_back_was_handled() {
    let mut world = talking(Setup::small());
    let sales = world.queue_id("sales");
    world.quietly(|world| world.acts("ann", 1, CallAction::Requeue(sales)));
    world.disconnected(1);
    world.check(expect![[r#"
        > 1 disconnected
          emit call-ended 1 handled by ann
    "#]]);
}

#[test]
fn an_agent_wraps_up_after_putting_a_caller_back() {
    let setup = Setup::small().queue("sales", |_, queue| queue.wrap_up = Millis::from_secs(30));
    let mut world = World::with_ready(setup, &["ann"]);
    world.talking("caller", "ann");
    let sales = world.queue_id("sales");
    world.acts("ann", 1, CallAction::Requeue(sales));
    world.check(expect![[r#"
        > ann on 1: requeue in sales
          operate 1.5 remove-participant ann
          emit agent ann wrap-up
          emit call-queued 1 in sales at 1
          operate 1.6 play music to caller looped
    "#]]);
    world.quietly(World::settle);
    world.after(30);
    world.check(expect![[r#"
        > at 20s
        > at 30s
          emit agent ann ready
    "#]]);
}

#[test]
fn parties_are_taken_out_before_a_caller_is_put_back() {
    let mut world = with_boss();
    let sales = world.queue_id("sales");
    world.acts("ann", 1, CallAction::Requeue(sales));
    world.settle();
    world.check(expect![[r#"
        > ann on 1: requeue in sales
          operate 1.6 remove-participant ann
          operate 1.7 remove-participant boss
          emit agent ann ready
          emit call-queued 1 in sales at 1
          operate 1.8 play music to caller looped
        > 1.6 accepted
        > 1.6 removed ann
        > 1 list: caller boss
        > 1.7 accepted
        > 1.7 removed boss
        > 1 list: caller
        > 1.8 accepted
        > 1.8 play started
    "#]]);
}

#[test]
fn hold_music_ends_before_a_caller_is_put_back() {
    let mut world = talking(Setup::small());
    world.quietly(|world| world.acts("ann", 1, CallAction::Hold));
    let sales = world.queue_id("sales");
    world.acts("ann", 1, CallAction::Requeue(sales));
    world.check(expect![[r#"
        > ann on 1: requeue in sales
          operate 1.6 remove-participant ann
          operate 1.7 cancel-media
          emit agent ann ready
          emit call-queued 1 in sales at 1
          operate 1.8 play music to caller looped
    "#]]);
}

#[test]
fn a_caller_is_not_put_into_a_queue_that_does_not_exist() {
    let mut world = talking(Setup::small());
    let nowhere = world.queue_id("spare-1");
    world.acts("ann", 1, CallAction::Requeue(nowhere));
    world.check(expect![[r#"
        > ann on 1: requeue in spare-1
          = refused unknown-queue
    "#]]);
}

#[test]
fn a_caller_who_is_put_into_a_closed_queue_leaves_by_its_exit() {
    let setup = Setup::small().queue("support", |setup, queue| {
        queue.exits.closed = cordboard_core::config::Exit::Queue(setup.queue_id("overflow"));
        queue.wrap_up = Millis(0);
    });
    let setup = setup.queue("overflow", |setup, queue| {
        queue.exits.closed = cordboard_core::config::Exit::Queue(setup.queue_id("support"));
    });
    let mut world = talking(setup);
    let support = world.queue_id("support");
    world.quietly(|world| {
        world.queue("support", QueueAction::Close);
        world.queue("overflow", QueueAction::Close);
    });
    world.acts("ann", 1, CallAction::Requeue(support));
    world.check(expect![[r#"
        > ann on 1: requeue in support
          operate 1.5 remove-participant ann
          emit agent ann ready
          emit queue-exited 1 from support: closed by queue overflow
          emit queue-exited 1 from overflow: closed by queue support
          emit queue-exited 1 from support: closed by queue overflow
          emit queue-exited 1 from overflow: closed by queue support
          emit queue-exited 1 from support: closed by queue overflow
          emit queue-exited 1 from overflow: closed by queue support
          operate 1.6 terminate
    "#]]);
}

#[test]
fn an_agent_whose_list_comes_after_the_one_without_is_missed() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    world.quietly(|world| world.answers("1.3"));
    world.list(1, 9, &["caller"]);
    world.list(1, 8, &["caller", "ann"]);
    world.check(expect![[r#"
        > 1 list: caller
        > 1 list: caller ann
          emit agent ann ready
          operate 1.5 terminate
    "#]]);
}

#[test]
fn an_agent_who_came_and_went_before_being_told_of_is_missed() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    world.list(1, 8, &["caller", "ann"]);
    world.list(1, 9, &["caller"]);
    world.answers("1.3");
    world.check(expect![[r#"
        > 1 list: caller ann
        > 1 list: caller
        > 1.3 added ann
          emit offer-ended 1-1 to ann: accepted
          operate 1.4 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
          emit agent ann ready
          operate 1.5 terminate
    "#]]);
}

#[test]
fn a_party_that_came_and_went_before_being_told_of_has_left() {
    let mut world = talking(Setup::small());
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::AddParticipant(party("boss")));
        world.accepted("1.5");
    });
    world.list(1, 8, &["caller", "ann", "boss"]);
    world.list(1, 9, &["caller", "ann"]);
    world.answers("1.5");
    world.acts("ann", 1, CallAction::Leave);
    world.check(expect![[r#"
        > 1 list: caller ann boss
        > 1 list: caller ann
        > 1.5 added boss
          emit party-changed 1 4:***80 added
          emit party-changed 1 4:***80 removed
        > ann on 1: leave
          emit agent ann ready
          operate 1.6 terminate
    "#]]);
}

#[test]
fn a_party_that_is_added_again_is_not_missed_before_it_is_listed_again() {
    let mut world = with_boss();
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::RemoveParticipant(party("boss")));
        world.settle();
        world.acts("ann", 1, CallAction::AddParticipant(party("boss")));
        world.accepted("1.7");
    });
    world.answers("1.7");
    world.acts("ann", 1, CallAction::Leave);
    world.check(expect![[r#"
        > 1.7 added boss
          emit party-changed 1 4:***80 added
        > ann on 1: leave
          operate 1.8 remove-participant ann
          emit agent ann ready
    "#]]);
}
