//! Git packs and bundles in a tree: every object is a member.
//!
//! A pack in a tree may have no index, a bundle never has one, and both may lie in an archive. So they are read as a pack
//! without an index is, from front to back, holding no more memory than a nested archive may. An entry whose base is not
//! in the pack is visited as the delta that it is: what it inserts can be read.

use std::io::{Read, SeekFrom};

use memchr::memmem;

use super::Seekable;
use super::codec::{Codec, DecodeFault, StreamDecoder};
use super::peek_reader::PeekReader;
use super::walker::{ArchiveFormat, ArchiveWalker, OpenMode, read_at};
use crate::git::hash;
use crate::git::pack::HEADER_LEN;
use crate::git::pack::entry::EntryContent;
use crate::git::pack::unindexed::{
    DELTA_HEAD, MAX_ENTRY_HEADER, PackEntry, PackSource, StoredEntry, StreamError, UnindexedPack,
};
use crate::git::{ObjectFormat, ObjectKind, Oid};
use crate::model::SkipReason;

const MAGIC: &[u8] = b"PACK\0\0\0";

pub(super) const PACK: ArchiveFormat = ArchiveFormat::new(
    "git pack",
    MAGIC,
    |head| head.len() >= HEADER_LEN && matches!(head[7], 2 | 3),
    OpenMode::Seekable(|walker, input, size| open_pack(walker, input, (0, size), None)),
);

pub(super) const BUNDLE: ArchiveFormat = ArchiveFormat::new(
    "git bundle",
    b"# v",
    |head| head.starts_with(b"# v2 git bundle\n") || head.starts_with(b"# v3 git bundle\n"),
    OpenMode::Seekable(open_bundle),
);

/// Bytes of a bundle in which its pack must begin: it lists refs first.
const MAX_REFS: usize = 16 << 20;

/// A bundle is text about refs, an empty line, and a pack.
fn open_bundle(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, size: u64) {
    let head = read_at(input, 0, MAX_REFS);
    match memmem::find(&head, b"\n\nPACK") {
        Some(at) => {
            let sha256 = memmem::find(&head[..at], b"\n@object-format=sha256").is_some();
            let format = if sha256 { ObjectFormat::Sha256 } else { ObjectFormat::Sha1 };
            open_pack(walker, input, (at as u64 + 2, size), Some(format));
        }
        // The first line alone may be text; the name of an object after it is none.
        None if head.get(16..56).is_some_and(|line| line.iter().all(u8::is_ascii_hexdigit)) => {
            walker.skip(SkipReason::Damaged, "no pack");
        }
        None => {}
    }
}

/// Opens the pack in a part of the input. A pack does not say how its objects are named; if its bundle does not either,
/// the format is the one whose checksum fits behind the last entry.
fn open_pack(
    walker: &mut ArchiveWalker<'_>,
    input: &mut dyn Seekable,
    (start, end): (u64, u64),
    format: Option<ObjectFormat>,
) {
    let head = read_at(input, start, HEADER_LEN);
    let Some(count) = head.get(8..).and_then(|count| count.first_chunk::<4>()) else {
        return walker.skip(SkipReason::Damaged, "header cut off");
    };
    let count = u64::from(u32::from_be_bytes(*count));
    let most = count.min(walker.budget.entries_left().saturating_add(1));
    let mut source = ArchivedPack { walker, input, start, end };
    let formats = format.map_or(vec![ObjectFormat::Sha1, ObjectFormat::Sha256], |format| vec![format]);
    let (mut listed, mut is_sound) = (None, false);
    for format in formats {
        let (pack, outcome) = UnindexedPack::list(&mut source, format, (end - start, most));
        let fits =
            pack.entries.len() as u64 == count && outcome.is_ok_and(|at| at + format.raw_len() as u64 == end - start);
        if fits || listed.is_none() {
            listed = Some((pack, outcome));
        }
        if fits {
            is_sound = source.ends_with_checksum(format);
            break;
        }
    }
    let Some((mut pack, outcome)) = listed else { return };
    let is_cut = outcome.is_ok() && (pack.entries.len() as u64) < most;
    if outcome == Err(StreamError::Damaged) || is_cut {
        source.walker.skip(SkipReason::Damaged, "corrupt entry; the rest of the pack is unreadable");
    } else if !is_sound && most == count && !source.is_stopped() {
        source.walker.skip(SkipReason::Damaged, "wrong checksum, or more data than the header counts");
    }
    let memory = source.walker.budget.limits.held;
    pack.walk(&mut source, memory);
    source.walker.report_stop();
}

/// The bytes of a pack in a part of the input, and the walker that visits its objects.
struct ArchivedPack<'a, 'b> {
    walker: &'a mut ArchiveWalker<'b>,
    input: &'a mut dyn Seekable,
    start: u64,
    end: u64,
}

impl ArchivedPack<'_, '_> {
    /// Returns true if the pack ends with its checksum.
    fn ends_with_checksum(&mut self, format: ObjectFormat) -> bool {
        let Some(end) = self.end.checked_sub(format.raw_len() as u64) else { return false };
        if self.input.seek(SeekFrom::Start(self.start)).is_err() {
            return false;
        }
        let mut reader: &mut dyn Seekable = self.input;
        let mut content = Read::take(&mut reader, end.saturating_sub(self.start));
        let computed = hash::checksum_of(format, &mut content);
        computed.is_some_and(|oid| read_at(self.input, end, format.raw_len()) == oid.as_bytes())
    }

