//! Collecting digits from the caller. Before a secret is asked for, everything is quiet.

use crate::harness::World;
use crate::harness::config::{Setup, party};
use crate::harness::world::codes;
use cordboard_core::PluginFailure;
use cordboard_core::ids::CollectionId;
use cordboard_core::input::{CallAction, CallEventKind, Response};
use cordboard_core::question::{Consent, RecordingAction};
use expect_test::expect;

/// A caller talks to ann; what runs beside it by `setup` runs. `1.4` ended the music, `1.5` is the
/// start of recording where there is one.
pub(super) fn talking(setup: Setup) -> World {
    let mut world = World::with_ready(setup, &["ann"]);
    world.talking("caller", "ann");
    world.quietly(World::settle);
    world
}

pub(super) fn recorded() -> World {
    talking(Setup::small().recorded("sales"))
}

pub(super) fn pays(world: &mut World) {
    let pay = CollectionId(world.setup.symbol("pay"));
    world.acts("ann", 1, CallAction::Collect(pay));
}

pub(super) fn tells_zip(world: &mut World) {
    let zip = CollectionId(world.setup.symbol("zip"));
    world.acts("ann", 1, CallAction::Collect(zip));
}

#[test]
fn digits_that_are_no_secret_are_collected_at_once() {
    let mut world = recorded();
    tells_zip(&mut world);
    world.types("1.6", "90210");
    world.check(expect![[r#"
        > ann on 1: collect zip
          operate 1.6 recognize card from caller digits<=5 silence<=5s until-pound for zip
        > 1.6 digits 90210
          emit digits-collected 1 for zip: 5 complete
    "#]]);
}

#[test]
fn a_payment_without_recording_begins_at_once() {
    let mut world = talking(Setup::small());
    pays(&mut world);
    world.types_secret("1.5", 16);
    world.check(expect![[r#"
        > ann on 1: collect pay
          operate 1.5 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
        > 1.5 16 secret digits
          emit digits-collected 1 for pay: 16 complete
    "#]]);
}

#[test]
fn a_payment_begins_when_the_recording_is_paused_and_it_resumes_afterwards() {
    let mut world = recorded();
    pays(&mut world);
    world.accepted("1.6");
    world.recording_state(1, false);
    world.types_secret("1.7", 16);
    world.accepted("1.8");
    world.recording_state(1, true);
    world.check(expect![[r#"
        > ann on 1: collect pay
          record 1 recording-policy at sales by native: pause of 1
          operate 1.6 pause-recording rec-1
        > 1.6 accepted
          emit recording-changed 1 paused
          operate 1.7 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
        > 1 recording rec-1 inactive
          = ignored not-now
        > 1.7 16 secret digits
          emit digits-collected 1 for pay: 16 complete
          record 1 recording-policy at sales by native: resume of 1
          operate 1.8 resume-recording rec-1
        > 1.8 accepted
          emit recording-changed 1 active
        > 1 recording rec-1 active
          = ignored not-now
    "#]]);
}

#[test]
fn the_event_of_the_pause_may_come_before_its_response() {
    let mut world = recorded();
    pays(&mut world);
    world.recording_state(1, false);
    world.accepted("1.6");
    world.check(expect![[r#"
        > ann on 1: collect pay
          record 1 recording-policy at sales by native: pause of 1
          operate 1.6 pause-recording rec-1
        > 1 recording rec-1 inactive
          = ignored not-now
        > 1.6 accepted
          emit recording-changed 1 paused
          operate 1.7 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
    "#]]);
    world.types_secret("1.7", 16);
    world.recording_state(1, true);
    world.accepted("1.8");
    world.check(expect![[r#"
        > 1.7 16 secret digits
          emit digits-collected 1 for pay: 16 complete
          record 1 recording-policy at sales by native: resume of 1
          operate 1.8 resume-recording rec-1
        > 1 recording rec-1 active
          = ignored not-now
        > 1.8 accepted
          emit recording-changed 1 active
    "#]]);
}

#[test]
fn transcription_and_streaming_stop_for_a_payment_and_start_again() {
    let mut world = talking(Setup::small().recorded("sales").transcribed_and_streamed());
    pays(&mut world);
    world.accepted("1.8");
    world.accepted("1.6");
    world.check(expect![[r#"
        > ann on 1: collect pay
          operate 1.6 stop-transcription
          operate 1.7 stop-streaming
          record 1 recording-policy at sales by native: pause of 1
          operate 1.8 pause-recording rec-1
        > 1.8 accepted
          emit recording-changed 1 paused
        > 1.6 accepted
    "#]]);
    world.accepted("1.7");
    world.check(expect![[r#"
        > 1.7 accepted
          operate 1.9 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
    "#]]);
    world.types_secret("1.9", 16);
    world.settle();
    world.check(expect![[r#"
        > 1.9 16 secret digits
          emit digits-collected 1 for pay: 16 complete
          record 1 recording-policy at sales by native: resume of 1
          operate 1.10 resume-recording rec-1
          operate 1.11 start-transcription
          operate 1.12 start-streaming
        > 1.6 accepted
          = ignored closed-operation
        > 1 transcription false
        > 1.7 accepted
          = ignored closed-operation
        > 1 streaming false
        > 1.8 accepted
          = ignored closed-operation
        > 1.9 accepted
          = ignored closed-operation
        > 1.10 accepted
          emit recording-changed 1 active
        > 1.11 accepted
        > 1 transcription true
        > 1.12 accepted
        > 1 streaming true
    "#]]);
}

#[test]
fn a_start_of_transcription_that_is_told_late_does_not_count_against_the_stop() {
    let mut world = talking(Setup::small().transcribed_and_streamed());
    pays(&mut world);
    world.quietly(|world| {
        world.accepted("1.5");
        world.accepted("1.6");
    });
    world.event(1, CallEventKind::TranscriptionChanged { active: true });
    world.event(1, CallEventKind::StreamingChanged { active: true });
    world.types_secret("1.7", 16);
    world.check(expect![[r#"
        > ann on 1: collect pay
          operate 1.5 stop-transcription
          operate 1.6 stop-streaming
        > 1 transcription true
        > 1 streaming true
        > 1.7 16 secret digits
          emit digits-collected 1 for pay: 16 complete
          operate 1.8 start-transcription
          operate 1.9 start-streaming
    "#]]);
}

#[test]
fn what_ended_by_itself_does_not_hinder_a_payment() {
    let mut world = talking(Setup::small().transcribed_and_streamed());
    world.event(1, CallEventKind::TranscriptionFailed(codes(500, 0)));
    world.event(1, CallEventKind::StreamingFailed(codes(500, 0)));
    pays(&mut world);
    world.refused("1.5", 400);
    world.refused("1.6", 400);
    world.types_secret("1.7", 16);
    world.check(expect![[r#"
        > 1 transcription failed
        > 1 streaming failed
        > ann on 1: collect pay
          operate 1.5 stop-transcription
          operate 1.6 stop-streaming
        > 1.5 refused 400
          emit operation-failed 1 transcription: refused 400
        > 1.6 refused 400
          emit operation-failed 1 streaming: refused 400
          operate 1.7 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
        > 1.7 16 secret digits
          emit digits-collected 1 for pay: 16 complete
    "#]]);
    // What has ended is not stopped again, but what began again is.
    pays(&mut world);
    world.types_secret("1.8", 16);
    world.event(1, CallEventKind::TranscriptionChanged { active: true });
    pays(&mut world);
    world.check(expect![[r#"
        > ann on 1: collect pay
          operate 1.8 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
        > 1.8 16 secret digits
          emit digits-collected 1 for pay: 16 complete
        > 1 transcription true
        > ann on 1: collect pay
          operate 1.9 stop-transcription
    "#]]);
}

#[test]
fn nothing_is_collected_while_transcription_cannot_be_stopped() {
    let mut world = talking(Setup::small().recorded("sales").transcribed_and_streamed());
    pays(&mut world);
    world.refused("1.6", 500);
    world.check(expect![[r#"
        > ann on 1: collect pay
          operate 1.6 stop-transcription
          operate 1.7 stop-streaming
          record 1 recording-policy at sales by native: pause of 1
          operate 1.8 pause-recording rec-1
        > 1.6 refused 500
          emit operation-failed 1 transcription: refused 500
          emit digits-collected 1 for pay: 0 incomplete
          record 1 recording-policy at sales by native: resume of 1
          operate 1.9 start-transcription
    "#]]);
    // What was being stopped and paused goes on.
    world.accepted("1.7");
    world.accepted("1.8");
    world.check(expect![[r#"
        > 1.7 accepted
          operate 1.10 start-streaming
        > 1.8 accepted
          emit recording-changed 1 paused
          operate 1.11 resume-recording rec-1
    "#]]);
    world.settle();
    world.check(expect![[r#"
        > 1.6 accepted
          = ignored closed-operation
        > 1 transcription false
        > 1.7 accepted
          = ignored closed-operation
        > 1 streaming false
        > 1.8 accepted
          = ignored closed-operation
        > 1.9 accepted
        > 1 transcription true
        > 1.10 accepted
        > 1 streaming true
        > 1.11 accepted
          emit recording-changed 1 active
    "#]]);
    // Another try may succeed.
    pays(&mut world);
    world.settle();
    world.check(expect![[r#"
        > ann on 1: collect pay
          operate 1.12 stop-transcription
          operate 1.13 stop-streaming
          record 1 recording-policy at sales by native: pause of 1
          operate 1.14 pause-recording rec-1
        > 1.12 accepted
        > 1 transcription false
        > 1.13 accepted
        > 1 streaming false
        > 1.14 accepted
          emit recording-changed 1 paused
          operate 1.15 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
        > 1.15 accepted
    "#]]);
}

#[test]
fn streaming_of_unknown_fate_is_taken_to_run() {
    let mut world = talking(Setup::small().transcribed_and_streamed());
    pays(&mut world);
    world.accepted("1.5");
    world.unknown("1.6");
    world.check(expect![[r#"
        > ann on 1: collect pay
          operate 1.5 stop-transcription
          operate 1.6 stop-streaming
        > 1.5 accepted
        > 1.6 unknown
          emit operation-failed 1 streaming: unknown
          emit digits-collected 1 for pay: 0 incomplete
          operate 1.7 start-transcription
          operate 1.8 start-streaming
    "#]]);
    world.unknown("1.7");
    // Both are stopped again.
    pays(&mut world);
    world.check(expect![[r#"
        > 1.7 unknown
          emit operation-failed 1 transcription: unknown
        > ann on 1: collect pay
          operate 1.9 stop-transcription
          operate 1.10 stop-streaming
    "#]]);
}

#[test]
fn nothing_is_collected_while_the_recording_cannot_be_paused() {
    let mut world = recorded();
    let observed = |active| Response::Recording {
        recording: None,
        active,
    };
    pays(&mut world);
    world.refused("1.6", 500);
    world.answered("1.7", observed(true));
    world.unknown("1.8");
    world.answered("1.9", observed(true));
    world.refused("1.10", 500);
    world.answered("1.11", observed(true));
    world.check(expect![[r#"
        > ann on 1: collect pay
          record 1 recording-policy at sales by native: pause of 1
          operate 1.6 pause-recording rec-1
        > 1.6 refused 500
          emit operation-failed 1 pause-recording: refused 500
          operate 1.7 get-recording rec-1
        > 1.7 accepted
          operate 1.8 pause-recording rec-1
        > 1.8 unknown
          emit operation-failed 1 pause-recording: unknown
          operate 1.9 get-recording rec-1
        > 1.9 accepted
          operate 1.10 pause-recording rec-1
        > 1.10 refused 500
          emit operation-failed 1 pause-recording: refused 500
          operate 1.11 get-recording rec-1
        > 1.11 accepted
          emit recording-changed 1 failed
          emit digits-collected 1 for pay: 0 incomplete
          record 1 recording-policy at sales by native: resume of 1
    "#]]);
}

#[test]
fn nothing_is_collected_when_nobody_knows_whether_it_records() {
    let mut world = recorded();
    pays(&mut world);
    world.unknown("1.6");
    world.unknown("1.7");
    world.check(expect![[r#"
        > ann on 1: collect pay
          record 1 recording-policy at sales by native: pause of 1
          operate 1.6 pause-recording rec-1
        > 1.6 unknown
          emit operation-failed 1 pause-recording: unknown
          operate 1.7 get-recording rec-1
        > 1.7 unknown
          emit operation-failed 1 observe-recording: unknown
          emit recording-changed 1 failed
          emit digits-collected 1 for pay: 0 incomplete
          record 1 recording-policy at sales by native: resume of 1
    "#]]);
}

#[test]
fn a_pause_of_unknown_fate_that_had_its_effect_is_good() {
    let mut world = recorded();
    pays(&mut world);
    world.unknown("1.6");
    world.answered(
        "1.7",
        Response::Recording {
            recording: None,
            active: false,
        },
    );
    world.check(expect![[r#"
        > ann on 1: collect pay
          record 1 recording-policy at sales by native: pause of 1
          operate 1.6 pause-recording rec-1
        > 1.6 unknown
          emit operation-failed 1 pause-recording: unknown
          operate 1.7 get-recording rec-1
        > 1.7 accepted
          emit recording-changed 1 paused
          operate 1.8 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
    "#]]);
}

#[test]
fn a_pause_without_any_outcome_is_observed() {
    let mut world = recorded();
    pays(&mut world);
    world.after(20);
    world.check(expect![[r#"
        > ann on 1: collect pay
          record 1 recording-policy at sales by native: pause of 1
          operate 1.6 pause-recording rec-1
        > at 20s
          emit operation-failed 1 pause-recording: unknown
          operate 1.7 get-recording rec-1
    "#]]);
}

#[test]
fn a_recording_that_is_about_to_start_is_paused_first() {
    let mut world = World::with_ready(Setup::small().recorded("sales"), &["ann"]);
    world.queued("caller");
    world.quietly(|world| world.answers("1.3"));
    pays(&mut world);
    world.check(expect![[r#"
        > ann on 1: collect pay
          record 1 recording-policy at sales by native: pause of 1
    "#]]);
    world.accepted("1.5");
    world.recording_state(1, true);
    world.accepted("1.6");
    world.check(expect![[r#"
        > 1.5 accepted
        > 1 recording rec-1 active
          emit recording-changed 1 active
          operate 1.6 pause-recording rec-1
        > 1.6 accepted
          emit recording-changed 1 paused
          operate 1.7 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
    "#]]);
}

#[test]
fn a_recording_that_does_not_start_is_quiet_enough() {
    let mut world = World::with_ready(Setup::small().recorded("sales"), &["ann"]);
    world.queued("caller");
    world.quietly(|world| world.answers("1.3"));
    pays(&mut world);
    world.refused("1.5", 403);
    world.check(expect![[r#"
        > ann on 1: collect pay
          record 1 recording-policy at sales by native: pause of 1
        > 1.5 refused 403
          emit operation-failed 1 start-recording: refused 403
          emit recording-changed 1 failed
          operate 1.6 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
    "#]]);
}

#[test]
fn a_recording_that_is_being_resumed_is_paused_again() {
    let mut world = recorded();
    world.quietly(|world| {
        pays(world);
        world.accepted("1.6");
        world.types_secret("1.7", 16);
    });
    pays(&mut world);
    world.check(expect![[r#"
        > ann on 1: collect pay
          record 1 recording-policy at sales by native: pause of 1
    "#]]);
    world.accepted("1.8");
    world.accepted("1.9");
    world.check(expect![[r#"
        > 1.8 accepted
          emit recording-changed 1 active
          operate 1.9 pause-recording rec-1
        > 1.9 accepted
          emit recording-changed 1 paused
          operate 1.10 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
    "#]]);
}

#[test]
fn a_recording_that_cannot_be_resumed_is_quiet_enough_for_the_next_payment() {
    let mut world = recorded();
    world.quietly(|world| {
        pays(world);
        world.accepted("1.6");
        world.types_secret("1.7", 16);
        pays(world);
    });
    world.unknown("1.8");
    world.unknown("1.9");
    world.check(expect![[r#"
        > 1.8 unknown
          emit operation-failed 1 resume-recording: unknown
          operate 1.9 get-recording rec-1
        > 1.9 unknown
          emit operation-failed 1 observe-recording: unknown
          emit recording-changed 1 failed
          operate 1.10 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
    "#]]);
}

#[test]
fn a_recording_that_was_paused_by_hand_stays_paused() {
    let mut world = recorded();
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::PauseRecording);
        world.accepted("1.6");
    });
    pays(&mut world);
    world.types_secret("1.7", 16);
    world.check(expect![[r#"
        > ann on 1: collect pay
          operate 1.7 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
        > 1.7 16 secret digits
          emit digits-collected 1 for pay: 16 complete
    "#]]);
}

#[test]
fn a_recording_that_is_being_paused_by_hand_is_waited_for() {
    let mut world = recorded();
    world.acts("ann", 1, CallAction::PauseRecording);
    pays(&mut world);
    world.accepted("1.6");
    world.check(expect![[r#"
        > ann on 1: pause-recording
          operate 1.6 pause-recording rec-1
        > ann on 1: collect pay
        > 1.6 accepted
          emit recording-changed 1 paused
          operate 1.7 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
    "#]]);
}

#[test]
fn a_recording_that_is_being_stopped_is_waited_for() {
    let mut world = recorded();
    world.acts("ann", 1, CallAction::StopRecording);
    pays(&mut world);
    world.accepted("1.6");
    world.check(expect![[r#"
        > ann on 1: stop-recording
          operate 1.6 stop-recording rec-1
        > ann on 1: collect pay
        > 1.6 accepted
          emit recording-changed 1 stopped
          operate 1.7 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
    "#]]);
}

#[test]
fn recording_does_not_begin_by_hand_during_a_payment() {
    let mut world = talking(Setup::small());
    pays(&mut world);
    world.acts("ann", 1, CallAction::StartRecording);
    world.check(expect![[r#"
        > ann on 1: collect pay
          operate 1.5 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
        > ann on 1: start-recording
          = refused not-now
    "#]]);
    let mut world = recorded();
    pays(&mut world);
    world.accepted("1.6");
    world.acts("ann", 1, CallAction::ResumeRecording);
    world.check(expect![[r#"
        > ann on 1: collect pay
          record 1 recording-policy at sales by native: pause of 1
          operate 1.6 pause-recording rec-1
        > 1.6 accepted
          emit recording-changed 1 paused
          operate 1.7 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
        > ann on 1: resume-recording
          = refused not-now
    "#]]);
}

#[test]
fn a_recording_that_a_policy_wants_during_a_payment_begins_after_it() {
    let setup = Setup::small()
        .plugins("sales", &["record"])
        .recorded_by_law("sales");
    let mut world = World::with_ready(setup, &["ann"]);
    world.talking("caller", "ann");
    pays(&mut world);
    world.advises(1, RecordingAction::Start);
    world.check(expect![[r#"
        > ann on 1: collect pay
          operate 1.5 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
        > q1 advises start
          record 1 recording-policy q1 at sales by brain: start of 1
    "#]]);
    world.types_secret("1.5", 16);
    world.check(expect![[r#"
        > 1.5 16 secret digits
          emit digits-collected 1 for pay: 16 complete
          operate 1.6 start-recording mp3 mixed
    "#]]);
}

#[test]
fn a_recording_that_a_policy_stops_for_a_payment_stays_stopped() {
    let mut world = World::with_ready(Setup::small().plugins("sales", &["record"]), &["ann"]);
    world.talking("caller", "ann");
    world.quietly(|world| {
        world.advises(1, RecordingAction::Start);
        world.settle();
    });
    pays(&mut world);
    world.advises(2, RecordingAction::Stop);
    world.accepted("1.6");
    world.check(expect![[r#"
        > ann on 1: collect pay
          ask q2 recording-policy brain 1(in sales for 0s attempt 1) payment-started consent-unknown now-active
        > q2 advises stop
          record 1 recording-policy q2 at sales by brain: stop of 1
          operate 1.6 stop-recording rec-1
        > 1.6 accepted
          emit recording-changed 1 stopped
          operate 1.7 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
    "#]]);
    world.types_secret("1.7", 16);
    world.advises(3, RecordingAction::None);
    world.check(expect![[r#"
        > 1.7 16 secret digits
          emit digits-collected 1 for pay: 16 complete
          ask q3 recording-policy brain 1(in sales for 0s attempt 1) payment-ended consent-unknown now-off
        > q3 advises none
          record 1 recording-policy q3 at sales by brain: none of 1
    "#]]);
}

#[test]
fn a_policy_cannot_let_a_payment_be_recorded() {
    for action in [
        RecordingAction::None,
        RecordingAction::Start,
        RecordingAction::Resume,
    ] {
        let mut world = World::with_ready(Setup::small().plugins("sales", &["record"]), &["ann"]);
        world.talking("caller", "ann");
        world.quietly(|world| {
            world.advises(1, RecordingAction::Start);
            world.settle();
            pays(world);
        });
        world.advises(2, action);
        let text = format!("advises {}", crate::harness::show::kebab(&action));
        world.check_with(
            &text,
            "advises …",
            expect![[r#"
            > q2 advises …
              record 1 recording-policy q2 at sales by brain: pause of 1
              operate 1.6 pause-recording rec-1
        "#]],
        );
    }
}

#[test]
fn a_policy_that_gives_no_advice_pauses_for_a_payment() {
    let mut world = World::with_ready(Setup::small().plugins("sales", &["record"]), &["ann"]);
    world.talking("caller", "ann");
    world.quietly(|world| {
        world.advises(1, RecordingAction::Start);
        world.settle();
    });
    pays(&mut world);
    world.check(expect![[r#"
        > ann on 1: collect pay
          ask q2 recording-policy brain 1(in sales for 0s attempt 1) payment-started consent-unknown now-active
    "#]]);
    world.plugin_fails(2, PluginFailure::Trap);
    world.accepted("1.6");
    world.types_secret("1.7", 16);
    world.plugin_fails(3, PluginFailure::Trap);
    world.check(expect![[r#"
        > q2 fails: trap
          emit plugin-failed 1 brain recording-policy: trap
          record 1 recording-policy q2 at sales by fallback(brain trap): pause of 1
          operate 1.6 pause-recording rec-1
        > 1.6 accepted
          emit recording-changed 1 paused
          operate 1.7 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
        > 1.7 16 secret digits
          emit digits-collected 1 for pay: 16 complete
          ask q3 recording-policy brain 1(in sales for 0s attempt 1) payment-ended consent-unknown now-paused
        > q3 fails: trap
          emit plugin-failed 1 brain recording-policy: trap
          record 1 recording-policy q3 at sales by fallback(brain trap): resume of 1
          operate 1.8 resume-recording rec-1
    "#]]);
}

#[test]
fn consent_that_is_refused_during_a_payment_stops_the_recording() {
    let mut world = recorded();
    world.quietly(|world| {
        pays(world);
        world.accepted("1.6");
    });
    world.acts("ann", 1, CallAction::SetConsent(Consent::Refused));
    world.accepted("1.8");
    world.types_secret("1.7", 16);
    world.check(expect![[r#"
        > ann on 1: consent refused
          record 1 recording-policy at sales by native: stop of 1
          operate 1.8 stop-recording rec-1
        > 1.8 accepted
          emit recording-changed 1 stopped
        > 1.7 16 secret digits
          emit digits-collected 1 for pay: 16 complete
          record 1 recording-policy at sales by native: none of 1
    "#]]);
}

#[test]
fn a_collection_that_fails_is_told_and_the_recording_resumes() {
    let mut world = recorded();
    world.quietly(|world| {
        pays(world);
        world.accepted("1.6");
    });
    world.recognize_failed("1.7", 8532);
    world.check(expect![[r#"
        > 1.7 recognize failed 8532
          emit digits-collected 1 for pay: 0 incomplete
          record 1 recording-policy at sales by native: resume of 1
          operate 1.8 resume-recording rec-1
    "#]]);
}

#[test]
fn a_collection_that_is_refused_is_told() {
    let mut world = talking(Setup::small());
    pays(&mut world);
    world.refused("1.5", 400);
    world.check(expect![[r#"
        > ann on 1: collect pay
          operate 1.5 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
        > 1.5 refused 400
          emit operation-failed 1 collect: refused 400
          emit digits-collected 1 for pay: 0 incomplete
    "#]]);
}

#[test]
fn a_collection_that_nothing_is_heard_of_is_stopped() {
    let mut world = talking(Setup::small());
    pays(&mut world);
    // The prompt's 3 s, 5 s of silence, 16 digits of 2 s, 10 s for the request and 10 s for the event.
    world.after(59);
    world.check(expect![[r#"
        > ann on 1: collect pay
          operate 1.5 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
    "#]]);
    world.after(1);
    world.accepted("1.6");
    world.check(expect![[r#"
        > at 60s
          emit operation-failed 1 collect: unknown
          operate 1.6 cancel-media
        > 1.6 accepted
          emit digits-collected 1 for pay: 0 incomplete
    "#]]);
    // A stop of unknown fate is tried again, and even if its fate stays unknown the collection ends.
    pays(&mut world);
    world.after(60 + 4 * 20);
    world.check(expect![[r#"
        > ann on 1: collect pay
          operate 1.7 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
        > at 120s
          emit operation-failed 1 collect: unknown
          operate 1.8 cancel-media
        > at 140s
          emit operation-failed 1 stop-collecting: unknown
          operate 1.9 cancel-media
        > at 160s
          emit operation-failed 1 stop-collecting: unknown
          operate 1.10 cancel-media
        > at 180s
          emit operation-failed 1 stop-collecting: unknown
          operate 1.11 cancel-media
        > at 200s
          emit operation-failed 1 stop-collecting: unknown
          emit digits-collected 1 for pay: 0 incomplete
    "#]]);
}

/// A fault of the service says nothing of whether the caller is asked for the card.
#[test]
fn a_collection_that_the_service_fails_at_is_stopped_before_the_recording_resumes() {
    let mut world = talking(Setup::small());
    pays(&mut world);
    world.refused("1.5", 500);
    world.refused("1.6", 503);
    world.accepted("1.7");
    world.check(expect![[r#"
        > ann on 1: collect pay
          operate 1.5 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
        > 1.5 refused 500
          emit operation-failed 1 collect: refused 500
          operate 1.6 cancel-media
        > 1.6 refused 503
          emit operation-failed 1 stop-collecting: refused 503
          operate 1.7 cancel-media
        > 1.7 accepted
          emit digits-collected 1 for pay: 0 incomplete
    "#]]);
    pays(&mut world);
    world.refused("1.8", 400);
    world.check(expect![[r#"
        > ann on 1: collect pay
          operate 1.8 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
        > 1.8 refused 400
          emit operation-failed 1 collect: refused 400
          emit digits-collected 1 for pay: 0 incomplete
    "#]]);
}

#[test]
fn one_collection_at_a_time() {
    let mut world = talking(Setup::small());
    pays(&mut world);
    tells_zip(&mut world);
    world.acts("ann", 1, CallAction::Hold);
    world.check(expect![[r#"
        > ann on 1: collect pay
          operate 1.5 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
        > ann on 1: collect zip
          = refused not-now
        > ann on 1: hold
          = refused under-way
    "#]]);
}

#[test]
fn nothing_is_collected_from_a_caller_on_hold() {
    let mut world = talking(Setup::small());
    world.quietly(|world| world.acts("ann", 1, CallAction::Hold));
    pays(&mut world);
    world.check(expect![[r#"
        > ann on 1: collect pay
          = refused not-now
    "#]]);
}

#[test]
fn a_collection_that_nobody_configured_is_refused() {
    let mut world = talking(Setup::small());
    let unknown = CollectionId(world.setup.symbol("spare-1"));
    world.acts("ann", 1, CallAction::Collect(unknown));
    world.check(expect![[r#"
        > ann on 1: collect spare-1
          = refused unknown-code
    "#]]);
}

#[test]
fn nothing_is_collected_from_a_caller_who_waits() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.queued("caller");
    let pay = CollectionId(world.setup.symbol("pay"));
    world.acts("boss", 1, CallAction::Collect(pay));
    world.check(expect![[r#"
        > boss on 1: collect pay
          = refused not-now
    "#]]);
}

#[test]
fn a_collection_that_a_reload_removed_is_given_up() {
    let mut world = recorded();
    pays(&mut world);
    world.reload(|setup| {
        setup
            .digest("two")
            .with(|setup| setup.config.collections.clear())
    });
    world.accepted("1.6");
    world.check(expect![[r#"
        > ann on 1: collect pay
          record 1 recording-policy at sales by native: pause of 1
          operate 1.6 pause-recording rec-1
        > config two
          emit config-applied two
        > 1.6 accepted
          emit recording-changed 1 paused
          emit digits-collected 1 for pay: 0 incomplete
          record 1 recording-policy at sales by native: resume of 1
          operate 1.7 resume-recording rec-1
    "#]]);
}

#[test]
fn a_caller_who_hangs_up_while_paying_ends_the_call() {
    let mut world = recorded();
    world.quietly(|world| {
        pays(world);
        world.accepted("1.6");
    });
    world.disconnected(1);
    world.types_secret("1.7", 16);
    world.check(expect![[r#"
        > 1 disconnected
          emit agent ann ready
          emit call-ended 1 handled by ann
        > 1.7 16 secret digits
          = ignored ended-call
    "#]]);
}

#[test]
fn a_caller_who_is_put_back_is_not_asked_any_more() {
    let mut world = talking(Setup::small().recorded("sales").transcribed_and_streamed());
    world.quietly(|world| {
        pays(world);
        world.settle();
    });
    let sales = world.queue_id("sales");
    world.acts("ann", 1, CallAction::Requeue(sales));
    world.check(expect![[r#"
        > ann on 1: requeue in sales
          operate 1.10 remove-participant ann
          operate 1.11 stop-recording rec-1
          operate 1.12 cancel-media
          emit agent ann ready
          emit call-queued 1 in sales at 1
          operate 1.13 play music to caller looped
    "#]]);
    // What is said to an agent is written down again, but not a card.
    world.accepted("1.12");
    world.check(expect![[r#"
        > 1.12 accepted
          emit digits-collected 1 for pay: 0 incomplete
          operate 1.14 start-transcription
          operate 1.15 start-streaming
    "#]]);
}

#[test]
fn what_was_paused_goes_on_when_the_agent_leaves_the_others() {
    let mut world = talking(Setup::small().recorded("sales").transcribed_and_streamed());
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::AddParticipant(party("boss")));
        world.settle();
        world.picks_up("boss");
        pays(world);
        world.settle();
    });
    world.acts("ann", 1, CallAction::Leave);
    world.check(expect![[r#"
        > ann on 1: leave
          operate 1.11 remove-participant ann
          operate 1.12 cancel-media
          emit agent ann ready
    "#]]);
    world.accepted("1.12");
    world.check(expect![[r#"
        > 1.12 accepted
          emit digits-collected 1 for pay: 0 incomplete
          operate 1.13 resume-recording rec-1
          operate 1.14 start-transcription
          operate 1.15 start-streaming
    "#]]);
}

/// The caller may be typing the card number still.
#[test]
fn what_was_paused_stays_so_until_a_collection_that_cannot_be_stopped_is_over() {
    let mut world = talking(Setup::small().recorded("sales").transcribed_and_streamed());
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::AddParticipant(party("boss")));
        world.settle();
        world.picks_up("boss");
        pays(world);
        world.settle();
        world.acts("ann", 1, CallAction::Leave);
    });
    for stop in ["1.12", "1.13", "1.14", "1.15"] {
        world.refused(stop, 503);
    }
    world.check(expect![[r#"
        > 1.12 refused 503
          emit operation-failed 1 stop-collecting: refused 503
          operate 1.13 cancel-media
        > 1.13 refused 503
          emit operation-failed 1 stop-collecting: refused 503
          operate 1.14 cancel-media
        > 1.14 refused 503
          emit operation-failed 1 stop-collecting: refused 503
          operate 1.15 cancel-media
        > 1.15 refused 503
          emit operation-failed 1 stop-collecting: refused 503
    "#]]);
    world.after(59);
    world.check(expect![[r#"
        > at 20s
          emit operation-failed 1 remove-leg: unknown
          operate 1.16 remove-participant ann
        > at 40s
          emit operation-failed 1 remove-leg: unknown
          operate 1.17 remove-participant ann
    "#]]);
    world.after(1);
    world.check(expect![[r#"
        > at 60s
          emit operation-failed 1 remove-leg: unknown
          emit digits-collected 1 for pay: 0 incomplete
          operate 1.18 resume-recording rec-1
          operate 1.19 start-transcription
          operate 1.20 start-streaming
    "#]]);
}
