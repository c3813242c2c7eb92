//! The golden vectors of the plugins of this repository, as compiled by `cargo xtask build`.

use std::env;
use std::path::{Path, PathBuf};

fn check(name: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let built =
        env::var_os("CORDBOARD_PLUGINS").map_or_else(|| root.join("target/plugins"), PathBuf::from);
    cordboard_plugin_test::check(
        &built.join(name).with_extension("wasm"),
        &root.join("plugins").join(name).join("vectors.json"),
    );
}

#[test]
fn skill_match_decides_as_its_vectors_say() {
    check("skill-match");
}

#[test]
fn endpoint_select_decides_as_its_vectors_say() {
    check("endpoint-select");
}

#[test]
fn recording_policy_decides_as_its_vectors_say() {
    check("recording-policy");
}
