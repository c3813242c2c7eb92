//! `cordboard serve` as an operator runs it.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test: whatever is not as expected fails it"
)]

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const CONFIG: &str = r#"{
  "version": 1, "tenant": "decisions", "dev": true, "listen": { "address": "127.0.0.1:0" },
  "queues": { "chat": {
    "groups": [{ "group": "desk" }], "max_wait_seconds": 600,
    "exits": { "max_wait": { "end": true }, "no_agents": { "end": true }, "closed": { "end": true } }
  } },
  "api": { "tokens": [{ "name": "sofia", "role": "supervisor", "token": { "value": "token-of-supervisor" } }] },
  "groups": { "desk": ["anna"] },
  "agents": { "anna": { "token": { "value": "dev-token-of-anna" } } }
}"#;

/// Longer than anything here takes, shorter than a test run's patience.
const PATIENCE: Duration = Duration::from_secs(60);

fn ended(child: &mut Child) -> ExitStatus {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if began.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("it does not end");
        }
        std::thread::yield_now();
    }
}

/// A running engine with a folder of its own.
struct Served {
    folder: PathBuf,
    child: Child,
    address: String,
    starts: u32,
}

/// Starts the engine of a folder, and tells where it listens. What it logs goes to a file with the number of the start.
fn launch(folder: &Path, start: u32) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cordboard"))
        .args(["serve", "--config"])
        .arg(folder.join("config.json"))
        .env_remove("CORDBOARD_LOG")
        .env("NO_COLOR", "1")
        .stdout(Stdio::piped())
        .stderr(File::create(log_file(folder, start)).unwrap())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let address = line.trim_end().rsplit('/').next().unwrap().to_owned();
    (child, address)
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("cordboard-test-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn log_file(folder: &Path, start: u32) -> PathBuf {
    folder.join(format!("log-{start}"))
}

impl Served {
    /// `drain` is that part of the configuration.
    fn start(name: &str, drain: &str) -> Self {
        let folder = folder(name);
        let text = CONFIG.replacen('{', &format!("{{ \"drain\": {drain},"), 1);
        Self::start_with(folder, &text)
    }

    fn start_with(folder: PathBuf, config: &str) -> Self {
        std::fs::write(folder.join("config.json"), config).unwrap();
        let (child, address) = launch(&folder, 1);
        let served = Self {
            folder,
            child,
            address,
            starts: 1,
        };
        // Without an agent who is logged in no contact would wait.
        let ready = served.ask("POST /v1/agents/anna/actions", r#"{"action": "ready"}"#);
        assert_eq!(ready.0, 200, "{}", ready.1);
        served
    }

    /// `kill -9`, and some time later the next start.
    fn kill_and_start_after(&mut self, outage: Duration) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::thread::sleep(outage);
        self.starts += 1;
        (self.child, self.address) = launch(&self.folder, self.starts);
    }

    /// What it has logged since the last start.
    fn log(&self) -> String {
        std::fs::read_to_string(log_file(&self.folder, self.starts)).unwrap()
    }

    /// Asks it to stop.
    fn terminate(&self) {
        let asked = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(asked.unwrap().success());
    }

    /// Status and body of an answer.
    fn ask(&self, request: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "{request} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer token-of-supervisor\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer)
    }

    fn contact(&self, id: &str) -> u16 {
        let body = format!(r#"{{"id": "{id}", "queue": "chat"}}"#);
        self.ask("POST /v1/contacts", &body).0
    }

    /// Waits until it says that it drains.
    fn wait_until_it_drains(&self) {
        let began = Instant::now();
        loop {
            let (status, answer) = self.ask("GET /readyz", "");
            if status == 503 && answer.contains("draining") {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{answer}");
            std::thread::yield_now();
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It has ended, unless a test has failed.
        drop(self.child.kill());
        drop(self.child.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

#[test]
fn asked_to_stop_it_takes_no_new_contact_and_ends_with_the_last_one() {
    let mut served = Served::start("drain", r#"{ "seconds": 3600 }"#);
    assert_eq!(served.ask("GET /readyz", "").0, 200);
    assert_eq!(served.contact("c1"), 201);
    served.terminate();
    served.wait_until_it_drains();
    assert_eq!(served.ask("GET /healthz", "").0, 200);
    assert_eq!(served.contact("c2"), 409);
    let ended_by_hand = served.ask("POST /v1/calls/1/actions", r#"{"action": "end"}"#);
    assert_eq!(ended_by_hand.0, 200, "{}", ended_by_hand.1);
    assert!(ended(&mut served.child).success());
}

#[test]
fn asked_again_it_stops_at_once() {
    let mut served = Served::start("drain-again", r#"{ "seconds": 3600 }"#);
    assert_eq!(served.contact("c1"), 201);
    served.terminate();
    served.wait_until_it_drains();
    served.terminate();
    assert!(ended(&mut served.child).success());
}

#[test]
fn contacts_that_outlast_the_time_are_left_to_the_next_start() {
    let mut served = Served::start("drain-over", r#"{ "seconds": 1, "new_calls": "reject" }"#);
    assert_eq!(served.contact("c1"), 201);
    served.terminate();
    assert!(ended(&mut served.child).success());
    let log = served.log();
    let line = "the time to drain is over: calls are left, which the next start on the journal takes over calls=1";
    assert!(log.contains(line), "{log}");
}

#[test]
fn what_comes_of_a_start_after_a_kill_is_all_in_the_log() {
    const CONTACTS: usize = 8;
    const MAX_WAIT: Duration = Duration::from_secs(4);
    // All of them leave with the first tick after the start: nothing may be logged too late for that.
    let text = CONFIG
        .replace("\"max_wait_seconds\": 600", "\"max_wait_seconds\": 4")
        .replacen('{', "{ \"timeouts\": { \"restart_grace_ms\": 0 },", 1);
    let mut served = Served::start_with(folder("log"), &text);
    for number in 0..CONTACTS {
        assert_eq!(served.contact(&format!("c{number}")), 201);
    }
    served.kill_and_start_after(MAX_WAIT);
    let began = Instant::now();
    loop {
        let (_, overview) = served.ask("GET /v1/overview", "");
        if overview.contains("\"live-calls\":0") {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{overview}");
        std::thread::yield_now();
    }
    served.terminate();
    assert!(ended(&mut served.child).success());
    let log = served.log();
    for (count, line) in [
        (CONTACTS, "a call is over"),
        (CONTACTS, "outcome=Exited exit=MaxWait"),
        (CONTACTS, "a caller leaves a queue by an exit"),
        (1, "cordboard starts version="),
        (1, "the journal is open"),
        (
            1,
            "started again; the service is asked which calls of before live calls=0",
        ),
        (1, "stopped last_entry="),
    ] {
        assert_eq!(log.matches(line).count(), count, "{line} in:\n{log}");
    }
}

#[test]
fn it_ends_when_asked_although_a_desktop_listens() {
    let mut served = Served::start("serve", "{}");
    let address = served.address.clone();
    let mut desktop = TcpStream::connect(&address).unwrap();
    let request = format!(
        "GET /v1/events HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer dev-token-of-anna\r\n\r\n"
    );
    desktop.write_all(request.as_bytes()).unwrap();
    let mut desktop = BufReader::new(desktop);
    let mut status = String::new();
    desktop.read_line(&mut status).unwrap();
    assert!(status.contains("200"), "{status}");

    served.terminate();
    assert!(ended(&mut served.child).success());
    let mut rest = String::new();
    desktop.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("event: stopped"), "{rest}");
}
