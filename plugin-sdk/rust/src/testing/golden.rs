//! Golden vectors: packed facts and the verdict that a plugin gives on them, in a file.
//!
//! They show every change of a plugin's behaviour in review, and they can be played to the component
//! as well, which has to answer the same.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// A decision that is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vector {
    /// What it shows.
    pub name: &'static str,
    /// The packed facts.
    pub facts: Vec<u32>,
    /// The packed verdict.
    pub verdict: Vec<u32>,
}

/// Compares decisions with those in `file`, or writes the file where the environment has `UPDATE`.
/// `config` is the configuration as the component receives it, see [`compile`](super::compile).
///
/// ```json
/// {
///   "config": {},
///   "vectors": [
///     { "name": "nobody", "facts": [1, 1], "verdict": [1, 4294967295, 0, 0] }
///   ]
/// }
/// ```
///
/// # Panics
/// When they differ, or the file cannot be read or written.
pub fn check_golden(file: &Path, config: &str, vectors: &[Vector]) {
    let mut text = format!("{{\n  \"config\": {config},\n  \"vectors\": [");
    for (number, vector) in vectors.iter().enumerate() {
        let Vector {
            name,
            facts,
            verdict,
        } = vector;
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(
            text,
            "{comma}\n    {{ \"name\": {name:?}, \"facts\": {facts:?}, \"verdict\": {verdict:?} }}"
        );
    }
    text.push_str("\n  ]\n}\n");
    let shown = file.display();
    if env::var_os("UPDATE").is_some() {
        fs::write(file, text).unwrap_or_else(|error| panic!("cannot write `{shown}`: {error}"));
        return;
    }
    let current =
        fs::read_to_string(file).unwrap_or_else(|error| panic!("cannot read `{shown}`: {error}"));
    for (number, (current, new)) in current.lines().zip(text.lines()).enumerate() {
        assert!(
            current == new,
            "`{shown}` line {}: run the test with UPDATE=1 if this is meant\n  kept {current}\n  now  {new}",
            number + 1
        );
    }
    assert_eq!(
        current.lines().count(),
        text.lines().count(),
        "`{shown}`: run the test with UPDATE=1 if this is meant"
    );
}
