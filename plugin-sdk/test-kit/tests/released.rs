//! Plugins as they were compiled when a version of the contract came out. They load, and decide as they did, for ever: what is in
//! `released` is added to and never changed.

#![expect(
    clippy::unwrap_used,
    reason = "a test: whatever is not as expected fails it"
)]

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use cordboard_plugin_test::{Kit, Vectors};
use flate2::read::GzDecoder;

/// Plays the vectors of a version to a plugin. They were written for the rule in Rust, and all
/// languages decide alike.
fn plays(version: &str, language: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/released")
        .join(version);
    let packed = File::open(folder.join(language).with_extension("wasm.gz")).unwrap();
    let mut component = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut component).unwrap();
    let vectors = Vectors::read(&folder.join("vectors.json")).unwrap();
    let played = Kit::new().unwrap().play(&component, &vectors).unwrap();
    for outcome in &played.outcomes {
        assert!(outcome.passed(), "{outcome:?}");
    }
    assert_eq!(played.outcomes.len(), 10);
}

#[test]
fn a_javascript_plugin_of_contract_0_1_decides_as_it_did() {
    plays("v0.1", "javascript");
}

#[test]
fn a_python_plugin_of_contract_0_1_decides_as_it_did() {
    plays("v0.1", "python");
}

#[test]
fn a_rust_plugin_of_contract_0_1_decides_as_it_did() {
    plays("v0.1", "rust");
}
