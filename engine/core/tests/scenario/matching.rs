//! Who gets whom. Contacts without our media keep the lists short: nothing rings.

use crate::harness::World;
use crate::harness::config::Setup;
use cordboard_core::ids::QuestionId;
use cordboard_core::{Advice, Input, PluginFailure, Verdict};
use expect_test::expect;

// ---- the native rule ----

#[test]
fn the_agent_who_is_idle_longest_comes_first() {
    let mut world = World::with_ready(Setup::small(), &["bob", "ann"]);
    world.contact("sales", 0);
    world.contact("sales", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          record 1 skill-match at sales by native: bob of 2 -ann(ranked-lower)
          emit agent bob reserved
          emit offer-issued 1-1 to bob in sales for 20s ticket=7 waited-ms=0
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 2
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          emit offer-issued 2-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn of_agents_who_are_idle_equally_long_the_lowest_number_comes_first() {
    let mut world = World::new(Setup::small());
    world.quietly(|world| {
        world.ready("bob");
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
fn a_group_of_lower_order_comes_first_however_long_others_are_idle() {
    let setup = Setup::small().queue("sales", |_, queue| {
        queue.groups[1].delay = cordboard_core::ids::Millis(0);
    });
    let mut world = World::with_ready(setup, &["dee", "ann"]);
    world.contact("sales", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          record 1 skill-match at sales by native: ann of 2 -dee(ranked-lower)
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn an_agent_of_two_groups_counts_for_the_lower_order() {
    let setup = Setup::small().queue("support", |_, queue| {
        queue.groups[0].order = 2;
        queue.groups[1].order = 1;
    });
    let setup = setup.with(|setup| {
        let ann = setup.agent_id("ann");
        let experts = cordboard_core::ids::GroupId(setup.symbol("experts"));
        setup.config.groups.get_mut(&experts).unwrap().push(ann);
    });
    let setup = setup.plugins("support", &["rank"]);
    let mut world = World::with_ready(setup, &["dee", "ann"]);
    world.contact("support", 0);
    world.check(expect![[r#"
        > contact for support
          = call 1
          emit call-queued 1 in support at 1
          ask q1 skill-match brain 1(in support for 0s attempt 0) french>=50 | dee(idle 10s group 1 handled 0:50) ann(idle 0s group 1 handled 0:80)
    "#]]);
}

#[test]
fn an_agent_whose_level_is_too_low_is_no_candidate() {
    let setup = Setup::small().queue("support", |setup, queue| {
        queue.requirements = vec![setup.requires("french", 51, None)];
    });
    let mut world = World::with_ready(setup, &["dee", "ann"]);
    world.contact("support", 0);
    world.check(expect![[r#"
        > contact for support
          = call 1
          emit call-queued 1 in support at 1
          record 1 skill-match at support by native: ann of 1
          emit agent ann reserved
          emit offer-issued 1-1 to ann in support for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn a_wish_keeps_nobody_out() {
    let setup = Setup::small()
        .queue("support", |setup, queue| {
            let mut wish = setup.requires("french", 50, None);
            wish.required = false;
            queue.requirements = vec![wish];
        })
        .plugins("support", &["rank"]);
    let mut world = World::with_ready(setup, &["bob"]);
    world.contact("support", 0);
    world.check(expect![[r#"
        > contact for support
          = call 1
          emit call-queued 1 in support at 1
          ask q1 skill-match brain 1(in support for 0s attempt 0) french>=50? | bob(idle 0s group 0 handled 0:0)
    "#]]);
}

#[test]
fn a_requirement_of_level_zero_still_requires_the_skill() {
    let setup = Setup::small().queue("support", |setup, queue| {
        queue.requirements = vec![setup.requires("french", 0, None)];
    });
    let mut world = World::with_ready(setup, &["bob", "ann"]);
    world.contact("support", 0);
    world.check(expect![[r#"
        > contact for support
          = call 1
          emit call-queued 1 in support at 1
          record 1 skill-match at support by native: ann of 1
          emit agent ann reserved
          emit offer-issued 1-1 to ann in support for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn a_requirement_expires_to_the_millisecond() {
    let setup = Setup::small().queue("support", |setup, queue| {
        queue.requirements = vec![setup.requires("french", 50, Some(20))];
    });
    let mut world = World::with_ready(setup, &["bob"]);
    world.contact("support", 0);
    world.after_ms(19_999);
    world.check(expect![[r#"
        > contact for support
          = call 1
          emit call-queued 1 in support at 1
    "#]]);
    world.after_ms(1);
    world.check(expect![[r#"
        > at 20s
          record 1 skill-match at support by native: bob of 1
          emit agent bob reserved
          emit offer-issued 1-1 to bob in support for 20s ticket=7 waited-ms=20000
    "#]]);
}

#[test]
fn requirements_and_groups_widen_one_after_the_other() {
    let setup = Setup::small().queue("support", |setup, queue| {
        queue.requirements = vec![
            setup.requires("french", 50, Some(10)),
            setup.requires("german", 50, Some(30)),
        ];
        queue.groups[1].delay = cordboard_core::ids::Millis::from_secs(20);
    });
    let mut world = World::with_ready(setup.plugins("support", &["rank"]), &["bob"]);
    world.contact("support", 0);
    world.after(60);
    world.check(expect![[r#"
        > contact for support
          = call 1
          emit call-queued 1 in support at 1
        > at 10s
        > at 20s
        > at 30s
          ask q1 skill-match brain 1(in support for 30s attempt 0) | bob(idle 30s group 0 handled 0)
        > at 31s
          emit plugin-failed 1 brain skill-match: deadline
          record 1 skill-match q1 at support by fallback(brain deadline): bob of 1
          emit agent bob reserved
          emit offer-issued 1-1 to bob in support for 20s ticket=7 waited-ms=31000
        > at 51s
          emit offer-ended 1-1 to bob: expired
          emit agent bob not-ready(rona)
    "#]]);
}

#[test]
fn a_contact_whom_nobody_can_serve_delays_nobody() {
    let mut world = World::staffed(Setup::small(), &["ann", "bob"]);
    world.contact("support", 9);
    world.after(1);
    world.contact("sales", 0);
    world.ready("bob");
    world.check(expect![[r#"
        > contact for support
          = call 1
          emit call-queued 1 in support at 1
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 1
        > bob: ready
          emit agent bob ready
          record 2 skill-match at sales by native: bob of 1
          emit agent bob reserved
          emit offer-issued 2-1 to bob in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn an_agent_of_two_queues_gets_the_contact_of_higher_priority_then_the_one_who_waits_longest() {
    let setup = Setup::small().queue("support", |_, queue| queue.priority = 3);
    let mut world = World::staffed(setup, &["ann"]);
    world.quietly(|world| {
        world.contact("sales", 0);
        world.after(1);
        world.contact("support", 0);
        world.contact("sales", 3);
        world.contact("sales", 4);
    });
    world.ready("ann");
    world.check(expect![[r#"
        > ann: ready
          emit agent ann ready
          record 4 skill-match at sales by native: ann of 1
          emit agent ann reserved
          emit offer-issued 4-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
    for call in [4, 2, 3] {
        world.quietly(|world| {
            world.disconnected(call);
            world.acts("system", call, cordboard_core::input::CallAction::End);
        });
    }
    let first = cordboard_core::ids::CallId(1);
    let ann = world.agent_id("ann");
    assert_eq!(world.tenant.agent_of_call(first), Some(ann));
}

#[test]
fn an_agent_who_declined_is_not_offered_the_same_contact_again() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.contact("sales", 0);
    world.refuses("ann", 1, 1);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
        > ann: decline 1-1
          emit offer-ended 1-1 to ann: declined
          emit agent ann ready
    "#]]);
    world.contact("sales", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 2
          record 2 skill-match at sales by native: ann of 1
          emit agent ann reserved
          emit offer-issued 2-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

// ---- a plugin ranks agents ----

fn ranked(agents: &[&str]) -> World {
    let setup = Setup::small().plugins("sales", &["rank"]);
    let setup = setup.queue("sales", |_, queue| {
        queue.groups[1].delay = cordboard_core::ids::Millis(0);
    });
    World::with_ready(setup, agents)
}

#[test]
fn the_first_of_the_ranking_gets_the_contact() {
    let mut world = ranked(&["ann", "bob", "cid"]);
    world.contact("sales", 0);
    world.ranks(1, &[1, 0]);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 20s group 0 handled 0) bob(idle 10s group 0 handled 0) cid(idle 0s group 1 handled 0)
        > q1 ranks [1, 0]
          record 1 skill-match q1 at sales by brain: bob of 3 -ann(ranked-lower) -cid(left-out)
          emit agent bob reserved
          emit offer-issued 1-1 to bob in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn a_plugin_is_asked_about_the_first_candidates_only() {
    let setup = Setup::small()
        .plugins("sales", &["rank"])
        .with(|setup| setup.config.limits.candidates_max = 1);
    let mut world = World::with_ready(setup, &["bob", "ann"]);
    world.contact("sales", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | bob(idle 10s group 0 handled 0)
    "#]]);
}

#[test]
fn the_next_of_the_ranking_follows_when_the_first_is_not_free_any_more() {
    let mut world = ranked(&["ann", "bob"]);
    world.contact("sales", 0);
    world.takes_break("ann");
    world.ranks(1, &[0, 1]);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 10s group 0 handled 0) bob(idle 0s group 0 handled 0)
        > ann: not ready, break
          emit agent ann not-ready(break)
        > q1 ranks [0, 1]
          record 1 skill-match q1 at sales by brain: bob of 2 -ann(not-available)
          emit agent bob reserved
          emit offer-issued 1-1 to bob in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn when_all_of_the_ranking_have_gone_a_new_question_follows_then_the_native_rule() {
    let mut world = ranked(&["ann", "bob", "cid"]);
    world.contact("sales", 0);
    world.takes_break("ann");
    world.ranks(1, &[0]);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 20s group 0 handled 0) bob(idle 10s group 0 handled 0) cid(idle 0s group 1 handled 0)
        > ann: not ready, break
          emit agent ann not-ready(break)
        > q1 ranks [0]
          ask q2 skill-match brain 1(in sales for 0s attempt 0) | bob(idle 10s group 0 handled 0) cid(idle 0s group 1 handled 0)
    "#]]);
    world.takes_break("bob");
    world.ranks(2, &[0]);
    world.check(expect![[r#"
        > bob: not ready, break
          emit agent bob not-ready(break)
        > q2 ranks [0]
          record 1 skill-match q2 at sales by stale(brain): cid of 1
          emit agent cid reserved
          emit offer-issued 1-1 to cid in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn when_nobody_is_left_the_contact_waits_for_the_next_who_is_ready() {
    let mut world = ranked(&["ann"]);
    world.contact("sales", 0);
    world.takes_break("ann");
    world.ranks(1, &[0]);
    world.ready("bob");
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
        > ann: not ready, break
          emit agent ann not-ready(break)
        > q1 ranks [0]
        > bob: ready
          emit agent bob ready
          ask q2 skill-match brain 1(in sales for 0s attempt 0) | bob(idle 0s group 0 handled 0)
    "#]]);
}

#[test]
fn a_contact_that_the_plugin_gives_to_nobody_waits_until_one_more_is_ready() {
    let mut world = ranked(&["ann"]);
    world.contact("sales", 0);
    world.ranks(1, &[]);
    world.contact("overflow", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
        > q1 ranks []
          record 1 skill-match q1 at sales by brain: nobody of 1
        > contact for overflow
          = call 2
          emit queue-exited 2 from overflow: no-agents by end
          emit call-ended 2 exited at no-agents
    "#]]);
    world.ready("bob");
    world.check(expect![[r#"
        > bob: ready
          emit agent bob ready
          ask q2 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0) bob(idle 0s group 0 handled 0)
    "#]]);
}

#[test]
fn a_contact_that_the_plugin_gives_to_nobody_is_asked_about_again_when_a_group_joins() {
    let setup = Setup::small().plugins("sales", &["rank"]);
    let mut world = World::with_ready(setup, &["ann", "cid"]);
    world.contact("sales", 0);
    world.ranks(1, &[]);
    world.after(20);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 10s group 0 handled 0)
        > q1 ranks []
          record 1 skill-match q1 at sales by brain: nobody of 1
        > at 30s
          ask q2 skill-match brain 1(in sales for 20s attempt 0) | ann(idle 30s group 0 handled 0) cid(idle 20s group 1 handled 0)
    "#]]);
}

#[test]
fn a_contact_that_the_plugin_gives_to_nobody_does_not_hold_up_the_next() {
    let mut world = ranked(&["ann"]);
    world.contact("sales", 0);
    world.ranks(1, &[]);
    world.contact("sales", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
        > q1 ranks []
          record 1 skill-match q1 at sales by brain: nobody of 1
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 2
          ask q2 skill-match brain 2(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
    "#]]);
}

#[test]
fn without_advice_the_native_rule_decides() {
    for failure in [
        PluginFailure::Trap,
        PluginFailure::Deadline,
        PluginFailure::Memory,
        PluginFailure::BadOutput,
        PluginFailure::Overload,
        PluginFailure::NotLoaded,
    ] {
        let mut world = ranked(&["ann", "bob"]);
        world.quietly(|world| {
            world.contact("sales", 0);
            world.plugin_fails(1, failure);
        });
        assert_eq!(world.status_of("ann"), "reserved", "{failure:?}");
    }
    let mut world = ranked(&["ann", "bob"]);
    world.contact("sales", 0);
    world.plugin_fails(1, PluginFailure::Trap);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 10s group 0 handled 0) bob(idle 0s group 0 handled 0)
        > q1 fails: trap
          emit plugin-failed 1 brain skill-match: trap
          record 1 skill-match q1 at sales by fallback(brain trap): ann of 2 -bob(ranked-lower)
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn an_abstention_is_no_failure() {
    let mut world = ranked(&["ann"]);
    world.contact("sales", 0);
    world.plugin_fails(1, PluginFailure::Abstain);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
        > q1 fails: abstain
          record 1 skill-match q1 at sales by fallback(brain abstain): ann of 1
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn a_failure_when_nobody_is_left_leaves_the_contact_waiting() {
    let mut world = ranked(&["ann"]);
    world.contact("sales", 0);
    world.takes_break("ann");
    world.plugin_fails(1, PluginFailure::Trap);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
        > ann: not ready, break
          emit agent ann not-ready(break)
        > q1 fails: trap
          emit plugin-failed 1 brain skill-match: trap
    "#]]);
}

#[test]
fn a_verdict_that_does_not_come_in_time_is_a_failure() {
    let mut world = ranked(&["ann"]);
    world.contact("sales", 0);
    world.after(1);
    world.ranks(1, &[0]);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
        > at 1s
          emit plugin-failed 1 brain skill-match: deadline
          record 1 skill-match q1 at sales by fallback(brain deadline): ann of 1
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=1000
        > q1 ranks [0]
          = ignored closed-question
    "#]]);
}

#[test]
fn advice_on_something_else_is_bad_output() {
    let mut world = ranked(&["ann"]);
    world.contact("sales", 0);
    world.verdict(
        "wrong kind".to_owned(),
        1,
        Ok(Advice::EndpointSelect(vec![])),
    );
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
        > wrong kind
          emit plugin-failed 1 brain skill-match: bad-output
          record 1 skill-match q1 at sales by fallback(brain bad-output): ann of 1
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn rows_that_were_not_asked_about_are_passed_over() {
    let mut world = ranked(&["ann", "bob"]);
    world.contact("sales", 0);
    world.ranks(1, &[7, 1, 1]);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 10s group 0 handled 0) bob(idle 0s group 0 handled 0)
        > q1 ranks [7, 1, 1]
          record 1 skill-match q1 at sales by brain: bob of 2 -ann(left-out)
          emit agent bob reserved
          emit offer-issued 1-1 to bob in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn a_verdict_that_is_repeated_is_ignored() {
    let mut world = ranked(&["ann"]);
    world.contact("sales", 0);
    world.ranks(1, &[0]);
    world.again();
    world.ranks(9, &[0]);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
        > q1 ranks [0]
          record 1 skill-match q1 at sales by brain: ann of 1
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
        > again: q1 ranks [0]
          = ignored closed-question
        > q9 ranks [0]
          = ignored closed-question
    "#]]);
}

#[test]
fn a_verdict_about_a_contact_that_is_gone_lets_the_next_be_asked_about() {
    let mut world = ranked(&["ann"]);
    world.contact("sales", 0);
    world.contact("sales", 0);
    world.acts("system", 1, cordboard_core::input::CallAction::End);
    world.ranks(1, &[0]);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 2
        > system on 1: end
          emit call-ended 1 ended
        > q1 ranks [0]
          ask q2 skill-match brain 2(in sales for 0s attempt 0) | ann(idle 0s group 0 handled 0)
    "#]]);
}

#[test]
fn one_question_is_in_flight_in_queues_that_share_agents() {
    let setup = Setup::small()
        .plugins("sales", &["rank"])
        .plugins("support", &["rank"]);
    let mut world = World::with_ready(setup, &["ann", "bob"]);
    world.contact("sales", 0);
    world.contact("support", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 10s group 0 handled 0) bob(idle 0s group 0 handled 0)
        > contact for support
          = call 2
          emit call-queued 2 in support at 1
    "#]]);
    world.ranks(1, &[1]);
    world.check(expect![[r#"
        > q1 ranks [1]
          record 1 skill-match q1 at sales by brain: bob of 2 -ann(left-out)
          emit agent bob reserved
          emit offer-issued 1-1 to bob in sales for 20s ticket=7 waited-ms=0
          ask q2 skill-match brain 2(in support for 0s attempt 0) french>=50 | ann(idle 10s group 0 handled 0:80)
    "#]]);
}

#[test]
fn questions_of_queues_that_share_nobody_do_not_wait_for_each_other() {
    let setup = Setup::small()
        .plugins("sales", &["rank"])
        .plugins("overflow", &["rank"])
        .queue("sales", |_, queue| {
            queue.groups.pop();
        })
        .queue("support", |_, queue| {
            queue.groups.pop();
        });
    let mut world = World::with_ready(setup, &["ann", "cid"]);
    world.contact("sales", 0);
    world.contact("overflow", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 10s group 0 handled 0)
        > contact for overflow
          = call 2
          emit call-queued 2 in overflow at 1
          ask q2 skill-match brain 2(in overflow for 0s attempt 0) | cid(idle 0s group 0 handled 0)
    "#]]);
}

#[test]
fn a_plugin_finds_what_it_left_for_the_queue() {
    let setup = Setup::small()
        .plugins("sales", &["rank"])
        .plugins("support", &["rank"]);
    let mut world = World::with_ready(setup, &["ann", "bob"]);
    world.contact("sales", 0);
    let leaves = |world: &mut World, question, memo: Vec<u8>| {
        let verdict = Verdict {
            question: QuestionId(question),
            result: Ok(Advice::SkillMatch(vec![])),
            memo: Some(memo),
        };
        world.push("ranks nobody and leaves a memo", Input::Verdict(verdict));
    };
    leaves(&mut world, 1, vec![4, 2]);
    world.contact("support", 0);
    // One byte more than a memo may have: the last one stays.
    leaves(&mut world, 2, vec![7; 4_097]);
    world.contact("sales", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s attempt 0) | ann(idle 10s group 0 handled 0) bob(idle 0s group 0 handled 0)
        > ranks nobody and leaves a memo
          record 1 skill-match q1 at sales by brain: nobody of 2
        > contact for support
          = call 2
          emit call-queued 2 in support at 1
          ask q2 skill-match brain 2(in support for 0s attempt 0) french>=50 | ann(idle 10s group 0 handled 0:80)
        > ranks nobody and leaves a memo
          record 2 skill-match q2 at support by brain: nobody of 1
        > contact for sales
          = call 3
          emit call-queued 3 in sales at 2
          ask q3 skill-match brain memo=[4, 2] 3(in sales for 0s attempt 0) | ann(idle 10s group 0 handled 0) bob(idle 0s group 0 handled 0)
    "#]]);
    leaves(&mut world, 3, vec![7; 4_096]);
    world.contact("sales", 0);
    world.check(expect![[r#"
        > ranks nobody and leaves a memo
          record 3 skill-match q3 at sales by brain: nobody of 2
        > contact for sales
          = call 4
          emit call-queued 4 in sales at 3
          ask q4 skill-match brain memo of 4096 bytes 4(in sales for 0s attempt 0) | ann(idle 10s group 0 handled 0) bob(idle 0s group 0 handled 0)
    "#]]);
}

#[test]
fn a_plugin_is_told_the_priority_that_orders_the_contacts() {
    let setup = Setup::small()
        .plugins("sales", &["rank"])
        .queue("sales", |_, queue| queue.priority = 7);
    let mut world = World::with_ready(setup, &["ann"]);
    world.contact("sales", -2);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          ask q1 skill-match brain 1(in sales for 0s priority 5 attempt 0) | ann(idle 0s group 0 handled 0)
    "#]]);
}

// ---- a plugin ranks contacts ----

fn picking(agents: &[&str]) -> World {
    let setup = Setup::small().plugins("sales", &["pick"]);
    World::staffed(setup, agents)
}

#[test]
fn a_plugin_chooses_whom_a_free_agent_gets() {
    let mut world = picking(&["ann"]);
    world.contact("sales", 0);
    world.after(2);
    world.contact("sales", 1);
    world.contact("support", 0);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 1
        > contact for support
          = call 3
          emit call-queued 3 in support at 1
    "#]]);
    world.ready("ann");
    world.picks(1, &[2, 0]);
    world.check(expect![[r#"
        > ann: ready
          emit agent ann ready
          ask q1 contact-select brain ann | 2(in sales for 0s priority 1 attempt 0) 1(in sales for 2s attempt 0) 3(in support for 0s attempt 0)
        > q1 picks [2, 0]
          record 3 contact-select q1 at support by brain: ann of 3
          emit agent ann reserved
          emit offer-issued 3-1 to ann in support for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn there_is_no_choice_of_one() {
    let mut world = picking(&["ann"]);
    world.contact("sales", 0);
    world.ready("ann");
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
        > ann: ready
          emit agent ann ready
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn a_chosen_contact_that_is_gone_makes_place_for_the_next() {
    let mut world = picking(&["ann"]);
    world.contact("sales", 0);
    world.contact("sales", 0);
    world.ready("ann");
    world.acts("system", 2, cordboard_core::input::CallAction::End);
    world.picks(1, &[1, 0]);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 2
        > ann: ready
          emit agent ann ready
          ask q1 contact-select brain ann | 1(in sales for 0s attempt 0) 2(in sales for 0s attempt 0)
        > system on 2: end
          emit call-ended 2 ended
        > q1 picks [1, 0]
          record 1 contact-select q1 at sales by brain: ann of 2
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn an_agent_gets_the_longest_waiting_contact_when_the_plugin_chooses_none() {
    let mut world = picking(&["ann"]);
    world.contact("sales", 0);
    world.contact("sales", 0);
    world.ready("ann");
    world.picks(1, &[]);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 2
        > ann: ready
          emit agent ann ready
          ask q1 contact-select brain ann | 1(in sales for 0s attempt 0) 2(in sales for 0s attempt 0)
        > q1 picks []
          record 1 contact-select q1 at sales by stale(brain): ann of 2
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn without_advice_a_free_agent_gets_the_longest_waiting_contact() {
    let mut world = picking(&["ann"]);
    world.contact("sales", 0);
    world.contact("sales", 0);
    world.ready("ann");
    world.plugin_fails(1, PluginFailure::Overload);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 2
        > ann: ready
          emit agent ann ready
          ask q1 contact-select brain ann | 1(in sales for 0s attempt 0) 2(in sales for 0s attempt 0)
        > q1 fails: overload
          emit plugin-failed 1 brain contact-select: overload
          record 1 contact-select q1 at sales by fallback(brain overload): ann of 2
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn an_agent_who_is_not_free_any_more_gets_nobody() {
    let mut world = picking(&["ann", "bob"]);
    world.contact("sales", 0);
    world.contact("sales", 0);
    world.ready("ann");
    world.takes_break("ann");
    world.picks(1, &[0]);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 2
        > ann: ready
          emit agent ann ready
          ask q1 contact-select brain ann | 1(in sales for 0s attempt 0) 2(in sales for 0s attempt 0)
        > ann: not ready, break
          emit agent ann not-ready(break)
        > q1 picks [0]
    "#]]);
    world.ready("bob");
    world.check(expect![[r#"
        > bob: ready
          emit agent bob ready
          ask q2 contact-select brain bob | 1(in sales for 0s attempt 0) 2(in sales for 0s attempt 0)
    "#]]);
}

#[test]
fn the_choice_of_contacts_comes_before_the_ranking_of_agents() {
    let setup = Setup::small().plugins("sales", &["pick", "rank"]);
    let mut world = World::staffed(setup, &["ann"]);
    world.contact("sales", 0);
    world.contact("sales", 0);
    world.ready("ann");
    world.picks(1, &[1]);
    world.ready("bob");
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 2
        > ann: ready
          emit agent ann ready
          ask q1 contact-select brain ann | 1(in sales for 0s attempt 0) 2(in sales for 0s attempt 0)
        > q1 picks [1]
          record 2 contact-select q1 at sales by brain: ann of 2
          emit agent ann reserved
          emit offer-issued 2-1 to ann in sales for 20s ticket=7 waited-ms=0
        > bob: ready
          emit agent bob ready
          ask q2 skill-match brain 1(in sales for 0s attempt 0) | bob(idle 0s group 0 handled 0)
    "#]]);
}

#[test]
fn an_answer_on_agents_is_no_answer_on_contacts() {
    let mut world = picking(&["ann"]);
    world.contact("sales", 0);
    world.contact("sales", 0);
    world.ready("ann");
    world.ranks(1, &[1]);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 2
        > ann: ready
          emit agent ann ready
          ask q1 contact-select brain ann | 1(in sales for 0s attempt 0) 2(in sales for 0s attempt 0)
        > q1 ranks [1]
          emit plugin-failed 1 brain contact-select: bad-output
          record 1 contact-select q1 at sales by fallback(brain bad-output): ann of 2
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
    "#]]);
}
