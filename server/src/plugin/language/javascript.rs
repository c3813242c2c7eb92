//! Plugins in JavaScript.

mod compiler;

use super::described::Described;
use super::{Built, Language};
use crate::plugin::template::{self, File, Wanted, fill};
use cordboard_plugin_host::Point;
use std::path::Path;

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!(
            "../../../../plugin-sdk/templates/javascript/",
            $path
        ))
    };
}

/// Files of the SDK, which is in no registry: each project has its own.
macro_rules! sdk {
    ($($name:literal),* $(,)?) => {
        [$((
            concat!("vendor/cordboard-plugin/", $name),
            include_str!(concat!("../../../../plugin-sdk/javascript/", $name)),
        )),*]
    };
}

const SDK: [(&str, &str); 12] = sdk![
    "README.md",
    "component.d.ts",
    "component.js",
    "contract.js",
    "facts.js",
    "index.d.ts",
    "index.js",
    "log.js",
    "package.json",
    "testing.d.ts",
    "testing.js",
    "verdicts.js",
];

pub(super) const LANGUAGE: Language = Language {
    name: "javascript",
    marker: "package.json",
    points: &POINTS,
    sdk: "plugin-sdk/javascript",
    files,
    build,
    test: "npm test",
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
    /// The function of `plugin.js`.
    function: &'static str,
    module: (&'static str, &'static str),
    test: (&'static str, &'static str),
    /// The columns that the rule reads.
    reads: &'static str,
    /// Lines of the manifest.
    reasons: &'static [&'static str],
}

const PARTS: [Part; 5] = [
    Part {
        point: Point::SkillMatch,
        function: "skillMatch",
        module: ("src/skill-match.js", template!("src/skill-match.js")),
        test: (
            "test/skill-match.test.js",
            template!("test/skill-match.test.js"),
        ),
        reads: r#"["levels"]"#,
        reasons: &[r#"    "1": "has these levels of what is asked for""#],
    },
    Part {
        point: Point::ContactSelect,
        function: "contactSelect",
        module: ("src/contact-select.js", template!("src/contact-select.js")),
        test: (
            "test/contact-select.test.js",
            template!("test/contact-select.test.js"),
        ),
        reads: r#"["queue", "waited-ms", "priority"]"#,
        reasons: &[r#"    "2": "is this urgent and has waited this long""#],
    },
    Part {
        point: Point::EndpointSelect,
        function: "endpointSelect",
        module: (
            "src/endpoint-select.js",
            template!("src/endpoint-select.js"),
        ),
        test: (
            "test/endpoint-select.test.js",
            template!("test/endpoint-select.test.js"),
        ),
        reads: r#"["reach"]"#,
        // Rings have no reasons.
        reasons: &[],
    },
    Part {
        point: Point::RecordingPolicy,
        function: "recordingPolicy",
        module: (
            "src/recording-policy.js",
            template!("src/recording-policy.js"),
        ),
        test: (
            "test/recording-policy.test.js",
            template!("test/recording-policy.test.js"),
        ),
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
        module: ("src/classify.js", template!("src/classify.js")),
        test: ("test/classify.test.js", template!("test/classify.test.js")),
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
    let exports = lines("\n", |part| {
        format!(
            "export {{ {} }} from \"./{}\";",
            part.function, part.module.0
        )
    });
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
        ("exports", &exports),
        ("reads", &reads),
        ("reasons", &reasons),
    ];
    let mut files = vec![
        File::new(
            "package.json",
            fill(template!("package.json.template"), &values),
        ),
        File::new(
            "manifest.json",
            fill(template!("manifest.json.template"), &values),
        ),
        File::new("README.md", fill(template!("README.md.template"), &values)),
        File::new(".gitignore", template!("gitignore")),
        File::new("schema.json", template::SCHEMA),
        File::new("config.json", template::CONFIG),
        File::new("plugin.js", fill(template!("plugin.js"), &values)),
        File::new("test/vectors.test.js", template!("test/vectors.test.js")),
    ];
    for part in parts {
        let (module, text) = part.module;
        files.push(File::new(module, text));
        let (test, text) = part.test;
        files.push(File::new(test, text));
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

/// The function of a decision point; there is none for points that are not in [`POINTS`].
fn function(point: Point) -> &'static str {
    let part = PARTS.iter().find(|part| part.point == point);
    part.map_or("", |part| part.function)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::template::Sdk;

    #[test]
    fn a_project_has_what_its_decision_points_need_and_nothing_of_others() {
        let sdk = Sdk::Repository("");
        let files = files(&Wanted {
            name: "my-router",
            points: &[Point::EndpointSelect],
            sdk: &sdk,
        });
        let text = |path: &str| {
            let file = files.iter().find(|file| file.path == path);
            file.map(|file| file.text.clone()).unwrap()
        };
        let manifest: serde_json::Value = serde_json::from_str(&text("manifest.json")).unwrap();
        assert_eq!(
            manifest["reads"],
            serde_json::json!({ "endpoint-select": ["reach"] })
        );
        assert_eq!(manifest["reasons"], serde_json::json!({}));
        assert!(
            text("plugin.js")
                .contains("export { endpointSelect } from \"./src/endpoint-select.js\";")
        );
        assert!(!files.iter().any(|file| file.path.contains("skill-match")));
    }

    #[test]
    fn every_file_of_the_sdk_comes_along() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugin-sdk/javascript");
        let files = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap());
        let files = files.filter(|entry| entry.file_type().unwrap().is_file());
        for file in files {
            let path = format!("vendor/cordboard-plugin/{}", file.file_name().display());
            assert!(SDK.iter().any(|(has, _)| *has == path), "{path} is missing");
        }
    }
}
