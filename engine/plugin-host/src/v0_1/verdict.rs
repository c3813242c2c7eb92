//! Packed verdicts to answers.

use cordboard_contract::v0_1::{
    LEVEL_MAX, MEMO_WORDS_MAX, OWN_REQUIREMENTS_MAX, PRIORITY_MAX, Point, REQUIREMENT_REQUIRED,
    RETENTION_DAYS_MAX, RING_MS_MAX, RING_MS_MIN, RINGS_MAX, STAGES_MAX, facts, recording_action,
    recording_channels, recording_flags, recording_format, verdict,
};
use cordboard_core::{
    ids::{Millis, SkillId, Symbol},
    question::{
        Advice, Classification, Ranked, RecordingAction, RecordingAdvice, RecordingChannels,
        RecordingFormat, Requirement, Ring,
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
            Point::Classify => Advice::Classify(classification(&parts, facts, reasons)?),
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
    /// Rejected rows, or requirements.
    second: &'a [u32],
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
        let [outcome, memo_words, rows, second] = *header;
        let decided = match outcome {
            verdict::ABSTAIN => false,
            verdict::DECIDED => true,
            _ => return Err(format!("outcome {outcome} does not exist")),
        };
        if !decided && (rows, second) != (0, 0) {
            return Err("it abstains and has rows".into());
        }
        if second != 0 && point.second_row_words() == 0 {
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
        let second_words = u64::from(second) * u64::from(point.second_row_words());
        let expected = rows_words + second_words + u64::from(memo_words);
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
        let (second, memo) = rest
            .split_at_checked(at(second_words))
            .ok_or_else(wrong_length)?;
        Ok(Self {
            decided,
            rows,
            second,
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
    let (rejected, _) = parts.second.as_chunks::<{ verdict::REJECTED_WORDS }>();
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

fn classification(
    parts: &Parts<'_>,
    facts: &[u32],
    reasons: &Reasons,
) -> Result<Classification, String> {
    let (rows, _) = parts.rows.as_chunks::<{ verdict::CLASSIFIED_WORDS }>();
    let &[[queue, priority, reason]] = rows else {
        return Err(format!("there is one queue, it names {}", rows.len()));
    };
    Seen::new(facts).take(queue)?;
    check_reason(reasons, reason)?;
    let priority = priority.cast_signed();
    if !(-PRIORITY_MAX..=PRIORITY_MAX).contains(&priority) {
        return Err(format!(
            "it adds {priority} to the priority, -{PRIORITY_MAX} to {PRIORITY_MAX} are allowed"
        ));
    }
    let (own, _) = parts
        .second
        .as_chunks::<{ verdict::OWN_REQUIREMENT_WORDS }>();
    if own.len() > OWN_REQUIREMENTS_MAX as usize {
        return Err(format!(
            "it has {} requirements, at most {OWN_REQUIREMENTS_MAX} are allowed",
            own.len()
        ));
    }
    let requirement = |&[skill, level, flags, expires_ms]: &[u32; 4]| {
        let minimum = u8::try_from(level)
            .ok()
            .filter(|_| (1..=LEVEL_MAX).contains(&level))
            .ok_or_else(|| format!("level {level} does not exist, there are 1 to {LEVEL_MAX}"))?;
        if flags & !REQUIREMENT_REQUIRED != 0 {
            return Err(format!("flags {flags:#x} do not exist"));
        }
        Ok(Requirement {
            skill: SkillId(Symbol(skill)),
            minimum,
            required: flags & REQUIREMENT_REQUIRED != 0,
            expires_after: (expires_ms != 0).then(|| Millis(u64::from(expires_ms))),
        })
    };
    Ok(Classification {
        queue,
        priority,
        requirements: own.iter().map(requirement).collect::<Result<_, _>>()?,
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
mod tests;
