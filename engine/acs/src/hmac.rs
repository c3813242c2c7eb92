//! Signing requests to Communication Services with the resource's access key, and checking such signatures.
//!
//! SPEC(Azure Communication Services, "Authenticate with HMAC"): the text that is signed is the method, the request
//! target exactly as sent (percent-encoded, with the query), and date, host and content hash, joined as
//! `{method}\n{target}\n{date};{host};{hash}`. The host is the value of the Host header, with the port if it has one.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::mac::{hmac_sha256, is_same};

/// The header with the date that was signed.
pub const DATE_HEADER: &str = "x-ms-date";
/// The header with the hash of the body.
pub const CONTENT_HASH_HEADER: &str = "x-ms-content-sha256";

const SCHEME: &str = "HMAC-SHA256 ";
const SIGNED_HEADERS: &str = "x-ms-date;host;x-ms-content-sha256";
/// The standard Date header may stand in for x-ms-date.
const SIGNED_HEADERS_STANDARD_DATE: &str = "date;host;x-ms-content-sha256";

/// The access key of a Communication Services resource.
#[derive(Clone)]
pub struct AccessKey(Zeroizing<Vec<u8>>);

impl AccessKey {
    /// Decodes a key as the portal shows it.
    ///
    /// # Errors
    /// The text is empty or not base64.
    pub fn from_base64(text: &str) -> Result<Self, InvalidAccessKey> {
        match STANDARD.decode(text.trim()) {
            Ok(bytes) if !bytes.is_empty() => Ok(Self(Zeroizing::new(bytes))),
            _ => Err(InvalidAccessKey),
        }
    }

    /// Signs a request. `target` is path and query as sent; `host` is what the Host header will say; `date` is an
    /// IMF-fixdate such as [`http_date`] makes.
    #[must_use]
    pub fn sign(
        &self,
        method: &str,
        target: &str,
        host: &str,
        date: &str,
        body: &[u8],
    ) -> Signature {
        let content_hash = content_hash(body);
        let signature = self.signature(method, target, date, host, &content_hash);
        Signature {
            date: date.to_owned(),
            authorization: format!("{SCHEME}SignedHeaders={SIGNED_HEADERS}&Signature={signature}"),
            content_hash,
        }
    }

    /// Checks the signature of a request. `target` is the request line's, not decoded or re-encoded; `header` finds a
    /// header by its lower-case name.
    ///
    /// The age of the date is not judged here: see [`is_fresh`].
    ///
    /// # Errors
    /// What is missing or wrong.
    pub fn verify<'h>(
        &self,
        method: &str,
        target: &str,
        header: impl Fn(&str) -> Option<&'h str>,
        body: &[u8],
    ) -> Result<(), SignatureError> {
        let get = |name: &'static str| header(name).ok_or(SignatureError::MissingHeader(name));
        let parameters = get("authorization")?
            .strip_prefix(SCHEME)
            .ok_or(SignatureError::MalformedAuthorization)?;
        let (mut signed_headers, mut signature) = (None, None);
        for parameter in parameters.split('&') {
            match parameter.split_once('=') {
                Some(("SignedHeaders", value)) => signed_headers = Some(value),
                Some(("Signature", value)) => signature = Some(value),
                _ => return Err(SignatureError::MalformedAuthorization),
            }
        }
        let (Some(signed_headers), Some(signature)) = (signed_headers, signature) else {
            return Err(SignatureError::MalformedAuthorization);
        };
        let date = if signed_headers.eq_ignore_ascii_case(SIGNED_HEADERS) {
            get(DATE_HEADER)?
        } else if signed_headers.eq_ignore_ascii_case(SIGNED_HEADERS_STANDARD_DATE) {
            get("date")?
        } else {
            return Err(SignatureError::MalformedAuthorization);
        };
        let content_hash_sent = get(CONTENT_HASH_HEADER)?;
        if !is_same(content_hash(body).as_bytes(), content_hash_sent.as_bytes()) {
            return Err(SignatureError::WrongContentHash);
        }
        let expected = self.signature(method, target, date, get("host")?, content_hash_sent);
        if !is_same(expected.as_bytes(), signature.as_bytes()) {
            return Err(SignatureError::WrongSignature);
        }
        Ok(())
    }

    fn signature(
        &self,
        method: &str,
        target: &str,
        date: &str,
        host: &str,
        content_hash: &str,
    ) -> String {
        let text = format!("{method}\n{target}\n{date};{host};{content_hash}");
        STANDARD.encode(hmac_sha256(&self.0, &[text.as_bytes()]).into_bytes())
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey")
    }
}

