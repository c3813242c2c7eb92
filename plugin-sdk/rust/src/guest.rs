//! The plugin as a WebAssembly module: the canonical ABI by hand.
//!
//! Generated bindings would copy facts and verdict once more and need a second call to free the
//! verdict. Here facts are read where the host put them, and the verdict stays where it is until the
//! next call begins.

#![expect(
    unsafe_code,
    reason = "the canonical ABI passes pointers, and an allocator deals in them"
)]

use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::log::Level;
use crate::plugin::{self, Plugin, Problem};

/// The plugin of a module, from its configuration on.
#[derive(Debug)]
pub struct Configured<P> {
    plugin: OnceLock<P>,
}

impl<P: Plugin> Configured<P> {
    /// A plugin that waits for its configuration.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            plugin: OnceLock::new(),
        }
    }

    /// The export `configure`.
    ///
    /// # Safety
    /// `config` and `bytes` are a string as the canonical ABI passes it: memory that
    /// [`reallocate`] gave, of which the caller lets go.
    pub unsafe fn configure(&'static self, config: *mut u8, bytes: usize) -> *const u32 {
        if cfg!(feature = "diagnostics") {
            log_panics();
        }
        // SAFETY: see above.
        let config = unsafe { take(config, bytes) };
        let result = match core::str::from_utf8(&config) {
            Ok(config) => plugin::configure::<P>(config).map_err(|problems| {
                let problems = problems.iter().map(LoweredProblem::leak);
                problems.collect::<Vec<_>>().leak()
            }),
            Err(_) => Err(&mut [][..]),
        };
        erase(config);
        match result {
            Ok(plugin) => {
                // A second configuration is against the contract; the first one stays.
                let _ = self.plugin.set(plugin);
                keep_memory();
                give_back([0, 0, 0])
            }
            Err(problems) => give_back([1, address(problems.as_ptr()), length(problems.len())]),
        }
    }

    /// The export of a decision point.
    ///
    /// # Safety
    /// `facts` and `words` are a list as the canonical ABI passes it: memory that [`reallocate`]
    /// gave, of which the caller lets go.
    pub unsafe fn decide(
        &'static self,
        facts: *mut u32,
        words: usize,
        decide: impl FnOnce(&P, &[u32]) -> Vec<u32>,
    ) -> *const u32 {
        // SAFETY: see above.
        let facts = unsafe { take(facts, words) };
        let verdict = match self.plugin.get() {
            Some(plugin) => decide(plugin, &facts),
            None => crate::verdict::unreadable("the plugin was asked before it was configured"),
        };
        drop(facts);
        let result = [address(verdict.as_ptr()), length(verdict.len()), 0];
        *last_verdict() = verdict;
        give_back(result)
    }
}

impl<P: Plugin> Default for Configured<P> {
    fn default() -> Self {
        Self::new()
    }
}

/// The export `cabi_realloc`: memory for what the host passes.
///
/// # Safety
/// Called as the canonical ABI says: `at` is null, or memory of `size` bytes that this function gave
/// with the same `align`, a power of two.
pub unsafe fn reallocate(at: *mut u8, size: usize, align: usize, new_size: usize) -> *mut u8 {
    if new_size == 0 {
        return std::ptr::without_provenance_mut(align);
    }
    // SAFETY: `align` is a power of two, and a size that the address space cannot hold is refused
    // by the allocator.
    let new = unsafe {
        if size == 0 {
            // The first allocation of a call: the host has read the verdict of the previous one.
            *last_verdict() = Vec::new();
            std::alloc::alloc(Layout::from_size_align_unchecked(new_size, align))
        } else {
            let layout = Layout::from_size_align_unchecked(size, align);
            std::alloc::realloc(at, layout, new_size)
        }
    };
    if new.is_null() {
        if cfg!(feature = "diagnostics") {
            write(Level::Error, "out of memory for what the host passes");
        }
        std::process::abort();
    }
    new
}

/// Writes a line to the host's log.
pub(crate) fn write(level: Level, line: &str) {
    #[link(wasm_import_module = "cordboard:plugin/log@0.1.0")]
    unsafe extern "C" {
        #[link_name = "write"]
        fn write(level: u32, line: *const u8, bytes: usize);
    }
    // SAFETY: an enum as its number and a string as pointer and length, both as the WIT says; the
    // host only reads the string, and only now.
    unsafe { write(level as u32, line.as_ptr(), line.len()) }
}

/// A `problem` of the WIT: path and message, each as pointer and length.
#[repr(C)]
struct LoweredProblem([u32; 4]);

