//! What `check`, `describe` and `bench` tell of components.

use crate::workbench::{Workbench, plugin, texts, told};
use serde_json::{Value, json};

/// A plugin of this repository with some of its bytes replaced by as many others.
fn broken(bench: &Workbench, changes: &[(&str, &str)]) {
    let (component, _) = plugin("skill-match");
    let mut bytes = std::fs::read(component).unwrap();
    for (from, to) in changes {
        assert_eq!(from.len(), to.len());
        let found: Vec<usize> = (0..bytes.len())
            .filter(|at| bytes[*at..].starts_with(from.as_bytes()))
            .collect();
        assert!(!found.is_empty(), "`{from}` is not in the component");
        for at in found {
            bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        }
    }
    std::fs::write(bench.path("broken.wasm"), bytes).unwrap();
}

fn findings(bench: &Workbench, arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["plugin", "check", "--json"], arguments].concat();
    let output = bench.cordboard("", &arguments);
    let (out, error) = texts(&output);
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{error}"));
    assert_eq!(output.status.success(), report["mistakes"] == 0);
    report["findings"].as_array().unwrap().clone()
}

#[test]
fn a_sound_plugin_has_no_mistakes_and_its_unseen_reasons_are_told() {
    let bench = Workbench::new("check-sound");
    let (component, folder) = plugin("recording-policy");
    let vectors = folder.join("vectors.json");
    let arguments = [
        "plugin",
        "check",
        component.to_str().unwrap(),
        "--vectors",
        vectors.to_str().unwrap(),
    ];
    let said = told(&bench.cordboard("", &arguments));
    assert!(
        said.starts_with("warning in reasons: no golden vector shows these reasons: "),
        "{said}"
    );
    assert!(said.ends_with("; 0 mistakes, 1 warning\n"), "{said}");
}

#[test]
fn all_mistakes_of_a_component_are_told_at_once_each_with_its_cure() {
    let bench = Workbench::new("check-broken");
    broken(
        &bench,
        &[
            (
                "cordboard:plugin/skill-match@0.1.0",
                "cordboard:plugin/skill-match@0.9.0",
            ),
            ("\"skill-match\":[", "\"skill-watch\":["),
            ("x-cordboard-name", "x-cordboard-nome"),
            ("\"additionalProperties\"", "\"additionalproperties\""),
        ],
    );
    let found = findings(&bench, &["broken.wasm"]);
    let told: Vec<(&str, &str, &str)> = found
        .iter()
        .map(|of| {
            let text = |name: &str| of[name].as_str().unwrap();
            assert!(!text("cure").is_empty());
            (text("severity"), text("about"), text("what"))
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                "mistake",
                "contract",
                "`cordboard:plugin/skill-match@0.9.0` is of another contract version: this host speaks cordboard:plugin@0.1.0"
            ),
            (
                "mistake",
                "manifest",
                "the manifest in section `cordboard:manifest` reads columns for `skill-watch`, which the component does not export"
            ),
            (
                "warning",
                "schema",
                "the schema lets unknown members of the configuration pass, so that a misspelt one is overlooked"
            ),
        ]
    );
}

#[test]
fn what_is_no_component_is_told_with_how_to_make_one() {
    let bench = Workbench::new("check-module");
    std::fs::write(bench.path("module.wasm"), b"\0asm\x01\0\0\0").unwrap();
    let expected = json!([{
        "severity": "mistake",
        "about": "component",
        "what": "not a component but a core module: turn it into one, for instance with `wasm-tools component new`",
        "cure": "make a component of the module, as `cordboard plugin build` does",
    }]);
    assert_eq!(json!(findings(&bench, &["module.wasm"])), expected);
}

#[test]
fn a_configuration_that_does_not_fit_is_told_with_each_place() {
    let bench = Workbench::new("check-config");
    let (component, _) = plugin("skill-match");
    std::fs::copy(component, bench.path("a.wasm")).unwrap();
    std::fs::write(
        bench.path("config.json"),
        r#"{ "defualt": {}, "queues": { "sales": { "level": "best" } } }"#,
    )
    .unwrap();
    let found = findings(&bench, &["a.wasm", "--config", "config.json"]);
    let about = |place: usize| {
        (
            found[place]["about"].as_str().unwrap(),
            found[place]["what"].as_str().unwrap(),
        )
    };
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(
        about(0),
        (
            "configuration",
            "at `/defualt`: unknown key `defualt`; did you mean `default`?"
        )
    );
    assert!(
        about(1).1.starts_with("at `/queues/sales/level`: "),
        "{found:?}"
    );
}

