//! Files that hold compressed streams at any place, found by the marks at their start: arrays in HDF5, columns in Arrow,
//! bodies in captures of network traffic and in web archives, films of Flash, file systems, modules of Erlang, resources
//! of GNOME, programs that bundle Python.

use std::io::{Read, SeekFrom};

use flate2::{Decompress, FlushDecompress};
use memchr::memmem::Finder;

use super::Seekable;
use super::codec::{Codec, DecodeFault, StreamDecoder};
use super::peek_reader::PeekReader;
use super::walker::{AppendedCheck, ArchiveFormat, ArchiveWalker, OpenMode, is_text, read_at};
use crate::model::SkipReason;

pub(super) const HDF5: ArchiveFormat = ArchiveFormat::new(
    "HDF5",
    b"\x89HDF\r\n\x1a\n",
    |head| head.len() > 8 && !is_text(&head[8..]),
    OpenMode::Document(open_hdf5),
);
pub(super) const ARROW: ArchiveFormat =
    ArchiveFormat::new("Arrow", b"ARROW1\0\0", |_| true, OpenMode::Document(open_arrow));
pub(super) const FLASH: ArchiveFormat =
    with_zlib("Flash", b"CWS", |head| head.len() > 8 && head[3] < 64 && !is_text(&head[3..]));
pub(super) const MATLAB: ArchiveFormat =
    with_zlib("MATLAB", b"MATLAB 5.0 MAT-file", |head| matches!(head.get(126..128), Some(b"IM" | b"MI")));
pub(super) const ANDROID_BACKUP: ArchiveFormat =
    ArchiveFormat::new("Android backup", b"ANDROID BACKUP\n", is_backup, OpenMode::Document(open_backup));
pub(super) const CAPTURES: ArchiveFormat =
    ArchiveFormat::new("capture", b"", is_capture, OpenMode::Document(open_capture));
pub(super) const SQUASHFS: ArchiveFormat = ArchiveFormat::new(
    "SquashFS",
    b"hsqs",
    |head| head.get(28..32) == Some(&[4, 0, 0, 0]),
    OpenMode::Document(open_squashfs),
);
pub(super) const APP_IMAGE: ArchiveFormat = ArchiveFormat::new(
    "AppImage",
    b"\x7fELF",
    |head| head.get(8..11) == Some(b"AI\x02"),
    OpenMode::Document(|walker, input, _size| open_streams(walker, input, &[ZLIB, XZ, ZSTD].concat())),
);
pub(super) const BEAM: ArchiveFormat = with_zlib("BEAM", b"FOR1", |head| head.get(8..12) == Some(b"BEAM"));
pub(super) const ERLANG_TERM: ArchiveFormat = with_zlib("Erlang term", b"\x83P", |head| head.get(6) == Some(&b'x'));
pub(super) const RESOURCES: ArchiveFormat =
    with_zlib("GResource", b"GVariant", |head| head.len() > 8 && !is_text(&head[8..]));
pub(super) const PYTHON_PROGRAM: ArchiveFormat = ArchiveFormat {
    appended: Some(AppendedCheck { may_end: |_| false, is_there: ends_like_python }),
    ..ArchiveFormat::new(
        "PyInstaller",
        PYTHON_COOKIE,
        |_| false,
        OpenMode::Seekable(|walker, input, _size| open_streams(walker, input, ZLIB)),
    )
};

/// Creates a format whose compressed parts are those of zlib.
const fn with_zlib(name: &'static str, magic: &'static [u8], accepts: fn(&[u8]) -> bool) -> ArchiveFormat {
    ArchiveFormat::new(
        name,
        magic,
        accepts,
        OpenMode::Document(|walker, input, _size| open_streams(walker, input, ZLIB)),
    )
}

pub(super) const ZLIB: &[&[u8]] = &[b"x\x01", b"x\x5e", b"x\x9c", b"x\xda"];
const GZIP: &[&[u8]] = &[b"\x1f\x8b\x08"];
const XZ: &[&[u8]] = &[b"\xfd7zXZ\0"];
pub(super) const ZSTD: &[&[u8]] = &[b"\x28\xb5\x2f\xfd"];

/// Bytes of a gzip header without optional fields.
pub(super) const GZIP_HEADER: usize = 10;

/// Stands in front of what PyInstaller says of the bundle, at the end of the program or in its last section.
const PYTHON_COOKIE: &[u8] = b"MEI\x0c\x0b\x0a\x0b\x0e";
const PYTHON_TAIL: u64 = 16 << 10;

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

/// The lines behind the name are a version, 0 or 1 for compression, and a cipher.
fn is_backup(head: &[u8]) -> bool {
    matches!(head.split(|byte| *byte == b'\n').nth(2), Some(b"0" | b"1"))
}

fn open_backup(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, _size: u64) {
    let head = read_at(input, 0, 64);
    if head.split(|byte| *byte == b'\n').nth(3) != Some(b"none") {
        return walker.skip(SkipReason::Encrypted, "needs a password");
    }
    open_streams(walker, input, ZLIB);
}

