//! The engine as an embedder holds it.

mod actions;
mod builder;
mod overview;
mod reload;

pub use actions::{
    Action, AgentHandle, CallHandle, Contact, NewCall, QueueHandle, SupervisorHandle,
};
pub use builder::EngineBuilder;
pub use overview::{AgentOverview, Overview, QueueOverview};

use crate::config::Compiled;
use crate::driver::{Driver, Shed, Stopped};
use crate::error::{ActionError, BuildErrors, SubmitError};
use crate::events::{EventCursor, Events};
use crate::pending::Pending;
use crate::plugins::{PluginStatus, Plugins};
use arc_swap::ArcSwap;
use cordboard_clock::Clock;
use cordboard_core::ids::{AgentId, CallId, CodeId, CollectionId, QueueId, Symbol, Timestamp};
use cordboard_core::input::{Actor, NewCalls};
use cordboard_core::matching::Wait;
use cordboard_core::{Config, LiveCall};
use cordboard_journal::{Blobs, Records, Watch};
use parking_lot::Mutex;
use std::fmt;
use std::sync::Arc;

/// A running engine. Clones are handles to the same one; it runs until [`shutdown`](Self::shutdown),
/// or until the last handle is dropped, which blocks like a shutdown.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    driver: Driver,
    events: Events,
    recovered: Recovered,
    current: ArcSwap<Compiled>,
    /// None once the engine has ended: they keep files of the journal open.
    readers: Mutex<Option<Readers>>,
    /// What new calls meet.
    new_calls: Mutex<NewCalls>,
    /// Held while the configuration is replaced.
    reloading: Mutex<()>,
    plugins: Option<Arc<Plugins>>,
    #[cfg(feature = "azure")]
    edge: Option<crate::edge::Edge>,
}

/// What the journal held at the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recovered {
    /// The last entry; 0 for a new journal.
    pub last_entry: u64,
    /// The moment of the last entry.
    pub last_at: Timestamp,
    /// The last event of before the start. A subscriber after it gets everything that came of the start, however long after it
    /// it subscribes.
    pub through: EventCursor,
}

/// What reads the journal beside the driver.
struct Readers {
    records: Arc<dyn Records>,
    blobs: Arc<dyn Blobs>,
}

impl Engine {
    /// Begins to build an engine from a checked configuration.
    #[must_use]
    pub fn builder(config: Compiled) -> EngineBuilder {
        EngineBuilder::new(config)
    }

    /// Returns all events of the engine, to subscribe to.
    #[must_use]
    pub fn events(&self) -> Events {
        self.0.events.clone()
    }

    /// Tells what the journal held at the start.
    #[must_use]
    pub fn recovered(&self) -> Recovered {
        self.0.recovered
    }

