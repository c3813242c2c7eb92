//! The calls in the log: who operates calls finds each there, by the number that `explain` takes.
//!
//! Not logged where calls are decided: whoever reads the log slowly holds up nobody.

use cordboard::core::event::ExitReason;
use cordboard::core::ids::QueueId;
use cordboard::core::{Config, Event};
use cordboard::events::{Item, NumberedEvent, Subscription};
use std::sync::Arc;
use tracing::field::debug;

/// Logs calls until the engine has ended, and returns why it has.
pub(super) async fn write(mut events: Subscription, config: Arc<Config>) -> String {
    while let Some(delivery) = events.next().await {
        match delivery.item {
            Item::Event(event) => log(&event, &config),
            Item::Missed { .. } => {
                tracing::warn!("more happened than could be logged: calls are missing here");
            }
            Item::Stopped { reason } => return reason,
        }
    }
    "it takes no more inputs".to_owned()
}

fn log(event: &NumberedEvent, config: &Config) {
    let name = |queue: QueueId| config.symbols.name(queue.0);
    match &event.event {
        Event::CallReceived { call, from, .. } => tracing::info!(%call, from, "a call has come"),
        Event::CallRejected { from, reason } => tracing::warn!(from, reason, "a call is rejected"),
        Event::QueueExited {
            call,
            queue,
            reason,
            way,
            to,
        } => {
            let (queue, to) = (name(*queue), to.map(name));
            tracing::info!(%call, queue, ?reason, ?way, to, "a caller leaves a queue by an exit");
        }
        Event::CallEnded {
            call,
            outcome,
            exit,
            away_since,
            ..
        } => {
            let exit = exit.map(debug::<ExitReason>);
            match away_since {
                None => tracing::info!(%call, ?outcome, exit, "a call is over"),
                Some(since) => tracing::info!(
                    %call, ?outcome, exit,
                    ended_at_most_seconds_ago = event.at.since(*since).0 / 1_000,
                    "a call is over: it ended while the engine was away, and is noticed only now"
                ),
            }
        }
        Event::EngineRestarted { away_since, calls } => tracing::info!(
            calls,
            away_seconds = event.at.since(*away_since).0 / 1_000,
            "started again; the service is asked which calls of before live"
        ),
        Event::CallsTakenOver { live, ended } => {
            tracing::info!(live, ended, "the calls of before are taken over");
        }
        Event::InputSkipped { call } => {
            tracing::error!(
                ?call,
                "an input has hit a mistake in the engine and had no effect; please report it"
            );
        }
        _ => {}
    }
}
