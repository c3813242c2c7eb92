//! Plays one batch: engine, service, people and faults on one agenda.

mod outside;

use crate::centre::Centre;
use crate::checks::{Checks, Violation};
use crate::desks;
use crate::faults::Faults;
use crate::network::{Back, EVENT_GRID, Operations, Sent, Wire};
use crate::panics;
use crate::plan::Plan;
use crate::plugins::Questions;
use crate::tasks::Tasks;
use anyhow::{Context as _, anyhow};
use cordboard::Engine;
use cordboard::MemoryDisk;
use cordboard::driver::{Answer, Hash, SteppedEngine};
use cordboard::events::{EventCursor, Subscription as EventSubscription};
use cordboard_acs::client::{Attempt, Client, ClientLimits};
use cordboard_acs::edge_key::EdgeKey;
use cordboard_acs::endpoint::Endpoint;
use cordboard_clock::{Clock, Stepper};
use cordboard_core::ids::{AgentId, CallId, QueueId};
use cordboard_core::input::AgentAction;
use cordboard_core::question::Verdict;
use cordboard_core::{Config, Input};
use cordboard_journal::Nonce;
use cordboard_simulator::Subscription;
use cordboard_simulator::ledger::{Ledger, Moment};
use cordboard_simulator::world::{Post, PostId, World};
use fastrand::Rng;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Tuesday, 24 November 2026, 10:00 in Warsaw.
const START_MS: u64 = 1_795_510_800_000;
/// After the last caller has dialled, faults go on for this long, in milliseconds.
const FAULTS_AFTERWARDS_MS: u64 = 60_000;
/// Everything has to be over this long after the faults, in milliseconds: patience, exits and the audit of silent calls.
const END_MAX_MS: u64 = 4 * 3_600_000;
/// Outside of a spell a callback is held back for so long at most, in milliseconds.
const HELD_MS: u64 = 60_000;
/// How often the core's state is looked at: after each so many steps.
const LOOK_EVERY: u64 = 8;
/// Steps of one batch at most; more is a loop.
const STEPS_PER_CALL_MAX: u64 = 5_000;

/// How a batch went.
#[derive(Clone, Debug)]
pub struct Played {
    /// What must not be, in the order in which it was seen.
    pub violations: Vec<Violation>,
    /// Over the ledger and all commands: the same for the same plan, everywhere.
    pub hash: [u8; 32],
    /// Inputs and announcements that the engine took.
    pub steps: u64,
    /// Crashes that took place.
    pub crashes: u64,
    /// What everybody experienced.
    pub ledger: Ledger,
    /// How often each fault took place.
    pub faults: BTreeMap<&'static str, u64>,
    /// In how many spells what went wrong.
    pub spells: BTreeMap<&'static str, u64>,
    /// For what reasons callers ended as no script allows, and how many did.
    pub excused: BTreeMap<&'static str, u64>,
    /// What was done, sent and lost, if that was asked for.
    pub trace: Vec<String>,
}

/// Plays a batch to its end.
///
/// # Errors
/// The simulation itself cannot run: its scripts or its configuration are refused.
pub fn play(centre: &Centre, plan: &Plan) -> anyhow::Result<Played> {
    play_with(centre, plan, None)
}

/// Plays a batch and tells, line by line, what was done, sent and lost.
///
/// # Errors
/// As [`play`].
pub fn trace(centre: &Centre, plan: &Plan) -> anyhow::Result<Played> {
    play_with(centre, plan, Some(Vec::new()))
}

fn play_with(centre: &Centre, plan: &Plan, trace: Option<Vec<String>>) -> anyhow::Result<Played> {
    let played = Stage::new(centre, plan).and_then(|mut stage| {
        stage.trace = trace;
        stage.run()?;
        stage.finish()
    });
    panics::unwatch();
    played
}

/// Something that will happen.
enum Due {
    /// A request reaches the service.
    Arrive(Sent, AnswerFate, Option<CallId>),
    /// An answer reaches the engine.
    Answer(Arc<Back>, Attempt),
    /// A delivery reaches the engine; the service is told if it waits for that.
    Deliver(Post, Option<PostId>),
    /// The service hears of a delivery.
    Report(PostId, Option<u16>),
    /// A sound has been fetched that plays so many milliseconds.
    Fetched(String, u64),
    Verdict(Answer, Verdict),
    Glance(AgentId),
    Act(Input),
    Supervise,
    DiskCatchesUp,
    Restart,
    /// The process dies, if it lives.
    Crash,
    /// A spell begins or ends.
    SpellTurns,
    Calm,
}

/// What becomes of the answer to a request that has had its effect.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AnswerFate {
    Answered,
    Broken(u16),
    Lost,
}

/// The number of a delivery, and its status.
type Acknowledged = (u64, Option<u16>);

