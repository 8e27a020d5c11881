//! SQLite databases: values that the file holds in pieces, and archives in blobs.
//!
//! A value that fits its page lies in the file as it is, where the scan of the raw bytes finds it. Longer ones continue
//! in overflow pages anywhere in the file; those are joined here. Pages are read one by one, whatever table they belong
//! to, so that a broken tree or an unlinked page hides nothing. Free pages and the space between cells are left to the
//! raw scan.

use super::Seekable;
use super::walker::{ArchiveFormat, ArchiveWalker, HEAD, OpenMode, read_at};
use crate::model::SkipReason;
use crate::model::limits::MAX_IN_MEMORY;

const MAGIC: &[u8] = b"SQLite format 3\0";

pub(super) const FORMAT: ArchiveFormat =
    ArchiveFormat::new("SQLite", MAGIC, |head| page_size(head).is_some(), OpenMode::Seekable(open));

/// Bytes of the file header, which precedes that of the first page.
const FILE_HEADER: usize = 100;

fn page_size(head: &[u8]) -> Option<usize> {
    let size = match u16::from_be_bytes([*head.get(16)?, *head.get(17)?]) {
        1 => 65_536,
        size => usize::from(size),
    };
    (size.is_power_of_two() && size >= 512).then_some(size)
}

fn open(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, size: u64) {
    let head = read_at(input, 0, FILE_HEADER);
    let (Some(page), Some(reserved)) = (page_size(&head), head.get(20)) else {
        return walker.skip(SkipReason::Damaged, "header cut off");
    };
    let usable = page - usize::from(*reserved);
    if usable < 480 {
        return walker.skip(SkipReason::Damaged, "corrupt header");
    }
    if !size.is_multiple_of(page as u64) {
        walker.skip(SkipReason::Damaged, "cut off inside a page");
    }
    let mut database = SqliteFile { input, page, usable, pages: size.div_ceil(page as u64) };
    for number in 1..=database.pages {
        if walker.budget.is_stopped() {
            return walker.report_stop();
        }
        let content = database.read(number);
        database.cells(walker, number, &content);
    }
}

struct SqliteFile<'a> {
    input: &'a mut dyn Seekable,
    page: usize,
    usable: usize,
    pages: u64,
}

impl SqliteFile<'_> {
    fn read(&mut self, number: u64) -> Vec<u8> {
        read_at(self.input, (number - 1) * self.page as u64, self.page)
    }

    /// Visits the values of a page, if it has any.
    fn cells(&mut self, walker: &mut ArchiveWalker<'_>, number: u64, page: &[u8]) {
        let start = if number == 1 { FILE_HEADER } else { 0 };
        let Some(kind) = page.get(start) else { return };
        // Leaves of tables, leaves and inner nodes of indexes; a cell of an inner node begins with the number of its
        // child.
        let (is_table, header, child) = match kind {
            0x0d => (true, 8, 0),
            0x0a => (false, 8, 0),
            0x02 => (false, 12, 4),
            _ => return,
        };
        let count = usize::from(short(page, start + 3));
        for cell in 0..count {
            let at = usize::from(short(page, start + header + 2 * cell));
            if at < start + header || at >= self.usable {
                // Value data may look like the page of a tree: stop at the first cell that is none.
                return;
            }
            let Some((length, at)) = varint(page, at + child) else { return };
            let at = if is_table { varint(page, at).map(|(_, at)| at) } else { Some(at) };
            let Some(at) = at else { return };
            let local = self.local(length, is_table);
            let Some(head) = page.get(at..at + local) else { return };
            let place = (number, cell);
            if local as u64 == length {
                archives(walker, place, head);
            } else if let Some(payload) = self.joined(walker, head, page.get(at + local..at + local + 4), length) {
                walker.piece(format!("page {number} cell {cell}"), &payload);
                archives(walker, place, &payload);
            }
            if walker.budget.is_stopped() {
                return;
            }
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
        head: &[u8],
        next: Option<&[u8]>,
        length: u64,
    ) -> Option<Vec<u8>> {
        let mut next = u64::from(u32::from_be_bytes(next?.try_into().ok()?));
        if next < 2 || next > self.pages || length > self.pages * self.page as u64 {
            return None;
        }
        if length > MAX_IN_MEMORY {
            walker.skip(SkipReason::OverLimit, "value too long to be joined");
        }
        let length = usize::try_from(length.min(MAX_IN_MEMORY)).ok()?;
        let mut payload = head.to_vec();
        while payload.len() < length && next >= 2 && next <= self.pages && walker.budget.expand(self.page as u64) {
            let page = self.read(next);
            let Some((link, data)) = page.split_first_chunk::<4>() else { break };
            payload.extend_from_slice(&data[..data.len().min(self.usable - 4).min(length - payload.len())]);
            next = u64::from(u32::from_be_bytes(*link));
        }
        Some(payload)
    }
}

/// Opens the archives among the values of a record.
fn archives(walker: &mut ArchiveWalker<'_>, (page, cell): (u64, usize), payload: &[u8]) {
    for (column, value) in blobs(payload).enumerate() {
        if walker.sniff(&value[..value.len().min(HEAD)]).is_some() {
            walker.piece(format!("page {page} cell {cell} value {}", column + 1), value);
        }
    }
}

