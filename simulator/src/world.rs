//! The simulated world: pure, with time passed in and effects taken out.
//!
//! Inputs are [`World::place`], [`World::define`], [`World::serve`], [`World::tick`], [`World::posted`] and [`World::fetched`]; each
//! takes the present. After each, [`World::poll_effect`] is drained (deliveries to make, files to fetch) and [`World::poll_timeout`]
//! says when the next `tick` is due. Nothing in here knows HTTP, threads or clocks.

mod call;
mod caller;
mod events;
mod hearing;
mod invitation;
mod keys;
mod media;
mod operations;
mod outbox;
mod party;
mod prompts;
mod recording;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use fastrand::Rng;

use self::{
    call::Call,
    caller::Caller,
    media::OpId,
    operations::Repeated,
    party::{Endpoint, Person},
    prompts::Prompts,
};
use crate::{
    config::{Behaviour, Subscription},
    error::ScriptError,
    ledger::{Ledger, Moment},
    progress::Progress,
    random,
    script::{AgentScript, CallerScript, EndpointScript, RawId},
};

pub(crate) use self::events::{TOPIC, delivery_headers, grid_time};
pub use self::operations::{ApiReply, ApiRequest};

/// A call connection.
pub type CallId = Arc<str>;

/// A caller, by the order of placing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallerId(usize);

/// Something to do outside the world.
#[derive(Debug)]
pub enum Effect {
    /// POST something and report with [`World::posted`].
    Post(Post),
    /// GET an audio file and report with [`World::fetched`].
    Fetch {
        /// Comes back with the report.
        key: String,
        /// Where it is.
        uri: String,
    },
}

/// A delivery to the application.
pub struct Post {
    /// Comes back with the report.
    pub what: PostId,
    /// Where it goes.
    pub url: String,
    /// The type of the body.
    pub content_type: &'static str,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Address and body hold capabilities and telephone numbers.
        f.debug_struct("Post")
            .field("what", &self.what)
            .finish_non_exhaustive()
    }
}

/// What a delivery was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostId {
    /// The IncomingCall event of a caller, and which attempt, from 0.
    IncomingCall(CallerId, usize),
    /// The event at the front of a call's outbox.
    Callback(CallId),
}

/// The service and its people. See the module's text.
pub struct World {
    seed: u64,
    behaviour: Behaviour,
    allow_http_callbacks: bool,
    subscription: Option<Subscription>,
    now: Moment,
    timers: BTreeMap<(u64, u64), Timer>,
    /// Numbers timers and operations.
    counter: u64,
    effects: VecDeque<Effect>,
    callers: Vec<Caller>,
    caller_names: BTreeSet<String>,
    /// Callers who ring, by their incoming call context.
    contexts: BTreeMap<String, CallerId>,
    calls: BTreeMap<CallId, Call>,
    call_order: Vec<CallId>,
    /// Which call a recording belongs to.
    recordings: BTreeMap<String, CallId>,
    endpoints: BTreeMap<RawId, Endpoint>,
    people: BTreeMap<String, Person>,
    prompts: Prompts,
    repeated: Repeated,
    requests: BTreeMap<String, BTreeMap<u16, u64>>,
    events_undelivered: u64,
    /// Calls in which somebody may hear something else than before.
    touched: BTreeSet<CallId>,
    ids: Rng,
    /// Draws which requests are refused because there are too many.
    throttling: Rng,
}

impl World {
    /// A world in which nobody lives yet. All randomness comes from the seed.
    #[must_use]
    pub fn new(seed: u64, behaviour: Behaviour, allow_http_callbacks: bool, now: Moment) -> World {
        World {
            seed,
            behaviour,
            allow_http_callbacks,
            subscription: None,
            now,
            timers: BTreeMap::new(),
            counter: 0,
            effects: VecDeque::new(),
            callers: Vec::new(),
            caller_names: BTreeSet::new(),
            contexts: BTreeMap::new(),
            calls: BTreeMap::new(),
            call_order: Vec::new(),
            recordings: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            people: BTreeMap::new(),
            prompts: Prompts::default(),
            repeated: Repeated::default(),
            requests: BTreeMap::new(),
            events_undelivered: 0,
            touched: BTreeSet::new(),
            ids: random::stream(seed, "ids", ""),
            throttling: random::stream(seed, "throttling", ""),
        }
    }

    /// Lets callers live: all of them, or none.
    ///
    /// # Errors
    /// A script that contradicts itself, or a name that is taken.
    pub fn place(&mut self, now: Moment, scripts: Vec<CallerScript>) -> Result<(), ScriptError> {
        self.now = now;
        let mut names = BTreeSet::new();
        for script in &scripts {
            script.check()?;
            if self.caller_names.contains(&script.name) || !names.insert(script.name.clone()) {
                let name = script.name.clone();
                return Err(ScriptError::Duplicate { name });
            }
        }
        self.caller_names.extend(names);
        for script in scripts {
            self.add_caller(script);
        }
        Ok(())
    }

    /// Lets people live: all of them, or none.
    ///
    /// # Errors
    /// A script that contradicts itself, or a name or identifier that is taken.
    pub fn define(&mut self, now: Moment, scripts: Vec<AgentScript>) -> Result<(), ScriptError> {
        self.now = now;
        let (mut names, mut endpoints) = (BTreeSet::new(), BTreeSet::new());
        for script in &scripts {
            script.check()?;
            if self.people.contains_key(&script.person) || !names.insert(&script.person) {
                let name = script.person.clone();
                return Err(ScriptError::Duplicate { name });
            }
            for EndpointScript { identifier, .. } in &script.endpoints {
                if self.endpoints.contains_key(identifier) || !endpoints.insert(identifier) {
                    let name = format!("{identifier:?}");
                    return Err(ScriptError::Duplicate { name });
                }
            }
        }
        for script in scripts {
            self.add_person(script);
        }
        Ok(())
    }

