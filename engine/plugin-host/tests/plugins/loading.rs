//! What is loaded, and what is refused.

use cordboard_core::question::PluginFailure;
use cordboard_plugin_host::{HostConfig, LoadError, PluginHost, SigningKey};
use serde_json::{Map, Value, json};

use std::{fs, path::Path};

use crate::{
    bench::{Bench, SLOT, ask, failure, refused, score, spec},
    guest::{self, Guest},
};

#[test]
fn a_plugin_that_cannot_be_snapshotted_has_to_be_warm() {
    let error = refused(&guest::changing_a_table());
    assert!(
        error.contains("table.set") && error.contains("warm_calls"),
        "{error}"
    );

    let bench = Bench::new().with(&Guest {
        manifest: json!({ "warm_calls": 3 }),
        ..guest::changing_a_table()
    });
    for _ in 0..5 {
        assert_eq!(score(&bench.decide()), 2, "each instance is configured");
    }
}

#[test]
fn names_in_the_configuration_become_numbers() {
    let manifest = json!({ "config_schema": {
        "properties": { "queue": { "type": "string", "x-cordboard-name": "queue" } },
        "additionalProperties": false
    } });
    let guest = Guest {
        manifest,
        ..guest::measuring_configuration()
    };
    let mut bench = Bench::new();
    bench.config = json!({ "queue": "sales" });
    bench.load(&guest).unwrap();
    assert_eq!(
        score(&bench.decide()),
        r#"{"queue":21}"#.len().cast_signed() as i32
    );

    bench.config = json!({ "queue": "slaes" });
    let error = bench.load(&guest).unwrap_err().to_string();
    assert_eq!(
        error,
        "the configuration of plugin `guest` is refused: at `/queue`: there is no queue `slaes`; did you mean `sales`?"
    );
    assert_eq!(score(&bench.decide()), 12, "the last good one decides");
    assert_eq!(bench.host.status(SLOT).problem, Some(error));
}

#[test]
fn what_configure_refuses_is_told_with_its_place() {
    // `err` of one problem: path at 512, message at 520.
    let error = refused(&Guest {
        configure: "(i32.store8 (i32.const 32) (i32.const 1))
            (i32.store (i32.const 36) (i32.const 64)) (i32.store (i32.const 40) (i32.const 1))
            (i32.store (i32.const 64) (i32.const 512)) (i32.store (i32.const 68) (i32.const 5))
            (i32.store (i32.const 72) (i32.const 520)) (i32.store (i32.const 76) (i32.const 9))
            (i32.const 32)"
            .into(),
        core: r#"(data (i32.const 512) "/ring") (data (i32.const 520) "too short")"#.into(),
        ..Guest::default()
    });
    assert!(error.ends_with("at `/ring`: too short"), "{error}");
}

#[test]
fn what_configure_returns_outside_of_its_memory_is_told_as_that() {
    // `err` of one problem, whose list lies beyond the end of the memory.
    let error = refused(&Guest {
        configure: "(i32.store8 (i32.const 32) (i32.const 1))
            (i32.store (i32.const 36) (i32.const -8)) (i32.store (i32.const 40) (i32.const 1))
            (i32.const 32)"
            .into(),
        ..Guest::default()
    });
    assert!(
        error.starts_with("the plugin failed in `configure`: what it returned cannot be read: "),
        "{error}"
    );
}

#[test]
fn without_a_plugin_the_answer_says_why() {
    let bench = Bench::new();
    assert_eq!(
        failure(&bench.asked(0)),
        (PluginFailure::NotLoaded, "no plugin is loaded")
    );
    bench.load(&guest::trapping_at_start()).unwrap_err();
    let answer = bench.asked(0);
    let (kind, detail) = failure(&answer);
    assert_eq!(kind, PluginFailure::NotLoaded);
    assert!(detail.contains("failed at its start"), "{detail}");
    bench.load(&Guest::default()).unwrap();
    bench.host.unload(SLOT);
    assert_eq!(
        failure(&bench.asked(0)),
        (PluginFailure::NotLoaded, "no plugin is loaded")
    );
    assert_eq!(bench.outcomes().not_loaded, 3);
}