/// Returns the texts and blobs of a record, as far as it is one.
fn blobs(payload: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (header, mut at) = varint(payload, 0).unwrap_or((0, 0));
    let header = usize::try_from(header).unwrap_or(0).min(payload.len());
    let mut data = header;
    std::iter::from_fn(move || {
        while at < header {
            let (kind, next) = varint(payload, at)?;
            at = next;
            let size = match kind {
                0..=4 => usize::try_from(kind).ok()?,
                5 => 6,
                6 | 7 => 8,
                8..=11 => 0,
                _ => usize::try_from((kind - 12) / 2).ok()?,
            };
            let value = payload.get(data..data.checked_add(size)?)?;
            data += size;
            if kind >= 12 {
                return Some(value);
            }
        }
        None
    })
}

fn short(page: &[u8], at: usize) -> u16 {
    match page.get(at..at + 2) {
        Some([high, low]) => u16::from_be_bytes([*high, *low]),
        _ => 0,
    }
}

/// Reads a number of one to nine bytes. Also returns where it ends.
fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for step in 0..9 {
        let byte = *bytes.get(at + step)?;
        if step == 8 {
            return Some((value << 8 | u64::from(byte), at + 9));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, at + step + 1));
        }
    }
    None
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::samples::{MARK, gzip, noise, secret, see, zip};
    use super::*;

    /// A database of one table with one row that holds `value` as a blob, on pages of 512 bytes.
    pub(in super::super) fn sample(value: &[u8]) -> Vec<u8> {
        sample_in(value, true)
    }

    /// As [`sample`]; a table without row numbers is kept as an index is.
    fn sample_in(value: &[u8], is_table: bool) -> Vec<u8> {
        fn number(value: u64) -> Vec<u8> {
            let groups = (0..9).rev().map(|at| (value >> (7 * at) & 0x7f) as u8);
            let mut bytes: Vec<u8> = groups.skip_while(|group| *group == 0).collect();
            let last = bytes.len().saturating_sub(1);
            bytes.iter_mut().take(last).for_each(|byte| *byte |= 0x80);
            if bytes.is_empty() { vec![0] } else { bytes }
        }
        let kind = number(value.len() as u64 * 2 + 12);
        let payload = [&number(1 + kind.len() as u64)[..], &kind, value].concat();
        let most = if is_table { 512 - 35 } else { (512 - 12) * 64 / 255 - 23 };
        let (least, length) = ((512 - 12) * 32 / 255 - 23, payload.len());
        let even = least + length.saturating_sub(least) % 508;
        let local = if length <= most {
            length
        } else if even <= most {
            even
        } else {
            least
        };
        let row: &[u8] = if is_table { &[1] } else { &[] };
        let mut cell = [&number(length as u64)[..], row, &payload[..local]].concat();
        let rest: Vec<&[u8]> = payload[local..].chunks(508).collect();
        if !rest.is_empty() {
            // Overflow pages are laid out last first, so that a value is never in order.
            cell.extend_from_slice(&(rest.len() as u32 + 2).to_be_bytes());
        }
        let mut file = [MAGIC, &[2, 0, 1, 1, 0, 64, 32, 32]].concat();
        file.resize(512, 0);
        file[100] = 0x0d;
        let mut leaf = vec![0; 512 - cell.len()];
        leaf[..8].copy_from_slice(&[if is_table { 0x0d } else { 0x0a }, 0, 0, 0, 1, 0, 0, 0]);
        leaf[8..10].copy_from_slice(&(512 - cell.len() as u16).to_be_bytes());
        file.extend(leaf);
        file.extend(cell);
        for (at, chunk) in rest.iter().enumerate().rev() {
            let next = if at + 1 == rest.len() { 0 } else { (rest.len() - at + 1) as u32 };
            file.extend_from_slice(&next.to_be_bytes());
            file.extend_from_slice(chunk);
            file.resize(file.len().next_multiple_of(512), 0);
        }
        file
    }

    #[test]
    fn a_value_over_several_pages_is_put_together() {
        let value = secret();
        let file = sample(&value);
        let seen = see(&file);
        assert_eq!(seen.places(), ["page 2 cell 0"]);
        assert_eq!(seen.skips, []);
        // At every distance from a page edge, in a table with row numbers and in one without.
        for (before, is_table) in (0..520).flat_map(|before| [(before, true), (before, false)]) {
            let value = [&vec![b'.'; 400 + before], MARK, &[b'.'; 700]].concat();
            assert_eq!(see(&sample_in(&value, is_table)).places(), ["page 2 cell 0"], "{before} {is_table}");
        }
    }

    #[test]
    fn archives_in_blobs_are_opened() {
        for (value, chain) in [
            (gzip(&secret()), "page 2 cell 0 value 1!content"),
            (zip(&[("noise", &noise(3_000)), (".env", &secret())]), "page 2 cell 0 value 1!.env"),
        ] {
            let seen = see(&sample(&value));
            assert_eq!((seen.places(), seen.skips.len()), (vec![chain], 0));
        }
    }

    #[test]
    fn a_cycle_of_pages_ends() {
        let mut file = sample(&secret());
        for page in 2..file.len() / 512 {
            file[page * 512..page * 512 + 4].copy_from_slice(&3_u32.to_be_bytes());
        }
        see(&file);
        let cut = file.len() - 100;
        assert_eq!(see(&file[..cut]).reasons(), [SkipReason::Damaged]);
    }
}
