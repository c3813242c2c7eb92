//! A tenant in virtual time, with everything that a script of inputs needs.

use super::acs::{Acs, Says, connection, invitation, present, recording};
use super::config::{Setup, party};
use super::show::{Show, kebab, reply_text, seconds};
use cordboard_core::ids::{
    AgentId, CallId, CodeId, CommandId, Epoch, EventId, OfferId, QuestionId, QueueId, Timestamp,
};
use cordboard_core::input::{
    Actor, AgentAction, CallAction, CallContext, CallEvent, CallEventKind, Digits, IncomingCall,
    NewCalls, NewContact, QueueAction, Response, ResultCodes, Skipped,
};
use cordboard_core::question::{
    Classification, Ranked, RecordingAction, RecordingAdvice, RecordingChannels, RecordingFormat,
    Requirement, Ring,
};
use cordboard_core::{
    Advice, Command, Input, Operation, Outcome, PluginFailure, Reply, Tenant, Verdict,
};
use expect_test::Expect;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// Midnight of 2026-10-23 in UTC, a Friday.
pub(crate) const START: Timestamp = Timestamp(1_792_713_600_000);

/// Feeds a tenant and writes down each input with the commands that came back.
pub(crate) struct World {
    pub(crate) tenant: Tenant,
    pub(crate) now: Timestamp,
    pub(crate) setup: Setup,
    acs: Acs,
    operations: BTreeMap<CommandId, Operation>,
    /// Operations that the fake ACS has not taken.
    open: Vec<CommandId>,
    callers: BTreeMap<CallId, String>,
    events: u64,
    pub(crate) last: Option<(String, Input)>,
    /// All inputs with their times.
    pub(crate) inputs: Vec<(Timestamp, Input)>,
    transcript: String,
    quiet: bool,
}

impl World {
    pub(crate) fn new(setup: Setup) -> Self {
        let mut world = Self {
            tenant: Tenant::new(),
            now: START,
            setup,
            acs: Acs::default(),
            operations: BTreeMap::new(),
            open: Vec::new(),
            callers: BTreeMap::new(),
            events: 0,
            last: None,
            inputs: Vec::new(),
            transcript: String::new(),
            quiet: false,
        };
        let config = Arc::new(world.setup.config.clone());
        world.quietly(|world| {
            world.push("config", Input::Config(config));
        });
        world
    }

    /// The small configuration, and these agents ready, ten seconds apart, the last one just now.
    pub(crate) fn with_ready(setup: Setup, agents: &[&str]) -> Self {
        let mut world = Self::new(setup);
        world.quietly(|world| {
            for (index, agent) in agents.iter().enumerate() {
                if index > 0 {
                    world.after(10);
                }
                world.ready(agent);
            }
        });
        world
    }

    /// The small configuration, and these agents logged in but on a break.
    pub(crate) fn staffed(setup: Setup, agents: &[&str]) -> Self {
        let mut world = Self::new(setup);
        world.quietly(|world| {
            for agent in agents {
                world.takes_break(agent);
            }
        });
        world
    }

    /// Compares what was written since the last check.
    #[track_caller]
    pub(crate) fn check(&mut self, expected: Expect) {
        expected.assert_eq(&std::mem::take(&mut self.transcript));
    }

    /// Compares with `text` written as `instead`: for loops over what a test leaves open.
    #[track_caller]
    pub(crate) fn check_with(&mut self, text: &str, instead: &str, expected: Expect) {
        expected.assert_eq(&self.take().replace(text, instead));
    }

    /// Returns what was written since the last check.
    pub(crate) fn take(&mut self) -> String {
        std::mem::take(&mut self.transcript)
    }

