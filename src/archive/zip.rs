//! zip and its many names: jar, war, whl, apk, aab, ipa, docx, xlsx, vsix, nupkg, crx, self-extracting programs.
//!
//! The directory at the end lists the members; the gaps between them are searched for local headers, so that a member
//! which only some programs see is visited, too. Without a readable directory, or without random access, only the local
//! headers are left. In hostile archives, directory and headers contradict each other: compressed data is decoded to
//! its own end whatever its stated size, and every contradiction counts as damage.

mod directory;
mod entry;
mod local;
#[cfg(test)]
mod tests;

use std::io::{Read, SeekFrom};

use self::directory::ZipDirectory;
use super::Seekable;
use super::peek_reader::PeekReader;
use super::walker::{AppendedCheck, ArchiveFormat, ArchiveWalker, OpenMode, is_text};
use crate::model::SkipReason;

pub(super) use self::directory::{ends_like_zip, has_directory};
pub(super) use self::entry::ZipEntry;

pub(super) const ZIP: ArchiveFormat = ArchiveFormat {
    appended: Some(AppendedCheck { may_end: ends_like_zip, is_there: has_directory }),
    ..row("zip", b"PK\x03\x04")
};
pub(super) const EMPTY: ArchiveFormat = row("empty zip", b"PK\x05\x06");
pub(super) const SPLIT: ArchiveFormat = row("split zip", b"PK\x07\x08PK");
pub(super) const CRX: ArchiveFormat = row("crx", b"Cr24");

const fn row(name: &'static str, magic: &'static [u8]) -> ArchiveFormat {
    ArchiveFormat::new(name, magic, |head| !is_text(&head[4..]), OpenMode::Either(open, stream))
}

/// Bytes of a local header before the name.
const LOCAL: u64 = 30;

fn open(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, size: u64) {
    let Some(directory) = ZipDirectory::read(input, size, walker.budget.entries_left()) else {
        walker.skip(SkipReason::Damaged, "no readable directory");
        return gap(walker, input, (0, size));
    };
    if let Some(what) = directory.fault {
        walker.skip(SkipReason::Damaged, what);
    }
    let mut gaps = Vec::new();
    let mut claimed = 0;
    let mut last = None;
    for entry in &directory.entries {
        if walker.budget.is_stopped() {
            return walker.report_stop();
        }
        if last == Some(entry.at) {
            // The same bytes under another name: only the name is new.
            if !walker.mention(&entry.name) {
                return;
            }
            walker.skip_member(&entry.name, SkipReason::OverLimit, "shares data with another member");
            continue;
        }
        last = Some(entry.at);
        if entry.at < claimed {
            walker.skip_member(&entry.name, SkipReason::OverLimit, "overlaps another member");
        } else if entry.at - claimed >= LOCAL {
            gaps.push((claimed, entry.at));
        }
        claimed = claimed.max(member(walker, input, entry));
    }
    if directory.start.saturating_sub(claimed) >= LOCAL {
        gaps.push((claimed, directory.start));
    }
    if has_more(input, directory.end, size) {
        walker.skip(SkipReason::Damaged, "data behind the end of the archive");
        gaps.push((directory.end, size));
    }
    if directory.is_cut {
        // The budget of members ends here: report that instead of searching the gaps.
        let _ = walker.mention("more") && walker.budget.is_stopped();
        return;
    }
    for range in gaps {
        gap(walker, input, range);
    }
}

/// Returns true if anything but zeros follows the archive.
fn has_more(input: &mut dyn Seekable, end: u64, size: u64) -> bool {
    if end >= size || input.seek(SeekFrom::Start(end)).is_err() {
        return false;
    }
    let mut reader: &mut dyn Seekable = input;
    let mut rest = PeekReader::new(&mut reader);
    rest.skip_zeros();
    !rest.is_at_end()
}

/// Opens a zip that can only be read sequentially.
fn stream(walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>) {
    local::walk(walker, source);
    if !walker.budget.is_stopped() {
        walker.raw(source);
    }
}

/// Visits a member of the directory. Returns where its data ends.
fn member(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, entry: &ZipEntry) -> u64 {
    if input.seek(SeekFrom::Start(entry.at)).is_err() {
        walker.skip_member(&entry.name, SkipReason::Unreadable, "data cannot be read");
        return 0;
    }
    let mut reader: &mut dyn Seekable = input;
    let mut source = PeekReader::new(&mut reader);
    let Some(header) = ZipEntry::local(&mut source, false) else {
        let _ = walker.mention(&entry.name);
        walker.skip_member(&entry.name, SkipReason::Damaged, "no header at its offset");
        return 0;
    };
    if let Some(lie) = entry.contradicts(&header) {
        walker.skip_member(&entry.name, SkipReason::Damaged, lie);
    }
    entry.visit(walker, &mut source);
    entry.at + source.taken().min(entry.packed.saturating_add(LOCAL + header.name.len() as u64))
}

/// Visits the members in a part of the file that the directory does not account for.
fn gap(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, (from, to): (u64, u64)) {
    if walker.budget.is_stopped() || input.seek(SeekFrom::Start(from)).is_err() {
        return;
    }
    let mut reader: &mut dyn Seekable = input;
    let mut part = Read::take(&mut reader, to - from);
    let mut source = PeekReader::new(&mut part);
    source.covered = true;
    local::walk(walker, &mut source);
}
