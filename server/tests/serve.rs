//! `cordboard serve` as an operator runs it.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test: whatever is not as expected fails it"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const CONFIG: &str = r#"{
  "version": 1, "tenant": "decisions", "dev": true, "listen": { "address": "127.0.0.1:0" },
  "queues": { "chat": {
    "groups": [{ "group": "desk" }], "max_wait_seconds": 600,
    "exits": { "max_wait": { "end": true }, "no_agents": { "end": true }, "closed": { "end": true } }
  } },
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

#[test]
fn it_ends_when_asked_although_a_desktop_listens() {
    let folder = std::env::temp_dir().join(format!("cordboard-test-serve-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let config = folder.join("config.json");
    std::fs::write(&config, CONFIG).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_cordboard"))
        .args(["serve", "--config"])
        .arg(&config)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let address = line.trim_end().rsplit('/').next().unwrap().to_owned();

    let mut desktop = TcpStream::connect(&address).unwrap();
    let request = format!(
        "GET /v1/events HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer dev-token-of-anna\r\n\r\n"
    );
    desktop.write_all(request.as_bytes()).unwrap();
    let mut desktop = BufReader::new(desktop);
    let mut status = String::new();
    desktop.read_line(&mut status).unwrap();
    assert!(status.contains("200"), "{status}");

    let asked = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(asked.unwrap().success());
    assert!(ended(&mut child).success());
    let mut rest = String::new();
    desktop.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("event: stopped"), "{rest}");
    std::fs::remove_dir_all(&folder).unwrap();
}
