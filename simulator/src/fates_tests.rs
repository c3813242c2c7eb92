//! Every end of a call has its fate.

use super::*;

#[test]
fn every_end_has_its_fate() {
    let fate = |heard: Vec<Heard>, by: EndedBy, phase: Phase| {
        let end = Some(CallerEnd {
            at_ms: 60_000,
            by,
            phase,
        });
        CallerRecord {
            heard,
            end,
            ..caller()
        }
        .fate(END_MS)
    };
    let talk = || heard(20_000, 60_000, voice(VoiceKind::Agent));
    assert_eq!(
        fate(vec![talk()], EndedBy::Party, Phase::Talking),
        Fate::Talked
    );
    assert_eq!(
        fate(vec![talk()], EndedBy::Service, Phase::Talking),
        Fate::CutOff
    );
    assert_eq!(
        fate(vec![talk()], EndedBy::Others, Phase::Talking),
        Fate::Talked
    );
    let outside = heard(20_000, 60_000, voice(VoiceKind::Outside));
    assert_eq!(
        fate(vec![outside], EndedBy::Party, Phase::Queue),
        Fate::Diverted
    );
    let message = |to_ms| heard(50_000, to_ms, Sound::OwnMessage);
    assert_eq!(
        fate(vec![message(51_000)], EndedBy::Party, Phase::Queue),
        Fate::LeftMessage
    );
    assert_eq!(
        fate(vec![message(50_999)], EndedBy::Party, Phase::Queue),
        Fate::AbandonedQueue
    );
    let bye = |to_ms| {
        vec![
            heard(40_000, to_ms, prompt()),
            heard(to_ms, 60_000, Sound::Silence),
        ]
    };
    assert_eq!(
        fate(bye(55_000), EndedBy::Service, Phase::Queue),
        Fate::Dismissed
    );
    assert_eq!(
        fate(bye(54_999), EndedBy::Service, Phase::Queue),
        Fate::Dropped
    );
    assert_eq!(
        fate(
            vec![heard(40_000, 60_000, music())],
            EndedBy::Service,
            Phase::Queue
        ),
        Fate::Dropped
    );
    assert_eq!(
        fate(Vec::new(), EndedBy::Rejection, Phase::Ringing),
        Fate::Rejected
    );
    assert_eq!(
        fate(Vec::new(), EndedBy::RingTime, Phase::Ringing),
        Fate::RangOut
    );
    assert_eq!(
        fate(Vec::new(), EndedBy::Party, Phase::Ringing),
        Fate::AbandonedRinging
    );
    assert_eq!(
        fate(Vec::new(), EndedBy::Party, Phase::Greeting),
        Fate::AbandonedGreeting
    );
    assert_eq!(
        fate(Vec::new(), EndedBy::Party, Phase::Menu),
        Fate::AbandonedMenu
    );
    assert_eq!(
        fate(Vec::new(), EndedBy::Party, Phase::Offering),
        Fate::AbandonedOffering
    );
    assert_eq!(
        CallerRecord {
            end: None,
            ..caller()
        }
        .fate(END_MS),
        Fate::StillInCall
    );
}

#[test]
fn a_conversation_that_neither_side_has_ended_is_cut_off() {
    for kind in [VoiceKind::Agent, VoiceKind::Outside] {
        let talked = if kind == VoiceKind::Agent {
            Fate::Talked
        } else {
            Fate::Diverted
        };
        let fate = |after: Sound, parted: Option<EndedBy>, by: EndedBy| {
            let end = CallerEnd {
                at_ms: 60_000,
                by,
                phase: Phase::Talking,
            };
            let heard = vec![
                heard(20_000, 59_000, voice(kind)),
                heard(59_000, 60_000, after),
            ];
            let parted = parted.map(|by| Left { at_ms: 59_000, by });
            CallerRecord {
                heard,
                parted,
                end: Some(end),
                ..caller()
            }
            .fate(END_MS)
        };
        for by in [EndedBy::Party, EndedBy::Service, EndedBy::Others] {
            assert_eq!(fate(Sound::Silence, Some(EndedBy::Party), by), talked);
            assert_eq!(
                fate(Sound::Silence, Some(EndedBy::Service), by),
                Fate::CutOff
            );
            assert_eq!(fate(music(), None, by), Fate::CutOff);
        }
        // Whoever is put through to somebody else afterwards talks to them.
        let parted = Some(EndedBy::Service);
        assert_eq!(fate(voice(kind), parted, EndedBy::Party), talked);
        assert_eq!(fate(voice(kind), parted, EndedBy::Service), Fate::CutOff);
    }
}
