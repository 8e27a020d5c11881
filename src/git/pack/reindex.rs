//! A new index for a pack whose own is missing or damaged.
//!
//! Indexes what the pack's own stream still gives, from the beginning to the first entry that cannot be inflated. Objects
//! whose base is elsewhere stay without a name and are counted. So do deltas of a pack that expands too far, but not the
//! objects that are stored whole.

use std::time::Instant;

use flate2::{Decompress, FlushDecompress, Status};

use super::super::inflate::{Inflater, ReusableBuffer};
use super::super::object::ObjectKind;
use super::super::oid::{ObjectFormat, Oid};
use super::entry::EntryContent;
use super::index::{PackIndex, PackIndexError};
use super::unindexed::{DELTA_HEAD, MAX_ENTRY_HEADER, PackEntry, PackSource, StoredEntry, StreamError, UnindexedPack};
use crate::model::limits::MAX_IN_MEMORY;

/// Memory for objects and deltas that wait for further deltas, in bytes.
const MEMORY: u64 = 4 * MAX_IN_MEMORY;

/// Builds an index, and a sentence that says how much of the pack it covers.
pub(super) fn reindex(
    pack: &[u8],
    format: ObjectFormat,
    deadline: Option<Instant>,
) -> (Result<PackIndex, PackIndexError>, String) {
    let entries = &pack[..pack.len().saturating_sub(format.raw_len())];
    let mut indexer = Indexer { pack: entries, inflater: Inflater::new(), named: Vec::new(), left: 0, deadline };
    indexer.left = super::most_made(pack.len() as u64);
    let (mut unindexed, _) = UnindexedPack::list(&mut indexer, format, (entries.len() as u64, u64::MAX));
    unindexed.walk(&mut indexer, MEMORY);
    let mut named = indexer.checksummed();
    let promised = pack.get(8..12).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u32::from_be_bytes(*bytes));
    let total = u64::from(promised).max(unindexed.entries.iter().filter(|entry| entry.end > 0).count() as u64);
    let summary = format!("{} of {total} objects were read without it", named.len());
    named.sort_unstable();
    named.dedup_by_key(|entry| entry.0);
    (PackIndex::from_entries(&named, format), summary)
}

/// Collects what an index holds of each object: name, checksum of the stored bytes, offset.
struct Indexer<'a> {
    /// The pack without its own checksum.
    pack: &'a [u8],
    inflater: Inflater,
    named: Vec<(Oid, u64)>,
    /// Bytes of objects that may still be made of deltas.
    left: u64,
    deadline: Option<Instant>,
}

impl Indexer<'_> {
    /// Returns the named objects with a checksum of everything up to the next one, as the index of a whole pack has it.
    /// There is no older checksum to compare with: the stored bytes are taken as they are.
    fn checksummed(&mut self) -> Vec<(Oid, u32, u64)> {
        self.named.sort_unstable_by_key(|(_, at)| *at);
        let ends = self.named.iter().skip(1).map(|(_, next)| *next).chain(std::iter::once(self.pack.len() as u64));
        let named = self.named.iter().zip(ends);
        named.map(|((oid, at), end)| (*oid, libdeflater::crc32(self.bytes(*at, end)), *at)).collect()
    }

    fn bytes(&self, from: u64, to: u64) -> &[u8] {
        let (from, to) = (usize::try_from(from).unwrap_or(usize::MAX), usize::try_from(to).unwrap_or(usize::MAX));
        self.pack.get(from..to.min(self.pack.len())).unwrap_or_default()
    }
}

