//! Each check fires. Those that look at the core between two inputs are in `tests/seeded_bugs.rs`.

use super::*;
use cordboard_core::event::{CallOutcome, OfferOutcome};
use cordboard_core::ids::{ConnectionId, ResourceAccountId, Symbol};
use cordboard_core::input::CallAction;
use cordboard_simulator::ledger::{
    AnswerRequest, CallRecord, CallerEnd, CallerRecord, Delivery, EndedBy, EndpointRecord, Heard,
    Ledger, Moment, Pressed, RingOutcome, RingRecord, Sound, Span, VoiceKind,
};
use cordboard_simulator::script::{Fate, Phase, RawId, Role};

pub(super) const CALL: CallId = CallId(1);
pub(super) const ANNA: AgentId = AgentId(Symbol(1));

pub(super) fn config() -> std::sync::Arc<Config> {
    let centre = crate::Centre::new().unwrap();
    std::sync::Arc::clone(centre.config())
}

pub(super) fn fired(checks: &Checks) -> Vec<&'static str> {
    checks.found.iter().map(|found| found.check).collect()
}

fn events(events: Vec<Event>) -> Vec<&'static str> {
    let mut checks = Checks::default();
    let began = [1, 2].map(received);
    for (sequence, event) in (1..).zip(began.into_iter().chain(events)) {
        checks.event(EventCursor { sequence, index: 1 }, &event);
    }
    fired(&checks)
}

pub(super) fn received(call: u64) -> Event {
    Event::CallReceived {
        call: CallId(call),
        account: ResourceAccountId(Symbol(3)),
        from: "4:***23".to_owned(),
    }
}

pub(super) fn offer(call: u64) -> OfferId {
    OfferId {
        call: CallId(call),
        generation: 1,
    }
}

pub(super) fn issued(call: u64) -> Event {
    Event::OfferIssued {
        offer: offer(call),
        agent: ANNA,
        queue: QueueId(Symbol(2)),
        context: BTreeMap::new(),
        expires_at: 0,
    }
}

pub(super) fn offer_ended(call: u64, outcome: OfferOutcome) -> Event {
    Event::OfferEnded {
        offer: offer(call),
        agent: ANNA,
        outcome,
    }
}

pub(super) fn call_ended() -> Event {
    Event::CallEnded {
        call: CALL,
        outcome: CallOutcome::Exited,
        agent: None,
        exit: None,
        away_since: None,
    }
}

#[test]
fn an_offer_lives_once() {
    let expired = || offer_ended(1, OfferOutcome::Failed);
    assert_eq!(events(vec![issued(1), expired(), issued(2)]), [""; 0]);
    assert_eq!(events(vec![issued(1), issued(2)]), ["offer-once"]);
    assert_eq!(
        events(vec![issued(1), expired(), expired()]),
        ["offer-once"]
    );
    assert_eq!(
        events(vec![issued(1), expired(), issued(1)]),
        ["offer-once"]
    );
}

#[test]
fn a_call_ends_once_and_nothing_follows() {
    assert_eq!(events(vec![call_ended(), call_ended()]), ["call-ends-once"]);
    let answered = Event::CallAnswered { call: CALL };
    assert_eq!(events(vec![call_ended(), answered]), ["call-ends-once"]);
}

#[test]
fn an_agent_who_missed_an_offer_is_not_ready() {
    let ready = Event::AgentChanged {
        agent: ANNA,
        state: AgentStatus::Ready,
    };
    let missed = offer_ended(1, OfferOutcome::Expired);
    assert_eq!(events(vec![issued(1), missed, ready]), ["rona-not-ready"]);
}

#[test]
fn a_number_names_one_event() {
    let mut checks = Checks::default();
    let cursor = EventCursor {
        sequence: 7,
        index: 1,
    };
    checks.event(cursor, &received(1));
    checks.event(cursor, &received(1));
    assert_eq!(fired(&checks), [""; 0]);
    checks.event(cursor, &Event::CallAnswered { call: CALL });
    assert_eq!(fired(&checks), ["event-once"]);
}

#[test]
fn an_event_is_taken_once() {
    let mut checks = Checks::default();
    checks.taken("a".to_owned());
    checks.taken("a".to_owned());
    assert_eq!(fired(&checks), ["taken-once"]);
}

