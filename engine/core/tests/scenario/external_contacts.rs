//! Contacts whose media the embedder controls: decisions only.

use crate::harness::World;
use crate::harness::config::{Setup, party};
use cordboard_core::ids::{CallId, CollectionId, Millis};
use cordboard_core::input::{AgentAction, CallAction};
use cordboard_core::question::Consent;
use expect_test::expect;

fn talking(setup: Setup) -> World {
    let mut world = World::with_ready(setup, &["ann"]);
    world.quietly(|world| {
        world.contact("sales", 0);
        world.accepts("ann", 1, 1);
    });
    world
}

#[test]
fn a_contact_is_queued_offered_taken_and_ended() {
    let setup = Setup::small().queue("sales", |_, queue| queue.wrap_up = Millis::from_secs(30));
    let mut world = World::with_ready(setup, &["ann"]);
    world.contact("sales", 0);
    world.accepts("ann", 1, 1);
    world.acts("system", 1, CallAction::End);
    world.agent("ann", AgentAction::WrapUpDone);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
        > ann: accept 1-1
          emit offer-ended 1-1 to ann: accepted
          emit agent ann busy
          emit call-connected 1 to ann
        > system on 1: end
          emit agent ann wrap-up
          emit call-ended 1 handled by ann
        > ann: wrap-up done
          emit agent ann ready
    "#]]);
    assert_eq!(world.tenant.live_calls(), 0);
    assert_eq!(world.tenant.poll_timeout(), None);
}

#[test]
fn a_contact_that_is_repeated_is_queued_once() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.contact("sales", 0);
    world.again();
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
        > again: contact for sales
          = call 1 again
    "#]]);
}

