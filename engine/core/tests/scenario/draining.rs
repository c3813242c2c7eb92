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
    world.check(expect![[r#""#]]);
}

#[test]
fn callers_hear_busy_if_that_is_wanted() {
    let mut world = World::new(Setup::small());
    world.new_calls(NewCalls::Reject);
    let incoming = world.incoming("line", "caller", "e1");
    world.rings_in(incoming.clone());
    world.rings_in(incoming);
    world.check(expect![[r#""#]]);
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
    world.check(expect![[r#""#]]);
}

#[test]
fn strangers_are_ignored_as_ever() {
    let mut world = World::new(Setup::small());
    world.new_calls(NewCalls::Leave);
    world.calls("nobody", "caller");
    world.check(expect![[r#""#]]);
}

#[test]
fn contacts_without_our_media_are_refused() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    for new_calls in [NewCalls::Leave, NewCalls::Reject, NewCalls::Take] {
        world.new_calls(new_calls);
        world.contact("sales", 0);
    }
    world.check(expect![[r#""#]]);
}
