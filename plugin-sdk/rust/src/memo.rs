//! Small state that outlives a decision.

use std::error::Error;
use std::fmt;

use cordboard_contract::v0_1::{MEMO_WORDS_MAX, verdict};

/// What this plugin left at its last decision for this queue, and what it leaves now: a round robin,
/// an affinity, the counters of a 30/70 split.
///
/// The engine keeps it in its journal, so it survives restarts and upgrades of the plugin: begin it
/// with a version of your own. It is the only state that outlives an instance. If nothing is
/// written it stays as it is; if the verdict is not accepted, so is what was written.
#[derive(Debug)]
pub struct Memo<'a> {
    before: &'a [u32],
    after: Option<Vec<u32>>,
}

impl<'a> Memo<'a> {
    pub(crate) const fn new(before: &'a [u32]) -> Self {
        Self {
            before,
            after: None,
        }
    }

    /// What was left at the last decision; empty at first.
    #[must_use]
    pub const fn words(&self) -> &'a [u32] {
        self.before
    }

    /// Leaves these words for the next decision, at most 1,024. No words forget the memo.
    ///
    /// # Errors
    /// Too many words; the memo then stays as it was before this call.
    pub fn write(&mut self, words: &[u32]) -> Result<(), MemoTooLong> {
        if words.len() > MEMO_WORDS_MAX as usize {
            return Err(MemoTooLong { words: words.len() });
        }
        self.after = Some(words.to_vec());
        Ok(())
    }

    /// The word in a verdict's header.
    pub(crate) fn header_word(&self) -> u32 {
        self.after.as_ref().map_or(verdict::MEMO_KEEP, |words| {
            u32::try_from(words.len()).unwrap_or(0)
        })
    }

    /// The words at the end of a verdict.
    pub(crate) fn tail(&self) -> &[u32] {
        self.after.as_deref().unwrap_or_default()
    }
}

/// A memo of more than 1,024 words was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoTooLong {
    words: usize,
}

impl fmt::Display for MemoTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a memo has `{}` words, more than {MEMO_WORDS_MAX}: leave less",
            self.words
        )
    }
}

impl Error for MemoTooLong {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_written_keeps_the_memo() {
        let memo = Memo::new(&[1, 2]);
        assert_eq!(memo.words(), [1, 2]);
        assert_eq!(
            (memo.header_word(), memo.tail()),
            (verdict::MEMO_KEEP, &[][..])
        );
    }

    #[test]
    fn the_last_write_counts() {
        let mut memo = Memo::new(&[1]);
        memo.write(&[2]).unwrap();
        memo.write(&[3, 4]).unwrap();
        assert_eq!((memo.header_word(), memo.tail()), (2, &[3, 4][..]));
        memo.write(&[]).unwrap();
        assert_eq!((memo.header_word(), memo.tail()), (0, &[][..]));
    }

    #[test]
    fn too_long_a_memo_is_refused() {
        let mut memo = Memo::new(&[]);
        memo.write(&[7; 1_024]).unwrap();
        let error = memo.write(&[8; 1_025]).unwrap_err();
        assert!(error.to_string().contains("`1025`"), "{error}");
        assert_eq!(memo.tail(), [7; 1_024]);
    }
}
