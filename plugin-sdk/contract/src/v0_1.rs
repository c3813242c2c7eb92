//! Contract 0.1: the numbers of `wit/v0.1/packed-rows.md`.

/// The WIT text of this version.
pub const WIT: &str = include_str!("../wit/v0.1/plugin.wit");

/// The package of this version.
pub const PACKAGE: &str = "cordboard:plugin@0.1.0";

/// The version as manifests write it.
pub const VERSION_NAME: &str = "0.1";

/// The version in word [`facts::VERSION`]: major × 65,536 + minor.
pub const VERSION: u32 = 1;

/// The only import: the interface `log`.
pub const IMPORT_LOG: &str = "cordboard:plugin/log@0.1.0";

/// The interface that every plugin exports.
pub const EXPORT_META: &str = "cordboard:plugin/meta@0.1.0";

/// Largest number of rows in a list of facts; hosts send far fewer (64 by default).
pub const ROWS_MAX: u32 = 16_384;

/// Largest number of labels of a contact.
pub const LABELS_MAX: u32 = 64;

/// Largest number of requirements of a contact.
pub const REQUIREMENTS_MAX: u32 = 32;

/// Largest memo, in words (4 KiB).
pub const MEMO_WORDS_MAX: u32 = 1_024;

/// Largest reason code; 0 means none.
pub const REASON_MAX: u32 = 1_023;

/// Largest configuration after names are replaced, in bytes of JSON.
pub const CONFIG_BYTES_MAX: usize = 1_024 * 1_024;

/// Longest line of the log, in bytes.
pub const LOG_LINE_BYTES_MAX: usize = 512;

/// Most lines of the log in one call.
pub const LOG_LINES_MAX: u32 = 16;

/// Largest number of endpoints that may ring for one offer.
pub const RINGS_MAX: u32 = 16;

/// Largest number of stages in an `endpoint-select` verdict.
pub const STAGES_MAX: u32 = 8;

/// Shortest ring of an endpoint, in ms.
pub const RING_MS_MIN: u32 = 1_000;

/// Longest ring of an endpoint, in ms.
pub const RING_MS_MAX: u32 = 120_000;

/// Longest retention of a recording, in days (100 years).
pub const RETENTION_DAYS_MAX: u32 = 36_500;

/// Most requirements that a `classify` verdict may give a contact.
pub const OWN_REQUIREMENTS_MAX: u32 = 8;

/// The most that a `classify` verdict may add to, or take from, the priority of a queue.
pub const PRIORITY_MAX: i32 = 1_000;

/// Highest level of a skill; the lowest is 1.
pub const LEVEL_MAX: u32 = 100;

/// A decision point of this version.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u32)]
pub enum Point {
    /// Ranks agents for a contact.
    SkillMatch = 1,
    /// Ranks waiting contacts for a free agent.
    ContactSelect = 2,
    /// Chooses which endpoints of an agent ring.
    EndpointSelect = 3,
    /// Starts, stops, pauses and resumes recording.
    RecordingPolicy = 4,
    /// Chooses the queue of a new call, its priority and what its agent must have.
    Classify = 5,
}

impl Point {
    /// All decision points, by code.
    pub const ALL: [Self; 5] = [
        Self::SkillMatch,
        Self::ContactSelect,
        Self::EndpointSelect,
        Self::RecordingPolicy,
        Self::Classify,
    ];

