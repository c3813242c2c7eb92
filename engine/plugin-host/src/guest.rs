//! What the host holds for one running instance: its limits and its log.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use cordboard_contract::v0_1::{IMPORT_LOG, LOG_LINE_BYTES_MAX, LOG_LINES_MAX};
use wasmtime::{
    Engine, ResourceLimiter, Store, StoreContextMut, UpdateDeadline,
    component::{ComponentType, Lift, Linker, WasmStr},
};

use crate::runtime::TABLE_ELEMENTS_MAX;

/// Bytes that one call may hand from the guest to the host.
const HOST_CALL_BYTES_MAX: usize = 1_024 * 1_024;
/// Handles of resources; the contract has no resources.
const HANDLES_MAX: usize = 16;
/// Core instances, memories and tables in one store.
const PARTS_MAX: usize = 64;
/// Ticks that a guest gets when its time is up for the first time. See [`on_deadline`].
pub(crate) const GRACE_TICKS: u64 = 2;

/// The state of a store.
#[derive(Debug)]
pub(crate) struct Guest {
    /// Bytes that all memories together may have, and have.
    memory_max: usize,
    memory: usize,
    /// Whether more was wanted in this call.
    memory_refused: bool,
    /// Whether the time was up once.
    overdue: bool,
    /// Lines logged in this call.
    lines: u32,
    log: Arc<GuestLog>,
    /// The moment of the decision, for the log's limit.
    now: u64,
}

impl Guest {
    /// Makes a store for one instance.
    pub(crate) fn store(engine: &Engine, memory_max: usize, log: &Arc<GuestLog>) -> Store<Self> {
        let mut store = Store::new(
            engine,
            Self {
                memory_max,
                memory: 0,
                memory_refused: false,
                overdue: false,
                lines: 0,
                log: Arc::clone(log),
                now: 0,
            },
        );
        store.limiter(|guest| guest);
        store.epoch_deadline_callback(on_deadline);
        store.set_hostcall_fuel(HOST_CALL_BYTES_MAX);
        store.set_max_component_handles(HANDLES_MAX);
        store
    }

    /// Begins a call.
    pub(crate) fn begin(&mut self, now: u64) {
        self.overdue = false;
        self.memory_refused = false;
        self.lines = 0;
        self.now = now;
    }

    /// Bytes that all its memories together have. They never shrink.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory
    }

    /// Tells whether the guest wanted more memory than it may have.
    pub(crate) fn memory_refused(&self) -> bool {
        self.memory_refused
    }

    /// Lifts the limit, for reading the memory out.
    pub(crate) fn lift_memory_limit(&mut self) {
        self.memory_max = usize::MAX;
    }
}

impl ResourceLimiter for Guest {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.memory.saturating_add(desired.saturating_sub(current));
        let granted = total <= self.memory_max;
        if granted {
            self.memory = total;
        } else {
            self.memory_refused = true;
        }
        Ok(granted)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let granted = desired <= TABLE_ELEMENTS_MAX;
        self.memory_refused |= !granted;
        Ok(granted)
    }

    fn instances(&self) -> usize {
        PARTS_MAX
    }

    fn tables(&self) -> usize {
        PARTS_MAX
    }

    fn memories(&self) -> usize {
        PARTS_MAX
    }
}

/// Decides what happens when a guest's time is up.
///
/// Time goes on while the operating system runs something else, and a guest that needs one
/// microsecond must not lose its decision to that. So the first time is a warning: the guest, which
/// is running at this very moment, gets two more ticks. One that loops is stopped after them.
fn on_deadline(mut store: StoreContextMut<'_, Guest>) -> wasmtime::Result<UpdateDeadline> {
    let guest = store.data_mut();
    if guest.overdue {
        return Ok(UpdateDeadline::Interrupt);
    }
    guest.overdue = true;
    Ok(UpdateDeadline::Continue(GRACE_TICKS))
}

