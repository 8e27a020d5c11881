//! Archives and their members.
//!
//! Whatever holds other files is opened, nested archives too, and every member is handed to a [`MemberVisitor`] with the
//! names that lead to it. Formats are recognised by their first bytes, never by file names. Everything is streamed:
//! nothing is written to disk, and memory is bounded by [`ArchiveLimits`].
//!
//! A damaged, encrypted or endless archive is not an error. Whatever can be read is visited, and the visitor gets a
//! [`SkipReason`] for the rest. Nothing is searched here, and the bytes of the outermost file are not visited: the caller has
//! them already.
//!
//! A format is one file and one row of `FORMATS`.

mod ar;
mod brotli;
mod budget;
mod bzip2;
mod codec;
mod columnar;
mod gzip;
mod hex_dump;
mod lzma;
mod mail;
mod marked;
mod office;
mod one_shot;
mod pack;
mod pdf;
mod peek_reader;
mod phar;
mod png;
mod redis;
mod registry;
pub(crate) mod sqlite;
mod tar;
mod walker;
mod zip;
mod zlib;
mod zstd;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod quine;
#[cfg(test)]
mod samples;

use std::io::{Cursor, Read, Seek};
use std::ops::Range;

use memchr::memmem;

pub(crate) use self::mail::blocks::{FILE as PATCH_OF_FILE, PATCH as BINARY_PATCH};
pub(crate) use self::walker::HEAD;
use self::walker::{ArchiveFormat, OpenMode, is_program, is_text, read_at};
use crate::model::SkipReason;

pub use budget::ArchiveLimits;

/// Every format, in the order in which they are tried.
static FORMATS: &[ArchiveFormat] = &[
    zip::ZIP,
    zip::EMPTY,
    zip::SPLIT,
    zip::CRX,
    phar::FORMAT,
    gzip::FORMAT,
    bzip2::FORMAT,
    lzma::XZ,
    lzma::LZIP,
    lzma::LZMA,
    lzma::ODD_LZMA,
    zstd::FORMAT,
    ar::FORMAT,
    sqlite::DATABASE,
    sqlite::LOG,
    sqlite::BIG_ENDIAN_LOG,
    sqlite::JOURNAL,
    pack::PACK,
    pack::BUNDLE,
    pdf::FORMAT,
    png::FORMAT,
    columnar::AVRO,
    columnar::PARQUET,
    columnar::ORC,
    marked::ARROW,
    marked::HDF5,
    marked::CAPTURES,
    marked::FLASH,
    marked::MATLAB,
    marked::ANDROID_BACKUP,
    marked::SQUASHFS,
    marked::APP_IMAGE,
    marked::BEAM,
    marked::ERLANG_TERM,
    marked::RESOURCES,
    marked::PYTHON_PROGRAM,
    columnar::PG_DUMP,
    redis::FORMAT,
    hex_dump::FORMAT,
    zlib::FORMAT,
    office::FORMAT,
    registry::FORMAT,
    mail::FORMAT,
    mail::PATCH,
    mail::UUENCODE,
    ArchiveFormat::new("7z", b"7z\xbc\xaf\x27\x1c", |head| !is_text(&head[6..]), OpenMode::Unsupported),
    ArchiveFormat::new("rar", b"Rar!\x1a\x07", |head| !is_text(&head[6..]), OpenMode::Unsupported),
    ArchiveFormat::new("cab", b"MSCF\0\0\0\0", |_| true, OpenMode::Unsupported),
    ArchiveFormat::new("lz4", &[0x04, 0x22, 0x4d, 0x18], |head| !is_text(&head[4..]), OpenMode::Unsupported),
    ArchiveFormat::new("lz4", &[0x02, 0x21, 0x4c, 0x18], |head| !is_text(&head[4..]), OpenMode::Unsupported),
    ArchiveFormat::new("lzop", b"\x89LZO\0\r\n\x1a\n", |_| true, OpenMode::Unsupported),
    ArchiveFormat::new("snappy", b"\xff\x06\0\0sNaPpY", |_| true, OpenMode::Unsupported),
    ArchiveFormat::new("compress", &[0x1f, 0x9d], |head| !is_text(&head[2..]), OpenMode::Unsupported),
    ArchiveFormat::new("LZ4 of Mozilla", b"mozLz40\0", |_| true, OpenMode::Unsupported),
    ArchiveFormat::new("Flash with LZMA", b"ZWS", |head| head.len() > 8 && !is_text(&head[3..]), OpenMode::Unsupported),
    ArchiveFormat::new("chm", b"ITSF", |head| head.len() > 8 && !is_text(&head[4..]), OpenMode::Unsupported),
    ArchiveFormat::new("xar", b"xar!\0", |_| true, OpenMode::Unsupported),
    ArchiveFormat::new("wim", b"MSWIM\0\0\0", |_| true, OpenMode::Unsupported),
    ArchiveFormat::new("rpm", &[0xed, 0xab, 0xee, 0xdb], |head| !is_text(&head[4..]), OpenMode::Unsupported),
    // Programs whose strings are compressed.
    ArchiveFormat::new("upx", b"\x7fELF", |head| memmem::find(head, b"UPX!").is_some(), OpenMode::Unsupported),
    ArchiveFormat::new("upx", b"MZ", |head| memmem::find(head, b"UPX0\0").is_some(), OpenMode::Unsupported),
    tar::FORMAT,
    brotli::FORMAT,
];

