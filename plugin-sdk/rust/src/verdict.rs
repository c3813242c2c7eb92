//! What all verdicts have in common.

use cordboard_contract::v0_1::verdict;

/// Whether the plugin decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Answer {
    /// What was collected is the verdict.
    Decided,
    /// The native rule of the engine decides; what was collected is dropped. A memo is not.
    Abstain,
}

/// The verdict on facts that cannot be read.
pub(crate) fn unreadable(why: &'static str) -> Vec<u32> {
    if cfg!(any(feature = "diagnostics", not(target_arch = "wasm32"))) {
        crate::log!(Error, "{why}: abstaining");
    }
    vec![verdict::ABSTAIN, verdict::MEMO_KEEP, 0, 0]
}
