//! Golden vectors, and what is told when a plugin decides otherwise.

use crate::workbench::{Workbench, complaint, plugin, told};
use serde_json::Value;

const FIRST: &str = "the closest levels and the longest idle come first";

/// The plugin `skill-match` with its vectors, of which the first expects another score and order.
fn bench(name: &str) -> Workbench {
    let bench = Workbench::new(name);
    let (component, folder) = plugin("skill-match");
    std::fs::copy(component, bench.path("skill-match.wasm")).unwrap();
    let vectors = std::fs::read_to_string(folder.join("vectors.json")).unwrap();
    let changed = vectors.replacen("\"score\": 700", "\"score\": 701", 1);
    assert_ne!(vectors, changed, "the vector has another score now");
    std::fs::write(bench.path("vectors.json"), changed).unwrap();
    bench
}

#[test]
fn a_vector_that_differs_is_told_member_by_member_and_fails() {
    let bench = bench("vectors-differ");
    let output = bench.cordboard("", &["plugin", "test", "skill-match.wasm"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        complaint(&output),
        "error: 1 of 3 vectors fails; `--update` takes over what is meant\n"
    );
    let expected =
        format!("FAILED  {FIRST}\n    /ranked/0/score\n      expected  701\n      found     700\n");
    assert!(said.starts_with(&expected), "{said}");
    assert!(said.ends_with("2 of 3 vectors pass\n"), "{said}");
}

#[test]
fn programs_get_the_differences_as_json() {
    let bench = bench("vectors-json");
    let output = bench.cordboard("", &["plugin", "test", "skill-match.wasm", "--json"]);
    assert!(!output.status.success());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["passed"], 2);
    assert_eq!(report["vectors"][0]["name"], FIRST);
    assert_eq!(
        report["vectors"][0]["differences"],
        serde_json::json!([{ "member": "/ranked/0/score", "expected": 701, "found": 700 }])
    );
}

#[test]
fn an_update_takes_over_what_the_plugin_says_and_then_all_pass() {
    let bench = bench("vectors-update");
    let arguments = ["plugin", "test", "skill-match.wasm", "--update"];
    let said = told(&bench.cordboard("", &arguments));
    assert!(said.starts_with(&format!("CHANGED  {FIRST}\n")), "{said}");
    let (_, folder) = plugin("skill-match");
    assert_eq!(
        std::fs::read_to_string(bench.path("vectors.json")).unwrap(),
        std::fs::read_to_string(folder.join("vectors.json")).unwrap()
    );
    let said = told(&bench.cordboard("", &["plugin", "test", "skill-match.wasm"]));
    assert!(said.ends_with("3 of 3 vectors pass\n"), "{said}");
}

#[test]
fn what_keeps_vectors_from_being_played_is_told_with_its_vector() {
    let bench = bench("vectors-mistakes");
    let cases = [
        (
            r#"{ "vectors": [{ "name": "a", "point": "skill-match", "facts": {} }] }"#,
            "error: vector `a`: the facts are not those of `skill-match`: missing field `contact`",
        ),
        (
            r#"{ "vectors": [{ "name": "a", "point": "recording-policy",
                 "facts": { "contact": { "queue": "q" }, "moment": "connected" } }] }"#,
            "error: vector `a` is for `recording-policy`, which the plugin does not decide",
        ),
        (
            r#"{ "config": { "defualt": {} }, "vectors": [] }"#,
            "error: the plugin cannot be loaded: the configuration of plugin `skill-match` is refused: at `/defualt`: unknown key \
             `defualt`; did you mean `default`?",
        ),
        (
            r#"{ "vectors": [{}] }"#,
            "error: `odd.json` is not a file of golden vectors: missing field `name`",
        ),
    ];
    for (vectors, expected) in cases {
        std::fs::write(bench.path("odd.json"), vectors).unwrap();
        let arguments = [
            "plugin",
            "test",
            "skill-match.wasm",
            "--vectors",
            "odd.json",
        ];
        let error = complaint(&bench.cordboard("", &arguments));
        assert!(error.starts_with(expected), "{error}");
    }
}
