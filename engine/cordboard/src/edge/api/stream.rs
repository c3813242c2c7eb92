//! Events as a stream of server-sent events (WHATWG HTML, 9.2).

use super::access::Asker;
use super::answer::ApiError;
use super::{Api, EVENT_STREAMS_MAX};
use crate::config::Holder;
use crate::engine::Engine;
use crate::events::{Delivery, EventCursor, Item, Subscription, to_json};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use cordboard_clock::Hold;
use futures_core::Stream;
use serde::Deserialize;
use serde_json::json;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// A comment is sent this often, so that nothing in between takes a quiet stream for a dead one.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What a browser sends when it resumes by itself.
const LAST_EVENT_ID: &str = "last-event-id";

/// The query of a stream.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    /// The last event that the client has.
    after: Option<String>,
}

/// `GET /v1/events`: agents get what is theirs, supervisors everything, observers everything but the context of offers.
pub(super) async fn events(
    State(api): State<Api>,
    asker: Asker,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let last_event_id = headers
        .get(LAST_EVENT_ID)
        .and_then(|value| value.to_str().ok());
    let after = last_event_id
        .map(str::to_owned)
        .or(from.after)
        .map(|after| after.parse::<EventCursor>())
        .transpose()
        .map_err(|error| ApiError::BadRequest(error.to_string()))?;
    if let Some(after) = after.filter(|after| after.sequence > api.engine.journal().durable().0) {
        // Waiting for the journal to get there would leave out everything until then.
        return Err(ApiError::BadRequest(format!(
            "event `{after}` is newer than everything in this journal, so it is of another one: leave the number out"
        )));
    }
    let place = Place::take(&api.streams).ok_or(ApiError::TooManyStreams)?;
    let stream = EventStream {
        subscription: api.engine.events().subscribe(after),
        engine: api.engine,
        asker,
        hold: None,
        _place: place,
    };
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// The events of one client.
struct EventStream {
    subscription: Subscription,
    engine: Engine,
    asker: Asker,
    /// That of the event before: released when the next one is asked for.
    hold: Option<Hold>,
    _place: Place,
}

impl Stream for EventStream {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.hold = None;
        loop {
            let Some(Delivery { item, hold }) = ready!(self.subscription.poll_next(context)) else {
                return Poll::Ready(None);
            };
            if !self.asker.is_known_to(&self.engine) {
                return Poll::Ready(None);
            }
            if let Some(event) = self.shown(&item) {
                self.hold = Some(hold);
                return Poll::Ready(Some(Ok(event)));
            }
        }
    }
}

impl EventStream {
    /// An item as the client gets it; `None` for what is not the client's.
    fn shown(&self, item: &Item) -> Option<Event> {
        match item {
            Item::Event(event) => {
                match &self.asker.holder {
                    // Agents get only what is theirs.
                    Holder::Agent(agent) if event.agent != Some(*agent) => return None,
                    Holder::Agent(_) | Holder::Supervisor(_) | Holder::Observer(_) => {}
                }
                let config = self.engine.config();
                let mut data = to_json(event, &config.symbols);
                if matches!(self.asker.holder, Holder::Observer(_))
                    && let Some(context) = data.get_mut("context")
                {
                    // Who calls, and what they have typed, is for those who talk to them.
                    *context = json!({});
                }
                let event = Event::default().id(event.cursor.to_string());
                Some(event.data(data.to_string()))
            }
            Item::Missed { after, through } => {
                let data = json!({ "after": after.to_string(), "through": through.to_string() });
                let event = Event::default().event("missed").id(through.to_string());
                Some(event.data(data.to_string()))
            }
            Item::Stopped { reason } => {
                let data = json!({ "reason": reason });
                Some(Event::default().event("stopped").data(data.to_string()))
            }
        }
    }
}

/// One of the streams that may be open.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(open: &Arc<AtomicUsize>) -> Option<Self> {
        open.fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
            (count < EVENT_STREAMS_MAX).then_some(count + 1)
        })
        .ok()?;
        Some(Self(Arc::clone(open)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
