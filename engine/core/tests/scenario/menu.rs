//! Greeting and menu.

use crate::harness::World;
use crate::harness::config::Setup;
use cordboard_core::input::{CallEventKind, Digits};
use expect_test::expect;

fn in_menu() -> World {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.calls_and_settles("main", "caller");
    world
}

#[test]
fn a_digit_chooses_the_queue() {
    let mut world = in_menu();
    world.types("1.2", "2");
    world.check(expect![[r#"
        > 1.2 digits 2
          emit call-queued 1 in support at 1
          operate 1.3 play music to caller looped
    "#]]);
}

#[test]
fn a_digit_that_means_nothing_plays_the_menu_again() {
    let mut world = in_menu();
    world.types("1.2", "7");
    world.types("1.3", "");
    world.check(expect![[r#"
        > 1.2 digits 7
          operate 1.3 recognize menu from caller digits<=1 silence<=5s
        > 1.3 digits
          operate 1.4 recognize menu from caller digits<=1 silence<=5s
    "#]]);
}

#[test]
fn repeat_plays_the_menu_again() {
    let mut world = in_menu();
    world.types("1.2", "9");
    world.check(expect![[r#"
        > 1.2 digits 9
          operate 1.3 recognize menu from caller digits<=1 silence<=5s
    "#]]);
}

#[test]
fn consent_is_noted_and_the_menu_goes_on() {
    let mut world = World::with_ready(Setup::small().plugins("sales", &["record"]), &["ann"]);
    world.calls_and_settles("main", "caller");
    world.types("1.2", "4");
    world.types("1.3", "3");
    world.types("1.4", "1");
    world.quietly(World::settle);
    world.check(expect![[r#"
        > 1.2 digits 4
          operate 1.3 recognize menu from caller digits<=1 silence<=5s
        > 1.3 digits 3
          operate 1.4 recognize menu from caller digits<=1 silence<=5s
        > 1.4 digits 1
          emit call-queued 1 in sales at 1
          operate 1.5 play music to caller looped
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-1 to ann in sales for 20s caller=+14255550100 menu-digits=431 waited-ms=0
          operate 1.6 add-participant ann ring 20s
    "#]]);
    world.picks_up("ann");
    world.check(expect![[r#"
        > 1.6 added ann
          emit offer-ended 1-1 to ann: accepted
          operate 1.7 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          ask q1 recording-policy brain 1(in sales for 0s attempt 1) connected consent-given now-off
        > 1.7 accepted
        > 1 list: caller ann
    "#]]);
}

#[test]
fn the_last_of_three_tries_leads_to_the_default_queue() {
    let mut world = in_menu();
    world.types_nothing("1.2");
    world.types_nothing("1.3");
    world.types_nothing("1.4");
    world.check(expect![[r#"
        > 1.2 recognize failed 8510
          operate 1.3 recognize menu from caller digits<=1 silence<=5s
        > 1.3 recognize failed 8510
          operate 1.4 recognize menu from caller digits<=1 silence<=5s
        > 1.4 recognize failed 8510
          emit call-queued 1 in sales at 1
          operate 1.5 play music to caller looped
    "#]]);
}

#[test]
fn even_good_digits_do_not_go_on_for_ever() {
    let mut world = in_menu();
    world.types("1.2", "3");
    world.types("1.3", "9");
    world.types("1.4", "3");
    world.check(expect![[r#"
        > 1.2 digits 3
          operate 1.3 recognize menu from caller digits<=1 silence<=5s
        > 1.3 digits 9
          operate 1.4 recognize menu from caller digits<=1 silence<=5s
        > 1.4 digits 3
          emit call-queued 1 in sales at 1
          operate 1.5 play music to caller looped
    "#]]);
}

#[test]
fn a_menu_that_cannot_be_played_leads_to_the_default_queue() {
    for sub_code in [8511, 8535, 8536, 8564, 8565] {
        let mut world = in_menu();
        world.quietly(|world| world.recognize_failed("1.2", sub_code));
        assert_eq!(world.tenant.queue_length(world.setup.queue_id("sales")), 1);
    }
    let mut world = in_menu();
    world.recognize_failed("1.2", 8536);
    world.check(expect![[r#"
        > 1.2 recognize failed 8536
          emit call-queued 1 in sales at 1
          operate 1.3 play music to caller looped
    "#]]);
}

#[test]
fn a_menu_that_is_refused_leads_to_the_default_queue() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.calls("main", "caller");
        world.accepted("1.1");
        world.connected(1);
    });
    world.refused("1.2", 400);
    world.check(expect![[r#"
        > 1.2 refused 400
          emit operation-failed 1 menu: refused 400
          emit call-queued 1 in sales at 1
          operate 1.3 play music to caller looped
    "#]]);
}

#[test]
fn a_menu_whose_call_is_gone_ends_the_call() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.calls("main", "caller");
        world.accepted("1.1");
        world.connected(1);
    });
    world.call_not_found("1.2");
    world.check(expect![[r#"
        > 1.2 refused 404
          emit call-ended 1 abandoned
    "#]]);
}

#[test]
fn a_menu_that_nothing_is_heard_of_is_stopped_and_played_again() {
    let mut world = in_menu();
    // The prompt's 4 s, 5 s of silence, 2 s for a digit, 10 s for the request, 10 s for the event.
    world.after(30);
    world.check(expect![]);
    world.after(1);
    world.check(expect![[r#"
        > at 31s
          emit operation-failed 1 menu: unknown
          operate 1.3 cancel-media
          operate 1.4 recognize menu from caller digits<=1 silence<=5s
    "#]]);
}

#[test]
fn digits_of_an_earlier_turn_are_ignored() {
    let mut world = in_menu();
    world.types_nothing("1.2");
    world.types("1.2", "2");
    world.check(expect![[r#"
        > 1.2 recognize failed 8510
          operate 1.3 recognize menu from caller digits<=1 silence<=5s
        > 1.2 digits 2
          = ignored closed-operation
    "#]]);
}

#[test]
fn secret_digits_choose_nothing() {
    let mut world = in_menu();
    world.types_secret("1.2", 1);
    world.check(expect![[r#"
        > 1.2 1 secret digits
          operate 1.3 recognize menu from caller digits<=1 silence<=5s
    "#]]);
}

#[test]
fn an_event_without_context_belongs_to_the_menu_that_is_open() {
    let mut world = in_menu();
    let digits = Digits::Plain("1".to_owned());
    world.event(1, CallEventKind::DigitsRecognized(digits));
    world.check(expect![[r#"
        > 1 digits 1
          emit call-queued 1 in sales at 1
          operate 1.3 play music to caller looped
    "#]]);
}

#[test]
fn a_cancelled_menu_is_played_again() {
    let mut world = in_menu();
    world.event_of("1.2", CallEventKind::RecognizeCanceled);
    world.check(expect![[r#"
        > 1.2 recognize cancelled
          operate 1.3 recognize menu from caller digits<=1 silence<=5s
    "#]]);
}

#[test]
fn a_caller_who_hangs_up_in_the_menu_has_abandoned() {
    let mut world = in_menu();
    world.disconnected(1);
    world.check(expect![[r#"
        > 1 disconnected
          emit call-ended 1 abandoned
    "#]]);
}

#[test]
fn a_caller_who_is_missing_from_the_list_has_left() {
    let mut world = in_menu();
    world.list(1, 5, &["caller"]);
    world.list(1, 4, &[]);
    world.list(1, 6, &[]);
    world.settle();
    world.check(expect![[r#"
        > 1 list: caller
        > 1 list:
          = ignored older-list
        > 1 list:
          operate 1.3 terminate
        > 1.3 accepted
        > 1 disconnected
          emit call-ended 1 abandoned
    "#]]);
}

#[test]
fn a_caller_who_was_never_listed_is_not_missed() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.calls("main", "caller");
    world.accepted("1.1");
    world.connected(1);
    world.list(1, 1, &[]);
    world.check(expect![[r#"
        > caller calls main
          = call 1
          emit call-received 1 at main from 4:***00
          operate 1.1 answer within 20s
        > 1.1 accepted
        > 1 connected
          emit call-answered 1
          operate 1.2 recognize menu from caller digits<=1 silence<=5s
        > 1 list:
    "#]]);
}
