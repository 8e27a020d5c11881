//! Zstandard: frames, and skippable frames that hold anything (RFC 8878).

use super::codec::{Codec, Fault, Framing};
use super::format::is_text;
use super::source::Source;
use super::walker::Walker;

const FRAME: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Whether `head` starts a frame, skippable or not.
pub(super) fn is_zstd(head: &[u8]) -> bool {
    (head.starts_with(&FRAME) && !is_text(&head[4..])) || is_skippable(head)
}

fn is_skippable(head: &[u8]) -> bool {
    head.len() >= 8 && head[0] & 0xf0 == 0x50 && head[1..4] == [0x2a, 0x4d, 0x18] && !is_text(&head[4..])
}

pub(super) fn open(walker: &mut Walker<'_>, source: &mut Source<'_>) {
    let memory = walker.decoder_memory();
    walker.decompress(source, &mut Zstd { memory, notes: Vec::new() });
}

/// Bytes of skippable frames that are handed over.
const MAX_NOTES: usize = 64 << 10;

struct Zstd {
    memory: u64,
    notes: Vec<u8>,
}

impl Framing for Zstd {
    fn start(&mut self, source: &mut Source<'_>) -> Result<Option<Codec>, Fault> {
        loop {
            source.skip_zeros();
            let head = source.peek(16);
            if head.starts_with(&FRAME) {
                return Codec::zstd(self.memory).map(Some);
            }
            if !is_skippable(head) {
                return Ok(None);
            }
            let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
            let room = MAX_NOTES - self.notes.len();
            let note = source.peek(8 + room.min(size as usize));
            self.notes.extend_from_slice(note.get(8..).unwrap_or_default());
            if source.skip(8 + u64::from(size)) < 8 + u64::from(size) {
                return Err(super::codec::ENDS_EARLY);
            }
        }
    }

    fn notes(&self) -> &[u8] {
        &self.notes
    }

    fn has_dictionary(&self) -> bool {
        true
    }
}
