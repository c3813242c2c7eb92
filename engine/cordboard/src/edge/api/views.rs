//! What can be looked at.

use super::Api;
use super::access::Asker;
use super::answer::ApiError;
use crate::config::Holder;
use crate::events::status_json;
use crate::schemas::OPENAPI_V1;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use cordboard_core::input::NewCalls;
use cordboard_journal::Stream;
use serde_json::{Value, json};

/// `GET /healthz`: whether inputs are taken. If not, the program has to be started again.
pub(super) async fn health(State(api): State<Api>) -> Response {
    match broken(&api) {
        Some(status) => status_answer(StatusCode::SERVICE_UNAVAILABLE, status),
        None => status_answer(StatusCode::OK, "ok"),
    }
}

/// `GET /readyz`: whether new calls are taken. If not, they are to go elsewhere.
pub(super) async fn readiness(State(api): State<Api>) -> Response {
    if let Some(status) = broken(&api) {
        return status_answer(StatusCode::SERVICE_UNAVAILABLE, status);
    }
    match api.engine.new_calls() {
        NewCalls::Take => status_answer(StatusCode::OK, "ready"),
        NewCalls::Reject | NewCalls::Leave => {
            status_answer(StatusCode::SERVICE_UNAVAILABLE, "draining")
        }
    }
}

fn broken(api: &Api) -> Option<&'static str> {
    if api.engine.journal().failure(Stream::Log).is_some() {
        Some("journal-failed")
    } else if api.engine.is_running() {
        None
    } else {
        Some("stopped")
    }
}

fn status_answer(code: StatusCode, status: &str) -> Response {
    (code, Json(json!({ "status": status }))).into_response()
}

/// `GET /v1/openapi.json`.
pub(super) async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI_V1).into_response()
}

/// `GET /v1/me`: who the token belongs to.
pub(super) async fn me(State(api): State<Api>, asker: Asker) -> Json<Value> {
    let config = api.engine.config();
    Json(match &asker.holder {
        Holder::Agent(agent) => {
            let profile = config.agents.get(agent);
            json!({
                "role": "agent",
                "name": config.symbols.name(agent.0),
                "display-name": profile.map(|profile| profile.display_name.as_str()),
            })
        }
        Holder::Supervisor(name) => json!({ "role": "supervisor", "name": name }),
        Holder::Observer(name) => json!({ "role": "observer", "name": name }),
    })
}

/// `GET /v1/overview`.
pub(super) async fn overview(
    State(api): State<Api>,
    asker: Asker,
) -> Result<Json<Value>, ApiError> {
    let _hold = api.engine.clock().hold();
    asker.may_see_all()?;
    let overview = api.engine.overview().await?;
    let config = api.engine.config();
    let symbols = &config.symbols;
    let shed = api.engine.shed();
    let agents: Vec<Value> = overview
        .agents
        .iter()
        .map(|agent| {
            json!({
                "agent": symbols.name(agent.agent.0),
                "state": status_json(agent.status, symbols),
            })
        })
        .collect();
    let queues: Vec<Value> = overview
        .queues
        .iter()
        .map(|queue| json!({ "queue": symbols.name(queue.queue.0), "waiting": queue.waiting }))
        .collect();
    Ok(Json(json!({
        "through": overview.through.to_string(),
        "agents": agents,
        "queues": queues,
        "live-calls": overview.live_calls,
        "wrap-ups": overview.wrap_ups,
        "shed": { "calls": shed.calls, "inputs": shed.inputs, "left": shed.left },
    })))
}

/// `GET /v1/plugins`.
pub(super) async fn plugins(State(api): State<Api>, asker: Asker) -> Result<Json<Value>, ApiError> {
    asker.may_see_all()?;
    let plugins: Vec<Value> = api
        .engine
        .plugins()
        .into_iter()
        .map(|plugin| {
            let (name, version) = plugin.plugin.unzip();
            let outcomes = plugin.outcomes;
            json!({
                "slot": plugin.slot,
                "name": name,
                "version": version,
                "sha256": plugin.sha256,
                "problem": plugin.problem,
                "breaker-open": plugin.breaker_open,
                "outcomes": {
                    "ok": outcomes.ok,
                    "abstain": outcomes.abstain,
                    "trap": outcomes.trap,
                    "deadline": outcomes.deadline,
                    "memory": outcomes.memory,
                    "bad-output": outcomes.bad_output,
                    "overload": outcomes.overload,
                    "not-loaded": outcomes.not_loaded,
                },
                "candidate": plugin.candidate.map(|candidate| {
                    let (name, version) = candidate.plugin.unzip();
                    json!({
                        "name": name,
                        "version": version,
                        "sha256": candidate.sha256,
                        "problem": candidate.problem,
                        "percent": candidate.percent,
                        "stopped": candidate.stopped,
                        "compared": candidate.compared,
                        "left-out": candidate.unasked,
                    })
                }),
            })
        })
        .collect();
    Ok(Json(json!({ "plugins": plugins })))
}
