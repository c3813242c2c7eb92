//! The decision point `skill-match`.

use std::marker::PhantomData;

use cordboard_contract::v0_1::Point;

use crate::columns::AgentColumn;
use crate::contact::{self, Contact, Moment, Requirement};
use crate::frame::{Expected, Frame};
use crate::ids::AgentId;
use crate::memo::Memo;
use crate::plugin::Plugin;
use crate::ranking::Ranking;
use crate::verdict::{Answer, unreadable};

/// Ranks agents for a contact.
pub trait SkillMatch: Plugin {
    /// The columns that [`Self::rank`] reads, besides the agent. Fewer are quicker.
    const READS: &'static [AgentColumn];

    /// Ranks the candidates. Called whenever a contact and at least one agent wait for each other.
    ///
    /// The candidates come in native order and all have what is required, so a plugin only orders
    /// them, or leaves some out.
    fn rank(
        &self,
        facts: &SkillMatchFacts<'_, Self>,
        ranking: &mut Ranking,
        memo: &mut Memo<'_>,
    ) -> Answer;
}

/// What a `skill-match` decision is about.
#[derive(Debug)]
pub struct SkillMatchFacts<'a, P: ?Sized> {
    frame: Frame<'a>,
    plugin: PhantomData<fn(&P)>,
}

impl<'a, P: SkillMatch> SkillMatchFacts<'a, P> {
    /// The contact to find an agent for.
    #[must_use]
    pub const fn contact(&self) -> Contact<'a> {
        Contact::new(self.frame)
    }

    /// Time and seed.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment::new(&self.frame)
    }

    /// The requirements in force, at most 32.
    pub fn requirements(&self) -> impl ExactSizeIterator<Item = Requirement> + use<'a, P> {
        contact::requirements(&self.frame)
    }

    /// The candidates in native order.
    pub fn candidates(&self) -> impl ExactSizeIterator<Item = Candidate<'a, P>> + use<'a, P> {
        self.frame.rows().map(|(index, words)| Candidate {
            index,
            words,
            plugin: PhantomData,
        })
    }
}

/// An agent who could take the contact.
#[derive(Debug)]
pub struct Candidate<'a, P: ?Sized> {
    index: u32,
    words: &'a [u32],
    plugin: PhantomData<fn(&P)>,
}

impl<'a, P: SkillMatch> Candidate<'a, P> {
    /// The number of the row, for the verdict.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// The agent.
    #[must_use]
    pub fn agent(&self) -> AgentId {
        AgentId(self.word(0))
    }

    /// How long the agent has been idle, in ms. Needs [`AgentColumn::IdleMs`].
    #[must_use]
    pub fn idle_ms(&self) -> u32 {
        const {
            assert!(
                AgentColumn::IdleMs.is_in(P::READS),
                "add `IdleMs` to `READS`"
            )
        }
        self.word(const { AgentColumn::IdleMs.offset(P::READS) })
    }

    /// The order of the routing group through which the agent serves the queue, 0 first. Needs
    /// [`AgentColumn::GroupOrder`].
    #[must_use]
    pub fn group_order(&self) -> u32 {
        const {
            assert!(
                AgentColumn::GroupOrder.is_in(P::READS),
                "add `GroupOrder` to `READS`"
            )
        }
        self.word(const { AgentColumn::GroupOrder.offset(P::READS) })
    }

    /// Contacts that the agent has handled. Needs [`AgentColumn::ContactsHandled`].
    #[must_use]
    pub fn contacts_handled(&self) -> u32 {
        const {
            assert!(
                AgentColumn::ContactsHandled.is_in(P::READS),
                "add `ContactsHandled` to `READS`"
            );
        }
        self.word(const { AgentColumn::ContactsHandled.offset(P::READS) })
    }

    /// The agent's level for each requirement, in their order; 0 where the agent lacks the skill.
    /// Needs [`AgentColumn::Levels`].
    #[must_use]
    pub fn levels(&self) -> &'a [u32] {
        const {
            assert!(
                AgentColumn::Levels.is_in(P::READS),
                "add `Levels` to `READS`"
            )
        }
        let at = const { AgentColumn::Levels.offset(P::READS) };
        self.words.get(at..).unwrap_or_default()
    }

    fn word(&self, offset: usize) -> u32 {
        // The frame has checked that rows are as wide as `READS` wants them.
        self.words.get(offset).copied().unwrap_or_default()
    }
}

/// Makes the decision over packed lists, as the component does.
pub fn decide<P: SkillMatch>(plugin: &P, facts: &[u32]) -> Vec<u32> {
    let expected = Expected {
        point: Point::SkillMatch,
        columns: const { AgentColumn::mask(P::READS) },
        words: const { AgentColumn::words(P::READS) },
        levels: const { AgentColumn::Levels.is_in(P::READS) },
    };
    let frame = match Frame::read(facts, expected) {
        Ok(frame) => frame,
        Err(why) => return unreadable(why),
    };
    let mut ranking = Ranking::new(frame.number_of_rows());
    let mut memo = Memo::new(frame.memo);
    let facts = SkillMatchFacts {
        frame,
        plugin: PhantomData,
    };
    let answer = plugin.rank(&facts, &mut ranking, &mut memo);
    ranking.into_words(answer, &memo)
}
