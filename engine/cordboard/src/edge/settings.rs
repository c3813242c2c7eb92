//! What the edge needs of the configuration in force.

use crate::config::{AcsSettings, Compiled};
use cordboard_acs::Secret;
use cordboard_acs::webhook_auth::{WebhookAuth, WebhookAuthError};
use cordboard_core::Config;
use cordboard_core::ids::PromptId;
use cordboard_journal::BlobReader;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Replaced as a whole when the configuration is.
#[derive(Debug)]
pub(crate) struct EdgeSettings {
    pub(crate) config: Arc<Config>,
    /// Address of the callback endpoint, without a slash at its end.
    pub(crate) callback_base: String,
    prompt_base: String,
    /// Where a prompt is now; one that is gone, where it was: calls that began with it still play it.
    prompt_paths: BTreeMap<PromptId, String>,
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
        let (mut prompts, mut prompt_paths) = before
            .map(|before| (before.prompts.clone(), before.prompt_paths.clone()))
            .unwrap_or_default();
        prompts.extend(compiled.prompts.clone());
        let paths = compiled.config.prompts.iter();
        prompt_paths.extend(paths.map(|(id, prompt)| (*id, prompt.path.clone())));
        Ok(Self {
            config: Arc::clone(&compiled.config),
            callback_base: format!("{}/callbacks", acs.callback_base_url),
            prompt_base: format!("{}/prompts", acs.callback_base_url),
            prompt_paths,
            webhook_auth,
            prompts,
        })
    }

    /// Adds what calls of before a start still play and the configuration has no more: where it was, and the sound from the
    /// blobs of the journal.
    pub(crate) fn with_prompts_of<'a>(
        mut self,
        configs: impl Iterator<Item = &'a Arc<Config>>,
        blobs: &dyn BlobReader,
    ) -> Self {
        let gone: BTreeMap<PromptId, String> = configs
            .flat_map(|config| &config.prompts)
            .filter(|(id, _)| !self.prompt_paths.contains_key(id))
            .map(|(id, prompt)| (*id, prompt.path.clone()))
            .collect();
        if gone.is_empty() {
            return self;
        }
        let kept = blobs.list().unwrap_or_default();
        for (id, path) in gone {
            // The path begins with the beginning of the digest.
            let named = path.split('/').next().unwrap_or_default();
            let kept = kept
                .iter()
                .find(|(digest, _)| !named.is_empty() && digest.to_string().starts_with(named));
            match kept.and_then(|(digest, _)| blobs.read(digest).ok().flatten()) {
                Some(sound) => {
                    self.prompts.insert(path.clone(), sound.into());
                }
                None => tracing::warn!(
                    path,
                    "a prompt that calls of before the start may need is neither in the configuration nor in the journal"
                ),
            }
            self.prompt_paths.insert(id, path);
        }
        self
    }

    /// The address from which the service fetches a prompt.
    pub(crate) fn prompt_uri(&self, prompt: PromptId) -> Option<String> {
        let path = self.prompt_paths.get(&prompt)?;
        Some(format!("{}/{path}", self.prompt_base))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Memory, compile};

    const CONFIG: &str = r#"{
      "version": 1, "tenant": "contoso", "dev": true,
      "acs": {
        "connection_string": { "value": "endpoint=http://127.0.0.1:9;accesskey=c2VjcmV0" },
        "callback_base_url": "http://127.0.0.1:9", "allow_http": true,
        "event_grid_secrets": [{ "value": "the-event-grid-secret" }]
      },
      "queues": { "sales": {
        "groups": [{ "group": "team" }], "music": "music", "max_wait_seconds": 600,
        "exits": { "max_wait": { "message": "bye" }, "no_agents": { "message": "bye" }, "closed": { "message": "bye" } }
      } },
      "groups": { "team": ["anna"] },
      "agents": { "anna": { "endpoints": [{ "kind": "teams-client", "raw_id": "8:orgid:anna" }] } },
      "prompts": { "files": { "music": "music.wav", "bye": "bye.wav" } }
    }"#;

    fn compiled(text: &str) -> Compiled {
        let sound = include_bytes!("../../tests/config/prompts/music.wav");
        let source = Memory::default()
            .with_file("prompts/music.wav", sound)
            .with_file("prompts/bye.wav", sound);
        compile(text, None, &source).unwrap()
    }

    #[test]
    fn a_prompt_that_a_reload_takes_away_plays_on_for_those_who_hear_it() {
        let before = compiled(CONFIG);
        let acs = before.acs.as_ref().unwrap();
        let music = PromptId(before.config.symbols.find("music").unwrap());
        let settings = EdgeSettings::new(&before, acs, None).unwrap();
        let uri = settings.prompt_uri(music);
        assert!(uri.is_some());
        let text = CONFIG
            .replace("\"music\": \"music\"", "\"music\": \"jazz\"")
            .replace("\"music\": \"music.wav\"", "\"jazz\": \"music.wav\"");
        let after = compiled(&text);
        let after = after.keeping(&before.config.symbols).unwrap();
        let settings = EdgeSettings::new(&after, acs, Some(&settings)).unwrap();
        assert_eq!(settings.prompt_uri(music), uri);
    }
}
