//! The file format: header, entries, extensions, checksum.
//!
//! Source: `Documentation/gitformat-index.adoc` of git, and `read-cache.c` where that is silent.

use super::cache_tree::CacheTree;
use super::{Index, IndexError, Name, Slot};
use crate::git::oid::{ObjectFormat, Oid};

/// Bytes of an entry in front of its object name: times, device, inode, mode, owner and size.
const STAT: usize = 40;
/// Longest path that is believed, in bytes.
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

pub(super) fn parse(bytes: Vec<u8>, format: ObjectFormat) -> Result<Index, IndexError> {
    let damaged = IndexError::Damaged;
    if bytes.get(..4) != Some(b"DIRC") {
        return Err(damaged("it does not begin with DIRC"));
    }
    let version = be32(&bytes, 4).ok_or(damaged("its header is cut short"))?;
    let count = be32(&bytes, 8).ok_or(damaged("its header is cut short"))?;
    if !(2..=4).contains(&version) {
        return Err(IndexError::Unsupported("an unknown version"));
    }
    let end = bytes.len().checked_sub(format.raw_len()).filter(|end| *end >= 12);
    let end = end.ok_or(damaged("it is cut short"))?;
    // Extensions come behind the entries, but decide whether these can be used at all: none is unpacked before.
    let mut reader = Reader { bytes: &bytes[..end], at: 12, version, format, made: Vec::new() };
    // The count is not believed: an entry takes its bytes, or the file ends.
    let least = if version == 4 { STAT + format.raw_len() + 4 } else { STAT + format.raw_len() + 3 };
    let mut slots: Vec<Slot> = Vec::with_capacity((count as usize).min(end / least));
    for _ in 0..count {
        let slot = reader.entry(slots.last()).ok_or(damaged("an entry is malformed"))?;
        slots.push(slot);
    }
    let tree = extensions(&bytes[..end], reader.at, format)?;
    if slots.iter().any(|slot| slot.mode & 0o170_000 == 0o040_000) {
        return Err(IndexError::Unsupported("sparse directories"));
    }
    // Only the entries of a split index have no names or another order; what there is of those has been refused.
    if slots.first().is_some_and(|slot| reader.order(slot).0.is_empty()) {
        return Err(damaged("an entry has no name"));
    }
    if !slots.is_sorted_by(|a, b| reader.order(a) < reader.order(b)) {
        return Err(damaged("its entries are not in order"));
    }
    let made = reader.made;
    Ok(Index { bytes, made, slots, tree })
}

/// Walks the extensions. An optional one, whose name begins with a capital, may be passed over.
fn extensions(bytes: &[u8], mut at: usize, format: ObjectFormat) -> Result<Option<CacheTree>, IndexError> {
    let mut tree = None;
    while at < bytes.len() {
        let name = bytes.get(at..at + 4).ok_or(IndexError::Damaged("an extension is cut short"))?;
        let size = be32(bytes, at + 4).ok_or(IndexError::Damaged("an extension is cut short"))? as usize;
        let from = at + 8;
        let to = from.checked_add(size).filter(|to| *to <= bytes.len());
        let to = to.ok_or(IndexError::Damaged("an extension is cut short"))?;
        match name {
            // One that does not hold together only costs time.
            b"TREE" => tree = CacheTree::parse(&bytes[from..to], format),
            b"link" => return Err(IndexError::Unsupported("a shared index (split index)")),
            b"sdir" => return Err(IndexError::Unsupported("sparse directories")),
            [b'A'..=b'Z', ..] => {}
            _ => return Err(IndexError::Unsupported("an unknown mandatory extension")),
        }
        at = to;
    }
    Ok(tree)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    version: u32,
    format: ObjectFormat,
    made: Vec<u8>,
}

impl Reader<'_> {
    fn entry(&mut self, last: Option<&Slot>) -> Option<Slot> {
        let start = self.at;
        let mode = be32(self.bytes, start + 24)?;
        let mut at = start + STAT;
        let oid = Oid::from_raw(self.bytes.get(at..at + self.format.raw_len())?)?;
        at += self.format.raw_len();
        let flags = be16(self.bytes, at)?;
        at += 2;
        let mut extended = 0;
        if flags & EXTENDED != 0 {
            extended = if self.version >= 3 { be16(self.bytes, at)? } else { return None };
            at += 2;
        }
        let name = if self.version == 4 {
            self.made_name(at, last)?
        } else {
            let length = self.name_length(at, flags)?;
            // One to eight NULs bring the entry to a multiple of eight.
            self.at = start + (at - start + length + 8) / 8 * 8;
            if self.at > self.bytes.len() {
                return None;
            }
            Name::File(at..at + length)
        };
        Some(Slot {
            name,
            oid,
            mode,
            stage: (flags >> 12 & 3) as u8,
            skip_worktree: extended & SKIP_WORKTREE != 0,
            intent_to_add: extended & INTENT_TO_ADD != 0,
        })
    }

    /// The flags hold the length, unless it does not fit; the NUL must stand where it says.
    fn name_length(&self, at: usize, flags: u16) -> Option<usize> {
        let told = usize::from(flags & 0xfff);
        let rest = self.bytes.get(at..)?;
        let length = if told < 0xfff { told } else { memchr::memchr(0, &rest[..rest.len().min(MAX_PATH)])? };
        (*rest.get(length)? == 0).then_some(length)
    }

    /// Version 4: how many bytes of the last path go, then what comes instead, up to a NUL.
    fn made_name(&mut self, at: usize, last: Option<&Slot>) -> Option<Name> {
        let (gone, mut at) = offset(self.bytes, at)?;
        let previous = match last.map(|slot| &slot.name) {
            Some(Name::Made(range)) => range.clone(),
            _ => 0..0,
        };
        let kept = previous.len().checked_sub(gone)?;
        let rest = self.bytes.get(at..)?;
        let length = memchr::memchr(0, &rest[..rest.len().min(MAX_PATH)])?;
        if kept + length > MAX_PATH {
            return None;
        }
        let from = self.made.len();
        self.made.extend_from_within(previous.start..previous.start + kept);
        self.made.extend_from_slice(&rest[..length]);
        at += length + 1;
        self.at = at;
        Some(Name::Made(from..self.made.len()))
    }

    fn order<'b>(&'b self, slot: &'b Slot) -> (&'b [u8], u8) {
        let path = match &slot.name {
            Name::File(range) => &self.bytes[range.clone()],
            Name::Made(range) => &self.made[range.clone()],
        };
        (path, slot.stage)
    }
}

/// The variable-length number of pack offsets, and where it ends.
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
