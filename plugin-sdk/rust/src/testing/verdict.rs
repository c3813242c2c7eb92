//! Verdicts, read with the checks that the host makes.

use std::collections::BTreeSet;

use cordboard_contract::v0_1::{
    LEVEL_MAX, MEMO_WORDS_MAX, OWN_REQUIREMENTS_MAX, PRIORITY_MAX, REASON_MAX,
    REQUIREMENT_REQUIRED, RETENTION_DAYS_MAX, RING_MS_MAX, RING_MS_MIN, RINGS_MAX, STAGES_MAX,
    recording_action, recording_channels, recording_flags, recording_format, verdict,
};

use crate::{
    OwnRequirement, ReasonCode, RecordingAction, RecordingChannels, RecordingFormat,
    RecordingVerdict, SkillId,
};

/// What happens to the memo.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MemoChange {
    /// It stays as it is.
    Keep,
    /// These words are left; none forget it.
    Write(Vec<u32>),
}

/// A verdict of `skill-match` or `contact-select`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RankVerdict {
    /// Whether the plugin left the decision to the native rule.
    pub is_abstaining: bool,
    /// The ranked rows, best first.
    pub ranked: Vec<Ranked>,
    /// Rejected rows with the reason code.
    pub rejected: Vec<(u32, ReasonCode)>,
    /// The memo.
    pub memo: MemoChange,
}

/// A ranked row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ranked {
    /// The number of the row in the facts.
    pub index: u32,
    /// Its score.
    pub score: i32,
    /// The reason code.
    pub reason: ReasonCode,
}

impl RankVerdict {
    /// Reads a verdict on `candidates` rows.
    ///
    /// # Errors
    /// What breaks the contract.
    pub fn read(words: &[u32], candidates: usize) -> Result<Self, String> {
        let mut reader = Reader::new(words)?;
        let mut seen = BTreeSet::new();
        let mut ranked = Vec::new();
        for _ in 0..reader.rows {
            let [index, score, reason] = reader.take()?;
            unique_index(&mut seen, index, candidates)?;
            ranked.push(Ranked {
                index,
                score: score.cast_signed(),
                reason: reason_code(reason)?,
            });
        }
        let mut rejected = Vec::new();
        for _ in 0..reader.rejected {
            let [index, reason] = reader.take()?;
            unique_index(&mut seen, index, candidates)?;
            rejected.push((index, reason_code(reason)?));
        }
        Ok(Self {
            is_abstaining: reader.is_abstaining,
            ranked,
            rejected,
            memo: reader.memo()?,
        })
    }

    /// The numbers of the ranked rows, best first.
    #[must_use]
    pub fn order(&self) -> Vec<u32> {
        self.ranked.iter().map(|row| row.index).collect()
    }

    /// The reason code that a row got, ranked or rejected.
    #[must_use]
    pub fn reason(&self, index: u32) -> Option<ReasonCode> {
        let ranked = self.ranked.iter().map(|row| (row.index, row.reason));
        let mut all = ranked.chain(self.rejected.iter().copied());
        all.find(|(row, _)| *row == index).map(|(_, reason)| reason)
    }
}

/// A verdict of `endpoint-select`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RingVerdict {
    /// Whether the plugin left the decision to the native rule.
    pub is_abstaining: bool,
    /// The rings in order of stage.
    pub rings: Vec<Ring>,
    /// The memo.
    pub memo: MemoChange,
}

/// An endpoint that rings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ring {
    /// The number of the row in the facts.
    pub index: u32,
    /// Endpoints of one stage ring at once.
    pub stage: u32,
    /// For how long, in ms.
    pub time_ms: u32,
}

