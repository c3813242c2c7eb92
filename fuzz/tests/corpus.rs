//! Every target passes every file of its corpus, what the fuzzer has found included.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a target that has found a mistake panics"
)]

#[expect(
    dead_code,
    unused_imports,
    reason = "what the tests of the core share has parts that no target needs"
)]
#[path = "../../engine/core/tests/harness/mod.rs"]
mod harness;
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use targets::TARGETS;

/// The most bytes of all corpora together: they are read by everybody who clones the repository.
const CORPORA_BYTES_MAX: u64 = 600 * 1_024;

fn corpus_of(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn passes(target: &str) {
    let run = TARGETS
        .iter()
        .find(|known| known.name == target)
        .unwrap()
        .run;
    let files = corpus_of(target);
    assert!(!files.is_empty());
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let passed = catch_unwind(AssertUnwindSafe(|| run(&bytes)));
        assert!(passed.is_ok(), "{}", file.display());
    }
}

/// A test for each target, so that they run side by side.
macro_rules! corpora {
    ($($test:ident: $target:literal),* $(,)?) => {
        $(#[test]
        fn $test() {
            passes($target);
        })*

        #[test]
        fn every_target_has_its_test_and_the_corpora_are_small() {
            let tested = [$($target),*];
            assert_eq!(TARGETS.map(|target| target.name), tested);
            let files = tested.into_iter().flat_map(corpus_of);
            let bytes: u64 = files.map(|file| file.metadata().unwrap().len()).sum();
            assert!(bytes <= CORPORA_BYTES_MAX, "{bytes}");
        }
    };
}

corpora! {
    webhooks: "webhooks",
    service: "service",
    journal: "journal",
    journal_files: "journal-files",
    config: "config",
    plugin: "plugin",
    core: "core",
    inputs: "inputs",
    simulator: "simulator",
    http: "http",
}
