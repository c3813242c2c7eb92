//! The examples run and do what they say.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Examples lie beside the folder of the tests.
fn example(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    tests
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples")
        .join(file)
}

#[test]
fn the_program_without_a_runtime_routes_three_chats_to_two_agents() {
    let output = Command::new(example("decision_only")).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for chat in 1..=3 {
        assert!(said.contains(&format!("call {chat} is ")), "{said}");
    }
    assert!(!said.contains("carla"), "{said}");
}

#[cfg(feature = "azure")]
#[test]
fn the_service_with_a_router_of_its_own_serves_both() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(root.join("examples/contoso.json")).unwrap();
    let text = text
        .replace(
            "../target/contoso-journal",
            folder.path().join("journal").to_str().unwrap(),
        )
        .replace(
            "\"directory\": \"prompts\"",
            &format!("\"directory\": {:?}", root.join("examples/prompts")),
        );
    let file = folder.path().join("contoso.json");
    std::fs::write(&file, text).unwrap();
    let mut service = Command::new(example("embed_axum"))
        .arg(&file)
        .arg("127.0.0.1:0")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(service.stdout.take().unwrap()).lines();
    let address = loop {
        let line = lines.next().unwrap().unwrap();
        if let Some(address) = line.strip_prefix("listening on ") {
            break address.to_owned();
        }
    };
    let get = |target: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(get("/").ends_with("our own service"));
    assert!(get("/healthz").contains(r#"{"status":"ok"}"#));
    service.kill().unwrap();
    service.wait().unwrap();
}
