//! The body of a refused request.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::masking::mask_digits;

/// Body of every answer that is not a success. SPEC(Communication Services Common, `CommunicationErrorResponse`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorResponse {
    /// The error.
    pub error: ServiceError,
}

impl ErrorResponse {
    /// An error with a code and a message.
    #[must_use]
    pub fn new(code: &str, message: &str) -> Self {
        Self {
            error: ServiceError {
                code: code.to_owned(),
                message: message.to_owned(),
                ..Default::default()
            },
        }
    }
}

/// What went wrong. Never match on `message`: its text changes.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceError {
    /// A word, or the numeric sub-code as text.
    #[serde(default, deserialize_with = "text_or_number")]
    pub code: String,
    /// For people. It may quote a phone number.
    #[serde(default)]
    pub message: String,
    /// What the error is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The single errors behind this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Vec<ServiceError>>,
    /// The cause.
    #[serde(
        default,
        rename = "innererror",
        skip_serializing_if = "Option::is_none"
    )]
    pub inner_error: Option<Box<ServiceError>>,
}

impl fmt::Debug for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ServiceError({}: {})",
            self.code,
            mask_digits(&self.message)
        )
    }
}

/// The code is documented as text and often holds a number; a bare number is taken as well.
fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Code {
        Text(String),
        Number(i64),
    }
    Ok(match Code::deserialize(deserializer)? {
        Code::Text(text) => text,
        Code::Number(number) => number.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_may_be_text_or_a_number() {
        for body in [
            r#"{"error":{"code":"8523","message":"m"}}"#,
            r#"{"error":{"code":8523,"message":"m"}}"#,
        ] {
            let response: ErrorResponse = serde_json::from_str(body).unwrap();
            assert_eq!(response, ErrorResponse::new("8523", "m"), "{body}");
        }
    }

    #[test]
    fn nested_errors_are_read_and_numbers_masked_in_debug() {
        let body = r#"{"error":{"code":"BadRequest","message":"+14255550123 is bad","details":[{"code":"1","message":"x"}],
            "innererror":{"code":"2","message":"y"}}}"#;
        let response: ErrorResponse = serde_json::from_str(body).unwrap();
        assert_eq!(response.error.details.as_ref().map(Vec::len), Some(1));
        assert_eq!(
            response
                .error
                .inner_error
                .as_ref()
                .map(|error| error.code.as_str()),
            Some("2")
        );
        assert!(!format!("{response:?}").contains("555"));
    }
}
