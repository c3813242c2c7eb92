//! Plugins in Rust.

use super::{Built, Language};
use crate::plugin::template::{self, File, Sdk, Wanted, fill, quoted};
use anyhow::Context as _;
use cordboard_plugin_build::component;
use cordboard_plugin_build::rust::{self, Sources};
use cordboard_plugin_host::Point;
use std::path::Path;

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../../../../plugin-sdk/templates/rust/", $path))
    };
}

pub(super) const LANGUAGE: Language = Language {
    name: "rust",
    marker: "Cargo.toml",
    points: &Point::ALL,
    sdk: "plugin-sdk/rust",
    files,
    build,
    test: "cargo test",
};

/// What a decision point adds to a project.
struct Part {
    /// The module.
    module: &'static str,
    text: &'static str,
    /// The trait.
    name: &'static str,
    reasons: &'static str,
}

fn part(point: Point) -> Part {
    match point {
        Point::SkillMatch => Part {
            module: "skill_match",
            text: template!("src/skill_match.rs"),
            name: "SkillMatch",
            reasons: r#"        /// Ranked by levels.
        Skilled = 1 => "has these levels of what is asked for","#,
        },
        Point::ContactSelect => Part {
            module: "contact_select",
            text: template!("src/contact_select.rs"),
            name: "ContactSelect",
            reasons: r#"        /// Ranked by priority and wait.
        Urgent = 2 => "is this urgent and has waited this long","#,
        },
        Point::EndpointSelect => Part {
            module: "endpoint_select",
            text: template!("src/endpoint_select.rs"),
            name: "EndpointSelect",
            // Rings have no reasons.
            reasons: "",
        },
        Point::RecordingPolicy => Part {
            module: "recording_policy",
            text: template!("src/recording_policy.rs"),
            name: "RecordingPolicy",
            reasons: r#"        /// Conversations are.
        Recorded = 3 => "conversations are recorded",
        /// Payments are not.
        Payment = 4 => "a payment is never recorded",
        /// By the caller.
        Refused = 5 => "the caller refused to be recorded","#,
        },
        Point::Classify => Part {
            module: "classify",
            text: template!("src/classify.rs"),
            name: "Classify",
            reasons: r#"        /// Sent elsewhere.
        Unattended = 6 => "the chosen queue is closed or has nobody","#,
        },
    }
}

fn files(wanted: &Wanted<'_>) -> Vec<File> {
    let parts: Vec<Part> = wanted.points.iter().map(|point| part(*point)).collect();
    let joined = |between: &str, of: fn(&Part) -> String| {
        let texts: Vec<String> = parts
            .iter()
            .map(of)
            .filter(|text| !text.is_empty())
            .collect();
        texts.join(between)
    };
    let points = joined(", ", |part| part.name.to_owned());
    let reasons = joined("\n", |part| part.reasons.to_owned());
    // A plugin whose decisions have no reasons has no catalogue.
    let catalogue = if reasons.is_empty() {
        String::new()
    } else {
        fill(template!("reasons.rs"), &[("reasons", &reasons)])
    };
    let catalogue_line = if reasons.is_empty() {
        ""
    } else {
        "    reasons: Reason,\n"
    };
    let mut modules: Vec<String> = parts
        .iter()
        .map(|part| format!("mod {};", part.module))
        .collect();
    modules.sort();
    let sdk = match wanted.sdk {
        Sdk::Folder(folder) => format!("path = {}", quoted(folder)),
        Sdk::Repository(address) => format!("git = \"{address}\""),
    };
    let description = wanted.description();
    let manifest = [
        ("name", wanted.name),
        ("description", &description),
        ("sdk", &sdk),
    ];
    let library = [
        ("description", description.as_str()),
        ("modules", &modules.join("\n")),
        ("catalogue", &catalogue),
        ("catalogue_line", catalogue_line),
        ("points", &points),
    ];
    let mut files = vec![
        File::new(
            "Cargo.toml",
            fill(template!("Cargo.toml.template"), &manifest),
        ),
        File::new(".gitignore", template!("gitignore")),
        File::new("schema.json", template::SCHEMA),
        File::new("config.json", template::CONFIG),
        File::new("src/lib.rs", fill(template!("src/lib.rs"), &library)),
    ];
    files.extend(
        parts
            .iter()
            .map(|part| File::new(&format!("src/{}.rs", part.module), part.text)),
    );
    files
}

fn build(folder: &Path) -> anyhow::Result<Built> {
    let modules = rust::compile(&Sources {
        folder,
        packages: &[],
        target: None,
        renamed: &rust::local_packages(folder)?,
    })?;
    let module = modules.last().context(
        "the project makes no module: its `[lib]` needs `crate-type = [\"cdylib\", \"rlib\"]`",
    )?;
    let name = module.file.file_stem().unwrap_or_default();
    let core = std::fs::read(&module.file)
        .with_context(|| format!("cannot read `{}`", module.file.display()))?;
    Ok(Built {
        name: name.to_string_lossy().replace('_', "-"),
        component: component::of_module(&core).context("cannot make a component of the module")?,
    })
}
