//! What Event Grid delivers: reading a webhook request into incoming calls, finished recording files and handshakes.
//!
//! Both schemas are read, by what the body says: an array of Event Grid events, one CloudEvent, or an array of these.
//! SPEC(Event Grid: webhook event delivery, CloudEvents schema, delivery and retry). Whether the sender may deliver is
//! for [`WebhookAuth`](crate::webhook_auth::WebhookAuth) to say, before anything is read; whether an event is stale or a
//! duplicate is for the core.

use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::event_grid::{
    CloudEvent, EventGridEvent, INCOMING_CALL, IncomingCallData, RECORDING_FILE_STATUS_UPDATED,
    RecordingFileStatusUpdatedData, SUBSCRIPTION_VALIDATION, SubscriptionValidationData,
    SubscriptionValidationResponse,
};

/// The longest body of a delivery, in bytes. Event Grid's own limit is 1 MiB.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// The most events of one delivery; Event Grid's own limit for batches.
pub const EVENTS_MAX: usize = 5_000;

/// Who may ask for the CloudEvents handshake.
const ORIGINS: [&str; 3] = [
    "eventgrid.azure.net",
    "eventgrid.azure.us",
    "eventgrid.azure.cn",
];
const REQUEST_ORIGIN_HEADER: &str = "webhook-request-origin";

/// Events about calls that callbacks tell better, and that do not come for all calls.
const PROGRESS_TYPES: [&str; 4] = [
    "Microsoft.Communication.CallStarted",
    "Microsoft.Communication.CallEnded",
    "Microsoft.Communication.CallParticipantAdded",
    "Microsoft.Communication.CallParticipantRemoved",
];

/// What a webhook request of Event Grid is about.
#[derive(Debug, PartialEq)]
pub enum Delivery {
    /// The CloudEvents handshake: answer 200 with [`Delivery::HANDSHAKE_HEADERS`] and no body.
    Handshake {
        /// Goes back in `WebHook-Allowed-Origin`.
        origin: &'static str,
    },
    /// The Event Grid handshake: answer 200 (no other status) with this as JSON.
    Validation(SubscriptionValidationResponse),
    /// Events. Answer 200 when they are kept; one that cannot be read does not hold up the others.
    Events(Vec<Result<GridEvent, UnreadableEvent>>),
}

impl Delivery {
    /// The headers that answer a handshake: name and value, where no value stands for the origin.
    pub const HANDSHAKE_HEADERS: [(&'static str, Option<&'static str>); 2] = [
        ("webhook-allowed-origin", None),
        ("webhook-allowed-rate", Some("*")),
    ];

    /// Reads a request.
    ///
    /// # Errors
    /// Nothing of it can be used; [`DeliveryError::status`] says how to answer.
    pub fn parse(method: &Method, headers: &HeaderMap, body: &[u8]) -> Result<Self, DeliveryError> {
        if method == Method::OPTIONS {
            let asked = headers
                .get(REQUEST_ORIGIN_HEADER)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default();
            let origin = ORIGINS
                .iter()
                .find(|origin| origin.eq_ignore_ascii_case(asked.trim()));
            return origin
                .map(|origin| Self::Handshake { origin })
                .ok_or(DeliveryError::UnknownOrigin);
        }
        if method != Method::POST {
            return Err(DeliveryError::Method);
        }
        if body.len() > BODY_BYTES_MAX {
            return Err(DeliveryError::TooLarge);
        }
        parse_body(body)
    }
}

/// One event.
#[derive(Debug, PartialEq)]
pub struct GridEvent {
    /// Names the event; a second one with this id is a duplicate.
    pub id: String,
    /// When it was made, milliseconds since the Unix epoch; `None` if the event does not say.
    pub at_ms: Option<u64>,
    /// What happened.
    pub kind: GridEventKind,
}

