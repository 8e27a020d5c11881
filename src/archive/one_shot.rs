//! Deflate in one call: for members that are small, in memory, and have a known size and checksum.
//!
//! libdeflate is about twice as fast as a decoder that is fed piece by piece, but returns neither the output before
//! damage nor the number of bytes taken. So it only gets data that must be right to the last byte, framed as gzip,
//! whose checksum and size must follow the data. Whatever it refuses is left to the other decoder, which finds out what
//! is wrong.

use libdeflater::Decompressor;
use memchr::memmem;

use super::codec::Codec;
use super::peek_reader::PeekReader;

/// Most compressed bytes of a member, and most bytes of its content.
const MAX_PACKED: usize = 4 << 20;
const MAX_SIZE: usize = 16 << 20;

/// The best ratio of deflate.
const MAX_RATIO: usize = 1_032;

/// A gzip header without optional fields.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Bytes behind the data of a gzip member.
const TRAILER: usize = 8;

/// Sizes and checksum of a member, by its headers.
#[derive(Debug, Clone, Copy)]
pub(super) struct InflateClaim {
    pub(super) packed: u64,
    pub(super) size: u64,
    pub(super) crc: u32,
}

/// Creates the decoder of the deflate data that comes next in `source`.
pub(super) fn inflate(source: &mut PeekReader<'_>, claim: InflateClaim) -> Codec {
    match whole(source, claim) {
        Some((packed, bytes)) => Codec::Inflated { packed, bytes, at: 0 },
        None => Codec::inflate(),
    }
}

/// As [`inflate`], for a gzip member that ends with `source`: its trailer holds checksum and size.
pub(super) fn inflate_to_end(source: &mut PeekReader<'_>) -> Codec {
    let rest = source.peek(MAX_PACKED + TRAILER + 1);
    let Some((data, trailer)) = rest.split_last_chunk::<TRAILER>() else { return Codec::inflate() };
    let [a, b, c, d, e, f, g, h] = *trailer;
    let size = u64::from(u32::from_le_bytes([e, f, g, h]));
    let claim = InflateClaim { packed: data.len() as u64, size, crc: u32::from_le_bytes([a, b, c, d]) };
    inflate(source, claim)
}

/// Inflates a member, if everything that is claimed about it is true. Returns the bytes taken and the content.
fn whole(source: &mut PeekReader<'_>, claim: InflateClaim) -> Option<(usize, Vec<u8>)> {
    let packed = usize::try_from(claim.packed).ok().filter(|packed| *packed <= MAX_PACKED)?;
    let size = usize::try_from(claim.size).ok().filter(|size| *size <= MAX_SIZE.min(packed * MAX_RATIO))?;
    let data = Some(source.peek(packed)).filter(|data| data.len() == packed)?;
    let trailer = [claim.crc.to_le_bytes(), u32::try_from(size).ok()?.to_le_bytes()].concat();
    let framed = [&HEADER, data, &trailer].concat();
    // Data that holds its own trailer may end before the real one and hide what follows.
    if memmem::find(&framed[HEADER.len()..], &trailer) != Some(packed) {
        return None;
    }
    let mut bytes = vec![0; size];
    let made = Decompressor::new().gzip_decompress(&framed, &mut bytes).ok()?;
    (made == size).then_some((packed, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn deflated(content: &[u8]) -> Vec<u8> {
        let mut coder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        coder.write_all(content).unwrap();
        coder.finish().unwrap()
    }

    fn claim(packed: &[u8], content: &[u8]) -> InflateClaim {
        InflateClaim { packed: packed.len() as u64, size: content.len() as u64, crc: libdeflater::crc32(content) }
    }

    fn taken(bytes: &[u8], claim: InflateClaim) -> Option<Vec<u8>> {
        let mut reader = bytes;
        whole(&mut PeekReader::new(&mut reader), claim).map(|(_, content)| content)
    }

    #[test]
    fn what_is_true_is_taken_and_nothing_else() {
        let content = b"some text, some text, some more text".repeat(20);
        let packed = deflated(&content);
        let good = claim(&packed, &content);
        assert_eq!(taken(&packed, good).as_deref(), Some(content.as_slice()));
        assert_eq!(taken(&packed[..packed.len() - 1], good), None);
        assert_eq!(taken(&packed, InflateClaim { packed: good.packed - 1, ..good }), None);
        assert_eq!(taken(&packed, InflateClaim { size: good.size - 1, ..good }), None);
        assert_eq!(taken(&packed, InflateClaim { size: good.size + 1, ..good }), None);
        assert_eq!(taken(&packed, InflateClaim { crc: !good.crc, ..good }), None);
        assert_eq!(taken(&packed, InflateClaim { size: u64::MAX, ..good }), None);
        assert_eq!(taken(&packed, InflateClaim { packed: u64::MAX, ..good }), None);
    }

    #[test]
    fn nothing_is_hidden_behind_a_stream_that_ends_early() {
        let content = b"what everybody sees".to_vec();
        let packed = deflated(&content);
        let good = claim(&packed, &content);
        let hidden = deflated(b"what nobody should see");
        // Junk behind the stream, without and with a trailer that makes the first stream a whole member.
        let size = u32::try_from(content.len()).unwrap().to_le_bytes();
        for trailer in [Vec::new(), [good.crc.to_le_bytes(), size].concat()] {
            let all = [packed.as_slice(), &trailer, &hidden].concat();
            assert_eq!(taken(&all, InflateClaim { packed: all.len() as u64, ..good }), None);
        }
    }
}
