//! Facts as plain structs, and their packing.

use cordboard_contract::v0_1::{
    LEGALLY_REQUIRED, Point, REQUIREMENT_REQUIRED, VERSION, caller, consent, endpoint_kind,
    facts as word, moment, reach, recording_state,
};

use super::verdict::{Classified, RankVerdict, RecordingAnswer, RingVerdict};
use crate::columns::{AgentColumn, ContactColumn, EndpointColumn, QueueColumn};
use crate::{
    AgentId, CallerKind, Classify, Consent, ContactSelect, EndpointKind, EndpointSelect, LabelId,
    LineId, QueueId, Reach, RecordingMoment, RecordingPolicy, RecordingState, Requirement,
    SkillMatch,
};

/// What every decision has: time, seed and memo.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Surroundings {
    /// Now, in ms since the Unix epoch.
    pub now_ms: u64,
    /// The randomness of the decision.
    pub seed: u64,
    /// What the plugin left at its last decision.
    pub memo: Vec<u32>,
}

/// A contact.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Contact {
    /// The queue that it waits in.
    pub queue: QueueId,
    /// How long it has waited, in ms.
    pub waited_ms: u32,
    /// Its priority, -1,000 to 1,000.
    pub priority: i32,
    /// How many offers it has had.
    pub attempt: u32,
    /// Its labels, key and value.
    pub labels: Vec<(LabelId, LabelId)>,
}

/// Facts of `skill-match`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SkillMatchFacts {
    /// Time, seed and memo.
    pub surroundings: Surroundings,
    /// The contact to find an agent for.
    pub contact: Contact,
    /// The requirements in force.
    pub requirements: Vec<Requirement>,
    /// The candidates in native order.
    pub candidates: Vec<Candidate>,
}

/// A candidate of `skill-match`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Candidate {
    /// The agent.
    pub agent: AgentId,
    /// How long the agent has been idle, in ms.
    pub idle_ms: u32,
    /// The order of the routing group, 0 first.
    pub group_order: u32,
    /// Contacts that the agent has handled.
    pub contacts_handled: u32,
    /// A level for each requirement; those that are left out are 0.
    pub levels: Vec<u32>,
}

impl SkillMatchFacts {
    /// Packs the columns that the plugin reads.
    #[must_use]
    pub fn pack<P: SkillMatch>(&self) -> Vec<u32> {
        let has = |column: AgentColumn| column.is_in(P::READS);
        let mut list = List::new(Point::SkillMatch, &self.surroundings);
        list.contact(&self.contact);
        list.requirements(&self.requirements);
        let rows = self.candidates.iter().map(|candidate| {
            let mut row = vec![candidate.agent.0];
            row.extend(has(AgentColumn::IdleMs).then_some(candidate.idle_ms));
            row.extend(has(AgentColumn::GroupOrder).then_some(candidate.group_order));
            row.extend(has(AgentColumn::ContactsHandled).then_some(candidate.contacts_handled));
            if has(AgentColumn::Levels) {
                let levels = candidate.levels.iter().copied();
                let missing = std::iter::repeat(0);
                row.extend(levels.chain(missing).take(self.requirements.len()));
            }
            row
        });
        list.rows(AgentColumn::mask(P::READS), rows);
        list.finish(&self.surroundings)
    }

    /// Makes the decision.
    ///
    /// # Panics
    /// When the verdict breaks the contract.
    pub fn rank<P: SkillMatch>(&self, plugin: &P) -> RankVerdict {
        let words = crate::skill_match::decide(plugin, &self.pack::<P>());
        RankVerdict::read(&words, self.candidates.len()).unwrap_or_else(|why| panic!("{why}"))
    }
}

/// Facts of `contact-select`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ContactSelectFacts {
    /// Time, seed and memo.
    pub surroundings: Surroundings,
    /// The agent who is free.
    pub agent: FreeAgent,
    /// The contacts in native order.
    pub contacts: Vec<WaitingContact>,
}

/// The free agent of `contact-select`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FreeAgent {
    /// The agent.
    pub agent: AgentId,
    /// How long the agent has been idle, in ms.
    pub idle_ms: u32,
    /// The order of the routing group, 0 first.
    pub group_order: u32,
    /// Contacts that the agent has handled.
    pub contacts_handled: u32,
}

