//! Git packs and bundles that lie in a tree: every object of them is a member.
//!
//! The parsers of entries and deltas are the history reader's, and so are the names of objects, in either hash. That
//! reader goes by an index and maps its packs; a pack in a tree may have no index, a bundle never has one, and both may
//! lie in an archive. So this walks the entries from front to back, and then the deltas from their bases on, holding no
//! more than a nested archive may hold. What
//! rests on an object that is not in the pack is shown as the delta that it is: what it inserts can be read.

mod delta;

use std::io::{Read, SeekFrom};

use memchr::memmem;

use super::Seekable;
use super::budget::Budget;
use super::codec::{Codec, Decoder, Fault};
use super::source::Source;
use super::walker::{Walker, read_at};
use crate::git::pack::entry::{self, Content};
use crate::git::{Kind, ObjectFormat, Oid, hash};
use crate::model::SkipReason;

pub(super) const MAGIC: &[u8] = b"PACK\0\0\0";
pub(super) const BUNDLE: &[u8] = b"# v";

/// The base of a delta that names it by its id.
const ELSEWHERE: u64 = u64::MAX;

/// Bytes of a pack before its first entry.
const HEADER: u64 = 12;

/// How far into a bundle its pack may begin: it names refs first.
const MAX_REFS: usize = 16 << 20;

pub(super) fn is_pack(head: &[u8]) -> bool {
    head.len() >= 12 && matches!(head[7], 2 | 3)
}

pub(super) fn is_bundle(head: &[u8]) -> bool {
    head.starts_with(b"# v2 git bundle\n") || head.starts_with(b"# v3 git bundle\n")
}

pub(super) fn open(walker: &mut Walker<'_>, input: &mut dyn Seekable, size: u64) {
    pack(walker, input, (0, size), None);
}

/// A bundle is text about refs, an empty line, and a pack.
pub(super) fn open_bundle(walker: &mut Walker<'_>, input: &mut dyn Seekable, size: u64) {
    let head = read_at(input, 0, MAX_REFS);
    match memmem::find(&head, b"\n\nPACK") {
        Some(at) => {
            let sha256 = memmem::find(&head[..at], b"\n@object-format=sha256").is_some();
            let format = if sha256 { ObjectFormat::Sha256 } else { ObjectFormat::Sha1 };
            pack(walker, input, (at as u64 + 2, size), Some(format));
        }
        // The first line alone is no evidence; the name of an object after it is.
        None if head.get(16..56).is_some_and(|line| line.iter().all(u8::is_ascii_hexdigit)) => {
            walker.skip(SkipReason::Damaged, "it has no pack");
        }
        None => {}
    }
}

/// An entry of a pack.
#[derive(Clone, Copy)]
struct Entry {
    /// Where it starts, from the pack's first byte.
    at: u64,
    /// The object's kind; a delta has that of its base.
    kind: Option<Kind>,
    /// Bytes of the object or the delta.
    size: u64,
    /// Where its base starts, if it is a delta whose base is in the pack.
    base: Option<u64>,
    /// Where its compressed data starts.
    data: u64,
}

/// Opens the pack in a part of the input. Nothing in a pack says how its objects are named; where nobody else does, what
/// is behind the last entry tells: its checksum is as long as a name.
fn pack(walker: &mut Walker<'_>, input: &mut dyn Seekable, (start, end): (u64, u64), format: Option<ObjectFormat>) {
    let head = read_at(input, start, 12);
    let Some(Ok(count)) = head.get(8..12).map(<[u8; 4]>::try_from) else {
        return walker.skip(SkipReason::Damaged, "its header is cut off");
    };
    let mut pack = Pack {
        input,
        start,
        end,
        format: format.unwrap_or(ObjectFormat::Sha1),
        entries: Vec::new(),
        children: Vec::new(),
        named: Vec::new(),
        seen: Vec::new(),
        held: 0,
    };
    let count = u32::from_be_bytes(count);
    let mut whole = pack.list(walker.budget, count);
    if format.is_none() && whole != Ok(Some(ObjectFormat::Sha1)) {
        pack.format = ObjectFormat::Sha256;
        let other = pack.list(walker.budget, count);
        if other == Ok(Some(ObjectFormat::Sha256)) {
            whole = other;
        } else {
            pack.format = ObjectFormat::Sha1;
            whole = pack.list(walker.budget, count);
        }
    }
    if whole.is_err() {
        walker.skip(SkipReason::Damaged, "an entry is corrupt, and what follows it cannot be found");
    }
    pack.relate();
    for at in 0..pack.entries.len() {
        if pack.entries[at].base.is_none() && !walker.budget.is_stopped() {
            pack.tree(walker, at);
        }
    }
    for at in 0..pack.entries.len() {
        if !pack.seen[at] && !walker.budget.is_stopped() {
            walker.skip(SkipReason::MissingObject, "the base of a delta is not in the pack");
            pack.alone(walker, at);
        }
    }
    walker.tell_stop();
}

