//! A real HTTP server on this machine that answers by a script and notes what it was asked.
#![allow(dead_code, reason = "every test file uses a part of it")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use cordboard_acs::client::{Client, ClientLimits, Dispatch};
use cordboard_acs::endpoint::{Endpoint, PlainHttp};
use cordboard_acs::hmac::AccessKey;
use cordboard_clock::{Clock, Hold};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Notify;
use uuid::Uuid;

pub(crate) const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
pub(crate) const REQUEST_ID: Uuid = Uuid::from_u128(0xbed2_8db6_aab4_4403_abe2_aef7_e8df_d0a3);
/// Tue, 05 May 2026 10:20:30 GMT.
pub(crate) const START_MS: u64 = 1_777_976_430_000;

/// What the server does with one request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Answers.
    Answer(u16, &'static [(&'static str, &'static str)], String),
    /// Takes the request and closes the connection.
    Drop,
    /// Takes the request and never answers.
    Hang,
    /// Answers with this status and breaks off in the middle of the body.
    BreakOff(u16),
    /// Waits to be told, then answers 200.
    Wait(Arc<Notify>),
}

pub(crate) fn answer(status: u16, body: &str) -> Reply {
    Reply::Answer(status, &[], body.to_owned())
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|header| header.0 == name)
            .map(|header| header.1.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        if self.body.is_empty() {
            "".into()
        } else {
            serde_json::from_slice(&self.body).unwrap()
        }
    }
}

#[derive(Default)]
struct State {
    script: VecDeque<Reply>,
    requests: Vec<Request>,
}

/// The server. It ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct LocalService {
    pub(crate) address: String,
    state: Arc<Mutex<State>>,
    arrived: Arc<Notify>,
}

impl LocalService {
    /// Starts a server that answers with `script` and, after its end, with 200 and an empty object.
    pub(crate) async fn start(script: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = Self::unstarted(listener.local_addr().unwrap().port(), script);
        service.clone().listen(listener);
        service
    }

    /// A server whose port refuses connections until the socket listens.
    pub(crate) fn refusing(script: Vec<Reply>) -> (Self, TcpSocket) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        (
            Self::unstarted(socket.local_addr().unwrap().port(), script),
            socket,
        )
    }

    fn unstarted(port: u16, script: Vec<Reply>) -> Self {
        let state = State {
            script: script.into(),
            ..State::default()
        };
        Self {
            address: format!("http://127.0.0.1:{port}"),
            state: Arc::new(Mutex::new(state)),
            arrived: Arc::default(),
        }
    }

    pub(crate) fn listen(self, listener: TcpListener) {
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = self.clone();
                tokio::spawn(async move {
                    let serve = service_fn(|request| {
                        let service = service.clone();
                        async move { service.serve(request).await }
                    });
                    http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), serve)
                        .await
                        .ok();
                });
            }
        });
    }

    /// The requests so far. Each was signed: one that was not never gets here.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Waits until so many requests have arrived.
    pub(crate) async fn arrived(&self, count: usize) {
        loop {
            let next = self.arrived.notified();
            if self.requests().len() >= count {
                return;
            }
            next.await;
        }
    }

    pub(crate) fn client(&self, clock: &Clock, limits: ClientLimits) -> Client {
        let key = AccessKey::from_base64(KEY).unwrap();
        let endpoint = Endpoint::new(&self.address, key, PlainHttp::LoopbackOnly).unwrap();
        Client::new(endpoint, clock.clone(), limits).unwrap()
    }

    async fn serve(
        &self,
        request: hyper::Request<Incoming>,
    ) -> Result<hyper::Response<BoxBody<Bytes, io::Error>>, io::Error> {
        let (head, body) = request.into_parts();
        let body = body
            .collect()
            .await
            .map_err(io::Error::other)?
            .to_bytes()
            .to_vec();
        let text = |value: &hyper::header::HeaderValue| value.to_str().unwrap().to_owned();
        let request = Request {
            method: head.method.to_string(),
            target: head.uri.to_string(),
            headers: head
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), text(value)))
                .collect(),
            body,
        };
        let signed = AccessKey::from_base64(KEY).unwrap().verify(
            &request.method,
            &request.target,
            |name| request.header(name),
            &request.body,
        );
        if let Err(error) = signed {
            return Ok(respond(401, &[], error.to_string()));
        }
        let reply = {
            let mut state = self.state.lock().unwrap();
            state.requests.push(request);
            state
                .script
                .pop_front()
                .unwrap_or_else(|| answer(200, "{}"))
        };
        self.arrived.notify_waiters();
        match reply {
            Reply::Answer(status, headers, body) => Ok(respond(status, headers, body)),
            Reply::Drop => Err(io::Error::other("the script drops this request")),
            Reply::Hang => std::future::pending().await,
            Reply::BreakOff(status) => {
                let body = Half {
                    first: Some(Bytes::from_static(b"{\"callConnectionId\":")),
                    has_left: false,
                };
                Ok(hyper::Response::builder()
                    .status(status)
                    .body(body.boxed())
                    .unwrap())
            }
            Reply::Wait(told) => {
                told.notified().await;
                Ok(respond(200, &[], "{}".to_owned()))
            }
        }
    }
}

fn respond(
    status: u16,
    headers: &[(&'static str, &'static str)],
    body: String,
) -> hyper::Response<BoxBody<Bytes, io::Error>> {
    let mut response = hyper::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let never = |never: Infallible| match never {};
    response
        .body(Full::from(body).map_err(never).boxed())
        .unwrap()
}

/// A body that fails after its first half has left.
struct Half {
    first: Option<Bytes>,
    has_left: bool,
}

impl Body for Half {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(half) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        if !self.has_left {
            // The server sends what it has when there is nothing more for the moment.
            self.has_left = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::Error::other("the script breaks off here"))))
    }
}

/// A warped clock at [`START_MS`] and the hold that keeps it there.
pub(crate) fn clock() -> (Clock, Hold) {
    Clock::warped(START_MS).unwrap()
}

/// Limits whose real time-outs no busy machine reaches; tests of those choose their own.
pub(crate) fn limits() -> ClientLimits {
    ClientLimits {
        attempt_ms: 60_000,
        connect_ms: 30_000,
        ..ClientLimits::default()
    }
}

/// A dispatch with ten minutes to go.
pub(crate) fn dispatch(client: &Client, hold: Hold) -> Dispatch {
    client.dispatch(hold, REQUEST_ID, START_MS + 600_000)
}
