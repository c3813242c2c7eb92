//! Turns random steps into inputs, drains the commands, and has the model look at both.

use super::model::Model;
use super::steps::{Arrival, Step};
use crate::harness::acs::{Acs, Says, connection, invitation, present, recording};
use crate::harness::config::{PARTIES, Setup, party};
use crate::harness::world::{START, codes, offer};
use cordboard_core::ids::{
    AgentId, CallId, CodeId, CollectionId, CommandId, Epoch, EventId, Millis, QueueId, Timestamp,
};
use cordboard_core::input::{
    Actor, AgentAction, CallAction, CallContext, CallEvent, CallEventKind, Digits, IncomingCall,
    NewContact, QueueAction, ResultCodes,
};
use cordboard_core::participant::Participant;
use cordboard_core::question::{
    Classification, Consent, Facts, Ranked, RecordingAction, RecordingAdvice, RecordingChannels,
    RecordingFormat, Ring,
};
use cordboard_core::{
    Advice, Ask, Command, Input, Operation, Outcome, PluginFailure, Reply, Tenant, Verdict,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A tenant, what surrounds it, and everything that happened.
pub(super) struct Driver {
    pub(super) tenant: Tenant,
    pub(super) now: Timestamp,
    pub(super) model: Model,
    /// Every input with the commands that followed.
    pub(super) journal: Vec<(Timestamp, Input, Vec<Command>)>,
    base: Setup,
    setup: Setup,
    acs: Acs,
    /// What the service is about to say.
    pending: Vec<Input>,
    /// Operations that somebody may react to.
    open: Vec<(CommandId, Operation)>,
    questions: Vec<Ask>,
    calls: Vec<CallId>,
    callers: BTreeMap<CallId, String>,
    events: u64,
    epoch: u64,
    reloads: u64,
}

/// The service does not know the call.
const GONE: Outcome = Outcome::Refused {
    status: 404,
    sub_code: None,
};

/// Longer than any way through queues, messages and voicemails of the tests' configurations.
const WAIT_MAX: Millis = Millis::from_secs(4 * 3_600);

/// The most that the service, parties and plugins owe at a time.
const OWED_MAX: usize = 40;

impl Driver {
    pub(super) fn new(setup: Setup) -> Self {
        let mut driver = Self {
            tenant: Tenant::new(),
            now: START,
            model: Model::default(),
            journal: Vec::new(),
            base: setup.clone(),
            setup,
            acs: Acs::default(),
            pending: Vec::new(),
            open: Vec::new(),
            questions: Vec::new(),
            calls: Vec::new(),
            callers: BTreeMap::new(),
            events: 0,
            epoch: 1,
            reloads: 0,
        };
        driver.push(Input::Config(Arc::new(driver.setup.config.clone())));
        driver
    }

    pub(super) fn run(&mut self, steps: &[Step]) {
        for step in steps {
            self.step(*step);
        }
    }

    /// Hands an input to the tenant and everything that came of it to the model.
    pub(super) fn push(&mut self, input: Input) -> Reply {
        let before = may_be_refused(&input).then(|| self.tenant.clone());
        let reply = self.tenant.handle(self.now, input.clone());
        let mut commands = Vec::new();
        while let Some(command) = self.tenant.poll_command() {
            commands.push(command);
        }
        if matches!(reply, Reply::Refused(_)) {
            assert!(commands.is_empty(), "refused, but {commands:?}");
            let before = before.as_ref().map(without_time);
            assert_eq!(before, Some(without_time(&self.tenant)), "{input:?}");
        }
        self.model
            .look(self.now, &input, &reply, &commands, &self.tenant);
        self.repeat(&input, &reply);
        for command in &commands {
            match command {
                Command::Operate { id, operation } => self.operate(*id, operation.clone()),
                Command::Ask(ask) => self.questions.push(ask.clone()),
                Command::Emit(_) | Command::Record(_) => {}
            }
        }
        keep_last(&mut self.pending);
        keep_last(&mut self.open);
        keep_last(&mut self.questions);
        self.journal.push((self.now, input, commands));
        reply
    }

    /// The same event, outcome or verdict once more changes nothing.
    fn repeat(&self, input: &Input, reply: &Reply) {
        let has_identity = match input {
            Input::IncomingCall(_)
            | Input::TurnAway(_)
            | Input::CallEvent(_)
            | Input::Outcome { .. }
            | Input::Verdict(_) => true,
            Input::Contact(_) => !matches!(reply, Reply::Refused(_)),
            Input::Config(_)
            | Input::Restarted { .. }
            | Input::Tick
            | Input::Agent { .. }
            | Input::Call { .. }
            | Input::Queue { .. }
            | Input::NewCalls(_)
            | Input::PluginChanged(_)
            | Input::Skipped(_) => false,
        };
        if has_identity {
            let mut again = self.tenant.clone();
            let once_more = again.handle(self.now, input.clone());
            let is_known = match (input, reply) {
                (Input::Contact(_), Reply::NewCall(call) | Reply::SameCall(call)) => {
                    once_more == Reply::SameCall(*call)
                }
                _ => matches!(once_more, Reply::Ignored(_)),
            };
            assert!(is_known, "{input:?}: {once_more:?} after {reply:?}");
            assert_eq!(again.poll_command(), None, "{input:?}");
            assert_eq!(again, self.tenant, "{input:?}");
        }
    }

    /// Ticks that are owed until now.
    fn tick(&mut self, until: Timestamp) {
        for _ in 0..10_000 {
            match self.tenant.poll_timeout().filter(|at| *at <= until) {
                Some(at) => {
                    self.now = self.now.max(at);
                    self.push(Input::Tick);
                }
                None => {
                    self.now = self.now.max(until);
                    return;
                }
            }
        }
        panic!("the tenant asks for one tick after the other");
    }

    pub(super) fn wait(&mut self, millis: u64) {
        self.tick(self.now.after(Millis(millis)));
    }

    /// Nobody does anything any more, the service knows no call, and time passes: everything must
    /// come to its end.
    pub(super) fn wind_up(&mut self) {
        self.pending.clear();
        for call in self.calls.clone() {
            // Nobody but the embedder can end a contact whose media is the embedder's.
            if !self.callers.contains_key(&call) {
                self.push(Input::Call {
                    call,
                    by: Actor::System,
                    action: CallAction::End,
                });
            }
        }
        for _ in 0..10_000 {
            let Some(at) = self.tenant.poll_timeout() else {
                return;
            };
            self.open.clear();
            self.tick(at);
            for (command, operation) in std::mem::take(&mut self.open) {
                let about_the_call = matches!(
                    operation,
                    Operation::GetCall { .. } | Operation::Terminate { .. }
                );
                if about_the_call {
                    self.push(Input::Outcome {
                        command,
                        outcome: GONE,
                    });
                }
            }
        }
        panic!("something never ends");
    }

    /// Nobody does anything any more but those who talk, who hang up. The service knows every call
    /// that was not hung up and takes nothing else: nobody may be kept waiting for ever.
    pub(super) fn let_wait(&mut self) {
        self.pending.clear();
        self.hang_up();
        let longest = self.now.after(WAIT_MAX);
        while let Some(at) = self.tenant.poll_timeout().filter(|at| *at <= longest) {
            self.open.clear();
            self.tick(at);
            for (command, operation) in std::mem::take(&mut self.open) {
                if matches!(operation, Operation::GetCall { .. }) {
                    let outcome = Outcome::Accepted(Acs::response(command, &operation));
                    self.push(Input::Outcome { command, outcome });
                } else if matches!(operation, Operation::Terminate { .. }) {
                    self.push(Input::Outcome {
                        command,
                        outcome: GONE,
                    });
                }
            }
            self.hang_up();
        }
        let kept = self.live_calls();
        assert!(kept.is_empty(), "{kept:?} wait for ever");
    }

    /// Whoever talks hangs up.
    fn hang_up(&mut self) {
        for call in self.live_calls() {
            let talks = self.model.calls[&call].talks_to.is_some();
            if talks && self.callers.contains_key(&call) {
                let kind = CallEventKind::CallDisconnected(ResultCodes::default());
                self.event(call, None, kind);
            } else if talks {
                self.push(Input::Call {
                    call,
                    by: Actor::System,
                    action: CallAction::End,
                });
            }
        }
    }

    fn live_calls(&self) -> Vec<CallId> {
        let calls = self.calls.iter().copied();
        calls
            .filter(|call| self.model.calls[call].ended.is_none())
            .collect()
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Calls { account, caller } => self.somebody_calls(account, caller),
            Step::Contact { queue, priority } => {
                self.events += 1;
                let contact = NewContact {
                    event: EventId(format!("contact-{}", self.events)),
                    queue: self.queue(queue),
                    priority: priority.into(),
                    headers: BTreeMap::new(),
                };
                let reply = self.push(Input::Contact(contact));
                self.note_call(&reply, None);
            }
            Step::Settles { count } => {
                for _ in 0..count {
                    self.arrives(0, Arrival::InTime);
                }
            }
            Step::Arrives { pick, how } => self.arrives(pick, how),
            Step::Reacts { pick, how } => self.reacts(pick, how),
            Step::Answers { pick, how } => self.plugin_answers(pick, how),
            Step::Agent { agent, action } => {
                let id = self.agent(agent);
                let action = self.agent_action(action);
                self.push(Input::Agent { agent: id, action });
            }
            Step::Acts { who, call, action } => {
                let by = match who {
                    0..4 => Actor::Agent(self.agent(who)),
                    4 => Actor::Supervisor("boss".to_owned()),
                    _ => Actor::System,
                };
                // Mostly the agent whose call it is.
                let theirs: Vec<CallId> = self
                    .calls
                    .iter()
                    .copied()
                    .filter(|call| self.tenant.agent_of_call(*call).is_some())
                    .collect();
                let (call, by) = if who < 4 && !theirs.is_empty() {
                    let call = theirs[usize::from(call) % theirs.len()];
                    let agent = self.tenant.agent_of_call(call).unwrap();
                    (call, Actor::Agent(agent))
                } else {
                    (self.call(call), by)
                };
                let action = self.call_action(action);
                self.push(Input::Call { call, by, action });
            }
            Step::Queue { queue, close } => {
                let queue = self.queue(queue);
                let action = if close {
                    QueueAction::Close
                } else {
                    QueueAction::Open
                };
                self.push(Input::Queue { queue, action });
            }
            Step::Waits { millis } => self.wait(millis.into()),
            Step::HangsUp { call } => {
                let call = self.call(call);
                self.event(
                    call,
                    None,
                    CallEventKind::CallDisconnected(ResultCodes::default()),
                );
            }
            Step::Lists { call, parties } => {
                let call = self.call(call);
                let participants = PARTIES
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| parties & (1 << (index % 8)) != 0)
                    .map(|(_, (name, _))| present(party(name)))
                    .collect();
                self.events += 1;
                let sequence = self.events;
                let kind = CallEventKind::ParticipantsUpdated {
                    sequence,
                    participants,
                };
                self.event(call, None, kind);
            }
            Step::Foreign {
                call,
                operation,
                kind,
            } => {
                let call = CallId(u64::from(call % 16));
                let operation = (operation < 128).then(|| u32::from(operation % 32));
                let kind = foreign(kind, call);
                self.event(call, operation, kind);
            }
            Step::Reload { variant } => self.reload(variant),
            Step::Restart { millis } => {
                // Nothing is folded while the process is down.
                self.now = self.now.after(Millis(millis.into()));
                self.epoch += 1;
                let epoch = Epoch(self.epoch);
                self.questions.clear();
                self.push(Input::Restarted { epoch });
                self.tick(self.now);
            }
        }
    }

    fn somebody_calls(&mut self, account: u8, caller: u8) {
        self.events += 1;
        let number = self.events;
        let account = ["main", "line"][usize::from(account % 2)];
        let caller = ["caller", "caller-2", "caller-3", "caller-4"][usize::from(caller % 4)];
        let reply = self.push(Input::IncomingCall(IncomingCall {
            event: EventId(format!("incoming-{number}")),
            to: Participant::from_raw_id(format!("28:orgid:{account}")),
            from: party(caller),
            caller_name: String::new(),
            context: CallContext(format!("context-{number}")),
            correlation_id: format!("correlation-{number}"),
            rang_at: self.now,
            headers: BTreeMap::new(),
        }));
        self.note_call(&reply, Some(caller));
    }

    fn note_call(&mut self, reply: &Reply, caller: Option<&str>) {
        if let Reply::NewCall(call) = reply {
            self.calls.push(*call);
            if let Some(caller) = caller {
                self.callers.insert(*call, caller.to_owned());
            }
        }
    }

    /// The service takes the operation; what it has to say arrives in steps.
    fn operate(&mut self, id: CommandId, operation: Operation) {
        let caller = self
            .callers
            .get(&id.call)
            .map_or("caller", String::as_str)
            .to_owned();
        for says in self.acs.take(id, &operation, &caller) {
            let input = match says {
                Says::Outcome(command, outcome) => Input::Outcome { command, outcome },
                Says::Event(call, operation, kind) => self.event_input(call, operation, kind),
            };
            self.pending.push(input);
        }
        self.open.push((id, operation));
    }

    fn arrives(&mut self, pick: u8, how: Arrival) {
        if self.pending.is_empty() {
            return;
        }
        // Mostly in order.
        let index = if pick < 160 {
            0
        } else {
            usize::from(pick) % self.pending.len()
        };
        match how {
            Arrival::InTime => {
                let input = self.pending.remove(index);
                self.push(input);
            }
            Arrival::Twice => {
                let input = self.pending[index].clone();
                self.push(input);
            }
            Arrival::Never => {
                self.pending.remove(index);
            }
            Arrival::Instead(what) => {
                let input = self.pending.remove(index);
                let Input::Outcome { command, .. } = input else {
                    return;
                };
                let outcome = match what % 6 {
                    0 => Outcome::Unknown,
                    other => Outcome::Refused {
                        status: [400, 404, 429, 500, 503][usize::from(other) - 1],
                        sub_code: None,
                    },
                };
                self.push(Input::Outcome { command, outcome });
            }
        }
    }

    fn reacts(&mut self, pick: u8, how: u8) {
        if self.open.is_empty() {
            return;
        }
        // Mostly an invitation or a question for digits.
        let answerable: Vec<usize> = (0..self.open.len())
            .filter(|index| {
                matches!(
                    self.open[*index].1,
                    Operation::AddParticipant { .. } | Operation::Recognize { .. }
                )
            })
            .collect();
        let index = if pick < 192 && !answerable.is_empty() {
            answerable[usize::from(pick) % answerable.len()]
        } else {
            usize::from(pick) % self.open.len()
        };
        let (id, operation) = self.open[index].clone();
        let kind = match &operation {
            Operation::Play { .. } => match how % 4 {
                0 | 1 => CallEventKind::PlayCompleted,
                2 => CallEventKind::PlayCanceled,
                _ => CallEventKind::PlayFailed(codes(400, 8_536)),
            },
            Operation::Recognize { sensitive, .. } => match how % 8 {
                0..5 if *sensitive => CallEventKind::DigitsRecognized(Digits::Sensitive {
                    count: u32::from(how % 5),
                }),
                0..5 => {
                    let digit = ["1", "2", "3", "4", "9"][usize::from(how % 5)];
                    CallEventKind::DigitsRecognized(Digits::Plain(digit.to_owned()))
                }
                5 => CallEventKind::RecognizeCanceled,
                6 => CallEventKind::RecognizeFailed(codes(400, 8_510)),
                _ => CallEventKind::RecognizeFailed(codes(400, 8_536)),
            },
            Operation::AddParticipant { participant, .. } => match how % 8 {
                0..4 => {
                    self.acs.joins(id.call, participant);
                    CallEventKind::ParticipantAdded(participant.clone())
                }
                4 => CallEventKind::AddParticipantFailed(participant.clone(), codes(480, 0)),
                5 => CallEventKind::AddParticipantFailed(participant.clone(), codes(603, 0)),
                6 => CallEventKind::AddParticipantFailed(participant.clone(), codes(404, 8_522)),
                _ => CallEventKind::InvitationCancelled(invitation(id)),
            },
            Operation::StartRecording { .. } => CallEventKind::StartRecordingFailed(codes(500, 0)),
            Operation::RemoveParticipant { participant, .. } => {
                CallEventKind::RemoveParticipantFailed(participant.clone(), codes(400, 0))
            }
            Operation::PauseRecording { .. }
            | Operation::StopRecording { .. }
            | Operation::ResumeRecording { .. }
            | Operation::GetRecording { .. } => CallEventKind::RecordingStateChanged {
                recording: recording(id.call),
                active: how.is_multiple_of(2),
            },
            Operation::Answer { .. }
            | Operation::Reject { .. }
            | Operation::CancelMedia { .. }
            | Operation::CancelAdd { .. }
            | Operation::GetCall { .. }
            | Operation::GetParticipants { .. }
            | Operation::HangUp { .. }
            | Operation::Terminate { .. }
            | Operation::StartTranscription { .. }
            | Operation::StopTranscription { .. }
            | Operation::StartStreaming { .. }
            | Operation::StopStreaming { .. } => {
                self.open.remove(index);
                return;
            }
        };
        // Once is mostly enough.
        if how < 224 {
            self.open.remove(index);
        }
        let list = matches!(kind, CallEventKind::ParticipantAdded(_));
        self.event(id.call, Some(id.sequence), kind);
        if list {
            let list = self.acs.list(id.call);
            let list = self.event_input(id.call, None, list);
            self.pending.push(list);
        }
    }

    fn plugin_answers(&mut self, pick: u8, how: u8) {
        if self.questions.is_empty() {
            return;
        }
        let index = usize::from(pick) % self.questions.len();
        let ask = self.questions.remove(index);
        let bits = usize::from(how);
        let ranking = |rows: usize| -> Vec<Ranked> {
            // Some of the rows, turned by some; and one that does not exist.
            (0..rows + 1)
                .map(|row| (row + bits) % (rows + 1))
                .filter(|row| bits >> (row % 7) & 1 == 0)
                .map(|row| Ranked {
                    index: u32::try_from(row).unwrap(),
                    score: 0,
                    reason: 0,
                })
                .collect()
        };
        let result = match (&ask.facts, how % 8) {
            (_, 0) => Err(PluginFailure::Trap),
            (_, 1) => Err(PluginFailure::Abstain),
            (_, 2) => Ok(Advice::SkillMatch(Vec::new())),
            (Facts::SkillMatch(facts), _) => {
                Ok(Advice::SkillMatch(ranking(facts.candidates.len())))
            }
            (Facts::ContactSelect(facts), _) => {
                Ok(Advice::ContactSelect(ranking(facts.contacts.len())))
            }
            (Facts::EndpointSelect(facts), _) => Ok(Advice::EndpointSelect(
                ranking(facts.endpoints.len())
                    .iter()
                    .map(|row| Ring {
                        endpoint: row.index,
                        stage: u32::from(how >> 3) % 3,
                        ring: Millis(u64::from(how) * 200),
                    })
                    .collect(),
            )),
            (Facts::RecordingPolicy(_), _) => Ok(Advice::RecordingPolicy(RecordingAdvice {
                action: [
                    RecordingAction::None,
                    RecordingAction::Start,
                    RecordingAction::Stop,
                    RecordingAction::Pause,
                    RecordingAction::Resume,
                ][bits / 8 % 5],
                format: RecordingFormat::Wav,
                channels: RecordingChannels::Mixed,
                retention_days: 0,
                with_transcription: true,
                with_streaming: true,
                reason: 0,
            })),
            (Facts::Classify(facts), _) => Ok(Advice::Classify(Classification {
                // One that does not exist, too.
                queue: u32::try_from(bits / 8 % (facts.queues.len() + 1)).unwrap(),
                priority: i32::from(how) * 5 - 200,
                requirements: (how > 128)
                    .then(|| {
                        self.setup
                            .requires("french", how - 128, (how > 160).then_some(20))
                    })
                    .into_iter()
                    .collect(),
                reason: 0,
            })),
        };
        self.push(Input::Verdict(Verdict {
            question: ask.question,
            result,
            memo: (how > 200).then(|| vec![how]),
        }));
    }

    fn agent_action(&mut self, action: u8) -> AgentAction {
        let call = self.call(action >> 4);
        let generation = u32::from(action >> 4 & 3) + 1;
        match action % 16 {
            0..8 => AgentAction::Ready,
            8 => AgentAction::NotReady(CodeId(self.setup.symbol("break"))),
            9 => AgentAction::Offline,
            10 => AgentAction::WrapUpDone,
            11 | 12 => AgentAction::Accept(offer(call.0, generation)),
            13 => AgentAction::Decline(offer(call.0, generation)),
            14 => AgentAction::Disposition {
                call,
                code: CodeId(self.setup.symbol("sold")),
            },
            _ => AgentAction::Heartbeat,
        }
    }

    fn call_action(&mut self, action: u8) -> CallAction {
        let other = party(["boss", "eve"][usize::from(action >> 7)]);
        match action % 20 {
            0 => CallAction::Hold,
            1 => CallAction::Unhold,
            2 => CallAction::StartRecording,
            3 => CallAction::StopRecording,
            4 => CallAction::PauseRecording,
            5 => CallAction::ResumeRecording,
            6 => CallAction::SetConsent(Consent::Given),
            7 => CallAction::SetConsent(Consent::Refused),
            8..11 => CallAction::Collect(CollectionId(self.setup.symbol("pay"))),
            11 => CallAction::Collect(CollectionId(self.setup.symbol("zip"))),
            12..14 => CallAction::AddParticipant(other),
            14 => CallAction::RemoveParticipant(other),
            15 => CallAction::Leave,
            16 => CallAction::End,
            _ => CallAction::Requeue(self.queue(action >> 6)),
        }
    }

    fn reload(&mut self, variant: u8) {
        self.reloads += 1;
        let base = self
            .base
            .clone()
            .digest(&format!("reload-{}", self.reloads % 5));
        self.setup = match variant % 4 {
            0 => base,
            1 => base.with(|setup| {
                let ann = setup.agent_id("ann");
                setup.config.agents.remove(&ann);
                for members in setup.config.groups.values_mut() {
                    members.retain(|member| *member != ann);
                }
            }),
            2 => base.with(|setup| {
                let (sales, overflow) = (setup.queue_id("sales"), setup.queue_id("overflow"));
                setup.config.queues.remove(&sales);
                for account in setup.config.resource_accounts.values_mut() {
                    account.default_queue = overflow;
                    account.menu = None;
                }
            }),
            _ => base.queue("support", |_, queue| queue.requirements.clear()),
        };
        self.push(Input::Config(Arc::new(self.setup.config.clone())));
    }

    fn event(&mut self, call: CallId, operation: Option<u32>, kind: CallEventKind) {
        let input = self.event_input(call, operation, kind);
        self.push(input);
    }

    fn event_input(&mut self, call: CallId, operation: Option<u32>, kind: CallEventKind) -> Input {
        self.events += 1;
        Input::CallEvent(CallEvent {
            call,
            event: EventId(format!("event-{}", self.events)),
            connection: connection(call),
            operation,
            kind,
        })
    }

    fn call(&self, pick: u8) -> CallId {
        match self.calls.len() {
            0 => CallId(1),
            // The latest are the likely ones to live.
            length => self.calls[length - 1 - usize::from(pick) % length.min(6)],
        }
    }

    fn agent(&self, pick: u8) -> AgentId {
        self.setup
            .agent_id(["ann", "bob", "cid", "dee"][usize::from(pick % 4)])
    }

    fn queue(&self, pick: u8) -> QueueId {
        self.setup
            .queue_id(["sales", "support", "overflow"][usize::from(pick % 3)])
    }
}

