//! Packed verdicts to answers.

use cordboard_contract::v0_1::{
    MEMO_WORDS_MAX, Point, RETENTION_DAYS_MAX, RING_MS_MAX, RING_MS_MIN, RINGS_MAX, STAGES_MAX,
    facts, recording_action, recording_channels, recording_flags, recording_format, verdict,
};
use cordboard_core::{
    ids::Millis,
    question::{
        Advice, Ranked, RecordingAction, RecordingAdvice, RecordingChannels, RecordingFormat, Ring,
    },
};

use super::Reasons;

/// A checked answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Answered {
    /// The advice; `None` leaves the decision to the native rule.
    pub(crate) advice: Option<Advice>,
    /// The new memo; `None` keeps the old one.
    pub(crate) memo: Option<Vec<u8>>,
}

/// Reads the verdict on these facts.
///
/// # Errors
///
/// Tells what breaks the contract.
pub(crate) fn read_verdict(
    point: Point,
    facts: &[u32],
    words: &[u32],
    reasons: &Reasons,
) -> Result<Answered, String> {
    let parts = Parts::split(point, words)?;
    let advice = match parts.decided {
        false => None,
        true => Some(match point {
            Point::SkillMatch => Advice::SkillMatch(ranking(&parts, facts, reasons)?),
            Point::ContactSelect => Advice::ContactSelect(ranking(&parts, facts, reasons)?),
            Point::EndpointSelect => Advice::EndpointSelect(rings(&parts, facts)?),
            Point::RecordingPolicy => Advice::RecordingPolicy(recording(&parts, reasons)?),
        }),
    };
    let memo = parts
        .memo
        .map(|words| words.iter().flat_map(|word| word.to_le_bytes()).collect());
    Ok(Answered { advice, memo })
}

/// The sections of a verdict, whose lengths fit together.
struct Parts<'a> {
    decided: bool,
    rows: &'a [u32],
    rejected: &'a [u32],
    memo: Option<&'a [u32]>,
}

impl<'a> Parts<'a> {
    fn split(point: Point, words: &'a [u32]) -> Result<Self, String> {
        let Some((header, rest)) = words.split_first_chunk::<{ verdict::HEADER_WORDS }>() else {
            return Err(format!(
                "a verdict has at least {} words, this one has {}",
                verdict::HEADER_WORDS,
                words.len()
            ));
        };
        let [outcome, memo_words, rows, rejected] = *header;
        let decided = match outcome {
            verdict::ABSTAIN => false,
            verdict::DECIDED => true,
            _ => return Err(format!("outcome {outcome} does not exist")),
        };
        if !decided && (rows, rejected) != (0, 0) {
            return Err("it abstains and has rows".into());
        }
        if rejected != 0 && point != Point::SkillMatch {
            return Err(format!("`{}` has no rejected rows", point.name()));
        }
        let memo_kept = memo_words == verdict::MEMO_KEEP;
        let memo_words = if memo_kept { 0 } else { memo_words };
        if memo_words > MEMO_WORDS_MAX {
            return Err(format!(
                "a memo has at most {MEMO_WORDS_MAX} words, this one has {memo_words}"
            ));
        }

        let rows_words = u64::from(rows) * u64::from(point.verdict_row_words());
        let rejected_words = u64::from(rejected) * verdict::REJECTED_WORDS as u64;
        let expected = rows_words + rejected_words + u64::from(memo_words);
        let wrong_length = || {
            format!(
                "it has {} words after the header, its counts make {expected}",
                rest.len()
            )
        };
        if rest.len() as u64 != expected {
            return Err(wrong_length());
        }
        // The sum is the length of a slice, so each part fits.
        let at = |words: u64| usize::try_from(words).unwrap_or(usize::MAX);
        let (rows, rest) = rest
            .split_at_checked(at(rows_words))
            .ok_or_else(wrong_length)?;
        let (rejected, memo) = rest
            .split_at_checked(at(rejected_words))
            .ok_or_else(wrong_length)?;
        Ok(Self {
            decided,
            rows,
            rejected,
            memo: (!memo_kept).then_some(memo),
        })
    }
}

/// Which rows of the facts were named, so that none is named twice.
struct Seen {
    rows: u32,
    few: u64,
    many: Vec<u64>,
}

