//! `cordboard plugin key FILE`: a pair of keys in minisign's format.

use crate::output;
use anyhow::{Context as _, bail};
use clap::Args;
use minisign::KeyPair;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The environment variable that has the password of a secret key, where nobody can be asked.
pub(super) const PASSWORD_VARIABLE: &str = "CORDBOARD_SIGNING_PASSWORD";

/// Makes a pair of keys: FILE, which stays with you, and FILE.pub, which operators get. The secret key is encrypted with a
/// password, which is asked for, or taken from the environment variable CORDBOARD_SIGNING_PASSWORD.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The file for the secret key. It must not be there yet.
    file: PathBuf,
    /// Does not encrypt the secret key: whoever reads the file can sign.
    #[arg(long)]
    no_password: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let secret = &arguments.file;
    let public = public_beside(secret);
    for file in [secret, &public] {
        if file.exists() {
            bail!(
                "`{}` is there already, and keys are not overwritten: choose another name",
                file.display()
            );
        }
    }
    let pair = if arguments.no_password {
        KeyPair::generate_unencrypted_keypair()
    } else {
        KeyPair::generate_encrypted_keypair(password())
    };
    let pair = pair.context("no keys could be made")?;
    let text = pair
        .sk
        .to_box(None)
        .context("no keys could be made")?
        .into_string();
    let key = pair.pk.to_base64();
    let public_text = pair
        .pk
        .to_box()
        .context("no keys could be made")?
        .into_string();
    write_new(private(), secret, &text)?;
    write_new(OpenOptions::new(), &public, &public_text)?;
    output::say(format_args!("public key: {key}"))?;
    output::tell(format_args!(
        "`{}` is for operators, who name the key as `public_key`; `{}` is for nobody else, and without it no version can be \
         signed any more",
        public.display(),
        secret.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// The password of the environment; without one it is asked for.
pub(super) fn password() -> Option<String> {
    std::env::var(PASSWORD_VARIABLE).ok()
}

fn public_beside(secret: &Path) -> PathBuf {
    let mut name = OsString::from(secret);
    name.push(".pub");
    name.into()
}

/// For the eyes of the owner alone, from the first byte on.
fn private() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "elsewhere there is no mode"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn write_new(mut options: OpenOptions, file: &Path, text: &str) -> anyhow::Result<()> {
    let written = options
        .write(true)
        .create_new(true)
        .open(file)
        .and_then(|mut open: File| {
            open.write_all(text.as_bytes())
                .and_then(|()| open.sync_all())
        });
    written.with_context(|| format!("cannot write `{}`", file.display()))
}
