//! How one attempt at a request travels: over HTTP, or in whatever way a simulation has.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cordboard_clock::Clock;
use reqwest::Url;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use uuid::Uuid;

use super::limits::ClientLimits;
use super::outcome::Doubt;
use super::transport::is_success;
use crate::endpoint::{Endpoint, request_target};
use crate::hmac::{CONTENT_HASH_HEADER, DATE_HEADER, http_date};
use crate::wire::route::Method;

const REQUEST_ID_HEADER: &str = "repeatability-request-id";
const FIRST_SENT_HEADER: &str = "repeatability-first-sent";
const CLIENT_REQUEST_ID_HEADER: &str = "x-ms-client-request-id";

/// Carries single attempts to the service. Whether another attempt follows is not its business.
pub trait Carrier: Send + Sync + fmt::Debug {
    /// Carries one attempt; ready within [`Parcel::time`].
    fn carry<'a>(
        &'a self,
        parcel: Parcel<'a>,
    ) -> Pin<Box<dyn Future<Output = Attempt> + Send + 'a>>;
}

/// One attempt at a request.
#[derive(Clone, Copy)]
pub struct Parcel<'a> {
    /// The method.
    pub method: Method,
    /// Where it goes.
    pub url: &'a Url,
    /// JSON, or empty.
    pub body: &'a [u8],
    /// The same for every attempt at one command.
    pub request_id: Uuid,
    /// Of a repeatable request: when it was first sent, milliseconds since the Unix epoch.
    pub first_sent_ms: Option<u64>,
    /// How long the attempt may take.
    pub time: Duration,
}

impl fmt::Debug for Parcel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Address and body hold telephone numbers and call contexts.
        f.debug_struct("Parcel")
            .field("method", &self.method)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// What one attempt brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// An answer came.
    Answered {
        /// The HTTP status.
        status: u16,
        /// How long the service wants to be left alone, milliseconds.
        retry_after_ms: Option<u64>,
        /// The body; empty where it could not be read and the status says enough.
        body: Vec<u8>,
    },
    /// Nothing was sent.
    NotConnected,
    /// It was sent, and nobody knows what became of it.
    InDoubt(Doubt),
    /// Accepted with an answer beyond the limit, which another attempt would not make shorter.
    TooLong,
}

/// The HTTP client cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up: {0}")]
pub struct ClientSetupError(String);

/// Carries requests over HTTP, signed anew at each attempt.
pub(super) struct HttpCarrier {
    http: reqwest::Client,
    endpoint: Endpoint,
    clock: Clock,
    answer_bytes_max: usize,
}

impl HttpCarrier {
    pub(super) fn new(
        endpoint: Endpoint,
        clock: Clock,
        limits: &ClientLimits,
    ) -> Result<Self, ClientSetupError> {
        // reqwest has no cryptography of its own in this build. Who embeds the engine may have installed another one.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("cordboard/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(Duration::from_millis(limits.connect_ms))
            .timeout(Duration::from_millis(limits.attempt_ms))
            .pool_idle_timeout(Duration::from_millis(limits.connection_idle_ms))
            .tcp_nodelay(true);
        if endpoint.is_loopback() {
            builder = builder.no_proxy();
        }
        if !endpoint.is_encrypted() {
            // Without this, a machine that has no root certificates could not even use a simulated service.
            builder = builder.tls_certs_only([]);
        }
        let http = builder
            .build()
            .map_err(|error| ClientSetupError(error.to_string()))?;
        Ok(Self {
            http,
            endpoint,
            clock,
            answer_bytes_max: limits.answer_bytes_max,
        })
    }

