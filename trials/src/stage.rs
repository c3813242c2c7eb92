//! The engine as a process of its own, `cordboard serve`, and the simulated service beside it in this one, over real HTTP and
//! in real time.

use crate::centre::{self, Centre};
use crate::process::resident_bytes_of;
use anyhow::{Context as _, bail};
use cordboard_clock::Clock;
use cordboard_simulator::script::{
    AgentScript, CallerScript, Choose, EndpointScript, Fate, RawId, RingBehaviour, Role,
};
use cordboard_simulator::{Behaviour, Running, Secret, Simulator, SimulatorConfig, Subscription};
use serde_json::{Value, json};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long a caller waits: longer than any trial takes.
const PATIENCE_MS: u64 = 3_600_000;
/// An agent answers after this time.
const ANSWERS_AFTER_MS: u64 = 500;
/// Longer than any answer of the engine's API takes.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);
/// All randomness of the simulator comes from here.
const SEED: u64 = 7;

/// What a trial wants of its stage.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) agents: usize,
    pub(crate) behaviour: Behaviour,
    pub(crate) limits: Value,
    pub(crate) plugins: Option<PathBuf>,
}

/// The engine's process, the simulator and a folder for both.
#[derive(Debug)]
pub(crate) struct Stage {
    folder: PathBuf,
    pub(crate) simulator: Running,
    pub(crate) engine: SocketAddr,
    process: Option<Child>,
    agents: usize,
}

impl Stage {
    /// Starts the simulator and writes the configuration.
    pub(crate) async fn set(folder: &Path, plan: &Plan) -> anyhow::Result<Self> {
        let mut config =
            SimulatorConfig::new(Secret::new(centre::ACCESS_KEY), SEED, Clock::real()?);
        config.allow_http_callbacks = true;
        config.behaviour = plan.behaviour.clone();
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let simulator = Simulator::builder(config).bind(anywhere).await?;
        // The engine has the same address after a restart. Nothing else takes it within a moment.
        let engine = TcpListener::bind(anywhere)?.local_addr()?;
        Centre {
            agents: plan.agents,
            wrap_up_seconds: 0,
            service: &simulator.endpoint(),
            engine: &format!("http://{engine}"),
            journal: json!({ "directory": folder.join("journal") }),
            limits: plan.limits.clone(),
            plugins: plan.plugins.as_deref(),
        }
        .write(folder)?;
        Ok(Self {
            folder: folder.to_path_buf(),
            simulator,
            engine,
            process: None,
            agents: plan.agents,
        })
    }

    /// Starts the engine and returns when it has said that it listens.
    pub(crate) async fn start(&mut self) -> anyhow::Result<()> {
        let program = program()?;
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join("serve.log"))?;
        let mut command = Command::new(&program);
        command
            .args(["serve", "--config"])
            .arg(self.folder.join("config.json"))
            .env(
                "CORDBOARD_LOG",
                "warn,cordboard=warn,cordboard::engine=info",
            )
            .stdout(Stdio::piped())
            .stderr(log);
        let mut process = command
            .spawn()
            .with_context(|| format!("cannot run `{}`", program.display()))?;
        let output = process.stdout.take().context("it has no output")?;
        self.process = Some(process);
        let line = tokio::task::spawn_blocking(move || {
            let mut output = BufReader::new(output);
            let mut line = String::new();
            output.read_line(&mut line)?;
            // Whatever it says later is read, so that it never waits for us.
            std::thread::spawn(move || output.lines().for_each(drop));
            Ok::<_, io::Error>(line)
        });
        if line.await??.is_empty() {
            let log = std::fs::read_to_string(self.folder.join("serve.log"))?;
            bail!("the engine did not start: {log}");
        }
        Ok(())
    }

    /// Ends the engine as `kill -9` does.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
            process.wait()?;
        }
        Ok(())
    }

    /// Tells Event Grid where the engine is, and brings the agents to their desktops.
    pub(crate) async fn open(&self) -> anyhow::Result<()> {
        let url = format!(
            "http://{}/eventgrid?code={}",
            self.engine,
            centre::EVENT_GRID_SECRET
        );
        self.simulator.subscribe(Subscription::new(&url)).await?;
        for number in 0..self.agents {
            self.simulator.define_agent(AgentScript {
                person: centre::name(number),
                role: Role::Agent,
                endpoints: vec![EndpointScript {
                    identifier: RawId::new(&centre::endpoint(number)),
                    rings: vec![RingBehaviour::answer(ANSWERS_AFTER_MS)],
                    choose: Choose::InTurn,
                }],
            })?;
            let target = format!("/v1/agents/{}/actions", centre::name(number));
            self.ask("POST", target, r#"{"action":"ready"}"#).await?;
        }
        Ok(())
    }

    /// What the engine's overview says.
    pub(crate) async fn overview(&self) -> anyhow::Result<Value> {
        self.ask("GET", "/v1/overview".to_owned(), "").await
    }

    /// The bytes of memory of the engine's process, 0 where the system does not tell.
    pub(crate) fn memory(&self) -> u64 {
        let process = self
            .process
            .as_ref()
            .map(|process| process.id().to_string());
        process
            .and_then(|process| resident_bytes_of(&process))
            .unwrap_or_default()
    }

    async fn ask(
        &self,
        method: &'static str,
        target: String,
        body: &'static str,
    ) -> anyhow::Result<Value> {
        let engine = self.engine;
        let answer = tokio::task::spawn_blocking(move || ask(engine, method, &target, body));
        Ok(answer.await??)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(self.kill());
    }
}

/// A caller who dials the line without a menu after a while, and either talks or hears busy.
pub(crate) fn caller(name: &str, number: u64, dial_after_ms: u64, talk_ms: u64) -> CallerScript {
    let mut caller = CallerScript::new(name, centre::LINE, &format!("4:+1425{number:08}"));
    caller.dial_after_ms = dial_after_ms;
    caller.patience_ms = PATIENCE_MS;
    caller.talk_ms = talk_ms;
    caller.allowed_fates.insert(Fate::Rejected);
    caller
}

/// `cordboard` lies beside this program, or beside the folder of a test program.
fn program() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let name = format!("cordboard{}", std::env::consts::EXE_SUFFIX);
    let folders = own.ancestors().skip(1).take(2);
    let found = folders
        .map(|folder| folder.join(&name))
        .find(|file| file.exists());
    found.context("there is no `cordboard` beside this program: run `cargo xtask build` first")
}

fn ask(engine: SocketAddr, method: &str, target: &str, body: &str) -> io::Result<Value> {
    let mut stream = TcpStream::connect(engine)?;
    stream.set_read_timeout(Some(ANSWERED_WITHIN))?;
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: {engine}\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        centre::SUPERVISOR,
        body.len()
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    if !head.starts_with("HTTP/1.1 2") {
        return Err(io::Error::other(format!(
            "{method} {target} was answered {answer}"
        )));
    }
    // An answer without a body says nothing more.
    Ok(serde_json::from_str(body).unwrap_or_default())
}
