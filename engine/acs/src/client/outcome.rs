//! What became of a request.

use serde::de::DeserializeOwned;

use crate::masking::mask_digits;
use crate::wire::error::ErrorResponse;

/// The longest text of a refusal that is kept, in characters.
const MESSAGE_CHARS_MAX: usize = 300;

/// The longest word of a refusal that is shown; a longer one may be a token or call context that the service quotes.
const WORD_CHARS_MAX: usize = 60;

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// The service took it.
    Accepted(T),
    /// The service refused it: it had no effect.
    Refused(Refusal),
    /// It may have had its effect. The caller finds out, by looking or by an event.
    Unknown(Doubt),
    /// It never left: it had no effect.
    NotSent(NotSent),
}

impl<T> Outcome<T> {
    /// Turns what an accepted request brought back into something else.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Accepted(value) => Outcome::Accepted(with(value)),
            Self::Refused(refusal) => Outcome::Refused(refusal),
            Self::Unknown(doubt) => Outcome::Unknown(doubt),
            Self::NotSent(reason) => Outcome::NotSent(reason),
        }
    }

    /// What an accepted request brought back.
    pub fn accepted(self) -> Option<T> {
        match self {
            Self::Accepted(value) => Some(value),
            Self::Refused(_) | Self::Unknown(_) | Self::NotSent(_) => None,
        }
    }
}

impl Outcome<Vec<u8>> {
    /// Takes the answer for what its status says: the operation has none that is worth reading.
    pub(crate) fn unread(self) -> Outcome<()> {
        self.map(|_| ())
    }

    /// Reads the answer. No answer at all is an empty object: all members of answers are optional.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Outcome<T> {
        match self {
            Self::Accepted(body) => {
                let body: &[u8] = if body.trim_ascii().is_empty() {
                    b"{}"
                } else {
                    &body
                };
                match serde_json::from_slice(body) {
                    Ok(value) => Outcome::Accepted(value),
                    Err(_) => Outcome::Unknown(Doubt::UnreadableAnswer),
                }
            }
            Self::Refused(refusal) => Outcome::Refused(refusal),
            Self::Unknown(doubt) => Outcome::Unknown(doubt),
            Self::NotSent(reason) => Outcome::NotSent(reason),
        }
    }
}

/// How the service refused a request. Its text is fit for logs: long words and numbers are masked.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("refused with status {status}, code `{code}`: {message}")]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// A word or a number as text; empty if the service gave none.
    pub code: String,
    /// For people; empty if the service gave none.
    pub message: String,
}

impl Refusal {
    /// Reads the body of a refusal; what is no error body gives a refusal without code.
    pub(crate) fn read(status: u16, body: &[u8]) -> Self {
        let error = serde_json::from_slice::<ErrorResponse>(body)
            .map(|body| body.error)
            .unwrap_or_default();
        Self {
            status,
            code: fit_for_logs(&error.code),
            message: fit_for_logs(&error.message),
        }
    }

    /// The sub-code, where the code is a number.
    #[must_use]
    pub fn sub_code(&self) -> Option<u32> {
        self.code.parse().ok()
    }
}

/// Why nobody knows whether a request had its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// No answer came in time.
    #[error("no answer came in time")]
    TimedOut,
    /// The connection broke after the request was sent.
    #[error("the connection broke before the answer came")]
    ConnectionLost,
    /// Something between us and the service gave up waiting for it, or the service broke off.
    #[error("status {status} does not tell whether it had its effect")]
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// The service accepted it, but its answer is not the one that belongs to the request, or is too long.
    #[error("the answer cannot be read")]
    UnreadableAnswer,
    /// An earlier attempt was lost and the next one refused: perhaps because the first had its effect.
    #[error("an attempt was lost and the next one refused with status {status}")]
    RefusedAfterLoss {
        /// The HTTP status.
        status: u16,
    },
}

/// Why a request never left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// No connection could be made.
    #[error("no connection to the resource could be made")]
    Unreachable,
    /// Its deadline passed before its turn came.
    #[error("its deadline passed before it was sent")]
    DeadlinePassed,
    /// Too many requests wait already.
    #[error("too many requests wait already")]
    QueueFull,
    /// It cannot be put into a request.
    #[error("it cannot be put into a request: {0}")]
    Invalid(&'static str),
}

fn fit_for_logs(text: &str) -> String {
    let words = text.split_whitespace().map(|word| {
        if word.chars().count() > WORD_CHARS_MAX {
            "…"
        } else {
            word
        }
    });
    let joined = words.collect::<Vec<&str>>().join(" ");
    mask_digits(&joined)
        .chars()
        .take(MESSAGE_CHARS_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_read_and_masked() {
        let context = "eyJ".repeat(40);
        let body = format!(
            r#"{{"error":{{"code":"8523","message":"+14255550123 and\n{context} are bad"}}}}"#
        );
        let refusal = Refusal::read(400, body.as_bytes());
        assert_eq!(refusal.sub_code(), Some(8523));
        assert_eq!(refusal.message, "+…23 and … are bad");
    }

    #[test]
    fn a_refusal_of_any_body_is_read() {
        for body in [&b""[..], b"<html>", b"{}", b"{\"error\":3}", &[0xff]] {
            assert_eq!(
                Refusal::read(502, body),
                Refusal {
                    status: 502,
                    ..Refusal::default()
                }
            );
        }
        assert_eq!(
            Refusal::read(404, br#"{"error":{"code":"NotFound"}}"#).sub_code(),
            None
        );
    }

    #[test]
    fn an_accepted_request_with_an_unreadable_answer_is_in_doubt() {
        let accepted = |body: &[u8]| Outcome::Accepted(body.to_vec()).read::<ErrorResponse>();
        assert_eq!(
            accepted(b"nonsense"),
            Outcome::Unknown(Doubt::UnreadableAnswer)
        );
        assert!(matches!(
            accepted(br#"{"error":{"code":"1"}}"#),
            Outcome::Accepted(_)
        ));
    }
}