    /// Runs `work` on the decoder of an entry. Also returns the number of compressed bytes that it took.
    fn decode<T>(
        &mut self,
        entry: &PackEntry,
        work: impl FnOnce(&mut StreamDecoder<'_, '_>, &mut ArchiveWalker<'_>) -> T,
    ) -> (u64, T) {
        let from = self.start.saturating_add(entry.data);
        // If this fails there is nothing to read, which the decoder notices.
        let _ = self.input.seek(SeekFrom::Start(from));
        let mut reader: &mut dyn Seekable = self.input;
        let mut limited = Read::take(&mut reader, self.end.saturating_sub(from));
        let mut source = PeekReader::new(&mut limited);
        let budget = self.walker.budget;
        let result = work(&mut StreamDecoder::single(Codec::zlib(), &mut source, budget), self.walker);
        (source.taken(), result)
    }
}

impl PackSource for ArchivedPack<'_, '_> {
    fn header_bytes(&mut self, at: u64) -> Vec<u8> {
        self.start.checked_add(at).map_or(Vec::new(), |at| read_at(self.input, at, MAX_ENTRY_HEADER))
    }

    fn stored(&mut self, entry: &PackEntry) -> Result<StoredEntry, StreamError> {
        let mut head = Vec::new();
        let decoded = self.decode(entry, |decoder, _| {
            // An error comes up again at the end.
            let _ = decoder.by_ref().take(DELTA_HEAD as u64).read_to_end(&mut head);
            decoder.finish()
        });
        match decoded {
            (taken, Ok((_, size))) if size == entry.size => Ok((taken, head)),
            (_, Err(DecodeFault::Known)) => Err(StreamError::Stopped),
            _ => Err(StreamError::Damaged),
        }
    }

    fn inflate(&mut self, entry: &PackEntry) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        // Whatever came out before damage is visited; the damage was reported when the entries were listed.
        let _ = self.decode(entry, |decoder, _| decoder.take(entry.size).read_to_end(&mut bytes));
        Some(bytes)
    }

    fn object(&mut self, entry: &PackEntry, (kind, oid): (ObjectKind, Oid), mut content: &[u8]) -> bool {
        let is_delta = !matches!(entry.content, EntryContent::Whole(_));
        if is_delta && !self.walker.budget.expand(content.len() as u64) {
            return false;
        }
        self.walker.enter(&format!("{} {oid}", kind.name()), &mut content)
    }

    fn unresolved(&mut self, entry: &PackEntry, orphan: bool) -> bool {
        if orphan {
            self.walker.skip(SkipReason::MissingObject, "delta base not in the pack");
        }
        let kind = match entry.content {
            EntryContent::Whole(kind) => kind.name(),
            _ => "delta",
        };
        let name = format!("{kind} at {}", entry.at);
        if matches!(entry.content, EntryContent::OffsetDelta(_)) && !self.is_stopped() {
            self.walker.skip_member(&name, SkipReason::OverLimit, "delta base too large for memory");
        }
        self.decode(entry, |decoder, walker| walker.enter(&name, decoder)).1
    }

    fn is_stopped(&self) -> bool {
        self.walker.budget.is_stopped()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::samples::{MARK, secret, see, tar, zlib};
    use super::*;

    /// A pack of one blob and one delta of it that appends `text`.
    pub(in super::super) fn sample(text: &[u8]) -> Vec<u8> {
        let mut delta = vec![4, (text.len() + 4) as u8 & 0x7f | 0x80, ((text.len() + 4) >> 7) as u8, 0x90, 4];
        for piece in text.chunks(127) {
            delta.push(piece.len() as u8);
            delta.extend_from_slice(piece);
        }
        let first = [&[0x34][..], &zlib(b"base")].concat();
        let size = [0x60 | 0x80 | (delta.len() & 15) as u8, (delta.len() >> 4) as u8 | 0x80, (delta.len() >> 11) as u8];
        let second = [&size[..], &[first.len() as u8], &zlib(&delta)].concat();
        sealed([MAGIC, &[2, 0, 0, 0, 2], &first, &second].concat())
    }

    /// Appends the checksum of a pack.
    fn sealed(pack: Vec<u8>) -> Vec<u8> {
        let checksum = hash::file_checksum(ObjectFormat::Sha1, &pack).unwrap();
        [&pack, checksum.as_bytes()].concat()
    }

    #[test]
    fn what_the_header_does_not_count_is_damage() {
        let whole = sample(&secret());
        let entries = &whole[..whole.len() - 20];
        for (bytes, members) in [
            // A wrong checksum, one entry less in the header, and bytes behind the last entry.
            ([entries, &[7; 20]].concat(), 2),
            (sealed([&entries[..11], &[1], &entries[12..]].concat()), 1),
            (sealed([entries, b"more"].concat()), 2),
        ] {
            let seen = see(&bytes);
            assert_eq!((seen.names.len(), seen.reasons()), (members, vec![SkipReason::Damaged]));
        }
    }

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
