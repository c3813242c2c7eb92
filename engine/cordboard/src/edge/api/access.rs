//! Who asks, and what they may do.

use super::Api;
use super::answer::ApiError;
use crate::config::{Holder, TokenDigest};
use crate::engine::Engine;
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use cordboard_acs::Seldom;

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
        let token = TokenDigest::of(token.ok_or(ApiError::Unauthorised)?);
        let holder = api.engine.compiled().tokens.holder(&token).cloned();
        let holder = holder.ok_or_else(|| {
            warn_of_unknown_token();
            ApiError::Unauthorised
        })?;
        Ok(Self { holder, token })
    }
}

/// Somebody guesses, or one side has a new token and the other has not.
fn warn_of_unknown_token() {
    static UNKNOWN_TOKEN: Seldom = Seldom::new();
    if let Some(left_out) = UNKNOWN_TOKEN.pass() {
        tracing::warn!(
            left_out,
            "a request with a token that nobody has is refused"
        );
    }
}

impl Asker {
    /// Tells whether a request that takes long may go on: the token still has the same holder.
    pub(super) fn is_known_to(&self, engine: &Engine) -> bool {
        engine.compiled().tokens.holder(&self.token) == Some(&self.holder)
    }

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
