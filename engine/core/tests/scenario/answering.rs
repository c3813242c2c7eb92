//! From the incoming call to the connected caller.

use crate::harness::World;
use crate::harness::acs::present;
use crate::harness::config::{Setup, party};
use crate::harness::world::codes;
use cordboard_core::Input;
use cordboard_core::ids::{CallId, ConnectionId, EventId, Millis};
use cordboard_core::input::{CallEvent, CallEventKind, Response};
use expect_test::expect;

#[test]
fn a_caller_is_answered_greeted_queued_offered_connected_and_ended() {
    let mut world = World::new(Setup::small());
    world.ready("ann");
    world.calls("main", "caller");
    world.settle();
    world.types("1.2", "1");
    world.settle();
    world.picks_up("ann");
    world.settle();
    world.after(60);
    world.disconnected(1);
    world.check(expect![[r#"
        > ann: ready
          emit agent ann ready
        > caller calls main
          = call 1
          emit call-received 1 at main from 4:***00
          operate 1.1 answer within 20s
        > 1.1 accepted
        > 1 connected
          emit call-answered 1
          operate 1.2 recognize menu from caller digits<=1 silence<=5s
        > 1 list: caller
        > 1.2 accepted
        > 1.2 digits 1
          emit call-queued 1 in sales at 1
          operate 1.3 play music to caller looped
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-1 to ann in sales for 20s caller=+14255550100 menu-digits=1 waited-ms=0
          operate 1.4 add-participant ann ring 20s
        > 1.3 accepted
        > 1.3 play started
        > 1.4 accepted
        > 1.4 added ann
          emit offer-ended 1-1 to ann: accepted
          operate 1.5 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
        > 1.5 accepted
        > 1 list: caller ann
        > 1 disconnected
          emit agent ann ready
          emit call-ended 1 handled by ann
    "#]]);
}

#[test]
fn a_line_without_menu_leads_straight_to_its_queue() {
    let mut world = World::new(Setup::small());
    world.ready("ann");
    world.calls("line", "caller");
    world.accepted("1.1");
    world.connected(1);
    world.check(expect![[r#"
        > ann: ready
          emit agent ann ready
        > caller calls line
          = call 1
          emit call-received 1 at line from 4:***00
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
    "#]]);
}

#[test]
fn nothing_is_answered_before_there_is_a_configuration() {
    let mut world = World::new(Setup::small());
    world.tenant = cordboard_core::Tenant::new();
    world.calls("line", "caller");
    world.contact("sales", 0);
    world.ready("ann");
    world.check(expect![[r#"
        > caller calls line
          = ignored not-configured
        > contact for sales
          = refused not-configured
        > ann: ready
          = refused not-configured
    "#]]);
}

#[test]
fn an_account_that_nobody_configured_is_not_answered() {
    let mut world = World::new(Setup::small());
    world.calls("stranger", "caller");
    world.check(expect![[r#"
        > caller calls stranger
          = ignored unknown-account
    "#]]);
}

#[test]
fn a_call_that_rings_no_more_is_not_answered() {
    let mut world = World::new(Setup::small());
    let fresh = world.incoming("line", "caller", "a");
    let stale = world.incoming("line", "caller-2", "b");
    world.after(28);
    world.rings_in(fresh);
    world.after_ms(1);
    world.rings_in(stale);
    world.check(expect![[r#"
        > caller calls line
          = call 1
          emit call-received 1 at line from 4:***00
          operate 1.1 answer within 20s
        > caller-2 calls line
          = ignored stale-incoming-call
    "#]]);
}

#[test]
fn an_incoming_call_that_is_repeated_is_answered_once() {
    let mut world = World::new(Setup::small());
    world.calls("line", "caller");
    world.again();
    world.check(expect![[r#"
        > caller calls line
          = call 1
          emit call-received 1 at line from 4:***00
          operate 1.1 answer within 20s
        > again: caller calls line
          = ignored duplicate
    "#]]);
}

#[test]
fn two_events_of_one_call_are_one_call() {
    let mut world = World::new(Setup::small());
    let first = world.incoming("line", "caller", "a");
    let mut same_context = world.incoming("line", "caller", "b");
    same_context.context = first.context.clone();
    let mut same_correlation = world.incoming("line", "caller", "c");
    same_correlation.correlation_id = first.correlation_id.clone();
    world.rings_in(first);
    world.rings_in(same_context);
    world.rings_in(same_correlation.clone());
    world.check(expect![[r#"
        > caller calls line
          = call 1
          emit call-received 1 at line from 4:***00
          operate 1.1 answer within 20s
        > caller calls line
          = ignored duplicate
        > caller calls line
          = ignored duplicate
    "#]]);

    // The same correlation id stands for the same call in every later state too.
    world.quietly(World::settle);
    same_correlation.event.0 = "d".to_owned();
    world.rings_in(same_correlation);
    world.check(expect![[r#"
        > caller calls line
          = ignored duplicate
    "#]]);
}

#[test]
fn calls_without_correlation_id_are_different_calls() {
    let mut world = World::new(Setup::small());
    for (caller, event) in [("caller", "a"), ("caller-2", "b")] {
        let mut incoming = world.incoming("line", caller, event);
        incoming.correlation_id = String::new();
        world.rings_in(incoming);
    }
    world.check(expect![[r#"
        > caller calls line
          = call 1
          emit call-received 1 at line from 4:***00
          operate 1.1 answer within 20s
        > caller-2 calls line
          = call 2
          emit call-received 2 at line from 4:***01
          operate 2.1 answer within 20s
    "#]]);
}

#[test]
fn one_call_more_than_the_limit_is_rejected_as_busy() {
    let mut world = World::new(Setup::small().with(|setup| setup.config.limits.calls_max = 1));
    world.calls("line", "caller");
    world.calls("line", "caller-2");
    // Nobody waits for what becomes of the rejection.
    world.accepted("2.1");
    world.check(expect![[r#"
        > caller calls line
          = call 1
          emit call-received 1 at line from 4:***00
          operate 1.1 answer within 20s
        > caller-2 calls line
          operate 2.1 reject busy
          emit call-rejected 4:***01: limit `calls-max` is reached
        > 2.1 accepted
          = ignored closed-operation
    "#]]);
}

#[test]
fn a_refused_answer_ends_the_call() {
    let mut world = World::new(Setup::small());
    world.calls("line", "caller");
    world.refused("1.1", 404);
    world.check(expect![[r#"
        > caller calls line
          = call 1
          emit call-received 1 at line from 4:***00
          operate 1.1 answer within 20s
        > 1.1 refused 404
          emit operation-failed 1 answer: refused 404
          emit call-ended 1 not-answered
    "#]]);
    assert_eq!(world.tenant.live_calls(), 0);
}

#[test]
fn an_answer_that_failed_ends_the_call() {
    let mut world = World::new(Setup::small());
    world.calls("line", "caller");
    world.accepted("1.1");
    world.event(1, CallEventKind::AnswerFailed(codes(400, 8522)));
    world.check(expect![[r#"
        > caller calls line
          = call 1
          emit call-received 1 at line from 4:***00
          operate 1.1 answer within 20s
        > 1.1 accepted
        > 1 answer failed
          emit call-ended 1 not-answered
    "#]]);
    world.calls("line", "caller-2");
    world.event(2, CallEventKind::AnswerFailed(codes(400, 8522)));
    world.check(expect![[r#"
        > caller-2 calls line
          = call 2
          emit call-received 2 at line from 4:***01
          operate 2.1 answer within 20s
        > 2 answer failed
          emit call-ended 2 not-answered
    "#]]);
}

/// Its response and each event of the call are lost; a service that remembers the request names the connection.
#[test]
fn an_answer_of_unknown_fate_is_sent_again_under_the_same_id() {
    let mut world = World::new(Setup::small());
    world.quietly(|world| {
        world.calls("main", "caller");
        world.unknown("1.1");
    });
    world.after(10);
    world.accepted("1.1");
    world.after(60);
    world.check(expect![[r#"
        > at 10s
          operate 1.1 answer within 10s
        > 1.1 accepted
        > at 25s
          operate 1.2 get-participants
        > at 45s
        > at 55s
          operate 1.3 get-participants
        > at 55156ms
          operate 1.4 get-call
    "#]]);
}

#[test]
fn an_answer_of_unknown_fate_is_waited_for() {
    let mut world = World::new(Setup::small());
    world.calls("main", "caller");
    world.unknown("1.1");
    world.after(14);
    world.connected(1);
    world.check(expect![[r#"
        > caller calls main
          = call 1
          emit call-received 1 at main from 4:***00
          operate 1.1 answer within 20s
        > 1.1 unknown
          emit operation-failed 1 answer: unknown
        > at 10s
          operate 1.1 answer within 10s
        > 1 connected
          emit call-answered 1
          operate 1.2 recognize menu from caller digits<=1 silence<=5s
    "#]]);
}

#[test]
fn an_answer_of_unknown_fate_that_never_connects_ends() {
    let mut world = World::new(Setup::small());
    world.calls("main", "caller");
    world.unknown("1.1");
    world.after(320);
    world.check(expect![[r#"
        > caller calls main
          = call 1
          emit call-received 1 at main from 4:***00
          operate 1.1 answer within 20s
        > 1.1 unknown
          emit operation-failed 1 answer: unknown
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
    assert_eq!(world.tenant.poll_timeout(), None);
}

/// An outage takes the response, and holds the news back that the caller is connected.
#[test]
fn a_caller_whose_answer_was_lost_is_served_when_the_news_of_it_comes() {
    let mut world = World::new(Setup::small());
    world.calls("main", "caller");
    world.unknown("1.1");
    world.after(100);
    world.connected(1);
    world.check(expect![[r#"
        > caller calls main
          = call 1
          emit call-received 1 at main from 4:***00
          operate 1.1 answer within 20s
        > 1.1 unknown
          emit operation-failed 1 answer: unknown
        > at 10s
          operate 1.1 answer within 10s
        > at 30s
          emit operation-failed 1 answer: unknown
        > at 50s
          operate 1.1 answer within 10s
        > at 70s
          emit operation-failed 1 answer: unknown
        > 1 connected
          emit call-answered 1
          operate 1.2 recognize menu from caller digits<=1 silence<=5s
    "#]]);
}

/// Besides the response, the event is lost that the caller is connected: any other names the connection as well.
#[test]
fn a_caller_of_whose_answer_only_a_later_event_tells_is_looked_for() {
    let mut world = World::new(Setup::small());
    world.calls("main", "caller");
    world.unknown("1.1");
    world.take();
    world.event(
        1,
        CallEventKind::Other("Microsoft.Communication.New".to_owned()),
    );
    world.after(20);
    world.finds("1.2", &["caller"]);
    world.check(expect![[r#"
        > 1 other Microsoft.Communication.New
          = ignored unknown-type
        > at 10s
        > at 15s
          operate 1.2 get-participants
        > 1.2 accepted
          emit call-answered 1
          operate 1.3 recognize menu from caller digits<=1 silence<=5s
    "#]]);
}

/// A gateway's fault says nothing of whether the answer was taken; that nothing is taken on does.
#[test]
fn an_answer_that_fails_at_the_service_may_have_been_taken() {
    let fate = |status| {
        let mut world = World::new(Setup::small());
        world.quietly(|world| world.calls("main", "caller"));
        world.refused("1.1", status);
        world.connected(1);
        world.take()
    };
    expect![[r#"
        > 1.1 refused 502
          emit operation-failed 1 answer: refused 502
        > 1 connected
          emit call-answered 1
          operate 1.2 recognize menu from caller digits<=1 silence<=5s
    "#]]
    .assert_eq(&fate(502));
    expect![[r#"
        > 1.1 refused 503
          emit operation-failed 1 answer: refused 503
          emit call-ended 1 not-answered
        > 1 connected
          operate 1.2 terminate
    "#]]
    .assert_eq(&fate(503));
}

#[test]
fn an_answer_without_any_outcome_ends() {
    let mut world = World::new(Setup::small());
    world.calls("main", "caller");
    world.after(320);
    world.check(expect![[r#"
        > caller calls main
          = call 1
          emit call-received 1 at main from 4:***00
          operate 1.1 answer within 20s
        > at 20s
          emit operation-failed 1 answer: unknown
        > at 30s
          operate 1.1 answer within 10s
        > at 50s
          emit operation-failed 1 answer: unknown
        > at 70s
          operate 1.1 answer within 10s
        > at 90s
          emit operation-failed 1 answer: unknown
        > at 130s
          operate 1.1 answer within 10s
        > at 150s
          emit operation-failed 1 answer: unknown
        > at 190s
          operate 1.1 answer within 10s
        > at 210s
          emit operation-failed 1 answer: unknown
        > at 250s
          operate 1.1 answer within 10s
        > at 270s
          emit operation-failed 1 answer: unknown
        > at 310s
          operate 1.1 answer within 10s
        > at 320s
          emit call-ended 1 not-answered
    "#]]);
    assert_eq!(world.tenant.poll_timeout(), None);
}

#[test]
fn an_accepted_answer_that_never_connects_is_hung_up() {
    let mut world = World::new(Setup::small());
    world.calls("main", "caller");
    world.after(10);
    world.accepted("1.1");
    world.after(15);
    world.accepted("1.2");
    world.disconnected(1);
    world.check(expect![[r#"
        > caller calls main
          = call 1
          emit call-received 1 at main from 4:***00
          operate 1.1 answer within 20s
        > 1.1 accepted
        > at 25s
          operate 1.2 get-participants
        > 1.2 accepted
          operate 1.3 terminate
        > 1 disconnected
          emit call-ended 1 not-answered
    "#]]);
}

#[test]
fn the_connection_may_come_before_the_response_of_the_answer() {
    let mut world = World::new(Setup::small());
    world.calls("main", "caller");
    world.connected(1);
    world.accepted("1.1");
    world.check(expect![[r#"
        > caller calls main
          = call 1
          emit call-received 1 at main from 4:***00
          operate 1.1 answer within 20s
        > 1 connected
          emit call-answered 1
          operate 1.2 recognize menu from caller digits<=1 silence<=5s
        > 1.1 accepted
          = ignored closed-operation
    "#]]);
}

#[test]
fn the_response_of_an_answer_names_the_connection() {
    let mut world = World::new(Setup::small());
    world.calls("main", "caller");
    let connection = ConnectionId("other".to_owned());
    world.answered(
        "1.1",
        Response::Connection {
            connection,
            gone: false,
        },
    );
    world.connected(1);
    world.check(expect![[r#"
        > caller calls main
          = call 1
          emit call-received 1 at main from 4:***00
          operate 1.1 answer within 20s
        > 1.1 accepted
        > 1 connected
          emit call-answered 1
          operate 1.2 recognize menu from caller digits<=1 silence<=5s on other
    "#]]);
}

#[test]
fn a_caller_who_hangs_up_before_the_answer_has_abandoned() {
    let mut world = World::new(Setup::small());
    world.calls("main", "caller");
    world.disconnected(1);
    world.calls("main", "caller");
    world.accepted("2.1");
    world.disconnected(2);
    world.check(expect![[r#"
        > caller calls main
          = call 1
          emit call-received 1 at main from 4:***00
          operate 1.1 answer within 20s
        > 1 disconnected
          emit call-ended 1 abandoned
        > caller calls main
          = call 2
          emit call-received 2 at main from 4:***00
          operate 2.1 answer within 20s
        > 2.1 accepted
        > 2 disconnected
          emit call-ended 2 abandoned
    "#]]);
}

#[test]
fn a_connection_that_comes_to_life_after_all_is_ended() {
    let mut world = World::new(Setup::small());
    world.calls("main", "caller");
    world.refused("1.1", 500);
    world.connected(1);
    world.accepted("1.2");
    world.disconnected(1);
    world.check(expect![[r#"
        > caller calls main
          = call 1
          emit call-received 1 at main from 4:***00
          operate 1.1 answer within 20s
        > 1.1 refused 500
          emit operation-failed 1 answer: refused 500
        > 1 connected
          emit call-answered 1
          operate 1.2 recognize menu from caller digits<=1 silence<=5s
        > 1.2 accepted
        > 1 disconnected
          emit call-ended 1 abandoned
    "#]]);
}

/// Nobody else would hang up: the caller sits in silence.
#[test]
fn a_connection_that_comes_to_life_after_all_is_hung_up_until_it_is_gone() {
    let mut world = World::new(Setup::small());
    world.quietly(|world| {
        world.calls("main", "caller");
        world.unknown("1.1");
        world.after(3_600);
    });
    world.list(1, 1, &["caller"]);
    world.unknown("1.2");
    world.after(10);
    world.refused("1.3", 503);
    world.after(20);
    world.call_not_found("1.4");
    world.after(600);
    world.check(expect![[r#"
        > 1 list: caller
          operate 1.2 terminate
        > 1.2 unknown
          = ignored closed-operation
        > at 3610s
          operate 1.3 terminate
        > 1.3 refused 503
          = ignored closed-operation
        > at 3630s
          operate 1.4 terminate
        > 1.4 refused 404
    "#]]);
}

#[test]
fn events_of_strangers_are_ignored() {
    let mut world = World::new(Setup::small());
    world.connected(7);
    world.disconnected(7);
    world.event(7, CallEventKind::Other("CallTransferAccepted".to_owned()));
    world.check(expect![[r#"
        > 7 connected
          = ignored unknown-call
        > 7 disconnected
          = ignored unknown-call
        > 7 other CallTransferAccepted
          = ignored unknown-call
    "#]]);
}

#[test]
fn events_that_mean_nothing_here_are_ignored() {
    let mut world = World::new(Setup::small());
    world.queued("caller");
    world.connected(1);
    world.event(1, CallEventKind::AnswerFailed(codes(400, 8522)));
    world.event(1, CallEventKind::Other("CallTransferAccepted".to_owned()));
    world.check(expect![[r#"
        > 1 connected
          = ignored not-now
        > 1 answer failed
          = ignored not-now
        > 1 other CallTransferAccepted
          = ignored unknown-type
    "#]]);
}

#[test]
fn a_repeated_callback_is_ignored() {
    let mut world = World::new(Setup::small());
    world.calls("main", "caller");
    world.connected(1);
    world.again();
    world.check(expect![[r#"
        > caller calls main
          = call 1
          emit call-received 1 at main from 4:***00
          operate 1.1 answer within 20s
        > 1 connected
          emit call-answered 1
          operate 1.2 recognize menu from caller digits<=1 silence<=5s
        > again: 1 connected
          = ignored duplicate
    "#]]);
}

#[test]
fn a_caller_who_is_listed_is_connected_although_no_event_says_so() {
    let mut world = World::new(Setup::small());
    world.calls("main", "caller");
    world.accepted("1.1");
    world.list(1, 1, &["caller"]);
    world.connected(1);
    world.check(expect![[r#"
        > caller calls main
          = call 1
          emit call-received 1 at main from 4:***00
          operate 1.1 answer within 20s
        > 1.1 accepted
        > 1 list: caller
          emit call-answered 1
          operate 1.2 recognize menu from caller digits<=1 silence<=5s
        > 1 connected
          = ignored not-now
    "#]]);
}

#[test]
fn a_caller_whose_events_are_all_lost_is_looked_for_and_greeted() {
    let mut world = World::new(Setup::small());
    world.quietly(|world| {
        world.calls("main", "caller");
        world.accepted("1.1");
    });
    world.after(15);
    world.answered(
        "1.2",
        Response::Participants(vec![present(party("caller"))]),
    );
    world.check(expect![[r#"
        > at 15s
          operate 1.2 get-participants
        > 1.2 accepted
          emit call-answered 1
          operate 1.3 recognize menu from caller digits<=1 silence<=5s
    "#]]);
}

#[test]
fn a_caller_who_cannot_be_looked_for_is_looked_for_again() {
    let looked_for = |fate: fn(&mut World)| {
        let mut world = World::new(Setup::small());
        world.quietly(|world| {
            world.calls("main", "caller");
            world.accepted("1.1");
            world.after(15);
        });
        fate(&mut world);
        world.take()
    };
    expect![[r#"
        > 1.2 unknown
        > at 25s
          operate 1.3 get-participants
        > 1.3 accepted
          operate 1.4 terminate
    "#]]
    .assert_eq(&looked_for(|world| {
        world.unknown("1.2");
        world.after(10);
        world.finds("1.3", &[]);
    }));
    expect![[r#"
        > 1.2 refused 500
        > at 25s
          operate 1.3 get-participants
        > 1.3 accepted
          emit call-answered 1
          operate 1.4 recognize menu from caller digits<=1 silence<=5s
    "#]]
    .assert_eq(&looked_for(|world| {
        world.refused("1.2", 500);
        world.after(10);
        world.finds("1.3", &["caller"]);
    }));
    expect![[r#"
        > 1.2 refused 404
          emit call-ended 1 abandoned
    "#]]
    .assert_eq(&looked_for(|world| world.refused("1.2", 404)));
    expect![[r#"
        > at 35s
        > at 45s
          operate 1.3 get-participants
        > at 45156ms
          operate 1.4 get-call
        > at 65s
        > at 65156ms
        > at 75156ms
          operate 1.5 get-call
          operate 1.6 get-participants
        > at 85s
          operate 1.7 get-participants
        > at 95156ms
        > at 105s
        > at 115468ms
          operate 1.8 get-call
          operate 1.9 get-participants
    "#]]
    .assert_eq(&looked_for(|world| world.after(120)));
}

#[test]
fn an_answer_whose_response_comes_after_its_time_counts() {
    let mut world = World::new(Setup::small());
    world.quietly(|world| {
        world.calls("main", "caller");
        world.after(21);
    });
    world.accepted("1.1");
    world.list(1, 1, &["caller"]);
    world.check(expect![[r#"
        > 1.1 accepted
        > 1 list: caller
          emit call-answered 1
          operate 1.2 recognize menu from caller digits<=1 silence<=5s
    "#]]);
}

#[test]
fn an_answer_whose_response_comes_after_the_end_is_hung_up() {
    let mut world = World::new(Setup::small());
    world.quietly(|world| {
        world.calls("main", "caller");
        world.after(36);
    });
    world.accepted("1.1");
    world.check(expect![[r#"
        > 1.1 accepted
    "#]]);
}

#[test]
fn a_connection_without_a_name_is_not_ended() {
    let mut world = World::new(Setup::small());
    world.calls("main", "caller");
    let event = CallEvent {
        call: CallId(1),
        event: EventId("nameless".to_owned()),
        connection: ConnectionId(String::new()),
        operation: None,
        kind: CallEventKind::CallConnected,
    };
    world.push("1 connected, by no name", Input::CallEvent(event));
    world.accepted("1.1");
    world.list(1, 1, &["caller"]);
    world.check(expect![[r#"
        > caller calls main
          = call 1
          emit call-received 1 at main from 4:***00
          operate 1.1 answer within 20s
        > 1 connected, by no name
          = ignored not-now
        > 1.1 accepted
        > 1 list: caller
          emit call-answered 1
          operate 1.2 recognize menu from caller digits<=1 silence<=5s
    "#]]);
}

#[test]
fn a_call_that_comes_back_while_the_agent_wraps_up_is_answered() {
    let setup = Setup::small().queue("sales", |_, queue| queue.wrap_up = Millis::from_secs(30));
    let mut world = World::with_ready(setup, &["ann"]);
    world.quietly(|world| {
        let first = world.incoming("line", "caller", "first");
        world.rings_in(first);
        world.settle();
        world.picks_up("ann");
        world.disconnected(1);
    });
    let mut again = world.incoming("line", "caller", "second");
    again.correlation_id = "correlation-first".to_owned();
    world.rings_in(again);
    world.check(expect![[r#"
        > caller calls line
          = call 2
          emit call-received 2 at line from 4:***00
          operate 2.1 answer within 20s
    "#]]);
}

#[test]
fn a_caller_for_whom_there_is_no_room_hears_busy_once() {
    let mut world = World::new(Setup::small());
    let incoming = world.incoming("line", "caller", "e1");
    world.turned_away(incoming.clone());
    world.turned_away(incoming.clone());
    world.rings_in(incoming);
    world.check(expect![[r#"
        > caller calls while there is no room
          operate 1.1 reject busy
          emit call-rejected 4:***00: more calls come than can be answered in time
        > caller calls while there is no room
          = ignored duplicate
        > caller calls line
          = ignored duplicate
    "#]]);
}

#[test]
fn a_call_that_was_taken_is_not_turned_away_when_its_event_comes_again() {
    let mut world = World::new(Setup::small());
    let incoming = world.incoming("line", "caller", "e1");
    world.quietly(|world| world.rings_in(incoming.clone()));
    world.turned_away(incoming);
    world.check(expect![[r#"
        > caller calls while there is no room
          = ignored duplicate
    "#]]);
}

#[test]
fn a_call_of_others_is_left_to_them_though_there_is_no_room() {
    let mut world = World::new(Setup::small());
    let incoming = world.incoming("elsewhere", "caller", "e1");
    world.turned_away(incoming);
    world.check(expect![[r#"
        > caller calls while there is no room
          = ignored unknown-account
    "#]]);
}
