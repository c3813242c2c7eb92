//! The loop of a shard's thread.

use super::advisor::Answer;
use super::fold::{Folded, State};
use super::inbox::{Inbox, Message, Outlet};
use super::lanes::{Lanes, Waiting};
use super::operator::{Completion, Request};
use super::outbox::{Effect, Held, Outbox};
use super::rebuild::{During, rebuild};
use super::records::Joiner;
use super::{Advisor, Announced, Evidence, Operator, Parts, Stopped};
use crate::error::SubmitError;
use crate::events::{EventCursor, Events, NumberedEvent};
use crate::pending::Promise;
use cordboard_clock::{AlarmId, Clock, Hold};
use cordboard_core::ids::{CommandId, Millis, Timestamp};
use cordboard_core::input::{Outcome, Reply, Skipped};
use cordboard_core::{Command, Event, Input, Operation};
use cordboard_journal::{
    AppendError, Event as JournalEvent, Failure, Journal, Seq, SnapshotError, Stream,
    decode_payload, encode_payload,
};
use crossbeam_channel::select;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Most calls that are set aside so that one input has its effect: each costs reading the journal back.
const SET_ASIDE_MAX: usize = 16;

/// A shard, as its thread owns it.
pub(super) struct Shard {
    clock: Clock,
    journal: Box<dyn Journal>,
    announced: Announced,
    state: State,
    operator: Arc<dyn Operator>,
    advisor: Arc<dyn Advisor>,
    events: Events,
    snapshot_every: u64,
    inbox: Inbox,
    outlet: Outlet,
    now: Timestamp,
    /// By how much the journal's time is ahead of the clock, ms: time never runs backwards.
    ahead: u64,
    durable: Seq,
    outbox: Outbox,
    lanes: Lanes,
    joiner: Joiner,
    alarm: Option<(Timestamp, AlarmId)>,
    snapshot_at: Seq,
    failed: Option<Failure>,
}

impl Shard {
    pub(super) fn new(parts: Parts, inbox: Inbox, outlet: Outlet) -> Self {
        let last = parts.journal.last();
        let ahead = parts.last_now.0.saturating_sub(parts.clock.now());
        if ahead > 0 {
            tracing::warn!(
                ms = ahead,
                "the clock is behind the journal, which runs ahead of it; set the machine's time"
            );
        }
        Self {
            clock: parts.clock,
            journal: parts.journal,
            announced: parts.announced,
            state: parts.state,
            operator: parts.operator,
            advisor: parts.advisor,
            events: parts.events,
            snapshot_every: parts.snapshot_every,
            inbox,
            outlet,
            now: parts.last_now,
            ahead,
            durable: last,
            outbox: Outbox::default(),
            lanes: Lanes::default(),
            joiner: Joiner::default(),
            alarm: None,
            snapshot_at: parts.snapshot_at,
            failed: None,
        }
    }

    /// Runs until it is stopped.
    pub(super) fn run(mut self, opening: Vec<(Input, Promise<Reply>)>, hold: Hold) {
        self.open(opening, &hold);
        drop(hold);
        let announced = self.announced.0.clone();
        let inbound = self.outlet.receiver.clone();
        loop {
            select! {
                recv(announced) -> event => match event {
                    Ok(event) => self.handle_announcement(event),
                    Err(_) => break,
                },
                recv(inbound) -> message => match message {
                    Ok(Message::Stop(promise)) => {
                        self.stop(promise);
                        break;
                    }
                    Ok(message) => self.handle(message),
                    Err(_) => break,
                },
            }
        }
    }

    /// Folds the opening inputs.
    pub(super) fn open(&mut self, opening: Vec<(Input, Promise<Reply>)>, hold: &Hold) {
        for (input, promise) in opening {
            self.submit(input, promise, hold.clone());
        }
        self.write_names();
        self.set_alarm();
    }

