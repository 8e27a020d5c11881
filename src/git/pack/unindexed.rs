//! Packs without a usable index: entries are found by reading from front to back, and named by the hash of their content.
//!
//! The pack's bytes may be mapped or come from inside an archive, so a [`PackSource`] reads them and receives the objects.
//! Objects are rebuilt depth first, from each whole object to its deltas, within a bound on memory. Each delta is applied
//! at most once, so the work is linear in the size of the objects.

use super::super::hash;
use super::super::object::ObjectKind;
use super::super::oid::{ObjectFormat, Oid};
use super::delta;
use super::entry::{self, EntryContent};

/// Longest header of an entry: ten bytes of size, and an offset or a name.
pub(crate) const MAX_ENTRY_HEADER: usize = 64;

/// A tree of deltas first takes one part in this many of the room that is left.
const SHARE: u64 = 4;

#[derive(Debug, Clone, Copy)]
pub(crate) struct PackEntry {
    pub(crate) at: u64,
    /// Offset of its compressed data.
    pub(crate) data: u64,
    /// Offset behind its compressed data; 0 if that is damaged.
    pub(crate) end: u64,
    /// Length of the object or delta, as its header gives it.
    pub(crate) size: u64,
    /// Length of the object that a delta makes, as the delta says.
    made: u64,
    pub(crate) content: EntryContent,
}

/// Bytes at the beginning of a delta that hold the lengths of its base and of its result.
pub(crate) const DELTA_HEAD: usize = 20;

/// Stored length of an entry, and the first [`DELTA_HEAD`] bytes that it holds.
pub(crate) type StoredEntry = (u64, Vec<u8>);

/// The reason that a stream was not decoded to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StreamError {
    Damaged,
    /// The source's budget is spent.
    Stopped,
}

/// Reads the bytes of a pack and receives its objects.
pub(crate) trait PackSource {
    /// Returns [`MAX_ENTRY_HEADER`] bytes from `at`, fewer at the end of the pack.
    fn header_bytes(&mut self, at: u64) -> Vec<u8>;

    /// Decodes the compressed data of an entry, which must hold `size` bytes.
    fn stored(&mut self, entry: &PackEntry) -> Result<StoredEntry, StreamError>;

    /// Inflates an entry whose size is within the memory bound. `None` leaves out the object and all its deltas.
    fn inflate(&mut self, entry: &PackEntry) -> Option<Vec<u8>>;

    /// Receives an object. Returns false to end the walk.
    fn object(&mut self, entry: &PackEntry, object: (ObjectKind, Oid), content: &[u8]) -> bool;

    /// Receives an entry that is not rebuilt: it or its base does not fit in memory, or (an `orphan`) its base is not in
    /// the pack. Returns false to end the walk.
    fn unresolved(&mut self, entry: &PackEntry, orphan: bool) -> bool;

    fn is_stopped(&self) -> bool {
        false
    }

    /// Returns how many bytes of objects may still be made of deltas.
    fn room(&self) -> u64 {
        u64::MAX
    }
}

/// The entries of a pack and how their deltas depend on each other.
#[derive(Debug)]
pub(crate) struct UnindexedPack {
    format: ObjectFormat,
    /// In the order of their offsets.
    pub(crate) entries: Vec<PackEntry>,
    /// Offset of a base and position of a delta of it, sorted.
    by_offset: Vec<(u64, usize)>,
    /// Name of a base and position of a delta of it, sorted.
    by_name: Vec<(Oid, usize)>,
    /// Bytes that an entry and all deltas that lead to it by offsets make.
    costs: Vec<u64>,
    /// Entries that were shown, and those that were reached in this pass.
    seen: Vec<bool>,
    reached: Vec<bool>,
}

/// An object whose deltas are being rebuilt.
struct BaseFrame {
    content: Vec<u8>,
    children: std::vec::IntoIter<usize>,
}

impl UnindexedPack {
    /// Finds at most `most` entries that begin before `end`. Also returns the offset behind the last one, or why the next
    /// one cannot be found. A damaged last entry is kept: a part of it may be readable.
    pub(crate) fn list(
        source: &mut impl PackSource,
        format: ObjectFormat,
        (end, most): (u64, u64),
    ) -> (Self, Result<u64, StreamError>) {
        let mut pack = Self {
            format,
            entries: Vec::new(),
            by_offset: Vec::new(),
            by_name: Vec::new(),
            costs: Vec::new(),
            seen: Vec::new(),
            reached: Vec::new(),
        };
        let mut at = super::HEADER_LEN as u64;
        let outcome = loop {
            if at >= end || pack.entries.len() as u64 >= most {
                break Ok(at);
            }
            let Ok(header) = entry::header_of(&source.header_bytes(at), at, format) else {
                break Err(StreamError::Damaged);
            };
            let data = at + header.data as u64;
            let mut entry = PackEntry { at, data, end: 0, size: header.size, made: 0, content: header.content };
            let stored = source.stored(&entry);
            if let Ok((len, head)) = &stored {
                entry.end = data + len;
                let is_delta = !matches!(entry.content, EntryContent::Whole(_));
                entry.made = if is_delta { delta::sizes(head).map_or(0, |(_, made, _)| made) } else { 0 };
            }
            pack.entries.push(entry);
            match stored {
                Ok(_) => at = entry.end,
                Err(error) => break Err(error),
            }
        };
        pack.link();
        (pack, outcome)
    }

