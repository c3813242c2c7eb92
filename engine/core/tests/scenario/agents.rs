//! What agents do about their own state.

use crate::harness::World;
use crate::harness::config::Setup;
use cordboard_core::ids::{AgentId, Millis};
use cordboard_core::input::{Actor, AgentAction, CallAction};
use cordboard_core::{Input, ids::CallId};
use expect_test::expect;

fn with_lease() -> Setup {
    Setup::small().with(|setup| setup.config.agent_lease = Some(Millis::from_secs(60)))
}

fn wrap_up(setup: Setup) -> Setup {
    setup.queue("sales", |_, queue| queue.wrap_up = Millis::from_secs(30))
}

#[test]
fn an_agent_logs_in_takes_a_break_and_logs_out() {
    let mut world = World::new(Setup::small());
    world.ready("ann");
    world.ready("ann");
    world.takes_break("ann");
    world.ready("ann");
    world.goes_offline("ann");
    world.goes_offline("ann");
    world.takes_break("ann");
    world.goes_offline("ann");
    world.check(expect![[r#"
        > ann: ready
          emit agent ann ready
        > ann: ready
        > ann: not ready, break
          emit agent ann not-ready(break)
        > ann: ready
          emit agent ann ready
        > ann: offline
          emit agent ann offline
        > ann: offline
        > ann: not ready, break
          emit agent ann not-ready(break)
        > ann: offline
          emit agent ann offline
    "#]]);
}

#[test]
fn an_agent_who_is_ready_again_goes_to_the_end_of_the_line() {
    let mut world = World::with_ready(Setup::small(), &["ann", "bob"]);
    world.after(5);
    world.takes_break("ann");
    world.ready("ann");
    world.contact("sales", 0);
    world.check(expect![[r#"
        > ann: not ready, break
          emit agent ann not-ready(break)
        > ann: ready
          emit agent ann ready
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          record 1 skill-match at sales by native: bob of 2 -ann(ranked-lower)
          emit agent bob reserved
          emit offer-issued 1-1 to bob in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn being_ready_twice_does_not_cost_the_place() {
    let mut world = World::with_ready(Setup::small(), &["ann", "bob"]);
    world.quietly(|world| {
        world.after(5);
        world.ready("ann");
    });
    world.contact("sales", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          record 1 skill-match at sales by native: ann of 2 -bob(ranked-lower)
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn only_agents_and_reasons_of_the_configuration_count() {
    let mut world = World::new(Setup::small());
    world.ready("eve");
    let sold = world.code("sold");
    world.agent("ann", AgentAction::NotReady(sold));
    world.check(expect![[r#"
        > eve: ready
          = refused unknown-agent
        > ann: not ready, sold
          = refused unknown-code
    "#]]);
}

#[test]
fn an_agent_who_talks_has_what_was_asked_for_afterwards() {
    for (action, expected) in [
        (AgentAction::Offline, "offline"),
        (AgentAction::Ready, "ready"),
    ] {
        let mut world = World::with_ready(Setup::small(), &["ann"]);
        world.talking("caller", "ann");
        world.quietly(|world| {
            world.takes_break("ann");
            world.agent("ann", action);
        });
        assert_eq!(world.status_of("ann"), "busy");
        world.quietly(|world| world.disconnected(1));
        assert_eq!(world.status_of("ann"), expected);
    }
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.talking("caller", "ann");
    world.takes_break("ann");
    world.disconnected(1);
    world.ready("ann");
    world.check(expect![[r#"
        > ann: not ready, break
        > 1 disconnected
          emit agent ann not-ready(break)
          emit call-ended 1 handled by ann
        > ann: ready
          emit agent ann ready
    "#]]);
}

#[test]
fn a_wish_is_fulfilled_once() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.talking("caller", "ann");
    world.quietly(|world| {
        world.takes_break("ann");
        world.disconnected(1);
        world.ready("ann");
        world.calls("line", "caller-2");
        world.settle();
        world.picks_up("ann");
        world.disconnected(2);
    });
    assert_eq!(world.status_of("ann"), "ready");
}

#[test]
fn an_agent_who_wants_a_break_ends_wrap_up_with_it() {
    let mut world = World::with_ready(wrap_up(Setup::small()), &["ann"]);
    world.talking("caller", "ann");
    world.quietly(|world| world.disconnected(1));
    world.takes_break("ann");
    world.agent("ann", AgentAction::WrapUpDone);
    world.check(expect![[r#"
        > ann: not ready, break
          emit agent ann not-ready(break)
        > ann: wrap-up done
          = refused not-now
    "#]]);
    assert_eq!(world.tenant.live_calls(), 0);
}

#[test]
fn an_agent_who_logs_out_ends_wrap_up() {
    let mut world = World::with_ready(wrap_up(Setup::small()), &["ann"]);
    world.talking("caller", "ann");
    world.quietly(|world| world.disconnected(1));
    world.goes_offline("ann");
    world.check(expect![[r#"
        > ann: offline
          emit agent ann offline
    "#]]);
    assert_eq!(world.tenant.live_calls(), 0);
    assert_eq!(world.tenant.poll_timeout(), None);
}

#[test]
fn a_break_asked_for_while_talking_follows_wrap_up() {
    let mut world = World::with_ready(wrap_up(Setup::small()), &["ann"]);
    world.talking("caller", "ann");
    world.takes_break("ann");
    world.disconnected(1);
    world.after(30);
    world.check(expect![[r#"
        > ann: not ready, break
        > 1 disconnected
          emit agent ann wrap-up
          emit call-ended 1 handled by ann
        > at 30s
          emit agent ann not-ready(break)
    "#]]);
}

#[test]
fn an_agent_who_is_ready_after_wrap_up_waits_from_then() {
    let mut world = World::with_ready(wrap_up(Setup::small()), &["ann"]);
    world.talking("caller", "ann");
    world.quietly(|world| {
        world.disconnected(1);
        world.after(10);
        world.ready("bob");
        world.after(20);
    });
    world.contact("sales", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 1
          record 2 skill-match at sales by native: bob of 2 -ann(ranked-lower)
          emit agent bob reserved
          emit offer-issued 2-1 to bob in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn a_desktop_that_is_gone_makes_its_agent_offline() {
    let mut world = World::with_ready(with_lease(), &["ann"]);
    world.after(59);
    world.agent("ann", AgentAction::Heartbeat);
    world.after(59);
    world.check(expect![[r#"
        > ann: heartbeat
    "#]]);
    world.after(1);
    world.agent("ann", AgentAction::Heartbeat);
    world.check(expect![[r#"
        > at 119s
          emit agent ann offline
        > ann: heartbeat
          = refused not-now
    "#]]);
}

#[test]
fn whatever_an_agent_does_shows_that_the_desktop_is_alive() {
    let acts: [fn(&mut World); 5] = [
        |world| world.takes_break("ann"),
        |world| world.ready("ann"),
        |world| {
            world.acts("ann", 1, CallAction::Hold);
        },
        |world| world.refuses("ann", 9, 9),
        |world| {
            world.agent("ann", AgentAction::WrapUpDone);
        },
    ];
    for act in acts {
        let mut world = World::with_ready(with_lease(), &["ann"]);
        world.quietly(|world| {
            world.after(59);
            act(world);
            world.after(59);
        });
        assert_ne!(world.status_of("ann"), "offline");
        world.quietly(|world| world.after(1));
        assert_eq!(world.status_of("ann"), "offline");
    }
}

#[test]
fn an_agent_whose_desktop_is_back_before_the_call_ends_stays() {
    let mut world = World::with_ready(with_lease(), &["ann"]);
    world.talking("caller", "ann");
    world.quietly(|world| {
        world.settle();
        world.after(61);
    });
    world.agent("ann", AgentAction::Heartbeat);
    world.disconnected(1);
    world.check(expect![[r#"
        > ann: heartbeat
        > 1 disconnected
          emit agent ann ready
          emit call-ended 1 handled by ann
    "#]]);
}

#[test]
fn an_agent_whose_desktop_is_gone_when_the_call_ends_goes_offline() {
    let mut world = World::with_ready(with_lease(), &["ann"]);
    world.talking("caller", "ann");
    world.quietly(|world| {
        world.settle();
        world.after(61);
    });
    world.disconnected(1);
    world.check(expect![[r#"
        > 1 disconnected
          emit agent ann offline
          emit call-ended 1 handled by ann
    "#]]);
}

#[test]
fn a_desktop_that_is_gone_takes_the_offer_back() {
    let mut world = World::with_ready(with_lease(), &["ann"]);
    world.after(50);
    world.queued("caller");
    world.after(10);
    world.check(expect![[r#"
        > at 60s
          emit offer-ended 1-1 to ann: revoked
          operate 1.4 cancel-add inv-1.3
          emit agent ann offline
    "#]]);
}

#[test]
fn a_desktop_that_is_gone_does_not_end_the_conversation() {
    let mut world = World::with_ready(with_lease(), &["ann"]);
    world.talking("caller", "ann");
    world.after(100);
    world.check(expect![[r#"
        > at 60s
    "#]]);
    world.disconnected(1);
    world.check(expect![[r#"
        > 1 disconnected
          emit agent ann offline
          emit call-ended 1 handled by ann
    "#]]);
}

#[test]
fn nobody_who_is_logged_out_has_a_lease() {
    let mut world = World::new(with_lease());
    world.agent("ann", AgentAction::Heartbeat);
    world.refuses("ann", 1, 1);
    world.acts("ann", 1, CallAction::End);
    world.push(
        "a stranger acts",
        Input::Call {
            call: CallId(1),
            by: Actor::Agent(AgentId(cordboard_core::ids::Symbol(4_000))),
            action: CallAction::End,
        },
    );
    world.check(expect![[r#"
        > ann: heartbeat
          = refused not-now
        > ann: decline 1-1
          = refused closed-offer
        > ann on 1: end
          = refused unknown-call
        > a stranger acts
          = refused unknown-call
    "#]]);
    assert_eq!(world.tenant.poll_timeout(), None);
}

#[test]
fn an_agent_who_logs_out_ends_the_lease() {
    let mut world = World::with_ready(with_lease(), &["ann"]);
    world.quietly(|world| world.goes_offline("ann"));
    assert_eq!(world.tenant.poll_timeout(), None);
}