    /// Returns the configuration in force. Its symbols turn the numbers of events into names.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.0.current.load().config)
    }

    /// Returns the clock of the engine.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.0.driver.clock()
    }

    /// Acts as an agent, as the agent's desktop does.
    ///
    /// # Errors
    ///
    /// [`ActionError::UnknownName`].
    pub fn agent(&self, name: &str) -> Result<AgentHandle, ActionError> {
        let agent = self.agent_id(name)?;
        Ok(AgentHandle::new(self.clone(), agent, Actor::Agent(agent)))
    }

    /// Acts as a supervisor; `name` stands in the records.
    #[must_use]
    pub fn supervisor(&self, name: impl Into<String>) -> SupervisorHandle {
        SupervisorHandle::new(self.clone(), Actor::Supervisor(name.into()))
    }

    /// Acts as the embedding program itself, with the powers of a supervisor.
    #[must_use]
    pub fn system(&self) -> SupervisorHandle {
        SupervisorHandle::new(self.clone(), Actor::System)
    }

    /// Hands in a contact whose media the embedding program controls: decision-only use. Agents get
    /// offers of it as events; the program connects whom it will.
    ///
    /// # Errors
    ///
    /// [`ActionError::UnknownName`].
    pub fn submit_contact(&self, contact: Contact) -> Result<NewCall, ActionError> {
        actions::submit_contact(self, contact)
    }

    /// Says what becomes of new calls from here on: before the program ends, calls that live may go on
    /// to their end while no new ones come. Every start takes new calls.
    pub fn set_new_calls(&self, new_calls: NewCalls) -> Action {
        let mut now = self.0.new_calls.lock();
        *now = new_calls;
        actions::set_new_calls(self, new_calls)
    }

    /// Returns what was said last about new calls.
    #[must_use]
    pub fn new_calls(&self) -> NewCalls {
        *self.0.new_calls.lock()
    }

    /// Looks at agents, queues and calls at one moment; ready once what it shows is durable.
    pub fn overview(&self) -> Pending<Overview> {
        overview::look(self)
    }

    /// Lists calls that live, oldest first: at most `limit` of those that came after `after`. Ready once what it shows is
    /// durable. The callers are shown as they are: mask them for people who need not see them.
    pub fn live_calls(&self, after: Option<CallId>, limit: usize) -> Pending<Vec<LiveCall>> {
        overview::live_calls(self, after, limit)
    }

    /// Tells why nobody is rung for a call: what keeps each agent of its queue's groups from it. `None` when the call does
    /// not wait in a queue, or is being offered. Ready once what it shows is durable.
    pub fn wait_of_call(&self, call: CallId) -> Pending<Option<Wait>> {
        overview::wait_of_call(self, call)
    }

    /// Tells what was not taken since the start, because there was too much of it.
    #[must_use]
    pub fn shed(&self) -> Shed {
        self.0.driver.shed()
    }

    /// Returns a reader of the decision records, none once the engine has ended. A reader that is
    /// left keeps the journal from being opened again by this process.
    #[must_use]
    pub fn records(&self) -> Option<Arc<dyn Records>> {
        let readers = self.0.readers.lock();
        readers.as_ref().map(|readers| Arc::clone(&readers.records))
    }

    /// Tells how the plugins are doing.
    #[must_use]
    pub fn plugins(&self) -> Vec<PluginStatus> {
        let config = self.0.current.load();
        let status = self
            .0
            .plugins
            .as_ref()
            .map(|plugins| plugins.status(&config));
        status.unwrap_or_default()
    }

    /// Tells how far the journal is durable, and whether it has failed.
    #[must_use]
    pub fn journal(&self) -> Watch {
        self.0.driver.watch().clone()
    }

    /// Tells whether inputs are taken: false once the engine was shut down, and after a mistake in it
    /// has ended it, also when only reading the journal back has failed, or its log is full. Why a journal
    /// has failed is told by [`journal`](Self::journal).
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.0.driver.is_running()
    }

    /// Puts another configuration in force, as a whole: live calls keep the flow, menus and time-outs
    /// that they began with; agents, skills, groups, hours, tokens and plugins change at once. Where
    /// the journal is, where the service is and where a server listens stays as it was at the start.
    ///
    /// Blocks until the change is durable and plugins are loaded; a plugin that cannot be loaded
    /// leaves the one that is there.
    ///
    /// # Errors
    ///
    /// Everything that is wrong; the configuration of before stays in force.
    pub fn reload(&self, config: Compiled) -> Result<(), BuildErrors> {
        reload::reload(self, config)
    }

    /// Ends the engine in order: a last snapshot, everything written, every answer given. Blocks the
    /// calling thread. Live calls stay up; the next start on the journal takes them over.
    ///
    /// # Errors
    ///
    /// [`SubmitError::JournalFailed`], or [`SubmitError::Stopped`] if it was ended before.
    pub fn shutdown(&self) -> Result<Stopped, SubmitError> {
        let stopped = self.0.driver.stop();
        self.0.readers.lock().take();
        stopped
    }

    /// Returns the routes of the engine, to serve as they are or to merge into a larger router:
    /// `/eventgrid`, `/callbacks/…`, `/prompts/…`, `/v1/…`, `/healthz` and `/readyz`.
    #[cfg(feature = "azure")]
    pub fn router(&self) -> axum::Router {
        let api = crate::edge::api::router(self.clone());
        let router = match &self.0.edge {
            Some(edge) => crate::edge::router(edge.clone()).merge(api),
            None => api,
        };
        router.method_not_allowed_fallback(crate::edge::wrong_method)
    }

    #[cfg(feature = "azure")]
    pub(crate) fn compiled(&self) -> Arc<Compiled> {
        self.0.current.load_full()
    }

    fn driver(&self) -> &Driver {
        &self.0.driver
    }

    fn agent_id(&self, name: &str) -> Result<AgentId, ActionError> {
        let config = self.config();
        let id = AgentId(symbol(&config, "agent", name)?);
        known(config.agents.contains_key(&id), "agent", name).map(|()| id)
    }

    fn queue_id(&self, name: &str) -> Result<QueueId, ActionError> {
        let config = self.config();
        let id = QueueId(symbol(&config, "queue", name)?);
        known(config.queues.contains_key(&id), "queue", name).map(|()| id)
    }

    fn collection_id(&self, name: &str) -> Result<CollectionId, ActionError> {
        let config = self.config();
        let id = CollectionId(symbol(&config, "collection", name)?);
        known(config.collections.contains_key(&id), "collection", name).map(|()| id)
    }

    fn not_ready_reason(&self, name: &str) -> Result<CodeId, ActionError> {
        let config = self.config();
        let id = CodeId(symbol(&config, "not-ready reason", name)?);
        let is_known = config.not_ready_reasons.contains(&id);
        known(is_known, "not-ready reason", name).map(|()| id)
    }

    fn disposition_code(&self, name: &str) -> Result<CodeId, ActionError> {
        let config = self.config();
        let id = CodeId(symbol(&config, "disposition", name)?);
        known(config.dispositions.contains(&id), "disposition", name).map(|()| id)
    }
}

impl Drop for Inner {
    /// The last handle is gone: like a shutdown, whose result nobody wants.
    fn drop(&mut self) {
        drop(self.driver.stop());
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("tenant", &self.config().tenant)
            .field("events", &self.0.events)
            .finish_non_exhaustive()
    }
}

fn symbol(config: &Config, kind: &'static str, name: &str) -> Result<Symbol, ActionError> {
    config.symbols.find(name).ok_or_else(|| unknown(kind, name))
}

fn known(is_known: bool, kind: &'static str, name: &str) -> Result<(), ActionError> {
    if is_known {
        Ok(())
    } else {
        Err(unknown(kind, name))
    }
}

fn unknown(kind: &'static str, name: &str) -> ActionError {
    ActionError::UnknownName {
        kind,
        name: name.to_owned(),
    }
}