#[test]
fn a_command_starts_once_in_a_life_and_stays_what_it_is() {
    let command = CommandId {
        call: CALL,
        sequence: 1,
    };
    let connection = || ConnectionId("c".to_owned());
    let hang_up = Operation::HangUp {
        connection: connection(),
    };
    let mut checks = Checks::default();
    checks.command_starts(command, &hang_up);
    checks.outages.push((1, Some(2)));
    checks.command_starts(command, &hang_up);
    assert_eq!(fired(&checks), [""; 0]);
    checks.command_starts(command, &hang_up);
    checks.outages.push((3, Some(4)));
    let other = Operation::GetCall {
        connection: connection(),
    };
    checks.command_starts(command, &other);
    assert_eq!(fired(&checks), ["command-once"; 2]);
}

#[test]
fn what_was_durable_is_read_back_as_it_was() {
    let fired_by = |durable, last, before, now| {
        let mut checks = Checks::default();
        checks.recovered(durable, last, before, now);
        fired(&checks)
    };
    let (one, other) = ([1; 32], [2; 32]);
    assert_eq!(fired_by(5, 6, Some((6, one)), (6, one)), [""; 0]);
    assert_eq!(fired_by(5, 6, None, (4, one)), ["durable-first"]);
    assert_eq!(fired_by(5, 6, None, (7, one)), ["recovery"]);
    assert_eq!(fired_by(5, 6, Some((6, one)), (6, other)), ["recovery"]);
}

// ---- what everybody experienced ----

pub(super) fn moment(at_ms: u64) -> Moment {
    Moment { at_ms, real_us: 0 }
}

pub(super) fn heard(from_ms: u64, to_ms: u64, what: Sound) -> Heard {
    Heard {
        from_ms,
        to_ms: Some(to_ms),
        what,
    }
}

pub(super) fn prompt() -> Sound {
    Sound::Prompt {
        uri: "closed".to_owned(),
        repeats: false,
    }
}

pub(super) fn voice(kind: VoiceKind) -> Sound {
    Sound::Voice {
        of: RawId::new("8:orgid:anna"),
        kind,
    }
}

/// Dialled at 1 s, answered at 2 s, in the call until 60 s.
pub(super) fn caller(sounds: Vec<Heard>, by: EndedBy) -> CallerRecord {
    CallerRecord {
        name: "caller".to_owned(),
        from: RawId::new("4:+14255550123"),
        dials: RawId::new("28:orgid:ra"),
        allowed_fates: BTreeSet::from([Fate::Talked]),
        dialled: Some(moment(1_000)),
        deliveries: vec![Delivery {
            posted: moment(1_000),
            finished: Some(moment(1_100)),
            status: Some(200),
        }],
        answers: Vec::new(),
        call: Some("call".to_owned()),
        answered_ms: Some(2_000),
        heard: sounds,
        pressed: Vec::new(),
        parted: None,
        end: Some(CallerEnd {
            at_ms: 60_000,
            by,
            phase: Phase::Queue,
        }),
    }
}

fn judged(caller: CallerRecord, prepare: impl FnOnce(&mut Checks)) -> Vec<&'static str> {
    let mut checks = Checks::default();
    prepare(&mut checks);
    let ledger = Ledger {
        at: moment(100_000),
        callers: vec![caller],
        ..Ledger::default()
    };
    let connections = BTreeMap::from([(CALL, "call".to_owned())]);
    checks.ledger(&config(), &ledger, &BTreeMap::new(), &connections);
    // What is heard is judged in tests of its own.
    let mut fired = fired(&checks);
    fired.retain(|check| *check != "silence");
    fired
}

fn goes_astray(checks: &mut Checks, call: &str, at_ms: u64, what: &str) {
    fails(checks, call, at_ms, what, "hanging");
}

pub(super) fn fails(checks: &mut Checks, call: &str, at_ms: u64, what: &str, fault: &'static str) {
    let astray = Astray {
        at_ms,
        until_ms: at_ms,
        what: what.to_owned(),
        fault,
    };
    checks.astray(About::Call(call.to_owned()), astray);
}

