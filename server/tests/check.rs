//! `cordboard check` on configurations whose mistakes lie outside of the text.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test: whatever is not as expected fails it"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

fn plugins() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("server/ lies in the repository");
    std::env::var_os("CORDBOARD_PLUGINS").map_or_else(|| root.join("target/plugins"), PathBuf::from)
}

/// Checks a configuration with one plugin; gives whether it passes, and what is said.
fn check(name: &str, file: &Path, config: &str) -> (bool, String) {
    let folder = std::env::temp_dir().join(format!(
        "cordboard-test-check-{name}-{}",
        std::process::id()
    ));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("text.wasm"), "this is no component").unwrap();
    let text = format!(
        r#"{{
          "version": 1, "tenant": "decisions",
          "queues": {{ "chat": {{
            "groups": [{{ "group": "desk" }}], "max_wait_seconds": 600, "skill_match": "rank",
            "exits": {{ "max_wait": {{ "end": true }}, "no_agents": {{ "end": true }}, "closed": {{ "end": true }} }}
          }} }},
          "groups": {{ "desk": ["anna"] }}, "agents": {{ "anna": {{}} }},
          "plugins": {{ "rank": {{ "file": {file:?}, "config": {config} }} }}
        }}"#
    );
    let path = folder.join("config.json");
    std::fs::write(&path, text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_cordboard"))
        .arg("check")
        .arg(&path)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), said)
}

#[test]
fn a_plugin_that_cannot_be_loaded_is_a_mistake_with_its_place() {
    let skill_match = plugins().join("skill-match.wasm");
    let recording_policy = plugins().join("recording-policy.wasm");
    let (passes, said) = check("right", &skill_match, "{}");
    assert!(passes, "{said}");
    let (slot, queue) = ("plugins.rank (line ", "queues.chat.skill_match (line ");
    let nonsense = r#"{ "nonsense": 1 }"#;
    for (name, file, config, place, expected) in [
        ("text", Path::new("text.wasm"), "{}", slot, "component"),
        ("config", &skill_match, nonsense, slot, "nonsense"),
        ("point", &recording_policy, "{}", queue, "does not answer"),
    ] {
        let (passes, said) = check(name, file, config);
        assert!(!passes, "{name}: {said}");
        assert!(said.contains(place), "{name}: {said}");
        assert!(said.contains(expected), "{name}: {said}");
    }
}

#[test]
fn a_plugin_file_that_is_not_there_yet_is_a_warning() {
    for (name, file) in [("missing", "missing.wasm"), ("folder", ".")] {
        let (passes, said) = check(name, Path::new(file), "{}");
        assert!(passes, "{said}");
        assert!(said.contains("warning: plugins.rank.file"), "{said}");
    }
}
