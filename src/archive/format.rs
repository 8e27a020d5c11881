//! Which formats there are, and how their first bytes tell them apart: one row each.
//!
//! A text that merely starts like an archive is none. Where the magic bytes are letters or few, a row also asks
//! for what a real header holds next; [`is_text`] settles the rest: no header of these formats is printable
//! for its first dozens of bytes. Such a file is whole as the text that it is, and its scan stays complete.

use std::io::Cursor;

use super::source::Source;
use super::walker::Walker;
use super::{Seekable, ar, bzip2, gzip, pack, sqlite, tar, xz, zip, zstd};

/// Bytes that suffice to know any format.
pub(super) const HEAD: usize = 512;

/// How many bytes after the magic ones must be text for a file to be text.
const TEXT: usize = 28;

/// Opens an archive that is read once.
pub(super) type OpenStream = fn(&mut Walker<'_>, &mut Source<'_>);

/// Opens an archive of the given length.
pub(super) type OpenWhole = fn(&mut Walker<'_>, &mut dyn Seekable, u64);

/// How a format is read.
#[derive(Clone, Copy)]
pub(super) enum Open {
    /// From front to back.
    Stream(OpenStream),
    /// From any position.
    Whole(OpenWhole),
    /// From any position, or worse from front to back.
    Either(OpenWhole, OpenStream),
    /// Not at all: it is known for an archive, and no more.
    Closed,
}

pub(super) struct Format {
    pub(super) name: &'static str,
    magic: &'static [u8],
    sure: fn(&[u8]) -> bool,
    pub(super) open: Open,
}

const fn row(name: &'static str, magic: &'static [u8], sure: fn(&[u8]) -> bool, open: Open) -> Format {
    Format { name, magic, sure, open }
}

const ZIP: Open = Open::Either(zip::open, zip::stream);

static FORMATS: &[Format] = &[
    row("zip", b"PK\x03\x04", |head| !is_text(&head[4..]), ZIP),
    row("empty zip", b"PK\x05\x06", |head| !is_text(&head[4..]), ZIP),
    row("split zip", b"PK\x07\x08PK", |head| !is_text(&head[4..]), ZIP),
    row("crx", b"Cr24", |head| !is_text(&head[4..]), ZIP),
    row("gzip", &[0x1f, 0x8b], gzip::is_gzip, Open::Stream(gzip::open)),
    row("bzip2", b"BZh", bzip2::is_bzip2, Open::Stream(bzip2::open)),
    row("xz", xz::XZ, |head| !is_text(&head[6..]), Open::Stream(xz::open_xz)),
    row("lzip", xz::LZIP, |head| !is_text(&head[5..]), Open::Stream(xz::open_lzip)),
    row("lzma", &[0x5d, 0], xz::is_lzma, Open::Stream(xz::open_lzma)),
    row("zstd", &[], zstd::is_zstd, Open::Stream(zstd::open)),
    row("ar", ar::MAGIC, ar::is_ar, Open::Stream(ar::open)),
    row("SQLite", sqlite::MAGIC, sqlite::is_sqlite, Open::Whole(sqlite::open)),
    row("git pack", pack::MAGIC, pack::is_pack, Open::Whole(pack::open)),
    row("git bundle", pack::BUNDLE, pack::is_bundle, Open::Whole(pack::open_bundle)),
    row("7z", b"7z\xbc\xaf\x27\x1c", |head| !is_text(&head[6..]), Open::Closed),
    row("rar", b"Rar!\x1a\x07", |head| !is_text(&head[6..]), Open::Closed),
    row("cab", b"MSCF\0\0\0\0", |_| true, Open::Closed),
    row("lz4", &[0x04, 0x22, 0x4d, 0x18], |head| !is_text(&head[4..]), Open::Closed),
    row("rpm", &[0xed, 0xab, 0xee, 0xdb], |head| !is_text(&head[4..]), Open::Closed),
    row("tar", &[], tar::is_tar, Open::Stream(tar::open)),
];

/// The format whose first bytes these are.
pub(super) fn sniff(head: &[u8]) -> Option<&'static Format> {
    // Nearly all files differ in the first byte, which is compared without a call.
    let begins =
        |magic: &[u8]| magic.first().is_none_or(|first| head.first() == Some(first)) && head.starts_with(magic);
    FORMATS.iter().find(|format| begins(format.magic) && (format.sure)(head))
}

/// Whether something like a program starts with these bytes, to which a zip may be appended.
pub(super) fn is_stub(head: &[u8]) -> bool {
    head.starts_with(b"MZ") || head.starts_with(b"\x7fELF") || head.starts_with(b"#!")
}

/// Whether `bytes`, the whole of a file, are an archive. Costs a few comparisons on anything else.
#[must_use]
pub fn is_archive(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(HEAD)];
    sniff(head).is_some()
        || zip::ends_like_zip(bytes)
        || is_stub(head) && zip::has_directory(&mut Cursor::new(bytes), bytes.len() as u64)
}

/// Whether a file may be an archive, by how it begins and ends. Its first half a kilobyte and last 22 bytes suffice.
pub(crate) fn may_be_archive(head: &[u8], tail: &[u8]) -> bool {
    let head = &head[..head.len().min(HEAD)];
    sniff(head).is_some() || is_stub(head) || zip::ends_like_zip(tail)
}

/// Whether `bytes` are printable text for as far as matters. True for none at all.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let bytes = &bytes[..bytes.len().min(TEXT)];
    let printable = bytes.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x20..=0x7e | 0x80..));
    // A cut character at the end is no reason against text.
    printable && std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_starts_like_an_archive_is_none() {
        for magic in FORMATS.iter().filter(|format| !format.magic.is_empty()).map(|format| format.magic) {
            for tail in
                ["", "\n", " is how they start, as any reader of the manual knows", "\r\nKEY=värde ändå så länge\n"]
            {
                let text = [magic, tail.as_bytes()].concat();
                assert!(sniff(&text).is_none() || magic.contains(&0), "{magic:?} {tail:?}");
            }
        }
        for text in
            ["PK", "BZh", "BZh9 is the header", "!<arch>\nis how ar starts", "SQLite format 3\0", "070701", "%PDF-1.7"]
        {
            assert!(sniff(text.as_bytes()).is_none(), "{text}");
        }
        assert!(sniff(&[0; 512]).is_none());
        assert!(sniff(&[]).is_none());
    }
}
