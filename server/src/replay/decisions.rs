//! `cordboard replay JOURNAL --plugin NEW.wasm`.

use crate::output;
use anyhow::Context as _;
use clap::Args;
use cordboard::{
    DecisionReplay, DecisionReplaySummary, Difference, DifferenceClass, ReplayWith, Timing,
    Unreplayed,
};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// How often `--watch` looks for new records.
const WATCH_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
#[command(next_help_heading = "Decisions")]
pub(crate) struct Arguments {
    /// Asks each recorded question anew, of the plugin that answered it with the configuration that it had. Fails if one answer
    /// is not the same bit for bit.
    #[arg(long, conflicts_with = "from")]
    decisions: bool,
    /// Asks this plugin instead: those questions that a plugin of the same name has answered.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from", "decisions"])]
    plugin: Option<PathBuf>,
    /// The plugin's own configuration, a JSON file. Without it each question comes with the configuration of then.
    #[arg(long, value_name = "FILE", requires = "plugin")]
    config: Option<PathBuf>,
    /// Asks the questions of this plugin slot, whatever plugin has answered them.
    #[arg(long, value_name = "NAME", requires = "plugin")]
    slot: Option<String>,
    /// Prints JSON: one line for each difference with `--watch`, and one object with the counts in the end.
    #[arg(long)]
    json: bool,
    /// Goes on with what is recorded from here on, and tells each difference, until it is stopped.
    #[arg(long)]
    watch: bool,
}

impl Arguments {
    pub(crate) fn are_wanted(&self) -> bool {
        self.decisions || self.plugin.is_some()
    }
}

