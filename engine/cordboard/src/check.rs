//! Everything that is wrong with a configuration, its plugins included.

use crate::config::{self, Compiled, Problem, Source};
use crate::plugins::Plugins;
use cordboard_plugin_host::HostError;

/// What a configuration was found to be.
#[derive(Debug)]
#[non_exhaustive]
pub struct Checked {
    /// What is wrong, in the order of the text.
    pub mistakes: Vec<Problem>,
    /// Doubts, in the order of the text.
    pub warnings: Vec<Problem>,
    /// What the text compiles to, if there is no mistake.
    pub compiled: Option<Compiled>,
}

/// Checks a configuration for whoever writes one: as [`config::compile()`] does, and beyond that loads
/// each plugin for a moment. What keeps one from being of use is a mistake here, although an engine
/// would start without it: a file that is missing or no component, another version of the contract,
/// forbidden imports, a configuration that is not what the plugin asks for, a decision point that it
/// does not have.
///
/// # Errors
///
/// The plugin host cannot be set up.
pub fn check(text: &str, source: &dyn Source) -> Result<Checked, HostError> {
    let (mut mistakes, compiled) = config::examine(text, None, source);
    let Some(mut compiled) = compiled else {
        return Ok(Checked {
            mistakes,
            warnings: Vec::new(),
            compiled: None,
        });
    };
    let is_whole = mistakes.is_empty();
    let mut warnings = std::mem::take(&mut compiled.warnings);
    let files: Vec<String> = compiled
        .plugins
        .values()
        .flat_map(|slot| {
            let file = ["plugins", &slot.name, "file"];
            let of_candidate = ["plugins", &slot.name, "candidate", "file"];
            [file.as_slice(), &of_candidate].map(|keys| compiled.problem(keys, String::new()).path)
        })
        .collect();
    mistakes.extend(warnings.extract_if(.., |warning| files.contains(&warning.path)));
    let plugins = Plugins::default();
    plugins.prepare(&compiled)?;
    mistakes.extend(plugins.faulty(&compiled, is_whole));
    mistakes.sort_by_key(|mistake| mistake.position);
    let compiled = mistakes.is_empty().then_some(compiled);
    Ok(Checked {
        mistakes,
        warnings,
        compiled,
    })
}
