//! The decision point `classify`.

use std::marker::PhantomData;

use cordboard_contract::v0_1::{
    LEVEL_MAX, OWN_REQUIREMENTS_MAX, PRIORITY_MAX, Point, REQUIREMENT_REQUIRED, caller, facts,
    verdict,
};

use crate::columns::QueueColumn;
use crate::contact::{Contact, Moment};
use crate::frame::{Expected, Frame};
use crate::ids::{LineId, QueueId, ReasonCode, SkillId};
use crate::memo::Memo;
use crate::plugin::Plugin;
use crate::recording_policy::Consent;
use crate::verdict::unreadable;

/// Chooses the queue of a new call, its priority and what its agent must have.
pub trait Classify: Plugin {
    /// The columns that [`Self::classify`] reads, besides the queue.
    const READS: &'static [QueueColumn];

    /// Chooses the queue. Called once for every call, when the menu or the line has chosen one and
    /// before the caller waits. `None` leaves the caller where menu or line send them.
    ///
    /// The caller hears nothing meanwhile.
    fn classify(
        &self,
        facts: &ClassifyFacts<'_, Self>,
        memo: &mut Memo<'_>,
    ) -> Option<Classification>;
}

/// What a `classify` decision is about.
#[derive(Debug)]
pub struct ClassifyFacts<'a, P: ?Sized> {
    frame: Frame<'a>,
    consent: Consent,
    plugin: PhantomData<fn(&P)>,
}

impl<'a, P: Classify> ClassifyFacts<'a, P> {
    /// The contact; its queue is the one that the menu or the line chose, and its priority the one
    /// that it would have there.
    #[must_use]
    pub const fn contact(&self) -> Contact<'a> {
        Contact::new(self.frame)
    }

    /// The line that was called.
    #[must_use]
    pub fn line(&self) -> LineId {
        LineId(self.frame.header[facts::LINE])
    }

    /// The menu's digit that chose the queue; `None` where the caller chose nothing.
    #[must_use]
    pub fn digit(&self) -> Option<char> {
        char::from_u32(self.frame.header[facts::DIGIT]).filter(|digit| *digit != '\0')
    }

    /// What the caller said to being recorded.
    #[must_use]
    pub const fn consent(&self) -> Consent {
        self.consent
    }

    /// From where the caller calls.
    #[must_use]
    pub fn caller(&self) -> CallerKind {
        match self.frame.header[facts::CALLER] {
            caller::PHONE_NUMBER => CallerKind::PhoneNumber,
            caller::WITHHELD_NUMBER => CallerKind::WithheldNumber,
            caller::TEAMS_USER => CallerKind::TeamsUser,
            _ => CallerKind::Other,
        }
    }

    /// Time and seed.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment::new(&self.frame)
    }

    /// The queues: the one that the menu or the line chose, then the others.
    pub fn queues(&self) -> impl ExactSizeIterator<Item = Queue<'a, P>> + use<'a, P> {
        self.frame.rows().map(|(index, words)| Queue {
            index,
            words,
            plugin: PhantomData,
        })
    }

    /// The row of a queue, if it is one of the tenant's.
    #[must_use]
    pub fn queue(&self, wanted: QueueId) -> Option<Queue<'a, P>> {
        self.queues().find(|queue| queue.queue() == wanted)
    }
}

/// A queue to choose from.
#[derive(Debug)]
pub struct Queue<'a, P: ?Sized> {
    index: u32,
    words: &'a [u32],
    plugin: PhantomData<fn(&P)>,
}

impl<P: Classify> Queue<'_, P> {
    /// The number of the row, for the verdict.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// The queue.
    #[must_use]
    pub fn queue(&self) -> QueueId {
        QueueId(self.word(0))
    }

    /// Callers who wait in it, offers included. Needs [`QueueColumn::Waiting`].
    #[must_use]
    pub fn waiting(&self) -> u32 {
        const {
            assert!(
                QueueColumn::Waiting.is_in(P::READS),
                "add `Waiting` to `READS`"
            );
        }
        self.word(const { QueueColumn::Waiting.offset(P::READS) })
    }

    /// Whether it takes callers at this moment, by its hours and its supervisors. Needs
    /// [`QueueColumn::Open`].
    #[must_use]
    pub fn is_open(&self) -> bool {
        const { assert!(QueueColumn::Open.is_in(P::READS), "add `Open` to `READS`") }
        self.word(const { QueueColumn::Open.offset(P::READS) }) != 0
    }

    /// Whether somebody who serves it is logged in, free or not. Needs [`QueueColumn::Staffed`].
    #[must_use]
    pub fn is_staffed(&self) -> bool {
        const {
            assert!(
                QueueColumn::Staffed.is_in(P::READS),
                "add `Staffed` to `READS`"
            );
        }
        self.word(const { QueueColumn::Staffed.offset(P::READS) }) != 0
    }

    fn word(&self, offset: usize) -> u32 {
        // The frame has checked that rows are as wide as `READS` wants them.
        self.words.get(offset).copied().unwrap_or_default()
    }
}

