//! The rule of `skill-match` behind JSON, for comparison: bytes in, bytes out, a core module.

#![expect(
    unsafe_code,
    clippy::unwrap_used,
    reason = "a guest for a bench: it passes pointers, and what is wrong with its input may trap"
)]

use std::sync::OnceLock;

use skill_match::SkillLevels;

static PLUGIN: OnceLock<SkillLevels> = OnceLock::new();

/// Gives memory for what the host passes.
#[unsafe(no_mangle)]
pub extern "C" fn json_allocate(bytes: usize) -> *mut u8 {
    Box::leak(vec![0_u8; bytes].into_boxed_slice()).as_mut_ptr()
}

/// Reads the configuration.
///
/// # Safety
///
/// The memory is what [`json_allocate`] gave.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn json_configure(at: *mut u8, bytes: usize) {
    // SAFETY: as the caller promises.
    let text = unsafe { Vec::from_raw_parts(at, bytes, bytes) };
    let plugin = cordboard_plugin::configure(std::str::from_utf8(&text).unwrap()).unwrap();
    PLUGIN.set(plugin).unwrap();
}

/// Ranks; returns the address of the answer in the high half and its length in the low one.
///
/// # Safety
///
/// The memory is what [`json_allocate`] gave.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn json_rank(at: *mut u8, bytes: usize) -> u64 {
    static mut LAST: Vec<u8> = Vec::new();
    // SAFETY: as the caller promises.
    let text = unsafe { Vec::from_raw_parts(at, bytes, bytes) };
    let answer = json_rule::rank(PLUGIN.get().unwrap(), &text).unwrap();
    let packed = (answer.as_ptr().addr() as u64) << 32 | answer.len() as u64;
    // SAFETY: the module has one thread, and nothing else refers to it.
    unsafe { LAST = answer };
    packed
}
