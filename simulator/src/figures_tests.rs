//! Each figure at zero in a healthy ledger and not at zero in a ledger that is sick in one place.

use super::*;
use crate::{
    ledger::{CallerEnd, Delivery, Left, Moment, ParticipantRecord, Pressed, RecordingRecord},
    script::{Phase, RawId},
};

#[path = "fates_tests.rs"]
mod fates;

const END_MS: u64 = 1_000_000;

fn moment(at_ms: u64) -> Moment {
    Moment {
        at_ms,
        real_us: at_ms * 10,
    }
}

fn heard(from_ms: u64, to_ms: u64, what: Sound) -> Heard {
    Heard {
        from_ms,
        to_ms: Some(to_ms),
        what,
    }
}

fn prompt() -> Sound {
    Sound::Prompt {
        uri: "http://engine/prompts/hello.wav".to_owned(),
        repeats: false,
    }
}

fn music() -> Sound {
    Sound::Prompt {
        uri: "http://engine/prompts/music.wav".to_owned(),
        repeats: true,
    }
}

fn voice(kind: VoiceKind) -> Sound {
    Sound::Voice {
        of: RawId::new("8:orgid:anna"),
        kind,
    }
}

/// Dialled at 1 s, answered at 2 s, talked from 20 s to 60 s, hung up.
fn caller() -> CallerRecord {
    CallerRecord {
        name: "caller".to_owned(),
        from: RawId::new("4:+14255550123"),
        dials: RawId::new("28:orgid:ra"),
        allowed_fates: BTreeSet::from([Fate::Talked]),
        dialled: Some(moment(1_000)),
        deliveries: vec![Delivery {
            posted: moment(1_100),
            finished: Some(moment(1_200)),
            status: Some(200),
        }],
        answers: vec![AnswerRequest {
            request_id: "r1".to_owned(),
            received: moment(2_000),
            status: 200,
        }],
        call: Some("call".to_owned()),
        answered_ms: Some(2_000),
        heard: vec![
            heard(2_000, 4_900, Sound::Silence),
            heard(4_900, 9_000, prompt()),
            heard(9_000, 14_000, Sound::Turn),
            heard(14_000, 20_000, music()),
            heard(20_000, 60_000, voice(VoiceKind::Agent)),
        ],
        pressed: vec![Pressed {
            from_ms: 10_000,
            to_ms: 10_000,
            count: 1,
            keys: Some("1".to_owned()),
        }],
        parted: None,
        end: Some(CallerEnd {
            at_ms: 60_000,
            by: EndedBy::Party,
            phase: Phase::Talking,
        }),
    }
}

fn ring(call: &str, from_ms: u64, to_ms: u64) -> RingRecord {
    RingRecord {
        call: call.to_owned(),
        invitation: "i".to_owned(),
        still_rung_for: BTreeSet::new(),
        from_ms,
        to_ms: Some(to_ms),
        invitation_ms: 15_000,
        outcome: Some(RingOutcome::Answered),
        voicemail: false,
        heard: Vec::new(),
        pressed: Vec::new(),
        confirmed_ms: None,
        left: None,
    }
}

fn endpoint(identifier: &str, rings: Vec<RingRecord>) -> EndpointRecord {
    EndpointRecord {
        identifier: RawId::new(identifier),
        person: "anna".to_owned(),
        role: Role::Agent,
        rings,
    }
}

fn call() -> CallRecord {
    CallRecord {
        id: "call".to_owned(),
        caller: "caller".to_owned(),
        answered_ms: 2_000,
        answers_accepted: BTreeSet::from(["r1".to_owned()]),
        participants: vec![ParticipantRecord {
            identifier: RawId::new("4:+14255550123"),
            joined_ms: 2_000,
            left: Some(Left {
                at_ms: 60_000,
                by: EndedBy::Party,
            }),
        }],
        recordings: Vec::new(),
        transcribed: Vec::new(),
        streamed: Vec::new(),
        disconnected: None,
    }
}

