//! Notices panics of the core, which the engine catches and survives.

use cordboard::MemoryDisk;
use std::cell::RefCell;
use std::sync::Once;

#[derive(Default)]
struct Watched {
    disk: Option<MemoryDisk>,
    messages: Vec<String>,
}

thread_local! {
    /// Of the batch that this thread plays.
    static WATCHED: RefCell<Watched> = RefCell::default();
}

static HOOK: Once = Once::new();

/// From here on, panics of this thread are noted instead of printed. An engine that recovers from one waits for its
/// disk, which must not be held back then: nothing else moves in a simulation.
pub(crate) fn watch(disk: &MemoryDisk) {
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let disk = WATCHED.with_borrow_mut(|watched| {
                let disk = watched.disk.clone()?;
                watched.messages.push(info.to_string());
                Some(disk)
            });
            match disk {
                Some(disk) => disk.release_syncs(),
                None => before(info),
            }
        }));
    });
    WATCHED.with_borrow_mut(|watched| {
        watched.disk = Some(disk.clone());
        watched.messages.clear();
    });
}

/// Takes what was noted.
pub(crate) fn take() -> Vec<String> {
    WATCHED.with_borrow_mut(|watched| std::mem::take(&mut watched.messages))
}

/// Prints panics again.
pub(crate) fn unwatch() {
    WATCHED.with_borrow_mut(|watched| watched.disk = None);
}
