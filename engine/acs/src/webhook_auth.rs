//! Whether a webhook request comes from whom it should.

use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::mac::is_same;
use crate::secret::Secret;

/// The query parameter that may carry the secret, as in `https://…/events?code=…`.
pub const SECRET_QUERY: &str = "code";
/// The header that may carry the secret; Event Grid sends it when it is set as a delivery attribute.
pub const SECRET_HEADER: &str = "x-webhook-secret";
/// How many secrets are valid at once: the old and the new one while they are exchanged.
pub const SECRETS_MAX: usize = 2;
/// The fewest characters of a secret.
pub const SECRET_CHARS_MIN: usize = 16;

/// Checks the secret or the token of webhook requests.
#[derive(Clone, Debug)]
pub struct WebhookAuth(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Open,
    Closed {
        secrets: Vec<Secret>,
        tokens: Option<Arc<dyn TokenCheck>>,
    },
}

/// Judges bearer tokens, such as the ones of Entra that Event Grid can send, or those of the callbacks.
///
/// Called once a request, on the thread that serves it: it must not block. Keys are fetched elsewhere.
pub trait TokenCheck: fmt::Debug + Send + Sync {
    /// Judges one token, without the word `Bearer`.
    ///
    /// # Errors
    /// It is not to be trusted. The caller is told no more than that.
    fn check(&self, token: &str) -> Result<(), TokenRefused>;
}

impl WebhookAuth {
    /// Lets every request in: for an endpoint that only this machine can reach.
    #[must_use]
    pub fn open() -> Self {
        Self(Kind::Open)
    }

    /// Lets requests in that carry one of one or two secrets.
    ///
    /// # Errors
    /// There is none or there are too many, or one is too short or has characters that change on their way in an address.
    pub fn with_secrets(secrets: Vec<Secret>) -> Result<Self, WebhookAuthError> {
        if secrets.is_empty() || secrets.len() > SECRETS_MAX {
            return Err(WebhookAuthError::Count {
                given: secrets.len(),
            });
        }
        for secret in &secrets {
            let plain =
                |character: char| character.is_ascii_alphanumeric() || "-._~".contains(character);
            if secret.expose().len() < SECRET_CHARS_MIN || !secret.expose().chars().all(plain) {
                return Err(WebhookAuthError::Weak);
            }
        }
        Ok(Self(Kind::Closed {
            secrets,
            tokens: None,
        }))
    }

    /// Lets requests in that carry a token which `tokens` trusts.
    #[must_use]
    pub fn with_tokens(tokens: Arc<dyn TokenCheck>) -> Self {
        Self(Kind::Closed {
            secrets: Vec::new(),
            tokens: Some(tokens),
        })
    }

    /// Lets requests in that carry a trusted token, beside those with a secret.
    #[must_use]
    pub fn or_tokens(self, check: Arc<dyn TokenCheck>) -> Self {
        match self.0 {
            Kind::Open => self,
            Kind::Closed { secrets, .. } => Self(Kind::Closed {
                secrets,
                tokens: Some(check),
            }),
        }
    }

    /// True if every request is let in.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.0, Kind::Open)
    }

    /// Judges one request by its query (without the question mark) and its headers.
    ///
    /// # Errors
    /// It carries neither a valid secret nor a trusted token: answer 401.
    pub fn check(&self, query: Option<&str>, headers: &HeaderMap) -> Result<(), Unauthorised> {
        let Kind::Closed { secrets, tokens } = &self.0 else {
            return Ok(());
        };
        let in_query = query
            .into_iter()
            .flat_map(|query| query.split('&'))
            .filter_map(|parameter| parameter.split_once('='))
            .filter_map(|(name, value)| (name == SECRET_QUERY).then_some(value.as_bytes()));
        let in_header = headers
            .get_all(SECRET_HEADER)
            .into_iter()
            .map(|value| value.as_bytes());
        // Every pair is compared, so that the time tells nothing.
        let mut known = false;
        for given in in_query.chain(in_header) {
            for secret in secrets {
                known |= is_same(secret.expose().as_bytes(), given);
            }
        }
        if known {
            return Ok(());
        }
        let token = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(bearer);
        match (tokens, token) {
            (Some(tokens), Some(token)) => tokens.check(token).map_err(|TokenRefused| Unauthorised),
            _ => Err(Unauthorised),
        }
    }
}