/// The values of the three headers that a signed request carries besides Host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Value of [`DATE_HEADER`].
    pub date: String,
    /// Value of [`CONTENT_HASH_HEADER`].
    pub content_hash: String,
    /// Value of `Authorization`.
    pub authorization: String,
}

/// The access key is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the access key is not base64 text: copy it from the resource's keys unchanged")]
pub struct InvalidAccessKey;

/// Why a signature does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header that must be signed is missing.
    #[error("header `{0}` is missing")]
    MissingHeader(&'static str),
    /// The Authorization header is of another scheme or form.
    #[error("header `authorization` is not a signature over date, host and content hash")]
    MalformedAuthorization,
    /// The body is not the one that was signed.
    #[error("the content hash does not fit the body")]
    WrongContentHash,
    /// Another key, target, host, date or method was signed.
    #[error("the signature does not fit the request")]
    WrongSignature,
}

/// The base64 SHA-256 of a body.
#[must_use]
pub fn content_hash(body: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(body))
}

/// A moment (milliseconds since the Unix epoch) as HTTP writes it, such as `Tue, 05 May 2026 10:20:30 GMT`.
#[must_use]
pub fn http_date(at_ms: u64) -> String {
    /// The last second of the year 9999, beyond which HTTP has no dates.
    const LAST_SECOND: u64 = 253_402_300_799;
    let at = Duration::from_millis(at_ms).min(Duration::from_secs(LAST_SECOND));
    httpdate::fmt_http_date(UNIX_EPOCH + at)
}

