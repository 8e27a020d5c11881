//! ORC: streams of columns in chunks, each behind a header of three bytes.

use super::super::Seekable;
use super::super::peek_reader::PeekReader;
use super::super::walker::{ArchiveFormat, ArchiveWalker, OpenMode, is_text, read_at};
use super::{BATCH, BlockCodec, BlockReader};
use crate::model::SkipReason;

pub(in super::super) const FORMAT: ArchiveFormat =
    ArchiveFormat::new("ORC", b"ORC", |head| head.len() > 16 && !is_text(&head[3..]), OpenMode::Document(open));

fn open(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, size: u64) {
    let tail = read_at(input, size.saturating_sub(256), 256);
    let Some((codec, tail)) = codec(&tail) else { return walker.skip(SkipReason::Damaged, "corrupt footer") };
    let mut blocks = BlockReader::new(codec);
    if !blocks.is_readable(walker) {
        return;
    }
    if !walker.seek(input, 3) {
        return;
    }
    let end = size.saturating_sub(tail as u64);
    let mut reader: &mut dyn Seekable = input;
    let mut source = PeekReader::new(&mut reader);
    while walker.budget.in_time() && source.taken() + 6 <= end {
        let [a, b, c] = *source.peek(3) else { break };
        let head = u32::from_le_bytes([a, b, c, 0]);
        let count = (head >> 1) as usize;
        source.skip(3);
        let data = source.peek(count);
        let is_whole = data.len() == count;
        // A chunk that compression makes no smaller is stored.
        let going = head & 1 == 1 || blocks.add(walker, data);
        source.skip(count as u64);
        if blocks.text.len() > BATCH {
            blocks.visit(walker, "columns");
        }
        if !is_whole {
            blocks.fault = blocks.fault.or(Some(super::CORRUPT));
        }
        if !going || blocks.fault.is_some() {
            break;
        }
    }
    blocks.visit(walker, "columns");
    walker.report_stop();
}

/// Reads the compression from the end of the file, and the number of bytes behind the last chunk.
fn codec(tail: &[u8]) -> Option<(BlockCodec, usize)> {
    let (length, rest) = tail.split_last()?;
    let script = rest.len().checked_sub(usize::from(*length)).map(|at| &rest[at..])?;
    let mut codec = BlockCodec::Stored;
    let mut at = 0;
    while let Some(tag) = script.get(at) {
        let width = script[at + 1..].iter().take(10).position(|byte| *byte < 0x80)? + 1;
        let value = script[at + 1];
        match (tag >> 3, tag & 7) {
            (2, 0) => {
                codec = match value {
                    0 => BlockCodec::Stored,
                    1 => BlockCodec::Deflate,
                    2 => BlockCodec::Snappy,
                    3 => BlockCodec::Unknown("LZO"),
                    4 => BlockCodec::Unknown("LZ4"),
                    5 => BlockCodec::Zstd,
                    _ => BlockCodec::Unknown("another codec"),
                }
            }
            (_, 0) => {}
            // Packed versions; the magic text ends it.
            (_, 2) if tag & 0x80 == 0 => at += usize::from(value),
            _ => break,
        }
        at += 1 + width;
    }
    Some((codec, usize::from(*length) + 1))
}

#[cfg(test)]
pub(in super::super) mod tests {
    use super::super::super::samples::{MARK, secret, see, see_within, stored, tight, zlib, zstd};
    use super::super::snappy::tests::pack;
    use super::*;

    fn file(codec: u8, chunks: &[(bool, &[u8])]) -> Vec<u8> {
        let chunk = |(is_stored, data): &(bool, &[u8])| {
            let head = (data.len() as u32) << 1 | u32::from(*is_stored);
            [&head.to_le_bytes()[..3], data].concat()
        };
        let script =
            [&b"\x08\x10\x10"[..], &[codec], b"\x18\x80\x80\x10\x22\x02\0\x0c\x28\x40\x82\xf4\x03\x03ORC"].concat();
        [b"ORC".to_vec(), chunks.iter().flat_map(chunk).collect(), script.clone(), vec![script.len() as u8]].concat()
    }

    pub(in super::super::super) fn sample(text: &[u8]) -> Vec<u8> {
        let packed = zlib(text);
        file(1, &[(true, b"stored as it is"), (false, &packed[2..packed.len() - 4])])
    }

    #[test]
    fn chunks_of_every_codec() {
        let text = secret();
        let deflated = zlib(&text);
        for (codec, data) in [(1, deflated[2..deflated.len() - 4].to_vec()), (2, pack(&text)), (5, zstd(&text))] {
            let whole = file(codec, &[(true, b"stored as it is"), (false, &data), (false, &data)]);
            let seen = see(&stored(&[("a.orc", &whole)]));
            assert_eq!((seen.places(), seen.reasons()), (vec!["a.orc!columns"], vec![]), "{codec}");
            let broken = file(codec, &[(false, &data), (false, &data[..data.len() / 2])]);
            assert_eq!((see(&broken).places(), see(&broken).reasons()), (vec!["columns"], vec![SkipReason::Damaged]));
        }
        assert_eq!(see(&file(4, &[(false, MARK)])).reasons(), [SkipReason::Unsupported]);
        assert_eq!(see(&file(0, &[(true, MARK)])).members.len(), 0);
    }

    #[test]
    fn hostile_files_are_bounded() {
        let zeros = zlib(&vec![0; 6 << 20]);
        assert_eq!(see_within(&file(1, &[(false, &zeros[2..])]), tight()).reasons(), [SkipReason::OverLimit]);
        let whole = sample(&secret());
        for cut in (3..whole.len()).step_by(7) {
            see(&whole[..cut]);
        }
        see(&file(1, &vec![(true, &b""[..]); 100_000]));
    }
}