pub(crate) fn run(journal: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let read = |path: &PathBuf| {
        std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
    };
    let component = arguments.plugin.as_ref().map(read).transpose()?;
    let config: Option<Value> = match &arguments.config {
        Some(path) => Some(
            serde_json::from_slice(&read(path)?)
                .with_context(|| format!("`{}` is no JSON", path.display()))?,
        ),
        None => None,
    };
    let with = match &component {
        None => ReplayWith::Recorded,
        Some(component) => ReplayWith::Plugin {
            component,
            config: config.as_ref(),
            slot: arguments.slot.as_deref(),
        },
    };
    let place = || format!("cannot replay the decisions of `{}`", journal.display());
    let mut replay = DecisionReplay::open(journal, with).with_context(place)?;
    let mut broken = None;
    loop {
        let mut output = Ok(());
        let found = replay
            .go_on(|difference| {
                if difference.must_be_same && broken.is_none() {
                    broken = Some(difference.clone());
                }
                if arguments.watch && output.is_ok() {
                    output = tell(difference, arguments.json);
                }
            })
            .with_context(place)?;
        output?;
        if !arguments.watch {
            break;
        }
        if found > 0 && !arguments.json {
            output::say(counts(replay.summary()))?;
        }
        std::thread::sleep(WATCH_EVERY);
    }
    let summary = replay.summary();
    if arguments.json {
        output::say(to_json(summary))?;
    } else {
        output::say(to_text(summary).trim_end())?;
    }
    if let Some(first) = broken {
        anyhow::bail!(
            "{} of {} decisions are not the same with the same plugin and configuration, which does not decide by the facts alone; the first: {first}",
            summary.broken,
            summary.must_be_same
        );
    }
    if summary.replayed() == 0 {
        anyhow::bail!(
            "no decision was replayed: there is none that this plugin, or one of its name, has made; \
             `--slot NAME` takes those of a slot"
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(difference: &Difference, json: bool) -> std::io::Result<()> {
    if json {
        output::say(example(difference))
    } else {
        output::say(format_args!("{}: {difference}", difference.class))
    }
}

/// What a class means, for people.
fn meaning(class: DifferenceClass) -> &'static str {
    match class {
        DifferenceClass::Same => "the same, bit for bit",
        DifferenceClass::Slower => "the same, but clearly slower",
        DifferenceClass::SameTarget => {
            "the same target with other reasons, scores or ranks behind it"
        }
        DifferenceClass::OtherTarget => "another target",
        DifferenceClass::Answered => "answered now, not then",
        DifferenceClass::Failed => "fails now",
    }
}

fn why_not(reason: Unreplayed) -> &'static str {
    match reason {
        Unreplayed::Native => "no plugin was asked",
        Unreplayed::OtherPlugin => "another plugin's",
        Unreplayed::NotAnswered => {
            "the plugin was not reached, or cut off: that depends on the load of then"
        }
        Unreplayed::UnknownPlugin => "who answered is not known",
        Unreplayed::NotKept => "what answered cannot be loaded",
    }
}

fn counts(summary: &DecisionReplaySummary) -> String {
    let counts = DifferenceClass::ALL.map(|class| format!("{} {class}", summary.count(class)));
    format!("{} replayed: {}", summary.replayed(), counts.join(", "))
}

fn to_text(summary: &DecisionReplaySummary) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let mut line = |count: u64, name: &str, what: &str| {
        let _ = writeln!(text, "{count:>9}  {name:<15} {what}");
    };
    line(summary.decisions, "decisions", "recorded");
    line(summary.replayed(), "replayed", "");
    for class in DifferenceClass::ALL {
        line(summary.count(class), class.name(), meaning(class));
    }
    for reason in Unreplayed::ALL {
        if let Some(count) = summary.unreplayed.get(&reason) {
            line(*count, "not replayed", why_not(reason));
        }
    }
    for (name, timing) in [
        ("recorded", &summary.time_before),
        ("asked", &summary.time_after),
    ] {
        if let (Some(half), Some(most)) = (timing.percentile(50), timing.percentile(99)) {
            let _ = writeln!(
                text,
                "the {name} plugin takes {half:?} at the median, {most:?} at the 99th percentile, on this machine"
            );
        }
    }
    for problem in &summary.problems {
        let _ = writeln!(text, "problem: {problem}");
    }
    for class in DifferenceClass::ALL {
        let mut of_class = summary
            .examples
            .iter()
            .filter(|found| found.class == class)
            .peekable();
        if of_class.peek().is_some() {
            let _ = writeln!(text, "{}:", meaning(class));
        }
        for found in of_class {
            let _ = writeln!(text, "  {found}");
        }
    }
    text
}

fn to_json(summary: &DecisionReplaySummary) -> Value {
    let classes: Map<String, Value> = DifferenceClass::ALL
        .map(|class| (class.name().to_owned(), summary.count(class).into()))
        .into_iter()
        .collect();
    let unreplayed: Map<String, Value> = Unreplayed::ALL
        .map(|reason| {
            let count = summary.unreplayed.get(&reason).copied().unwrap_or(0);
            (reason.name().to_owned(), count.into())
        })
        .into_iter()
        .collect();
    let examples: Vec<Value> = summary.examples.iter().map(example).collect();
    json!({
        "decisions": summary.decisions,
        "replayed": summary.replayed(),
        "classes": classes,
        "not_replayed": unreplayed,
        "must_be_same": summary.must_be_same,
        "broken": summary.broken,
        "before": timing(&summary.time_before),
        "after": timing(&summary.time_after),
        "problems": summary.problems,
        "examples": examples,
    })
}

fn timing(timing: &Timing) -> Value {
    let micros = |percent| {
        let time = timing.percentile(percent);
        time.map(|time| time.as_secs_f64() * 1e6)
    };
    json!({ "count": timing.count(), "p50_us": micros(50), "p99_us": micros(99) })
}

fn example(difference: &Difference) -> Value {
    json!({
        "record": difference.record,
        "call": difference.call.0,
        "point": difference.point,
        "class": difference.class.name(),
        "must_be_same": difference.must_be_same,
        "before": difference.before,
        "after": difference.after,
    })
}