#[test]
fn a_plugin_that_fails_its_vectors_fails_the_check() {
    let bench = Workbench::new("check-hostile");
    let (component, _) = plugin("hostile/trapping");
    std::fs::copy(component, bench.path("a.wasm")).unwrap();
    let vectors = r#"{ "vectors": [{ "name": "one", "point": "skill-match",
        "facts": { "contact": { "queue": "q" }, "candidates": [{ "agent": "a" }] },
        "verdict": { "ranked": [{ "agent": "a", "score": 1 }] } }] }"#;
    std::fs::write(bench.path("vectors.json"), vectors).unwrap();
    let found = findings(&bench, &["a.wasm"]);
    let mistakes: Vec<&str> = found
        .iter()
        .filter(|of| of["severity"] == "mistake")
        .map(|of| of["what"].as_str().unwrap())
        .collect();
    assert_eq!(mistakes.len(), 2, "{found:?}");
    assert!(
        mistakes[0].starts_with("`one`: /ranked: expected "),
        "{mistakes:?}"
    );
    assert!(
        mistakes[1]
            .starts_with("`one`: /failure: expected nothing, found \"trap\" (the plugin failed: "),
        "{mistakes:?}"
    );
}

#[test]
fn a_component_describes_itself_without_being_run() {
    let bench = Workbench::new("describe");
    let (component, _) = plugin("endpoint-select");
    let said = told(&bench.cordboard("", &["plugin", "describe", component.to_str().unwrap()]));
    let bytes = std::fs::read(&component).unwrap();
    let digest = cordboard_plugin_host::Digest::of(&bytes);
    let expected = format!(
        "endpoint-select 0.1.0: Rings an agent's Teams client, Calling SDK client and phone in stages.\n  \
         sha256     {digest}\n  size       {} bytes\n  contract   0.1\n",
        bytes.len()
    );
    assert!(said.starts_with(&expected), "{said}");
    assert!(
        said.contains("\n  decides    endpoint-select, from kind, reach, answered-last\n"),
        "{said}"
    );

    let said = told(&bench.cordboard(
        "",
        &["plugin", "describe", component.to_str().unwrap(), "--json"],
    ));
    let described: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(described["sha256"], digest.to_string());
    assert_eq!(
        described["points"],
        json!({ "endpoint-select": ["kind", "reach", "answered-last"] })
    );
    assert_eq!(described["manifest"]["name"], "endpoint-select");
}

#[test]
fn a_bench_has_figures_by_candidates_and_their_ratio_to_a_baseline() {
    let bench = Workbench::new("bench");
    let (component, folder) = plugin("skill-match");
    let component = component.to_str().unwrap();
    let vectors = folder.join("vectors.json");
    let arguments = [
        "plugin",
        "bench",
        component,
        "--facts",
        vectors.to_str().unwrap(),
        "--baseline",
        component,
        "--html",
        "bench.html",
        "--json",
    ];
    let report: Value = serde_json::from_str(&told(&bench.cordboard("", &arguments))).unwrap();
    let cases = report["cases"].as_array().unwrap();
    let rows: Vec<u64> = cases
        .iter()
        .map(|case| case["rows"].as_u64().unwrap())
        .collect();
    assert_eq!(rows, [1, 16, 64, 256]);
    let instructions: Vec<u64> = cases
        .iter()
        .map(|case| case["plugin"]["instructions"].as_u64().unwrap())
        .collect();
    assert!(
        instructions.is_sorted_by(|one, next| one < next),
        "{instructions:?}"
    );
    for case in cases {
        // Instructions are counted: the same plugin takes the same.
        assert_eq!(case["ratio"]["instructions"], 1.0, "{case}");
        assert!(
            case["plugin"]["fresh"]["decisions"].as_u64().unwrap() >= 50,
            "{case}"
        );
        assert!(
            case["plugin"]["memory_bytes"].as_u64().unwrap() >= 65_536,
            "{case}"
        );
    }
    let page = std::fs::read_to_string(bench.path("bench.html")).unwrap();
    assert!(
        page.contains("<svg ") && page.contains("<h2>skill-match</h2>"),
        "{page}"
    );
}
