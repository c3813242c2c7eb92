//! Setting the edge up while the engine is built.

use super::admission::{AdmissionLimits, Unanswered};
use super::operator::AcsOperator;
use super::settings::EdgeSettings;
use super::{DigitsSink, Edge, EdgeParts};
use crate::config::{Compiled, plain_http};
use crate::driver::{Driver, Operator};
use crate::error::BuildError;
use arc_swap::ArcSwap;
use cordboard_acs::edge_key::EdgeKey;
use cordboard_acs::{Client, ClientLimits, Endpoint};
use cordboard_clock::Clock;
use cordboard_core::Tenant;
use cordboard_journal::{BlobReader, Nonce};
use std::sync::Arc;
use tokio::runtime::Handle;

/// What the builder collects for the edge.
#[derive(Default)]
pub(crate) struct AzureParts {
    pub(crate) runtime: Option<Handle>,
    pub(crate) digits: Option<Arc<dyn DigitsSink>>,
    pub(crate) admission: AdmissionLimits,
    pub(crate) client: ClientLimits,
}

/// The part of the edge that needs no journal.
pub(crate) struct AzureSetup {
    /// None where something else carries operations out.
    requests: Option<(Client, Handle)>,
    digits: Option<Arc<dyn DigitsSink>>,
    admission: AdmissionLimits,
}

/// The part of the edge that needs no driver.
pub(crate) struct AzureReady {
    key: EdgeKey,
    settings: Arc<ArcSwap<EdgeSettings>>,
    digits: Option<Arc<dyn DigitsSink>>,
    operator: Option<Arc<AcsOperator>>,
    unanswered: Unanswered,
}

impl AzureSetup {
    /// Checks what can be checked before the journal is open; `None` where the configuration has no
    /// `acs`.
    pub(crate) fn new(
        config: &Compiled,
        parts: AzureParts,
        clock: &Clock,
        has_operator: bool,
    ) -> Result<Option<Self>, Vec<BuildError>> {
        let Some(acs) = &config.acs else {
            return Ok(None);
        };
        if has_operator {
            return Ok(Some(Self {
                requests: None,
                digits: parts.digits,
                admission: parts.admission,
            }));
        }
        let mut errors = Vec::new();
        let runtime = parts.runtime.or_else(|| Handle::try_current().ok());
        if runtime.is_none() {
            errors.push(BuildError::Missing(
                "there is no tokio runtime to send requests on: build the engine inside one, or give one with `runtime`",
            ));
        }
        let plain_http = plain_http(acs.allow_http);
        let client = Endpoint::from_connection_string(acs.connection_string.expose(), plain_http)
            .map_err(|error| error.to_string())
            .and_then(|endpoint| {
                Client::new(endpoint, clock.clone(), parts.client)
                    .map_err(|error| error.to_string())
            });
        match (client, runtime) {
            (Ok(client), Some(runtime)) => Ok(Some(Self {
                requests: Some((client, runtime)),
                digits: parts.digits,
                admission: parts.admission,
            })),
            (client, _) => {
                errors.extend(client.err().map(BuildError::Acs));
                Err(errors)
            }
        }
    }

    /// Goes on once the journal is open and the configuration has its final numbers.
    pub(crate) fn with_journal(
        self,
        config: &Compiled,
        nonce: &Nonce,
        before: &Tenant,
        blobs: &dyn BlobReader,
    ) -> Result<AzureReady, BuildError> {
        let Some(acs) = &config.acs else {
            return Err(BuildError::Missing("the configuration has lost its `acs`"));
        };
        let key =
            EdgeKey::from_nonce(&nonce.0).map_err(|error| BuildError::Acs(error.to_string()))?;
        let settings = EdgeSettings::new(config, acs, None)
            .map_err(|error| BuildError::Acs(error.to_string()))?
            .with_prompts_of(before.configs(), blobs);
        let settings = Arc::new(ArcSwap::from_pointee(settings));
        let admission = self.admission;
        let unanswered = Unanswered::new(admission.unanswered_max);
        let operator = self.requests.map(|(client, runtime)| {
            let operator = cordboard_acs::Operator::new(client, key.clone());
            let settings = Arc::clone(&settings);
            let unanswered = unanswered.clone();
            Arc::new(AcsOperator::new(
                operator, settings, runtime, unanswered, admission,
            ))
        });
        Ok(AzureReady {
            key,
            settings,
            digits: self.digits,
            operator,
            unanswered,
        })
    }
}

impl AzureReady {
    /// Who carries operations out, where it is the edge.
    pub(crate) fn operator(&self) -> Option<Arc<dyn Operator>> {
        let operator = self.operator.clone()?;
        Some(operator)
    }

    /// Connects the webhooks with the running driver.
    pub(crate) fn connect(self, driver: Driver) -> Edge {
        Edge(Arc::new(EdgeParts {
            driver,
            key: self.key,
            settings: self.settings,
            operator: self.operator,
            unanswered: self.unanswered,
            digits: self.digits,
        }))
    }
}