/// Whether the signed date lies within `leeway` of `now_ms` (milliseconds since the Unix epoch), in either direction.
/// A text that is not a date is not fresh.
#[must_use]
pub fn is_fresh(date: &str, now_ms: u64, leeway: Duration) -> bool {
    let Ok(date) = httpdate::parse_http_date(date) else {
        return false;
    };
    let now = UNIX_EPOCH + Duration::from_millis(now_ms);
    let apart = date
        .duration_since(now)
        .or_else(|_| SystemTime::duration_since(&now, date));
    apart.is_ok_and(|apart| apart <= leeway)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    const HOST: &str = "contoso.communication.azure.com";
    const DATE: &str = "Tue, 05 May 2026 10:20:30 GMT";

    /// Method, target, body, content hash and signature as the service's own client library makes them for [`KEY`],
    /// [`HOST`] and [`DATE`].
    const VECTORS: [(&str, &str, &str, &str, &str); 5] = [
        (
            "POST",
            "/calling/callConnections:answer?api-version=2026-03-12",
            r#"{"incomingCallContext":"ICC","callbackUri":"https://cb.example/x"}"#,
            "iZ3jwIwxv411QUBcWvhsQS8cKZXDBC9cWW6ujTOHa5s=",
            "Nh+MqY/J3U+dxhyNglu86mDCo900MXbMKsK+KK1ryx0=",
        ),
        (
            "GET",
            "/calling/callConnections/cc-1/participants/4%3A%2B14255550123?api-version=2026-03-12",
            "",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "h3uqaLmycIMNd4rS+opnAxhBWWTfJutz+HiZOYMKfQ8=",
        ),
        (
            "POST",
            "/calling/callConnections/cc-1:terminate?api-version=2026-03-12",
            "",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "v44lHW0kh7Lwlu5moA2buGWgwj+IEty+u/58svZBW94=",
        ),
        (
            "DELETE",
            "/calling/recordings/rec-1?api-version=2026-03-12",
            "",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "UJrG2WDMQwI5EPfz2m2vpoB2OWh9GwVUrexiyP+0RhE=",
        ),
        (
            "POST",
            "/calling/callConnections?api-version=2026-03-12",
            r#"{"operationContext":"zażółć"}"#,
            "B/45z739/3Vcku0zwENJ7wTouWRlOaOA+WOW21YhTJ0=",
            "WaKdHDsRrmTrhwKKRfBy4CChJnFSZZXRAmeQuc6jcuc=",
        ),
    ];

    fn key() -> AccessKey {
        AccessKey::from_base64(KEY).unwrap()
    }

    fn verify(
        signature: &Signature,
        method: &str,
        target: &str,
        host: &str,
        body: &[u8],
    ) -> Result<(), SignatureError> {
        let headers = [
            ("authorization", signature.authorization.as_str()),
            (DATE_HEADER, signature.date.as_str()),
            (CONTENT_HASH_HEADER, signature.content_hash.as_str()),
            ("host", host),
        ];
        let find = |name: &str| {
            headers
                .iter()
                .find(|header| header.0 == name)
                .map(|header| header.1)
        };
        key().verify(method, target, find, body)
    }

    #[test]
    fn signatures_equal_those_of_the_official_library() {
        for (method, target, body, hash, expected) in VECTORS {
            let signature = key().sign(method, target, HOST, DATE, body.as_bytes());
            assert_eq!(signature.content_hash, hash, "{target}");
            assert_eq!(
                signature.authorization,
                format!(
                    "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={expected}"
                ),
                "{target}"
            );
            assert_eq!(
                verify(&signature, method, target, HOST, body.as_bytes()),
                Ok(()),
                "{target}"
            );
        }
    }

    #[test]
    fn any_change_to_a_signed_request_is_found() {
        let signature = key().sign("POST", "/a?b=c", "h:1", DATE, b"body");
        assert_eq!(verify(&signature, "POST", "/a?b=c", "h:1", b"body"), Ok(()));
        assert_eq!(
            verify(&signature, "GET", "/a?b=c", "h:1", b"body"),
            Err(SignatureError::WrongSignature)
        );
        assert_eq!(
            verify(&signature, "POST", "/a?b=d", "h:1", b"body"),
            Err(SignatureError::WrongSignature)
        );
        assert_eq!(
            verify(&signature, "POST", "/a?b=c", "h", b"body"),
            Err(SignatureError::WrongSignature)
        );
        assert_eq!(
            verify(&signature, "POST", "/a?b=c", "h:1", b"bodY"),
            Err(SignatureError::WrongContentHash)
        );
        let later = Signature {
            date: "Tue, 05 May 2026 10:20:31 GMT".to_owned(),
            ..signature
        };
        assert_eq!(
            verify(&later, "POST", "/a?b=c", "h:1", b"body"),
            Err(SignatureError::WrongSignature)
        );
    }

    #[test]
    fn another_key_does_not_fit() {
        let other = AccessKey::from_base64("AAAA").unwrap();
        let signature = other.sign("GET", "/a", HOST, DATE, b"");
        assert_eq!(
            verify(&signature, "GET", "/a", HOST, b""),
            Err(SignatureError::WrongSignature)
        );
    }

    #[test]
    fn missing_and_malformed_headers_are_named() {
        let signed = key().sign("GET", "/a", HOST, DATE, b"");
        for (authorization, error) in [
            ("Bearer x", SignatureError::MalformedAuthorization),
            (
                "HMAC-SHA256 Signature=abc",
                SignatureError::MalformedAuthorization,
            ),
            (
                "HMAC-SHA256 SignedHeaders=host&Signature=abc",
                SignatureError::MalformedAuthorization,
            ),
            (
                "HMAC-SHA256 SignedHeaders=date;host;x-ms-content-sha256&Signature=abc",
                SignatureError::MissingHeader("date"),
            ),
        ] {
            let signature = Signature {
                authorization: authorization.to_owned(),
                ..signed.clone()
            };
            assert_eq!(
                verify(&signature, "GET", "/a", HOST, b""),
                Err(error),
                "{authorization}"
            );
        }
        assert_eq!(
            key().verify("GET", "/", |_| None, b""),
            Err(SignatureError::MissingHeader("authorization"))
        );
    }

    #[test]
    fn dates_are_written_and_judged() {
        let at_ms = 1_777_976_430_999;
        assert_eq!(http_date(at_ms), DATE);
        assert_eq!(http_date(u64::MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
        let leeway = Duration::from_secs(300);
        assert!(is_fresh(DATE, at_ms - 299_000, leeway));
        assert!(is_fresh(DATE, at_ms + 299_000, leeway));
        assert!(!is_fresh(DATE, at_ms + 302_000, leeway));
        assert!(!is_fresh(DATE, at_ms - 302_000, leeway));
        assert!(!is_fresh("yesterday", at_ms, leeway));
    }

    #[test]
    fn a_key_that_is_no_key_is_refused_and_none_is_printed() {
        assert!(AccessKey::from_base64("not base64!").is_err());
        assert!(AccessKey::from_base64("").is_err());
        assert_eq!(format!("{:?}", key()), "AccessKey");
    }
}
