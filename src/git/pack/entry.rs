//! The header of one entry of a pack.

use super::super::object::{Damage, ObjectKind};
use super::super::oid::{ObjectFormat, Oid};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryContent {
    Whole(ObjectKind),
    /// A delta against the entry at this offset.
    OffsetDelta(u64),
    /// A delta against the object of this name.
    RefDelta(Oid),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EntryHeader {
    pub(crate) content: EntryContent,
    /// Size of the inflated object or delta.
    pub(crate) size: u64,
    /// Offset of the compressed stream.
    pub(crate) data: usize,
}

/// Parses the header at `at`. `pack` ends where its entries end.
pub(crate) fn header(pack: &[u8], at: u64, format: ObjectFormat) -> Result<EntryHeader, Damage> {
    let start = usize::try_from(at).map_err(|_| Damage::Outside)?;
    if at < super::HEADER_LEN as u64 {
        return Err(Damage::Outside);
    }
    let header = header_of(pack.get(start..).ok_or(Damage::Outside)?, at, format)?;
    Ok(EntryHeader { data: start + header.data, ..header })
}

/// Parses the header that `entry` begins with, at offset `at` of its pack. `data` counts from the beginning of `entry`.
pub(crate) fn header_of(entry: &[u8], at: u64, format: ObjectFormat) -> Result<EntryHeader, Damage> {
    let mut bytes = entry;
    let mut next = || {
        let (first, rest) = bytes.split_first().ok_or(Damage::Outside)?;
        bytes = rest;
        Ok(*first)
    };
    let first = next()?;
    let (mut size, mut shift, mut byte) = (u64::from(first & 0x0f), 4, first);
    while byte & 0x80 != 0 {
        byte = next()?;
        if shift > 57 {
            return Err(Damage::Header);
        }
        size |= u64::from(byte & 0x7f) << shift;
        shift += 7;
    }
    let content = match (first >> 4) & 0x07 {
        1 => EntryContent::Whole(ObjectKind::Commit),
        2 => EntryContent::Whole(ObjectKind::Tree),
        3 => EntryContent::Whole(ObjectKind::Blob),
        4 => EntryContent::Whole(ObjectKind::Tag),
        6 => {
            let mut byte = next()?;
            let mut back = u64::from(byte & 0x7f);
            while byte & 0x80 != 0 {
                byte = next()?;
                if back >= 1 << 56 {
                    return Err(Damage::Header);
                }
                back = ((back + 1) << 7) | u64::from(byte & 0x7f);
            }
            EntryContent::OffsetDelta(at.checked_sub(back).filter(|_| back > 0).ok_or(Damage::Header)?)
        }
        7 => {
            let name = bytes.get(..format.raw_len()).ok_or(Damage::Outside)?;
            let oid = Oid::from_raw(name).ok_or(Damage::Header)?;
            bytes = &bytes[format.raw_len()..];
            EntryContent::RefDelta(oid)
        }
        _ => return Err(Damage::Header),
    };
    Ok(EntryHeader { content, size, data: entry.len() - bytes.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_sizes_and_offsets_are_damage() {
        let mut pack = vec![0; 12];
        pack.extend([0xb5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
        let parsed = header(&pack, 12, ObjectFormat::Sha1).unwrap();
        assert_eq!((parsed.content, parsed.data), (EntryContent::Whole(ObjectKind::Blob), 21));
        assert!(parsed.size > 1 << 59);
        pack.extend([0xb5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(header(&pack, 21, ObjectFormat::Sha1), Err(Damage::Header));
        assert_eq!(header(&pack, 3, ObjectFormat::Sha1), Err(Damage::Outside));
        assert_eq!(header(&pack, 1 << 60, ObjectFormat::Sha1), Err(Damage::Outside));
        // Itself, and before the beginning.
        assert_eq!(header(&[&[0; 12][..], &[0x61, 0]].concat(), 12, ObjectFormat::Sha1), Err(Damage::Header));
        assert_eq!(header(&[&[0; 12][..], &[0x61, 13]].concat(), 12, ObjectFormat::Sha1), Err(Damage::Header));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_an_answer(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40)) {
            for at in 0..50 {
                if let Ok(header) = header(&bytes, at, ObjectFormat::Sha1) {
                    proptest::prop_assert!(header.data <= bytes.len());
                }
            }
        }
    }
}
