//! A plugin chooses the queue of a new call.

use crate::harness::World;
use crate::harness::config::Setup;
use cordboard_core::ids::{SkillId, Symbol};
use cordboard_core::input::{CallAction, Ignored, QueueAction, Reply};
use cordboard_core::question::{Classification, OWN_REQUIREMENTS_MAX, Requirement};
use cordboard_core::{Advice, PluginFailure};
use expect_test::expect;

/// A caller in the menu of a line whose calls a plugin classifies.
fn in_menu(agents: &[&str]) -> World {
    let setup = Setup::small().classified("main").classified("line");
    let mut world = World::with_ready(setup, agents);
    world.calls_and_settles("main", "caller");
    world
}

/// The caller has chosen support, and the plugin is being asked.
fn asked(agents: &[&str]) -> World {
    let mut world = in_menu(agents);
    world.quietly(|world| world.types("1.2", "2"));
    world
}

#[test]
fn a_plugin_is_asked_when_the_menu_has_chosen_and_the_caller_goes_where_it_says() {
    let mut world = in_menu(&["cid"]);
    world.types("1.2", "2");
    world.classifies(1, 2, 7, &[]);
    world.check(expect![[r#"
        > 1.2 digits 2
          ask q1 classify brain 1(in support for 0s attempt 0) main digit-2 consent-unknown from-phone-number | support(waiting 0 nobody) sales(waiting 0) overflow(waiting 0)
        > q1 classifies 2 priority 7
          record 1 classify q1 at support by brain: overflow priority 7 of 3
          emit call-queued 1 in overflow at 1
          operate 1.3 play music to caller looped
          record 1 skill-match at overflow by native: cid of 1
          emit agent cid reserved
          record 1 endpoint-select at overflow by native: 0@0/20s of 1
          emit offer-issued 1-1 to cid in overflow for 20s caller=+14255550100 menu-digits=2 waited-ms=0
          operate 1.4 add-participant cid ring 20s
    "#]]);
}

#[test]
fn a_line_without_a_menu_is_asked_about_as_soon_as_the_caller_is_there() {
    let mut world = World::with_ready(Setup::small().classified("line"), &[]);
    world.calls("line", "caller");
    world.settle();
    world.check(expect![[r#"
        > caller calls line
          = call 1
          emit call-received 1 at line from 4:***00
          operate 1.1 answer within 20s
        > 1.1 accepted
        > 1 connected
          emit call-answered 1
          ask q1 classify brain 1(in sales for 0s attempt 0) line consent-unknown from-phone-number | sales(waiting 0 nobody) support(waiting 0 nobody) overflow(waiting 0 nobody)
        > 1 list: caller
    "#]]);
}

#[test]
fn the_facts_tell_which_queues_are_closed_and_who_waits_there() {
    let mut world = World::with_ready(Setup::small().classified("main"), &["ann"]);
    world.quietly(|world| {
        world.takes_break("ann");
        world.contact("sales", 0);
        world.queue("overflow", QueueAction::Close);
        world.calls_and_settles("main", "caller");
        world.types("2.2", "3");
    });
    world.types("2.3", "1");
    world.check(expect![[r#"
        > 2.3 digits 1
          ask q1 classify brain 2(in sales for 0s attempt 0) main digit-1 consent-given from-phone-number | sales(waiting 1) support(waiting 0) overflow(waiting 0 closed nobody)
    "#]]);
}

#[test]
fn a_caller_who_chooses_nothing_is_classified_too() {
    let mut world = in_menu(&[]);
    world.quietly(|world| {
        world.types_nothing("1.2");
        world.types_nothing("1.3");
    });
    world.types_nothing("1.4");
    world.check(expect![[r#"
        > 1.4 recognize failed 8510
          ask q1 classify brain 1(in sales for 0s attempt 0) main consent-unknown from-phone-number | sales(waiting 0 nobody) support(waiting 0 nobody) overflow(waiting 0 nobody)
    "#]]);
}

#[test]
fn what_the_plugin_requires_holds_beside_what_the_queue_requires() {
    let mut world = asked(&["ann", "dee"]);
    let french = world.setup.requires("french", 90, Some(15));
    world.classifies(1, 1, 0, &[french]);
    world.after(15);
    world.check(expect![[r#"
        > q1 classifies 1 priority 0
          record 1 classify q1 at support by brain: sales french>=90 of 3
          emit call-queued 1 in sales at 1
          operate 1.3 play music to caller looped
        > at 25s
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-1 to ann in sales for 20s caller=+14255550100 menu-digits=2 waited-ms=15000
          operate 1.4 add-participant ann ring 20s
    "#]]);
}

#[test]
fn whom_nobody_can_serve_because_of_the_plugin_leaves_by_the_queues_exit() {
    let mut world = asked(&["ann"]);
    let german = world.setup.requires("german", 100, None);
    world.classifies(1, 1, 0, &[german]);
    world.check(expect![[r#"
        > q1 classifies 1 priority 0
          record 1 classify q1 at support by brain: sales german>=100 of 3
          emit queue-exited 1 from sales: no-agents by voicemail
          operate 1.3 play greeting to caller
    "#]]);
}

#[test]
fn without_advice_the_menus_choice_holds() {
    for failure in [
        PluginFailure::Trap,
        PluginFailure::Memory,
        PluginFailure::BadOutput,
        PluginFailure::Overload,
        PluginFailure::NotLoaded,
    ] {
        let mut world = asked(&["ann"]);
        world.plugin_fails(1, failure);
        let said = world.take();
        assert!(said.contains("call-queued 1 in support"), "{said}");
        assert!(said.contains("plugin-failed 1 brain classify"), "{said}");
    }
    let mut world = asked(&["ann"]);
    world.plugin_fails(1, PluginFailure::Abstain);
    world.check(expect![[r#"
        > q1 fails: abstain
          record 1 classify q1 at support by fallback(brain abstain): support of 3
          emit call-queued 1 in support at 1
          operate 1.3 play music to caller looped
          record 1 skill-match at support by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at support by native: 0@0/20s of 1
          emit offer-issued 1-1 to ann in support for 20s caller=+14255550100 menu-digits=2 waited-ms=0
          operate 1.4 add-participant ann ring 20s
    "#]]);
}

#[test]
fn the_caller_waits_for_a_verdict_as_long_as_one_may_take() {
    let mut world = asked(&["ann"]);
    world.after_ms(999);
    world.after_ms(1);
    world.classifies(1, 1, 0, &[]);
    world.check(expect![[r#"
        > at 1s
          emit plugin-failed 1 brain classify: deadline
          record 1 classify q1 at support by fallback(brain deadline): support of 3
          emit call-queued 1 in support at 1
          operate 1.3 play music to caller looped
          record 1 skill-match at support by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at support by native: 0@0/20s of 1
          emit offer-issued 1-1 to ann in support for 20s caller=+14255550100 menu-digits=2 waited-ms=0
          operate 1.4 add-participant ann ring 20s
        > q1 classifies 1 priority 0
          = ignored closed-question
    "#]]);
}

#[test]
fn advice_that_breaks_a_limit_is_no_advice() {
    let setup = Setup::small();
    let french = |minimum| Requirement {
        minimum,
        ..setup.requires("french", 1, None)
    };
    let unknown = Requirement {
        skill: SkillId(Symbol(4_000)),
        ..french(1)
    };
    let advice = |queue, priority, requirements: Vec<Requirement>| Classification {
        queue,
        priority,
        requirements,
        reason: 0,
    };
    for advice in [
        advice(3, 0, vec![]),
        advice(u32::MAX, 0, vec![]),
        advice(1, 1_001, vec![]),
        advice(1, i32::MIN, vec![]),
        advice(1, 0, vec![french(0)]),
        advice(1, 0, vec![french(101)]),
        advice(1, 0, vec![unknown]),
        advice(1, 0, vec![french(1); OWN_REQUIREMENTS_MAX + 1]),
    ] {
        let mut world = asked(&["ann"]);
        world.verdict("advice".to_owned(), 1, Ok(Advice::Classify(advice)));
        let said = world.take();
        assert!(said.contains("fallback(brain bad-output)"), "{said}");
        assert!(said.contains("call-queued 1 in support"), "{said}");
    }
    let mut world = asked(&["ann"]);
    world.verdict(
        "other advice".to_owned(),
        1,
        Ok(Advice::SkillMatch(Vec::new())),
    );
    assert!(world.take().contains("fallback(brain bad-output)"));
    let mut world = asked(&["ann"]);
    let advice = advice(1, -1_000, vec![french(100); OWN_REQUIREMENTS_MAX]);
    world.verdict("advice".to_owned(), 1, Ok(Advice::Classify(advice)));
    assert!(world.take().contains("by brain: sales priority -1000"));
}

#[test]
fn a_queue_that_has_gone_meanwhile_is_no_choice() {
    let mut world = in_menu(&["ann"]);
    let spare = world.queue_id("spare-1");
    world.quietly(|world| {
        world.reload(|setup| {
            setup.digest("with").with(|setup| {
                let sales = setup.queue_id("sales");
                let like_sales = setup.config.queues[&sales].as_ref().clone();
                setup.put_queue("spare-1", like_sales);
            })
        });
    });
    world.types("1.2", "2");
    world.reload(|setup| {
        let setup = setup.digest("without");
        setup.with(|setup| drop(setup.config.queues.remove(&spare)))
    });
    world.classifies(1, 3, 9, &[]);
    world.check(expect![[r#"
        > 1.2 digits 2
          ask q1 classify brain 1(in support for 0s attempt 0) main digit-2 consent-unknown from-phone-number | support(waiting 0) sales(waiting 0) overflow(waiting 0 nobody) spare-1(waiting 0)
        > config without
          emit config-applied without
        > q1 classifies 3 priority 9
          record 1 classify q1 at support by stale(brain): support of 4
          emit call-queued 1 in support at 1
          operate 1.3 play music to caller looped
          record 1 skill-match at support by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at support by native: 0@0/20s of 1
          emit offer-issued 1-1 to ann in support for 20s caller=+14255550100 menu-digits=2 waited-ms=0
          operate 1.4 add-participant ann ring 20s
    "#]]);
}

#[test]
fn a_caller_who_hangs_up_meanwhile_is_not_queued() {
    let mut world = asked(&["ann"]);
    world.disconnected(1);
    world.classifies(1, 1, 0, &[]);
    world.check(expect![[r#"
        > 1 disconnected
          emit call-ended 1 abandoned
        > q1 classifies 1 priority 0
          = ignored closed-question
    "#]]);
    assert_eq!(world.tenant.open_questions(), 0);
    assert_eq!(world.tenant.poll_timeout(), None);
}

#[test]
fn a_supervisor_can_end_the_call_meanwhile() {
    let mut world = asked(&["ann"]);
    world.acts("system", 1, CallAction::End);
    world.classifies(1, 1, 0, &[]);
    world.check(expect![[r#"
        > system on 1: end
          operate 1.3 terminate
        > q1 classifies 1 priority 0
          = ignored closed-question
    "#]]);
}

#[test]
fn after_a_restart_the_question_is_asked_anew() {
    let mut world = asked(&["ann"]);
    world.restart(2);
    world.classifies(1, 2, 0, &[]);
    world.classifies(2, 1, 0, &[]);
    world.check(expect![[r#"
        > restarted, epoch 2
          emit engine-restarted 1 calls away since 0s ago
          ask q2 classify brain 1(in support for 0s attempt 0) main digit-2 consent-unknown from-phone-number | support(waiting 0) sales(waiting 0) overflow(waiting 0 nobody)
          operate 1.3 get-call
          operate 1.4 get-participants
        > q1 classifies 2 priority 0
          = ignored closed-question
        > q2 classifies 1 priority 0
          record 1 classify q2 at support by brain: sales of 3
          emit call-queued 1 in sales at 1
          operate 1.5 play music to caller looped
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          record 1 endpoint-select at sales by native: 0@0/20s of 1
          emit offer-issued 1-1 to ann in sales for 20s caller=+14255550100 menu-digits=2 waited-ms=0
          operate 1.6 add-participant ann ring 20s
    "#]]);
}

#[test]
fn a_contact_of_the_embedder_is_where_the_embedder_says() {
    let mut world = World::with_ready(Setup::small().classified("line"), &[]);
    world.contact("sales", 0);
    assert!(!world.take().contains("ask"));
}

#[test]
fn what_is_asked_once_is_not_asked_when_an_agent_hands_the_caller_on() {
    let mut world = asked(&["ann"]);
    let own = world.setup.requires("french", 10, None);
    world.quietly(|world| {
        world.classifies(1, 1, 5, &[own]);
        world.settle();
        world.picks_up("ann");
    });
    let support = world.queue_id("support");
    world.acts("ann", 1, CallAction::Requeue(support));
    world.check(expect![[r#"
        > ann on 1: requeue in support
          operate 1.6 remove-participant ann
          emit agent ann ready
          emit call-queued 1 in support at 1
          operate 1.7 play music to caller looped
    "#]]);
}

#[test]
fn a_verdict_is_heard_once() {
    let mut world = asked(&[]);
    world.quietly(|world| world.classifies(1, 1, 0, &[]));
    assert_eq!(world.again(), Reply::Ignored(Ignored::ClosedQuestion));
}
