//! Reads the header and the sections of a list of facts.

use cordboard_contract::v0_1::{Point, VERSION, facts};

/// A list of facts, cut into its sections. Every length is checked once, here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) header: &'a [u32; facts::HEADER_WORDS],
    rows: &'a [u32],
    /// At least 1, even where there are no rows.
    row_words: usize,
    pub(crate) labels: &'a [[u32; facts::LABEL_WORDS]],
    pub(crate) requirements: &'a [[u32; facts::REQUIREMENT_WORDS]],
    pub(crate) memo: &'a [u32],
}

/// What a plugin expects of the rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) point: Point,
    /// Bits of the columns that the plugin reads; bit 0 is always set.
    pub(crate) columns: u32,
    /// Words of these columns.
    pub(crate) words: usize,
    /// Whether one more word per requirement follows.
    pub(crate) levels: bool,
}

impl<'a> Frame<'a> {
    /// # Errors
    /// The first thing in which the list is not what the contract says, for the log.
    pub(crate) fn read(words: &'a [u32], expected: Expected) -> Result<Self, &'static str> {
        let header = words
            .first_chunk::<{ facts::HEADER_WORDS }>()
            .ok_or("the facts are shorter than their header")?;
        // Minor versions only add, between the sections.
        if header[facts::VERSION] >> 16 != VERSION >> 16 {
            return Err("the facts are of another contract version");
        }
        if header[facts::POINT] != expected.point.code() {
            return Err("the facts are of another decision point");
        }
        let labels = section(words, header[facts::LABELS_AT], header[facts::LABELS], 2)
            .ok_or("the labels are cut off")?;
        let requirements = section(
            words,
            header[facts::REQUIREMENTS_AT],
            header[facts::REQUIREMENTS],
            3,
        )
        .ok_or("the requirements are cut off")?;
        let (requirements, _) = requirements.as_chunks();
        let row_words = expected.words + usize::from(expected.levels) * requirements.len();
        let count = header[facts::ROWS];
        if count > 0
            && (header[facts::COLUMNS] != expected.columns
                || header[facts::ROW_WORDS] as usize != row_words)
        {
            return Err("the rows do not hold the columns that the manifest declares");
        }
        let rows = section(words, header[facts::ROWS_AT], count, row_words)
            .ok_or("the rows are cut off")?;
        let memo = words
            .get(header[facts::MEMO_AT] as usize..)
            .ok_or("the memo is cut off")?;
        Ok(Self {
            header,
            rows,
            row_words: row_words.max(1),
            labels: labels.as_chunks().0,
            requirements,
            memo,
        })
    }

    /// The rows with their numbers, each as wide as expected.
    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = (u32, &'a [u32])> + use<'a> {
        let rows = self.rows.chunks_exact(self.row_words).enumerate();
        // Lossless: the facts have at most `u32::MAX` words.
        rows.map(|(index, words)| (index as u32, words))
    }

    pub(crate) fn number_of_rows(&self) -> u32 {
        self.header[facts::ROWS]
    }
}

fn section(words: &[u32], at: u32, count: u32, size: usize) -> Option<&[u32]> {
    if count == 0 {
        return Some(&[]);
    }
    let at = at as usize;
    let end = (count as usize).checked_mul(size)?.checked_add(at)?;
    words.get(at..end)
}
