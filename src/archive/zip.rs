//! zip and its many names: jar, war, whl, apk, aab, ipa, docx, xlsx, vsix, nupkg, crx, self-extracting programs.
//!
//! The directory at the end says where members are; what it does not account for is searched for local headers,
//! so that a member which only some programs see is seen here, too. Without a readable directory, or without
//! random access, local headers are all there is. Directory and headers lie to each other in hostile archives:
//! compressed data is decoded to its own end whatever its size is said to be, and every lie counts as damage.

mod directory;
mod entry;
#[cfg(test)]
mod lies;
mod local;

use std::io::{Read, SeekFrom};

use self::directory::Directory;
use self::entry::Entry;
use super::Seekable;
use super::source::Source;
use super::walker::Walker;
use crate::model::SkipReason;

pub(super) use self::directory::{ends_like_zip, has_directory};

/// Bytes of a local header before the name.
const LOCAL: u64 = 30;

/// Opens a zip with random access.
pub(super) fn open(walker: &mut Walker<'_>, input: &mut dyn Seekable, size: u64) {
    let Some(directory) = Directory::read(input, size, walker.budget.entries_left()) else {
        walker.skip(SkipReason::Damaged, "it has no readable directory");
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
            return walker.tell_stop();
        }
        if last == Some(entry.at) {
            // The same bytes under another name: its name is new, its content is not.
            if !walker.mention(&entry.name) {
                return;
            }
            walker.skip_member(&entry.name, SkipReason::OverLimit, "shares its data with another member");
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
    if directory.is_cut {
        // The budget of members would end here; say so instead of looking for the rest.
        let _ = walker.mention("more") && walker.budget.is_stopped();
        return;
    }
    for range in gaps {
        gap(walker, input, range);
    }
}

/// Opens a zip that can only be read once, from front to back.
pub(super) fn stream(walker: &mut Walker<'_>, source: &mut Source<'_>) {
    local::walk(walker, source);
    if !walker.budget.is_stopped() {
        walker.raw(source);
    }
}

/// Visits a member of the directory and says where its data ends.
fn member(walker: &mut Walker<'_>, input: &mut dyn Seekable, entry: &Entry) -> u64 {
    if input.seek(SeekFrom::Start(entry.at)).is_err() {
        walker.skip_member(&entry.name, SkipReason::Unreadable, "its data cannot be read");
        return 0;
    }
    let mut reader: &mut dyn Seekable = input;
    let mut source = Source::new(&mut reader);
    let Some(header) = Entry::local(&mut source, false) else {
        let _ = walker.mention(&entry.name);
        walker.skip_member(&entry.name, SkipReason::Damaged, "its header is not where the directory says");
        return 0;
    };
    if let Some(lie) = entry.contradicts(&header) {
        walker.skip_member(&entry.name, SkipReason::Damaged, lie);
    }
    entry.visit(walker, &mut source);
    entry.at + source.taken().min(entry.packed.saturating_add(LOCAL + header.name.len() as u64))
}

/// Looks for members in a part of the file that the directory does not account for.
fn gap(walker: &mut Walker<'_>, input: &mut dyn Seekable, (from, to): (u64, u64)) {
    if walker.budget.is_stopped() || input.seek(SeekFrom::Start(from)).is_err() {
        return;
    }
    let mut reader: &mut dyn Seekable = input;
    let mut part = Read::take(&mut reader, to - from);
    let mut source = Source::new(&mut part);
    source.covered = true;
    local::walk(walker, &mut source);
}
