//! Notes of each object that a scan visits: the bytes that were searched, and flags.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Flags of an object.
pub(in crate::source::history) mod flags {
    /// It is a blob.
    pub(in crate::source::history) const BLOB: u8 = 1;
    /// Something of it was reported, so that it is searched again.
    pub(in crate::source::history) const REPORTED: u8 = 2;
    /// It mentions Stripe, so that lints may want to read it.
    pub(in crate::source::history) const MENTIONS: u8 = 4;
    /// No pack held it.
    pub(in crate::source::history) const LOOSE: u8 = 8;
    /// It was searched.
    pub(in crate::source::history) const SEARCHED: u8 = 16;
}

/// The first bit of the flags; the bytes are below.
const SHIFT: u32 = 48;

/// Notes by the number of the object, which all threads add to.
#[derive(Debug)]
pub(in crate::source::history) struct ObjectNotes(Vec<AtomicU64>);

impl ObjectNotes {
    pub(in crate::source::history) fn new(count: usize) -> Self {
        Self((0..count).map(|_| AtomicU64::new(0)).collect())
    }

    /// Adds flags, and bytes to those that are there.
    pub(in crate::source::history) fn add(&self, number: u32, bytes: u64, flags: u8) {
        let Some(note) = self.0.get(number as usize) else { return };
        // An object of as many bytes is searched again, because they do not fit into a record.
        let is_huge = bytes > u64::from(u32::MAX);
        let flags = flags | if is_huge { flags::REPORTED } else { 0 };
        if flags > 0 {
            note.fetch_or(u64::from(flags) << SHIFT, Relaxed);
        }
        if bytes > 0 {
            note.fetch_add(bytes.min(u64::from(u32::MAX)), Relaxed);
        }
    }

    /// Notes an object that is searched for the first time.
    pub(in crate::source::history) fn searched(&self, number: u32, bytes: u64, flags: u8) {
        if bytes > u64::from(u32::MAX) {
            return self.add(number, bytes, flags | flags::SEARCHED);
        }
        if let Some(note) = self.0.get(number as usize) {
            note.fetch_or(u64::from(flags | flags::SEARCHED) << SHIFT | bytes, Relaxed);
        }
    }

    /// Returns the bytes and the flags of an object.
    pub(super) fn get(&self, number: u32) -> (u32, u8) {
        let note = self.0.get(number as usize).map_or(0, |note| note.load(Relaxed));
        let bytes = u32::try_from(note & ((1 << SHIFT) - 1));
        let flags = u8::try_from(note >> SHIFT).unwrap_or(flags::REPORTED);
        let is_known = flags & flags::SEARCHED != 0 && bytes.is_ok();
        (bytes.unwrap_or(u32::MAX), if is_known { flags } else { flags | flags::REPORTED })
    }
}
