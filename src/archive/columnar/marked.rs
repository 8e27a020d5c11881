//! Files that hold compressed streams at any place, found by the marks at their start: arrays in HDF5, columns in Arrow,
//! bodies in captures of network traffic and in web archives, films of Flash.

use std::io::{Read, SeekFrom};

use flate2::{Decompress, FlushDecompress};
use memchr::memmem::Finder;

use super::super::Seekable;
use super::super::codec::{Codec, DecodeFault, StreamDecoder};
use super::super::peek_reader::PeekReader;
use super::super::walker::{ArchiveFormat, ArchiveWalker, OpenMode, is_text};
use super::GZIP_HEADER;
use crate::model::SkipReason;

pub(in super::super) const HDF5: ArchiveFormat = ArchiveFormat::new(
    "HDF5",
    b"\x89HDF\r\n\x1a\n",
    |head| head.len() > 8 && !is_text(&head[8..]),
    OpenMode::Document(open_hdf5),
);
pub(in super::super) const ARROW: ArchiveFormat =
    ArchiveFormat::new("Arrow", b"ARROW1\0\0", |_| true, OpenMode::Document(open_arrow));
pub(in super::super) const FLASH: ArchiveFormat = ArchiveFormat::new(
    "Flash",
    b"CWS",
    |head| head.len() > 8 && head[3] < 64 && !is_text(&head[3..]),
    OpenMode::Document(|walker, input, _size| open_streams(walker, input, ZLIB)),
);
pub(in super::super) const CAPTURES: ArchiveFormat =
    ArchiveFormat::new("capture", b"", is_capture, OpenMode::Document(open_capture));

pub(super) const ZLIB: &[&[u8]] = &[b"x\x01", b"x\x5e", b"x\x9c", b"x\xda"];
const GZIP: &[&[u8]] = &[b"\x1f\x8b\x08"];
pub(super) const ZSTD: &[&[u8]] = &[b"\x28\xb5\x2f\xfd"];

/// Names of filters and marks of streams that cannot be undone.
const HDF5_FILTERS: &[(&[u8], &str)] =
    &[(b"lzf\0", "LZF"), (b"szip\0", "szip"), (b"blosc\0", "Blosc"), (b"shuffle\0", "shuffle")];
pub(super) const LZ4: &[(&[u8], &str)] = &[(b"\x04\x22\x4d\x18", "LZ4")];

/// First bytes of a stream that are decoded to see that it is one.
pub(super) const TRIAL: usize = 512;

fn is_capture(head: &[u8]) -> bool {
    const MAGICS: [[u8; 4]; 4] =
        [[0xd4, 0xc3, 0xb2, 0xa1], [0xa1, 0xb2, 0xc3, 0xd4], [0x4d, 0x3c, 0xb2, 0xa1], [0xa1, 0xb2, 0x3c, 0x4d]];
    let is_next = head.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a])
        && matches!(head.get(8..12), Some([0x4d, 0x3c, 0x2b, 0x1a] | [0x1a, 0x2b, 0x3c, 0x4d]));
    is_next || head.starts_with(b"WARC/1.") || MAGICS.iter().any(|magic| head.starts_with(magic))
}

fn open_hdf5(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, _size: u64) {
    report_others(walker, input, HDF5_FILTERS);
    open_streams(walker, input, ZLIB);
}

fn open_arrow(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, _size: u64) {
    report_others(walker, input, LZ4);
    open_streams(walker, input, ZSTD);
}

fn open_capture(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, _size: u64) {
    open_streams(walker, input, GZIP);
}

/// Counts a file in which one of the texts is.
pub(super) fn report_others(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, texts: &[(&[u8], &str)]) {
    for (text, name) in texts {
        let mut reader: &mut dyn Seekable = input;
        if reader.seek(SeekFrom::Start(0)).is_ok() && PeekReader::new(&mut reader).seek_mark(text) {
            walker.skip(SkipReason::Unsupported, &format!("blocks compressed by {name} are not supported"));
        }
    }
}

/// Visits the streams that begin with one of the marks.
fn open_streams(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, marks: &[&[u8]]) {
    let finders: Vec<Finder<'_>> = marks.iter().map(|mark| Finder::new(*mark)).collect();
    let (mut at, mut count) = (0, 0);
    while let Some(next) = visit_from(walker, input, at, &finders, &mut count) {
        at = next;
    }
    walker.report_stop();
}