/// A waiting contact of `contact-select`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WaitingContact {
    /// The contact's number.
    pub contact: u64,
    /// The queue that it waits in.
    pub queue: QueueId,
    /// How long it has waited, in ms.
    pub waited_ms: u32,
    /// Its priority.
    pub priority: i32,
    /// How many offers it has had.
    pub attempt: u32,
}

impl ContactSelectFacts {
    /// Packs the columns that the plugin reads.
    #[must_use]
    pub fn pack<P: ContactSelect>(&self) -> Vec<u32> {
        let has = |column: ContactColumn| column.is_in(P::READS);
        let mut list = List::new(Point::ContactSelect, &self.surroundings);
        list.set(word::FREE_AGENT, self.agent.agent.0);
        list.set(word::FREE_AGENT_IDLE_MS, self.agent.idle_ms);
        list.set(word::FREE_AGENT_GROUP_ORDER, self.agent.group_order);
        list.set(word::FREE_AGENT_HANDLED, self.agent.contacts_handled);
        let rows = self.contacts.iter().map(|contact| {
            let mut row = split(contact.contact).to_vec();
            row.extend(has(ContactColumn::Queue).then_some(contact.queue.0));
            row.extend(has(ContactColumn::WaitedMs).then_some(contact.waited_ms));
            row.extend(has(ContactColumn::Priority).then_some(contact.priority.cast_unsigned()));
            row.extend(has(ContactColumn::Attempt).then_some(contact.attempt));
            row
        });
        list.rows(ContactColumn::mask(P::READS), rows);
        list.finish(&self.surroundings)
    }

    /// Makes the decision.
    ///
    /// # Panics
    /// When the verdict breaks the contract.
    pub fn rank<P: ContactSelect>(&self, plugin: &P) -> RankVerdict {
        let words = crate::contact_select::decide(plugin, &self.pack::<P>());
        let verdict = RankVerdict::read(&words, self.contacts.len());
        let verdict = verdict.unwrap_or_else(|why| panic!("{why}"));
        assert!(
            verdict.rejected.is_empty(),
            "`contact-select` has no rejected rows: leave contacts out"
        );
        verdict
    }
}

/// Facts of `endpoint-select`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EndpointSelectFacts {
    /// Time, seed and memo.
    pub surroundings: Surroundings,
    /// The contact that is offered.
    pub contact: Contact,
    /// The agent that it is offered to.
    pub agent: AgentId,
    /// The agent's endpoints in the order of the configuration.
    pub endpoints: Vec<Endpoint>,
}

/// An endpoint of `endpoint-select`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// What rings.
    pub kind: EndpointKind,
    /// Whether it can be expected to ring.
    pub reach: Reach,
    /// Whether the agent answered the previous contact here.
    pub answered_last: bool,
}

impl EndpointSelectFacts {
    /// Packs the columns that the plugin reads.
    #[must_use]
    pub fn pack<P: EndpointSelect>(&self) -> Vec<u32> {
        let has = |column: EndpointColumn| column.is_in(P::READS);
        let mut list = List::new(Point::EndpointSelect, &self.surroundings);
        list.contact(&self.contact);
        list.set(word::AGENT, self.agent.0);
        let rows = self.endpoints.iter().map(|endpoint| {
            let kind = match endpoint.kind {
                EndpointKind::TeamsClient => endpoint_kind::TEAMS_CLIENT,
                EndpointKind::CallingSdk => endpoint_kind::CALLING_SDK,
                EndpointKind::Pstn => endpoint_kind::PSTN,
            };
            let reach = match endpoint.reach {
                Reach::Unknown => reach::UNKNOWN,
                Reach::Available => reach::AVAILABLE,
                Reach::Busy => reach::BUSY,
                Reach::Offline => reach::OFFLINE,
            };
            let mut row = vec![kind];
            row.extend(has(EndpointColumn::Reach).then_some(reach));
            row.extend(
                has(EndpointColumn::AnsweredLast).then_some(u32::from(endpoint.answered_last)),
            );
            row
        });
        list.rows(EndpointColumn::mask(P::READS), rows);
        list.finish(&self.surroundings)
    }

    /// Makes the decision.
    ///
    /// # Panics
    /// When the verdict breaks the contract.
    pub fn select<P: EndpointSelect>(&self, plugin: &P) -> RingVerdict {
        let words = crate::endpoint_select::decide(plugin, &self.pack::<P>());
        RingVerdict::read(&words, self.endpoints.len()).unwrap_or_else(|why| panic!("{why}"))
    }
}

