//! `cordboard demo`: simulated callers and agents, the engine between them, real HTTP on the loopback
//! address, and what the simulator's ledger says afterwards.

mod decisions;
mod desktops;
mod report;
mod scripts;

use crate::{check, checkout};
use anyhow::{Context as _, bail};
use clap::Args;
use cordboard::{Engine, RetainLog};
use cordboard_clock::{Clock, Hold};
use cordboard_simulator::{Running, Secret, Simulator, SimulatorConfig, Subscription};
use serde_json::{Map, Value, json};
use std::io::{IsTerminal as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// Plays simulated calls through the engine and tells what became of them.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// How many callers.
    #[arg(long, default_value_t = 200)]
    calls: u32,
    /// Decides everything that is left to chance.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Prints one JSON object and nothing else on standard output.
    #[arg(long)]
    json: bool,
    /// Lets time jump whenever everybody is idle. This is the default.
    #[arg(long, conflicts_with = "real_time")]
    warp: bool,
    /// Lets time pass as it does.
    #[arg(long)]
    real_time: bool,
    /// The configuration; its addresses, keys and journal are replaced by the demo's own. Otherwise `examples/contoso.json` of the checkout that this program or the current folder lies in.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Puts another plugin into a slot of the configuration.
    #[arg(long = "plugin", value_name = "SLOT=FILE")]
    plugins: Vec<String>,
    /// Gives the plugin in a slot another configuration: a file with its JSON.
    #[arg(long = "plugin-config", value_name = "SLOT=FILE")]
    plugin_configs: Vec<String>,
    /// Where the journal goes. It must not exist yet; without this option it goes into a temporary folder and is removed.
    #[arg(long, value_name = "FOLDER")]
    journal: Option<PathBuf>,
    /// Writes the hashes of the journal into a JSON file, for `cordboard replay` to be held against.
    #[arg(long, value_name = "FILE")]
    hashes: Option<PathBuf>,
    /// Writes the simulator's ledger into a JSON file.
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
}