/// Visits streams behind `at`. Returns where to go on behind one that is broken.
fn visit_from(
    walker: &mut ArchiveWalker<'_>,
    input: &mut dyn Seekable,
    at: u64,
    marks: &[Finder<'_>],
    count: &mut u64,
) -> Option<u64> {
    if !walker.seek(input, at) {
        return None;
    }
    let mut reader: &mut dyn Seekable = input;
    let mut source = PeekReader::new(&mut reader);
    while walker.budget.in_time() && seek_mark(&mut source, marks) {
        if !begins_stream(source.peek(TRIAL)) {
            source.skip(1);
            continue;
        }
        *count += 1;
        let name = format!("stream {count}");
        let data = source.taken();
        if let Err(fault) = visit_stream(walker, &name, &mut source) {
            walker.fault(Some(&name), fault);
            // Pays for bytes that are read again, so that the time is in proportion to the size.
            return walker.budget.expand(source.taken() - data).then_some(at + data + 1);
        }
    }
    None
}

/// Takes bytes up to the next mark.
pub(super) fn seek_mark(source: &mut PeekReader<'_>, marks: &[Finder<'_>]) -> bool {
    const LONGEST: usize = 4;
    loop {
        let ahead_len = source.peek(LONGEST).len();
        let ahead = source.ahead();
        if let Some(found) = marks.iter().filter_map(|mark| mark.find(ahead)).min() {
            source.skip(found as u64);
            return true;
        }
        if ahead_len < LONGEST {
            return false;
        }
        let step = ahead.len() + 1 - LONGEST;
        source.skip(step as u64);
    }
}

fn codec(head: &[u8], memory: u64) -> Result<(usize, Codec), DecodeFault> {
    match head {
        [0x1f, ..] => Ok((GZIP_HEADER, Codec::inflate())),
        [b'x', ..] => Ok((2, Codec::inflate())),
        _ => Ok((0, Codec::zstd(memory)?)),
    }
}

/// Returns true if the first bytes of a stream are no noise.
pub(super) fn begins_stream(head: &[u8]) -> bool {
    let data = match head {
        // A header with optional fields is left to its own kind of file.
        [0x1f, _, _, 0, ..] if head.len() > GZIP_HEADER => &head[GZIP_HEADER..],
        [b'x', _, data @ ..] => data,
        [0x28, ..] => return true,
        _ => return false,
    };
    let (mut decoder, mut out) = (Decompress::new(false), [0; 4 << 10]);
    let status = decoder.decompress(data, &mut out, FlushDecompress::None);
    status.is_ok() && decoder.total_out() >= 16
}

pub(super) fn visit_stream(
    walker: &mut ArchiveWalker<'_>,
    name: &str,
    source: &mut PeekReader<'_>,
) -> Result<(), DecodeFault> {
    let (width, codec) = codec(source.peek(4), walker.decoder_memory())?;
    source.skip(width as u64);
    let mut decoder = StreamDecoder::single(codec, source, walker.budget);
    walker.enter(name, &mut decoder.by_ref());
    decoder.finish().map(drop)
}

#[cfg(test)]
pub(in super::super) mod tests {
    use super::super::super::samples::{gzip, noise, secret, see, see_within, stored, tight, zlib, zstd};
    use super::*;

    pub(in super::super::super) fn sample(text: &[u8]) -> Vec<u8> {
        [b"\x89HDF\r\n\x1a\n", &noise(300)[..], &zlib(text), &noise(40)].concat()
    }

    #[test]
    fn streams_at_any_place() {
        let text = secret();
        for (head, packed) in [
            (&b"\x89HDF\r\n\x1a\n"[..], zlib(&text)),
            (b"ARROW1\0\0", zstd(&text)),
            (b"\xd4\xc3\xb2\xa1\x02\0\x04\0", gzip(&text)),
            (b"WARC/1.0\r\nWARC-Type: response\r\n\r\n", gzip(&text)),
            (b"CWS\x0a\0\0\0\0", zlib(&text)),
            (b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a", gzip(&text)),
        ] {
            let file = [head, &noise(70_000), &packed, &noise(100), &packed].concat();
            let seen = see(&stored(&[("a", &file)]));
            assert_eq!((seen.places(), seen.reasons()), (vec!["a!stream 1", "a!stream 2"], vec![]));
            let broken = [head, &packed[..packed.len() / 2], &noise(3_000), &packed].concat();
            assert!(see(&broken).places().contains(&"stream 2"));
            assert_eq!(see(&broken).reasons(), [SkipReason::Damaged]);
        }
    }

    #[test]
    fn what_cannot_be_undone_is_counted() {
        let file = [b"\x89HDF\r\n\x1a\n", &noise(300)[..], b"\x00\x7d\x04\0lzf\0\0\0\0\0"].concat();
        assert_eq!(see(&file).reasons(), [SkipReason::Unsupported]);
        let file = [b"ARROW1\0\0", &noise(300)[..], b"\x04\x22\x4d\x18"].concat();
        assert_eq!(see(&file).reasons(), [SkipReason::Unsupported]);
        assert_eq!(see(&[b"\x89HDF\r\n\x1a\n", &noise(400_000)[..]].concat()).skips, []);
    }

    #[test]
    fn hostile_files_are_bounded() {
        let head = b"\x89HDF\r\n\x1a\n";
        let bomb = [&head[..], &zlib(&vec![0; 6 << 20])].concat();
        let endless = [&head[..], &b"x\x9c\0\xff\xff\0\0abcdefghijklmnopqrstuvwxyz".repeat(20_000)].concat();
        for file in [&bomb, &endless] {
            assert!(see_within(file, tight()).reasons().contains(&SkipReason::OverLimit));
        }
        for mark in [&b"x\x9c"[..], b"x\x9c\x03\0", b"x", b"x\x01x\x5e"] {
            assert_eq!(see(&[&head[..], &mark.repeat(100_000)].concat()).reasons(), [], "{mark:?}");
        }
    }
}
