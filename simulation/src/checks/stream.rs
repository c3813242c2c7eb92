//! What subscribers are told, event by event.

use super::Checks;
use crate::excuses::{About, Astray};
use cordboard::events::EventCursor;
use cordboard_core::Config;
use cordboard_core::config::Queue;
use cordboard_core::event::{AgentStatus, Event, OfferOutcome};
use cordboard_core::ids::{AgentId, CallId, Millis, QueueId};
use cordboard_core::question::Requirement;
use cordboard_simulator::ledger::Span;

/// A deadline of the engine is met within this time: its disk may be slow.
const DEADLINE_MS: u64 = 2_000;

/// What was told of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// The engine has heard of the connection.
    pub(super) answered_ms: Option<u64>,
    pub(super) ended_ms: Option<u64>,
    /// When it first waited: places are kept.
    pub(super) first_queued_ms: Option<u64>,
    /// The queue that it waits in, and since when.
    queued: Option<(QueueId, u64)>,
    offer_ended_ms: u64,
    /// When an agent talked to the caller, as far as events tell.
    pub(super) talks: Vec<Span>,
    pub(super) holds: Vec<Span>,
}

impl Checks {
    /// Looks at an event that a subscriber got.
    pub(crate) fn event(&mut self, cursor: EventCursor, event: &Event) {
        if let Some(known) = self.events.get(&cursor) {
            if known != event {
                self.fail("event-once", format!("{cursor} was another event"));
            }
            return;
        }
        self.events.insert(cursor, event.clone());
        self.acts.told(event);
        self.follow(event);
        match event {
            Event::OfferIssued { offer, agent, .. } => {
                let clash = self
                    .offers
                    .iter()
                    .find(|(other, of)| *of == agent || other.call == offer.call)
                    .map(|(other, _)| *other);
                if let Some(other) = clash {
                    self.fail("offer-once", format!("{offer:?} while {other:?} lives"));
                }
                if self.offers_ended.contains(offer) {
                    self.fail("offer-once", format!("{offer:?} is issued again"));
                }
                self.offers.insert(*offer, *agent);
                self.offered.entry(*agent).or_default().insert(offer.call);
            }
            Event::OfferEnded {
                offer,
                agent,
                outcome,
            } => {
                if self.offers.remove(offer) != Some(*agent) || !self.offers_ended.insert(*offer) {
                    self.fail("offer-once", format!("{offer:?} ends, but is not live"));
                }
                match outcome {
                    OfferOutcome::Expired => {
                        self.expired.insert(*agent);
                        self.not_again.insert((offer.call, *agent));
                    }
                    OfferOutcome::Declined => {
                        self.declined.insert((offer.call, *agent));
                    }
                    OfferOutcome::Failed => {
                        self.not_again.insert((offer.call, *agent));
                    }
                    OfferOutcome::Accepted | OfferOutcome::Revoked | OfferOutcome::Cancelled => {}
                }
            }
            Event::AgentChanged { agent, state } => {
                let before = self.statuses.insert(*agent, *state);
                if let (
                    None
                    | Some(
                        AgentStatus::Offline | AgentStatus::NotReady(_) | AgentStatus::NotReadyRona,
                    ),
                    AgentStatus::Ready,
                ) = (before, *state)
                {
                    self.declined.retain(|(_, declined)| declined != agent);
                }
                if *state == AgentStatus::Reserved && before != Some(AgentStatus::Ready) {
                    let detail = format!("{agent:?} is reserved, and was {before:?}");
                    self.fail("reserved-when-ready", detail);
                }
                let expired = self.expired.remove(agent);
                if expired && *state == AgentStatus::Ready {
                    self.fail(
                        "rona-not-ready",
                        format!("{agent:?} missed an offer and is ready"),
                    );
                }
            }
            Event::CallEnded { call, .. } if !self.ended.insert(*call) => {
                self.fail("call-ends-once", format!("call {call} ends again"));
            }
            Event::CallAnswered { call }
            | Event::CallQueued { call, .. }
            | Event::CallConnected { call, .. }
            | Event::HoldChanged { call, .. }
                if self.ended.contains(call) =>
            {
                self.fail(
                    "call-ends-once",
                    format!("call {call} goes on after its end: {event:?}"),
                );
            }
            _ => {}
        }
    }

    /// Notes what an event tells of its call.
    fn follow(&mut self, event: &Event) {
        let now_ms = self.clock_ms;
        if let Event::CallReceived { call, .. } = event {
            if self.told.insert(*call, Told::default()).is_some() {
                self.fail("call-in-order", format!("call {call} begins again"));
            }
            return;
        }
        let Some(call) = call_of(event) else { return };
        let Some(told) = self.told.get_mut(&call) else {
            let detail = format!("call {call} has not begun: {event:?}");
            return self.fail("call-in-order", detail);
        };
        match event {
            Event::CallQueued { queue, .. } => {
                end_span(&mut told.talks, now_ms);
                end_span(&mut told.holds, now_ms);
                told.queued = Some((*queue, now_ms));
                told.first_queued_ms.get_or_insert(now_ms);
            }
            Event::CallAnswered { .. } => told.answered_ms = Some(now_ms),
            Event::OfferEnded { .. } => told.offer_ended_ms = now_ms,
            Event::CallConnected { agent, .. } => {
                told.talks.push(Span {
                    from_ms: now_ms,
                    to_ms: None,
                });
                self.not_again.insert((call, *agent));
            }
            Event::HoldChanged { on_hold: true, .. } => told.holds.push(Span {
                from_ms: now_ms,
                to_ms: None,
            }),
            Event::HoldChanged { on_hold: false, .. } => end_span(&mut told.holds, now_ms),
            Event::InputSkipped { .. } => {
                let astray = Astray {
                    at_ms: now_ms,
                    until_ms: now_ms,
                    what: "an input".to_owned(),
                    fault: "skipped",
                };
                self.astray(About::Answer(call), astray);
            }
            Event::CallEnded { .. } => {
                end_span(&mut told.talks, now_ms);
                end_span(&mut told.holds, now_ms);
                told.ended_ms.get_or_insert(now_ms);
            }
            _ => {}
        }
    }

