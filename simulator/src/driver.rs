//! Runs the world: one lock, one alarm, and tasks that carry its effects out.
//!
//! Every task that is under way has a hold of the clock, so a warped clock moves only when all requests are answered and all
//! deliveries taken.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use cordboard_clock::{AlarmId, Clock, Hold};
use parking_lot::Mutex;
use reqwest::header::CONTENT_TYPE;
use tokio::{runtime::Handle, sync::Notify};

use crate::{
    ledger::{Ledger, Moment},
    progress::Progress,
    prompt::{self, PROMPT_BYTES_MAX},
    world::{Effect, Post, PromptError, World},
};

/// How long a delivery or download may take, in real time: while one is under way, a warped clock stands still.
/// SPEC(Event Grid, delivery and retry): 30 s.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// See the module's text.
pub(crate) struct Driver {
    world: Mutex<World>,
    pub(crate) clock: Clock,
    pub(crate) http: reqwest::Client,
    runtime: Handle,
    started: Instant,
    /// The pending alarm and its time.
    alarm: Mutex<Option<(u64, AlarmId)>>,
    /// Tells that something has happened.
    changed: Notify,
}

impl Driver {
    /// Must be called within a tokio runtime.
    pub(crate) fn new(world: World, clock: Clock, http: reqwest::Client) -> Arc<Driver> {
        Arc::new(Driver {
            world: Mutex::new(world),
            clock,
            http,
            runtime: Handle::current(),
            started: Instant::now(),
            alarm: Mutex::new(None),
            changed: Notify::new(),
        })
    }

    /// Hands an input to the world and carries out what follows. The caller's hold keeps time still until every task has its own.
    pub(crate) fn step<R>(
        self: &Arc<Self>,
        hold: &Hold,
        input: impl FnOnce(&mut World, Moment) -> R,
    ) -> R {
        let mut effects = Vec::new();
        let result = {
            let mut world = self.world.lock();
            let result = input(&mut world, self.moment());
            while let Some(effect) = world.poll_effect() {
                effects.push(effect);
            }
            result
        };
        for effect in effects {
            let (driver, hold) = (Arc::clone(self), hold.clone());
            self.runtime
                .spawn(async move { driver.carry_out(effect, hold).await });
        }
        self.set_alarm();
        self.changed.notify_waiters();
        result
    }

    /// A copy of everything that happened.
    pub(crate) fn ledger(&self) -> Ledger {
        let now = self.moment();
        self.world.lock().ledger(now)
    }

    /// Where everybody is.
    pub(crate) fn progress(&self) -> Progress {
        self.world.lock().progress()
    }

    /// Waits until every caller is gone.
    pub(crate) async fn finished(&self) {
        loop {
            let changed = self.changed.notified();
            if self.progress().is_finished() {
                return;
            }
            changed.await;
        }
    }

    fn moment(&self) -> Moment {
        let real_us = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        Moment {
            at_ms: self.clock.now(),
            real_us,
        }
    }

    fn set_alarm(self: &Arc<Self>) {
        // The world is asked under the alarm's lock, so that of two steps at a time the later one's answer stands.
        let mut alarm = self.alarm.lock();
        let due_ms = self.world.lock().poll_timeout();
        if alarm.is_some_and(|(at_ms, _)| Some(at_ms) == due_ms) {
            return;
        }
        if let Some((_, id)) = alarm.take() {
            self.clock.cancel(id);
        }
        *alarm = due_ms.map(|at_ms| {
            let driver = Arc::downgrade(self);
            (
                at_ms,
                self.clock
                    .alarm(at_ms, move |hold| Driver::ring(&driver, at_ms, hold)),
            )
        });
    }

    /// Runs on the clock's thread: it only hands over.
    fn ring(driver: &Weak<Driver>, at_ms: u64, hold: Hold) {
        let Some(driver) = driver.upgrade() else {
            return;
        };
        let runtime = driver.runtime.clone();
        runtime.spawn(async move {
            // The next one must be set even if its time is the same.
            driver
                .alarm
                .lock()
                .take_if(|(pending_ms, _)| *pending_ms == at_ms);
            driver.step(&hold, World::tick);
        });
    }

    async fn carry_out(self: Arc<Self>, effect: Effect, hold: Hold) {
        match effect {
            Effect::Post(post) => {
                let what = post.what.clone();
                let status = self.post(post).await;
                self.step(&hold, |world, now| world.posted(now, what, status));
            }
            Effect::Fetch { key, uri } => {
                let result = self.fetch(&uri).await;
                self.step(&hold, |world, now| world.fetched(now, &key, result));
            }
        }
    }

    async fn post(&self, post: Post) -> Option<u16> {
        let mut request = self
            .http
            .post(post.url)
            .timeout(REQUEST_TIMEOUT)
            .header(CONTENT_TYPE, post.content_type);
        for (name, value) in &post.headers {
            request = request.header(name, value);
        }
        match request.body(post.body).send().await {
            Ok(response) => Some(response.status().as_u16()),
            Err(error) => {
                // The address may hold a secret.
                tracing::warn!(what = ?post.what, error = %error.without_url(), "delivery failed");
                None
            }
        }
    }

    async fn fetch(&self, uri: &str) -> Result<u64, PromptError> {
        let download = |error: reqwest::Error| {
            PromptError::Download(format!("download failed: {}", error.without_url()))
        };
        let request = self.http.get(uri).timeout(REQUEST_TIMEOUT);
        let mut response = request.send().await.map_err(download)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(PromptError::Download(format!(
                "download failed: status {}",
                response.status().as_u16()
            )));
        }
        let mut file = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(download)? {
            if file.len() + chunk.len() > PROMPT_BYTES_MAX {
                return Err(PromptError::Format(format!(
                    "more than {PROMPT_BYTES_MAX} bytes"
                )));
            }
            file.extend_from_slice(&chunk);
        }
        prompt::duration_ms(&file).map_err(PromptError::Format)
    }
}
