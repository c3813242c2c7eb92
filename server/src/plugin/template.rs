//! New projects: files with gaps, and what goes into them.

use super::test::VECTORS_FILE;
use cordboard_plugin_host::Point;
use cordboard_plugin_test::Vectors;
use std::path::{Path, PathBuf};

/// The JSON Schema of the configuration that new projects begin with, in every language.
pub(super) const SCHEMA: &str = include_str!("../../../plugin-sdk/templates/schema.json");

/// A configuration to begin with.
pub(super) const CONFIG: &str = include_str!("../../../plugin-sdk/templates/config.json");

/// The golden vectors that new projects begin with, in every language: all decide alike.
fn vectors_of(point: Point) -> &'static str {
    match point {
        Point::SkillMatch => include_str!("../../../plugin-sdk/templates/vectors/skill-match.json"),
        Point::ContactSelect => {
            include_str!("../../../plugin-sdk/templates/vectors/contact-select.json")
        }
        Point::EndpointSelect => {
            include_str!("../../../plugin-sdk/templates/vectors/endpoint-select.json")
        }
        Point::RecordingPolicy => {
            include_str!("../../../plugin-sdk/templates/vectors/recording-policy.json")
        }
        Point::Classify => include_str!("../../../plugin-sdk/templates/vectors/classify.json"),
    }
}

/// The golden vectors of a new project.
///
/// # Errors
/// A template is wrong; a test sees to that.
pub(super) fn vectors(points: &[Point]) -> anyhow::Result<File> {
    let mut all: Option<Vectors> = None;
    for point in points {
        let more: Vectors = serde_json::from_str(vectors_of(*point))?;
        match &mut all {
            Some(all) => all.vectors.extend(more.vectors),
            None => all = Some(more),
        }
    }
    let text = all.map(|all| all.text()).unwrap_or_default();
    Ok(File::new(VECTORS_FILE, text))
}

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
