//! Plays golden vectors.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cordboard_core::question::Ask;
use cordboard_plugin_host::{
    Digest, HostConfig, HostError, LoadError, Names, Plugin, PluginHost, PluginLimits, PluginSpec,
    inspect, names_in,
};
use serde_json::Value;
use thiserror::Error;

use crate::difference::{Difference, differences};
use crate::facts::{FactsError, ask};
use crate::names::Interner;
use crate::vectors::Vectors;
use crate::verdict::written;

/// Time of a decision in a test, far more than the engine's: a test says what is decided, a bench
/// how fast.
const DEADLINE: Duration = Duration::from_secs(10);
/// Time of `configure` in a test.
const CONFIGURE_DEADLINE: Duration = Duration::from_secs(60);

/// Why vectors cannot be played.
#[derive(Debug, Error)]
pub enum KitError {
    /// The host cannot start.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The plugin cannot be loaded with the configuration of the file.
    #[error("the plugin cannot be loaded: {0}")]
    Load(LoadError),
    /// The plugin cannot be loaded with the configuration of a vector.
    #[error("the plugin cannot be loaded for vector `{vector}`: {error}")]
    LoadFor {
        /// The vector.
        vector: String,
        /// Why.
        error: LoadError,
    },
    /// The facts of a vector cannot be read.
    #[error("vector `{vector}`: {error}")]
    Facts {
        /// The vector.
        vector: String,
        /// Why.
        error: FactsError,
    },
    /// The plugin has another decision point.
    #[error("vector `{vector}` is for `{point}`, which the plugin does not decide")]
    Point {
        /// The vector.
        vector: String,
        /// Its decision point.
        point: &'static str,
    },
}

/// A plugin host for tests: the engine's own, with more time.
#[derive(Debug)]
pub struct Kit {
    host: PluginHost,
}

/// What came of the vectors of a file, in their order.
#[derive(Clone, PartialEq, Debug)]
pub struct Played {
    /// The plugin that has played.
    pub plugin: Digest,
    /// One for each vector.
    pub outcomes: Vec<Outcome>,
}

/// What came of a vector.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// Its name.
    pub vector: String,
    /// What the plugin said.
    pub found: Value,
    /// Where that is not what the file has.
    pub differences: Vec<Difference>,
    /// Where the plugin said something else when it was asked again.
    pub impure: Vec<Difference>,
    /// What happened, where the plugin failed.
    pub detail: Option<String>,
}

impl Outcome {
    /// Whether the plugin said what is expected, each time.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.differences.is_empty() && self.impure.is_empty()
    }
}

impl Played {
    /// How many vectors passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.outcomes.iter().filter(|of| of.passed()).count()
    }
}

impl Kit {
    /// Starts a host.
    ///
    /// # Errors
    /// The machine refuses threads or cannot run WebAssembly.
    pub fn new() -> Result<Self, KitError> {
        Ok(Self {
            host: PluginHost::new(HostConfig {
                workers: 2,
                ..HostConfig::default()
            })?,
        })
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &PluginHost {
        &self.host
    }

    /// Loads a plugin with a configuration, whose names are numbered as they come.
    ///
    /// # Errors
    /// Whatever is wrong with the component or the configuration.
    pub fn configure(&self, component: &[u8], config: &Value) -> Result<Arc<Plugin>, LoadError> {
        let mut names = Interner::default();
        if let Some(manifest) = inspect(component, u64::MAX).manifest {
            for name in names_in(&manifest.config_schema, config) {
                names.number(&name);
            }
        }
        self.load(component, config, &names.for_any_kind())
    }

    /// Asks a plugin for every vector, twice, and holds the verdicts against those of the file.
    ///
    /// # Errors
    /// The plugin cannot be loaded, or the facts of a vector cannot be read.
    pub fn play(&self, component: &[u8], vectors: &Vectors) -> Result<Played, KitError> {
        let questions = Questions::read(component, vectors)?;
        let mut loaded: BTreeMap<String, Arc<Plugin>> = BTreeMap::new();
        let load = |config: &Value| self.load(component, config, &questions.numbers);
        let usual = load(&vectors.config).map_err(KitError::Load)?;
        let mut outcomes = Vec::new();
        for (vector, ask) in vectors.vectors.iter().zip(&questions.asks) {
            let plugin = match &vector.config {
                None => &usual,
                Some(config) => {
                    let key = config.to_string();
                    if !loaded.contains_key(&key) {
                        let plugin = load(config).map_err(|error| KitError::LoadFor {
                            vector: vector.name.clone(),
                            error,
                        })?;
                        loaded.insert(key.clone(), plugin);
                    }
                    loaded.get(&key).unwrap_or(&usual)
                }
            };
            if !plugin.info().answers(vector.point) {
                return Err(KitError::Point {
                    vector: vector.name.clone(),
                    point: vector.point.name(),
                });
            }
            let answer = plugin.decide(ask);
            let found = written(ask, &answer, &questions.names);
            let again = written(ask, &plugin.decide(ask), &questions.names);
            outcomes.push(Outcome {
                vector: vector.name.clone(),
                differences: differences(vector.verdict.as_ref(), &found),
                impure: differences(Some(&found), &again),
                detail: answer.detail,
                found,
            });
        }
        Ok(Played {
            plugin: usual.info().plugin,
            outcomes,
        })
    }

    fn load(
        &self,
        component: &[u8],
        config: &Value,
        names: &Names,
    ) -> Result<Arc<Plugin>, LoadError> {
        self.host.compile(&PluginSpec {
            component,
            sha256: None,
            config,
            names,
            limits: PluginLimits {
                deadline: DEADLINE,
                configure_deadline: CONFIGURE_DEADLINE,
                ..PluginLimits::default()
            },
        })
    }
}

/// The questions of a file, under one numbering of names.
#[derive(Clone, Debug)]
pub struct Questions {
    /// One for each vector.
    pub asks: Vec<Ask>,
    /// The names.
    pub names: Interner,
    /// The same, for loading a plugin.
    pub numbers: Names,
}

impl Questions {
    /// Reads the facts of a file's vectors. The component tells which members of the configurations
    /// are names.
    ///
    /// # Errors
    /// The facts of a vector cannot be read.
    pub fn read(component: &[u8], vectors: &Vectors) -> Result<Self, KitError> {
        let mut names = Interner::default();
        if let Some(manifest) = inspect(component, u64::MAX).manifest {
            let of_vectors = vectors.vectors.iter().filter_map(|of| of.config.as_ref());
            for config in of_vectors.chain([&vectors.config]) {
                for name in names_in(&manifest.config_schema, config) {
                    names.number(&name);
                }
            }
        }
        let asks = vectors.vectors.iter().map(|vector| {
            ask(vector.point, &vector.facts, &mut names).map_err(|error| KitError::Facts {
                vector: vector.name.clone(),
                error,
            })
        });
        let asks = asks.collect::<Result<_, _>>()?;
        Ok(Self {
            asks,
            numbers: names.for_any_kind(),
            names,
        })
    }
}