    /// Does what other tests check, without writing it down.
    pub(crate) fn quietly<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.quiet, true);
        let result = work(self);
        self.quiet = before;
        result
    }

    pub(crate) fn push(&mut self, label: impl Into<String>, input: Input) -> Reply {
        let label = label.into();
        self.last = Some((label.clone(), input.clone()));
        self.inputs.push((self.now, input.clone()));
        let reply = self.tenant.handle(self.now, input);
        let mut lines = vec![format!("> {}", label.trim_end())];
        lines.extend(reply_text(&reply).map(|text| format!("  {text}")));
        while let Some(command) = self.tenant.poll_command() {
            let show = Show {
                symbols: &self.setup.config.symbols,
                now: self.now,
            };
            lines.push(format!("  {}", show.command(&command)));
            if let Command::Operate { id, operation } = command {
                self.open.retain(|open| *open != id);
                self.open.push(id);
                self.operations.insert(id, operation);
            }
        }
        if !self.quiet {
            for line in lines {
                writeln!(self.transcript, "{line}").unwrap();
            }
        }
        reply
    }

    /// The very same input once more.
    pub(crate) fn again(&mut self) -> Reply {
        let (label, input) = self.last.clone().expect("an input");
        self.push(format!("again: {label}"), input)
    }

    // ---- time ----

    /// Lets seconds pass, with a `Tick` whenever one is owed.
    pub(crate) fn after(&mut self, seconds: u64) {
        self.after_ms(seconds * 1_000);
    }

    pub(crate) fn after_ms(&mut self, millis: u64) {
        let until = Timestamp(self.now.0 + millis);
        for _ in 0..10_000 {
            let Some(at) = self.tenant.poll_timeout().filter(|at| *at <= until) else {
                self.now = until;
                return;
            };
            self.now = self.now.max(at);
            self.push(format!("at {}", self.clock()), Input::Tick);
        }
        panic!("the tenant asks for one tick after the other");
    }

    pub(crate) fn tick(&mut self) {
        self.push("tick", Input::Tick);
    }

    /// Time since the start.
    pub(crate) fn clock(&self) -> String {
        seconds(self.now.0 - START.0)
    }

    // ---- the service ----

    /// Somebody calls an account.
    pub(crate) fn calls(&mut self, account: &str, caller: &str) -> Option<CallId> {
        self.events += 1;
        let number = self.events;
        let incoming = self.incoming(account, caller, &format!("incoming-{number}"));
        self.rings_in(incoming)
    }

    pub(crate) fn incoming(&self, account: &str, caller: &str, event: &str) -> IncomingCall {
        IncomingCall {
            event: EventId(event.to_owned()),
            to: cordboard_core::participant::Participant::from_raw_id(format!(
                "28:orgid:{account}"
            )),
            from: party(caller),
            caller_name: String::new(),
            context: CallContext(format!("context-{event}")),
            correlation_id: format!("correlation-{event}"),
            rang_at: self.now,
            headers: BTreeMap::new(),
        }
    }

    pub(crate) fn rings_in(&mut self, incoming: IncomingCall) -> Option<CallId> {
        let caller = super::show::party_name(&incoming.from);
        let account = incoming.to.raw_id().replace("28:orgid:", "");
        let label = format!("{caller} calls {account}");
        let Reply::NewCall(call) = self.push(label, Input::IncomingCall(incoming)) else {
            return None;
        };
        self.callers.insert(call, caller);
        Some(call)
    }

    /// Somebody calls while there is no room.
    pub(crate) fn turned_away(&mut self, incoming: IncomingCall) -> Reply {
        let caller = super::show::party_name(&incoming.from);
        let label = format!("{caller} calls while there is no room");
        self.push(label, Input::TurnAway(incoming))
    }

    /// A contact whose media the embedder controls.
    pub(crate) fn contact(&mut self, queue: &str, priority: i32) -> Option<CallId> {
        self.events += 1;
        let contact = NewContact {
            event: EventId(format!("contact-{}", self.events)),
            queue: self.setup.queue_id(queue),
            priority,
            headers: BTreeMap::from([("ticket".to_owned(), "7".to_owned())]),
        };
        let reply = self.push(format!("contact for {queue}"), Input::Contact(contact));
        let Reply::NewCall(call) = reply else {
            return None;
        };
        Some(call)
    }

    /// The fake ACS takes every open operation, and what comes of it.
    pub(crate) fn settle(&mut self) {
        while !self.open.is_empty() {
            let id = self.open.remove(0);
            let operation = self.operations[&id].clone();
            let caller = self.callers.get(&id.call).cloned().unwrap_or_default();
            for says in self.acs.take(id, &operation, &caller) {
                self.says(says);
            }
        }
    }

    fn says(&mut self, says: Says) {
        match says {
            Says::Outcome(command, outcome) => {
                let label = format!("{command} {}", outcome_text(&outcome));
                self.push(label, Input::Outcome { command, outcome });
            }
            Says::Event(call, operation, kind) => self.event_with(call, operation, kind),
        }
    }

    /// The request was taken.
    pub(crate) fn accepted(&mut self, operation: &str) {
        let id = command_id(operation);
        let response = Acs::response(id, &self.operations[&id]);
        self.answered(operation, response);
    }

    /// The request was taken, with this response.
    pub(crate) fn answered(&mut self, operation: &str, response: Response) {
        self.says(Says::Outcome(
            command_id(operation),
            Outcome::Accepted(response),
        ));
    }

    /// The service tells who is in the call.
    pub(crate) fn finds(&mut self, question: &str, parties: &[&str]) {
        let there = parties.iter().map(|name| present(party(name)));
        self.answered(question, Response::Participants(there.collect()));
    }

    pub(crate) fn refused(&mut self, operation: &str, status: u16) {
        let outcome = Outcome::Refused {
            status,
            sub_code: None,
        };
        self.says(Says::Outcome(command_id(operation), outcome));
    }

    /// The service does not know the call that the request is about.
    pub(crate) fn call_not_found(&mut self, operation: &str) {
        let outcome = Outcome::Refused {
            status: 404,
            sub_code: Some(8522),
        };
        self.says(Says::Outcome(command_id(operation), outcome));
    }

    pub(crate) fn unknown(&mut self, operation: &str) {
        self.says(Says::Outcome(command_id(operation), Outcome::Unknown));
    }

    /// A callback without context.
    pub(crate) fn event(&mut self, call: u64, kind: CallEventKind) {
        self.event_with(CallId(call), None, kind);
    }

    /// A callback about an operation.
    pub(crate) fn event_of(&mut self, operation: &str, kind: CallEventKind) {
        let id = command_id(operation);
        self.event_with(id.call, Some(id.sequence), kind);
    }

    fn event_with(&mut self, call: CallId, operation: Option<u32>, kind: CallEventKind) {
        self.events += 1;
        let context = operation.map_or(call.to_string(), |sequence| format!("{call}.{sequence}"));
        let label = format!("{context} {}", event_text(&kind));
        let event = CallEvent {
            call,
            event: EventId(format!("event-{}", self.events)),
            connection: connection(call),
            operation,
            kind,
        };
        self.push(label, Input::CallEvent(event));
    }

    pub(crate) fn connected(&mut self, call: u64) {
        self.event(call, CallEventKind::CallConnected);
    }

    pub(crate) fn disconnected(&mut self, call: u64) {
        self.event(
            call,
            CallEventKind::CallDisconnected(ResultCodes::default()),
        );
    }

    /// A participant list.
    pub(crate) fn list(&mut self, call: u64, sequence: u64, parties: &[&str]) {
        let participants = parties.iter().map(|name| present(party(name))).collect();
        self.event(
            call,
            CallEventKind::ParticipantsUpdated {
                sequence,
                participants,
            },
        );
    }

    pub(crate) fn started(&mut self, operation: &str) {
        self.event_of(operation, CallEventKind::PlayStarted);
    }

    pub(crate) fn completed(&mut self, operation: &str) {
        self.event_of(operation, CallEventKind::PlayCompleted);
    }

    pub(crate) fn play_failed(&mut self, operation: &str) {
        self.event_of(operation, CallEventKind::PlayFailed(codes(400, 8536)));
    }

    pub(crate) fn play_cancelled(&mut self, operation: &str) {
        self.event_of(operation, CallEventKind::PlayCanceled);
    }

    pub(crate) fn types(&mut self, operation: &str, digits: &str) {
        let digits = Digits::Plain(digits.to_owned());
        self.event_of(operation, CallEventKind::DigitsRecognized(digits));
    }

    pub(crate) fn types_secret(&mut self, operation: &str, count: u32) {
        let digits = Digits::Sensitive { count };
        self.event_of(operation, CallEventKind::DigitsRecognized(digits));
    }

    /// Nobody typed: the initial silence was too long.
    pub(crate) fn types_nothing(&mut self, operation: &str) {
        self.recognize_failed(operation, 8510);
    }

    pub(crate) fn recognize_failed(&mut self, operation: &str, sub_code: u32) {
        self.event_of(
            operation,
            CallEventKind::RecognizeFailed(codes(400, sub_code)),
        );
    }

    /// The party of an invitation answers.
    pub(crate) fn answers(&mut self, operation: &str) {
        let who = self.invited(operation);
        self.acs.joins(command_id(operation).call, &who);
        self.event_of(operation, CallEventKind::ParticipantAdded(who));
    }

    pub(crate) fn not_added(&mut self, operation: &str, code: u32, sub_code: u32) {
        let who = self.invited(operation);
        let kind = CallEventKind::AddParticipantFailed(who, codes(code, sub_code));
        self.event_of(operation, kind);
    }

    /// An invitation rings until its end.
    pub(crate) fn rings_out(&mut self, operation: &str) {
        self.not_added(operation, 480, 10_037);
    }

    pub(crate) fn declines(&mut self, operation: &str) {
        self.not_added(operation, 603, 560_603);
    }

    pub(crate) fn invitation_cancelled(&mut self, operation: &str) {
        let id = command_id(operation);
        self.event(
            id.call.0,
            CallEventKind::InvitationCancelled(invitation(id)),
        );
    }

    pub(crate) fn recording_state(&mut self, call: u64, active: bool) {
        let recording = recording(CallId(call));
        self.event(
            call,
            CallEventKind::RecordingStateChanged { recording, active },
        );
    }

    fn invited(&self, operation: &str) -> cordboard_core::participant::Participant {
        match &self.operations[&command_id(operation)] {
            Operation::AddParticipant { participant, .. }
            | Operation::RemoveParticipant { participant, .. } => participant.clone(),
            other => panic!("{operation} is {}", other.name()),
        }
    }

    // ---- plugins ----

    /// A ranking by indexes of the question's rows.
    pub(crate) fn ranks(&mut self, question: u64, indexes: &[u32]) {
        let ranking = ranking(indexes);
        let label = format!("q{question} ranks {indexes:?}");
        self.verdict(label, question, Ok(Advice::SkillMatch(ranking)));
    }

    pub(crate) fn picks(&mut self, question: u64, indexes: &[u32]) {
        let ranking = ranking(indexes);
        let label = format!("q{question} picks {indexes:?}");
        self.verdict(label, question, Ok(Advice::ContactSelect(ranking)));
    }

    /// Rings as endpoint, stage and seconds.
    pub(crate) fn chooses(&mut self, question: u64, rings: &[(u32, u32, u64)]) {
        let label = format!("q{question} chooses {rings:?}");
        let rings = rings
            .iter()
            .map(|(endpoint, stage, seconds)| Ring {
                endpoint: *endpoint,
                stage: *stage,
                ring: cordboard_core::ids::Millis::from_secs(*seconds),
            })
            .collect();
        self.verdict(label, question, Ok(Advice::EndpointSelect(rings)));
    }

    pub(crate) fn advises(&mut self, question: u64, action: RecordingAction) {
        let advice = RecordingAdvice {
            action,
            format: RecordingFormat::Mp3,
            channels: RecordingChannels::Mixed,
            retention_days: 0,
            with_transcription: true,
            with_streaming: true,
            reason: 0,
        };
        let label = format!("q{question} advises {}", kebab(&action));
        self.verdict(label, question, Ok(Advice::RecordingPolicy(advice)));
    }

    /// A queue by its index in the question's rows, a priority, and requirements.
    pub(crate) fn classifies(
        &mut self,
        question: u64,
        queue: u32,
        priority: i32,
        requirements: &[Requirement],
    ) {
        let label = format!("q{question} classifies {queue} priority {priority}");
        let advice = Classification {
            queue,
            priority,
            requirements: requirements.to_vec(),
            reason: 0,
        };
        self.verdict(label, question, Ok(Advice::Classify(advice)));
    }

    pub(crate) fn plugin_fails(&mut self, question: u64, failure: PluginFailure) {
        let label = format!("q{question} fails: {}", kebab(&failure));
        self.verdict(label, question, Err(failure));
    }

    pub(crate) fn verdict(
        &mut self,
        label: String,
        question: u64,
        result: Result<Advice, PluginFailure>,
    ) -> Reply {
        let verdict = Verdict {
            question: QuestionId(question),
            result,
            memo: None,
        };
        self.push(label, Input::Verdict(verdict))
    }

    // ---- people ----

    pub(crate) fn agent(&mut self, agent: &str, action: AgentAction) -> Reply {
        let label = format!("{agent}: {}", self.action_text(&action));
        let agent = self.agent_id(agent);
        self.push(label, Input::Agent { agent, action })
    }

    pub(crate) fn ready(&mut self, agent: &str) {
        self.agent(agent, AgentAction::Ready);
    }

    pub(crate) fn takes_break(&mut self, agent: &str) {
        let code = CodeId(self.setup.symbol("break"));
        self.agent(agent, AgentAction::NotReady(code));
    }

    pub(crate) fn goes_offline(&mut self, agent: &str) {
        self.agent(agent, AgentAction::Offline);
    }

    pub(crate) fn accepts(&mut self, agent: &str, call: u64, generation: u32) {
        self.agent(agent, AgentAction::Accept(offer(call, generation)));
    }

    pub(crate) fn refuses(&mut self, agent: &str, call: u64, generation: u32) {
        self.agent(agent, AgentAction::Decline(offer(call, generation)));
    }

    /// An agent, or the supervisor `boss`, or the `system` acts on a call.
    pub(crate) fn acts(&mut self, who: &str, call: u64, action: CallAction) -> Reply {
        let label = format!("{who} on {call}: {}", self.call_action_text(&action));
        let by = match who {
            "boss" => Actor::Supervisor("boss".to_owned()),
            "system" => Actor::System,
            agent => Actor::Agent(self.agent_id(agent)),
        };
        let call = CallId(call);
        self.push(label, Input::Call { call, by, action })
    }

    pub(crate) fn queue(&mut self, queue: &str, action: QueueAction) -> Reply {
        let label = format!("queue {queue}: {}", kebab(&action));
        let queue = self.queue_id(queue);
        self.push(label, Input::Queue { queue, action })
    }

    // ---- the program ----

    /// A configuration made from the present one.
    pub(crate) fn reload(&mut self, change: impl FnOnce(Setup) -> Setup) {
        self.setup = change(self.setup.clone());
        let config = Arc::new(self.setup.config.clone());
        let label = format!("config {}", config.digest);
        self.push(label, Input::Config(config));
    }

    pub(crate) fn skipped(&mut self, skipped: Skipped) {
        self.push(format!("skipped {skipped:?}"), Input::Skipped(skipped));
    }

    pub(crate) fn new_calls(&mut self, new_calls: NewCalls) {
        let label = format!("new calls: {}", kebab(&new_calls));
        self.push(label, Input::NewCalls(new_calls));
    }

    pub(crate) fn restart(&mut self, epoch: u64) {
        let epoch = Epoch(epoch);
        self.push(
            format!("restarted, epoch {}", epoch.0),
            Input::Restarted { epoch },
        );
    }

    // ---- states to begin with ----

    /// A caller of `line` who is in the queue, with music; nobody is free.
    pub(crate) fn queued(&mut self, caller: &str) -> CallId {
        self.calls_and_settles("line", caller)
    }

    /// A caller of `line` whose call the fake ACS has set up.
    pub(crate) fn calls_and_settles(&mut self, account: &str, caller: &str) -> CallId {
        self.quietly(|world| {
            let call = world.calls(account, caller).expect("a call");
            world.settle();
            call
        })
    }

    /// A caller of `line` who talks to `agent`, the only one who is ready.
    pub(crate) fn talking(&mut self, caller: &str, agent: &str) -> CallId {
        self.quietly(|world| {
            let call = world.calls("line", caller).expect("a call");
            world.settle();
            world.picks_up(agent);
            call
        })
    }

    /// The last invitation of this party is answered, and the list says so.
    pub(crate) fn picks_up(&mut self, who: &str) {
        let participant = party(who);
        let (id, _) = self
            .operations
            .iter()
            .rfind(|(_, operation)| {
                matches!(operation, Operation::AddParticipant { participant: p, .. } if *p == participant)
            })
            .expect("an invitation");
        let id = *id;
        self.answers(&id.to_string());
        self.settle();
        let list = self.acs.list(id.call);
        self.event_with(id.call, None, list);
    }

    // ---- names ----

    pub(crate) fn agent_id(&mut self, name: &str) -> AgentId {
        self.setup.agent_id(name)
    }

    pub(crate) fn queue_id(&mut self, name: &str) -> QueueId {
        self.setup.queue_id(name)
    }

    pub(crate) fn code(&mut self, name: &str) -> CodeId {
        CodeId(self.setup.symbol(name))
    }

    /// What the agents do, for a last look.
    pub(crate) fn status_of(&mut self, agent: &str) -> String {
        let id = self.agent_id(agent);
        let show = Show {
            symbols: &self.setup.config.symbols,
            now: self.now,
        };
        self.tenant
            .agent_status(id)
            .map_or("unknown".to_owned(), |status| show.status(status))
    }

    fn action_text(&self, action: &AgentAction) -> String {
        match action {
            AgentAction::Ready => "ready".to_owned(),
            AgentAction::NotReady(code) => {
                format!("not ready, {}", self.setup.config.symbols.name(code.0))
            }
            AgentAction::Offline => "offline".to_owned(),
            AgentAction::Heartbeat => "heartbeat".to_owned(),
            AgentAction::Accept(offer) => format!("accept {offer}"),
            AgentAction::Decline(offer) => format!("decline {offer}"),
            AgentAction::WrapUpDone => "wrap-up done".to_owned(),
            AgentAction::Disposition { call, code } => {
                format!(
                    "disposition {} of {call}",
                    self.setup.config.symbols.name(code.0)
                )
            }
        }
    }

    fn call_action_text(&self, action: &CallAction) -> String {
        let name = |symbol| self.setup.config.symbols.name(symbol).to_owned();
        match action {
            CallAction::Collect(collection) => format!("collect {}", name(collection.0)),
            CallAction::AddParticipant(who) => format!("add {}", super::show::party_name(who)),
            CallAction::RemoveParticipant(who) => {
                format!("remove {}", super::show::party_name(who))
            }
            CallAction::Requeue(queue) => format!("requeue in {}", name(queue.0)),
            CallAction::SetConsent(consent) => format!("consent {}", kebab(consent)),
            CallAction::Hold
            | CallAction::Unhold
            | CallAction::StartRecording
            | CallAction::StopRecording
            | CallAction::PauseRecording
            | CallAction::ResumeRecording
            | CallAction::Leave
            | CallAction::End => kebab(action),
        }
    }
}