/// What happened.
#[derive(Debug, PartialEq)]
pub enum GridEventKind {
    /// Somebody calls.
    IncomingCall(Box<IncomingCallData>),
    /// A recording's files are there.
    RecordingFile {
        /// The recording, where the event's subject names it.
        recording_id: Option<String>,
        /// The files.
        data: Box<RecordingFileStatusUpdatedData>,
    },
    /// Nothing that the engine acts on.
    Ignored {
        /// The event's type.
        event_type: String,
        /// Why.
        reason: IgnoredBecause,
    },
}

/// Why an event is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IgnoredBecause {
    /// Callbacks tell the same, and for all calls.
    #[error("callbacks tell the same")]
    ToldByCallbacks,
    /// The type is not known.
    #[error("the event type is not known")]
    UnknownType,
}

/// An event that cannot be read. Its text quotes nothing of the event's data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableEvent {
    /// It is of neither schema.
    #[error("the event follows neither the Event Grid nor the CloudEvents 1.0 schema")]
    Schema,
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

/// Why nothing of a request can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// Neither POST nor OPTIONS.
    #[error("event deliveries are POST requests, handshakes OPTIONS")]
    Method,
    /// An OPTIONS request of somebody else than Event Grid.
    #[error(
        "the handshake does not come from Event Grid: header `WebHook-Request-Origin` must be `eventgrid.azure.net`"
    )]
    UnknownOrigin,
    /// The body is too long.
    #[error("the body is longer than {BODY_BYTES_MAX} bytes")]
    TooLarge,
    /// There are too many events.
    #[error("the delivery has more than {EVENTS_MAX} events")]
    TooManyEvents,
    /// The body is not JSON, or neither an event nor an array of events.
    #[error("the body is not an event or an array of events in JSON")]
    NotJson,
}

impl DeliveryError {
    /// The HTTP status to answer with. Event Grid does not deliver again after 400 and 413.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Method => 405,
            Self::UnknownOrigin | Self::NotJson => 400,
            Self::TooLarge | Self::TooManyEvents => 413,
        }
    }
}

/// What tells the schemas apart.
#[derive(Deserialize)]
struct Peek {
    #[serde(default)]
    specversion: Option<String>,
    #[serde(default, rename = "eventType")]
    event_type: Option<String>,
}

/// An event of either schema.
struct Event {
    id: String,
    event_type: String,
    subject: String,
    time: Option<String>,
    data: serde_json::Value,
}

fn parse_body(body: &[u8]) -> Result<Delivery, DeliveryError> {
    let is_array = body.trim_ascii_start().first() == Some(&b'[');
    let raw: Vec<&RawValue> = if is_array {
        serde_json::from_slice(body).map_err(|_| DeliveryError::NotJson)?
    } else {
        vec![serde_json::from_slice(body).map_err(|_| DeliveryError::NotJson)?]
    };
    if raw.len() > EVENTS_MAX {
        return Err(DeliveryError::TooManyEvents);
    }
    let mut events = Vec::with_capacity(raw.len());
    for raw in raw {
        match read_event(raw.get()) {
            Ok(event)
                if event
                    .event_type
                    .eq_ignore_ascii_case(SUBSCRIPTION_VALIDATION) =>
            {
                match data_of::<SubscriptionValidationData>(&event) {
                    Ok(data) => {
                        return Ok(Delivery::Validation(SubscriptionValidationResponse {
                            validation_response: data.validation_code,
                        }));
                    }
                    Err(error) => events.push(Err(error)),
                }
            }
            Ok(event) => events.push(understand(event)),
            Err(error) => events.push(Err(error)),
        }
    }
    Ok(Delivery::Events(events))
}

fn read_event(json: &str) -> Result<Event, UnreadableEvent> {
    let peek: Peek = serde_json::from_str(json).map_err(|_| UnreadableEvent::Schema)?;
    if peek.specversion.as_deref() == Some("1.0") {
        let event: CloudEvent = serde_json::from_str(json).map_err(|_| UnreadableEvent::Schema)?;
        return Ok(Event {
            id: event.id,
            event_type: event.event_type,
            subject: event.subject.unwrap_or_default(),
            time: event.time,
            data: event.data,
        });
    }
    if peek.event_type.is_none() {
        return Err(UnreadableEvent::Schema);
    }
    let event: EventGridEvent = serde_json::from_str(json).map_err(|_| UnreadableEvent::Schema)?;
    Ok(Event {
        id: event.id,
        event_type: event.event_type,
        subject: event.subject,
        time: event.event_time,
        data: event.data,
    })
}