#[test]
fn a_fate_is_excused_by_what_leads_to_it_in_time_and_in_this_call() {
    let dismissed_late = || {
        let sounds = vec![
            heard(30_000, 40_000, prompt()),
            heard(40_000, 60_000, Sound::Silence),
        ];
        caller(sounds, EndedBy::Service)
    };
    let lost = |call: &'static str, at_ms, what: &'static str| {
        judged(dismissed_late(), |checks| {
            goes_astray(checks, call, at_ms, what)
        })
    };
    assert_eq!(lost("call", 40_010, "PlayCompleted"), [""; 0]);
    assert_eq!(judged(dismissed_late(), |_| {}), ["fate-allowed"]);
    assert_eq!(lost("other", 40_010, "PlayCompleted"), ["fate-allowed"]);
    assert_eq!(lost("call", 10_000, "PlayCompleted"), ["fate-allowed"]);
    assert_eq!(lost("call", 60_100, "PlayCompleted"), ["fate-allowed"]);
    assert_eq!(
        lost("call", 40_010, "ParticipantsUpdated"),
        ["fate-allowed"]
    );
}

#[test]
fn a_caller_who_waits_in_vain_has_no_excuse() {
    let waits = caller(vec![heard(2_000, 60_000, Sound::Silence)], EndedBy::Party);
    let fired = judged(waits, |checks| {
        checks.outages.push((10_000, Some(20_000)));
        for what in ["play", "answer", "add participant", "PlayCompleted"] {
            goes_astray(checks, "call", 50_000, what);
        }
    });
    assert_eq!(fired, ["fate-allowed"]);
}

#[test]
fn a_caller_gives_up_on_somebody_who_was_taken_out_after_wrong_news() {
    let gives_up = |phase: Phase, what: &'static str| {
        let mut caller = caller(vec![heard(2_000, 60_000, Sound::Silence)], EndedBy::Party);
        if let Some(end) = &mut caller.end {
            end.phase = phase;
        }
        judged(caller, |checks| {
            fails(checks, "call", 59_000, what, "wrong_outcome")
        })
    };
    assert_eq!(gives_up(Phase::Talking, "AddParticipantFailed"), [""; 0]);
    assert_eq!(
        gives_up(Phase::Queue, "AddParticipantFailed"),
        ["fate-allowed"]
    );
    assert_eq!(gives_up(Phase::Talking, "play"), ["fate-allowed"]);
}

#[test]
fn a_caller_gives_up_on_an_agent_who_parted_from_them_before_anything_was_said() {
    let parted = |at_ms| {
        let mut caller = caller(vec![heard(2_000, 60_000, Sound::Silence)], EndedBy::Party);
        if let Some(end) = &mut caller.end {
            end.phase = Phase::Talking;
        }
        let requeue = Input::Call {
            call: CALL,
            by: cordboard_core::input::Actor::Agent(ANNA),
            action: CallAction::Requeue(QueueId(Symbol(1))),
        };
        judged(caller, |checks| checks.acts(at_ms, &requeue))
    };
    assert_eq!(parted(58_500), [""; 0]);
    assert_eq!(parted(50_000), ["fate-allowed"]);
    assert_eq!(parted(60_001), ["fate-allowed"]);
}

/// The caller hears whoever answers a phone until the question to press 1 begins, which waits for the disk.
#[test]
fn a_caller_gives_up_while_a_phone_is_asked_to_press_1() {
    let hears = |raw_id: &str, ms: u64| {
        let sound = Sound::Voice {
            of: RawId::new(raw_id),
            kind: VoiceKind::Agent,
        };
        let sounds = vec![
            heard(50_000, 50_000 + ms, sound),
            heard(50_000 + ms, 60_000, Sound::Silence),
        ];
        judged(caller(sounds, EndedBy::Service), |_| {})
    };
    assert_eq!(hears("4:+14255550101", 400), [""; 0]);
    assert_eq!(hears("4:+14255550101", 700), ["fate-allowed"]);
    assert_eq!(hears("8:orgid:anna", 400), ["fate-allowed"]);
}

