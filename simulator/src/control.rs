//! The control interface: placing callers, defining agents, reading the ledger. `Authorization: Bearer {token}`.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    response::Response,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    config::Subscription,
    figures::{Figures, Warnings},
    script::{AgentScript, CallerScript, Fate},
    server::{Shared, read, respond},
    subscribe::shake_hands,
    world::ApiReply,
};

/// What `GET /simulator/figures` answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FiguresAnswer {
    /// Callers whose call has not ended. Their fate is open: until then each of them counts as lost in the figures.
    pub in_progress: u64,
    /// The figures.
    pub figures: Figures,
    /// Further ones that should be zero.
    pub warnings: Warnings,
}

/// `GET /simulator/ledger`
pub(crate) async fn ledger(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    answer(&shared, &headers, || shared.driver.ledger())
}

/// `GET /simulator/figures`
pub(crate) async fn figures(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    answer(&shared, &headers, || {
        let ledger = shared.driver.ledger();
        let in_progress = ledger.fates().get(&Fate::StillInCall).copied();
        FiguresAnswer {
            in_progress: in_progress.unwrap_or_default(),
            figures: ledger.figures(),
            warnings: ledger.warnings(),
        }
    })
}

/// `GET /simulator/progress`
pub(crate) async fn progress(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    answer(&shared, &headers, || shared.driver.progress())
}

/// `POST /simulator/callers`: one script or a list; all of them are placed, or none.
pub(crate) async fn place_callers(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let hold = shared.driver.clock.hold();
    let scripts: Vec<CallerScript> = match scripts(&shared, request).await {
        Ok(scripts) => scripts,
        Err(refusal) => return respond(refusal),
    };
    created(
        shared
            .driver
            .step(&hold, |world, now| world.place(now, scripts)),
    )
}

/// `POST /simulator/agents`: one person or a list; all of them are defined, or none.
pub(crate) async fn define_agents(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let hold = shared.driver.clock.hold();
    let scripts: Vec<AgentScript> = match scripts(&shared, request).await {
        Ok(scripts) => scripts,
        Err(refusal) => return respond(refusal),
    };
    created(
        shared
            .driver
            .step(&hold, |world, now| world.define(now, scripts)),
    )
}

/// `POST /simulator/subscription`: makes the handshake and tells its outcome.
pub(crate) async fn subscribe(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let hold = shared.driver.clock.hold();
    let subscription: Subscription = match body(&shared, request).await {
        Ok(subscription) => subscription,
        Err(refusal) => return respond(refusal),
    };
    let driver = &shared.driver;
    match shake_hands(&driver.http, &subscription, driver.clock.now()).await {
        Ok(()) => {
            driver.step(&hold, |world, _| world.subscribe(subscription));
            respond(ApiReply::json(200, &serde_json::json!({})))
        }
        Err(error) => respond(ApiReply::error(400, "HandshakeFailed", &error.to_string())),
    }
}

fn answer<T: Serialize>(
    shared: &Shared,
    headers: &HeaderMap,
    make: impl FnOnce() -> T,
) -> Response {
    match check_token(shared, headers) {
        Ok(()) => respond(ApiReply::json(200, &make())),
        Err(refusal) => respond(refusal),
    }
}

async fn body<T: DeserializeOwned>(shared: &Shared, request: Request) -> Result<T, ApiReply> {
    check_token(shared, request.headers())?;
    let body = read(request.into_body()).await?;
    serde_json::from_slice(&body).map_err(|error| bad_request(&error))
}

/// Reads one script or a list. Not by an untagged enumeration: its errors would not name the member that is wrong.
async fn scripts<T: DeserializeOwned>(
    shared: &Shared,
    request: Request,
) -> Result<Vec<T>, ApiReply> {
    let items = match body(shared, request).await? {
        Value::Array(items) => items,
        one => vec![one],
    };
    items
        .into_iter()
        .map(|item| serde_json::from_value(item).map_err(|error| bad_request(&error)))
        .collect()
}

fn bad_request(error: &serde_json::Error) -> ApiReply {
    ApiReply::error(400, "BadRequest", &format!("not a valid script: {error}"))
}

fn check_token(shared: &Shared, headers: &HeaderMap) -> Result<(), ApiReply> {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let given = given
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    // Digests, so that the time of comparing tells nothing of the token.
    if Sha256::digest(given) == Sha256::digest(shared.control_token.expose()) {
        return Ok(());
    }
    Err(ApiReply::error(
        401,
        "Unauthorized",
        "the control interface needs `Authorization: Bearer {token}`; the token is printed at start",
    ))
}

fn created(result: Result<(), crate::error::ScriptError>) -> Response {
    match result {
        Ok(()) => respond(ApiReply::json(201, &serde_json::json!({}))),
        Err(error) => respond(ApiReply::error(400, "BadScript", &error.to_string())),
    }
}
