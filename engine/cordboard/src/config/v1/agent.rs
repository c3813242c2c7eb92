//! Agents and where they can be rung.

use super::SecretRef;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// An agent: one person with every place where that person can be rung.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Agent {
    /// Name for people. The agent's own name when left out.
    #[serde(default)]
    pub(crate) display_name: Option<String>,
    /// Object id of the person in Entra ID. Teams and Calling SDK endpoints without a `raw_id` are made from it.
    #[serde(default)]
    pub(crate) entra_object_id: Option<String>,
    /// Skills with their level, 1 to 100.
    #[serde(default)]
    pub(crate) skills: BTreeMap<String, Level>,
    /// Where the agent can be rung, in order of preference.
    #[serde(default)]
    pub(crate) endpoints: Vec<Endpoint>,
    /// The agent's token for the API. Without one the agent cannot use it.
    #[serde(default)]
    pub(crate) token: Option<SecretRef>,
}

/// Level of a skill.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(crate) struct Level(#[schemars(range(min = 1, max = 100))] pub(crate) u8);

/// A place where an agent can be rung.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Endpoint {
    /// What rings.
    pub(crate) kind: EndpointKindName,
    /// Raw id of the endpoint where it does not follow from the agent's `entra_object_id`.
    #[serde(default)]
    pub(crate) raw_id: Option<String>,
    /// Phone number in E.164 form, for `pstn`.
    #[serde(default)]
    pub(crate) number: Option<String>,
}

/// What kind of device rings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EndpointKindName {
    /// The Teams client.
    TeamsClient,
    /// A client built with the Calling SDK.
    CallingSdk,
    /// A phone number.
    Pstn,
}
