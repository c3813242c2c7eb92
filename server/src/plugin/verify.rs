//! `cordboard plugin verify FILE`: signatures in minisign's format.

use crate::output;
use anyhow::{Context as _, bail};
use clap::Args;
use minisign_verify::{PublicKey, Signature};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Checks the signature of a component.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The component.
    file: PathBuf,
    /// The public key: the file, or the line in it that begins with `RW`.
    #[arg(long, value_name = "KEY")]
    public_key: String,
    /// The signature. Otherwise FILE.minisig.
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let file = &arguments.file;
    let bytes = std::fs::read(file)
        .with_context(|| format!("cannot read the plugin `{}`", file.display()))?;
    let key = public_key(&arguments.public_key)?;
    let beside = beside(file);
    let from = arguments.signature.as_ref().unwrap_or(&beside);
    let signature = Signature::from_file(from).map_err(|error| {
        anyhow::anyhow!(
            "cannot read the signature `{}`: {error}; `cordboard plugin sign` makes one",
            from.display()
        )
    })?;
    if let Err(error) = key.verify(&bytes, &signature, false) {
        bail!(
            "`{}` does not have this signature of this key: {error}",
            file.display()
        );
    }
    output::say(format_args!(
        "{}: signed: {}",
        file.display(),
        signature.trusted_comment()
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn public_key(given: &str) -> anyhow::Result<PublicKey> {
    let key = if Path::new(given).is_file() {
        PublicKey::from_file(given)
    } else {
        PublicKey::from_base64(given)
    };
    key.map_err(|error| {
        anyhow::anyhow!(
            "`{given}` is neither a file with a minisign public key nor such a key: {error}"
        )
    })
}

/// Where minisign leaves the signature of a file.
pub(super) fn beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".minisig");
    name.into()
}
