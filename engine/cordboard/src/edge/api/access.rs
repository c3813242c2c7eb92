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
pub(crate) struct Tokens(BTreeMap<[u8; 32], Holder>);

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

    fn holder(&self, token: &str) -> Option<&Holder> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        self.0.get(&digest)
    }
}

/// Who asks: the holder of the request's bearer token.
pub(super) struct Asker(pub(super) Holder);

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
        let holder = token.and_then(|token| api.engine.tokens().holder(token).cloned());
        holder.map(Self).ok_or(ApiError::Unauthorised)
    }
}

impl Asker {
    /// Lets supervisors and observers through.
    pub(super) fn may_see_all(&self) -> Result<(), ApiError> {
        match self.0 {
            Holder::Supervisor(_) | Holder::Observer(_) => Ok(()),
            Holder::Agent(_) => Err(ApiError::Forbidden("agents see only what is theirs")),
        }
    }

    /// Lets supervisors through, with their name.
    pub(super) fn supervisor(&self) -> Result<&str, ApiError> {
        match &self.0 {
            Holder::Supervisor(name) => Ok(name),
            Holder::Agent(_) | Holder::Observer(_) => {
                Err(ApiError::Forbidden("this takes the token of a supervisor"))
            }
        }
    }
}
