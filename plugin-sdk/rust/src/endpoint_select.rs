//! The decision point `endpoint-select`.

use std::marker::PhantomData;

use cordboard_contract::v0_1::{
    Point, RING_MS_MAX, RING_MS_MIN, RINGS_MAX, STAGES_MAX, endpoint_kind, facts, reach, verdict,
};

use crate::columns::EndpointColumn;
use crate::contact::{Contact, Moment};
use crate::frame::{Expected, Frame};
use crate::ids::AgentId;
use crate::memo::Memo;
use crate::plugin::Plugin;
use crate::verdict::{Answer, unreadable};

/// Chooses which endpoints of an agent ring, in which order and for how long.
pub trait EndpointSelect: Plugin {
    /// The columns that [`Self::select`] reads, besides the kind.
    const READS: &'static [EndpointColumn];

    /// Chooses the rings. Called once for every offer.
    ///
    /// At least one endpoint has to ring: deciding without any is abstaining.
    fn select(
        &self,
        facts: &EndpointSelectFacts<'_, Self>,
        rings: &mut Rings,
        memo: &mut Memo<'_>,
    ) -> Answer;
}

/// What an `endpoint-select` decision is about.
#[derive(Debug)]
pub struct EndpointSelectFacts<'a, P: ?Sized> {
    frame: Frame<'a>,
    plugin: PhantomData<fn(&P)>,
}

impl<'a, P: EndpointSelect> EndpointSelectFacts<'a, P> {
    /// The contact that is offered.
    #[must_use]
    pub const fn contact(&self) -> Contact<'a> {
        Contact::new(self.frame)
    }

    /// The agent that it is offered to.
    #[must_use]
    pub fn agent(&self) -> AgentId {
        AgentId(self.frame.header[facts::AGENT])
    }

    /// Time and seed.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment::new(&self.frame)
    }

    /// The agent's endpoints in the order of the configuration.
    pub fn endpoints(&self) -> impl ExactSizeIterator<Item = Endpoint<'a, P>> + use<'a, P> {
        self.frame.rows().map(|(index, words)| Endpoint {
            index,
            words,
            plugin: PhantomData,
        })
    }
}

/// A place where the agent can be rung.
#[derive(Debug)]
pub struct Endpoint<'a, P: ?Sized> {
    index: u32,
    words: &'a [u32],
    plugin: PhantomData<fn(&P)>,
}

impl<P: EndpointSelect> Endpoint<'_, P> {
    /// The number of the row, for the verdict.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// What rings; `None` for a kind that this version does not know.
    #[must_use]
    pub fn kind(&self) -> Option<EndpointKind> {
        match self.word(0) {
            endpoint_kind::TEAMS_CLIENT => Some(EndpointKind::TeamsClient),
            endpoint_kind::CALLING_SDK => Some(EndpointKind::CallingSdk),
            endpoint_kind::PSTN => Some(EndpointKind::Pstn),
            _ => None,
        }
    }

    /// Whether it can be expected to ring. Needs [`EndpointColumn::Reach`].
    #[must_use]
    pub fn reach(&self) -> Reach {
        const {
            assert!(
                EndpointColumn::Reach.is_in(P::READS),
                "add `Reach` to `READS`"
            )
        }
        match self.word(const { EndpointColumn::Reach.offset(P::READS) }) {
            reach::AVAILABLE => Reach::Available,
            reach::BUSY => Reach::Busy,
            reach::OFFLINE => Reach::Offline,
            _ => Reach::Unknown,
        }
    }

    /// Whether the agent answered the previous contact here. Needs
    /// [`EndpointColumn::AnsweredLast`].
    #[must_use]
    pub fn answered_last(&self) -> bool {
        const {
            assert!(
                EndpointColumn::AnsweredLast.is_in(P::READS),
                "add `AnsweredLast` to `READS`"
            );
        }
        self.word(const { EndpointColumn::AnsweredLast.offset(P::READS) }) != 0
    }

    fn word(&self, offset: usize) -> u32 {
        // The frame has checked that rows are as wide as `READS` wants them.
        self.words.get(offset).copied().unwrap_or_default()
    }
}

/// What kind of device rings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EndpointKind {
    /// The Teams client.
    TeamsClient,
    /// A Calling SDK client.
    CallingSdk,
    /// A phone number. An answer there is not yet a person, so the engine has it confirmed.
    Pstn,
}

/// Whether an endpoint can be expected to ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Nothing is known, or this version does not know the code.
    Unknown,
    /// Registered and free.
    Available,
    /// Busy.
    Busy,
    /// Not registered.
    Offline,
}

/// Collects the rings of an offer, stage by stage: the endpoints of a stage ring at once, and the
/// next stage rings when nobody has answered. The first confirmed answer wins.
#[derive(Debug, Default)]
pub struct Rings {
    /// Three words each.
    words: Vec<u32>,
    stage: u32,
    /// Whether something rings in the stage.
    is_stage_used: bool,
}

