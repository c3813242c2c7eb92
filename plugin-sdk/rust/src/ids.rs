//! Names as numbers.
//!
//! The host replaces the names of skills, queues and labels by numbers, in the configuration (where
//! its JSON Schema marks them with `x-cordboard-name`) and in the facts alike: equal numbers are
//! equal names. All of these types read from JSON as a plain number, or as the decimal key of an
//! object.

use serde::{Deserialize, Serialize};

macro_rules! number {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u32);
    };
}

number! {
    /// A skill.
    SkillId
}
number! {
    /// A queue.
    QueueId
}
number! {
    /// A line that callers reach: a resource account of the configuration.
    LineId
}
number! {
    /// An agent.
    AgentId
}
number! {
    /// The key or the value of a label.
    LabelId
}

/// A reason code of the plugin's catalogue, 1 to 1,023, or 0 for none; see
/// [`reasons!`](crate::reasons).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ReasonCode(pub u16);

impl ReasonCode {
    /// No reason.
    pub const NONE: Self = Self(0);
}
