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
    /// One number for each ranked row, see [`Row`]: up to [`FEW`] of them in order, or all of them
    /// until they are sorted at the end.
    ranked: Vec<u64>,
    /// Only rows below it, so better ones, still get a place.
    limit: u64,
    rows: usize,
    best_max: usize,
    outranked: ReasonCode,
    /// Two words each.
    rejected: Vec<u32>,
}

/// Up to so many rows are kept in order while they come; more are quicker to sort at the end.
const FEW: usize = 16;

impl Ranking {
    pub(crate) fn new(rows: u32) -> Self {
        let rows = rows as usize;
        Self {
            ranked: Vec::new(),
            limit: u64::MAX,
            rows,
            best_max: rows,
            outranked: ReasonCode::NONE,
            rejected: Vec::new(),
        }
    }

    /// Keeps only the best `rows`: the engine offers the next one when the best is no longer
    /// available, and asks again after the last. The others are rejected with `reason`, or left
    /// out where it is [`ReasonCode::NONE`]. Up to 16 without a reason are much quicker than more.
    /// Call it before the first [`Self::rank`].
    pub fn keep_best(&mut self, rows: u32, reason: impl Into<ReasonCode>) {
        self.best_max = self.rows.min(rows as usize);
        self.limit = if self.best_max == 0 { 0 } else { u64::MAX };
        self.outranked = reason.into();
    }

    /// Ranks a row by its score, larger is better. Each row at most once, over both methods: the
    /// host drops a verdict that names one twice.
    #[inline]
    pub fn rank(&mut self, index: u32, score: i32, reason: impl Into<ReasonCode>) {
        let row = Row::pack(index, score, reason.into());
        if row < self.limit {
            self.place(row);
        } else if self.outranked != ReasonCode::NONE {
            self.reject(index, self.outranked);
        }
    }

    #[inline(never)]
    fn place(&mut self, row: u64) {
        if self.best_max > FEW {
            if self.ranked.is_empty() {
                self.ranked.reserve_exact(self.rows);
            }
            self.ranked.push(row);
            return;
        }
        if self.ranked.len() < self.best_max {
            if self.ranked.is_empty() {
                self.ranked.reserve_exact(self.best_max);
            }
            self.ranked.push(row);
        } else if let Some(worst) = self.ranked.last_mut() {
            let outranked = core::mem::replace(worst, row);
            if self.outranked != ReasonCode::NONE {
                self.reject(Row::index(outranked), self.outranked);
            }
        }
        // Rows come in native order, so a later one mostly ranks low: from the end, few steps.
        let mut rest = self.ranked.as_mut_slice();
        while let [before @ .., last] = rest {
            match before.last_mut() {
                Some(previous) if *previous > *last => core::mem::swap(previous, last),
                _ => break,
            }
            rest = before;
        }
        if self.ranked.len() == self.best_max {
            self.limit = self.ranked.last().copied().unwrap_or_default();
        }
    }

    /// Leaves a row out and says why.
    pub fn reject(&mut self, index: u32, reason: impl Into<ReasonCode>) {
        let reason = u32::from(reason.into().0);
        self.rejected.extend_from_slice(&[index, reason]);
    }

    /// Writes the verdict.
    pub(crate) fn into_words(mut self, answer: Answer, memo: &Memo<'_>) -> Vec<u32> {
        if self.best_max > FEW {
            self.ranked.sort_unstable();
        }
        let best_max = self.best_max.min(self.ranked.len());
        let (best, outranked) = self.ranked.split_at(best_max);
        let outranked = if self.outranked == ReasonCode::NONE {
            &[]
        } else {
            outranked
        };
        let rejected = self.rejected.len() / verdict::REJECTED_WORDS + outranked.len();
        let mut words = Vec::with_capacity(
            verdict::HEADER_WORDS
                + best.len() * verdict::RANKED_WORDS
                + rejected * verdict::REJECTED_WORDS
                + memo.tail().len(),
        );
        match answer {
            Answer::Abstain => {
                words.extend_from_slice(&[verdict::ABSTAIN, memo.header_word(), 0, 0]);
            }
            Answer::Decided => {
                words.extend_from_slice(&[
                    verdict::DECIDED,
                    memo.header_word(),
                    count(best.len()),
                    count(rejected),
                ]);
                for &row in best {
                    words.extend_from_slice(&Row::unpack(row));
                }
                words.extend_from_slice(&self.rejected);
                let reason = u32::from(self.outranked.0);
                for &row in outranked {
                    words.extend_from_slice(&[Row::index(row), reason]);
                }
            }
        }
        words.extend_from_slice(memo.tail());
        words
    }
}

/// A ranked row as one number that is smaller where the row is better: the score, then the index,
/// then the reason.
struct Row;

impl Row {
    const REASON_BITS: u32 = 16;
    const INDEX_BITS: u32 = 16;

    fn pack(index: u32, score: i32, reason: ReasonCode) -> u64 {
        // All bits but the sign's are flipped: the highest score is the smallest unsigned number.
        let score = u64::from(score.cast_unsigned() ^ i32::MAX.cast_unsigned());
        let index = u64::from(index & ((1 << Self::INDEX_BITS) - 1));
        (score << Self::INDEX_BITS | index) << Self::REASON_BITS | u64::from(reason.0)
    }

    fn unpack(row: u64) -> [u32; verdict::RANKED_WORDS] {
        let score = (row >> (Self::INDEX_BITS + Self::REASON_BITS)) as u32;
        let reason = row as u32 & ((1 << Self::REASON_BITS) - 1);
        [Self::index(row), score ^ i32::MAX.cast_unsigned(), reason]
    }

    fn index(row: u64) -> u32 {
        (row >> Self::REASON_BITS) as u32 & ((1 << Self::INDEX_BITS) - 1)
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
    fn few_and_many_are_ranked_alike() {
        let scores = (0..200_u32).map(|index| (index, (index * 7_919 % 101).cast_signed()));
        let ranked = |best: u32| {
            let mut ranking = Ranking::new(200);
            ranking.keep_best(best, ReasonCode::NONE);
            for (index, score) in scores.clone() {
                ranking.rank(index, score, ReasonCode(1));
            }
            words(ranking)
        };
        let mut expected: Vec<_> = scores.clone().collect();
        expected.sort_by_key(|(index, score)| (-score, *index));
        for best in [1, 15, 16, 17, 200, 201] {
            let kept = expected.len().min(best as usize);
            let rows = expected[..kept].iter();
            let rows: Vec<_> = rows
                .flat_map(|(index, score)| [*index, score.cast_unsigned(), 1])
                .collect();
            assert_eq!(ranked(best)[4..], rows, "{best}");
        }
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