    /// Sets who is told about incoming calls.
    pub fn subscribe(&mut self, subscription: Subscription) {
        self.subscription = Some(subscription);
    }

    /// Fires what is due.
    pub fn tick(&mut self, now: Moment) {
        self.now = now;
        while let Some(entry) = self.timers.first_entry() {
            if entry.key().0 > now.at_ms {
                break;
            }
            let timer = entry.remove();
            self.fire(timer);
            self.settle();
        }
    }

    /// A delivery was answered with a status, or not at all.
    pub fn posted(&mut self, now: Moment, what: PostId, status: Option<u16>) {
        self.now = now;
        match what {
            PostId::IncomingCall(caller, attempt) => {
                self.incoming_call_posted(caller, attempt, status)
            }
            PostId::Callback(call) => self.callback_posted(&call, status),
        }
        self.settle();
    }

    /// A file was fetched: how long it plays, or what is wrong.
    pub fn fetched(&mut self, now: Moment, key: &str, result: Result<u64, PromptError>) {
        self.now = now;
        let waiting = self.prompts.fetched(key, result.as_ref().ok().copied());
        for (call, op) in waiting {
            match &result {
                Ok(_) => self.prepare(&call, op),
                Err(error) => self.fail_source(&call, op, key, error),
            }
        }
        self.settle();
    }

    /// The next thing to do outside.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`World::tick`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<u64> {
        self.timers.keys().next().map(|(at_ms, _)| *at_ms)
    }

    /// A copy of everything that happened.
    #[must_use]
    pub fn ledger(&self, now: Moment) -> Ledger {
        Ledger {
            seed: self.seed,
            at: now,
            callers: self
                .callers
                .iter()
                .map(|caller| caller.record.clone())
                .collect(),
            endpoints: self
                .endpoints
                .values()
                .map(|endpoint| endpoint.record.clone())
                .collect(),
            calls: self
                .call_order
                .iter()
                .filter_map(|id| self.calls.get(id))
                .map(|call| call.record.clone())
                .collect(),
            requests: self.requests.clone(),
            events_undelivered: self.events_undelivered,
        }
    }

    /// Where everybody is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let mut progress = Progress::default();
        for caller in &self.callers {
            caller.count(&mut progress);
        }
        progress.calls_open = self.calls.values().filter(|call| !call.is_over()).count();
        progress
    }

    fn fire(&mut self, timer: Timer) {
        match timer {
            Timer::Dial(caller) => self.dial(caller),
            Timer::Deliver(caller) => self.deliver_incoming_call(caller),
            Timer::RingTime(caller) => self.ring_time_over(caller),
            Timer::Patience(caller) => self.patience_over(caller),
            Timer::PlannedHangUp(caller) => self.planned_hang_up(caller),
            Timer::TalkOver(caller) => self.caller_talk_over(caller),
            Timer::CallerLeaves(caller, generation) => self.caller_leaves(caller, generation),
            Timer::Reaction(call, invitation) => self.react(&call, &invitation),
            Timer::InvitationOver(call, invitation) => self.invitation_over(&call, &invitation),
            Timer::PartyTalkOver(call, party) => self.party_talk_over(&call, &party),
            Timer::StayOver(call, party, ring) => self.stay_over(&call, &party, ring),
            Timer::PartyLeaves(call, party, generation) => {
                self.party_leaves(&call, &party, generation)
            }
            Timer::PromptOver(call, op, generation) => self.prompt_over(&call, op, generation),
            Timer::InitialSilence(call, op, generation) => {
                self.initial_silence(&call, op, generation)
            }
            Timer::ToneGap(call, op, generation) => self.tone_gap(&call, op, generation),
            Timer::Key(call, op, index) => self.press(&call, op, index),
            Timer::Outbox(call) => self.flush_outbox(&call),
        }
    }

    /// Lets everybody hear what has changed, until nothing changes any more.
    fn settle(&mut self) {
        while let Some(call) = self.touched.pop_first() {
            self.listen(&call);
        }
    }

    fn set_timer(&mut self, delay_ms: u64, timer: Timer) {
        self.set_timer_at(self.now.at_ms.saturating_add(delay_ms), timer);
    }

    fn set_timer_at(&mut self, at_ms: u64, timer: Timer) {
        self.counter += 1;
        self.timers.insert((at_ms, self.counter), timer);
    }

    fn touch(&mut self, call: &CallId) {
        self.touched.insert(Arc::clone(call));
    }

    fn caller(&mut self, caller: CallerId) -> Option<&mut Caller> {
        self.callers.get_mut(caller.0)
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("progress", &self.progress())
            .finish_non_exhaustive()
    }
}

/// What is due at some time. Those with a generation are void once their party or operation has moved on.
#[derive(Debug)]
enum Timer {
    Dial(CallerId),
    Deliver(CallerId),
    RingTime(CallerId),
    Patience(CallerId),
    PlannedHangUp(CallerId),
    TalkOver(CallerId),
    CallerLeaves(CallerId, u64),
    Reaction(CallId, String),
    InvitationOver(CallId, String),
    PartyTalkOver(CallId, RawId),
    StayOver(CallId, RawId, usize),
    PartyLeaves(CallId, RawId, u64),
    PromptOver(CallId, OpId, u64),
    InitialSilence(CallId, OpId, u64),
    ToneGap(CallId, OpId, u64),
    Key(CallId, OpId, usize),
    Outbox(CallId),
}

/// Why a prompt cannot be played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptError {
    /// It could not be fetched.
    Download(String),
    /// It is no WAV file, mono, 16 bit, 16 kHz.
    Format(String),
}

#[cfg(test)]
mod chaos_tests;
