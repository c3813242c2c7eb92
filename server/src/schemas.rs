//! `cordboard schemas FOLDER`.

use anyhow::Context as _;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Writes the JSON Schemas into a folder.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder; it must exist.
    folder: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let scripts = format!("{:#}\n", cordboard_simulator::script::schema());
    let mut schemas = cordboard::schemas();
    schemas.push(("simulator-scripts.v1.schema.json", scripts));
    for (name, text) in schemas {
        let file = arguments.folder.join(name);
        std::fs::write(&file, text)
            .with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}
