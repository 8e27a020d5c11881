//! Entry points of the fuzz targets to the parsers of packs.

use super::inflate::ReusableBuffer;
use super::oid::ObjectFormat;
use super::pack::{delta, entry, index};

const FORMATS: [ObjectFormat; 2] = [ObjectFormat::Sha1, ObjectFormat::Sha256];

/// Largest result that is built.
const MOST: u64 = 1 << 20;

/// Parses an entry at every offset.
pub fn entries(pack: &[u8]) {
    for format in FORMATS {
        for at in 0..=pack.len() as u64 {
            if let Ok(header) = entry::header(pack, at, format) {
                assert!(header.data <= pack.len());
            }
        }
    }
}

/// Parses an index and reads everything that it claims to hold.
pub fn index(bytes: &[u8]) {
    for format in FORMATS {
        let Ok(index) = index::PackIndex::from_bytes(bytes.to_vec(), format) else { continue };
        for at in 0..index.len() {
            let _ = index.offset(at);
            if let Some(oid) = index.oid(at) {
                assert!(index.find(&oid).is_none_or(|found| index.name(found) == oid.as_bytes()));
            }
        }
    }
}

/// Applies a delta.
pub fn delta(base: &[u8], bytes: &[u8]) {
    let Ok((_, size, begin)) = delta::sizes(bytes) else { return };
    if size > MOST {
        return;
    }
    let (mut out, mut copies) = (ReusableBuffer::default(), Vec::new());
    let size = usize::try_from(size).unwrap_or(0);
    if delta::apply(base, &bytes[begin..], size, &mut out, &mut copies).is_ok() {
        for copy in copies {
            assert_eq!(out[copy.to..copy.to + copy.len], base[copy.from..copy.from + copy.len]);
        }
    }
}
