//! bzip2: streams of blocks. Several streams may follow each other, as pbzip2 writes them.

use super::codec::{Codec, Compression, DecodeFault, StreamFraming};
use super::peek_reader::PeekReader;
use super::walker::{ArchiveFormat, OpenMode};

pub(super) const FORMAT: ArchiveFormat = ArchiveFormat::new("bzip2", b"BZh", is_bzip2, OpenMode::Compressed(&BZIP2));

static BZIP2: Compression =
    Compression { suffixes: &[("bz2", ""), ("tbz2", ".tar")], framing: |_| Box::new(Bzip2Framing) };

/// The digits of pi, with which a block begins.
const BLOCK: [u8; 6] = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];

/// The digits of its root, with which a stream ends: an empty one has nothing else.
const END: [u8; 6] = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

/// Returns true if a stream begins here. The three letters alone could be text.
fn is_bzip2(head: &[u8]) -> bool {
    head.len() >= 10
        && head.starts_with(b"BZh")
        && matches!(head[3], b'1'..=b'9')
        && (head[4..10] == BLOCK || head[4..10] == END)
}

struct Bzip2Framing;

impl StreamFraming for Bzip2Framing {
    fn start(&mut self, source: &mut PeekReader<'_>) -> Result<Option<Codec>, DecodeFault> {
        source.skip_zeros();
        Ok(is_bzip2(source.peek(10)).then(Codec::bzip2))
    }
}
