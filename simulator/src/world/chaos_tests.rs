//! An application that does anything at any time: whatever it does, the world stays consistent and comes to an end.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use serde_json::{Value, json};

use super::*;
use crate::{
    config::Subscription,
    ledger::RingOutcome,
    script::{
        AgentScript, CallerScript, Choose, EndpointScript, MenuAnswer, Phase, PlannedHangUp,
        RingBehaviour, Role,
    },
};

const SEEDS: u64 = 300;
const REQUESTS: usize = 120;
const STEPS_MAX: usize = 20_000;
const START_MS: u64 = 1_774_000_000_000;
const CALLERS: usize = 4;
const ENDPOINTS: [&str; 4] = [
    "8:orgid:anna",
    "8:acs:r_t_anna",
    "4:+14255550111",
    "8:orgid:bert",
];

#[test]
fn whatever_the_application_does_the_world_stays_consistent() {
    for seed in 0..SEEDS {
        let result = std::panic::catch_unwind(|| Chaos::new(seed).run());
        assert!(result.is_ok(), "seed {seed} fails");
    }
}

struct Chaos {
    world: World,
    rng: Rng,
    now: Moment,
    under_way: Vec<Effect>,
    contexts: Vec<Value>,
    calls: Vec<String>,
    recordings: Vec<String>,
    invitations: Vec<String>,
    /// Event ids seen at each call's address, and its last sequence number.
    seen: BTreeMap<String, (BTreeSet<String>, i64)>,
    over: BTreeSet<String>,
    in_order: bool,
}

impl Chaos {
    fn new(seed: u64) -> Chaos {
        let now = Moment {
            at_ms: START_MS,
            real_us: 0,
        };
        let mut rng = Rng::with_seed(seed);
        let behaviour = Behaviour {
            repeated_events_percent: rng.u8(..50),
            ends_with_one_party: rng.bool(),
            cancelled_add_fails: rng.bool(),
            events_in_order: rng.bool(),
            ..Behaviour::default()
        };
        let in_order = behaviour.events_in_order;
        let mut world = World::new(seed, behaviour, true, now);
        world.subscribe(Subscription::new("http://app/events"));
        for (person, endpoints) in [("anna", &ENDPOINTS[..3]), ("bert", &ENDPOINTS[3..])] {
            let endpoints = endpoints
                .iter()
                .map(|identifier| endpoint(identifier, &mut rng))
                .collect();
            world
                .define(
                    now,
                    vec![AgentScript {
                        person: person.to_owned(),
                        role: Role::Agent,
                        endpoints,
                    }],
                )
                .unwrap();
        }
        for number in 0..CALLERS {
            world.place(now, vec![caller(number, &mut rng)]).unwrap();
        }
        Chaos {
            world,
            rng,
            now,
            under_way: Vec::new(),
            contexts: Vec::new(),
            calls: Vec::new(),
            recordings: Vec::new(),
            invitations: Vec::new(),
            seen: BTreeMap::new(),
            over: BTreeSet::new(),
            in_order,
        }
    }

    fn run(mut self) {
        let mut requests = REQUESTS;
        for _ in 0..STEPS_MAX {
            while let Some(effect) = self.world.poll_effect() {
                self.receive(&effect);
                self.under_way.push(effect);
            }
            let act = requests > 0 && !self.contexts.is_empty() && self.rng.u8(..10) < 3;
            if act {
                requests -= 1;
                self.act();
            } else if !self.under_way.is_empty() && self.rng.bool() {
                self.complete();
            } else if let Some(at_ms) = self.world.poll_timeout() {
                self.now.at_ms = self.now.at_ms.max(at_ms);
                self.world.tick(self.now);
            } else if self.under_way.is_empty() {
                return self.check_end();
            }
        }
        panic!("no end: {:?}", self.world.progress());
    }

    /// Looks at what the application is sent.
    fn receive(&mut self, effect: &Effect) {
        let Effect::Post(post) = effect else { return };
        let body: Value = serde_json::from_slice(&post.body).unwrap();
        let event = &body[0];
        let data = &event["data"];
        if post.url.ends_with("/events") {
            self.contexts.push(data["incomingCallContext"].clone());
            return;
        }
        let call = data["callConnectionId"].as_str().unwrap().to_owned();
        let (seen, sequence) = self.seen.entry(call.clone()).or_default();
        if !seen.insert(event["id"].as_str().unwrap().to_owned()) {
            return;
        }
        assert!(
            !self.over.contains(&call),
            "an event after the last: {event}"
        );
        if let Some(number) = data["sequenceNumber"].as_i64() {
            assert!(number > *sequence || !self.in_order, "{event}");
            *sequence = number;
        }
        if event["type"] == "Microsoft.Communication.CallDisconnected" {
            self.over.insert(call);
        }
    }