    /// Does the next thing that waits, what the journal announces first; false if nothing does.
    pub(super) fn step(&mut self) -> bool {
        if let Ok(event) = self.announced.0.try_recv() {
            self.handle_announcement(event);
        } else if let Ok(message) = self.outlet.receiver.try_recv() {
            self.handle(message);
        } else {
            return false;
        }
        true
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// The last entry of the journal, and the last one that is durable.
    pub(super) fn reached(&self) -> (Seq, Seq) {
        (self.journal.last(), self.durable)
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Submit {
                input,
                hold,
                promise,
            } => {
                self.outlet.taken();
                self.submit(*input, promise, hold);
            }
            Message::Outcome {
                command,
                outcome,
                hold,
            } => self.handle_outcome(command, outcome, hold),
            Message::Verdict {
                verdict,
                evidence,
                hold,
            } => {
                drop(self.take_in(Input::Verdict(verdict), None, Some(evidence), hold));
            }
            Message::Tick(hold) => {
                // Another message may have come before this one and moved the alarm. There is never
                // more than one: two would go on ringing side by side for ever.
                self.clear_alarm();
                drop(self.take_in(Input::Tick, None, None, hold));
            }
            Message::Look { look, hold } => {
                let seq = self.journal.last();
                let show = look(&self.state.tenant, seq);
                let held = Held {
                    seq,
                    effects: vec![Effect::Show(show)],
                    hold,
                };
                if self.failed.is_none() {
                    self.outbox.hold(held);
                    self.release();
                }
            }
            Message::Stop(_) => {}
        }
        self.set_alarm();
        self.snapshot_if_due();
    }

    fn submit(&mut self, input: Input, promise: Promise<Reply>, hold: Hold) {
        if let Some(promise) = self.take_in(input, Some(promise), None, hold) {
            promise.keep(Err(self.failure()));
        }
    }

    fn write_names(&mut self) {
        if let Some(config) = self.state.tenant.config().map(Arc::clone) {
            let seq = self.journal.last();
            Joiner::write_names(self.journal.as_mut(), seq, self.now, &config.symbols);
        }
    }

    /// The next operation of the lane leaves whatever became of this one.
    fn handle_outcome(&mut self, command: CommandId, outcome: Outcome, hold: Hold) {
        let next = self.lanes.finished(command);
        let input = Input::Outcome { command, outcome };
        drop(self.take_in(input, None, None, hold));
        #[cfg(feature = "crash-points")]
        cordboard_crash_points::pass(cordboard_crash_points::Point::AfterResponse);
        if let Some(next) = next {
            self.operate(next);
        }
    }

    /// Appends an input, folds it and sends on what comes of it. Gives the promise back when the
    /// input was not taken because the journal has failed.
    #[must_use]
    fn take_in(
        &mut self,
        mut input: Input,
        promise: Option<Promise<Reply>>,
        evidence: Option<Evidence>,
        hold: Hold,
    ) -> Option<Promise<Reply>> {
        if self.failed.is_some() {
            return promise;
        }
        self.now = self
            .now
            .max(Timestamp(self.clock.now().saturating_add(self.ahead)));
        if let Input::IncomingCall(incoming) = &mut input {
            // Its age is what counts, so it has to be on the journal's time.
            incoming.rang_at = incoming.rang_at.after(Millis(self.ahead));
        }
        let payload = match encode_payload(&input) {
            Ok(payload) => payload,
            Err(error) => {
                tracing::error!(%error, "an input cannot be written; it is dropped");
                refuse(promise, SubmitError::TooLarge(error.to_string()));
                return None;
            }
        };
        if let Input::Verdict(verdict) = &input {
            self.joiner.answered(verdict, evidence);
        }
        self.append_and_fold(input, &payload, promise, hold, SET_ASIDE_MAX)
    }

