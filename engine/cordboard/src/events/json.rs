//! Events as JSON, with names instead of numbers.

use super::NumberedEvent;
use cordboard_core::Event;
use cordboard_core::config::Symbols;
use cordboard_core::decision::DecidedBy;
use cordboard_core::event::AgentStatus;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Returns an event as the HTTP API and the published schema show it.
#[must_use]
pub fn to_json(event: &NumberedEvent, symbols: &Symbols) -> Value {
    let mut members = members(&event.event, symbols);
    members.insert("id".to_owned(), event.cursor.to_string().into());
    members.insert("at".to_owned(), event.at.0.into());
    Value::Object(members)
}

/// Returns the state of an agent as the HTTP API shows it.
pub(crate) fn status(status: AgentStatus, symbols: &Symbols) -> Value {
    match status {
        AgentStatus::NotReady(reason) => {
            json!({ "status": "not-ready", "reason": symbols.name(reason.0) })
        }
        AgentStatus::Offline
        | AgentStatus::Ready
        | AgentStatus::Reserved
        | AgentStatus::Busy
        | AgentStatus::WrapUp
        | AgentStatus::NotReadyRona => plain(&status),
    }
}

fn members(event: &Event, symbols: &Symbols) -> Map<String, Value> {
    let mut members = match plain(event) {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    let mut set = |key: &str, value: Value| {
        members.insert(key.to_owned(), value);
    };
    match event {
        Event::ConfigApplied { .. }
        | Event::CallRejected { .. }
        | Event::CallAnswered { .. }
        | Event::HoldChanged { .. }
        | Event::RecordingChanged { .. }
        | Event::PartyChanged { .. }
        | Event::EngineRestarted { .. }
        | Event::CallsTakenOver { .. }
        | Event::InputSkipped { .. }
        | Event::OperationFailed { .. } => {}
        Event::CallReceived { account, .. } => set("account", symbols.name(account.0).into()),
        Event::CallQueued { queue, .. } | Event::QueueChanged { queue, .. } => {
            set("queue", symbols.name(queue.0).into());
        }
        Event::QueueExited { queue, to, .. } => {
            set("queue", symbols.name(queue.0).into());
            set("to", to.map(|to| symbols.name(to.0)).into());
        }
        Event::OfferIssued {
            offer,
            agent,
            queue,
            ..
        } => {
            set("offer", offer.to_string().into());
            set("call", offer.call.0.into());
            set("agent", symbols.name(agent.0).into());
            set("queue", symbols.name(queue.0).into());
        }
        Event::OfferEnded { offer, agent, .. } => {
            set("offer", offer.to_string().into());
            set("call", offer.call.0.into());
            set("agent", symbols.name(agent.0).into());
        }
        Event::CallConnected { agent, .. } => set("agent", symbols.name(agent.0).into()),
        Event::DigitsCollected { collection, .. } => {
            set("collection", symbols.name(collection.0).into());
        }
        Event::DispositionSet { agent, code, .. } => {
            set("agent", symbols.name(agent.0).into());
            set("code", symbols.name(code.0).into());
        }
        Event::CallEnded { agent, .. } => {
            let agent = agent.map(|agent| symbols.name(agent.0));
            set("agent", agent.into());
        }
        Event::AgentChanged { agent, state } => {
            set("agent", symbols.name(agent.0).into());
            set("state", status(*state, symbols));
        }
        Event::PluginChanged { plugin, .. } => set("plugin", symbols.name(plugin.0).into()),
        Event::PluginFailed {
            plugin, decided_by, ..
        } => {
            set("plugin", symbols.name(plugin.0).into());
            set("decided-by", decider(decided_by, symbols));
        }
    }
    members
}

fn decider(by: &DecidedBy, symbols: &Symbols) -> Value {
    match by {
        DecidedBy::Plugin(plugin) => json!({ "plugin": symbols.name(plugin.0) }),
        DecidedBy::Native => "native".into(),
        DecidedBy::Fallback(plugin, failure) => {
            json!({ "fallback-of": symbols.name(plugin.0), "failure": plain(failure) })
        }
        DecidedBy::Stale(plugin) => json!({ "native-after": symbols.name(plugin.0) }),
    }
}

/// Events hold nothing that JSON cannot.
fn plain(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::EventCursor;
    use cordboard_core::ids::{AgentId, CallId, CodeId, OfferId, QueueId, Timestamp};
    use std::collections::BTreeMap;

    #[test]
    fn names_stand_where_the_core_has_numbers() {
        let mut symbols = Symbols::default();
        let agent = AgentId(symbols.intern("anna"));
        let queue = QueueId(symbols.intern("sales"));
        let reason = CodeId(symbols.intern("break"));
        let shown = |event| {
            let numbered = NumberedEvent {
                cursor: EventCursor {
                    sequence: 3,
                    index: 1,
                },
                at: Timestamp(9),
                event,
                agent: None,
            };
            to_json(&numbered, &symbols)
        };
        let offer = OfferId {
            call: CallId(4),
            generation: 2,
        };
        assert_eq!(
            shown(Event::OfferIssued {
                offer,
                agent,
                queue,
                context: BTreeMap::from([("caller".to_owned(), "+1425".to_owned())]),
                expires_at: 10,
            }),
            json!({
                "id": "3.1", "at": 9, "event": "offer-issued", "offer": "4-2", "call": 4, "agent": "anna",
                "queue": "sales", "context": {"caller": "+1425"}, "expires-at": 10
            })
        );
        assert_eq!(
            shown(Event::AgentChanged {
                agent,
                state: AgentStatus::NotReady(reason)
            }),
            json!({
                "id": "3.1", "at": 9, "event": "agent-changed", "agent": "anna",
                "state": {"status": "not-ready", "reason": "break"}
            })
        );
    }
}