impl RingVerdict {
    /// Reads a verdict on `endpoints` rows.
    ///
    /// # Errors
    /// What breaks the contract.
    pub fn read(words: &[u32], endpoints: usize) -> Result<Self, String> {
        let mut reader = Reader::new(words)?;
        let mut seen = BTreeSet::new();
        let mut rings: Vec<Ring> = Vec::new();
        for _ in 0..reader.rows {
            let [index, stage, time_ms] = reader.take()?;
            unique_index(&mut seen, index, endpoints)?;
            let previous = rings.last().map(|ring| ring.stage);
            let is_in_order = match previous {
                None => stage == 0,
                Some(previous) => stage == previous || stage == previous + 1,
            };
            if !is_in_order || stage >= STAGES_MAX {
                return Err(format!(
                    "stage `{stage}` is out of order or beyond the last"
                ));
            }
            if !(RING_MS_MIN..=RING_MS_MAX).contains(&time_ms) {
                return Err(format!("`{time_ms}` ms is no ring time"));
            }
            rings.push(Ring {
                index,
                stage,
                time_ms,
            });
        }
        if rings.len() > RINGS_MAX as usize || rings.is_empty() != reader.is_abstaining {
            return Err(format!("`{}` rings", rings.len()));
        }
        Ok(Self {
            is_abstaining: reader.is_abstaining,
            rings,
            memo: reader.memo()?,
        })
    }

    /// The numbers of the rows that ring, by stage.
    #[must_use]
    pub fn stages(&self) -> Vec<Vec<u32>> {
        let stages = self.rings.chunk_by(|one, next| one.stage == next.stage);
        stages
            .map(|stage| stage.iter().map(|ring| ring.index).collect())
            .collect()
    }
}

/// A verdict of `recording-policy`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordingAnswer {
    /// `None` when the plugin left the decision to the native rule.
    pub verdict: Option<RecordingVerdict>,
    /// The memo.
    pub memo: MemoChange,
}

impl RecordingAnswer {
    /// Reads a verdict.
    ///
    /// # Errors
    /// What breaks the contract.
    pub fn read(words: &[u32]) -> Result<Self, String> {
        let mut reader = Reader::new(words)?;
        if reader.rows != u32::from(!reader.is_abstaining) {
            return Err(format!("`{}` rows", reader.rows));
        }
        let mut decided = None;
        for _ in 0..reader.rows {
            let [action, format, channels, retention_days, flags, reason] = reader.take()?;
            if retention_days > RETENTION_DAYS_MAX || flags & !recording_flags::ALL != 0 {
                return Err(format!("`{retention_days}` days or flags `{flags}`"));
            }
            decided = Some(RecordingVerdict {
                action: action_of(action)?,
                format: format_of(format)?,
                channels: channels_of(channels)?,
                retention_days,
                with_transcription: flags & recording_flags::TRANSCRIPTION != 0,
                with_streaming: flags & recording_flags::STREAMING != 0,
                reason: reason_code(reason)?,
            });
        }
        Ok(Self {
            verdict: decided,
            memo: reader.memo()?,
        })
    }
}

/// A verdict of `classify`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Classified {
    /// The number of the queue's row; `None` when the plugin left the decision to menu and line.
    pub queue: Option<u32>,
    /// What is added to the queue's priority.
    pub priority: i32,
    /// What the contact's agent must have beside what the queue requires.
    pub requirements: Vec<OwnRequirement>,
    /// The reason code.
    pub reason: ReasonCode,
    /// The memo.
    pub memo: MemoChange,
}

impl Classified {
    /// Reads a verdict on `queues` rows.
    ///
    /// # Errors
    /// What breaks the contract.
    pub fn read(words: &[u32], queues: usize) -> Result<Self, String> {
        let mut reader = Reader::new(words)?;
        if reader.rows != u32::from(!reader.is_abstaining) {
            return Err(format!("`{}` rows", reader.rows));
        }
        let mut queue = None;
        let mut priority = 0;
        let mut reason = ReasonCode::NONE;
        for _ in 0..reader.rows {
            let [index, added, code] = reader.take()?;
            unique_index(&mut BTreeSet::new(), index, queues)?;
            queue = Some(index);
            priority = added.cast_signed();
            reason = reason_code(code)?;
        }
        if !(-PRIORITY_MAX..=PRIORITY_MAX).contains(&priority)
            || reader.rejected > OWN_REQUIREMENTS_MAX
        {
            return Err(format!(
                "`{priority}` is added to the priority, or `{}` requirements",
                reader.rejected
            ));
        }
        let mut requirements = Vec::new();
        for _ in 0..reader.rejected {
            let [skill, minimum, flags, expires_ms] = reader.take()?;
            if !(1..=LEVEL_MAX).contains(&minimum) || flags & !REQUIREMENT_REQUIRED != 0 {
                return Err(format!("level `{minimum}` or flags `{flags}`"));
            }
            requirements.push(OwnRequirement {
                skill: SkillId(skill),
                minimum,
                required: flags & REQUIREMENT_REQUIRED != 0,
                expires_ms,
            });
        }
        Ok(Self {
            queue,
            priority,
            requirements,
            reason,
            memo: reader.memo()?,
        })
    }
}

