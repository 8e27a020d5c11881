//! The central directory: finding it, and reading its entries.

use memchr::memmem;

use super::super::Seekable;
use super::super::peek_reader::PeekReader;
use super::super::walker::{display, read_at};
use super::entry::{ExtraField, ZipEntry, fields, u16_at, u32_at, u64_at};
use crate::model::limits::MAX_IN_MEMORY;

const END: &[u8] = b"PK\x05\x06";
const END64: &[u8] = b"PK\x06\x06";
const LOCATOR64: &[u8] = b"PK\x06\x07";
const LISTED: &[u8] = b"PK\x01\x02";

/// Bytes of an end record without its comment.
const END_SIZE: usize = 22;

/// Most places that look like an end record to try, last first: a comment may hold some.
const MAX_ENDS: usize = 1_024;

/// Bytes at the end of a file in which an end record is searched for, and bytes that are searched at a time.
const REACH: u64 = MAX_IN_MEMORY;
const STEP: u64 = 128 << 10;

/// Bytes of a directory entry before its name.
const LISTED_SIZE: usize = 46;

pub(super) struct ZipDirectory {
    /// Sorted by offset.
    pub(super) entries: Vec<ZipEntry>,
    pub(super) start: u64,
    /// Offset behind the end record and its comment.
    pub(super) end: u64,
    pub(super) fault: Option<&'static str>,
    /// There are more entries than were asked for.
    pub(super) is_cut: bool,
}

#[derive(Clone, Copy)]
struct EndRecord {
    start: u64,
    /// Offset behind this record and its comment.
    end: u64,
    /// Added to offsets, because something precedes the zip.
    shift: u64,
    count: u64,
    is_exact: bool,
    /// Another end record contradicts this one.
    is_contradicted: bool,
}

/// Returns true if a file may be a zip, by its last bytes: an end record without comment. Costs one comparison.
pub(in super::super) fn ends_like_zip(bytes: &[u8]) -> bool {
    bytes.len().checked_sub(END_SIZE).is_some_and(|at| bytes[at..].starts_with(END) && bytes.ends_with(&[0, 0]))
}

/// Returns true if the file has a directory with at least one entry, near its end or `anywhere`, or so many end records
/// that not all are tried.
pub(in super::super) fn has_directory(input: &mut dyn Seekable, size: u64, anywhere: bool) -> bool {
    let mut tries = MAX_ENDS;
    let reach = if anywhere { size } else { REACH };
    find(input, (size, reach), &mut tries).map_or(tries == 0, |end| end.count > 0)
}

impl ZipDirectory {
    /// Reads at most `most` entries of the directory; `None` if there is none.
    pub(super) fn read(input: &mut dyn Seekable, size: u64, most: u64) -> Option<Self> {
        let end = find(input, (size, REACH), &mut { MAX_ENDS })?;
        let mut directory = Self { entries: Vec::new(), start: end.start, end: end.end, fault: None, is_cut: false };
        if end.is_contradicted {
            directory.fault = Some("64-bit directory record is wrong");
        }
        input.seek(std::io::SeekFrom::Start(end.start)).ok()?;
        let mut reader: &mut dyn Seekable = input;
        let mut source = PeekReader::new(&mut reader);
        while source.peek(4) == LISTED {
            if directory.entries.len() as u64 >= most {
                directory.is_cut = true;
                break;
            }
            let Some(mut entry) = listed(&mut source) else { break };
            entry.at = entry.at.saturating_add(end.shift);
            if entry.at >= end.start {
                directory.fault = Some("directory points outside of the archive");
                continue;
            }
            directory.entries.push(entry);
        }
        let stated = if end.is_exact { end.count } else { end.count & 0xffff };
        let found = directory.entries.len() as u64;
        let found = if end.is_exact { found } else { found & 0xffff };
        if !directory.is_cut && directory.fault.is_none() && found != stated {
            directory.fault = Some("directory has a wrong number of entries");
        }
        directory.entries.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
        Some(directory)
    }
}