#[test]
fn what_is_no_plugin_is_refused_with_the_reason() {
    let bench = Bench::new();
    let told = |bytes: &[u8]| bench.load_bytes(bytes).unwrap_err().to_string();
    assert!(told(b"#!/bin/sh").contains("not a WebAssembly component"));
    assert!(told(b"").contains("not a WebAssembly component"));
    let module = wat::parse_str("(module)").unwrap();
    assert!(told(&module).contains("not a component but a core module"));
    let mut broken = Guest::default().build();
    broken.truncate(broken.len() - 10);
    assert!(told(&broken).contains("not a valid component"));
    let empty = wat::parse_str("(component)").unwrap();
    assert!(told(&empty).contains("does not export `cordboard:plugin/meta@0.1.0`"));
}

#[test]
fn what_is_a_wrong_plugin_is_refused_with_the_reason() {
    let cases = [
        (
            guest::importing_a_clock(),
            "forbidden import `wasi:clocks/wall-clock@0.2.0`",
        ),
        (
            Guest {
                version: "0.9.0",
                ..Guest::default()
            },
            "`cordboard:plugin/skill-match@0.9.0` is of another contract version: \
             this host speaks cordboard:plugin@0.1.0",
        ),
        (
            Guest {
                component: r#"(import "cordboard:plugin/log@0.9.0" (instance))"#.into(),
                ..Guest::default()
            },
            "`cordboard:plugin/log@0.9.0` is of another contract version",
        ),
        (
            Guest {
                point: "wrong-point",
                ..Guest::default()
            },
            "`cordboard:plugin/wrong-point@0.1.0` is of another contract version",
        ),
        (
            guest::trapping_at_start(),
            "failed at its start: wasm trap: wasm `unreachable`",
        ),
        (
            Guest {
                configure: "(unreachable)".into(),
                ..Guest::default()
            },
            "failed in `configure`: wasm trap: wasm `unreachable`",
        ),
        (
            Guest {
                memory: r#"(memory (export "memory") 1000)"#,
                ..Guest::default()
            },
            "too big to run",
        ),
        (
            Guest {
                manifest: json!({ "reads": { "skill-match": ["salary"] } }),
                ..Guest::default()
            },
            "reads column `salary`",
        ),
        (
            Guest {
                manifest: json!({ "config_schema": { "type": "strnig" } }),
                ..Guest::default()
            },
            "wrong `config_schema`",
        ),
    ];
    for (guest, expected) in cases {
        let error = refused(&guest);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_digest_can_be_asked_for() {
    let bench = Bench::new();
    let bytes = Guest::default().build();
    let info = bench.load_bytes(&bytes).unwrap();
    let mut spec = spec(&bytes);
    spec.sha256 = Some(info.plugin);
    assert!(bench.host.load(SLOT, &spec).is_ok());
    spec.sha256 = Some(info.configuration);
    assert!(matches!(
        bench.host.load(SLOT, &spec),
        Err(LoadError::Digest { .. })
    ));
}

#[test]
fn a_file_that_is_too_large_is_not_even_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plugin.wasm");
    fs::write(&path, [0; 2_000]).unwrap();
    let host = PluginHost::new(HostConfig {
        component_bytes_max: 1_000,
        ..HostConfig::default()
    })
    .unwrap();
    let error = host.read(&path).unwrap_err();
    assert!(
        error.to_string().contains("2000 bytes, at most 1000"),
        "{error}"
    );
    let missing = host.read(&folder.path().join("missing.wasm")).unwrap_err();
    assert!(missing.to_string().contains("missing.wasm"), "{missing}");
}

#[test]
fn a_configured_plugin_is_found_in_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let host = || {
        PluginHost::new(HostConfig {
            cache: Some(cache.clone()),
            ..HostConfig::default()
        })
        .unwrap()
    };
    let files = || fs::read_dir(&cache).unwrap().count();
    let bytes = guest::measuring_configuration().build();
    let first = json!({ "key": 1 });
    let mut wanted = spec(&bytes);
    wanted.config = &first;
    host().compile(&wanted).unwrap();
    assert_eq!(files(), 2, "the key and one artefact");

    let host = host();
    let plugin = host.compile(&wanted).unwrap();
    assert_eq!(files(), 2);
    assert_eq!(score(&plugin.decide(&ask(0))), 9);
    let other = json!({ "key": 10 });
    wanted.config = &other;
    let plugin = host.compile(&wanted).unwrap();
    assert_eq!(files(), 3, "another configuration is another snapshot");
    assert_eq!(score(&plugin.decide(&ask(0))), 10);
}

