//! Recording by rule, by law, by consent, by policy and by hand.

use super::collecting::pays;
use crate::harness::World;
use crate::harness::config::{Setup, party};
use crate::harness::show::kebab;
use crate::harness::world::codes;
use cordboard_core::input::{CallAction, CallEventKind, Response};
use cordboard_core::question::{Consent, RecordingAction, RecordingChannels, RecordingFormat};
use cordboard_core::{Advice, PluginFailure};
use expect_test::expect;

/// A caller talks to ann; nothing of the recording is settled. `1.5` is its start.
pub(super) fn just_connected(setup: Setup) -> World {
    let mut world = World::with_ready(setup, &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        world.answers("1.3");
        world.list(1, 9, &["caller", "ann"]);
        world.accepted("1.4");
    });
    world
}

/// It records.
pub(super) fn recorded(setup: Setup) -> World {
    let mut world = just_connected(setup);
    world.quietly(World::settle);
    world
}

pub(super) fn by_rule() -> Setup {
    Setup::small().recorded("sales")
}

pub(super) fn by_law() -> Setup {
    Setup::small().recorded_by_law("sales")
}

pub(super) fn by_policy() -> Setup {
    Setup::small().plugins("sales", &["record"])
}

pub(super) fn observed(active: bool) -> Response {
    Response::Recording {
        recording: None,
        active,
    }
}

/// Connects a caller and tells what the recording policy's answer led to.
pub(super) fn advised(setup: Setup, consent: Consent, action: RecordingAction) -> String {
    let mut world = World::with_ready(setup, &["ann"]);
    world.calls_and_settles("main", "caller");
    let digits: &[&str] = match consent {
        Consent::Unknown => &["1"],
        Consent::Given => &["3", "1"],
        Consent::Refused => &["4", "1"],
    };
    world.quietly(|world| {
        for (index, digit) in digits.iter().enumerate() {
            world.types(&format!("1.{}", index + 2), digit);
        }
        world.settle();
        world.picks_up("ann");
    });
    world.advises(1, action);
    let text = world.take();
    if text.contains("start-recording") {
        "starts".to_owned()
    } else if text.contains("operate") {
        panic!("{text}")
    } else {
        "nothing".to_owned()
    }
}

// ---- when caller and agent are connected ----

