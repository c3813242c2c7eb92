//! What the service reports about one call: reading a request to its callback address.
//!
//! What a caller enters is kept only where the engine itself marked the operation as plain: digits of every other
//! recognition, and of every one whose context is missing or was not written by this engine, come as a separate
//! [`SensitiveDigits`] and are not in the event. The request's own body holds them as well: whoever received it neither
//! keeps nor logs it.

use std::fmt;

use cordboard_core::ids::CallId;
use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::callback_path::CallbackPath;
use crate::edge_key::EdgeKey;
use crate::operation_context::{OperationContext, Privacy};
use crate::wire::callback::{CallbackDetail, CallbackEvent};
use crate::wire::media::DtmfResult;

/// The longest body of a callback, in bytes. A participant list of the largest call has about 100,000.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// The most events of one request.
pub const EVENTS_MAX: usize = 1_000;

/// One event of a call, with what it belongs to.
pub struct ReceivedEvent {
    /// The event, without anything that must not be kept.
    pub event: CallbackEvent,
    /// The operation that it belongs to, if this engine started it for this call.
    pub context: Option<OperationContext>,
    /// What the caller entered, if that is a secret. To be handed to whoever collects it, or dropped.
    pub digits: Option<SensitiveDigits>,
}

impl ReceivedEvent {
    /// Reads a request to a verified callback path: an array of events, or one event.
    ///
    /// # Errors
    /// Nothing of the body can be used. An event that cannot be read does not hold up the others.
    pub fn parse(
        body: &[u8],
        path: &CallbackPath,
        key: &EdgeKey,
    ) -> Result<Vec<Result<Self, UnreadableCallback>>, CallbackBodyError> {
        if body.len() > BODY_BYTES_MAX {
            return Err(CallbackBodyError::TooLarge);
        }
        let is_array = body.trim_ascii_start().first() == Some(&b'[');
        let raw: Vec<&RawValue> = if is_array {
            serde_json::from_slice(body).map_err(|_| CallbackBodyError::NotJson)?
        } else {
            vec![serde_json::from_slice(body).map_err(|_| CallbackBodyError::NotJson)?]
        };
        if raw.len() > EVENTS_MAX {
            return Err(CallbackBodyError::TooManyEvents);
        }
        Ok(raw
            .into_iter()
            .map(|raw| read_event(raw.get(), path, key))
            .collect())
    }
}

impl fmt::Debug for ReceivedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedEvent")
            .field("event", &self.event)
            .field("context", &self.context)
            .field("digits", &self.digits.as_ref().map(SensitiveDigits::count))
            .finish()
    }
}

/// Digits that nobody may see but the one who collects them. They are overwritten when dropped, and can be neither
/// printed nor serialised.
#[expect(missing_debug_implementations, reason = "they must not be printed")]
pub struct SensitiveDigits(Zeroizing<String>);

impl SensitiveDigits {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The digits as keys: `0`-`9`, `A`-`D`, `*`, `#`; `?` for a tone that is not known.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn take(result: DtmfResult) -> Self {
        // One allocation, so that no outgrown copy stays behind.
        let mut digits = Zeroizing::new(String::with_capacity(result.tones.len()));
        digits.extend(result.tones.iter().map(|tone| tone.key().unwrap_or('?')));
        Self(digits)
    }
}

/// An event that cannot be read. Its text quotes nothing of the event's data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableCallback {
    /// It is not a CloudEvent.
    #[error("the event has no `id` and `type`")]
    Envelope,
    /// The envelope is readable, the data is not what its type has.
    #[error(
        "the data of event `{id}` of type `{event_type}` lacks a member or has one of a wrong type"
    )]
    Data {
        /// The event.
        id: String,
        /// Its type.
        event_type: String,
    },
}

/// Why nothing of a callback can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackBodyError {
    /// The body is too long.
    #[error("the body is longer than {BODY_BYTES_MAX} bytes")]
    TooLarge,
    /// There are too many events.
    #[error("the callback has more than {EVENTS_MAX} events")]
    TooManyEvents,
    /// The body is not JSON.
    #[error("the body is not an event or an array of events in JSON")]
    NotJson,
}

impl CallbackBodyError {
    /// The HTTP status to answer with.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::NotJson => 400,
            Self::TooLarge | Self::TooManyEvents => 413,
        }
    }
}

#[derive(Deserialize)]
struct Peek {
    id: String,
    #[serde(rename = "type")]
    event_type: String,
}

fn read_event(
    json: &str,
    path: &CallbackPath,
    key: &EdgeKey,
) -> Result<ReceivedEvent, UnreadableCallback> {
    // The text of a parse error may quote the very value that it complains about: it goes no further.
    let mut event: CallbackEvent =
        serde_json::from_str(json).map_err(|_| match serde_json::from_str::<Peek>(json) {
            Ok(Peek { id, event_type }) => UnreadableCallback::Data { id, event_type },
            Err(_) => UnreadableCallback::Envelope,
        })?;
    let context = context_of(&event, path.call, key, &path.tenant);
    let digits = withhold(&mut event.detail, context);
    Ok(ReceivedEvent {
        event,
        context,
        digits,
    })
}

fn context_of(
    event: &CallbackEvent,
    call: CallId,
    key: &EdgeKey,
    tenant: &str,
) -> Option<OperationContext> {
    let context = OperationContext::decode(event.operation_context.as_deref()?, key, tenant)?;
    (context.command.call == call).then_some(context)
}