#[test]
fn a_conversation_is_cut_off_by_those_who_may() {
    let talks = || {
        caller(
            vec![heard(20_000, 60_000, voice(VoiceKind::Agent))],
            EndedBy::Service,
        )
    };
    assert_eq!(judged(talks(), |_| {}), ["fate-allowed"]);
    let ended = |call| Input::Call {
        call,
        by: cordboard_core::input::Actor::Agent(ANNA),
        action: CallAction::End,
    };
    assert_eq!(
        judged(talks(), |checks| checks.acts(50_000, &ended(CALL))),
        [""; 0]
    );
    assert_eq!(
        judged(talks(), |checks| checks.acts(50_000, &ended(CallId(2)))),
        ["fate-allowed"]
    );
}

/// Only whoever answers a phone is asked anything before the conversation counts as one.
#[test]
fn a_conversation_with_a_phone_is_cut_off_by_a_request_that_keeps_the_question_to_press_1_waiting()
{
    let cut_off = |raw_id: &str, what: &'static str, fault: &'static str| {
        let sound = Sound::Voice {
            of: RawId::new(raw_id),
            kind: VoiceKind::Agent,
        };
        let talks = caller(vec![heard(50_000, 60_000, sound)], EndedBy::Service);
        judged(talks, |checks| fails(checks, "call", 49_000, what, fault))
    };
    let phone = "4:+14255550101";
    assert_eq!(cut_off(phone, "play", "hanging"), [""; 0]);
    assert_eq!(cut_off(phone, "play", "broken"), ["fate-allowed"]);
    assert_eq!(cut_off(phone, "get call", "hanging"), ["fate-allowed"]);
    assert_eq!(cut_off("8:orgid:anna", "play", "hanging"), ["fate-allowed"]);
}

/// A voicemail is heard until the question to press 1 has had no answer: longer when that question waits.
#[test]
fn a_voicemail_is_heard_while_the_question_to_press_1_waits() {
    let excused = |at_ms: u64, what: &'static str, fault: &'static str| {
        let sounds = vec![
            heard(50_000, 55_000, voice(VoiceKind::Voicemail)),
            heard(57_000, 60_000, voice(VoiceKind::Agent)),
        ];
        let fired = judged(caller(sounds, EndedBy::Party), |checks| {
            fails(checks, "call", at_ms, what, fault)
        });
        fired.is_empty()
    };
    assert!(excused(49_000, "recognize", "broken"));
    assert!(excused(49_000, "play", "hanging"));
    assert!(!excused(49_000, "play", "broken"));
    assert!(!excused(5_000, "play", "hanging"), "long before");
    assert!(!excused(56_000, "play", "hanging"), "afterwards");
}

/// The message of an exit is played three times at most.
#[test]
fn a_caller_is_sent_away_in_silence_when_each_play_of_the_message_failed() {
    let sent_away = |faults: u64, tries: u64| {
        let silence = vec![heard(30_000, 60_000, Sound::Silence)];
        judged(caller(silence, EndedBy::Service), |checks| {
            for number in 0..faults {
                goes_astray(checks, "call", 30_000 + number * 8_000, "play");
            }
            let first = EventCursor {
                sequence: 0,
                index: 0,
            };
            checks.event(first, &received(1));
            for number in 0..tries {
                let failed = Event::OperationFailed {
                    call: CALL,
                    operation: "exit-message".to_owned(),
                    how: "unknown".to_owned(),
                };
                checks.event(
                    EventCursor {
                        sequence: number,
                        index: 1,
                    },
                    &failed,
                );
            }
        })
    };
    assert_eq!(sent_away(3, 3), [""; 0]);
    assert_eq!(sent_away(2, 3), [""; 0]);
    assert_eq!(sent_away(1, 3), ["fate-allowed"]);
    assert_eq!(sent_away(3, 2), ["fate-allowed"]);
}

#[test]
fn a_caller_who_rings_out_was_heard_of_too_late() {
    let rings_out = |finished_ms| {
        let mut caller = caller(Vec::new(), EndedBy::RingTime);
        (caller.call, caller.answered_ms) = (None, None);
        for delivery in &mut caller.deliveries {
            delivery.finished = Some(moment(finished_ms));
        }
        judged(caller, |_| {})
    };
    assert_eq!(rings_out(29_500), [""; 0]);
    assert_eq!(rings_out(5_000), ["fate-allowed"]);
}

fn talked() -> CallerRecord {
    caller(
        vec![heard(20_000, 60_000, voice(VoiceKind::Agent))],
        EndedBy::Party,
    )
}

