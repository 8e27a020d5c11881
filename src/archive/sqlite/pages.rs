//! The pages of a database, of its write-ahead log and of its rollback journal, and the cells on them.

use std::borrow::Cow;
use std::ops::Range;

use super::super::Seekable;
use super::super::walker::{ArchiveWalker, read_at};
use super::record::{long, short, varint};
use crate::model::SkipReason;
use crate::model::limits::MAX_IN_MEMORY;

/// Bytes of the file header, which precedes that of the first page.
pub(super) const FILE_HEADER: usize = 100;

/// A leaf of a table.
pub(super) const TABLE_LEAF: u8 = 0x0d;
/// A leaf of an index, or of a table without row numbers.
pub(super) const INDEX_LEAF: u8 = 0x0a;
const TABLE_NODE: u8 = 0x05;
const INDEX_NODE: u8 = 0x02;

/// A page as a log holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LoggedPage {
    pub(super) number: u32,
    /// Offset of its bytes in the file.
    pub(super) offset: u64,
    /// The end of the transaction that wrote it.
    pub(super) until: u64,
}

/// A file of pages.
pub(super) struct PageFile<'a> {
    pub(super) input: &'a mut dyn Seekable,
    pub(super) page: usize,
    /// Bytes of a page that hold content.
    pub(super) usable: usize,
    /// Number of pages in the file, versions of one page counted each.
    pub(super) count: u64,
    /// The pages of a log, by number and position; `None` for a database, which has them in order.
    pub(super) logged: Option<Vec<LoggedPage>>,
}

/// One entry of a page: a row, or the columns of a row that an index has.
pub(super) struct Cell<'p> {
    pub(super) number: usize,
    pub(super) rowid: Option<i64>,
    /// The length that the payload should have.
    pub(super) length: u64,
    pub(super) payload: Cow<'p, [u8]>,
    /// The bytes of the file that hold the payload.
    pub(super) ranges: Vec<Range<u64>>,
}

/// A page and where it is.
pub(super) struct Page {
    pub(super) number: u32,
    pub(super) offset: u64,
    until: u64,
    pub(super) bytes: Vec<u8>,
}

impl Page {
    /// Returns the offset of the header of a tree's page.
    fn start(&self) -> usize {
        if self.number == 1 { FILE_HEADER } else { 0 }
    }

    pub(super) fn kind(&self) -> u8 {
        self.bytes.get(self.start()).copied().unwrap_or(0)
    }

    /// Returns the offset of a cell, unless it is outside of the page.
    fn cell(&self, cell: usize, header: usize, usable: usize) -> Option<usize> {
        let first = self.start() + header;
        Some(short(&self.bytes, first + 2 * cell)).filter(|at| (first..usable).contains(at))
    }

    fn cells(&self) -> usize {
        short(&self.bytes, self.start() + 3)
    }

    /// Lists the pages below an inner page of a tree.
    pub(super) fn children(&self, usable: usize) -> Vec<u32> {
        if !matches!(self.kind(), TABLE_NODE | INDEX_NODE) {
            return Vec::new();
        }
        let cells = (0..self.cells()).map_while(|cell| self.cell(cell, 12, usable));
        let mut children: Vec<u32> = cells.map(|at| long(&self.bytes, at)).collect();
        children.push(long(&self.bytes, self.start() + 8));
        children
    }
}

