//! Questions to packed facts.

use cordboard_contract::v0_1::{
    LABELS_MAX, LEGALLY_REQUIRED, MEMO_WORDS_MAX, Point, REQUIREMENT_REQUIRED, REQUIREMENTS_MAX,
    ROWS_MAX, VERSION, caller, classify, consent, contact_select, endpoint_kind, endpoint_select,
    facts, moment, reach, recording_state, skill_match,
};
use cordboard_core::{
    ids::Symbol,
    question::{
        AgentRow, Ask, CallerKind, ClassifyFacts, Consent, ContactFacts, ContactSelectFacts,
        EndpointKind, EndpointSelectFacts, Facts, Reach, RecordingFactState, RecordingFacts,
        RecordingMoment, Requirement, SkillMatchFacts,
    },
};

/// Packs a question, with the columns that the plugin reads.
///
/// What is above a limit of the contract is left out from the end; the core's own limits are below.
pub(crate) fn pack(ask: &Ask, columns: u32) -> Vec<u32> {
    let mut packed = Packed::new(ask, columns);
    match &ask.facts {
        Facts::SkillMatch(facts) => packed.skill_match(facts),
        Facts::ContactSelect(facts) => packed.contact_select(facts),
        Facts::EndpointSelect(facts) => packed.endpoint_select(facts),
        Facts::RecordingPolicy(facts) => packed.recording_policy(facts),
        Facts::Classify(facts) => packed.classify(facts),
    }
    packed.finish(&ask.memo)
}

struct Packed {
    header: [u32; facts::HEADER_WORDS],
    columns: u32,
    /// All words; the header is put in front at the end.
    words: Vec<u32>,
}

impl Packed {
    fn new(ask: &Ask, columns: u32) -> Self {
        let mut packed = Self {
            header: [0; facts::HEADER_WORDS],
            columns,
            words: Vec::with_capacity(capacity(ask, columns)),
        };
        packed.words.resize(facts::HEADER_WORDS, 0);
        packed.set(facts::VERSION, VERSION);
        packed.set(facts::POINT, super::point_of(ask.point()).code());
        packed.set_wide(facts::NOW_LOW, facts::NOW_HIGH, ask.now);
        packed.set_wide(facts::SEED_LOW, facts::SEED_HIGH, ask.seed);
        packed.set(facts::COLUMNS, columns);
        packed
    }

    fn skill_match(&mut self, facts: &SkillMatchFacts) {
        self.contact(&facts.contact);
        let requirements = self.requirements(&facts.requirements);
        // Levels stand row by row in the question as well.
        let mut levels = facts.levels.chunks(facts.requirements.len().max(1));
        self.rows(Point::SkillMatch, requirements);
        let [idle, group, handled, with_levels] = self.wants([
            skill_match::IDLE_MS,
            skill_match::GROUP_ORDER,
            skill_match::CONTACTS_HANDLED,
            skill_match::LEVELS,
        ]);
        let rows = facts.candidates.iter().take(ROWS_MAX as usize);
        self.set(facts::ROWS, word(rows.len()));
        for row in rows {
            let AgentRow {
                agent: _,
                idle: idle_time,
                group_order,
                contacts_handled,
            } = row;
            self.words.push(row.agent.0.0);
            if idle {
                self.words.push(idle_time.as_u32());
            }
            if group {
                self.words.push(*group_order);
            }
            if handled {
                self.words.push(*contacts_handled);
            }
            if with_levels {
                let levels = levels.next().unwrap_or_default();
                let levels = levels.iter().copied().chain(std::iter::repeat(0));
                self.words.extend(levels.take(requirements).map(u32::from));
            }
        }
    }

