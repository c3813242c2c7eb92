//! Before the process ends: what becomes of new calls, while those that live go on.

use crate::harness::World;
use crate::harness::config::Setup;
use cordboard_core::input::NewCalls;
use expect_test::expect;

#[test]
fn new_calls_are_left_alone_and_are_new_when_they_come_again() {
    let mut world = World::new(Setup::small());
    world.new_calls(NewCalls::Leave);
    let incoming = world.incoming("line", "caller", "e1");
    world.rings_in(incoming.clone());
    world.restart(2);
    world.rings_in(incoming);
    world.check(expect![[r#"
        > new calls: leave
        > caller calls line
          = refused draining
        > restarted, epoch 2
          emit engine-restarted 0 calls away since 0s ago
        > caller calls line
          = call 1
          emit call-received 1 at line from 4:***00
          operate 1.1 answer within 20s
    "#]]);
}

#[test]
fn callers_hear_busy_if_that_is_wanted() {
    let mut world = World::new(Setup::small());
    world.new_calls(NewCalls::Reject);
    let incoming = world.incoming("line", "caller", "e1");
    world.rings_in(incoming.clone());
    world.rings_in(incoming);
    world.check(expect![[r#"
        > new calls: reject
        > caller calls line
          operate 1.1 reject busy
          emit call-rejected 4:***00: the engine is about to be stopped
        > caller calls line
          = ignored duplicate
    "#]]);
}

#[test]
fn a_call_that_is_inside_already_is_a_duplicate_and_goes_on() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    let incoming = world.incoming("line", "caller", "e1");
    world.rings_in(incoming.clone());
    for new_calls in [NewCalls::Leave, NewCalls::Reject] {
        world.new_calls(new_calls);
        world.rings_in(incoming.clone());
    }
    world.accepted("1.1");
    world.connected(1);
    world.check(expect![[r#"
        > caller calls line
          = call 1
          emit call-received 1 at line from 4:***00
          operate 1.1 answer within 20s
        > new calls: leave
        > caller calls line
          = ignored duplicate
        > new calls: reject
        > caller calls line
          = ignored duplicate
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
fn strangers_are_ignored_as_ever() {
    let mut world = World::new(Setup::small());
    world.new_calls(NewCalls::Leave);
    world.calls("nobody", "caller");
    world.check(expect![[r#"
        > new calls: leave
        > caller calls nobody
          = ignored unknown-account
    "#]]);
}

#[test]
fn contacts_without_our_media_are_refused() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    for new_calls in [NewCalls::Leave, NewCalls::Reject, NewCalls::Take] {
        world.new_calls(new_calls);
        world.contact("sales", 0);
    }
    world.check(expect![[r#"
        > new calls: leave
        > contact for sales
          = refused draining
        > new calls: reject
        > contact for sales
          = refused draining
        > new calls: take
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
}
