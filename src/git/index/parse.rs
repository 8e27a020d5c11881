//! The file format: header, entries, extensions, checksum.
//!
//! Source: `Documentation/gitformat-index.adoc` of git, and `read-cache.c` where that is silent. One pass finds and
//! checks the entries; the few that are used are parsed again.

use std::ops::Range;

use super::cache_tree::{self, CacheNode};
use super::{Index, IndexEntry, IndexError};
use crate::git::mmap::FileBytes;
use crate::git::oid::{ObjectFormat, Oid};

const HEADER: usize = 12;
/// Bytes of an entry before its object name: times, device, inode, mode, owner and size.
pub(super) const STAT: usize = 40;
/// Longest path, in bytes.
const MAX_PATH: usize = 1 << 16;

const EXTENDED: u16 = 0x4000;
const SKIP_WORKTREE: u16 = 0x4000;
const INTENT_TO_ADD: u16 = 0x2000;

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

pub(super) fn parse(bytes: FileBytes, format: ObjectFormat) -> Result<Index, IndexError> {
    let damaged = IndexError::Damaged;
    if bytes.get(..4) != Some(b"DIRC") {
        return Err(damaged("no DIRC at its beginning"));
    }
    let bytes = match be32(&bytes, 4) {
        Some(2 | 3) => bytes,
        Some(4) => FileBytes::Owned(written_out(&bytes, format).ok_or(damaged("an entry is malformed"))?),
        Some(_) => return Err(IndexError::Unsupported("an unknown version")),
        None => return Err(damaged("header is cut short")),
    };
    let count = be32(&bytes, 8).ok_or(damaged("header is cut short"))?;
    let end = bytes.len().checked_sub(format.raw_len()).filter(|end| *end >= HEADER);
    let content = &bytes[..end.ok_or(damaged("cut short"))?];
    // The stated count is not trusted: each entry takes its bytes, or the file ends.
    let mut starts: Vec<u32> = Vec::with_capacity((count as usize).min(content.len() / (STAT + format.raw_len())));
    let (mut at, mut last) = (HEADER, (&b""[..], 0));
    let (mut ordered, mut sparse) = (true, false);
    for _ in 0..count {
        let (entry, next) = entry(content, at, format).ok_or(damaged("an entry is malformed"))?;
        starts.push(u32::try_from(at).map_err(|_| damaged("too large"))?);
        ordered &= last < (entry.path, entry.stage);
        sparse |= entry.mode & 0o170_000 == 0o040_000;
        (at, last) = (next, (entry.path, entry.stage));
    }
    // Extensions follow the entries, but decide whether these can be used.
    let tree = extensions(content, at, format)?;
    if sparse {
        return Err(IndexError::Unsupported("sparse directories"));
    }
    // Only the entries of a split index have no names or another order; those were refused above.
    if !ordered {
        return Err(damaged("entries are out of order or have no names"));
    }
    Ok(Index { format, starts, tree, bytes })
}

/// Parses the entry at `start`. Also returns where the next one begins.
pub(super) fn entry(bytes: &[u8], start: usize, format: ObjectFormat) -> Option<(IndexEntry<'_>, usize)> {
    let mode = be32(bytes, start + 24)?;
    let mut at = start + STAT;
    let oid = Oid::from_raw(bytes.get(at..at + format.raw_len())?)?;
    at += format.raw_len();
    let (flags, extended) = flags(bytes, &mut at)?;
    // The flags hold the length, unless it does not fit; a NUL must follow the path.
    let rest = bytes.get(at..)?;
    let stated = usize::from(flags & 0xfff);
    let length = if stated < 0xfff { stated } else { memchr::memchr(0, &rest[..rest.len().min(MAX_PATH)])? };
    if *rest.get(length)? != 0 {
        return None;
    }
    let entry = IndexEntry {
        path: &rest[..length],
        oid,
        mode,
        stage: (flags >> 12 & 3) as u8,
        skip_worktree: extended & SKIP_WORKTREE != 0,
        intent_to_add: extended & INTENT_TO_ADD != 0,
    };
    // One to eight NULs pad the entry to a multiple of eight.
    let next = start + (at - start + length + 8) / 8 * 8;
    (next <= bytes.len()).then_some((entry, next))
}