fn open_capture(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, _size: u64) {
    open_streams(walker, input, GZIP);
}

fn open_squashfs(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, _size: u64) {
    let unknown = match read_at(input, 20, 1).first() {
        Some(1) => return open_streams(walker, input, ZLIB),
        Some(4) => return open_streams(walker, input, XZ),
        Some(6) => return open_streams(walker, input, ZSTD),
        Some(2) => "LZMA",
        Some(3) => "LZO",
        Some(5) => "LZ4",
        _ => "an unknown method",
    };
    walker.skip(SkipReason::Unsupported, &format!("blocks compressed by {unknown} are not supported"));
}

fn ends_like_python(input: &mut dyn Seekable, size: u64, _is_anywhere: bool) -> bool {
    let tail = read_at(input, size.saturating_sub(PYTHON_TAIL), PYTHON_TAIL as usize);
    memchr::memmem::find(&tail, PYTHON_COOKIE).is_some()
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
    const LONGEST: usize = 6;
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
        [0xfd, ..] => Ok((0, Codec::xz(memory)?)),
        _ => Ok((0, Codec::zstd(memory)?)),
    }
}

/// Returns true if the first bytes of a stream are no noise.
pub(super) fn begins_stream(head: &[u8]) -> bool {
    let data = match head {
        // A header with optional fields is left to its own kind of file.
        [0x1f, _, _, 0, ..] if head.len() > GZIP_HEADER => &head[GZIP_HEADER..],
        [b'x', _, data @ ..] => data,
        [0x28 | 0xfd, ..] => return true,
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
pub(super) mod tests {
    use super::super::samples::{gzip, noise, secret, see, see_within, stored, tight, xz, zlib, zstd};
    use super::*;

    pub(in super::super) fn sample(text: &[u8]) -> Vec<u8> {
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
            (&squashfs(1), zlib(&text)),
            (&squashfs(4), xz(&text)),
            (&squashfs(6), zstd(&text)),
            (b"\x7fELF\x02\x01\x01\0AI\x02", xz(&text)),
            (b"FOR1\0\0\0\x09BEAM", zlib(&text)),
            (b"\x83P\0\0\0\x09x", zlib(&text)),
            (&[b"MATLAB 5.0 MAT-file, Platform: GLNXA64", &[b' '; 88][..], b"IM"].concat(), zlib(&text)),
            (b"ANDROID BACKUP\n5\n1\nnone\n", zlib(&text)),
            (b"GVariant\0\0\0\0", zlib(&text)),
        ] {
            let file = [head, &noise(70_000), &packed, &noise(100), &packed].concat();
            let seen = see(&stored(&[("a", &file)]));
            assert_eq!((seen.places(), seen.reasons()), (vec!["a!stream 1", "a!stream 2"], vec![]));
            let broken = [head, &packed[..packed.len() / 2], &noise(3_000), &packed].concat();
            assert!(see(&broken).places().contains(&"stream 2"));
            assert_eq!(see(&broken).reasons(), [SkipReason::Damaged]);
        }
    }

    fn squashfs(method: u8) -> Vec<u8> {
        let mut head = [b"hsqs", &[0; 28][..]].concat();
        (head[20], head[28]) = (method, 4);
        head
    }

    #[test]
    fn a_bundle_of_python_ends_a_program() {
        let file = |cookie: &[u8]| [b"MZ\x90\0", &noise(70_000)[..], &zlib(&secret()), cookie, &noise(9_000)].concat();
        let seen = see(&stored(&[("a.exe", &file(PYTHON_COOKIE))]));
        assert_eq!((seen.places(), seen.reasons()), (vec!["a.exe!stream 1"], vec![]));
        assert_eq!(see(&file(PYTHON_COOKIE)).places(), ["stream 1"]);
        assert_eq!(see(&file(b"MEI")).places(), [""; 0]);
    }

    #[test]
    fn what_cannot_be_undone_is_counted() {
        let file = [b"\x89HDF\r\n\x1a\n", &noise(300)[..], b"\x00\x7d\x04\0lzf\0\0\0\0\0"].concat();
        assert_eq!(see(&file).reasons(), [SkipReason::Unsupported]);
        let file = [b"ARROW1\0\0", &noise(300)[..], b"\x04\x22\x4d\x18"].concat();
        assert_eq!(see(&file).reasons(), [SkipReason::Unsupported]);
        assert_eq!(see(b"ANDROID BACKUP\n5\n1\nAES-256\n00").reasons(), [SkipReason::Encrypted]);
        assert_eq!(see(&[&squashfs(3)[..], &noise(300)].concat()).reasons(), [SkipReason::Unsupported]);
        for head in [b"\x89HDF\r\n\x1a\n", &squashfs(1)[..], &squashfs(4), &squashfs(6)] {
            assert_eq!(see(&[head, &noise(400_000)[..]].concat()).skips, []);
        }
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