#[test]
fn a_conversation_is_recorded_by_the_queues_rule() {
    let mut world = World::with_ready(by_rule(), &["ann"]);
    world.queued("caller");
    world.answers("1.3");
    world.accepted("1.5");
    world.recording_state(1, true);
    world.check(expect![[r#"
        > 1.3 added ann
          emit offer-ended 1-1 to ann: accepted
          operate 1.4 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: start of 1
          operate 1.5 start-recording
        > 1.5 accepted
        > 1 recording rec-1 active
          emit recording-changed 1 active
    "#]]);
}

#[test]
fn the_response_may_say_that_it_records() {
    let mut world = just_connected(by_rule());
    world.answered(
        "1.5",
        Response::Recording {
            recording: Some(cordboard_core::ids::RecordingId("rec-1".to_owned())),
            active: true,
        },
    );
    world.recording_state(1, true);
    world.check(expect![[r#"
        > 1.5 accepted
          emit recording-changed 1 active
        > 1 recording rec-1 active
          = ignored not-now
    "#]]);
}

#[test]
fn the_event_may_come_before_the_response() {
    let mut world = just_connected(by_rule());
    world.recording_state(1, true);
    world.accepted("1.5");
    world.check(expect![[r#"
        > 1 recording rec-1 active
          emit recording-changed 1 active
        > 1.5 accepted
          = ignored closed-operation
    "#]]);
}

#[test]
fn format_and_channels_are_those_of_the_queue() {
    let setup = by_rule().queue("sales", |_, queue| {
        queue.recording.format = RecordingFormat::Wav;
        queue.recording.channels = RecordingChannels::Unmixed;
    });
    let mut world = World::with_ready(setup, &["ann"]);
    world.queued("caller");
    world.answers("1.3");
    world.check(expect![[r#"
        > 1.3 added ann
          emit offer-ended 1-1 to ann: accepted
          operate 1.4 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: start of 1
          operate 1.5 start-recording wav unmixed
    "#]]);
}

#[test]
fn a_caller_who_refused_is_not_recorded_but_by_law() {
    let connect = |setup| {
        let mut world = World::with_ready(setup, &["ann"]);
        world.calls_and_settles("main", "caller");
        world.quietly(|world| {
            world.types("1.2", "4");
            world.types("1.3", "1");
            world.settle();
        });
        world.answers("1.5");
        world
    };
    let mut world = connect(by_rule());
    world.check(expect![[r#"
        > 1.5 added ann
          emit offer-ended 1-1 to ann: accepted
          operate 1.6 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: none of 1
    "#]]);
    let mut world = connect(by_law());
    world.check(expect![[r#"
        > 1.5 added ann
          emit offer-ended 1-1 to ann: accepted
          operate 1.6 cancel-media
          emit agent ann busy
          emit call-connected 1 to ann at teams-client
          record 1 recording-policy at sales by native: start of 1
          operate 1.7 start-recording
    "#]]);
}

#[test]
fn a_policy_decides_within_the_law() {
    let mut table = String::new();
    for (name, setup) in [
        ("policy", by_policy()),
        ("law", by_policy().recorded_by_law("sales")),
    ] {
        for consent in [Consent::Unknown, Consent::Given, Consent::Refused] {
            for action in [
                RecordingAction::None,
                RecordingAction::Start,
                RecordingAction::Stop,
                RecordingAction::Pause,
                RecordingAction::Resume,
            ] {
                let outcome = advised(setup.clone(), consent, action);
                table += &format!(
                    "{name}, consent {}, {}: {outcome}\n",
                    kebab(&consent),
                    kebab(&action)
                );
            }
        }
    }
    expect![[r#"
        policy, consent unknown, none: nothing
        policy, consent unknown, start: starts
        policy, consent unknown, stop: nothing
        policy, consent unknown, pause: nothing
        policy, consent unknown, resume: nothing
        policy, consent given, none: nothing
        policy, consent given, start: starts
        policy, consent given, stop: nothing
        policy, consent given, pause: nothing
        policy, consent given, resume: nothing
        policy, consent refused, none: nothing
        policy, consent refused, start: nothing
        policy, consent refused, stop: nothing
        policy, consent refused, pause: nothing
        policy, consent refused, resume: nothing
        law, consent unknown, none: starts
        law, consent unknown, start: starts
        law, consent unknown, stop: starts
        law, consent unknown, pause: starts
        law, consent unknown, resume: starts
        law, consent given, none: starts
        law, consent given, start: starts
        law, consent given, stop: starts
        law, consent given, pause: starts
        law, consent given, resume: starts
        law, consent refused, none: starts
        law, consent refused, start: starts
        law, consent refused, stop: starts
        law, consent refused, pause: starts
        law, consent refused, resume: starts
    "#]]
    .assert_eq(&table);
}

#[test]
fn a_policy_cannot_end_or_pause_what_the_law_requires() {
    for action in [RecordingAction::Stop, RecordingAction::Pause] {
        let mut world = just_connected(by_policy().recorded_by_law("sales"));
        world.quietly(|world| {
            world.advises(1, RecordingAction::Start);
            world.accepted("1.5");
            world.recording_state(1, true);
            world.acts("ann", 1, CallAction::SetConsent(Consent::Refused));
        });
        world.advises(2, action);
        world.check_with(
            kebab(&action).as_str(),
            "ends",
            expect![[r#"
                > q2 advises ends
                  record 1 recording-policy q2 at sales by brain: none of 1
            "#]],
        );
    }
}

#[test]
fn a_policy_chooses_format_and_channels() {
    let mut world = just_connected(by_policy());
    world.advises(1, RecordingAction::Start);
    world.check(expect![[r#"
        > q1 advises start
          record 1 recording-policy q1 at sales by brain: start of 1
          operate 1.5 start-recording mp3 mixed
    "#]]);
}

#[test]
fn without_advice_the_queues_rule_decides() {
    for failure in [
        PluginFailure::Trap,
        PluginFailure::Deadline,
        PluginFailure::Memory,
        PluginFailure::BadOutput,
        PluginFailure::Overload,
        PluginFailure::NotLoaded,
    ] {
        let mut world = just_connected(by_policy().recorded("sales"));
        world.plugin_fails(1, failure);
        assert!(world.take().contains("start-recording"), "{failure:?}");
        let mut world = just_connected(by_policy());
        world.plugin_fails(1, failure);
        assert!(!world.take().contains("operate"), "{failure:?}");
    }
    let mut world = just_connected(by_policy().recorded_by_law("sales"));
    world.plugin_fails(1, PluginFailure::NotLoaded);
    world.check(expect![[r#"
        > q1 fails: not-loaded
          emit plugin-failed 1 brain recording-policy: not-loaded
          record 1 recording-policy q1 at sales by fallback(brain not-loaded): start of 1
          operate 1.5 start-recording
    "#]]);
}

#[test]
fn advice_on_something_else_is_no_advice() {
    let mut world = just_connected(by_policy());
    world.verdict("wrong kind".to_owned(), 1, Ok(Advice::SkillMatch(vec![])));
    world.check(expect![[r#"
        > wrong kind
          emit plugin-failed 1 brain recording-policy: bad-output
          record 1 recording-policy q1 at sales by fallback(brain bad-output): none of 1
    "#]]);
}

#[test]
fn advice_that_does_not_come_in_time_is_no_advice() {
    let mut world = just_connected(by_policy().recorded("sales"));
    world.after(1);
    world.advises(1, RecordingAction::None);
    world.check(expect![[r#"
        > at 1s
          emit plugin-failed 1 brain recording-policy: deadline
          record 1 recording-policy q1 at sales by fallback(brain deadline): start of 1
          operate 1.5 start-recording
        > q1 advises none
          = ignored closed-question
    "#]]);
}

#[test]
fn advice_about_a_conversation_that_is_over_does_nothing() {
    let mut world = just_connected(by_policy());
    world.acts("ann", 1, CallAction::End);
    world.advises(1, RecordingAction::Start);
    world.check(expect![[r#"
        > ann on 1: end
          emit agent ann ready
          operate 1.5 terminate
        > q1 advises start
          = ignored closed-question
    "#]]);
}

#[test]
fn advice_comes_too_late_when_the_agent_has_left_the_others() {
    let mut world = just_connected(by_policy());
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::AddParticipant(party("boss")));
        world.answers("1.5");
        world.acts("ann", 1, CallAction::Leave);
    });
    world.advises(1, RecordingAction::Start);
    world.check(expect![[r#"
        > q1 advises start
          = ignored closed-question
    "#]]);
}

// ---- starting ----

#[test]
fn a_start_that_fails_is_tried_three_times() {
    let mut world = just_connected(by_rule());
    world.refused("1.5", 429);
    world.refused("1.6", 500);
    world.event_of("1.7", CallEventKind::StartRecordingFailed(codes(500, 0)));
    world.check(expect![[r#"
        > 1.5 refused 429
          emit operation-failed 1 start-recording: refused 429
          operate 1.6 start-recording
        > 1.6 refused 500
          emit operation-failed 1 start-recording: refused 500
          operate 1.7 start-recording
        > 1.7 recording not started
          emit operation-failed 1 start-recording: failed 500/0
          emit recording-changed 1 failed
    "#]]);
}

#[test]
fn a_start_that_is_refused_for_good_is_tried_once() {
    let mut world = just_connected(by_rule());
    world.refused("1.5", 403);
    world.check(expect![[r#"
        > 1.5 refused 403
          emit operation-failed 1 start-recording: refused 403
          emit recording-changed 1 failed
    "#]]);
}

/// The first start was taken, and its answer and its event are lost. A secret is not asked for: it would be recorded.
#[test]
fn a_start_that_is_refused_because_it_records_may_record() {
    let mut world = just_connected(by_rule());
    world.refused("1.5", 500);
    world.event_of("1.6", CallEventKind::StartRecordingFailed(codes(409, 8553)));
    pays(&mut world);
    world.recording_state(1, true);
    world.check(expect![[r#"
        > 1.5 refused 500
          emit operation-failed 1 start-recording: refused 500
          operate 1.6 start-recording
        > 1.6 recording not started
          emit operation-failed 1 start-recording: failed 409/8553
          emit recording-changed 1 failed
        > ann on 1: collect pay
          emit digits-collected 1 for pay: 0 incomplete
        > 1 recording rec-1 active
          emit recording-changed 1 active
    "#]]);
}

#[test]
fn a_start_of_unknown_fate_that_records_after_all_is_kept() {
    let mut world = just_connected(by_rule());
    world.unknown("1.5");
    world.after(20);
    world.check(expect![[r#"
        > 1.5 unknown
        > at 20s
          emit operation-failed 1 start-recording: unknown
          emit recording-changed 1 failed
    "#]]);
    world.recording_state(1, true);
    world.acts("ann", 1, CallAction::PauseRecording);
    world.check(expect![[r#"
        > 1 recording rec-1 active
          emit recording-changed 1 active
        > ann on 1: pause-recording
          operate 1.6 pause-recording rec-1
    "#]]);
}

#[test]
fn a_start_of_unknown_fate_that_records_after_the_caller_refused_is_stopped() {
    let mut world = just_connected(by_rule());
    world.quietly(|world| {
        world.unknown("1.5");
        world.after(20);
        world.acts("ann", 1, CallAction::SetConsent(Consent::Refused));
    });
    world.recording_state(1, true);
    world.check(expect![[r#"
        > 1 recording rec-1 active
          emit recording-changed 1 active
          operate 1.6 stop-recording rec-1
    "#]]);
}

#[test]
fn a_start_of_unknown_fate_that_records_when_nobody_talks_is_stopped() {
    let mut world = just_connected(by_rule());
    let sales = world.queue_id("sales");
    world.quietly(|world| {
        world.unknown("1.5");
        world.after(20);
        world.acts("ann", 1, CallAction::Requeue(sales));
    });
    world.recording_state(1, true);
    world.check(expect![[r#"
        > 1 recording rec-1 active
          emit recording-changed 1 active
          operate 1.8 stop-recording rec-1
    "#]]);
}

#[test]
fn a_recording_that_was_refused_and_records_is_not_ours() {
    let mut world = just_connected(by_rule());
    world.quietly(|world| world.refused("1.5", 403));
    world.recording_state(1, true);
    world.check(expect![[r#"
        > 1 recording rec-1 active
          = ignored not-now
    "#]]);
}

#[test]
fn a_start_whose_event_is_lost_is_observed() {
    let mut world = just_connected(by_rule());
    world.accepted("1.5");
    world.after(20);
    world.answered("1.6", observed(true));
    world.check(expect![[r#"
        > 1.5 accepted
        > at 20s
          emit operation-failed 1 start-recording: unknown
          operate 1.6 get-recording rec-1
        > 1.6 accepted
          emit recording-changed 1 active
    "#]]);
}

#[test]
fn a_start_whose_event_is_lost_and_that_does_not_record_has_failed() {
    for answer in [
        |world: &mut World| world.answered("1.6", observed(false)),
        |world: &mut World| world.refused("1.6", 404),
        |world: &mut World| world.unknown("1.6"),
    ] {
        let mut world = just_connected(by_rule());
        world.quietly(|world| {
            world.accepted("1.5");
            world.after(20);
        });
        answer(&mut world);
        assert!(world.take().contains("recording-changed 1 failed"));
    }
}

// ---- stopping ----

#[test]
fn a_caller_who_refuses_stops_the_recording() {
    let mut world = recorded(by_rule());
    world.acts("ann", 1, CallAction::SetConsent(Consent::Refused));
    world.accepted("1.6");
    world.acts("ann", 1, CallAction::StartRecording);
    world.acts("ann", 1, CallAction::SetConsent(Consent::Refused));
    world.check(expect![[r#"
        > ann on 1: consent refused
          record 1 recording-policy at sales by native: stop of 1
          operate 1.6 stop-recording rec-1
        > 1.6 accepted
          emit recording-changed 1 stopped
        > ann on 1: start-recording
          = refused consent-refused
        > ann on 1: consent refused
    "#]]);
    world.acts("ann", 1, CallAction::SetConsent(Consent::Given));
    world.check(expect![[r#"
        > ann on 1: consent given
          record 1 recording-policy at sales by native: start of 1
          operate 1.7 start-recording
    "#]]);
}

#[test]
fn a_caller_who_refuses_before_it_records_is_not_recorded() {
    let mut world = just_connected(by_rule());
    world.acts("ann", 1, CallAction::SetConsent(Consent::Refused));
    world.check(expect![[r#"
        > ann on 1: consent refused
          record 1 recording-policy at sales by native: stop of 1
    "#]]);
    world.accepted("1.5");
    world.recording_state(1, true);
    world.accepted("1.6");
    world.check(expect![[r#"
        > 1.5 accepted
          operate 1.6 stop-recording rec-1
        > 1 recording rec-1 active
          = ignored not-now
        > 1.6 accepted
          emit recording-changed 1 stopped
    "#]]);
}

#[test]
fn a_caller_who_refuses_before_it_records_is_not_recorded_whatever_comes_first() {
    let mut world = just_connected(by_rule());
    world.acts("ann", 1, CallAction::SetConsent(Consent::Refused));
    world.recording_state(1, true);
    world.check(expect![[r#"
        > ann on 1: consent refused
          record 1 recording-policy at sales by native: stop of 1
        > 1 recording rec-1 active
          emit recording-changed 1 active
          operate 1.6 stop-recording rec-1
    "#]]);
    // A start that has failed is not tried again.
    let mut world = just_connected(by_rule());
    world.acts("ann", 1, CallAction::SetConsent(Consent::Refused));
    world.refused("1.5", 500);
    world.check(expect![[r#"
        > ann on 1: consent refused
          record 1 recording-policy at sales by native: stop of 1
        > 1.5 refused 500
          emit operation-failed 1 start-recording: refused 500
          emit recording-changed 1 failed
    "#]]);
    // Known by its id, it is stopped at once.
    let mut world = just_connected(by_rule());
    world.accepted("1.5");
    world.acts("ann", 1, CallAction::SetConsent(Consent::Refused));
    world.recording_state(1, true);
    world.after(60);
    world.check(expect![[r#"
        > 1.5 accepted
        > ann on 1: consent refused
          record 1 recording-policy at sales by native: stop of 1
          operate 1.6 stop-recording rec-1
        > 1 recording rec-1 active
          = ignored not-now
        > at 20s
          emit operation-failed 1 stop-recording: unknown
          operate 1.7 stop-recording rec-1
        > at 40s
          emit operation-failed 1 stop-recording: unknown
          operate 1.8 stop-recording rec-1
        > at 60s
          emit operation-failed 1 stop-recording: unknown
          operate 1.9 get-recording rec-1
    "#]]);
}

#[test]
fn a_caller_who_changes_their_mind_before_it_records_is_recorded() {
    let mut world = just_connected(by_rule());
    world.acts("ann", 1, CallAction::SetConsent(Consent::Refused));
    world.acts("ann", 1, CallAction::SetConsent(Consent::Given));
    world.accepted("1.5");
    world.recording_state(1, true);
    world.check(expect![[r#"
        > ann on 1: consent refused
          record 1 recording-policy at sales by native: stop of 1
        > ann on 1: consent given
          record 1 recording-policy at sales by native: start of 1
        > 1.5 accepted
        > 1 recording rec-1 active
          emit recording-changed 1 active
    "#]]);
}

#[test]
fn a_caller_who_changes_their_mind_while_it_stops_is_recorded_again() {
    let mut world = recorded(by_rule());
    world.acts("ann", 1, CallAction::SetConsent(Consent::Refused));
    world.acts("ann", 1, CallAction::SetConsent(Consent::Given));
    world.accepted("1.6");
    world.check(expect![[r#"
        > ann on 1: consent refused
          record 1 recording-policy at sales by native: stop of 1
          operate 1.6 stop-recording rec-1
        > ann on 1: consent given
          record 1 recording-policy at sales by native: start of 1
        > 1.6 accepted
          emit recording-changed 1 stopped
          operate 1.7 start-recording
    "#]]);
}

#[test]
fn by_law_a_caller_who_refuses_is_recorded_on() {
    let mut world = recorded(by_law());
    world.acts("ann", 1, CallAction::SetConsent(Consent::Refused));
    world.check(expect![[r#"
        > ann on 1: consent refused
          record 1 recording-policy at sales by native: none of 1
    "#]]);
}

#[test]
fn a_policy_may_pause_instead_when_the_caller_refuses() {
    let mut world = just_connected(by_policy());
    world.quietly(|world| {
        world.advises(1, RecordingAction::Start);
        world.settle();
    });
    world.acts("ann", 1, CallAction::SetConsent(Consent::Refused));
    world.advises(2, RecordingAction::Pause);
    world.check(expect![[r#"
        > ann on 1: consent refused
          ask q2 recording-policy brain 1(in sales for 0s attempt 1) consent-changed consent-refused now-active
        > q2 advises pause
          record 1 recording-policy q2 at sales by brain: pause of 1
          operate 1.6 pause-recording rec-1
    "#]]);
}

#[test]
fn a_policy_cannot_record_a_caller_who_refuses() {
    for action in [
        RecordingAction::None,
        RecordingAction::Start,
        RecordingAction::Resume,
        RecordingAction::Stop,
    ] {
        let mut world = just_connected(by_policy());
        world.quietly(|world| {
            world.advises(1, RecordingAction::Start);
            world.settle();
            world.acts("ann", 1, CallAction::SetConsent(Consent::Refused));
        });
        world.advises(2, action);
        assert!(world.take().contains("operate 1.6 stop-recording"));
    }
}

#[test]
fn a_stop_that_fails_is_tried_three_times_then_observed() {
    let stop = || {
        let mut world = recorded(by_rule());
        world.quietly(|world| {
            world.acts("ann", 1, CallAction::StopRecording);
            world.refused("1.6", 500);
            world.unknown("1.7");
        });
        world
    };
    let mut world = stop();
    world.refused("1.8", 500);
    world.answered("1.9", observed(false));
    world.check(expect![[r#"
        > 1.8 refused 500
          emit operation-failed 1 stop-recording: refused 500
          operate 1.9 get-recording rec-1
        > 1.9 accepted
          emit recording-changed 1 stopped
    "#]]);
    let mut world = stop();
    world.refused("1.8", 500);
    world.answered("1.9", observed(true));
    world.check(expect![[r#"
        > 1.8 refused 500
          emit operation-failed 1 stop-recording: refused 500
          operate 1.9 get-recording rec-1
        > 1.9 accepted
          emit recording-changed 1 failed
    "#]]);
    // Before a payment it is paused.
    let pay = cordboard_core::ids::CollectionId(world.setup.symbol("pay"));
    world.acts("ann", 1, CallAction::Collect(pay));
    world.check(expect![[r#"
        > ann on 1: collect pay
          record 1 recording-policy at sales by native: pause of 1
          operate 1.10 pause-recording rec-1
    "#]]);
    let mut world = stop();
    world.refused("1.8", 500);
    world.refused("1.9", 404);
    world.check(expect![[r#"
        > 1.8 refused 500
          emit operation-failed 1 stop-recording: refused 500
          operate 1.9 get-recording rec-1
        > 1.9 refused 404
          emit operation-failed 1 observe-recording: refused 404
          emit recording-changed 1 stopped
    "#]]);
    let mut world = stop();
    world.refused("1.8", 500);
    world.unknown("1.9");
    world.check(expect![[r#"
        > 1.8 refused 500
          emit operation-failed 1 stop-recording: refused 500
          operate 1.9 get-recording rec-1
        > 1.9 unknown
          emit operation-failed 1 observe-recording: unknown
          emit recording-changed 1 failed
    "#]]);
}

#[test]
fn a_stop_of_what_is_gone_is_done() {
    let mut world = recorded(by_rule());
    world.acts("ann", 1, CallAction::StopRecording);
    world.refused("1.6", 404);
    world.check(expect![[r#"
        > ann on 1: stop-recording
          operate 1.6 stop-recording rec-1
        > 1.6 refused 404
          emit operation-failed 1 stop-recording: refused 404
          emit recording-changed 1 stopped
    "#]]);
}

#[test]
fn a_recording_that_ends_by_itself_is_asked_about() {
    let mut world = recorded(by_rule());
    world.recording_state(1, false);
    world.answered("1.6", observed(false));
    world.check(expect![[r#"
        > 1 recording rec-1 inactive
          operate 1.6 get-recording rec-1
        > 1.6 accepted
          emit recording-changed 1 stopped
    "#]]);
    let mut world = recorded(by_rule());
    world.recording_state(1, false);
    world.refused("1.6", 404);
    world.check(expect![[r#"
        > 1 recording rec-1 inactive
          operate 1.6 get-recording rec-1
        > 1.6 refused 404
          emit operation-failed 1 observe-recording: refused 404
          emit recording-changed 1 stopped
    "#]]);
}

#[test]
fn the_end_of_a_pause_may_be_told_before_its_beginning() {
    let mut world = recorded(by_rule());
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::PauseRecording);
        world.accepted("1.6");
        world.acts("ann", 1, CallAction::ResumeRecording);
        world.accepted("1.7");
    });
    world.recording_state(1, true);
    world.recording_state(1, false);
    world.answered("1.8", observed(true));
    world.acts("ann", 1, CallAction::PauseRecording);
    world.check(expect![[r#"
        > 1 recording rec-1 active
          = ignored not-now
        > 1 recording rec-1 inactive
          operate 1.8 get-recording rec-1
        > 1.8 accepted
        > ann on 1: pause-recording
          operate 1.9 pause-recording rec-1
    "#]]);
}

#[test]
fn states_of_another_recording_are_ignored() {
    let mut world = recorded(by_rule());
    let other = |active| CallEventKind::RecordingStateChanged {
        recording: cordboard_core::ids::RecordingId("rec-9".to_owned()),
        active,
    };
    world.event(1, other(false));
    world.acts("ann", 1, CallAction::PauseRecording);
    world.event(1, other(false));
    world.accepted("1.6");
    world.acts("ann", 1, CallAction::ResumeRecording);
    world.event(1, other(true));
    world.accepted("1.7");
    world.acts("ann", 1, CallAction::StopRecording);
    world.event(1, other(false));
    world.check(expect![[r#"
        > 1 recording rec-9 inactive
          = ignored not-now
        > ann on 1: pause-recording
          operate 1.6 pause-recording rec-1
        > 1 recording rec-9 inactive
          = ignored not-now
        > 1.6 accepted
          emit recording-changed 1 paused
        > ann on 1: resume-recording
          operate 1.7 resume-recording rec-1
        > 1 recording rec-9 active
          = ignored not-now
        > 1.7 accepted
          emit recording-changed 1 active
        > ann on 1: stop-recording
          operate 1.8 stop-recording rec-1
        > 1 recording rec-9 inactive
          = ignored not-now
    "#]]);
}

// ---- from one conversation to the next ----

#[test]
fn a_recording_stops_when_the_caller_is_put_back_and_starts_with_the_next_agent() {
    let mut world = recorded(by_rule());
    let sales = world.queue_id("sales");
    world.acts("ann", 1, CallAction::Requeue(sales));
    world.quietly(World::settle);
    world.check(expect![[r#"
        > ann on 1: requeue in sales
          operate 1.6 remove-participant ann
          operate 1.7 stop-recording rec-1
          emit agent ann ready
          emit call-queued 1 in sales at 1
          operate 1.8 play music to caller looped
    "#]]);
    world.quietly(|world| {
        world.ready("bob");
        world.settle();
    });
    world.answers("1.9");
    world.check(expect![[r#"
        > 1.9 added bob
          emit offer-ended 1-2 to bob: accepted
          operate 1.10 cancel-media
          emit agent bob busy
          emit call-connected 1 to bob at calling-sdk
          record 1 recording-policy at sales by native: start of 1
          operate 1.11 start-recording
    "#]]);
}

#[test]
fn a_recording_that_still_stops_starts_again_for_the_next_agent() {
    let mut world = recorded(by_law());
    let sales = world.queue_id("sales");
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::Requeue(sales));
        world.ready("bob");
        world.answers("1.9");
    });
    world.accepted("1.7");
    world.check(expect![[r#"
        > 1.7 accepted
          emit recording-changed 1 stopped
          operate 1.11 start-recording
    "#]]);
}

#[test]
fn a_recording_that_was_about_to_start_stops_when_the_caller_is_put_back() {
    let mut world = just_connected(by_rule());
    let sales = world.queue_id("sales");
    world.acts("ann", 1, CallAction::Requeue(sales));
    world.recording_state(1, true);
    world.check(expect![[r#"
        > ann on 1: requeue in sales
          operate 1.6 remove-participant ann
          emit agent ann ready
          emit call-queued 1 in sales at 1
          operate 1.7 play music to caller looped
        > 1 recording rec-1 active
          emit recording-changed 1 active
          operate 1.8 stop-recording rec-1
    "#]]);
}

#[test]
fn a_pause_that_is_told_late_does_not_stand_for_the_stop() {
    let mut world = recorded(by_rule());
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::PauseRecording);
        world.accepted("1.6");
        world.acts("ann", 1, CallAction::ResumeRecording);
        world.accepted("1.7");
        world.acts("ann", 1, CallAction::StopRecording);
    });
    world.recording_state(1, false);
    world.refused("1.8", 500);
    world.check(expect![[r#"
        > 1 recording rec-1 inactive
          = ignored not-now
        > 1.8 refused 500
          emit operation-failed 1 stop-recording: refused 500
          operate 1.9 stop-recording rec-1
    "#]]);
}

#[test]
fn a_stop_has_its_own_tries() {
    let mut world = recorded(by_rule());
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::PauseRecording);
        for (pause, observation) in [("1.6", "1.7"), ("1.8", "1.9"), ("1.10", "1.11")] {
            world.refused(pause, 500);
            world.answered(observation, observed(true));
        }
    });
    world.acts("ann", 1, CallAction::StopRecording);
    world.refused("1.12", 500);
    world.check(expect![[r#"
        > ann on 1: stop-recording
          operate 1.12 stop-recording rec-1
        > 1.12 refused 500
          emit operation-failed 1 stop-recording: refused 500
          operate 1.13 stop-recording rec-1
    "#]]);
}