/// Finds the end record in the last `reach` bytes of the file, backwards: anything may follow it. Counts down how often it
/// may try.
fn find(input: &mut dyn Seekable, (size, reach): (u64, u64), tries: &mut usize) -> Option<EndRecord> {
    let mut to = size;
    while to > size.saturating_sub(reach) && *tries > 0 {
        let base = to.saturating_sub(STEP);
        // A record that begins here may end in the part that was searched before.
        let part = read_at(input, base, usize::try_from(to - base).ok()? + END_SIZE - 1);
        for at in memmem::rfind_iter(&part, END).take(*tries) {
            *tries -= 1;
            let Some(record) = part.get(at..at + END_SIZE) else { continue };
            let at = base + at as u64;
            if at < to
                && let Some(end) = ending(input, record, at)
            {
                return Some(EndRecord { end: at + END_SIZE as u64 + u64::from(u16_at(record, 20)), ..end });
            }
        }
        to = base;
    }
    None
}

/// Returns the directory that an end record names, if it is there.
fn ending(input: &mut dyn Seekable, record: &[u8], at: u64) -> Option<EndRecord> {
    let wide = end64(input, at);
    let is_contradicted = wide.is_some();
    let narrow = end32(record, at).map(|end| EndRecord { is_contradicted, ..end });
    for end in [wide.flatten(), narrow].into_iter().flatten() {
        // At the stated offset, or at one that does not count what precedes the zip.
        for start in [Some(end.start), end.start.checked_sub(end.shift)].into_iter().flatten() {
            if read_at(input, start, 4) == LISTED {
                let shift = if start == end.start { end.shift } else { 0 };
                return Some(EndRecord { start, shift, ..end });
            }
        }
        if end.count == 0 && !is_contradicted {
            return Some(end);
        }
    }
    None
}

fn end32(record: &[u8], at: u64) -> Option<EndRecord> {
    let (size, offset) = (u64::from(u32_at(record, 12)), u64::from(u32_at(record, 16)));
    place(at, size, offset, u64::from(u16_at(record, 10)), false)
}

/// Reads the 64-bit end record, if there is one; `Some(None)` if it cannot be true.
fn end64(input: &mut dyn Seekable, at: u64) -> Option<Option<EndRecord>> {
    let locator = read_at(input, at.checked_sub(20)?, 20);
    if !locator.starts_with(LOCATOR64) || locator.len() < 20 {
        return None;
    }
    // At the stated offset, or right before the locator if something precedes the zip.
    for at in [Some(u64_at(&locator, 8)), at.checked_sub(20 + 56)].into_iter().flatten() {
        let record = read_at(input, at, 56);
        if record.starts_with(END64) && record.len() == 56 {
            return Some(place(at, u64_at(&record, 40), u64_at(&record, 48), u64_at(&record, 32), true));
        }
    }
    Some(None)
}

/// Locates the directory, which ends where its end record begins, whatever its stated offset.
fn place(at: u64, size: u64, offset: u64, count: u64, is_exact: bool) -> Option<EndRecord> {
    let record = |start, shift| EndRecord { start, end: at, shift, count, is_exact, is_contradicted: false };
    let Some(start) = at.checked_sub(size) else {
        // The size is wrong; the offset may be right.
        return (offset < at).then_some(record(offset, 0));
    };
    Some(record(start, start.saturating_sub(offset)))
}

fn listed(source: &mut PeekReader<'_>) -> Option<ZipEntry> {
    let record = source.peek(LISTED_SIZE);
    if record.len() < LISTED_SIZE {
        return None;
    }
    let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(u16_at(record, at)));
    let record = source.peek(LISTED_SIZE + name + extra);
    let rest = record.get(LISTED_SIZE..LISTED_SIZE + name + extra)?;
    let mut entry = ZipEntry {
        name: display(&rest[..name]),
        flags: u16_at(record, 8),
        method: u16_at(record, 10),
        crc: u32_at(record, 16),
        packed: u64::from(u32_at(record, 20)),
        size: u64::from(u32_at(record, 24)),
        at: u64::from(u32_at(record, 42)),
    };
    // The 64-bit field holds only those values whose 32 bits are all ones, in this order.
    if let Some(mut wide) = fields(&rest[name..]).find(|field| field.id == ExtraField::ZIP64).map(|field| field.data) {
        for value in [&mut entry.size, &mut entry.packed, &mut entry.at] {
            if *value == u64::from(u32::MAX) && wide.len() >= 8 {
                *value = u64_at(wide, 0);
                wide = &wide[8..];
            }
        }
    }
    source.skip((LISTED_SIZE + name + extra + comment) as u64);
    Some(entry)
}
