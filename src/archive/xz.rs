//! The LZMA family: xz, lzip, and `.lzma` files, which have no magic bytes but an unlikely header.

use super::codec::{Codec, Fault, Framing};
use super::source::Source;
use super::walker::Walker;

pub(super) const XZ: &[u8] = &[0xfd, b'7', b'z', b'X', b'Z', 0];
pub(super) const LZIP: &[u8] = b"LZIP\x01";

/// Whether `head` starts a `.lzma` file, by the rules that xz itself goes by: the usual properties, a dictionary
/// of 2^n or 2^n + 2^(n-1) bytes, an unknown size or one below 256 GiB, and the zero that starts a range coder.
pub(super) fn is_lzma(head: &[u8]) -> bool {
    let Some(Ok(header)) = head.get(..14).map(<[u8; 14]>::try_from) else { return false };
    let [0x5d, d0, d1, d2, d3, size @ .., 0] = header else { return false };
    let dictionary = u32::from_le_bytes([d0, d1, d2, d3]);
    let size = u64::from_le_bytes(size);
    let round = dictionary.is_power_of_two() || (dictionary / 3).is_power_of_two() && dictionary.is_multiple_of(3);
    dictionary >= 1 << 12 && round && (size == u64::MAX || size < 1 << 38)
}

pub(super) fn open_xz(walker: &mut Walker<'_>, source: &mut Source<'_>) {
    let memory = walker.decoder_memory();
    walker.decompress(source, &mut Lzma { magic: XZ, memory, codec: Codec::xz });
}

pub(super) fn open_lzip(walker: &mut Walker<'_>, source: &mut Source<'_>) {
    let memory = walker.decoder_memory();
    walker.decompress(source, &mut Lzma { magic: LZIP, memory, codec: Codec::lzip });
}

pub(super) fn open_lzma(walker: &mut Walker<'_>, source: &mut Source<'_>) {
    let memory = walker.decoder_memory();
    walker.decompress(source, &mut Alone { memory, begun: false });
}

struct Lzma {
    magic: &'static [u8],
    memory: u64,
    codec: fn(u64) -> Result<Codec, Fault>,
}

impl Framing for Lzma {
    fn start(&mut self, source: &mut Source<'_>) -> Result<Option<Codec>, Fault> {
        source.skip_zeros();
        if source.peek(self.magic.len()) == self.magic { (self.codec)(self.memory).map(Some) } else { Ok(None) }
    }

    fn has_dictionary(&self) -> bool {
        true
    }
}

/// A `.lzma` file holds one stream, and says nowhere how to tell another.
struct Alone {
    memory: u64,
    begun: bool,
}

impl Framing for Alone {
    fn start(&mut self, _source: &mut Source<'_>) -> Result<Option<Codec>, Fault> {
        if std::mem::replace(&mut self.begun, true) { Ok(None) } else { Codec::lzma(self.memory).map(Some) }
    }

    fn has_dictionary(&self) -> bool {
        true
    }
}
