//! The commands of the quickstarts, as they stand in the documents.

use crate::javascript::has_node;
use crate::python::has_python;
use crate::workbench::{Workbench, told};
use std::path::Path;

/// Runs the `console` blocks of a document, one after the other, in an empty folder. Each line of its `text` blocks has to be
/// among what they say; `…` stands for anything.
fn play(document: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join("docs/plugins").join(document)).unwrap();
    let bench = Workbench::new(document);
    let script = format!("set -eu\n{}", blocks(&text, "console").concat());
    let said = told(&bench.run("sh", "", &["-c", &script]));
    for line in blocks(&text, "text").iter().flat_map(|block| block.lines()) {
        assert!(
            said.lines().any(|said| is_like(said, line)),
            "`{document}` promises `{line}`, and what came is\n{said}"
        );
    }
}

fn blocks<'a>(text: &'a str, kind: &str) -> Vec<&'a str> {
    let begins = format!("```{kind}\n");
    let parts = text.split(begins.as_str()).skip(1);
    parts
        .map(|part| part.split("```").next().unwrap())
        .collect()
}

/// Whether a line has the parts of a pattern in their order.
fn is_like(line: &str, pattern: &str) -> bool {
    let mut rest = line;
    pattern.split('…').all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[test]
fn the_quickstart_in_rust_runs_as_it_stands() {
    play("quickstart-rust.md");
}

#[test]
fn the_quickstart_in_javascript_runs_as_it_stands() {
    if has_node() {
        play("quickstart-javascript.md");
    }
}

#[test]
fn the_quickstart_in_python_runs_as_it_stands() {
    if has_python() {
        play("quickstart-python.md");
    }
}

#[test]
fn a_pattern_wants_its_parts_in_order() {
    assert!(is_like("decisions by a: 12 ok", "decisions by a: … ok"));
    assert!(!is_like("ok: decisions by a", "decisions by a: … ok"));
}