    /// `more`: how many calls may still be set aside so that the input has its effect.
    fn append_and_fold(
        &mut self,
        input: Input,
        payload: &[u8],
        promise: Option<Promise<Reply>>,
        hold: Hold,
        more: usize,
    ) -> Option<Promise<Reply>> {
        #[cfg(feature = "crash-points")]
        cordboard_crash_points::pass(cordboard_crash_points::Point::BeforeAppend);
        let seq = match self.append(payload) {
            Ok(seq) => seq,
            Err(AppendError::Failed(failure)) => {
                self.fail(failure);
                return promise;
            }
            Err(error) => {
                tracing::error!(%error, "an input cannot be written; it is dropped");
                refuse(promise, SubmitError::TooLarge(error.to_string()));
                return None;
            }
        };
        #[cfg(feature = "crash-points")]
        cordboard_crash_points::pass(cordboard_crash_points::Point::AfterAppend);
        let is_config = matches!(input, Input::Config(_));
        let skipped = input.skipped();
        let Folded { reply, commands } = match self.fold(seq, input) {
            Ok(folded) => folded,
            // An entry that tells of a skip stands right behind the skipped one: between the two there is none of another skip.
            Err(Some(at_work)) if more > 0 && skipped.is_some() && self.failed.is_none() => {
                drop(self.take_in(Input::Skipped(at_work), None, None, hold.clone()));
                // It was encoded by this very process.
                let Ok(again) = decode_payload(payload) else {
                    refuse(promise, SubmitError::Skipped);
                    return None;
                };
                return self.append_and_fold(again, payload, promise, hold, more - 1);
            }
            Err(_) => {
                refuse(promise, SubmitError::Skipped);
                if let Some(skipped) = skipped {
                    drop(self.take_in(Input::Skipped(skipped), None, None, hold));
                }
                return None;
            }
        };
        tracing::trace!(%seq, ?reply, commands = commands.len(), "input folded");
        self.record(seq, &commands);
        if is_config {
            self.write_names();
        }
        let mut effects = self.dispatch(seq, commands, &hold);
        effects.extend(promise.map(|promise| Effect::Reply(promise, reply)));
        self.outbox.hold(Held { seq, effects, hold });
        self.catch_up();
        None
    }

    /// Folds an input. One that makes the core panic is skipped: the state is read back from the
    /// journal without it, and everything else goes on. The error is what the mistake was met in, if the
    /// input may have its effect without that.
    fn fold(&mut self, seq: Seq, input: Input) -> Result<Folded, Option<Skipped>> {
        let (state, now) = (&mut self.state, self.now);
        let folded = catch_unwind(AssertUnwindSafe(|| state.fold(now, input)));
        if let Ok(folded) = folded {
            return Ok(folded);
        }
        let at_work = self.state.tenant.at_work();
        tracing::error!(%seq, ?at_work, "an input has made the core panic; it is skipped");
        while self.durable < seq && self.failed.is_none() {
            match self.announced.0.recv() {
                Ok(event) => self.handle_announcement(event),
                Err(_) => break,
            }
        }
        match rebuild(
            self.journal.as_mut(),
            &self.events,
            &self.clock,
            During::Run,
        ) {
            Ok(rebuilt) => self.state = rebuilt.state,
            Err(error) => self.fail(self.log_failure(&error)),
        }
        Err(at_work)
    }

    fn log_failure(&self, cause: &dyn std::error::Error) -> Failure {
        Failure {
            stream: Stream::Log,
            durable: self.durable,
            detail: cause.to_string().into(),
        }
    }

    /// Appends; while too much waits for the disk it waits too, and nothing else is taken in.
    fn append(&mut self, payload: &[u8]) -> Result<Seq, AppendError> {
        loop {
            match self.journal.append(self.now, payload) {
                Err(AppendError::Full { .. }) => {}
                // Snapshots that come in time make room long before. Without them none would come.
                Err(error @ AppendError::LogFull { .. }) => {
                    return Err(AppendError::Failed(self.log_failure(&error)));
                }
                result => return result,
            }
            let announced = self.announced.0.recv();
            match announced {
                Ok(event) => self.handle_announcement(event),
                // The journal's threads are gone: it can only have failed.
                Err(_) => return self.journal.append(self.now, payload),
            }
            if let Some(failure) = &self.failed {
                return Err(AppendError::Failed(failure.clone()));
            }
        }
    }