/// The configuration that is played unless another is named.
const EXAMPLE: &str = "examples/contoso.json";
/// Access key of the demo's simulator: base64 of `cordboard-demo-access-key`.
const ACCESS_KEY: &str = "Y29yZGJvYXJkLWRlbW8tYWNjZXNzLWtleQ==";
/// Secret of the demo's Event Grid subscription.
const EVENT_GRID_SECRET: &str = "cordboard-demo-event-grid";
/// Tuesday, 24 November 2026, 10:00 in Warsaw: all queues of the example are open.
const START_MS: u64 = 1_795_510_800_000;
/// How long wrap-ups and the like may go on after the last caller has gone, in milliseconds of the demo's clock.
const AFTERWARDS_MS: u64 = 120_000;
/// Names the folder of built plugins; without it they lie where the configuration says.
const PLUGINS_VARIABLE: &str = "CORDBOARD_PLUGINS";
/// How often progress is told.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let journal = JournalFolder::new(arguments.journal.clone())?;
    for file in [&arguments.hashes, &arguments.ledger].into_iter().flatten() {
        // Calls are not played for nothing.
        write_json(file, &Value::Null)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let played = runtime.block_on(play(arguments, journal.path()))?;
    if let Some(file) = &arguments.hashes {
        write_json(file, &played.hashes)?;
    }
    if let Some(file) = &arguments.ledger {
        write_json(file, &serde_json::to_value(&played.ledger)?)?;
    }
    let report = report::Report::new(&played.ledger, played.decisions);
    let text = if arguments.json {
        report.json()?
    } else {
        report.table(began.elapsed())
    };
    // Whoever reads may have gone already, as `head` does: the exit status tells what matters.
    drop(writeln!(std::io::stdout(), "{text}"));
    Ok(if report.is_healthy() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

struct Played {
    ledger: cordboard_simulator::ledger::Ledger,
    decisions: decisions::Decisions,
    hashes: Value,
}

async fn play(arguments: &Arguments, journal: &Path) -> anyhow::Result<Played> {
    let (clock, start) = if arguments.real_time {
        let clock = Clock::real()?;
        let hold = clock.hold();
        (clock, hold)
    } else {
        Clock::warped(START_MS)?
    };
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = TcpListener::bind(loopback)
        .await
        .context("cannot listen on the loopback address")?;
    let engine_url = format!("http://{}", listener.local_addr()?);

    let mut config = SimulatorConfig::new(Secret::new(ACCESS_KEY), arguments.seed, clock.clone());
    config.allow_http_callbacks = true;
    let simulator = Simulator::builder(config).bind(loopback).await?;

    let file = match &arguments.config {
        Some(file) => file.clone(),
        None => checkout::find(EXAMPLE).with_context(|| {
            format!("there is no `{EXAMPLE}` here: name a configuration with `--config`")
        })?,
    };
    let text = staged_config(
        arguments,
        &file,
        journal,
        &engine_url,
        &simulator.endpoint(),
    )?;
    let Some(compiled) = check::compile_made_from(&file, &text) else {
        bail!("the demo's configuration is not usable");
    };
    let scripts = scripts::draw(&compiled.config, arguments.calls, arguments.seed);

    let engine = Engine::builder(compiled)
        .clock(clock.clone())
        .retain_log(RetainLog::All)
        .build()?;
    let server = tokio::spawn(axum::serve(listener, engine.router()).into_future());
    simulator
        .subscribe(Subscription::new(&format!(
            "{engine_url}/eventgrid?code={EVENT_GRID_SECRET}"
        )))
        .await?;
    for agent in scripts.agents {
        simulator.define_agent(agent)?;
    }
    let desktops = desktops::open(&engine, &clock, &scripts.callers)?;
    for caller in scripts.callers {
        simulator.place_call(caller)?;
    }
    wait_for_the_end(arguments, &simulator, &clock, start).await;
    desktops.abort();
    let ledger = simulator.ledger();
    simulator.shutdown().await;
    server.abort();
    let decisions = decisions::count(engine.plugins());
    let shutdown = tokio::task::spawn_blocking(move || engine.shutdown()).await??;
    let hashes = json!({
        "journal": journal,
        "last": shutdown.last,
        "state_hash": crate::replay::hex(&shutdown.state_hash),
        "commands_hash": crate::replay::hex(&shutdown.commands_hash),
    });
    Ok(Played {
        ledger,
        decisions,
        hashes,
    })
}

/// Lets time go and waits until every caller is gone, telling progress meanwhile.
async fn wait_for_the_end(arguments: &Arguments, simulator: &Running, clock: &Clock, start: Hold) {
    let tells = !arguments.json && std::io::stderr().is_terminal();
    drop(start);
    let mut progress = tokio::time::interval(PROGRESS_EVERY);
    let finished = simulator.finished();
    tokio::pin!(finished);
    loop {
        tokio::select! {
            () = &mut finished => break,
            _ = progress.tick() => {
                if tells {
                    eprint!("\r{}", report::progress_line(&simulator.progress()));
                }
            }
        }
    }
    if tells {
        eprintln!("\r{}", report::progress_line(&simulator.progress()));
    }
    drop(clock.sleep_for(AFTERWARDS_MS).await);
}

/// The configuration with the demo's addresses, keys, journal and plugins.
fn staged_config(
    arguments: &Arguments,
    file: &Path,
    journal: &Path,
    engine_url: &str,
    simulator_url: &str,
) -> anyhow::Result<String> {
    let text = check::read(file)?;
    let mut config: Value =
        serde_json::from_str(&text).with_context(|| format!("`{}` is not JSON", file.display()))?;
    let object = config
        .as_object_mut()
        .context("the configuration is not a JSON object")?;
    object.insert("dev".to_owned(), json!(true));
    let acs = object.entry("acs").or_insert_with(|| json!({}));
    let acs = acs
        .as_object_mut()
        .context("`acs` in the configuration is not an object")?;
    let connection = format!("endpoint={simulator_url}/;accesskey={ACCESS_KEY}");
    acs.insert(
        "connection_string".to_owned(),
        json!({ "value": connection }),
    );
    acs.insert("callback_base_url".to_owned(), json!(engine_url));
    acs.insert(
        "event_grid_secrets".to_owned(),
        json!([{ "value": EVENT_GRID_SECRET }]),
    );
    acs.insert("allow_http".to_owned(), json!(true));
    object.insert(
        "journal".to_owned(),
        json!({ "directory": absolute(journal)?, "snapshot_every": 2000 }),
    );
    if let Some(folder) = std::env::var_os(PLUGINS_VARIABLE) {
        take_plugins_from(object, Path::new(&folder));
    }
    for plugin in &arguments.plugins {
        let (settings, file) = slot(object, "--plugin", plugin)?;
        settings.insert("file".to_owned(), json!(absolute(file)?));
        settings.remove("sha256");
    }
    for plugin in &arguments.plugin_configs {
        let (settings, file) = slot(object, "--plugin-config", plugin)?;
        let text = check::read(file)?;
        let config: Value = serde_json::from_str(&text)
            .with_context(|| format!("`{}` is not JSON", file.display()))?;
        settings.insert("config".to_owned(), config);
    }
    Ok(config.to_string())
}

/// Finds the slot that `SLOT=FILE` names, and the file.
fn slot<'a>(
    config: &'a mut Map<String, Value>,
    option: &str,
    given: &'a str,
) -> anyhow::Result<(&'a mut Map<String, Value>, &'a Path)> {
    let Some((slot, file)) = given.split_once('=') else {
        bail!("`{option} {given}` is not of the form SLOT=FILE");
    };
    let slots = config.get_mut("plugins").and_then(Value::as_object_mut);
    let slots = slots.context("the configuration has no plugins")?;
    let known = slots
        .keys()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join("`, `");
    let settings = slots.get_mut(slot).and_then(Value::as_object_mut);
    let settings = settings.with_context(|| {
        format!("the configuration has no plugin slot `{slot}`, it has `{known}`")
    })?;
    Ok((settings, Path::new(file)))
}

/// Takes the plugins of the configuration from another folder, where they have the same names.
fn take_plugins_from(config: &mut Map<String, Value>, folder: &Path) {
    let slots = config.get_mut("plugins").and_then(Value::as_object_mut);
    for settings in slots.into_iter().flat_map(Map::values_mut) {
        let name = settings
            .get("file")
            .and_then(Value::as_str)
            .and_then(|file| Path::new(file).file_name());
        if let Some(file) = name.map(|name| folder.join(name)) {
            settings["file"] = json!(file);
        }
    }
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("`{}` is not a path", path.display()))
}

fn write_json(file: &Path, value: &Value) -> anyhow::Result<()> {
    std::fs::write(file, format!("{value:#}\n"))
        .with_context(|| format!("cannot write `{}`", file.display()))
}

/// Where the journal goes; a folder of our own is removed in the end.
struct JournalFolder {
    path: PathBuf,
    temporary: bool,
}

impl JournalFolder {
    fn new(asked: Option<PathBuf>) -> anyhow::Result<Self> {
        if let Some(path) = asked {
            if path.exists() {
                bail!(
                    "the journal `{}` exists already: name a folder that does not exist",
                    path.display()
                );
            }
            return Ok(Self {
                path,
                temporary: false,
            });
        }
        let path = std::env::temp_dir().join(format!("cordboard-demo-{}", std::process::id()));
        Ok(Self {
            path,
            temporary: true,
        })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for JournalFolder {
    fn drop(&mut self) {
        if self.temporary {
            // What is left over lies in the folder for temporary files.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
