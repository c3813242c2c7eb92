//! `cordboard plugin describe FILE`.

use crate::output;
use anyhow::{Context as _, bail};
use clap::Args;
use cordboard_plugin_host::{HostConfig, Inspection, Manifest, inspect};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Tells what a component says about itself, without running it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The component.
    file: PathBuf,
    /// Prints one JSON object and nothing else on standard output.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let file = &arguments.file;
    let bytes = std::fs::read(file)
        .with_context(|| format!("cannot read the plugin `{}`", file.display()))?;
    let inspection = inspect(&bytes, HostConfig::default().component_bytes_max);
    let Some(manifest) = &inspection.manifest else {
        let why = inspection.problems.first().map(ToString::to_string);
        bail!(
            "`{}` does not describe itself: {}",
            file.display(),
            why.unwrap_or_default()
        );
    };
    if arguments.json {
        output::say(json(&inspection, manifest))?;
    } else {
        output::say(text(&inspection, manifest)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn json(inspection: &Inspection, manifest: &Manifest) -> Value {
    let points = inspection.columns.iter();
    let points = points.map(|(point, columns)| (point.name().to_owned(), json!(columns)));
    json!({
        "sha256": inspection.digest.to_string(),
        "bytes": inspection.bytes,
        "imports": inspection.imports,
        "points": points.collect::<serde_json::Map<_, _>>(),
        "manifest": manifest,
    })
}

fn text(inspection: &Inspection, manifest: &Manifest) -> anyhow::Result<String> {
    let mut text = String::new();
    writeln!(
        text,
        "{} {}: {}",
        manifest.name, manifest.version, manifest.description
    )?;
    writeln!(text, "  sha256     {}", inspection.digest)?;
    writeln!(text, "  size       {} bytes", inspection.bytes)?;
    writeln!(text, "  contract   {}", manifest.contract)?;
    let imports = match inspection.imports.as_slice() {
        [] => "nothing".to_owned(),
        imports => imports.join(", "),
    };
    writeln!(text, "  imports    {imports}")?;
    match manifest.warm_calls {
        None => writeln!(text, "  instances  fresh for every decision")?,
        Some(calls) => writeln!(text, "  instances  warm, up to {calls} decisions each")?,
    }
    for (point, columns) in &inspection.columns {
        let columns = match columns.as_slice() {
            [] => "no rows".to_owned(),
            columns => columns.join(", "),
        };
        writeln!(text, "  decides    {}, from {columns}", point.name())?;
    }
    for (code, reason) in &manifest.reasons {
        writeln!(text, "  reason     {code}: {reason}")?;
    }
    write!(text, "  config     {:#}", manifest.config_schema)?;
    Ok(text)
}
