//! Parquet: pages of columns, each behind a header, where the footer says.

use super::super::Seekable;
use super::super::walker::{ArchiveFormat, ArchiveWalker, OpenMode, is_text, read_at};
use super::thrift::CompactReader;
use super::{BATCH, BlockCodec, BlockReader, MAX_BLOCK};
use crate::model::SkipReason;

pub(in super::super) const FORMAT: ArchiveFormat =
    ArchiveFormat::new("Parquet", b"PAR1", |head| head.len() > 12 && !is_text(&head[4..]), OpenMode::Document(open));

/// Most bytes of the footer, and of the header of a page.
const MAX_FOOTER: u64 = 16 << 20;
const MAX_HEADER: usize = 64 << 10;

/// A column of a group of rows: where its pages begin, their bytes, and how they are compressed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct ColumnChunk {
    start: u64,
    dictionary: u64,
    size: u64,
    codec: i64,
}

fn open(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, size: u64) {
    let tail = read_at(input, size.saturating_sub(8), 8);
    let [a, b, c, d, b'P', b'A', b'R', mark @ (b'1' | b'E')] = *tail else {
        return walker.skip(SkipReason::Damaged, "no footer");
    };
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    if mark == b'E' {
        return walker.skip(SkipReason::Encrypted, "needs a key");
    }
    let Some(at) = (size - 8).checked_sub(length).filter(|_| length <= MAX_FOOTER) else {
        return walker.skip(SkipReason::Damaged, "corrupt footer");
    };
    let footer = read_at(input, at, usize::try_from(length).unwrap_or(0));
    let Some(chunks) = chunks(&footer) else { return walker.skip(SkipReason::Damaged, "corrupt footer") };
    let (mut told, mut left) = (Vec::new(), size);
    for chunk in chunks {
        let codec = codec(chunk.codec);
        let mut pages = BlockReader::new(codec);
        if codec == BlockCodec::Stored || told.contains(&chunk.codec) {
            continue;
        }
        if !pages.is_readable(walker) {
            told.push(chunk.codec);
            continue;
        }
        // Chunks that overlap are no more than the file.
        let Some(rest) = left.checked_sub(chunk.size) else {
            walker.skip(SkipReason::Damaged, "overlapping columns");
            break;
        };
        left = rest;
        visit_pages(walker, input, chunk, &mut pages);
        if walker.budget.is_stopped() {
            break;
        }
    }
    walker.report_stop();
}

fn codec(number: i64) -> BlockCodec {
    match number {
        0 => BlockCodec::Stored,
        1 => BlockCodec::Snappy,
        2 => BlockCodec::Gzip,
        3 => BlockCodec::Unknown("LZO"),
        4 => BlockCodec::Brotli,
        5 | 7 => BlockCodec::Unknown("LZ4"),
        6 => BlockCodec::Zstd,
        _ => BlockCodec::Unknown("another codec"),
    }
}

/// Reads the columns of all groups of rows.
fn chunks(footer: &[u8]) -> Option<Vec<ColumnChunk>> {
    let (mut chunks, mut chunk) = (Vec::new(), ColumnChunk::default());
    CompactReader::new(footer).structure(&mut |path, value| {
        let number = value.and_then(|value| u64::try_from(value).ok()).unwrap_or(0);
        match path {
            [4, 1] if value.is_none() => chunks.push(std::mem::take(&mut chunk)),
            [4, 1, 3, 4] => chunk.codec = value.unwrap_or(0),
            [4, 1, 3, 7] => chunk.size = number,
            [4, 1, 3, 9] => chunk.start = number,
            [4, 1, 3, 11] => chunk.dictionary = number,
            _ => {}
        }
    })?;
    Some(chunks)
}

fn visit_pages(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, chunk: ColumnChunk, pages: &mut BlockReader) {
    let start = if chunk.dictionary > 0 { chunk.start.min(chunk.dictionary) } else { chunk.start };
    let (mut at, end) = (start, start.saturating_add(chunk.size));
    while at < end && walker.budget.in_time() {
        let head = read_at(input, at, MAX_HEADER.min(usize::try_from(end - at).unwrap_or(MAX_HEADER)));
        let Some(page) = PageHeader::read(&head) else {
            walker.skip(SkipReason::Damaged, "corrupt page");
            break;
        };
        let data = read_at(input, at + page.width, page.size);
        if data.len() < page.size {
            walker.skip(SkipReason::Damaged, "cut off");
        }
        let levels = page.levels.min(data.len());
        let going = !page.is_compressed || pages.add(walker, &data[levels..]);
        at += page.width + page.size as u64;
        if !going || pages.text.len() > BATCH || pages.fault.is_some() {
            pages.visit(walker, "pages");
        }
    }
    pages.visit(walker, "pages");
}

