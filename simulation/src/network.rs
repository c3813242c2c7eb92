//! Between engine and service: requests leave the engine's client as bytes, and what becomes of them is decided here.

use cordboard::driver::{Completion, Operator, Request};
use cordboard_acs::OperationSettings;
use cordboard_acs::client::{Attempt, Carrier, Parcel};
use cordboard_acs::wire::route::Method;
use cordboard_core::Config;
use parking_lot::Mutex;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::centre::Centre;

/// Where callbacks go.
pub(crate) const CALLBACK_BASE: &str = "https://engine.test/callbacks";
/// Where Event Grid delivers.
pub(crate) const EVENT_GRID: &str = "https://engine.test/eventgrid";

/// Takes the engine's operations; the stage carries them out.
#[derive(Debug, Default)]
pub(crate) struct Operations(Mutex<Vec<(Request, Completion)>>);

impl Operations {
    pub(crate) fn take(&self) -> Vec<(Request, Completion)> {
        std::mem::take(&mut *self.0.lock())
    }
}

impl Operator for Operations {
    fn start(&self, request: Request, completion: Completion) {
        self.0.lock().push((request, completion));
    }
}

/// Carries one operation out with the engine's own client.
pub(crate) async fn carry_out(
    operator: cordboard_acs::Operator,
    config: Arc<Config>,
    request: Request,
    completion: Completion,
) {
    let prompt_uri = |prompt| Centre::prompt_uri(&config, prompt);
    let settings = OperationSettings {
        tenant: &config.tenant,
        callback_base: CALLBACK_BASE,
        prompt_uri: &prompt_uri,
        media: &config.media,
    };
    let Request {
        command,
        operation,
        deadline,
        hold,
    } = request;
    let (outcome, hold) = operator
        .carry_out(command, &operation, &settings, deadline.0, hold)
        .await;
    completion.finish(outcome, hold);
}

/// A request that has left the engine.
pub(crate) struct Sent {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    /// Of a repeatable request.
    pub(crate) request_id: Option<String>,
    /// How long the engine waits for the answer, in milliseconds.
    pub(crate) time_ms: u64,
    pub(crate) back: Arc<Back>,
}

impl Sent {
    /// The connection that a request is about, if it names one.
    pub(crate) fn connection(&self) -> Option<String> {
        if let Some(path) = self.path.strip_prefix("/calling/callConnections/") {
            return path.split([':', '/']).next().map(str::to_owned);
        }
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        Some(body.get("callConnectionId")?.as_str()?.to_owned())
    }

    /// Where the events of a call will go, if this request answers one.
    pub(crate) fn callback_uri(&self) -> Option<String> {
        if !self.path.ends_with(":answer") {
            return None;
        }
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        Some(body.get("callbackUri")?.as_str()?.to_owned())
    }
}

/// The way back for an answer.
#[derive(Default)]
pub(crate) struct Back(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    attempt: Option<Attempt>,
    waker: Option<Waker>,
}

impl Back {
    /// Answers, unless that was done before.
    pub(crate) fn answer(&self, attempt: Attempt) {
        let mut waiting = self.0.lock();
        if waiting.attempt.is_none() {
            waiting.attempt = Some(attempt);
            let waker = waiting.waker.take();
            drop(waiting);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

struct Answered(Arc<Back>);

impl Future for Answered {
    type Output = Attempt;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Attempt> {
        let mut waiting = self.0.0.lock();
        match waiting.attempt.clone() {
            Some(attempt) => Poll::Ready(attempt),
            None => {
                waiting.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// Takes requests from the engine's client.
#[derive(Default)]
pub(crate) struct Wire(Mutex<Vec<Sent>>);

impl Wire {
    pub(crate) fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut *self.0.lock())
    }
}

impl Carrier for Wire {
    fn carry<'a>(
        &'a self,
        parcel: Parcel<'a>,
    ) -> Pin<Box<dyn Future<Output = Attempt> + Send + 'a>> {
        let back = Arc::<Back>::default();
        let method = match parcel.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        };
        self.0.lock().push(Sent {
            method,
            path: parcel.url.path().to_owned(),
            body: parcel.body.to_vec(),
            request_id: parcel.first_sent_ms.map(|_| parcel.request_id.to_string()),
            time_ms: u64::try_from(parcel.time.as_millis()).unwrap_or(u64::MAX),
            back: Arc::clone(&back),
        });
        Box::pin(Answered(back))
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}