struct Pack<'a> {
    input: &'a mut dyn Seekable,
    start: u64,
    end: u64,
    format: ObjectFormat,
    /// In order of place.
    entries: Vec<Entry>,
    /// ScanLocation of a base, index of a delta of it; sorted.
    children: Vec<(u64, usize)>,
    /// Id of a base, index of a delta that names it so; sorted.
    named: Vec<(Oid, usize)>,
    /// Which entries were visited.
    seen: Vec<bool>,
    /// Bytes of objects in memory.
    held: u64,
}

impl Pack<'_> {
    /// Lists the entries. Where one ends, only its compressed data tells, so all of it is decoded once. Gives the format
    /// whose checksum fits what is behind the last; an error where one is corrupt, so that the next cannot be found.
    fn list(&mut self, budget: &Budget, count: u32) -> Result<Option<ObjectFormat>, ()> {
        self.entries.clear();
        self.named.clear();
        let mut at = HEADER;
        for _ in 0..count {
            if self.entries.len() as u64 > budget.entries_left() {
                return Ok(None);
            }
            let entry = self.header(at).ok_or(())?;
            // One that is damaged is listed, so that what comes out of it is shown.
            self.entries.push(entry);
            let (taken, outcome) = self.decode(budget, entry, |decoder| decoder.finish());
            match outcome {
                Ok((_, size)) if size == entry.size => at = entry.data + taken,
                Err(Fault::Known) => return Ok(None),
                _ => return Err(()),
            }
        }
        let left = (self.end - self.start).checked_sub(at);
        let fits = |format: &ObjectFormat| left == Some(format.raw_len() as u64);
        Ok([ObjectFormat::Sha1, ObjectFormat::Sha256].into_iter().find(fits))
    }

    /// Finds out which entries are deltas of which.
    fn relate(&mut self) {
        self.seen = vec![false; self.entries.len()];
        self.named.sort_unstable();
        let deltas = self.entries.iter().enumerate();
        self.children = deltas.filter_map(|(index, entry)| Some((entry.base?, index))).collect();
        self.children.sort_unstable();
    }

    fn header(&mut self, at: u64) -> Option<Entry> {
        let bytes = read_at(self.input, self.start.checked_add(at)?, 64);
        let header = entry::header_of(&bytes, at, self.format).ok()?;
        let (kind, base) = match header.content {
            Content::Whole(kind) => (Some(kind), None),
            Content::OffsetDelta(base) => (None, Some(base)),
            Content::NameDelta(id) => {
                self.named.push((id, self.entries.len()));
                (None, Some(ELSEWHERE))
            }
        };
        Some(Entry { at, kind, size: header.size, base, data: at + header.data as u64 })
    }

    /// Runs `work` on an entry's decoder, and says how many compressed bytes it took.
    fn decode<T>(&mut self, budget: &Budget, entry: Entry, work: impl FnOnce(&mut Decoder<'_, '_>) -> T) -> (u64, T) {
        let from = self.start.saturating_add(entry.data);
        // Where this fails there is nothing to read, which the decoder finds out.
        let _ = self.input.seek(SeekFrom::Start(from));
        let mut reader: &mut dyn Seekable = self.input;
        let mut limited = Read::take(&mut reader, self.end.saturating_sub(from));
        let mut source = Source::new(&mut limited);
        let result = work(&mut Decoder::single(Codec::zlib(), &mut source, budget));
        (source.taken(), result)
    }

    /// What an entry's compressed data holds, if there is room for it.
    fn content(&mut self, budget: &Budget, entry: Entry) -> Option<Vec<u8>> {
        if self.held.saturating_add(entry.size) > budget.limits.held {
            return None;
        }
        let mut bytes = Vec::new();
        // What comes out before damage is what there is; the list has counted the damage.
        let _ = self.decode(budget, entry, |decoder| decoder.take(entry.size).read_to_end(&mut bytes));
        Some(bytes)
    }

    /// The deltas of an entry.
    fn children_of(&self, at: u64, id: Option<Oid>) -> std::vec::IntoIter<usize> {
        let from = self.children.partition_point(|(base, _)| *base < at);
        let placed = self.children[from..].iter().take_while(|(base, _)| *base == at).map(|(_, child)| *child);
        let from = self.named.partition_point(|(base, _)| id.is_none_or(|id| *base < id));
        let named = self.named[from..].iter().take_while(|(base, _)| Some(*base) == id).map(|(_, child)| *child);
        placed.chain(named).collect::<Vec<_>>().into_iter()
    }

    /// Visits an object and everything that is a delta of it, depth first: one object per generation is held.
    fn tree(&mut self, walker: &mut Walker<'_>, root: usize) {
        let (entry, budget) = (self.entries[root], walker.budget);
        let Some(content) = self.content(budget, entry) else {
            return self.alone(walker, root);
        };
        let Some(id) = self.visit(walker, root, entry.kind, &content) else { return };
        self.held = content.len() as u64;
        let mut stack = vec![(content, self.children_of(entry.at, id))];
        while let Some((base, children)) = stack.last_mut() {
            let Some(index) = children.next() else {
                self.held -= stack.pop().map_or(0, |(content, _)| content.len() as u64);
                continue;
            };
            if self.seen[index] {
                continue;
            }
            let child = self.entries[index];
            let room = budget.limits.held.saturating_sub(self.held);
            let result = self.content(budget, child).and_then(|delta| delta::apply(base, &delta, room));
            let Some(result) = result.filter(|result| budget.expand(result.len() as u64)) else {
                self.alone(walker, index);
                continue;
            };
            let Some(id) = self.visit(walker, index, entry.kind, &result) else { break };
            self.held += result.len() as u64;
            stack.push((result, self.children_of(child.at, id)));
        }
        self.held = 0;
    }

    /// Visits an object under its type and id. `None`: stop here.
    fn visit(
        &mut self,
        walker: &mut Walker<'_>,
        index: usize,
        kind: Option<Kind>,
        mut content: &[u8],
    ) -> Option<Option<Oid>> {
        self.seen[index] = true;
        let id = kind.and_then(|kind| hash::name(self.format, kind, content));
        let name = id.map_or_else(|| kind_name(kind).to_owned(), |id| format!("{} {id}", kind_name(kind)));
        walker.enter(&name, &mut content).then_some(id)
    }

    /// Visits an entry that cannot be held, or is a delta without its base, as the bytes that it is. What is a delta
    /// of it is visited in the same way.
    fn alone(&mut self, walker: &mut Walker<'_>, index: usize) {
        let mut pending = vec![index];
        while let Some(index) = pending.pop() {
            self.seen[index] = true;
            let (entry, budget) = (self.entries[index], walker.budget);
            let name = format!("{} at {}", kind_name(entry.kind), entry.at);
            if entry.base.is_some_and(|base| base != ELSEWHERE) && !budget.is_stopped() {
                walker.skip_member(&name, SkipReason::OverLimit, "its base cannot be held in memory");
            }
            let (_, going) = self.decode(budget, entry, |decoder| walker.enter(&name, decoder));
            if !going {
                return;
            }
            pending.extend(self.children_of(entry.at, None));
        }
    }
}

