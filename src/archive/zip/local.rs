//! The walk over local headers, where there is no directory.

use std::io::{self, Read};

use memchr::memmem;

use super::super::peek_reader::PeekReader;
use super::super::walker::ArchiveWalker;
use super::entry::{DESCRIPTOR, ZipEntry};
use crate::model::SkipReason;

/// Marks a local header.
const HEADER: &[u8] = b"PK\x03\x04";

/// Visits every member with a local header.
pub(super) fn walk(walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>) {
    while !walker.budget.is_stopped() && source.seek_mark(HEADER) {
        match ZipEntry::local(source, true) {
            Some(entry) => member(walker, source, &entry),
            None => {
                source.skip(1);
            }
        }
    }
    walker.report_stop();
}

fn member(walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>, entry: &ZipEntry) {
    let unknown = entry.flags & DESCRIPTOR != 0 && entry.packed == 0;
    if unknown && entry.method == 0 {
        let mut region = UntilMark { source };
        walker.enter(&entry.name, &mut region);
        let _ = io::copy(&mut region, &mut io::sink());
    } else if unknown && entry.method != 8 && entry.method != 12 && entry.method != 93 && entry.method != 95 {
        if walker.mention(&entry.name) {
            walker.skip_member(&entry.name, SkipReason::Damaged, "end cannot be determined");
        }
    } else {
        entry.visit(walker, source);
    }
}

/// Stored data whose length only its descriptor gives: it ends where the next record begins.
struct UntilMark<'a, 'b> {
    source: &'a mut PeekReader<'b>,
}

impl Read for UntilMark<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.source.peek(4).len() < 4 {
            return self.source.read(out);
        }
        let ahead = self.source.ahead();
        let end = memmem::find_iter(ahead, b"PK")
            .find(|at| matches!(ahead.get(at + 2..at + 4), Some([1, 2] | [3, 4] | [7, 8])))
            .unwrap_or(ahead.len() - 3);
        let most = end.min(out.len());
        self.source.read(&mut out[..most])
    }
}