impl PackSource for Indexer<'_> {
    fn header_bytes(&mut self, at: u64) -> Vec<u8> {
        self.bytes(at, at + MAX_ENTRY_HEADER as u64).to_vec()
    }

    fn stored(&mut self, entry: &PackEntry) -> Result<StoredEntry, StreamError> {
        stored(self.bytes(entry.data, u64::MAX), entry.size, &|| self.is_stopped()).ok_or(StreamError::Damaged)
    }

    fn inflate(&mut self, entry: &PackEntry) -> Option<Vec<u8>> {
        let (from, size) = (usize::try_from(entry.data).ok()?, usize::try_from(entry.size).ok()?);
        let mut out = ReusableBuffer::default();
        self.inflater.inflate(self.pack.get(from..)?, size, &mut out).ok()?;
        Some(out.into_vec())
    }

    fn object(&mut self, entry: &PackEntry, (_, oid): (ObjectKind, Oid), content: &[u8]) -> bool {
        if !matches!(entry.content, EntryContent::Whole(_)) {
            self.left = self.left.saturating_sub(content.len() as u64);
        }
        self.named.push((oid, entry.at));
        self.left > 0 && !self.is_stopped()
    }

    fn unresolved(&mut self, _entry: &PackEntry, _orphan: bool) -> bool {
        true
    }

    fn room(&self) -> u64 {
        self.left
    }

    fn is_stopped(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// Decodes the zlib stream that `input` begins with, if it is whole, holds `size` bytes, and nothing stops its decoding.
fn stored(input: &[u8], size: u64, stop: &dyn Fn() -> bool) -> Option<StoredEntry> {
    let mut inflate = Decompress::new(true);
    let mut space = [0; 32 << 10];
    let mut head = Vec::new();
    loop {
        let (read, written) = (inflate.total_in(), inflate.total_out());
        let rest = input.get(usize::try_from(read).ok()?..)?;
        let status = inflate.decompress(rest, &mut space, FlushDecompress::None).ok()?;
        if written == 0 {
            head = space[..DELTA_HEAD.min(usize::try_from(inflate.total_out()).ok()?)].to_vec();
        }
        match status {
            Status::StreamEnd => return (inflate.total_out() == size).then(|| (inflate.total_in(), head)),
            _ if stop()
                || inflate.total_out() > size
                || (inflate.total_in(), inflate.total_out()) == (read, written) =>
            {
                return None;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::super::super::hash;
    use super::*;

    /// Appends an entry of less than 2,048 bytes: a blob, or a delta of an offset or of a name.
    fn add(pack: &mut Vec<u8>, base: Option<usize>, content: &[u8]) -> usize {
        let at = pack.len();
        match base.map(|base| at - base) {
            None => add_as(pack, 3, &[], content),
            Some(back) if back < 0x80 => add_as(pack, 6, &[back as u8], content),
            Some(back) if back < 0x4080 => {
                add_as(pack, 6, &[((back - 0x80) >> 7) as u8 | 0x80, back as u8 & 0x7f], content);
            }
            Some(_) => unreachable!("too far"),
        }
        at
    }

    fn add_as(pack: &mut Vec<u8>, kind: u8, base: &[u8], content: &[u8]) {
        pack.extend([kind << 4 | 0x80 | content.len() as u8 & 15, (content.len() >> 4) as u8]);
        pack.extend(base);
        let mut stream = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        stream.write_all(content).unwrap();
        pack.extend(stream.finish().unwrap());
    }

    fn blob(text: &[u8]) -> Oid {
        hash::object_id(ObjectFormat::Sha1, ObjectKind::Blob, text).unwrap()
    }

    /// A delta that repeats its base a hundred times.
    fn hundredfold(size: usize) -> Vec<u8> {
        let number = |n: usize| [n as u8 | 0x80, (n >> 7) as u8 | 0x80, (n >> 14) as u8 | 0x80, (n >> 21) as u8];
        let copy = [0xf0, size as u8, (size >> 8) as u8, (size >> 16) as u8];
        [&number(size)[..], &number(size * 100), &copy.repeat(100)].concat()
    }

    #[test]
    fn a_bomb_comes_last_and_deadlines_are_kept() {
        let mut pack = b"PACK\0\0\0\x02\0\0\0\0".to_vec();
        let first = add(&mut pack, None, &[b'a'; 1_000]);
        let second = add(&mut pack, Some(first), &hundredfold(1_000));
        (0..40).for_each(|_| {
            add(&mut pack, Some(second), &hundredfold(100_000));
        });
        let control = add(&mut pack, None, b"a healthy object");
        add(&mut pack, Some(control), b"\x10\x08\x90\x08");
        pack.extend([0; 20]);
        let (index, summary) = reindex(&pack, ObjectFormat::Sha1, None);
        let index = index.unwrap();
        for text in ["a healthy object", "a health"] {
            assert!(index.find(&blob(text.as_bytes())).is_some(), "{summary}");
        }
        assert!(summary.ends_with("of 44 objects were read without it") && !summary.starts_with("44"), "{summary}");
        let (_, summary) = reindex(&pack, ObjectFormat::Sha1, Some(Instant::now()));
        assert!(summary.starts_with("0 of"), "{summary}");
    }

    /// Bombs of few deltas, one of which hides behind a name, and healthy deltas of the same and of another object.
    #[test]
    fn many_healthy_deltas_come_before_few_of_a_bomb() {
        let mut pack = b"PACK\0\0\0\x02\0\0\0\0".to_vec();
        let texts: Vec<Vec<u8>> = [b'a', b'b'].map(|byte| vec![byte; 1_000]).into();
        let first = add(&mut pack, None, &texts[0]);
        let second = add(&mut pack, Some(first), &hundredfold(1_000));
        for _ in 0..40 {
            add(&mut pack, Some(second), &hundredfold(100_000));
        }
        add(&mut pack, None, &texts[1]);
        add_as(&mut pack, 7, blob(&texts[1]).as_bytes(), &hundredfold(1_000));
        let hidden = blob(&texts[1].repeat(100));
        (0..40).for_each(|_| add_as(&mut pack, 7, hidden.as_bytes(), &hundredfold(100_000)));
        let control = add(&mut pack, None, b"a healthy object");
        let prefixes = (1..=8).flat_map(|len| [len; 12]);
        for len in prefixes.clone() {
            add(&mut pack, Some(control), &[16, len, 0x90, len]);
        }
        add(&mut pack, Some(first), b"\xe8\x07\x08\x90\x08");
        pack.extend([0; 20]);
        let (index, summary) = reindex(&pack, ObjectFormat::Sha1, None);
        let index = index.unwrap();
        for len in prefixes {
            assert!(index.find(&blob(&b"a healthy object"[..usize::from(len)])).is_some(), "{summary}");
        }
        assert!(index.find(&blob(b"aaaaaaaa")).is_some(), "{summary}");
        assert!(!summary.starts_with("182 of 182"), "{summary}");
    }
}
