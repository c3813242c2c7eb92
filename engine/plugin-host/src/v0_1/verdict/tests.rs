//! Verdicts word by word: what is read, and what breaks the contract.

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

#[test]
fn a_classification_is_read_and_each_word_checked() {
    let minus_seven = (-7_i32).cast_unsigned();
    let words = [
        1,
        KEEP,
        1,
        2,
        2,
        minus_seven,
        5,
        60,
        50,
        1,
        20_000,
        61,
        100,
        0,
        0,
    ];
    let requirement = |skill, minimum, required, expires: Option<u64>| Requirement {
        skill: SkillId(Symbol(skill)),
        minimum,
        required,
        expires_after: expires.map(Millis),
    };
    assert_eq!(
        advice(Point::Classify, 3, &words),
        Advice::Classify(Classification {
            queue: 2,
            priority: -7,
            requirements: vec![
                requirement(60, 50, true, Some(20_000)),
                requirement(61, 100, false, None),
            ],
            reason: 5,
        })
    );
    for (at, value, expected) in [
        (2, 2, "its counts make"),
        (4, 3, "row 3 does not exist, there are 3"),
        (5, 1_001, "adds 1001 to the priority"),
        (5, i32::MIN.cast_unsigned(), "adds -2147483648"),
        (6, 6, "reason 6"),
        (8, 0, "level 0 does not exist"),
        (8, 101, "level 101 does not exist"),
        (8, 257, "level 257 does not exist"),
        (9, 2, "flags 0x2"),
    ] {
        let mut words = words;
        words[at] = value;
        let error = read(Point::Classify, 3, &words).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    let none = read(Point::Classify, 3, &[1, KEEP, 0, 0]).unwrap_err();
    assert_eq!(none, "there is one queue, it names 0");
    let mut many = vec![1, KEEP, 1, 9, 0, 0, 0];
    many.extend([60, 50, 1, 0].repeat(9));
    let error = read(Point::Classify, 3, &many).unwrap_err();
    assert!(error.contains("it has 9 requirements"), "{error}");
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
        point in 0..Point::ALL.len(),
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
            Some(Advice::Classify(advice)) => {
                proptest::prop_assert!(advice.requirements.len() <= 8);
                vec![advice.queue]
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