    fn contact_select(&mut self, facts: &ContactSelectFacts) {
        self.set(facts::FREE_AGENT, facts.agent.agent.0.0);
        self.set(facts::FREE_AGENT_IDLE_MS, facts.agent.idle.as_u32());
        self.set(facts::FREE_AGENT_GROUP_ORDER, facts.agent.group_order);
        self.set(facts::FREE_AGENT_HANDLED, facts.agent.contacts_handled);
        self.rows(Point::ContactSelect, 0);
        let [queue, waited, priority, attempt] = self.wants([
            contact_select::QUEUE,
            contact_select::WAITED_MS,
            contact_select::PRIORITY,
            contact_select::ATTEMPT,
        ]);
        let rows = facts.contacts.iter().take(ROWS_MAX as usize);
        self.set(facts::ROWS, word(rows.len()));
        for row in rows {
            let (low, high) = halves(row.call.0);
            self.words.extend([low, high]);
            if queue {
                self.words.push(row.queue.0.0);
            }
            if waited {
                self.words.push(row.waited.as_u32());
            }
            if priority {
                self.words.push(row.priority.cast_unsigned());
            }
            if attempt {
                self.words.push(row.attempt);
            }
        }
    }

    fn endpoint_select(&mut self, facts: &EndpointSelectFacts) {
        self.contact(&facts.contact);
        self.set(facts::AGENT, facts.agent.0.0);
        self.rows(Point::EndpointSelect, 0);
        let [reach, answered_last] =
            self.wants([endpoint_select::REACH, endpoint_select::ANSWERED_LAST]);
        let rows = facts.endpoints.iter().take(ROWS_MAX as usize);
        self.set(facts::ROWS, word(rows.len()));
        for row in rows {
            self.words.push(kind_code(row.kind));
            if reach {
                self.words.push(reach_code(row.reach));
            }
            if answered_last {
                self.words.push(u32::from(row.answered_last));
            }
        }
    }

    fn recording_policy(&mut self, facts: &RecordingFacts) {
        self.contact(&facts.contact);
        self.rows(Point::RecordingPolicy, 0);
        let required = if facts.legally_required {
            LEGALLY_REQUIRED
        } else {
            0
        };
        self.set(facts::RECORDING_FLAGS, required);
        self.set(facts::MOMENT, moment_code(facts.moment));
        self.set(facts::CONSENT, consent_code(facts.consent));
        self.set(facts::RECORDING_STATE, state_code(facts.state));
    }

    fn classify(&mut self, facts: &ClassifyFacts) {
        self.contact(&facts.contact);
        self.set(facts::LINE, facts.line.0.0);
        self.set(facts::DIGIT, facts.digit.map_or(0, u32::from));
        self.set(facts::CONSENT, consent_code(facts.consent));
        self.set(facts::CALLER, caller_code(facts.caller));
        self.rows(Point::Classify, 0);
        let [waiting, open, staffed] =
            self.wants([classify::WAITING, classify::OPEN, classify::STAFFED]);
        let rows = facts.queues.iter().take(ROWS_MAX as usize);
        self.set(facts::ROWS, word(rows.len()));
        for row in rows {
            self.words.push(row.queue.0.0);
            if waiting {
                self.words.push(row.waiting);
            }
            if open {
                self.words.push(u32::from(row.open));
            }
            if staffed {
                self.words.push(u32::from(row.staffed));
            }
        }
    }

    /// Writes the contact's words and its labels.
    fn contact(&mut self, contact: &ContactFacts) {
        self.set(facts::QUEUE, contact.queue.0.0);
        self.set(facts::WAITED_MS, contact.waited.as_u32());
        self.set(facts::PRIORITY, contact.priority.cast_unsigned());
        self.set(facts::ATTEMPT, contact.attempt);
        self.set_here(facts::LABELS_AT);
        let labels = contact.labels.iter().take(LABELS_MAX as usize);
        self.set(facts::LABELS, word(labels.len()));
        for &(Symbol(key), Symbol(value)) in labels {
            self.words.extend([key, value]);
        }
    }

    /// Writes the requirements and returns how many there are.
    fn requirements(&mut self, requirements: &[Requirement]) -> usize {
        self.set_here(facts::REQUIREMENTS_AT);
        let requirements = requirements.iter().take(REQUIREMENTS_MAX as usize);
        let count = requirements.len();
        self.set(facts::REQUIREMENTS, word(count));
        for requirement in requirements {
            let flags = if requirement.required {
                REQUIREMENT_REQUIRED
            } else {
                0
            };
            self.words
                .extend([requirement.skill.0.0, u32::from(requirement.minimum), flags]);
        }
        count
    }