    fn complete(&mut self) {
        let effect = self
            .under_way
            .swap_remove(self.rng.usize(..self.under_way.len()));
        let status = match self.rng.u8(..20) {
            0 => Some(500),
            1 => None,
            _ => Some(200),
        };
        match effect {
            Effect::Post(post) => self.world.posted(self.now, post.what, status),
            Effect::Fetch { key, .. } => {
                let result = match status {
                    Some(200) => Ok(self.rng.u64(1..20_000)),
                    Some(_) => Err(PromptError::Format("bad".to_owned())),
                    None => Err(PromptError::Download("bad".to_owned())),
                };
                self.world.fetched(self.now, &key, result);
            }
        }
    }

    fn act(&mut self) {
        let call = self.rng.choice(&self.calls).cloned().unwrap_or_default();
        let on_call = |tail: &str| format!("/calling/callConnections/{call}{tail}");
        let party = match self.rng.u8(..3) {
            0 => format!("4:+142555500{:02}", self.rng.usize(..CALLERS)),
            _ => (*self.rng.choice(&ENDPOINTS).unwrap()).to_owned(),
        };
        let target = json!({"rawId": party});
        let recording = self
            .rng
            .choice(&self.recordings)
            .cloned()
            .unwrap_or_default();
        let file = json!({"kind": "file", "file": {"uri": format!("http://app/{}.wav", self.rng.u8(..3))}});
        let interrupt = self.rng.bool();
        let to = if self.rng.bool() {
            json!([target])
        } else {
            json!([])
        };
        let (method, path, body) = match self.rng.u8(..22) {
            0..=4 => {
                let context = self.rng.choice(&self.contexts).cloned().unwrap_or_default();
                let body =
                    json!({"incomingCallContext": context, "callbackUri": "http://app/callbacks"});
                ("POST", "/calling/callConnections:answer".to_owned(), body)
            }
            5..=7 => (
                "POST",
                on_call("/participants:add"),
                json!({"participantToAdd": target, "invitationTimeoutInSeconds": 15}),
            ),
            8 => {
                let invitation = self
                    .rng
                    .choice(&self.invitations)
                    .cloned()
                    .unwrap_or_default();
                (
                    "POST",
                    on_call("/participants:cancelAddParticipant"),
                    json!({"invitationId": invitation}),
                )
            }
            9 => (
                "POST",
                on_call("/participants:remove"),
                json!({"participantToRemove": target}),
            ),
            10..=12 => {
                let repeats = self.rng.bool();
                let body = json!({"playSources": [file], "playTo": to, "playOptions": {"loop": repeats}, "interruptCallMediaOperation": interrupt});
                ("POST", on_call(":play"), body)
            }
            13..=15 => {
                let options = json!({"targetParticipant": target, "interruptPrompt": self.rng.bool(), "dtmfOptions": {"maxTonesToCollect": 2}});
                let body = json!({"recognizeInputType": "dtmf", "playPrompt": file, "recognizeOptions": options, "interruptCallMediaOperation": interrupt});
                ("POST", on_call(":recognize"), body)
            }
            16 => ("POST", on_call(":cancelAllMediaOperations"), Value::Null),
            17 => (
                "POST",
                "/calling/recordings".to_owned(),
                json!({"callConnectionId": call, "recordingStateCallbackUri": "http://app/r"}),
            ),
            18 => (
                "POST",
                format!("/calling/recordings/{recording}:pause"),
                Value::Null,
            ),
            19 => (
                "POST",
                format!("/calling/recordings/{recording}:resume"),
                Value::Null,
            ),
            20 => (
                "DELETE",
                format!("/calling/recordings/{recording}"),
                Value::Null,
            ),
            _ => match self.rng.u8(..8) {
                0 => ("DELETE", on_call(""), Value::Null),
                1 => ("POST", on_call(":terminate"), Value::Null),
                _ => ("GET", on_call("/participants"), Value::Null),
            },
        };
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let request = ApiRequest {
            method,
            path: &path,
            request_id: None,
            body: &body,
        };
        let reply = self.world.serve(self.now, &request);
        assert!(reply.status < 500, "{method} {path}: {}", reply.status);
        let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let learn = |list: &mut Vec<String>, name: &str| {
            list.extend(answer[name].as_str().map(str::to_owned))
        };
        learn(&mut self.calls, "callConnectionId");
        learn(&mut self.recordings, "recordingId");
        learn(&mut self.invitations, "invitationId");
    }