/// The last durable entry at a crash, the last entry, and the state after it if nothing was lost.
type Before = (u64, u64, Option<(u64, Hash)>);

struct Up {
    engine: SteppedEngine,
    events: EventSubscription,
    operator: cordboard_acs::Operator,
}

struct Stage<'a> {
    centre: &'a Centre,
    plan: &'a Plan,
    faults: Faults,
    random: Rng,
    clock: Clock,
    stepper: Stepper,
    world: World,
    disk: MemoryDisk,
    key: EdgeKey,
    endpoint: Endpoint,
    /// None while the process is dead.
    up: Option<Up>,
    operations: Arc<Operations>,
    questions: Arc<Questions>,
    wire: Arc<Wire>,
    tasks: Tasks,
    agenda: BTreeMap<(u64, u64), Due>,
    planned: u64,
    /// Deliveries that the engine has not answered.
    unanswered: BTreeMap<u64, PostId>,
    /// Deliveries that have been answered, with the status.
    acknowledged: Arc<Mutex<Vec<Acknowledged>>>,
    taken: Arc<Mutex<Vec<String>>>,
    new_calls: Arc<Mutex<Vec<(String, CallId)>>>,
    /// Who calls, by raw id, and over which connection.
    callers: BTreeMap<CallId, String>,
    connections: BTreeMap<CallId, String>,
    lost_answers: Vec<Answer>,
    closed: Option<QueueId>,
    crashes: std::vec::IntoIter<u64>,
    next_crash: Option<u64>,
    crashed: u64,
    cursor: EventCursor,
    steps: u64,
    counts: BTreeMap<&'static str, u64>,
    spells: BTreeMap<&'static str, u64>,
    checks: Checks,
    /// Nobody at a desktop does anything any more.
    over: bool,
    calm: bool,
    slow: bool,
    /// Of the last crash.
    before: Option<Before>,
    trace: Option<Vec<String>>,
}

impl<'a> Stage<'a> {
    fn new(centre: &'a Centre, plan: &'a Plan) -> anyhow::Result<Self> {
        let mut random = Rng::with_seed(plan.seed);
        let (clock, stepper) = Clock::stepped(START_MS);
        let now = Moment {
            at_ms: START_MS,
            real_us: 0,
        };
        let mut world = World::new(plan.seed, plan.behaviour.clone(), false, now);
        world.subscribe(Subscription::new(EVENT_GRID));
        world.define(now, plan.people.clone())?;
        world.place(now, plan.callers.clone())?;
        let mut nonce = [0; 32];
        random.fill(&mut nonce);
        let endpoint = Endpoint::from_connection_string(
            "endpoint=https://service.test/;accesskey=c2ltdWxhdGlvbg==",
            cordboard_acs::endpoint::PlainHttp::default(),
        )
        .map_err(|error| anyhow!("{error}"))?;
        let mut crashes = plan.crashes.clone().into_iter();
        let next_crash = crashes.next();
        let mut stage = Self {
            centre,
            plan,
            faults: plan.faults.clone(),
            random,
            clock,
            stepper,
            world,
            disk: MemoryDisk::new(Nonce(nonce)),
            key: EdgeKey::from_nonce(&nonce).map_err(|error| anyhow!("{error}"))?,
            endpoint,
            up: None,
            operations: Arc::default(),
            questions: Arc::default(),
            wire: Arc::default(),
            tasks: Tasks::default(),
            agenda: BTreeMap::new(),
            planned: 0,
            unanswered: BTreeMap::new(),
            acknowledged: Arc::default(),
            taken: Arc::default(),
            new_calls: Arc::default(),
            callers: BTreeMap::new(),
            connections: BTreeMap::new(),
            lost_answers: Vec::new(),
            closed: None,
            crashes,
            next_crash,
            crashed: 0,
            cursor: EventCursor::START,
            steps: 0,
            counts: BTreeMap::new(),
            spells: BTreeMap::new(),
            checks: Checks::default(),
            over: false,
            calm: false,
            slow: false,
            before: None,
            trace: None,
        };
        panics::watch(&stage.disk);
        stage.start()?;
        for agent in stage.config().agents.keys() {
            let at = stage.random.u64(..2_000);
            stage.later(at, Due::Glance(*agent));
        }
        let first = stage.random.u64(..desks::SUPERVISOR_MS);
        stage.later(first, Due::Supervise);
        for spell in &plan.spells {
            stage.later(spell.from_ms, Due::SpellTurns);
            stage.later(spell.to_ms, Due::SpellTurns);
            if let Some(crash_ms) = spell.crash_ms {
                stage.later(crash_ms, Due::Crash);
            }
        }
        let last_dial = plan.callers.iter().map(|caller| caller.dial_after_ms).max();
        stage.later(
            last_dial.unwrap_or_default() + FAULTS_AFTERWARDS_MS,
            Due::Calm,
        );
        Ok(stage)
    }