    /// Begins the rows. Sections that this decision point lacks are empty and stand here.
    fn rows(&mut self, point: Point, requirements: usize) {
        for section in [facts::LABELS_AT, facts::REQUIREMENTS_AT] {
            if self.header.get(section) == Some(&0) {
                self.set_here(section);
            }
        }
        self.set_here(facts::ROWS_AT);
        self.set(
            facts::ROW_WORDS,
            word(row_words(point, self.columns, requirements)),
        );
    }

    fn wants<const N: usize>(&self, columns: [u32; N]) -> [bool; N] {
        columns.map(|column| self.columns >> column & 1 == 1)
    }

    fn set(&mut self, at: usize, value: u32) {
        if let Some(slot) = self.header.get_mut(at) {
            *slot = value;
        }
    }

    fn set_here(&mut self, at: usize) {
        self.set(at, word(self.words.len()));
    }

    fn set_wide(&mut self, low_at: usize, high_at: usize, value: u64) {
        let (low, high) = halves(value);
        self.set(low_at, low);
        self.set(high_at, high);
    }

    fn finish(mut self, memo: &[u8]) -> Vec<u32> {
        self.set_here(facts::MEMO_AT);
        // A memo always came as words; a length that is none is filled up with zeros.
        for bytes in memo.chunks(4).take(MEMO_WORDS_MAX as usize) {
            let mut word = [0; 4];
            for (to, from) in word.iter_mut().zip(bytes) {
                *to = *from;
            }
            self.words.push(u32::from_le_bytes(word));
        }
        if let Some(front) = self.words.get_mut(..facts::HEADER_WORDS) {
            front.copy_from_slice(&self.header);
        }
        self.words
    }
}

/// How many words a question takes, so that they are allocated once.
fn capacity(ask: &Ask, columns: u32) -> usize {
    let point = super::point_of(ask.point());
    let (rows, requirements, labels) = match &ask.facts {
        Facts::SkillMatch(facts) => (
            facts.candidates.len(),
            facts.requirements.len(),
            facts.contact.labels.len(),
        ),
        Facts::ContactSelect(facts) => (facts.contacts.len(), 0, 0),
        Facts::EndpointSelect(facts) => (facts.endpoints.len(), 0, facts.contact.labels.len()),
        Facts::RecordingPolicy(facts) => (0, 0, facts.contact.labels.len()),
        Facts::Classify(facts) => (facts.queues.len(), 0, facts.contact.labels.len()),
    };
    facts::HEADER_WORDS
        + labels * facts::LABEL_WORDS
        + requirements * facts::REQUIREMENT_WORDS
        + rows * row_words(point, columns, requirements)
        + ask.memo.len().div_ceil(4)
}

fn row_words(point: Point, columns: u32, requirements: usize) -> usize {
    let plain = columns.count_ones() as usize;
    match point {
        // `levels` counts as one column but is a word for each requirement.
        Point::SkillMatch if columns >> skill_match::LEVELS & 1 == 1 => plain - 1 + requirements,
        // `contact` counts as one column but is two words.
        Point::ContactSelect => plain + 1,
        Point::SkillMatch | Point::EndpointSelect | Point::RecordingPolicy | Point::Classify => {
            plain
        }
    }
}

/// A count that is below the contract's limits, as a word.
fn word(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Low and high word.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the halves of a 64-bit value"
)]
fn halves(value: u64) -> (u32, u32) {
    (value as u32, (value >> 32) as u32)
}

fn kind_code(kind: EndpointKind) -> u32 {
    match kind {
        EndpointKind::TeamsClient => endpoint_kind::TEAMS_CLIENT,
        EndpointKind::CallingSdk => endpoint_kind::CALLING_SDK,
        EndpointKind::Pstn => endpoint_kind::PSTN,
    }
}

fn reach_code(reach: Reach) -> u32 {
    match reach {
        Reach::Unknown => reach::UNKNOWN,
        Reach::Available => reach::AVAILABLE,
        Reach::Busy => reach::BUSY,
        Reach::Offline => reach::OFFLINE,
    }
}

