//! What happens between the engine and everybody else.

use super::{AnswerFate, Due, Stage};
use crate::centre::Centre;
use crate::desks;
use crate::excuses::{About, Astray};
use crate::network::{CALLBACK_BASE, EVENT_GRID, Sent, carry_out};
use crate::plugins::{advises, fails};
use cordboard::driver::{Answer, Evidence};
use cordboard::events::Item;
use cordboard_acs::callback::ReceivedEvent;
use cordboard_acs::callback_path::CallbackPath;
use cordboard_acs::client::{Attempt, Doubt};
use cordboard_acs::event_grid::{Delivery, GridEventKind};
use cordboard_acs::inbound::{call_event, incoming_call};
use cordboard_acs::wire::route::Route;
use cordboard_core::Input;
use cordboard_core::ids::{CallId, Timestamp};
use cordboard_core::input::{AgentAction, Reply};
use cordboard_core::question::Ask;
use cordboard_simulator::world::{ApiRequest, Effect, Post, PostId};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::ops::Range;
use std::sync::Arc;

/// A request or an answer travels for so long, in milliseconds.
const TRAVEL_MS: Range<u64> = 1..25;
/// Event Grid waits this long for an answer, in milliseconds.
const DELIVERY_MS: u64 = 30_000;
/// What the service wants to be left alone for, in milliseconds.
const RETRY_AFTER_MS: Range<u64> = 500..5_000;
/// The type of an event that a faulty service swaps for the next.
const DECLINED: &str = "AddParticipantFailed";
const ADDED: &str = "AddParticipantSucceeded";

