//! What the application is sent: Event Grid events and the texts around them.

use cordboard_acs::{
    Secret,
    wire::{
        call::CustomCallingContext,
        event_grid::{CloudEvent, EventGridEvent, INCOMING_CALL, IncomingCallData},
        identifier::{CommunicationIdentifier, IdentifierKind},
    },
};
use jiff::Timestamp;

use super::call::identifier;
use crate::{
    config::EventSchema,
    script::{CallerScript, RawId},
};

/// The resource that events come from, as Azure Resource Manager names it.
pub(crate) const TOPIC: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/simulator/providers/Microsoft.Communication/communicationServices/simulator";
/// The name of the subscription; Event Grid sends it in capitals.
const SUBSCRIPTION_NAME: &str = "SIMULATOR";

/// An IncomingCall event.
#[derive(Clone)]
pub(super) struct IncomingCall {
    pub(super) id: String,
    pub(super) at_ms: u64,
    pub(super) script: CallerScript,
    pub(super) server_call_id: String,
    pub(super) correlation_id: String,
    pub(super) context: String,
}

impl IncomingCall {
    /// Content type and body of a delivery.
    pub(super) fn render(&self, schema: EventSchema) -> (&'static str, Vec<u8>) {
        let script = &self.script;
        let subject = format!(
            "/caller/{}/recipient/{}",
            script.from.as_str(),
            script.dials.as_str()
        );
        let data = IncomingCallData {
            to: recipient(&script.dials),
            from: identifier(&script.from),
            server_call_id: self.server_call_id.clone(),
            caller_display_name: Some(script.display_name.clone()),
            custom_context: Some(CustomCallingContext {
                voip_headers: Some(script.headers.voip.clone()),
                sip_headers: Some(script.headers.sip.clone()),
            }),
            incoming_call_context: Secret::new(self.context.clone()),
            on_behalf_of_callee: None,
            correlation_id: Some(self.correlation_id.clone()),
        };
        let data = serde_json::to_value(data).unwrap_or_default();
        let time = Some(grid_time(self.at_ms));
        match schema {
            EventSchema::EventGrid => {
                let event = EventGridEvent {
                    id: self.id.clone(),
                    topic: Some(TOPIC.to_owned()),
                    subject,
                    data,
                    event_type: INCOMING_CALL.to_owned(),
                    event_time: time,
                    data_version: Some("1.0".to_owned()),
                    metadata_version: Some("1".to_owned()),
                };
                (
                    "application/json; charset=utf-8",
                    serde_json::to_vec(&[event]).unwrap_or_default(),
                )
            }
            EventSchema::CloudEvents => {
                let event = CloudEvent {
                    id: self.id.clone(),
                    source: TOPIC.to_owned(),
                    subject: Some(subject),
                    data,
                    event_type: INCOMING_CALL.to_owned(),
                    specversion: "1.0".to_owned(),
                    time,
                };
                (
                    "application/cloudevents+json; charset=utf-8",
                    serde_json::to_vec(&event).unwrap_or_default(),
                )
            }
        }
    }
}

/// The headers of a delivery by Event Grid.
pub(crate) fn delivery_headers(kind: &str, attempt: usize) -> Vec<(String, String)> {
    [
        ("aeg-event-type", kind.to_owned()),
        ("aeg-subscription-name", SUBSCRIPTION_NAME.to_owned()),
        ("aeg-delivery-count", attempt.to_string()),
        ("aeg-metadata-version", "1".to_owned()),
        ("aeg-data-version", "1.0".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// The time of a callback event.
pub(super) fn callback_time(at_ms: u64) -> String {
    format_time(at_ms, "%Y-%m-%dT%H:%M:%S%.7f+00:00")
}

/// The time of an Event Grid event.
pub(crate) fn grid_time(at_ms: u64) -> String {
    format_time(at_ms, "%Y-%m-%dT%H:%M:%S%.7fZ")
}

fn format_time(at_ms: u64, format: &str) -> String {
    let at_ms = i64::try_from(at_ms).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(at_ms)
        .unwrap_or(Timestamp::MAX)
        .strftime(format)
        .to_string()
}

/// SPEC(Teams Phone extensibility, answering calls): a resource account arrives with its raw id and kind `unknown`.
fn recipient(dials: &RawId) -> CommunicationIdentifier {
    if dials.is_application() {
        return CommunicationIdentifier {
            kind: Some(IdentifierKind::Unknown),
            raw_id: Some(dials.as_str().to_owned()),
            ..CommunicationIdentifier::default()
        };
    }
    identifier(dials)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn event() -> IncomingCall {
        IncomingCall {
            id: "id".to_owned(),
            at_ms: 1_774_002_029_987,
            script: CallerScript::new("a", "28:orgid:ra", "4:+14255550123"),
            server_call_id: "server".to_owned(),
            correlation_id: "correlation".to_owned(),
            context: "context".to_owned(),
        }
    }

    #[test]
    fn the_event_grid_schema_is_an_array_and_the_resource_account_of_unknown_kind() {
        let (content_type, body) = event().render(EventSchema::EventGrid);
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(content_type, "application/json; charset=utf-8");
        assert_eq!(body[0]["eventType"], INCOMING_CALL);
        assert_eq!(body[0]["eventTime"], "2026-03-20T10:20:29.9870000Z");
        assert_eq!(
            body[0]["subject"],
            "/caller/4:+14255550123/recipient/28:orgid:ra"
        );
        let to = serde_json::json!({"kind": "unknown", "rawId": "28:orgid:ra"});
        assert_eq!(body[0]["data"]["to"], to);
        assert_eq!(
            body[0]["data"]["from"]["phoneNumber"]["value"],
            "+14255550123"
        );
        assert_eq!(body[0]["data"]["incomingCallContext"], "context");
    }

    #[test]
    fn the_cloud_events_schema_is_one_object() {
        let (content_type, body) = event().render(EventSchema::CloudEvents);
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(content_type, "application/cloudevents+json; charset=utf-8");
        assert_eq!(body["type"], INCOMING_CALL);
        assert_eq!(body["specversion"], "1.0");
        assert_eq!(body["time"], "2026-03-20T10:20:29.9870000Z");
    }

    #[test]
    fn callback_times_have_seven_decimals_and_an_offset() {
        assert_eq!(
            callback_time(1_774_002_030_123),
            "2026-03-20T10:20:30.1230000+00:00"
        );
    }
}
