//! The smallest HTTP client that will do.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test uses a part, and fails by panicking"
)]

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Sends a request and reads the whole answer.
pub(crate) fn send(
    server: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut stream = open(server, method, target, headers, body);
    let (status, headers) = head(&mut stream);
    let mut body = Vec::new();
    stream.read_to_end(&mut body).unwrap();
    Answer {
        status,
        headers,
        body,
    }
}

pub(crate) fn get(server: SocketAddr, target: &str, token: &str) -> Answer {
    send(
        server,
        "GET",
        target,
        &[("authorization", &format!("Bearer {token}"))],
        b"",
    )
}

pub(crate) fn post(server: SocketAddr, target: &str, token: &str, body: &Value) -> Answer {
    let authorization = format!("Bearer {token}");
    let body = body.to_string();
    send(
        server,
        "POST",
        target,
        &[("authorization", &authorization)],
        body.as_bytes(),
    )
}

/// A stream of server-sent events.
pub(crate) struct Events(BufReader<TcpStream>);

impl Events {
    pub(crate) fn open(server: SocketAddr, target: &str, token: &str) -> Self {
        let authorization = format!("Bearer {token}");
        let mut stream = open(
            server,
            "GET",
            target,
            &[("authorization", &authorization)],
            b"",
        );
        let (status, _) = head(&mut stream);
        assert_eq!(status, 200);
        Self(stream)
    }

    /// Returns what comes until the server ends the stream.
    pub(crate) fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).unwrap();
        let ends = ["", "0", "\r", "0\r"];
        rest.lines().filter(|line| !ends.contains(line)).collect()
    }

    /// Returns the data of the next message.
    pub(crate) fn next(&mut self) -> Value {
        loop {
            let mut line = String::new();
            assert_ne!(
                self.0.read_line(&mut line).unwrap(),
                0,
                "the stream is over"
            );
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).unwrap();
            }
        }
    }
}

fn open(
    server: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(server).unwrap();
    let mut request = format!(
        "{method} {target} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    // A server that has refused a large body may have closed already.
    drop(stream.write_all(body));
    BufReader::new(stream)
}

fn head(stream: &mut BufReader<TcpStream>) -> (u16, Vec<(String, String)>) {
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_owned(), value.to_owned()));
    }
    (status, headers)
}
