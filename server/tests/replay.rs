//! `cordboard replay` on the decisions of a demo.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test: whatever is not as expected fails it"
)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("server/ lies in the repository")
        .to_owned()
}

fn plugins() -> PathBuf {
    std::env::var_os("CORDBOARD_PLUGINS")
        .map_or_else(|| root().join("target/plugins"), PathBuf::from)
}

fn cordboard(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cordboard"))
        .current_dir(root())
        .env("CORDBOARD_PLUGINS", plugins())
        .args(arguments)
        .output()
        .unwrap()
}

fn json_of(output: &Output) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{error} in `{text}`; stderr: {errors}"))
}

#[test]
fn the_decisions_of_a_demo_replay_bit_for_bit_and_another_plugin_is_compared() {
    let folder = std::env::temp_dir().join(format!("cordboard-test-replay-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let journal = folder.join("journal").to_str().unwrap().to_owned();
    let played = cordboard(&["demo", "--calls", "40", "--json", "--journal", &journal]);
    assert!(played.status.success(), "{played:?}");

    let output = cordboard(&["replay", &journal, "--decisions", "--json"]);
    let report = json_of(&output);
    assert!(output.status.success(), "{report}");
    assert_eq!(report["broken"], 0, "{report}");
    let replayed = report["replayed"].as_u64().unwrap();
    assert!(replayed > 40, "{report}");
    assert_eq!(report["classes"]["same"], replayed, "{report}");
    assert_eq!(report["must_be_same"], replayed, "{report}");

    // Nobody records for a payment any more.
    let config = folder.join("config.json");
    std::fs::write(&config, r#"{ "default": { "record": "never" } }"#).unwrap();
    let policy = plugins().join("recording-policy.wasm");
    let arguments = [
        "replay",
        &journal,
        "--plugin",
        policy.to_str().unwrap(),
        "--config",
        config.to_str().unwrap(),
    ];
    let output = cordboard(&[&arguments[..], &["--json"]].concat());
    let report = json_of(&output);
    assert!(output.status.success(), "{report}");
    let changed = report["classes"]["other-target"].as_u64().unwrap();
    assert!(changed > 0, "{report}");
    assert_eq!(report["must_be_same"], 0, "{report}");
    let text = cordboard(&arguments);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(
        text.contains(&format!("{changed:>9}  other-target    another target")),
        "{text}"
    );
    assert!(text.contains("recording starts"), "{text}");

    // A plugin that decided nothing here proves nothing.
    let other = root().join("plugins/skill-match/README.md");
    let output = cordboard(&["replay", &journal, "--plugin", other.to_str().unwrap()]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("not a WebAssembly component"), "{said}");
    std::fs::remove_dir_all(&folder).unwrap();
}
