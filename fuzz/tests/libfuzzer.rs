//! Lets libFuzzer call the target that `CORDBOARD_FUZZ_TARGET` names. `cargo xtask fuzz` builds and starts this.
#![no_main]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a target that has found a mistake panics"
)]

#[expect(
    dead_code,
    unused_imports,
    reason = "what the tests of the core share has parts that no target needs"
)]
#[path = "../../engine/core/tests/harness/mod.rs"]
mod harness;
mod targets;

use libfuzzer_sys::fuzz_target;
use std::backtrace::Backtrace;
use std::panic::{self, AssertUnwindSafe, Location};
use std::sync::{Mutex, OnceLock};
use targets::TARGETS;

static RUN: OnceLock<fn(&[u8])> = OnceLock::new();

/// The last panic of the journal's store, and where it came from.
static OF_THE_STORE: Mutex<String> = Mutex::new(String::new());

/// libFuzzer's hook ends the process at every panic, one that would be caught as well. The journal catches those of its store on
/// damaged pages, and refuses the file.
fn let_the_store_panic() {
    let end = panic::take_hook();
    panic::set_hook(Box::new(move |told| {
        let file = told.location().map_or("", Location::file);
        if file.contains("/redb-") {
            *OF_THE_STORE.lock().unwrap() = format!("{told}\n{}", Backtrace::force_capture());
        } else {
            end(told);
        }
    }));
}

fn find() -> fn(&[u8]) {
    let_the_store_panic();
    let name = std::env::var("CORDBOARD_FUZZ_TARGET").unwrap_or_default();
    let found = TARGETS.iter().find(|target| target.name == name);
    match found {
        Some(target) => target.run,
        None => panic!("there is no fuzz target `{name}`: set CORDBOARD_FUZZ_TARGET"),
    }
}

fuzz_target!(|bytes: &[u8]| {
    let run = RUN.get_or_init(find);
    if panic::catch_unwind(AssertUnwindSafe(|| run(bytes))).is_err() {
        panic!(
            "the journal lets a panic of its store through: {}",
            OF_THE_STORE.lock().unwrap()
        );
    }
});
