//! Deflate in one go: for members that are small, in memory, and say how large they are and what their checksum is.
//!
//! libdeflate is about twice as fast as a decoder that is fed piece by piece, but says neither what came before damage
//! nor how much it took. So it gets what must be right to the last byte, framed as gzip, whose checksum and size must
//! follow the data; whatever it refuses is left to the other decoder, which tells what is wrong with it.

use libdeflater::Decompressor;
use memchr::memmem;

use super::codec::Codec;
use super::source::Source;

/// Compressed bytes of a member, and what may come out of it.
const MAX_PACKED: usize = 4 << 20;
const MAX_SIZE: usize = 16 << 20;

/// Deflate cannot do better than this.
const MAX_RATIO: usize = 1_032;

/// A gzip header without anything optional.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// What stands behind the data of a gzip member.
const TRAILER: usize = 8;

/// What is said about a member.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    pub(super) packed: u64,
    pub(super) size: u64,
    pub(super) crc: u32,
}

/// The decoder of the deflate data that comes next in `source`.
pub(super) fn inflate(source: &mut Source<'_>, claim: Claim) -> Codec {
    match whole(source, claim) {
        Some((packed, bytes)) => Codec::Inflated { packed, bytes, at: 0 },
        None => Codec::inflate(),
    }
}

/// As [`inflate`], for the data of a gzip member; what follows it is believed if it is the last thing in `source`.
pub(super) fn inflate_to_end(source: &mut Source<'_>) -> Codec {
    let rest = source.peek(MAX_PACKED + TRAILER + 1);
    let Some((data, trailer)) = rest.split_last_chunk::<TRAILER>() else { return Codec::inflate() };
    let [a, b, c, d, e, f, g, h] = *trailer;
    let size = u64::from(u32::from_le_bytes([e, f, g, h]));
    let claim = Claim { packed: data.len() as u64, size, crc: u32::from_le_bytes([a, b, c, d]) };
    inflate(source, claim)
}

/// The member's content and how many bytes it takes, if all that is claimed is true.
fn whole(source: &mut Source<'_>, claim: Claim) -> Option<(usize, Vec<u8>)> {
    let packed = usize::try_from(claim.packed).ok().filter(|packed| *packed <= MAX_PACKED)?;
    let size = usize::try_from(claim.size).ok().filter(|size| *size <= MAX_SIZE.min(packed * MAX_RATIO))?;
    let data = Some(source.peek(packed)).filter(|data| data.len() == packed)?;
    let trailer = [claim.crc.to_le_bytes(), u32::try_from(size).ok()?.to_le_bytes()].concat();
    let framed = [&HEADER, data, &trailer].concat();
    // Data that holds its own trailer may end before what is hidden behind it.
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

    fn claim(packed: &[u8], content: &[u8]) -> Claim {
        Claim { packed: packed.len() as u64, size: content.len() as u64, crc: libdeflater::crc32(content) }
    }

    fn taken(bytes: &[u8], claim: Claim) -> Option<Vec<u8>> {
        let mut reader = bytes;
        whole(&mut Source::new(&mut reader), claim).map(|(_, content)| content)
    }

    #[test]
    fn what_is_true_is_taken_and_nothing_else() {
        let content = b"some text, some text, some more text".repeat(20);
        let packed = deflated(&content);
        let good = claim(&packed, &content);
        assert_eq!(taken(&packed, good).as_deref(), Some(content.as_slice()));
        assert_eq!(taken(&packed[..packed.len() - 1], good), None);
        assert_eq!(taken(&packed, Claim { packed: good.packed - 1, ..good }), None);
        assert_eq!(taken(&packed, Claim { size: good.size - 1, ..good }), None);
        assert_eq!(taken(&packed, Claim { size: good.size + 1, ..good }), None);
        assert_eq!(taken(&packed, Claim { crc: !good.crc, ..good }), None);
        assert_eq!(taken(&packed, Claim { size: u64::MAX, ..good }), None);
        assert_eq!(taken(&packed, Claim { packed: u64::MAX, ..good }), None);
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
            assert_eq!(taken(&all, Claim { packed: all.len() as u64, ..good }), None);
        }
    }
}
