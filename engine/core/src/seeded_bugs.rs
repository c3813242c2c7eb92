//! Mistakes that a simulation puts in on purpose, to show that its checks can fail. Without the feature `seeded-bugs`,
//! which nothing that is shipped turns on, nobody can put one in.

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