fn moment_code(moment: RecordingMoment) -> u32 {
    match moment {
        RecordingMoment::Connected => moment::CONNECTED,
        RecordingMoment::PaymentStarted => moment::PAYMENT_STARTED,
        RecordingMoment::PaymentEnded => moment::PAYMENT_ENDED,
        RecordingMoment::ConsentChanged => moment::CONSENT_CHANGED,
    }
}

fn consent_code(consent: Consent) -> u32 {
    match consent {
        Consent::Unknown => consent::UNKNOWN,
        Consent::Given => consent::GIVEN,
        Consent::Refused => consent::REFUSED,
    }
}

fn caller_code(caller: CallerKind) -> u32 {
    match caller {
        CallerKind::Other => caller::OTHER,
        CallerKind::PhoneNumber => caller::PHONE_NUMBER,
        CallerKind::WithheldNumber => caller::WITHHELD_NUMBER,
        CallerKind::TeamsUser => caller::TEAMS_USER,
    }
}

fn state_code(state: RecordingFactState) -> u32 {
    match state {
        RecordingFactState::Off => recording_state::OFF,
        RecordingFactState::Active => recording_state::ACTIVE,
        RecordingFactState::Paused => recording_state::PAUSED,
    }
}

#[cfg(test)]
mod tests {
    use cordboard_core::ids::{AgentId, CallId, Millis, PluginId, QuestionId, QueueId, SkillId};

    use super::*;

    fn contact() -> ContactFacts {
        ContactFacts {
            call: CallId(0x0000_0005_0000_0006),
            queue: QueueId(Symbol(21)),
            waited: Millis(4_000),
            priority: -3,
            attempt: 2,
            labels: vec![(Symbol(30), Symbol(31))],
        }
    }

    fn agent(number: u32) -> AgentRow {
        AgentRow {
            agent: AgentId(Symbol(number)),
            idle: Millis(u64::MAX),
            group_order: 1,
            contacts_handled: 9,
        }
    }

    fn ask(facts: Facts) -> Ask {
        Ask {
            question: QuestionId(1),
            call: CallId(1),
            plugin: PluginId(Symbol(1)),
            now: 0x0000_0190_0000_0001,
            seed: 0xAAAA_BBBB_CCCC_DDDD,
            memo: vec![1, 2, 3, 4, 5],
            facts,
        }
    }

    fn skill_match_ask() -> Ask {
        let requirement = |skill, required| Requirement {
            skill: SkillId(Symbol(skill)),
            minimum: 3,
            required,
            expires_after: None,
        };
        ask(Facts::SkillMatch(SkillMatchFacts {
            contact: contact(),
            requirements: vec![requirement(7, true), requirement(8, false)],
            candidates: vec![agent(100), agent(101)],
            levels: vec![5, 0, 4, 1],
        }))
    }

    fn section(packed: &[u32], at: usize, words: usize) -> &[u32] {
        let start = packed[at] as usize;
        &packed[start..start + words]
    }

    #[test]
    fn skill_match_packs_the_declared_columns_row_by_row() {
        let packed = pack(&skill_match_ask(), 0b1_0011);
        assert_eq!(packed[..6], [1, 1, 1, 0x190, 0xCCCC_DDDD, 0xAAAA_BBBB]);
        assert_eq!(
            packed[facts::QUEUE..=facts::ATTEMPT],
            [21, 4_000, 0xFFFF_FFFD, 2]
        );
        assert_eq!(packed[facts::LABELS], 1);
        assert_eq!(section(&packed, facts::LABELS_AT, 2), [30, 31]);
        assert_eq!(packed[facts::REQUIREMENTS], 2);
        assert_eq!(
            section(&packed, facts::REQUIREMENTS_AT, 6),
            [7, 3, 1, 8, 3, 0]
        );
        assert_eq!((packed[facts::ROWS], packed[facts::ROW_WORDS]), (2, 4));
        let idle = u32::MAX;
        assert_eq!(
            section(&packed, facts::ROWS_AT, 8),
            [100, idle, 5, 0, 101, idle, 4, 1]
        );
        assert_eq!(packed[packed[facts::MEMO_AT] as usize..], [0x0403_0201, 5]);
        assert_eq!(packed.len(), packed.capacity(), "allocated once");
    }