    async fn send(&self, parcel: Parcel<'_>) -> Attempt {
        let method_has_body = parcel.method == Method::Post;
        let signature = self.endpoint.key().sign(
            parcel.method.as_str(),
            &request_target(parcel.url),
            &self.endpoint.host_header(),
            &http_date(self.wall_ms()),
            parcel.body,
        );
        let method = match parcel.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut request = self
            .http
            .request(method, parcel.url.clone())
            .timeout(parcel.time)
            .header(ACCEPT, "application/json")
            .header(CLIENT_REQUEST_ID_HEADER, parcel.request_id.to_string())
            .header(DATE_HEADER, signature.date)
            .header(CONTENT_HASH_HEADER, signature.content_hash)
            .header(AUTHORIZATION, signature.authorization);
        if let Some(first_sent_ms) = parcel.first_sent_ms {
            request = request
                .header(REQUEST_ID_HEADER, parcel.request_id.to_string())
                .header(FIRST_SENT_HEADER, http_date(first_sent_ms));
        }
        if !parcel.body.is_empty() {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(parcel.body.to_vec());
        } else if method_has_body {
            // Without it a gateway may answer 411.
            request = request.header(CONTENT_LENGTH, "0");
        }
        #[cfg(feature = "crash-points")]
        cordboard_crash_points::pass(cordboard_crash_points::Point::BeforeSend);
        match request.send().await {
            Ok(response) => {
                #[cfg(feature = "crash-points")]
                cordboard_crash_points::pass(cordboard_crash_points::Point::AfterSend);
                self.read(response).await
            }
            Err(error) if error.is_connect() => Attempt::NotConnected,
            Err(error) => Attempt::InDoubt(doubt_of(&error)),
        }
    }

    async fn read(&self, mut response: reqwest::Response) -> Attempt {
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok());
        let retry_after_ms = retry_after.and_then(|text| retry_after_ms(text, self.wall_ms()));
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= self.answer_bytes_max => {
                    body.extend_from_slice(&chunk);
                }
                Ok(Some(_)) if is_success(status) => return Attempt::TooLong,
                // The status says enough: a refusal whose text is cut off is a refusal.
                Ok(Some(_)) => {
                    return Attempt::Answered {
                        status,
                        retry_after_ms,
                        body: Vec::new(),
                    };
                }
                Ok(None) => {
                    return Attempt::Answered {
                        status,
                        retry_after_ms,
                        body,
                    };
                }
                Err(_) if !is_success(status) => {
                    return Attempt::Answered {
                        status,
                        retry_after_ms,
                        body: Vec::new(),
                    };
                }
                Err(error) => return Attempt::InDoubt(doubt_of(&error)),
            }
        }
    }

    /// The date for signatures: wall time, as the service judges its age by its own. A monotonic clock stands still
    /// while a virtual machine is suspended. A virtual clock is the only time that a simulated service knows.
    fn wall_ms(&self) -> u64 {
        if self.clock.is_virtual() {
            return self.clock.now();
        }
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Carrier for HttpCarrier {
    fn carry<'a>(
        &'a self,
        parcel: Parcel<'a>,
    ) -> Pin<Box<dyn Future<Output = Attempt> + Send + 'a>> {
        Box::pin(self.send(parcel))
    }
}

impl fmt::Debug for HttpCarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpCarrier").finish_non_exhaustive()
    }
}

fn doubt_of(error: &reqwest::Error) -> Doubt {
    if error.is_timeout() {
        Doubt::TimedOut
    } else {
        Doubt::ConnectionLost
    }
}

/// SPEC(RFC 9110, section 10.2.3): seconds, or a date.
pub(crate) fn retry_after_ms(text: &str, now_ms: u64) -> Option<u64> {
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(seconds.saturating_mul(1_000));
    }
    let at = httpdate::parse_http_date(text.trim())
        .ok()?
        .duration_since(UNIX_EPOCH)
        .ok()?;
    Some(u64::try_from(at.as_millis()).ok()?.saturating_sub(now_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(retry_after_ms("3", 0), Some(3_000));
        assert_eq!(
            retry_after_ms("Tue, 05 May 2026 10:20:30 GMT", 1_777_976_425_000),
            Some(5_000)
        );
        assert_eq!(
            retry_after_ms("Tue, 05 May 2026 10:20:30 GMT", 1_777_976_435_000),
            Some(0)
        );
        assert_eq!(retry_after_ms("soon", 0), None);
    }
}