    /// The code in word [`facts::POINT`].
    #[must_use]
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The name in manifests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SkillMatch => "skill-match",
            Self::ContactSelect => "contact-select",
            Self::EndpointSelect => "endpoint-select",
            Self::RecordingPolicy => "recording-policy",
            Self::Classify => "classify",
        }
    }

    /// The interface that a plugin with this decision point exports.
    #[must_use]
    pub const fn interface(self) -> &'static str {
        match self {
            Self::SkillMatch => "cordboard:plugin/skill-match@0.1.0",
            Self::ContactSelect => "cordboard:plugin/contact-select@0.1.0",
            Self::EndpointSelect => "cordboard:plugin/endpoint-select@0.1.0",
            Self::RecordingPolicy => "cordboard:plugin/recording-policy@0.1.0",
            Self::Classify => "cordboard:plugin/classify@0.1.0",
        }
    }

    /// The one function of that interface.
    #[must_use]
    pub const fn function(self) -> &'static str {
        match self {
            Self::SkillMatch | Self::ContactSelect => "rank",
            Self::EndpointSelect => "select",
            Self::RecordingPolicy => "decide",
            Self::Classify => "classify",
        }
    }

    /// The names of the columns, by number. The first is part of every row.
    #[must_use]
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::SkillMatch => &[
                "agent",
                "idle-ms",
                "group-order",
                "contacts-handled",
                "levels",
            ],
            Self::ContactSelect => &["contact", "queue", "waited-ms", "priority", "attempt"],
            Self::EndpointSelect => &["kind", "reach", "answered-last"],
            Self::RecordingPolicy => &[],
            Self::Classify => &["queue", "waiting", "open", "staffed"],
        }
    }

    /// Words of one row of a verdict.
    #[must_use]
    pub const fn verdict_row_words(self) -> u32 {
        match self {
            Self::SkillMatch | Self::ContactSelect | Self::EndpointSelect | Self::Classify => 3,
            Self::RecordingPolicy => 6,
        }
    }

    /// Words of one row of a verdict's second section, 0 where there is none.
    #[must_use]
    pub const fn second_row_words(self) -> u32 {
        match self {
            Self::SkillMatch => 2,
            Self::Classify => 4,
            Self::ContactSelect | Self::EndpointSelect | Self::RecordingPolicy => 0,
        }
    }
}

/// Word offsets in a list of facts.
pub mod facts {
    /// [`super::VERSION`].
    pub const VERSION: usize = 0;
    /// [`super::Point::code`].
    pub const POINT: usize = 1;
    /// Now, ms since the Unix epoch, low word.
    pub const NOW_LOW: usize = 2;
    /// Now, high word.
    pub const NOW_HIGH: usize = 3;
    /// Seed, low word.
    pub const SEED_LOW: usize = 4;
    /// Seed, high word.
    pub const SEED_HIGH: usize = 5;
    /// Offset of the memo, which runs to the end of the list.
    pub const MEMO_AT: usize = 6;
    /// Offset of the first row.
    pub const ROWS_AT: usize = 7;
    /// Number of rows.
    pub const ROWS: usize = 8;
    /// Words of a row.
    pub const ROW_WORDS: usize = 9;
    /// Bit *c* is set when column *c* is part of a row.
    pub const COLUMNS: usize = 10;
    /// Offset of the labels.
    pub const LABELS_AT: usize = 11;
    /// Number of labels.
    pub const LABELS: usize = 12;
    /// Offset of the requirements.
    pub const REQUIREMENTS_AT: usize = 13;
    /// Number of requirements.
    pub const REQUIREMENTS: usize = 14;
    /// Reserved, 0.
    pub const RESERVED: usize = 15;

    /// The queue of the contact; not in `contact-select`.
    pub const QUEUE: usize = 16;
    /// How long the contact has waited, ms; not in `contact-select`.
    pub const WAITED_MS: usize = 17;
    /// The contact's priority, `i32`, larger is more urgent; not in `contact-select`.
    pub const PRIORITY: usize = 18;
    /// How many offers the contact has had; not in `contact-select`.
    pub const ATTEMPT: usize = 19;

    /// `contact-select`: the free agent.
    pub const FREE_AGENT: usize = 16;
    /// `contact-select`: how long the agent has been idle, ms.
    pub const FREE_AGENT_IDLE_MS: usize = 17;
    /// `contact-select`: the order of the routing group, 0 first.
    pub const FREE_AGENT_GROUP_ORDER: usize = 18;
    /// `contact-select`: contacts that the agent has handled.
    pub const FREE_AGENT_HANDLED: usize = 19;

    /// `endpoint-select`: the agent whose endpoints the rows are.
    pub const AGENT: usize = 20;

    /// `recording-policy`: [`LEGALLY_REQUIRED`](super::LEGALLY_REQUIRED) or 0.
    pub const RECORDING_FLAGS: usize = 20;
    /// `recording-policy`: why it asks, see [`moment`](super::moment).
    pub const MOMENT: usize = 21;
    /// `recording-policy`, `classify`: see [`consent`](super::consent).
    pub const CONSENT: usize = 22;
    /// `recording-policy`: see [`recording_state`](super::recording_state).
    pub const RECORDING_STATE: usize = 23;

    /// `classify`: the number of the line that was called.
    pub const LINE: usize = 20;
    /// `classify`: the menu's digit that chose the queue as its ASCII code, 0 for none.
    pub const DIGIT: usize = 21;
    /// `classify`: see [`caller`](super::caller).
    pub const CALLER: usize = 23;

