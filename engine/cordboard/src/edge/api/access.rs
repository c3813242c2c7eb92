//! Who asks, and what they may do.

use super::Api;
use super::answer::ApiError;
use crate::config::{Compiled, Holder};
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Tokens by their SHA-256. Looking a digest up tells nothing about the token by the time it takes:
/// whoever knows the digest of a guess does not know how near the guess was.
#[derive(Debug, Default)]
pub(crate) struct Tokens(BTreeMap<TokenDigest, Holder>);

/// The SHA-256 of a token.
type TokenDigest = [u8; 32];

impl Tokens {
    pub(crate) fn new(config: &Compiled) -> Self {
        let digest = |token: &str| Sha256::digest(token).into();
        Self(
            config
                .tokens
                .iter()
                .map(|token| (digest(token.token.expose()), token.holder.clone()))
                .collect(),
        )
    }

    /// Tells whether a request that takes long may go on: its token still has the same holder.
    pub(super) fn know(&self, asker: &Asker) -> bool {
        self.0.get(&asker.token) == Some(&asker.holder)
    }
}

/// Who asks: the holder of the request's bearer token.
pub(super) struct Asker {
    pub(super) holder: Holder,
    token: TokenDigest,
}

impl FromRequestParts<Api> for Asker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let token = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        let token = Sha256::digest(token.ok_or(ApiError::Unauthorised)?).into();
        let holder = api.engine.tokens().0.get(&token).cloned();
        let holder = holder.ok_or(ApiError::Unauthorised)?;
        Ok(Self { holder, token })
    }
}

impl Asker {
    /// Lets supervisors and observers through.
    pub(super) fn may_see_all(&self) -> Result<(), ApiError> {
        match self.holder {
            Holder::Supervisor(_) | Holder::Observer(_) => Ok(()),
            Holder::Agent(_) => Err(ApiError::Forbidden("agents see only what is theirs")),
        }
    }

    /// Lets supervisors through, with their name.
    pub(super) fn supervisor(&self) -> Result<&str, ApiError> {
        match &self.holder {
            Holder::Supervisor(name) => Ok(name),
            Holder::Agent(_) | Holder::Observer(_) => {
                Err(ApiError::Forbidden("this takes the token of a supervisor"))
            }
        }
    }
}
