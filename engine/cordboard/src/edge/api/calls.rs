//! Calls that live, and why nobody is rung for one that waits.

use super::Api;
use super::access::Asker;
use super::actions::call_number;
use super::answer::ApiError;
use crate::events::status_json;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use cordboard_core::config::Symbols;
use cordboard_core::ids::CallId;
use cordboard_core::matching::{Obstacle, Wait};
use serde::Deserialize;
use serde_json::{Value, json};

/// Most calls that one answer lists.
const CALLS_PAGE_MAX: usize = 200;

/// The query of `GET /v1/calls`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    after: Option<u64>,
}

/// `GET /v1/calls`.
pub(super) async fn calls(
    State(api): State<Api>,
    asker: Asker,
    query: Result<Query<From>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let _hold = api.engine.clock().hold();
    asker.may_see_all()?;
    let Query(from) = query.map_err(|error| ApiError::BadRequest(error.body_text()))?;
    let calls = api
        .engine
        .live_calls(from.after.map(CallId), CALLS_PAGE_MAX)
        .await?;
    let more = calls.len() == CALLS_PAGE_MAX;
    let next = calls.last().filter(|_| more).map(|last| last.call.0);
    let config = api.engine.config();
    let symbols = &config.symbols;
    let calls: Vec<Value> = calls
        .iter()
        .map(|call| {
            json!({
                "call": call.call.0,
                "phase": call.phase.name(),
                "caller": call.caller.masked(),
                "queue": call.queue.map(|queue| symbols.name(queue.0)),
                "agent": call.agent.map(|agent| symbols.name(agent.0)),
                "queued-since": call.queued_since.map(|since| since.0),
            })
        })
        .collect();
    Ok(Json(json!({ "calls": calls, "next": next })))
}

/// `GET /v1/calls/{call}/wait`.
pub(super) async fn wait(
    State(api): State<Api>,
    asker: Asker,
    Path(number): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let _hold = api.engine.clock().hold();
    asker.may_see_all()?;
    let call = call_number(&number)?;
    let wait = api.engine.wait_of_call(call).await?;
    let wait = wait.ok_or(ApiError::DoesNotWait(call))?;
    let config = api.engine.config();
    Ok(Json(wait_json(&wait, &config.symbols)))
}

fn wait_json(wait: &Wait, symbols: &Symbols) -> Value {
    let agents: Vec<Value> = wait
        .agents
        .iter()
        .map(|agent| {
            let obstacles: Vec<Value> = agent
                .obstacles
                .iter()
                .map(|obstacle| obstacle_json(*obstacle, symbols))
                .collect();
            json!({ "agent": symbols.name(agent.agent.0), "obstacles": obstacles })
        })
        .collect();
    json!({
        "queue": symbols.name(wait.queue.0),
        "since": wait.since.0,
        "position": wait.position,
        "asked-about": wait.is_asked_about,
        "nobody-ranked": wait.nobody_ranked,
        "agents": agents,
        "more-agents": wait.more_agents,
    })
}

fn obstacle_json(obstacle: Obstacle, symbols: &Symbols) -> Value {
    match obstacle {
        Obstacle::LacksSkill {
            skill,
            level,
            minimum,
        } => json!({
            "obstacle": "lacks-skill",
            "skill": symbols.name(skill.0),
            "level": level,
            "minimum": minimum,
        }),
        Obstacle::Suppressed => json!({ "obstacle": "suppressed" }),
        Obstacle::OfferFailed => json!({ "obstacle": "offer-failed" }),
        Obstacle::GroupDelay { joins_at } => {
            json!({ "obstacle": "group-delay", "joins-at": joins_at.0 })
        }
        Obstacle::NotAvailable(status) => {
            json!({ "obstacle": "not-available", "state": status_json(status, symbols) })
        }
        Obstacle::Withheld => json!({ "obstacle": "withheld" }),
    }
}
