//! SQLite databases: their values one by one, values that the file holds in pieces, and archives in blobs.
//!
//! A record is its columns in one run of bytes, so the raw bytes tell neither where a value begins nor where it ends. Each
//! value is searched on its own here, named by table, column and row. Pages are read one by one, whatever table they
//! belong to, so that a broken tree or an unlinked page hides nothing; the schema only adds names. Free space and what is
//! no record are left to the raw scan. A write-ahead log and a rollback journal hold pages, too, and are read alike.

mod batch;
mod definition;
mod pages;
mod record;
mod schema;

use super::Seekable;
use super::walker::{ArchiveFormat, ArchiveWalker, HEAD, OpenMode, read_at};
use crate::model::SkipReason;
use batch::ValueBatch;
use pages::{Cell, FILE_HEADER, LoggedPage, PageFile};
use record::{Value, columns, long};
pub(crate) use record::{column_size, varint};
use schema::{ColumnPlace, Schema};

const MAGIC: &[u8] = b"SQLite format 3\0";
const JOURNAL_MAGIC: &[u8] = &[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

pub(super) const DATABASE: ArchiveFormat =
    ArchiveFormat::new("SQLite", MAGIC, |head| page_size(head).is_some(), OpenMode::Seekable(open));
pub(super) const LOG: ArchiveFormat = ArchiveFormat::new(
    "SQLite log",
    &[0x37, 0x7f, 0x06, 0x82],
    |head| log_page(head).is_some(),
    OpenMode::Seekable(open_log),
);
/// As [`LOG`], with checksums of the other byte order.
pub(super) const BIG_ENDIAN_LOG: ArchiveFormat = ArchiveFormat::new(
    "SQLite log",
    &[0x37, 0x7f, 0x06, 0x83],
    |head| log_page(head).is_some(),
    OpenMode::Seekable(open_log),
);
pub(super) const JOURNAL: ArchiveFormat = ArchiveFormat::new(
    "SQLite journal",
    JOURNAL_MAGIC,
    |head| journal_page(head).is_some(),
    OpenMode::Seekable(open_journal),
);

/// Bytes of the header of a log, and of each of its pages.
const LOG_HEADER: u64 = 32;
const FRAME_HEADER: u64 = 24;

fn page_size(head: &[u8]) -> Option<usize> {
    valid_page(match u16::from_be_bytes([*head.get(16)?, *head.get(17)?]) {
        1 => 65_536,
        size => u32::from(size),
    })
}

/// Reads the version and the page size of a log.
fn log_page(head: &[u8]) -> Option<usize> {
    valid_page(long(head, 8)).filter(|_| long(head, 4) == 3_007_000)
}

/// Reads the page size of a journal, whose pages begin behind a sector.
fn journal_page(head: &[u8]) -> Option<usize> {
    valid_page(long(head, 24)).filter(|_| valid_page(long(head, 20)).is_some() || long(head, 20) == 32)
}

fn valid_page(size: u32) -> Option<usize> {
    (size.is_power_of_two() && (512..=65_536).contains(&size)).then_some(size as usize)
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
    visit(walker, PageFile { input, page, usable, count: size.div_ceil(page as u64), logged: None });
}

/// Reads the pages of a write-ahead log, those of earlier rounds behind its end included.
fn open_log(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, size: u64) {
    let Some(page) = log_page(&read_at(input, 0, LOG_HEADER as usize)) else { return };
    let (mut pages, mut at) = (Vec::new(), LOG_HEADER);
    let mut transaction = 0;
    while at + FRAME_HEADER < size && walker.budget.expand(0) {
        let frame = read_at(input, at, FRAME_HEADER as usize);
        let offset = at + FRAME_HEADER;
        let number = long(&frame, 0);
        if number == 0 {
            break;
        }
        pages.push(LoggedPage { number, offset, until: u64::MAX });
        if long(&frame, 4) != 0 {
            pages[transaction..].iter_mut().for_each(|page| page.until = offset);
            transaction = pages.len();
        }
        at = offset + page as u64;
    }
    visit_logged(walker, input, page, pages);
}

/// Reads the pages of a rollback journal: what a transaction has overwritten.
fn open_journal(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, size: u64) {
    let (mut pages, mut at) = (Vec::new(), 0);
    let head = read_at(input, 0, 28);
    let Some(page) = journal_page(&head) else { return };
    let sector = u64::from(long(&head, 20));
    while at + 8 < size && walker.budget.expand(0) {
        let head = read_at(input, at, JOURNAL_MAGIC.len());
        if at.is_multiple_of(sector) && head == JOURNAL_MAGIC {
            at += sector;
            continue;
        }
        match long(&head, 0) {
            // The last records of a part end before the next sector.
            0 => at = (at + 1).next_multiple_of(sector),
            number => {
                pages.push(LoggedPage { number, offset: at + 4, until: u64::MAX });
                at += page as u64 + 8;
            }
        }
    }
    visit_logged(walker, input, page, pages);
}

fn visit_logged(walker: &mut ArchiveWalker<'_>, input: &mut dyn Seekable, page: usize, mut pages: Vec<LoggedPage>) {
    pages.sort_unstable();
    let count = pages.len() as u64;
    let mut file = PageFile { input, page, usable: page, count, logged: Some(pages) };
    let reserved = file.last(1).and_then(|first| first.bytes.get(20).copied()).unwrap_or(0);
    file.usable -= if page - usize::from(reserved) < 480 { 0 } else { usize::from(reserved) };
    visit(walker, file);
}

/// Visits the values of all pages.
fn visit(walker: &mut ArchiveWalker<'_>, mut file: PageFile<'_>) {
    let schema = Schema::read(walker, &mut file);
    let mut batch = ValueBatch::new(&schema);
    for position in 0..file.count {
        if !walker.budget.expand(0) {
            break;
        }
        let page = file.at(position);
        let number = page.number;
        file.cells(walker, &page, &mut |walker, cell| {
            record(walker, &mut batch, number, cell);
            batch.flush(walker, false);
        });
    }
    batch.flush(walker, true);
    walker.replaced(&batch.into_searched());
    walker.report_stop();
}

/// Gathers the values of a record, and opens the archives among them.
fn record(walker: &mut ArchiveWalker<'_>, batch: &mut ValueBatch<'_>, page: u32, cell: Cell<'_>) {
    let Cell { number, rowid, length, payload, ranges } = cell;
    let Some(values) = columns(&payload, length) else {
        if ranges.len() > 1 {
            walker.piece(format!("page {page} cell {number}"), &payload);
        }
        return;
    };
    let last = columns(&payload, length).and_then(Iterator::last);
    let last = if let Some((_, Value::Number(row))) = last { Some(row) } else { None };
    let row = batch.schema.row_of(page, rowid, last);
    for (column, value) in values {
        let place = ColumnPlace { page, cell: number, row, column };
        let (Value::Text(bytes) | Value::Blob(bytes)) = value else { continue };
        if walker.sniff(&bytes[..bytes.len().min(HEAD)]).is_some() {
            walker.piece(batch.schema.name(&place), bytes);
            continue;
        }
        let decoded = if let Value::Text(text) = value { batch.schema.encoding.decode(text) } else { None };
        batch.add(decoded.as_ref().map_or(bytes, String::as_bytes), place);
    }
    batch.cover(ranges);
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::samples::{MARK, gzip, noise, secret, see, see_within, tight, zip};
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
        assert_eq!(seen.places(), ["page 2 cell 0 value 1"]);
        assert_eq!(seen.skips, []);
        // At every distance from a page edge, in a table with row numbers and in one without.
        for (before, is_table) in (0..520).flat_map(|before| [(before, true), (before, false)]) {
            let value = [&vec![b'.'; 400 + before], MARK, &[b'.'; 700]].concat();
            assert_eq!(see(&sample_in(&value, is_table)).places(), ["page 2 cell 0 value 1"], "{before} {is_table}");
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
    fn a_log_is_read_without_its_database() {
        let file = sample(&secret());
        let frames = |magic: u8| {
            let mut log =
                [&[0x37, 0x7f, 0x06, magic], &3_007_000_u32.to_be_bytes()[..], &512_u32.to_be_bytes()].concat();
            log.resize(LOG_HEADER as usize, 0);
            // The pages of the second transaction come in reverse.
            let pages = file.chunks(512).enumerate().skip(1);
            for (at, page) in pages.clone().chain(pages.rev()) {
                log.extend((at as u32 + 1).to_be_bytes());
                log.extend(u32::from(at + 1 == file.len() / 512).to_be_bytes());
                log.extend([0; 16]);
                log.extend(page);
            }
            log
        };
        for log in [frames(0x82), frames(0x83)] {
            assert_eq!(see(&log).places(), ["page 2 cell 0 value 1"; 2]);
        }
        let mut journal = [JOURNAL_MAGIC, &[0xff; 4], &[0; 4], &7_u32.to_be_bytes(), &512_u32.to_be_bytes()].concat();
        journal.extend(512_u32.to_be_bytes());
        journal.resize(512, 0);
        for (at, page) in file.chunks(512).enumerate().skip(1) {
            journal.extend([&(at as u32 + 1).to_be_bytes(), page, &[0; 4]].concat());
        }
        assert_eq!(see(&journal).places(), ["page 2 cell 0 value 1"]);
        for cut in (0..journal.len()).step_by(97) {
            see(&journal[..cut]);
            see(&frames(0x82)[..cut]);
        }
    }

    #[test]
    fn cells_that_share_their_bytes_are_bounded() {
        let mut file = sample(&[b'x'; 300]);
        let cell: [u8; 2] = file[512 + 8..512 + 10].try_into().unwrap();
        let page = file[512..1024].to_vec();
        for _ in 0..400 {
            let mut page = page.clone();
            page[3..5].copy_from_slice(&80_u16.to_be_bytes());
            (0..80).for_each(|at| page[8 + 2 * at..10 + 2 * at].copy_from_slice(&cell));
            file.extend(page);
        }
        let seen = see(&file);
        assert_eq!(seen.reasons(), []);
        assert!(see_within(&file, tight()).reasons() == [SkipReason::OverLimit]);
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
