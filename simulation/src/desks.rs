//! What agents do at their desktops, and supervisors at theirs: anything, at any time.

use cordboard_core::config::Exit;
use cordboard_core::event::{AgentStatus, Event, PartyChange};
use cordboard_core::ids::{AgentId, CallId, CodeId, CollectionId, OfferId, QueueId};
use cordboard_core::input::{Actor, AgentAction, CallAction, QueueAction};
use cordboard_core::participant::Participant;
use cordboard_core::question::Consent;
use cordboard_core::{Config, Input, Tenant};
use fastrand::Rng;

/// How often an agent looks at the desktop, in milliseconds on average.
pub(crate) const GLANCE_MS: u64 = 8_000;
/// How often a supervisor does something, in milliseconds on average.
pub(crate) const SUPERVISOR_MS: u64 = 120_000;

/// An agent looks up and does something, or nothing.
pub(crate) fn glance(
    config: &Config,
    tenant: &Tenant,
    agent: AgentId,
    random: &mut Rng,
) -> Option<Input> {
    let action = match tenant.agent_status(agent) {
        None => return None,
        Some(AgentStatus::Offline | AgentStatus::NotReady(_) | AgentStatus::NotReadyRona) => {
            (random.u8(..10) < 8).then_some(AgentAction::Ready)
        }
        Some(AgentStatus::Ready) => match random.u8(..60) {
            0 => Some(AgentAction::Offline),
            1 | 2 => a_break(config),
            _ => Some(AgentAction::Heartbeat),
        },
        Some(AgentStatus::WrapUp) => (random.u8(..3) > 0).then_some(AgentAction::WrapUpDone),
        Some(AgentStatus::Reserved | AgentStatus::Busy) => match random.u8(..40) {
            0 => a_break(config),
            1 => Some(AgentAction::Offline),
            2 => Some(AgentAction::Ready),
            _ => None,
        },
    };
    action.map(|action| Input::Agent { agent, action })
}

fn a_break(config: &Config) -> Option<AgentAction> {
    let reason = config.not_ready_reasons.first()?;
    Some(AgentAction::NotReady(*reason))
}

/// What an agent does about an event, and how many milliseconds later.
pub(crate) fn react(
    config: &Config,
    tenant: &Tenant,
    event: &Event,
    random: &mut Rng,
) -> Vec<(u64, Input)> {
    match event {
        Event::OfferIssued { offer, agent, .. } => {
            let action = match random.u8(..20) {
                0 => AgentAction::Decline(*offer),
                // An offer of before. Who accepts the present one may confirm a voicemail.
                1 => AgentAction::Accept(OfferId {
                    generation: offer.generation.saturating_sub(1),
                    ..*offer
                }),
                _ => return Vec::new(),
            };
            let agent = *agent;
            vec![(random.u64(..9_000), Input::Agent { agent, action })]
        }
        Event::CallConnected { call, agent, .. } => {
            // Most do one thing, some several, one after the other or nearly at once.
            let several = if random.u8(..4) == 0 { 3 } else { 1 };
            let mut acts = Vec::new();
            for _ in 0..several {
                let action = during(config, random);
                acts.extend(action.map(|action| {
                    let input = by_agent(*call, *agent, action);
                    (random.u64(..15_000), input)
                }));
            }
            acts
        }
        Event::HoldChanged {
            call,
            on_hold: true,
        } => {
            let back = (random.u8(..4) > 0).then_some(CallAction::Unhold);
            let agent = tenant.agent_of_call(*call);
            let input = agent.zip(back);
            let input = input.map(|(agent, action)| by_agent(*call, agent, action));
            let after_ms = random.u64(..40_000);
            input.map(|input| (after_ms, input)).into_iter().collect()
        }
        Event::PartyChanged {
            call,
            change: PartyChange::Added,
            ..
        } => {
            let action = match (random.u8(..4), outside(config)) {
                // The caller is handed over.
                (0 | 1, _) => CallAction::Leave,
                (2, Some(party)) => CallAction::RemoveParticipant(party),
                _ => return Vec::new(),
            };
            let Some(agent) = tenant.agent_of_call(*call) else {
                return Vec::new();
            };
            vec![(random.u64(..8_000), by_agent(*call, agent, action))]
        }
        Event::CallEnded {
            call,
            agent: Some(agent),
            ..
        } => {
            let Some(code) = config.symbols.find("solved").map(CodeId) else {
                return Vec::new();
            };
            let action = AgentAction::Disposition { call: *call, code };
            let agent = *agent;
            let input = Input::Agent { agent, action };
            if random.u8(..3) == 0 {
                vec![(random.u64(..6_000), input)]
            } else {
                Vec::new()
            }
        }
        _ => Vec::new(),
    }
}

fn by_agent(call: CallId, agent: AgentId, action: CallAction) -> Input {
    Input::Call {
        call,
        by: Actor::Agent(agent),
        action,
    }
}

fn during(config: &Config, random: &mut Rng) -> Option<CallAction> {
    Some(match random.u8(..26) {
        0 => CallAction::Hold,
        1 => CallAction::Unhold,
        2 => CallAction::StartRecording,
        3 => CallAction::StopRecording,
        4 => CallAction::PauseRecording,
        5 => CallAction::ResumeRecording,
        6 => CallAction::SetConsent(Consent::Refused),
        7..=9 => CallAction::Collect(CollectionId(config.symbols.find("payment")?)),
        10 => CallAction::Leave,
        11 => CallAction::End,
        12 => CallAction::Requeue(random.choice(config.queues.keys().copied())?),
        13 | 14 => CallAction::AddParticipant(outside(config)?),
        _ => return None,
    })
}

/// Somebody who is not an agent: the number of a queue's exit.
fn outside(config: &Config) -> Option<Participant> {
    config.queues.values().find_map(|queue| {
        let Exit::Number { who, .. } = &queue.exits.max_wait else {
            return None;
        };
        Some(who.clone())
    })
}

/// A supervisor does something: a queue is closed for a while, a call is ended, an agent is sent away or back to work.
pub(crate) fn supervise(
    config: &Config,
    tenant: &Tenant,
    closed: &mut Option<QueueId>,
    random: &mut Rng,
) -> Option<Input> {
    if let Some(queue) = closed.take() {
        let action = QueueAction::Open;
        return Some(Input::Queue { queue, action });
    }
    match random.u8(..4) {
        0 | 1 => {
            let queue = random.choice(config.queues.keys().copied())?;
            *closed = Some(queue);
            let action = QueueAction::Close;
            Some(Input::Queue { queue, action })
        }
        2 => {
            let calls: Vec<CallId> = tenant.calls().collect();
            Some(Input::Call {
                call: random.choice(calls)?,
                by: Actor::Supervisor("lead".to_owned()),
                action: CallAction::End,
            })
        }
        _ => {
            let agent = random.choice(config.agents.keys().copied())?;
            let action = match random.u8(..3) {
                0 => AgentAction::Offline,
                1 => AgentAction::Ready,
                _ => a_break(config)?,
            };
            Some(Input::Agent { agent, action })
        }
    }
}
