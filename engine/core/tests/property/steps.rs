//! Random steps: what callers, agents, plugins, the service and the program may do.

use proptest::prelude::*;

/// A step. Numbers are picks: modulo what there is to pick from at that moment.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Somebody calls.
    Calls { account: u8, caller: u8 },
    /// The embedder brings a contact.
    Contact { queue: u8, priority: i8 },
    /// What the service has to say arrives, in order.
    Settles { count: u8 },
    /// Something that the service has to say arrives, or not.
    Arrives { pick: u8, how: Arrival },
    /// Somebody reacts to an open operation: answers, types, hears a prompt out.
    Reacts { pick: u8, how: u8 },
    /// A plugin answers.
    Answers { pick: u8, how: u8 },
    /// An agent does something about the own state.
    Agent { agent: u8, action: u8 },
    /// Somebody does something about a call.
    Acts { who: u8, call: u8, action: u8 },
    /// A supervisor closes or opens a queue.
    Queue { queue: u8, close: bool },
    /// Time passes.
    Waits { millis: u32 },
    /// The caller hangs up.
    HangsUp { call: u8 },
    /// The service lists some of the parties.
    Lists { call: u8, parties: u8 },
    /// An event that fits nothing.
    Foreign { call: u8, operation: u8, kind: u8 },
    /// Another configuration.
    Reload { variant: u8 },
    /// The process was down for some time.
    Restart { millis: u32 },
}

/// What becomes of something that the service says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Arrival {
    InTime,
    Twice,
    Never,
    /// The request did not succeed.
    Instead(u8),
}

pub(super) fn steps(longest: usize) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 1..longest)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..2_u8, 0..4_u8).prop_map(|(account, caller)| Step::Calls { account, caller }),
        3 => (0..3_u8, -2..3_i8).prop_map(|(queue, priority)| Step::Contact { queue, priority }),
        30 => (1..16_u8).prop_map(|count| Step::Settles { count }),
        12 => (any::<u8>(), arrival()).prop_map(|(pick, how)| Step::Arrives { pick, how }),
        24 => (any::<u8>(), any::<u8>()).prop_map(|(pick, how)| Step::Reacts { pick, how }),
        8 => (any::<u8>(), any::<u8>()).prop_map(|(pick, how)| Step::Answers { pick, how }),
        10 => (0..4_u8, any::<u8>()).prop_map(|(agent, action)| Step::Agent { agent, action }),
        14 => (0..6_u8, any::<u8>(), any::<u8>())
            .prop_map(|(who, call, action)| Step::Acts { who, call, action }),
        1 => (0..3_u8, any::<bool>()).prop_map(|(queue, close)| Step::Queue { queue, close }),
        6 => (0..40_000_u32).prop_map(|millis| Step::Waits { millis }),
        3 => any::<u8>().prop_map(|call| Step::HangsUp { call }),
        3 => (any::<u8>(), any::<u8>()).prop_map(|(call, parties)| Step::Lists { call, parties }),
        2 => (any::<u8>(), any::<u8>(), any::<u8>())
            .prop_map(|(call, operation, kind)| Step::Foreign { call, operation, kind }),
        1 => any::<u8>().prop_map(|variant| Step::Reload { variant }),
        1 => (0..90_000_u32).prop_map(|millis| Step::Restart { millis }),
    ]
}

fn arrival() -> impl Strategy<Value = Arrival> {
    prop_oneof![
        12 => Just(Arrival::InTime),
        1 => Just(Arrival::Twice),
        1 => Just(Arrival::Never),
        1 => any::<u8>().prop_map(Arrival::Instead),
    ]
}