impl Rings {
    /// Begins the next stage, unless nothing rings in this one yet.
    pub const fn next_stage(&mut self) {
        if self.is_stage_used {
            self.stage += 1;
            self.is_stage_used = false;
        }
    }

    /// Lets an endpoint ring in this stage, for 1 s to 120 s; other times are brought into that
    /// range. Returns `false`, and does nothing, for an endpoint that rings already, a 17th ring
    /// or a 9th stage.
    pub fn ring(&mut self, index: u32, time_ms: u32) -> bool {
        let (rings, _) = self.words.as_chunks::<{ verdict::RING_WORDS }>();
        if rings.len() >= RINGS_MAX as usize
            || self.stage >= STAGES_MAX
            || rings.iter().any(|[ringing, ..]| *ringing == index)
        {
            return false;
        }
        let time_ms = time_ms.clamp(RING_MS_MIN, RING_MS_MAX);
        self.words.extend_from_slice(&[index, self.stage, time_ms]);
        self.is_stage_used = true;
        true
    }

    /// Whether nothing rings.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    fn into_words(self, answer: Answer, memo: &Memo<'_>) -> Vec<u32> {
        let rings = if answer == Answer::Decided {
            self.words
        } else {
            Vec::new()
        };
        let count = u32::try_from(rings.len() / verdict::RING_WORDS).unwrap_or(0);
        let outcome = if count == 0 {
            verdict::ABSTAIN
        } else {
            verdict::DECIDED
        };
        let tail = memo.tail();
        let mut words = Vec::with_capacity(verdict::HEADER_WORDS + rings.len() + tail.len());
        words.extend_from_slice(&[outcome, memo.header_word(), count, 0]);
        words.extend_from_slice(&rings);
        words.extend_from_slice(tail);
        words
    }
}

/// Makes the decision over packed lists, as the component does.
pub fn decide<P: EndpointSelect>(plugin: &P, facts: &[u32]) -> Vec<u32> {
    let expected = Expected {
        point: Point::EndpointSelect,
        columns: const { EndpointColumn::mask(P::READS) },
        words: const { EndpointColumn::words(P::READS) },
        levels: false,
    };
    let frame = match Frame::read(facts, expected) {
        Ok(frame) => frame,
        Err(why) => return unreadable(why),
    };
    let mut rings = Rings::default();
    let mut memo = Memo::new(frame.memo);
    let facts = EndpointSelectFacts {
        frame,
        plugin: PhantomData,
    };
    let answer = plugin.select(&facts, &mut rings, &mut memo);
    rings.into_words(answer, &memo)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(rings: Rings) -> Vec<u32> {
        rings.into_words(Answer::Decided, &Memo::new(&[]))
    }

    #[test]
    fn empty_stages_are_not_counted() {
        let mut rings = Rings::default();
        rings.next_stage();
        assert!(rings.ring(2, 15_000));
        assert!(rings.ring(0, 15_000));
        rings.next_stage();
        rings.next_stage();
        assert!(rings.ring(1, 20_000));
        let expected = [2, 0, 15_000, 0, 0, 15_000, 1, 1, 20_000];
        assert_eq!(words(rings)[2..], [&[3, 0][..], &expected].concat());
    }

    #[test]
    fn an_endpoint_rings_once() {
        let mut rings = Rings::default();
        assert!(rings.ring(0, 15_000));
        rings.next_stage();
        assert!(!rings.ring(0, 20_000));
        assert_eq!(words(rings)[2..], [1, 0, 0, 0, 15_000]);
    }

    #[test]
    fn times_are_brought_into_the_range_of_the_contract() {
        let mut rings = Rings::default();
        rings.ring(0, 0);
        rings.ring(1, u32::MAX);
        assert_eq!(words(rings)[4..], [0, 0, 1_000, 1, 0, 120_000]);
    }

    #[test]
    fn rings_and_stages_have_limits() {
        let mut rings = Rings::default();
        for index in 0..16 {
            assert!(rings.ring(index, 5_000));
        }
        assert!(!rings.ring(16, 5_000));
        let mut rings = Rings::default();
        for index in 0..8 {
            assert!(rings.ring(index, 5_000));
            rings.next_stage();
        }
        assert!(!rings.ring(8, 5_000));
    }

    #[test]
    fn deciding_without_a_ring_is_abstaining() {
        assert_eq!(words(Rings::default()), [0, u32::MAX, 0, 0]);
    }

    #[test]
    fn abstaining_drops_the_rings() {
        let mut rings = Rings::default();
        rings.ring(0, 5_000);
        let words = rings.into_words(Answer::Abstain, &Memo::new(&[]));
        assert_eq!(words, [0, u32::MAX, 0, 0]);
    }
}