impl Stage<'_> {
    /// Takes what the engine wants; false if it wants nothing.
    pub(super) fn drain(&mut self) -> bool {
        let mut moved = false;
        for (request, completion) in self.operations.take() {
            moved = true;
            self.note(|| format!("start {} {:?}", request.command, request.operation));
            self.checks
                .command_starts(request.command, &request.operation);
            if let Some(up) = &self.up {
                let (operator, config) = (up.operator.clone(), self.config());
                self.tasks
                    .spawn(carry_out(operator, config, request, completion));
            }
        }
        for (ask, answer) in self.questions.take() {
            moved = true;
            self.ask(&ask, answer);
        }
        while let Some(delivery) = self.up.as_mut().and_then(|up| up.events.try_next()) {
            moved = true;
            if let Item::Event(event) = delivery.item {
                self.checks.event(event.cursor, &event.event);
                if event.cursor > self.cursor {
                    self.note(|| format!("event {:?}", event.event));
                    self.cursor = event.cursor;
                    let config = self.config();
                    self.checks.by_rules(&config, &event.event);
                    let Some(up) = &self.up else { continue };
                    let acts =
                        desks::react(&config, up.engine.tenant(), &event.event, &mut self.random);
                    for (wait, input) in acts {
                        self.later(wait, Due::Act(input));
                    }
                }
            }
        }
        moved
    }

    /// Takes what the engine has sent and what the service wants.
    pub(super) fn drain_outside(&mut self) -> bool {
        let mut moved = false;
        for sent in self.wire.take() {
            moved = true;
            self.send(sent);
        }
        let new_calls = std::mem::take(&mut *self.new_calls.lock());
        self.callers
            .extend(new_calls.into_iter().map(|(from, call)| (call, from)));
        let taken = std::mem::take(&mut *self.taken.lock());
        for event in taken {
            self.checks.taken(event);
        }
        let acknowledged = std::mem::take(&mut *self.acknowledged.lock());
        for (number, status) in acknowledged {
            moved = true;
            if let Some(what) = self.unanswered.remove(&number) {
                let moment = self.moment();
                self.world.posted(moment, what, status);
            }
        }
        while let Some(effect) = self.world.poll_effect() {
            moved = true;
            match effect {
                Effect::Post(post) => self.post(post),
                Effect::Fetch { key, uri } => {
                    let travel = self.random.u64(TRAVEL_MS);
                    self.later(travel, Due::Fetched(key, Centre::sound_ms(&uri)));
                }
            }
        }
        moved
    }

    fn ask(&mut self, ask: &Ask, answer: Answer) {
        if self.fault("verdict_lost", |faults| faults.verdict_lost) {
            self.lost_answers.push(answer);
            return;
        }
        let wait = if self.fault("verdict_late", |faults| faults.verdict_late) {
            self.random.u64(900..8_000)
        } else {
            self.random.u64(..8)
        };
        let verdict = if self.fault("plugin_failed", |faults| faults.plugin_failed) {
            fails(ask, &mut self.random)
        } else {
            let odd = self.fault("verdict_odd", |faults| faults.verdict_odd);
            advises(ask, odd, &mut self.random)
        };
        self.later(wait, Due::Verdict(answer, verdict));
    }

    /// A request is on its way.
    fn send(&mut self, sent: Sent) {
        let route = Route::parse(sent.method, &sent.path);
        let what = route.as_ref().map_or("a request", Route::name).to_owned();
        let of_call = sent.connection();
        let answers = sent.callback_uri().and_then(|uri| {
            let path = CallbackPath::parse(uri.strip_prefix(CALLBACK_BASE)?)?;
            Some(path.verify(&self.key).ok()?.call)
        });
        let Some((fault, lasts_ms)) = self.travel(sent, answers) else {
            return;
        };
        let about = match (answers, of_call) {
            // Who calls is known once the input that began the call is answered.
            (Some(call), _) => About::Answer(call),
            (None, Some(call)) => About::Call(call),
            (None, None) => return,
        };
        self.astray(about, what, fault, lasts_ms);
    }

    /// Decides what becomes of a request and of its answer; tells what went wrong.
    fn travel(&mut self, sent: Sent, answers: Option<CallId>) -> Option<(&'static str, u64)> {
        let travel = self.random.u64(TRAVEL_MS);
        let back = Arc::clone(&sent.back);
        let answered = |status, retry_after_ms| Attempt::Answered {
            status,
            retry_after_ms,
            body: Vec::new(),
        };
        if self.fault("unreachable", |faults| faults.unreachable) {
            self.later(travel, Due::Answer(back, Attempt::NotConnected));
            return Some(("unreachable", travel));
        }
        if self.fault("hanging", |faults| faults.hanging) {
            let lost = Attempt::InDoubt(Doubt::TimedOut);
            self.later(sent.time_ms, Due::Answer(back, lost));
            return Some(("hanging", sent.time_ms));
        }
        if self.fault("throttled", |faults| faults.throttled) {
            let wait = self.random.u64(RETRY_AFTER_MS);
            self.later(travel, Due::Answer(back, answered(429, Some(wait))));
            return Some(("throttled", wait));
        }
        if self.fault("broken", |faults| faults.broken) {
            let status = if self.random.bool() { 500 } else { 503 };
            self.later(travel, Due::Answer(back, answered(status, None)));
            return Some(("broken", travel));
        }
        let (fate, fault) = if self.fault("broken_after", |faults| faults.broken_after) {
            let status = self.random.choice([500, 502, 504]).unwrap_or(500);
            (AnswerFate::Broken(status), Some(("broken_after", travel)))
        } else if self.fault("answer_lost", |faults| faults.answer_lost) {
            (AnswerFate::Lost, Some(("answer_lost", sent.time_ms)))
        } else {
            (AnswerFate::Answered, None)
        };
        self.later(travel, Due::Arrive(sent, fate, answers));
        fault
    }

    /// A request reaches the service; `answers` is the call that it answers.
    fn arrive(&mut self, sent: Sent, fate: AnswerFate, answers: Option<CallId>) {
        let moment = self.moment();
        let reply = self.world.serve(
            moment,
            &ApiRequest {
                method: sent.method,
                path: &sent.path,
                request_id: sent.request_id.as_deref(),
                body: &sent.body,
            },
        );
        self.note(|| {
            let body = String::from_utf8_lossy(&reply.body);
            format!("{} {} -> {} {body}", sent.method, sent.path, reply.status)
        });
        if let Some(call) = answers
            && let Some(connection) = connection_of(&reply.body)
        {
            self.connections.insert(call, connection);
        }
        let travel = self.random.u64(TRAVEL_MS);
        let (wait, attempt) = match fate {
            AnswerFate::Answered => (
                travel,
                Attempt::Answered {
                    status: reply.status,
                    retry_after_ms: None,
                    body: reply.body,
                },
            ),
            AnswerFate::Broken(status) => (
                travel,
                Attempt::Answered {
                    status,
                    retry_after_ms: None,
                    body: Vec::new(),
                },
            ),
            AnswerFate::Lost if self.random.bool() => {
                (travel, Attempt::InDoubt(Doubt::ConnectionLost))
            }
            AnswerFate::Lost => (sent.time_ms, Attempt::InDoubt(Doubt::TimedOut)),
        };
        self.later(wait, Due::Answer(sent.back, attempt));
    }

    /// The service wants something delivered.
    fn post(&mut self, mut post: Post) {
        let travel = self.random.u64(TRAVEL_MS);
        let what = post.what.clone();
        if matches!(what, PostId::IncomingCall(..)) {
            if self.fault("incoming_doubled", |faults| faults.incoming_doubled) {
                let wait = self.random.u64(1..40_000);
                self.later(wait, Due::Deliver(same(&post), None));
            }
            if self.fault("incoming_lost", |faults| faults.incoming_lost) {
                let wait = if self.random.bool() { 0 } else { DELIVERY_MS };
                self.later(wait, Due::Report(what, None));
            } else if self.fault("incoming_unheard", |faults| faults.incoming_unheard) {
                self.later(travel, Due::Deliver(post, None));
                self.later(2 * travel, Due::Report(what, None));
            } else if self.fault("incoming_late", |faults| faults.incoming_late) {
                let wait = self.random.u64(1_000..15_000);
                self.later(wait, Due::Deliver(post, Some(what)));
            } else {
                self.later(travel, Due::Deliver(post, Some(what)));
            }
            return;
        }
        let kind = event_type(&post.body);
        if kind == DECLINED
            && self.fault("wrong_outcome", |faults| faults.wrong_outcome)
            && let Ok(body) = str::from_utf8(&post.body)
        {
            let body = body.replace(DECLINED, ADDED);
            self.disturb(&post, "wrong_outcome", 0);
            post.body = body.into_bytes();
        }
        self.note(|| format!("callback {}", String::from_utf8_lossy(&post.body)));
        if self.fault("callback_lost", |faults| faults.callback_lost) {
            self.disturb(&post, "callback_lost", 0);
            self.later(travel, Due::Report(what, Some(200)));
        } else if self.fault("callback_late", |faults| faults.callback_late) {
            let wait = self.random.u64(200..20_000);
            self.later(travel, Due::Report(what, Some(200)));
            self.disturb(&post, "callback_late", wait);
            self.later(wait, Due::Deliver(post, None));
        } else if self.fault("callback_held", |faults| faults.callback_held) {
            // All that was held back comes at once, in whatever order.
            let wait = self.held_for_ms() + self.random.u64(..2_000);
            self.later(travel, Due::Report(what, Some(200)));
            self.disturb(&post, "callback_held", wait);
            self.later(wait, Due::Deliver(post, None));
        } else {
            if self.fault("callback_doubled", |faults| faults.callback_doubled) {
                let wait = self.random.u64(1..3_000);
                self.later(wait, Due::Deliver(same(&post), None));
            }
            self.later(travel, Due::Deliver(post, Some(what)));
        }
    }

    /// Notes that a callback about a caller's call goes astray.
    fn disturb(&mut self, post: &Post, fault: &'static str, lasts_ms: u64) {
        if let PostId::Callback(call) = &post.what {
            let what = event_type(&post.body).to_owned();
            let about = About::Call(call.to_string());
            self.astray(about, what, fault, lasts_ms);
        }
    }

    /// Notes what goes wrong in a call, and for how long.
    fn astray(&mut self, about: About, what: String, fault: &'static str, lasts_ms: u64) {
        let at_ms = self.now();
        let until_ms = at_ms + lasts_ms;
        let astray = Astray {
            at_ms,
            until_ms,
            what,
            fault,
        };
        self.checks.astray(about, astray);
    }

    pub(super) fn happen(&mut self, due: Due) -> anyhow::Result<()> {
        match due {
            Due::Arrive(sent, fate, answers) => self.arrive(sent, fate, answers),
            Due::Answer(back, attempt) => back.answer(attempt),
            Due::Deliver(post, what) => self.deliver(&post, what),
            Due::Report(what, status) => {
                let moment = self.moment();
                self.world.posted(moment, what, status);
            }
            Due::Fetched(key, ms) => {
                let moment = self.moment();
                self.world.fetched(moment, &key, Ok(ms));
            }
            Due::Verdict(answer, verdict) => {
                answer.give(verdict, Evidence::default(), self.clock.hold());
            }
            Due::Glance(agent) => {
                let config = self.config();
                let input = self.up.as_ref().and_then(|up| {
                    desks::glance(&config, up.engine.tenant(), agent, &mut self.random)
                });
                if let Some(input) = input {
                    self.act(input);
                }
                let wait = self.random.u64(..2 * desks::GLANCE_MS);
                self.later(wait, Due::Glance(agent));
            }
            Due::Act(input) => self.act(input),
            Due::Supervise => {
                if !self.calm || self.closed.is_some() {
                    let config = self.config();
                    let input = self.up.as_ref().and_then(|up| {
                        let tenant = up.engine.tenant();
                        desks::supervise(&config, tenant, &mut self.closed, &mut self.random)
                    });
                    if let Some(input) = input {
                        self.act(input);
                    }
                    let wait = self.random.u64(..2 * desks::SUPERVISOR_MS);
                    self.later(wait, Due::Supervise);
                }
            }
            Due::DiskCatchesUp => {
                self.slow = false;
                self.disk.release_syncs();
            }
            Due::Restart => self.restart()?,
            Due::Crash if self.calm => {}
            Due::Crash => self.crash(),
            Due::SpellTurns => self.spell_turns(),
            Due::Calm => {
                self.calm = true;
                self.faults = crate::faults::Faults::NONE;
            }
        }
        Ok(())
    }

    fn act(&mut self, input: Input) {
        let Some(up) = &self.up else { return };
        let at_ms = self.now();
        self.checks.acts(at_ms, &input);
        drop(up.engine.submit(input.clone()));
        if !matches!(
            input,
            Input::Agent {
                action: AgentAction::Heartbeat,
                ..
            }
        ) {
            self.note(|| format!("act {input:?}"));
        }
    }

    /// A delivery reaches the engine, or nobody. The edge's handlers do the same over HTTP.
    fn deliver(&mut self, post: &Post, what: Option<PostId>) {
        let inputs = self.read(post);
        let Some(up) = self.up.as_ref() else {
            self.disturb(post, "process down", 0);
            if let Some(what) = what {
                let moment = self.moment();
                self.world.posted(moment, what, None);
            }
            return;
        };
        let mut submitted = Vec::new();
        for (name, input) in inputs {
            let from = match &input {
                Input::IncomingCall(call) => Some(call.from.raw_id().to_owned()),
                _ => None,
            };
            submitted.push((up.engine.submit(input), name, from));
        }
        self.planned += 1;
        let number = self.planned;
        if let Some(what) = what {
            self.unanswered.insert(number, what);
        }
        let (acknowledged, taken) = (Arc::clone(&self.acknowledged), Arc::clone(&self.taken));
        let new_calls = Arc::clone(&self.new_calls);
        self.tasks.spawn(async move {
            let mut status = 200;
            for (pending, name, from) in submitted {
                match pending.await {
                    Ok(reply @ (Reply::Done | Reply::NewCall(_))) => {
                        taken.lock().push(name);
                        if let (Reply::NewCall(call), Some(from)) = (reply, from) {
                            new_calls.lock().push((from, call));
                        }
                    }
                    Ok(Reply::SameCall(_) | Reply::Ignored(_) | Reply::Refused(_)) => {}
                    Err(_) => status = 500,
                }
            }
            acknowledged.lock().push((number, Some(status)));
        });
    }

    /// Reads a delivery with the engine's own parsers.
    fn read(&mut self, post: &Post) -> Vec<(String, Input)> {
        let mut inputs = Vec::new();
        if post.url == EVENT_GRID {
            let mut headers = HeaderMap::new();
            for (name, value) in &post.headers {
                if let (Ok(name), Ok(value)) = (
                    HeaderName::from_bytes(name.as_bytes()),
                    HeaderValue::from_str(value),
                ) {
                    headers.insert(name, value);
                }
            }
            let Ok(Delivery::Events(events)) = Delivery::parse(&Method::POST, &headers, &post.body)
            else {
                return inputs;
            };
            for event in events.into_iter().flatten() {
                if let GridEventKind::IncomingCall(data) = event.kind {
                    let rang_at = Timestamp(event.at_ms.unwrap_or_else(|| self.now()));
                    let call = incoming_call(&event.id, rang_at, *data);
                    inputs.push((event.id, Input::IncomingCall(call)));
                }
            }
        } else {
            let path = post.url.strip_prefix(CALLBACK_BASE).unwrap_or_default();
            let verified = CallbackPath::parse(path).and_then(|claim| claim.verify(&self.key).ok());
            let Some(path) = verified else {
                self.checks.fail(
                    "callback-path",
                    "a callback is not for this engine".to_owned(),
                );
                return inputs;
            };
            let events = ReceivedEvent::parse(&post.body, &path, &self.key).unwrap_or_default();
            for received in events.into_iter().flatten() {
                let event = call_event(&path, &received);
                inputs.push((event.event.0.clone(), Input::CallEvent(event)));
            }
        }
        inputs
    }
}

/// The connection that the answer to a request names.
fn connection_of(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(body.get("callConnectionId")?.as_str()?.to_owned())
}

/// The last part of the type of a callback's event.
fn event_type(body: &[u8]) -> &str {
    const BEFORE: &str = "\"type\":\"Microsoft.Communication.";
    let text = str::from_utf8(body).unwrap_or_default();
    let after = text.split_once(BEFORE).map_or("", |(_, after)| after);
    after.split('"').next().unwrap_or_default()
}

fn same(post: &Post) -> Post {
    Post {
        what: post.what.clone(),
        url: post.url.clone(),
        content_type: post.content_type,
        headers: post.headers.clone(),
        body: post.body.clone(),
    }
}