    /// Words before the first section.
    pub const HEADER_WORDS: usize = 24;

    /// Words of a label: key, value.
    pub const LABEL_WORDS: usize = 2;
    /// Words of a requirement: skill, lowest level, flags.
    pub const REQUIREMENT_WORDS: usize = 3;
}

/// Flag of a requirement: agents without it are no candidates.
pub const REQUIREMENT_REQUIRED: u32 = 1;

/// Flag of `recording-policy` facts: the law requires a recording on this queue.
pub const LEGALLY_REQUIRED: u32 = 1;

/// Column numbers of `skill-match` rows.
pub mod skill_match {
    /// The agent, always there.
    pub const AGENT: u32 = 0;
    /// How long the agent has been idle, ms.
    pub const IDLE_MS: u32 = 1;
    /// The order of the routing group, 0 first.
    pub const GROUP_ORDER: u32 = 2;
    /// Contacts that the agent has handled.
    pub const CONTACTS_HANDLED: u32 = 3;
    /// One word per requirement: the agent's level, 0 where it lacks the skill.
    pub const LEVELS: u32 = 4;
}

/// Column numbers of `contact-select` rows.
pub mod contact_select {
    /// The number of the contact, always there; two words, low word first.
    pub const CONTACT: u32 = 0;
    /// The queue.
    pub const QUEUE: u32 = 1;
    /// How long the contact has waited, ms.
    pub const WAITED_MS: u32 = 2;
    /// Priority, `i32`, larger is more urgent.
    pub const PRIORITY: u32 = 3;
    /// How many offers the contact has had.
    pub const ATTEMPT: u32 = 4;
}

/// Column numbers of `endpoint-select` rows.
pub mod endpoint_select {
    /// See [`endpoint_kind`](super::endpoint_kind), always there.
    pub const KIND: u32 = 0;
    /// See [`reach`](super::reach).
    pub const REACH: u32 = 1;
    /// 1 where the agent answered the previous contact.
    pub const ANSWERED_LAST: u32 = 2;
}

/// Column numbers of `classify` rows.
pub mod classify {
    /// The queue, always there.
    pub const QUEUE: u32 = 0;
    /// Callers who wait in it.
    pub const WAITING: u32 = 1;
    /// 1 where it takes callers at this moment.
    pub const OPEN: u32 = 2;
    /// 1 where somebody who serves it is logged in.
    pub const STAFFED: u32 = 3;
}

/// Codes of the word `CALLER`.
pub mod caller {
    /// None of the others.
    pub const OTHER: u32 = 0;
    /// A phone number.
    pub const PHONE_NUMBER: u32 = 1;
    /// A phone that withholds its number.
    pub const WITHHELD_NUMBER: u32 = 2;
    /// A person in Teams.
    pub const TEAMS_USER: u32 = 3;
}

/// Codes of the column `kind`.
pub mod endpoint_kind {
    /// The Teams client.
    pub const TEAMS_CLIENT: u32 = 0;
    /// A Calling SDK client.
    pub const CALLING_SDK: u32 = 1;
    /// A phone number.
    pub const PSTN: u32 = 2;
}

/// Codes of the column `reach`.
pub mod reach {
    /// Nothing is known.
    pub const UNKNOWN: u32 = 0;
    /// Registered and free.
    pub const AVAILABLE: u32 = 1;
    /// Busy.
    pub const BUSY: u32 = 2;
    /// Not registered.
    pub const OFFLINE: u32 = 3;
}

/// Codes of the word `MOMENT`.
pub mod moment {
    /// Caller and agent are connected.
    pub const CONNECTED: u32 = 0;
    /// A payment menu is about to begin.
    pub const PAYMENT_STARTED: u32 = 1;
    /// The payment menu is over.
    pub const PAYMENT_ENDED: u32 = 2;
    /// The caller gave or refused consent.
    pub const CONSENT_CHANGED: u32 = 3;
    /// Somebody asked to start.
    pub const ASKED_START: u32 = 4;
    /// Somebody asked to stop.
    pub const ASKED_STOP: u32 = 5;
    /// Somebody asked to pause.
    pub const ASKED_PAUSE: u32 = 6;
    /// Somebody asked to resume.
    pub const ASKED_RESUME: u32 = 7;
}

