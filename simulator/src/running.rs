//! Starting a simulator, and what can be done with a running one.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use cordboard_acs::{Secret, hmac::AccessKey};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{
    config::{SimulatorConfig, Subscription},
    driver::Driver,
    error::{ScriptError, StartError, SubscribeError},
    ledger::{Ledger, Moment},
    progress::Progress,
    script::{AgentScript, CallerScript},
    server::{Shared, router},
    subscribe::shake_hands,
    world::World,
};

/// Waits between tries of the handshake with the subscriber named in the configuration, in real time.
const HANDSHAKE_RETRY: Duration = Duration::from_millis(500);
/// Tries of that handshake: five minutes, as with Event Grid.
const HANDSHAKE_TRIES_MAX: usize = 600;
/// How long open connections may take to end at shutdown, in real time.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// The local stand-in for ACS Call Automation.
#[derive(Debug)]
pub struct Simulator;

impl Simulator {
    /// Takes what a simulator is started with.
    #[must_use]
    pub fn builder(config: SimulatorConfig) -> SimulatorBuilder {
        SimulatorBuilder {
            config,
            agents: Vec::new(),
            callers: Vec::new(),
        }
    }
}

/// A simulator that is about to start.
#[derive(Debug)]
pub struct SimulatorBuilder {
    config: SimulatorConfig,
    agents: Vec<AgentScript>,
    callers: Vec<CallerScript>,
}

impl SimulatorBuilder {
    /// Lets people be there from the start.
    #[must_use]
    pub fn agents(mut self, agents: impl IntoIterator<Item = AgentScript>) -> SimulatorBuilder {
        self.agents.extend(agents);
        self
    }

    /// Places callers at the start. As a rule better done with [`Running::place_call`], when somebody is subscribed.
    #[must_use]
    pub fn callers(mut self, callers: impl IntoIterator<Item = CallerScript>) -> SimulatorBuilder {
        self.callers.extend(callers);
        self
    }

    /// Listens and serves. Must be called within a tokio runtime, which the simulator uses from then on.
    ///
    /// If the configuration names a subscriber, the handshake is tried in the background for five minutes; calls that come before it
    /// has succeeded reach nobody. To know when, use [`Running::subscribe`] instead.
    ///
    /// # Errors
    /// The key is not base64, a script cannot be played, or the address cannot be listened on.
    pub async fn bind(self, address: SocketAddr) -> Result<Running, StartError> {
        let SimulatorBuilder {
            config,
            agents,
            callers,
        } = self;
        let SimulatorConfig {
            key,
            seed,
            clock,
            allow_http_callbacks,
            event_grid,
            control_token,
            behaviour,
        } = config;
        let hold = clock.hold();
        let key = AccessKey::from_base64(key.expose())?;
        let date_leeway = Duration::from_millis(behaviour.date_leeway_ms);
        // Another one may be installed already; either will do.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build();
        let http = http.map_err(StartError::Client)?;
        let listen = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let now = Moment {
            at_ms: clock.now(),
            real_us: 0,
        };
        let world = World::new(seed, behaviour, allow_http_callbacks, now);
        let driver = Driver::new(world, clock, http);
        let control_token =
            control_token.unwrap_or_else(|| Secret::new(uuid::Uuid::new_v4().to_string()));
        let shared = Shared {
            driver: Arc::clone(&driver),
            key,
            date_leeway,
            control_token: control_token.clone(),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let service = axum::serve(listener, router(Arc::new(shared)));
        let server = tokio::spawn(async move {
            let until_stopped = async { drop(stopped.await) };
            if let Err(error) = service.with_graceful_shutdown(until_stopped).await {
                tracing::error!(%error, "the simulator has stopped serving");
            }
        });
        let running = Running {
            address,
            driver,
            control_token,
            stop: Some(stop),
            server,
        };
        for agent in agents {
            running.define_agent(agent)?;
        }
        for caller in callers {
            running.place_call(caller)?;
        }
        if let Some(subscription) = event_grid {
            running.subscribe_in_background(subscription);
        }
        drop(hold);
        Ok(running)
    }
}

/// A simulator that serves. Dropping it stops serving at once; [`Running::shutdown`] does it politely.
pub struct Running {
    address: SocketAddr,
    driver: Arc<Driver>,
    control_token: Secret,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint for clients, `http://{address}`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The token of the control interface.
    #[must_use]
    pub fn control_token(&self) -> &Secret {
        &self.control_token
    }

    /// Places a caller, who dials when the script says so.
    ///
    /// # Errors
    /// The script cannot be played, or its name is taken.
    pub fn place_call(&self, script: CallerScript) -> Result<(), ScriptError> {
        let hold = self.driver.clock.hold();
        self.driver
            .step(&hold, |world, now| world.place(now, vec![script]))
    }

    /// Defines a person with endpoints that can be rung.
    ///
    /// # Errors
    /// The script cannot be played, or the person or an endpoint exists already.
    pub fn define_agent(&self, script: AgentScript) -> Result<(), ScriptError> {
        let hold = self.driver.clock.hold();
        self.driver
            .step(&hold, |world, now| world.define(now, vec![script]))
    }

    /// Makes the handshake with a subscriber and tells it of incoming calls from then on, instead of whoever was told before.
    ///
    /// # Errors
    /// The handshake failed; nothing has changed.
    pub async fn subscribe(&self, subscription: Subscription) -> Result<(), SubscribeError> {
        let hold = self.driver.clock.hold();
        shake_hands(&self.driver.http, &subscription, self.driver.clock.now()).await?;
        self.driver
            .step(&hold, |world, _| world.subscribe(subscription));
        Ok(())
    }

    /// A copy of everything that happened so far.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.driver.ledger()
    }

    /// Where everybody is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.driver.progress()
    }

    /// Waits until every caller who was placed is gone and the application has been told. Wait without a hold of the clock.
    pub async fn finished(&self) {
        self.driver.finished().await;
    }

    /// Stops serving.
    pub async fn shutdown(mut self) {
        self.stop.take();
        // Dropping `self` afterwards aborts what has not ended.
        tokio::time::timeout(SHUTDOWN_GRACE, &mut self.server)
            .await
            .ok();
    }

    fn subscribe_in_background(&self, subscription: Subscription) {
        let driver = Arc::clone(&self.driver);
        tokio::spawn(async move {
            for _ in 0..HANDSHAKE_TRIES_MAX {
                let hold = driver.clock.hold();
                match shake_hands(&driver.http, &subscription, driver.clock.now()).await {
                    Ok(()) => {
                        driver.step(&hold, |world, _| world.subscribe(subscription));
                        return;
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the Event Grid handshake failed; trying again")
                    }
                }
                drop(hold);
                tokio::time::sleep(HANDSHAKE_RETRY).await;
            }
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
