//! New projects: files with gaps, and what goes into them.

use cordboard_plugin_host::Point;
use std::path::{Path, PathBuf};

/// The JSON Schema of the configuration that new projects begin with, in every language.
pub(super) const SCHEMA: &str = include_str!("../../../plugin-sdk/templates/schema.json");

/// The project that is wanted.
pub(super) struct Wanted<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Its decision points, in the order of the contract and none twice.
    pub(super) points: &'a [Point],
    /// Where the SDK comes from.
    pub(super) sdk: &'a Sdk,
}

impl Wanted<'_> {
    /// One sentence for the manifest.
    pub(super) fn description(&self) -> String {
        let points: Vec<&str> = self.points.iter().map(|point| point.name()).collect();
        format!("Decides {}.", points.join(", "))
    }
}

/// Where the SDK of a language comes from.
pub(super) enum Sdk {
    /// A folder of a checkout, absolute.
    Folder(PathBuf),
    /// The public repository.
    Repository(&'static str),
}

/// A file of a new project.
pub(super) struct File {
    /// Where, from the project's folder, with `/` between folders.
    pub(super) path: String,
    /// What.
    pub(super) text: String,
}

impl File {
    pub(super) fn new(path: &str, text: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            text: text.into(),
        }
    }
}

/// Fills the gaps of a text: `{{name}}` becomes the value of `name`.
pub(super) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = text.to_owned();
    for (name, value) in values {
        filled = filled.replace(&format!("{{{{{name}}}}}"), value);
    }
    debug_assert!(!filled.contains("{{"), "a gap of the template is left");
    filled
}

/// A path as a text in JSON and TOML alike, with its quotes.
pub(super) fn quoted(path: &Path) -> String {
    serde_json::Value::from(path.to_string_lossy()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gap_is_filled_wherever_it_stands() {
        let values = [("name", "a"), ("other", "b")];
        assert_eq!(
            fill("{{name}} {other} {{other}}{{name}}", &values),
            "a {other} ba"
        );
    }
}
