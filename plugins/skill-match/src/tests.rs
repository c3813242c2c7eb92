use cordboard_plugin::testing::{
    Candidate, Contact, Names, RankVerdict, SkillMatchFacts, Surroundings, Vector, check_golden,
    compile, configure, manifest,
};
use cordboard_plugin::{AgentColumn, AgentId, Requirement};
use serde_json::Value;

use super::*;

const SCHEMA: &str = include_str!("../schema.json");
const EXAMPLE: &str = include_str!("../example.json");

fn names() -> Names {
    Names::new(["support", "sales", "german", "english"])
}

fn plugin(config: &str) -> SkillLevels {
    configure(config, &names()).unwrap()
}

fn required(skill: &str, minimum: u32) -> Requirement {
    Requirement {
        skill: names().skill(skill),
        minimum,
        required: true,
    }
}

fn wished(skill: &str, minimum: u32) -> Requirement {
    Requirement {
        required: false,
        ..required(skill, minimum)
    }
}

fn levels<const AGENTS: usize>(rows: [&[u32]; AGENTS]) -> Vec<Candidate> {
    let candidates = rows.map(|levels| Candidate {
        levels: levels.to_vec(),
        ..Default::default()
    });
    candidates.to_vec()
}

fn on(queue: &str, requirements: &[Requirement], candidates: Vec<Candidate>) -> SkillMatchFacts {
    SkillMatchFacts {
        contact: Contact {
            queue: names().queue(queue),
            ..Default::default()
        },
        requirements: requirements.to_vec(),
        candidates,
        ..Default::default()
    }
}

fn scores(verdict: &RankVerdict) -> Vec<(u32, i32)> {
    let rows = verdict.ranked.iter();
    rows.map(|row| (row.index, row.score)).collect()
}

