//! Configurations and what they compile to, or what is said about them. `UPDATE=1` rewrites the expectations.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use cordboard::config::{Compiled, Machine, Problem, Source, compile, schema};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Files of the test folder, and a few variables.
struct TestSource(Machine);

impl Source for TestSource {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0.read(path)
    }

    fn variable(&self, name: &str) -> Option<String> {
        match name {
            "TEST_CONNECTION_STRING" => {
                Some("endpoint=https://contoso.example/;accesskey=c2VjcmV0LWtleQ==".to_owned())
            }
            "TEST_SECRET" => Some("a-long-enough-secret".to_owned()),
            "TEST_OTHER_SECRET" => Some("another-long-secret".to_owned()),
            "TEST_SHORT_SECRET" => Some("short".to_owned()),
            _ => None,
        }
    }

    fn full_path(&self, path: &str) -> PathBuf {
        PathBuf::from(path)
    }
}

#[test]
fn good_configurations_compile_to_what_is_expected() {
    for file in json_files("ok") {
        let compiled = compile_file(&file).unwrap_or_else(|problems| {
            panic!("{} is refused:\n{}", file.display(), listed(&problems))
        });
        expect(&file.with_extension("dump"), &dump(&compiled));
    }
}

#[test]
fn bad_configurations_are_refused_with_everything_that_is_wrong() {
    for file in json_files("invalid") {
        let problems = compile_file(&file)
            .err()
            .unwrap_or_else(|| panic!("{} is accepted", file.display()));
        expect(&file.with_extension("err"), &listed(&problems));
    }
}

#[test]
fn the_example_is_good_and_gives_no_warning_but_for_plugins_that_are_not_built() {
    let compiled = compile_example(None);
    assert_eq!(compiled.config.agents.len(), 12);
    assert_eq!(compiled.config.queues.len(), 3);
    assert_eq!(compiled.config.resource_accounts.len(), 2);
    assert_eq!(compiled.plugins.len(), 3);
    for warning in &compiled.warnings {
        assert!(warning.message.contains("cannot read"), "{warning}");
    }
}

#[test]
fn numbers_of_names_stay_when_names_come_and_go() {
    let first = compile_example(None).config;
    let text = example_text().replace("\"sales\": 90", "\"wine\": 90");
    let second = compile(&text, Some(&first.symbols), &example_source())
        .expect("a skill more")
        .config;
    for (symbol, name) in first.symbols.names() {
        assert_eq!(second.symbols.name(symbol), name);
    }
    assert!(first.symbols.find("wine").is_none());
    assert!(second.symbols.find("wine").is_some());
    assert_ne!(first.digest, second.digest);
}

#[test]
fn the_schema_accepts_the_example_and_has_no_null() {
    let schema = schema();
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let example: serde_json::Value = serde_json::from_str(&example_text()).expect("JSON");
    assert!(validator.is_valid(&example));
    assert!(!schema.to_string().contains("\"null\""));
}

#[test]
fn the_published_schema_is_that_of_the_code() {
    let mut text = serde_json::to_string_pretty(&schema()).expect("JSON");
    text.push('\n');
    let published =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/config.v1.schema.json");
    expect(&published, &text);
}

