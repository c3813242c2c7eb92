use cordboard_plugin::Reach;
use cordboard_plugin::testing::{
    Contact, Endpoint, EndpointSelectFacts, Names, RingVerdict, Vector, check_golden, compile,
    configure, manifest,
};
use serde_json::Value;

use super::*;

const SCHEMA: &str = include_str!("../schema.json");
const EXAMPLE: &str = include_str!("../example.json");

const TEAMS: Endpoint = Endpoint {
    kind: EndpointKind::TeamsClient,
    reach: Reach::Available,
    answered_last: false,
};
const SDK: Endpoint = Endpoint {
    kind: EndpointKind::CallingSdk,
    ..TEAMS
};
const PHONE: Endpoint = Endpoint {
    kind: EndpointKind::Pstn,
    reach: Reach::Unknown,
    ..TEAMS
};

fn names() -> Names {
    Names::new(["support", "sales", "billing"])
}

fn plugin(config: &str) -> RingStages {
    configure(config, &names()).unwrap()
}

fn on(queue: &str, endpoints: &[Endpoint]) -> EndpointSelectFacts {
    EndpointSelectFacts {
        contact: Contact {
            queue: names().queue(queue),
            ..Default::default()
        },
        endpoints: endpoints.to_vec(),
        ..Default::default()
    }
}

fn times(verdict: &RingVerdict) -> Vec<(u32, u32)> {
    let rings = verdict.rings.iter();
    rings.map(|ring| (ring.index, ring.time_ms)).collect()
}

#[test]
fn clients_ring_together_and_phones_after_them() {
    let verdict = on("support", &[PHONE, TEAMS, SDK]).select(&plugin("{}"));
    assert_eq!(verdict.stages(), [vec![1, 2], vec![0]]);
    assert_eq!(times(&verdict), [(1, 15_000), (2, 15_000), (0, 20_000)]);
}

#[test]
fn stages_ring_in_their_order_each_for_its_time() {
    let plugin = plugin(
        r#"{ "default": { "stages": [
            [{ "kind": "pstn", "seconds": 5 }],
            [{ "kind": "calling-sdk", "seconds": 120 }, { "kind": "teams-client", "seconds": 1 }]
        ] } }"#,
    );
    let verdict = on("support", &[TEAMS, PHONE, SDK]).select(&plugin);
    assert_eq!(verdict.stages(), [vec![1], vec![0, 2]]);
    assert_eq!(times(&verdict), [(1, 5_000), (0, 1_000), (2, 120_000)]);
}

