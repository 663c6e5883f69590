//! A program without the standard library that uses casework. Its exit status is how many rows of the name vectors come out
//! as they say.
#![no_std]
#![no_main]

#[cfg(feature = "with-std")]
extern crate std;

use casework::names::{Class, Kind, compare};
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ffi::c_int;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicUsize, Ordering};

/// Called by the C runtime, which is all that there is of an operating system here.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    let rows = include_str!("../../../casework/tests/data/name_vectors.csv")
        .lines()
        .skip(1);
    rows.fold(0, |right, row| {
        right + c_int::from(comes_out_as_it_says(row) == Some(true))
    })
}

fn comes_out_as_it_says(row: &str) -> Option<bool> {
    let mut columns = row.split(',');
    let kind = match columns.next()? {
        "company" => Kind::Company,
        "person" => Kind::Person,
        _ => return None,
    };
    let class = match compare(kind, columns.next()?, columns.next()?).class {
        Class::Match => "match",
        Class::Variant => "variant",
        Class::NotComparable => "not-comparable",
        Class::Mismatch => "mismatch",
    };
    Some(columns.next()? == class)
}

/// As much memory as the vectors need, given out once.
struct Arena {
    octets: UnsafeCell<[u8; 1 << 20]>,
    given: AtomicUsize,
}

// SAFETY: no two callers are given the same octets, for `given` only grows and is changed atomically.
unsafe impl Sync for Arena {}

// SAFETY: what is given is aligned, lies within the arena and is given to nobody else; a null pointer refuses.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let arena = self.octets.get().cast::<u8>();
        let room = layout.size() + layout.align();
        let start = self.given.fetch_add(room, Ordering::Relaxed);
        if start + room > 1 << 20 {
            return core::ptr::null_mut();
        }
        let first = arena.wrapping_add(start);
        first.wrapping_add(first.align_offset(layout.align()))
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ARENA: Arena = Arena {
    octets: UnsafeCell::new([0; 1 << 20]),
    given: AtomicUsize::new(0),
};

#[panic_handler]
fn stop(_: &PanicInfo<'_>) -> ! {
    abort()
}

#[link(name = "c")]
unsafe extern "C" {
    safe fn abort() -> !;
}

/// `alloc` comes built to unwind and asks for this; a program that aborts never calls it.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
