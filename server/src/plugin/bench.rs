//! `cordboard plugin bench FILE`.

mod measure;
mod page;
mod plot;

use super::check::read_json;
use super::test::VECTORS_FILE;
use crate::output;
use anyhow::Context as _;
use clap::Args;
use cordboard_plugin_test::Vectors;
use measure::{Bench, Figures, Report, Times};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Measures what a plugin's decisions cost.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The component.
    file: PathBuf,
    /// Golden vectors: the first of each decision point is measured, with 1, 16, 64 and 256 candidates where it has any. Otherwise `vectors.json` beside the component.
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
    /// The configuration. Otherwise that of the golden vectors.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Another component, measured by turns with this one, to which the figures are put in proportion.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Prints one JSON object and nothing else on standard output.
    #[arg(long)]
    json: bool,
    /// Writes a page with plots.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let beside = arguments.file.with_file_name(VECTORS_FILE);
    let mut vectors = Vectors::read(arguments.facts.as_ref().unwrap_or(&beside))?;
    if let Some(config) = &arguments.config {
        vectors.config = read_json(config)?;
    }
    let bench = Bench::new(&arguments.file, arguments.baseline.as_deref(), &vectors)?;
    let report = bench.run()?;
    if let Some(file) = &arguments.html {
        std::fs::write(file, page::of(&report))
            .with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    if arguments.json {
        output::say(serde_json::to_string_pretty(&report)?)?;
    } else {
        output::say(table(&report)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Decision point, rows, and then the figures.
const HEADER: &str = "                         rows   fresh p50   fresh p99    warm p50    warm p99  instructions     memory";

fn table(report: &Report) -> anyhow::Result<String> {
    let mut text = String::new();
    let plugin = &report.plugin;
    writeln!(
        text,
        "{}: {} bytes, sha256 {}",
        plugin.file, plugin.bytes, plugin.sha256
    )?;
    if let Some(baseline) = &report.baseline {
        writeln!(
            text,
            "baseline {}: {} bytes, sha256 {}",
            baseline.file, baseline.bytes, baseline.sha256
        )?;
    }
    write!(text, "{HEADER}")?;
    for case in &report.cases {
        write!(text, "\n{:<22} {:>6}", case.point, case.rows)?;
        figures(&mut text, &case.plugin)?;
        if let Some(baseline) = &case.baseline {
            write!(text, "\n  baseline                   ")?;
            figures(&mut text, baseline)?;
        }
        if let Some(ratio) = &case.ratio {
            let shown =
                |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), |of| format!("{of:.2}x"));
            write!(
                text,
                "\n  ratio                       {:>11} {:>11} {:>11} {:>11} {:>13} {:>10}",
                shown(Some(ratio.fresh_p50)),
                shown(Some(ratio.fresh_p99)),
                shown(ratio.warm_p50),
                shown(ratio.warm_p99),
                shown(Some(ratio.instructions)),
                shown(Some(ratio.memory)),
            )?;
        }
    }
    Ok(text)
}

fn figures(text: &mut String, figures: &Figures) -> anyhow::Result<()> {
    let micros = |nanos: u64| format!("{}.{} µs", nanos / 1_000, nanos % 1_000 / 100);
    let warm = |of: fn(&Times) -> u64| {
        figures
            .warm
            .as_ref()
            .map_or_else(|| "-".to_owned(), |times| micros(of(times)))
    };
    write!(
        text,
        " {:>11} {:>11} {:>11} {:>11} {:>13} {:>6} KiB",
        micros(figures.fresh.p50_ns),
        micros(figures.fresh.p99_ns),
        warm(|times| times.p50_ns),
        warm(|times| times.p99_ns),
        figures.instructions,
        figures.memory_bytes / 1_024,
    )?;
    Ok(())
}