/// Facts of `recording-policy`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordingFacts {
    /// Time, seed and memo.
    pub surroundings: Surroundings,
    /// The contact.
    pub contact: Contact,
    /// Why the question is asked.
    pub why: RecordingMoment,
    /// What the caller said to being recorded.
    pub consent: Consent,
    /// What the recording does at the moment.
    pub state: RecordingState,
    /// Whether the law requires a recording on this queue.
    pub is_legally_required: bool,
}

impl Default for RecordingFacts {
    /// Somebody was connected on queue 0, said nothing about recording, and nothing is recorded.
    fn default() -> Self {
        Self {
            surroundings: Surroundings::default(),
            contact: Contact::default(),
            why: RecordingMoment::Connected,
            consent: Consent::Unknown,
            state: RecordingState::Off,
            is_legally_required: false,
        }
    }
}

impl RecordingFacts {
    /// Packs the facts.
    #[must_use]
    pub fn pack(&self) -> Vec<u32> {
        let mut list = List::new(Point::RecordingPolicy, &self.surroundings);
        list.contact(&self.contact);
        if self.is_legally_required {
            list.set(word::RECORDING_FLAGS, LEGALLY_REQUIRED);
        }
        let why = match self.why {
            RecordingMoment::Connected => moment::CONNECTED,
            RecordingMoment::PaymentStarted => moment::PAYMENT_STARTED,
            RecordingMoment::PaymentEnded => moment::PAYMENT_ENDED,
            RecordingMoment::ConsentChanged => moment::CONSENT_CHANGED,
            RecordingMoment::AskedStart => moment::ASKED_START,
            RecordingMoment::AskedStop => moment::ASKED_STOP,
            RecordingMoment::AskedPause => moment::ASKED_PAUSE,
            RecordingMoment::AskedResume => moment::ASKED_RESUME,
        };
        list.set(word::MOMENT, why);
        list.set(word::CONSENT, consent_code(self.consent));
        let state = match self.state {
            RecordingState::Off => recording_state::OFF,
            RecordingState::Active => recording_state::ACTIVE,
            RecordingState::Paused => recording_state::PAUSED,
        };
        list.set(word::RECORDING_STATE, state);
        list.finish(&self.surroundings)
    }

    /// Makes the decision.
    ///
    /// # Panics
    /// When the verdict breaks the contract.
    pub fn decide<P: RecordingPolicy>(&self, plugin: &P) -> RecordingAnswer {
        let words = crate::recording_policy::decide(plugin, &self.pack());
        RecordingAnswer::read(&words).unwrap_or_else(|why| panic!("{why}"))
    }
}

/// Facts of `classify`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClassifyFacts {
    /// Time, seed and memo.
    pub surroundings: Surroundings,
    /// The contact; its queue is the one that the menu or the line chose.
    pub contact: Contact,
    /// The line that was called.
    pub line: LineId,
    /// The menu's digit that chose the queue.
    pub digit: Option<char>,
    /// What the caller said to being recorded.
    pub consent: Consent,
    /// From where the caller calls.
    pub caller: CallerKind,
    /// The queues, the contact's first.
    pub queues: Vec<Queue>,
}

/// A queue of `classify`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Queue {
    /// The queue.
    pub queue: QueueId,
    /// Callers who wait in it.
    pub waiting: u32,
    /// Whether it takes callers at this moment.
    pub is_open: bool,
    /// Whether somebody who serves it is logged in.
    pub is_staffed: bool,
}

impl Default for ClassifyFacts {
    /// A phone calls line 0, and no queue is there.
    fn default() -> Self {
        Self {
            surroundings: Surroundings::default(),
            contact: Contact::default(),
            line: LineId::default(),
            digit: None,
            consent: Consent::Unknown,
            caller: CallerKind::PhoneNumber,
            queues: Vec::new(),
        }
    }
}

