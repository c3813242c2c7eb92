//! `cordboard plugin check FILE`.

use super::test::VECTORS_FILE;
use crate::output;
use anyhow::Context as _;
use clap::Args;
use cordboard_plugin_host::{HostConfig, Inspection, LoadError, Point, inspect};
use cordboard_plugin_test::{Kit, KitError, Vectors};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Checks a component and tells every finding with its cure.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The component.
    file: PathBuf,
    /// A configuration to load it with; otherwise that of the golden vectors.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The golden vectors. Otherwise `vectors.json` beside the component, if there is one.
    #[arg(long, value_name = "FILE")]
    vectors: Option<PathBuf>,
    /// Prints one JSON object and nothing else on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Severity {
    /// The engine refuses the plugin, or the plugin does not do what it promises.
    Mistake,
    /// It runs, but somebody will be sorry.
    Warning,
}

/// Something that was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Finding {
    severity: Severity,
    /// What of the plugin it is about, in one word.
    about: &'static str,
    what: String,
    cure: String,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let file = &arguments.file;
    let bytes = std::fs::read(file)
        .with_context(|| format!("cannot read the plugin `{}`", file.display()))?;
    let inspection = inspect(&bytes, HostConfig::default().component_bytes_max);
    let mut findings = Findings::default();
    for problem in &inspection.problems {
        findings.refused(problem);
    }
    findings.manifest(&inspection);
    // What is not a plugin cannot be asked.
    if inspection.problems.is_empty() {
        findings.behaviour(&bytes, &inspection, &Given::read(arguments)?)?;
    }
    let mistakes = findings.count(Severity::Mistake);
    if arguments.json {
        output::say(json!({
            "file": file,
            "bytes": inspection.bytes,
            "sha256": inspection.digest.to_string(),
            "mistakes": mistakes,
            "findings": findings.0,
        }))?;
    } else {
        findings.tell(file, &inspection)?;
    }
    Ok(if mistakes == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The files that come with the component.
struct Given {
    config: Option<Value>,
    vectors: Option<(PathBuf, Vectors)>,
}

impl Given {
    fn read(arguments: &Arguments) -> anyhow::Result<Self> {
        let config = arguments.config.as_deref().map(read_json).transpose()?;
        let beside = arguments.file.with_file_name(VECTORS_FILE);
        let vectors = match &arguments.vectors {
            Some(file) => Some(file.clone()),
            None => beside.is_file().then_some(beside),
        };
        let vectors = vectors.map(|file| Vectors::read(&file).map(|vectors| (file, vectors)));
        Ok(Self {
            config,
            vectors: vectors.transpose()?,
        })
    }
}

pub(super) fn read_json(file: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read `{}`", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("`{}` is not JSON", file.display()))
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn mistake(&mut self, about: &'static str, what: impl Into<String>, cure: impl Into<String>) {
        self.add(Severity::Mistake, about, what.into(), cure.into());
    }

    fn warning(&mut self, about: &'static str, what: impl Into<String>, cure: impl Into<String>) {
        self.add(Severity::Warning, about, what.into(), cure.into());
    }

    fn add(&mut self, severity: Severity, about: &'static str, what: String, cure: String) {
        self.0.push(Finding {
            severity,
            about,
            what,
            cure,
        });
    }

    fn count(&self, severity: Severity) -> usize {
        self.0
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }

    /// Why the engine refuses the plugin.
    fn refused(&mut self, error: &LoadError) {
        if let LoadError::Config { problems, .. } = error {
            // Nobody knows here which names there are: one that is told stands beside a mistake that hid it.
            let is_hidden = problems.iter().any(|problem| !problem.is_name);
            for problem in problems.iter().filter(|of| !(of.is_name && is_hidden)) {
                self.mistake("configuration", problem.to_string(), error.cure());
            }
            return;
        }
        self.mistake(error.part(), error.to_string(), error.cure());
    }

    /// What the engine accepts in a manifest, and its readers will miss.
    fn manifest(&mut self, inspection: &Inspection) {
        let Some(manifest) = &inspection.manifest else {
            return;
        };
        let closed =
            manifest.config_schema.get("additionalProperties") == Some(&Value::Bool(false));
        if !closed {
            self.warning(
                "schema",
                "the schema lets unknown members of the configuration pass, so that a misspelt one is overlooked",
                "say `\"additionalProperties\": false` in `schema.json`",
            );
        }
        let gives_reasons = inspection.points.iter().any(|point| has_reasons(*point));
        if gives_reasons && manifest.reasons.is_empty() {
            self.warning(
                "reasons",
                "the manifest has no reasons, so `cordboard explain` cannot say why anything was decided",
                "give each kind of decision a reason code with a text",
            );
        }
        if manifest.description.is_empty() {
            self.warning(
                "manifest",
                "the plugin has no description",
                "say in one sentence what it decides: operators see it",
            );
        }
    }

    /// Loads the plugin and plays its vectors.
    fn behaviour(
        &mut self,
        bytes: &[u8],
        inspection: &Inspection,
        given: &Given,
    ) -> anyhow::Result<()> {
        let kit = Kit::new()?;
        let of_vectors = given.vectors.as_ref().map(|(_, vectors)| &vectors.config);
        let config = given.config.as_ref().or(of_vectors);
        let none = json!({});
        match (kit.configure(bytes, config.unwrap_or(&none)), config) {
            (Ok(_), _) => {}
            // Nobody has said that it runs without a configuration.
            (Err(error @ LoadError::Config { .. }), None) => self.warning(
                "configuration",
                format!("it was not configured, for it needs a configuration: {error}"),
                "name one with `--config`",
            ),
            (Err(error), _) => {
                self.refused(&error);
                return Ok(());
            }
        }
        let Some((file, vectors)) = &given.vectors else {
            self.warning(
                "vectors",
                "there are no golden vectors, so nothing shows when a decision changes",
                format!("write `{VECTORS_FILE}` beside the component, then say `cordboard plugin test --update`"),
            );
            return Ok(());
        };
        self.play(&kit, bytes, file, vectors);
        self.unseen(inspection, vectors);
        Ok(())
    }

    fn play(&mut self, kit: &Kit, bytes: &[u8], file: &Path, vectors: &Vectors) {
        let played = match kit.play(bytes, vectors) {
            Ok(played) => played,
            // Said already.
            Err(KitError::Load(_)) => return,
            Err(error) => {
                let cure = format!("correct `{}`", file.display());
                return self.mistake("vectors", error.to_string(), cure);
            }
        };
        for outcome in &played.outcomes {
            for difference in &outcome.differences {
                let because = outcome.detail.as_ref();
                let because = because.map(|detail| format!(" (the plugin failed: {detail})"));
                self.mistake(
                    "vectors",
                    format!("`{}`: {difference}{}", outcome.vector, because.unwrap_or_default()),
                    "correct the plugin, or take over what is meant with `cordboard plugin test --update`",
                );
            }
            for difference in &outcome.impure {
                self.mistake(
                    "vectors",
                    format!("`{}`, asked again: {difference}", outcome.vector),
                    "keep no state between decisions but the memo, or leave `warm_calls` out of the manifest",
                );
            }
        }
    }

    /// Which points and reasons no vector shows.
    fn unseen(&mut self, inspection: &Inspection, vectors: &Vectors) {
        let shown: BTreeSet<&str> = vectors.vectors.iter().map(|of| of.point.name()).collect();
        for point in &inspection.points {
            if !shown.contains(point.name()) {
                self.warning(
                    "vectors",
                    format!("no golden vector is for `{}`", point.name()),
                    "add one for each rule that the plugin has",
                );
            }
        }
        let mut seen = BTreeSet::new();
        for vector in &vectors.vectors {
            reasons_in(vector.verdict.as_ref().unwrap_or(&Value::Null), &mut seen);
        }
        let reasons = inspection
            .manifest
            .as_ref()
            .map(|manifest| &manifest.reasons);
        let reasons = reasons.into_iter().flatten();
        let unseen: Vec<String> = reasons
            .filter(|(code, _)| !seen.contains(&u64::from(**code)))
            .map(|(code, text)| format!("{code} ({text})"))
            .collect();
        if !unseen.is_empty() {
            self.warning(
                "reasons",
                format!(
                    "no golden vector shows these reasons: {}",
                    unseen.join(", ")
                ),
                "add a vector in which each is given, or take out what no decision gives",
            );
        }
    }

    fn tell(&self, file: &Path, inspection: &Inspection) -> anyhow::Result<()> {
        for Finding {
            severity,
            about,
            what,
            cure,
        } in &self.0
        {
            let severity = match severity {
                Severity::Mistake => "mistake",
                Severity::Warning => "warning",
            };
            output::say(format_args!(
                "{severity} in {about}: {what}\n    cure: {cure}"
            ))?;
        }
        let counted = |count: usize, noun: &str| {
            format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
        };
        output::say(format_args!(
            "{}: {} bytes, sha256 {}; {}, {}",
            file.display(),
            inspection.bytes,
            inspection.digest,
            counted(self.count(Severity::Mistake), "mistake"),
            counted(self.count(Severity::Warning), "warning"),
        ))?;
        Ok(())
    }
}

/// Collects the reason codes of a verdict.
fn reasons_in(verdict: &Value, codes: &mut BTreeSet<u64>) {
    match verdict {
        Value::Object(members) => {
            codes.extend(members.get("reason").and_then(Value::as_u64));
            members
                .values()
                .for_each(|member| reasons_in(member, codes));
        }
        Value::Array(items) => items.iter().for_each(|item| reasons_in(item, codes)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether verdicts of a decision point have reasons.
fn has_reasons(point: Point) -> bool {
    match point {
        Point::SkillMatch | Point::ContactSelect | Point::RecordingPolicy | Point::Classify => true,
        Point::EndpointSelect => false,
    }
}