    fn record(&mut self, seq: Seq, commands: &[Command]) {
        let config = self.state.tenant.config().map(Arc::clone);
        let digest = config.as_ref().map_or("", |config| &config.digest);
        let journal = self.journal.as_mut();
        self.joiner.note_questions(commands);
        self.joiner.write(journal, seq, self.now, commands, digest);
    }

    /// Asks at once; returns what has to wait.
    fn dispatch(&mut self, seq: Seq, commands: Vec<Command>, hold: &Hold) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut index = 0;
        for command in commands {
            match command {
                Command::Ask(ask) => {
                    let answer = Answer::new(ask.question, self.clock.clone(), self.inbox.clone());
                    self.advisor.ask(ask, hold.clone(), answer);
                }
                Command::Operate { id, operation } => effects.push(Effect::Operate(Waiting {
                    command: id,
                    operation,
                    hold: hold.clone(),
                })),
                Command::Emit(event) => {
                    if let Event::CallRejected { .. } = event {
                        self.inbox.count_rejected();
                    }
                    index += 1;
                    let cursor = EventCursor {
                        sequence: seq.0,
                        index,
                    };
                    let event = NumberedEvent::new(cursor, self.now, event, &self.state.tenant);
                    effects.push(Effect::Emit(Box::new(event)));
                }
                Command::Record(_) => {}
            }
        }
        effects
    }

    /// A journal in memory announces within the append: this takes it in at once.
    fn catch_up(&mut self) {
        while let Ok(event) = self.announced.0.try_recv() {
            self.handle_announcement(event);
        }
    }

    fn handle_announcement(&mut self, event: JournalEvent) {
        match event {
            JournalEvent::Durable(seq) => {
                self.durable = self.durable.max(seq);
                self.release();
            }
            JournalEvent::SnapshotDurable(seq) => tracing::debug!(%seq, "snapshot taken"),
            JournalEvent::Failed(failure) => match failure.stream {
                Stream::Log => self.fail(failure),
                Stream::Records => {
                    tracing::error!(%failure, "no decision record is written any more");
                }
            },
        }
    }

    /// Lets go what is durable, in order.
    fn release(&mut self) {
        while let Some(held) = self.outbox.release(self.durable) {
            for effect in held.effects {
                match effect {
                    Effect::Operate(waiting) => {
                        if let Some(waiting) = self.lanes.enter(waiting) {
                            self.operate(waiting);
                        }
                    }
                    Effect::Emit(event) => self.events.publish(*event, &held.hold),
                    Effect::Reply(promise, reply) => promise.keep(Ok(reply)),
                    Effect::Show(show) => show(),
                }
            }
        }
    }

    fn operate(&mut self, waiting: Waiting) {
        let deadline = match &waiting.operation {
            Operation::Answer { deadline, .. } => Timestamp(*deadline),
            _ => self.now.after(self.request_time()),
        };
        let completion = Completion::new(waiting.command, self.clock.clone(), self.inbox.clone());
        let request = Request {
            command: waiting.command,
            operation: waiting.operation,
            deadline: Timestamp(self.on_clock(deadline)),
            hold: waiting.hold,
        };
        self.operator.start(request, completion);
    }

    fn request_time(&self) -> Millis {
        let config = self.state.tenant.config();
        config
            .map(|config| config.timeouts)
            .unwrap_or_default()
            .request
    }

    /// The clock's reading at a moment of the journal.
    fn on_clock(&self, at: Timestamp) -> u64 {
        at.0.saturating_sub(self.ahead)
    }

    /// Sets the alarm for the moment that the core waits for.
    fn set_alarm(&mut self) {
        let wanted = self
            .state
            .tenant
            .poll_timeout()
            .filter(|_| self.failed.is_none());
        if wanted == self.alarm.map(|(at, _)| at) {
            return;
        }
        self.clear_alarm();
        self.alarm = wanted.map(|at| {
            let inbox = self.inbox.clone();
            let ring = move |hold| inbox.push(Message::Tick(hold));
            (at, self.clock.alarm(self.on_clock(at), ring))
        });
    }

    fn clear_alarm(&mut self) {
        if let Some((_, alarm)) = self.alarm.take() {
            self.clock.cancel(alarm);
        }
    }

    fn snapshot_if_due(&mut self) {
        let last = self.journal.last();
        if last.0.saturating_sub(self.snapshot_at.0) >= self.snapshot_every {
            self.snapshot();
        }
    }

    fn snapshot(&mut self) {
        let last = self.journal.last();
        if self.failed.is_some() || last == self.snapshot_at {
            return;
        }
        let taken = match self.state.snapshot(last, self.now) {
            Ok(snapshot) => self.journal.snapshot(snapshot),
            Err(error) => {
                tracing::error!(%error, "the state cannot be written as a snapshot");
                self.snapshot_at = last;
                return;
            }
        };
        match taken {
            Ok(()) => self.snapshot_at = last,
            // The next entry tries again.
            Err(SnapshotError::Busy { .. }) => {}
            Err(error) => {
                tracing::error!(%error, "no snapshot was taken");
                self.snapshot_at = last;
            }
        }
    }

    /// The declared mode after the journal has failed: nothing is acknowledged, no operation
    /// begins, subscribers are told.
    fn fail(&mut self, failure: Failure) {
        if self.failed.is_some() {
            return;
        }
        tracing::error!(%failure, "the journal has failed; nothing is acknowledged any more");
        let reason = failure.to_string();
        self.outbox
            .fail(&SubmitError::JournalFailed(failure.clone()));
        self.lanes.clear();
        self.failed = Some(failure);
        self.inbox.give_up();
        self.set_alarm();
        let hold = self.clock.hold();
        self.events.stop(&reason, &hold);
    }

    fn failure(&self) -> SubmitError {
        self.failed
            .clone()
            .map_or(SubmitError::Stopped, SubmitError::JournalFailed)
    }

    /// Ends in order: everything that was taken in becomes durable, and its answers and events
    /// leave; operations that have not begun are left to the next start.
    fn stop(mut self, promise: Promise<Stopped>) {
        self.clear_alarm();
        self.snapshot();
        let last = self.journal.last();
        let closed = self.journal.close();
        let mut failed = self.failed.take();
        for event in self.announced.0.try_iter() {
            match event {
                JournalEvent::Durable(seq) => self.durable = self.durable.max(seq),
                JournalEvent::SnapshotDurable(_) => {}
                JournalEvent::Failed(failure) if failure.stream == Stream::Log => {
                    failed.get_or_insert(failure);
                }
                JournalEvent::Failed(failure) => tracing::error!(%failure, "records are lost"),
            }
        }
        if let Err(failure) = closed
            && failure.stream == Stream::Log
        {
            failed.get_or_insert(failure);
        }
        while let Some(held) = self.outbox.release(self.durable) {
            for effect in held.effects {
                match effect {
                    Effect::Operate(_) => {}
                    Effect::Emit(event) => self.events.publish(*event, &held.hold),
                    Effect::Reply(promise, reply) => promise.keep(Ok(reply)),
                    Effect::Show(show) => show(),
                }
            }
        }
        let answer = match failed {
            Some(failure) => Err(SubmitError::JournalFailed(failure)),
            None => Ok(Stopped {
                last: last.0,
                state_hash: self.state.hash().unwrap_or_default(),
                commands_hash: self.state.commands_hash,
            }),
        };
        let hold = self.clock.hold();
        self.events.stop("the engine was shut down", &hold);
        promise.keep(answer);
    }
}

