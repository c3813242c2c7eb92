//! What the tests of the engine share: configurations, and outsides that follow a script.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test uses a part, and fails by panicking"
)]

use cordboard::config::{Compiled, Memory, compile};
use cordboard::driver::{Advisor, Answer, Completion, Evidence, Operator, Request};
use cordboard::events::{Delivery, Item, Subscription};
use cordboard_core::ids::ConnectionId;
use cordboard_core::input::{Outcome, Response};
use cordboard_core::question::{Advice, Ask, Facts, PluginFailure, Ranked, Verdict};
use cordboard_core::{Event, Operation};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Two agents, one queue, no media.
pub(crate) const DECISIONS: &str = r#"{
  "version": 1, "tenant": "decisions",
  "queues": { "chat": {
    "requirements": [{ "skill": "chat" }],
    "groups": [{ "group": "desk" }],
    "max_wait_seconds": 600, "wrap_up_seconds": 30,
    "exits": { "max_wait": { "end": true }, "no_agents": { "end": true }, "closed": { "end": true } }
  } },
  "groups": { "desk": ["anna", "ben"] },
  "agents": {
    "anna": { "skills": { "chat": 80 }, "token": { "value": "dev-token-of-anna" } },
    "ben": { "skills": { "chat": 40 }, "token": { "value": "dev-token-of-ben" } }
  },
  "api": { "tokens": [
    { "name": "sofia", "role": "supervisor", "token": { "value": "dev-token-of-sofia" } },
    { "name": "wall", "role": "observer", "token": { "value": "dev-token-of-the-wall" } }
  ] },
  "not_ready_reasons": ["break"], "dispositions": ["solved"], "dev": true
}"#;

/// The same, with a plugin slot that ranks agents.
pub(crate) fn decisions_with_plugin() -> String {
    DECISIONS
        .replacen(
            "\"max_wait_seconds\"",
            "\"skill_match\": \"rank\", \"max_wait_seconds\"",
            1,
        )
        .replacen(
            "\"groups\": { \"desk\"",
            "\"plugins\": { \"rank\": { \"file\": \"rank.wasm\" } }, \"groups\": { \"desk\"",
            1,
        )
}

/// A queue with media, at a service that only the test knows.
pub(crate) const MEDIA: &str = r#"{
  "version": 1, "tenant": "contoso", "dev": true,
  "acs": {
    "connection_string": { "value": "endpoint=http://127.0.0.1:9;accesskey=c2VjcmV0" },
    "callback_base_url": "http://127.0.0.1:9", "allow_http": true,
    "event_grid_secrets": [{ "value": "the-event-grid-secret" }]
  },
  "resource_accounts": { "line": { "identity": "28:orgid:line", "default_queue": "sales" } },
  "queues": { "sales": {
    "groups": [{ "group": "team" }], "music": "music", "max_wait_seconds": 600,
    "exits": { "max_wait": { "message": "bye" }, "no_agents": { "message": "bye" }, "closed": { "message": "bye" } }
  } },
  "groups": { "team": ["anna"] },
  "agents": { "anna": { "endpoints": [{ "kind": "teams-client", "raw_id": "8:orgid:anna" }] } },
  "prompts": { "files": { "music": "music.wav", "bye": "bye.wav" } }
}"#;

pub(crate) fn compiled(text: &str) -> Compiled {
    let sound = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/config/prompts/music.wav"
    ))
    .unwrap();
    let source = Memory::default()
        .with_file("prompts/music.wav", sound.clone())
        .with_file("prompts/bye.wav", sound);
    compile(text, None, &source).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Longer than anything here takes, shorter than a test run's patience.
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns the next event that `pick` wants.
pub(crate) fn next<T>(events: &mut Subscription, mut pick: impl FnMut(&Event) -> Option<T>) -> T {
    loop {
        let Some(Delivery { item, .. }) = events.wait_for(PATIENCE) else {
            panic!("the event did not come");
        };
        match item {
            Item::Event(event) => {
                if let Some(picked) = pick(&event.event) {
                    return picked;
                }
            }
            other @ (Item::Missed { .. } | Item::Stopped { .. }) => panic!("{other:?}"),
        }
    }
}

/// Waits until something is so that another thread brings about.
pub(crate) fn eventually(mut is_so: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "it did not come to be");
        std::thread::yield_now();
    }
}

/// Operations of one name that stay under way.
pub(crate) type Held = (&'static str, Vec<(Request, Completion)>);

/// Accepts every operation, and remembers them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accepting {
    pub(crate) seen: Arc<Mutex<Vec<&'static str>>>,
    /// Operations of this name stay under way until released.
    pub(crate) held: Arc<Mutex<Option<Held>>>,
    /// Whether it panics instead.
    pub(crate) poisoned: Arc<AtomicBool>,
}

impl Accepting {
    pub(crate) fn seen(&self) -> Vec<&'static str> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn hold(&self, name: &'static str) {
        *self.held.lock().unwrap() = Some((name, Vec::new()));
    }

    pub(crate) fn poison(&self) {
        self.poisoned.store(true, Ordering::Relaxed);
    }

    pub(crate) fn release(&self) {
        let held = self.held.lock().unwrap().take();
        for (request, completion) in held.into_iter().flat_map(|(_, held)| held) {
            accept(request, completion);
        }
    }
}

impl Operator for Accepting {
    fn start(&self, request: Request, completion: Completion) {
        assert!(!self.poisoned.load(Ordering::Relaxed), "as the test wants");
        self.seen.lock().unwrap().push(request.operation.name());
        if let Some((name, held)) = &mut *self.held.lock().unwrap()
            && *name == request.operation.name()
        {
            held.push((request, completion));
            return;
        }
        accept(request, completion);
    }
}

fn accept(request: Request, completion: Completion) {
    let response = match request.operation {
        Operation::Answer { .. } | Operation::GetCall { .. } => Response::Connection {
            connection: ConnectionId("connection".to_owned()),
            gone: false,
        },
        _ => Response::Empty,
    };
    completion.finish(Outcome::Accepted(response), request.hold);
}

/// Ranks the candidates in reverse, or fails.
#[derive(Debug, Default)]
pub(crate) struct Reversing {
    pub(crate) failure: Option<PluginFailure>,
}

impl Advisor for Reversing {
    fn ask(&self, ask: Ask, hold: cordboard_clock::Hold, answer: Answer) {
        let result = match (&self.failure, &ask.facts) {
            (Some(failure), _) => Err(*failure),
            (None, Facts::SkillMatch(facts)) => {
                let count = u32::try_from(facts.candidates.len()).unwrap();
                let rows = (0..count).rev().map(|index| Ranked {
                    index,
                    score: i32::try_from(index).unwrap(),
                    reason: 1,
                });
                Ok(Advice::SkillMatch(rows.collect()))
            }
            (None, _) => Err(PluginFailure::Abstain),
        };
        let verdict = Verdict {
            question: ask.question,
            result,
            memo: None,
        };
        let evidence = Evidence {
            plugin: "reversing 1.0.0".to_owned(),
            ran_ns: 7_000,
            reasons: [(1, "the last shall be first".to_owned())].into(),
            ..Evidence::default()
        };
        answer.give(verdict, evidence, hold);
    }
}