/// Where a plugin's log goes, and how much of it.
#[derive(Debug)]
pub(crate) struct GuestLog {
    plugin: String,
    lines_per_second: u32,
    /// The second of the last line (high half) and the lines of that second (low half).
    second: AtomicU64,
}

impl GuestLog {
    pub(crate) fn new(plugin: &str, lines_per_second: u32) -> Self {
        Self {
            plugin: plugin.to_owned(),
            lines_per_second,
            second: AtomicU64::new(0),
        }
    }

    /// Counts a line; `false` when this second has had enough. A moment that is earlier than that of
    /// the last line counts as the same second: threads overtake each other, and no plugin gains
    /// lines by that.
    fn admit(&self, now: u64) -> bool {
        let second = (now / 1_000) & 0xFFFF_FFFF;
        let counted = self
            .second
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |state| {
                if state >> 32 < second {
                    return Some(second << 32 | 1);
                }
                let lines = state & 0xFFFF_FFFF;
                (lines < u64::from(self.lines_per_second)).then_some(state + 1)
            });
        counted.is_ok()
    }

    fn write(&self, level: Level, line: &str) {
        let plugin = self.plugin.as_str();
        match level {
            Level::Debug => tracing::debug!(target: "cordboard::plugin", plugin, "{line}"),
            Level::Info => tracing::info!(target: "cordboard::plugin", plugin, "{line}"),
            Level::Warn => tracing::warn!(target: "cordboard::plugin", plugin, "{line}"),
            Level::Error => tracing::error!(target: "cordboard::plugin", plugin, "{line}"),
        }
    }
}

/// The enum `level` of the interface `log`.
#[derive(Clone, Copy, Debug, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[expect(
    dead_code,
    reason = "wasmtime makes the values from what the guest passes"
)]
enum Level {
    #[component(name = "debug")]
    Debug,
    #[component(name = "info")]
    Info,
    #[component(name = "warn")]
    Warn,
    #[component(name = "error")]
    Error,
}

/// Makes the linker: all that a plugin can import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    linker.instance(IMPORT_LOG)?.func_wrap("write", log_line)?;
    Ok(linker)
}

fn log_line(
    mut store: StoreContextMut<'_, Guest>,
    (level, message): (Level, WasmStr),
) -> wasmtime::Result<()> {
    let guest = store.data_mut();
    guest.lines = guest.lines.saturating_add(1);
    if guest.lines > LOG_LINES_MAX || !guest.log.admit(guest.now) {
        return Ok(());
    }
    let line = one_line(&message.to_str(&store)?, LOG_LINE_BYTES_MAX);
    store.data().log.write(level, &line);
    Ok(())
}

/// Makes foreign text fit for a line of a log or of a terminal: cuts it to `bytes_max` and takes line
/// breaks and escape sequences out.
pub(crate) fn one_line(text: &str, bytes_max: usize) -> String {
    let end = text.floor_char_boundary(bytes_max);
    text.get(..end)
        .unwrap_or_default()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_at_a_character_and_has_no_control_characters() {
        let line = |text| one_line(text, LOG_LINE_BYTES_MAX);
        assert_eq!(line("a\nb\u{1b}[31m"), "a b [31m");
        let long = "é".repeat(LOG_LINE_BYTES_MAX);
        assert_eq!(line(&long).len(), LOG_LINE_BYTES_MAX);
        let odd = format!("x{}", "é".repeat(LOG_LINE_BYTES_MAX));
        assert_eq!(line(&odd).len(), LOG_LINE_BYTES_MAX - 1);
    }

    #[test]
    fn a_second_has_a_largest_number_of_lines() {
        let log = GuestLog::new("chatty", 2);
        let admitted = |now| log.admit(now);
        assert!(admitted(5_000) && admitted(5_999));
        assert!(!admitted(5_999));
        assert!(admitted(6_000) && admitted(0));
        assert!(
            !admitted(6_000),
            "an earlier moment does not begin the second anew"
        );
    }
}