fn refuse(promise: Option<Promise<Reply>>, error: SubmitError) {
    if let Some(promise) = promise {
        promise.keep(Err(error));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CORE_VERSION, InboxLimits};
    use super::*;
    use crate::driver::{Completion, Operator};
    use cordboard_core::ids::AgentId;
    use cordboard_core::input::AgentAction;
    use cordboard_journal::{MemoryDisk, Options};

    const CONFIG: &str = r#"{
      "version": 1, "tenant": "decisions", "agent_lease_seconds": 10,
      "queues": { "chat": {
        "groups": [{ "group": "desk" }], "max_wait_seconds": 600,
        "exits": { "max_wait": { "end": true }, "no_agents": { "end": true }, "closed": { "end": true } }
      } },
      "groups": { "desk": ["anna"] }, "agents": { "anna": {} }
    }"#;

    #[derive(Debug)]
    struct Nobody;

    impl Operator for Nobody {
        fn start(&self, _: Request, _: Completion) {}
    }

    impl Advisor for Nobody {
        fn ask(&self, _: cordboard_core::Ask, _: Hold, _: Answer) {}
    }

    fn shard(clock: &Clock, log_entries_max: u64) -> (Shard, Inbox) {
        let (listener, announced) = Announced::channel();
        let mut options = Options {
            listener,
            ..Options::new(CORE_VERSION)
        };
        options.limits.log_entries_max = log_entries_max;
        let disk = MemoryDisk::with_random_nonce().unwrap();
        let (journal, _) = disk.open(options).unwrap();
        let parts = Parts {
            clock: clock.clone(),
            journal: Box::new(journal),
            announced,
            state: State::default(),
            last_now: Timestamp(0),
            operator: Arc::new(Nobody),
            advisor: Arc::new(Nobody),
            events: Events::new(clock.clone(), 10),
            inbox_limits: InboxLimits::default(),
            snapshot_every: 100,
            snapshot_at: Seq(0),
        };
        let (inbox, outlet) = Inbox::new(parts.inbox_limits);
        (Shard::new(parts, inbox.clone(), outlet), inbox)
    }

    /// The journal itself is sound, so that nothing of it tells.
    #[test]
    fn a_shard_whose_log_is_full_has_given_up() {
        let (clock, _start) = Clock::warped(0).unwrap();
        let (mut shard, inbox) = shard(&clock, 1);
        drop(shard.take_in(Input::Tick, None, None, clock.hold()));
        assert!(!inbox.has_given_up());
        drop(shard.take_in(Input::Tick, None, None, clock.hold()));
        assert!(inbox.has_given_up());
        assert_eq!(shard.journal.watch().failure(Stream::Log), None);
    }

    #[test]
    fn a_tick_that_comes_late_leaves_one_alarm() {
        let (clock, start) = Clock::warped(0).unwrap();
        let (mut shard, inbox) = shard(&clock, 100);
        let config = crate::config::compile(CONFIG, None, &crate::config::Memory::default());
        let config = config.unwrap().config;
        let anna = AgentId(config.symbols.find("anna").unwrap());
        for input in [
            Input::Config(config),
            Input::Agent {
                agent: anna,
                action: AgentAction::Ready,
            },
        ] {
            drop(shard.take_in(input, None, None, clock.hold()));
        }
        shard.set_alarm();
        // Each has rung for a moment that another message has taken care of meanwhile.
        for _ in 0..3 {
            shard.handle(Message::Tick(clock.hold()));
        }
        // The lease ends at 10 s, and nothing else is to ring.
        let fence = inbox.clone();
        clock.alarm(20_000, move |hold| {
            fence.push(Message::Look {
                look: Box::new(|_, _| Box::new(|| ())),
                hold,
            });
        });
        drop(start);
        let mut ticks = 0;
        while let Ok(Message::Tick(_)) = shard.outlet.receiver.recv() {
            ticks += 1;
        }
        assert_eq!(ticks, 1);
    }
}
