//! What the agents of a demo do at their desktops: log in, come back after a missed call, ask for a
//! card number, say how a contact ended. They use the engine's API like any desktop.

use anyhow::Context as _;
use cordboard::Engine;
use cordboard::core::event::{AgentStatus, Event};
use cordboard::core::ids::{AgentId, CallId};
use cordboard::events::Item;
use cordboard_clock::Clock;
use cordboard_simulator::script::CallerScript;
use std::collections::BTreeSet;
use tokio::task::JoinHandle;

/// An agent who missed a call is back after this time.
const BACK_AFTER_MS: u64 = 20_000;
/// An agent asks for the card number this long after the first word.
const CARD_AFTER_MS: u64 = 5_000;
/// An agent finishes a contact in this time; the queue gives longer.
const WRAP_UP_MS: u64 = 5_000;
/// The collection of the example.
const PAYMENT: &str = "payment";
/// How contacts of a demo end.
const DISPOSITION: &str = "solved";

/// Logs all agents in and lets them act on what happens.
pub(crate) fn open(
    engine: &Engine,
    clock: &Clock,
    callers: &[CallerScript],
) -> anyhow::Result<JoinHandle<()>> {
    // Subscribed first, so that nothing is missed.
    let mut events = engine.events().subscribe(None);
    let payers: BTreeSet<String> = callers
        .iter()
        .filter(|caller| caller.card.is_some())
        .filter_map(|caller| caller.from.as_str().strip_prefix("4:"))
        .map(str::to_owned)
        .collect();
    let config = engine.config();
    for agent in config.agents.keys() {
        let name = config.symbols.name(agent.0);
        let ready = engine.agent(name)?.ready();
        drop(ready);
    }
    let desks = Desks {
        engine: engine.clone(),
        clock: clock.clone(),
        payers,
        paying: BTreeSet::new(),
    };
    Ok(tokio::spawn(async move {
        let mut desks = desks;
        while let Some(delivery) = events.next().await {
            match delivery.item {
                Item::Event(happened) => desks.see(&happened.event),
                Item::Missed { .. } => tracing::warn!("the desktops missed events"),
                Item::Stopped { .. } => return,
            }
        }
    }))
}

struct Desks {
    engine: Engine,
    clock: Clock,
    /// Numbers of callers who are going to pay.
    payers: BTreeSet<String>,
    /// Their calls.
    paying: BTreeSet<CallId>,
}

impl Desks {
    fn see(&mut self, event: &Event) {
        match *event {
            Event::AgentChanged {
                agent,
                state: AgentStatus::NotReadyRona,
            } => {
                self.later(BACK_AFTER_MS, move |engine, config| {
                    let desk = engine.agent(config.symbols.name(agent.0))?;
                    drop(desk.ready());
                    Ok(())
                });
            }
            Event::OfferIssued {
                offer, ref context, ..
            } if context
                .get("caller")
                .is_some_and(|number| self.payers.contains(number)) =>
            {
                self.paying.insert(offer.call);
            }
            Event::CallConnected { call, agent, .. } if self.paying.remove(&call) => {
                self.later(CARD_AFTER_MS, move |engine, config| {
                    let desk = engine.agent(config.symbols.name(agent.0))?;
                    drop(desk.call(call).collect(PAYMENT)?);
                    Ok(())
                });
            }
            Event::CallEnded {
                call,
                agent: Some(agent),
                ..
            } => self.wrap_up(call, agent),
            _ => {}
        }
    }

    /// Two of three agents say how it ended and are done early; the others let wrap-up run out.
    fn wrap_up(&self, call: CallId, agent: AgentId) {
        if call.0.is_multiple_of(3) {
            return;
        }
        self.later(WRAP_UP_MS, move |engine, config| {
            let desk = engine.agent(config.symbols.name(agent.0))?;
            drop(desk.disposition(call, DISPOSITION)?);
            drop(desk.wrap_up_done());
            Ok(())
        });
    }

    fn later(
        &self,
        after_ms: u64,
        act: impl FnOnce(&Engine, &cordboard::core::Config) -> anyhow::Result<()> + Send + 'static,
    ) {
        let (engine, sleep) = (self.engine.clone(), self.clock.sleep_for(after_ms));
        tokio::spawn(async move {
            let _hold = sleep.await;
            let config = engine.config();
            if let Err(error) = act(&engine, &config).context("a desktop could not act") {
                tracing::warn!("{error:#}");
            }
        });
    }
}