#[test]
fn secrets_are_in_no_debug_output() {
    let compiled = compile_example(None);
    let shown = format!("{compiled:?}");
    for secret in ["dev-token", "accesskey", "dev-event-grid", "5550190"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

/// Whoever writes a secret where its reference belongs, or a level too high, does not find it in the log.
#[test]
fn a_misplaced_secret_is_in_no_message() {
    const SECRET: &str = "endpoint=https://contoso.example/;accesskey=U0VDUkVUU0VDUkVU";
    const NUMBER: u64 = 424_242_424_242;
    let places = [
        "/acs",
        "/acs/connection_string",
        "/acs/event_grid_secrets",
        "/acs/event_grid_secrets/0",
        "/agents",
        "/agents/anna",
        "/agents/anna/token",
        "/api",
        "/api/tokens",
        "/api/tokens/0",
        "/api/tokens/0/token",
    ];
    let shapes = [
        serde_json::json!(SECRET),
        serde_json::json!([SECRET]),
        serde_json::json!(NUMBER),
        serde_json::json!(true),
        serde_json::json!({ "env": SECRET }),
        serde_json::json!({ "file": SECRET }),
        serde_json::json!({ "value": NUMBER }),
        serde_json::json!({ "value": [SECRET] }),
        serde_json::json!({ "value": SECRET, "file": SECRET }),
        serde_json::json!({}),
    ];
    for place in places {
        // A name is told; where only a secret can stand, a key is none.
        let is_secret = place.ends_with("string") || place.ends_with("/token");
        let key = is_secret.then(|| serde_json::json!({ SECRET: true }));
        for shape in shapes.iter().chain(&key) {
            let mut text: serde_json::Value = serde_json::from_str(&example_text()).expect("JSON");
            *text.pointer_mut(place).expect("a place of the example") = shape.clone();
            let Err(problems) = compile(&text.to_string(), None, &example_source()) else {
                continue;
            };
            let said = listed(&problems);
            for secret in ["U0VDUkVU", "4242"] {
                assert!(!said.contains(secret), "{place}, {shape}: {said}");
            }
            if is_secret && !shape.is_object() {
                assert!(
                    said.contains(r#"{"env": "NAME"}"#),
                    "{place}, {shape}: {said}"
                );
            }
        }
    }
}

/// The example with one place set anew, or removed.
fn example_with(place: &str, value: Option<serde_json::Value>) -> String {
    let mut text: serde_json::Value = serde_json::from_str(&example_text()).expect("JSON");
    let (parent, key) = place.rsplit_once('/').expect("a JSON Pointer");
    let parent = text.pointer_mut(parent).expect("a place of the example");
    match value {
        Some(value) => parent[key] = value,
        None => drop(parent.as_object_mut().expect("an object").remove(key)),
    }
    text.to_string()
}

#[test]
fn one_mistake_is_told_once() {
    use serde_json::json;
    for (place, value) in [
        ("/acs/connection_string", Some(json!("endpoint=https://x/"))),
        ("/acs/event_grid_secrets", Some(json!([]))),
        ("/acs", Some(json!([]))),
        ("/teams", Some(json!("contoso"))),
        ("/queues", Some(json!([]))),
        ("/queues", None),
        ("/groups", Some(json!([]))),
        ("/groups", None),
        ("/agents", Some(json!([]))),
        ("/agents", None),
        ("/menus", Some(json!([]))),
        ("/plugins", Some(json!([]))),
        ("/prompts/files", Some(json!([]))),
        ("/prompts/directory", Some(json!(1))),
        ("/dev", Some(json!("true"))),
        ("/version", Some(json!("1"))),
    ] {
        let text = example_with(place, value);
        let problems = compile(&text, None, &example_source()).expect_err(place);
        assert_eq!(problems.len(), 1, "{place}: {}", listed(&problems));
    }
}

#[test]
fn without_a_service_endpoints_that_need_its_resource_are_left_out_with_one_warning() {
    let text = example_with("/acs", None);
    let compiled = compile(&text, None, &example_source()).expect("decisions alone");
    let told = listed(&compiled.warnings);
    assert_eq!(
        told.matches("Calling SDK endpoints are left out").count(),
        1,
        "{told}"
    );
}

#[test]
fn a_mistyped_skill_is_a_warning_with_what_was_meant() {
    for (required, consequence) in [(true, "`no_agents`"), (false, "the wish is never met")] {
        let skill = serde_json::json!({ "skill": "sails", "required": required });
        let text = example_with(
            "/queues/sales/requirements",
            Some(serde_json::json!([skill])),
        );
        let compiled = compile(&text, None, &example_source()).expect("a good configuration");
        let told = listed(&compiled.warnings);
        assert!(told.contains("no agent has skill `sails`: "), "{told}");
        assert!(told.contains("did you mean `sales`?"), "{told}");
        assert!(told.contains(consequence), "{told}");
    }
}

#[test]
fn callers_who_would_ring_in_vain_while_a_stop_takes_long_are_a_warning() {
    use serde_json::json;
    for (drain, warns) in [
        (json!({ "seconds": 300 }), true),
        (json!({ "seconds": 10, "new_calls": "leave" }), true),
        (json!({ "seconds": 9 }), false),
        (json!({ "seconds": 300, "new_calls": "reject" }), false),
    ] {
        let text = example_with("/drain", Some(drain));
        let compiled = compile(&text, None, &example_source()).expect("a good configuration");
        let told = listed(&compiled.warnings);
        assert_eq!(told.contains("drain.seconds"), warns, "{told}");
    }
}

#[test]
fn a_token_that_can_be_guessed_is_refused_on_a_developers_machine_too() {
    for token in ["", "a", "fifteen-letters"] {
        let token = serde_json::json!({ "value": token });
        let text = example_with("/agents/anna/token", Some(token));
        let problems = compile(&text, None, &example_source()).expect_err("too short");
        let told = listed(&problems);
        assert_eq!(problems.len(), 1, "{told}");
        assert!(told.contains("use at least 16 random characters"), "{told}");
    }
}

#[test]
fn a_byte_order_mark_is_no_mistake() {
    let text = format!("\u{feff}{}", example_text());
    let marked = compile(&text, None, &example_source()).expect("a good configuration");
    assert_eq!(marked.config.digest, compile_example(None).config.digest);
}

#[test]
fn a_text_cut_anywhere_is_refused_and_never_panics() {
    let text = example_text();
    let seen: BTreeSet<usize> = (0..text.len()).step_by(97).collect();
    for end in seen.into_iter().filter(|end| text.is_char_boundary(*end)) {
        assert!(
            compile(&text[..end], None, &example_source()).is_err(),
            "cut at {end}"
        );
    }
}

fn compile_file(file: &Path) -> Result<Compiled, Vec<Problem>> {
    let text = fs::read_to_string(file).expect("a readable file");
    compile(&text, None, &TestSource(Machine::new(folder(""))))
}

fn compile_example(previous: Option<&cordboard_core::config::Symbols>) -> Compiled {
    compile(&example_text(), previous, &example_source())
        .unwrap_or_else(|problems| panic!("{}", listed(&problems)))
}

fn example_text() -> String {
    fs::read_to_string(examples().join("contoso.json")).expect("the example")
}

fn example_source() -> Machine {
    Machine::new(examples())
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/config")
        .join(name)
}

fn json_files(name: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder(name))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().fold(String::new(), |mut list, problem| {
        writeln!(list, "{problem}").expect("a string");
        list
    })
}

fn dump(compiled: &Compiled) -> String {
    let mut config = serde_json::to_value(&*compiled.config).expect("JSON");
    // The digest is that of the text, so it says nothing that the text does not.
    config["digest"] = "…".into();
    let mut dump = serde_json::to_string_pretty(&config).expect("JSON");
    write!(
        dump,
        "\nacs: {:#?}\ntokens: {:#?}\nplugins: {:#?}\naudio: {:?}\njournal: {:?}\nlisten: {}\nwarnings:\n{}",
        compiled.acs,
        compiled.tokens,
        compiled.plugins,
        compiled.prompts.keys(),
        compiled.journal,
        compiled.listen,
        listed(&compiled.warnings),
    )
    .expect("a string");
    dump
}

fn expect(file: &Path, actual: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(file, actual).expect("a writable folder");
        return;
    }
    let expected = fs::read_to_string(file).unwrap_or_default();
    assert_eq!(actual, expected, "{}; UPDATE=1 rewrites it", file.display());
}
