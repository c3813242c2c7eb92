//! How the engine reaches the world, and who may reach the engine.

use schemars::JsonSchema;
use serde::Deserialize;

/// The connection to Azure Communication Services.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acs {
    /// Connection string of the resource: `endpoint=https://…;accesskey=…`.
    pub(crate) connection_string: SecretRef,
    /// Address under which the service reaches this engine, `https://calls.contoso.com`. Callbacks, prompts and Event Grid
    /// come in below it.
    pub(crate) callback_base_url: String,
    /// Immutable resource id (a GUID). Calling SDK endpoints contain it, and callbacks are signed for it.
    #[serde(default)]
    pub(crate) resource_id: Option<String>,
    /// Secrets with which Event Grid shows that it is Event Grid. Two while one replaces the other.
    #[schemars(length(min = 1, max = 2))]
    pub(crate) event_grid_secrets: Vec<SecretRef>,
    /// Allows plain HTTP to the service and back, for a simulator.
    #[serde(default)]
    pub(crate) allow_http: bool,
}

/// A secret, kept outside of this file. Exactly one of the members.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub(crate) struct SecretRef {
    /// Name of an environment variable that holds it.
    #[serde(default)]
    pub(crate) env: Option<String>,
    /// File that holds it, relative to the configuration. White space at its end is ignored.
    #[serde(default)]
    pub(crate) file: Option<String>,
    /// The secret itself, only with `"dev": true`.
    #[serde(default)]
    pub(crate) value: Option<String>,
}

impl std::fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretRef(…)")
    }
}

/// The Teams tenant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Teams {
    /// Entra tenant id. Calling SDK endpoints contain it.
    pub(crate) tenant_id: Option<String>,
    /// After how long an unanswered call to a Teams user goes to voicemail. Queues ring shorter than that.
    #[schemars(range(min = 5, max = 60))]
    pub(crate) voicemail_pickup_seconds: u64,
}

impl Default for Teams {
    fn default() -> Self {
        Self {
            tenant_id: None,
            voicemail_pickup_seconds: 20,
        }
    }
}

/// Where `cordboard serve` listens.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Listen {
    /// Address and port.
    pub(crate) address: String,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            address: "127.0.0.1:8080".to_owned(),
        }
    }
}

/// Who may use the HTTP API besides the agents.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Api {
    /// Tokens with their roles.
    #[serde(default)]
    pub(crate) tokens: Vec<ApiToken>,
}

/// A token of the API.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiToken {
    /// Who it is, as records show it.
    pub(crate) name: String,
    /// What it may do.
    pub(crate) role: Role,
    /// The token.
    pub(crate) token: SecretRef,
}

/// What a token may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Role {
    /// Sees every event and may act on every agent, call and queue.
    Supervisor,
    /// Sees every event and may act on nothing.
    Observer,
}

/// Where the journal is kept.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Journal {
    /// Folder, relative to the configuration.
    pub(crate) directory: String,
    /// A snapshot is taken after this many entries.
    #[schemars(range(min = 100, max = 1_000_000))]
    pub(crate) snapshot_every: u64,
    /// At least this many entries stay behind the newest snapshot: so far back reach a replay, the requests and callbacks
    /// of an explanation, and the events that a subscriber can resume from after a restart. A call makes some tens of
    /// entries, an entry takes some 300 bytes. With 0, only what a recovery needs is kept.
    #[schemars(range(max = 1_000_000))]
    pub(crate) keep_entries: u64,
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            directory: "journal".to_owned(),
            snapshot_every: 20_000,
            keep_entries: 200_000,
        }
    }
}

/// What happens when `cordboard serve` is asked to stop (SIGTERM or Ctrl-C). Asked again, it stops at once.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Drain {
    /// How long calls may go on before it ends. Calls that are left then go on at the service, and the next start on the journal
    /// takes them over. Default 0: it hands them over at once.
    #[schemars(range(max = 86_400))]
    pub(crate) seconds: u64,
    /// What becomes of new calls meanwhile.
    pub(crate) new_calls: DrainNewCalls,
}

/// What becomes of new calls while the engine waits for others to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DrainNewCalls {
    /// Their event is not acknowledged, so that Event Grid delivers it again after ten seconds: to another instance, or to the
    /// next start.
    #[default]
    Leave,
    /// Callers hear busy.
    Reject,
}