fn ledger(caller: CallerRecord) -> Ledger {
    Ledger {
        at: moment(END_MS),
        callers: vec![caller],
        endpoints: vec![endpoint("8:orgid:anna", vec![ring("call", 15_000, 19_000)])],
        calls: vec![call()],
        ..Ledger::default()
    }
}

fn healthy() -> Figures {
    Figures {
        calls: 1,
        answered: 1,
        connected: 1,
        webhook_to_answer_ms: Some(Percentiles { p50: 9.0, p99: 9.0 }),
        ..Figures::default()
    }
}

/// The figures of a healthy ledger after `change`.
fn changed(change: impl FnOnce(&mut Ledger)) -> Figures {
    let mut ledger = ledger(caller());
    change(&mut ledger);
    ledger.figures()
}

fn only(ledger: &mut Ledger) -> &mut CallerRecord {
    ledger.callers.first_mut().unwrap()
}

#[test]
fn a_healthy_call_is_answered_and_connected_and_nothing_else() {
    assert_eq!(changed(|_| ()), healthy());
    assert_eq!(ledger(caller()).warnings(), Warnings::default());
    assert_eq!(Ledger::default().figures(), Figures::default());
}

#[test]
fn a_caller_who_has_not_dialled_does_not_count() {
    let figures = changed(|ledger| {
        let waiting = CallerRecord {
            dialled: None,
            deliveries: Vec::new(),
            end: None,
            heard: Vec::new(),
            answers: Vec::new(),
            ..caller()
        };
        ledger.callers.push(waiting);
    });
    assert_eq!(figures, healthy());
}

#[test]
fn a_caller_who_gives_up_in_the_queue_is_abandoned_and_lost_unless_the_script_allows_it() {
    let give_up = |allowed: Fate| {
        changed(|ledger| {
            let caller = only(ledger);
            caller.heard.pop();
            caller.end = Some(CallerEnd {
                at_ms: 20_000,
                by: EndedBy::Party,
                phase: Phase::Queue,
            });
            caller.allowed_fates = BTreeSet::from([allowed]);
        })
    };
    assert_eq!(
        give_up(Fate::AbandonedQueue),
        Figures {
            connected: 0,
            abandoned: 1,
            ..healthy()
        }
    );
    assert_eq!(
        give_up(Fate::AbandonedOffering),
        Figures {
            connected: 0,
            abandoned: 1,
            lost: 1,
            ..healthy()
        }
    );
}

#[test]
fn a_ring_for_the_whole_invitation_time_is_rona_but_not_outside() {
    let rang_out = RingRecord {
        outcome: Some(RingOutcome::RangOut),
        ..ring("call", 15_000, 30_000)
    };
    let figures =
        changed(|ledger| ledger.endpoints = vec![endpoint("8:orgid:anna", vec![rang_out.clone()])]);
    assert_eq!(
        figures,
        Figures {
            rona: 1,
            ..healthy()
        }
    );
    let figures = changed(|ledger| {
        let outside = EndpointRecord {
            role: Role::Outside,
            ..endpoint("4:+14255550199", vec![rang_out])
        };
        ledger.endpoints = vec![outside];
    });
    assert_eq!(figures, healthy());
}

#[test]
fn a_recording_counts_when_it_was_active_for_some_time() {
    let with = |active: Vec<Span>| {
        changed(|ledger| {
            let recording = RecordingRecord {
                id: "r".to_owned(),
                started_ms: 20_000,
                stopped_ms: None,
                active,
            };
            ledger.calls.first_mut().unwrap().recordings.push(recording);
        })
    };
    assert_eq!(
        with(vec![Span {
            from_ms: 20_000,
            to_ms: Some(30_000)
        }]),
        Figures {
            recorded: 1,
            ..healthy()
        }
    );
    assert_eq!(
        with(vec![Span {
            from_ms: 20_000,
            to_ms: None
        }]),
        Figures {
            recorded: 1,
            ..healthy()
        }
    );
    assert_eq!(
        with(vec![Span {
            from_ms: 20_000,
            to_ms: Some(20_000)
        }]),
        healthy()
    );
}

