//! Holds who may import whom among the crates of this workspace.
//!
//! The table is the architecture: the core imports nothing of ours, the engine does not know the simulator, plugins see the SDK
//! alone. A crate that is not in it fails the test until somebody has decided where it belongs.

#![expect(
    clippy::expect_used,
    reason = "a test: whatever is not as expected fails it"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::Path,
    process::Command,
};

use serde_json::Value;

/// Each crate and what it may import of ours.
const TABLE: [(&str, &[&str]); 21] = [
    ("cordboard-core", &[]),
    ("cordboard-clock", &[]),
    // Behind a feature that only a test asks for.
    ("cordboard-crash-points", &[]),
    ("cordboard-contract", &[]),
    (
        "cordboard-journal",
        &["cordboard-core", "cordboard-crash-points"],
    ),
    (
        "cordboard-plugin-host",
        &["cordboard-core", "cordboard-contract"],
    ),
    (
        "cordboard-acs",
        &[
            "cordboard-core",
            "cordboard-clock",
            "cordboard-crash-points",
        ],
    ),
    (
        "cordboard",
        &[
            "cordboard-core",
            "cordboard-clock",
            "cordboard-crash-points",
            "cordboard-plugin-host",
            "cordboard-journal",
            "cordboard-acs",
        ],
    ),
    ("cordboard-simulator", &["cordboard-clock", "cordboard-acs"]),
    (
        "cordboard-server",
        &[
            "cordboard",
            "cordboard-clock",
            "cordboard-crash-points",
            "cordboard-plugin-build",
            "cordboard-plugin-host",
            "cordboard-plugin-test",
            "cordboard-simulator",
        ],
    ),
    (
        "cordboard-trials",
        &[
            "cordboard",
            "cordboard-acs",
            "cordboard-clock",
            "cordboard-journal",
            "cordboard-simulator",
        ],
    ),
    (
        "cordboard-simulation",
        &[
            "cordboard",
            "cordboard-acs",
            "cordboard-clock",
            "cordboard-core",
            "cordboard-journal",
            "cordboard-simulator",
        ],
    ),
    ("cordboard-plugin", &["cordboard-contract"]),
    ("cordboard-plugin-build", &[]),
    (
        "cordboard-plugin-test",
        &[
            "cordboard-contract",
            "cordboard-core",
            "cordboard-plugin-host",
        ],
    ),
    (
        "cordboard-benches",
        &[
            "cordboard-contract",
            "cordboard-core",
            "cordboard-journal",
            "cordboard-plugin",
            "cordboard-plugin-build",
            "cordboard-plugin-host",
            "skill-match",
        ],
    ),
    (
        "json-rule",
        &["cordboard-contract", "cordboard-plugin", "skill-match"],
    ),
    (
        "json-guest",
        &["cordboard-plugin", "json-rule", "skill-match"],
    ),
    // The readers of outside bytes with their feature `fuzzing`, and what stands behind them.
    (
        "cordboard-fuzz",
        &[
            "cordboard-acs",
            "cordboard-journal",
            "cordboard-plugin-host",
            "cordboard-plugin-test",
            "cordboard-simulator",
        ],
    ),
    ("xtask", &[]),
    ("xtask-componentise", &["cordboard-plugin-build"]),
];

/// Where plugins are: real ones, and those that misbehave in tests.
const PLUGIN_FOLDERS: [&str; 2] = ["plugins", "engine/plugin-host/tests/guests"];

/// What every plugin may import of ours.
const PLUGIN_IMPORTS: &[&str] = &["cordboard-plugin"];

/// What tests, examples and benches of a crate may import on top.
const TEST_IMPORTS: [(&str, &[&str]); 1] = [(
    "cordboard-fuzz",
    &["cordboard", "cordboard-clock", "cordboard-core"],
)];

#[test]
fn every_crate_imports_only_what_the_table_allows() {
    let metadata = read_metadata();
    let packages = packages(&metadata);
    assert!(
        packages.contains_key("cordboard-core"),
        "`cargo metadata` lists no crate of this workspace"
    );

    let violations = violations(&packages);
    assert!(violations.is_empty(), "{}", violations.join("\n"));

    for (name, _) in TABLE {
        assert!(
            packages.contains_key(name),
            "`{name}` is in the table but not in the workspace"
        );
    }
}

