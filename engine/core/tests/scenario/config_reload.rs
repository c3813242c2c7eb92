//! A configuration replaces another while calls live.

use crate::harness::World;
use crate::harness::config::{Setup, party, profile};
use cordboard_core::config::{Endpoint, Exit, MenuAction};
use cordboard_core::ids::{Millis, QuestionId, ResourceAccountId};
use cordboard_core::input::{AgentAction, CallAction, QueueAction};
use cordboard_core::question::EndpointKind;
use cordboard_core::{Advice, Input, Verdict};
use expect_test::expect;

fn without_agent(setup: Setup, name: &str) -> Setup {
    setup.digest("two").with(|setup| {
        let id = setup.agent_id(name);
        setup.config.agents.remove(&id);
        for members in setup.config.groups.values_mut() {
            members.retain(|member| *member != id);
        }
    })
}

fn without_sales(setup: Setup) -> Setup {
    setup.digest("two").with(|setup| {
        let sales = setup.queue_id("sales");
        let overflow = setup.queue_id("overflow");
        setup.config.queues.remove(&sales);
        for account in setup.config.resource_accounts.values_mut() {
            account.default_queue = overflow;
        }
    })
}

#[test]
fn a_call_keeps_the_menu_it_began_with() {
    let mut world = World::staffed(Setup::small(), &["ann", "cid"]);
    world.calls_and_settles("main", "caller");
    world.reload(|setup| {
        setup.digest("two").with(|setup| {
            let overflow = setup.queue_id("overflow");
            let main = ResourceAccountId(setup.symbol("main"));
            let account = setup.config.resource_accounts.get_mut(&main).unwrap();
            let menu = account.menu.as_mut().unwrap();
            menu.options = [('1', MenuAction::Queue(overflow))].into();
        })
    });
    world.types("1.2", "1");
    world.check(expect![[r#"
        > config two
          emit config-applied two
        > 1.2 digits 1
          emit call-queued 1 in sales at 1
          operate 1.3 play music to caller looped
    "#]]);
    // The next call has the new one.
    world.calls_and_settles("main", "caller-2");
    world.types("2.2", "1");
    world.check(expect![[r#"
        > 2.2 digits 1
          emit call-queued 2 in overflow at 1
          operate 2.3 play music to caller-2 looped
    "#]]);
}

#[test]
fn a_call_keeps_its_account_when_that_is_removed() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.calls_and_settles("main", "caller");
    world.reload(|setup| {
        setup
            .digest("two")
            .with(|setup| setup.config.resource_accounts.clear())
    });
    world.types("1.2", "1");
    world.calls("main", "caller-2");
    world.check(expect![[r#"
        > config two
          emit config-applied two
        > 1.2 digits 1
          emit call-queued 1 in sales at 1
          operate 1.3 play music to caller looped
        > caller-2 calls main
          = ignored unknown-account
    "#]]);
}

#[test]
fn a_configuration_is_forgotten_with_the_last_call_that_began_with_it() {
    let mut world = World::staffed(Setup::small().digest("the first"), &["ann"]);
    world.queued("caller");
    world.queued("caller-2");
    let knows = |world: &World, digest: &str| {
        let snapshot = rmp_serde::to_vec(&world.tenant).unwrap();
        String::from_utf8_lossy(&snapshot).contains(digest)
    };
    world.quietly(|world| world.reload(|setup| setup.digest("the second")));
    world.quietly(|world| world.disconnected(1));
    assert!(knows(&world, "the first"));
    world.quietly(|world| world.disconnected(2));
    assert!(!knows(&world, "the first"));
    assert!(knows(&world, "the second"));
    // At once, when it is replaced while no call lives.
    world.quietly(|world| world.reload(|setup| setup.digest("the third")));
    assert!(!knows(&world, "the second"));
}

#[test]
fn an_agent_who_is_removed_goes_offline() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.reload(|setup| without_agent(setup, "ann"));
    world.ready("ann");
    world.check(expect![[r#"
        > config two
          emit agent ann offline
          emit config-applied two
        > ann: ready
          = refused unknown-agent
    "#]]);
    assert_eq!(world.status_of("ann"), "unknown");
}

#[test]
fn an_agent_who_is_removed_while_being_rung_is_not_rung_any_more() {
    let mut world = World::with_ready(Setup::small(), &["ann", "bob"]);
    world.queued("caller");
    world.reload(|setup| without_agent(setup, "ann"));
    world.check(expect![[r#"
        > config two
          emit offer-ended 1-1 to ann: revoked
          operate 1.4 cancel-add inv-1.3
          emit agent ann offline
          emit config-applied two
          record 1 skill-match at sales by native: bob of 1
          emit agent bob reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-2 to bob in sales for 20s caller=+14255550100 waited-ms=0
          operate 1.5 add-participant bob ring 20s
    "#]]);
}

#[test]
fn an_agent_who_is_removed_while_talking_goes_on_talking() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.talking("caller", "ann");
    world.reload(|setup| without_agent(setup, "ann"));
    world.acts("ann", 1, CallAction::Hold);
    world.disconnected(1);
    world.check(expect![[r#"
        > config two
          emit config-applied two
        > ann on 1: hold
          emit hold-changed 1 on
          operate 1.5 play music to caller looped
        > 1 disconnected
          emit agent ann offline
          emit call-ended 1 handled by ann
    "#]]);
    world.reload(|setup| setup.digest("three"));
    assert_eq!(world.status_of("ann"), "unknown");
}

#[test]
fn an_agent_who_comes_back_while_talking_is_an_agent_again() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.talking("caller", "ann");
    let before = world.setup.clone();
    world.quietly(|world| {
        world.reload(|setup| without_agent(setup, "ann"));
        world.reload(|_| before.digest("three"));
        world.ready("ann");
        world.disconnected(1);
    });
    assert_eq!(world.status_of("ann"), "ready");
}

#[test]
fn an_agent_who_is_added_can_log_in() {
    let mut world = World::new(Setup::small());
    world.reload(|setup| {
        setup.digest("two").with(|setup| {
            let eve = setup.agent_id("eve");
            setup
                .config
                .agents
                .insert(eve, profile("Eve", &[], &["eve"]));
            let team = cordboard_core::ids::GroupId(setup.symbol("team"));
            setup.config.groups.get_mut(&team).unwrap().push(eve);
        })
    });
    world.ready("eve");
    world.contact("sales", 0);
    world.check(expect![[r#"
        > config two
          emit config-applied two
        > eve: ready
          emit agent eve ready
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          record 1 skill-match at sales by native: eve of 1
          emit agent eve reserved
          emit offer-issued 1-1 to eve in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn skills_and_memberships_are_live() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.ready("bob");
        world.contact("support", 0);
    });
    world.reload(|setup| {
        setup.digest("two").with(|setup| {
            let bob = setup.agent_id("bob");
            let french = cordboard_core::ids::SkillId(setup.symbol("french"));
            let profile = setup.config.agents.get_mut(&bob).unwrap();
            profile.skills.insert(french, 60);
        })
    });
    world.check(expect![[r#"
        > config two
          emit config-applied two
          record 1 skill-match at support by native: bob of 1
          emit agent bob reserved
          emit offer-issued 1-1 to bob in support for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn endpoints_are_live() {
    let mut world = World::with_ready(Setup::small().plugins("sales", &["ring"]), &["ann"]);
    world.queued("caller");
    world.reload(|setup| {
        setup.digest("two").with(|setup| {
            let ann = setup.agent_id("ann");
            let profile = setup.config.agents.get_mut(&ann).unwrap();
            profile.endpoints = vec![Endpoint {
                kind: EndpointKind::CallingSdk,
                participant: party("bob"),
            }];
        })
    });
    world.chooses(1, &[(0, 0, 20)]);
    world.check(expect![[r#"
        > config two
          emit config-applied two
        > q1 chooses [(0, 0, 20)]
          record 1 endpoint-select q1 at sales by brain: 0@0/20s of 1
          emit offer-issued 1-1 to ann in sales for 20s caller=+14255550100 waited-ms=0
          operate 1.3 add-participant bob ring 20s
    "#]]);
}

#[test]
fn groups_and_requirements_of_the_new_configuration_widen_in_their_time() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.ready("bob");
        world.takes_break("bob");
        world.contact("sales", 0);
        world.after(5);
    });
    world.reload(|setup| {
        setup.digest("two").queue("sales", |setup, queue| {
            queue.requirements = vec![setup.requires("french", 50, Some(12))];
            queue.groups[1].delay = Millis::from_secs(30);
        })
    });
    world.ready("bob");
    world.ready("cid");
    world.after(6);
    world.check(expect![[r#"
        > config two
          emit config-applied two
        > bob: ready
          emit agent bob ready
        > cid: ready
          emit agent cid ready
    "#]]);
    world.after(1);
    world.check(expect![[r#"
        > at 12s
          record 1 skill-match at sales by native: bob of 1
          emit agent bob reserved
          emit offer-issued 1-1 to bob in sales for 20s ticket=7 waited-ms=12000
    "#]]);
    world.refuses("bob", 1, 1);
    world.after(18);
    world.check(expect![[r#"
        > bob: decline 1-1
          emit offer-ended 1-1 to bob: declined
          emit agent bob ready
        > at 30s
          record 1 skill-match at sales by native: cid of 1
          emit agent cid reserved
          emit offer-issued 1-2 to cid in sales for 20s ticket=7 waited-ms=30000
    "#]]);
}

#[test]
fn those_whom_nobody_can_serve_any_more_leave_after_a_while() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.queued("caller");
    world.reload(|setup| without_agent(setup, "ann"));
    world.after(30);
    world.check(expect![[r#"
        > config two
          emit agent ann offline
          emit config-applied two
        > at 20s
        > at 30s
          emit queue-exited 1 from sales: no-agents by voicemail
          operate 1.3 cancel-media
          operate 1.4 play greeting to caller
    "#]]);
}

#[test]
fn those_whom_the_plugin_gave_to_nobody_are_asked_about_again() {
    let mut world = World::with_ready(Setup::small().plugins("sales", &["rank"]), &["ann"]);
    world.contact("sales", 0);
    world.ranks(1, &[]);
    world.reload(|setup| setup.digest("two"));
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
        > q1 ranks []
          record 1 skill-match q1 at sales by brain: nobody of 1
        > config two
          emit config-applied two
          ask q2 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
    "#]]);
}

#[test]
fn a_question_about_agents_is_asked_anew() {
    let mut world = World::with_ready(Setup::small().plugins("sales", &["rank"]), &["ann"]);
    world.contact("sales", 0);
    world.reload(|setup| without_agent(setup, "bob"));
    world.ranks(1, &[0]);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
        > config two
          emit config-applied two
          ask q2 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
        > q1 ranks [0]
          = ignored closed-question
    "#]]);
}

#[test]
fn those_who_wait_in_a_queue_that_is_removed_are_served() {
    let mut world = World::staffed(Setup::small(), &["ann", "bob"]);
    world.queued("caller");
    world.reload(without_sales);
    world.after(5);
    world.check(expect![[r#"
        > config two
          emit config-applied two
    "#]]);
    world.ready("ann");
    world.check(expect![[r#"
        > ann: ready
          emit agent ann ready
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-1 to ann in sales for 20s caller=+14255550100 waited-ms=5000
          operate 1.3 add-participant ann ring 20s
    "#]]);
}

#[test]
fn those_who_wait_in_a_queue_that_is_removed_leave_by_its_exit() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.queued("caller");
    world.quietly(|world| world.reload(without_sales));
    world.queue("sales", QueueAction::Close);
    world.after(300);
    world.check(expect![[r#"
        > queue sales: close
          = refused unknown-queue
        > at 20s
        > at 300s
          emit queue-exited 1 from sales: max-wait by message
          operate 1.3 cancel-media
          operate 1.4 play sorry to caller
    "#]]);
}

#[test]
fn those_who_are_asked_about_when_their_queue_is_removed_are_asked_about_again() {
    let mut world = World::with_ready(Setup::small().plugins("sales", &["rank"]), &["ann"]);
    world.contact("sales", 0);
    world.reload(without_sales);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
        > config two
          emit config-applied two
          ask q2 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
    "#]]);
    world.ranks(2, &[0]);
    world.check(expect![[r#"
        > q2 ranks [0]
          record 1 skill-match q2 at sales by brain: ann of 1
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn exits_of_a_queue_are_live() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.queued("caller");
    world.reload(|setup| {
        setup.digest("two").queue("sales", |setup, queue| {
            queue.exits.max_wait = Exit::Message(setup.prompt("closed"));
        })
    });
    world.after(300);
    world.check(expect![[r#"
        > config two
          emit config-applied two
        > at 20s
        > at 300s
          emit queue-exited 1 from sales: max-wait by message
          operate 1.3 cancel-media
          operate 1.4 play closed to caller
    "#]]);
}

#[test]
fn a_queue_that_is_closed_stays_so_unless_it_is_removed() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    let before = world.setup.clone();
    world.quietly(|world| {
        world.queue("sales", QueueAction::Close);
        world.reload(|setup| setup.digest("two"));
    });
    world.contact("sales", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit queue-exited 1 from sales: closed by end
          emit call-ended 1 exited at closed
    "#]]);
    world.quietly(|world| {
        world.reload(without_sales);
        world.reload(|_| before.digest("four"));
    });
    world.contact("sales", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 1
    "#]]);
}

#[test]
fn a_lease_that_is_introduced_counts_from_then() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.reload(|setup| {
        setup
            .digest("two")
            .with(|setup| setup.config.agent_lease = Some(Millis::from_secs(60)))
    });
    world.after(60);
    world.check(expect![[r#"
        > config two
          emit config-applied two
        > at 60s
          emit agent ann offline
    "#]]);
}

#[test]
fn a_lease_that_is_given_up_counts_no_more() {
    let setup = Setup::small().with(|setup| {
        setup.config.agent_lease = Some(Millis::from_secs(60));
    });
    let mut world = World::with_ready(setup, &["ann"]);
    world.reload(|setup| {
        setup
            .digest("two")
            .with(|setup| setup.config.agent_lease = None)
    });
    world.agent("ann", AgentAction::Heartbeat);
    assert_eq!(world.tenant.poll_timeout(), None);
}

/// The caller's call began before there was the queue `overflow`, to which it was moved, and which
/// is removed again.
fn in_a_queue_that_came_and_went(change: fn(Setup) -> Setup) -> World {
    let without_overflow = |setup: Setup| {
        setup.with(|setup| {
            let overflow = setup.queue_id("overflow");
            setup.config.queues.remove(&overflow);
        })
    };
    let mut world = World::staffed(without_overflow(Setup::small()), &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        world.reload(|_| {
            change(Setup::small())
                .digest("two")
                .queue("overflow", |setup, overflow| {
                    overflow.groups = setup.config.queues[&setup.queue_id("sales")].groups.clone();
                })
                .queue("sales", |setup, sales| {
                    sales.exits.closed = Exit::Queue(setup.queue_id("overflow"));
                })
        });
        world.queue("sales", QueueAction::Close);
        world.reload(|_| without_overflow(change(Setup::small())).digest("three"));
        world.reload(|setup| setup.digest("four"));
    });
    world
}

#[test]
fn a_caller_in_a_queue_that_came_and_went_leaves_by_its_exit() {
    let mut world = in_a_queue_that_came_and_went(|setup| setup);
    world.after(300);
    world.check(expect![[r#"
        > at 20s
          emit operation-failed 1 stop-media: unknown
          emit operation-failed 1 music: unknown
          operate 1.5 cancel-media
        > at 21s
          operate 1.6 play music to caller looped
        > at 40s
          emit operation-failed 1 stop-media: unknown
        > at 41s
          emit operation-failed 1 music: unknown
          operate 1.7 cancel-media
        > at 43s
          operate 1.8 play music to caller looped
        > at 61s
          emit operation-failed 1 stop-media: unknown
        > at 63s
          emit operation-failed 1 music: unknown
          operate 1.9 cancel-media
        > at 67s
          operate 1.10 play music to caller looped
        > at 83s
          emit operation-failed 1 stop-media: unknown
        > at 87s
          emit operation-failed 1 music: unknown
          operate 1.11 cancel-media
        > at 95s
          operate 1.12 play music to caller looped
        > at 107s
          emit operation-failed 1 stop-media: unknown
        > at 115s
          emit operation-failed 1 music: unknown
          operate 1.13 cancel-media
        > at 131s
          operate 1.14 play music to caller looped
        > at 135s
          emit operation-failed 1 stop-media: unknown
        > at 151s
          emit operation-failed 1 music: unknown
          operate 1.15 cancel-media
        > at 171s
          emit operation-failed 1 stop-media: unknown
        > at 183s
          operate 1.16 play music to caller looped
        > at 203s
          emit operation-failed 1 music: unknown
          operate 1.17 cancel-media
        > at 223s
          emit operation-failed 1 stop-media: unknown
        > at 235s
          operate 1.18 play music to caller looped
        > at 255s
          emit operation-failed 1 music: unknown
          operate 1.19 cancel-media
        > at 275s
          emit operation-failed 1 stop-media: unknown
        > at 287s
          operate 1.20 play music to caller looped
        > at 300s
          emit queue-exited 1 from overflow: max-wait by message
          operate 1.21 cancel-media
          operate 1.22 play sorry to caller
    "#]]);
}

#[test]
fn a_caller_in_a_queue_that_came_and_went_is_served_and_recorded_by_its_rule() {
    let mut world = in_a_queue_that_came_and_went(|setup| {
        let has_overflow = setup
            .config
            .queues
            .contains_key(&setup.queue_id("overflow"));
        if has_overflow {
            setup.recorded("overflow")
        } else {
            setup
        }
    });
    world.ready("ann");
    world.quietly(World::settle);
    world.picks_up("ann");
    world.check(expect![[r#"
        > ann: ready
          emit agent ann ready
          record 1 skill-match at overflow by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at overflow by native: 0@0/20s of 1
          emit offer-issued 1-1 to ann in overflow for 20s caller=+14255550100 waited-ms=0
          operate 1.5 add-participant ann ring 20s
        > 1.5 added ann
          emit offer-ended 1-1 to ann: accepted
          operate 1.6 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at overflow by native: start of 1
          operate 1.7 start-recording
        > 1.6 accepted
        > 1.7 accepted
        > 1 recording rec-1 active
          emit recording-changed 1 active
        > 1 list: caller ann
    "#]]);
}

#[test]
fn what_a_plugin_left_for_a_queue_goes_with_the_queue() {
    let setup = Setup::small().plugins("sales", &["rank"]);
    let mut world = World::with_ready(setup.clone(), &["ann"]);
    world.quietly(|world| {
        world.contact("sales", 0);
        let verdict = Verdict {
            question: QuestionId(1),
            result: Ok(Advice::SkillMatch(vec![])),
            memo: Some(vec![4, 2]),
        };
        world.push("leaves a memo", Input::Verdict(verdict));
        world.acts("system", 1, CallAction::End);
        world.reload(without_sales);
        world.reload(|_| setup.digest("three"));
    });
    world.contact("sales", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 1
          ask q2 skill-match brain 2(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
    "#]]);
}