#[test]
fn an_unacknowledged_call_is_unreached_and_not_lost() {
    let figures = changed(|ledger| {
        let caller = only(ledger);
        caller.deliveries.first_mut().unwrap().status = Some(500);
        caller.answers.clear();
        caller.answered_ms = None;
        caller.heard.clear();
        caller.end = Some(CallerEnd {
            at_ms: 31_000,
            by: EndedBy::RingTime,
            phase: Phase::Ringing,
        });
    });
    assert_eq!(
        figures,
        Figures {
            calls: 1,
            unreached: 1,
            ..Figures::default()
        }
    );
}

#[test]
fn two_accepted_answers_count_once_for_each_request_id() {
    let answer = |id: &str, status| AnswerRequest {
        request_id: id.to_owned(),
        received: moment(2_500),
        status,
    };
    let twice = Figures {
        answered_twice: 1,
        ..healthy()
    };
    assert_eq!(
        changed(|ledger| only(ledger).answers.push(answer("r2", 200))),
        twice
    );
    assert_eq!(
        changed(|ledger| only(ledger).answers.push(answer("r1", 200))),
        healthy()
    );
    assert_eq!(
        changed(|ledger| only(ledger).answers.push(answer("r2", 404))),
        healthy()
    );
}

#[test]
fn one_agent_rung_for_two_calls_at_once_counts_on_whichever_endpoints() {
    let two = |second: RingRecord| {
        changed(|ledger| {
            ledger
                .endpoints
                .push(endpoint("4:+14255550111", vec![second]))
        })
    };
    assert_eq!(
        two(ring("other", 18_999, 25_000)),
        Figures {
            offered_twice: 1,
            ..healthy()
        }
    );
    assert_eq!(
        two(RingRecord {
            to_ms: None,
            ..ring("other", 10_000, 0)
        }),
        Figures {
            offered_twice: 1,
            ..healthy()
        }
    );
    assert_eq!(
        two(ring("other", 19_000, 25_000)),
        healthy(),
        "one after the other"
    );
    assert_eq!(
        two(ring("call", 15_000, 19_000)),
        healthy(),
        "two endpoints for one call"
    );
    let of_bert = |ledger: &mut Ledger| {
        let bert = EndpointRecord {
            person: "bert".to_owned(),
            ..endpoint("8:orgid:bert", vec![ring("other", 15_000, 19_000)])
        };
        ledger.endpoints.push(bert);
    };
    assert_eq!(changed(of_bert), healthy(), "two agents");
}

#[test]
fn a_caller_left_with_a_voicemail_is_counted_and_lost() {
    let with = |length_ms: u64| {
        changed(|ledger| {
            let caller = only(ledger);
            caller.heard.pop();
            caller.heard.push(heard(
                20_000,
                20_000 + length_ms,
                voice(VoiceKind::Voicemail),
            ));
            caller.end = Some(CallerEnd {
                at_ms: 60_000,
                by: EndedBy::Party,
                phase: Phase::Queue,
            });
            caller.allowed_fates.insert(Fate::AbandonedQueue);
        })
    };
    let expected = Figures {
        connected: 0,
        connected_to_voicemail: 1,
        lost: 1,
        ..healthy()
    };
    assert_eq!(with(VOICEMAIL_MAX_MS + 1), expected);
    assert_eq!(
        with(VOICEMAIL_MAX_MS),
        Figures {
            connected: 0,
            abandoned: 1,
            ..healthy()
        }
    );
}

