//! New projects, and their components.

use crate::workbench::{Workbench, complaint, told};

#[test]
fn a_new_rust_project_with_every_decision_point_is_formatted_passes_its_tests_and_builds() {
    let bench = Workbench::new("rust-every-point");
    let points = "recording-policy,skill-match,contact-select,endpoint-select,classify";
    let made = bench.cordboard("", &["plugin", "new", "every-point", "--decision", points]);
    assert_eq!(
        told(&made),
        "made `every-point`, a plugin in rust. Next:\n  cd every-point\n  cargo test\n  cordboard plugin test\n"
    );
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    told(&bench.run(&cargo, "every-point", &["fmt", "--check"]));
    told(&bench.run(
        &cargo,
        "every-point",
        &["clippy", "--all-targets", "--", "-D", "warnings"],
    ));
    let tests = told(&bench.run(&cargo, "every-point", &["test", "--lib"]));
    assert!(tests.contains("10 passed; 0 failed"), "{tests}");

    let built = told(&bench.cordboard("every-point", &["plugin", "build"]));
    let bytes = std::fs::read(bench.path("every-point/every-point.wasm")).unwrap();
    let digest = cordboard_plugin_host::Digest::of(&bytes);
    assert_eq!(
        built,
        format!("every-point.wasm: {} bytes, sha256 {digest}\n", bytes.len())
    );
    let tested = told(&bench.cordboard("every-point", &["plugin", "test"]));
    assert!(tested.ends_with("13 of 13 vectors pass\n"), "{tested}");
    let vectors = bench.path("every-point/vectors.json");
    let before = std::fs::read_to_string(&vectors).unwrap();
    told(&bench.cordboard("every-point", &["plugin", "test", "--update"]));
    let after = std::fs::read_to_string(&vectors).unwrap();
    assert_eq!(before, after, "the template is laid out otherwise");
}

#[test]
fn the_same_sources_make_the_same_component_wherever_they_lie() {
    let bench = Workbench::new("rust-same");
    let mut components = Vec::new();
    for folder in ["one", "two"] {
        std::fs::create_dir(bench.path(folder)).unwrap();
        told(&bench.cordboard(
            folder,
            &["plugin", "new", "ringing", "--decision", "endpoint-select"],
        ));
        told(&bench.cordboard("", &["plugin", "build", &format!("{folder}/ringing")]));
        components.push(std::fs::read(bench.path(folder).join("ringing/ringing.wasm")).unwrap());
    }
    assert!(
        components[0] == components[1],
        "the paths of the sources are part of it"
    );
}

#[test]
fn what_cannot_be_made_is_told_with_what_to_say_instead() {
    let bench = Workbench::new("mistakes");
    std::fs::create_dir(bench.path("taken")).unwrap();
    let cases: [(&[&str], &str); 7] = [
        (&["new", "My_Router"], "`My_Router` is no name for a plugin"),
        (&["new", "taken"], "`taken` exists already"),
        (
            &["new", "a", "--lang", "cobol"],
            "no language `cobol`: say one of `rust`",
        ),
        (
            &["new", "a", "--decision", "routing"],
            "no decision point `routing` in rust: there are skill-match, ",
        ),
        (
            &["new", "a", "--checkout", "taken"],
            "`taken` is no checkout of Cordboard: it has no folder `plugin-sdk/rust`",
        ),
        (
            &["build", "taken"],
            "`taken` is no plugin project: it has none of `Cargo.toml`",
        ),
        (&["build", "missing"], "`missing` is no plugin project"),
    ];
    for (arguments, expected) in cases {
        let arguments = [&["plugin"], arguments].concat();
        let error = complaint(&bench.cordboard("", &arguments));
        assert!(error.starts_with(&format!("error: {expected}")), "{error}");
    }
    assert!(
        !bench.path("a").exists(),
        "a refused project leaves nothing"
    );
}
