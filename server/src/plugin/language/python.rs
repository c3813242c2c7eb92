//! Plugins in Python.

mod compiler;

use super::described::Described;
use super::{Built, Language};
use crate::plugin::template::{self, File, Wanted, fill};
use cordboard_plugin_host::Point;
use std::path::Path;

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../../../../plugin-sdk/templates/python/", $path))
    };
}

/// Files of the SDK, which is in no registry: each project has its own.
macro_rules! sdk {
    ($($name:literal),* $(,)?) => {
        [$((
            concat!("cordboard_plugin/", $name),
            include_str!(concat!("../../../../plugin-sdk/python/cordboard_plugin/", $name)),
        )),*]
    };
}

const SDK: [(&str, &str); 7] = sdk![
    "__init__.py",
    "component.py",
    "contract.py",
    "facts.py",
    "log.py",
    "testing.py",
    "verdicts.py",
];

pub(super) const LANGUAGE: Language = Language {
    name: "python",
    marker: "plugin.py",
    points: &POINTS,
    sdk: "plugin-sdk/python",
    files,
    build,
    test: "python3 -m unittest",
};

/// The decision points that the SDK has.
const POINTS: [Point; 5] = [
    Point::SkillMatch,
    Point::ContactSelect,
    Point::EndpointSelect,
    Point::RecordingPolicy,
    Point::Classify,
];

/// What a decision point adds to a project.
struct Part {
    point: Point,
    /// The function of `plugin.py`, and its module in `rules`.
    function: &'static str,
    /// The class of the contract's exports, and its method.
    contract: (&'static str, &'static str),
    rule: &'static str,
    test: &'static str,
    /// The columns that the rule reads.
    reads: &'static str,
    /// Lines of the manifest.
    reasons: &'static [&'static str],
}

const PARTS: [Part; 5] = [
    Part {
        point: Point::SkillMatch,
        function: "skill_match",
        contract: ("SkillMatch", "rank"),
        rule: template!("rules/skill_match.py"),
        test: template!("tests/test_skill_match.py"),
        reads: r#"["levels"]"#,
        reasons: &[r#"    "1": "has these levels of what is asked for""#],
    },
    Part {
        point: Point::ContactSelect,
        function: "contact_select",
        contract: ("ContactSelect", "rank"),
        rule: template!("rules/contact_select.py"),
        test: template!("tests/test_contact_select.py"),
        reads: r#"["queue", "waited-ms", "priority"]"#,
        reasons: &[r#"    "2": "is this urgent and has waited this long""#],
    },
    Part {
        point: Point::EndpointSelect,
        function: "endpoint_select",
        contract: ("EndpointSelect", "select"),
        rule: template!("rules/endpoint_select.py"),
        test: template!("tests/test_endpoint_select.py"),
        reads: r#"["reach"]"#,
        // Rings have no reasons.
        reasons: &[],
    },
    Part {
        point: Point::RecordingPolicy,
        function: "recording_policy",
        contract: ("RecordingPolicy", "decide"),
        rule: template!("rules/recording_policy.py"),
        test: template!("tests/test_recording_policy.py"),
        reads: "[]",
        reasons: &[
            r#"    "3": "conversations are recorded""#,
            r#"    "4": "a payment is never recorded""#,
            r#"    "5": "the caller refused to be recorded""#,
        ],
    },
    Part {
        point: Point::Classify,
        function: "classify",
        contract: ("Classify", "classify"),
        rule: template!("rules/classify.py"),
        test: template!("tests/test_classify.py"),
        reads: r#"["open", "staffed"]"#,
        reasons: &[r#"    "6": "the chosen queue is closed or has nobody""#],
    },
];

fn files(wanted: &Wanted<'_>) -> Vec<File> {
    let parts: Vec<&Part> = PARTS
        .iter()
        .filter(|part| wanted.points.contains(&part.point))
        .collect();
    let lines = |between: &str, of: fn(&Part) -> String| {
        let lines: Vec<String> = parts.iter().map(|part| of(part)).collect();
        lines.join(between)
    };
    let imports = lines("\n", |part| {
        format!("from rules.{0} import {0}", part.function)
    });
    let functions = lines(", ", |part| format!("\"{}\"", part.function));
    let reads = lines(",\n", |part| {
        format!("    \"{}\": {}", part.point.name(), part.reads)
    });
    let reasons: Vec<&str> = parts
        .iter()
        .flat_map(|part| part.reasons.iter().copied())
        .collect();
    let reasons = if reasons.is_empty() {
        "{}".to_owned()
    } else {
        format!("{{\n{}\n  }}", reasons.join(",\n"))
    };
    let description = wanted.description();
    let values = [
        ("name", wanted.name),
        ("description", description.as_str()),
        ("compiler", compiler::VERSION),
        ("imports", &imports),
        ("functions", &functions),
        ("reads", &reads),
        ("reasons", &reasons),
    ];
    let mut files = vec![
        File::new(
            "requirements.txt",
            fill(template!("requirements.txt.template"), &values),
        ),
        File::new(
            "manifest.json",
            fill(template!("manifest.json.template"), &values),
        ),
        File::new("README.md", fill(template!("README.md.template"), &values)),
        File::new(".gitignore", template!("gitignore")),
        File::new("schema.json", template::SCHEMA),
        File::new("config.json", template::CONFIG),
        File::new("plugin.py", fill(template!("plugin.py"), &values)),
        File::new("rules/__init__.py", ""),
        File::new("tests/__init__.py", ""),
        File::new("tests/test_vectors.py", template!("tests/test_vectors.py")),
    ];
    for part in parts {
        let name = part.function;
        files.push(File::new(&format!("rules/{name}.py"), part.rule));
        files.push(File::new(&format!("tests/test_{name}.py"), part.test));
    }
    files.extend(SDK.iter().map(|(path, text)| File::new(path, *text)));
    files
}

fn build(folder: &Path) -> anyhow::Result<Built> {
    let project = Described::read(folder, &POINTS)?;
    Ok(Built {
        component: compiler::compile(&project)?,
        name: project.name,
    })
}

/// What a project exports, by decision point.
fn exports(points: &[Point]) -> impl Iterator<Item = &'static Part> {
    PARTS
        .iter()
        .filter(move |part| points.contains(&part.point))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_sdk_comes_along() {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugin-sdk/python/cordboard_plugin");
        let files = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap());
        let files = files.filter(|entry| entry.file_type().unwrap().is_file());
        for file in files {
            let path = format!("cordboard_plugin/{}", file.file_name().display());
            assert!(SDK.iter().any(|(has, _)| *has == path), "{path} is missing");
        }
    }
}
