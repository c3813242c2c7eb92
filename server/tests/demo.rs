//! The demo as a user runs it: the program, real HTTP, real plugins, judged by the simulator's ledger.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test: whatever is not as expected fails it"
)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A card number of the kind that payment networks reserve for tests; callers of the demo type it.
const TEST_CARD: &str = "4111111111111111";
const MUST_BE_ZERO: [&str; 6] = [
    "lost",
    "unreached",
    "answered_twice",
    "offered_twice",
    "connected_to_voicemail",
    "silence_over_3s",
];

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

/// A folder of this test's own, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("cordboard-test-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
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

fn count(report: &Value, name: &str) -> u64 {
    report[name]
        .as_u64()
        .unwrap_or_else(|| panic!("no `{name}` in {report}"))
}

fn assert_nobody_was_lost(report: &Value) {
    for name in MUST_BE_ZERO {
        assert_eq!(count(report, name), 0, "{name} in {report}");
    }
}

#[test]
fn the_demo_loses_nobody_and_its_journal_replays_to_the_same_hashes() {
    let folder = Folder::new("demo");
    let (journal, hashes, ledger) = (
        folder.file("journal"),
        folder.file("hashes"),
        folder.file("ledger"),
    );
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let output = cordboard(&[
        "demo",
        "--calls",
        "200",
        "--seed",
        "7",
        "--json",
        "--journal",
        &path(&journal),
        "--hashes",
        &path(&hashes),
        "--ledger",
        &path(&ledger),
    ]);
    let report = json_of(&output);
    assert!(
        output.status.success(),
        "{report} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(count(&report, "calls"), 200);
    assert_nobody_was_lost(&report);
    // Callers who hang up are nothing to warn of.
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    for name in ["answered", "connected", "recorded", "rona", "abandoned"] {
        assert!(count(&report, name) > 0, "{name} in {report}");
    }
    for plugin in ["skill-match", "endpoint-select", "recording-policy"] {
        assert!(
            report["decisions"][plugin]["ok"].as_u64() > Some(0),
            "{plugin} in {report}"
        );
    }

    // A second process comes to the same state by the same commands, from either beginning.
    let lived: Value = serde_json::from_slice(&std::fs::read(&hashes).unwrap()).unwrap();
    for from in ["start", "snapshot"] {
        let replayed = json_of(&cordboard(&["replay", &path(&journal), "--from", from]));
        assert_eq!(replayed["state_hash"], lived["state_hash"], "from {from}");
        assert_eq!(
            replayed["commands_hash"], lived["commands_hash"],
            "from {from}"
        );
        assert_eq!(replayed["last"], lived["last"], "from {from}");
    }

    // Callers typed a card number; nobody wrote it down.
    let told = std::fs::read_to_string(&ledger).unwrap();
    assert!(
        told.contains("\"count\": 16"),
        "no caller of this seed paid by card"
    );
    for file in files_below(&journal) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(
            !holds(&bytes, TEST_CARD.as_bytes()),
            "{} holds a card number",
            file.display()
        );
    }
    for text in [&output.stdout, &output.stderr] {
        assert!(
            !holds(text, TEST_CARD.as_bytes()),
            "the output holds a card number"
        );
    }

    // Calls can be explained afterwards.
    let told = cordboard(&["explain", "1", "--journal", &path(&journal)]);
    assert!(
        told.status.success(),
        "{}",
        String::from_utf8_lossy(&told.stderr)
    );
    assert!(!told.stdout.is_empty());
}

#[test]
fn a_hostile_plugin_costs_no_call() {
    let healthy = json_of(&cordboard(&[
        "demo", "--calls", "200", "--seed", "7", "--json",
    ]));
    let hostile = plugins().join("hostile");
    for (guest, outcome) in [
        ("looping", "deadline"),
        ("trapping", "trap"),
        ("greedy", "memory"),
        ("lying", "bad-output"),
        ("huge", "bad-output"),
        ("missing", "not-loaded"),
    ] {
        let file = hostile.join(format!("{guest}.wasm"));
        let plugin = format!("skill-match={}", file.display());
        let output = cordboard(&[
            "demo", "--calls", "200", "--seed", "7", "--json", "--plugin", &plugin,
        ]);
        let report = json_of(&output);
        assert_nobody_was_lost(&report);
        let outcomes = report["decisions"]["skill-match"].as_object().unwrap();
        let asked: u64 = outcomes.values().filter_map(Value::as_u64).sum();
        let typed = outcomes.get(outcome).and_then(Value::as_u64).unwrap_or(0);
        let shed = outcomes
            .get("overload")
            .and_then(Value::as_u64)
            .unwrap_or(0);
        assert!(typed > 0, "{guest}: {report}");
        // Until the breaker opens every question has the typed outcome; open, it sheds.
        // A guest's time is real time: on a busy machine a question may run out of it.
        let late = outcomes
            .get("deadline")
            .and_then(Value::as_u64)
            .unwrap_or(0);
        let late = if outcome == "deadline" { 0 } else { late };
        assert!(late <= asked / 20, "{guest}: {report}");
        assert_eq!(typed + shed + late, asked, "{guest}: {report}");
        let least = count(&healthy, "connected") * 95 / 100;
        assert!(
            count(&report, "connected") >= least,
            "{guest}: {report} against {healthy}"
        );
        if guest == "missing" {
            // The demo changes the configuration before it reads it: lines would not be those of the file.
            let warning = "examples/contoso.json: warning: plugins.skill-match.file: ";
            let told = String::from_utf8_lossy(&output.stderr);
            let first = told.lines().next().unwrap_or_default();
            assert!(first.contains(warning), "{told}");
        }
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