impl ClassifyFacts {
    /// Packs the columns that the plugin reads.
    #[must_use]
    pub fn pack<P: Classify>(&self) -> Vec<u32> {
        let has = |column: QueueColumn| column.is_in(P::READS);
        let mut list = List::new(Point::Classify, &self.surroundings);
        list.contact(&self.contact);
        list.set(word::LINE, self.line.0);
        list.set(word::DIGIT, self.digit.map_or(0, u32::from));
        list.set(word::CONSENT, consent_code(self.consent));
        let caller = match self.caller {
            CallerKind::Other => caller::OTHER,
            CallerKind::PhoneNumber => caller::PHONE_NUMBER,
            CallerKind::WithheldNumber => caller::WITHHELD_NUMBER,
            CallerKind::TeamsUser => caller::TEAMS_USER,
        };
        list.set(word::CALLER, caller);
        let rows = self.queues.iter().map(|queue| {
            let mut row = vec![queue.queue.0];
            row.extend(has(QueueColumn::Waiting).then_some(queue.waiting));
            row.extend(has(QueueColumn::Open).then_some(u32::from(queue.is_open)));
            row.extend(has(QueueColumn::Staffed).then_some(u32::from(queue.is_staffed)));
            row
        });
        list.rows(QueueColumn::mask(P::READS), rows);
        list.finish(&self.surroundings)
    }

    /// Makes the decision.
    ///
    /// # Panics
    /// When the verdict breaks the contract.
    pub fn classify<P: Classify>(&self, plugin: &P) -> Classified {
        let words = crate::classify::decide(plugin, &self.pack::<P>());
        Classified::read(&words, self.queues.len()).unwrap_or_else(|why| panic!("{why}"))
    }
}

fn consent_code(consent: Consent) -> u32 {
    match consent {
        Consent::Unknown => consent::UNKNOWN,
        Consent::Given => consent::GIVEN,
        Consent::Refused => consent::REFUSED,
    }
}

/// A packed list that is being written.
struct List(Vec<u32>);

impl List {
    fn new(point: Point, surroundings: &Surroundings) -> Self {
        let mut list = Self(vec![0; word::HEADER_WORDS]);
        let [now_low, now_high] = split(surroundings.now_ms);
        let [seed_low, seed_high] = split(surroundings.seed);
        list.set(word::VERSION, VERSION);
        list.set(word::POINT, point.code());
        list.set(word::NOW_LOW, now_low);
        list.set(word::NOW_HIGH, now_high);
        list.set(word::SEED_LOW, seed_low);
        list.set(word::SEED_HIGH, seed_high);
        list
    }

    fn set(&mut self, at: usize, value: u32) {
        *self.0.get_mut(at).expect("a word of the header") = value;
    }

    fn contact(&mut self, contact: &Contact) {
        self.set(word::QUEUE, contact.queue.0);
        self.set(word::WAITED_MS, contact.waited_ms);
        self.set(word::PRIORITY, contact.priority.cast_unsigned());
        self.set(word::ATTEMPT, contact.attempt);
        self.section(word::LABELS_AT, word::LABELS, contact.labels.len());
        let labels = contact.labels.iter();
        self.0
            .extend(labels.flat_map(|(key, value)| [key.0, value.0]));
    }

    fn requirements(&mut self, requirements: &[Requirement]) {
        let count = requirements.len();
        self.section(word::REQUIREMENTS_AT, word::REQUIREMENTS, count);
        self.0.extend(requirements.iter().flat_map(|requirement| {
            let flags = if requirement.required {
                REQUIREMENT_REQUIRED
            } else {
                0
            };
            [requirement.skill.0, requirement.minimum, flags]
        }));
    }

    fn rows(&mut self, columns: u32, rows: impl ExactSizeIterator<Item = Vec<u32>>) {
        self.section(word::ROWS_AT, word::ROWS, rows.len());
        self.set(word::COLUMNS, columns);
        for row in rows {
            self.set(word::ROW_WORDS, number(row.len()));
            self.0.extend(row);
        }
    }

    fn section(&mut self, at: usize, count: usize, length: usize) {
        let here = number(self.0.len());
        self.set(at, here);
        self.set(count, number(length));
    }

    fn finish(mut self, surroundings: &Surroundings) -> Vec<u32> {
        let here = number(self.0.len());
        self.set(word::MEMO_AT, here);
        self.0.extend(&surroundings.memo);
        self.0
    }
}

fn split(value: u64) -> [u32; 2] {
    [value as u32, (value >> 32) as u32]
}

fn number(length: usize) -> u32 {
    u32::try_from(length).expect("more words than the contract allows")
}