struct PageHeader {
    /// Bytes of the header, and of the data behind it.
    width: u64,
    size: usize,
    /// Bytes at the start of the data that are never compressed.
    levels: usize,
    is_compressed: bool,
}

impl PageHeader {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = CompactReader::new(bytes);
        let (mut size, mut levels, mut is_compressed) = (None, 0_i64, true);
        reader.structure(&mut |path, value| match path {
            [3] => size = value,
            [8, 5 | 6] => levels = levels.saturating_add(value.unwrap_or(0)),
            [8, 7] => is_compressed = value != Some(0),
            _ => {}
        })?;
        let size = usize::try_from(size?).ok().filter(|size| *size as u64 <= MAX_BLOCK)?;
        let levels = usize::try_from(levels).unwrap_or(0);
        Some(Self { width: (bytes.len() - reader.rest.len()) as u64, size, levels, is_compressed })
    }
}

#[cfg(test)]
pub(in super::super) mod tests {
    use super::super::super::brotli::tests::sample as brotli;
    use super::super::super::samples::{MARK, gzip, secret, see, see_within, stored, tight, zstd};
    use super::super::snappy::tests::pack;
    use super::super::varint::tests::zigzag_of;
    use super::*;

    /// A file of one column, whose pages may be of the second version.
    fn file(codec: usize, pages: &[(bool, &[u8])]) -> Vec<u8> {
        let page = |(is_second, data): &(bool, &[u8])| match is_second {
            false => {
                [b"\x15\0\x15\x02\x15".to_vec(), zigzag_of(data.len()), b"\x2c\x15\x02\0\0".to_vec(), data.to_vec()]
                    .concat()
            }
            true => {
                let size = zigzag_of(data.len() + 4);
                [
                    b"\x15\x06\x15\x02\x15".to_vec(),
                    size,
                    b"\x5c\x55\x04\x15\x04\x11\0\0".to_vec(),
                    vec![0; 4],
                    data.to_vec(),
                ]
                .concat()
            }
        };
        let pages: Vec<u8> = pages.iter().flat_map(page).collect();
        let column =
            [&b"\x45"[..], &zigzag_of(codec), b"\x36", &zigzag_of(pages.len()), b"\x26", &zigzag_of(4), b"\0"].concat();
        let footer = [&b"\x15\x02\x39\x1c\x19\x1c\x3c"[..], &column, b"\0\0\0"].concat();
        [b"PAR1", &pages[..], &footer, &(footer.len() as u32).to_le_bytes(), b"PAR1"].concat()
    }

    pub(in super::super::super) fn sample(text: &[u8]) -> Vec<u8> {
        file(2, &[(false, &gzip(text))])
    }

    #[test]
    fn pages_of_every_codec_and_version() {
        let text = secret();
        for (codec, data) in [(2, gzip(&text)), (6, zstd(&text)), (1, pack(&text))] {
            for is_second in [false, true] {
                let whole = file(codec, &[(is_second, &data), (is_second, &data)]);
                let seen = see(&stored(&[("a.parquet", &whole)]));
                assert_eq!((seen.places(), seen.reasons()), (vec!["a.parquet!pages"], vec![]), "{codec} {is_second}");
            }
            let broken = file(codec, &[(false, &data[..data.len() / 2]), (false, &data)]);
            assert!(see(&broken).reasons().contains(&SkipReason::Damaged), "{codec}");
            assert_eq!(see(&broken).places(), ["pages"], "{codec}");
        }
        // Blocks of the sample are stored, so that the mark is seen in the raw bytes, too.
        assert!(see(&file(4, &[(false, &brotli(&text))])).places().contains(&"pages"));
        assert_eq!(see(&file(3, &[(false, MARK), (false, MARK)])).skips, [(SkipReason::Unsupported, String::new())]);
        assert_eq!(see(&file(0, &[(false, MARK)])).members.len(), 0);
    }

    #[test]
    fn hostile_files_are_bounded() {
        let bomb = gzip(&vec![0; 6 << 20]);
        assert_eq!(see_within(&file(2, &[(false, &bomb)]), tight()).reasons(), [SkipReason::OverLimit]);
        let whole = sample(&secret());
        for cut in (13..whole.len()).step_by(7) {
            assert_eq!(see(&whole[..cut]).reasons(), [SkipReason::Damaged]);
        }
        for at in (4..whole.len()).step_by(5) {
            let mut broken = whole.clone();
            broken[at] ^= 0x5a;
            see(&broken);
        }
        let many = [b"PAR1", &[0x19; 4000][..], &4000_u32.to_le_bytes(), b"PAR1"].concat();
        assert_eq!(see(&many).reasons(), [SkipReason::Damaged]);
    }
}
