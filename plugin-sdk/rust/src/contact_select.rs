//! The decision point `contact-select`.

use std::marker::PhantomData;

use cordboard_contract::v0_1::{Point, facts};

use crate::columns::ContactColumn;
use crate::contact::{Moment, join};
use crate::frame::{Expected, Frame};
use crate::ids::{AgentId, QueueId};
use crate::memo::Memo;
use crate::plugin::Plugin;
use crate::ranking::Ranking;
use crate::verdict::{Answer, unreadable};

/// Ranks waiting contacts for a free agent.
pub trait ContactSelect: Plugin {
    /// The columns that [`Self::rank`] reads, besides the contact. Fewer are quicker.
    const READS: &'static [ContactColumn];

    /// Ranks the contacts. Called whenever an agent becomes free while contacts wait.
    ///
    /// The contacts come in native order. One that is left out is not taken by this agent.
    fn rank(
        &self,
        facts: &ContactSelectFacts<'_, Self>,
        ranking: &mut Ranking,
        memo: &mut Memo<'_>,
    ) -> Answer;
}

/// What a `contact-select` decision is about.
#[derive(Debug)]
pub struct ContactSelectFacts<'a, P: ?Sized> {
    frame: Frame<'a>,
    plugin: PhantomData<fn(&P)>,
}

impl<'a, P: ContactSelect> ContactSelectFacts<'a, P> {
    /// The agent who is free.
    #[must_use]
    pub fn agent(&self) -> FreeAgent {
        let header = self.frame.header;
        FreeAgent {
            agent: AgentId(header[facts::FREE_AGENT]),
            idle_ms: header[facts::FREE_AGENT_IDLE_MS],
            group_order: header[facts::FREE_AGENT_GROUP_ORDER],
            contacts_handled: header[facts::FREE_AGENT_HANDLED],
        }
    }

    /// Time and seed.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment::new(&self.frame)
    }

    /// The contacts that the agent may serve, in native order.
    pub fn contacts(&self) -> impl ExactSizeIterator<Item = WaitingContact<'a, P>> + use<'a, P> {
        self.frame.rows().map(|(index, words)| WaitingContact {
            index,
            words,
            plugin: PhantomData,
        })
    }
}

/// The agent for whom a contact is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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

/// A contact that waits.
#[derive(Debug)]
pub struct WaitingContact<'a, P: ?Sized> {
    index: u32,
    words: &'a [u32],
    plugin: PhantomData<fn(&P)>,
}

impl<P: ContactSelect> WaitingContact<'_, P> {
    /// The number of the row, for the verdict.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// The contact's number, the same from decision to decision.
    #[must_use]
    pub fn contact(&self) -> u64 {
        join(self.word(0), self.word(1))
    }

    /// The queue that it waits in. Needs [`ContactColumn::Queue`].
    #[must_use]
    pub fn queue(&self) -> QueueId {
        const {
            assert!(
                ContactColumn::Queue.is_in(P::READS),
                "add `Queue` to `READS`"
            )
        }
        QueueId(self.word(const { ContactColumn::Queue.offset(P::READS) }))
    }

    /// How long it has waited, in ms. Needs [`ContactColumn::WaitedMs`].
    #[must_use]
    pub fn waited_ms(&self) -> u32 {
        const {
            assert!(
                ContactColumn::WaitedMs.is_in(P::READS),
                "add `WaitedMs` to `READS`"
            )
        }
        self.word(const { ContactColumn::WaitedMs.offset(P::READS) })
    }

    /// Its priority, -1,000 to 1,000; larger is more urgent. Needs [`ContactColumn::Priority`].
    #[must_use]
    pub fn priority(&self) -> i32 {
        const {
            assert!(
                ContactColumn::Priority.is_in(P::READS),
                "add `Priority` to `READS`"
            )
        }
        self.word(const { ContactColumn::Priority.offset(P::READS) })
            .cast_signed()
    }

    /// How many offers it has had. Needs [`ContactColumn::Attempt`].
    #[must_use]
    pub fn attempt(&self) -> u32 {
        const {
            assert!(
                ContactColumn::Attempt.is_in(P::READS),
                "add `Attempt` to `READS`"
            )
        }
        self.word(const { ContactColumn::Attempt.offset(P::READS) })
    }

    fn word(&self, offset: usize) -> u32 {
        // The frame has checked that rows are as wide as `READS` wants them.
        self.words.get(offset).copied().unwrap_or_default()
    }
}

/// Makes the decision over packed lists, as the component does.
pub fn decide<P: ContactSelect>(plugin: &P, facts: &[u32]) -> Vec<u32> {
    let expected = Expected {
        point: Point::ContactSelect,
        columns: const { ContactColumn::mask(P::READS) },
        words: const { ContactColumn::words(P::READS) },
        levels: false,
    };
    let frame = match Frame::read(facts, expected) {
        Ok(frame) => frame,
        Err(why) => return unreadable(why),
    };
    let mut ranking = Ranking::new(frame.number_of_rows());
    let mut memo = Memo::new(frame.memo);
    let facts = ContactSelectFacts {
        frame,
        plugin: PhantomData,
    };
    let answer = plugin.rank(&facts, &mut ranking, &mut memo);
    ranking.into_words(answer, &memo)
}
