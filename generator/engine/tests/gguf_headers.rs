//! Thousands of broken GGUF headers: none makes the loader panic, or ask for memory beyond the file's size class.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use engine::{GgufModel, GgufModelSettings};
use proptest::prelude::*;
use tiny::Tiny;

mod tiny;

/// Counts what is allocated, to see that a broken header does not make the loader ask for memory beyond the file's size.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[allow(unsafe_code)]
// SAFETY: all calls go to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    /// Headers with up to four places overwritten: bytes, or lengths and counts with extreme numbers.
    #[test]
    fn mutated_headers_never_panic_nor_ask_for_much_memory(
        places in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(EXTREMES.to_vec()), 1usize..9), 1..5),
    ) {
        static WHOLE: LazyLock<(tempfile::TempDir, Vec<u8>, usize)> = LazyLock::new(|| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("whole.gguf");
            Tiny::new().write(&path);
            let bytes = std::fs::read(path).unwrap();
            let name = b"token_embd.weight";
            let header = bytes.windows(name.len()).rposition(|w| w == name).unwrap() + 200;
            (folder, bytes, header)
        });
        let (folder, whole, header) = &*WHOLE;
        let mut changed = whole.clone();
        for (place, number, width) in places {
            let at = place.index(*header);
            changed[at..at + width].copy_from_slice(&number.to_le_bytes()[..width]);
        }
        let path = folder.path().join("changed.gguf");
        std::fs::write(&path, &changed).unwrap();
        // 1 MB for keys and values at most; the file has 66 kB.
        let settings = GgufModelSettings { cache_bytes: 1 << 20, threads: 1, ..GgufModelSettings::default() };
        let before = HELD.load(Ordering::Relaxed);
        MOST.store(before, Ordering::Relaxed);
        let _ = GgufModel::load(&path, None, Vec::new(), &settings);
        let asked = MOST.load(Ordering::Relaxed).saturating_sub(before);
        prop_assert!(asked < 8 << 20, "{asked} bytes for a file of {}", whole.len());
    }
}

/// Numbers that lengths, counts, types and sizes are overwritten with.
const EXTREMES: [u64; 12] =
    [0, 1, 2, 8, 31, 255, 0x7FFF, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, u64::MAX, 0x0000_0001_0000_0000, 0x4000_0000];
