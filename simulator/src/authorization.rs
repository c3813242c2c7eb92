//! Verifying the signature of a request.
//!
//! SPEC(Communication Services, authentication, HMAC-SHA256): the signature covers method, target as sent, date, host and the digest
//! of the body.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// What of a request is signed, as received.
pub(crate) struct SignedParts<'a> {
    pub(crate) method: &'a str,
    /// Path and query, still percent-encoded.
    pub(crate) target: &'a str,
    /// The header `Host`.
    pub(crate) host: &'a str,
    /// The header `x-ms-date`, or `Date`.
    pub(crate) date: &'a str,
    /// The header `x-ms-content-sha256`.
    pub(crate) content_hash: &'a str,
    pub(crate) authorization: &'a str,
    pub(crate) body: &'a [u8],
}

/// Why a request is not authentic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Refused {
    #[error(
        "the header `Authorization` is not `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=…`"
    )]
    Form,
    #[error("`x-ms-content-sha256` is not the digest of the body")]
    Content,
    #[error("`x-ms-date` is not a date in the form of RFC 1123")]
    Date,
    #[error("`x-ms-date` is too far from the present")]
    Stale,
    #[error("the signature does not match; is the access key the right one?")]
    Signature,
}

/// Verifies requests by one access key.
pub(crate) struct Verifier {
    key: Vec<u8>,
    leeway_ms: u64,
}

impl Verifier {
    /// Takes the key in base64. None: it is not base64.
    pub(crate) fn new(key: &str, leeway_ms: u64) -> Option<Verifier> {
        Some(Verifier {
            key: STANDARD.decode(key).ok()?,
            leeway_ms,
        })
    }

    /// Checks a request at any of the given instants: a client follows the simulator's clock or the machine's.
    pub(crate) fn verify(&self, parts: &SignedParts<'_>, now_ms: &[u64]) -> Result<(), Refused> {
        let rest = parts
            .authorization
            .strip_prefix("HMAC-SHA256 ")
            .ok_or(Refused::Form)?;
        let (headers, signature) = rest.split_once('&').ok_or(Refused::Form)?;
        if !matches!(
            headers,
            "SignedHeaders=x-ms-date;host;x-ms-content-sha256"
                | "SignedHeaders=date;host;x-ms-content-sha256"
        ) {
            return Err(Refused::Form);
        }
        let signature = signature
            .strip_prefix("Signature=")
            .and_then(|text| STANDARD.decode(text).ok());
        let signature = signature.ok_or(Refused::Form)?;
        if parts.content_hash != STANDARD.encode(Sha256::digest(parts.body)) {
            return Err(Refused::Content);
        }
        let text = format!(
            "{}\n{}\n{};{};{}",
            parts.method, parts.target, parts.date, parts.host, parts.content_hash
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).map_err(|_| Refused::Signature)?;
        mac.update(text.as_bytes());
        mac.verify_slice(&signature)
            .map_err(|_| Refused::Signature)?;
        let date = httpdate::parse_http_date(parts.date).map_err(|_| Refused::Date)?;
        let date_ms = date
            .duration_since(std::time::UNIX_EPOCH)
            .map_err(|_| Refused::Date)?
            .as_millis();
        let is_near =
            |now_ms: &u64| u128::from(*now_ms).abs_diff(date_ms) <= u128::from(self.leeway_ms);
        if now_ms.iter().any(is_near) {
            Ok(())
        } else {
            Err(Refused::Stale)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made with the signing policy of the official Python SDK, the date frozen.
    const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    const DATE_MS: u64 = 1_777_976_430_000;
    const LEEWAY_MS: u64 = 900_000;

    fn parts() -> SignedParts<'static> {
        SignedParts {
            method: "POST",
            target: "/calling/callConnections:answer?api-version=2026-03-12",
            host: "contoso.communication.azure.com",
            date: "Tue, 05 May 2026 10:20:30 GMT",
            content_hash: "iZ3jwIwxv411QUBcWvhsQS8cKZXDBC9cWW6ujTOHa5s=",
            authorization: "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=Nh+MqY/J3U+dxhyNglu86mDCo900MXbMKsK+KK1ryx0=",
            body: br#"{"incomingCallContext":"ICC","callbackUri":"https://cb.example/x"}"#,
        }
    }

    fn verify(parts: &SignedParts<'_>) -> Result<(), Refused> {
        Verifier::new(KEY, LEEWAY_MS)
            .unwrap()
            .verify(parts, &[0, DATE_MS])
    }

    #[test]
    fn what_the_official_sdk_signs_is_authentic() {
        assert_eq!(verify(&parts()), Ok(()));
        let get = SignedParts {
            method: "GET",
            target: "/calling/callConnections/cc-1/participants/4%3A%2B14255550123?api-version=2026-03-12",
            content_hash: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            authorization: "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=h3uqaLmycIMNd4rS+opnAxhBWWTfJutz+HiZOYMKfQ8=",
            body: b"",
            ..parts()
        };
        assert_eq!(verify(&get), Ok(()));
    }

    #[test]
    fn every_part_is_covered_by_the_signature() {
        assert_eq!(
            verify(&SignedParts {
                method: "PUT",
                ..parts()
            }),
            Err(Refused::Signature)
        );
        assert_eq!(
            verify(&SignedParts {
                target: "/calling/callConnections:answer",
                ..parts()
            }),
            Err(Refused::Signature)
        );
        assert_eq!(
            verify(&SignedParts {
                host: "fabrikam.communication.azure.com",
                ..parts()
            }),
            Err(Refused::Signature)
        );
        assert_eq!(
            verify(&SignedParts {
                date: "Tue, 05 May 2026 10:20:31 GMT",
                ..parts()
            }),
            Err(Refused::Signature)
        );
        assert_eq!(
            verify(&SignedParts {
                body: b"{}",
                ..parts()
            }),
            Err(Refused::Content)
        );
        let other_key = Verifier::new("AAAA", LEEWAY_MS).unwrap();
        assert_eq!(
            other_key.verify(&parts(), &[DATE_MS]),
            Err(Refused::Signature)
        );
    }

    #[test]
    fn the_date_must_be_near_one_of_the_presents() {
        let verifier = Verifier::new(KEY, LEEWAY_MS).unwrap();
        assert_eq!(verifier.verify(&parts(), &[DATE_MS + LEEWAY_MS, 0]), Ok(()));
        assert_eq!(
            verifier.verify(&parts(), &[DATE_MS + LEEWAY_MS + 1, 0]),
            Err(Refused::Stale)
        );
    }

    #[test]
    fn other_forms_of_authorization_are_refused() {
        for authorization in [
            "",
            "Bearer x",
            "HMAC-SHA256 Signature=x",
            "HMAC-SHA256 SignedHeaders=host&Signature=eA==",
        ] {
            assert_eq!(
                verify(&SignedParts {
                    authorization,
                    ..parts()
                }),
                Err(Refused::Form),
                "{authorization}"
            );
        }
        assert!(Verifier::new("not base64!", LEEWAY_MS).is_none());
    }
}