    fn config(&self) -> Arc<Config> {
        Arc::clone(self.centre.config())
    }

    /// Starts the process, on whatever the disk holds.
    fn start(&mut self) -> anyhow::Result<()> {
        let client = Client::carried_by(
            Arc::clone(&self.wire) as _,
            self.endpoint.clone(),
            self.clock.clone(),
            ClientLimits::default(),
        );
        let engine = Engine::builder(self.centre.compiled.clone())
            .clock(self.clock.clone())
            .journal_in_memory(self.disk.clone())
            .operator(Arc::clone(&self.operations) as _)
            .advisor(Arc::clone(&self.questions) as _)
            .build_stepped()
            .map_err(|errors| anyhow!("the engine does not start: {errors}"))?;
        let events = engine.events().subscribe(Some(EventCursor::START));
        self.up = Some(Up {
            engine,
            events,
            operator: cordboard_acs::Operator::new(client, self.key.clone()),
        });
        Ok(())
    }

    fn run(&mut self) -> anyhow::Result<()> {
        let steps_max = STEPS_PER_CALL_MAX * (self.plan.callers.len() as u64 + 10);
        let mut end_ms = u64::MAX;
        loop {
            self.settle()?;
            if self.calm && end_ms == u64::MAX {
                end_ms = self.now() + END_MAX_MS;
            }
            if self.calm && self.is_over() {
                break;
            }
            let next = [
                self.agenda.keys().next().map(|(at_ms, _)| *at_ms),
                self.world.poll_timeout(),
                self.stepper.next_deadline(),
            ];
            let Some(next) = next.into_iter().flatten().min() else {
                break;
            };
            if next > end_ms || self.steps > steps_max {
                break;
            }
            let now = next.max(self.now());
            self.stepper.step_to(now);
            self.checks.now_ms = now - START_MS;
            self.checks.clock_ms = now;
            self.settle()?;
            while let Some(entry) = self.agenda.first_entry() {
                if entry.key().0 > now {
                    break;
                }
                let due = entry.remove();
                self.happen(due)?;
                self.settle()?;
            }
            let moment = self.moment();
            self.world.tick(moment);
        }
        self.wind_up()
    }

    /// Whether all callers are gone, and the engine knows.
    fn is_over(&self) -> bool {
        let live = self.up.as_ref().map(|up| up.engine.tenant().live_calls());
        // The callers are counted one by one.
        live == Some(0) && self.world.progress().is_finished()
    }

    /// All agents log out; nothing may be left.
    fn wind_up(&mut self) -> anyhow::Result<()> {
        self.over = true;
        for agent in self.config().agents.keys() {
            let action = AgentAction::Offline;
            let agent = *agent;
            if let Some(up) = &self.up {
                drop(up.engine.submit(Input::Agent { agent, action }));
            }
            self.settle()?;
        }
        Ok(())
    }

    fn finish(mut self) -> anyhow::Result<Played> {
        let up = self.up.as_ref().context("the process is dead at the end")?;
        self.checks.quiet(self.centre.config(), up.engine.tenant());
        let (_, commands) = up.engine.hashes();
        let ledger = self.world.ledger(self.moment());
        self.checks.ledger(
            self.centre.config(),
            &ledger,
            &self.callers,
            &self.connections,
        );
        let mut hash = Sha256::new();
        hash.update(commands);
        serde_json::to_writer(HashWriter(&mut hash), &ledger)?;
        Ok(Played {
            violations: self.checks.found,
            hash: hash.finalize().into(),
            steps: self.steps,
            crashes: self.crashed,
            ledger,
            faults: self.counts,
            spells: self.spells,
            excused: self.checks.excused,
            trace: self.trace.unwrap_or_default(),
        })
    }

    fn now(&self) -> u64 {
        self.clock.now()
    }

    fn moment(&self) -> Moment {
        Moment {
            at_ms: self.now(),
            real_us: 0,
        }
    }

    fn later(&mut self, after_ms: u64, due: Due) {
        self.planned += 1;
        let at_ms = self.now().saturating_add(after_ms);
        self.agenda.insert((at_ms, self.planned), due);
    }

