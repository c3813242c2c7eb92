//! What facts say about the contact, the moment and the requirements.

use cordboard_contract::v0_1::{REQUIREMENT_REQUIRED, facts};

use crate::frame::Frame;
use crate::ids::{LabelId, QueueId, SkillId};

/// The contact that a decision is about.
#[derive(Clone, Copy, Debug)]
pub struct Contact<'a> {
    frame: Frame<'a>,
}

impl<'a> Contact<'a> {
    pub(crate) const fn new(frame: Frame<'a>) -> Self {
        Self { frame }
    }

    /// The queue that it waits in.
    #[must_use]
    pub fn queue(&self) -> QueueId {
        QueueId(self.frame.header[facts::QUEUE])
    }

    /// How long it has waited, in ms.
    #[must_use]
    pub fn waited_ms(&self) -> u32 {
        self.frame.header[facts::WAITED_MS]
    }

    /// Its priority, -1,000 to 1,000; larger is more urgent.
    #[must_use]
    pub fn priority(&self) -> i32 {
        self.frame.header[facts::PRIORITY].cast_signed()
    }

    /// How many offers it has had.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.frame.header[facts::ATTEMPT]
    }

    /// Its labels, key and value, at most 64.
    pub fn labels(&self) -> impl ExactSizeIterator<Item = (LabelId, LabelId)> + use<'a> {
        let labels = self.frame.labels.iter();
        labels.map(|&[key, value]| (LabelId(key), LabelId(value)))
    }

    /// The value of a label, if the contact has it.
    #[must_use]
    pub fn label(&self, key: LabelId) -> Option<LabelId> {
        self.labels()
            .find(|(found, _)| *found == key)
            .map(|(_, value)| value)
    }
}

/// The moment of a decision: the only time and the only randomness that a plugin has. Both are part
/// of the facts, so a replayed decision finds the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// Now, in ms since the Unix epoch.
    pub now_ms: u64,
    /// A number that differs from decision to decision.
    pub seed: u64,
}

impl Moment {
    pub(crate) fn new(frame: &Frame<'_>) -> Self {
        let header = frame.header;
        Self {
            now_ms: join(header[facts::NOW_LOW], header[facts::NOW_HIGH]),
            seed: join(header[facts::SEED_LOW], header[facts::SEED_HIGH]),
        }
    }
}

/// A skill that the contact asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Requirement {
    /// The skill.
    pub skill: SkillId,
    /// The lowest level that will do, 1 to 100.
    pub minimum: u32,
    /// `true`: agents without it are no candidates. `false`: a wish.
    pub required: bool,
}

impl From<[u32; 3]> for Requirement {
    fn from([skill, minimum, flags]: [u32; 3]) -> Self {
        Self {
            skill: SkillId(skill),
            minimum,
            required: flags & REQUIREMENT_REQUIRED != 0,
        }
    }
}

pub(crate) fn requirements<'a>(
    frame: &Frame<'a>,
) -> impl ExactSizeIterator<Item = Requirement> + use<'a> {
    frame.requirements.iter().copied().map(Requirement::from)
}

/// Joins the words of a 64-bit value.
pub(crate) fn join(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}
