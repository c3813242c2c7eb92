//! What agents do at their desktops, and supervisors at theirs: anything, at any time.

use cordboard_core::event::{AgentStatus, Event};
use cordboard_core::ids::{AgentId, CodeId, CollectionId, OfferId, QueueId};
use cordboard_core::input::{Actor, AgentAction, CallAction, QueueAction};
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
pub(crate) fn react(config: &Config, event: &Event, random: &mut Rng) -> Option<(u64, Input)> {
    match event {
        Event::OfferIssued { offer, agent, .. } => {
            let action = match random.u8(..20) {
                0 => AgentAction::Decline(*offer),
                // An offer of before. Who accepts the present one may confirm a voicemail.
                1 => AgentAction::Accept(OfferId {
                    generation: offer.generation.saturating_sub(1),
                    ..*offer
                }),
                _ => return None,
            };
            let agent = *agent;
            Some((random.u64(..9_000), Input::Agent { agent, action }))
        }
        Event::CallConnected { call, agent, .. } => {
            let action = during(config, random)?;
            let input = Input::Call {
                call: *call,
                by: Actor::Agent(*agent),
                action,
            };
            Some((random.u64(..15_000), input))
        }
        Event::CallEnded {
            call,
            agent: Some(agent),
            ..
        } => {
            let code = CodeId(config.symbols.find("solved")?);
            let action = AgentAction::Disposition { call: *call, code };
            let agent = *agent;
            (random.u8(..3) == 0).then(|| (random.u64(..6_000), Input::Agent { agent, action }))
        }
        _ => None,
    }
}

fn during(config: &Config, random: &mut Rng) -> Option<CallAction> {
    Some(match random.u8(..24) {
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
        12 => CallAction::Requeue(QueueId(config.symbols.find("support")?)),
        _ => return None,
    })
}

/// A supervisor does something: a queue is closed for a while, a call is ended.
pub(crate) fn supervise(config: &Config, closed: &mut Option<QueueId>, random: &mut Rng) -> Input {
    if let Some(queue) = closed.take() {
        return Input::Queue {
            queue,
            action: QueueAction::Open,
        };
    }
    let queues: Vec<QueueId> = config.queues.keys().copied().collect();
    let queue = random
        .choice(queues)
        .unwrap_or(QueueId(cordboard_core::ids::Symbol(0)));
    *closed = Some(queue);
    Input::Queue {
        queue,
        action: QueueAction::Close,
    }
}
