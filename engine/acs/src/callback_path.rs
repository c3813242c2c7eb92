//! The path under which the service reports about one call: nobody else can guess it, and it finds the call even when
//! the answer to our request was lost.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cordboard_core::ids::CallId;

use crate::edge_key::EdgeKey;
use crate::mac::is_same;

/// How many bytes of the code the path carries: 128 bits cannot be guessed.
const TOKEN_BYTES: usize = 16;

/// The longest tenant name, in bytes, that a path may hold.
pub const TENANT_BYTES_MAX: usize = 128;

/// Whose callback a path is. A value of this type that came from a path was verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallbackPath {
    /// The tenant.
    pub tenant: String,
    /// The call.
    pub call: CallId,
}

impl CallbackPath {
    /// The path without a slash in front: `{tenant}/{call}/{token}`. It goes behind the address of the callback endpoint.
    #[must_use]
    pub fn encode(&self, key: &EdgeKey) -> String {
        format!(
            "{}/{}/{}",
            encode_tenant(&self.tenant),
            self.call,
            token(key, &self.tenant, self.call)
        )
    }

    /// Reads what a path claims. Nothing is proven until [`CallbackClaim::verify`]; the tenant may be needed to find the
    /// key.
    #[must_use]
    pub fn parse(path: &str) -> Option<CallbackClaim> {
        let mut parts = path.trim_start_matches('/').split('/');
        let (Some(tenant), Some(call), Some(token), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        Some(CallbackClaim {
            tenant: decode_tenant(tenant)?,
            call: CallId(parse_number(call)?),
            token: token.to_owned(),
        })
    }
}

/// What a callback path says before it is verified.
#[derive(Clone)]
pub struct CallbackClaim {
    tenant: String,
    call: CallId,
    token: String,
}

impl CallbackClaim {
    /// The tenant that the path names, for finding its key.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Checks the token, in constant time.
    ///
    /// # Errors
    /// The path was not made with this key. Answer it as an unknown path: 404.
    pub fn verify(self, key: &EdgeKey) -> Result<CallbackPath, ForgedPath> {
        if is_same(
            token(key, &self.tenant, self.call).as_bytes(),
            self.token.as_bytes(),
        ) {
            Ok(CallbackPath {
                tenant: self.tenant,
                call: self.call,
            })
        } else {
            Err(ForgedPath)
        }
    }
}

impl fmt::Debug for CallbackClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackClaim")
            .field("tenant", &self.tenant)
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

/// The token of a callback path does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the callback address is not one of this engine")]
pub struct ForgedPath;

fn token(key: &EdgeKey, tenant: &str, call: CallId) -> String {
    let tag = key
        .tag("callback path", &[tenant.as_bytes(), &call.0.to_be_bytes()])
        .into_bytes();
    URL_SAFE_NO_PAD.encode(tag.iter().copied().take(TOKEN_BYTES).collect::<Vec<u8>>())
}

/// Tenants have names of any characters: base64url keeps the path free of surprises, and readable names stay readable.
fn encode_tenant(tenant: &str) -> String {
    if is_plain(tenant) {
        tenant.to_owned()
    } else {
        format!("~{}", URL_SAFE_NO_PAD.encode(tenant))
    }
}

fn decode_tenant(text: &str) -> Option<String> {
    let tenant = match text.strip_prefix('~') {
        Some(encoded) => String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()?,
        None => text.to_owned(),
    };
    // One spelling a tenant, so that one call has one path.
    (tenant.len() <= TENANT_BYTES_MAX && encode_tenant(&tenant) == text).then_some(tenant)
}

fn is_plain(tenant: &str) -> bool {
    let plain =
        |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
    !tenant.is_empty() && tenant.chars().all(plain)
}

/// A decimal number with one spelling only: no sign, no leading zero.
pub(crate) fn parse_number<N: std::str::FromStr + fmt::Display>(text: &str) -> Option<N> {
    let number: N = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> EdgeKey {
        EdgeKey::from_nonce(&[7; 32]).unwrap()
    }

    fn path(tenant: &str, call: u64) -> CallbackPath {
        CallbackPath {
            tenant: tenant.to_owned(),
            call: CallId(call),
        }
    }

    fn verify(text: &str) -> Option<CallbackPath> {
        CallbackPath::parse(text)?.verify(&key()).ok()
    }

    #[test]
    fn a_path_leads_back_to_its_call() {
        for tenant in ["contoso", "a b/c", "zażółć", "~x", ".", "", "a-b_c"] {
            for call in [0, 1, u64::MAX] {
                let text = path(tenant, call).encode(&key());
                assert_eq!(verify(&text), Some(path(tenant, call)), "{text}");
                assert_eq!(
                    verify(&format!("/{text}")),
                    Some(path(tenant, call)),
                    "{text}"
                );
                assert!(
                    text.chars()
                        .all(|c| c.is_ascii_alphanumeric() || "-_~/".contains(c)),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn the_token_has_128_bits_and_fits_one_call_of_one_tenant_and_key() {
        let text = path("contoso", 7).encode(&key());
        let token = text.rsplit('/').next().unwrap();
        assert_eq!(token.len(), 22);
        assert_eq!(verify(&format!("contoso/8/{token}")), None);
        assert_eq!(verify(&format!("fabrikam/7/{token}")), None);
        assert_eq!(verify(&format!("contoso/7/{}", token.to_lowercase())), None);
        assert_eq!(verify("contoso/7/"), None);
        let other = EdgeKey::from_nonce(&[8; 32]).unwrap();
        assert_eq!(
            CallbackPath::parse(&text).unwrap().verify(&other),
            Err(ForgedPath)
        );
    }

    #[test]
    fn a_call_has_one_spelling() {
        let text = path("contoso", 7).encode(&key());
        let token = text.rsplit('/').next().unwrap();
        for other in [
            format!("contoso/07/{token}"),
            format!("contoso/+7/{token}"),
            format!("~Y29udG9zbw/7/{token}"),
        ] {
            assert_eq!(verify(&other), None, "{other}");
        }
    }

    #[test]
    fn debug_of_a_claim_keeps_the_token() {
        let text = path("contoso", 7).encode(&key());
        let token = text.rsplit('/').next().unwrap();
        assert!(!format!("{:?}", CallbackPath::parse(&text).unwrap()).contains(token));
    }
}
