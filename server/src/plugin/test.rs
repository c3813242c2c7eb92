//! `cordboard plugin test [FOLDER|FILE]`.

use super::build;
use crate::output;
use anyhow::{Context as _, bail};
use clap::Args;
use cordboard_plugin_test::{Difference, Kit, Outcome, Played, Vectors};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// Plays golden vectors to a plugin, in the engine's own plugin host.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A project, which is built first (a signature of its component no longer fits then), or a component.
    #[arg(value_name = "FOLDER|FILE", default_value = ".")]
    plugin: PathBuf,
    /// The golden vectors. Otherwise `vectors.json` in the folder of the plugin.
    #[arg(long, value_name = "FILE")]
    vectors: Option<PathBuf>,
    /// Writes what the plugin says into the file, as what is expected from now on.
    #[arg(long)]
    update: bool,
    /// Prints one JSON object and nothing else on standard output.
    #[arg(long)]
    json: bool,
}

/// Where golden vectors stand unless another file is named.
pub(super) const VECTORS_FILE: &str = "vectors.json";

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let given = &arguments.plugin;
    let (component, beside) = if given.is_dir() {
        (build::project(given)?.file, given.join(VECTORS_FILE))
    } else {
        (given.clone(), given.with_file_name(VECTORS_FILE))
    };
    let file = arguments.vectors.as_ref().unwrap_or(&beside);
    let bytes = std::fs::read(&component)
        .with_context(|| format!("cannot read the plugin `{}`", component.display()))?;
    let mut vectors = Vectors::read(file)?;
    let played = Kit::new()?.play(&bytes, &vectors)?;

    let mut changes = None;
    if arguments.update {
        changes = Some(take_over(&mut vectors, &played));
        vectors.write(file)?;
    }
    let healthy = played
        .outcomes
        .iter()
        .all(|of| of.impure.is_empty() && (arguments.update || of.differences.is_empty()));
    if arguments.json {
        output::say(report(&played))?;
    } else {
        tell(&played, changes.is_some())?;
    }
    if let Some(Changes { added, changed }) = changes {
        output::tell(format_args!(
            "{}: {added} verdicts added, {changed} changed; look at the difference before you keep it",
            file.display()
        ));
    }
    if !healthy && !arguments.json {
        let failed = played.outcomes.len() - played.passed();
        let fail = if failed == 1 { "fails" } else { "fail" };
        let all = played.outcomes.len();
        bail!("{failed} of {all} vectors {fail}; `--update` takes over what is meant");
    }
    Ok(if healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

struct Changes {
    added: usize,
    changed: usize,
}

fn take_over(vectors: &mut Vectors, played: &Played) -> Changes {
    let mut changes = Changes {
        added: 0,
        changed: 0,
    };
    for (vector, outcome) in vectors.vectors.iter_mut().zip(&played.outcomes) {
        if vector.verdict.is_none() {
            changes.added += 1;
        } else if !outcome.differences.is_empty() {
            changes.changed += 1;
        }
        vector.verdict = Some(outcome.found.clone());
    }
    changes
}

/// Tells what differs, one value below the other, so that the eye finds it.
fn tell(played: &Played, taken_over: bool) -> anyhow::Result<()> {
    for outcome in &played.outcomes {
        let verdict = match (outcome.passed(), taken_over) {
            (true, _) => "ok",
            (false, true) => "CHANGED",
            (false, false) => "FAILED",
        };
        output::say(format_args!("{verdict}  {}", outcome.vector))?;
        if let Some(detail) = &outcome.detail {
            output::say(format_args!("    the plugin failed: {detail}"))?;
        }
        for difference in &outcome.differences {
            tell_difference("", difference)?;
        }
        for difference in &outcome.impure {
            tell_difference(" when it was asked again", difference)?;
        }
    }
    let (passed, all) = (played.passed(), played.outcomes.len());
    output::say(format_args!("{passed} of {all} vectors pass"))?;
    Ok(())
}

fn tell_difference(when: &str, difference: &Difference) -> anyhow::Result<()> {
    let place = match difference.member.as_str() {
        "" => "the whole verdict",
        member => member,
    };
    let shown = |value: &Option<Value>| {
        value
            .as_ref()
            .map_or_else(|| "nothing".to_owned(), Value::to_string)
    };
    let expected = shown(&difference.expected);
    let found = shown(&difference.found);
    output::say(format_args!(
        "    {place}{when}\n      expected  {expected}\n      found     {found}"
    ))?;
    Ok(())
}

/// For programs, such as the test runners of other languages.
pub(super) fn report(played: &Played) -> Value {
    let differences = |all: &[Difference]| {
        let all = all
            .iter()
            .map(|of| json!({ "member": of.member, "expected": of.expected, "found": of.found }));
        all.collect::<Vec<_>>()
    };
    let vectors = played.outcomes.iter().map(|of: &Outcome| {
        json!({
            "name": of.vector,
            "passed": of.passed(),
            "found": of.found,
            "differences": differences(&of.differences),
            "asked_again": differences(&of.impure),
            "detail": of.detail,
        })
    });
    json!({
        "plugin": played.plugin.to_string(),
        "passed": played.passed(),
        "vectors": vectors.collect::<Vec<_>>(),
    })
}
