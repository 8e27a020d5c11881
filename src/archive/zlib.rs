//! zlib: a single stream of deflate (RFC 1950). It is decoded where a caller knows of it, and never recognised as a file:
//! two bytes are no evidence.

use super::codec::{Codec, Compression, DecodeFault, StreamFraming};
use super::peek_reader::PeekReader;
use super::walker::{ArchiveFormat, OpenMode};

pub(super) const FORMAT: ArchiveFormat = ArchiveFormat::new("zlib", &[0x78], |_| false, OpenMode::Compressed(&ZLIB));

static ZLIB: Compression = Compression {
    name: "zlib",
    magics: &[&[0x78, 0x9c], &[0x78, 0xda], &[0x78, 0x01], &[0x78, 0x5e]],
    is_incremental: true,
    suffixes: &[],
    framing: |_| Box::new(ZlibFraming { begun: false }),
};

struct ZlibFraming {
    begun: bool,
}

impl StreamFraming for ZlibFraming {
    fn start(&mut self, _source: &mut PeekReader<'_>) -> Result<Option<Codec>, DecodeFault> {
        Ok((!std::mem::replace(&mut self.begun, true)).then(Codec::zlib))
    }
}
