//! Avro containers: blocks of rows behind a schema.

use super::super::Seekable;
use super::super::peek_reader::PeekReader;
use super::super::walker::{ArchiveFormat, ArchiveWalker, OpenMode, is_text};
use super::varint::zigzag;
use super::{BATCH, BlockCodec, BlockReader, MAX_BLOCK};
use crate::model::SkipReason;

pub(in super::super) const FORMAT: ArchiveFormat =
    ArchiveFormat::new("Avro", b"Obj\x01", |head| head.len() > 4 && !is_text(&head[4..]), OpenMode::Document(open));

/// Most bytes of the header: a schema can be long.
const MAX_HEADER: usize = 4 << 20;

fn open(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, _size: u64) {
    if !walker.seek(input, 4) {
        return;
    }
    let mut reader: &mut dyn Seekable = input;
    let mut source = PeekReader::new(&mut reader);
    let head = source.peek(MAX_HEADER);
    let Some((codec, width)) = header(head) else { return walker.skip(SkipReason::Damaged, "corrupt header") };
    source.skip(width as u64 + 16);
    let mut blocks = BlockReader::new(codec);
    if !blocks.is_readable(walker) {
        return;
    }
    while walker.budget.in_time() && !source.is_at_end() {
        let mut head = source.peek(20);
        let size = number(&mut head).and_then(|_| number(&mut head)).filter(|size| *size <= MAX_BLOCK);
        let width = 20_usize.saturating_sub(head.len());
        let Some(size) = size.and_then(|size| usize::try_from(size).ok()) else {
            walker.skip(SkipReason::Damaged, "corrupt block");
            break;
        };
        source.skip(width as u64);
        let data = source.peek(size);
        let is_whole = data.len() == size;
        // A checksum stands behind blocks of Snappy.
        let end = if codec == BlockCodec::Snappy { data.len().saturating_sub(4) } else { data.len() };
        let going = blocks.add(walker, &data[..end]);
        source.skip(size as u64 + 16);
        if !is_whole && blocks.fault.is_none() {
            walker.skip(SkipReason::Damaged, "cut off");
        }
        if !going || blocks.text.len() > BATCH || blocks.fault.is_some() {
            blocks.visit(walker, "rows");
        }
    }
    blocks.visit(walker, "rows");
    walker.report_stop();
}

/// Reads the codec of the blocks, and the width of the header up to its mark.
fn header(bytes: &[u8]) -> Option<(BlockCodec, usize)> {
    let mut rest = bytes;
    let mut codec = BlockCodec::Stored;
    loop {
        let count = zigzag(&mut rest)?;
        if count == 0 {
            return Some((codec, bytes.len() - rest.len()));
        }
        if count < 0 {
            number(&mut rest)?;
        }
        for _ in 0..count.unsigned_abs() {
            let (name, value) = (field(&mut rest)?, field(&mut rest)?);
            if name == b"avro.codec" {
                codec = match value {
                    b"null" | b"" => BlockCodec::Stored,
                    b"deflate" => BlockCodec::Deflate,
                    b"snappy" => BlockCodec::Snappy,
                    b"zstandard" => BlockCodec::Zstd,
                    b"bzip2" => BlockCodec::Bzip2,
                    b"xz" => BlockCodec::Xz,
                    _ => BlockCodec::Unknown("another codec"),
                };
            }
        }
    }
}

fn field<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let size = usize::try_from(number(rest)?).ok()?;
    let value = rest.get(..size)?;
    *rest = &rest[size..];
    Some(value)
}

/// Takes a number that is not negative.
fn number(rest: &mut &[u8]) -> Option<u64> {
    u64::try_from(zigzag(rest)?).ok()
}

#[cfg(test)]
pub(in super::super) mod tests {
    use super::super::super::samples::{MARK, bzip2, secret, see, see_within, stored, tight, xz, zlib, zstd};
    use super::super::snappy::tests::pack;
    use super::super::varint::tests::zigzag_of;
    use super::*;

    fn file(codec: &str, blocks: &[&[u8]]) -> Vec<u8> {
        let text = |text: &str| [&zigzag_of(text.len())[..], text.as_bytes()].concat();
        let head = [
            b"Obj\x01\x04".to_vec(),
            text("avro.schema"),
            text("\"string\""),
            text("avro.codec"),
            text(codec),
            vec![0],
        ];
        let block = |data: &&[u8]| [&zigzag_of(2)[..], &zigzag_of(data.len()), data, &[7; 16]].concat();
        [head.concat(), vec![7; 16], blocks.iter().flat_map(block).collect()].concat()
    }

    pub(in super::super::super) fn sample(text: &[u8]) -> Vec<u8> {
        let packed = zlib(text);
        file("deflate", &[&packed[2..packed.len() - 4]])
    }

    #[test]
    fn blocks_of_every_codec() {
        let text = secret();
        let deflated = zlib(&text);
        for (codec, data) in [
            ("deflate", deflated[2..deflated.len() - 4].to_vec()),
            ("bzip2", bzip2(&text)),
            ("xz", xz(&text)),
            ("zstandard", zstd(&text)),
            ("snappy", [pack(&text), vec![0; 4]].concat()),
        ] {
            let seen = see(&stored(&[("a.avro", &file(codec, &[&data, &data]))]));
            assert_eq!((seen.places(), seen.reasons()), (vec!["a.avro!rows"], vec![]), "{codec}");
            let broken = file(codec, &[&data[..data.len() / 2], &data]);
            assert!(see(&broken).reasons().contains(&SkipReason::Damaged), "{codec}");
            assert_eq!(see(&broken).places(), ["rows"], "{codec}");
        }
        assert_eq!(see(&file("null", &[MARK])).members.len(), 0);
        assert_eq!(see(&file("lzo", &[MARK])).reasons(), [SkipReason::Unsupported]);
    }

    #[test]
    fn hostile_blocks_are_bounded() {
        let zeros = zlib(&vec![0; 6 << 20]);
        assert_eq!(see_within(&file("deflate", &[&zeros[2..]]), tight()).reasons(), [SkipReason::OverLimit]);
        let whole = sample(&secret());
        for cut in (4..whole.len()).step_by(7) {
            see(&whole[..cut]);
        }
        for tail in [&[0xff; 40][..], &[1; 40], &[0x80; 40]] {
            assert!(!see(&[b"Obj\x01", tail].concat()).reasons().is_empty());
        }
        let empty = file("deflate", &vec![&b"\x03\0"[..]; 2_000]);
        assert_eq!(see_within(&empty, tight()).reasons(), [SkipReason::OverLimit]);
    }
}
