//! The HTTP API for agents' desktops, supervisors and watchers. `schemas/openapi.v1.json` describes
//! it; a test holds the two together.

mod access;
mod actions;
mod answer;
mod calls;
mod stream;
mod views;

use crate::edge::body_limit::limit_bodies;
use crate::engine::Engine;
use axum::Router;
use axum::http::Method;
use axum::routing::{MethodRouter, get, post};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// Longest body of an API request, in bytes.
pub(crate) const API_BODY_BYTES_MAX: usize = 64 * 1_024;

/// Streams of events that are open at the same time; one more is told to come back later.
pub(crate) const EVENT_STREAMS_MAX: usize = 2_000;

/// What the handlers share.
#[derive(Clone)]
struct Api {
    engine: Engine,
    streams: Arc<AtomicUsize>,
}

/// A route with its method.
type Route = (Method, &'static str, fn() -> MethodRouter<Api>);

/// All routes of the API.
const ROUTES: [Route; 13] = [
    (Method::GET, "/healthz", || get(views::health)),
    (Method::GET, "/readyz", || get(views::readiness)),
    (Method::GET, "/v1/openapi.json", || get(views::openapi)),
    (Method::GET, "/v1/me", || get(views::me)),
    (Method::GET, "/v1/overview", || get(views::overview)),
    (Method::GET, "/v1/plugins", || get(views::plugins)),
    (Method::GET, "/v1/events", || get(stream::events)),
    (Method::POST, "/v1/agents/{agent}/actions", || {
        post(actions::agent)
    }),
    (Method::POST, "/v1/calls/{call}/actions", || {
        post(actions::call)
    }),
    (Method::GET, "/v1/calls", || get(calls::calls)),
    (Method::GET, "/v1/calls/{call}/wait", || get(calls::wait)),
    (Method::POST, "/v1/queues/{queue}/actions", || {
        post(actions::queue)
    }),
    (Method::POST, "/v1/contacts", || post(actions::contact)),
];

/// Returns the routes of the API.
pub(crate) fn router(engine: Engine) -> Router {
    let api = Api {
        engine,
        streams: Arc::default(),
    };
    let mut router = Router::new();
    for (_, path, handler) in ROUTES {
        router = router.route(path, handler());
    }
    limit_bodies(router, API_BODY_BYTES_MAX).with_state(api)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schemas::OPENAPI_V1;
    use serde_json::Value;
    use std::collections::BTreeSet;

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let described: Value = serde_json::from_str(OPENAPI_V1).unwrap();
        let mut found = BTreeSet::new();
        for (path, operations) in described["paths"].as_object().unwrap() {
            for method in operations.as_object().unwrap().keys() {
                found.insert((method.to_uppercase(), path.clone()));
            }
        }
        let routes: BTreeSet<_> = ROUTES
            .iter()
            .map(|(method, path, _)| (method.to_string(), (*path).to_owned()))
            .collect();
        assert_eq!(found, routes);
    }

    #[test]
    fn every_reference_of_the_description_leads_somewhere() {
        let described: Value = serde_json::from_str(OPENAPI_V1).unwrap();
        let mut stack = vec![&described];
        let mut references = 0;
        while let Some(value) = stack.pop() {
            match value {
                Value::Object(members) => {
                    if let Some(Value::String(reference)) = members.get("$ref") {
                        let pointer = reference.strip_prefix('#').unwrap();
                        assert!(described.pointer(pointer).is_some(), "{reference}");
                        references += 1;
                    }
                    stack.extend(members.values());
                }
                Value::Array(elements) => stack.extend(elements),
                _ => {}
            }
        }
        assert!(references > 10);
    }
}
