//! From the text to the compiled form.

mod agents;
mod connection;
mod exits;
mod hours;
mod names;
mod numbers;
mod prompts;
mod queues;
mod tuning;

pub use connection::SECRET_CHARS_MIN;
#[cfg(feature = "azure")]
pub(crate) use connection::plain_http;
pub use names::CONFIG_NAME_CHARS_MAX;
pub use prompts::{AUDIO_RATE, PROMPT_BYTES_MAX};

use super::output::Compiled;
use super::problem::{Path, Problem, Step};
use super::secret::Secret;
use super::source::{Captured, Source};
use super::v1::ConfigText;
use super::{structure, text};
use cordboard_core::Config;
use cordboard_core::config::Symbols;
use cordboard_core::ids::Millis;
use names::Names;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Reads and checks a configuration text.
///
/// `previous` are the symbols of the configuration in force, whose numbers are kept. Files and
/// variables come from `source`.
///
/// # Errors
/// Everything that is wrong with the text, each with its place and what to change. A part that does
/// not fit the schema is reported and left out; the rest is checked all the same.
pub fn compile(
    text: &str,
    previous: Option<&Symbols>,
    source: &dyn Source,
) -> Result<Compiled, Vec<Problem>> {
    match examine(text, previous, source) {
        (problems, Some(compiled)) if problems.is_empty() => Ok(compiled),
        (problems, _) => Err(problems),
    }
}

/// Like [`compile`], but gives beside the mistakes what the rest compiles to, if there is any.
pub(crate) fn examine(
    text: &str,
    previous: Option<&Symbols>,
    source: &dyn Source,
) -> (Vec<Problem>, Option<Compiled>) {
    // Some editors put a byte order mark before the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut value = match text::parse(text) {
        Ok(value) => value,
        Err(problem) => return (vec![problem], None),
    };
    let misfits = structure::check(&value);
    let names = Names::of(&value, &misfits);
    prune(&mut value, &misfits);
    let captured = Captured::new(source);
    let mut checker = Checker {
        text,
        source: &captured,
        names,
        symbols: previous.cloned().unwrap_or_default(),
        problems: Vec::new(),
        warnings: Vec::new(),
    };
    for misfit in misfits {
        checker.refuse(&misfit.path, misfit.message);
    }
    let compiled = match serde_json::from_value::<ConfigText>(value) {
        Ok(config) => Some(checker.compile(&config)),
        Err(error) => {
            // What is left out has defaults, so this is seen only with a text that is no configuration at all.
            if checker.problems.is_empty() {
                checker.refuse(&Path::root(), format!("is not a configuration: {error}"));
            }
            None
        }
    };
    let mut problems = checker.problems;
    problems.sort_by_key(|problem| problem.position);
    let kept = Arc::new(captured.into_kept());
    let compiled = compiled.map(|compiled| Compiled { kept, ..compiled });
    (problems, compiled)
}

/// Collects what is wrong while the parts are compiled.
struct Checker<'a> {
    text: &'a str,
    source: &'a dyn Source,
    names: Names,
    symbols: Symbols,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Checker<'_> {
    fn refuse(&mut self, path: &Path, message: impl Into<String>) {
        let problem = self.problem(path, message.into());
        self.problems.push(problem);
    }

    fn warn(&mut self, path: &Path, message: impl Into<String>) {
        let problem = self.problem(path, message.into());
        self.warnings.push(problem);
    }

    /// Whether plain secrets are allowed; where nobody can tell, there is one mistake already.
    fn is_dev(&self, text: &ConfigText) -> bool {
        text.dev || self.names.lost("dev")
    }

    fn problem(&self, path: &Path, message: String) -> Problem {
        Problem {
            path: path.to_string(),
            position: text::locate(self.text, path),
            message,
        }
    }

    fn compile(&mut self, text: &ConfigText) -> Compiled {
        let root = Path::root();
        if text.tenant.trim().is_empty() {
            self.refuse(&root.key("tenant"), "is empty; name the tenant");
        }
        self.check_names(text);
        let not_ready_reasons = self.codes(&text.not_ready_reasons, "not_ready_reasons");
        let dispositions = self.codes(&text.dispositions, "dispositions");
        let (prompts, audio) = self.prompts(&text.prompts);
        let confirm_prompt = self.confirm_prompt(text);
        let agents = self.agents(text);
        let groups = self.groups(text);
        let queues = self.queues(text);
        self.exit_cycles(text);
        let resource_accounts = self.resource_accounts(text);
        let collections = self.collections(text);
        let plugins = self.plugins(text);
        let media = self.media(text);
        let tokens = self.tokens(text);
        let acs = self.acs(text);
        let listen = self.listen(text);
        let timeouts = self.timeouts(text);
        let limits = self.limits(text);
        let drain = self.drain(text);
        let journal = self.journal(text);
        if self.names.is_whole {
            self.unused(text);
        }
        let config = Config {
            digest: hexadecimal(&Sha256::digest(self.text)),
            tenant: text.tenant.clone(),
            symbols: self.symbols.clone(),
            resource_accounts,
            queues,
            groups,
            agents,
            prompts,
            collections,
            not_ready_reasons,
            dispositions,
            confirm_prompt,
            timeouts,
            limits,
            agent_lease: text.agent_lease_seconds.map(Millis::from_secs),
            media,
        };
        self.warnings.sort_by_key(|warning| warning.position);
        Compiled {
            config: Arc::new(config),
            acs,
            tokens,
            plugins,
            plugin_host: self.plugin_host(text),
            prompts: audio,
            journal,
            drain,
            listen,
            dev: text.dev,
            warnings: std::mem::take(&mut self.warnings),
            text: Secret::new(self.text),
            kept: Arc::default(),
        }
    }
}

/// Sections whose entries have names and can be left out one by one.
const NAMED_SECTIONS: [&str; 7] = [
    "resource_accounts",
    "menus",
    "queues",
    "groups",
    "agents",
    "collections",
    "plugins",
];

/// Removes what does not fit, so that the rest can be read.
fn prune(value: &mut Value, misfits: &[structure::Misfit]) {
    for misfit in misfits {
        match misfit.path.steps() {
            [.., Step::Key(key)] if misfit.unknown_key => {
                let around = misfit
                    .path
                    .steps()
                    .split_last()
                    .map_or(&[][..], |(_, rest)| rest);
                if let Some(Value::Object(object)) = descend(value, around) {
                    object.remove(key);
                }
            }
            [Step::Key(section), Step::Key(name), ..] if NAMED_SECTIONS.contains(&&**section) => {
                if let Some(Value::Object(entries)) = value.get_mut(section) {
                    entries.remove(name);
                }
            }
            [Step::Key(section), ..] => {
                if let Value::Object(root) = value {
                    root.remove(section);
                }
            }
            [Step::Index(_), ..] | [] => {}
        }
    }
    let Value::Object(root) = value else { return };
    for (key, filler) in [
        ("version", Value::from(super::v1::VERSION)),
        ("tenant", Value::from("?")),
        ("queues", Value::Object(Map::new())),
        ("groups", Value::Object(Map::new())),
        ("agents", Value::Object(Map::new())),
    ] {
        root.entry(key).or_insert(filler);
    }
}

fn descend<'a>(value: &'a mut Value, steps: &[Step]) -> Option<&'a mut Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