    /// Compares what an event tells with the rules of the configuration.
    pub(crate) fn by_rules(&mut self, config: &Config, event: &Event) {
        match event {
            Event::OfferIssued {
                offer,
                agent,
                queue,
                context,
                ..
            } => {
                if self.declined.contains(&(offer.call, *agent)) {
                    let detail = format!("{offer:?} to {agent:?}, who has declined this caller");
                    self.fail("declined-once", detail);
                }
                let waited = context.get("waited-ms").and_then(|ms| ms.parse().ok());
                let (Some(settings), Some(waited)) = (config.queues.get(queue), waited) else {
                    let detail = format!("{offer:?} is of no queue, or tells no wait");
                    return self.fail("offer-fits", detail);
                };
                if !fits(config, settings, &[], *agent, Millis(waited)) {
                    let name = config.symbols.name(agent.0);
                    let of_queue = config.symbols.name(queue.0);
                    let detail =
                        format!("{offer:?}: {name} does not serve {of_queue} after {waited} ms");
                    self.fail("offer-fits", detail);
                }
            }
            Event::QueueExited { call, .. }
            | Event::CallConnected { call, .. }
            | Event::CallEnded { call, .. } => self.left_queue(config, *call),
            _ => {}
        }
    }

    /// A caller does not wait any more: nobody waits for longer than their queue lets them, but for an offer that was under way.
    fn left_queue(&mut self, config: &Config, call: CallId) {
        // Whoever is hung up on leaves before that is told.
        let now_ms = self.hang_ups.get(&call).copied().unwrap_or(self.clock_ms);
        let Some(told) = self.told.get_mut(&call) else {
            return;
        };
        let Some((queue, since_ms)) = told.queued.take() else {
            return;
        };
        let Some(settings) = config.queues.get(&queue) else {
            return;
        };
        let due_ms = since_ms + settings.max_wait.0;
        let from_ms = told.offer_ended_ms.max(due_ms);
        // Whoever waits through a restart may be given to an agent who is known to be free only afterwards.
        let down = self.outages.iter().rev();
        let restarted_ms = down
            .filter_map(|(_, back_ms)| *back_ms)
            .find(|back_ms| *back_ms >= since_ms);
        let grace_ms = restarted_ms.map(|ms| ms + config.timeouts.restart_grace.0);
        let due_ms = grace_ms.map_or(from_ms, |grace_ms| grace_ms.max(from_ms));
        if now_ms > due_ms + DEADLINE_MS {
            let name = config.symbols.name(queue.0);
            let waited_ms = now_ms - since_ms;
            let detail = format!("call {call} waited {waited_ms} ms in {name}, until {now_ms}");
            self.fail("wait-bounded", detail);
        }
    }
}

/// Whether an agent has the skills that a contact requires by now, by its queue and by itself, and is in a group that serves it by now.
pub(super) fn fits(
    config: &Config,
    queue: &Queue,
    own: &[Requirement],
    agent: AgentId,
    waited: Millis,
) -> bool {
    let Some(profile) = config.agents.get(&agent) else {
        return false;
    };
    let able = queue
        .requirements
        .iter()
        .chain(own)
        .filter(|requirement| requirement.required)
        .filter(|requirement| requirement.expires_after.is_none_or(|after| waited < after))
        .all(|requirement| {
            let level = profile.skills.get(&requirement.skill);
            level.is_some_and(|level| *level >= requirement.minimum)
        });
    let serves = queue.groups.iter().any(|service| {
        let members = config.groups.get(&service.group);
        waited >= service.delay && members.is_some_and(|members| members.contains(&agent))
    });
    able && serves
}

/// The call that an event is about.
fn call_of(event: &Event) -> Option<CallId> {
    match event {
        Event::CallReceived { call, .. }
        | Event::CallAnswered { call }
        | Event::CallQueued { call, .. }
        | Event::QueueExited { call, .. }
        | Event::CallConnected { call, .. }
        | Event::HoldChanged { call, .. }
        | Event::RecordingChanged { call, .. }
        | Event::DigitsCollected { call, .. }
        | Event::PartyChanged { call, .. }
        | Event::DispositionSet { call, .. }
        | Event::CallEnded { call, .. }
        | Event::PluginFailed { call, .. }
        | Event::OperationFailed { call, .. } => Some(*call),
        Event::OfferIssued { offer, .. } | Event::OfferEnded { offer, .. } => Some(offer.call),
        Event::InputSkipped { call } => *call,
        Event::ConfigApplied { .. }
        | Event::CallRejected { .. }
        | Event::EngineRestarted { .. }
        | Event::CallsTakenOver { .. }
        | Event::AgentChanged { .. }
        | Event::PluginChanged { .. }
        | Event::QueueChanged { .. } => None,
    }
}

fn end_span(spans: &mut [Span], at_ms: u64) {
    if let Some(span) = spans.last_mut() {
        span.to_ms.get_or_insert(at_ms);
    }
}
