//! Who may use the HTTP API.

use super::secret::Secret;
use cordboard_core::ids::AgentId;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// Holders by the digest of their token; the tokens themselves are not kept. Looking a digest up tells
/// nothing about the token by the time that it takes: whoever knows the digest of a guess does not
/// know how near the guess was.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Tokens(BTreeMap<TokenDigest, Holder>);

/// The SHA-256 of a token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenDigest([u8; 32]);

/// Who shows a token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Holder {
    /// An agent: sees its own offers and calls, acts for itself.
    Agent(AgentId),
    /// A supervisor, by name: sees everything, acts on everything.
    Supervisor(String),
    /// An observer, by name: sees everything, acts on nothing.
    Observer(String),
}

impl Tokens {
    /// Returns who has the token with this digest.
    #[must_use]
    pub fn holder(&self, token: &TokenDigest) -> Option<&Holder> {
        self.0.get(token)
    }

    /// Adds a token; false if somebody has it already.
    pub(super) fn add(&mut self, token: &Secret, holder: Holder) -> bool {
        let digest = TokenDigest::of(token.expose());
        self.0.insert(digest, holder).is_none()
    }
}

impl TokenDigest {
    /// Returns the digest of a token.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

/// The holders alone: a short token could be guessed from its digest.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.values()).finish()
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest(…)")
    }
}
