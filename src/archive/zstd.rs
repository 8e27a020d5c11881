//! Zstandard: frames, and skippable frames with any content (RFC 8878).

use super::codec::{Codec, Compression, DecodeFault, ENDS_EARLY, StreamFraming};
use super::peek_reader::PeekReader;
use super::walker::{ArchiveFormat, OpenMode, is_text};

pub(super) const FORMAT: ArchiveFormat = ArchiveFormat::new("zstd", &[], is_zstd, OpenMode::Compressed(&ZSTD));

static ZSTD: Compression = Compression {
    suffixes: &[("zst", ""), ("zstd", ""), ("tzst", ".tar")],
    framing: |memory| Box::new(ZstdFraming { memory, notes: Vec::new() }),
};

const FRAME: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Bytes of skippable frames that are visited.
const MAX_NOTES: usize = 64 << 10;

/// Returns true if a frame begins here, skippable or not.
fn is_zstd(head: &[u8]) -> bool {
    (head.starts_with(&FRAME) && !is_text(&head[4..])) || is_skippable(head)
}

fn is_skippable(head: &[u8]) -> bool {
    head.len() >= 8 && head[0] & 0xf0 == 0x50 && head[1..4] == [0x2a, 0x4d, 0x18] && !is_text(&head[4..])
}

struct ZstdFraming {
    memory: u64,
    notes: Vec<u8>,
}

impl StreamFraming for ZstdFraming {
    fn start(&mut self, source: &mut PeekReader<'_>) -> Result<Option<Codec>, DecodeFault> {
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
                return Err(ENDS_EARLY);
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