fn keep_last<T>(owed: &mut Vec<T>) {
    let excess = owed.len().saturating_sub(OWED_MAX);
    owed.drain(..excess);
}

fn may_be_refused(input: &Input) -> bool {
    match input {
        Input::Agent { .. } | Input::Call { .. } | Input::Queue { .. } | Input::Contact(_) => true,
        Input::Config(_)
        | Input::Restarted { .. }
        | Input::Tick
        | Input::IncomingCall(_)
        | Input::TurnAway(_)
        | Input::CallEvent(_)
        | Input::Outcome { .. }
        | Input::Verdict(_)
        | Input::NewCalls(_)
        | Input::PluginChanged(_)
        | Input::Skipped(_) => false,
    }
}

/// A snapshot with the moment left out, for comparing what else there is.
fn without_time(tenant: &Tenant) -> Tenant {
    let mut copy = tenant.clone();
    copy.handle(Timestamp(u64::MAX / 2), Input::Verdict(never_asked()));
    copy
}

fn never_asked() -> Verdict {
    Verdict {
        question: cordboard_core::ids::QuestionId(u64::MAX),
        result: Err(PluginFailure::Trap),
        memo: None,
    }
}

fn foreign(kind: u8, call: CallId) -> CallEventKind {
    let someone = party("eve");
    match kind % 20 {
        0 => CallEventKind::CallConnected,
        1 => CallEventKind::AnswerFailed(codes(400, 0)),
        2 => CallEventKind::ParticipantAdded(someone),
        3 => CallEventKind::AddParticipantFailed(someone, codes(480, 0)),
        4 => CallEventKind::InvitationCancelled(invitation(CommandId { call, sequence: 3 })),
        5 => CallEventKind::CancelInvitationFailed(
            invitation(CommandId { call, sequence: 3 }),
            codes(404, 0),
        ),
        6 => CallEventKind::ParticipantRemoved(someone),
        7 => CallEventKind::RemoveParticipantFailed(someone, codes(400, 0)),
        8 => CallEventKind::PlayStarted,
        9 => CallEventKind::PlayCompleted,
        10 => CallEventKind::PlayFailed(codes(500, 0)),
        11 => CallEventKind::PlayCanceled,
        12 => CallEventKind::DigitsRecognized(Digits::Plain("1".to_owned())),
        13 => CallEventKind::RecognizeFailed(codes(400, 0)),
        14 => CallEventKind::RecognizeCanceled,
        15 => CallEventKind::RecordingStateChanged {
            recording: recording(call),
            active: kind.is_multiple_of(2),
        },
        16 => CallEventKind::StartRecordingFailed(codes(500, 0)),
        17 => CallEventKind::TranscriptionChanged {
            active: kind >= 128,
        },
        18 => CallEventKind::StreamingFailed(codes(500, 0)),
        _ => CallEventKind::Other("AnythingElse".to_owned()),
    }
}