fn understand(event: Event) -> Result<GridEvent, UnreadableEvent> {
    let is = |event_type: &str| event.event_type.eq_ignore_ascii_case(event_type);
    let kind = if is(INCOMING_CALL) {
        GridEventKind::IncomingCall(Box::new(data_of(&event)?))
    } else if is(RECORDING_FILE_STATUS_UPDATED) {
        let recording_id = event
            .subject
            .rsplit_once("/recordingId/")
            .map(|(_, id)| id.to_owned());
        GridEventKind::RecordingFile {
            recording_id,
            data: Box::new(data_of(&event)?),
        }
    } else {
        let reason = if PROGRESS_TYPES.iter().any(|event_type| is(event_type)) {
            IgnoredBecause::ToldByCallbacks
        } else {
            IgnoredBecause::UnknownType
        };
        GridEventKind::Ignored {
            event_type: event.event_type,
            reason,
        }
    };
    Ok(GridEvent {
        id: event.id,
        at_ms: event.time.as_deref().and_then(unix_ms),
        kind,
    })
}

fn data_of<'e, T: Deserialize<'e>>(event: &'e Event) -> Result<T, UnreadableEvent> {
    T::deserialize(&event.data).map_err(|_| UnreadableEvent::Data {
        id: event.id.clone(),
        event_type: event.event_type.clone(),
    })
}