/// Reads `1.5`.
pub(crate) fn command_id(text: &str) -> CommandId {
    let (call, sequence) = text.split_once('.').expect("call.sequence");
    CommandId {
        call: CallId(call.parse().unwrap()),
        sequence: sequence.parse().unwrap(),
    }
}

pub(crate) fn offer(call: u64, generation: u32) -> OfferId {
    OfferId {
        call: CallId(call),
        generation,
    }
}

pub(crate) fn codes(code: u32, sub_code: u32) -> ResultCodes {
    ResultCodes { code, sub_code }
}

fn ranking(indexes: &[u32]) -> Vec<Ranked> {
    indexes
        .iter()
        .map(|index| Ranked {
            index: *index,
            score: 0,
            reason: 0,
        })
        .collect()
}

fn outcome_text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted(_) => "accepted".to_owned(),
        Outcome::Refused { status, .. } => format!("refused {status}"),
        Outcome::Unknown => "unknown".to_owned(),
    }
}

fn event_text(kind: &CallEventKind) -> String {
    let name = |text: &str| text.to_owned();
    match kind {
        CallEventKind::ParticipantsUpdated { participants, .. } => {
            let parties: Vec<String> = participants
                .iter()
                .map(|row| super::show::party_name(&row.participant))
                .collect();
            format!("list: {}", parties.join(" "))
        }
        CallEventKind::DigitsRecognized(Digits::Plain(digits)) => format!("digits {digits}"),
        CallEventKind::DigitsRecognized(Digits::Sensitive { count }) => {
            format!("{count} secret digits")
        }
        CallEventKind::ParticipantAdded(who) => format!("added {}", super::show::party_name(who)),
        CallEventKind::AddParticipantFailed(who, codes) => format!(
            "not added {} {}/{}",
            super::show::party_name(who),
            codes.code,
            codes.sub_code
        ),
        CallEventKind::ParticipantRemoved(who) => {
            format!("removed {}", super::show::party_name(who))
        }
        CallEventKind::RemoveParticipantFailed(who, _) => {
            format!("not removed {}", super::show::party_name(who))
        }
        CallEventKind::InvitationCancelled(invitation) => format!("cancelled {}", invitation.0),
        CallEventKind::CancelInvitationFailed(invitation, _) => {
            format!("not cancelled {}", invitation.0)
        }
        CallEventKind::RecordingStateChanged { recording, active } => {
            let state = if *active { "active" } else { "inactive" };
            format!("recording {} {state}", recording.0)
        }
        CallEventKind::TranscriptionChanged { active } => format!("transcription {active}"),
        CallEventKind::StreamingChanged { active } => format!("streaming {active}"),
        CallEventKind::CallConnected => name("connected"),
        CallEventKind::CallDisconnected(_) => name("disconnected"),
        CallEventKind::AnswerFailed(_) => name("answer failed"),
        CallEventKind::PlayStarted => name("play started"),
        CallEventKind::PlayCompleted => name("play completed"),
        CallEventKind::PlayFailed(_) => name("play failed"),
        CallEventKind::PlayCanceled => name("play cancelled"),
        CallEventKind::RecognizeFailed(codes) => format!("recognize failed {}", codes.sub_code),
        CallEventKind::RecognizeCanceled => name("recognize cancelled"),
        CallEventKind::StartRecordingFailed(_) => name("recording not started"),
        CallEventKind::TranscriptionFailed(_) => name("transcription failed"),
        CallEventKind::StreamingFailed(_) => name("streaming failed"),
        CallEventKind::Other(kind) => format!("other {kind}"),
    }
}
