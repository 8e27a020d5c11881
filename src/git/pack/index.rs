//! The index of a pack: sorted names with the offsets of their entries. Versions 1 and 2, mapped or built in memory.

use std::sync::OnceLock;

use super::super::hash;
use super::super::mmap::{FileBytes, MappedFile};
use super::super::oid::{ObjectFormat, Oid};

const MAGIC: &[u8] = b"\xfftOc";
const FANOUT: usize = 256 * 4;

/// The reason that an index is unusable. Its pack is then read without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PackIndexError {
    #[error("index has an unknown version")]
    Version,
    #[error("index is cut short or of the wrong size")]
    Size,
    #[error("index is out of order")]
    Order,
}

/// An index whose size and fan-out table were checked.
#[derive(Debug)]
pub(crate) struct PackIndex {
    bytes: FileBytes,
    count: usize,
    hash_len: usize,
    /// Offset of the fan-out table: 8 in version 2, 0 in version 1.
    fanout: usize,
    large: usize,
    /// A larger fan-out table than the file's, for many look-ups.
    fine: OnceLock<FineFanout>,
}

/// For each value of a name's first `bits` bits, the number of names with a lower value.
#[derive(Debug)]
struct FineFanout {
    bits: u32,
    before: Vec<u32>,
}

const MAX_FINE_BITS: u32 = 22;

/// Buckets up to this size are searched linearly. Honest names are spread evenly.
const MAX_BUCKET: usize = 32;

impl PackIndex {
    pub(crate) fn from_map(map: MappedFile, format: ObjectFormat) -> Result<Self, PackIndexError> {
        Self::check(FileBytes::Mapped(map), format)
    }

    /// Builds an index of names, checksums and offsets, sorted by name.
    pub(crate) fn from_entries(entries: &[(Oid, u32, u64)], format: ObjectFormat) -> Result<Self, PackIndexError> {
        Self::check(FileBytes::Owned(Self::encode(entries, format)?), format)
    }

    pub(crate) fn encode(entries: &[(Oid, u32, u64)], format: ObjectFormat) -> Result<Vec<u8>, PackIndexError> {
        let mut bytes = [MAGIC, &[0, 0, 0, 2]].concat();
        let mut at = 0;
        for first in 0..=255_u8 {
            at += entries[at..].iter().take_while(|entry| entry.0.as_bytes()[0] == first).count();
            bytes.extend(u32::try_from(at).map_err(|_| PackIndexError::Size)?.to_be_bytes());
        }
        entries.iter().for_each(|entry| bytes.extend(entry.0.as_bytes()));
        entries.iter().for_each(|entry| bytes.extend(entry.1.to_be_bytes()));
        for (large, _) in entries.iter().enumerate() {
            let large = u32::try_from(large).map_err(|_| PackIndexError::Size)?;
            bytes.extend((large | 0x8000_0000).to_be_bytes());
        }
        entries.iter().for_each(|entry| bytes.extend(entry.2.to_be_bytes()));
        bytes.resize(bytes.len() + 2 * format.raw_len(), 0);
        Ok(bytes)
    }

    #[cfg(feature = "fuzzing")]
    pub(crate) fn from_bytes(bytes: Vec<u8>, format: ObjectFormat) -> Result<Self, PackIndexError> {
        Self::check(FileBytes::Owned(bytes), format)
    }

    fn check(bytes: FileBytes, format: ObjectFormat) -> Result<Self, PackIndexError> {
        let hash_len = format.raw_len();
        let fanout = if bytes.starts_with(MAGIC) {
            if bytes.get(4..8) != Some(&[0, 0, 0, 2]) {
                return Err(PackIndexError::Version);
            }
            8
        } else {
            0
        };
        let table = bytes.get(fanout..fanout + FANOUT).ok_or(PackIndexError::Size)?;
        let mut count = 0;
        for total in table.chunks_exact(4).map(be32) {
            if total < count {
                return Err(PackIndexError::Order);
            }
            count = total;
        }
        let count = count as usize;
        let each = if fanout == 8 { hash_len + 8 } else { hash_len + 4 };
        let least = count.checked_mul(each).and_then(|len| len.checked_add(fanout + FANOUT + 2 * hash_len));
        let rest = least.and_then(|least| bytes.len().checked_sub(least)).ok_or(PackIndexError::Size)?;
        if rest % 8 != 0 || (fanout == 0 && rest != 0) || rest / 8 > count {
            return Err(PackIndexError::Size);
        }
        Ok(Self { bytes, count, hash_len, fanout, large: rest / 8, fine: OnceLock::new() })
    }

