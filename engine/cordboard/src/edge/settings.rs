//! What the edge needs of the configuration in force.

use crate::config::{AcsSettings, Compiled};
use cordboard_acs::Secret;
use cordboard_acs::webhook_auth::{WebhookAuth, WebhookAuthError};
use cordboard_core::Config;
use cordboard_core::ids::PromptId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Replaced as a whole when the configuration is.
#[derive(Debug)]
pub(crate) struct EdgeSettings {
    pub(crate) config: Arc<Config>,
    /// Address of the callback endpoint, without a slash at its end.
    pub(crate) callback_base: String,
    prompt_base: String,
    pub(crate) webhook_auth: WebhookAuth,
    /// Audio by path. Files of earlier configurations stay: calls that began with them still play them.
    pub(crate) prompts: BTreeMap<String, Arc<[u8]>>,
}

impl EdgeSettings {
    /// Takes what the edge needs from a configuration; `before` is what was in force.
    ///
    /// # Errors
    ///
    /// [`WebhookAuthError`] if the secrets of Event Grid cannot be used.
    pub(crate) fn new(
        compiled: &Compiled,
        acs: &AcsSettings,
        before: Option<&Self>,
    ) -> Result<Self, WebhookAuthError> {
        let webhook_auth = if acs.event_grid_secrets.is_empty() {
            WebhookAuth::open()
        } else {
            let secrets = acs
                .event_grid_secrets
                .iter()
                .map(|secret| Secret::new(secret.expose()));
            WebhookAuth::with_secrets(secrets.collect())?
        };
        let mut prompts = before
            .map(|before| before.prompts.clone())
            .unwrap_or_default();
        prompts.extend(compiled.prompts.clone());
        Ok(Self {
            config: Arc::clone(&compiled.config),
            callback_base: format!("{}/callbacks", acs.callback_base_url),
            prompt_base: format!("{}/prompts", acs.callback_base_url),
            webhook_auth,
            prompts,
        })
    }

    /// The address from which the service fetches a prompt.
    pub(crate) fn prompt_uri(&self, prompt: PromptId) -> Option<String> {
        let path = &self.config.prompts.get(&prompt)?.path;
        Some(format!("{}/{path}", self.prompt_base))
    }
}