/// A token is not to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is not to be trusted")]
pub struct TokenRefused;

/// A request carries neither a valid secret nor a trusted token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request carries neither a valid secret nor a trusted token")]
pub struct Unauthorised;

/// The secrets cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookAuthError {
    /// None, or too many.
    #[error(
        "{given} webhook secrets are given: give one, or {SECRETS_MAX} while they are exchanged"
    )]
    Count {
        /// How many there are.
        given: usize,
    },
    /// Too short or of the wrong characters.
    #[error("a webhook secret needs at least {SECRET_CHARS_MIN} letters, digits or `-._~`")]
    Weak,
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "old-secret-0123456789";
    const NEW: &str = "new-secret-0123456789";

    #[derive(Debug)]
    struct OneToken;

    impl TokenCheck for OneToken {
        fn check(&self, token: &str) -> Result<(), TokenRefused> {
            if token == "good" {
                Ok(())
            } else {
                Err(TokenRefused)
            }
        }
    }

    fn secrets() -> WebhookAuth {
        WebhookAuth::with_secrets(vec![OLD.into(), NEW.into()]).unwrap()
    }

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn both_secrets_are_valid_in_query_and_header() {
        let none = HeaderMap::new();
        for secret in [OLD, NEW] {
            assert_eq!(
                secrets().check(Some(&format!("a=b&code={secret}")), &none),
                Ok(())
            );
            assert_eq!(
                secrets().check(None, &headers(SECRET_HEADER, secret)),
                Ok(())
            );
        }
        for query in [
            "",
            "code=",
            "code",
            "code=old-secret",
            "Code=old-secret-0123456789",
            "x=old-secret-0123456789",
        ] {
            assert_eq!(
                secrets().check(Some(query), &none),
                Err(Unauthorised),
                "{query}"
            );
        }
        assert_eq!(
            secrets().check(None, &headers(SECRET_HEADER, "wrong")),
            Err(Unauthorised)
        );
    }

    #[test]
    fn tokens_are_judged_by_the_hook() {
        let auth = secrets().or_tokens(Arc::new(OneToken));
        assert_eq!(
            auth.check(None, &headers("authorization", "Bearer good")),
            Ok(())
        );
        assert_eq!(
            auth.check(None, &headers("authorization", "bearer good")),
            Ok(())
        );
        assert_eq!(
            auth.check(None, &headers("authorization", "Bearer bad")),
            Err(Unauthorised)
        );
        assert_eq!(
            auth.check(None, &headers("authorization", "good")),
            Err(Unauthorised)
        );
        assert_eq!(
            auth.check(Some(&format!("code={NEW}")), &HeaderMap::new()),
            Ok(())
        );
        assert_eq!(
            secrets().check(None, &headers("authorization", "Bearer good")),
            Err(Unauthorised)
        );
        assert_eq!(
            WebhookAuth::with_tokens(Arc::new(OneToken)).check(None, &HeaderMap::new()),
            Err(Unauthorised)
        );
    }

    #[test]
    fn weak_secrets_and_too_many_are_refused() {
        assert!(WebhookAuth::with_secrets(vec![]).is_err());
        assert!(WebhookAuth::with_secrets(vec![OLD.into(), NEW.into(), OLD.into()]).is_err());
        assert!(WebhookAuth::with_secrets(vec!["short".into()]).is_err());
        assert!(WebhookAuth::with_secrets(vec!["long enough but with blanks".into()]).is_err());
    }

    #[test]
    fn an_open_endpoint_lets_everything_in() {
        assert!(WebhookAuth::open().is_open());
        assert_eq!(WebhookAuth::open().check(None, &HeaderMap::new()), Ok(()));
        assert!(!format!("{:?}", secrets()).contains("secret-0"));
    }
}