    /// Returns true if the file matches its own checksum.
    pub(crate) fn is_intact(&self, format: ObjectFormat) -> bool {
        let FileBytes::Mapped(bytes) = &self.bytes else { return true };
        let (content, checksum) = bytes.split_at(bytes.len() - format.raw_len());
        hash::file_checksum(format, content).is_some_and(|oid| oid.as_bytes() == checksum)
    }

    /// Returns the checksum of the pack as the file has it; `None` for an index that was built in memory.
    pub(crate) fn pack_checksum(&self) -> Option<&[u8]> {
        let FileBytes::Mapped(bytes) = &self.bytes else { return None };
        let end = bytes.len().checked_sub(self.hash_len)?;
        bytes.get(end.checked_sub(self.hash_len)?..end)
    }

    /// Returns the checksums of the pack and of the index, as the file has them.
    pub(crate) fn checksums(&self) -> Option<&[u8]> {
        let FileBytes::Mapped(bytes) = &self.bytes else { return None };
        bytes.get(bytes.len().checked_sub(2 * self.hash_len)?..)
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Returns the bytes of a name. `at` must be below [`PackIndex::len`].
    pub(crate) fn name(&self, at: usize) -> &[u8] {
        let table = self.fanout + FANOUT;
        let start = if self.fanout == 8 { table + at * self.hash_len } else { table + at * (self.hash_len + 4) + 4 };
        &self.bytes[start..start + self.hash_len]
    }

    pub(crate) fn oid(&self, at: usize) -> Option<Oid> {
        (at < self.count).then(|| Oid::from_raw(self.name(at))).flatten()
    }

    /// Returns the stored offset, which may be outside of the pack; `None` if it points outside of the index's own
    /// table.
    pub(crate) fn offset(&self, at: usize) -> Option<u64> {
        let table = self.fanout + FANOUT;
        if self.fanout == 0 {
            let start = table + at * (self.hash_len + 4);
            return Some(u64::from(be32(&self.bytes[start..start + 4])));
        }
        let start = table + self.count * (self.hash_len + 4) + at * 4;
        let offset = be32(&self.bytes[start..start + 4]);
        if offset & 0x8000_0000 == 0 {
            return Some(u64::from(offset));
        }
        let large = (offset & 0x7fff_ffff) as usize;
        if large >= self.large {
            return None;
        }
        let start = table + self.count * (self.hash_len + 8) + large * 8;
        let bytes = self.bytes[start..].first_chunk::<8>()?;
        Some(u64::from_be_bytes(*bytes))
    }

    /// Returns the CRC-32 of the stored entry; version 1 has none.
    pub(crate) fn checksum(&self, at: usize) -> Option<u32> {
        let start = self.fanout + FANOUT + self.count * self.hash_len + at * 4;
        (self.fanout == 8).then(|| be32(&self.bytes[start..start + 4]))
    }

    pub(crate) fn build_fanout(&self) {
        self.fine.get_or_init(|| {
            let bits = self.count.max(2).ilog2().clamp(8, MAX_FINE_BITS);
            let mut before = Vec::with_capacity((1 << bits) + 1);
            for at in 0..self.count {
                let bucket = usize::try_from(be64(self.name(at)) >> (64 - bits)).unwrap_or(0);
                // Only a damaged index has names out of order; they are not found.
                while before.len() <= bucket {
                    before.push(u32::try_from(at).unwrap_or(u32::MAX));
                }
            }
            before.resize((1 << bits) + 1, u32::try_from(self.count).unwrap_or(u32::MAX));
            FineFanout { bits, before }
        });
    }

    /// Looks up several names; `found` receives the position of each name in the slice and in the index. All names miss
    /// the cache at the same time, which is most of the cost of a look-up.
    pub(crate) fn find_all(&self, names: &[Oid], found: &mut dyn FnMut(usize, usize)) {
        let mut likely = Vec::with_capacity(names.len());
        if let Some(FineFanout { bits, before }) = self.fine.get().filter(|_| self.count > 0) {
            let bucket = |name: &Oid| usize::try_from(be64(name.as_bytes()) >> (64 - bits)).unwrap_or(0);
            likely.extend(names.iter().map(|name| (before[bucket(name)] as usize).min(self.count - 1)));
        }
        let keys: Vec<u64> = likely.iter().map(|at| be64(self.name(*at))).collect();
        for (which, name) in names.iter().enumerate() {
            let at = match (keys.get(which), likely.get(which)) {
                (Some(key), Some(at)) if *key == be64(name.as_bytes()) && self.name(*at) == name.as_bytes() => {
                    Some(*at)
                }
                _ => self.find(name),
            };
            if let Some(at) = at {
                found(which, at);
            }
        }
    }

    pub(crate) fn find(&self, oid: &Oid) -> Option<usize> {
        let wanted = oid.as_bytes();
        if wanted.len() != self.hash_len {
            return None;
        }
        if let Some(FineFanout { bits, before }) = self.fine.get() {
            let bucket = usize::try_from(be64(wanted) >> (64 - bits)).unwrap_or(0);
            let (low, high) = (before[bucket] as usize, before[bucket + 1] as usize);
            if high - low <= MAX_BUCKET {
                let key = be64(wanted);
                return (low..high).find(|at| be64(self.name(*at)) == key && self.name(*at) == wanted);
            }
        }
        let bound = |first: usize| be32(&self.bytes[self.fanout + first * 4..][..4]) as usize;
        let first = usize::from(wanted[0]);
        let (mut low, mut high) = (if first == 0 { 0 } else { bound(first - 1) }, bound(first));
        // Names are hashes, so interpolation predicts the position of one to within a few places.
        let key = be64(wanted);
        let (mut below, mut above) = ((first as u64) << 56, ((first as u64) << 56) | (u64::MAX >> 8));
        let mut guesses = 0;
        while low < high {
            let middle = if guesses < 4 && (below..=above).contains(&key) {
                guesses += 1;
                let span = u128::from(above - below) + 1;
                let share = u128::from(key - below) * (high - low) as u128 / span;
                low + usize::try_from(share).unwrap_or(0).min(high - low - 1)
            } else {
                low + (high - low) / 2
            };
            let name = self.name(middle);
            match be64(name).cmp(&key).then_with(|| name.cmp(wanted)) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => (low, below) = (middle + 1, be64(name)),
                std::cmp::Ordering::Greater => (high, above) = (middle, be64(name)),
            }
        }
        None
    }
}

