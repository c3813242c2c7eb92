//! Mistakes that a simulation puts in on purpose, to show that its checks can fail. Without the feature `seeded-bugs`,
//! which nothing that is shipped turns on, nobody can put one in.

use crate::ids::CallId;
use crate::input::Input;

/// A mistake.
#[cfg_attr(
    not(feature = "seeded-bugs"),
    expect(unreachable_pub, reason = "the module is private without the feature")
)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bug {
    /// A question stays open after its verdict or its deadline: a late verdict is acted upon.
    LateVerdicts,
    /// Nobody remembers which events came before.
    RepeatedEvents,
    /// An agent who is offered a contact stays free for the next.
    NoReservation,
    /// A call that could not be hung up three times counts as over.
    HangsUpThrice,
    /// An agent who was withheld from offers stays so.
    NeverLetsGo,
    /// The core panics at some events and outcomes, and whenever a message between the music is due.
    Panics,
    /// The core panics whenever some calls are matched, or taken over after a restart.
    PanicsOverOthers,
}

/// Panics if the mistake is made and this is one of the inputs that it hits.
pub(crate) fn panic_at(input: &Input) {
    let hit = match input {
        Input::CallEvent(event) => sum(event.event.0.as_bytes()).is_multiple_of(64),
        Input::Outcome { command, .. } => {
            (command.call.0 + u64::from(command.sequence)).is_multiple_of(64)
        }
        Input::Config(_)
        | Input::Restarted { .. }
        | Input::Tick
        | Input::IncomingCall(_)
        | Input::TurnAway(_)
        | Input::Verdict(_)
        | Input::Agent { .. }
        | Input::Call { .. }
        | Input::Queue { .. }
        | Input::Contact(_)
        | Input::NewCalls(_)
        | Input::PluginChanged(_)
        | Input::Skipped(_) => false,
    };
    assert!(!hit || !is_made(Bug::Panics), "seeded");
}

/// Panics if the mistake is made and the call is one of those that it hits, in work that the input need not be about.
pub(crate) fn panic_over(call: CallId) {
    let hit = call.0.is_multiple_of(4);
    assert!(!hit || !is_made(Bug::PanicsOverOthers), "seeded");
}

fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte)).sum()
}

#[cfg(feature = "seeded-bugs")]
mod switch {
    use super::Bug;
    use std::cell::Cell;

    thread_local! {
        static MADE: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Makes a mistake from here on in every tenant of this thread, or none.
    pub fn make(bug: Option<Bug>) {
        MADE.set(bug);
    }

    pub(crate) fn is_made(bug: Bug) -> bool {
        MADE.get() == Some(bug)
    }
}

#[cfg(feature = "seeded-bugs")]
pub(crate) use switch::is_made;
#[cfg(feature = "seeded-bugs")]
pub use switch::make;

/// Nobody can make one.
#[cfg(not(feature = "seeded-bugs"))]
pub(crate) const fn is_made(_: Bug) -> bool {
    false
}
