//! `cordboard simulator`.

use crate::output;
use crate::serve::stop_asked;
use anyhow::Context as _;
use axum::http::Uri;
use clap::Args;
use cordboard_clock::Clock;
use cordboard_simulator::script::{AgentScript, CallerScript};
use cordboard_simulator::{Secret, Simulator, SimulatorConfig, Subscription};
use serde::de::DeserializeOwned;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The access key of a simulator that is not given another one: base64 of `cordboard-simulator-access-key`.
const DEFAULT_KEY: &str = "Y29yZGJvYXJkLXNpbXVsYXRvci1hY2Nlc3Mta2V5";

/// Runs the stand-in for Azure Communication Services until it is told to stop.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Where it listens; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The access key, base64.
    #[arg(long, default_value = DEFAULT_KEY)]
    key: String,
    /// Decides everything that is left to chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Takes callback addresses with http. The service itself takes https only.
    #[arg(long)]
    allow_http_callbacks: bool,
    /// Address that is told of incoming calls, with its secret: `http://127.0.0.1:8080/eventgrid?code=…`.
    #[arg(long, value_name = "URL", value_parser = web_address)]
    event_grid: Option<String>,
    /// JSON file with a list of agents.
    #[arg(long, value_name = "FILE")]
    agents: Option<PathBuf>,
    /// JSON file with a list of callers. They begin to dial at once.
    #[arg(long, value_name = "FILE")]
    callers: Option<PathBuf>,
    /// JSON file with what the service's documents leave open, such as `{"repeatability": false}`; see `Behaviour`.
    #[arg(long, value_name = "FILE")]
    behaviour: Option<PathBuf>,
    /// Token of the control interface; without it a random one is made and printed.
    #[arg(long, value_name = "TOKEN")]
    control_token: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let agents: Vec<AgentScript> = read_list(arguments.agents.as_deref())?;
    let callers: Vec<CallerScript> = read_list(arguments.callers.as_deref())?;
    let mut config = SimulatorConfig::new(
        Secret::new(arguments.key.as_str()),
        arguments.seed,
        Clock::real()?,
    );
    config.allow_http_callbacks = arguments.allow_http_callbacks;
    config.event_grid = arguments.event_grid.as_deref().map(Subscription::new);
    if let Some(file) = &arguments.behaviour {
        config.behaviour = read_json(file, "a description of behaviour")?;
    }
    config.control_token = arguments.control_token.as_deref().map(Secret::new);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let builder = Simulator::builder(config).agents(agents).callers(callers);
        let running = builder.bind(arguments.listen).await?;
        let endpoint = running.endpoint();
        output::say(format_args!("simulator listens on {endpoint}"))?;
        output::say(format_args!("access key: {}", arguments.key))?;
        output::say(format_args!(
            "connection string: endpoint={endpoint}/;accesskey={}",
            arguments.key
        ))?;
        output::say(format_args!(
            "control: {endpoint}/simulator/ledger with `Authorization: Bearer {}`",
            running.control_token().expose()
        ))?;
        stop_asked().await;
        running.shutdown().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Takes an address that can be asked, so that a mistyped one is not tried for ever.
fn web_address(text: &str) -> Result<String, String> {
    let address = text.parse::<Uri>();
    let is_whole = address.is_ok_and(|address| {
        matches!(address.scheme_str(), Some("http" | "https")) && address.host().is_some()
    });
    if is_whole {
        Ok(text.to_owned())
    } else {
        Err("write an address like `http://127.0.0.1:8080/eventgrid?code=…`".to_owned())
    }
}

fn read_list<T: DeserializeOwned>(file: Option<&Path>) -> anyhow::Result<Vec<T>> {
    file.map_or_else(
        || Ok(Vec::new()),
        |file| read_json(file, "a list of scripts"),
    )
}

fn read_json<T: DeserializeOwned>(file: &Path, what: &str) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read `{}`", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("`{}` is not {what}", file.display()))
}
