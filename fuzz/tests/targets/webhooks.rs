//! What Event Grid and the service POST: read, turned into inputs, and given to a tenant.
//!
//! The first byte says which it is: `E` for a delivery of Event Grid, anything else for a callback of call 1, whose caller has just
//! been answered. In a callback, `%1p` to `%9p` stand for the context of a plain operation of that call, `%1s` to `%9s` for that of
//! one whose digits are a secret.

use crate::harness::acs::Acs;
use crate::harness::world::START;
use cordboard_acs::callback::{EVENTS_MAX, ReceivedEvent};
use cordboard_acs::event_grid::{self, Delivery, GridEventKind};
use cordboard_acs::inbound::{call_event, incoming_call};
use cordboard_acs::operation_context::{OperationContext, Privacy};
use cordboard_acs::wire::event_grid::IncomingCallData;
use cordboard_acs::{CallbackPath, EdgeKey};
use cordboard_core::ids::{AgentId, CallId, CommandId, Millis, Timestamp};
use cordboard_core::input::{AgentAction, CallEventKind, Digits, Outcome};
use cordboard_core::{Command, Input, Operation, PluginFailure, Reply, Tenant, Verdict};
use cordboard_journal::{decode_payload, encode_payload};
use http::{HeaderMap, Method};
use std::sync::{Arc, LazyLock};

/// The tenant of the tests' configuration, and its key.
const TENANT: &str = "contoso";
static KEY: LazyLock<EdgeKey> = LazyLock::new(|| EdgeKey::from_nonce(&[7; 32]).unwrap());

/// A tenant whose call 1 was answered.
static ANSWERED: LazyLock<Tenant> = LazyLock::new(|| {
    let config = Arc::new(super::property::setup(true).config);
    let agents: Vec<AgentId> = config.agents.keys().copied().collect();
    let mut tenant = Tenant::new();
    fold(&mut tenant, Input::Config(config));
    for agent in agents {
        let action = AgentAction::Ready;
        fold(&mut tenant, Input::Agent { agent, action });
    }
    let call = r#"[{"id":"1","eventType":"Microsoft.Communication.IncomingCall","subject":"","eventTime":"","dataVersion":"1",
        "data":{"to":{"rawId":"28:orgid:main"},"from":{"rawId":"4:+14255550100"},"incomingCallContext":"context"}}]"#;
    event_grid(&mut tenant, call.as_bytes());
    assert_eq!(tenant.live_calls(), 1);
    tenant
});

/// The shortest call context that is looked for where it must not be; a shorter one may be there by chance.
const CONTEXT_CHARS_MIN: usize = 12;

pub(crate) fn run(bytes: &[u8]) {
    let Some((first, body)) = bytes.split_first() else {
        return;
    };
    let mut tenant = ANSWERED.clone();
    if *first == b'E' {
        event_grid(&mut tenant, body);
    } else {
        callback(&mut tenant, body);
    }
    let saved = encode_payload(&tenant).unwrap();
    assert_eq!(decode_payload::<Tenant>(&saved).unwrap(), tenant);
}

fn event_grid(tenant: &mut Tenant, body: &[u8]) {
    let Ok(delivery) = Delivery::parse(&Method::POST, &HeaderMap::new(), body) else {
        return;
    };
    let Delivery::Events(events) = delivery else {
        return;
    };
    assert!(events.len() <= event_grid::EVENTS_MAX);
    for event in events {
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                continue;
            }
        };
        let GridEventKind::IncomingCall(data) = event.kind else {
            continue;
        };
        let written = serde_json::to_string(&*data).unwrap();
        let read: IncomingCallData = serde_json::from_str(&written).unwrap();
        assert_eq!(read, *data);
        let context = data.incoming_call_context.expose().to_owned();
        // What stands elsewhere in the event as well is no secret.
        let is_secret =
            context.len() >= CONTEXT_CHARS_MIN && written.matches(&context).count() == 1;
        let shows = |text: &str| is_secret && text.contains(&context);
        assert!(!shows(&format!("{data:?}")));
        let rang_at = event.at_ms.map_or(START, Timestamp);
        let call = incoming_call(&event.id, rang_at, *data);
        assert!(!shows(&format!("{call:?}")));
        for command in fold(tenant, Input::IncomingCall(call)) {
            match command {
                Command::Emit(_) | Command::Record(_) => {
                    assert!(!shows(&serde_json::to_string(&command).unwrap()));
                }
                Command::Operate { .. } | Command::Ask(_) => {}
            }
        }
    }
}

fn callback(tenant: &mut Tenant, body: &[u8]) {
    let path = CallbackPath {
        tenant: TENANT.to_owned(),
        call: CallId(1),
    };
    let body = with_contexts(body);
    let Ok(events) = ReceivedEvent::parse(&body, &path, &KEY) else {
        return;
    };
    assert!(events.len() <= EVENTS_MAX);
    for event in events {
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                continue;
            }
        };
        let input = call_event(&path, &event);
        assert_eq!(input.call, path.call);
        let is_plain = event
            .context
            .is_some_and(|context| context.privacy == Privacy::Plain);
        if let CallEventKind::DigitsRecognized(Digits::Plain(_)) = input.kind {
            assert!(is_plain, "digits go on that nobody knows to be plain");
            assert!(event.digits.is_none());
        }
        let commands = fold(tenant, Input::CallEvent(input));
        oblige(tenant, commands);
    }
}

/// Puts contexts of our own where the body asks for them.
fn with_contexts(body: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(body) else {
        return body.to_vec();
    };
    if !text.contains('%') {
        return body.to_vec();
    }
    let mut text = text.to_owned();
    for sequence in 1..=9 {
        let privacies = [
            ("p", Privacy::Plain),
            ("s", Privacy::Sensitive { collection: None }),
        ];
        for (letter, privacy) in privacies {
            let command = CommandId {
                call: CallId(1),
                sequence,
            };
            let context = OperationContext { command, privacy };
            text = text.replace(
                &format!("%{sequence}{letter}"),
                &context.encode(&KEY, TENANT),
            );
        }
    }
    text.into_bytes()
}

/// Answers what the tenant asks for, as a service and plugins would that take everything.
fn oblige(tenant: &mut Tenant, mut commands: Vec<Command>) {
    for _ in 0..20 {
        let mut next = Vec::new();
        for command in commands {
            let input = match command {
                Command::Operate { id, operation } => Input::Outcome {
                    command: id,
                    outcome: outcome(id, &operation),
                },
                Command::Ask(ask) => Input::Verdict(Verdict {
                    question: ask.question,
                    result: Err(PluginFailure::Abstain),
                    memo: None,
                }),
                Command::Emit(_) | Command::Record(_) => continue,
            };
            next.extend(fold(tenant, input));
        }
        commands = next;
    }
}

fn outcome(id: CommandId, operation: &Operation) -> Outcome {
    Outcome::Accepted(Acs::response(id, operation))
}

/// Hands an input over, as the journal would give it back, and lets a second pass.
fn fold(tenant: &mut Tenant, input: Input) -> Vec<Command> {
    let kept = encode_payload(&input).unwrap();
    assert_eq!(decode_payload::<Input>(&kept).unwrap(), input);
    let _: Reply = tenant.handle(START, input);
    let mut commands: Vec<Command> = std::iter::from_fn(|| tenant.poll_command()).collect();
    if tenant
        .poll_timeout()
        .is_some_and(|at| at <= START.after(Millis(1_000)))
    {
        tenant.handle(START.after(Millis(1_000)), Input::Tick);
        commands.extend(std::iter::from_fn(|| tenant.poll_command()));
    }
    commands
}
