//! The verdict of `skill-match` and `contact-select`: a ranking.

use cordboard_contract::v0_1::verdict;

use crate::ids::ReasonCode;
use crate::memo::Memo;
use crate::verdict::Answer;

/// Collects ranked and rejected rows, in any order; the best come first in the verdict.
///
/// Rows of equal score keep the native order. A candidate that is neither ranked nor rejected is
/// not offered, just like a rejected one; the reason only stands in the decision record.
#[derive(Debug)]
pub struct Ranking {
    /// Ranked rows, best first, one number each, see [`Row`].
    best: Vec<u64>,
    best_max: usize,
    outranked: ReasonCode,
    /// Two words each.
    rejected: Vec<u32>,
}

impl Ranking {
    pub(crate) fn new(rows: u32) -> Self {
        let rows = rows as usize;
        Self {
            best: Vec::new(),
            best_max: rows,
            outranked: ReasonCode::NONE,
            rejected: Vec::with_capacity(rows * verdict::REJECTED_WORDS),
        }
    }

    /// Keeps only the best `rows`: the engine offers the next one when the best is no longer
    /// available, and asks again after that. The others are rejected with `reason`, or left out
    /// without one. A few are quicker than all. Says so before the first [`Self::rank`].
    pub fn keep_best(&mut self, rows: u32, reason: impl Into<ReasonCode>) {
        self.best_max = self.best_max.min(rows as usize);
        self.outranked = reason.into();
    }

    /// Ranks a row by its score, larger is better. Each row at most once, over both
    /// methods: a verdict that names one twice is dropped by the host.
    pub fn rank(&mut self, index: u32, score: i32, reason: impl Into<ReasonCode>) {
        let row = Row::pack(index, score, reason.into());
        if self.best.len() >= self.best_max {
            match self.best.last_mut() {
                Some(worst) if row > *worst => {
                    let outranked = Row::index(*worst);
                    *worst = row;
                    self.reject_outranked(outranked);
                }
                _ => return self.reject_outranked(index),
            }
        } else {
            if self.best.capacity() == 0 {
                self.best.reserve_exact(self.best_max);
            }
            self.best.push(row);
        }
        // Rows come in native order, so a later one mostly ranks lower: from the end, few steps.
        let mut rest = self.best.as_mut_slice();
        while let [before @ .., last] = rest {
            match before.last_mut() {
                Some(previous) if *previous < *last => core::mem::swap(previous, last),
                _ => break,
            }
            rest = before;
        }
    }

    /// Leaves a row out and says why.
    pub fn reject(&mut self, index: u32, reason: impl Into<ReasonCode>) {
        self.rejected
            .extend_from_slice(&[index, u32::from(reason.into().0)]);
    }

    fn reject_outranked(&mut self, index: u32) {
        if self.outranked != ReasonCode::NONE {
            self.reject(index, self.outranked);
        }
    }

    /// Writes the verdict.
    pub(crate) fn into_words(self, answer: Answer, memo: &Memo<'_>) -> Vec<u32> {
        let tail = memo.tail();
        let mut words = Vec::with_capacity(
            verdict::HEADER_WORDS
                + self.best.len() * verdict::RANKED_WORDS
                + self.rejected.len()
                + tail.len(),
        );
        match answer {
            Answer::Abstain => {
                words.extend_from_slice(&[verdict::ABSTAIN, memo.header_word(), 0, 0]);
            }
            Answer::Decided => {
                words.extend_from_slice(&[
                    verdict::DECIDED,
                    memo.header_word(),
                    count(self.best.len()),
                    count(self.rejected.len() / verdict::REJECTED_WORDS),
                ]);
                words.extend(self.best.iter().flat_map(|&row| Row::unpack(row)));
                words.extend_from_slice(&self.rejected);
            }
        }
        words.extend_from_slice(tail);
        words
    }
}

/// A ranked row as one number that is larger where the row is better: score, then the smaller index,
/// then the reason. One comparison and one move sort it.
struct Row;

impl Row {
    const REASON_BITS: u32 = 16;
    const INDEX_BITS: u32 = 16;
    const INDEX_MASK: u32 = (1 << Self::INDEX_BITS) - 1;