    #[test]
    fn only_the_first_column_is_always_there() {
        let packed = pack(&skill_match_ask(), 1);
        assert_eq!(packed[facts::ROW_WORDS], 1);
        assert_eq!(section(&packed, facts::ROWS_AT, 2), [100, 101]);
        let packed = pack(&skill_match_ask(), 0b1101);
        assert_eq!(section(&packed, facts::ROWS_AT, 6), [100, 1, 9, 101, 1, 9]);
    }

    #[test]
    fn contact_select_packs_the_free_agent_and_wide_contact_numbers() {
        let packed = pack(
            &ask(Facts::ContactSelect(ContactSelectFacts {
                agent: agent(100),
                contacts: vec![contact()],
            })),
            0b1_1111,
        );
        assert_eq!(
            packed[facts::FREE_AGENT..=facts::FREE_AGENT_HANDLED],
            [100, u32::MAX, 1, 9]
        );
        assert_eq!(packed[facts::ROW_WORDS], 6);
        assert_eq!(
            section(&packed, facts::ROWS_AT, 6),
            [6, 5, 21, 4_000, 0xFFFF_FFFD, 2]
        );
        assert_eq!(packed.len(), packed.capacity());
    }

    #[test]
    fn endpoint_select_and_recording_policy_pack_their_codes() {
        let endpoints = vec![
            cordboard_core::question::EndpointRow {
                kind: EndpointKind::Pstn,
                reach: Reach::Busy,
                answered_last: true,
            };
            1
        ];
        let packed = pack(
            &ask(Facts::EndpointSelect(EndpointSelectFacts {
                contact: contact(),
                agent: AgentId(Symbol(100)),
                endpoints,
            })),
            0b111,
        );
        assert_eq!((packed[facts::QUEUE], packed[facts::AGENT]), (21, 100));
        assert_eq!(section(&packed, facts::ROWS_AT, 3), [2, 2, 1]);

        let packed = pack(
            &ask(Facts::RecordingPolicy(RecordingFacts {
                contact: contact(),
                moment: RecordingMoment::ConsentChanged,
                consent: Consent::Refused,
                legally_required: true,
                state: RecordingFactState::Active,
            })),
            0,
        );
        assert_eq!(
            packed[facts::RECORDING_FLAGS..=facts::RECORDING_STATE],
            [1, 3, 2, 1]
        );
        assert_eq!((packed[facts::ROWS], packed[facts::ROW_WORDS]), (0, 0));
    }

    #[test]
    fn classify_packs_the_line_the_digit_and_a_row_for_each_queue() {
        let queue = |number, waiting, open| cordboard_core::question::QueueRow {
            queue: QueueId(Symbol(number)),
            waiting,
            open,
            staffed: !open,
        };
        let facts = ask(Facts::Classify(ClassifyFacts {
            contact: contact(),
            line: cordboard_core::ids::ResourceAccountId(Symbol(40)),
            digit: Some('2'),
            consent: Consent::Given,
            caller: CallerKind::WithheldNumber,
            queues: vec![queue(21, 3, true), queue(22, 0, false)],
        }));
        let packed = pack(&facts, 0b1111);
        assert_eq!(packed[facts::POINT], 5);
        assert_eq!(packed[facts::LINE..=facts::CALLER], [40, 50, 1, 2]);
        assert_eq!((packed[facts::ROWS], packed[facts::ROW_WORDS]), (2, 4));
        assert_eq!(
            section(&packed, facts::ROWS_AT, 8),
            [21, 3, 1, 0, 22, 0, 0, 1]
        );
        assert_eq!(packed.len(), packed.capacity());
        let packed = pack(&facts, 0b0101);
        assert_eq!(section(&packed, facts::ROWS_AT, 4), [21, 1, 22, 0]);
    }
}