    fn check_end(&self) {
        assert!(
            self.world.progress().is_finished(),
            "{:?}",
            self.world.progress()
        );
        let ledger = self.world.ledger(self.now);
        for caller in &ledger.callers {
            let (Some(end), Some(_)) = (caller.end, caller.dialled) else {
                panic!("{caller:?}")
            };
            let mut at_ms = caller.answered_ms.unwrap_or(end.at_ms);
            for heard in &caller.heard {
                assert_eq!(heard.from_ms, at_ms, "{caller:?}");
                at_ms = heard.to_ms.unwrap();
                assert!(at_ms > heard.from_ms, "{caller:?}");
            }
            assert_eq!(at_ms, end.at_ms, "{caller:?}");
        }
        for ring in ledger.endpoints.iter().flat_map(|endpoint| &endpoint.rings) {
            assert!(ring.to_ms.is_some(), "{ring:?}");
            assert_eq!(
                ring.outcome == Some(RingOutcome::Answered),
                ring.left.is_some(),
                "{ring:?}"
            );
            assert!(
                ring.heard.iter().all(|heard| heard.to_ms.is_some()),
                "{ring:?}"
            );
        }
        for call in &ledger.calls {
            assert!(
                call.disconnected.is_some() && self.over.contains(&call.id)
                    || ledger.events_undelivered > 0,
                "{call:?}"
            );
            assert!(
                call.participants.iter().all(|row| row.left.is_some()),
                "{call:?}"
            );
            assert!(
                call.recordings
                    .iter()
                    .all(|recording| recording.stopped_ms.is_some()),
                "{call:?}"
            );
            let spans = call
                .recordings
                .iter()
                .flat_map(|recording| &recording.active);
            assert!(
                spans.into_iter().all(|span| span.to_ms.is_some()),
                "{call:?}"
            );
        }
        assert!(
            self.world
                .people
                .values()
                .all(|person| person.engaged_in.is_none())
        );
        let figures = ledger.figures();
        assert_eq!(figures.calls, u64::try_from(CALLERS).unwrap());
        assert!(
            figures.connected <= figures.answered
                && figures.abandoned + figures.connected <= figures.calls,
            "{figures:?}"
        );
    }
}

fn caller(number: usize, rng: &mut Rng) -> CallerScript {
    let mut script = CallerScript::new(
        &format!("caller-{number}"),
        "28:orgid:ra",
        &format!("4:+142555500{number:02}"),
    );
    script.dial_after_ms = rng.u64(..20_000);
    script.patience_ms = rng.u64(1_000..200_000);
    script.talk_ms = rng.u64(1_000..60_000);
    script.menu = vec![MenuAnswer {
        barge_in: rng.bool(),
        delay_ms: rng.u64(..6_000),
        ..MenuAnswer::keys("12")
    }];
    let phases = [
        Phase::Ringing,
        Phase::Greeting,
        Phase::Menu,
        Phase::Queue,
        Phase::Offering,
        Phase::Talking,
    ];
    let planned = rng.choice(phases).filter(|_| rng.bool());
    script.hang_up = planned.map(|phase| PlannedHangUp {
        phase,
        after_ms: rng.u64(..5_000),
    });
    script
}

fn endpoint(identifier: &str, rng: &mut Rng) -> EndpointScript {
    let mut ring = || match rng.u8(..6) {
        0 => RingBehaviour::NoAnswer,
        1 => RingBehaviour::Decline {
            after_ms: rng.u64(..10_000),
        },
        2 => RingBehaviour::Voicemail {
            after_ms: rng.u64(..10_000),
        },
        3 => RingBehaviour::Answer {
            after_ms: rng.u64(..20_000),
            press: None,
            talk_ms: Some(rng.u64(..20_000)),
        },
        _ => RingBehaviour::answer(rng.u64(..20_000)),
    };
    let rings = vec![ring(), ring(), ring(), ring()];
    EndpointScript {
        identifier: RawId::new(identifier),
        rings,
        choose: Choose::AtRandom,
    }
}
