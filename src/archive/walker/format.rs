//! A row of the table of formats: how a format is recognised by its first bytes, and how it is opened.
//!
//! Text that merely begins like an archive is none. Where the magic bytes are letters or few, `accepts` also checks what
//! a real header holds next, mostly with [`is_text`]: no header of these formats is printable for its first dozens of
//! bytes. Such a file is scanned as the text that it is, and the scan stays complete.

use std::io::SeekFrom;

use super::super::Seekable;
use super::super::codec::Compression;
use super::super::peek_reader::PeekReader;
use super::{ArchiveWalker, read_at};

/// Bytes that suffice to recognise any format.
pub(crate) const HEAD: usize = 512;

/// Bytes behind the magic ones that must be text for a file to be text.
const TEXT: usize = 28;

/// Bytes at the end of a file by which an appended archive is recognised.
const TAIL: usize = 22;

/// Opens an archive that is read once.
pub(in super::super) type OpenStream = fn(&mut ArchiveWalker<'_>, &mut PeekReader<'_>);

/// Opens an archive of the given length.
pub(in super::super) type OpenSeekable = fn(&mut ArchiveWalker<'_>, &mut dyn Seekable, u64);

/// The access that a format needs.
#[derive(Clone, Copy)]
pub(in super::super) enum OpenMode {
    /// Sequential.
    Stream(OpenStream),
    /// Random.
    Seekable(OpenSeekable),
    /// Random, or sequential with some loss.
    Either(OpenSeekable, OpenStream),
    /// Random: a file that is no container, with texts in compressed parts. It may lie one level deeper than an archive, and
    /// an archive may be appended to it.
    Document(OpenSeekable),
    /// Sequential: a compressed stream, whose content is one member or an archive.
    Compressed(&'static Compression),
    /// None: the format is recognised and not supported.
    Unsupported,
}

/// Recognises an archive at the end of another file, such as a program, or with the flag in the middle of one.
#[derive(Clone, Copy)]
pub(in super::super) struct AppendedCheck {
    /// A cheap check of the file's last bytes.
    pub(in super::super) may_end: fn(&[u8]) -> bool,
    pub(in super::super) is_there: fn(&mut dyn Seekable, u64, bool) -> bool,
}

pub(in super::super) struct ArchiveFormat {
    pub(in super::super) name: &'static str,
    pub(in super::super) magic: &'static [u8],
    pub(in super::super) accepts: fn(&[u8]) -> bool,
    pub(in super::super) open: OpenMode,
    pub(in super::super) appended: Option<AppendedCheck>,
    /// Inside of a compressed stream, its members are members of the stream: `x.tar.gz` holds files.
    pub(in super::super) is_transparent: bool,
}

impl ArchiveFormat {
    /// Creates a format whose files begin with `magic`. `accepts` decides by the first [`HEAD`] bytes.
    pub(in super::super) const fn new(
        name: &'static str,
        magic: &'static [u8],
        accepts: fn(&[u8]) -> bool,
        open: OpenMode,
    ) -> Self {
        Self { name, magic, accepts, open, appended: None, is_transparent: false }
    }

    pub(in super::super) fn matches(&self, head: &[u8]) -> bool {
        // Nearly all files differ in the first byte, which is compared without a call.
        self.magic.first().is_none_or(|first| head.first() == Some(first))
            && head.starts_with(self.magic)
            && (self.accepts)(head)
    }
}

/// Finds an archive at the end of something else, such as a program, or in the middle of it.
pub(in super::super) fn find_appended(
    formats: &'static [ArchiveFormat],
    input: &mut dyn Seekable,
    head: &[u8],
    is_anywhere: bool,
) -> Option<&'static ArchiveFormat> {
    let size = input.seek(SeekFrom::End(0)).ok()?;
    let tail = read_at(input, size.saturating_sub(TAIL as u64), TAIL);
    formats.iter().find(|format| {
        format.appended.as_ref().is_some_and(|AppendedCheck { may_end, is_there }| {
            (is_anywhere || is_program(head) || may_end(&tail)) && is_there(input, size, is_anywhere)
        })
    })
}

/// Returns true if something like a program begins with these bytes, to which an archive may be appended.
pub(in super::super) fn is_program(head: &[u8]) -> bool {
    head.starts_with(b"MZ") || head.starts_with(b"\x7fELF") || head.starts_with(b"#!")
}

/// Returns true if the first bytes are printable text. True for no bytes at all.
pub(in super::super) fn is_text(bytes: &[u8]) -> bool {
    let bytes = &bytes[..bytes.len().min(TEXT)];
    let printable = bytes.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x20..=0x7e | 0x80..));
    // A character that is cut off at the end is still text.
    printable && std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}
