//! The contact centre of the trials: as many agents as are wanted, one queue, a line that leads straight into it and one with
//! a menu before it.

use anyhow::bail;
use cordboard::config::{Compiled, Machine, compile};
use serde_json::{Map, Value, json};
use std::path::Path;

/// The line that leads straight into the queue.
pub const LINE: &str = "28:orgid:ba000000-0000-4000-8000-000000000001";
/// The line with a menu.
pub const MENU_LINE: &str = "28:orgid:ba000000-0000-4000-8000-000000000002";
/// The key in the menu that leads into the queue.
pub const MENU_KEY: &str = "1";
/// The collection of card numbers.
pub const PAYMENT: &str = "payment";
/// What the Event Grid subscription proves itself with.
pub const EVENT_GRID_SECRET: &str = "cordboard-trials-event-grid";
/// Access key of the simulated service: base64 of `cordboard-trials-access-key`.
pub const ACCESS_KEY: &str = "Y29yZGJvYXJkLXRyaWFscy1hY2Nlc3Mta2V5";
/// A supervisor's token for the API.
pub const SUPERVISOR: &str = "token-of-the-trials-supervisor";
/// Name of the tenant.
pub const TENANT: &str = "trials";

/// The plugins of a configuration with `--plugins`: slot, file, configuration.
const PLUGINS: [(&str, &str); 3] = [
    ("skill-match", r#"{ "default": { "level": "closest" } }"#),
    (
        "endpoint-select",
        r#"{ "default": { "stages": [[{ "kind": "teams-client", "seconds": 15 }]] } }"#,
    ),
    (
        "recording-policy",
        r#"{ "default": { "record": "always", "payment": "pause", "keep_days": 90 } }"#,
    ),
];

/// What a trial wants of its centre.
#[derive(Debug)]
pub struct Centre<'a> {
    /// How many agents there are.
    pub agents: usize,
    /// How long an agent has for wrap-up.
    pub wrap_up_seconds: u64,
    /// The address of the service.
    pub service: &'a str,
    /// The address of the engine.
    pub engine: &'a str,
    /// `journal` in the configuration, with a `directory`.
    pub journal: Value,
    /// `limits` in the configuration.
    pub limits: Value,
    /// The folder of the built plugins; none to have everything decided by the engine itself.
    pub plugins: Option<&'a Path>,
}

impl Centre<'_> {
    /// Writes the configuration and its audio files into a folder.
    pub fn write(&self, folder: &Path) -> anyhow::Result<Value> {
        let prompts = folder.join("prompts");
        std::fs::create_dir_all(&prompts)?;
        for name in ["welcome", "music", "bye", "card"] {
            std::fs::write(prompts.join(format!("{name}.wav")), silence())?;
        }
        let config = self.config();
        std::fs::write(folder.join("config.json"), config.to_string())?;
        Ok(config)
    }

    fn config(&self) -> Value {
        let numbers = 0..self.agents;
        let agents: Map<String, Value> = numbers
            .clone()
            .map(|number| {
                let endpoint = json!({ "kind": "teams-client", "raw_id": endpoint(number) });
                let skills = json!({ "sales": 40 + number % 60 });
                (
                    name(number),
                    json!({ "skills": skills, "endpoints": [endpoint] }),
                )
            })
            .collect();
        let bye = json!({ "message": "bye" });
        let mut queue = json!({
            "requirements": [{ "skill": "sales", "minimum": 30 }],
            "groups": [{ "group": "crew" }], "music": "music", "max_wait_seconds": 3_600,
            "wrap_up_seconds": self.wrap_up_seconds, "recording": { "by_default": true },
            "exits": { "max_wait": &bye, "no_agents": &bye, "closed": &bye }
        });
        let mut plugins = Map::new();
        if let Some(folder) = self.plugins {
            for (slot, text) in PLUGINS {
                let config: Value = serde_json::from_str(text).unwrap_or_default();
                let file = folder.join(format!("{slot}.wasm"));
                plugins.insert(slot.to_owned(), json!({ "file": file, "config": config }));
            }
            queue["skill_match"] = json!("skill-match");
            queue["endpoint_select"] = json!("endpoint-select");
            queue["recording"]["policy"] = json!("recording-policy");
        }
        let connection = format!("endpoint={}/;accesskey={ACCESS_KEY}", self.service);
        let listen = self.engine.trim_start_matches("http://");
        json!({
            "version": 1, "dev": true, "tenant": TENANT,
            "acs": {
                "connection_string": { "value": connection }, "callback_base_url": self.engine,
                "event_grid_secrets": [{ "value": EVENT_GRID_SECRET }], "allow_http": true
            },
            "listen": { "address": listen },
            "api": { "tokens": [{ "name": "sofia", "role": "supervisor", "token": { "value": SUPERVISOR } }] },
            "journal": self.journal,
            "resource_accounts": {
                "line": { "identity": LINE, "default_queue": "sales" },
                "menu-line": { "identity": MENU_LINE, "menu": "main", "default_queue": "sales" }
            },
            "menus": { "main": { "prompt": "welcome", "options": { MENU_KEY: { "queue": "sales" } } } },
            "queues": { "sales": queue },
            "groups": { "crew": numbers.map(name).collect::<Vec<_>>() },
            "agents": agents,
            "prompts": { "files": {
                "welcome": "welcome.wav", "music": "music.wav", "bye": "bye.wav", "card": "card.wav"
            } },
            "collections": { PAYMENT: { "prompt": "card", "digits_max": 16, "sensitive": true } },
            "plugins": plugins,
            "limits": self.limits,
        })
    }
}

/// Compiles a configuration whose files are in `folder`.
pub fn compiled(folder: &Path, config: &Value) -> anyhow::Result<Compiled> {
    match compile(&config.to_string(), None, &Machine::new(folder)) {
        Ok(compiled) => Ok(compiled),
        Err(problems) => bail!("the trial's configuration is not usable: {problems:?}"),
    }
}

/// The name of an agent.
pub fn name(number: usize) -> String {
    format!("agent-{number:04}")
}

/// The Teams client of an agent.
pub fn endpoint(number: usize) -> String {
    format!("8:orgid:a0000000-0000-4000-8000-{number:012}")
}

/// A second of silence in the one form that Call Automation plays: WAV, mono, 16 bit, 16 kHz.
fn silence() -> Vec<u8> {
    const SAMPLES_PER_SECOND: u32 = 16_000;
    let bytes = SAMPLES_PER_SECOND * 2;
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + bytes).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend(1_u16.to_le_bytes());
    wav.extend(1_u16.to_le_bytes());
    wav.extend(SAMPLES_PER_SECOND.to_le_bytes());
    wav.extend(bytes.to_le_bytes());
    wav.extend(2_u16.to_le_bytes());
    wav.extend(16_u16.to_le_bytes());
    wav.extend(b"data");
    wav.extend(bytes.to_le_bytes());
    wav.resize(wav.len() + usize::try_from(bytes).unwrap_or_default(), 0);
    wav
}
