//! Signatures in minisign's format.

use std::{ffi::OsString, fmt, fs, io::Read as _, path::Path};

use minisign_verify::{PublicKey, Signature};

use crate::error::LoadError;

/// Largest signature file, in bytes. minisign's own have some 300.
const SIGNATURE_BYTES_MAX: u64 = 16 * 1_024;

/// The ending that minisign gives the signature of a file.
const ENDING: &str = ".minisig";

/// A public key of minisign: who may have signed a plugin.
#[derive(Clone)]
pub struct SigningKey(PublicKey);

impl SigningKey {
    /// Reads a key as it stands in the second line of minisign's file; it begins with `RW`. `None`
    /// where the text is no such key.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        PublicKey::from_base64(text).ok().map(Self)
    }

    /// Checks that the bytes of `file` are signed by this key, in the file beside it whose name has
    /// `.minisig` behind it.
    ///
    /// # Errors
    ///
    /// [`LoadError::Signature`]: there is no signature, or it is not one of this key and these bytes.
    pub fn check(&self, component: &[u8], file: &Path) -> Result<(), LoadError> {
        let mut beside = OsString::from(file);
        beside.push(ENDING);
        let beside = Path::new(&beside);
        let mut text = String::new();
        fs::File::open(beside)
            .and_then(|found| found.take(SIGNATURE_BYTES_MAX).read_to_string(&mut text))
            .map_err(|error| {
                LoadError::Signature(format!("cannot read `{}`: {error}", beside.display()))
            })?;
        let refused = |error: minisign_verify::Error| {
            LoadError::Signature(format!("`{}`: {error}", beside.display()))
        };
        let signature = Signature::decode(&text).map_err(refused)?;
        self.0.verify(component, &signature, false).map_err(refused)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").finish_non_exhaustive()
    }
}
