//! Projects in Python. They need Python with its module venv: without it these tests are skipped, and fail in CI.

use crate::workbench::{Workbench, complaint, texts, told};
use std::process::Command;

/// Whether there is a Python that will do. In CI there has to be one.
pub(crate) fn has_python() -> bool {
    let check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
    let checked = Command::new("python3").args(["-c", check]).output();
    let found = checked.is_ok_and(|output| output.status.success());
    assert!(
        found || std::env::var_os("CI").is_none(),
        "no Python 3.10 or later with its module venv on the PATH"
    );
    found
}

// One test, because each load of a component with CPython in it is twenty seconds of processor time.
#[test]
fn a_new_python_project_with_every_decision_point_passes_its_tests_and_tells_its_mistakes() {
    if !has_python() {
        return;
    }
    let bench = Workbench::new("python-every-point");
    let points = "recording-policy,skill-match,contact-select,endpoint-select,classify";
    let new = ["plugin", "new", "every-point", "--lang", "python"];
    let made = bench.cordboard("", &[&new[..], &["--decision", points]].concat());
    assert_eq!(
        told(&made),
        "made `every-point`, a plugin in python. Next:\n  cd every-point\n  python3 -m unittest\n  cordboard plugin test\n"
    );
    // The rules by themselves, and all golden vectors in the plugin host.
    let tests = bench.run("python3", "every-point", &["-m", "unittest", "-v"]);
    let said = texts(&tests).1;
    assert!(tests.status.success(), "{said}");
    for expected in [
        "test_the_highest_level_comes_first",
        "test_golden_vectors_in_the_plugin_host_of_the_engine",
        "Ran 12 tests",
    ] {
        assert!(said.contains(expected), "{said}");
    }

    let plugin = bench.path("every-point/plugin.py");
    let good = std::fs::read_to_string(&plugin).unwrap();
    let build = |text: &str| {
        std::fs::write(&plugin, text).unwrap();
        bench.cordboard("every-point", &["plugin", "build"])
    };
    let error = complaint(&build("def configure(:\n"));
    assert!(error.contains("`plugin.py` does not compile"), "{error}");
    let without = good.replace("from rules.skill_match import skill_match\n", "");
    let error = complaint(&build(&without));
    assert!(
        error.contains("define `skill_match` in plugin.py"),
        "{error}"
    );
    let picky = good.replace(
        "    return Policy(config)",
        "    problems.add(\"/not_for\", \"no queue is wanted here\")\n    return Policy(config)",
    );
    told(&build(&picky));
    let check = [
        "plugin",
        "check",
        "every-point.wasm",
        "--config",
        "config.json",
    ];
    let output = bench.cordboard("every-point", &check);
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &complaint(&output);
    assert!(
        said.contains("`/not_for`: no queue is wanted here"),
        "{said}"
    );
}

#[test]
fn without_python_the_build_says_what_to_install() {
    let bench = Workbench::new("python-without-python");
    told(&bench.cordboard("", &["plugin", "new", "router", "--lang", "python"]));
    let output = Command::new(env!("CARGO_BIN_EXE_cordboard"))
        .args(["plugin", "build"])
        .current_dir(bench.path("router"))
        .env("PATH", bench.path(""))
        .output()
        .unwrap();
    let error = complaint(&output);
    assert!(
        error.contains(
            "a plugin in Python needs Python 3.10 or later, with its module venv, on the PATH"
        ),
        "{error}"
    );
}
