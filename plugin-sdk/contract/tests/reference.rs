//! `docs/plugins/contract.md` is made of the contract. `UPDATE=1 cargo test -p cordboard-contract --test reference` writes it anew.

use cordboard_contract::v0_1::{PACKAGE, WIT};
use std::path::Path;
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;
use wit_bindgen_markdown::Opts;

/// The world that has all that there is.
const WORLD: &str = "every-point-plugin";

const BEFORE: &str = "\
<!-- Made of plugin-sdk/contract/wit by a test of that crate: change it there. -->

What a plugin exports and imports, and the rows of numbers that cross in between. SDKs give both a typed form: you need this page to
write one, or out of curiosity. [How plugins in Rust look](rust.md).

";

#[test]
fn the_reference_is_that_of_the_contract() {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("plugin.wit", WIT).unwrap();
    let world = resolve.select_world(&[package], Some(WORLD)).unwrap();
    let mut files = Files::default();
    Opts::default()
        .build()
        .generate(&mut resolve, world, &mut files)
        .unwrap();
    let (_, interfaces) = files
        .iter()
        .find(|(name, _)| name.ends_with(".md"))
        .unwrap();
    let interfaces = str::from_utf8(interfaces).unwrap();
    let rows = include_str!("../wit/v0.1/packed-rows.md");
    let made = format!(
        "# The contract, `{PACKAGE}`\n\n{BEFORE}{}\n{}",
        deeper(interfaces),
        deeper(rows)
    );
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/plugins/contract.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &made).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == made,
        "`docs/plugins/contract.md` is not that of the contract: UPDATE=1 writes it anew"
    );
}

/// Moves every heading one level down.
fn deeper(text: &str) -> String {
    let mut deeper = String::new();
    for line in text.lines() {
        if line.starts_with('#') {
            deeper.push('#');
        }
        deeper.push_str(line.trim_end());
        deeper.push('\n');
    }
    deeper
}
