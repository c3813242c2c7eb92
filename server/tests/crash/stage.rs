//! Two processes, `cordboard simulator` and `cordboard serve`, with people around them.

use crate::http::{Door, ask};
use cordboard_simulator::Progress;
use cordboard_simulator::ledger::Ledger;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const ACCESS_KEY: &str = "Y29yZGJvYXJkLWNyYXNoLWFjY2Vzcy1rZXk=";
const EVENT_GRID_SECRET: &str = "cordboard-crash-event-grid";
const SUPERVISOR: &str = "token-of-the-supervisor";
const CONTROL: &str = "token-of-the-control-interface";
const LINE: &str = "28:orgid:ba000000-0000-4000-8000-000000000001";
const AGENTS: u32 = 6;
/// How often the desktops look whether their agents are ready.
const DESKTOPS_LOOK_EVERY: Duration = Duration::from_millis(400);
/// How often it is tried whether webhooks are acknowledged again.
const TRY_EVERY: Duration = Duration::from_millis(10);
/// Longer than any scenario takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(150);

/// Where built plugins are.
fn plugins() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::env::var_os("CORDBOARD_PLUGINS").map_or_else(|| root.join("target/plugins"), PathBuf::from)
}

/// A folder of one scenario.
pub(crate) struct Stage {
    folder: PathBuf,
    door: Door,
    simulator: Child,
    control: SocketAddr,
    serve: Option<Child>,
    starts: u32,
    desktops: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Stage {
    /// Starts the simulator and writes the configuration.
    pub(crate) fn set(folder: PathBuf, cache: &Path, repeatability: bool) -> Self {
        std::fs::create_dir_all(&folder).unwrap();
        // Callbacks are never delivered again: the documents name no schedule.
        let behaviour = json!({ "callback_retry_ms": [], "repeatability": repeatability });
        let file = folder.join("behaviour.json");
        std::fs::write(&file, behaviour.to_string()).unwrap();
        let mut simulator = cordboard()
            .args(["simulator", "--allow-http-callbacks", "--key", ACCESS_KEY])
            .args(["--control-token", CONTROL, "--behaviour"])
            .arg(&file)
            .stdout(Stdio::piped())
            .stderr(log(&folder, "simulator"))
            .spawn()
            .unwrap();
        let control = announced(&mut simulator).unwrap();
        let door = Door::open().unwrap();
        write_prompts(&folder);
        let config = config(&folder, cache, door.address, control);
        std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
        Self {
            folder,
            door,
            simulator,
            control,
            serve: None,
            starts: 0,
            desktops: None,
        }
    }

    /// Starts the engine, to die at a point if one is named. False if it ended before it served.
    pub(crate) fn start(&mut self, crash_at: Option<&str>) -> bool {
        let mut command = cordboard();
        command.args(["serve", "--config"]);
        command.arg(self.folder.join("config.json"));
        if let Some(point) = crash_at {
            command.env(cordboard_crash_points::VARIABLE, point);
        }
        self.starts += 1;
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(log(&self.folder, &format!("serve-{}", self.starts)))
            .spawn()
            .unwrap();
        let address = announced(&mut child);
        self.door.leads_to(address);
        self.serve = Some(child);
        address.is_some()
    }

    /// Tells Event Grid where the engine is, and lets people come: agents to their desktops first.
    pub(crate) fn let_people_come(&mut self, callers: &[Value]) {
        let url = format!(
            "http://{}/eventgrid?code={EVENT_GRID_SECRET}",
            self.door.address
        );
        let subscription = json!({ "url": url, "attempts_max": 2, "time_to_live_ms": 60_000 });
        self.command("/simulator/subscription", &subscription);
        let agents: Vec<Value> = (0..AGENTS).map(agent_script).collect();
        self.command("/simulator/agents", &agents.into());
        let over = Arc::new(AtomicBool::new(false));
        let (stop, address) = (Arc::clone(&over), self.door.address);
        make_ready(address).unwrap();
        let desktops = std::thread::spawn(move || {
            while !stop.load(Ordering::Acquire) {
                std::thread::sleep(DESKTOPS_LOOK_EVERY);
                // While nobody serves there is nothing to be seen.
                drop(make_ready(address));
            }
        });
        self.desktops = Some((over, desktops));
        self.command("/simulator/callers", &callers.to_vec().into());
    }

    /// Waits until the engine has ended by itself.
    pub(crate) fn wait_for_its_end(&mut self) -> Option<ExitStatus> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = self.serve.as_mut().unwrap().try_wait().unwrap() {
                self.door.leads_to(None);
                return Some(status);
            }
            if self.progress().is_finished() {
                return None;
            }
            std::thread::sleep(TRY_EVERY);
        }
        None
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        let child = self.serve.as_mut().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        self.door.leads_to(None);
    }

    /// Sends webhooks until one is acknowledged as durable.
    pub(crate) fn wait_for_an_acknowledgement(&self, name: &str) {
        let began = Instant::now();
        let target = format!("/eventgrid?code={EVENT_GRID_SECRET}");
        for attempt in 0.. {
            // For nobody we know: it is journaled, acknowledged and otherwise ignored.
            let event = json!([{
                "id": format!("probe-{name}-{attempt}"), "eventType": "Microsoft.Communication.IncomingCall",
                "subject": "probe", "eventTime": "2026-01-01T00:00:00Z", "dataVersion": "1.0",
                "data": {
                    "to": { "kind": "unknown", "rawId": "28:orgid:nobody" },
                    "from": { "kind": "phoneNumber", "rawId": "4:+14255550000",
                              "phoneNumber": { "value": "+14255550000" } },
                    "serverCallId": format!("probe-{name}-{attempt}"), "callerDisplayName": "",
                    "incomingCallContext": "probe", "correlationId": "probe"
                }
            }]);
            let answer = ask(self.door.address, "POST", &target, None, &event.to_string());
            if answer.is_ok_and(|(status, _)| status == 200) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "nothing is acknowledged");
            std::thread::sleep(TRY_EVERY);
        }
    }

    /// Waits until every caller is gone and the engine was told. False if that does not come.
    pub(crate) fn wait_for_the_last_caller(&self) -> bool {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if self.progress().is_finished() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        false
    }

    /// What everybody experienced; also left in the folder.
    pub(crate) fn ledger(&self) -> Ledger {
        let text = self.look("/simulator/ledger");
        std::fs::write(self.folder.join("ledger.json"), &text).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Ends the engine in order.
    pub(crate) fn stop(&mut self) -> Option<ExitStatus> {
        let child = self.serve.as_mut().unwrap();
        let asked = Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status();
        assert!(asked.unwrap().success());
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = child.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(TRY_EVERY);
        }
        None
    }

    fn progress(&self) -> Progress {
        serde_json::from_str(&self.look("/simulator/progress")).unwrap()
    }

    fn look(&self, target: &str) -> String {
        let (status, text) = ask(self.control, "GET", target, Some(CONTROL), "").unwrap();
        assert_eq!(status, 200, "{target}: {text}");
        text
    }

    fn command(&self, target: &str, body: &Value) {
        let body = body.to_string();
        let (status, text) = ask(self.control, "POST", target, Some(CONTROL), &body).unwrap();
        assert!((200..300).contains(&status), "{target}: {status} {text}");
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some((over, desktops)) = self.desktops.take() {
            over.store(true, Ordering::Release);
            drop(desktops.join());
        }
        for child in self.serve.iter_mut().chain([&mut self.simulator]) {
            // It may have ended already.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Checks the configuration that all scenarios share, and leaves compiled plugins in `cache`.
pub(crate) fn prepare(folder: &Path, cache: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    write_prompts(folder);
    let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
    let file = folder.join("config.json");
    std::fs::write(&file, config(folder, cache, nobody, nobody).to_string()).unwrap();
    let checked = cordboard().arg("check").arg(&file).output().unwrap();
    let errors = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{errors}");
}

/// A caller who dials after some time, chooses the queue whenever asked, and talks a little.
pub(crate) fn caller(number: u32, dial_after_ms: u64) -> Value {
    let answer = json!({ "digits": "1", "delay_ms": 150 });
    let mut script = json!({
        "name": format!("caller-{number:02}"), "dials": LINE, "from": format!("4:+142555700{number:02}"),
        "dial_after_ms": dial_after_ms, "menu": vec![answer; 6],
        "talk_ms": 1_000 + u64::from(number) * 137 % 1_500, "linger_ms": 1_000, "allowed_fates": ["talked"],
    });
    // Some hang up by themselves, each at another point.
    let phase = match number % 10 {
        3 => Some("queue"),
        5 => Some("offering"),
        7 => Some("menu"),
        9 => Some("talking"),
        _ => None,
    };
    if let Some(phase) = phase {
        script["hang_up"] = json!({ "phase": phase, "after_ms": 100 });
        script["allowed_fates"] = json!([
            "talked",
            "abandoned_greeting",
            "abandoned_menu",
            "abandoned_queue",
            "abandoned_offering"
        ]);
    }
    script
}

/// Agents mostly answer; now and then one declines, lets it ring or is not at the telephone.
fn agent_script(number: u32) -> Value {
    let press = json!({ "digits": "1", "delay_ms": 150 });
    let answer = |after_ms: u64| json!({ "does": "answer", "after_ms": after_ms, "press": press });
    let other = match number % 2 {
        0 => json!({ "does": "decline", "after_ms": 300 }),
        _ => json!({ "does": "no_answer" }),
    };
    // A Teams client is rung shorter than its voicemail takes; a telephone may have one.
    let telephone = match number % 3 {
        0 => json!({ "does": "voicemail", "after_ms": 400 }),
        _ => answer(300),
    };
    json!({
        "person": agent(number),
        "endpoints": [
            { "identifier": format!("8:orgid:{}", object_id(number)),
              "rings": [answer(200), answer(500), other, answer(300)] },
            { "identifier": format!("4:+142555501{number:02}"), "rings": [telephone] },
        ],
    })
}

fn agent(number: u32) -> String {
    format!("agent-{number}")
}

fn object_id(number: u32) -> String {
    format!("a0000000-0000-4000-8000-0000000000{number:02}")
}

fn config(folder: &Path, cache: &Path, own: SocketAddr, service: SocketAddr) -> Value {
    let names: Vec<String> = (0..AGENTS).map(agent).collect();
    let agents: BTreeMap<String, Value> = (0..AGENTS)
        .map(|number| {
            let endpoints = json!([
                { "kind": "teams-client" }, { "kind": "pstn", "number": format!("+142555501{number:02}") }
            ]);
            let profile = json!({
                "entra_object_id": object_id(number), "endpoints": endpoints,
                "skills": { "sales": 50 + number }
            });
            (agent(number), profile)
        })
        .collect();
    let plugin = |name: &str, config: Value| json!({ "file": plugins().join(format!("{name}.wasm")), "config": config });
    json!({
        "version": 1, "dev": true, "tenant": "crash", "listen": { "address": "127.0.0.1:0" },
        "acs": {
            "connection_string": { "value": format!("endpoint=http://{service}/;accesskey={ACCESS_KEY}") },
            "callback_base_url": format!("http://{own}"),
            "event_grid_secrets": [{ "value": EVENT_GRID_SECRET }], "allow_http": true
        },
        "api": { "tokens": [{ "name": "s", "role": "supervisor", "token": { "value": SUPERVISOR } }] },
        // Nothing behind a snapshot is kept, so that the log is truncated within a short test.
        "journal": { "directory": folder.join("journal"), "snapshot_every": 100, "keep_entries": 0 },
        "resource_accounts": { "line": { "identity": LINE, "menu": "main", "default_queue": "sales" } },
        "menus": { "main": {
            "prompt": "welcome", "tries": 3, "silence_seconds": 2, "options": { "1": { "queue": "sales" } }
        } },
        "queues": { "sales": {
            "requirements": [{ "skill": "sales" }], "groups": [{ "group": "team" }], "music": "music",
            "message": { "prompt": "wait", "every_seconds": 5 }, "max_wait_seconds": 100,
            "exits": {
                "max_wait": { "message": "bye" }, "no_agents": { "message": "bye" }, "closed": { "message": "bye" }
            },
            "ring_seconds": 3, "wrap_up_seconds": 1, "skill_match": "skill-match",
            "endpoint_select": "endpoint-select",
            "recording": { "policy": "recording-policy", "by_default": true }
        } },
        "groups": { "team": names }, "agents": agents,
        "prompts": {
            "directory": folder.join("prompts"), "confirm": "confirm",
            "files": {
                "welcome": "short.wav", "music": "long.wav", "wait": "short.wav", "bye": "short.wav",
                "confirm": "short.wav"
            }
        },
        "plugins": {
            "skill-match": plugin("skill-match", json!({ "default": { "level": "closest" } })),
            "endpoint-select": plugin("endpoint-select", json!({ "default": { "stages": [
                [{ "kind": "teams-client", "seconds": 2 }], [{ "kind": "pstn", "seconds": 3 }]
            ] } })),
            "recording-policy": plugin("recording-policy", json!({ "default": { "record": "unless-refused" } }))
        },
        "plugin_host": { "cache": cache },
        "timeouts": {
            "answer_ms": 5_000, "connect_ms": 3_000, "request_ms": 3_000, "event_ms": 2_000, "hang_up_ms": 3_000,
            "confirm_ms": 2_000
        }
    })
}

/// Puts every agent who is not at work back to it, as their desktops would.
fn make_ready(address: SocketAddr) -> std::io::Result<()> {
    let (status, text) = ask(address, "GET", "/v1/overview", Some(SUPERVISOR), "")?;
    if status != 200 {
        return Ok(());
    }
    let overview: Value = serde_json::from_str(&text)?;
    for agent in overview["agents"].as_array().into_iter().flatten() {
        let state = agent["state"]["status"].as_str().unwrap_or_default();
        if state == "offline" || state.starts_with("not-ready") {
            let target = format!(
                "/v1/agents/{}/actions",
                agent["agent"].as_str().unwrap_or_default()
            );
            let ready = r#"{"action":"ready"}"#;
            ask(address, "POST", &target, Some(SUPERVISOR), ready)?;
        }
    }
    Ok(())
}

fn cordboard() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cordboard"));
    command.env_remove(cordboard_crash_points::VARIABLE);
    command
}

fn log(folder: &Path, name: &str) -> File {
    File::create(folder.join(format!("{name}.log"))).unwrap()
}

/// Waits for the line in which a process says where it listens.
fn announced(child: &mut Child) -> Option<SocketAddr> {
    let mut line = String::new();
    let output = child.stdout.take().unwrap();
    let mut output = BufReader::new(output);
    output.read_line(&mut line).unwrap();
    // Whatever it says later is read, so that it never waits for us.
    std::thread::spawn(move || output.lines().for_each(drop));
    let (_, address) = line.trim_end().rsplit_once("http://")?;
    address.parse().ok()
}

fn write_prompts(folder: &Path) {
    let folder = folder.join("prompts");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, samples) in [("short.wav", 4_800_u32), ("long.wav", 16_000)] {
        let bytes = samples * 2;
        let mut file = Vec::new();
        file.extend(b"RIFF");
        file.extend((36 + bytes).to_le_bytes());
        file.extend(b"WAVEfmt ");
        file.extend(16_u32.to_le_bytes());
        // PCM, mono.
        file.extend([1, 0, 1, 0]);
        file.extend(16_000_u32.to_le_bytes());
        file.extend(32_000_u32.to_le_bytes());
        file.extend([2, 0, 16, 0]);
        file.extend(b"data");
        file.extend(bytes.to_le_bytes());
        file.extend(vec![0; bytes as usize]);
        std::fs::write(folder.join(name), file).unwrap();
    }
}
