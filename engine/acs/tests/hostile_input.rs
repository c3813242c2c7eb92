//! Whatever arrives, the parsers neither panic nor let out what must stay inside. A failing case prints its seed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails panics"
)]

use cordboard_acs::callback::ReceivedEvent;
use cordboard_acs::callback_path::CallbackPath;
use cordboard_acs::edge_key::EdgeKey;
use cordboard_acs::event_grid::Delivery;
use cordboard_acs::inbound::{call_event, incoming_call};
use cordboard_acs::operation_context::OperationContext;
use cordboard_acs::wire::identifier::{CommunicationIdentifier, Identity};
use cordboard_acs::wire::route::Route;
use cordboard_core::ids::{CallId, Timestamp};
use cordboard_core::input::{CallEventKind, Digits};
use http::{HeaderMap, Method};
use proptest::prelude::*;
use serde_json::Value;

const EVENTS: &str = include_str!("fixtures/events.json");
const CARD: &str = "four,one,one,one,one,one,one,one,one,one,one,one,one,one,one,one";

fn key() -> EdgeKey {
    EdgeKey::from_nonce(&[7; 32]).unwrap()
}

fn path() -> CallbackPath {
    CallbackPath {
        tenant: "contoso".to_owned(),
        call: CallId(1),
    }
}

/// Reads a body as everything that a body can be, and converts what can be read.
fn read(body: &[u8]) -> Vec<CallEventKind> {
    if let Ok(Delivery::Events(events)) = Delivery::parse(&Method::POST, &HeaderMap::new(), body) {
        for event in events.into_iter().flatten() {
            if let cordboard_acs::event_grid::GridEventKind::IncomingCall(data) = event.kind {
                assert!(!format!("{data:?}").contains("eyJ"));
                let call = incoming_call(&event.id, Timestamp(0), *data);
                assert!(!format!("{call:?}").contains("eyJ"));
            }
        }
    }
    let events = ReceivedEvent::parse(body, &path(), &key()).unwrap_or_default();
    events
        .iter()
        .flatten()
        .map(|event| call_event(&path(), event).kind)
        .collect()
}

/// Every event of the fixtures, alone.
fn samples() -> Vec<Value> {
    let samples: Value = serde_json::from_str(EVENTS).unwrap();
    let grid = samples["eventGrid"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(|sample| sample.get("body"));
    let callbacks = samples["callbacks"].as_array().unwrap().iter();
    grid.chain(callbacks).cloned().collect()
}

/// The places of a value, as paths.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    found.push(path.to_owned());
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                places(value, &format!("{path}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                places(value, &format!("{path}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,8}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_panic(body in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&body);
    }

    #[test]
    fn any_json_is_read_without_panic(body in anything()) {
        read(body.to_string().as_bytes());
    }

    #[test]
    fn an_event_with_any_member_changed_is_read_without_panic(
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        with in anything(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut sample = which.get(&samples()).clone();
        let mut found = Vec::new();
        places(&sample, "", &mut found);
        *sample.pointer_mut(&found[place.index(found.len())]).unwrap() = with;
        let body = sample.to_string();
        read(body.as_bytes());
        read(&body.as_bytes()[..cut.index(body.len() + 1)]);
    }

    /// However the rest of the event looks: digits without a context of ours are not in what goes on.
    #[test]
    fn digits_without_a_context_of_ours_never_go_on(context in anything(), extra in anything()) {
        let tones: Vec<&str> = CARD.split(',').collect();
        let body = serde_json::json!([{"id": "1", "type": "Microsoft.Communication.RecognizeCompleted", "data": {
            "callConnectionId": "cc", "operationContext": context, "x": extra, "dtmfResult": {"tones": tones}}}]);
        for kind in read(body.to_string().as_bytes()) {
            prop_assert_eq!(kind, CallEventKind::DigitsRecognized(Digits::Sensitive { count: 16 }));
        }
    }

    #[test]
    fn any_raw_id_survives_the_round_trip(raw_id in "(4:|8:acs:|8:gcch-acs:|8:orgid:|28:dod:|8:|)[+a-z0-9_:]{0,12}") {
        let identity = Identity::from_raw_id(&raw_id);
        prop_assert_eq!(identity.raw_id(), raw_id);
        let json = serde_json::to_string(&identity.to_request()).unwrap();
        let read: CommunicationIdentifier = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(read.resolve(), identity);
    }

    #[test]
    fn any_path_and_context_are_refused_without_panic(text in ".{0,60}") {
        let claim = CallbackPath::parse(&text);
        prop_assert!(claim.is_none_or(|claim| claim.verify(&key()).is_err()));
        prop_assert!(OperationContext::decode(&text, &key(), "contoso").is_none());
        for method in ["GET", "POST", "DELETE"] {
            let _ = Route::parse(method, &text);
            let _ = Route::parse(method, &format!("/calling/callConnections/{text}"));
            let _ = Route::parse(method, &format!("/calling/recordings/{text}"));
        }
    }

    #[test]
    fn any_id_makes_a_path_that_leads_back(id in ".{1,30}") {
        let route = Route::GetParticipant { call_connection_id: id.as_str().into(), raw_id: id.as_str().into() };
        let path = route.path();
        prop_assert_eq!(Route::parse("GET", &path), Some(route.clone()));
    }
}