#[test]
fn a_forbidden_import_is_found() {
    let package = |folder: &str, imports: &[(&str, bool)]| Package {
        is_plugin: folder == "plugins",
        imports: imports
            .iter()
            .map(|&(name, in_tests_only)| Import {
                name: name.into(),
                in_tests_only,
            })
            .collect(),
    };
    let packages = BTreeMap::from([
        (
            "cordboard-core".into(),
            package("engine", &[("cordboard-clock", false)]),
        ),
        (
            "cordboard-journal".into(),
            package(
                "engine",
                &[("cordboard-core", false), ("cordboard-acs", true)],
            ),
        ),
        (
            "cordboard-acs".into(),
            package("engine", &[("cordboard-core", false)]),
        ),
        ("cordboard-clock".into(), package("engine", &[])),
        (
            "a-plugin".into(),
            package(
                "plugins",
                &[("cordboard-plugin", false), ("cordboard-core", false)],
            ),
        ),
        ("cordboard-plugin".into(), package("plugin-sdk", &[])),
        ("a-stranger".into(), package("engine", &[])),
    ]);

    assert_eq!(
        violations(&packages),
        [
            "`a-plugin` must not import `cordboard-core`",
            "`a-stranger` is not in the table: decide what it may import",
            "`cordboard-core` must not import `cordboard-clock`",
            "`cordboard-journal` must not import `cordboard-acs` in its tests",
        ]
    );
}

struct Package {
    is_plugin: bool,
    imports: Vec<Import>,
}

struct Import {
    name: String,
    in_tests_only: bool,
}

fn violations(packages: &BTreeMap<String, Package>) -> Vec<String> {
    let table = BTreeMap::from(TABLE);
    let in_tests = BTreeMap::from(TEST_IMPORTS);
    let mut found = Vec::new();
    for (name, package) in packages {
        let allowed = match table.get(name.as_str()) {
            Some(imports) => *imports,
            None if package.is_plugin => PLUGIN_IMPORTS,
            None => {
                found.push(format!(
                    "`{name}` is not in the table: decide what it may import"
                ));
                continue;
            }
        };
        let also_in_tests = in_tests.get(name.as_str()).copied().unwrap_or_default();
        for import in package
            .imports
            .iter()
            .filter(|import| packages.contains_key(&import.name))
        {
            let imported = import.name.as_str();
            // A crate that names itself asks for its own features in its tests.
            if imported == name
                || allowed.contains(&imported)
                || (import.in_tests_only && also_in_tests.contains(&imported))
            {
                continue;
            }
            let place = if import.in_tests_only {
                " in its tests"
            } else {
                ""
            };
            found.push(format!("`{name}` must not import `{imported}`{place}"));
        }
    }
    found
}

fn read_metadata() -> Value {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .expect("cannot run cargo");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("cargo writes JSON")
}

fn packages(metadata: &Value) -> BTreeMap<String, Package> {
    let members: BTreeSet<&str> = list(&metadata["workspace_members"])
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let root = Path::new(text(&metadata["workspace_root"]));
    list(&metadata["packages"])
        .iter()
        .filter(|package| members.contains(text(&package["id"])))
        .map(|package| {
            let imports = list(&package["dependencies"])
                .iter()
                .map(|dependency| Import {
                    name: text(&dependency["name"]).into(),
                    in_tests_only: dependency["kind"].as_str() == Some("dev"),
                });
            let manifest = Path::new(text(&package["manifest_path"]));
            let is_plugin = PLUGIN_FOLDERS
                .iter()
                .any(|folder| manifest.starts_with(root.join(folder)));
            (
                text(&package["name"]).into(),
                Package {
                    is_plugin,
                    imports: imports.collect(),
                },
            )
        })
        .collect()
}

fn list(value: &Value) -> &[Value] {
    value
        .as_array()
        .expect("cargo's metadata has another form than expected")
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .expect("cargo's metadata has another form than expected")
}