#[test]
fn a_contact_for_no_queue_is_refused() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.contact("spare-1", 0);
    world.check(expect![[r#"
        > contact for spare-1
          = refused unknown-queue
    "#]]);
}

#[test]
fn a_contact_that_is_repeated_when_the_limit_is_reached_is_known() {
    let setup = Setup::small().with(|setup| setup.config.limits.calls_max = 1);
    let mut world = World::staffed(setup, &["ann"]);
    world.contact("sales", 0);
    world.again();
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
        > again: contact for sales
          = call 1 again
    "#]]);
}

#[test]
fn one_contact_more_than_the_limit_is_refused_and_may_be_tried_again() {
    let setup = Setup::small().with(|setup| setup.config.limits.calls_max = 1);
    let mut world = World::staffed(setup, &["ann"]);
    world.contact("sales", 0);
    world.contact("sales", 0);
    let (label, second) = world.last.clone().unwrap();
    world.quietly(|world| world.acts("system", 1, CallAction::End));
    world.push(label, second);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
        > contact for sales
          = refused limit-reached
        > contact for sales
          = call 2
          emit call-queued 2 in sales at 1
    "#]]);
}

#[test]
fn an_offer_that_is_not_answered_expires() {
    let mut world = World::with_ready(Setup::small(), &["ann", "bob"]);
    world.contact("sales", 0);
    world.after(20);
    world.accepts("ann", 1, 1);
    world.accepts("bob", 1, 2);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          record 1 skill-match at sales by native: ann of 2 -bob(ranked-lower)
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
        > at 30s
          emit offer-ended 1-1 to ann: expired
          emit agent ann not-ready(rona)
          record 1 skill-match at sales by native: bob of 1
          emit agent bob reserved
          emit offer-issued 1-2 to bob in sales for 20s ticket=7 waited-ms=20000
        > ann: accept 1-1
          = refused closed-offer
        > bob: accept 1-2
          emit offer-ended 1-2 to bob: accepted
          emit agent bob busy
          emit call-connected 1 to bob
    "#]]);
}

#[test]
fn an_offer_that_was_taken_does_not_expire() {
    let mut world = talking(Setup::small());
    world.after(3_600);
    world.check(expect![]);
    assert_eq!(world.status_of("ann"), "busy");
}

#[test]
fn an_offer_is_declined() {
    let mut world = World::with_ready(Setup::small(), &["ann", "bob"]);
    world.contact("sales", 0);
    world.refuses("ann", 1, 1);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          record 1 skill-match at sales by native: ann of 2 -bob(ranked-lower)
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
        > ann: decline 1-1
          emit offer-ended 1-1 to ann: declined
          emit agent ann ready
          record 1 skill-match at sales by native: bob of 1
          emit agent bob reserved
          emit offer-issued 1-2 to bob in sales for 20s ticket=7 waited-ms=0
    "#]]);
}

#[test]
fn no_endpoint_is_chosen() {
    let setup = Setup::small().plugins("sales", &["ring", "record"]);
    let mut world = World::with_ready(setup, &["ann"]);
    world.contact("sales", 0);
    world.accepts("ann", 1, 1);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
          record 1 skill-match at sales by native: ann of 1
          emit agent ann reserved
          emit offer-issued 1-1 to ann in sales for 20s ticket=7 waited-ms=0
        > ann: accept 1-1
          emit offer-ended 1-1 to ann: accepted
          emit agent ann busy
          emit call-connected 1 to ann
    "#]]);
}

#[test]
fn an_offered_contact_that_ends_cancels_the_offer_once() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    world.quietly(|world| world.contact("sales", 0));
    world.acts("system", 1, CallAction::End);
    world.check(expect![[r#"
        > system on 1: end
          emit offer-ended 1-1 to ann: cancelled
          emit agent ann ready
          emit call-ended 1 ended
    "#]]);
}

#[test]
fn a_waiting_contact_that_ends_leaves_the_queue() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.quietly(|world| world.contact("sales", 0));
    world.acts("system", 1, CallAction::End);
    world.check(expect![[r#"
        > system on 1: end
          emit call-ended 1 ended
    "#]]);
    assert_eq!(world.tenant.queue_length(world.setup.queue_id("sales")), 0);
    assert_eq!(world.tenant.poll_timeout(), None);
}

#[test]
fn a_contact_that_waited_long_enough_is_the_embedders_again() {
    let mut world = World::staffed(Setup::small(), &["ann"]);
    world.quietly(|world| world.contact("sales", 0));
    world.after(300);
    world.check(expect![[r#"
        > at 20s
        > at 300s
          emit queue-exited 1 from sales: max-wait by end
          emit call-ended 1 exited at max-wait
    "#]]);
    assert_eq!(world.tenant.live_calls(), 0);
}

#[test]
fn nothing_is_done_to_media_that_is_not_ours() {
    let mut world = talking(Setup::small().recorded("sales").message_every("sales", 30));
    let pay = CollectionId(world.setup.symbol("pay"));
    for action in [
        CallAction::Hold,
        CallAction::StartRecording,
        CallAction::StopRecording,
        CallAction::PauseRecording,
        CallAction::ResumeRecording,
        CallAction::Collect(pay),
        CallAction::AddParticipant(party("boss")),
        CallAction::RemoveParticipant(party("boss")),
        CallAction::SetConsent(Consent::Given),
    ] {
        world.acts("ann", 1, action);
    }
    world.check(expect![[r#"
        > ann on 1: hold
          = refused not-now
        > ann on 1: start-recording
          = refused not-now
        > ann on 1: stop-recording
          = refused not-now
        > ann on 1: pause-recording
          = refused not-now
        > ann on 1: resume-recording
          = refused not-now
        > ann on 1: collect pay
          = refused not-now
        > ann on 1: add boss
          = refused not-now
        > ann on 1: remove boss
          = refused not-now
        > ann on 1: consent given
    "#]]);
}

#[test]
fn a_contact_is_put_back() {
    let mut world = talking(Setup::small());
    let sales = world.queue_id("sales");
    world.after(9);
    world.acts("ann", 1, CallAction::Requeue(sales));
    world.ready("bob");
    world.check(expect![[r#"
        > ann on 1: requeue in sales
          emit agent ann ready
          emit call-queued 1 in sales at 1
        > bob: ready
          emit agent bob ready
          record 1 skill-match at sales by native: bob of 1
          emit agent bob reserved
          emit offer-issued 1-2 to bob in sales for 20s ticket=7 waited-ms=9000
    "#]]);
}

#[test]
fn an_agent_leaves_a_contact() {
    let mut world = talking(Setup::small());
    world.acts("ann", 1, CallAction::Leave);
    world.check(expect![[r#"
        > ann on 1: leave
          emit agent ann ready
          emit call-ended 1 handled by ann
    "#]]);
}

#[test]
fn a_contact_has_no_music_messages_or_audits() {
    let mut world = World::staffed(Setup::small().message_every("sales", 30), &["ann"]);
    world.contact("sales", 0);
    world.after(299);
    world.check(expect![[r#"
        > contact for sales
          = call 1
          emit call-queued 1 in sales at 1
        > at 20s
    "#]]);
}

#[test]
fn the_agent_of_a_contact_is_known() {
    let mut world = World::with_ready(Setup::small(), &["ann"]);
    let ann = world.agent_id("ann");
    world.quietly(|world| world.contact("sales", 0));
    assert_eq!(world.tenant.agent_of_call(CallId(1)), Some(ann));
    assert_eq!(world.tenant.queue_length(world.setup.queue_id("sales")), 1);
    world.quietly(|world| world.accepts("ann", 1, 1));
    assert_eq!(world.tenant.agent_of_call(CallId(1)), Some(ann));
    assert_eq!(world.tenant.queue_length(world.setup.queue_id("sales")), 0);
    world.quietly(|world| world.acts("ann", 1, CallAction::End));
    assert_eq!(world.tenant.agent_of_call(CallId(1)), None);
}
