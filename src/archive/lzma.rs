//! The LZMA family: xz, lzip, and `.lzma` files, which have no magic bytes but an unlikely header.

use super::codec::{Codec, Compression, DecodeFault, StreamFraming};
use super::peek_reader::PeekReader;
use super::walker::{ArchiveFormat, OpenMode, is_text};
use crate::model::limits::MAX_DECODER_MEMORY;

const XZ_MAGIC: &[u8] = &[0xfd, b'7', b'z', b'X', b'Z', 0];
const LZIP_MAGIC: &[u8] = b"LZIP\x01";
const LZMA_MAGIC: &[u8] = &[0x5d, 0];

pub(super) const XZ: ArchiveFormat =
    ArchiveFormat::new("xz", XZ_MAGIC, |head| !is_text(&head[6..]), OpenMode::Compressed(&XZ_STREAM));
pub(super) const LZIP: ArchiveFormat =
    ArchiveFormat::new("lzip", LZIP_MAGIC, |head| !is_text(&head[5..]), OpenMode::Compressed(&LZIP_STREAM));
pub(super) const LZMA: ArchiveFormat =
    ArchiveFormat::new("lzma", LZMA_MAGIC, is_lzma, OpenMode::Compressed(&LZMA_STREAM));

pub(super) const ODD_LZMA: ArchiveFormat =
    ArchiveFormat::new("lzma", &[], is_odd_lzma, OpenMode::Compressed(&LZMA_STREAM));

static XZ_STREAM: Compression = Compression {
    suffixes: &[("xz", ""), ("txz", ".tar")],
    framing: |memory| Box::new(LzmaFraming { magic: XZ_MAGIC, memory, codec: Codec::xz }),
};

static LZIP_STREAM: Compression = Compression {
    suffixes: &[("lz", "")],
    framing: |memory| Box::new(LzmaFraming { magic: LZIP_MAGIC, memory, codec: Codec::lzip }),
};

static LZMA_STREAM: Compression =
    Compression { suffixes: &[("lzma", "")], framing: |memory| Box::new(SingleLzma { memory, begun: false }) };

/// Returns true if `head` begins a `.lzma` file, by xz's own rules: the usual properties, a dictionary of 2^n or
/// 2^n + 2^(n-1) bytes, an unknown size or one below 256 GiB, and the zero with which a range coder begins.
fn is_lzma(head: &[u8]) -> bool {
    let Some(Ok(header)) = head.get(..14).map(<[u8; 14]>::try_from) else { return false };
    let [0x5d, d0, d1, d2, d3, size @ .., 0] = header else { return false };
    let dictionary = u32::from_le_bytes([d0, d1, d2, d3]);
    let size = u64::from_le_bytes(size);
    let round = dictionary.is_power_of_two() || (dictionary / 3).is_power_of_two() && dictionary.is_multiple_of(3);
    dictionary >= 1 << 12 && round && (size == u64::MAX || size < 1 << 38)
}

/// Largest value of the properties: `(pb * 5 + lp) * 9 + lc`.
const MAX_PROPERTIES: u8 = (4 * 5 + 4) * 9 + 8;

/// Bytes that a trial has to put out, and different ones among them: zeros decode to zeros, whatever they are.
const TRIAL: usize = 64;
const MIN_DISTINCT: usize = 8;

/// Returns true if `head` begins a `.lzma` file of other properties or another dictionary. Such a header alone is too
/// likely in other files, so the stream has to decode to something.
fn is_odd_lzma(head: &[u8]) -> bool {
    let Some(Ok(header)) = head.get(..14).map(<[u8; 14]>::try_from) else { return false };
    let [properties, d0, d1, d2, d3, size @ .., 0] = header else { return false };
    let size = u64::from_le_bytes(size);
    let dictionary = u64::from(u32::from_le_bytes([d0, d1, d2, d3]));
    let is_possible =
        properties <= MAX_PROPERTIES && dictionary <= MAX_DECODER_MEMORY && (size == u64::MAX || size < 1 << 38);
    is_possible
        && size > 0
        && !is_text(head)
        && (decodes(head) || size == u64::MAX && is_foreign(properties, dictionary))
}

/// Returns true for properties that no decoder of xz's accepts, with a usual dictionary: the file is counted.
fn is_foreign(properties: u8, dictionary: u64) -> bool {
    let (lc, lp) = (properties % 9, properties / 9 % 5);
    lc + lp > 4 && dictionary >= 1 << 12 && dictionary.is_power_of_two()
}

fn decodes(head: &[u8]) -> bool {
    let Ok(mut decoder) = liblzma::stream::Stream::new_lzma_decoder(MAX_DECODER_MEMORY) else { return false };
    let mut out = [0; TRIAL];
    let outcome = decoder.process(head, &mut out, liblzma::stream::Action::Run);
    let made = usize::try_from(decoder.total_out()).unwrap_or(0).min(TRIAL);
    let is_whole = made == TRIAL || matches!(outcome, Ok(liblzma::stream::Status::StreamEnd));
    let distinct = out[..made].iter().collect::<std::collections::BTreeSet<_>>().len();
    outcome.is_ok() && is_whole && distinct >= MIN_DISTINCT
}

struct LzmaFraming {
    magic: &'static [u8],
    memory: u64,
    codec: fn(u64) -> Result<Codec, DecodeFault>,
}

impl StreamFraming for LzmaFraming {
    fn start(&mut self, source: &mut PeekReader<'_>) -> Result<Option<Codec>, DecodeFault> {
        source.skip_zeros();
        if source.peek(self.magic.len()) == self.magic { (self.codec)(self.memory).map(Some) } else { Ok(None) }
    }

    fn has_dictionary(&self) -> bool {
        true
    }
}

/// A `.lzma` file holds one stream, and no mark by which another one could be found.
struct SingleLzma {
    memory: u64,
    begun: bool,
}

impl StreamFraming for SingleLzma {
    fn start(&mut self, _source: &mut PeekReader<'_>) -> Result<Option<Codec>, DecodeFault> {
        if std::mem::replace(&mut self.begun, true) { Ok(None) } else { Codec::lzma(self.memory).map(Some) }
    }

    fn has_dictionary(&self) -> bool {
        true
    }
}
