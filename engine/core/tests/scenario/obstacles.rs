//! Why nobody is rung for a contact that waits.

use crate::harness::World;
use crate::harness::config::Setup;
use crate::harness::show::{Show, seconds};
use cordboard_core::ids::CallId;
use cordboard_core::matching::{AGENTS_TOLD_MAX, Obstacle, Wait};
use expect_test::{Expect, expect};

fn check(world: &World, call: u64, expected: Expect) {
    expected.assert_eq(&text(world, call));
}

fn wait(world: &World, call: u64) -> Option<Wait> {
    world.tenant.wait_of_call(world.now, CallId(call))
}

fn text(world: &World, call: u64) -> String {
    let Some(wait) = wait(world, call) else {
        return "does not wait\n".to_owned();
    };
    let symbols = &world.setup.config.symbols;
    let show = Show {
        symbols,
        now: world.now,
    };
    let mut text = format!(
        "at {} in {} for {}{}{}\n",
        wait.position,
        symbols.name(wait.queue.0),
        seconds(world.now.since(wait.since).0),
        if wait.is_asked_about { " asked" } else { "" },
        if wait.nobody_ranked {
            " nobody-ranked"
        } else {
            ""
        },
    );
    for agent in &wait.agents {
        text.push_str(&format!("  {}:", symbols.name(agent.agent.0)));
        for obstacle in &agent.obstacles {
            let obstacle = match *obstacle {
                Obstacle::LacksSkill {
                    skill,
                    level,
                    minimum,
                } => format!("{} {level} of {minimum}", symbols.name(skill.0)),
                Obstacle::Suppressed => "suppressed".to_owned(),
                Obstacle::OfferFailed => "offer-failed".to_owned(),
                Obstacle::GroupDelay { joins_at } => {
                    format!("joins in {}", seconds(joins_at.since(world.now).0))
                }
                Obstacle::NotAvailable(status) => show.status(status),
                Obstacle::Withheld => "withheld".to_owned(),
            };
            text.push_str(&format!(" {obstacle},"));
        }
        text.push('\n');
    }
    text
}

#[test]
fn skills_delays_and_what_agents_do_are_told_of_each_agent() {
    let mut world = World::new(Setup::small());
    world.quietly(|world| {
        world.ready("bob");
        world.takes_break("cid");
        world.takes_break("dee");
        world.contact("support", 0);
        world.contact("overflow", 0);
    });
    check(
        &world,
        1,
        expect![[r#"
        at 1 in support for 0s
          ann: offline,
          bob: french 0 of 50,
          dee: not-ready(break),
    "#]],
    );
    check(
        &world,
        2,
        expect![[r#"
        at 1 in overflow for 0s
          cid: not-ready(break),
          dee: not-ready(break),
    "#]],
    );
}

#[test]
fn a_group_that_joins_later_is_told_with_the_time_that_is_left() {
    let mut world = World::with_ready(Setup::small(), &["dee"]);
    world.quietly(|world| {
        world.contact("sales", 0);
        world.after(5);
        world.contact("sales", 0);
    });
    check(
        &world,
        1,
        expect![[r#"
        at 1 in sales for 5s
          ann: offline,
          bob: offline,
          cid: joins in 15s, offline,
          dee: joins in 15s,
    "#]],
    );
    check(
        &world,
        2,
        expect![[r#"
        at 2 in sales for 0s
          ann: offline,
          bob: offline,
          cid: joins in 20s, offline,
          dee: joins in 20s,
    "#]],
    );
}

#[test]
fn an_agent_who_declined_is_told_as_such() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.contact("sales", 0);
    });
    check(
        &world,
        1,
        expect![[r#"
        does not wait
    "#]],
    );
    world.quietly(|world| world.refuses("ann", 1, 1));
    check(
        &world,
        1,
        expect![[r#"
        at 1 in sales for 0s
          ann: suppressed,
          bob: offline,
          cid: joins in 20s, offline,
          dee: joins in 20s, offline,
    "#]],
    );
}

#[test]
fn a_question_in_flight_and_a_ranking_of_nobody_are_told() {
    let setup = Setup::small().plugins("support", &["rank"]);
    let mut world = World::with_ready(setup, &["ann"]);
    world.quietly(|world| {
        world.contact("support", 0);
    });
    check(
        &world,
        1,
        expect![[r#"
        at 1 in support for 0s asked
          ann:
          bob: french 0 of 50, offline,
          dee: offline,
    "#]],
    );
    world.quietly(|world| world.ranks(1, &[]));
    check(
        &world,
        1,
        expect![[r#"
        at 1 in support for 0s nobody-ranked
          ann:
          bob: french 0 of 50, offline,
          dee: offline,
    "#]],
    );
}

#[test]
fn agents_above_the_limit_are_counted() {
    let setup = Setup::small().with(|setup| {
        let team = cordboard_core::ids::GroupId(setup.symbol("team"));
        let more = (0..u32::try_from(AGENTS_TOLD_MAX).unwrap()).map(|number| {
            cordboard_core::ids::AgentId(cordboard_core::ids::Symbol(1_000 + number))
        });
        setup.config.groups.get_mut(&team).unwrap().extend(more);
    });
    let mut world = World::new(setup);
    world.quietly(|world| {
        world.takes_break("dee");
        world.contact("support", 0);
    });
    let wait = wait(&world, 1).unwrap();
    assert_eq!((wait.agents.len(), wait.more_agents), (AGENTS_TOLD_MAX, 3));
}

#[test]
fn a_call_that_is_not_in_a_queue_waits_for_nobody() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.quietly(|world| {
        world.talking("caller", "ann");
    });
    check(
        &world,
        1,
        expect![[r#"
        does not wait
    "#]],
    );
    check(
        &world,
        99,
        expect![[r#"
        does not wait
    "#]],
    );
}
