//! The guest's allocator: a bump arena that empties itself.
//!
//! Nothing is given back singly. The arena counts what is alive, and when the last block goes it
//! starts over, which in a decision is at the next call at the latest. So it needs no free lists,
//! never moves memory, and a fresh instance touches only the few pages behind its data.
//!
//! It begins behind the guest's data, in the memory that the module starts with, and asks for more
//! only when that is full: growing costs the host two system calls per fresh instance. A large
//! configuration therefore grows the memory in `configure`, once, and [`Bump::keep`] makes sure that
//! decisions have room without growing.

/// Room that `configure` leaves behind what it keeps, in bytes: the facts of 64 candidates, their
/// verdict and two memos, twice over.
#[cfg(target_arch = "wasm32")]
pub(crate) const WORKING_BYTES: usize = 24 * 1_024;

/// Where the next block goes, and what is alive.
///
/// Addresses are plain numbers here, so that the rules can be tested on any machine.
#[derive(Debug)]
pub(crate) struct Bump {
    /// The first address that may be handed out; 0 before the first call of [`Self::cover`].
    base: usize,
    next: usize,
    end: usize,
    /// Blocks at or above `base` that were not released.
    live: usize,
}

impl Bump {
    pub(crate) const fn new() -> Self {
        Self {
            base: 0,
            next: 0,
            end: 0,
            live: 0,
        }
    }

    /// Whether the arena knows its memory yet.
    pub(crate) const fn is_covered(&self) -> bool {
        self.base != 0
    }

    /// Gives the arena the memory from `base` to `end`.
    pub(crate) const fn cover(&mut self, base: usize, end: usize) {
        self.base = base;
        self.next = base;
        self.end = end;
    }

    /// Returns the address of a new block; `align` is a power of two. `grow` is told how many bytes
    /// are missing and returns the new end of the memory.
    pub(crate) fn allocate(
        &mut self,
        size: usize,
        align: usize,
        grow: impl FnOnce(usize) -> Option<usize>,
    ) -> Option<usize> {
        let at = self.next.checked_add(align - 1)? & !(align - 1);
        let next = at.checked_add(size)?;
        self.reach(next, grow)?;
        self.next = next;
        self.live += 1;
        Some(at)
    }

    /// Gives a block back. Blocks from before [`Self::keep`] stay where they are: they are part of
    /// what every instance starts with.
    pub(crate) const fn release(&mut self, at: usize, size: usize) {
        if at < self.base {
            return;
        }
        self.live = self.live.saturating_sub(1);
        if self.live == 0 {
            self.next = self.base;
        } else if at + size == self.next {
            self.next = at;
        }
    }

    /// Makes a block larger or smaller without moving it; `false` if it is not the last one.
    pub(crate) fn resize(
        &mut self,
        at: usize,
        size: usize,
        new_size: usize,
        grow: impl FnOnce(usize) -> Option<usize>,
    ) -> bool {
        if at < self.base || at + size != self.next {
            return new_size <= size;
        }
        let Some(next) = at.checked_add(new_size) else {
            return false;
        };
        if self.reach(next, grow).is_none() {
            return false;
        }
        self.next = next;
        true
    }

    /// Keeps for ever what is alive, and makes sure of `room` bytes behind it.
    pub(crate) fn keep(&mut self, room: usize, grow: impl FnOnce(usize) -> Option<usize>) {
        self.base = self.next;
        self.live = 0;
        // Without the room, decisions grow the memory themselves, or fail one by one.
        let _ = self.reach(self.base.saturating_add(room), grow);
    }

    fn reach(&mut self, next: usize, grow: impl FnOnce(usize) -> Option<usize>) -> Option<()> {
        if next > self.end {
            self.end = grow(next - self.end)?;
        }
        (next <= self.end).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arena() -> Bump {
        let mut arena = Bump::new();
        assert!(!arena.is_covered());
        arena.cover(1_000, 2_000);
        arena
    }

    fn never(_missing: usize) -> Option<usize> {
        panic!("grew")
    }

    #[test]
    fn blocks_are_aligned_and_apart() {
        let mut arena = arena();
        assert_eq!(arena.allocate(3, 1, never), Some(1_000));
        assert_eq!(arena.allocate(8, 8, never), Some(1_008));
        assert_eq!(arena.allocate(4, 4, never), Some(1_016));
    }

    #[test]
    fn it_starts_over_when_nothing_is_alive() {
        let mut arena = arena();
        let first = arena.allocate(16, 4, never).unwrap();
        let second = arena.allocate(16, 4, never).unwrap();
        arena.release(first, 16);
        assert_eq!(arena.allocate(4, 4, never), Some(second + 16));
        arena.release(second, 16);
        arena.release(second + 16, 4);
        assert_eq!(arena.allocate(4, 4, never), Some(first));
    }

    #[test]
    fn the_last_block_grows_and_shrinks_in_place() {
        let mut arena = arena();
        let first = arena.allocate(16, 4, never).unwrap();
        assert!(arena.resize(first, 16, 32, never));
        let second = arena.allocate(4, 4, never).unwrap();
        assert_eq!(second, first + 32);
        assert!(!arena.resize(first, 32, 64, never), "not the last one");
        assert!(arena.resize(first, 32, 8, never), "smaller always fits");
        assert!(arena.resize(second, 4, 2, never));
        assert_eq!(arena.allocate(2, 2, never), Some(second + 2));
    }

    #[test]
    fn it_grows_when_the_memory_is_full() {
        let mut arena = arena();
        let mut missing = 0;
        let at = arena.allocate(1_500, 4, |bytes| {
            missing = bytes;
            Some(4_000)
        });
        assert_eq!((at, missing), (Some(1_000), 500));
        assert_eq!(arena.allocate(1_501, 4, |_| None), None);
        assert_eq!(
            arena.allocate(1_501, 4, |_| Some(4_000)),
            None,
            "too little"
        );
    }

    #[test]
    fn what_is_kept_is_never_handed_out_again() {
        let mut arena = arena();
        let text = arena.allocate(100, 1, never).unwrap();
        let compiled = arena.allocate(50, 4, never).unwrap();
        arena.release(text, 100);
        let mut missing = 0;
        arena.keep(1_000, |bytes| {
            missing = bytes;
            Some(2_500)
        });
        assert_eq!(missing, 150);
        let facts = arena.allocate(10, 1, never).unwrap();
        assert_eq!(facts, compiled + 50);
        // The plugin replaces something that it kept: the block of this call must survive.
        arena.release(compiled, 50);
        assert_eq!(arena.allocate(10, 1, never), Some(facts + 10));
        arena.release(facts, 10);
        arena.release(facts + 10, 10);
        assert_eq!(arena.allocate(10, 1, never), Some(facts));
    }

    #[test]
    fn sizes_beyond_the_address_space_are_refused() {
        let mut arena = arena();
        assert_eq!(arena.allocate(usize::MAX, 8, never), None);
        let at = arena.allocate(8, 8, never).unwrap();
        assert!(!arena.resize(at, 8, usize::MAX, never));
    }
}
