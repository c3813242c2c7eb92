//! Configurations in which few steps reach much.

use super::driver::Driver;
use super::steps::Step;
use crate::harness::config::{Setup, exits};
use cordboard_core::config::Exit;
use cordboard_core::ids::Millis;

/// Small limits, short waits and every feature, so that few steps reach much.
pub(super) fn busy() -> Setup {
    Setup::small()
        .message_every("sales", 30)
        .transcribed_and_streamed()
        .recorded("sales")
        .recorded_by_law("overflow")
        .queue("sales", |setup, queue| {
            queue.wrap_up = Millis::from_secs(10);
            queue.max_wait = Millis::from_secs(120);
            queue.exits = exits(
                Exit::Queue(setup.queue_id("overflow")),
                setup.voicemail(),
                Exit::Queue(setup.queue_id("support")),
            );
        })
        .queue("support", |setup, queue| {
            queue.priority = 1;
            queue.requirements = vec![
                setup.requires("french", 50, Some(25)),
                setup.requires("french", 60, Some(12)),
            ];
            queue.exits.closed = Exit::Queue(setup.queue_id("sales"));
        })
        .queue("overflow", |_, queue| {
            queue.ring_together = false;
            queue.wrap_up = Millis::from_secs(5);
        })
        .with(|setup| {
            let limits = &mut setup.config.limits;
            limits.calls_max = 12;
            limits.queue_length_max = 4;
            limits.candidates_max = 3;
            limits.offers_max = 5;
            limits.queue_moves_max = 3;
            limits.ended_calls_max = 6;
            limits.event_ids_max = 50;
            limits.legs_max = 4;
        })
}

/// The same, with plugins that are asked everything.
pub(super) fn with_plugins() -> Setup {
    busy()
        .plugins("sales", &["rank", "ring", "record"])
        .plugins("support", &["pick", "ring"])
        .plugins("overflow", &["rank", "pick", "record"])
        .classified("main")
        .classified("line")
}

/// Everybody is ready, and the steps happen.
pub(super) fn lives(setup: &Setup, steps: &[Step]) -> Driver {
    let mut driver = Driver::new(setup.clone());
    for agent in 0..4 {
        driver.run(&[Step::Agent { agent, action: 0 }]);
    }
    driver.run(steps);
    driver
}