/// An RFC 3339 time in milliseconds since the Unix epoch.
fn unix_ms(time: &str) -> Option<u64> {
    u64::try_from(time.parse::<Timestamp>().ok()?.as_millisecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(body: &str) -> Result<Delivery, DeliveryError> {
        Delivery::parse(&Method::POST, &HeaderMap::new(), body.as_bytes())
    }

    fn events(body: &str) -> Vec<Result<GridEvent, UnreadableEvent>> {
        match post(body) {
            Ok(Delivery::Events(events)) => events,
            other => panic!("no events: {other:?}"),
        }
    }

    fn call(schema: &str) -> String {
        let data = r#"{"to":{"rawId":"28:orgid:a"},"from":{"rawId":"4:+14255550123"},"incomingCallContext":"eyJ0"}"#;
        match schema {
            "grid" => format!(
                r#"{{"id":"e1","subject":"s","eventType":"Microsoft.Communication.IncomingCall","eventTime":"2026-05-05T10:20:30.1234567Z","data":{data}}}"#
            ),
            _ => format!(
                r#"{{"id":"e1","type":"Microsoft.Communication.IncomingCall","specversion":"1.0","time":"2026-05-05T12:20:30.1234567+02:00","data":{data}}}"#
            ),
        }
    }

    #[test]
    fn a_call_is_read_from_both_schemas_and_from_batches() {
        for body in [
            format!("[{}]", call("grid")),
            call("cloud"),
            format!(" [{0},{0}]", call("cloud")),
            call("grid"),
        ] {
            for event in events(&body) {
                let event = event.unwrap();
                assert_eq!(
                    (event.id.as_str(), event.at_ms),
                    ("e1", Some(1_777_976_430_123)),
                    "{body}"
                );
                let GridEventKind::IncomingCall(data) = event.kind else {
                    panic!("{body}")
                };
                assert_eq!(data.incoming_call_context.expose(), "eyJ0");
            }
        }
    }

    #[test]
    fn one_bad_event_does_not_lose_the_others() {
        let body = format!(
            r#"[{0},{{"id":"e2","eventType":"Microsoft.Communication.IncomingCall","data":{{"incomingCallContext":7}}}},3,{{}},{0}]"#,
            call("grid")
        );
        let events = events(&body);
        assert_eq!(
            events.iter().map(Result::is_ok).collect::<Vec<_>>(),
            [true, false, false, false, true]
        );
        assert!(matches!(&events[1], Err(UnreadableEvent::Data { id, .. }) if id == "e2"));
    }

    #[test]
    fn errors_do_not_quote_data() {
        let body =
            r#"[{"id":"e","eventType":"Microsoft.Communication.IncomingCall","data":"eyJsecret"}]"#;
        let error = events(body).remove(0).unwrap_err().to_string();
        assert!(!error.contains("eyJ"), "{error}");
    }

    #[test]
    fn the_event_grid_handshake_is_answered_with_its_code() {
        let body = r#"[{"id":"1","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"c-1"}}]"#;
        let response = SubscriptionValidationResponse {
            validation_response: "c-1".to_owned(),
        };
        assert_eq!(post(body), Ok(Delivery::Validation(response)));
    }

    #[test]
    fn the_cloud_events_handshake_is_answered_to_event_grid_only() {
        let options = |origin: &str| {
            let headers = HeaderMap::from_iter([(
                "webhook-request-origin".parse().unwrap(),
                origin.parse().unwrap(),
            )]);
            Delivery::parse(&Method::OPTIONS, &headers, b"")
        };
        assert_eq!(
            options("eventgrid.azure.net"),
            Ok(Delivery::Handshake {
                origin: "eventgrid.azure.net"
            })
        );
        assert_eq!(options("evil.example"), Err(DeliveryError::UnknownOrigin));
        let none = Delivery::parse(&Method::OPTIONS, &HeaderMap::new(), b"");
        assert_eq!(none, Err(DeliveryError::UnknownOrigin));
    }

    #[test]
    fn other_events_are_ignored_with_a_reason() {
        for (event_type, reason) in [
            (
                "Microsoft.Communication.CallStarted",
                IgnoredBecause::ToldByCallbacks,
            ),
            (
                "Microsoft.Communication.RouterJobQueued",
                IgnoredBecause::UnknownType,
            ),
        ] {
            let event = events(&format!(
                r#"[{{"id":"1","eventType":"{event_type}","data":{{}}}}]"#
            ))
            .remove(0)
            .unwrap();
            assert_eq!(
                event.kind,
                GridEventKind::Ignored {
                    event_type: event_type.to_owned(),
                    reason
                }
            );
            assert_eq!(event.at_ms, None);
        }
    }

    #[test]
    fn a_finished_recording_names_its_recording() {
        let body = r#"[{"id":"1","subject":"/recording/call/c/serverCallId/s/recordingId/rec-1",
            "eventType":"Microsoft.Communication.RecordingFileStatusUpdated","data":{"recordingDurationMs":5}}]"#;
        let GridEventKind::RecordingFile { recording_id, data } =
            events(body).remove(0).unwrap().kind
        else {
            panic!("no recording")
        };
        assert_eq!(
            (recording_id.as_deref(), data.recording_duration_ms),
            (Some("rec-1"), Some(5))
        );
    }

    #[test]
    fn what_is_no_delivery_is_an_error_with_its_status() {
        for (body, status) in [
            ("", 400),
            ("{", 400),
            ("[", 400),
            ("[1]]", 400),
            ("\u{feff}[]", 400),
        ] {
            assert_eq!(post(body).unwrap_err().status(), status, "{body}");
        }
        assert_eq!(
            post(&" ".repeat(BODY_BYTES_MAX + 1)),
            Err(DeliveryError::TooLarge)
        );
        assert_eq!(
            post(&format!("[{}1]", "1,".repeat(EVENTS_MAX))),
            Err(DeliveryError::TooManyEvents)
        );
        let get = Delivery::parse(&Method::GET, &HeaderMap::new(), b"[]");
        assert_eq!(get.unwrap_err().status(), 405);
        assert_eq!(events("[]").len(), 0);
    }
}