/// Bytes that can be read from any position: a slice in a [`std::io::Cursor`], or a file.
pub trait Seekable: Read + Seek {}

impl<T: Read + Seek> Seekable for T {}

/// Receives the content of an archive. A chain lists member names, outermost first, without that of the outermost file.
pub trait MemberVisitor {
    /// Visits the content of a member, or what of a nested archive lies outside of its members. The reader never fails:
    /// damage ends it and is reported to [`MemberVisitor::skip`]. It need not be read to its end.
    fn member(&mut self, chain: &[String], content: &mut dyn Read);

    /// As [`MemberVisitor::member`], for content that is in memory.
    fn bytes(&mut self, chain: &[String], mut content: &[u8]) {
        self.member(chain, &mut content);
    }

    /// Visits many values of a database at once, each on lines of its own.
    fn values(&mut self, chain: &[String], text: &[u8], _names: &dyn ValueNames) {
        self.bytes(chain, text);
    }

    /// Reports ranges, in order, of the bytes at `chain` that were visited a second time, as values.
    fn replaced(&mut self, _chain: &[String], _ranges: &[Range<u64>]) {}

    /// Returns true if a zip ends in the member that was visited last, or, before the first, anywhere in the input.
    fn saw_zip(&self) -> bool {
        false
    }

    /// Visits the last name of `chain`: that of a file, link or directory.
    fn name(&mut self, _chain: &[String]) {}

    /// Reports that something at `chain` was not read, or only in part, and `why`.
    fn skip(&mut self, reason: SkipReason, chain: &[String], why: &str);
}

/// The values in a text that was made of many.
pub trait ValueNames {
    /// Returns the range of the value that holds an offset of the text, and what to call it: `options.value, row 3`.
    fn value_at(&self, offset: usize) -> Option<(Range<usize>, String)>;
}

/// Opens `input`, if it is an archive, and visits everything in it.
pub fn open(input: &mut dyn Seekable, visitor: &mut dyn MemberVisitor, limits: ArchiveLimits) {
    walker::open(input, visitor, limits, FORMATS);
}

/// Returns true if `bytes`, a whole file, are an archive. `holds_zip` says that one may end anywhere in them. Costs a few
/// comparisons for anything else.
pub(crate) fn is_archive(bytes: &[u8], holds_zip: bool) -> bool {
    let head = &bytes[..bytes.len().min(HEAD)];
    begins_like_archive(head)
        || ends_like_archive(bytes)
        || (holds_zip || is_program(head)) && zip::has_directory(&mut Cursor::new(bytes), bytes.len() as u64, holds_zip)
}

/// Returns true if a file may be an archive, by its first half a kilobyte and its last 22 bytes.
pub(crate) fn may_be_archive(head: &[u8], tail: &[u8]) -> bool {
    let head = &head[..head.len().min(HEAD)];
    begins_like_archive(head) || is_program(head) || ends_like_archive(tail)
}

/// Returns true if an archive without mark at its start may end with these bytes.
fn ends_like_archive(tail: &[u8]) -> bool {
    zip::ends_like_zip(tail) || phar::ends_like_phar(tail)
}

/// As [`is_archive`], for a file of which the first and the last bytes are read.
pub(crate) fn is_archive_at(input: &mut dyn Seekable, holds_zip: bool) -> bool {
    let head = read_at(input, 0, HEAD);
    begins_like_archive(&head) || walker::find_appended(FORMATS, input, &head, holds_zip).is_some()
}

/// Returns true if an archive begins with these bytes.
pub(crate) fn begins_like_archive(head: &[u8]) -> bool {
    FORMATS.iter().any(|format| format.matches(head))
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
                assert!(!begins_like_archive(&text) || magic.contains(&0), "{magic:?} {tail:?}");
            }
        }
        for text in
            ["PK", "BZh", "BZh9 is the header", "!<arch>\nis how ar starts", "SQLite format 3\0", "070701", "%PDF-1.7"]
        {
            assert!(!begins_like_archive(text.as_bytes()), "{text}");
        }
        let program = |start: &[u8], mark: &[u8]| [start, &[0; 200], mark, &[0; 90]].concat();
        for (start, mark) in [(&b"\x7fELF\x02\x01"[..], &b"UPX!\x0d"[..]), (b"MZ\x90\0\x03", b"UPX0\0\0\0\0UPX1")] {
            assert!(begins_like_archive(&program(start, mark)) && !begins_like_archive(&program(start, b"UPX is")));
        }
        assert!(!begins_like_archive(&[0; 512]));
        assert!(!begins_like_archive(&[]));
    }
}