#[test]
fn a_component_of_too_many_parts_is_refused() {
    let core = |parts: &str| Guest {
        manifest: json!({ "warm_calls": 2 }),
        core: parts.into(),
        ..Guest::default()
    };
    let instances =
        "(core module $empty)".to_owned() + &"(core instance (instantiate $empty))".repeat(80);
    for guest in [
        core(&"(memory 1)".repeat(5)),
        core("(table 100000 funcref)"),
        core(&"(table 1 funcref)".repeat(10)),
        core("(memory 500)"),
        Guest {
            manifest: json!({ "warm_calls": 2 }),
            component: instances,
            ..Guest::default()
        },
    ] {
        let error = refused(&guest);
        let told = ["too big to run", "cannot be compiled"];
        assert!(told.iter().any(|told| error.contains(told)), "{error}");
    }
}

/// Each nested component starts the one before it twice: the last one would start 2⁴⁰ of them.
#[test]
fn components_that_multiply_are_refused() {
    let mut component = "(component $c0)".to_owned();
    for number in 1..=40 {
        let before = number - 1;
        component += &format!(
            "(component $c{number} (alias outer 1 $c{before} (component $c))
               (instance (instantiate $c)) (instance (instantiate $c)))"
        );
    }
    component += "(instance (instantiate $c40))";
    let error = refused(&Guest {
        manifest: json!({ "warm_calls": 2 }),
        component,
        ..Guest::default()
    });
    assert!(
        error.contains("starts components in 82 places, at most 32"),
        "{error}"
    );
}

/// A schema in which each definition is what `next` makes of the reference to the one after it.
fn chain(definitions: u32, next: impl Fn(Value) -> Value) -> Guest {
    let mut schemas: Map<String, Value> = (0..definitions)
        .map(|number| {
            let reference = json!({ "$ref": format!("#/$defs/s{}", number + 1) });
            (format!("s{number}"), next(reference))
        })
        .collect();
    schemas.insert(format!("s{definitions}"), json!({}));
    Guest {
        manifest: json!({ "config_schema": { "$defs": schemas, "$ref": "#/$defs/s0" } }),
        ..Guest::default()
    }
}

#[test]
fn schemas_whose_references_run_away_are_refused() {
    let doubled = |next: Value| json!({ "allOf": [next, next] });
    Bench::new().load(&chain(8, doubled)).unwrap();
    Bench::new().load(&chain(150, |next| next)).unwrap();
    let schema = |schema: Value| Guest {
        manifest: json!({ "config_schema": schema }),
        ..Guest::default()
    };
    for (guest, expected) in [
        (chain(40, doubled), "more than 100000 steps"),
        (chain(6_000, |next| next), "more than 200 deep"),
        (
            schema(json!({ "$ref": "#thing" })),
            "`#thing` leads nowhere",
        ),
        (
            schema(json!({ "$dynamicRef": "#thing" })),
            "`$dynamicRef` is not followed",
        ),
        (
            schema(json!({ "not": { "$id": "https://example.com" } })),
            "`$id` may stand at the top only",
        ),
    ] {
        let error = refused(&guest);
        assert!(
            error.contains("wrong `config_schema`") && error.contains(expected),
            "{error}"
        );
    }
}

#[test]
fn a_schema_may_describe_a_tree() {
    let mut bench = Bench::new();
    bench.config = json!({ "any": [{ "any": [] }, { "any": [{ "any": [] }] }] });
    bench
        .load(&Guest {
            manifest: json!({ "config_schema": {
                "$ref": "#/$defs/rule",
                "$defs": { "rule": {
                    "properties": { "any": { "items": { "$ref": "#/$defs/rule" } } },
                    "additionalProperties": false
                } }
            } }),
            ..Guest::default()
        })
        .unwrap();
}

#[test]
fn a_file_counts_if_its_key_has_signed_its_bytes() {
    let signed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../server/tests/plugin/signed");
    let file = signed.join("signed.wasm");
    let bytes = fs::read(&file).unwrap();
    let key = fs::read_to_string(signed.join("isv.pub")).unwrap();
    let key = SigningKey::parse(key.lines().last().unwrap()).unwrap();
    assert!(key.check(&bytes, &file).is_ok());

    let said = |error: LoadError| error.to_string();
    let refused = "the plugin is not signed by the configured key: ";
    let error = key.check(b"other bytes", &file).map_err(said).unwrap_err();
    assert!(error.starts_with(refused), "{error}");
    let error = key.check(&bytes, &signed.join("isv.pub")).map_err(said);
    assert!(error.unwrap_err().contains("isv.pub.minisig"));
    let other = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    let other = SigningKey::parse(other).unwrap();
    assert!(other.check(&bytes, &file).is_err());
    assert!(SigningKey::parse("untrusted comment: minisign public key").is_none());
}