impl LoweredProblem {
    /// The host reads it after the call, and then the instance is of no more use.
    fn leak(problem: &Problem) -> Self {
        let path = problem.path.clone().leak();
        let message = problem.message.clone().leak();
        Self([
            address(path.as_ptr()),
            length(path.len()),
            address(message.as_ptr()),
            length(message.len()),
        ])
    }
}

/// Takes over a list that the host has passed.
///
/// # Safety
/// As for [`Configured::decide`].
unsafe fn take<T>(at: *mut T, length: usize) -> Vec<T> {
    if length == 0 {
        return Vec::new();
    }
    // SAFETY: the memory comes from `reallocate`, so from the global allocator, with the alignment
    // of `T` and exactly this length, and the host has filled it.
    unsafe { Vec::from_raw_parts(at, length, length) }
}

/// Overwrites the configuration's text, so that it is no part of the memory that is kept.
fn erase(mut text: Vec<u8>) {
    text.fill(0);
    // Else the compiler sees that nobody reads the zeros.
    drop(std::hint::black_box(text));
}

/// Where the host finds what does not fit into one number. Atomic only because it is static: on this
/// target these are plain stores.
static RETURNED: [AtomicU32; 3] = [const { AtomicU32::new(0) }; 3];

fn give_back(words: [u32; 3]) -> *const u32 {
    for (to, from) in RETURNED.iter().zip(words) {
        to.store(from, Ordering::Relaxed);
    }
    RETURNED.as_ptr().cast()
}

/// The verdict that the host may still read.
fn last_verdict() -> impl std::ops::DerefMut<Target = Vec<u32>> {
    static LAST: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    LAST.lock().unwrap_or_else(PoisonError::into_inner)
}

fn address<T>(at: *const T) -> u32 {
    // Lossless: a pointer has 32 bits on this target.
    at.addr() as u32
}

fn length(length: usize) -> u32 {
    // Lossless, as above.
    length as u32
}

/// A panic traps; before that, its message goes to the log.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| crate::log!(Error, "{panic}")));
}

#[cfg(not(feature = "arena"))]
fn keep_memory() {}

#[cfg(feature = "arena")]
use self::arena::keep as keep_memory;

#[cfg(feature = "arena")]
mod arena {
    use super::{GlobalAlloc, Layout};
    use crate::arena::{Bump, WORKING_BYTES};
    use core::arch::wasm32;
    use std::cell::UnsafeCell;

    #[global_allocator]
    static ARENA: Arena = Arena(UnsafeCell::new(Bump::new()));

    /// Keeps what is alive for all instances that start from here.
    pub(super) fn keep() {
        ARENA.with(|arena| arena.keep(WORKING_BYTES, grow));
    }

    struct Arena(UnsafeCell<Bump>);

    // SAFETY: the module has one thread: without the target feature `atomics` there are no others.
    unsafe impl Sync for Arena {}

    impl Arena {
        fn with<R>(&self, act: impl FnOnce(&mut Bump) -> R) -> R {
            // SAFETY: one thread, and `act` is only ever code of this module and of `Bump`, none
            // of which allocates, so this is the only reference.
            let arena = unsafe { &mut *self.0.get() };
            if !arena.is_covered() {
                arena.cover((&raw const __heap_base).addr(), memory_end());
            }
            act(arena)
        }
    }

    // SAFETY: `Bump` gives out disjoint blocks of memory that belongs to nobody else: it begins where
    // the linker says that data ends, and ends where the memory ends.
    unsafe impl GlobalAlloc for Arena {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            self.with(|arena| arena.allocate(layout.size(), layout.align(), grow))
                .map_or(std::ptr::null_mut(), std::ptr::with_exposed_provenance_mut)
        }

        unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
            self.with(|arena| arena.release(at.addr(), layout.size()));
        }

        unsafe fn realloc(&self, at: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
            if self.with(|arena| arena.resize(at.addr(), layout.size(), new_size, grow)) {
                return at;
            }
            // SAFETY: the caller has made sure of `layout` and `new_size`; the old block holds
            // `layout.size()` bytes, the new one at least as many as are copied, and they are apart.
            unsafe {
                let new = self.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
                if !new.is_null() {
                    std::ptr::copy_nonoverlapping(at, new, layout.size().min(new_size));
                    self.dealloc(at, layout);
                }
                new
            }
        }
    }

    unsafe extern "C" {
        /// The linker's symbol: its address is where data ends.
        static __heap_base: u8;
    }

    const PAGE_BYTES: usize = 65_536;

    fn memory_end() -> usize {
        wasm32::memory_size(0) * PAGE_BYTES
    }

    fn grow(missing: usize) -> Option<usize> {
        let before = wasm32::memory_grow(0, missing.div_ceil(PAGE_BYTES));
        (before != usize::MAX).then(memory_end)
    }
}