    fn pack(index: u32, score: i32, reason: ReasonCode) -> u64 {
        // The sign bit is flipped, so that scores order as unsigned numbers do.
        let score = u64::from(score.cast_unsigned() ^ 1 << 31);
        let index = u64::from(!index & Self::INDEX_MASK);
        (score << Self::INDEX_BITS | index) << Self::REASON_BITS | u64::from(reason.0)
    }

    fn unpack(row: u64) -> [u32; verdict::RANKED_WORDS] {
        let score = (row >> (Self::INDEX_BITS + Self::REASON_BITS)) as u32 ^ 1 << 31;
        let reason = row as u32 & ((1 << Self::REASON_BITS) - 1);
        [Self::index(row), score, reason]
    }

    fn index(row: u64) -> u32 {
        !((row >> Self::REASON_BITS) as u32) & Self::INDEX_MASK
    }
}

fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(ranking: Ranking) -> Vec<u32> {
        ranking.into_words(Answer::Decided, &Memo::new(&[]))
    }

    #[test]
    fn the_best_come_first_and_equals_keep_their_order() {
        let mut ranking = Ranking::new(5);
        for (index, score) in [(0, 5), (1, -7), (2, 9), (3, 5), (4, i32::MIN)] {
            ranking.rank(index, score, ReasonCode(1));
        }
        let minus = |score: i32| score.cast_unsigned();
        let expected = [
            [2, 9, 1],
            [0, 5, 1],
            [3, 5, 1],
            [1, minus(-7), 1],
            [4, minus(i32::MIN), 1],
        ];
        let words = words(ranking);
        assert_eq!(words[..4], [verdict::DECIDED, verdict::MEMO_KEEP, 5, 0]);
        assert_eq!(words[4..], *expected.as_flattened());
    }

    #[test]
    fn only_the_best_are_kept_and_the_others_rejected() {
        let mut ranking = Ranking::new(4);
        ranking.keep_best(2, ReasonCode(9));
        for (index, score) in [(0, 1), (1, 3), (2, 2), (3, 0)] {
            ranking.rank(index, score, ReasonCode(1));
        }
        assert_eq!(words(ranking)[2..], [2, 2, 1, 3, 1, 2, 2, 1, 0, 9, 3, 9]);
    }

    #[test]
    fn outranked_rows_are_left_out_without_a_reason() {
        let mut ranking = Ranking::new(2);
        ranking.keep_best(1, ReasonCode::NONE);
        ranking.rank(0, 1, ReasonCode::NONE);
        ranking.rank(1, 2, ReasonCode::NONE);
        assert_eq!(words(ranking)[2..], [1, 0, 1, 2, 0]);
    }

    #[test]
    fn keeping_none_ranks_none() {
        let mut ranking = Ranking::new(1);
        ranking.keep_best(0, ReasonCode(9));
        ranking.rank(0, 1, ReasonCode(1));
        assert_eq!(words(ranking)[2..], [0, 1, 0, 9]);
    }

    #[test]
    fn rejected_rows_and_the_memo_come_after() {
        let mut ranking = Ranking::new(2);
        ranking.reject(1, ReasonCode(4));
        ranking.rank(0, 1, ReasonCode(1));
        let mut memo = Memo::new(&[]);
        memo.write(&[77, 78]).unwrap();
        let words = ranking.into_words(Answer::Decided, &memo);
        assert_eq!(words, [1, 2, 1, 1, 0, 1, 1, 1, 4, 77, 78]);
    }

    #[test]
    fn abstaining_keeps_the_memo_and_drops_the_rows() {
        let mut ranking = Ranking::new(1);
        ranking.rank(0, 1, ReasonCode(1));
        let mut memo = Memo::new(&[]);
        memo.write(&[5]).unwrap();
        assert_eq!(ranking.into_words(Answer::Abstain, &memo), [0, 1, 0, 0, 5]);
    }

    #[test]
    fn the_largest_index_survives_packing() {
        let index = cordboard_contract::v0_1::ROWS_MAX - 1;
        let row = Row::pack(index, -1, ReasonCode(1_023));
        assert_eq!(Row::unpack(row), [index, u32::MAX, 1_023]);
    }
}