#[test]
fn nobody_is_answered_twice() {
    let answer = |request_id: &str| AnswerRequest {
        request_id: request_id.to_owned(),
        received: moment(2_000),
        status: 200,
    };
    let answered = |ids: [&str; 2]| {
        let caller = CallerRecord {
            answers: ids.map(answer).into(),
            ..talked()
        };
        judged(caller, |_| {})
    };
    assert_eq!(answered(["a", "a"]), [""; 0]);
    assert_eq!(answered(["a", "b"]), ["answered-once"]);
}

#[test]
fn no_card_number_is_recorded() {
    let typed = CallerRecord {
        pressed: vec![Pressed {
            from_ms: 30_000,
            to_ms: 35_000,
            count: 16,
            keys: None,
        }],
        ..talked()
    };
    let recorded = |from_ms, to_ms| {
        let call = CallRecord {
            id: "call".to_owned(),
            caller: "caller".to_owned(),
            answered_ms: 2_000,
            answers_accepted: BTreeSet::new(),
            participants: Vec::new(),
            recordings: Vec::new(),
            transcribed: vec![Span {
                from_ms,
                to_ms: Some(to_ms),
            }],
            streamed: Vec::new(),
            disconnected: None,
        };
        let ledger = Ledger {
            at: moment(100_000),
            callers: vec![typed.clone()],
            calls: vec![call],
            ..Ledger::default()
        };
        let mut checks = Checks::default();
        checks.ledger(&config(), &ledger, &BTreeMap::new(), &BTreeMap::new());
        fired(&checks)
    };
    assert_eq!(recorded(20_000, 29_000), [""; 0]);
    assert_eq!(recorded(20_000, 34_000), ["card-unrecorded"]);
}

pub(super) fn ring(call: &str, from_ms: u64, to_ms: u64) -> RingRecord {
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

fn rung(rings: Vec<RingRecord>) -> Vec<&'static str> {
    let ledger = Ledger {
        at: moment(100_000),
        endpoints: vec![EndpointRecord {
            identifier: RawId::new("8:orgid:anna"),
            person: "anna".to_owned(),
            role: Role::Agent,
            rings,
        }],
        ..Ledger::default()
    };
    let mut checks = Checks::default();
    checks.ledger(&config(), &ledger, &BTreeMap::new(), &BTreeMap::new());
    fired(&checks)
}

#[test]
fn nobody_is_rung_for_two_calls_not_even_for_a_moment() {
    let one = || ring("one", 1_000, 2_000);
    assert_eq!(rung(vec![one(), ring("two", 2_000, 3_000)]), [""; 0]);
    assert_eq!(
        rung(vec![one(), ring("two", 1_999, 3_000)]),
        ["offered-once"]
    );
    assert_eq!(rung(vec![one(), ring("one", 1_500, 3_000)]), [""; 0]);
}

#[test]
fn nobody_is_rung_while_talking() {
    let mut one = ring("one", 1_000, 2_000);
    one.heard = vec![heard(2_000, 9_000, voice(VoiceKind::Caller))];
    assert_eq!(
        rung(vec![one.clone(), ring("two", 8_000, 12_000)]),
        ["rung-while-talking"]
    );
    assert_eq!(rung(vec![one, ring("two", 9_000, 12_000)]), [""; 0]);
}

#[test]
fn every_check_of_the_table_has_its_name_in_the_list_and_fires_somewhere() {
    let source = include_str!("checks.rs");
    let table = source
        .lines()
        .filter_map(|line| line.strip_prefix("//! | `")?.split_once('`'))
        .map(|(name, _)| name);
    assert_eq!(table.collect::<Vec<_>>(), NAMES);
    let all = [
        source,
        include_str!("checks/stream.rs"),
        include_str!("checks/experience.rs"),
        include_str!("checks/waiting.rs"),
        include_str!("stage.rs"),
        include_str!("stage/outside.rs"),
        include_str!("network.rs"),
        include_str!("desks.rs"),
    ]
    .concat();
    for name in NAMES {
        // In the table (between other marks), in the list, and where it fires.
        let named = all.matches(&format!("\"{name}\"")).count();
        assert!(named >= 2, "`{name}` never fires");
    }
}