#[test]
fn higher_levels_come_first() {
    let plugin = plugin(r#"{ "default": { "skills": { "german": 3 } } }"#);
    let facts = on(
        "support",
        &[required("german", 10), required("english", 1)],
        levels([&[10, 50], &[60, 1], &[60, 2]]),
    );
    let verdict = facts.rank(&plugin);
    assert_eq!(scores(&verdict), [(2, 182), (1, 181), (0, 80)]);
    assert_eq!(verdict.reason(2), Some(Reason::MeetsAll.into()));
}

#[test]
fn the_closest_level_keeps_experts_free() {
    let plugin = plugin(r#"{ "default": { "level": "closest", "skills": { "german": 2 } } }"#);
    let facts = on(
        "support",
        &[required("german", 40)],
        levels([&[100], &[40], &[55]]),
    );
    assert_eq!(scores(&facts.rank(&plugin)), [(1, 200), (2, 170), (0, 80)]);
}

#[test]
fn enough_is_enough() {
    let plugin = plugin(r#"{ "default": { "level": "enough" } }"#);
    let facts = on(
        "support",
        &[required("german", 40)],
        levels([&[41], &[100], &[40]]),
    );
    assert_eq!(scores(&facts.rank(&plugin)), [(0, 100), (1, 100), (2, 100)]);
}

#[test]
fn a_wish_that_is_not_met_gives_nothing_but_a_reason() {
    let plugin = plugin("{}");
    let facts = on(
        "support",
        &[required("german", 10), wished("english", 50)],
        levels([&[20, 49], &[10, 50], &[20, 0]]),
    );
    let verdict = facts.rank(&plugin);
    assert_eq!(scores(&verdict), [(1, 60), (0, 20), (2, 20)]);
    let reasons = [0, 1, 2].map(|index| verdict.reason(index));
    let expected = [Reason::MissesWish, Reason::MeetsAll, Reason::MissesWish];
    assert_eq!(reasons, expected.map(|reason| Some(reason.into())));
}

#[test]
fn idle_time_gives_points_up_to_a_limit() {
    let plugin =
        plugin(r#"{ "default": { "idle_minute": 4, "idle_minutes_max": 10, "best": 5 } }"#);
    let idle = [0, 59_999, 90_000, 600_000, u32::MAX];
    let candidates = idle.map(|idle_ms| Candidate {
        idle_ms,
        ..Default::default()
    });
    let verdict = on("support", &[], candidates.to_vec()).rank(&plugin);
    assert_eq!(scores(&verdict), [(3, 40), (4, 40), (2, 6), (1, 3), (0, 0)]);
}

#[test]
fn an_earlier_group_outweighs_idle_time() {
    let candidates = [(0, 3), (3_600_000, 1), (7_200_000, 1), (0, 0)];
    let candidates = candidates.map(|(idle_ms, group_order)| Candidate {
        idle_ms,
        group_order,
        ..Default::default()
    });
    let verdict = on("support", &[], candidates.to_vec()).rank(&plugin("{}"));
    assert_eq!(
        scores(&verdict),
        [(3, 0), (1, -940), (2, -940), (0, -3_000)]
    );
}

#[test]
fn only_the_best_are_ranked() {
    let plugin = plugin(r#"{ "default": { "best": 2, "explain_others": true } }"#);
    let facts = on(
        "support",
        &[required("german", 1)],
        levels([&[5], &[7], &[6], &[1]]),
    );
    let verdict = facts.rank(&plugin);
    assert_eq!(verdict.order(), [1, 2]);
    assert_eq!(verdict.reason(0), Some(Reason::Outranked.into()));
    assert_eq!(verdict.reason(3), Some(Reason::Outranked.into()));
}

#[test]
fn a_queue_inherits_what_its_rule_leaves_out() {
    let plugin = plugin(
        r#"{
            "default": { "level": "enough", "skills": { "german": 2, "english": 7 }, "best": 1 },
            "queues": { "sales": { "skills": { "german": 5 } } }
        }"#,
    );
    let requirements = [required("german", 1), required("english", 1)];
    let score = |queue| {
        let facts = on(queue, &requirements, levels([&[9, 9], &[8, 8]]));
        scores(&facts.rank(&plugin))
    };
    assert_eq!(score("support"), [(0, 900)]);
    assert_eq!(score("sales"), [(0, 1_200)]);
}

#[test]
fn the_largest_numbers_stay_in_range() {
    let plugin = plugin(
        r#"{ "default": { "other_skills": 1000, "idle_minute": 1000, "idle_minutes_max": 1440,
            "group_step": 10000 } }"#,
    );
    let requirements = [required("german", 1); 32];
    let mut facts = on("support", &requirements, levels([&[100; 32], &[1; 32]]));
    facts.candidates[0].idle_ms = u32::MAX;
    facts.candidates[1].group_order = u32::MAX;
    let verdict = facts.rank(&plugin);
    let highest = 32 * 100_000 + 1_440_000;
    assert_eq!(scores(&verdict), [(0, highest), (1, 32_000 - 1_000_000)]);
}

#[test]
fn nobody_to_rank_is_a_verdict_too() {
    let verdict = on("support", &[], Vec::new()).rank(&plugin("{}"));
    assert!(!verdict.is_abstaining);
    assert_eq!(verdict.ranked, []);
}

#[test]
fn facts_of_another_version_are_left_to_the_native_rule() {
    let plugin = plugin("{}");
    let mut facts = on("support", &[], levels([&[]])).pack::<SkillLevels>();
    facts[0] = 2 << 16;
    let words = cordboard_plugin::skill_match::decide(&plugin, &facts);
    assert!(RankVerdict::read(&words, 1).unwrap().is_abstaining);
    let (_, line) = cordboard_plugin::testing::logged().remove(0);
    assert!(line.contains("another contract version"), "{line}");
}

#[test]
fn numbers_out_of_range_are_refused_with_their_places() {
    let config = r#"{
        "default": { "idle_minute": 1001, "best": 0 },
        "queues": { "sales": { "skills": { "german": -1 }, "group_step": 10001 } }
    }"#;
    let problems = configure::<SkillLevels>(config, &names()).unwrap_err();
    let paths: Vec<_> = problems.iter().map(|one| one.path.as_str()).collect();
    let expected = [
        "/default/idle_minute",
        "/default/best",
        "/queues/2/skills/3",
        "/queues/2/group_step",
    ];
    assert_eq!(paths, expected);
    let first = problems.iter().next().unwrap();
    assert_eq!(first.message, "`1001` is out of range: give 0 to 1000");
}

#[test]
fn an_unknown_member_is_refused_with_its_place() {
    let config = r#"{ "queues": { "sales": { "bset": 1 } } }"#;
    let problems = configure::<SkillLevels>(config, &names()).unwrap_err();
    let problem = problems.iter().next().unwrap();
    assert_eq!(problem.path, "/queues/2");
    assert!(problem.message.contains("`bset`"), "{}", problem.message);
}

#[test]
fn the_schema_accepts_the_example_and_refuses_what_the_plugin_refuses() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let is_valid = |text: &str| validator.is_valid(&serde_json::from_str(text).unwrap());
    assert!(is_valid(EXAMPLE));
    assert!(is_valid("{}"));
    let refused = [
        r#"{ "default": { "bset": 1 } }"#,
        r#"{ "default": { "best": 0 } }"#,
        r#"{ "default": { "best": 65 } }"#,
        r#"{ "default": { "level": "lower" } }"#,
        r#"{ "default": { "skills": { "german": 1001 } } }"#,
        r#"{ "default": { "other_skills": -1 } }"#,
        r#"{ "default": { "idle_minute": 1.5 } }"#,
        r#"{ "default": { "idle_minutes_max": 1441 } }"#,
        r#"{ "default": { "group_step": 10001 } }"#,
        r#"{ "queues": [] }"#,
    ];
    for config in refused {
        assert!(!is_valid(config), "{config}");
        assert!(
            configure::<SkillLevels>(config, &names()).is_err(),
            "{config}"
        );
    }
}