impl Seen {
    /// For the rows of these facts.
    fn new(facts: &[u32]) -> Self {
        let rows = facts.get(facts::ROWS).copied().unwrap_or(0);
        Self {
            rows,
            few: 0,
            many: if rows <= u64::BITS {
                Vec::new()
            } else {
                vec![0; rows.div_ceil(u64::BITS) as usize]
            },
        }
    }

    #[inline]
    fn take(&mut self, index: u32) -> Result<(), String> {
        let bits = if index >= self.rows {
            return Err(self.out_of_range(index));
        } else if self.rows <= u64::BITS {
            &mut self.few
        } else {
            match self.many.get_mut((index / u64::BITS) as usize) {
                Some(bits) => bits,
                None => return Err(self.out_of_range(index)),
            }
        };
        let bit = 1 << (index % u64::BITS);
        if *bits & bit != 0 {
            return Err(format!("row {index} is named twice"));
        }
        *bits |= bit;
        Ok(())
    }

    #[cold]
    fn out_of_range(&self, index: u32) -> String {
        format!("row {index} does not exist, there are {}", self.rows)
    }
}

fn ranking(parts: &Parts<'_>, facts: &[u32], reasons: &Reasons) -> Result<Vec<Ranked>, String> {
    let mut seen = Seen::new(facts);
    let (rows, _) = parts.rows.as_chunks::<{ verdict::RANKED_WORDS }>();
    let mut ranking = Vec::with_capacity(rows.len());
    for &[index, score, reason] in rows {
        seen.take(index)?;
        check_reason(reasons, reason)?;
        ranking.push(Ranked {
            index,
            score: score.cast_signed(),
            reason,
        });
    }
    let (rejected, _) = parts.rejected.as_chunks::<{ verdict::REJECTED_WORDS }>();
    for &[index, reason] in rejected {
        seen.take(index)?;
        check_reason(reasons, reason)?;
    }
    Ok(ranking)
}

fn rings(parts: &Parts<'_>, facts: &[u32]) -> Result<Vec<Ring>, String> {
    let mut seen = Seen::new(facts);
    let (rows, _) = parts.rows.as_chunks::<{ verdict::RING_WORDS }>();
    if rows.is_empty() || rows.len() > RINGS_MAX as usize {
        return Err(format!(
            "1 to {RINGS_MAX} endpoints ring, it names {}",
            rows.len()
        ));
    }
    let mut last_stage = 0;
    let mut rings = Vec::with_capacity(rows.len());
    for (number, &[endpoint, stage, ring_ms]) in rows.iter().enumerate() {
        seen.take(endpoint)?;
        let follows = stage == last_stage || (stage == last_stage + 1 && number > 0);
        if stage >= STAGES_MAX || !follows {
            return Err(format!(
                "stage {stage} follows stage {last_stage}: stages are 0 to {}, in order, and none is skipped",
                STAGES_MAX - 1
            ));
        }
        if !(RING_MS_MIN..=RING_MS_MAX).contains(&ring_ms) {
            return Err(format!(
                "endpoint {endpoint} rings for {ring_ms} ms, {RING_MS_MIN} to {RING_MS_MAX} are allowed"
            ));
        }
        last_stage = stage;
        rings.push(Ring {
            endpoint,
            stage,
            ring: Millis(u64::from(ring_ms)),
        });
    }
    Ok(rings)
}

fn recording(parts: &Parts<'_>, reasons: &Reasons) -> Result<RecordingAdvice, String> {
    let (rows, _) = parts.rows.as_chunks::<{ verdict::RECORDING_WORDS }>();
    let &[[action, format, channels, retention_days, flags, reason]] = rows else {
        return Err(format!("there is one decision, it has {}", rows.len()));
    };
    check_reason(reasons, reason)?;
    if retention_days > RETENTION_DAYS_MAX {
        return Err(format!(
            "it keeps recordings for {retention_days} days, at most {RETENTION_DAYS_MAX} are allowed"
        ));
    }
    if flags & !recording_flags::ALL != 0 {
        return Err(format!("flags {flags:#x} do not exist"));
    }
    Ok(RecordingAdvice {
        action: match action {
            recording_action::NONE => RecordingAction::None,
            recording_action::START => RecordingAction::Start,
            recording_action::STOP => RecordingAction::Stop,
            recording_action::PAUSE => RecordingAction::Pause,
            recording_action::RESUME => RecordingAction::Resume,
            _ => return Err(format!("recording action {action} does not exist")),
        },
        format: match format {
            recording_format::WAV => RecordingFormat::Wav,
            recording_format::MP3 => RecordingFormat::Mp3,
            recording_format::MP4 => RecordingFormat::Mp4,
            _ => return Err(format!("recording format {format} does not exist")),
        },
        channels: match channels {
            recording_channels::MIXED => RecordingChannels::Mixed,
            recording_channels::UNMIXED => RecordingChannels::Unmixed,
            _ => return Err(format!("recording channels {channels} do not exist")),
        },
        retention_days,
        with_transcription: flags & recording_flags::TRANSCRIPTION != 0,
        with_streaming: flags & recording_flags::STREAMING != 0,
        reason,
    })
}

