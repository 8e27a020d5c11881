//! The reverse index of a pack: the positions of its entries in the index, in the order of their offsets.
//!
//! Saves the few look-ups of a rescan a pass over the whole index. The file is optional and nobody's proof of anything: an
//! answer counts only if the index agrees, and without one the caller reads the index.
//! Format: `gitformat-pack`, "pack-*.rev files".

use std::path::Path;

use super::super::mmap::{FileBytes, MappedFile};
use super::super::oid::ObjectFormat;
use super::index::PackIndex;

const MAGIC: &[u8] = b"RIDX\0\0\0\x01\0\0\0";
const HEADER: usize = MAGIC.len() + 1;

/// A reverse index whose size and checksum of the pack were compared with those of the index.
#[derive(Debug)]
pub(super) struct ReverseIndex(FileBytes);

impl ReverseIndex {
    /// Opens `pack-….rev` beside a pack. `None` if there is none for this index.
    pub(super) fn open(pack: &Path, index: &PackIndex, format: ObjectFormat) -> Option<Self> {
        let map = MappedFile::open(&pack.with_extension("rev")).ok().flatten()?;
        Self::check(FileBytes::Mapped(map), index, format)
    }

    fn check(bytes: FileBytes, index: &PackIndex, format: ObjectFormat) -> Option<Self> {
        let hash_len = format.raw_len();
        let hash = match format {
            ObjectFormat::Sha1 => 1,
            ObjectFormat::Sha256 => 2,
        };
        let is_header = bytes.starts_with(MAGIC) && bytes.get(MAGIC.len()) == Some(&hash);
        let end = HEADER.checked_add(index.len().checked_mul(4)?)?;
        let is_of = bytes.len() == end + 2 * hash_len && bytes.get(end..end + hash_len) == index.pack_checksum();
        (is_header && is_of).then_some(Self(bytes))
    }

    /// Returns the position in the index of the entry at `place`, in the order of offsets.
    fn position(&self, place: usize) -> Option<u32> {
        self.0.get(HEADER + place * 4..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
    }

    fn offset(&self, index: &PackIndex, place: usize) -> Option<u64> {
        let position = self.position(place)? as usize;
        (position < index.len()).then(|| index.offset(position)).flatten()
    }

    /// Returns the position in the index of the entry at `offset`, and the offset of the next entry, `last` for the last
    /// one. `None` if this file and the index do not agree on them.
    pub(super) fn entry(&self, index: &PackIndex, offset: u64, last: u64) -> Option<(u32, u64)> {
        let (mut low, mut high) = (0, index.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.offset(index, middle)? < offset { low = middle + 1 } else { high = middle }
        }
        let is_here = low < index.len() && self.offset(index, low)? == offset;
        let next = if low + 1 < index.len() { self.offset(index, low + 1)? } else { last };
        (is_here && next > offset).then_some((self.position(low)?, next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::Oid;
    use crate::git::testing::Lab;

    #[test]
    fn what_git_writes_names_every_entry() {
        for format in ["sha1", "sha256"] {
            let lab = Lab::new(&[&format!("--object-format={format}")]);
            lab.grow();
            lab.git(&["-c", "pack.writeReverseIndex=true", "repack", "-q", "-ad"]);
            let odb = lab.odb();
            let [pack] = &odb.packs[..] else { panic!("one pack") };
            let reverse = ReverseIndex::open(pack.path(), &pack.index, pack.format).unwrap();
            let mut offsets: Vec<(u64, usize)> =
                (0..pack.index.len()).map(|at| (pack.index.offset(at).unwrap(), at)).collect();
            offsets.sort_unstable();
            let ends = offsets.iter().skip(1).map(|entry| entry.0).chain([pack.end()]);
            for ((offset, at), end) in offsets.iter().zip(ends) {
                assert_eq!(reverse.entry(&pack.index, *offset, pack.end()), Some((*at as u32, end)));
                assert_eq!(reverse.entry(&pack.index, offset + 1, pack.end()), None);
            }
        }
    }

    #[test]
    fn a_file_that_does_not_agree_with_the_index_says_nothing() {
        let oid = |byte: u8| Oid::from_raw(&[byte; 20]).unwrap();
        let entries = [(oid(1), 0, 40), (oid(2), 0, 12), (oid(3), 0, 30)];
        let index = PackIndex::from_entries(&entries, ObjectFormat::Sha1).unwrap();
        let reverse = |positions: [u32; 3]| {
            let bytes = positions.iter().flat_map(|at| at.to_be_bytes());
            ReverseIndex(FileBytes::Owned([MAGIC, &[1]].concat().into_iter().chain(bytes).collect()))
        };
        let honest = reverse([1, 2, 0]);
        assert_eq!(honest.entry(&index, 12, 99), Some((1, 30)));
        assert_eq!(honest.entry(&index, 40, 99), Some((0, 99)));
        assert_eq!(honest.entry(&index, 40, 40), None);
        assert_eq!(reverse([1, 0, 2]).entry(&index, 30, 99), None);
        assert_eq!(reverse([1, 1, 1]).entry(&index, 12, 99), None);
        assert_eq!(reverse([1, 9, 0]).entry(&index, 12, 99), None);
        let short = ReverseIndex(FileBytes::Owned([MAGIC, &[1]].concat()));
        assert_eq!(short.entry(&index, 12, 99), None);
        // The index was built in memory, so that no file is known to be about its pack.
        let whole = FileBytes::Owned([MAGIC, &[1; 53]].concat());
        assert!(ReverseIndex::check(whole, &index, ObjectFormat::Sha1).is_none());
    }
}
