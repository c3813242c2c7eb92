//! Projects in JavaScript. They need Node.js and npm: without them these tests are skipped, and fail in CI.

use crate::workbench::{Workbench, complaint, told};
use std::process::Command;

/// The oldest Node.js that the tool takes.
const NODE_MIN: u32 = 18;

/// Whether there is a Node.js that will do. In CI there has to be one.
pub(crate) fn has_node() -> bool {
    let version = Command::new("node").arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let version = version.unwrap_or_default();
    let major = version.trim_start_matches('v').split('.').next();
    let found = major
        .and_then(|major| major.parse::<u32>().ok())
        .is_some_and(|major| major >= NODE_MIN);
    assert!(
        found || std::env::var_os("CI").is_none(),
        "no Node.js {NODE_MIN} or later on the PATH, but `{version}`"
    );
    found
}

#[test]
fn a_new_javascript_project_with_every_decision_point_passes_its_tests_and_builds() {
    if !has_node() {
        return;
    }
    let bench = Workbench::new("javascript-every-point");
    let points = "recording-policy,skill-match,contact-select,endpoint-select,classify";
    let new = ["plugin", "new", "every-point", "--lang", "javascript"];
    let made = bench.cordboard("", &[&new[..], &["--decision", points]].concat());
    assert_eq!(
        told(&made),
        "made `every-point`, a plugin in javascript. Next:\n  cd every-point\n  npm test\n  cordboard plugin test\n"
    );
    let checked = [
        "plugin",
        "check",
        "every-point.wasm",
        "--config",
        "config.json",
    ];
    told(&bench.cordboard("every-point", &["plugin", "build"]));
    let checked = told(&bench.cordboard("every-point", &checked));
    assert!(checked.contains("0 mistakes, 0 warnings"), "{checked}");
    // The rules by themselves, and all golden vectors in the plugin host.
    let tests = told(&bench.run("node", "every-point", &["--test", "--test-reporter=tap"]));
    for expected in [
        "the highest level comes first",
        "billing finds its agents by the engine's own rule",
        "# fail 0",
    ] {
        assert!(tests.contains(expected), "{tests}");
    }
    let tested = told(&bench.cordboard("", &["plugin", "test", "every-point"]));
    assert!(tested.ends_with("13 of 13 vectors pass\n"), "{tested}");

    // A test of the project fails where the component says something else.
    let rule = bench.path("every-point/src/skill-match.js");
    let text = std::fs::read_to_string(&rule).unwrap();
    std::fs::write(&rule, text.replace("score += ", "score -= ")).unwrap();
    let tests = bench.run("node", "every-point", &["--test", "test/vectors.test.js"]);
    assert!(!tests.status.success());
    let said = String::from_utf8_lossy(&tests.stdout).into_owned();
    assert!(said.contains("expected") && said.contains("-90"), "{said}");
}

#[test]
fn what_is_wrong_with_a_javascript_project_is_told() {
    if !has_node() {
        return;
    }
    let bench = Workbench::new("javascript-mistakes");
    told(&bench.cordboard("", &["plugin", "new", "router", "--lang", "javascript"]));
    let plugin = bench.path("router/plugin.js");
    let good = std::fs::read_to_string(&plugin).unwrap();
    let build = |text: &str| {
        std::fs::write(&plugin, text).unwrap();
        bench.cordboard("router", &["plugin", "build"])
    };
    let error = complaint(&build("export const = 1;"));
    assert!(error.contains("`plugin.js` does not compile"), "{error}");
    let error = complaint(&build("export function configure() {}"));
    assert!(
        error.contains("export a function `skillMatch` from plugin.js"),
        "{error}"
    );
    let picky = good.replace(
        "return {",
        "if (config.not_for?.length > 1) problems.add(\"/not_for/1\", \"one queue is enough\");\n  return {",
    );
    told(&build(&picky));
    let config = r#"{ "not_for": ["support", "billing"] }"#;
    std::fs::write(bench.path("router/two.json"), config).unwrap();
    let check = ["plugin", "check", "router.wasm", "--config", "two.json"];
    let output = bench.cordboard("router", &check);
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &complaint(&output);
    assert!(said.contains("`/not_for/1`: one queue is enough"), "{said}");

    let manifest = bench.path("router/manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("\"skill-match\"", "\"skills\"")).unwrap();
    let error = complaint(&build(&good));
    let expected = "has the decision point `skills` in `reads`: there are skill-match, ";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn without_node_the_build_says_what_to_install() {
    let bench = Workbench::new("javascript-without-node");
    told(&bench.cordboard("", &["plugin", "new", "router", "--lang", "javascript"]));
    let output = Command::new(env!("CARGO_BIN_EXE_cordboard"))
        .args(["plugin", "build"])
        .current_dir(bench.path("router"))
        .env("PATH", bench.path(""))
        .output()
        .unwrap();
    let error = complaint(&output);
    assert!(
        error.contains(
            "cannot run `node`: a plugin in JavaScript needs Node.js 18 or later and npm"
        ),
        "{error}"
    );
}