/// Takes a verdict apart from front to back.
struct Reader<'a> {
    is_abstaining: bool,
    memo_words: u32,
    rows: u32,
    rejected: u32,
    rest: &'a [u32],
}

impl<'a> Reader<'a> {
    fn new(words: &'a [u32]) -> Result<Self, String> {
        let (header, rest) = words
            .split_first_chunk::<{ verdict::HEADER_WORDS }>()
            .ok_or("the verdict is shorter than its header")?;
        let is_abstaining = match header[verdict::OUTCOME] {
            verdict::ABSTAIN => true,
            verdict::DECIDED => false,
            other => return Err(format!("outcome `{other}` is unknown")),
        };
        let (rows, rejected) = (header[verdict::ROWS], header[verdict::REJECTED]);
        if is_abstaining && (rows, rejected) != (0, 0) {
            return Err("an abstaining verdict has rows".to_owned());
        }
        Ok(Self {
            is_abstaining,
            memo_words: header[verdict::MEMO_WORDS],
            rows,
            rejected,
            rest,
        })
    }

    fn take<const WORDS: usize>(&mut self) -> Result<[u32; WORDS], String> {
        let (row, rest) = self
            .rest
            .split_first_chunk::<WORDS>()
            .ok_or("the rows are cut off")?;
        self.rest = rest;
        Ok(*row)
    }

    fn memo(self) -> Result<MemoChange, String> {
        let is_kept = self.memo_words == verdict::MEMO_KEEP;
        let words = if is_kept { 0 } else { self.memo_words };
        if words > MEMO_WORDS_MAX {
            return Err(format!("a memo of `{words}` words"));
        }
        if self.rest.len() != words as usize {
            let found = self.rest.len();
            return Err(format!(
                "`{found}` words after the rows, expected `{words}`"
            ));
        }
        Ok(if is_kept {
            MemoChange::Keep
        } else {
            MemoChange::Write(self.rest.to_vec())
        })
    }
}

fn unique_index(seen: &mut BTreeSet<u32>, index: u32, rows: usize) -> Result<(), String> {
    if index as usize >= rows || !seen.insert(index) {
        return Err(format!("row `{index}` is named twice or is not there"));
    }
    Ok(())
}

fn reason_code(code: u32) -> Result<ReasonCode, String> {
    match u16::try_from(code) {
        Ok(small) if code <= REASON_MAX => Ok(ReasonCode(small)),
        _ => Err(format!("reason code `{code}` is above {REASON_MAX}")),
    }
}

fn action_of(code: u32) -> Result<RecordingAction, String> {
    match code {
        recording_action::NONE => Ok(RecordingAction::None),
        recording_action::START => Ok(RecordingAction::Start),
        recording_action::STOP => Ok(RecordingAction::Stop),
        recording_action::PAUSE => Ok(RecordingAction::Pause),
        recording_action::RESUME => Ok(RecordingAction::Resume),
        _ => Err(format!("action `{code}` is unknown")),
    }
}

fn format_of(code: u32) -> Result<RecordingFormat, String> {
    match code {
        recording_format::WAV => Ok(RecordingFormat::Wav),
        recording_format::MP3 => Ok(RecordingFormat::Mp3),
        recording_format::MP4 => Ok(RecordingFormat::Mp4),
        _ => Err(format!("format `{code}` is unknown")),
    }
}

fn channels_of(code: u32) -> Result<RecordingChannels, String> {
    match code {
        recording_channels::MIXED => Ok(RecordingChannels::Mixed),
        recording_channels::UNMIXED => Ok(RecordingChannels::Unmixed),
        _ => Err(format!("channels `{code}` are unknown")),
    }
}