#[test]
fn the_example_does_what_the_readme_says() {
    let plugin = plugin(EXAMPLE);
    let requirements = [required("german", 30), wished("english", 20)];
    let mut candidates = levels([&[90, 0], &[35, 40], &[30, 20]]);
    candidates[0].idle_ms = 20 * 60_000;
    candidates[1].idle_ms = 5 * 60_000;
    candidates[2].group_order = 1;
    let verdict = on("support", &requirements, candidates).rank(&plugin);
    assert_eq!(scores(&verdict), [(1, 645), (0, 240), (2, -300)]);
}

#[test]
fn the_manifest_says_what_the_plugin_is() {
    let manifest = manifest::<SkillLevels>();
    assert_eq!(manifest.name, "skill-match");
    assert_eq!(
        manifest.reads["skill-match"],
        ["idle-ms", "group-order", "levels"]
    );
    assert_eq!(manifest.reasons.len(), 3);
    assert_eq!(SkillLevels::READS.len(), 3);
    assert!(SkillLevels::READS.contains(&AgentColumn::Levels));
}

#[test]
fn golden_vectors() {
    let config = compile::<SkillLevels>(EXAMPLE, &names());
    let plugin = plugin(EXAMPLE);
    let two = [required("german", 30), wished("english", 20)];
    let mut everything = on("support", &two, levels([&[90, 0], &[35, 40], &[30, 20]]));
    everything.candidates[0].idle_ms = 20 * 60_000;
    everything.candidates[2].group_order = 1;
    everything.contact.labels = vec![(names().label("sales"), names().label("english"))];
    everything.surroundings = Surroundings {
        now_ms: 1_790_000_000_123,
        seed: 0x0123_4567_89ab_cdef,
        memo: vec![1, 2, 3],
    };
    let pool = (0..64).map(|number| Candidate {
        agent: AgentId(number),
        idle_ms: 3_000_000 - number * 40_000,
        group_order: number % 3,
        contacts_handled: number,
        levels: vec![30 + number * 37 % 71, number * 53 % 101],
    });
    let vectors = [
        ("scores, reasons and a memo that is kept", everything),
        ("a rule of the queue's own", {
            let asked = [required("sales", 50)];
            on(
                "sales",
                &asked,
                levels([&[50], &[90], &[70], &[60], &[80], &[49]]),
            )
        }),
        ("64 candidates", on("support", &two, pool.collect())),
        ("nobody", on("support", &two, Vec::new())),
        ("nothing asked for", on("support", &[], levels([&[], &[]]))),
    ];
    let vectors = vectors.map(|(name, facts)| {
        let facts = facts.pack::<SkillLevels>();
        let verdict = cordboard_plugin::skill_match::decide(&plugin, &facts);
        Vector {
            name,
            facts,
            verdict,
        }
    });
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/golden.json");
    check_golden(file.as_ref(), &config, &vectors);
}
