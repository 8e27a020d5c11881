//! Notes of each object that a scan visits: the bytes that were searched, and flags.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};

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
}

/// Bit of a searched blob; its bytes, plus one, are below.
const BLOB: u32 = 1 << 31;

/// Most bytes of an object that a note holds; one of more is searched again.
const MOST: u64 = BLOB as u64 - 2;

/// Notes by the number of the object, which all threads add to.
///
/// Each object is searched by one thread, which only has to store a number: numbers have the order of names, so that every
/// note misses the cache, and a thread would wait for a change of what is there.
#[derive(Debug)]
pub(in crate::source::history) struct ObjectNotes {
    searched: Vec<AtomicU32>,
    flags: Vec<AtomicU8>,
}

impl ObjectNotes {
    pub(in crate::source::history) fn new(count: usize) -> Self {
        Self {
            searched: (0..count).map(|_| AtomicU32::new(0)).collect(),
            flags: (0..count).map(|_| AtomicU8::new(0)).collect(),
        }
    }

    /// Notes an object that is searched.
    pub(in crate::source::history) fn searched(&self, number: u32, bytes: u64, is_blob: bool) {
        let kept = u32::try_from(bytes.min(MOST)).unwrap_or(0) + 1;
        if let Some(note) = self.searched.get(number as usize) {
            note.store(if is_blob { kept | BLOB } else { kept }, Relaxed);
        }
        if bytes > MOST {
            self.flag(number, flags::REPORTED);
        }
    }

    /// Adds flags to an object.
    pub(in crate::source::history) fn flag(&self, number: u32, flags: u8) {
        if let Some(known) = self.flags.get(number as usize) {
            known.fetch_or(flags, Relaxed);
        }
    }

    /// Adds the bytes of members to an object that this thread has searched.
    pub(in crate::source::history) fn add_members(&self, number: u32, bytes: u64) {
        let known = self.note(number);
        let own = u64::from((known & !BLOB).saturating_sub(1));
        self.searched(number, own.saturating_add(bytes), known & BLOB != 0);
    }

    fn note(&self, number: u32) -> u32 {
        self.searched.get(number as usize).map_or(0, |note| note.load(Relaxed))
    }

    /// Returns the bytes and the flags of an object. One that was not searched will be.
    pub(super) fn get(&self, number: u32) -> (u32, u8) {
        let searched = self.note(number);
        let flags = self.flags.get(number as usize).map_or(0, |flags| flags.load(Relaxed));
        let flags = if searched & BLOB == 0 { flags } else { flags | flags::BLOB };
        match (searched & !BLOB).checked_sub(1) {
            Some(bytes) => (bytes, flags),
            None => (u32::MAX, flags | flags::REPORTED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_kept_by_number() {
        let notes = ObjectNotes::new(6);
        notes.searched(0, 0, false);
        notes.searched(1, 70, true);
        notes.add_members(1, 30);
        notes.flag(1, flags::MENTIONS);
        notes.flag(2, flags::MENTIONS);
        notes.searched(3, MOST + 1, true);
        notes.searched(4, MOST, false);
        notes.add_members(4, 1);
        notes.searched(9, 1, true);
        let huge = u32::try_from(MOST).unwrap();
        let (blob, reported, mentions) = (flags::BLOB, flags::REPORTED, flags::MENTIONS);
        let expected = [
            (0, 0),
            (100, blob | mentions),
            (u32::MAX, mentions | reported),
            (huge, blob | reported),
            (huge, reported),
            (u32::MAX, reported),
        ];
        assert_eq!((0..6).map(|number| notes.get(number)).collect::<Vec<_>>(), expected);
    }
}
