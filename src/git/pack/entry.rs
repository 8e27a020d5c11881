//! The header of one entry of a pack.

use super::super::object::{Damage, Kind};
use super::super::oid::{ObjectFormat, Oid};

/// What an entry holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// The object itself.
    Whole(Kind),
    /// A delta against the entry at this offset.
    OffsetDelta(u64),
    /// A delta against the object of this name.
    NameDelta(Oid),
}

/// A parsed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) content: Content,
    /// Length of what the compressed stream holds: the object, or the delta.
    pub(crate) size: u64,
    /// Where the compressed stream begins.
    pub(crate) data: usize,
}

/// Parses the header at `at`. `pack` ends where its entries end.
pub(crate) fn header(pack: &[u8], at: u64, format: ObjectFormat) -> Result<Header, Damage> {
    let start = usize::try_from(at).map_err(|_| Damage::Outside)?;
    if at < super::HEADER_LEN as u64 {
        return Err(Damage::Outside);
    }
    let header = header_of(pack.get(start..).ok_or(Damage::Outside)?, at, format)?;
    Ok(Header { data: start + header.data, ..header })
}

/// Parses the header that `entry` begins with, which stands at `at` in its pack. `data` counts from there.
pub(crate) fn header_of(entry: &[u8], at: u64, format: ObjectFormat) -> Result<Header, Damage> {
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
        1 => Content::Whole(Kind::Commit),
        2 => Content::Whole(Kind::Tree),
        3 => Content::Whole(Kind::Blob),
        4 => Content::Whole(Kind::Tag),
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
            Content::OffsetDelta(at.checked_sub(back).filter(|_| back > 0).ok_or(Damage::Header)?)
        }
        7 => {
            let name = bytes.get(..format.raw_len()).ok_or(Damage::Outside)?;
            let oid = Oid::from_raw(name).ok_or(Damage::Header)?;
            bytes = &bytes[format.raw_len()..];
            Content::NameDelta(oid)
        }
        _ => return Err(Damage::Header),
    };
    Ok(Header { content, size, data: entry.len() - bytes.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_sizes_and_offsets_are_damage() {
        let mut pack = vec![0; 12];
        pack.extend([0xb5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
        let parsed = header(&pack, 12, ObjectFormat::Sha1).unwrap();
        assert_eq!((parsed.content, parsed.data), (Content::Whole(Kind::Blob), 21));
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