    fn link(&mut self) {
        for (position, entry) in self.entries.iter().enumerate() {
            match entry.content {
                EntryContent::Whole(_) => {}
                EntryContent::OffsetDelta(base) => self.by_offset.push((base, position)),
                EntryContent::RefDelta(base) => self.by_name.push((base, position)),
            }
        }
        self.by_offset.sort_unstable();
        self.by_name.sort_unstable();
        self.seen = vec![false; self.entries.len()];
        self.reached = vec![false; self.entries.len()];
        self.costs = self.entries.iter().map(|entry| entry.made).collect();
        for (position, entry) in self.entries.iter().enumerate().rev() {
            if let EntryContent::OffsetDelta(base) = entry.content
                && let Ok(base) = self.entries.binary_search_by_key(&base, |entry| entry.at)
                // The offset of a base is smaller than that of its delta.
                && base < position
            {
                self.costs[base] = self.costs[base].saturating_add(self.costs[position]);
            }
        }
    }

    /// Returns the deltas of an entry, the cheapest first.
    fn children(&self, at: u64, oid: Option<Oid>) -> std::vec::IntoIter<usize> {
        let from = self.by_offset.partition_point(|(base, _)| *base < at);
        let by_offset = self.by_offset[from..].iter().take_while(|(base, _)| *base == at).map(|(_, child)| *child);
        let from = self.by_name.partition_point(|(base, _)| oid.is_none_or(|oid| *base < oid));
        let by_name = self.by_name[from..].iter().take_while(|(base, _)| Some(*base) == oid).map(|(_, child)| *child);
        let mut children: Vec<usize> = by_offset.chain(by_name).collect();
        children.sort_by_key(|child| self.costs[*child]);
        children.into_iter()
    }

    /// Shows every object to the source, the cheapest first: a bomb comes last. A tree of deltas by names, whose cost shows
    /// only on the way, takes a share of the room at first. At most `memory` bytes of objects and deltas are held at a time.
    pub(crate) fn walk(&mut self, source: &mut impl PackSource, memory: u64) {
        let whole = |position: usize| match self.entries[position].content {
            EntryContent::Whole(kind) => Some((position, kind)),
            _ => None,
        };
        let mut roots: Vec<(usize, ObjectKind)> = (0..self.entries.len()).filter_map(whole).collect();
        roots.sort_by_key(|(position, _)| self.costs[*position]);
        roots.retain(|root| !source.is_stopped() && !self.walk_tree(source, *root, (memory, source.room() / SHARE)));
        self.reached.fill(false);
        for root in roots {
            if !source.is_stopped() && source.room() > 0 {
                self.walk_tree(source, root, (memory, u64::MAX));
            }
        }
        for position in 0..self.entries.len() {
            if !self.seen[position] && !source.is_stopped() {
                self.leave(source, position, true);
            }
        }
    }

    /// Shows a whole object and what its deltas lead to, as long as they make no more bytes than there is `room` for. Returns
    /// false if there is more.
    fn walk_tree(
        &mut self,
        source: &mut impl PackSource,
        (root, kind): (usize, ObjectKind),
        (memory, mut room_left): (u64, u64),
    ) -> bool {
        let Some(content) = self.inflate(source, root, memory) else {
            self.leave(source, root, false);
            return true;
        };
        let mut held = content.len() as u64;
        let Some(frame) = self.show(source, root, kind, content) else { return true };
        let mut stack = vec![frame];
        while let Some(BaseFrame { content: base, children }) = stack.last_mut() {
            let Some(position) = children.next() else {
                held -= stack.pop().map_or(0, |frame| frame.content.len() as u64);
                continue;
            };
            if self.reached[position] {
                continue;
            }
            let Some(left) = room_left.checked_sub(self.entries[position].made) else { return false };
            room_left = left;
            let room = memory.saturating_sub(held);
            let delta = self.inflate(source, position, room);
            let Some(content) = delta.and_then(|delta| delta::rebuild(base, &delta, room).ok()) else {
                self.leave(source, position, false);
                continue;
            };
            // A base is dropped before the subtree of its last delta, so that a plain chain takes the memory of two objects.
            if children.len() == 0 {
                held -= stack.pop().map_or(0, |frame| frame.content.len() as u64);
            }
            held += content.len() as u64;
            let Some(frame) = self.show(source, position, kind, content) else { return true };
            stack.push(frame);
        }
        true
    }

    fn inflate(&self, source: &mut impl PackSource, position: usize, room: u64) -> Option<Vec<u8>> {
        let entry = self.entries[position];
        if entry.size <= room { source.inflate(&entry) } else { None }
    }

    /// Shows an object. `None` ends the walk of its tree.
    fn show(
        &mut self,
        source: &mut impl PackSource,
        position: usize,
        kind: ObjectKind,
        content: Vec<u8>,
    ) -> Option<BaseFrame> {
        self.reached[position] = true;
        let is_shown = std::mem::replace(&mut self.seen[position], true);
        let entry = self.entries[position];
        let oid = hash::object_id(self.format, kind, &content)?;
        let children = self.children(entry.at, Some(oid));
        (is_shown || source.object(&entry, (kind, oid), &content)).then_some(BaseFrame { content, children })
    }

    /// Shows an entry that cannot be rebuilt, and with it the deltas of it.
    fn leave(&mut self, source: &mut impl PackSource, position: usize, mut orphan: bool) {
        let mut pending = vec![position];
        while let Some(position) = pending.pop() {
            (self.seen[position], self.reached[position]) = (true, true);
            let entry = self.entries[position];
            if !source.unresolved(&entry, orphan) {
                return;
            }
            pending.extend(self.children(entry.at, None));
            orphan = false;
        }
    }
}
