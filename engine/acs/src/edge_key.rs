//! The secret from which the edge derives everything that others must not be able to guess or forge.

use std::fmt;

use cordboard_core::ids::CommandId;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::mac::{Tag, hmac_sha256_of_parts};

/// The fewest bytes of randomness that a journal's nonce may have.
pub const NONCE_BYTES_MIN: usize = 16;

/// A key made of the journal's random nonce.
///
/// The same nonce gives the same request ids, callback paths and operation contexts after a restart; another journal's
/// are of no use here.
#[derive(Clone)]
pub struct EdgeKey(Zeroizing<Vec<u8>>);

impl EdgeKey {
    /// Takes the nonce of the journal.
    ///
    /// # Errors
    /// It is shorter than [`NONCE_BYTES_MIN`].
    pub fn from_nonce(nonce: &[u8]) -> Result<Self, NonceTooShort> {
        if nonce.len() < NONCE_BYTES_MIN {
            return Err(NonceTooShort { bytes: nonce.len() });
        }
        Ok(Self(Zeroizing::new(nonce.to_vec())))
    }

    /// The id under which a command's request is sent, each time the same: a UUID of version 4 as the service wants it,
    /// derived and not drawn.
    #[must_use]
    pub fn request_id(&self, tenant: &str, command: CommandId) -> Uuid {
        let tag = self.tag(
            "request id",
            &[
                tenant.as_bytes(),
                &command.call.0.to_be_bytes(),
                &command.sequence.to_be_bytes(),
            ],
        );
        let mut bytes = [0_u8; 16];
        for (to, from) in bytes.iter_mut().zip(tag.into_bytes()) {
            *to = from;
        }
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// A code over `parts` that serves one purpose only.
    pub(crate) fn tag(&self, purpose: &str, parts: &[&[u8]]) -> Tag {
        let of_purpose = hmac_sha256_of_parts(&self.0, &[purpose.as_bytes()]).into_bytes();
        hmac_sha256_of_parts(&of_purpose, parts)
    }
}

impl fmt::Debug for EdgeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EdgeKey")
    }
}

/// The nonce of a journal is not random enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal's nonce has {bytes} bytes, it needs at least {NONCE_BYTES_MIN}")]
pub struct NonceTooShort {
    /// How many there are.
    pub bytes: usize,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cordboard_core::ids::CallId;

    use super::*;

    #[test]
    fn request_ids_are_stable_and_differ_in_all_that_names_a_command() {
        let key = EdgeKey::from_nonce(&[7; 32]).unwrap();
        let other = EdgeKey::from_nonce(&[8; 32]).unwrap();
        let command = |call, sequence| CommandId {
            call: CallId(call),
            sequence,
        };
        let id = key.request_id("contoso", command(1, 2));
        assert_eq!(id, key.request_id("contoso", command(1, 2)));
        assert_eq!(id.get_version_num(), 4);
        let ids = BTreeSet::from([
            id,
            key.request_id("contoso", command(2, 1)),
            key.request_id("contoso", command(1, 3)),
            key.request_id("fabrikam", command(1, 2)),
            other.request_id("contoso", command(1, 2)),
        ]);
        assert_eq!(ids.len(), 5);
    }

    #[test]
    fn a_short_nonce_is_refused() {
        assert_eq!(
            EdgeKey::from_nonce(&[1; 15]).map(|_| ()),
            Err(NonceTooShort { bytes: 15 })
        );
    }
}