    /// Notes a line of the trace.
    fn note(&mut self, line: impl FnOnce() -> String) {
        let at_ms = self.now() - START_MS;
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{at_ms:>9} ms  {}", line()));
        }
    }

    /// Draws whether something goes wrong.
    fn fault(&mut self, name: &'static str, rate: fn(&Faults) -> u32) -> bool {
        let rate = rate(&self.faults);
        let strikes = rate > 0 && self.random.u32(..1_000) < rate;
        if strikes {
            *self.counts.entry(name).or_default() += 1;
            self.note(|| format!("FAULT {name}"));
        }
        strikes
    }

    /// A spell begins or ends: what goes wrong from here on.
    fn spell_turns(&mut self) {
        if self.calm {
            return;
        }
        let at_ms = self.now() - START_MS;
        let plan = self.plan;
        let lasting = plan.spells.iter().filter(|spell| spell.lasts_at(at_ms));
        self.faults = lasting.fold(plan.faults.clone(), |faults, spell| {
            faults.and(&spell.faults)
        });
        for spell in plan.spells.iter().filter(|spell| spell.from_ms == at_ms) {
            for kind in spell.kinds() {
                *self.spells.entry(kind).or_default() += 1;
                self.note(|| format!("SPELL until {}: {kind}", spell.to_ms));
            }
        }
    }

    /// How long the spells last that hold callbacks back, from here on.
    fn held_for_ms(&self) -> u64 {
        let at_ms = self.now() - START_MS;
        let holding = self
            .plan
            .spells
            .iter()
            .filter(|spell| spell.lasts_at(at_ms) && spell.faults.callback_held > 0);
        let until_ms = holding.map(|spell| spell.to_ms).max();
        until_ms.map_or(HELD_MS, |until_ms| until_ms - at_ms)
    }

    /// Does everything that can be done without time passing.
    fn settle(&mut self) -> anyhow::Result<()> {
        loop {
            let mut moved = false;
            if let Some(up) = &mut self.up
                && up.engine.step()
            {
                moved = true;
                self.stepped();
            }
            moved |= self.drain();
            moved |= self.tasks.run();
            moved |= self.drain_outside();
            if !moved {
                return Ok(());
            }
        }
    }

    fn stepped(&mut self) {
        self.steps += 1;
        if self.steps.is_multiple_of(LOOK_EVERY)
            && let Some(up) = &self.up
        {
            self.checks.state(self.centre.config(), up.engine.tenant());
        }
        for message in panics::take() {
            self.checks.fail("no-panic", message);
        }
        if self.next_crash.is_some_and(|at| at <= self.steps) && !self.calm {
            self.next_crash = self.crashes.next();
            self.crash();
            return;
        }
        if !self.slow && self.fault("slow_disk", |faults| faults.slow_disk) {
            self.slow = true;
            self.disk.hold_syncs();
            let wait = self.random.u64(1..300);
            self.later(wait, Due::DiskCatchesUp);
        }
    }

    /// The process dies, and with it what was not durable, or a part of that.
    fn crash(&mut self) {
        let Some(up) = self.up.take() else { return };
        self.crashed += 1;
        self.note(|| "CRASH".to_owned());
        let (last, durable) = up.engine.reached();
        let undurable = usize::try_from(last - durable).unwrap_or_default();
        let kept = self.random.usize(..=undurable);
        let (state, _) = up.engine.hashes();
        let all_kept = (kept == undurable).then_some((last, state));
        self.disk.cut_power(kept);
        drop(up);
        // What was about to leave has not left; what was on the wire may arrive.
        drop(self.operations.take());
        drop(self.questions.take());
        drop(self.wire.take());
        self.tasks.clear();
        self.lost_answers.clear();
        self.acknowledged.lock().clear();
        self.taken.lock().clear();
        self.new_calls.lock().clear();
        self.slow = false;
        for (_, what) in std::mem::take(&mut self.unanswered) {
            self.later(0, Due::Report(what, None));
        }
        let random = &mut self.random;
        self.agenda.retain(|_, due| match due {
            Due::Arrive(..) => random.bool(),
            Due::Verdict(..) | Due::DiskCatchesUp | Due::Act(_) | Due::Answer(..) => false,
            Due::Deliver(..)
            | Due::Report(..)
            | Due::Fetched(..)
            | Due::Glance(_)
            | Due::Supervise
            | Due::Restart
            | Due::Crash
            | Due::SpellTurns
            | Due::Calm => true,
        });
        self.checks.outages.push((self.now(), None));
        let down_ms = match self.random.u8(..4) {
            0 => self.random.u64(1..100),
            1 => self.random.u64(10_000..90_000),
            _ => self.random.u64(300..8_000),
        };
        self.later(down_ms, Due::Restart);
        self.before = Some((durable, last, all_kept));
    }

    fn restart(&mut self) -> anyhow::Result<()> {
        self.note(|| "RESTART".to_owned());
        self.start()?;
        let now = self.now();
        if let Some(outage) = self.checks.outages.last_mut() {
            outage.1 = Some(now);
        }
        if let (Some((durable, last, all_kept)), Some(up)) = (self.before.take(), &self.up) {
            let recovered = up.engine.recovered();
            self.checks.recovered(durable, last, all_kept, recovered);
        }
        Ok(())
    }
}

/// Hashes what is written.
struct HashWriter<'a>(&'a mut Sha256);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
