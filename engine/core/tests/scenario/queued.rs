//! Waiting: place, music and messages, and the reasons to leave.

use crate::harness::World;
use crate::harness::config::{Setup, exits, number_exit};
use crate::harness::world::codes;
use cordboard_core::config::Exit;
use cordboard_core::hours::{Hours, Span, WeeklyHours};
use cordboard_core::ids::Millis;
use cordboard_core::input::{AgentAction, CallEventKind, QueueAction};
use expect_test::expect;

/// A caller waits in sales while ann has a break. The music plays as `1.2`.
fn waiting(setup: Setup) -> World {
    let mut world = World::staffed(setup, &["ann"]);
    world.queued("caller");
    world
}

#[test]
fn a_caller_who_waits_hears_music_until_an_agent_answers() {
    let mut world = waiting(Setup::small());
    world.after(5);
    world.ready("ann");
    world.settle();
    world.picks_up("ann");
    world.check(expect![[r#"
        > ann: ready
          emit agent ann ready
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-1 to ann in sales for 20s caller=+14255550100 waited-ms=5000
          operate 1.3 add-participant ann ring 20s
        > 1.3 accepted
        > 1.3 added ann
          emit offer-ended 1-1 to ann: accepted
          operate 1.4 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
        > 1.4 accepted
        > 1 list: caller ann
    "#]]);
}

#[test]
fn music_that_the_service_ends_goes_on() {
    let mut world = waiting(Setup::small());
    world.completed("1.2");
    world.play_cancelled("1.3");
    world.check(expect![[r#"
        > 1.2 play completed
          operate 1.3 play music to caller looped
        > 1.3 play cancelled
          operate 1.4 play music to caller looped
    "#]]);
}

#[test]
fn music_that_fails_is_tried_again_after_ever_longer_waits() {
    let mut world = waiting(Setup::small());
    for (failed, wait) in [(2, 1), (3, 2), (4, 4), (5, 8), (6, 16), (7, 32), (8, 32)] {
        world.play_failed(&format!("1.{failed}"));
        world.after(wait);
        world.quietly(World::settle);
    }
    world.check(expect![[r#"
        > 1.2 play failed
          emit operation-failed 1 music: failed 400/8536
        > at 1s
          operate 1.3 play music to caller looped
        > 1.3 play failed
          emit operation-failed 1 music: failed 400/8536
        > at 3s
          operate 1.4 play music to caller looped
        > 1.4 play failed
          emit operation-failed 1 music: failed 400/8536
        > at 7s
          operate 1.5 play music to caller looped
        > 1.5 play failed
          emit operation-failed 1 music: failed 400/8536
        > at 15s
          operate 1.6 play music to caller looped
        > 1.6 play failed
          emit operation-failed 1 music: failed 400/8536
        > at 20s
        > at 31s
          operate 1.7 play music to caller looped
        > 1.7 play failed
          emit operation-failed 1 music: failed 400/8536
        > at 63s
          operate 1.8 play music to caller looped
        > 1.8 play failed
          emit operation-failed 1 music: failed 400/8536
        > at 95s
          operate 1.9 play music to caller looped
    "#]]);
}

#[test]
fn music_that_is_refused_is_tried_again() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.calls("line", "caller");
        world.accepted("1.1");
        world.connected(1);
    });
    world.refused("1.2", 500);
    world.after(1);
    world.check(expect![[r#"
        > 1.2 refused 500
          emit operation-failed 1 music: refused 500
        > at 1s
          operate 1.3 play music to caller looped
    "#]]);
}

#[test]
fn music_that_is_refused_because_the_call_is_gone_ends_the_call() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.calls("line", "caller");
        world.accepted("1.1");
        world.connected(1);
    });
    world.call_not_found("1.2");
    world.check(expect![[r#"
        > 1.2 refused 404
          emit call-ended 1 abandoned
    "#]]);
}

/// A gateway on the way may say 404 as well.
#[test]
fn music_that_somebody_else_than_the_service_does_not_find_is_looked_into() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.calls("line", "caller");
        world.accepted("1.1");
        world.connected(1);
    });
    world.refused("1.2", 404);
    world.check(expect![[r#"
        > 1.2 refused 404
          operate 1.3 get-call
          operate 1.4 get-participants
          emit operation-failed 1 music: refused 404
    "#]]);
}

#[test]
fn music_that_nothing_is_heard_of_is_stopped_and_started_again() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.calls("line", "caller");
        world.accepted("1.1");
        world.connected(1);
    });
    world.unknown("1.2");
    world.after(19);
    world.check(expect![[r#"
        > 1.2 unknown
          emit operation-failed 1 music: unknown
          operate 1.3 cancel-media
        > at 1s
          operate 1.4 play music to caller looped
    "#]]);
    world.after(2);
    world.check(expect![[r#"
        > at 20s
          emit operation-failed 1 stop-media: unknown
        > at 21s
          emit operation-failed 1 music: unknown
          operate 1.5 cancel-media
    "#]]);
}

#[test]
fn music_that_has_started_plays_without_end() {
    let mut world = waiting(Setup::small());
    world.after(200);
    world.check(expect![[r#"
        > at 20s
    "#]]);
}

#[test]
fn a_message_interrupts_the_music_and_music_follows() {
    let mut world = waiting(Setup::small().message_every("sales", 30));
    world.after(30);
    world.accepted("1.3");
    world.play_cancelled("1.2");
    world.accepted("1.4");
    world.started("1.4");
    world.completed("1.4");
    world.accepted("1.5");
    world.started("1.5");
    world.after(30);
    world.check(expect![[r#"
        > at 20s
        > at 30s
          operate 1.3 cancel-media
          operate 1.4 play patience to caller
        > 1.3 accepted
        > 1.2 play cancelled
        > 1.4 accepted
        > 1.4 play started
        > 1.4 play completed
          operate 1.5 play music to caller looped
        > 1.5 accepted
        > 1.5 play started
        > at 60s
          operate 1.6 cancel-media
          operate 1.7 play patience to caller
    "#]]);
}

#[test]
fn the_end_of_the_music_may_come_after_the_end_of_the_message() {
    let mut world = waiting(Setup::small().message_every("sales", 30));
    world.after(30);
    world.accepted("1.3");
    world.accepted("1.4");
    world.started("1.4");
    world.completed("1.4");
    world.play_cancelled("1.2");
    world.check(expect![[r#"
        > at 20s
        > at 30s
          operate 1.3 cancel-media
          operate 1.4 play patience to caller
        > 1.3 accepted
        > 1.4 accepted
        > 1.4 play started
        > 1.4 play completed
          operate 1.5 play music to caller looped
        > 1.2 play cancelled
    "#]]);
}

#[test]
fn music_follows_a_message_that_fails() {
    let mut world = waiting(Setup::small().message_every("sales", 30));
    world.quietly(|world| {
        world.after(30);
        world.accepted("1.3");
    });
    world.play_failed("1.4");
    world.check(expect![[r#"
        > 1.4 play failed
          emit operation-failed 1 message: failed 400/8536
          operate 1.5 play music to caller looped
    "#]]);
    world.quietly(|world| {
        world.accepted("1.5");
        world.started("1.5");
        world.after(30);
        world.accepted("1.6");
    });
    world.refused("1.7", 500);
    world.check(expect![[r#"
        > 1.7 refused 500
          emit operation-failed 1 message: refused 500
          operate 1.8 play music to caller looped
    "#]]);
}

#[test]
fn music_follows_a_message_that_nothing_is_heard_of() {
    let mut world = waiting(Setup::small().message_every("sales", 30));
    world.after(30);
    world.check(expect![[r#"
        > at 20s
        > at 30s
          operate 1.3 cancel-media
          operate 1.4 play patience to caller
    "#]]);
    world.quietly(|world| world.accepted("1.3"));
    // 3 s of message, 10 s for the request, 10 s for the event.
    world.after(23);
    world.check(expect![[r#"
        > at 53s
          emit operation-failed 1 message: unknown
          operate 1.5 cancel-media
          operate 1.6 play music to caller looped
    "#]]);
}

#[test]
fn a_message_takes_the_place_of_music_that_failed() {
    let mut world = waiting(Setup::small().message_every("sales", 30));
    world.after_ms(29_500);
    world.play_failed("1.2");
    world.after(2);
    world.completed("1.4");
    world.check(expect![[r#"
        > at 20s
        > 1.2 play failed
          emit operation-failed 1 music: failed 400/8536
        > at 30s
          operate 1.3 cancel-media
          operate 1.4 play patience to caller
        > 1.4 play completed
          operate 1.5 play music to caller looped
    "#]]);
}

#[test]
fn messages_go_on_while_an_agent_is_rung() {
    let mut world = waiting(Setup::small().message_every("sales", 30));
    world.after(25);
    world.ready("ann");
    world.check(expect![[r#"
        > at 20s
        > ann: ready
          emit agent ann ready
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-1 to ann in sales for 20s caller=+14255550100 waited-ms=25000
          operate 1.3 add-participant ann ring 20s
    "#]]);
    world.after(5);
    world.play_cancelled("1.2");
    world.completed("1.5");
    world.check(expect![[r#"
        > at 30s
          operate 1.4 cancel-media
          operate 1.5 play patience to caller
        > 1.2 play cancelled
        > 1.5 play completed
          operate 1.6 play music to caller looped
    "#]]);
}

#[test]
fn a_caller_who_hangs_up_while_waiting_has_abandoned() {
    let mut world = waiting(Setup::small());
    world.disconnected(1);
    world.check(expect![[r#"
        > 1 disconnected
          emit call-ended 1 abandoned
    "#]]);
    assert_eq!(world.tenant.queue_length(world.setup.queue_id("sales")), 0);
    assert_eq!(world.tenant.poll_timeout(), None);
}

#[test]
fn positions_follow_priority_then_time() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.contact("sales", 0);
    world.after(1);
    world.contact("sales", 0);
    world.contact("sales", 5);
    world.contact("sales", -5);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 2
        > contact for sales
          = call 3
          emit call-queued 3 in sales at 1
        > contact for sales
          = call 4
          emit call-queued 4 in sales at 4
    "#]]);
}

#[test]
fn a_caller_who_has_waited_long_enough_leaves() {
    let mut world = waiting(Setup::small());
    world.after(299);
    world.check(expect![[r#"
        > at 20s
    "#]]);
    world.after(1);
    world.check(expect![[r#"
        > at 300s
          emit queue-exited 1 from sales: max-wait by message
          operate 1.3 cancel-media
          operate 1.4 play sorry to caller
    "#]]);
}

#[test]
fn a_caller_whose_time_is_up_leaves_although_an_agent_is_rung() {
    let mut world = waiting(Setup::small());
    world.after(290);
    world.quietly(|world| {
        world.ready("ann");
        world.settle();
    });
    world.after(10);
    world.check(expect![[r#"
        > at 20s
        > at 300s
          emit offer-ended 1-1 to ann: revoked
          operate 1.4 cancel-add inv-1.3
          emit agent ann ready
          emit queue-exited 1 from sales: max-wait by message
          operate 1.5 cancel-media
          operate 1.6 play sorry to caller
    "#]]);
    // The agent answers all the same: too late.
    world.answers("1.3");
    world.check(expect![[r#"
        > 1.3 added ann
          operate 1.7 remove-participant ann
    "#]]);
}

#[test]
fn a_queue_that_is_full_takes_nobody() {
    let setup = Setup::small().with(|setup| setup.config.limits.queue_length_max = 1);
    let mut world = waiting(setup);
    world.quietly(|world| {
        world.calls("line", "caller-2");
        world.accepted("2.1");
    });
    world.connected(2);
    world.check(expect![[r#"
        > 2 connected
          emit call-answered 2
          emit queue-exited 2 from sales: queue-full by message
          operate 2.2 play sorry to caller-2
    "#]]);
}

#[test]
fn a_caller_whom_nobody_could_serve_does_not_wait() {
    let mut world = World::new(Setup::small());
    world.quietly(|world| {
        world.calls("line", "caller");
        world.accepted("1.1");
    });
    world.connected(1);
    world.check(expect![[r#"
        > 1 connected
          emit call-answered 1
          emit queue-exited 1 from sales: no-agents by voicemail
          operate 1.2 play greeting to caller
    "#]]);
}

#[test]
fn an_agent_without_the_skill_is_nobody() {
    let mut world = World::staffed(Setup::small(), &["bob"]);
    world.contact("support", 0);
    world.check(expect![[r#"
        > contact for support
          = call 1
          emit queue-exited 1 from support: no-agents by end
          emit call-ended 1 exited at no-agents
    "#]]);
}

#[test]
fn a_skill_that_is_required_only_for_a_while_lets_a_caller_wait() {
    let setup = Setup::small().queue("support", |setup, queue| {
        queue.requirements = vec![setup.requires("french", 50, Some(20))];
    });
    let mut world = World::with_ready(setup, &["bob"]);
    world.contact("support", 0);
    world.after(20);
    world.check(expect![[r#"
        > contact for support
          = call 1
          emit call-queued 1 in support at 1
        > at 20s
          record 1 skill-match at support by native: bob of 1
          emit agent bob reserved
          emit offer-issued 1-1 to bob in support for 20s ticket=7 waited-ms=20000
    "#]]);
}

#[test]
fn a_caller_whose_last_agent_logs_out_leaves_after_a_while() {
    let mut world = waiting(Setup::small());
    world.goes_offline("ann");
    world.after(29);
    world.check(expect![[r#"
        > ann: offline
          emit agent ann offline
        > at 20s
    "#]]);
    world.after(1);
    world.check(expect![[r#"
        > at 30s
          emit queue-exited 1 from sales: no-agents by voicemail
          operate 1.3 cancel-media
          operate 1.4 play greeting to caller
    "#]]);
}

#[test]
fn a_caller_who_is_offered_to_the_last_agent_when_that_one_logs_out_leaves_after_a_while() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    world.goes_offline("ann");
    world.check(expect![[r#"
        > ann: offline
          emit offer-ended 1-1 to ann: revoked
          operate 1.4 cancel-add inv-1.3
          emit agent ann offline
    "#]]);
    world.after(30);
    world.check(expect![[r#"
        > at 20s
          operate 1.5 cancel-add inv-1.3
          emit operation-failed 1 cancel-add: unknown
        > at 30s
          emit queue-exited 1 from sales: no-agents by voicemail
          operate 1.6 cancel-media
          operate 1.7 play greeting to caller
    "#]]);
}

#[test]
fn a_caller_waits_on_when_an_agent_logs_in_again() {
    let mut world = waiting(Setup::small());
    world.goes_offline("ann");
    world.after(29);
    world.takes_break("bob");
    world.after(10);
    world.check(expect![[r#"
        > ann: offline
          emit agent ann offline
        > at 20s
        > bob: not ready, break
          emit agent bob not-ready(break)
    "#]]);
    // The while begins anew.
    world.goes_offline("bob");
    world.after(29);
    world.check(expect![[r#"
        > bob: offline
          emit agent bob offline
    "#]]);
    world.after(1);
    world.check(expect![[r#"
        > at 69s
          emit queue-exited 1 from sales: no-agents by voicemail
          operate 1.3 cancel-media
          operate 1.4 play greeting to caller
    "#]]);
}

#[test]
fn an_agent_of_a_group_that_joins_later_is_somebody() {
    let mut world = waiting(Setup::small());
    world.takes_break("cid");
    world.goes_offline("ann");
    world.after(60);
    world.check(expect![[r#"
        > cid: not ready, break
          emit agent cid not-ready(break)
        > ann: offline
          emit agent ann offline
        > at 20s
    "#]]);
}

#[test]
fn a_group_joins_in_after_its_delay() {
    let mut world = waiting(Setup::small());
    world.ready("cid");
    world.after_ms(19_999);
    world.check(expect![[r#"
        > cid: ready
          emit agent cid ready
    "#]]);
    world.after_ms(1);
    world.check(expect![[r#"
        > at 20s
          record 1 skill-match at sales by native: cid of 1
          emit agent cid reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-1 to cid in sales for 20s caller=+14255550100 waited-ms=20000
          operate 1.3 add-participant cid ring 20s
    "#]]);
}

#[test]
fn a_supervisor_closes_a_queue_and_those_who_wait_leave() {
    let mut world = waiting(Setup::small());
    world.queued("caller-2");
    world.queue("sales", QueueAction::Close);
    world.check(expect![[r#"
        > queue sales: close
          emit queue sales closed
          emit queue-exited 1 from sales: closed by message
          operate 1.3 cancel-media
          operate 1.4 play closed to caller
          emit queue-exited 2 from sales: closed by message
          operate 2.3 cancel-media
          operate 2.4 play closed to caller-2
    "#]]);
    world.queue("sales", QueueAction::Close);
    world.quietly(|world| {
        world.calls("line", "caller-3");
        world.accepted("3.1");
    });
    world.connected(3);
    world.queue("sales", QueueAction::Open);
    world.queue("sales", QueueAction::Open);
    world.check(expect![[r#"
        > queue sales: close
        > 3 connected
          emit call-answered 3
          emit queue-exited 3 from sales: closed by message
          operate 3.2 play closed to caller-3
        > queue sales: open
          emit queue sales open
        > queue sales: open
    "#]]);
    world.quietly(|world| {
        world.calls("line", "caller-4");
        world.accepted("4.1");
    });
    world.connected(4);
    world.check(expect![[r#"
        > 4 connected
          emit call-answered 4
          emit call-queued 4 in sales at 1
          operate 4.2 play music to caller-4 looped
    "#]]);
}

#[test]
fn closing_a_queue_takes_back_its_offers() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.queued("caller");
    world.queue("sales", QueueAction::Close);
    world.check(expect![[r#"
        > queue sales: close
          emit queue sales closed
          emit offer-ended 1-1 to ann: revoked
          operate 1.4 cancel-add inv-1.3
          emit agent ann ready
          emit queue-exited 1 from sales: closed by message
          operate 1.5 cancel-media
          operate 1.6 play closed to caller
    "#]]);
}

#[test]
fn a_queue_that_nobody_configured_cannot_be_closed() {
    let mut world = World::new(Setup::small());
    world.queue("spare-1", QueueAction::Close);
    world.check(expect![[r#"
        > queue spare-1: close
          = refused unknown-queue
    "#]]);
}

#[test]
fn outside_its_hours_a_queue_takes_nobody() {
    // Friday from nine to ten in Warsaw, which is seven to eight in UTC.
    let setup = Setup::small().queue("sales", |_, queue| {
        let friday = vec![Span {
            from: 540,
            until: 600,
        }];
        queue.hours = Hours::Weekly(Box::new(WeeklyHours {
            time_zone: "Europe/Warsaw".to_owned(),
            days: [vec![], vec![], vec![], vec![], friday, vec![], vec![]],
            holidays: Vec::new(),
        }));
    });
    let mut world = World::staffed(setup, &["ann"]);
    world.after(7 * 3_600 - 1);
    world.contact("sales", 0);
    world.after(1);
    world.contact("sales", 0);
    world.quietly(|world| world.after(3_599));
    world.contact("sales", 0);
    world.after(1);
    world.contact("sales", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit queue-exited 1 from sales: closed by end
          emit call-ended 1 exited at closed
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 1
        > contact for sales
          = call 3
          emit call-queued 3 in sales at 1
        > contact for sales
          = call 4
          emit queue-exited 4 from sales: closed by end
          emit call-ended 4 exited at closed
    "#]]);
}

#[test]
fn the_wait_in_the_next_queue_begins_anew_and_the_place_is_kept() {
    let setup = Setup::small().queue("support", |_, queue| {
        queue.max_wait = Millis::from_secs(60);
        queue.requirements.clear();
    });
    let mut world = World::staffed(setup, &["ann"]);
    world.calls_and_settles("main", "caller");
    world.quietly(|world| {
        world.types("1.2", "2");
        world.settle();
        world.after(30);
        world.queued("caller-2");
    });
    world.after(30);
    world.check(expect![[r#"
        > at 50s
        > at 60s
          emit queue-exited 1 from support: max-wait by queue sales
          operate 1.4 cancel-media
          emit call-queued 1 in sales at 1
          operate 1.5 play music to caller looped
    "#]]);
    world.quietly(World::settle);
    world.after(240);
    world.check(expect![]);
    world.after(30);
    world.quietly(|world| world.accepted("2.3"));
    world.after(30);
    world.check(expect![[r#"
        > at 330s
          emit queue-exited 2 from sales: max-wait by message
          operate 2.3 cancel-media
          operate 2.4 play sorry to caller-2
        > at 353s
          emit operation-failed 2 exit-message: unknown
          operate 2.5 cancel-media
          operate 2.6 play sorry to caller-2
        > at 360s
          emit queue-exited 1 from sales: max-wait by message
          operate 1.6 cancel-media
          operate 1.7 play sorry to caller
    "#]]);
}

#[test]
fn a_caller_who_had_enough_offers_leaves() {
    let setup = Setup::small().with(|setup| setup.config.limits.offers_max = 2);
    let mut world = World::with_ready(setup, &["ann", "bob"]);
    world.queued("caller");
    world.declines("1.3");
    world.settle();
    world.check(expect![[r#"
        > 1.3 not added ann 603/560603
          emit offer-ended 1-1 to ann: declined
          emit agent ann ready
          record 1 skill-match at sales by native: bob of 1
          emit agent bob reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-2 to bob in sales for 20s caller=+14255550100 waited-ms=0
          operate 1.4 add-participant bob ring 20s
        > 1.4 accepted
    "#]]);
    world.declines("1.4");
    world.check(expect![[r#"
        > 1.4 not added bob 603/560603
          emit offer-ended 1-2 to bob: declined
          emit queue-exited 1 from sales: offers-max by message
          operate 1.5 cancel-media
          operate 1.6 play sorry to caller
          emit agent bob ready
    "#]]);
}

#[test]
fn late_events_of_the_music_are_ignored_in_the_conversation() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.talking("caller", "ann");
    world.play_cancelled("1.2");
    world.event(1, CallEventKind::PlayCanceled);
    world.event(1, CallEventKind::PlayStarted);
    world.completed("1.2");
    world.event_of("1.2", CallEventKind::PlayFailed(codes(500, 9999)));
    world.check(expect![[r#"
        > 1.2 play cancelled
          = ignored closed-operation
        > 1 play cancelled
          = ignored closed-operation
        > 1 play started
          = ignored closed-operation
        > 1.2 play completed
          = ignored closed-operation
        > 1.2 play failed
          = ignored closed-operation
    "#]]);
}

#[test]
fn a_number_is_the_way_out_of_a_closed_queue() {
    let setup = Setup::small().queue("sales", |setup, queue| {
        queue.exits = exits(
            Exit::Queue(setup.queue_id("overflow")),
            Exit::Message(setup.prompt("sorry")),
            number_exit("night-shift", None),
        );
    });
    let mut world = waiting(setup);
    world.queue("sales", QueueAction::Close);
    world.check(expect![[r#"
        > queue sales: close
          emit queue sales closed
          emit queue-exited 1 from sales: closed by number
          operate 1.3 cancel-media
          operate 1.4 play music to caller looped
          operate 1.5 add-participant night-shift ring 60s
    "#]]);
    world.agent("ann", AgentAction::Heartbeat);
    world.check(expect![[r#"
        > ann: heartbeat
    "#]]);
}

#[test]
fn a_caller_whose_time_is_up_during_the_last_offer_leaves_once() {
    let setup = Setup::small()
        .with(|setup| setup.config.limits.offers_max = 1)
        .queue("sales", |setup, queue| {
            queue.max_wait = Millis::from_secs(10);
            queue.exits.max_wait = Exit::Queue(setup.queue_id("overflow"));
        });
    let mut world = World::with_ready(setup, &["ann"]);
    world.quietly(|world| world.takes_break("cid"));
    world.queued("caller");
    world.after(10);
    world.check(expect![[r#"
        > at 10s
          emit offer-ended 1-1 to ann: revoked
          operate 1.4 cancel-add inv-1.3
          emit queue-exited 1 from sales: offers-max by queue overflow
          operate 1.5 cancel-media
          emit call-queued 1 in overflow at 1
          operate 1.6 play music to caller looped
          emit agent ann ready
    "#]]);
}

#[test]
fn a_caller_who_is_not_taken_by_somebody_who_left_the_group_leaves_after_a_while() {
    let setup = Setup::small().queue("sales", |_, queue| {
        queue.groups.truncate(1);
    });
    let mut world = World::with_ready(setup, &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        world.reload(|setup| {
            setup.digest("two").with(|setup| {
                for members in setup.config.groups.values_mut() {
                    members.truncate(0);
                }
            })
        });
    });
    world.declines("1.3");
    world.after(30);
    world.check(expect![[r#"
        > 1.3 not added ann 603/560603
          emit offer-ended 1-1 to ann: declined
          emit agent ann ready
        > at 30s
          emit queue-exited 1 from sales: no-agents by voicemail
          operate 1.4 cancel-media
          operate 1.5 play greeting to caller
    "#]]);
}

/// The event that tells that it plays is lost or late: the caller hears a short gap, and no silence.
#[test]
fn music_that_was_accepted_and_is_not_heard_of_is_begun_again_at_once() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.calls("line", "caller");
        world.accepted("1.1");
        world.connected(1);
        world.accepted("1.2");
    });
    world.after(20);
    world.check(expect![[r#"
        > at 20s
          operate 1.3 cancel-media
          operate 1.4 play music to caller looped
    "#]]);
}
