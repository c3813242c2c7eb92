//! `cordboard plugin sign FILE`: signatures in minisign's format.

use super::key::{PASSWORD_VARIABLE, password};
use super::verify::beside;
use crate::output;
use anyhow::{Context as _, bail};
use clap::Args;
use minisign::{SecretKey, SecretKeyBox};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Longest comment in a signature, in bytes: minisign reads no longer ones.
const COMMENT_BYTES_MAX: usize = 1_024;

/// Signs a component. The password of the secret key is asked for, or taken from the environment variable
/// CORDBOARD_SIGNING_PASSWORD.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The component.
    file: PathBuf,
    /// The secret key, as `cordboard plugin key` or `minisign -G` has made it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// A line that is signed as well, such as name and version. Otherwise the time.
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let file = &arguments.file;
    let comment = arguments.comment.as_deref();
    if let Some(comment) = comment
        && (comment.len() > COMMENT_BYTES_MAX || comment.contains(char::is_control))
    {
        bail!("`--comment` is one line of at most {COMMENT_BYTES_MAX} bytes");
    }
    let bytes = std::fs::read(file)
        .with_context(|| format!("cannot read the plugin `{}`", file.display()))?;
    let key = secret_key(&arguments.key)?;
    let signed = minisign::sign(None, &key, bytes.as_slice(), comment, None)
        .with_context(|| format!("`{}` cannot be signed", file.display()))?;
    let signature = beside(file);
    std::fs::write(&signature, signed.into_string())
        .with_context(|| format!("cannot write `{}`", signature.display()))?;
    output::say(signature.display())?;
    Ok(ExitCode::SUCCESS)
}

fn secret_key(file: &Path) -> anyhow::Result<SecretKey> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the secret key `{shown}`"))?;
    // The library takes a key for encrypted only when it is told so.
    let read = || SecretKeyBox::from_string(&text);
    let plain = read().and_then(SecretKeyBox::into_unencrypted_secret_key);
    if let Ok(key) = plain {
        return Ok(key);
    }
    let key = read().and_then(|boxed| boxed.into_secret_key(password()));
    key.map_err(|error| {
        anyhow::anyhow!(
            "`{shown}` gives no secret key: {error}; `{PASSWORD_VARIABLE}` has its password where it cannot be asked for"
        )
    })
}