#[test]
fn a_kind_in_no_stage_does_not_ring() {
    let plugin =
        plugin(r#"{ "default": { "stages": [[{ "kind": "teams-client", "seconds": 15 }]] } }"#);
    let verdict = on("support", &[PHONE, TEAMS]).select(&plugin);
    assert_eq!(verdict.stages(), [[1]]);
    assert!(on("support", &[PHONE]).select(&plugin).is_abstaining);
}

#[test]
fn busy_and_offline_endpoints_are_skipped() {
    let busy = Endpoint {
        reach: Reach::Busy,
        ..TEAMS
    };
    let offline = Endpoint {
        reach: Reach::Offline,
        ..SDK
    };
    let endpoints = [busy, offline, PHONE];
    let stages = |skip: &str| {
        let config = format!(r#"{{ "default": {{ "skip": {skip} }} }}"#);
        on("support", &endpoints).select(&plugin(&config)).stages()
    };
    assert_eq!(stages(r#"["busy", "offline"]"#), [[2]]);
    assert_eq!(stages(r#"["offline"]"#), [[0], [2]]);
    assert_eq!(stages(r#"["busy"]"#), [[1], [2]]);
    assert_eq!(stages("[]"), [vec![0, 1], vec![2]]);
}

#[test]
fn when_all_are_skipped_they_ring_anyway_or_the_engine_decides() {
    let offline = Endpoint {
        reach: Reach::Offline,
        ..TEAMS
    };
    let facts = on("support", &[offline]);
    assert_eq!(facts.select(&plugin("{}")).stages(), [[0]]);
    let native = plugin(r#"{ "default": { "none_left": "native" } }"#);
    assert!(facts.select(&native).is_abstaining);
}

#[test]
fn where_the_agent_answered_last_rings_alone_first() {
    let plugin = plugin(r#"{ "default": { "last_answered_first": true } }"#);
    let last = Endpoint {
        answered_last: true,
        ..PHONE
    };
    let verdict = on("support", &[TEAMS, SDK, last]).select(&plugin);
    assert_eq!(verdict.stages(), [vec![2], vec![0, 1]]);
    assert_eq!(times(&verdict)[0], (2, 20_000));
    let offline = Endpoint {
        reach: Reach::Offline,
        answered_last: true,
        ..TEAMS
    };
    let verdict = on("support", &[offline, SDK]).select(&plugin);
    assert_eq!(verdict.stages(), [[1]], "where it cannot ring it does not");
}

#[test]
fn the_order_of_the_configuration_counts_within_a_stage() {
    let verdict = on("support", &[SDK, TEAMS, SDK]).select(&plugin("{}"));
    assert_eq!(verdict.stages(), [[0, 1, 2]]);
}

#[test]
fn a_queue_inherits_what_its_rule_leaves_out() {
    let plugin = plugin(EXAMPLE);
    let endpoints = [TEAMS, SDK, PHONE];
    let verdict = on("billing", &endpoints).select(&plugin);
    assert_eq!(times(&verdict), [(0, 15_000), (1, 15_000), (2, 18_000)]);
    let verdict = on("sales", &endpoints).select(&plugin);
    assert_eq!(verdict.stages(), [vec![1], vec![0, 2]]);
}

#[test]
fn mistakes_that_the_schema_cannot_see_have_their_places() {
    let config = r#"{
        "default": { "stages": [
            [{ "kind": "pstn", "seconds": 5 }, { "kind": "pstn", "seconds": 6 }]
        ] },
        "queues": { "sales": { "stages": [
            [{ "kind": "teams-client", "seconds": 5 }], [{ "kind": "teams-client", "seconds": 0 }]
        ] } }
    }"#;
    let problems = configure::<RingStages>(config, &names()).unwrap_err();
    let paths: Vec<_> = problems.iter().map(|one| one.path.as_str()).collect();
    let expected = [
        "/default/stages/0/1/kind",
        "/queues/2/stages/1/0/seconds",
        "/queues/2/stages/1/0/kind",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn the_schema_accepts_the_example_and_refuses_what_the_plugin_refuses() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let is_valid = |text: &str| validator.is_valid(&serde_json::from_str(text).unwrap());
    assert!(is_valid(EXAMPLE));
    assert!(is_valid("{}"));
    let refused = [
        r#"{ "default": { "stages": [] } }"#,
        r#"{ "default": { "stages": [[]] } }"#,
        r#"{ "default": { "stages": [[{ "kind": "fax", "seconds": 5 }]] } }"#,
        r#"{ "default": { "stages": [[{ "kind": "pstn", "seconds": 0 }]] } }"#,
        r#"{ "default": { "stages": [[{ "kind": "pstn", "seconds": 121 }]] } }"#,
        r#"{ "default": { "stages": [[{ "kind": "pstn" }]] } }"#,
        r#"{ "default": { "skip": ["away"] } }"#,
        r#"{ "default": { "none_left": "hang-up" } }"#,
        r#"{ "default": { "skpi": [] } }"#,
        r#"{ "queue": {} }"#,
    ];
    for config in refused {
        assert!(!is_valid(config), "{config}");
        assert!(
            configure::<RingStages>(config, &names()).is_err(),
            "{config}"
        );
    }
}

#[test]
fn the_manifest_says_what_the_plugin_is() {
    let manifest = manifest::<RingStages>();
    assert_eq!(manifest.name, "endpoint-select");
    assert_eq!(
        manifest.reads["endpoint-select"],
        ["reach", "answered-last"]
    );
    assert_eq!(manifest.warm_calls, None);
}

#[test]
fn golden_vectors() {
    let config = compile::<RingStages>(EXAMPLE, &names());
    let plugin = plugin(EXAMPLE);
    let last = Endpoint {
        answered_last: true,
        ..TEAMS
    };
    let busy = Endpoint {
        reach: Reach::Busy,
        ..SDK
    };
    let offline = Endpoint {
        reach: Reach::Offline,
        ..TEAMS
    };
    let vectors = [
        ("all three", on("support", &[TEAMS, SDK, PHONE])),
        ("busy is skipped", on("support", &[TEAMS, busy, PHONE])),
        ("busy rings in this queue", on("billing", &[TEAMS, busy])),
        ("none left, the engine decides", on("billing", &[offline])),
        ("none left, rings anyway", on("support", &[offline, busy])),
        ("last answered first", on("sales", &[SDK, last, PHONE])),
        ("no endpoints", on("support", &[])),
    ];
    let vectors = vectors.map(|(name, facts)| {
        let facts = facts.pack::<RingStages>();
        let verdict = cordboard_plugin::endpoint_select::decide(&plugin, &facts);
        Vector {
            name,
            facts,
            verdict,
        }
    });
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/golden.json");
    check_golden(file.as_ref(), &config, &vectors);
}