/// Takes what the caller entered out of an event that is not known to be plain.
fn withhold(
    detail: &mut CallbackDetail,
    context: Option<OperationContext>,
) -> Option<SensitiveDigits> {
    let CallbackDetail::RecognizeCompleted {
        dtmf,
        choice,
        speech,
        ..
    } = detail
    else {
        return None;
    };
    if context.is_some_and(|context| context.privacy == Privacy::Plain) {
        return None;
    }
    *choice = None;
    *speech = None;
    Some(SensitiveDigits::take(dtmf.take().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use cordboard_core::ids::CommandId;

    use super::*;

    const CARD: &str = "4111111111111111";

    fn key() -> EdgeKey {
        EdgeKey::from_nonce(&[7; 32]).unwrap()
    }

    fn path() -> CallbackPath {
        CallbackPath {
            tenant: "contoso".to_owned(),
            call: CallId(42),
        }
    }

    fn context(call: u64, privacy: Privacy) -> OperationContext {
        OperationContext {
            command: CommandId {
                call: CallId(call),
                sequence: 7,
            },
            privacy,
        }
    }

    fn recognized(operation_context: &str) -> String {
        let tones = CARD.chars().map(|digit| {
            if digit == '4' {
                r#""four""#
            } else {
                r#""one""#
            }
        });
        let tones = tones.collect::<Vec<_>>().join(",");
        format!(
            r#"{{"id":"e1","type":"Microsoft.Communication.RecognizeCompleted","data":{{"callConnectionId":"cc",
            "operationContext":{operation_context},"recognitionType":"dtmf","dtmfResult":{{"tones":[{tones}]}},
            "choiceResult":{{"label":"{CARD}","recognizedPhrase":"{CARD}"}},"speechResult":{{"speech":"{CARD}"}}}}}}"#
        )
    }

    fn parse_one(body: &str) -> ReceivedEvent {
        ReceivedEvent::parse(body.as_bytes(), &path(), &key())
            .unwrap()
            .remove(0)
            .unwrap()
    }

    #[test]
    fn digits_of_an_operation_marked_plain_stay_in_the_event() {
        let text = context(42, Privacy::Plain).encode(&key(), "contoso");
        let received = parse_one(&recognized(&format!("\"{text}\"")));
        assert_eq!(received.context, Some(context(42, Privacy::Plain)));
        assert!(received.digits.is_none());
        let CallbackDetail::RecognizeCompleted {
            dtmf: Some(dtmf), ..
        } = received.event.detail
        else {
            panic!()
        };
        assert_eq!(dtmf.tones.len(), 16);
    }

    #[test]
    fn digits_of_all_others_are_withheld() {
        let sensitive =
            context(42, Privacy::Sensitive { collection: None }).encode(&key(), "contoso");
        let of_another_call = context(41, Privacy::Plain).encode(&key(), "contoso");
        let of_another_tenant = context(42, Privacy::Plain).encode(&key(), "fabrikam");
        let forged = sensitive.replace(".s.", ".p.");
        for text in [
            &sensitive,
            &of_another_call,
            &of_another_tenant,
            &forged,
            "",
            "anything",
        ] {
            let received = parse_one(&recognized(&format!("\"{text}\"")));
            let digits = received.digits.as_ref().unwrap();
            assert_eq!((digits.count(), digits.expose()), (16, CARD), "{text}");
            let shown = format!(
                "{received:?}{}",
                serde_json::to_string(&received.event).unwrap()
            );
            assert!(
                !shown.contains("four") && !shown.contains("4111"),
                "{text}: {shown}"
            );
        }
        assert!(parse_one(&recognized("null")).digits.is_some());
    }

    #[test]
    fn one_bad_event_does_not_lose_the_others() {
        let good = r#"{"id":"e1","type":"Microsoft.Communication.CallConnected","data":{"callConnectionId":"cc"}}"#;
        let bad = r#"{"id":"e2","type":"Microsoft.Communication.RecognizeCompleted","data":{"dtmfResult":{"tones":"4111"}}}"#;
        let body = format!("[{good},{bad},4111,{{}},{good}]");
        let events = ReceivedEvent::parse(body.as_bytes(), &path(), &key()).unwrap();
        assert_eq!(
            events.iter().map(Result::is_ok).collect::<Vec<_>>(),
            [true, false, false, false, true]
        );
        for event in &events {
            let Err(error) = event else { continue };
            assert!(!error.to_string().contains("4111"), "{error}");
        }
        assert!(matches!(&events[1], Err(UnreadableCallback::Data { id, .. }) if id == "e2"));
        assert!(matches!(&events[3], Err(UnreadableCallback::Envelope)));
    }

    #[test]
    fn an_unknown_type_is_kept_by_name() {
        let received =
            parse_one(r#"{"id":"e1","type":"Microsoft.Communication.Surprise","data":{"x":[1]}}"#);
        assert_eq!(
            received.event.detail.name(),
            "Microsoft.Communication.Surprise"
        );
    }

    #[test]
    fn what_is_no_callback_is_an_error_with_its_status() {
        let parse = |body: &str| {
            ReceivedEvent::parse(body.as_bytes(), &path(), &key()).map(|events| events.len())
        };
        assert_eq!(parse("[]"), Ok(0));
        assert_eq!(parse(""), Err(CallbackBodyError::NotJson));
        assert_eq!(parse("[{]"), Err(CallbackBodyError::NotJson));
        assert_eq!(
            parse(&" ".repeat(BODY_BYTES_MAX + 1)),
            Err(CallbackBodyError::TooLarge)
        );
        assert_eq!(
            parse(&format!("[{}1]", "1,".repeat(EVENTS_MAX))),
            Err(CallbackBodyError::TooManyEvents)
        );
        assert_eq!(CallbackBodyError::TooLarge.status(), 413);
    }
}
