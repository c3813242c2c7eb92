//! The columns that rows may have besides the first, which is always there.
//!
//! A plugin names those that it reads in a constant, `READS`. The manifest, the packed rows and the
//! accessors all follow from that constant: reading a column that is not in it does not compile, and
//! where a column lies in a row is known before the plugin runs.

use cordboard_contract::v0_1::{classify, contact_select, endpoint_select, skill_match};

macro_rules! columns {
    (
        $(#[$docs:meta])*
        pub enum $name:ident, $first_words:literal words first, $open:expr => one per requirement {
            $($(#[$column_docs:meta])* $column:ident = $number:expr,)*
        }
    ) => {
        $(#[$docs])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u32)]
        pub enum $name {
            $($(#[$column_docs])* $column = $number,)*
        }

        impl $name {
            /// The bits of these columns and of the first.
            pub(crate) const fn mask(reads: &[Self]) -> u32 {
                let mut mask = 1;
                let mut rest = reads;
                while let [column, tail @ ..] = rest {
                    mask |= 1 << *column as u32;
                    rest = tail;
                }
                mask
            }

            /// Whether a column is among those that are read.
            pub(crate) const fn is_in(self, reads: &[Self]) -> bool {
                Self::mask(reads) & 1 << self as u32 != 0
            }

            /// Where the column begins in a row.
            pub(crate) const fn offset(self, reads: &[Self]) -> usize {
                let before = Self::mask(reads) & ((1 << self as u32) - 1);
                $first_words - 1 + before.count_ones() as usize
            }

            /// Words of a row, without the column that has one word per requirement.
            pub(crate) const fn words(reads: &[Self]) -> usize {
                let fixed = Self::mask(reads) & !$open;
                $first_words - 1 + fixed.count_ones() as usize
            }
        }
    };
}

columns! {
    /// A column of the candidates in `skill-match`.
    pub enum AgentColumn, 1 words first, (1 << skill_match::LEVELS) => one per requirement {
        /// How long the agent has been idle.
        IdleMs = skill_match::IDLE_MS,
        /// The order of the routing group.
        GroupOrder = skill_match::GROUP_ORDER,
        /// Contacts that the agent has handled.
        ContactsHandled = skill_match::CONTACTS_HANDLED,
        /// The agent's level for each requirement.
        Levels = skill_match::LEVELS,
    }
}

columns! {
    /// A column of the waiting contacts in `contact-select`.
    pub enum ContactColumn, 2 words first, 0 => one per requirement {
        /// The queue.
        Queue = contact_select::QUEUE,
        /// How long the contact has waited.
        WaitedMs = contact_select::WAITED_MS,
        /// Its priority.
        Priority = contact_select::PRIORITY,
        /// How many offers it has had.
        Attempt = contact_select::ATTEMPT,
    }
}

columns! {
    /// A column of the endpoints in `endpoint-select`.
    pub enum EndpointColumn, 1 words first, 0 => one per requirement {
        /// Whether the endpoint can be expected to ring.
        Reach = endpoint_select::REACH,
        /// Whether the agent answered the previous contact there.
        AnsweredLast = endpoint_select::ANSWERED_LAST,
    }
}

columns! {
    /// A column of the queues in `classify`.
    pub enum QueueColumn, 1 words first, 0 => one per requirement {
        /// Callers who wait in it.
        Waiting = classify::WAITING,
        /// Whether it takes callers at this moment.
        Open = classify::OPEN,
        /// Whether somebody who serves it is logged in.
        Staffed = classify::STAFFED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_begins_behind_those_with_smaller_numbers() {
        const READS: &[AgentColumn] = &[AgentColumn::Levels, AgentColumn::GroupOrder];
        assert_eq!(AgentColumn::mask(READS), 0b10101);
        assert_eq!(AgentColumn::GroupOrder.offset(READS), 1);
        assert_eq!(AgentColumn::Levels.offset(READS), 2);
        assert_eq!(AgentColumn::words(READS), 2);
        assert!(!AgentColumn::IdleMs.is_in(READS));
    }

    #[test]
    fn a_waiting_contact_has_two_words_of_number() {
        const READS: &[ContactColumn] = &[ContactColumn::Attempt, ContactColumn::Queue];
        assert_eq!(ContactColumn::Queue.offset(READS), 2);
        assert_eq!(ContactColumn::Attempt.offset(READS), 3);
        assert_eq!(ContactColumn::words(READS), 4);
        assert_eq!(ContactColumn::words(&[]), 2);
    }
}
