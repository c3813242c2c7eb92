//! The world behind the HTTP interface, for fuzz targets: everything that a client can send, without a network.

use std::collections::VecDeque;

use serde_json::Value;

use crate::{
    config::{Behaviour, Subscription},
    ledger::{Ledger, Moment},
    prompt,
    script::{AgentScript, CallerScript},
    world::{ApiRequest, Effect, PromptError, World},
};

/// When the world begins, in milliseconds since the Unix epoch.
const START_MS: u64 = 1_774_000_000_000;

/// A world with a subscriber, and what its clients have learned.
#[derive(Debug)]
pub struct Stage {
    world: World,
    now: Moment,
    under_way: VecDeque<Effect>,
    contexts: Vec<String>,
    calls: Vec<String>,
    recordings: Vec<String>,
    invitations: Vec<String>,
}

impl Stage {
    /// An empty world.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let now = Moment {
            at_ms: START_MS,
            real_us: 0,
        };
        let mut world = World::new(seed, Behaviour::default(), true, now);
        world.subscribe(Subscription::new("http://app/events"));
        Self {
            world,
            now,
            under_way: VecDeque::new(),
            contexts: Vec::new(),
            calls: Vec::new(),
            recordings: Vec::new(),
            invitations: Vec::new(),
        }
    }

    /// Places callers. The error is what the client is told.
    ///
    /// # Errors
    /// The text is no script, or one that cannot be played.
    pub fn callers(&mut self, json: &str) -> Result<(), String> {
        let scripts: Vec<CallerScript> = read(json)?;
        let placed = self.world.place(self.now, scripts);
        placed.map_err(|error| error.to_string())
    }

    /// Defines people. The error is what the client is told.
    ///
    /// # Errors
    /// The text is no script, or one that cannot be played.
    pub fn agents(&mut self, json: &str) -> Result<(), String> {
        let scripts: Vec<AgentScript> = read(json)?;
        let defined = self.world.define(self.now, scripts);
        defined.map_err(|error| error.to_string())
    }

    /// Sends a request: a method, a path and a body, with a space between. `%x`, `%c`, `%r` and `%i` stand for the newest call
    /// context, call, recording and invitation. Returns status and body of the answer.
    pub fn request(&mut self, text: &str) -> (u16, Vec<u8>) {
        let newest = |list: &[String]| list.last().cloned().unwrap_or_default();
        let text = text
            .replace("%x", &newest(&self.contexts))
            .replace("%c", &newest(&self.calls))
            .replace("%r", &newest(&self.recordings))
            .replace("%i", &newest(&self.invitations));
        let mut parts = text.splitn(3, ' ');
        let mut part = || parts.next().unwrap_or_default();
        let request = ApiRequest {
            method: part(),
            path: part(),
            request_id: None,
            body: part().as_bytes(),
        };
        let reply = self.world.serve(self.now, &request);
        let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let learn = |list: &mut Vec<String>, name: &str| {
            list.extend(answer.get(name).and_then(Value::as_str).map(str::to_owned));
        };
        learn(&mut self.calls, "callConnectionId");
        learn(&mut self.recordings, "recordingId");
        learn(&mut self.invitations, "invitationId");
        (reply.status, reply.body)
    }

    /// Takes what is to be done outside.
    pub fn take_effects(&mut self) {
        while let Some(effect) = self.world.poll_effect() {
            if let Effect::Post(post) = &effect
                && post.url.ends_with("/events")
            {
                let body: Value = serde_json::from_slice(&post.body).unwrap_or_default();
                let context = body.pointer("/0/data/incomingCallContext");
                self.contexts
                    .extend(context.and_then(Value::as_str).map(str::to_owned));
            }
            self.under_way.push_back(effect);
        }
    }

    /// Ends what was begun first of that which is under way: a delivery with this status, none for no answer; a download with a
    /// file that plays so many milliseconds.
    pub fn complete(&mut self, status: Option<u16>) {
        match self.under_way.pop_front() {
            Some(Effect::Post(post)) => self.world.posted(self.now, post.what, status),
            Some(Effect::Fetch { key, .. }) => {
                let result = match status {
                    Some(status) if status > 0 => Ok(u64::from(status)),
                    Some(_) => Err(PromptError::Format("not a WAV file".to_owned())),
                    None => Err(PromptError::Download("no answer".to_owned())),
                };
                self.world.fetched(self.now, &key, result);
            }
            None => {}
        }
    }

    /// Lets time pass until something is due. Returns whether anything is.
    pub fn tick(&mut self) -> bool {
        let due = self.world.poll_timeout();
        if let Some(at_ms) = due {
            self.now.at_ms = self.now.at_ms.max(at_ms);
            self.world.tick(self.now);
        }
        due.is_some()
    }

    /// A copy of everything that happened.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.world.ledger(self.now)
    }
}

/// Tells how long an audio file plays, in milliseconds.
///
/// # Errors
/// What is wrong with it.
pub fn prompt_ms(file: &[u8]) -> Result<u64, String> {
    prompt::duration_ms(file)
}

fn read<T: serde::de::DeserializeOwned>(json: &str) -> Result<Vec<T>, String> {
    let items = match serde_json::from_str(json).map_err(|error| error.to_string())? {
        Value::Array(items) => items,
        one => vec![one],
    };
    let scripts = items.into_iter().map(serde_json::from_value);
    scripts
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())
}
