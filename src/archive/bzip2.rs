//! bzip2: streams of blocks, several of which may follow each other, as pbzip2 writes them.

use super::codec::{Codec, Fault, Framing};
use super::source::Source;
use super::walker::Walker;

/// The digits of pi that start a block.
const BLOCK: [u8; 6] = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];

/// The digits of its root that end a stream: an empty one starts with them.
const END: [u8; 6] = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

/// Whether `head` starts a bzip2 stream. The three letters alone are no evidence.
pub(super) fn is_bzip2(head: &[u8]) -> bool {
    head.len() >= 10
        && head.starts_with(b"BZh")
        && matches!(head[3], b'1'..=b'9')
        && (head[4..10] == BLOCK || head[4..10] == END)
}

pub(super) fn open(walker: &mut Walker<'_>, source: &mut Source<'_>) {
    walker.decompress(source, &mut Bzip2);
}

struct Bzip2;

impl Framing for Bzip2 {
    fn start(&mut self, source: &mut Source<'_>) -> Result<Option<Codec>, Fault> {
        source.skip_zeros();
        Ok(is_bzip2(source.peek(10)).then(Codec::bzip2))
    }
}