#[test]
fn silence_counts_beyond_three_seconds_and_a_turn_is_not_silence() {
    let with = |what: Sound, length_ms: u64| {
        changed(|ledger| {
            only(ledger)
                .heard
                .insert(3, heard(14_000, 14_000 + length_ms, what))
        })
    };
    assert_eq!(
        with(Sound::Silence, 3_001),
        Figures {
            silence_over_3s: 1,
            ..healthy()
        }
    );
    assert_eq!(with(Sound::Silence, 3_000), healthy());
    assert_eq!(with(Sound::Turn, 9_000), healthy());
    let open = |ledger: &mut Ledger| {
        only(ledger).heard.push(Heard {
            from_ms: 60_000,
            to_ms: None,
            what: Sound::Silence,
        });
    };
    assert_eq!(
        changed(open).silence_over_3s,
        1,
        "a silence that has not ended lasts until the ledger's end"
    );
}

#[test]
fn the_time_to_answer_is_real_time_from_the_last_delivery_before_it() {
    let figures = changed(|ledger| {
        let retried = Delivery {
            posted: moment(1_900),
            finished: None,
            status: None,
        };
        let late = Delivery {
            posted: moment(2_100),
            finished: None,
            status: None,
        };
        only(ledger).deliveries.extend([retried, late]);
    });
    assert_eq!(
        figures.webhook_to_answer_ms,
        Some(Percentiles { p50: 1.0, p99: 1.0 })
    );
}

#[test]
fn percentiles_are_by_nearest_rank() {
    assert_eq!(percentiles(Vec::new()), None);
    let hundred = (1..=100).rev().map(|ms| ms * 1_000).collect();
    assert_eq!(
        percentiles(hundred),
        Some(Percentiles {
            p50: 50.0,
            p99: 99.0
        })
    );
    assert_eq!(
        percentiles(vec![7_000, 5_000]),
        Some(Percentiles { p50: 5.0, p99: 7.0 })
    );
}

#[test]
fn an_agent_rung_during_a_conversation_of_another_call_is_a_warning() {
    let mut ledger = ledger(caller());
    let talking = RingRecord {
        heard: vec![heard(20_000, 60_000, voice(VoiceKind::Caller))],
        ..ring("call", 15_000, 20_000)
    };
    ledger.endpoints = vec![endpoint(
        "8:orgid:anna",
        vec![talking, ring("other", 59_000, 65_000)],
    )];
    assert_eq!(
        ledger.warnings(),
        Warnings {
            rung_while_talking: 1,
            ..Warnings::default()
        }
    );
    assert_eq!(ledger.figures().offered_twice, 0);
}

#[test]
fn a_card_typed_while_anything_captures_is_a_warning() {
    let captured = |change: &dyn Fn(&mut CallRecord)| {
        let mut ledger = ledger(caller());
        only(&mut ledger).pressed.push(Pressed {
            from_ms: 30_000,
            to_ms: 34_000,
            count: 16,
            keys: None,
        });
        change(ledger.calls.first_mut().unwrap());
        ledger.warnings().cards_captured
    };
    let during = Span {
        from_ms: 29_000,
        to_ms: Some(31_000),
    };
    let before = Span {
        from_ms: 20_000,
        to_ms: Some(30_000),
    };
    assert_eq!(captured(&|_| ()), 0);
    assert_eq!(captured(&|call| call.transcribed.push(during)), 1);
    assert_eq!(captured(&|call| call.streamed.push(during)), 1);
    assert_eq!(captured(&|call| call.streamed.push(before)), 0);
    let resumed_early = Span {
        from_ms: 34_000,
        to_ms: None,
    };
    assert_eq!(captured(&|call| call.streamed.push(resumed_early)), 1);
    let recording = |active| RecordingRecord {
        id: "r".to_owned(),
        started_ms: 0,
        stopped_ms: None,
        active,
    };
    assert_eq!(
        captured(&|call| call.recordings.push(recording(vec![during]))),
        1
    );
    assert_eq!(
        captured(&|call| call.recordings.push(recording(vec![before]))),
        0
    );
}
