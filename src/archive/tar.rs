//! tar: v7, ustar, GNU and PAX, read sequentially.
//!
//! Links, devices and directories are only names here; nothing is ever created from them. If two headers give different
//! sizes, the larger one is used, which shows every byte to the visitor, and the archive counts as damaged, because
//! other programs may see other members. After a malformed header the walk continues at the next valid one.

mod header;

use std::io::{self, Read};

use self::header::{BLOCK, HeaderOverrides, TarHeader};
use super::peek_reader::{MemberRegion, PeekReader};
use super::walker::{ArchiveFormat, ArchiveWalker, OpenMode};
use crate::model::SkipReason;

pub(super) const FORMAT: ArchiveFormat =
    ArchiveFormat { is_transparent: true, ..ArchiveFormat::new("tar", &[], header::is_tar, OpenMode::Stream(open)) };

/// Longest long name or set of PAX records that is parsed.
const MAX_RECORDS: u64 = 1 << 20;

/// Sizes from here on do not fit the plain header, which may then hold anything.
const MAX_OCTAL: u64 = 8 << 30;

/// Bytes of header text that are collected before they are visited.
const NOTES: usize = 256 << 10;

fn open(walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>) {
    let mut tar = Tar { overrides: HeaderOverrides::default(), notes: Vec::new(), damaged: false, ended: false };
    while !walker.budget.is_stopped() && tar.next(walker, source) {
        if tar.notes.len() > NOTES {
            walker.notes(&std::mem::take(&mut tar.notes));
        }
    }
    walker.notes(&tar.notes);
}

struct Tar {
    overrides: HeaderOverrides,
    /// Names and records, unless the visitor has the raw archive.
    notes: Vec<u8>,
    damaged: bool,
    /// A zero block was read: what follows does not belong to the archive any more.
    ended: bool,
}

impl Tar {
    /// Reads one header and its content. Returns false at the end.
    fn next(&mut self, walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>) -> bool {
        let block = source.peek(BLOCK);
        if block.is_empty() {
            return false;
        }
        if block.iter().all(|byte| *byte == 0) {
            self.ended = true;
            source.skip(BLOCK as u64);
            return true;
        }
        let Some(header) = TarHeader::parse(block) else {
            self.resync(walker, source);
            return true;
        };
        self.ended = false;
        source.skip(BLOCK as u64);
        if !source.covered {
            self.notes.extend_from_slice(&header.texts());
        }
        match header.kind {
            b'L' | b'K' | b'x' | b'X' | b'g' => self.records(walker, source, &header),
            _ => self.member(walker, source, &header),
        }
    }

    /// Skips to the next valid header.
    fn resync(&mut self, walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>) {
        if !self.ended && !self.damaged && !source.failed() {
            self.damaged = true;
            walker.skip(SkipReason::Damaged, "corrupt header");
        }
        let covered = source.covered;
        let mut gap = GapReader { source, left: 0 };
        if !covered {
            walker.raw(&mut gap);
        }
        // An error of the reader ends it.
        let _ = io::copy(&mut gap, &mut io::sink());
    }

    /// Reads a long name or PAX records for the member that follows.
    fn records(&mut self, walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>, header: &TarHeader) -> bool {
        let mut region = MemberRegion::new(source, header.size);
        let mut records = Vec::new();
        let _ = (&mut region).take(MAX_RECORDS).read_to_end(&mut records);
        if header.size > MAX_RECORDS {
            walker.skip(SkipReason::OverLimit, "header record too long");
        }
        let short = region.finish(walker.budget);
        if short {
            walker.skip(SkipReason::Damaged, "cut off inside a header");
        }
        pad(source, header.size);
        if !source.covered {
            self.notes.extend_from_slice(&records);
            self.notes.push(b'\n');
        }
        if !self.overrides.add(header.kind, &records) {
            walker.skip(SkipReason::Damaged, "corrupt header record");
        }
        !short
    }

    fn member(&mut self, walker: &mut ArchiveWalker<'_>, source: &mut PeekReader<'_>, header: &TarHeader) -> bool {
        let overrides = std::mem::take(&mut self.overrides);
        let name = overrides.name.unwrap_or_else(|| header.name.clone());
        let stated = overrides.size.unwrap_or(header.size);
        let mut size = stated;
        if stated != header.size && stated < MAX_OCTAL {
            size = stated.max(header.size);
            walker.skip_member(&name, SkipReason::Damaged, "contradictory sizes");
        }
        if header.is_sparse_continued {
            while source.peek(BLOCK).get(504).is_some_and(|more| *more != 0) {
                source.skip(BLOCK as u64);
            }
            source.skip(BLOCK as u64);
        }
        if !header.has_content() && (size == 0 || at_header(source)) {
            return walker.mention(&name);
        }
        let mut region = MemberRegion::new(source, size);
        let going = walker.enter(&name, &mut region);
        let short = region.finish(walker.budget);
        if short {
            walker.skip_member(&name, SkipReason::Damaged, "cut off");
        }
        pad(source, size);
        going && !short
    }
}

/// Returns true if the next block is a header, or a zero block.
fn at_header(source: &mut PeekReader<'_>) -> bool {
    let block = source.peek(BLOCK);
    block.iter().all(|byte| *byte == 0) || TarHeader::parse(block).is_some()
}

/// Skips the padding of a member, which fills its last block.
fn pad(source: &mut PeekReader<'_>, size: u64) {
    let over = size % BLOCK as u64;
    if over > 0 {
        source.skip(BLOCK as u64 - over);
    }
}

/// Reads the blocks up to the next header or zero block.
struct GapReader<'a, 'b> {
    source: &'a mut PeekReader<'b>,
    left: usize,
}

impl Read for GapReader<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let block = self.source.peek(BLOCK);
            if block.iter().all(|byte| *byte == 0) || TarHeader::parse(block).is_some() {
                return Ok(0);
            }
            self.left = block.len();
        }
        let most = self.left.min(out.len());
        let got = self.source.read(&mut out[..most])?;
        self.left -= got;
        Ok(got)
    }
}
