//! Agents and supervisors start, pause, resume and stop recordings.

use super::recording::{by_law, by_rule, just_connected, observed, recorded};
use crate::harness::World;
use crate::harness::config::Setup;
use crate::harness::show::kebab;
use cordboard_core::input::CallAction;
use cordboard_core::question::Consent;
use expect_test::expect;

#[test]
fn recording_is_started_paused_resumed_and_stopped_by_hand() {
    let mut world = just_connected(Setup::small());
    world.acts("ann", 1, CallAction::StartRecording);
    world.settle();
    world.acts("ann", 1, CallAction::PauseRecording);
    world.settle();
    world.acts("ann", 1, CallAction::ResumeRecording);
    world.settle();
    world.acts("ann", 1, CallAction::StopRecording);
    world.settle();
    world.check(expect![[r#"
        > ann on 1: start-recording
          operate 1.5 start-recording
        > 1.4 accepted
          = ignored closed-operation
        > 1.5 accepted
        > 1 recording rec-1 active
          emit recording-changed 1 active
        > ann on 1: pause-recording
          operate 1.6 pause-recording rec-1
        > 1.6 accepted
          emit recording-changed 1 paused
        > ann on 1: resume-recording
          operate 1.7 resume-recording rec-1
        > 1.7 accepted
          emit recording-changed 1 active
        > ann on 1: stop-recording
          operate 1.8 stop-recording rec-1
        > 1.8 accepted
          emit recording-changed 1 stopped
    "#]]);
}

#[test]
fn a_paused_recording_is_stopped_by_hand() {
    let mut world = recorded(by_rule());
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::PauseRecording);
        world.accepted("1.6");
    });
    world.acts("ann", 1, CallAction::StopRecording);
    world.accepted("1.7");
    world.check(expect![[r#"
        > ann on 1: stop-recording
          operate 1.7 stop-recording rec-1
        > 1.7 accepted
          emit recording-changed 1 stopped
    "#]]);
}

#[test]
fn by_hand_only_what_makes_sense_is_done() {
    let actions = [
        CallAction::StartRecording,
        CallAction::PauseRecording,
        CallAction::ResumeRecording,
        CallAction::StopRecording,
    ];
    let tried = |world: &World| {
        let mut done = Vec::new();
        for action in &actions {
            // Each on a copy of the state.
            let mut tenant = world.tenant.clone();
            let input = cordboard_core::Input::Call {
                call: cordboard_core::ids::CallId(1),
                by: cordboard_core::input::Actor::System,
                action: action.clone(),
            };
            if tenant.handle(world.now, input) == cordboard_core::Reply::Done {
                done.push(kebab(action));
            }
        }
        done.join(" ")
    };
    let mut table = String::new();
    let mut world = just_connected(Setup::small());
    table += &format!("off: {}\n", tried(&world));
    world.acts("ann", 1, CallAction::StartRecording);
    table += &format!("starting: {}\n", tried(&world));
    world.accepted("1.5");
    world.recording_state(1, true);
    table += &format!("active: {}\n", tried(&world));
    world.acts("ann", 1, CallAction::PauseRecording);
    table += &format!("pausing: {}\n", tried(&world));
    world.accepted("1.6");
    table += &format!("paused: {}\n", tried(&world));
    world.acts("ann", 1, CallAction::ResumeRecording);
    table += &format!("resuming: {}\n", tried(&world));
    world.accepted("1.7");
    world.acts("ann", 1, CallAction::StopRecording);
    table += &format!("stopping: {}\n", tried(&world));
    expect![[r#"
        off: start-recording
        starting: 
        active: pause-recording stop-recording
        pausing: 
        paused: resume-recording stop-recording
        resuming: 
        stopping: 
    "#]]
    .assert_eq(&table);
}

#[test]
fn by_law_recording_is_neither_paused_nor_stopped_by_hand() {
    let mut world = recorded(by_law());
    world.acts("ann", 1, CallAction::PauseRecording);
    world.acts("ann", 1, CallAction::StopRecording);
    world.acts("boss", 1, CallAction::StopRecording);
    world.check(expect![[r#"
        > ann on 1: pause-recording
          = refused recording-required
        > ann on 1: stop-recording
          = refused recording-required
        > boss on 1: stop-recording
          = refused recording-required
    "#]]);
}

#[test]
fn a_caller_who_refused_is_not_recorded_by_hand_but_by_law() {
    let mut world = recorded(by_rule());
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::PauseRecording);
        world.accepted("1.6");
        world.acts("ann", 1, CallAction::SetConsent(Consent::Refused));
    });
    world.acts("ann", 1, CallAction::StartRecording);
    world.acts("ann", 1, CallAction::ResumeRecording);
    world.check(expect![[r#"
        > ann on 1: start-recording
          = refused consent-refused
        > ann on 1: resume-recording
          = refused consent-refused
    "#]]);
    let mut world = just_connected(by_law());
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::SetConsent(Consent::Refused));
        world.refused("1.5", 403);
    });
    world.acts("ann", 1, CallAction::StartRecording);
    world.check(expect![[r#"
        > ann on 1: start-recording
          operate 1.6 start-recording
    "#]]);
}

#[test]
fn a_pause_by_hand_that_fails_leaves_it_recording() {
    let mut world = recorded(by_rule());
    world.acts("ann", 1, CallAction::PauseRecording);
    world.refused("1.6", 500);
    world.refused("1.7", 500);
    world.check(expect![[r#"
        > ann on 1: pause-recording
          operate 1.6 pause-recording rec-1
        > 1.6 refused 500
          emit operation-failed 1 pause-recording: refused 500
          operate 1.7 get-recording rec-1
        > 1.7 refused 500
          emit operation-failed 1 observe-recording: refused 500
          emit recording-changed 1 failed
    "#]]);
    world.acts("ann", 1, CallAction::PauseRecording);
    world.check(expect![[r#"
        > ann on 1: pause-recording
          operate 1.8 pause-recording rec-1
    "#]]);
}

#[test]
fn a_resume_that_fails_is_tried_three_times_and_leaves_it_paused() {
    let mut world = recorded(by_rule());
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::PauseRecording);
        world.accepted("1.6");
    });
    world.acts("ann", 1, CallAction::ResumeRecording);
    world.refused("1.7", 500);
    world.answered("1.8", observed(false));
    world.refused("1.9", 500);
    world.answered("1.10", observed(false));
    world.refused("1.11", 500);
    world.answered("1.12", observed(false));
    world.check(expect![[r#"
        > ann on 1: resume-recording
          operate 1.7 resume-recording rec-1
        > 1.7 refused 500
          emit operation-failed 1 resume-recording: refused 500
          operate 1.8 get-recording rec-1
        > 1.8 accepted
          operate 1.9 resume-recording rec-1
        > 1.9 refused 500
          emit operation-failed 1 resume-recording: refused 500
          operate 1.10 get-recording rec-1
        > 1.10 accepted
          operate 1.11 resume-recording rec-1
        > 1.11 refused 500
          emit operation-failed 1 resume-recording: refused 500
          operate 1.12 get-recording rec-1
        > 1.12 accepted
          emit recording-changed 1 failed
    "#]]);
}

#[test]
fn a_resume_of_unknown_fate_that_had_its_effect_is_good() {
    let mut world = recorded(by_rule());
    world.quietly(|world| {
        world.acts("ann", 1, CallAction::PauseRecording);
        world.accepted("1.6");
    });
    world.acts("ann", 1, CallAction::ResumeRecording);
    world.unknown("1.7");
    world.answered("1.8", observed(true));
    world.check(expect![[r#"
        > ann on 1: resume-recording
          operate 1.7 resume-recording rec-1
        > 1.7 unknown
          emit operation-failed 1 resume-recording: unknown
          operate 1.8 get-recording rec-1
        > 1.8 accepted
          emit recording-changed 1 active
    "#]]);
}
