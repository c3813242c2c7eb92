//! {{description}}

{{modules}}

use cordboard_plugin::{Plugin, Problems, QueueId};

/// What operators write, and `schema.json` describes.
#[derive(serde::Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Written as names, read as numbers.
    #[serde(default)]
    not_for: Vec<QueueId>,
}

/// The configured plugin. Every decision begins with it as `configure` has left it.
#[derive(Debug)]
pub struct Policy {
    not_for: Vec<QueueId>,
}

{{catalogue}}cordboard_plugin::export! {
    plugin: Policy,
    points: [{{points}}],
{{catalogue_line}}    config_schema: "../schema.json",
}

impl Plugin for Policy {
    type Config = Config;

    /// Runs once, before any decision. Report what the schema cannot say, all mistakes at once.
    fn configure(config: Config) -> Result<Self, Problems> {
        let problems = Problems::new();
        problems.or(Self {
            not_for: config.not_for.to_vec(),
        })
    }
}
