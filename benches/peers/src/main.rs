//! The same decision by a plugin of Cordboard, natively, and by what else one would use: one run, one table.

mod decision;
mod measure;
mod peers;
mod report;

use crate::decision::{CONFIGURATION, Decision};
use crate::measure::{Case, measure};
use crate::peers::Peer;
use crate::peers::cordboard::Component;
use crate::peers::extism::{Extism, Way};
use crate::peers::native::Native;
use crate::peers::regorus::Regorus;
use crate::peers::webhook::Webhook;
use crate::peers::zen::Zen;
use anyhow::{Context as _, Result};
use clap::Parser;
use cordboard_benches::{guests, questions};
use cordboard_plugin_host::{HostConfig, PluginHost};
use skill_match::SkillLevels;
use std::path::PathBuf;

/// Measures one decision by everybody who can make it.
#[derive(Debug, Parser)]
struct Arguments {
    /// A skill-match plugin of yours, measured beside the others. What it ranks is not compared.
    #[arg(long, value_name = "FILE")]
    plugin: Option<PathBuf>,
    /// Its configuration, as JSON; `{}` otherwise.
    #[arg(long, value_name = "FILE", requires = "plugin")]
    config: Option<PathBuf>,
    /// Agents to choose from.
    #[arg(long, value_delimiter = ',', default_value = "1,16,64,256")]
    candidates: Vec<u32>,
    /// Turns of each peer, for each number of candidates.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rounds: u32,
    /// Prints one JSON object and nothing else on standard output.
    #[arg(long)]
    json: bool,
    /// Writes a page with plots.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let host = PluginHost::new(HostConfig::default())?;
    let native = || -> Result<SkillLevels> {
        cordboard_plugin::configure(CONFIGURATION)
            .map_err(|problems| anyhow::anyhow!("{problems:?}"))
    };
    let component = guests::skill_match()?;
    let small = questions::small_configuration();
    let load = |name, note, config, always_fresh| {
        Component::load(&host, name, note, &component, config, always_fresh)
    };
    let packer = load("", "", &small, false)?;
    let guest = peers::extism::guest()?;
    let mut peers: Vec<Box<dyn Peer>> = vec![
        Box::new(Native(native()?)),
        Box::new(load(
            "plugin, warm",
            "an instance that is kept",
            &small,
            false,
        )?),
        Box::new(load(
            "plugin, fresh",
            "an instance of its own for each decision",
            &small,
            true,
        )?),
    ];
    let large = load(
        "plugin, fresh, 64 KiB configured",
        "the same with rules for 400 queues",
        &questions::large_configuration(),
        true,
    )?;
    peers.push(Box::new(large.with_other_weights()));
    if let Some(file) = &arguments.plugin {
        let read = |file: &PathBuf| {
            std::fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))
        };
        let config = match &arguments.config {
            Some(config) => serde_json::from_slice(&read(config)?)
                .with_context(|| format!("`{}` is no JSON", config.display()))?,
            None => serde_json::json!({}),
        };
        let component = read(file)?;
        for (way, note, always_fresh) in [
            ("warm", "kept as long as it allows; packing included", false),
            (
                "fresh",
                "an instance of its own for each decision; packing included",
                true,
            ),
        ] {
            let name = format!("{}, {way}", file.display());
            let own = Component::load(&host, &name, note, &component, &config, always_fresh)?;
            peers.push(Box::new(own.of_somebody_else()));
        }
    }
    peers.extend([
        Box::new(Extism::start(Way::Bytes, &guest)?) as Box<dyn Peer>,
        Box::new(Extism::start(Way::Json, &guest)?),
        Box::new(Extism::start(Way::FreshJson, &guest)?),
        Box::new(Zen::new()?),
        Box::new(Regorus::machine()?),
        Box::new(Regorus::interpreter()?),
        Box::new(Webhook::start(native()?)?),
    ]);
    let mut cases = Vec::new();
    for &candidates in &arguments.candidates {
        let decision = Decision::between(candidates, packer.plugin(), &native()?);
        cases.push(Case {
            candidates,
            peers: measure(&mut peers, &decision, arguments.rounds)?,
        });
    }
    if let Some(file) = &arguments.html {
        std::fs::write(file, report::page(&cases))
            .with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&cases)?);
    } else {
        print!("{}", report::table(&cases));
    }
    Ok(())
}
