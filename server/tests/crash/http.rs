//! Just enough HTTP for a test, and a way in that outlives the process behind it.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks and waits for the answer: status and body.
pub(crate) fn ask(
    address: SocketAddr,
    method: &str,
    target: &str,
    token: Option<&str>,
    body: &str,
) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let authorization = token.map_or_else(String::new, |token| {
        format!("authorization: Bearer {token}\r\n")
    });
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: {address}\r\n{authorization}content-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let broken = || io::Error::other(format!("not an answer: {answer}"));
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(broken)?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Ok((status.ok_or_else(broken)?, body.to_owned()))
}

/// How long whoever connects may take to send a request.
const REQUEST_COMES_WITHIN: Duration = Duration::from_secs(1);

/// The address that the service knows. What comes in is passed to the process that serves at the
/// moment; while there is none, connections break.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    behind: Arc<Mutex<Option<SocketAddr>>>,
}

impl Door {
    pub(crate) fn open() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let behind = Arc::<Mutex<Option<SocketAddr>>>::default();
        let shared = Arc::clone(&behind);
        // It ends with the test program.
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let behind = *shared.lock().unwrap();
                std::thread::spawn(move || match behind {
                    Some(behind) => pass_on(&client, behind),
                    None => break_off(&client),
                });
            }
        });
        Ok(Self { address, behind })
    }

    pub(crate) fn leads_to(&self, process: Option<SocketAddr>) {
        *self.behind.lock().unwrap() = process;
    }
}

/// Closes once the request has come. About one in 100,000 requests hangs until its time is over when its connection is closed
/// before it was written, in the HTTP library of whoever sends it, and callers would be judged by that.
fn break_off(mut client: &TcpStream) {
    drop(client.set_read_timeout(Some(REQUEST_COMES_WITHIN)));
    let mut buffer = [0; 16_384];
    drop(client.read(&mut buffer));
}

/// Copies both ways until either side is done.
fn pass_on(client: &TcpStream, behind: SocketAddr) {
    let Ok(server) = TcpStream::connect(behind) else {
        return break_off(client);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| copy(client, &server));
        copy(&server, client);
    });
}

fn copy(mut from: &TcpStream, mut to: &TcpStream) {
    let mut buffer = [0; 16_384];
    while let Ok(length) = from.read(&mut buffer) {
        if length == 0 || to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // The other direction has nothing to wait for either.
    drop(from.shutdown(Shutdown::Both));
    drop(to.shutdown(Shutdown::Both));
}
