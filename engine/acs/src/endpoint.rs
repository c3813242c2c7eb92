//! Where the Communication Services resource is and with which key it is reached.

use std::net::IpAddr;

use reqwest::Url;

use crate::hmac::{AccessKey, InvalidAccessKey};

/// A Communication Services resource: its address and its access key.
#[derive(Clone, Debug)]
pub struct Endpoint {
    base: Url,
    key: AccessKey,
}

/// Whether requests may travel unencrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// To addresses of the same machine only.
    #[default]
    LoopbackOnly,
    /// To any address. Whoever listens on the way reads call contexts: for test networks.
    Anywhere,
}

impl Endpoint {
    /// Reads a connection string as the portal shows it: `endpoint=https://…/;accesskey=…`.
    ///
    /// # Errors
    /// A part is missing, unknown or given twice, or the address or key is not usable.
    pub fn from_connection_string(
        text: &str,
        plain_http: PlainHttp,
    ) -> Result<Self, EndpointError> {
        let (mut endpoint, mut key) = (None, None);
        for part in text
            .split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let (name, value) = part
                .split_once('=')
                .ok_or(EndpointError::MalformedConnectionString)?;
            let place = match name.trim() {
                name if name.eq_ignore_ascii_case("endpoint") => &mut endpoint,
                name if name.eq_ignore_ascii_case("accesskey") => &mut key,
                _ => return Err(EndpointError::MalformedConnectionString),
            };
            if place.replace(value.trim()).is_some() {
                return Err(EndpointError::MalformedConnectionString);
            }
        }
        let endpoint = endpoint.ok_or(EndpointError::MissingPart("endpoint"))?;
        let key = key.ok_or(EndpointError::MissingPart("accesskey"))?;
        Self::new(endpoint, AccessKey::from_base64(key)?, plain_http)
    }

    /// A resource by its address, such as `https://contoso.communication.azure.com`, and its key.
    ///
    /// # Errors
    /// The address is not a plain https address, or is an http address that `plain_http` does not allow.
    pub fn new(
        address: &str,
        key: AccessKey,
        plain_http: PlainHttp,
    ) -> Result<Self, EndpointError> {
        let wrong = |why| EndpointError::Address {
            address: shown(address),
            why,
        };
        let base = Url::parse(address).map_err(|_| wrong("it is not a web address"))?;
        match base.scheme() {
            "https" => {}
            "http" if plain_http == PlainHttp::Anywhere || is_loopback(&base) => {}
            "http" => {
                return Err(wrong(
                    "http is possible with a loopback address only, use https",
                ));
            }
            _ => return Err(wrong("it must begin with https://")),
        }
        // Addresses allow commas and equals signs in a host, as a string that was cut in the wrong place has them.
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        let is_host = base.host_str().is_some_and(|host| host.bytes().all(fits));
        if !is_host || !base.username().is_empty() || base.password().is_some() {
            return Err(wrong("it must name a host and no user"));
        }
        if base.path() != "/" || base.query().is_some() || base.fragment().is_some() {
            return Err(wrong("it must end after the host"));
        }
        Ok(Self { base, key })
    }

    /// The key.
    pub(crate) fn key(&self) -> &AccessKey {
        &self.key
    }

    /// Whether requests to this resource are encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// Whether the resource is on this machine, as a simulated one is.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.base)
    }

    /// The address of a target (path and query, percent-encoded). `None` if the request would go anywhere else than
    /// to exactly this target: to another host, or, for a segment `..`, to another operation.
    pub(crate) fn url(&self, target: &str) -> Option<Url> {
        let url = Url::parse(&format!(
            "{}{target}",
            self.base.as_str().trim_end_matches('/')
        ))
        .ok()?;
        (url.origin() == self.base.origin() && request_target(&url) == target).then_some(url)
    }

    /// The value that the Host header has: the port only where it is not the scheme's own.
    pub(crate) fn host_header(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        match self.base.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

/// Path and query of an address, as the request line has them.
pub(crate) fn request_target(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// What a message repeats of an address: scheme and host, if it has them. The rest may be a password, or the key where it
/// does not belong.
fn shown(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or_default();
    let host = rest.split(['/', '?', '#', ',']).next().unwrap_or_default();
    let is_host = |text: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        text.contains(['.', ':']) && text.bytes().all(fits)
    };
    if scheme.bytes().all(|byte| byte.is_ascii_lowercase()) && is_host(host) {
        let end = if rest == host { "" } else { "…" };
        format!("{scheme}://{host}{end}")
    } else {
        "…".to_owned()
    }
}

/// Why a resource cannot be reached with what was given. Of the connection string it has no more than scheme and host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The connection string has another form.
    #[error("the connection string must have the form `endpoint=https://…/;accesskey=…`")]
    MalformedConnectionString,
    /// A part is missing.
    #[error("the connection string has no `{0}`")]
    MissingPart(&'static str),
    /// The address is not usable.
    #[error("the address `{address}` cannot be used: {why}")]
    Address {
        /// Scheme and host of what was given.
        address: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The key is not usable.
    #[error(transparent)]
    Key(#[from] InvalidAccessKey),
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Endpoint, EndpointError> {
        Endpoint::from_connection_string(text, PlainHttp::LoopbackOnly)
    }

    #[test]
    fn a_connection_string_is_read_in_any_order_and_case() {
        for text in [
            "endpoint=https://Contoso.communication.azure.com/;accesskey=c2VjcmV0",
            "AccessKey=c2VjcmV0; Endpoint=https://contoso.communication.azure.com",
        ] {
            let endpoint = parse(text).unwrap();
            assert_eq!(
                endpoint.host_header(),
                "contoso.communication.azure.com",
                "{text}"
            );
            let url = endpoint.url("/a/4%3A%2B1?b=c").unwrap();
            assert_eq!(
                url.as_str(),
                "https://contoso.communication.azure.com/a/4%3A%2B1?b=c"
            );
        }
    }

    #[test]
    fn a_key_with_equals_signs_at_its_end_is_whole() {
        assert!(parse("endpoint=https://x.example;accesskey=c2VjcmV0MQ==").is_ok());
    }

    #[test]
    fn the_port_is_part_of_the_host_where_it_is_not_the_usual_one() {
        for (address, host) in [
            ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
            ("https://x.example:443", "x.example"),
            ("http://[::1]:81", "[::1]:81"),
            ("http://localhost", "localhost"),
        ] {
            let endpoint = parse(&format!("endpoint={address};accesskey=AAAA")).unwrap();
            assert_eq!(endpoint.host_header(), host);
        }
    }

    #[test]
    fn plain_http_leaves_the_machine_only_where_allowed() {
        let key = AccessKey::from_base64("AAAA").unwrap();
        assert!(Endpoint::new("http://x.example", key.clone(), PlainHttp::LoopbackOnly).is_err());
        assert!(Endpoint::new("http://x.example", key, PlainHttp::Anywhere).is_ok());
    }

    #[test]
    fn errors_say_what_to_change_and_keep_the_key() {
        for (text, part) in [
            ("https://x.example", "form"),
            ("endpoint=https://x.example", "accesskey"),
            ("accesskey=c2VjcmV0", "endpoint"),
            ("endpoint=https://x.example;accesskey=%%c2VjcmV0", "base64"),
            (
                "endpoint=https://x.example;accesskey=c2VjcmV0;accesskey=c2VjcmV0",
                "form",
            ),
            (
                "endpoint=https://x.example;accesskey=c2VjcmV0;other=1",
                "form",
            ),
            (
                "endpoint=https://x.example/calling;accesskey=c2VjcmV0",
                "end after the host",
            ),
            (
                "endpoint=https://u:p@x.example;accesskey=c2VjcmV0",
                "no user",
            ),
            ("endpoint=ftp://x.example;accesskey=c2VjcmV0", "https"),
            ("endpoint=x.example;accesskey=c2VjcmV0", "web address"),
            (
                "endpoint=https://x.example/,accesskey=c2VjcmV0",
                "no `accesskey`",
            ),
            (
                "endpoint=https://x.example,accesskey=c2VjcmV0;accesskey=AAAA",
                "name a host",
            ),
            (
                "endpoint=https://u:c2VjcmV0@x.example;accesskey=AAAA",
                "no user",
            ),
            ("endpoint=c2VjcmV0;accesskey=AAAA", "web address"),
            ("endpoint=c2VjcmV0;accesskey=https://x.example", "base64"),
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
            assert!(!message.contains("c2VjcmV0"), "{text}: {message}");
        }
    }

    #[test]
    fn a_target_cannot_lead_to_another_host() {
        let endpoint = parse("endpoint=https://x.example;accesskey=AAAA").unwrap();
        assert!(endpoint.url("@evil.example/").is_none());
        assert!(endpoint.url(".evil.example/").is_none());
        assert!(endpoint.url(":81/").is_none());
        assert!(endpoint.url("/a/../b").is_none());
        assert!(endpoint.url("/a/%2E%2e/b").is_none());
        assert!(endpoint.url("/a/b#c").is_none());
    }
}