fn kind_name(kind: Option<Kind>) -> &'static str {
    kind.map_or("delta", Kind::name)
}

/// A pack of one blob and one delta of it that appends `text`.
#[cfg(test)]
pub(super) fn sample(text: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let deflate = |bytes: &[u8]| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let mut delta = vec![4, (text.len() + 4) as u8 & 0x7f | 0x80, ((text.len() + 4) >> 7) as u8, 0x90, 4];
    for piece in text.chunks(127) {
        delta.push(piece.len() as u8);
        delta.extend_from_slice(piece);
    }
    let first = [&[0x34][..], &deflate(b"base")].concat();
    let size = [0x60 | 0x80 | (delta.len() & 15) as u8, (delta.len() >> 4) as u8 | 0x80, (delta.len() >> 11) as u8];
    let second = [&size[..], &[first.len() as u8], &deflate(&delta)].concat();
    [MAGIC, &[2, 0, 0, 0, 2], &first, &second, &[0; 20]].concat()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{MARK, secret, see, tar};
    use super::*;

    #[test]
    fn a_delta_is_put_together() {
        let seen = see(&sample(&secret()));
        assert_eq!((seen.names.len(), seen.skips.len(), seen.places().len()), (2, 0, 1));
        assert!(seen.members[1].1.starts_with(b"base"));
        let seen = see(&tar(&[("p.pack", &sample(&secret()))]));
        assert!(seen.places()[0].starts_with("p.pack!blob "), "{:?}", seen.places());
    }

    #[test]
    fn text_about_bundles_is_text() {
        let seen = see(&[b"# v2 git bundle\nis how they start. ", MARK].concat());
        assert_eq!(seen.reasons(), []);
        let seen = see(format!("# v2 git bundle\n{} HEAD\n", "0a".repeat(20)).as_bytes());
        assert_eq!(seen.reasons(), [SkipReason::Damaged]);
    }
}