/// From where a caller calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallerKind {
    /// None of the others, or this version does not know the code.
    Other,
    /// A phone number.
    PhoneNumber,
    /// A phone that withholds its number.
    WithheldNumber,
    /// A person in Teams.
    TeamsUser,
}

/// The queue of a new call, and what holds for its contact from then on, wherever it waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Classification {
    /// The number of the queue's row.
    queue: u32,
    priority: i32,
    requirements: Vec<OwnRequirement>,
    reason: ReasonCode,
}

/// What a contact's agent must have beside what the queue requires.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnRequirement {
    /// The skill.
    pub skill: SkillId,
    /// The lowest level that will do; it is brought into 1 to 100.
    pub minimum: u32,
    /// `true`: agents without it are no candidates. `false`: a wish, told to `skill-match` plugins.
    pub required: bool,
    /// After so many ms of waiting it holds no more; 0 for never.
    pub expires_ms: u32,
}

impl Classification {
    /// Sends the caller to the queue of this row, as urgent as the queue says.
    #[must_use]
    pub const fn to(index: u32) -> Self {
        Self {
            queue: index,
            priority: 0,
            requirements: Vec::new(),
            reason: ReasonCode::NONE,
        }
    }

    /// Adds to the queue's priority, -1,000 to 1,000; other numbers are brought into that range.
    /// Larger is more urgent.
    #[must_use]
    pub fn priority(mut self, added: i32) -> Self {
        self.priority = added.clamp(-PRIORITY_MAX, PRIORITY_MAX);
        self
    }

    /// Says why.
    #[must_use]
    pub fn because(mut self, reason: impl Into<ReasonCode>) -> Self {
        self.reason = reason.into();
        self
    }

    /// Gives the contact a requirement. Returns `false`, and does nothing, for a ninth.
    pub fn require(&mut self, requirement: OwnRequirement) -> bool {
        let has_room = self.requirements.len() < OWN_REQUIREMENTS_MAX as usize;
        if has_room {
            self.requirements.push(requirement);
        }
        has_room
    }

    fn write(&self, words: &mut Vec<u32>) {
        words.extend_from_slice(&[
            self.queue,
            self.priority.cast_unsigned(),
            u32::from(self.reason.0),
        ]);
        for requirement in &self.requirements {
            let flags = if requirement.required {
                REQUIREMENT_REQUIRED
            } else {
                0
            };
            words.extend_from_slice(&[
                requirement.skill.0,
                requirement.minimum.clamp(1, LEVEL_MAX),
                flags,
                requirement.expires_ms,
            ]);
        }
    }
}

/// Makes the decision over packed lists, as the component does.
pub fn decide<P: Classify>(plugin: &P, facts: &[u32]) -> Vec<u32> {
    let expected = Expected {
        point: Point::Classify,
        columns: const { QueueColumn::mask(P::READS) },
        words: const { QueueColumn::words(P::READS) },
        levels: false,
    };
    let frame = match Frame::read(facts, expected) {
        Ok(frame) => frame,
        Err(why) => return unreadable(why),
    };
    let Some(consent) = Consent::from_code(frame.header[facts::CONSENT]) else {
        return unreadable("the facts have a code that this version does not know");
    };
    let mut memo = Memo::new(frame.memo);
    let facts = ClassifyFacts {
        frame,
        consent,
        plugin: PhantomData,
    };
    let decided = plugin.classify(&facts, &mut memo);
    let tail = memo.tail();
    let own = decided
        .as_ref()
        .map_or(0, |decided| decided.requirements.len());
    let mut words = Vec::with_capacity(
        verdict::HEADER_WORDS
            + verdict::CLASSIFIED_WORDS
            + own * verdict::OWN_REQUIREMENT_WORDS
            + tail.len(),
    );
    match decided {
        None => words.extend_from_slice(&[verdict::ABSTAIN, memo.header_word(), 0, 0]),
        Some(decided) => {
            let own = u32::try_from(own).unwrap_or(0);
            words.extend_from_slice(&[verdict::DECIDED, memo.header_word(), 1, own]);
            decided.write(&mut words);
        }
    }
    words.extend_from_slice(tail);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_is_brought_into_it_and_a_ninth_requirement_is_not_taken() {
        let requirement = |minimum| OwnRequirement {
            skill: SkillId(7),
            minimum,
            required: minimum == 0,
            expires_ms: 5,
        };
        let mut to = Classification::to(2)
            .priority(i32::MIN)
            .because(ReasonCode(3));
        for _ in 0..7 {
            assert!(to.require(requirement(0)));
        }
        assert!(to.require(requirement(101)));
        assert!(!to.require(requirement(50)));
        let mut words = Vec::new();
        to.write(&mut words);
        assert_eq!(words[..7], [2, (-1_000_i32).cast_unsigned(), 3, 7, 1, 1, 5]);
        assert_eq!(words[3 + 7 * 4..], [7, 100, 0, 5]);
    }
}
