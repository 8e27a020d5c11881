//! gzip: members of deflate with a header that may hold a name and a comment (RFC 1952).
//!
//! Zero bytes after the last member are padding of tapes and block devices; anything else there is not gzip.

use super::codec::{Codec, Compression, DecodeFault, ENDS_EARLY, StreamFraming};
use super::one_shot;
use super::peek_reader::PeekReader;
use super::walker::{ArchiveFormat, OpenMode, display, is_text};

pub(super) const FORMAT: ArchiveFormat =
    ArchiveFormat::new("gzip", &[0x1f, 0x8b], is_gzip, OpenMode::Compressed(&GZIP));

static GZIP: Compression =
    Compression { suffixes: &[("gz", ""), ("Z", ""), ("tgz", ".tar")], framing: |_| Box::new(GzipFraming::default()) };

/// Longest header field that is read.
const MAX_FIELD: usize = 64 << 10;

const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const HEADER_CRC: u8 = 2;

/// Returns true if a gzip stream begins here. In text, bits that must be zero are set, or letters are in the place of
/// the compression level and the operating system.
fn is_gzip(head: &[u8]) -> bool {
    head.len() > 3 && head[2] == 8 && head[3] & 0xe0 == 0 && !is_text(&head[3..])
}

#[derive(Default)]
struct GzipFraming {
    /// Set once a member was begun.
    begun: bool,
    name: Option<String>,
    notes: Vec<u8>,
}

impl GzipFraming {
    fn field(&mut self, source: &mut PeekReader<'_>) -> Result<Vec<u8>, DecodeFault> {
        let mut field = Vec::new();
        while field.len() < MAX_FIELD {
            match source.peek(1).first() {
                None => return Err(ENDS_EARLY),
                Some(0) => {
                    source.skip(1);
                    self.notes.extend_from_slice(&field);
                    self.notes.push(b'\n');
                    return Ok(field);
                }
                Some(byte) => field.push(*byte),
            }
            source.skip(1);
        }
        Err(DecodeFault::Damaged("header field without end"))
    }
}

impl StreamFraming for GzipFraming {
    fn start(&mut self, source: &mut PeekReader<'_>) -> Result<Option<Codec>, DecodeFault> {
        source.skip_zeros();
        let head = source.peek(10);
        if head.len() < 2 || head[..2] != [0x1f, 0x8b] {
            return Ok(None);
        }
        if head.len() < 10 {
            return Err(ENDS_EARLY);
        }
        let flags = head[3];
        if head[2] != 8 || flags & 0xe0 != 0 {
            return Err(DecodeFault::Damaged("corrupt header"));
        }
        source.skip(10);
        if flags & EXTRA != 0 {
            let length = source.peek(2);
            let [low, high] = *length else { return Err(ENDS_EARLY) };
            source.skip(2);
            let length = usize::from(u16::from_le_bytes([low, high]));
            let extra = source.peek(length).to_vec();
            self.notes.extend_from_slice(&extra);
            self.notes.push(b'\n');
            source.skip(length as u64);
        }
        if flags & NAME != 0 {
            let name = self.field(source)?;
            if self.name.is_none() && !name.is_empty() {
                self.name = Some(display(&name));
            }
        }
        if flags & COMMENT != 0 {
            self.field(source)?;
        }
        if flags & HEADER_CRC != 0 {
            source.skip(2);
        }
        // Only a first member is often the last one.
        let is_first = !std::mem::replace(&mut self.begun, true);
        Ok(Some(if is_first { one_shot::inflate_to_end(source) } else { Codec::inflate() }))
    }

    fn end(&mut self, source: &mut PeekReader<'_>, crc: u32, size: u64) -> Result<(), DecodeFault> {
        let trailer = source.peek(8);
        let Ok(trailer) = <[u8; 8]>::try_from(trailer) else { return Err(ENDS_EARLY) };
        source.skip(8);
        let [a, b, c, d, e, f, g, h] = trailer;
        if u32::from_le_bytes([a, b, c, d]) != crc {
            return Err(DecodeFault::Damaged("wrong checksum"));
        }
        // The size is kept modulo 2^32.
        if u64::from(u32::from_le_bytes([e, f, g, h])) != size & 0xffff_ffff {
            return Err(DecodeFault::Damaged("wrong size"));
        }
        Ok(())
    }

    fn name(&self) -> Option<String> {
        self.name.clone()
    }

    fn notes(&self) -> &[u8] {
        &self.notes
    }
}