#[inline]
fn check_reason(reasons: &Reasons, code: u32) -> Result<(), String> {
    if reasons.has(code) {
        Ok(())
    } else {
        Err(format!("reason {code} is not in the manifest's catalogue"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(rows: u32) -> Vec<u32> {
        let mut words = vec![0; facts::HEADER_WORDS];
        words[facts::ROWS] = rows;
        words
    }

    fn read(point: Point, rows: u32, words: &[u32]) -> Result<Answered, String> {
        let reasons = Reasons::new([5].into_iter());
        read_verdict(point, &facts(rows), words, &reasons)
    }

    fn advice(point: Point, rows: u32, words: &[u32]) -> Advice {
        read(point, rows, words).unwrap().advice.unwrap()
    }

    const KEEP: u32 = verdict::MEMO_KEEP;

    #[test]
    fn a_ranking_is_read_with_scores_reasons_and_rejected_rows() {
        let words = [
            1,
            KEEP,
            2,
            1,
            3,
            10,
            5,
            0,
            (-7_i32).cast_unsigned(),
            0,
            1,
            5,
        ];
        let ranked = |index, score, reason| Ranked {
            index,
            score,
            reason,
        };
        assert_eq!(
            advice(Point::SkillMatch, 4, &words),
            Advice::SkillMatch(vec![ranked(3, 10, 5), ranked(0, -7, 0)])
        );
    }

    #[test]
    fn a_memo_is_kept_replaced_or_forgotten() {
        let memo = |words: &[u32]| read(Point::SkillMatch, 4, words).unwrap().memo;
        assert_eq!(memo(&[0, KEEP, 0, 0]), None);
        assert_eq!(memo(&[0, 0, 0, 0]), Some(vec![]));
        assert_eq!(memo(&[1, 1, 0, 0, 0x0403_0201]), Some(vec![1, 2, 3, 4]));
    }

    #[test]
    fn whatever_breaks_the_layout_is_told() {
        let mut big_memo = vec![0, 1_025, 0, 0];
        big_memo.resize(4 + 1_025, 0);
        let cases: [(Point, &[u32], &str); 14] = [
            (Point::SkillMatch, &[], "at least 4 words"),
            (Point::SkillMatch, &[2, 0, 0, 0], "outcome 2"),
            (
                Point::SkillMatch,
                &[0, 0, 1, 0, 0, 0, 0],
                "abstains and has rows",
            ),
            (Point::SkillMatch, &[1, 0, 1, 0, 0, 0], "its counts make 3"),
            (Point::SkillMatch, &[1, 0, 0, 0, 9], "its counts make 0"),
            (
                Point::SkillMatch,
                &[1, 0, u32::MAX, u32::MAX],
                "its counts make",
            ),
            (Point::SkillMatch, &big_memo, "at most 1024 words"),
            (
                Point::ContactSelect,
                &[1, 0, 0, 1, 0, 0],
                "no rejected rows",
            ),
            (
                Point::SkillMatch,
                &[1, 0, 1, 0, 4, 0, 0],
                "row 4 does not exist, there are 4",
            ),
            (
                Point::SkillMatch,
                &[1, 0, 2, 0, 1, 0, 0, 1, 0, 0],
                "row 1 is named twice",
            ),
            (
                Point::SkillMatch,
                &[1, 0, 1, 1, 1, 0, 0, 1, 0],
                "row 1 is named twice",
            ),
            (Point::SkillMatch, &[1, 0, 1, 0, 1, 0, 6], "reason 6"),
            (
                Point::RecordingPolicy,
                &[1, 0, 0, 0],
                "there is one decision, it has 0",
            ),
            (Point::EndpointSelect, &[1, 0, 0, 0], "it names 0"),
        ];
        for (point, words, expected) in cases {
            let error = read(point, 4, words).unwrap_err();
            assert!(error.contains(expected), "{words:?}: {error}");
        }
    }

    #[test]
    fn indices_are_checked_beyond_64_rows_as_well() {
        let twice = [1, 0, 2, 0, 99, 0, 0, 99, 0, 0];
        let error = read(Point::SkillMatch, 100, &twice).unwrap_err();
        assert_eq!(error, "row 99 is named twice");
        let outside = [1, 0, 1, 0, 100, 0, 0];
        let error = read(Point::SkillMatch, 100, &outside).unwrap_err();
        assert_eq!(error, "row 100 does not exist, there are 100");
    }

    #[test]
    fn rings_keep_their_stages_in_order() {
        let words = [1, KEEP, 3, 0, 1, 0, 20_000, 0, 0, 20_000, 2, 1, 15_000];
        let ring = |endpoint, stage, ms| Ring {
            endpoint,
            stage,
            ring: Millis(ms),
        };
        assert_eq!(
            advice(Point::EndpointSelect, 3, &words),
            Advice::EndpointSelect(vec![
                ring(1, 0, 20_000),
                ring(0, 0, 20_000),
                ring(2, 1, 15_000)
            ])
        );
        let cases: [(&[u32], &str); 5] = [
            (&[0, 1, 20_000], "stage 1 follows stage 0"),
            (&[0, 0, 20_000, 1, 2, 20_000], "stage 2 follows stage 0"),
            (
                &[0, 0, 20_000, 1, 1, 20_000, 2, 0, 20_000],
                "stage 0 follows stage 1",
            ),
            (&[0, 0, 999], "rings for 999 ms"),
            (&[0, 0, 120_001], "rings for 120001 ms"),
        ];
        for (rows, expected) in cases {
            let count = u32::try_from(rows.len() / 3).unwrap();
            let words = [&[1, KEEP, count, 0], rows].concat();
            let error = read(Point::EndpointSelect, 3, &words).unwrap_err();
            assert!(error.contains(expected), "{rows:?}: {error}");
        }
    }

    #[test]
    fn a_recording_decision_is_read_and_each_code_checked() {
        let words = [1, KEEP, 1, 0, 3, 0, 1, 90, 3, 5];
        assert_eq!(
            advice(Point::RecordingPolicy, 0, &words),
            Advice::RecordingPolicy(RecordingAdvice {
                action: RecordingAction::Pause,
                format: RecordingFormat::Wav,
                channels: RecordingChannels::Unmixed,
                retention_days: 90,
                with_transcription: true,
                with_streaming: true,
                reason: 5,
            })
        );
        for (at, value, expected) in [
            (4, 5, "action 5"),
            (5, 3, "format 3"),
            (6, 2, "channels 2"),
            (7, 36_501, "36501 days"),
            (8, 4, "flags 0x4"),
            (9, 6, "reason 6"),
        ] {
            let mut words = words;
            words[at] = value;
            let error = read(Point::RecordingPolicy, 0, &words).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    fn small_word() -> impl proptest::strategy::Strategy<Value = u32> {
        use proptest::prelude::*;

        // Mostly what a verdict may hold, else anything.
        prop_oneof![8 => 0..8_u32, 2 => 900..40_000_u32, 1 => Just(KEEP), 1 => any::<u32>()]
    }

    proptest::proptest! {
        /// Any words at all are answered, and what is accepted keeps the contract.
        #[test]
        fn no_words_break_the_reader(
            point in 0..4_usize,
            rows in 0..200_u32,
            header in proptest::array::uniform4(small_word()),
            body in proptest::collection::vec(small_word(), 0..40),
        ) {
            let words = [&header[..], &body].concat();
            let Ok(answered) = read(Point::ALL[point], rows, &words) else {
                return Ok(());
            };
            proptest::prop_assert!(answered.memo.is_none_or(|memo| memo.len() <= 4_096));
            let named: Vec<u32> = match answered.advice {
                Some(Advice::SkillMatch(ranking) | Advice::ContactSelect(ranking)) => {
                    ranking.iter().map(|row| row.index).collect()
                }
                Some(Advice::EndpointSelect(rings)) => {
                    rings.iter().map(|ring| ring.endpoint).collect()
                }
                Some(Advice::RecordingPolicy(_)) | None => vec![],
            };
            let mut unique = named.clone();
            unique.sort_unstable();
            unique.dedup();
            proptest::prop_assert_eq!(unique.len(), named.len());
            proptest::prop_assert!(named.iter().all(|index| *index < rows));
        }
    }
}
