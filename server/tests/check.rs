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
    check_with(&[], name, file, config)
}

fn check_with(options: &[&str], name: &str, file: &Path, config: &str) -> (bool, String) {
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
        .args(options)
        .arg(&path)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (output.status.success(), said)
}

#[test]
fn a_plugin_that_cannot_be_loaded_is_a_mistake_with_its_place() {
    let skill_match = plugins().join("skill-match.wasm");
    let recording_policy = plugins().join("recording-policy.wasm");
    let (passes, said) = check("right", &skill_match, "{}");
    assert!(passes, "{said}");
    assert!(
        said.contains("1 agent, 0 resource accounts, 1 plugin; no mistakes\n"),
        "{said}"
    );
    let (slot, queue) = ("plugins.rank (line ", "queues.chat.skill_match (line ");
    let inside = "plugins.rank.config.nonsense (line ";
    let nonsense = r#"{ "nonsense": 1 }"#;
    for (name, file, config, place, expected) in [
        ("text", Path::new("text.wasm"), "{}", slot, "component"),
        (
            "config",
            &skill_match,
            nonsense,
            inside,
            "unknown key `nonsense`; known here: ",
        ),
        ("point", &recording_policy, "{}", queue, "does not answer"),
    ] {
        let (passes, said) = check(name, file, config);
        assert!(!passes, "{name}: {said}");
        assert!(said.contains(place), "{name}: {said}");
        assert!(said.contains(expected), "{name}: {said}");
    }
}

#[test]
fn a_plugin_file_that_is_not_there_is_a_mistake() {
    for (name, file) in [("missing", "missing.wasm"), ("folder", ".")] {
        let (passes, said) = check(name, Path::new(file), "{}");
        assert!(!passes, "{said}");
        assert!(said.contains("json: plugins.rank.file (line "), "{said}");
        assert!(said.contains("has 1 mistake\n"), "{said}");
    }
}

#[test]
fn mistakes_of_plugins_are_told_beside_others() {
    let skill_match = plugins().join("skill-match.wasm");
    let config = r#"{ "nonsense": 1 }, "surplus": true"#;
    let (passes, said) = check("both", &skill_match, config);
    assert!(!passes, "{said}");
    assert!(said.contains("plugins.rank.surplus (line "), "{said}");
    assert!(
        said.contains("plugins.rank.config.nonsense (line "),
        "{said}"
    );
    assert!(said.contains("has 2 mistakes\n"), "{said}");
}

#[test]
fn warnings_are_counted_and_no_mistakes() {
    let config = r#"{} }, "other": { "file": "text.wasm""#;
    let skill_match = plugins().join("skill-match.wasm");
    let (_, said) = check("warning", &skill_match, config);
    assert!(said.contains("warning: plugins.other (line "), "{said}");
    assert!(said.contains("1 mistake, 1 warning\n"), "{said}");
}

#[test]
fn warnings_pass_unless_the_check_is_strict() {
    let skill_match = plugins().join("skill-match.wasm");
    let config = format!(r#"{{}} }}, "other": {{ "file": {skill_match:?}"#);
    let (passes, said) = check_with(&[], "usual", &skill_match, &config);
    assert!(passes, "{said}");
    assert!(said.contains("no mistakes, 1 warning\n"), "{said}");
    let (passes, said) = check_with(&["--strict"], "strict", &skill_match, &config);
    assert!(!passes, "{said}");
    assert!(
        said.contains("has no mistakes, 1 warning, and `--strict` lets none pass\n"),
        "{said}"
    );
}

#[test]
fn a_text_in_another_encoding_is_told_with_what_to_change() {
    for (name, bytes, expected) in [
        (
            "utf-16",
            b"\xff\xfe{\0}\0".as_slice(),
            "in UTF-16; save it in UTF-8",
        ),
        (
            "latin-1",
            b"{\n\"tenant\": \"caf\xe9\"}",
            "(line 2); save it in UTF-8",
        ),
    ] {
        let file =
            std::env::temp_dir().join(format!("cordboard-test-{name}-{}.json", std::process::id()));
        std::fs::write(&file, bytes).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_cordboard"))
            .arg("check")
            .arg(&file)
            .output()
            .unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(expected), "{said}");
    }
}

/// As `cordboard check FILE | head -0` does, and `2>&1 | head -0`.
#[test]
fn nobody_has_to_read_to_the_end() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let good = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../engine/cordboard/tests/config/ok/decision-only.json");
    for (file, code) in [(file, 1), (good, 0)] {
        let closed = || {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            writer
        };
        let status = Command::new(env!("CARGO_BIN_EXE_cordboard"))
            .arg("check")
            .arg(&file)
            .stdout(closed())
            .stderr(closed())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(code), "{}", file.display());
    }
}
