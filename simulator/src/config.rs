//! What a simulator is started with.

use std::fmt;

use cordboard_acs::Secret;
use cordboard_clock::Clock;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a simulator is started with.
#[derive(Debug, Clone)]
pub struct SimulatorConfig {
    /// The access key that requests are signed with, as in a connection string: base64.
    pub key: Secret,
    /// All randomness comes from here.
    pub seed: u64,
    /// The time of the simulation.
    pub clock: Clock,
    /// Takes `callbackUri`s that are not https. The real service refuses those with 400.
    pub allow_http_callbacks: bool,
    /// Who is told about incoming calls. Without it, nobody is until [`crate::Running::subscribe`].
    pub event_grid: Option<Subscription>,
    /// The token of the control interface; a random one if absent. See [`crate::Running::control_token`].
    pub control_token: Option<Secret>,
    /// Everything that Microsoft's documents leave open.
    pub behaviour: Behaviour,
}

impl SimulatorConfig {
    /// As strict as the real service, with nobody subscribed.
    #[must_use]
    pub fn new(key: Secret, seed: u64, clock: Clock) -> SimulatorConfig {
        SimulatorConfig {
            key,
            seed,
            clock,
            allow_http_callbacks: false,
            event_grid: None,
            control_token: None,
            behaviour: Behaviour::default(),
        }
    }
}

/// Who is told about incoming calls, and how.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    /// The endpoint. A secret may be in its query, so it is in no `Debug` text.
    pub url: String,
    /// The schema of the events.
    #[serde(default)]
    pub schema: EventSchema,
    /// Headers sent with every delivery, such as a secret.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Deliveries of one event at most.
    #[serde(default = "default_attempts_max")]
    pub attempts_max: u32,
    /// An event older than this is not delivered again, in milliseconds.
    #[serde(default = "default_time_to_live_ms")]
    pub time_to_live_ms: u64,
}

impl Subscription {
    /// Deliveries in the Event Grid schema with the settings that Microsoft advises for IncomingCall: two attempts, one minute.
    /// (Event Grid's own defaults are 30 attempts and a day.)
    #[must_use]
    pub fn new(url: &str) -> Subscription {
        Subscription {
            url: url.to_owned(),
            schema: EventSchema::default(),
            headers: Vec::new(),
            attempts_max: default_attempts_max(),
            time_to_live_ms: default_time_to_live_ms(),
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("schema", &self.schema)
            .field("attempts_max", &self.attempts_max)
            .field("time_to_live_ms", &self.time_to_live_ms)
            .finish_non_exhaustive()
    }
}

/// In which form Event Grid delivers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventSchema {
    /// An array of events in Event Grid's own schema; handshake by a validation code.
    #[default]
    EventGrid,
    /// One CloudEvents 1.0 object; handshake by OPTIONS.
    CloudEvents,
}

/// What Microsoft's documents leave open, or contradict each other about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Behaviour {
    /// How long an incoming call rings; Teams Phone extensibility documents 30 s.
    pub ring_ms: u64,
    /// Least time from something happening to its event being sent.
    pub event_delay_min_ms: u64,
    /// Most time from something happening to its event being sent. Each event draws its delay.
    pub event_delay_max_ms: u64,
    /// Sends the events of a call in the order in which they happened. Otherwise each goes when its delay is over, save
    /// CallDisconnected, which is the last in any case. The documents promise no order.
    pub events_in_order: bool,
    /// Waits before a callback event that was not taken (any status but 2xx, or no answer) is sent again. The documents name no
    /// schedule.
    pub callback_retry_ms: Vec<u64>,
    /// Of a hundred events, IncomingCall or callback, so many are delivered once more although they were taken: Event Grid promises
    /// at least once, and nothing is promised of callbacks.
    pub repeated_events_percent: u8,
    /// Of a hundred requests, so many are answered with 429 and `Retry-After: 1`, and have no effect: the service limits the rate of
    /// requests, but the documents name no number for most of them.
    pub throttled_percent: u8,
    /// Answers a repeated request id with the first answer again. The documents do not confirm that the service does.
    pub repeatability: bool,
    /// Accepts a second answer, with another request id, of a call that is answered already; it changes nothing but the ledger.
    /// Otherwise 400 with code `8585`.
    pub second_answer_accepted: bool,
    /// Sends PlayStarted for the prompt of a recognition.
    pub recognize_sends_play_started: bool,
    /// Sends AddParticipantFailed, too, for an invitation that was cancelled.
    pub cancelled_add_fails: bool,
    /// Ends a call when one party besides the application is left after another has left (200/5010).
    pub ends_with_one_party: bool,
    /// Ringing time of an invitation that names none.
    pub invitation_ms: u64,
    /// Silence before the first key that a recognition waits for if it names none.
    pub initial_silence_ms: u64,
    /// Silence between keys that a recognition waits for if it names none.
    pub inter_tone_ms: u64,
    /// The date of a signed request may be off by this much. It may follow the simulator's clock or the machine's.
    pub date_leeway_ms: u64,
    /// Length of an `incomingCallContext` in bytes.
    pub context_bytes: usize,
}

impl Default for Behaviour {
    fn default() -> Behaviour {
        Behaviour {
            ring_ms: 30_000,
            event_delay_min_ms: 5,
            event_delay_max_ms: 40,
            events_in_order: true,
            callback_retry_ms: vec![1_000, 5_000, 15_000],
            repeated_events_percent: 0,
            throttled_percent: 0,
            repeatability: true,
            second_answer_accepted: true,
            recognize_sends_play_started: true,
            cancelled_add_fails: false,
            ends_with_one_party: false,
            invitation_ms: 60_000,
            initial_silence_ms: 5_000,
            inter_tone_ms: 2_000,
            date_leeway_ms: 900_000,
            context_bytes: 2_048,
        }
    }
}

fn default_attempts_max() -> u32 {
    2
}

fn default_time_to_live_ms() -> u64 {
    60_000
}
