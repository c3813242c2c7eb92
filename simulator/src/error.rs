//! What can go wrong before and around a simulation. What goes wrong inside one is in the ledger.

use thiserror::Error;

/// A script that cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScriptError {
    /// The name is empty or too long.
    #[error("a name has {length} bytes; give it 1 to {max}", max = crate::script::NAME_LENGTH_MAX)]
    Name {
        /// Its length in bytes.
        length: usize,
    },
    /// The name is taken.
    #[error("`{name}` is defined twice; rename one of the two")]
    Duplicate {
        /// The caller, person or identifier.
        name: String,
    },
    /// Keys that a telephone does not have, or too many.
    #[error(
        "`{name}` presses what no telephone has; use at most {max} of `0`-`9`, `A`-`D`, `*`, `#`",
        max = crate::script::DIGITS_MAX
    )]
    Digits {
        /// The caller or person.
        name: String,
    },
    /// No fate is allowed.
    #[error("`{name}` has no allowed fate; name at least one")]
    NoFate {
        /// The caller.
        name: String,
    },
    /// The caller's own id is no number.
    #[error(
        "`{name}` calls from something that is not a telephone number; use `4:+…` or `4:anonymous`"
    )]
    NotANumber {
        /// The caller.
        name: String,
    },
    /// The person cannot be rung anywhere.
    #[error("`{name}` has no endpoint; give at least one")]
    NoEndpoint {
        /// The person.
        name: String,
    },
    /// The endpoint does nothing when rung.
    #[error("an endpoint of `{name}` has no behaviour; give at least one entry in `rings`")]
    NoBehaviour {
        /// The person.
        name: String,
    },
}

/// The simulator could not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is taken or not ours.
    #[error("cannot listen on `{address}`; end what listens there, or choose another address")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The access key is not base64.
    #[error(transparent)]
    Key(#[from] cordboard_acs::hmac::InvalidAccessKey),
    /// A script cannot be played.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// The HTTP client could not be made.
    #[error("cannot make an HTTP client: {0}")]
    Client(#[source] reqwest::Error),
}

/// The Event Grid handshake with a subscriber failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// Nobody answered.
    #[error("the subscription endpoint cannot be reached: {0}")]
    Unreachable(#[source] reqwest::Error),
    /// The answer has another status than 200; 202 is not enough.
    #[error("the subscription endpoint answered the handshake with {status}; it must be 200")]
    Status {
        /// The status.
        status: u16,
    },
    /// The answer does not hold the code.
    #[error("the subscription endpoint did not send the validation code back")]
    Code,
    /// The answer does not allow the origin.
    #[error(
        "the subscription endpoint did not allow the origin `{origin}` in `WebHook-Allowed-Origin`"
    )]
    Origin {
        /// The origin that asked.
        origin: &'static str,
    },
}
