//! tar: v7, ustar, GNU and PAX, read from front to back.
//!
//! Links, devices and directories are names here and nothing else; nothing is ever created from them. Where two
//! headers tell different sizes the larger one is believed, which shows every byte to the visitor at least once,
//! and the archive counts as damaged, because other programs may see other members. After a header that is none
//! the walk goes on at the next one.

mod header;

use std::io::{self, Read};

use self::header::{BLOCK, Header, Overrides};
use super::budget::Budget;
use super::source::Source;
use super::walker::Walker;
use crate::model::SkipReason;

pub(super) use self::header::is_tar;

/// Longest long name or set of PAX records that is interpreted.
const MAX_RECORDS: u64 = 1 << 20;

/// Sizes from here on do not fit the plain header, which may then say anything.
const MAX_OCTAL: u64 = 8 << 30;

/// Text of headers that is collected before it is handed over.
const NOTES: usize = 256 << 10;

pub(super) fn open(walker: &mut Walker<'_>, source: &mut Source<'_>) {
    let mut tar = Tar { overrides: Overrides::default(), notes: Vec::new(), damaged: false, ended: false };
    while !walker.budget.is_stopped() && tar.next(walker, source) {
        if tar.notes.len() > NOTES {
            walker.notes(&std::mem::take(&mut tar.notes));
        }
    }
    walker.notes(&tar.notes);
}

struct Tar {
    overrides: Overrides,
    /// Names and records, if the visitor does not see the archive as it stands.
    notes: Vec<u8>,
    damaged: bool,
    /// A zero block was met: what follows is not the archive's any more.
    ended: bool,
}

impl Tar {
    /// Reads one header and what belongs to it; false at the end.
    fn next(&mut self, walker: &mut Walker<'_>, source: &mut Source<'_>) -> bool {
        let block = source.peek(BLOCK);
        if block.is_empty() {
            return false;
        }
        if block.iter().all(|byte| *byte == 0) {
            self.ended = true;
            source.skip(BLOCK as u64);
            return true;
        }
        let Some(header) = Header::parse(block) else {
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

    /// Passes over what is no header, up to one that is.
    fn resync(&mut self, walker: &mut Walker<'_>, source: &mut Source<'_>) {
        if !self.ended && !self.damaged && !source.failed() {
            self.damaged = true;
            walker.skip(SkipReason::Damaged, "a header is corrupt");
        }
        let covered = source.covered;
        let mut gap = Gap { source, left: 0 };
        if covered {
            // The reader cannot fail otherwise than by ending.
            let _ = io::copy(&mut gap, &mut io::sink());
        } else {
            walker.raw(&mut gap);
            let _ = io::copy(&mut gap, &mut io::sink());
        }
    }

    /// Takes a long name or PAX records for the member that follows.
    fn records(&mut self, walker: &mut Walker<'_>, source: &mut Source<'_>, header: &Header) -> bool {
        let mut region = Region::new(source, header.size);
        let mut records = Vec::new();
        let _ = (&mut region).take(MAX_RECORDS).read_to_end(&mut records);
        if header.size > MAX_RECORDS {
            walker.skip(SkipReason::OverLimit, "a header record is too long");
        }
        let short = region.finish(walker.budget);
        if short {
            walker.skip(SkipReason::Damaged, "ends inside a header");
        }
        pad(source, header.size);
        if !source.covered {
            self.notes.extend_from_slice(&records);
            self.notes.push(b'\n');
        }
        if !self.overrides.add(header.kind, &records) {
            walker.skip(SkipReason::Damaged, "a header record is corrupt");
        }
        !short
    }

    fn member(&mut self, walker: &mut Walker<'_>, source: &mut Source<'_>, header: &Header) -> bool {
        let overrides = std::mem::take(&mut self.overrides);
        let name = overrides.name.unwrap_or_else(|| header.name.clone());
        let told = overrides.size.unwrap_or(header.size);
        let mut size = told;
        if told != header.size && told < MAX_OCTAL {
            size = told.max(header.size);
            walker.skip_member(&name, SkipReason::Damaged, "two headers give it different sizes");
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
        let mut region = Region::new(source, size);
        let going = walker.enter(&name, &mut region);
        let short = region.finish(walker.budget);
        if short {
            walker.skip_member(&name, SkipReason::Damaged, "ends too early");
        }
        pad(source, size);
        going && !short
    }
}

/// Whether the next block is a header, or the end.
fn at_header(source: &mut Source<'_>) -> bool {
    let block = source.peek(BLOCK);
    block.iter().all(|byte| *byte == 0) || Header::parse(block).is_some()
}

/// Content is filled up to a whole block.
fn pad(source: &mut Source<'_>, size: u64) {
    let over = size % BLOCK as u64;
    if over > 0 {
        source.skip(BLOCK as u64 - over);
    }
}

/// The next so many bytes of a source.
pub(super) struct Region<'a, 'b> {
    source: &'a mut Source<'b>,
    left: u64,
}

impl<'a, 'b> Region<'a, 'b> {
    pub(super) fn new(source: &'a mut Source<'b>, size: u64) -> Self {
        Self { source, left: size }
    }

    /// Takes what nobody read. True if the source ended before, and nobody has counted that yet.
    pub(super) fn finish(mut self, budget: &Budget) -> bool {
        if budget.is_stopped() {
            return false;
        }
        self.left -= self.source.skip(self.left);
        self.left > 0 && !self.source.failed()
    }
}

impl Read for Region<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        let got = self.source.read(&mut out[..most])?;
        self.left -= got as u64;
        Ok(got)
    }
}

/// The blocks up to the next header or zero block.
struct Gap<'a, 'b> {
    source: &'a mut Source<'b>,
    left: usize,
}

impl Read for Gap<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let block = self.source.peek(BLOCK);
            if block.iter().all(|byte| *byte == 0) || Header::parse(block).is_some() {
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
