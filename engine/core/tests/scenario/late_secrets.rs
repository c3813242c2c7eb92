//! What comes late must not let a secret be taken down.

use super::collecting::{pays, recorded, talking};
use crate::harness::World;
use crate::harness::config::{Setup, party};
use cordboard_core::input::{CallAction, CallEventKind};
use cordboard_core::question::{Consent, RecordingAction};
use expect_test::expect;

fn by_policy() -> World {
    let mut world = World::with_ready(Setup::small().plugins("sales", &["record"]), &["ann"]);
    world.talking("caller", "ann");
    world.quietly(|world| {
        world.advises(1, RecordingAction::Start);
        world.settle();
    });
    world
}

#[test]
fn advice_on_the_last_payment_does_not_record_the_next() {
    let mut world = by_policy();
    world.quietly(|world| {
        pays(world);
        world.advises(2, RecordingAction::Pause);
        world.accepted("1.6");
    });
    world.types_secret("1.7", 3);
    pays(&mut world);
    world.advises(3, RecordingAction::Resume);
    world.types_secret("1.8", 16);
    world.advises(4, RecordingAction::Resume);
    world.check(expect![[r#"
        > 1.7 3 secret digits
          emit digits-collected 1 for pay: 3 complete
          ask q3 recording-policy brain 1(in sales for 0s attempt 1) payment-ended consent-unknown now-paused
        > ann on 1: collect pay
          operate 1.8 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
        > q3 advises resume
          record 1 recording-policy q3 at sales by brain: resume of 1
        > 1.8 16 secret digits
          emit digits-collected 1 for pay: 16 complete
          ask q4 recording-policy brain 1(in sales for 0s attempt 1) payment-ended consent-unknown now-paused
        > q4 advises resume
          record 1 recording-policy q4 at sales by brain: resume of 1
          operate 1.9 resume-recording rec-1
    "#]]);
}

#[test]
fn a_policy_that_wants_to_resume_during_a_payment_has_its_way_after_it() {
    let mut world = by_policy();
    pays(&mut world);
    world.acts("ann", 1, CallAction::SetConsent(Consent::Given));
    world.advises(2, RecordingAction::Pause);
    world.advises(3, RecordingAction::Resume);
    world.accepted("1.6");
    world.types_secret("1.7", 16);
    world.check(expect![[r#"
        > ann on 1: collect pay
          ask q2 recording-policy brain 1(in sales for 0s attempt 1) payment-started consent-unknown now-active
        > ann on 1: consent given
          ask q3 recording-policy brain 1(in sales for 0s attempt 1) consent-changed consent-given now-active
        > q2 advises pause
          record 1 recording-policy q2 at sales by brain: pause of 1
          operate 1.6 pause-recording rec-1
        > q3 advises resume
          record 1 recording-policy q3 at sales by brain: resume of 1
        > 1.6 accepted
          emit recording-changed 1 paused
          operate 1.7 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
        > 1.7 16 secret digits
          emit digits-collected 1 for pay: 16 complete
          ask q4 recording-policy brain 1(in sales for 0s attempt 1) payment-ended consent-given now-paused
    "#]]);
}

#[test]
fn a_secret_stays_one_when_a_reload_removes_its_collection() {
    let mut world = recorded();
    world.quietly(|world| {
        pays(world);
        world.accepted("1.6");
    });
    world.reload(|setup| {
        setup
            .digest("two")
            .with(|setup| setup.config.collections.clear())
    });
    world.acts("ann", 1, CallAction::ResumeRecording);
    world.types_secret("1.7", 16);
    world.check(expect![[r#"
        > config two
          emit config-applied two
        > ann on 1: resume-recording
          = refused not-now
        > 1.7 16 secret digits
          emit digits-collected 1 for pay: 16 complete
          record 1 recording-policy at sales by native: resume of 1
          operate 1.8 resume-recording rec-1
    "#]]);
}

#[test]
fn transcription_that_is_about_to_start_again_is_stopped_for_the_next_payment() {
    let mut world = talking(Setup::small().transcribed_and_streamed());
    world.quietly(|world| {
        pays(world);
        world.settle();
    });
    world.types_secret("1.7", 3);
    pays(&mut world);
    world.check(expect![[r#"
        > 1.7 3 secret digits
          emit digits-collected 1 for pay: 3 complete
          operate 1.8 start-transcription
          operate 1.9 start-streaming
        > ann on 1: collect pay
          operate 1.10 stop-transcription
          operate 1.11 stop-streaming
    "#]]);
    world.accepted("1.8");
    world.accepted("1.9");
    world.accepted("1.10");
    world.accepted("1.11");
    world.check(expect![[r#"
        > 1.8 accepted
        > 1.9 accepted
        > 1.10 accepted
        > 1.11 accepted
          operate 1.12 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
    "#]]);
}

#[test]
fn transcription_that_could_not_start_again_need_not_be_stopped() {
    let mut world = talking(Setup::small().transcribed_and_streamed());
    world.quietly(|world| {
        pays(world);
        world.settle();
        world.types_secret("1.7", 3);
        world.refused("1.8", 500);
        world.accepted("1.9");
    });
    pays(&mut world);
    world.accepted("1.10");
    world.check(expect![[r#"
        > ann on 1: collect pay
          operate 1.10 stop-streaming
        > 1.10 accepted
          operate 1.11 recognize card from caller digits<=16 silence<=5s until-pound secret for pay
    "#]]);
}

#[test]
fn a_stop_that_is_told_late_is_no_stop_of_this_payment() {
    let mut world = talking(Setup::small().transcribed_and_streamed());
    world.quietly(|world| {
        pays(world);
        world.accepted("1.5");
        world.accepted("1.6");
        world.types_secret("1.7", 3);
        world.accepted("1.8");
        world.accepted("1.9");
        pays(world);
    });
    world.event(1, CallEventKind::TranscriptionChanged { active: false });
    world.event(1, CallEventKind::StreamingChanged { active: false });
    world.accepted("1.11");
    world.refused("1.10", 500);
    world.check(expect![[r#"
        > 1 transcription false
        > 1 streaming false
        > 1.11 accepted
        > 1.10 refused 500
          emit operation-failed 1 transcription: refused 500
          emit digits-collected 1 for pay: 0 incomplete
          operate 1.12 start-transcription
          operate 1.13 start-streaming
    "#]]);
}

#[test]
fn a_pause_that_is_told_late_is_no_pause_of_this_payment() {
    let mut world = recorded();
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::PauseRecording);
        world.accepted("1.6");
        world.acts("ann", 1, CallAction::ResumeRecording);
        world.accepted("1.7");
        pays(world);
    });
    world.recording_state(1, false);
    world.refused("1.8", 500);
    world.check(expect![[r#"
        > 1 recording rec-1 inactive
          = ignored not-now
        > 1.8 refused 500
          emit operation-failed 1 pause-recording: refused 500
          operate 1.9 get-recording rec-1
    "#]]);
}

#[test]
fn nothing_is_collected_while_a_start_of_unknown_fate_may_record() {
    let mut world = World::with_ready(Setup::small().recorded("sales"), &["ann"]);
    world.queued("caller");
    world.quietly(|world| {
        world.answers("1.3");
        world.list(1, 9, &["caller", "ann"]);
        world.unknown("1.5");
        world.after(20);
    });
    pays(&mut world);
    // By hand it may be tried again, and then it is known.
    world.acts("ann", 1, CallAction::StartRecording);
    world.settle();
    pays(&mut world);
    world.check(expect![[r#"
        > ann on 1: collect pay
          emit digits-collected 1 for pay: 0 incomplete
        > ann on 1: start-recording
          operate 1.7 start-recording
        > 1.4 accepted
          = ignored closed-operation
        > 1.5 accepted
          = ignored closed-operation
        > 1 recording rec-1 active
          emit recording-changed 1 active
        > 1.6 accepted
        > 1.7 accepted
          = ignored closed-operation
        > 1 recording rec-1 active
          = ignored not-now
        > ann on 1: collect pay
          record 1 recording-policy at sales by native: pause of 1
          operate 1.8 pause-recording rec-1
    "#]]);
}

#[test]
fn a_payment_that_nothing_is_heard_of_is_not_recorded_before_it_has_stopped() {
    let mut world = recorded();
    world.quietly(|world| {
        pays(world);
        world.accepted("1.6");
        world.unknown("1.7");
    });
    world.after(60);
    world.accepted("1.8");
    world.check(expect![[r#"
        > at 60s
          emit operation-failed 1 collect: unknown
          operate 1.8 cancel-media
        > 1.8 accepted
          emit digits-collected 1 for pay: 0 incomplete
          record 1 recording-policy at sales by native: resume of 1
          operate 1.9 resume-recording rec-1
    "#]]);
}

#[test]
fn a_recording_that_is_to_resume_does_so_although_the_agent_leaves_before_the_advice() {
    let mut world = by_policy();
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::AddParticipant(party("boss")));
        world.settle();
        world.picks_up("boss");
        pays(world);
        world.advises(2, RecordingAction::Pause);
        world.settle();
        world.types_secret("1.8", 16);
    });
    world.acts("ann", 1, CallAction::Leave);
    world.check(expect![[r#"
        > ann on 1: leave
          operate 1.9 remove-participant ann
          record 1 recording-policy at sales by native: resume of 1
          operate 1.10 resume-recording rec-1
          emit agent ann ready
    "#]]);
}
