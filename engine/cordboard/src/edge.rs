//! The edge to Azure: the webhooks that the engine answers, the prompts that it serves, the
//! operations that it carries out, and the HTTP API. Needs tokio; everything behind it does not.

mod admission;
pub(crate) mod api;
mod body_limit;
mod operator;
mod settings;
mod setup;
mod webhooks;

pub use admission::AdmissionLimits;
pub(crate) use setup::{AzureParts, AzureReady, AzureSetup};
pub(crate) use webhooks::wrong_method;

use crate::config::Compiled;
use crate::driver::Driver;
use crate::error::BuildError;
use admission::{Unanswered, UnderWay};
use arc_swap::ArcSwap;
use axum::Router;
use axum::routing::{get, post};
use body_limit::limit_bodies;
use cordboard_acs::callback::SensitiveDigits;
use cordboard_acs::edge_key::EdgeKey;
use cordboard_core::ids::{CallId, CollectionId};
use operator::AcsOperator;
use settings::EdgeSettings;
use std::ops::Deref;
use std::sync::Arc;

/// Takes digits that a caller typed into a sensitive collection. It is called once per collection, on a thread of
/// the runtime, and must not block. The digits are in no journal, event, record or log: whoever implements this is the
/// only one to have them.
pub trait DigitsSink: Send + Sync {
    /// A caller has typed digits.
    fn digits_collected(&self, call: CallId, collection: CollectionId, digits: &SensitiveDigits);
}

/// What every handler of the webhooks shares.
#[derive(Clone)]
pub(crate) struct Edge(Arc<EdgeParts>);

pub(crate) struct EdgeParts {
    pub(crate) driver: Driver,
    pub(crate) key: EdgeKey,
    pub(crate) settings: Arc<ArcSwap<EdgeSettings>>,
    /// None where something else carries operations out.
    operator: Option<Arc<AcsOperator>>,
    unanswered: Unanswered,
    pub(crate) digits: Option<Arc<dyn DigitsSink>>,
}

impl Edge {
    /// Counts a new call until the result is dropped, or tells that there is no room for it.
    fn admit(&self) -> Option<UnderWay> {
        let sends = self.0.operator.as_ref();
        if self.0.driver.is_crowded() || sends.is_some_and(|operator| operator.is_crowded()) {
            return None;
        }
        self.0.unanswered.try_enter()
    }

    /// What the edge needs of a new configuration, beside what it keeps of the old one.
    pub(crate) fn settings_of(&self, config: &Compiled) -> Result<EdgeSettings, BuildError> {
        let Some(acs) = &config.acs else {
            return Err(BuildError::Missing(
                "the new configuration has no `acs`: stop the engine to change to decision-only use",
            ));
        };
        let before = self.0.settings.load_full();
        EdgeSettings::new(config, acs, Some(&before))
            .map_err(|error| BuildError::Acs(error.to_string()))
    }
}

impl Deref for Edge {
    type Target = EdgeParts;

    fn deref(&self) -> &EdgeParts {
        &self.0
    }
}

/// The routes that Azure uses: `/eventgrid`, `/callbacks/…`, `/prompts/…`.
pub(crate) fn router(edge: Edge) -> Router {
    let router = Router::new()
        .route(
            "/eventgrid",
            post(webhooks::event_grid).options(webhooks::event_grid),
        )
        .route("/callbacks/{*path}", post(webhooks::callback))
        .route("/prompts/{*path}", get(webhooks::prompt));
    limit_bodies(router, BODY_BYTES_MAX).with_state(edge)
}

/// Longest body of a webhook, in bytes.
const BODY_BYTES_MAX: usize = cordboard_acs::callback::BODY_BYTES_MAX;