impl PageFile<'_> {
    /// Reads the page at a position of the file.
    pub(super) fn at(&mut self, position: u64) -> Page {
        let logged = usize::try_from(position).ok().and_then(|at| self.logged.as_ref()?.get(at).copied());
        let LoggedPage { number, offset, until } = logged.unwrap_or_else(|| LoggedPage {
            number: u32::try_from(position + 1).unwrap_or(0),
            offset: position.saturating_mul(self.page as u64),
            until: u64::MAX,
        });
        Page { number, offset, until, bytes: read_at(self.input, offset, self.page) }
    }

    /// Returns where a page is: in a log, its last version before `until`, or else its first one.
    fn offset_of(&self, number: u32, until: u64) -> Option<u64> {
        let Some(pages) = &self.logged else {
            return (2..=self.count).contains(&u64::from(number)).then(|| (u64::from(number) - 1) * self.page as u64);
        };
        let first = pages.partition_point(|page| page.number < number);
        let behind = pages.partition_point(|page| (page.number, page.offset) <= (number, until));
        let version = if behind > first { behind - 1 } else { first };
        pages.get(version).filter(|page| page.number == number).map(|page| page.offset)
    }

    /// Reads the last version of a page.
    pub(super) fn last(&mut self, number: u32) -> Option<Page> {
        let offset = if number == 1 && self.logged.is_none() { 0 } else { self.offset_of(number, u64::MAX)? };
        Some(Page { number, offset, until: u64::MAX, bytes: read_at(self.input, offset, self.page) })
    }

    /// Visits the cells of a page, if it has any.
    pub(super) fn cells(
        &mut self,
        walker: &mut ArchiveWalker<'_>,
        page: &Page,
        visit: &mut dyn FnMut(&mut ArchiveWalker<'_>, Cell<'_>),
    ) {
        // Before the payload, a cell of an inner page has the number of the page below, one of a table the row.
        let (header, child) = match page.kind() {
            TABLE_LEAF | INDEX_LEAF => (8, 0),
            INDEX_NODE => (12, 4),
            _ => return,
        };
        let is_table = page.kind() == TABLE_LEAF;
        for number in 0..page.cells() {
            // Value data may look like the page of a tree: stop at the first cell that is none.
            let Some(from) = page.cell(number, header, self.usable) else { return };
            let Some((length, at)) = varint(&page.bytes, from + child) else { return };
            let row = if is_table { varint(&page.bytes, at) } else { None };
            if is_table && row.is_none() {
                return;
            }
            let at = row.map_or(at, |(_, at)| at);
            let local = self.local(length, is_table);
            let Some(head) = page.bytes.get(at..at + local) else { return };
            let range = |from: usize, to: usize| page.offset + from as u64..page.offset + to as u64;
            let mut ranges = vec![range(from, at + local)];
            let mut payload = Cow::Borrowed(head);
            if (local as u64) < length {
                let joined = self.joined(walker, (head, length), (long(&page.bytes, at + local), page.until));
                let Some((bytes, pages)) = joined else { continue };
                payload = Cow::Owned(bytes);
                ranges.extend(pages);
            }
            let rowid = row.map(|(row, _)| row.cast_signed());
            if !walker.budget.expand(local as u64) {
                return;
            }
            visit(walker, Cell { number, rowid, length, payload, ranges });
        }
    }

    /// Computes how much of a payload is on the page itself, by the file format.
    fn local(&self, length: u64, is_table: bool) -> usize {
        let usable = self.usable as u64;
        let most = if is_table { usable - 35 } else { (usable - 12) * 64 / 255 - 23 };
        if length <= most {
            return usize::try_from(length).unwrap_or(0);
        }
        let least = (usable - 12) * 32 / 255 - 23;
        let even = least + (length - least) % (usable - 4);
        usize::try_from(if even <= most { even } else { least }).unwrap_or(0)
    }

    /// Joins a payload that continues in overflow pages. A chain that breaks off is not counted as damage: cells of
    /// unused pages still point to pages that were reused.
    fn joined(
        &mut self,
        walker: &mut ArchiveWalker<'_>,
        (head, length): (&[u8], u64),
        (mut next, until): (u32, u64),
    ) -> Option<(Vec<u8>, Vec<Range<u64>>)> {
        if self.offset_of(next, until).is_none() || length > self.count * self.page as u64 {
            return None;
        }
        if length > MAX_IN_MEMORY {
            walker.skip(SkipReason::OverLimit, "value too long to be joined");
        }
        let length = usize::try_from(length.min(MAX_IN_MEMORY)).ok()?;
        let (mut payload, mut ranges) = (head.to_vec(), Vec::new());
        while payload.len() < length && walker.budget.expand(self.page as u64) {
            let Some(offset) = self.offset_of(next, until) else { break };
            let page = read_at(self.input, offset, self.page);
            let Some((link, data)) = page.split_first_chunk::<4>() else { break };
            payload.extend_from_slice(&data[..data.len().min(self.usable - 4).min(length - payload.len())]);
            ranges.push(offset..offset + self.page as u64);
            next = u32::from_be_bytes(*link);
        }
        Some((payload, ranges))
    }
}