/// Codes of the word `CONSENT`.
pub mod consent {
    /// Was not asked or did not say.
    pub const UNKNOWN: u32 = 0;
    /// Agreed.
    pub const GIVEN: u32 = 1;
    /// Refused.
    pub const REFUSED: u32 = 2;
}

/// Codes of the word `RECORDING_STATE`.
pub mod recording_state {
    /// Nothing is recorded.
    pub const OFF: u32 = 0;
    /// It records.
    pub const ACTIVE: u32 = 1;
    /// It is paused.
    pub const PAUSED: u32 = 2;
}

/// Word offsets and codes in a verdict.
pub mod verdict {
    /// [`ABSTAIN`] or [`DECIDED`].
    pub const OUTCOME: usize = 0;
    /// Words of the memo at the end of the list, or [`MEMO_KEEP`].
    pub const MEMO_WORDS: usize = 1;
    /// Number of rows.
    pub const ROWS: usize = 2;
    /// `skill-match`: number of rejected rows.
    pub const REJECTED: usize = 3;
    /// `classify`: number of requirements.
    pub const REQUIREMENTS: usize = 3;
    /// Words before the first row.
    pub const HEADER_WORDS: usize = 4;

    /// Outcome: the native rule decides.
    pub const ABSTAIN: u32 = 0;
    /// Outcome: the rows are the verdict.
    pub const DECIDED: u32 = 1;

    /// Memo: keep it as it is.
    pub const MEMO_KEEP: u32 = u32::MAX;

    /// Words of a ranked row: index, score (`i32`), reason code.
    pub const RANKED_WORDS: usize = 3;
    /// Words of a rejected row: index, reason code.
    pub const REJECTED_WORDS: usize = 2;
    /// Words of a ring: index, stage, ring time in ms.
    pub const RING_WORDS: usize = 3;
    /// Words of a `classify` verdict: index of the queue, priority (`i32`), reason code.
    pub const CLASSIFIED_WORDS: usize = 3;
    /// Words of a requirement of a `classify` verdict: skill, lowest level, flags, ms until it expires or 0.
    pub const OWN_REQUIREMENT_WORDS: usize = 4;
    /// Words of a recording verdict: action, format, channels, days, flags, reason code.
    pub const RECORDING_WORDS: usize = 6;
}

/// Codes of a recording verdict's first word.
pub mod recording_action {
    /// Leave it as it is.
    pub const NONE: u32 = 0;
    /// Start.
    pub const START: u32 = 1;
    /// Stop for good.
    pub const STOP: u32 = 2;
    /// Pause.
    pub const PAUSE: u32 = 3;
    /// Resume.
    pub const RESUME: u32 = 4;
}

/// Codes of a recording verdict's second word.
pub mod recording_format {
    /// WAV.
    pub const WAV: u32 = 0;
    /// MP3.
    pub const MP3: u32 = 1;
    /// MP4.
    pub const MP4: u32 = 2;
}

/// Codes of a recording verdict's third word.
pub mod recording_channels {
    /// One channel with all parties.
    pub const MIXED: u32 = 0;
    /// A channel for each party.
    pub const UNMIXED: u32 = 1;
}

/// Flags of a recording verdict's fifth word.
pub mod recording_flags {
    /// Pause and resume also act on transcription.
    pub const TRANSCRIPTION: u32 = 1;
    /// Pause and resume also act on media streaming.
    pub const STREAMING: u32 = 2;
    /// All flags of this version.
    pub const ALL: u32 = TRANSCRIPTION | STREAMING;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wit_names_what_the_constants_name() {
        assert!(WIT.contains(&["package ", PACKAGE, ";"].concat()));
        for point in Point::ALL {
            assert!(WIT.contains(&["interface ", point.name(), " {"].concat()));
            let expected = ["cordboard:plugin/", point.name(), "@0.1.0"].concat();
            assert_eq!(point.interface(), expected);
        }
    }

    extern crate std;
    use std::prelude::v1::*;

    #[test]
    fn the_page_names_every_column_with_its_number() {
        let page = include_str!("../wit/v0.1/packed-rows.md");
        for point in Point::ALL {
            let row = page
                .lines()
                .find(|line| {
                    line.starts_with(&["| ", point.name()].concat()) && line.contains("(always")
                })
                .unwrap_or("");
            for (number, column) in point.columns().iter().enumerate() {
                let expected = std::format!("{number} `{column}`");
                assert!(row.contains(&expected), "{expected} is missing in: {row}");
            }
        }
    }
}