/// Parses the flags at `at` and the extended ones, if any, and advances `at`.
fn flags(bytes: &[u8], at: &mut usize) -> Option<(u16, u16)> {
    let flags = be16(bytes, *at)?;
    *at += 2;
    if flags & EXTENDED == 0 {
        return Some((flags, 0));
    }
    let extended = be16(bytes, *at)?;
    *at += 2;
    Some((flags, extended))
}

/// Walks the extensions. An optional one, whose name begins with a capital, is skipped.
fn extensions(bytes: &[u8], mut at: usize, format: ObjectFormat) -> Result<Vec<CacheNode>, IndexError> {
    let mut tree = Vec::new();
    while at < bytes.len() {
        let name = bytes.get(at..at + 4).ok_or(IndexError::Damaged("an extension is cut short"))?;
        let size = be32(bytes, at + 4).ok_or(IndexError::Damaged("an extension is cut short"))? as usize;
        let from = at + 8;
        let to = from.checked_add(size).filter(|to| *to <= bytes.len());
        let to = to.ok_or(IndexError::Damaged("an extension is cut short"))?;
        match name {
            // A malformed one only costs time.
            b"TREE" => tree = cache_tree::nodes(bytes, from..to, format).unwrap_or_default(),
            b"link" => return Err(IndexError::Unsupported("a shared index (split index)")),
            b"sdir" => return Err(IndexError::Unsupported("sparse directories")),
            [b'A'..=b'Z', ..] => {}
            _ => return Err(IndexError::Unsupported("an unknown mandatory extension")),
        }
        at = to;
    }
    Ok(tree)
}

/// Writes an index in version 3, entry by entry.
pub(super) struct IndexWriter(Vec<u8>);

impl IndexWriter {
    pub(super) fn new(count: u32) -> Self {
        Self([&b"DIRC\0\0\0\x03"[..], &count.to_be_bytes()].concat())
    }

    /// Appends an entry: the bytes before its flags, its flags, and the parts of its path. Returns the range of the
    /// path.
    pub(super) fn add(&mut self, stat: &[u8], (flags, extended): (u16, u16), path: [&[u8]; 2]) -> Range<usize> {
        let start = self.0.len();
        let length = path[0].len() + path[1].len();
        let stated = u16::try_from(length).unwrap_or(0xfff).min(0xfff);
        self.0.extend_from_slice(stat);
        self.0.extend_from_slice(&((flags & 0x3000) | EXTENDED | stated).to_be_bytes());
        self.0.extend_from_slice(&extended.to_be_bytes());
        let from = self.0.len();
        path.iter().for_each(|part| self.0.extend_from_slice(part));
        self.0.resize(start + (from - start + length + 8) / 8 * 8, 0);
        from..from + length
    }

    pub(super) fn end(mut self, rest: &[u8]) -> Vec<u8> {
        self.0.extend_from_slice(rest);
        self.0
    }
}

/// Rewrites version 4, which stores each path as a difference to the previous one, in version 3.
fn written_out(bytes: &[u8], format: ObjectFormat) -> Option<Vec<u8>> {
    let count = be32(bytes, 8)?;
    let mut written = IndexWriter::new(count);
    let (mut at, mut last) = (HEADER, 0..0);
    for _ in 0..count {
        let stat = bytes.get(at..at + STAT + format.raw_len())?;
        at += stat.len();
        let (flags, extended) = flags(bytes, &mut at)?;
        let (gone, behind) = offset(bytes, at)?;
        let rest = bytes.get(behind..)?;
        let length = memchr::memchr(0, &rest[..rest.len().min(MAX_PATH)])?;
        let kept = last.len().checked_sub(gone)?;
        // A few bytes can expand to a long path: the result is bounded like a file.
        if kept + length > MAX_PATH || written.0.len() as u64 > super::MAX_INDEX {
            return None;
        }
        let kept = written.0[last.start..last.start + kept].to_vec();
        last = written.add(stat, (flags, extended), [&kept, &rest[..length]]);
        at = behind + length + 1;
    }
    Some(written.end(bytes.get(at..)?))
}

/// Parses the variable-length number of pack offsets. Also returns where it ends.
fn offset(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut byte = *bytes.get(at)?;
    let mut value = usize::from(byte & 0x7f);
    at += 1;
    while byte & 0x80 != 0 {
        byte = *bytes.get(at)?;
        at += 1;
        value = value.checked_add(1)?.checked_mul(128)?.checked_add(usize::from(byte & 0x7f))?;
        if value > MAX_PATH {
            return None;
        }
    }
    Some((value, at))
}
