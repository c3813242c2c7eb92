//! For tests of one's own.

#![expect(clippy::panic, reason = "a failed expectation of a test is a panic")]

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use crate::kit::Kit;
use crate::vectors::Vectors;

/// Plays the vectors of a file to a component. Where the environment has `UPDATE`, what the plugin
/// says becomes what is expected.
///
/// # Panics
/// When the plugin says something else, or something else when it is asked again; when a file cannot
/// be read, or the plugin not be loaded.
pub fn check(component: &Path, vectors: &Path) {
    let bytes = fs::read(component)
        .unwrap_or_else(|error| panic!("cannot read `{}`: {error}", component.display()));
    let mut golden = Vectors::read(vectors).unwrap_or_else(|error| panic!("{error}"));
    let kit = Kit::new().unwrap_or_else(|error| panic!("{error}"));
    let played = kit
        .play(&bytes, &golden)
        .unwrap_or_else(|error| panic!("{error}"));
    let updates = env::var_os("UPDATE").is_some();
    if updates {
        for (vector, outcome) in golden.vectors.iter_mut().zip(&played.outcomes) {
            vector.verdict = Some(outcome.found.clone());
        }
        golden
            .write(vectors)
            .unwrap_or_else(|error| panic!("{error}"));
    }
    let mut told = String::new();
    for outcome in &played.outcomes {
        for difference in outcome.differences.iter().filter(|_| !updates) {
            let _ = write!(told, "\n{}: {difference}", outcome.vector);
        }
        for difference in &outcome.impure {
            let _ = write!(told, "\n{}, asked again: {difference}", outcome.vector);
        }
    }
    assert!(
        told.is_empty(),
        "`{}`: run the test with UPDATE=1 if this is meant{told}",
        vectors.display()
    );
}