fn be64(bytes: &[u8]) -> u64 {
    bytes.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

fn be32(bytes: &[u8]) -> u32 {
    bytes.first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(byte: u8) -> Oid {
        Oid::from_raw(&[byte; 20]).unwrap()
    }

    #[test]
    fn a_made_index_gives_back_what_it_was_made_of() {
        let entries = [(oid(0), 7, 12), (oid(9), 8, 1 << 40), (oid(255), 9, 3)];
        let index = PackIndex::from_entries(&entries, ObjectFormat::Sha1).unwrap();
        for (at, (oid, checksum, offset)) in entries.into_iter().enumerate() {
            assert_eq!(index.find(&oid), Some(at));
            assert_eq!((index.oid(at), index.offset(at)), (Some(oid), Some(offset)));
            assert_eq!(index.checksum(at), Some(checksum));
        }
        index.build_fanout();
        assert!(entries.iter().enumerate().all(|(at, entry)| index.find(&entry.0) == Some(at)));
        let mut found = Vec::new();
        index.find_all(&[oid(255), oid(1), oid(0), oid(9)], &mut |which, at| found.push((which, at)));
        assert_eq!(found, [(0, 2), (2, 0), (3, 1)]);
        assert_eq!((index.find(&oid(1)), index.oid(3)), (None, None));
        assert_eq!(PackIndex::from_entries(&[], ObjectFormat::Sha256).unwrap().len(), 0);
    }

    #[test]
    fn sizes_and_order_are_checked() {
        let index = PackIndex::from_entries(&[(oid(3), 0, 12)], ObjectFormat::Sha1).unwrap();
        let FileBytes::Owned(bytes) = index.bytes else { unreachable!() };
        let check = |bytes: &[u8]| PackIndex::check(FileBytes::Owned(bytes.to_vec()), ObjectFormat::Sha1).err();
        assert_eq!(check(&bytes), None);
        assert_eq!(check(&bytes[..bytes.len() - 1]), Some(PackIndexError::Size));
        assert_eq!(check(&[]), Some(PackIndexError::Size));
        let mut other = bytes.clone();
        other[7] = 3;
        assert_eq!(check(&other), Some(PackIndexError::Version));
        other = bytes.clone();
        other[8] = 1;
        assert_eq!(check(&other), Some(PackIndexError::Order));
        other = bytes;
        other[8 + 1023] = 200;
        assert_eq!(check(&other), Some(PackIndexError::Size));
    }
}
